"""Our decoder and encoder against what another implementation said of the same bytes (`regenerate_remote_id.py`)."""

import json
from pathlib import Path
from typing import Any

import pytest

from safeconduct.codecs.capture import LINK_IEEE802_11
from safeconduct.codecs.remote_id import EPOCH_2019, decode_message, encode_message
from safeconduct.codecs.remote_id_messages import (
    HORIZONTAL_ACCURACY_M,
    SPEED_ACCURACY_MPS,
    VERTICAL_ACCURACY_M,
    AuthenticationPage,
    BasicId,
    Location,
    Message,
    OperatorId,
    SelfId,
    System,
)
from safeconduct.codecs.wifi_remote_id import WifiRemoteId, remote_id_of

GOLDEN = json.loads(Path(__file__).with_name("remote_id.json").read_text())
FOUR_NAUTICAL_MILES = 2
"""The code whose metres are not compared: the oracle gives 7808 m, its own comment 7.408 km, which 4 * 1852 m is."""
TYPES = (BasicId, Location, AuthenticationPage, SelfId, System, OperatorId)


def or_none(value: float, sentinel: float) -> float | None:
    return None if value == sentinel else value


def place(lat: float, lon: float) -> tuple[Any, Any]:
    absent = lat == 0 and lon == 0
    return (None, None) if absent else (pytest.approx(lat, abs=1e-9), pytest.approx(lon, abs=1e-9))


def said_of(message: Message, oracle: dict[str, Any]) -> list[tuple[Any, Any]]:
    """(ours, theirs) field by field, sentinels taken for absences."""
    o = oracle
    match message:
        case BasicId():
            uas_id = bytes.fromhex(o["UASID"]).rstrip(b"\0")
            return [(message.id_type, o["IDType"]), (message.ua_type, o["UAType"]), (message.uas_id, uas_id)]
        case Location():
            return location_pairs(message, o)
        case AuthenticationPage():
            first = message.page == 0
            return [
                (message.auth_type, o["AuthType"]),
                (message.page, o["DataPage"]),
                (message.data.hex(), o["AuthData"]),
                (message.last_page, o["LastPageIndex"] if first else None),
                (message.length, o["Length"] if first else None),
                (message.time, EPOCH_2019 + o["Timestamp"] if first else None),
            ]
        case SelfId():
            description = bytes.fromhex(o["Desc"]).rstrip(b"\0")
            return [(message.description_type, o["DescType"]), (message.description, description)]
        case System():
            return system_pairs(message, o)
        case OperatorId():
            operator_id = bytes.fromhex(o["OperatorId"]).rstrip(b"\0")
            return [(message.id_type, o["OperatorIdType"]), (message.operator_id, operator_id)]


def location_pairs(message: Location, o: dict[str, Any]) -> list[tuple[Any, Any]]:
    code = message.horizontal_accuracy
    accuracies = [
        (HORIZONTAL_ACCURACY_M[code], o["HorizAccuracyMetres"], 0 if code == FOUR_NAUTICAL_MILES else code),
        (VERTICAL_ACCURACY_M[message.vertical_accuracy], o["VertAccuracyMetres"], message.vertical_accuracy),
        (VERTICAL_ACCURACY_M[message.pressure_accuracy], o["BaroAccuracyMetres"], message.pressure_accuracy),
        (SPEED_ACCURACY_MPS[message.speed_accuracy], o["SpeedAccuracyMetresPerSecond"], message.speed_accuracy),
    ]
    return [
        (message.status, o["Status"]),
        (message.direction_deg, or_none(o["Direction"], 361)),
        (message.speed_mps, or_none(o["SpeedHorizontal"], 255)),
        (message.vertical_speed_mps, or_none(o["SpeedVertical"], 63)),
        ((message.lat, message.lon), place(o["Latitude"], o["Longitude"])),
        (message.pressure_altitude_m, or_none(o["AltitudeBaro"], -1000)),
        (message.geodetic_altitude_m, or_none(o["AltitudeGeo"], -1000)),
        (message.height_reference, o["HeightType"]),
        (message.height_m, or_none(o["Height"], -1000)),
        (message.horizontal_accuracy, o["HorizAccuracy"]),
        (message.vertical_accuracy, o["VertAccuracy"]),
        (message.pressure_accuracy, o["BaroAccuracy"]),
        (message.speed_accuracy, o["SpeedAccuracy"]),
        (message.hour_s, or_none(o["TimeStamp"], 65535)),
        (message.time_accuracy_s, or_none(o["TSAccuracySeconds"], 0)),
        *((ours, pytest.approx(theirs)) for ours, theirs, known in accuracies if known),
    ]


def system_pairs(message: System, o: dict[str, Any]) -> list[tuple[Any, Any]]:
    operator = message.operator
    return [
        (operator.source, o["OperatorLocationType"]),
        ((operator.lat, operator.lon), place(o["OperatorLatitude"], o["OperatorLongitude"])),
        (operator.geodetic_altitude_m, or_none(o["OperatorAltitudeGeo"], -1000)),
        (message.classification, o["ClassificationType"]),
        (message.category, o["CategoryEU"]),
        (message.category_class, o["ClassEU"]),
        (message.area_count, o["AreaCount"]),
        (message.area_radius_m, o["AreaRadius"]),
        (message.area_ceiling_m, or_none(o["AreaCeiling"], -1000)),
        (message.area_floor_m, or_none(o["AreaFloor"], -1000)),
        (message.time, EPOCH_2019 + o["Timestamp"] if o["Timestamp"] else None),
    ]


def test_the_golden_file_covers_every_message_type_and_both_framings() -> None:
    kinds = [int(case["hex"][0], 16) for case in GOLDEN["messages"] if "fail" not in case["oracle"]]
    assert all(kinds.count(kind) >= 8 for kind in range(6))
    assert {case["kind"] for case in GOLDEN["frames"]} == {"beacon", "nan"}


@pytest.mark.parametrize("case", GOLDEN["messages"], ids=lambda case: case["hex"])
def test_decoded_fields_are_those_of_the_oracle(case: dict[str, Any]) -> None:
    message = decode_message(bytes.fromhex(case["hex"]))
    assert type(message) is TYPES[int(case["hex"][0], 16)]
    for ours, theirs in said_of(message, case["oracle"]):
        assert ours == theirs


@pytest.mark.parametrize("case", GOLDEN["messages"], ids=lambda case: case["hex"])
def test_encoded_bytes_are_those_of_the_oracle(case: dict[str, Any]) -> None:
    """Its encoder always writes protocol version 2, so byte 0 is compared by its type alone."""
    assert case["oracle"]["again"]
    ours = encode_message(decode_message(bytes.fromhex(case["hex"])))
    assert ours.hex()[2:] == case["oracle"]["again"][2:]
    assert ours.hex()[0] == case["oracle"]["again"][0]


@pytest.mark.parametrize("case", GOLDEN["frames"], ids=lambda case: f"{case['kind']}-{case['counter']}")
def test_frames_of_the_oracle_are_taken_apart(case: dict[str, Any]) -> None:
    found = remote_id_of(LINK_IEEE802_11, bytes.fromhex(case["frame"]))
    assert found == WifiRemoteId("021122334455", case["counter"], bytes.fromhex(case["pack"]))
