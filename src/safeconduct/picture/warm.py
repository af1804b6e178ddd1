"""Compiles the tracker's kernels ahead of time: `python -m safeconduct.picture.warm`.

Without it the first start waits for them; either way their machine code is kept for all later ones.
"""

import numpy as np

from safeconduct.kernels.fall import land
from safeconduct.model.detection import BatchBuilder
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.picture.tracker import Tracker


def compile_kernels() -> None:
    """Tracks two plots of a radar and two reports of a receiver, which calls every kernel with every type it meets, and
    lets a body fall."""
    radar = Sensor(
        id="radar",
        party="none",
        kind=SensorKind.RADAR,
        lon=0.1,
        lat=0.1,
        range_m=5e4,
        sigma_range_m=50.0,
        sigma_azimuth_deg=0.2,
    )
    receiver = Sensor(id="receiver", party="none", kind=SensorKind.ADSB, sigma_m=20.0)
    tracker = Tracker(Sector(id="warm", party="none", name="Warm", centre=(0.0, 0.0)), (radar, receiver))
    for time in (0.0, 1.0):
        rows = BatchBuilder()
        rows.add(time=time, received=time, sensor="radar", range_m=2e4 + time, azimuth_deg=45.0)
        rows.add(time=time, received=time, sensor="receiver", lon=0.0, lat=0.0, velocity=(0.0, 0.0, 0.0))
        tracker.update(rows.build())
    tracker.picture(2.0)
    tracker.advance(1000.0)
    land(np.zeros((1, 9)), 0.0)


if __name__ == "__main__":
    compile_kernels()
