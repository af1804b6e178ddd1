import math
from typing import Any

import pytest

from safeconduct.errors import ModelError
from safeconduct.model.volume import Volume4D

SQUARE = ((13.0, 32.0), (13.1, 32.0), (13.1, 32.1), (13.0, 32.1))


def volume(**changes: Any) -> Volume4D:
    values: dict[str, Any] = {"outline": SQUARE, "lower_m": 0.0, "upper_m": 100.0, "start": 0.0, "end": 60.0}
    return Volume4D(**(values | changes))


def refused(**changes: Any) -> ModelError:
    with pytest.raises(ModelError) as caught:
        volume(**changes)
    return caught.value


def test_an_ordinary_volume_is_accepted() -> None:
    assert volume().polygon.area == pytest.approx(0.01)


def test_it_is_active_from_its_start_to_its_end_both_included() -> None:
    assert [volume().active(time) for time in (-0.001, 0.0, 30.0, 60.0, 60.001)] == [False, True, True, True, False]


@pytest.mark.parametrize(
    ("changes", "reason", "where"),
    [
        ({"outline": SQUARE[:2]}, "bad-outline", "outline"),
        ({"outline": ()}, "bad-outline", "outline"),
        ({"outline": ((13, 32), (13.1, 32.1), (13.1, 32), (13, 32.1))}, "crossed-edges", "outline"),
        ({"outline": ((13, 32), (13, 32), (13, 32))}, "crossed-edges", "outline"),
        ({"outline": ((13, 32), (13.1, 32), (13.2, 32))}, "crossed-edges", "outline"),
        ({"outline": ((13, 91), *SQUARE)}, "bad-latitude", "latitude"),
        ({"outline": ((181, 32), *SQUARE)}, "bad-longitude", "longitude"),
        ({"outline": ((math.nan, 32), *SQUARE)}, "not-finite", "longitude"),
        ({"outline": ((13, math.inf), *SQUARE)}, "not-finite", "latitude"),
        ({"lower_m": math.nan}, "not-finite", "lower_m"),
        ({"upper_m": math.inf}, "not-finite", "upper_m"),
        ({"start": math.nan}, "not-finite", "start"),
        ({"end": math.inf}, "not-finite", "end"),
        ({"lower_m": 100.0}, "bad-height", "lower_m"),
        ({"lower_m": 200.0}, "bad-height", "lower_m"),
        ({"start": 60.0}, "ends-before-start", "end"),
        ({"start": 61.0}, "ends-before-start", "end"),
        ({"start": 1e300}, "bad-time", "start"),
        ({"end": 1e300}, "bad-time", "end"),
    ],
)
def test_what_is_wrong_where_and_what_to_do(changes: dict[str, Any], reason: str, where: str) -> None:
    error = refused(**changes)
    assert (error.reason, error.where) == (reason, where)
    assert error.what
    assert error.remedy


def test_an_outline_across_the_antimeridian_is_refused_instead_of_going_around_the_earth() -> None:
    error = refused(outline=((179.0, 0.0), (-179.0, 0.0), (-179.0, 1.0), (179.0, 1.0)))
    assert error.reason == "bad-outline"
    assert "antimeridian" in str(error)


def test_a_closed_ring_is_refused_so_that_one_outline_has_one_form() -> None:
    error = refused(outline=(*SQUARE, SQUARE[0]))
    assert error.reason == "bad-outline"
    assert "clos" in str(error)


def test_the_message_names_both_times() -> None:
    text = str(refused(start=120.0))
    assert "1970-01-01T00:02:00.000Z" in text
    assert "1970-01-01T00:01:00.000Z" in text
