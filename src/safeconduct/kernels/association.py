"""Which plot goes to which track: the exact assignment of greatest total weight, on sparse pairs.

Shortest augmenting paths with dual prices (Jonker and Volgenant, Computing 38, 1987), on adjacency lists instead of a
matrix. Leaving a plot to nobody costs 0. A path never leaves the cluster of plots and tracks that share pairs, so
clusters need not be formed first and the work grows with the pairs, not with plots times tracks.
"""

import numpy as np
import numpy.typing as npt

from safeconduct.kernels.arrays import Floats, Ints
from safeconduct.kernels.jit import kernel

NOBODY = -1


@kernel
def by_plot(pairs: Ints, first: int, last: int) -> tuple[Ints, Ints]:
    """Sort pairs (plot, track) by plot, keeping the order within: (start (plots + 1,), order (pairs,))."""
    start = np.zeros(last - first + 1, np.int64)
    for k in range(len(pairs)):
        start[pairs[k, 0] - first + 1] += 1
    for p in range(last - first):
        start[p + 1] += start[p]
    order, filled = np.empty(len(pairs), np.int64), np.zeros(last - first, np.int64)
    for k in range(len(pairs)):
        p = pairs[k, 0] - first
        order[start[p] + filled[p]] = k
        filled[p] += 1
    return start, order


@kernel
def assign(start: Ints, column: Ints, cost: Floats, columns: int) -> Ints:
    """The assignment of least total cost; a row left to NOBODY costs 0.

    Args:
        start: (rows + 1,): row r has the entries start[r]..start[r + 1] - 1.
        column, cost: (entries,): column and cost of each; costs above 0 are never taken.
        columns: number of columns.

    Returns:
        (rows,): column of each row, or NOBODY.
    """
    rows = len(start) - 1
    taken, by = np.empty(rows, np.int64), np.empty(columns, np.int64)
    distance, before = np.empty(columns), np.empty(columns, np.int64)
    for r in range(rows):
        taken[r] = NOBODY
    for c in range(columns):
        by[c], before[c], distance[c] = NOBODY, NOBODY, np.inf
    row_price, column_price = np.zeros(rows), np.zeros(columns)
    for r in range(rows):
        best = NOBODY
        for e in range(start[r], start[r + 1]):
            if cost[e] < row_price[r]:
                best, row_price[r] = column[e], cost[e]
        if best != NOBODY and by[best] == NOBODY:
            taken[r], by[best] = best, r
    done, touched = np.zeros(columns, np.bool_), np.empty(columns, np.int64)
    for r in range(rows):
        if taken[r] == NOBODY and row_price[r] < 0.0:
            augment(r, start, column, cost, taken, by, row_price, column_price, distance, before, done, touched)
    return taken


@kernel
def augment(
    root: int,
    start: Ints,
    column: Ints,
    cost: Floats,
    taken: Ints,
    by: Ints,
    row_price: Floats,
    column_price: Floats,
    distance: Floats,
    before: Ints,
    done: npt.NDArray[np.bool_],
    touched: Ints,
) -> None:
    """Add one row by the shortest path to a free column, or to some row on the way that gives its column up.

    distance (inf), before, done (False): (columns,) scratch, restored on return; touched: (columns,) scratch.
    """
    count, row, length = 0, root, 0.0
    idle, idle_row = -row_price[root], root
    end = NOBODY
    while True:
        for e in range(start[row], start[row + 1]):
            c = column[e]
            if done[c] or cost[e] > 0.0:
                continue
            through = length + cost[e] - row_price[row] - column_price[c]
            if through < distance[c]:
                if distance[c] == np.inf:
                    touched[count] = c
                    count += 1
                distance[c], before[c] = through, row
        nearest, near = NOBODY, np.inf
        for k in range(count):
            c = touched[k]
            if not done[c] and distance[c] < near:
                nearest, near = c, distance[c]
        if nearest == NOBODY or idle <= near:
            length = idle
            break
        length = near
        if by[nearest] == NOBODY:
            end = nearest
            break
        done[nearest] = True
        row = by[nearest]
        if length - row_price[row] < idle:
            idle, idle_row = length - row_price[row], row
    row_price[root] += length
    for k in range(count):
        c = touched[k]
        if done[c]:
            row_price[by[c]] += length - distance[c]
            column_price[c] -= length - distance[c]
    if end == NOBODY:
        end = taken[idle_row]
        taken[idle_row] = NOBODY
        if idle_row == root:
            end = NOBODY
    while end != NOBODY:
        row = before[end]
        by[end] = row
        end, taken[row] = taken[row], end
        if row == root:
            break
    for k in range(count):
        distance[touched[k]], before[touched[k]], done[touched[k]] = np.inf, NOBODY, False
