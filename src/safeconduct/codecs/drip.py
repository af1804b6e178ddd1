"""DRIP entity tags (RFC 9374): an IPv6 address that is a hash of a public key and of where the key is registered.

| bits | field |
|---|---|
| 0-27 | prefix, 2001:30::/28 (section 8.1) |
| 28-41 | RAA, the registered assigning authority |
| 42-55 | HDA, the authority for a domain of it |
| 56-63 | suite; 5 is EdDSA25519 with cSHAKE128 (section 3.4.2), and the only one read here |
| 64-127 | cSHAKE128 (NIST SP 800-185) of bits 0-63 and the key, 64 bits, customised with `CONTEXT` (section 3.5.2) |

Section 3.5.2 has the key hashed as a HOST_ID. Every tag that was published with its key (RFC 9575 in its example, RFC
9886 in appendix A) hashes the 32 octets of the key alone, without the four octets that section 3.4.1.1 puts before it;
so does this.

Who is what (RFC 9886 sections 6.2.1 and 6.2.1.3): RAAs 0 to 3 stand above all; an HDA of 0, 4096, 8192 or 12288 is the
RAA itself; any other is an HDA or an aircraft that it registered, which no tag tells apart.
"""

from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv6Address
from typing import Self

from Crypto.Hash import cSHAKE128
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from safeconduct.errors import WireError
from safeconduct.model import check
from safeconduct.model.identifier import ENTITY_TAGS, Identifier, IdentifierKind

TAG_BYTES, HASH_BYTES = 16, 8
SUITE = 5
"""EdDSA25519/cSHAKE128."""
CONTEXT = bytes.fromhex("00b5a69c795df5d5f0087f56843f2c40")
"""RFC 9374 section 3: the context of the hash in a tag."""
MOST_AUTHORITY = (1 << 14) - 1

_PREFIX = int(ENTITY_TAGS.network_address) >> 100
_LAST_APEX = 3
_RAA_OWN = 4096


class Level(IntEnum):
    """Who vouches for whom: each for the next, and HDAs for aircraft."""

    APEX = 0
    RAA = 1
    HDA = 2


@dataclass(frozen=True, slots=True)
class EntityTag:
    """A tag of suite 5. `raa` and `hda` are 0..16383, `hash` is 8 bytes."""

    raa: int
    hda: int
    hash: bytes

    @classmethod
    def of(cls, raa: int, hda: int, key: bytes) -> Self:
        """The tag of an Ed25519 key (32 bytes) that is registered there.

        Raises:
            ModelError: `bad-raa`, `bad-hda`.
        """
        check.within("raa", raa, 0, MOST_AUTHORITY)
        check.within("hda", hda, 0, MOST_AUTHORITY)
        return cls(raa, hda, _hash(_head(raa, hda) + key, CONTEXT))

    @classmethod
    def parse(cls, octets: bytes) -> Self:
        """The tag in 16 bytes.

        Raises:
            WireError: `bad-entity-tag` for other prefixes and lengths, `unknown-suite`.
        """
        head = int.from_bytes(octets[:HASH_BYTES])
        if len(octets) != TAG_BYTES or head >> 36 != _PREFIX:
            raise WireError("bad-entity-tag", f"{octets.hex()} is not an address of {ENTITY_TAGS}")
        if head & 0xFF != SUITE:
            raise WireError("unknown-suite", f"suite {head & 0xFF} of an entity tag, not {SUITE}")
        return cls(head >> 22 & MOST_AUTHORITY, head >> 8 & MOST_AUTHORITY, octets[HASH_BYTES:])

    @classmethod
    def named(cls, name: Identifier) -> Self:
        """The tag that an identifier of the kind `DRIP_ENTITY_TAG` is. Raises WireError `unknown-suite`."""
        return cls.parse(IPv6Address(name.value).packed)

    @property
    def octets(self) -> bytes:
        """The 16 bytes."""
        return _head(self.raa, self.hda) + self.hash

    @property
    def name(self) -> Identifier:
        """The tag as an identifier."""
        return Identifier(IdentifierKind.DRIP_ENTITY_TAG, str(IPv6Address(self.octets)))

    @property
    def level(self) -> Level:
        """Of a registry with this tag; an aircraft's tag says `HDA`, like that of the registry it is in."""
        if self.raa <= _LAST_APEX:
            return Level.APEX
        return Level.RAA if self.hda % _RAA_OWN == 0 else Level.HDA

    def belongs_to(self, key: bytes) -> bool:
        """Whether this is the tag of an Ed25519 key (32 bytes)."""
        return self.hash == _hash(_head(self.raa, self.hda) + key, CONTEXT)

    def may_vouch_for(self, other: Self) -> bool:
        """Whether `other` lies in this registry's domain, one level below it (RFC 9575 section 3.1.2.1)."""
        match self.level:
            case Level.APEX:
                return other.level is Level.RAA
            case Level.RAA:
                return other.level is Level.HDA and other.raa == self.raa
            case _:
                return (other.raa, other.hda) == (self.raa, self.hda)


def hash_of_message(octets: bytes) -> bytes:
    """The 8 bytes by which a manifest names a message (RFC 9575 section 4.4.3)."""
    return _hash(octets, b"Remote ID Auth Hash")


def is_signed_by(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this is the Ed25519 signature (64 bytes) of a key (32 bytes); False for what is no key."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _head(raa: int, hda: int) -> bytes:
    return (_PREFIX << 36 | raa << 22 | hda << 8 | SUITE).to_bytes(HASH_BYTES)


def _hash(octets: bytes, custom: bytes) -> bytes:
    return cSHAKE128.new(data=octets, custom=custom).read(HASH_BYTES)
