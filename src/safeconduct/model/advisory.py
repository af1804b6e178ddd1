"""Advisories: what a post or an operator is told without having asked."""

from dataclasses import dataclass
from enum import StrEnum

from safeconduct.model import check
from safeconduct.model.person import Role
from safeconduct.model.standing import Standing

MOST_LETTERS = 200
"""Of what another party calls something, in a message."""


class AdvisoryKind(StrEnum):
    """What it is about. None of them says what to do, nor clears anything."""

    INBOUND = "inbound"
    """To a post: a declared aircraft is on its way into the sector."""
    INSIDE = "inside"
    """To a post: a declared aircraft is in the sector, and no word went before it."""
    CHANGED = "changed"
    """To a post: what was said of an aircraft that it was told of is not so any more."""
    EXPECTED = "expected"
    """To a post: a flight is due by its plan, and no track is identified as it."""
    UNCOVERED = "uncovered"
    """To an operator: the flight is about to enter, or is in, guarded air without a current receipt."""
    COVERED = "covered"
    """To an operator: a gap that it was told of is closed."""
    ENDING = "ending"
    """To an operator: the flight's declaration ends, or has ended, and the flight is not said to have."""
    OFF_PLAN = "off-plan"
    """To an operator: the flight's aircraft has left its declared volumes, for longer than is allowed."""
    ON_PLAN = "on-plan"
    """To an operator: it is back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """One message, to the crew of a post or to the operators of a node.

    Attributes:
        id: such as `a12`; counts a node's advisories.
        role, post: to whom: `crew` of the post, or `operator` and None.
        shift: the number of the shift to whose crew it was given; 0 to an operator.
        party: whose flight it is; who guards the air, of one that is `uncovered` or `covered`.
        flight, version: what it is about.
        track, standing, probability: the track, and what is said of it; None and `unknown`, 0 without one.
        entry_time: when the aircraft enters the air in question, Unix seconds; None if it does not, or is inside.
        time: when it was given, Unix seconds.
        text: the message, for a person.
        reasons: the sentences behind it, weightiest first (law 5).
    """

    id: str
    kind: AdvisoryKind
    role: Role
    post: str | None
    shift: int = 0
    party: str
    flight: str
    version: int
    track: str | None = None
    standing: Standing = Standing.UNKNOWN
    probability: float = 0.0
    entry_time: float | None = None
    time: float
    text: str
    reasons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check.named("id", self.id)
        check.moment("time", self.time)


def short(text: str) -> str:
    """What another party calls something, bounded: a message stays readable whatever they call it."""
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"
