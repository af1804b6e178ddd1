"""The parts that all Mode S replies share: length, parity, address, and the two 13-bit codes of old radar.

A frame is 56 or 112 bits (ICAO Annex 10 volume IV, 3.1.2; bits counted from 1):

| bits | field | content |
|---|---|---|
| 1-5 | DF | downlink format; below 16: 56 bits, from 16: 112 bits |
| 20-32 | AC / ID | altitude code (DF 0, 4, 16, 20) or identity code (DF 5, 21) |
| 9-32 | AA | address in the clear (DF 11, 17, 18) |
| last 24 | AP / PI | CRC of all bits before, exclusive-or the address (AP) or the interrogator's code (PI) |
"""

from safeconduct.units import FOOT_M

GENERATOR = 0x1FFF409
"""Polynomial of the 24-bit parity (Annex 10 volume IV, 3.1.2.3.3)."""
SHORT_BYTES, LONG_BYTES = 7, 14


def _table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte << 16
        for _ in range(8):
            value = value << 1 ^ (GENERATOR if value & 0x800000 else 0)
        table.append(value & 0xFFFFFF)
    return tuple(table)


_TABLE = _table()


def parity(data: bytes) -> int:
    """The 24-bit CRC of these bytes."""
    value = 0
    for byte in data:
        value = (value << 8 & 0xFFFFFF) ^ _TABLE[value >> 16 ^ byte]
    return value


def overlay(frame: bytes) -> int:
    """What is laid over the parity: 0 in an undamaged DF 17 or 18, the address or interrogator's code in others."""
    return parity(frame[:-3]) ^ int.from_bytes(frame[-3:], "big")


def with_parity(data: bytes, laid_over: int = 0) -> bytes:
    """The frame of these leading bytes; for tests and simulated transponders."""
    return data + (parity(data) ^ laid_over).to_bytes(3, "big")


def frame_bytes(df: int) -> int:
    """Length of a frame of this downlink format."""
    return SHORT_BYTES if df < 16 else LONG_BYTES


def _from_gray(code: int) -> int:
    value = 0
    while code:
        value ^= code
        code >>= 1
    return value


def _pulses(code: int) -> tuple[int, int, int, int]:
    """The octal digits A, B, C, D of a 13-bit code C1 A1 C2 A2 C4 A4 x B1 D1 B2 D2 B4 D4 (3.1.2.6.7.1)."""
    c1, a1, c2, a2, c4, a4, _, b1, d1, b2, d2, b4, d4 = (code >> shift & 1 for shift in range(12, -1, -1))
    return a4 << 2 | a2 << 1 | a1, b4 << 2 | b2 << 1 | b1, c4 << 2 | c2 << 1 | c1, d4 << 2 | d2 << 1 | d1


def squawk(code: int) -> str:
    """The four octal digits of a 13-bit identity code."""
    return "".join(str(digit) for digit in _pulses(code))


def _reversed(digit: int) -> int:
    return (digit & 1) << 2 | digit & 2 | digit >> 2


def _altitude_feet(code: int) -> int | None:
    if not code or code & 0x40:
        return None
    if code & 0x10:
        return ((code & 0x1F80) >> 2 | (code & 0x20) >> 1 | code & 0xF) * 25 - 1000
    a, b, c, d = (_reversed(digit) for digit in _pulses(code))
    fives = _from_gray((d & 3) << 6 | a << 3 | b)
    hundreds = _from_gray(c)
    if hundreds in (0, 5, 6):
        return None
    hundreds = 5 if hundreds == 7 else hundreds
    return fives * 500 + (6 - hundreds if fives % 2 else hundreds) * 100 - 1300


_ALTITUDES_M = tuple(None if feet is None else feet * FOOT_M for feet in map(_altitude_feet, range(1 << 13)))


def altitude_m(code: int) -> float | None:
    """Pressure altitude in metres of a 13-bit altitude code (Annex 10 volume IV, 3.1.2.6.5.4).

    | code | meaning |
    |---|---|
    | 0 | not available |
    | M bit (0x40) set | metric, reserved: read as not available |
    | Q bit (0x10) set | the other eleven bits count 25 ft from -1000 ft |
    | Q bit clear | Gillham code in 100 ft steps from -1200 ft; None for words it does not have |
    """
    return _ALTITUDES_M[code]
