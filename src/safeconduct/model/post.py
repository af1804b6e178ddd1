"""Posts: crewed duty positions, the units that sign; and the shifts in which they are crewed."""

from dataclasses import dataclass

from safeconduct.errors import ModelError
from safeconduct.model import check
from safeconduct.model.key import check_public
from safeconduct.model.sector import Sector

LONGEST_SHIFT_S = 12 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One duty position (radar, air-defence liaison, counter-drone crew) of one party.

    Attributes:
        sector: the air that it watches; its outline is the post's, not the tracker's.
    """

    id: str
    party: str
    name: str
    sector: Sector

    def __post_init__(self) -> None:
        check.named("id", self.id)
        check.named("party", self.party)
        check.named("name", self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One person's time at a post. Its receipts die with it (law 2).

    Attributes:
        number: counts the shifts of the post, from 1.
        key: the public key that signs this shift's receipts.
        start, until: Unix seconds; it ends at `until` at the latest.

    Raises:
        ModelError: `empty`, `bad-key`, `bad-time`, `bad-number`, `bad-shift`.
    """

    post: str
    number: int
    person: str
    key: str
    start: float
    until: float

    def __post_init__(self) -> None:
        check.named("post", self.post)
        check.named("person", self.person)
        check.within("number", self.number, 1, 2**53)
        check_public("key", self.key)
        check.moment("start", self.start)
        check.moment("until", self.until)
        if not self.start < self.until <= self.start + LONGEST_SHIFT_S:
            raise ModelError(
                "bad-shift",
                f"a shift of {(self.until - self.start) / 3600:.1f} h",
                where="until",
                remedy=f"a shift lasts up to {LONGEST_SHIFT_S / 3600:g} h; the next one is begun anew",
            )

    @property
    def name(self) -> str:
        """What is shown to other parties: the post's shift, and not the person."""
        return f"{self.post}#{self.number}"
