"""Continuations: what comes back under its number, what only may be it, and what is another."""

import math
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
import pyproj
import pytest

from safeconduct.errors import SettingsError
from safeconduct.kernels.arrays import COASTING, CONFIRMED, TRACK, Records
from safeconduct.kernels.gaps import in_reach, log_ratio
from safeconduct.model.detection import BatchBuilder, Claims, DetectionBatch
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.model.track import Continuation, TrackStatus
from safeconduct.picture.stitching import Stitcher, StitchingSettings
from safeconduct.picture.tracker import Tracker

Path = Callable[[float], tuple[float, float]]
LON, LAT, START = 13.3, 32.6, 1_741_759_200.0
WGS84 = pyproj.Geod(ellps="WGS84")
SECTOR = Sector(id="s", party="p", name="Tripoli", centre=(LON, LAT))
RECEIVER = Sensor(id="r", party="p", kind=SensorKind.ADSB, lon=LON, lat=LAT, range_m=200e3, sigma_m=15.0)


def straight(east: float, north: float, vx: float, vy: float) -> Path:
    return lambda t: (east + vx * t, north + vy * t)


def circling(speed: float, rate: float, east: float = 0.0, north: float = 0.0) -> Path:
    radius = speed / rate
    return lambda t: (east + radius * math.sin(rate * t), north + radius * (1.0 - math.cos(rate * t)))


class Scene:
    """Reports of paths, without and with names, cut into batches of a second."""

    def __init__(self, seed: int = 1) -> None:
        self.rng = np.random.default_rng(seed)
        self.rows: list[tuple[float, float, float, str | None]] = []

    def report(self, path: Path, times: Iterable[float], name: str | None = None) -> None:
        for t in times:
            east, north = path(t) + self.rng.normal(0, 15.0, 2)
            lon, lat, _ = WGS84.fwd(LON, LAT, math.degrees(math.atan2(east, north)), math.hypot(east, north))
            self.rows.append((t, lon, lat, name))

    def batches(self) -> Iterable[DetectionBatch]:
        self.rows.sort()
        for second in sorted({math.floor(row[0]) for row in self.rows}):
            builder = BatchBuilder()
            for t, lon, lat, name in self.rows:
                if math.floor(t) == second:
                    said = Claims(identifiers=(Identifier(IdentifierKind.ICAO_ADDRESS, name),)) if name else None
                    time = START + t
                    builder.add(time=time, received=time + 0.1, sensor="r", lon=lon, lat=lat, claims=said)
            yield builder.build()


def run(
    scene: Scene, tracker: Tracker | None = None
) -> tuple[Tracker, list[Continuation], list[npt.NDArray[np.int64]]]:
    """The tracker after a scene, with what it found; no number may ever be borne by two live tracks."""
    tracker = tracker or Tracker(SECTOR, [RECEIVER])
    found: list[Continuation] = []
    assigned = []
    for batch in scene.batches():
        changes = tracker.update(batch)
        found += changes.continued
        assigned.append(changes.assigned)
        numbers = tracker.picture(float(batch.time[-1])).number
        assert len(set(numbers.tolist())) == len(numbers)
        assert not set(numbers.tolist()) & set(changes.lost.number.tolist())
    return tracker, found, assigned


@pytest.mark.parametrize("rate", [0.5, 1.0, 2.0])
def test_a_turning_aircraft_keeps_its_number_over_forty_seconds_of_silence(rate: float) -> None:
    scene, path = Scene(), circling(200.0, math.radians(rate))
    scene.report(path, [*range(40), *range(80, 100)])
    tracker, found, assigned = run(scene)
    (one,) = found
    assert (one.of, one.taken) == (1, True)
    assert one.number > 1, "how many tentative tracks had a number in between is not the point"
    assert 41.0 <= one.gap_s <= 42.0, "at its first plot or its second"
    table = tracker.picture(START + 99.0)
    assert table.number.tolist() == [1]
    assert table.first_time[0] == START
    assert table.doubt[0] == pytest.approx(1.0 - one.probability)
    assert 0.0 < table.doubt[0] < 0.05
    assert assigned[-1].tolist() == [1]


def test_two_crossing_aircraft_that_are_lost_together_come_back_doubtful() -> None:
    scene = Scene()
    one, two = straight(-6e3, 0.0, 150.0, 20.0), straight(-6e3, 1.6e3, 150.0, -20.0)
    after = [*range(75, 90)]
    for path in (one, two):
        scene.report(path, range(38))
        # Nobody can know whether they crossed or turned away from one another.
        scene.report(lambda t, path=path: (path(t)[0], 800.0 + 0.15 * (path(t)[1] - 800.0)), after)  # type: ignore[misc]
    tracker, found, _ = run(scene)
    assert not any(said.taken for said in found)
    numbers = tracker.picture(START + 89.0).number.tolist()
    assert numbers == [3, 4]
    for number in numbers:
        last = {said.of: said.probability for said in found if said.number == number}
        assert last.keys() == {1, 2}
        assert 0.85 < sum(last.values()) <= 1.0
        assert all(0.2 < probability < 0.8 for probability in last.values())


def test_one_of_two_found_again_is_doubtful_and_both_numbers_stay() -> None:
    scene = Scene()
    for north in (0.0, 300.0):
        scene.report(straight(-6e3, north, 100.0, 0.0), range(30))
    scene.report(straight(-6e3, 150.0, 100.0, 0.0), range(70, 80))
    tracker, found, _ = run(scene)
    assert {said.of for said in found} == {1, 2}
    assert not any(said.taken for said in found)
    table = tracker.picture(START + 79.0)
    assert not {1, 2} & set(table.number.tolist())
    assert not table.doubt.any(), "a number of its own is of no other aircraft"


def test_an_address_heard_eighty_kilometres_away_is_a_new_track() -> None:
    scene = Scene()
    scene.report(straight(-40e3, 0.0, 60.0, 0.0), range(30), "aaaaaa")
    scene.report(straight(40e3, 0.0, 60.0, 0.0), range(70, 80), "aaaaaa")
    tracker, found, _ = run(scene)
    assert not found
    assert tracker.picture(START + 79.0).number.tolist() == [2]


def test_another_address_at_the_right_place_is_another_aircraft() -> None:
    scene = Scene()
    scene.report(straight(0.0, 0.0, 60.0, 0.0), range(30), "aaaaaa")
    scene.report(straight(0.0, 0.0, 60.0, 0.0), range(70, 80), "bbbbbb")
    tracker, found, _ = run(scene)
    assert not found
    assert tracker.picture(START + 79.0).number.tolist() == [2]


def test_the_address_decides_between_two_that_motion_cannot_tell_apart() -> None:
    scene = Scene()
    for north, name in ((0.0, "aaaaaa"), (300.0, "bbbbbb")):
        scene.report(straight(-6e3, north, 100.0, 0.0), range(30), name)
        scene.report(straight(-6e3, 300.0 - north, 100.0, 0.0), range(70, 80), name)
    tracker, found, _ = run(scene)
    assert sorted(said.of for said in found if said.taken) == [1, 2]
    table = tracker.picture(START + 79.0)
    assert table.number.tolist() == [1, 2]
    assert [tracker.identifiers(number)[0].value for number in (1, 2)] == ["aaaaaa", "bbbbbb"]


def test_a_track_that_took_a_number_takes_no_plot_of_another_address() -> None:
    scene, path = Scene(), straight(0.0, 0.0, 60.0, 0.0)
    scene.report(path, range(30), "aaaaaa")
    scene.report(path, range(70, 80))
    scene.report(path, range(81, 90), "bbbbbb")
    tracker, found, _ = run(scene)
    assert [said.of for said in found if said.taken] == [1]
    assert tracker.identifiers(1)[0].value == "aaaaaa"
    assert all(len(tracker.identifiers(int(number))) == 1 for number in tracker.picture(START + 89.0).number)


def test_a_number_survives_one_gap_after_the_other_and_doubt_adds_up() -> None:
    scene, path = Scene(), straight(-20e3, 0.0, 120.0, 0.0)
    scene.report(path, [*range(20), *range(60, 75), *range(115, 130), *range(170, 190)])
    tracker, found, _ = run(scene)
    assert [said.of for said in found if said.taken] == [1, 1, 1]
    table = tracker.picture(START + 189.0)
    assert table.number.tolist() == [1]
    kept = math.prod(said.probability for said in found)
    assert table.doubt[0] == pytest.approx(1.0 - kept)
    assert table.status.tolist() == [TrackStatus.CONFIRMED]


def test_a_number_that_was_lost_and_found_in_one_batch_is_not_lost() -> None:
    scene, path = Scene(), straight(0.0, 0.0, 60.0, 0.0)
    scene.report(path, [*range(20), *range(60, 75)])
    builder = BatchBuilder()
    for t, lon, lat, _ in scene.rows:
        builder.add(time=START + t, received=START + t + 0.1, sensor="r", lon=lon, lat=lat)
    changes = Tracker(SECTOR, [RECEIVER]).update(builder.build())
    assert len(changes.lost) == 0
    assert set(changes.confirmed) == {1}
    assert set(changes.assigned.tolist()) == {1}
    assert [said.taken for said in changes.continued] == [True]


def test_without_memory_nothing_is_continued() -> None:
    scene = Scene()
    scene.report(straight(0.0, 0.0, 60.0, 0.0), [*range(20), *range(60, 75)])
    tracker = Tracker(SECTOR, [RECEIVER], stitching=StitchingSettings(memory_s=0.0))
    _, found, assigned = run(scene, tracker)
    assert not found
    assert assigned[-1].tolist() == [2]


def test_equal_input_gives_equal_continuations() -> None:
    outcomes = []
    for _ in range(2):
        scene = Scene(7)
        for k in range(6):
            times = [*range(25), *range(65, 80)]
            scene.report(straight(-5e3, 700.0 * k, 90.0, 15.0 * (k % 3)), times)
        outcomes.append(run(scene)[1:])
    assert outcomes[0][0] == outcomes[1][0]
    for a, b in zip(outcomes[0][1], outcomes[1][1], strict=True):
        np.testing.assert_array_equal(a, b)


def records(*rows: tuple[int, float, float, float, float, float], status: int = CONFIRMED) -> Records:
    """Tracks (number, time, x, y, vx, vy) with one plot at their time."""
    made = np.zeros(len(rows), TRACK)
    for record, (number, time, *state) in zip(made, rows, strict=True):
        record["number"], record["status"], record["time"], record["first_time"] = number, status, time, time
        record["contact"] = time
        record["state"][:4] = state
        record["state"][[4, 6]], record["state"][[11, 13]] = 900.0, 100.0
        record["vertical"][0], record["pressure"] = math.nan, math.nan
    return made


def found_by(stitcher: Stitcher, live: Records, confirmed: list[int], now: float) -> tuple[Continuation, ...]:
    return stitcher.find(live, np.array(confirmed, np.int64), now)


def test_who_is_found_second_takes_part_of_the_certainty_of_the_first() -> None:
    stitcher = Stitcher()
    stitcher.lose(records((1, 0.0, 0.0, 0.0, 100.0, 0.0)), np.array([0]), 25.0)
    first = records((2, 40.0, 4000.0, 0.0, 100.0, 0.0))
    (one,) = found_by(stitcher, first, [2], 40.0)
    assert one.taken
    before = stitcher.doubt(np.array([1]))[0]
    first["number"] = 1
    second = records((3, 42.0, 4200.0, 30.0, 100.0, 0.0))
    (two,) = found_by(stitcher, np.append(first, second), [3], 42.0)
    assert (two.of, two.taken) == (1, False)
    assert two.probability == pytest.approx(0.4, abs=0.1)
    assert before < 0.05 < 0.3 < stitcher.doubt(np.array([1]))[0] < 0.5


def test_a_track_born_while_another_fell_silent_is_joined_when_that_one_is_given_up() -> None:
    stitcher = Stitcher()
    live = records((1, 0.0, 0.0, 0.0, 100.0, 0.0), (2, 6.0, 600.0, 150.0, 97.0, 25.0))
    assert not found_by(stitcher, live, [2], 8.0), "the first may be heard of yet"
    stitcher.lose(live, np.array([0]), 25.0)
    (one,) = found_by(stitcher, live[1:], [], 25.0)
    assert (one.number, one.of, one.taken) == (2, 1, True)


def test_a_coasting_track_that_is_heard_of_again_is_nobody_elses_continuation() -> None:
    stitcher = Stitcher()
    old = records((1, 0.0, 0.0, 0.0, 100.0, 0.0), status=COASTING)
    other = records((9, 0.0, 0.0, 200.0, 100.0, 0.0), status=COASTING)
    first = records((2, 15.0, 1500.0, 100.0, 100.0, 0.0))
    said = found_by(stitcher, np.concatenate([old, other, first]), [2], 15.0)
    assert {one.of for one in said} == {1, 9}
    old["status"] = CONFIRMED
    second = records((3, 16.0, 1600.0, 150.0, 100.0, 0.0))
    said = found_by(stitcher, np.concatenate([old, other, first, second]), [3], 16.0)
    assert {one.of for one in said} == {9}


def test_crossings_leave_each_as_likely_as_not_at_most() -> None:
    stitcher = Stitcher()
    stitcher.crossed([4, 7], 0.3)
    assert stitcher.doubt(np.array([4, 5, 7])).tolist() == [0.3, 0.0, 0.3]
    stitcher.crossed([4], 0.3)
    assert stitcher.doubts[4] == pytest.approx(2 * 0.3 * 0.7)
    for _ in range(20):
        stitcher.crossed([4], 0.3)
    assert stitcher.doubts[4] == pytest.approx(0.5, abs=1e-6)


def test_likelihoods_turn_with_the_frame_and_prefer_what_can_be_flown() -> None:
    def state(x: float, y: float, vx: float, vy: float) -> npt.NDArray[np.float64]:
        return np.array(records((1, 0.0, x, y, vx, vy))["state"])

    def told(x: float, y: float, vx: float, vy: float, turn: float = 0.0) -> float:
        cos, sin = math.cos(turn), math.sin(turn)
        ends = [
            state(a * cos - b * sin, a * sin + b * cos, c * cos - d * sin, c * sin + d * cos)
            for a, b, c, d in ((0.0, 0.0, 200.0, 0.0), (x, y, vx, vy))
        ]
        return float(log_ratio(ends[0], ends[1], np.array([40.0]))[0])

    for turn in (0.7, 2.0, 4.0):
        assert told(6e3, 3e3, 100.0, 150.0, turn) == pytest.approx(told(6e3, 3e3, 100.0, 150.0), abs=1e-9)
    assert told(6e3, 3e3, 100.0, 150.0) == pytest.approx(told(6e3, -3e3, 100.0, -150.0), abs=1e-9)
    ahead, back, beyond = told(8e3, 0.0, 200.0, 0.0), told(-2e3, 0.0, -200.0, 0.0), told(16e3, 0.0, 200.0, 0.0)
    assert ahead > back > beyond
    reach = in_reach(
        state(0, 0, 10, 0), np.vstack([state(13e3, 0, 0, 0), state(16e3, 0, 0, 0)]), np.array([40.0, 40.0])
    )
    assert reach.tolist() == [True, False]


@pytest.mark.parametrize("changes", [{"sure": 1.5}, {"memory_s": -1.0}, {"new_rate": 0.0}, {"found_s": math.nan}])
def test_settings_of_stitching_out_of_range_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match="is"):
        StitchingSettings(**changes)
