"""One flight is at most one aircraft, and one aircraft at most one flight: marginals of the joint assignment."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def exclusion_log_odds(log_odds: Floats, *, tolerance: float = 1e-6, sweeps: int = 200) -> Floats:
    """What the other tracks' claims on a flight take from each track's log-odds for it.

    Loopy belief propagation on the bipartite assignment graph, where "none of them" and "no-show" are always open;
    Williams and Lau, "Approximate evaluation of marginal association probabilities with belief propagation", IEEE
    Trans. Aerospace and Electronic Systems 50(4), 2014, equations 22-23. It converges for every input.

    Args:
        log_odds: (tracks, flights), ln of the odds of each pairing against "none", each on its own, nats; -inf for
            an impossible pairing.

    Returns:
        (tracks, flights), nats, never positive. The marginal of a pairing is
        exp(log_odds + result) / (1 + sum over flights of exp(log_odds + result)).
    """
    odds = np.exp(np.clip(log_odds, -60.0, 60.0))
    odds[np.isneginf(log_odds)] = 0.0
    to_track = np.ones_like(odds)
    for _ in range(sweeps):
        offered = odds * to_track
        to_flight = odds / (1.0 + _others(offered))
        after = 1.0 / (1.0 + _others(to_flight.T).T)
        moved = float(np.max(np.abs(np.log(after) - np.log(to_track)), initial=0.0))
        to_track = after
        if moved < tolerance:
            break
    exclusion: Floats = np.log(to_track)
    return exclusion


def _others(values: Floats) -> Floats:
    """The sum of the others in each row. Nothing is subtracted: one huge value must not swallow the rest."""
    sums = np.zeros_like(values)
    sums[:, 1:] = np.cumsum(values[:, :-1], axis=1)
    sums[:, :-1] += np.cumsum(values[:, :0:-1], axis=1)[:, ::-1]
    return sums


def marginals(log_odds: Floats, exclusion: Floats) -> tuple[Floats, Floats]:
    """Probabilities (tracks, flights) of each pairing and (tracks,) of "none of them"; each row sums to one with it."""
    total = log_odds + exclusion
    top = np.maximum(total.max(axis=1, initial=0.0), 0.0)
    weights = np.exp(total - top[:, None])
    none = np.exp(-top)
    scale = none + weights.sum(axis=1)
    return weights / scale[:, None], none / scale
