"""Where and when a flight crosses guarded air: asked by both rivers, for notices as for advisories."""

from dataclasses import dataclass

import numpy as np
import shapely

from safeconduct.kernels import outline
from safeconduct.model.card import GuardedAir
from safeconduct.model.flight import Flight
from safeconduct.model.sector import Sector


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """One flight through one piece of air.

    Attributes:
        entry_time, exit_time: first and last moment in it, Unix seconds; it may be outside in between.
        entry: (lon, lat) degrees: where its route enters, or is first in it; without one, a place in `area`.
        area: where no route says more: the shared outline (degrees) of the volumes that are first to share air with it.
    """

    entry_time: float
    exit_time: float
    entry: tuple[float, float]
    area: shapely.Geometry | None = None


def crossing(flight: Flight, air: Sector | GuardedAir) -> Crossing | None:
    """How a flight crosses a post's sector, or the air that a party says it guards; None where it does not.

    By its route where that enters (also one that starts in it). Otherwise by its volumes, which may go where the
    route does not: any of them that shares air with it makes a crossing. Faces that only touch share none.
    """
    shape = outline.polygon(air.outline) if air.outline else None
    if flight.route:
        path = np.array([(point.lon, point.lat, point.alt_m, point.time) for point in flight.route])
        if through := outline.passage(path, shape, air.lower_m, air.upper_m):
            first, last = through
            return Crossing(entry_time=first[3], exit_time=last[3], entry=first[:2])
    both = []
    for volume in flight.volumes:
        if volume.lower_m < air.upper_m and air.lower_m < volume.upper_m:
            part = volume.polygon if shape is None else outline.shared(volume.polygon, shape)
            if part is not None:
                both.append((volume, part))
    if not both:
        return None
    entry_time = min(volume.start for volume, _ in both)
    area = shapely.union_all([part for volume, part in both if volume.start == entry_time])
    place = shapely.point_on_surface(area)
    exit_time = max(volume.end for volume, _ in both)
    return Crossing(entry_time=entry_time, exit_time=exit_time, entry=(place.x, place.y), area=area)
