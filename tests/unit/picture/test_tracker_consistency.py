"""The covariances mean what they say: normalised errors squared of the estimate (NEES) and of the innovation (NIS).

Bar-Shalom, Li, Kirubarajan, Estimation with Applications to Tracking and Navigation (2001), 5.4.2. Aircraft are far
apart and every plot is surely of one of them, so that only the filters are on trial.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2
from tests.support.matrices import covariance, matrix, transition, white_acceleration

from safeconduct.kernels.arrays import CONFIRMED, MODELS
from safeconduct.picture.plane import PlaneSensor, PlaneTracker, in_groups, no_plots
from safeconduct.picture.settings import TrackerSettings

Floats = npt.NDArray[np.float64]
Move = Callable[[Floats, int], Floats]
"""States (aircraft, 4) of the next scan, from those of scan k."""
AIRCRAFT, APART = 40, 3e5


@dataclass
class Consistency:
    """Normalised squares of the scans that were looked at."""

    nees: list[float] = field(default_factory=list)
    nis: list[float] = field(default_factory=list)
    turning: int = 0
    looked_at: int = 0


def pooled(runs: list[Consistency]) -> Consistency:
    return Consistency(
        [value for run in runs for value in run.nees],
        [value for run in runs for value in run.nis],
        sum(run.turning for run in runs),
        sum(run.looked_at for run in runs),
    )


def assert_consistent(values: list[float], freedom: int, confidence: float = 0.95) -> None:
    """Their mean is one that so many independent values of a consistent filter would have."""
    tail, n = 0.5 * (1.0 - confidence), len(values)
    low, high = (float(chi2.ppf(p, freedom * n)) / n for p in (tail, 1.0 - tail))
    assert low < float(np.mean(values)) < high


def observe(
    tracker: PlaneTracker, truth: Floats, move: Move, scans: int, period: float, sigma: float, every: int, seed: int
) -> Consistency:
    """Let aircraft fly and be seen, nine times in ten; look every few scans, when what is left of the last look is
    little, at the prediction against the plot and then at the estimate against the truth."""
    rng, seen_of = np.random.default_rng(seed), Consistency()
    for scan in range(scans):
        if scan:
            truth = move(truth, scan)
        time, seen = scan * period, rng.random(len(truth)) < 0.9
        plots = no_plots(int(seen.sum()))
        plots["time"] = time
        plots["place"][:, :2] = truth[seen, :2] + rng.normal(0.0, sigma, (len(plots), 2))
        plots["place"][:, 2:] = sigma**2, 0.0, sigma**2
        look = scan >= 15 and scan % every == 0
        slots = tracker.slots_with(CONFIRMED)
        if look:
            predicted, _ = tracker.states_at(slots, time)
            for state in predicted:
                z = plots["place"][np.argmin(np.abs(plots["place"][:, 0] - state[0]))]
                off = z[:2] - state[:2]
                if abs(off[0]) < 0.5 * APART:
                    spread = covariance(state)[:2, :2] + matrix(z)
                    seen_of.nis.append(float(off @ np.linalg.solve(spread, off)))
        tracker.step(in_groups(plots, tracker.settings.window_s)[0], time)
        if look:
            slots = tracker.slots_with(CONFIRMED)
            seen_of.turning += int((tracker.tracks["models"][slots] == MODELS).sum())
            seen_of.looked_at += len(slots)
            estimated, _ = tracker.states_at(slots, time)
            for state in estimated:
                error = state[:4] - truth[np.argmin(np.abs(truth[:, 0] - state[0]))]
                seen_of.nees.append(float(error @ np.linalg.solve(covariance(state), error)))
    return seen_of


def spread_out(speed: Floats, seed: int) -> Floats:
    """Aircraft (n, 4) side by side, each with a speed and any course."""
    rng = np.random.default_rng(seed)
    course = rng.uniform(0.0, 2.0 * math.pi, len(speed))
    return np.column_stack(
        [np.arange(len(speed)) * APART, np.zeros(len(speed)), speed * np.cos(course), speed * np.sin(course)]
    )


def nearly_straight(psd: float, period: float, seed: int) -> Move:
    """Flight by white acceleration: the filter's own model for slow aircraft."""
    rng, root = np.random.default_rng(seed), np.linalg.cholesky(white_acceleration(period, psd))
    f = transition(period)
    return lambda truth, scan: truth @ f.T + rng.standard_normal(truth.shape) @ root.T


def straight(seed: int, period: float, psd: float, sigma: float) -> Consistency:
    settings = TrackerSettings(
        acceleration_psd=psd, turn_psd=0.0, slow_turn_psd=0.0, start_speed_sigma_mps=14.0, window_s=period
    )
    tracker = PlaneTracker(settings)
    tracker.add_sensor(PlaneSensor(period=period, detection=0.9, clutter=1e-10))
    truth = spread_out(np.random.default_rng(seed).uniform(5.0, 15.0, AIRCRAFT), seed)
    return observe(tracker, truth, nearly_straight(psd, period, seed), 75, period, sigma, 6, seed)


def test_slow_aircraft_nearly_straight_are_where_the_tracker_says_within_its_bounds() -> None:
    """The filter's own model with the process noise as set: it must be consistent to the letter."""
    found = pooled([straight(seed, 1.0, 0.5, 10.0) for seed in range(5)])
    assert len(found.nees) > 0.99 * 5 * AIRCRAFT * 10
    assert found.turning == 0
    assert_consistent(found.nees, 4)
    assert_consistent(found.nis, 2)
    assert 0.03 < np.mean(np.array(found.nees) > chi2.ppf(0.95, 4)) < 0.07


LEG, FASTEST_TURN, SPEED = 30.0, math.radians(3.0), 150.0


def in_legs(period: float, seed: int) -> Move:
    """Flight in legs of 30 s on average, half of them straight, half of them turns of up to 3°/s; no other noise."""
    rng, rate = np.random.default_rng(seed), np.zeros(AIRCRAFT)

    def move(truth: Floats, scan: int) -> Floats:
        fresh = rng.random(AIRCRAFT) < 1.0 - math.exp(-period / LEG)
        turns = rng.uniform(-FASTEST_TURN, FASTEST_TURN, AIRCRAFT) * (rng.random(AIRCRAFT) < 0.5)
        rate[fresh] = turns[fresh]
        return np.array([transition(period, float(r)) @ state for r, state in zip(rate, truth, strict=True)])

    return move


def turning(seed: int, period: float = 4.0, sigma: float = 50.0) -> Consistency:
    tracker = PlaneTracker(TrackerSettings())
    tracker.add_sensor(PlaneSensor(period=period, detection=0.9, clutter=1e-10))
    truth = spread_out(np.full(AIRCRAFT, SPEED), seed)
    return observe(tracker, truth, in_legs(period, seed), 75, period, sigma, 4, seed)


def test_fast_aircraft_that_turn_are_about_where_the_tracker_says() -> None:
    """As shipped. Turn rates are tried at five values only and kept for a random time, so this is an approximation:
    cautious in flight that does not change (each mode has process noise that real turns lack), late in the first
    seconds of a turn. Measured on eight seeds: NEES 0.80 of what is due, NIS 0.95; 4.3 % of NEES beyond the bound of
    5 %, and the 99 % point at 21 where 13 is due."""
    found = pooled([turning(seed) for seed in range(4)])
    assert len(found.nees) > 0.99 * 4 * AIRCRAFT * 15
    assert found.turning > 0.99 * found.looked_at
    assert 0.65 < np.mean(found.nees) / 4.0 < 1.1
    assert 0.85 < np.mean(found.nis) / 2.0 < 1.1
    assert np.mean(np.array(found.nees) > chi2.ppf(0.95, 4)) < 0.065
    assert np.quantile(found.nees, 0.99) < 2.0 * chi2.ppf(0.99, 4)
