"""Recordings of ADS-B: raw frames as JSON lines, Beast streams, and OpenSky state vectors."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec

from safeconduct.codecs import mode_s, opensky
from safeconduct.codecs.adsb_assembly import AdsbAssembler
from safeconduct.codecs.beast import COUNTER_HZ, MODE_AC, BeastParser
from safeconduct.codecs.opensky import StateVector
from safeconduct.codecs.strict import NOT_JSON
from safeconduct.errors import InputError, WireError
from safeconduct.feeds.arrival import DAMAGED, Order, cut, opened
from safeconduct.feeds.base import FeedReport
from safeconduct.model.detection import BatchBuilder, Claims, DetectionBatch
from safeconduct.model.sensor import Sensor, SensorKind

CHUNK = 4096
"""Frames decoded at a time: enough to amortise the call into rs1090."""
READ_BYTES = 1 << 16
UNDECLARED = "recording"
"""Party of a sensor that nobody has declared."""


def receiver(path: Path, *, party: str, period_s: float, sigma_m: float) -> Sensor:
    """The sensor of a recording whose receiver nobody has declared: its place and reach are unknown."""
    return Sensor(
        id=f"adsb-{path.name.split('.')[0]}",
        party=party,
        kind=SensorKind.ADSB,
        period_s=period_s,
        sigma_m=sigma_m,
        sigma_alt_m=50.0,
    )


class _ModeSRecording:
    """What the two recordings of frames share: frames with times -> rows.

    Arguments:
        party: whose receiver it was.
        sensor: the receiver, if it was declared; with its place, aircraft on the ground can be located.
    """

    format = ""

    def __init__(self, path: Path, *, party: str = UNDECLARED, sensor: Sensor | None = None) -> None:
        self._path = path
        self._sensor = sensor or receiver(path, party=party, period_s=0.5, sigma_m=30.0)
        self.report = FeedReport(str(path), self.format)

    @property
    def sensors(self) -> tuple[Sensor, ...]:
        """The one receiver."""
        return (self._sensor,)

    def _timed_frames(self) -> Iterator[tuple[float, bytes]]:
        raise NotImplementedError

    def batches(self) -> Iterator[DetectionBatch]:
        """See `Recording`. Raises InputError `unreadable` on the first `next`."""
        rows = BatchBuilder()
        return cut(self._messages(rows), rows, self.report)

    def _messages(self, rows: BatchBuilder) -> Iterator[float]:
        assembler = assembler_of(self._sensor, self.report)
        for chunk in _chunks(self._timed_frames(), CHUNK):
            for (time, _), answer in zip(chunk, mode_s.decode([frame for _, frame in chunk]), strict=True):
                if isinstance(answer, WireError):
                    self.report.reject(answer)
                    continue
                self.report.messages += 1
                yield time
                assembler.take(answer, time, rows)


T = TypeVar("T")


def _chunks(source: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(source)
    while chunk := list(islice(source, size)):
        yield chunk


def assembler_of(sensor: Sensor, report: FeedReport) -> AdsbAssembler:
    """The assembler of a receiver, which checks positions against its place if it has one."""
    place = None if sensor.lon is None or sensor.lat is None else (sensor.lon, sensor.lat)
    if sensor.range_m is None:
        return AdsbAssembler(sensor.id, report.reject, place=place)
    return AdsbAssembler(sensor.id, report.reject, place=place, range_m=sensor.range_m)


class _Line(msgspec.Struct):
    timestamp: float
    frame: str


class RawFramesRecording(_ModeSRecording):
    """JSON lines `{"timestamp": Unix seconds, "frame": hexadecimal}`, other fields ignored; may be gzipped."""

    format = "mode-s raw frames (JSON lines)"

    def _timed_frames(self) -> Iterator[tuple[float, bytes]]:
        decoder, order = msgspec.json.Decoder(_Line), Order()
        with opened(self._path) as stream:
            for number, line in enumerate(_lines(stream, self.report), 1):
                where = f"{self._path.name}:{number}"
                try:
                    said = decoder.decode(line)
                    frame = mode_s.frame_from_hex(said.frame)
                except NOT_JSON as error:
                    if line.strip():
                        self.report.reject(WireError("bad-json", str(error), where=where))
                    continue
                except WireError as error:
                    self.report.reject(error.at(where))
                    continue
                late = order.check(said.timestamp, where)
                if late is not None:
                    self.report.reject(late)
                    continue
                yield said.timestamp, frame


def _lines(stream: Iterable[bytes], report: FeedReport) -> Iterator[bytes]:
    """Lines, as far as the file is whole; a damaged rest is one reject."""
    try:
        yield from stream
    except DAMAGED as error:
        report.reject(WireError("truncated", f"the file is damaged from here on: {error}", where=report.path))


class BeastRecording(_ModeSRecording):
    """A Beast stream as saved from a socket; may be gzipped.

    The stream knows no time of day, only a 12 MHz counter. Its first frame is taken to have arrived at `start`, and the
    counter tells the rest. Without a start, that is 1970-01-01: better plainly wrong than plausibly wrong.

    Arguments:
        start: Unix seconds of the first frame.
    """

    format = "beast"

    def __init__(
        self, path: Path, *, party: str = UNDECLARED, sensor: Sensor | None = None, start: float = 0.0
    ) -> None:
        super().__init__(path, party=party, sensor=sensor)
        self._start = start

    def _timed_frames(self) -> Iterator[tuple[float, bytes]]:
        parser, order = BeastParser(self.report.reject), Order()
        first: int | None = None
        with opened(self._path) as stream:
            for data in _lines(iter(lambda: stream.read1(READ_BYTES), b""), self.report):
                for frame in parser.feed(data):
                    if first is None:
                        first = frame.counter
                    time = self._start + (frame.counter - first) / COUNTER_HZ
                    late = order.check(time, f"counter {frame.counter}")
                    if late is not None:
                        self.report.reject(late)
                    elif frame.type == MODE_AC:
                        self.report.messages += 1
                    else:
                        yield time, frame.reply
            parser.close()


class OpenSkyRecording:
    """State vectors in any of the shapes of `codecs.opensky`; may be gzipped.

    The records need not be in order: order of arrival is order of time.
    """

    def __init__(self, path: Path, *, party: str = UNDECLARED, sensor: Sensor | None = None) -> None:
        self._path = path
        self._sensor = sensor or receiver(path, party=party, period_s=10.0, sigma_m=100.0)
        self.report = FeedReport(str(path), "opensky state vectors (JSON)")

    @property
    def sensors(self) -> tuple[Sensor, ...]:
        """The one network of receivers."""
        return (self._sensor,)

    def batches(self) -> Iterator[DetectionBatch]:
        """See `Recording`. Raises InputError `unreadable`, `truncated`, `bad-json` or `unknown-shape` on the first
        `next`."""
        rows = BatchBuilder()
        yield from cut(self._states(rows), rows, self.report)

    def _states(self, rows: BatchBuilder) -> Iterator[float]:
        repeats = opensky.Repeats()
        claims: dict[object, Claims] = {}
        for state in self._in_order():
            repeated = repeats.add(state)
            if repeated is not None:
                self.report.reject(repeated)
                continue
            yield state.received
            rows.add(
                time=state.time,
                received=state.received,
                sensor=self._sensor.id,
                lon=state.lon,
                lat=state.lat,
                height_m=state.height_m,
                pressure_altitude_m=state.pressure_altitude_m,
                velocity=state.velocity,
                claims=claims.setdefault(state.identifiers, Claims(state.identifiers)),
            )

    def _in_order(self) -> list[StateVector]:
        good: list[StateVector] = []
        for state in opensky.states(self._document()):
            if isinstance(state, StateVector):
                good.append(state)
            else:
                self.report.reject(state)
        self.report.messages += len(good)
        return sorted(good, key=lambda state: state.received)

    def _document(self) -> object:
        with opened(self._path) as stream:
            try:
                return opensky.load(stream.read())
            except DAMAGED as error:
                raise InputError("truncated", f"the file is damaged: {error}", where=str(self._path)) from error
            except WireError as error:
                raise error.at(str(self._path)) from error
