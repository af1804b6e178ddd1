import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeconduct.errors import ModelError
from safeconduct.model.volume import Volume4D

Ring = tuple[tuple[float, float], ...]
TIMES = st.floats(-1e9, 4e9)
HEIGHTS = st.floats(-500.0, 30_000.0)


@st.composite
def star_rings(draw: st.DrawFn, most: int = 12) -> Ring:
    """Corners in order of their direction from a centre: such a ring never crosses itself."""
    count = draw(st.integers(4, most))
    lon, lat = draw(st.floats(-170, 170)), draw(st.floats(-80, 80))
    radii = [draw(st.floats(0.5, 5.0)) for _ in range(count)]
    return tuple(
        (lon + r * math.cos(2 * math.pi * k / count), lat + r * math.sin(2 * math.pi * k / count))
        for k, r in enumerate(radii)
    )


def reason_of(outline: Ring, lower: float = 0.0, upper: float = 1.0, start: float = 0.0, end: float = 1.0) -> str:
    with pytest.raises(ModelError) as caught:
        Volume4D(outline=outline, lower_m=lower, upper_m=upper, start=start, end=end)
    return caught.value.reason


@given(star_rings(), HEIGHTS, st.floats(0.1, 1e4), TIMES, st.floats(0.1, 1e6), st.booleans())
def test_rings_that_do_not_cross_are_accepted_either_way_round(
    ring: Ring, lower: float, thick: float, start: float, lasts: float, backwards: bool
) -> None:
    outline = ring[::-1] if backwards else ring
    volume = Volume4D(outline=outline, lower_m=lower, upper_m=lower + thick, start=start, end=start + lasts)
    assert volume.polygon.area > 0
    assert volume.active(start)
    assert volume.active(start + lasts)
    assert not volume.active(math.nextafter(start, -math.inf))
    assert not volume.active(math.nextafter(start + lasts, math.inf))


@given(star_rings(most=4), st.integers(0, 3))
def test_two_neighbouring_corners_swapped_cross_the_edges(ring: Ring, first: int) -> None:
    """The diagonals of four corners around a centre meet in it."""
    a, b, c, d = ring[first:] + ring[:first]
    assert reason_of((a, c, b, d)) == "crossed-edges"


@given(star_rings(), st.sampled_from([math.nan, math.inf, -math.inf]), st.integers(0, 3), st.booleans())
def test_a_corner_that_is_no_number_is_refused(ring: Ring, bad: float, at: int, in_lon: bool) -> None:
    lon, lat = ring[at]
    corner = (bad, lat) if in_lon else (lon, bad)
    assert reason_of((*ring[:at], corner, *ring[at + 1 :])) == "not-finite"


@given(star_rings(), st.floats(90.0, 1e6, exclude_min=True), st.sampled_from([1, -1]), st.integers(0, 3))
def test_a_latitude_beyond_the_poles_is_refused(ring: Ring, lat: float, sign: int, at: int) -> None:
    assert reason_of((*ring[:at], (0.0, sign * lat), *ring[at + 1 :])) == "bad-latitude"


@given(star_rings(), TIMES, st.floats(0.0, 1e6))
def test_a_volume_that_ends_before_or_as_it_starts_is_refused(ring: Ring, start: float, before: float) -> None:
    assert reason_of(ring, start=start, end=start - before) == "ends-before-start"


@given(star_rings(), HEIGHTS, st.floats(0.0, 1e4))
def test_a_volume_upside_down_is_refused(ring: Ring, lower: float, below: float) -> None:
    assert reason_of(ring, lower=lower, upper=lower - below) == "bad-height"


@given(star_rings(), st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(["start", "end"]))
def test_no_time_whatever_ends_in_anything_but_a_volume_or_a_model_error(ring: Ring, time: float, name: str) -> None:
    times = {"start": 0.0, "end": 1.0} | {name: time}
    reason = ""
    try:
        Volume4D(outline=ring, lower_m=0.0, upper_m=1.0, **times)
    except ModelError as error:
        reason = error.reason
    assert reason in ("", "not-finite", "bad-time", "ends-before-start")
