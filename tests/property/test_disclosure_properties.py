"""Blurred declarations hold the true ones, and tell nothing of where in the grid's cells those lie."""

import math
from dataclasses import replace

import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from safeconduct.coordination.disclosure import COARSE_DEG, COARSE_M, COARSE_S, coarse_air, disclosed
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.flight import Disclosure, Flight, RoutePoint
from safeconduct.model.sector import Sector
from safeconduct.model.volume import Volume4D


@st.composite
def volumes(draw: st.DrawFn, reach: float = 180.0) -> Volume4D:
    """Four-cornered, anywhere on earth, beside the poles and the antimeridian too."""
    west, south = draw(st.floats(-180, 179.99)), draw(st.floats(-90, 89.99))
    east = min(west + draw(st.floats(0.001, 1.0) | st.floats(0.001, reach)), 180.0)
    north = min(south + draw(st.floats(0.001, 1.0) | st.floats(0.001, 180.0)), 90.0)
    low = draw(st.floats(-500, 20_000))
    start = draw(st.floats(0, 2e9))
    return Volume4D(
        outline=((west, south), (east, south), (east, north), (west, north)),
        lower_m=low,
        upper_m=low + draw(st.floats(0.1, 5000)),
        start=start,
        end=start + draw(st.floats(0.1, 1e5)),
    )


def flight(*volumes: Volume4D) -> Flight:
    route = (RoutePoint(volumes[0].outline[0][0], 0.0, 100.0, volumes[0].start),)
    aircraft = Aircraft(type="male_uav", owner="a", operator="b", crew="c")
    return Flight(
        id="f", party="p", aircraft=aircraft, volumes=volumes, route=route, disclosure=Disclosure.COARSE, contact="desk"
    )


def covers(blurred: tuple[Volume4D, ...], volume: Volume4D) -> bool:
    """Whether, for the whole time and height of a volume, its outline lies within blurred ones."""
    with_it = [
        other.polygon
        for other in blurred
        if other.lower_m <= volume.lower_m
        and other.upper_m >= volume.upper_m
        and other.start <= volume.start
        and other.end >= volume.end
    ]
    return bool(shapely.covers(shapely.union_all(with_it), volume.polygon))


@given(st.lists(volumes(), min_size=1, max_size=5))
def test_blurred_volumes_hold_the_true_ones(true: list[Volume4D]) -> None:
    told = disclosed(flight(*true))
    assert all(covers(told.volumes, volume) for volume in true)
    assert len(told.volumes) <= 2 * len(true)


@given(st.lists(volumes(), min_size=1, max_size=5))
def test_blurring_twice_is_blurring_once(true: list[Volume4D]) -> None:
    told = disclosed(flight(*true))
    assert disclosed(told) == told


CELLS = st.tuples(st.integers(-1790, 1780), st.integers(-890, 880), st.integers(-1, 40), st.integers(0, 10**6))
INSETS = st.tuples(*[st.floats(0.001, 0.999)] * 8)


@given(st.lists(st.tuples(CELLS, INSETS, INSETS), min_size=1, max_size=4))
def test_where_in_its_cells_a_volume_lies_makes_no_difference(
    made: list[tuple[tuple[int, int, int, int], tuple[float, ...], tuple[float, ...]]],
) -> None:
    """Each volume reaches from one cell of the grid to the one after the next, in place, height and time."""

    def within(cell: tuple[int, int, int, int], inset: tuple[float, ...]) -> Volume4D:
        (x, y, h, t), (a, b, c, d, e, f, g, i) = cell, inset
        west, east = (x + a) * COARSE_DEG, (x + 1 + b) * COARSE_DEG
        south, north = (y + c) * COARSE_DEG, (y + 1 + d) * COARSE_DEG
        return Volume4D(
            outline=((west, south), (east, south), (east, north), (west, north)),
            lower_m=(h + e) * COARSE_M,
            upper_m=(h + 1 + f) * COARSE_M,
            start=(t + g) * COARSE_S,
            end=(t + 1 + i) * COARSE_S,
        )

    one = disclosed(flight(*(within(cell, inset) for cell, inset, _ in made)))
    other = disclosed(flight(*(within(cell, inset) for cell, _, inset in reversed(made))))
    assert one == other


@given(st.lists(volumes(), min_size=1, max_size=3))
def test_every_number_that_is_told_is_on_the_grid(true: list[Volume4D]) -> None:
    for volume in disclosed(flight(*true)).volumes:
        for degrees in (value for corner in volume.outline for value in corner):
            assert degrees == round(degrees, 1)
        assert volume.lower_m % COARSE_M == volume.upper_m % COARSE_M == 0
        assert volume.start % COARSE_S == volume.end % COARSE_S == 0


@given(volumes(reach=5.0), st.floats(-500, 5000), st.floats(0.1, 20_000))
def test_a_card_holds_the_sector_and_only_the_cells_of_its_corners(volume: Volume4D, low: float, high: float) -> None:
    sector = Sector(
        id="s", party="p", name="S", centre=volume.outline[0], outline=volume.outline, lower_m=low, upper_m=low + high
    )
    air = coarse_air(sector, since=5.0)
    shape = shapely.Polygon(air.outline)
    assert shape.is_valid
    assert shapely.covers(shape, volume.polygon)
    assert air.lower_m <= sector.lower_m
    assert air.upper_m >= sector.upper_m
    assert (air.lower_m % COARSE_M, air.upper_m % COARSE_M, air.since) == (0, 0, 5.0)
    west, south, east, north = shape.bounds
    inner = volume.polygon.bounds
    for told, true in zip((-west, -south, east, north), (-inner[0], -inner[1], inner[2], inner[3]), strict=True):
        assert true <= told < true + COARSE_DEG + 1e-9
    cells = tuple(
        (
            (math.floor(lon / COARSE_DEG) + 0.5) * COARSE_DEG if lon != round(lon, 1) else lon,
            (math.floor(lat / COARSE_DEG) + 0.5) * COARSE_DEG if lat != round(lat, 1) else lat,
        )
        for lon, lat in volume.outline
    )
    assume(shapely.Polygon(cells).area > 0)  # corners of one cell have one centre, and make no outline
    elsewhere = coarse_air(replace(sector, outline=cells), since=5.0)
    assert shapely.equals(shapely.Polygon(elsewhere.outline), shape)
