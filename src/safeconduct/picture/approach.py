"""Where an aircraft will be: whether, and when, it enters the air that a post watches."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from safeconduct.kernels import outline
from safeconduct.model.board import BoardTrack
from safeconduct.model.flight import Flight
from safeconduct.model.sector import Sector

Floats = npt.NDArray[np.float64]

AHEAD_S = 1200.0
"""An aircraft that follows no route is taken to fly straight on for this long, and not beyond."""
CLIMB_S = 120.0
"""It goes on climbing or descending for this long, and then keeps its height."""
NEAR_ROUTE_M = 2000.0
"""An aircraft this near its route, beside what is not known of its place, follows it."""
NEAR_COURSE_DEG = 60.0
"""Provided that it also flies about the same way; who hovers or circles slowly flies any way."""
SLOW_MPS = 10.0
LATEST_S = 900.0
"""And is no later or earlier than this. `picture.plan` looks no farther either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """How an aircraft stands to a sector now.

    Attributes:
        inside: whether it is within, heights included where its own is known.
        entry_time: when it is predicted to enter, Unix seconds; None where it is not, or is inside.
    """

    inside: bool
    entry_time: float | None


NOT_NEAR = Approach(inside=False, entry_time=None)


class WatchedAir:
    """A post's sector, laid out for many looks."""

    def __init__(self, sector: Sector) -> None:
        self.sector = sector
        self.shape = outline.polygon(sector.outline) if sector.outline else None
        if self.shape is not None:
            shapely.prepare(self.shape)

    def approach(self, track: BoardTrack, path: Floats) -> Approach:
        """How a track stands to it that is to fly a path, one of `paths_ahead`."""
        lower_m, upper_m = self.sector.lower_m, self.sector.upper_m
        if track.height_m is None:
            lower_m, upper_m = -math.inf, math.inf
        found = outline.passage(path, self.shape, lower_m, upper_m)
        if found is None:
            return NOT_NEAR
        inside = found[0][3] <= track.time
        return Approach(inside=inside, entry_time=None if inside else found[0][3])

    def edge(self, lon: float, lat: float) -> tuple[float, float] | None:
        """The way from the nearest place of the edge to a point: metres, degrees from true north; None for no edge."""
        if self.shape is None:
            return None
        place, away_m = outline.nearest(shapely.boundary(self.shape), lon, lat)
        return away_m, outline.bearing_deg(place, (lon, lat))


def route_of(flight: Flight | None) -> Floats:
    """The route of a flight (n, 4): lon, lat, height, time; n of 0 where there is none."""
    if flight is None or not flight.route:
        return np.zeros((0, 4))
    return np.array([(point.lon, point.lat, point.alt_m, point.time) for point in flight.route])


def paths_ahead(track: BoardTrack, route: Floats, *, astray: bool) -> tuple[Floats, ...]:
    """The paths that a track may be expected to fly, from where it is, each (n, 4) lon, lat, height, time.

    Along the flight's remaining route where it follows that: from where it is to the next point of the route and on,
    with the plan's times shifted by how late it is now, since its declarer knows where it will turn, wait or slow
    down, and the track how late it is. Otherwise, or where nothing of the route remains, straight on. Who has left the
    declared air may come back to the route or not: then both.

    Args:
        route: (n, 4), as `route_of` gives it, of the flight that the track is identified as; n of 0 for none.
        astray: whether it is beside all the air that its flight declared.
    """
    along = remaining(track, route)
    if along is None:
        return (straight_on(track),)
    return (along, straight_on(track)) if astray else (along,)


def soonest(approaches: Iterable[Approach]) -> Approach:
    """Of the approaches of one aircraft by several paths, the one that is there, or comes first."""
    return min(approaches, key=_comes)


def _comes(approach: Approach) -> float:
    return -math.inf if approach.inside else math.inf if approach.entry_time is None else approach.entry_time


def straight_on(track: BoardTrack) -> Floats:
    """(3, 4): the path of an aircraft that keeps its course and speed."""
    east, north, up = track.velocity
    squeeze = max(math.cos(math.radians(track.lat)), 1e-3)
    step = np.array([east / squeeze / outline.M_PER_DEG, north / outline.M_PER_DEG, 0.0, 1.0])
    here = np.array([track.lon, track.lat, track.height_m or 0.0, track.time])
    soon, late = here + CLIMB_S * step, here + AHEAD_S * step
    soon[2] = late[2] = here[2] + CLIMB_S * (up or 0.0)
    return np.array([here, soon, late])


def remaining(track: BoardTrack, route: Floats) -> Floats | None:
    """The path of a track that follows a route, from where it is; None where it does not, or is at its end."""
    if len(route) < 2:
        return None
    squeeze = max(math.cos(math.radians(track.lat)), 1e-3)
    east = ((route[:, 0] - track.lon + 180.0) % 360.0 - 180.0) * squeeze * outline.M_PER_DEG
    north = (route[:, 1] - track.lat) * outline.M_PER_DEG
    leg_east, leg_north, duration = np.diff(east), np.diff(north), np.diff(route[:, 3])
    length_2 = np.maximum(leg_east**2 + leg_north**2, 1.0)
    share = np.clip(-(east[:-1] * leg_east + north[:-1] * leg_north) / length_2, 0.0, 1.0)
    away_m = np.hypot(east[:-1] + share * leg_east, north[:-1] + share * leg_north)
    late_s = track.time - (route[:-1, 3] + share * duration)
    reach_m = NEAR_ROUTE_M + 2.0 * math.sqrt((track.covariance[0] + track.covariance[2]) / 2.0)
    course = math.atan2(track.velocity[0], track.velocity[1])
    turn = np.abs((np.degrees(np.arctan2(leg_east, leg_north) - course) + 180.0) % 360.0 - 180.0)
    any_way = (math.hypot(*track.velocity[:2]) < SLOW_MPS) | (length_2 < (SLOW_MPS * duration) ** 2)
    follows = (away_m <= reach_m) & (np.abs(late_s) <= LATEST_S) & ((turn <= NEAR_COURSE_DEG) | any_way)
    if not follows.any():
        return None
    # A route may pass one place twice: the leg that fits in place and time together is the one that it is on.
    misfit = np.where(follows, (away_m / reach_m) ** 2 + (late_s / LATEST_S) ** 2, np.inf)
    leg = int(np.argmin(misfit))
    if leg == len(share) - 1 and share[leg] == 1.0:
        return None
    path = np.vstack([route[leg], route[leg + 1 :]])
    path[:, 3] += late_s[leg]
    path[0] = track.lon, track.lat, path[1, 2] if track.height_m is None else track.height_m, track.time
    return path
