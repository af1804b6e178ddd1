"""An assessment taken apart for a person: every probability with the items that made it (law 5)."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

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
from safeconduct.picture.claims import ClaimLedger, Heard
from safeconduct.picture.identification import Assessment
from safeconduct.picture.plan import PlanFit

CANDIDATE_FLOOR = 1e-6
"""Flights less probable than this are not listed."""
ITEM_FLOOR = 1e-12
"""Items that weigh less than this, nats, are not listed."""


def explain(assessment: Assessment, row: int, claims: ClaimLedger, parties: Sequence[Party]) -> Identification:
    """The identification of one row of an assessment, with all its reasons.

    Args:
        parties: all parties known to this node; where the standing names no flight, each of them that could have
            declared it is listed with why it has said nothing (law 1).
    """
    number = int(assessment.tracks.number[row])
    order = np.argsort(-assessment.probability[row], kind="stable")
    candidates = tuple(
        Candidate(
            flight=assessment.flights[column].id,
            probability=float(assessment.probability[row, column]),
            evidence=_evidence(assessment, row, column, claims),
        )
        for column in order.tolist()
        if assessment.probability[row, column] >= CANDIDATE_FLOOR
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
        silent=() if standing.names_flight else silent(parties),
        conflicts=claims.disputed(number, assessment.tracks.time),
    )


def silent(parties: Sequence[Party]) -> tuple[SilentParty, ...]:
    """Who has said nothing, and why: nobody can be asked yet, so nobody has been."""
    return tuple(
        SilentParty(party.id, Silence.NOT_ASKED if party.takes_part else Silence.DOES_NOT_TAKE_PART)
        for party in parties
    )


def _evidence(assessment: Assessment, row: int, column: int, ledger: ClaimLedger) -> tuple[Evidence, ...]:
    tracks, flight = assessment.tracks, assessment.flights[column]
    number = int(tracks.number[row])
    claims = ledger.by_track.get(number, {})
    matched = [heard for identifier, heard in claims.items() if identifier in flight.aircraft.identifiers]
    newest = max(matched or claims.values(), key=lambda heard: heard.time, default=None)
    kinds = ledger.kinds.get(number)
    items = []
    for kind, weights in assessment.log_odds.items():
        weight = float(weights[row, column])
        if abs(weight) < ITEM_FLOOR:
            continue
        time, lon, lat, sensor = tracks.time, float(tracks.lon[row]), float(tracks.lat[row]), None
        if kind in (EvidenceKind.IDENTIFIER, EvidenceKind.SIGNATURE) and newest is not None:
            time, lon, lat, sensor = newest.time, newest.lon, newest.lat, newest.sensor
        elif kind is EvidenceKind.TYPE and kinds is not None:
            time, sensor = kinds.time, kinds.sensor
        text = _sentence(kind, flight, claims, assessment.fits[column], row, weight)
        items.append(Evidence(kind=kind, log_odds=weight, time=time, lon=lon, lat=lat, sensor=sensor, text=text))
    return tuple(items)


def _sentence(
    kind: EvidenceKind, flight: Flight, claims: Mapping[Identifier, Heard], fit: PlanFit, row: int, weight: float
) -> str:
    said = ", ".join(f"{identifier.kind.replace('_', ' ')} {identifier.value}" for identifier in sorted(claims))
    match kind:
        case EvidenceKind.PRIOR:
            return "before anything was seen: one of many aircraft and flights"
        case EvidenceKind.PLAN:
            return _plan_sentence(fit, row)
        case EvidenceKind.IDENTIFIER:
            return f"claims {said}" + ("" if weight > 0 else f", and {flight.id} declared another")
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
        case EvidenceKind.EXCLUSION:
            return f"other tracks may be {flight.id} as well, and it is one aircraft"


def _plan_sentence(fit: PlanFit, row: int) -> str:
    volume = "inside its volumes" if fit.inside[row] else "outside its volumes"
    cross, late = float(fit.cross_m[row]), float(fit.late_s[row])
    if not math.isfinite(cross):
        return f"{volume}; no route was declared"
    when = f"{abs(late):.0f} s {'late' if late > 0 else 'early'}"
    return f"{volume}, {abs(cross):.0f} m {'right' if cross > 0 else 'left'} of its route, {when}"
