"""The way that is read from volumes: straight ones, bends, volumes that are no hulls, and some that do not touch."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
import shapely
import shapely.affinity
import shapely.ops
from hypothesis import given, settings
from hypothesis import strategies as st

from safeconduct.kernels.arrays import Floats
from safeconduct.picture.way import STRAIGHT_M, gates, through

LENGTH_M, BUFFER_M, OVERLAP_M = 25_000.0, 1500.0, 500.0
STRAIGHT = shapely.LineString([(0.0, 0.0), (LENGTH_M, 0.0)])


def arc(turn_deg: float) -> shapely.LineString:
    """A bend to the left, as long as `LENGTH_M`."""
    angle = np.linspace(0.0, math.radians(turn_deg), 200)
    radius = LENGTH_M / angle[-1]
    return shapely.LineString(np.column_stack([radius * np.sin(angle), radius - radius * np.cos(angle)]))


BEND = arc(90.0)
WINDING = shapely.LineString([*arc(60.0).coords, (34_000.0, 29_000.0), (45_000.0, 30_000.0)])


def volumes(
    line: shapely.LineString, count: int = 3, overlap_m: float = OVERLAP_M, *, hulls: bool = True
) -> list[shapely.Polygon]:
    """Parts of a line, each somewhat longer than its share, with so much room beside it."""
    made = []
    for part in range(count):
        first, last = line.length * part / count - overlap_m, line.length * (part + 1) / count + overlap_m
        room = shapely.ops.substring(line, max(first, 0.0), min(last, line.length)).buffer(BUFFER_M)
        made.append(shapely.Polygon(shapely.get_coordinates(shapely.convex_hull(room) if hulls else room)))
    return made


def ways(shapes: Sequence[shapely.Polygon]) -> list[tuple[Floats, float]]:
    places, margin = gates(shapes)
    return [through(shape, places[index], places[index + 1], margin) for index, shape in enumerate(shapes)]


def whole(shapes: Sequence[shapely.Polygon]) -> Floats:
    return np.concatenate([way for way, _ in ways(shapes)])


def off(line: shapely.LineString, points: Floats) -> Floats:
    """How far all of a way, every 200 m, is from the true one, m."""
    way = shapely.segmentize(shapely.LineString(points), 200.0)
    return np.asarray(shapely.distance(shapely.points(shapely.get_coordinates(way)), line))


@pytest.mark.parametrize("hulls", [True, False])
@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_straight_way_is_straight(count: int, hulls: bool) -> None:
    shapes = volumes(STRAIGHT, count, hulls=hulls)
    places, margin = gates(shapes)
    assert margin == pytest.approx(BUFFER_M, rel=0.01)
    assert places == pytest.approx(np.column_stack([np.linspace(0.0, LENGTH_M, count + 1), np.zeros(count + 1)]), abs=5)
    for index, (way, doubt) in enumerate(ways(shapes)):
        assert way == pytest.approx(places[index : index + 2], abs=5.0)
        assert doubt == 0.0


@pytest.mark.parametrize("count", [2, 3])
def test_a_bend_is_read_from_hulls_of_it(count: int) -> None:
    shapes = volumes(BEND, count)
    places, margin = gates(shapes)
    assert margin == pytest.approx(BUFFER_M, rel=0.2)
    read, straight = off(BEND, whole(shapes)), off(BEND, places)
    assert np.median(read) < 350.0
    assert read.max() < 500.0 < straight.max()
    assert np.median(read) < 0.8 * np.median(straight)
    assert np.median(off(BEND, places[[0, -1]])) > 3000.0


@pytest.mark.parametrize("count", [2, 3])
def test_volumes_that_follow_the_bend_tell_it_well(count: int) -> None:
    shapes = volumes(BEND, count, hulls=False)
    places, margin = gates(shapes)
    assert any(shape.area < 0.95 * shape.convex_hull.area for shape in shapes)
    assert margin == pytest.approx(BUFFER_M, rel=0.2)
    assert off(BEND, whole(shapes)).max() < STRAIGHT_M
    assert np.median(off(BEND, places)) > 350.0
    assert all(len(way) > 2 and doubt == 0.0 for way, doubt in ways(shapes))


@pytest.mark.parametrize("hulls", [True, False])
@pytest.mark.parametrize("line", [STRAIGHT, BEND, WINDING])
def test_the_ways_join_up_from_one_end_to_the_other(line: shapely.LineString, hulls: bool) -> None:
    shapes = volumes(line, hulls=hulls)
    places, _ = gates(shapes)
    read = [way for way, _ in ways(shapes)]
    for before, after in pairwise(read):
        assert before[-1].tolist() == after[0].tolist()
    ends = shapely.get_coordinates(line)[[0, -1]]
    assert read[0][0] == pytest.approx(ends[0], abs=0.2 * BUFFER_M)
    assert read[-1][-1] == pytest.approx(ends[1], abs=0.2 * BUFFER_M)
    for index, shape in enumerate(shapes):
        assert read[index][[0, -1]] == pytest.approx(places[index : index + 2])
        assert shape.buffer(1.0).covers(shapely.LineString(read[index]))
        ahead = (read[index] - places[index]) @ (places[index + 1] - places[index])
        assert np.all(np.diff(ahead) > 0.0), "never back"


@pytest.mark.parametrize("hulls", [True, False])
@pytest.mark.parametrize("line", [STRAIGHT, BEND, WINDING])
def test_the_other_way_round_it_is_the_same_way_back(line: shapely.LineString, hulls: bool) -> None:
    shapes = volumes(line, hulls=hulls)
    there, back = ways(shapes), ways(shapes[::-1])
    for (way, doubt), (again, same) in zip(there, back[::-1], strict=True):
        assert again[::-1] == pytest.approx(way, abs=1.0)
        assert same == pytest.approx(doubt, abs=1.0)


@settings(deadline=None, max_examples=30)
@given(st.floats(-180.0, 180.0), st.floats(-1e5, 1e5), st.floats(-1e5, 1e5), st.booleans())
def test_turning_and_shifting_the_plane_turns_and_shifts_the_way(
    turn_deg: float, east_m: float, north_m: float, hulls: bool
) -> None:
    def moved(points: Floats) -> Floats:
        turned = shapely.affinity.rotate(shapely.MultiPoint(points), turn_deg, origin=(0.0, 0.0))
        return shapely.get_coordinates(shapely.affinity.translate(turned, east_m, north_m))

    shapes = volumes(WINDING, hulls=hulls)
    others = [shapely.Polygon(moved(shapely.get_coordinates(shape))) for shape in shapes]
    (places, margin), (other_places, other_margin) = gates(shapes), gates(others)
    assert other_margin == pytest.approx(margin, abs=0.01)
    assert other_places == pytest.approx(moved(places), abs=0.01)
    for (way, doubt), (other, same) in zip(ways(shapes), ways(others), strict=True):
        assert other == pytest.approx(moved(way), abs=0.01)
        assert same == pytest.approx(doubt, abs=0.01)


def test_the_gate_of_two_volumes_that_do_not_touch_is_between_them() -> None:
    one, two = shapely.box(0.0, -1000.0, 8000.0, 1000.0), shapely.box(10_000.0, -1000.0, 18_000.0, 1000.0)
    places, margin = gates([one, two])
    assert places[1, 0] == pytest.approx(9000.0)
    assert abs(places[1, 1]) <= 1000.0
    assert margin == pytest.approx(1000.0)
    assert places[0, 0] < 1000.0
    assert places[2, 0] > 17_000.0
    assert np.isfinite(whole([one, two])).all()


def test_a_wide_volume_that_tells_no_side_is_doubtful() -> None:
    """Straight edges far to both sides: the way is in the middle, or anywhere."""
    margin = 500.0
    narrow, doubt = through(shapely.box(0.0, -margin, 10_000.0, margin), *_ends(), margin)
    assert doubt == 0.0
    assert narrow == pytest.approx(np.array(_ends()))
    wide, wider = (through(shapely.box(0.0, -m, 10_000.0, m), *_ends(), margin) for m in (1500.0, 3000.0))
    assert wide[0] == pytest.approx(np.array(_ends()))
    assert 0.0 < wide[1] < wider[1] < 3000.0


def test_it_is_half_as_doubtful_where_only_one_side_has_corners() -> None:
    """The way is rather on that side, as far from the edge as it has room."""
    margin, half = 500.0, 1500.0
    plain = shapely.box(0.0, -half, 10_000.0, half)
    left = shapely.Polygon([(0.0, -half), (10_000.0, -half), *((x, half) for x in np.arange(10_000.0, -1.0, -500.0))])
    right = shapely.Polygon([(x, -y) for x, y in left.exterior.coords])
    _, unsure = through(plain, *_ends(), margin)
    for shape, aside in ((left, half - margin), (right, margin - half)):
        way, doubt = through(shape, *_ends(), margin)
        assert doubt == pytest.approx(unsure / 2.0)
        assert way[1:-1, 1] == pytest.approx(aside)


def _ends() -> tuple[Floats, Floats]:
    return np.array([0.0, 0.0]), np.array([10_000.0, 0.0])


def test_a_volume_that_is_left_where_it_is_entered_has_no_way() -> None:
    at = np.array([100.0, 200.0])
    way, doubt = through(shapely.box(0.0, 0.0, 1000.0, 1000.0), at, at, 100.0)
    assert way.tolist() == [at.tolist(), at.tolist()]
    assert doubt == 0.0


@pytest.mark.parametrize("count", [0, 1])
def test_one_volume_tells_no_way(count: int) -> None:
    with pytest.raises(ValueError, match="volumes"):
        gates([shapely.box(0.0, 0.0, 5000.0, 1000.0)] * count)
