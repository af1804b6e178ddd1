"""CPR over the whole globe: what is encoded here decodes to within half a step of the format."""

import math

from hypothesis import assume, given
from hypothesis import strategies as st

from safeconduct.codecs import cpr

LONGITUDES = st.floats(-180.0, 179.999999)
LATITUDES = st.floats(-90.0, 90.0)
METRES_PER_DEGREE = 111_320.0


def step_deg(lat: float, odd: bool, surface: bool) -> tuple[float, float]:
    """Half a step in (lon, lat), with a little room for the last digit."""
    span = 90.0 if surface else 360.0
    east = span / max(cpr.longitude_zones(lat) - odd, 1)
    return 0.5001 * east / cpr.STEPS, 0.5001 * span / (60 - odd) / cpr.STEPS


def assert_near(found: tuple[float, float] | None, lon: float, lat: float, odd: bool, surface: bool) -> None:
    assert found is not None
    east, north = step_deg(found[1], odd, surface)
    assert abs(found[1] - lat) <= north
    assert abs((found[0] - lon + 180.0) % 360.0 - 180.0) <= east
    assert -180.0 <= found[0] < 180.0


@given(LONGITUDES, LATITUDES, st.booleans())
def test_an_airborne_pair_decodes_to_the_place_it_was_made_of(lon: float, lat: float, newest_odd: bool) -> None:
    pair = {odd: cpr.encode(lon, lat, odd=odd, surface=False) for odd in (False, True)}
    found = cpr.airborne(pair[not newest_odd], pair[newest_odd])
    assume(found is not None or min(abs(abs(lat) - edge) for edge in (*cpr._TRANSITIONS, 90.0)) > 1e-4)
    assert_near(found, lon, lat, newest_odd, False)


@given(LONGITUDES, st.floats(-86.0, 86.0), st.booleans(), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_a_surface_pair_decodes_near_its_receiver(
    lon: float, lat: float, newest_odd: bool, east: float, north: float
) -> None:
    assume(min(abs(abs(lat) - edge) for edge in (*cpr._TRANSITIONS, 0.0)) > 1e-4)
    pair = {odd: cpr.encode(lon, lat, odd=odd, surface=True) for odd in (False, True)}
    found = cpr.surface(pair[not newest_odd], pair[newest_odd], lon + east, lat + north)
    assert_near(found, lon, lat, newest_odd, True)


@given(LONGITUDES, st.floats(-89.0, 89.0), st.booleans(), st.booleans(), st.floats(0.0, 40_000.0), st.floats(0.0, 6.28))
def test_one_frame_decodes_near_where_the_aircraft_just_was(
    lon: float, lat: float, odd: bool, surface: bool, away_m: float, bearing: float
) -> None:
    """40 km is further than a line's reach after its longest gap on the ground, and well within half a zone."""
    sent = cpr.encode(lon, lat, odd=odd, surface=surface)
    before_lat = lat + away_m * math.cos(bearing) / METRES_PER_DEGREE
    before_lon = lon + away_m * math.sin(bearing) / METRES_PER_DEGREE / math.cos(math.radians(lat))
    assume(abs(before_lat) < 90.0)
    assert_near(cpr.near(sent, before_lon, before_lat), lon, lat, odd, surface)


@given(
    st.integers(0, cpr.STEPS - 1),
    st.integers(0, cpr.STEPS - 1),
    st.integers(0, cpr.STEPS - 1),
    st.integers(0, cpr.STEPS - 1),
)
def test_any_pair_of_words_is_a_place_on_earth_or_none(a: int, b: int, c: int, d: int) -> None:
    found = cpr.airborne(cpr.Cpr(a, b, False, False), cpr.Cpr(c, d, True, False))
    assert found is None or (-180.0 <= found[0] < 180.0 and -90.0 <= found[1] <= 90.0)
