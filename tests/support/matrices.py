"""The textbook in NumPy matrices, as an oracle of the packed kernels; a state is x, y, vx, vy.

Bar-Shalom, Li, Kirubarajan, Estimation with Applications to Tracking and Navigation (2001): white acceleration 6.2.2,
coordinated turn with a known rate 11.7.1, Joseph's form of the update 5.2.3, moments of a mixture 1.4.16.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Gaussian = tuple[Floats, Floats]

ROW, COLUMN = np.array([0, 0, 1, 0, 0, 1, 1, 2, 2, 3]), np.array([0, 1, 1, 2, 3, 2, 3, 2, 3, 3])
"""Where in the 4 x 4 matrix the packed elements 4 to 13 of a state are."""


def covariance(state: Floats) -> Floats:
    full = np.zeros((4, 4))
    full[ROW, COLUMN] = full[COLUMN, ROW] = state[4:]
    return full


def packed(mean: Floats, spread: Floats) -> Floats:
    return np.concatenate([mean, spread[ROW, COLUMN]])


def unpacked(state: Floats) -> Gaussian:
    return state[:4].copy(), covariance(state)


def transition(dt: float, rate: float = 0.0) -> Floats:
    """F of a turn at `rate`, counter-clockwise; of straight flight for 0."""
    angle = rate * dt
    along = dt if rate == 0.0 else math.sin(angle) / rate
    aside = 0.0 if rate == 0.0 else (1.0 - math.cos(angle)) / rate
    return np.array(
        [
            [1.0, 0.0, along, -aside],
            [0.0, 1.0, aside, along],
            [0.0, 0.0, math.cos(angle), -math.sin(angle)],
            [0.0, 0.0, math.sin(angle), math.cos(angle)],
        ]
    )


def white_acceleration(dt: float, q: float) -> Floats:
    """Q of white acceleration along a straight line, dt >= 0."""
    one = q * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
    both: Floats = np.kron(one, np.eye(2)).astype(np.float64)
    return both


def turning_acceleration(dt: float, q: float, rate: float, pieces: int = 2_000) -> Floats:
    """Q of white acceleration during a turn: the integral of F(t) G Gᵀ F(t)ᵀ q, by the midpoint rule."""
    total = np.zeros((4, 4))
    for k in range(pieces):
        pushed = transition((k + 0.5) * dt / pieces, rate)[:, 2:]
        total += pushed @ pushed.T
    return q * dt / pieces * total


def joseph(mean: Floats, spread: Floats, h: Floats, z: Floats, r: Floats) -> Gaussian:
    """Update by z = H x + noise of covariance r, in the form that holds for any gain."""
    gain = np.linalg.solve(h @ spread @ h.T + r, h @ spread).T
    keep = np.eye(len(mean)) - gain @ h
    return mean + gain @ (z - h @ mean), keep @ spread @ keep.T + gain @ r @ gain.T


def matrix(place: Floats) -> Floats:
    """The covariance of a place."""
    return np.array([[place[2], place[3]], [place[3], place[4]]])


def merged(weights: Sequence[float] | Floats, parts: Sequence[Floats]) -> Floats:
    """The packed state with the mean and covariance of a mixture of packed states."""
    share = np.asarray(weights, float) / np.sum(weights)
    means, spreads = np.array([p[:4] for p in parts]), np.array([covariance(p) for p in parts])
    mean = share @ means
    off = means - mean
    return packed(mean, np.einsum("k,kij->ij", share, spreads + off[:, :, None] * off[:, None, :]))
