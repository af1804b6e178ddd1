"""One flight is at most one aircraft, and one aircraft at most one flight: marginals of the joint assignment.

Tracks and flights fall into groups within which they compete. A group with few flights or few tracks is solved exactly,
since there belief propagation is far too sure of itself: two tracks that fit two flights almost equally well (log-odds
10, 10; 10, 10.5) stand at 62 to 38 %, and it says 99.9 %. Only large groups are left to it.
"""

import math

import numpy as np

from safeconduct.kernels.arrays import Floats, Ints
from safeconduct.kernels.jit import kernel

MOST_LOG_ODDS = 60.0
"""Log-odds are cut at this, so that MOST_EXACT of them multiply without overflow."""
MOST_EXACT = 10
"""A group with more flights and more tracks than this is left to belief propagation."""
NEGLIGIBLE = -9.0
"""A pairing with log-odds below this takes nothing from others, and does not join two groups."""
TOLERANCE, SWEEPS = 1e-6, 200
"""Of belief propagation: nats, rounds."""


@kernel
def exclusion_log_odds(tracks: Ints, flights: Ints, log_odds: Floats, n: int, m: int) -> Floats:
    """What the other tracks' claims on a flight take from each pair's log-odds.

    With Z(-i, -j) the weight of all joint assignments without track i and flight j, in which "none of them" and
    "no-show" are always open, this is ln Z(-i, -j) / Z(-i).

    Args:
        tracks, flights: (pairs,) of each pair, 0 up to n and m; a pair that is not listed is impossible.
        log_odds: (pairs,) ln of the odds of each pairing against "none", each on its own, nats.

    Returns:
        (pairs,) nats, never positive. The marginal of a pairing is
        exp(log_odds + result) / (1 + sum over the track's flights of exp(log_odds + result)).
    """
    group = _groups(tracks, flights, log_odds, n, m)
    by_group = np.argsort(group[tracks], kind="mergesort")
    free, taken = np.ones(m), np.zeros(len(tracks))
    here, there = np.full(n, -1, np.int64), np.full(m, -1, np.int64)
    start = 0
    while start < len(tracks):
        stop = start
        while stop < len(tracks) and group[tracks[by_group[stop]]] == group[tracks[by_group[start]]]:
            stop += 1
        members = by_group[start:stop]
        start = stop
        rows = columns = 0
        for pair in members:
            if log_odds[pair] > NEGLIGIBLE:
                if here[tracks[pair]] < 0:
                    here[tracks[pair]] = rows
                    rows += 1
                if there[flights[pair]] < 0:
                    there[flights[pair]] = columns
                    columns += 1
        if rows == 0:
            continue
        if min(rows, columns) > MOST_EXACT:
            linked = members[log_odds[members] > NEGLIGIBLE]
            weight = np.exp(np.minimum(log_odds[linked], MOST_LOG_ODDS))
            taken[linked], unused = _propagated(here[tracks[linked]], there[flights[linked]], weight, rows, columns)
            free[flights[linked]] = unused[there[flights[linked]]]
            continue
        odds = np.zeros((rows, columns))
        for pair in members:
            if log_odds[pair] > NEGLIGIBLE:
                odds[here[tracks[pair]], there[flights[pair]]] = math.exp(min(log_odds[pair], MOST_LOG_ODDS))
        left, unused = _solve(odds)
        for pair in members:
            if log_odds[pair] > NEGLIGIBLE:
                taken[pair] = left[here[tracks[pair]], there[flights[pair]]]
                free[flights[pair]] = unused[there[flights[pair]]]
    for pair in range(len(tracks)):
        share = taken[pair] if log_odds[pair] > NEGLIGIBLE else free[flights[pair]]
        taken[pair] = math.log(min(share, 1.0))
    return taken


@kernel
def _groups(tracks: Ints, flights: Ints, log_odds: Floats, n: int, m: int) -> Ints:
    """(n + m,) a name of the group of each track and flight: trees of links, each flattened as it is climbed."""
    parent = np.arange(n + m)
    for pair in range(len(tracks)):
        if log_odds[pair] > NEGLIGIBLE:
            a, b = tracks[pair], n + flights[pair]
            while parent[a] != a:
                parent[a] = parent[parent[a]]
                a = parent[a]
            while parent[b] != b:
                parent[b] = parent[parent[b]]
                b = parent[b]
            parent[max(a, b)] = min(a, b)
    for node in range(n + m):
        # A parent is never greater than its child, and is flat already.
        parent[node] = parent[parent[node]]
    return parent


@kernel
def _solve(odds: Floats) -> tuple[Floats, Floats]:
    """Exactly: (tracks, flights) Z(-i, -j) / Z(-i), and (flights,) the probability Z(-j) / Z that it is no track's."""
    rows, columns = odds.shape
    if rows >= columns:
        return _by_subsets(odds)
    turned, none = _by_subsets(odds.T.copy())
    free, left = np.empty(columns), np.empty((rows, columns))
    for j in range(columns):
        free[j] = 1.0 / (1.0 + (odds[:, j] * turned[j]).sum())
        left[:, j] = turned[j] * free[j] / none
    return left, free


@kernel
def _join(ways: Floats, row: Floats) -> Floats:
    """Weights by the set of flights used, once another track may use one of them."""
    more = ways.copy()
    for j in range(len(row)):
        bit = 1 << j
        for used in range(len(ways)):
            if used & bit:
                more[used] += row[j] * ways[used ^ bit]
    return more


@kernel
def _by_subsets(odds: Floats) -> tuple[Floats, Floats]:
    """As `_solve`, exactly: weights by the set of flights used, over the tracks before and after each one.

    Every step adds and multiplies positive numbers, so that no digits are lost however large the odds.
    """
    rows, columns = odds.shape
    sets = 1 << columns
    before = np.zeros((rows + 1, sets))
    before[0, 0] = 1.0
    for i in range(rows):
        before[i + 1] = _join(before[i], odds[i])
    left, after = np.empty((rows, columns)), before[0].copy()
    for i in range(rows - 1, -1, -1):
        within = after.copy()
        for j in range(columns):
            for used in range(sets):
                if used >> j & 1:
                    within[used] += within[used ^ (1 << j)]
        whole = 0.0
        for used in range(sets):
            whole += before[i, used] * within[sets - 1 - used]
        for j in range(columns):
            bit, rest = 1 << j, 0.0
            for used in range(sets):
                if not used & bit:
                    rest += before[i, used] * within[(sets - 1 - used) ^ bit]
            left[i, j] = rest / whole
        after = _join(after, odds[i])
    free, total = np.zeros(columns), after.sum()
    for j in range(columns):
        for used in range(sets):
            if not used >> j & 1:
                free[j] += after[used]
    return left, free / total


@kernel
def _propagated(tracks: Ints, flights: Ints, odds: Floats, n: int, m: int) -> tuple[Floats, Floats]:
    """As `_solve`, approximately and pair by pair, by loopy belief propagation on the bipartite assignment graph.

    Williams and Lau, "Approximate evaluation of marginal association probabilities with belief propagation", IEEE
    Trans. Aerospace and Electronic Systems 50(4), 2014, equations 22-23. Exact without cycles; it always converges.
    """
    by_track, of_track = _segments(tracks, n)
    by_flight, of_flight = _segments(flights, m)
    to_flight, to_track = np.zeros(len(odds)), np.ones(len(odds))
    for _ in range(SWEEPS):
        for i in range(n):
            mine = by_track[of_track[i] : of_track[i + 1]]
            to_flight[mine] = _shares(odds[mine] * to_track[mine], odds[mine])
        moved = 0.0
        for j in range(m):
            mine = by_flight[of_flight[j] : of_flight[j + 1]]
            after = _shares(to_flight[mine], np.ones(len(mine)))
            for k in range(len(mine)):
                moved = max(moved, abs(math.log(after[k] / to_track[mine[k]])))
            to_track[mine] = after
        if moved < TOLERANCE:
            break
    free = np.empty(m)
    for j in range(m):
        free[j] = 1.0 / (1.0 + to_flight[by_flight[of_flight[j] : of_flight[j + 1]]].sum())
    return to_track, free


@kernel
def _segments(of: Ints, count: int) -> tuple[Ints, Ints]:
    """The pairs of each track (or flight), one after the other, and where each one's begin."""
    starts = np.zeros(count + 1, np.int64)
    for pair in range(len(of)):
        starts[of[pair] + 1] += 1
    return np.argsort(of, kind="mergesort"), np.cumsum(starts)


@kernel
def _shares(values: Floats, weight: Floats) -> Floats:
    """weight / (1 + the sum of the other values), for each. Nothing is subtracted: one huge value would swallow the
    rest."""
    out, total = np.empty(len(values)), 0.0
    for k in range(len(values)):
        out[k] = total
        total += values[k]
    total = 0.0
    for k in range(len(values) - 1, -1, -1):
        out[k] = weight[k] / (1.0 + out[k] + total)
        total += values[k]
    return out


@kernel
def marginals(tracks: Ints, total: Floats, n: int) -> tuple[Floats, Floats]:
    """Probabilities (pairs,) of each pairing and (n,) of "none of them"; a track's sum to one with it.

    Args:
        tracks: (pairs,) the track of each. total: (pairs,) log-odds with the exclusion's.
    """
    top, scale = np.zeros(n), np.zeros(n)
    for pair in range(len(tracks)):
        top[tracks[pair]] = max(top[tracks[pair]], total[pair])
    weight, none = np.exp(total - top[tracks]), np.exp(-top)
    scale += none
    for pair in range(len(tracks)):
        scale[tracks[pair]] += weight[pair]
    return weight / scale[tracks], none / scale


def joint_marginals(log_odds: Floats) -> tuple[Floats, Floats]:
    """(n, m) probabilities of each pairing, and (n,) of "none", of a full table of log-odds; -inf: impossible."""
    tracks, flights = np.nonzero(~np.isneginf(log_odds))
    alone = log_odds[tracks, flights]
    taken = exclusion_log_odds(tracks, flights, alone, *log_odds.shape)
    probability = np.zeros_like(log_odds)
    probability[tracks, flights], none = marginals(tracks, alone + taken, len(log_odds))
    return probability, none
