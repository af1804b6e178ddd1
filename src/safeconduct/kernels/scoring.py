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
ALIVE_PERIODS = 3.0
"""A sensor that has delivered nothing for so many periods (and a second) is silent, and misses nothing."""


@kernel
def detection_at(sensor: Record, distance: float, reach: float) -> float:
    """Probability that a sensor sees an aircraft at this ground distance in one look, 0 beyond its reach."""
    if distance > reach:
        return 0.0
    share = distance / reach if math.isfinite(reach) else 0.0
    fall = 1.0 - 0.5 * max(0.0, share - FULL_REACH) / (1.0 - FULL_REACH)
    return min(MOST_DETECTION, float(sensor.detection) * fall)


@kernel
def silence_rate(sensors: Records, now: float, x: float, y: float, height: float, small: bool, radius: float) -> float:
    """Change of score per second without contact (<= 0) for an aircraft at this place.

    Counts the measuring sensors that are alive and reach the place. Only radars count: a camera looks one way, and an
    aircraft may switch its transmitter off.
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
    return rate


@kernel
def existence(score: float) -> float:
    """The probability of log-odds."""
    return 1.0 / (1.0 + math.exp(-score))


@kernel
def gain(log_likelihood: float, detection: float, density: float) -> float:
    """ln(Pd g / β) - ln(1 - Pd): what taking a plot adds to the score, relative to a miss."""
    return math.log(detection / (density * (1.0 - detection))) + log_likelihood


@kernel
def weight(log_likelihood: float, detection: float, density: float, score: float) -> float:
    """What a pair is worth in the assignment: ln(1 + r Pd g / (β (1 - r Pd))), r the chance that the track exists.

    The odds are the weight of a Bernoulli component in the joint association (Williams and Lau, IEEE T-AES 50(4),
    2014, eq. 9). The 1 keeps a doubtful track's claim on a plot that nobody else wants: without it, no track would
    ever take its second plot.
    """
    odds = gain(log_likelihood, existence(score) * detection, density)
    return odds if odds > 30.0 else math.log1p(math.exp(odds))


@kernel
def log_gauss1(nu: float, variance: float) -> float:
    """ln N(nu; 0, variance)."""
    return -0.5 * (nu * nu / variance + math.log(2.0 * math.pi * variance))


@kernel
def log_gauss2(square: float, det: float) -> float:
    """ln N of a pair with squared Mahalanobis distance `square` and covariance determinant `det`."""
    return -0.5 * (square + math.log(det)) - math.log(2.0 * math.pi)
