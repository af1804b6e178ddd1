"""One plot against one track: where the plot then lies, and what the pair is worth."""

import math

import numpy as np

from safeconduct.kernels.arrays import PLACE, Floats, Record, Records
from safeconduct.kernels.filters import distance2, height_at, manoeuvre_psd, position_at
from safeconduct.kernels.geodesy import ground_distance, plane_from_ground
from safeconduct.kernels.jit import kernel
from safeconduct.kernels.scoring import detection_at, gain, log_gauss1, log_gauss2, weight

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
"""Weight of a pair that is not to be (every allowed pair weighs more)."""


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
        height, sigma = pressure, rules.pressure_sigma
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
    if plot.polar:
        height, sigma = best_height(plot, rules, known, variance, track.pressure)
        project(plot, sensor, rules, height, sigma, place)
    else:
        for k in range(PLACE):
            place[k] = plot.place[k]


@kernel
def place_polar(plots: Records, sensors: Records, rules: Record) -> None:
    """Fill in the place of every polar plot, at its own or the assumed height."""
    place = np.empty(PLACE)
    for p in range(len(plots)):
        plot = plots[p]
        if plot.polar:
            height, sigma = best_height(plot, rules, math.nan, math.nan, plot.pressure)
            project(plot, sensors[plot.sensor], rules, height, sigma, place)
            for k in range(PLACE):
                plot.place[k] = place[k]


@kernel
def same_address(track: Record, plot: Record) -> int:
    """1 where plot and track claim one address, -1 where they claim two of one kind, else 0."""
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
def stretched(square: float, gate: float) -> float:
    """By how much to widen the covariance of an innovation of Mahalanobis square `square` to put it on the gate."""
    return max(1.0, square / (gate * gate))


@kernel
def worth(
    track: Record, plot: Record, sensor: Record, rules: Record, seen: float, place: Floats
) -> tuple[float, float]:
    """Weight of giving a plot to a track, or NEVER, and what it adds to the score.

    seen: when the plot's sensor last gave the track a plot; place: (PLACE,) scratch.
    Kinematics decide first: position, then height and velocity where both sides have them, each within the gate.
    Claiming the same address widens the gate to what the aircraft could have flown, and adds to the likelihood.
    """
    dt = plot.time - track.time
    same = same_address(track, plot)
    if same < 0:
        return NEVER, 0.0
    if not sensor.listens and abs(plot.time - seen) < SAME_LOOK * sensor.period:
        return NEVER, 0.0
    gate = rules.identifier_gate if same else rules.gate
    known, variance = height_at(track.vertical, dt, rules.vertical_psd)
    place_for(track, plot, sensor, rules, known, variance, place)
    q = manoeuvre_psd(track.state, rules.acceleration_psd, rules.turn_psd)
    x, y, xx, xy, yy = position_at(track.state, dt, q)
    square, det = distance2(place[0] - x, place[1] - y, xx + place[2], xy + place[3], yy + place[4])
    if not square <= gate * gate and not (same and could_have_flown(track.state, dt, place[0] - x, place[1] - y)):
        return NEVER, 0.0
    if same:
        stretch = stretched(square, rules.gate)
        square, det = square / stretch, det * stretch * stretch
    likelihood = log_gauss2(square, det)
    if math.isfinite(known) and math.isfinite(plot.height):
        rise, spread = plot.height - known, variance + plot.height_variance
        if rise * rise > gate * gate * spread:
            return NEVER, 0.0
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
            return NEVER, 0.0
        likelihood += log_gauss2(square, det) + 2.0 * math.log(rules.speed_span)
    if same:
        likelihood += rules.identifier_bonus
    distance = math.hypot(x - sensor.x, y - sensor.y)
    detection = max(LEAST_DETECTION, detection_at(sensor, distance, sensor.reach))
    score = track.score + track.silence * max(0.0, plot.time - track.aged)
    density = sensor.clutter + rules.new_density
    raised = gain(likelihood, detection, density)
    if raised <= 0.0:
        return NEVER, 0.0
    return weight(likelihood, detection, density, score), raised
