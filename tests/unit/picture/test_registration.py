"""Registration against traffic whose truth is known: what is found, how soon, how surely, and what is never said."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import chi2

from safeconduct.kernels.ecef import polar
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.detection import DetectionBatch, DetectionKind
from safeconduct.model.registration import RegistrationState, SensorRegistration
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.picture.plane import no_plots
from safeconduct.picture.registration import MOST_PAIRS, MOST_WAITING, Registration
from safeconduct.picture.tracker import Tracker

Floats = npt.NDArray[np.float64]

CENTRE, START = (13.3, 32.6), 1_741_759_200.0
FRAME = SectorFrame(*CENTRE)
RECEIVER = Sensor(id="adsb", party="p", kind=SensorKind.ADSB, lon=13.3, lat=32.6, sigma_m=15.0, sigma_alt_m=15.0)
RADAR = Sensor(
    id="radar",
    party="p",
    kind=SensorKind.RADAR,
    lon=13.1,
    lat=32.5,
    alt_m=80.0,
    range_m=90e3,
    period_s=4.0,
    probability_of_detection=0.85,
    false_alarms_per_scan=8.0,
    sigma_range_m=60.0,
    sigma_azimuth_deg=0.25,
)
UNKNOWN, ALIGNED, CORRECTED, SET_ASIDE = RegistrationState


@dataclass(frozen=True, kw_only=True)
class World:
    """Aircraft in straight lines about `CENTRE`: the first `heard` report their place each second, all are seen.

    Attributes:
        fault: what the radar reports too much of: degrees, metres, seconds; from `since` until `until`.
        lies: metres east by which the place that each heard aircraft reports is off.
    """

    seed: int = 1
    heard: int = 6
    silent: int = 6
    clutter: float = 8.0
    fault: tuple[float, float, float] = (0.0, 0.0, 0.0)
    since: float = -math.inf
    until: float = math.inf
    lies: tuple[float, ...] = ()
    speeds: tuple[float, float] = (40.0, 230.0)
    repeats_old: bool = False
    breaks_s: int = 10_000

    def batches(self, seconds: int) -> Iterator[tuple[DetectionBatch, npt.NDArray[np.int64]]]:
        """A batch a second, and which aircraft each row is of (1, 2, ...; -1 for plots)."""
        rng = np.random.default_rng(self.seed)
        count = self.heard + self.silent
        place = rng.uniform(-45e3, 45e3, (count, 2))
        course, speed = rng.uniform(0, 2 * np.pi, count), rng.uniform(*self.speeds, count)
        velocity, height = (
            speed[:, None] * np.column_stack([np.sin(course), np.cos(course)]),
            rng.uniform(500, 9e3, count),
        )
        lies = np.zeros(count)
        lies[: len(self.lies)] = self.lies
        for second in range(seconds):
            t = second + rng.uniform(0, 0.2, self.heard)
            old = 6.0 * (second % 2) if self.repeats_old else 0.0
            said = (
                place[: self.heard] + velocity[: self.heard] * (t - old)[:, None] + rng.normal(0, 15, (self.heard, 2))
            )
            lon, lat = FRAME.to_degrees(said[:, 0] + lies[: self.heard], said[:, 1])
            ours = np.flatnonzero((np.arange(count) % 4 == second % 4) & (rng.random(count) < 0.85))
            when = second + rng.uniform(0, 1, len(ours))
            true = place[ours] + velocity[ours] * when[:, None]
            east, north = FRAME.to_degrees(true[:, 0], true[:, 1])
            slant, azimuth = polar((RADAR.lon or 0.0, RADAR.lat or 0.0, RADAR.alt_m), east, north, height[ours])
            false = rng.poisson(self.clutter / 4.0)
            slant = np.append(slant + rng.normal(0, 60.0, len(ours)), 90e3 * np.sqrt(rng.random(false)))
            azimuth = np.append(azimuth + rng.normal(0, 0.25, len(ours)), rng.uniform(0, 360, false))
            when = np.append(when, second + rng.uniform(0, 1, false))
            wrong = np.array(self.fault) * (self.since <= second < self.until)
            yield (
                batch_of(
                    np.append(t, when + wrong[2]),
                    second + 1.2,
                    (lon, lat, height[: self.heard], velocity[: self.heard]),
                    (slant + wrong[1], (azimuth + wrong[0]) % 360.0),
                ),
                np.append(np.arange(1, self.heard + 1) + 100 * (second // self.breaks_s), np.full(len(when), -1)),
            )


def batch_of(
    time: Floats, received: float, reports: tuple[Floats, Floats, Floats, Floats], plots: tuple[Floats, Floats]
) -> DetectionBatch:
    lon, lat, height, velocity = reports
    slant, azimuth = plots
    n, m = len(lon), len(slant)
    nan, count = np.full(m, np.nan), n + m
    none = np.full(count, np.nan)
    return DetectionBatch(
        sensors=("adsb", "radar"),
        time=START + time,
        received=np.full(count, START + received),
        sensor=np.repeat([0, 1], [n, m]).astype(np.int32),
        kind=np.repeat([DetectionKind.POSITION, DetectionKind.POLAR], [n, m]).astype(np.int8),
        lon=np.append(lon, nan),
        lat=np.append(lat, nan),
        height_m=np.append(height, nan),
        pressure_altitude_m=none,
        range_m=np.append(np.full(n, np.nan), slant),
        azimuth_deg=np.append(np.full(n, np.nan), azimuth),
        elevation_deg=none,
        covariance=np.column_stack([np.full(count, 225.0), np.zeros(count), np.full(count, 225.0)]),
        sigma_height_m=np.full(count, 15.0),
        velocity=np.vstack([np.column_stack([velocity, np.zeros(n)]), np.full((m, 3), np.nan)]),
    )


def learn(world: World, seconds: int) -> tuple[Registration, list[tuple[int, SensorRegistration]]]:
    """Registration by itself, told truly which reports are of one aircraft; and what it reported when."""
    registration, told = Registration(), []
    for sensor in (RECEIVER, RADAR):
        registration.add_sensor(sensor)
    for second, (batch, who) in enumerate(world.batches(seconds)):
        plots = no_plots(len(batch))
        plots["sensor"], plots["kind"] = batch.sensor, batch.kind == DetectionKind.POLAR
        plots["height"], plots["height_variance"] = batch.height_m, 225.0
        plots["place"][:, 2:] = 225.0, 0.0, 225.0
        plots["address"][:, 0] = np.where(who > 0, who % 100 if world.heard < 100 else 0, 0)
        registration.observe(batch, plots, np.arange(len(batch)), who, float(batch.received[-1]))
        told += [(second, report) for report in registration.changes()]
    return registration, told


def biases(report: SensorRegistration) -> Floats:
    return np.array([report.azimuth_bias_deg, report.range_bias_m, report.time_bias_s])


def sigmas(report: SensorRegistration) -> Floats:
    return np.array([report.sigma_azimuth_deg, report.sigma_range_m, report.sigma_time_s])


@pytest.mark.parametrize("turned", [0.4, -1.0, 5.0, 107.0, 180.0, -179.9])
def test_a_turned_radar_is_found_within_a_minute(turned: float) -> None:
    registration, told = learn(World(fault=(turned, 0.0, 0.0)), 60)
    found = next(report for _, report in told if report.state is CORRECTED)
    last = registration.table()[1]
    assert abs(math.remainder(found.azimuth_bias_deg - turned, 360.0)) < 0.2
    assert abs(math.remainder(last.azimuth_bias_deg - turned, 360.0)) < max(0.1, 4 * last.sigma_azimuth_deg)
    assert last.sigma_azimuth_deg < 0.08
    assert last.aircraft >= 3
    assert last.since < START + 60


def test_a_gross_turn_is_set_aside_before_it_is_settled_and_a_small_one_is_not() -> None:
    gross, small = learn(World(fault=(107.0, 0.0, 0.0)), 60)[1], learn(World(fault=(0.5, 0.0, 0.0)), 60)[1]
    assert [report.state for _, report in gross][:2] == [SET_ASIDE, CORRECTED]
    assert SET_ASIDE not in {report.state for _, report in small}


@pytest.mark.parametrize("fault", [(0.0, 150.0, 0.0), (0.0, -150.0, 0.0), (0.0, 0.0, 1.0), (-3.0, 120.0, -0.8)])
def test_range_and_time_are_told_apart_by_courses(fault: tuple[float, float, float]) -> None:
    registration, _ = learn(World(heard=12, fault=fault), 90)
    last = registration.table()[1]
    assert last.state is CORRECTED
    assert (np.abs(biases(last) - fault) < 4 * sigmas(last)).all()
    assert (sigmas(last) < (0.06, 20.0, 0.2)).all()


def test_a_bias_that_nothing_shows_keeps_its_prior() -> None:
    """Aircraft that hover have no course: nothing tells of the clock."""
    last = learn(World(heard=8, speeds=(0.0, 0.01), fault=(2.0, 0.0, 1.0)), 60)[0].table()[1]
    assert last.state is CORRECTED
    assert last.sigma_time_s > 0.5
    assert abs(last.time_bias_s) < 0.1


def test_sigmas_are_honest() -> None:
    """NEES of the three biases over seeds, with a fault of each kind; the aircraft's own errors are not drawn here."""
    fault, square, runs = (1.0, 100.0, 0.5), 0.0, 30
    for seed in range(runs):
        last = learn(World(seed=seed, heard=8, silent=4, fault=fault), 45)[0].table()[1]
        square += float((((biases(last) - fault) / sigmas(last)) ** 2).sum())
    assert chi2.ppf(0.001, 3 * runs) * 0.3 < square < chi2.ppf(0.999, 3 * runs)


@pytest.mark.parametrize("seed", range(12))
def test_a_sound_radar_is_never_reported(seed: int) -> None:
    few = World(seed=seed, heard=3 + seed % 4, silent=30, clutter=40.0)
    registration, told = learn(few, 150)
    assert not [report for _, report in told if report.state in (CORRECTED, SET_ASIDE)]
    assert abs(registration.table()[1].azimuth_bias_deg) < 0.3 or registration.table()[1].state is UNKNOWN


@pytest.mark.parametrize("heard", [0, 1, 2])
def test_nothing_is_said_on_fewer_than_three_aircraft(heard: int) -> None:
    registration, told = learn(World(heard=heard, silent=20, fault=(40.0, 0.0, 0.0)), 120)
    assert told == []
    assert registration.table()[1] == SensorRegistration(sensor="radar")
    assert not registration.correct(polar_plots()).any()


def test_broken_tracks_of_one_aircraft_count_once() -> None:
    """Two aircraft whose tracks break every 20 s are many tracks, and still two aircraft, if they say who they are."""
    assert learn(World(heard=2, fault=(40.0, 0.0, 0.0), breaks_s=20), 120)[1] == []


def test_liars_do_not_turn_a_radar() -> None:
    """Two of seven aircraft report a place kilometres off; and networks repeat old places as if they were new."""
    registration, told = learn(World(heard=7, lies=(4_000.0, -6_000.0)), 120)
    assert {report.state for _, report in told} == {ALIGNED}
    assert abs(registration.table()[1].azimuth_bias_deg) < 0.1
    _, told = learn(World(heard=7, repeats_old=True), 120)
    assert {report.state for _, report in told} <= {ALIGNED}


def test_a_later_turn_is_noticed_and_undone_when_the_radar_is_turned_back() -> None:
    _, told = learn(World(heard=8, fault=(7.0, 0.0, 0.0), since=100.0, until=250.0), 360)
    states = [(second, report.state) for second, report in told]
    turned = next(second for second, state in states if state is CORRECTED)
    back = next(second for second, state in states if state is ALIGNED and second > 250)
    assert 100 < turned <= 160
    assert 250 < back <= 310
    assert states[-1][1] is ALIGNED


def test_corrections_are_taken_off_polar_plots_only() -> None:
    registration, _ = learn(World(heard=12, fault=(107.0, 150.0, 1.0)), 90)
    known, plots = registration.table()[1], polar_plots()
    plots["kind"][1] = 0
    before = plots.copy()
    assert not registration.correct(plots).any()
    azimuth = math.degrees(math.atan2(plots["east"][0], plots["north"][0]))
    assert azimuth == pytest.approx(math.remainder(30.0 - known.azimuth_bias_deg, 360.0))
    assert plots["distance"][0] == pytest.approx(20e3 - known.range_bias_m)
    assert plots["time"][0] == pytest.approx(START - known.time_bias_s)
    assert plots[1] == before[1]


def polar_plots() -> npt.NDArray[np.void]:
    plots: npt.NDArray[np.void] = no_plots(2)
    plots["sensor"], plots["kind"], plots["time"], plots["distance"] = 1, 1, START, 20e3
    plots["east"], plots["north"] = math.sin(math.radians(30.0)), math.cos(math.radians(30.0))
    for name in ("height", "height_variance", "vx", "vy", "vh", "velocity_variance", "pressure"):
        plots[name] = 0.0
    plots["place"] = 0.0
    return plots


def test_equal_input_gives_equal_estimates_and_memory_is_bounded() -> None:
    world = World(heard=300, silent=0, clutter=300.0)
    one, other = learn(world, 40)[0], learn(world, 40)[0]
    assert one.table() == other.table()
    assert len(one._references) <= 310
    assert sum(map(len, one._waiting)) <= MOST_WAITING
    assert all(sum(map(len, sensor.pairs)) <= 4 * MOST_PAIRS for sensor in one._sensors)


def test_the_tracker_sets_aside_then_corrects_a_turned_radar() -> None:
    """PS752: 107 degrees. No track is made where nothing flies, and later plots find their aircraft."""
    tracker = Tracker(Sector(id="s", party="p", name="s", centre=CENTRE), (RECEIVER, RADAR))
    world = World(heard=8, silent=0, clutter=2.0, fault=(107.0, 0.0, 0.0))
    told: list[SensorRegistration] = []
    begun_later: list[int] = []
    for batch, _ in world.batches(120):
        changes = tracker.update(batch)
        begun_later += changes.confirmed if told else ()
        told += changes.reported
        plots = changes.assigned[batch.sensor == 1]
    assert [report.state for report in told][:2] == [SET_ASIDE, CORRECTED]
    assert tracker.set_aside["misaligned"] > 0
    assert tracker.registration()[1].azimuth_bias_deg == pytest.approx(107.0, abs=0.1)
    assert tracker.registration()[0] == SensorRegistration(sensor="adsb")
    assert len(tracker.picture(START + 120.2)) == 8
    assert begun_later == []
    assert set(plots.tolist()) & set(tracker.picture(START + 120.2).number.tolist())
