"""A track as the board shows it, for tests of what reads the board."""

from typing import Any

from safeconduct.model.board import BoardStatus, BoardTrack, LastContact
from safeconduct.model.standing import Standing


def board_track(
    time: float, lon: float, lat: float, height_m: float, velocity: tuple[float, float, float], /, **changes: Any
) -> BoardTrack:
    """`t1`, seen at this very time at this place, consistent with flight `r7`; but for the `changes`."""
    fields: dict[str, Any] = {
        "id": "t1",
        "status": BoardStatus.CONFIRMED,
        "time": time,
        "lon": lon,
        "lat": lat,
        "height_m": height_m,
        "pressure_altitude_m": None,
        "velocity": velocity,
        "covariance": (100.0, 0.0, 100.0),
        "first_time": time,
        "last_contact": LastContact(time=time, lon=lon, lat=lat, height_m=height_m),
        "identifiers": (),
        "standing": Standing.CONSISTENT,
        "flight": "r7",
        "probability": 0.97,
        "shadowed": False,
        "conflicts": (),
        "silent": (),
    }
    return BoardTrack(**(fields | changes))
