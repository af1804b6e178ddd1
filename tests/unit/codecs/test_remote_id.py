"""Named by the requirement of F3411-22a that they check; the fields at large are checked in tests/golden."""

import pytest

from safeconduct.codecs.remote_id import decode_message, decode_pack, decode_payload, encode_message, encode_pack
from safeconduct.codecs.remote_id_messages import (
    AuthenticationPage,
    BasicId,
    HeightReference,
    IdType,
    Location,
    Message,
    MessagePack,
    OperatorId,
    OperatorPosition,
    SelfId,
    Status,
    System,
    UaType,
)
from safeconduct.errors import ModelError, WireError

SERIAL = BasicId(id_type=IdType.SERIAL_NUMBER, ua_type=UaType.ROTORCRAFT, uas_id=b"1234F0123456789ABCDE")
HERE = Location(status=Status.AIRBORNE, lat=32.88, lon=13.27, hour_s=125.4)


def wire(message: Message, **changes: int) -> bytes:
    """The message with single bytes changed: b3=255."""
    data = bytearray(encode_message(message))
    for name, value in changes.items():
        data[int(name[1:])] = value
    return bytes(data)


def location(**changes: int) -> Location:
    message = decode_message(wire(HERE, **changes))
    assert isinstance(message, Location)
    return message


def test_every_sentinel_of_table_6_is_an_absence() -> None:
    nowhere = decode_message(b"\x12" + bytes(24))
    assert isinstance(nowhere, Location)
    assert (nowhere.lat, nowhere.lon) == (None, None)
    assert (nowhere.pressure_altitude_m, nowhere.geodetic_altitude_m, nowhere.height_m) == (None, None, None)
    assert nowhere.time_accuracy_s is None
    assert location(b1=0x23, b2=181).direction_deg is None
    assert location(b1=0x21, b3=255).speed_mps is None
    assert [location(b4=raw).vertical_speed_mps for raw in (124, 125, 126, 127, 131, 132)] == [
        62.0,
        *(4 * [None]),
        -62.0,
    ]
    assert location(b21=255, b22=255).hour_s is None


def test_absences_are_written_as_the_sentinels() -> None:
    absent = encode_message(Location())
    assert absent.hex() == "1203b5ff7e" + 8 * "00" + 6 * "00" + "0000" + "ffff" + "0000"


def test_one_coordinate_may_be_zero() -> None:
    on_equator = decode_message(encode_message(Location(lat=0.0, lon=13.27)))
    assert isinstance(on_equator, Location)
    assert (on_equator.lat, on_equator.lon) == (0.0, 13.27)


def test_speed_multiplier_flag() -> None:
    assert location(b1=0x20, b3=255).speed_mps == 63.75
    assert location(b1=0x21, b3=0).speed_mps == 63.75
    assert location(b1=0x21, b3=254).speed_mps == 254.25


def test_east_west_direction_flag() -> None:
    assert location(b1=0x20, b2=90).direction_deg == 90.0
    assert location(b1=0x22, b2=90).direction_deg == 270.0
    assert location(b1=0x22, b2=180).direction_deg == 0.0


def test_geodetic_and_pressure_altitude_and_height_are_told_apart() -> None:
    message = location(b1=0x24, b13=0xD0, b14=0x07, b15=0xD2, b16=0x07, b17=0xD4, b18=0x07)
    assert (message.pressure_altitude_m, message.geodetic_altitude_m, message.height_m) == (0.0, 1.0, 2.0)
    assert message.height_reference is HeightReference.GROUND
    assert location(b1=0x20).height_reference is HeightReference.TAKEOFF


def test_a_time_past_the_hour_is_passed_on() -> None:
    assert location(b21=0x10, b22=0x27).hour_s == 1000.0
    assert location(b21=0xFE, b22=0xFF).hour_s == 6553.4


@pytest.mark.parametrize("version", [0, 1, 2])
def test_protocol_versions_in_use_are_read(version: int) -> None:
    assert decode_message(wire(HERE, b0=0x10 | version)).version == version


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "truncated"),
        (encode_message(HERE)[:24], "truncated"),
        (wire(HERE, b0=0x13), "bad-version"),
        (wire(HERE, b0=0x62), "unknown-message"),
        (wire(HERE, b0=0xF2), "unknown-message"),
        (wire(HERE, b8=0x7F), "bad-latitude"),
        (wire(HERE, b12=0x80), "bad-longitude"),
        (wire(System(operator=OperatorPosition(lat=1.0, lon=1.0)), b5=0x7F), "bad-latitude"),
        (wire(SERIAL, b4=0x07), "bad-uas-id"),
        (wire(AuthenticationPage(auth_type=1, page=0, last_page=0, length=17, data=b""), b3=18), "bad-authentication"),
    ],
)
def test_bad_messages_name_their_reason(data: bytes, reason: str) -> None:
    with pytest.raises(WireError) as caught:
        decode_message(data)
    assert caught.value.reason == reason


def test_binary_ids_are_not_text() -> None:
    drip = BasicId(id_type=IdType.SESSION_ID, ua_type=0, uas_id=b"\x01\x20\x01\x00\x30" + bytes(range(1, 13)))
    assert decode_message(encode_message(drip)) == drip


def test_text_ends_at_the_first_nul() -> None:
    message = decode_message(wire(SERIAL, b18=0, b19=7))
    assert isinstance(message, BasicId)
    assert message.text == "1234F0123456789A"
    assert SelfId(description_type=0, description=b"survey \0junk").text == "survey"


def test_the_pilot_keeps_out_of_the_logs() -> None:
    system = System(operator=OperatorPosition(lat=47.19873, lon=8.7302))
    assert "47.19873" not in repr(system)
    assert "FIN87astrdge12k8" not in repr(OperatorId(id_type=0, operator_id=b"FIN87astrdge12k8"))


def test_pack_round_trip() -> None:
    pack = MessagePack(messages=(SERIAL, HERE, System(), OperatorId(id_type=0, operator_id=b"FIN87astrdge12k8")))
    data = encode_pack(pack)
    assert data[:3].hex() == "f21904"
    assert decode_pack(data) == pack
    assert decode_pack(data + b"trailing") == pack


def test_a_pack_cut_short_yields_its_whole_messages() -> None:
    """As the impostor's packs of the real recording are: 22 bytes of the fourth message."""
    data = encode_pack(MessagePack(messages=(SERIAL, HERE, System(), Location())))[:-3]
    messages, errors = decode_payload(data)
    assert messages == [SERIAL, HERE, System()]
    assert [(e.reason, e.where, e.what) for e in errors] == [("truncated", "message 3", "22 of 25 bytes")]
    with pytest.raises(WireError, match="22 of 25"):
        decode_pack(data)


def test_one_bad_message_of_a_pack_costs_itself_alone() -> None:
    data = b"\xf2\x19\x03" + encode_message(SERIAL) + wire(HERE, b8=0x7F) + encode_message(System())
    messages, errors = decode_payload(data)
    assert messages == [SERIAL, System()]
    assert [(e.reason, e.where) for e in errors] == [("bad-latitude", "message 1")]


def test_a_lone_message_is_a_payload_too() -> None:
    assert decode_payload(encode_message(HERE)) == ([HERE], [])


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("f2", "truncated"),
        ("f31901", "bad-version"),
        ("f21801", "bad-pack"),
        ("f21900", "bad-pack"),
        ("f2190a", "bad-pack"),
    ],
)
def test_bad_pack_headers(header: str, reason: str) -> None:
    data = bytes.fromhex(header) + (encode_message(HERE) if len(header) == 6 else b"")
    messages, errors = decode_payload(data)
    assert messages == []
    assert [e.reason for e in errors] == [reason]


@pytest.mark.parametrize(
    "message",
    [
        Location(lat=90.1, lon=0.0),
        Location(lat=1.0),
        Location(geodetic_altitude_m=31768.0),
        Location(direction_deg=-1.0),
        Location(speed_mps=-0.1),
        Location(hour_s=6553.5),
        Location(vertical_speed_mps=float("nan")),
        Location(horizontal_accuracy=16),
        Location(version=3),
        BasicId(id_type=1, ua_type=1, uas_id=b"x" * 21),
        System(area_radius_m=2560),
        System(time=0),
        AuthenticationPage(auth_type=1, page=0, last_page=0, length=18, data=b""),
    ],
)
def test_what_the_wire_cannot_say_is_not_written(message: Message) -> None:
    with pytest.raises(ModelError):
        encode_message(message)


def test_speeds_beyond_the_wire_are_held_at_its_ends() -> None:
    fast = decode_message(encode_message(Location(speed_mps=300.0, vertical_speed_mps=-80.0)))
    assert isinstance(fast, Location)
    assert (fast.speed_mps, fast.vertical_speed_mps) == (254.25, -62.0)


@pytest.mark.parametrize("count", [0, 10])
def test_a_pack_holds_one_to_nine_messages(count: int) -> None:
    with pytest.raises(ModelError):
        encode_pack(MessagePack(messages=(HERE,) * count))
