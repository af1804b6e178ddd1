"""Earth-centred geometry, against pyproj."""

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeconduct.kernels.ecef import ECCENTRICITY_2, FLATTENING, SEMI_MAJOR_M, ecef, polar

TO_ECEF = pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
GEOD = pyproj.Geod(ellps="WGS84")
LON, LAT, HEIGHT = st.floats(-180, 180), st.floats(-90, 90), st.floats(-500, 30_000)


def topocentric(site: tuple[float, float, float]) -> pyproj.Transformer:
    """Oracle: geodetic degrees to east, north, up metres at a site."""
    lon, lat, height = site
    return pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=WGS84 "
        f"+step +proj=topocentric +ellps=WGS84 +lon_0={lon!r} +lat_0={lat!r} +h_0={height!r}"
    )


def test_the_ellipsoid_is_wgs_84() -> None:
    assert SEMI_MAJOR_M == 6_378_137.0
    assert pytest.approx(1 / 298.257223563, rel=1e-14) == FLATTENING
    assert pytest.approx(6.69437999014e-3, rel=1e-11) == ECCENTRICITY_2


@settings(deadline=None)
@given(LON, LAT, HEIGHT)
def test_coordinates_agree_to_a_micrometre(lon: float, lat: float, height: float) -> None:
    assert ecef(lon, lat, height) == pytest.approx(TO_ECEF.transform(lon, lat, height), abs=1e-6)


def test_arrays_and_numbers_mix() -> None:
    lon, lat = np.linspace(-10, 10, 6).reshape(2, 3), np.linspace(30, 40, 6).reshape(2, 3)
    many = ecef(lon, lat, 100.0)
    assert many.shape == (2, 3, 3)
    for at in np.ndindex(2, 3):
        assert many[at] == pytest.approx(ecef(float(lon[at]), float(lat[at]), 100.0), abs=1e-9)


@settings(deadline=None)
@given(LON, st.floats(-89, 89), HEIGHT, st.floats(0, 360), st.floats(10.0, 400_000.0), HEIGHT)
def test_range_and_azimuth_agree_with_pyproj(
    lon: float, lat: float, site_height: float, direction: float, away: float, height: float
) -> None:
    site = (lon, lat, site_height)
    to_lon, to_lat, _ = GEOD.fwd(lon, lat, direction, away)
    east, north, up = topocentric(site).transform(to_lon, to_lat, height)
    slant, azimuth = polar(site, to_lon, to_lat, height)
    assert slant == pytest.approx(np.sqrt(east**2 + north**2 + up**2), abs=1e-5)
    assert 0.0 <= azimuth <= 360.0
    off = (azimuth - np.degrees(np.arctan2(east, north)) + 180) % 360 - 180
    assert abs(off) < 1e-4
    assert abs((azimuth - direction + 180) % 360 - 180) < 0.05


@pytest.mark.parametrize(("d_lon", "d_lat", "azimuth"), [(0, 0.1, 0), (0.1, 0, 90), (0, -0.1, 180), (-0.1, 0, 270)])
def test_azimuths_turn_clockwise_from_north(d_lon: float, d_lat: float, azimuth: float) -> None:
    found = float(polar((13.0, 32.0, 0.0), 13.0 + d_lon, 32.0 + d_lat, 0.0)[1])
    assert abs((found - azimuth + 180) % 360 - 180) < 0.05


def test_straight_up_is_all_height() -> None:
    slant, _ = polar((13.0, 32.0, 100.0), 13.0, 32.0, 5100.0)
    assert slant == pytest.approx(5000.0)
