"""Round trips, and that no bytes whatever bring a decoder to raise anything but WireError."""

import contextlib
import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from safeconduct.codecs.capture import LINK_IEEE802_11, LINK_RADIOTAP, packets
from safeconduct.codecs.remote_id import (
    EPOCH_2019,
    decode_message,
    decode_pack,
    decode_payload,
    encode_message,
    encode_pack,
)
from safeconduct.codecs.remote_id_assembly import RemoteIdAssembly
from safeconduct.codecs.remote_id_messages import (
    AuthenticationPage,
    BasicId,
    HeightReference,
    Location,
    Message,
    MessagePack,
    OperatorId,
    OperatorPosition,
    SelfId,
    System,
)
from safeconduct.codecs.wifi_remote_id import NAN_SERVICE_ID, remote_id_of
from safeconduct.errors import WireError

nibble = st.integers(0, 15)
byte = st.integers(0, 255)
version = st.integers(0, 2)
altitude = st.none() | st.integers(1, 0xFFFF).map(lambda raw: raw * 0.5 - 1000.0)
seconds_2019 = st.none() | st.integers(1, 0xFFFF_FFFF).map(lambda raw: EPOCH_2019 + raw)
place = st.tuples(st.integers(-900_000_000, 900_000_000), st.integers(-1_800_000_000, 1_800_000_000)).map(
    lambda raw: (raw[0] / 1e7, raw[1] / 1e7) if any(raw) else (None, None)
)


def unpadded(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(max_size=size).map(lambda data: data.rstrip(b"\0"))


ascii_ids = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20).map(str.encode)
basic_ids = st.builds(
    BasicId, id_type=st.sampled_from((1, 2)), ua_type=nibble, uas_id=ascii_ids, version=version
) | st.builds(
    BasicId,
    id_type=nibble.filter(lambda kind: kind not in (1, 2)),
    ua_type=nibble,
    uas_id=unpadded(20),
    version=version,
)


@st.composite
def locations(draw: st.DrawFn) -> Location:
    lat, lon = draw(place)
    slow = st.integers(0, 255).map(lambda raw: raw * 0.25)
    fast = st.integers(1, 254).map(lambda raw: raw * 0.75 + 63.75)
    return Location(
        status=draw(nibble),
        direction_deg=draw(st.none() | st.integers(0, 359).map(float)),
        speed_mps=draw(st.none() | slow | fast),
        vertical_speed_mps=draw(st.none() | st.integers(-124, 124).map(lambda raw: raw * 0.5)),
        lat=lat,
        lon=lon,
        pressure_altitude_m=draw(altitude),
        geodetic_altitude_m=draw(altitude),
        height_m=draw(altitude),
        height_reference=draw(st.sampled_from(HeightReference)),
        horizontal_accuracy=draw(nibble),
        vertical_accuracy=draw(nibble),
        pressure_accuracy=draw(nibble),
        speed_accuracy=draw(nibble),
        hour_s=draw(st.none() | st.integers(0, 0xFFFE).map(lambda raw: raw / 10)),
        time_accuracy_s=draw(st.none() | st.integers(1, 15).map(lambda raw: raw / 10)),
        version=draw(version),
    )


@st.composite
def authentication_pages(draw: st.DrawFn) -> AuthenticationPage:
    auth_type, page, number = draw(nibble), draw(nibble), draw(version)
    if page:
        data = draw(st.binary(min_size=23, max_size=23))
        return AuthenticationPage(auth_type=auth_type, page=page, data=data, version=number)
    last_page = draw(nibble)
    return AuthenticationPage(
        auth_type=auth_type,
        page=0,
        data=draw(st.binary(min_size=17, max_size=17)),
        last_page=last_page,
        length=draw(st.integers(0, min(255, 17 + 23 * last_page))),
        time=draw(seconds_2019),
        version=number,
    )


@st.composite
def systems(draw: st.DrawFn) -> System:
    lat, lon = draw(place)
    return System(
        classification=draw(st.integers(0, 7)),
        category=draw(nibble),
        category_class=draw(nibble),
        area_count=draw(st.integers(0, 0xFFFF)),
        area_radius_m=draw(byte) * 10,
        area_ceiling_m=draw(altitude),
        area_floor_m=draw(altitude),
        time=draw(seconds_2019),
        operator=OperatorPosition(source=draw(st.integers(0, 3)), lat=lat, lon=lon, geodetic_altitude_m=draw(altitude)),
        version=draw(version),
    )


messages: st.SearchStrategy[Message] = st.one_of(
    basic_ids,
    locations(),
    authentication_pages(),
    st.builds(SelfId, description_type=byte, description=unpadded(23), version=version),
    systems(),
    st.builds(OperatorId, id_type=byte, operator_id=unpadded(20), version=version),
)
packs = st.builds(MessagePack, messages=st.lists(messages, min_size=1, max_size=9).map(tuple), version=version)


@given(messages)
def test_every_message_survives_the_wire(message: Message) -> None:
    data = encode_message(message)
    assert len(data) == 25
    assert decode_message(data) == message


@given(packs)
def test_every_pack_survives_the_wire(pack: MessagePack) -> None:
    assert decode_pack(encode_pack(pack)) == pack


@given(st.integers(0, 5), version, st.binary(min_size=24, max_size=24))
def test_what_is_decoded_says_the_same_when_sent_again(kind: int, number: int, rest: bytes) -> None:
    """Reserved bits and several codings of one value are lost; what was understood is not."""
    with contextlib.suppress(WireError):
        message = decode_message(bytes((kind << 4 | number,)) + rest)
        assert decode_message(encode_message(message)) == message


@given(st.binary(max_size=60) | st.binary(max_size=240).map(lambda rest: b"\xf2\x19" + rest))
def test_no_payload_raises_anything_but_wire_errors(payload: bytes) -> None:
    met, errors = decode_payload(payload)
    assert all(isinstance(error, WireError) for error in errors)
    for decode in (decode_message, decode_pack):
        with contextlib.suppress(WireError):
            decode(payload)
    RemoteIdAssembly().hear("021122334455", 1.7e9, met)


@given(packs, st.data())
def test_a_cut_pack_yields_exactly_its_whole_messages(pack: MessagePack, data: st.DataObject) -> None:
    whole = encode_pack(pack)
    cut = data.draw(st.integers(3, len(whole)))
    met, errors = decode_payload(whole[:cut])
    assert tuple(met) == pack.messages[: (cut - 3) // 25]
    assert len(met) + len(errors) == len(pack.messages)
    assert {error.reason for error in errors} <= {"truncated"}


SEEDS = st.sampled_from(
    (
        b"\x80\x00" + bytes(34) + b"\xdd\x22\xfa\x0b\xbc\x0d\x07\xf2\x19\x01" + bytes(25),
        b"\xd0\x00"
        + bytes(22)
        + b"\x04\x09\x50\x6f\x9a\x13\x03\x20\x00"
        + NAN_SERVICE_ID
        + b"\x01\x00\x5c"
        + bytes(40),
    )
)
radiotap = st.builds(
    lambda length, present, rest: struct.pack("<BBHI", 0, 0, length, present) + rest,
    st.integers(0, 40),
    st.integers(0, 0xFFFF_FFFF),
    st.binary(max_size=24),
)


@st.composite
def damaged(draw: st.DrawFn, seeds: st.SearchStrategy[bytes]) -> bytes:
    data = bytearray(draw(seeds))
    for _ in range(draw(st.integers(0, 4))):
        data[draw(st.integers(0, len(data) - 1))] = draw(byte)
    return bytes(data[: draw(st.integers(0, len(data)))])


@given(st.sampled_from((LINK_RADIOTAP, LINK_IEEE802_11)), radiotap | st.just(b""), damaged(SEEDS) | st.binary())
def test_no_frame_raises_anything_but_wire_errors(link_type: int, head: bytes, frame: bytes) -> None:
    with contextlib.suppress(WireError):
        remote_id_of(link_type, head + frame)


def block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


PCAPNG = (
    block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    + block(1, struct.pack("<HHI", 127, 0, 0) + struct.pack("<HHB3x", 9, 1, 9) + struct.pack("<HHq", 14, 8, 5))
    + block(6, struct.pack("<IIIII", 0, 1, 2, 5, 5) + b"hello")
    + block(3, struct.pack("<I", 3) + b"abc")
)
PCAP = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 127) + 2 * (struct.pack("<IIII", 1, 2, 5, 5) + b"hello")
captures = st.sampled_from((PCAP, PCAPNG, PCAPNG + PCAPNG))


@given(damaged(captures) | st.binary(max_size=64))
@settings(max_examples=300)
def test_no_capture_raises_anything_but_wire_errors(data: bytes) -> None:
    with contextlib.suppress(WireError):
        list(packets([data]))


@given(captures, st.integers(1, 40))
def test_chunks_of_any_size_give_the_same_packets(data: bytes, size: int) -> None:
    assert list(packets(data[i : i + size] for i in range(0, len(data), size))) == list(packets([data]))
