"""A rehearsal's board held against its truth."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from safeconduct.codecs.scenario_toml import read_scenario
from safeconduct.feeds.rehearsal.feed import Rehearsal, TruePlace
from safeconduct.model.board import BoardStatus, BoardTrack, LastContact
from safeconduct.model.flight import Flight
from safeconduct.model.scenario import Scenario
from safeconduct.model.standing import Standing
from safeconduct.service.assets import scenarios_folder
from safeconduct.service.scoring import Scoreboard

TREE = Path(__file__).resolve().parents[3]
DRONE, TB2, QUAD = "U.S. reconnaissance drone", "Bayraktar TB2", "U.N. observer's quadcopter"
AFRICOM = "AFRICOM-01"
DEGREE_M = 111_000.0


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return read_scenario((TREE / "scenarios" / "tripoli-2019" / "scenario.toml").read_bytes())


@pytest.fixture(scope="module")
def declared(scenario: Scenario) -> tuple[Flight, ...]:
    return Rehearsal(scenario, 1).flights("coordinated")


@pytest.fixture
def board(scenario: Scenario, declared: tuple[Flight, ...]) -> Scoreboard:
    return Scoreboard(scenario, declared)


def track(name: str, north_m: float = 0.0, standing: Standing = Standing.UNKNOWN, **changes: Any) -> BoardTrack:
    values: dict[str, Any] = {
        "id": name, "status": BoardStatus.CONFIRMED, "time": 0.0, "lon": 13.5, "lat": 32.5 + north_m / DEGREE_M,
        "height_m": None, "pressure_altitude_m": None, "velocity": (0.0, 0.0, None), "covariance": (1.0, 0.0, 1.0),
        "first_time": 0.0, "last_contact": LastContact(time=0.0, lon=13.5, lat=32.5, height_m=None),
        "identifiers": (), "standing": standing, "flight": None, "probability": 1.0, "shadowed": False,
        "conflicts": (), "silent": (),
    }  # fmt: skip
    return BoardTrack(**(values | changes))


def named(name: str, flight: str, standing: Standing = Standing.CONSISTENT, north_m: float = 0.0) -> BoardTrack:
    return track(name, north_m, standing, flight=flight)


def true(name: str, north_m: float = 0.0, height_m: float = 5600.0) -> TruePlace:
    return TruePlace(name, 13.5, 32.5 + north_m / DEGREE_M, height_m)


def of(board: Scoreboard, name: str) -> dict[str, Any]:
    return next(one for one in board.aircraft() if one["name"] == name)


def test_every_aircraft_has_a_record_with_its_declared_flight(board: Scoreboard, scenario: Scenario) -> None:
    records = board.aircraft()
    assert [one["name"] for one in records] == [craft.name for craft in scenario.aircraft]
    assert of(board, DRONE)["flight"] == AFRICOM
    assert of(board, TB2)["flight"] is None
    for one in records:
        assert set(one) >= {
            "name", "party", "type", "flight", "tracked_s", "standings", "final", "first_identified_s",
            "wrong_flight_share",
        }  # fmt: skip
        assert (one["tracked_s"], one["standings"], one["final"]) == (0.0, {}, None)
        assert (one["first_identified_s"], one["wrong_flight_share"]) == (None, 0.0)


def test_what_was_not_declared_has_no_flight(scenario: Scenario) -> None:
    assert {one["flight"] for one in Scoreboard(scenario, ()).aircraft()} == {None}


def test_time_adds_up_by_standing(board: Scoreboard) -> None:
    for second in range(100):
        seen = track("t1") if second < 20 else named("t1", AFRICOM)
        board.note(float(second), [true(DRONE)], [seen], 1.0)
    one = of(board, DRONE)
    assert one["tracked_s"] == 100.0
    assert one["standings"] == {"consistent": 0.8, "unknown": 0.2}
    assert one["standings_after_first_minute"] == {"consistent": 1.0}
    assert (one["final"], one["first_identified_s"], one["wrong_flight_share"]) == ("consistent", 20.0, 0.0)


def test_the_first_minute_begins_with_the_first_track(board: Scoreboard) -> None:
    for second in range(500, 570):
        board.note(float(second), [true(DRONE)], [track("t1") if second < 560 else named("t1", AFRICOM)], 1.0)
    assert of(board, DRONE)["standings_after_first_minute"] == {"consistent": 1.0}


def test_another_s_flight_is_wrong_and_never_an_identification(board: Scoreboard) -> None:
    for second in range(10):
        board.note(float(second), [true(DRONE)], [named("t1", "ITALY-01" if second < 4 else AFRICOM)], 1.0)
        board.note(float(second), [true(TB2)], [named("t2", AFRICOM, Standing.OFF_PLAN)], 1.0)
    assert of(board, DRONE)["wrong_flight_share"] == 0.4
    assert of(board, DRONE)["first_identified_s"] == 4.0
    assert of(board, TB2)["wrong_flight_share"] == 1.0
    assert of(board, TB2)["first_identified_s"] is None


@pytest.mark.parametrize(("name", "near", "far"), [(DRONE, 1900.0, 2100.0), (QUAD, 450.0, 550.0)])
def test_a_track_farther_off_is_not_its_track(board: Scoreboard, name: str, near: float, far: float) -> None:
    board.note(0.0, [true(name)], [track("t1", far)], 1.0)
    assert of(board, name)["tracked_s"] == 0.0
    board.note(1.0, [true(name)], [track("t1", near)], 1.0)
    assert of(board, name)["tracked_s"] == 1.0


def test_height_keeps_no_track_from_its_aircraft(board: Scoreboard) -> None:
    board.note(0.0, [true(DRONE, height_m=9000.0)], [track("t1", 100.0)], 1.0)
    assert of(board, DRONE)["tracked_s"] == 1.0


def test_lost_tracks_do_not_count(board: Scoreboard) -> None:
    board.note(0.0, [true(DRONE)], [replace(track("t1"), status=BoardStatus.LOST)], 1.0)
    assert of(board, DRONE)["tracked_s"] == 0.0


def test_one_track_is_at_most_one_aircraft(board: Scoreboard) -> None:
    board.note(0.0, [true(DRONE), true(TB2, 300.0)], [track("t1", 50.0)], 1.0)
    assert (of(board, DRONE)["tracked_s"], of(board, TB2)["tracked_s"]) == (1.0, 0.0)
    board.note(1.0, [true(DRONE), true(TB2, 300.0)], [track("t1", 50.0), track("t2", 320.0)], 1.0)
    assert (of(board, DRONE)["tracked_s"], of(board, TB2)["tracked_s"]) == (2.0, 1.0)


def test_as_many_as_possible_are_paired(board: Scoreboard) -> None:
    """The nearest track of one is the only one in reach of the other."""
    board.note(0.0, [true(DRONE, 0.0), true(TB2, 2500.0)], [track("t1", 1000.0), track("t2", -1500.0)], 1.0)
    assert (of(board, DRONE)["tracked_s"], of(board, TB2)["tracked_s"]) == (1.0, 1.0)


def test_the_track_that_it_had_is_favoured(board: Scoreboard) -> None:
    board.note(0.0, [true(DRONE)], [named("t1", AFRICOM)], 1.0)
    board.note(1.0, [true(DRONE)], [named("t1", AFRICOM, north_m=400.0), track("t2", 10.0)], 1.0)
    assert of(board, DRONE)["final"] == "consistent"
    board.note(2.0, [true(DRONE)], [named("t1", AFRICOM, north_m=900.0), track("t2", 10.0)], 1.0)
    assert of(board, DRONE)["final"] == "unknown"


def test_nothing_true_or_nothing_shown_is_nothing(board: Scoreboard) -> None:
    board.note(0.0, [], [track("t1")], 1.0)
    board.note(0.0, [true(DRONE)], [], 1.0)
    assert {one["tracked_s"] for one in board.aircraft()} == {0.0}


def test_shares_of_standings_name_all_five_and_sum_to_one(board: Scoreboard) -> None:
    for second, standing in enumerate(Standing):
        board.note(float(second), [true(DRONE)], [track("t1", standing=standing, flight=AFRICOM)], 1.0)
    shares = of(board, DRONE)["standings"]
    assert set(shares) == {standing.value for standing in Standing}
    assert sum(shares.values()) == pytest.approx(1.0)


def test_the_scenarios_travel_with_the_code() -> None:
    assert (scenarios_folder() / "tripoli-2019" / "scenario.toml").is_file()
