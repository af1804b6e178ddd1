"""Declared plans laid out in a sector's plane, and what is held to be usual of those who keep to one and of others."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import shapely

from safeconduct.kernels import following, plans
from safeconduct.kernels.arrays import Floats, Ints, Record, Records
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.flight import Flight
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
CELL_M = 10_000.0
"""Plans are looked for by cells of this side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanModel:
    """How declared aircraft keep to their plans, and where the others are.

    Attributes:
        cross_m: one standard deviation across the route, of those that keep to it.
        late_s, spread_s: mean and standard deviation of lateness along the route, of those that are in time.
        untimely, untimely_s: share of those that keep to their route and not to their time, and by how much.
        course_deg, speed_mps, height_m: standard deviations against the plan's.
        aside_m: how far beside its plan one flies that does not keep to it.
        edge_m: volumes end this softly.
        axis_deg, axis_share: a share of those inside a long volume fly along it, within so much.
        crowd_cross_m: as `cross_m`, of others that keep near a declared flight.
        crowd_late_s: how far before or behind it they fly, one standard deviation.
        other_speeds_mps, other_heights_m: span of speeds and heights over which others are spread.
        look_around_s: a flight this early or late is no longer looked for.
    """

    cross_m: float = 250.0
    late_s: float = 22.0
    spread_s: float = 40.0
    untimely: float = 0.13
    untimely_s: float = 420.0
    course_deg: float = 12.0
    speed_mps: float = 8.0
    height_m: float = 150.0
    aside_m: float = 3000.0
    edge_m: float = 150.0
    axis_deg: float = 25.0
    axis_share: float = 0.7
    crowd_cross_m: float = 700.0
    crowd_late_s: float = 200.0
    other_speeds_mps: float = 60.0
    other_heights_m: float = 4000.0
    look_around_s: float = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowingModel:
    """How those who keep to a plan, those who leave it and those who follow another's behave over time.

    Attributes:
        steady_s: looks are averaged over about this long.
        turn_m, turn_s: a track is held against where its own course would have taken it, each time that this is so far
            away, or so long ago.
        wanders: how often other aircraft change course, per second.
        turns_to_plan: share of those changes after which another aircraft fits a given plan as well by chance.
        most_moved: most that having moved as planned says beside course and speed now, for or against, nats.
        most_turns: most that turning with the plan can say, nats.
        aside_share: share of declared flights that are beside their plan when first seen.
        joins: probability of a declared aircraft that was beside its plan to be on it later.
        leaves: how often a declared aircraft leaves its plan, per second.
        crowd: how many others keep near one declared flight, in the mean, from where they are first seen.
        crowd_heard: the same, near one that was declared to transmit: whoever means to be taken for it is near it.
        crowd_joins: how many more come from elsewhere to do so.
        crowd_leaves: how often such a one leaves, per second.
        crowd_returns: share of those that come back to it.
        off_s: who has left is off the plan after about this long.
        left_s: what was known of one that left fades to 1/e in this time.
        deciding_s: so long beside the plan means not on it.
    """

    steady_s: float = 15.0
    turn_m: float = 2500.0
    turn_s: float = 120.0
    wanders: float = 2.5e-3
    turns_to_plan: float = 0.15
    most_moved: float = 3.5
    most_turns: float = 10.0
    aside_share: float = 0.12
    joins: float = 0.006
    leaves: float = 4e-5
    crowd: float = 0.006
    crowd_heard: float = 0.04
    crowd_joins: float = 0.1
    crowd_leaves: float = 2e-4
    crowd_returns: float = 0.3
    off_s: float = 60.0
    left_s: float = 3600.0
    deciding_s: float = 15.0


class Plans:
    """All plans known, as arrays. A flight keeps its slot for good; a new version of it takes the place of the old."""

    def __init__(self, frame: SectorFrame, model: PlanModel, rules: FollowingModel) -> None:
        self._frame, self._reach_m = frame, 2.0 * model.aside_m
        self._look_around_s = model.look_around_s
        self.flights: list[Flight] = []
        self.slot: dict[str, int] = {}
        self.model = _model(model)
        self.rules = _record(following.RULES, asdict(rules))
        self._parts: list[_Part] = []
        self.plans = np.zeros(0, plans.PLAN)
        self.legs, self.volumes, self.rings = np.zeros(0, plans.LEG), np.zeros(0, plans.VOLUME), np.zeros((0, 2))
        self._stale = False
        self._usual, self._rules = model, rules

    def put(self, flight: Flight) -> int:
        """Takes a flight; returns its slot."""
        slot = self.slot.setdefault(flight.id, len(self.flights))
        part = _Part(flight, self._frame)
        if slot == len(self.flights):
            self.flights.append(flight)
            self._parts.append(part)
        else:
            self.flights[slot], self._parts[slot] = flight, part
        self._stale = True
        return slot

    def active(self, now: float) -> Ints:
        """Slots of the flights that may be in the air now."""
        if self._stale:
            self._lay_out()
        found: Ints = np.flatnonzero((self.plans["starts"] <= now) & (now <= self.plans["ends"]))
        return found

    def near(self, flyers: Records, active: Ints, now: float) -> tuple[Ints, Ints]:
        """Rows of flyers, and slots of the active plans that are not too far from each; ascending by both."""
        if not len(flyers) or not len(active):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        west, south = float(flyers["x"].min()), float(flyers["y"].min())
        wide = int((flyers["x"].max() - west) // CELL_M) + 1
        high = int((flyers["y"].max() - south) // CELL_M) + 1
        # Aircraft spread over half the globe must not need a cell for every ten kilometres of it.
        side = CELL_M * max(1.0, math.sqrt(wide * high / 1e5))
        wide, high = int(wide * CELL_M // side) + 1, int(high * CELL_M // side) + 1
        starts, slots = following.plans_by_cell(self.plans, active, side, west, south, wide, high)
        rows, found = following.near_pairs(
            *(self.plans, self.legs, self.volumes, self.model, now, starts, slots, side, west, south, wide, flyers)
        )
        return rows, found

    def expected(self, active: Ints, now: float) -> Iterator[tuple[float, Floats]]:
        """Where the active flights may be now if they are flown: a probability, and (n, 3) x, y, height; NaN where they
        would not be in the air."""
        usual = self._usual
        off = (-1.5, -0.75, 0.75, 1.5)
        for share, late in [(1.0 - usual.untimely, usual.late_s)] + [
            (usual.untimely / len(off), usual.untimely_s * part) for part in off
        ]:
            yield share, plans.planned_places(self.plans, self.legs, self.volumes, active, now - late)

    def _lay_out(self) -> None:
        self._stale = False
        self.plans = np.zeros(len(self.flights), plans.PLAN)
        padding = Padding(self.flights)
        legs: list[Records] = []
        volumes: list[Records] = []
        corners = 0
        for part, plan in zip(self._parts, self.plans, strict=True):
            mine = part.volumes.copy()
            mine["first"] += corners
            mine["last"] += corners
            corners += len(part.rings)
            padding.plan(part.flight, mine)
            routed = len(part.route) > 0
            way = route_legs(part.route, self._usual) if routed else volume_legs(part, mine, self._usual)
            plan["routed"] = routed
            plan["first_leg"], plan["first_volume"] = sum(len(one) for one in legs), sum(len(one) for one in volumes)
            legs.append(way)
            volumes.append(mine)
            plan["last_leg"], plan["last_volume"] = plan["first_leg"] + len(way), plan["first_volume"] + len(mine)
            self._bound(plan, part.flight, way, mine)
        self.legs, self.volumes = np.concatenate(legs), np.concatenate(volumes)
        self.rings = np.concatenate([part.rings for part in self._parts])

    def _bound(self, plan: Record, flight: Flight, legs: Records, volumes: Records) -> None:
        """When, where and how fast a flight is looked for."""
        plan["slow"], plan["fast"] = SPEED_RANGE_MPS.get(flight.aircraft.type, (math.nan, math.nan))
        plan["crowd"] = self._rules.crowd_heard if flight.emits else self._rules.crowd
        plan["starts"], plan["ends"] = flight.start - self._look_around_s, flight.end + self._look_around_s
        x, y = [*volumes["west"], *volumes["east"]], [*volumes["south"], *volumes["north"]]
        x += [*legs["x"], *(legs["x"] + legs["length"] * legs["ahead_x"])]
        y += [*legs["y"], *(legs["y"] + legs["length"] * legs["ahead_y"])]
        plan["west"], plan["east"] = min(x) - self._reach_m, max(x) + self._reach_m
        plan["south"], plan["north"] = min(y) - self._reach_m, max(y) + self._reach_m


class _Part:
    """What does not change of a flight's plan: volumes and route in the plane.

    Attributes:
        route: (n, 4) x, y, height, time; empty without a route.
        shapes: one polygon a volume; rings: their corners, one after the other.
    """

    def __init__(self, flight: Flight, frame: SectorFrame) -> None:
        self.flight = flight
        route = flight.route if len(flight.route) > 1 else ()
        x, y = frame.to_plane(np.array([p.lon for p in route]), np.array([p.lat for p in route]))
        self.route = np.column_stack([x, y, [p.alt_m for p in route], [p.time for p in route]])
        self.shapes: list[shapely.Polygon] = []
        self.volumes = np.zeros(len(flight.volumes), plans.VOLUME)
        first = 0
        for volume, record in zip(flight.volumes, self.volumes, strict=True):
            corners = np.array(volume.outline)
            ring = np.column_stack(frame.to_plane(corners[:, 0], corners[:, 1]))
            self.shapes.append(shapely.Polygon(ring))
            record["starts"], record["ends"] = volume.start, volume.end
            record["lower"], record["upper"] = volume.lower_m, volume.upper_m
            record["west"], record["south"], record["east"], record["north"] = self.shapes[-1].bounds
            record["area"] = max(self.shapes[-1].area, 1.0)
            record["first"], record["last"] = first, first + len(ring)
            first += len(ring)
        self.rings = np.concatenate([np.asarray(shape.exterior.coords)[:-1] for shape in self.shapes])
        for index, record in enumerate(self.volumes):
            record["axis_x"], record["axis_y"] = _axis(self.shapes, index)


class Padding:
    """How long before and after the time that it is for a volume is active.

    Parties pad their volumes by habit. How, is seen from those flights of theirs for which they declared a route too.
    Where a party declared none, the time in which two volumes of a flight are both active tells how much, and the habits
    of the others how it is shared out; without these evenly, known less well.
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
            unsure = float(np.ptp(self._others)) / 2.0 if len(self._others) > 1 else both / 4.0
            volumes["spread"] = math.hypot(SPREAD_S, unsure)
        for index, record in enumerate(volumes):
            fits = before + after < record["ends"] - record["starts"]
            record["enters"] = record["starts"] + (before if fits else 0.0)
            record["leaves"] = record["ends"] - (after if fits else 0.0)
            if index and fits:
                volumes[index - 1]["leaves"] = record["enters"]


def route_legs(route: Floats, usual: PlanModel) -> Records:
    """The legs of a declared route."""
    legs = np.zeros(len(route) - 1, plans.LEG)
    _fill(legs, route)
    legs["cross"], legs["spread"], legs["course"] = usual.cross_m, usual.spread_s, math.radians(usual.course_deg)
    legs["speed"], legs["tall"] = usual.speed_mps, usual.height_m
    return legs


def volume_legs(part: _Part, volumes: Records, usual: PlanModel) -> Records:
    """The legs of the way read from volumes (`picture.way`), as far as they are flown straight through."""
    shapes, legs = part.shapes, []
    if len(shapes) < 2:
        return np.zeros(0, plans.LEG)
    places, margin = gates(shapes)
    slow, _ = SPEED_RANGE_MPS.get(part.flight.aircraft.type, (0.0, 0.0))
    for index, record in enumerate(volumes):
        lasts = float(record["leaves"] - record["enters"])
        way, doubt = through(shapes[index], places[index], places[index + 1], margin)
        flown = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
        if lasts <= 0.0 or flown[-1] < STRAIGHT_THROUGH * slow * lasts:
            continue
        height = np.full(len(way), (record["lower"] + record["upper"]) / 2.0)
        record["read"] = READ
        leg = np.zeros(len(way) - 1, plans.LEG)
        _fill(leg, np.column_stack([way, height, record["enters"] + flown / flown[-1] * lasts]))
        leg["cross"] = math.hypot(usual.cross_m, READ_M, doubt)
        leg["spread"] = math.hypot(usual.spread_s, record["spread"])
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


def _record(dtype: np.dtype[np.void], values: dict[str, float]) -> Record:
    record = np.zeros(1, dtype)
    for name in dtype.names or ():
        record[name] = values[name]
    return record[0]


def _model(model: PlanModel) -> Record:
    radians = math.radians(1.0)
    return _record(
        plans.MODEL,
        {
            "late": model.late_s,
            "speed": model.speed_mps,
            "height": model.height_m,
            "edge": model.edge_m,
            "untimely": model.untimely,
            "untimely_s": model.untimely_s,
            "aside": model.aside_m,
            "crowd_cross": model.crowd_cross_m,
            "crowd_late": model.crowd_late_s,
            "look_around": model.look_around_s,
            "other_speeds": model.other_speeds_mps,
            "other_heights": model.other_heights_m,
            "axis_course": model.axis_deg * radians,
            "axis_share": model.axis_share,
        },
    )
