"""Packet captures: pcap and pcapng framing, bytes -> packets.

pcap, as libpcap writes it (draft-ietf-opsawg-pcap, sections 4 and 5):

| bytes | field |
|---|---|
| 4 | magic a1b2c3d4 (µs) or a1b23c4d (ns), in the byte order of the file |
| 2 + 2 | version, major and minor |
| 8 | reserved |
| 4 | snapshot length |
| 4 | link type in the low 28 bits |
| then, per packet: 4 + 4 | Unix seconds; µs or ns |
| 4 + 4 | bytes captured, bytes on the wire |
| captured | the packet |

pcapng (draft-ietf-opsawg-pcapng, sections 3 and 4): blocks of `type, total length, body, total length` padded to four
bytes, in the byte order of their section.

| type | block | read |
|---|---|---|
| 0a0d0d0a | Section Header | byte-order magic 1a2b3c4d; interfaces are numbered anew |
| 1 | Interface Description | link type, if_tsresol (option 9, µs if absent), if_tsoffset (option 14, seconds) |
| 3 | Simple Packet | interface 0; it carries no time |
| 6 | Enhanced Packet | interface, 64-bit time, packet |
| other | any | skipped |

A capture is often cut off where its writer was killed: all whole packets are delivered first.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from safeconduct.errors import WireError

LINK_IEEE802_11 = 105
"""LINKTYPE_IEEE802_11: an 802.11 frame."""
LINK_RADIOTAP = 127
"""LINKTYPE_IEEE802_11_RADIOTAP: a radiotap header, then an 802.11 frame."""

MAX_BLOCK_BYTES = 16 << 20
"""Longer blocks or packets are taken for garbled lengths, as Wireshark's reader does."""

_PCAP = {
    b"\xd4\xc3\xb2\xa1": ("<", 1_000_000),
    b"\xa1\xb2\xc3\xd4": (">", 1_000_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1_000_000_000),
    b"\xa1\xb2\x3c\x4d": (">", 1_000_000_000),
}
_SECTION = b"\x0a\x0d\x0d\x0a"
_ORDER = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_SECTION_TYPE, _INTERFACE, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 3, 6
_OPTION_TSRESOL, _OPTION_TSOFFSET = 9, 14


@dataclass(frozen=True, slots=True)
class Packet:
    """One captured packet.

    Attributes:
        time: when captured, Unix seconds UTC; None where the capture does not say (simple packet blocks).
        link_type: how `data` begins, a LINKTYPE number of the tcpdump registry.
        data: what was captured, which may be less than what was on the air.
        offset: of its record or block in the uncompressed capture, bytes.
    """

    time: float | None
    link_type: int
    data: bytes
    offset: int


def packets(chunks: Iterable[bytes]) -> Iterator[Packet]:
    """The packets of one capture, given as bytes in pieces of any size; memory stays at one chunk and one block.

    Raises:
        WireError: after the last whole packet, with the byte offset in `where`: `truncated` where the capture ends
            inside a record, `bad-length` where a length makes no sense, `not-a-capture` where it begins otherwise.
    """
    stream = _Stream(chunks)
    magic = stream.take(4) if stream.fill(1) else b""
    if magic in _PCAP:
        yield from _pcap(stream, *_PCAP[magic])
    elif magic == _SECTION:
        yield from _pcapng(stream)
    else:
        raise WireError(
            "not-a-capture", f"it begins with {magic.hex() or 'nothing'}", where="byte 0", remedy="give pcap or pcapng"
        )


class _Stream:
    """Chunks as one run of bytes that knows its offset and where the current record began."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._buffer = b""
        self._at = 0
        self.offset = 0
        self.record = 0

    def fill(self, count: int) -> bool:
        """True once `count` bytes are at hand, False where the stream ends before."""
        while len(self._buffer) - self._at < count:
            chunk = next(self._chunks, None)
            if chunk is None:
                return False
            self._buffer = self._buffer[self._at :] + chunk
            self._at = 0
        return True

    def take(self, count: int) -> bytes:
        """The next `count` bytes. Raises WireError `truncated`."""
        if not self.fill(count):
            at_hand = len(self._buffer) - self._at
            raise WireError(
                "truncated",
                f"the capture ends {count - at_hand} bytes short, in the record at byte {self.record}",
                where=f"byte {self.offset + at_hand}",
            )
        taken = self._buffer[self._at : self._at + count]
        self._at += count
        self.offset += count
        return taken

    def begin(self) -> bool:
        """Mark the start of a record; False where the capture ends cleanly before it."""
        self.record = self.offset
        return self.fill(1)

    def bad_length(self, length: int) -> WireError:
        return WireError("bad-length", f"a length of {length} bytes is garbled", where=f"byte {self.record}")


def _pcap(stream: _Stream, order: str, ticks_per_second: int) -> Iterator[Packet]:
    link_type = struct.unpack(f"{order}16xI", stream.take(20))[0] & 0x0FFF_FFFF
    header = struct.Struct(f"{order}4I")
    while stream.begin():
        seconds, ticks, captured, _ = header.unpack(stream.take(16))
        if captured > MAX_BLOCK_BYTES:
            raise stream.bad_length(captured)
        yield Packet(seconds + ticks / ticks_per_second, link_type, stream.take(captured), stream.record)


@dataclass(frozen=True, slots=True)
class _Interface:
    link_type: int
    snap_length: int
    ticks_per_second: int
    offset_s: int


def _pcapng(stream: _Stream) -> Iterator[Packet]:
    interfaces: list[_Interface] = []
    for order, kind, body in _blocks(stream):
        try:
            if kind == _SECTION_TYPE:
                interfaces = []
            elif kind == _INTERFACE:
                interfaces.append(_interface(order, body))
            elif kind == _ENHANCED:
                yield _enhanced(order, body, interfaces, stream.record)
            elif kind == _SIMPLE:
                yield _simple(order, body, interfaces, stream.record)
        except (struct.error, IndexError) as error:
            raise WireError(
                "bad-block", f"the fields of a block of type {kind} do not fit it", where=f"byte {stream.record}"
            ) from error


def _blocks(stream: _Stream) -> Iterator[tuple[str, int, bytes]]:
    """(byte order, type, body) of every block; the type of the first has been taken already."""
    order, kind = "<", _SECTION
    while True:
        length, magic = stream.take(4), b""
        if kind == _SECTION:
            magic = stream.take(4)
            if magic not in _ORDER:
                raise WireError("bad-section", f"{magic.hex()} is no byte-order magic", where=f"byte {stream.record}")
            order = _ORDER[magic]
        total: int = struct.unpack(f"{order}I", length)[0]
        rest = total - 8 - len(magic)
        if total % 4 or rest < 4 or total > MAX_BLOCK_BYTES:
            raise stream.bad_length(total)
        body = stream.take(rest)
        if body[-4:] != length:
            raise stream.bad_length(total)
        yield order, struct.unpack(f"{order}I", kind)[0], body[:-4]
        if not stream.begin():
            return
        kind = stream.take(4)


def _interface(order: str, body: bytes) -> _Interface:
    link_type, _, snap_length = struct.unpack_from(f"{order}HHI", body)
    ticks_per_second, offset_s, at = 1_000_000, 0, 8
    while at + 4 <= len(body):
        code, length = struct.unpack_from(f"{order}HH", body, at)
        if code == _OPTION_TSRESOL and length == 1:
            power = body[at + 4]
            ticks_per_second = 2 ** (power & 0x7F) if power & 0x80 else 10**power
        elif code == _OPTION_TSOFFSET and length == 8:
            offset_s = struct.unpack_from(f"{order}q", body, at + 4)[0]
        at += 4 + length + -length % 4
    return _Interface(link_type, snap_length, ticks_per_second, offset_s)


def _enhanced(order: str, body: bytes, interfaces: list[_Interface], offset: int) -> Packet:
    number, high, low, captured, _ = struct.unpack_from(f"{order}5I", body)
    if captured > len(body) - 20:
        raise IndexError(captured)
    interface = interfaces[number]
    time = ((high << 32) | low) / interface.ticks_per_second + interface.offset_s
    return Packet(time, interface.link_type, body[20 : 20 + captured], offset)


def _simple(order: str, body: bytes, interfaces: list[_Interface], offset: int) -> Packet:
    interface = interfaces[0]
    captured = min(struct.unpack_from(f"{order}I", body)[0], interface.snap_length or MAX_BLOCK_BYTES, len(body) - 4)
    return Packet(None, interface.link_type, body[4 : 4 + captured], offset)
