"""Kalman updates on packed rows (`arrays.STATE`, `arrays.VERTICAL`), and the vertical filter.

Motion is driven by white acceleration of spectral density q (m²/s³) per axis; how the horizontal state moves is in
`motion`. Equations: Bar-Shalom, Li, Kirubarajan, Estimation with Applications to Tracking and Navigation (2001), 6.2.2
(model) and 5.2.4 (update).

A plot older than the state is used as it stands, out of sequence: the state is carried back to the plot's time for
the innovation, with the process noise of that stretch counted as noise of the plot (Bar-Shalom, IEEE T-AES 38(3),
2002, with the correlation of process noise and state left out: exact without process noise, cautious otherwise).
"""

import math

from safeconduct.kernels.arrays import Floats
from safeconduct.kernels.jit import kernel


@kernel
def distance2(dx: float, dy: float, xx: float, xy: float, yy: float) -> tuple[float, float]:
    """Squared Mahalanobis distance of (dx, dy) under a covariance, and the covariance's determinant."""
    det = xx * yy - xy * xy
    return (yy * dx * dx - 2.0 * xy * dx * dy + xx * dy * dy) / det, det


@kernel
def spread_along(u: float, v: float, xx: float, xy: float, yy: float) -> float:
    """The variance of a covariance along the unit vector (u, v)."""
    return u * u * xx + 2.0 * u * v * xy + v * v * yy


@kernel
def correct(state: Floats, cross: Floats, dx: float, dy: float, xx: float, xy: float, yy: float) -> float:
    """Update a state (STATE,) by the innovation (dx, dy) of covariance (xx, xy, yy), in place; its NIS.

    cross: (4, 2) covariance of x, y, vx, vy with the predicted measurement. Gain K = cross S⁻¹, P -= K crossᵀ.
    """
    det = xx * yy - xy * xy
    gx, gxy, gy = yy / det, -xy / det, xx / det
    ax, ay = gx * dx + gxy * dy, gxy * dx + gy * dy
    for i in range(4):
        state[i] += cross[i, 0] * ax + cross[i, 1] * ay
    k = 4
    for block in range(3):
        for i in range(2):
            for j in range(2):
                if block != 1 and j < i:
                    continue
                a = i + 2 if block == 2 else i
                b = j if block == 0 else j + 2
                kx = cross[a, 0] * gx + cross[a, 1] * gxy
                ky = cross[a, 0] * gxy + cross[a, 1] * gy
                state[k] -= kx * cross[b, 0] + ky * cross[b, 1]
                k += 1
    return dx * ax + dy * ay


@kernel
def update_velocity(
    state: Floats, cross: Floats, back: float, q: float, vx: float, vy: float, variance: float
) -> float:
    """Take a velocity (m/s, variance per axis) measured `back` <= 0 seconds from the state's time; returns the NIS."""
    s = state
    cross[0, 0], cross[0, 1] = s[7], s[8]
    cross[1, 0], cross[1, 1] = s[9], s[10]
    cross[2, 0], cross[2, 1] = s[11], s[12]
    cross[3, 0], cross[3, 1] = s[12], s[13]
    noise = variance - q * back
    return correct(s, cross, vx - s[2], vy - s[3], s[11] + noise, s[12], s[13] + noise)


@kernel
def height_at(vertical: Floats, dt: float, q: float) -> tuple[float, float]:
    """Height and its variance at dt seconds (of either sign) from the state's time; NaN where never measured."""
    v = vertical
    return v[0] + dt * v[1], v[2] + dt * (2.0 * v[3] + dt * v[4]) + q * abs(dt) * dt * dt / 3.0


@kernel
def update_vertical(vertical: Floats, dt: float, q: float, height: float, variance: float) -> None:
    """Take a height measured dt seconds from the state's time, in place. NaN height: only carried forward.

    The first height ever starts the filter: vertical[4] must then hold the variance of the unknown climb.
    """
    v = vertical
    back = min(dt, 0.0)
    if dt > 0.0 and not math.isnan(v[0]):
        v[0] += dt * v[1]
        v[2] += dt * (2.0 * v[3] + dt * v[4]) + q * dt * dt * dt / 3.0
        v[3] += dt * v[4] + 0.5 * q * dt * dt
        v[4] += q * dt
    if math.isnan(height):
        return
    if math.isnan(v[0]):
        v[0], v[1], v[2], v[3] = height, 0.0, variance, 0.0
        return
    h, hh = height_at(v, back, q)
    spread = hh + variance
    cross_h, cross_v = v[2] + back * v[3], v[3] + back * v[4]
    nu = (height - h) / spread
    v[0] += cross_h * nu
    v[1] += cross_v * nu
    v[2] -= cross_h * cross_h / spread
    v[3] -= cross_h * cross_v / spread
    v[4] -= cross_v * cross_v / spread


@kernel
def update_climb(vertical: Floats, climb: float, variance: float) -> None:
    """Take a climb rate (m/s) at the state's time, in place. Nothing happens before the first height."""
    v = vertical
    if math.isnan(v[0]) or math.isnan(climb):
        return
    spread = v[4] + variance
    nu = (climb - v[1]) / spread
    v[0] += v[3] * nu
    v[1] += v[4] * nu
    v[2] -= v[3] * v[3] / spread
    v[3] -= v[3] * v[4] / spread
    v[4] -= v[4] * v[4] / spread
