"""Which flights are due, and which are not any more."""

import numpy as np
import pytest
from tests.support.layouts import laid_out
from tests.support.sky import FRAME, T0, flight, sensor

from safeconduct.model.sensor import SensorKind
from safeconduct.picture.expecting import GONE, RENEW_S, THERE, Expectations
from safeconduct.picture.reach import Reach

WATCHED = Reach([sensor(SensorKind.RADAR)])
LAYOUT = laid_out(flight("F"), flight("G", 9000.0))
BOTH = np.array([0, 1])


def due(expected: Expectations, after_s: float) -> list[float]:
    """How much each of the two flights is due by then."""
    seen, _ = expected.due(LAYOUT.flights, BOTH, T0 + after_s, WATCHED)
    return [float(one) for one in seen]


def expecting() -> Expectations:
    """Both flights are due."""
    made = Expectations(LAYOUT, FRAME, 0.9)
    assert min(due(made, 300.0)) > 0.9
    return made


def test_who_has_not_been_seen_is_due_still() -> None:
    made = expecting()
    for after in (300.0, 400.0, 600.0, 1500.0):
        assert min(due(made, after)) > 0.9
        made.note(BOTH, np.array([GONE / 2.0, (GONE + THERE) / 2.0]))


def test_a_flight_that_was_there_and_is_gone_is_not_due_again() -> None:
    made = expecting()
    made.note(BOTH, np.array([0.9, 0.9]))
    assert min(due(made, 310.0)) > 0.9
    made.note(BOTH, np.array([GONE / 2.0, 0.9]))
    for after in (310.0, 310.0 + 2.0 * RENEW_S, 600.0, 900.0):
        gone, there = due(made, after)
        assert gone == 0.0
        assert there > 0.9
        made.note(BOTH, np.array([0.0, 0.9]))


@pytest.mark.parametrize(("before", "after"), [(THERE - 0.01, 0.0), (0.9, GONE + 0.01)])
def test_who_was_perhaps_never_there_or_perhaps_is_still_is_due(before: float, after: float) -> None:
    made = expecting()
    for share in (before, after):
        made.note(BOTH, np.array([share, 0.0]))
    assert due(made, 400.0)[0] > 0.9


def test_a_new_version_of_one_that_is_gone_is_due() -> None:
    made = expecting()
    for share in (0.9, 0.0):
        made.note(BOTH, np.array([share, 0.0]))
    assert due(made, 400.0)[0] == 0.0
    made.forget_flight(0)
    assert due(made, 401.0)[0] > 0.9
