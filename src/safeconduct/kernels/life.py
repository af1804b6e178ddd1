"""The life of a track: begun by a plot, fed by plots, aged by silence, ended."""

import math

from safeconduct.kernels.arrays import (
    BEARING,
    COASTING,
    CONFIRMED,
    FREE,
    FREE_SLOTS,
    LOST,
    MODES,
    MOST_BRANCHES,
    SLOTS,
    STATE,
    TENTATIVE,
    Floats,
    Ints,
    Record,
    Records,
)
from safeconduct.kernels.filters import distance2, height_at, update_climb, update_velocity, update_vertical
from safeconduct.kernels.hypotheses import gate_psd, loosen, place_for, same_address
from safeconduct.kernels.jit import kernel
from safeconduct.kernels.motion import (
    advance,
    arc,
    blend,
    choose_models,
    collapse,
    gather,
    mix,
    mode_psd,
    place_at,
    update,
    update_bearing,
)
from safeconduct.kernels.noise import judge
from safeconduct.kernels.scoring import came_to, existence, learn_speed, log_odds, newness, silence_rate

PROVEN = 7.0
"""Log-odds at which a track has shown that it is an aircraft, whatever becomes of it."""
SURE, SURE_SCORE, LEAST_BELIEF = 0.8, 4.0, 0.02
"""A plot is judged where it is so surely of a track that is so surely there."""
RIVALS, APART = 0.1, 0.02
"""Two tracks compete from this chance of an exchange on, and have come apart again below that one."""
LATE_JOINER = 0.05
"""Where all room is taken, a history less likely than this is not looked at any more."""
LISTENED_HITS = 2
"""Plots of receivers that confirm a track: they have no clutter, and one alone may be a garbled message."""
ONE_LOOK = 1.0
"""What a tentative track may lose of its first log-odds, however low these were."""
INTERVAL_GAIN = 0.2
"""Share of the newest interval in the smoothed time between contacts."""


@kernel
def refresh_silence(track: Record, sensors: Records, rules: Record, now: float) -> None:
    """Recompute what silence costs a track where it now is."""
    state, dt = track.state, now - track.time
    height, _ = height_at(track.vertical, dt, rules.vertical_psd)
    if math.isnan(height):
        known = math.isfinite(track.pressure)
        height = track.pressure + rules.pressure_offset if known else rules.assumed_height
    small = math.hypot(state[2], state[3]) < rules.small_speed
    x, y = state[0] + dt * state[2], state[1] + dt * state[3]
    track.silence = silence_rate(sensors, now, x, y, height, small, rules.earth_radius)


@kernel
def note(track: Record, plot: Record, sensor: Record, seen: Floats) -> None:
    """Remember what a plot says beside its measurements, and that its sensor has seen the track (seen: its row)."""
    track.heard += sensor.listens
    seen[plot.sensor] = max(seen[plot.sensor], plot.time)
    for kind in range(2):
        if plot.address[kind]:
            track.address[kind] = plot.address[kind]
    if math.isfinite(plot.pressure):
        track.pressure = plot.pressure


@kernel
def free_slot(free: Ints, counters: Ints) -> int:
    """A slot that holds no track."""
    if counters[FREE_SLOTS]:
        counters[FREE_SLOTS] -= 1
        return int(free[counters[FREE_SLOTS]])
    counters[SLOTS] += 1
    return int(counters[SLOTS] - 1)


@kernel
def begin(track: Record, plot: Record, sensors: Records, rules: Record, seen: Floats, number: int, free: float) -> None:
    """A tentative track from one plot, which is no other track's with the chance `free`. Unmeasured velocity is zero
    with a starting variance: drones and aeroplanes differ tenfold in speed, so there is a history for either."""
    state, vertical = track.state, track.vertical
    for k in range(STATE):
        state[k] = 0.0
    state[0], state[1] = plot.place[0], plot.place[1]
    state[4], state[5], state[6] = plot.place[2], plot.place[3], plot.place[4]
    state[11] = state[13] = rules.start_speed_variance
    if math.isfinite(plot.vx):
        state[2], state[3] = plot.vx, plot.vy
        state[11] = state[13] = plot.velocity_variance
    vertical[0], vertical[1], vertical[2], vertical[3] = math.nan, 0.0, 0.0, 0.0
    vertical[4] = rules.start_climb_variance
    update_vertical(vertical, 0.0, 0.0, plot.height, plot.height_variance)
    update_climb(vertical, plot.vh, plot.velocity_variance)
    track.histories = track.models = 1
    track.chance[0] = 1.0
    for k in range(STATE):
        track.modes[0, k] = state[k]
    sensor = sensors[plot.sensor]
    if math.isnan(plot.vx) and rules.start_slow_variance < rules.start_speed_variance:
        track.histories, track.chance[0], track.chance[1] = 2, sensor.slow, 1.0 - sensor.slow
        for k in range(STATE):
            track.modes[1, k] = state[k]
        track.modes[0, 11] = track.modes[0, 13] = rules.start_slow_variance
        collapse(track)
    track.number, track.status = number, TENTATIVE
    track.time = track.contact = track.first_time = track.aged = plot.time
    track.proven = 0
    track.rivalry = track.crossed = 0.0
    track.begun_by, track.begun_with = plot.sensor, newness(sensor)
    track.score = 0.0 if sensor.listens else log_odds(free * track.begun_with)
    track.hits, track.heard = 1, 0
    track.interval = sensor.period
    track.address[0] = track.address[1] = 0
    track.pressure = math.nan
    for s in range(len(seen)):
        seen[s] = -math.inf
    note(track, plot, sensor, seen)
    refresh_silence(track, sensors, rules, plot.time)


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
    q, rate = mode_psd(mode, rules, track.models, model), rules.turn_rate[model]
    if plot.kind == BEARING:
        update_bearing(mode, dt, q, rate, sensor.x, sensor.y, plot.east, plot.north, sensor.sigma_azimuth)
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
    models, none, count = track.models, 1.0, 0
    for k in range(first, last):
        none -= belief[k]
    for b in range(track.histories):
        whole = 0.0
        for m in range(b * models, (b + 1) * models):
            whole += track.chance[m]
        count = propose(scratch, count, none * whole, b, -1, rules.prune)
        for k in range(first, last):
            whole = 0.0
            for m in range(b * models, (b + 1) * models):
                whole += share[k, m]
            count = propose(scratch, count, belief[k] * whole, b, k, rules.prune)
    kept, total, step, room = 0, 0.0, max(0.0, time - track.time), MODES // models
    new, chance = scratch.new[:models], scratch.chance[:models]
    for _ in range(count):
        best = 0
        for h in range(1, count):
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
def propose(scratch: Record, count: int, weight: float, old: int, pair: int, prune: float) -> int:
    """Notes down a history that may be, if it is likely enough; how many there are then."""
    if weight <= prune:
        return count
    at = count
    if count == MOST_BRANCHES:  # in place of the least likely
        at = 0
        for n in range(1, count):
            if scratch.weight[n] < scratch.weight[at]:
                at = n
        if weight <= scratch.weight[at]:
            return count
    scratch.weight[at], scratch.old[at], scratch.pair[at] = weight, old, pair
    return min(count + 1, MOST_BRANCHES)


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
        if step > 0.0:
            for m in range(models):
                s, a, cos, sin = arc(rules.turn_rate[m], step)
                advance(new[m], step, mode_psd(new[m], rules, models, m), s, a, cos, sin)
        return
    plot = plots[pairs[pair, 0]]
    place_now(track, plot, sensors[plot.sensor], rules, time, scratch.place)
    dt = step if plot.time >= track.time else plot.time - track.time
    for m in range(models):
        update_mode(track, new[m], m, plot, sensors[plot.sensor], scratch.place, dt, rules, scratch.cross)
        if dt < 0.0 and step > 0.0:  # another of its plots is newer
            s, a, cos, sin = arc(rules.turn_rate[m], step)
            advance(new[m], step, mode_psd(new[m], rules, models, m), s, a, cos, sin)


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


@kernel
def predicted(track: Record, rules: Record, dt: float) -> tuple[float, float, float, float, float]:
    """Where a track will be in dt seconds, with all that it may be doing: x, y, xx, xy, yy."""
    x, y, xx, xy, yy = 0.0, 0.0, 0.0, 0.0, 0.0
    used = track.histories * track.models
    for k in range(used):
        s, c, _, _ = arc(rules.turn_rate[k % track.models], dt)
        mode = track.modes[k]
        noise = mode_psd(mode, rules, track.models, k % track.models) * dt * dt * dt / 3.0
        px, py, pxx, pxy, pyy = place_at(mode, s, c, noise)
        w = track.chance[k]
        x, y = x + w * px, y + w * py
        xx, xy, yy = xx + w * (pxx + px * px), xy + w * (pxy + px * py), yy + w * (pyy + py * py)
    return x, y, xx - x * x, xy - x * y, yy - y * y


@kernel
def absorb(
    track: Record,
    plots: Records,
    sensors: Records,
    rules: Record,
    seen: Floats,
    pairs: Ints,
    belief: Floats,
    share: Floats,
    first: int,
    last: int,
    contested: float,
    scratch: Record,
) -> bool:
    """Give a track its plots, pairs first..last-1, each with the belief that it is the track's: filters, score,
    status. True where this confirms it.

    seen: the track's row; contested: the chance that its plot and another track's were exchanged.
    """
    best, taken, time = first, 0.0, track.time
    for k in range(first, last):
        taken += belief[k]
        time = max(time, plots[pairs[k, 0]].time)
        if belief[k] > belief[best]:
            best = k
    if taken < rules.prune:
        return False
    plot = plots[pairs[best, 0]]
    sensor, dt = sensors[plot.sensor], plot.time - track.time
    if taken > SURE and track.status == CONFIRMED and dt >= 0.0 and track.score > SURE_SCORE:
        for k in range(first, last):
            one = plots[pairs[k, 0]]
            if belief[k] > LEAST_BELIEF and one.kind != BEARING and one.time >= track.time:
                place_now(track, one, sensor, rules, one.time, scratch.place)
                x, y, xx, xy, yy = predicted(track, rules, one.time - track.time)
                judge(sensor, belief[k], x, y, xx, xy, yy, scratch.place)
    if not branch(track, plots, sensors, rules, pairs, belief, share, first, last, time, scratch):
        return False
    carry_vertical(track, plot, rules, dt, belief[best])
    update_vertical(track.vertical, time - max(plot.time, track.time), rules.vertical_psd, math.nan, 1.0)
    if time > track.aged:
        track.score += track.silence * (time - track.aged)
        track.aged = time
    track.time = time
    r = existence(track.score)
    r = taken + (1.0 - taken) * r
    track.score = min(rules.most_score, log_odds(r))
    collapse(track)
    if track.score >= PROVEN and not track.proven:
        track.proven = 1
        came_to(sensors[track.begun_by], track.begun_with, 1.0)
    if taken > 0.5 and plot.time > track.contact:
        track.interval += INTERVAL_GAIN * (plot.time - track.contact - track.interval)
        track.contact = plot.time
        track.hits += 1
    if belief[best] > 0.5:
        note(track, plot, sensor, seen)
    if track.status == CONFIRMED:
        note_rivalry(track, contested)
    choose_models(track, rules)
    if track.status == TENTATIVE:
        sure = track.score >= rules.confirm_score and track.hits >= rules.confirm_hits
        if sure or track.heard >= LISTENED_HITS:
            track.status = CONFIRMED
            learn_speed(sensors[track.begun_by], rules, track.state[2] ** 2 + track.state[3] ** 2)
            return True
    elif track.status == COASTING and belief[best] > 0.5:
        track.status = CONFIRMED
    return False


@kernel
def note_rivalry(track: Record, contested: float) -> None:
    """Remember how evenly matched two tracks were at worst while they were close: whoever comes out of it may be the
    other one."""
    if contested >= RIVALS:
        track.rivalry = max(track.rivalry, contested)
    elif track.rivalry > 0.0 and contested < APART:
        track.crossed, track.rivalry = max(track.crossed, track.rivalry), 0.0


@kernel
def carry_vertical(track: Record, plot: Record, rules: Record, dt: float, belief: float) -> None:
    """Carry the height to the plot's time and give it the plot's height, as sure as the plot is the track's."""
    variance = plot.height_variance / max(belief, 1e-3)
    height = plot.height if belief > 0.1 else math.nan
    update_vertical(track.vertical, dt, rules.vertical_psd, height, variance)
    if math.isfinite(plot.vh) and belief > 0.1:
        noise = plot.velocity_variance / belief
        update_climb(track.vertical, plot.vh, noise - rules.vertical_psd * min(dt, 0.0))


@kernel
def expected_interval(track: Record, sensors: Records, seen: Floats, now: float, drop_after: float) -> float:
    """How often a track ought to be heard of: the best period of the sensors that lately had it, if it keeps to it."""
    best = drop_after
    for s in range(len(sensors)):
        if now - seen[s] <= drop_after:
            best = min(best, float(sensors[s].period))
    return max(best, float(track.interval))


@kernel
def age(tracks: Records, seen: Floats, free: Ints, sensors: Records, rules: Record, counters: Ints, now: float) -> None:
    """Count the silence of every track up to `now`: coasting, loss (left in its slot), the end of tentative ones."""
    for i in range(counters[SLOTS]):
        track = tracks[i]
        if track.status == FREE or track.status == LOST:
            continue
        if now > track.aged:
            track.score += track.silence * (now - track.aged)
            track.aged = now
        silent = now - track.contact
        least = rules.lose_score
        if track.status == TENTATIVE:  # one that was never given much of a chance has it at least once
            least = min(rules.drop_score, log_odds(track.begun_with) - ONE_LOOK)
        unsure = track.status == TENTATIVE and silent > rules.give_up_after * track.interval
        if silent > rules.drop_after or track.score < least or unsure:
            if not track.proven:
                came_to(sensors[track.begun_by], track.begun_with, 0.0)
            if track.status == TENTATIVE:
                track.status = FREE
                free[counters[FREE_SLOTS]] = i
                counters[FREE_SLOTS] += 1
            else:
                track.status = LOST
            continue
        if track.status == CONFIRMED and silent > rules.coast_after * track.interval:
            usual = expected_interval(track, sensors, seen[i], now, rules.drop_after)
            if silent > rules.coast_after * usual:
                track.status = COASTING
        refresh_silence(track, sensors, rules, now)
