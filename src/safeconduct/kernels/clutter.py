"""Where a sensor's false plots fall: a map of cells, learned from the plots that no track explains.

Hills, the sea, wind turbines and birds give false plots again and again, and in their places only. A cell counts those
of late, against as many as would fall there if they fell evenly; a few of the latter are believed in beforehand, so
that one false plot makes no patch. A sensor without a reach has no map, and its false plots fall evenly.
"""

import math

from safeconduct.kernels.arrays import MAP_CELLS, MAP_SIDE, Floats, Record, Records
from safeconduct.kernels.jit import kernel

MEMORY_LOOKS = 100.0
"""A false plot is forgotten over so many looks."""
BELIEVED = 6.0
"""So many plots in each cell are believed to have fallen evenly."""


@kernel
def cell_of(sensor: Record, x: float, y: float) -> int:
    """The cell of a place; -1 outside of the map, or where there is none."""
    if not math.isfinite(sensor.reach):
        return -1
    column = math.floor((x - sensor.x + sensor.reach) / (2.0 * sensor.reach) * MAP_SIDE)
    line = math.floor((y - sensor.y + sensor.reach) / (2.0 * sensor.reach) * MAP_SIDE)
    if 0 <= column < MAP_SIDE and 0 <= line < MAP_SIDE:
        return int(line * MAP_SIDE + column)
    return -1


@kernel
def unevenness(sensor: Record, x: float, y: float) -> float:
    """How many times denser the false plots are at a place than all over the sensor's reach."""
    cell = cell_of(sensor, x, y)
    if cell < 0:
        return 1.0
    return float((sensor.fallen[cell] + BELIEVED) / (sensor.evenly + BELIEVED))


@kernel
def least_unevenness(sensor: Record) -> float:
    """The least that `unevenness` is anywhere."""
    if not math.isfinite(sensor.reach):
        return 1.0
    return float(min(1.0, (sensor.fallen.min() + BELIEVED) / (sensor.evenly + BELIEVED)))


@kernel
def learn_places(sensor: Record, plots: Records, false: Floats, look: float) -> None:
    """Learn from one group where false plots fell, in this share of a look around.

    false: (plots,) the chance of each that it is of no track, nor of an aircraft that has none yet. The cells outside
    of the circle that the sensor reaches get none; what would fall there evenly falls within.
    """
    if not math.isfinite(sensor.reach):
        return
    keep, total = 1.0 - look / MEMORY_LOOKS, 0.0
    for cell in range(MAP_CELLS):
        sensor.fallen[cell] *= keep
    for p in range(len(plots)):
        cell = cell_of(sensor, plots[p].place[0], plots[p].place[1])
        if cell >= 0:
            sensor.fallen[cell] += false[p]
            total += false[p]
    sensor.evenly = keep * sensor.evenly + total / (0.25 * math.pi * MAP_CELLS)
