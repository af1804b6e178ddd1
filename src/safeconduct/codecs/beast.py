"""Beast binary framing, as spoken by Mode-S Beast receivers, dump1090 and readsb (usually TCP port 30005).

| bytes | field |
|---|---|
| 1 | 0x1a |
| 1 | type: 0x31 Mode A/C, 0x32 short Mode S, 0x33 long Mode S |
| 6 | counter of the receiver's 12 MHz clock, big-endian; says nothing of the time of day |
| 1 | signal level, 0..255, amplitude of full scale |
| 2, 7, 14 | the reply, by type |

Every 0x1a after the type is sent twice, so that a lone 0x1a always begins a frame. (Format: the Mode-S Beast wiki and
dump1090's net_io.) The Radarcape's GPS mode puts a time of day into the counter and cannot be told from the bytes; it
is not read here. Other types (0x34 status) are rejected, and so are the frames that a multilateration client makes up
from a network's results, which it marks by a counter that spells MLAT: nobody received them, and no aircraft sent them.
"""

from collections.abc import Callable
from typing import NamedTuple

from safeconduct.errors import InputError, WireError

ESCAPE = 0x1A
COUNTER_HZ = 12_000_000
MODE_AC, MODE_S_SHORT, MODE_S_LONG = 0x31, 0x32, 0x33
REPLY_BYTES = {MODE_AC: 2, MODE_S_SHORT: 7, MODE_S_LONG: 14}
MLAT_COUNTER = 0xFF004D4C4154
"""Counter of frames made up by mlat-client."""
HEAD_BYTES = 7
"""Counter and signal level."""


class BeastFrame(NamedTuple):
    """One reply as received.

    Attributes:
        type: `MODE_AC`, `MODE_S_SHORT` or `MODE_S_LONG`.
        counter: 48-bit count of the 12 MHz clock.
        signal: 0..255.
        reply: 2, 7 or 14 bytes.
    """

    type: int
    counter: int
    signal: int
    reply: bytes


def encode(frame: BeastFrame) -> bytes:
    """The frame on the wire."""
    body = frame.counter.to_bytes(6, "big") + bytes([frame.signal]) + frame.reply
    return bytes([ESCAPE, frame.type]) + body.replace(b"\x1a", b"\x1a\x1a")


class BeastParser:
    """Bytes in any portions -> frames. Where the portions are cut makes no difference.

    Bytes that belong to no frame are skipped up to the next frame's start. Each run of them is one reject:
    `garbage` (no frame starts there), `truncated` (a frame that another start cut short), `unknown-type`.

    Arguments:
        reject: called with each error; its `where` is the offset of the first byte in the stream.
    """

    def __init__(self, reject: Callable[[InputError], None]) -> None:
        self._reject = reject
        self._kept = bytearray()
        self._offset = 0
        self._skipping = False

    def feed(self, data: bytes) -> list[BeastFrame]:
        """The frames that are complete with these bytes, in order."""
        kept = self._kept
        kept += data
        frames: list[BeastFrame] = []
        at = 0
        while at < len(kept):
            if kept[at] != ESCAPE:
                start = kept.find(ESCAPE, at)
                self._skip("garbage", "bytes outside any frame", at)
                at = len(kept) if start < 0 else start
                continue
            if at + 1 == len(kept):
                break
            frame, end = _frame_at(kept, at)
            if end is None:
                break
            if frame is None:
                self._cut_short(kept[at + 1], at)
            elif frame.counter == MLAT_COUNTER:
                self._skipping = False
                self._reject(WireError("relayed", "a multilateration network's result", where=self._place(at)))
            else:
                self._skipping = False
                frames.append(frame)
            at = end
        del kept[:at]
        self._offset += at
        return frames

    def close(self) -> None:
        """The stream has ended: a frame that is not complete never will be. The parser may then read another."""
        if self._kept:
            self._skip("truncated", "the stream ends within a frame", 0)
        self._kept.clear()
        self._skipping = False

    def _cut_short(self, kind: int, at: int) -> None:
        if kind in REPLY_BYTES:
            self._skipping = False
            self._skip("truncated", "another frame starts within this one", at)
            self._skipping = False
        elif kind == ESCAPE:
            self._skip("garbage", "bytes outside any frame", at)
        else:
            self._skip("unknown-type", f"frame type {kind:#04x} is not read", at)

    def _skip(self, reason: str, what: str, at: int) -> None:
        """Reject a run of bytes once, however long it goes on."""
        if not self._skipping:
            self._reject(WireError(reason, what, where=self._place(at)))
        self._skipping = True

    def _place(self, at: int) -> str:
        return f"byte {self._offset + at}"


def _frame_at(kept: bytearray, at: int) -> tuple[BeastFrame | None, int | None]:
    """The frame that starts here and where it ends; (None, end) where there is none; (None, None) for not yet."""
    kind = kept[at + 1]
    if kind not in REPLY_BYTES:
        return None, at + 2
    size = HEAD_BYTES + REPLY_BYTES[kind]
    end = at + 2 + size
    body = bytes(kept[at + 2 : end])
    if ESCAPE in body:
        unescaped = bytearray()
        end = at + 2
        while len(unescaped) < size and end < len(kept):
            if kept[end] == ESCAPE:
                if end + 1 == len(kept):
                    return None, None
                if kept[end + 1] != ESCAPE:
                    return None, end
                end += 1
            unescaped.append(kept[end])
            end += 1
        body = bytes(unescaped)
    if len(body) < size:
        return None, None
    return BeastFrame(kind, int.from_bytes(body[:6], "big"), body[6], body[HEAD_BYTES:]), end
