"""Notices: one flight version put before one post's crew on duty."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from safeconduct.errors import ModelError
from safeconduct.model import check


class NoticeState(StrEnum):
    """Put, shown and answered are different facts (law 2). Whether it is late is told by the clock: see coverage."""

    PUT = "put"
    """In the post's inbox; nobody has seen it."""
    SHOWN = "shown"
    """On the screen of the crew on duty."""
    RECEIVED = "received"
    """The crew signed for it, with a read-back that fits."""
    REFUSED = "refused"
    """The crew signed that it does not take it, and why."""
    SUPERSEDED = "superseded"
    """A newer version of the flight, or a newer crew, has a notice of its own."""
    CLOSED = "closed"
    """The flight has ended, or no longer crosses the sector."""


_OVER = frozenset({NoticeState.SUPERSEDED, NoticeState.CLOSED})
NOTICE_MOVES: Mapping[NoticeState, frozenset[NoticeState]] = {
    NoticeState.PUT: frozenset({NoticeState.SHOWN}) | _OVER,
    NoticeState.SHOWN: frozenset({NoticeState.RECEIVED, NoticeState.REFUSED}) | _OVER,
    NoticeState.RECEIVED: frozenset({NoticeState.REFUSED}) | _OVER,
    NoticeState.REFUSED: frozenset({NoticeState.RECEIVED}) | _OVER,
    NoticeState.SUPERSEDED: frozenset(),
    NoticeState.CLOSED: frozenset(),
}
"""Every allowed move. A crew may change its answer; it cannot bring back a notice that is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One flight version before one crew.

    Attributes:
        id: 32 hex characters that nobody could guess, so that no receipt can be made ahead of its notice.
        flight: ref of the flight at this node.
        version, digest: of the flight as it was told to this node; see `model.flight.digest`.
        shift: number of the post's shift that has it before it; 0 while the post is unmanned.
        put, due: Unix seconds; a receipt is overdue after `due`.
    """

    id: str
    flight: str
    version: int
    digest: str
    post: str
    shift: int
    put: float
    due: float
    state: NoticeState = NoticeState.PUT

    def __post_init__(self) -> None:
        check.named("id", self.id)
        check.moment("put", self.put)
        check.moment("due", self.due)

    @property
    def over(self) -> bool:
        """Whether nothing can come of it any more."""
        return self.state in _OVER

    def moved(self, state: NoticeState) -> "Notice":
        """This notice in another state.

        Raises:
            ModelError: `bad-move` where `NOTICE_MOVES` does not allow it.
        """
        if state not in NOTICE_MOVES[self.state]:
            raise ModelError(
                "bad-move",
                f"the notice of flight {self.flight} to {self.post} cannot go from {self.state} to {state}",
                where="state",
                remedy="look at the post's inbox again: it has changed",
            )
        return replace(self, state=state)
