"""Entries of the record: every fact that a node has accepted, who brought it, and when.

A node's whole state is the fold of its facts, in order (`coordination.register`). So what is acknowledged, what is
recorded and what is known cannot come apart.
"""

from dataclasses import dataclass

from safeconduct.model import check
from safeconduct.model.advisory import Advisory
from safeconduct.model.canonical import canonical
from safeconduct.model.card import AirClaim, SignedCard
from safeconduct.model.conformance import Conformance
from safeconduct.model.flight import Flight, FlightState
from safeconduct.model.identification import Identification
from safeconduct.model.message import Message
from safeconduct.model.notice import Notice, NoticeState
from safeconduct.model.person import Person, PersonKey, Role
from safeconduct.model.post import Post, Shift
from safeconduct.model.receipt import ReceiptState, SignedReceipt
from safeconduct.model.standing import Standing
from safeconduct.model.zone import Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeOpened:
    """The first entry of a node: whose it is, and its key."""

    party: str
    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTaken:
    """Another party's card came in, and nobody has confirmed it yet. A newer card takes an older one's place."""

    card: SignedCard


@dataclass(frozen=True, slots=True, kw_only=True)
class CardConfirmed:
    """A person compared the fingerprint: from now on its messages are taken, and it is told."""

    party: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRevoked:
    """The party's key is trusted no more."""

    party: str
    fingerprint: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AirClaimed:
    """This node was told who guards some air, other than by that party's own card."""

    claim: AirClaim


@dataclass(frozen=True, slots=True, kw_only=True)
class PostSet:
    """A post of this node's party, new or changed."""

    post: Post


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSet:
    """A person of this node, new or changed."""

    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEnrolled:
    """A person's key came in from their device."""

    key: PersonKey


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRevoked:
    """A person's key counts no more; a shift that signs with it ends."""

    person: str
    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftBegan:
    """A crew took a post over; the shift before it ends.

    Attributes:
        signature: the crew's, over `begin_bytes(shift)`: nobody else can put them on duty.
    """

    shift: Shift
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftEnded:
    """A crew stood down, or its time was over, and nobody took over."""

    post: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightDeclared:
    """A flight of this node's party: new, or a new version."""

    flight: Flight


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightNoted:
    """A flight of another party that came another way than over a link: in a file, by telephone. It is this node's
    word that it was told so, and not the other party's declaration."""

    flight: Flight


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightMoved:
    """A flight of this node's party is in another state."""

    flight: str
    state: FlightState


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneSet:
    """A zone of this node's party: new, a new version, or lifted."""

    zone: Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePut:
    """A flight version is before a post of this node."""

    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeMoved:
    """A notice at a post of this node is in another state."""

    notice: str
    state: NoticeState


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptTaken:
    """A receipt from a post of this node.

    Attributes:
        read_back_error_m: how far the place read back is from where the flight enters; None for a refusal.
    """

    receipt: SignedReceipt
    state: ReceiptState
    read_back_error_m: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisoryGiven:
    """A post or the operators were told something."""

    advisory: Advisory


@dataclass(frozen=True, slots=True, kw_only=True)
class ConformanceNoted:
    """How a flight of this node's party has kept to its volumes so far: with each advisory about that, and at its
    end."""

    flight: str
    conformance: Conformance


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingChanged:
    """What this node says of a track and declared flights is not what it said before, and why.

    Attributes:
        before, flight_before: what was noted of this track last; None where nothing was.
        lon, lat: where the track was, WGS-84 degrees.
        identification: what is said now, with the reasons for the two likeliest flights.
    """

    before: Standing | None
    flight_before: str | None
    lon: float
    lat: float
    identification: Identification


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSent:
    """A message is in the outbox; it stays there until the receiver has acknowledged it."""

    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAcknowledged:
    """The other node has it, durably, and all before it."""

    receiver: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTaken:
    """A message of another node, with the signature that carried it.

    Attributes:
        signature: base64url, by the sender's key over `base`.
        base: the RFC 9421 signature base that was signed; it holds the digest of the message.
    """

    message: Message
    signature: str
    base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Somebody signed in; `by` says how: `link` or `key`."""

    person: str
    role: Role
    post: str | None
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Somebody opened details: of a `flight` (ref), of the `board` (empty), or of the `last-contact` with a track (ref
    its id, version the second, Unix time)."""

    subject: str
    ref: str
    version: int


Fact = (
    NodeOpened
    | CardTaken
    | CardConfirmed
    | CardRevoked
    | AirClaimed
    | PostSet
    | PersonSet
    | KeyEnrolled
    | KeyRevoked
    | ShiftBegan
    | ShiftEnded
    | FlightDeclared
    | FlightNoted
    | FlightMoved
    | ZoneSet
    | NoticePut
    | NoticeMoved
    | ReceiptTaken
    | AdvisoryGiven
    | ConformanceNoted
    | StandingChanged
    | MessageSent
    | MessageAcknowledged
    | MessageTaken
    | SignedIn
    | Looked
)

FACTS: dict[str, type[Fact]] = {
    "node-opened": NodeOpened,
    "card-taken": CardTaken,
    "card-confirmed": CardConfirmed,
    "card-revoked": CardRevoked,
    "air-claimed": AirClaimed,
    "post-set": PostSet,
    "person-set": PersonSet,
    "key-enrolled": KeyEnrolled,
    "key-revoked": KeyRevoked,
    "shift-began": ShiftBegan,
    "shift-ended": ShiftEnded,
    "flight-declared": FlightDeclared,
    "flight-noted": FlightNoted,
    "flight-moved": FlightMoved,
    "zone-set": ZoneSet,
    "notice-put": NoticePut,
    "notice-moved": NoticeMoved,
    "receipt-taken": ReceiptTaken,
    "advisory-given": AdvisoryGiven,
    "conformance-noted": ConformanceNoted,
    "standing-changed": StandingChanged,
    "message-sent": MessageSent,
    "message-acknowledged": MessageAcknowledged,
    "message-taken": MessageTaken,
    "signed-in": SignedIn,
    "looked": Looked,
}
"""The name of each fact in the record."""

_NAMES = {shape: name for name, shape in FACTS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who brought a fact.

    Attributes:
        party: id of the party; another's for what a peer's message brought.
        person: id of the person at this node; None for the node itself and for peers.
    """

    party: str
    person: str | None = None
    role: Role | None = None
    post: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a node's record.

    Attributes:
        node: id of the party whose node's record it is.
        time: Unix seconds by the node's clock (a rehearsal's scenario time).
        rehearsal: true where nothing of this is real (law 9).
    """

    node: str
    time: float
    actor: Actor
    fact: Fact
    rehearsal: bool

    def __post_init__(self) -> None:
        check.named("node", self.node)
        check.moment("time", self.time)

    @property
    def kind(self) -> str:
        """The fact's name in `FACTS`."""
        return _NAMES[type(self.fact)]

    def canonical(self) -> bytes:
        """The bytes that are stored and sealed."""
        value = {
            "node": self.node,
            "time": self.time,
            "actor": self.actor,
            "rehearsal": self.rehearsal,
            "kind": self.kind,
            "fact": _written(self.fact),
        }
        return canonical(value, kind="entry", version=1)


def _written(fact: Fact) -> object:
    """The fact, where its message names what it tells: the fields alone need not."""
    match fact:
        case MessageSent():
            return {"message": fact.message.body}
        case MessageTaken():
            return {"message": fact.message.body, "signature": fact.signature, "base": fact.base}
        case _:
            return fact


def begin_bytes(shift: Shift, *, rehearsal: bool) -> bytes:
    """What a crew signs to take a post over."""
    return canonical({"shift": shift, "rehearsal": rehearsal}, kind="shift", version=1)
