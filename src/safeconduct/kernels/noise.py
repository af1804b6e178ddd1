"""How noisy a sensor really is: its innovations against those that its declared noise would give.

Sensors are seldom as declared, and a filter that believes a wrong variance loses tracks or splits them. The innovation
of a plot that is surely a track's has the variance of the prediction and of the plot together (Mehra, IEEE T-AC 15(2),
1970): what is left without the first, summed over many plots, over the declared sum, is the factor.
"""

import math

from safeconduct.kernels.arrays import Floats, Record, Records
from safeconduct.kernels.filters import spread_along
from safeconduct.kernels.jit import kernel

MEMORY = 6000.0
"""So many plots of late are judged by."""
TRUST = 120.0
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
    aa, bb = along * spread_along(u, v, xx, xy, yy), across * spread_along(-v, u, xx, xy, yy)
    ab = math.sqrt(along * across) * ((u * u - v * v) * xy + u * v * (yy - xx))
    place[2] = u * u * aa - 2.0 * u * v * ab + v * v * bb
    place[3] = u * v * aa + (u * u - v * v) * ab - u * v * bb
    place[4] = v * v * aa + 2.0 * u * v * ab + u * u * bb


@kernel
def rescale_all(plots: Records, sensors: Records) -> None:
    """The same for the places of all plots."""
    for p in range(len(plots)):
        rescale(plots[p].place, sensors[plots[p].sensor])


@kernel
def judge(sensor: Record, belief: float, ahead: Floats, place: Floats) -> None:
    """Learn from one plot: the place predicted for it, and its own (scaled) one, both (PLACE,)."""
    u, v = sight(sensor, place[0], place[1])
    dx, dy = place[0] - ahead[0], place[1] - ahead[1]
    first = sensor.judged == 0.0
    if first:
        sensor.judged = TRUST
    for axis in range(2):
        if axis == 1:
            u, v = -v, u
        off = u * dx + v * dy
        known, own = spread_along(u, v, ahead[2], ahead[3], ahead[4]), spread_along(u, v, place[2], place[3], place[4])
        if first:
            sensor.spread[axis] = sensor.declared[axis] = own / sensor.scale[axis]
        weight = belief * (own / (own + known)) ** 2  # where the prediction is loose, a plot says little of its noise
        keep = 1.0 - weight / min(sensor.judged, MEMORY)
        sensor.judged += weight
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
