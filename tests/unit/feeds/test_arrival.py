import pytest

from safeconduct.feeds.arrival import Order, window


def reasons(times: list[float]) -> list[str | None]:
    order = Order()
    return [late.reason if late else None for late in (order.check(time, "line") for time in times)]


def test_equal_times_are_in_order() -> None:
    assert reasons([5.0, 5.0, 6.0]) == [None, None, None]


def test_a_step_back_is_set_aside_and_the_rest_goes_on() -> None:
    assert reasons([5.0, 4.9, 5.1]) == [None, "time-backwards", None]


def test_one_wrong_time_far_ahead_does_not_turn_the_rest_into_the_past() -> None:
    assert reasons([5.0, 90_000.0, 6.0, 7.0]) == [None, "time-leap", None, None]


def test_a_real_pause_costs_one_message() -> None:
    assert reasons([5.0, 90_000.0, 90_001.0, 90_002.0]) == [None, "time-leap", None, None]


def test_two_wrong_times_far_ahead_must_agree_to_be_believed() -> None:
    assert reasons([5.0, 90_000.0, 200_000.0, 6.0]) == [None, "time-leap", "time-leap", None]


@pytest.mark.parametrize("time", [-1.0, float("nan"), float("inf"), 1e15])
def test_times_that_are_none(time: float) -> None:
    assert reasons([time, 1.0]) == ["bad-time", None]


def test_windows_are_cut_at_multiples_below_zero_too() -> None:
    assert [window(time) for time in (0.0, 0.999, 1.0, -0.1)] == [0, 0, 1, -1]
