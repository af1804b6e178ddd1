"""What was acknowledged outlives a loss of power (law 6); and the layer that loses power really does."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.faults import append_until_killed
from tests.faults.append_until_killed import entry
from tests.faults.power_vfs import SECTOR, PowerFile, PowerVfs, power_loss_store

from safeconduct.record.seal import Sealed
from safeconduct.store.sqlite import DATABASE, SqliteStore

ROOT = Path(__file__).resolve().parents[3]
LINGER_S = 0.6
OPENING = [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE, 0]


def acknowledged_before_kill(folder: Path, seed: int | None, synchronous: str, linger_s: float) -> int:
    """The last position that a process acknowledged, which appended for a while after its first and was killed."""
    command: list[str | Path] = [
        sys.executable,
        append_until_killed.__file__,
        folder,
        "-" if seed is None else str(seed),
        synchronous,
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        threading.Timer(linger_s, process.send_signal, [signal.SIGKILL]).start()
        lines += process.stdout.readlines()
    assert process.returncode == -signal.SIGKILL
    return max(int(line) for line in lines if line.endswith("\n"))


@pytest.mark.parametrize("seed", [None, 1, 2, 3, 4, 5])
def test_what_was_acknowledged_outlives_a_loss_of_power(tmp_path: Path, seed: int | None) -> None:
    acknowledged = acknowledged_before_kill(tmp_path, seed, "FULL", LINGER_S * random.random())
    store = SqliteStore(tmp_path)
    record = list(store.entries())
    assert len(record) >= acknowledged >= 1
    assert record == [(position, entry(position)) for position in range(1, len(record) + 1)]
    assert list(store.leaves()) == [sealed.leaf for _, sealed in record]
    assert store.append([entry(len(record) + 1)]) == len(record) + 1
    store.close()
    with sqlite3.connect(tmp_path / DATABASE) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()


def test_without_syncs_the_same_loss_takes_what_was_acknowledged(tmp_path: Path) -> None:
    acknowledged = acknowledged_before_kill(tmp_path, None, "OFF", LINGER_S / 3)
    store = SqliteStore(tmp_path)
    assert len(list(store.entries())) < acknowledged
    store.close()


def test_opening_a_store_costs_a_handful_of_syncs(tmp_path: Path) -> None:
    disk = PowerVfs(seed=1)
    store = SqliteStore(tmp_path, driver=disk.driver)
    assert disk.syncs <= 6
    store.close()
    store = power_loss_store(tmp_path, seed=2)
    assert store.append([Sealed(bytes(16), b"entry")]) == 1
    store.close()


Call = tuple[Any, ...]
OFFSETS = st.integers(0, 5 * SECTOR)
CALLS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), OFFSETS, st.binary(min_size=1, max_size=2 * SECTOR + 3)),
        st.tuples(st.just("truncate"), OFFSETS),
        st.tuples(st.just("sync")),
        st.tuples(st.just("reopen")),
    ),
    max_size=20,
)


@given(calls=CALLS, seed=st.none() | st.integers(0, 99))
def test_a_file_reads_as_it_was_written_and_holds_what_was_synced(
    calls: list[Call], seed: int | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("disk") / "file"
    disk = PowerVfs(seed)
    file, written, synced = PowerFile(disk, str(path), list(OPENING)), bytearray(), b""
    for call in calls:
        match call:
            case ("write", offset, data):
                file.xWrite(data, offset)
                written.extend(bytes(max(0, offset - len(written))))
                written[offset : offset + len(data)] = data
            case ("truncate", size):
                size = min(size, len(written))
                file.xTruncate(size)
                del written[size:]
            case ("sync",):
                file.xSync(apsw.SQLITE_SYNC_FULL)
                synced = bytes(written)
            case _:
                file.xClose()
                file = PowerFile(disk, str(path), list(OPENING))
        assert file.xFileSize() == len(written)
        assert file.xRead(7 * SECTOR, 3) == written[3:]
        if seed is None:
            assert path.read_bytes() == synced
    file.xSync(apsw.SQLITE_SYNC_FULL)
    assert path.read_bytes() == written
    file.xClose()


def test_with_a_seed_unsynced_sectors_reach_the_disk_out_of_order(tmp_path: Path) -> None:
    disk = PowerVfs(seed=5)
    file = PowerFile(disk, str(tmp_path / "file"), list(OPENING))
    for number in range(20):
        file.xWrite(bytes([number + 1]) * SECTOR, number * SECTOR)
    found = (tmp_path / "file").read_bytes()
    arrived = [found[start] != 0 for start in range(0, len(found), SECTOR)]
    assert 0 < sum(arrived) < 20
    assert arrived != sorted(arrived, reverse=True), "a later one arrived and an earlier one did not"
    file.xClose()
