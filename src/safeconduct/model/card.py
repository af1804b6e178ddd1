"""Cards: how a party introduces itself to another, signed with its own key."""

from dataclasses import dataclass

from safeconduct.errors import ModelError
from safeconduct.model import check
from safeconduct.model.canonical import canonical
from safeconduct.model.key import check_public, verifies
from safeconduct.model.outline import check_outline


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedAir:
    """Air that a party says it guards, as coarsely as it likes.

    Attributes:
        outline: ring of (lon, lat) degrees, not closed, three corners or more.
        lower_m, upper_m: metres above the ellipsoid.
        since: Unix seconds.
    """

    outline: tuple[tuple[float, float], ...]
    lower_m: float
    upper_m: float
    since: float

    def __post_init__(self) -> None:
        check_outline(self.outline, widest_deg=360.0)
        check.finite("lower_m", self.lower_m)
        check.finite("upper_m", self.upper_m)
        if not self.lower_m < self.upper_m:
            raise ModelError("bad-height", "guarded air has its floor above its ceiling", where="lower_m")
        check.moment("since", self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class AirClaim:
    """A line of the directory: who is said to guard which air, and by whose word. Where control is disputed there are
    several for one piece of air, and a flight's notices go to all of them.

    Attributes:
        party, name: who guards it. A party without a node can be told nothing, and coverage says so.
        by: id of the party whose word it is; the same as `party` for what stands on its own card.
    """

    party: str
    name: str
    by: str
    air: GuardedAir

    def __post_init__(self) -> None:
        check.named("party", self.party)
        check.named("name", self.name)
        check.named("by", self.by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A party's card.

    Attributes:
        party, name: its id and its name.
        address: where its node answers other nodes; `in-process:<party>` within one program.
        public: its node's public key.
        guards: the air that it says it guards; empty for none, or not said.
        witnesses: whether it would cosign others' records.
        issued: Unix seconds; a newer card replaces an older one.
        rehearsal: a rehearsal's card is refused by a live node, and the other way round (law 9).
    """

    party: str
    name: str
    address: str
    public: str
    guards: tuple[GuardedAir, ...] = ()
    witnesses: bool = False
    issued: float
    rehearsal: bool

    def __post_init__(self) -> None:
        check.named("party", self.party)
        check.named("name", self.name)
        check.named("address", self.address)
        check_public("public", self.public)
        check.moment("issued", self.issued)

    def signed_bytes(self) -> bytes:
        """The bytes that the party's key signs."""
        return canonical(self, kind="card", version=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCard:
    """A card, signed with the key that it carries; who that is, a person confirms by the fingerprint."""

    card: Card
    signature: str

    @property
    def genuine(self) -> bool:
        """Whether the key on the card signed it."""
        return verifies(self.card.public, self.card.signed_bytes(), self.signature)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostKey:
    """A party's word that a key is on the roster of one of its posts, and signs in one shift.

    Without it a receipt from another party would only show that somebody signed something.
    """

    party: str
    post: str
    shift: int
    public: str
    time: float
    rehearsal: bool

    def __post_init__(self) -> None:
        check.named("party", self.party)
        check.named("post", self.post)
        check_public("public", self.public)
        check.moment("time", self.time)

    def signed_bytes(self) -> bytes:
        """The bytes that the party's node signs."""
        return canonical(self, kind="post-key", version=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPostKey:
    """A `PostKey` and the signature of the party's node key."""

    post_key: PostKey
    signature: str

    def genuine(self, public: str) -> bool:
        """Whether the party's key `public` signed it."""
        return verifies(public, self.post_key.signed_bytes(), self.signature)
