"""How far an aircraft is outside what its flight declared: asked by both rivers, for operators as for posts."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import shapely

from safeconduct.kernels import outline
from safeconduct.kernels.plans import DOUBT_SIGMAS
from safeconduct.model.conformance import Outside
from safeconduct.model.flight import Flight
from safeconduct.model.volume import Volume4D

LEAST_SIGMA_M = 0.001
"""No place is known better."""


@dataclass(frozen=True, slots=True)
class Off:
    """An aircraft that is not within its flight's air by its estimate alone.

    Attributes:
        outside: how far.
        sigmas: the same in standard deviations of the track, in that direction in which they are most; infinite where
            no volume is in force.
        beside: whether it is in none of the flight's air, whether in force or not.
    """

    outside: Outside
    sigmas: float
    beside: bool


class _Place(NamedTuple):
    """Where a track is, seen from one volume: how far in standard deviations, along the ground, above."""

    sigmas: float
    away_m: float
    bearing_deg: float | None
    above_m: float


@dataclass(frozen=True, slots=True)
class _Air:
    """One volume, laid out for many looks."""

    volume: Volume4D
    shape: shapely.Geometry
    bounds: tuple[float, float, float, float]

    def late_s(self, time: float) -> float:
        """Seconds after its end, negative before its start; 0 while it is in force."""
        return max(time - self.volume.end, 0.0) or min(time - self.volume.start, 0.0)

    def near(self, lon: float, lat: float, within_m: float) -> bool:
        """Whether a place may be within some metres; never wrong where it says no."""
        west, south, east, north = self.bounds
        off_lat = max(south - lat, lat - north, 0.0)
        off_lon = min(max(west - lon - turn, lon + turn - east, 0.0) for turn in (-360.0, 0.0, 360.0))
        squeeze = max(math.cos(math.radians(min(abs(lat) + 1.0, 90.0))), 1e-3)
        return max(off_lat, off_lon * squeeze) * outline.M_PER_DEG <= 1.01 * within_m

    def place(
        self, lon: float, lat: float, sigma_m: float, height_m: float | None, sigma_height_m: float | None
    ) -> _Place:
        """Where a track is, seen from here."""
        away_m, bearing = 0.0, None
        if not shapely.intersects_xy(self.shape, lon, lat):
            edge, away_m = outline.nearest(self.shape, lon, lat)
            bearing = outline.bearing_deg(edge, (lon, lat)) if away_m > 0.0 else None
        above_m = 0.0
        if height_m is not None:
            above_m = max(height_m - self.volume.upper_m, 0.0) or min(height_m - self.volume.lower_m, 0.0)
        sigmas = max(away_m / max(sigma_m, LEAST_SIGMA_M), abs(above_m) / max(sigma_height_m or 0.0, LEAST_SIGMA_M))
        return _Place(sigmas, away_m, bearing, above_m)


class DeclaredAir:
    """The volumes of one version of a flight, laid out for many looks."""

    def __init__(self, flight: Flight) -> None:
        self._air = [_air(volume) for volume in flight.volumes]

    def off(
        self,
        time: float,
        lon: float,
        lat: float,
        sigma_m: float,
        height_m: float | None = None,
        sigma_height_m: float | None = None,
    ) -> Off | None:
        """How far a track is outside, at a time (Unix seconds); None where its estimate is within a volume in force.

        Args:
            lon, lat: WGS-84 degrees; sigma_m: one standard deviation of each horizontal component.
            height_m, sigma_height_m: above the ellipsoid; None where not known, which is outside of nothing.
        """
        at = lon, lat, sigma_m, height_m, sigma_height_m
        best: _Place | None = None
        rest = []
        for air in self._air:
            if late_s := air.late_s(time):
                rest.append((abs(late_s), late_s, air))
                continue
            place = air.place(*at)
            if place.sigmas == 0.0:
                return None
            best = place if best is None else min(best, place, key=_by_sigmas)
        rest.sort(key=_by_time)
        for _, late_s, air in rest:
            if air.near(lon, lat, DOUBT_SIGMAS * sigma_m) and air.place(*at).sigmas <= DOUBT_SIGMAS:
                return _off(best or _WITHIN, late_s, beside=False)
        if best is not None:
            return _off(best, None, beside=True)
        soonest_s, late_s, _ = rest[0]
        nearest = min((air.place(*at) for away_s, _, air in rest if away_s == soonest_s), key=_by_sigmas)
        return _off(nearest._replace(sigmas=math.inf), late_s, beside=True)


_WITHIN = _Place(math.inf, 0.0, None, 0.0)
"""Within air of its flight that is not in force: no doubt of the place makes the time another."""


def _off(place: _Place, late_s: float | None, *, beside: bool) -> Off:
    outside = Outside(away_m=place.away_m, bearing_deg=place.bearing_deg, above_m=place.above_m, late_s=late_s)
    return Off(outside, place.sigmas, beside)


def _by_sigmas(place: _Place) -> float:
    return place.sigmas


def _by_time(one: tuple[float, float, _Air]) -> float:
    return one[0]


def _air(volume: Volume4D) -> _Air:
    shape = outline.polygon(volume.outline)
    shapely.prepare(shape)
    west, south, east, north = shapely.bounds(shape).tolist()
    return _Air(volume, shape, (west, south, east, north))
