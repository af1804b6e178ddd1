"""The sector's local frame: degrees to plane metres and back.

An oblique stereographic projection about the sector's centre on WGS 84 (Snyder, Map Projections: A Working Manual,
USGS PP 1395, 1987, ch. 21; EPSG method 9809): conformal, so that azimuths at one place only turn by one angle, and
true to scale to (d / 2R)², 6e-5 at 100 km. "Up" is not projected: it is the height above the ellipsoid.
"""

import math

import numpy as np
import numpy.typing as npt
import pyproj

from safeconduct.kernels.ecef import ECCENTRICITY_2, SEMI_MAJOR_M
from safeconduct.model import check

Floats = npt.NDArray[np.float64]


class SectorFrame:
    """The plane of one sector. x is grid east, y grid north, metres; both are zero at the centre.

    Attributes:
        lon, lat: the centre, WGS-84 degrees.
        radius: of the Gaussian sphere at the centre, sqrt(M N), m: the earth's radius for all work in the sector.
    """

    def __init__(self, lon: float, lat: float) -> None:
        """Raises ModelError `bad-longitude`, `bad-latitude`."""
        check.longitude(lon)
        check.latitude(lat)
        self.lon, self.lat = lon, lat
        self._projection = pyproj.Proj(f"+proj=sterea +lon_0={lon!r} +lat_0={lat!r} +k=1 +ellps=WGS84 +units=m")
        squeeze = 1.0 - ECCENTRICITY_2 * math.sin(math.radians(lat)) ** 2
        self.radius = SEMI_MAJOR_M * math.sqrt(1.0 - ECCENTRICITY_2) / squeeze

    def to_plane(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """(x, y) of WGS-84 degrees; not finite where the position is absent or opposite the centre."""
        x, y = self._projection(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
        return np.asarray(x), np.asarray(y)

    def to_degrees(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """(lon, lat) in WGS-84 degrees of plane metres."""
        lon, lat = self._projection(np.asarray(x, np.float64), np.asarray(y, np.float64), inverse=True)
        return np.asarray(lon), np.asarray(lat)

    def scale(self, x: Floats, y: Floats) -> Floats:
        """Plane metres per metre on the ground, 1 + (d / 2R)², at plane positions."""
        scale: Floats = 1.0 + (np.square(x) + np.square(y)) / (2.0 * self.radius) ** 2
        return scale

    def convergence(self, lon: Floats, lat: Floats) -> Floats:
        """The convergence c (rad): a direction of true azimuth az has grid azimuth az - c.

        On the sphere tan c = sin dlon (sin lat + sin lat0) / (cos lat cos lat0 + (1 + sin lat sin lat0) cos dlon);
        ellipsoidal latitudes in place of conformal ones leave less than 0.01 degrees within 300 km.
        """
        east = np.radians(np.asarray(lon, np.float64) - self.lon)
        north, centre = np.radians(np.asarray(lat, np.float64)), math.radians(self.lat)
        top = np.sin(east) * (np.sin(north) + math.sin(centre))
        low = np.cos(north) * math.cos(centre) + (1.0 + np.sin(north) * math.sin(centre)) * np.cos(east)
        angle: Floats = np.arctan2(top, low)
        return angle

    def turned(self, east: Floats, north: Floats, angle: Floats) -> tuple[Floats, Floats]:
        """Components along grid east and north of vectors given along true east and north, where c is `angle`."""
        cos, sin = np.cos(angle), np.sin(angle)
        return east * cos - north * sin, east * sin + north * cos
