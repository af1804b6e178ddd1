"""Oracle: geodesics on WGS 84 by pyproj.Geod (Karney's algorithm)."""

import math

import numpy as np
import pyproj
import pytest

from safeconduct.errors import ModelError
from safeconduct.kernels.frame import SectorFrame

WGS84 = pyproj.Geod(ellps="WGS84")
CENTRES = [(13.3, 32.6), (8.2, 46.9), (25.0, 69.0), (-60.0, -3.0), (179.9, 10.0)]


@pytest.mark.parametrize("centre", CENTRES)
def test_there_and_back_is_the_identity(centre: tuple[float, float]) -> None:
    frame = SectorFrame(*centre)
    x, y = np.meshgrid(np.linspace(-150e3, 150e3, 7), np.linspace(-150e3, 150e3, 7))
    back_x, back_y = frame.to_plane(*frame.to_degrees(x, y))
    np.testing.assert_allclose(np.hypot(back_x - x, back_y - y), 0.0, atol=1e-4)


@pytest.mark.parametrize("centre", CENTRES)
@pytest.mark.parametrize("azimuth", [0.0, 75.0, 200.0])
def test_distances_from_the_centre_are_true_to_a_few_metres(centre: tuple[float, float], azimuth: float) -> None:
    frame = SectorFrame(*centre)
    lon, lat, _ = WGS84.fwd(*centre, azimuth, 100e3)
    x, y = frame.to_plane(np.array(lon), np.array(lat))
    # 2R tan(d / 2R) exceeds d by d³ / 12R², 2 m here.
    assert math.hypot(x, y) == pytest.approx(2 * frame.radius * math.tan(100e3 / (2 * frame.radius)), abs=0.5)
    assert math.degrees(math.atan2(x, y)) % 360 == pytest.approx(azimuth, abs=1e-3)


@pytest.mark.parametrize("centre", CENTRES)
@pytest.mark.parametrize("place", [(120e3, 90e3), (-100e3, 60e3), (30e3, -140e3)])
def test_convergence_and_scale_against_a_short_geodesic(
    centre: tuple[float, float], place: tuple[float, float]
) -> None:
    frame = SectorFrame(*centre)
    lon, lat = (float(v) for v in frame.to_degrees(np.array(place[0]), np.array(place[1])))
    north_lon, north_lat, _ = WGS84.fwd(lon, lat, 0.0, 100.0)
    x, y = frame.to_plane(np.array(north_lon), np.array(north_lat))
    grid_azimuth = math.atan2(float(x) - place[0], float(y) - place[1])
    assert -grid_azimuth == pytest.approx(float(frame.convergence(np.array(lon), np.array(lat))), abs=2e-4)
    length = math.hypot(float(x) - place[0], float(y) - place[1])
    assert length / 100.0 == pytest.approx(float(frame.scale(np.array(place[0]), np.array(place[1]))), abs=2e-6)


def test_turning_there_and_back() -> None:
    frame = SectorFrame(8.0, 47.0)
    angle = np.array(0.3)
    east, north = frame.turned(*frame.turned(np.array(3.0), np.array(-4.0), angle), -angle)
    assert (float(east), float(north)) == pytest.approx((3.0, -4.0))


def test_a_centre_off_the_globe_is_refused() -> None:
    with pytest.raises(ModelError, match="latitude"):
        SectorFrame(0.0, 91.0)
