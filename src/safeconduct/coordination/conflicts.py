"""Conflicts: which declared flights and zones share air at one time, exactly, in all four dimensions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from safeconduct.kernels import outline
from safeconduct.model.conflict import ConflictWith, FlightConflict
from safeconduct.model.flight import Disclosure, Flight, FlightState
from safeconduct.model.volume import Volume4D
from safeconduct.model.zone import Zone

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Key = tuple[ConflictWith, str]


@dataclass(frozen=True, slots=True)
class _Shared:
    """What two volumes share."""

    start: float
    end: float
    lower_m: float
    upper_m: float
    part: shapely.Geometry


class Airspace:
    """The flights and zones that a node knows, and every conflict among them.

    Volumes conflict where the insides of their outlines, heights and times all meet; touching faces share nothing.
    Edges are straight in degrees, so that planar intersection is exact. Every flight is checked against every other,
    also of its own party, and against every zone that does not exempt its party; whoever set a zone is exempt.

    Not safe for use by several threads at once. A question is answered from memory until something near it changes.
    """

    def __init__(self, party: str | None = None) -> None:
        """`party` is whose node this is: its own `coarse` flights are known exactly here, and not blurred."""
        self._party = party
        self._boxes = _Boxes()
        self._subjects: dict[Key, Flight | Zone] = {}
        self._rows: dict[Key, list[int]] = {}
        self._known: dict[str, tuple[Flight, tuple[FlightConflict, ...]]] = {}

    def put_flight(self, ref: str, flight: Flight) -> None:
        """Takes a flight, in the place of what was known under its ref. One that has ended is only taken out."""
        self._put((ConflictWith.FLIGHT, ref), None if flight.state is FlightState.ENDED else flight)

    def remove_flight(self, ref: str) -> None:
        """Takes a flight out; nothing happens where there is none."""
        self._put((ConflictWith.FLIGHT, ref), None)

    def put_zone(self, ref: str, zone: Zone) -> None:
        """Takes a zone, in the place of what was known under its ref. One that was lifted is only taken out."""
        self._put((ConflictWith.ZONE, ref), None if zone.lifted else zone)

    def remove_zone(self, ref: str) -> None:
        """Takes a zone out; nothing happens where there is none."""
        self._put((ConflictWith.ZONE, ref), None)

    def conflicts_of(self, ref: str, flight: Flight) -> tuple[FlightConflict, ...]:
        """All conflicts that a flight has, or would have, here under its ref, in order of time.

        One for each stretch of time in which it shares air with one other declaration: pairs of volumes whose shared
        times meet are told as one (a corridor is many volumes), those apart in time are not. At every moment of it
        air is shared; `lower_m` and `upper_m` are the lowest and highest air shared at some moment of it; the place
        and `area_m2` are those of the largest outline that one pair shares.
        """
        if flight.state is FlightState.ENDED:
            return ()
        known = self._known.get(ref)
        if known is None or known[0] != flight:
            known = flight, self._conflicts(ref, flight)
            if self._subjects.get((ConflictWith.FLIGHT, ref)) == flight:
                self._known[ref] = known
        return known[1]

    def all(self) -> tuple[FlightConflict, ...]:
        """Every conflict of every flight; one between two flights is there for each of them."""
        flights = [(ref, subject) for (_, ref), subject in self._subjects.items() if isinstance(subject, Flight)]
        return tuple(chain.from_iterable(self.conflicts_of(ref, flight) for ref, flight in flights))

    def _conflicts(self, ref: str, flight: Flight) -> tuple[FlightConflict, ...]:
        me = (ConflictWith.FLIGHT, ref)
        pairs: dict[Key, list[_Shared]] = {}
        low, high = _bounds(flight.volumes)
        hull = self._boxes.near(low.min(axis=0), high.max(axis=0))
        hull = np.array([row for row in hull if self._concerns(self._boxes.owner[row], me, flight)], np.intp)
        for volume, floor, ceiling in zip(flight.volumes, low, high, strict=True):
            rows = self._boxes.near(floor, ceiling, hull)
            if not len(rows):
                continue
            mine, theirs = volume.polygon, self._boxes.shape[rows]
            parts = shapely.intersection(mine, theirs)
            enough = shapely.area(parts) > outline.SLIVER * np.minimum(mine.area, shapely.area(theirs))
            for row, part in zip(rows[enough].tolist(), parts[enough], strict=True):
                lowest, highest = self._boxes.low[:, row], self._boxes.high[:, row]
                lower_m, start = np.maximum(floor, lowest)[2:].tolist()
                upper_m, end = np.minimum(ceiling, highest)[2:].tolist()
                pairs.setdefault(self._boxes.owner[row], []).append(_Shared(start, end, lower_m, upper_m, part))
        found = [self._conflict(ref, flight, other, stretch) for other in pairs for stretch in _stretches(pairs[other])]
        return tuple(sorted(found, key=lambda conflict: (conflict.start, conflict.kind, conflict.other)))

    def _put(self, key: Key, subject: Flight | Zone | None) -> None:
        before = self._subjects.pop(key, None)
        if before is not None:
            self._forget_about(before)
            for row in self._rows.pop(key):
                self._boxes.drop(row)
        if subject is not None:
            self._subjects[key] = subject
            low, high = _bounds(subject.volumes)
            shapes = [volume.polygon for volume in subject.volumes]
            self._rows[key] = [self._boxes.put(key, *box) for box in zip(low, high, shapes, strict=True)]
            self._forget_about(subject)
        if key[0] is ConflictWith.FLIGHT:
            self._known.pop(key[1], None)

    def _forget_about(self, subject: Flight | Zone) -> None:
        """Answers that may not hold any more are worked out again when they are asked for."""
        low, high = _bounds(subject.volumes)
        for row in self._boxes.near(low.min(axis=0), high.max(axis=0)).tolist():
            kind, ref = self._boxes.owner[row]
            if kind is ConflictWith.FLIGHT:
                self._known.pop(ref, None)

    def _concerns(self, other: Key, me: Key, flight: Flight) -> bool:
        subject = self._subjects[other]
        if isinstance(subject, Zone):
            return flight.party != subject.party and flight.party not in subject.exempt
        return other != me

    def _conflict(self, ref: str, flight: Flight, other: Key, stretch: Sequence[_Shared]) -> FlightConflict:
        subject = self._subjects[other]
        largest = max((shared.part for shared in stretch), key=shapely.area)
        place = shapely.point_on_surface(largest)
        return FlightConflict(
            flight=ref,
            version=flight.version,
            kind=other[0],
            other=other[1],
            other_version=subject.version,
            party=subject.party,
            start=min(shared.start for shared in stretch),
            end=max(shared.end for shared in stretch),
            lower_m=min(shared.lower_m for shared in stretch),
            upper_m=max(shared.upper_m for shared in stretch),
            lon=place.x,
            lat=place.y,
            area_m2=outline.area_m2(largest),
            blurred=self._blurred(flight) or (isinstance(subject, Flight) and self._blurred(subject)),
        )

    def _blurred(self, flight: Flight) -> bool:
        return flight.disclosure is Disclosure.COARSE and flight.party != self._party


class _Boxes:
    """4D boxes (lon, lat, height, time) in columns, so that one look goes over all of them at memory speed.

    A look takes 2 µs per thousand boxes; nothing is rebuilt when one comes or goes. A free row overlaps nothing.
    """

    def __init__(self) -> None:
        self.low, self.high = np.full((4, 64), np.inf), np.full((4, 64), -np.inf)
        self.shape: npt.NDArray[Any] = np.full(64, None, dtype=object)
        self.owner: list[Key] = []
        self._free: list[int] = []

    def put(self, owner: Key, low: Floats, high: Floats, shape: shapely.Geometry) -> int:
        if self._free:
            row = self._free.pop()
            self.owner[row] = owner
        else:
            row = len(self.owner)
            self.owner.append(owner)
            if row == len(self.shape):
                self.low = np.pad(self.low, ((0, 0), (0, row)), constant_values=np.inf)
                self.high = np.pad(self.high, ((0, 0), (0, row)), constant_values=-np.inf)
                self.shape = np.concatenate([self.shape, np.full(row, None, dtype=object)])
        self.low[:, row], self.high[:, row], self.shape[row] = low, high, shape
        return row

    def drop(self, row: int) -> None:
        self.low[:, row], self.high[:, row], self.shape[row] = np.inf, -np.inf, None
        self._free.append(row)

    def near(self, low: Floats, high: Floats, among: Rows | None = None) -> Rows:
        """Rows whose boxes share their inside with the one from `low` to `high`, (4,) each."""
        rows = among
        for axis in (3, 0, 1, 2):
            lows, highs = self.low[axis, : len(self.owner)], self.high[axis, : len(self.owner)]
            if rows is None:
                rows = np.flatnonzero((lows < high[axis]) & (highs > low[axis]))
            else:
                rows = rows[(lows[rows] < high[axis]) & (highs[rows] > low[axis])]
        assert rows is not None
        return rows


def _bounds(volumes: Iterable[Volume4D]) -> tuple[Floats, Floats]:
    """Lowest and highest corners (n, 4) of the boxes around n volumes."""
    low, high = [], []
    for volume in volumes:
        lons, lats = zip(*volume.outline, strict=True)
        low.append((min(lons), min(lats), volume.lower_m, volume.start))
        high.append((max(lons), max(lats), volume.upper_m, volume.end))
    return np.array(low), np.array(high)


def _stretches(pairs: list[_Shared]) -> list[list[_Shared]]:
    """Pairs grouped into stretches of time without a gap."""
    stretches: list[list[_Shared]] = []
    until = -np.inf
    for shared in sorted(pairs, key=lambda shared: shared.start):
        if shared.start > until:
            stretches.append([])
        stretches[-1].append(shared)
        until = max(until, shared.end)
    return stretches
