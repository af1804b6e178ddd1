from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeconduct.codecs.scenario_toml import read_scenario
from safeconduct.errors import InputError
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.scenario import Fault
from safeconduct.model.sensor import SensorKind

TREE = Path(__file__).resolve().parents[3]

SMALL = """
id = "small"
title = "A small one"
notice = "Made up."
node = "a"
start = "2025-03-12T06:00:00Z"
duration_s = 60
default_variant = "all"

[variants]
none = []
all = ["F-1"]

[[parties]]
id = "a"
name = "A"

[[parties]]
id = "b"
name = "B"
takes_part = true

[[sectors]]
id = "s"
party = "a"
name = "S"
centre = [13.0, 32.0]

[[sensors]]
id = "r"
party = "a"
kind = "radar"
lon = 13.0
lat = 32.0
range_m = 50000

[[clutter]]
lon = 13.2
lat = 32.0
radius_m = 500
plots_per_scan = 0.5

[[faults]]
sensor = "r"
azimuth_error_deg = 107

[[aircraft]]
name = "Drone"
party = "b"
type = "male_uav"
operator = "b"
identifiers = { icao_address = "0A1B2C" }
emits = ["adsb"]
path = [[13.0, 32.0, 500, 40], [13.1, 32.0, 500, 40]]

[[flights]]
id = "F-1"
aircraft = "Drone"
"""


def refusal(text: str | bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        read_scenario(text.encode() if isinstance(text, str) else text, "dir/scenario.toml")
    assert caught.value.where.startswith("dir/scenario.toml")
    assert caught.value.remedy
    return caught.value


def test_a_scenario_is_read_with_its_defaults() -> None:
    scenario = read_scenario(SMALL.encode())
    (craft,) = scenario.aircraft
    assert scenario.start == 1_741_759_200.0
    assert scenario.warm_up_s == 0.0
    assert scenario.variants == {"none": (), "all": ("F-1",)}
    assert craft.aircraft.identifiers == (Identifier(IdentifierKind.ICAO_ADDRESS, "0a1b2c"),)
    assert (craft.aircraft.owner, craft.aircraft.operator, craft.aircraft.crew) == (None, "b", None)
    assert craft.emits == {SensorKind.ADSB}
    assert [point.speed_mps for point in craft.path] == [40, 40]
    assert [party.takes_part for party in scenario.parties] == [False, True]
    assert scenario.flights[0].half_width_m == 2000.0
    assert scenario.faults == (Fault(sensor="r", azimuth_error_deg=107.0),)


@pytest.mark.parametrize(
    "section",
    ["", "[[parties]]", "[[sectors]]", "[[sensors]]", "[[clutter]]", "[[faults]]", "[[aircraft]]", "[[flights]]"],
)
def test_an_unknown_key_is_an_error_wherever_it_stands(section: str) -> None:
    text = SMALL.replace(section, f"{section}\ncolour_of_hat = 1", 1) if section else f"colour_of_hat = 1\n{SMALL}"
    error = refusal(text)
    assert error.reason == "bad-field"
    assert "colour_of_hat" in error.what


@pytest.mark.parametrize(
    ("old", "new", "reason", "told"),
    [
        ('id = "small"', "id = ", "bad-toml", "line 2"),
        ("duration_s = 60", "duration_s = nan", "not-finite", "duration_s"),
        ("duration_s = 60", "duration_s = -1", "bad-duration-s", "duration_s"),
        ("duration_s = 60", 'duration_s = "long"', "bad-field", "duration_s"),
        ('node = "a"', 'node = "c"', "unknown-name", "known: a, b"),
        ('node = "a"', 'node = "b"', "no-sector", "b"),
        ('node = "a"\n', "", "bad-field", "node"),
        ('default_variant = "all"', 'default_variant = "some"', "unknown-name", "all, none"),
        ('all = ["F-1"]', 'all = ["F-2"]', "unknown-name", "variants.all"),
        ("06:00:00Z", "06:00:00", "bad-time", "offset"),
        ("[13.0, 32.0, 500, 40], ", "", "bad-path", "aircraft Drone"),
        ("[13.0, 32.0, 500, 40]", "[13.0, 91.0, 500, 40]", "bad-latitude", "aircraft Drone"),
        ("[13.0, 32.0, 500, 40]", "[13.0, 32.0, nan, 40]", "not-finite", "alt_m"),
        ("[13.0, 32.0, 500, 40]", "[13.0, 32.0, 500, 0]", "bad-speed-mps", "aircraft Drone"),
        ("[13.0, 32.0, 500, 40]", "[13.0, 32.0, 500]", "bad-field", "path"),
        ("0A1B2C", "OA1B2C", "bad-identifier", "aircraft Drone"),
        ("icao_address", "tail_number", "bad-field", "identifiers"),
        ('emits = ["adsb"]', 'emits = ["radar"]', "bad-emission", "aircraft Drone"),
        ('kind = "radar"', 'kind = "ear"', "bad-field", "sensors[0].kind"),
        ("range_m = 50000", "range_m = nan", "bad-field", "sensors[0]"),
        ("range_m = 50000", "", "bad-sensor", "range_m"),
        ("lat = 32.0\nrange_m", "lat = 91.0\nrange_m", "bad-field", "91"),
        ("plots_per_scan = 0.5", "plots_per_scan = -0.5", "bad-field", "clutter[0]"),
        ("azimuth_error_deg = 107", "azimuth_error_deg = 181", "bad-field", "faults[0]"),
        ("azimuth_error_deg = 107", "azimuth_error_deg = nan", "bad-field", "faults[0]"),
        ("azimuth_error_deg = 107", "", "bad-field", "azimuth_error_deg"),
        ('sensor = "r"', 'sensor = "q"', "unknown-name", "faults.sensor"),
        ("[[faults]]", '[[faults]]\nsensor = "r"\nazimuth_error_deg = 1\n[[faults]]', "duplicate", "faults"),
        ('kind = "radar"', 'kind = "adsb"', "bad-fault", "r listens"),
        ("centre = [13.0, 32.0]", "centre = [13.0, 92.0]", "bad-field", "sectors[0]"),
        ('aircraft = "Drone"', 'aircraft = "Drone"\nhalf_width_m = nan', "not-finite", "half_width_m"),
        ('aircraft = "Drone"', 'aircraft = "Ghost"', "unknown-name", "flights.aircraft"),
        ('id = "b"', 'id = "a"', "duplicate", "parties"),
    ],
)
def test_each_fault_has_its_reason_and_says_where(old: str, new: str, reason: str, told: str) -> None:
    assert old in SMALL
    error = refusal(SMALL.replace(old, new, 1))
    assert error.reason == reason
    assert told in str(error)


def test_bytes_that_are_no_text_are_refused() -> None:
    assert refusal(b"\xff\xfe").reason == "bad-toml"


@given(st.binary(max_size=60), st.integers(0, len(SMALL)))
def test_no_damage_whatever_raises_anything_else(garbage: bytes, at: int) -> None:
    damaged = SMALL.encode()[:at] + garbage + SMALL.encode()[at + len(garbage) :]
    where = "scenario.toml"
    try:
        read_scenario(damaged, "scenario.toml")
    except InputError as error:
        where = error.where
    assert where.startswith("scenario.toml")


@pytest.mark.parametrize("folder", sorted((TREE / "scenarios").iterdir()), ids=lambda folder: folder.name)
def test_every_scenario_is_named_by_its_folder_and_says_what_it_is(folder: Path) -> None:
    scenario = read_scenario((folder / "scenario.toml").read_bytes())
    assert scenario.id == folder.name
    assert scenario.notice.startswith("Illustrative: ")
    assert "simulated" in scenario.notice


def test_tripoli_2019_loads_as_the_issue_asks() -> None:
    scenario = read_scenario((TREE / "scenarios" / "tripoli-2019" / "scenario.toml").read_bytes())
    assert scenario.id == "tripoli-2019"
    assert set(scenario.variants) == {"uncoordinated", "coordinated", "headquarters-only"}
    assert scenario.variants["uncoordinated"] == ()
    assert "llustrative" in scenario.notice
    assert scenario.duration_s == 3600
    assert {sensor.kind for sensor in scenario.sensors} >= {SensorKind.RADAR, SensorKind.ADSB, SensorKind.REMOTE_ID}
    names = {party.id: party.name for party in scenario.parties}
    assert names[scenario.node] == "Libyan National Army"
    assert {"U.S. Africa Command", "Government of National Accord", "Italy", "U.N. observer"} <= set(names.values())
    craft = {craft.name: craft for craft in scenario.aircraft}
    drone, tb2, wing = craft["U.S. reconnaissance drone"], craft["Bayraktar TB2"], craft["Wing Loong II"]
    assert not drone.emits
    assert not drone.aircraft.identifiers
    declared = {flight.aircraft for flight in scenario.flights if flight.id in scenario.variants["coordinated"]}
    assert {drone.name, "Italian reconnaissance drone"} <= declared
    assert not {tb2.name, wing.name} & declared
    assert tb2.aircraft.type == wing.aircraft.type == drone.aircraft.type
