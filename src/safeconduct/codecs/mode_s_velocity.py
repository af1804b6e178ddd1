"""ADS-B airborne velocity: type code 19 (DO-260B 2.2.3.2.6, tables 2-23 to 2-36). 56 bits, counted from 1:

| bits | field | scale | absent |
|---|---|---|---|
| 1-5 | type code, 19 | | |
| 6-8 | subtype: 1, 2 ground speed; 3, 4 airspeed; 2 and 4 supersonic | | 0, 5-7 reserved |
| 14 | subtypes 1, 2: 1 = west; 3, 4: heading status | | |
| 15-24 | east-west speed, or heading | (n - 1) kt, supersonic 4 (n - 1) kt; n · 360/1024° | 0, 1023; status 0 |
| 25 | subtypes 1, 2: 1 = south; 3, 4: 1 = true airspeed, 0 = indicated | | |
| 26-35 | north-south speed, or airspeed | as 15-24 | 0, 1023 |
| 36 | source of the vertical rate: **0 = GNSS or inertial, 1 = barometric** | | |
| 37 | 1 = down | | |
| 38-46 | vertical rate | 64 (n - 1) ft/min | 0, 511 |
| 49 | 1 = GNSS height below barometric altitude | | |
| 50-56 | GNSS height minus barometric altitude | 25 (n - 1) ft | 0, 127 |

The highest word of each field says "more than the scale holds": no measurement, so read as absent.

rs1090 0.7.0 has bit 36 the wrong way round, reads an absent speed as -1 kt, and does not multiply the ground speed of
subtype 2 by four; that is why this message is decoded here.
"""

from dataclasses import dataclass
from typing import Literal

from safeconduct.units import FOOT_M, FOOT_PER_MINUTE_MPS, KNOT_MPS

TYPE_CODE = 19
VERTICAL_RATE_STEP_MPS = 64 * FOOT_PER_MINUTE_MPS
HEIGHT_DIFFERENCE_STEP_M = 25 * FOOT_M


@dataclass(frozen=True, slots=True, kw_only=True)
class Velocity:
    """How an aircraft says that it moves. None is an absence.

    Attributes:
        east_mps, north_mps: over the ground; both or neither.
        up_mps: vertical rate.
        up_source: what the vertical rate was measured with.
        airspeed_mps: through the air, sent instead of the ground speed where there is no GNSS.
        airspeed_kind: what the airspeed is.
        heading_deg: where the nose points, clockwise from north (magnetic or true is not said).
        height_minus_pressure_altitude_m: GNSS height above the ellipsoid minus barometric altitude.
    """

    east_mps: float | None = None
    north_mps: float | None = None
    up_mps: float | None = None
    up_source: Literal["gnss", "barometric"] | None = None
    airspeed_mps: float | None = None
    airspeed_kind: Literal["indicated", "true"] | None = None
    heading_deg: float | None = None
    height_minus_pressure_altitude_m: float | None = None


def _counted(word: int, last: int, negative: int, step: float) -> float | None:
    """The value of a field that counts from 1: 0 is "not available", its last word "beyond the scale"."""
    if word in (0, last):
        return None
    return (1 - word if negative else word - 1) * step


def decode(message: bytes) -> Velocity | None:
    """The velocity of a 7-byte type 19 message; None for a reserved subtype.

    Raises nothing: every word of every field has a meaning.
    """
    bits = int.from_bytes(message, "big")
    subtype = bits >> 48 & 7
    if subtype not in (1, 2, 3, 4):
        return None
    up = _counted(bits >> 10 & 0x1FF, 0x1FF, bits >> 19 & 1, VERTICAL_RATE_STEP_MPS)
    up_source: Literal["gnss", "barometric"] = "barometric" if bits >> 20 & 1 else "gnss"
    difference = _counted(bits & 0x7F, 0x7F, bits >> 7 & 1, HEIGHT_DIFFERENCE_STEP_M)
    first_flag, first, second_flag, second = bits >> 42 & 1, bits >> 32 & 0x3FF, bits >> 31 & 1, bits >> 21 & 0x3FF
    step = KNOT_MPS if subtype in (1, 3) else 4 * KNOT_MPS
    if subtype in (1, 2):
        east, north = _counted(first, 0x3FF, first_flag, step), _counted(second, 0x3FF, second_flag, step)
        known = east is not None and north is not None
        return Velocity(
            east_mps=east if known else None,
            north_mps=north if known else None,
            up_mps=up,
            up_source=None if up is None else up_source,
            height_minus_pressure_altitude_m=difference,
        )
    airspeed = _counted(second, 0x3FF, 0, step)
    return Velocity(
        up_mps=up,
        up_source=None if up is None else up_source,
        airspeed_mps=airspeed,
        airspeed_kind=None if airspeed is None else "true" if second_flag else "indicated",
        heading_deg=first * 360.0 / 1024.0 if first_flag else None,
        height_minus_pressure_altitude_m=difference,
    )
