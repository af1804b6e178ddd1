"""Oracle: scipy's dense assignment, on the same costs with a private column of cost 0 for every row."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from safeconduct.kernels.association import NOBODY, assign, by_plot

FORBIDDEN = 1e6


@pytest.mark.parametrize("seed", range(40))
def test_assignment_is_exact(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = int(rng.integers(1, 25)), int(rng.integers(1, 25))
    dense = np.where(
        rng.random((rows, columns)) < rng.uniform(0.1, 0.9), rng.normal(-3.0, 4.0, (rows, columns)), FORBIDDEN
    )
    start, column, cost = [0], [], []
    for row in dense:
        allowed = np.flatnonzero(row < FORBIDDEN)
        column += allowed.tolist()
        cost += row[allowed].tolist()
        start.append(len(column))
    taken = assign(np.array(start), np.array(column, np.int64), np.array(cost, np.float64), columns)
    chosen = [(r, c) for r, c in enumerate(taken.tolist()) if c != NOBODY]
    assert len({c for _, c in chosen}) == len(chosen)
    padded = np.hstack([dense, np.where(np.eye(rows, dtype=bool), 0.0, FORBIDDEN)])
    best = padded[linear_sum_assignment(padded)].sum()
    assert sum(dense[r, c] for r, c in chosen) == pytest.approx(best, abs=1e-9)


def test_pairs_are_sorted_by_plot_and_keep_their_order() -> None:
    pairs = np.array([[7, 0], [5, 0], [7, 2], [5, 3], [6, 3]])
    start, order = by_plot(pairs, 5, 8)
    assert start.tolist() == [0, 2, 3, 5]
    assert pairs[order].tolist() == [[5, 0], [5, 3], [6, 3], [7, 0], [7, 2]]
