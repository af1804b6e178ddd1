"""Outlines in degrees against figures worked out another way."""

import numpy as np
import pyproj
import pytest
import shapely

from safeconduct.kernels import outline

WHOLE = outline.polygon(((-180.0, 0.0), (0.0, 0.0), (180.0, 0.0), (180.0, 90.0), (0.0, 90.0), (-180.0, 90.0)))
SQUARE = outline.polygon(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))


def test_half_the_earth_has_half_its_area() -> None:
    """Snyder, USGS PP 1395, eq. 3-12 and 3-13: the area of a zone from the equator to the pole is 2 pi R_q²."""
    authalic_m = 6_371_007.1809
    assert outline.area_m2(WHOLE) == pytest.approx(2 * np.pi * authalic_m**2, rel=1e-6)


def test_holes_and_parts_are_reckoned_with() -> None:
    corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    holed = shapely.Polygon(corners, [[(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]])
    inner = shapely.box(0.2, 0.2, 0.8, 0.8)
    assert outline.area_m2(holed) == pytest.approx(outline.area_m2(SQUARE) - outline.area_m2(inner), rel=1e-6)
    both = shapely.GeometryCollection([shapely.Point(5, 5), shapely.MultiPolygon([inner, shapely.box(3, 3, 4, 4)])])
    parts = outline.area_m2(inner) + outline.area_m2(shapely.box(3, 3, 4, 4))
    assert outline.area_m2(both) == pytest.approx(parts, rel=1e-9)


def test_touching_is_not_sharing() -> None:
    assert outline.shared(SQUARE, shapely.box(1, 0, 2, 1)) is None
    assert outline.shared(SQUARE, shapely.box(1 - 1e-12, 0, 2, 1)) is None
    assert outline.shared(SQUARE, shapely.box(0.999, 0, 2, 1)) is not None


def test_a_crossed_ring_still_has_an_inside() -> None:
    bow = outline.polygon(((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)))
    assert outline.shared(bow, shapely.box(0, 0, 0.2, 1)) is not None


@pytest.mark.parametrize(("lon", "lat"), [(-0.5, 0.5), (2.0, 3.0), (1.3, 0.2)])
def test_the_nearest_place_is_the_nearest_of_many(lon: float, lat: float) -> None:
    edge = shapely.get_coordinates(shapely.segmentize(shapely.boundary(SQUARE), 1e-3)).T
    count = len(edge[0])
    away = pyproj.Geod(ellps="WGS84").inv(np.full(count, lon), np.full(count, lat), *edge)[2]
    place, away_m = outline.nearest(SQUARE, lon, lat)
    assert away_m == pytest.approx(float(np.min(away)), rel=1e-3)
    assert outline.distance_m(place, (lon, lat)) == pytest.approx(away_m)


def test_within_is_no_distance_and_the_antimeridian_is_no_wall() -> None:
    place, away_m = outline.nearest(SQUARE, 0.3, 0.3)
    assert place == pytest.approx((0.3, 0.3))
    assert away_m == 0.0
    east = shapely.box(179.0, 0.0, 180.0, 1.0)
    assert outline.nearest(east, -179.9, 0.5)[1] == pytest.approx(0.1 * outline.M_PER_DEG, rel=0.01)


def test_widened_reaches_as_far_as_it_says() -> None:
    wide = outline.widened(shapely.box(10.0, 59.0, 11.0, 60.0), 100.0)
    geod = pyproj.Geod(ellps="WGS84")
    for azimuth, start in [(90.0, (11.0, 59.9)), (0.0, (10.5, 60.0)), (180.0, (10.5, 59.0))]:
        for away_m, within in [(98.0, True), (105.0, False)]:
            lon, lat, _ = geod.fwd(*start, azimuth, away_m)
            assert bool(shapely.contains_xy(wide, lon, lat)) is within


@pytest.mark.parametrize(
    ("path", "entry", "leave"),
    [
        ([(0.5, 0.5, 0.0, 7.0)], 7.0, 7.0),
        ([(0.5, 0.5, 0.0, 7.0), (0.5, 0.5, 0.0, 9.0)], 7.0, 9.0),
        ([(-1.0, 0.5, 0.0, 0.0), (2.0, 0.5, 0.0, 3.0)], 1.0, 2.0),
        ([(-1.0, 0.5, 0.0, 0.0), (2.0, 0.5, 0.0, 3.0), (0.5, 0.5, 0.0, 4.5)], 1.0, 4.5),
        ([(-1.0, 0.0, 0.0, 0.0), (2.0, 0.0, 0.0, 3.0)], 1.0, 2.0),
        ([(0.5, 0.5, -100.0, 0.0), (0.5, 0.5, 300.0, 4.0)], 1.0, 2.0),
    ],
    ids=["point", "hover", "through", "twice", "along the edge", "climb"],
)
def test_a_path_is_within_from_first_to_last(
    path: list[tuple[float, float, float, float]], entry: float, leave: float
) -> None:
    found = outline.passage(np.array(path), SQUARE, 0.0, 100.0)
    assert found is not None
    assert (found[0][3], found[1][3]) == pytest.approx((entry, leave))


def test_a_path_that_touches_a_corner_is_not_within() -> None:
    assert outline.passage(np.array([(-1.0, 1.0, 0.0, 0.0), (1.0, -1.0, 0.0, 2.0)]), SQUARE, 0.0, 1.0) is None
