"""Crossings in words: what a route, a volume and a sector without an edge make of each other."""

import pytest
import shapely

from safeconduct.coordination.crossing import READ_BACK_LIMIT_M, crossing, misread, read_back_error_m
from safeconduct.errors import InputError
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.card import GuardedAir
from safeconduct.model.flight import Flight, RoutePoint
from safeconduct.model.receipt import ReadBack
from safeconduct.model.sector import Sector
from safeconduct.model.volume import Volume4D

T0 = 1.7e9
RING = ((13.0, 32.0), (14.0, 32.0), (14.0, 33.0), (13.0, 33.0))
SECTOR = Sector(id="s", party="p", name="S", centre=(13.5, 32.5), outline=RING, lower_m=0.0, upper_m=8000.0)


def volume(west: float, east: float, *, start: float = 0.0, low: float = 4000.0) -> Volume4D:
    ring = ((west, 32.4), (east, 32.4), (east, 32.6), (west, 32.6))
    return Volume4D(outline=ring, lower_m=low, upper_m=low + 2000, start=T0 + start, end=T0 + start + 900)


def flight(*volumes: Volume4D, route: tuple[RoutePoint, ...] = ()) -> Flight:
    return Flight(id="f", party="p", aircraft=Aircraft(type="t"), volumes=volumes, route=route)


def leg(west: float, east: float, *, low: float = 5000.0, high: float = 5000.0) -> tuple[RoutePoint, ...]:
    return RoutePoint(west, 32.5, low, T0), RoutePoint(east, 32.5, high, T0 + 1000)


def test_a_route_enters_at_the_edge() -> None:
    crosses = crossing(flight(volume(12.0, 14.5), route=leg(12.5, 14.5)), SECTOR)
    assert crosses is not None
    assert crosses.entry == pytest.approx((13.0, 32.5))
    assert (crosses.entry_time, crosses.exit_time) == pytest.approx((T0 + 250, T0 + 750))


def test_a_route_that_starts_inside_enters_at_its_first_point() -> None:
    crosses = crossing(flight(volume(13.0, 14.0), route=leg(13.2, 13.4)), SECTOR)
    assert crosses is not None
    assert (crosses.entry, crosses.entry_time, crosses.exit_time) == ((13.2, 32.5), T0, T0 + 1000)


def test_a_route_enters_through_the_ceiling() -> None:
    crosses = crossing(flight(volume(13.0, 14.0), route=leg(13.1, 13.9, low=10_000.0, high=6000.0)), SECTOR)
    assert crosses is not None
    assert (crosses.entry_time, crosses.exit_time) == pytest.approx((T0 + 500, T0 + 1000))
    assert crosses.entry == pytest.approx((13.5, 32.5))


def test_the_volumes_count_where_the_route_does_not_enter() -> None:
    plan = flight(volume(12.0, 13.1, start=60), volume(12.0, 13.2), route=leg(12.2, 12.9))
    crosses = crossing(plan, SECTOR)
    assert crosses is not None
    assert crosses.area is not None
    assert tuple(shapely.bounds(crosses.area)) == (13.0, 32.4, 13.2, 32.6)
    assert (crosses.entry_time, crosses.exit_time) == (T0, T0 + 960)


@pytest.mark.parametrize(
    "there", [volume(12.0, 13.0), volume(14.0, 15.0), volume(13.1, 13.2, low=8000.0)], ids=["west", "east", "above"]
)
def test_faces_that_only_touch_share_no_air(there: Volume4D) -> None:
    assert crossing(flight(there), SECTOR) is None
    with pytest.raises(InputError) as caught:
        read_back_error_m(flight(there), SECTOR, ReadBack(13.0, 32.5))
    assert caught.value.reason == "no-crossing"


def test_a_sector_without_an_edge_is_everywhere_between_its_heights() -> None:
    everywhere = Sector(id="s", party="p", name="S", centre=(0, 0), lower_m=0.0, upper_m=4500.0)
    plan = flight(volume(12.0, 13.0))
    crosses = crossing(plan, everywhere)
    assert crosses is not None
    assert crosses.area == plan.volumes[0].polygon
    assert crossing(flight(volume(12.0, 13.0, low=4500.0)), everywhere) is None
    along = crossing(flight(volume(12.0, 13.0), route=leg(12.2, 12.9, low=4000.0)), everywhere)
    assert along is not None
    assert (along.entry_time, along.exit_time) == pytest.approx((T0, T0 + 500))


def test_guarded_air_of_a_card_is_crossed_like_a_sector() -> None:
    air = GuardedAir(outline=RING, lower_m=0.0, upper_m=8000.0, since=T0)
    plan = flight(volume(12.0, 14.5), route=leg(12.5, 14.5))
    assert crossing(plan, air) == crossing(plan, SECTOR)


def test_a_hand_is_good_enough_and_nine_kilometres_are_not() -> None:
    plan = flight(volume(12.0, 14.5), route=leg(12.5, 14.5))
    near, far = ReadBack(13.02, 32.5), ReadBack(13.0, 32.5 + 9.0 / 111.0)
    assert not misread(read_back_error_m(plan, SECTOR, near))
    assert misread(read_back_error_m(plan, SECTOR, far))
    assert read_back_error_m(plan, SECTOR, far) == pytest.approx(9000, rel=0.01)
    assert not misread(READ_BACK_LIMIT_M)


def test_without_a_route_anywhere_in_the_shared_air_is_right() -> None:
    plan = flight(volume(12.0, 13.2))
    assert read_back_error_m(plan, SECTOR, ReadBack(13.1, 32.5)) == 0.0
    assert misread(read_back_error_m(plan, SECTOR, ReadBack(12.9, 32.5))), "in the volume, and not in the sector"
