"""What the sensors of a node would see and hear, if it were there."""

from collections.abc import Iterable, Mapping

import numpy as np

from safeconduct.kernels.arrays import Flags, Floats
from safeconduct.kernels.ecef import MEAN_RADIUS_M, polar
from safeconduct.kernels.geodesy import radio_horizon
from safeconduct.model.sensor import Sensor, SensorKind

SURE_SHARE = 2.0 / 3.0
"""Only within this share of a sensor's reach and horizon does it mean anything that it is silent: the terrain, and the
height above it, are not known."""


class Reach:
    """The reach of the sensors that work."""

    def __init__(self, sensors: Iterable[Sensor]) -> None:
        self._sensors = [one for one in sensors if None not in (one.lon, one.lat, one.range_m)]

    def hears(self, lon: Floats, lat: Floats, height_m: Floats) -> Mapping[SensorKind, Flags]:
        """For each kind of receiver, (n,): whether some receiver of it should hear an aircraft at each place.

        Args:
            lon, lat, height_m: (n,) WGS-84 degrees, metres above the ellipsoid; NaN for nowhere, or no height.
        """
        heard: dict[SensorKind, Flags] = {}
        for sensor in self._sensors:
            if sensor.kind.listens:
                within = _within(sensor, sensor.range_m, lon, lat, height_m)
                heard[sensor.kind] = heard.get(sensor.kind, np.zeros(len(lon), dtype=bool)) | within
        return heard

    def sees(self, lon: Floats, lat: Floats, height_m: Floats, small: Flags) -> Flags:
        """(n,): whether a radar or camera should see an aircraft at each place, whatever it transmits.

        Args:
            lon, lat, height_m: (n,) WGS-84 degrees, metres above the ellipsoid; NaN for nowhere.
            small: (n,) whether it would be as hard to see as a quadcopter.
        """
        seen = np.zeros(len(lon), dtype=bool)
        for sensor in self._sensors:
            if not sensor.kind.listens:
                seen |= ~small & _within(sensor, sensor.range_m, lon, lat, height_m)
                seen |= small & _within(sensor, sensor.small_target_range_m, lon, lat, height_m)
        return seen


def _within(sensor: Sensor, range_m: float | None, lon: Floats, lat: Floats, height_m: Floats) -> Flags:
    """(n,) whether places are surely in reach; False for NaN."""
    if sensor.lon is None or sensor.lat is None or range_m is None:
        return np.zeros(len(lon), dtype=bool)
    height = np.nan_to_num(height_m, nan=0.0)
    slant_m, _ = polar((sensor.lon, sensor.lat, sensor.alt_m), lon, lat, height)
    horizon_m = radio_horizon(sensor.alt_m, height, MEAN_RADIUS_M)
    within: Flags = slant_m < SURE_SHARE * np.minimum(range_m, horizon_m)
    return within
