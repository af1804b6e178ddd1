"""Model -> extended squitters (DF 17), for tests and for the simulated transponders of rehearsals.

The inverse of `mode_s` for the fields it reads; bit layouts as in DO-260B 2.2.3.2.3 (airborne position), 2.2.3.2.4
(surface position), 2.2.3.2.5 (identification), 2.2.3.2.6 (velocity, table in `mode_s_velocity`) and 2.2.3.2.7.2
(operational status). Values are rounded to the format's steps; a value beyond its scale raises OverflowError.
"""

from safeconduct.codecs import mode_s_velocity as velocity_format
from safeconduct.codecs.cpr import Cpr
from safeconduct.codecs.mode_s_frame import with_parity
from safeconduct.codecs.mode_s_velocity import Velocity
from safeconduct.units import FOOT_M, KNOT_MPS

CHARACTERS = "#ABCDEFGHIJKLMNOPQRSTUVWXYZ##### ###############0123456789######"
"""The 6-bit alphabet of callsigns (ICAO Annex 10 volume IV, table 3-9); # where it has no character."""
CAPABILITY = 5
"""CA field: a level 2 transponder, airborne."""


def _message(address: str, *fields: tuple[int, int]) -> bytes:
    """A DF 17 frame of (value, width in bits) fields that fill 56 bits."""
    bits = 0
    for value, width in fields:
        if not 0 <= value < 1 << width:
            raise OverflowError(f"{value} does not fit into {width} bits")
        bits = bits << width | value
    return with_parity(bytes([17 << 3 | CAPABILITY]) + bytes.fromhex(address) + bits.to_bytes(7, "big"))


def _altitude_word(altitude_m: float | None) -> int:
    """12 bits with the Q bit set: 25 ft steps from -1000 ft; 0 where not available."""
    if altitude_m is None:
        return 0
    steps = round((altitude_m / FOOT_M + 1000.0) / 25.0)
    return steps >> 4 << 5 | 0x10 | steps & 0xF


def airborne_position(address: str, position: Cpr, altitude_m: float | None, *, type_code: int = 11) -> bytes:
    """Type codes 9-18 carry a barometric altitude, 20-22 a GNSS height."""
    word = _altitude_word(altitude_m)
    place = ((0, 1), (position.odd, 1), (position.lat, 17), (position.lon, 17))
    return _message(address, (type_code, 5), (0, 3), (word, 12), *place)


def surface_position(address: str, position: Cpr, track_deg: float, *, type_code: int = 7) -> bytes:
    """An aircraft taxiing at 10 kt (movement word 29: words 13-38 count half knots from 2) on this track."""
    track = round(track_deg / 360.0 * 128.0) % 128
    place = ((0, 1), (position.odd, 1), (position.lat, 17), (position.lon, 17))
    return _message(address, (type_code, 5), (29, 7), (1, 1), (track, 7), *place)


TAXIING_MPS = 10.0 * KNOT_MPS
"""What `surface_position` says of the speed."""


def identification(address: str, callsign: str) -> bytes:
    """Callsign of up to eight letters and digits."""
    words = ((CHARACTERS.index(character), 6) for character in callsign.ljust(8))
    return _message(address, (4, 5), (0, 3), *words)


def velocity(address: str, sent: Velocity) -> bytes:
    """Subtype 1: ground velocity, subsonic."""

    def counted(value: float | None, step: float, width: int) -> tuple[tuple[int, int], tuple[int, int]]:
        sign, word = (0, 0) if value is None else (int(value < 0), round(abs(value) / step) + 1)
        return (sign, 1), (word, width)

    return _message(
        address,
        (velocity_format.TYPE_CODE, 5),
        (1, 3),
        (0, 5),
        *counted(sent.east_mps, KNOT_MPS, 10),
        *counted(sent.north_mps, KNOT_MPS, 10),
        (int(sent.up_source == "barometric"), 1),
        *counted(sent.up_mps, velocity_format.VERTICAL_RATE_STEP_MPS, 9),
        (0, 2),
        *counted(sent.height_minus_pressure_altitude_m, velocity_format.HEIGHT_DIFFERENCE_STEP_M, 7),
    )


def operational_status(address: str, *, version: int, nac_p: int, gva: int = 0) -> bytes:
    """Airborne operational status: ADS-B version and accuracy categories."""
    return _message(address, (31, 5), (0, 3), (0, 32), (version, 3), (0, 1), (nac_p, 4), (gva, 2), (0, 6))
