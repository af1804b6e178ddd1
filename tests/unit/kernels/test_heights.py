"""Oracle: Bayes with two Gaussians in NumPy; and aircraft whose climb is known."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeconduct.kernels.arrays import TRACK, Record
from safeconduct.kernels.filters import update_vertical
from safeconduct.kernels.heights import (
    CLIMBING,
    DRIFT_M2_PER_S,
    LEVEL,
    LEVEL_CLIMB,
    LEVEL_SHARE,
    SURELY,
    begin_height,
    carry_height,
    take_climb,
    take_height,
)

Floats = npt.NDArray[np.float64]
NAN, PSD, LASTS = math.nan, 1.0, 40.0


def begun(height: float = 1_000.0, variance: float = 400.0, climb: float = NAN) -> Record:
    track = np.zeros(1, TRACK)[0]
    begin_height(track, height, variance, climb, 1.0, 100.0)
    return track


def gauss(x: float, variance: float) -> float:
    return math.exp(-0.5 * x * x / variance) / math.sqrt(2.0 * math.pi * variance)


def test_without_a_height_nothing_is_known_and_nothing_breaks() -> None:
    track = begun(NAN)
    carry_height(track, 5.0, PSD, LASTS)
    take_climb(track, 3.0, 1.0)
    take_height(track, 0.0, PSD, NAN, 1.0)
    assert np.isnan(track["vertical"][0])
    assert track["level"] == LEVEL_SHARE
    take_height(track, 0.0, PSD, 500.0, 100.0)
    np.testing.assert_allclose(track["vertical"][:3], [500.0, 0.0, 100.0])


def test_a_level_height_drifts_and_a_climbing_one_goes_on() -> None:
    track = begun(climb=8.0)
    before = track["heights"][CLIMBING].copy()
    carry_height(track, 1e-3, PSD, 1e12)
    carry_height(track, 10.0, PSD, 1e12)
    expected = before.copy()
    update_vertical(expected, 10.001, PSD, NAN, 1.0)
    np.testing.assert_allclose(track["heights"][CLIMBING], expected, rtol=1e-6)
    level = track["heights"][LEVEL]
    np.testing.assert_allclose(level, [1_000.0, 0.0, 400.0 + 10.001 * DRIFT_M2_PER_S, 0.0, LEVEL_CLIMB], rtol=1e-5)


@pytest.mark.parametrize("off", [0.0, 30.0, -90.0])
@pytest.mark.parametrize("back", [0.0, -2.0])
def test_a_height_speaks_for_the_model_that_foresaw_it(off: float, back: float) -> None:
    track = begun(climb=8.0)
    carry_height(track, 10.0, PSD, 1e12)
    level, climbing = track["heights"].copy()
    share = max(float(track["level"]), SURELY)
    height = climbing[0] + off
    take_height(track, back, PSD, height, 100.0)
    h = climbing[0] + back * climbing[1]
    hh = climbing[2] + back * (2.0 * climbing[3] + back * climbing[4]) - PSD * back**3 / 3.0
    one = share * gauss(height - level[0], level[2] + 100.0 - DRIFT_M2_PER_S * back)
    other = (1.0 - share) * gauss(height - h, hh + 100.0)
    assert track["level"] == pytest.approx(one / (one + other), rel=1e-4)
    weights, modes = np.array([track["level"], 1.0 - track["level"]]), track["heights"]
    mean = weights @ modes[:, :2]
    assert track["vertical"][:2] == pytest.approx(mean)
    spread = weights @ (modes[:, 2] + (modes[:, 0] - mean[0]) ** 2)
    assert track["vertical"][2] == pytest.approx(spread)


def flown(
    seed: int, climb: float, seconds: float = 120.0, every: float = 6.0, sigma: float = 30.0
) -> tuple[Record, float]:
    """A track after so long of steady flight, and the true height at its end."""
    rng, track = np.random.default_rng(seed), begun(1_000.0 + sigma, sigma**2)
    t = 0.0
    while t < seconds:
        t += every
        carry_height(track, every, PSD, LASTS)
        take_height(track, 0.0, PSD, 1_000.0 + climb * t + rng.normal(0.0, sigma), sigma**2)
    return track, 1_000.0 + climb * t


@pytest.mark.parametrize(("climb", "most"), [(0.0, 13.0), (10.0, 24.0), (-6.0, 24.0)])
def test_level_flight_is_held_and_climbing_flight_followed(climb: float, most: float) -> None:
    """Radar heights of 30 m every 6 s. With the climbing model alone, level flight is off by 22 m."""
    off = [float(track["vertical"][0]) - truth for track, truth in (flown(seed, climb) for seed in range(200))]
    assert math.sqrt(np.mean(np.square(off))) < most
    level = np.mean([flown(seed, climb)[0]["level"] for seed in range(50)])
    assert (level > 0.8) if climb == 0.0 else (level < 0.2)


@pytest.mark.parametrize("climb", [0.0, 10.0])
def test_it_is_as_sure_as_it_may_be(climb: float) -> None:
    squares = []
    for seed in range(300):
        track, truth = flown(seed, climb)
        squares.append((float(track["vertical"][0]) - truth) ** 2 / float(track["vertical"][2]))
    assert 0.3 < np.mean(squares) < 1.3


STEPS = st.lists(
    st.tuples(st.sampled_from(["carry", "height", "late", "climb"]), st.floats(0.0, 60.0), st.floats(-2e4, 2e4)),
    max_size=30,
)


@settings(max_examples=200, deadline=None)
@given(STEPS, st.floats(1.0, 1e6))
def test_whatever_comes_the_variances_stay_positive_and_nothing_is_nan(
    steps: list[tuple[str, float, float]], variance: float
) -> None:
    track = begun(0.0, variance)
    for what, seconds, value in steps:
        if what == "carry":
            carry_height(track, seconds, PSD, LASTS)
        elif what == "climb":
            take_climb(track, value / 100.0, variance)
        else:
            take_height(track, -min(seconds, 10.0) if what == "late" else 0.0, PSD, value, variance)
    assert np.isfinite(track["vertical"]).all()
    assert np.isfinite(track["heights"]).all()
    assert 0.0 <= track["level"] <= 1.0
    for _, _, hh, cross, vv in (*track["heights"], track["vertical"]):
        assert hh > 0.0
        assert vv > 0.0
        assert cross * cross <= hh * vv * (1.0 + 1e-6)
