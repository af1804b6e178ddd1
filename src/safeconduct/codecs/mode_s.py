"""Mode S replies and ADS-B extended squitters: bytes -> `ModeSMessage`.

Which parity proves what (ICAO Annex 10 volume IV, 3.1.2.3.2, 3.1.2.5.2.1.2):

| DF | frame | address | what a sound parity proves |
|---|---|---|---|
| 17, 18 | extended squitter | in the clear | that all of it is undamaged: the remainder must be 0 |
| 11 | all-call reply | in the clear | the same if the remainder is 0; up to 79, an interrogator's code, only 17 bits |
| 0, 16 | air-to-air | laid over the parity | nothing |
| 4, 5, 20, 21, 24 | replies to radar | laid over the parity | nothing |

An overlaid frame has nothing left to check: damaged, it looks like a sound frame from some other address.
So the address of an overlaid frame is only worth believing once the same address has proved itself in a DF 11, 17 or
18 (`address_proven`); `adsb_assembly` keeps that book.

Extended squitters, by type code (DO-260B 2.2.3.2.3, table 2-16):

| type code | content | decoded by |
|---|---|---|
| 1-4 | callsign | rs1090 |
| 5-8 | surface position, movement, track | rs1090 |
| 9-18 | airborne position, barometric altitude | here |
| 20-22 | airborne position, GNSS height above the ellipsoid | here |
| 19 | velocity | `mode_s_velocity` |
| 28 | squawk | rs1090 |
| 31 | operational status | here |

Airborne position (DO-260B 2.2.3.2.3): bits 9-20 altitude code (the 13-bit one without its M bit), 22 odd, 23-39
latitude, 40-56 longitude. Operational status (2.2.3.2.7.2): bits 41-43 version, 45-48 NACp, 49-50 GVA (airborne only).

What rs1090 0.7.0 gets wrong is decoded here: in type 19 the source of the vertical rate, absent speeds and supersonic
speeds; positions above 50,175 ft, where the altitude must be in Gillham code, which it drops whole, as it
does status messages with a reserved bit set. It panics on what is not hexadecimal, so it is never given any.

A GNSS height is coded like a barometric altitude (25 ft steps and a Q bit). Some decoders read plain metres there, but
twelve bits of metres would end at 4,095 m, far below the aircraft that send it.

DF 18 with a control field other than 0 or 1 relays what a ground radar or another link says of an aircraft (TIS-B,
ADS-R); that is not the aircraft's own word, and is set aside. Comm-B registers are not guessed at.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import rs1090

from safeconduct.codecs import mode_s_frame, mode_s_velocity
from safeconduct.codecs.cpr import Cpr
from safeconduct.codecs.mode_s_velocity import Velocity
from safeconduct.errors import WireError
from safeconduct.units import KNOT_MPS

OVERLAID = frozenset({0, 4, 5, 16, 20, 21, 24})
"""Downlink formats whose address is laid over the parity."""
WITH_ALTITUDE_CODE = frozenset({0, 4, 16, 20})
WITH_IDENTITY_CODE = frozenset({5, 21})
LAST_INTERROGATOR_CODE = 79
"""Highest interrogator code: code label 4, SI code 63 (Annex 10 volume IV, 3.1.2.5.2.1.2.1, 3.1.2.3.3.2)."""
NUC_P = {code: 18 - code for code in range(9, 19)} | {20: 9, 21: 8, 22: 0}
"""Type codes of airborne positions, and the NUCp that each means in version 0 (DO-260B appendix N)."""
GNSS_HEIGHT = 20
"""First type code whose altitude is a GNSS height."""
STATUS = 31
"""Type code of operational status."""
OWN_ICAO, OWN_OTHER = 0, 1
"""Control fields of DF 18 with an aircraft's own report, under an ICAO address or another (DO-260B table 2-12)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeSMessage:
    """What one frame says. None is an absence.

    Attributes:
        df: downlink format.
        address: six lower-case hexadecimal digits.
        address_proven: the parity vouches for the address.
        address_is_icao: it is a 24-bit address given out by a state, not one made up by the sender.
        cpr: position as transmitted.
        pressure_altitude_m: barometric, metres in the standard atmosphere.
        height_m: GNSS height, metres above the WGS-84 ellipsoid.
        velocity: of a type 19 message, or of movement and track in a surface position.
        nuc_p: navigation uncertainty category of position, by the type code as version 0 means it (0..9).
        version: ADS-B version number (0: DO-260, 1: DO-260A, 2: DO-260B).
        nac_p: navigation accuracy category of position (0..11).
        gva: geometric vertical accuracy (0..3), version 2 only.
    """

    df: int
    address: str
    address_proven: bool
    address_is_icao: bool = True
    cpr: Cpr | None = None
    pressure_altitude_m: float | None = None
    height_m: float | None = None
    velocity: Velocity | None = None
    callsign: str | None = None
    squawk: str | None = None
    nuc_p: int | None = None
    version: int | None = None
    nac_p: int | None = None
    gva: int | None = None


def frame_from_hex(text: str) -> bytes:
    """The bytes of a frame written in hexadecimal.

    Raises:
        WireError: `bad-hex`.
    """
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise WireError("bad-hex", f"{text[:32]!r} is not a frame in hexadecimal digits") from error


def decode(frames: Sequence[bytes]) -> list[ModeSMessage | WireError]:
    """One answer for each frame, in order. Bytes beyond a frame's own length are ignored: some recorders pad.

    A bad frame is answered by its WireError: `truncated`, `bad-parity`, `relayed` (TIS-B, ADS-R) or
    `unsupported-format` (reserved and military formats).
    """
    answers: list[ModeSMessage | WireError | None] = []
    squitters: list[tuple[int, bytes]] = []
    for row, data in enumerate(frames):
        answer = _reply(data)
        if answer is None:
            squitters.append((row, data[: mode_s_frame.LONG_BYTES]))
        answers.append(answer)
    if squitters:
        decoded = cast(list[dict[str, Any] | None], rs1090.decode([frame.hex() for _, frame in squitters]))
        for (row, frame), fields in zip(squitters, decoded, strict=True):
            answers[row] = _squitter(frame, fields or {})
    return cast(list[ModeSMessage | WireError], answers)


def _reply(data: bytes) -> ModeSMessage | WireError | None:
    """The answer for any frame but a sound extended squitter that is for rs1090, for which it is None."""
    if not data or len(data) < mode_s_frame.frame_bytes(data[0] >> 3):
        return WireError("truncated", f"{len(data)} bytes are too few for a frame", where=data.hex())
    df = min(data[0] >> 3, 24)
    frame = data[: mode_s_frame.frame_bytes(df)]
    over = mode_s_frame.overlay(frame)
    if df in OVERLAID:
        return _overlaid(df, f"{over:06x}", int.from_bytes(frame[2:4], "big") & 0x1FFF)
    if df not in (11, 17, 18):
        return WireError("unsupported-format", f"downlink format {df} is not read", where=frame.hex())
    if over and not (df == 11 and over <= LAST_INTERROGATOR_CODE):
        return WireError("bad-parity", f"the parity is off by {over:06x}: damaged in transit", where=frame.hex())
    address = frame[1:4].hex()
    if df == 11:
        return ModeSMessage(df=df, address=address, address_proven=not over)
    if df == 18 and frame[0] & 7 not in (OWN_ICAO, OWN_OTHER):
        return WireError("relayed", f"{address} is reported by a ground station, not by itself", where=frame.hex())
    return _own_squitter(frame)


def _own_squitter(frame: bytes) -> ModeSMessage | None:
    """The message of an extended squitter that is decoded here; None for those that rs1090 decodes."""
    message = partial(
        ModeSMessage,
        df=frame[0] >> 3,
        address=frame[1:4].hex(),
        address_proven=True,
        address_is_icao=_is_icao(frame),
    )
    type_code, subtype = frame[4] >> 3, frame[4] & 7
    if type_code == mode_s_velocity.TYPE_CODE:
        return message(velocity=mode_s_velocity.decode(frame[4:11]))
    if type_code in NUC_P:
        bits = int.from_bytes(frame[4:11], "big")
        altitude_m = mode_s_frame.altitude_m((bits >> 42 & 0x3F) << 7 | bits >> 36 & 0x3F)
        return message(
            cpr=Cpr(bits >> 17 & 0x1FFFF, bits & 0x1FFFF, bool(bits >> 34 & 1), False),
            pressure_altitude_m=altitude_m if type_code < GNSS_HEIGHT else None,
            height_m=altitude_m if type_code >= GNSS_HEIGHT else None,
            nuc_p=NUC_P[type_code],
        )
    if type_code == STATUS and subtype <= 1:
        version = frame[9] >> 5
        return message(
            version=version,
            nac_p=frame[9] & 0xF if version else None,
            gva=frame[10] >> 6 if version >= 2 and subtype == 0 else None,
        )
    return None


def _is_icao(frame: bytes) -> bool:
    return frame[0] >> 3 == 17 or frame[0] & 7 == OWN_ICAO


def _overlaid(df: int, address: str, code: int) -> ModeSMessage:
    return ModeSMessage(
        df=df,
        address=address,
        address_proven=False,
        pressure_altitude_m=mode_s_frame.altitude_m(code) if df in WITH_ALTITUDE_CODE else None,
        squawk=mode_s_frame.squawk(code) if df in WITH_IDENTITY_CODE else None,
    )


def _squitter(frame: bytes, fields: dict[str, Any]) -> ModeSMessage:
    """The message of an extended squitter, of rs1090's fields (knots, degrees; absent or None: not sent)."""
    on_ground = "lat_cpr" in fields
    return ModeSMessage(
        df=frame[0] >> 3,
        address=frame[1:4].hex(),
        address_proven=True,
        address_is_icao=_is_icao(frame),
        cpr=Cpr(fields["lat_cpr"], fields["lon_cpr"], fields["parity"] == "odd", True) if on_ground else None,
        velocity=_taxiing(fields["groundspeed"], fields["track"]) if on_ground else None,
        callsign=_callsign(fields.get("callsign")),
        squawk=fields.get("squawk"),
        nuc_p=fields.get("NUCp"),
    )


def _taxiing(speed_kt: float | None, track_deg: float | None) -> Velocity | None:
    if speed_kt is None or track_deg is None:
        return None
    speed, track = speed_kt * KNOT_MPS, math.radians(track_deg)
    return Velocity(east_mps=speed * math.sin(track), north_mps=speed * math.cos(track))


def _callsign(text: str | None) -> str | None:
    """None for an empty one, and for one with characters outside the alphabet, which rs1090 shows as '#'."""
    text = (text or "").strip()
    return text if text and "#" not in text else None
