"""The histories of a track: which plots were its own, and so where it is.

Each history goes on without a plot, and with each of its plots; the likeliest stay (a mixture in each track, as in the
track-oriented Poisson multi-Bernoulli mixture: Williams, IEEE T-AES 51(3), 2015, with the histories of one track only).
"""

import math

from safeconduct.kernels.arrays import BEARING, MODES, MOST_BRANCHES, STATE, Floats, Ints, Record, Records
from safeconduct.kernels.filters import distance2, height_at, update_velocity
from safeconduct.kernels.hypotheses import gate_psd, loosen, place_for, same_address
from safeconduct.kernels.jit import kernel
from safeconduct.kernels.motion import blend, fly, gather, mix, mode_psd, rate_of, update, update_bearing

NO_PAIR = -1
LATE_JOINER = 0.05
"""Where all room is taken, a history less likely than this is not looked at any more."""


@kernel
def update_mode(
    track: Record,
    mode: Floats,
    model: int,
    plot: Record,
    sensor: Record,
    place: Floats,
    dt: float,
    rules: Record,
    cross: Floats,
) -> None:
    """Give a plot's place or direction, and velocity where sent, to one mode."""
    q, rate = mode_psd(mode, rules, track.models, model), rate_of(rules, track.models, model)
    if plot.kind == BEARING:
        update_bearing(mode, dt, q, rate, plot, sensor)
        return
    update(mode, cross, dt, q, rate, place)
    if math.isfinite(plot.vx):
        update_velocity(mode, cross, min(dt, 0.0), q, plot.vx, plot.vy, plot.velocity_variance)


@kernel
def distance_between(one: Floats, other: Floats) -> float:
    """Squared distance of two histories' positions, in the covariance of the first."""
    square, _ = distance2(other[0] - one[0], other[1] - one[1], one[4], one[5], one[6])
    return square


@kernel
def branch(
    track: Record,
    plots: Records,
    sensors: Records,
    rules: Record,
    pairs: Ints,
    belief: Floats,
    share: Floats,
    first: int,
    last: int,
    time: float,
    scratch: Record,
) -> bool:
    """New histories of a track: each old one without a plot, and with each of its plots first..last-1 of `pairs`.

    The likeliest are kept, as many as there is room for; those that have come together again are joined; the rest is
    forgotten. time: to which the states are carried. False where none is likely enough, and all is as before.
    """
    models, none = track.models, 1.0
    scratch.proposed = 0
    for k in range(first, last):
        none -= belief[k]
    for b in range(track.histories):
        whole = 0.0
        for m in range(b * models, (b + 1) * models):
            whole += track.chance[m]
        propose(scratch, none * whole, b, NO_PAIR, rules.prune)
        for k in range(first, last):
            whole = 0.0
            for m in range(b * models, (b + 1) * models):
                whole += share[k, m]
            propose(scratch, belief[k] * whole, b, k, rules.prune)
    kept, total, step, room = 0, 0.0, max(0.0, time - track.time), MODES // models
    new, chance = scratch.new[:models], scratch.chance[:models]
    for _ in range(scratch.proposed):
        best = 0
        for h in range(1, scratch.proposed):
            if scratch.weight[h] > scratch.weight[best]:
                best = h
        w, b, k = scratch.weight[best], scratch.old[best], scratch.pair[best]
        scratch.weight[best] = -1.0
        if kept == room and w < LATE_JOINER:
            break
        carry(track, plots, sensors, rules, pairs, b, k, time, step, new, scratch)
        for m in range(models):
            chance[m] = none * track.chance[b * models + m] if k < 0 else belief[k] * share[k, b * models + m]
        gather(new, chance, scratch.mean)
        near, nearest = -1, math.inf
        for h in range(kept):
            away = distance_between(scratch.means[h], scratch.mean)
            if away < nearest:
                near, nearest = h, away
        if nearest > rules.together and kept == room:
            continue
        total += w
        if nearest > rules.together:
            near = kept
            kept += 1
            for m in range(models):
                scratch.chances[near * models + m] = 0.0
        block = near * models
        for m in range(models):
            if scratch.chances[block + m] > 0.0:
                blend(scratch.modes[block + m], scratch.chances[block + m], new[m], chance[m])
            else:
                for c in range(STATE):
                    scratch.modes[block + m, c] = new[m, c]
            scratch.chances[block + m] += chance[m]
        gather(scratch.modes[block : block + models], scratch.chances[block : block + models], scratch.means[near])
    if kept == 0:
        return False
    for k in range(kept * models):
        track.chance[k] = scratch.chances[k] / total
        for c in range(STATE):
            track.modes[k, c] = scratch.modes[k, c]
    if models > 1:
        for b in range(kept):
            block = b * models
            mix(track.modes[block : block + models], track.chance[block : block + models], rules, step, scratch.mean)
    track.histories = kept
    return True


@kernel
def propose(scratch: Record, weight: float, old: int, pair: int, prune: float) -> None:
    """Note down a history that may be, if it is likely enough; in place of the least likely where there is no room."""
    if weight <= prune:
        return
    at = scratch.proposed
    if at < MOST_BRANCHES:
        scratch.proposed += 1
    else:
        at = 0
        for n in range(1, MOST_BRANCHES):
            if scratch.weight[n] < scratch.weight[at]:
                at = n
        if weight <= scratch.weight[at]:
            return
    scratch.weight[at], scratch.old[at], scratch.pair[at] = weight, old, pair


@kernel
def carry(
    track: Record,
    plots: Records,
    sensors: Records,
    rules: Record,
    pairs: Ints,
    old: int,
    pair: int,
    time: float,
    step: float,
    new: Floats,
    scratch: Record,
) -> None:
    """The modes of one history carried on to `time`, with the plot of a pair or (pair < 0) without one."""
    models = track.models
    for m in range(models):
        for c in range(STATE):
            new[m, c] = track.modes[old * models + m, c]
    if pair < 0:
        for m in range(models):
            fly(new[m], step, mode_psd(new[m], rules, models, m), rate_of(rules, models, m))
        return
    plot = plots[pairs[pair, 0]]
    place_now(track, plot, sensors[plot.sensor], rules, time, scratch.place)
    dt = step if plot.time >= track.time else plot.time - track.time
    for m in range(models):
        update_mode(track, new[m], m, plot, sensors[plot.sensor], scratch.place, dt, rules, scratch.cross)
        if dt < 0.0 and step > 0.0:  # another of its plots is newer
            fly(new[m], step, mode_psd(new[m], rules, models, m), rate_of(rules, models, m))


@kernel
def place_now(track: Record, plot: Record, sensor: Record, rules: Record, time: float, place: Floats) -> None:
    """Where a plot lies if it is of this track, moved on with it from the plot's own time to a later `time`."""
    dt = plot.time - track.time
    known, variance = height_at(track.vertical, dt, rules.vertical_psd)
    place_for(track, plot, sensor, rules, known, variance, place)
    if same_address(track, plot) > 0:
        loosen(track.state, place, dt, gate_psd(track, rules), rules.gate)
    if dt >= 0.0:
        place[0] += (time - plot.time) * track.state[2]
        place[1] += (time - plot.time) * track.state[3]
