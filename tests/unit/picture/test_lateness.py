"""How late an aircraft is, against how late declared ones usually are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.sky import ADDRESS, LOUD, Sky, probability, sensor

from safeconduct.kernels import plans
from safeconduct.model.sensor import SensorKind
from safeconduct.picture.plan_model import Lateness, PlanModel, model_record
from safeconduct.picture.reach import Reach

WATCHED = Reach([sensor(SensorKind.RADAR), sensor(SensorKind.ADSB)])
"""Radars see and receivers hear all of it: if the flight is there, it is one of the tracks."""
LATE_S = (-600.0, -300.0, -200.0, -120.0, 0.0, 60.0, 120.0, 150.0, 180.0, 240.0, 300.0, 450.0, 600.0, 700.0)

shares, times = st.floats(0.01, 0.9), st.floats(10.0, 300.0)


@given(st.floats(-100.0, 100.0), times, shares, st.floats(0.0, 600.0), times, shares)
def test_it_is_a_density_and_says_never_of_nothing(
    mean: float, spread: float, untimely: float, by: float, by_spread: float, anything: float
) -> None:
    untimely_by = {"untimely_s": by, "untimely_spread_s": by_spread, "untimely_any": anything}
    profile = Lateness(in_time_s=mean, spread_s=spread, untimely=untimely, **untimely_by)
    model = model_record(PlanModel(lateness=profile))
    late = np.arange(-900.0, 900.0, 1.0) + 0.5
    density = np.array([plans.lateness(model, one, spread) for one in late.tolist()])
    assert (density > 0.0).all()
    # Windows have soft ends, and those that reach beyond what is looked for lose there.
    outside = untimely * (1.0 - anything) * 0.5 if by + 2.0 * np.hypot(by_spread, spread) > 900.0 else 0.0
    assert 1.0 - outside - 0.01 < density.sum() < 1.01


def test_not_in_time_is_less_usual_than_in_time_and_usually_by_minutes() -> None:
    usual = PlanModel()
    model = model_record(usual)
    now, between, late, early, beyond = (
        plans.lateness(model, by, usual.lateness.spread_s) for by in (20.0, 200.0, 450.0, -450.0, 850.0)
    )
    assert now > 5.0 * late
    assert late == pytest.approx(early, rel=0.01)
    assert late > 3.0 * between
    assert between == pytest.approx(beyond, rel=0.1)


@pytest.mark.parametrize("late_s", LATE_S)
def test_who_flies_there_alone_under_its_name_is_named_however_late(late_s: float) -> None:
    said = Sky(LOUD, reach=WATCHED).watch(
        {1: (late_s, 0.0)}, start=max(late_s, 0.0) + 60.0, seconds=400.0, says={1: [ADDRESS]}
    )
    assert said.flight.tolist() == [0]
    assert probability(said, 1, "F") > 0.9


def test_of_two_under_its_name_it_is_rather_the_one_that_is_as_late_as_flights_are() -> None:
    both = {1: (420.0, 0.0), 2: (210.0, 0.0)}
    said = Sky(LOUD, reach=WATCHED).watch(both, start=460.0, seconds=400.0, says={1: [ADDRESS], 2: [ADDRESS]})
    assert probability(said, 1, "F") > 3.0 * probability(said, 2, "F")
    slips = Lateness(untimely_s=200.0, untimely_spread_s=60.0)
    other = Sky(LOUD, reach=WATCHED, plan=PlanModel(lateness=slips))
    said = other.watch(both, start=460.0, seconds=400.0, says={1: [ADDRESS], 2: [ADDRESS]})
    assert probability(said, 2, "F") > 3.0 * probability(said, 1, "F"), "where they are late by less"
