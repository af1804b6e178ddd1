"""Who was elsewhere when a flight's aircraft went is not that flight; who begins later may be."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.support.sky import (
    ADDRESS,
    FRAME,
    LOUD,
    SPEED,
    T0,
    WATCHED,
    Sky,
    flight,
    flown,
    item,
    probability,
    redeclared,
    sensor,
    table,
)

from safeconduct.kernels import plans
from safeconduct.kernels.arrays import Floats, Ints, Records
from safeconduct.model.flight import FlightState
from safeconduct.model.identification import EvidenceKind
from safeconduct.model.sensor import SensorKind
from safeconduct.model.track import TrackTable
from safeconduct.picture.departed import FADE_S, FORGOTTEN_S, MOST, TOGETHER_S, WAS_IT, Departed
from safeconduct.picture.evidence import Pairs
from safeconduct.picture.reach import Reach

DECLARED, FOLLOWER, LATER = 1, 2, 3
ON_TIME, BEHIND = (0.0, 0.0), (240.0, 0.0)
"""As declared; four minutes behind on the same route."""
BEGINS, GOES = 280.0, 600.0


def fly(
    sky: Sky, tracks: Mapping[int, tuple[float, float]], first_s: float, last_s: float,
    *, signed: tuple[int, ...] = (), mute: tuple[int, ...] = (),
) -> Any:  # fmt: skip
    """What is thought of those tracks at last; all transmit the flight's own name, unsigned but some, or are mute."""
    for after in np.arange(first_s, last_s, 10.0).tolist():
        for number in tracks.keys() - set(mute):
            sky.hear(after, number, tracks[number], ADDRESS, signed=number in signed)
        said = sky.assess(after, tracks)
    return said


def both_known(sky: Sky, behind: tuple[float, float] = BEHIND, **how: Any) -> Sky:
    """The one that flies as declared and the other one, for minutes."""
    said = fly(sky, {DECLARED: ON_TIME, FOLLOWER: behind}, BEGINS, GOES, **how)
    assert probability(said, DECLARED, "F") > 0.9
    assert probability(said, FOLLOWER, "F") < 0.1
    return sky


@pytest.mark.parametrize("reach", [None, WATCHED], ids=["whoever watches", "watched, so that it is due"])
def test_who_flies_behind_under_its_name_does_not_become_the_flight_once_that_has_gone(reach: Reach | None) -> None:
    sky, alone = both_known(Sky(LOUD, reach=reach)), Sky(LOUD, reach=WATCHED)
    for first in np.arange(GOES, GOES + 300.0, 60.0).tolist():
        said = fly(sky, {FOLLOWER: BEHIND}, first, first + 60.0)
        assert said.flight.tolist() == [-1]
        assert probability(said, FOLLOWER, "F") < 0.5
        assert item(said, EvidenceKind.EXCLUSION, FOLLOWER) < -2.0
    said = fly(alone, {FOLLOWER: BEHIND}, BEGINS, GOES + 300.0)
    assert said.flight.tolist() == [0], "as it would, had there been no other"


def test_a_track_that_begins_later_where_the_flight_would_be_can_become_it() -> None:
    sky = both_known(Sky(LOUD))
    fly(sky, {FOLLOWER: BEHIND}, GOES, GOES + 30.0)
    said = fly(sky, {FOLLOWER: BEHIND, LATER: ON_TIME}, GOES + 30.0, GOES + 200.0)
    assert probability(said, LATER, "F") > 0.9
    assert probability(said, FOLLOWER, "F") < 0.1


@pytest.mark.parametrize(("late_s", "held"), [(20.0, False), (30.0, True)])
def test_who_was_so_near_that_it_may_be_confused_is_not_held_back(late_s: float, held: bool) -> None:
    """1,200 and 1,800 m behind: tracks nearer than 1,500 m may have been taken one for the other."""
    sky = both_known(Sky(LOUD), (late_s, 0.0), signed=(DECLARED,), mute=(FOLLOWER,))
    said = fly(sky, {FOLLOWER: (late_s, 0.0)}, GOES, GOES + 60.0, mute=(FOLLOWER,))
    assert (item(said, EvidenceKind.EXCLUSION, FOLLOWER) < -2.0) is held
    assert said.flight.tolist() == [-1 if held else 0]


def test_it_fades_so_that_an_owner_that_was_displaced_is_named_again_within_half_an_hour() -> None:
    """Who flew half a minute behind it under its name, with a signature, was taken for it, and has gone."""
    sky, owner, thief = Sky(LOUD), DECLARED, FOLLOWER
    both = {owner: ON_TIME, thief: (30.0, 0.0)}
    said = fly(sky, both, BEGINS, GOES, signed=(thief,), mute=(owner,))
    assert said.flight.tolist() == [-1, 0]
    names = [
        int(fly(sky, {owner: ON_TIME}, first, first + 60.0, mute=(owner,)).flight[0])
        for first in np.arange(GOES, GOES + 600.0, 60.0).tolist()
    ]
    assert names[0] == -1
    assert names[-1] == 0
    assert names == sorted(names), "once it is named it stays so"


def test_who_comes_back_is_the_flight_as_before() -> None:
    sky = both_known(Sky(LOUD))
    fly(sky, {FOLLOWER: BEHIND}, GOES, GOES + 100.0)
    said = fly(sky, {DECLARED: ON_TIME, FOLLOWER: BEHIND}, GOES + 100.0, GOES + 160.0)
    assert probability(said, DECLARED, "F") > 0.9
    assert probability(said, FOLLOWER, "F") < 0.1


def test_a_new_version_of_the_flight_forgets_who_went() -> None:
    for version in (redeclared(LOUD), flight("another", 20_000.0), LOUD.moved(FlightState.ACTIVATED)):
        sky = both_known(Sky(LOUD))
        fly(sky, {FOLLOWER: BEHIND}, GOES, GOES + 100.0)
        sky.engine.declare(replace(version, version=2))
        said = fly(sky, {FOLLOWER: BEHIND}, GOES + 100.0, GOES + 160.0)
        forgotten = item(said, EvidenceKind.EXCLUSION, FOLLOWER) == pytest.approx(0.0, abs=0.01)
        assert forgotten is (version.volumes[-1].upper_m > LOUD.volumes[-1].upper_m)
        assert (probability(said, FOLLOWER, "F") > 0.5) is forgotten


def test_a_version_that_comes_while_it_is_there_forgets_it_too() -> None:
    sky = both_known(Sky(LOUD))
    sky.engine.declare(redeclared(LOUD))
    assert probability(fly(sky, {FOLLOWER: BEHIND}, GOES, GOES + 60.0), FOLLOWER, "F") > 0.5


def test_a_track_that_is_joined_to_another_has_not_gone() -> None:
    sky = both_known(Sky(LOUD))
    sky.engine.continued(DECLARED, FOLLOWER)
    said = fly(sky, {FOLLOWER: BEHIND}, GOES, GOES + 100.0)
    assert item(said, EvidenceKind.EXCLUSION, FOLLOWER) == pytest.approx(0.0, abs=0.01)
    assert probability(said, FOLLOWER, "F") > 0.5


@pytest.mark.parametrize("before_s", [10.0, 0.0, -10.0], ids=["before", "in the same look", "after"])
def test_a_follower_that_bears_another_number_from_then_on_is_held_back_too(before_s: float) -> None:
    sky, number = both_known(Sky(LOUD)), FOLLOWER
    for after in np.arange(GOES - 10.0, GOES + 60.0, 10.0).tolist():
        if after >= GOES - before_s and number == FOLLOWER:
            sky.engine.continued(FOLLOWER, 0)
            number = 0
        there = {number: BEHIND} | ({DECLARED: ON_TIME} if after < GOES else {})
        sky.hear(after, number, BEHIND, ADDRESS)
        said = sky.assess(after, there)
    assert item(said, EvidenceKind.EXCLUSION, 0) < -2.0


# How much it takes, and from whom.


def picture(after_s: float, begins: Mapping[int, float], gap_m: float = 5000.0) -> tuple[TrackTable, Records]:
    """Tracks on one route, each so far behind the one before; by number, when they were first detected."""
    late = {number: index * gap_m / SPEED for index, number in enumerate(sorted(begins))}
    hands = [flown(number, after_s, late[number], 0.0, first_time=T0 + first) for number, first in begins.items()]
    tracks, flyers = table(T0 + after_s, hands), np.zeros(len(hands), plans.FLYER)
    flyers["x"], flyers["y"] = FRAME.to_plane(tracks.lon, tracks.lat)
    flyers["vx"] = SPEED
    return tracks, flyers


def one_flight(count: int) -> Pairs:
    return Pairs(np.arange(count), np.zeros(count, np.int64), np.arange(count + 1))


def taken(
    shares: list[float],
    begins: Mapping[int, float] | None = None,
    *,
    slots: Ints | None = None,
    after_s: float = 10.0,
) -> Floats:
    """What the first of some tracks, each the flight in slot 7 with such a probability, takes from the others for it
    when it has been gone for so long."""
    first = begins or dict.fromkeys(range(1, len(shares) + 1), 0.0)
    here, own = Departed(apart_m=1500.0), np.array([7])
    tracks, flyers = picture(300.0, first)
    here.note(tracks, flyers, own, one_flight(len(first)), np.array(shares))
    rest = {number: since for number, since in first.items() if number != min(first)}
    here.look(picture(300.0, rest)[0], own)
    return here.take(picture(300.0 + after_s, rest)[0], own if slots is None else slots, one_flight(len(rest)))


def looked(here: Departed, tracks: TrackTable, slots: Ints) -> list[float]:
    """What is taken from each of those tracks for the flight, now that they are looked at."""
    here.look(tracks, slots)
    return [float(one) for one in here.take(tracks, slots, one_flight(len(tracks)))]


@pytest.mark.parametrize("share", [0.6, 0.9, 0.99])
def test_it_takes_as_much_as_it_probably_was_it(share: float) -> None:
    """As if it were there still: the others can be the flight only where it is none."""
    assert taken([share, 0.0], after_s=0.0) == pytest.approx([math.log(1.0 - share)])


@pytest.mark.parametrize("share", [0.998, 0.999999, 1.0])
def test_it_never_takes_more_than_so_much(share: float) -> None:
    assert taken([share, 0.0], after_s=0.0).tolist() == [-MOST]


def test_it_fades() -> None:
    """Whoever was displaced is not kept from being it for good."""
    for after in (10.0, FADE_S, 3.0 * FADE_S):
        assert taken([0.9, 0.0], after_s=after) == pytest.approx([math.log(0.1) * math.exp(-after / FADE_S)])
    assert taken([1.0, 0.0], after_s=1800.0)[0] > -0.25 * MOST


def test_only_who_was_more_probably_the_flight_than_not_takes_anything() -> None:
    assert taken([WAS_IT, WAS_IT]).tolist() == [0.0]
    assert taken([WAS_IT + 0.01, 0.2])[0] < -0.6


def test_nothing_is_taken_for_another_flight() -> None:
    assert taken([0.9, 0.1], slots=np.array([6])).tolist() == [0.0]


def test_it_is_taken_only_from_those_that_were_there_together_with_it_for_a_while() -> None:
    """By when each was first detected: the first was there for five minutes, and heard of until it went."""
    begins = {1: 0.0, 2: 0.0, 3: 300.0 - TOGETHER_S - 5.0, 4: 300.0 - TOGETHER_S + 5.0, 5: 295.0}
    lost = taken([0.99, 0.0, 0.0, 0.0, 0.0], begins)
    assert (lost < -4.0).tolist() == [True, True, False, False]
    assert lost[2:].tolist() == [0.0, 0.0]
    lost = taken([0.99, 0.0], {1: 300.0 - TOGETHER_S + 5.0, 2: 0.0})
    assert lost.tolist() == [0.0], "it was there too shortly itself"


def test_nothing_is_taken_while_all_are_there() -> None:
    here, (tracks, flyers), slots = Departed(apart_m=1500.0), picture(300.0, {1: 0.0, 2: 0.0}), np.array([7])
    for _ in range(3):
        assert looked(here, tracks, slots) == [0.0, 0.0]
        assert here.been(slots, tracks.time).tolist() == [0.0]
        here.note(tracks, flyers, slots, one_flight(2), np.array([0.99, 0.01]))


def test_who_comes_back_takes_its_claim_back_and_may_go_again() -> None:
    here, slots, both = Departed(apart_m=1500.0), np.array([7]), {1: 0.0, 2: 0.0}
    tracks, flyers = picture(300.0, both)
    here.note(tracks, flyers, slots, one_flight(2), np.array([0.99, 0.01]))
    tracks, flyers = picture(310.0, {2: 0.0})
    gone = looked(here, tracks, slots)
    here.note(tracks, flyers, slots, one_flight(1), np.array([0.1]))
    assert looked(here, tracks, slots) == gone, "and it stays so"
    assert gone[0] < -4.0
    tracks, flyers = picture(320.0, both)
    assert looked(here, tracks, slots) == [0.0, 0.0]
    here.note(tracks, flyers, slots, one_flight(2), np.array([0.2, 0.1]))
    assert looked(here, picture(330.0, {2: 0.0})[0], slots) == [0.0], "it was not it any more"


@pytest.mark.parametrize(("gap_m", "held"), [(1400.0, True), (2500.0, False)])
def test_places_are_compared_as_of_when_it_was_last_heard_of(gap_m: float, held: bool) -> None:
    """The two flew past each other, and it has not been heard of for half a minute: they were 3,600 m less so much
    apart."""
    here, slots = Departed(apart_m=1500.0), np.array([7])
    tracks, flyers = picture(300.0, {1: 0.0, 2: 0.0}, gap_m)
    flyers["vx"] = [SPEED, -SPEED]
    stale = replace(tracks, last_time=tracks.time - np.array([30.0, 0.0]))
    here.note(stale, flyers, slots, one_flight(2), np.array([0.99, 0.01]))
    lost = looked(here, picture(310.0, {2: 0.0})[0], slots)
    assert bool(lost[0] < -4.0) is held


# Which flights went.


def gone(shares: Mapping[int, float], *, first_s: float = 0.0, after_s: float = 10.0) -> list[float]:
    """How probably the flight in slot 7, and the one in slot 8, went with tracks that probably were the former, one
    after another, each first detected so long after the start and seen for 300 s of it."""
    here, slots = Departed(apart_m=1500.0), np.array([7, 8])
    for number, share in shares.items():
        tracks, flyers = picture(300.0, {number: first_s})
        here.look(tracks, slots)
        here.note(tracks, flyers, slots, one_flight(1), np.array([share]))
    here.look(picture(300.0 + after_s, {9: 300.0})[0], slots)
    return [float(one) for one in here.been(slots, T0 + 300.0 + after_s)]


@pytest.mark.parametrize("share", [0.6, 0.9])
def test_a_flight_went_with_the_track_that_was_it(share: float) -> None:
    """However few were there to take anything from: nobody is due in its place."""
    assert gone({1: share}, after_s=0.0) == pytest.approx([share, 0.0])
    assert gone({1: WAS_IT}) == [0.0, 0.0]


def test_that_it_went_fades_like_what_it_takes() -> None:
    for after in (10.0, FADE_S):
        assert gone({1: 0.9}, after_s=after)[0] == pytest.approx(
            1.0 - math.exp(math.log(0.1) * math.exp(-after / FADE_S))
        )
    assert gone({1: 0.9}, after_s=FORGOTTEN_S + 1.0) == [0.0, 0.0]


def test_who_was_known_for_a_moment_only_took_no_flight_along() -> None:
    assert gone({1: 0.9}, first_s=300.0 - TOGETHER_S + 5.0) == [0.0, 0.0]


def test_of_several_that_went_the_surest_counts() -> None:
    assert gone({1: 0.6, 2: 0.8, 3: 0.7}, after_s=0.0)[0] == pytest.approx(0.8)


def test_who_is_back_has_not_gone_nor_has_another_version_of_the_flight() -> None:
    for back in (True, False):
        here, slots = Departed(apart_m=1500.0), np.array([7])
        tracks, flyers = picture(300.0, {1: 0.0})
        here.note(tracks, flyers, slots, one_flight(1), np.array([0.9]))
        here.look(picture(310.0, {2: 310.0})[0], slots)
        assert here.been(slots, tracks.time)[0] > 0.8
        if back:
            here.look(picture(320.0, {1: 0.0})[0], slots)
        else:
            here.forget_flight(7)
        assert here.been(slots, tracks.time).tolist() == [0.0]


def test_a_track_that_went_and_is_another_one_from_now_on_is_back_with_that() -> None:
    here, slots = Departed(apart_m=1500.0), np.array([7])
    tracks, flyers = picture(300.0, {2: 0.0})
    here.note(tracks, flyers, slots, one_flight(1), np.array([0.9]))
    here.look(picture(310.0, {1: 310.0})[0], slots)
    here.continued(2, 1)
    here.look(picture(320.0, {1: 310.0})[0], slots)
    assert here.been(slots, tracks.time).tolist() == [0.0]


def test_a_flight_that_ends_together_with_its_track_is_no_trouble() -> None:
    reach = Reach([sensor(SensorKind.RADAR)])
    sky, other = Sky(LOUD, flight("G", 9000.0), reach=reach), (0.0, 9000.0)
    said = fly(sky, {DECLARED: ON_TIME, FOLLOWER: other}, BEGINS, GOES)
    assert probability(said, DECLARED, "F") > 0.9
    sky.engine.declare(replace(LOUD, state=FlightState.ENDED))
    for after in (GOES, GOES + 10.0):
        said = sky.assess(after, {FOLLOWER: other})
        assert [one.id for one in said.flights] == ["G"]


def test_nor_is_one_whose_time_is_over_then() -> None:
    here, (tracks, flyers) = Departed(apart_m=1500.0), picture(300.0, {1: 0.0, 2: 0.0})
    here.note(tracks, flyers, np.array([7, 8]), one_flight(2), np.array([0.9, 0.0]))
    here.look(picture(310.0, {2: 0.0})[0], np.array([8]))
    assert here.been(np.array([8]), tracks.time).tolist() == [0.0]
