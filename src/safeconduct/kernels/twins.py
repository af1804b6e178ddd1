"""Two tracks of one aircraft: found where they cannot be told apart, and only one of them is seen at a time.

A plot beyond the gate of its own track may begin a second one, and the two then share the aircraft's plots for good:
each is taken for an aircraft that is missed every other time. Two aircraft that fly side by side give two plots a look.
"""

import math

import numpy as np

from safeconduct.kernels.arrays import LOST, Floats, Ints, Record, Records
from safeconduct.kernels.filters import distance2
from safeconduct.kernels.hypotheses import same_address
from safeconduct.kernels.jit import kernel

ALIKE = 3.0
"""Squared distance, in the covariance of both, up to which positions, velocities and heights are alike."""
ONE_LOOK = 0.9
"""Two plots of one sensor closer in time than this share of its period are of one look, and of two aircraft."""
LOOKS = 3.0
"""So many intervals between contacts must have passed while they were alike, and none of them had both."""
NONE = -1


@kernel
def join_twins(tracks: Records, seen: Floats, sensors: Records, slots: Ints, now: float) -> int:
    """End one of each two tracks that have proved to be of one aircraft, in place; how many were ended.

    slots: of the tracks that count, ascending by x. The younger one of the two is lost, and `joined` to the other.
    """
    partner, wide, ended = np.full(len(slots), NONE), 0.0, 0
    for i in slots:
        wide = max(wide, tracks[i].state[4])
    for n in range(len(slots)):
        one = tracks[slots[n]]
        far = math.sqrt(ALIKE * (one.state[4] + wide))
        for m in range(n + 1, len(slots)):
            other = tracks[slots[m]]
            if other.state[0] - one.state[0] > far:
                break
            if alike(one, other) and not told_apart(one, other, seen[slots[n]], seen[slots[m]], sensors, now):
                if is_older(one, other):
                    partner[m] = slots[n]
                else:
                    partner[n] = slots[m]
    for n in range(len(slots)):
        track = tracks[slots[n]]
        if partner[n] == NONE:
            track.twin = 0
            continue
        older = tracks[partner[n]]
        if track.twin != older.number:
            track.twin, track.twin_since = older.number, now
        elif now - track.twin_since > LOOKS * max(track.interval, older.interval) and older.status != LOST:
            older.score = max(older.score, track.score)
            track.status, track.joined = LOST, older.number
            ended += 1
    return ended


@kernel
def is_older(one: Record, other: Record) -> bool:
    """Whether the first track was begun before the second."""
    if one.first_time != other.first_time:
        return bool(one.first_time < other.first_time)
    return bool(one.number < other.number)


@kernel
def alike(one: Record, other: Record) -> bool:
    """Whether two tracks may be of one aircraft by all that is known of them now."""
    if same_address(one, other) < 0:
        return False
    a, b = one.state, other.state
    place, _ = distance2(a[0] - b[0], a[1] - b[1], a[4] + b[4], a[5] + b[5], a[6] + b[6])
    speed, _ = distance2(a[2] - b[2], a[3] - b[3], a[11] + b[11], a[12] + b[12], a[13] + b[13])
    if not (place <= ALIKE and speed <= ALIKE):
        return False
    rise = one.vertical[0] - other.vertical[0]
    return not rise * rise > ALIKE * (one.vertical[2] + other.vertical[2])


@kernel
def told_apart(one: Record, other: Record, here: Floats, there: Floats, sensors: Records, now: float) -> bool:
    """Whether a sensor had both in one look of late.

    here, there: (sensors,) when each had the one and the other last.
    """
    late = now - LOOKS * max(one.interval, other.interval)
    for s in range(len(sensors)):
        if min(here[s], there[s]) > late and abs(here[s] - there[s]) < ONE_LOOK * sensors[s].period:
            return True
    return False
