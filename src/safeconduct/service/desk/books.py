"""The books of a node: its register, and the one way to change it. Durable first, then known, then answered (law 6)."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from safeconduct.coordination.conflicts import Airspace
from safeconduct.coordination.conformance import ConformanceMonitor
from safeconduct.coordination.known import KnownFlight, speaks
from safeconduct.coordination.notices import Crossings, closed_word, post_word, post_words, put_notices
from safeconduct.coordination.register import Register
from safeconduct.errors import InputError
from safeconduct.federation.cards import sign_post_key
from safeconduct.federation.request import MOST_BODY_BYTES
from safeconduct.model.card import PostKey
from safeconduct.model.entry import Actor, Entry, Fact, MessageSent, NodeOpened
from safeconduct.model.key import SigningKey
from safeconduct.model.message import Message, PostFact, TellReceipt, Told
from safeconduct.model.notice import Notice, NoticeState
from safeconduct.model.post import Post, Shift
from safeconduct.model.receipt import ReceiptState, SignedReceipt
from safeconduct.model.record import SignedPromise
from safeconduct.service.desk.reach import Reach
from safeconduct.service.recorder import Promises, Recorder
from safeconduct.store.base import StoreError

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
        self._confirming: set[str] = set()
        self.facts: list[Fact] = []

    def add(self, *facts: Fact) -> None:
        """More facts, in their order."""
        self.facts.extend(facts)

    def confirming(self, party: str) -> None:
        """In this transaction a peer is confirmed, and told things already; from number 1, since its key is new."""
        self._confirming.add(party)
        self._sent[party] = 0

    def tell(self, party: str, told: Told) -> None:
        """A message into the outbox of one peer.

        Raises:
            InputError: `too-long`: no node would take it, and what comes after it would never be told.
        """
        peer = self._books.register.peers[party]
        number = self._sent.get(party, peer.sent) + 1
        identity = self._books.identity
        message = Message(
            sender=identity.party,
            receiver=party,
            number=number,
            time=identity.clock(),
            rehearsal=identity.rehearsal,
            told=told,
        )
        length = len(message.canonical())
        if length > MOST_BODY_BYTES:
            raise InputError(
                "too-long",
                f"told to others it has {length} bytes, and {MOST_BODY_BYTES} at most are taken",
                remedy="simplify the volumes, or declare it in parts",
            )
        self._sent[party] = number
        self.add(MessageSent(message=message))

    def tell_all(self, told: Told) -> None:
        """A message to every peer that is confirmed."""
        for party in self._books.confirmed():
            self.tell(party, told)

    def tell_owner(self, known: KnownFlight, told: Told) -> None:
        """A message to the owner of another party's flight, if there is a link to it."""
        owner = known.flight.party
        if not known.own and (owner in self._confirming or speaks(self._books.register.peers.get(owner))):
            self.tell(owner, told)

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
        for word in post_words(books.register, known, put, now, posts=posts, shifts=shifts):
            self.tell_owner(known, word)

    def standing(self, known: KnownFlight) -> None:
        """Tells the owner of a flight how it stands at this node's posts, where no new fact does that."""
        register, now = self._books.register, self._books.now()
        concerned = register.ever_put.get(known.ref, set())
        for post in register.posts.values():
            notice = register.notice_before(known, post.id)
            if notice is not None:
                self._tell_notice(known, post, notice)
            elif post.id in concerned:
                self.tell_owner(known, closed_word(known, now, post))
        if register.posts and not concerned:
            self.tell_owner(known, closed_word(known, now))

    def _tell_notice(self, known: KnownFlight, post: Post, notice: Notice) -> None:
        now, shifts = self._books.now(), self._books.register.shifts
        if notice.shift and notice.state is not NoticeState.PUT:  # from the beginning: what was said before is over
            self.tell_owner(known, post_word(post, shifts, known, notice, now, PostFact.PUT))
        self.tell_owner(known, post_word(post, shifts, known, notice, now))
        answer = self._books.register.answers.get(notice.id)
        if answer is not None:
            self.tell_owner(known, self._books.vouched(answer.receipt, answer.read_back_error_m, answer.state))


class Books:
    """A node's register behind one lock, and what belongs to it. Every method may be called from any thread.

    Attributes:
        reach: how it stands with the links to other nodes.
        monitor: how own flights keep to their volumes.
        number: entries of the record that the register has folded.
    """

    def __init__(self, identity: NodeIdentity, recorder: Recorder) -> None:
        self.identity, self.recorder = identity, recorder
        self.register = Register()
        self.crossings = Crossings()
        self.airspace = Airspace(identity.party)
        self.reach = Reach()
        self.lock = threading.RLock()
        self.number = 0
        self._listeners: list[Callable[[], None]] = []
        self._unsure = False  # whether there may be more on the record than was folded
        self._catch_up()
        self.monitor = ConformanceMonitor(self.register.conformance)
        for party in self.confirmed():  # until it has answered, nothing is known of how it stands there now
            if self.register.peers[party].last is not None:
                self.reach.unreached(party, "it has not answered since this node started", self.now())
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
            StoreError: they could not be made durable, or the store does not know. Nothing has changed, unless it
                turns out that they are there after all.
        """
        now = self.now()
        entries = [Entry(node=self.party, time=now, actor=who, fact=fact, rehearsal=self.rehearsal) for fact in facts]
        with self.lock:
            if self._unsure and self._catch_up():
                raise StoreError(
                    "what failed before is on the record after all", where=self.party, remedy="look, and ask again"
                )
            promises = self._write(entries)
            for entry in entries:
                self._fold(entry)
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

    def vouched(self, signed: SignedReceipt, error_m: float | None, state: ReceiptState) -> TellReceipt:
        """A receipt of one of this node's posts, with this party's word whose key it is."""
        receipt = signed.receipt
        key = PostKey(
            party=self.party,
            post=receipt.post,
            shift=receipt.shift,
            public=receipt.key,
            time=self.now(),
            rehearsal=self.rehearsal,
        )
        return TellReceipt(
            receipt=signed,
            key=sign_post_key(key, self.identity.key),
            post_name=self.register.posts[receipt.post].name,
            read_back_error_m=error_m,
            misread=state is ReceiptState.MISREAD,
        )

    def _write(self, entries: Sequence[Entry]) -> Promises:
        try:
            return self.recorder.write(entries)
        except StoreError:
            # They may be durable all the same. Numbers given to messages must then never be given again.
            self._unsure = True
            with suppress(StoreError):
                self._catch_up()
            raise

    def _catch_up(self) -> bool:
        """Folds what is on the record and was not folded; whether there was anything.

        Raises:
            StoreError: the record cannot be read, or was changed.
        """
        before = self.number
        self.recorder.recount()
        for entry in self.recorder.replay(after=before):
            self._fold(entry)
        self._unsure = False
        return self.number > before

    def _fold(self, entry: Entry) -> None:
        self.number += 1
        for kind, ref in self.register.apply(entry):
            if kind == "flight":
                self.airspace.put_flight(ref, self.register.flights[ref].flight)
            else:
                self.airspace.put_zone(ref, self.register.zones[ref])
