"""The one 4D volume: an outline over the ground, between two heights, between two times."""

from dataclasses import dataclass

import shapely

from safeconduct.errors import ModelError
from safeconduct.model import check
from safeconduct.model.outline import check_outline
from safeconduct.units import iso_from_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume4D:
    """ASTM F3548-21 annex A4 `Volume4D`, with the outline always a polygon.

    Attributes:
        outline: ring of (lon, lat) WGS-84 degrees, not closed, three corners or more, edges not crossing; an edge is
            straight in lon/lat. It must not span the antimeridian.
        lower_m, upper_m: metres above the WGS-84 ellipsoid (F3548 uses no other datum).
        start, end: Unix seconds UTC; both included.

    Raises:
        ModelError: `bad-longitude`, `bad-latitude`, `not-finite`, `bad-time`, `bad-outline`, `crossed-edges`,
            `bad-height`, `ends-before-start`.
    """

    outline: tuple[tuple[float, float], ...]
    lower_m: float
    upper_m: float
    start: float
    end: float

    def __post_init__(self) -> None:
        check_outline(self.outline)
        check.finite("lower_m", self.lower_m)
        check.finite("upper_m", self.upper_m)
        if not self.lower_m < self.upper_m:
            raise ModelError(
                "bad-height",
                f"lower_m {self.lower_m:g} is not below upper_m {self.upper_m:g}",
                where="lower_m",
                remedy="both are metres above the WGS-84 ellipsoid; swap or correct them",
            )
        check.moment("start", self.start)
        check.moment("end", self.end)
        if not self.start < self.end:
            raise ModelError(
                "ends-before-start",
                f"ends at {iso_from_seconds(self.end)}, not after its start {iso_from_seconds(self.start)}",
                where="end",
                remedy="swap the times, or correct the date",
            )

    @property
    def polygon(self) -> shapely.Polygon:
        """The outline, in lon/lat degrees."""
        return shapely.Polygon(self.outline)

    def active(self, time: float) -> bool:
        """Whether `time` (Unix seconds) lies within it."""
        return self.start <= time <= self.end
