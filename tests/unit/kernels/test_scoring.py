import math

import numpy as np
import pytest

from safeconduct.kernels.arrays import SENSOR, Records
from safeconduct.kernels.scoring import detection_at, existence, gain, log_gauss1, log_gauss2, silence_rate, weight


def radars(**changes: float) -> Records:
    sensors = np.zeros(2, SENSOR)
    sensors["sees"], sensors["reach"], sensors["small_reach"] = 1, 60e3, 20e3
    sensors["period"], sensors["detection"] = 4.0, 0.9
    for name, value in changes.items():
        sensors[name] = value
    return sensors


def test_detection_holds_to_two_thirds_of_the_reach_and_halves_at_its_end() -> None:
    sensor = radars()[0]
    assert detection_at(sensor, 39e3, 60e3) == pytest.approx(0.9)
    assert detection_at(sensor, 50e3, 60e3) == pytest.approx(0.675)
    assert detection_at(sensor, 60e3, 60e3) == pytest.approx(0.45)
    assert detection_at(sensor, 60.1e3, 60e3) == 0.0
    assert detection_at(sensor, 1e9, math.inf) == pytest.approx(0.9)


def test_silence_costs_one_missed_look_a_period_and_radar() -> None:
    rate = silence_rate(radars(heard_at=99.0), 100.0, 10e3, 0.0, 3_000.0, False, math.inf)
    assert rate == pytest.approx(2 * math.log(0.1) / 4.0)


@pytest.mark.parametrize(
    ("changes", "x", "height", "small"),
    [
        ({"heard_at": 80.0}, 10e3, 3_000.0, False),
        ({"heard_at": 99.0, "sees": 0}, 10e3, 3_000.0, False),
        ({"heard_at": 99.0}, 61e3, 3_000.0, False),
        ({"heard_at": 99.0}, 30e3, 3_000.0, True),
        ({"heard_at": 99.0}, 50e3, 20.0, False),
    ],
    ids=["silent sensor", "receiver", "out of reach", "small and far", "below the horizon"],
)
def test_silence_costs_nothing(changes: dict[str, float], x: float, height: float, small: bool) -> None:
    assert silence_rate(radars(**changes), 100.0, x, 0.0, height, small, 6.37e6) == 0.0


def test_gain_and_a_miss_make_the_textbook_score() -> None:
    likelihood, detection, density = math.log(3e-4), 0.9, 1e-5
    taken = gain(likelihood, detection, density) + math.log(1.0 - detection)
    assert taken == pytest.approx(math.log(detection * 3e-4 / density))


def test_weight_is_monotone_in_likelihood_and_in_existence() -> None:
    weights = [weight(lk, 0.9, 1e-5, score) for lk, score in [(-9, -6), (-8, -6), (-8, 0), (-8, 9), (-5, 9)]]
    assert weights == sorted(weights)
    assert weights[0] > 0
    assert weight(500.0, 0.9, 1e-5, 9.0) < math.inf


def test_densities() -> None:
    assert log_gauss1(2.0, 4.0) == pytest.approx(math.log(math.exp(-0.5) / math.sqrt(8 * math.pi)))
    assert log_gauss2(2.0, 9.0) == pytest.approx(math.log(math.exp(-1.0) / (2 * math.pi * 3.0)))
    assert existence(0.0) == 0.5
