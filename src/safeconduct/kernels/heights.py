"""The height of a track: an interacting multiple model of level and climbing flight, on packed rows (`VERTICAL`).

Level flight has no climb, and drifts; climbing flight keeps its climb, with white acceleration. An aircraft keeps to
one of them for `climb_lasts` seconds on average. Blom and Bar-Shalom, IEEE T-AC 33(8), 1988, as in `motion`.
"""

import math

from safeconduct.kernels.arrays import VERTICAL, Floats, Record
from safeconduct.kernels.filters import height_at, update_climb, update_vertical
from safeconduct.kernels.jit import kernel
from safeconduct.kernels.scoring import existence, log_gauss1

LEVEL, CLIMBING = 0, 1
"""Rows of a track's `heights`."""
LEVEL_SHARE = 0.6
"""Share of the time that aircraft fly level."""
DRIFT_M2_PER_S, LEVEL_CLIMB = 4.0, 0.25
"""Growth of the variance of a level height, and what its climb may be for all that, (m/s)²."""
SURELY = 1e-6
"""Neither is ever given up."""


@kernel
def begin_height(
    track: Record, height: float, variance: float, climb: float, climb_variance: float, most: float
) -> None:
    """A new track's height and climb, as far as they were measured. most: variance of an unknown climb."""
    track.level = LEVEL_SHARE
    for model in range(2):
        v = track.heights[model]
        v[0], v[1], v[2], v[3], v[4] = math.nan, 0.0, 0.0, 0.0, most
        update_vertical(v, 0.0, 0.0, height, variance)
    merge(track)
    take_climb(track, climb, climb_variance)


@kernel
def carry_height(track: Record, dt: float, q: float, lasts: float) -> None:
    """Carry the height forward by dt >= 0 s; it may have begun to climb, or to fly level, meanwhile."""
    if dt == 0.0 or math.isnan(track.heights[LEVEL, 0]):
        return
    stays = math.exp(-dt / lasts)
    level, mean = float(track.level), track.vertical
    track.level = stays * level + (1.0 - stays) * LEVEL_SHARE
    for model in range(2):
        v = track.heights[model]
        own, all_ = (level, LEVEL_SHARE) if model == LEVEL else (1.0 - level, 1.0 - LEVEL_SHARE)
        join(v, stays * own, mean, (1.0 - stays) * all_)
    v = track.heights[LEVEL]
    v[1], v[2], v[3], v[4] = 0.0, v[2] + DRIFT_M2_PER_S * dt, 0.0, LEVEL_CLIMB
    update_vertical(track.heights[CLIMBING], dt, q, math.nan, 1.0)
    merge(track)


@kernel
def take_height(track: Record, back: float, q: float, height: float, variance: float) -> None:
    """Take a height measured `back` <= 0 seconds from the track's time; NaN is none."""
    if math.isnan(height):
        return
    level, drifted = track.heights[LEVEL], variance - DRIFT_M2_PER_S * back
    if not math.isnan(level[0]):
        h, hh = height_at(track.heights[CLIMBING], back, q)
        weigh_models(track, log_gauss1(height - level[0], level[2] + drifted), log_gauss1(height - h, hh + variance))
    update_vertical(level, 0.0, 0.0, height, drifted)
    update_vertical(track.heights[CLIMBING], back, q, height, variance)
    merge(track)


@kernel
def take_climb(track: Record, climb: float, variance: float) -> None:
    """Take a climb rate at the track's time, m/s; NaN is none. Before the first height nothing happens."""
    if math.isnan(climb) or math.isnan(track.heights[LEVEL, 0]):
        return
    v = track.heights[CLIMBING]
    weigh_models(track, log_gauss1(climb, LEVEL_CLIMB + variance), log_gauss1(climb - v[1], v[4] + variance))
    update_climb(v, climb, variance)
    merge(track)


@kernel
def weigh_models(track: Record, level: float, climbing: float) -> None:
    """Give the chance of level flight a measurement: ln of its likelihood under either model."""
    level += math.log(max(track.level, SURELY))
    climbing += math.log(max(1.0 - track.level, SURELY))
    track.level = existence(level - climbing)


@kernel
def merge(track: Record) -> None:
    """Both in the one `vertical` of the track."""
    for k in range(VERTICAL):
        track.vertical[k] = track.heights[LEVEL, k]
    if not math.isnan(track.vertical[0]):
        join(track.vertical, track.level, track.heights[CLIMBING], 1.0 - track.level)


@kernel
def join(into: Floats, have: float, other: Floats, more: float) -> None:
    """Two Gaussians of weights `have` and `more` in one of the same mean and covariance, in place of the first."""
    total = have + more
    if not total > 0.0:
        return
    b = more / total
    a = 1.0 - b
    h, v = other[0] - into[0], other[1] - into[1]
    for k in range(VERTICAL):
        into[k] = a * into[k] + b * other[k]
    into[2] += a * b * h * h
    into[3] += a * b * h * v
    into[4] += a * b * v * v
