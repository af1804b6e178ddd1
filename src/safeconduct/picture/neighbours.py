"""Tracks that are close to each other: two of one aircraft, and two aircraft that may be confused."""

import math

import numpy as np

from safeconduct.kernels.arrays import Flags, Floats, Ints, Records
from safeconduct.model.track import TrackTable

DOUBLE_M, DOUBLE_MPS, DOUBLE = 150.0, 8.0, 0.1
"""Two tracks closer than this that move alike are one aircraft, tracked twice, but for the last share of them; then it
is the older that keeps its name."""


def left_to_doubles(tracks: TrackTable, flyers: Records, close: Ints) -> Floats:
    """(n,) what the younger of two tracks that may be of one aircraft has to leave to the older, never positive, nats.

    Args:
        flyers: (n,) `kernels.plans.FLYER`, the tracks in the plane.
        close: (k, 2) rows of tracks that are close.
    """
    left = np.zeros(len(tracks))
    one, two = flyers[close[:, 0]], flyers[close[:, 1]]
    unsure = np.hypot(one["sigma"], two["sigma"])
    near = np.hypot(one["x"] - two["x"], one["y"] - two["y"]) < DOUBLE_M + unsure
    alike = np.hypot(one["vx"] - two["vx"], one["vy"] - two["vy"]) < DOUBLE_MPS
    both = close[near & alike]
    since = tracks.first_time[both]
    left[both[since[:, 0] > since[:, 1], 0]] = left[both[since[:, 1] > since[:, 0], 1]] = math.log(DOUBLE)
    return left


def shadowed(tracks: TrackTable, close: Ints, height_m: float, may_be: Flags) -> Flags:
    """(n,) both tracks of every close pair of which one may be a declared flight.

    Args:
        close: (k, 2) rows of tracks that are close.
        height_m: ... but for those whose heights differ by more.
        may_be: (n,) the tracks that may be one.
    """
    both = np.zeros(len(tracks), dtype=bool)
    apart = np.abs(tracks.height_m[close[:, 0]] - tracks.height_m[close[:, 1]]) > height_m
    both[close[~apart & (may_be[close[:, 0]] | may_be[close[:, 1]])].ravel()] = True
    return both
