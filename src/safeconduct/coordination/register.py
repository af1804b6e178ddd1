"""What a node knows of coordination: the fold of the facts in its record, in their order.

Nothing else changes a register. Two registers that folded the same entries are equal, so a restart loses nothing.
"""

import itertools
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from safeconduct.coordination.crossing import misread, off_plan_m
from safeconduct.coordination.disclosure import disclosed
from safeconduct.coordination.known import KnownFlight, KnownPeer, PostWord, Taken, speaks
from safeconduct.model import entry as facts
from safeconduct.model.advisory import Advisory
from safeconduct.model.card import AirClaim
from safeconduct.model.conformance import Conformance
from safeconduct.model.entry import Entry
from safeconduct.model.flight import FlightState
from safeconduct.model.key import key_id
from safeconduct.model.message import (
    PostFact,
    TellFlight,
    TellLook,
    TellPost,
    TellReceipt,
    TellState,
    TellZone,
)
from safeconduct.model.notice import Notice
from safeconduct.model.person import Person, PersonKey
from safeconduct.model.post import Post, Shift
from safeconduct.model.receipt import ReceiptState, SignedReceipt
from safeconduct.model.zone import Zone

KEPT_ADVISORIES = 500
KEPT_LOOKS = 1000

RECEIPT_DUE_S = 120.0
"""A crew on duty has this long to answer. Twenty-seven minutes passed in 2016; two are enough to look at a map."""

Touched = tuple[tuple[Literal["flight", "zone"], str], ...]
"""The flights and zones that a fact changed, by their refs."""


@dataclass(slots=True)
class Register:
    """The state of one node.

    Attributes:
        party, public: whose node this is, and its key; empty before its first entry.
        flights: by ref.
        zones: by `zone_ref`.
        shifts: the shift now on duty, by post; `shift_numbers` the last number used.
        keys: enrolled keys by their public half.
        notices: by id, those that are not over; a flight has one at most before a post.
        by_post, by_flight: the ids of the same, by post and flight's ref, and by flight's ref and post.
        ever_put: by flight's ref, the posts that it was ever put before.
        answers: the last receipt to each notice that is not over.
        signed: the version last received by each (flight ref, post), whatever became of it.
        words: of own flights, by ref and (party, post): what other parties say of their posts.
        looks: at own flights by others, by ref: (party, look).
        looked: at others' flights from here: (ref, version, role).
        conformance: of own flights, by ref, as last noted.
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
    by_post: dict[str, dict[str, str]] = field(default_factory=dict)
    by_flight: dict[str, dict[str, str]] = field(default_factory=dict)
    ever_put: dict[str, set[str]] = field(default_factory=dict)
    answers: dict[str, Taken] = field(default_factory=dict)
    signed: dict[tuple[str, str], int] = field(default_factory=dict)
    words: dict[str, dict[tuple[str, str], PostWord]] = field(default_factory=dict)
    looks: dict[str, deque[tuple[str, TellLook]]] = field(default_factory=dict)
    looked: set[tuple[str, int, str]] = field(default_factory=set)
    peers: dict[str, KnownPeer] = field(default_factory=dict)
    claims: list[AirClaim] = field(default_factory=list)
    advisories: deque[Advisory] = field(default_factory=lambda: deque(maxlen=KEPT_ADVISORIES))
    advisories_given: int = 0
    conformance: dict[str, Conformance] = field(default_factory=dict)

    def apply(self, entry: Entry) -> Touched:
        """Takes one entry, the next one of the record, and says which flights and zones are different by it.

        Facts were checked before they became entries.
        """
        if isinstance(entry.fact, facts.Looked):
            self.looked.add((entry.fact.ref, entry.fact.version, str(entry.actor.role)))
        folding = _FOLDS.get(type(entry.fact))
        return (folding(self, entry.fact, entry.time) if folding else None) or ()

    def ref(self, party: str, flight: str) -> str:
        """The name at this node of a party's flight, also of one that is not known yet.

        Its id, and `party:id` where another party's flight has that name. Own flights always have their ids, so that
        nobody can keep a party from declaring its flights by using their ids first.
        """
        if party == self.party:
            return flight
        for ref in _names(party, flight):
            known = self.flights.get(ref)
            if known is None or (known.flight.party, known.flight.id) == (party, flight):
                return ref
        raise AssertionError("there is always another name")

    def zone_ref(self, party: str, zone: str) -> str:
        """The name at this node of a party's zone."""
        return zone if party == self.party and ":" not in zone else f"{party}:{zone}"

    def moved(self, known: KnownFlight, state: FlightState) -> KnownFlight:
        """Another party's flight in the state that it says.

        What a party says of its own flight is its word, also where our table of moves would not allow it.
        """
        return replace(known, flight=replace(known.flight, state=state))

    def notice_before(self, known: KnownFlight, post: str) -> Notice | None:
        """The notice of a flight that is before a post now."""
        holder = self.flights.get(known.ref)
        if holder is not None and holder.flight.party != known.flight.party:
            return None  # it is about to take its name back from another party's flight
        return self.notices.get(self.by_flight.get(known.ref, {}).get(post, ""))

    def inbox(self, post: str) -> Iterator[Notice]:
        """The notices before a post, oldest first."""
        return (self.notices[notice] for notice in self.by_post.get(post, {}).values())

    def keys_of(self, person: str) -> tuple[PersonKey, ...]:
        """The keys enrolled for a person."""
        return tuple(key for key in self.keys.values() if key.person == person)

    def directory(self) -> tuple[AirClaim, ...]:
        """Who is said to guard which air: by the cards of peers that were ever confirmed, and as this node was told."""
        by_card = [
            AirClaim(party=name, name=peer.card.name, by=name, air=air)
            for name, peer in self.peers.items()
            for air in peer.guards
        ]
        return (*by_card, *self.claims)


def _names(party: str, flight: str) -> Iterator[str]:
    """Names for another party's flight. One that looks like `party:id` is never taken as it is."""
    return (":".join([party] * times + [flight]) for times in itertools.count(1 if ":" in flight else 0))


def _opened(register: Register, fact: facts.NodeOpened, time: float) -> None:
    register.party, register.public = fact.party, fact.public


def _card_taken(register: Register, fact: facts.CardTaken, time: float) -> None:
    card = fact.card.card
    known = register.peers.get(card.party)
    if known is None:
        register.peers[card.party] = KnownPeer(card)
        return
    if speaks(known) and known.card.public != card.public:
        known.candidate = card
        return
    known.confirmed = known.confirmed and known.card.public == card.public
    known.card = card
    if known.confirmed:
        known.guards = card.guards


def _card_confirmed(register: Register, fact: facts.CardConfirmed, time: float) -> None:
    peer = register.peers[fact.party]
    if peer.candidate is not None and key_id(peer.candidate.public) == fact.fingerprint:
        peer.card = peer.candidate
    peer.candidate = None
    _begun_anew(register, peer)
    peer.confirmed, peer.guards = True, peer.card.guards


def _begun_anew(register: Register, peer: KnownPeer) -> None:
    """A new key is a new record: that node knows nothing of what was told, and counts from 1."""
    party = peer.card.party
    peer.sent = peer.acknowledged = 0
    peer.newest = peer.last = None
    peer.waiting.clear()
    for ref, known in register.flights.items():
        if known.flight.party == party:
            register.flights[ref] = replace(known, noted=True)
    for words in register.words.values():
        for at in [at for at in words if at[0] == party]:
            del words[at]


def _card_revoked(register: Register, fact: facts.CardRevoked, time: float) -> None:
    peer = register.peers[fact.party]
    peer.withdrawn.add(peer.card.public)
    if peer.candidate is not None:
        peer.card, peer.candidate, peer.confirmed = peer.candidate, None, False


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
    holder = register.flights.get(flight.id)
    register.flights[flight.id] = KnownFlight.of(flight.id, flight, own=True, since=time)
    if holder is None or holder.own:
        return (("flight", flight.id),)
    return ("flight", flight.id), ("flight", _renamed(register, holder))


def _renamed(register: Register, known: KnownFlight) -> str:
    """Another party's flight gives its name up to an own one; its new name."""
    old, new = known.ref, register.ref(known.flight.party, known.flight.id)
    register.flights[new] = replace(known, ref=new)
    for post, notice in register.by_flight.pop(old, {}).items():
        register.notices[notice] = replace(register.notices[notice], flight=new)
        register.by_flight.setdefault(new, {})[post] = notice
        del register.by_post[post][old]
        register.by_post[post][new] = notice
    if old in register.ever_put:
        register.ever_put[new] = register.ever_put.pop(old)
    for ref, post in [at for at in register.signed if at[0] == old]:
        register.signed[new, post] = register.signed.pop((ref, post))
    register.looked = {(new if ref == old else ref, version, role) for ref, version, role in register.looked}
    return new


def _flight_noted(register: Register, fact: facts.FlightNoted, time: float) -> Touched:
    ref = register.ref(fact.flight.party, fact.flight.id)
    register.flights[ref] = KnownFlight.of(ref, fact.flight, own=False, since=time, noted=True)
    return (("flight", ref),)


def _flight_moved(register: Register, fact: facts.FlightMoved, time: float) -> Touched:
    known = register.flights[fact.flight]
    register.flights[fact.flight] = replace(known, flight=known.flight.moved(fact.state))
    return (("flight", known.ref),)


def _zone_set(register: Register, fact: facts.ZoneSet, time: float) -> Touched:
    ref = register.zone_ref(fact.zone.party, fact.zone.id)
    register.zones[ref] = fact.zone
    return (("zone", ref),)


def _notice_put(register: Register, fact: facts.NoticePut, time: float) -> None:
    notice = fact.notice
    register.notices[notice.id] = notice
    register.by_post.setdefault(notice.post, {})[notice.flight] = notice.id
    register.by_flight.setdefault(notice.flight, {})[notice.post] = notice.id
    register.ever_put.setdefault(notice.flight, set()).add(notice.post)


def _notice_moved(register: Register, fact: facts.NoticeMoved, time: float) -> None:
    notice = register.notices[fact.notice].moved(fact.state)
    if not notice.over:
        register.notices[notice.id] = notice
        return
    del register.notices[notice.id]
    del register.by_post[notice.post][notice.flight]
    del register.by_flight[notice.flight][notice.post]
    register.answers.pop(notice.id, None)


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


def _conformance_noted(register: Register, fact: facts.ConformanceNoted, time: float) -> None:
    register.conformance[fact.flight] = fact.conformance


def _message_sent(register: Register, fact: facts.MessageSent, time: float) -> None:
    peer = register.peers[fact.message.receiver]
    peer.sent, peer.last = fact.message.number, fact.message
    peer.waiting.append((time, fact.message))


def _message_acknowledged(register: Register, fact: facts.MessageAcknowledged, time: float) -> None:
    peer = register.peers[fact.receiver]
    peer.acknowledged = max(peer.acknowledged, fact.number)
    while peer.waiting and peer.waiting[0][1].number <= fact.number:
        peer.waiting.popleft()


def _message_taken(register: Register, fact: facts.MessageTaken, time: float) -> Touched | None:
    message = fact.message
    register.peers[message.sender].newest = message
    return _TOLD_FOLDS[type(message.told)](register, message.told, message.sender, time)


def _told_flight(register: Register, told: TellFlight, sender: str, time: float) -> Touched:
    flight = told.flight
    ref = register.ref(sender, flight.id)
    known = register.flights.get(ref)
    if flight.party != sender or (known is not None and not known.takes(flight, noted=False)):
        return ()
    register.flights[ref] = KnownFlight.of(ref, flight, own=False, since=time)
    return (("flight", ref),)


def _told_state(register: Register, told: TellState, sender: str, time: float) -> Touched:
    known = register.flights.get(register.ref(sender, told.flight))
    if known is None or known.own:
        return ()
    register.flights[known.ref] = register.moved(known, told.state)
    return (("flight", known.ref),)


def _told_zone(register: Register, told: TellZone, sender: str, time: float) -> Touched:
    zone = told.zone
    ref = register.zone_ref(sender, zone.id)
    known = register.zones.get(ref)
    if zone.party != sender or (known is not None and zone.version <= known.version):
        return ()
    register.zones[ref] = zone
    return (("zone", ref),)


def _told_post(register: Register, told: TellPost, sender: str, time: float) -> None:
    known = register.flights.get(told.flight)
    if known is None or not known.own:
        return
    words = register.words.setdefault(told.flight, {})
    before = words.get((sender, told.post))
    # What is put before a crew anew has to be signed for anew: only what is shown goes on from there.
    goes_on = before is not None and told.fact is PostFact.SHOWN
    words[sender, told.post] = PostWord(
        party=sender,
        post=told.post,
        post_name=told.post_name,
        version=told.version,
        shift=told.shift,
        until=told.until,
        fact=told.fact,
        time=min(told.time, time),
        due=min(told.due, time + RECEIPT_DUE_S),
        taken=before.taken if before and goes_on else None,
        signed=before.signed if before else 0,
    )


def _told_receipt(register: Register, told: TellReceipt, sender: str, time: float) -> None:
    receipt = told.receipt.receipt
    known = register.flights.get(receipt.flight)
    word = register.words.get(receipt.flight, {}).get((sender, receipt.post))
    if known is None or word is None or not _may_count(known, word, told.receipt):
        return
    state = ReceiptState(receipt.answer.value)
    if told.misread or (
        receipt.read_back is not None and misread(off_plan_m(disclosed(known.flight), receipt.read_back))
    ):
        state = ReceiptState.MISREAD
    taken = Taken(receipt=told.receipt, state=state, read_back_error_m=told.read_back_error_m, time=time)
    signed = receipt.version if state is ReceiptState.RECEIVED else word.signed
    register.words[receipt.flight][sender, receipt.post] = replace(word, taken=taken, signed=signed)


def _may_count(known: KnownFlight, word: PostWord, signed: SignedReceipt) -> bool:
    """Whether a receipt is for something that was told, by the crew that it was told to be before, and not older than
    the last one of that post.

    Whoever runs a post's node has all receipts that its crews ever signed, and could tell them again.
    """
    receipt, version = signed.receipt, known.flight.version
    if receipt.version > version or (receipt.version == version and receipt.digest != known.told_digest):
        return False
    if receipt.shift != word.shift:
        return False
    if word.taken is None:
        return True
    last = word.taken.receipt.receipt
    return (receipt.version, receipt.shift, receipt.time) >= (last.version, last.shift, last.time)


def _told_look(register: Register, told: TellLook, sender: str, time: float) -> None:
    known = register.flights.get(told.flight)
    if known is not None and known.own:
        register.looks.setdefault(told.flight, deque(maxlen=KEPT_LOOKS)).append((sender, told))


_FOLDS: dict[type, Callable[[Register, Any, float], Touched | None]] = {
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
    facts.ConformanceNoted: _conformance_noted,
    facts.MessageSent: _message_sent,
    facts.MessageAcknowledged: _message_acknowledged,
    facts.MessageTaken: _message_taken,
}
"""Facts that change what is known; sign-ins are on the record and change nothing."""

_TOLD_FOLDS: dict[type, Callable[[Register, Any, str, float], Touched | None]] = {
    TellFlight: _told_flight,
    TellState: _told_state,
    TellZone: _told_zone,
    TellPost: _told_post,
    TellReceipt: _told_receipt,
    TellLook: _told_look,
}
