"""One step of the tracker: plots in, group by group, each against the tracks as all earlier groups left them."""

import math

import numpy as np

from safeconduct.kernels.arrays import (
    BEARING,
    CONFIRMED,
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
from safeconduct.kernels.hypotheses import LEAST_GAIN, NEVER, STALE, foresee, gate_psd, place_polar, worth
from safeconduct.kernels.jit import kernel
from safeconduct.kernels.life import absorb, begin, free_slot
from safeconduct.kernels.motion import place_at
from safeconduct.kernels.noise import rescale_all
from safeconduct.kernels.scoring import MOST_DETECTION, density, expect, learn

SHARED, FAR_APART = 0.1, 4.0
"""Two tracks share a plot where each has it with this chance; two plots so many standard deviations apart are apart."""
NOBODY = -1
"""In place of a track's number: a direction that belongs to no track."""
POLAR_MARGIN = 1.5
"""Boxes of polar plots are wider by this: knowing a track's height may move their place."""


@kernel
def thinnest(sensors: Records, plots: Records, rules: Record) -> float:
    """The least likelihood of a place, per m², that a pair of a track without height or address can have to be worth
    anything to some sensor (`hypotheses.worth`)."""
    least = math.inf
    for s in range(len(sensors)):
        p = min(sensors[s].detection, MOST_DETECTION)
        least = min(least, density(sensors[s], rules, sensors[s].unexplained) * (1.0 - p) / p)
    for p in range(len(plots)):
        if math.isfinite(plots[p].vx):  # which may speak for the pair as well
            return 0.0
    return least * math.exp(LEAST_GAIN)


@kernel
def set_track_box(track: Record, rules: Record, box: Floats, middle: float, thin: float) -> None:
    """Box (x, y, half widths) of all places within the gate that a track may have in the window about `middle`.

    thin: see `thinnest`. Where slow and fast are both possible, the fast one's gate is wide and seldom worth a plot.
    """
    dt, half = middle - track.time, 0.5 * rules.window
    far = dt + half if dt >= 0.0 else dt - half
    noise = gate_psd(track, rules) * abs(far) * far * far / 3.0
    named = track.address[0] or track.address[1]
    if track.models == 1 and not named:
        if math.isfinite(track.vertical[0]):
            thin = 0.0
        west, east, south, north = math.inf, -math.inf, math.inf, -math.inf
        for b in range(track.histories):
            mode = track.modes[b]
            _, _, xx, xy, yy = place_at(mode, far, 0.0, noise)
            gate = worthwhile_gate(rules.gate, track.histories * track.chance[b], xx * yy - xy * xy, thin)
            if gate < 0.0:
                continue
            x, y = mode[0] + dt * mode[2], mode[1] + dt * mode[3]
            wide, deep = gate * math.sqrt(xx) + half * abs(mode[2]), gate * math.sqrt(yy) + half * abs(mode[3])
            west, east = min(west, x - wide), max(east, x + wide)
            south, north = min(south, y - deep), max(north, y + deep)
        box[0], box[1] = 0.5 * (west + east), 0.5 * (south + north)
        box[2], box[3] = 0.5 * (east - west), 0.5 * (north - south)
        if west > east:
            box[0] = math.nan
        return
    state = track.state
    _, _, xx, _, yy = place_at(state, far, 0.0, noise)
    gate = rules.identifier_gate if named else rules.gate
    box[0], box[1] = state[0] + dt * state[2], state[1] + dt * state[3]
    box[2] = gate * math.sqrt(xx) + half * abs(state[2])
    box[3] = gate * math.sqrt(yy) + half * abs(state[3])
    if named:
        flown = STALE * math.hypot(state[2], state[3]) * abs(far)
        box[2], box[3] = max(box[2], flown), max(box[3], flown)


@kernel
def worthwhile_gate(gate: float, weight: float, det: float, thin: float) -> float:
    """The gate of one history (standard deviations), no wider than where `weight` times its density falls to `thin`;
    negative where it nowhere comes up to that. det: of its covariance, which that of a plot only makes larger."""
    if thin <= 0.0:
        return gate
    over = weight / (2.0 * math.pi * math.sqrt(det) * thin)
    return min(gate, math.sqrt(2.0 * math.log(over))) if over > 1.0 else -1.0


@kernel
def set_track_boxes(tracks: Records, rules: Record, counters: Ints, boxes: Floats, middle: float, thin: float) -> None:
    """The boxes (slots, 4) of all live tracks; NaN elsewhere."""
    for i in range(counters[SLOTS]):
        if tracks[i].status == FREE or tracks[i].status == LOST:
            boxes[i, 0] = math.nan
        else:
            set_track_box(tracks[i], rules, boxes[i], middle, thin)


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
) -> tuple[Ints, Ints, Floats, Floats]:
    """The pairs that may be.

    pairs: (n, 2) plot and track, ordered by track.

    Returns:
        pairs (m, 2); starts (tracks with a pair + 1,): the first pair of each, and m; odds (m,); share of each mode
        (m, MODES).
    """
    kept, starts = np.empty((len(pairs), 2), np.int64), np.empty(len(pairs) + 1, np.int64)
    odds, share, place = np.empty(len(pairs)), np.empty((len(pairs), MODES)), np.empty(PLACE)
    places, last, time, count, columns = np.empty((MODES, PLACE)), -1, math.nan, 0, 0
    for k in range(len(pairs)):
        p, i = pairs[k, 0], pairs[k, 1]
        s = plots[p].sensor
        if i != last or plots[p].time != time:
            last, time = i, plots[p].time
            foresee(tracks[i], rules, time - tracks[i].time, places)
        odd = worth(tracks[i], plots[p], sensors[s], rules, seen[i, s], places, place, share[count])
        if odd <= NEVER:
            continue
        if count == 0 or kept[count - 1, 1] != i:
            starts[columns] = count
            columns += 1
        kept[count, 0], kept[count, 1], odds[count] = p, i, odd
        count += 1
    starts[columns] = count
    return kept[:count], starts[: columns + 1], odds[:count], share


@kernel
def find_unexplained(sensor: Record, rules: Record, plot: Ints, starts: Ints, odds: Floats, plots: int) -> None:
    """Learn from one group how many plots of the sensor no track explains, and give the odds that density, in place.

    Each is needed for the other: two rounds of expectation-maximisation.
    """
    look = min(1.0, rules.window / sensor.period)
    found, before = sensor.unexplained, density(sensor, rules, sensor.unexplained)
    for _ in range(2):
        _, alone, _ = propagated(plot, starts, odds, plots)
        found = expect(sensor, alone.sum(), look)
        now = density(sensor, rules, found)
        for k in range(len(odds)):
            odds[k] *= before / now
        before = now
    sensor.unexplained = found
    learn(sensor, look)


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
    tracks: Records, plots: Records, pairs: Ints, starts: Ints, belief: Floats, alone: Floats, first: int, last: int
) -> None:
    """Decide between tracks that share two plots which lie far apart, in place.

    After two aircraft have met, each of their tracks may be of either, and would stay so for ever, in two places at
    once. Which number goes with which aircraft is then a matter of choice; that it was one, the tracks remember.
    """
    torn, surest, count = np.empty(len(starts), np.int64), np.empty(len(starts)), 0
    free = np.ones(last - first)
    for c in range(len(starts) - 1):
        best, second = rivals(pairs, belief, alone, free, first, starts[c], starts[c + 1])
        if second >= 0:
            torn[count], surest[count] = c, belief[best]
            count += 1
    for _ in range(count):  # the surest first, whatever the order of the tracks
        n = np.argmax(surest[:count])
        c, surest[n] = torn[n], -1.0
        best, second = rivals(pairs, belief, alone, free, first, starts[c], starts[c + 1])
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
        free[pairs[best, 0] - first] = 1.0 - whole
    for k in range(len(pairs)):
        left = free[pairs[k, 0] - first]
        if left < 1.0 and belief[k] != 1.0 - left:
            belief[k] = min(belief[k], left)


@kernel
def rivals(
    pairs: Ints, belief: Floats, alone: Floats, free: Floats, plots: int, first: int, last: int
) -> tuple[int, int]:
    """Of a track with the pairs first..last-1: its surest pair that is still to be had, and another one, each of a
    plot that another track may have as well; -1 for none. plots: the first one's."""
    best, second = -1, -1
    for k in range(first, last):
        p = pairs[k, 0] - plots
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
    bounds, boxed, thin = group_bounds(plots), math.nan, thinnest(sensors, plots, rules)
    for g in range(len(bounds) - 1):
        first, last = bounds[g], bounds[g + 1]
        sensor, bearings = sensors[plots[first].sensor], plots[first].kind == BEARING
        middle = (math.floor(plots[first].time / rules.window) + 0.5) * rules.window
        if middle != boxed:
            set_track_boxes(tracks, rules, counters, boxes, middle, thin)
            boxed = middle
        if bearings:
            pairs = every_pair(boxes, counters[SLOTS], first, last)
        else:
            pairs = candidates(boxes, counters[SLOTS], own, first, last)
        pairs, starts, odds, share = weigh(tracks, seen, plots, sensors, rules, pairs)
        plot_of = pairs[:, 0] - first
        if sensor.false_alarms > 0.0 and not bearings:
            find_unexplained(sensor, rules, plot_of, starts, odds, last - first)
        belief, alone = marginals(plot_of, starts, odds, last - first)
        settle(tracks, plots, pairs, starts, belief, alone, first, last)
        surest = give(
            tracks,
            seen,
            plots,
            sensors,
            rules,
            pairs,
            starts,
            belief,
            alone,
            share,
            first,
            scratch[0],
            assigned,
            confirmed,
            counters,
        )
        for c in range(len(starts) - 1):
            i = pairs[starts[c], 1]
            set_track_box(tracks[i], rules, boxes[i], middle, thin)
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
            set_track_box(tracks[i], rules, boxes[i], middle, thin)


@kernel
def give(
    tracks: Records,
    seen: Floats,
    plots: Records,
    sensors: Records,
    rules: Record,
    pairs: Ints,
    starts: Ints,
    belief: Floats,
    alone: Floats,
    share: Floats,
    first: int,
    scratch: Record,
    assigned: Ints,
    confirmed: Ints,
    counters: Ints,
) -> Floats:
    """Give all tracks what is theirs of the plots from `first` on; (plots,) the greatest belief of each plot."""
    surest = np.zeros(len(alone))
    for p in range(len(alone)):
        assigned[first + p] = 0
    for c in range(len(starts) - 1):
        begins, ends = starts[c], starts[c + 1]
        i = pairs[begins, 1]
        for k in range(begins, ends):
            p = pairs[k, 0]
            if belief[k] > surest[p - first]:
                surest[p - first] = belief[k]
                assigned[p] = tracks[i].number
        contested = 0.0
        if tracks[i].status == CONFIRMED:
            contested = exchanged(pairs, belief, alone, first, begins, ends)
        if absorb(tracks[i], plots, sensors, rules, seen[i], pairs, belief, share, begins, ends, contested, scratch):
            confirmed[counters[CONFIRMED_NOW]] = tracks[i].number
            counters[CONFIRMED_NOW] += 1
    return surest
