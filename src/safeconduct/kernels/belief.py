"""Which plot is whose, in probabilities: loopy belief propagation over the pairs, and exactly where few compete.

Williams and Lau, Approximate evaluation of marginal association probabilities with belief propagation, IEEE T-AES
50(4), 2014, eq. 9-18; the messages converge to one fixed point. One plot is of at most one track, and one track has at
most one of the plots. Without cycles the marginals are exact. With cycles they are too sure of themselves: of two
tracks that fit two plots about equally well, it all but decides between the two ways. So small clusters of tracks and
plots that the pairs that count join are taken out, and summed over all ways.
"""

import numpy as np

from safeconduct.kernels.arrays import Flags, Floats, Ints
from safeconduct.kernels.jit import kernel

SETTLED, NEARLY_SETTLED, MOST_ROUNDS = 1e-3, 3e-2, 20
"""Messages that move less than this in a round have settled; or nearly so, where only their sum counts."""
COUNTS, EARLY_ROUNDS = 0.01, 2
"""Pairs less likely than this join no clusters, as seen after so few rounds: later ones have made up their minds, and
leave to the second way of two nearly equal ones less than this."""
MOST_PLOTS, MOST_TRACKS = 7, 12
"""Clusters larger than this are left to belief propagation."""


@kernel
def marginals(plot: Ints, starts: Ints, odds: Floats, plots: int) -> tuple[Floats, Floats]:
    """The probability of each pair, and of each plot that it is of no track.

    Args:
        plot: (pairs,) which plot (0..plots-1) each pair is of.
        starts: (tracks + 1,): the pairs of track c are those from starts[c] up to, not including, starts[c + 1].
        odds: (pairs,) weight of the pair, relative to the track having no plot and the plot no track.

    Returns:
        (pairs,), (plots,).
    """
    belief, free, counts = propagated(plot, starts, odds, plots, SETTLED)
    sum_small_clusters(plot, starts, odds, counts, belief, free)
    balance(plot, starts, belief, free)
    return belief, free


@kernel
def propagated(plot: Ints, starts: Ints, odds: Floats, plots: int, settled: float) -> tuple[Floats, Floats, Flags]:
    """As `marginals`, by belief propagation alone until it has `settled`; and (pairs,) which pairs count."""
    pairs = len(odds)
    to_plot, to_track, counts = np.empty(pairs), np.ones(pairs), np.zeros(pairs, np.bool_)
    belief, by_plot, rounds, moved = np.empty(pairs), np.empty(plots), 0, 1.0
    while True:
        by_plot[:] = 1.0
        for c in range(len(starts) - 1):
            whole = 1.0
            for k in range(starts[c], starts[c + 1]):
                belief[k] = odds[k] * to_track[k]
                whole += belief[k]
            for k in range(starts[c], starts[c + 1]):
                to_plot[k] = odds[k] / max(whole - belief[k], 1.0)
                belief[k] /= whole
                by_plot[plot[k]] += to_plot[k]
        done = moved < settled or rounds == MOST_ROUNDS
        if rounds == EARLY_ROUNDS or (done and rounds < EARLY_ROUNDS):
            for k in range(pairs):
                counts[k] = belief[k] > COUNTS
        if done:
            break
        moved, rounds = 0.0, rounds + 1
        for k in range(pairs):
            new = 1.0 / max(by_plot[plot[k]] - to_plot[k], 1.0)
            moved = max(moved, abs(new - to_track[k]))
            to_track[k] = new
    return belief, 1.0 / by_plot, counts


@kernel
def top_of(parent: Ints, one: int) -> int:
    """The name of a node's cluster; the way to it is shortened."""
    while parent[one] != one:
        parent[one] = parent[parent[one]]
        one = parent[one]
    return one


@kernel
def sum_small_clusters(plot: Ints, starts: Ints, odds: Floats, counts: Flags, belief: Floats, free: Floats) -> None:
    """Replace beliefs, and what is free of each plot, by the exact ones in clusters of a few plots and tracks."""
    plots, columns = len(free), len(starts) - 1
    parent = np.arange(plots + columns)
    for c in range(columns):
        for k in range(starts[c], starts[c + 1]):
            if counts[k]:
                one, other = top_of(parent, plot[k]), top_of(parent, plots + c)
                if one != other:
                    parent[other] = one
    members, size = np.empty((plots + columns, MOST_PLOTS), np.int64), np.zeros(plots + columns, np.int64)
    for p in range(plots):
        top = top_of(parent, p)
        if size[top] < MOST_PLOTS:
            members[top, size[top]] = p
        size[top] += 1
    joined, tracks = np.empty((plots + columns, MOST_TRACKS), np.int64), np.zeros(plots + columns, np.int64)
    for c in range(columns):
        top = top_of(parent, plots + c)
        if tracks[top] < MOST_TRACKS:
            joined[top, tracks[top]] = c
        tracks[top] += 1
    ways, rest = np.empty((MOST_TRACKS + 1, 1 << MOST_PLOTS)), np.empty((MOST_TRACKS + 1, 1 << MOST_PLOTS))
    place = np.full(plots, -1, np.int64)
    for top in range(plots + columns):
        if 2 <= size[top] <= MOST_PLOTS and 2 <= tracks[top] <= MOST_TRACKS:
            for n in range(size[top]):
                place[members[top, n]] = n
            some, those = members[top, : size[top]], joined[top, : tracks[top]]
            sum_cluster(plot, starts, odds, belief, free, some, those, place, ways, rest)
            for n in range(size[top]):
                place[members[top, n]] = -1


@kernel
def sum_cluster(
    plot: Ints,
    starts: Ints,
    odds: Floats,
    belief: Floats,
    free: Floats,
    members: Ints,
    joined: Ints,
    place: Ints,
    ways: Floats,
    rest: Floats,
) -> None:
    """One cluster, over all sets of plots used: `ways` by the tracks before one, `rest` by it and those after.

    members: (plots,) and joined: (tracks,) of it; place: (all plots,) where each is in `members`, or -1.
    """
    tracks, sets = len(joined), 1 << len(members)
    for used in range(sets):
        ways[0, used], rest[tracks, used] = 0.0, 1.0
    ways[0, 0] = 1.0
    for t in range(tracks):
        for used in range(sets):
            ways[t + 1, used] = ways[t, used]
        for k in range(starts[joined[t]], starts[joined[t] + 1]):
            if place[plot[k]] >= 0:
                bit = 1 << place[plot[k]]
                for used in range(sets):
                    if used & bit == 0:
                        ways[t + 1, used | bit] += odds[k] * ways[t, used]
    for t in range(tracks - 1, -1, -1):
        for used in range(sets):
            rest[t, used] = rest[t + 1, used]
        for k in range(starts[joined[t]], starts[joined[t] + 1]):
            if place[plot[k]] >= 0:
                bit = 1 << place[plot[k]]
                for used in range(sets):
                    if used & bit == 0:
                        rest[t, used] += odds[k] * rest[t + 1, used | bit]
    for n in range(len(members)):
        free[members[n]] = 1.0
    for t in range(tracks):
        for k in range(starts[joined[t]], starts[joined[t] + 1]):
            if place[plot[k]] >= 0:
                bit, total = 1 << place[plot[k]], 0.0
                for used in range(sets):
                    if used & bit == 0:
                        total += ways[t, used] * rest[t + 1, used | bit]
                belief[k] = odds[k] * total / rest[0, 0]
                free[plot[k]] -= belief[k]
    for n in range(len(members)):
        free[members[n]] = max(free[members[n]], 0.0)


@kernel
def balance(plot: Ints, starts: Ints, belief: Floats, free: Floats) -> None:
    """Let the beliefs of a track sum to 1 at most, and those of a plot, with what is free of it, to 1, in place.

    They miss it by a little where a cluster left out pairs, and where propagation had not settled.
    """
    by_plot = free.copy()
    for c in range(len(starts) - 1):
        whole = 0.0
        for k in range(starts[c], starts[c + 1]):
            whole += belief[k]
        for k in range(starts[c], starts[c + 1]):
            belief[k] /= max(whole, 1.0)
            by_plot[plot[k]] += belief[k]
    free[:] = 1.0
    for k in range(len(belief)):
        belief[k] /= max(by_plot[plot[k]], 1.0)
        free[plot[k]] -= belief[k]
    for p in range(len(free)):
        free[p] = max(free[p], 0.0)
