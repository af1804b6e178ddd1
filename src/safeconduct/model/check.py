"""The few checks of values that every type shares. Each raises `ModelError` naming the field."""

import math

from safeconduct.errors import ModelError


def finite(name: str, value: float) -> None:
    """Raises ModelError `not-finite` for NaN and infinities."""
    if not math.isfinite(value):
        raise ModelError("not-finite", f"{name} is {value}", where=name, remedy="send a finite number or leave it out")


def within(name: str, value: float, low: float, high: float) -> None:
    """Raises ModelError `bad-<name>` where value is not in low..high (both included), `not-finite` for NaN."""
    finite(name, value)
    if not low <= value <= high:
        slug = name.removesuffix("_deg").removesuffix("_m").replace("_", "-")
        raise ModelError(f"bad-{slug}", f"{name} {value} is outside {low:g}..{high:g}", where=name)


def longitude(value: float) -> None:
    """WGS-84 degrees east, -180..180."""
    within("longitude", value, -180.0, 180.0)


def latitude(value: float) -> None:
    """WGS-84 degrees north, -90..90."""
    within("latitude", value, -90.0, 90.0)


def named(name: str, value: str) -> None:
    """Raises ModelError `empty` for an empty name."""
    if not value.strip():
        raise ModelError("empty", f"{name} is empty", where=name, remedy="give it a name")
