"""Framing variants that the oracle's frames (tests/golden) do not show."""

import hashlib
import struct
from contextlib import nullcontext
from zlib import crc32

import pytest

from safeconduct.codecs.capture import LINK_IEEE802_11, LINK_RADIOTAP
from safeconduct.codecs.wifi_remote_id import NAN_SERVICE_ID, WifiRemoteId, remote_id_of
from safeconduct.errors import WireError

PACK = b"\xf2\x19\x01" + bytes(25)
SENDER = bytes.fromhex("021122334455")
EXPECTED = WifiRemoteId("021122334455", 9, PACK)


def management(kind: int, body: bytes, flags: int = 0) -> bytes:
    header = bytes((kind, flags, 0, 0)) + b"\xff" * 6 + SENDER + SENDER + b"\0\0"
    return header + (bytes(4) if flags & 0x80 else b"") + body


def element(kind: int, body: bytes) -> bytes:
    return bytes((kind, len(body))) + body


VENDOR = element(221, b"\xfa\x0b\xbc\x0d\x09" + PACK)


def beacon(*elements: bytes, flags: int = 0) -> bytes:
    return management(0x80, bytes(12) + b"".join(elements), flags)


def discovery(control: int, options: bytes, info: bytes = b"\x09" + PACK, service: bytes = NAN_SERVICE_ID) -> bytes:
    body = service + bytes((1, 0, control)) + options + bytes((len(info),)) + info
    cluster = b"\x01" + struct.pack("<H", 13) + bytes(13)
    return management(0xD0, b"\x04\x09\x50\x6f\x9a\x13" + cluster + b"\x03" + struct.pack("<H", len(body)) + body)


def test_the_service_id_is_that_of_the_standard() -> None:
    """F3411-22a 5.4.8 prints it: 88-69-19-9D-92-09."""
    assert bytes.fromhex("8869199d9209") == NAN_SERVICE_ID == hashlib.sha256(b"org.opendroneid.remoteid").digest()[:6]


@pytest.mark.parametrize("flags", [0x00, 0x80])
def test_beacon_among_other_elements_with_and_without_ht_control(flags: int) -> None:
    others = element(0, b"ssid"), element(221, b"\x90\x03\xb7\x09\x19" + bytes(20))
    assert remote_id_of(LINK_IEEE802_11, beacon(*others, VENDOR, flags=flags)) == EXPECTED


@pytest.mark.parametrize(
    ("control", "options"),
    [(0x10, b""), (0x50, b"\xaa\xbb"), (0x14, b"\x03abc"), (0x18, b"\x02xy"), (0x5C, b"\xaa\xbb\x03abc\x02xy")],
)
def test_discovery_with_every_optional_field(control: int, options: bytes) -> None:
    assert remote_id_of(LINK_IEEE802_11, discovery(control, options)) == EXPECTED


@pytest.mark.parametrize(
    ("present", "fields", "fcs"),
    [
        ((0x00000000,), b"", False),
        ((0x00000002,), b"\x10", True),
        ((0x00000003,), bytes(8) + b"\x10", True),
        ((0x80000002, 0x00000001), b"\x10", True),
        ((0x80000003, 0x00000001), bytes(4) + bytes(8) + b"\x10", True),
        ((0x00000004,), b"\x10", False),
    ],
)
def test_radiotap_lengths_alignment_and_check_sequence(present: tuple[int, ...], fields: bytes, fcs: bool) -> None:
    words = b"".join(struct.pack("<I", word) for word in present)
    header = struct.pack("<BBH", 0, 0, 4 + len(words) + len(fields)) + words + fields
    frame = beacon(VENDOR)
    assert remote_id_of(LINK_RADIOTAP, header + frame + struct.pack("<I", crc32(frame))) == EXPECTED
    damaged = header + frame + struct.pack("<I", crc32(frame) ^ 1)
    with pytest.raises(WireError) if fcs else nullcontext():
        assert remote_id_of(LINK_RADIOTAP, damaged) == EXPECTED


def radiotap(frame: bytes, flags: int) -> bytes:
    return struct.pack("<BBHIB", 0, 0, 9, 2, flags) + frame


@pytest.mark.parametrize(("flags", "check"), [(0x10, 1), (0x50, 0)])
def test_a_frame_that_fails_its_check_sequence_is_rejected(flags: int, check: int) -> None:
    frame = beacon(VENDOR)
    with pytest.raises(WireError) as caught:
        remote_id_of(LINK_RADIOTAP, radiotap(frame + struct.pack("<I", crc32(frame) ^ check), flags))
    assert caught.value.reason == "bad-checksum"


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        beacon(element(0, b"ssid")),
        beacon(VENDOR, flags=0x40),
        management(0x40, bytes(12) + VENDOR),
        beacon(element(0, b"\xfa\x0b\xbc\x0d")),
        discovery(0x10, b"", service=b"\x88\x69\x19\x9d\x92\x00"),
        discovery(0x00, b""),
        management(0xD0, b"\x04\x0a\x50\x6f\x9a\x13" + NAN_SERVICE_ID),
        VENDOR,
    ],
)
def test_other_frames_are_none(frame: bytes) -> None:
    assert remote_id_of(LINK_IEEE802_11, frame) is None


@pytest.mark.parametrize(
    "frame",
    [
        beacon(VENDOR)[:-1],
        beacon(element(221, b"\xfa\x0b\xbc\x0d\x09")),
        discovery(0x10, b"")[:-1],
        discovery(0x10, b"", info=b"\x09"),
        discovery(0x14, b"\xff"),
    ],
)
def test_remote_id_cut_short_is_truncated(frame: bytes) -> None:
    with pytest.raises(WireError) as caught:
        remote_id_of(LINK_IEEE802_11, frame)
    assert caught.value.reason == "truncated"


@pytest.mark.parametrize(
    ("link_type", "packet", "reason"),
    [
        (1, beacon(VENDOR), "bad-link-type"),
        (LINK_RADIOTAP, b"\xfa\x0b\xbc\x0d", "truncated"),
        (LINK_RADIOTAP, b"\x01" + radiotap(beacon(VENDOR), 0)[1:], "bad-radiotap"),
        (LINK_RADIOTAP, struct.pack("<BBHI", 0, 0, 999, 0) + beacon(VENDOR), "bad-radiotap"),
        (LINK_RADIOTAP, struct.pack("<BBHI", 0, 0, 7, 0) + beacon(VENDOR), "bad-radiotap"),
    ],
)
def test_packets_that_cannot_be_opened_name_their_reason(link_type: int, packet: bytes, reason: str) -> None:
    with pytest.raises(WireError) as caught:
        remote_id_of(link_type, packet)
    assert caught.value.reason == reason
