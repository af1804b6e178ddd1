"""Who was a flight and is not in the picture any more: nobody who was elsewhere at the same time is that flight now.

One flight is at most one aircraft, over all of its time. Whoever flies behind a declared aircraft under its name must
not become it once that has landed. A track that begins later may be the same aircraft, seen again, and loses nothing.
"""

from dataclasses import dataclass

import numpy as np

from safeconduct.kernels.arrays import Floats, Ints, Records
from safeconduct.model.track import TrackTable
from safeconduct.picture.evidence import Pairs

TOGETHER_S = 60.0
"""Two tracks that were both heard of for this long are of two aircraft, if they were apart; one that began later may
have taken over the other's."""
MOST = 12.0
"""As much as one that is gone can take from others, nats."""
WAS_IT = 0.5
"""Only who was more probably the flight than not, when last seen, takes anything."""


@dataclass(frozen=True, slots=True, eq=False)
class _Gone:
    """A track that is over: how much it takes from `others`, track numbers, for the flight in `slot`, nats."""

    number: int
    slot: int
    takes: float
    others: Ints


class Departed:
    """What the tracks that are over take from those that were apart from them."""

    def __init__(self, apart_m: float) -> None:
        self._apart_m = apart_m
        self._gone: list[_Gone] = []
        self._number = np.zeros(0, np.int64)
        self._tracks: TrackTable | None = None
        self._flyers: Records = None
        self._pairs: tuple[Ints, Ints, Floats] = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))

    def take(self, tracks: TrackTable, slots: Ints, pairs: Pairs) -> Floats:
        """(pairs,) what is taken from each, never positive, nats; `slots` are those of the flights, by column."""
        self._gone = [one for one in self._gone if one.number not in tracks.number]
        for number in np.setdiff1d(self._number, tracks.number).tolist():
            self._depart(number)
        taken = np.zeros(len(pairs.row))
        for one in self._gone:
            mine = (slots[pairs.column] == one.slot) & np.isin(tracks.number[pairs.row], one.others)
            taken[mine] = np.minimum(taken[mine], -one.takes)
        return taken

    def note(
        self, tracks: TrackTable, flyers: Records, slots: Ints, pairs: Pairs, alone: Floats, probability: Floats
    ) -> None:
        """What there is to know of the tracks in the picture, should they be gone the next time.

        Args:
            flyers: (n,) the tracks in the plane. alone: (pairs,) log-odds without the exclusion, nats.
            probability: (pairs,) with it.
        """
        odds = np.exp(np.minimum(alone, 50.0))
        rest = np.bincount(pairs.row, odds, len(tracks))[pairs.row] - odds
        takes = np.minimum(np.log1p(odds / (1.0 + np.maximum(rest, 0.0))), MOST)
        worth = probability > WAS_IT
        self._pairs = tracks.number[pairs.row[worth]], slots[pairs.column[worth]], takes[worth]
        self._number, self._tracks, self._flyers = tracks.number, tracks, flyers

    def continued(self, number: int) -> None:
        """A track that is another one from now on is not gone."""
        self._number = self._number[self._number != number]

    def forget_flight(self, slot: int) -> None:
        """What was known of a flight is of no use any more: it is another one."""
        self._gone = [one for one in self._gone if one.slot != slot]
        self._pairs[2][self._pairs[1] == slot] = 0.0

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
            if takes > 0.0 and len(others):
                self._gone.append(_Gone(number, slot, takes, others))
