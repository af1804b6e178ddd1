"""How late an aircraft is, against how late declared ones usually are."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.sky import ADDRESS, LOUD, WATCHED, Sky, flight, probability

from safeconduct.kernels import plans
from safeconduct.model.sensor import SensorKind
from safeconduct.picture.plan_model import LOOK_AROUND_S, Lateness, PlanModel, model_record

MINUTES_LATE_S = (-600.0, -300.0, -200.0, -120.0, 0.0, 60.0, 120.0, 150.0, 180.0, 240.0, 300.0, 450.0, 600.0, 700.0)

EVERY_SECOND = np.arange(-1800.0, 1800.0, 1.0) + 0.5

shares = st.floats(0.01, 0.9)


def density(profile: Lateness, spread: float | None = None) -> Any:
    """Of every second of lateness, for a track of which so much is known."""
    model = model_record(PlanModel(lateness=profile))
    sigma = profile.spread_s if spread is None else spread
    return np.array([plans.lateness(model, late, sigma) for late in EVERY_SECOND.tolist()])


@given(st.floats(-300.0, 300.0), st.floats(5.0, 150.0), shares, st.floats(0.0, 600.0), st.floats(1.0, 150.0), shares)
def test_it_is_a_density_where_flights_are_looked_for_and_says_never_of_nothing(
    mean: float, spread: float, untimely: float, by: float, by_spread: float, anything: float
) -> None:
    profile = Lateness(
        in_time_s=mean, spread_s=spread, untimely=untimely,
        untimely_s=by, untimely_spread_s=by_spread, untimely_any=anything,
    )  # fmt: skip
    found, looked_for = density(profile), np.abs(EVERY_SECOND) < LOOK_AROUND_S
    assert (found[looked_for] > 0.0).all()
    assert 0.93 < found[looked_for].sum() < 1.001


def test_the_untimely_are_as_late_as_is_set_and_a_vague_track_is_vaguely_late() -> None:
    profile = Lateness(untimely=0.999, untimely_any=0.001, untimely_s=450.0, untimely_spread_s=60.0, spread_s=45.0)
    late = density(profile) * (np.abs(EVERY_SECOND - 450.0) < 250.0)
    mean = (late * EVERY_SECOND).sum() / late.sum()
    assert mean == pytest.approx(450.0, abs=2.0)
    assert np.sqrt((late * (EVERY_SECOND - mean) ** 2).sum() / late.sum()) == pytest.approx(75.0, abs=4.0)
    assert density(profile, 200.0).max() < 0.6 * late.max()


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


@pytest.mark.parametrize("late_s", MINUTES_LATE_S)
def test_who_flies_there_alone_under_its_name_is_named_however_late(late_s: float) -> None:
    said = Sky(LOUD, reach=WATCHED).watch(
        {1: (late_s, 0.0)}, start=max(late_s, 0.0) + 60.0, seconds=400.0, says={1: [ADDRESS]}
    )
    assert said.flight.tolist() == [0]
    assert probability(said, 1, "F") > 0.9


CORNERS = list(product((-60.0, 60.0), (5.0, 150.0), (0.0, 600.0)))


@pytest.mark.parametrize(("in_time_s", "spread_s", "untimely_s"), CORNERS)
def test_who_is_as_late_as_flights_are_is_named_however_that_is_set(
    in_time_s: float, spread_s: float, untimely_s: float
) -> None:
    for untimely_spread_s in (1.0, 150.0):
        profile = Lateness(
            in_time_s=in_time_s, spread_s=spread_s, untimely_s=untimely_s, untimely_spread_s=untimely_spread_s
        )
        for late_s in (in_time_s, untimely_s or in_time_s):
            sky = Sky(LOUD, reach=WATCHED, plan=PlanModel(lateness=profile))
            said = sky.watch({1: (late_s, 0.0)}, start=max(late_s, 0.0) + 60.0, seconds=300.0, says={1: [ADDRESS]})
            assert said.flight.tolist() == [0], (profile, late_s)


@pytest.mark.parametrize("routed", [True, False])
@pytest.mark.parametrize("late_s", [-450.0, 0.0, 200.0, 450.0])
def test_held_flat_nobody_is_lost(late_s: float, routed: bool) -> None:
    flat = PlanModel(lateness=Lateness(untimely_s=0.0, untimely_spread_s=380.0))
    sky = Sky(flight("F", 0.0, [ADDRESS], [SensorKind.ADSB], routed=routed), reach=WATCHED, plan=flat)
    said = sky.watch({1: (late_s, 0.0)}, start=max(late_s, 0.0) + 60.0, seconds=300.0, says={1: [ADDRESS]})
    assert said.flight.tolist() == [0]


def test_of_two_under_its_name_it_is_rather_the_one_that_is_as_late_as_flights_are() -> None:
    both = {1: (420.0, 0.0), 2: (210.0, 0.0)}
    said = Sky(LOUD, reach=WATCHED).watch(both, start=460.0, seconds=400.0, says={1: [ADDRESS], 2: [ADDRESS]})
    assert probability(said, 1, "F") > 3.0 * probability(said, 2, "F")
    slips = Lateness(untimely_s=200.0, untimely_spread_s=60.0)
    other = Sky(LOUD, reach=WATCHED, plan=PlanModel(lateness=slips))
    said = other.watch(both, start=460.0, seconds=400.0, says={1: [ADDRESS], 2: [ADDRESS]})
    assert probability(said, 2, "F") > 3.0 * probability(said, 1, "F"), "where they are late by less"
