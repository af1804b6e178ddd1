"""Radars against each other, nobody being heard: which is turned, which only disagree, and what is never said."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pytest

from safeconduct.kernels.ecef import polar
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.detection import DetectionBatch, DetectionKind
from safeconduct.model.registration import RegistrationState, SensorRegistration
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.picture.peers import MOST_SEEN
from safeconduct.picture.plane import no_plots
from safeconduct.picture.registration import Registration
from safeconduct.picture.tracker import Tracker

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CENTRE, START = (13.3, 32.6), 1_741_759_200.0
FRAME = SectorFrame(*CENTRE)
UNKNOWN, ALIGNED, CORRECTED, SET_ASIDE = RegistrationState
TWO = ((-25e3, -8e3), (28e3, 18e3))
THREE = (*TWO, (4e3, -38e3))
ONE_SITE = ((0.0, 0.0), (0.0, 10.0))


def radar_at(name: str, east: float, north: float) -> Sensor:
    lon, lat = FRAME.to_degrees(np.array(east), np.array(north))
    return Sensor(
        id=name,
        party="p",
        kind=SensorKind.RADAR,
        lon=float(lon),
        lat=float(lat),
        alt_m=80.0,
        range_m=90e3,
        period_s=4.0,
        probability_of_detection=0.85,
        false_alarms_per_scan=8.0,
        sigma_range_m=60.0,
        sigma_azimuth_deg=0.25,
        sigma_alt_m=400.0,
    )


@dataclass(frozen=True, kw_only=True)
class Sky:
    """Radars that look once in 4 s, and aircraft in straight lines that say nothing.

    Attributes:
        places: east and north of each radar, m.
        turned: by row, degrees that a radar reports too much; from `since` until `until`.
        together: whether all aircraft fly one course at one speed.
        wake: metres by which the second half of the aircraft follow the first half; 0: they do not.
    """

    places: Sequence[tuple[float, float]] = TWO
    turned: Mapping[int, float] = field(default_factory=dict)
    since: float = -math.inf
    until: float = math.inf
    seed: int = 1
    aircraft: int = 10
    detection: float = 0.85
    clutter: float = 8.0
    together: bool = False
    wake: float = 0.0

    @property
    def radars(self) -> list[Sensor]:
        return [radar_at(f"r{row}", *place) for row, place in enumerate(self.places)]

    def batches(self, seconds: int) -> Iterator[tuple[DetectionBatch, Ints]]:
        """A batch a second, and which aircraft each row is of (1, 2, ...; -1 for clutter)."""
        rng, n = np.random.default_rng(self.seed), self.aircraft
        place, course = rng.uniform(-40e3, 40e3, (n, 2)), rng.uniform(0, 2 * np.pi, n)
        speed, height = rng.uniform(30, 230, n), rng.uniform(500, 6e3, n)
        if self.together:
            course[:], speed[:] = course[0], 120.0
        ahead = np.column_stack([np.sin(course), np.cos(course)])
        if self.wake:
            half = n // 2
            place[half : 2 * half] = place[:half] - ahead[:half] * self.wake
            for column in (course, speed, height, ahead):
                column[half : 2 * half] = column[:half]
        velocity, radars = speed[:, None] * ahead, self.radars
        phase = rng.uniform(0, 4, (len(radars), n))
        for second in range(seconds):
            parts: list[tuple[Floats, ...]] = []
            for row, radar in enumerate(radars):
                when = second + (phase[row] - second) % 4.0
                ours = np.flatnonzero((when < second + 1) & (rng.random(n) < self.detection))
                true = place[ours] + velocity[ours] * when[ours, None]
                lon, lat = FRAME.to_degrees(true[:, 0], true[:, 1])
                slant, azimuth = polar((radar.lon or 0.0, radar.lat or 0.0, radar.alt_m), lon, lat, height[ours])
                wrong = self.turned.get(row, 0.0) if self.since <= second < self.until else 0.0
                false, count = rng.poisson(self.clutter / 4.0), len(ours)
                parts.append(
                    (
                        np.full(count + false, row),
                        np.append(when[ours], second + rng.random(false)),
                        np.append(slant + rng.normal(0, 60.0, count), 90e3 * np.sqrt(rng.random(false))),
                        np.append(azimuth + wrong + rng.normal(0, 0.25, count), rng.uniform(0, 360, false)) % 360.0,
                        np.append(height[ours] + rng.normal(0, 400.0, count), rng.uniform(60, 4e3, false)),
                        np.append(ours + 1, np.full(false, -1)),
                    )
                )
            columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
            if len(columns[0]):
                yield batch_of(radars, second + 1.2, *columns[:5]), columns[5].astype(np.int64)


def batch_of(
    radars: Sequence[Sensor], received: float, row: Floats, time: Floats, slant: Floats, azimuth: Floats, height: Floats
) -> DetectionBatch:
    count = len(row)
    none, three = np.full(count, np.nan), np.full((count, 3), np.nan)
    return DetectionBatch(
        sensors=tuple(radar.id for radar in radars),
        time=START + time,
        received=np.full(count, START + received),
        sensor=row.astype(np.int32),
        kind=np.full(count, DetectionKind.POLAR, np.int8),
        lon=none,
        lat=none,
        height_m=height,
        pressure_altitude_m=none,
        range_m=slant,
        azimuth_deg=azimuth,
        elevation_deg=none,
        covariance=three,
        sigma_height_m=np.full(count, 400.0),
        velocity=three,
    )


Told = list[tuple[int, SensorRegistration]]


def learn(sky: Sky, seconds: int, split: tuple[int, ...] = ()) -> tuple[Registration, Told]:
    """Registration by itself, told truly which plots are of one aircraft; of those in `split`, by each radar alone."""
    registration, told = Registration(), Told()
    for radar in sky.radars:
        registration.add_sensor(radar)
    for batch, who in sky.batches(seconds):
        plots = no_plots(len(batch))
        plots["sensor"], plots["kind"], plots["address"] = batch.sensor, 1, 0
        plots["height"], plots["height_variance"] = batch.height_m, 400.0**2
        number = np.where(np.isin(batch.sensor, split) & (who > 0), who + 10_000 * (1 + batch.sensor), who)
        now = float(batch.received[-1])
        registration.observe(batch, plots, np.arange(len(batch)), number.astype(np.int64), now)
        told += [(round(now - START), report) for report in registration.changes()]
    return registration, told


def accused(told: Told) -> set[str]:
    return {report.sensor for _, report in told if report.state in (CORRECTED, SET_ASIDE)}


@pytest.mark.parametrize("places", [TWO, THREE])
@pytest.mark.parametrize("turned", [0.5, -1.0, 5.0, 107.0, 180.0])
def test_the_radar_that_is_turned_is_found_within_a_minute(
    places: Sequence[tuple[float, float]], turned: float
) -> None:
    split = (1,) if abs(turned) > 1.0 else ()
    registration, told = learn(Sky(places=places, turned={1: turned}), 60, split)
    found = next(report for _, report in told if report.state is CORRECTED)
    last = registration.table()[1]
    assert accused(told) == {"r1"}
    assert abs(math.remainder(found.azimuth_bias_deg - turned, 360.0)) < max(0.2, 0.1 * abs(turned))
    assert abs(math.remainder(last.azimuth_bias_deg - turned, 360.0)) < max(0.1, 4 * last.sigma_azimuth_deg)
    assert last.aircraft >= 3
    assert {known.disagrees_with for known in registration.table()} == {""}


def test_all_of_three_may_be_off() -> None:
    turned = {0: 0.6, 1: 5.0, 2: -0.7}
    registration, told = learn(Sky(places=THREE, turned=turned, aircraft=16), 90, (1,))
    assert accused(told) == {"r0", "r1", "r2"}
    for row, known in enumerate(registration.table()):
        assert known.azimuth_bias_deg == pytest.approx(turned[row], abs=max(0.1, 4 * known.sigma_azimuth_deg))


@pytest.mark.parametrize("seed", range(30))
def test_sound_radars_are_never_reported(seed: int) -> None:
    """Few aircraft or many, in one direction, in each other's wake, one track or a track for each radar."""
    sky = Sky(
        seed=seed,
        places=(TWO, THREE, ((0.0, 0.0), (8e3, 0.0)))[seed % 3],
        aircraft=(3, 4, 6, 12, 24)[seed % 5],
        detection=(0.6, 0.85)[seed % 2],
        clutter=(8.0, 40.0)[seed // 2 % 2],
        together=seed % 4 == 1,
        wake=(0.0, 900.0)[seed // 3 % 2],
    )
    registration, told = learn(sky, 120, (0, 1) if seed % 7 == 0 else ())
    assert accused(told) == set()
    assert {known.disagrees_with for known in registration.table()} == {""}


@pytest.mark.parametrize("turned", [1.0, 5.0, 107.0])
def test_two_at_one_site_disagree_and_neither_is_corrected(turned: float) -> None:
    """Nothing tells which of them errs: not a coin, either."""
    registration, told = learn(Sky(places=ONE_SITE, turned={1: turned}), 90, (1,))
    assert accused(told) == set()
    one, other = registration.table()
    assert (one.state, one.disagrees_with) == (UNKNOWN, "r1")
    assert (other.state, other.disagrees_with) == (UNKNOWN, "r0")
    assert one.disagrees_by_deg == pytest.approx(-turned, abs=0.3)
    assert other.disagrees_by_deg == pytest.approx(turned, abs=0.3)
    assert len([report for _, report in told if report.disagrees_with]) == 2


def test_a_disagreement_that_is_over_is_told_of_too() -> None:
    registration, told = learn(Sky(places=ONE_SITE, turned={1: 5.0}, until=90.0), 260, (1,))
    assert [(report.sensor, bool(report.disagrees_with)) for _, report in told if report.state is UNKNOWN] == [
        ("r0", True),
        ("r1", True),
        ("r0", False),
        ("r1", False),
    ]
    assert {known.disagrees_with for known in registration.table()} == {""}
    assert math.isnan(registration.table()[0].disagrees_by_deg)


def test_a_third_radar_decides_between_two_at_one_site() -> None:
    registration, told = learn(Sky(places=(*ONE_SITE, (30e3, 20e3)), turned={1: 5.0}), 60, (1,))
    assert accused(told) == {"r1"}
    assert registration.table()[1].azimuth_bias_deg == pytest.approx(5.0, abs=0.3)


@pytest.mark.parametrize("aircraft", [0, 1, 2])
def test_nothing_is_said_on_fewer_than_three_aircraft(aircraft: int) -> None:
    assert learn(Sky(aircraft=aircraft, turned={1: 5.0}), 120, (1,))[1] == []


def test_one_radar_alone_is_not_judged() -> None:
    assert learn(Sky(places=TWO[:1], turned={0: 5.0}), 60)[1] == []


def test_a_later_turn_is_noticed_and_so_is_its_end() -> None:
    sky = Sky(places=THREE, turned={1: 7.0}, since=100.0, until=250.0)
    _, told = learn(sky, 360, (1,))
    states = [(second, report.state) for second, report in told if report.sensor == "r1"]
    turned = next(second for second, state in states if state is CORRECTED)
    back = next(second for second, state in states if state is ALIGNED and second > 250)
    assert 100 < turned <= 190
    assert 250 < back <= 340
    assert accused(told) == {"r1"}


def test_equal_plots_give_equal_estimates_and_memory_is_bounded() -> None:
    sky = Sky(places=THREE, aircraft=1500, turned={1: 5.0})
    one, told = learn(sky, 60, (1,))
    assert one.table() == learn(sky, 60, (1,))[0].table()
    assert one._peers._seen._count <= 3 * MOST_SEEN
    assert accused(told) == {"r1"}


@pytest.mark.parametrize("turned", [0.6, 5.0, 107.0])
def test_the_tracker_corrects_a_radar_that_only_others_tell_of(turned: float) -> None:
    sky = Sky(places=THREE, turned={1: turned}, clutter=2.0, aircraft=8)
    tracker, told = Tracker(Sector(id="s", party="p", name="s", centre=CENTRE), sky.radars), Told()
    for batch, _ in sky.batches(120):
        told += [(0, report) for report in tracker.update(batch).reported]
    assert accused(told) == {"r1"}
    assert tracker.registration()[1].state is CORRECTED
    assert tracker.registration()[1].azimuth_bias_deg == pytest.approx(turned, abs=0.15)
    assert len(tracker.picture(START + 120.2)) == 8


@pytest.mark.parametrize("seed", range(4))
def test_the_tracker_believes_sound_radars(seed: int) -> None:
    sky = Sky(places=(TWO, THREE)[seed % 2], seed=seed, aircraft=12, wake=(0.0, 700.0)[seed // 2])
    tracker, told = Tracker(Sector(id="s", party="p", name="s", centre=CENTRE), sky.radars), Told()
    for batch, _ in sky.batches(120):
        told += [(0, report) for report in tracker.update(batch).reported]
    assert accused(told) == set()
    assert tracker.set_aside["misaligned"] == 0


def test_a_sky_is_not_empty() -> None:
    """The scenarios above hold what they say."""
    count = sum(int(np.count_nonzero(who > 0)) for _, who in replace(Sky(), clutter=0.0).batches(40))
    assert count == pytest.approx(2 * 10 * 10 * 0.85, rel=0.2)
