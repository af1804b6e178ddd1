"""One aircraft is one track, and two are two; and where clutter lies thick, it is no aircraft."""

import math

import numpy as np
import numpy.typing as npt
import pytest

from safeconduct.kernels.arrays import COASTING, CONFIRMED, LOST, Records
from safeconduct.picture.plane import PlaneSensor, PlaneTracker, in_groups, no_plots
from safeconduct.picture.settings import TrackerSettings

Floats = npt.NDArray[np.float64]
REACH = 60e3
SETTINGS = TrackerSettings()
RADAR = PlaneSensor(
    reach=REACH, small_reach=REACH, period=4.0, detection=0.85, clutter=8.0 / (math.pi * REACH**2), false_alarms=8.0
)


def plots_at(places: Floats, times: Floats | float, sigma: float, sensor: int = 0) -> Records:
    plots = no_plots(len(places))
    plots["time"], plots["sensor"], plots["place"][:, :2] = times, sensor, places
    plots["place"][:, 2], plots["place"][:, 3], plots["place"][:, 4] = sigma**2, 0.0, sigma**2
    return plots


def taken(tracker: PlaneTracker, plots: Records, now: float) -> tuple[Floats, int]:
    """Places of the picture after these plots, and how many tracks were joined to others."""
    tracker.step(in_groups(plots, SETTINGS.window_s)[0], now)
    lost = tracker.tracks[tracker.slots_with(LOST)]
    tracker.release_lost()
    states, _ = tracker.states_at(tracker.slots_with(CONFIRMED, COASTING), now)
    return states[:, :2], int(np.count_nonzero(lost["joined"]))


@pytest.mark.parametrize("seed", range(3))
def test_a_sensor_noisier_than_it_says_splits_no_aircraft_for_long(seed: int) -> None:
    """Two of them, one said to be three times better than it is, so that its plots fall outside of the gate."""
    tracker, rng, several, joins = PlaneTracker(SETTINGS), np.random.default_rng(seed), 0, 0
    for _ in range(2):
        tracker.add_sensor(PlaneSensor(period=1.0, detection=0.9, clutter=1e-9, false_alarms=0.1))
    for second in range(240):
        here = np.array([[120.0 * second, 2_000.0]])
        plots = [
            plots_at(here + rng.normal(0.0, sigma, (1, 2)), second + 0.3 + 0.4 * k, 20.0, k)
            for k, sigma in enumerate((20.0, 60.0))
            if rng.random() < 0.9
        ]
        if plots:
            places, joined = taken(tracker, np.concatenate(plots), second + 1.0)
            several, joins = several + (len(places) > 1), joins + joined
    assert len(places) == 1
    assert several < 40


@pytest.mark.parametrize("seed", range(3))
def test_two_aircraft_abreast_stay_two(seed: int) -> None:
    tracker, rng, joins = PlaneTracker(SETTINGS), np.random.default_rng(seed), 0
    tracker.add_sensor(PlaneSensor(period=1.0, detection=0.9, clutter=1e-9, false_alarms=0.1))
    for second in range(120):
        both = np.array([[60.0 * second, 0.0], [60.0 * second, 60.0]])[rng.random(2) < 0.9]
        if len(both):
            places, joined = taken(
                tracker, plots_at(both + rng.normal(0.0, 15.0, both.shape), second, 15.0), second + 0.5
            )
            joins += joined
    assert joins == 0
    assert len(places) == 2


def test_a_patch_of_false_plots_is_no_traffic_and_hides_none() -> None:
    """Eight false plots a look all over 60 km, and sixteen more within 5 km: without a map of them, 18 false tracks in
    each of these 140 pictures. An aircraft that flies through the patch keeps its track."""
    tracker, rng, false, missed = PlaneTracker(SETTINGS), np.random.default_rng(6), 0, 0
    tracker.add_sensor(RADAR)
    for t in range(0, 800, 4):
        craft = np.array([[-40e3 + 110.0 * t, 10e3]])
        even = rng.poisson(8)
        away, course = REACH * np.sqrt(rng.random(even)), rng.uniform(0.0, 2.0 * math.pi, even)
        places = [
            (craft + rng.normal(0.0, 60.0, (1, 2)))[rng.random(1) < 0.85],
            np.column_stack([away * np.cos(course), away * np.sin(course)]),
            np.array([20e3, 10e3]) + rng.uniform(-2.5e3, 2.5e3, (rng.poisson(16), 2)),
        ]
        seen, _ = taken(tracker, plots_at(np.vstack(places), t + 0.5, 60.0), t + 1.0)
        if t >= 240:
            off = np.hypot(*(seen - craft).T)
            false += int(np.count_nonzero(off > 1_500.0))
            missed += not (off < 1_500.0).any()
    assert false <= 10
    assert missed <= 3
