"""People who sign in at a node: who they are to it, and what that lets them do."""

from dataclasses import dataclass
from enum import StrEnum

from safeconduct.errors import ModelError
from safeconduct.model import check
from safeconduct.model.key import check_public


class Role(StrEnum):
    """What somebody is at a node. Nothing is implied by another role; `service.permissions` has who may do what."""

    WATCH = "watch"
    """Looks at the picture."""
    OPERATOR = "operator"
    """Declares flights and changes them."""
    CREW = "crew"
    """Sits at one post, and signs its receipts."""
    OFFICER = "officer"
    """Runs the node for its party: zones, posts, people, peers."""
    METRICS = "metrics"
    """A machine that reads the node's metrics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person as one node knows them.

    Attributes:
        post: the post on whose roster they are; for `crew` and nobody else.

    Raises:
        ModelError: `empty`, `bad-post`.
    """

    id: str
    name: str
    role: Role
    post: str | None = None

    def __post_init__(self) -> None:
        check.named("id", self.id)
        check.named("name", self.name)
        if (self.role is Role.CREW) != (self.post is not None):
            raise ModelError(
                "bad-post",
                f"{self.id} has the role {self.role} and {'no' if self.post is None else 'a'} post",
                where="post",
                remedy="name the post of a crew member, and of nobody else",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonKey:
    """The public half of a key that a person made on a device of their own. Time is Unix seconds."""

    person: str
    public: str
    time: float

    def __post_init__(self) -> None:
        check.named("person", self.person)
        check_public("public", self.public)
        check.moment("time", self.time)
