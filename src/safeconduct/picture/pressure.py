"""How far the heights that barometers give are off here and now.

Aircraft send their altitude in the standard atmosphere (29.92 inHg). What it is above the ellipsoid depends on the
weather and the geoid: tens to hundreds of metres, and nearly the same for all within a sector. Those that send both
heights show it to all others.
"""

import math

import numpy as np

from safeconduct.kernels.arrays import Floats

BETWEEN_AIRCRAFT_M = 40.0
"""One standard deviation of the offset from one aircraft, or level, to another."""
DRIFT_M2_PER_S = 0.05
"""Growth of the variance of the offset: 13 m in an hour."""
MOST_OFF_M = 2_000.0
"""An aircraft whose two heights are farther apart has a fault."""
LEAST_M = 10.0


class PressureOffset:
    """The offset (height above the ellipsoid less pressure altitude) of a sector, by a Kalman filter of one number.

    Attributes:
        mean: metres.
        sigma: how far the height of an aircraft may be from its pressure altitude and the offset, metres.
    """

    def __init__(self, unknown_m: float) -> None:
        self._variance = unknown_m**2
        self._most = unknown_m
        self._time = -math.inf
        self.mean = 0.0

    @property
    def sigma(self) -> float:
        """See the class."""
        known = math.sqrt(self._variance + BETWEEN_AIRCRAFT_M**2)
        return min(known, self._most)

    def learn(self, time: float, height: Floats, pressure: Floats) -> None:
        """Take the heights of one batch, (n,) metres, NaN where not sent. They count as one look: the reports of one
        aircraft are off by the same."""
        off = height - pressure
        off = off[np.abs(off) < MOST_OFF_M]
        if not len(off):
            return
        if math.isfinite(self._time):
            self._variance = min(self._variance + DRIFT_M2_PER_S * max(time - self._time, 0.0), self._most**2)
        self._time = max(time, self._time)
        gain = self._variance / (self._variance + BETWEEN_AIRCRAFT_M**2)
        self.mean += gain * (float(np.median(off)) - self.mean)
        self._variance = max((1.0 - gain) * self._variance, LEAST_M**2)
