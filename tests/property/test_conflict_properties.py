"""Conflicts against an oracle of integers: convex outlines on a small grid, where touching is as common as meeting."""

from dataclasses import replace
from itertools import pairwise

import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from safeconduct.coordination.conflicts import Airspace
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.conflict import ConflictWith, FlightConflict
from safeconduct.model.flight import Flight
from safeconduct.model.volume import Volume4D
from safeconduct.model.zone import Zone

Corner = tuple[int, int]
T0 = 1.7e9


@st.composite
def convex(draw: st.DrawFn) -> tuple[Corner, ...]:
    """A triangle or a rectangle with corners on a 7 by 7 grid."""
    if draw(st.booleans()):
        west, south = draw(st.integers(0, 5)), draw(st.integers(0, 5))
        east, north = draw(st.integers(west + 1, 6)), draw(st.integers(south + 1, 6))
        return (west, south), (east, south), (east, north), (west, north)
    a, b, c = (draw(st.tuples(st.integers(0, 6), st.integers(0, 6))) for _ in range(3))
    assume((b[0] - a[0]) * (c[1] - a[1]) != (b[1] - a[1]) * (c[0] - a[0]))
    return a, b, c


@st.composite
def volumes(draw: st.DrawFn) -> Volume4D:
    low, start = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    return Volume4D(
        outline=tuple((10.0 + x, 50.0 + y) for x, y in draw(convex())),
        lower_m=100.0 * low,
        upper_m=100.0 * draw(st.integers(low + 1, 4)),
        start=T0 + 60 * start,
        end=T0 + 60 * draw(st.integers(start + 1, 4)),
    )


def flight(name: str, *volumes: Volume4D, party: str = "one") -> Flight:
    return Flight(id=name, party=party, aircraft=Aircraft(type="helicopter"), volumes=volumes)


flights = st.lists(volumes(), min_size=1, max_size=3)


def insides_meet(one: Volume4D, other: Volume4D) -> bool:
    """Separating axes (Gottschalk, 1996), exact in these small integers: convex insides meet unless one parts them."""
    for interval in (("lower_m", "upper_m"), ("start", "end")):
        low, high = interval
        if getattr(one, high) <= getattr(other, low) or getattr(other, high) <= getattr(one, low):
            return False
    for ring in (one.outline, other.outline):
        for (x1, y1), (x2, y2) in pairwise([*ring, ring[0]]):
            normal = (y2 - y1, x1 - x2)
            mine, theirs = ([x * normal[0] + y * normal[1] for x, y in each.outline] for each in (one, other))
            if max(mine) <= min(theirs) or max(theirs) <= min(mine):
                return False
    return True


def between(airspace: Airspace, ref: str, flight: Flight, other: str) -> list[FlightConflict]:
    return [conflict for conflict in airspace.conflicts_of(ref, flight) if conflict.other == other]


def together(*each: Flight) -> Airspace:
    airspace = Airspace()
    for one in each:
        airspace.put_flight(one.id, one)
    return airspace


@given(flights, flights)
def test_flights_conflict_where_two_volumes_meet_and_nowhere_else(mine: list[Volume4D], theirs: list[Volume4D]) -> None:
    a, b = flight("a", *mine), flight("b", *theirs, party="two")
    found = between(together(a, b), "a", a, "b")
    meeting = [(v, w) for v in mine for w in theirs if insides_meet(v, w)]
    assert bool(found) == bool(meeting)
    for v, w in meeting:
        start, end = max(v.start, w.start), min(v.end, w.end)
        lower_m, upper_m = max(v.lower_m, w.lower_m), min(v.upper_m, w.upper_m)
        assert any(
            c.start <= start and end <= c.end and c.lower_m <= lower_m and upper_m <= c.upper_m for c in found
        ), "every pair that meets is within one of the conflicts told"
    for conflict in found:
        inside = [
            (v, w) for v, w in meeting if conflict.start <= max(v.start, w.start) and min(v.end, w.end) <= conflict.end
        ]
        assert any(
            shapely.contains_xy(v.polygon, conflict.lon, conflict.lat)
            and shapely.contains_xy(w.polygon, conflict.lon, conflict.lat)
            for v, w in inside
        ), "its place is inside two volumes that meet"
        assert min(max(v.start, w.start) for v, w in inside) == conflict.start
        assert max(min(v.end, w.end) for v, w in inside) == conflict.end
        assert min(max(v.lower_m, w.lower_m) for v, w in inside) == conflict.lower_m
        assert max(min(v.upper_m, w.upper_m) for v, w in inside) == conflict.upper_m
        for moment in {time + 30 for v, w in inside for time in (v.start, w.start)}:
            if conflict.start < moment < conflict.end:
                assert any(v.active(moment) and w.active(moment) for v, w in inside), "no moment of it shares nothing"


@given(flights, flights)
def test_conflicts_are_the_same_from_both_sides(mine: list[Volume4D], theirs: list[Volume4D]) -> None:
    a, b = flight("a", *mine), flight("b", *theirs)
    airspace = together(a, b)

    def seen(one: Flight, other: Flight) -> list[tuple[float, ...]]:
        found = between(airspace, one.id, one, other.id)
        return [(c.start, c.end, c.lower_m, c.upper_m, round(c.area_m2)) for c in found]

    assert seen(a, b) == seen(b, a)


@given(flights, flights, st.integers(-10_000, 10_000), st.integers(-300, 300))
def test_moving_both_in_time_and_height_moves_the_conflict(
    mine: list[Volume4D], theirs: list[Volume4D], later: int, higher: int
) -> None:
    def moved(volume: Volume4D) -> Volume4D:
        lower_m, upper_m = volume.lower_m + higher, volume.upper_m + higher
        start, end = volume.start + later, volume.end + later
        return replace(volume, start=start, end=end, lower_m=lower_m, upper_m=upper_m)

    a, b = flight("a", *mine), flight("b", *theirs)
    there = flight("a", *map(moved, mine)), flight("b", *map(moved, theirs))
    before, after = between(together(a, b), "a", a, "b"), between(together(*there), "a", there[0], "b")
    shift = {"start": later, "end": later, "lower_m": higher, "upper_m": higher}
    assert after == [replace(c, **{name: getattr(c, name) + by for name, by in shift.items()}) for c in before]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | flights), max_size=12))
def test_what_is_known_after_changes_is_what_a_new_airspace_finds(
    changes: list[tuple[str, list[Volume4D] | None]],
) -> None:
    airspace, now = Airspace(), dict[str, Flight]()
    for name, there in changes:
        if there is None:
            airspace.remove_flight(name)
            now.pop(name, None)
        else:
            now[name] = flight(name, *there)
            airspace.put_flight(name, now[name])
        assert sorted(airspace.all(), key=repr) == sorted(together(*now.values()).all(), key=repr)


@given(flights, flights)
def test_a_zone_concerns_whom_it_does_not_exempt(mine: list[Volume4D], closed: list[Volume4D]) -> None:
    zone = Zone(id="z", party="two", name="range", reason="firing", volumes=tuple(closed), exempt=frozenset({"three"}))
    airspace = Airspace()
    airspace.put_zone("z", zone)
    meets = any(insides_meet(v, w) for v in mine for w in closed)
    found = airspace.conflicts_of("a", flight("a", *mine, party="one"))
    assert {conflict.kind for conflict in found} == ({ConflictWith.ZONE} if meets else set())
    for exempt in ("two", "three"):
        assert airspace.conflicts_of("a", flight("a", *mine, party=exempt)) == ()
    airspace.put_zone("z", replace(zone, lifted=True))
    assert airspace.conflicts_of("a", flight("a", *mine, party="one")) == ()
