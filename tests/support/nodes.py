"""A small kit: nodes of a rehearsal in memory, the network between them, crews with keys, and flights to declare.

`africom` flies; `lna` guards `SQUARE` and watches it from its post `south`. Time stands still until it is moved.
"""

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from safeconduct.coordination.register import Register
from safeconduct.federation.request import SignedRequest
from safeconduct.links.in_process import InProcessNetwork, in_process_address
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.card import GuardedAir
from safeconduct.model.coverage import Coverage
from safeconduct.model.desk import DeskView, InboxItem
from safeconduct.model.entry import Actor, Fact
from safeconduct.model.flight import Flight, RoutePoint
from safeconduct.model.key import SigningKey, key_id
from safeconduct.model.message import Message, Told
from safeconduct.model.person import Person, Role
from safeconduct.model.post import Post, Shift
from safeconduct.model.receipt import ReadBack, SignedReceipt
from safeconduct.model.record import SignedPromise
from safeconduct.model.sector import Sector
from safeconduct.model.volume import Volume4D
from safeconduct.record.checkpoint import Checkpoint
from safeconduct.record.seal import Sealed
from safeconduct.service.crew import sign_receipt, sign_shift
from safeconduct.service.desk import Desk
from safeconduct.service.desk.books import NodeIdentity, Written
from safeconduct.service.desk.posts import AnswerTaken
from safeconduct.service.hosting import PartyNode, open_node
from safeconduct.store.base import StoreError
from safeconduct.store.memory import MemoryStore, Shelf

START = 1_574_326_800.0
Outline = tuple[tuple[float, float], ...]
ENTRY = ReadBack(13.0, 31.5)
"""Where `flight`'s route enters SQUARE."""


def square(west: float = 13.0, south: float = 31.0, size: float = 1.0) -> Outline:
    """A ring of (lon, lat) degrees."""
    east, north = west + size, south + size
    return ((west, south), (east, south), (east, north), (west, north))


SQUARE, NORTH = square(), square(south=33.0)


def key_of(name: str) -> SigningKey:
    """A key that is always the same."""
    return SigningKey(hashlib.sha256(name.encode()).digest())


def volume(outline: Outline, start: float = START, **changes: Any) -> Volume4D:
    """Two hours of air."""
    return replace(Volume4D(outline=outline, lower_m=100.0, upper_m=5000.0, start=start, end=start + 7200.0), **changes)


def flight(id: str = "F1", party: str = "africom", *, lat: float = 31.5, **changes: Any) -> Flight:  # noqa: A002
    """West to east through the air at a latitude, into SQUARE after half an hour."""
    path = [(12.5, START + 600.0), (13.0, START + 1800.0), (14.0, START + 4200.0), (14.5, START + 5400.0)]
    flown = Flight(
        id=id,
        party=party,
        aircraft=Aircraft(type="male_uav", owner=party, operator=party),
        volumes=(volume(((12.4, lat - 0.05), (14.6, lat - 0.05), (14.6, lat + 0.05), (12.4, lat + 0.05))),),
        route=tuple(RoutePoint(lon, lat, 3000.0, time) for lon, time in path),
        contact="desk 7",
    )
    return replace(flown, **changes)


class WeakStore(MemoryStore):
    """A store whose disk may fail: `fails` before anything is there, `forgets` to answer after all of it is."""

    def __init__(self, shelf: Shelf) -> None:
        super().__init__(shelf)
        self.fails = self.forgets = self.deaf = False
        self.appended: list[int] = []

    def append(self, entries: Sequence[Sealed]) -> int:
        """See `Store.append`."""
        if self.fails:
            raise StoreError("the disk is full", where="memory")
        first = super().append(entries)
        self.appended.append(len(entries))
        if self.forgets:
            raise StoreError("the connection was lost", where="memory")
        return first

    def entries(self, after: int = 0) -> Iterator[tuple[int, Sealed]]:
        """See `Store.entries`."""
        if self.deaf:
            raise StoreError("the connection was lost", where="memory")
        return super().entries(after)

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        """See `Store.add_checkpoint`."""
        if self.fails:
            raise StoreError("the disk is full", where="memory")
        super().add_checkpoint(checkpoint)


@dataclass(slots=True)
class NodeAtHand:
    """One party's node, which can be restarted over what its store kept."""

    party: str
    node: PartyNode
    store: WeakStore
    shelf: Shelf

    @property
    def desk(self) -> Desk:
        """The node's."""
        return self.node.desk

    @property
    def register(self) -> Register:
        """What the node knows."""
        return self.desk.register

    def who(self, person: str = "olga", role: Role = Role.OFFICER, post: str | None = None) -> Actor:
        """Somebody who is signed in."""
        return Actor(party=self.party, person=person, role=role, post=post)

    def facts(self) -> list[Fact]:
        """Everything on its record."""
        return [entry.fact for entry in self.node.recorder.replay()]

    def coverage(self, ref: str = "F1") -> tuple[Coverage, ...]:
        """Of an own flight, as its officer sees it."""
        return next(one.coverage for one in self.desk.view(self.who()).flights if one.ref == ref)

    def line(self, ref: str = "F1", post: str | None = "south") -> Coverage:
        """The one line of a post."""
        (line,) = [line for line in self.coverage(ref) if line.post == post]
        return line

    def state(self, ref: str = "F1", post: str | None = "south") -> str:
        """Of the one line of a post."""
        return self.line(ref, post).state.value

    def declare(self, *flights: Flight) -> SignedPromise:
        """Declares own flights."""
        return self.desk.declare(self.who(), flights).record

    def amend(self, changed: Flight) -> None:
        """A new version of an own flight in the place of its present one."""
        version = self.register.flights[changed.id].flight.version
        self.desk.amend(self.who(), changed.id, changed, replaces=version)

    def view(self, role: Role = Role.OFFICER, post: str | None = None) -> DeskView:
        """What somebody of a role sees."""
        return self.desk.view(self.who(f"some {role}", role, post))


@dataclass(slots=True)
class Crew:
    """A person at a post, with a key on a device of their own."""

    at: NodeAtHand
    who: Actor
    key: SigningKey
    clock: Callable[[], float]

    @property
    def post(self) -> str:
        """Its id."""
        assert self.who.post is not None
        return self.who.post

    def take_over(self, lasts_s: float = 8 * 3600.0) -> Shift:
        """Takes the post over, with the next number."""
        number = self.at.register.shift_numbers.get(self.post, 0) + 1
        assert self.who.person is not None
        shift, signature = sign_shift(
            self.key,
            post=self.post,
            number=number,
            person=self.who.person,
            start=self.clock(),
            until=self.clock() + lasts_s,
            rehearsal=True,
        )
        return self.at.desk.begin_shift(self.who, shift, signature).value

    def stand_down(self) -> None:
        """Leaves the post."""
        self.at.desk.end_shift(self.who, self.post)

    def item(self, id: str = "F1", party: str = "africom") -> InboxItem:  # noqa: A002
        """The notice of a flight."""
        inbox = self.at.desk.inbox(self.who, self.post)
        return next(item for item in inbox if (item.flight.id, item.flight.party) == (id, party))

    def look(self, id: str = "F1", party: str = "africom") -> InboxItem:  # noqa: A002
        """Has the notice of a flight on the screen."""
        item = self.item(id, party)
        if item.notice.state == "put":
            self.at.desk.shown(self.who, item.notice.id)
        return self.item(id, party)

    def signed(
        self, item: InboxItem, read_back: ReadBack | None = ENTRY, *, signer: SigningKey | None = None, **changes: Any
    ) -> SignedReceipt:
        """An answer, `changes` made before it is signed; a refusal without a read-back."""
        reason = "" if read_back else "we have live firing there"
        made = sign_receipt(self.key, item, time=self.clock(), rehearsal=True, read_back=read_back, reason=reason)
        receipt = replace(made.receipt, **changes)
        return SignedReceipt(receipt=receipt, signature=(signer or self.key).sign(receipt.signed_bytes()))

    def send(self, signed: SignedReceipt) -> Written[AnswerTaken]:
        """Sends an answer."""
        return self.at.desk.answer(self.who, signed)

    def receive(self, id: str = "F1", party: str = "africom") -> SignedReceipt:  # noqa: A002
        """Looks, reads back rightly, and signs."""
        signed = self.signed(self.look(id, party))
        self.send(signed)
        return signed

    def refuse(self, id: str = "F1", party: str = "africom") -> SignedReceipt:  # noqa: A002
        """Looks, and signs that it does not take it."""
        signed = self.signed(self.look(id, party), None)
        self.send(signed)
        return signed


class Nodes:
    """Nodes of some parties that know each other, and the network between them. `now` is the time at all of them."""

    def __init__(self, *parties: str, acquainted: bool = True) -> None:
        self.now = START
        self.network = InProcessNetwork()
        self.carried: list[tuple[str, SignedRequest]] = []
        self._bytes = itertools.count()
        self.of: dict[str, NodeAtHand] = {}
        for party in parties or ("africom", "lna"):
            self._open(party, Shelf())
        if "lna" in self.of:
            guard(self.of["lna"])
        if acquainted:
            for here, there in itertools.permutations(self.of.values(), 2):
                introduce(here, there)
            self.settle()

    def __getitem__(self, party: str) -> NodeAtHand:
        return self.of[party]

    def clock(self) -> float:
        """Unix seconds."""
        return self.now

    def settle(self) -> None:
        """Everything that can be carried is carried."""
        while sum(at.node.step() for at in self.of.values()):  # each has its turn, even if one before moved something
            pass
        for at in self.of.values():
            at.node.recorder.sequence()

    def pass_s(self, seconds: float) -> None:
        """Time passes, the desks look at the clock, and messages go."""
        self.now += seconds
        for at in self.of.values():
            at.desk.tick()
        self.settle()

    def cut(self, party: str) -> None:
        """Nothing reaches this party's node."""
        self.network.cut(in_process_address(party))

    def mend(self, party: str) -> None:
        """It is reached again, and whoever waits to try again does so at once."""
        self.network.mend(in_process_address(party))
        for at in self.of.values():
            at.node.pump.heard(party)
        self.settle()

    def restart(self, party: str) -> NodeAtHand:
        """A node comes back over what its store kept."""
        before = self.of[party]
        guards = before.desk.guards
        before.store.close()
        self._open(party, before.shelf)
        self.of[party].desk.guards = guards
        return self.of[party]

    def replaced(self, party: str) -> NodeAtHand:
        """A node that has lost everything, and begins with a new key."""
        self.of[party].store.close()
        self._open(party, Shelf(), key=key_of(f"new node {party}"))
        return self.of[party]

    def crew(self, person: str = "salma", party: str = "lna", post: str = "south", *, on_duty: bool = True) -> Crew:
        """A person on a post's roster, with a key that is enrolled."""
        at, key = self.of[party], key_of(f"{party} {person}")
        at.desk.set_person(at.who(), Person(id=person, name=person.title(), role=Role.CREW, post=post))
        crew = Crew(at, at.who(person, Role.CREW, post), key, self.clock)
        if key.public not in at.register.keys:
            at.desk.enrol_key(crew.who, key.public)
        if on_duty:
            crew.take_over()
        return crew

    def message(self, sender: str, receiver: str, told: Told, **changes: Any) -> Message:
        """The next message between two parties, which nobody has sent."""
        number = self.of[receiver].register.peers[sender].taken + 1
        made = Message(sender=sender, receiver=receiver, number=number, time=self.now, rehearsal=True, told=told)
        return replace(made, **changes)

    def say(self, sender: str, receiver: str, told: Told, **changes: Any) -> bytes:
        """Has a sender's node sign and send whatever it is told to; the answer to it."""
        return self.of[receiver].desk.take(self.of[sender].desk.sign(self.message(sender, receiver, told, **changes)))

    def _open(self, party: str, shelf: Shelf, key: SigningKey | None = None) -> None:
        store = WeakStore(shelf)
        address = in_process_address(party)
        identity = NodeIdentity(
            party=party,
            name=party.upper(),
            address=address,
            key=key or key_of(f"node {party}"),
            clock=self.clock,
            new_id=lambda: f"{next(self._bytes):032x}",
            rehearsal=True,
        )
        node = open_node(
            identity,
            store,
            self.network,
            salts=lambda length: next(self._bytes).to_bytes(length, "big"),
            clock=self.clock,
            jitter=lambda: 0.0,
        )

        def receive(request: SignedRequest) -> bytes:
            self.carried.append((party, request))
            return node.take(request)

        self.network.register(address, receive)
        self.of[party] = NodeAtHand(party, node, store, shelf)


def guard(at: NodeAtHand, outline: Outline = SQUARE, post: str = "south") -> Post:
    """Has a party guard some air and watch it from a post."""
    at.desk.guards = (*at.desk.guards, GuardedAir(outline=outline, lower_m=0.0, upper_m=9000.0, since=START))
    return set_post(at, post, outline)


def set_post(at: NodeAtHand, post: str, outline: Outline) -> Post:
    """A post, new or changed."""
    sector = Sector(id=post, party=at.party, name=post.title(), centre=outline[0], outline=outline)
    return at.desk.set_post(at.who(), Post(id=post, party=at.party, name=post.title(), sector=sector)).value.post


def introduce(here: NodeAtHand, there: NodeAtHand) -> None:
    """`here` takes the card of `there`, and confirms it."""
    here.desk.take_card(here.who(), there.desk.card())
    here.desk.confirm_card(here.who(), there.party, key_id(there.desk.public))
