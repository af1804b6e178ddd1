"""Nodes wired up: all of a rehearsal's for `safeconduct run`, a real one for `safeconduct serve`."""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from safeconduct.errors import SettingsError
from safeconduct.feeds.base import LiveFeed, Recording
from safeconduct.feeds.beast_tcp import BeastTcpFeed
from safeconduct.links.in_process import InProcessNetwork
from safeconduct.model.detection import DetectionBatch
from safeconduct.model.entry import Actor
from safeconduct.model.flight import Flight
from safeconduct.model.person import Person, Role
from safeconduct.model.sensor import Sensor
from safeconduct.picture.board import BoardHeading
from safeconduct.picture.identification import IdentificationSettings
from safeconduct.picture.plan_model import PlanModel
from safeconduct.service.access import Access
from safeconduct.service.declarations import declared_by_file, file_bytes
from safeconduct.service.desk.books import NodeIdentity
from safeconduct.service.desk.desk import Desk
from safeconduct.service.hosting import PartyNode, open_node
from safeconduct.service.keyfiles import node_key, publish_key
from safeconduct.service.node import Node
from safeconduct.service.pipeline import PictureSettings, Pipeline, drive
from safeconduct.service.rehearsal_nodes import OFFICER, RehearsalNodes
from safeconduct.service.rehearsals import HEADLESS_TICK_S, RehearsalRun, picture_of, prepare
from safeconduct.service.rivers import Rivers
from safeconduct.service.settings import Listen, NodeSettings
from safeconduct.service.stores import demand_record, open_store

PEOPLE_ACT_EVERY_S = 0.25
"""In a rehearsal that is shown, the simulated people do what is due this often (by the wall's clock)."""


@dataclass(frozen=True, slots=True)
class Station:
    """A node wired up and ready to run: what to serve, where, and what feeds it."""

    node: Node
    coordination: PartyNode
    access: Access
    listen: Listen
    feeds: tuple[Recording | LiveFeed, ...] = ()

    @property
    def desk(self) -> Desk:
        """The node's."""
        return self.coordination.desk

    def first_links(self) -> tuple[tuple[Person, str], ...]:
        """A one-time link for each person who has no key to sign in with: (person, token)."""
        asking = Actor(party=self.desk.party)
        return tuple(
            (one.person, self.access.new_link(one.person)[0]) for one in self.desk.people(asking) if not one.keys
        )


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


@dataclass(frozen=True, slots=True)
class Hosted:
    """Stations of one program, the one to look at first in front, and what people do meanwhile."""

    stations: tuple[Station, ...]
    nodes: RehearsalNodes | None = None
    closing: tuple[PartyNode, ...] = field(default=())

    def act(self) -> None:
        """What simulated people do up to now; nothing in a real node."""
        if self.nodes is not None:
            self.nodes.play(self.nodes.clock())

    def close(self) -> None:
        """Lets go of every node."""
        for station in self.stations:
            station.coordination.close()


def rehearsal_stations(
    scenario: str,
    variant: str | None,
    seed: int,
    *,
    listen: Listen,
    speed: float = 1.0,
    data: Path | None = None,
) -> tuple[Hosted, RehearsalRun]:
    """Every node of a rehearsal, with its warm-up already flown, that go on in the scenario's time times `speed`.

    The scenario's own node is the first and listens where `listen` says; the others on the ports after it, or, where
    that is 0, where the system chooses.

    Raises:
        InputError: what `prepare` raises.
    """
    run = prepare(scenario, variant, seed, epoch=secrets.token_hex(8), data=data, random=True)
    plan = run.rehearsal.scenario
    seen_from = plan.start + plan.warm_up_s
    rest = _WarmedUp(run, seen_from)
    run.nodes.go_live(ScenarioClock(seen_from, speed))
    parties = [plan.node, *(party for party in run.nodes.nodes if party != plan.node)]
    stations = []
    for number, party in enumerate(parties):
        coordination = run.nodes.nodes[party]
        own = party == plan.node
        rivers = run.rivers
        if not own:
            rivers = Rivers(picture_of(plan, run.variant, party, secrets.token_hex(8)), coordination.desk)
        stations.append(
            Station(
                Node(rivers, run.nodes.clock),
                coordination,
                Access(party, time.time, coordination.desk.person, rehearsal=True),
                _beside(listen, number),
                (rest,) if own else (),
            )
        )
    return Hosted(tuple(stations), run.nodes), run


def _beside(listen: Listen, number: int) -> Listen:
    port = listen.port + number if listen.port else 0
    return Listen(address=listen.address, port=port, host_names=listen.host_names)


class _WarmedUp:
    """A rehearsal of which everything received before `until` (Unix seconds) went through its pipeline already."""

    def __init__(self, run: RehearsalRun, until: float) -> None:
        self._rehearsal = run.rehearsal
        self.report = run.rehearsal.report
        self._batches = run.rehearsal.batches()
        self._next: DetectionBatch | None = None
        for _ in drive(run.pipeline, self._before(until), HEADLESS_TICK_S, run.tick):
            pass
        run.nodes.play(until)

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


def node_station(settings: NodeSettings, folder: Path, data: Path | None = None) -> Hosted:
    """A real node. `folder` is where its settings lie, and paths in them are relative to it; `data` is another place
    for its files than the settings say.

    Raises:
        InputError: the flights cannot be read, or may not be declared; `record-gone`, and what `node_key` raises.
        SettingsError: `unreadable`, `bad-setting` for the metrics token or the database.
        StoreError: the record cannot be opened.
    """
    coordination = _coordination(settings, folder, data or folder / settings.data)
    desk = coordination.desk
    officer = Actor(party=settings.node, person=OFFICER, role=Role.OFFICER)
    if desk.person(OFFICER) is None:
        desk.set_person(officer, Person(id=OFFICER, name="Duty officer", role=Role.OFFICER))
    if settings.flights:
        _declare(desk, officer, declared_by_file(folder / settings.flights))
    pipeline = Pipeline(
        settings.sector,
        BoardHeading(epoch=secrets.token_hex(8), node=settings.node, title=settings.title, rehearsal=False),
        sensors=settings.sensors,
        parties=settings.parties,
        settings=PictureSettings(
            tracker=settings.tracker,
            stitching=settings.stitching,
            identification=IdentificationSettings(
                thresholds=settings.standings, plan=PlanModel(lateness=settings.lateness)
            ),
        ),
    )
    sensors = {sensor.id: sensor for sensor in settings.sensors}
    feeds = tuple(BeastTcpFeed(feed.host, feed.port, sensors[feed.sensor], clock=time.time) for feed in settings.feeds)
    access = Access(settings.node, time.time, desk.person, rehearsal=False)
    if settings.listen.metrics_token_file:
        path = folder / settings.listen.metrics_token_file
        try:
            access.admit_machine(file_bytes(path).decode().strip(), Role.METRICS)
        except ValueError as error:
            raise SettingsError("bad-setting", str(error), where=str(path)) from error
    coordination.start()
    node = Node(Rivers(pipeline, desk), time.time)
    return Hosted((Station(node, coordination, access, settings.listen, feeds),))


def _coordination(settings: NodeSettings, folder: Path, data: Path) -> PartyNode:
    key = node_key(data, rehearsal=False)
    name = next(party.name for party in settings.parties if party.id == settings.node)
    identity = NodeIdentity(
        party=settings.node,
        name=name,
        address=settings.address or f"unlinked:{settings.node}",
        key=key,
        clock=time.time,
        new_id=lambda: secrets.token_hex(16),
        rehearsal=False,
    )
    store = open_store(settings, folder, data)
    try:
        demand_record(store, data)
        node = open_node(identity, store, InProcessNetwork())
        publish_key(data, key)
    except BaseException:
        store.close()
        raise
    return node


def _declare(desk: Desk, who: Actor, flights: Sequence[Flight]) -> None:
    """Flights of a file: own ones are declared, or amended where they changed; others' are noted."""
    known = {one.ref: one.flight for one in desk.known_flights()}
    now = desk.now()
    for flight in flights:
        if flight.end < now:
            continue
        if flight.party != desk.party:
            desk.note(who, flight)
        elif flight.id not in known:
            desk.declare(who, [flight])
        elif not known[flight.id].declares_the_same(flight):
            desk.amend(who, flight.id, flight, replaces=known[flight.id].version)
