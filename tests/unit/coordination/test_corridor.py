"""Declared corridors hold their route with the margins given, measured in metres on the ellipsoid."""

from itertools import pairwise

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from safeconduct.coordination.corridor import SEGMENT_S, corridor
from safeconduct.errors import ModelError
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.flight import RoutePoint
from safeconduct.model.volume import Volume4D

GEOD = pyproj.Geod(ellps="WGS84")
Route = tuple[RoutePoint, ...]


@st.composite
def routes(draw: st.DrawFn) -> Route:
    """Legs of 30 to 400 s at up to 250 m/s, turning as they like, somewhere between the polar circles."""
    lon, lat, time, alt = draw(st.floats(-170, 170)), draw(st.floats(-60, 60)), 1.7e9, 500.0
    course, speed = draw(st.floats(0, 360)), draw(st.floats(0, 250))
    points = [RoutePoint(lon, lat, alt, time)]
    for _ in range(draw(st.integers(1, 8))):
        lasts = draw(st.floats(30, 400))
        lon, lat, _ = GEOD.fwd(lon, lat, course, speed * lasts)
        alt, time = max(alt + draw(st.floats(-8, 8)) * lasts, 0.0), time + lasts
        course += draw(st.floats(-120, 120))
        points.append(RoutePoint(float(lon), float(lat), alt, time))
    return tuple(points)


def declared(route: Route, half_width_m: float = 2000.0, early_s: float = 120.0) -> tuple[Volume4D, ...]:
    frame = SectorFrame(route[0].lon, route[0].lat)
    return corridor(route, half_width_m=half_width_m, vertical_m=300.0, early_s=early_s, late_s=300.0, frame=frame)


def metres_inside(volume: Volume4D, lon: float, lat: float) -> float:
    """How far inside the outline's edges (straight in degrees) a place is, metres; negative outside."""
    scale = np.array([np.cos(np.radians(lat)) * 111_320.0, 111_132.0])
    edge = shapely.segmentize(volume.polygon.exterior, 0.01)
    near = shapely.get_coordinates(edge)
    rough = np.hypot(*((near - (lon, lat)) * scale).T)
    close = np.argsort(rough)[:2]
    spot = shapely.get_coordinates(
        shapely.line_interpolate_point(edge, shapely.line_locate_point(edge, shapely.Point(lon, lat)))
    )
    nearest = np.vstack([near[close], spot])
    count = len(nearest)
    _, _, distance = GEOD.inv(np.full(count, lon), np.full(count, lat), nearest[:, 0], nearest[:, 1])
    return float(np.min(distance)) * (1 if shapely.contains_xy(volume.polygon, lon, lat) else -1)


@settings(deadline=None, max_examples=60)
@given(routes(), st.floats(50.0, 5000.0))
def test_every_point_has_its_margins_in_a_volume_active_then(route: Route, half_width_m: float) -> None:
    volumes = declared(route, half_width_m)
    for point in route:
        holding = [
            metres_inside(volume, point.lon, point.lat)
            for volume in volumes
            if volume.start <= point.time - 120.0
            and volume.end >= point.time + 300.0
            and volume.lower_m <= point.alt_m - 300.0
            and volume.upper_m >= point.alt_m + 300.0
        ]
        assert max(holding) >= half_width_m


@settings(deadline=None, max_examples=40)
@given(routes(), st.floats(0, 1))
def test_between_its_points_too_the_route_is_inside(route: Route, share: float) -> None:
    """Straight legs in the frame about the start; the margin covers the difference to geodesics."""
    volumes = declared(route)
    for a, b in pairwise(route):
        time = a.time + share * (b.time - a.time)
        alt = a.alt_m + share * (b.alt_m - a.alt_m)
        forward, _, distance = GEOD.inv(a.lon, a.lat, b.lon, b.lat)
        lon, lat, _ = GEOD.fwd(a.lon, a.lat, forward, share * distance)
        assert any(
            volume.active(time)
            and volume.lower_m <= alt <= volume.upper_m
            and shapely.contains_xy(volume.polygon, lon, lat)
            for volume in volumes
        )


@settings(deadline=None, max_examples=40)
@given(routes())
def test_volumes_overlap_in_time_and_are_no_longer_than_they_need(route: Route) -> None:
    volumes = declared(route)
    assert volumes[0].start == route[0].time - 120.0
    assert volumes[-1].end == route[-1].time + 300.0
    for before, after in pairwise(volumes):
        assert before.end - after.start == pytest.approx(420.0)
        assert after.end - after.start - 420.0 >= SEGMENT_S


def test_a_corridor_is_not_much_wider_than_asked() -> None:
    route = tuple(RoutePoint(13.0 + 0.1 * k, 32.0, 1000.0, 1.7e9 + 100 * k) for k in range(3))
    (volume,) = declared(route)
    area_m2 = abs(GEOD.geometry_area_perimeter(volume.polygon)[0])
    length = GEOD.line_length([13.0, 13.2], [32.0, 32.0])
    assert 1.0 < area_m2 / (length * 4000.0 + np.pi * 2000.0**2) < 1.08


def test_a_hovering_aircraft_has_a_volume_too() -> None:
    route = (RoutePoint(13.0, 32.0, 100.0, 0.0), RoutePoint(13.0, 32.0, 100.0, 60.0))
    (volume,) = declared(route, half_width_m=50.0)
    assert metres_inside(volume, 13.0, 32.0) >= 50.0
    assert (volume.lower_m, volume.upper_m) == (-200.0, 400.0)


@pytest.mark.parametrize("count", [0, 1])
def test_a_point_is_no_route(count: int) -> None:
    route = (RoutePoint(13.0, 32.0, 100.0, 0.0),) * count
    with pytest.raises(ModelError) as caught:
        corridor(
            route, half_width_m=100, vertical_m=100, early_s=0, late_s=0, frame=SectorFrame(13.0, 32.0)
        )  # fmt: skip
    assert caught.value.reason == "bad-route"
