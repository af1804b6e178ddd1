"""Units and times at the edges. Inside: SI, float64, Unix seconds UTC, degrees for lon, lat, azimuth."""

import math
from datetime import UTC, datetime, timedelta

from safeconduct.errors import ModelError

FOOT_M = 0.3048
"""International foot, exactly."""
KNOT_MPS = 1852.0 / 3600.0
"""International knot (nautical mile per hour), exactly."""
FOOT_PER_MINUTE_MPS = FOOT_M / 60.0
"""Vertical rate unit of ADS-B and OpenSky's derived sets."""

_WINDS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")

NAN = math.nan
"""The absence of a number in an array. At every other edge an absence is None."""


def seconds_from_iso(text: str) -> float:
    """Unix seconds of an RFC 3339 time with an offset ("2025-03-12T06:00:00.160Z").

    Raises:
        ModelError: not such a time, or without an offset (a local time is ambiguous across parties).
    """
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError) as error:
        raise ModelError(
            "bad-time", f"{text!r} is not an RFC 3339 time", remedy="write 2025-03-12T06:00:00Z"
        ) from error
    if moment.tzinfo is None:
        raise ModelError("bad-time", f"{text!r} has no offset from UTC", remedy="append Z for UTC")
    return moment.timestamp()


def iso_from_seconds(time: float) -> str:
    """RFC 3339 UTC, to the nearest millisecond, of Unix seconds in the years 1 to 9999."""
    moment = datetime.fromtimestamp(time, UTC) + timedelta(microseconds=500)  # since isoformat cuts and does not round
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def wind(bearing_deg: float) -> str:
    """The nearest of eight directions, in words: 44 degrees clockwise from north is "north-east"."""
    return _WINDS[round(bearing_deg / 45.0) % 8]


def clock(time: float) -> str:
    """Unix seconds as people read them: "06:12:40 UTC"."""
    return f"{iso_from_seconds(time)[11:19]} UTC"


def none_if_nan(value: float) -> float | None:
    """An array's NaN as the None of the edges."""
    return None if math.isnan(value) else float(value)
