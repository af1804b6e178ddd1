"""Order of arrival in recordings: what all readers of files share."""

import gzip
import stat
import zlib
from collections.abc import Iterable, Iterator
from io import BufferedIOBase
from pathlib import Path

from safeconduct.errors import InputError
from safeconduct.feeds.base import WINDOW_S, FeedReport
from safeconduct.model.detection import BatchBuilder, DetectionBatch

LEAP_S = 3_600.0
"""A time so far ahead of the last is believed only when the next message agrees: one wrong digit must not turn all
that follows into the past."""
LAST_TIME_S = 32_503_680_000.0
"""The year 3000: a time beyond it is a mistake of unit."""
GZIP_MAGIC = b"\x1f\x8b"
DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)
"""What a cut or damaged gzip file raises while it is read."""


def window(received: float) -> int:
    """Number of the window of `WINDOW_S` that a time of arrival falls into."""
    return int(received // WINDOW_S)


def opened(path: Path) -> BufferedIOBase:
    """The bytes of a file, through gzip if its content is gzip. Of a damaged one, `read1` and lines give what is whole.

    Raises:
        InputError: `unreadable`.
    """
    try:
        mode = path.stat().st_mode
        # A pipe gives nothing the second time it is opened.
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise InputError("unreadable", "not a file", where=str(path), remedy="save it to a file first")
        with path.open("rb") as plain:
            packed = plain.read(2) == GZIP_MAGIC
        return gzip.open(path) if packed else path.open("rb")
    except OSError as error:
        raise InputError("unreadable", error.strerror or str(error), where=str(path)) from error


class Order:
    """Keeps times of arrival from going backwards."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._ahead: float | None = None

    def check(self, time: float, where: str) -> InputError | None:
        """None if the time may follow; else the error `bad-time`, `time-backwards` or `time-leap`."""
        if not 0.0 <= time <= LAST_TIME_S:
            return InputError("bad-time", f"{time} is no time in Unix seconds", where=where)
        last, ahead, self._ahead = self._last, self._ahead, None
        if last is not None and time < last:
            return InputError("time-backwards", f"{last - time:.3f} s before the message in front of it", where=where)
        if last is not None and time - last > LEAP_S and not (ahead is not None and 0 <= time - ahead <= LEAP_S):
            self._ahead = time
            return InputError("time-leap", f"{time - last:.0f} s after the message in front of it", where=where)
        self._last = time
        return None


def cut(times: Iterable[float], rows: BatchBuilder, report: FeedReport) -> Iterator[DetectionBatch]:
    """Batches of one window each, while `times` runs.

    `times` yields each message's time of arrival *before* that message's rows are added to `rows`.
    """
    now: int | None = None
    for time in times:
        if window(time) != now:
            yield from flushed(rows, report)
            now = window(time)
    yield from flushed(rows, report)


def flushed(rows: BatchBuilder, report: FeedReport) -> Iterator[DetectionBatch]:
    """What has been collected, if anything, counted."""
    if len(rows):
        report.detections += len(rows)
        yield rows.build()
