"""What must hold of the filters whatever they are fed: covariances stay covariances, and no direction is special.

Sane bounds: standard deviations from 1 m to 9 km and from 0.1 to 300 m/s, so that a plot may know 10^8 times more or
less (in variance) than the state does; ellipses up to 30 times longer than wide, in any direction. Rounding costs about
the fourth power of that ratio: an oblique ellipse 10^4 times longer than wide is too much for these equations.
"""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.matrices import COLUMN, ROW, covariance, transition

from safeconduct.kernels.arrays import PLACE, STATE
from safeconduct.kernels.filters import (
    distance2,
    height_at,
    update_climb,
    update_velocity,
    update_vertical,
)
from safeconduct.kernels.motion import advance, arc, place_at, update

Floats = npt.NDArray[np.float64]
Step = Callable[[Floats], object]

ROUNDING = 1e-6
"""Of the scale of a thing: what sums in floating point may cost in a covariance of these bounds."""

fast = settings(deadline=None, max_examples=150)


def logarithmic(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers of every magnitude between two positive ones."""
    return st.floats(math.log(low), math.log(high)).map(math.exp)


LONGER = logarithmic(1.0, 30.0)
"""How much longer than wide an ellipse may be."""
POSITION_SIGMA, SPEED_SIGMA = logarithmic(1.0, 300.0), logarithmic(0.1, 10.0)
"""Along the short axis of an ellipse."""
METRES, SPEED = st.floats(-1e5, 1e5), st.floats(-350.0, 350.0)
AHEAD, BACK = st.floats(0.0, 30.0), st.floats(-10.0, 0.0)
PSD = st.one_of(st.just(0.0), logarithmic(1e-3, 300.0))
ANGLE = st.floats(-math.pi, math.pi)
RATE = st.one_of(st.just(0.0), st.floats(0.001, 0.1), st.floats(-0.1, -0.001))
"""Of turn, rad/s; up to six degrees a second."""


def correlated(sigmas: list[float], mix: list[float]) -> Floats:
    """A covariance with these standard deviations and correlations made of `mix`, numbers in -1..1."""
    n = len(sigmas)
    lower = np.eye(n)
    lower[np.tril_indices(n, -1)] = mix
    lower /= np.linalg.norm(lower, axis=1, keepdims=True)
    root = np.array(sigmas)[:, None] * lower
    covariance: Floats = root @ root.T
    return covariance


def turned(state: Floats, angle: float, east: float = 0.0, north: float = 0.0) -> Floats:
    """The state in a plane turned by `angle` and then shifted."""
    assert state.shape == (STATE,)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    whole = np.kron(np.eye(2), turn)
    mean = whole @ state[:4] + np.array([east, north, 0.0, 0.0])
    return np.concatenate([mean, (whole @ covariance(state) @ whole.T)[ROW, COLUMN]])


def turned_place(place: Floats, angle: float, east: float = 0.0, north: float = 0.0) -> Floats:
    """The same of a place."""
    assert place.shape == (PLACE,)
    state = np.zeros(STATE)
    state[[0, 1]], state[[4, 5, 6]] = place[:2], place[2:]
    return turned(state, angle, east, north)[[0, 1, 4, 5, 6]]


@st.composite
def states(draw: st.DrawFn) -> Floats:
    wide, slow = draw(POSITION_SIGMA), draw(SPEED_SIGMA)
    sigmas = [wide, wide * draw(LONGER), slow, slow * draw(LONGER)]
    spread = correlated(sigmas, [draw(st.floats(-1.0, 1.0)) for _ in range(6)])
    mean = [draw(METRES), draw(METRES), draw(SPEED), draw(SPEED)]
    return turned(np.concatenate([mean, spread[ROW, COLUMN]]), draw(ANGLE))


@st.composite
def places(draw: st.DrawFn) -> Floats:
    wide = draw(POSITION_SIGMA)
    p = correlated([wide, wide * draw(LONGER)], [draw(st.floats(-1.0, 1.0))])
    return turned_place(np.array([draw(METRES), draw(METRES), p[0, 0], p[0, 1], p[1, 1]]), draw(ANGLE))


def scratch() -> Floats:
    return np.full((4, 2), np.nan)


def least(matrix: Floats, scale: Floats) -> float:
    """The least eigenvalue of a symmetric matrix in units of these standard deviations."""
    return float(np.linalg.eigvalsh(matrix / np.outer(scale, scale)).min())


def assert_close(found: Floats, expected: Floats, *went_in: Floats) -> None:
    """Two states are one: covariances in units of standard deviations, means also in units of what went in."""
    sigma = np.sqrt(np.diag(covariance(expected)))
    size = max(float(np.abs(given[:4]).max()) for given in (expected, *went_in))
    np.testing.assert_array_less(np.abs(found[:4] - expected[:4]), ROUNDING * (sigma + 0.1 * size))
    scale = np.outer(sigma, sigma)
    np.testing.assert_array_less(np.abs(covariance(found) - covariance(expected)) / scale, ROUNDING)


def carry(dt: float, q: float, rate: float) -> Step:
    return lambda state: advance(state, dt, q, *arc(rate, dt))


def locate(dt: float, q: float, rate: float, place: Floats) -> Step:
    return lambda state: update(state, scratch(), dt, q, rate, place)


def clock(back: float, q: float, vx: float, vy: float, sigma: float) -> Step:
    return lambda state: update_velocity(state, scratch(), back, q, vx, vy, sigma * sigma)


STEPS = st.one_of(
    st.builds(carry, AHEAD, PSD, RATE),
    st.builds(locate, st.one_of(AHEAD, BACK, st.just(0.0)), PSD, RATE, places()),
    st.builds(clock, BACK, PSD, SPEED, SPEED, SPEED_SIGMA),
)


@fast
@given(states(), st.lists(STEPS, min_size=1, max_size=15))
def test_any_sequence_leaves_a_finite_state_and_a_positive_definite_covariance(
    state: Floats, steps: list[Step]
) -> None:
    for step in steps:
        step(state)
        assert np.isfinite(state).all()
        p = covariance(state)
        assert (np.diag(p) > 0.0).all()
        assert least(p, np.sqrt(np.diag(p))) > 0.0


@fast
@given(states(), st.one_of(BACK, st.just(0.0)), PSD, RATE, places(), SPEED, SPEED, SPEED_SIGMA)
def test_a_measurement_never_adds_doubt(
    state: Floats, back: float, q: float, rate: float, place: Floats, vx: float, vy: float, sigma: float
) -> None:
    for step in (locate(back, q, rate, place), clock(back, q, vx, vy, sigma)):
        before, after = covariance(state), state.copy()
        step(after)
        assert least(before - covariance(after), np.sqrt(np.diag(before))) > -ROUNDING


@fast
@given(states(), places(), st.one_of(BACK, st.just(0.0)), RATE)
def test_a_measurement_moves_the_estimate_between_itself_and_the_prediction(
    state: Floats, place: Floats, back: float, rate: float
) -> None:
    """Late ones too: the estimate carried back is between what it was there and the plot."""
    before, after = state.copy(), state.copy()
    update(after, scratch(), back, 0.0, rate, place)
    s, c, _, _ = arc(rate, back)
    x, y, *_ = place_at(before, s, c, 0.0)
    after[:2] = place_at(after, s, c, 0.0)[:2]
    left, _ = distance2(place[0] - after[0], place[1] - after[1], place[2], place[3], place[4])
    here, _ = distance2(place[0] - x, place[1] - y, place[2], place[3], place[4])
    assert left <= here * (1.0 + ROUNDING) + 1e-12


@fast
@given(states(), AHEAD, AHEAD, PSD, RATE)
def test_waiting_twice_is_waiting_for_both_times(
    state: Floats, first: float, second: float, q: float, rate: float
) -> None:
    """Of a turn only without process noise: that of each stretch is taken as along a straight line."""
    q = q if rate == 0.0 else 0.0
    once, twice = state.copy(), state.copy()
    for step in (carry(first, q, rate), carry(second, q, rate)):
        step(twice)
    carry(first + second, q, rate)(once)
    assert_close(twice, once, state)


@fast
@given(states(), AHEAD, PSD, RATE)
def test_a_place_ahead_is_that_of_the_state_carried_there(state: Floats, dt: float, q: float, rate: float) -> None:
    there, (s, c, _, _) = state.copy(), arc(rate, dt)
    carry(dt, q, rate)(there)
    ahead = np.array(place_at(state, s, c, q * dt**3 / 3.0))
    sigma = np.sqrt(there[[4, 6]])
    size = 0.1 * float(np.abs(state[:4]).max())
    np.testing.assert_array_less(np.abs(ahead[:2] - there[:2]), ROUNDING * (sigma + size))
    scale = sigma[[0, 0, 1]] * sigma[[0, 1, 1]]
    np.testing.assert_array_less(np.abs(ahead[2:] - there[4:7]), ROUNDING * scale)


@fast
@given(states(), AHEAD, PSD, RATE)
def test_waiting_adds_doubt_of_velocity_and_never_takes_any(state: Floats, dt: float, q: float, rate: float) -> None:
    after, moved = state.copy(), transition(dt, rate)
    carry(dt, q, rate)(after)
    without = moved @ covariance(state) @ moved.T
    assert least(covariance(after) - without, np.sqrt(np.diag(covariance(after)))) > -ROUNDING
    assert math.isclose(after[11] + after[13], state[11] + state[13] + 2.0 * q * dt, rel_tol=1e-9)


@fast
@given(states(), places(), st.one_of(AHEAD, BACK), PSD, RATE, SPEED, SPEED, SPEED_SIGMA, ANGLE, METRES, METRES)
def test_no_direction_and_no_origin_is_special(
    state: Floats,
    place: Floats,
    dt: float,
    q: float,
    rate: float,
    vx: float,
    vy: float,
    sigma: float,
    angle: float,
    east: float,
    north: float,
) -> None:
    here, there = state.copy(), turned(state, angle, east, north)
    update(here, scratch(), dt, q, rate, place)
    update(there, scratch(), dt, q, rate, turned_place(place, angle, east, north))
    wx = math.cos(angle) * vx - math.sin(angle) * vy
    wy = math.sin(angle) * vx + math.cos(angle) * vy
    nis = update_velocity(here, scratch(), 0.0, q, vx, vy, sigma**2)
    nis_there = update_velocity(there, scratch(), 0.0, q, wx, wy, sigma**2)
    assert math.isclose(nis, nis_there, rel_tol=ROUNDING, abs_tol=1e-6)
    back = turned(there, -angle)
    shift = turned(np.concatenate([[east, north], np.zeros(STATE - 2)]), -angle)
    back[:2] -= shift[:2]
    assert_close(back, here, there, place[:2])


@fast
@given(states(), places(), places(), SPEED, SPEED, SPEED_SIGMA, PSD)
def test_the_order_of_simultaneous_measurements_does_not_matter(
    state: Floats, one: Floats, other: Floats, vx: float, vy: float, sigma: float, q: float
) -> None:
    first, second, third = locate(0.0, q, 0.0, one), locate(0.0, q, 0.0, other), clock(0.0, q, vx, vy, sigma)
    a, b, c = state.copy(), state.copy(), state.copy()
    for step in (first, second, third):
        step(a)
    for step in (third, second, first):
        step(b)
    for step in (second, third, first):
        step(c)
    measured = (one[:2], other[:2], np.array([vx, vy]))
    assert_close(b, a, state, *measured)
    assert_close(c, a, state, *measured)


HEIGHT_SIGMA, CLIMB_SIGMA = logarithmic(1.0, 1e4), logarithmic(0.1, 30.0)


@st.composite
def verticals(draw: st.DrawFn) -> Floats:
    p = correlated([draw(HEIGHT_SIGMA), draw(CLIMB_SIGMA)], [draw(st.floats(-1.0, 1.0))])
    return np.array([draw(st.floats(-500.0, 3e4)), draw(st.floats(-60.0, 60.0)), p[0, 0], p[0, 1], p[1, 1]])


def rise(dt: float, q: float, height: float, sigma: float) -> Callable[[Floats], None]:
    return lambda vertical: update_vertical(vertical, dt, q, height, sigma * sigma)


def climb(rate: float, sigma: float) -> Callable[[Floats], None]:
    return lambda vertical: update_climb(vertical, rate, sigma * sigma)


HEIGHT = st.one_of(st.just(math.nan), st.floats(-500.0, 3e4))
RISES = st.one_of(
    st.builds(rise, st.one_of(AHEAD, BACK), PSD, HEIGHT, HEIGHT_SIGMA),
    st.builds(climb, st.one_of(st.just(math.nan), st.floats(-60.0, 60.0)), CLIMB_SIGMA),
)


def doubt(vertical: Floats) -> Floats:
    return np.array([[vertical[2], vertical[3]], [vertical[3], vertical[4]]])


@fast
@given(verticals(), st.lists(RISES, min_size=1, max_size=15))
def test_the_vertical_filter_stays_finite_and_positive_definite(
    vertical: Floats, steps: list[Callable[[Floats], None]]
) -> None:
    for step in steps:
        step(vertical)
        assert np.isfinite(vertical).all()
        p = doubt(vertical)
        assert (np.diag(p) > 0.0).all()
        assert least(p, np.sqrt(np.diag(p))) > 0.0


@fast
@given(verticals(), AHEAD, AHEAD, PSD)
def test_waiting_twice_is_waiting_for_both_times_in_height_too(
    vertical: Floats, first: float, second: float, q: float
) -> None:
    once, twice = vertical.copy(), vertical.copy()
    update_vertical(once, first + second, q, math.nan, math.nan)
    update_vertical(twice, first, q, math.nan, math.nan)
    update_vertical(twice, second, q, math.nan, math.nan)
    np.testing.assert_allclose(twice, once, rtol=ROUNDING, atol=ROUNDING)
    ahead = height_at(vertical, first + second, q)
    np.testing.assert_allclose(ahead, once[[0, 2]], rtol=ROUNDING, atol=ROUNDING)


@fast
@given(verticals(), BACK, PSD, st.floats(-500.0, 3e4), HEIGHT_SIGMA, st.floats(-60.0, 60.0))
def test_a_height_or_a_climb_never_adds_doubt(
    vertical: Floats, back: float, q: float, height: float, sigma: float, rate: float
) -> None:
    for step in (rise(back, q, height, sigma), climb(rate, 1.0)):
        before, after = doubt(vertical), vertical.copy()
        step(after)
        assert least(before - doubt(after), np.sqrt(np.diag(before))) > -ROUNDING
