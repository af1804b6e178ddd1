"""What a node knows of coordination: the fold of the facts in its record, in their order.

Nothing else changes a register. Two registers that folded the same entries are equal, so a restart loses nothing.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from safeconduct.coordination.disclosure import disclosed
from safeconduct.model import entry as facts
from safeconduct.model.advisory import Advisory
from safeconduct.model.card import AirClaim, Card
from safeconduct.model.entry import Entry
from safeconduct.model.flight import Disclosure, Flight, FlightState
from safeconduct.model.message import (
    Message,
    PostFact,
    TellFlight,
    TellLook,
    TellPost,
    TellReceipt,
    TellState,
    TellZone,
)
from safeconduct.model.notice import Notice, NoticeState
from safeconduct.model.person import Person, PersonKey
from safeconduct.model.post import Post, Shift
from safeconduct.model.receipt import ReceiptState, SignedReceipt
from safeconduct.model.zone import Zone

KEPT_ADVISORIES = 500
KEPT_LOOKS = 1000

Touched = tuple[Literal["flight", "zone"], str] | None
"""A flight or a zone that a fact changed, by its ref; None where it changed neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFlight:
    """A flight of this node's party or of another.

    Attributes:
        ref: its name at this node.
        since: when this version was taken, Unix seconds.
        digest: what a receipt by one of this node's posts signs for.
        told_digest: of an own flight, what a receipt by another party's post signs for.
    """

    ref: str
    own: bool
    flight: Flight
    since: float
    digest: str
    told_digest: str

    @classmethod
    def of(cls, ref: str, flight: Flight, *, own: bool, since: float) -> "KnownFlight":
        """A flight with its digests, which take some milliseconds for a large one: they are made once a version."""
        digest = flight.digest
        told = flight if not own or flight.disclosure is Disclosure.OPEN else disclosed(flight)
        return cls(
            ref=ref,
            own=own,
            flight=flight,
            since=since,
            digest=digest,
            told_digest=digest if told is flight else told.digest,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A receipt as a node holds it, of an own post or of another party's."""

    receipt: SignedReceipt
    state: ReceiptState
    read_back_error_m: float | None
    time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PostWord:
    """How far a flight has come at a post, by its party's last word.

    Attributes:
        taken: the last receipt of any version and crew.
    """

    party: str
    post: str
    post_name: str
    version: int
    shift: int
    fact: PostFact
    time: float
    due: float
    taken: Taken | None = None


@dataclass(slots=True)
class KnownPeer:
    """Another party, by its card, and the messages to and from it.

    Attributes:
        sent, acknowledged, taken: numbers of the last message sent, acknowledged by it, and taken from it.
        waiting: messages that it has not acknowledged, oldest first, with the time each was sent.
    """

    card: Card
    confirmed: bool = False
    revoked: bool = False
    sent: int = 0
    acknowledged: int = 0
    taken: int = 0
    waiting: deque[tuple[float, Message]] = field(default_factory=deque)


@dataclass(slots=True)
class Register:
    """The state of one node.

    Attributes:
        party, public: whose node this is, and its key; empty before its first entry.
        flights: by ref. `versions` has the newest version ever taken of each.
        zones: by ref, as flights.
        shifts: the shift now on duty, by post; `shift_numbers` the last number used.
        keys: enrolled keys by their public half.
        notices: by id, those that are not over; `before` the id of the one before each (flight ref, post).
        answers: the last receipt to each notice that is not over.
        signed: the version last received by each (flight ref, post), whatever became of it.
        words: of own flights, by (ref, party, post): what other parties say of their posts.
        looks: at own flights by others, by ref: (party, look).
    """

    party: str = ""
    public: str = ""
    flights: dict[str, KnownFlight] = field(default_factory=dict)
    zones: dict[str, Zone] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    keys: dict[str, PersonKey] = field(default_factory=dict)
    shifts: dict[str, Shift] = field(default_factory=dict)
    shift_numbers: dict[str, int] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    before: dict[tuple[str, str], str] = field(default_factory=dict)
    answers: dict[str, Taken] = field(default_factory=dict)
    signed: dict[tuple[str, str], int] = field(default_factory=dict)
    words: dict[tuple[str, str, str], PostWord] = field(default_factory=dict)
    looks: dict[str, deque[tuple[str, TellLook]]] = field(default_factory=dict)
    peers: dict[str, KnownPeer] = field(default_factory=dict)
    claims: list[AirClaim] = field(default_factory=list)
    advisories: deque[Advisory] = field(default_factory=lambda: deque(maxlen=KEPT_ADVISORIES))
    advisories_given: int = 0

    def apply(self, entry: Entry) -> "Touched":
        """Takes one entry, the next one of the record, and says which flight or zone is different by it.

        Facts were checked before they became entries.
        """
        folding = _FOLDS.get(type(entry.fact))
        return None if folding is None else folding(self, entry.fact, entry.time)

    def ref(self, party: str, flight: str) -> str:
        """The name at this node of a party's flight (or zone), also of one that is not known yet."""
        if party == self.party:
            return flight
        known = self.flights.get(flight)
        return flight if known is not None and known.flight.party == party else f"{party}:{flight}"

    def new_ref(self, party: str, flight: str) -> str:
        """The name that a flight gets on its first declaration: its id, if nobody else has it here."""
        if party == self.party:
            return flight
        known = self.flights.get(flight)
        return flight if known is None or known.flight.party == party else f"{party}:{flight}"

    def moved(self, known: KnownFlight, state: FlightState) -> KnownFlight:
        """Another party's flight in the state that it says.

        What a party says of its own flight is its word, also where our table of moves would not allow it.
        """
        return replace(known, flight=replace(known.flight, state=state))

    def notice_before(self, ref: str, post: str) -> Notice | None:
        """The notice of a flight that is before a post now."""
        return self.notices.get(self.before.get((ref, post), ""))

    def keys_of(self, person: str) -> tuple[PersonKey, ...]:
        """The keys enrolled for a person."""
        return tuple(key for key in self.keys.values() if key.person == person)

    def directory(self) -> tuple[AirClaim, ...]:
        """Who is said to guard which air: by the cards of confirmed peers, and as this node was told."""
        by_card = [
            AirClaim(party=name, name=peer.card.name, by=name, air=air)
            for name, peer in self.peers.items()
            if peer.confirmed and not peer.revoked
            for air in peer.card.guards
        ]
        return (*by_card, *self.claims)


def _opened(register: Register, fact: facts.NodeOpened, time: float) -> None:
    register.party, register.public = fact.party, fact.public


def _card_taken(register: Register, fact: facts.CardTaken, time: float) -> None:
    card = fact.card.card
    known = register.peers.get(card.party)
    if known is None:
        register.peers[card.party] = KnownPeer(card)
    else:
        same_key = known.card.public == card.public
        known.card, known.confirmed = card, known.confirmed and same_key
        known.revoked = known.revoked and same_key


def _card_confirmed(register: Register, fact: facts.CardConfirmed, time: float) -> None:
    register.peers[fact.party].confirmed = True


def _card_revoked(register: Register, fact: facts.CardRevoked, time: float) -> None:
    register.peers[fact.party].revoked = True


def _air_claimed(register: Register, fact: facts.AirClaimed, time: float) -> None:
    register.claims.append(fact.claim)


def _post_set(register: Register, fact: facts.PostSet, time: float) -> None:
    register.posts[fact.post.id] = fact.post


def _person_set(register: Register, fact: facts.PersonSet, time: float) -> None:
    register.people[fact.person.id] = fact.person


def _key_enrolled(register: Register, fact: facts.KeyEnrolled, time: float) -> None:
    register.keys[fact.key.public] = fact.key


def _key_revoked(register: Register, fact: facts.KeyRevoked, time: float) -> None:
    register.keys.pop(fact.public, None)


def _shift_began(register: Register, fact: facts.ShiftBegan, time: float) -> None:
    register.shifts[fact.shift.post] = fact.shift
    register.shift_numbers[fact.shift.post] = fact.shift.number


def _shift_ended(register: Register, fact: facts.ShiftEnded, time: float) -> None:
    register.shifts.pop(fact.post, None)


def _flight_declared(register: Register, fact: facts.FlightDeclared, time: float) -> Touched:
    flight = fact.flight
    _know(register, flight.id, flight, own=True, time=time)
    return "flight", flight.id


def _flight_noted(register: Register, fact: facts.FlightNoted, time: float) -> Touched:
    ref = register.new_ref(fact.flight.party, fact.flight.id)
    _know(register, ref, fact.flight, own=False, time=time)
    return "flight", ref


def _know(register: Register, ref: str, flight: Flight, *, own: bool, time: float) -> None:
    register.flights[ref] = KnownFlight.of(ref, flight, own=own, since=time)


def _flight_moved(register: Register, fact: facts.FlightMoved, time: float) -> Touched:
    known = register.flights[fact.flight]
    register.flights[fact.flight] = replace(known, flight=known.flight.moved(fact.state))
    return "flight", known.ref


def _zone_set(register: Register, fact: facts.ZoneSet, time: float) -> Touched:
    register.zones[fact.zone.id] = fact.zone
    return "zone", fact.zone.id


def _notice_put(register: Register, fact: facts.NoticePut, time: float) -> None:
    notice = fact.notice
    register.notices[notice.id] = notice
    register.before[(notice.flight, notice.post)] = notice.id


def _notice_moved(register: Register, fact: facts.NoticeMoved, time: float) -> None:
    notice = register.notices[fact.notice]
    if fact.state in (NoticeState.SUPERSEDED, NoticeState.CLOSED):
        del register.notices[notice.id]
        register.answers.pop(notice.id, None)
        if register.before.get((notice.flight, notice.post)) == notice.id:
            del register.before[(notice.flight, notice.post)]
    else:
        register.notices[notice.id] = notice.moved(fact.state)


def _receipt_taken(register: Register, fact: facts.ReceiptTaken, time: float) -> None:
    receipt = fact.receipt.receipt
    notice = register.notices[receipt.notice]
    register.answers[notice.id] = Taken(
        receipt=fact.receipt, state=fact.state, read_back_error_m=fact.read_back_error_m, time=time
    )
    if fact.state is ReceiptState.RECEIVED:
        register.signed[(notice.flight, notice.post)] = receipt.version


def _advisory_given(register: Register, fact: facts.AdvisoryGiven, time: float) -> None:
    register.advisories.append(fact.advisory)
    register.advisories_given += 1


def _message_sent(register: Register, fact: facts.MessageSent, time: float) -> None:
    peer = register.peers[fact.message.receiver]
    peer.sent = fact.message.number
    peer.waiting.append((time, fact.message))


def _message_acknowledged(register: Register, fact: facts.MessageAcknowledged, time: float) -> None:
    peer = register.peers[fact.receiver]
    peer.acknowledged = max(peer.acknowledged, fact.number)
    while peer.waiting and peer.waiting[0][1].number <= fact.number:
        peer.waiting.popleft()


def _message_taken(register: Register, fact: facts.MessageTaken, time: float) -> Touched:
    message = fact.message
    register.peers[message.sender].taken = message.number
    folding = _TOLD_FOLDS.get(type(message.told))
    return None if folding is None else folding(register, message.told, message.sender, time)


def _told_flight(register: Register, told: TellFlight, sender: str, time: float) -> Touched:
    flight = told.flight
    ref = register.new_ref(sender, flight.id)
    known = register.flights.get(ref)
    if flight.party == sender and (known is None or flight.version > known.flight.version):
        _know(register, ref, flight, own=False, time=time)
        return "flight", ref
    return None


def _told_state(register: Register, told: TellState, sender: str, time: float) -> Touched:
    known = register.flights.get(register.ref(sender, told.flight))
    if known is not None and not known.own:
        register.flights[known.ref] = register.moved(known, told.state)
        return "flight", known.ref
    return None


def _told_zone(register: Register, told: TellZone, sender: str, time: float) -> Touched:
    zone = told.zone
    if zone.party == sender:
        ref = f"{sender}:{zone.id}"
        known = register.zones.get(ref)
        if known is None or zone.version > known.version:
            register.zones[ref] = zone
            return "zone", ref
    return None


def _told_post(register: Register, told: TellPost, sender: str, time: float) -> None:
    known = register.flights.get(told.flight)
    if known is None or not known.own:
        return
    at = (told.flight, sender, told.post)
    word = register.words.get(at)
    register.words[at] = PostWord(
        party=sender,
        post=told.post,
        post_name=told.post_name,
        version=told.version,
        shift=told.shift,
        fact=told.fact,
        time=told.time,
        due=told.due,
        taken=word.taken if word else None,
    )


def _told_receipt(register: Register, told: TellReceipt, sender: str, time: float) -> None:
    receipt = told.receipt.receipt
    word = register.words.get((receipt.flight, sender, receipt.post))
    if word is None:
        return
    state = ReceiptState.MISREAD if told.misread else ReceiptState(receipt.answer.value)
    taken = Taken(receipt=told.receipt, state=state, read_back_error_m=told.read_back_error_m, time=time)
    register.words[(receipt.flight, sender, receipt.post)] = replace(word, taken=taken)


def _told_look(register: Register, told: TellLook, sender: str, time: float) -> None:
    known = register.flights.get(told.flight)
    if known is not None and known.own:
        register.looks.setdefault(told.flight, deque(maxlen=KEPT_LOOKS)).append((sender, told))


_FOLDS: dict[type, Callable[[Register, Any, float], Touched]] = {
    facts.NodeOpened: _opened,
    facts.CardTaken: _card_taken,
    facts.CardConfirmed: _card_confirmed,
    facts.CardRevoked: _card_revoked,
    facts.AirClaimed: _air_claimed,
    facts.PostSet: _post_set,
    facts.PersonSet: _person_set,
    facts.KeyEnrolled: _key_enrolled,
    facts.KeyRevoked: _key_revoked,
    facts.ShiftBegan: _shift_began,
    facts.ShiftEnded: _shift_ended,
    facts.FlightDeclared: _flight_declared,
    facts.FlightNoted: _flight_noted,
    facts.FlightMoved: _flight_moved,
    facts.ZoneSet: _zone_set,
    facts.NoticePut: _notice_put,
    facts.NoticeMoved: _notice_moved,
    facts.ReceiptTaken: _receipt_taken,
    facts.AdvisoryGiven: _advisory_given,
    facts.MessageSent: _message_sent,
    facts.MessageAcknowledged: _message_acknowledged,
    facts.MessageTaken: _message_taken,
}
"""Facts that change what is known; sign-ins and own looks are on the record and change nothing."""

_TOLD_FOLDS: dict[type, Callable[[Register, Any, str, float], Touched]] = {
    TellFlight: _told_flight,
    TellState: _told_state,
    TellZone: _told_zone,
    TellPost: _told_post,
    TellReceipt: _told_receipt,
    TellLook: _told_look,
}
