"""The covariances mean what they say: normalised estimation error squared (NEES), Bar-Shalom et al. 2001, 5.4.2."""

import numpy as np
from scipy.stats import chi2

from safeconduct.kernels.arrays import CONFIRMED
from safeconduct.picture.plane import PlaneSensor, PlaneTracker, in_groups, no_plots
from safeconduct.picture.settings import TrackerSettings

AIRCRAFT, SCANS, PSD, SIGMA = 60, 60, 0.5, 10.0


def test_nees_of_nearly_constant_velocity_is_within_its_bounds() -> None:
    """Far-apart aircraft driven by the filter's own model, so that only the filter is on trial."""
    rng = np.random.default_rng(11)
    settings = TrackerSettings(acceleration_psd=PSD, turn_psd=0.0, start_speed_sigma_mps=14.0, window_s=1.0)
    tracker = PlaneTracker(settings)
    tracker.add_sensor(PlaneSensor(detection=0.9, clutter=1e-10))
    root = np.linalg.cholesky(PSD * np.array([[1 / 3, 1 / 2], [1 / 2, 1.0]]))
    position = np.column_stack([np.arange(AIRCRAFT) * 5e3, rng.uniform(0, 5e3, AIRCRAFT)])
    velocity = rng.normal(0, 14.0, (AIRCRAFT, 2))
    nees: list[float] = []
    for scan in range(SCANS):
        noise = rng.standard_normal((AIRCRAFT, 2, 2)) @ root.T
        position, velocity = position + velocity + noise[..., 0], velocity + noise[..., 1]
        seen = rng.random(AIRCRAFT) < 0.9
        plots = no_plots(int(seen.sum()))
        plots["time"] = scan
        plots["place"][:, :2] = position[seen] + rng.normal(0, SIGMA, (len(plots), 2))
        plots["place"][:, 2:] = SIGMA**2, 0.0, SIGMA**2
        tracker.step(in_groups(plots, 1.0)[0], float(scan))
        if scan < 10 or scan % 5:
            continue
        slots = tracker.slots_with(CONFIRMED)
        state, _ = tracker.states_at(slots, float(scan))
        owner = np.argmin(np.abs(state[:, None, 0] - position[None, :, 0]), axis=1)
        for k in range(len(slots)):
            row, truth = state[k], owner[k]
            error = row[:4] - np.concatenate([position[truth], velocity[truth]])
            covariance = row[[[4, 5, 7, 8], [5, 6, 9, 10], [7, 9, 11, 12], [8, 10, 12, 13]]]
            nees.append(float(error @ np.linalg.solve(covariance, error)))
    assert len(nees) > 500
    low, high = (float(chi2.ppf(p, 4 * len(nees))) / len(nees) for p in (0.0005, 0.9995))
    assert low < np.mean(nees) < high
