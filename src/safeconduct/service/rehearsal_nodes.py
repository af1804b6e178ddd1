"""All nodes of a scenario in one program, each with its own store, keys and record; and the simulated people in them.

What happens is decided by the scenario and the seed, and goes the way that it would go in earnest: signed messages
over a link, facts on the record before anybody is answered, receipts signed with the crew's key.
"""

import hashlib
import heapq
import itertools
import math
import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from safeconduct.coordination.crossing import crossing
from safeconduct.coordination.disclosure import coarse_air
from safeconduct.errors import InputError
from safeconduct.kernels.frame import SectorFrame
from safeconduct.links.in_process import InProcessNetwork, in_process_address
from safeconduct.model.card import AirClaim
from safeconduct.model.entry import Actor
from safeconduct.model.flight import Flight, FlightState
from safeconduct.model.key import SigningKey, key_id
from safeconduct.model.notice import NoticeState
from safeconduct.model.person import Person, Role
from safeconduct.model.post import LONGEST_SHIFT_S, Post
from safeconduct.model.receipt import ReadBack
from safeconduct.model.scenario import Scenario, ScenarioCrew
from safeconduct.service.crew import sign_receipt, sign_shift
from safeconduct.service.desk.books import NodeIdentity
from safeconduct.service.hosting import PartyNode, open_node
from safeconduct.service.keyfiles import node_key, publish_key
from safeconduct.store.base import Store
from safeconduct.store.memory import MemoryStore
from safeconduct.store.sqlite import DATABASE, SqliteStore

OFFICER, OPERATOR = "officer", "operator"
"""Ids of the people that every node of a rehearsal has."""
TICK_S = 10.0
"""Before the scenario's start the desks look at the clock this often."""
ACTIVATED_S = -60.0
"""A flight is activated so long before its aircraft starts."""


class SeededBytes:
    """Bytes that follow from a seed: a rehearsal's keys, salts and ids, so that same seed gives the same record.

    Everybody can make them; they keep nothing secret, and everything made with them is marked a rehearsal's.
    """

    def __init__(self, seed: int, label: str) -> None:
        self._stream = f"{seed}:{label}:"
        self._count = itertools.count()

    def __call__(self, length: int) -> bytes:
        """The next `length` bytes, up to 64."""
        return hashlib.sha512(f"{self._stream}{next(self._count)}".encode()).digest()[:length]


@dataclass(slots=True)
class SteppedClock:
    """A clock that is set, Unix seconds; `follow` hands over to one that runs."""

    now: float
    running: Callable[[], float] | None = None

    def __call__(self) -> float:
        """Unix seconds."""
        return self.now if self.running is None else self.running()

    def step_to(self, time: float) -> None:
        """Never back."""
        self.now = max(self.now, time)

    def follow(self, running: Callable[[], float]) -> None:
        """From now on it is this clock."""
        self.running = running


@dataclass(slots=True)
class _Crew:
    """A simulated person at a post, with a key of their own."""

    plan: ScenarioCrew
    node: PartyNode
    who: Actor
    key: SigningKey
    rng: np.random.Generator
    reacted: set[str] = field(default_factory=set)


class RehearsalNodes:
    """The nodes of all parties that take part, introduced to each other, and the people that the scenario has.

    Args:
        flights: what is declared, as `Rehearsal.flights` has it.
        data: a folder for the nodes' files, one folder a party; None keeps everything in memory.
        random: whether keys and ids are drawn by chance rather than by the seed.

    Raises:
        InputError: `not-empty`: the folder holds an earlier record.
    """

    def __init__(
        self,
        scenario: Scenario,
        variant: str,
        seed: int,
        flights: tuple[Flight, ...],
        *,
        data: Path | None = None,
        random: bool = False,
    ) -> None:
        self.scenario, self.variant = scenario, variant
        self._seed, self._random = seed, random
        plans = {flight.id: flight for flight in scenario.flights}
        begins = [plans[flight.id].declared_s for flight in flights] + [crew.on_duty_s for crew in scenario.crews]
        first = min([0.0, *begins])
        self.clock = SteppedClock(scenario.start + first - TICK_S)
        self.network = InProcessNetwork()
        self._live = False
        self._order = itertools.count()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self.nodes: dict[str, PartyNode] = {}
        for party in scenario.parties:
            if party.takes_part:
                self.nodes[party.id] = self._open(party.id, party.name, data)
        for node in self.nodes.values():
            self._furnish(node)
        for node in self.nodes.values():
            self._introduce(node)
        here = [crew for crew in scenario.crews if self._party_of(crew.post) in self.nodes]
        self._crews = [self._hire(crew) for crew in here if variant in crew.reached_in]
        for flight in flights:
            self._plan(flight, plans[flight.id].declared_s)
        self._tick_at = self.clock.now
        self._settle()

    def go_live(self, clock: Callable[[], float]) -> None:
        """From now on `clock` gives the time, and messages and trees take care of themselves; `play` goes on."""
        self._live = True
        self.clock.follow(clock)
        for node in self.nodes.values():
            node.start()

    def play(self, until: float) -> None:
        """Everything that people do up to `until`, Unix seconds, each thing at its own time."""
        while self._due and self._due[0][0] <= until:
            time, _, act = heapq.heappop(self._due)
            self._quiet_until(time)
            self.clock.step_to(time)
            act()
            self._settle()
            self._look_around()
        self._quiet_until(until)
        self.clock.step_to(until)
        self._look_around()

    def tick(self, apart_from: str) -> None:
        """The desks look at the clock, but for one that its picture has look; then all messages go where they go."""
        for party, node in self.nodes.items():
            if party != apart_from:
                node.desk.tick()
        self._settle()

    def close(self) -> None:
        """Lets go of every node."""
        for node in self.nodes.values():
            node.close()

    def _quiet_until(self, time: float) -> None:
        """Before the picture begins, the desks look at the clock every TICK_S."""
        while (due := self._tick_at + TICK_S) < min(time, self.scenario.start):
            self._tick_at = due
            self.clock.step_to(due)
            for node in self.nodes.values():
                node.desk.tick()
            self._settle()
            self._look_around()

    def _open(self, party: str, name: str, data: Path | None) -> PartyNode:
        store: Store = MemoryStore()
        key = SigningKey(self._bytes(f"node {party}")(32))
        if data is not None:
            folder = data / party
            if (folder / DATABASE).exists():
                raise InputError(
                    "not-empty",
                    "the folder holds the record of an earlier rehearsal",
                    where=str(folder),
                    remedy="a rehearsal begins anew each time: give another folder, or remove this one",
                )
            store = SqliteStore(folder)
            key = node_key(folder, rehearsal=True)
        ids = self._bytes(f"ids {party}")
        identity = NodeIdentity(
            party=party,
            name=name,
            address=in_process_address(party),
            key=key,
            clock=self.clock,
            new_id=lambda: ids(16).hex(),
            rehearsal=True,
        )
        node = open_node(
            identity,
            store,
            self.network,
            salts=self._bytes(f"salts {party}"),
            clock=self.clock,
            jitter=lambda: 0.0,
            quiet_s=math.inf,  # nodes of one program fall silent together, and time leaps here
        )
        if data is not None:
            publish_key(data / party, key)
        self.network.register(identity.address, node.take)
        return node

    def _bytes(self, label: str) -> Callable[[int], bytes]:
        return secrets.token_bytes if self._random else SeededBytes(self._seed, label)

    def _furnish(self, node: PartyNode) -> None:
        """A node's own people and posts, and what it was told of air that nobody with a node guards."""
        desk, party = node.desk, node.desk.party
        officer = Actor(party=party, person=OFFICER, role=Role.OFFICER)
        desk.set_person(officer, Person(id=OFFICER, name="Duty officer", role=Role.OFFICER))
        desk.set_person(officer, Person(id=OPERATOR, name="Operator", role=Role.OPERATOR))
        sectors = {sector.id: sector for sector in self.scenario.sectors}
        for post in self.scenario.posts:
            if post.party == party:
                sector = sectors[post.sector]
                desk.set_post(officer, Post(id=post.id, party=party, name=post.name, sector=sector))
                relief = Person(id=f"{post.id}-relief", name="Relief crew", role=Role.CREW, post=post.id)
                desk.set_person(officer, relief)
        names = {one.id: one.name for one in self.scenario.parties}
        for sector in self.scenario.sectors:
            if sector.party not in self.nodes:
                air = coarse_air(sector, since=self.clock())
                desk.claim_air(officer, AirClaim(party=sector.party, name=names[sector.party], by=party, air=air))

    def _introduce(self, node: PartyNode) -> None:
        """Takes the cards of all others, and confirms them: in a rehearsal nobody has to telephone."""
        officer = Actor(party=node.desk.party, person=OFFICER, role=Role.OFFICER)
        for other in self.nodes.values():
            if other is not node:
                card = other.desk.card()
                node.desk.take_card(officer, card)
                node.desk.confirm_card(officer, card.card.party, key_id(card.card.public))

    def _hire(self, crew: ScenarioCrew) -> _Crew:
        party = self._party_of(crew.post)
        node = self.nodes[party]
        person = f"{crew.post}-crew"
        who = Actor(party=party, person=person, role=Role.CREW, post=crew.post)
        officer = Actor(party=party, person=OFFICER, role=Role.OFFICER)
        node.desk.set_person(officer, Person(id=person, name=crew.name, role=Role.CREW, post=crew.post))
        hired = _Crew(
            plan=crew,
            node=node,
            who=who,
            key=SigningKey(self._bytes(f"crew {crew.post}")(32)),
            rng=np.random.default_rng([self._seed, zlib.crc32(crew.post.encode())]),
        )
        self._at(self.scenario.start + crew.on_duty_s, lambda: self._take_over(hired))
        return hired

    def _take_over(self, crew: _Crew) -> None:
        desk, post, now = crew.node.desk, crew.plan.post, self.clock()
        desk.enrol_key(crew.who, crew.key.public)
        shift, signature = sign_shift(
            crew.key,
            post=post,
            number=1,
            person=crew.who.person or "",
            start=now,
            until=now + LONGEST_SHIFT_S,
            rehearsal=True,
        )
        desk.begin_shift(crew.who, shift, signature)

    def _plan(self, flight: Flight, declared_s: float) -> None:
        start = self.scenario.start
        desk = self.nodes[flight.party].desk
        who = Actor(party=flight.party, person=OPERATOR, role=Role.OPERATOR)
        begins = flight.route[0].time if flight.route else flight.start
        declared = replace(flight, state=FlightState.ACCEPTED)
        self._at(start + declared_s, lambda: desk.declare(who, [declared]))
        self._at(
            max(start + declared_s, begins + ACTIVATED_S), lambda: desk.move(who, flight.id, FlightState.ACTIVATED)
        )

    def _party_of(self, post: str) -> str:
        return next(one.party for one in self.scenario.posts if one.id == post)

    def _at(self, time: float, act: Callable[[], object]) -> None:
        def run() -> None:
            act()

        heapq.heappush(self._due, (time, next(self._order), run))

    def _settle(self) -> None:
        if self._live:
            return
        nodes = self.nodes.values()
        while sum(node.step() for node in nodes):  # every node has its turn, also after one that moved something
            pass
        for node in nodes:
            node.recorder.sequence()

    def _look_around(self) -> None:
        """Every crew looks at its inbox: each notice is opened and answered once."""
        for crew in self._crews:
            self._look(crew)

    def _look(self, crew: _Crew) -> None:
        desk, post = crew.node.desk, crew.plan.post
        for item in desk.inbox(crew.who, post):
            notice = item.notice
            if notice.id in crew.reacted or notice.shift != 1:
                continue
            crew.reacted.add(notice.id)
            shown = max(notice.put, self.clock()) + crew.plan.shown_after_s
            self._at(shown, partial(self._open_notice, crew, notice.id))
            self._at(shown + crew.plan.answers_after_s, partial(self._answer, crew, notice.id))

    def _open_notice(self, crew: _Crew, notice: str) -> None:
        for item in crew.node.desk.inbox(crew.who, crew.plan.post):
            if item.notice.id == notice and item.notice.state is NoticeState.PUT and self._on_duty(crew):
                crew.node.desk.shown(crew.who, notice)

    def _answer(self, crew: _Crew, notice: str) -> None:
        desk, post = crew.node.desk, crew.plan.post
        for item in desk.inbox(crew.who, post):
            if item.notice.id != notice or item.notice.state is not NoticeState.SHOWN or not self._on_duty(crew):
                continue
            sector = next(one.post.sector for one in desk.posts(crew.who) if one.post.id == post)
            crossed = crossing(item.flight, sector)
            if crossed is not None:
                place = self._read_back(crew, crossed.entry)
                signed = sign_receipt(crew.key, item, time=self.clock(), rehearsal=True, read_back=place)
                desk.answer(crew.who, signed)

    def _read_back(self, crew: _Crew, entry: tuple[float, float]) -> ReadBack:
        """A click on a map: near the place, not on it."""
        east, north = crew.rng.normal(0.0, crew.plan.read_back_sigma_m, 2)
        lon, lat = SectorFrame(*entry).to_degrees(np.array([east]), np.array([north]))
        return ReadBack(round(float(lon[0]), 5), round(float(lat[0]), 5))

    def _on_duty(self, crew: _Crew) -> bool:
        """Whether nobody else has taken the post over meanwhile: in the console anybody may try."""
        shifts = {one.post.id: one.shift for one in crew.node.desk.posts(crew.who)}
        shift = shifts[crew.plan.post]
        return shift is not None and shift.key == crew.key.public
