"""One step of the tracker: plots in, group by group, each against the tracks as all earlier groups left them."""

import math

import numpy as np

from safeconduct.kernels.arrays import (
    BEARING,
    CONFIRMED_NOW,
    FREE,
    LOST,
    MODES,
    NEXT_NUMBER,
    PLACE,
    POLAR,
    SLOTS,
    Floats,
    Ints,
    Record,
    Records,
)
from safeconduct.kernels.belief import marginals, propagated
from safeconduct.kernels.filters import distance2
from safeconduct.kernels.gating import candidates
from safeconduct.kernels.hypotheses import NEVER, STALE, foresee, gate_psd, place_polar, worth
from safeconduct.kernels.jit import kernel
from safeconduct.kernels.life import absorb, begin, free_slot
from safeconduct.kernels.motion import place_at
from safeconduct.kernels.noise import rescale_all
from safeconduct.kernels.scoring import density, expect, learn

SHARED, FAR_APART = 0.1, 4.0
"""Two tracks share a plot where each has it with this chance; two plots so many standard deviations apart are apart."""
NOBODY = -1
"""In place of a track's number: a direction that belongs to no track."""
POLAR_MARGIN = 1.5
"""Boxes of polar plots are wider by this: knowing a track's height may move their place."""


@kernel
def set_track_box(track: Record, rules: Record, box: Floats, middle: float) -> None:
    """Box (x, y, half widths) of all places within the gate that a track may have in the window about `middle`."""
    state, dt, half = track.state, middle - track.time, 0.5 * rules.window
    far = dt + half if dt >= 0.0 else dt - half
    noise = gate_psd(track, rules) * abs(far) * far * far / 3.0
    if track.models == 1 and track.histories > 1 and not (track.address[0] or track.address[1]):
        west, east, south, north = math.inf, -math.inf, math.inf, -math.inf
        for b in range(track.histories):
            mode = track.modes[b]
            _, _, xx, _, yy = place_at(mode, far, 0.0, noise)
            x, y = mode[0] + dt * mode[2], mode[1] + dt * mode[3]
            wide, deep = (
                rules.gate * math.sqrt(xx) + half * abs(mode[2]),
                rules.gate * math.sqrt(yy) + half * abs(mode[3]),
            )
            west, east, south, north = (
                min(west, x - wide),
                max(east, x + wide),
                min(south, y - deep),
                max(north, y + deep),
            )
        box[0], box[1], box[2], box[3] = (
            0.5 * (west + east),
            0.5 * (south + north),
            0.5 * (east - west),
            0.5 * (north - south),
        )
        return
    _, _, xx, _, yy = place_at(state, far, 0.0, noise)
    gate = rules.identifier_gate if track.address[0] or track.address[1] else rules.gate
    box[0], box[1] = state[0] + dt * state[2], state[1] + dt * state[3]
    box[2] = gate * math.sqrt(xx) + half * abs(state[2])
    box[3] = gate * math.sqrt(yy) + half * abs(state[3])
    if gate > rules.gate:
        flown = STALE * math.hypot(state[2], state[3]) * abs(far)
        box[2], box[3] = max(box[2], flown), max(box[3], flown)


@kernel
def set_track_boxes(tracks: Records, rules: Record, counters: Ints, boxes: Floats, middle: float) -> None:
    """The boxes (slots, 4) of all live tracks; NaN elsewhere."""
    for i in range(counters[SLOTS]):
        if tracks[i].status == FREE or tracks[i].status == LOST:
            boxes[i, 0] = math.nan
        else:
            set_track_box(tracks[i], rules, boxes[i], middle)


@kernel
def plot_boxes(plots: Records, rules: Record) -> Floats:
    """Boxes (plots, 4): x, y, half widths."""
    boxes = np.empty((len(plots), 4))
    for p in range(len(plots)):
        plot = plots[p]
        gate = rules.gate * (POLAR_MARGIN if plot.kind == POLAR else 1.0)
        boxes[p, 0], boxes[p, 1] = plot.place[0], plot.place[1]
        boxes[p, 2], boxes[p, 3] = gate * math.sqrt(plot.place[2]), gate * math.sqrt(plot.place[4])
    return boxes


@kernel
def group_bounds(plots: Records) -> Ints:
    """(groups + 1,): the first plot of each group, and the number of plots."""
    bounds, groups = np.zeros(len(plots) + 1, np.int64), 0
    for p in range(1, len(plots) + 1):
        if p == len(plots) or plots[p].group != plots[p - 1].group:
            groups += 1
            bounds[groups] = p
    return bounds[: groups + 1]


@kernel
def weigh(
    tracks: Records, seen: Floats, plots: Records, sensors: Records, rules: Record, pairs: Ints
) -> tuple[Ints, Ints, Floats, Floats, Ints]:
    """The pairs that may be.

    pairs: (n, 2) plot and track, ordered by track, so that a column number is the count of tracks so far.

    Returns:
        pairs (m, 2); column (m,); odds (m,); share of each mode (m, MODES); slot (columns,).
    """
    kept, column = np.empty((len(pairs), 2), np.int64), np.empty(len(pairs), np.int64)
    odds, share = np.empty(len(pairs)), np.empty((len(pairs), MODES))
    slots, place, count, columns = np.empty(len(pairs), np.int64), np.empty(PLACE), 0, 0
    places, last, time = np.empty((MODES, PLACE)), -1, math.nan
    for k in range(len(pairs)):
        p, i = pairs[k, 0], pairs[k, 1]
        s = plots[p].sensor
        if i != last or plots[p].time != time:
            last, time = i, plots[p].time
            foresee(tracks[i], rules, time - tracks[i].time, places)
        odd = worth(tracks[i], plots[p], sensors[s], rules, seen[i, s], places, place, share[count])
        if odd <= NEVER:
            continue
        if columns == 0 or slots[columns - 1] != i:
            slots[columns] = i
            columns += 1
        kept[count, 0], kept[count, 1], column[count], odds[count] = p, i, columns - 1, odd
        count += 1
    return kept[:count], column[:count], odds[:count], share, slots[:columns]


@kernel
def every_pair(boxes: Floats, slots: int, first: int, last: int) -> Ints:
    """All plots with all live tracks, as `candidates`: a direction has no box."""
    pairs, found = np.empty((slots * (last - first), 2), np.int64), 0
    for i in range(slots):
        if not math.isnan(boxes[i, 0]):
            for p in range(first, last):
                pairs[found, 0], pairs[found, 1] = p, i
                found += 1
    return pairs[:found]


@kernel
def settle(
    tracks: Records, plots: Records, pairs: Ints, column: Ints, belief: Floats, alone: Floats, first: int, last: int
) -> None:
    """Decide between tracks that share two plots which lie far apart, in place.

    After two aircraft have met, each of their tracks may be of either, and would stay so for ever, in two places at
    once. Which number goes with which aircraft is then a matter of choice; that it was one, the tracks remember.
    """
    starts, worth = np.empty(len(pairs), np.int64), np.empty(len(pairs))
    free, count, k = np.ones(last - first), 0, 0
    while k < len(pairs):
        best, second, end = rivals(pairs, column, belief, alone, free, first, k)
        if second >= 0:
            starts[count], worth[count] = k, belief[best]
            count += 1
        k = end
    for _ in range(count):  # the surest first, whatever the order of the tracks
        n = np.argmax(worth[:count])
        k, worth[n] = starts[n], -1.0
        best, second, end = rivals(pairs, column, belief, alone, free, first, k)
        if second < 0 or not far_apart(plots[pairs[best, 0]], plots[pairs[second, 0]]):
            continue
        whole = 0.0
        for j in range(k, end):
            whole += belief[j]
        track = tracks[pairs[k, 1]]
        track.crossed = max(track.crossed, min(0.5, (whole - belief[best]) / whole))
        for j in range(k, end):
            belief[j] = 0.0
        belief[best] = whole
        free[pairs[best, 0] - first] = 1.0 - whole
    for k in range(len(pairs)):
        left = free[pairs[k, 0] - first]
        if left < 1.0 and belief[k] != 1.0 - left:
            belief[k] = min(belief[k], left)


@kernel
def rivals(
    pairs: Ints, column: Ints, belief: Floats, alone: Floats, free: Floats, first: int, start: int
) -> tuple[int, int, int]:
    """Of the track whose pairs begin at `start`: its surest pair that is still to be had, and another one, each of a
    plot that another track may have as well; -1 for none. And where its pairs end."""
    best, second, end = -1, -1, start
    while end < len(pairs) and column[end] == column[start]:
        p = pairs[end, 0] - first
        if belief[end] > SHARED and 1.0 - alone[p] - belief[end] > SHARED:
            if free[p] < 1.0 or (best >= 0 and belief[end] <= belief[best]):
                if second < 0 or belief[end] > belief[second]:
                    second = end
            else:
                best, second = end, best if best >= 0 else second
        end += 1
    return best, second if best >= 0 else -1, end


@kernel
def far_apart(one: Record, other: Record) -> bool:
    """Whether two plots cannot be of aircraft that are still together."""
    a, b = one.place, other.place
    square, _ = distance2(a[0] - b[0], a[1] - b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4])
    return square > FAR_APART * FAR_APART


@kernel
def exchanged(pairs: Ints, belief: Floats, alone: Floats, plots: int, first: int, last: int) -> float:
    """The chance that a track, of pairs first..last-1, has changed plots with another one. plots: the first one's."""
    best, taken, other = first, 0.0, 0.0
    for k in range(first, last):
        taken += belief[k]
        if belief[k] > belief[best]:
            best = k
    for k in range(first, last):
        if k != best:
            theirs = max(0.0, 1.0 - alone[pairs[k, 0] - plots] - belief[k])
            other += belief[k] * min(1.0, 2.0 * theirs)
    return other / taken if taken > 0.0 else 0.0


@kernel
def step(
    tracks: Records,
    seen: Floats,
    free: Ints,
    counters: Ints,
    plots: Records,
    sensors: Records,
    rules: Record,
    scratch: Records,
    assigned: Ints,
    confirmed: Ints,
) -> None:
    """Take all plots, in place. There must be room for one new track a plot.

    assigned, confirmed: (plots,) out: number of the track that each plot went to or began; numbers newly confirmed,
        as many as counters[CONFIRMED_NOW] says.
    """
    counters[CONFIRMED_NOW] = 0
    place_polar(plots, sensors, rules)
    rescale_all(plots, sensors)
    boxes, own = np.empty((len(tracks), 4)), plot_boxes(plots, rules)
    bounds, boxed = group_bounds(plots), math.nan
    for g in range(len(bounds) - 1):
        first, last = bounds[g], bounds[g + 1]
        middle = (math.floor(plots[first].time / rules.window) + 0.5) * rules.window
        if middle != boxed:
            set_track_boxes(tracks, rules, counters, boxes, middle)
            boxed = middle
        bearings = plots[first].kind == BEARING
        if bearings:
            pairs = every_pair(boxes, counters[SLOTS], first, last)
        else:
            pairs = candidates(boxes, counters[SLOTS], own, first, last)
        pairs, column, odds, share, slots = weigh(tracks, seen, plots, sensors, rules, pairs)
        plot_of = pairs[:, 0] - first
        sensor = sensors[plots[first].sensor]
        if sensor.false_alarms > 0.0 and not bearings:
            share_of_look = min(1.0, rules.window / sensor.period)
            before = density(sensor, rules)
            found = sensor.unexplained
            for _ in range(2):
                _, alone = propagated(plot_of, column, odds, last - first, len(slots))
                found = expect(sensor, alone.sum(), share_of_look)
                now = sensor.clutter * found / sensor.false_alarms + rules.new_density
                for k in range(len(odds)):
                    odds[k] *= before / now
                before = now
            sensor.unexplained = found
            learn(sensor, share_of_look)
        belief, alone = marginals(plot_of, column, odds, last - first, len(slots))
        settle(tracks, plots, pairs, column, belief, alone, first, last)
        for p in range(first, last):
            assigned[p] = 0
        surest = np.zeros(last - first)
        k = 0
        while k < len(pairs):
            end = k
            while end < len(pairs) and column[end] == column[k]:
                p = pairs[end, 0]
                if belief[end] > surest[p - first]:
                    surest[p - first] = belief[end]
                    assigned[p] = tracks[pairs[k, 1]].number
                end += 1
            track = tracks[pairs[k, 1]]
            contested = exchanged(pairs, belief, alone, first, k, end)
            row = seen[pairs[k, 1]]
            if absorb(track, plots, sensors, rules, row, pairs, belief, share, k, end, contested, scratch[0]):
                confirmed[counters[CONFIRMED_NOW]] = track.number
                counters[CONFIRMED_NOW] += 1
            set_track_box(track, rules, boxes[pairs[k, 1]], middle)
            k = end
        for p in range(first, last):
            if bearings:  # a direction alone begins no track
                assigned[p] = assigned[p] if surest[p - first] > alone[p - first] else NOBODY
                continue
            if alone[p - first] < rules.birth:
                continue
            i = free_slot(free, counters)
            begin(tracks[i], plots[p], sensors, rules, seen[i], counters[NEXT_NUMBER], alone[p - first])
            counters[NEXT_NUMBER] += 1
            if alone[p - first] >= surest[p - first]:
                assigned[p] = tracks[i].number
            set_track_box(tracks[i], rules, boxes[i], middle)
