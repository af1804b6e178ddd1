"""How a simulated aircraft flies its path: leg by leg, turning as fast as it can bank, with small human errors."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from safeconduct.errors import ModelError
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.flight import RoutePoint
from safeconduct.model.scenario import ScenarioAircraft

Floats = npt.NDArray[np.float64]

STEP_S = 1.0
GRAVITY_MPS2 = 9.81
BANK_TANGENT = 0.35
"""A gentle bank of 19 degrees; it limits the rate of turn to g tan(bank) / v."""
MOST_TURN_RADPS = 0.35
CLIMB_MPS = 8.0
WANDER_S = 300.0
"""Time over which an aircraft's straying across its path changes."""
ROUTE_STEP_S = 30.0
"""Spacing of the points of a declared route."""


@dataclass(frozen=True, slots=True, eq=False)
class Trajectory:
    """A path flown: samples every STEP_S.

    Attributes:
        time: (n,) Unix seconds.
        east, north: (n,) metres in the frame it was flown in.
        height_m: (n,) above the ellipsoid.
    """

    time: Floats
    east: Floats
    north: Floats
    height_m: Floats

    def at(self, time: float | Floats) -> tuple[Floats, Floats, Floats]:
        """East, north, height at times within it; NaN outside it."""
        return tuple(  # type: ignore[return-value]
            np.interp(time, self.time, column, left=np.nan, right=np.nan)
            for column in (self.east, self.north, self.height_m)
        )

    def velocity(self, time: float | Floats) -> tuple[Floats, Floats, Floats]:
        """East, north, up, m/s, by the difference over one step."""
        ahead, behind = self.at(np.add(time, STEP_S / 2)), self.at(np.subtract(time, STEP_S / 2))
        east, north, up = ((a - b) / STEP_S for a, b in zip(ahead, behind, strict=True))
        return east, north, up


def plan(craft: ScenarioAircraft, start: float, frame: SectorFrame) -> Trajectory:
    """The path as meant, from `start` (Unix seconds) plus the aircraft's own start.

    Raises:
        ModelError: `bad-path` for one that is over as it begins.
    """
    points = np.array([(p.lon, p.lat, p.alt_m, p.speed_mps) for p in craft.path])
    goals = np.column_stack([*frame.to_plane(points[:, 0], points[:, 1]), points[:, 2:]]).tolist()
    (x, y, height, _), speed = goals[0], goals[1][3]
    heading = math.atan2(goals[1][0] - x, goals[1][1] - y)
    samples = [(x, y, height)]
    for target, (goal_x, goal_y, goal_height, goal_speed) in enumerate(goals[1:], start=1):
        before = math.hypot(goal_x - x, goal_y - y)
        while True:
            to_go = math.hypot(goal_x - x, goal_y - y)
            turn_radius = speed**2 / (GRAVITY_MPS2 * BANK_TANGENT)
            close = to_go < max(speed * STEP_S, turn_radius if target + 1 < len(goals) else 0.0)
            if close or (to_go > before and to_go < 4 * turn_radius):
                break
            before = to_go
            wanted = math.atan2(goal_x - x, goal_y - y)
            most = min(GRAVITY_MPS2 * BANK_TANGENT / speed, MOST_TURN_RADPS) * STEP_S
            heading += _within((wanted - heading + math.pi) % math.tau - math.pi, most)
            speed += _within(goal_speed - speed, 0.5)
            x += speed * STEP_S * math.sin(heading)
            y += speed * STEP_S * math.cos(heading)
            height += _within(goal_height - height, CLIMB_MPS) * STEP_S
            samples.append((x, y, height))
    if len(samples) < 2:
        what = f"{craft.name} is at its last waypoint within {STEP_S:g} s"
        raise ModelError("bad-path", what, where=f"aircraft {craft.name}", remedy="put its waypoints further apart")
    table = np.array(samples)
    time = start + craft.start_s + STEP_S * np.arange(len(table), dtype=np.float64)
    return Trajectory(time, table[:, 0], table[:, 1], table[:, 2])


def _within(value: float, most: float) -> float:
    return min(max(value, -most), most)


def fly(craft: ScenarioAircraft, planned: Trajectory, rng: np.random.Generator) -> Trajectory:
    """The path as flown once: a little late or early, straying a little to the sides and in height."""
    late = float(np.clip(rng.normal(0.0, craft.start_sigma_s), -2 * craft.start_sigma_s, 2 * craft.start_sigma_s))
    count = len(planned.time)
    keep = np.exp(-STEP_S / WANDER_S)
    noise = rng.normal(size=(2, count)) * np.sqrt(1 - keep**2)
    stray = np.zeros((2, count))
    stray[:, 0] = rng.normal(size=2)
    for step in range(1, count):
        stray[:, step] = keep * stray[:, step - 1] + noise[:, step]
    along = np.gradient(np.column_stack([planned.east, planned.north]), axis=0)
    right = np.column_stack([along[:, 1], -along[:, 0]])
    right /= np.maximum(np.hypot(right[:, 0], right[:, 1]), 1e-6)[:, None]
    across = craft.wander_m * stray[0]
    return Trajectory(
        planned.time + late,
        planned.east + across * right[:, 0],
        planned.north + across * right[:, 1],
        np.maximum(planned.height_m + 0.2 * craft.wander_m * stray[1], 0.0),
    )


def route(planned: Trajectory, frame: SectorFrame) -> tuple[RoutePoint, ...]:
    """The path as meant, as the route of a declaration."""
    step = round(ROUTE_STEP_S / STEP_S)
    keep = np.unique(np.append(np.arange(0, len(planned.time), step), len(planned.time) - 1))
    lon, lat = frame.to_degrees(planned.east[keep], planned.north[keep])
    return tuple(
        RoutePoint(round(float(x), 6), round(float(y), 6), round(float(z), 1), float(t))
        for x, y, z, t in zip(lon, lat, planned.height_m[keep], planned.time[keep], strict=True)
    )
