"""Oracle: the textbook matrices in NumPy."""

import numpy as np
import numpy.typing as npt
import pytest
from tests.support.matrices import joseph, packed, unpacked

from safeconduct.kernels.filters import (
    correct,
    distance2,
    height_at,
    update_climb,
    update_velocity,
    update_vertical,
)

Floats = npt.NDArray[np.float64]


@pytest.fixture
def start() -> tuple[Floats, Floats]:
    rng = np.random.default_rng(4)
    root = rng.normal(size=(4, 4)) * np.array([30.0, 20.0, 5.0, 4.0])[:, None]
    return np.array([1_000.0, -500.0, 40.0, -12.0]), root @ root.T + np.eye(4)


def test_distance_and_determinant() -> None:
    spread, off = np.array([[400.0, 90.0], [90.0, 250.0]]), np.array([17.0, -31.0])
    square, det = distance2(off[0], off[1], 400.0, 90.0, 250.0)
    assert square == pytest.approx(off @ np.linalg.solve(spread, off))
    assert det == pytest.approx(np.linalg.det(spread))


@pytest.mark.parametrize("seed", range(5))
def test_correction_by_any_two_combinations_of_the_state(start: tuple[Floats, Floats], seed: int) -> None:
    rng = np.random.default_rng(seed)
    mean, p = start
    h, noise = rng.normal(size=(2, 4)), rng.normal(size=(2, 2)) * 20.0
    r = noise @ noise.T + np.eye(2)
    z = h @ mean + rng.normal(size=2) * 30.0
    s, nu, state = h @ p @ h.T + r, z - h @ mean, packed(mean, p)
    nis = correct(state, p @ h.T, nu[0], nu[1], s[0, 0], s[0, 1], s[1, 1])
    np.testing.assert_allclose(state, packed(*joseph(mean, p, h, z, r)), rtol=1e-9, atol=1e-9)
    assert nis == pytest.approx(nu @ np.linalg.solve(s, nu))


@pytest.mark.parametrize("back", [0.0, -1.5])
def test_velocity_update(start: tuple[Floats, Floats], back: float) -> None:
    """A late velocity counts as so much noisier as the velocity may have changed since."""
    state, z, h = packed(*start), np.array([45.0, -10.0]), np.eye(4)[2:]
    r = (9.0 - 3.0 * back) * np.eye(2)
    nis = update_velocity(state, np.empty((4, 2)), back, 3.0, z[0], z[1], 9.0)
    np.testing.assert_allclose(state, packed(*joseph(*start, h, z, r)), rtol=1e-9)
    mean, p = start
    nu = z - h @ mean
    assert nis == pytest.approx(nu @ np.linalg.solve(h @ p @ h.T + r, nu))
    assert np.linalg.eigvalsh(unpacked(state)[1]).min() > 0


@pytest.mark.parametrize("dt", [0.0, 2.5, -2.0])
def test_vertical_filter_is_the_textbook_one(dt: float) -> None:
    """Late: the innovation and the gain are those of the height then, with the process noise counted as the plot's."""
    vertical, q, height, r = np.array([1_000.0, 4.0, 400.0, 30.0, 9.0]), 0.7, 1_060.0, 150.0
    mean, p = vertical[:2].copy(), np.array([[400.0, 30.0], [30.0, 9.0]])
    if dt >= 0.0:
        moved = np.array([[1.0, dt], [0.0, 1.0]])
        mean, p = moved @ mean, moved @ p @ moved.T + q * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
        h, noise = np.array([[1.0, 0.0]]), np.array([[r]])
    else:
        h, noise = np.array([[1.0, dt]]), np.array([[r + q * abs(dt) ** 3 / 3]])
    assert height_at(vertical, dt, q) == pytest.approx(((h @ mean)[0], (h @ p @ h.T + noise)[0, 0] - r))
    update_vertical(vertical, dt, q, height, r)
    mean, p = joseph(mean, p, h, np.array([height]), noise)
    np.testing.assert_allclose(vertical, [*mean, p[0, 0], p[0, 1], p[1, 1]], rtol=1e-9)


def test_climb_update() -> None:
    vertical = np.array([1_000.0, 4.0, 400.0, 30.0, 9.0])
    p = np.array([[400.0, 30.0], [30.0, 9.0]])
    mean, p = joseph(vertical[:2].copy(), p, np.array([[0.0, 1.0]]), np.array([6.0]), np.array([[4.0]]))
    update_climb(vertical, 6.0, 4.0)
    np.testing.assert_allclose(vertical, [*mean, p[0, 0], p[0, 1], p[1, 1]], rtol=1e-9)


def test_vertical_filter_follows_a_climb() -> None:
    vertical = np.array([np.nan, 0.0, 0.0, 0.0, 100.0])
    for k in range(20):
        update_vertical(vertical, 1.0 if k else 0.0, 0.1, 1_000.0 + 5.0 * k, 100.0)
    assert vertical[0] == pytest.approx(1_095.0, abs=1.0)
    assert vertical[1] == pytest.approx(5.0, abs=0.3)
    height, variance = height_at(vertical, -4.0, 0.1)
    assert height == pytest.approx(1_075.0, abs=2.0)
    assert variance > 0


def test_an_absent_height_leaves_the_vertical_filter_absent() -> None:
    vertical = np.array([np.nan, 0.0, 0.0, 0.0, 100.0])
    update_vertical(vertical, 1.0, 1.0, np.nan, np.nan)
    update_climb(vertical, 3.0, 1.0)
    assert np.isnan(vertical[0])
    assert vertical[4] == 100.0
