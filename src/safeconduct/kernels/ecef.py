"""Exact geometry between points near the WGS-84 ellipsoid, through earth-centred coordinates.

Source: NIMA TR8350.2, "Department of Defense World Geodetic System 1984", section 4.2 and 3.2.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SEMI_MAJOR_M = 6_378_137.0
FLATTENING = 1.0 / 298.257223563
MEAN_RADIUS_M = 6_371_000.0
"""Of the sphere that horizons are reckoned on."""
ECCENTRICITY_2 = FLATTENING * (2.0 - FLATTENING)


def ecef(lon: Floats | float, lat: Floats | float, height_m: Floats | float) -> Floats:
    """Earth-centred x, y, z (..., 3), metres, of WGS-84 degrees and metres above the ellipsoid."""
    lam, phi = np.radians(lon), np.radians(lat)
    normal = SEMI_MAJOR_M / np.sqrt(1.0 - ECCENTRICITY_2 * np.sin(phi) ** 2)
    out: Floats = np.stack(
        np.broadcast_arrays(
            (normal + height_m) * np.cos(phi) * np.cos(lam),
            (normal + height_m) * np.cos(phi) * np.sin(lam),
            (normal * (1.0 - ECCENTRICITY_2) + height_m) * np.sin(phi),
        ),
        axis=-1,
    )
    return out


def polar(
    site: tuple[float, float, float], lon: Floats | float, lat: Floats | float, height_m: Floats | float
) -> tuple[Floats, Floats]:
    """Slant range, metres, and azimuth, degrees clockwise from true north, of points as seen from a site.

    Args:
        site: (lon, lat, height): WGS-84 degrees, metres above the ellipsoid.
    """
    sight = ecef(lon, lat, height_m) - ecef(*site)
    lam, phi = np.radians(site[0]), np.radians(site[1])
    east = -np.sin(lam) * sight[..., 0] + np.cos(lam) * sight[..., 1]
    north = (
        -np.sin(phi) * np.cos(lam) * sight[..., 0]
        - np.sin(phi) * np.sin(lam) * sight[..., 1]
        + np.cos(phi) * sight[..., 2]
    )
    return np.linalg.norm(sight, axis=-1), np.degrees(np.arctan2(east, north)) % 360.0
