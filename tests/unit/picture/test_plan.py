"""Declared plans as kernels read them, and one look at one aircraft against one of them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.layouts import flyer, laid_out, seen_by, volumes_of
from tests.support.sky import HEIGHT, SPEED, T0, WEST_M, flight

from safeconduct.kernels import plans
from safeconduct.model.aircraft import Aircraft
from safeconduct.picture.identification import IdentificationSettings
from safeconduct.picture.plan_model import PlanModel

DEFAULTS = IdentificationSettings()
STRANGERS = math.log(DEFAULTS.least_others / DEFAULTS.least_area_km2)
"""The log of how many others there are a square kilometre, with which a look's densities compare."""


PLANS = {routed: laid_out(flight(routed=routed)) for routed in (True, False)}
Look = Callable[..., Any]


@pytest.fixture(scope="module")
def look() -> Look:
    def at(after_s: float = 600.0, *where: float, routed: bool = True, **how: float) -> Any:
        return seen_by(PLANS[routed], 0, after_s, flyer(after_s, *where, **how))

    return at


@pytest.mark.parametrize("routed", [True, False])
def test_flying_as_declared_speaks_for_the_flight(look: Look, routed: bool) -> None:
    seen = look(routed=routed)
    assert seen["kept"] > STRANGERS + 2.0
    assert seen["kept"] > max(seen["aside"], seen["followed"])
    assert seen["inside"]


def test_a_route_tells_how_far_aside_and_how_late(look: Look) -> None:
    seen = look(aside_m=300.0, late_s=45.0)
    assert seen["cross"] == pytest.approx(300.0, abs=10.0)
    assert seen["late"] == seen["lag"] == pytest.approx(45.0, abs=1.0)
    assert look(aside_m=-300.0)["cross"] == pytest.approx(-300.0, abs=10.0)
    assert look(late_s=-45.0)["late"] == pytest.approx(-45.0, abs=1.0)


@pytest.mark.parametrize("aside_m", [1000.0, 4000.0, 10_000.0])
def test_it_does_so_far_beside_it_too(aside_m: float) -> None:
    """A route that bends, and an aircraft that flies beside its last part."""
    bent = laid_out(flight(bend_m=-36_000.0))
    one, after_s, way = flyer(), 900.0, math.sqrt(0.5)
    along = SPEED * 300.0
    one["x"], one["y"] = along - way * aside_m, -along - way * aside_m
    one["vx"], one["vy"] = SPEED, -SPEED
    seen = seen_by(bent, 0, after_s, one)
    assert seen["cross"] == pytest.approx(aside_m, rel=0.02)
    assert seen["late"] == pytest.approx(0.0, abs=5.0)


def test_without_a_route_there_is_none_to_be_beside(look: Look) -> None:
    seen = look(routed=False)
    assert math.isnan(seen["cross"])
    assert math.isnan(seen["late"])


@pytest.mark.parametrize("routed", [True, False])
@pytest.mark.parametrize(
    "worse",
    [
        {"aside_m": 8000.0},
        {"late_s": 500.0},
        {"late_s": -400.0},
        {"course": 180.0},
        {"course": 270.0},
        {"speed": 110.0},
        {"height_m": 6500.0},
        {"height_m": 200.0},
    ],
)
def test_whatever_does_not_fit_speaks_less_for_it(look: Look, worse: dict[str, float], routed: bool) -> None:
    assert look(routed=routed, **worse)["kept"] < look(routed=routed)["kept"] - 1.0


def test_a_route_is_narrower_than_its_volumes(look: Look) -> None:
    """1,500 m aside is inside the volumes, and not on the route."""
    for routed in (True, False):
        assert look(aside_m=1500.0, routed=routed)["inside"]
    lost = {routed: look(routed=routed)["kept"] - look(aside_m=1500.0, routed=routed)["kept"] for routed in PLANS}
    assert lost[True] > lost[False] + 1.0


@settings(deadline=None, max_examples=40)
@given(st.floats(0.0, 12_000.0), st.floats(100.0, 5000.0), st.booleans())
def test_further_aside_is_never_better(look: Look, aside_m: float, more_m: float, routed: bool) -> None:
    near, far = look(aside_m=aside_m, routed=routed), look(aside_m=aside_m + more_m, routed=routed)
    for name in ("kept", "aside", "followed"):
        assert far[name] <= near[name] + 1e-6
    assert near["inside"] or not far["inside"]


@settings(deadline=None, max_examples=100)
@given(
    st.floats(-900, 2100), st.floats(-60_000, 60_000), st.floats(-2000, 2000), st.floats(0, 300), st.floats(0, 360),
    st.none() | st.floats(-100, 15_000), st.booleans(), st.floats(1, 5000),
)  # fmt: skip
def test_a_look_is_always_finite(
    look: Look, after_s: float, aside_m: float, late_s: float, speed: float, course: float, height: float | None,
    routed: bool, sigma_m: float,
) -> None:  # fmt: skip
    seen = look(
        after_s, aside_m, late_s, routed=routed, speed=speed, course=course, sigma_m=sigma_m,
        height_m=math.nan if height is None else height,
    )  # fmt: skip
    assert all(math.isfinite(seen[name]) for name in ("kept", "aside", "followed", "manner"))
    assert min(seen["kept"], seen["aside"], seen["followed"]) >= plans.FLOOR


@pytest.mark.parametrize("routed", [True, False])
@pytest.mark.parametrize("late_s", [300.0, -240.0])
def test_late_and_early_are_no_proof_against_it(look: Look, late_s: float, routed: bool) -> None:
    """It is still its own flight more than any one stranger."""
    assert look(late_s=late_s, routed=routed)["kept"] > STRANGERS


@pytest.mark.parametrize("routed", [True, False])
def test_nor_is_being_diverted(look: Look, routed: bool) -> None:
    seen = look(aside_m=3500.0, routed=routed)
    assert seen["aside"] > STRANGERS
    assert seen["aside"] > seen["kept"]


@pytest.mark.parametrize("routed", [True, False])
def test_a_vague_track_is_vague_evidence(look: Look, routed: bool) -> None:
    """Nobody who is known to 3 km only speaks loudly, for or against."""
    precise = [look(aside_m=aside_m, routed=routed)["kept"] for aside_m in (0.0, 5000.0)]
    vague = [look(aside_m=aside_m, sigma_m=3000.0, routed=routed)["kept"] for aside_m in (0.0, 5000.0)]
    assert vague[0] < precise[0] - 0.5
    assert vague[1] > precise[1]
    assert look(aside_m=5000.0, sigma_m=3000.0, routed=routed)["inside"], "it may well be"


@pytest.mark.parametrize("routed", [True, False])
def test_without_a_height_nothing_is_held_against_it(look: Look, routed: bool) -> None:
    right, wrong, absent = (look(height_m=height, routed=routed) for height in (HEIGHT, 9000.0, math.nan))
    assert wrong["kept"] < absent["kept"] <= right["kept"]
    assert absent["inside"]
    assert not wrong["inside"]


@pytest.mark.parametrize(
    ("inside", "after_s", "how"),
    [
        (True, 600.0, {"aside_m": 1900.0}),
        (False, 600.0, {"aside_m": 2600.0}),
        (True, 600.0, {"aside_m": 2600.0, "sigma_m": 300.0}),
        (False, 600.0, {"height_m": 3500.0}),
        (False, 600.0, {"height_m": 2500.0}),
        (True, 600.0, {"height_m": HEIGHT + 300.0 + 60.0}),
        (False, -600.0, {"late_s": -1200.0}),
    ],
)
def test_inside_is_where_it_may_be_in_an_active_volume(
    look: Look, inside: bool, after_s: float, how: dict[str, float]
) -> None:
    """Volumes reach 2,000 m to each side, and 300 m up and down; it is known to 20 m over ground and 30 m in height."""
    assert bool(look(after_s, **how)["inside"]) is inside


def test_a_type_that_cannot_fly_so_fast_fits_less() -> None:
    """Where nothing but the type tells how fast it may fly."""
    whole = flight(routed=False)
    kept = [
        seen_by(laid_out(replace(whole, volumes=whole.volumes[1:2], aircraft=Aircraft(type=kind))), 0, 450.0, one)
        for one in (flyer(450.0),)
        for kind in ("male_uav", "a type that nobody knows", "quadcopter")
    ]
    assert kept[2]["kept"] < min(kept[0]["kept"], kept[1]["kept"]) - 1.0


def test_one_volume_alone_tells_no_way() -> None:
    whole = flight(routed=False)
    alone = replace(whole, volumes=whole.volumes[1:2])
    layout = laid_out(alone)
    assert layout.plans[0]["first_leg"] == layout.plans[0]["last_leg"]
    seen = seen_by(layout, 0, 450.0, flyer(450.0))
    assert math.isnan(seen["lag"])
    assert seen["inside"]
    assert seen["kept"] > STRANGERS


# Which flights are looked for, and where.


@pytest.mark.parametrize(("after_s", "many"), [(-1100.0, 0), (-900.0, 1), (2300.0, 1), (2500.0, 0)])
def test_a_flight_is_looked_for_for_some_time_before_and_after(after_s: float, many: int) -> None:
    assert len(laid_out(flight()).active(T0 + after_s)) == many


def test_a_flight_keeps_its_slot_for_good() -> None:
    layout = laid_out(flight("A"), flight("B", 9000.0))
    assert layout.put(replace(flight("A", 30_000.0), version=2)) == 0
    assert layout.put(flight("C")) == 2
    assert layout.active(T0 + 600.0).tolist() == [0, 1, 2]
    assert [(one.id, one.version) for one in layout.flights] == [("A", 2), ("B", 1), ("C", 1)]
    plan, volumes = layout.plans[0], volumes_of(layout, "A")
    assert layout.legs[plan["first_leg"] : plan["last_leg"]]["y"] == pytest.approx(30_000.0, abs=1.0)
    assert volumes["south"].min() > 20_000.0
    assert volumes_of(layout, "B")["north"].max() < 20_000.0


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5)), max_size=12),
    st.lists(st.floats(-1e5, 1e5), min_size=1, max_size=6),
    st.floats(1.0, 60.0),
    st.floats(-800.0, 2200.0),
)
def test_near_is_every_flyer_near_where_the_flight_may_be_and_none_far_away(
    places: list[tuple[float, float]], norths: Sequence[float], wider: float, after_s: float
) -> None:
    layout, usual = laid_out(*(flight(f"F{n}", north) for n, north in enumerate(norths))), PlanModel()
    flyers = np.zeros(len(places), plans.FLYER)
    flyers["x"], flyers["y"] = np.array(places).reshape(-1, 2).T * wider
    active = layout.active(T0 + after_s)[::2]
    rows, slots = layout.near(flyers, active, T0 + after_s)
    found = list(zip(rows.tolist(), slots.tolist(), strict=True))
    assert found == sorted(set(found))
    planned = np.clip(after_s + np.array([-1.0, 1.0]) * 0.9 * usual.look_around_s, 0.0, 1200.0) * SPEED - WEST_M
    for row, one in enumerate(flyers):
        for slot in active.tolist():
            along = float(np.clip(one["x"], *planned))
            if math.hypot(one["x"] - along, one["y"] - norths[slot]) < usual.aside_m:
                assert (row, slot) in found
    box = layout.plans
    for row, slot in found:
        assert slot in active
        assert box["west"][slot] <= flyers["x"][row] <= box["east"][slot]
        assert box["south"][slot] <= flyers["y"][row] <= box["north"][slot]


def test_the_box_of_a_plan_reaches_beyond_its_volumes() -> None:
    layout = laid_out(flight())
    volumes, box, beyond = volumes_of(layout, "F"), layout.plans[0], PlanModel().aside_m
    assert box["south"] < volumes["south"].min() - beyond
    assert box["north"] > volumes["north"].max() + beyond
    assert box["west"] < volumes["west"].min() - beyond
    assert box["east"] > volumes["east"].max() + beyond


@pytest.mark.parametrize("routed", [True, False])
def test_where_a_flight_is_expected_is_where_its_plan_has_it(routed: bool) -> None:
    layout = laid_out(flight(routed=routed), flight("G", 40_000.0))
    parts = list(layout.expected(layout.active(T0 + 600.0)[:1], T0 + 600.0))
    assert sum(share for share, _ in parts) == pytest.approx(1.0)
    share, places = max(parts, key=lambda part: part[0])
    assert share > 0.5
    x, y, height = places[0].tolist()
    assert x == pytest.approx(0.0, abs=2500.0 if routed else 12_000.0)
    assert y == pytest.approx(0.0, abs=100.0)
    assert height == pytest.approx(HEIGHT, abs=50.0)


def test_and_before_and_behind_it_as_far_as_flights_are_late() -> None:
    layout, usual = laid_out(flight()), PlanModel().lateness
    parts = list(layout.expected(layout.active(T0 + 600.0)[:1], T0 + 600.0))
    behind_s = {round(600.0 - (places[0, 0] + WEST_M) / SPEED): share for share, places in parts}
    late = {usual.untimely_s + by for by in (-usual.untimely_spread_s, usual.untimely_spread_s)}
    assert behind_s.keys() == {round(by) for by in {usual.in_time_s, *late, *(-by for by in late)}}
    assert behind_s[round(usual.in_time_s)] == pytest.approx(1.0 - usual.untimely)


@pytest.mark.parametrize("routed", [True, False])
def test_nowhere_before_and_after(routed: bool) -> None:
    layout = laid_out(flight(routed=routed))
    for after_s in (-890.0, 2390.0):
        active = layout.active(T0 + after_s)
        assert len(active)
        assert all(np.isnan(places).all() for _, places in layout.expected(active, T0 + after_s))
