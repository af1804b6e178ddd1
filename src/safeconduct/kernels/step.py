"""One step of the tracker: plots in, group by group, each against the tracks as all earlier groups left them."""

import math

import numpy as np

from safeconduct.kernels.arrays import (
    CONFIRMED_NOW,
    FREE,
    LOST,
    NEXT_NUMBER,
    PLACE,
    SLOTS,
    Floats,
    Ints,
    Record,
    Records,
)
from safeconduct.kernels.association import NOBODY, assign, by_plot
from safeconduct.kernels.filters import manoeuvre_psd, position_at
from safeconduct.kernels.gating import candidates
from safeconduct.kernels.hypotheses import NEVER, STALE, place_polar, worth
from safeconduct.kernels.jit import kernel
from safeconduct.kernels.life import begin, free_slot, take

POLAR_MARGIN = 1.5
"""Boxes of polar plots are wider by this: knowing a track's height may move their place."""


@kernel
def set_track_box(track: Record, rules: Record, box: Floats, middle: float) -> None:
    """Box (x, y, half widths) of all places within the gate that a track may have in the window about `middle`."""
    state, dt, half = track.state, middle - track.time, 0.5 * rules.window
    far = dt + half if dt >= 0.0 else dt - half
    _, _, xx, _, yy = position_at(state, far, manoeuvre_psd(state, rules.acceleration_psd, rules.turn_psd))
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
        gate = rules.gate * (POLAR_MARGIN if plot.polar else 1.0)
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
) -> tuple[Ints, Ints, Floats, Ints]:
    """The pairs worth having.

    pairs: (n, 2) plot and track, ordered by track, so that a column number is the count of tracks so far.

    Returns:
        pairs (m, 2); column (m,); weight and gain (m, 2); slot (columns,).
    """
    kept, column = np.empty((len(pairs), 2), np.int64), np.empty(len(pairs), np.int64)
    value = np.empty((len(pairs), 2))
    slots, place, count, columns = np.empty(len(pairs), np.int64), np.empty(PLACE), 0, 0
    for k in range(len(pairs)):
        p, i = pairs[k, 0], pairs[k, 1]
        s = plots[p].sensor
        weight, gain = worth(tracks[i], plots[p], sensors[s], rules, seen[i, s], place)
        if weight <= NEVER:
            continue
        if columns == 0 or slots[columns - 1] != i:
            slots[columns] = i
            columns += 1
        kept[count, 0], kept[count, 1], column[count] = p, i, columns - 1
        value[count, 0], value[count, 1] = weight, gain
        count += 1
    return kept[:count], column[:count], value[:count], slots[:columns]


@kernel
def settle(
    tracks: Records, seen: Floats, plots: Records, sensors: Records, rules: Record, pairs: Ints, first: int, last: int
) -> tuple[Ints, Floats]:
    """For each plot first..last-1 its track's slot, or NOBODY, and what the plot adds to its score."""
    kept, column, value, slots = weigh(tracks, seen, plots, sensors, rules, pairs)
    start, order = by_plot(kept, first, last)
    sorted_column, cost = np.empty(len(order), np.int64), np.empty(len(order))
    for e in range(len(order)):
        sorted_column[e], cost[e] = column[order[e]], -value[order[e], 0]
    chosen = assign(start, sorted_column, cost, len(slots))
    gain = np.zeros(last - first)
    for r in range(last - first):
        if chosen[r] == NOBODY:
            continue
        for e in range(start[r], start[r + 1]):
            if sorted_column[e] == chosen[r]:
                gain[r] = value[order[e], 1]
        chosen[r] = slots[chosen[r]]
    return chosen, gain


@kernel
def step(
    tracks: Records,
    seen: Floats,
    free: Ints,
    counters: Ints,
    plots: Records,
    sensors: Records,
    rules: Record,
    assigned: Ints,
    confirmed: Ints,
) -> None:
    """Take all plots, in place. There must be room for one new track a plot.

    assigned, confirmed: (plots,) out: number of the track that each plot went to or began; numbers newly confirmed,
        as many as counters[CONFIRMED_NOW] says.
    """
    counters[CONFIRMED_NOW] = 0
    place_polar(plots, sensors, rules)
    boxes, own = np.empty((len(tracks), 4)), plot_boxes(plots, rules)
    place, cross, bounds, boxed = np.empty(PLACE), np.empty((4, 2)), group_bounds(plots), math.nan
    for g in range(len(bounds) - 1):
        first, last = bounds[g], bounds[g + 1]
        middle = (math.floor(plots[first].time / rules.window) + 0.5) * rules.window
        if middle != boxed:
            set_track_boxes(tracks, rules, counters, boxes, middle)
            boxed = middle
        pairs = candidates(boxes, counters[SLOTS], own, first, last)
        chosen, gain = settle(tracks, seen, plots, sensors, rules, pairs, first, last)
        for p in range(first, last):
            i, plot = chosen[p - first], plots[p]
            if i == NOBODY:
                i = free_slot(free, counters)
                begin(tracks[i], plot, sensors, rules, seen[i], counters[NEXT_NUMBER])
                counters[NEXT_NUMBER] += 1
            elif take(tracks[i], plot, sensors[plot.sensor], rules, seen[i], gain[p - first], place, cross):
                confirmed[counters[CONFIRMED_NOW]] = tracks[i].number
                counters[CONFIRMED_NOW] += 1
            assigned[p] = tracks[i].number
            set_track_box(tracks[i], rules, boxes[i], middle)
