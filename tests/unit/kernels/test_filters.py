"""Oracle: the textbook matrices in NumPy."""

import numpy as np
import numpy.typing as npt
import pytest

from safeconduct.kernels.filters import (
    height_at,
    manoeuvre_psd,
    position_at,
    predict,
    update_climb,
    update_position,
    update_velocity,
    update_vertical,
)

Floats = npt.NDArray[np.float64]
PACKED = [(0, 0), (0, 1), (1, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3)]


def packed(mean: Floats, covariance: Floats) -> Floats:
    return np.concatenate([mean, [covariance[i, j] for i, j in PACKED]])


def unpacked(state: Floats) -> tuple[Floats, Floats]:
    covariance = np.zeros((4, 4))
    for value, (i, j) in zip(state[4:], PACKED, strict=True):
        covariance[i, j] = covariance[j, i] = value
    return state[:4].copy(), covariance


def transition(dt: float, q: float) -> tuple[Floats, Floats]:
    f = np.eye(4)
    f[0, 2] = f[1, 3] = dt
    one = q * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
    noise: Floats = np.kron(one, np.eye(2)).astype(np.float64)
    return f, noise


@pytest.fixture
def start() -> tuple[Floats, Floats]:
    rng = np.random.default_rng(4)
    root = rng.normal(size=(4, 4)) * np.array([30.0, 20.0, 5.0, 4.0])[:, None]
    return np.array([1_000.0, -500.0, 40.0, -12.0]), root @ root.T + np.eye(4)


def test_prediction(start: tuple[Floats, Floats]) -> None:
    state = packed(*start)
    predict(state, 2.5, 3.0)
    f, q = transition(2.5, 3.0)
    np.testing.assert_allclose(state, packed(f @ start[0], f @ start[1] @ f.T + q), rtol=1e-12)


def test_position_at_agrees_with_prediction(start: tuple[Floats, Floats]) -> None:
    state = packed(*start)
    ahead = position_at(state, 2.5, 3.0)
    predict(state, 2.5, 3.0)
    np.testing.assert_allclose(ahead, state[[0, 1, 4, 5, 6]], rtol=1e-12)


def test_position_update(start: tuple[Floats, Floats]) -> None:
    state, place = packed(*start), np.array([1_100.0, -520.0, 400.0, 90.0, 250.0])
    nis = update_position(state, np.empty((4, 2)), 1.5, 3.0, place)
    f, q = transition(1.5, 3.0)
    mean, p = f @ start[0], f @ start[1] @ f.T + q
    h, r = np.eye(2, 4), np.array([[400.0, 90.0], [90.0, 250.0]])
    s = h @ p @ h.T + r
    gain, nu = p @ h.T @ np.linalg.inv(s), place[:2] - mean[:2]
    np.testing.assert_allclose(state, packed(mean + gain @ nu, p - gain @ h @ p), rtol=1e-9)
    assert nis == pytest.approx(nu @ np.linalg.solve(s, nu))


def test_velocity_update(start: tuple[Floats, Floats]) -> None:
    state = packed(*start)
    update_velocity(state, np.empty((4, 2)), 0.0, 3.0, 45.0, -10.0, 9.0)
    mean, p = start
    h = np.eye(4)[2:]
    gain = p @ h.T @ np.linalg.inv(h @ p @ h.T + 9.0 * np.eye(2))
    expected = packed(mean + gain @ (np.array([45.0, -10.0]) - mean[2:]), p - gain @ h @ p)
    np.testing.assert_allclose(state, expected, rtol=1e-9)


def test_a_late_plot_without_process_noise_gives_what_it_would_have_given_in_time(
    start: tuple[Floats, Floats],
) -> None:
    first, second = np.array([1_050.0, -520.0, 400.0, 90.0, 250.0]), np.array([1_140.0, -560.0, 300.0, -20.0, 300.0])
    in_order, swapped, cross = packed(*start), packed(*start), np.empty((4, 2))
    update_position(in_order, cross, 1.0, 0.0, first)
    update_position(in_order, cross, 2.0, 0.0, second)
    update_position(swapped, cross, 3.0, 0.0, second)
    update_position(swapped, cross, -2.0, 0.0, first)
    np.testing.assert_allclose(swapped, in_order, rtol=1e-8)


def test_a_late_plot_with_process_noise_still_helps_and_stays_sound(start: tuple[Floats, Floats]) -> None:
    state, cross = packed(*start), np.empty((4, 2))
    update_position(state, cross, 3.0, 10.0, np.array([1_140.0, -560.0, 300.0, -20.0, 300.0]))
    before = unpacked(state)[1]
    update_position(state, cross, -2.0, 10.0, np.array([1_050.0, -520.0, 400.0, 90.0, 250.0]))
    after = unpacked(state)[1]
    assert np.linalg.eigvalsh(after).min() > 0
    assert np.linalg.eigvalsh(before - after).min() > -1e-9


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


def test_manoeuvre_noise_grows_with_the_square_of_the_speed() -> None:
    state = np.zeros(14)
    state[2:4] = 30.0, 40.0
    assert manoeuvre_psd(state, 2.0, 0.002) == pytest.approx(2.0 + 0.002 * 2_500.0)
