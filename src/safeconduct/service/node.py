"""A node at work: feeds in, deltas out, with bounded memory and back-pressure between them."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from safeconduct.errors import InputError
from safeconduct.feeds.base import FeedReport, LiveFeed, Recording
from safeconduct.model.board import BoardDelta, BoardStatus, BoardTrack
from safeconduct.model.detection import DetectionBatch
from safeconduct.model.identification import Identification
from safeconduct.model.last_contact import AfterContact
from safeconduct.model.reported_position import ReportedPosition
from safeconduct.service.rivers import Rivers

log = logging.getLogger(__name__)

TICK_S = 1.0
"""The board is brought up to date this often."""
KEPT_DELTAS = 300
"""Deltas kept for viewers that come back; one that was away for longer gets a snapshot."""
WAITING_BATCHES = 64
"""Batches between the feeds and the pipeline; when they are full, the feeds wait."""


@dataclass(slots=True)
class NodeStatistics:
    """What the metrics tell, since the start."""

    batches: int = 0
    detections: int = 0
    ticks: int = 0
    tick_s: float = 0.0
    viewers: int = 0
    snapshots: int = 0


class Node:
    """One picture with its feeds and its viewers, in one event loop.

    `clock` gives the time that the board shows, Unix seconds: the wall's, or a rehearsal's. The pipeline runs in a
    thread, one call at a time, so that viewers are served meanwhile.
    """

    def __init__(self, rivers: Rivers, clock: Callable[[], float]) -> None:
        self.rivers, self.pipeline, self.clock = rivers, rivers.pipeline, clock
        self.statistics = NodeStatistics()
        self.feeds: list[FeedReport] = []
        self._deltas: deque[tuple[int, bytes]] = deque(maxlen=KEPT_DELTAS)
        self._snapshot: tuple[int, bytes] | None = None
        self._published = 0
        self._lock = asyncio.Lock()
        self._news = asyncio.Condition()
        self._waiting: asyncio.Queue[DetectionBatch] = asyncio.Queue(WAITING_BATCHES)

    @property
    def ready(self) -> bool:
        """Whether there is a board to show."""
        return self.pipeline.board.number > 0

    async def run(self, feeds: Iterable[Recording | LiveFeed]) -> None:
        """Until cancelled. A feed that fails for good is logged and said; the others and the board go on."""
        sources = list(feeds)
        self.feeds = [feed.report for feed in sources]
        for feed in sources:
            for sensor in feed.sensors:
                self.pipeline.add_sensor(sensor)
        async with asyncio.TaskGroup() as group:
            for feed in sources:
                group.create_task(self._read(feed))
            group.create_task(self._take_all())
            group.create_task(self._tick_for_ever())

    async def _read(self, feed: Recording | LiveFeed) -> None:
        try:
            async for batch in _paced(feed, self.clock):
                await self._waiting.put(batch)
        except InputError as error:
            feed.report.reject(error)
            log.error("feed %s ended: %s", feed.report.path, error)
        except Exception as error:  # a fault of ours in one feed must not take the picture down
            feed.report.reject(InputError("internal", f"{type(error).__name__}: {error}", remedy="report this"))
            log.exception("feed %s failed", feed.report.path)

    async def _take_all(self) -> None:
        while True:
            batch = await self._waiting.get()
            async with self._lock:
                await asyncio.to_thread(self.pipeline.take, batch)
            self.statistics.batches += 1
            self.statistics.detections += len(batch)

    async def _tick_for_ever(self) -> None:
        due = time.monotonic()
        while True:
            await self.tick()
            due = max(due + TICK_S, time.monotonic())
            await asyncio.sleep(due - time.monotonic())

    async def tick(self) -> None:
        """Brings the board up to date and tells the viewers."""
        began = time.perf_counter()
        async with self._lock:
            self.publish(await asyncio.to_thread(self.rivers.tick, self.clock()))
        async with self._news:
            self._news.notify_all()
        self.statistics.ticks += 1
        self.statistics.tick_s = time.perf_counter() - began

    def publish(self, delta: BoardDelta) -> None:
        """Keeps a delta for the viewers."""
        self._published = delta.number
        self._deltas.append((delta.number, _message("delta", delta)))

    async def watch(self, epoch: str = "", number: int = -1) -> AsyncIterator[bytes]:
        """What a viewer is sent: a snapshot, then deltas, as JSON; only deltas if it can resume after `number`.

        A viewer that falls behind by more than is kept is sent a new snapshot: slow viewers cost no memory.
        """
        seen = number if epoch == self.pipeline.board.heading.epoch else -1
        self.statistics.viewers += 1
        try:
            while True:
                for at, message in await self._since(seen):
                    yield message
                    seen = at
                async with self._news:
                    while self._published <= seen:
                        await self._news.wait()
        finally:
            self.statistics.viewers -= 1

    async def _since(self, seen: int) -> list[tuple[int, bytes]]:
        """The messages that bring a viewer up to date, with the board number after each."""
        kept = [item for item in self._deltas if item[0] > seen]
        if 0 <= seen <= self._published and len(kept) == self._published - seen:
            return kept
        async with self._lock:
            board = self.pipeline.board
            if self._snapshot is None or self._snapshot[0] != board.number:
                self._snapshot = (board.number, _message("snapshot", board.snapshot()))
                self.statistics.snapshots += 1
            return [self._snapshot]

    async def track(self, name: str) -> tuple[BoardTrack, Identification | None] | None:
        """A track on the board and the reasons behind its standing; None where there is no such track.

        A lost track has no reasons any more.
        """
        async with self._lock:
            track = self.pipeline.board.tracks.get(name)
            return None if track is None else (track, self.pipeline.identification(name))

    async def reported(self, flight: str, position: ReportedPosition) -> None:
        """Where a flight's own party says that it is; the next tick weighs it."""
        async with self._lock:
            self.pipeline.engine.reported(flight, position)

    async def last_contact(self, name: str) -> tuple[BoardTrack, AfterContact] | None:
        """A lost track on the board and what follows from its last contact; None where there is no such lost track."""
        board = self.pipeline.board
        # Without the lock: what is known of a lost track does not change, and no tick waits for bodies to fall.
        said = await asyncio.to_thread(board.after_contact, name)
        track = board.tracks.get(name)
        if said is None or track is None or track.status is not BoardStatus.LOST:
            return None
        return track, said


def _message(kind: str, body: object) -> bytes:
    """`{"kind": ..., **body}` as JSON."""
    text = msgspec.json.encode(body)
    return b'{"kind":"' + kind.encode() + b'",' + text[1:]


async def _paced(feed: Recording | LiveFeed, clock: Callable[[], float]) -> AsyncIterator[DetectionBatch]:
    """A live feed as it comes; a recording no sooner than its detections were received, by the clock."""
    batches = feed.batches()
    if isinstance(batches, AsyncIterator):
        async for arrived in batches:
            yield arrived
        return

    def following() -> DetectionBatch | None:
        return next(batches, None)

    while (batch := await asyncio.to_thread(following)) is not None:
        while len(batch) and (early := float(batch.received[-1]) - clock()) > 0:
            await asyncio.sleep(min(early, 0.2))
        yield batch


async def stopped(task: asyncio.Task[None]) -> None:
    """Cancels a task and waits for its end."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
