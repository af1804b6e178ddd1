"""Other parties at the desk: cards, what is taken from them, and what waits for them."""

from dataclasses import dataclass

from safeconduct.codecs.messages import decode_message
from safeconduct.coordination.coverage import UNREACHABLE_S
from safeconduct.coordination.disclosure import coarse_air, disclosed
from safeconduct.coordination.known import KnownFlight, KnownPeer, speaks
from safeconduct.errors import ForbiddenError, InputError, StateError, UnknownError
from safeconduct.federation.acknowledgement import Acknowledgement, acknowledge
from safeconduct.federation.cards import check_card, fingerprint_of, sign_card
from safeconduct.federation.receiving import Taking, check_told, taking
from safeconduct.federation.request import SignedRequest, Verified, key_id_of, nonce_of, sign_request, verify_request
from safeconduct.model.card import AirClaim, Card, GuardedAir, SignedCard
from safeconduct.model.desk import Peer
from safeconduct.model.entry import (
    Actor,
    AirClaimed,
    CardConfirmed,
    CardRevoked,
    CardTaken,
    MessageAcknowledged,
    MessageTaken,
)
from safeconduct.model.flight import Flight
from safeconduct.model.key import key_id
from safeconduct.model.message import Message, TellFlight, TellState, TellZone
from safeconduct.service.desk.books import Books, Draft, Written


@dataclass(frozen=True, slots=True)
class OutboxPeer:
    """A peer to whom messages go; `waiting` of them now."""

    party: str
    address: str
    public: str
    waiting: int


class PeerDesk(Books):
    """What crosses between nodes. Nobody is in by default (design: enrolment): a person confirms each fingerprint."""

    guards: tuple[GuardedAir, ...] = ()
    """The air that this node's card says its party guards; empty for that of its posts, blurred."""

    def card(self) -> SignedCard:
        """This party's card."""
        identity = self.identity
        card = Card(
            party=identity.party,
            name=identity.name,
            address=identity.address,
            public=self.public,
            guards=self.guards or self._guarded_by_posts(),
            issued=self.now(),
            rehearsal=identity.rehearsal,
        )
        return sign_card(card, identity.key)

    def _guarded_by_posts(self) -> tuple[GuardedAir, ...]:
        with self.lock:
            return tuple(coarse_air(post.sector, since=self.now()) for post in self.register.posts.values())

    def peers(self, who: Actor | None = None) -> tuple[Peer, ...]:
        """All parties whose cards were taken."""
        now = self.now()
        with self.lock:
            return tuple(self._peer(party, peer, now) for party, peer in self.register.peers.items())

    def take_card(self, who: Actor, signed: SignedCard) -> Written[Peer]:
        """Another party's card; with a key that was not confirmed yet it has to be confirmed before anything is sent.
        Until then a key that was confirmed before stays in its place.

        Raises:
            InputError: what `check_card` raises; `bad-party` for an id with a colon, which sets party and flight apart
                in a flight's name here. StateError: `duplicate`: own card, or an older one than is here.
        """
        now = self.now()
        check_card(signed, now, self.rehearsal)
        card = signed.card
        if ":" in card.party:
            raise InputError("bad-party", "a party's id has no colon", where="card.party", remedy="choose another id")
        with self.lock:
            known = self.register.peers.get(card.party)
            if card.party == self.party:
                raise StateError("duplicate", "this is this node's own card", where="card.party")
            if known is not None and any(
                one.public == card.public and one.issued >= card.issued
                for one in (known.card, known.candidate)
                if one is not None
            ):
                raise StateError(
                    "duplicate",
                    f"a card of {card.party} as new is here",
                    where="card.issued",
                    remedy="ask anew",
                )
            promise = self.commit(who, [CardTaken(card=signed)])
            return Written(self._peer(card.party, self.register.peers[card.party], now), promise)

    def confirm_card(self, who: Actor, party: str, fingerprint: str) -> Written[Peer]:
        """A person compared the fingerprint, over another way than the card came. The peer is told all that is current.

        Raises:
            UnknownError: `unknown-party`. InputError: `bad-fingerprint`. ForbiddenError: `wrong-fingerprint`.
            StateError: `bad-move`: confirmed or revoked already.
        """
        typed = fingerprint_of(fingerprint)
        with self.lock:
            peer = self._known_peer(party)
            candidate = peer.candidate is not None and key_id(peer.candidate.public) == typed
            if key_id(peer.card.public) != typed and not candidate:
                raise ForbiddenError(
                    "wrong-fingerprint",
                    f"the card of {party} has another fingerprint",
                    where="fingerprint",
                    remedy="do not confirm it: ask for the card again, and compare by telephone",
                )
            card = peer.candidate if candidate and peer.candidate else peer.card
            if card.public in peer.withdrawn or (peer.confirmed and not candidate):
                raise StateError(
                    "bad-move", f"the key of {party} is {'revoked' if peer.revoked else 'confirmed'} already"
                )
            draft = self.draft()
            draft.add(CardConfirmed(party=party, fingerprint=typed))
            draft.confirming(party)
            self._tell_all_of_it(draft, party)
            promise = self.commit(who, draft.facts)
            self.reach.forget(party)
            return Written(self._peer(party, peer, self.now()), promise)

    def revoke_card(self, who: Actor, party: str, reason: str) -> Written[Peer]:
        """The party's key is trusted no more: nothing is sent to it and nothing taken, until a new key is confirmed.

        Raises:
            UnknownError: `unknown-party`. StateError: `bad-move`.
        """
        with self.lock:
            peer = self._known_peer(party)
            if peer.revoked:
                raise StateError("bad-move", f"the key of {party} is revoked already", where="party")
            fact = CardRevoked(party=party, fingerprint=key_id(peer.card.public), reason=reason)
            promise = self.commit(who, [fact])
            return Written(self._peer(party, peer, self.now()), promise)

    def claim_air(self, who: Actor, claim: AirClaim) -> Written[AirClaim]:
        """Another party is said to guard some air, by this node's word; it stands in coverage even without a node."""
        with self.lock:
            return Written(claim, self.commit(who, [AirClaimed(claim=claim)]))

    def take(self, request: SignedRequest) -> bytes:
        """A request of another node: its message becomes durable here, and then it is acknowledged.

        Raises:
            InputError: what `federation` and `codecs.messages` raise; nothing was taken. If it really was that node's,
                the officer is told, and its word counts no more until it is taken again.
            StoreError: it could not be made durable; the sender sends it again.
        """
        now = self.now()
        with self.lock:
            sender = self._sender(key_id_of(request))
            verified = verify_request(request, sender.card.public, now, target=self.identity.address)
            try:
                message = self._take_verified(sender, request.body, verified, now)
            except InputError as error:
                self.reach.refused(sender.card.party, f"a message of its is refused here: {error}", now)
                raise
            self.reach.taken(sender.card.party)
            return acknowledge(
                message,
                sender.taken,
                sent=sender.sent,
                nonce=nonce_of(request),
                time=now,
                key=self.identity.key,
            )

    def _take_verified(self, sender: KnownPeer, body: bytes, verified: Verified, now: float) -> Message:
        message = decode_message(body)
        verdict = taking(message, receiver=self.party, card=sender.card, newest=sender.newest, rehearsal=self.rehearsal)
        if verdict is Taking.TAKE:
            check_told(message, sender.card, now, self.rehearsal)
            self._take(message, MessageTaken(message=message, signature=verified.signature, base=verified.base))
        return message

    def sender_of(self, request: SignedRequest) -> str:
        """The confirmed party whose key a request names.

        Raises:
            InputError: `malformed`, `unknown-party`.
        """
        with self.lock:
            return self._sender(key_id_of(request)).card.party

    def pending(self, party: str) -> Message | None:
        """The oldest message that a peer has not acknowledged."""
        with self.lock:
            peer = self.register.peers.get(party)
            return peer.waiting[0][1] if peer and speaks(peer) and peer.waiting else None

    def newest(self, party: str) -> Message | None:
        """The last message to a peer, acknowledged or not. Repeated, it changes nothing there, and asks whether the
        node is there and remembers what it acknowledged."""
        with self.lock:
            peer = self.register.peers.get(party)
            return peer.last if peer and speaks(peer) else None

    def outbox(self) -> tuple[OutboxPeer, ...]:
        """Peers that were ever told something."""
        with self.lock:
            return tuple(
                OutboxPeer(party, peer.card.address, peer.card.public, len(peer.waiting))
                for party, peer in self.register.peers.items()
                if speaks(peer) and peer.last is not None
            )

    def sign(self, message: Message) -> SignedRequest:
        """The request that carries a message, signed now."""
        with self.lock:
            target = self.register.peers[message.receiver].card.address
        return sign_request(
            message.canonical(),
            target=target,
            key=self.identity.key,
            created=self.now(),
            nonce=self.identity.new_id(),
        )

    def acknowledged(self, party: str, said: Acknowledgement) -> None:
        """A peer has what it says, durably; and has sent what it says, which is here, or does not come through."""
        with self.lock:
            peer = self.register.peers[party]
            self.reach.reached(party)
            if said.sent > peer.taken:
                self.reach.refused(party, "its messages do not come through", self.now())
            if said.number > peer.acknowledged:
                self.commit(Actor(party=party), [MessageAcknowledged(receiver=party, number=said.number)])

    def unreached(self, party: str, reason: str) -> None:
        """A peer could not be told; why, for the officer."""
        with self.lock:
            self.reach.unreached(party, reason, self.now())

    def _tell_all_of_it(self, draft: Draft, party: str) -> None:
        """Tells a peer that is about to be confirmed everything that is current."""
        now = self.now()
        for known in self.register.flights.values():
            if known.own and known.end >= now:
                draft.tell(party, TellFlight(flight=disclosed(known.flight)))
        for zone in self.register.zones.values():
            if zone.party == self.party and not zone.lifted:
                draft.tell(party, TellZone(zone=zone))

    def _take(self, message: Message, fact: MessageTaken) -> None:
        """Records a message, and what follows from it at this node's posts."""
        told, sender = message.told, message.sender
        draft = self.draft()
        draft.add(fact)
        if isinstance(told, TellFlight):
            self._take_flight(draft, told.flight)
        elif isinstance(told, TellState):
            known = self.register.flights.get(self.register.ref(sender, told.flight))
            if known is not None and not known.own:
                draft.notices(self.register.moved(known, told.state))
        self.commit(Actor(party=sender), draft.facts)

    def _take_flight(self, draft: Draft, flight: Flight) -> None:
        ref = self.register.ref(flight.party, flight.id)
        known = self.register.flights.get(ref)
        if known is None or known.takes(flight, noted=False):
            known = KnownFlight.of(ref, flight, own=False, since=self.now())
        facts = len(draft.facts)
        draft.notices(known)
        if len(draft.facts) == facts:  # the owner is answered all the same
            draft.standing(known)

    def _sender(self, fingerprint: str) -> KnownPeer:
        for peer in self.register.peers.values():
            if speaks(peer) and key_id(peer.card.public) == fingerprint:
                return peer
        raise UnknownError(
            "unknown-party",
            f"no confirmed party has the key {fingerprint}",
            where="signature-input",
            remedy="exchange cards, and confirm the fingerprint on both sides",
        )

    def _known_peer(self, party: str) -> KnownPeer:
        peer = self.register.peers.get(party)
        if peer is None:
            raise UnknownError(
                "unknown-party", f"no card of {party!r} is here", where="party", remedy="take its card first"
            )
        return peer

    def _peer(self, party: str, peer: KnownPeer, now: float) -> Peer:
        linked = speaks(peer)
        since_s = max(
            now - peer.waiting[0][0] if peer.waiting else 0.0, self.reach.since_s(party, now) if linked else 0.0
        )
        return Peer(
            party=party,
            name=peer.card.name,
            address=peer.card.address,
            fingerprint=key_id(peer.card.public),
            guards=peer.card.guards,
            confirmed=peer.confirmed,
            revoked=peer.revoked,
            candidate=key_id(peer.candidate.public) if peer.candidate else "",
            outbox=len(peer.waiting),
            since_heard_s=max(0.0, since_s),
            unreachable=since_s > UNREACHABLE_S,
            problem=self.reach.problem(party) if linked else "",
        )
