"""Loss of power, in a process: an SQLite VFS under which a write is on the disk only once it was synced.

Power is lost when the process ends, however it ends. Writes and truncations stay in this process's memory until xSync,
which puts them into the file, sector by sector in a random order, and syncs it (fsync, by SQLite's own unix VFS). So
`kill -9` takes with it whatever was not synced, as a loss of power takes what was in the machine's page cache; and a
kill in the middle of xSync leaves a part.

With a seed the disk is worse: now and then some sectors that nobody has synced reach the file early, old ones and new
ones in any order, so that what a kill leaves is torn.

What it does not do: files appear and go at once (that their folder's entries last is taken for granted), a truncation
never comes early, and a sector of 512 bytes is written whole or not at all. There is no shared memory, so one
connection has a file for itself. What happens depends on the seed and the calls alone.
"""

import itertools
import random
from dataclasses import dataclass, field
from pathlib import Path

import apsw

from safeconduct.store.sqlite import Driver, SqliteStore

SECTOR = 512
LEAK = 0.3
"""How often a write makes some unsynced sectors reach the file, where there is a seed."""
LEAKED_AT_ONCE = 4

_numbers = itertools.count(1)


@dataclass(slots=True)
class PageCache:
    """What this process believes of a file, as far as it differs from what is on the disk.

    Attributes:
        size: of the file, in bytes.
        kept: so many bytes on the disk are still part of the file; those behind them were truncated away.
        unsynced: sectors by their number; they stand before what is on the disk.
    """

    size: int
    kept: int
    unsynced: dict[int, bytearray] = field(default_factory=dict)


class PowerFile(apsw.VFSFile):
    """A file under a page cache; closing it leaves the cache as it is."""

    def __init__(self, vfs: "PowerVfs", name: str | apsw.URIFilename, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._vfs = vfs
        path = name if isinstance(name, str) else name.filename()
        size = super().xFileSize()
        self._cache = vfs.caches.setdefault(path, PageCache(size, size))

    def xFileSize(self) -> int:  # noqa: N802
        return self._cache.size

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        amount = min(amount, self._cache.size - offset)
        if amount <= 0:
            return b""
        data = bytearray(self._on_disk(amount, offset))
        for number in range(offset // SECTOR, (offset + amount - 1) // SECTOR + 1):
            if sector := self._cache.unsynced.get(number):
                start = number * SECTOR - offset
                skip = max(0, -start)
                piece = sector[skip : amount - start]
                data[start + skip : start + skip + len(piece)] = piece
        return bytes(data)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        view, cache, done = memoryview(data), self._cache, 0
        while done < len(view):
            number, skip = divmod(offset + done, SECTOR)
            piece = view[done : done + SECTOR - skip]
            if number not in cache.unsynced:
                cache.unsynced[number] = bytearray(self._on_disk(SECTOR, number * SECTOR))
            cache.unsynced[number][skip : skip + len(piece)] = piece
            done += len(piece)
        cache.size = max(cache.size, offset + len(view))
        if self._vfs.leaks and self._vfs.dice.random() < LEAK:
            numbers = list(cache.unsynced)
            for number in self._vfs.dice.sample(numbers, min(LEAKED_AT_ONCE, len(numbers))):
                self._put(number)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        cache = self._cache
        cache.size, cache.kept = newsize, min(cache.kept, newsize)
        cache.unsynced = {number: sector for number, sector in cache.unsynced.items() if number * SECTOR < newsize}
        last, kept = divmod(newsize, SECTOR)
        if last in cache.unsynced:
            cache.unsynced[last][kept:] = bytes(SECTOR - kept)

    def xSync(self, flags: int) -> None:  # noqa: N802
        cache = self._cache
        if cache.kept < super().xFileSize():
            super().xTruncate(cache.kept)
        numbers = list(cache.unsynced)
        self._vfs.dice.shuffle(numbers)
        for number in numbers:
            self._put(number)
        if cache.size != super().xFileSize():
            super().xTruncate(cache.size)
        super().xSync(flags)
        self._vfs.syncs += 1
        cache.unsynced, cache.kept = {}, cache.size

    def _on_disk(self, amount: int, offset: int) -> bytes:
        there = max(0, min(amount, self._cache.kept - offset))
        return (super().xRead(there, offset) if there else b"").ljust(amount, b"\0")

    def _put(self, number: int) -> None:
        sector = self._cache.unsynced[number][: self._cache.size - number * SECTOR]
        super().xWrite(bytes(sector), number * SECTOR)


class PowerVfs(apsw.VFS):
    """The VFS; registered under a name of its own for as long as it lives.

    Attributes:
        syncs: how often a file was synced.
        leaks: whether unsynced sectors reach the disk early.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.vfs_name = f"power-{next(_numbers)}"
        super().__init__(self.vfs_name, "")
        self.dice = random.Random(seed or 0)
        self.leaks = seed is not None
        self.syncs = 0
        self.caches: dict[str, PageCache] = {}

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        if name is None:  # a temporary file, that nobody expects to find again
            return apsw.VFSFile("", name, flags)
        return PowerFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(filename, syncdir)
        self.caches.pop(filename, None)

    @property
    def driver(self) -> Driver:
        """For a `SqliteStore` whose files are under this VFS."""
        return Driver(lambda path, _: apsw.Connection(str(path), vfs=self.vfs_name), apsw.Error, alone=True)


def power_loss_store(folder: Path, seed: int | None = None) -> SqliteStore:
    """The store in a folder, on a disk that loses what was not synced when the process ends; worse with a seed."""
    return SqliteStore(folder, driver=PowerVfs(seed).driver)


def forgetful_store(folder: Path, seed: int | None = None) -> SqliteStore:
    """The same, and it never asks the disk to sync: it answers before it is durable. To show that a test notices."""
    disk, opened = PowerVfs(seed).driver, list[apsw.Connection]()

    def remembered(path: Path, read_only: bool) -> apsw.Connection:
        connection = disk.connect(path, read_only)
        assert isinstance(connection, apsw.Connection)
        opened.append(connection)
        return connection

    store = SqliteStore(folder, driver=Driver(remembered, disk.error, alone=True))
    opened[0].execute("PRAGMA synchronous = OFF")
    return store
