"""What of the standings goes on the record: what is said of declared flights, when it changes, with its reasons."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from tests.support.sky import T0, Sky, flight, flown, table

from safeconduct.model.entry import StandingChanged
from safeconduct.model.identification import EvidenceKind, Identification
from safeconduct.model.standing import Standing
from safeconduct.model.track import TrackStatus
from safeconduct.picture.identification import Assessment
from safeconduct.picture.reasons import explain
from safeconduct.picture.standing_changes import KEPT_S, SETTLES_S, StandingWatch

FLIGHTS = tuple(flight(name, north, party="un") for name, north in (("F", 0.0), ("G", 200.0), ("H", -200.0)))


def said(
    after: float,
    *stands: tuple[int, Standing, str | None],
    status: TrackStatus = TrackStatus.CONFIRMED,
) -> Assessment:
    """An assessment that says this of these tracks."""
    made = Sky(*FLIGHTS)
    assessed = made.engine.assess(
        table(T0 + 300.0, [flown(number, 300.0, 0.0, 0.0, status=status) for number, _, _ in stands])
    )
    names = [one.id for one in assessed.flights]
    return replace(
        assessed,
        tracks=replace(assessed.tracks, time=T0 + after),
        standing=tuple(standing for _, standing, _ in stands),
        flight=np.array([-1 if name is None else names.index(name) for _, _, name in stands]),
    )


def explained(assessment: Assessment) -> Callable[[int], Identification]:
    claims = Sky(*FLIGHTS).engine.claims
    return lambda row: explain(assessment, row, claims, ())


def noted(watch: StandingWatch, assessment: Assessment) -> tuple[StandingChanged, ...]:
    changes = watch.changes(assessment, explained(assessment))
    watch.noted(changes)
    return changes


CONSISTENT, OFF, UNKNOWN, COOPERATIVE = Standing.CONSISTENT, Standing.OFF_PLAN, Standing.UNKNOWN, Standing.COOPERATIVE


def test_a_track_that_is_named_is_noted_once_and_again_when_it_is_named_no_more() -> None:
    watch = StandingWatch()
    assert noted(watch, said(0.0, (1, UNKNOWN, None))) == ()
    (first,) = noted(watch, said(1.0, (1, CONSISTENT, "F")))
    assert (first.before, first.flight_before) == (None, None)
    assert (first.identification.standing, first.identification.flight) == (CONSISTENT, "F")
    assert noted(watch, said(2.0, (1, CONSISTENT, "F"))) == ()
    (last,) = noted(watch, said(3.0, (1, UNKNOWN, None)))
    assert (last.before, last.flight_before, last.identification.standing) == (CONSISTENT, "F", UNKNOWN)
    assert noted(watch, said(60.0, (1, COOPERATIVE, None))) == ()


def test_another_flight_is_noted_at_once() -> None:
    watch = StandingWatch()
    noted(watch, said(1.0, (1, CONSISTENT, "F")))
    (change,) = noted(watch, said(2.0, (1, CONSISTENT, "G")))
    assert (change.flight_before, change.identification.flight) == ("F", "G")


def test_an_aircraft_at_the_edge_of_its_volumes_does_not_fill_the_record() -> None:
    watch, count = StandingWatch(), 0
    for second in range(100):
        count += len(noted(watch, said(float(second), (1, OFF if second % 2 else CONSISTENT, "F"))))
    assert 2 < count <= 100 / SETTLES_S + 1
    assert len(noted(watch, said(130.0, (1, UNKNOWN, None)))) == 1


@pytest.mark.parametrize("standing", [UNKNOWN, COOPERATIVE])
def test_the_traffic_that_nobody_declared_is_not_on_the_record(standing: Standing) -> None:
    assert noted(StandingWatch(), said(1.0, (1, standing, None))) == ()


@pytest.mark.parametrize("status", [TrackStatus.COASTING, TrackStatus.TENTATIVE])
def test_only_confirmed_tracks_are_noted(status: TrackStatus) -> None:
    watch = StandingWatch()
    assert noted(watch, said(1.0, (1, CONSISTENT, "F"), status=status)) == ()
    assert len(noted(watch, said(2.0, (1, CONSISTENT, "F")))) == 1


def test_what_was_not_recorded_is_found_again() -> None:
    watch, assessment = StandingWatch(), said(1.0, (1, CONSISTENT, "F"), (2, OFF, "G"))
    found = watch.changes(assessment, explained(assessment))
    assert len(found) == 2
    assert watch.changes(assessment, explained(assessment)) == found
    watch.noted(found)
    assert watch.changes(assessment, explained(assessment)) == ()


def test_a_track_that_comes_back_is_known_for_a_while() -> None:
    watch = StandingWatch()
    noted(watch, said(0.0, (1, CONSISTENT, "F")))
    assert noted(watch, said(5.0)) == ()
    assert noted(watch, said(KEPT_S - 1.0, (1, CONSISTENT, "F"))) == ()
    noted(watch, said(3.0 * KEPT_S))
    assert not watch._noted
    assert len(noted(watch, said(3.0 * KEPT_S + 1.0, (1, CONSISTENT, "F")))) == 1


def test_it_says_why_of_the_flight_and_of_the_next_one_and_of_no_more() -> None:
    assessed = said(1.0, (1, CONSISTENT, "F"))
    (change,) = noted(StandingWatch(), assessed)
    whole = explained(assessed)(0)
    assert len(whole.candidates) == 3
    assert change.identification.candidates == whole.candidates[:2]
    for one in change.identification.candidates:
        assert {EvidenceKind.PRIOR, EvidenceKind.PLAN} <= {item.kind for item in one.evidence}
        total = sum(item.log_odds for item in one.evidence)
        assert total == pytest.approx(math.log(one.probability / whole.unknown), abs=1e-6)
    assert (change.lon, change.lat) == (assessed.tracks.lon[0], assessed.tracks.lat[0])
