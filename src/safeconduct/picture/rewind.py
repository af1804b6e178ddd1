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

from safeconduct.kernels.arrays import COASTING, CONFIRMED, FREE, LOST, TENTATIVE, Ints, Record, Records
from safeconduct.picture.plane import PlaneTracker, Saved, in_groups, no_plots

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


@dataclass(frozen=True, slots=True)
class _Adopted:
    """What a track that took an earlier number has of the earlier track, until nobody can go back to before that.

    Attributes:
        at: when it took the number; instead: the number that the earlier track has from then on.
    """

    at: float
    instead: int
    first_time: float
    address: Ints


class Rewinder:
    """Steps a tracker, and steps it again where plots came late.

    Args:
        plane: the tracker, with all its sensors (see `forget`).
        late_s: how late plots may be expected to come, before any did.

    Attributes:
        back_to: the time to which the last call went back, inf where it did not.
        heirs: numbers given in the last call or before it, and the older ones that have taken their place.
    """

    def __init__(self, plane: PlaneTracker, late_s: float = 0.0) -> None:
        self.plane = plane
        self.back_to = math.inf
        self.heirs: dict[int, int] = {}
        self._events: list[_Event] = []
        self._copies: list[Saved] = []
        self._late_s = late_s
        self._now = -math.inf
        self._adopted: dict[int, _Adopted] = {}

    @property
    def copies(self) -> int:
        """How many copies of the tracker are kept now."""
        return len(self._copies)

    def step(self, plots: Records, now: float) -> tuple[Ints, Ints]:
        """Take plots in any order, then let time pass to `now` (not earlier than before).

        Returns:
            (plots,) number of the track that each went to, as `PlaneTracker.step`; the numbers that became confirmed.
        """
        self.back_to, self.heirs = math.inf, {}
        lateness, late = self._now - plots["time"], np.zeros(len(plots), np.bool_)
        if self._copies:
            late = (lateness > LATE_S) & (plots["time"] > self._copies[0].now)
        self._learn_lateness(float(lateness.max(initial=0.0)), now)
        if not late.any():
            return self._take(plots, now)
        told, assigned = self.plane.tracks[self.plane.shown()], np.zeros(len(plots), np.int64)
        assigned[late], moved, lost = self._again(plots[late])
        assigned[~late], _ = self._take(plots[~late], now)
        self._reconcile(told, moved, lost)
        for heir, number in self.heirs.items():
            assigned[assigned == heir] = number
        shown = self.plane.tracks["number"][self.plane.shown()]
        return assigned, shown[~np.isin(shown, told["number"])]

    def advance(self, now: float) -> None:
        """Let time pass to `now` without plots."""
        self.back_to, self.heirs = math.inf, {}
        self._learn_lateness(0.0, now)
        self._take(no_plots(0), now)

    def rename(self, number: int, to: int, before: Record) -> None:
        """A later track has an earlier number from now on, and so it has in all that may be taken again; the earlier
        track has the later one's there. before: the earlier track as it was."""
        self._swap(number, to)
        self._adopted[to] = _Adopted(self._now, number, float(before["first_time"]), before["address"].copy())

    def forget(self) -> None:
        """Going back is no more possible: the tracker's sensors are others than they were."""
        self._events, self._copies, self._adopted = [], [], {}

    @property
    def _comes_late(self) -> bool:
        """Whether plots came late of late, so that it pays to be able to go back."""
        return self._late_s >= LATE_S

    def _swap(self, one: int, other: int) -> None:
        numbers = [event.plots["number"] for event in self._events] + [event.assigned for event in self._events]
        for held in (*numbers, *(copy.tracks["number"] for copy in self._copies)):
            first, second = held == one, held == other
            held[first], held[second] = other, one

    def _adopt(self) -> None:
        """What `rename` was told of tracks, once they are begun again; an earlier one that coasts is no more."""
        tracks = self.plane.tracks
        for number, had in self._adopted.items():
            rows = np.flatnonzero((tracks["status"] == CONFIRMED) & (tracks["number"] == number))
            if not len(rows):
                continue
            tracks["first_time"][rows] = np.minimum(tracks["first_time"][rows], had.first_time)
            tracks["address"][rows] = np.where(tracks["address"][rows] == 0, had.address, tracks["address"][rows])
            self.plane.release(np.flatnonzero((tracks["status"] == COASTING) & (tracks["number"] == had.instead)))

    def _learn_lateness(self, lateness: float, now: float) -> None:
        passed = now - self._now if math.isfinite(self._now) else 0.0
        lateness = min(lateness, self.plane.settings.late_s)
        self._late_s = max(lateness, self._late_s * math.exp(-max(passed, 0.0) / FADES_S))
        self.plane.lag_s = WAITED_FOR * self._late_s if self._comes_late else 0.0
        if not self._comes_late:
            self.forget()

    def _take(self, plots: Records, now: float) -> tuple[Ints, Ints]:
        """One step, written down if plots come late of late."""
        grouped, order = in_groups(plots, self.plane.settings.window_s)
        event = _Event(now, grouped, np.zeros(len(plots), np.int64))
        confirmed = self._do(event)
        assigned = np.empty(len(plots), np.int64)
        assigned[order] = event.assigned
        return assigned, confirmed

    def _do(self, event: _Event) -> Ints:
        """One step; before it a copy, where one is due. The numbers that became confirmed."""
        if self._comes_late:
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
        del self._events[: bisect_right(self._events, self._copies[0].now, key=_NOW)]
        first = self._copies[0].now
        self._adopted = {number: had for number, had in self._adopted.items() if had.at >= first}

    def _again(self, late: Records) -> tuple[Ints, Ints, dict[int, Record]]:
        """Go back, and take everything since with the late plots among it.

        Returns:
            (late,) numbers of their tracks; (n, 2) number before and now of all other plots; the tracks lost meanwhile,
            by number.
        """
        start = self._copies[bisect_right(self._copies, float(late["time"].min()), key=_NOW) - 1]
        self._copies = [copy for copy in self._copies if copy.now < start.now]
        split = bisect_right(self._events, start.now, key=_NOW)
        events, self._events = self._events[split:], self._events[:split]
        self.plane.restore(start)
        self.back_to = self._now = start.now
        place = np.array([bisect_left(events, time, key=_NOW) for time in late["time"].tolist()])
        assigned, moved, lost = np.zeros(len(late), np.int64), [], {}
        for k, event in enumerate(events):
            rows, before = np.flatnonzero(place == k), event.assigned
            order = np.arange(len(event.plots))
            if len(rows):
                both = np.concatenate([event.plots, late[rows]])
                event.plots, order = in_groups(both, self.plane.settings.window_s)
            self._do(event)
            self._adopt()
            for slot in self.plane.slots_with(LOST).tolist():
                lost[int(self.plane.tracks["number"][slot])] = self.plane.tracks[slot].copy()
            self.plane.release_lost()
            now = np.empty(len(order), np.int64)
            now[order] = event.assigned
            assigned[rows] = now[len(before) :]
            moved.append(np.column_stack([before, now[: len(before)]]))
        return assigned, np.concatenate(moved), lost

    def _reconcile(self, told: Records, moved: Ints, lost: dict[int, Record]) -> None:
        """See to it that every number that was in the picture is still, or is lost now; and that no other is.

        A number that is gone goes to the track that has most of its plots, if that one has none that was told; else
        the track is lost as it was. A track that was told stays confirmed until it is lost.

        told: the tracks of the picture before; moved, lost: see `_again`.
        """
        held = self.plane.slots_with(LOST)
        unsaid = held[~np.isin(self.plane.tracks["number"][held], told["number"])]
        self.plane.release(unsaid)
        live = set(self.plane.tracks["number"][self.plane.tracks["status"] != FREE].tolist())
        known = set(told["number"].tolist())
        for record in told[~np.isin(told["number"], list(live))]:
            number = int(record["number"])
            now, count = np.unique(moved[moved[:, 0] == number, 1], return_counts=True)
            heir = int(now[np.argmax(count)]) if len(now) else 0
            if heir in live - known and 2 * count.max() > count.sum():
                tracks = self.plane.tracks
                tracks["number"][tracks["number"] == heir] = number
                self._swap(heir, number)
                self.heirs[heir] = number
                known.add(heir)
            else:
                self.plane.put_lost(lost.get(number, record))
        tracks = self.plane.tracks
        unsure = (tracks["status"] == TENTATIVE) & np.isin(tracks["number"], told["number"])
        tracks["status"][unsure] = CONFIRMED
