"""The tracker on small scenes whose truth is known."""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import pytest

from safeconduct.errors import SettingsError
from safeconduct.kernels.ecef import polar
from safeconduct.model.detection import BatchBuilder, Claims, DetectionBatch
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.model.track import TrackStatus
from safeconduct.picture.settings import TrackerSettings
from safeconduct.picture.stitching import StitchingSettings
from safeconduct.picture.tracker import Tracker

Floats = npt.NDArray[np.float64]
Path = Callable[[float], tuple[float, float, float]]
"""(east, north, height) in metres about the sector's centre at a time."""

LON, LAT, START = 13.3, 32.6, 1_741_759_200.0
WGS84 = pyproj.Geod(ellps="WGS84")
SECTOR = Sector(id="s", party="p", name="Tripoli", centre=(LON, LAT))
ADSB = Sensor(
    id="adsb", party="p", kind=SensorKind.ADSB, lon=LON, lat=LAT, range_m=90e3, sigma_m=15.0, sigma_alt_m=15.0
)
RADAR = Sensor(
    id="radar",
    party="p",
    kind=SensorKind.RADAR,
    lon=LON,
    lat=LAT,
    alt_m=80.0,
    range_m=80e3,
    period_s=4.0,
    probability_of_detection=0.85,
    false_alarms_per_scan=5.0,
    sigma_range_m=60.0,
    sigma_azimuth_deg=0.25,
)
CALLED = {
    "a": Identifier(IdentifierKind.ICAO_ADDRESS, "aaaaaa"),
    "b": Identifier(IdentifierKind.ICAO_ADDRESS, "bbbbbb"),
}


def degrees(east: float, north: float) -> tuple[float, float]:
    lon, lat, _ = WGS84.fwd(LON, LAT, math.degrees(math.atan2(east, north)), math.hypot(east, north))
    return lon, lat


def straight(east: float, north: float, vx: float, vy: float, height: float = 1_500.0) -> Path:
    return lambda t: (east + vx * t, north + vy * t, height)


class Scene:
    """Collects detections of paths, in order of time, and cuts them into batches of one second."""

    def __init__(self, seed: int = 1) -> None:
        self.rng = np.random.default_rng(seed)
        self.rows: list[dict[str, object]] = []

    def report(
        self, path: Path, times: Iterable[float], name: str | None, delay: float = 0.2, **changes: object
    ) -> None:
        for t in times:
            east, north, height = path(t)
            ahead = path(t + 0.01)
            lon, lat = degrees(east + self.rng.normal(0, 15.0), north + self.rng.normal(0, 15.0))
            velocity = ((ahead[0] - east) / 0.01, (ahead[1] - north) / 0.01, 0.0)
            claims = Claims(identifiers=(CALLED[name],)) if name else None
            row = {"time": START + t, "received": START + t + delay, "sensor": "adsb", "lon": lon, "lat": lat}
            row |= {"height_m": height, "velocity": velocity, "covariance": (225.0, 0.0, 225.0), "claims": claims}
            self.rows.append(row | changes)

    def sweep(self, path: Path, times: Iterable[float], sensor: Sensor = RADAR, turned_deg: float = 0.0) -> None:
        for t in times:
            east, north, height = path(t)
            assert sensor.lon is not None
            assert sensor.lat is not None
            slant, azimuth = polar((sensor.lon, sensor.lat, sensor.alt_m), *degrees(east, north), height)
            row = {"time": START + t, "received": START + t + 0.2, "sensor": sensor.id}
            row["range_m"] = float(slant) + self.rng.normal(0, 60.0)
            row["azimuth_deg"] = (float(azimuth) + self.rng.normal(0, 0.25) + turned_deg) % 360.0
            self.rows.append(row)

    def false_alarms(self, count: int, times: Iterable[float]) -> None:
        for t in times:
            for _ in range(count):
                time = START + t + self.rng.uniform(0, 4.0)
                row: dict[str, object] = {"time": time, "received": time + 0.2, "sensor": "radar"}
                row |= {"range_m": 80e3 * math.sqrt(self.rng.random()), "azimuth_deg": self.rng.uniform(0, 360)}
                self.rows.append(row)

    def batches(self) -> list[DetectionBatch]:
        self.rows.sort(key=lambda row: float(row["received"]))  # type: ignore[arg-type]
        batches, builder, second = [], BatchBuilder(), None
        for row in self.rows:
            now = math.floor(float(row["received"]))  # type: ignore[arg-type]
            if second is not None and now != second:
                batches.append(builder.build())
            second = now
            builder.add(**row)  # type: ignore[arg-type]
        return [*batches, builder.build()]


def followed(tracker: Tracker, scene: Scene) -> list[npt.NDArray[np.int64]]:
    return [tracker.update(batch).assigned for batch in scene.batches()]


def off(tracker: Tracker, path: Path, t: float) -> Floats:
    """Horizontal distance of each confirmed track from the path at a time, m."""
    table = tracker.picture(START + t)
    lon, lat = degrees(*path(t)[:2])
    return np.array([WGS84.inv(lon, lat, x, y)[2] for x, y in zip(table.lon, table.lat, strict=True)])


def test_receiver_confirms_at_the_second_plot_and_follows() -> None:
    tracker, scene, path = Tracker(SECTOR, [ADSB]), Scene(), straight(-5e3, 10e3, 60.0, -20.0)
    scene.report(path, range(30), "a")
    first, second, *rest = scene.batches()
    assert tracker.update(first).confirmed == ()
    assert tracker.update(second).confirmed == (1,)
    for batch in rest:
        assert tracker.update(batch).assigned.tolist() == [1]
    table = tracker.picture(START + 31.0)
    assert off(tracker, path, 31.0)[0] < 20.0
    np.testing.assert_allclose(table.velocity[0], [60.0, -20.0, 0.0], atol=1.5)
    assert table.height_m[0] == pytest.approx(1_500.0, abs=10.0)
    assert table.status.tolist() == [TrackStatus.CONFIRMED]
    assert tracker.identifiers(1) == (CALLED["a"],)
    assert tracker.identifiers(2) == ()


def test_radar_confirms_an_aircraft_and_no_false_alarms() -> None:
    tracker, scene, path = Tracker(SECTOR, [RADAR]), Scene(), straight(-20e3, 45e3, 55.0, 30.0, 2_500.0)
    scene.sweep(path, np.arange(0.0, 300.0, 4.0))
    scene.false_alarms(5, range(0, 300, 4))
    followed(tracker, scene)
    table = tracker.picture(START + 297.0)
    assert len(table) == 1
    assert off(tracker, path, 297.0)[0] < 400.0
    assert np.isnan(table.height_m[0])


@pytest.mark.parametrize("changes", [{"false_alarms_per_scan": 0.0}, {"range_m": None}])
def test_a_radar_of_which_no_false_alarms_are_known_confirms_an_aircraft(changes: dict[str, Any]) -> None:
    path, radar = straight(-20e3, 45e3, 55.0, 30.0, 2_500.0), replace(RADAR, **changes)
    tracker, scene = Tracker(SECTOR, [radar]), Scene()
    scene.sweep(path, np.arange(0.0, 40.0, 4.0), radar)
    numbers = np.concatenate(followed(tracker, scene))
    assert len(tracker.picture(START + 37.0)) == 1
    assert (numbers[1:] == numbers[-1]).all()


@pytest.mark.parametrize("seed", range(3))
def test_a_fast_aircraft_is_found_where_all_others_are_slow(seed: int) -> None:
    """A drone radar that has learnt that drones fly here, and then a jet, 30 s after the first of them."""
    radar = replace(RADAR, range_m=20e3, small_target_range_m=20e3, period_s=1.0, sigma_alt_m=30.0)
    tracker, scene, rng = Tracker(SECTOR, [radar]), Scene(seed), np.random.default_rng(seed)
    for _ in range(40):
        east, north, vx, vy = (*rng.uniform(-8e3, 8e3, 2), *rng.normal(0.0, 8.0, 2))
        scene.sweep(straight(east, north, vx, vy, 300.0), np.arange(rng.random(), 60.0, 1.0), radar)
    jet = straight(-16e3, 13e3, 240.0, 20.0, 3_000.0)
    scene.sweep(jet, np.arange(30.0, 60.0, 1.0), radar)
    found: list[float] = []
    for batch in scene.batches():
        tracker.update(batch)
        t = float(batch.received[-1]) - START
        if t > 30.0 and off(tracker, jet, t).min(initial=math.inf) < 500.0:
            found.append(t - 30.0)
    assert found[0] < 6.0
    assert len(found) > 20


def test_a_drone_that_stands_still_is_held_in_its_place_and_followed_when_it_flies_on() -> None:
    """Plots of 15 m once a second. One model of steady flight alone is off by 11.6 m (RMS) while the drone stands."""

    def path(t: float) -> tuple[float, float, float]:
        flown = 12.0 * (min(t, 40.0) + max(0.0, t - 160.0))
        return 1e3 + flown, 2e3, 100.0

    tracker, scene = Tracker(SECTOR, [ADSB]), Scene(seed=3)
    standing: list[float] = []
    flying: list[float] = []
    scene.report(path, range(220), None, velocity=None)
    for batch in scene.batches():
        tracker.update(batch)
        t = float(batch.time[-1]) - START
        errors = off(tracker, path, t)
        if len(errors):
            (standing if 60.0 < t < 160.0 else flying).append(float(errors[0]))
    assert len(tracker.picture(START + 219.0)) == 1
    assert math.sqrt(np.mean(np.square(standing))) < 6.0
    assert math.sqrt(np.mean(np.square(flying[-50:]))) < 15.0


def test_two_crossing_aircraft_keep_their_ids() -> None:
    tracker, scene = Tracker(SECTOR, [ADSB, RADAR]), Scene()
    paths = {"a": straight(-6e3, 0.0, 60.0, 0.0), "b": straight(0.0, 6e3, 0.0, -60.0)}
    for path in paths.values():
        scene.report(path, np.arange(0.0, 200.0), None)
        scene.sweep(path, np.arange(0.3, 200.0, 4.0))
    ahead = {name: path(10.0)[:2] for name, path in paths.items()}
    batches = scene.batches()
    for batch in batches[:12]:
        tracker.update(batch)
    before = {name: int(np.argmin(off(tracker, path, 10.0))) for name, path in paths.items()}
    numbers = {name: int(tracker.picture(START + 10.0).number[row]) for name, row in before.items()}
    assert len(set(numbers.values())) == 2, ahead
    for batch in batches[12:]:
        tracker.update(batch)
    for name, path in paths.items():
        table = tracker.picture(START + 199.0)
        assert table.number[np.argmin(off(tracker, path, 199.0))] == numbers[name]
        assert off(tracker, path, 199.0).min() < 40.0


def test_the_same_address_at_two_places_is_two_tracks() -> None:
    tracker, scene = Tracker(SECTOR, [ADSB]), Scene()
    here, there = straight(0.0, 0.0, 15.0, 0.0), straight(23e3, 0.0, 15.0, 0.0)
    scene.report(here, np.arange(0.0, 30.0), "a")
    scene.report(there, np.arange(0.4, 30.0), "a")
    followed(tracker, scene)
    table = tracker.picture(START + 30.0)
    assert len(table) == 2
    assert all(tracker.identifiers(int(number)) == (CALLED["a"],) for number in table.number)
    assert off(tracker, here, 30.0).min() < 30.0
    assert off(tracker, there, 30.0).min() < 30.0


def test_an_address_never_joins_a_track_that_claims_another() -> None:
    tracker, scene = Tracker(SECTOR, [ADSB]), Scene()
    path = straight(0.0, 0.0, 50.0, 0.0)
    scene.report(path, np.arange(0.0, 20.0), "a")
    scene.report(path, np.arange(0.5, 20.0), "b")
    followed(tracker, scene)
    table = tracker.picture(START + 20.0)
    assert sorted(tracker.identifiers(int(number))[0].value for number in table.number) == ["aaaaaa", "bbbbbb"]


def test_radar_and_receiver_of_one_aircraft_make_one_track() -> None:
    tracker, scene, path = Tracker(SECTOR, [ADSB, RADAR]), Scene(), straight(-20e3, 30e3, 90.0, 20.0, 6_000.0)
    scene.sweep(path, np.arange(0.0, 300.0, 4.0))
    scene.report(path, np.arange(60.0, 300.0), "a")
    seen = np.concatenate(followed(tracker, scene))
    assert len(tracker.picture(START + 300.0)) == 1
    assert np.mean(seen[100:] == tracker.picture(START + 300.0).number[0]) > 0.99


def test_a_radar_turned_by_less_than_half_a_degree_starts_no_second_track() -> None:
    tracker, scene, path = Tracker(SECTOR, [ADSB, RADAR]), Scene(), straight(-20e3, 55e3, 90.0, 0.0)
    scene.report(path, np.arange(0.0, 300.0), "a")
    scene.sweep(path, np.arange(5.0, 300.0, 4.0), turned_deg=0.4)
    followed(tracker, scene)
    assert len(tracker.picture(START + 300.0)) == 1
    assert off(tracker, path, 300.0)[0] < 100.0


def test_coasting_then_lost_with_its_last_contact() -> None:
    settings = TrackerSettings()
    tracker, scene, path = Tracker(SECTOR, [ADSB], settings), Scene(), straight(0.0, 0.0, 60.0, 0.0)
    scene.report(path, range(20), "a")
    followed(tracker, scene)
    tracker.advance(START + 25.0)
    coasting = tracker.picture(START + 25.0)
    assert coasting.status.tolist() == [TrackStatus.COASTING]
    assert off(tracker, path, 25.0)[0] < 40.0
    assert coasting.covariance[0, 0] > tracker.picture(START + 19.0).covariance[0, 0]
    changes = tracker.advance(START + 19.5 + settings.drop_after_s)
    assert len(changes.assigned) == 0
    assert changes.lost.number.tolist() == [1]
    assert changes.lost.last_time[0] == START + 19.0
    lon, lat = degrees(*path(19.0)[:2])
    assert WGS84.inv(lon, lat, changes.lost.last_lon[0], changes.lost.last_lat[0])[2] < 30.0
    assert len(tracker.picture(START + 50.0)) == 0
    assert len(tracker.advance(START + 60.0).lost) == 0


def test_heard_again_while_coasting_is_confirmed_under_its_number() -> None:
    tracker, scene, path = Tracker(SECTOR, [ADSB]), Scene(), straight(0.0, 0.0, 60.0, 0.0)
    scene.report(path, [*range(10), *range(20, 25)], "a")
    followed(tracker, scene)
    table = tracker.picture(START + 25.0)
    assert (table.number.tolist(), table.status.tolist()) == ([1], [TrackStatus.CONFIRMED])


def test_numbers_are_never_used_twice_though_slots_are() -> None:
    tracker = Tracker(SECTOR, [ADSB], stitching=StitchingSettings(memory_s=0.0))
    seen: set[int] = set()
    for k in range(30):
        scene = Scene(k)
        scene.report(straight(1e3 * k, 0.0, 60.0, 0.0), np.arange(100.0 * k, 100.0 * k + 5), "a")
        numbers = {int(n) for assigned in followed(tracker, scene) for n in assigned}
        assert len(numbers) == 1
        assert not numbers & seen
        seen |= numbers
        tracker.advance(START + 100.0 * k + 60.0)
    assert len(tracker._plane.tracks) == 64
    assert len(tracker._claimed) <= 65


def test_plots_up_to_five_seconds_late_find_their_track_and_do_no_harm() -> None:
    tracker, scene, path = Tracker(SECTOR, [ADSB]), Scene(), straight(0.0, 0.0, 60.0, 0.0)
    scene.report(path, np.arange(0.0, 60.0), "a")
    scene.report(path, np.arange(10.5, 55.0, 5.0), "a", delay=4.5)
    assert set(np.concatenate(followed(tracker, scene)).tolist()) == {1}
    assert off(tracker, path, 60.0)[0] < 30.0


def test_two_messages_of_one_transmitter_in_one_window_are_one_aircraft() -> None:
    tracker, scene, path = Tracker(SECTOR, [ADSB]), Scene(), straight(0.0, 0.0, 60.0, 0.0)
    scene.report(path, np.arange(0.0, 10.0, 0.2), "a")
    assert set(np.concatenate(followed(tracker, scene)).tolist()) == {1}


def test_a_repeated_old_position_with_a_fresh_time_stays_with_its_address() -> None:
    slow = Sensor(id="adsb", party="p", kind=SensorKind.ADSB, period_s=10.0, sigma_m=100.0)
    tracker, scene, path = Tracker(SECTOR, [slow]), Scene(), straight(0.0, 0.0, 230.0, 0.0)
    scene.report(path, np.arange(0.0, 100.0, 10.0), "a")
    scene.report(lambda t: path(t - 10.0), [100.0], "a")
    scene.report(path, np.arange(110.0, 150.0, 10.0), "a")
    assert set(np.concatenate(followed(tracker, scene)).tolist()) == {1}
    assert off(tracker, path, 140.0)[0] < 300.0


def test_pressure_altitude_is_kept_beside_and_never_becomes_the_height() -> None:
    tracker, scene, path = Tracker(SECTOR, [ADSB]), Scene(), straight(0.0, 0.0, 60.0, 0.0)
    scene.report(path, range(10), "a", height_m=None, pressure_altitude_m=3_333.0)
    followed(tracker, scene)
    table = tracker.picture(START + 10.0)
    assert np.isnan([table.height_m[0], table.sigma_height_m[0], table.velocity[0, 2]]).all()
    assert table.pressure_altitude_m[0] == 3_333.0


def test_what_is_unfit_is_counted_and_costs_only_itself() -> None:
    tracker, scene, path = Tracker(SECTOR, [ADSB]), Scene(), straight(0.0, 0.0, 60.0, 0.0)
    scene.report(path, range(10), "a")
    scene.report(path, [3.5], "a", sensor="nobody")
    scene.report(path, [4.5], "a", lat=math.nan)
    scene.report(path, [5.5], "a", lon=LON + 90.0)
    scene.report(path, [6.5], "a", time=START - 40.0)
    scene.report(path, [7.5], "a", time=START + 40.0)
    scene.report(path, [8.5], "a", lon=None, lat=None, range_m=1e3, azimuth_deg=math.nan)
    assigned = np.concatenate(followed(tracker, scene))
    assert tracker.set_aside == {
        "unknown-sensor": 1, "no-position": 1, "out-of-reach": 1, "late": 1, "early": 1, "no-azimuth": 1,
    }  # fmt: skip
    assert sorted(assigned.tolist()) == [-1] * 6 + [1] * 10


def test_sensors_may_be_met_while_reading() -> None:
    tracker, scene, path = Tracker(SECTOR, []), Scene(), straight(0.0, 0.0, 60.0, 0.0)
    scene.report(path, range(4), "a")
    first, *rest = scene.batches()
    assert tracker.update(first).assigned.tolist() == [-1]
    tracker.add_sensor(ADSB)
    tracker.add_sensor(ADSB)
    assert [tracker.update(batch).assigned.tolist() for batch in rest] == [[1], [1], [1]]


def test_equal_input_gives_equal_tracks_however_it_is_batched() -> None:
    scene = Scene()
    for k in range(5):
        scene.report(straight(900.0 * k, 700.0 * k, 60.0, 9.0 * k), np.arange(0.1 * k, 60.0), None)
    one, two = Tracker(SECTOR, [ADSB]), Tracker(SECTOR, [ADSB])
    followed(one, scene)
    for batch in scene.batches():
        two.update(batch)
        two.picture(float(batch.received[-1]))
    for name in ("number", "lon", "lat", "velocity", "covariance"):
        np.testing.assert_array_equal(getattr(one.picture(START + 60), name), getattr(two.picture(START + 60), name))


@pytest.mark.parametrize(
    "changes",
    [
        {"window_s": 0.0},
        {"gate_sigma": math.nan},
        {"late_s": -1.0},
        {"confirm_score": -20.0},
        {"turn_rates_degps": (2.0, 1.0)},
        {"turn_rates_degps": (0.0, 1.0)},
    ],
)
def test_settings_out_of_range_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=r"is|order"):
        TrackerSettings(**changes)


def test_what_comes_twice_changes_nothing() -> None:
    """The same plots again in the same batch, one second later and five seconds later."""
    rng = np.random.default_rng(3)
    once, twice = Tracker(SECTOR, [RADAR]), Tracker(SECTOR, [RADAR])
    plots = [(START + 4.0 * k, 20e3 + rng.normal(0.0, 30.0), 40.0 + 0.3 * k) for k in range(12)]
    builder = BatchBuilder()
    for k, plot in enumerate(plots):
        for tracker in (once, twice):
            for time, slant, azimuth in [plot] if tracker is once else [plot, plot]:
                builder.add(time=time, received=plot[0], sensor=RADAR.id, range_m=slant, azimuth_deg=azimuth)
            tracker.update(builder.build())
            for time, slant, azimuth in [] if tracker is once else [plots[max(0, k - 1)], plot]:
                builder.add(time=time, received=plot[0] + 1.0, sensor=RADAR.id, range_m=slant, azimuth_deg=azimuth)
            tracker.update(builder.build())
            tracker.advance(plot[0] + 1.0)
    now = plots[-1][0] + 1.0
    ours, theirs = once.picture(now), twice.picture(now)
    assert len(ours) == 1
    for name in ("number", "lon", "lat", "velocity", "covariance"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-9)
    assert twice.set_aside["duplicate"] >= 24
    assert not once.set_aside
