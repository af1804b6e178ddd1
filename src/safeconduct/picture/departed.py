"""Who was a flight and is not in the picture any more: nobody who was elsewhere at the same time is that flight now.

One flight is at most one aircraft, over all of its time. Whoever flies behind a declared aircraft under its name must
not become it once that has landed. A track that begins later may be the same aircraft, seen again: nothing is taken
from it, but what was due beyond the plan's time (`picture.expecting`).
"""

import math
from dataclasses import dataclass

import numpy as np

from safeconduct.kernels.arrays import Floats, Ints, Records
from safeconduct.model.track import TrackTable
from safeconduct.picture.evidence import Pairs

TOGETHER_S = 60.0
"""Two tracks that were both heard of for this long are of two aircraft, if they were apart; one that began later may
have taken over the other's. A track that was known for less has not been the flight, and gone."""
WAS_IT = 0.5
"""Only who was more probably the flight than not, when last seen, counts."""
MOST = 6.0
"""As much as one that is gone can take from others, nats."""
FADE_S, FORGOTTEN_S = 1200.0, 3600.0
"""What it takes falls to 1/e in the first time: whoever took a flight's place wrongly must not keep it from it for
good. After the second, nothing is known of it."""


@dataclass(slots=True)
class _Gone:
    """A track that ended, and the flight (by slot) that it probably was.

    Attributes:
        takes: how much it takes from others that may be that flight, nats; since: when it was there last.
        stayed: whether it had been known for a while.
        others: numbers of the tracks that were elsewhere at the same time, ascending.
    """

    number: int
    slot: int
    takes: float
    since: float
    stayed: bool
    others: Ints

    def remains(self, now: float) -> float:
        """What remains by now of what it takes, nats."""
        return self.takes * math.exp(-(now - self.since) / FADE_S)


class Departed:
    """Which flights went with tracks that are over, and what these take from those that were apart from them."""

    def __init__(self, apart_m: float) -> None:
        self._apart_m = apart_m
        self._gone: list[_Gone] = []
        self._tracks: TrackTable | None = None
        self._flyers: Records = None
        self._renamed: dict[int, int] = {}
        self._pairs: tuple[Ints, Ints, Floats] = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))

    def look(self, tracks: TrackTable, slots: Ints) -> None:
        """Finds who is gone since it was noted, and who is back; `slots` are those of the flights in the air."""
        here, active = set(tracks.number.tolist()), set(slots.tolist())
        if self._tracks is not None:
            for number in np.unique(self._pairs[0]).tolist():
                if self._renamed.get(number, number) not in here:
                    self._depart(self._tracks, number)
        self._gone = [
            one
            for one in self._gone
            if one.number not in here and one.slot in active and tracks.time - one.since < FORGOTTEN_S
        ]
        self._tracks, self._renamed = None, {}

    def been(self, slots: Ints, now: float) -> Floats:
        """(m,) probability that each flight has been there already, as the one of the tracks that are over that was it
        most surely."""
        takes = dict.fromkeys(slots.tolist(), 0.0)
        for one in self._gone:
            if one.stayed:
                takes[one.slot] = max(takes[one.slot], one.remains(now))
        been: Floats = -np.expm1(-np.array(list(takes.values())))
        return been

    def take(self, tracks: TrackTable, slots: Ints, pairs: Pairs) -> Floats:
        """(pairs,) what is taken from each, never positive, nats; `slots` are those of the flights, by column."""
        taken, flights = np.zeros(len(pairs.row)), slots[pairs.column]
        order = np.argsort(flights, kind="stable")
        flights, numbers = flights[order], tracks.number[pairs.row[order]]
        for one in self._gone:
            mine = slice(*np.searchsorted(flights, (one.slot, one.slot + 1)).tolist())
            if len(one.others) and mine.stop > mine.start:
                place = np.minimum(np.searchsorted(one.others, numbers[mine]), len(one.others) - 1)
                held = order[mine][one.others[place] == numbers[mine]]
                taken[held] = np.minimum(taken[held], -one.remains(tracks.time))
        return taken

    def note(self, tracks: TrackTable, flyers: Records, slots: Ints, pairs: Pairs, probability: Floats) -> None:
        """What there is to know of the tracks in the picture, should they be gone the next time.

        Args:
            flyers: (n,) the tracks in the plane. probability: (pairs,).
        """
        worth = probability > WAS_IT
        takes = np.minimum(-np.log1p(-np.minimum(probability, 1.0 - 1e-9)), MOST)
        self._pairs = tracks.number[pairs.row[worth]], slots[pairs.column[worth]], takes[worth]
        self._tracks, self._flyers = tracks, flyers

    def continued(self, number: int, of: int) -> None:
        """A track that is another one from now on is not gone, and what is taken from it is taken from that one."""
        self._renamed = {noted: of if now == number else now for noted, now in self._renamed.items()}
        self._renamed.setdefault(number, of)
        for one in self._gone:
            one.number = of if one.number == number else one.number
            if number in one.others:
                one.others = np.unique(np.where(one.others == number, of, one.others))

    def forget_flight(self, slot: int) -> None:
        """What was known of a flight is of no use any more: it is another one."""
        self._gone = [one for one in self._gone if one.slot != slot]
        number, slots, takes = self._pairs
        self._pairs = number[slots != slot], slots[slots != slot], takes[slots != slot]

    def _depart(self, tracks: TrackTable, number: int) -> None:
        """Of a track of the picture that was noted, by its number there."""
        flyers, mine = self._flyers, self._pairs[0] == number
        row = int(np.searchsorted(tracks.number, number))
        # Where all were when it was last heard of.
        since = tracks.time - tracks.last_time[row]
        x, y = flyers["x"] - since * flyers["vx"], flyers["y"] - since * flyers["vy"]
        together = tracks.last_time[row] - np.maximum(tracks.first_time, tracks.first_time[row]) > TOGETHER_S
        others = tracks.number[together & (np.hypot(x - x[row], y - y[row]) > self._apart_m)]
        others = np.unique([self._renamed.get(one, one) for one in others.tolist()]).astype(np.int64)
        name, stayed = self._renamed.get(number, number), bool(together[row])
        for slot, takes in zip(self._pairs[1][mine].tolist(), self._pairs[2][mine].tolist(), strict=True):
            self._gone.append(_Gone(name, slot, takes, tracks.time, stayed, others))
