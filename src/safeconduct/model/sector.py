"""The piece of air that one tracker works in; also what one post watches."""

from dataclasses import dataclass

from safeconduct.errors import ModelError
from safeconduct.model import check
from safeconduct.model.outline import check_outline


@dataclass(frozen=True, slots=True, kw_only=True)
class Sector:
    """A closed outline over the ground with a floor and a ceiling. Its centre is the origin of its local frame.

    Attributes:
        outline: ring of (lon, lat) degrees, not closed, at least three corners; empty for no edge.
        lower_m, upper_m: metres above the WGS-84 ellipsoid.
        centre: (lon, lat) degrees.
    """

    id: str
    party: str
    name: str
    centre: tuple[float, float]
    outline: tuple[tuple[float, float], ...] = ()
    lower_m: float = -500.0
    upper_m: float = 25_000.0

    def __post_init__(self) -> None:
        check.named("id", self.id)
        check.longitude(self.centre[0])
        check.latitude(self.centre[1])
        if self.outline:
            check_outline(self.outline)
        if not self.lower_m < self.upper_m:
            raise ModelError("bad-height", f"sector {self.id} has its floor above its ceiling", where="lower_m")
