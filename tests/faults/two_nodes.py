"""Two nodes in one process with load on them: `africom` declares flights, and `lna` has a post with two crews.

They run as in earnest: each with its own key and SQLite record in a folder, its sequencer and its outbox, talking over
the in-process link. Several threads put load on them until the process is killed. Whatever a use case acknowledged (it
returned) is written to a file by one unbuffered write before the same thread does anything else.
"""

import os
import random
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec

from safeconduct.coordination.crossing import crossing
from safeconduct.errors import InputError
from safeconduct.links.in_process import InProcessNetwork, in_process_address
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.card import GuardedAir
from safeconduct.model.desk import InboxItem
from safeconduct.model.entry import Actor
from safeconduct.model.flight import Disclosure, Flight, FlightState
from safeconduct.model.key import SigningKey, key_id
from safeconduct.model.notice import NoticeState
from safeconduct.model.person import Person, Role
from safeconduct.model.post import Post
from safeconduct.model.receipt import ReadBack
from safeconduct.model.record import SignedPromise
from safeconduct.model.sector import Sector
from safeconduct.model.volume import Volume4D
from safeconduct.model.zone import Zone
from safeconduct.service.crew import sign_receipt, sign_shift
from safeconduct.service.desk.books import NodeIdentity
from safeconduct.service.hosting import PartyNode, open_node
from safeconduct.service.keyfiles import new_key, node_key, publish_key, read_key
from safeconduct.service.stores import demand_record
from safeconduct.store.base import Store
from safeconduct.store.sqlite import SqliteStore

DECLARER, GUARD = "africom", "lna"
PARTIES = (DECLARER, GUARD)
SQUARE = ((13.0, 31.0), (14.0, 31.0), (14.0, 32.0), (13.0, 32.0))
POST = Post(
    id="south",
    party=GUARD,
    name="South",
    sector=Sector(id="south", party=GUARD, name="South", centre=(13.5, 31.5), outline=SQUARE),
)
CREWS = ("salma", "nadir")
OFFICER = Actor(party=GUARD, person="olga", role=Role.OFFICER)
FEW, MANY = 3, 8
"""Flights that are kept in the air by the two operators, about."""
LONGEST_S = 60.0
"""A child that nobody kills ends by itself after so long."""

StoreOf = Callable[[Path], Store]


class Acknowledged(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a use case said that it had done.

    Attributes:
        kind: `flight`, `state`, `receipt`, `shift` or `zone`.
        leaf: hex, as its promise has it.
        what: what identifies it: flight, version and digest; flight and state; notice and signature; post and number.
    """

    node: str
    kind: str
    leaf: str
    what: tuple[str, ...]


class Pair:
    """The two nodes of a folder, open; whatever is on their records is folded first.

    Args:
        store: opens a node's store in its own folder.
        clock: of both nodes, Unix seconds.
    """

    def __init__(self, folder: Path, store: StoreOf = SqliteStore, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.network = InProcessNetwork()
        self.declarer = self._open(folder / DECLARER, store)
        self.guard = self._open(folder / GUARD, store)
        self.crews = {name: _crew_key(folder / f"{name}.key") for name in CREWS}

    @property
    def nodes(self) -> tuple[PartyNode, PartyNode]:
        """Both."""
        return self.declarer, self.guard

    def furnish(self) -> None:
        """What is still missing of the post, its people and the exchange of cards: a kill may have come anywhere."""
        desk = self.guard.desk
        desk.guards = (GuardedAir(outline=SQUARE, lower_m=0.0, upper_m=9000.0, since=1.5e9),)
        if POST.id not in desk.register.posts:
            desk.set_post(OFFICER, POST)
        for name, key in self.crews.items():
            if desk.person(name) is None:
                desk.set_person(OFFICER, Person(id=name, name=name.title(), role=Role.CREW, post=POST.id))
            if key.public not in desk.register.keys:
                desk.enrol_key(crew(name), key.public)
        for here, there in ((self.guard, self.declarer), (self.declarer, self.guard)):
            officer, peers = Actor(party=here.desk.party, role=Role.OFFICER), here.desk.register.peers
            party = there.desk.party
            if party not in peers:
                here.desk.take_card(officer, there.desk.card())
            if not peers[party].confirmed:
                here.desk.confirm_card(officer, party, key_id(there.desk.public))

    def settle(self) -> None:
        """Lets nodes that were not started talk until neither has anything more to say."""
        while sum(node.step() for node in self.nodes):  # both have their turn, also after one that moved something
            pass

    def close(self) -> None:
        for node in self.nodes:
            node.close()

    def _open(self, folder: Path, store: StoreOf) -> PartyNode:
        party = folder.name
        opened, key = store(folder), node_key(folder, rehearsal=False)
        demand_record(opened, folder)
        identity = NodeIdentity(
            party=party,
            name=party.upper(),
            address=in_process_address(party),
            key=key,
            clock=self._clock,
            new_id=lambda: secrets.token_hex(16),
            rehearsal=False,
        )
        node = open_node(identity, opened, self.network)
        publish_key(folder, key)
        self.network.register(identity.address, node.take)
        return node


class Load:
    """People who are very busy.

    Args:
        acknowledged: an open file descriptor that takes a line for each use case that returned.
    """

    def __init__(self, pair: Pair, acknowledged: int, seed: int) -> None:
        self._pair, self._file, self._seed = pair, acknowledged, seed
        self._declarer, self._guard = pair.declarer.desk, pair.guard.desk

    def start(self) -> None:
        """A thread for each: two operators, a crew that answers, one that changes, and everything else."""
        for number, act in enumerate((self._fly, self._fly, self._answer, self._relieve, self._other)):
            dice = random.Random(self._seed * 10 + number)
            threading.Thread(target=self._repeat, args=(act, dice), name=f"load {number}", daemon=True).start()

    def step(self) -> None:
        """Each of them does one thing, one after another on this thread."""
        dice = random.Random(self._seed)
        for act in (self._relieve, self._fly, self._answer, self._other):
            with suppress(InputError):
                act(dice)

    def _repeat(self, act: Callable[[random.Random], None], dice: random.Random) -> None:
        while True:
            try:
                act(dice)
            except InputError:  # somebody else was faster: the flight has ended, the crew has changed
                time.sleep(0.001)

    def _fly(self, dice: random.Random) -> None:
        desk = self._declarer
        known = [one for one in desk.known_flights() if one.own and one.flight.state is not FlightState.ENDED]
        who = Actor(party=DECLARER, person="omar", role=Role.OPERATOR)
        if len(known) < FEW or (len(known) < MANY and dice.random() < 0.3):
            declared = desk.declare(who, [_flight(dice) for _ in range(dice.choice((1, 1, 2)))])
            for one in declared.value:
                self._flight(declared.record, one.flight)
            return
        flight = dice.choice(known).flight
        if dice.random() < 0.5:
            newer = replace(_flight(dice), id=flight.id)
            amended = desk.amend(who, flight.id, newer, replaces=flight.version)
            self._flight(amended.record, amended.value.flight)
        else:
            moved = desk.move(who, flight.id, dice.choice(sorted(flight.allowed_moves)))
            self._say(moved.record, "state", flight.id, moved.value.flight.state)

    def _answer(self, dice: random.Random) -> None:
        shift = self._guard.register.shifts.get(POST.id)
        if shift is None:
            time.sleep(0.001)
            return
        who, key = crew(shift.person), self._pair.crews[shift.person]
        for item in self._guard.inbox(who, POST.id):
            if item.notice.state is NoticeState.PUT:
                self._guard.shown(who, item.notice.id)
                return
            if item.notice.state is NoticeState.SHOWN and item.notice.shift == shift.number:
                place, reason = _reading(dice, item)
                signed = sign_receipt(key, item, time=time.time(), rehearsal=False, read_back=place, reason=reason)
                taken = self._guard.answer(who, signed)
                self._say(taken.record, "receipt", item.notice.id, signed.signature)
                return
        time.sleep(0.001)

    def _relieve(self, dice: random.Random) -> None:
        time.sleep(dice.uniform(0.005, 0.15))
        register, name = self._guard.register, dice.choice(CREWS)
        if dice.random() < 0.2:
            self._guard.end_shift(OFFICER, POST.id)
            return
        number, now = register.shift_numbers.get(POST.id, 0) + 1, time.time()
        shift, signature = sign_shift(
            self._pair.crews[name],
            post=POST.id,
            number=number,
            person=name,
            start=now,
            until=now + dice.choice((1.0, 3600.0)),
            rehearsal=False,
        )
        begun = self._guard.begin_shift(crew(name), shift, signature)
        self._say(begun.record, "shift", POST.id, str(number))

    def _other(self, dice: random.Random) -> None:
        time.sleep(dice.uniform(0.0, 0.05))
        desk = dice.choice((self._declarer, self._guard))
        match dice.randrange(4):
            case 0:
                zone = Zone(
                    id=f"Z{dice.randrange(3)}", party=desk.party, name="Range", reason="live firing", volumes=_air(dice)
                )
                written = desk.set_zone(Actor(party=desk.party, role=Role.OFFICER), zone)
                self._say(written.record, "zone", zone.id, str(written.value.version))
            case 1:
                for known in self._guard.known_flights()[-3:]:
                    self._guard.flight(Actor(party=GUARD, person="wanda", role=Role.WATCH), known.ref)
            case 2:
                self._pair.network.cut(in_process_address(desk.party))
                time.sleep(dice.uniform(0.0, 0.05))
                self._pair.network.mend(in_process_address(desk.party))
            case _:
                desk.tick()

    def _flight(self, record: SignedPromise, flight: Flight) -> None:
        self._say(record, "flight", flight.id, str(flight.version), flight.digest)

    def _say(self, record: SignedPromise, kind: str, *what: str) -> None:
        said = Acknowledged(record.promise.node, kind, record.promise.leaf, what)
        os.write(self._file, msgspec.json.encode(said) + b"\n")


def crew(name: str) -> Actor:
    """A person of the post, as the record has them."""
    return Actor(party=GUARD, person=name, role=Role.CREW, post=POST.id)


def live(folder: Path, store: StoreOf, acknowledged: Path, seed: int) -> None:
    """Opens the nodes of a folder and puts load on them. Returns only if nobody kills the process for a minute.

    An empty line in `acknowledged` says that they are open and the load begins.
    """
    file = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    pair = Pair(folder, store)
    pair.furnish()
    if seed % 4 == 0:  # nothing crosses in this life: all of it waits in the outboxes when the kill comes
        pair.network.cut(in_process_address(GUARD))
    for node in pair.nodes:
        node.start()
    os.write(file, b"\n")
    Load(pair, file, seed).start()
    time.sleep(LONGEST_S)


def _crew_key(path: Path) -> SigningKey:
    return read_key(path) if path.exists() else new_key(path)


def _air(dice: random.Random) -> tuple[Volume4D, ...]:
    """One to three volumes that overlap, most of them in the post's sector, and now and then over in a second."""
    west, now = dice.uniform(12.5, 14.5), time.time()
    lasts = dice.choice((1.0, 3600.0, 3600.0, 3600.0))
    return tuple(
        Volume4D(
            outline=tuple(
                (west + 0.1 * step + lon / 2, 31.2 + lat / 2) for lon, lat in ((0, 0), (1, 0), (1, 1), (0, 1))
            ),
            lower_m=100.0,
            upper_m=3000.0 + 100 * step,
            start=now,
            end=now + lasts,
        )
        for step in range(dice.choice((1, 1, 2, 3)))
    )


def _flight(dice: random.Random) -> Flight:
    return Flight(
        id=f"F{secrets.token_hex(6)}",
        party=DECLARER,
        aircraft=Aircraft(type="male_uav", owner=DECLARER, operator=DECLARER),
        volumes=_air(dice),
        disclosure=dice.choice((Disclosure.OPEN, Disclosure.COARSE)),
        contact="desk 7",
    )


def _reading(dice: random.Random, item: InboxItem) -> tuple[ReadBack | None, str]:
    """What the crew makes of a notice: mostly the right place, sometimes a wrong one, or a refusal."""
    crossed = crossing(item.flight, POST.sector)
    if crossed is None or dice.random() < 0.1:
        return None, "we have live firing there"
    lon, lat = crossed.entry
    return ReadBack(lon, lat + (0.5 if dice.random() < 0.1 else 0.0)), ""
