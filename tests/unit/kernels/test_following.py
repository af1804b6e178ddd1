"""What is remembered of how an aircraft has kept to a plan: turns, leaving and coming back, coming from the side."""

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from tests.support.sky import FRAME, HEIGHT, SPEED, T0, WEST_M, flight

from safeconduct.kernels import following, plans
from safeconduct.kernels.arrays import Floats, Records
from safeconduct.picture.plan import Plans
from safeconduct.picture.plan_model import FollowingModel, PlanModel

Path = Callable[[float], tuple[float, float]]
"""Metres east and north of home, by seconds into the plan."""
OTHERS = 0.004
RULES = FollowingModel()


def on_route(after_s: float) -> tuple[float, float]:
    """Along the route of `BENT`."""
    return SPEED * after_s - WEST_M, 24_000.0 * max(after_s - 600.0, 0.0) / 600.0


def beside(north_m: float) -> Path:
    return lambda after_s: (on_route(after_s)[0], on_route(after_s)[1] + north_m)


def straight_on(after_s: float) -> tuple[float, float]:
    """Along the route up to its bend, and on as before."""
    return SPEED * after_s - WEST_M, 0.0


def between(path: Path, other: Path, first_s: float, last_s: float) -> Path:
    """One path, and for some time another; half a minute to go over, each way."""

    def at(after_s: float) -> tuple[float, float]:
        share = min(max(min((after_s - first_s) / 30.0, (last_s - after_s) / 30.0), 0.0), 1.0)
        here, there = np.array(path(after_s)), np.array(other(after_s))
        east, north = (1.0 - share) * here + share * there
        return float(east), float(north)

    return at


class Watched:
    """One aircraft, watched every ten seconds against one plan; as the engine does, in few words."""

    def __init__(self, path: Path, *, bend_m: float = 24_000.0, sigma_m: float = 20.0) -> None:
        self._path, self._sigma_m = path, sigma_m
        self._layout = Plans(FRAME, PlanModel(), RULES)
        self._layout.put(flight(bend_m=bend_m))
        self._layout.active(T0)
        self.pair: Records = np.zeros(1, following.PAIR)
        self.pair["time"] = -np.inf
        self.look: Records = np.zeros(1, plans.LOOK)
        self.says: Records = np.zeros(1, following.EVIDENCE)
        self._anchors: list[tuple[float, Records]] = []

    def flyer(self, after_s: float) -> Records:
        """Where it is, and as fast as the last ten seconds were flown."""
        one, (x, y), (x0, y0) = np.zeros(1, plans.FLYER), self._path(after_s), self._path(after_s - 10.0)
        one["x"], one["y"], one["vx"], one["vy"] = x, y, (x - x0) / 10.0, (y - y0) / 10.0
        one["height"], one["sigma_height"], one["sigma"], one["sigma_speed"] = HEIGHT, 30.0, self._sigma_m, 1.0
        return one

    def watch(self, times: Iterable[float]) -> "Watched":
        for after_s in times:
            self._step(float(after_s))
        return self

    def _step(self, after_s: float) -> None:
        now = self.flyer(after_s)
        if not self._anchors:
            self._anchors = [(after_s, now)]
        since, then = self._anchors[-1]
        span = after_s - since
        drifted, due, (first, past) = then.copy(), np.zeros(1), self._anchors[0]
        drifted["x"] += span * then["vx"]
        drifted["y"] += span * then["vy"]
        if span >= RULES.turn_s or span * SPEED >= RULES.turn_m:
            due[0] = span
            self._anchors = [*self._anchors[-2:], (after_s, now)]
        one = self._layout
        following.follow(
            *(self.pair, np.zeros(1, np.int64), one.plans, one.legs, one.volumes, one.rings, one.model, one.rules),
            *(OTHERS, T0 + after_s, now, drifted, due, past, np.array([after_s - first]), self.look, self.says),
        )

    def __getitem__(self, name: str) -> float:
        return float(self.pair[name][0])

    @property
    def odds(self) -> float:
        """What the plan says, for the flight against another one that passes, nats."""
        return float(self.says["place"][0] + self.says["history"][0])

    @property
    def total(self) -> float:
        """The same, against all others: those that keep near the flight too."""
        return self.odds - math.log1p(float(self.says["crowd"][0]))


def seconds(first: float, last: float) -> Floats:
    return np.arange(first, last, 10.0)


def rules() -> Any:
    made = np.zeros(1, following.RULES)
    for name in following.RULES.names or ():
        made[name] = asdict(RULES)[name]
    return made[0]


def test_the_first_look_counts_as_it_is_and_no_history() -> None:
    seen = Watched(on_route).watch([300.0])
    for name in ("kept", "aside", "followed"):
        assert seen[name] == pytest.approx(float(seen.look[name][0]))
    assert float(seen.says["history"][0]) == pytest.approx(0.0, abs=1e-6)
    assert seen["left"] == seen["gone"] == seen["joined"] == following.NEVER


def test_flying_straight_on_along_the_plan_says_little_more_however_long() -> None:
    """Looks of one who flies straight along a straight leg are one look."""
    seen = Watched(on_route).watch(seconds(60.0, 200.0))
    before = seen.odds
    assert seen.watch(seconds(200.0, 560.0)).odds < before + RULES.most_moved + 2.0
    assert seen["on"] < 1.0


def test_turning_with_the_plan_speaks_for_it() -> None:
    seen = Watched(on_route).watch(seconds(300.0, 590.0))
    before, on = seen.odds, seen["on"]
    seen.watch(seconds(590.0, 800.0))
    assert seen["on"] > on + 1.0
    assert seen.odds > before + 1.0
    assert seen["on"] <= RULES.most_turns
    assert seen["near"] <= RULES.most_turns + math.log(RULES.crowd)


def test_one_who_follows_a_declared_flight_turns_with_it_too() -> None:
    """What turning says is said of both, so that it never tells the flight from one that keeps near it."""
    seen = Watched(on_route).watch(seconds(300.0, 590.0))
    apart = seen["on"] - seen["near"]
    assert seen.watch(seconds(590.0, 800.0))["on"] - seen["near"] == pytest.approx(apart, abs=0.5)


def test_not_turning_with_the_plan_speaks_against_it() -> None:
    turned, went_on = (Watched(path).watch(seconds(300.0, 800.0)) for path in (on_route, straight_on))
    assert went_on.odds < turned.odds - 3.0
    assert went_on.odds < Watched(straight_on).watch(seconds(300.0, 590.0)).odds - 1.0


def test_turning_away_where_the_plan_goes_straight_speaks_against_it() -> None:
    off = between(on_route, beside(9000.0), 400.0, 2000.0)
    before = Watched(off).watch(seconds(300.0, 400.0)).odds
    assert Watched(off).watch(seconds(300.0, 560.0)).odds < before - 1.0


def test_a_vague_track_turns_less_surely() -> None:
    sure, vague = (Watched(on_route, sigma_m=sigma_m).watch(seconds(300.0, 800.0)) for sigma_m in (20.0, 4000.0))
    assert abs(vague["on"]) < abs(sure["on"])


def test_who_leaves_and_comes_back_keeps_some_of_what_was_known() -> None:
    """Diverted for two minutes after it had turned with the plan."""
    kept_to_it = Watched(on_route).watch(seconds(300.0, 1150.0))
    path = between(on_route, beside(8000.0), 760.0, 900.0)
    away = Watched(path).watch(seconds(300.0, 860.0))
    assert away["left"] > following.NEVER + 5.0
    back = Watched(path).watch(seconds(300.0, 1150.0))
    came = Watched(between(beside(8000.0), on_route, 900.0, 2000.0)).watch(seconds(300.0, 1150.0))
    assert kept_to_it.total > back.total > came.total


def test_what_was_known_of_one_who_left_counts_while_it_is_away() -> None:
    path = between(on_route, beside(12_000.0), 760.0, 5000.0)
    known = Watched(path).watch(seconds(300.0, 1000.0))
    never = Watched(beside(12_000.0)).watch(seconds(300.0, 1000.0))
    assert known.odds > never.odds + 1.0
    later = Watched(path).watch([*seconds(300.0, 1000.0), 1000.0 + RULES.left_s])
    assert later["left"] < known["left"] - 0.9


def test_who_comes_from_the_side_has_less_than_who_kept_to_it_since_first_seen() -> None:
    joins = between(beside(10_000.0), on_route, 250.0, 5000.0)
    came, stayed = (Watched(path).watch(seconds(30.0, 560.0)) for path in (joins, on_route))
    assert came["kept"] == pytest.approx(stayed["kept"], abs=1.0), "now they look alike"
    assert came.total < stayed.total - 2.0
    assert came["joined"] > came["near"], "another one that is here has come here"
    assert float(came.says["first"][0]) < 0.5 < float(stayed.says["first"][0])


def test_others_that_keep_near_a_flight_only_ever_take() -> None:
    for path in (on_route, straight_on, beside(3000.0), beside(10_000.0)):
        seen = Watched(path)
        for after_s in seconds(300.0, 900.0):
            seen.watch([after_s])
            first, follows = float(seen.says["first"][0]), float(seen.says["follows"][0])
            assert float(seen.says["crowd"][0]) >= 0.0
            assert 0.0 <= first <= 1.0
            assert 0.0 <= follows <= 1.0
            assert first + follows <= 1.0 + 1e-9


@pytest.mark.parametrize("path", [on_route, straight_on, beside(3000.0), between(on_route, beside(8e3), 400.0, 700.0)])
def test_all_is_finite_over_gaps_and_in_whatever_steps(path: Path) -> None:
    rng = np.random.default_rng(1)
    times = 100.0 + np.cumsum(rng.choice([0.0, 0.5, 3.0, 40.0, 200.0], 40))
    seen = Watched(path)
    for after_s in times[times < 2000.0]:
        seen.watch([after_s])
        assert all(math.isfinite(seen[name]) for name in following.PAIR.names or ())
        assert all(math.isfinite(float(seen.says[name][0])) for name in following.EVIDENCE.names or ())


def test_looking_again_at_once_changes_nothing() -> None:
    seen = Watched(on_route).watch(seconds(300.0, 700.0))
    pair, says = seen.pair.copy(), seen.says.copy()
    seen.watch([690.0, 690.0])
    for name in ("on", "left", "near", "joined", "gone", "kept"):
        assert seen[name] == pytest.approx(float(pair[name][0]), abs=1e-9)
    assert seen.odds == pytest.approx(float((says["place"] + says["history"])[0]), abs=1e-9)


# Doubt and inheritance.

REMEMBERED = ("on", "near", "left", "joined", "gone")


def fresh() -> Watched:
    return Watched(on_route).watch([300.0])


def test_a_track_that_is_surely_another_s_has_no_past() -> None:
    seen = Watched(on_route).watch(seconds(300.0, 800.0))
    following.doubt(seen.pair, 1.0, rules())
    anew = fresh()
    assert seen["on"] == pytest.approx(anew["on"], abs=1e-6)
    assert seen["near"] == pytest.approx(anew["near"], abs=1e-6)
    assert max(seen["left"], seen["joined"], seen["gone"]) < -20.0


@pytest.mark.parametrize("swapped", [0.05, 0.5, 0.95])
def test_half_a_doubt_is_half_of_the_past(swapped: float) -> None:
    seen, anew = Watched(on_route).watch(seconds(300.0, 800.0)), fresh()
    before = {name: seen[name] for name in REMEMBERED}
    following.doubt(seen.pair, swapped, rules())
    for name in ("on", "near"):
        mean = (1.0 - swapped) * math.exp(before[name]) + swapped * math.exp(anew[name])
        assert seen[name] == pytest.approx(math.log(mean), abs=1e-9)
    for name in ("left", "joined", "gone"):
        assert seen[name] == pytest.approx(before[name] + math.log(1.0 - swapped), abs=1e-9)


def test_doubt_brings_what_is_known_nearer_to_nothing_from_either_side() -> None:
    for path in (on_route, straight_on):
        seen, anew = Watched(path).watch(seconds(300.0, 800.0)), fresh()
        before = seen["on"]
        following.doubt(seen.pair, 0.5, rules())
        assert abs(seen["on"] - anew["on"]) < abs(before - anew["on"])


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_what_is_inherited_is_shared_by_how_likely_it_is_the_same(share: float) -> None:
    known, later = Watched(on_route).watch(seconds(300.0, 800.0)), fresh()
    own = {name: later[name] for name in REMEMBERED}
    following.inherit(later.pair, known.pair, share)
    for name in REMEMBERED:
        mean = (1.0 - share) * math.exp(own[name]) + share * math.exp(known[name])
        assert math.exp(later[name]) == pytest.approx(mean, rel=1e-6, abs=1e-9)


def test_the_looks_of_now_are_nobody_s_heritage() -> None:
    known, later = Watched(on_route).watch(seconds(300.0, 800.0)), fresh()
    kept = later["kept"]
    following.inherit(later.pair, known.pair, 0.9)
    following.doubt(later.pair, 0.9, rules())
    assert later["kept"] == kept
