"""Nodes wired up: a rehearsal's for `safeconduct run`, a real one for `safeconduct serve`."""

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from safeconduct.errors import SettingsError
from safeconduct.feeds.base import LiveFeed, Recording
from safeconduct.feeds.beast_tcp import BeastTcpFeed
from safeconduct.model.detection import DetectionBatch
from safeconduct.model.sensor import Sensor
from safeconduct.picture.board import BoardHeading
from safeconduct.picture.identification import IdentificationSettings
from safeconduct.service.access import Access, Role
from safeconduct.service.declarations import declared_by_file, file_bytes
from safeconduct.service.node import Node
from safeconduct.service.pipeline import PictureSettings, Pipeline, drive
from safeconduct.service.rehearsals import HEADLESS_TICK_S, RehearsalRun, prepare
from safeconduct.service.settings import Listen, NodeSettings


@dataclass(frozen=True, slots=True)
class Station:
    """A node wired up and ready to run: what to serve, where, and what feeds it."""

    node: Node
    access: Access
    listen: Listen
    feeds: tuple[Recording | LiveFeed, ...]


class ScenarioClock:
    """The time of a rehearsal: `start` (Unix seconds) when first asked, then `speed` seconds a second."""

    def __init__(self, start: float, speed: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._start, self._speed, self._monotonic = start, speed, monotonic
        self._began: float | None = None

    def __call__(self) -> float:
        """Unix seconds in the scenario."""
        now = self._monotonic()
        if self._began is None:
            self._began = now
        return self._start + self._speed * (now - self._began)


def rehearsal_station(
    scenario: str, variant: str | None, seed: int, *, listen: Listen, speed: float = 1.0
) -> tuple[Station, RehearsalRun]:
    """A rehearsal, with its warm-up already flown, that goes on in the scenario's time times `speed`.

    Raises:
        InputError: what `prepare` raises.
    """
    run = prepare(scenario, variant, seed, epoch=secrets.token_hex(8))
    plan = run.rehearsal.scenario
    seen_from = plan.start + plan.warm_up_s
    rest = _WarmedUp(run, seen_from)
    node = Node(run.pipeline, ScenarioClock(seen_from, speed))
    return Station(node, Access(plan.node, time.time), listen, (rest,)), run


class _WarmedUp:
    """A rehearsal of which everything received before `until` (Unix seconds) went through its pipeline already."""

    def __init__(self, run: RehearsalRun, until: float) -> None:
        self._rehearsal = run.rehearsal
        self.report = run.rehearsal.report
        self._batches = run.rehearsal.batches()
        self._next: DetectionBatch | None = None
        for _ in drive(run.pipeline, self._before(until), HEADLESS_TICK_S):
            pass

    def _before(self, until: float) -> Iterator[DetectionBatch]:
        for batch in self._batches:
            if batch.received[0] >= until:
                self._next = batch
                return
            yield batch

    @property
    def sensors(self) -> tuple[Sensor, ...]:
        """The rehearsal's."""
        return self._rehearsal.sensors

    def batches(self) -> Iterator[DetectionBatch]:
        """What is still to come."""
        if self._next is not None:
            yield self._next
        yield from self._batches


def node_station(settings: NodeSettings, folder: Path) -> Station:
    """A real node. `folder` is where its settings lie; paths in them are relative to it.

    Raises:
        InputError: the flights cannot be read.
        SettingsError: `unreadable`, `bad-setting` for the metrics token.
    """
    declared = folder / settings.flights if settings.flights else None
    flights = declared_by_file(declared) if declared else ()
    pipeline = Pipeline(
        settings.sector,
        BoardHeading(epoch=secrets.token_hex(8), node=settings.node, title=settings.title, rehearsal=False),
        sensors=settings.sensors,
        parties=settings.parties,
        flights=flights,
        settings=PictureSettings(
            tracker=settings.tracker, identification=IdentificationSettings(thresholds=settings.standings)
        ),
    )
    sensors = {sensor.id: sensor for sensor in settings.sensors}
    feeds = tuple(BeastTcpFeed(feed.host, feed.port, sensors[feed.sensor], clock=time.time) for feed in settings.feeds)
    access = Access(settings.node, time.time)
    if settings.listen.metrics_token_file:
        path = folder / settings.listen.metrics_token_file
        try:
            access.admit_machine(file_bytes(path).decode().strip(), Role.METRICS)
        except ValueError as error:
            raise SettingsError("bad-setting", str(error), where=str(path)) from error
    return Station(Node(pipeline, time.time), access, settings.listen, feeds)
