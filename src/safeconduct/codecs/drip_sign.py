"""Makes signed Remote ID (RFC 9575): what registries and aircraft send, for rehearsals and tests.

The formats are in `drip_messages`. Signing needs the secret key, which is never part of a value.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from safeconduct.codecs.drip import EntityTag, hash_of_message
from safeconduct.codecs.drip_messages import MOST_HASHED, MOST_WRAPPED, Method, signed_octets, times_octets
from safeconduct.errors import ModelError
from safeconduct.model import check

VALID_S = 120
"""RFC 9575 section 3.2.4.3: what an aircraft signs is good for two minutes."""


class Signer:
    """Somebody with a tag: a registry or an aircraft.

    Args:
        seed: of the secret key, 32 bytes.
        raa, hda: where it is registered.
    """

    def __init__(self, seed: bytes, raa: int, hda: int) -> None:
        self._secret = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = self._secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.tag = EntityTag.of(raa, hda, self.key)

    def link(self, child: "Signer", not_before: int, not_after: int) -> bytes:
        """Authentication data: this registry's word for a key. Times are Unix seconds."""
        body = times_octets(not_before, not_after) + child.tag.octets + child.key + self.tag.octets
        return bytes((Method.LINK,)) + body + self._secret.sign(body)

    def wrapper(self, messages: Sequence[bytes], time: int) -> bytes:
        """Authentication data that hold one to four messages of 25 bytes. `time`: Unix seconds."""
        check.within("messages", len(messages), 1, MOST_WRAPPED)
        return self.evidence(Method.WRAPPER, b"".join(messages), time)

    def pack_wrapper(self, messages: Sequence[bytes], time: int) -> bytes:
        """Authentication data for a pack with these messages, which they cover and do not hold."""
        check.within("messages", len(messages), 1, MOST_WRAPPED)
        in_order: list[bytes] = sorted(messages, key=lambda octets: octets[0] >> 4)
        return self.evidence(Method.WRAPPER, b"", time, unsent=b"".join(in_order))

    def evidence(self, method: Method, evidence: bytes, time: int, *, unsent: bytes = b"") -> bytes:
        """Authentication data with any evidence. `unsent`: more of it that is signed and not sent."""
        signature = self._secret.sign(signed_octets(time, time + VALID_S, evidence + unsent, self.tag))
        sent = signed_octets(time, time + VALID_S, evidence, self.tag)
        return bytes((method,)) + sent + signature


@dataclass(slots=True)
class Ledger:
    """An aircraft's manifests, each of which names the one before.

    Attributes:
        link: authentication data of the registry's Link for the aircraft.
        last: the hash of the manifest before; a nonce before the first one.
    """

    signer: Signer
    link: bytes
    last: bytes

    def manifest(self, messages: Sequence[bytes], time: int) -> bytes:
        """Authentication data that cover up to eleven messages or packs, as they were sent."""
        if len(messages) > MOST_HASHED:
            raise ModelError(
                "bad-messages", f"{len(messages)} hashes in a manifest, not {MOST_HASHED}", where="messages"
            )
        rest = hash_of_message(self.link[1:]) + b"".join(hash_of_message(octets) for octets in messages)
        this = hash_of_message(self.last + bytes(len(self.last)) + rest)
        data = self.signer.evidence(Method.MANIFEST, self.last + this + rest, time)
        self.last = this
        return data
