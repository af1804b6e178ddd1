"""An observer of the identification benchmark that knows how its scenarios are made: what nobody can know is left.

It is told, of every aircraft that is tracked, which declared path it flies, if any, by how many seconds it started late
on it and how fast it goes, all along, against the plan; that one which flies aside of a path is the diverted aircraft;
that a shadower is one; and the whole path of every flight, also of those that declared volumes only (whoever knows how
these were cut from the path can draw it again from them). It is not told which of the aircraft on a path is the
declared one. On one path there can be, beside it, those that fly it with its identifier 2 to 4 minutes before or behind
it, and look-alikes 15 to 25 minutes off. Whether it flies at all, late or early, and whether it transmits, is told by
the generator's probabilities, by what was heard, and by what would have been heard.

Bayes' rule over who of those seen so far is the declared aircraft, or that it has yet to come. Nothing of this is in
the product, which knows no generator.
"""

import json
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from benchmarks.identity_scoring import bench_module
from benchmarks.identity_told import Told

from safeconduct.model.detection import DetectionBatch

Floats = npt.NDArray[np.float64]

LATE_S = {"late": (360.0, 600.0), "early": (-600.0, -300.0)}
ON_TIME_S = (-45.0, 90.0)
ALIKE_S, NEAR_OWNER_S = (900.0, 1500.0), (120.0, 240.0)
"""How far off its path's time each kind starts, uniformly; those with the identifier relative to the owner."""
SILENT = {"dark": 1.0, "late": 0.5, "early": 0.5, "diverted": 0.5, "declared": 0.0, "no_show": 0.0}
"""Chance that one of a kind does not transmit."""
ALIKE_EMITS = 0.3
IMPOSSIBLE, OVERLOOKED = 1e-9, 1e-3
"""Likelihoods of what the generator cannot make, and of not having been seen where one should have been."""
APPEARS_S = 15.0
"""An aircraft that comes into reach is seen within this time."""
OWN_PACE, OTHERS_PACE, GUST_MPS = (0.985, 1.015), (0.96, 1.04), 0.7
"""Speeds against the plan's, uniformly; the owner meets another wind than the one planned for, too."""
SAME_START_M = 500.0
STEP_S = 5.0


@dataclass(slots=True)
class Follower:
    """One aircraft on a declared path.

    Attributes:
        late_s: how late it started; pace: its speed against the plan's.
        aside_from: when it leaves the path, if it is the diverted one, scenario seconds.
        missed: by channel, for each 5 s of the scenario, ln of the chance that all it sent until then was missed.
    """

    late_s: float
    pace: float
    aside_from: float
    missed: dict[str, Floats]
    heard: set[str] = field(default_factory=set)
    signed: bool = False
    seen: bool = False

    def likelihood(self, channels: list[str], own: set[str], slot: int) -> float:
        """Of what was heard of it, if it sends the identifiers `own` through `channels`."""
        if self.heard:
            return 1.0 if channels and self.heard <= own else IMPOSSIBLE
        return float(np.exp(sum(self.missed[channel][slot] for channel in channels)))


@dataclass(slots=True)
class Declared:
    """One flight as the observer knows it.

    Attributes:
        kinds: chance of each kind, given its declaration; never zero.
        visible_s: seconds from its start until it can be seen.
    """

    record: dict[str, Any]
    start: float
    speed_mps: float
    kinds: dict[str, float]
    visible_s: float
    with_identifier: float
    alike: float
    followers: dict[int, Follower] = field(default_factory=dict)

    @property
    def own(self) -> set[str]:
        """Its identifiers."""
        return set(self.record["identifiers"].values())

    @property
    def stolen(self) -> list[str]:
        """The channel that a spoofer uses."""
        return ["adsb" if "icao_address" in self.record["identifiers"] else "remote_id"]


class Observer:
    """See the head of this file. Feed it every batch, then ask."""

    def __init__(self, told: Told) -> None:
        self._make = bench_module("make")
        meta = json.loads((told.scenario / "meta.json").read_text())
        self._settings = self._make.PRESETS[meta["preset"]]
        self._begin = float(np.datetime64(meta["start"].removesuffix("Z")).astype("datetime64[ms]").astype(float)) / 1e3
        self._sensors = json.loads((told.scenario / "sensors.json").read_text())
        self._faults = meta["faults"]
        plans, aircraft = self._remade(meta["preset"], meta["seed"])
        self._flights = [self._declared(plan, plans) for plan in plans]
        self._of: dict[int, Declared] = {}
        for number, path in enumerate(told.paths):
            self._follow(number, aircraft[int(path.name.split("-")[1]) - 1], plans)

    def _remade(self, preset: str, seed: int) -> tuple[list[Any], list[Any]]:
        """The plans and the aircraft, drawn again as the generator's `main` draws them."""
        make, settings = self._make, self._settings
        rng = np.random.default_rng([seed, *preset.encode()])
        wind = rng.uniform(-7, 7, 2)
        kinds = [(kind, i) for kind, n in settings.flights.items() for i in range(n)]
        numbers = 1 + rng.permutation(len(kinds))
        made = [make.declare(rng, settings, n, kind, i, wind) for n, (kind, i) in zip(numbers, kinds, strict=True)]
        plans = [plan for plan, _ in made]
        aircraft = [craft for _, craft in made if craft]
        aircraft += [make.intrude(rng, kind, i, plans, wind) for kind, n in settings.others.items() for i in range(n)]
        return plans, aircraft

    def _declared(self, plan: Any, plans: list[Any]) -> Declared:
        """What a declaration tells of its kind, and how likely it is to be followed."""
        settings, record, fixed = self._settings, plan.record, self._make.FIXED_WING
        counts = dict(settings.flights)
        flies_fixed = [p for p in plans if p.record["aircraft_type"] in fixed]
        if plan.dark:
            counts = {"dark": 1}
        elif record["aircraft_type"] not in fixed:
            counts = {"declared": 1}
        else:
            counts.pop("dark")
            counts["declared"] = sum(index % 5 <= 2 for index in range(counts["declared"]))
        minutes = len(plan.path.t) / 60.0
        for kind in counts:
            span = 49.0 - minutes if kind == "early" else 60.0 - minutes
            counts[kind] = counts[kind] / max(span, 1.0) if kind != "early" or plan.path.t[0] >= 180.0 else 0.0
        total = sum(counts.values())
        copied = [p for p in flies_fixed if p.record["identifiers"] and p.record["emits"]]
        near = sum(index % 2 == 0 for index in range(settings.others["spoofer"])) / max(len(copied), 1)
        alike = sum(index % 3 == 2 for index in range(settings.others["look_alike"])) / len(flies_fixed)
        seen = np.flatnonzero(self._reach(plan.path, record["aircraft_type"], ("radar", "camera")) > 0.0)
        return Declared(
            record=record,
            start=float(plan.path.t[0]),
            speed_mps=plan.speed,
            kinds={kind: count / total for kind, count in counts.items() if count},
            visible_s=float(seen[0]) if len(seen) else np.inf,
            with_identifier=near if plan in copied else IMPOSSIBLE,
            alike=alike if plan in flies_fixed else IMPOSSIBLE,
        )

    def _reach(self, path: Any, kind: str, sensors: tuple[str, ...]) -> Floats:
        """For each second of a path, the best chance that one look of such a sensor finds an aircraft there."""
        lla, best = self._make.to_lla(path.xyz), np.zeros(len(path.t))
        craft = self._make.Aircraft("", kind, path, {kind: {} for kind in sensors})
        for sensor in self._sensors:
            if sensor["kind"] in sensors:
                slant, _ = self._make.look(sensor, lla)
                best = np.maximum(best, self._make.chance(sensor, craft, slant, lla[:, 2]))
        return best

    def _follow(self, number: int, craft: Any, plans: list[Any]) -> None:
        """Notes an aircraft that flies a declared path."""
        of = next((n for n, plan in enumerate(plans) if plan.record["id"] == craft.flight), None)
        if of is None and craft.kind in ("spoofer", "look_alike"):
            away = [np.hypot(*np.subtract(craft.path.xyz[0], plan.waypoints[0])[:2]) for plan in plans]
            nearest = int(np.argmin(away))
            of = nearest if away[nearest] < SAME_START_M else None
        if of is None:
            return
        plan, flight = plans[of], self._flights[of]
        aside = craft.path.t[0] + 0.3 * len(plan.path.t) if craft.kind == "diverted" else np.inf
        missed = {channel: self._missed(craft, channel) for channel in ("adsb", "remote_id")}
        late_s, pace = float(craft.path.t[0] - plan.path.t[0]), len(plan.path.t) / len(craft.path.t)
        flight.followers[number] = Follower(late_s, pace, float(aside), missed)
        self._of[number] = flight

    def _missed(self, craft: Any, channel: str) -> Floats:
        """ln of the chance that all was missed until each 5 s of the scenario, if it transmits on this channel."""
        slots = np.arange(0.0, self._make.DURATION_S + STEP_S, STEP_S)
        flies = (slots >= craft.path.t[0]) & (slots < craft.path.t[-1])
        lla, log = self._make.to_lla(craft.path.at(slots)), np.zeros(len(slots))
        sender = self._make.Aircraft("", craft.type, craft.path, {channel: {}})
        for sensor in self._sensors:
            if sensor["kind"] == channel:
                slant, _ = self._make.look(sensor, lla)
                found = self._make.chance(sensor, sender, slant, lla[:, 2]) * flies
                for begin, end in self._faults[sensor["id"]]["outages"]:
                    found[(slots >= begin) & (slots < end)] = 0.0
                log += STEP_S / sensor["period_s"] * np.log1p(-found)
        # What was sent in the last 5 s may still be on its way.
        return np.concatenate([[0.0, 0.0], np.cumsum(log)[:-2]])

    def take(self, batch: DetectionBatch, of: npt.NDArray[np.int64]) -> None:
        """One batch with the aircraft of each row."""
        for row, said in batch.claims.items():
            number = int(of[row])
            if number in self._of:
                follower = self._of[number].followers[number]
                follower.heard.update(i.value for i in said.identifiers if i.kind.value != "callsign")
                follower.signed |= said.authenticated

    def assess(self, now: float, numbers: list[int]) -> list[dict[str, float]]:
        """For each aircraft that is tracked, the chances of the flights that it may be."""
        time, said = now - self._begin, []
        for number in numbers:
            if number in self._of:
                self._of[number].followers[number].seen = True
        chances = {flight.record["id"]: self._owners(flight, time) for flight in self._flights}
        for number in numbers:
            of = self._of.get(number)
            said.append({of.record["id"]: chances[of.record["id"]][number]} if of else {})
        return said

    def _owners(self, flight: Declared, time: float) -> dict[int, float]:
        """For each aircraft seen on a flight's path so far, the chance that it is the declared one."""
        seen = {number: one for number, one in flight.followers.items() if one.seen}
        sure = next((n for n, one in seen.items() if one.signed or one.aside_from <= time), None)
        if sure is not None:
            return {number: float(number == sure) for number in seen}
        slot = min(int(time / STEP_S), self._make.DURATION_S // int(STEP_S))
        weights = {
            n: self._as_owner(flight, one, slot) * self._rest(flight, seen, n, one.late_s, slot)
            for n, one in seen.items()
        }
        total = sum(weights.values()) + self._yet_to_come(flight, seen, time, slot)
        return {number: weight / total if total else 0.0 for number, weight in weights.items()}

    def _as_owner(self, flight: Declared, one: Follower, slot: int) -> float:
        """Likelihood that the declared aircraft starts so late and was heard so, whatever its kind."""
        whole, gust = 0.0, GUST_MPS / flight.speed_mps
        edges = [0.5 * math.erf((edge - one.pace) / (gust * math.sqrt(2.0))) for edge in OWN_PACE]
        pace = (edges[1] - edges[0]) / (OWN_PACE[1] - OWN_PACE[0])
        for kind, chance in flight.kinds.items():
            if kind == "no_show":
                continue
            for silent, share in ((True, SILENT[kind]), (False, 1.0 - SILENT[kind])):
                channels = [] if silent else flight.record["emits"] or list(self._channels(flight))
                told = self._told(flight, silent=silent) * one.likelihood(channels, flight.own, slot)
                whole += chance * share * told * uniform(one.late_s, LATE_S.get(kind, ON_TIME_S))
        return whole * pace

    @staticmethod
    def _channels(flight: Declared) -> tuple[str, ...]:
        return tuple(
            c
            for c, key in (("adsb", "icao_address"), ("remote_id", "remote_id_serial"))
            if key in flight.record["identifiers"]
        )

    @staticmethod
    def _told(flight: Declared, *, silent: bool) -> float:
        """Likelihood that one which will, or will not, be silent declares what it did of its emissions."""
        if not silent:
            return 1.0 if flight.record["emits"] else 0.0
        if not flight.record["identifiers"]:
            return 0.5
        return 0.2 if flight.record["emits"] else 0.3

    def _rest(self, flight: Declared, seen: dict[int, Follower], owner: int, late_s: float, slot: int) -> float:
        """Likelihood of the others on the path, if the owner starts so late."""
        whole = 1.0
        for number, one in seen.items():
            if number != owner:
                near = flight.with_identifier * 0.5 * uniform(abs(one.late_s - late_s), NEAR_OWNER_S)
                near *= one.likelihood(flight.stolen, flight.own, slot)
                pace = 1.0 / (OTHERS_PACE[1] - OTHERS_PACE[0])
                whole *= pace * (near + self._alike(flight, one, slot)) + IMPOSSIBLE
        return whole

    def _alike(self, flight: Declared, one: Follower, slot: int) -> float:
        """Likelihood of a look-alike on the path that starts so late."""
        late_s = one.late_s if flight.start < 1200.0 else -one.late_s
        if one.heard & flight.own:
            return 0.0
        quiet = float(np.exp(one.missed["adsb"][slot]))
        heard = ALIKE_EMITS if one.heard else 1.0 - ALIKE_EMITS + ALIKE_EMITS * quiet
        return flight.alike * uniform(late_s, ALIKE_S) * heard

    def _yet_to_come(self, flight: Declared, seen: dict[int, Follower], time: float, slot: int) -> float:
        """Likelihood that none of those seen is the declared aircraft: it has yet to come, or never will."""
        whole = 0.0
        for kind, chance in flight.kinds.items():
            told = SILENT[kind] * self._told(flight, silent=True) + (1.0 - SILENT[kind]) * self._told(
                flight, silent=False
            )
            if kind == "no_show":
                pace = 1.0 / (OTHERS_PACE[1] - OTHERS_PACE[0])
                whole += chance * told * math.prod(pace * self._alike(flight, one, slot) for one in seen.values())
                continue
            low, high = LATE_S.get(kind, ON_TIME_S)
            for late_s in np.arange(low + 2.5, high, 5.0).tolist():
                due = max(flight.start + late_s + flight.visible_s, 0.0) + APPEARS_S
                hidden = 1.0 if time < due else OVERLOOKED
                rest = self._rest(flight, seen, -1, late_s, slot)
                whole += chance * told * hidden * rest * 5.0 / (high - low)
        return whole


def uniform(x: float, span: tuple[float, float]) -> float:
    """Density; the generator rounds delays to whole seconds."""
    low, high = span
    return 1.0 / (high - low) if low - 1.0 <= x <= high + 1.0 else 0.0
