import math
from typing import Any

import pytest

from safeconduct.errors import ModelError
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.flight import Disclosure, Flight, FlightState, RoutePoint
from safeconduct.model.sensor import SensorKind
from safeconduct.model.volume import Volume4D


def volume(start: float, end: float) -> Volume4D:
    return Volume4D(outline=((0, 0), (1, 0), (1, 1)), lower_m=0, upper_m=1, start=start, end=end)


def flight(**changes: Any) -> Flight:
    values: dict[str, Any] = {
        "id": "F-1",
        "party": "un",
        "aircraft": Aircraft(type="male_uav"),
        "volumes": (volume(100, 200), volume(50, 150), volume(160, 400)),
    }
    return Flight(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "reason", "where"),
    [
        ({"id": ""}, "empty", "id"),
        ({"id": "  "}, "empty", "id"),
        ({"party": ""}, "empty", "party"),
        ({"volumes": ()}, "no-volume", "volumes"),
        ({"route": (RoutePoint(0, 0, 0, 5), RoutePoint(0, 0, 0, 4))}, "route-backwards", "route"),
        ({"route": (RoutePoint(0, 0, 0, 5), RoutePoint(1, 0, 0, 5))}, "route-backwards", "route"),
        ({"emits": frozenset({SensorKind.RADAR})}, "bad-emission", "emits"),
        ({"emits": frozenset({SensorKind.ADSB, SensorKind.CAMERA})}, "bad-emission", "emits"),
    ],
)
def test_broken_rules(changes: dict[str, Any], reason: str, where: str) -> None:
    with pytest.raises(ModelError) as caught:
        flight(**changes)
    assert (caught.value.reason, caught.value.where) == (reason, where)


def test_it_lasts_from_its_first_volume_to_its_last_in_whatever_order() -> None:
    assert (flight().start, flight().end) == (50, 400)


def test_the_least_is_assumed() -> None:
    assert flight().emits == frozenset()
    assert flight().route == ()
    assert flight().state is FlightState.ACCEPTED
    assert flight().disclosure is Disclosure.OPEN


@pytest.mark.parametrize(
    ("point", "reason"),
    [
        ((0, 91, 0, 0), "bad-latitude"),
        ((-180.5, 0, 0, 0), "bad-longitude"),
        ((0, 0, math.nan, 0), "not-finite"),
        ((0, 0, 0, math.inf), "not-finite"),
        ((math.nan, 0, 0, 0), "not-finite"),
    ],
)
def test_route_points_are_checked(point: tuple[float, float, float, float], reason: str) -> None:
    with pytest.raises(ModelError) as caught:
        RoutePoint(*point)
    assert caught.value.reason == reason


def test_owner_operator_and_crew_are_three_facts() -> None:
    craft = Aircraft(type="male_uav", owner="a", operator="b", crew="c")
    assert (craft.owner, craft.operator, craft.crew) == ("a", "b", "c")
    only = Aircraft(type="male_uav", operator="b")
    assert (only.owner, only.crew) == (None, None)
    with pytest.raises(ModelError, match="type is empty"):
        Aircraft(type=" ")
