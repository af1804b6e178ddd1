"""When flights without a route are in their volumes, and the way that is read from these."""

import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.layouts import flyer, laid_out, seen_by, volumes_of
from tests.support.sky import EARLY_S, FRAME, HEIGHT, LATE_S, T0, WEST_M, flight, place

from safeconduct.kernels.arrays import Floats
from safeconduct.model.flight import Flight
from safeconduct.model.volume import Volume4D
from safeconduct.picture.layout import SPREAD_S

# How long parties pad their volumes.


def starts_of(one: Flight) -> Floats:
    return np.array([volume.start for volume in one.volumes])


def test_when_volumes_are_flown_is_learned_from_flights_of_the_same_party_with_a_route() -> None:
    hidden = flight("F", routed=False)
    other = flight("O", 9000.0, padding_s=(20.0, 900.0), party="gna")
    layout = laid_out(hidden, flight("G", 5000.0), flight("O2", 12_000.0, party="gna", padding_s=(20.0, 900.0)), other)
    known = volumes_of(layout, "F")
    assert known["enters"] == pytest.approx(T0 + np.arange(0, 1200, 300.0), abs=1.0)
    assert known["leaves"] == pytest.approx(T0 + np.arange(300, 1201, 300.0), abs=1.0)
    assert hidden.start == T0 - EARLY_S
    assert hidden.end == T0 + 1200 + LATE_S


def test_other_parties_habits_count_where_a_party_shows_none() -> None:
    """How they share out the time before and after; how much there is of it tells the flight itself."""
    hidden = flight("F", routed=False)
    alike = volumes_of(laid_out(hidden, flight("O", 9000.0, party="gna")), "F")
    assert alike["enters"] == pytest.approx(starts_of(hidden) + EARLY_S, abs=1.0)
    assert alike["leaves"] == pytest.approx([one.end - LATE_S for one in hidden.volumes], abs=1.0)
    unlike = volumes_of(laid_out(hidden, flight("O", 9000.0, party="gna", padding_s=(50.0, 800.0))), "F")
    assert unlike["enters"] == pytest.approx(starts_of(hidden) + 50.0, abs=1.0)
    most = volumes_of(laid_out(hidden, flight("O", 9000.0, party="gna", padding_s=(1000.0, 20.0))), "F")
    assert most["enters"] == pytest.approx(starts_of(hidden) + EARLY_S + LATE_S, abs=1.0), "there is no more than that"


def test_its_own_habit_stands_against_the_others() -> None:
    hidden, own = flight("F", routed=False), flight("G", 5000.0)
    others = [flight(f"O{n}", 9000.0 * n, party=f"p{n}", padding_s=(10.0 * n, 800.0)) for n in (1, 2, 3)]
    alone, beside = (volumes_of(laid_out(hidden, *known), "F") for known in ((own,), (own, *others)))
    for name in ("enters", "leaves", "spread"):
        assert beside[name].tolist() == alone[name].tolist()


def test_others_that_disagree_tell_less() -> None:
    hidden = flight("F", routed=False)
    spreads, enters = [], []
    for off in (0.0, 40.0, 200.0):
        others = [flight(f"O{n}", 9000.0 * n, party=f"p{n}", padding_s=(200.0 + off * (n - 2), 300.0)) for n in (1, 3)]
        known = volumes_of(laid_out(hidden, *others), "F")
        spreads.append(float(known["spread"][0]))
        enters.append(float(known["enters"][0]))
    assert spreads[0] < spreads[1] < spreads[2]
    assert spreads[:2] == pytest.approx([SPREAD_S, math.hypot(SPREAD_S, 40.0)]), "the middle half of them"
    assert spreads[2] == pytest.approx(math.hypot(SPREAD_S, (EARLY_S + LATE_S) / 4.0)), "as if there were none"
    assert enters == pytest.approx([hidden.start + 200.0] * 3, abs=1.0), "their median"


@pytest.mark.parametrize("odd_s", [0.0, 400.0, 5000.0])
def test_one_of_several_that_declares_something_else_changes_nothing(odd_s: float) -> None:
    hidden = flight("F", routed=False)
    paddings = [200.0] * 4 + [odd_s]
    others = [flight(f"O{n}", 9000.0 * n, party=f"p{n}", padding_s=(one, 300.0)) for n, one in enumerate(paddings)]
    known = volumes_of(laid_out(hidden, *others), "F")
    assert known["spread"] == pytest.approx(SPREAD_S)
    assert known["enters"][0] == pytest.approx(hidden.start + 200.0, abs=1.0)


def test_without_any_the_time_in_both_is_shared_out_and_known_less_well() -> None:
    hidden = flight("F", routed=False)
    alone, told = (volumes_of(laid_out(hidden, *others), "F") for others in ((), (flight("G", 5000.0),)))
    middle = (alone["ends"][:-1] + alone["starts"][1:]) / 2.0
    assert alone["enters"][1:] == pytest.approx(middle, abs=1.0)
    assert alone["leaves"][:-1] == pytest.approx(middle, abs=1.0)
    assert np.all(alone["spread"] > told["spread"])


def test_learning_the_padding_tells_how_late_one_without_a_route_is() -> None:
    hidden = flight("F", routed=False)
    alone = seen_by(laid_out(hidden), 0, 600.0, flyer(late_s=30.0))
    told = seen_by(laid_out(hidden, flight("G", 5000.0)), 0, 600.0, flyer(late_s=30.0))
    assert told["lag"] == pytest.approx(30.0, abs=5.0)
    assert abs(alone["lag"] - 30.0) > abs(told["lag"] - 30.0)
    assert told["kept"] > alone["kept"]
    assert math.isnan(told["late"]), "nobody declared a time for a place"


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.floats(0, 600), st.floats(0, 900)), max_size=3),
    st.tuples(st.floats(0, 600), st.floats(0, 900)),
)
def test_a_volume_is_flown_while_it_is_active(
    habits: list[tuple[float, float]], padding_s: tuple[float, float]
) -> None:
    """Whatever the party does with its other flights; and all of it, where it does with all of them alike."""
    others = [flight(f"G{n}", 5000.0 * n, padding_s=one) for n, one in enumerate(habits)]
    known = volumes_of(laid_out(flight("F", routed=False, padding_s=padding_s), *others), "F")
    assert np.all((known["starts"] <= known["enters"]) & (known["enters"] <= known["ends"]))
    assert np.all(known["leaves"] >= known["starts"])
    assert np.all(known["spread"] > 0.0)
    alike = laid_out(flight("F", routed=False, padding_s=padding_s), flight("G", 5000.0, padding_s=padding_s))
    known = volumes_of(alike, "F")
    assert known["enters"] == pytest.approx(T0 + np.arange(0, 1200, 300.0), abs=1.0)
    assert known["leaves"] == pytest.approx(T0 + np.arange(300, 1201, 300.0), abs=1.0)


# What the way through volumes is read from.


@pytest.mark.parametrize("bend_m", [0.0, 24_000.0, -24_000.0])
def test_a_way_is_read_from_volumes(bend_m: float) -> None:
    """It covers all of the true one, keeps near it in place and time, and points ahead."""
    layout = laid_out(flight("F", routed=False, bend_m=bend_m), flight("G", 5000.0))
    plan = layout.plans[0]
    legs = layout.legs[plan["first_leg"] : plan["last_leg"]]
    assert not plan["routed"]
    assert len(legs) >= len(flight().volumes)
    starts, lasts = (
        np.column_stack([legs["x"], legs["y"]]),
        legs["length"] * np.stack([legs["ahead_x"], legs["ahead_y"]]),
    )
    ends = starts + lasts.T
    assert starts[1:] == pytest.approx(ends[:-1], abs=1.0)
    assert legs["starts"][1:] == pytest.approx((legs["starts"] + legs["lasts"])[:-1], abs=0.1)
    assert np.all(legs["lasts"] > 0.0)
    true = shapely.LineString(
        [(-WEST_M, 0.0), (0.0, 0.0), (WEST_M, bend_m)],
    )
    read = shapely.LineString([starts[0], *ends])
    assert shapely.hausdorff_distance(shapely.segmentize(read, 500.0), true) < 250.0
    places = shapely.points(np.array([*starts, ends[-1]]))
    assert np.all(shapely.distance(places, true) < 200.0)
    along = shapely.line_locate_point(true, places)
    assert np.all(np.diff(along) > 0.0)
    when = T0 + 1200.0 * np.where(along < WEST_M, along / WEST_M, 1.0 + (along - WEST_M) / (true.length - WEST_M)) / 2.0
    assert np.abs([*legs["starts"], legs["starts"][-1] + legs["lasts"][-1]] - when).max() < 20.0


# Outlines that cross themselves in the plane.


def notched(west_m: float, east_m: float, start: float) -> Volume4D:
    """A notch from the north comes within a decimetre of the southern edge, in degrees; the plane bends that edge
    further than this, to the north of the notch's tip."""
    (west, south), (east, _) = place(west_m, -4000.0), place(east_m, -4000.0)
    north = place(0.0, 4000.0)[1]
    tip = ((west + east) / 2.0, south + 1e-6)
    outline = ((west, south), (east, south), (east, north), tip, (west, north))
    ring = np.column_stack(FRAME.to_plane(*np.array(outline).T))
    assert not shapely.Polygon(ring).is_valid
    return Volume4D(outline=outline, lower_m=HEIGHT - 300.0, upper_m=HEIGHT + 300.0, start=start, end=start + 700.0)


@pytest.mark.parametrize("routed", [True, False])
def test_an_outline_that_crosses_itself_in_the_plane_by_a_hair_is_laid_out_like_any_other(routed: bool) -> None:
    volumes = (notched(-WEST_M, 0.0, T0), notched(0.0, WEST_M, T0 + 600.0))
    layout = laid_out(replace(flight("H", routed=routed), volumes=volumes), flight("G", 9000.0))
    assert layout.slot == {"H": 0, "G": 1}
    assert [one.id for one in layout.flights] == ["H", "G"]
    assert np.all(volumes_of(layout, "H")["area"] > 1e8)
    assert math.isfinite(seen_by(layout, 0, 300.0, flyer(300.0))["kept"])
    alone = laid_out(flight("G", 9000.0))
    seen = [seen_by(made, slot, 600.0, flyer(aside_m=-9000.0))["kept"] for made, slot in ((layout, 1), (alone, 0))]
    assert seen[0] == pytest.approx(seen[1])


def test_a_flight_that_cannot_be_laid_out_takes_no_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    layout = laid_out(flight("A"))
    with monkeypatch.context() as broken:
        broken.setattr("safeconduct.picture.plan.Part", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            layout.put(flight("B", 5000.0))
    assert layout.put(flight("C", 9000.0)) == 1
    assert layout.slot == {"A": 0, "C": 1}
    assert layout.active(T0).tolist() == [0, 1]
