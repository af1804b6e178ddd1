"""What is held to be usual of those who keep to a declared plan, of those who leave it, and of others near it."""

import math
from dataclasses import asdict, dataclass, field

import numpy as np

from safeconduct.kernels import following, plans
from safeconduct.kernels.arrays import Record
from safeconduct.model import check

LOOK_AROUND_S = 900.0
"""Who is more than 15 minutes late is looked for by its identifier only, and should have declared anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """How late declared aircraft are on their routes: most are in time, and the others late or early by about as much.

    Attributes:
        in_time_s, spread_s: mean and standard deviation of lateness, of those that are in time.
        untimely: share of the others.
        untimely_s, untimely_spread_s: how late, or how early, most of these are in the mean; its standard deviation, to
            which `spread_s` comes.
        untimely_any: share of the untimely that are so by anything: what the others leave out is not impossible.

    Raises:
        ModelError: for a share that leaves nobody on one side, or flights later than anybody looks for them.
    """

    in_time_s: float = 22.0
    spread_s: float = 40.0
    untimely: float = 0.13
    untimely_s: float = 450.0
    untimely_spread_s: float = 75.0
    untimely_any: float = 0.2

    def __post_init__(self) -> None:
        check.within("in_time_s", self.in_time_s, -300.0, 300.0)
        check.within("spread_s", self.spread_s, 1.0, 150.0)
        check.each_within(self, ("untimely", "untimely_any"), 1e-3, 1.0 - 1e-3)
        check.within("untimely_s", self.untimely_s, 0.0, 600.0)
        check.within("untimely_spread_s", self.untimely_spread_s, 1.0, 0.5 * (LOOK_AROUND_S - self.untimely_s))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanModel:
    """How declared aircraft keep to their plans, and where the others are.

    Attributes:
        cross_m: one standard deviation across the route, of those that keep to it.
        lateness: by how much they keep to their times.
        course_deg, speed_mps, height_m: standard deviations against the plan's.
        aside_m: how far beside its plan one flies that does not keep to it.
        edge_m: volumes end this softly.
        axis_deg, axis_share: a share of those inside a long volume fly along it, within so much.
        crowd_cross_m: as `cross_m`, of others that keep near a declared flight.
        crowd_late_s: how far before or behind it they fly, one standard deviation.
        other_speeds_mps, other_heights_m: span of speeds and heights over which others are spread.
        look_around_s: a flight this early or late is no longer looked for.

    Raises:
        ModelError: for a share that leaves nobody on one side, a length, time or speed that is not positive, or flights
            that are not looked for where they are late as usual.
    """

    cross_m: float = 250.0
    lateness: Lateness = field(default_factory=Lateness)
    course_deg: float = 12.0
    speed_mps: float = 8.0
    height_m: float = 150.0
    aside_m: float = 3000.0
    edge_m: float = 150.0
    axis_deg: float = 25.0
    axis_share: float = 0.7
    crowd_cross_m: float = 700.0
    crowd_late_s: float = 200.0
    other_speeds_mps: float = 60.0
    other_heights_m: float = 4000.0
    look_around_s: float = LOOK_AROUND_S

    def __post_init__(self) -> None:
        check.within("axis_share", self.axis_share, 1e-3, 1.0 - 1e-3)
        check.each_within(self, check.names_but(self, "axis_share", "lateness", "look_around_s"), 1e-3, 1e6)
        check.within("look_around_s", self.look_around_s, LOOK_AROUND_S, 1e6)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowingModel:
    """How those who keep to a plan, those who leave it and those who follow another's behave over time.

    Attributes:
        steady_s: looks are averaged over about this long.
        turn_m, turn_s: a track is held against where its own course would have taken it, each time that this is so far
            away, or so long ago.
        wanders: how often other aircraft change course, per second.
        turns_to_plan: share of those changes after which another aircraft fits a given plan as well by chance.
        most_moved: most that having moved as planned says beside course and speed now, for or against, nats.
        most_turns: most that turning with the plan can say, nats.
        aside_share: share of declared flights that are beside their plan when first seen.
        joins: probability of a declared aircraft that was beside its plan to be on it later.
        leaves: how often a declared aircraft leaves its plan, per second.
        crowd: how many others keep near one declared flight, in the mean, from where they are first seen.
        crowd_heard: the same, near one that was declared to transmit: whoever means to be taken for it is near it.
        crowd_joins: how many more come from elsewhere to do so.
        crowd_leaves: how often such a one leaves, per second.
        crowd_returns: share of those that come back to it.
        off_s: who has left is off the plan after about this long.
        left_s: what was known of one that left fades to 1/e in this time.
        deciding_s: so long beside the plan means not on it.

    Raises:
        ModelError: for a share or a rate that is never or always, or a length or time that is not positive.
    """

    steady_s: float = 15.0
    turn_m: float = 2500.0
    turn_s: float = 120.0
    wanders: float = 2.5e-3
    turns_to_plan: float = 0.15
    most_moved: float = 3.5
    most_turns: float = 10.0
    aside_share: float = 0.09
    joins: float = 0.006
    leaves: float = 8e-5
    crowd: float = 0.004
    crowd_heard: float = 0.015
    crowd_joins: float = 0.08
    crowd_leaves: float = 1.2e-4
    crowd_returns: float = 0.3
    off_s: float = 150.0
    left_s: float = 3600.0
    deciding_s: float = 15.0

    def __post_init__(self) -> None:
        shares = ("wanders", "turns_to_plan", "aside_share", "joins", "leaves", "crowd_leaves", "crowd_returns")
        counts, most = ("crowd", "crowd_heard", "crowd_joins"), ("most_moved", "most_turns")
        check.each_within(self, shares, 1e-9, 1.0 - 1e-3)
        check.each_within(self, counts, 1e-9, 100.0)
        check.each_within(self, most, 0.0, 50.0)
        check.each_within(self, check.names_but(self, *shares, *counts, *most), 1e-3, 1e6)


def _record(dtype: np.dtype[np.void], values: dict[str, float]) -> Record:
    record = np.zeros(1, dtype)
    for name in dtype.names or ():
        record[name] = values[name]
    return record[0]


def rules_record(rules: FollowingModel) -> Record:
    """As the kernels read it (`kernels.following.RULES`)."""
    return _record(following.RULES, asdict(rules))


def model_record(model: PlanModel) -> Record:
    """As the kernels read it (`kernels.plans.MODEL`)."""
    radians, late = math.radians(1.0), model.lateness
    return _record(
        plans.MODEL,
        {
            "in_time": late.in_time_s,
            "speed": model.speed_mps,
            "height": model.height_m,
            "edge": model.edge_m,
            "untimely": late.untimely,
            "untimely_s": late.untimely_s,
            "untimely_spread": late.untimely_spread_s,
            "untimely_any": late.untimely_any,
            "aside": model.aside_m,
            "crowd_cross": model.crowd_cross_m,
            "crowd_late": model.crowd_late_s,
            "look_around": model.look_around_s,
            "other_speeds": model.other_speeds_mps,
            "other_heights": model.other_heights_m,
            "axis_course": model.axis_deg * radians,
            "axis_share": model.axis_share,
        },
    )
