"""Whose declared flight a track is, how sure that is, and why."""

from dataclasses import dataclass
from enum import StrEnum

from safeconduct.model.identifier import Identifier
from safeconduct.model.standing import Standing


class EvidenceKind(StrEnum):
    """What a piece of evidence is about."""

    PRIOR = "prior"
    """How likely the pairing was before anything was seen."""
    EXPECTED = "expected"
    """It is due in air that is watched: if it is flown and in time, it is one of the tracks there."""
    PLAN = "plan"
    """Where it is now, in place, time, course, speed and height, against the declared route or volumes."""
    HISTORY = "history"
    """How it came there: whether it turned with the plan, kept to it since it was first seen, joined or left it."""
    CROWD = "crowd"
    """That others may keep near a declared flight too, and would look like it."""
    IDENTIFIER = "identifier"
    """A claim heard, or a different one heard where this flight's was declared."""
    SIGNATURE = "signature"
    """A claim whose signature was checked."""
    EMISSION = "emission"
    """Declared to transmit and not heard in reach, or declared silent and heard."""
    TYPE = "type"
    """What a classifier saw."""
    ANSWER = "answer"
    """What parties answered when they were asked whose it is."""
    TELEMETRY = "telemetry"
    """Where the flight says itself that it is."""
    EXCLUSION = "exclusion"
    """One flight is at most one aircraft: how well other tracks fit the same flight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One additive item of a candidate's log-odds.

    Attributes:
        log_odds: for the flight against "none of them", nats; positive speaks for the flight.
        time: when it was so, Unix seconds UTC.
        lon, lat: where the track was then, WGS-84 degrees.
        sensor: id of the sensor that brought it; None where several or none.
        text: a sentence for a person.
    """

    kind: EvidenceKind
    log_odds: float
    time: float
    lon: float
    lat: float
    sensor: str | None = None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One declared flight that the track could be.

    Attributes:
        probability: posterior, given everything.
        evidence: its items; the sum of their log_odds is ln(probability / probability of none).
    """

    flight: str
    probability: float
    evidence: tuple[Evidence, ...]


class Silence(StrEnum):
    """Why a party has said nothing about a track. Never a reason against the aircraft (laws 1 and 4)."""

    NOT_ASKED = "not-asked"
    NO_ANSWER = "no-answer"
    DOES_NOT_TAKE_PART = "does-not-take-part"


@dataclass(frozen=True, slots=True)
class SilentParty:
    """One party that has said nothing, and why."""

    party: str
    silence: Silence


class ConflictKind(StrEnum):
    """How far two claims of one identifier contradict each other."""

    AT_ONCE = "at-once"
    """No aircraft could have made both: at least one of the claims is not its owner's."""
    APART = "apart"
    """Far apart, with time enough between them that one aircraft could have made both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierConflict:
    """One identifier claimed by two tracks at two places.

    Attributes:
        tracks: ids of the two tracks.
        first_time, last_time: when the conflict was first and last seen, Unix seconds UTC.
        places: (lon, lat) of the latest claim of each track, in the order of `tracks`.
        distance_m: the greatest distance seen between two claims.
        gap_s: the shortest time seen between two claims.
    """

    identifier: Identifier
    kind: ConflictKind
    tracks: tuple[str, str]
    first_time: float
    last_time: float
    places: tuple[tuple[float, float], tuple[float, float]]
    distance_m: float
    gap_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """The whole answer for one track at one moment.

    Attributes:
        candidates: declared flights, most probable first; their probabilities and `unknown` sum to one.
        unknown: probability of "none of them".
        flight: the flight that the standing names, or None.
        shadowed: another aircraft is so close in this corridor that the two may be confused.
        silent: for a track without a declared flight: who has said nothing, and why.
        conflicts: identifiers this track claims that another claims elsewhere.
    """

    track: str
    time: float
    candidates: tuple[Candidate, ...]
    unknown: float
    standing: Standing
    flight: str | None
    shadowed: bool = False
    silent: tuple[SilentParty, ...] = ()
    conflicts: tuple[Identifier, ...] = ()
