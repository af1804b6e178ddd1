"""How the operator's commands print their answers for people. Answers come as plain JSON values.

Places are printed as people say and type them: degrees, latitude first.
"""

from typing import TYPE_CHECKING, Any

from rich.console import Console

from safeconduct.units import iso_from_seconds

if TYPE_CHECKING:
    from safeconduct.model.desk import InboxItem


def plain(value: object) -> Any:
    """A value of the model as JSON has it."""
    import msgspec

    return msgspec.to_builtins(value)


def key(answer: dict[str, Any]) -> None:
    """A key's public half."""
    out = _out()
    out.print(f"{answer['file']}\n  public:       {answer['public']}\n  fingerprint:  {answer['fingerprint']}")
    enrolled = answer["enrolled"]
    if enrolled is None:
        out.print("  not enrolled; with a sign-in link: safeconduct keys enrol LINK --key FILE")
        return
    mark = "REHEARSAL, " if enrolled["rehearsal"] else ""
    post = f", post {enrolled['post']}" if enrolled["post"] else ""
    out.print(f"  enrolled:     {mark}{enrolled['person']} at {enrolled['node']}{post} ({enrolled['address']})")


def flights(answer: dict[str, Any]) -> None:
    """Flights, two lines each."""
    out = _out()
    for item in answer["flights"]:
        flight = item["flight"]
        start = min(volume["start"] for volume in flight["volumes"])
        end = max(volume["end"] for volume in flight["volumes"])
        out.print(f"{item['ref']}  version {flight['version']}, {flight['state']}: {_what(flight)}")
        line = f"  {_time(start)} to {_time(end)}"
        if item["own"]:
            held = sum(word["state"] == "held" for word in item["coverage"])
            line += f"; received by {held} of {len(item['coverage'])} whose air it crosses"
        if item["conflicts"]:
            line += f"; in conflict with {', '.join(sorted({found['other'] for found in item['conflicts']}))}"
        out.print(line)
    if not answer["flights"]:
        out.print("no flights")


def coverage(answer: dict[str, Any]) -> None:
    """Who holds a flight's current version."""
    out, flight = _out(), answer["flight"]
    if not answer["own"]:
        out.print(f"{answer['ref']} is a flight of {flight['party']}: its coverage is theirs to see")
        return
    out.print(f"{answer['ref']}  version {flight['version']}, {flight['state']}")
    for line in answer["coverage"]:
        post = line["post_name"] or line["post"] or "no post named"
        enters = "" if line["entry_time"] is None else f"; enters {_time(line['entry_time'])}"
        out.print(f"  {line['state'].upper():12}{line['party']}, {post}, since {_time(line['since'])}{enters}")
        out.print(f"  {'':12}{line['text']}")
    if not answer["coverage"]:
        out.print("  no post and no party is known whose air it crosses")


def shift(answer: dict[str, Any]) -> None:
    """Who is on duty now."""
    now = answer["shift"]
    _out().print(f"{now['person']} is on duty at {now['post']} until {_time(now['until'])} (shift {now['number']})")


def stood_down(answer: dict[str, Any]) -> None:
    """Nobody is on duty any more."""
    _out().print(f"nobody is on duty at {answer['post']} now")


def inbox(answer: dict[str, Any]) -> None:
    """What is before a post."""
    out = _out()
    for item in answer["inbox"]:
        notice = item["notice"]
        state = "misread" if item["state"] == "misread" else notice["state"]
        out.print(
            f"{notice['id'][:8]}  {state}: {notice['flight']} version {notice['version']}, {_what(item['flight'])}"
        )
        out.print(f"          enters {_time(item['entry_time'])}; answer by {_time(notice['due'])}")
    if not answer["inbox"]:
        out.print("nothing is before this post")


def before_signing(item: "InboxItem", *, rehearsal: bool) -> None:
    """The flight that a crew is about to answer, on standard error: standard output is for the answer."""
    out = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    flight, craft = item.flight, item.flight.aircraft
    if rehearsal:
        out.print("REHEARSAL")
    before = f" (you signed for version {item.previous_version})" if item.previous_version else ""
    out.print(f"flight {item.notice.flight}, version {flight.version}{before}, {flight.state}, of {flight.party}")
    whose = ", ".join(
        f"{name} {party}"
        for name, party in (("owner", craft.owner), ("operator", craft.operator), ("crew", craft.crew))
        if party
    )
    claims = ", ".join(f"{claimed.kind} {claimed.value}" for claimed in craft.identifiers)
    silent = "" if flight.emits else "; it transmits nothing"
    out.print(
        f"  aircraft: {craft.type}; {whose or 'owner, operator and crew not said'}; {claims or 'no identifier'}{silent}"
    )
    out.print(f"  contact:  {flight.contact or 'none given'}")
    for volume in flight.volumes:
        corners = " ".join(_place(lon, lat) for lon, lat in volume.outline)
        out.print(f"  volume:   {volume.lower_m:.0f} to {volume.upper_m:.0f} m above the ellipsoid,")
        out.print(f"            {_time(volume.start)} to {_time(volume.end)}, corners (lat,lon) {corners}")
    for point in flight.route:
        out.print(f"  route:    {_time(point.time)}, (lat,lon) {_place(point.lon, point.lat)}, {point.alt_m:.0f} m")
    out.print(f"  in your sector from {_time(item.entry_time)} to {_time(item.exit_time)}")


def answered(answer: dict[str, Any]) -> None:
    """What a receipt was worth."""
    out, error = _out(), answer["read_back_error_m"]
    place = "" if error is None else f": read back {error:.0f} m from where it enters"
    out.print(f"{answer['flight']} version {answer['version']}: {answer['state']}{place}")
    if answer["state"] == "misread":
        out.print("Look again: that is too far off for the same flight. It is not received until the place fits.")


def _what(flight: dict[str, Any]) -> str:
    return f"{flight['aircraft']['type']} of {flight['party']}"


def _place(lon: float, lat: float) -> str:
    return f"{lat:.4f},{lon:.4f}"


def _time(seconds: float) -> str:
    return iso_from_seconds(seconds)[:19] + "Z"


def _out() -> Console:
    return Console(highlight=False, markup=False, soft_wrap=True)
