"""Shapes that only the HTTP face knows; everything else goes out as the model has it."""

from dataclasses import dataclass

from safeconduct.model.board import BoardTrack
from safeconduct.model.card import AirClaim
from safeconduct.model.conflict import FlightConflict
from safeconduct.model.desk import DeskFlight, DeskPost, Peer
from safeconduct.model.identification import Identification
from safeconduct.model.last_contact import FallPoint, ReachableArea
from safeconduct.model.notice import Notice
from safeconduct.model.person import Person, PersonKey, Role
from safeconduct.model.post import Shift
from safeconduct.model.receipt import ReceiptState
from safeconduct.model.record import RecordHead, SignedPromise
from safeconduct.model.zone import Zone


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, where, and what to do about it."""

    reason: str
    what: str
    where: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ProblemAnswer:
    """The body of every answer that is not a success."""

    error: Problem


@dataclass(frozen=True, slots=True)
class SessionAnswer:
    """Who is signed in, and until when (Unix seconds); `person` is null for a machine."""

    party: str
    person: str | None
    name: str
    role: Role
    post: str | None
    expires: float


@dataclass(frozen=True, slots=True)
class ChallengeAnswer:
    """What a device signs to sign in, and until when (Unix seconds)."""

    challenge: str
    expires: float


@dataclass(frozen=True, slots=True)
class KeyAnswer:
    """A key that is enrolled now, by its fingerprint."""

    key_id: str
    record: SignedPromise


@dataclass(frozen=True, slots=True)
class NodeAnswer:
    """What this node is and shows."""

    node: str
    title: str
    rehearsal: bool
    notice: str
    epoch: str
    number: int
    time: float
    version: str


@dataclass(frozen=True, slots=True)
class TrackAnswer:
    """A track and the reasons behind its standing; null once it is lost."""

    track: BoardTrack
    identification: Identification | None


@dataclass(frozen=True, slots=True)
class LastContactAnswer:
    """A lost track, where its aircraft can be now if it flies on, and where it lies if it fell; see
    `picture.last_contact`. No fall points where no height is known."""

    track: BoardTrack
    reach: ReachableArea
    falls: tuple[FallPoint, ...]


@dataclass(frozen=True, slots=True)
class FeedAnswer:
    """How a feed is doing; see `feeds.base.FeedReport`."""

    path: str
    format: str
    messages: int
    detections: int
    rejected: dict[str, int]
    last_error: str


@dataclass(frozen=True, slots=True)
class FlightAnswer:
    """A flight as it is now."""

    flight: DeskFlight
    record: SignedPromise


@dataclass(frozen=True, slots=True)
class FlightsAnswer:
    """The flights of a file."""

    flights: tuple[DeskFlight, ...]
    record: SignedPromise


@dataclass(frozen=True, slots=True)
class ToldParty:
    """A party that guards air which the flight crosses, and when it would enter that air (Unix seconds).

    One that is not `reachable` takes no part, or is no confirmed peer: it cannot be told.
    """

    party: str
    name: str
    entry_time: float | None
    reachable: bool


@dataclass(frozen=True, slots=True)
class NamedParty:
    """A party and its name."""

    party: str
    name: str


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """What a declaration would meet; `posts` are ids of this node's own, and `peers` all who would get it."""

    conflicts: tuple[FlightConflict, ...]
    told: tuple[ToldParty, ...]
    posts: tuple[str, ...]
    peers: tuple[NamedParty, ...]


@dataclass(frozen=True, slots=True)
class LookAnswer:
    """Somebody opened a flight's details; a role, not a person. Time is Unix seconds."""

    party: str
    role: str
    version: int
    time: float


@dataclass(frozen=True, slots=True)
class ZoneAnswer:
    """A zone as it is now."""

    zone: Zone
    record: SignedPromise


@dataclass(frozen=True, slots=True)
class PostAnswer:
    """A post as it is now."""

    post: DeskPost
    record: SignedPromise


@dataclass(frozen=True, slots=True)
class ShiftAnswer:
    """The shift that is on duty now."""

    shift: Shift
    record: SignedPromise


@dataclass(frozen=True, slots=True)
class NoticeAnswer:
    """A notice as it is now."""

    notice: Notice
    record: SignedPromise


@dataclass(frozen=True, slots=True)
class ReceiptAnswer:
    """What a receipt is worth; `misread`: the crew looks again."""

    state: ReceiptState
    read_back_error_m: float | None
    record: SignedPromise


@dataclass(frozen=True, slots=True)
class PersonAnswer:
    """A person of this node and the keys that count."""

    person: Person
    keys: tuple[PersonKey, ...]


@dataclass(frozen=True, slots=True)
class PersonSetAnswer:
    """A person as they are now."""

    person: Person
    record: SignedPromise


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """A link that signs a person in once, until `expires` (Unix seconds)."""

    token: str
    link: str
    expires: float


@dataclass(frozen=True, slots=True)
class PeerAnswer:
    """Another party as it is now."""

    peer: Peer
    record: SignedPromise


@dataclass(frozen=True, slots=True)
class AirClaimAnswer:
    """A line of the directory as it was taken."""

    claim: AirClaim
    record: SignedPromise


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """The newest checkpoint of this node's record, as a signed note too, and the key that signs it."""

    head: RecordHead
    checkpoint: str
    public: str
    key_id: str


@dataclass(frozen=True, slots=True)
class DoneAnswer:
    """It is done, and on the record."""

    record: SignedPromise
