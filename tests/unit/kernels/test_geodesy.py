"""Oracle: exact earth-centred coordinates of sensor and aircraft, by their definition."""

import math

import numpy as np
import pyproj
import pytest

from safeconduct.kernels.frame import SectorFrame
from safeconduct.kernels.geodesy import ground_distance, plane_from_ground, radio_horizon

WGS84 = pyproj.Geod(ellps="WGS84")
TO_ECEF = pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)


def seen_from(lon: float, lat: float, alt: float, sensor: tuple[float, float, float]) -> tuple[float, float]:
    """Slant range (m) and azimuth (rad from true north) of a point, exactly."""
    points = np.array([sensor, (lon, lat, alt)])
    x, y, z = TO_ECEF.transform(points[:, 0], points[:, 1], points[:, 2])
    dx, dy, dz = x[1] - x[0], y[1] - y[0], z[1] - z[0]
    e, n = math.radians(sensor[0]), math.radians(sensor[1])
    east = -math.sin(e) * dx + math.cos(e) * dy
    north = -math.sin(n) * math.cos(e) * dx - math.sin(n) * math.sin(e) * dy + math.cos(n) * dz
    return math.sqrt(dx * dx + dy * dy + dz * dz), math.atan2(east, north)


@pytest.mark.parametrize("centre", [(13.3, 32.6), (8.2, 46.9), (-60.0, -3.0)])
@pytest.mark.parametrize("azimuth", [10.0, 130.0, 255.0])
@pytest.mark.parametrize(("distance", "height"), [(5e3, 300.0), (60e3, 2_000.0), (150e3, 11_000.0)])
def test_polar_plot_lands_where_the_aircraft_is(
    centre: tuple[float, float], azimuth: float, distance: float, height: float
) -> None:
    frame = SectorFrame(*centre)
    sensor_lon, sensor_lat, _ = WGS84.fwd(*centre, 200.0, 40e3)
    lon, lat, _ = WGS84.fwd(sensor_lon, sensor_lat, azimuth, distance)
    slant, true_azimuth = seen_from(lon, lat, height, (sensor_lon, sensor_lat, 80.0))
    grid = true_azimuth - float(frame.convergence(np.array(sensor_lon), np.array(sensor_lat)))
    site_x, site_y = frame.to_plane(np.array(sensor_lon), np.array(sensor_lat))
    ground = ground_distance(slant, 80.0, height, frame.radius)
    x, y = plane_from_ground(float(site_x), float(site_y), math.sin(grid), math.cos(grid), ground, frame.radius)
    true_x, true_y = frame.to_plane(np.array(lon), np.array(lat))
    assert math.hypot(x - true_x, y - true_y) < 0.5 + 8e-6 * distance


def test_ground_distance_is_zero_where_the_aircraft_is_overhead() -> None:
    assert ground_distance(2_000.0, 0.0, 3_000.0, 6.37e6) == 0.0


def test_flat_earth_is_pythagoras() -> None:
    assert ground_distance(5_000.0, 1_000.0, 4_000.0, math.inf) == pytest.approx(4_000.0)
    assert plane_from_ground(100.0, 200.0, 0.6, 0.8, 1_000.0, math.inf) == pytest.approx((700.0, 1_000.0))


def test_radio_horizon_is_the_textbook_412_kilometres_per_root_metre() -> None:
    assert radio_horizon(100.0, 2_500.0, 6.371e6) == pytest.approx(4_122 * (10 + 50), rel=1e-3)
    assert radio_horizon(-5.0, -5.0, 6.371e6) == 0.0


def test_radio_horizons_of_many_heights_are_those_of_each() -> None:
    heights = np.array([-5.0, 0.0, 2_500.0])
    each = [radio_horizon(100.0, float(height), 6.371e6) for height in heights]
    assert radio_horizon(100.0, heights, 6.371e6).tolist() == each
