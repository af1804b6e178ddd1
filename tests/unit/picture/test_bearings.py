"""Directions alone: cameras and direction finders sharpen a track, begin none, and take none over."""

import math

import numpy as np
import pytest
from tests.support.radar import GEOD, SECTOR, START, add_plot, radar

from safeconduct.model.detection import BatchBuilder, DetectionKind
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.picture.tracker import Tracker

POOR = radar(range_m=80e3, period_s=4.0, sigma_range_m=200.0, sigma_azimuth_deg=1.0, false_alarms_per_scan=1.0)
CAMERAS = [
    Sensor(id=name, party="p", kind=SensorKind.CAMERA, lon=lon, lat=lat, range_m=60e3, sigma_azimuth_deg=0.1)
    for name, lon, lat in (("west", 13.2, 32.4), ("east", 13.3, 32.65))
]


def flown(*, by_radar: bool, cameras: bool, turned_deg: float = 0.0) -> tuple[Tracker, float, list[int]]:
    """A tracker after 200 s of one aircraft; the error over the last 140 s; what the last bearings were given to."""
    rng = np.random.default_rng(1)
    tracker = Tracker(SECTOR, [POOR, *CAMERAS])
    builder, errors, given = BatchBuilder(), [], [0]
    for second in range(200):
        lon, lat, time = 13.1 + 0.0006 * second, 32.55 + 0.0001 * second, START + second
        if by_radar and second % 4 == 0:
            add_plot(builder, POOR, rng, time, lon, lat)
        first = len(builder)
        for camera in CAMERAS if cameras else ():
            azimuth, _, _ = GEOD.inv(camera.lon, camera.lat, lon, lat)
            seen = azimuth + turned_deg + rng.normal(0.0, 0.1)
            builder.add(time=time, received=time, sensor=camera.id, azimuth_deg=seen)
        given = tracker.update(builder.build()).assigned[first:].tolist()
        picture = tracker.picture(time)
        if second >= 60 and len(picture):
            errors.append(min(GEOD.inv(x, y, lon, lat)[2] for x, y in zip(picture.lon, picture.lat, strict=True)))
    return tracker, float(np.sqrt(np.mean(np.square(errors)))) if errors else math.inf, given


def test_two_cameras_make_a_poor_radar_good() -> None:
    _, alone, _ = flown(by_radar=True, cameras=False)
    tracker, together, given = flown(by_radar=True, cameras=True)
    assert together < 0.35 * alone
    assert together < 40.0
    picture = tracker.picture(START + 199.0)
    assert len(picture) == 1
    assert set(given) == set(picture.number.tolist())
    east, between, north = picture.covariance[0]
    assert east * north > between * between


def test_a_direction_alone_begins_no_track() -> None:
    tracker, _, given = flown(by_radar=False, cameras=True)
    assert len(tracker.picture(START + 199.0)) == 0
    assert set(given) == {-1}


def test_directions_to_something_else_leave_a_track_alone() -> None:
    _, alone, _ = flown(by_radar=True, cameras=False)
    tracker, beside, given = flown(by_radar=True, cameras=True, turned_deg=20.0)
    assert beside == pytest.approx(alone, rel=0.15), "one or two may lie in the gate by chance"
    assert -1 in given
    assert not tracker.set_aside


def test_a_bearing_is_an_azimuth_without_range_and_place() -> None:
    builder = BatchBuilder()
    builder.add(time=START, received=START, sensor="x", azimuth_deg=3.0)
    builder.add(time=START, received=START, sensor="x", azimuth_deg=3.0, range_m=9.0)
    builder.add(time=START, received=START, sensor="x", lon=1.0, lat=2.0)
    kinds = builder.build().kind.tolist()
    assert kinds == [DetectionKind.BEARING, DetectionKind.POLAR, DetectionKind.POSITION]
