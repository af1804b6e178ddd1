"""All declared plans as arrays: which of them may be in the air, near which aircraft, and where they are due."""

import math
from collections.abc import Iterator

import numpy as np

from safeconduct.kernels import following, plans
from safeconduct.kernels.arrays import Floats, Ints, Record, Records
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.flight import Flight
from safeconduct.model.identifier import Identifier
from safeconduct.picture.layout import SPEED_RANGE_MPS, Padding, Part, legs_of
from safeconduct.picture.plan_model import FollowingModel, PlanModel, model_record, rules_record

CELL_M = 10_000.0
"""Plans are looked for by cells of this side."""


class Plans:
    """All plans known, as arrays. A flight keeps its slot for good; a new version of it takes the place of the old.

    Attributes:
        flights: by slot. slot: of a flight, by its id. owners: slots of the flights that declared an identifier.
        plans, legs, volumes, rings, model, rules: as `kernels.following.follow` takes them.
    """

    def __init__(self, frame: SectorFrame, model: PlanModel, rules: FollowingModel) -> None:
        self._frame, self._reach_m = frame, 2.0 * model.aside_m
        self._look_around_s = model.look_around_s
        self.flights: list[Flight] = []
        self.slot: dict[str, int] = {}
        self.owners: dict[Identifier, set[int]] = {}
        self.model = model_record(model)
        self.rules = rules_record(rules)
        self._parts: list[Part] = []
        self.plans = np.zeros(0, plans.PLAN)
        self.legs, self.volumes, self.rings = np.zeros(0, plans.LEG), np.zeros(0, plans.VOLUME), np.zeros((0, 2))
        self._stale = False
        self._usual, self._rules = model, rules

    def put(self, flight: Flight) -> int:
        """Takes a flight; returns its slot."""
        part = Part(flight, self._frame)
        slot = self.slot.setdefault(flight.id, len(self.flights))
        if slot == len(self.flights):
            self.flights.append(flight)
            self._parts.append(part)
        else:
            for identifier in self.flights[slot].aircraft.identifiers:
                self.owners[identifier].discard(slot)
            self.flights[slot], self._parts[slot] = flight, part
        for identifier in flight.aircraft.identifiers:
            self.owners.setdefault(identifier, set()).add(slot)
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
        usual = self._usual.lateness
        least, most = usual.untimely_s - usual.untimely_spread_s, usual.untimely_s + usual.untimely_spread_s
        others = (-most, -least, least, most)
        each = usual.untimely / len(others)
        for share, late in [(1.0 - usual.untimely, usual.in_time_s)] + [(each, late) for late in others]:
            yield share, plans.planned_places(self.plans, self.legs, self.volumes, active, now - late)

    def _lay_out(self) -> None:
        self._stale = False
        self.plans = np.zeros(len(self.flights), plans.PLAN)
        padding = Padding(self.flights)
        legs: list[Records] = []
        volumes: list[Records] = []
        corners = first_leg = first_volume = 0
        for part, plan in zip(self._parts, self.plans, strict=True):
            mine = part.volumes.copy()
            mine["first"] += corners
            mine["last"] += corners
            corners += len(part.rings)
            padding.plan(part.flight, mine)
            way = legs_of(part, mine, self._usual)
            plan["routed"] = len(part.route) > 0
            plan["first_leg"], plan["last_leg"] = first_leg, first_leg + len(way)
            plan["first_volume"], plan["last_volume"] = first_volume, first_volume + len(mine)
            self._bound(plan, part.flight, way, mine)
            first_leg, first_volume = first_leg + len(way), first_volume + len(mine)
            legs.append(way)
            volumes.append(mine)
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
