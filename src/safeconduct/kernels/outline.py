"""Outlines over the ground with edges straight in lon/lat degrees: what two share, how large, how far, what passes.

Straight edges in degrees make planar geometry in degrees exact; only lengths and areas need the ellipsoid.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from safeconduct.kernels.ecef import MEAN_RADIUS_M

Floats = npt.NDArray[np.float64]

SLIVER = 1e-9
"""Two outlines that share less than this part of the smaller one only touch: computed borders meet to rounding."""
BOW_DEG = 0.1
"""Longer edges are divided before areas are measured, since geodesics bow away from straight lines in degrees."""
_GEOD = pyproj.Geod(ellps="WGS84")
M_PER_DEG = math.radians(1.0) * MEAN_RADIUS_M


def polygon(outline: Sequence[tuple[float, float]]) -> shapely.Geometry:
    """The air within a ring of (lon, lat) degrees. A ring that crosses itself encloses what it goes around once."""
    ring = shapely.Polygon(outline)
    return ring if ring.is_valid else shapely.make_valid(ring)


def shared(one: shapely.Geometry, other: shapely.Geometry) -> shapely.Geometry | None:
    """What two outlines share, degrees; None where they do not meet, or only touch."""
    both = shapely.intersection(one, other)
    least = SLIVER * min(shapely.area(one), shapely.area(other))
    return both if shapely.area(both) > least else None


def area_m2(shape: shapely.Geometry) -> float:
    """Area on the WGS-84 ellipsoid (geodesic polygons: Karney, J. Geodesy 87, 2013, section 6)."""
    total = 0.0
    for part in shapely.get_parts(shapely.get_parts(shape)):
        if isinstance(part, shapely.Polygon) and not part.is_empty:
            fine = shapely.orient_polygons(shapely.segmentize(part, BOW_DEG))
            total += abs(_GEOD.geometry_area_perimeter(fine)[0])
    return total


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Along the ellipsoid, between two places (lon, lat) in degrees."""
    return float(_GEOD.inv(*one, *other)[2])


def bearing_deg(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Azimuth of `other` seen from `one`, degrees clockwise from true north, 0..360."""
    return float(_GEOD.inv(*one, *other)[0]) % 360.0


def nearest(shape: shapely.Geometry, lon: float, lat: float) -> tuple[tuple[float, float], float]:
    """The place of a shape nearest to a point, and how far that is: (lon, lat) degrees, metres; 0 within the shape.

    Nearest in degrees with longitudes shortened by cos(lat), which is so to second order of the distance; the distance
    to that place is exact. A shape on the other side of the antimeridian is as near as it is.
    """
    squeeze = max(math.cos(math.radians(lat)), 1e-3)
    local = shapely.transform(shape, lambda at: at * np.array([squeeze, 1.0]))
    best: tuple[tuple[float, float], float] | None = None
    for turn in (0.0, -math.copysign(360.0, lon)):
        line = shapely.shortest_line(local, shapely.Point((lon + turn) * squeeze, lat))
        x, y = shapely.get_coordinates(line)[0].tolist()
        place = (x / squeeze, y)
        if line.length == 0.0:
            return place, 0.0
        away_m = distance_m(place, (lon, lat))
        if best is None or away_m < best[1]:
            best = place, away_m
    assert best is not None
    return best


def widened(shape: shapely.Geometry, by_m: float) -> shapely.Geometry:
    """A shape, and what is within some metres of it: so many at its greatest latitude, a little more elsewhere."""
    if by_m <= 0.0:
        return shape
    _, south, _, north = shapely.bounds(shape)
    squeeze = np.array([max(math.cos(math.radians(max(abs(south), abs(north)))), 1e-3), 1.0])
    local = shapely.buffer(shapely.transform(shape, lambda at: at * squeeze), by_m / M_PER_DEG)
    return shapely.transform(local, lambda at: at / squeeze)


def passage(
    path: Floats, shape: shapely.Geometry | None, lower_m: float, upper_m: float
) -> tuple[tuple[float, float, float, float], tuple[float, float, float, float]] | None:
    """Where and when a path is first and last within an outline and between two heights; None where it never is.

    Args:
        path: (n, 4) longitude, latitude (degrees), height (m), time; n of 1 or more, in order of time. Between its
            points it goes straight in degrees and height, evenly in time, and the short way over the antimeridian.
        shape: the outline, in degrees; None for no edge.

    Returns:
        The first and the last point within, each (lon, lat, height, time). The edge is within; a path that only
        touches it between two points is not.
    """
    if len(path) == 1:
        path = np.vstack([path, path])
    if np.ptp(path[:, 0]) > 180.0:
        path = path.copy()
        path[:, 0] = np.unwrap(path[:, 0], period=360.0)
    bounds = [-math.inf, -math.inf, math.inf, math.inf] if shape is None else shapely.bounds(shape).tolist()
    west, east = float(path[:, 0].min()), float(path[:, 0].max())
    edges: Floats | None = None
    ends = []
    for turn in (0.0,) if shape is None else (-360.0, 0.0, 360.0):
        if west + turn > bounds[2] or east + turn < bounds[0]:
            continue
        turned = path + np.array([turn, 0.0, 0.0, 0.0])
        near = _near(turned, bounds, lower_m, upper_m)
        if near and edges is None:
            edges = np.zeros((0, 4)) if shape is None else _edges(shape)
        if near and edges is not None:
            first = _first(turned[:-1], turned[1:], near, shape, edges, lower_m, upper_m)
            last = first and _first(turned[1:], turned[:-1], near[::-1], shape, edges, lower_m, upper_m)
            ends += [end for end in (first, last) if end is not None]
    return (min(ends, key=_when), max(ends, key=_when)) if ends else None


def _when(point: tuple[float, float, float, float]) -> float:
    return point[3]


def _near(path: Floats, bounds: list[float], lower_m: float, upper_m: float) -> list[int]:
    """Legs that could be within, by their boxes; `bounds` are west, south, east, north."""
    low, high = np.minimum(path[:-1], path[1:]), np.maximum(path[:-1], path[1:])
    may = (low[:, 2] <= upper_m) & (high[:, 2] >= lower_m)
    may &= (low[:, 0] <= bounds[2]) & (high[:, 0] >= bounds[0]) & (low[:, 1] <= bounds[3]) & (high[:, 1] >= bounds[1])
    found: list[int] = np.flatnonzero(may).tolist()
    return found


def _first(
    starts: Floats,
    ends: Floats,
    legs: list[int],
    shape: shapely.Geometry | None,
    edges: Floats,
    lower_m: float,
    upper_m: float,
) -> tuple[float, float, float, float] | None:
    """The first point within, of legs gone through from `starts` to `ends`."""
    for leg in legs:
        start, step = starts[leg], ends[leg] - starts[leg]
        levels = _levels(start[2], step[2], lower_m, upper_m)
        cuts = np.array(sorted({0.0, 1.0, *_cuts(start, step, edges), *levels}))
        middles = start + np.outer((cuts[:-1] + cuts[1:]) / 2.0, step)
        within = (middles[:, 2] >= lower_m) & (middles[:, 2] <= upper_m)
        if shape is not None:
            within &= shapely.intersects_xy(shape, middles[:, 0], middles[:, 1])
        if within.any():
            lon, lat, height, time = (start + cuts[int(np.argmax(within))] * step).tolist()
            return (lon + 180.0) % 360.0 - 180.0 if abs(lon) > 180.0 else lon, lat, height, time
    return None


def _edges(shape: shapely.Geometry) -> Floats:
    """(n, 4): start and vector of every edge of a shape's boundary, holes included."""
    rings = [shapely.get_coordinates(part) for part in shapely.get_parts(shapely.boundary(shape))]
    return np.vstack([np.hstack([ring[:-1], np.diff(ring, axis=0)]) for ring in rings])


def _cuts(start: Floats, step: Floats, edges: Floats) -> list[float]:
    """Shares of a step at which it meets edges. Parallel ones are left out: their neighbours' ends cut as well."""
    across = step[0] * edges[:, 3] - step[1] * edges[:, 2]
    edges, across = edges[across != 0.0], across[across != 0.0]
    off_x, off_y = edges[:, 0] - start[0], edges[:, 1] - start[1]
    share = (off_x * edges[:, 3] - off_y * edges[:, 2]) / across
    along = (off_x * step[1] - off_y * step[0]) / across
    # One cut too many does no harm, one too few does: hence the slack at the ends of an edge.
    met: list[float] = share[(share > 0.0) & (share < 1.0) & (along >= -1e-9) & (along <= 1.0 + 1e-9)].tolist()
    return met


def _levels(start: float, step: float, lower_m: float, upper_m: float) -> list[float]:
    """Shares of a step at which it goes through the floor and the ceiling."""
    if step == 0.0:
        return []
    return [share for level in (lower_m, upper_m) if 0.0 < (share := (level - start) / step) < 1.0]
