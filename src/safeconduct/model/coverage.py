"""Coverage: for a flight, which posts hold its current version now."""

from dataclasses import dataclass
from enum import StrEnum


class CoverageState(StrEnum):
    """How one post, or one party where no post is known, stands to the current version of a flight."""

    HELD = "held"
    """The crew on duty has signed for the current version."""
    WAITING = "waiting"
    """Told, and there is still time to answer."""
    OVERDUE = "overdue"
    """Told, and not answered in time."""
    REFUSED = "refused"
    """The crew on duty has signed that it does not take it."""
    STALE = "stale"
    """Held once: for an older version, or by a crew that has gone."""
    UNMANNED = "unmanned"
    """Nobody is on duty at the post."""
    UNREACHABLE = "unreachable"
    """The party cannot be told: it does not take part, or its node does not answer."""

    @property
    def held(self) -> bool:
        """Whether the post's crew on duty has the current version before it, signed."""
        return self is CoverageState.HELD


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """One line of a flight's coverage.

    Attributes:
        flight, version: the flight's ref at this node and its current version.
        party: who guards the air.
        post, post_name: the post, as its party names it to us; None and empty where the party named none.
        since: when the state began, Unix seconds.
        entry_time: when the flight is to enter the air that the party says it guards, Unix seconds; None if unknown.
        read_back_error_m: of the last receipt for the current version; None without one.
        text: a sentence for a person.
    """

    flight: str
    version: int
    party: str
    post: str | None
    post_name: str
    state: CoverageState
    since: float
    entry_time: float | None
    read_back_error_m: float | None
    text: str
