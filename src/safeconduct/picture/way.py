"""The way that is read from volumes, where a flight was declared without a route.

A volume is no larger than it needs to be: it holds the way through it, and so much more on every side. What it shares
with the next is where one goes from it into that; its edge has corners where the way comes near it, and runs straight
where it only spans a bend.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import shapely
from shapely.ops import polylabel

from safeconduct.kernels.arrays import Floats

SECTIONS = 10
"""A volume is cut across so often, from where the way comes in to where it goes out."""
SPARE = 0.6
"""A volume wider than its margins by more than this share of one of them spans a bend, or something else."""
ROUND = 0.5
"""What two volumes share tells of the margin only where it is no narrower than this share of its length."""
STRAIGHT_M = 150.0
"""The way is no more bent than this without a corner in it."""


def gates(shapes: Sequence[shapely.Polygon]) -> tuple[Floats, float]:
    """Where one comes into each volume and leaves it, (volumes + 1, 2), and how much room there is beside the way, m.

    Raises:
        ValueError: less than two volumes: it cannot be told which way they are flown through.
    """
    if len(shapes) < 2:
        raise ValueError(f"{len(shapes)} volumes: two or more are needed")
    inner = [_between(one, two) for one, two in pairwise(shapes)]
    edges = [
        min(shape.exterior.distance(shapely.Point(gate)) for shape in pair)
        for gate, pair in zip(inner, pairwise(shapes), strict=True)
        if _overlap(*pair)
    ]
    # Where volumes hardly overlap, or not at all, what the narrowest of them has room for.
    margin = float(np.median(edges)) if edges else min(_room(shape) for shape in shapes)
    ends = (_end(shapes[0], inner[0], margin), _end(shapes[-1], inner[-1], margin))
    return np.array([ends[0], *inner, ends[1]]), margin


def through(shape: shapely.Polygon, enters: Floats, leaves: Floats, margin: float) -> tuple[Floats, float]:
    """The way through one volume, (n, 2) from where it enters to where it leaves, and how far beside it the true one
    may be, m."""
    ahead = leaves - enters
    length = float(np.hypot(*ahead))
    if length < 1.0:
        return np.array([enters, leaves]), 0.0
    ahead /= length
    left = np.array([-ahead[1], ahead[0]])
    corners = (np.asarray(shape.exterior.coords)[:-1] - enters) @ np.column_stack([ahead, left])
    points, unsure = [enters], [0.0]
    for right_edge, left_edge, along in _sections(corners, length):
        aside, doubt = (right_edge + left_edge) / 2.0, 0.0
        spare = left_edge - right_edge - 2.0 * margin
        if spare > SPARE * margin:
            doubt = spare / 4.0
            near = corners[np.abs(corners[:, 0] - along) < 0.75 * length / SECTIONS, 1]
            touches_left, touches_right = bool((near > aside).any()), bool((near < aside).any())
            if touches_left != touches_right:
                aside = left_edge - margin if touches_left else right_edge + margin
                doubt /= 2.0
        points.append(enters + along * ahead + aside * left)
        unsure.append(doubt)
    way = shapely.LineString([*points, leaves]).simplify(STRAIGHT_M)
    return np.asarray(way.coords), float(np.mean(unsure))


def _between(one: shapely.Polygon, two: shapely.Polygon) -> Floats:
    """The middle of what two volumes share, or else between them."""
    both = shapely.intersection(one, two)
    place = both.centroid if not both.is_empty else shapely.shortest_line(one, two).centroid
    return np.array([place.x, place.y])


def _overlap(one: shapely.Polygon, two: shapely.Polygon) -> bool:
    """Whether two volumes share an air that is about as long as wide: one around a place where the way leads on."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shapely.intersection(one, two)))
    if len(corners) < 4:
        return False
    sides = np.hypot(*np.diff(corners[:3], axis=0).T)
    return bool(sides.min() > ROUND * sides.max())


def _room(shape: shapely.Polygon) -> float:
    """The radius of the largest circle within."""
    return float(shape.exterior.distance(polylabel(shape, tolerance=max(math.sqrt(shape.area) / 100.0, 1.0))))


def _end(shape: shapely.Polygon, gate: Floats, margin: float) -> Floats:
    """Where the way begins, or ends, in the first or last volume: at the far end of it, less the margin."""
    corners = np.asarray(shape.exterior.coords)
    off = corners - gate
    far = np.hypot(off[:, 0], off[:, 1])
    most = int(np.argmax(far))
    place: Floats = gate + off[most] * max(1.0 - margin / max(far[most], 1.0), 0.0)
    return place


def _sections(corners: Floats, length: float) -> Iterator[tuple[float, float, float]]:
    """Cuts across a ring whose corners are (metres along, metres left): their right and left ends, and where."""
    closed = np.vstack([corners, corners[:1]])
    for part in range(1, SECTIONS):
        along = length * part / SECTIONS
        crossing = []
        for (from_along, from_left), (to_along, to_left) in pairwise(closed.tolist()):
            if (from_along > along) != (to_along > along):
                crossing.append(from_left + (along - from_along) / (to_along - from_along) * (to_left - from_left))
        if len(crossing) > 1:
            yield min(crossing), max(crossing), along
