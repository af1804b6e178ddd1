"""Shapes that only the HTTP face knows; everything else goes out as the model has it."""

from dataclasses import dataclass

from safeconduct.errors import SafeconductError
from safeconduct.model.board import BoardTrack
from safeconduct.model.identification import Identification


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
class SignIn:
    """The token of a one-time sign-in link."""

    token: str


@dataclass(frozen=True, slots=True)
class SessionAnswer:
    """Who is signed in, and until when (Unix seconds)."""

    party: str
    role: str
    expires: float


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
class FeedAnswer:
    """How a feed is doing; see `feeds.base.FeedReport`."""

    path: str
    format: str
    messages: int
    detections: int
    rejected: dict[str, int]
    last_error: str


def problem(reason: str, error: SafeconductError) -> ProblemAnswer:
    """An error as its answer."""
    return ProblemAnswer(Problem(reason, error.what, error.where, error.remedy))
