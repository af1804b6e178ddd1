"""Who was a flight and is not in the picture any more: nobody who was elsewhere at the same time is that flight now.

One flight is at most one aircraft, over all of its time. Whoever flies behind a declared aircraft under its name must
not become it once that has landed. A track that begins later may be the same aircraft, seen again, and loses nothing.
"""

from collections.abc import Iterable

import numpy as np

from safeconduct.kernels.arrays import Floats, Ints, Records
from safeconduct.model.track import TrackTable
from safeconduct.picture.evidence import Pairs
from safeconduct.picture.pair_memory import keys_of

TOGETHER_S = 60.0
"""Two tracks that were both heard of for this long are of two aircraft, if they were apart; one that began later may
have taken over the other's."""
WAS_IT = 0.5
"""Only who was more probably the flight than not, when last seen, takes anything."""
MOST = 6.0
"""As much as one that is gone can take from others, nats."""
FADE_S = 1200.0
"""What it takes falls to 1/e in this time: whoever took a flight's place wrongly must not keep it from it for good."""


class Departed:
    """Which flights went with tracks that are over, and what these take from those that were apart from them.

    By track and flight: how much, nats, since when, and from which other tracks.
    """

    def __init__(self, apart_m: float) -> None:
        self._apart_m = apart_m
        self._gone: dict[tuple[int, int], tuple[float, float, Ints]] = {}
        self._keys, self._takes, self._since = np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
        self._number = np.zeros(0, np.int64)
        self._tracks: TrackTable | None = None
        self._flyers: Records = None
        self._pairs: tuple[Ints, Ints, Floats] = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))

    def look(self, tracks: TrackTable, slots: Ints) -> None:
        """Finds who is gone since it was noted, and who is back; `slots` are those of the flights."""
        here, active = set(tracks.number.tolist()), set(slots.tolist())
        over = set(self._number.tolist()) - here
        kept = {key: held for key, held in self._gone.items() if key[0] not in here and key[1] in active}
        if over or len(kept) < len(self._gone):
            self._gone = kept
            for number in over:
                self._depart(number)
            self._index()

    def left(self, slots: Ints) -> Floats:
        """(m,) probability that each flight was one of the tracks that are gone."""
        took = dict.fromkeys(slots.tolist(), 0.0)
        for (_, slot), (takes, _, _) in self._gone.items():
            took[slot] = max(took[slot], takes)
        left: Floats = -np.expm1(-np.array(list(took.values())))
        return left

    def take(self, tracks: TrackTable, slots: Ints, pairs: Pairs) -> Floats:
        """(pairs,) what is taken from each, never positive, nats; `slots` are those of the flights, by column."""
        keys = keys_of(tracks.number[pairs.row], slots[pairs.column])
        taken = np.zeros(len(keys))
        if len(self._keys):
            place = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
            held = self._keys[place] == keys
            taken[held] = -self._takes[place[held]] * np.exp(-(tracks.time - self._since[place[held]]) / FADE_S)
        return taken

    def note(self, tracks: TrackTable, flyers: Records, slots: Ints, pairs: Pairs, probability: Floats) -> None:
        """What there is to know of the tracks in the picture, should they be gone the next time.

        Args:
            flyers: (n,) the tracks in the plane. probability: (pairs,).
        """
        worth = probability > WAS_IT
        takes = np.minimum(-np.log1p(-np.minimum(probability, 1.0 - 1e-9)), MOST)
        self._pairs = tracks.number[pairs.row[worth]], slots[pairs.column[worth]], takes[worth]
        self._number, self._tracks, self._flyers = tracks.number, tracks, flyers

    def continued(self, number: int, of: int) -> None:
        """A track that is another one from now on is not gone, and what is taken from it is taken from that one."""
        self._number = self._number[self._number != number]
        for key, (takes, since, others) in self._gone.items():
            self._gone[key] = takes, since, np.where(others == number, of, others)
        self._index()

    def forget(self, numbers: Iterable[int]) -> None:
        """Lets go of what was taken from tracks that are over."""
        gone = list(numbers)
        for key, (takes, since, others) in self._gone.items():
            self._gone[key] = takes, since, others[~np.isin(others, gone)]
        self._index()

    def forget_flight(self, slot: int) -> None:
        """What was known of a flight is of no use any more: it is another one."""
        self._gone = {key: held for key, held in self._gone.items() if key[1] != slot}
        number, slots, takes = self._pairs
        self._pairs = number[slots != slot], slots[slots != slot], takes[slots != slot]
        self._index()

    def _index(self) -> None:
        """The most that is taken from each pair, by its key."""
        most: dict[int, tuple[float, float]] = {}
        for (_, slot), (takes, since, others) in self._gone.items():
            for key in keys_of(others, np.full(len(others), slot)).tolist():
                most[key] = max((takes, since), most.get(key, (0.0, 0.0)))
        self._keys = np.array(sorted(most), dtype=np.int64)
        self._takes, self._since = np.array([most[key] for key in self._keys.tolist()]).reshape(-1, 2).T

    def _depart(self, number: int) -> None:
        mine = self._pairs[0] == number
        tracks, flyers = self._tracks, self._flyers
        if tracks is None or not mine.any():
            return
        row = int(np.searchsorted(tracks.number, number))
        # Where all were when it was last heard of.
        since = tracks.time - tracks.last_time[row]
        x, y = flyers["x"] - since * flyers["vx"], flyers["y"] - since * flyers["vy"]
        together = tracks.last_time[row] - np.maximum(tracks.first_time, tracks.first_time[row]) > TOGETHER_S
        others = tracks.number[together & (np.hypot(x - x[row], y - y[row]) > self._apart_m)]
        for slot, takes in zip(self._pairs[1][mine].tolist(), self._pairs[2][mine].tolist(), strict=True):
            self._gone[number, slot] = takes, tracks.time, others
