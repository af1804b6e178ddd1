"""Durable appends to a node's record: entries that a kill or a loss of power cannot take away, per second.

    python benchmarks/record.py [--seconds 2] [--folder DIR] [--pymerkle PYTHON] [--json]

One by one and in batches of 100, in three ways, on the same disk in the same run: `recorder` is what a node does
(canonical form, salt, leaf, SQLite with synchronous=FULL, one signed promise a write, the sequencer beside it);
`store` is the store alone; `pymerkle` is its SqliteTree with its defaults, run by an interpreter that has it (it is
GPL, so no dependency of ours). `sync` is what the disk takes for a write and an fsync. Choose DIR on the disk that is
meant: a temporary folder may be in memory.
"""

import argparse
import json
import os
import secrets
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from safeconduct.model.aircraft import Aircraft
from safeconduct.model.entry import Actor, Entry, FlightDeclared, NodeOpened
from safeconduct.model.flight import Flight
from safeconduct.model.key import SigningKey
from safeconduct.model.person import Role
from safeconduct.model.volume import Volume4D
from safeconduct.record.seal import SALT_BYTES, Sealed
from safeconduct.service.record_check import check_record
from safeconduct.service.recorder import Recorder, run_sequencer
from safeconduct.store.sqlite import SqliteStore

BATCH = 100
SQUARE = ((13.0, 32.0), (13.5, 32.0), (13.5, 32.5), (13.0, 32.5))

PYMERKLE = """
import json, os, sys, time
from pymerkle import SqliteTree
file, seconds, size, batch = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
def rate(append, each):
    done, began = 0, time.perf_counter()
    while (took := time.perf_counter() - began) < seconds:
        append()
        done += each
    return done / took
with SqliteTree(file) as tree:
    single = rate(lambda: tree.append_entry(os.urandom(size)), 1)
    batched = rate(lambda: tree.append_entries([os.urandom(size) for _ in range(batch)]), batch)
print(json.dumps({"single": single, "batched": batched}))
"""


def flight(number: int) -> FlightDeclared:
    """A declaration of ordinary size."""
    volumes = tuple(
        Volume4D(outline=SQUARE, lower_m=0.0, upper_m=5000.0, start=1.5e9 + at * 600, end=1.5e9 + at * 600 + 900)
        for at in range(3)
    )
    aircraft = Aircraft(type="male_uav", owner="unsmil", operator="unsmil")
    return FlightDeclared(flight=Flight(id=f"UN{number}", party="unsmil", aircraft=aircraft, volumes=volumes))


def entry(fact: FlightDeclared | NodeOpened) -> Entry:
    actor = Actor(party="unsmil", person="ops", role=Role.OPERATOR)
    return Entry(node="unsmil", time=time.time(), actor=actor, fact=fact, rehearsal=False)


def rate(append: Callable[[int], object], each: int, seconds: float) -> float:
    """Entries a second; `append(n)` makes n of them durable."""
    done, began = 0, time.perf_counter()
    while (took := time.perf_counter() - began) < seconds:
        append(each)
        done += each
    return done / took


def both(append: Callable[[int], object], seconds: float) -> dict[str, float]:
    return {"single": rate(append, 1, seconds), "batched": rate(append, BATCH, seconds)}


def of_recorder(folder: Path, seconds: float) -> dict[str, float]:
    declared = flight(1)
    with closing(SqliteStore(folder)) as store:
        recorder = Recorder(store, SigningKey(bytes(32)), "unsmil", time.time, secrets.token_bytes, rehearsal=False)
        recorder.write([entry(NodeOpened(party="unsmil", public=recorder.public))])
        stop = threading.Event()
        sequencer = threading.Thread(target=run_sequencer, args=(recorder, stop))
        sequencer.start()
        figures = both(lambda count: recorder.write([entry(declared) for _ in range(count)])[0], seconds)
        stop.set()
        sequencer.join()
        assert recorder.waiting == 0
        report = check_record(store, recorder.public)
        assert report.sound, report.findings[:3]
    return {**figures, "late": report.late, "longest_wait_s": report.longest_wait_s, "entries": report.entries}


def of_store(folder: Path, seconds: float) -> dict[str, float]:
    data = entry(flight(1)).canonical()
    with closing(SqliteStore(folder)) as store:
        return both(lambda n: store.append([Sealed(os.urandom(SALT_BYTES), data) for _ in range(n)]), seconds)


def of_pymerkle(python: str, folder: Path, seconds: float) -> dict[str, float]:
    folder.mkdir()
    size = len(entry(flight(1)).canonical()) + SALT_BYTES
    command = [python, "-c", PYMERKLE, str(folder / "tree.db"), str(seconds), str(size), str(BATCH)]
    figures: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return figures


def of_disk(folder: Path, seconds: float) -> float:
    with (folder / "sync").open("wb", buffering=0) as file:

        def sync(count: int) -> None:
            file.write(bytes(4096))
            os.fsync(file.fileno())

        return rate(sync, 1, min(seconds, 1.0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each figure")
    parser.add_argument("--folder", type=Path, help="on the disk that is meant")
    parser.add_argument("--pymerkle", metavar="PYTHON", help="an interpreter that has pymerkle")
    parser.add_argument("--json", action="store_true", help="no table")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=wanted.folder) as name:
        folder, seconds = Path(name), wanted.seconds
        figures = {"recorder": of_recorder(folder / "recorder", seconds), "store": of_store(folder / "store", seconds)}
        if wanted.pymerkle:
            figures["pymerkle"] = of_pymerkle(wanted.pymerkle, folder / "pymerkle", seconds)
        syncs = of_disk(folder, seconds)
    print(json.dumps({"syncs_per_s": round(syncs), **rounded(figures)}))
    if wanted.json:
        return
    print(f"\n{'durable appends/s':20}{'one by one':>12}{f'by {BATCH}':>12}")
    for name, each in figures.items():
        print(f"{name:20}{each['single']:12,.0f}{each['batched']:12,.0f}")
    if rival := figures.get("pymerkle"):
        print("\nbatched, against pymerkle one by one and batched:")
        for name in ("recorder", "store"):
            ours = figures[name]["batched"]
            print(f"{name:20}{ours / rival['single']:11.0f}x{ours / rival['batched']:11.1f}x")


def rounded(figures: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    return {name: {key: round(value, 2) for key, value in each.items()} for name, each in figures.items()}


if __name__ == "__main__":
    main()
