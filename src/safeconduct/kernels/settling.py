"""Tracks that may each have the other's aircraft: to decide between them in time, and to say how doubtful it was."""

import numpy as np

from safeconduct.kernels.arrays import Floats, Ints, Record, Records
from safeconduct.kernels.filters import distance2
from safeconduct.kernels.jit import kernel

SHARED, FAR_APART = 0.1, 4.0
"""Two tracks share a plot where each has it with this chance; two plots so many standard deviations apart are apart."""


@kernel
def settle(tracks: Records, plots: Records, pairs: Ints, starts: Ints, belief: Floats, alone: Floats) -> None:
    """Decide between tracks that share two plots which lie far apart, in place.

    After two aircraft have met, each of their tracks may be of either, and would stay so for ever, in two places at
    once. Which number goes with which aircraft is then a matter of choice; that it was one, the tracks remember.
    """
    torn, certain, count = np.empty(len(starts), np.int64), np.empty(len(starts)), 0
    free = np.ones(len(plots))
    for c in range(len(starts) - 1):
        best, second = rivals(pairs, belief, alone, free, starts[c], starts[c + 1])
        if second >= 0:
            torn[count], certain[count] = c, belief[best]
            count += 1
    for _ in range(count):  # the surest first, whatever the order of the tracks
        n = np.argmax(certain[:count])
        c, certain[n] = torn[n], -1.0
        best, second = rivals(pairs, belief, alone, free, starts[c], starts[c + 1])
        if second < 0 or not far_apart(plots[pairs[best, 0]], plots[pairs[second, 0]]):
            continue
        whole = 0.0
        for k in range(starts[c], starts[c + 1]):
            whole += belief[k]
        track = tracks[pairs[best, 1]]
        track.crossed = max(track.crossed, min(0.5, (whole - belief[best]) / whole))
        for k in range(starts[c], starts[c + 1]):
            belief[k] = 0.0
        belief[best] = whole
        free[pairs[best, 0]] = 1.0 - whole
    for k in range(len(pairs)):
        left = free[pairs[k, 0]]
        if left < 1.0 and belief[k] != 1.0 - left:
            belief[k] = min(belief[k], left)


@kernel
def rivals(pairs: Ints, belief: Floats, alone: Floats, free: Floats, first: int, last: int) -> tuple[int, int]:
    """Of a track with the pairs first..last-1: its surest pair that is still to be had, and another one, each of a
    plot that another track may have as well; -1 for none."""
    best, second = -1, -1
    for k in range(first, last):
        p = pairs[k, 0]
        if belief[k] > SHARED and 1.0 - alone[p] - belief[k] > SHARED:
            if free[p] < 1.0 or (best >= 0 and belief[k] <= belief[best]):
                if second < 0 or belief[k] > belief[second]:
                    second = k
            else:
                best, second = k, best if best >= 0 else second
    return best, second if best >= 0 else -1


@kernel
def far_apart(one: Record, other: Record) -> bool:
    """Whether two plots cannot be of aircraft that are still together."""
    a, b = one.place, other.place
    square, _ = distance2(a[0] - b[0], a[1] - b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4])
    return square > FAR_APART * FAR_APART


@kernel
def surest(belief: Floats, first: int, last: int) -> tuple[int, float]:
    """Of a track with the pairs first..last-1: the likeliest one, and the chance that any of them is its own."""
    best, taken = first, 0.0
    for k in range(first, last):
        taken += belief[k]
        if belief[k] > belief[best]:
            best = k
    return best, taken


@kernel
def exchanged(pairs: Ints, belief: Floats, alone: Floats, first: int, last: int) -> float:
    """The chance that a track, of pairs first..last-1, has changed plots with another one."""
    best, taken = surest(belief, first, last)
    other = 0.0
    for k in range(first, last):
        if k != best:
            theirs = max(0.0, 1.0 - alone[pairs[k, 0]] - belief[k])
            other += belief[k] * min(1.0, 2.0 * theirs)
    return other / taken if taken > 0.0 else 0.0
