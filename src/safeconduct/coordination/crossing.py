"""Where and when a flight crosses guarded air, and how far a crew's read-back is from that."""

from safeconduct.errors import InputError
from safeconduct.kernels import outline
from safeconduct.kernels.crossing import Crossing, crossing
from safeconduct.model.card import GuardedAir
from safeconduct.model.flight import Flight
from safeconduct.model.receipt import ReadBack
from safeconduct.model.sector import Sector

__all__ = ["READ_BACK_LIMIT_M", "Crossing", "crossing", "misread", "off_plan_m", "read_back_error_m"]

READ_BACK_LIMIT_M = 3000.0
"""A read-back farther off is a misreading. The strike at Deir ez-Zor (September 2016) began with a position told
9 km wrong: a third of that. And a mark made by hand is good to some ten pixels: 2 km on a screen of 1,000 pixels that
shows 200 km of sector."""


def read_back_error_m(flight: Flight, air: Sector | GuardedAir, read_back: ReadBack) -> float:
    """How far a read-back is from where the flight enters, along the ellipsoid, metres.

    From the place where the route enters; for a flight that crosses by its volumes only, from the nearest place of
    `Crossing.area`, and so 0 within it.

    Raises:
        InputError: `no-crossing` where the flight does not cross that air.
    """
    crosses = crossing(flight, air)
    if crosses is None:
        raise InputError(
            "no-crossing",
            f"flight {flight.id} version {flight.version} does not cross this sector",
            where="read_back",
            remedy="look at the post's inbox again: the flight or the sector has changed",
        )
    if crosses.area is None:
        return outline.distance_m(crosses.entry, (read_back.lon, read_back.lat))
    return outline.nearest(crosses.area, read_back.lon, read_back.lat)[1]


def off_plan_m(flight: Flight, read_back: ReadBack) -> float:
    """How far a read-back is from all air of a flight, along the ellipsoid, metres; 0 within it.

    The owner of a flight does not know the sector of another party's post, and can still see that a crew has marked a
    place where the flight will never be.
    """
    away = (outline.nearest(outline.polygon(v.outline), read_back.lon, read_back.lat)[1] for v in flight.volumes)
    return min(away)


def misread(error_m: float) -> bool:
    """Whether a read-back that far off shows that the crew has another place in mind."""
    return error_m > READ_BACK_LIMIT_M
