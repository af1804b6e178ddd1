"""What DRIP authentication data say (RFC 9575 section 4). The first byte tells the kind.

Kind 1, Link (section 4.2): a registry, the parent, vouches for the key of a registry below it or of an aircraft.

| bytes | field |
|---|---|
| 1-4, 5-8 | not before, not after: seconds since 2019-01-01 UTC, little-endian |
| 9-24, 25-56 | entity tag and public key of the child |
| 57-72 | entity tag of the parent |
| 73-136 | Ed25519 signature by the parent over bytes 1-72 |

Kinds 2, 3 and 4 (section 4.1): an aircraft signs.

| bytes | field |
|---|---|
| 1-4, 5-8 | not before, not after, as above |
| 9 to n - 81 | evidence, up to 112 bytes |
| n - 80 to n - 65 | entity tag of the aircraft |
| n - 64 to n - 1 | its Ed25519 signature over all between the kind and itself |

The evidence of kind 2, Wrapper (section 4.3), is up to four messages of 25 bytes. Or it is nothing: then all other
messages of the pack around it are signed, in order of their type. Kind 3, Manifest (section 4.4): hashes of 8 bytes, of
the manifest before, of this one, of the Link, then of up to eleven messages or packs. Kind 4, Frame (section 4.5), is
for the future: a kind of frame, then anything.

The hash of a Link is that of its bytes 1-136, as in the example of RFC 9575.

The examples of RFC 9575 and RFC 9886 count their seconds from 1970; the text of both says 2019, and so is it read here.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from safeconduct.codecs.drip import HASH_BYTES, TAG_BYTES, EntityTag, is_signed_by
from safeconduct.codecs.remote_id import EPOCH_2019, MESSAGE_BYTES
from safeconduct.errors import WireError
from safeconduct.model.key import KEY_BYTES, SIGNATURE_BYTES

MOST_EVIDENCE_BYTES = 112
MOST_WRAPPED, MOST_HASHED = 4, 11
LEDGER_HASHES = 3
"""Before the hashes of messages: the manifest before, this one, the Link."""
WRAPPED_TYPES = (0, 1, 3, 4, 5)
"""F3411-22a message types that a Wrapper may hold: all but authentication and packs."""

_TIMES = struct.Struct("<II")
_LINK = struct.Struct(f"<{_TIMES.size}s{TAG_BYTES}s{KEY_BYTES}s{TAG_BYTES}s{SIGNATURE_BYTES}s")


class Method(IntEnum):
    """The first byte of authentication data: the specific authentication method."""

    LINK = 1
    WRAPPER = 2
    MANIFEST = 3
    FRAME = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A registry's word for a key. Times are Unix seconds; `octets` are the 136 bytes behind the kind."""

    not_before: int
    not_after: int
    child: EntityTag
    key: bytes
    parent: EntityTag
    octets: bytes

    def is_signed_by(self, key: bytes) -> bool:
        """Whether the parent, if this is its key, said so."""
        return is_signed_by(key, self.octets[:-SIGNATURE_BYTES], self.octets[-SIGNATURE_BYTES:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What an aircraft signed. Times are Unix seconds."""

    method: Method
    not_before: int
    not_after: int
    evidence: bytes
    tag: EntityTag
    signature: bytes

    def is_signed_by(self, key: bytes, unsent: bytes = b"") -> bool:
        """Whether the aircraft, if this is its key, signed it. `unsent`: evidence that is elsewhere in the pack."""
        return is_signed_by(
            key, signed_octets(self.not_before, self.not_after, self.evidence + unsent, self.tag), self.signature
        )

    @property
    def wrapped(self) -> list[bytes]:
        """The messages in a Wrapper; none where they are in the pack around it."""
        return [self.evidence[at : at + MESSAGE_BYTES] for at in range(0, len(self.evidence), MESSAGE_BYTES)]

    @property
    def hashes(self) -> list[bytes]:
        """All hashes in a Manifest, the three of the ledger first."""
        return [self.evidence[at : at + HASH_BYTES] for at in range(0, len(self.evidence), HASH_BYTES)]


def signed_octets(not_before: int, not_after: int, evidence: bytes, tag: EntityTag) -> bytes:
    """What an aircraft signs. Times are Unix seconds."""
    return times_octets(not_before, not_after) + evidence + tag.octets


def times_octets(not_before: int, not_after: int) -> bytes:
    """The two times on the wire."""
    return _TIMES.pack(not_before - EPOCH_2019, not_after - EPOCH_2019)


def decode_signed(data: bytes) -> Link | Evidence:
    """Authentication data as `drip_pages.join` gives them.

    Raises:
        WireError: `unknown-method`, `bad-length`, `bad-evidence`, `bad-entity-tag`, `unknown-suite`.
    """
    if not data or data[0] not in tuple(Method):
        raise WireError("unknown-method", f"specific authentication method {data[:1].hex() or 'absent'} is unknown")
    method = Method(data[0])
    return _decode_link(data[1:]) if method is Method.LINK else _decode_evidence(method, data[1:])


def _decode_link(body: bytes) -> Link:
    if len(body) != _LINK.size:
        raise WireError("bad-length", f"{len(body)} bytes of a Link, not {_LINK.size}")
    times, child, key, parent, _ = _LINK.unpack(body)
    not_before, not_after = _TIMES.unpack(times)
    return Link(
        not_before=not_before + EPOCH_2019,
        not_after=not_after + EPOCH_2019,
        child=EntityTag.parse(child),
        key=key,
        parent=EntityTag.parse(parent),
        octets=body,
    )


def _decode_evidence(method: Method, body: bytes) -> Evidence:
    size = len(body) - _TIMES.size - TAG_BYTES - SIGNATURE_BYTES
    if not 0 <= size <= MOST_EVIDENCE_BYTES:
        raise WireError("bad-length", f"{size} bytes of evidence, not 0..{MOST_EVIDENCE_BYTES}")
    not_before, not_after = _TIMES.unpack_from(body)
    evidence = body[_TIMES.size : _TIMES.size + size]
    _check_evidence(method, evidence)
    return Evidence(
        method=method,
        not_before=not_before + EPOCH_2019,
        not_after=not_after + EPOCH_2019,
        evidence=evidence,
        tag=EntityTag.parse(body[_TIMES.size + size : -SIGNATURE_BYTES]),
        signature=body[-SIGNATURE_BYTES:],
    )


def _check_evidence(method: Method, evidence: bytes) -> None:
    """Raises WireError `bad-evidence` (RFC 9575 sections 4.3.1 and 4.4.1)."""
    if method is Method.WRAPPER:
        count, rest = divmod(len(evidence), MESSAGE_BYTES)
        types = {octet >> 4 for octet in evidence[::MESSAGE_BYTES]}
        if rest or count > MOST_WRAPPED or not types <= set(WRAPPED_TYPES):
            raise WireError("bad-evidence", f"a Wrapper of {len(evidence)} bytes, message types {sorted(types)}")
    if method is Method.MANIFEST:
        count, rest = divmod(len(evidence), HASH_BYTES)
        if rest or not LEDGER_HASHES <= count <= LEDGER_HASHES + MOST_HASHED:
            raise WireError("bad-evidence", f"a Manifest of {len(evidence)} bytes")
