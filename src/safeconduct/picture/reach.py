"""Where the receivers of a node would hear an aircraft that transmits."""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from safeconduct.kernels.ecef import MEAN_RADIUS_M, polar
from safeconduct.kernels.geodesy import radio_horizon
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.model.track import TrackTable

SURE_SHARE = 2.0 / 3.0
"""Only within this share of a receiver's reach and horizon does not hearing an aircraft mean anything: the terrain, and
the height above it, are not known."""


def heard_where(sensors: Iterable[Sensor], tracks: TrackTable) -> Mapping[SensorKind, npt.NDArray[np.bool_]]:
    """For each kind of receiver, (n,): whether some receiver of it should hear the track if it transmitted."""
    height_m = np.nan_to_num(tracks.height_m, nan=0.0)
    reach: dict[SensorKind, npt.NDArray[np.bool_]] = {}
    for sensor in sensors:
        if not sensor.kind.listens or sensor.lon is None or sensor.lat is None or sensor.range_m is None:
            continue
        slant_m, _ = polar((sensor.lon, sensor.lat, sensor.alt_m), tracks.lon, tracks.lat, height_m)
        horizon_m = np.array(
            [radio_horizon(sensor.alt_m, max(height, 0.0), MEAN_RADIUS_M) for height in height_m.tolist()]
        )
        hears = slant_m < SURE_SHARE * np.minimum(sensor.range_m, horizon_m)
        reach[sensor.kind] = reach.get(sensor.kind, np.zeros(len(tracks), dtype=bool)) | hears
    return reach
