"""How well each aircraft has kept to each plan so far: what is remembered of a pair, and how a look changes it.

Two looks a minute apart are not independent: who flies straight along a straight leg is where its own course takes it,
whoever it is. So the latest look counts once, however long it has been like that; and beside it count the moments in
which plan and momentum disagreed: where it turned with the plan (kernel `_turned`), and where it left or joined it.
"""

import math

import numpy as np

from safeconduct.kernels.arrays import Floats, Ints, Record, Records, record
from safeconduct.kernels.jit import kernel
from safeconduct.kernels.plans import FLYER, LOOK, log_add, look, moved_as_planned, reaches

PAIR = record(
    number="i8",
    slot="i8",
    elsewhere="b1",
    asleep="b1",
    **dict.fromkeys(("crowd", "time", "kept", "aside", "followed", "moved"), "f8"),
    **dict.fromkeys(("on", "left", "near", "joined", "gone"), "f8"),
)
"""A track (by number) and a flight (by slot), and what is remembered of them as of `time`; nats.

`crowd`: that of the plan. `elsewhere`: when they were first looked at, the track had been known for a while, and not
near this plan. `asleep`: it is so improbable that it is looked at only now and then.
`kept`, `aside`, `followed`: means of the late looks (`plans.LOOK`). `moved`: what its way of the last
minutes says beside them. The others are logs of weights, against "it is another one, and passes". `on`: it is this
flight, and keeps to its plan; `left`: it has left it. `near`: it is another one, and has kept near this plan since it
was first seen; `joined`: it came to it from elsewhere; `gone`: it has left. `on`, `near` and `joined` are apart from
the latest look, which counts with them."""

RULES = record(
    **dict.fromkeys(("steady_s", "wanders", "turns_to_plan", "most_moved", "most_turns", "aside_share"), "f8"),
    **dict.fromkeys(("joins", "leaves", "crowd_joins", "crowd_leaves", "crowd_returns"), "f8"),
    **dict.fromkeys(("off_s", "left_s", "deciding_s"), "f8"),
)
"""`picture.plan_model.FollowingModel`, in its words."""

EVIDENCE = record(**dict.fromkeys(("place", "history", "crowd", "first", "follows"), "f8"), left="b1")
"""What the plan says of a pair: of where it is now (`place`) and of how it came there (`history`), nats. `crowd`: how
much more probable it is, if it is another one, that it keeps near this flight than that it passes; of that, the share
of those that did so since they were first seen (`first`), and of those that came to it (`follows`). `left`: whether the
most of `history` is that it kept to the plan before it left it."""

NOWHERE = -8.0
"""Who fits a plan less than this, nats, is not on it, however little else he fits."""
MOST_CROWD = 50.0
"""The log of how much more probable one that keeps near may be than one that passes."""
BACK = -4.0
"""Who fits a plan less than this, nats, has not come back to it."""
NEVER = -40.0
"""The log of what has not happened."""


@kernel
def follow(
    pairs: Records,
    rows: Ints,
    plans: Records,
    legs: Records,
    volumes: Records,
    rings: Floats,
    model: Record,
    rules: Record,
    others: float,
    now: float,
    flyers: Records,
    drifted: Records,
    due: Floats,
    past: Records,
    since: Floats,
    looks: Records,
    evidence: Records,
) -> None:
    """Looks at every pair now, and takes that into what is remembered of it.

    Args:
        pairs: (m,) `PAIR`, changed; one that was never looked at has time -inf. rows: (m,) of `flyers`.
        others: how many aircraft of none of the plans there are, a square kilometre.
        flyers: (n,) now. drifted: (n,) where each would be, had it kept its course of a while ago; as uncertain.
        due: (n,) how long ago that was, s, where it is to be compared with where it is; else 0.
        past, since: (n,) where each was some time ago, and how long, s.
        looks, evidence: (m,) `plans.LOOK` and `EVIDENCE`, filled.
    """
    other = np.zeros(2, LOOK)
    blurred = np.zeros(1, FLYER)
    for index in range(len(pairs)):
        pair, plan, seen = pairs[index], plans[pairs[index].slot], looks[index]
        row = rows[index]
        look(plan, legs, volumes, rings, model, now, flyers[row], seen)
        span = now - pair.time
        if not math.isfinite(span):
            pair.kept, pair.aside, pair.followed = seen.kept, seen.aside, seen.followed
            _begin(pair, plan.crowd, rules)
            span = 0.0
        pair.time = now
        _smooth(pair, seen, 1.0 - math.exp(-span / rules.steady_s))
        if due[row] > 0.0:
            blurred[0] = flyers[row]
            blurred[0].sigma = max(flyers[row].sigma, drifted[row].sigma)
            blurred[0].sigma_speed = max(flyers[row].sigma_speed, drifted[row].sigma_speed)
            look(plan, legs, volumes, rings, model, now, blurred[0], other[0])
            look(plan, legs, volumes, rings, model, now, drifted[row], other[1])
            # All that keep to the plan turn with it: what is known of which of them it is stays as it was.
            most = max(rules.most_turns - max(pair.on, pair.near, pair.joined), 0.0)
            turned = min(_turned(other[0].kept, other[1].kept, due[row], rules), most)
            pair.on, pair.near, pair.joined = pair.on + turned, pair.near + turned, pair.joined + turned
            moved = moved_as_planned(plan, legs, model, now, flyers[row], past[row], since[row], seen.lag)
            pair.moved = min(max(moved - seen.manner, -rules.most_moved), rules.most_moved) if moved != 0.0 else 0.0
        if span > 0.0:
            _change(pair, span, rules)
        _weigh(pair, rules, others, evidence[index])


@kernel
def _begin(pair: Record, crowd: float, rules: Record) -> None:
    """What is to be thought of a pair at its first look: `elsewhere` says that the track was known before."""
    pair.left = pair.gone = NEVER
    pair.crowd, pair.moved = crowd, 0.0
    if pair.elsewhere:
        pair.on, pair.near, pair.joined = math.log(rules.joins), NEVER, math.log(rules.crowd_joins)
    else:
        pair.on, pair.near, pair.joined = math.log(1.0 - rules.aside_share), math.log(crowd), NEVER


@kernel
def _smooth(pair: Record, seen: Record, share: float) -> None:
    pair.kept += share * (seen.kept - pair.kept)
    pair.aside += share * (seen.aside - pair.aside)
    pair.followed += share * (seen.followed - pair.followed)


@kernel
def _turned(here: float, there: float, span: float, rules: Record) -> float:
    """What it says that an aircraft fits the plan as well as it does (`here`), where its own course would have brought
    it to fit like `there`. Of other aircraft, a share changes course meanwhile, and of those a share `turns_to_plan`
    comes to fit as well by chance."""
    straight = math.exp(-rules.wanders * span)
    chance = (1.0 - straight) * rules.turns_to_plan
    return -math.log((straight * math.exp(min(there - here, 0.0)) + chance) / (straight + chance))


@kernel
def _change(pair: Record, span: float, rules: Record) -> None:
    """Who has been beside the plan for a while is on it only if he joined it since; who leaves it may come back."""
    keeps = math.log(1.0 - rules.aside_share) + pair.kept
    strays = log_add(math.log(rules.aside_share) + pair.aside, NOWHERE)
    beside = 1.0 / (1.0 + math.exp(min(max(keeps - strays, -50.0), 50.0)))
    back = math.exp(-(1.0 - beside) * span / rules.off_s)
    fading = span / rules.left_s
    on = pair.on + pair.kept + pair.moved
    crowd = log_add(pair.near, pair.joined) + pair.followed + pair.moved
    if back < 1.0:
        again = math.log1p(-back)
        pair.on = log_add(pair.on, pair.left - max(pair.kept, BACK) - pair.moved + again)
        again += math.log(rules.crowd_returns)
        pair.joined = log_add(pair.joined, pair.gone - max(pair.followed, BACK) - pair.moved + again)
    pair.left = log_add(max(pair.left - fading, NEVER) + math.log(back), on + math.log(rules.leaves * span))
    pair.gone = log_add(max(pair.gone - fading, NEVER) + math.log(back), crowd + math.log(rules.crowd_leaves * span))
    stays = -2.0 * max(beside - 0.5, 0.0) * span / rules.deciding_s
    if stays < 0.0:
        came = math.log1p(-math.exp(stays))
        pair.on = log_add(pair.on + stays, came + math.log(rules.joins))
        pair.near = max(pair.near + stays, NEVER)
        pair.joined = log_add(pair.joined + stays, came + math.log(rules.crowd_joins))


@kernel
def _weigh(pair: Record, rules: Record, others: float, says: Record) -> None:
    fresh, beside = math.log(1.0 - rules.aside_share), math.log(rules.aside_share) + pair.aside
    says.place = log_add(fresh + pair.kept, beside)
    now = log_add(pair.on + pair.kept + pair.moved, beside)
    says.history = log_add(now, pair.left) - says.place
    says.left = pair.left > now
    near, joined = pair.near + pair.followed + pair.moved, pair.joined + pair.followed + pair.moved
    crowd = log_add(log_add(near, joined), pair.gone)
    says.crowd = math.exp(min(crowd - math.log(others), MOST_CROWD))
    says.first, says.follows = math.exp(near - crowd), math.exp(joined - crowd)


@kernel
def doubt(pairs: Records, swapped: float, rules: Record) -> None:
    """With this probability the pairs' track is of another aircraft since now, of whose past it tells nothing."""
    sure = math.log(max(1.0 - swapped, 1e-12))
    anew = math.log(swapped)
    for index in range(len(pairs)):
        pair = pairs[index]
        pair.on = log_add(pair.on + sure, anew + math.log(1.0 - rules.aside_share))
        pair.near = log_add(pair.near + sure, anew + math.log(pair.crowd))
        pair.joined, pair.left, pair.gone = pair.joined + sure, pair.left + sure, pair.gone + sure
        pair.moved *= 1.0 - swapped


@kernel
def inherit(pairs: Records, earlier: Records, share: float) -> None:
    """With this probability the pairs' track is of the aircraft of another; `earlier` tells of that, pair by pair."""
    other, same = math.log(max(1.0 - share, 1e-12)), math.log(max(share, 1e-12))
    for index in range(len(pairs)):
        pair, past = pairs[index], earlier[index]
        pair.on = log_add(pair.on + other, past.on + same)
        pair.left = log_add(pair.left + other, past.left + same)
        pair.near = log_add(pair.near + other, past.near + same)
        pair.joined = log_add(pair.joined + other, past.joined + same)
        pair.gone = log_add(pair.gone + other, past.gone + same)


@kernel
def plans_by_cell(
    plans: Records, active: Ints, side: float, west: float, south: float, wide: int, high: int
) -> tuple[Ints, Ints]:
    """A grid over the ground: which of the `active` plans' boxes touch each cell.

    Returns:
        (wide * high + 1,) where each cell's list begins, and the lists of slots, ascending.
    """
    counts = np.zeros(wide * high + 1, np.int64)
    for fill in range(2):
        if fill:
            starts = np.zeros(wide * high + 1, np.int64)
            for cell in range(wide * high):
                starts[cell + 1] = starts[cell] + counts[cell]
            slots, at = np.empty(starts[-1], np.int64), starts.copy()
        for slot in active:
            plan = plans[slot]
            for i in range(max(int((plan.west - west) // side), 0), min(int((plan.east - west) // side), wide - 1) + 1):
                for j in range(
                    max(int((plan.south - south) // side), 0), min(int((plan.north - south) // side), high - 1) + 1
                ):
                    cell = j * wide + i
                    if fill:
                        slots[at[cell]] = slot
                        at[cell] += 1
                    else:
                        counts[cell] += 1
    return starts, slots


@kernel
def near_pairs(
    plans: Records,
    legs: Records,
    volumes: Records,
    model: Record,
    now: float,
    starts: Ints,
    slots: Ints,
    side: float,
    west: float,
    south: float,
    wide: int,
    flyers: Records,
) -> tuple[Ints, Ints]:
    """Rows of `flyers` and slots of the plans that are worth a look; ascending by row, then slot.

    The grid is that of `plans_by_cell`.
    """
    most = 0
    for row in range(len(flyers)):
        cell = int((flyers[row].y - south) // side) * wide + int((flyers[row].x - west) // side)
        most += starts[cell + 1] - starts[cell]
    rows, found, count = np.empty(most, np.int64), np.empty(most, np.int64), 0
    for row in range(len(flyers)):
        x, y = flyers[row].x, flyers[row].y
        cell = int((y - south) // side) * wide + int((x - west) // side)
        for index in range(starts[cell], starts[cell + 1]):
            plan = plans[slots[index]]
            boxed = plan.west <= x <= plan.east and plan.south <= y <= plan.north
            if boxed and reaches(plan, legs, volumes, model, now, x, y):
                rows[count], found[count] = row, slots[index]
                count += 1
    return rows[:count].copy(), found[:count].copy()
