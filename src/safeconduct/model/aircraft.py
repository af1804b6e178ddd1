"""Aircraft, and whose they are. Owner, operator and crew are separate facts and may be disputed separately (law 8)."""

from dataclasses import dataclass

from safeconduct.model import check
from safeconduct.model.identifier import Identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Aircraft:
    """One aircraft as its declarer describes it.

    Attributes:
        type: what it is, in the declarer's word ("male_uav", "A320"); compared with classifiers' types literally.
        owner, operator, crew: party ids; None where not said.
        identifiers: what it would claim if it transmitted.
    """

    type: str
    owner: str | None = None
    operator: str | None = None
    crew: str | None = None
    identifiers: tuple[Identifier, ...] = ()

    def __post_init__(self) -> None:
        check.named("type", self.type)
