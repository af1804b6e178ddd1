"""Parties: the organisations that fly, watch, defend or observe."""

from dataclasses import dataclass

from safeconduct.model import check


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One organisation.

    Attributes:
        takes_part: whether it runs a node that this one can ask. A party that does not take part can declare nothing,
            so its silence means nothing.
    """

    id: str
    name: str
    takes_part: bool = False

    def __post_init__(self) -> None:
        check.named("id", self.id)
        check.named("name", self.name)
