"""The marginals of "one flight is at most one aircraft", against the enumeration of every joint assignment."""

from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeconduct.kernels.exclusion import MOST_EXACT, NEGLIGIBLE, exclusion_log_odds, joint_marginals, marginals

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
ODDS = st.floats(-12.0, 26.0) | st.just(-np.inf)


def posterior(log_odds: Floats) -> Floats:
    """(tracks, flights + 1), "none of them" last."""
    pairs, none = joint_marginals(log_odds)
    return np.column_stack([pairs, none])


def listed(log_odds: Floats) -> tuple[Ints, Ints, Floats]:
    """A table as a list of the pairings that are possible."""
    tracks, flights = np.nonzero(~np.isneginf(log_odds))
    return tracks, flights, log_odds[tracks, flights]


def taken(log_odds: Floats) -> Floats:
    """What exclusion takes, as a table; 0 where a pairing is impossible."""
    tracks, flights, alone = listed(log_odds)
    table = np.zeros(log_odds.shape)
    table[tracks, flights] = exclusion_log_odds(tracks, flights, alone, *log_odds.shape)
    return table


def enumerated(log_odds: Floats) -> Floats:
    """The same by brute force: every way to give tracks different flights or none."""
    tracks, flights = log_odds.shape
    total = np.zeros((tracks, flights + 1))
    ways = []
    for choice in product(range(flights + 1), repeat=tracks):
        flown = [flight for flight in choice if flight < flights]
        if len(set(flown)) == len(flown):
            ways.append((sum(log_odds[t, f] for t, f in enumerate(choice) if f < flights), choice))
    top = max(weight for weight, _ in ways)
    for weight, choice in ways:
        for track, flight in enumerate(choice):
            total[track, flight] += np.exp(weight - top)
    shares: Floats = total / total.sum(axis=1, keepdims=True)
    return shares


def weight(odds: Floats) -> float:
    """Of all joint assignments, "none" and "no-show" open, by the flights used: the sum over all partial matchings."""
    sets = np.arange(1 << odds.shape[1])
    ways = (sets == 0).astype(float)
    for row in odds:
        ways = ways + sum(np.where(sets >> j & 1, share * ways[sets & ~(1 << j)], 0.0) for j, share in enumerate(row))
    return float(ways.sum())


def summed(log_odds: Floats) -> Floats:
    """As `enumerated`, for tables with few flights and any number of tracks."""
    odds = np.exp(log_odds)
    whole, shares = weight(odds), np.empty((odds.shape[0], odds.shape[1] + 1))
    for i, j in np.ndindex(odds.shape):
        shares[i, j] = odds[i, j] * weight(np.delete(np.delete(odds, i, 0), j, 1)) / whole
    shares[:, -1] = [weight(np.delete(odds, i, 0)) / whole for i in range(len(odds))]
    return shares


@st.composite
def tables(draw: st.DrawFn, most: int = 4, odds: st.SearchStrategy[float] = ODDS) -> Floats:
    tracks, flights = draw(st.integers(1, most)), draw(st.integers(1, most))
    return np.array([[draw(odds) for _ in range(flights)] for _ in range(tracks)])


@st.composite
def forests(draw: st.DrawFn) -> Floats:
    """Pairings without a cycle: each new one joins two parts that were apart."""
    tracks, flights = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    table = np.full((tracks, flights), -np.inf)
    part = list(range(tracks + flights))
    for track, flight in draw(st.permutations(list(product(range(tracks), range(flights))))):
        a, b = part[track], part[tracks + flight]
        if a != b:
            table[track, flight] = draw(st.floats(-12.0, 26.0))
            part = [a if p == b else p for p in part]
    return table


@settings(deadline=None)
@given(forests())
def test_exact_where_there_is_no_cycle(table: Floats) -> None:
    assert posterior(table) == pytest.approx(enumerated(table), abs=2e-4)


@settings(deadline=None)
@given(tables())
def test_exact_where_there_are_cycles_too(table: Floats) -> None:
    assert posterior(table) == pytest.approx(enumerated(table), abs=4 * 4 * np.exp(NEGLIGIBLE))


def test_two_that_fit_two_flights_almost_equally_well_stay_in_doubt() -> None:
    """Belief propagation says 99.9 % here: a wrong name for each of two declared aircraft, with great confidence."""
    found = posterior(np.array([[10.0, 10.0], [10.0, 10.5]]))
    ratio = np.exp(0.5)
    assert found[:, :2] == pytest.approx(np.array([[ratio, 1], [1, ratio]]) / (1 + ratio), abs=1e-3)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(-8.0, 12.0), min_size=23, max_size=23))
def test_a_group_too_large_to_enumerate_is_exact_along_a_chain(links: list[float]) -> None:
    """Track 0 - flight 0 - track 1 - flight 1 … : matchings of a path, by their recurrence from both ends."""
    table = np.full((12, 12), -np.inf)
    for at, weight in enumerate(links):
        table[(at + 1) // 2, at // 2] = weight
    weights = np.exp(links)
    from_left, from_right = [1.0, 1.0], [1.0, 1.0]
    for weight in weights:
        from_left.append(from_left[-1] + weight * from_left[-2])
    for weight in weights[::-1]:
        from_right.append(from_right[-1] + weight * from_right[-2])
    found = posterior(table)
    for at, weight in enumerate(weights):
        exact = from_left[at] * weight * from_right[22 - at] / from_left[-1]
        assert found[(at + 1) // 2, at // 2] == pytest.approx(exact, abs=2e-3)


@pytest.mark.parametrize("strong", [5.0, 20.0, 36.0, 45.0, 60.0])
def test_one_overwhelming_pairing_does_not_swallow_the_rest(strong: float) -> None:
    """Sums of others must not come from subtracting a number that is 1e16 times larger."""
    table = np.array([[strong, 1.6, -np.inf], [2.0, -np.inf, -np.inf], [-np.inf, 0.7, 1.1]])
    exact = enumerated(table)
    found = posterior(table)
    assert found == pytest.approx(exact, abs=1e-6)
    assert taken(table)[0, 0] == pytest.approx(-np.log1p(np.exp(2.0)), abs=1e-4)


@settings(deadline=None)
@given(tables(most=6))
def test_a_posterior_sums_to_one_and_the_others_only_take(table: Floats) -> None:
    exclusion = taken(table)
    pairs, none = joint_marginals(table)
    assert np.all(exclusion <= 0.0)
    assert np.all(np.isfinite(exclusion))
    assert pairs.sum(axis=1) + none == pytest.approx(1.0, abs=1e-12)
    assert np.all(pairs >= 0.0)
    assert np.all(pairs[np.isneginf(table)] == 0.0)


@settings(deadline=None)
@given(tables(most=6))
def test_one_flight_is_at_most_one_aircraft(table: Floats) -> None:
    pairs, _ = joint_marginals(table)
    assert np.all(pairs.sum(axis=0) <= 1.0 + 1e-9)


@settings(deadline=None)
@given(tables(most=5), st.randoms(use_true_random=False))
def test_names_do_not_matter(table: Floats, chance: "object") -> None:
    rows, columns = np.arange(table.shape[0]), np.arange(table.shape[1])
    chance.shuffle(rows)  # type: ignore[attr-defined]
    chance.shuffle(columns)  # type: ignore[attr-defined]
    assert taken(table[np.ix_(rows, columns)]) == pytest.approx(taken(table)[np.ix_(rows, columns)], abs=1e-5)


@settings(deadline=None)
@given(tables(most=6), st.integers(0, 2**32 - 1))
def test_pairs_may_be_listed_in_any_order(table: Floats, seed: int) -> None:
    tracks, flights, alone = listed(table)
    shuffled = np.random.default_rng(seed).permutation(len(tracks))
    straight = exclusion_log_odds(tracks, flights, alone, *table.shape)
    mixed = exclusion_log_odds(tracks[shuffled], flights[shuffled], alone[shuffled], *table.shape)
    assert mixed == pytest.approx(straight[shuffled], abs=1e-9)
    probability, none = marginals(tracks, alone + straight, len(table))
    again, nobody = marginals(tracks[shuffled], alone[shuffled] + mixed, len(table))
    assert again == pytest.approx(probability[shuffled], abs=1e-9)
    assert nobody == pytest.approx(none, abs=1e-9)


@settings(deadline=None)
@given(tables(most=4, odds=st.floats(-8.0, 8.0)), st.data())
def test_what_one_gains_no_competitor_gains(table: Floats, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, table.shape[0] - 1))
    column = data.draw(st.integers(0, table.shape[1] - 1))
    raised = table.copy()
    raised[row, column] += data.draw(st.floats(0.1, 6.0))
    before, after = posterior(table), posterior(raised)
    gained = after - before
    assert gained[row, column] >= -1e-3
    rivals = [gained[other, column] for other in range(len(table)) if other != row]
    instead = [gained[row, other] for other in range(table.shape[1] + 1) if other != column]
    assert max([*rivals, *instead]) <= 1e-3


def test_alone_nothing_is_taken() -> None:
    assert taken(np.array([[3.0]])) == pytest.approx(0.0)
    assert taken(np.array([[3.0, -1.0, 9.0]])) == pytest.approx(0.0)


def test_two_equal_claimants_share() -> None:
    found = posterior(np.array([[10.0], [10.0]]))
    assert found[:, 0] == pytest.approx(0.5, abs=1e-3)


def test_a_sure_owner_takes_the_flight_from_a_weak_claimant() -> None:
    found = posterior(np.array([[14.0], [2.0]]))
    assert found[0, 0] > 0.999
    assert found[1, 0] < 1e-4


def test_a_claimant_with_another_flight_of_its_own_leaves_this_one() -> None:
    table = np.array([[5.0, 12.0], [5.0, -np.inf]])
    assert posterior(table)[1, 0] > 0.98


def test_there_may_be_nothing_to_assign() -> None:
    nothing = np.zeros(0, np.int64)
    for n, m in ((0, 3), (3, 0), (0, 0), (2, 2)):
        assert len(exclusion_log_odds(nothing, nothing, np.zeros(0), n, m)) == 0
        pairs, none = joint_marginals(np.full((n, m), -np.inf))
        assert pairs.shape == (n, m)
        assert none.tolist() == [1.0] * n


@pytest.mark.parametrize("shape", [(2, 9), (14, 2), (20, 5), (12, 8), (MOST_EXACT, 6), (MOST_EXACT + 3, 7)])
def test_few_against_many_is_exact(shape: tuple[int, int]) -> None:
    table = np.random.default_rng(4).normal(0.0, 3.0, shape)
    exact = summed(table)
    slack = table.size * np.exp(NEGLIGIBLE)
    assert posterior(table) == pytest.approx(exact, abs=slack)
    assert posterior(table.T)[:, :-1] == pytest.approx(exact[:, :-1].T, abs=slack)


@pytest.mark.parametrize("spread", [0.5, 2.0, 5.0])
def test_a_group_too_large_to_enumerate_comes_near(spread: float) -> None:
    """Many tracks and many flights: what the sum over all assignments says, to a few percent."""
    rng = np.random.default_rng(3)
    table = rng.normal(-2.0, spread, (MOST_EXACT + 3, MOST_EXACT + 1))
    found, exact = posterior(table), summed(table)
    assert np.abs(found - exact).mean() < 0.01
    assert np.abs(found - exact).max() < 0.1
    assert found[:, :-1].sum(axis=0) == pytest.approx(exact[:, :-1].sum(axis=0), abs=0.1)


def test_large_groups_keep_the_promises_of_small_ones() -> None:
    table = np.random.default_rng(3).normal(0.0, 5.0, (MOST_EXACT + 4, MOST_EXACT + 2))
    pairs, none = joint_marginals(table)
    assert np.all(taken(table) <= 0.0)
    assert pairs.sum(axis=1) + none == pytest.approx(1.0)
    assert np.all(pairs.sum(axis=0) <= 1.0 + 1e-3)


@settings(deadline=None, max_examples=20)
@given(st.lists(tables(most=3), min_size=2, max_size=6), st.integers(0, 2**32 - 1))
def test_groups_in_one_list_are_solved_as_if_alone(groups: list[Floats], seed: int) -> None:
    """Whatever their tracks and flights are called, and however their pairs are mixed."""
    n, m = sum(one.shape[0] for one in groups), sum(one.shape[1] for one in groups)
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(n), rng.permutation(m)
    lists: list[tuple[Ints, Ints, Floats, Floats]] = []
    for one in groups:
        tracks, flights, alone = listed(one)
        mine, rows, theirs, columns = *np.split(rows, [len(one)]), *np.split(columns, [one.shape[1]])
        lists.append((mine[tracks], theirs[flights], alone, taken(one)[tracks, flights]))
    tracks, flights, alone, apart = (np.concatenate(part) for part in zip(*lists, strict=True))
    order = rng.permutation(len(tracks))
    together = exclusion_log_odds(tracks[order], flights[order], alone[order], n, m)
    assert together == pytest.approx(apart[order], abs=1e-9)


def test_groups_that_do_not_compete_do_not_meet() -> None:
    one, two = np.array([[3.0, 1.0], [2.0, 2.0]]), np.array([[1.0], [4.0]])
    table = np.full((4, 3), -30.0)
    table[:2, :2], table[2:, 2:] = one, two
    together = posterior(table)
    assert together[:2, :2] == pytest.approx(posterior(one)[:, :2])
    assert together[2:, 2:3] == pytest.approx(posterior(two)[:, :1])
