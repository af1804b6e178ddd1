"""One flight is at most one aircraft, and one aircraft at most one flight: marginals of the joint assignment.

Tracks and flights fall into groups within which they compete. A group with few flights or few tracks is solved exactly,
since there belief propagation is far too sure of itself: two tracks that fit two flights almost equally well (log-odds
10, 10; 10, 10.5) stand at 62 to 38 %, and it says 99.9 %. Only large groups are left to it.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_LOG_ODDS = 60.0
"""Log-odds are cut at this, so that MOST_EXACT of them multiply without overflow."""
MOST_EXACT = 10
"""A group with more flights and more tracks than this is left to belief propagation."""
NEGLIGIBLE = -9.0
"""A pairing with log-odds below this takes nothing from others, and does not join two groups."""


def exclusion_log_odds(log_odds: Floats, *, tolerance: float = 1e-6, sweeps: int = 200) -> Floats:
    """What the other tracks' claims on a flight take from each track's log-odds for it.

    With Z(-i, -j) the weight of all joint assignments without track i and flight j, in which "none of them" and
    "no-show" are always open, this is ln Z(-i, -j) / Z(-i).

    Args:
        log_odds: (tracks, flights), ln of the odds of each pairing against "none", each on its own, nats; -inf for
            an impossible pairing.
        tolerance, sweeps: of belief propagation, nats and rounds.

    Returns:
        (tracks, flights), nats, never positive. The marginal of a pairing is
        exp(log_odds + result) / (1 + sum over flights of exp(log_odds + result)).
    """
    odds = np.exp(np.clip(log_odds, -MOST_LOG_ODDS, MOST_LOG_ODDS))
    odds[np.isneginf(log_odds)] = 0.0
    of_track, of_flight = _groups(log_odds > NEGLIGIBLE)
    taken = np.ones_like(odds)
    for name in np.unique(of_flight[of_flight < len(odds)]):
        mine, theirs = np.flatnonzero(of_track == name), np.flatnonzero(of_flight == name)
        inside = odds[np.ix_(mine, theirs)]
        if min(inside.shape) <= MOST_EXACT:
            left, free = _exact(inside)
        else:
            left, free = _propagated(inside, tolerance, sweeps)
        taken[:, theirs] = free
        taken[np.ix_(mine, theirs)] = left
    exclusion: Floats = np.log(np.minimum(taken, 1.0))
    return exclusion


def _groups(linked: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The group of each track and of each flight, named by its first track; of a flight without a link: len(linked).

    Every name spreads over the links until nothing changes, which takes no more rounds than the longest chain of them.
    """
    names = np.arange(len(linked))
    while True:
        of_flight = np.where(linked, names[:, None], len(linked)).min(axis=0, initial=len(linked))
        spread = np.minimum(names, np.where(linked, of_flight, len(linked)).min(axis=1, initial=len(linked)))
        if np.array_equal(spread, names):
            return names, of_flight
        names = spread


def _exact(odds: Floats) -> tuple[Floats, Floats]:
    """(tracks, flights) Z(-i, -j) / Z(-i), and (flights,) the probability Z(-j) / Z that a flight is no track's."""
    if odds.shape[0] >= odds.shape[1]:
        return _by_subsets(odds)
    turned, none = _by_subsets(odds.T)
    free = 1.0 / (1.0 + (odds.T * turned).sum(axis=1))
    return turned.T * free / none[:, None], free


def _by_subsets(odds: Floats) -> tuple[Floats, Floats]:
    """As `_exact`: weights by the set of flights used, over the tracks before and after each one.

    Every step adds and multiplies positive numbers, so that no digits are lost however large the odds.
    """
    tracks, flights = odds.shape
    sets = np.arange(1 << flights)
    rest = sets[::-1]
    holding = [np.flatnonzero(sets >> flight & 1) for flight in range(flights)]
    lacking = [np.flatnonzero(~sets >> flight & 1) for flight in range(flights)]

    def joined(ways: Floats, row: Floats) -> Floats:
        more = ways.copy()
        for held, without, weight in zip(holding, lacking, row, strict=True):
            more[held] += weight * ways[without]
        return more

    before = [np.where(sets == 0, 1.0, 0.0)]
    for row in odds:
        before.append(joined(before[-1], row))
    left, after = np.empty_like(odds), before[0]
    for track in reversed(range(tracks)):
        within = after.copy()
        for held, without in zip(holding, lacking, strict=True):
            within[held] += within[without]
        whole = before[track] @ within[rest]
        for flight, without in enumerate(lacking):
            left[track, flight] = before[track][without] @ within[rest[without] - (1 << flight)] / whole
        after = joined(after, odds[track])
    free = np.array([after[without].sum() for without in lacking]) / after.sum()
    return left, free


def _propagated(odds: Floats, tolerance: float, sweeps: int) -> tuple[Floats, Floats]:
    """As `_exact`, approximately, by loopy belief propagation on the bipartite assignment graph.

    Williams and Lau, "Approximate evaluation of marginal association probabilities with belief propagation", IEEE
    Trans. Aerospace and Electronic Systems 50(4), 2014, equations 22-23. Exact without cycles; it always converges.
    """
    track, flight = np.nonzero(odds)
    weight, to_track = odds[track, flight], np.ones(len(track))
    at_track, at_flight = _packed(track), _packed(flight)
    for _ in range(sweeps):
        to_flight = weight / (1.0 + _others(weight * to_track, *at_track))
        after = 1.0 / (1.0 + _others(to_flight, *at_flight))
        moved = float(np.max(np.abs(np.log(after / to_track)), initial=0.0))
        to_track = after
        if moved < tolerance:
            break
    free: Floats = 1.0 / (1.0 + np.bincount(flight, to_flight, odds.shape[1]).astype(np.float64))
    left: Floats = np.tile(free, (len(odds), 1))
    left[track, flight] = to_track
    return left, free


def _packed(of: Ints) -> tuple[Ints, Ints]:
    """Where each pair stands in a table with a row for each track (or flight): (rows, columns)."""
    order = np.argsort(of, kind="stable")
    place = np.empty(len(of), np.int64)
    place[order] = np.arange(len(of)) - np.searchsorted(of[order], of[order])
    return of, place


def _others(values: Floats, rows: Ints, columns: Ints) -> Floats:
    """For each pair the sum of the others of its row. Nothing is subtracted: one huge value would swallow the rest."""
    table = np.zeros((rows.max(initial=0) + 1, columns.max(initial=0) + 1))
    table[rows, columns] = values
    sums = np.zeros_like(table)
    sums[:, 1:] = np.cumsum(table[:, :-1], axis=1)
    sums[:, :-1] += np.cumsum(table[:, :0:-1], axis=1)[:, ::-1]
    found: Floats = sums[rows, columns]
    return found


def marginals(log_odds: Floats, exclusion: Floats) -> tuple[Floats, Floats]:
    """Probabilities (tracks, flights) of each pairing and (tracks,) of "none of them"; each row sums to one with it."""
    total = log_odds + exclusion
    top = np.maximum(total.max(axis=1, initial=0.0), 0.0)
    weights = np.exp(total - top[:, None])
    none = np.exp(-top)
    scale = none + weights.sum(axis=1)
    return weights / scale[:, None], none / scale
