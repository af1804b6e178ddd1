"""Pairs that are asleep: looked at now and then, and never lost."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.sky import ADDRESS, FRAME, HEIGHT, LOUD, SPEED, T0, WEST_M, Hand, Sky, place, saying, table

from safeconduct.kernels import following, plans
from safeconduct.kernels.arrays import Flags, Ints, Records
from safeconduct.picture.pair_memory import NEW_S, SCAN_S, PairMemory, Trails, keys_of
from safeconduct.picture.plan import Plans
from safeconduct.picture.plan_model import FollowingModel, PlanModel

SLOTS = np.arange(6)
Known = dict[tuple[int, int], float]
"""What is remembered (`on`), by number of the track and slot of the flight."""
RULES = Plans(FRAME, PlanModel(), FollowingModel()).rules


def looked_at(pairs: Records) -> Known:
    return {(int(one["number"]), int(one["slot"])): float(one["on"]) for one in pairs}


def keys(pairs: Iterable[tuple[int, int]]) -> Ints:
    numbers, slots = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2).T
    return keys_of(numbers, slots)


@dataclass
class Remembered:
    """A memory, and the tracks that are in the picture."""

    memory: PairMemory
    tracks: tuple[int, ...] = (1, 2)
    now: float = 0.0

    def look(
        self,
        *,
        scan: Collection[int] = (),
        called: Iterable[tuple[int, int]] = (),
        asleep: Collection[tuple[int, int]] | None = None,
        on: Known | None = None,
        active: Ints = SLOTS,
    ) -> Known:
        """The pairs that are looked at, as they were; then some are asleep (by itself nothing changes), or changed."""
        self.now += 1.0
        numbers = np.array(self.tracks, np.int64)
        scans = np.isin(numbers, list(scan))
        pairs, rows = self.memory.recall(numbers, np.zeros(len(numbers)), scans, active, keys(called), self.now)
        assert numbers[rows].tolist() == pairs["number"].tolist()
        before, names = looked_at(pairs), list(zip(pairs["number"].tolist(), pairs["slot"].tolist(), strict=True))
        assert names == sorted(set(names))
        for pair, name in enumerate(names):
            pairs["on"][pair] = (on or {}).get(name, pairs["on"][pair])
        sleeping = pairs["asleep"] if asleep is None else np.array([name in asleep for name in names], dtype=bool)
        self.memory.remember(pairs, np.ones(len(pairs), dtype=bool), sleeping)
        return before


PAIRS: Known = {(1, 0): -1.0, (1, 3): -2.0, (2, 3): -3.0, (2, 5): -4.0}


@pytest.fixture
def known() -> Remembered:
    """Of two tracks and some flights, of which one each is asleep."""
    made = Remembered(PairMemory())
    made.look(called=PAIRS, on=PAIRS, asleep={(1, 3), (2, 5)})
    return made


AWAKE = {pair: PAIRS[pair] for pair in ((1, 0), (2, 3))}


def test_what_is_asleep_is_not_looked_at(known: Remembered) -> None:
    for _ in range(5):
        assert known.look() == AWAKE


def test_it_is_when_its_track_is_looked_around_and_then_is_as_it_was(known: Remembered) -> None:
    for _ in range(5):
        known.look()
    assert known.look(scan=[2]) == AWAKE | {(2, 5): -4.0}
    assert known.look() == AWAKE, "it sleeps on"
    assert known.look(scan=[1, 2]) == PAIRS


def test_it_is_when_it_is_called_by_name(known: Remembered) -> None:
    known.look()
    assert known.look(called=[(1, 3)]) == AWAKE | {(1, 3): -2.0}
    assert known.look(called=[(1, 3), (1, 4)], asleep=()) == AWAKE | {(1, 3): -2.0, (1, 4): 0.0}
    assert known.look() == AWAKE | {(1, 3): -2.0, (1, 4): 0.0}, "now it is awake"


def test_its_memory_is_kept_while_its_track_is_not_in_the_picture(known: Remembered) -> None:
    known.tracks = (2,)
    assert known.look(scan=[2]) == {(2, 3): -3.0, (2, 5): -4.0}
    known.tracks = ()
    assert known.look() == {}
    known.tracks = (1, 2)
    assert known.look(scan=[1, 2]) == PAIRS


def test_it_is_doubted_as_all_others(known: Remembered) -> None:
    for number in (1, 2):
        known.memory.doubt(number, 0.5, RULES)
    wanted = np.array(list(PAIRS.values()))
    pairs = np.zeros(len(wanted), following.PAIR)
    pairs["on"] = wanted
    following.doubt(pairs, 0.5, RULES)
    assert known.look(scan=[1, 2]) == pytest.approx(dict(zip(PAIRS, pairs["on"].tolist(), strict=True)))


def test_it_goes_to_the_track_that_its_own_continues(known: Remembered) -> None:
    """Track 9 was lost before; of the flights that were known of it, what it was stands."""
    known.tracks = (9,)
    known.look(called=[(9, 3)], on={(9, 3): -9.0})
    known.tracks = (2,)
    known.look()
    known.memory.continued(2, 9)
    known.tracks = (1, 9)
    assert known.look() == {(1, 0): -1.0, (9, 3): -9.0}
    assert known.look(scan=[1, 9]) == {(1, 0): -1.0, (1, 3): -2.0, (9, 3): -9.0, (9, 5): -4.0}


def test_of_two_tracks_that_were_both_there_the_older_one_s_pairs_stand(known: Remembered) -> None:
    """They were one aircraft only lately: nothing that is known only of the younger one is known of it."""
    known.memory.continued(2, 1)
    known.tracks = (1,)
    assert known.look(scan=[1]) == {(1, 0): -1.0, (1, 3): -2.0}
    known.tracks = (1, 2)
    assert known.look(scan=[1, 2]) == {(1, 0): -1.0, (1, 3): -2.0}


def test_a_new_version_of_a_flight_and_a_track_that_is_over_forget_what_is_asleep(known: Remembered) -> None:
    known.memory.forget_flight(3)
    assert known.look(scan=[1, 2]) == {(1, 0): -1.0, (2, 5): -4.0}
    known.memory.forget([2])
    assert known.look(scan=[1, 2]) == {(1, 0): -1.0}


STEPS = st.lists(
    st.tuples(
        st.sets(st.integers(1, 3)),
        st.sets(st.integers(1, 3)),
        st.sets(st.tuples(st.integers(1, 3), st.integers(0, 5)), max_size=4),
        st.sets(st.tuples(st.integers(1, 3), st.integers(0, 5)), max_size=12),
    ),
    max_size=12,
)
"""The tracks that are there, those that are looked around, the pairs that are called, those that then are asleep."""


@settings(deadline=None, max_examples=60)
@given(STEPS)
def test_whatever_comes_nothing_is_lost_and_all_is_looked_at_in_its_turn(
    steps: list[tuple[set[int], set[int], set[tuple[int, int]], set[tuple[int, int]]]],
) -> None:
    here, wanted, sleeping = Remembered(PairMemory()), Known(), set[tuple[int, int]]()
    for index, (tracks, scan, called, asleep) in enumerate(steps):
        here.tracks = tuple(sorted(tracks))
        called = {pair for pair in called if pair[0] in tracks}
        due = {p for p in wanted if p[0] in tracks and (p not in sleeping or p[0] in scan)} | called
        now = {pair: 100.0 * index + pair[1] for pair in due}
        assert here.look(scan=scan, called=called, asleep=asleep, on=now) == {p: wanted.get(p, 0.0) for p in due}
        wanted |= now
        sleeping = (sleeping - due) | (due & asleep)
    here.tracks = (1, 2, 3)
    assert here.look(scan=here.tracks) == wanted


def test_a_flight_that_a_track_comes_to_later_is_one_that_it_came_to_from_elsewhere() -> None:
    numbers, first = np.array([1, 2]), np.array([0.0, NEW_S])
    memory = PairMemory()
    memory.recall(numbers, first, np.ones(2, dtype=bool), SLOTS[:1], keys([]), 0.0)
    near = keys([(1, 0), (1, 1), (2, 0)])
    pairs, _ = memory.recall(numbers, first, np.ones(2, dtype=bool), SLOTS[:2], near, NEW_S + 1.0)
    assert pairs["elsewhere"].tolist() == [True, False, False], "flight 1 is new, and so is track 2"


# As the engine has it.


def test_every_track_is_looked_around_once_in_so_many_seconds() -> None:
    trails, numbers = Trails(FollowingModel()), np.arange(40)
    flyers = np.zeros(40, plans.FLYER)
    scans: list[Flags] = []
    for after in range(1 + 3 * SCAN_S):
        _, scan = trails.take(numbers, flyers, T0 + after)
        scans.append(scan)
    assert scans[0].all(), "those that are new at once"
    assert np.sum(scans[1:], axis=0).tolist() == [3] * 40
    assert max(int(scan.sum()) for scan in scans[1:]) <= 4, "not all at once"


def contrary(after_s: float) -> Hand:
    """It flies beside the plan, the wrong way and too high."""
    return Hand(1, *place(SPEED * after_s - WEST_M, 5000.0), -SPEED, 0.0, height_m=HEIGHT + 1500.0, first_time=T0)


def test_an_improbable_pair_is_looked_at_now_and_then_and_at_once_when_it_is_claimed() -> None:
    sky, times = Sky(LOUD), np.arange(300.0, 300.0 + 4 * SCAN_S, 1.0).tolist()
    many = [len(sky.engine.assess(table(T0 + after, [contrary(after)])).pairs.row) for after in times]
    assert many[0] == 1
    assert sum(many[1:]) in (3, 4)
    gaps = np.diff(np.flatnonzero(many))
    assert gaps.max() <= SCAN_S
    while len(sky.engine.assess(table(T0 + times[-1], [contrary(times[-1])])).pairs.row):
        times.append(times[-1] + 1.0)
    for _ in range(3):
        times.append(times[-1] + 1.0)
        sky.engine.observe(*saying(times[-1], 1, (0.0, 5000.0), ADDRESS))
        assert len(sky.engine.assess(table(T0 + times[-1], [contrary(times[-1])])).pairs.row) == 1
