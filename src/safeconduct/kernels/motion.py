"""How an aircraft may move: an interacting multiple model, on packed rows (`arrays.STATE`).

Each mode flies with one turn rate, or stands still, with white acceleration beside it. Blom and Bar-Shalom, IEEE T-AC
33(8), 1988; the coordinated turn with a known rate: Bar-Shalom, Li, Kirubarajan, Estimation with Applications to
Tracking and Navigation (2001), 4.2.2 and 11.7. An aircraft moves in one way for `turn_lasts` seconds on average, then
in any, with its usual share. So the chance of a change is one number, and a mode mixes with the mean of all, not with
each.
"""

import math

import numpy as np

from safeconduct.kernels.arrays import CONFIRMED, MODELS, MODES, STANDING, STATE, Floats, Ints, Record, Records
from safeconduct.kernels.filters import correct, spread_along
from safeconduct.kernels.jit import kernel

STRAIGHT_PSD, STRAIGHT_SHARE = 0.5, 0.05
"""Acceleration of a fast aircraft beside its turns at any speed, m²/s³; share of `turn_psd` on straight legs."""
STILL_MPS, STANDING_SHARE, STANDING_PSD = 3.0, 0.3, 0.5
"""Standing still is tried below this speed; how much of their time slow aircraft stand; and how they drift, m²/s³: from
one interval to the next as if pushed off anew."""
TELLING = 4.0
"""Turning is tried where it would show: where its acceleration, over one interval, exceeds the noise so many times."""


@kernel
def arc(rate: float, dt: float) -> tuple[float, float, float, float]:
    """What a turn at `rate` does in dt seconds (of either sign): sin(a)/rate, (1 - cos(a))/rate, cos(a), sin(a).

    A rate of NaN is no motion at all: what speed there was is gone.
    """
    if math.isnan(rate):
        return 0.0, 0.0, 0.0, 0.0
    angle = rate * dt
    if rate == 0.0:
        return dt, 0.0, 1.0, 0.0
    cos, sin = math.cos(angle), math.sin(angle)
    return sin / rate, (1.0 - cos) / rate, cos, sin


@kernel
def place_at(state: Floats, s: float, c: float, noise: float) -> tuple[float, float, float, float, float]:
    """Position x, y and its covariance xx, xy, yy after an arc (s, c); `noise` is added to both variances."""
    p = state
    a, b = s * p[11] - c * p[12], s * p[12] - c * p[13]
    d, e = c * p[11] + s * p[12], c * p[12] + s * p[13]
    return (
        p[0] + s * p[2] - c * p[3],
        p[1] + c * p[2] + s * p[3],
        p[4] + 2.0 * (s * p[7] - c * p[8]) + a * s - b * c + noise,
        p[5] + s * p[9] - c * p[10] + c * p[7] + s * p[8] + a * c + b * s,
        p[6] + 2.0 * (c * p[9] + s * p[10]) + d * c + e * s + noise,
    )


@kernel
def advance(state: Floats, dt: float, q: float, s: float, c: float, cos: float, sin: float) -> None:
    """Carry a state forward by an arc of dt >= 0 s, in place."""
    p, noise = state, q * dt
    a, b = s * p[11] - c * p[12], s * p[12] - c * p[13]
    d, e = c * p[11] + s * p[12], c * p[12] + s * p[13]
    x, y, xx, xy, yy = place_at(p, s, c, noise * dt * dt / 3.0)
    g, h, k, m = p[7] + a, p[8] + b, p[9] + d, p[10] + e
    p[0], p[1], p[4], p[5], p[6] = x, y, xx, xy, yy
    p[2], p[3] = cos * p[2] - sin * p[3], sin * p[2] + cos * p[3]
    half = 0.5 * noise * dt
    p[7], p[8] = g * cos - h * sin + half, g * sin + h * cos
    p[9], p[10] = k * cos - m * sin, k * sin + m * cos + half
    vv, vw, ww = p[11], p[12], p[13]
    p[11] = cos * cos * vv - 2.0 * cos * sin * vw + sin * sin * ww + noise
    p[12] = cos * sin * (vv - ww) + (cos * cos - sin * sin) * vw
    p[13] = sin * sin * vv + 2.0 * cos * sin * vw + cos * cos * ww + noise


@kernel
def fly(state: Floats, dt: float, q: float, rate: float) -> None:
    """Carry a state forward by dt >= 0 s at one turn rate, in place."""
    s, c, cos, sin = arc(rate, dt)
    advance(state, dt, q, s, c, cos, sin)


@kernel
def meet(state: Floats, dt: float, q: float, rate: float) -> tuple[float, float, float]:
    """Go to the time of a plot dt seconds away: s, c of the arc and the noise with which `place_at` says where it is.

    dt >= 0 carries the state there; dt < 0 leaves the state's time alone: it is carried back for the innovation only,
    and the process noise of that stretch counts as noise of the plot (see `filters`).
    """
    if dt >= 0.0:
        fly(state, dt, q, rate)
        return 0.0, 0.0, 0.0
    s, c, _, _ = arc(rate, dt)
    return s, c, -q * dt * dt * dt / 3.0


@kernel
def update(state: Floats, cross: Floats, dt: float, q: float, rate: float, place: Floats) -> None:
    """Take a position (place: x, y, xx, xy, yy) measured dt seconds from the state's time. cross: (4, 2) scratch."""
    p = state
    s, c, noise = meet(p, dt, q, rate)
    x, y, xx, xy, yy = place_at(p, s, c, noise)
    cross[0, 0], cross[0, 1] = p[4] + s * p[7] - c * p[8], p[5] + c * p[7] + s * p[8]
    cross[1, 0], cross[1, 1] = p[5] + s * p[9] - c * p[10], p[6] + c * p[9] + s * p[10]
    cross[2, 0], cross[2, 1] = p[7] + s * p[11] - c * p[12], p[9] + c * p[11] + s * p[12]
    cross[3, 0], cross[3, 1] = p[8] + s * p[12] - c * p[13], p[10] + c * p[12] + s * p[13]
    correct(p, cross, place[0] - x, place[1] - y, xx + place[2], xy + place[3], yy + place[4])


@kernel
def off_line(
    plot: Record, sensor: Record, x: float, y: float, xx: float, xy: float, yy: float
) -> tuple[float, float, float]:
    """A place against a bearing: how far along it the place lies, how far to its left, and the variance of the latter,
    the bearing's own noise included."""
    dx, dy = x - sensor.x, y - sensor.y
    along, left = dx * plot.east + dy * plot.north, dy * plot.east - dx * plot.north
    own = max(along, 1.0) * sensor.sigma_azimuth
    return along, left, spread_along(-plot.north, plot.east, xx, xy, yy) + own * own


@kernel
def update_bearing(state: Floats, dt: float, q: float, rate: float, plot: Record, sensor: Record) -> None:
    """Take a direction, dt seconds from the state's time.

    One number is measured, how far the aircraft is to the left of the line; its noise grows with the distance.
    """
    p = state
    s, c, noise = meet(p, dt, q, rate)
    x, y, xx, xy, yy = place_at(p, s, c, noise)
    _, left, spread = off_line(plot, sensor, x, y, xx, xy, yy)
    u, v = -plot.north, plot.east
    a, b = s * u + c * v, s * v - c * u  # of the velocity: the arc turned onto the normal
    gain_x, gain_y = p[4] * u + p[5] * v + p[7] * a + p[8] * b, p[5] * u + p[6] * v + p[9] * a + p[10] * b
    gain_u, gain_v = p[7] * u + p[9] * v + p[11] * a + p[12] * b, p[8] * u + p[10] * v + p[12] * a + p[13] * b
    off = -left / spread
    p[0], p[1], p[2], p[3] = p[0] + gain_x * off, p[1] + gain_y * off, p[2] + gain_u * off, p[3] + gain_v * off
    p[4] -= gain_x * gain_x / spread
    p[5] -= gain_x * gain_y / spread
    p[6] -= gain_y * gain_y / spread
    p[7] -= gain_x * gain_u / spread
    p[8] -= gain_x * gain_v / spread
    p[9] -= gain_y * gain_u / spread
    p[10] -= gain_y * gain_v / spread
    p[11] -= gain_u * gain_u / spread
    p[12] -= gain_u * gain_v / spread
    p[13] -= gain_v * gain_v / spread


@kernel
def rate_of(rules: Record, models: int, model: int) -> float:
    """Turn rate of a mode, rad/s; NaN where it stands still."""
    if models == STANDING and model == 1:
        return math.nan
    return float(rules.turn_rate[model])


@kernel
def share_of(rules: Record, models: int, model: int) -> float:
    """The share that a way to move has of all that are tried."""
    if models == STANDING:
        return STANDING_SHARE if model == 1 else 1.0 - STANDING_SHARE
    return float(rules.turn_share[model])


@kernel
def mode_psd(state: Floats, rules: Record, models: int, model: int) -> float:
    """Spectral density q (m²/s³) of the acceleration beside the turn.

    Where turning is tried, what is left of it grows with the square of the speed, least for the mode that flies
    straight; where it is not, all of it is in the one number.
    """
    square = float(state[2] * state[2] + state[3] * state[3])
    if models == STANDING and model == 1:
        return STANDING_PSD
    if models < MODELS:
        return float(rules.acceleration_psd + rules.slow_turn_psd * square)
    return STRAIGHT_PSD + float(rules.turn_psd) * (STRAIGHT_SHARE if model == 0 else 1.0) * square


@kernel
def blend(into: Floats, have: float, other: Floats, more: float) -> None:
    """Two Gaussians of weights `have` and `more` in one of the same mean and covariance, in place of the first."""
    total = have + more
    if total <= 0.0:
        return
    b = more / total
    a = 1.0 - b
    x, y, u, v = other[0] - into[0], other[1] - into[1], other[2] - into[2], other[3] - into[3]
    for k in range(STATE):
        into[k] = a * into[k] + b * other[k]
    ab = a * b
    into[4] += ab * x * x
    into[5] += ab * x * y
    into[6] += ab * y * y
    into[7] += ab * x * u
    into[8] += ab * x * v
    into[9] += ab * y * u
    into[10] += ab * y * v
    into[11] += ab * u * u
    into[12] += ab * u * v
    into[13] += ab * v * v


@kernel
def mix(modes: Floats, chance: Floats, rules: Record, dt: float, mean: Floats) -> None:
    """Let the way to move of one history change in dt seconds.

    modes: (models, STATE); chance: (models,); mean: (STATE,) scratch.
    """
    stays = math.exp(-abs(dt) / rules.turn_lasts)
    total = gather(modes, chance, mean)
    for m in range(len(chance)):
        own, new = stays * chance[m], (1.0 - stays) * share_of(rules, len(chance), m) * total
        blend(modes[m], own, mean, new)
        chance[m] = own + new


@kernel
def gather(modes: Floats, chance: Floats, mean: Floats) -> float:
    """The mean and covariance of some modes, written to `mean`; the sum of their chances."""
    total = 0.0
    for m in range(len(modes)):
        if m == 0:
            for k in range(STATE):
                mean[k] = modes[0, k]
        elif chance[m] > 0.0:
            blend(mean, total, modes[m], chance[m])
        total += chance[m]
    return total


@kernel
def collapse(track: Record) -> None:
    """All modes of a track in its one state."""
    used = track.histories * track.models
    gather(track.modes[:used], track.chance[:used], track.state)


@kernel
def choose_models(track: Record, rules: Record, scratch: Record) -> None:
    """Which ways to move are tried on this track: turning where it would show in one interval (else it is noise, and
    left at that), standing still where a confirmed track hardly moves."""
    state = track.state
    square = float(state[2] * state[2] + state[3] * state[3])
    fastest = float(rules.turn_rate[MODELS - 1])
    telling = square * fastest * fastest * max(1.0, track.interval) / rules.acceleration_psd
    still = 2.0 * STILL_MPS if track.models == STANDING else STILL_MPS
    models = 1
    if telling > (TELLING if track.models == MODELS else 1.5 * TELLING):
        models = MODELS
    elif square < still * still and track.status == CONFIRMED:
        models = STANDING
    if models == track.models:
        return
    if track.models > 1:
        join_models(track, scratch)
    if models > 1:
        try_models(track, rules, models)


@kernel
def join_models(track: Record, scratch: Record) -> None:
    """From several ways to move to one."""
    models, mean = track.models, scratch.mean
    for b in range(track.histories):
        block = b * models
        track.chance[b] = gather(track.modes[block : block + models], track.chance[block : block + models], mean)
        for k in range(STATE):
            track.modes[b, k] = mean[k]
    track.models = 1


@kernel
def try_models(track: Record, rules: Record, models: int) -> None:
    """From one way to move to several; the likeliest histories stay, for which there is room."""
    kept = min(track.histories, MODES // models)
    total = 0.0
    for b in range(kept):
        for other in range(b + 1, track.histories):
            if track.chance[other] > track.chance[b]:
                track.chance[b], track.chance[other] = track.chance[other], track.chance[b]
                for k in range(STATE):
                    track.modes[b, k], track.modes[other, k] = track.modes[other, k], track.modes[b, k]
        total += track.chance[b]
    for b in range(kept - 1, -1, -1):
        whole = track.chance[b] / total
        for m in range(models - 1, -1, -1):
            for k in range(STATE):
                track.modes[b * models + m, k] = track.modes[b, k]
            track.chance[b * models + m] = whole * share_of(rules, models, m)
    track.histories, track.models = kept, models


@kernel
def states_at(tracks: Records, slots: Ints, time: float, settings: Records, scratches: Records) -> Floats:
    """The states (slots, STATE) of some tracks carried to `time`, moving as they may; a track that was fed with later
    plots than that is carried back without becoming surer."""
    rules, scratch = settings[0], scratches[0]
    states = np.empty((len(slots), STATE))
    for n in range(len(slots)):
        track = tracks[slots[n]]
        dt, used = time - track.time, track.histories * track.models
        for k in range(used):
            new, model = scratch.modes[k], k % track.models
            for c in range(STATE):
                new[c] = track.modes[k, c]
            rate = rate_of(rules, track.models, model)
            if dt >= 0.0:
                fly(new, dt, mode_psd(new, rules, track.models, model), rate)
            else:
                s, a, cos, sin = arc(rate, dt)
                new[0], new[1] = new[0] + s * new[2] - a * new[3], new[1] + a * new[2] + s * new[3]
                new[2], new[3] = cos * new[2] - sin * new[3], sin * new[2] + cos * new[3]
        gather(scratch.modes[:used], track.chance[:used], states[n])
    return states
