"""How much a sensor errs, from pairs of its plots with known traffic (`picture.references`).

Two steps. A turned sensor's plots fit nothing at their azimuth, so first all turns are tried at once: the differences
of azimuth of all pairs fall evenly round the circle, save those of plots with their own aircraft, which pile up at the
turn. Then a robust fit near the pile gives the biases of azimuth b, range r and time t (a plot said to be of time s
was measured at s - t): off = b - rate·t and r - rate·t, which aircraft of different courses tell apart.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from safeconduct.kernels.arrays import Floats, Ints, Records
from safeconduct.picture.references import around

BINS = 720
"""Of the circle: half a degree each."""
MOST_VOTES = 3
"""An aircraft counts this often in one bin: two aircraft that keep their distance for minutes are one coincidence."""
LEAST_AIRCRAFT, PLOTS_EACH = 3, 2
"""Fewer aircraft decide nothing; nor do three of which one was seen once, which may be a chance."""
LEAST_EVIDENCE = 20.0
"""Log-likelihood ratio of a pile against the even background: a chance of 1 in 10⁸, before looking in 720 places."""
RUNNER_UP = 1.5
"""How many times the next best turn a pile must have."""
PRIOR = (math.radians(10.0), 300.0, 0.7)
"""Sigma of azimuth about the pile (rad), range (m) and time (s) before anything was seen."""
NEAR = math.radians(0.5)
FIRST_ROUNDS, LAST_ROUNDS = 4, 2
HUBER, CUT = 1.5, 4.0
"""Standard deviations beyond which a pair weighs less, and at last nothing (Huber, Robust Statistics, 1981, ch. 7)."""
CHANGED = 30.0
"""Squared distance (3 degrees of freedom) of two estimates that are not of one bias: a chance of 1 in 10⁶."""
WORSE = 1.5
"""An estimate whose sigma is larger by this than that of the one that is held does not replace it."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Bias:
    """An estimate.

    Attributes:
        value: (3,): azimuth (rad, within ±pi), range (m), time (s).
        covariance: (3, 3).
        count: plots that it rests on.
        aircraft: of how many aircraft.
    """

    value: Floats
    covariance: Floats
    count: int
    aircraft: int

    @property
    def sigma(self) -> Floats:
        """(3,) one standard deviation of each."""
        sigma: Floats = np.sqrt(np.diag(self.covariance))
        return sigma

    def minus(self, other: "Bias") -> Floats:
        """(3,) difference, the azimuth the short way round."""
        return wrapped(self.value - other.value)


def wrapped(value: Floats) -> Floats:
    """(3,) or (n, 2): the first column brought to within ±pi."""
    out = value.copy()
    out[..., 0] = around(out[..., 0])
    return out


def turn(pairs: Records, sigma: float) -> float:
    """The azimuth difference (rad) at which the pairs pile up; NaN where they do so nowhere beyond doubt.

    sigma: declared noise of the sensor's azimuth, rad.
    """
    names, aircraft = np.unique(pairs["aircraft"], return_inverse=True)
    if len(names) < LEAST_AIRCRAFT:
        return np.nan
    width = 2.0 * np.pi / BINS
    half = min(max(1, int(np.ceil(1.5 * sigma / width))), BINS // 16)
    bins = np.floor(pairs["off"][:, 0] / width).astype(np.int64) % BINS
    cells, count = np.unique(aircraft * BINS + bins, return_counts=True)
    votes = np.bincount(cells % BINS, np.minimum(count, MOST_VOTES), BINS)
    piles = np.convolve(np.concatenate([votes[-half:], votes, votes[:half]]), np.ones(2 * half + 1), "valid")
    top = int(np.argmax(piles))
    apart = np.abs((np.arange(BINS) - top + BINS // 2) % BINS - BINS // 2)
    here = apart[cells % BINS] <= half
    expected = max(float(votes.sum() - piles[top]), 1.0) * (2 * half + 1) / BINS
    evidence = piles[top] * np.log(piles[top] / expected) - (piles[top] - expected)
    rival = float(piles[apart > 3 * half].max(initial=0.0))
    if len(np.unique(cells[here] // BINS)) < LEAST_AIRCRAFT or evidence < LEAST_EVIDENCE:
        return np.nan
    if piles[top] < RUNNER_UP * rival:
        return np.nan
    centre = (top + 0.5) * width
    return float(centre + np.median(around(pairs["off"][apart[bins] <= half, 0] - centre)))


def near(sigma: Floats | float) -> Floats | float:
    """How far (rad) from a turn a plot may be that is of the reference. sigma: declared noise of the azimuth, rad."""
    return 2.0 * CUT * sigma + NEAR


def close(pairs: Records, centre: Floats | float, sigma: Floats | float) -> Mask:
    """(n,) which pairs are near a turn. sigma: declared noise of the azimuth, rad."""
    rest = np.sqrt(np.maximum(pairs["variance"][:, 0] - np.square(sigma), 0.0))
    return np.asarray(np.abs(around(pairs["off"][:, 0] - centre)) <= near(sigma) + CUT * rest)


def fitted(pairs: Records, centre: float, sigma: float) -> Bias | None:
    """The biases, from the pairs near a turn `centre` (rad); None where too few aircraft are left.

    Errors that all plots of one aircraft share are counted once an aircraft: the information of n plots of it is
    n / (variance + n·own). The covariance is scaled up, never down, to the scatter that is found.
    """
    pairs = pairs[close(pairs, centre, sigma)]
    off = wrapped(pairs["off"] - np.array([centre, 0.0]))
    numbers, aircraft = np.unique(pairs["aircraft"], return_inverse=True)
    total = pairs["variance"] + pairs["own"]
    value, kept = np.array([0.0, float(np.median(off[:, 1])) if len(off) else 0.0, 0.0]), np.ones(len(pairs), np.bool_)
    covariance = np.diag(np.square(PRIOR))
    for tries in range(FIRST_ROUNDS + LAST_ROUNDS):
        left = np.sqrt(residuals(pairs, off, value) ** 2 / total)
        if tries >= FIRST_ROUNDS:
            kept = (left <= CUT).all(axis=1)
        count = np.bincount(aircraft, kept, len(numbers))
        if np.count_nonzero(count) < LEAST_AIRCRAFT:
            return None
        weight = kept[:, None] * np.minimum(1.0, HUBER / np.maximum(left, HUBER))
        weight /= pairs["variance"] + count[aircraft][:, None] * pairs["own"]
        told = information(pairs, off, weight, aircraft)
        covariance, value = solved(told.sum(axis=0))
    if np.minimum(count, PLOTS_EACH).sum() < LEAST_AIRCRAFT * PLOTS_EACH:
        return None
    scatter, plots = float((weight * residuals(pairs, off, value) ** 2).sum()), int(np.count_nonzero(kept))
    covariance = covariance * max(1.0, scatter / max(1, 2 * plots - 3))
    wider = np.maximum(1.0, unlike(told[count > 0], value) / np.sqrt(np.diag(covariance)))
    covariance = covariance * np.outer(wider, wider)
    value[0] += centre
    return Bias(wrapped(value), covariance, plots, int(np.count_nonzero(count)))


def residuals(pairs: Records, off: Floats, value: Floats) -> Floats:
    """(n, 2): what a bias (3,) leaves of the differences."""
    left: Floats = off - value[:2] + pairs["rate"] * value[2]
    return left


def information(pairs: Records, off: Floats, weight: Floats, aircraft: Ints) -> Floats:
    """(aircraft, 3, 4): what the pairs of each aircraft add to the normal equations. weight: (n, 2)."""
    rate, many = -pairs["rate"], int(aircraft.max()) + 1

    def summed(terms: Floats) -> Floats:
        return np.bincount(aircraft, terms, many).astype(np.float64)

    told = np.zeros((many, 3, 4))
    for k in range(2):
        told[:, k, k], told[:, k, 3] = summed(weight[:, k]), summed(weight[:, k] * off[:, k])
        told[:, k, 2] = told[:, 2, k] = summed(weight[:, k] * rate[:, k])
    told[:, 2, 2] = summed((weight * rate * rate).sum(axis=1))
    told[:, 2, 3] = summed((weight * rate * off).sum(axis=1))
    return told


def solved(told: Floats) -> tuple[Floats, Floats]:
    """Covariance (..., 3, 3) and value (..., 3) of normal equations (..., 3, 4), with the prior."""
    covariance = np.asarray(np.linalg.inv(told[..., :3] + np.diag(1.0 / np.square(PRIOR))), np.float64)
    return covariance, np.einsum("...ij,...j->...i", covariance, told[..., 3])


def unlike(told: Floats, value: Floats) -> Floats:
    """(3,) sigma by leaving out one aircraft after another: large where they disagree, or one alone decides.

    The jackknife over aircraft (Efron, The Jackknife, the Bootstrap and Other Resampling Plans, 1982, ch. 3): one
    aircraft that lies, or has another in its wake, is not outvoted by the number of its plots.
    """
    _, without = solved(told.sum(axis=0) - told)
    return jackknife(without - value)


def jackknife(moves: Floats) -> Floats:
    """(...) sigma from how far a value moves when one of n is left out: (n, ...)."""
    sigma: Floats = np.sqrt((len(moves) - 1) / len(moves) * (moves**2).sum(axis=0))
    return sigma


def estimate(pairs: Records, noise: float) -> Bias | None:
    """The bias that the pairs show, or None. noise: declared, of the azimuth, rad."""
    centre = turn(pairs, noise)
    return None if math.isnan(centre) else fitted(pairs, centre, noise)


def differ(one: Bias, other: Bias) -> bool:
    """Whether two estimates are of two biases."""
    off = one.minus(other)
    return float(off @ np.linalg.solve(one.covariance + other.covariance, off)) > CHANGED


def worse(found: Bias, held: Bias) -> bool:
    """Whether an estimate says nothing new, and that less surely: traffic has thinned out since."""
    return float(found.sigma[0]) > WORSE * float(held.sigma[0]) and not differ(found, held)


def turned_by(one: Floats, other: Floats) -> float:
    """Angle (rad) from the azimuth of one bias to the other's, within ±pi."""
    return math.remainder(float(one[0] - other[0]), 2.0 * math.pi)
