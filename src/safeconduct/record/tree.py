"""The Merkle tree over a record's leaves, RFC 6962 section 2.1, kept as small as it can be.

    leaf of data d       SHA-256(0x00 || d)
    node of two halves   SHA-256(0x01 || left || right), the left half the largest power of two that is less than all
    empty tree           SHA-256 of nothing

A tree of n leaves falls into perfect subtrees, one for each 1 in the binary form of n, larger ones first. Their hashes
are all that appending and the root need.
"""

import hashlib
from collections.abc import Iterable

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf's data, RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees, RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows at its right edge, and keeps that edge only: at most 64 hashes.

    Attributes:
        size: leaves in it.
    """

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self.size = 0
        self._edge: list[bytes] = []
        for data in leaves:
            self.append(data)

    def append(self, data: bytes) -> None:
        """Takes the data of the next leaf."""
        grown = leaf_hash(data)
        size = self.size
        while size & 1:  # each trailing 1 is a perfect subtree as large as the one that has grown
            grown = node_hash(self._edge.pop(), grown)
            size >>= 1
        self._edge.append(grown)
        self.size += 1

    def root(self) -> bytes:
        """The Merkle tree hash, 32 bytes."""
        if not self._edge:
            return EMPTY_ROOT
        root = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            root = node_hash(left, root)
        return root

    def copy(self) -> "Tree":
        """The same tree, to grow apart from this one."""
        twin = Tree()
        twin.size, twin._edge = self.size, list(self._edge)
        return twin
