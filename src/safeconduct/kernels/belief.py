"""Which plot is whose, in probabilities: loopy belief propagation over the pairs, and exactly where few compete.

Williams and Lau, Approximate evaluation of marginal association probabilities with belief propagation, IEEE T-AES
50(4), 2014, eq. 9-18; the messages converge to one fixed point. One plot is of at most one track, and one track has at
most one of the plots. Without cycles the marginals are exact. With cycles they are too sure of themselves: of two
tracks that fit two plots about equally well, it all but decides between the two ways. So small clusters of tracks and
plots that the pairs that count join are taken out, and summed over all ways.
"""

import numpy as np

from safeconduct.kernels.arrays import Floats, Ints
from safeconduct.kernels.jit import kernel

SETTLED, MOST_ROUNDS = 1e-3, 50
COUNTS, EARLY_ROUNDS = 0.01, 2
"""Pairs less likely than this join no clusters, as seen after so few rounds: later ones have made up their minds, and
leave to the second way of two nearly equal ones less than this."""
MOST_PLOTS, MOST_TRACKS = 7, 12
"""Clusters larger than this are left to belief propagation."""


@kernel
def marginals(plot: Ints, column: Ints, odds: Floats, plots: int, columns: int) -> tuple[Floats, Floats]:
    """The probability of each pair, and of each plot that it is of no track.

    Args:
        plot, column: (pairs,) which plot (0..plots-1) and which track (0..columns-1); pairs of one track lie together.
        odds: (pairs,) weight of the pair, relative to the track having no plot and the plot no track.

    Returns:
        (pairs,), (plots,).
    """
    belief, free = propagated(plot, column, odds, plots, columns)
    sum_small_clusters(plot, column, odds, belief, free, columns)
    balance(plot, column, belief, free, columns)
    return belief, free


@kernel
def propagated(
    plot: Ints, column: Ints, odds: Floats, plots: int, columns: int, rounds: int = MOST_ROUNDS
) -> tuple[Floats, Floats]:
    """As `marginals`, by belief propagation alone, in so many rounds at most."""
    pairs = len(odds)
    to_plot, to_track = np.empty(pairs), np.ones(pairs)
    by_track, by_plot = np.empty(columns), np.empty(plots)
    for _ in range(rounds):
        by_track[:] = 1.0
        for k in range(pairs):
            by_track[column[k]] += odds[k] * to_track[k]
        by_plot[:] = 1.0
        for k in range(pairs):
            to_plot[k] = odds[k] / max(by_track[column[k]] - odds[k] * to_track[k], 1.0)
            by_plot[plot[k]] += to_plot[k]
        moved = 0.0
        for k in range(pairs):
            new = 1.0 / max(by_plot[plot[k]] - to_plot[k], 1.0)
            moved = max(moved, abs(new - to_track[k]))
            to_track[k] = new
        if moved < SETTLED:
            break
    by_track[:] = 1.0
    for k in range(pairs):
        by_track[column[k]] += odds[k] * to_track[k]
    belief, free = np.empty(pairs), np.empty(plots)
    for k in range(pairs):
        belief[k] = odds[k] * to_track[k] / by_track[column[k]]
    for p in range(plots):
        free[p] = 1.0 / by_plot[p]
    return belief, free


@kernel
def top_of(parent: Ints, one: int) -> int:
    """The name of a node's cluster; the way to it is shortened."""
    while parent[one] != one:
        parent[one] = parent[parent[one]]
        one = parent[one]
    return one


@kernel
def sum_small_clusters(plot: Ints, column: Ints, odds: Floats, belief: Floats, free: Floats, columns: int) -> None:
    """Replace beliefs, and what is free of each plot, by the exact ones in clusters of a few plots and tracks."""
    plots, pairs = len(free), len(odds)
    parent = np.arange(plots + columns)
    early, _ = propagated(plot, column, odds, plots, columns, EARLY_ROUNDS)
    for k in range(pairs):
        if early[k] > COUNTS:
            one, other = top_of(parent, plot[k]), top_of(parent, plots + column[k])
            if one != other:
                parent[other] = one
    size, tracks = np.zeros(plots + columns, np.int64), np.zeros(plots + columns, np.int64)
    for p in range(plots):
        size[top_of(parent, p)] += 1
    for c in range(columns):
        tracks[top_of(parent, plots + c)] += 1
    members, filled = np.full((plots + columns, MOST_PLOTS), -1, np.int64), np.zeros(plots + columns, np.int64)
    for p in range(plots):
        top = top_of(parent, p)
        if filled[top] < MOST_PLOTS:
            members[top, filled[top]] = p
            filled[top] += 1
    starts, begun = np.full((plots + columns, MOST_TRACKS), -1, np.int64), np.zeros(plots + columns, np.int64)
    for k in range(pairs):
        if k == 0 or column[k] != column[k - 1]:
            top = top_of(parent, plots + column[k])
            if begun[top] < MOST_TRACKS:
                starts[top, begun[top]] = k
                begun[top] += 1
    ways, rest = np.empty((MOST_TRACKS + 1, 1 << MOST_PLOTS)), np.empty((MOST_TRACKS + 1, 1 << MOST_PLOTS))
    place = np.full(plots, -1, np.int64)
    for top in range(plots + columns):
        if 2 <= size[top] <= MOST_PLOTS and 2 <= tracks[top] <= MOST_TRACKS:
            for n in range(size[top]):
                place[members[top, n]] = n
            sum_cluster(
                plot,
                column,
                odds,
                belief,
                free,
                members[top, : size[top]],
                starts[top, : tracks[top]],
                place,
                ways,
                rest,
            )


@kernel
def sum_cluster(
    plot: Ints,
    column: Ints,
    odds: Floats,
    belief: Floats,
    free: Floats,
    members: Ints,
    starts: Ints,
    place: Ints,
    ways: Floats,
    rest: Floats,
) -> None:
    """One cluster, over all sets of plots used: `ways` by the tracks before one, `rest` by it and those after.

    members: (plots,) of it; starts: (tracks,) the first pair of each; place: (plots,) where each is in `members`.
    """
    tracks, sets = len(starts), 1 << len(members)
    for used in range(sets):
        ways[0, used], rest[tracks, used] = 0.0, 1.0
    ways[0, 0] = 1.0
    for t in range(tracks):
        for used in range(sets):
            ways[t + 1, used] = ways[t, used]
        k = starts[t]
        while k < len(odds) and column[k] == column[starts[t]]:
            if place[plot[k]] >= 0:
                bit = 1 << place[plot[k]]
                for used in range(sets):
                    if used & bit == 0:
                        ways[t + 1, used | bit] += odds[k] * ways[t, used]
            k += 1
    for t in range(tracks - 1, -1, -1):
        for used in range(sets):
            rest[t, used] = rest[t + 1, used]
        k = starts[t]
        while k < len(odds) and column[k] == column[starts[t]]:
            if place[plot[k]] >= 0:
                bit = 1 << place[plot[k]]
                for used in range(sets):
                    if used & bit == 0:
                        rest[t, used] += odds[k] * rest[t + 1, used | bit]
            k += 1
    for n in range(len(members)):
        free[members[n]] = 1.0
    for t in range(tracks):
        k = starts[t]
        while k < len(odds) and column[k] == column[starts[t]]:
            if place[plot[k]] >= 0:
                bit, total = 1 << place[plot[k]], 0.0
                for used in range(sets):
                    if used & bit == 0:
                        total += ways[t, used] * rest[t + 1, used | bit]
                belief[k] = odds[k] * total / rest[0, 0]
                free[plot[k]] -= belief[k]
            k += 1
    for n in range(len(members)):
        free[members[n]] = max(free[members[n]], 0.0)
        place[members[n]] = -1


@kernel
def balance(plot: Ints, column: Ints, belief: Floats, free: Floats, columns: int) -> None:
    """Let the beliefs of a track sum to 1 at most, and those of a plot, with what is free of it, to 1, in place.

    They miss it by a little where a cluster left out pairs, and where propagation had not settled.
    """
    by_track, by_plot = np.zeros(columns), free.copy()
    for k in range(len(belief)):
        by_track[column[k]] += belief[k]
    for k in range(len(belief)):
        belief[k] /= max(by_track[column[k]], 1.0)
        by_plot[plot[k]] += belief[k]
    free[:] = 1.0
    for k in range(len(belief)):
        belief[k] /= max(by_plot[plot[k]], 1.0)
        free[plot[k]] -= belief[k]
    for p in range(len(free)):
        free[p] = max(free[p], 0.0)
