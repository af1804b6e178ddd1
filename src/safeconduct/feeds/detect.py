"""Which recording is this file? Told by what is in it, never by its name. And several of them as one."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np

from safeconduct.codecs.beast import ESCAPE, REPLY_BYTES
from safeconduct.codecs.strict import NOT_JSON
from safeconduct.errors import InputError
from safeconduct.feeds.adsb_recordings import UNDECLARED, BeastRecording, OpenSkyRecording, RawFramesRecording
from safeconduct.feeds.arrival import DAMAGED, opened, window
from safeconduct.feeds.base import Recording
from safeconduct.model.detection import DetectionBatch, join
from safeconduct.model.sensor import Sensor
from safeconduct.model.tag_registry import TagRegistry

CAPTURE_MAGIC = (
    b"\x0a\x0d\x0d\x0a",
    b"\xd4\xc3\xb2\xa1",
    b"\xa1\xb2\xc3\xd4",
    b"\x4d\x3c\xb2\xa1",
    b"\xa1\xb2\x3c\x4d",
)
"""pcapng; pcap in either byte order, with microseconds or nanoseconds."""
HEAD_BYTES = 1 << 16
KNOWN = "a pcap or pcapng capture of Remote ID, Mode S frames as JSON lines, a Beast stream, or OpenSky state vectors"


def open_recording(
    path: Path, *, party: str = UNDECLARED, receiver: Sensor | None = None, registries: Sequence[TagRegistry] = ()
) -> Recording:
    """The reader for this file, by its first bytes (through gzip).

    Args:
        party: whose sensor recorded it.
        receiver: the sensor behind a recording of ADS-B, where it was declared.
        registries: trusted to vouch for the keys of signed Remote ID.

    Raises:
        InputError: `unreadable`, or `unknown-format`.
    """
    head = _head(path)
    if head.startswith(CAPTURE_MAGIC):
        from safeconduct.feeds.remote_id_capture import RemoteIdCapture

        return RemoteIdCapture(path, party=party, registries=registries)
    if len(head) > 1 and head[0] == ESCAPE and head[1] in REPLY_BYTES:
        return BeastRecording(path, party=party, sensor=receiver)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if _has_frame_lines(text):
        return RawFramesRecording(path, party=party, sensor=receiver)
    if text.startswith(b"[") or (text.startswith(b"{") and (b'"states"' in text or b'"aircraft"' in text)):
        return OpenSkyRecording(path, party=party)  # heard by a network of receivers, not by that one
    raise InputError("unknown-format", "no recording that is known", where=str(path), remedy=f"give {KNOWN}")


def _head(path: Path) -> bytes:
    """The first bytes, as many as are whole; none of a file that is damaged from its beginning."""
    head = b""
    with opened(path) as stream, suppress(*DAMAGED):
        while len(head) < HEAD_BYTES and (data := stream.read1(HEAD_BYTES)):
            head += data
    return head


def _has_frame_lines(text: bytes) -> bool:
    """One line that is an object with a frame is enough: the first may be garbled."""
    for line in text.splitlines():
        if b'"frame"' in line:
            try:
                said = msgspec.json.decode(line)
            except NOT_JSON:
                continue
            if isinstance(said, dict) and "frame" in said:
                return True
    return False


def merge(recordings: Iterable[Recording]) -> Iterator[DetectionBatch]:
    """All the recordings as one, in order of `received`, cut at windows again; ties in the order given.

    Reads each no further than one batch ahead. Raises what they raise.
    """
    sources = [recording.batches() for recording in recordings]
    heads = [next(source, None) for source in sources]
    while any(head is not None for head in heads):
        now = min(window(head.received[0]) for head in heads if head is not None)
        parts: list[DetectionBatch] = []
        for number, source in enumerate(sources):
            while (head := heads[number]) is not None and window(head.received[0]) == now:
                parts.append(head)
                heads[number] = next(source, None)
        together = join(parts)
        yield together.rows(np.argsort(together.received, kind="stable"))
