"""Crossings against dense sampling of the route, and of the air that volumes and sectors share."""

from dataclasses import replace

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from safeconduct.coordination.crossing import crossing, read_back_error_m
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.flight import Flight, RoutePoint
from safeconduct.model.receipt import ReadBack
from safeconduct.model.sector import Sector
from safeconduct.model.volume import Volume4D

T0 = 1.7e9
GEOD = pyproj.Geod(ellps="WGS84")
SAMPLES = 4000


@st.composite
def sectors(draw: st.DrawFn) -> Sector:
    """A star about a centre near the origin, not convex as a rule."""
    count = draw(st.integers(3, 9))
    at = np.linspace(0, 2 * np.pi, count, endpoint=False)
    far = np.array([draw(st.floats(0.1, 1.0)) for _ in range(count)])
    east, north = draw(st.floats(-0.5, 0.5)), draw(st.floats(-0.5, 0.5))
    ring = tuple(zip((east + far * np.cos(at)).tolist(), (north + far * np.sin(at)).tolist(), strict=True))
    low = draw(st.floats(0, 3000))
    return Sector(id="s", party="p", name="S", centre=(0, 0), outline=ring, lower_m=low, upper_m=low + 2000)


@st.composite
def routes(draw: st.DrawFn) -> tuple[RoutePoint, ...]:
    count = draw(st.integers(1, 6))
    places = [(draw(st.floats(-2, 2)), draw(st.floats(-2, 2)), draw(st.floats(0, 6000))) for _ in range(count)]
    return tuple(RoutePoint(*place, T0 + 300 * n) for n, place in enumerate(places))


def flight(route: tuple[RoutePoint, ...], *rings: tuple[tuple[float, float], ...], low: float = 0.0) -> Flight:
    volumes = tuple(
        Volume4D(outline=ring, lower_m=low, upper_m=low + 1000, start=T0 + 60 * n, end=T0 + 600 + 60 * n)
        for n, ring in enumerate(rings)
    )
    return Flight(id="f", party="p", aircraft=Aircraft(type="t"), volumes=volumes, route=route)


AFAR = ((50.0, 50.0), (51.0, 50.0), (51.0, 51.0))


def sampled(route: tuple[RoutePoint, ...], sector: Sector) -> tuple[np.ndarray, np.ndarray]:
    """Times along the route, and whether it is within the sector then."""
    point = np.array([(p.lon, p.lat, p.alt_m) for p in route]).T
    times = np.array([p.time for p in route])
    dense = np.linspace(times[0], times[-1], SAMPLES)
    lon, lat, alt = (np.interp(dense, times, axis) for axis in point)
    within = shapely.intersects_xy(shapely.Polygon(sector.outline), lon, lat)
    return dense, within & (alt >= sector.lower_m) & (alt <= sector.upper_m)


@settings(max_examples=200)
@given(sectors(), routes())
def test_a_route_enters_and_leaves_where_dense_samples_say(sector: Sector, route: tuple[RoutePoint, ...]) -> None:
    times, within = sampled(route, sector)
    step = (times[-1] - times[0]) / (SAMPLES - 1) + 1e-6
    crosses = crossing(flight(route, AFAR), sector)
    if crosses is None:
        # What is within for one sample and no longer, touches.
        assert not (within[1:] & within[:-1]).any()
        return
    assert crosses.area is None
    assert crosses.exit_time >= crosses.entry_time
    inside = times[within]
    if len(inside):
        assert inside[0] - step <= crosses.entry_time <= inside[0] + 1e-6
        assert inside[-1] - 1e-6 <= crosses.exit_time <= inside[-1] + step
    edge = shapely.Polygon(sector.outline).boundary
    height = np.interp(crosses.entry_time, [p.time for p in route], [p.alt_m for p in route])
    at_edge = shapely.distance(edge, shapely.Point(crosses.entry)) < 1e-9
    at_level = min(abs(height - sector.lower_m), abs(height - sector.upper_m)) < 1e-3
    at_start = crosses.entry_time == route[0].time and crosses.entry == (route[0].lon, route[0].lat)
    assert at_edge or at_level or at_start, "it enters by the edge, the floor or the ceiling, or is there at first"


@given(sectors(), routes(), st.sampled_from([179.5, -179.5]))
def test_a_route_crosses_the_same_beside_the_antimeridian(
    sector: Sector, route: tuple[RoutePoint, ...], east: float
) -> None:
    def turned(lon: float) -> float:
        return (lon + east + 180.0) % 360.0 - 180.0

    # The sector stays on its side, since no outline spans the antimeridian; the route goes over it as it likes.
    side = 1 if east > 0 else -1
    ring = tuple((-side * (abs(lon) * 0.4 + 0.6), lat) for lon, lat in sector.outline)
    assume(shapely.Polygon(ring).is_valid)
    here, there = replace(sector, outline=ring), replace(sector, outline=tuple((lon + east, lat) for lon, lat in ring))
    assume(all(abs(abs(turned(p.lon)) - 180.0) > 1e-9 for p in route))
    moved = tuple(replace(p, lon=turned(p.lon)) for p in route)
    one, other = crossing(flight(route, AFAR), here), crossing(flight(moved, AFAR), there)
    if one is None or other is None:
        brief = one or other
        assert brief is None or brief.exit_time - brief.entry_time < 1e-3
    else:
        assert (one.entry_time, one.exit_time) == pytest.approx((other.entry_time, other.exit_time), abs=1e-3)
        assert turned(one.entry[0]) == pytest.approx(other.entry[0], abs=1e-6)


@settings(max_examples=200)
@given(sectors(), sectors(), sectors(), st.floats(0, 6000))
def test_volumes_cross_where_a_point_is_in_both(sector: Sector, one: Sector, two: Sector, low: float) -> None:
    plan = flight((), one.outline, two.outline, low=low)
    crosses = crossing(plan, sector)
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(-1.6, 1.6, (2, 3000))
    air = shapely.Polygon(sector.outline)
    level = low < sector.upper_m and sector.lower_m < low + 1000
    hits = [
        level and bool((shapely.contains_xy(air, lon, lat) & shapely.contains_xy(v.polygon, lon, lat)).any())
        for v in plan.volumes
    ]
    if crosses is None:
        assert not any(hits)
        return
    assert crosses.area is not None
    assert level
    assert shapely.contains_xy(crosses.area, *crosses.entry)
    assert shapely.contains_xy(air, *crosses.entry)
    first = next(v for v in plan.volumes if v.start == crosses.entry_time)
    assert shapely.contains_xy(first.polygon, *crosses.entry)
    if any(hits):
        assert crosses.entry_time <= min(v.start for v, hit in zip(plan.volumes, hits, strict=True) if hit)
        assert crosses.exit_time >= max(v.end for v, hit in zip(plan.volumes, hits, strict=True) if hit)


@given(sectors(), routes(), st.floats(0, 360), st.floats(0, 50_000))
def test_a_read_back_is_off_by_the_geodesic(
    sector: Sector, route: tuple[RoutePoint, ...], azimuth: float, away_m: float
) -> None:
    plan = flight(route, AFAR)
    crosses = crossing(plan, sector)
    assume(crosses is not None)
    assert crosses is not None
    lon, lat, _ = GEOD.fwd(*crosses.entry, azimuth, away_m)
    assert read_back_error_m(plan, sector, ReadBack(lon, lat)) == pytest.approx(away_m, abs=1e-3)


@given(sectors(), st.floats(-2, 2), st.floats(-2, 2))
def test_without_a_route_a_read_back_is_off_by_the_way_to_the_shared_air(
    sector: Sector, lon: float, lat: float
) -> None:
    plan = flight((), sector.outline, low=sector.lower_m)
    error = read_back_error_m(plan, sector, ReadBack(lon, lat))
    air = shapely.Polygon(sector.outline)
    if shapely.intersects_xy(air, lon, lat):
        assert error == 0.0
        return
    edge = shapely.get_coordinates(shapely.segmentize(air.boundary, 0.002)).T
    count = len(edge[0])
    nearest = float(np.min(GEOD.inv(np.full(count, lon), np.full(count, lat), edge[0], edge[1])[2]))
    assert error == pytest.approx(nearest, rel=2e-3, abs=120.0)
