"""What sensors that watch the same aircraft say of each other: the biases of all of them at once.

A turned sensor turns the air about its own site. Seen from elsewhere that is another picture than if the other one had
been turned: with a baseline between them, two sensors tell which of them errs, and without one only by how much they
disagree. So all biases are unknown together, each with next to no prior: what the traffic does not tell apart keeps a
large sigma, and is not acted upon. (Observability: Dana, Registration: a prerequisite for multiple sensor tracking, in
Bar-Shalom, Multitarget-Multisensor Tracking: Advanced Applications, 1990, ch. 5.)
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from safeconduct.kernels.arrays import Floats, Ints, Records
from safeconduct.picture.bias import (
    CUT,
    FIRST_ROUNDS,
    HUBER,
    LAST_ROUNDS,
    PRIOR,
    Bias,
    Mask,
    close,
    jackknife,
    turn,
    wrapped,
)
from safeconduct.picture.references import HEARD, around

LEAST_APART = 3
"""So many aircraft must have been in different places at one time: broken and doubled tracks do not count."""
SLOT_S, APART_M = 5.0, 2_500.0
"""What is seen within one slot and farther apart than this is of two aircraft."""
LEAST_SHARE = 1.0 / 3.0
"""Of the aircraft in a sensor's reach, so many must be in the pile: chance makes piles of a few of many."""
GROSS = math.radians(1.0)
"""A source that is turned by more is no reference for others before that is settled."""
WIDE = (math.pi, PRIOR[1], PRIOR[2])
"""Sigma of a sensor's biases before anything was seen: two that disagree by any angle are equally likely to err."""
LEANING = np.array([1.0, 2.0, 2.0])
"""Sigmas of azimuth, range and time are taken for so much larger: unknown heights make all ranges err alike."""
TWICE = 2.0
"""A plot is in about two pairs of each kind, which are not independent."""


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """Estimates of several sensors at once.

    Attributes:
        rows: (n,) of the sensors.
        value: (n, 3): azimuth (rad, within ±pi), range (m), time (s).
        covariance: (3n, 3n).
        spread: (aircraft, n, 3) how far the values move when one aircraft is left out.
        count, aircraft: (n,) pairs and aircraft that each rests on.
    """

    rows: Ints
    value: Floats
    covariance: Floats
    spread: Floats
    count: Ints
    aircraft: Ints

    def bias(self, k: int) -> Bias:
        """The estimate of the k-th sensor, its sigmas no smaller than by leaving out one aircraft after another."""
        covariance = self.covariance[3 * k : 3 * k + 3, 3 * k : 3 * k + 3]
        wider = LEANING * np.maximum(1.0, jackknife(self.spread[:, k]) / np.sqrt(np.diag(covariance)))
        return Bias(self.value[k], covariance * np.outer(wider, wider), int(self.count[k]), int(self.aircraft[k]))

    def between(self, j: int, k: int) -> tuple[float, float]:
        """By how much the azimuth of the j-th errs more than the k-th's, and its sigma, rad."""
        off = math.remainder(float(self.value[j, 0] - self.value[k, 0]), 2.0 * math.pi)
        a, b = 3 * j, 3 * k
        formal = self.covariance[a, a] + self.covariance[b, b] - 2.0 * self.covariance[a, b]
        spread = jackknife(self.spread[:, j, 0] - self.spread[:, k, 0])
        return off, max(math.sqrt(max(formal, 0.0)), float(spread))


def centres(
    pairs: Records, sigma: Floats, known: Floats, offered: Mapping[int, int], anchors: Mapping[int, Bias]
) -> tuple[Floats, Floats]:
    """(sensors,) twice: at which turn (rad) each sensor's pairs pile up, NaN where nowhere; without and with those
    sources that are themselves grossly turned.

    sigma: (sensors,) declared, of the azimuth, rad. known: (sensors, 3) what is taken off each as a source.
    offered: by sensor, how many aircraft were in its reach. anchors: what is known of sensors from elsewhere.
    """
    fixed = {row: float(anchor.value[0]) for row, anchor in anchors.items()}

    def among(some: Records) -> Floats:
        order = [some[some["sensor"] == row] if row not in fixed else some[:0] for row in range(len(sigma))]
        found = [piled(mine, float(sigma[row]), offered.get(row, 0)) for row, mine in enumerate(order)]
        return np.array([fixed.get(row, one) for row, one in enumerate(found)])

    every = among(pairs)
    upright = among(straight(pairs, every, known))
    return upright, every


def straight(pairs: Records, centre: Floats, known: Floats) -> Records:
    """The pairs whose source is not grossly turned."""
    gross = np.append(np.abs(around(centre - known[:, 0])) > GROSS, False)
    kept: Records = pairs[~gross[pairs["source"]]]
    return kept


def piled(pairs: Records, sigma: float, offered: int) -> float:
    """Where the pairs of one sensor pile up, rad; NaN where not enough aircraft stand behind it."""
    if not len(pairs):
        return math.nan
    centre = turn(pairs, float(np.sqrt(np.median(pairs["variance"][:, 0]))))
    if math.isnan(centre):
        return math.nan
    pairs = pairs[close(pairs, centre, sigma)]
    shown = len(np.unique(pairs["aircraft"]))
    return centre if shown >= LEAST_SHARE * offered and seen_apart(pairs) else math.nan


def seen_apart(pairs: Records) -> bool:
    """Whether there surely are `LEAST_APART` aircraft: they were seen in different places within one slot of time."""
    slot = np.floor(pairs["time"] / SLOT_S)
    for one in np.unique(slot):
        places, count = pairs["place"][slot == one], 0
        while len(places):
            count += 1
            places = places[np.hypot(*(places - places[0]).T) > APART_M]
        if count >= LEAST_APART:
            return True
    return False


def together(pairs: Records, centre: Floats, sigma: Floats, known: Floats, anchors: Mapping[int, Bias]) -> Joint | None:
    """The biases of all sensors that pairs near the centres connect; None where there are none.

    A source that turns out to be grossly turned is left out: what is a little turned is found by straight lines.

    centre, sigma: (sensors,) as `centres`. known: (sensors, 3). anchors: what is known of sensors from elsewhere.
    """
    some = straight(pairs[np.isfinite(centre[pairs["sensor"]])], centre, known)
    some = some[close(some, centre[some["sensor"]], sigma[some["sensor"]])]
    if not len(some):
        return None
    rows = np.union1d(some["sensor"], some["source"][some["source"] != HEARD])
    normal = _Normal(some, rows, centre, known, anchors)
    solved = normal.solve()
    if solved is None:
        return None
    value, covariance, spread, kept = solved
    left = value.reshape(-1, 3)
    bent = (np.abs(left[:, 0]) > GROSS) & (np.abs(left[:, 0]) > 3.0 * np.sqrt(np.diag(covariance)[::3]))
    bent &= np.isin(rows, some["source"])
    if bent.any():
        return together(some[~np.isin(some["source"], rows[bent])], centre, sigma, known, anchors)
    some = some[kept]
    mine = [(some["sensor"] == row) | (some["source"] == row) for row in rows.tolist()]
    return Joint(
        rows=rows,
        value=wrapped(left + known[rows]),
        covariance=covariance,
        spread=spread.reshape(len(spread), -1, 3),
        count=np.array([np.count_nonzero(m) for m in mine]),
        aircraft=np.array([len(np.unique(some["aircraft"][m])) for m in mine]),
    )


class _Normal:
    """Normal equations of what is left to find of each sensor, beyond what is known, robustly weighted."""

    def __init__(self, pairs: Records, rows: Ints, centre: Floats, known: Floats, anchors: Mapping[int, Bias]) -> None:
        many, n = len(pairs), len(rows)
        of, by = np.searchsorted(rows, pairs["sensor"]), np.searchsorted(rows, np.maximum(pairs["source"], 0))
        start = np.column_stack([centre[pairs["sensor"]], np.zeros(many)])
        self.off = wrapped(pairs["off"] - start) + wrapped(start - known[pairs["sensor"], :2])
        self.off += pairs["rate"] * known[pairs["sensor"], 2:]
        design = np.zeros((many, 2, n, 3))
        each = np.arange(many)
        seen = np.flatnonzero(pairs["source"] != HEARD)
        design[seen, :, by[seen]] = -pairs["sway"][seen]
        design[each, 0, of, 0] = design[each, 1, of, 1] = 1.0
        design[each, :, of, 2] = -pairs["rate"]
        self.design = design.reshape(many, 2, 3 * n)
        _, self.aircraft = np.unique(pairs["aircraft"], return_inverse=True)
        self.block = self.aircraft * n + of
        self.variance, self.own = TWICE * pairs["variance"], pairs["own"]
        self.mean, self.weight = -known[rows].ravel(), np.zeros((3 * n, 3 * n))
        for k, row in enumerate(rows.tolist()):
            part = slice(3 * k, 3 * k + 3)
            anchor = anchors.get(row)
            if anchor is None:
                self.weight[part, part] = np.diag(1.0 / np.square(WIDE))
            else:
                self.mean[part] = wrapped(anchor.value - known[row])
                self.weight[part, part] = np.linalg.inv(anchor.covariance)
        self.first = np.zeros(3 * n)
        turned = np.isfinite(centre[rows])
        self.first[::3][turned] = around(centre[rows] - known[rows, 0])[turned]

    def solve(self) -> tuple[Floats, Floats, Floats, Mask] | None:
        """Value (3n,), covariance, what leaving out one aircraft does to the value, and which pairs were kept."""
        value: Floats = self.first
        kept: Mask = np.ones(len(self.off), np.bool_)
        for tries in range(FIRST_ROUNDS + LAST_ROUNDS):
            left = np.abs(self.off - self.design @ value) / np.sqrt(self.variance / TWICE + self.own)
            if tries >= FIRST_ROUNDS:
                kept = (left <= CUT).all(axis=1)
            count = np.bincount(self.block, kept, self.block.max() + 1)
            weight = kept[:, None] * np.minimum(1.0, HUBER / np.maximum(left, HUBER))
            weight /= self.variance + count[self.block][:, None] * self.own
            told = self._told(weight)
            covariance, value = self._solved(told.sum(axis=0))
        used = np.unique(self.aircraft[kept])
        if len(used) < LEAST_APART:
            return None
        scatter = float((weight * (self.off - self.design @ value) ** 2).sum()) * TWICE
        covariance = covariance * max(1.0, scatter / max(1, 2 * int(kept.sum()) - len(value)))
        without: Floats = np.array([self._solved(told.sum(axis=0) - told[k])[1] for k in used])
        return value, covariance, without - value, kept

    def _told(self, weight: Floats) -> Floats:
        """(aircraft, 3n, 3n + 1): what the pairs of each aircraft add."""
        order = np.argsort(self.aircraft, kind="stable")
        bounds = np.searchsorted(self.aircraft[order], np.arange(self.aircraft.max() + 2))
        width = self.design.shape[2]
        told = np.zeros((len(bounds) - 1, width, width + 1))
        for k in range(len(told)):
            part = order[bounds[k] : bounds[k + 1]]
            rows, w = self.design[part].reshape(-1, width), weight[part].reshape(-1, 1)
            told[k] = rows.T @ (w * np.column_stack([rows, self.off[part].reshape(-1)]))
        return told

    def _solved(self, told: Floats) -> tuple[Floats, Floats]:
        covariance: Floats = np.asarray(np.linalg.inv(told[:, :-1] + self.weight), np.float64)
        value: Floats = covariance @ (told[:, -1] + self.weight @ self.mean)
        return covariance, value
