"""How well a track fits a flight's declared plan, in place, time, course, speed and height.

The likelihood of one look at a track, under "it is this flight" against "it is none of them", as a sum of log ratios
of densities. Densities under a flight are mixtures: most aircraft fly as declared, some late or early, a few aside;
none of the three may ever count as proof against the aircraft, so every density has a floor.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.flight import Flight
from safeconduct.model.track import TrackTable

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

LOOK_AROUND_S = 900.0
"""A flight this early or late is no longer looked for along its route."""
DOUBT_SIGMAS = 2.5
"""A track is outside a volume only when it is so by more than this many of its own standard deviations."""
VOLUME_FLOOR = 0.01
"""An aircraft may be where its volumes are not at all; this much less likely than another one is."""
SPEED_RANGE_MPS = {
    "male_uav": (45.0, 70.0),
    "tactical_uav": (26.0, 40.0),
    "cargo_drone": (24.0, 34.0),
    "quadcopter": (0.0, 20.0),
    "airliner": (60.0, 270.0),
    "helicopter": (0.0, 90.0),
}
"""Speeds over ground by type, without wind; a type that is not here has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanModel:
    """How declared aircraft keep to their plans, and where the others are.

    Attributes:
        cross_m: one standard deviation across the route, of those that keep to it.
        late_s, spread_s: mean and standard deviation of lateness along the route, of those that keep to it.
        course_deg, speed_mps, height_m: standard deviations against the plan's.
        astray: share of declared flights that are late, early or aside beyond those.
        aside_m, astray_s: how far such a flight goes.
        other_area_m2: the area over which one other aircraft near a route is spread.
        other_heights_m: the span of heights over which it is spread.
    """

    cross_m: float = 350.0
    late_s: float = 20.0
    spread_s: float = 60.0
    course_deg: float = 12.0
    speed_mps: float = 8.0
    height_m: float = 150.0
    astray: float = 0.15
    aside_m: float = 4000.0
    astray_s: float = 420.0
    other_area_m2: float = 9.0e8
    other_heights_m: float = 4000.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanFit:
    """One look at n tracks against one flight; NaN where it does not apply.

    Attributes:
        log_ratio: (n,) nats.
        inside: (n,) whether it may be in an active volume of the flight, heights included where known.
        cross_m: (n,) distance from the route, positive to its right.
        late_s: (n,) lateness along the route.
    """

    log_ratio: Floats
    inside: Flags
    cross_m: Floats
    late_s: Floats


class FlightPlan:
    """One flight's plan, laid out in a sector's frame for many looks."""

    def __init__(self, flight: Flight, frame: SectorFrame, model: PlanModel) -> None:
        self.flight, self._model = flight, model
        self._polygons = [_polygon(volume.outline, frame) for volume in flight.volumes]
        self._wide_m2 = [polygon.buffer(model.aside_m).area for polygon in self._polygons]
        east, north = frame.to_plane(np.array([p.lon for p in flight.route]), np.array([p.lat for p in flight.route]))
        self._at = np.column_stack([east, north, [p.alt_m for p in flight.route]])
        self._time = np.array([p.time for p in flight.route])

    def look(self, tracks: TrackTable, east: Floats, north: Floats) -> PlanFit:
        """The fit of every track now; east, north are the tracks' places in the frame, metres."""
        inside, log_volume = self._volumes(tracks, east, north)
        speed = np.hypot(tracks.velocity[:, 0], tracks.velocity[:, 1])
        if len(self._time) < 2:
            nothing = np.full(len(tracks), np.nan)
            return PlanFit(
                log_ratio=log_volume + self._type_speed(speed), inside=inside, cross_m=nothing, late_s=nothing
            )
        log_route, cross, late = self._route(tracks, east, north, speed)
        return PlanFit(log_ratio=log_route, inside=inside, cross_m=cross, late_s=late)

    def _volumes(self, tracks: TrackTable, east: Floats, north: Floats) -> tuple[Flags, Floats]:
        """Which tracks may be inside an active volume, given how well they are known, and the log ratio of that.

        Under the flight, most aircraft are spread over its active volumes; of the rest, half are spread over the band
        beside them and half over the volumes that are due soon or were lately.
        """
        model, now = self._model, tracks.time
        points, slack_m = shapely.points(east, north), DOUBT_SIGMAS * _sigma_m(tracks)
        unsure_m = np.nan_to_num(DOUBT_SIGMAS * tracks.sigma_height_m, nan=np.inf)
        height_m = np.nan_to_num(tracks.height_m)
        inside, beside, soon = (np.zeros(len(tracks), dtype=bool) for _ in range(3))
        active_m2 = beside_m2 = soon_m2 = 1.0
        for volume, polygon, wide_m2 in zip(self.flight.volumes, self._polygons, self._wide_m2, strict=True):
            if not volume.start - model.astray_s <= now <= volume.end + model.astray_s:
                continue
            off_m = np.maximum(np.maximum(volume.lower_m - height_m, height_m - volume.upper_m), 0.0)
            away_m = np.where(off_m <= unsure_m, np.maximum(shapely.distance(polygon, points) - slack_m, 0.0), np.inf)
            soon_m2 += polygon.area
            soon |= away_m == 0.0
            if volume.active(now):
                active_m2 += polygon.area
                beside_m2 += wide_m2 - polygon.area
                inside |= away_m == 0.0
                beside |= away_m <= model.aside_m
        density = (1.0 - model.astray) * inside / active_m2
        density += 0.5 * model.astray * (beside / beside_m2 + soon / soon_m2)
        log_ratio: Floats = np.log(density * model.other_area_m2 + VOLUME_FLOOR)
        return inside, log_ratio

    def _type_speed(self, speed: Floats) -> Floats:
        """The type's speed, told from that of other aircraft; nothing where the type is not known."""
        if self.flight.aircraft.type not in SPEED_RANGE_MPS:
            return np.zeros_like(speed)
        low, high = SPEED_RANGE_MPS[self.flight.aircraft.type]
        off = np.maximum(np.maximum(low - speed, speed - high), 0.0)
        return 1.0 - 0.5 * np.minimum((off / self._model.speed_mps) ** 2, 12.0)

    def _route(self, tracks: TrackTable, east: Floats, north: Floats, speed: Floats) -> tuple[Floats, Floats, Floats]:
        """Log ratio against the leg that fits best in place and time, metres off it to the right, seconds late."""
        model = self._model
        start, leg = self._at[:-1], np.diff(self._at, axis=0)
        duration = np.diff(self._time)
        length = np.maximum(np.hypot(leg[:, 0], leg[:, 1]), 1.0)
        ahead, right = leg[:, :2] / length[:, None], np.column_stack([leg[:, 1], -leg[:, 0]]) / length[:, None]
        off_east, off_north = east[:, None] - start[:, 0], north[:, None] - start[:, 1]
        along = off_east * ahead[:, 0] + off_north * ahead[:, 1]
        share = np.clip(along / length, 0.0, 1.0)
        beyond = along - share * length
        cross = off_east * right[:, 0] + off_north * right[:, 1]
        distance = np.hypot(cross, beyond)
        late = tracks.time - (self._time[:-1] + share * duration)
        course = np.degrees(np.arctan2(tracks.velocity[:, 0], tracks.velocity[:, 1]))[:, None]
        leg_course = np.degrees(np.arctan2(leg[:, 0], leg[:, 1]))
        turn = np.abs((course - leg_course + 180.0) % 360.0 - 180.0)
        planned_speed = length / duration
        slow = speed[:, None] - planned_speed
        height = tracks.height_m[:, None] - (start[:, 2] + share * leg[:, 2])

        # What the track does not know of itself widens what the plan allows: a vague track is vague evidence.
        sigma_m, sigma_mps = _sigma_m(tracks)[:, None], tracks.sigma_velocity_mps[:, None]
        sigma_deg = np.degrees(sigma_mps / np.maximum(speed[:, None], 5.0))
        cross_m, course_deg = np.hypot(model.cross_m, sigma_m), np.hypot(model.course_deg, sigma_deg)
        spread_s = np.hypot(model.spread_s, sigma_m / np.maximum(planned_speed, 5.0))
        speed_mps, height_m = np.hypot(model.speed_mps, sigma_mps), np.hypot(model.height_m, tracks.sigma_height_m)

        log_place = _log_mix(distance, cross_m, model.aside_m, model.astray)
        log_place += _log_mix(late - model.late_s, spread_s, model.astray_s, model.astray)
        log_place += np.log(model.other_area_m2 / np.maximum(planned_speed, 5.0))
        log_course = np.log(0.02 + 0.98 * _normal(turn, course_deg) * 360.0)
        log_speed = np.log(0.05 + 0.95 * _normal(slow, speed_mps) * 60.0)
        log_height = np.log(0.1 + 0.9 * _normal(height, height_m[:, None]) * model.other_heights_m)
        log_height = np.where(np.isfinite(log_height), np.minimum(log_height, 1.5), 0.0)
        log_ratio = log_place + log_course + log_speed + log_height
        log_ratio[np.abs(late) > LOOK_AROUND_S] = -12.0
        best = np.argmax(log_ratio, axis=1)
        rows = np.arange(len(tracks))
        return log_ratio[rows, best], cross[rows, best], late[rows, best]


def _normal(x: Floats, sigma: Floats | float) -> Floats:
    """Normal density of mean zero."""
    density: Floats = np.exp(-0.5 * (x / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
    return density


def _log_mix(x: Floats, sigma: Floats | float, wide: float, astray: float) -> Floats:
    """Log of a normal density with a share of a wide one, floored where even that has nothing to say."""
    log: Floats = np.log((1 - astray) * _normal(x, sigma) + astray * _normal(x, wide) + 1e-9)
    return log


def _sigma_m(tracks: TrackTable) -> Floats:
    """One standard deviation of each horizontal component of the positions."""
    sigma: Floats = np.sqrt((tracks.covariance[:, 0] + tracks.covariance[:, 2]) / 2.0)
    return sigma


def _polygon(outline: Sequence[tuple[float, float]], frame: SectorFrame) -> shapely.Polygon:
    """The outline in the frame, prepared for many looks. Its edges, straight in degrees, stay straight to metres."""
    corners = np.array(outline)
    polygon = shapely.Polygon(np.column_stack(frame.to_plane(corners[:, 0], corners[:, 1])))
    shapely.prepare(polygon)
    return polygon
