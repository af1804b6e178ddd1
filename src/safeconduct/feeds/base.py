"""What every source of detections promises."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from safeconduct.errors import InputError
from safeconduct.model.detection import DetectionBatch
from safeconduct.model.sensor import Sensor

WINDOW_S = 1.0
"""A recording's batches are cut at multiples of this of the time received, so that no batch holds later news."""


@dataclass(slots=True)
class FeedReport:
    """How a feed is doing. Counts only grow.

    Attributes:
        messages: well-formed messages read, whether or not they made a detection.
        detections: rows delivered.
        rejected: what was set aside, by `InputError.reason`.
        last_error: the newest of them, in words, for the operator.
    """

    path: str
    format: str
    messages: int = 0
    detections: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    last_error: str = ""

    def reject(self, error: InputError) -> None:
        """Count one rejected message and remember why."""
        self.rejected[error.reason] += 1
        self.last_error = str(error)


class Recording(Protocol):
    """A finite source, read as fast as the reader asks.

    Promises: batches come in order of arrival (`received` never decreases, within and across batches) and each lies
    within one window of `WINDOW_S`; one bad message is counted in `report` and costs nothing but itself; a file that
    cannot be read at all raises InputError on the first `next`. Two runs over one recording give the same batches.
    `sensors` may grow while reading and names every sensor of a delivered batch before that batch is delivered.
    """

    report: FeedReport

    @property
    def sensors(self) -> tuple[Sensor, ...]:
        """The sensors met so far."""
        ...

    def batches(self) -> Iterator[DetectionBatch]:
        """All of it, once."""
        ...


class LiveFeed(Protocol):
    """A source that never ends, read as it arrives.

    Promises: as `Recording`, except that a batch is whatever one read brought; garbage is counted and the feed goes on;
    a broken connection is counted, said in `report.last_error`, and tried again with growing pauses, for ever. Whoever
    iterates slowly slows the reading down (back-pressure); nothing is dropped by the feed itself.
    """

    report: FeedReport

    @property
    def sensors(self) -> tuple[Sensor, ...]:
        """The sensors met so far."""
        ...

    def batches(self) -> AsyncIterator[DetectionBatch]:
        """Until cancelled."""
        ...
