"""What one node tells another. Each message is signed whole and numbered, so that none is lost, moved or told twice."""

from dataclasses import dataclass
from enum import StrEnum

from safeconduct.model import check
from safeconduct.model.canonical import canonical
from safeconduct.model.card import SignedPostKey
from safeconduct.model.flight import Flight, FlightState
from safeconduct.model.receipt import SignedReceipt
from safeconduct.model.zone import Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class TellFlight:
    """A flight version, as its owner discloses it to the receiver."""

    flight: Flight


@dataclass(frozen=True, slots=True, kw_only=True)
class TellState:
    """A flight has moved to another state."""

    flight: str
    state: FlightState


@dataclass(frozen=True, slots=True, kw_only=True)
class TellZone:
    """A zone is set, changed or lifted."""

    zone: Zone


class PostFact(StrEnum):
    """What a post's party says of one flight version at that post."""

    PUT = "put"
    SHOWN = "shown"
    UNMANNED = "unmanned"
    """Nobody is on duty; the notice waits for the next crew."""
    CLOSED = "closed"
    """The flight does not cross the post's sector, or not any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellPost:
    """How far a flight version has come at one post.

    Attributes:
        flight, version: the owner's own id and version.
        shift: number of the crew that it is before; 0 for none. A greater one than before ends earlier receipts.
        until: when that crew's duty is over, Unix seconds; 0 for none. Its receipts count no longer than that, whether
            or not anything more is heard.
        time, due: Unix seconds.
    """

    flight: str
    version: int
    post: str
    post_name: str
    shift: int
    until: float
    fact: PostFact
    time: float
    due: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TellReceipt:
    """A crew's receipt, with the party's word whose key it is.

    Attributes:
        read_back_error_m: as the post's node, which knows the sector exactly, measured it.
    """

    receipt: SignedReceipt
    key: SignedPostKey
    post_name: str
    read_back_error_m: float | None
    misread: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TellLook:
    """Somebody opened the details of the receiver's flight (law 7)."""

    flight: str
    version: int
    role: str
    time: float


Told = TellFlight | TellState | TellZone | TellPost | TellReceipt | TellLook

TOLD: dict[str, type[Told]] = {
    "flight": TellFlight,
    "flight-state": TellState,
    "zone": TellZone,
    "post": TellPost,
    "receipt": TellReceipt,
    "look": TellLook,
}
"""The name of each on the wire."""

_NAMES = {shape: name for name, shape in TOLD.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message from node to node.

    Attributes:
        number: counts the messages from `sender` to `receiver`, from 1, without gaps.
        time: when it was written, Unix seconds. An outbox may hold it for days; how fresh its carrying is, the signed
            request says.
        rehearsal: a live node refuses a rehearsal's, and the other way round (law 9).
    """

    sender: str
    receiver: str
    number: int
    time: float
    rehearsal: bool
    told: Told

    def __post_init__(self) -> None:
        check.named("sender", self.sender)
        check.named("receiver", self.receiver)
        check.within("number", self.number, 1, 2**53)
        check.moment("time", self.time)

    @property
    def body(self) -> dict[str, object]:
        """What is written of it, with the name of what it tells; in an entry of the record too."""
        return {
            "sender": self.sender,
            "receiver": self.receiver,
            "number": self.number,
            "time": self.time,
            "rehearsal": self.rehearsal,
            "kind": _NAMES[type(self.told)],
            "told": self.told,
        }

    def canonical(self) -> bytes:
        """The bytes that cross and are signed."""
        return canonical(self.body, kind="message", version=1)
