from collections import Counter
from pathlib import Path

import pytest

from safeconduct.codecs.beast import MLAT_COUNTER, MODE_AC, MODE_S_LONG, MODE_S_SHORT, BeastFrame, BeastParser, encode

SHORT = BeastFrame(MODE_S_SHORT, 0x1A2B1A1A0000, 0x1A, bytes.fromhex("5d3981e41a1a1a"))
LONG = BeastFrame(MODE_S_LONG, 12_000_000, 200, bytes.fromhex("8d48520a990c2c3158040b8ea54d"))
MODES = BeastFrame(MODE_AC, 7, 1, b"\x1a\x02")


class Stream:
    def __init__(self) -> None:
        self.rejected: Counter[str] = Counter()
        self.where: list[str] = []
        self.parser = BeastParser(self._reject)

    def _reject(self, error: object) -> None:
        self.rejected[error.reason] += 1  # type: ignore[attr-defined]
        self.where.append(error.where)  # type: ignore[attr-defined]


def test_the_wire_is_as_the_format_says() -> None:
    assert encode(SHORT) == bytes.fromhex("1a32 1a1a2b1a1a1a1a0000 1a1a 5d3981e41a1a1a1a1a1a")


def test_frames_come_back() -> None:
    stream = Stream()
    assert stream.parser.feed(b"".join(map(encode, (SHORT, LONG, MODES)))) == [SHORT, LONG, MODES]
    stream.parser.close()
    assert not stream.rejected


@pytest.mark.parametrize(
    ("bad", "rejected"),
    [
        (b"hello", {"garbage": 1}),
        (b"\x00" * 5000, {"garbage": 1}),
        (b"\x1a\x1a\x1a\x1a", {"garbage": 1}),
        (b"\x1a\x34" + bytes(20), {"unknown-type": 1}),
        (encode(LONG)[:-3], {"truncated": 1}),
        (encode(LONG)[:-3] * 2, {"truncated": 2}),
        (encode(LONG._replace(counter=MLAT_COUNTER)), {"relayed": 1}),
    ],
)
def test_bad_bytes_are_counted_and_cost_no_frame(bad: bytes, rejected: dict[str, int]) -> None:
    stream = Stream()
    assert stream.parser.feed(encode(SHORT) + bad + encode(LONG)) == [SHORT, LONG]
    assert stream.rejected == rejected
    assert stream.where[0] == f"byte {len(encode(SHORT))}"


def test_a_stream_that_ends_within_a_frame_is_truncated() -> None:
    stream = Stream()
    assert stream.parser.feed(encode(LONG)[:-1]) == []
    stream.parser.close()
    assert stream.rejected == {"truncated": 1}


def test_the_sample_of_a_real_receiver_has_no_bad_byte(shared: Path) -> None:
    stream = Stream()
    frames = stream.parser.feed((shared / "data/adsb/beast_sample.bin").read_bytes())
    stream.parser.close()
    assert not stream.rejected
    assert len(frames) > 200
    assert b"".join(map(encode, frames)) == (shared / "data/adsb/beast_sample.bin").read_bytes()
