"""How well aircraft fit declared plans: routes and volumes as plain records, one look at one pair.

A look compares densities. Under "it is this flight" an aircraft is where, when, as high and as fast as the plan says,
within what declared aircraft are used to; under "it is another one" it is spread evenly over the ground, all courses
and a span of heights and speeds. Everything is in one sector's plane: metres, m/s, Unix seconds; NaN is an absence.
"""

import math

import numpy as np

from safeconduct.kernels.arrays import Floats, Ints, Record, Records, record
from safeconduct.kernels.jit import kernel

LEG = record(
    **dict.fromkeys(("x", "y", "ahead_x", "ahead_y", "length", "starts", "lasts", "height", "rise"), "f8"),
    **dict.fromkeys(("cross", "spread", "course", "speed", "tall"), "f8"),
)
"""One leg of a route: its start, its direction as a unit vector, its length on the ground; when it starts and how long
it lasts; the height at its start, and how much higher it ends. And how closely those who keep to it do: one standard
deviation across, in time, of course (radians), speed and height."""

VOLUME = record(
    **dict.fromkeys(("starts", "ends", "enters", "leaves", "spread", "read", "lower", "upper"), "f8"),
    **dict.fromkeys(("west", "east", "south", "north"), "f8"),
    area="f8",
    axis_x="f8",
    axis_y="f8",
    first="i8",
    last="i8",
)
"""One 4D volume: when; when in that time the flight is to come into it and to leave it, and one standard deviation of
these; between which heights, its box on the ground, its area, the direction in which it is flown
through as a unit vector (0, 0 where that cannot be told); its corners are `first` up to, not including, `last`."""

PLAN = record(
    **dict.fromkeys(("first_leg", "last_leg", "first_volume", "last_volume", "routed"), "i8"),
    **dict.fromkeys(("slow", "fast", "starts", "ends", "west", "east", "south", "north", "crowd"), "f8"),
)
"""One flight: its legs (declared, or else read from its volumes) and volumes; the speeds that its type flies at, NaN
where that is not known; when and within which box it is looked for; how many others keep near it from where they are
first seen."""

FLYER = record(
    **dict.fromkeys(("x", "y", "vx", "vy", "height", "sigma", "sigma_speed", "sigma_height"), "f8"),
)
"""Where an aircraft is and how it moves: sigmas are standard deviations of each horizontal component."""

MODEL = record(
    **dict.fromkeys(("in_time", "speed", "height", "edge"), "f8"),
    **dict.fromkeys(("untimely", "untimely_s", "untimely_spread", "untimely_any"), "f8"),
    **dict.fromkeys(("aside", "crowd_cross", "crowd_late", "look_around"), "f8"),
    **dict.fromkeys(("other_speeds", "other_heights", "axis_course", "axis_share"), "f8"),
)
"""`picture.plan_model.PlanModel` and its `Lateness`, in their words."""

LOOK = record(
    **dict.fromkeys(("kept", "aside", "followed", "manner", "best", "cross", "late", "lag"), "f8"),
    inside="b1",
)
"""One look at one pair. Log ratios of densities a square kilometre, nats: `kept`, under "it keeps to the plan";
`aside`, under "it is this flight, and beside its plan"; `followed`, under "another aircraft that keeps near this
flight". `manner`: the part of these that is of course and speed. `best`: how well the leg that fits best does. `cross`,
`late`: metres right of the route, seconds late, NaN without a route; `lag`: seconds late, by the legs read from volumes
too. `inside`: whether it may be inside an active volume, given how well it is known."""

KM2 = 1e6
FLOOR = -30.0
"""Looks are cut off here."""
FAR = 5.0
"""A leg farther away than so many times `MODEL.aside` has nothing to say."""
LONG = 0.5
"""So long, as a share of `MODEL.look_around`, is as much as `MODEL.aside` is far; and volumes say something for so long
beyond their times."""
TWO_PI = 2.0 * math.pi
WINDOW_SIGMAS = math.sqrt(math.gamma(3.0 / 4.0) / math.gamma(1.0 / 4.0))
WINDOW_HIGH = 2.0 / math.gamma(1.0 / 4.0)
"""Of `window`: a standard deviation as a share of its half width a, and its height times a."""
ASTRAY = 0.3
"""Share of those that keep near a routed flight, and are beside its route like one that left its own. With less, a
stranger abreast of a route is taken for the flight."""
DOUBT_SIGMAS = 2.5
"""An aircraft is outside a volume only if it is so by more than this many of its own standard deviations."""


@kernel
def log_add(a: float, b: float) -> float:
    """ln(e^a + e^b)."""
    return max(a, b) + math.log1p(math.exp(-abs(a - b)))


@kernel
def normal(x: float, sigma: float) -> float:
    """Normal density of mean zero."""
    return math.exp(-0.5 * (x / sigma) ** 2) / (sigma * math.sqrt(TWO_PI))


@kernel
def window(x: float, sigma: float) -> float:
    """Density of mean zero that is nearly flat within a window and falls off fast beyond it: c exp(-(x/a)^4).

    Nadarajah, "A generalized normal distribution", Journal of Applied Statistics 32(7), 2005, with the power 4.
    """
    share = x * WINDOW_SIGMAS / sigma
    return math.exp(-(share**4)) * WINDOW_HIGH * WINDOW_SIGMAS / sigma


@kernel
def lateness(model: Record, late: float, spread: float) -> float:
    """Density of being so late, 1/s: in time; or late, or early, by about as much as those are that are not in time; or
    by anything.

    Args:
        late: seconds, negative for early.
        spread: one standard deviation of those in time, s, and of what is not known of it; the others have it too.
    """
    wider = math.hypot(model.untimely_spread, spread)
    usual = 0.5 * (window(late - model.untimely_s, wider) + window(late + model.untimely_s, wider))
    others = usual + model.untimely_any * (0.5 / model.look_around - usual)
    in_time = window(late - model.in_time, spread)
    density: float = in_time + model.untimely * (others - in_time)
    return density


@kernel
def outside(rings: Floats, first: int, last: int, x: float, y: float) -> float:
    """Metres from a point to a ring; 0 within it. Even-odd rule; `rings` are corners (n, 2), the ring not closed."""
    nearest2, within = math.inf, False
    j = last - 1
    for i in range(first, last):
        ax, ay, bx, by = rings[j, 0], rings[j, 1], rings[i, 0], rings[i, 1]
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            within = not within
        dx, dy = bx - ax, by - ay
        share = ((x - ax) * dx + (y - ay) * dy) / max(dx * dx + dy * dy, 1e-12)
        share = min(max(share, 0.0), 1.0)
        nearest2 = min(nearest2, (x - ax - share * dx) ** 2 + (y - ay - share * dy) ** 2)
        j = i
    return 0.0 if within else math.sqrt(nearest2)


@kernel
def _angle(x1: float, y1: float, x2: float, y2: float) -> float:
    """Radians between two directions, 0..pi."""
    return abs(math.atan2(x1 * y2 - y1 * x2, x1 * x2 + y1 * y2))


@kernel
def _course(turn: float, sigma: float, share: float) -> float:
    """Log ratio of a direction that is off by `turn`: a share keeps it within sigma, the others fly anywhere."""
    return math.log(1.0 - share + share * 2.0 * normal(turn, sigma) * math.pi)


@kernel
def _height(off: float, sigma: float, span: float) -> float:
    """Log ratio of a height off by so much, within a span over which others are spread; nothing where not known."""
    if not math.isfinite(off) or not math.isfinite(sigma):
        return 0.0
    return min(math.log(0.05 + 0.95 * normal(off, sigma) * span), 2.5)


@kernel
def look(
    plan: Record, legs: Records, volumes: Records, rings: Floats, model: Record, now: float, flyer: Record, seen: Record
) -> None:
    """Fills `seen` (`LOOK`) for one flyer and one plan, now."""
    seen.cross = seen.late = seen.lag = math.nan
    seen.manner, seen.best = 0.0, -math.inf
    seen.kept = seen.aside = seen.followed = FLOOR
    seen.inside = _inside(plan, volumes, rings, now, flyer)
    for index in _nearest_legs(plan, legs, model, now, flyer):
        if index >= 0:
            _look_at_leg(legs[index], model, now, flyer, seen)
    if not plan.routed:
        # A way read from volumes is one guess; that it is somewhere in them is the other.
        seen.cross = seen.late = math.nan
        kept, aside, followed = _look_at_volumes(plan, volumes, rings, model, now, flyer)
        seen.kept, seen.aside = log_add(seen.kept, kept), log_add(seen.aside, aside)
        seen.followed = log_add(seen.followed, followed)
    seen.kept, seen.aside, seen.followed = max(seen.kept, FLOOR), max(seen.aside, FLOOR), max(seen.followed, FLOOR)


@kernel
def _inside(plan: Record, volumes: Records, rings: Floats, now: float, flyer: Record) -> bool:
    """Whether an aircraft may be inside an active volume."""
    slack, unsure = DOUBT_SIGMAS * flyer.sigma, math.inf
    if math.isfinite(flyer.height) and math.isfinite(flyer.sigma_height):
        unsure = DOUBT_SIGMAS * flyer.sigma_height
    for index in range(plan.first_volume, plan.last_volume):
        volume = volumes[index]
        if not volume.starts <= now <= volume.ends:
            continue
        wide = volume.west - slack <= flyer.x <= volume.east + slack
        if not wide or not volume.south - slack <= flyer.y <= volume.north + slack:
            continue
        if not math.isinf(unsure) and not volume.lower - unsure <= flyer.height <= volume.upper + unsure:
            continue
        if outside(rings, volume.first, volume.last, flyer.x, flyer.y) <= slack:
            return True
    return False


@kernel
def reaches(plan: Record, legs: Records, volumes: Records, model: Record, now: float, x: float, y: float) -> bool:
    """Whether a place is so near to where the flight is about now that it is worth a look."""
    reach = 2.0 * model.aside
    for index in range(plan.first_volume, plan.last_volume):
        volume = volumes[index]
        due = volume.starts - model.look_around <= now <= volume.ends + model.look_around
        near_x = volume.west - reach <= x <= volume.east + reach
        if due and near_x and volume.south - reach <= y <= volume.north + reach and not plan.routed:
            return True
    for index in range(plan.first_leg, plan.last_leg):
        leg = legs[index]
        if leg.starts - model.look_around <= now <= leg.starts + leg.lasts + model.look_around:
            off_x, off_y = x - leg.x, y - leg.y
            along = min(max(off_x * leg.ahead_x + off_y * leg.ahead_y, 0.0), leg.length)
            if math.hypot(off_x - along * leg.ahead_x, off_y - along * leg.ahead_y) <= reach:
                return True
    return False


@kernel
def _nearest_legs(plan: Record, legs: Records, model: Record, now: float, flyer: Record) -> tuple[int, int, int]:
    """The three legs that are nearest in place and time together, -1 for none; the others have less to say."""
    first = second = third = -1
    near = nearer = nearest = math.inf
    for index in range(plan.first_leg, plan.last_leg):
        leg = legs[index]
        if now < leg.starts - model.look_around or now > leg.starts + leg.lasts + model.look_around:
            continue
        off_x, off_y = flyer.x - leg.x, flyer.y - leg.y
        along = off_x * leg.ahead_x + off_y * leg.ahead_y
        share = min(max(along / leg.length, 0.0), 1.0)
        late = abs(now - leg.starts - share * leg.lasts)
        if late > model.look_around:
            continue
        away = abs(off_x * leg.ahead_y - off_y * leg.ahead_x) + abs(along - share * leg.length)
        far = away / model.aside + late / (LONG * model.look_around)
        if away > FAR * model.aside or far >= near:
            continue
        if far < nearest:
            near, third, nearer, second, nearest, first = nearer, second, nearest, first, far, index
        elif far < nearer:
            near, third, nearer, second = nearer, second, far, index
        else:
            near, third = far, index
    return first, second, third


@kernel
def _look_at_leg(leg: Record, model: Record, now: float, flyer: Record, seen: Record) -> None:
    """Takes one leg into the look where it fits better than those before."""
    off_x, off_y = flyer.x - leg.x, flyer.y - leg.y
    along = off_x * leg.ahead_x + off_y * leg.ahead_y
    share = min(max(along / leg.length, 0.0), 1.0)
    late = now - leg.starts - share * leg.lasts
    cross, beyond = off_x * leg.ahead_y - off_y * leg.ahead_x, along - share * leg.length
    distance = math.hypot(cross, beyond)
    planned = leg.length / leg.lasts
    # What the track does not know of itself widens what the plan allows: a vague track is vague evidence.
    pace = max(planned, 5.0)
    sigma = math.hypot(leg.cross, flyer.sigma)
    spread = math.hypot(leg.spread, flyer.sigma / pace)
    timely = lateness(model, late, spread)
    # Per square kilometre: metres across by metres along, which are seconds by the pace.
    near = normal(distance, sigma) * timely / pace * KM2
    astray = math.exp(-distance / model.aside) / (2.0 * model.aside)
    beside = astray * timely / pace * KM2
    close = normal(distance, math.hypot(model.crowd_cross, sigma))
    near_it = ((1.0 - ASTRAY) * close + ASTRAY * astray) / pace * KM2
    # Whoever keeps near a flight is near it in time too, before or behind it: its own profile, smeared.
    near_time = lateness(model, late, math.hypot(spread, model.crowd_late))
    near_time = 0.9 * near_time + 0.1 * 0.5 / model.look_around
    speed = math.hypot(flyer.vx, flyer.vy)
    course = 0.0
    if planned > 3.0:
        turn = _angle(flyer.vx, flyer.vy, leg.ahead_x, leg.ahead_y)
        unsure = math.hypot(leg.course, flyer.sigma_speed / max(speed, 5.0))
        course = _course(turn, unsure, 0.98)
    moved = math.log(
        0.03 + 0.97 * normal(speed - planned, math.hypot(model.speed, flyer.sigma_speed)) * model.other_speeds
    )
    height = _height(
        flyer.height - leg.height - share * leg.rise, math.hypot(model.height, flyer.sigma_height), model.other_heights
    )
    manner = course + moved + height
    kept = math.log(near + 1e-12) + manner
    fits = manner - 0.5 * (distance / sigma) ** 2 + math.log(timely)
    if fits > seen.best:
        seen.best, seen.cross = fits, cross
        seen.late = seen.lag = late
        seen.manner = course + moved
    seen.kept = max(seen.kept, kept)
    seen.aside = max(seen.aside, math.log(beside + 1e-12) + manner)
    seen.followed = max(seen.followed, math.log(near_it * near_time + 1e-12) + manner)


@kernel
def _look_at_volumes(
    plan: Record, volumes: Records, rings: Floats, model: Record, now: float, flyer: Record
) -> tuple[float, float, float]:
    """How well a flyer fits the volumes that are active, were lately or are soon: `kept`, `aside` and `followed`."""
    slack, edge = DOUBT_SIGMAS * flyer.sigma, math.hypot(model.edge, flyer.sigma)
    known = math.isfinite(flyer.height) and math.isfinite(flyer.sigma_height)
    soon_m2 = wide_m2 = 1.0
    active = soon = beside = 0.0
    for index in range(plan.first_volume, plan.last_volume):
        volume = volumes[index]
        if now < volume.starts - LONG * model.look_around or now > volume.ends + LONG * model.look_around:
            continue
        on = volume.starts <= now <= volume.ends
        soon_m2 += volume.area
        away = math.hypot(
            max(max(volume.west - flyer.x, flyer.x - volume.east), 0.0),
            max(max(volume.south - flyer.y, flyer.y - volume.north), 0.0),
        )
        if away < 3.0 * model.aside:
            away = outside(rings, volume.first, volume.last, flyer.x, flyer.y)
        above = 0.0
        if known:
            above = min(flyer.height - volume.lower, 0.0) + max(flyer.height - volume.upper, 0.0)
        fits = math.exp(-0.5 * (max(away - 0.5 * slack, 0.0) / edge) ** 2)
        manner = 0.0
        if known:
            band = volume.upper - volume.lower
            manner += math.log(
                0.05
                + 0.95
                * math.exp(-0.5 * (above / math.hypot(model.height, flyer.sigma_height)) ** 2)
                * min(model.other_heights / (band + 2.5 * flyer.sigma_height), 12.0)
            )
        if volume.axis_x != 0.0 or volume.axis_y != 0.0:
            turn = _angle(flyer.vx, flyer.vy, volume.axis_x, volume.axis_y)
            speed = max(math.hypot(flyer.vx, flyer.vy), 5.0)
            manner += _course(turn, math.hypot(model.axis_course, flyer.sigma_speed / speed), model.axis_share)
        worth = math.exp(manner) * (1.0 - volume.read)
        soon = max(soon, fits * worth)
        beside = max(beside, math.exp(-away / model.aside) * worth) if on else beside
        if on:
            late = now - model.in_time
            come = 1.0 / (1.0 + math.exp(min(-1.7 * (late - volume.enters) / volume.spread, 50.0)))
            stays = 1.0 / (1.0 + math.exp(min(-1.7 * (volume.leaves - late) / volume.spread, 50.0)))
            active += come * stays * fits * worth / volume.area
            wide_m2 += volume.area + 4.0 * model.aside * math.sqrt(volume.area)
    speed = math.hypot(flyer.vx, flyer.vy)
    moved = 0.0
    if math.isfinite(plan.slow):
        off = max(max(plan.slow - speed, speed - plan.fast), 0.0) / math.hypot(model.speed, flyer.sigma_speed)
        moved = math.log(
            0.03 + 0.97 * math.exp(-0.5 * off * off) * model.other_speeds / (plan.fast - plan.slow + 2.0 * model.speed)
        )
    late = model.untimely * soon / soon_m2
    kept = math.log(((1.0 - model.untimely) * active + late) * KM2 + 1e-12) + moved
    aside = math.log(beside / wide_m2 * KM2 + 1e-12) + moved
    followed = math.log((0.4 * active + 0.3 * soon / soon_m2 + 0.3 * beside / wide_m2) * KM2 + 1e-12) + moved
    return kept, aside, followed


@kernel
def moved_as_planned(
    plan: Record, legs: Records, model: Record, now: float, flyer: Record, past: Record, span: float, lag: float
) -> float:
    """What it says for a plan that an aircraft has moved since `span` ago as the plan has it, being `lag` late.

    Others fly any way, and some span of speeds. Nats; nothing where the plan does not say, or it has hardly moved.
    """
    flown_x, flown_y = flyer.x - past.x, flyer.y - past.y
    distance = math.hypot(flown_x, flown_y)
    if not math.isfinite(lag) or distance < 500.0:
        return 0.0
    there, here = _leg_at(plan, legs, now - span - lag), _leg_at(plan, legs, now - lag)
    if there < 0 or here < 0:
        return 0.0
    one, two = legs[there], legs[here]
    share, shares = (now - span - lag - one.starts) / one.lasts, (now - lag - two.starts) / two.lasts
    off_x = flown_x - (two.x + shares * two.length * two.ahead_x - one.x - share * one.length * one.ahead_x)
    off_y = flown_y - (two.y + shares * two.length * two.ahead_y - one.y - share * one.length * one.ahead_y)
    pace = distance / span
    sigma = math.sqrt(one.cross**2 + two.cross**2 + flyer.sigma**2 + past.sigma**2 + (0.3 * two.speed * span) ** 2)
    off = (off_x * off_x + off_y * off_y) / (sigma * sigma)
    others = TWO_PI * distance * model.other_speeds * span
    return math.log(0.05 + 0.95 * others * math.exp(-0.5 * off) / (TWO_PI * sigma * sigma)) if pace > 3.0 else 0.0


@kernel
def _leg_at(plan: Record, legs: Records, time: float) -> int:
    """The leg that is flown at a time of the plan, -1 for none."""
    for index in range(plan.first_leg, plan.last_leg):
        if legs[index].starts <= time < legs[index].starts + legs[index].lasts:
            return index
    return -1


@kernel
def planned_places(plans: Records, legs: Records, volumes: Records, slots: Ints, time: float) -> Floats:
    """(n, 3) x, y, height at which the flights in `slots` are to be at a time; NaN where not to be in the air."""
    places = np.full((len(slots), 3), np.nan)
    for row in range(len(slots)):
        plan = plans[slots[row]]
        at = _leg_at(plan, legs, time)
        if at >= 0:
            leg = legs[at]
            share = (time - leg.starts) / leg.lasts
            places[row, 0] = leg.x + share * leg.length * leg.ahead_x
            places[row, 1] = leg.y + share * leg.length * leg.ahead_y
            places[row, 2] = leg.height + share * leg.rise
        elif not plan.routed:
            for index in range(plan.first_volume, plan.last_volume):
                volume = volumes[index]
                if volume.enters <= time < volume.leaves:
                    places[row, 0] = (volume.west + volume.east) / 2.0
                    places[row, 1] = (volume.south + volume.north) / 2.0
                    places[row, 2] = (volume.lower + volume.upper) / 2.0
    return places
