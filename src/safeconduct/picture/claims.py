"""What tracks claim of themselves, and when one identifier is claimed in two places.

A claim is evidence bound to a time and a place (law 3). It never joins two tracks: one identifier at two places is a
conflict, and both stay.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.detection import DetectionBatch
from safeconduct.model.identification import ConflictKind, IdentifierConflict
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.sensor import Sensor
from safeconduct.model.track import track_name

TOP_SPEED_MPS = {
    IdentifierKind.ICAO_ADDRESS: 350.0,
    IdentifierKind.REMOTE_ID_SERIAL: 80.0,
    IdentifierKind.SESSION_ID: 80.0,
    IdentifierKind.DRIP_ENTITY_TAG: 80.0,
}
"""By kind, faster than whatever sends it. Only these kinds are one aircraft's own; callsigns are shared."""
SAME_PLACE_M = 400.0
"""Claims closer than this may be one aircraft with a broken track."""
ELSEWHERE_M, ELSEWHERE_S = 2000.0, 600.0
"""A drone heard this far away after this long was carried there, or is another one: told, but not held against it."""
CARRIED = (IdentifierKind.REMOTE_ID_SERIAL, IdentifierKind.SESSION_ID, IdentifierKind.DRIP_ENTITY_TAG)
"""Kinds for which that is remarkable; an aeroplane's address turns up elsewhere all the time."""
TURNS, TAKING_TURNS_S, APART_M = 6, 5.0, 100.0
"""Two tracks that took turns in claiming an identifier this often, each within this time of the other, are two aircraft
even this close together: one whose track broke leaves the old one for good."""
LEAPS, LEAPING_S = 3, 30.0
"""Heard so often within this time where no aircraft can be that was where its owner is, by a new track each time."""
SUMS_TO_ONE = 0.02
"""A classification whose probabilities miss 1 by more than this is a label, with some score beside it."""
MOST_HOLDERS = 16
"""Tracks that are over remembered for one identifier; the oldest is forgotten first, a live one never."""


@dataclass(slots=True)
class Heard:
    """The claims of one identifier by one track.

    Attributes:
        lon, lat: place of the latest one, WGS-84 degrees; east, north in the sector's frame, metres.
        height_m, pressure_altitude_m: sent with it; NaN where not.
        sure: probability that whoever made it is the aircraft that the track is of now.
        signed_time: of the latest whose signature was checked; -inf for none. signed_sure: as `sure`, of that one.
    """

    count: int
    first_time: float
    time: float
    lon: float
    lat: float
    east: float
    north: float
    height_m: float
    pressure_altitude_m: float
    sensor: str
    signed_time: float = -math.inf
    sure: float = 1.0
    signed_sure: float = 0.0

    def distance_m(self, other: "Heard") -> float:
        """Between the latest places; heights count where both sent the same kind of it."""
        rises = (self.height_m - other.height_m, self.pressure_altitude_m - other.pressure_altitude_m)
        rise = max((abs(rise) for rise in rises if math.isfinite(rise)), default=0.0)
        return math.hypot(self.east - other.east, self.north - other.north, rise)


NOTHING: Mapping[Identifier, Heard] = {}


@dataclass(slots=True)
class Kinds:
    """What classifiers said of one track: how often, the mean probability of each type, and how sure it is that
    all this was of the aircraft that the track is of now."""

    count: int = 0
    time: float = -math.inf
    sensor: str = ""
    mean: dict[str, float] = field(default_factory=dict)
    sure: float = 1.0

    def note(self, classification: dict[str, float]) -> None:
        """One more classification, averaged: a camera that sees the same thing twice has not learned it twice."""
        if not all(0.0 <= probability <= 1.0 for probability in classification.values()):
            return
        self.count += 1
        self.sure += (1.0 - self.sure) / self.count
        for kind in self.mean.keys() | classification.keys():
            before = self.mean.get(kind, 0.0)
            self.mean[kind] = before + (classification.get(kind, 0.0) - before) / self.count

    def joined(self, earlier: "Kinds") -> "Kinds":
        """These, and those of the same aircraft from before."""
        count = max(self.count + earlier.count, 1)
        mean = {
            kind: (self.count * self.mean.get(kind, 0.0) + earlier.count * earlier.mean.get(kind, 0.0)) / count
            for kind in self.mean.keys() | earlier.mean.keys()
        }
        return Kinds(self.count + earlier.count, self.time, self.sensor, mean, min(self.sure, earlier.sure))


Confusion = Mapping[str, Mapping[str, float]]
"""{true type: {reported type: probability}}"""


def unconfused(classification: Mapping[str, float], confusion: Confusion) -> dict[str, float]:
    """What a classification says of each type, as a posterior under equal priors.

    A classifier that names one type, and no chances of others, says what its confusion makes of that name: a look-alike
    that it often takes for this type is about as probable. What it weighs up itself, and a name that it is not said to
    give, is left as it is.
    """
    label = max(classification, key=lambda kind: classification[kind])
    if len(classification) > 1 and abs(sum(classification.values()) - 1.0) <= SUMS_TO_ONE:
        return dict(classification)
    likely = {kind: reported.get(label, 0.0) for kind, reported in confusion.items()}
    total = sum(likely.values())
    return {kind: share / total for kind, share in likely.items()} if total > 0.0 else dict(classification)


class ClaimLedger:
    """Who claimed what, where and when, over all tracks of one sector."""

    def __init__(self, frame: SectorFrame) -> None:
        self._frame = frame
        self._holders: dict[Identifier, dict[int, Heard]] = {}
        self._conflicts: dict[tuple[Identifier, int, int], IdentifierConflict] = {}
        self._disputes: dict[int, dict[Identifier, float]] = {}
        self._latest: dict[Identifier, int] = {}
        self._turns: dict[tuple[Identifier, int, int], int] = {}
        self._leapt: dict[tuple[Identifier, int], list[float]] = {}
        self.by_track: dict[int, dict[Identifier, Heard]] = {}
        self.kinds: dict[int, Kinds] = {}
        self._confusion: dict[str, Confusion] = {}
        self._perhaps: dict[int, dict[Identifier, Heard]] = {}

    def add_sensor(self, sensor: Sensor) -> None:
        """A sensor whose classifications come."""
        self._confusion[sensor.id] = sensor.confusion

    def observe(self, batch: DetectionBatch, assigned: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        """Takes the claims of a batch whose rows went to the tracks `assigned` (-1: to none)."""
        rows = [row for row in batch.claims if assigned[row] >= 0]
        if not rows:
            return
        east, north = self._frame.to_plane(batch.lon[rows], batch.lat[rows])
        for at, row in enumerate(rows):
            said, number = batch.claims[row], int(assigned[row])
            sensor = batch.sensors[batch.sensor[row]]
            time = float(batch.time[row])
            if said.classification:
                kinds = self.kinds.setdefault(number, Kinds())
                kinds.note(unconfused(said.classification, self._confusion.get(sensor, {})))
                kinds.time, kinds.sensor = time, sensor
            if not math.isfinite(east[at]):
                continue
            for identifier in said.identifiers:
                heights = (float(batch.height_m[row]), float(batch.pressure_altitude_m[row]))
                place = (float(batch.lon[row]), float(batch.lat[row]), float(east[at]), float(north[at]), *heights)
                self._heard(identifier, number, time, place, sensor, signed=said.authenticated)

    def _heard(
        self,
        identifier: Identifier,
        number: int,
        time: float,
        place: tuple[float, float, float, float, float, float],
        sensor: str,
        *,
        signed: bool,
    ) -> None:
        holders = self._holders.setdefault(identifier, {})
        heard = holders.get(number)
        before, self._latest[identifier] = self._latest.get(identifier, number), number
        if heard is None:
            heard = Heard(0, time, time, *place, sensor)
            holders[number] = heard
            self.by_track.setdefault(number, {})[identifier] = heard
            over = [n for n in holders if n not in self.by_track]
            if len(over) > MOST_HOLDERS:
                del holders[min(over, key=lambda n: holders[n].time)]
        heard.count += 1
        if time >= heard.time:
            heard.time, heard.sensor, heard.sure = time, sensor, 1.0
            heard.lon, heard.lat, heard.east, heard.north, heard.height_m, heard.pressure_altitude_m = place
        if signed and time >= heard.signed_time:
            heard.signed_time, heard.signed_sure = time, 1.0
        if identifier.kind in TOP_SPEED_MPS and len(holders) > 1:
            if before != number and before in holders and abs(time - holders[before].time) <= TAKING_TURNS_S:
                pair = (identifier, min(before, number), max(before, number))
                self._turns[pair] = self._turns.get(pair, 0) + 1
            self._compare(identifier, number, heard, holders)

    def _compare(self, identifier: Identifier, number: int, heard: Heard, holders: dict[int, Heard]) -> None:
        for other, before in holders.items():
            if other == number:
                continue
            distance_m = heard.distance_m(before)
            gap_s = abs(heard.time - before.time)
            could_fly_m = SAME_PLACE_M + TOP_SPEED_MPS[identifier.kind] * gap_s
            turns = self._turns.get((identifier, min(number, other), max(number, other)), 0)
            elsewhere = distance_m > could_fly_m
            jumped = elsewhere and (min(heard.count, before.count) > 1 or self._leaps(identifier, other, heard, before))
            if jumped or (turns >= TURNS and gap_s <= TAKING_TURNS_S and distance_m > APART_M):
                kind = ConflictKind.AT_ONCE
            elif self._turned_up(heard, identifier) and gap_s > ELSEWHERE_S and distance_m > ELSEWHERE_M:
                kind = ConflictKind.APART
            else:
                continue
            self._note(identifier, kind, (other, before), (number, heard), distance_m, gap_s)

    def _leaps(self, identifier: Identifier, other: int, heard: Heard, before: Heard) -> bool:
        """Whether the identifier of a track is heard again and again where that cannot be, each time by a new track:
        one wrong place is a mistake, but several are somebody else, whose places no track can follow."""
        if heard.count > 1 or before.count == 1:
            return False
        leaps = [time for time in self._leapt.get((identifier, other), ()) if heard.time - time <= LEAPING_S]
        self._leapt[identifier, other] = [*leaps, heard.time][-LEAPS:]
        return len(leaps) + 1 >= LEAPS

    @staticmethod
    def _turned_up(heard: Heard, identifier: Identifier) -> bool:
        """Whether a drone is heard by this track for the first time: one whose track broke flies on from there."""
        return heard.count == 1 and identifier.kind in CARRIED

    def _note(
        self,
        identifier: Identifier,
        kind: ConflictKind,
        one: tuple[int, Heard],
        two: tuple[int, Heard],
        distance_m: float,
        gap_s: float,
    ) -> None:
        (a, first), (b, second) = sorted((one, two), key=lambda pair: pair[0])
        known = self._conflicts.get((identifier, a, b))
        if known is not None and known.kind is ConflictKind.AT_ONCE:
            kind = ConflictKind.AT_ONCE
        time = max(first.time, second.time)
        if kind is ConflictKind.AT_ONCE:
            for number in (a, b):
                self._disputes.setdefault(number, {})[identifier] = time
        self._conflicts[identifier, a, b] = IdentifierConflict(
            identifier=identifier,
            kind=kind,
            tracks=(track_name(a), track_name(b)),
            first_time=known.first_time if known else time,
            last_time=time,
            places=((first.lon, first.lat), (second.lon, second.lat)),
            distance_m=max(distance_m, known.distance_m if known else 0.0),
            gap_s=min(gap_s, known.gap_s if known else math.inf),
        )

    def conflicts(self) -> tuple[IdentifierConflict, ...]:
        """All so far, in order of their beginning."""
        return tuple(sorted(self._conflicts.values(), key=lambda c: (c.first_time, c.identifier, c.tracks)))

    def disputed(self, number: int, now: float, memory_s: float = 120.0) -> tuple[Identifier, ...]:
        """The identifiers of a track that another track claimed at once, within the last `memory_s` seconds."""
        disputes = self._disputes.get(number)
        if not disputes:
            return ()
        return tuple(sorted(identifier for identifier, time in disputes.items() if now - time <= memory_s))

    def signed_elsewhere(self, identifier: Identifier, number: int, since: float) -> bool:
        """Whether another track made this claim with a checked signature, at `since` or later."""
        holders = self._holders.get(identifier, {})
        return any(heard.signed_time >= since for other, heard in holders.items() if other != number)

    def expire(self, before: float) -> None:
        """Forgets claims and conflicts last seen before this time, except the claims of tracks that are still there."""
        self._conflicts = {key: known for key, known in self._conflicts.items() if known.last_time >= before}
        for identifier, holders in list(self._holders.items()):
            kept = {n: heard for n, heard in holders.items() if heard.time >= before or n in self.by_track}
            if kept:
                self._holders[identifier] = kept
            else:
                del self._holders[identifier]
                self._latest.pop(identifier, None)
        self._turns = {pair: turns for pair, turns in self._turns.items() if pair[0] in self._holders}
        self._leapt = {key: leaps for key, leaps in self._leapt.items() if key[0] in self._holders}

    def claimed(self, number: int) -> tuple[Identifier, ...]:
        """The identifiers that a track has claimed, sorted."""
        return tuple(sorted(self.by_track.get(number, {})))

    def continued(self, number: int, of: int) -> None:
        """The track `number` is `of` from now on: what it claimed counts as claimed by that one."""
        for identifier, heard in self.by_track.pop(number, {}).items():
            holders = self._holders[identifier]
            holders.pop(number, None)
            before = holders.get(of)
            if before is not None:
                heard.count += before.count
                heard.first_time = min(heard.first_time, before.first_time)
                if before.signed_time > heard.signed_time:
                    heard.signed_time, heard.signed_sure = before.signed_time, before.signed_sure
            holders[of] = heard
            self.by_track.setdefault(of, {})[identifier] = heard
            if self._latest.get(identifier) == number:
                self._latest[identifier] = of
        kinds = self.kinds.pop(number, None)
        if kinds is not None:
            self.kinds[of] = kinds.joined(self.kinds.get(of, Kinds()))
        for identifier, time in self._disputes.pop(number, {}).items():
            disputes = self._disputes.setdefault(of, {})
            disputes[identifier] = max(time, disputes.get(identifier, time))
        self._perhaps.pop(number, None)
        self._turns = {pair: turns for pair, turns in self._turns.items() if number not in pair[1:]}
        old, new = track_name(number), track_name(of)
        known = [(key, conflict) for key, conflict in self._conflicts.items() if number in key[1:]]
        for key, conflict in known:
            del self._conflicts[key]
            identifier, a, b = key
            other = b if a == number else a
            if other != of:
                tracks = tuple(new if name == old else name for name in conflict.tracks)
                renamed = replace(conflict, tracks=(tracks[0], tracks[1]))
                self._conflicts.setdefault((identifier, min(other, of), max(other, of)), renamed)

    def doubt(self, number: int, swapped: float) -> None:
        """With this probability the track is of another aircraft from now on: what was claimed was not its word."""
        for heard in (*self.by_track.get(number, {}).values(), *self._perhaps.get(number, {}).values()):
            heard.sure *= 1.0 - swapped
            heard.signed_sure *= 1.0 - swapped
        if number in self.kinds:
            self.kinds[number].sure *= 1.0 - swapped

    def may_continue(self, number: int, of: int, probability: float) -> None:
        """The track `number` is of the aircraft of `of` with this probability: so far it has claimed what that did."""
        perhaps = self._perhaps.setdefault(number, {})
        for identifier, heard in self.weighed(of).items():
            if identifier not in perhaps or perhaps[identifier].sure < heard.sure * probability:
                signed_sure = heard.signed_sure * probability
                perhaps[identifier] = replace(heard, sure=heard.sure * probability, signed_sure=signed_sure)

    def weighed(self, number: int) -> Mapping[Identifier, Heard]:
        """What a track claimed, and what it may have claimed as another track, each as sure as it is its own word."""
        own, perhaps = self.by_track.get(number, NOTHING), self._perhaps.get(number)
        return {**perhaps, **own} if perhaps else own

    def forget(self, numbers: Iterable[int]) -> None:
        """Lets go of tracks that are over; who held an identifier where is kept, for the conflicts of later ones."""
        for number in numbers:
            self.by_track.pop(number, None)
            self.kinds.pop(number, None)
            self._perhaps.pop(number, None)
            self._disputes.pop(number, None)
