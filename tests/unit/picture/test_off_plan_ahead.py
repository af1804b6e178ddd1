"""An aircraft that leaves its volumes: the posts that it now comes to are told, and nobody forgets whose it is."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.support.board import board_track

from safeconduct.kernels.crossing import crossing
from safeconduct.model.advisory import Advisory, AdvisoryKind
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.board import BoardTrack
from safeconduct.model.flight import Flight, FlightState, RoutePoint
from safeconduct.model.post import Post
from safeconduct.model.sector import Sector
from safeconduct.model.standing import Standing
from safeconduct.model.volume import Volume4D
from safeconduct.picture.advisories import MIN_BETWEEN_S, STANDS_S, PostAdviser

T0 = 1.7e9
DEG_M = 111_195.0
SPEED = 20.0


def post(name: str, south: float, west: float = -1.0) -> Post:
    ring = ((west, south), (west + 2.0, south), (west + 2.0, south + 0.5), (west, south + 0.5))
    sector = Sector(id=name, party="lna", name=name, centre=ring[0], outline=ring, lower_m=0.0, upper_m=8000.0)
    return Post(id=name, party="lna", name=name, sector=sector)


EAST, NORTH = post("east", -0.25, west=0.0), post("north", 0.06)
FLIGHT = Flight(
    id="r7",
    party="africom",
    aircraft=Aircraft(type="quadcopter"),
    volumes=(
        Volume4D(
            outline=((-0.2, -0.002), (0.2, -0.002), (0.2, 0.002), (-0.2, 0.002)),
            lower_m=100.0, upper_m=400.0, start=T0, end=T0 + 4000.0,
        ),
    ),
    route=(RoutePoint(-0.1, 0.0, 300.0, T0), RoutePoint(0.2, 0.0, 300.0, T0 + 0.3 * DEG_M / SPEED)),
    state=FlightState.ACTIVATED,
)  # fmt: skip
"""East along the equator, in a corridor 440 m wide; it enters `east` and comes nowhere near `north`."""


def track(time: float, lon: float, lat: float, east: float, north: float, **changes: object) -> BoardTrack:
    return board_track(time, lon, lat, 300.0, (east, north, 0.0), first_time=T0, **changes)


Path = Callable[[float], BoardTrack]


def told(path: Path, since: float, until: float, adviser: PostAdviser | None = None) -> list[Advisory]:
    adviser = adviser or PostAdviser()
    return [
        said
        for second in range(int(since), int(until))
        for said in adviser.advise(
            T0 + second, [(EAST, 1), (NORTH, 1)], [path(T0 + second)], {"r7": FLIGHT}, lambda _: ()
        )
    ]


def leaving(time: float) -> BoardTrack:
    """On its route for a minute, and then north-east, 45 degrees off it: for 35 s within its corridor."""
    gone = time - T0
    east = SPEED * min(gone, 60.0) + 0.7 * SPEED * max(gone - 60.0, 0.0)
    north = 0.7 * SPEED * max(gone - 60.0, 0.0)
    turned = gone > 60.0
    return track(
        time,
        -0.1 + east / DEG_M,
        north / DEG_M,
        SPEED * (0.7 if turned else 1.0),
        SPEED * (0.7 if turned else 0.0),
        standing=Standing.OFF_PLAN if north > 240.0 else Standing.CONSISTENT,
    )


def test_a_post_that_the_declared_volumes_do_not_cross_is_told_once_it_lies_ahead() -> None:
    assert crossing(FLIGHT, NORTH.sector) is None
    said = [one for one in told(leaving, 0, 200) if one.post == "north"]
    (first,) = said
    assert (first.kind, first.standing, first.track) == (AdvisoryKind.INBOUND, Standing.OFF_PLAN, "t1")
    assert first.flight == "r7"
    assert "it is outside its declared volumes" in first.text
    assert first.entry_time is not None
    came = T0 + 60.0 + 0.06 * DEG_M / (0.7 * SPEED)
    assert first.entry_time == pytest.approx(came, abs=5.0)


def test_the_post_on_its_route_is_told_of_the_change() -> None:
    said = [one for one in told(leaving, 0, 200) if one.post == "east"]
    assert [(one.kind, one.standing) for one in said if one.kind is AdvisoryKind.CHANGED] == [
        (AdvisoryKind.CHANGED, Standing.OFF_PLAN)
    ]
    (changed,) = (one for one in said if one.kind is AdvisoryKind.CHANGED)
    assert "is outside its declared volumes" in changed.text


def test_who_is_only_late_comes_along_its_route_and_nowhere_else() -> None:
    """North on the first leg of a route that turns east before the post: off plan in time, and not on its way there."""
    turn = replace(
        FLIGHT,
        volumes=(replace(FLIGHT.volumes[0], outline=((-0.11, -0.1), (0.2, -0.1), (0.2, 0.002), (-0.11, 0.002))),),
        route=(RoutePoint(-0.1, -0.1, 300.0, T0), RoutePoint(-0.1, 0.0, 300.0, T0 + 556.0), *FLIGHT.route[1:]),
    )
    late = track(T0 + 4300.0, -0.1, -0.02, 0.0, SPEED, standing=Standing.OFF_PLAN)
    adviser = PostAdviser()
    turn = replace(turn, route=tuple(replace(point, time=point.time + 3600.0) for point in turn.route))
    assert adviser.advise(T0 + 4300.0, [(NORTH, 1)], [late], {"r7": turn}, lambda _: ()) == ()
    beside = replace(turn, volumes=(replace(turn.volumes[0], outline=((-0.11, -0.1), (0.2, -0.1), (0.2, -0.05))),))
    (said,) = PostAdviser().advise(T0 + 4300.0, [(NORTH, 1)], [late], {"r7": beside}, lambda _: ())
    assert said.kind is AdvisoryKind.INBOUND


def test_off_plan_and_back_it_is_the_same_flight_all_the_while() -> None:
    """Two changes are told and nothing else: not that it is lost, not identified, or there for the first time."""

    def weaving(time: float) -> BoardTrack:
        off = 200.0 <= time - T0 < 320.0
        lon = -0.05 + SPEED * (time - T0) / DEG_M
        return track(
            time,
            lon,
            0.006 if off else 0.0,
            SPEED,
            0.0,
            standing=Standing.OFF_PLAN if off else Standing.CONSISTENT,
            probability=0.8 if off else 0.97,
        )

    said = [one for one in told(weaving, 100, 500) if one.post == "east"]
    assert [(one.kind, round(one.time - T0)) for one in said] == [
        (AdvisoryKind.INBOUND, said[0].time - T0),
        (AdvisoryKind.CHANGED, 200 + STANDS_S),
        (AdvisoryKind.CHANGED, 320 + STANDS_S),
    ]
    assert said[2].time - said[1].time >= MIN_BETWEEN_S
    off, back = said[1:]
    assert (off.flight, off.standing, off.probability) == ("r7", Standing.OFF_PLAN, 0.8)
    assert (back.flight, back.standing) == ("r7", Standing.CONSISTENT)
    assert "is outside its declared volumes" in off.text
    assert "is identified as declared again" in back.text
