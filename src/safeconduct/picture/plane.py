"""The tracker in the plane: slots, groups and steps, without degrees, names or model types.

`picture.tracker.Tracker` puts a sector's frame around it; benchmarks drive it as it is.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from safeconduct.kernels.arrays import (
    BEARING,
    BRANCHING,
    COASTING,
    CONFIRMED,
    COUNTERS,
    FREE,
    FREE_SLOTS,
    LOST,
    NEXT_NUMBER,
    PLOT,
    RULES,
    SENSOR,
    SLOTS,
    TRACK,
    Floats,
    Ints,
    Record,
    Records,
)
from safeconduct.kernels.belief import marginals
from safeconduct.kernels.boxes import plot_boxes, set_track_boxes, thinnest
from safeconduct.kernels.gating import candidates, every_pair
from safeconduct.kernels.hypotheses import place_polar
from safeconduct.kernels.life import age, begin_tracks, give
from safeconduct.kernels.motion import states_at
from safeconduct.kernels.noise import rescale_all
from safeconduct.kernels.scoring import FIRST_SLOW
from safeconduct.kernels.settling import settle
from safeconduct.kernels.twins import join_twins
from safeconduct.kernels.weighing import find_unexplained, weigh
from safeconduct.picture.settings import TrackerSettings

NOBODY = -1
"""In place of a track's number: a direction that belongs to no track."""
LEAST_AREA_M2 = 1e8
"""The plots of a sensor whose reach is not known fall at least in so large an area."""
FIRST_SLOTS = 64
"""Room for tracks at first; doubled whenever it runs out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneSensor:
    """One sensor in the plane. Metres, seconds, radians; see `kernels.arrays.SENSOR`."""

    x: float = 0.0
    y: float = 0.0
    height: float = 0.0
    listens: bool = False
    sees: bool = True
    reach: float = math.inf
    small_reach: float = math.inf
    period: float = 1.0
    detection: float = 0.9
    clutter: float = 0.0
    false_alarms: float = 0.0
    sigma_range: float = math.nan
    sigma_azimuth: float = math.nan


def no_plots(count: int) -> Records:
    """`count` plots (`kernels.arrays.PLOT`) with every field absent, to be filled in."""
    blank = np.zeros((), PLOT)
    for name in PLOT.names or ():
        if PLOT[name].base.kind == "f":
            blank[name] = np.nan
    return np.full(count, blank)


def repeats(plots: Records, window: float) -> Ints:
    """(plots,) how many earlier rows of the same window and sensor claim the same address; 0 without an address.

    A transmitter may be heard several times in one window; those plots are of one aircraft and must not compete.
    """
    again = np.zeros(len(plots), np.int64)
    count: Counter[tuple[int, ...]] = Counter()
    for row in np.flatnonzero(plots["address"].any(axis=1)).tolist():
        slot = int(plots["time"][row] // window)
        key = (slot, int(plots["sensor"][row]), *plots["address"][row].tolist())
        again[row] = count[key]
        count[key] += 1
    return again


def in_groups(plots: Records, window: float) -> tuple[Records, npt.NDArray[np.intp]]:
    """The plots sorted and numbered by group (window of time, sensor, repeat), and their order.

    Ties are broken by what was measured, so that the order of arrival of simultaneous plots does not matter.
    """
    slot, again = np.floor(plots["time"] / window), repeats(plots, window)
    keys = (
        *(plots["place"][:, 1], plots["place"][:, 0], plots["east"], plots["distance"], plots["time"]),
        *(again, plots["kind"], plots["sensor"], slot),
    )
    order = np.lexsort(keys)
    plots, slot, again = plots[order], slot[order], again[order]
    fresh = (np.diff(slot) != 0) | (np.diff(plots["sensor"]) != 0) | (np.diff(again) != 0)
    fresh |= np.diff(plots["kind"]) != 0
    plots["group"][1:] = np.cumsum(fresh)
    plots["group"][:1] = 0
    return plots, order


def groups_of(plots: Records) -> Iterator[slice]:
    """The rows of each group of plots that `in_groups` has put in order."""
    bounds = np.flatnonzero(np.diff(plots["group"], prepend=-1, append=-1)).tolist()
    for first, last in pairwise(bounds):
        yield slice(first, last)


@dataclass(frozen=True, slots=True)
class Saved:
    """A tracker as it was at a time, all but the numbers that it has given since."""

    now: float
    tracks: Records
    seen: Floats
    free: Ints
    counters: Ints
    sensors: Records


class PlaneTracker:
    """Tracks in one plane.

    Deterministic and without a clock: equal calls give equal tracks. Slots are reused and arrays grow by doubling.
    `tracks` and `counters` may be read between calls; a slot is live where its status is neither FREE nor LOST.
    """

    def __init__(self, settings: TrackerSettings, earth_radius: float = math.inf, first_number: int = 1) -> None:
        self.settings = settings
        self.lag_s = 0.0
        self._settings = rules_of(settings, earth_radius)
        self.rules = self._settings[0]
        self.sensors = np.zeros(0, SENSOR)
        self.counters = np.zeros(COUNTERS, np.int64)
        self.counters[NEXT_NUMBER] = first_number
        self.tracks = np.full(FIRST_SLOTS, no_track())
        self.seen = np.full((FIRST_SLOTS, 0), -np.inf)
        self._boxes = np.empty((FIRST_SLOTS, 4))
        self._spreads: dict[int, Floats] = {}
        self._free = np.zeros(FIRST_SLOTS, np.int64)
        self._scratch = np.zeros(1, BRANCHING)

    def add_sensor(self, sensor: PlaneSensor) -> int:
        """One more sensor; its row."""
        row = np.zeros(1, SENSOR)
        for name, value in asdict(sensor).items():
            row[name] = value
        row["heard_at"] = -np.inf
        row["usual"] = sensor.false_alarms
        row["unexplained"] = -1.0
        row["scale"], row["keenness"], row["slow"] = 1.0, 1.0, FIRST_SLOW
        row["fruitful"] = 1.0 / (1.0 + math.exp(-self.settings.start_score))
        self.sensors = np.append(self.sensors, row)
        self.seen = np.column_stack([self.seen, np.full(len(self.seen), -np.inf)])
        return len(self.sensors) - 1

    def step(self, plots: Records, now: float) -> tuple[Ints, Ints]:
        """Take plots that are grouped (`in_groups`), each group against the tracks as all earlier ones left them; then
        let time pass to `now`.

        Returns:
            (plots,) number of the track that each plot went to or began, `NOBODY` for directions that are of no track;
            the numbers that became confirmed.
        """
        self._make_room(int(self.counters[SLOTS]) + len(plots))
        np.maximum.at(self.sensors["heard_at"], plots["sensor"], np.minimum(plots["time"], now))
        place_polar(plots, self.sensors, self._settings)
        rescale_all(plots, self.sensors)
        self._find_areas(plots)
        own, thin = plot_boxes(plots, self._settings), thinnest(self.sensors, plots, self._settings)
        assigned, confirmed, boxed = np.zeros(len(plots), np.int64), [np.zeros(0, np.int64)], math.nan
        for group in groups_of(plots):
            middle = (math.floor(plots["time"][group.start] / self.rules["window"]) + 0.5) * self.rules["window"]
            if middle != boxed:
                self._set_boxes(np.arange(self.counters[SLOTS]), middle, thin)
                boxed = middle
            confirmed.append(self._take(plots[group], own[group], assigned[group], middle, thin))
        self._join_twins(now)
        self.advance(now)
        return assigned, np.concatenate(confirmed)

    def _find_areas(self, plots: Records) -> None:
        """How densely the false plots of a sensor fall that does not say how far it reaches: within the ellipse of two
        standard deviations of all its plots (the whole of an evenly filled one)."""
        sensors = self.sensors
        for row in np.flatnonzero(np.isinf(sensors["reach"]) & (sensors["false_alarms"] > 0.0)).tolist():
            places = plots["place"][(plots["sensor"] == row) & (plots["kind"] != BEARING), :2]
            if row in self._spreads or (len(places) and sensors["clutter"][row] == 0.0):
                spread = self._spreads.setdefault(row, np.zeros(6))
                x, y = places.T
                spread += len(x), x.sum(), y.sum(), (x * x).sum(), (x * y).sum(), (y * y).sum()
                _, mean_x, mean_y, xx, xy, yy = spread / max(spread[0], 1.0)
                det = (xx - mean_x * mean_x) * (yy - mean_y * mean_y) - (xy - mean_x * mean_y) ** 2
                area = max(4.0 * math.pi * math.sqrt(max(det, 0.0)), LEAST_AREA_M2)
                sensors["clutter"][row] = sensors["false_alarms"][row] / area

    def _take(self, plots: Records, own: Floats, assigned: Ints, middle: float, thin: float) -> Ints:
        """Take one group; the numbers that became confirmed. assigned: (plots,) out."""
        tracks, seen, sensors, settings = self.tracks, self.seen, self.sensors, self._settings
        row, directions = plots["sensor"][0], plots["kind"][0] == BEARING
        boxes = self._boxes[: self.counters[SLOTS]]
        near = every_pair(boxes, len(plots)) if directions else candidates(boxes, own)
        pairs, starts, odds, share = weigh(tracks, seen, plots, sensors, settings, near)
        plot = np.ascontiguousarray(pairs[:, 0])
        if sensors["false_alarms"][row] > 0.0 and not directions:
            find_unexplained(sensors, settings, plots, plot, starts, odds)
        belief, alone = marginals(plot, starts, odds, len(plots))
        settle(tracks, plots, pairs, starts, belief, alone)
        most, confirmed = give(
            tracks, seen, plots, sensors, settings, pairs, starts, belief, alone, share, self._scratch, assigned
        )
        self._set_boxes(pairs[starts[:-1], 1], middle, thin)
        if directions:  # which begin no track
            assigned[most <= alone] = NOBODY
            return confirmed
        begun = begin_tracks(tracks, seen, self._free, self.counters, plots, sensors, settings, alone, most, assigned)
        self._set_boxes(begun, middle, thin)
        return confirmed

    def _join_twins(self, now: float) -> None:
        slots = self.shown()
        slots = slots[np.argsort(self.tracks["state"][slots, 0], kind="stable")]
        join_twins(self.tracks, self.seen, self.sensors, slots, now)

    def _set_boxes(self, slots: Ints, middle: float, thin: float) -> None:
        set_track_boxes(self.tracks, slots, self._settings, self._boxes, middle, thin)

    def advance(self, now: float) -> None:
        """Let time pass to `now`: coasting and loss. Lost tracks stay in their slots until `release_lost`."""
        age(self.tracks, self.seen, self._free, self.sensors, self._settings, self.counters, now - self.lag_s)

    def slots_with(self, *status: int) -> Ints:
        """Slots whose tracks have one of these statuses, ascending by number."""
        held = self.tracks["status"][: self.counters[SLOTS]]
        slots = np.flatnonzero(np.logical_or.reduce([held == one for one in status]))
        return slots[np.argsort(self.tracks["number"][slots])]

    def shown(self) -> Ints:
        """Slots of the tracks that a picture shows: confirmed and coasting ones."""
        return self.slots_with(CONFIRMED, COASTING)

    def release_lost(self) -> None:
        """Free the slots of the lost tracks."""
        self.release(self.slots_with(LOST))

    def release(self, slots: Ints) -> None:
        """Free some slots, whatever they hold."""
        free = self.counters[FREE_SLOTS]
        self.tracks["status"][slots] = FREE
        self._free[free : free + len(slots)] = slots
        self.counters[FREE_SLOTS] += len(slots)

    def save(self, now: float) -> Saved:
        """A copy of what `step` works on, as of `now`."""
        slots, free = int(self.counters[SLOTS]), int(self.counters[FREE_SLOTS])
        return Saved(
            now=now,
            tracks=self.tracks[:slots].copy(),
            seen=self.seen[:slots].copy(),
            free=self._free[:free].copy(),
            counters=self.counters.copy(),
            sensors=self.sensors.copy(),
        )

    def restore(self, saved: Saved) -> None:
        """Go back to a copy, of which there must have been the same sensors. No number is given a second time."""
        slots, next_number = len(saved.tracks), self.counters[NEXT_NUMBER]
        self.tracks["status"][slots:] = FREE
        self.tracks[:slots], self.seen[:slots] = saved.tracks, saved.seen
        self._free[: len(saved.free)], self.sensors[:] = saved.free, saved.sensors
        self.counters[:] = saved.counters
        self.counters[NEXT_NUMBER] = next_number

    def put_lost(self, track: Record) -> None:
        """One more lost track, as it was."""
        slot = int(self.counters[SLOTS])
        self._make_room(slot + 1)
        self.counters[SLOTS] += 1
        self.seen[slot] = -np.inf
        self.tracks[slot] = track
        self.tracks["status"][slot] = LOST

    def states_at(self, slots: Ints, time: float) -> tuple[Floats, Floats]:
        """Horizontal states (n, STATE) and vertical ones (n, VERTICAL) predicted to `time`."""
        state = states_at(self.tracks, slots, time, self._settings, self._scratch)
        vertical, dt = self.tracks["vertical"][slots], time - self.tracks["time"][slots]
        climbing = self.settings.vertical_psd * np.abs(dt)
        vertical[:, 0] += dt * vertical[:, 1]
        vertical[:, 2] += dt * (2 * vertical[:, 3] + dt * vertical[:, 4]) + climbing * dt * dt / 3
        vertical[:, 3] += dt * vertical[:, 4] + 0.5 * climbing * dt
        vertical[:, 4] += climbing
        return state, vertical

    def _make_room(self, slots: int) -> None:
        room, old = len(self.tracks), len(self.tracks)
        if slots <= room:
            return
        while room < slots:
            room *= 2
        self.tracks = np.append(self.tracks, np.full(room - old, no_track()))
        self.seen = np.vstack([self.seen, np.full((room - old, self.seen.shape[1]), -np.inf)])
        self._boxes = np.vstack([self._boxes, np.empty((room - old, 4))])
        self._free = np.append(self._free, np.zeros(room - old, np.int64))


def no_track() -> Record:
    """A free slot."""
    track = np.zeros((), TRACK)
    track["status"] = FREE
    return track


def rules_of(settings: TrackerSettings, earth_radius: float) -> Records:
    """The settings as the kernels want them: an array of one."""
    rules = np.zeros(1, RULES)
    inner, outer = settings.turn_rates_degps
    values = {
        "earth_radius": earth_radius,
        "window": settings.window_s,
        "gate": settings.gate_sigma,
        "identifier_gate": settings.identifier_gate_sigma,
        "start_speed_variance": settings.start_speed_sigma_mps**2,
        "start_slow_variance": settings.start_slow_sigma_mps**2,
        "start_climb_variance": settings.start_climb_sigma_mps**2,
        "assumed_height": settings.assumed_height_m,
        "assumed_height_sigma": settings.assumed_height_sigma_m,
        "pressure_offset": 0.0,
        "pressure_sigma": settings.pressure_sigma_m,
        "height_span": settings.height_span_m,
        "speed_span": settings.speed_span_mps,
        "small_speed": settings.small_speed_mps,
        "drop_after": settings.drop_after_s,
        "turn_lasts": settings.turn_lasts_s,
        "climb_lasts": settings.climb_lasts_s,
        "turn_rate": np.radians([0.0, -inner, inner, -outer, outer]),
        "turn_share": [0.5, *[0.125] * 4],
    }
    for name in RULES.names or ():
        rules[name] = values[name] if name in values else getattr(settings, name)
    return rules
