"""Which flight each track's standing names, and which standing it has; nothing here speaks against one without any."""

from collections.abc import Callable, Iterable

import numpy as np

from safeconduct.kernels.arrays import Flags, Floats, Ints
from safeconduct.model.flight import Flight
from safeconduct.model.standing import Standing, StandingThresholds
from safeconduct.picture.evidence import Pairs


class Naming:
    """Remembers what each track was named, so that a name is taken at one threshold and lost at a lower one."""

    def __init__(self, thresholds: StandingThresholds) -> None:
        self._thresholds = thresholds
        self._named: dict[int, str] = {}

    def name(self, numbers: Ints, flights: tuple[Flight, ...], pairs: Pairs, probability: Floats) -> Ints:
        """(n,) the pair of the flight that each track's standing names, -1 for none.

        Args:
            numbers: (n,) of the tracks. probability: (pairs,).
        """
        thresholds, best = self._thresholds, np.full(len(numbers), -1)
        likely = np.flatnonzero(probability >= min(thresholds.leave, thresholds.enter))
        for pair in likely[np.argsort(probability[likely], kind="stable")].tolist():
            best[pairs.row[pair]] = pair
        for row, number in enumerate(numbers.tolist()):
            pair, before = int(best[row]), self._named.pop(number, None)
            best[row] = -1
            if pair >= 0:
                name = flights[pairs.column[pair]].id
                if probability[pair] >= (thresholds.leave if name == before else thresholds.enter):
                    self._named[number], best[row] = name, pair
        return best

    def continued(self, number: int, of: int) -> None:
        """The track `number` is `of` from now on; that one's own name comes first."""
        name = self._named.pop(number, None)
        if name is not None:
            self._named.setdefault(of, name)

    def forget(self, numbers: Iterable[int]) -> None:
        """Lets go of tracks that are over."""
        for number in numbers:
            self._named.pop(number, None)


def standings(
    numbers: Ints, named: Ints, inside: Flags, signed: Flags, identifies_itself: Callable[[int], bool]
) -> tuple[Standing, ...]:
    """The standing of each track.

    Args:
        numbers: (n,) of the tracks. named: (n,) the pair of the flight that it names, -1 for none.
        inside, signed: (pairs,) whether the track is inside the flight's volumes, and has proved its claim to it.
        identifies_itself: whether a track of that number says who it is, being none of the declared.
    """
    said = []
    for number, pair in zip(numbers.tolist(), named.tolist(), strict=True):
        if pair >= 0 and not inside[pair]:
            said.append(Standing.OFF_PLAN)
        elif pair >= 0:
            said.append(Standing.VERIFIED if signed[pair] else Standing.CONSISTENT)
        else:
            said.append(Standing.COOPERATIVE if identifies_itself(number) else Standing.UNKNOWN)
    return tuple(said)
