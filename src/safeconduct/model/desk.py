"""What one signed-in person is shown of coordination: flights and their coverage, an inbox, advisories."""

from dataclasses import dataclass

from safeconduct.model.advisory import Advisory
from safeconduct.model.card import AirClaim, GuardedAir
from safeconduct.model.conflict import FlightConflict
from safeconduct.model.conformance import Conformance
from safeconduct.model.coverage import Coverage
from safeconduct.model.flight import Flight
from safeconduct.model.notice import Notice
from safeconduct.model.person import Person, Role
from safeconduct.model.post import Post, Shift
from safeconduct.model.receipt import ReceiptState
from safeconduct.model.record import RecordHead
from safeconduct.model.zone import Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFlight:
    """A flight that this node knows.

    Attributes:
        ref: its name at this node: its id, or `party:id` where two parties gave one id.
        own: whether this node's party declared it.
        coverage: of its current version; for own flights only.
        looks: how often others opened its details; for own flights only.
        conformance: how it has kept to its volumes; None for a flight of others, or one that was never seen.
    """

    ref: str
    own: bool
    flight: Flight
    coverage: tuple[Coverage, ...]
    conflicts: tuple[FlightConflict, ...]
    looks: int
    conformance: Conformance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem:
    """A notice before a post, with what the crew needs to answer it.

    Attributes:
        flight: as it was told to this node; its digest is what the receipt signs for.
        entry_time, exit_time: when it is to enter and leave the sector, Unix seconds.
        state, read_back_error_m: of the crew's last receipt; None before one.
        previous_version: the version that this post's crew last signed for; 0 for none.
    """

    notice: Notice
    flight: Flight
    entry_time: float
    exit_time: float
    state: ReceiptState | None
    read_back_error_m: float | None
    previous_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPost:
    """A post of this node and who is on duty there."""

    post: Post
    shift: Shift | None
    next_shift: int
    """The number that the next crew signs."""
    waiting: int
    """Notices that wait for an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another party, as its card has it.

    Attributes:
        confirmed: whether a person compared the fingerprint.
        candidate: fingerprint of a newer card with another key, which takes this one's place once a person has compared
            it; empty for none.
        outbox: messages that wait for it.
        since_heard_s: how long its node has not answered, or has sent what cannot be taken; 0 if all is well.
        unreachable: whether that is too long.
        problem: why it could not be told, or heard, when that was last tried; empty if it could.
    """

    party: str
    name: str
    address: str
    fingerprint: str
    guards: tuple[GuardedAir, ...]
    confirmed: bool
    revoked: bool
    candidate: str
    outbox: int
    since_heard_s: float
    unreachable: bool
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskView:
    """Everything of coordination that one session may see, whole; a newer one replaces it.

    Attributes:
        number: rises with every change at the node.
        time: the node's time, Unix seconds.
        node, person, person_name, role, post: who is looking, at whose node.
        flights: all that this node knows; for `crew` those whose notices are before their post, and their own party's.
        zones: those in force or to come.
        posts: of this node; for `crew` their own.
        inbox: for `crew`, those that wait for an answer first, and of them whose aircraft enters soonest; notices that
            are over are not in it.
        advisories: those for this role and post, newest first, the last ones only.
        people, peers: for `officer`, and peers for `operator`; empty for others.
        directory: who is said to guard which air, by whose word.
    """

    number: int
    time: float
    rehearsal: bool
    node: str
    person: str
    person_name: str
    role: Role
    post: str | None
    flights: tuple[DeskFlight, ...]
    zones: tuple[Zone, ...]
    posts: tuple[DeskPost, ...]
    inbox: tuple[InboxItem, ...]
    advisories: tuple[Advisory, ...]
    people: tuple[Person, ...]
    peers: tuple[Peer, ...]
    directory: tuple[AirClaim, ...]
    record: RecordHead
