"""What a node knows of one flight, one post of another party, one peer: the values of its register."""

from collections import deque
from dataclasses import dataclass, field

from safeconduct.coordination.disclosure import disclosed
from safeconduct.model.card import Card, GuardedAir
from safeconduct.model.flight import Disclosure, Flight
from safeconduct.model.message import Message, PostFact
from safeconduct.model.receipt import ReceiptState, SignedReceipt


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFlight:
    """A flight of this node's party or of another.

    Attributes:
        ref: its name at this node.
        noted: whether it is another party's, and not that party's own word: see `entry.FlightNoted`.
        since: when this version was taken, Unix seconds.
        start, end: of the flight; a large one is not searched for them each time.
        digest: what a receipt by one of this node's posts signs for.
        told_digest: of an own flight, what a receipt by another party's post signs for.
    """

    ref: str
    own: bool
    noted: bool = False
    flight: Flight
    since: float
    start: float
    end: float
    digest: str
    told_digest: str

    @classmethod
    def of(cls, ref: str, flight: Flight, *, own: bool, since: float, noted: bool = False) -> "KnownFlight":
        """A flight with its digests, which take some milliseconds for a large one: they are made once a version."""
        digest = flight.digest
        told = flight if not own or flight.disclosure is Disclosure.OPEN else disclosed(flight)
        return cls(
            ref=ref,
            own=own,
            noted=noted,
            flight=flight,
            since=since,
            start=flight.start,
            end=flight.end,
            digest=digest,
            told_digest=digest if told is flight else told.digest,
        )

    def takes(self, flight: Flight, *, noted: bool) -> bool:
        """Whether a word on another party's flight changes what is known of it.

        The owner's own word counts for more than what was noted by telephone; after that it is the version that
        counts. With the same version comes a state that was missed.
        """
        if self.noted and not noted:
            return True
        if flight.version != self.flight.version or (noted and not self.noted):
            return flight.version > self.flight.version
        return flight != self.flight


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
        until: when the duty of that crew is over, Unix seconds; 0 for no crew.
        time, due: Unix seconds; not later than this node has reason to wait, whatever the party says.
        taken: the last receipt since it was put there, of any version.
        signed: the version last received, whatever became of that receipt; 0 for none.
    """

    party: str
    post: str
    post_name: str
    version: int
    shift: int
    until: float
    fact: PostFact
    time: float
    due: float
    taken: Taken | None = None
    signed: int = 0


@dataclass(slots=True)
class KnownPeer:
    """Another party, by its card, and the messages to and from it.

    Attributes:
        candidate: a later card with another key than `card`, until a person has compared its fingerprint. Whoever can
            bring a card here can say to be anybody; that alone takes nobody's place.
        withdrawn: keys that are trusted no more.
        guards: the air that it guards by its last confirmed card. It stays guarded when the key is not trusted.
        sent, acknowledged: numbers of the last message sent, and acknowledged by it.
        newest: the last message taken from it.
        last: the last message sent to it, whether or not it was acknowledged.
        waiting: messages that it has not acknowledged, oldest first, with the time each was sent.
    """

    card: Card
    candidate: Card | None = None
    confirmed: bool = False
    withdrawn: set[str] = field(default_factory=set)
    guards: tuple[GuardedAir, ...] = ()
    sent: int = 0
    acknowledged: int = 0
    newest: Message | None = None
    last: Message | None = None
    waiting: deque[tuple[float, Message]] = field(default_factory=deque)

    @property
    def taken(self) -> int:
        """Number of the last message taken from it; 0 for none."""
        return self.newest.number if self.newest else 0

    @property
    def revoked(self) -> bool:
        """Whether the key on the card is trusted no more."""
        return self.card.public in self.withdrawn


def speaks(peer: KnownPeer | None) -> bool:
    """Whether messages go to a peer and are taken from it."""
    return peer is not None and peer.confirmed and not peer.revoked
