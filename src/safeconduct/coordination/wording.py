"""What operators are told, in words: times, lengths, names of others."""

from safeconduct.units import iso_from_seconds

MOST_LETTERS = 200


def short(text: str) -> str:
    """What another party calls something, bounded: it stays readable whatever they call it."""
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"


def clock(time: float) -> str:
    """06:12:40 UTC."""
    return f"{iso_from_seconds(time)[11:19]} UTC"


def away(left_s: float) -> str:
    """A length of time: "40 s", "15 min"."""
    return f"{left_s / 60.0:.0f} min" if left_s >= 90.0 else f"{left_s:.0f} s"


def far(metres: float) -> str:
    """A distance: "40 m", "1.2 km"."""
    return f"{metres / 1000.0:.1f} km" if metres >= 1000.0 else f"{metres:.0f} m"
