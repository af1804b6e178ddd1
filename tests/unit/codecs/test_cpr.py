import pytest

from safeconduct.codecs import cpr
from safeconduct.codecs.cpr import Cpr


def test_a_published_pair_decodes_to_its_published_place() -> None:
    """The worked example of the open literature: KL flight over the Netherlands, 52.2572 N 3.91937 E."""
    even, odd = Cpr(93000, 51372, False, False), Cpr(74158, 50194, True, False)
    lon, lat = cpr.airborne(odd, even) or (0.0, 0.0)
    assert (lat, lon) == pytest.approx((52.2572021484375, 3.91937255859375))
    lon, lat = cpr.airborne(even, odd) or (0.0, 0.0)
    assert (lat, lon) == pytest.approx((52.26578017412606, 3.938912527901786))


def test_one_frame_decodes_near_a_reference() -> None:
    lon, lat = cpr.near(Cpr(93000, 51372, False, False), 3.919, 52.258) or (0.0, 0.0)
    assert (lat, lon) == pytest.approx((52.2572021484375, 3.91937255859375))


@pytest.mark.parametrize(
    ("lat", "zones"), [(0.0, 59), (10.4, 59), (10.5, 58), (52.25, 36), (86.9, 2), (87.1, 1), (-52.25, 36)]
)
def test_zones_shrink_towards_the_poles(lat: float, zones: int) -> None:
    assert cpr.longitude_zones(lat) == zones


def test_a_pair_across_a_change_of_zones_is_refused() -> None:
    """North of 10.4704713 degrees there is one longitude zone fewer: the two frames count in different zones."""
    south = cpr.encode(20.0, 10.4700, odd=False, surface=False)
    north = cpr.encode(20.0, 10.4710, odd=True, surface=False)
    assert cpr.airborne(south, north) is None


def test_a_surface_pair_needs_the_reference_to_choose_its_quadrant() -> None:
    even = cpr.encode(2.55, 49.01, odd=False, surface=True)
    odd = cpr.encode(2.55, 49.01, odd=True, surface=True)
    assert cpr.surface(even, odd, 2.6, 49.0) == pytest.approx((2.55, 49.01), abs=2e-5)
    assert cpr.surface(even, odd, 92.6, 49.0) == pytest.approx((92.55, 49.01), abs=2e-5)
    even = cpr.encode(2.55, -40.99, odd=False, surface=True)
    odd = cpr.encode(2.55, -40.99, odd=True, surface=True)
    assert cpr.surface(even, odd, 2.6, -41.0) == pytest.approx((2.55, -40.99), abs=2e-5)


def test_a_reference_beside_the_pole_does_not_yield_a_place_beyond_it() -> None:
    places = [cpr.near(Cpr(row, 0, False, False), 0.0, 89.9) for row in range(0, cpr.STEPS, 997)]
    assert None in places
    assert all(abs(place[1]) <= 90.0 for place in places if place is not None)
