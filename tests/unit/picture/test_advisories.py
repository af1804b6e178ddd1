"""Posts are told of declared aircraft in time, of what changes, and not more often than matters."""

import math
import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise

import pytest
from tests.support.board import board_track

from safeconduct.model.advisory import Advisory, AdvisoryKind
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.board import BoardStatus, BoardTrack
from safeconduct.model.flight import Flight, FlightState, RoutePoint
from safeconduct.model.identification import Silence, SilentParty
from safeconduct.model.person import Role
from safeconduct.model.post import Post
from safeconduct.model.sector import Sector
from safeconduct.model.standing import Standing
from safeconduct.model.volume import Volume4D
from safeconduct.picture.advisories import (
    ADVISE_WITHIN_S,
    EXPECT_WITHIN_S,
    MIN_BETWEEN_S,
    MOST_REASONS,
    REENTRY_S,
    STANDS_S,
    UNSEEN_S,
    PostAdviser,
)

T0 = 1.7e9
DEG_M = math.radians(1.0) * 6_371_000.0
SPEED = 100.0
RING = ((0.0, -0.5), (1.0, -0.5), (1.0, 0.5), (0.0, 0.5))
POST = Post(
    id="radar",
    party="lna",
    name="Radar",
    sector=Sector(id="s", party="lna", name="South", centre=(0.5, 0.0), outline=RING, lower_m=0.0, upper_m=8000.0),
)
"""The aircraft of these tests fly east along the equator: the sector begins at longitude 0."""
REASONS = tuple(f"reason {n}" for n in range(9))


def flight(*, route: bool = True, name: str = "r7", delay_s: float = 0.0) -> Flight:
    """From 200 km before the sector to its other side; at the sector's edge 2,000 s after its start."""
    start = T0 + delay_s
    whole = 200_000.0 + DEG_M
    wide = ((-2.0, -0.1), (1.0, -0.1), (1.0, 0.1), (-2.0, 0.1))
    points = (
        RoutePoint(-200_000.0 / DEG_M, 0.0, 5000.0, start),
        RoutePoint(1.0, 0.0, 5000.0, start + whole / SPEED),
    )
    return Flight(
        id=name,
        party="africom",
        aircraft=Aircraft(type="male_uav"),
        volumes=(Volume4D(outline=wide, lower_m=4000.0, upper_m=6000.0, start=start, end=start + 4000.0),),
        route=points if route else (),
        state=FlightState.ACTIVATED,
    )


def track(before_m: float, time: float, **changes: object) -> BoardTrack:
    """A track this far before the sector's edge."""
    return board_track(time, -before_m / DEG_M, 0.0, 5000.0, (SPEED, 0.0, 0.0), first_time=T0, **changes)


def unknown(one: BoardTrack) -> BoardTrack:
    silent = (SilentParty("gna", Silence.NOT_ASKED), SilentParty("unsmil", Silence.DOES_NOT_TAKE_PART))
    return replace(one, standing=Standing.UNKNOWN, flight=None, probability=0.9, silent=silent)


Tracks = Callable[[float], Iterable[BoardTrack]]


def drive(
    adviser: PostAdviser,
    tracks: Tracks,
    since: float,
    until: float,
    flights: dict[str, Flight] | None = None,
    posts: tuple[Post, ...] = (POST,),
    shift: int = 1,
) -> list[Advisory]:
    """Once a second, times from T0."""
    flights = {"r7": flight()} if flights is None else flights
    return [
        said
        for second in range(int(since), int(until))
        for said in adviser.advise(
            T0 + second, [(post, shift) for post in posts], tracks(T0 + second), flights, lambda _: REASONS
        )
    ]


def flying(late_s: float = 0.0) -> Tracks:
    """On its route, and at the edge at T0 + 2000 + late_s."""
    return lambda time: [track(SPEED * (2000.0 + late_s - (time - T0)), time)]


def test_a_post_is_told_once_before_the_aircraft_enters() -> None:
    said = drive(PostAdviser(), flying(), 1000, 3000)
    assert [(one.kind, round(one.time - T0)) for one in said] == [(AdvisoryKind.INBOUND, 2000 - ADVISE_WITHIN_S)]
    (first,) = said
    assert (first.role, first.post, first.party, first.flight) == (Role.CREW, "radar", "africom", "r7")
    assert (first.version, first.track, first.standing, first.probability) == (1, "t1", Standing.CONSISTENT, 0.97)
    assert first.entry_time == pytest.approx(T0 + 2000, abs=2)
    assert first.reasons == REASONS[:MOST_REASONS]
    assert first.text == (
        "r7 (type male_uav), declared by africom: 60 km west of the sector, at 5000 m, "
        "entering at 22:46:40 UTC, in 10 min."
    )


@pytest.mark.parametrize("late_s", [-300.0, 300.0])
def test_along_its_route_the_plan_is_shifted_by_how_late_it_is(late_s: float) -> None:
    (said,) = drive(PostAdviser(), flying(late_s), 1000, 3000)
    assert said.entry_time == pytest.approx(T0 + 2000 + late_s, abs=2)


def test_along_its_route_it_is_not_where_it_points_that_counts() -> None:
    """The plan turns away before the sector: flying at it is no reason to be told."""
    plan = flight()
    turning = (
        RoutePoint(-1.0, 0.0, 5000.0, T0),
        RoutePoint(-0.2, 0.0, 5000.0, T0 + 800),
        RoutePoint(-0.2, 2.0, 5000.0, T0 + 2800),
    )
    away = {"r7": replace(plan, route=turning, state=FlightState.ACCEPTED)}
    tracks: Tracks = lambda time: [track((1.0 - 0.001 * (time - T0)) * DEG_M, time, velocity=(111.0, 0.0, 0.0))]  # noqa: E731
    assert drive(PostAdviser(), tracks, 100, 700, away) == []
    straight = {"r7": replace(away["r7"], route=())}
    assert [one.kind for one in drive(PostAdviser(), tracks, 100, 700, straight)] == [AdvisoryKind.INBOUND]


def test_beside_its_route_it_is_where_it_points_that_counts() -> None:
    """10 km north of a route that enters, and flying along the edge."""
    along: Tracks = lambda time: [track(30_000.0, time, lat=0.1, velocity=(0.0, SPEED, 0.0))]  # noqa: E731
    assert drive(PostAdviser(), along, 1500, 1600) == []
    at: Tracks = lambda time: [track(30_000.0, time, lat=0.1)]  # noqa: E731
    (said,) = drive(PostAdviser(), at, 1500, 1501)
    assert said.entry_time == pytest.approx(T0 + 1800, abs=2)


def test_above_the_sector_is_not_in_it_and_an_unknown_height_may_be() -> None:
    def above(height_m: float | None, up: float | None = 0.0) -> list[Advisory]:
        tracks: Tracks = lambda time: [  # noqa: E731
            track(-10_000.0, time, height_m=height_m, velocity=(SPEED, 0.0, up))
        ]
        return drive(PostAdviser(), tracks, 2100, 2101, {"r7": flight(route=False)})

    assert above(9000.0) == []
    assert above(9000.0, up=-5.0) == []
    assert [one.kind for one in above(9000.0, up=-10.0)] == [AdvisoryKind.INBOUND]
    (inside,) = above(None, up=None)
    assert (inside.kind, inside.entry_time) == (AdvisoryKind.INSIDE, None)
    assert "in the sector, 10 km from its edge, height not known" in inside.text


def test_who_is_first_seen_inside_is_told_as_inside() -> None:
    (said,) = drive(PostAdviser(), flying(), 2050, 2200)
    assert (said.kind, said.time) == (AdvisoryKind.INSIDE, T0 + 2050)


def test_nothing_is_told_of_tracks_without_a_declared_flight() -> None:
    tracks: Tracks = lambda time: [unknown(one) for one in flying()(time)]  # noqa: E731
    said = drive(PostAdviser(), tracks, 1000, 3000, {})
    assert said == []


def changing(change: Callable[[BoardTrack], BoardTrack], since: float, until: float = 1e9) -> Tracks:
    """Inbound, and different between two times."""
    return lambda time: [change(one) if since <= time - T0 < until else one for one in flying()(time)]


@pytest.mark.parametrize(
    ("change", "says", "standing"),
    [
        (unknown, "is not identified as it any more", Standing.UNKNOWN),
        (
            lambda one: replace(one, standing=Standing.OFF_PLAN),
            "is outside its declared volumes",
            Standing.OFF_PLAN,
        ),
        (lambda one: replace(one, flight="x9"), "is now identified as x9", Standing.UNKNOWN),
        (lambda one: replace(one, shadowed=True), "has another aircraft so close", Standing.CONSISTENT),
        (lambda one: replace(one, status=BoardStatus.LOST), "is lost since", Standing.UNKNOWN),
    ],
    ids=["unknown", "off-plan", "other", "shadowed", "lost"],
)
def test_a_change_is_told_when_it_has_stood(
    change: Callable[[BoardTrack], BoardTrack], says: str, standing: Standing
) -> None:
    adviser = PostAdviser()
    drive(adviser, flying(), 1400, 2100)
    (said,) = drive(adviser, changing(change, 2100), 2100, 2300)
    assert (said.kind, said.time) == (AdvisoryKind.CHANGED, T0 + 2100 + STANDS_S)
    assert (said.flight, said.standing) == ("r7", standing)
    assert said.text.startswith("Track t1, told as r7 (type male_uav), declared by africom, ")
    assert says in said.text


def test_who_is_not_known_any_more_comes_with_who_has_said_nothing() -> None:
    adviser = PostAdviser()
    drive(adviser, flying(), 1400, 2100)
    (said,) = drive(adviser, changing(unknown, 2100), 2100, 2300)
    assert said.reasons[:2] == ("gna has not been asked", "unsmil does not take part")


def test_what_is_as_declared_again_is_told() -> None:
    adviser = PostAdviser()
    drive(adviser, flying(), 1400, 2000)
    said = drive(adviser, changing(unknown, 2000, 2100), 2000, 2300)
    assert ["any more" in one.text for one in said] == [True, False]
    assert "is identified as declared again" in said[1].text
    assert said[1].time == T0 + 2100 + STANDS_S


def test_a_flicker_is_not_told() -> None:
    adviser = PostAdviser()
    drive(adviser, flying(), 1400, 2000)
    flickering: Tracks = lambda time: [unknown(one) if time % 15 < 8 else one for one in flying()(time)]  # noqa: E731
    assert drive(adviser, flickering, 2000, 2800) == []


def test_slow_flicker_is_told_once_a_minute_and_kind_at_most() -> None:
    adviser = PostAdviser()
    drive(adviser, flying(), 1400, 2000)
    off: Callable[[BoardTrack], BoardTrack] = lambda one: replace(one, standing=Standing.OFF_PLAN)  # noqa: E731
    flickering: Tracks = lambda time: [off(one) if time % 40 < 20 else one for one in flying()(time)]  # noqa: E731
    said = drive(adviser, flickering, 2000, 2600)
    for phrase in ("outside", "again"):
        times = [one.time for one in said if phrase in one.text]
        assert all(later - earlier >= MIN_BETWEEN_S for earlier, later in pairwise(times))
        assert len(times) > 1


def test_a_change_that_came_too_soon_is_told_later_if_it_still_stands() -> None:
    adviser = PostAdviser()
    drive(adviser, flying(), 1400, 2000)
    drive(adviser, changing(unknown, 2000, 2020), 2000, 2035)
    again = drive(adviser, changing(unknown, 2035), 2035, 2200)
    assert [one.time - T0 for one in again] == [2000 + STANDS_S + MIN_BETWEEN_S]


def test_verified_and_consistent_are_no_change() -> None:
    adviser = PostAdviser()
    drive(adviser, flying(), 1400, 2000)
    assert drive(adviser, changing(lambda one: replace(one, standing=Standing.VERIFIED), 2000), 2000, 2300) == []


def test_who_is_lost_on_the_way_is_told_of_only_when_it_is_due() -> None:
    lost: Tracks = lambda time: [replace(flying()(T0 + 1500)[0], status=BoardStatus.LOST)]  # type: ignore[index]  # noqa: E731
    adviser = PostAdviser()
    drive(adviser, flying(), 1400, 1500)
    (said,) = drive(adviser, lost, 1500, 1990)
    assert 2000 - EXPECT_WITHIN_S <= said.time - T0 <= 2000 - EXPECT_WITHIN_S + STANDS_S + 2


def test_a_track_that_takes_over_is_no_news() -> None:
    adviser = PostAdviser()
    drive(adviser, flying(), 1400, 2100)
    assert drive(adviser, changing(lambda one: replace(one, id="t2"), 2100), 2100, 2400) == []


def test_an_aircraft_whose_declaration_is_over_is_told_of_once() -> None:
    adviser = PostAdviser()
    drive(adviser, flying(), 1400, 2100)
    (said,) = drive(adviser, flying(), 2100, 2400, {"r7": replace(flight(), state=FlightState.ENDED)})
    assert "is not declared any more" in said.text
    drive(adviser, flying(), 1400, 2100)
    assert drive(adviser, lambda _: [], 2400, 2500, {}) == []


def there_and_back(away_s: float) -> Tracks:
    """Inside until T0 + 2200, then far away for `away_s`, then inside again."""

    def tracks(time: float) -> list[BoardTrack]:
        gone = 2200 <= time - T0 < 2200 + away_s
        return [track(900_000.0 if gone else -20_000.0, time, velocity=(0.0, 0.0, 0.0))]

    return tracks


def test_who_comes_back_after_long_is_told_anew_and_after_short_is_not() -> None:
    plan = {"r7": replace(flight(route=False), state=FlightState.ACCEPTED)}
    short = drive(PostAdviser(), there_and_back(REENTRY_S - 10), 2100, 2900, plan)
    assert [one.kind for one in short] == [AdvisoryKind.INSIDE]
    long = drive(PostAdviser(), there_and_back(REENTRY_S + 10), 2100, 2900, plan)
    assert [(one.kind, one.time - T0) for one in long] == [
        (AdvisoryKind.INSIDE, 2100),
        (AdvisoryKind.INSIDE, 2200 + REENTRY_S + 10),
    ]


def test_a_flight_that_is_due_and_has_no_track_is_expected_once_a_version() -> None:
    adviser = PostAdviser()
    said = drive(adviser, lambda _: [], 1000, 2500)
    assert [(one.kind, one.time - T0) for one in said] == [(AdvisoryKind.EXPECTED, 2000 - EXPECT_WITHIN_S)]
    assert (said[0].track, said[0].standing, said[0].probability) == (None, Standing.UNKNOWN, 0.0)
    assert said[0].entry_time == pytest.approx(T0 + 2000)
    assert "due in the sector by its plan 22:46:40 UTC, in 3 min, and no track is identified as it." in said[0].text
    newer = {"r7": replace(flight(), version=2)}
    (again,) = drive(adviser, lambda _: [], 2500, 2600, newer)
    assert (again.version, again.entry_time) == (2, None)
    assert drive(PostAdviser(), lambda _: [], 3300, 3500) == [], "its plan has left the sector"


def test_only_an_active_flight_without_a_track_is_expected() -> None:
    accepted = {"r7": replace(flight(), state=FlightState.ACCEPTED)}
    assert drive(PostAdviser(), lambda _: [], 1000, 2500, accepted) == []
    assert AdvisoryKind.EXPECTED not in {one.kind for one in drive(PostAdviser(), flying(200.0), 1000, 2500)}
    (late,) = drive(PostAdviser(), lambda _: [], 1900, 1900 + UNSEEN_S + 5)
    assert late.time == T0 + 1900 + UNSEEN_S, "a picture that has only begun is not empty air"


def test_a_restart_tells_nothing_again() -> None:
    before = PostAdviser()
    given = drive(before, flying(), 1400, 1450)
    assert [one.kind for one in given] == [AdvisoryKind.INBOUND]
    kept = [replace(one, id="a7", party="lna") for one in given]
    assert drive(PostAdviser(kept), flying(), 1460, 2500) == []
    given += drive(before, changing(unknown, 1450), 1450, 2100)
    assert len(given) == 2
    after = PostAdviser(given)
    renamed: Tracks = lambda time: [replace(one, id="t1", flight="x9") for one in flying()(time)]  # noqa: E731
    assert drive(after, renamed, 2100, 2110) == [], "track names begin anew: t1 is another one now"
    (said,) = drive(after, flying(), 2110, 2200)
    assert "again" in said.text
    expected = drive(PostAdviser(), lambda _: [], 1700, 1900)
    assert drive(PostAdviser(expected), lambda _: [], 1700, 1900) == []


def test_after_a_restart_who_stayed_inside_for_hours_is_not_told_again() -> None:
    plan = {"r7": replace(flight(route=False), state=FlightState.ACCEPTED)}
    hovering: Tracks = lambda time: [track(-20_000.0, time, velocity=(0.0, 0.0, 0.0))]  # noqa: E731
    given = drive(PostAdviser(), hovering, 2100, 2110, plan)
    after = PostAdviser(given)
    assert drive(after, lambda _: [], 9000, 9030, plan) == []
    assert drive(after, hovering, 9030, 9100, plan) == []
    inbound: Tracks = lambda time: [track(20_000.0, time)]  # noqa: E731
    assert [one.kind for one in drive(PostAdviser(given), inbound, 9000, 9010, plan)] == [AdvisoryKind.INBOUND]


def test_a_post_that_was_not_crewed_is_told_everything_anew() -> None:
    adviser = PostAdviser()
    assert len(drive(adviser, flying(), 2100, 2110)) == 1
    assert drive(adviser, flying(), 2110, 2120, posts=()) == []
    assert [one.kind for one in drive(adviser, flying(), 2120, 2130)] == [AdvisoryKind.INSIDE]


def test_a_crew_that_takes_over_is_told_anew_what_is_current() -> None:
    adviser = PostAdviser()
    given = drive(adviser, flying(), 2100, 2110, shift=3)
    assert [(one.kind, one.shift) for one in given] == [(AdvisoryKind.INSIDE, 3)]
    assert drive(adviser, flying(), 2110, 2200, shift=3) == []
    (again,) = drive(adviser, flying(), 2200, 2300, shift=4)
    assert (again.kind, again.time, again.shift) == (AdvisoryKind.INSIDE, T0 + 2200, 4)
    expecting = PostAdviser()
    assert len(drive(expecting, lambda _: [], 1700, 1900, shift=3)) == 1
    assert [one.shift for one in drive(expecting, lambda _: [], 1900, 2000, shift=4)] == [4]


def test_a_relief_of_one_post_tells_the_other_nothing_again() -> None:
    adviser, other = PostAdviser(), replace(POST, id="liaison")

    def crews(number: int) -> list[tuple[Post, int]]:
        return [(POST, number), (other, 1)]

    told = [
        [one.post for one in adviser.advise(T0 + at, crews(number), flying()(T0 + at), {"r7": flight()}, lambda _: ())]
        for at, number in ((2100, 1), (2101, 1), (2102, 2))
    ]
    assert told == [["radar", "liaison"], [], ["radar"]]


def test_after_a_restart_a_crew_knows_what_it_was_told_and_not_what_its_predecessor_was() -> None:
    given = drive(PostAdviser(), flying(), 2100, 2110, shift=3)
    assert drive(PostAdviser(given), flying(), 2110, 2200, shift=3) == []
    assert [one.shift for one in drive(PostAdviser(given), flying(), 2110, 2200, shift=4)] == [4]
    before = PostAdviser(given)
    given += drive(before, flying(), 2110, 2200, shift=4)
    assert drive(PostAdviser(given), flying(), 2200, 2300, shift=4) == []
    expected = drive(PostAdviser(), lambda _: [], 1700, 1900, shift=3)
    assert len(drive(PostAdviser(expected), lambda _: [], 1900, 2000, shift=4)) == 1


def test_parties_are_called_by_name_where_it_is_known_and_nothing_is_endless() -> None:
    names = {"africom": "US Africa Command", "gna": "Government"}

    def told(names: dict[str, str], plan: Flight, seconds: range = range(2100, 2101)) -> list[Advisory]:
        adviser = PostAdviser()
        changed = changing(unknown, 2105)
        return [
            one
            for at in seconds
            for one in adviser.advise(T0 + at, [(POST, 1)], changed(T0 + at), {"r7": plan}, lambda _: REASONS, names)
        ]

    (said,) = told(names, flight())
    assert "declared by US Africa Command: " in said.text
    after = told(names, flight(), range(2100, 2130))[-1]
    assert "declared by US Africa Command, " in after.text
    assert after.reasons[:2] == ("Government has not been asked", "unsmil does not take part")
    long = replace(flight(), aircraft=Aircraft(type="t" * 100_000))
    (said,) = told({"africom": "n" * 100_000}, long)
    assert len(said.text) < 1000


def test_nothing_is_kept_of_what_is_over() -> None:
    adviser = PostAdviser()
    for number in range(50):
        name = f"f{number}"
        plan = {name: flight(name=name)}
        seen: Tracks = lambda time, name=name: [  # type: ignore[misc]  # noqa: E731
            replace(one, flight=name) for one in flying()(time)
        ]
        drive(adviser, seen, 2000 + number, 2001 + number, plan)
    drive(adviser, lambda _: [], 2100 + REENTRY_S, 2101 + REENTRY_S, {})
    assert (adviser._told, adviser._expected, adviser._routes, adviser._planned, adviser._seen) == (
        {},
        set(),
        {},
        {},
        {},
    )


def test_half_an_hour_of_doubtful_tracks_stays_readable(capsys: pytest.CaptureFixture[str]) -> None:
    """Eight aircraft within the sector whose standing, neighbours and contact change at random every 20 s or so."""
    random.seed(5)
    plans = {f"f{n}": replace(flight(name=f"f{n}", route=False), state=FlightState.ACCEPTED) for n in range(8)}
    states = dict.fromkeys(plans, 0)

    def tracks(time: float) -> list[BoardTrack]:
        seen = []
        for number, name in enumerate(plans):
            if random.random() < 0.05:
                states[name] = random.choice([0, 0, 0, 1, 2, 3, 4])
            one = track(-5000.0 * number, time, id=f"t{number}", flight=name, velocity=(0.0, 0.0, 0.0))
            match states[name]:
                case 1:
                    one = unknown(one)
                case 2:
                    one = replace(one, standing=Standing.OFF_PLAN)
                case 3:
                    one = replace(one, shadowed=True)
                case 4:
                    one = replace(one, status=BoardStatus.LOST)
            seen.append(one)
        return seen

    said = drive(PostAdviser(), tracks, 0, 1800, plans)
    with capsys.disabled():
        print(f"\n  advisories: {len(said) / 4:.0f} an hour of an aircraft that changes 108 times")
    kinds: dict[tuple[str, str], list[float]] = {}
    for one in said:
        kinds.setdefault((one.flight, one.text.split("africom, ")[-1][:12]), []).append(one.time)
    for times in kinds.values():
        assert all(later - earlier >= MIN_BETWEEN_S for earlier, later in pairwise(times))
    assert len(said) > 20
