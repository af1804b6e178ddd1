"""The score of a track: the log-odds that it is an aircraft and not clutter.

Blackman and Popoli, Design and Analysis of Modern Tracking Systems (1999), 6.2: a plot taken adds
ln(Pd g / β), a look without one adds ln(1 - Pd); g is the likelihood of the plot given the track and β the density of
plots from other causes. Looks of rotating and random sensors are not synchronous, so the looks without a plot are
counted as a rate, ln(1 - Pd) / period per second (`silence_rate`), which runs all the time; taking a plot then adds
the gain relative to a miss, which is also the weight of the pair in the assignment.
"""

import math

from safeconduct.kernels.arrays import Record, Records
from safeconduct.kernels.geodesy import radio_horizon
from safeconduct.kernels.jit import kernel

FULL_REACH = 2.0 / 3.0
"""Share of its reach within which a sensor has its declared detection probability; it then falls to half."""
MOST_DETECTION = 0.98
"""No sensor is trusted to miss less than one look in fifty."""
MOST_DUE, BELIEVED_DUE, LEAST_KEEN, MOST_KEEN = 2000.0, 300.0, 0.25, 1.2
"""A sensor's detection probability is found from so many looks of late; the declared one counts as so many; bounds."""
FORGETTING = 0.6
"""Share of the newest look in the number of plots that no track explains."""
LEAST_UNEXPLAINED = 0.1
"""A sensor that has had no unexplained plot for long still has one in ten looks."""
SURELY_MORE = 3.0
"""Unexplained plots are of new aircraft where they are more than usual by so many standard deviations."""
MOST_NEW = 0.7
"""Nobody believes more in a single plot."""
NEW_WHERE_NOTHING_IS_FALSE = 0.5
"""The same of a sensor that declares no false plots, or no reach in which to count them."""
LEAST_FRUITFUL, MOST_FRUITFUL, FRUIT_GAIN, OPTIMISM = 2e-4, 0.12, 0.002, 4.0
"""Bounds of the chance that a begun track comes to something; what one of them teaches; see `newness`."""
FIRST_SLOW, LEAST_SLOW, MOST_SLOW, SLOW_GAIN = 0.8, 0.5, 0.97, 0.03
"""Share of slow aircraft among those that a sensor sees, at first; its bounds, and what one aircraft teaches of it."""
SETTLING_LOOKS, LEARNING_LOOKS = 10.0, 20.0
"""The declared number of false plots stands for so many looks, and then changes over so many."""
ALIVE_PERIODS = 3.0
"""A sensor that has delivered nothing for so many periods (and a second) is silent, and misses nothing."""


@kernel
def detection_at(sensor: Record, distance: float, reach: float) -> float:
    """Probability that a sensor sees an aircraft at this ground distance in one look, 0 beyond its reach."""
    if distance > reach:
        return 0.0
    share = distance / reach if math.isfinite(reach) else 0.0
    fall = 1.0 - 0.5 * max(0.0, share - FULL_REACH) / (1.0 - FULL_REACH)
    return min(MOST_DETECTION, float(sensor.detection * sensor.keenness) * fall)


@kernel
def silence_rate(
    sensors: Records, now: float, x: float, y: float, height: float, small: bool, radius: float, looked_s: float
) -> float:
    """Change of score per second without contact (<= 0) for an aircraft at this place.

    Counts the measuring sensors that are alive and reach the place. Only radars count: a camera looks one way, and an
    aircraft may switch its transmitter off. If there surely is an aircraft, looked_s > 0 adds to what is due of each.
    """
    rate = 0.0
    for s in range(len(sensors)):
        sensor = sensors[s]
        if not sensor.sees or now - sensor.heard_at > ALIVE_PERIODS * sensor.period + 1.0:
            continue
        distance = math.hypot(x - sensor.x, y - sensor.y)
        if math.isfinite(radius) and distance > radio_horizon(sensor.height, height, radius):
            continue
        p = detection_at(sensor, distance, sensor.small_reach if small else sensor.reach)
        rate += math.log(1.0 - p) / sensor.period
        sensor.due += looked_s * p / (sensor.keenness * sensor.period)
    return rate


@kernel
def find_keenness(sensors: Records) -> None:
    """How well each sensor detects what is surely there, against what it declares."""
    for s in range(len(sensors)):
        sensor = sensors[s]
        if not sensor.sees:
            continue
        if sensor.due > MOST_DUE:
            sensor.given *= MOST_DUE / sensor.due
            sensor.due = MOST_DUE
        found = (sensor.given + BELIEVED_DUE) / (sensor.due + BELIEVED_DUE)
        sensor.keenness = min(max(found, LEAST_KEEN), MOST_KEEN)


@kernel
def density(sensor: Record, rules: Record, unexplained: float) -> float:
    """Plots per look and m² that no track explains: false ones, and those of aircraft not tracked yet; all over.

    unexplained: such plots per look of this sensor; negative where not known yet.
    """
    if sensor.false_alarms <= 0.0 or unexplained < 0.0:
        return float(sensor.clutter + rules.new_density)
    return float(sensor.clutter * unexplained / sensor.false_alarms + rules.new_density)


@kernel
def expect(sensor: Record, alone: float, share: float) -> float:
    """Plots per look that no track explains, after `share` of a look in which they were `alone`."""
    if sensor.unexplained < 0.0:
        return max(alone / share, LEAST_UNEXPLAINED)
    before = float(sensor.unexplained)
    return max(before + FORGETTING * (alone - share * before), LEAST_UNEXPLAINED)


@kernel
def newness(sensor: Record) -> float:
    """The chance that a plot which no track explains is of an aircraft.

    What is unexplained beyond the usual is new. Beside that, as many begun tracks come to something as of late; they
    are given OPTIMISM times that chance, because an aircraft missed costs more than a false track that soon ends.
    """
    if sensor.false_alarms <= 0.0:
        return NEW_WHERE_NOTHING_IS_FALSE
    least = min(max(OPTIMISM * sensor.fruitful, LEAST_FRUITFUL), MOST_FRUITFUL)
    chance = SURELY_MORE * math.sqrt(0.5 * FORGETTING * sensor.usual)
    return float(min(max(1.0 - (sensor.usual + chance) / sensor.unexplained, least), MOST_NEW))


@kernel
def came_to(sensor: Record, begun_with: float, outcome: float) -> None:
    """Learn what became of a track that was begun when nothing much was new: 1 for an aircraft, 0 for nothing."""
    if begun_with <= MOST_FRUITFUL:
        sensor.fruitful += FRUIT_GAIN * (outcome - sensor.fruitful)


@kernel
def learn_speed(sensor: Record, rules: Record, square: float) -> None:
    """Learn from a track that has proven to be an aircraft's, and flies at the root of `square`, what flies here."""
    before = float(sensor.slow)
    slow = before * math.exp(-0.5 * square / rules.start_slow_variance) / rules.start_slow_variance
    fast = (1.0 - before) * math.exp(-0.5 * square / rules.start_speed_variance) / rules.start_speed_variance
    share = slow / (slow + fast) if slow + fast > 0.0 else 0.0
    sensor.slow = min(max(before + SLOW_GAIN * (share - before), LEAST_SLOW), MOST_SLOW)


@kernel
def learn(sensor: Record, share: float) -> None:
    """Learn the usual number of false plots, once the aircraft that were there at first have their tracks."""
    sensor.looks += share
    if sensor.looks > SETTLING_LOOKS:
        sensor.usual += share / LEARNING_LOOKS * (sensor.unexplained - sensor.usual)


@kernel
def existence(score: float) -> float:
    """The probability of log-odds."""
    return 1.0 / (1.0 + math.exp(-score))


@kernel
def log_odds(probability: float) -> float:
    """The log-odds of a probability, within bounds."""
    p = min(max(probability, 1e-12), 1.0 - 1e-12)
    return math.log(p / (1.0 - p))


@kernel
def gain(log_likelihood: float, detection: float, density: float) -> float:
    """ln(Pd g / β) - ln(1 - Pd): what taking a plot adds to the score, relative to a miss."""
    return math.log(detection / (density * (1.0 - detection))) + log_likelihood


@kernel
def log_gauss1(nu: float, variance: float) -> float:
    """ln N(nu; 0, variance)."""
    return -0.5 * (nu * nu / variance + math.log(2.0 * math.pi * variance))


@kernel
def log_gauss2(square: float, det: float) -> float:
    """ln N of a pair with squared Mahalanobis distance `square` and covariance determinant `det`."""
    return -0.5 * (square + math.log(det)) - math.log(2.0 * math.pi)
