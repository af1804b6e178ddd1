"""Polar sensors beside each other: plots of one against what the others saw of the same aircraft, nobody being heard.

A sensor's plots of one track, one after another, are legs; the plots of other sensors are compared with the place on a
leg at their own time. The tracker says which plots are of one track, no more: places are as reported, less what the
source is known to err by. Where it gave both to one track, that pair counts and no other; where not, as with a turned
sensor, range and height pair them, as with traffic that is heard (`picture.references`).
"""

import numpy as np
import numpy.typing as npt

from safeconduct.kernels.arrays import Floats, Ints, Records
from safeconduct.kernels.ecef import MEAN_RADIUS_M
from safeconduct.picture.references import (
    FASTEST_MPS,
    LEAST_GROUND_M,
    OWN_DELAY_S,
    PAIR,
    STEEPEST,
    References,
    differences,
    heights_apart,
)

MOST_MATCHED = 200_000
"""Plots times legs at their time; with more, fewer of the plots are looked at."""
LEAST_LEG_S, LONGEST_LEG_S = 0.5, 13.0
"""Between two plots that are taken for the ends of a straight way."""
TURN_MPS2 = 3.0
"""One sigma of the acceleration that a straight leg leaves out."""
ASSUMED_HEIGHT_M, ASSUMED_HEIGHT_SIGMA_M = 3_000.0, 3_000.0
"""Of a track whose height no sensor measures."""
CLIMB_SIGMA_M = 150.0
"""How far a track's height is from its mean of the last minute."""
RANGE_GATE_M = 300.0
"""Differences of range beyond this, and four sigma, are of two aircraft."""
MOST_SIGMA_AZIMUTH, MOST_SIGMA_RANGE_M = np.radians(1.0), 400.0
"""A place that is less certain than this, as the judged sensor sees it, is no reference."""

Mask = npt.NDArray[np.bool_]
LEG = np.dtype(
    [
        ("sensor", "i8"),
        ("number", "i8"),
        ("time", "f8"),  # of its first plot
        ("gap", "f8"),  # to its second one, s
        ("place", "f8", (3,)),  # of its first plot, earth-centred, m
        ("velocity", "f8", (3,)),
        ("along", "f8", (3,)),  # level unit vector from its sensor
        ("across", "f8", (3,)),  # the way that a growing azimuth moves it
        ("ground", "f8"),  # from its sensor, m
        ("rise", "f8"),  # sine of the elevation at its sensor
        ("height", "f8"),
        ("height_variance", "f8"),
    ]
)
"""From one plot of a sensor to its next one of the same track."""


def legs_of(sights: Records, sites: Records, known: Floats) -> Records:
    """All legs (LEG) of the plots. known: (sensors, 3) what to take off them: azimuth (rad), range (m), time (s)."""
    sights = sights[sights["number"] >= 0]
    sights = sights[np.lexsort((sights["time"], sights["number"], sights["sensor"]))]
    if len(sights) < 2:
        return np.zeros(0, LEG)
    gap = np.diff(sights["time"])
    same = (np.diff(sights["sensor"]) == 0) & (np.diff(sights["number"]) == 0)
    first = np.flatnonzero(same & (gap >= LEAST_LEG_S) & (gap <= LONGEST_LEG_S))
    height, variance = heights(sights)
    site, bias = sites[sights["sensor"]], known[sights["sensor"]]
    azimuth, distance = sights["azimuth"] - bias[:, 0], np.maximum(sights["distance"] - bias[:, 1], 1.0)
    rise = np.clip((height - site["height"]) / distance - distance / (2.0 * MEAN_RADIUS_M), -0.95, 0.95)
    level = np.column_stack([np.sin(azimuth), np.cos(azimuth), np.zeros(len(sights))])
    turned = np.column_stack([np.cos(azimuth), -np.sin(azimuth), np.zeros(len(sights))])
    ground = distance * np.sqrt(1.0 - rise * rise)
    along = np.einsum("nij,nj->ni", site["axes"], level)
    place = site["place"] + along * ground[:, None] + site["axes"][:, :, 2] * (distance * rise)[:, None]
    legs = np.zeros(len(first), LEG)
    legs["sensor"], legs["number"], legs["gap"] = sights["sensor"][first], sights["number"][first], gap[first]
    legs["time"] = sights["time"][first] - bias[first, 2]
    legs["place"], legs["velocity"] = place[first], (place[first + 1] - place[first]) / gap[first, None]
    legs["along"], legs["ground"], legs["rise"] = along[first], ground[first], rise[first]
    legs["across"] = np.einsum("nij,nj->ni", site["axes"], turned)[first]
    legs["height"], legs["height_variance"] = height[first], variance[first]
    level_enough = (legs["ground"] > LEAST_GROUND_M) & (distance[first] < STEEPEST * legs["ground"])
    legs = legs[level_enough & (np.linalg.norm(legs["velocity"], axis=1) <= FASTEST_MPS)]
    return legs[np.argsort(legs["time"], kind="stable")]


def heights(sights: Records) -> tuple[Floats, Floats]:
    """Height and its variance of the track of each plot, from all plots of it."""
    numbers, track = np.unique(sights["number"], return_inverse=True)
    told = np.isfinite(sights["height"]) & (sights["height_variance"] > 0.0)
    weight = np.where(told, 1.0 / np.where(told, sights["height_variance"], 1.0), 0.0)
    total = np.bincount(track, weight, len(numbers))
    summed = np.bincount(track, weight * np.where(told, sights["height"], 0.0), len(numbers))
    some = total > 0.0
    least = np.where(some, total, 1.0)
    mean = np.where(some, summed / least, ASSUMED_HEIGHT_M)
    variance = np.where(some, 1.0 / least + CLIMB_SIGMA_M**2, ASSUMED_HEIGHT_SIGMA_M**2)
    return mean[track], variance[track]


def pairs_of(sights: Records, legs: Records, sites: Records, references: References, wanted: Mask) -> Records:
    """All pairs (PAIR) of a plot with a leg of another sensor that could be of the same aircraft.

    wanted: (sensors,) one of the two must be of these.
    """
    mine, theirs = wanted[sights["sensor"]], wanted[legs["sensor"]]
    some, others = np.flatnonzero(mine), np.flatnonzero(theirs)
    p, r = matched(sights[some], legs, len(sites))
    q, s = matched(sights[~mine], legs[others], len(sites))
    p, r = np.append(some[p], np.flatnonzero(~mine)[q]), np.append(r, others[s])
    sights, legs, site, source = sights[p], legs[r], sites[sights["sensor"][p]], sites[legs["sensor"][r]]
    carry = sights["time"] - legs["time"]
    sight = legs["place"] + legs["velocity"] * carry[:, None] - site["place"]
    seen = np.einsum("nij,ni->nj", site["axes"], sight)
    ground, slant = np.hypot(seen[:, 0], seen[:, 1]), np.linalg.norm(seen, axis=1)
    sound = (ground > LEAST_GROUND_M) & (slant < STEEPEST * ground)
    ground = np.where(sound, ground, 1.0)
    slant = np.where(sound, slant, 1.0)
    outward = sight / slant[:, None]
    onward = np.einsum("nij,nj->ni", site["axes"][:, :, :2], np.column_stack([seen[:, 1], -seen[:, 0]]))
    onward /= (ground * ground)[:, None]
    pairs = np.zeros(len(p), PAIR)
    for name in ("sensor", "time"):
        pairs[name] = sights[name]
    pairs["aircraft"], pairs["source"] = references.aircraft(legs["number"]), legs["sensor"]
    pairs["off"] = differences(sights, seen, slant)
    pairs["place"] = seen[:, :2]
    part = carry / legs["gap"]
    shared = (1.0 - part) ** 2 + part * part
    bend = (0.5 * TURN_MPS2 * carry * (legs["gap"] - carry)) ** 2
    errs = np.column_stack([site["sigma_azimuth"], site["sigma_range"]]) ** 2
    for k, way in enumerate((onward, outward)):
        sideways = (way * legs["across"]).sum(axis=1) * legs["ground"]
        away = (way * legs["along"]).sum(axis=1)
        pairs["rate"][:, k] = (way * legs["velocity"]).sum(axis=1)
        pairs["sway"][:, k] = np.column_stack([sideways, away, -pairs["rate"][:, k]])
        spread = (sideways * source["sigma_azimuth"]) ** 2 + (away * source["sigma_range"]) ** 2
        pairs["variance"][:, k] = errs[:, k] + shared * spread + bend * (way * way).sum(axis=1)
        pairs["own"][:, k] = (OWN_DELAY_S * pairs["rate"][:, k]) ** 2 + (away * legs["rise"]) ** 2 * legs[
            "height_variance"
        ]
    pairs["own"][:, 1] += (seen[:, 2] / slant) ** 2 * legs["height_variance"]
    sigma = np.sqrt(pairs["variance"] + pairs["own"])
    sound &= (sigma[:, 0] <= MOST_SIGMA_AZIMUTH) & (sigma[:, 1] <= MOST_SIGMA_RANGE_M)
    sound &= np.abs(pairs["off"][:, 1]) <= RANGE_GATE_M + 4.0 * sigma[:, 1]
    return pairs[sound & ~heights_apart(sights, legs["height"], legs["height_variance"])]


def matched(sights: Records, legs: Records, sensors: int) -> tuple[Ints, Ints]:
    """Rows of plots and of legs (ordered by time) of other sensors that were under way at the time of the plot.

    A plot and a leg of one track leave no other partner to each other.
    """
    first = np.searchsorted(legs["time"], sights["time"] - LONGEST_LEG_S)
    last = np.searchsorted(legs["time"], sights["time"], side="right")
    share = int((last - first).sum()) // MOST_MATCHED + 1
    rows = np.arange(0, len(sights), share)
    count = (last - first)[rows]
    p = np.repeat(rows, count)
    r = np.arange(len(p)) - np.repeat(np.cumsum(count) - count, count) + first[p]
    fit = legs["sensor"][r] != sights["sensor"][p]
    fit &= sights["time"][p] < legs["time"][r] + legs["gap"][r]
    p, r = p[fit], r[fit]
    own = sights["number"][p] == legs["number"][r]
    of_plot, of_leg = p * sensors + legs["sensor"][r], r * sensors + sights["sensor"][p]
    told = np.zeros(max(len(sights), len(legs)) * sensors, np.bool_)
    other = told.copy()
    told[of_plot[own]], other[of_leg[own]] = True, True
    fit = own | ~(told[of_plot] | other[of_leg])
    return p[fit], r[fit]
