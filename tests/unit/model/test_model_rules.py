"""Sensors, sectors, scenarios, standings: the rules of their values."""

import math
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import safeconduct.model
from safeconduct.codecs.scenario_toml import read_scenario
from safeconduct.errors import ModelError
from safeconduct.model import check
from safeconduct.model.advisory import MOST_LETTERS, short
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.party import Party
from safeconduct.model.scenario import Clutter, Scenario, ScenarioAircraft, ScenarioFlight, Waypoint
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.model.standing import Standing, StandingThresholds

TREE = Path(__file__).resolve().parents[3]
PATH = (Waypoint(13, 32, 100, 20), Waypoint(13.1, 32, 100, 20))


def reason_of(make: Any, **values: Any) -> str:
    with pytest.raises(ModelError) as caught:
        make(**values)
    return caught.value.reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": ""}, "empty"),
        ({"lat": 91.0}, "bad-latitude"),
        ({"lon": -181.0}, "bad-longitude"),
        ({"alt_m": math.nan}, "not-finite"),
        ({"probability_of_detection": 1.01}, "bad-probability-of-detection"),
        ({"probability_of_detection": math.nan}, "not-finite"),
        ({"period_s": 0.0}, "bad-period-s"),
        ({"false_alarms_per_scan": -1.0}, "bad-false-alarms-per-scan"),
        ({"range_m": -5.0}, "bad-range"),
        ({"range_m": math.inf}, "not-finite"),
        ({"small_target_range_m": 0.0}, "bad-small-target-range"),
        ({"sigma_range_m": 0.0}, "bad-sigma-range"),
        ({"sigma_azimuth_deg": -0.1}, "bad-sigma-azimuth"),
        ({"sigma_elevation_deg": 0.0}, "bad-sigma-elevation"),
        ({"sigma_alt_m": math.nan}, "not-finite"),
        ({"sigma_m": -1.0}, "bad-sigma"),
    ],
)
def test_sensors_are_checked(changes: dict[str, Any], reason: str) -> None:
    assert reason_of(Sensor, **({"id": "s", "party": "p", "kind": SensorKind.RADAR} | changes)) == reason


def test_only_receivers_listen() -> None:
    assert {kind for kind in SensorKind if kind.listens} == {SensorKind.ADSB, SensorKind.REMOTE_ID}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"centre": (13.0, 91.0)}, "bad-latitude"),
        ({"outline": ((13.0, 32.0), (13.0, 33.0))}, "bad-outline"),
        ({"outline": ((13.0, 32.0), (13.0, 33.0), (math.nan, 33.0))}, "not-finite"),
        ({"lower_m": 100.0, "upper_m": 100.0}, "bad-height"),
        ({"lower_m": math.nan}, "bad-height"),
        ({"id": " "}, "empty"),
    ],
)
def test_sectors_are_checked(changes: dict[str, Any], reason: str) -> None:
    assert reason_of(Sector, **({"id": "s", "party": "p", "name": "n", "centre": (13.0, 32.0)} | changes)) == reason


def test_names_are_not_empty() -> None:
    assert reason_of(Party, id="", name="x") == "empty"
    assert reason_of(Party, id="x", name=" ") == "empty"
    assert reason_of(Aircraft, type="") == "empty"


def test_a_party_is_not_in_by_default() -> None:
    assert not Party(id="x", name="X").takes_part


def test_thresholds_leave_below_where_they_enter() -> None:
    assert reason_of(StandingThresholds, enter=0.8, leave=0.85) == "bad-leave"
    assert reason_of(StandingThresholds, enter=0.4) == "bad-enter"
    assert reason_of(StandingThresholds, enter=math.nan) == "not-finite"
    assert StandingThresholds(enter=0.8, leave=0.8).leave == 0.8


def test_there_are_five_standings_and_none_of_ill_will() -> None:
    assert {s.value for s in Standing} == {"verified", "consistent", "off-plan", "cooperative", "unknown"}
    assert {s for s in Standing if s.names_flight} == {Standing.VERIFIED, Standing.CONSISTENT, Standing.OFF_PLAN}


def test_no_word_of_the_model_accuses() -> None:
    """Law 1: no member or field of any type says suspect, hostile, enemy or threat."""
    words = []
    for file in Path(safeconduct.model.__path__[0]).glob("*.py"):
        for thing in vars(import_module(f"safeconduct.model.{file.stem}")).values():
            if isinstance(thing, type) and issubclass(thing, Enum):
                words += [word for member in thing for word in (member.name, str(member.value))]
            elif isinstance(thing, type) and is_dataclass(thing):
                words += [field.name for field in fields(thing)]
    assert len(words) > 100
    accusing = ("suspect", "hostile", "enemy", "threat", "foe")
    assert not [word for word in words if any(bad in word.lower() for bad in accusing)]


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return read_scenario((TREE / "scenarios" / "tripoli-2019" / "scenario.toml").read_bytes())


def doubled(things: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*things, things[0])


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("node", "unknown-name"),
        ("default_variant", "unknown-name"),
        ("variants", "unknown-name"),
        ("parties", "duplicate"),
        ("sectors", "duplicate"),
        ("sensors", "duplicate"),
        ("aircraft", "duplicate"),
        ("flights", "duplicate"),
        ("posts", "duplicate"),
        ("crews", "duplicate"),
    ],
)
def test_names_of_a_scenario_are_known_and_given_once(scenario: Scenario, field: str, reason: str) -> None:
    wrong = {"node": "nobody", "default_variant": "none", "variants": {"coordinated": ("GHOST-1",)}}
    changes: dict[str, Any] = {field: wrong.get(field) or doubled(getattr(scenario, field))}
    with pytest.raises(ModelError) as caught:
        replace(scenario, **changes)
    assert caught.value.reason == reason
    assert caught.value.where.startswith(field)


@pytest.mark.parametrize(("field", "value"), [("duration_s", math.nan), ("duration_s", 0.0), ("warm_up_s", 1e9)])
def test_times_of_a_scenario_are_checked(scenario: Scenario, field: str, value: float) -> None:
    changes: dict[str, Any] = {field: value}
    with pytest.raises(ModelError):
        replace(scenario, **changes)


def test_a_node_without_a_sector_has_no_picture(scenario: Scenario) -> None:
    foreign = tuple(sector for sector in scenario.sectors if sector.party != scenario.node)
    with pytest.raises(ModelError, match="has no sector"):
        replace(scenario, sectors=foreign, posts=(), crews=())


def test_a_sensor_to_be_simulated_has_a_place_and_a_reach(scenario: Scenario) -> None:
    blind = replace(scenario.sensors[0], id="blind", range_m=None)
    with pytest.raises(ModelError, match="blind needs a place and a reach"):
        replace(scenario, sensors=(*scenario.sensors, blind))


@pytest.mark.parametrize(
    ("make", "values"),
    [
        (Waypoint, {"lon": 13, "lat": 91, "alt_m": 0, "speed_mps": 5}),
        (Waypoint, {"lon": 13, "lat": 32, "alt_m": 0, "speed_mps": 0}),
        (Waypoint, {"lon": 13, "lat": 32, "alt_m": math.nan, "speed_mps": 5}),
        (ScenarioAircraft, {"path": PATH[:1]}),
        (ScenarioAircraft, {"name": ""}),
        (ScenarioAircraft, {"start_s": math.nan}),
        (ScenarioAircraft, {"wander_m": -1.0}),
        (ScenarioAircraft, {"start_sigma_s": -1.0}),
        (ScenarioAircraft, {"emits": frozenset({SensorKind.RADAR})}),
        (ScenarioFlight, {"half_width_m": math.nan}),
        (ScenarioFlight, {"half_width_m": 0.0}),
        (ScenarioFlight, {"vertical_m": -1.0}),
        (ScenarioFlight, {"early_s": -1.0}),
        (ScenarioFlight, {"late_s": math.inf}),
        (ScenarioFlight, {"id": ""}),
        (Clutter, {"lat": 95.0}),
        (Clutter, {"radius_m": -1.0}),
        (Clutter, {"plots_per_scan": math.nan}),
        (Clutter, {"plots_per_scan": -0.1}),
    ],
)
def test_parts_of_a_scenario_are_checked(make: type, values: dict[str, Any]) -> None:
    sound: dict[type, dict[str, Any]] = {
        Waypoint: {},
        ScenarioAircraft: {"name": "a", "party": "p", "aircraft": Aircraft(type="t"), "path": PATH},
        ScenarioFlight: {"id": "f", "aircraft": "a"},
        Clutter: {"lon": 13.0, "lat": 32.0, "radius_m": 100.0, "plots_per_scan": 1.0},
    }
    if sound[make]:
        make(**sound[make])
    with pytest.raises(ModelError):
        make(**(sound[make] | values))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_finite_refuses_what_is_no_number(value: float) -> None:
    with pytest.raises(ModelError) as caught:
        check.finite("height_m", value)
    assert (caught.value.reason, caught.value.where) == ("not-finite", "height_m")
    assert caught.value.remedy


def test_bounds_are_included() -> None:
    for edge in (-90.0, 90.0):
        check.latitude(edge)
        check.longitude(2 * edge)
    with pytest.raises(ModelError) as caught:
        check.latitude(91.0)
    assert (caught.value.reason, caught.value.where) == ("bad-latitude", "latitude")
    assert "91" in caught.value.what
    assert caught.value.remedy


def test_what_others_call_something_is_cut_to_the_most_letters_and_shows_it() -> None:
    longest = "a" * MOST_LETTERS
    assert short(longest) == longest
    assert short(longest + "a") == longest[:-1] + "…"
