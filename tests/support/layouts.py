"""Declared flights laid out as kernels read them, and one look at one aircraft."""

import math
from typing import Any

import numpy as np
from tests.support.sky import FRAME, HEIGHT, SPEED, T0, WEST_M

from safeconduct.kernels import plans
from safeconduct.kernels.arrays import Records
from safeconduct.model.flight import Flight
from safeconduct.picture.plan import Plans
from safeconduct.picture.plan_model import FollowingModel, PlanModel


def laid_out(*flights: Flight) -> Plans:
    made = Plans(FRAME, PlanModel(), FollowingModel())
    for one in flights:
        made.put(one)
    made.active(T0)
    return made


def flyer(
    after_s: float = 600.0, aside_m: float = 0.0, late_s: float = 0.0, *, speed: float = SPEED, course: float = 90.0,
    height_m: float = HEIGHT, sigma_m: float = 20.0,
) -> Records:  # fmt: skip
    """An aircraft that is `late_s` late and `aside_m` to the right (south) of the plan, `after_s` into it."""
    one, turn = np.zeros(1, plans.FLYER), math.radians(course)
    one["x"], one["y"] = SPEED * (after_s - late_s) - WEST_M, -aside_m
    one["vx"], one["vy"], one["height"] = speed * math.sin(turn), speed * math.cos(turn), height_m
    one["sigma"], one["sigma_speed"], one["sigma_height"] = sigma_m, 1.0, 30.0 if math.isfinite(height_m) else math.nan
    return one


def seen_by(layout: Plans, slot: int, after_s: float, one: Records) -> Any:
    look = np.zeros(1, plans.LOOK)
    parts = (layout.legs, layout.volumes, layout.rings, layout.model)
    plans.look(layout.plans[slot], *parts, T0 + after_s, one[0], look[0])
    return look[0]


def volumes_of(layout: Plans, name: str) -> Records:
    plan = layout.plans[layout.slot[name]]
    return layout.volumes[plan["first_volume"] : plan["last_volume"]]
