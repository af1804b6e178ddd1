import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeconduct.codecs.scenario_files import (
    DetectionReader,
    answer_line,
    conflict_line,
    read_flights,
    read_sensors,
    registration_line,
    write_flights,
)
from safeconduct.errors import InputError, ModelError, WireError
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.board import BoardStatus, BoardTrack, LastContact
from safeconduct.model.flight import Disclosure, Flight, FlightState, RoutePoint
from safeconduct.model.identification import Candidate, ConflictKind, Identification, IdentifierConflict
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.sensor import SensorKind
from safeconduct.model.standing import Standing
from safeconduct.model.volume import Volume4D

VOLUME = {
    "outline": [[13, 32], [13.1, 32], [13.1, 32.1], [13, 32.1]],
    "lower_m": 0,
    "upper_m": 500,
    "start": "2025-03-12T06:00:00Z",
    "end": "2025-03-12T07:00:00Z",
}
POINT = {"lon": 13.0, "lat": 32.0, "alt_m": 100, "time": "2025-03-12T06:00:00Z"}
FLIGHT = {"id": "f-1", "party": "un", "aircraft_type": "male_uav", "volumes": [VOLUME]}


def flights_file(**changes: Any) -> bytes:
    return json.dumps([FLIGHT | changes]).encode()


def refusal(data: bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        read_flights(data, "dir/flights.json")
    assert caught.value.where.startswith("dir/flights.json")
    return caught.value


def test_a_flight_is_read() -> None:
    (flight,) = read_flights(
        flights_file(
            identifiers={"icao_address": "0A1B2C", "remote_id_serial": None, "callsign": ""},
            emits=["adsb"],
            route=[POINT],
            owner="a",
            operator="b",
            crew="c",
            contact="desk 7",
            something_else=1,
        )
    )
    assert flight.contact == "desk 7"
    assert flight.aircraft.identifiers == (Identifier(IdentifierKind.ICAO_ADDRESS, "0a1b2c"),)
    assert flight.emits == {SensorKind.ADSB}
    assert flight.route == (RoutePoint(13.0, 32.0, 100.0, 1_741_759_200.0),)
    assert (flight.start, flight.end) == (1_741_759_200.0, 1_741_762_800.0)
    assert (flight.aircraft.owner, flight.aircraft.operator, flight.aircraft.crew) == ("a", "b", "c")
    assert (flight.version, flight.state, flight.disclosure) == (1, FlightState.ACCEPTED, Disclosure.OPEN)


CROSSED = [[13, 32], [13.1, 32.1], [13.1, 32], [13, 32.1]]


@pytest.mark.parametrize(
    ("changes", "reason", "where"),
    [
        ({"volumes": [VOLUME, VOLUME | {"outline": CROSSED}]}, "crossed-edges", "[0] f-1: volumes[1]: outline"),
        ({"volumes": [VOLUME | {"outline": [[13, 91], *CROSSED]}]}, "bad-latitude", "[0] f-1: volumes[0]: latitude"),
        ({"volumes": [VOLUME | {"outline": CROSSED[:2]}]}, "bad-outline", "volumes[0]: outline"),
        ({"volumes": [VOLUME | {"end": "2025-03-12T05:00:00Z"}]}, "ends-before-start", "volumes[0]: end"),
        ({"volumes": [VOLUME | {"start": "yesterday"}]}, "bad-time", "volumes[0]"),
        ({"volumes": [VOLUME | {"start": "2025-03-12T06:00:00"}]}, "bad-time", "volumes[0]"),
        ({"volumes": [VOLUME | {"upper_m": -1}]}, "bad-height", "volumes[0]: lower_m"),
        ({"volumes": []}, "no-volume", "[0] f-1: volumes"),
        ({"route": [POINT, POINT | {"lat": 91}]}, "bad-latitude", "[0] f-1: route[1]: latitude"),
        ({"route": [POINT, POINT]}, "route-backwards", "[0] f-1: route"),
        ({"identifiers": {"icao_address": "nonsense"}}, "bad-identifier", "[0] f-1: icao_address"),
        ({"identifiers": {"tail_number": "X"}}, "bad-field", "[0] f-1: identifiers"),
        ({"emits": ["radar"]}, "bad-emission", "[0] f-1: emits"),
        ({"emits": ["smoke"]}, "bad-field", "[0] f-1: emits"),
        ({"state": "Hovering"}, "bad-field", "[0] f-1: state"),
        ({"disclosure": "secret"}, "bad-field", "[0] f-1: disclosure"),
        ({"aircraft_type": " "}, "empty", "[0] f-1: type"),
        ({"party": ""}, "empty", "[0] f-1: party"),
        ({"contact": "7" * 501}, "bad-field", "flights.json"),
    ],
)
def test_each_fault_is_told_with_its_place(changes: dict[str, Any], reason: str, where: str) -> None:
    error = refusal(flights_file(**changes))
    assert error.reason == reason
    assert where in error.where


@pytest.mark.parametrize(
    "changes",
    [
        {"volumes": [VOLUME | {"outline": CROSSED}]},
        {"volumes": [VOLUME | {"outline": [[13, 91], *CROSSED]}]},
        {"volumes": [VOLUME | {"end": "2025-03-12T05:00:00Z"}]},
        {"volumes": [VOLUME | {"start": "yesterday"}]},
        {"volumes": [VOLUME | {"upper_m": -1}]},
        {"route": [POINT, POINT]},
        {"emits": ["smoke"]},
    ],
)
def test_the_faults_of_a_declaration_say_what_to_do(changes: dict[str, Any]) -> None:
    assert refusal(flights_file(**changes)).remedy


@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_is_told(token: str) -> None:
    error = refusal(flights_file().replace(b"500", token.encode()))
    assert error.reason in ("bad-json", "bad-field")
    assert error.remedy


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "bad-json"),
        (b"[", "bad-json"),
        (b"\xff\xfe", "bad-json"),
        (b'[{"id": "\xff"}]', "bad-json"),
        (b'[{"x": ' + b"[" * 100_000, "bad-json"),
        (b"{}", "bad-field"),
        (b"[1]", "bad-field"),
        (b'[{"id": "x"}]', "bad-field"),
    ],
)
def test_what_is_no_list_of_flights_is_refused(data: bytes, reason: str) -> None:
    assert refusal(data).reason == reason


def test_a_missing_field_is_named_by_its_path() -> None:
    volume = {key: value for key, value in VOLUME.items() if key != "upper_m"}
    error = refusal(flights_file(volumes=[volume]))
    assert error.reason == "bad-field"
    assert "upper_m" in error.what
    assert "volumes" in error.what


def test_one_id_is_one_flight() -> None:
    error = refusal(json.dumps([FLIGHT, FLIGHT]).encode())
    assert (error.reason, error.what) == ("duplicate", "declared twice: f-1")


NAMES = st.text("abcXYZ-019", min_size=1, max_size=8)
SECONDS = st.integers(0, 4_000_000_000_000).map(lambda milliseconds: milliseconds / 1000)
CLAIMS = st.permutations(
    [
        Identifier(IdentifierKind.ICAO_ADDRESS, "0a1b2c"),
        Identifier(IdentifierKind.CALLSIGN, "LBY204"),
        Identifier(IdentifierKind.REMOTE_ID_SERIAL, "1581F5"),
        Identifier(IdentifierKind.SESSION_ID, "77"),
    ]
)


@st.composite
def flights(draw: st.DrawFn) -> Flight:
    lon, lat, start = draw(st.floats(-170, 170)), draw(st.floats(-80, 80)), draw(SECONDS)
    outline = ((lon, lat), (lon + 1, lat), (lon + 1, lat + 1), (lon, lat + draw(st.floats(0.1, 2))))
    low = draw(st.floats(-400, 9000))
    volume = Volume4D(outline=outline, lower_m=low, upper_m=low + 10, start=start, end=round(start + 60, 3))
    times = sorted(draw(st.sets(SECONDS, max_size=4)))
    return Flight(
        id=draw(NAMES),
        version=draw(st.integers(1, 99)),
        party=draw(NAMES),
        aircraft=Aircraft(
            type=draw(NAMES),
            owner=draw(st.none() | NAMES),
            operator=draw(st.none() | NAMES),
            crew=draw(st.none() | NAMES),
            identifiers=tuple(draw(CLAIMS)[: draw(st.integers(0, 4))]),
        ),
        volumes=(volume,) * draw(st.integers(1, 2)),
        route=tuple(RoutePoint(lon, lat, low, time) for time in times),
        emits=frozenset(draw(st.sets(st.sampled_from([SensorKind.ADSB, SensorKind.REMOTE_ID])))),
        contact=draw(st.just("") | NAMES),
        disclosure=draw(st.sampled_from(Disclosure)),
        state=draw(st.sampled_from(FlightState)),
    )


@settings(max_examples=40)
@given(st.lists(flights(), max_size=2, unique_by=lambda flight: flight.id))
def test_written_flights_read_back_equal(some: list[Flight]) -> None:
    assert read_flights(write_flights(some)) == tuple(some)


def test_sensors_are_read_and_checked() -> None:
    sound = {"id": "r", "party": "p", "kind": "radar", "lon": 13, "lat": 32, "range_m": 1000, "sigma_alt_m": None}
    (sensor,) = read_sensors(json.dumps([sound]).encode())
    assert (sensor.kind, sensor.range_m, sensor.sigma_alt_m) == (SensorKind.RADAR, 1000, None)
    assert sensor.sigma_elevation_deg is None
    (raised,) = read_sensors(json.dumps([sound | {"sigma_elevation_deg": 0.4}]).encode())
    assert raised.sigma_elevation_deg == 0.4
    for changes in ({"lat": 91}, {"kind": "ear"}, {"period_s": 0}, {"id": ""}, {"lon": "east"}):
        with pytest.raises(WireError) as caught:
            read_sensors(json.dumps([sound, sound | changes]).encode(), "sensors.json")
        assert caught.value.reason == "bad-field"
        assert "$[1]" in caught.value.what
        assert caught.value.where == "sensors.json"
    with pytest.raises(WireError) as caught:
        read_sensors(json.dumps([sound, sound]).encode())
    assert caught.value.reason == "duplicate"


LINE = {
    "time": "2025-03-12T06:00:00.160Z",
    "received": "2025-03-12T06:00:00.560Z",
    "sensor": "adsb-1",
    "position": {"lon": 13.1, "lat": 32.1, "alt_m": None},
}


def read(line: bytes | dict[str, Any]) -> dict[str, Any]:
    data = json.dumps(line).encode() if isinstance(line, dict) else line
    return DetectionReader(frozenset({"adsb-1", "radar-1"})).read(data, "d.jsonl:7")


def test_a_position_is_read() -> None:
    row = read(
        LINE
        | {
            "covariance": [[225, 3], [3, 226]],
            "velocity": {"east_mps": 1, "north_mps": 2, "up_mps": None},
            "claims": {"icao_address": "0A1B2C", "callsign": " lby204 ", "authenticated": True},
            "classification": {"male_uav": 0.9},
            "id": 5,
        }
    )
    assert (row["time"], row["received"], row["sensor"]) == (1_741_759_200.16, 1_741_759_200.56, "adsb-1")
    assert (row["lon"], row["lat"], row["height_m"]) == (13.1, 32.1, None)
    assert (row["range_m"], row["azimuth_deg"]) == (None, None)
    assert row["covariance"] == (225, 3, 226)
    assert row["velocity"] == (1, 2, None)
    assert {claim.value for claim in row["claims"].identifiers} == {"0a1b2c", "LBY204"}
    assert row["claims"].authenticated
    assert row["claims"].classification == {"male_uav": 0.9}


def test_of_a_polar_plot_the_polar_values_count_and_its_height() -> None:
    row = read(LINE | {"sensor": "radar-1", "range_m": 5000, "azimuth_deg": 359.5, "position": LINE["position"]})
    assert (row["range_m"], row["azimuth_deg"], row["lon"], row["lat"]) == (5000, 359.5, None, None)
    high = read(LINE | {"range_m": 5000, "azimuth_deg": 0, "position": {"lon": 13, "lat": 32, "alt_m": 812}})
    assert high["height_m"] == 812


def test_an_elevation_counts_where_there_are_a_range_and_an_azimuth() -> None:
    polar = LINE | {"position": None, "range_m": 5000, "azimuth_deg": 0}
    assert read(polar)["elevation_deg"] is None
    assert read(polar | {"elevation_deg": -0.5})["elevation_deg"] == -0.5
    assert read(LINE | {"elevation_deg": 3.0})["elevation_deg"] is None


@pytest.mark.parametrize("kind", list(IdentifierKind))
def test_every_kind_of_identifier_can_be_claimed(kind: IdentifierKind) -> None:
    text = {IdentifierKind.ICAO_ADDRESS: "0a1b2c", IdentifierKind.DRIP_ENTITY_TAG: "2001:30:280:1405::5"}.get(
        kind, "X1"
    )
    assert read(LINE | {"claims": {kind.value: text}})["claims"].identifiers == (Identifier(kind, text),)


def test_a_detection_without_claims_claims_nothing() -> None:
    assert read(LINE)["claims"] is None
    assert not read(LINE | {"claims": {}})["claims"].authenticated


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"position": {"lon": 13, "lat": 91}}, "bad-latitude"),
        ({"position": {"lon": -181, "lat": 32}}, "bad-longitude"),
        ({"position": None}, "no-position"),
        ({"position": None, "range_m": 10}, "no-position"),
        ({"position": None, "range_m": 0, "azimuth_deg": 0}, "bad-field"),
        ({"position": None, "range_m": -5, "azimuth_deg": 0}, "bad-field"),
        ({"position": None, "range_m": 5, "azimuth_deg": 1e300}, "bad-field"),
        ({"position": None, "range_m": 5, "azimuth_deg": 0, "elevation_deg": 90.5}, "bad-field"),
        ({"position": {"lon": "13", "lat": 32}}, "bad-field"),
        ({"time": "06:00"}, "bad-time"),
        ({"time": "2025-03-12T06:00:00"}, "bad-time"),
        ({"time": 1_741_759_200}, "bad-field"),
        ({"received": "2025-03-12T06:00:00.100Z"}, "bad-delay"),
        ({"received": "2025-03-12T08:00:00Z"}, "bad-delay"),
        ({"sensor": "radar-9"}, "unknown-sensor"),
        ({"claims": {"icao_address": "xyz"}}, "bad-identifier"),
        ({"claims": {"callsign": "  "}}, "bad-identifier"),
        ({"covariance": [[1, 2]]}, "bad-field"),
        ({"velocity": {"east_mps": 1}}, "bad-field"),
    ],
)
def test_each_bad_detection_has_its_reason_and_its_line(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError) as caught:
        read(LINE | changes)
    assert caught.value.reason == reason
    assert caught.value.where.startswith("d.jsonl:7")
    assert caught.value.remedy


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b'{"time": "2025-03-12T06:00:0',
        b"\x00\x01\x02",
        b'{"time": "\xff"}',
        b'{"x": ' + b"[" * 100_000,
        json.dumps(LINE).replace("13.1", "NaN").encode(),
        json.dumps(LINE).replace("13.1", "-Infinity").encode(),
        json.dumps(LINE).encode() * 2,
    ],
)
def test_garbled_lines_are_told_as_such(line: bytes) -> None:
    with pytest.raises(WireError) as caught:
        read(line)
    assert caught.value.reason == "bad-json"
    assert caught.value.where == "d.jsonl:7"
    assert caught.value.remedy


@given(st.binary(max_size=200) | st.text(max_size=80).map(str.encode))
def test_no_line_whatever_raises_anything_else(line: bytes) -> None:
    with pytest.raises((WireError, ModelError)):
        read(line)


@given(st.data())
def test_a_line_with_some_bytes_damaged_is_read_or_refused(data: st.DataObject) -> None:
    line = bytearray(json.dumps(LINE | {"claims": {"callsign": "LBY204"}}).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.integers(0, 255))
    where = "d.jsonl:7"
    try:
        row = read(bytes(line))
    except InputError as error:
        where = error.where
    else:
        assert -180 <= row["lon"] <= 180
        assert -90 <= row["lat"] <= 90
        assert row["received"] >= row["time"]
    assert where.startswith("d.jsonl:7")


TRACK = BoardTrack(
    id="t7",
    status=BoardStatus.CONFIRMED,
    time=1_741_759_800.0,
    lon=13.3123456789,
    lat=32.5876543219,
    height_m=None,
    pressure_altitude_m=None,
    velocity=(41.0449, -12.5, None),
    covariance=(1.0, 0.0, 1.0),
    first_time=0.0,
    last_contact=LastContact(time=0.0, lon=13.3, lat=32.5, height_m=None),
    identifiers=(),
    standing=Standing.UNKNOWN,
    flight=None,
    probability=1.0,
    shadowed=False,
    conflicts=(),
    silent=(),
)


@given(st.lists(st.floats(1e-9, 1.0), max_size=30), st.floats(1e-9, 1.0), st.booleans())
def test_the_probabilities_of_an_answer_sum_to_one(weights: list[float], none: float, shadowed: bool) -> None:
    total = sum(weights) + none
    said = Identification(
        track="t7",
        time=1_741_759_800.0,
        candidates=tuple(Candidate(flight=f"f{n}", probability=w / total, evidence=()) for n, w in enumerate(weights)),
        unknown=none / total,
        standing=Standing.UNKNOWN,
        flight=None,
        shadowed=shadowed,
    )
    line = json.loads(answer_line(TRACK, said))
    assert abs(sum(line["candidates"].values()) + line["unknown"] - 1.0) < 1e-3
    assert min(line["candidates"].values(), default=0.0) >= 0.0
    assert line["unknown"] >= 0.0
    assert line["flags"] == (["shadowed"] if shadowed else [])
    for name, probability in line["candidates"].items():
        assert probability == pytest.approx(weights[int(name[1:])] / total, abs=1e-6)


def test_an_answer_is_one_line_of_the_benchmark_s_format() -> None:
    said = Identification(
        track="t7", time=1_741_759_800.0, candidates=(), unknown=1.0, standing=Standing.UNKNOWN, flight=None
    )
    text = answer_line(replace(TRACK, height_m=1820.06), said)
    assert text.endswith(b"\n")
    assert text.count(b"\n") == 1
    assert json.loads(text) == {
        "time": "2025-03-12T06:10:00.000Z",
        "track": "t7",
        "lon": 13.312346,
        "lat": 32.587654,
        "alt_m": 1820.1,
        "velocity": {"east_mps": 41.04, "north_mps": -12.5},
        "candidates": {},
        "unknown": 1.0,
        "flags": [],
    }
    assert json.loads(answer_line(TRACK, said))["alt_m"] is None


def test_a_conflict_is_one_event() -> None:
    conflict = IdentifierConflict(
        identifier=Identifier(IdentifierKind.ICAO_ADDRESS, "c18655"),
        kind=ConflictKind.AT_ONCE,
        tracks=("t7", "t31"),
        first_time=0.0,
        last_time=1.0,
        places=((13.0, 32.0), (14.0, 32.0)),
        distance_m=1e5,
        gap_s=0.0,
    )
    assert msgspec.json.decode(conflict_line(conflict, 1_741_759_800.0)) == {
        "time": "2025-03-12T06:10:00.000Z",
        "kind": "identifier_conflict",
        "identifier": "c18655",
        "tracks": ["t7", "t31"],
    }


def test_a_turned_sensor_is_one_event() -> None:
    assert msgspec.json.decode(registration_line("radar-2", 0.430049, 1_741_759_680.0)) == {
        "time": "2025-03-12T06:08:00.000Z",
        "kind": "sensor_registration",
        "sensor": "radar-2",
        "azimuth_bias_deg": 0.43,
    }
