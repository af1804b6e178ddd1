"""What was heard and seen of tracks, weighed for and against flights: identifiers, silence, types, answers.

Everything is weighed pair by pair, as a log ratio of how probable it is if the track is that flight and if it is none
of them. Whoever is none of them is either somebody else who passes, or, with the share that `kernels.following` finds,
one that keeps near that very flight; of the latter, more transmit a name that is not theirs.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from safeconduct.kernels.arrays import Flags, Floats, Ints
from safeconduct.model.flight import Flight
from safeconduct.model.identification import EvidenceKind
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.sensor import SensorKind
from safeconduct.picture.claims import ClaimLedger, Heard, Kinds

HEARD_BY: Mapping[IdentifierKind, SensorKind] = {
    IdentifierKind.ICAO_ADDRESS: SensorKind.ADSB,
    IdentifierKind.CALLSIGN: SensorKind.ADSB,
    IdentifierKind.REMOTE_ID_SERIAL: SensorKind.REMOTE_ID,
    IdentifierKind.SESSION_ID: SensorKind.REMOTE_ID,
    IdentifierKind.DRIP_ENTITY_TAG: SensorKind.REMOTE_ID,
}
"""What hears each kind of identifier."""


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


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The pairs that are weighed: (m,) rows of the tracks and columns of the flights, and by track where its begin."""

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
        numbers: Ints,
        ages: Floats,
        now: float,
        flights: tuple[Flight, ...],
        pairs: Pairs,
        crowd: Floats,
        reach: Mapping[SensorKind, Flags],
    ) -> dict[EvidenceKind, Floats]:
        """By kind of evidence, (m,) nats.

        Args:
            numbers, ages: (n,) of the tracks, and how long ago each was first detected, seconds.
            crowd: (m,) probability that, if it is none of the flights, it keeps near this one.
            reach: by kind of receiver, (n,): whether one of ours should hear the track if it transmitted.
        """
        kinds = (EvidenceKind.IDENTIFIER, EvidenceKind.SIGNATURE, EvidenceKind.EMISSION, EvidenceKind.TYPE)
        items = {kind: np.zeros(len(pairs.row)) for kind in kinds}
        settled = ages > self._model.settle_s
        unheard = {by: (rows & settled).astype(np.float64) for by, rows in reach.items()}
        for row, number in enumerate(numbers.tolist()):
            claims, seen = self._ledger.weighed(number), self._ledger.kinds.get(number)
            for identifier, heard in claims.items():
                by = HEARD_BY[identifier.kind]
                if by in unheard:
                    unheard[by][row] = min(unheard[by][row], 1.0 - self._fading(heard, now))
            if claims or seen:
                for pair in range(pairs.first[row], pairs.first[row + 1]):
                    flight = flights[pairs.column[pair]]
                    if claims:
                        for kind, worth in self._claimed(flight, claims, number, now, float(crowd[pair])):
                            items[kind][pair] += worth
                    if seen:
                        items[EvidenceKind.TYPE][pair] = self._type(flight.aircraft.type, seen)
        items[EvidenceKind.EMISSION] += self._unheard(flights, pairs, unheard)
        return items

    def _unheard(self, flights: tuple[Flight, ...], pairs: Pairs, unheard: Mapping[SensorKind, Floats]) -> Floats:
        """Silence where something was declared to be heard. Silence never speaks for anything.

        Args:
            unheard: by kind of receiver, (n,): how far the track, in reach of one, is not heard by any.
        """
        worth = np.zeros(len(pairs.row))
        for kind, share in unheard.items():
            sends = np.array([kind in flight.emits for flight in flights], dtype=bool)
            worth = np.minimum(worth, self._model.not_heard * share[pairs.row] * sends[pairs.column])
        return worth

    def _claimed(
        self, flight: Flight, claims: Mapping[Identifier, Heard], number: int, now: float, crowd: float
    ) -> Iterable[tuple[EvidenceKind, float]]:
        """What a track's claims say of a flight. Only the weightiest counts either way: whoever copies one identifier
        can copy them all."""
        model, declared = self._model, flight.aircraft.identifiers
        matching, differing, lately = [], [], 0.0
        for identifier, heard in claims.items():
            fading = self._fading(heard, now)
            lately = max(lately, fading)
            if identifier in declared:
                kind, worth = self._worth(identifier, heard, number, now, crowd)
                matching.append((fading * worth, kind))
            elif any(other.kind is identifier.kind for other in declared):
                own = identifier.kind is not IdentifierKind.CALLSIGN
                differing.append(fading * (model.other_claim if own else model.other_callsign))
        if matching:
            worth, kind = max(matching)
            yield kind, worth
        elif not flight.emits:
            yield EvidenceKind.EMISSION, lately * model.silent_but_heard
        if differing:
            yield EvidenceKind.IDENTIFIER, min(differing)

    def _fading(self, heard: Heard, now: float) -> float:
        """How much of a claim is left: it is bound to its time, and to the aircraft that made it."""
        return heard.sure * math.exp(-max(now - heard.time, 0.0) / self._model.fade_s)

    def _worth(
        self, identifier: Identifier, heard: Heard, number: int, now: float, crowd: float
    ) -> tuple[EvidenceKind, float]:
        """A claim of a flight's own identifier: signed, unsigned, or made elsewhere too."""
        model = self._model
        since = now - model.fade_s
        disputed = identifier in self._ledger.disputed(number, now, model.disputed_s)
        if heard.signed_time > since and not (disputed and self._ledger.signed_elsewhere(identifier, number, since)):
            return EvidenceKind.SIGNATURE, model.signed
        passing = model.borrowed_disputed if disputed else model.borrowed
        return EvidenceKind.IDENTIFIER, -math.log(passing + crowd * (model.borrowed_near - passing))

    def _type(self, declared: str, seen: Kinds) -> float:
        """What classifiers said, against the declared type; nothing where they do not know that."""
        if declared not in seen.mean:
            return 0.0
        low, high = self._model.type_limit
        ratio = math.log(max(seen.mean[declared] * len(seen.mean), 1e-3))
        return seen.sure * min(max(self._model.type_worth * ratio, low), high)
