"""Two aircraft that come close and part again: who is who is then in doubt, and that is said."""

import numpy as np
from tests.support.radar import GEOD, SECTOR, START, add_plot, radar

from safeconduct.model.detection import BatchBuilder
from safeconduct.model.track import TrackTable
from safeconduct.picture.tracker import Tracker

RADAR = radar(
    range_m=60e3,
    period_s=2.0,
    probability_of_detection=0.95,
    sigma_range_m=50.0,
    sigma_azimuth_deg=0.2,
    false_alarms_per_scan=0.5,
)


def after_passing(least_m: float, seed: int = 1) -> TrackTable:
    """Two aircraft side by side at 60 m/s, 3 km apart, that near each other to `least_m` half way and part again."""
    rng = np.random.default_rng(seed)
    tracker = Tracker(SECTOR, [RADAR])
    builder = BatchBuilder()
    for look in range(120):
        time = START + 2.0 * look
        apart = least_m + (3000.0 - least_m) * abs(look - 60) / 60.0
        for side in (-0.5, 0.5):
            lon, lat, _ = GEOD.fwd(13.1, 32.55, 90.0, 120.0 * look)
            lon, lat, _ = GEOD.fwd(lon, lat, 0.0, side * apart)
            add_plot(builder, RADAR, rng, time, lon, lat)
        tracker.update(builder.build())
    return tracker.picture(START + 238.0)


def test_those_that_came_close_are_in_doubt() -> None:
    picture = after_passing(50.0)
    assert len(picture) == 2
    assert np.all(picture.doubt > 0.1)
    assert np.all(picture.doubt <= 0.5)


def test_those_that_kept_apart_are_not() -> None:
    for seed in range(3):
        picture = after_passing(2500.0, seed)
        assert len(picture) == 2
        assert np.all(picture.doubt == 0.0)
