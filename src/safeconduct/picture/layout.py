"""One declared flight laid out in a sector's plane: its volumes, when it is to be in each, and its legs."""

import math
from collections.abc import Sequence

import numpy as np
import shapely

from safeconduct.kernels import plans
from safeconduct.kernels.arrays import Floats, Records
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.flight import Flight
from safeconduct.picture.plan_model import PlanModel
from safeconduct.picture.way import gates, through

SPEED_RANGE_MPS = {
    "male_uav": (45.0, 70.0),
    "tactical_uav": (26.0, 40.0),
    "cargo_drone": (24.0, 34.0),
    "quadcopter": (0.0, 20.0),
    "airliner": (60.0, 270.0),
    "helicopter": (0.0, 90.0),
}
"""Speeds over ground by type, without wind; a type that is not here has none."""
LONG = 1.8
"""A volume this many times as long as wide is flown through along its length."""
STRAIGHT_THROUGH = 0.8
"""Who would need more time than this for the way through a volume, of what is planned at his slowest, loiters in it."""
READ = 0.9
"""How probable it is that a way read from a volume is the one that is flown through it."""
READ_M = 200.0
"""How far beside the true way that is read from volumes may be, one standard deviation."""
SPREAD_S = 20.0
"""One standard deviation of when a flight that is in time comes into a volume and leaves it, where its padding is
known."""


class Part:
    """What does not change of a flight's plan: volumes and route in the plane.

    Attributes:
        route: (n, 4) x, y, height, time; empty without a route.
        rings: corners of the volumes, one after the other.
        ways: the way read from each volume, (n, 2), and how far beside it the true one may be, m; none with a route.
    """

    def __init__(self, flight: Flight, frame: SectorFrame) -> None:
        self.flight = flight
        route = flight.route if len(flight.route) > 1 else ()
        x, y = frame.to_plane(np.array([p.lon for p in route]), np.array([p.lat for p in route]))
        self.route = np.column_stack([x, y, [p.alt_m for p in route], [p.time for p in route]])
        shapes: list[shapely.Polygon] = []
        rings: list[Floats] = []
        self.volumes = np.zeros(len(flight.volumes), plans.VOLUME)
        first = 0
        for volume, record in zip(flight.volumes, self.volumes, strict=True):
            corners = np.array(volume.outline)
            ring = np.column_stack(frame.to_plane(corners[:, 0], corners[:, 1]))
            shapes.append(_polygon(ring))
            record["starts"], record["ends"] = volume.start, volume.end
            record["lower"], record["upper"] = volume.lower_m, volume.upper_m
            record["west"], record["south"], record["east"], record["north"] = shapes[-1].bounds
            record["area"] = max(shapes[-1].area, 1.0)
            record["first"], record["last"] = first, first + len(ring)
            first += len(ring)
            rings.append(ring)
        self.rings = np.concatenate(rings)
        for index, record in enumerate(self.volumes):
            record["axis_x"], record["axis_y"] = _axis(shapes, index)
        self.ways: list[tuple[Floats, float]] = []
        if not route and len(shapes) > 1:
            places, margin = gates(shapes)
            self.ways = [through(shape, places[i], places[i + 1], margin) for i, shape in enumerate(shapes)]


def _polygon(ring: Floats) -> shapely.Polygon:
    """What is simple in degrees may cross itself in the plane by a hair, or have no area: then what lies round it."""
    shape = shapely.Polygon(ring)
    if shape.is_valid and shape.area > 0.0:
        return shape
    hull = shapely.MultiPoint(ring).convex_hull
    return hull if isinstance(hull, shapely.Polygon) else shapely.Polygon(hull.buffer(1.0).exterior)


class Padding:
    """How long before and after the time that it is for a volume is active.

    Parties pad their volumes by habit. How, is seen from those flights of theirs for which they declared a route too.
    Where a party declared none, the time in which two volumes of a flight are both active tells how much, and the
    habits of the others how it is shared out; without these evenly, known less well.
    """

    def __init__(self, flights: Sequence[Flight]) -> None:
        self._habits: dict[str, tuple[float, float]] = {}
        seen: dict[str, list[tuple[float, float]]] = {}
        for flight in flights:
            if len(flight.route) > 1:
                before, after = flight.route[0].time - flight.start, flight.end - flight.route[-1].time
                seen.setdefault(flight.party, []).append((before, after))
        for party, pairs in seen.items():
            before, after = np.median(np.array(pairs), axis=0)
            self._habits[party] = (max(float(before), 0.0), max(float(after), 0.0))
        self._others = np.array([before for before, _ in self._habits.values()])

    def plan(self, flight: Flight, volumes: Records) -> None:
        """Fills in when the flight is to come into each of its volumes, and to leave it."""
        before, after = self._habits.get(flight.party, (0.0, 0.0))
        volumes["spread"] = SPREAD_S
        if flight.party not in self._habits and len(volumes) > 1:
            both = max(float(np.median(volumes["ends"][:-1] - volumes["starts"][1:])), 0.0)
            before = min(float(np.median(self._others)), both) if len(self._others) else both / 2.0
            after = both - before
            # Whatever one other party declares, a party's own volumes bound how far off it can be.
            differ = float(np.subtract(*np.percentile(self._others, (75, 25)))) if len(self._others) > 1 else math.inf
            volumes["spread"] = math.hypot(SPREAD_S, min(differ, both / 4.0))
        for index, record in enumerate(volumes):
            fits = before + after < record["ends"] - record["starts"]
            record["enters"] = record["starts"] + (before if fits else 0.0)
            record["leaves"] = record["ends"] - (after if fits else 0.0)
            if index and fits:
                volumes[index - 1]["leaves"] = record["enters"]


def legs_of(part: Part, volumes: Records, usual: PlanModel) -> Records:
    """The legs of a flight (`kernels.plans.LEG`): of its route, or of the way read from its volumes.

    Args:
        volumes: of the flight, with the times by `Padding.plan`; which of them have such a way is noted in them.
    """
    return _route_legs(part.route, usual) if len(part.route) else _volume_legs(part, volumes, usual)


def _route_legs(route: Floats, usual: PlanModel) -> Records:
    """The legs of a declared route."""
    legs = np.zeros(len(route) - 1, plans.LEG)
    _fill(legs, route)
    legs["cross"], legs["spread"] = usual.cross_m, usual.lateness.spread_s
    legs["course"] = math.radians(usual.course_deg)
    legs["speed"], legs["tall"] = usual.speed_mps, usual.height_m
    return legs


def _volume_legs(part: Part, volumes: Records, usual: PlanModel) -> Records:
    """The legs of the way read from volumes (`picture.way`), as far as they are flown straight through."""
    legs = []
    slow, _ = SPEED_RANGE_MPS.get(part.flight.aircraft.type, (0.0, 0.0))
    for (way, doubt), record in zip(part.ways, volumes, strict=False):
        lasts = float(record["leaves"] - record["enters"])
        flown = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
        if lasts <= 0.0 or flown[-1] < max(STRAIGHT_THROUGH * slow * lasts, 1.0):
            continue
        height = np.full(len(way), (record["lower"] + record["upper"]) / 2.0)
        record["read"] = READ
        leg = np.zeros(len(way) - 1, plans.LEG)
        _fill(leg, np.column_stack([way, height, record["enters"] + flown / flown[-1] * lasts]))
        leg["cross"] = math.hypot(usual.cross_m, READ_M, doubt)
        leg["spread"] = math.hypot(usual.lateness.spread_s, record["spread"])
        leg["course"] = math.radians(usual.axis_deg)
        leg["speed"] = math.hypot(usual.speed_mps, 0.1 * flown[-1] / lasts)
        leg["tall"] = math.hypot((record["upper"] - record["lower"]) / 4.0, 50.0)
        legs.append(leg)
    return np.concatenate(legs) if legs else np.zeros(0, plans.LEG)


def _fill(legs: Records, points: Floats) -> None:
    """Legs from point to point, each x, y, height, time."""
    step = np.diff(points, axis=0)
    length = np.maximum(np.hypot(step[:, 0], step[:, 1]), 1.0)
    legs["x"], legs["y"], legs["height"], legs["starts"] = points[:-1].T
    legs["ahead_x"], legs["ahead_y"], legs["length"] = step[:, 0] / length, step[:, 1] / length, length
    legs["rise"], legs["lasts"] = step[:, 2], step[:, 3]


def _axis(shapes: Sequence[shapely.Polygon], index: int) -> tuple[float, float]:
    """The way in which a volume is flown through, a unit vector: along its length, towards the next; (0, 0) where it is
    not long, or it cannot be told which way."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shapes[index]))
    sides = np.diff(corners[:3], axis=0)
    lengths = np.hypot(sides[:, 0], sides[:, 1])
    if len(shapes) < 2 or lengths.max() < LONG * lengths.min():
        return 0.0, 0.0
    axis = sides[np.argmax(lengths)] / lengths.max()
    before, after = shapes[max(index - 1, 0)].centroid, shapes[min(index + 1, len(shapes) - 1)].centroid
    way = (after.x - before.x) * axis[0] + (after.y - before.y) * axis[1]
    if abs(way) < 0.25 * lengths.max():
        return 0.0, 0.0
    axis *= np.sign(way)
    return float(axis[0]), float(axis[1])
