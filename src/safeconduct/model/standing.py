"""What a viewer is told of a track: whose declared flight it is, as far as is known. Never intent, never clearance."""

from dataclasses import dataclass
from enum import StrEnum

from safeconduct.model import check


class Standing(StrEnum):
    """There is no member for ill will, and there must never be one (law 1)."""

    VERIFIED = "verified"
    """A declared flight, and a signature that was checked fits this track in place and time."""
    CONSISTENT = "consistent"
    """A declared flight by what was measured and heard."""
    OFF_PLAN = "off-plan"
    """Still identified as a declared flight, but outside its volumes."""
    COOPERATIVE = "cooperative"
    """Identifies itself, and nobody has declared it here."""
    UNKNOWN = "unknown"
    """Not known. Always comes with who has not been asked, has not answered, or does not take part."""

    @property
    def names_flight(self) -> bool:
        """Whether it says that the track is a declared flight."""
        return self in (Standing.VERIFIED, Standing.CONSISTENT, Standing.OFF_PLAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingThresholds:
    """When a probability becomes a standing; with hysteresis, so that a label does not flicker.

    Attributes:
        enter: a flight's probability at which the track takes its label.
        leave: the probability below which it loses the label again.
    """

    enter: float = 0.9
    leave: float = 0.75

    def __post_init__(self) -> None:
        check.within("enter", self.enter, 0.5, 1.0)
        check.within("leave", self.leave, 0.5, self.enter)
