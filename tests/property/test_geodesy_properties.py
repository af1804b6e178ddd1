"""The geometry of a sector over the whole globe, against PROJ and GeographicLib (through pyproj) and against itself."""

import cmath
import math

import numpy as np
import pyproj
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from safeconduct.kernels.ecef import ecef, polar
from safeconduct.kernels.frame import SectorFrame
from safeconduct.kernels.geodesy import ground_distance, plane_from_ground, radio_horizon

GEOD = pyproj.Geod(ellps="WGS84")
TO_ECEF = pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
FROM_ECEF = pyproj.Transformer.from_crs("EPSG:4978", "EPSG:4979", always_xy=True)
METRES_PER_DEGREE = math.radians(6_378_137.0)

LON, LAT = st.floats(-180.0, 180.0), st.floats(-85.0, 85.0)
CENTRES = st.tuples(LON, LAT)
BEARING = st.floats(0.0, 360.0)
WITHIN_M = st.floats(0.0, 300e3)
HEIGHT, SITE_HEIGHT = st.floats(-400.0, 30_000.0), st.floats(-400.0, 4_000.0)
RADIUS = st.one_of(st.floats(6.33e6, 6.41e6), st.just(math.inf))

fast = settings(deadline=None, max_examples=150)


def off_deg(a: float, b: float) -> float:
    """How far apart two directions in degrees are."""
    return abs((a - b + 180.0) % 360.0 - 180.0)


@fast
@given(CENTRES, BEARING, WITHIN_M)
def test_plane_to_degrees_and_back(centre: tuple[float, float], bearing: float, away: float) -> None:
    frame = SectorFrame(*centre)
    x, y = away * math.sin(math.radians(bearing)), away * math.cos(math.radians(bearing))
    lon, lat = frame.to_degrees(np.array(x), np.array(y))
    back_x, back_y = frame.to_plane(lon, lat)
    assert math.hypot(float(back_x) - x, float(back_y) - y) < 1e-6


@fast
@given(CENTRES, BEARING, WITHIN_M)
def test_degrees_to_plane_and_back(centre: tuple[float, float], bearing: float, away: float) -> None:
    frame = SectorFrame(*centre)
    lon, lat, _ = GEOD.fwd(*centre, bearing, away)
    x, y = frame.to_plane(np.array(lon), np.array(lat))
    back_lon, back_lat = (float(v) for v in frame.to_degrees(x, y))
    east = off_deg(back_lon, lon) * math.cos(math.radians(lat))
    assert METRES_PER_DEGREE * math.hypot(east, back_lat - lat) < 1e-6


@fast
@given(CENTRES, BEARING, WITHIN_M, BEARING)
def test_azimuths_turn_by_the_convergence_whatever_the_direction(
    centre: tuple[float, float], bearing: float, away: float, azimuth: float
) -> None:
    frame = SectorFrame(*centre)
    lon, lat, _ = GEOD.fwd(*centre, bearing, away)
    assume(abs(lat) < 86.0)
    step_lon, step_lat, _ = GEOD.fwd(lon, lat, azimuth, 10.0)
    x, y = frame.to_plane(np.array([lon, step_lon]), np.array([lat, step_lat]))
    angle = frame.convergence(np.array(lon), np.array(lat))
    grid = math.degrees(math.atan2(x[1] - x[0], y[1] - y[0]))
    assert off_deg(grid, azimuth - math.degrees(float(angle))) < 0.01
    east, north = frame.turned(
        np.array(math.sin(math.radians(azimuth))), np.array(math.cos(math.radians(azimuth))), angle
    )
    assert off_deg(grid, math.degrees(math.atan2(float(east), float(north)))) < 0.01
    stretched = math.hypot(x[1] - x[0], y[1] - y[0]) / 10.0
    assert abs(stretched - float(frame.scale(x[0], y[0]))) < 1e-5


@fast
@given(LON, st.floats(-89.9, 89.9), HEIGHT)
def test_earth_centred_coordinates_are_those_of_proj_both_ways(lon: float, lat: float, height: float) -> None:
    place = ecef(lon, lat, height)
    np.testing.assert_allclose(place, TO_ECEF.transform(lon, lat, height), atol=1e-6)
    back_lon, back_lat, back_height = FROM_ECEF.transform(place[0], place[1], place[2])
    assert METRES_PER_DEGREE * off_deg(back_lon, lon) * math.cos(math.radians(lat)) < 1e-5
    assert METRES_PER_DEGREE * abs(back_lat - lat) < 1e-5
    assert abs(back_height - height) < 1e-5


@fast
@given(CENTRES, SITE_HEIGHT, BEARING, st.floats(100.0, 400e3), HEIGHT)
def test_polar_is_the_straight_line_and_the_azimuth_of_the_geodesic(
    site: tuple[float, float], site_height: float, bearing: float, away: float, height: float
) -> None:
    lon, lat, returning = GEOD.fwd(*site, bearing, away)
    slant, azimuth = polar((*site, site_height), lon, lat, height)
    a = np.array(TO_ECEF.transform(*site, site_height))
    b = np.array(TO_ECEF.transform(lon, lat, height))
    assert abs(float(slant) - float(np.linalg.norm(b - a))) < 1e-6
    assert 0.0 <= float(azimuth) <= 360.0
    # Line of sight and geodesic part by the height's share of the flattening, and a little over long distances.
    assert off_deg(float(azimuth), bearing) < 2e-3
    slant_back, azimuth_back = polar((lon, lat, height), *site, site_height)
    assert abs(float(slant_back) - float(slant)) < 1e-6
    assert off_deg(float(azimuth_back), returning) < 2e-3


@fast
@given(CENTRES, SITE_HEIGHT, BEARING, st.floats(100.0, 400e3), HEIGHT, LON)
def test_turning_the_earth_changes_neither_range_nor_azimuth(
    site: tuple[float, float], site_height: float, bearing: float, away: float, height: float, turn: float
) -> None:
    lon, lat, _ = GEOD.fwd(*site, bearing, away)
    slant, azimuth = polar((*site, site_height), lon, lat, height)
    slant_there, azimuth_there = polar((site[0] + turn, site[1], site_height), lon + turn, lat, height)
    assert abs(float(slant_there) - float(slant)) < 1e-6
    assert off_deg(float(azimuth_there), float(azimuth)) < 1e-6


@fast
@given(SITE_HEIGHT, HEIGHT, RADIUS, st.floats(0.0, 600e3), st.floats(0.0, 600e3))
def test_a_longer_slant_range_is_never_nearer_over_the_ground(
    site_height: float, height: float, radius: float, one: float, other: float
) -> None:
    near, far = sorted((one, other))
    near_m, far_m = (ground_distance(slant, site_height, height, radius) for slant in (near, far))
    assert 0.0 <= near_m <= far_m
    # Below a nanometre squares run out of digits.
    if near > max(abs(height - site_height), 1e-9) and far > near * 1.001:
        assert near_m < far_m


@fast
@given(SITE_HEIGHT, HEIGHT, st.floats(6.33e6, 6.41e6), st.floats(1.0, 600e3))
def test_ground_distance_undoes_the_law_of_cosines(
    site_height: float, height: float, radius: float, distance: float
) -> None:
    low, high = radius + site_height, radius + height
    slant = math.sqrt((height - site_height) ** 2 + 4.0 * low * high * math.sin(distance / (2.0 * radius)) ** 2)
    found = ground_distance(slant, site_height, height, radius)
    # Overhead, where the slant range is almost all height, a rounding of it is the square root of that on the ground.
    assert abs(found - distance) < 1e-6 + 1e-14 * slant * slant / distance


@fast
@given(SITE_HEIGHT, HEIGHT, st.floats(0.0, 10_000.0), st.floats(6.33e6, 6.41e6))
def test_the_horizon_widens_with_either_height_and_is_the_same_from_both_ends(
    site_height: float, height: float, higher: float, radius: float
) -> None:
    here = radio_horizon(site_height, height, radius)
    assert here >= 0.0
    assert radio_horizon(site_height, height + higher, radius) >= here
    assert radio_horizon(site_height + higher, height, radius) >= here
    assert math.isclose(radio_horizon(height, site_height, radius), here)
    if height > 0.0 and higher > 1.0:
        assert radio_horizon(site_height, height + higher, radius) > here


@fast
@given(
    st.complex_numbers(max_magnitude=300e3),
    st.floats(-math.pi, math.pi),
    st.floats(0.0, 400e3),
    RADIUS,
    st.floats(-math.pi, math.pi),
)
def test_a_plot_in_the_plane_turns_with_its_site_and_lies_as_far_as_was_measured(
    site: complex, direction: float, distance: float, radius: float, turn: float
) -> None:
    def placed(site: complex, way: complex) -> complex:
        return complex(*plane_from_ground(site.real, site.imag, way.real, way.imag, distance, radius))

    way = cmath.rect(1.0, direction)
    place = placed(site, way)
    assert abs(placed(site * cmath.rect(1.0, turn), way * cmath.rect(1.0, turn)) - place * cmath.rect(1.0, turn)) < 1e-6
    if math.isinf(radius):
        assert math.isclose(abs(place - site), distance, abs_tol=1e-6)
        return
    # Distance on the sphere of two points of its stereographic plane: tan(d / 2R) = |w - s| / |1 + conj(s) w|.
    w, s = place / (2.0 * radius), site / (2.0 * radius)
    between = 2.0 * radius * math.atan(abs(w - s) / abs(1.0 + s.conjugate() * w))
    assert abs(between - distance) < 1e-6
