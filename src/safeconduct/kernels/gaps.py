"""One aircraft on both sides of a gap? Likelihoods on plain arrays, by what aircraft can do while nobody sees them.

The state before the gap is carried over it under many hypotheses, each Gaussian: straight on, turns of many sizes made
at once, slowly or late, and anything at all within the ground it could have covered. White acceleration fills the
room between them. The density of the state after the gap under their mixture is compared with that of an aircraft
that was never seen before, which may have any velocity. Pairs come as n rows; metres, seconds.
"""

import math

import numpy as np
import numpy.typing as npt

from safeconduct.kernels.arrays import STATE

Floats = npt.NDArray[np.float64]

STRAIGHT_PSD, TURN_PSD = 2.0, 0.002
"""Spectral density of the acceleration, m²/s³, and its growth with the square of the speed, rad²/s."""
VERTICAL_PSD = 1.0
TOP_SPEED_MPS = 350.0
"""Faster than whatever flies here."""
GRAVITY = 9.80665
MOST_BANK = math.radians(50.0)
FASTEST_TURN = math.radians(45.0)
"""No turn is tighter than this bank allows, nor faster per second than this."""
TURNS = np.radians([-180.0, -135.0, -90.0, -45.0, 45.0, 90.0, 135.0, 180.0])
STRAIGHT_SHARE, ANY_SHARE = 0.4, 0.1
"""Prior shares of flying straight on and of anything at all; the turns share the rest."""
ANY_SPEED_MPS = 10.0
"""Added to an aircraft's speed where it may have done anything: one that hovered may have flown off."""
SPEED_SIGMA_MPS = 120.0
"""Of the velocity of an aircraft never seen before, per axis."""
HEIGHT_SPAN_M = 10_000.0
"""Heights of such aircraft."""
PRESSURE_SIGMA_M = 50.0
"""Of the difference of two pressure altitudes of one aircraft that keeps its height."""

_UPPER = np.array([[0, 1, 3, 4], [1, 2, 5, 6], [3, 5, 7, 8], [4, 6, 8, 9]])
"""Where the elements of the 4x4 covariance are in a packed state, after x, y, vx, vy."""


def covariance(state: Floats) -> Floats:
    """(n, 4, 4) of x, y, vx, vy, from packed states (n, STATE); see `kernels.arrays`."""
    full: Floats = state[:, 4:STATE][:, _UPPER]
    return full


def log_ratio(before: Floats, after: Floats, dt: Floats) -> Floats:
    """ln of p(state after the gap | state before it) over that of the velocity of any aircraft; per m².

    Args:
        before, after: (n, STATE) states at their own times.
        dt: (n,) how much later the second holds, s, > 0.
    """
    speed = np.hypot(before[:, 2], before[:, 3])
    noise = STRAIGHT_PSD + TURN_PSD * speed**2
    own, theirs = covariance(before), covariance(after)
    moves, shares = _hypotheses(speed, dt)
    mean = (moves @ before[:, None, :4, None])[..., 0]
    growth = np.zeros((len(dt), 4, 4))
    for axis in range(2):
        growth[:, axis, axis] = noise * dt**3 / 3.0
        growth[:, axis, axis + 2] = growth[:, axis + 2, axis] = noise * dt**2 / 2.0
        growth[:, axis + 2, axis + 2] = noise * dt
    spread = moves @ own[:, None] @ np.swapaxes(moves, -1, -2) + (growth + theirs)[:, None]
    told = _log_gauss(after[:, None, :4] - mean, spread)
    with np.errstate(divide="ignore"):
        told += np.log(shares)
    anything = np.log(ANY_SHARE) + _log_gauss(after[:, :4] - _resting(before), _anywhere(own, speed, dt) + theirs)
    best = np.logaddexp(np.logaddexp.reduce(told, axis=1), anything)
    usual = np.eye(2) * SPEED_SIGMA_MPS**2 + theirs[:, 2:, 2:]
    ratio: Floats = best - _log_gauss(after[:, 2:4], usual)
    return ratio


def height_log_ratio(before: Floats, after: Floats, dt: Floats, pressure: Floats) -> Floats:
    """The same of the heights, without a unit; 0 where they cannot be compared.

    Args:
        before, after: (n, VERTICAL).
        dt: (n,) s, > 0.
        pressure: (n, 2) pressure altitudes before and after, m, NaN for none; used where a height is unknown.
    """
    climbed = np.where(np.isnan(before[:, 0]), 0.0, before[:, 1]) * dt
    level = np.square(0.5 * climbed) + VERTICAL_PSD * dt**3 / 3.0
    rise = after[:, 0] - before[:, 0] - 0.5 * climbed
    spread = before[:, 2] + after[:, 2] + level + 0.25 * before[:, 4] * dt**2
    use = np.isnan(rise)
    rise = np.where(use, pressure[:, 1] - pressure[:, 0] - 0.5 * climbed, rise)
    spread = np.where(use, PRESSURE_SIGMA_M**2 + level, spread)
    told = -0.5 * (rise**2 / spread + np.log(2.0 * np.pi * spread)) + math.log(HEIGHT_SPAN_M)
    ratio: Floats = np.where(np.isnan(rise), 0.0, told)
    return ratio


def in_reach(before: Floats, after: Floats, gap: Floats) -> npt.NDArray[np.bool_]:
    """(n,) whether anything could have flown from one place to the other in `gap` seconds, errors of both allowed.

    before, after: (n, 7 or more) packed states, of which the place and its covariance are used.
    """
    error = np.sqrt(before[:, 4] + before[:, 6] + after[:, 4] + after[:, 6])
    away = np.hypot(after[:, 0] - before[:, 0], after[:, 1] - before[:, 1])
    possible: npt.NDArray[np.bool_] = away <= TOP_SPEED_MPS * np.maximum(gap, 0.0) + 4.0 * error
    return possible


def _hypotheses(speed: Floats, dt: Floats) -> tuple[Floats, Floats]:
    """Transitions (n, k, 4, 4) and prior shares (n, k), 0 where a turn is tighter than can be flown."""
    rate = np.minimum(FASTEST_TURN, GRAVITY * math.tan(MOST_BANK) / np.maximum(speed, 1.0))
    quick = np.abs(TURNS) / rate[:, None]
    whole = np.broadcast_to(dt[:, None], quick.shape)
    zero = np.zeros_like(quick)
    before = np.concatenate([dt[:, None], zero, zero, whole - quick], axis=1)
    during = np.concatenate([zero[:, :1], whole, quick, quick], axis=1)
    after = np.concatenate([zero[:, :1], zero, whole - quick, zero], axis=1)
    angle = np.concatenate([[1.0], TURNS, TURNS, TURNS])
    possible = np.tile(quick <= whole, 3)
    count = np.maximum(possible.sum(axis=1, keepdims=True), 1)
    shares = np.concatenate(
        [np.full_like(dt, STRAIGHT_SHARE)[:, None], possible * (1.0 - STRAIGHT_SHARE - ANY_SHARE) / count], axis=1
    )
    end = np.exp(1j * angle)
    end[0] = 1.0
    moved = before + during * (np.exp(1j * angle) - 1.0) / (1j * angle) + after * end
    moves = np.zeros((*moved.shape, 4, 4))
    moves[..., 0, 0] = moves[..., 1, 1] = 1.0
    for row, turned in ((0, moved), (2, np.broadcast_to(end, moved.shape))):
        moves[..., row, 2] = moves[..., row + 1, 3] = turned.real
        moves[..., row + 1, 2], moves[..., row, 3] = turned.imag, -turned.imag
    return moves, shares


def _resting(before: Floats) -> Floats:
    """The mean of anything at all: where it was, with no velocity."""
    mean: Floats = before[:, :4].copy()
    mean[:, 2:] = 0.0
    return mean


def _anywhere(own: Floats, speed: Floats, dt: Floats) -> Floats:
    """Its covariance: half of the ground that it could have covered, and any direction."""
    spread = np.zeros_like(own)
    spread[:, :2, :2] = own[:, :2, :2]
    fast = speed + np.sqrt(own[:, 2, 2] + own[:, 3, 3]) + ANY_SPEED_MPS
    for axis in range(2):
        spread[:, axis, axis] += np.square(0.6 * fast * dt)
        spread[:, axis + 2, axis + 2] = np.square(0.7 * fast)
    return spread


def _log_gauss(off: Floats, spread: Floats) -> Floats:
    """ln N(off (..., d); 0, spread (..., d, d)); -inf where the covariance is not one."""
    sign, log_det = np.linalg.slogdet(spread)
    square = (off * np.linalg.solve(spread, off[..., None])[..., 0]).sum(axis=-1)
    told = -0.5 * (square + log_det + off.shape[-1] * math.log(2.0 * math.pi))
    density: Floats = np.where((sign > 0) & (square >= 0), told, -np.inf)
    return density
