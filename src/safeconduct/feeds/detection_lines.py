"""A recording of detections as JSON lines, the format of an identification scenario's `detections.jsonl`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from safeconduct.codecs.scenario_files import DetectionReader
from safeconduct.errors import InputError, WireError
from safeconduct.feeds.arrival import DAMAGED, Order, cut, opened
from safeconduct.feeds.base import FeedReport
from safeconduct.model.detection import BatchBuilder, DetectionBatch
from safeconduct.model.sensor import Sensor


class DetectionLines:
    """See `feeds.base.Recording`. The sensors are declared beside it; lines of any other are rejected."""

    def __init__(self, path: Path, sensors: Sequence[Sensor]) -> None:
        self._path = path
        self._sensors = {sensor.id: sensor for sensor in sensors}
        self.report = FeedReport(str(path), "detection-lines")

    @property
    def sensors(self) -> tuple[Sensor, ...]:
        """All that were declared."""
        return tuple(self._sensors.values())

    def batches(self) -> Iterator[DetectionBatch]:
        """All of it. Raises InputError `unreadable` on the first `next`."""
        rows = BatchBuilder()
        return cut(self._arrivals(rows), rows, self.report)

    def _arrivals(self, rows: BatchBuilder) -> Iterator[float]:
        reader, order = DetectionReader(frozenset(self._sensors)), Order()
        with opened(self._path) as lines:
            number = 0
            while True:
                try:
                    line = lines.readline()
                except DAMAGED as error:
                    self.report.reject(WireError("truncated", str(error), where=f"{self._path}:{number + 1}"))
                    return
                if not line:
                    return
                number += 1
                if not line.strip():
                    continue
                where = f"{self._path}:{number}"
                try:
                    row = reader.read(line, where)
                except InputError as error:
                    self.report.reject(error)
                    continue
                late = order.check(row["received"], where)
                if late is not None:
                    self.report.reject(late)
                    continue
                self.report.messages += 1
                yield row["received"]
                rows.add(**row)
