"""The store's in-memory twin, for tests: every promise but one, that of outliving the process."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from safeconduct.record.checkpoint import Checkpoint
from safeconduct.record.seal import Sealed
from safeconduct.store.base import InUseError, StoreError


@dataclass(slots=True)
class Shelf:
    """What stands for the disk: stores that are opened on one shelf, one after another, find the same record."""

    entries: list[Sealed] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)
    known: set[bytes] = field(default_factory=set)
    written_by: object | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class MemoryStore:
    """A `Store` on a shelf; without one it has a shelf of its own.

    Raises:
        InUseError: another store that is open for writing has this shelf.
    """

    def __init__(self, shelf: Shelf | None = None, *, read_only: bool = False) -> None:
        self._shelf = shelf or Shelf()
        self._read_only = read_only
        self._closed = False
        with self._shelf.lock:
            if not read_only and self._shelf.written_by is not None:
                raise InUseError("another store writes to this shelf", where="memory", remedy="close that one first")
            if not read_only:
                self._shelf.written_by = self

    def append(self, entries: Sequence[Sealed]) -> int:
        """See `Store.append`."""
        if not entries:
            raise ValueError("nothing to append")
        leaves = [sealed.leaf for sealed in entries]
        with self._shelf.lock:
            self._demand_writable()
            if len(set(leaves)) < len(leaves) or not self._shelf.known.isdisjoint(leaves):
                raise StoreError("a leaf is already in the record", where="memory")
            first = len(self._shelf.leaves) + 1
            self._shelf.entries.extend(entries)
            self._shelf.leaves.extend(leaves)
            self._shelf.known.update(leaves)
            return first

    def entries(self, after: int = 0) -> Iterator[tuple[int, Sealed]]:
        """See `Store.entries`."""
        self._demand_open()
        return enumerate(self._shelf.entries[max(after, 0) :], start=max(after, 0) + 1)

    def leaves(self, after: int = 0) -> Iterator[bytes]:
        """See `Store.leaves`."""
        self._demand_open()
        return iter(self._shelf.leaves[max(after, 0) :])

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        """See `Store.add_checkpoint`."""
        with self._shelf.lock:
            self._demand_writable()
            last = self._shelf.checkpoints[-1].size if self._shelf.checkpoints else -1
            if checkpoint.size <= last:
                raise StoreError(f"a checkpoint of size {checkpoint.size} after one of {last}", where="memory")
            self._shelf.checkpoints.append(checkpoint)

    def checkpoints(self) -> Iterator[Checkpoint]:
        """See `Store.checkpoints`."""
        self._demand_open()
        return iter(tuple(self._shelf.checkpoints))

    def close(self) -> None:
        """See `Store.close`."""
        with self._shelf.lock:
            self._closed = True
            if self._shelf.written_by is self:
                self._shelf.written_by = None

    def _demand_open(self) -> None:
        if self._closed:
            raise StoreError("the store is closed", where="memory")

    def _demand_writable(self) -> None:
        self._demand_open()
        if self._read_only:
            raise StoreError("the store is open for reading only", where="memory")
