"""The same measurement of the same sensor, delivered twice, is known again; nothing else is."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeconduct.model.detection import BatchBuilder
from safeconduct.picture.intake import MOST_AHEAD_S, Duplicates

START = 1.6e9
PLOT = {
    "time": START,
    "range_m": 20e3,
    "azimuth_deg": 30.0,
    "elevation_deg": 3.0,
    "height_m": 900.0,
    "pressure_altitude_m": 880.0,
    "lon": 13.0,
    "lat": 32.0,
}


def among(duplicates: Duplicates, plots: Sequence[dict[str, float]], sensor: int = 0, now: float = START) -> list[bool]:
    builder = BatchBuilder()
    for plot in plots:
        builder.add(**{"received": now, "sensor": "s", **plot})  # type: ignore[arg-type]
    again: list[bool] = duplicates.among(
        builder.build(), np.full(len(plots), sensor), np.zeros((len(plots), 2), np.int64), now
    ).tolist()
    return again


def test_a_repeat_is_known_in_its_batch_and_in_later_ones() -> None:
    duplicates, other = Duplicates(10.0), PLOT | {"range_m": 20.5e3}
    assert among(duplicates, [PLOT, other, PLOT]) == [False, False, True]
    assert among(duplicates, [other, PLOT | {"time": START + 1.5}, PLOT]) == [True, False, True]


@pytest.mark.parametrize("name", PLOT)
def test_what_differs_in_anything_measured_is_no_repeat(name: str) -> None:
    duplicates = Duplicates(10.0)
    least = PLOT | {name: float(np.nextafter(PLOT[name], np.inf))}
    without = {key: value for key, value in PLOT.items() if key != name or name == "time"}
    assert among(duplicates, [PLOT, least, PLOT | {name: 0.0}]) == [False, False, False]
    assert among(duplicates, [without, without]) == [name == "time", True]


def test_another_sensor_may_measure_the_same() -> None:
    duplicates = Duplicates(10.0)
    assert [among(duplicates, [PLOT], sensor) for sensor in (0, 1, 0)] == [[False], [False], [True]]


def test_what_has_no_time_is_never_a_repeat() -> None:
    for time in (math.nan, math.inf, -math.inf):
        assert not any(among(Duplicates(10.0), [PLOT | {"time": time}] * 3))


def test_it_is_remembered_for_as_long_as_said_and_nothing_for_ever() -> None:
    duplicates = Duplicates(10.0)
    among(duplicates, [PLOT])
    assert among(duplicates, [PLOT], now=START + 10.0) == [True]
    among(duplicates, [], now=START + 12.0)
    assert among(duplicates, [PLOT], now=START + 12.0) == [False]
    duplicates = Duplicates(10.0)
    for late in range(50):
        among(duplicates, [PLOT | {"time": START + late}, PLOT | {"time": START + 1e9 + late}], now=START + late)
    assert len(duplicates._seen) <= 13
    assert among(duplicates, [PLOT | {"time": START + MOST_AHEAD_S}] * 2, now=START) == [False, True]


@given(st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=12), max_size=6))
def test_it_is_as_if_each_row_were_looked_up_by_itself(batches: list[list[tuple[int, int]]]) -> None:
    """Times in any order, so that rows of one second are not beside each other."""
    duplicates, known = Duplicates(10.0), set[tuple[int, int]]()
    for batch in batches:
        expected = []
        for row in batch:
            expected.append(row in known)
            known.add(row)
        plots = [PLOT | {"time": START + 0.7 * at, "range_m": 100.0 * what} for at, what in batch]
        assert among(duplicates, plots) == expected
