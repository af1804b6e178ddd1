"""The few checks of values that every type shares. Each raises `ModelError` naming the field."""

import math
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from safeconduct.errors import ModelError

POSITION_REMEDY = "positions are WGS-84 degrees, longitude before latitude"
FIRST_TIME_S, LAST_TIME_S = -62_135_596_800.0, 253_402_300_799.0
"""The years 1 to 9999, Unix seconds: the times that can be written down."""


def finite(name: str, value: float) -> None:
    """Raises ModelError `not-finite` for NaN and infinities."""
    if not math.isfinite(value):
        raise ModelError("not-finite", f"{name} is {value}", where=name, remedy="send a finite number or leave it out")


def within(name: str, value: float, low: float, high: float, remedy: str = "") -> None:
    """Raises ModelError `bad-<name>` where value is not in low..high (both included), `not-finite` for NaN."""
    finite(name, value)
    if not low <= value <= high:
        slug = name.removesuffix("_deg").removesuffix("_m").replace("_", "-")
        what = f"{name} {value} is outside {low:g}..{high:g}"
        raise ModelError(f"bad-{slug}", what, where=name, remedy=remedy or f"give one from {low:g} to {high:g}")


def each_within(thing: object, names: Iterable[str], low: float, high: float) -> None:
    """As `within`, of several numbers of one thing."""
    for name in names:
        within(name, getattr(thing, name), low, high)


def names_but(thing: Any, *named: str) -> list[str]:
    """The names of a dataclass's fields, in their order, but those."""
    return [one.name for one in fields(thing) if one.name not in named]


def limits(name: str, value: tuple[float, float], most: float) -> None:
    """Raises ModelError `bad-<name>` where it is not a least, -most..0, and a most, 0..most."""
    for part, low, high in zip(value, (-most, 0.0), (0.0, most), strict=True):
        within(name, part, low, high)


def longitude(value: float) -> None:
    """WGS-84 degrees east, -180..180."""
    within("longitude", value, -180.0, 180.0, POSITION_REMEDY)


def latitude(value: float) -> None:
    """WGS-84 degrees north, -90..90."""
    within("latitude", value, -90.0, 90.0, POSITION_REMEDY)


def moment(name: str, value: float) -> None:
    """Raises ModelError `bad-time` for Unix seconds that no calendar holds, `not-finite` for NaN and infinities."""
    finite(name, value)
    if not FIRST_TIME_S <= value <= LAST_TIME_S:
        raise ModelError("bad-time", f"{name} {value:g} is no time", where=name, remedy="send Unix seconds, not others")


def named(name: str, value: str) -> None:
    """Raises ModelError `empty` for an empty name."""
    if not value.strip():
        raise ModelError("empty", f"{name} is empty", where=name, remedy="give it a name")
