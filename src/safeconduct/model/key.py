"""Ed25519 keys (RFC 8032) as the rest of the house sees them: a public half in text, and a secret half that signs.

Text is base64url without padding (RFC 4648 section 5): 43 characters for a key, 86 for a signature.
"""

import base64
import binascii
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from safeconduct.errors import ModelError

KEY_BYTES, SIGNATURE_BYTES = 32, 64


def text_of(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def bytes_of(text: str, length: int, where: str) -> bytes:
    """The bytes of base64url text in its one canonical spelling.

    Raises:
        ModelError: `bad-key` for anything else, or another length.
    """
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        data = b""
    if len(data) != length or text_of(data) != text:
        raise ModelError(
            "bad-key", f"{where} is not {length} bytes in base64url", where=where, remedy="send it without padding"
        )
    return data


def check_public(where: str, public: str) -> None:
    """Raises ModelError `bad-key` for text that is no public key."""
    bytes_of(public, KEY_BYTES, where)


def key_id(public: str) -> str:
    """The fingerprint that people compare: the first 16 bytes of the key's SHA-256, in hex."""
    return hashlib.sha256(bytes_of(public, KEY_BYTES, "public")).hexdigest()[:32]


def verifies(public: str, message: bytes, signature: str) -> bool:
    """Whether `signature` is this key's over `message`; False for text that is neither."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes_of(public, KEY_BYTES, "public"))
        key.verify(bytes_of(signature, SIGNATURE_BYTES, "signature"), message)
    except (InvalidSignature, ModelError, ValueError):
        return False
    return True


class SigningKey:
    """The secret half, from its 32-byte seed. Never part of a value that is stored, sent or shown."""

    def __init__(self, seed: bytes) -> None:
        self._secret = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = text_of(self._secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    @property
    def id(self) -> str:
        """See `key_id`."""
        return key_id(self.public)

    def sign(self, message: bytes) -> str:
        """The signature over `message`, as text."""
        return text_of(self._secret.sign(message))
