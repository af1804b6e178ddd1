"""The record in one SQLite file: what a node uses unless it is told otherwise.

A folder holds `record.sqlite3` (with its `-wal` and `-shm` while it is open) and `lock`, which the one writer holds
locked. The life of an append: BEGIN IMMEDIATE; the leaves and entries go into pages in memory; COMMIT writes those
pages to the end of the write-ahead log and syncs it, once, however many entries there are
(https://sqlite.org/wal.html). Only then does `append` return. Now and then (1000 pages of log) a commit also carries
the log over into the database, with two syncs more.
"""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from safeconduct.record.checkpoint import Checkpoint
from safeconduct.record.seal import Sealed
from safeconduct.store.base import InUseError, StoreError
from safeconduct.store.migrations import HISTORY, SQLITE, demand_own, missing

T = TypeVar("T")

DATABASE = "record.sqlite3"
LOCK = "lock"

DURABLE: dict[str, str | int] = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: the log is synced at every commit
    "fullfsync": 1,  # macOS: past the disk's own cache; means nothing elsewhere
    "checkpoint_fullfsync": 1,
}
"""PRAGMAs that law 6 rests on: set, read back, and a store that does not have them all is not opened."""

BUSY_MS = 5000
"""A reader that opens the file may hold it for a moment; the writer waits this long at most."""
PAGE_ROWS, PAGE_BYTES = 1000, 4 << 20
"""An iterator reads until one of these is full, then lets others at the database: a few milliseconds."""

_REMEDIES = {
    "full": "free space on its disk, then try again: what was refused has left nothing behind",
    "I/O": "look at the disk and the kernel's log; then restart the node and run `safeconduct record check`",
    "malformed": "stop the node, put a copy back, and run `safeconduct record check` on it",
    "not a database": "stop the node, put a copy back, and run `safeconduct record check` on it",
    "locked": "another program has the file open and holds it: close that one",
    "readonly": "let this user write to the folder and the files in it",
    "unable to open": "let this user read and write the folder and the files in it",
    "UNIQUE": "salts never repeat, so this is a fault of the program: report it",
}
"""By what the error's words contain: the words are the same in every SQLite binding, the error codes' names are not."""


class Rows(Iterable[Any], Protocol):
    """What a statement answers; closed early, it lets go of the database."""

    def close(self) -> None:
        """Nothing more is wanted."""


class Connection(Protocol):
    """What sqlite3 (with isolation_level=None) and apsw have in common, and all that this store uses."""

    def execute(self, statement: str, values: Sequence[Any] = ..., /) -> Rows:
        """One statement."""

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]], /) -> object:
        """One statement for each row of values."""

    def close(self) -> None:
        """Lets go of the files."""


@dataclass(frozen=True, slots=True)
class Driver:
    """The way to SQLite.

    Attributes:
        connect: the connection to the file at a path; the second argument is true for reading only.
        error: what all its errors descend from.
        alone: the files are shared with no other connection, not even a reader's: for a VFS without shared memory.
    """

    connect: Callable[[Path, bool], Connection]
    error: type[Exception]
    alone: bool = False


def _connect(path: Path, read_only: bool) -> sqlite3.Connection:
    """By the standard library; a record that was closed and lies on a read-only medium has no log and gets none."""
    mode = "rwc"
    if read_only:
        as_it_lies = not os.access(path.parent, os.W_OK) and not path.with_name(f"{path.name}-wal").exists()
        mode = "ro&immutable=1" if as_it_lies else "ro"
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)


STDLIB = Driver(_connect, sqlite3.Error)


class SqliteStore:
    """A `Store` in a folder, which is made if there is none. One connection, used by one thread at a time.

    Args:
        folder: the node's own; on a local disk, since file locks over a network are not to be trusted.
        read_only: for looking at a record, also beside its writer; nothing is made or changed.

    Raises:
        InUseError: another store writes here.
        StoreError: the folder or file cannot be used, is not durable as opened, or comes from a newer program; with
            `read_only`, also that there is no record.
    """

    def __init__(self, folder: Path, *, read_only: bool = False, driver: Driver = STDLIB) -> None:
        self._path = folder / DATABASE
        self._read_only = read_only
        self._driver = driver
        self._turn = threading.Lock()
        with ExitStack() as undo, self._told():
            if not read_only:
                _make(folder)
                undo.callback(os.close, _lock(folder / LOCK))
            elif not self._path.exists():
                raise StoreError("there is no record", where=str(self._path), remedy="name the folder of a node")
            connection = driver.connect(self._path, read_only)
            undo.callback(connection.close)
            self._prepare(connection)
            self._connection: Connection | None = connection
            self._undo = undo.pop_all()

    def append(self, entries: Sequence[Sealed]) -> int:
        """See `Store.append`."""
        if not entries:
            raise ValueError("nothing to append")
        with self._writing() as connection:
            [(last,)] = connection.execute("SELECT coalesce(max(position), 0) FROM leaf")
            rows = list(enumerate(entries, start=last + 1))
            connection.executemany("INSERT INTO leaf VALUES (?, ?)", [(at, sealed.leaf) for at, sealed in rows])
            connection.executemany(
                "INSERT INTO entry VALUES (?, ?, ?)", [(at, sealed.salt, sealed.data) for at, sealed in rows]
            )
        return int(last) + 1

    def entries(self, after: int = 0) -> Iterator[tuple[int, Sealed]]:
        """See `Store.entries`."""
        rows = self._rows("SELECT position, salt, data FROM entry WHERE position > ? ORDER BY position LIMIT ?", after)
        for position, salt, data in rows:
            yield position, Sealed(self._held(bytes, salt, position), self._held(bytes, data, position))

    def leaves(self, after: int = 0) -> Iterator[bytes]:
        """See `Store.leaves`."""
        rows = self._rows("SELECT position, hash FROM leaf WHERE position > ? ORDER BY position LIMIT ?", after)
        return (self._held(bytes, leaf, position, "leaf") for position, leaf in rows)

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        """See `Store.add_checkpoint`."""
        with self._writing() as connection:
            [(last,)] = connection.execute("SELECT coalesce(max(size), -1) FROM checkpoint")
            if checkpoint.size <= last:
                raise StoreError(f"a checkpoint of size {checkpoint.size} after one of {last}", where=str(self._path))
            connection.execute(
                "INSERT INTO checkpoint VALUES (?, ?, ?, ?)",
                (checkpoint.size, checkpoint.root, checkpoint.time, checkpoint.note),
            )

    def checkpoints(self) -> Iterator[Checkpoint]:
        """See `Store.checkpoints`."""
        rows = self._rows("SELECT size, root, time, note FROM checkpoint WHERE size > ? ORDER BY size LIMIT ?", -1)
        for size, root, time, note in rows:
            kind = "checkpoint of size"
            yield Checkpoint(
                size,
                self._held(bytes, root, size, kind),
                self._held(float, time, size, kind),
                self._held(str, note, size, kind),
            )

    def close(self) -> None:
        """See `Store.close`."""
        with self._turn, self._told():
            self._connection = None
            self._undo.close()

    def _prepare(self, connection: Connection) -> None:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}").close()
        if self._read_only:
            if missing(SQLITE, self._applied(connection), where=str(self._path)):
                raise StoreError(
                    "the record is not as this program writes it", where=str(self._path), remedy="start its node once"
                )
            return
        if self._driver.alone:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE").close()
        for name, wanted in DURABLE.items():
            connection.execute(f"PRAGMA {name} = {wanted}").close()
            [(found,)] = connection.execute(f"PRAGMA {name}")
            if found != wanted:
                raise StoreError(
                    f"{name} is {found!r} and must be {wanted!r}, or what is acknowledged could be lost",
                    where=str(self._path),
                    remedy="keep the record on a local disk with an ordinary file system",
                )
        for migration in missing(SQLITE, self._applied(connection), where=str(self._path)):
            with self._transaction(connection):
                for statement in (HISTORY, *migration.statements):
                    connection.execute(statement)
                connection.execute("INSERT INTO migration VALUES (?, ?)", (migration.number, migration.name))

    def _applied(self, connection: Connection) -> list[int]:
        """Numbers of the migrations that the file has had, and there is nothing else in it."""
        [(there,)] = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'migration'")
        numbers = [number for (number,) in connection.execute("SELECT number FROM migration")] if there else []
        missing(SQLITE, numbers, where=str(self._path))  # a newer program's file is told as such
        demand_own(_objects(connection), _made_by(numbers), where=str(self._path))
        return numbers

    def _held(self, wanted: type[T], value: object, position: int, kind: str = "entry") -> T:
        """What a column holds, if it is of its type: SQLite keeps whatever it is given."""
        if not isinstance(value, wanted):
            raise StoreError(
                f"{kind} {position} holds {type(value).__name__} where {wanted.__name__} belong",
                where=str(self._path),
                remedy="the record was changed or damaged: keep the file as it is, and put a copy back",
            )
        return value

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of the database and the file system, told as `StoreError`."""
        try:
            yield
        except (OSError, self._driver.error) as error:
            words = str(error)
            remedy = next((remedy for part, remedy in _REMEDIES.items() if part in words), "")
            raise StoreError(words, where=str(self._path), remedy=remedy) from error

    @contextmanager
    def _using(self) -> Iterator[Connection]:
        with self._turn, self._told():
            if self._connection is None:
                raise StoreError("the store is closed", where=str(self._path))
            yield self._connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        if self._read_only:
            raise StoreError("the store is open for reading only", where=str(self._path))
        with self._using() as connection, self._transaction(connection):
            yield connection

    @contextmanager
    def _transaction(self, connection: Connection) -> Iterator[None]:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            with suppress(self._driver.error):  # SQLite has rolled back by itself after some errors
                connection.execute("ROLLBACK")
            raise

    def _rows(self, statement: str, after: int) -> Iterator[Any]:
        """Rows by their first column, which only grows; the database is free between pages."""
        while page := self._page(statement, after):
            yield from page
            after = page[-1][0]

    def _page(self, statement: str, after: int) -> list[Any]:
        page, size = [], 0
        with self._using() as connection:
            rows = connection.execute(statement, (after, PAGE_ROWS))
            for row in rows:
                page.append(row)
                size += len(row[-1]) if isinstance(row[-1], bytes | str) else 0
                if size >= PAGE_BYTES:
                    break
            rows.close()
        return page


def _objects(connection: Connection) -> list[str]:
    """Everything that there is in the database, each with the words that made it."""
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
    return [f"{kind} {name} of {table}: {words}" for kind, name, table, words in rows]


def _made_by(numbers: Sequence[int]) -> list[str]:
    """What these migrations make, as SQLite itself says it."""
    if not numbers:
        return []
    with closing(sqlite3.connect(":memory:")) as made:
        made.execute(HISTORY)
        for migration in SQLITE:
            if migration.number in numbers:
                for statement in migration.statements:
                    made.execute(statement)
        return _objects(made)


def _make(folder: Path) -> None:
    """The folder, and that it is there made durable; SQLite syncs the folder for the files that it makes in it."""
    if folder.is_dir():
        return
    _make(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    parent = os.open(folder.parent, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


def _lock(path: Path) -> int:
    """The lock file, open and locked until its descriptor is closed or the process ends, however it ends."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise InUseError(
            "another process writes to this record",
            where=str(path.parent),
            remedy="stop that one, or name another folder",
        ) from error
    return lock
