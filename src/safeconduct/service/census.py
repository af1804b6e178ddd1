"""Which aircraft were in a recording: tracks counted together where they are one aircraft, and never otherwise."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from safeconduct.model.detection import DetectionBatch
from safeconduct.model.identification import IdentifierConflict
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.track import Continuation, track_name
from safeconduct.units import iso_from_seconds


@dataclass(slots=True)
class Sighting:
    """What one track, or one aircraft, consisted of; times are Unix seconds, places WGS-84 degrees."""

    tracks: list[str] = field(default_factory=list)
    identifiers: set[Identifier] = field(default_factory=set)
    detections: int = 0
    first: float = float("inf")
    last: float = float("-inf")
    west: float = 180.0
    south: float = 90.0
    east: float = -180.0
    north: float = -90.0
    confirmed: bool = False

    def include(self, other: "Sighting") -> None:
        """Adds another sighting of the same aircraft."""
        self.tracks += other.tracks
        self.identifiers |= other.identifiers
        self.detections += other.detections
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.west, self.east = min(self.west, other.west), max(self.east, other.east)
        self.south, self.north = min(self.south, other.south), max(self.north, other.north)
        self.confirmed |= other.confirmed


class Census:
    """Counts what a tracker made of a recording.

    A track is counted if it was confirmed or claimed an identifier. Tracks that claim one unique identifier are one
    aircraft seen in pieces, except two of which a conflict says that they claim it at two places.
    """

    def __init__(self) -> None:
        self._seen: dict[int, Sighting] = {}

    def note(
        self,
        batch: DetectionBatch,
        assigned: npt.NDArray[np.int64],
        confirmed: Iterable[int],
        continued: Iterable[Continuation] = (),
    ) -> None:
        """One batch, the tracks that its rows went to, and what was found out of tracks of earlier ones."""
        for one in continued:
            if one.taken and one.number in self._seen:
                later = self._seen.pop(one.number)
                later.tracks = []
                self._of(one.of).include(later)
        for number in confirmed:
            self._of(number).confirmed = True
        for row, number in enumerate(assigned.tolist()):
            if number < 0:
                continue
            seen = self._of(number)
            seen.detections += 1
            time, lon, lat = float(batch.time[row]), float(batch.lon[row]), float(batch.lat[row])
            seen.first, seen.last = min(seen.first, time), max(seen.last, time)
            if lon == lon:  # a polar plot has none
                seen.west, seen.east = min(seen.west, lon), max(seen.east, lon)
                seen.south, seen.north = min(seen.south, lat), max(seen.north, lat)
            if row in batch.claims:
                seen.identifiers.update(batch.claims[row].identifiers)

    def _of(self, number: int) -> Sighting:
        if number not in self._seen:
            self._seen[number] = Sighting(tracks=[track_name(number)])
        return self._seen[number]

    def counted(self) -> list[Sighting]:
        """The tracks that count, in order of their numbers."""
        return [seen for _, seen in sorted(self._seen.items()) if seen.confirmed or seen.identifiers]

    def aircraft(self, conflicts: Iterable[IdentifierConflict]) -> list[Sighting]:
        """The tracks that count, those of one aircraft together, in order of first sight."""
        apart = {frozenset(conflict.tracks) for conflict in conflicts}
        groups: dict[int, Sighting] = {}
        by_identifier: dict[Identifier, list[int]] = {}
        for number, seen in enumerate(self.counted()):
            unique = sorted(i for i in seen.identifiers if i.kind is not IdentifierKind.CALLSIGN)
            whole = Sighting()
            whole.include(seen)
            for name in dict.fromkeys(name for i in unique for name in by_identifier.get(i, ())):
                group = groups[name]
                if not any(frozenset((a, b)) in apart for a in whole.tracks for b in group.tracks):
                    whole.include(groups.pop(name))
            groups[number] = whole
            for i in whole.identifiers:
                by_identifier[i] = [name for name in by_identifier.get(i, ()) if name in groups] + [number]
        return sorted(groups.values(), key=lambda group: (group.first, group.tracks))


def record(seen: Sighting) -> dict[str, object]:
    """An aircraft as `safeconduct replay --json` prints it."""
    identifiers: dict[str, list[str]] = {}
    for identifier in sorted(seen.identifiers):
        identifiers.setdefault(identifier.kind.value, []).append(identifier.value)
    return {
        "identifiers": identifiers,
        "tracks": seen.tracks,
        "detections": seen.detections,
        "first": iso_from_seconds(seen.first),
        "last": iso_from_seconds(seen.last),
        "bounds": [round(x, 6) for x in (seen.west, seen.south, seen.east, seen.north)]
        if seen.west <= seen.east
        else None,
    }
