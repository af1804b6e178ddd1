"""How an aircraft may move: an interacting multiple model over turn rates, on packed rows (`arrays.STATE`).

Each mode flies with one turn rate, and white acceleration beside it. Blom and Bar-Shalom, IEEE T-AC 33(8), 1988; the
coordinated turn with a known rate: Bar-Shalom, Li, Kirubarajan, Estimation with Applications to Tracking and Navigation
(2001), 4.2.2 and 11.7. An aircraft keeps its turn rate for `turn_lasts` seconds on average, then takes any, with its
usual share. So the chance of a change is one number, and a mode mixes with the mean of all, not with each.
"""

import math

import numpy as np

from safeconduct.kernels.arrays import MODELS, MODES, STATE, Floats, Ints, Record, Records
from safeconduct.kernels.filters import correct
from safeconduct.kernels.jit import kernel

STRAIGHT_PSD, STRAIGHT_SHARE = 0.5, 0.05
"""Acceleration of a fast aircraft beside its turns at any speed, m²/s³; share of `turn_psd` on straight legs."""
TELLING = 4.0
"""Turning is tried where it would show: where its acceleration, over one interval, exceeds the noise so many times."""


@kernel
def arc(rate: float, dt: float) -> tuple[float, float, float, float]:
    """What a turn at `rate` does in dt seconds (of either sign): sin(a)/rate, (1 - cos(a))/rate, cos(a), sin(a)."""
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
def update(state: Floats, cross: Floats, dt: float, q: float, rate: float, place: Floats) -> None:
    """Take a position (place: x, y, xx, xy, yy) measured dt seconds from the state's time.

    dt >= 0 carries the state to the plot's time first; dt < 0 leaves the state's time alone: the state is carried back
    for the innovation, and the process noise of that stretch counts as noise of the plot (see `filters`).
    cross: (4, 2) scratch.
    """
    p = state
    s, c, cos, sin = arc(rate, dt)
    noise = 0.0
    if dt >= 0.0:
        advance(p, dt, q, s, c, cos, sin)
        s, c = 0.0, 0.0
    else:
        noise = -q * dt * dt * dt / 3.0
    x, y, xx, xy, yy = place_at(p, s, c, noise)
    cross[0, 0], cross[0, 1] = p[4] + s * p[7] - c * p[8], p[5] + c * p[7] + s * p[8]
    cross[1, 0], cross[1, 1] = p[5] + s * p[9] - c * p[10], p[6] + c * p[9] + s * p[10]
    cross[2, 0], cross[2, 1] = p[7] + s * p[11] - c * p[12], p[9] + c * p[11] + s * p[12]
    cross[3, 0], cross[3, 1] = p[8] + s * p[12] - c * p[13], p[10] + c * p[12] + s * p[13]
    correct(p, cross, place[0] - x, place[1] - y, xx + place[2], xy + place[3], yy + place[4])


@kernel
def update_bearing(
    state: Floats, dt: float, q: float, rate: float, x: float, y: float, east: float, north: float, sigma: float
) -> None:
    """Take a direction (east, north) seen from (x, y) with `sigma` radians, dt seconds from the state's time.

    One number is measured, how far the aircraft is to the left of the line; its noise grows with the distance.
    """
    p = state
    s, c, cos, sin = arc(rate, dt)
    noise = 0.0
    if dt >= 0.0:
        advance(p, dt, q, s, c, cos, sin)
        s, c = 0.0, 0.0
    else:
        noise = -q * dt * dt * dt / 3.0
    at_x, at_y, xx, xy, yy = place_at(p, s, c, noise)
    u, v = -north, east
    along, left = (at_x - x) * east + (at_y - y) * north, (at_x - x) * u + (at_y - y) * v
    own = max(along, 1.0) * sigma
    spread = u * u * xx + 2.0 * u * v * xy + v * v * yy + own * own
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
def mode_psd(state: Floats, rules: Record, models: int, model: int) -> float:
    """Spectral density q (m²/s³) of the acceleration beside the turn.

    Where turning is tried, what is left of it grows with the square of the speed, least for the mode that flies
    straight; where it is not, all of it is in the one number.
    """
    square = float(state[2] * state[2] + state[3] * state[3])
    if models == 1:
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
    """Let the turn rate of one history change in dt seconds.

    modes: (MODELS, STATE); chance: (MODELS,); mean: (STATE,) scratch.
    """
    stays = math.exp(-abs(dt) / rules.turn_lasts)
    total = gather(modes, chance, mean)
    for m in range(MODELS):
        own, new = stays * chance[m], (1.0 - stays) * rules.usual[m] * total
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
def choose_models(track: Record, rules: Record) -> None:
    """Whether turning is tried on this track: a turn that would not show in one interval is noise, and left at that."""
    state = track.state
    fastest = rules.turn_rate[MODELS - 1]
    telling = (state[2] * state[2] + state[3] * state[3]) * fastest * fastest * max(1.0, track.interval)
    if track.models == 1 and telling > 1.5 * TELLING * rules.acceleration_psd:
        try_turning(track, rules)
    elif track.models > 1 and telling < TELLING * rules.acceleration_psd:
        for b in range(track.histories):
            first = b * MODELS
            total = track.chance[first]
            for m in range(1, MODELS):
                blend(track.modes[first], total, track.modes[first + m], track.chance[first + m])
                total += track.chance[first + m]
            for k in range(STATE):
                track.modes[b, k] = track.modes[first, k]
            track.chance[b] = total
        track.models = 1


@kernel
def try_turning(track: Record, rules: Record) -> None:
    """From one model of motion to all of them; the likeliest histories stay, for which there is room."""
    kept = min(track.histories, MODES // MODELS)
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
        for m in range(MODELS - 1, -1, -1):
            for k in range(STATE):
                track.modes[b * MODELS + m, k] = track.modes[b, k]
            track.chance[b * MODELS + m] = whole * rules.usual[m]
    track.histories, track.models = kept, MODELS


@kernel
def states_at(tracks: Records, slots: Ints, time: float, rules: Record, scratch: Record) -> Floats:
    """The states (slots, STATE) of some tracks carried to `time`, turning as they may be; a track that was fed with
    later plots than that is carried back without becoming surer."""
    states = np.empty((len(slots), STATE))
    for n in range(len(slots)):
        track = tracks[slots[n]]
        dt, total = time - track.time, 0.0
        for k in range(track.histories * track.models):
            if not track.chance[k] > 0.0:
                continue
            new, model = scratch.new[0], k % track.models
            for c in range(STATE):
                new[c] = track.modes[k, c]
            s, a, cos, sin = arc(rules.turn_rate[model], dt)
            if dt >= 0.0:
                advance(new, dt, mode_psd(new, rules, track.models, model), s, a, cos, sin)
            else:
                new[0], new[1] = new[0] + s * new[2] - a * new[3], new[1] + a * new[2] + s * new[3]
                new[2], new[3] = cos * new[2] - sin * new[3], sin * new[2] + cos * new[3]
            if total == 0.0:
                for c in range(STATE):
                    states[n, c] = new[c]
            else:
                blend(states[n], total, new, track.chance[k])
            total += track.chance[k]
    return states
