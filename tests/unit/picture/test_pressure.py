"""The offset of barometric heights, and a radar's plots put in their place by it."""

import math

import numpy as np
import pytest

from safeconduct.picture.pressure import BETWEEN_AIRCRAFT_M, LEAST_M, PressureOffset

START = 1.6e9


def test_it_is_learned_from_those_that_send_both() -> None:
    offset = PressureOffset(300.0)
    assert (offset.mean, offset.sigma) == (0.0, 300.0)
    rng = np.random.default_rng(1)
    for second in range(60):
        pressure = rng.uniform(1000.0, 10_000.0, 5)
        height = pressure + 180.0 + rng.normal(0.0, BETWEEN_AIRCRAFT_M, 5)
        height[0] = math.nan
        offset.learn(START + second, height, pressure)
    assert offset.mean == pytest.approx(180.0, abs=15.0)
    assert math.hypot(LEAST_M, BETWEEN_AIRCRAFT_M) <= offset.sigma < 60.0


def test_it_follows_the_weather_and_no_single_fault() -> None:
    offset = PressureOffset(300.0)
    for hour in range(24):
        offset.learn(START + 3600.0 * hour, np.array([1000.0 + 10.0 * hour, 99_000.0]), np.array([1000.0, 1000.0]))
    assert offset.mean == pytest.approx(230.0, abs=60.0)


def test_who_sends_one_height_teaches_nothing() -> None:
    offset = PressureOffset(300.0)
    offset.learn(START, np.array([math.nan, 900.0]), np.array([800.0, math.nan]))
    assert (offset.mean, offset.sigma) == (0.0, 300.0)


@pytest.mark.parametrize("unknown_m", [1.0, 20.0])
def test_nobody_is_less_sure_than_they_were_set(unknown_m: float) -> None:
    assert PressureOffset(unknown_m).sigma == unknown_m
