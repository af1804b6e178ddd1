"""A radar and its plots of aircraft whose place is known, for tests of the tracker."""

from typing import Any

import numpy as np
import pyproj

from safeconduct.model.detection import BatchBuilder
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind

GEOD = pyproj.Geod(ellps="WGS84")
START = 1.6e9
SECTOR = Sector(id="s", party="p", name="S", centre=(13.2, 32.5))
HEIGHT_M = 1000.0


def radar(**declared: Any) -> Sensor:
    """A radar 19 km west of the sector's centre."""
    return Sensor(id="radar", party="p", kind=SensorKind.RADAR, lon=13.0, lat=32.5, **declared)


def add_plot(builder: BatchBuilder, by: Sensor, rng: np.random.Generator, time: float, lon: float, lat: float) -> None:
    """One plot of an aircraft at HEIGHT_M, with the noise that the radar declares, received when it is made."""
    assert by.sigma_range_m is not None
    assert by.sigma_azimuth_deg is not None
    azimuth, _, ground = GEOD.inv(by.lon, by.lat, lon, lat)
    builder.add(
        time=time,
        received=time,
        sensor=by.id,
        range_m=np.hypot(ground, HEIGHT_M) + rng.normal(0.0, by.sigma_range_m),
        azimuth_deg=azimuth + rng.normal(0.0, by.sigma_azimuth_deg),
        height_m=HEIGHT_M,
    )
