"""What operators and crews do daily: keys, flights, posts. Keys stay on this machine, where they sign."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from safeconduct.cli import telling
from safeconduct.cli.shared import Json, show
from safeconduct.errors import InputError, UnknownError

if TYPE_CHECKING:
    from safeconduct.model.key import SigningKey
    from safeconduct.service.client import NodeClient
    from safeconduct.service.keyfiles import Enrolment

keys = typer.Typer(no_args_is_help=True, help="Keys: made on your own machine; only the public half leaves it.")
flights = typer.Typer(no_args_is_help=True, help="Flights: declare them, and see who has received them.")
posts = typer.Typer(no_args_is_help=True, help="Posts: take over, read what is before your post, answer it.")

KeyFile = Annotated[
    Path, typer.Option("--key", envvar="SAFECONDUCT_KEY", help="Your key file; its enrolment lies beside it.")
]
NodeAddress = Annotated[
    str | None,
    typer.Option("--node", envvar="SAFECONDUCT_NODE", help="The node's address, if it is not where you enrolled."),
]
MISREAD = 1
"""Exit code where the read-back shows that the crew has another place in mind."""


@keys.command("new")
def keys_new(
    file: Annotated[Path, typer.Argument(help="Where to write it; never overwritten.")], as_json: Json = False
) -> None:
    """Make a key, in a file that only you can read."""
    from safeconduct.service.keyfiles import new_key

    show(_told_key(file, new_key(file)), telling.key, as_json=as_json)


@keys.command("show")
def keys_show(file: Annotated[Path, typer.Argument(help="A key file.")], as_json: Json = False) -> None:
    """Show the public half of a key, its fingerprint, and where it is enrolled."""
    from safeconduct.service.keyfiles import enrolment_file, read_enrolment, read_key

    enrolment = read_enrolment(file) if enrolment_file(file).exists() else None
    show(_told_key(file, read_key(file), enrolment), telling.key, as_json=as_json)


@keys.command("enrol")
def keys_enrol(
    link: Annotated[str, typer.Argument(help="A one-time sign-in link, in quotes.")],
    key: KeyFile,
    as_json: Json = False,
) -> None:
    """Enrol a key at a node, for the person that the link is for. The link is used up."""
    from safeconduct.service.client import NodeClient, split_link
    from safeconduct.service.keyfiles import read_key, write_enrolment

    signer = read_key(key)
    address, token = split_link(link)
    with NodeClient(address) as client:
        enrolment = client.enrol(signer, client.sign_in(token))
    write_enrolment(key, enrolment)
    show(_told_key(key, signer, enrolment), telling.key, as_json=as_json)


@flights.command("declare")
def flights_declare(
    file: Annotated[Path, typer.Argument(help="A flights.json; see docs/reference/formats.md.")],
    key: KeyFile,
    node: NodeAddress = None,
    as_json: Json = False,
) -> None:
    """Declare the flights of a file: all of them, or none."""
    from safeconduct.service.declarations import file_bytes

    data = file_bytes(file)
    with _signed_in(key, node) as client:
        declared = client.declare_file(data)
    show({"flights": telling.plain(declared)}, telling.flights, as_json=as_json)


@flights.command("list")
def flights_list(key: KeyFile, node: NodeAddress = None, as_json: Json = False) -> None:
    """List all flights that the node knows, and the coverage of your own."""
    with _signed_in(key, node) as client:
        show({"flights": telling.plain(client.flights())}, telling.flights, as_json=as_json)


@flights.command("coverage")
def flights_coverage(
    ref: Annotated[str, typer.Argument(help="The flight: its id, or party:id.")],
    key: KeyFile,
    node: NodeAddress = None,
    as_json: Json = False,
) -> None:
    """Show which posts hold the current version of a flight now, and which do not."""
    with _signed_in(key, node) as client:
        # Not by opening the flight: of another party's that is a look, and goes on the record.
        found = next((item for item in client.flights() if item.ref == ref), None)
    if found is None:
        raise UnknownError("unknown-flight", f"the node knows no flight {ref!r}", remedy="see flights list")
    show(telling.plain(found), telling.coverage, as_json=as_json)


@flights.command("state")
def flights_state(
    ref: Annotated[str, typer.Argument(help="The flight.")],
    state: Annotated[str, typer.Argument(help="Activated, Nonconforming, Contingent or Ended.")],
    key: KeyFile,
    node: NodeAddress = None,
    as_json: Json = False,
) -> None:
    """Move a flight to another state."""
    from safeconduct.model.flight import FlightState

    known = {name.casefold(): name for name in FlightState}
    if state.casefold() not in known:
        raise typer.BadParameter(f"{state!r} is no state; there are {', '.join(FlightState)}")
    with _signed_in(key, node) as client:
        moved = client.move_flight(ref, known[state.casefold()])
    show({"flights": telling.plain((moved,))}, telling.flights, as_json=as_json)


@posts.command("take-over")
def posts_take_over(
    post: Annotated[str, typer.Argument(help="Id of your post.")],
    key: KeyFile,
    hours: Annotated[float, typer.Option(min=0.1, max=12.0, help="How long you are on duty.")] = 8.0,
    node: NodeAddress = None,
    as_json: Json = False,
) -> None:
    """Go on duty at your post. What the crew before you signed for counts no more, and comes before you anew."""
    signer, enrolment = _signer(key, node)
    with _client(signer, enrolment) as client:
        shift = client.take_over(post, hours, signer, enrolment)
    show({"shift": telling.plain(shift)}, telling.shift, as_json=as_json)


@posts.command("stand-down")
def posts_stand_down(
    post: Annotated[str, typer.Argument(help="Id of the post.")],
    key: KeyFile,
    node: NodeAddress = None,
    as_json: Json = False,
) -> None:
    """Go off duty. Until somebody takes over, the post is unmanned and holds no receipt."""
    with _signed_in(key, node) as client:
        client.stand_down(post)
    show({"post": post, "on_duty": False}, telling.stood_down, as_json=as_json)


@posts.command("inbox")
def posts_inbox(
    post: Annotated[str, typer.Argument(help="Id of your post.")],
    key: KeyFile,
    node: NodeAddress = None,
    as_json: Json = False,
) -> None:
    """List what is before your post."""
    with _signed_in(key, node) as client:
        show({"inbox": telling.plain(client.inbox(post))}, telling.inbox, as_json=as_json)


@posts.command("answer")
def posts_answer(
    notice: Annotated[str, typer.Argument(help="Id of the notice, or how it begins.")],
    key: KeyFile,
    read_back: Annotated[
        str | None,
        typer.Option(
            metavar="LAT,LON",
            help="Received: where the flight enters your sector, in degrees, latitude first, as in 32.90,13.18.",
        ),
    ] = None,
    refuse: Annotated[str | None, typer.Option(metavar="REASON", help="Not received: why, in a few words.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Sign without asking.")] = False,
    node: NodeAddress = None,
    as_json: Json = False,
) -> None:
    """Show the flight of a notice, and sign for it or refuse it. Exit code 1: misread, look again."""
    from safeconduct.service.answering import find_notice, receipt_for

    if (read_back is None) == (refuse is None):
        raise typer.BadParameter("give --read-back LAT,LON or --refuse REASON; not both")
    place = None if read_back is None else _place(read_back)
    signer, enrolment = _signer(key, node)
    if enrolment.post is None:
        raise InputError("no-post", f"{enrolment.person} is at no post", where=str(key), remedy="give a crew's key")
    with _client(signer, enrolment) as client:
        item = find_notice(client.inbox(enrolment.post), notice)
        telling.before_signing(item, rehearsal=enrolment.rehearsal)
        client.show(item)
        if not yes:
            what = "refuse it" if place is None else f"it enters at latitude {place[1]}, longitude {place[0]}"
            typer.confirm(f"Sign for {enrolment.person} at {enrolment.post}: {what}?", abort=True, err=True)
        view = client.desk()
        receipt = receipt_for(item, signer.public, view.time, place, refuse or "", rehearsal=enrolment.rehearsal)
        taken = client.answer(receipt, signer)
    answer = {"notice": receipt.notice, "flight": receipt.flight, "version": receipt.version, **telling.plain(taken)}
    show(answer, telling.answered, as_json=as_json)
    if taken.state == "misread":
        raise typer.Exit(MISREAD)


def _signer(key: Path, node: str | None) -> "tuple[SigningKey, Enrolment]":
    from dataclasses import replace

    from safeconduct.service.keyfiles import read_enrolment, read_key

    signer, enrolment = read_key(key), read_enrolment(key)
    return signer, enrolment if node is None else replace(enrolment, address=node.rstrip("/"))


def _client(signer: "SigningKey", enrolment: "Enrolment") -> "NodeClient":
    from safeconduct.service.client import NodeClient

    return NodeClient.by_key(signer, enrolment)


def _signed_in(key: Path, node: str | None) -> "NodeClient":
    return _client(*_signer(key, node))


def _told_key(file: Path, key: "SigningKey", enrolment: "Enrolment | None" = None) -> dict[str, Any]:
    from safeconduct.federation.cards import fingerprint

    return {
        "file": str(file),
        "public": key.public,
        "key_id": key.id,
        "fingerprint": fingerprint(key.public),
        "enrolled": None if enrolment is None else telling.plain(enrolment),
    }


def _place(text: str) -> tuple[float, float]:
    """Longitude and latitude of a place as people say it, latitude first."""
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not LAT,LON in degrees, as in 32.90,13.18") from error
    if not (abs(lat) <= 90.0 and abs(lon) <= 180.0):
        raise typer.BadParameter(f"{text!r} is no latitude, -90 to 90, and longitude, -180 to 180")
    return lon, lat
