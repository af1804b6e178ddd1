"""Conflicts: two declarations that claim the same air at the same time."""

from dataclasses import dataclass
from enum import StrEnum


class ConflictWith(StrEnum):
    """What a flight is in conflict with."""

    FLIGHT = "flight"
    ZONE = "zone"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightConflict:
    """One stretch of time in which two declarations share air; touching faces share none.

    Attributes:
        flight: ref of the flight that is told of it.
        kind, other: the other flight's ref, or the zone's id.
        party: whose the other one is.
        version, other_version: of the two declarations.
        start, end: Unix seconds in which both volumes are open.
        lower_m, upper_m: the heights that both hold, metres above the ellipsoid.
        lon, lat: a point inside the shared outline, WGS-84 degrees.
        area_m2: of the shared outline.
        blurred: one of them is `coarse`: the true volumes may not meet.
    """

    flight: str
    version: int
    kind: ConflictWith
    other: str
    other_version: int
    party: str
    start: float
    end: float
    lower_m: float
    upper_m: float
    lon: float
    lat: float
    area_m2: float
    blurred: bool
