"""The density of those that are in time: a window, not a bell."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeconduct.kernels.arrays import Floats
from safeconduct.kernels.plans import normal, window

SIGMAS = st.floats(0.1, 1e4)


def over(sigma: float) -> tuple[Floats, Floats]:
    """Places within 10 sigma, and the window's density there."""
    x = np.linspace(-10.0 * sigma, 10.0 * sigma, 20_001)
    return x, np.array([window(place, sigma) for place in x.tolist()])


@given(SIGMAS)
def test_it_is_a_density_of_mean_zero_and_so_wide(sigma: float) -> None:
    x, density = over(sigma)
    assert np.trapezoid(density, x) == pytest.approx(1.0, rel=1e-6)
    assert np.trapezoid(density * x, x) == pytest.approx(0.0, abs=1e-6 * sigma)
    assert math.sqrt(np.trapezoid(density * x * x, x)) == pytest.approx(sigma, rel=1e-6)


@given(SIGMAS)
def test_it_is_flatter_than_a_normal_in_the_middle(sigma: float) -> None:
    def lost(density: object) -> float:
        assert callable(density)
        return float(1.0 - density(0.7 * sigma, sigma) / density(0.0, sigma))

    assert lost(window) < 0.05 < 0.2 < lost(normal)
    assert window(0.0, sigma) < normal(0.0, sigma)
    assert window(sigma, sigma) > normal(sigma, sigma)


@given(SIGMAS, st.floats(2.2, 20.0))
def test_it_is_lower_than_a_normal_far_out(sigma: float, off: float) -> None:
    for x in (off * sigma, -off * sigma):
        assert window(x, sigma) < normal(x, sigma) or normal(x, sigma) == 0.0


@given(SIGMAS, st.floats(0.0, 10.0), st.floats(0.0, 10.0))
def test_it_only_falls_and_on_both_sides_alike(sigma: float, one: float, two: float) -> None:
    near, far = sorted((one, two))
    assert window(far * sigma, sigma) <= window(near * sigma, sigma)
    assert window(-far * sigma, sigma) == window(far * sigma, sigma)
