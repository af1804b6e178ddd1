"""Which points of the plane lie close together."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def close_pairs(x: Floats, y: Floats, within: float) -> npt.NDArray[np.int64]:
    """(m, 2) indices, the smaller first, of all pairs of n points at most `within` apart; none with a NaN.

    Sorted by x, a point is held only against those that follow it within reach, so that n points spread over an area
    cost about n log n + n sqrt(n).
    """
    order = np.argsort(x, kind="stable")
    reach = np.searchsorted(x[order], x[order] + within * (1.0 + 1e-9), side="right")
    follow = np.maximum(reach - np.arange(len(x)) - 1, 0)
    first = np.repeat(np.arange(len(x)), follow)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(follow) - follow, follow)
    pairs = np.column_stack([order[first], order[second]])
    near = np.hypot(x[pairs[:, 0]] - x[pairs[:, 1]], y[pairs[:, 0]] - y[pairs[:, 1]]) <= within
    found: npt.NDArray[np.int64] = np.sort(pairs[near], axis=1)
    return found
