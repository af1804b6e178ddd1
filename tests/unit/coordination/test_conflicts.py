"""Conflicts in words: what touches, what is merged, who is told, and in how much time."""

import random
import time
from dataclasses import replace

import pyproj
import pytest

from safeconduct.coordination.conflicts import Airspace
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.conflict import ConflictWith
from safeconduct.model.flight import Disclosure, Flight, FlightState
from safeconduct.model.volume import Volume4D
from safeconduct.model.zone import Zone

T0 = 1.7e9


def box(
    west: float = 13.0,
    south: float = 32.0,
    size: float = 0.1,
    *,
    low: float = 0.0,
    start: float = 0.0,
    s: float = 600.0,
) -> Volume4D:
    ring = ((west, south), (west + size, south), (west + size, south + size), (west, south + size))
    return Volume4D(outline=ring, lower_m=low, upper_m=low + 500.0, start=T0 + start, end=T0 + start + s)


def flight(name: str, *volumes: Volume4D, party: str = "one") -> Flight:
    return Flight(id=name, party=party, aircraft=Aircraft(type="helicopter"), volumes=volumes)


def airspace(*flights: Flight, party: str | None = None) -> Airspace:
    made = Airspace(party)
    for one in flights:
        made.put_flight(one.id, one)
    return made


@pytest.mark.parametrize(
    "beside",
    [box(13.1), box(13.0, 32.1), box(low=500.0), box(start=600.0), box(13.1, 32.1)],
    ids=["east", "north", "above", "after", "corner"],
)
def test_touching_faces_share_nothing(beside: Volume4D) -> None:
    a = flight("a", box())
    assert airspace(a, flight("b", beside)).conflicts_of("a", a) == ()


def test_a_border_computed_twice_only_touches() -> None:
    # 0.15 and 0.3 are no binary fractions: the corner of `b` may lie 1e-17 degrees over the slanted edge of `a`.
    a = flight("a", replace(box(), outline=((0.0, 0.0), (1.0, 0.3), (0.0, 1.0))))
    b = flight("b", replace(box(), outline=((0.5, 0.15), (1.0, -0.5), (1.0, 0.3))))
    assert airspace(a, b).conflicts_of("a", a) == ()


def test_a_conflict_says_what_is_shared() -> None:
    a = flight("a", box())
    b = replace(flight("b", box(13.05, low=200.0, start=300.0), party="two"), version=3)
    (conflict,) = airspace(a, b).conflicts_of("a", a)
    assert (conflict.flight, conflict.version, conflict.other, conflict.other_version) == ("a", 1, "b", 3)
    assert (conflict.kind, conflict.party, conflict.blurred) == (ConflictWith.FLIGHT, "two", False)
    assert (conflict.start, conflict.end) == (T0 + 300, T0 + 600)
    assert (conflict.lower_m, conflict.upper_m) == (200.0, 500.0)
    assert 13.05 < conflict.lon < 13.1
    assert 32.0 < conflict.lat < 32.1
    width = pyproj.Geod(ellps="WGS84").inv(13.05, 32.05, 13.1, 32.05)[2]
    height = pyproj.Geod(ellps="WGS84").inv(13.0, 32.0, 13.0, 32.1)[2]
    assert conflict.area_m2 == pytest.approx(width * height, rel=1e-5)


def test_a_corridor_beside_a_corridor_is_one_conflict_and_a_later_return_another() -> None:
    legs = [box(13.0 + 0.05 * n, start=100.0 * n, s=150.0) for n in range(6)]
    back = box(start=5000.0)
    a, b = flight("a", *legs, back), flight("b", *legs, back, party="two")
    first, second = airspace(a, b).conflicts_of("a", a)
    assert (first.start, first.end) == (T0, T0 + 650)
    assert (second.start, second.end) == (T0 + 5000, T0 + 5600)


def test_a_flight_is_no_conflict_with_itself_nor_after_it_has_ended() -> None:
    a, b = flight("a", box(), box(13.01)), flight("b", box())
    sky = airspace(a, b)
    assert [c.other for c in sky.conflicts_of("a", a)] == ["b"]
    assert sky.conflicts_of("a", replace(a, state=FlightState.ENDED)) == ()
    sky.put_flight("b", replace(b, state=FlightState.ENDED))
    assert sky.conflicts_of("a", a) == ()
    assert sky.all() == ()


def test_two_flights_of_one_party_conflict() -> None:
    a, b = flight("a", box()), flight("b", box())
    assert len(airspace(a, b).all()) == 2


def test_checking_a_flight_keeps_nothing_of_it() -> None:
    a, b = flight("a", box()), flight("b", box())
    sky = airspace(a)
    assert len(sky.conflicts_of("b", b)) == 1
    assert sky.conflicts_of("a", a) == ()
    assert len(sky.conflicts_of("a", replace(a, version=2))) == 0


def test_a_new_version_takes_the_place_of_the_old_one() -> None:
    a, b = flight("a", box()), flight("b", box())
    sky = airspace(a, b)
    assert len(sky.conflicts_of("a", a)) == 1
    sky.put_flight("b", flight("b", box(start=7000.0)))
    assert sky.conflicts_of("a", a) == ()
    sky.put_flight("b", replace(b, version=3))
    assert sky.conflicts_of("a", a)[0].other_version == 3


def test_another_partys_coarse_flight_is_blurred_and_ones_own_is_known_exactly() -> None:
    a, b = flight("a", box()), replace(flight("b", box(), party="two"), disclosure=Disclosure.COARSE)
    assert airspace(a, b).conflicts_of("a", a)[0].blurred
    assert airspace(a, b, party="one").conflicts_of("b", b)[0].blurred
    assert not airspace(a, b, party="two").conflicts_of("a", a)[0].blurred


def test_zones_come_with_flights_and_in_order_of_time() -> None:
    a = flight("a", box(), box(start=4000.0))
    sky = airspace(a, flight("b", box(start=4000.0), party="two"))
    sky.put_zone("z", Zone(id="z", party="two", name="range", reason="firing", volumes=(box(start=100.0),)))
    assert [(c.kind, c.other) for c in sky.conflicts_of("a", a)] == [
        (ConflictWith.ZONE, "z"),
        (ConflictWith.FLIGHT, "b"),
    ]
    sky.remove_zone("z")
    assert [c.other for c in sky.conflicts_of("a", a)] == ["b"]


def test_a_thousand_questions_to_two_thousand_flights(capsys: pytest.CaptureFixture[str]) -> None:
    """A figure, and only a loose bound: five-volume flights over 6 by 6 degrees and a day."""
    random.seed(3)
    flights = []
    for number in range(2000):
        west, south, begins = random.uniform(10, 16), random.uniform(30, 36), random.uniform(0, 86_400)
        legs = [
            box(west + 0.08 * n, south + 0.05 * n, low=500.0 * (number % 8), start=begins + 300 * n) for n in range(5)
        ]
        flights.append(flight(f"f{number}", *legs))
    began = time.perf_counter()
    sky = airspace(*flights)
    put = time.perf_counter()
    found = 0
    for one in flights[:1000]:
        found += len(sky.conflicts_of(one.id, replace(one, contact="asked anew")))
    asked = time.perf_counter()
    with capsys.disabled():
        print(f"\n  conflicts: put {(put - began) / 2:.3f} ms each, asked {asked - put:.3f} ms each, {found} found")
    assert 0 < found < 20_000
