"""Oracle: plots thrown evenly and in a patch, whose densities are known."""

import math

import numpy as np
import pytest

from safeconduct.kernels.arrays import MAP_SIDE, PLOT, SENSOR, Record, Records
from safeconduct.kernels.clutter import BELIEVED, MEMORY_LOOKS, cell_of, learn_places, least_unevenness, unevenness

REACH = 40e3
CELL = 2.0 * REACH / MAP_SIDE


def radar(reach: float = REACH) -> Record:
    sensor = np.zeros(1, SENSOR)[0]
    sensor["x"], sensor["y"], sensor["reach"] = 5e3, -2e3, reach
    return sensor


def plots_at(x: float, y: float, count: int = 1) -> Records:
    plots = np.zeros(count, PLOT)
    plots["place"][:, 0], plots["place"][:, 1] = x, y
    return plots


def test_cells_lie_about_the_sensor_from_the_south_west() -> None:
    sensor = radar()
    assert cell_of(sensor, 5e3 - REACH + 1.0, -2e3 - REACH + 1.0) == 0
    assert cell_of(sensor, 5e3 - REACH + 1.5 * CELL, -2e3 - REACH + 1.0) == 1
    assert cell_of(sensor, 5e3 + REACH - 1.0, -2e3 + REACH - 1.0) == MAP_SIDE**2 - 1
    for x, y in ((5e3 - REACH - 1.0, 0.0), (0.0, -2e3 + REACH + 1.0), (math.nan, 0.0)):
        assert cell_of(sensor, x, y) == -1
    assert cell_of(radar(math.inf), 0.0, 0.0) == -1


def test_where_nothing_is_known_all_places_are_alike() -> None:
    for sensor in (radar(), radar(math.inf)):
        assert unevenness(sensor, 7e3, 1e3) == 1.0
        assert least_unevenness(sensor) == 1.0
    endless = radar(math.inf)
    learn_places(endless, plots_at(1e3, 1e3), np.ones(1), 1.0)
    assert not endless["fallen"].any()


def test_one_false_plot_makes_no_patch() -> None:
    sensor = radar()
    learn_places(sensor, plots_at(1e4, 1e4), np.ones(1), 1.0)
    assert 1.0 < unevenness(sensor, 1e4, 1e4) < 1.0 + 1.01 / BELIEVED


def test_a_plot_that_a_track_explains_is_none() -> None:
    sensor = radar()
    learn_places(sensor, plots_at(1e4, 1e4, 5), np.zeros(5), 1.0)
    assert unevenness(sensor, 1e4, 1e4) == 1.0


@pytest.mark.parametrize("share", [1.0, 0.25])
def test_a_patch_is_found_and_forgotten_again(share: float) -> None:
    """Ten plots a look all over, and thirty in one cell."""
    sensor, rng = radar(), np.random.default_rng(1)
    x, y = 5e3 + 2.5 * CELL, -2e3 - 3.5 * CELL
    for _ in range(int(2 * MEMORY_LOOKS / share)):
        even = rng.poisson(10.0 * share)
        away, course = REACH * np.sqrt(rng.random(even)), rng.uniform(0.0, 2.0 * math.pi, even)
        plots = np.concatenate([plots_at(0.0, 0.0, even), plots_at(x, y, rng.poisson(30.0 * share))])
        plots["place"][:even, 0], plots["place"][:even, 1] = 5e3 + away * np.cos(course), -2e3 + away * np.sin(course)
        learn_places(sensor, plots, np.ones(len(plots)), share)
    cells = 0.25 * math.pi * MAP_SIDE**2
    looks = MEMORY_LOOKS * (1.0 - math.exp(-2.0))
    expected = (looks * (30.0 + 10.0 / cells) + BELIEVED) / (looks * 40.0 / cells + BELIEVED)
    assert unevenness(sensor, x, y) == pytest.approx(expected, rel=0.1)
    assert least_unevenness(sensor) <= unevenness(sensor, x, y + 4.0 * CELL) < 1.0
    for _ in range(int(8 * MEMORY_LOOKS / share)):
        learn_places(sensor, plots_at(0.0, 0.0, 0), np.zeros(0), share)
    assert unevenness(sensor, x, y) == pytest.approx(1.0, abs=0.4)
