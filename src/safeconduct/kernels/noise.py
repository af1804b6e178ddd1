"""How noisy a sensor really is: its innovations against those that its declared noise would give.

Sensors are seldom as declared, and a filter that believes a wrong variance loses tracks or splits them. The innovation
of a plot that is surely a track's has the variance of the prediction and of the plot together (Mehra, IEEE T-AC 15(2),
1970): what is left without the first, summed over many plots, over the declared sum, is the factor.
"""

import math

from safeconduct.kernels.arrays import Floats, Record, Records
from safeconduct.kernels.jit import kernel

MEMORY = 3000.0
"""So many plots of late are judged by."""
TRUST = 60.0
"""The declaration counts as so many plots."""
LEAST_SCALE, MOST_SCALE = 0.25, 6.0
AS_DECLARED = 0.8
OUTLIER = 9.0
"""Squares of innovations beyond so many variances are taken as this: they may be of a turn, or of another aircraft."""


@kernel
def sight(sensor: Record, x: float, y: float) -> tuple[float, float]:
    """Unit vector from a sensor to a place; to the east for one without a place of its own, or that only listens."""
    dx, dy = x - sensor.x, y - sensor.y
    away = math.hypot(dx, dy)
    if sensor.listens or not away > 1.0:
        return 1.0, 0.0
    return dx / away, dy / away


@kernel
def rescale(place: Floats, sensor: Record) -> None:
    """Give a place the noise that its sensor is found to have, in place."""
    along, across = sensor.scale[0], sensor.scale[1]
    if along == 1.0 and across == 1.0:
        return
    u, v = sight(sensor, place[0], place[1])
    xx, xy, yy = place[2], place[3], place[4]
    aa = u * u * xx + 2.0 * u * v * xy + v * v * yy
    ab = -u * v * xx + (u * u - v * v) * xy + u * v * yy
    bb = v * v * xx - 2.0 * u * v * xy + u * u * yy
    aa, ab, bb = along * aa, math.sqrt(along * across) * ab, across * bb
    place[2] = u * u * aa - 2.0 * u * v * ab + v * v * bb
    place[3] = u * v * aa + (u * u - v * v) * ab - u * v * bb
    place[4] = v * v * aa + 2.0 * u * v * ab + u * u * bb


@kernel
def rescale_all(plots: Records, sensors: Records) -> None:
    """The same for the places of all plots, and their heights."""
    for p in range(len(plots)):
        sensor = sensors[plots[p].sensor]
        rescale(plots[p].place, sensor)
        plots[p].height_variance *= sensor.scale[2]


@kernel
def judge(sensor: Record, belief: float, x: float, y: float, xx: float, xy: float, yy: float, place: Floats) -> None:
    """Learn from one plot: predicted place x, y with its covariance, and the plot's own (scaled) one."""
    u, v = sight(sensor, place[0], place[1])
    dx, dy = place[0] - x, place[1] - y
    along, across = u * dx + v * dy, u * dy - v * dx
    first = sensor.judged == 0.0
    if first:
        sensor.judged = TRUST
    off, ahead, right = along, u, v
    for axis in range(2):
        if axis == 1:
            off, ahead, right = across, -v, u
        known = ahead * ahead * xx + 2.0 * ahead * right * xy + right * right * yy
        own = ahead * ahead * place[2] + 2.0 * ahead * right * place[3] + right * right * place[4]
        if first:
            sensor.spread[axis] = sensor.declared[axis] = own / sensor.scale[axis]
        weight = belief * (own / (own + known)) ** 2  # where the prediction is loose, a plot says little of its noise
        keep = 1.0 - 0.5 * weight / min(sensor.judged, MEMORY)
        sensor.judged += 0.5 * weight
        square = min(off * off, OUTLIER * (known + own))
        sensor.spread[axis] = keep * sensor.spread[axis] + (1.0 - keep) * (square - known)
        sensor.declared[axis] = keep * sensor.declared[axis] + (1.0 - keep) * own / sensor.scale[axis]
    if sensor.listens:  # its noise has no direction
        both = (sensor.spread[0] + sensor.spread[1]) / (sensor.declared[0] + sensor.declared[1])
        sensor.scale[0] = sensor.scale[1] = believed(both)
        return
    for axis in range(2):
        sensor.scale[axis] = believed(sensor.spread[axis] / sensor.declared[axis])


@kernel
def believed(found: float) -> float:
    """The factor that is used: none where the declaration is about right, since what is found has errors of its own."""
    if AS_DECLARED < found < 1.0 / AS_DECLARED:
        return 1.0
    return min(max(found, LEAST_SCALE), MOST_SCALE)
