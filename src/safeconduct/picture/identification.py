"""Whose declared flight is each track? A posterior over the flights near it and "none of them", with its reasons.

Each pairing of a track and a flight has log-odds against "none of them", the sum of the items of `EvidenceKind`. Where
a track is now is held against the plan, and so is how it came there (`kernels.following`); what was claimed is bound to
where and when it was claimed and fades. The joint assignment then says what each pairing takes from the others
(`kernels.exclusion`). Nothing here speaks against a track that no flight fits: it is `unknown`, with the list of those
who have said nothing.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from safeconduct.kernels import following, plans
from safeconduct.kernels.arrays import Flags, Floats, Ints, Records
from safeconduct.kernels.closeness import close_pairs
from safeconduct.kernels.exclusion import exclusion_log_odds, marginals
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.answer import RollCallAnswer
from safeconduct.model.detection import DetectionBatch
from safeconduct.model.flight import Flight, FlightState
from safeconduct.model.identification import EvidenceKind, IdentifierConflict
from safeconduct.model.reported_position import ReportedPosition
from safeconduct.model.sensor import Sensor
from safeconduct.model.standing import Standing, StandingThresholds
from safeconduct.model.track import TrackTable
from safeconduct.picture.answers import AnswerModel, Answers
from safeconduct.picture.claims import ClaimLedger
from safeconduct.picture.departed import Departed
from safeconduct.picture.evidence import ClaimModel, Pairs, Weigher
from safeconduct.picture.expecting import Expectations
from safeconduct.picture.pair_memory import PairMemory, Trails, keys_of
from safeconduct.picture.plan import Plans
from safeconduct.picture.plan_model import FollowingModel, PlanModel
from safeconduct.picture.reach import Reach
from safeconduct.picture.telemetry import Telemetry, TelemetryModel

ASLEEP, SAYS_NOTHING = -7.0, -12.0
"""A pair whose log-odds are below the first, nats, is not looked at again until it is looked around the track; below
the second, nothing is remembered of it."""
DOUBLE_M, DOUBLE_MPS, DOUBLE = 150.0, 8.0, 0.1
"""Two tracks closer than this that move alike are one aircraft, tracked twice, but for the last share of them; then it
is the older that keeps its name."""
LITTLE_CROWD = 0.01
"""As far as this the crowd near a flight may be left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentificationSettings:
    """Everything that a party may set about identification.

    Attributes:
        flown: probability that a declared flight is flown.
        transmits: probability that a flight sends what it was declared to.
        tracked: probability that one that our sensors see is a track.
        least_others: so many aircraft of none of the flights are expected at least.
        least_area_km2: they are spread over the area of the picture, and at least over this.
        shadow_m: two tracks closer than this in one flight's corridor may be confused.
        shadow_height_m: ... unless their heights differ by more.
        claims_kept_s: claims and conflicts older than this are forgotten.
    """

    thresholds: StandingThresholds = field(default_factory=StandingThresholds)
    claims: ClaimModel = field(default_factory=ClaimModel)
    plan: PlanModel = field(default_factory=PlanModel)
    following: FollowingModel = field(default_factory=FollowingModel)
    answers: AnswerModel = field(default_factory=AnswerModel)
    telemetry: TelemetryModel = field(default_factory=TelemetryModel)
    flown: float = 0.9
    transmits: float = 0.75
    tracked: float = 0.95
    least_others: float = 10.0
    least_area_km2: float = 2500.0
    shadow_m: float = 1500.0
    shadow_height_m: float = 1200.0
    claims_kept_s: float = 30 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assessment:
    """All tracks of a sector at one moment, as arrays; pairs of a row of `tracks` and a column of `flights`.

    A flight that is not paired with a track has nothing to do with it: its probability is 0.

    Attributes:
        items: by kind of evidence, (pairs,), nats.
        probability: (pairs,); with `unknown` (n,) those of a track sum to one.
        looks, said: (pairs,) `kernels.plans.LOOK` and `kernels.following.EVIDENCE`.
        standing: one a track; flight: column of the flight it names, -1 for none.
    """

    tracks: TrackTable
    flights: tuple[Flight, ...]
    pairs: Pairs
    items: dict[EvidenceKind, Floats]
    probability: Floats
    unknown: Floats
    looks: Records
    said: Records
    standing: tuple[Standing, ...]
    flight: Ints
    shadowed: Flags

    def of(self, row: int, column: int) -> float:
        """The probability that a track is a flight."""
        mine = self.pairs.of(row)
        return float(self.probability[mine][self.pairs.column[mine] == column].sum())


class IdentificationEngine:
    """Assesses the tracks of one sector against the flights declared to this node.

    Feed it every batch (`observe`), then ask (`assess`) as often as wanted, with time never going backwards; an
    assessment uses only what was observed before it. `picture.reasons.explain` takes a row of it apart for a person.
    """

    def __init__(
        self,
        frame: SectorFrame,
        flights: Iterable[Flight] = (),
        settings: IdentificationSettings | None = None,
    ) -> None:
        self._frame = frame
        self.settings = settings or IdentificationSettings()
        self._plans = Plans(frame, self.settings.plan, self.settings.following)
        self._memory = PairMemory()
        self._trails = Trails(self.settings.following)
        self._departed = Departed(self.settings.shadow_m)
        self._doubt: dict[int, float] = {}
        self._unknown: float | None = None
        self._expectations = Expectations(self._plans, frame, self.settings.transmits)
        self._label: dict[int, str] = {}
        self.claims = ClaimLedger(frame)
        self.answers = Answers(frame, self.settings.answers)
        self.telemetry = Telemetry(frame, self.settings.telemetry)
        self._weigher = Weigher(self.claims, self.settings.claims)
        for flight in flights:
            self.declare(flight)

    def declare(self, flight: Flight) -> None:
        """Takes a flight, or a new version of it, as known from now on; what was seen of an older plan is forgotten.

        A flight that only moves to another state keeps all that was seen of it.
        """
        known = self._plans.slot.get(flight.id)
        before = self._plans.flights[known] if known is not None else None
        slot = self._plans.put(flight)
        if before is not None and flight.declares_the_same(before):
            return
        self._trails.look_around()
        self._memory.forget_flight(slot)
        self._departed.forget_flight(slot)
        self._expectations.forget_flight(slot)

    def add_sensor(self, sensor: Sensor) -> None:
        """A sensor whose classifications come: how it takes one type for another counts from now on."""
        self.claims.add_sensor(sensor)

    def answered(self, answer: RollCallAnswer) -> None:
        """What a party said of a track when it was asked."""
        self.answers.take(answer)

    def reported(self, flight: str, position: ReportedPosition) -> None:
        """Where a flight's own party says that it is."""
        self.telemetry.take(flight, position)

    def observe(self, batch: DetectionBatch, assigned: Ints) -> None:
        """Takes what a batch claims; `assigned` are the track numbers of its rows (-1: none)."""
        self.claims.observe(batch, assigned)

    def continued(self, number: int, of: int) -> None:
        """The track `number` is `of` from now on: what was known of both is known of that one."""
        self.claims.continued(number, of)
        self.answers.continued(number, of)
        self._memory.continued(number, of)
        self._departed.continued(number, of)
        self._doubt[of] = max(self._doubt.get(of, 0.0), self._doubt.pop(number, 0.0))
        label = self._label.pop(number, None)
        if label is not None:
            self._label.setdefault(of, label)

    def may_continue(self, number: int, of: int, probability: float) -> None:
        """The track `number` is of the aircraft that was `of` with this probability: so far counts what was known."""
        self._memory.may_continue(number, of, probability)
        self.claims.may_continue(number, of, probability)
        self.answers.may_continue(number, of, probability)

    def forget(self, numbers: Iterable[int]) -> None:
        """Lets go of tracks that are over."""
        gone = list(numbers)
        if not gone:
            return
        self.claims.forget(gone)
        self.answers.forget(gone)
        self._memory.forget(gone)
        self._departed.forget(gone)
        for number in gone:
            self._doubt.pop(number, None)
            self._label.pop(number, None)

    @property
    def conflicts(self) -> tuple[IdentifierConflict, ...]:
        """All identifier conflicts so far."""
        return self.claims.conflicts()

    def assess(self, tracks: TrackTable, reach: Reach | None = None) -> Assessment:
        """Every track against every flight that could be in the air at `tracks.time`.

        Args:
            tracks: the picture.
            reach: of the sensors that work; without any, nothing is concluded from what was not seen or heard.
        """
        now = tracks.time
        flyers = _flyers(tracks, self._frame)
        active = self._active(now)
        flights = tuple(self._plans.flights[slot] for slot in active)
        self._take_doubts(tracks)
        self._memory.inherit()
        first, scan = self._trails.take(tracks.number, flyers, now)
        keys = self._worth_a_look(tracks, flyers, active, scan)
        memory, rows = self._memory.recall(tracks.number, first, scan, active, keys, now)
        others = self._others(flyers)
        looks, said = np.zeros(len(memory), plans.LOOK), np.zeros(len(memory), following.EVIDENCE)
        drifted, due, past, since = self._trails.drift(flyers, now)
        layout = self._plans
        following.follow(
            memory,
            rows,
            *(layout.plans, layout.legs, layout.volumes, layout.rings, layout.model, layout.rules),
            others,
            now,
            *(flyers, drifted, due, past, since, looks, said),
        )
        pairs = Pairs(rows, np.searchsorted(active, memory["slot"]), np.searchsorted(rows, np.arange(len(tracks) + 1)))
        items = self._items(tracks, flights, pairs, said, others, reach)
        if reach is not None:
            follows = said["crowd"] * said["follows"] * np.exp(items[EvidenceKind.CROWD])
            claimed = (items[EvidenceKind.IDENTIFIER] > 0.0) | (items[EvidenceKind.SIGNATURE] > 0.0)
            items[EvidenceKind.EXPECTED] = self._expected(flights, active, now, pairs, claimed, follows, reach)
        items[EvidenceKind.ANSWER] = self.answers.weigh(tracks.number, flyers, now, flights, pairs)
        items[EvidenceKind.TELEMETRY] = self.telemetry.weigh(flyers, now, flights, pairs)
        alone = np.sum(list(items.values()), axis=0)
        near = said["crowd"] > LITTLE_CROWD
        self._memory.remember(memory, (alone > SAYS_NOTHING) | near, (alone < ASLEEP) & ~near)
        n, m = len(tracks), len(flights)
        close = close_pairs(flyers["x"], flyers["y"], self.settings.shadow_m)
        gone = self._departed.take(tracks, active, pairs) + _doubles(tracks, flyers, close)[pairs.row]
        items[EvidenceKind.EXCLUSION] = gone + exclusion_log_odds(pairs.row, pairs.column, alone + gone, n, m)
        probability, unknown = marginals(pairs.row, alone + items[EvidenceKind.EXCLUSION], n)
        self._departed.note(tracks, flyers, active, pairs, probability)
        self._unknown = float(unknown.sum())
        self._expectations.note(active, np.bincount(pairs.column, probability, m).astype(np.float64))
        best, flight = self._name(tracks, flights, pairs, probability)
        return Assessment(
            tracks=tracks,
            flights=flights,
            pairs=pairs,
            items=items,
            probability=probability,
            unknown=unknown,
            looks=looks,
            said=said,
            standing=self._stand(tracks, best, flight, looks, items[EvidenceKind.SIGNATURE]),
            flight=flight,
            shadowed=self._shadowed(tracks, close, pairs, probability),
        )

    def _others(self, flyers: Records) -> float:
        """How many aircraft of none of the flights there are a square kilometre, by the last assessment."""
        settings = self.settings
        wide, high = (float(np.ptp(flyers[axis])) if len(flyers) else 0.0 for axis in ("x", "y"))
        unknown = len(flyers) if self._unknown is None else self._unknown
        return max(unknown, settings.least_others) / max(wide * high / 1e6, settings.least_area_km2)

    def _active(self, now: float) -> Ints:
        active = self._plans.active(now)
        flying = [self._plans.flights[slot].state is not FlightState.ENDED for slot in active]
        kept: Ints = active[np.array(flying, dtype=bool)]
        return kept

    def _worth_a_look(self, tracks: TrackTable, flyers: Records, active: Ints, scan: Flags) -> Ints:
        """Keys of the pairs that are near, of the tracks to look around, and of those that somebody says are one."""
        around = np.flatnonzero(scan)
        rows, slots = self._plans.near(flyers[around], active, tracks.time)
        near = keys_of(tracks.number[around[rows]], slots)
        return np.unique(np.concatenate([near, self._said(tracks, active), self._near_reports(tracks, flyers, active)]))

    def _said(self, tracks: TrackTable, active: Ints) -> Ints:
        """Keys of the pairs in which a track claims to be a flight, or a party said that it is, however far from it."""
        flying = set(active.tolist())
        keys = [
            (number, slot)
            for number in tracks.number.tolist()
            for identifier in self.claims.weighed(number)
            for slot in flying.intersection(self._plans.owners.get(identifier, ()))
        ]
        keys += [
            (number, self._plans.slot[flight])
            for number, flight in self.answers.named(tracks.number)
            if self._plans.slot.get(flight) in flying
        ]
        numbers, slots = np.array(keys, dtype=np.int64).reshape(-1, 2).T
        return keys_of(numbers, slots)

    def _near_reports(self, tracks: TrackTable, flyers: Records, active: Ints) -> Ints:
        """Keys of the pairs in which a flight says that it is where a track is, however far from its plan."""
        self.telemetry.expire(tracks.time)
        flights = tuple(self._plans.flights[slot] for slot in active)
        rows, columns = self.telemetry.near(flyers, tracks.time, flights)
        return keys_of(tracks.number[rows], active[columns])

    def _take_doubts(self, tracks: TrackTable) -> None:
        """Where tracks have become doubtful since the last look, their past is believed so much less."""
        before = np.array([self._doubt.get(number, 0.0) for number in tracks.number.tolist()])
        for row in np.flatnonzero(tracks.doubt > before + 1e-3).tolist():
            number, doubt = int(tracks.number[row]), float(tracks.doubt[row])
            swapped = (doubt - before[row]) / max(1.0 - before[row], 1e-9)
            self._memory.doubt(number, swapped, self._plans.rules)
            self._trails.restart(number)
            self.claims.doubt(number, swapped)
            self.answers.doubt(number, swapped)
            self._doubt[number] = doubt

    def _items(
        self,
        tracks: TrackTable,
        flights: tuple[Flight, ...],
        pairs: Pairs,
        said: Records,
        others: float,
        reach: Reach | None,
    ) -> dict[EvidenceKind, Floats]:
        settings = self.settings
        prior = math.log(settings.flown / others)
        # Whoever is none of the flights passes, or keeps near one of them.
        either = 1.0 + np.bincount(pairs.row, said["crowd"], len(tracks))
        items = {
            EvidenceKind.PRIOR: np.full(len(pairs.row), prior),
            EvidenceKind.PLAN: said["place"].copy(),
            EvidenceKind.HISTORY: said["history"].copy(),
            EvidenceKind.CROWD: -np.log(either[pairs.row]),
        }
        crowd, ages = said["crowd"] * said["first"] / either[pairs.row], tracks.time - tracks.first_time
        hears = reach.hears(tracks.lon, tracks.lat, tracks.height_m) if reach else {}
        return items | self._weigher.weigh(tracks.number, ages, tracks.time, flights, pairs, crowd, hears)

    def _expected(
        self,
        flights: tuple[Flight, ...],
        active: Ints,
        now: float,
        pairs: Pairs,
        claimed: Flags,
        follows: Floats,
        reach: Reach,
    ) -> Floats:
        """(pairs,) what it says that a flight is due. That it would be heard counts for who is heard as it; and whoever
        follows it has it to follow. So does the pair's own track: if it is not the flight but follows it, the flight is
        another of those there, which `CROWD`, weighed on its own, does not ask for.

        Args:
            follows: (pairs,) probability that, if it is none of the flights, it follows this one.
        """
        flown, tracked = self.settings.flown, self.settings.tracked
        seen, heard = self._expectations.due(flights, active, now, reach)
        due = np.where(claimed, heard[pairs.column], seen[pairs.column])
        nobody = np.exp(np.bincount(pairs.column, np.log1p(-np.minimum(follows, 0.999)), len(flights)))
        expected: Floats = -np.log((1.0 - flown) * nobody[pairs.column] + flown * (1.0 - tracked * due))
        return expected

    def _name(
        self, tracks: TrackTable, flights: tuple[Flight, ...], pairs: Pairs, probability: Floats
    ) -> tuple[Ints, Ints]:
        """Of each track, the pair of the flight that its standing names, with hysteresis, and that flight's column; -1
        for none."""
        thresholds = self.settings.thresholds
        best, flight = np.full(len(tracks), -1), np.full(len(tracks), -1)
        likely = np.flatnonzero(probability >= min(thresholds.leave, thresholds.enter))
        for pair in likely[np.argsort(probability[likely], kind="stable")].tolist():
            best[pairs.row[pair]] = pair
        for row, number in enumerate(tracks.number.tolist()):
            pair = int(best[row])
            before = self._label.pop(number, None)
            if pair >= 0:
                name = flights[pairs.column[pair]].id
                if probability[pair] >= (thresholds.leave if name == before else thresholds.enter):
                    self._label[number], flight[row] = name, pairs.column[pair]
        return best, flight

    def _stand(
        self, tracks: TrackTable, best: Ints, flight: Ints, looks: Records, signed: Floats
    ) -> tuple[Standing, ...]:
        standings = []
        for row, number in enumerate(tracks.number.tolist()):
            pair = int(best[row])
            if flight[row] >= 0 and not looks["inside"][pair]:
                standing = Standing.OFF_PLAN
            elif flight[row] >= 0:
                standing = Standing.VERIFIED if signed[pair] > 0 else Standing.CONSISTENT
            elif self._identifies_itself(number, tracks.time):
                standing = Standing.COOPERATIVE
            else:
                standing = Standing.UNKNOWN
            standings.append(standing)
        return tuple(standings)

    def _identifies_itself(self, number: int, now: float) -> bool:
        """Whether it lately claimed to be somebody, whom nobody declared here and nobody else claims to be."""
        claims = self.claims.by_track.get(number)
        if not claims:
            return False
        fresh = [i for i, heard in claims.items() if now - heard.time <= self.settings.claims.fade_s]
        declared = any(self._plans.owners.get(identifier) for identifier in fresh)
        return bool(fresh) and not declared and not self.claims.disputed(number, now)

    def _shadowed(self, tracks: TrackTable, close: Ints, pairs: Pairs, probability: Floats) -> Flags:
        """Both tracks of every close pair of which one may be a declared flight."""
        shadowed = np.zeros(len(tracks), dtype=bool)
        if not len(close) or not len(probability):
            return shadowed
        apart = np.abs(tracks.height_m[close[:, 0]] - tracks.height_m[close[:, 1]]) > self.settings.shadow_height_m
        may_be = np.zeros(len(tracks), dtype=bool)
        may_be[pairs.row[probability > 1.0 - self.settings.thresholds.enter]] = True
        close = close[~apart & (may_be[close[:, 0]] | may_be[close[:, 1]])]
        shadowed[close.ravel()] = True
        return shadowed


def _flyers(tracks: TrackTable, frame: SectorFrame) -> Records:
    """The tracks in the frame's plane."""
    flyers = np.zeros(len(tracks), plans.FLYER)
    flyers["x"], flyers["y"] = frame.to_plane(tracks.lon, tracks.lat)
    angle = frame.convergence(tracks.lon, tracks.lat)
    flyers["vx"], flyers["vy"] = frame.turned(tracks.velocity[:, 0], tracks.velocity[:, 1], angle)
    flyers["height"], flyers["sigma_height"] = tracks.height_m, tracks.sigma_height_m
    flyers["sigma"] = np.sqrt((tracks.covariance[:, 0] + tracks.covariance[:, 2]) / 2.0)
    flyers["sigma_speed"] = tracks.sigma_velocity_mps
    return flyers


def _doubles(tracks: TrackTable, flyers: Records, close: Ints) -> Floats:
    """(n,) what the younger of two tracks that may be of one aircraft has to leave to the older, nats.

    Args:
        close: (k, 2) rows of tracks that are close.
    """
    left = np.zeros(len(tracks))
    one, two = flyers[close[:, 0]], flyers[close[:, 1]]
    unsure = np.hypot(one["sigma"], two["sigma"])
    near = np.hypot(one["x"] - two["x"], one["y"] - two["y"]) < DOUBLE_M + unsure
    alike = np.hypot(one["vx"] - two["vx"], one["vy"] - two["vy"]) < DOUBLE_MPS
    both = close[near & alike]
    since = tracks.first_time[both]
    left[both[since[:, 0] > since[:, 1], 0]] = left[both[since[:, 1] > since[:, 0], 1]] = math.log(DOUBLE)
    return left
