"""What only SQLite can get wrong: settings that lose data, full and broken disks, files that are something else."""

import itertools
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from tests.faults.power_vfs import PowerFile, PowerVfs

from safeconduct.record.checkpoint import Checkpoint
from safeconduct.record.seal import Sealed
from safeconduct.store.base import InUseError, StoreError
from safeconduct.store.migrations import SQLITE
from safeconduct.store.sqlite import DATABASE, DURABLE, STDLIB, Connection, Driver, SqliteStore


def sealed(number: int, data: bytes = b"entry") -> Sealed:
    return Sealed(number.to_bytes(16, "big"), data)


def opened(folder: Path, driver: Driver = STDLIB) -> tuple[SqliteStore, Connection]:
    """A store, and its own connection for the test to look at."""
    made: list[Connection] = []

    def connect(path: Path, read_only: bool) -> Connection:
        made.append(driver.connect(path, read_only))
        return made[-1]

    store = SqliteStore(folder, driver=Driver(connect, driver.error, driver.alone))
    return store, made[0]


def pragma(connection: Connection, name: str) -> object:
    [(value,)] = connection.execute(f"PRAGMA {name}")
    return value


@pytest.mark.parametrize("driver", [STDLIB, PowerVfs().driver], ids=["sqlite3", "apsw"])
def test_the_connection_is_durable(tmp_path: Path, driver: Driver) -> None:
    store, connection = opened(tmp_path, driver)
    assert pragma(connection, "journal_mode") == "wal"
    assert pragma(connection, "synchronous") == 2
    assert {name: pragma(connection, name) for name in DURABLE} == DURABLE
    store.close()


def test_an_append_is_one_sync_however_many_entries(tmp_path: Path) -> None:
    disk = PowerVfs()
    store = SqliteStore(tmp_path, driver=disk.driver)
    store.append([sealed(0)])
    for batch in ([1], range(2, 302)):
        before = disk.syncs
        store.append([sealed(number) for number in batch])
        assert disk.syncs == before + 1
    before = disk.syncs
    store.add_checkpoint(Checkpoint(1, bytes(32), 0.0, "note"))
    assert disk.syncs == before + 1
    store.close()


def test_a_database_that_does_not_take_the_settings_is_refused(tmp_path: Path) -> None:
    in_memory = Driver(lambda *_: sqlite3.connect(":memory:", isolation_level=None), sqlite3.Error)
    with pytest.raises(StoreError, match="journal_mode is 'memory' and must be 'wal'") as refused:
        SqliteStore(tmp_path, driver=in_memory)
    assert refused.value.where == str(tmp_path / DATABASE)
    SqliteStore(tmp_path).close()  # the lock was let go


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "nodes" / "one").close()
    assert (tmp_path / "nodes" / "one").stat().st_mode & 0o777 == 0o700


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    store, connection = opened(tmp_path)
    store.append([sealed(1)])
    pages = pragma(connection, "page_count")
    connection.execute(f"PRAGMA max_page_count = {pages}").close()
    with pytest.raises(StoreError, match="disk is full") as full:
        store.append([sealed(2), sealed(3, bytes(100_000))])
    assert "free space" in full.value.remedy
    assert list(store.entries()) == [(1, sealed(1))]
    connection.execute("PRAGMA max_page_count = 1000000").close()
    assert store.append([sealed(2), sealed(3, bytes(100_000))]) == 2
    store.close()


@pytest.mark.parametrize("failing", ["xWrite", "xSync"])
def test_a_broken_disk_is_told_and_leaves_nothing(
    tmp_path: Path, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise apsw.IOError("disk I/O error")

    store = SqliteStore(tmp_path, driver=PowerVfs().driver)
    store.append([sealed(1)])
    with monkeypatch.context() as patch:
        patch.setattr(PowerFile, failing, broken)
        with pytest.raises(StoreError, match="I/O") as told:
            store.append([sealed(2), sealed(3)])
    assert "kernel's log" in told.value.remedy
    assert list(store.entries()) == [(1, sealed(1))]
    assert store.append([sealed(3)]) == 2, "a disk that is well again is used again"
    store.close()
    store = SqliteStore(tmp_path)
    assert list(store.entries()) == [(1, sealed(1)), (2, sealed(3))]
    store.close()


@pytest.mark.parametrize("read_only", [False, True])
def test_a_record_of_a_newer_program_is_refused(tmp_path: Path, read_only: bool) -> None:
    store, connection = opened(tmp_path)
    connection.execute("INSERT INTO migration VALUES (?, 'to come')", (len(SQLITE) + 1,))
    store.close()
    with pytest.raises(StoreError, match="newer"):
        SqliteStore(tmp_path, read_only=read_only)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_that_is_something_else_is_refused(tmp_path: Path, read_only: bool) -> None:
    (tmp_path / DATABASE).write_bytes(b"not a record\n" * 1000)
    with pytest.raises(StoreError, match="not a database") as refused:
        SqliteStore(tmp_path, read_only=read_only)
    assert "record check" in refused.value.remedy


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as told:
        SqliteStore(tmp_path / "file" / "node")
    assert told.value.where == str(tmp_path / "file" / "node" / DATABASE)


def test_reading_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no record"):
        SqliteStore(tmp_path / "node", read_only=True)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / DATABASE).touch()
    with pytest.raises(StoreError, match="not as this program writes it"):
        SqliteStore(tmp_path, read_only=True)
    assert (tmp_path / DATABASE).read_bytes() == b""


def test_reading_leaves_the_record_as_it_is(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.append([sealed(1)])
    files = (tmp_path / DATABASE, tmp_path / f"{DATABASE}-wal")
    before = [file.read_bytes() for file in files]
    reader = SqliteStore(tmp_path, read_only=True)
    assert list(reader.entries()) == [(1, sealed(1))]
    reader.close()
    assert [file.read_bytes() for file in files] == before
    store.close()


def test_a_closed_record_on_a_read_only_medium_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqliteStore(tmp_path)
    store.append([sealed(1)])
    store.close()
    before = sorted(tmp_path.iterdir())
    monkeypatch.setattr(os, "access", lambda *_: False)
    reader = SqliteStore(tmp_path, read_only=True)
    assert list(reader.entries()) == [(1, sealed(1))]
    reader.close()
    assert sorted(tmp_path.iterdir()) == before


PLANTED = {
    "trigger": "CREATE TRIGGER gone AFTER INSERT ON checkpoint BEGIN DELETE FROM checkpoint WHERE size < new.size; END",
    "view": "CREATE VIEW other AS SELECT * FROM entry",
    "table": "CREATE TABLE other (position INTEGER)",
    "index": "CREATE INDEX other ON entry (salt)",
}


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("kind", PLANTED)
def test_what_no_migration_made_is_refused_by_name(tmp_path: Path, kind: str, read_only: bool) -> None:
    store, connection = opened(tmp_path)
    store.append([sealed(1)])
    connection.execute(PLANTED[kind]).close()
    store.close()
    with pytest.raises(StoreError, match=rf"there is {kind} (gone|other)") as refused:
        SqliteStore(tmp_path, read_only=read_only)
    assert "put a copy back" in refused.value.remedy


@pytest.mark.parametrize("read_only", [False, True])
def test_a_view_in_the_place_of_a_table_is_refused(tmp_path: Path, read_only: bool) -> None:
    store, connection = opened(tmp_path)
    connection.execute("ALTER TABLE entry RENAME TO kept").close()
    connection.execute("CREATE VIEW entry AS SELECT * FROM kept").close()
    store.close()
    with pytest.raises(StoreError, match=r"there is table kept.*view entry.*; there is no table entry"):
        SqliteStore(tmp_path, read_only=read_only)


def test_a_database_with_something_else_in_it_is_not_made_a_record(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / DATABASE)) as database:
        database.execute("CREATE TABLE other (position INTEGER)")
    with pytest.raises(StoreError, match="there is table other"):
        SqliteStore(tmp_path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE entry SET data = 'text' WHERE position = 2", "entry 2 holds str where bytes"),
        ("UPDATE entry SET data = 5 WHERE position = 2", "entry 2 holds int where bytes"),
        ("UPDATE entry SET salt = 'text' WHERE position = 2", "entry 2 holds str where bytes"),
        ("UPDATE leaf SET hash = 'text' WHERE position = 2", "leaf 2 holds str where bytes"),
        ("UPDATE checkpoint SET root = 'text'", "checkpoint of size 1 holds str where bytes"),
        ("UPDATE checkpoint SET time = 'text'", "checkpoint of size 1 holds str where float"),
        ("UPDATE checkpoint SET note = x'00'", "checkpoint of size 1 holds bytes where str"),
    ],
)
def test_a_column_that_holds_another_type_is_told_with_its_position(tmp_path: Path, change: str, told: str) -> None:
    store, connection = opened(tmp_path)
    store.append([sealed(1), sealed(2)])
    store.add_checkpoint(Checkpoint(1, bytes(32), 0.0, "note"))
    connection.execute(change).close()
    with pytest.raises(StoreError, match=told):
        list(itertools.chain(store.entries(), store.leaves(), store.checkpoints()))
    store.close()


HOLD = """
import sys, pathlib
from safeconduct.record.seal import Sealed
from safeconduct.store.sqlite import SqliteStore
store = SqliteStore(pathlib.Path(sys.argv[1]))
print(store.append([Sealed(bytes(16), b"entry")]), flush=True)
sys.stdin.read()
"""


def test_the_lock_dies_with_its_process(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "1\n"
        with pytest.raises(InUseError):
            SqliteStore(tmp_path)
        holder.send_signal(signal.SIGKILL)
    reader = SqliteStore(tmp_path, read_only=True)
    assert list(reader.entries()) == [(1, Sealed(bytes(16), b"entry"))]
    reader.close()
    store = SqliteStore(tmp_path)
    assert list(store.entries()) == [(1, Sealed(bytes(16), b"entry"))]
    store.close()
