"""What every outline over the ground must keep to: volumes', sectors', guarded air's."""

import shapely

from safeconduct.errors import ModelError
from safeconduct.model import check

Ring = tuple[tuple[float, float], ...]
"""(lon, lat) WGS-84 degrees, not closed, edges straight in lon/lat."""


def check_outline(ring: Ring, widest_deg: float = 180.0) -> None:
    """That a ring has three corners or more, none outside the earth, and edges that do not cross; and that it is not
    wider than `widest_deg`, since a wider one is mostly one that goes around the wrong way.

    Raises:
        ModelError: `bad-outline`, `bad-longitude`, `bad-latitude`, `not-finite`, `crossed-edges`.
    """
    if len(ring) < 3:
        raise ModelError(
            "bad-outline",
            f"an outline of {len(ring)} corners encloses nothing",
            where="outline",
            remedy="give three corners or more",
        )
    for lon, lat in ring:
        check.longitude(lon)
        check.latitude(lat)
    if ring[0] == ring[-1] and len(ring) > 3:
        raise ModelError(
            "bad-outline", "the outline is closed", where="outline", remedy="leave out the repeated last corner"
        )
    if max(lon for lon, _ in ring) - min(lon for lon, _ in ring) > widest_deg:
        raise ModelError(
            "bad-outline",
            "the outline goes around more than half of the earth",
            where="outline",
            remedy="split one that spans the antimeridian into one on each side",
        )
    polygon = shapely.Polygon(ring)
    if not polygon.is_valid:
        raise ModelError(
            "crossed-edges",
            f"the outline crosses itself: {shapely.is_valid_reason(polygon)}",
            where="outline",
            remedy="list the corners in order around it, without closing the ring",
        )
