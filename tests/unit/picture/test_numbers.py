"""What is told of numbers holds, whatever comes late, is found again or is joined: seen from outside, by `Tracker`."""

import math

import numpy as np
import pytest

from safeconduct.model.detection import BatchBuilder, Claims
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.model.track import TrackChanges
from safeconduct.picture.tracker import Tracker

START, LON, LAT = 1_790_000_000.0, 13.2, 32.7
SECTOR = Sector(id="s", party="p", name="S", centre=(LON, LAT))
ADSB = Sensor(id="adsb", party="p", kind=SensorKind.ADSB, lon=13.1, lat=32.6, range_m=2e5, sigma_m=20.0)
RADAR = Sensor(
    id="radar",
    party="p",
    kind=SensorKind.RADAR,
    lon=13.1,
    lat=32.6,
    range_m=6e4,
    period_s=2.0,
    false_alarms_per_scan=5.0,
    sigma_m=60.0,
)


def degrees(x: float, y: float) -> tuple[float, float]:
    return LON + x / (111_320.0 * math.cos(math.radians(LAT))), LAT + y / 110_900.0


class Told:
    """Follows what is told, and holds it against the picture."""

    def __init__(self) -> None:
        self.shown: set[int] = set()
        self.over: set[int] = set()
        self.taken = self.joins = 0

    def hear(self, tracker: Tracker, changes: TrackChanges, now: float) -> None:
        listed = tracker.picture(now).number.tolist()
        shown, lost = set(listed), changes.lost.number.tolist()
        renamed = {one.number for one in changes.continued if one.taken}
        back = {one.of for one in changes.continued if one.taken}
        joined = {one.number for one in changes.joined}
        assert len(listed) == len(shown), "a number twice in the picture"
        assert len(lost) == len(set(lost)), "lost twice at once"
        assert self.shown - shown <= {*lost, *renamed, *joined}, "left the picture unsaid"
        assert not shown & {*lost, *renamed, *joined}, "in the picture, and said not to be"
        assert not set(lost) & self.over, "lost though it was over"
        assert shown - self.shown <= {*changes.confirmed, *back}, "came into the picture unsaid"
        self.over = (self.over | set(lost) | joined) - shown
        self.shown = shown
        self.taken, self.joins = self.taken + len(renamed), self.joins + len(joined)


def fly(seed: int, late_s: float, batch_s: float = 1.0, seconds: int = 150) -> tuple[Told, Tracker]:
    """Eight aircraft with gaps, half of them with an address; a tenth of what is measured comes late."""
    rng, tracker, told, rows = np.random.default_rng(seed), Tracker(SECTOR, [RADAR, ADSB]), Told(), []
    place, velocity = rng.uniform(-1.5e4, 1.5e4, (8, 2)), rng.normal(0.0, 60.0, (8, 2))
    gap = rng.uniform(20.0, 100.0, 8)
    for t in range(seconds):
        for k in range(8):
            if gap[k] < t < gap[k] + 12.0 + 4.0 * k:
                continue
            sensor = "adsb" if k % 2 else "radar"
            if sensor == "radar" and (t % 2 or rng.random() > 0.9):
                continue
            rows.append((t + rng.uniform(0.0, late_s) * (rng.random() < 0.1), t, sensor, k, place[k] + t * velocity[k]))
        if not t % 2:
            rows += [(t, t, "radar", -1, rng.uniform(-3e4, 3e4, 2)) for _ in range(rng.poisson(5.0))]
    rows.sort(key=lambda row: (row[0], row[1], row[3]))
    for first in np.arange(0.0, seconds, batch_s):
        builder = BatchBuilder()
        for arrival, t, sensor, k, (x, y) in rows:
            if first <= arrival < first + batch_s:
                lon, lat = degrees(x + rng.normal(0.0, 20.0), y + rng.normal(0.0, 20.0))
                claims = None
                if sensor == "adsb" and k % 4 == 1:
                    claims = Claims(identifiers=(Identifier(IdentifierKind.ICAO_ADDRESS, f"aaaaa{k}"),))
                builder.add(time=START + t, received=START + arrival, sensor=sensor, lon=lon, lat=lat, claims=claims)
        told.hear(tracker, tracker.update(builder.build()), START + first + batch_s)
    return told, tracker


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("late_s", [0.0, 3.0, 9.0])
def test_no_number_leaves_or_comes_unsaid(seed: int, late_s: float) -> None:
    told, _ = fly(seed, late_s)
    assert told.taken >= 1


@pytest.mark.parametrize("late_s", [0.0, 9.0])
def test_nor_within_a_batch_of_many_seconds(late_s: float) -> None:
    fly(1, late_s, batch_s=5.0)


def test_equal_calls_give_equal_answers_with_late_plots_too() -> None:
    one, other = fly(2, 9.0)[1].picture(START + 150.0), fly(2, 9.0)[1].picture(START + 150.0)
    np.testing.assert_array_equal(one.number, other.number)
    np.testing.assert_array_equal(one.lon, other.lon)


def test_what_was_found_again_stays_one_while_others_come_late() -> None:
    """A is heard again after a gap in which it turned; B's plots come 8 s late all along."""
    rng, tracker, told, rows = np.random.default_rng(1), Tracker(SECTOR, [ADSB]), Told(), []
    for t in range(90):
        if t < 40:
            rows.append((t, t, 50.0 * t, 0.0))
        elif t >= 52:
            rows.append((t, t, 2_000.0 + 25.0 * (t - 40), -500.0 - 40.0 * (t - 52)))
        rows.append((t + 8 * (t % 3 == 2), t, 20.0 * t, 30_000.0))
    begun = 0.0
    for now in range(90):
        builder = BatchBuilder()
        for arrival, t, x, y in sorted(rows):
            if now <= arrival < now + 1:
                lon, lat = degrees(x + rng.normal(0.0, 10.0), y + rng.normal(0.0, 10.0))
                builder.add(time=START + t, received=START + arrival, sensor="adsb", lon=lon, lat=lat)
        told.hear(tracker, tracker.update(builder.build()), START + now)
        picture = tracker.picture(START + now)
        if told.taken:
            begun = max(begun, float(picture.first_time.max()))
    assert told.taken == 1
    assert len(told.shown) == 2
    assert begun < START + 10.0


def test_a_relay_that_nobody_declared_takes_no_plot_from_a_sensor() -> None:
    tracker = Tracker(SECTOR, [ADSB])
    for t in range(20):
        builder = BatchBuilder()
        for sensor in ("relay", "adsb"):
            lon, lat = degrees(60.0 * t, 0.0)
            builder.add(time=START + t, received=START + t, sensor=sensor, lon=lon, lat=lat)
        tracker.update(builder.build())
    assert len(tracker.picture(START + 20.0)) == 1
    assert tracker.set_aside == {"unknown-sensor": 20}


def test_one_plot_of_an_hour_ago_does_not_keep_up_what_is_gone() -> None:
    tracker = Tracker(SECTOR, [ADSB])
    for t in range(20):
        builder = BatchBuilder()
        builder.add(time=START + t, received=START + t, sensor="adsb", lon=LON + 6e-4 * t, lat=LAT)
        if t == 10:
            builder.add(time=START - 3_600.0, received=START - 3_600.0, sensor="adsb", lon=LON, lat=LAT)
        tracker.update(builder.build())
    assert len(tracker.picture(START + 20.0)) == 1
    assert len(tracker.advance(START + 60.0).lost) == 1
    tracker.advance(math.inf)
    tracker.advance(math.nan)
    assert len(tracker.advance(START + 61.0).lost) == 0
