"""One plot against one track: where the plot then lies, and what the pair is worth."""

import math

import numpy as np

from safeconduct.kernels.arrays import BEARING, MODELS, PLACE, POLAR, Floats, Record, Records
from safeconduct.kernels.clutter import unevenness
from safeconduct.kernels.filters import distance2, height_at
from safeconduct.kernels.geodesy import ground_distance, plane_from_ground
from safeconduct.kernels.jit import kernel
from safeconduct.kernels.motion import arc, mode_psd, off_line, place_at, rate_of
from safeconduct.kernels.noise import rescale
from safeconduct.kernels.scoring import density, detection_at, existence, gain, log_gauss1, log_gauss2

LOWEST_GROUND = -500.0
"""No aircraft is below the Dead Sea: bounds the low end of an assumed height, m."""
STEEPEST = 5.0
"""Bound of slant over ground range, where a plot close above the antenna loses its place."""
LEAST_DETECTION = 0.05
"""A sensor that reaches farther than declared has, where it does, this chance of a plot."""
SAME_LOOK = 0.4
"""Two plots of one measuring sensor closer in time than this share of its period are of one look: two aircraft."""
STALE = 1.6
"""How old a repeated position may be, in intervals between reports."""
NEVER = 0.0
"""Odds of a pair that is not to be (every allowed pair has more)."""
GATE_TURN_PSD = 0.002
"""Growth of the gate's acceleration noise with the square of the speed, rad²/s, where turning is tried."""
TINY = 1e-280
LN_2PI = math.log(2.0 * math.pi)
NEAREST_M = 50.0
"""A direction to something nearer than this says nothing of where it is."""
LEAST_FALSE_BEARINGS = 0.1
"""Directions to something else than aircraft, per look around, that a sensor has at least."""
LEAST_GAIN, MOST_GAIN = -0.5, 16.0
"""A plot that speaks so much against a track is none of it; and no plot is surer than this: the messages of
`belief.marginals` are differences, which must not lose their digits."""


@kernel
def project(plot: Record, sensor: Record, rules: Record, height: float, sigma: float, place: Floats) -> None:
    """Position and covariance of a polar plot at a height known to `sigma` (m), written to `place` (PLACE,).

    The range along the ground is the mean of those at one sigma above and below, half their difference one sigma:
    a two-point unscented transform, which still holds near the antenna, where the derivative at the mean does not.
    """
    slant, site, radius = plot.distance, sensor.height, rules.earth_radius
    far = ground_distance(slant, site, max(height - sigma, LOWEST_GROUND), radius)
    near = ground_distance(slant, site, height + sigma, radius)
    ground = 0.5 * (near + far)
    east, north = plot.east, plot.north
    place[0], place[1] = plane_from_ground(sensor.x, sensor.y, east, north, ground, radius)
    slope = min(slant / max(ground, 1e-3), STEEPEST)
    along = (sensor.sigma_range * slope) ** 2 + (0.5 * (far - near)) ** 2
    across = (max(ground, sensor.sigma_range) * sensor.sigma_azimuth) ** 2
    place[2] = along * east * east + across * north * north
    place[3] = (along - across) * east * north
    place[4] = along * north * north + across * east * east


@kernel
def best_height(plot: Record, rules: Record, known: float, variance: float, pressure: float) -> tuple[float, float]:
    """The most certain height for a plot, and its sigma (m): its own, the track's, a pressure altitude, or assumed.

    known, variance: the track's filtered height at the plot's time, NaN for none. The pressure altitude stands in
    with an uncertainty that covers its offset; it only corrects the slant range and never enters the height filter.
    """
    height, sigma = rules.assumed_height, rules.assumed_height_sigma
    if math.isfinite(pressure) and rules.pressure_sigma < sigma:
        height, sigma = pressure + rules.pressure_offset, rules.pressure_sigma
    if math.isfinite(plot.height) and math.sqrt(plot.height_variance) < sigma:
        height, sigma = plot.height, math.sqrt(plot.height_variance)
    if math.isfinite(known) and math.sqrt(variance) < sigma:
        height, sigma = known, math.sqrt(variance)
    return height, sigma


@kernel
def place_for(
    track: Record, plot: Record, sensor: Record, rules: Record, known: float, variance: float, place: Floats
) -> None:
    """Where a plot lies if it is of this track, whose height at that time is `known`; written to `place` (PLACE,)."""
    if plot.kind == POLAR:
        height, sigma = best_height(plot, rules, known, variance, track.pressure)
        project(plot, sensor, rules, height, sigma, place)
        rescale(place, sensor)
    else:
        for k in range(PLACE):
            place[k] = plot.place[k]


@kernel
def place_polar(plots: Records, sensors: Records, settings: Records) -> None:
    """Fill in the place of every polar plot, at its own or the assumed height."""
    rules, place = settings[0], np.empty(PLACE)
    for p in range(len(plots)):
        plot = plots[p]
        if plot.kind == POLAR:
            height, sigma = best_height(plot, rules, math.nan, math.nan, plot.pressure)
            project(plot, sensors[plot.sensor], rules, height, sigma, place)
            for k in range(PLACE):
                plot.place[k] = place[k]


@kernel
def same_address(track: Record, plot: Record) -> int:
    """1 where plot and track (or two tracks) claim one address, -1 where they claim two of one kind, else 0."""
    same = 0
    for kind in range(2):
        ours, theirs = track.address[kind], plot.address[kind]
        if ours and theirs:
            if ours != theirs:
                return -1
            same = 1
    return same


@kernel
def could_have_flown(state: Floats, dt: float, dx: float, dy: float) -> bool:
    """Whether a plot (dx, dy) off the prediction is one that the aircraft may have sent late, or early, within dt.

    Networks of receivers repeat positions with a fresh time (OpenSky for 15 s at one report in 10 s): the plot then
    lies where the aircraft was up to STALE dt ago.
    """
    return math.hypot(dx, dy) <= STALE * math.hypot(state[2], state[3]) * abs(dt)


@kernel
def loosen(state: Floats, place: Floats, dt: float, q: float, gate: float) -> None:
    """Widen the covariance in `place` so that a plot beyond the gate, taken for its address, lies on the gate."""
    x, y, xx, xy, yy = place_at(state, dt, 0.0, q * abs(dt) * dt * dt / 3.0)
    xx, xy, yy = xx + place[2], xy + place[3], yy + place[4]
    square, _ = distance2(place[0] - x, place[1] - y, xx, xy, yy)
    more = max(1.0, square / (gate * gate)) - 1.0
    place[2] += more * xx
    place[3] += more * xy
    place[4] += more * yy


@kernel
def is_small(track: Record, rules: Record) -> bool:
    """Whether an aircraft is so slow that it is taken for a small one."""
    return bool(math.hypot(track.state[2], track.state[3]) < rules.small_speed)


@kernel
def gate_psd(track: Record, rules: Record) -> float:
    """Spectral density (m²/s³) of all that an aircraft may do, turning included, in one: for gates and boxes."""
    state = track.state
    turn = rules.slow_turn_psd if track.models < MODELS else GATE_TURN_PSD
    return float(rules.acceleration_psd) + turn * float(state[2] * state[2] + state[3] * state[3])


@kernel
def foresee(track: Record, rules: Record, dt: float, places: Floats) -> None:
    """Where each mode of a track will be in dt seconds, written to `places` (MODES, PLACE)."""
    for m in range(track.models):
        s, c, _, _ = arc(rate_of(rules, track.models, m), dt)
        for k in range(m, track.histories * track.models, track.models):
            noise = mode_psd(track.modes[k], rules, track.models, m) * abs(dt) * dt * dt / 3.0
            x, y, xx, xy, yy = place_at(track.modes[k], s, c, noise)
            places[k, 0], places[k, 1], places[k, 2], places[k, 3], places[k, 4] = x, y, xx, xy, yy


@kernel
def likelihoods(track: Record, rules: Record, places: Floats, place: Floats, share: Floats) -> float:
    """ln of the likelihood of a place under all modes of a track; `share` gets what each mode has of it.

    places: what `foresee` wrote.
    """
    widest, used = rules.gate * rules.gate if track.models < MODELS else math.inf, track.histories * track.models
    for k in range(used):
        at = places[k]
        square, det = distance2(
            place[0] - at[0], place[1] - at[1], at[2] + place[2], at[3] + place[3], at[4] + place[4]
        )
        share[k] = track.chance[k] * math.exp(-0.5 * square) / math.sqrt(det) if square <= widest else 0.0
    return portioned(share, used) - LN_2PI


@kernel
def portioned(share: Floats, count: int) -> float:
    """ln of the sum of the first `count` shares, which are made to sum to 1; -inf where there is nothing to share."""
    total = 0.0
    for k in range(count):
        total += share[k]
    if total <= TINY:
        return -math.inf
    for k in range(count):
        share[k] /= total
    return math.log(total)


@kernel
def odds_of(track: Record, time: float, likelihood: float, detection: float, false: float) -> float:
    """The odds that a plot is of a track (existence at that time included), or NEVER.

    likelihood: ln of it; false: density of plots of other causes, in the same measure.
    """
    raised = gain(likelihood, max(LEAST_DETECTION, detection), false)
    if not raised > LEAST_GAIN:
        return NEVER
    score = track.score + track.silence * max(0.0, time - track.aged)
    return existence(score) * math.exp(min(raised, MOST_GAIN))


@kernel
def worth_of_bearing(
    track: Record, plot: Record, sensor: Record, rules: Record, seen: float, places: Floats, share: Floats
) -> float:
    """As `worth`, for a direction alone: likelihood and density are per radian."""
    if same_address(track, plot) < 0 or abs(plot.time - seen) < SAME_LOOK * sensor.period:
        return NEVER
    farthest = 0.0
    for k in range(track.histories * track.models):
        at = places[k]
        along, left, spread = off_line(plot, sensor, at[0], at[1], at[2], at[3], at[4])
        square = left * left / spread
        share[k] = 0.0
        if along > NEAREST_M and along <= sensor.reach and square <= rules.gate * rules.gate:
            share[k] = track.chance[k] * along * math.exp(-0.5 * square) / math.sqrt(2.0 * math.pi * spread)
            farthest = max(farthest, along)
    likelihood = portioned(share, track.histories * track.models)
    false = max(sensor.false_alarms, LEAST_FALSE_BEARINGS) / (2.0 * math.pi)
    return odds_of(track, plot.time, likelihood, detection_at(sensor, farthest, sensor.reach), false)


@kernel
def worth(
    track: Record,
    plot: Record,
    sensor: Record,
    rules: Record,
    seen: float,
    places: Floats,
    place: Floats,
    share: Floats,
) -> float:
    """The odds that a plot is of a track and not of anything else, other tracks left aside; or NEVER.

    seen: when the plot's sensor last gave the track a plot; places: what `foresee` wrote for the plot's time; place:
    (PLACE,) scratch; share: (MODES,) out.
    Kinematics decide first: position, then height and velocity where both sides have them, each within the gate.
    Claiming the same address widens the gate to what the aircraft could have flown, and adds to the likelihood.
    """
    if plot.kind == BEARING:
        return worth_of_bearing(track, plot, sensor, rules, seen, places, share)
    dt = plot.time - track.time
    same = same_address(track, plot)
    if same < 0:
        return NEVER
    if not sensor.listens and abs(plot.time - seen) < SAME_LOOK * sensor.period:
        return NEVER
    gate = rules.identifier_gate if same else rules.gate
    known, variance = height_at(track.vertical, dt, rules.vertical_psd)
    place_for(track, plot, sensor, rules, known, variance, place)
    q = gate_psd(track, rules)
    x, y, xx, xy, yy = place_at(track.state, dt, 0.0, q * abs(dt) * dt * dt / 3.0)
    square, det = distance2(place[0] - x, place[1] - y, xx + place[2], xy + place[3], yy + place[4])
    if not square <= gate * gate and not (same and could_have_flown(track.state, dt, place[0] - x, place[1] - y)):
        return NEVER
    if same:
        loosen(track.state, place, dt, q, rules.gate)
    likelihood = likelihoods(track, rules, places, place, share)
    if likelihood == -math.inf:
        return NEVER
    if math.isfinite(known) and math.isfinite(plot.height):
        rise, spread = plot.height - known, variance + plot.height_variance
        if rise * rise > gate * gate * spread:
            return NEVER
        likelihood += log_gauss1(rise, spread) + math.log(rules.height_span)
    if math.isfinite(plot.vx):
        noise = plot.velocity_variance + q * abs(dt)
        state = track.state
        square, det = distance2(
            plot.vx - state[2],
            plot.vy - state[3],
            state[11] + noise,
            state[12],
            state[13] + noise,
        )
        if same:
            square = min(square, rules.gate * rules.gate)
        elif not square <= gate * gate:
            return NEVER
        likelihood += log_gauss2(square, det) + 2.0 * math.log(rules.speed_span)
    if same:
        likelihood += rules.identifier_bonus
    reach = sensor.small_reach if is_small(track, rules) else sensor.reach
    detection = detection_at(sensor, math.hypot(x - sensor.x, y - sensor.y), reach)
    uneven = unevenness(sensor, place[0], place[1])
    return odds_of(track, plot.time, likelihood, detection, uneven * density(sensor, rules, sensor.unexplained))
