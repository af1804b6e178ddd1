"""The one 4D volume: an outline over the ground, between two heights, between two times."""

from dataclasses import dataclass

import shapely

from safeconduct.errors import ModelError
from safeconduct.model import check
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
        self._check_outline()
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

    def _check_outline(self) -> None:
        if len(self.outline) < 3:
            raise ModelError(
                "bad-outline",
                f"an outline of {len(self.outline)} corners encloses nothing",
                where="outline",
                remedy="give three corners or more",
            )
        for lon, lat in self.outline:
            check.longitude(lon)
            check.latitude(lat)
        if self.outline[0] == self.outline[-1] and len(self.outline) > 3:
            raise ModelError(
                "bad-outline", "the outline is closed", where="outline", remedy="leave out the repeated last corner"
            )
        if max(lon for lon, _ in self.outline) - min(lon for lon, _ in self.outline) > 180.0:
            raise ModelError(
                "bad-outline",
                "the outline goes around more than half of the earth",
                where="outline",
                remedy="split a volume that spans the antimeridian into one on each side",
            )
        ring = self.polygon
        if not ring.is_valid:
            raise ModelError(
                "crossed-edges",
                f"the outline crosses itself: {shapely.is_valid_reason(ring)}",
                where="outline",
                remedy="list the corners in order around the volume, without closing the ring",
            )

    @property
    def polygon(self) -> shapely.Polygon:
        """The outline, in lon/lat degrees."""
        return shapely.Polygon(self.outline)

    def active(self, time: float) -> bool:
        """Whether `time` (Unix seconds) lies within it."""
        return self.start <= time <= self.end
