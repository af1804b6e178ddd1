"""What an aircraft claims to be called. A claim is evidence, never a key: anyone can transmit anything."""

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Address, IPv6Network

from safeconduct.errors import ModelError


class IdentifierKind(StrEnum):
    """Where an identifier comes from, which decides how hard it is to forge and how far it is unique."""

    ICAO_ADDRESS = "icao_address"
    """24-bit aircraft address, ICAO Annex 10 volume III; six lower-case hexadecimal digits."""
    REMOTE_ID_SERIAL = "remote_id_serial"
    """ANSI/CTA-2063-A serial number, ASTM F3411-22a UAS ID type 1."""
    SESSION_ID = "session_id"
    """F3411-22a UAS ID type 4 (specific session), changes per flight."""
    DRIP_ENTITY_TAG = "drip_entity_tag"
    """RFC 9374: a hash of a public key and of the registry that holds it, as an IPv6 address in the text of RFC 5952.
    F3411-22a UAS ID type 4, session ID type 1. Whoever has the secret key can prove it; see `Claims.authenticated`."""
    CALLSIGN = "callsign"
    """Aircraft identification as filed (ICAO Doc 4444 item 7); not unique in time or place."""


ENTITY_TAGS = IPv6Network("2001:30::/28")
"""RFC 9374 section 8.1."""
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
        if self.kind is IdentifierKind.DRIP_ENTITY_TAG and not _is_entity_tag(self.value):
            raise ModelError(
                "bad-identifier",
                f"{self.value!r} is not an address of {ENTITY_TAGS} in its normal form",
                where=self.kind,
                remedy="send the tag as in 2001:30:280:1405:a3ad:1952:ad0:a69e",
            )


def identifier(kind: IdentifierKind, text: str) -> Identifier:
    """The normal form: no padding, ICAO addresses and entity tags in lower case, everything else in upper case.

    Raises:
        ModelError: `bad-identifier`.
    """
    text = text.strip()
    match kind:
        case IdentifierKind.ICAO_ADDRESS:
            return Identifier(kind, text.lower())
        case IdentifierKind.DRIP_ENTITY_TAG:
            address = _address(text)
            return Identifier(kind, text if address is None else str(address))
        case _:
            return Identifier(kind, text.upper())


def _is_entity_tag(text: str) -> bool:
    address = _address(text)
    return address is not None and address in ENTITY_TAGS and str(address) == text


def _address(text: str) -> IPv6Address | None:
    """The address that a text is, without a zone; None for other texts. Its `str` is the text of RFC 5952."""
    try:
        address = IPv6Address(text)
    except ValueError:
        return None
    return None if address.scope_id else address
