"""Which flights are due, and which are not any more."""

import numpy as np
import pytest
from tests.support.layouts import laid_out
from tests.support.sky import FRAME, T0, flight, sensor

from safeconduct.model.sensor import SensorKind
from safeconduct.picture.expecting import RENEW_S, Expectations
from safeconduct.picture.reach import Reach

WATCHED = Reach([sensor(SensorKind.RADAR)])
LAYOUT = laid_out(flight("F"), flight("G", 9000.0))
BOTH = np.array([0, 1])


def due(expected: Expectations, after_s: float, been: tuple[float, float] = (0.0, 0.0)) -> list[float]:
    """How much each of the two flights is due by then, having been there already with such probabilities."""
    seen, _ = expected.due(LAYOUT.flights, BOTH, T0 + after_s, WATCHED, np.array(been))
    return [float(one) for one in seen]


def expecting() -> Expectations:
    """Both flights are due."""
    made = Expectations(LAYOUT, FRAME, 0.9)
    assert min(due(made, 300.0)) > 0.9
    return made


def test_what_was_due_is_due_still() -> None:
    made = expecting()
    for after in (300.0, 400.0, 300.0 + RENEW_S, 600.0, 1500.0, 2300.0):
        assert min(due(made, after)) > 0.9


def test_what_has_been_there_is_due_while_its_plan_says_so() -> None:
    """The plans end after twenty minutes."""
    made = expecting()
    for after, there in ((600.0, True), (1000.0, True), (2300.0, False)):
        been, not_been = due(made, after, (1.0, 0.0))
        assert (been > 0.5) is there, after
        assert been < 0.1 or there
        assert not_been > 0.9
        (half, _), (none, _) = due(made, after, (0.5, 0.0)), due(made, after)
        assert half == pytest.approx((been + none) / 2.0)


def test_what_was_due_of_an_older_version_is_forgotten() -> None:
    made = expecting()
    made.forget_flight(0)
    seen, _ = made.due(LAYOUT.flights, BOTH, T0 + 301.0, Reach([]), np.zeros(2))
    assert seen[0] == 0.0
    assert seen[1] > 0.9
