"""What an aircraft claims to be called. A claim is evidence, never a key: anyone can transmit anything."""

import re
from dataclasses import dataclass
from enum import StrEnum

from safeconduct.errors import ModelError


class IdentifierKind(StrEnum):
    """Where an identifier comes from, which decides how hard it is to forge and how far it is unique."""

    ICAO_ADDRESS = "icao_address"
    """24-bit aircraft address, ICAO Annex 10 volume III; six lower-case hexadecimal digits."""
    REMOTE_ID_SERIAL = "remote_id_serial"
    """ANSI/CTA-2063-A serial number, ASTM F3411-22a UAS ID type 1."""
    SESSION_ID = "session_id"
    """F3411-22a UAS ID type 4 (specific session), changes per flight."""
    CALLSIGN = "callsign"
    """Aircraft identification as filed (ICAO Doc 4444 item 7); not unique in time or place."""


_ICAO = re.compile(r"[0-9a-f]{6}")


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """One identifier of an aircraft, in its normal form (see `identifier`)."""

    kind: IdentifierKind
    value: str

    def __post_init__(self) -> None:
        if not self.value or self.value != self.value.strip() or not self.value.isprintable():
            raise ModelError(
                "bad-identifier",
                f"{self.kind} {self.value!r} is empty, padded or not printable",
                where=self.kind,
                remedy="leave out what it does not have",
            )
        if self.kind is IdentifierKind.ICAO_ADDRESS and not _ICAO.fullmatch(self.value):
            raise ModelError(
                "bad-identifier",
                f"{self.value!r} is not six lower-case hexadecimal digits",
                where=self.kind,
                remedy="send the 24-bit address as in 0a1b2c",
            )


def identifier(kind: IdentifierKind, text: str) -> Identifier:
    """The normal form: no padding, ICAO addresses in lower case, everything else in upper case.

    Raises:
        ModelError: `bad-identifier`.
    """
    text = text.strip()
    return Identifier(kind, text.lower() if kind is IdentifierKind.ICAO_ADDRESS else text.upper())
