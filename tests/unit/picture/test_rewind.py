"""Plots that come late, against the same plots in order."""

import numpy as np
import numpy.typing as npt
import pytest

from safeconduct.kernels.arrays import COASTING, CONFIRMED, FREE, LOST, Records
from safeconduct.picture import rewind
from safeconduct.picture.plane import PlaneSensor, PlaneTracker, in_groups, no_plots
from safeconduct.picture.rewind import Rewinder
from safeconduct.picture.settings import TrackerSettings

Floats = npt.NDArray[np.float64]
SIDE, SECONDS = 4e3, 60
SENSORS = (
    PlaneSensor(period=1.0, detection=0.9, clutter=20.0 / SIDE**2, false_alarms=20.0),
    PlaneSensor(period=4.0, detection=0.8, clutter=5.0 / SIDE**2, false_alarms=5.0),
)
SETTINGS = TrackerSettings()


def scene(seed: int, aircraft: int = 15) -> Records:
    """Plots of two sensors, false ones among them, in order of time."""
    rng, rows = np.random.default_rng(seed), []
    place, speed = rng.uniform(0.0, SIDE, (aircraft, 2)), rng.normal(0.0, 15.0, (aircraft, 2))
    for second in range(SECONDS):
        for sensor, declared in enumerate(SENSORS):
            if second % int(declared.period):
                continue
            for k in np.flatnonzero(rng.random(aircraft) < declared.detection):
                t = second + rng.random()
                rows.append((t, sensor, *(place[k] + t * speed[k] + rng.normal(0.0, 15.0, 2))))
            false = rng.poisson(declared.false_alarms)
            rows += [(second + rng.random(), sensor, *rng.uniform(0.0, SIDE, 2)) for _ in range(false)]
    table = np.array(sorted(rows))
    plots = no_plots(len(table))
    plots["time"], plots["sensor"], plots["place"][:, :2] = table[:, 0], table[:, 1], table[:, 2:]
    plots["place"][:, 2], plots["place"][:, 3], plots["place"][:, 4] = 225.0, 0.0, 225.0
    return plots


def plane() -> PlaneTracker:
    made = PlaneTracker(SETTINGS)
    for sensor in SENSORS:
        made.add_sensor(sensor)
    return made


def batches(plots: Records, arrival: Floats) -> list[tuple[float, npt.NDArray[np.intp]]]:
    """The time at the end of each second, and the rows that came within it."""
    come = np.minimum(arrival, SECONDS - 1e-3)  # the last of all are there by the end
    return [(t + 1.0, np.flatnonzero((come >= t) & (come < t + 1.0))) for t in range(SECONDS)]


def live(tracker: PlaneTracker) -> Floats:
    """What is known of each live track, in an order that does not depend on numbers or slots."""
    tracks = tracker.tracks[(tracker.tracks["status"] != FREE) & (tracker.tracks["status"] != LOST)]
    table = np.column_stack([tracks["state"], tracks["score"], tracks["contact"], tracks["hits"], tracks["status"]])
    return table[np.lexsort(table.T)]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("late_s", [1.5, 4.0, 10.0])
def test_in_the_end_it_is_as_if_all_had_come_in_order(
    seed: int, late_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exactly: the same steps with the same plots. Left out is what is done for the picture of the moment: waiting for
    late plots, and keeping up what was told."""
    monkeypatch.setattr(rewind, "WAITED_FOR", 0.0)
    monkeypatch.setattr(Rewinder, "_reconcile", lambda *_: None)
    monkeypatch.setattr(rewind, "LATE_S", 0.0)
    plots, rng = scene(seed), np.random.default_rng(100 + seed)
    ordered, late = plane(), plane()
    for now, rows in batches(plots, plots["time"].copy()):
        ordered.step(in_groups(plots[rows], SETTINGS.window_s)[0], now)
        ordered.release_lost()
    rewinder = Rewinder(late, late_s=20.0)
    delay = np.where(rng.random(len(plots)) < 0.3, rng.uniform(0.0, late_s, len(plots)), 0.0)
    for now, rows in batches(plots, plots["time"] + delay):
        rewinder.step(plots[rng.permutation(rows)], now)
        late.release_lost()
    assert len(live(ordered)) >= 8
    np.testing.assert_allclose(live(late), live(ordered), rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_no_number_leaves_the_picture_unsaid_and_none_is_lost_twice(seed: int) -> None:
    plots, rng = scene(seed), np.random.default_rng(200 + seed)
    tracker = plane()
    rewinder = Rewinder(tracker)
    delay = np.where(rng.random(len(plots)) < 0.5, rng.uniform(0.0, 8.0, len(plots)), 0.0)
    before: set[int] = set()
    told: list[int] = []
    back = False
    for now, rows in batches(plots, plots["time"] + delay):
        assigned, confirmed = rewinder.step(plots[rows], now)
        back |= rewinder.back_to < now
        lost = tracker.tracks["number"][tracker.slots_with(LOST)].tolist()
        tracker.release_lost()
        numbers = tracker.tracks["number"][tracker.slots_with(CONFIRMED, COASTING)].tolist()
        assert len(numbers) == len(set(numbers))
        assert before - set(numbers) <= set(lost)
        assert set(numbers) - before - set(told) <= set(confirmed.tolist())
        assert np.isin(confirmed, numbers).all()
        assert (assigned > 0).any()
        told, before = [number for number in told if number not in numbers], set(numbers)
        assert not set(told) & set(lost)
        told += lost
    assert back


def test_numbers_are_the_same_however_often_a_track_is_begun_again() -> None:
    """An aircraft's own number stays while plots of others come late."""
    plots, tracker = scene(5, aircraft=1), plane()
    rewinder, numbers = Rewinder(tracker, late_s=10.0), set()
    rng = np.random.default_rng(1)
    delay = np.where(rng.random(len(plots)) < 0.4, 5.0, 0.0)
    for now, rows in batches(plots, plots["time"] + delay):
        rewinder.step(plots[rows], now)
        tracker.release_lost()
        sure = tracker.tracks[tracker.slots_with(CONFIRMED)]
        if 10.0 < now < SECONDS:
            numbers |= set(sure["number"][sure["score"] > 8.0].tolist())
    assert len(numbers) == 1


def test_a_late_plot_keeps_alive_what_was_given_up_for_want_of_it() -> None:
    """One sensor falls behind; the track is lost, and is not lost once its plots are there."""
    tracker = plane()
    rewinder = Rewinder(tracker, late_s=12.0)
    plots = no_plots(40)
    plots["time"], plots["sensor"] = np.arange(40.0) + 0.5, 0
    plots["place"] = 0.0
    plots["place"][:, 0] = 20.0 * plots["time"]
    plots["place"][:, 2] = plots["place"][:, 4] = 225.0
    arrival = np.where((plots["time"] > 20.0) & (plots["time"] < 28.0), 29.0, plots["time"])
    lost: list[int] = []
    seen: list[list[int]] = []
    for second in range(40):
        rows = np.flatnonzero((arrival >= second) & (arrival < second + 1.0))
        nothing = no_plots(1)  # another aircraft, so that the sensor is seen to be alive
        nothing["time"], nothing["place"] = second + 0.6, (3e3, 3e3, 225.0, 0.0, 225.0)
        rewinder.step(np.concatenate([plots[rows], nothing]), second + 1.0)
        lost += tracker.tracks["number"][tracker.slots_with(LOST)].tolist()
        tracker.release_lost()
        sure = tracker.tracks[tracker.slots_with(CONFIRMED, COASTING)]
        seen.append(sorted(sure["number"][sure["state"][:, 1] < 1e3].tolist()))
    assert seen[20] == seen[39]
    assert len(seen[39]) == 1
    assert len(lost) == len(set(lost))
