"""How far outside: across, up and down, in time; and by how much of a track's own doubt."""

import math

import pyproj
import pytest

from safeconduct.kernels.outside import DeclaredAir, Off
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.flight import Flight
from safeconduct.model.volume import Volume4D

GEOD = pyproj.Geod(ellps="WGS84")
T0 = 1.7e9
WEST = ((13.0, 32.0), (13.1, 32.0), (13.1, 32.1), (13.0, 32.1))
EAST = ((13.1, 32.0), (13.2, 32.0), (13.2, 32.1), (13.1, 32.1))


def volume(outline: tuple[tuple[float, float], ...], start: float, end: float) -> Volume4D:
    return Volume4D(outline=outline, lower_m=1000.0, upper_m=2000.0, start=T0 + start, end=T0 + end)


FIRST, SECOND = volume(WEST, 0.0, 600.0), volume(EAST, 500.0, 1200.0)
"""Handed over from west to east; both are in force for 100 s."""


def air(*volumes: Volume4D) -> DeclaredAir:
    return DeclaredAir(Flight(id="F", party="p", aircraft=Aircraft(type="male_uav"), volumes=volumes))


HANDED_OVER = air(FIRST, SECOND)


def off(
    time: float, lon: float, lat: float = 32.05, height_m: float | None = 1500.0, sigma_m: float = 20.0
) -> Off | None:
    return HANDED_OVER.off(T0 + time, lon, lat, sigma_m, height_m, None if height_m is None else 10.0)


@pytest.mark.parametrize(("time", "lon"), [(0.0, 13.0), (300.0, 13.05), (550.0, 13.05), (550.0, 13.15), (1200.0, 13.2)])
def test_within_any_volume_in_force_is_within_edges_and_ends_included(time: float, lon: float) -> None:
    assert off(time, lon) is None


def test_across_it_is_the_way_from_the_nearest_place_and_its_direction() -> None:
    beside = off(300.0, 13.0 - 0.01)
    assert beside is not None
    assert beside.outside.away_m == pytest.approx(GEOD.inv(12.99, 32.05, 13.0, 32.05)[2], rel=1e-4)
    assert beside.outside.bearing_deg == pytest.approx(270.0, abs=0.1)
    assert (beside.outside.above_m, beside.outside.late_s, beside.beside) == (0.0, None, True)
    assert beside.sigmas == pytest.approx(beside.outside.away_m / 20.0)


@pytest.mark.parametrize(("height_m", "above_m"), [(2300.0, 300.0), (940.0, -60.0)])
def test_up_and_down_it_is_the_height_beyond(height_m: float, above_m: float) -> None:
    high = off(300.0, 13.05, height_m=height_m)
    assert high is not None
    assert (high.outside.away_m, high.outside.bearing_deg) == (0.0, None)
    assert high.outside.above_m == pytest.approx(above_m)
    assert high.sigmas == pytest.approx(abs(above_m) / 10.0)


def test_a_height_that_is_not_known_is_outside_of_nothing() -> None:
    assert off(300.0, 13.05, height_m=None) is None


@pytest.mark.parametrize(
    ("time", "lon", "late_s"),
    [(-40.0, 13.05, -40.0), (1230.0, 13.15, 30.0), (630.0, 13.05, 30.0), (450.0, 13.15, -50.0)],
)
def test_in_its_air_at_another_time_it_is_late_or_early(time: float, lon: float, late_s: float) -> None:
    found = off(time, lon)
    assert found is not None
    assert found.outside.late_s == pytest.approx(late_s)
    assert not found.beside


def test_no_doubt_of_the_place_makes_the_time_another() -> None:
    early = off(-40.0, 13.05, sigma_m=1e5)
    assert early is not None
    assert early.sigmas == math.inf


def test_late_for_a_volume_it_is_also_so_far_from_the_one_in_force() -> None:
    late = off(700.0, 13.05)
    assert late is not None
    assert late.outside.away_m == pytest.approx(GEOD.inv(13.05, 32.05, 13.1, 32.05)[2], rel=1e-4)
    assert late.outside.late_s == pytest.approx(100.0)


def test_neither_the_place_nor_the_time() -> None:
    found = off(1230.0, 13.25)
    assert found is not None
    assert found.outside.late_s == pytest.approx(30.0)
    assert found.outside.away_m == pytest.approx(GEOD.inv(13.2, 32.05, 13.25, 32.05)[2], rel=1e-4)
    assert found.beside


def test_the_volume_that_the_track_may_be_in_is_the_one_that_counts() -> None:
    """100 m over the roof with a height known to 10 m, or 100 m beside the wall with a place known to 200 m."""
    high = Volume4D(outline=WEST, lower_m=1000.0, upper_m=1400.0, start=T0, end=T0 + 600.0)
    found = air(high, SECOND).off(T0 + 550.0, 13.099, 32.05, 200.0, 1500.0, 10.0)
    assert found is not None
    assert found.outside.above_m == 0.0
    assert found.sigmas < 1.0


def test_a_place_known_to_the_millimetre_divides_by_nothing() -> None:
    found = off(300.0, 12.99, sigma_m=0.0)
    assert found is not None
    assert found.sigmas > 1e5


def test_over_the_antimeridian_it_is_as_near_as_it_is() -> None:
    ring = ((179.9, 10.0), (180.0, 10.0), (180.0, 10.1), (179.9, 10.1))
    there = air(Volume4D(outline=ring, lower_m=0.0, upper_m=9000.0, start=T0, end=T0 + 60.0))
    found = there.off(T0 + 90.0, -179.99999, 10.05, 50.0)
    assert found is not None
    assert not found.beside, "one metre beside its air, with a place known to 50"
    found = there.off(T0 + 30.0, -179.99, 10.05, 50.0)
    assert found is not None
    assert found.outside.away_m == pytest.approx(GEOD.inv(180.0, 10.05, -179.99, 10.05)[2], rel=1e-3)
