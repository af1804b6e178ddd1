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
from safeconduct.model import check
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
from safeconduct.picture.naming import Naming, standings
from safeconduct.picture.neighbours import left_to_doubles, shadowed
from safeconduct.picture.pair_memory import PairMemory, Trails, keys_of
from safeconduct.picture.plan import Plans
from safeconduct.picture.plan_model import FollowingModel, PlanModel
from safeconduct.picture.reach import Reach
from safeconduct.picture.telemetry import Telemetry, TelemetryModel

ASLEEP, SAYS_NOTHING = -7.0, -12.0
"""A pair whose log-odds are below the first, nats, is not looked at again until it is looked around the track; below
the second, nothing is remembered of it."""
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

    Raises:
        ModelError: for a probability that leaves nothing to find out, or a number, area or time that is not positive.
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

    def __post_init__(self) -> None:
        check.each_within(self, ("flown", "transmits", "tracked"), 1e-3, 1.0 - 1e-3)
        check.each_within(self, ("least_others", "least_area_km2", "claims_kept_s"), 1e-3, 1e9)
        check.each_within(self, ("shadow_m", "shadow_height_m"), 0.0, 1e6)


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


@dataclass(frozen=True, slots=True, eq=False)
class _Sky:
    """What one assessment is of: the tracks, also in the plane (`kernels.plans.FLYER`), and the flights that could be
    in the air, by slot; how many others there are a square kilometre; the keys of the pairs in which a track claims to
    be the flight; who could see and hear."""

    tracks: TrackTable
    flyers: Records
    active: Ints
    flights: tuple[Flight, ...]
    others: float
    claimed: Ints
    reach: Reach | None


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
        self._naming = Naming(self.settings.thresholds)
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
        self._naming.continued(number, of)
        self._doubt[of] = max(self._doubt.get(of, 0.0), self._doubt.pop(number, 0.0))

    def may_continue(self, number: int, of: int, probability: float) -> None:
        """The track `number` is of the aircraft that was `of` with this probability: so far counts what was known."""
        self._memory.may_continue(number, of, probability)
        self.claims.may_continue(number, of, probability)
        self.answers.may_continue(number, of, probability)

    def forget(self, numbers: Iterable[int]) -> None:
        """Lets go of tracks that are over."""
        over = list(numbers)
        if not over:
            return
        for each in (self.claims, self.answers, self._memory, self._naming):
            each.forget(over)
        for number in over:
            self._doubt.pop(number, None)

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
        self._take_doubts(tracks)
        sky = self._sky(tracks, reach)
        memory, pairs, looks, said = self._follow(sky)
        self._departed.look(tracks, sky.active)
        taken = self._departed.take(tracks, sky.active, pairs)
        items = self._items(sky, pairs, said, taken)
        alone = np.sum(list(items.values()), axis=0)
        near = said["crowd"] > LITTLE_CROWD
        self._memory.remember(memory, (alone > SAYS_NOTHING) | near, (alone < ASLEEP) & ~near)
        close = close_pairs(sky.flyers["x"], sky.flyers["y"], self.settings.shadow_m)
        items[EvidenceKind.EXCLUSION] = self._exclusion(sky, pairs, alone, taken, close)
        probability, unknown = marginals(pairs.row, alone + items[EvidenceKind.EXCLUSION], len(tracks))
        self._departed.note(tracks, sky.flyers, sky.active, pairs, probability)
        self._unknown = float(unknown.sum())
        named = self._naming.name(tracks.number, sky.flights, pairs, probability)
        inside, signed = looks["inside"], items[EvidenceKind.SIGNATURE] > 0.0
        return Assessment(
            tracks=tracks,
            flights=sky.flights,
            pairs=pairs,
            items=items,
            probability=probability,
            unknown=unknown,
            looks=looks,
            said=said,
            standing=standings(
                tracks.number, named, inside, signed, lambda one: self._says_who_it_is(one, tracks.time)
            ),
            flight=np.array([pairs.column[pair] if pair >= 0 else -1 for pair in named.tolist()], dtype=np.int64),
            shadowed=self._shadowed(tracks, close, pairs, probability),
        )

    def _sky(self, tracks: TrackTable, reach: Reach | None) -> _Sky:
        active = self._active(tracks.time)
        flights = tuple(self._plans.flights[slot] for slot in active)
        flyers = _flyers(tracks, self._frame)
        return _Sky(tracks, flyers, active, flights, self._others(flyers), self._claims_to_be(tracks, active), reach)

    def _follow(self, sky: _Sky) -> tuple[Records, Pairs, Records, Records]:
        """What is remembered of the pairs worth a look, changed by a look at each: these, and as `Assessment` has it
        `pairs`, `looks` and `said`."""
        tracks, now = sky.tracks, sky.tracks.time
        self._memory.inherit()
        first, scan = self._trails.take(tracks.number, sky.flyers, now)
        memory, rows = self._memory.recall(tracks.number, first, scan, sky.active, self._worth_a_look(sky, scan), now)
        looks, said = np.zeros(len(memory), plans.LOOK), np.zeros(len(memory), following.EVIDENCE)
        drifted, due, past, since = self._trails.drift(sky.flyers, now)
        layout = self._plans
        following.follow(
            memory,
            rows,
            *(layout.plans, layout.legs, layout.volumes, layout.rings, layout.model, layout.rules),
            sky.others,
            now,
            *(sky.flyers, drifted, due, past, since, looks, said),
        )
        columns = np.searchsorted(sky.active, memory["slot"])
        return memory, Pairs(rows, columns, np.searchsorted(rows, np.arange(len(tracks) + 1))), looks, said

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

    def _worth_a_look(self, sky: _Sky, scan: Flags) -> Ints:
        """Keys of the pairs that are near, of the tracks to look around; and, however far from the plan, of those in
        which a track claims to be the flight, or a party said that it is, or a flight says that it is where the track
        is."""
        numbers, around = sky.tracks.number, np.flatnonzero(scan)
        rows, slots = self._plans.near(sky.flyers[around], sky.active, sky.tracks.time)
        near = keys_of(numbers[around[rows]], slots)
        named = [(number, self._plans.slot.get(flight, -1)) for number, flight in self.answers.named(numbers)]
        answered = _keys([one for one in named if one[1] in sky.active])
        self.telemetry.expire(sky.tracks.time)
        rows, columns = self.telemetry.near(sky.flyers, sky.tracks.time, sky.flights)
        return np.unique(np.concatenate([near, sky.claimed, answered, keys_of(numbers[rows], sky.active[columns])]))

    def _claims_to_be(self, tracks: TrackTable, active: Ints) -> Ints:
        """Keys of the pairs in which a track claims to be a flight, however far from its plan."""
        flying = set(active.tolist())
        return _keys(
            [
                (number, slot)
                for number in tracks.number.tolist()
                for identifier in self.claims.weighed(number)
                for slot in flying.intersection(self._plans.owners.get(identifier, ()))
            ]
        )

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

    def _items(self, sky: _Sky, pairs: Pairs, said: Records, taken: Floats) -> dict[EvidenceKind, Floats]:
        """By kind of evidence but exclusion, (pairs,), nats.

        Args:
            taken: (pairs,) what those that were the flight take from each, nats.
        """
        tracks, now, reach = sky.tracks, sky.tracks.time, sky.reach
        prior = math.log(self.settings.flown / sky.others)
        # Whoever is none of the flights passes, or keeps near one of them.
        either = 1.0 + np.bincount(pairs.row, said["crowd"], len(tracks))[pairs.row]
        items = {
            EvidenceKind.PRIOR: np.full(len(pairs.row), prior),
            EvidenceKind.PLAN: said["place"].copy(),
            EvidenceKind.HISTORY: said["history"].copy(),
            EvidenceKind.CROWD: -np.log(either),
        }
        crowd = said["crowd"] / either
        owned = np.flatnonzero(np.isin(keys_of(tracks.number[pairs.row], sky.active[pairs.column]), sky.claimed))
        hears = reach.hears(tracks.lon, tracks.lat, tracks.height_m) if reach else {}
        items |= self._weigher.weigh(tracks, sky.flights, pairs, owned, crowd * said["first"], hears)
        if reach is not None:
            claimed = (items[EvidenceKind.IDENTIFIER] > 0.0) | (items[EvidenceKind.SIGNATURE] > 0.0)
            items[EvidenceKind.EXPECTED] = self._expected(sky, pairs, claimed, crowd * said["follows"], taken, reach)
        items[EvidenceKind.ANSWER] = self.answers.weigh(tracks.number, sky.flyers, now, sky.flights, pairs)
        items[EvidenceKind.TELEMETRY] = self.telemetry.weigh(sky.flyers, now, sky.flights, pairs)
        return items

    def _expected(
        self, sky: _Sky, pairs: Pairs, claimed: Flags, follows: Floats, taken: Floats, reach: Reach
    ) -> Floats:
        """(pairs,) what it says that a flight is due; nothing for who was elsewhere while another one was the flight.
        That it would be heard counts for who is heard as it; and whoever follows it has it to follow. So does the
        pair's own track: if it is not the flight but follows it, the flight is another of those there, which `CROWD`,
        weighed on its own, does not ask for.

        Args:
            claimed: (pairs,) whether the track's claim to be the flight counts.
            follows: (pairs,) probability that, if it is none of the flights, it follows this one.
            taken: (pairs,) what those that were the flight take from each, nats.
        """
        flown, tracked = self.settings.flown, self.settings.tracked
        been = self._departed.been(sky.active, sky.tracks.time)
        seen, heard = self._expectations.due(sky.flights, sky.active, sky.tracks.time, reach, been)
        due = np.exp(taken) * np.where(claimed, heard[pairs.column], seen[pairs.column])
        nobody = np.exp(np.bincount(pairs.column, np.log1p(-np.minimum(follows, 0.999)), len(sky.flights)))
        expected: Floats = -np.log((1.0 - flown) * nobody[pairs.column] + flown * (1.0 - tracked * due))
        return expected

    def _exclusion(self, sky: _Sky, pairs: Pairs, alone: Floats, taken: Floats, close: Ints) -> Floats:
        """(pairs,) what others take from a pair: those that were the flight, the older of two doubles, and whoever may
        be it as well.

        Args:
            alone: (pairs,) what speaks for each on its own. taken: (pairs,) what those that were the flight take.
            close: (k, 2) rows of tracks that are close.
        """
        taken = taken + left_to_doubles(sky.tracks, sky.flyers, close)[pairs.row]
        exclusion: Floats = taken + exclusion_log_odds(
            pairs.row, pairs.column, alone + taken, len(sky.tracks), len(sky.flights)
        )
        return exclusion

    def _shadowed(self, tracks: TrackTable, close: Ints, pairs: Pairs, probability: Floats) -> Flags:
        may_be = np.zeros(len(tracks), dtype=bool)
        may_be[pairs.row[probability > 1.0 - self.settings.thresholds.enter]] = True
        return shadowed(tracks, close, self.settings.shadow_height_m, may_be)

    def _says_who_it_is(self, number: int, now: float) -> bool:
        """Whether it lately claimed to be somebody, whom nobody declared here and nobody else claims to be."""
        claims = self.claims.by_track.get(number)
        if not claims:
            return False
        fresh = [i for i, heard in claims.items() if now - heard.time <= self.settings.claims.fade_s]
        declared = any(self._plans.owners.get(identifier) for identifier in fresh)
        return bool(fresh) and not declared and not self.claims.disputed(number, now)


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


def _keys(pairs: list[tuple[int, int]]) -> Ints:
    """The keys of pairs of a track's number and a slot."""
    numbers, slots = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return keys_of(numbers, slots)
