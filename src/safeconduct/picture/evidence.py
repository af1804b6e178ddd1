"""What was heard and seen of tracks, weighed for and against flights: identifiers, silence, types.

Everything is weighed pair by pair, as a log ratio of how probable it is if the track is that flight and if it is none
of them. Whoever is none of them is either somebody else who passes, or, with the share that `kernels.following` finds,
one that keeps near that very flight; of the latter, more transmit a name that is not theirs.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from safeconduct.kernels.arrays import Flags, Floats, Ints
from safeconduct.model import check
from safeconduct.model.flight import Flight
from safeconduct.model.identification import EvidenceKind
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.sensor import SensorKind
from safeconduct.model.track import TrackTable
from safeconduct.picture.claims import ClaimLedger, Heard, Kinds

HEARD_BY: Mapping[IdentifierKind, SensorKind] = {
    IdentifierKind.ICAO_ADDRESS: SensorKind.ADSB,
    IdentifierKind.CALLSIGN: SensorKind.ADSB,
    IdentifierKind.REMOTE_ID_SERIAL: SensorKind.REMOTE_ID,
    IdentifierKind.SESSION_ID: SensorKind.REMOTE_ID,
    IdentifierKind.DRIP_ENTITY_TAG: SensorKind.REMOTE_ID,
}
"""What hears each kind of identifier."""
KINDS = {kind: place for place, kind in enumerate(IdentifierKind)}
"""The place of each kind in an array."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimModel:
    """What each thing heard or seen is worth, and how it ages.

    Attributes:
        borrowed: probability that another aircraft transmits this very flight's unsigned identifier.
        borrowed_disputed: the same, once two tracks have claimed it at once.
        borrowed_near: the same, of those that keep near a flight that was declared to transmit, from where they are
            first seen.
        signed: a claim whose signature was checked, nats.
        other_claim: another identifier of a kind that this flight declared, nats.
        other_callsign: another callsign, nats; they are mistyped and shared.
        silent_but_heard: any identifier, where this flight was declared silent, nats.
        not_heard: none, in reach of a receiver, where this flight was declared to transmit, nats.
        settle_s: a track younger than this is not blamed for what was not heard of it.
        disputed_s: what two tracks claimed at once stays disputed for so long.
        fade_s: a claim's weight falls to 1/e in this time without hearing it again.
        type_worth: classifications of one track are worth this many independent ones, together.
        type_limit: least and most that classifiers can say, nats.

    Raises:
        ModelError: for what is no probability, speaks the other way round, or is no time.
    """

    borrowed: float = 0.01
    borrowed_disputed: float = 0.5
    borrowed_near: float = 0.9
    signed: float = 12.0
    other_claim: float = -8.0
    other_callsign: float = -1.0
    silent_but_heard: float = -4.0
    not_heard: float = -0.7
    settle_s: float = 45.0
    disputed_s: float = 1800.0
    fade_s: float = 300.0
    type_worth: float = 1.5
    type_limit: tuple[float, float] = (-4.0, 1.2)

    def __post_init__(self) -> None:
        check.each_within(self, ("borrowed", "borrowed_disputed", "borrowed_near"), 1e-6, 1.0)
        check.each_within(self, ("other_claim", "other_callsign", "silent_but_heard", "not_heard"), -50.0, 0.0)
        check.each_within(self, ("signed", "type_worth"), 0.0, 50.0)
        check.each_within(self, ("settle_s", "disputed_s"), 0.0, 1e6)
        check.within("fade_s", self.fade_s, 1.0, 1e6)
        check.limits("type_limit", self.type_limit, 50.0)

    def other(self, kind: IdentifierKind) -> float:
        """What another identifier of a kind that the flight declared says of it, nats."""
        return self.other_callsign if kind is IdentifierKind.CALLSIGN else self.other_claim


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The pairs that are weighed: (m,) rows of the tracks and columns of the flights, ascending by both; and by track
    where its begin."""

    row: Ints
    column: Ints
    first: Ints

    def of(self, row: int) -> slice:
        """The pairs of one track."""
        return slice(int(self.first[row]), int(self.first[row + 1]))


class Weigher:
    """Weighs what a ledger holds against flights."""

    def __init__(self, ledger: ClaimLedger, model: ClaimModel) -> None:
        self._ledger, self._model = ledger, model

    def weigh(
        self,
        tracks: TrackTable,
        flights: tuple[Flight, ...],
        pairs: Pairs,
        owned: Ints,
        crowd: Floats,
        reach: Mapping[SensorKind, Flags],
    ) -> dict[EvidenceKind, Floats]:
        """By kind of evidence, (m,) nats.

        Args:
            owned: (k,) the pairs in which the track claims to be the flight.
            crowd: (m,) probability that, if it is none of the flights, it keeps near this one.
            reach: by kind of receiver, (n,): whether one of ours should hear the track if it transmitted.
        """
        now = tracks.time
        claims = [self._ledger.weighed(number) for number in tracks.number.tolist()]
        fresh = np.zeros((len(tracks), len(KINDS)))
        for row, said in enumerate(claims):
            for identifier, heard in said.items():
                kind = KINDS[identifier.kind]
                fresh[row, kind] = max(fresh[row, kind], self._fading(heard, now))
        settled = now - tracks.first_time > self._model.settle_s
        unheard = {by: rows & settled for by, rows in reach.items()}
        items = self._another_s(flights, pairs, fresh)
        items[EvidenceKind.SIGNATURE] = np.zeros(len(pairs.row))
        items[EvidenceKind.TYPE] = self._types(tracks.number, flights, pairs)
        for pair in owned.tolist():
            flight, row = flights[pairs.column[pair]], int(pairs.row[pair])
            for item in (EvidenceKind.IDENTIFIER, EvidenceKind.EMISSION):
                items[item][pair] = 0.0
            for item, worth in self._claimed(flight, claims[row], int(tracks.number[row]), now, float(crowd[pair])):
                items[item][pair] += worth
        items[EvidenceKind.EMISSION] += self._unheard(flights, pairs, unheard, fresh)
        return items

    def _another_s(self, flights: tuple[Flight, ...], pairs: Pairs, fresh: Floats) -> dict[EvidenceKind, Floats]:
        """What it says that a track claims to be somebody else than the flight, (m,) each.

        Args:
            fresh: (n, kinds) how much is left of what each track claimed of each kind.
        """
        model, worth = self._model, np.zeros(len(pairs.row))
        for kind, place in KINDS.items():
            has = np.array([any(one.kind is kind for one in flight.aircraft.identifiers) for flight in flights], bool)
            worth = np.minimum(worth, model.other(kind) * fresh[pairs.row, place] * has[pairs.column])
        silent = np.array([not flight.emits for flight in flights], dtype=bool)
        heard = model.silent_but_heard * fresh.max(axis=1)[pairs.row] * silent[pairs.column]
        return {EvidenceKind.IDENTIFIER: worth, EvidenceKind.EMISSION: heard}

    def _unheard(
        self, flights: tuple[Flight, ...], pairs: Pairs, unheard: Mapping[SensorKind, Flags], fresh: Floats
    ) -> Floats:
        """Silence where something was declared to be heard. Silence never speaks for anything.

        Args:
            unheard: by kind of receiver, (n,): whether the track should be heard by one.
            fresh: (n, kinds) how much is left of what each track claimed of each kind.
        """
        worth = np.zeros(len(pairs.row))
        for by, within in unheard.items():
            heard = fresh[:, [place for kind, place in KINDS.items() if HEARD_BY[kind] is by]].max(axis=1, initial=0.0)
            sends = np.array([by in flight.emits for flight in flights], dtype=bool)
            silence = (within * (1.0 - heard))[pairs.row]
            worth = np.minimum(worth, self._model.not_heard * silence * sends[pairs.column])
        return worth

    def _claimed(
        self, flight: Flight, claims: Mapping[Identifier, Heard], number: int, now: float, crowd: float
    ) -> Iterable[tuple[EvidenceKind, float]]:
        """What the claims of a track say of a flight that it claims to be. Only the weightiest counts either way:
        whoever copies one identifier can copy them all."""
        model, declared = self._model, flight.aircraft.identifiers
        matching, differing = [], []
        for identifier, heard in claims.items():
            if identifier in declared:
                matching.append(self._worth(identifier, heard, number, now, crowd))
            elif any(other.kind is identifier.kind for other in declared):
                differing.append(self._fading(heard, now) * model.other(identifier.kind))
        worth, item = max(matching)
        yield item, worth
        if differing:
            yield EvidenceKind.IDENTIFIER, min(differing)

    def _fading(self, heard: Heard, now: float) -> float:
        """How much of a claim is left: it is bound to its time, and to the aircraft that made it."""
        return heard.sure * math.exp(-max(now - heard.time, 0.0) / self._model.fade_s)

    def _worth(
        self, identifier: Identifier, heard: Heard, number: int, now: float, crowd: float
    ) -> tuple[float, EvidenceKind]:
        """A claim of a flight's own identifier: signed, unsigned, or made elsewhere too; as much as is left of it. An
        unsigned claim does not make an old signature new."""
        model = self._model
        since = now - model.fade_s
        disputed = identifier in self._ledger.disputed(number, now, model.disputed_s)
        passing = model.borrowed_disputed if disputed else model.borrowed
        bare = -math.log(passing + crowd * (model.borrowed_near - passing)) * self._fading(heard, now)
        if heard.signed_time > since and not (disputed and self._ledger.signed_elsewhere(identifier, number, since)):
            left = heard.signed_sure * math.exp(-max(now - heard.signed_time, 0.0) / model.fade_s)
            if model.signed * left > bare:
                return model.signed * left, EvidenceKind.SIGNATURE
        return bare, EvidenceKind.IDENTIFIER

    def _types(self, numbers: Ints, flights: tuple[Flight, ...], pairs: Pairs) -> Floats:
        """What classifiers said, against the declared types, (m,)."""
        declared = sorted({flight.aircraft.type for flight in flights})
        worth = np.zeros((len(numbers), len(declared)))
        for row, number in enumerate(numbers.tolist()):
            seen = self._ledger.kinds.get(number)
            if seen is not None:
                worth[row] = [self._type(kind, seen) for kind in declared]
        of_flight = np.array([declared.index(flight.aircraft.type) for flight in flights], dtype=np.int64)
        typed: Floats = worth[pairs.row, of_flight[pairs.column]]
        return typed

    def _type(self, declared: str, seen: Kinds) -> float:
        """What classifiers said, against the declared type; nothing where they do not know that."""
        if declared not in seen.mean:
            return 0.0
        low, high = self._model.type_limit
        ratio = math.log(max(seen.mean[declared] * len(seen.mean), 1e-3))
        return seen.sure * min(max(self._model.type_worth * ratio, low), high)
