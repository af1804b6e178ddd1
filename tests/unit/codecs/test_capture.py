import struct

import pytest

from safeconduct.codecs.capture import LINK_IEEE802_11, LINK_RADIOTAP, MAX_BLOCK_BYTES, Packet, packets
from safeconduct.errors import WireError

T = 1_680_365_730


def pcap(order: str, magic: int, records: list[tuple[int, int, bytes]], link: int = LINK_RADIOTAP) -> bytes:
    head = struct.pack(f"{order}IHHIIII", magic, 2, 4, 0, 0, 65535, link)
    return head + b"".join(struct.pack(f"{order}IIII", s, t, len(d), len(d)) + d for s, t, d in records)


def block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + length + body + length


def section(order: str) -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order: str, link: int, options: bytes = b"", snap: int = 0) -> bytes:
    return block(order, 1, struct.pack(f"{order}HHI", link, 0, snap) + options)


def option(order: str, code: int, value: bytes) -> bytes:
    return struct.pack(f"{order}HH", code, len(value)) + value + bytes(-len(value) % 4)


def enhanced(order: str, number: int, ticks: int, data: bytes) -> bytes:
    head = struct.pack(f"{order}IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(order, 6, head + data + bytes(-len(data) % 4))


def read(data: bytes, chunk: int = 7) -> tuple[list[Packet], WireError | None]:
    """All packets, with the data handed over in small chunks, and the error that ended it."""
    met: list[Packet] = []
    try:
        met.extend(packets(data[i : i + chunk] for i in range(0, len(data), chunk)))
    except WireError as error:
        return _until_error(data, chunk), error
    return met, None


def _until_error(data: bytes, chunk: int) -> list[Packet]:
    met = []
    stream = packets(data[i : i + chunk] for i in range(0, len(data), chunk))
    while True:
        try:
            met.append(next(stream))
        except WireError:
            return met


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "ticks"), [(0xA1B2C3D4, 250_000), (0xA1B23C4D, 250_000_000)])
def test_pcap_in_both_byte_orders_and_resolutions(order: str, magic: int, ticks: int) -> None:
    met, error = read(pcap(order, magic, [(T, ticks, b"one"), (T + 1, 0, b"")], link=LINK_IEEE802_11 | 0x1000_0000))
    assert error is None
    assert met == [Packet(T + 0.25, LINK_IEEE802_11, b"one", 24), Packet(T + 1.0, LINK_IEEE802_11, b"", 43)]


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_reads_resolution_and_offset_of_each_interface(order: str) -> None:
    nano = option(order, 9, b"\x09") + option(order, 0, b"")
    binary = option(order, 2, b"wlan0") + option(order, 9, b"\x8a") + option(order, 14, struct.pack(f"{order}q", 100))
    data = (
        section(order)
        + interface(order, LINK_RADIOTAP)
        + interface(order, LINK_IEEE802_11, nano)
        + interface(order, 1, binary)
        + block(order, 0xBAD, b"a block of a kind not known here")
        + enhanced(order, 0, T * 1_000_000 + 500_000, b"micro")
        + enhanced(order, 1, T * 1_000_000_000 + 125_000_000, b"nano")
        + enhanced(order, 2, (T - 100) * 1024 + 256, b"binary")
    )
    met, error = read(data)
    assert error is None
    assert [(p.time, p.link_type, p.data) for p in met] == [
        (T + 0.5, LINK_RADIOTAP, b"micro"),
        (T + 0.125, LINK_IEEE802_11, b"nano"),
        (T + 0.25, 1, b"binary"),
    ]
    assert all(struct.unpack_from(f"{order}I", data, p.offset)[0] == 6 for p in met)


def test_pcapng_numbers_interfaces_anew_in_each_section_whatever_its_byte_order() -> None:
    first = section("<") + interface("<", LINK_RADIOTAP) + enhanced("<", 0, T * 1_000_000, b"a")
    second = section(">") + interface(">", LINK_IEEE802_11) + enhanced(">", 0, T * 1_000_000, b"b")
    met, error = read(first + second)
    assert error is None
    assert [(p.link_type, p.data) for p in met] == [(LINK_RADIOTAP, b"a"), (LINK_IEEE802_11, b"b")]


def test_pcapng_simple_packet_has_no_time_and_is_cut_at_the_snap_length() -> None:
    simple = block("<", 3, struct.pack("<I", 9) + b"123456")
    met, error = read(section("<") + interface("<", LINK_RADIOTAP, snap=6) + simple)
    assert error is None
    assert [(p.time, p.data) for p in met] == [(None, b"123456")]


@pytest.mark.parametrize("cut", [1, 4, 15, 16, 18])
def test_a_cut_pcap_delivers_whole_packets_then_one_truncated(cut: int) -> None:
    whole = pcap("<", 0xA1B2C3D4, [(T, 0, b"one"), (T, 1, b"two")])
    met, error = read(whole[: len(whole) - cut])
    assert [p.data for p in met] == [b"one"]
    assert error
    assert error.reason == "truncated"
    assert error.where == f"byte {len(whole) - cut}"
    assert "record at byte 43" in error.what


@pytest.mark.parametrize("cut", [1, 5, 30])
def test_a_cut_pcapng_delivers_whole_packets_then_one_truncated(cut: int) -> None:
    whole = section("<") + interface("<", LINK_RADIOTAP) + enhanced("<", 0, T, b"one!") + enhanced("<", 0, T, b"two!")
    met, error = read(whole[: len(whole) - cut])
    assert [p.data for p in met] == [b"one!"]
    assert error
    assert error.reason == "truncated"
    assert error.where == f"byte {len(whole) - cut}"


@pytest.mark.parametrize("length", [0, 8, 37, MAX_BLOCK_BYTES + 4])
def test_a_garbled_block_length_ends_the_capture_with_its_offset(length: int) -> None:
    good = section("<") + interface("<", LINK_RADIOTAP) + enhanced("<", 0, T, b"one!")
    garbled = bytearray(enhanced("<", 0, T, b"two!"))
    garbled[4:8] = struct.pack("<I", length)
    met, error = read(good + bytes(garbled) + enhanced("<", 0, T, b"three"))
    assert [p.data for p in met] == [b"one!"]
    assert error
    assert (error.reason, error.where) == ("bad-length", f"byte {len(good)}")


def test_block_lengths_that_disagree_are_garbled() -> None:
    good = section("<") + interface("<", LINK_RADIOTAP)
    garbled = enhanced("<", 0, T, b"two!")[:-4] + struct.pack("<I", 40)
    _, error = read(good + garbled)
    assert error
    assert error.reason == "bad-length"


def test_a_garbled_pcap_length_ends_the_capture() -> None:
    record = struct.pack("<IIII", T, 0, MAX_BLOCK_BYTES + 1, 3)
    met, error = read(pcap("<", 0xA1B2C3D4, [(T, 0, b"one")]) + record + bytes(64))
    assert len(met) == 1
    assert error
    assert (error.reason, error.where) == ("bad-length", "byte 43")


@pytest.mark.parametrize(
    "bad",
    [
        enhanced("<", 1, T, b"of an interface that is not there"),
        block("<", 6, struct.pack("<IIIII", 0, 0, T, 99, 99) + b"short"),
        block("<", 6, b"tiny"),
        block("<", 1, b"tiny"),
    ],
)
def test_fields_that_do_not_fit_their_block(bad: bytes) -> None:
    _, error = read(section("<") + interface("<", LINK_RADIOTAP) + bad)
    assert error
    assert error.reason == "bad-block"


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 a zip file", b"\x0a\x0d"])
def test_what_is_no_capture_says_so(data: bytes) -> None:
    met, error = read(data)
    assert met == []
    assert error
    assert error.reason in ("not-a-capture", "truncated")


def test_a_section_with_an_unknown_byte_order_magic() -> None:
    _, error = read(section("<").replace(b"\x4d\x3c\x2b\x1a", b"\x00\x00\x00\x00"))
    assert error
    assert error.reason == "bad-section"
