"""What a declaration must keep to besides its model: what its declarer cannot have meant is refused, with a remedy."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely

from safeconduct.errors import ForbiddenError, InputError
from safeconduct.kernels import outline
from safeconduct.model.flight import Disclosure, Flight
from safeconduct.model.volume import Volume4D
from safeconduct.model.zone import Zone
from safeconduct.units import iso_from_seconds

Floats = npt.NDArray[np.float64]

MOST_VOLUMES = 2000
MOST_CORNERS = 100_000
"""Of all volumes of one declaration together."""
MOST_ROUTE_POINTS = 10_000
LONGEST_AHEAD_S = 366 * 86_400.0
"""A start later than this is a wrong year."""
ROUTE_SLACK_M, ROUTE_SLACK_S = 10.0, 1.0
"""A point of the route may be this far outside its volume sideways, up and down, and before or after: rounding in a
file, not flying."""


def check_declared(flight: Flight, now: float) -> None:
    """Checks a flight that is to be declared at `now`, Unix seconds.

    Raises:
        InputError: `too-many-volumes`, `too-many-corners`, `too-many-points`; `already-over` where all its volumes
            have ended; `too-long-ahead`; `redundant-volume` for one wholly within another; `route-outside` for a
            point of the route that no volume holds at its time.
        ForbiddenError: `sealed`, since nothing of such a flight can be put before a post.
    """
    if flight.disclosure is Disclosure.SEALED:
        raise ForbiddenError(
            "sealed",
            f"flight {flight.id} is sealed, and a sealed flight cannot be declared to anyone",
            where="disclosure",
            remedy="declare it coarse or open",
        )
    if len(flight.route) > MOST_ROUTE_POINTS:
        raise InputError(
            "too-many-points",
            f"a route of {len(flight.route)} points",
            where="route",
            remedy=f"give {MOST_ROUTE_POINTS} or fewer: straight stretches need two",
        )
    _check_volumes(f"flight {flight.id}", flight.volumes, now)
    _check_route(flight)


def check_zone(zone: Zone, now: float) -> None:
    """Checks a zone that is to be set at `now`, Unix seconds; raises InputError as `check_declared` does of volumes."""
    _check_volumes(f"zone {zone.id}", zone.volumes, now)


def _check_volumes(name: str, volumes: Sequence[Volume4D], now: float) -> None:
    if len(volumes) > MOST_VOLUMES:
        raise InputError(
            "too-many-volumes",
            f"{name} has {len(volumes)} volumes",
            where="volumes",
            remedy=f"give {MOST_VOLUMES} or fewer; join neighbours, or declare it in parts",
        )
    corners = sum(len(volume.outline) for volume in volumes)
    if corners > MOST_CORNERS:
        raise InputError(
            "too-many-corners",
            f"the volumes of {name} have {corners} corners",
            where="volumes",
            remedy=f"give {MOST_CORNERS} or fewer in all: simplify the outlines",
        )
    start, end = min(volume.start for volume in volumes), max(volume.end for volume in volumes)
    if end < now:
        raise InputError(
            "already-over",
            f"{name} ended at {iso_from_seconds(end)}",
            where="volumes",
            remedy="correct the times: they are Unix seconds, UTC",
        )
    if start > now + LONGEST_AHEAD_S:
        raise InputError(
            "too-long-ahead",
            f"{name} starts at {iso_from_seconds(start)}, more than a year from now",
            where="volumes",
            remedy="correct the year, or declare it later",
        )
    _check_redundant(name, volumes)


def _check_redundant(name: str, volumes: Sequence[Volume4D]) -> None:
    shapes = np.array([volume.polygon for volume in volumes])
    west, south, east, north = shapely.bounds(shapes).T
    lower, upper, start, end = np.array([(v.lower_m, v.upper_m, v.start, v.end) for v in volumes]).T
    area = shapely.area(shapes)
    for index in range(len(volumes)):
        inner = (west >= west[index]) & (south >= south[index]) & (east <= east[index]) & (north <= north[index])
        inner &= (lower >= lower[index]) & (upper <= upper[index]) & (start >= start[index]) & (end <= end[index])
        inner &= area <= area[index]
        inner[index] = False
        rows = np.flatnonzero(inner)
        if not len(rows):
            continue
        shapely.prepare(shapes[index])
        within = rows[shapely.covers(shapes[index], shapes[rows])]
        if len(within):
            raise InputError(
                "redundant-volume",
                f"volume {within[0] + 1} of {name} lies wholly within volume {index + 1}, in place, height and time",
                where=f"volumes.{within[0]}",
                remedy=f"leave out volume {within[0] + 1}, or correct it",
            )


def _check_route(flight: Flight) -> None:
    if not flight.route:
        return
    path = np.array([(p.lon, p.lat, p.alt_m, p.time) for p in flight.route])
    outside = np.arange(len(path))
    # To the letter first, which is quick and leaves few points, if any, for the slack.
    for slack_m, slack_s in ((0.0, 0.0), (ROUTE_SLACK_M, ROUTE_SLACK_S)):
        for volume in flight.volumes:
            outside = outside[~_held(path[outside], volume, slack_m, slack_s)]
    if len(outside):
        index = int(outside[0])
        point = flight.route[index]
        raise InputError(
            "route-outside",
            f"point {index + 1} of the route of flight {flight.id}, at {point.lat:.5f}, {point.lon:.5f}, "
            f"{point.alt_m:.0f} m and {iso_from_seconds(point.time)}, is in none of its volumes",
            where=f"route.{index}",
            remedy="widen a volume in place, height or time, or correct the point",
        )


def _held(path: Floats, volume: Volume4D, slack_m: float, slack_s: float) -> npt.NDArray[np.bool_]:
    """Which points (n, 4) a volume holds, or nearly."""
    lon, lat, alt, time = path.T
    held: npt.NDArray[np.bool_] = (time >= volume.start - slack_s) & (time <= volume.end + slack_s)
    held &= (alt >= volume.lower_m - slack_m) & (alt <= volume.upper_m + slack_m)
    rows = np.flatnonzero(held)
    if len(rows):
        shape = outline.widened(volume.polygon, slack_m)
        shapely.prepare(shape)
        held[rows] = shapely.intersects_xy(shape, lon[rows], lat[rows])
    return held
