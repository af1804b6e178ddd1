"""Declarations that cannot have been meant are refused, each with its own reason and a remedy."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from safeconduct.coordination.declaring import (
    LONGEST_AHEAD_S,
    MOST_CORNERS,
    MOST_ROUTE_POINTS,
    MOST_VOLUMES,
    ROUTE_SLACK_M,
    check_declared,
    check_zone,
)
from safeconduct.errors import ForbiddenError, InputError
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.flight import Disclosure, Flight, RoutePoint
from safeconduct.model.volume import Volume4D
from safeconduct.model.zone import Zone

T0 = 1.7e9


def volume(west: float = 13.0, size: float = 1.0, *, low: float = 0.0, start: float = 0.0, s: float = 600) -> Volume4D:
    ring = ((west, 0.0), (west + size, 0.0), (west + size, size), (west, size))
    return Volume4D(outline=ring, lower_m=low, upper_m=low + 1000, start=T0 + start, end=T0 + start + s)


def flight(*volumes: Volume4D, route: tuple[RoutePoint, ...] = ()) -> Flight:
    return Flight(id="f", party="p", aircraft=Aircraft(type="t"), volumes=volumes or (volume(),), route=route)


def refused(flight: Flight, now: float = T0) -> InputError:
    with pytest.raises(InputError) as caught:
        check_declared(flight, now)
    assert caught.value.remedy
    assert caught.value.where
    return caught.value


def circle(corners: int) -> tuple[tuple[float, float], ...]:
    at = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return tuple(zip((13 + np.cos(at)).tolist(), np.sin(at).tolist(), strict=True))


def test_what_is_in_order_passes() -> None:
    route = (RoutePoint(13.1, 0.1, 500.0, T0), RoutePoint(13.9, 0.9, 900.0, T0 + 600))
    check_declared(flight(volume(), volume(start=300), route=route), T0)
    check_declared(flight(volume(), volume(13.1, 0.5, start=300)), T0)
    check_declared(replace(flight(), disclosure=Disclosure.COARSE), T0 + 600)


def test_a_flight_that_is_over_cannot_be_declared() -> None:
    assert refused(flight(volume(), volume(start=100)), T0 + 701).reason == "already-over"
    check_declared(flight(volume(), volume(start=100)), T0 + 699)


def test_a_flight_of_another_year_cannot_be_declared() -> None:
    assert refused(flight(volume(start=LONGEST_AHEAD_S + 1))).reason == "too-long-ahead"
    check_declared(flight(volume(start=LONGEST_AHEAD_S - 1)), T0)


def test_a_sealed_flight_cannot_be_declared() -> None:
    with pytest.raises(ForbiddenError) as caught:
        check_declared(replace(flight(), disclosure=Disclosure.SEALED), T0)
    assert caught.value.reason == "sealed"


@pytest.mark.parametrize(
    "inner",
    [
        volume(13.2, 0.5),
        volume(),
        replace(volume(13.2, 0.5), lower_m=100.0, upper_m=200.0),
        volume(13.2, 0.5, start=100, s=100),
        replace(volume(), outline=((13.0, 0.0), (14.0, 0.0), (14.0, 1.0))),
    ],
    ids=["smaller", "same", "thinner", "shorter", "corner"],
)
def test_a_volume_within_another_is_named_with_it(inner: Volume4D) -> None:
    error = refused(flight(volume(20.0), inner, volume()))
    assert error.reason == "redundant-volume"
    if inner == volume():
        assert "volume 3 " in error.what, "words count from one, as forms do"
        assert "volume 2," in error.what
        assert error.where == "volumes.2"
    else:
        assert "volume 2 " in error.what
        assert "volume 3," in error.what
        assert error.where == "volumes.1"


@pytest.mark.parametrize(
    "beside",
    [
        volume(13.2, 0.9),
        volume(13.2, 0.5, low=1.0),
        volume(13.2, 0.5, start=1.0),
        replace(volume(), outline=((13.0, 0.0), (14.0, 0.0), (14.0, 1.0), (13.5, 1.5))),
    ],
    ids=["over the edge", "higher", "later", "other outline"],
)
def test_a_volume_that_reaches_out_of_another_is_not_redundant(beside: Volume4D) -> None:
    check_declared(flight(volume(), beside), T0)


def test_a_volume_in_the_notch_of_another_is_not_redundant() -> None:
    notched = replace(volume(), outline=((13.0, 0.0), (14.0, 0.0), (14.0, 1.0), (13.5, 0.1), (13.0, 1.0)))
    check_declared(flight(notched, replace(volume(), outline=((13.4, 0.5), (13.6, 0.5), (13.5, 0.6)))), T0)


@pytest.mark.parametrize(
    ("reason", "made"),
    [
        ("too-many-volumes", lambda: flight(*[volume(start=n) for n in range(MOST_VOLUMES + 1)])),
        ("too-many-corners", lambda: flight(replace(volume(), outline=circle(MOST_CORNERS + 1)))),
        (
            "too-many-points",
            lambda: flight(route=tuple(RoutePoint(13.5, 0.5, 500, T0 + n / 100) for n in range(MOST_ROUTE_POINTS + 1))),
        ),
    ],
)
def test_there_is_an_end_to_size(reason: str, made: Callable[[], Flight]) -> None:
    assert refused(made()).reason == reason


DEG_M = 6_378_137.0 * np.pi / 180.0


@pytest.mark.parametrize(
    "point",
    [
        RoutePoint(13.0 - (ROUTE_SLACK_M + 1) / DEG_M, 0.5, 500, T0 + 1),
        RoutePoint(13.5, 0.5, 1000 + ROUTE_SLACK_M + 1, T0 + 1),
        RoutePoint(13.5, 0.5, 500, T0 + 602),
    ],
    ids=["aside", "above", "after"],
)
def test_the_first_point_outside_every_volume_is_named(point: RoutePoint) -> None:
    error = refused(flight(route=(RoutePoint(13.5, 0.5, 500, T0), point)))
    assert (error.reason, error.where) == ("route-outside", "route.1")


def test_rounding_is_no_fault() -> None:
    route = (
        RoutePoint(13.0 - (ROUTE_SLACK_M - 1) / DEG_M, 0.5, -ROUTE_SLACK_M, T0 - 0.5),
        RoutePoint(13.5, 0.5, 500, T0 + 600.5),
    )
    check_declared(flight(route=route), T0)


def test_a_point_needs_a_volume_at_its_own_time() -> None:
    here, there = volume(start=0), volume(20.0, start=1000)
    route = (RoutePoint(20.5, 0.5, 500, T0 + 10), RoutePoint(20.5, 0.5, 500, T0 + 1010))
    assert refused(flight(here, there, route=route)).where == "route.0"


def test_zones_are_checked_alike() -> None:
    zone = Zone(id="z", party="p", name="range", reason="firing", volumes=(volume(),))
    check_zone(zone, T0)
    for wrong, now, reason in [
        (zone, T0 + 601, "already-over"),
        (replace(zone, volumes=(volume(), volume(13.2, 0.5))), T0, "redundant-volume"),
    ]:
        with pytest.raises(InputError) as caught:
            check_zone(wrong, now)
        assert caught.value.reason == reason
        assert "zone z" in caught.value.what


def test_the_largest_declaration_is_checked_in_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    """The worst that the limits let through: each volume's box holds the next one's, none of the slivers in them holds
    another, and every point of the route lies beside all of them and within the slack of the last alone."""
    step = 2e-4
    slivers = []
    for n in range(MOST_VOLUMES):
        low, high = (13.0 + 2 * n * step, n * step), (14.0 - n * step, 1.0 - 2 * n * step)
        slivers.append(replace(volume(), outline=(low, ((low[0] + high[0]) / 2 + 1e-5, (low[1] + high[1]) / 2), high)))
    low = slivers[-1].outline[0]
    points = tuple(RoutePoint(low[0], low[1] - 5.0 / DEG_M, 500, T0 + n * 0.2) for n in range(MOST_ROUTE_POINTS // 10))
    began = time.process_time()
    check_declared(flight(*slivers), T0)
    pairs = time.process_time()
    check_declared(flight(*slivers, route=points), T0)
    lasted = time.process_time() - pairs
    with capsys.disabled():
        print(f"\n  declaring: {pairs - began:.1f} s for {MOST_VOLUMES} nested volumes, {lasted:.1f} s with a route")
    assert lasted < 30.0
