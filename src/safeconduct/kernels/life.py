"""The life of a track: begun by a plot, fed by plots, aged by silence, ended."""

import math

from safeconduct.kernels.arrays import (
    COASTING,
    CONFIRMED,
    FREE,
    FREE_SLOTS,
    LOST,
    SLOTS,
    STATE,
    TENTATIVE,
    Floats,
    Ints,
    Record,
    Records,
)
from safeconduct.kernels.filters import (
    distance2,
    height_at,
    manoeuvre_psd,
    position_at,
    update_climb,
    update_position,
    update_velocity,
    update_vertical,
)
from safeconduct.kernels.hypotheses import place_for, same_address, stretched
from safeconduct.kernels.jit import kernel
from safeconduct.kernels.scoring import silence_rate

LISTENED_HITS = 2
"""Plots of receivers that confirm a track: they have no clutter, and one alone may be a garbled message."""
INTERVAL_GAIN = 0.2
"""Share of the newest interval in the smoothed time between contacts."""


@kernel
def refresh_silence(track: Record, sensors: Records, rules: Record, now: float) -> None:
    """Recompute what silence costs a track where it now is."""
    state, dt = track.state, now - track.time
    height, _ = height_at(track.vertical, dt, rules.vertical_psd)
    if math.isnan(height):
        height = rules.assumed_height if math.isnan(track.pressure) else track.pressure
    small = math.hypot(state[2], state[3]) < rules.small_speed
    x, y = state[0] + dt * state[2], state[1] + dt * state[3]
    track.silence = silence_rate(sensors, now, x, y, height, small, rules.earth_radius)


@kernel
def note(track: Record, plot: Record, sensor: Record, seen: Floats) -> None:
    """Remember what a plot says beside its measurements, and that its sensor has seen the track (seen: its row)."""
    track.hits += 1
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
def begin(track: Record, plot: Record, sensors: Records, rules: Record, seen: Floats, number: int) -> None:
    """A tentative track from one plot. Unmeasured velocity is zero with the starting variance."""
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
    sensor = sensors[plot.sensor]
    track.number, track.status = number, TENTATIVE
    track.time = track.first_time = track.aged = plot.time
    track.score = 0.0 if sensor.listens else rules.start_score
    track.hits = track.heard = 0
    track.interval = sensor.period
    track.address[0] = track.address[1] = 0
    track.pressure = math.nan
    for s in range(len(seen)):
        seen[s] = -math.inf
    note(track, plot, sensor, seen)
    refresh_silence(track, sensors, rules, plot.time)


@kernel
def loosen(state: Floats, place: Floats, dt: float, q: float, gate: float) -> None:
    """Widen the covariance in `place` so that a plot beyond the gate, taken for its address, lies on the gate."""
    x, y, xx, xy, yy = position_at(state, dt, q)
    xx, xy, yy = xx + place[2], xy + place[3], yy + place[4]
    square, _ = distance2(place[0] - x, place[1] - y, xx, xy, yy)
    more = stretched(square, gate) - 1.0
    place[2] += more * xx
    place[3] += more * xy
    place[4] += more * yy


@kernel
def take(
    track: Record,
    plot: Record,
    sensor: Record,
    rules: Record,
    seen: Floats,
    gain: float,
    place: Floats,
    cross: Floats,
) -> bool:
    """Give a plot to a track: filters, score (raised by `gain`), status. True where this confirms it.

    seen: the track's row; place (PLACE,), cross (4, 2): scratch.
    """
    dt, q = plot.time - track.time, manoeuvre_psd(track.state, rules.acceleration_psd, rules.turn_psd)
    known, variance = height_at(track.vertical, dt, rules.vertical_psd)
    place_for(track, plot, sensor, rules, known, variance, place)
    if same_address(track, plot) > 0:
        loosen(track.state, place, dt, q, rules.gate)
    update_position(track.state, cross, dt, q, place)
    update_vertical(track.vertical, dt, rules.vertical_psd, plot.height, plot.height_variance)
    if math.isfinite(plot.vx):
        back, noise = min(dt, 0.0), plot.velocity_variance
        update_velocity(track.state, cross, back, q, plot.vx, plot.vy, noise)
        update_climb(track.vertical, plot.vh, noise - rules.vertical_psd * back)
    if dt > 0.0:
        track.interval += INTERVAL_GAIN * (dt - track.interval)
        track.time = plot.time
    if plot.time > track.aged:
        track.score += track.silence * (plot.time - track.aged)
        track.aged = plot.time
    track.score = min(rules.most_score, track.score + gain)
    note(track, plot, sensor, seen)
    if track.status == TENTATIVE:
        if track.score >= rules.confirm_score or track.heard >= LISTENED_HITS:
            track.status = CONFIRMED
            return True
    elif track.status == COASTING:
        track.status = CONFIRMED
    return False


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
        silent = now - track.time
        least = rules.drop_score if track.status == TENTATIVE else rules.lose_score
        if silent > rules.drop_after or track.score < least:
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
