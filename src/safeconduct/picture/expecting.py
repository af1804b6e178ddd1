"""Which flights are due: flown, in time, in air that is watched; each of them should then be one of the tracks."""

from collections.abc import Sequence

import numpy as np

from safeconduct.kernels.arrays import Floats, Ints
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.flight import Flight
from safeconduct.picture.plan import Plans
from safeconduct.picture.reach import Reach

SMALL_TYPES = frozenset({"quadcopter"})
"""Types that sensors see no farther than their reach against small aircraft."""
RENEW_S = 5.0
"""Where flights are due changes slowly; it is looked at again after this long."""


class Expectations:
    """What is due by now, in [0, 1], by flight.

    What was due is due still: it may be late, and then it is somewhere else on its plan. What has been there was not so
    late; it is due while its plan says so, and not once it should have landed.
    """

    def __init__(self, plans: Plans, frame: SectorFrame, transmits: float) -> None:
        """`transmits` is the probability that a flight sends what it was declared to."""
        self._plans, self._frame, self._transmits = plans, frame, transmits
        self._seen: dict[int, tuple[float, float]] = {}
        self._heard: dict[int, tuple[float, float]] = {}
        self._renewed = -np.inf

    def due(
        self, flights: Sequence[Flight], active: Ints, now: float, reach: Reach, been: Floats
    ) -> tuple[Floats, Floats]:
        """Two of (flights,): due where radars and cameras see it; the same, or where receivers hear it.

        Args:
            been: (flights,) probability that each has been there already.
        """
        if now >= self._renewed + RENEW_S or any(slot not in self._seen for slot in active.tolist()):
            self._renew(flights, active, now, reach)
        at_once, by_now = (
            np.array([[known[slot][which] for slot in active.tolist()] for known in (self._seen, self._heard)])
            for which in (0, 1)
        )
        seen, heard = by_now + been * (at_once - by_now)
        return seen, heard

    def _renew(self, flights: Sequence[Flight], active: Ints, now: float, reach: Reach) -> None:
        self._renewed = now
        seen, heard = np.zeros(len(flights)), np.zeros(len(flights))
        small = np.array([flight.aircraft.type in SMALL_TYPES for flight in flights], dtype=bool)
        for share, places in self._plans.expected(active, now):
            lon, lat = self._frame.to_degrees(places[:, 0], places[:, 1])
            sees = reach.sees(lon, lat, places[:, 2], small)
            hears = np.zeros(len(flights), dtype=bool)
            for kind, within in reach.hears(lon, lat, places[:, 2]).items():
                hears |= within & np.array([kind in flight.emits for flight in flights], dtype=bool)
            seen += share * sees
            heard += share * np.where(sees, 1.0, self._transmits * hears)
        for index, slot in enumerate(active.tolist()):
            for known, due in ((self._seen, float(seen[index])), (self._heard, float(heard[index]))):
                known[slot] = due, max(due, known.get(slot, (0.0, 0.0))[1])

    def forget_flight(self, slot: int) -> None:
        """What was due of a flight is of no use any more: it is another one."""
        for known in (self._seen, self._heard):
            known.pop(slot, None)
