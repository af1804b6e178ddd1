"""What must hold of the estimate of a sensor's errors for any pairs of plots and references."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeconduct.kernels.arrays import Records
from safeconduct.picture.bias import PRIOR, estimate, fitted, turn
from safeconduct.picture.references import PAIR

SIGMA = math.radians(0.25)
SEEDS = st.integers(0, 2**32 - 1)
FAULTS = st.tuples(st.floats(-math.pi, math.pi), st.floats(-200.0, 200.0), st.floats(-1.0, 1.0))


def pairs_of(
    seed: int, fault: tuple[float, float, float], aircraft: int = 8, plots: int = 6, others: int = 30
) -> Records:
    """Plots of aircraft that err by `fault`, and pairs of two aircraft, at any azimuth and range within the gate."""
    rng = np.random.default_rng(seed)
    count = aircraft * plots
    pairs: Records = np.zeros(count + others, PAIR)
    pairs["aircraft"] = np.append(np.repeat(np.arange(1, aircraft + 1), plots), rng.integers(1, aircraft + 1, others))
    course = rng.uniform(0, 2 * np.pi, aircraft)[pairs["aircraft"] - 1]
    pairs["rate"] = np.column_stack([np.sin(course) * 0.004, np.cos(course) * 150.0])
    pairs["variance"], pairs["own"] = (SIGMA**2, 60.0**2), ((15.0 / 4e4) ** 2, 15.0**2)
    noise = rng.standard_normal((count, 2)) * (SIGMA, 60.0)
    pairs["off"][:count] = np.array(fault[:2]) - pairs["rate"][:count] * fault[2] + noise
    pairs["off"][count:] = np.column_stack([rng.uniform(-np.pi, np.pi, others), rng.uniform(-700, 700, others)])
    return pairs


def apart(one: float, other: float) -> float:
    return abs(math.remainder(one - other, 2.0 * math.pi))


@settings(max_examples=60, deadline=None)
@given(SEEDS, FAULTS)
def test_any_fault_is_found_within_what_the_sigmas_allow(seed: int, fault: tuple[float, float, float]) -> None:
    found = estimate(pairs_of(seed, fault), SIGMA)
    assert found is not None
    error = np.array([apart(found.value[0], fault[0]), found.value[1] - fault[1], found.value[2] - fault[2]])
    assert (np.abs(error) < 6.0 * found.sigma).all()
    assert (np.linalg.eigvalsh(found.covariance) > 0).all()
    assert (found.sigma < np.array([SIGMA, 60.0, PRIOR[2]])).all()


@settings(max_examples=40, deadline=None)
@given(SEEDS, FAULTS, st.floats(-math.pi, math.pi))
def test_turning_the_sensor_turns_the_estimate(seed: int, fault: tuple[float, float, float], by: float) -> None:
    pairs = pairs_of(seed, fault)
    one = fitted(pairs, fault[0], SIGMA)
    pairs["off"][:, 0] += by
    other = fitted(pairs, fault[0] + by, SIGMA)
    assert one is not None
    assert other is not None
    assert apart(other.value[0], one.value[0] + by) < 1e-6
    assert other.value[1:] == pytest.approx(one.value[1:], rel=1e-6, abs=1e-6)
    assert other.sigma == pytest.approx(one.sigma, rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(SEEDS, FAULTS)
def test_the_order_of_pairs_does_not_matter(seed: int, fault: tuple[float, float, float]) -> None:
    pairs = pairs_of(seed, fault)
    one, other = estimate(pairs, SIGMA), estimate(pairs[np.random.default_rng(seed).permutation(len(pairs))], SIGMA)
    assert one is not None
    assert other is not None
    assert other.value == pytest.approx(one.value, rel=1e-6, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(1, 30), st.integers(0, 400))
def test_chance_piles_up_nowhere(seed: int, aircraft: int, others: int) -> None:
    """Pairs of two aircraft only: no turn, whatever their number."""
    assert math.isnan(turn(pairs_of(seed, (0.0, 0.0, 0.0), aircraft, 0, others), SIGMA))


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(0, 2), st.integers(0, 200))
def test_two_aircraft_decide_nothing(seed: int, aircraft: int, plots: int) -> None:
    assert estimate(pairs_of(seed, (1.0, 0.0, 0.0), max(aircraft, 1), plots * (aircraft > 0), 0), SIGMA) is None


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.floats(0.3, 0.8))
def test_one_aircraft_is_not_believed_for_the_number_of_its_plots(seed: int, lie: float) -> None:
    """It lies, or another follows in its wake: three others that know better are seen less often."""
    pairs = pairs_of(seed, (0.0, 0.0, 0.0), 4, 40, 0)
    pairs = pairs[(pairs["aircraft"] == 1) | (np.arange(len(pairs)) % 40 < 5)]
    pairs["off"][pairs["aircraft"] == 1, 0] += math.radians(lie)
    found = estimate(pairs, SIGMA)
    # Hypothesis searches for the worst of its seeds, and finds one in some hundred that is beyond three.
    assert found is None or abs(found.value[0]) < 4.0 * float(found.sigma[0])


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.floats(0.1, 3.0))
def test_two_turns_that_are_as_good_are_none(seed: int, other: float) -> None:
    pairs = np.concatenate([pairs_of(seed, (0.0, 0.0, 0.0)), pairs_of(seed + 1, (other, 0.0, 0.0))])
    pairs["aircraft"][len(pairs) // 2 :] += 100
    assert math.isnan(turn(pairs, SIGMA))
