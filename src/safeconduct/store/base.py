"""What every store promises. The record's entries are all that a node has to keep: everything else is their fold."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from safeconduct.errors import SafeconductError
from safeconduct.record.checkpoint import Checkpoint
from safeconduct.record.seal import Sealed


class StoreError(SafeconductError):
    """The store cannot do its work: the disk is full, the server has gone, the file is damaged."""


class InUseError(StoreError):
    """Another process has this store open for writing."""


class Store(Protocol):
    """The record of one node.

    *Durability*: when `append` or `add_checkpoint` returns, what it was given survives a kill of the process and a
    loss of power; when it raises, nothing of it is there, or all of it is (the loss came between the disk and the
    answer), and never a part.
    *Order*: positions count from 1 without gaps, in the order of appending; a leaf's index in the tree is its
    position less one.
    *Concurrency*: one process writes; a second one that opens the store for writing gets `InUseError`, and any number
    may open it for reading. Within a process every method may be called from any thread.
    *Retry*: `append` of an entry whose leaf is already there raises StoreError: salts never repeat, so it is a fault.
    *Iterators* read in pages, each of them whole: they hold nobody up, and one that stands still costs nothing. Errors
    of reading come out of `next`.
    """

    def append(self, entries: Sequence[Sealed]) -> int:
        """Entries and their leaves, in one transaction; the position of the first.

        Raises:
            ValueError: there are none.
            StoreError: also when the store is closed or open for reading only, as every method that writes.
        """

    def entries(self, after: int = 0) -> Iterator[tuple[int, Sealed]]:
        """Entries with a position greater than `after`, in order. What is appended while reading may be missing."""

    def leaves(self, after: int = 0) -> Iterator[bytes]:
        """Leaf data (32 bytes each) of all positions greater than `after`, in order, also of erased entries."""

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        """A checkpoint that is larger than all before it; any other raises StoreError."""

    def checkpoints(self) -> Iterator[Checkpoint]:
        """All of them, by size."""

    def close(self) -> None:
        """Lets go of the store; closing twice is harmless."""
