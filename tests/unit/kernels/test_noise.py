"""Oracle: rotation in NumPy, and a simulation whose true noise is known."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from tests.support.matrices import matrix

from safeconduct.kernels.arrays import PLOT, SENSOR, Record
from safeconduct.kernels.noise import (
    AS_DECLARED,
    LEAST_SCALE,
    MOST_SCALE,
    believed,
    judge,
    rescale,
    rescale_all,
    sight,
)

Floats = npt.NDArray[np.float64]
SIGMA_RANGE, SIGMA_AZIMUTH = 30.0, math.radians(0.3)


def sensor_at(x: float, y: float, listens: bool = False, scale: tuple[float, ...] = (1.0, 1.0)) -> Record:
    sensor = np.zeros(1, SENSOR)[0]
    sensor["x"], sensor["y"], sensor["listens"], sensor["scale"] = x, y, listens, scale
    return sensor


def turn(angle: float) -> Floats:
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])


def packed(mean: Floats, spread: Floats) -> Floats:
    return np.array([*mean, spread[0, 0], spread[0, 1], spread[1, 1]])


def test_sight_is_a_unit_vector_away_from_the_sensor() -> None:
    assert sight(sensor_at(1e3, 2e3), 1e3 + 30.0, 2e3 - 40.0) == pytest.approx((0.6, -0.8))
    assert sight(sensor_at(1e3, 2e3), 1e3, 2e3) == (1.0, 0.0)
    assert sight(sensor_at(1e3, 2e3, listens=True), 5e3, 9e3) == (1.0, 0.0)


@pytest.mark.parametrize("bearing", np.linspace(-3.0, 3.0, 7))
def test_rescaling_stretches_along_the_line_of_sight_and_across_it(bearing: float) -> None:
    root = np.random.default_rng(3).normal(0.0, 100.0, (2, 2))
    spread, axes, stretch = root @ root.T, turn(bearing), np.diag(np.sqrt([2.5, 0.4]))
    place = packed(np.array([500.0, -700.0]) + 2e4 * axes[:, 0], spread)
    before = place[:2].copy()
    rescale(place, sensor_at(500.0, -700.0, scale=(2.5, 0.4)))
    oblique = axes @ stretch @ axes.T
    np.testing.assert_allclose(matrix(place), oblique @ spread @ oblique.T, rtol=1e-9)
    np.testing.assert_array_equal(place[:2], before)


def test_a_listening_sensor_and_one_as_declared_are_rescaled_without_direction() -> None:
    place = np.array([4e3, 9e3, 400.0, 90.0, 250.0])
    rescale(place, sensor_at(0.0, 0.0))
    np.testing.assert_array_equal(place, [4e3, 9e3, 400.0, 90.0, 250.0])
    rescale(place, sensor_at(0.0, 0.0, listens=True, scale=(3.0, 3.0)))
    np.testing.assert_allclose(place, [4e3, 9e3, 1_200.0, 270.0, 750.0])


def test_all_plots_are_rescaled_by_their_own_sensors() -> None:
    plots, sensors = np.zeros(2, PLOT), np.zeros(2, SENSOR)
    plots["sensor"] = [1, 0]
    plots["place"] = [[1e4, 0.0, 100.0, 0.0, 100.0], [0.0, 1e4, 100.0, 0.0, 100.0]]
    sensors["scale"] = [[2.0, 3.0], [0.5, 1.0]]
    rescale_all(plots, sensors)
    np.testing.assert_allclose(plots["place"][:, 2:], [[50.0, 0.0, 100.0], [300.0, 0.0, 200.0]], atol=1e-9)


def simulate(
    seed: int,
    true: tuple[float, float] = (1.0, 1.0),
    loose: float = 0.0,
    plots: int = 4_000,
    first: float | None = None,
    listens: bool = False,
    belief: float = 1.0,
    outliers: float = 0.0,
) -> Record:
    """A radar that judges plots all around it, 8 to 60 km off, whose variances are `true` times the declared ones.

    loose: variance of the predictions over the declared mean one; first: bearing of the first plot; outliers: share of
    plots that are another aircraft's, five kilometres off.
    """
    rng, sensor, site = np.random.default_rng(seed), sensor_at(5e3, -3e3, listens), np.array([5e3, -3e3])
    for k in range(plots):
        bearing = first if first is not None and k == 0 else rng.uniform(0.0, 2.0 * math.pi)
        away, axes = rng.uniform(8e3, 60e3), turn(bearing)
        sigmas = np.array([SIGMA_RANGE, SIGMA_AZIMUTH * away])
        truth = site + away * axes[:, 0]
        known = loose * float((sigmas**2).mean())
        z = truth + axes @ (np.sqrt(true) * sigmas * rng.standard_normal(2))
        z += 5e3 * rng.standard_normal(2) * (rng.random() < outliers)
        x, y = truth + math.sqrt(known) * rng.standard_normal(2)
        place = packed(z, axes @ np.diag(sigmas**2) @ axes.T)
        rescale(place, sensor)
        judge(sensor, belief, np.array([x, y, known, 0.0, known]), place)
    return sensor


def found(sensor: Record) -> Floats:
    return np.array(sensor["spread"] / sensor["declared"])


@pytest.mark.parametrize("first", [0.0, 0.5 * math.pi], ids=["first seen in the east", "first seen in the north"])
@pytest.mark.parametrize("true", [(3.0, 1.0), (1.0, 3.0), (2.5, 4.0), (0.4, 0.4), (1.0, 0.5)])
def test_judging_comes_to_the_true_factors(true: tuple[float, float], first: float) -> None:
    """Within a fifth: what was declared counts for a little even after 4,500 plots."""
    sensors = [simulate(seed, true, plots=4_500, first=first) for seed in range(3)]
    np.testing.assert_allclose(np.mean([found(s) for s in sensors], axis=0), true, rtol=0.2)
    for s in sensors:
        for axis in range(2):
            used, expected = s["scale"][axis], true[axis]
            assert used == 1.0 if expected == 1.0 else used == pytest.approx(expected, rel=0.25)


def test_judging_allows_for_what_the_track_does_not_know() -> None:
    """Across, where the predictions are about as sure as the plots; along, they are far looser and say little."""
    sensors = [simulate(seed, (1.0, 3.0), loose=0.5, plots=4_500) for seed in range(3)]
    np.testing.assert_allclose(np.mean([found(s) for s in sensors], axis=0), [1.0, 3.0], rtol=0.12)


@pytest.mark.parametrize("loose", [0.0, 0.5])
def test_a_sensor_as_declared_is_left_as_declared(loose: float) -> None:
    """Once many plots are in, always. Before that, luck moves a factor now and then: in 3 % of such glances."""
    early = [simulate(seed, loose=loose, plots=plots) for seed in range(25) for plots in (60, 150, 400)]
    assert sum(int((sensor["scale"] != 1.0).any()) for sensor in early) <= 6
    for seed in range(8):
        np.testing.assert_array_equal(simulate(seed, loose=loose, plots=2_500)["scale"], 1.0)


def test_plots_of_another_aircraft_count_for_little() -> None:
    """One in fifty, some of them a hundred sigmas off, taken at nine variances: less than a fifth more."""
    for seed in range(3):
        assert (found(simulate(seed, outliers=0.02)) < 1.25).all()


def test_a_plot_that_is_surely_not_the_tracks_teaches_nothing() -> None:
    sensor = simulate(1, (4.0, 4.0), belief=0.0, plots=200)
    np.testing.assert_allclose(sensor["scale"], 1.0)
    np.testing.assert_allclose(found(sensor), 1.0)


def test_a_listening_sensor_gets_one_factor() -> None:
    for seed in range(3):
        sensor = simulate(seed, (3.0, 3.0), listens=True, plots=4_500)
        assert sensor["scale"][0] == sensor["scale"][1] == pytest.approx(3.0, rel=0.25)


def test_factors_are_bounded_and_about_one_is_one() -> None:
    assert [believed(f) for f in (-3.0, 0.01, 100.0)] == [LEAST_SCALE, LEAST_SCALE, MOST_SCALE]
    assert [believed(f) for f in (AS_DECLARED + 0.01, 1.0, 1.0 / AS_DECLARED - 0.01)] == [1.0, 1.0, 1.0]
    assert believed(0.7) == 0.7
    assert believed(1.3) == 1.3
