"""A body that falls: a point mass with drag in the standard atmosphere, under a steady wind.

The equation of motion is dv/dt = -g z - (D(h) / 2β) |v - w| (v - w), with D the density of the air, w the wind and the
ballistic coefficient β = m / (Cd A) in kg/m² (point-mass trajectories: McCoy, Modern Exterior Ballistics, 1999, without
lift and Mach effects). The air is that of ISO 2533:1975 up to 20 km. A flat earth is enough for falls of minutes.
"""

import math

import numpy as np

from safeconduct.kernels.arrays import Floats
from safeconduct.kernels.jit import kernel

GRAVITY = 9.80665
"""m/s², ISO 2533 table 1."""
SEA_LEVEL_DENSITY = 1.225
"""kg/m³."""
SEA_LEVEL_KELVIN, LAPSE = 288.15, 0.0065
"""K, K/m up to the tropopause."""
TROPOPAUSE_M = 11_000.0
GAS = 287.05287
"""J/(kg K), dry air."""
LONGEST_S = 7200.0
"""No fall is followed for longer."""
FINEST_S, COARSEST_S = 1e-3, 1.0
SHARE = 0.2
"""Length of a step, in times within which drag or gravity would change the velocity by itself."""


@kernel
def air_density(height: float) -> float:
    """kg/m³ at a geopotential height, m (ISO 2533, 2.1 to 2.8)."""
    lowest = max(height, -2000.0)
    power = GRAVITY / (GAS * LAPSE)
    if lowest <= TROPOPAUSE_M:
        return SEA_LEVEL_DENSITY * math.pow(1.0 - LAPSE * lowest / SEA_LEVEL_KELVIN, power - 1.0)
    kelvin = SEA_LEVEL_KELVIN - LAPSE * TROPOPAUSE_M
    at_tropopause = SEA_LEVEL_DENSITY * math.pow(kelvin / SEA_LEVEL_KELVIN, power - 1.0)
    return at_tropopause * math.exp(-GRAVITY * (lowest - TROPOPAUSE_M) / (GAS * kelvin))


@kernel
def accelerate(fall: Floats, motion: Floats, out: Floats) -> None:
    """The rate of change of (x, y, h, vx, vy, vh), written to `out` (6,). fall: see `land`."""
    ux, uy, uh = motion[3] - fall[7], motion[4] - fall[8], motion[5]
    drag = 0.0
    if math.isfinite(fall[6]):
        drag = 0.5 * air_density(motion[2]) * math.sqrt(ux * ux + uy * uy + uh * uh) / fall[6]
    out[0], out[1], out[2] = motion[3], motion[4], motion[5]
    out[3], out[4], out[5] = -drag * ux, -drag * uy, -drag * uh - GRAVITY


@kernel
def land(falls: Floats, ground: float) -> Floats:
    """Where and how bodies meet the ground (n, 7): x, y, seconds, vx, vy, vh, and the height left (0 on the ground).

    falls: (n, 9) at the start: x, y, h (m), vx, vy, vh (m/s), β (kg/m², inf: no air), wind x, y (m/s).
    ground: height of the ground, m. A body that begins below it has landed. Runge-Kutta of fourth order, with steps
    that follow the drag; the last one is cut where the chord of the height meets the ground.
    """
    ends = np.empty((len(falls), 7))
    k = np.empty((4, 6))
    motion, trial, after = np.empty(6), np.empty(6), np.empty(6)
    for n in range(len(falls)):
        fall, time = falls[n], 0.0
        motion[:] = fall[:6]
        while motion[2] > ground and time < LONGEST_S:
            accelerate(fall, motion, k[0])
            rate = 0.0
            if math.isfinite(fall[6]):
                ux, uy, uh = motion[3] - fall[7], motion[4] - fall[8], motion[5]
                air = air_density(motion[2]) / fall[6]
                rate = air * math.sqrt(ux * ux + uy * uy + uh * uh) + math.sqrt(0.5 * GRAVITY * air)
            dt = COARSEST_S if rate <= 0.0 else min(COARSEST_S, max(FINEST_S, SHARE / rate))
            for stage in range(1, 4):
                part = dt if stage == 3 else 0.5 * dt
                for j in range(6):
                    trial[j] = motion[j] + part * k[stage - 1, j]
                accelerate(fall, trial, k[stage])
            for j in range(6):
                after[j] = motion[j] + dt / 6.0 * (k[0, j] + 2.0 * k[1, j] + 2.0 * k[2, j] + k[3, j])
            share = 1.0
            if after[2] < ground:
                share = touch(motion, after, dt, ground)
            for j in range(6):
                motion[j] += share * (after[j] - motion[j])
            if share < 1.0:
                motion[2] = ground
            time += share * dt
        ends[n, 0], ends[n, 1], ends[n, 2] = motion[0], motion[1], time
        ends[n, 3], ends[n, 4], ends[n, 5], ends[n, 6] = motion[3], motion[4], motion[5], max(motion[2] - ground, 0.0)
    return ends


@kernel
def touch(before: Floats, after: Floats, dt: float, ground: float) -> float:
    """The share of a step after which the height, a parabola through its ends and its first slope, is the ground's."""
    drop, slope = before[2] - ground, before[5] * dt
    bend = after[2] - before[2] - slope
    root = slope * slope - 4.0 * bend * drop
    if abs(bend) < 1e-12 or root < 0.0:
        return float(drop / (before[2] - after[2]))
    return min(1.0, float(2.0 * drop / (math.sqrt(root) - slope)))
