import math
from typing import Any

import pytest

from safeconduct.codecs import opensky
from safeconduct.codecs.opensky import Repeats, StateVector
from safeconduct.errors import InputError, WireError
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.units import FOOT_M, FOOT_PER_MINUTE_MPS, KNOT_MPS

RECORD: dict[str, Any] = {
    "timestamp": 1_533_101_250_000,
    "icao24": "3003AE",
    "callsign": "DLH8JW",
    "latitude": 45.8,
    "longitude": 9.2,
    "altitude": 34_975.0,
    "groundspeed": 440.0,
    "track": 90.0,
    "vertical_rate": 960.0,
}
NAMES = (Identifier(IdentifierKind.ICAO_ADDRESS, "3003ae"), Identifier(IdentifierKind.CALLSIGN, "DLH8JW"))


def one(document: Any) -> StateVector:
    (state,) = opensky.states(document)
    assert isinstance(state, StateVector), state
    return state


def test_records_in_the_units_of_traffic() -> None:
    state = one([RECORD])
    assert (state.time, state.received, state.identifiers) == (1_533_101_250.0, 1_533_101_250.0, NAMES)
    assert (state.lon, state.lat, state.height_m) == (9.2, 45.8, None)
    assert state.pressure_altitude_m == pytest.approx(34_975 * FOOT_M)
    assert state.velocity == pytest.approx((440 * KNOT_MPS, 0.0, 960 * FOOT_PER_MINUTE_MPS))


def test_rest_arrays_are_in_si() -> None:
    row = ["3003ae", "DLH8JW  ", "Germany", 998, 999, 9.2, 45.8, 10_660.0, False, 226.0, 180.0, -5.0, None, 10_700.0]
    state = one({"time": 1000, "states": [row]})
    assert (state.time, state.received, state.identifiers) == (998.0, 1000.0, NAMES)
    assert (state.pressure_altitude_m, state.height_m) == (10_660.0, 10_700.0)
    assert state.velocity == pytest.approx((0.0, -226.0, -5.0))


@pytest.mark.parametrize(
    "fields",
    [
        {"altitude": 10_000, "speed": 200, "vert_rate": 640},
        {"alt_baro": 10_000, "gs": 200, "baro_rate": 640},
    ],
)
def test_both_dialects_of_aircraft_json(fields: dict[str, Any]) -> None:
    row = {"hex": "3003ae", "flight": "DLH8JW  ", "lat": 45.8, "lon": 9.2, "track": 0, "seen_pos": 1.5, **fields}
    state = one({"now": 1000.0, "aircraft": [row]})
    assert (state.time, state.received, state.identifiers) == (998.5, 1000.0, NAMES)
    assert state.pressure_altitude_m == pytest.approx(10_000 * FOOT_M)
    assert state.velocity == pytest.approx((0.0, 200 * KNOT_MPS, 640 * FOOT_PER_MINUTE_MPS))


def test_an_aircraft_on_the_ground_has_no_altitude_and_a_made_up_address_is_no_icao_address() -> None:
    state = one({"now": 1000.0, "aircraft": [{"hex": "~3003ae", "lat": 1.0, "lon": 2.0, "alt_baro": "ground"}]})
    assert (state.pressure_altitude_m, state.identifiers) == (None, ())


def test_what_pandas_writes_for_an_absence_is_an_absence() -> None:
    state = one(
        opensky.load(b'[{"timestamp":0,"icao24":"3003ae","latitude":1,"longitude":2,"altitude":NaN,"track":null}]')
    )
    assert (state.pressure_altitude_m, state.velocity) == (None, (None, None, None))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"latitude": 91.0}, "bad-latitude"),
        ({"longitude": -180.5}, "bad-longitude"),
        ({"latitude": math.nan}, "not-finite"),
        ({"longitude": None}, "no-position"),
        ({"timestamp": -1}, "bad-time"),
        ({"timestamp": math.nan}, "bad-time"),
        ({"timestamp": 1e18}, "bad-time"),
        ({"timestamp": None}, "bad-record"),
        ({"timestamp": "yesterday"}, "bad-record"),
        ({"latitude": "45"}, "bad-record"),
        ({"altitude": [1]}, "bad-record"),
        ({"icao24": "xyz"}, "bad-identifier"),
        ({"icao24": 7}, "bad-record"),
        ({"callsign": {}}, "bad-record"),
    ],
)
def test_a_bad_record_says_why_and_costs_only_itself(changed: dict[str, Any], reason: str) -> None:
    before, bad, after = opensky.states([RECORD, RECORD | changed, RECORD])
    assert isinstance(before, StateVector)
    assert isinstance(after, StateVector)
    assert isinstance(bad, InputError)
    assert (bad.reason, bad.where.split(":")[0]) == (reason, "record 1")


@pytest.mark.parametrize("row", [None, 7, "text", [], {}])
def test_a_record_of_any_other_shape_is_bad(row: Any) -> None:
    (state,) = opensky.states([row])
    assert isinstance(state, InputError)
    (state,) = opensky.states({"time": 0, "states": [row]})
    assert isinstance(state, InputError)


@pytest.mark.parametrize("document", [{}, {"features": []}, 7, "text", None])
def test_other_json_is_an_unknown_shape(document: Any) -> None:
    with pytest.raises(WireError) as caught:
        list(opensky.states(document))
    assert caught.value.reason == "unknown-shape"


def test_no_json_is_bad_json() -> None:
    with pytest.raises(WireError) as caught:
        opensky.load(b'[{"a":')
    assert caught.value.reason == "bad-json"


def test_a_position_that_does_not_move_with_its_aircraft_is_a_repeat() -> None:
    def add(**changed: Any) -> bool:
        return repeats.add(one([RECORD | changed])) is not None

    repeats = Repeats()
    assert add() is False
    assert add() is True
    assert add(groundspeed=None) is True
    assert add(groundspeed=0.0) is False
    assert add(latitude=45.9) is False
    assert add(icao24="3003af", latitude=45.9) is False
    assert add() is False
