"""The books of a node: its register, and the one way to change it. Durable first, then known, then answered (law 6)."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from safeconduct.coordination.conflicts import Airspace
from safeconduct.coordination.notices import Crossings, post_words, put_notices
from safeconduct.coordination.register import KnownFlight, KnownPeer, Register
from safeconduct.model.entry import Actor, Entry, Fact, MessageSent, NodeOpened
from safeconduct.model.key import SigningKey
from safeconduct.model.message import Message, Told
from safeconduct.model.post import Post, Shift
from safeconduct.model.record import SignedPromise
from safeconduct.service.recorder import Recorder

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Written(Generic[T]):
    """What a use case made, and the record's promise for the entry that it began with."""

    value: T
    record: SignedPromise


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeIdentity:
    """Who a node is, and what it is given from outside.

    Attributes:
        party, name: whose node it is.
        address: where other nodes reach it.
        key: the node's own; it signs messages, promises and checkpoints, and never a receipt.
        clock: Unix seconds; a rehearsal's scenario time.
        new_id: gives 32 hex characters that nobody could guess.
        rehearsal: true where nothing of this is real (law 9).
    """

    party: str
    name: str
    address: str
    key: SigningKey
    clock: Callable[[], float]
    new_id: Callable[[], str]
    rehearsal: bool


class Draft:
    """The facts of one transaction, gathered before any of them counts."""

    def __init__(self, books: "Books") -> None:
        self._books = books
        self._sent: dict[str, int] = {}
        self.facts: list[Fact] = []

    def add(self, *facts: Fact) -> None:
        """More facts, in their order."""
        self.facts.extend(facts)

    def tell(self, party: str, told: Told) -> None:
        """A message into the outbox of one peer."""
        peer = self._books.register.peers[party]
        number = self._sent[party] = self._sent.get(party, peer.sent) + 1
        identity = self._books.identity
        message = Message(
            sender=identity.party,
            receiver=party,
            number=number,
            time=identity.clock(),
            rehearsal=identity.rehearsal,
            told=told,
        )
        self.add(MessageSent(message=message))

    def tell_all(self, told: Told) -> None:
        """A message to every peer that is confirmed."""
        for party in self._books.confirmed():
            self.tell(party, told)

    def notices(
        self, known: KnownFlight, *, posts: dict[str, Post] | None = None, shifts: dict[str, Shift] | None = None
    ) -> None:
        """Brings the notices of a flight up to date, and tells its owner, if that is another party."""
        books = self._books
        posts = books.register.posts if posts is None else posts
        shifts = books.register.shifts if shifts is None else shifts
        now = books.now()
        put = list(
            put_notices(books.register, known, now, books.crossings, books.identity.new_id, posts=posts, shifts=shifts)
        )
        self.add(*put)
        if not known.own and known.flight.party in books.confirmed():
            for word in post_words(books.register, known, put, now, posts=posts):
                self.tell(known.flight.party, word)


class Books:
    """A node's register behind one lock, and what belongs to it. Every method may be called from any thread."""

    def __init__(self, identity: NodeIdentity, recorder: Recorder) -> None:
        self.identity, self.recorder = identity, recorder
        self.register = Register()
        self.crossings = Crossings()
        self.airspace = Airspace(identity.party)
        self.lock = threading.RLock()
        self.number = 0
        self._listeners: list[Callable[[], None]] = []
        self._unreached: dict[str, str] = {}
        self._looked: set[tuple[str, int, str]] = set()
        for entry in recorder.replay():
            self._fold(entry)
        if not self.register.party:
            opened = NodeOpened(party=identity.party, public=identity.key.public)
            self.commit(Actor(party=identity.party), [opened])

    @property
    def party(self) -> str:
        """Whose node this is."""
        return self.identity.party

    @property
    def rehearsal(self) -> bool:
        """Whether nothing here is real."""
        return self.identity.rehearsal

    @property
    def public(self) -> str:
        """The node's public key."""
        return self.identity.key.public

    def now(self) -> float:
        """The node's time, Unix seconds."""
        return self.identity.clock()

    def draft(self) -> Draft:
        """An empty transaction. Call with the lock held, and keep it until the commit."""
        return Draft(self)

    def commit(self, who: Actor, facts: Sequence[Fact]) -> SignedPromise:
        """Makes facts durable, in one transaction; then they are known. The promise is for the first of them.

        Raises:
            StoreError: they could not be made durable, and nothing has changed.
        """
        now = self.now()
        entries = [Entry(node=self.party, time=now, actor=who, fact=fact, rehearsal=self.rehearsal) for fact in facts]
        with self.lock:
            promises = self.recorder.write(entries)
            for entry in entries:
                self._fold(entry)
            self.number += 1
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()
        return promises[0]

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Has `callback` called after each change, from whatever thread made it; the answer ends that."""
        with self.lock:
            self._listeners.append(callback)

        def end() -> None:
            with self.lock:
                if callback in self._listeners:
                    self._listeners.remove(callback)

        return end

    def confirmed(self) -> Iterator[str]:
        """Peers that are told things."""
        for party, peer in self.register.peers.items():
            if speaks(peer):
                yield party

    def _fold(self, entry: Entry) -> None:
        touched = self.register.apply(entry)
        if touched is None:
            return
        kind, ref = touched
        if kind == "flight":
            self.airspace.put_flight(ref, self.register.flights[ref].flight)
        else:
            self.airspace.put_zone(ref, self.register.zones[ref])


def speaks(peer: KnownPeer) -> bool:
    """Whether messages go to a peer and are taken from it."""
    return peer.confirmed and not peer.revoked
