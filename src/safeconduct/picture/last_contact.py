"""A lost track: where the aircraft can be now, and where it lies if it fell.

The area is a bound and no guess: everything that an aircraft of its speed can reach which flies no faster and turns no
tighter than allowed for, enlarged by what is not known of its last place and velocity. The fall points are a guess for
searchers: how the aircraft breaks and how the wind blows is not known, and both are in the covariance.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyproj

from safeconduct.kernels.fall import GRAVITY, land
from safeconduct.model.last_contact import AfterContact, FallPoint, ReachableArea
from safeconduct.model.outline import Ring
from safeconduct.model.track import TrackTable
from safeconduct.units import none_if_nan

Floats = npt.NDArray[np.float64]

PROBABILITY = 0.95
FASTER = 1.25
"""It may have flown this much faster than it was seen to ..."""
ACCELERATION_MPS2, GAIN_MPS = 3.0, 20.0
"""... or have gained speed at this rate, up to so much: what hovered may have flown off."""
MOST_BANK = math.radians(60.0)
MOST_TURN = math.radians(90.0)
"""No turn is tighter than this bank allows, nor faster per second."""
WIND_MPS = (6.0, 1.0)
"""Standard deviation of each component of the wind at the ground, and more of it for each kilometre of height."""
CORNERS, SPEEDS = 72, 6
SLOWEST_MPS = 1.0
NODES, NODE_SHARES = math.sqrt(3.0) * np.array([-1.0, 0.0, 1.0]), np.array([1.0, 4.0, 1.0]) / 6.0
"""Gauss-Hermite quadrature with three nodes: standard deviations from the mean, and weights."""
_GEOD = pyproj.Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A kind of falling aircraft.

    Attributes:
        ballistic: low, usual and high ballistic coefficient m / (Cd A), kg/m²: low where it tumbles broadside, high
            where it dives nose down. The logarithm is taken for normal, with the ends at two standard deviations.
        glide_ratio, sink_mps: of the best glide, and how fast it then sinks; ratio 0: it does not glide.
        top_speed_mps: a track that was faster was none of these.
    """

    name: str
    ballistic: tuple[float, float, float]
    glide_ratio: float
    sink_mps: float
    top_speed_mps: float


BODIES = (
    Body(name="multirotor", ballistic=(8.0, 25.0, 80.0), glide_ratio=0.0, sink_mps=0.0, top_speed_mps=40.0),
    Body(name="small fixed wing", ballistic=(10.0, 50.0, 250.0), glide_ratio=12.0, sink_mps=1.5, top_speed_mps=80.0),
    Body(name="MALE", ballistic=(60.0, 300.0, 1500.0), glide_ratio=20.0, sink_mps=2.0, top_speed_mps=150.0),
    Body(name="aeroplane", ballistic=(200.0, 800.0, 4000.0), glide_ratio=17.0, sink_mps=5.0, top_speed_mps=400.0),
)
"""Mass over drag area of aircraft of each kind, with Cd from 0.7 to 1 of the frontal area for what does not fall nicely
(as JARUS SORA 2.5, annex F, takes it: 0.8). With β = 25 a multirotor falls at 20 m/s, with 300 a MALE drone at 69."""


def after_contact(
    lost: TrackTable, row: int, time: float, *, ground_m: float = 0.0, sigma_ground_m: float = 200.0
) -> AfterContact:
    """All that follows from the last contact with a lost track.

    Args:
        lost: tracks as they were at their last contact (`TrackChanges.lost`).
        time: until when the aircraft may have flown on, Unix seconds.
        ground_m, sigma_ground_m: height of the ground above the ellipsoid thereabouts, and its standard deviation;
            sea level, give or take a hill, unless said.
    """
    east, north, up = lost.velocity[row].tolist()
    ee, en, nn = lost.covariance[row].tolist()
    return AfterContact(
        number=int(lost.number[row]),
        time=float(lost.last_time[row]),
        lon=float(lost.last_lon[row]),
        lat=float(lost.last_lat[row]),
        height_m=none_if_nan(float(lost.last_height_m[row])),
        velocity=(east, north, none_if_nan(up)),
        covariance=(ee, en, nn),
        reach=reachable(lost, row, time),
        falls=fallen(lost, row, ground_m=ground_m, sigma_ground_m=sigma_ground_m),
    )


def reachable(lost: TrackTable, row: int, time: float, probability: float = PROBABILITY) -> ReachableArea:
    """Where the aircraft can be at `time` if it flies on; before its last contact, where that was.

    The outer edge of what a vehicle of bounded speed and turn rate reaches is a turn one way and then straight on
    (Dubins, American Journal of Mathematics 79, 1957). It may have slowed down to turn, as fast as it can brake. Half
    of what may lie outside is given to the error of the place, half to that of the velocity.
    """
    span = max(time - float(lost.last_time[row]), 0.0)
    east, north = lost.velocity[row, :2].tolist()
    sigma = float(lost.sigma_velocity_mps[row])
    sigmas = math.sqrt(-2.0 * math.log(0.5 * (1.0 - probability)))
    seen = math.hypot(east, north)
    fastest = seen + sigmas * sigma
    top = max(FASTER * fastest, fastest + min(GAIN_MPS, ACCELERATION_MPS2 * span))
    veer = math.pi if seen <= sigmas * sigma else math.asin(sigmas * sigma / seen)
    slowest = max(seen - sigmas * sigma - ACCELERATION_MPS2 * span, SLOWEST_MPS)
    slow = np.linspace(min(slowest, top), top, SPEEDS)
    rates = np.minimum(MOST_TURN, GRAVITY * math.tan(MOST_BANK) / slow)
    edge = np.vstack([_edge(span, top, *turn, veer, math.atan2(east, north)) for turn in zip(slow, rates, strict=True)])
    around = _around(edge, lost.covariance[row], sigmas)
    return ReachableArea(
        time=time,
        probability=probability,
        top_speed_mps=top,
        turn_dps=math.degrees(rates[0]),
        outline=_ring(float(lost.last_lon[row]), float(lost.last_lat[row]), around),
    )


def fallen(
    lost: TrackTable,
    row: int,
    *,
    ground_m: float = 0.0,
    sigma_ground_m: float = 200.0,
    bodies: Iterable[Body] = BODIES,
) -> tuple[FallPoint, ...]:
    """Where the aircraft met the ground if it fell from its last contact; one point for each body as fast as it was.

    A few falls stand for all: three values each of the height and the ballistic coefficient, which bend the path most
    (Gauss-Hermite), and for each pair of them an unscented transform over the velocity, the climb and the wind (Julier
    and Uhlmann, Proc. IEEE 92(3), 2004). None without a height.
    """
    height = float(lost.last_height_m[row])
    velocity = np.nan_to_num(lost.velocity[row], nan=0.0)
    if not math.isfinite(height):
        return ()
    speed = math.hypot(velocity[0], velocity[1])
    sigma_v = float(lost.sigma_velocity_mps[row])
    sigma_h = math.hypot(float(np.nan_to_num(lost.sigma_height_m[row])), sigma_ground_m)
    sigma_climb = 3.0 + 0.1 * speed if math.isnan(lost.velocity[row, 2]) else 3.0
    above = max(height - ground_m, 0.0)
    sigma_wind = WIND_MPS[0] + WIND_MPS[1] * above / 1000.0
    points = []
    for body in bodies:
        if speed - 2.0 * sigma_v > body.top_speed_mps:
            continue
        low, usual, high = (math.log(value) for value in body.ballistic)
        mean = np.array([*velocity, 0.0, 0.0])
        sigmas = np.array([sigma_v, sigma_v, sigma_climb, sigma_wind, sigma_wind])
        place, spread, seconds = _landed(mean, sigmas, (height, sigma_h), (usual, 0.25 * (high - low)), ground_m)
        lon, lat = _ring(float(lost.last_lon[row]), float(lost.last_lat[row]), place[None])[0]
        ee, en, nn = (lost.covariance[row] + spread).tolist()
        points.append(
            FallPoint(
                body=body.name,
                lon=lon,
                lat=lat,
                covariance=(ee, en, nn),
                fall_s=seconds,
                glide_m=_glide(body, above + 2.0 * sigma_h, sigma_wind),
            )
        )
    return tuple(points)


def _landed(
    mean: Floats, sigmas: Floats, height: tuple[float, float], log_beta: tuple[float, float], ground_m: float
) -> tuple[Floats, Floats, float]:
    """Mean (2,) and covariance (3,) of where bodies land, east and north of the start, and the mean time, s.

    mean, sigmas: (5,) velocity east, north, up; wind east, north. height, log_beta: mean and standard deviation.
    """
    n = len(mean)
    steps = math.sqrt(n) * np.diag(sigmas)
    cases = np.vstack([mean + steps, mean - steps])
    heights, betas = (np.repeat(NODES, 3), np.tile(NODES, 3))
    falls = np.zeros((9, 2 * n, 9))
    falls[..., 2] = (height[0] + heights * height[1])[:, None]
    falls[..., 6] = np.exp(log_beta[0] + betas * log_beta[1])[:, None]
    falls[..., 3:6], falls[..., 7:] = cases[:, :3], cases[:, 3:]
    ends = land(falls.reshape(-1, 9), ground_m)
    shares = np.repeat(np.outer(NODE_SHARES, NODE_SHARES).ravel(), 2 * n) / (2 * n)
    place: Floats = shares @ ends[:, :2]
    off = ends[:, :2] - place
    spread = (off * shares[:, None]).T @ off
    return place, np.array([spread[0, 0], spread[0, 1], spread[1, 1]]), float(shares @ ends[:, 2])


def _glide(body: Body, above: float, sigma_wind: float) -> float:
    """The farthest glide: its length in still air, and two standard deviations of the wind for as long as it lasts."""
    if not body.glide_ratio:
        return 0.0
    return above * (body.glide_ratio + 2.0 * sigma_wind / body.sink_mps)


def _edge(span: float, top: float, slow: float, rate: float, veer: float, course: float) -> Floats:
    """(k, 2) east and north: the farthest places reached, and the start.

    It turns at once, at the speed `slow` and `rate` (rad/s), and flies straight on at the speed `top` for the rest of
    `span` seconds. veer: rad by which the course may be off; course: rad from north.
    """
    most = min(rate * span, 2.0 * math.pi)
    angle = np.linspace(-most, most, 2 * CORNERS + 1)
    radius, left = slow / rate, top * (span - np.abs(angle) / rate)
    ahead = radius * np.sin(np.abs(angle)) + left * np.cos(angle)
    aside = radius * (1.0 - np.cos(angle)) * np.sign(angle) + left * np.sin(angle)
    veers = np.linspace(-veer, veer, 2 * max(1, math.ceil(veer / 0.1)) + 1)
    heading = course + veers[:, None]
    x = ahead * np.sin(heading) + aside * np.cos(heading)
    y = ahead * np.cos(heading) - aside * np.sin(heading)
    return np.vstack([np.column_stack([x.ravel(), y.ravel()]), np.zeros((1, 2))])


def _around(places: Floats, covariance: Floats, sigmas: float) -> Floats:
    """(CORNERS, 2) corners of a polygon around places, each with the ellipse of so many standard deviations about it.

    How far that reaches in a direction is how far the places do and how far the ellipse does. The polygon touches it in
    CORNERS directions, and is nowhere more than a fortieth of its width outside.
    """
    ee, en, nn = covariance.tolist()
    angle = np.linspace(0.0, 2.0 * math.pi, CORNERS, endpoint=False)
    x, y = np.cos(angle), np.sin(angle)
    ellipse = np.sqrt(np.maximum(ee * x * x + 2.0 * en * x * y + nn * y * y, 0.0))
    reach = (places @ np.vstack([x, y])).max(axis=0) + sigmas * ellipse
    after, step = np.roll(reach, -1), 2.0 * math.pi / CORNERS
    beside = (after - reach * math.cos(step)) / math.sin(step)
    corners: Floats = np.column_stack([reach * x - beside * y, reach * y + beside * x])
    return corners


def _ring(lon: float, lat: float, off: Floats) -> Ring:
    """Degrees of places given in metres east and north of a point, along geodesics of the ellipsoid."""
    away, azimuth = np.hypot(off[:, 0], off[:, 1]), np.degrees(np.arctan2(off[:, 0], off[:, 1]))
    lons, lats, _ = _GEOD.fwd(np.full(len(off), lon), np.full(len(off), lat), azimuth, away)
    return tuple(zip(lons.tolist(), lats.tolist(), strict=True))
