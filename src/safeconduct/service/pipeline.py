"""The first river, wired: detections -> tracks -> identification -> board. One sector, one node, no own clock."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from safeconduct.kernels.arrays import Ints
from safeconduct.model.board import BoardDelta
from safeconduct.model.detection import DetectionBatch
from safeconduct.model.flight import Flight
from safeconduct.model.identification import Identification
from safeconduct.model.party import Party
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor
from safeconduct.model.track import Continuation, TrackChanges, TrackTable, track_name, track_number
from safeconduct.picture.board import Board, BoardHeading
from safeconduct.picture.identification import Assessment, IdentificationEngine, IdentificationSettings
from safeconduct.picture.reach import Reach
from safeconduct.picture.reasons import explain
from safeconduct.picture.settings import TrackerSettings
from safeconduct.picture.stitching import StitchingSettings
from safeconduct.picture.tracker import Tracker

LIVELY_S = 60.0
"""A receiver that delivered nothing for this long may be broken: what it does not hear means nothing."""
EXPIRE_EVERY_S = 3600.0
"""How often old claims are looked for, to be forgotten."""
LONGEST_PAUSE_S = 300.0
"""A pause in a recording longer than this is jumped over once every track has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSettings:
    """Everything that a party may set about its picture."""

    tracker: TrackerSettings = field(default_factory=TrackerSettings)
    stitching: StitchingSettings = field(default_factory=StitchingSettings)
    identification: IdentificationSettings = field(default_factory=IdentificationSettings)


class Pipeline:
    """Takes batches and the passing of time, and keeps the board.

    `take` and `tick` are called in order of time; a tick's result uses only batches taken before it.

    Attributes:
        assessment: of the last tick.
        changes: of the last batch.
        continued: what was found out of tracks across gaps by it, and by the ticks between it and the one before.
    """

    def __init__(
        self,
        sector: Sector,
        heading: BoardHeading,
        *,
        sensors: Iterable[Sensor] = (),
        parties: Iterable[Party] = (),
        sectors: Iterable[Sector] | None = None,
        flights: Iterable[Flight] = (),
        settings: PictureSettings | None = None,
    ) -> None:
        settings = settings or PictureSettings()
        sensors = tuple(sensors)
        self.tracker = Tracker(sector, sensors, settings.tracker, settings.stitching)
        self.engine = IdentificationEngine(self.tracker.frame, settings=settings.identification)
        self.board = Board(
            heading, parties=parties, sensors=sensors, sectors=(sector,) if sectors is None else tuple(sectors)
        )
        self.assessment: Assessment | None = None
        self.changes: TrackChanges | None = None
        self._expire_at = -math.inf
        self._last_words: dict[str, Identification] = {}
        self._heard_from: dict[str, float] = {}
        self._lost: list[TrackTable] = []
        self.continued: tuple[Continuation, ...] = ()
        self._between: tuple[Continuation, ...] = ()
        self._news: list[Continuation] = []
        self._over: dict[int, float] = {}
        self._declared: list[Flight] = []
        for sensor in sensors:
            self.engine.add_sensor(sensor)
        for flight in flights:
            self.declare(flight)

    def add_sensor(self, sensor: Sensor) -> None:
        """A sensor that a feed has met; known ones are left alone."""
        if sensor.id not in self.board.sensors:
            self.board.sensors[sensor.id] = sensor
            self.tracker.add_sensor(sensor)
            self.engine.add_sensor(sensor)

    def declare(self, flight: Flight) -> None:
        """A flight, or a new version of it, declared to this node."""
        self.engine.declare(flight)
        self._declared.append(flight)

    def take(self, batch: DetectionBatch) -> None:
        """One batch, in order of arrival."""
        changes = self.changes = self.tracker.update(batch)
        self.engine.observe(batch, changes.assigned)
        self._found_again(changes)
        self.continued, self._between = self._between + changes.continued, ()
        if len(batch):
            now = float(batch.received[-1])
            self._heard_from.update({batch.sensors[index]: now for index in set(batch.sensor.tolist())})
        self._lost.append(changes.lost)

    def tick(self, time: float) -> BoardDelta:
        """The board at `time`, Unix seconds, from all that was taken so far."""
        changes = self.tracker.advance(time)
        lost = [table for table in (*self._lost, changes.lost) if len(table)]
        tracks = self.tracker.picture(time)
        lively = [
            sensor
            for sensor in self.board.sensors.values()
            if time - self._heard_from.get(sensor.id, -math.inf) <= LIVELY_S
        ]
        self._found_again(changes)
        self._between += changes.continued
        self._not_lost_after_all(tracks.number)
        gone = [int(number) for table in lost for number in table.number if number not in tracks.number]
        self._last_words.update({said.track: said for said in map(self._explained, gone) if said is not None})
        self.assessment = self.engine.assess(tracks, Reach(lively))
        delta = self.board.apply(
            self.assessment,
            self.engine.claims,
            answers=self.engine.answers,
            lost=lost,
            flights=self._declared,
            continued=self._news,
        )
        for track in delta.removed:
            self._last_words.pop(track, None)
        self._forget(gone, time)
        self._lost, self._declared, self._news = [], [], []
        if time >= self._expire_at:
            self._expire_at = time + EXPIRE_EVERY_S
            self.engine.claims.expire(time - self.engine.settings.claims_kept_s)
        return delta

    def _found_again(self, changes: TrackChanges) -> None:
        """Tracks that were continued bear their numbers again, and are as well known as they were; what was known of a
        track that is joined to another is known of that one."""
        self._news += changes.continued
        for one in changes.continued:
            if one.taken:
                self.engine.continued(one.number, one.of)
                self._over.pop(one.of, None)
                self._last_words.pop(track_name(one.of), None)
            else:
                self.engine.may_continue(one.number, one.of, one.probability)
        for same in changes.joined:
            self.engine.continued(same.number, same.of)

    def _not_lost_after_all(self, numbers: Ints) -> None:
        """A late detection may show that a track was not lost: it is there again, without having been continued."""
        for number in self._over.keys() & set(numbers.tolist()):
            del self._over[number]
            self._last_words.pop(track_name(number), None)

    def _forget(self, gone: Iterable[int], time: float) -> None:
        """Tracks that are over are forgotten once they can no longer be continued."""
        self._over |= dict.fromkeys(gone, time)
        old = [number for number, lost in self._over.items() if time - lost > self.tracker.stitching.memory_s]
        for number in old:
            del self._over[number]
        self.engine.forget(old)

    def identification(self, track: str) -> Identification | None:
        """The reasons behind a track's standing as of the last tick, or its last ones; None for no such track."""
        if track in self._last_words:
            return self._last_words[track]
        return self._explained(track_number(track))

    def _explained(self, number: int) -> Identification | None:
        """What the last assessment says of a track; None where it was not in it."""
        if self.assessment is None:
            return None
        numbers = self.assessment.tracks.number
        row = int(np.searchsorted(numbers, number))
        if row == len(numbers) or numbers[row] != number:
            return None
        return self.explained(row)

    def explained(self, row: int) -> Identification:
        """The reasons behind the standing of one row of the last assessment, of which there must be one."""
        engine = self.engine
        if self.assessment is None:
            raise IndexError("nothing was assessed yet")
        return explain(self.assessment, row, engine.claims, self.board.parties, engine.answers, engine.telemetry)

    def identifications(self) -> Iterator[Identification]:
        """All of them, as of the last tick."""
        if self.assessment is not None:
            for row in range(len(self.assessment.tracks)):
                yield self.explained(row)


def drive(
    pipeline: Pipeline,
    batches: Iterable[DetectionBatch],
    every_s: float,
    tick: Callable[[float], BoardDelta] | None = None,
) -> Iterator[BoardDelta]:
    """Runs a recording through the pipeline as fast as it goes, with a tick at every multiple of `every_s`.

    A batch is taken only after the ticks up to its first arrival, so that no tick knows of later news. After the last
    batch comes one more tick.

    Args:
        tick: what a tick is; the pipeline's own unless said.
    """
    tick = tick or pipeline.tick
    due: float | None = None
    last = 0.0
    for batch in batches:
        if not len(batch):
            continue
        arrives = float(batch.received[0])
        if due is None:
            due = math.floor(arrives / every_s) * every_s + every_s
        while due <= arrives:
            delta = tick(due)
            yield delta
            if (
                arrives - due > LONGEST_PAUSE_S
                and pipeline.assessment is not None
                and not len(pipeline.assessment.tracks)
            ):
                due = math.floor(arrives / every_s) * every_s
            due += every_s
        pipeline.take(batch)
        last = float(batch.received[-1])
    if due is not None:
        yield tick(max(due, math.ceil(last / every_s) * every_s))
