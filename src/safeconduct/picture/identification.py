"""Whose declared flight is each track? A posterior over the flights near it and "none of them", with its reasons.

Each pairing of a track and a flight has log-odds against "none of them", the sum of the items of `EvidenceKind`. What
was seen of the plan is accumulated over time, since a fit that lasts is worth more than a glance; what was claimed is
bound to where and when it was claimed and fades. The joint assignment then says what each pairing takes from the
others (`kernels.exclusion`). Nothing here speaks against a track that no flight fits: it is `unknown`, with the list
of those who have said nothing.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from safeconduct.kernels.closeness import close_pairs
from safeconduct.kernels.exclusion import exclusion_log_odds, marginals
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.detection import DetectionBatch
from safeconduct.model.flight import Flight, FlightState
from safeconduct.model.identification import EvidenceKind, IdentifierConflict
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.sensor import SensorKind
from safeconduct.model.standing import Standing, StandingThresholds
from safeconduct.model.track import TrackTable
from safeconduct.picture.claims import ClaimLedger, Heard
from safeconduct.picture.plan import FlightPlan, PlanFit, PlanModel

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceWeights:
    """What each kind of evidence is worth, nats, and how it ages, seconds.

    Attributes:
        prior: of a pairing before anything was seen, when there are many tracks and flights.
        look: least and most that one look at the plan can say.
        better_s, worse_s: time over which the mean look follows looks that are better, or worse, than it.
        more_looks, looks_s: looks that resemble the last ones add little: a track that has been watched for long
            counts as 1 + `more_looks` independent ones, one that has been watched for `looks_s` as half of the more.
        settle_s: a track younger than this is not blamed for what was not heard of it.
        claim: an unsigned identifier of this flight. It weighs what it costs to forge one: little.
        disputed: the same while another track claims it at once.
        signed: a claim whose signature was checked.
        other_claim: another identifier of a kind that this flight declared.
        other_callsign: another callsign; they are mistyped and shared.
        silent_but_heard: any identifier, where this flight was declared silent.
        not_heard: none, in reach of a receiver, where this flight was declared to transmit.
        fade_s: a claim's weight falls to 1/e in this time without hearing it again.
        type_limit: most that classifiers can say.
    """

    prior: float = -3.5
    look: tuple[float, float] = (-6.0, 9.0)
    better_s: float = 20.0
    worse_s: float = 60.0
    more_looks: float = 2.0
    looks_s: float = 240.0
    settle_s: float = 45.0
    claim: float = 4.5
    disputed: float = 1.0
    signed: float = 12.0
    other_claim: float = -10.0
    other_callsign: float = -1.0
    silent_but_heard: float = -4.0
    not_heard: float = -1.5
    fade_s: float = 300.0
    type_limit: tuple[float, float] = (-2.5, 1.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentificationSettings:
    """Everything that a party may set about identification.

    Attributes:
        shadow_m: two tracks closer than this in one flight's corridor may be confused.
        shadow_height_m: ... unless their heights differ by more.
        ahead_s: a flight is a candidate from this long before its first volume to this long after its last.
        claims_kept_s: claims and conflicts older than this are forgotten.
    """

    thresholds: StandingThresholds = field(default_factory=StandingThresholds)
    weights: EvidenceWeights = field(default_factory=EvidenceWeights)
    plan: PlanModel = field(default_factory=PlanModel)
    shadow_m: float = 1500.0
    shadow_height_m: float = 1200.0
    ahead_s: float = 900.0
    claims_kept_s: float = 30 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assessment:
    """All tracks of a sector at one moment, as arrays; rows follow `tracks`, columns `flights`.

    Attributes:
        log_odds: by kind of evidence, (n, flights), nats.
        probability: (n, flights); with `unknown` (n,) each row sums to one.
        standing: one a row; flight: index of the flight it names, -1 for none.
    """

    tracks: TrackTable
    flights: tuple[Flight, ...]
    log_odds: dict[EvidenceKind, Floats]
    probability: Floats
    unknown: Floats
    standing: tuple[Standing, ...]
    flight: npt.NDArray[np.int64]
    shadowed: npt.NDArray[np.bool_]
    fits: tuple[PlanFit, ...]


@dataclass(slots=True)
class _Memory:
    """What the engine remembers of one track.

    Attributes:
        looks: mean look at each flight's plan, by flight id, nats.
        since: time of the first look at any.
        label: the flight id that its standing names.
    """

    looks: dict[str, float]
    since: float
    time: float
    label: str | None = None


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
        self._plans: dict[str, FlightPlan] = {}
        self._declared: set[Identifier] = set()
        self._memory: dict[int, _Memory] = {}
        self.claims = ClaimLedger(frame)
        for flight in flights:
            self.declare(flight)

    def declare(self, flight: Flight) -> None:
        """Takes a flight, or a new version of it, as known from now on; what was seen of an older plan is forgotten."""
        for memory in self._memory.values():
            memory.looks.pop(flight.id, None)
        self._plans[flight.id] = FlightPlan(flight, self._frame, self.settings.plan)
        self._declared = {claim for plan in self._plans.values() for claim in plan.flight.aircraft.identifiers}

    def observe(self, batch: DetectionBatch, assigned: npt.NDArray[np.int64]) -> None:
        """Takes what a batch claims; `assigned` are the track numbers of its rows (-1: none)."""
        self.claims.observe(batch, assigned)

    def continued(self, number: int, of: int) -> None:
        """The track `number` is `of` from now on: what was known of both is known of that one."""
        self.claims.continued(number, of)
        memory = self._memory.pop(number, None)
        if memory is not None:
            before = self._memory.setdefault(of, memory)
            before.looks = memory.looks | before.looks
            before.since, before.time = min(before.since, memory.since), max(before.time, memory.time)

    def forget(self, numbers: Iterable[int]) -> None:
        """Lets go of tracks that are over."""
        gone = list(numbers)
        if not gone:
            return
        self.claims.forget(gone)
        for number in gone:
            self._memory.pop(number, None)

    @property
    def conflicts(self) -> tuple[IdentifierConflict, ...]:
        """All identifier conflicts so far."""
        return self.claims.conflicts()

    def assess(self, tracks: TrackTable, reach: Mapping[SensorKind, npt.NDArray[np.bool_]] | None = None) -> Assessment:
        """Every track against every flight that could be in the air at `tracks.time`.

        Args:
            tracks: the picture.
            reach: by kind of receiver, (n,): whether one of ours should hear the track if it transmitted.
        """
        now = tracks.time
        plans = [plan for plan in self._plans.values() if self._in_time(plan.flight, now)]
        east, north = self._frame.to_plane(tracks.lon, tracks.lat)
        fits = tuple(plan.look(tracks, east, north) for plan in plans)
        shape = (len(tracks), len(plans))
        log_odds = {kind: np.zeros(shape) for kind in EvidenceKind}
        log_odds[EvidenceKind.PRIOR][:] = self.settings.weights.prior
        self._accumulate(tracks, plans, fits, log_odds[EvidenceKind.PLAN])
        for row, number in enumerate(tracks.number.tolist()):
            old = now - float(tracks.first_time[row]) > self.settings.weights.settle_s
            hears = frozenset(kind for kind, rows in (reach or {}).items() if old and rows[row])
            self._weigh_claims(row, number, now, plans, log_odds, hears)
        alone = np.sum(list(log_odds.values()), axis=0)
        exclusion = exclusion_log_odds(alone) if alone.size else alone
        log_odds[EvidenceKind.EXCLUSION] = exclusion
        probability, unknown = marginals(alone, exclusion) if alone.size else (alone, np.ones(len(tracks)))
        flight = self._label(tracks, plans, probability)
        return Assessment(
            tracks=tracks,
            flights=tuple(plan.flight for plan in plans),
            log_odds=log_odds,
            probability=probability,
            unknown=unknown,
            standing=self._stand(tracks, flight, fits, log_odds[EvidenceKind.SIGNATURE]),
            flight=flight,
            shadowed=self._shadowed(tracks, east, north, probability),
            fits=fits,
        )

    def _in_time(self, flight: Flight, now: float) -> bool:
        margin = self.settings.ahead_s
        return flight.state is not FlightState.ENDED and flight.start - margin <= now <= flight.end + margin

    def _accumulate(self, tracks: TrackTable, plans: list[FlightPlan], fits: tuple[PlanFit, ...], out: Floats) -> None:
        """Takes this look at the plans into each track's memory, and writes what the plans say to `out`."""
        weights = self.settings.weights
        looks = np.clip(np.column_stack([fit.log_ratio for fit in fits]), *weights.look) if fits else out
        for row, number in enumerate(tracks.number.tolist()):
            memory = self._memory.setdefault(number, _Memory({}, tracks.time, tracks.time))
            span_s, watched_s = tracks.time - memory.time, tracks.time - memory.since
            memory.time = tracks.time
            better, worse = 1.0 - math.exp(-span_s / weights.better_s), 1.0 - math.exp(-span_s / weights.worse_s)
            worth = 1.0 + weights.more_looks * watched_s / (watched_s + weights.looks_s)
            for column, plan in enumerate(plans):
                look = float(looks[row, column])
                mean = memory.looks.get(plan.flight.id, look)
                mean += (better if look > mean else worse) * (look - mean)
                memory.looks[plan.flight.id] = mean
                out[row, column] = worth * mean

    def _weigh_claims(
        self,
        row: int,
        number: int,
        now: float,
        plans: list[FlightPlan],
        log_odds: dict[EvidenceKind, Floats],
        hears: frozenset[SensorKind],
    ) -> None:
        weights = self.settings.weights
        claims = self.claims.by_track.get(number, {})
        kinds = self.claims.kinds.get(number)
        for column, plan in enumerate(plans):
            declared = plan.flight.aircraft.identifiers
            for kind, worth in self._claims_against(declared, claims, number, now):
                log_odds[kind][row, column] += worth
            matched = any(identifier in declared for identifier in claims)
            if claims and not matched and not plan.flight.emits:
                log_odds[EvidenceKind.EMISSION][row, column] += weights.silent_but_heard
            if not claims and plan.flight.emits & hears:
                log_odds[EvidenceKind.EMISSION][row, column] += weights.not_heard
            if kinds is not None and plan.flight.aircraft.type in kinds.mean:
                ratio = math.log(max(kinds.mean[plan.flight.aircraft.type] * len(kinds.mean), 1e-3))
                log_odds[EvidenceKind.TYPE][row, column] = min(max(ratio, weights.type_limit[0]), weights.type_limit[1])

    def _claims_against(
        self, declared: tuple[Identifier, ...], claims: Mapping[Identifier, Heard], number: int, now: float
    ) -> Iterable[tuple[EvidenceKind, float]]:
        """What a track's claims say of a flight with the identifiers `declared`.

        Only the weightiest counts either way: whoever copies one identifier can copy them all.
        """
        weights = self.settings.weights
        matching, differing = [], []
        for identifier, heard in claims.items():
            fading = math.exp(-max(now - heard.time, 0.0) / weights.fade_s)
            if identifier in declared:
                kind, worth = self._worth(identifier, heard, number, now)
                matching.append((fading * worth, kind))
            elif any(other.kind is identifier.kind for other in declared):
                own = identifier.kind is not IdentifierKind.CALLSIGN
                differing.append(fading * (weights.other_claim if own else weights.other_callsign))
        if matching:
            worth, kind = max(matching)
            yield kind, worth
        if differing:
            yield EvidenceKind.IDENTIFIER, min(differing)

    def _worth(self, identifier: Identifier, heard: Heard, number: int, now: float) -> tuple[EvidenceKind, float]:
        """A claim of a flight's own identifier: signed, unsigned, or made elsewhere too."""
        weights = self.settings.weights
        since = now - weights.fade_s
        disputed = identifier in self.claims.disputed(number, now)
        if heard.signed_time > since and not (disputed and self.claims.signed_elsewhere(identifier, number, since)):
            return EvidenceKind.SIGNATURE, weights.signed
        return EvidenceKind.IDENTIFIER, weights.disputed if disputed else weights.claim

    def _label(self, tracks: TrackTable, plans: list[FlightPlan], probability: Floats) -> npt.NDArray[np.int64]:
        """The flight that each track's standing names, with hysteresis; -1 for none."""
        thresholds = self.settings.thresholds
        flight = np.full(len(tracks), -1, dtype=np.int64)
        if not plans:
            return flight
        best = np.argmax(probability, axis=1)
        for row, number in enumerate(tracks.number.tolist()):
            memory, top = self._memory[number], int(best[row])
            held = memory.label == plans[top].flight.id
            enough = thresholds.leave if held else thresholds.enter
            memory.label = plans[top].flight.id if probability[row, top] >= enough else None
            flight[row] = top if memory.label else -1
        return flight

    def _stand(
        self, tracks: TrackTable, flight: npt.NDArray[np.int64], fits: tuple[PlanFit, ...], signed: Floats
    ) -> tuple[Standing, ...]:
        standings = []
        for row, number in enumerate(tracks.number.tolist()):
            column = int(flight[row])
            if column >= 0 and not fits[column].inside[row]:
                standing = Standing.OFF_PLAN
            elif column >= 0:
                standing = Standing.VERIFIED if signed[row, column] > 0 else Standing.CONSISTENT
            elif self._identifies_itself(number, tracks.time):
                standing = Standing.COOPERATIVE
            else:
                standing = Standing.UNKNOWN
            standings.append(standing)
        return tuple(standings)

    def _identifies_itself(self, number: int, now: float) -> bool:
        """Whether it lately claimed to be somebody, whom nobody declared here and nobody else claims to be."""
        claims = self.claims.by_track.get(number, {})
        fresh = [i for i, heard in claims.items() if now - heard.time <= self.settings.weights.fade_s]
        return bool(fresh) and not self._declared.intersection(fresh) and not self.claims.disputed(number, now)

    def _shadowed(self, tracks: TrackTable, east: Floats, north: Floats, probability: Floats) -> npt.NDArray[np.bool_]:
        """Both tracks of every close pair of which one may be a declared flight."""
        shadowed = np.zeros(len(tracks), dtype=bool)
        if len(tracks) < 2 or not probability.size:
            return shadowed
        pairs = close_pairs(east, north, self.settings.shadow_m)
        apart = np.abs(tracks.height_m[pairs[:, 0]] - tracks.height_m[pairs[:, 1]]) > self.settings.shadow_height_m
        may_be = probability.max(axis=1) > 1.0 - self.settings.thresholds.enter
        pairs = pairs[~apart & (may_be[pairs[:, 0]] | may_be[pairs[:, 1]])]
        shadowed[pairs.ravel()] = True
        return shadowed
