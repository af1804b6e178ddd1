"""The lost tracks of a board: the areas that their aircraft can have reached, kept up as time goes on."""

from collections.abc import Mapping
from dataclasses import replace

from safeconduct.model.board import BoardContact, BoardStatus, BoardTrack
from safeconduct.model.last_contact import AfterContact, ReachableArea
from safeconduct.model.outline import Ring
from safeconduct.model.track import TrackTable
from safeconduct.picture.last_contact import after_contact, reachable

KEPT_S = 600.0
"""An area is kept up for so long after the last contact; then it is mostly too large to search."""
MOST_AREAS = 20
"""So many areas at most: those of declared flights first, then of those lost last."""
EVERY_S, SHARE = 5.0, 0.05
"""An area is made anew after this time, or this share of the time since the last contact, whichever is longer."""


class LostContacts:
    """The rows of the tracks that were lost, by id, as they were at their last contact. most: areas kept up."""

    def __init__(self, most: int = MOST_AREAS) -> None:
        self._most = most
        self._rows: dict[str, tuple[TrackTable, int]] = {}
        self._areas: dict[str, BoardContact] = {}

    def lose(self, track: str, lost: TrackTable, row: int) -> None:
        """A track was lost; a row of `TrackChanges.lost`."""
        self._rows[track] = (lost, row)
        self._areas.pop(track, None)

    def update(self, tracks: Mapping[str, BoardTrack], time: float) -> tuple[BoardContact, ...]:
        """The areas at `time`, Unix seconds, by id; forgets the tracks that are not lost on the board (any more)."""
        lost = {name for name in self._rows if name in tracks and tracks[name].status is BoardStatus.LOST}
        self._rows = {name: self._rows[name] for name in self._rows if name in lost}
        recent = [tracks[name] for name in lost if time - tracks[name].last_contact.time <= KEPT_S]
        recent.sort(key=lambda track: (track.flight is None, -track.last_contact.time, track.id))
        shown = sorted(track.id for track in recent[: self._most])
        self._areas = {name: self._area(name, time) for name in shown}
        return tuple(self._areas.values())

    def after(self, track: str, time: float) -> AfterContact | None:
        """All that follows from the last contact with a lost track, as of `time`; None where it is not lost."""
        if track not in self._rows:
            return None
        said = after_contact(*self._rows[track], time)
        falls = tuple(replace(fall, lon=round(fall.lon, 6), lat=round(fall.lat, 6)) for fall in said.falls)
        return replace(said, reach=_rounded(said.reach), falls=falls)

    def _area(self, track: str, time: float) -> BoardContact:
        """The area of before where that still holds, else one that will for a while."""
        known = self._areas.get(track)
        if known is not None and time <= known.reach.time:
            return known
        lost, row = self._rows[track]
        until = time + max(EVERY_S, SHARE * (time - float(lost.last_time[row])))
        return BoardContact(track=track, reach=_rounded(reachable(lost, row, until)))


def _rounded(reach: ReachableArea) -> ReachableArea:
    """To a metre: a wire's bytes."""
    outline: Ring = tuple((round(lon, 5), round(lat, 5)) for lon, lat in reach.outline)
    return replace(
        reach,
        time=round(reach.time, 3),
        top_speed_mps=round(reach.top_speed_mps, 1),
        turn_dps=round(reach.turn_dps, 1),
        outline=outline,
    )
