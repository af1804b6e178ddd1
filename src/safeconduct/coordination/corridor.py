"""Volumes about a route: what to declare for an aircraft that means to fly it."""

import numpy as np
import numpy.typing as npt
import shapely

from safeconduct.errors import ModelError
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.flight import RoutePoint
from safeconduct.model.volume import Volume4D

SEGMENT_S = 300.0
"""A volume covers at least this much of the plan."""
SIMPLER_M = 50.0
"""Outlines are simplified by at most this; the corridor is widened by as much beforehand."""
EDGE_M = 10_000.0
"""Longer edges are divided, since an edge straight in degrees bows away from one straight in the frame."""
FINE_M = 1.0
"""Movements smaller than this are left out of a route: steps of micrometres are more than buffering can digest."""
WIDER, WIDER_M = 1.003, 14.0
"""The corridor is widened by so much more, for round corners drawn with 64 edges, the frame's scale, the bow of an edge
of EDGE_M (EDGE_M² tan(lat) / 8R, 11 m at 80 degrees), and FINE_M."""


def corridor(
    route: tuple[RoutePoint, ...],
    *,
    half_width_m: float,
    vertical_m: float,
    early_s: float,
    late_s: float,
    frame: SectorFrame,
) -> tuple[Volume4D, ...]:
    """Overlapping volumes that hold every point of the route with the margins given.

    Args:
        route: two points or more, in order of time.
        half_width_m, vertical_m: margins sideways, and up and down.
        early_s, late_s: margins in time before and after plan.
        frame: a local frame that reaches over the route.

    Raises:
        ModelError: `bad-route` for fewer than two points.
    """
    if len(route) < 2:
        raise ModelError("bad-route", f"{len(route)} points are no route", where="route")
    east, north = frame.to_plane(np.array([p.lon for p in route]), np.array([p.lat for p in route]))
    volumes = []
    for first, last in _segments([p.time for p in route]):
        points = route[first : last + 1]
        places = np.column_stack([east[first : last + 1], north[first : last + 1]])
        hovers = bool(np.ptp(places, axis=0).max() < FINE_M)
        line = shapely.Point(places[0]) if hovers else shapely.LineString(places).simplify(FINE_M / 2)
        margin_m = WIDER * half_width_m + WIDER_M
        filled = shapely.Polygon(shapely.get_exterior_ring(line.buffer(margin_m + SIMPLER_M)))
        simpler = filled.simplify(SIMPLER_M)
        # Simplifying keeps every corner near the new outline, but may cut off a piece of a narrow one between corners.
        whole = simpler if shapely.distance(simpler.boundary, line) >= margin_m else filled
        outline = shapely.get_coordinates(shapely.segmentize(whole, EDGE_M))[:-1]
        volumes.append(
            Volume4D(
                outline=_to_degrees(outline, frame),
                lower_m=min(p.alt_m for p in points) - vertical_m,
                upper_m=max(p.alt_m for p in points) + vertical_m,
                start=points[0].time - early_s,
                end=points[-1].time + late_s,
            )
        )
    return tuple(volumes)


def _segments(times: list[float]) -> list[tuple[int, int]]:
    """First and last index of runs of at least SEGMENT_S, each beginning where the one before ends."""
    cuts = [0]
    for index, time in enumerate(times):
        if time - times[cuts[-1]] >= SEGMENT_S and times[-1] - time >= SEGMENT_S:
            cuts.append(index)
    return list(zip(cuts, [*cuts[1:], len(times) - 1], strict=True))


def _to_degrees(corners: npt.NDArray[np.float64], frame: SectorFrame) -> tuple[tuple[float, float], ...]:
    lon, lat = frame.to_degrees(corners[:, 0], corners[:, 1])
    return tuple((round(float(x), 6), round(float(y), 6)) for x, y in zip(lon, lat, strict=True))
