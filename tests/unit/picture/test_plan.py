"""One look at a track against one plan."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeconduct.coordination.corridor import corridor
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.flight import Flight, RoutePoint
from safeconduct.picture.plan import FlightPlan, PlanFit, PlanModel

GEOD = pyproj.Geod(ellps="WGS84")
HOME = (13.0, 32.0)
FRAME = SectorFrame(*HOME)
T0 = 1_700_000_000.0
SPEED = 60.0


def place(east_m: float, north_m: float) -> tuple[float, float]:
    lon, lat = FRAME.to_degrees(np.array([east_m]), np.array([north_m]))
    return float(lon[0]), float(lat[0])


def flight(*, routed: bool = True, height_m: float = 3000.0) -> Flight:
    """Twenty minutes due east through home at 60 m/s."""
    points = tuple(RoutePoint(*place(SPEED * t - 36_000.0, 0.0), height_m, T0 + t) for t in range(0, 1201, 60))
    volumes = corridor(points, half_width_m=2000.0, vertical_m=300.0, early_s=120.0, late_s=300.0, frame=FRAME)
    return Flight(
        id="F", party="p", aircraft=Aircraft(type="male_uav"), volumes=volumes, route=points if routed else ()
    )


PLANS = {routed: FlightPlan(flight(routed=routed), FRAME, PlanModel()) for routed in (True, False)}
Look = Callable[..., PlanFit]


@pytest.fixture(scope="module")
def look(hand: Any, tracks_at: Any) -> Look:
    def at(
        after_s: float = 600.0, aside_m: float = 0.0, late_s: float = 0.0, *, routed: bool = True,
        speed: float = SPEED, course: float = 90.0, height_m: float = 3000.0, sigma_m: float = 20.0,
    ) -> PlanFit:  # fmt: skip
        """A track that is `late_s` late and `aside_m` to the right (south) of the plan, `after_s` into it."""
        east, north = SPEED * (after_s - late_s) - 36_000.0, -aside_m
        turn = np.radians(course)
        one = hand(
            1, *place(east, north), speed * np.sin(turn), speed * np.cos(turn), height_m=height_m, sigma_m=sigma_m
        )
        tracks = tracks_at(T0 + after_s, [one])
        return PLANS[routed].look(tracks, *FRAME.to_plane(tracks.lon, tracks.lat))

    return at


def ratio(fit: PlanFit) -> float:
    return float(fit.log_ratio[0])


@pytest.mark.parametrize("routed", [True, False])
def test_flying_as_declared_speaks_for_the_flight(look: Look, routed: bool) -> None:
    fit = look(routed=routed)
    assert ratio(fit) > 1.5
    assert fit.inside[0]


def test_a_route_tells_how_far_aside_and_how_late(look: Look) -> None:
    fit = look(aside_m=300.0, late_s=45.0)
    assert fit.cross_m[0] == pytest.approx(300.0, abs=10.0)
    assert fit.late_s[0] == pytest.approx(45.0, abs=1.0)
    assert look(aside_m=-300.0).cross_m[0] == pytest.approx(-300.0, abs=10.0)
    early = look(late_s=-45.0)
    assert early.late_s[0] == pytest.approx(-45.0, abs=1.0)


def test_without_a_route_there_is_none_to_be_beside(look: Look) -> None:
    fit = look(routed=False)
    assert np.isnan(fit.cross_m[0])
    assert np.isnan(fit.late_s[0])


@pytest.mark.parametrize(
    "worse",
    [
        {"aside_m": 1500.0},
        {"aside_m": 8000.0},
        {"late_s": 500.0},
        {"late_s": -400.0},
        {"course": 180.0},
        {"course": 270.0},
        {"speed": 110.0},
        {"height_m": 6500.0},
    ],
)
def test_whatever_does_not_fit_speaks_less_for_it(look: Look, worse: dict[str, float]) -> None:
    assert ratio(look(**worse)) < ratio(look()) - 1.0


@settings(deadline=None, max_examples=40)
@given(st.floats(0.0, 12_000.0), st.floats(100.0, 5000.0))
def test_further_aside_is_never_better(look: Look, aside_m: float, more_m: float) -> None:
    assert ratio(look(aside_m=aside_m + more_m)) <= ratio(look(aside_m=aside_m)) + 1e-6


@settings(deadline=None, max_examples=60)
@given(
    st.floats(-900, 2100), st.floats(-60_000, 60_000), st.floats(-2000, 2000), st.floats(0, 300), st.floats(0, 360),
    st.none() | st.floats(-100, 15_000), st.booleans(), st.floats(1, 5000),
)  # fmt: skip
def test_a_look_is_always_a_finite_number(
    look: Look, after_s: float, aside_m: float, late_s: float, speed: float, course: float, height: float | None,
    routed: bool, sigma_m: float,
) -> None:  # fmt: skip
    fit = look(
        after_s, aside_m, late_s, routed=routed, speed=speed, course=course, sigma_m=sigma_m,
        height_m=np.nan if height is None else height,
    )  # fmt: skip
    assert np.isfinite(fit.log_ratio).all()


def test_five_minutes_late_is_still_its_own_flight_more_than_a_stranger(look: Look) -> None:
    """Late, early and diverted aircraft must not count as proof against themselves."""
    for fit in (look(late_s=300.0), look(late_s=-240.0), look(aside_m=3500.0)):
        assert ratio(fit) > -6.0


def test_a_vague_track_is_vague_evidence(look: Look) -> None:
    """Nobody who is known to 3 km only speaks loudly, for or against."""
    assert ratio(look(sigma_m=3000.0)) < ratio(look()) - 0.5
    assert ratio(look(aside_m=5000.0, sigma_m=3000.0)) > ratio(look(aside_m=5000.0)) - 1e-9


def test_without_a_height_nothing_is_held_against_it(look: Look) -> None:
    right, wrong, absent = look(), look(height_m=9000.0), look(height_m=np.nan)
    assert ratio(wrong) < ratio(absent) <= ratio(right)
    assert absent.inside[0]
    assert not wrong.inside[0]


def test_inside_is_bound_to_its_time_and_its_outline(look: Look) -> None:
    assert not look(aside_m=2600.0).inside[0]
    assert look(aside_m=1900.0).inside[0]
    assert not look(after_s=-600.0, late_s=-1200.0).inside[0]


def test_rows_do_not_touch_each_other(hand: Any, tracks_at: Any) -> None:
    rng = np.random.default_rng(1)
    hands = [
        hand(n, *place(*rng.uniform(-20_000, 20_000, 2)), *rng.uniform(-80, 80, 2), height_m=rng.uniform(0, 6000))
        for n in range(12)
    ]
    for plan in PLANS.values():
        tracks = tracks_at(T0 + 600, hands)
        together = plan.look(tracks, *FRAME.to_plane(tracks.lon, tracks.lat))
        for row, one in enumerate(hands):
            alone_table = tracks_at(T0 + 600, [one])
            alone = plan.look(alone_table, *FRAME.to_plane(alone_table.lon, alone_table.lat))
            assert alone.log_ratio[0] == pytest.approx(together.log_ratio[row], abs=1e-9)
            assert alone.inside[0] == together.inside[row]


def test_no_tracks_no_fit(tracks_at: Any) -> None:
    tracks = tracks_at(T0 + 600, [])
    for plan in PLANS.values():
        assert len(plan.look(tracks, tracks.lon, tracks.lat).log_ratio) == 0
