"""Sealing: an entry's bytes with a salt, and the leaf that stands for both."""

import hashlib
from dataclasses import dataclass

SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry as it is stored.

    The leaf gives nothing away about the entry, since nobody can guess the salt; so an entry can be taken out of a
    store (personal data has to go one day) while its leaf stays, and the tree over it still holds.

    Attributes:
        salt: SALT_BYTES random bytes.
        data: the entry's canonical bytes.
    """

    salt: bytes
    data: bytes

    @property
    def leaf(self) -> bytes:
        """SHA-256 of salt and data, 32 bytes: what the tree takes as the leaf's data."""
        return hashlib.sha256(self.salt + self.data).digest()
