"""What others are told of a flight, and of the air that a party guards: as much as its owner gives, and no more."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import shapely

from safeconduct.errors import ForbiddenError
from safeconduct.model import check
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.card import GuardedAir
from safeconduct.model.flight import Disclosure, Flight
from safeconduct.model.sector import Sector
from safeconduct.model.volume import Volume4D

COARSE_DEG = 0.1
"""Grid of blurred outlines: 11 km north, and less east away from the equator."""
COARSE_M = 500.0
"""Grid of blurred heights."""
COARSE_S = 900.0
"""Grid of blurred times."""
NOT_DISCLOSED = "not disclosed"
"""The aircraft type of a blurred flight."""
_WHOLE_EARTH = ((-180.0, -90.0), (180.0, -90.0), (180.0, 90.0), (-180.0, 90.0))


def disclosed(flight: Flight) -> Flight:
    """What other parties are told of a flight (law 7).

    `open`: all of it. `coarse`: its id, version, party, state and contact, and volumes blurred outward to a grid in
    place, height and time, which contain the true ones and tell nothing of where in the grid's cells those lie; no
    route, no emissions, nothing of the aircraft. Blurring twice is blurring once.

    Raises:
        ForbiddenError: `sealed`.
    """
    match flight.disclosure:
        case Disclosure.OPEN:
            return flight
        case Disclosure.COARSE:
            return replace(
                flight,
                aircraft=Aircraft(type=NOT_DISCLOSED),
                volumes=_blurred(flight.volumes),
                route=(),
                emits=frozenset(),
            )
        case Disclosure.SEALED:
            raise ForbiddenError(
                "sealed",
                f"flight {flight.id} is sealed: nothing of it leaves its owner's node",
                where="disclosure",
                remedy="declare it coarse to have posts told of it, or leave it to the blind check",
            )


def coarse_air(sector: Sector, since: float) -> GuardedAir:
    """A sector as it goes on a card: the hull of the grid cells that its corners lie in, heights outward to the grid.

    It contains the sector, and tells nothing of where in those cells the corners lie. A sector without an edge is the
    whole earth. `since` is Unix seconds.
    """
    places = [
        (lon, lat)
        for east, north in sector.outline or _WHOLE_EARTH
        for lon in (_down(east, COARSE_DEG), _up(east, COARSE_DEG))
        for lat in (_down(north, COARSE_DEG), _up(north, COARSE_DEG))
    ]
    hull = shapely.MultiPoint(places).convex_hull
    return GuardedAir(
        outline=tuple((lon, lat) for lon, lat in shapely.get_coordinates(hull)[:-1].tolist()),
        lower_m=_down(sector.lower_m, COARSE_M),
        upper_m=_up(sector.upper_m, COARSE_M),
        since=since,
    )


_Box = tuple[float, float, float, float, float, float, float, float]
"""West, south, lower_m, start; east, north, upper_m, end."""


def _blurred(volumes: tuple[Volume4D, ...]) -> tuple[Volume4D, ...]:
    """Boxes on the grid, in order, without those that lie within others."""
    boxes = sorted({box for volume in volumes for box in _boxes(volume)}, key=lambda box: (box[3], box))
    low, high = np.array(boxes)[:, :4], np.array(boxes)[:, 4:]
    # Boxes differ from each other, so that one which holds itself alone is held by no other.
    alone = [((low <= box[:4]) & (high >= box[4:])).all(axis=1).sum() == 1 for box in np.array(boxes)]
    return tuple(_volume(box) for box, keep in zip(boxes, alone, strict=True) if keep)


def _boxes(volume: Volume4D) -> list[_Box]:
    """The box on the grid around a volume; two halves where it reaches around more than half of the earth."""
    lons, lats = zip(*volume.outline, strict=True)
    west, east = _down(min(lons), COARSE_DEG), _up(max(lons), COARSE_DEG)
    south, north = _down(min(lats), COARSE_DEG), _up(max(lats), COARSE_DEG)
    lower_m, upper_m = _down(volume.lower_m, COARSE_M), _up(volume.upper_m, COARSE_M)
    start = max(_down(volume.start, COARSE_S), check.FIRST_TIME_S)
    end = min(_up(volume.end, COARSE_S), check.LAST_TIME_S)
    cuts = (west, east) if east - west <= 180.0 else (west, 0.0, east)
    return [(left, south, lower_m, start, right, north, upper_m, end) for left, right in pairwise(cuts)]


def _volume(box: _Box) -> Volume4D:
    west, south, lower_m, start, east, north, upper_m, end = box
    outline = ((west, south), (east, south), (east, north), (west, north))
    return Volume4D(outline=outline, lower_m=lower_m, upper_m=upper_m, start=start, end=end)


def _down(value: float, step: float) -> float:
    """The last line of a grid at or below a value. Lines are where their shortest decimal is (10.3, and no neighbour
    of it), so that a value on a line stays there."""
    index = math.floor(value / step)
    if _line(index + 1, step) <= value:
        index += 1
    elif _line(index, step) > value:
        index -= 1
    return _line(index, step)


def _up(value: float, step: float) -> float:
    return -_down(-value, step)


def _line(index: int, step: float) -> float:
    return round(index * step, 6)
