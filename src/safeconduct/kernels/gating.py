"""Which tracks may have caused which plots: a grid over the plots of one group, then boxes.

The grid lies over the plots because theirs are alike in size, while the boxes of tracks differ a thousandfold
(a fresh track with unknown speed beside one held by a receiver). A track asks the cells under its box, but never more
cells than there are plots, so a group of m plots costs O(tracks + m + pairs) however wide the boxes are.
"""

import math

import numpy as np

from safeconduct.kernels.arrays import Floats, Ints
from safeconduct.kernels.jit import kernel


@kernel
def grid_of_plots(own: Floats) -> tuple[Floats, Ints, Ints, Ints]:
    """Plots, boxes `own`, sorted into about as many cells as there are plots.

    Returns:
        frame: (6,): west, south, east, north edges, cells per metre in x and y.
        shape: (2,): columns and rows of the grid.
        start: (cells + 1,): where each cell begins in `order`.
        order: (plots,): by cell.
    """
    count = len(own)
    west = east = own[0, 0]
    south = north = own[0, 1]
    for p in range(1, count):
        west, east = min(west, own[p, 0]), max(east, own[p, 0])
        south, north = min(south, own[p, 1]), max(north, own[p, 1])
    width, depth = max(east - west, 1.0), max(north - south, 1.0)
    columns = max(1, min(count, round(math.sqrt(count * width / depth))))
    lines = max(1, count // columns)
    frame, shape = np.empty(6), np.empty(2, np.int64)
    frame[0], frame[1], frame[2], frame[3] = west, south, east, north
    frame[4], frame[5] = columns / width, lines / depth
    shape[0], shape[1] = columns, lines
    start = np.zeros(columns * lines + 1, np.int64)
    cell = np.empty(count, np.int64)
    for k in range(count):
        column = min(columns - 1, int((own[k, 0] - west) * frame[4]))
        line = min(lines - 1, int((own[k, 1] - south) * frame[5]))
        cell[k] = line * columns + column
        start[cell[k] + 1] += 1
    for c in range(columns * lines):
        start[c + 1] += start[c]
    order, filled = np.empty(count, np.int64), np.zeros(columns * lines, np.int64)
    for k in range(count):
        c = cell[k]
        order[start[c] + filled[c]] = k
        filled[c] += 1
    return frame, shape, start, order


@kernel
def grown(array: Ints) -> Ints:
    """The same pairs in twice the room."""
    larger = np.empty((2 * len(array), 2), np.int64)
    for k in range(len(array)):
        larger[k, 0], larger[k, 1] = array[k, 0], array[k, 1]
    return larger


@kernel
def candidates(boxes: Floats, own: Floats) -> Ints:
    """Pairs (plot, track) whose boxes touch: (pairs, 2), ordered by track.

    boxes, own: (slots, 4), (plots, 4): x, y and half widths of each track's and each plot's box; NaN x is no track.
    """
    frame, shape, start, order = grid_of_plots(own)
    wide, deep = 0.0, 0.0
    for p in range(len(own)):
        wide, deep = max(wide, own[p, 2]), max(deep, own[p, 3])
    pairs, found = np.empty((4 * len(own) + 16, 2), np.int64), 0
    for i in range(len(boxes)):
        x, y, half_x, half_y = boxes[i, 0], boxes[i, 1], boxes[i, 2], boxes[i, 3]
        west, east = x - half_x - wide, x + half_x + wide
        south, north = y - half_y - deep, y + half_y + deep
        if not (west <= frame[2] and east >= frame[0] and south <= frame[3] and north >= frame[1]):
            continue
        left = int((max(west, frame[0]) - frame[0]) * frame[4])
        right = min(shape[0] - 1, int((min(east, frame[2]) - frame[0]) * frame[4]))
        low = int((max(south, frame[1]) - frame[1]) * frame[5])
        high = min(shape[1] - 1, int((min(north, frame[3]) - frame[1]) * frame[5]))
        for line in range(low, high + 1):
            row = line * shape[0]
            for k in range(start[row + min(left, right)], start[row + right + 1]):
                p = order[k]
                if abs(own[p, 0] - x) <= half_x + own[p, 2] and abs(own[p, 1] - y) <= half_y + own[p, 3]:
                    if found == len(pairs):
                        pairs = grown(pairs)
                    pairs[found, 0], pairs[found, 1] = p, i
                    found += 1
    return pairs[:found]


@kernel
def every_pair(boxes: Floats, plots: int) -> Ints:
    """All plots with all live tracks, as `candidates`: a direction has no box."""
    pairs, found = np.empty((len(boxes) * plots, 2), np.int64), 0
    for i in range(len(boxes)):
        if not math.isnan(boxes[i, 0]):
            for p in range(plots):
                pairs[found, 0], pairs[found, 1] = p, i
                found += 1
    return pairs[:found]
