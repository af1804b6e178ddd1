"""An assessment taken apart for a person: every probability with the items that made it (law 5)."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from safeconduct.kernels.arrays import Record
from safeconduct.model.answer import Said
from safeconduct.model.flight import Flight
from safeconduct.model.identification import (
    Candidate,
    Evidence,
    EvidenceKind,
    Identification,
    Silence,
    SilentParty,
)
from safeconduct.model.identifier import Identifier
from safeconduct.model.party import Party
from safeconduct.model.track import track_name
from safeconduct.picture.answers import Answers, Held
from safeconduct.picture.claims import ClaimLedger, Heard
from safeconduct.picture.identification import Assessment
from safeconduct.picture.telemetry import Telemetry

CANDIDATE_FLOOR = 1e-6
"""Flights less probable than this are not listed."""
LITTLE = 0.3
"""A history that weighs less than this, nats, is none that a person should read anything into."""
ITEM_FLOOR = 1e-12
"""Items that weigh less than this, nats, are not listed."""


def explain(
    assessment: Assessment,
    row: int,
    claims: ClaimLedger,
    parties: Sequence[Party],
    answers: Answers | None = None,
    telemetry: Telemetry | None = None,
) -> Identification:
    """The identification of one row of an assessment, with all its reasons.

    Args:
        claims, answers, telemetry: what the engine that made the assessment holds.
        parties: all parties known to this node; where the standing names no flight, each of them that could have
            declared it, and has not answered, is listed with why it has said nothing (law 1).
    """
    number = int(assessment.tracks.number[row])
    mine = assessment.pairs.of(row)
    order = mine.start + np.argsort(-assessment.probability[mine], kind="stable")
    candidates = tuple(
        Candidate(
            flight=assessment.flights[assessment.pairs.column[pair]].id,
            probability=float(assessment.probability[pair]),
            evidence=_evidence(assessment, row, pair, claims, answers, telemetry),
        )
        for pair in order.tolist()
        if assessment.probability[pair] >= CANDIDATE_FLOOR
    )
    standing, column = assessment.standing[row], int(assessment.flight[row])
    return Identification(
        track=track_name(number),
        time=assessment.tracks.time,
        candidates=candidates,
        unknown=float(assessment.unknown[row]),
        standing=standing,
        flight=assessment.flights[column].id if column >= 0 else None,
        shadowed=bool(assessment.shadowed[row]),
        silent=() if standing.names_flight else silent(parties, answers.answered(number) if answers else {}),
        conflicts=claims.disputed(number, assessment.tracks.time),
    )


def silent(parties: Sequence[Party], answered: Mapping[str, Said]) -> tuple[SilentParty, ...]:
    """Who has said nothing, and why. "Not mine" is an answer.

    Args:
        answered: what each party that was asked has said.
    """
    asked = {party for party, said in answered.items() if said is Said.NO_ANSWER}
    taking_part = {party.id: Silence.NOT_ASKED if party.takes_part else Silence.DOES_NOT_TAKE_PART for party in parties}
    return tuple(
        SilentParty(party, Silence.NO_ANSWER if party in asked else why)
        for party, why in taking_part.items()
        if party in asked or party not in answered
    )


def _evidence(
    assessment: Assessment,
    row: int,
    pair: int,
    ledger: ClaimLedger,
    answers: Answers | None,
    telemetry: Telemetry | None,
) -> tuple[Evidence, ...]:
    tracks, flight = assessment.tracks, assessment.flights[assessment.pairs.column[pair]]
    number = int(tracks.number[row])
    claims = ledger.weighed(number)
    matched = [heard for identifier, heard in claims.items() if identifier in flight.aircraft.identifiers]
    newest = max(matched or claims.values(), key=lambda heard: heard.time, default=None)
    kinds = ledger.kinds.get(number)
    said = answers.weighing(number, flight) if answers else ()
    report = telemetry.latest(flight.id, tracks.time) if telemetry else None
    items = []
    for kind, weights in assessment.items.items():
        weight = float(weights[pair])
        if abs(weight) < ITEM_FLOOR:
            continue
        time, lon, lat, sensor = tracks.time, float(tracks.lon[row]), float(tracks.lat[row]), None
        if kind in (EvidenceKind.IDENTIFIER, EvidenceKind.SIGNATURE) and newest is not None:
            time, lon, lat, sensor = newest.time, newest.lon, newest.lat, newest.sensor
        elif kind is EvidenceKind.TYPE and kinds is not None:
            time, sensor = kinds.time, kinds.sensor
        elif kind is EvidenceKind.ANSWER and said:
            time, lon, lat = said[0].answer.time, said[0].answer.lon, said[0].answer.lat
        elif kind is EvidenceKind.TELEMETRY and report:
            time = report.time
        text = _answers(said) if said and kind is EvidenceKind.ANSWER else None
        text = text or _sentence(kind, flight, claims, assessment.looks[pair], assessment.said[pair], weight)
        items.append(Evidence(kind=kind, log_odds=weight, time=time, lon=lon, lat=lat, sensor=sensor, text=text))
    return tuple(items)


def _sentence(
    kind: EvidenceKind, flight: Flight, claims: Mapping[Identifier, Heard], look: Record, past: Record, weight: float
) -> str:
    said = ", ".join(f"{identifier.kind.replace('_', ' ')} {identifier.value}" for identifier in sorted(claims))
    match kind:
        case EvidenceKind.PRIOR:
            return "before anything was seen: one of many aircraft and flights"
        case EvidenceKind.EXPECTED:
            return f"{flight.id} is due in air that is watched"
        case EvidenceKind.PLAN:
            return _plan_sentence(look)
        case EvidenceKind.HISTORY if abs(weight) < LITTLE:
            return f"how it came here says little of {flight.id} either way"
        case EvidenceKind.HISTORY if weight > 0 and past["left"]:
            return f"it kept to the plan of {flight.id} before it left it"
        case EvidenceKind.HISTORY if weight > 0:
            return f"it has moved as {flight.id} was to, where its own course could have led it elsewhere"
        case EvidenceKind.HISTORY:
            return f"it has not kept to the plan of {flight.id} since it was first seen"
        case EvidenceKind.CROWD:
            return f"another aircraft that keeps near {flight.id}, or another flight, would look like this too"
        case EvidenceKind.IDENTIFIER:
            own = any(identifier in flight.aircraft.identifiers for identifier in claims)
            return f"claims {said}" + ("" if own else f", and {flight.id} declared another")
        case EvidenceKind.SIGNATURE:
            return f"claims {said}, with a signature that was checked"
        case EvidenceKind.EMISSION if claims:
            return f"{flight.id} was declared silent, and this track claims {said}"
        case EvidenceKind.EMISSION:
            return (
                f"{flight.id} was declared to send {' and '.join(sorted(flight.emits))}, and nothing was heard in reach"
            )
        case EvidenceKind.TYPE:
            return f"what cameras saw, against the declared type {flight.aircraft.type}"
        case EvidenceKind.ANSWER:
            return "what parties answered when they were asked"
        case EvidenceKind.TELEMETRY:
            return f"{flight.id} sends where it is, and this track {'fits' if weight > 0 else 'does not fit'} that"
        case EvidenceKind.EXCLUSION:
            return f"other tracks may be {flight.id}, or were it, and it is one aircraft"


def _answers(said: Sequence[Held]) -> str:
    """What parties said, newest first."""
    sentences = []
    for answer in (held.answer for held in said):
        what = "is not" if answer.said is Said.NOT_MINE else "is"
        whose = "its own" if answer.flight is None else f"its {answer.flight}"
        sentences.append(f"{answer.party} was asked and said that this {what} {whose}")
    return "; ".join(sentences)


def _plan_sentence(look: Record) -> str:
    volume = "inside its volumes" if look["inside"] else "outside its volumes"
    cross, late = float(look["cross"]), float(look["late"])
    if not math.isfinite(cross):
        return f"{volume}; no route was declared"
    when = f"{abs(late):.0f} s {'late' if late > 0 else 'early'}"
    return f"{volume}, {abs(cross):.0f} m {'right' if cross > 0 else 'left'} of its route, {when}"
