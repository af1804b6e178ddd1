"""What operators are told, in words: lengths of time and way."""


def away(left_s: float) -> str:
    """A length of time: "40 s", "15 min"."""
    return f"{left_s / 60.0:.0f} min" if left_s >= 90.0 else f"{left_s:.0f} s"


def far(metres: float) -> str:
    """A distance: "40 m", "1.2 km"."""
    return f"{metres / 1000.0:.1f} km" if metres >= 1000.0 else f"{metres:.0f} m"
