"""What is said of a lost track, against aircraft that fly on as they like and bodies that fall."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely

from safeconduct.kernels.fall import land
from safeconduct.model.track import TrackStatus, TrackTable
from safeconduct.picture.last_contact import BODIES, after_contact, fallen, reachable

WGS84 = pyproj.Geod(ellps="WGS84")
TracksAt = Callable[[float, Sequence[Any]], TrackTable]


@pytest.fixture
def lost(hand: Any, tracks_at: TracksAt) -> Callable[..., TrackTable]:
    def made(**changes: Any) -> TrackTable:
        up = changes.pop("up", math.nan)
        one = hand(number=5, lon=13.3, lat=32.6, status=TrackStatus.LOST, **changes)
        table = tracks_at(1000.0, [one])
        table.velocity[:, 2] = up
        return table

    return made


def metres(lon: float, lat: float) -> tuple[float, float]:
    """East and north of the last contact."""
    azimuth, _, away = WGS84.inv(13.3, 32.6, lon, lat)
    return away * math.sin(math.radians(azimuth)), away * math.cos(math.radians(azimuth))


def area(table: TrackTable, time: float, probability: float = 0.95) -> shapely.Polygon:
    return shapely.Polygon([metres(*corner) for corner in reachable(table, 0, time, probability).outline])


def test_at_the_last_contact_the_area_is_the_error_of_the_place(lost: Callable[..., TrackTable]) -> None:
    shape = area(lost(east_mps=30.0, sigma_m=20.0), 1000.0)
    radius = 20.0 * math.sqrt(-2.0 * math.log(0.025))
    assert shape.area == pytest.approx(math.pi * radius**2, rel=5e-3)
    assert area(lost(east_mps=30.0, sigma_m=20.0), 900.0).area == pytest.approx(shape.area, rel=1e-6)


@pytest.mark.parametrize("speed", [0.0, 12.0, 60.0, 230.0])
def test_the_area_grows_around_the_earlier_ones_and_with_the_probability(
    lost: Callable[..., TrackTable], speed: float
) -> None:
    table = lost(east_mps=speed)
    shapes = [area(table, 1000.0 + t) for t in (0.0, 5.0, 20.0, 60.0, 300.0)]
    for before, after in pairwise(shapes):
        assert after.buffer(1.0).contains(before)
        assert after.area > 1.05 * before.area
    assert area(table, 1020.0, 0.99).buffer(1.0).contains(area(table, 1020.0, 0.5))
    for shape in shapes:
        assert shape.contains(shapely.Point(speed * 0.0, 0.0))


@pytest.mark.parametrize(("speed", "sigma"), [(0.0, 2.0), (15.0, 2.0), (70.0, 5.0), (220.0, 10.0)])
@pytest.mark.parametrize("span", [4.0, 30.0, 120.0])
def test_aircraft_that_fly_as_they_like_are_within(
    lost: Callable[..., TrackTable], speed: float, sigma: float, span: float
) -> None:
    table = replace(lost(north_mps=speed, sigma_m=50.0), sigma_velocity_mps=np.array([sigma]))
    shape = area(table, 1000.0 + span)
    rng, inside, runs = np.random.default_rng(3), 0, 400
    for _ in range(runs):
        place, velocity = rng.normal(0.0, 50.0, 2), np.array([0.0, speed]) + rng.normal(0.0, sigma, 2)
        pace, course = math.hypot(*velocity), math.atan2(velocity[0], velocity[1])
        gains, bank = rng.uniform(-2.5, 1.0, 8), math.tan(math.radians(45.0))
        turns, dt = rng.choice([-1.0, -1.0, 0.0, 1.0, 1.0], 8), span / 200.0
        for k in range(200):
            pace = min(max(pace + gains[k // 25] * dt, 0.0), max(1.2 * speed, speed + 15.0))
            course += turns[k // 25] * min(math.radians(60.0), 9.81 * bank / max(pace, 1.0)) * dt
            place = place + pace * dt * np.array([math.sin(course), math.cos(course)])
        inside += bool(shape.contains(shapely.Point(*place)))
    assert inside >= 0.95 * runs


def test_straight_on_and_a_turn_back_are_within_and_what_nothing_flies_is_not(lost: Callable[..., TrackTable]) -> None:
    table = lost(east_mps=200.0)
    soon = area(table, 1005.0)
    assert soon.contains(shapely.Point(1000.0, 0.0))
    assert not soon.contains(shapely.Point(-500.0, 0.0)), "nobody turns about at 200 m/s in five seconds"
    later = area(table, 1120.0)
    assert later.contains(shapely.Point(-8e3, 0.0))
    assert not later.contains(shapely.Point(45e3, 0.0))
    assert abs(soon.centroid.y) < 2.0, "left and right alike"
    hovering = area(lost(), 1060.0)
    assert hovering.contains(shapely.Point(0.0, 900.0))
    assert math.hypot(hovering.centroid.x, hovering.centroid.y) < 5.0


def test_falls_lie_ahead_and_the_heavier_the_farther(lost: Callable[..., TrackTable]) -> None:
    falls = fallen(lost(north_mps=25.0, height_m=400.0, up=0.0), 0)
    assert [fall.body for fall in falls] == [body.name for body in BODIES]
    places = [metres(fall.lon, fall.lat) for fall in falls]
    assert all(abs(east) < 1.0 for east, _ in places)
    norths = [north for _, north in places]
    assert norths == sorted(norths)
    assert 20.0 < norths[0] < norths[-1] < 25.0 * (math.sqrt(2.0 * 400.0 / 9.80665) + 1.5)
    for fall in falls:
        ee, en, nn = fall.covariance
        assert ee > 400.0
        assert nn > 400.0
        assert ee * nn > en * en
        assert abs(en) < 0.05 * math.sqrt(ee * nn), "symmetric about the course"
    assert falls[0].glide_m == 0.0
    assert falls[2].glide_m > 400.0 * BODIES[2].glide_ratio


def test_which_bodies_fall_goes_by_speed_and_none_without_a_height(lost: Callable[..., TrackTable]) -> None:
    assert [fall.body for fall in fallen(lost(east_mps=230.0, height_m=10e3), 0)] == ["aeroplane"]
    assert fallen(lost(east_mps=20.0), 0) == ()


def test_the_covariance_of_a_fall_is_that_of_many_falls(lost: Callable[..., TrackTable]) -> None:
    table, body = lost(east_mps=45.0, height_m=3000.0, up=0.0), BODIES[2]
    (fall,) = fallen(table, 0, ground_m=500.0, sigma_ground_m=100.0, bodies=[body])
    rng, n = np.random.default_rng(5), 20_000
    starts = np.zeros((n, 9))
    starts[:, :2] = rng.normal(0.0, 20.0, (n, 2))
    starts[:, 2] = rng.normal(3000.0, math.hypot(30.0, 100.0), n)
    starts[:, 3:6] = rng.normal((45.0, 0.0, 0.0), (1.0, 1.0, 3.0), (n, 3))
    low, usual, high = np.log(body.ballistic)
    starts[:, 6] = np.exp(rng.normal(usual, (high - low) / 4.0, n))
    starts[:, 7:] = rng.normal(0.0, 6.0 + 2.5, (n, 2))
    ends = land(starts, 500.0)
    many = np.cov(ends[:, :2].T)
    east, north = metres(fall.lon, fall.lat)
    assert (east, north) == pytest.approx(tuple(ends[:, :2].mean(axis=0)), rel=0.06, abs=15.0)
    assert fall.covariance[0] == pytest.approx(many[0, 0], rel=0.2)
    assert fall.covariance[2] == pytest.approx(many[1, 1], rel=0.2)
    assert fall.fall_s == pytest.approx(ends[:, 2].mean(), rel=0.05)


def test_the_ground_may_be_high_and_is_never_above_the_aircraft(lost: Callable[..., TrackTable]) -> None:
    table = lost(east_mps=30.0, height_m=1500.0)
    low, high = fallen(table, 0), fallen(table, 0, ground_m=1300.0, sigma_ground_m=50.0)
    assert all(a.fall_s > b.fall_s for a, b in zip(low, high, strict=True))
    on_it = fallen(table, 0, ground_m=1600.0, sigma_ground_m=1.0)
    assert all(fall.fall_s < 3.0 for fall in on_it)


def test_all_of_it_for_one_lost_track(lost: Callable[..., TrackTable]) -> None:
    table = lost(east_mps=30.0, height_m=400.0)
    said = after_contact(table, 0, 1030.0)
    assert (said.number, said.time, said.lon, said.lat, said.height_m) == (5, 1000.0, 13.3, 32.6, 400.0)
    assert said.velocity == (30.0, 0.0, None)
    assert said.reach == reachable(table, 0, 1030.0)
    assert said.falls == fallen(table, 0)
    assert after_contact(lost(), 0, 1030.0).height_m is None
