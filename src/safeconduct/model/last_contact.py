"""What can be said of an aircraft after the last contact: where it can be, and where it lies if it fell."""

from dataclasses import dataclass

from safeconduct.model.outline import Ring


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachableArea:
    """Where an aircraft that flies on can be at a time.

    Attributes:
        time: Unix seconds UTC.
        probability: that it is within, if it flies on and keeps to the bounds below.
        top_speed_mps, turn_dps: the bounds: speed over the ground, and degrees a second in the tightest turn.
        outline: convex ring of (lon, lat) WGS-84 degrees, not closed.
    """

    time: float
    probability: float
    top_speed_mps: float
    turn_dps: float
    outline: Ring


@dataclass(frozen=True, slots=True, kw_only=True)
class FallPoint:
    """Where it met the ground if it fell from the last contact without power, as one kind of body.

    Attributes:
        body: name of the kind of body (`picture.last_contact.Body`).
        lon, lat: the mean, WGS-84 degrees.
        covariance: east-east, east-north, north-north, m².
        fall_s: how long it falls.
        glide_m: how far from the last contact it can have come instead by gliding, whatever the direction, in the
            wind that is allowed for; 0 for a body that cannot glide.
    """

    body: str
    lon: float
    lat: float
    covariance: tuple[float, float, float]
    fall_s: float
    glide_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterContact:
    """A lost track, and what follows from its last contact.

    Attributes:
        number: of the track.
        time: of the last contact, Unix seconds UTC; lon, lat: WGS-84 degrees; height_m above the ellipsoid, None
            where it was never measured.
        velocity: east, north, up, m/s; up is None where never measured.
        covariance: east-east, east-north, north-north of the place, m².
        reach: where it can be by the time asked for.
        falls: one for each body that could fly as fast as it did; none where the height is not known.
    """

    number: int
    time: float
    lon: float
    lat: float
    height_m: float | None
    velocity: tuple[float, float, float | None]
    covariance: tuple[float, float, float]
    reach: ReachableArea
    falls: tuple[FallPoint, ...]
