"""Late plots put in their place: the tracker goes back to before them, and takes all that came since once more.

What a plot says of the past it says of every decision since: a track that was lost for want of it was not lost, one
that another aircraft's plot pulled aside goes straight on. So nothing is mended in the tracks as they are; they are
made anew from a copy of those times. What was said under a number stays under it: a plot that begins a track again
gives it the number that it gave it before, and where a late plot begins it instead, the track is known by its plots.

Copies are kept only as far back as plots have come late of late. The first late plot of a feed finds none, and is used
as it stands (`kernels.filters`), as are all that are later than any before them.
"""

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from safeconduct.kernels.arrays import COASTING, CONFIRMED, FREE, TENTATIVE, Ints, Records
from safeconduct.picture.plane import PlaneTracker, Saved, in_groups, no_plots, repeats

LATE_S = 0.5
"""A plot that is less late than this is used as it stands: going back costs more than it brings."""
FADES_S = 300.0
"""Over this time it is forgotten how late plots came."""
WAITED_FOR = 0.5
"""The silence of this share of the lateness counts for nothing yet: plots of that time may be under way."""
COPIES, LEAST_APART_S = 4, 1.0
"""The span that is kept is covered by so many copies, but they are no closer than this."""

_NOW = attrgetter("now")


@dataclass(slots=True)
class _Event:
    """Plots taken together, sorted and grouped as they came from `in_groups`, before the tracker scaled them.

    Attributes:
        now: the time to which the tracker was let go on after them.
        assigned: (plots,) number of the track that each went to.
    """

    now: float
    plots: Records
    assigned: Ints


class Rewinder:
    """Steps a tracker, and steps it again where plots came late.

    Args:
        plane: the tracker, with all its sensors (see `forget`).
        late_s: how late plots may be expected to come, before any did.

    Attributes:
        back_to: the time to which the last call went back, inf where it did not.
    """

    def __init__(self, plane: PlaneTracker, late_s: float = 0.0) -> None:
        self.plane = plane
        self.back_to = math.inf
        self._events: list[_Event] = []
        self._copies: list[Saved] = []
        self._late_s = late_s
        self._now = -math.inf
        self._ended: dict[int, float] = {}

    @property
    def copies(self) -> int:
        """How many copies of the tracker are kept now."""
        return len(self._copies)

    def step(self, plots: Records, now: float) -> tuple[Ints, Ints]:
        """Take plots in any order, then let time pass to `now` (not earlier than before).

        Returns:
            (plots,) number of the track that each went to, as `PlaneTracker.step`; the numbers that became confirmed.
        """
        assigned, lateness = np.zeros(len(plots), np.int64), self._now - plots["time"]
        late = np.zeros(len(plots), np.bool_)
        if self._copies:
            late = (lateness > LATE_S) & (plots["time"] > self._copies[0].now)
        self._learn_lateness(float(lateness.max(initial=0.0)), now)
        self.back_to = math.inf
        if not late.any():
            assigned[:], confirmed = self._take(plots, now)
            return assigned, confirmed
        told = self.plane.tracks[self.plane.slots_with(CONFIRMED, COASTING)]
        assigned[late], moved = self._again(plots[late])
        assigned[~late], _ = self._take(plots[~late], now)
        heirs = self._reconcile(told, moved)
        for number, heir in heirs.items():
            assigned[assigned == heir] = number
        numbers = self.plane.tracks["number"][self.plane.slots_with(CONFIRMED, COASTING)]
        for number in numbers.tolist():
            self._ended.pop(number, None)
        return assigned, numbers[~np.isin(numbers, told["number"])]

    def advance(self, now: float) -> None:
        """Let time pass to `now` without plots."""
        self._learn_lateness(0.0, now)
        self._take(no_plots(0), now)

    def end(self, slots: Ints) -> Ints:
        """Of the slots of lost tracks, those of which it was not said before; it is now."""
        numbers = self.plane.tracks["number"][slots].tolist()
        news = np.array([number not in self._ended for number in numbers], np.bool_)
        if self._copies:
            self._ended |= dict.fromkeys(numbers, self._now)
        return slots[news]

    def rename(self, number: int, to: int) -> None:
        """A track has another number from now on; so it has in all that may be taken again."""
        for event in self._events:
            event.plots["number"][event.plots["number"] == number] = to
            event.assigned[event.assigned == number] = to
        for copy in self._copies:
            later = copy.tracks["number"] == number
            if later.any():
                copy.tracks["status"][copy.tracks["number"] == to] = FREE
            copy.tracks["number"][later] = to

    def forget(self) -> None:
        """Going back is no more possible: the tracker's sensors are others than they were."""
        self._events, self._copies = [], []

    def _learn_lateness(self, lateness: float, now: float) -> None:
        passed = now - self._now if math.isfinite(self._now) else 0.0
        self._late_s = max(lateness, self._late_s * math.exp(-max(passed, 0.0) / FADES_S))
        self.plane.lag_s = WAITED_FOR * self._late_s if self._late_s >= LATE_S else 0.0
        if self._late_s < LATE_S:
            self.forget()

    def _take(self, plots: Records, now: float) -> tuple[Ints, Ints]:
        """One step, written down if plots come late of late."""
        grouped, order = in_groups(plots, self.plane.settings.window_s, repeats(plots, self.plane.settings.window_s))
        event = _Event(now, grouped, np.zeros(len(plots), np.int64))
        confirmed = self._do(event)
        assigned = np.empty(len(plots), np.int64)
        assigned[order] = event.assigned
        return assigned, confirmed

    def _do(self, event: _Event) -> Ints:
        """One step; before it a copy, where one is due. The numbers that became confirmed."""
        if self._late_s >= LATE_S:
            apart = max(LEAST_APART_S, self._late_s / COPIES)
            if not self._copies or self._now - self._copies[-1].now >= apart:
                self._copies.append(self.plane.save(self._now))
            self._events.append(event)
            self._drop_old(event.now)
        taken = event.plots.copy()  # the tracker scales what it takes
        event.assigned, confirmed = self.plane.step(taken, event.now)
        event.plots["number"] = taken["number"]
        self._now = event.now
        return confirmed

    def _drop_old(self, now: float) -> None:
        while len(self._copies) > 1 and now - self._copies[1].now > self._late_s + LEAST_APART_S:
            del self._copies[0]
        if self._copies:
            del self._events[: bisect_right(self._events, self._copies[0].now, key=_NOW)]
        self._ended = {number: at for number, at in self._ended.items() if now - at < 2.0 * self._late_s}

    def _again(self, late: Records) -> tuple[Ints, Ints]:
        """Go back, and take everything since with the late plots among it.

        Returns:
            (late,) numbers of their tracks; (n, 2) number before and now of all other plots.
        """
        start = self._copies[bisect_right(self._copies, float(late["time"].min()), key=_NOW) - 1]
        self._copies = [copy for copy in self._copies if copy.now < start.now]
        split = bisect_right(self._events, start.now, key=_NOW)
        events, self._events = self._events[split:], self._events[:split]
        self.plane.restore(start)
        self.back_to = self._now = start.now
        place = [bisect_left(events, time, key=_NOW) for time in late["time"].tolist()]
        assigned, moved = np.zeros(len(late), np.int64), []
        for k, event in enumerate(events):
            rows, before = np.flatnonzero(np.array(place) == k), event.assigned
            plots, order = event.plots, np.arange(len(event.plots))
            if len(rows):
                window = self.plane.settings.window_s
                joined = np.concatenate([plots, late[rows]])
                plots, order = in_groups(joined, window, repeats(joined, window))
            event.plots = plots
            self._do(event)
            now = np.empty(len(plots), np.int64)
            now[order] = event.assigned
            assigned[rows] = now[len(before) :]
            moved.append(np.column_stack([before, now[: len(before)]]))
        return assigned, np.concatenate(moved)

    def _reconcile(self, told: Records, moved: Ints) -> dict[int, int]:
        """See to it that every number that was in the picture is still, or is said to be lost.

        A number that is gone goes to the track that has most of its plots, if that one has none that was told; else
        the track is lost as it was. A track that was told stays confirmed until it is lost.

        told: the tracks of the picture before; moved: see `_again`. Returns new numbers that became old ones.
        """
        tracks, heirs = self.plane.tracks, {}
        live = set(tracks["number"][tracks["status"] != FREE].tolist())
        known = set(told["number"].tolist())
        for record in told[~np.isin(told["number"], list(live))]:
            number = int(record["number"])
            now, count = np.unique(moved[moved[:, 0] == number, 1], return_counts=True)
            heir = int(now[np.argmax(count)]) if len(now) else 0
            if heir in live and heir not in known and 2 * count.max() > count.sum():
                tracks["number"][tracks["number"] == heir] = number
                self.rename(heir, number)
                heirs[number] = heir
                known.add(heir)
            else:
                self.plane.put_lost(record)
        unsure = (tracks["status"] == TENTATIVE) & np.isin(tracks["number"], told["number"])
        tracks["status"][unsure] = CONFIRMED
        return heirs
