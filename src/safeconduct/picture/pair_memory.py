"""What is remembered from one assessment to the next: of tracks, and of the pairs of a track and a flight."""

from collections.abc import Iterable

import numpy as np

from safeconduct.kernels import following, plans
from safeconduct.kernels.arrays import Flags, Floats, Ints, Record, Records
from safeconduct.picture.plan_model import FollowingModel

SLOT_BITS = 24
"""A pair's key is its track's number, shifted by so much, and its flight's slot."""
ANCHORS = 4
"""So many places, each a comparison apart, are remembered of a track."""
SCAN_S = 16
"""So often it is looked around for flights that a track may be; those that it may be are looked at every time."""
NEW_S = 60.0
"""A flight that a track comes near to later than this after both are known is one that it came to from elsewhere."""


def keys_of(numbers: Ints, slots: Ints) -> Ints:
    """The keys of pairs; they ascend with the numbers, then the slots."""
    keys: Ints = (numbers << SLOT_BITS) | slots
    return keys


class Trails:
    """Where each track was, since when it is known, and when to look around it again."""

    def __init__(self, rules: FollowingModel) -> None:
        self._rules = rules
        self._number = np.zeros(0, np.int64)
        self._first, self._next = np.zeros(0), np.zeros(0)
        self._all = False
        self._time = np.zeros((0, ANCHORS))
        self._then = np.zeros((0, ANCHORS), plans.FLYER)

    def take(self, number: Ints, flyers: Records, now: float) -> tuple[Floats, Flags]:
        """(n,) since when each track is known here, and whether to look around it now; the rows follow `number`."""
        first: Floats = np.full(len(number), now)
        after: Floats = now - (number % SCAN_S).astype(np.float64)
        time, then = np.full((len(number), ANCHORS), now), np.repeat(flyers[:, None], ANCHORS, axis=1)
        scan = np.ones(len(number), dtype=bool)
        if len(self._number):
            place = np.minimum(np.searchsorted(self._number, number), len(self._number) - 1)
            known = self._number[place] == number
            place = place[known]
            first[known], after[known] = self._first[place], self._next[place]
            kept = self._time[place, 0] > -np.inf
            time[known], then[known] = (
                np.where(kept[:, None], self._time[place], now),
                np.where(kept[:, None], self._then[place], then[known]),
            )
            scan = ~known | (after <= now)
        late = np.maximum(now - after[scan], 1e-9)
        after[scan] += SCAN_S * np.ceil(late / SCAN_S)
        if self._all:
            scan, self._all = np.ones(len(number), dtype=bool), False
        self._number, self._first, self._next, self._time, self._then = number.copy(), first, after, time, then
        return first, scan

    def look_around(self) -> None:
        """There is a new flight that any track may be."""
        self._all = True

    def restart(self, number: int) -> None:
        """The track may be of another aircraft: where it was tells nothing from now on."""
        self._time[self._number == number] = -np.inf

    def drift(self, flyers: Records, now: float) -> tuple[Records, Floats, Records, Floats]:
        """Of the tracks just taken: flyers as they would be now, had they kept the course of a while ago; for how
        long, s, where it is time to compare, else 0; flyers as they were longer ago; how long. From a comparison on is
        counted anew."""
        time, then = self._time, self._then
        last, past = then[:, 0].copy(), then[:, -1].copy()
        span, since = now - time[:, 0], now - time[:, -1]
        far = span * np.hypot(last["vx"], last["vy"]) >= self._rules.turn_m
        due: Floats = np.where(far | (span >= self._rules.turn_s), span, 0.0)
        drifted = last.copy()
        drifted["x"] += span * last["vx"]
        drifted["y"] += span * last["vy"]
        drifted["sigma"] = np.hypot(last["sigma"], span * last["sigma_speed"])
        again = due > 0.0
        then[again] = np.concatenate([flyers[again, None], then[again, :-1]], axis=1)
        time[again] = np.concatenate([np.full((int(again.sum()), 1), now), time[again, :-1]], axis=1)
        return drifted, due, past, since


class PairMemory:
    """What is remembered of pairs (`kernels.following.PAIR`), sorted by track, then flight.

    Between `recall` and `remember` the pairs of the tracks in the picture are the caller's, to be changed.
    """

    def __init__(self) -> None:
        self._pairs = np.zeros(0, following.PAIR)
        self._aside = np.zeros(0, following.PAIR)
        self._here = np.zeros(0, np.int64)
        self._opened: dict[int, float] = {}
        self._expected: dict[int, dict[int, float]] = {}
        self._inherited: set[tuple[int, int]] = set()

    def recall(
        self, numbers: Ints, first: Floats, scan: Flags, active: Ints, keys: Ints, now: float
    ) -> tuple[Records, Ints]:
        """The pairs to look at now, and the row of the track of each.

        Args:
            numbers, first, scan: (n,) of the tracks, ascending; since when each is known; whether it is looked around,
                and so at those that are asleep too.
            active: slots of the flights that may be in the air.
            keys: of pairs to look at besides those that are remembered.
        """
        self._here = numbers
        for slot in active.tolist():
            self._opened.setdefault(slot, now)
        pairs = self._pairs
        known = keys_of(pairs["number"], pairs["slot"])
        row = np.minimum(np.searchsorted(numbers, pairs["number"]), max(len(numbers) - 1, 0))
        here = numbers[row] == pairs["number"] if len(numbers) else np.zeros(len(pairs), dtype=bool)
        called = np.zeros(len(pairs), dtype=bool)
        called[np.searchsorted(known, np.intersect1d(known, keys, assume_unique=True))] = True
        awake = ~pairs["asleep"] | called | (scan[row] if len(numbers) else False)
        flying = np.zeros(max(int(pairs["slot"].max(initial=0)), int(active.max(initial=0))) + 1, dtype=bool)
        flying[active] = True
        old = pairs[here & awake & flying[pairs["slot"]]]
        self._aside = pairs[~here | ~awake]
        fresh = np.setdiff1d(keys, known, assume_unique=True)
        new = np.zeros(len(fresh), following.PAIR)
        new["number"], new["slot"], new["time"] = fresh >> SLOT_BITS, fresh & ((1 << SLOT_BITS) - 1), -np.inf
        opened = np.array([self._opened[slot] for slot in new["slot"].tolist()])
        rows = np.searchsorted(numbers, new["number"])
        new["elsewhere"] = now - np.maximum(first[rows], opened) > NEW_S if len(new) else False
        looked = _sorted(np.concatenate([old, new]))
        return looked, np.searchsorted(numbers, looked["number"])

    def remember(self, pairs: Records, worth: Flags, asleep: Flags) -> None:
        """Takes back what was recalled, as far as it is worth it."""
        pairs["asleep"] = asleep
        self._pairs = _sorted(np.concatenate([self._aside, pairs[worth]]))

    def doubt(self, number: int, swapped: float, rules: Record) -> None:
        """With this probability the track is of another aircraft from now on."""
        mine = np.flatnonzero(self._pairs["number"] == number)
        changed = self._pairs[mine]
        following.doubt(changed, swapped, rules)
        self._pairs[mine] = changed

    def continued(self, number: int, of: int) -> None:
        """The track `number` is `of` from now on. Where both were in the picture, they were one aircraft only lately:
        what is known of `of` stands."""
        mine = self._pairs["number"] == number
        known = self._pairs["slot"][self._pairs["number"] == of]
        dropped = mine if np.isin(of, self._here) else mine & np.isin(self._pairs["slot"], known)
        self._pairs["number"][mine] = of
        self._pairs = _sorted(self._pairs[~dropped])

    def may_continue(self, number: int, of: int, probability: float) -> None:
        """The track `number` is of the aircraft of `of` with this probability; counts once it has been looked at."""
        told = self._expected.setdefault(number, {})
        if of not in told:
            told[of] = probability

    def inherit(self) -> None:
        """What was known of tracks counts for those that may continue them, once these have been looked at."""
        numbers, slots = self._pairs["number"], self._pairs["slot"]
        for number in [number for number in self._expected if (numbers == number).any()]:
            mine = np.flatnonzero(numbers == number)
            told = {of: p for of, p in self._expected.pop(number).items() if (number, of) not in self._inherited}
            rest = 1.0
            for of, probability in reversed(told.items()):
                # One after another, so that in the end each has its own share.
                theirs = np.flatnonzero(numbers == of)
                share, rest = min(probability / max(rest, 1e-9), 1.0), rest - probability
                _, heirs, earlier = np.intersect1d(slots[mine], slots[theirs], return_indices=True)
                changed = self._pairs[mine[heirs]]
                following.inherit(changed, self._pairs[theirs[earlier]], share)
                self._pairs[mine[heirs]] = changed
                self._inherited.add((number, of))

    def forget_flight(self, slot: int) -> None:
        """What was seen of a flight is of no use any more: it is another one."""
        self._pairs = self._pairs[self._pairs["slot"] != slot]
        self._opened.pop(slot, None)

    def forget(self, numbers: Iterable[int]) -> None:
        """Lets go of tracks that are over."""
        gone = set(numbers)
        self._pairs = self._pairs[~np.isin(self._pairs["number"], list(gone))]
        self._expected = {number: told for number, told in self._expected.items() if number not in gone}
        self._inherited = {(number, of) for number, of in self._inherited if number not in gone}


def _sorted(pairs: Records) -> Records:
    return pairs[np.argsort(keys_of(pairs["number"], pairs["slot"]), kind="stable")]
