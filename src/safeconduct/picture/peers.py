"""Polar sensors judged against each other, where too few aircraft are heard to judge them one by one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from safeconduct.kernels.arrays import Floats, Records
from safeconduct.picture.bias import LEAST_AIRCRAFT, Bias
from safeconduct.picture.joint import Joint, centres, together
from safeconduct.picture.legs import Mask, legs_of, pairs_of
from safeconduct.picture.references import SIGHT, References

SEEN_S = 60.0
"""Plots of so long are compared."""
MOST_SEEN = 4_096
"""Plots kept; with more traffic, those of every second, fourth, ... track."""
LEAST_PLOTS = 6
"""Fewer of the sensors that are to be judged tell nothing."""
LEAST_LEGS = 3
"""A track with fewer may be of nothing."""
SAME_AZIMUTH = (math.radians(0.1), 0.4)
"""Azimuths that differ by less than this (rad, or share of the noise of both) agree."""
CERTAIN = 5.0
"""Standard deviations of a disagreement that is told."""
SIGMA_TOLD = math.radians(0.3)
"""Its largest sigma."""


@dataclass(frozen=True, slots=True)
class Quarrel:
    """Two sensors whose azimuths differ, and nothing tells which of them errs.

    Attributes:
        one, other: rows.
        by: how much more the azimuth of `one` errs than that of `other`, rad.
    """

    one: int
    other: int
    by: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What sensors say of each other.

    Attributes:
        found: by row, an estimate.
        quarrels: the worst of each sensor that disagrees with another one.
    """

    found: Mapping[int, Bias]
    quarrels: tuple[Quarrel, ...]


NOTHING = Verdict({}, ())


class Seen:
    """The plots (SIGHT) of the last `SEEN_S`: all of a track or none of it. Memory is bounded by `MOST_SEEN`."""

    def __init__(self) -> None:
        self._parts = [np.zeros(0, SIGHT)]
        self._count, self._stride = 0, 1

    def add(self, sights: Records, now: float) -> None:
        """Take plots, in order of arrival."""
        sights = self._some(sights)
        self._parts.append(sights)
        self._count += len(sights)
        if self._count > 2 * MOST_SEEN:
            self.since(now - SEEN_S)

    def since(self, time: float) -> Records:
        """The plots that arrived since then; older ones are forgotten."""
        sights: Records = np.concatenate(self._parts)
        sights = sights[sights["received"] >= time]
        while len(sights) > MOST_SEEN:
            self._stride *= 2
            sights = self._some(sights)
        if len(sights) < MOST_SEEN // 4 and self._stride > 1:
            self._stride //= 2
        self._parts, self._count = [sights], len(sights)
        return sights

    def _some(self, sights: Records) -> Records:
        """Those of the tracks that are looked at, and as great a share of those of none."""
        if self._stride == 1:
            return sights
        none = np.cumsum(sights["number"] < 0)
        kept: Records = sights[np.where(sights["number"] < 0, none, sights["number"]) % self._stride == 0]
        return kept


class Peers:
    """The polar sensors of a tracker, beside each other. Deterministic; equal plots give equal verdicts."""

    def __init__(self) -> None:
        self._seen = Seen()

    def add(self, sights: Records, now: float) -> None:
        """Take plots (SIGHT), as they were reported, with the numbers of their tracks."""
        self._seen.add(sights, now)

    def judge(
        self,
        now: float,
        sites: Records,
        known: Floats,
        wanted: Mask,
        anchors: Mapping[int, Bias],
        heard: Records,
        references: References,
    ) -> Verdict:
        """What the plots of the last `SEEN_S` say.

        known: (sensors, 3) corrections in force. wanted: (sensors,) which are to be judged. anchors: estimates that
        rest on traffic that is heard.
        heard: pairs (PAIR) with such traffic.
        """
        sights = self._seen.since(now - SEEN_S)
        if np.count_nonzero(wanted[sights["sensor"]]) < LEAST_PLOTS:
            return NOTHING
        legs = legs_of(sights, sites, known)
        pairs = np.concatenate(
            [pairs_of(sights, legs, sites, references, wanted), heard[heard["time"] >= now - SEEN_S]]
        )
        sigma = sites["sigma_azimuth"]
        upright, every = centres(pairs, sigma, known, offered(legs, sites, references), anchors)
        joint = together(pairs, upright, sigma, known, anchors)
        found: dict[int, Bias] = {}
        quarrels: list[Quarrel] = []
        if joint is not None:
            enough = np.flatnonzero(joint.aircraft >= LEAST_AIRCRAFT).tolist()
            found = {int(joint.rows[k]): joint.bias(k) for k in enough}
            quarrels = disagreeing(joint, enough, sigma)
        for row in np.flatnonzero(np.isfinite(every) & np.isnan(upright)).tolist():
            of = pairs["source"][(pairs["sensor"] == row) & (pairs["source"] >= 0)]
            quarrels.append(
                Quarrel(row, int(np.bincount(of).argmax()), math.remainder(float(every[row]), 2.0 * math.pi))
            )
        return Verdict(found, tuple(quarrels))


def offered(legs: Records, sites: Records, references: References) -> dict[int, int]:
    """By sensor, how many aircraft that others see are in its reach."""
    names = references.aircraft(legs["number"])
    _, name, count = np.unique(names, return_inverse=True, return_counts=True)
    lasting = count[name] >= LEAST_LEGS
    out = {}
    for row, site in enumerate(sites):
        inside = np.linalg.norm(legs["place"] - site["place"], axis=1) <= site["reach"]
        out[row] = len(np.unique(names[inside & lasting & (legs["sensor"] != row)]))
    return out


def disagreeing(joint: Joint, enough: list[int], sigma: Floats) -> list[Quarrel]:
    """For each of the sensors, the one that it disagrees with most, if it does so beyond doubt."""
    quarrels = []
    for j in enough:
        row = int(joint.rows[j])
        worst = Quarrel(row, row, 0.0)
        for k in enough:
            other = int(joint.rows[k])
            by, spread = joint.between(j, k) if j != k else (0.0, math.inf)
            least = max(SAME_AZIMUTH[0], SAME_AZIMUTH[1] * math.hypot(sigma[row], sigma[other]), CERTAIN * spread)
            if spread <= SIGMA_TOLD and abs(by) > least and abs(by) > abs(worst.by):
                worst = Quarrel(row, other, by)
        if worst.other != row:
            quarrels.append(worst)
    return quarrels
