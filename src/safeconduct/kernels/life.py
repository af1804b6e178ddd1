"""The life of a track: begun by a plot, fed by plots, aged by silence, ended."""

import math

import numpy as np

from safeconduct.kernels.arrays import (
    BEARING,
    COASTING,
    CONFIRMED,
    FREE,
    FREE_SLOTS,
    LOST,
    NEXT_NUMBER,
    SLOTS,
    STATE,
    TENTATIVE,
    Floats,
    Ints,
    Record,
    Records,
)
from safeconduct.kernels.branching import branch, place_now
from safeconduct.kernels.clutter import unevenness
from safeconduct.kernels.filters import height_at
from safeconduct.kernels.heights import begin_height, carry_height, take_climb, take_height
from safeconduct.kernels.hypotheses import foresee, is_small
from safeconduct.kernels.jit import kernel
from safeconduct.kernels.motion import choose_models, collapse
from safeconduct.kernels.noise import judge
from safeconduct.kernels.scoring import came_to, existence, find_keenness, learn_speed, log_odds, newness, silence_rate
from safeconduct.kernels.settling import exchanged, surest

PROVEN = 7.0
"""Log-odds at which a track has shown that it is an aircraft, whatever becomes of it."""
SURE, SURE_SCORE, LEAST_BELIEF = 0.8, 4.0, 0.02
"""A plot is judged where it is so surely of a track that is so surely there."""
SEEN = 0.6
"""A sensor has seen a track where its plots, whichever they were, are so surely the track's."""
RIVALS, APART = 0.1, 0.02
"""Two tracks compete from this chance of an exchange on, and have come apart again below that one."""
LISTENED_HITS = 2
"""Plots of receivers that confirm a track: they have no clutter, and one alone may be a garbled message."""
ONE_LOOK = 1.05
"""A tentative track is waited for so many looks, however little it was believed in at first."""
LEAST_SHARE = 0.1
"""A plot less likely a track's own says nothing of its height."""
INTERVAL_GAIN = 0.2
"""Share of the newest interval in the smoothed time between contacts."""


@kernel
def is_sure(track: Record) -> bool:
    """Whether there surely is an aircraft, so that what becomes of plots tells of the sensor."""
    return bool(track.status == CONFIRMED and track.score > SURE_SCORE)


@kernel
def refresh_silence(track: Record, sensors: Records, rules: Record, now: float) -> None:
    """Recompute what silence costs a track where it now is."""
    state, dt = track.state, now - track.time
    height, _ = height_at(track.vertical, dt, rules.vertical_psd)
    if math.isnan(height):
        known = math.isfinite(track.pressure)
        height = track.pressure + rules.pressure_offset if known else rules.assumed_height
    x, y = state[0] + dt * state[2], state[1] + dt * state[3]
    sure = is_sure(track)
    looked_s = max(0.0, now - track.looked) if sure and math.isfinite(track.looked) else 0.0
    track.looked = now if sure else math.nan
    track.silence = silence_rate(sensors, now, x, y, height, is_small(track, rules), rules.earth_radius, looked_s)


@kernel
def note(track: Record, plot: Record, sensor: Record) -> None:
    """Remember what a plot says beside its measurements."""
    track.heard += sensor.listens
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
def begin(track: Record, plot: Record, sensors: Records, rules: Record, seen: Floats, free: float) -> None:
    """A tentative track from one plot, which is no other track's with the chance `free`. Unmeasured velocity is zero
    with a starting variance: drones and aeroplanes differ tenfold in speed, so there is a history for either."""
    state = track.state
    for k in range(STATE):
        state[k] = 0.0
    state[0], state[1] = plot.place[0], plot.place[1]
    state[4], state[5], state[6] = plot.place[2], plot.place[3], plot.place[4]
    state[11] = state[13] = rules.start_speed_variance
    if math.isfinite(plot.vx):
        state[2], state[3] = plot.vx, plot.vy
        state[11] = state[13] = plot.velocity_variance
    begin_height(track, plot.height, plot.height_variance, plot.vh, plot.velocity_variance, rules.start_climb_variance)
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
    track.number, track.status = plot.number, TENTATIVE
    track.time = track.contact = track.first_time = track.aged = plot.time
    track.looked = math.nan
    track.proven = track.twin = track.joined = 0
    track.rivalry = track.crossed = 0.0
    uneven = unevenness(sensor, state[0], state[1])
    track.begun_by, track.begun_with = plot.sensor, existence(log_odds(newness(sensor)) - math.log(uneven))
    track.score = 0.0 if sensor.listens else log_odds(free * track.begun_with)
    track.hits, track.heard = 1, 0
    track.interval = sensor.period
    track.address[0] = track.address[1] = 0
    track.pressure = math.nan
    for s in range(len(seen)):
        seen[s] = -math.inf
    seen[plot.sensor] = plot.time
    note(track, plot, sensor)
    refresh_silence(track, sensors, rules, plot.time)


@kernel
def predicted(track: Record, rules: Record, dt: float, places: Floats, place: Floats) -> None:
    """Where a track will be in dt seconds, with all that it may be doing, written to `place` (PLACE,).

    places: (MODES, PLACE) scratch.
    """
    foresee(track, rules, dt, places)
    place[:] = 0.0
    for k in range(track.histories * track.models):
        w, at = track.chance[k], places[k]
        place[0] += w * at[0]
        place[1] += w * at[1]
        place[2] += w * (at[2] + at[0] * at[0])
        place[3] += w * (at[3] + at[0] * at[1])
        place[4] += w * (at[4] + at[1] * at[1])
    place[2] -= place[0] * place[0]
    place[3] -= place[0] * place[1]
    place[4] -= place[1] * place[1]


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
    best, taken = surest(belief, first, last)
    if taken < rules.prune:
        return False
    time = track.time
    for k in range(first, last):
        time = max(time, plots[pairs[k, 0]].time)
    plot = plots[pairs[best, 0]]
    sensor, dt = sensors[plot.sensor], plot.time - track.time
    if taken > SURE and dt >= 0.0 and is_sure(track):
        for k in range(first, last):
            one = plots[pairs[k, 0]]
            if belief[k] > LEAST_BELIEF and one.kind != BEARING and one.time >= track.time:
                place_now(track, one, sensor, rules, one.time, scratch.place)
                predicted(track, rules, one.time - track.time, scratch.places, scratch.ahead)
                judge(sensor, belief[k], scratch.ahead, scratch.place)
    if math.isfinite(track.looked):
        sensor.given += taken
    if not branch(track, plots, sensors, rules, pairs, belief, share, first, last, time, scratch):
        return False
    give_height(track, plot, rules, dt, belief[best])
    carry_height(track, time - max(plot.time, track.time), rules.vertical_psd, rules.climb_lasts)
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
    if taken > SEEN:
        seen[plot.sensor] = max(seen[plot.sensor], plot.time)
    if belief[best] > 0.5:
        note(track, plot, sensor)
    if track.status == CONFIRMED:
        note_rivalry(track, contested)
    choose_models(track, rules, scratch)
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
def give_height(track: Record, plot: Record, rules: Record, dt: float, belief: float) -> None:
    """Carry the height to the plot's time and give it the plot's height, as sure as the plot is the track's."""
    back, q = min(dt, 0.0), rules.vertical_psd
    carry_height(track, max(dt, 0.0), q, rules.climb_lasts)
    if belief > LEAST_SHARE:
        take_height(track, back, q, plot.height, plot.height_variance / belief)
        take_climb(track, plot.vh, plot.velocity_variance / belief - q * back)


@kernel
def expected_interval(track: Record, sensors: Records, seen: Floats, now: float, drop_after: float) -> float:
    """How often a track ought to be heard of: the best period of the sensors that lately had it, if it keeps to it."""
    best = drop_after
    for s in range(len(sensors)):
        if now - seen[s] <= drop_after:
            best = min(best, float(sensors[s].period))
    return max(best, float(track.interval))


@kernel
def age(
    tracks: Records, seen: Floats, free: Ints, sensors: Records, settings: Records, counters: Ints, now: float
) -> None:
    """Count the silence of every track up to `now`: coasting, loss (left in its slot), the end of tentative ones."""
    rules = settings[0]
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
            least = min(rules.drop_score, log_odds(track.begun_with) + ONE_LOOK * track.silence * track.interval)
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
    find_keenness(sensors)


@kernel
def give(
    tracks: Records,
    seen: Floats,
    plots: Records,
    sensors: Records,
    settings: Records,
    pairs: Ints,
    starts: Ints,
    belief: Floats,
    alone: Floats,
    share: Floats,
    scratch: Records,
    assigned: Ints,
) -> tuple[Floats, Ints]:
    """Give all tracks what is theirs of one group of plots.

    assigned: (plots,) out: number of the track that each plot is most likely of, 0 where no pair has it.

    Returns:
        (plots,) greatest belief of a pair of each plot; numbers newly confirmed.
    """
    rules = settings[0]
    most, confirmed, count = np.zeros(len(plots)), np.empty(len(starts) - 1, np.int64), 0
    for c in range(len(starts) - 1):
        first, last = starts[c], starts[c + 1]
        i = pairs[first, 1]
        track, contested = tracks[i], 0.0
        for k in range(first, last):
            p = pairs[k, 0]
            if belief[k] > most[p]:
                most[p], assigned[p] = belief[k], track.number
        if track.status == CONFIRMED:
            contested = exchanged(pairs, belief, alone, first, last)
        if absorb(track, plots, sensors, rules, seen[i], pairs, belief, share, first, last, contested, scratch[0]):
            confirmed[count] = track.number
            count += 1
    return most, confirmed[:count]


@kernel
def begin_tracks(
    tracks: Records,
    seen: Floats,
    free: Ints,
    counters: Ints,
    plots: Records,
    sensors: Records,
    settings: Records,
    alone: Floats,
    most: Floats,
    assigned: Ints,
) -> Ints:
    """Begin a track with each plot that is likely no other's; their slots. There must be room for them.

    most, assigned: what `give` returned; where no other track has a greater share, the plot is the new one's.
    """
    rules = settings[0]
    begun, count = np.empty(len(plots), np.int64), 0
    for p in range(len(plots)):
        if alone[p] < rules.birth:
            continue
        i = free_slot(free, counters)
        if plots[p].number == 0:
            plots[p].number = counters[NEXT_NUMBER]
            counters[NEXT_NUMBER] += 1
        begin(tracks[i], plots[p], sensors, rules, seen[i], alone[p])
        if alone[p] >= most[p]:
            assigned[p] = tracks[i].number
        begun[count] = i
        count += 1
    return begun[:count]
