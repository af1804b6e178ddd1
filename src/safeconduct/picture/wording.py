"""What a post is told of a declared aircraft, in one sentence: who, what, where, when. Never what to do about it."""

from collections.abc import Mapping

from safeconduct.model.advisory import short
from safeconduct.model.board import BoardTrack
from safeconduct.model.flight import Flight
from safeconduct.model.identification import Silence, SilentParty
from safeconduct.model.standing import Standing
from safeconduct.picture.approach import Approach, WatchedAir
from safeconduct.units import clock, wind

_SILENCE = {
    Silence.NOT_ASKED: "has not been asked",
    Silence.NO_ANSWER: "has not answered",
    Silence.DOES_NOT_TAKE_PART: "does not take part",
}


def who(flight: Flight, names: Mapping[str, str]) -> str:
    """The flight, its type, and who declared it, by name where that is known."""
    declared_by = short(names.get(flight.party, flight.party))
    return f"{short(flight.id)} (type {short(flight.aircraft.type)}), declared by {declared_by}"


def where(track: BoardTrack, air: WatchedAir, *, inside: bool) -> str:
    """Where a track is, seen from the sector's edge, and how high."""
    height = "height not known" if track.height_m is None else f"at {round(track.height_m, -1):.0f} m"
    edge = air.edge(track.lon, track.lat)
    if edge is None:
        return f"in the sector, {height}"
    away = f"{edge[0] / 1000.0:.0f} km" if edge[0] >= 1000.0 else f"{round(edge[0], -1):.0f} m"
    if inside:
        return f"in the sector, {away} from its edge, {height}"
    return f"{away} {wind(edge[1])} of the sector, {height}"


def when(entry_time: float, now: float) -> str:
    """A moment to come, by the clock and from now."""
    left_s = entry_time - now
    away = f"in {left_s / 60.0:.0f} min" if left_s >= 90.0 else f"in {max(left_s, 0.0):.0f} s"
    return f"{clock(entry_time)}, {away}"


def place(track: BoardTrack, air: WatchedAir, approach: Approach, now: float) -> str:
    """Where it is and, if it is on its way in, when it enters."""
    text = where(track, air, inside=approach.inside)
    if approach.entry_time is not None:
        text += f", entering at {when(approach.entry_time, now)}"
    return text


def doubts(track: BoardTrack) -> str:
    """What must be said of an identification beside the flight."""
    text = "; it is outside its declared volumes" if track.standing is Standing.OFF_PLAN else ""
    if track.shadowed:
        text += "; another aircraft is so close that the two may be confused"
    return text


def silence(silent: tuple[SilentParty, ...], names: Mapping[str, str]) -> tuple[str, ...]:
    """Who has said nothing of a track that is not known: no reason against it (law 1)."""
    return tuple(f"{short(names.get(one.party, one.party))} {_SILENCE[one.silence]}" for one in silent)
