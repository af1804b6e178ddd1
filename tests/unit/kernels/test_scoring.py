import math

import numpy as np
import pytest

from safeconduct.kernels.arrays import RULES, SENSOR, Record, Records
from safeconduct.kernels.scoring import (
    FORGETTING,
    FRUIT_GAIN,
    LEARNING_LOOKS,
    LEAST_FRUITFUL,
    LEAST_KEEN,
    LEAST_SLOW,
    LEAST_UNEXPLAINED,
    MOST_DUE,
    MOST_FRUITFUL,
    MOST_NEW,
    MOST_SLOW,
    NEW_WHERE_NOTHING_IS_FALSE,
    OPTIMISM,
    SETTLING_LOOKS,
    SURELY_MORE,
    came_to,
    density,
    detection_at,
    existence,
    expect,
    find_keenness,
    gain,
    learn,
    learn_speed,
    log_gauss1,
    log_gauss2,
    log_odds,
    newness,
    silence_rate,
)


def radars(**changes: float) -> Records:
    sensors = np.zeros(2, SENSOR)
    sensors["sees"], sensors["reach"], sensors["small_reach"] = 1, 60e3, 20e3
    sensors["period"], sensors["detection"], sensors["keenness"] = 4.0, 0.9, 1.0
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
    rate = silence_rate(radars(heard_at=99.0), 100.0, 10e3, 0.0, 3_000.0, False, math.inf, 0.0)
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
    assert silence_rate(radars(**changes), 100.0, x, 0.0, height, small, 6.37e6, 5.0) == 0.0


@pytest.mark.parametrize("true", [0.9, 0.45, 0.3])
def test_how_well_a_sensor_detects_is_found_from_sure_tracks(true: float) -> None:
    """Ten aircraft, looked at once a period; a sensor that only listens stays as declared."""
    sensors, rng = radars(heard_at=0.0), np.random.default_rng(3)
    sensors["sees"][1] = 0
    for look in range(600):
        now = 4.0 * look
        sensors["heard_at"] = now
        for _ in range(10):
            silence_rate(sensors, now, 10e3, 0.0, 3_000.0, False, math.inf, 4.0)
        sensors["given"] += rng.binomial(10, true)
        find_keenness(sensors)
    assert sensors["keenness"].tolist() == pytest.approx([max(true / 0.9, LEAST_KEEN), 1.0], rel=0.25)
    assert detection_at(sensors[0], 1e4, 60e3) == pytest.approx(true, rel=0.25)
    assert sensors["due"][0] <= MOST_DUE


def test_looks_at_nothing_sure_teach_nothing() -> None:
    sensors = radars(heard_at=99.0)
    silence_rate(sensors, 100.0, 10e3, 0.0, 3_000.0, False, math.inf, 0.0)
    find_keenness(sensors)
    assert sensors["keenness"].tolist() == [1.0, 1.0]


def test_gain_and_a_miss_make_the_textbook_score() -> None:
    likelihood, detection, density = math.log(3e-4), 0.9, 1e-5
    taken = gain(likelihood, detection, density) + math.log(1.0 - detection)
    assert taken == pytest.approx(math.log(detection * 3e-4 / density))


def rules(**values: float) -> Record:
    made = np.zeros(1, RULES)[0]
    for name, value in values.items():
        made[name] = value
    return made


def test_unexplained_plots_are_as_dense_as_declared_until_found() -> None:
    sensor, known = radars(clutter=2e-9, false_alarms=4.0)[0], rules(new_density=1e-10)
    assert density(sensor, known, -1.0) == pytest.approx(2.1e-9)
    assert density(sensor, known, 12.0) == pytest.approx(3 * 2e-9 + 1e-10)
    sensor["false_alarms"] = 0.0
    assert density(sensor, known, 12.0) == pytest.approx(2.1e-9)


def test_unexplained_plots_per_look_are_found_from_shares_of_looks() -> None:
    sensor, rng = radars(unexplained=-1.0)[0], np.random.default_rng(5)
    sensor["unexplained"] = expect(sensor, 3.0, 0.25)
    assert sensor["unexplained"] == pytest.approx(12.0)
    found = []
    for _ in range(4_000):
        sensor["unexplained"] = expect(sensor, float(rng.poisson(8.0 * 0.25)), 0.25)
        found.append(float(sensor["unexplained"]))
    assert np.mean(found[100:]) == pytest.approx(8.0, rel=0.05)
    for _ in range(100):
        sensor["unexplained"] = expect(sensor, 0.0, 0.25)
    assert sensor["unexplained"] == LEAST_UNEXPLAINED


def test_the_usual_is_learnt_once_the_first_aircraft_have_their_tracks() -> None:
    sensor = radars(usual=4.0, unexplained=10.0)[0]
    for _ in range(int(2 * SETTLING_LOOKS)):
        learn(sensor, 0.5)
    assert sensor["usual"] == 4.0
    for _ in range(int(2 * LEARNING_LOOKS)):
        learn(sensor, 0.5)
    left = (1.0 - 0.5 / LEARNING_LOOKS) ** (2 * LEARNING_LOOKS)
    assert sensor["usual"] == pytest.approx(10.0 - left * 6.0)


def test_a_plot_is_the_newer_the_more_is_unexplained() -> None:
    assert newness(radars()[0]) == NEW_WHERE_NOTHING_IS_FALSE
    luck = SURELY_MORE * math.sqrt(4.0 * FORGETTING / 2.0)
    amounts = (4.0, 4.0 + 0.9 * luck, 2.0 * (4.0 + luck), 1e6)
    sensors = [radars(false_alarms=4.0, usual=4.0, unexplained=n, fruitful=0.01)[0] for n in amounts]
    shares = [newness(sensor) for sensor in sensors]
    assert shares == pytest.approx([OPTIMISM * 0.01, OPTIMISM * 0.01, 0.5, MOST_NEW])
    for fruitful, least in ((0.0, LEAST_FRUITFUL), (0.9, MOST_FRUITFUL)):
        sensor = radars(false_alarms=4.0, usual=4.0, unexplained=4.0, fruitful=fruitful)[0]
        assert newness(sensor) == pytest.approx(least)


def test_the_share_of_fruitful_beginnings_is_learnt_from_those_that_were_in_doubt() -> None:
    sensor, rng, found = radars(fruitful=0.5)[0], np.random.default_rng(8), []
    for _ in range(20_000):
        came_to(sensor, MOST_FRUITFUL, float(rng.random() < 0.03))
        came_to(sensor, MOST_NEW, 1.0)
        found.append(float(sensor["fruitful"]))
    assert found[0] == pytest.approx(0.5, abs=FRUIT_GAIN)
    assert np.mean(found[5_000:]) == pytest.approx(0.03, rel=0.15)


@pytest.mark.parametrize(("share", "expected"), [(0.7, 0.7), (0.02, LEAST_SLOW), (1.0, MOST_SLOW)])
def test_what_flies_here_is_learnt_from_what_proved_to_fly(share: float, expected: float) -> None:
    """Speeds drawn from the two priors themselves; the answer is their share, within its bounds."""
    sensor, known = radars(slow=0.6)[0], rules(start_slow_variance=15.0**2, start_speed_variance=100.0**2)
    rng, found = np.random.default_rng(4), []
    for _ in range(6_000):
        sigma = 15.0 if rng.random() < share else 100.0
        learn_speed(sensor, known, float((rng.normal(0.0, sigma, 2) ** 2).sum()))
        found.append(float(sensor["slow"]))
    assert np.mean(found[1_000:]) == pytest.approx(expected, abs=0.05)


def test_a_speed_beyond_all_bounds_is_a_fast_one() -> None:
    sensor = radars(slow=0.6)[0]
    learn_speed(sensor, rules(start_slow_variance=225.0, start_speed_variance=1e4), 1e9)
    assert 0.5 < sensor["slow"] < 0.6


def test_densities() -> None:
    assert log_gauss1(2.0, 4.0) == pytest.approx(math.log(math.exp(-0.5) / math.sqrt(8 * math.pi)))
    assert log_gauss2(2.0, 9.0) == pytest.approx(math.log(math.exp(-1.0) / (2 * math.pi * 3.0)))
    assert existence(0.0) == 0.5


@pytest.mark.parametrize("score", [-20.0, -3.0, 0.0, 5.0, 20.0])
def test_log_odds_and_existence_are_each_other_undone(score: float) -> None:
    assert log_odds(existence(score)) == pytest.approx(score, rel=1e-6)


def test_log_odds_are_finite_for_what_is_no_probability_any_more() -> None:
    assert log_odds(1.0 + 1e-9) == pytest.approx(math.log(1e12))
    assert log_odds(-1e-9) == pytest.approx(-math.log(1e12))
