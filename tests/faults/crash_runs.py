"""Two nodes, killed at a random moment under load and then checked, again and again, in several processes.

A worker has everything imported and ready; each life is a fork of it, so that half a second of life costs little more
than that. It has one thread only, or it could not be forked. Lives come in chains over one folder: what one leaves is
what the next one opens. How lives go is decided by chance, and by the seed as far as threads and disks allow.
"""

import gc
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal, NoReturn, get_args

import msgspec
from tests.faults.crash_check import acknowledged_in, check_crash
from tests.faults.power_vfs import forgetful_store, power_loss_store
from tests.faults.two_nodes import GUARD, Acknowledged, Load, Pair, live

from safeconduct.store.sqlite import SqliteStore

ROOT = Path(__file__).resolve().parents[2]
LONGEST_LIFE_S = 0.6
CHAINS = (1, 1, 2, 3)
"""Lengths of chains, each as likely as the next."""
MOST_FAULTS, LONGEST_FAULT = 8, 300
"""What an outcome tells of them; so its line goes into a pipe whole, whoever else writes to it."""

Disk = Literal["machine", "power", "forgetful-guard", "forgetful"]
"""What a kill takes. `machine`: what is in the process. `power`: also what was not synced, and every second chain finds
it torn. For a control, the guard or both do not ask their disk to sync, and answer before they are durable."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One life, and what was found after it.

    Attributes:
        life: its place in its chain, from 1.
        killed_after_s: since its process began.
        opening: whether it was killed before the load began.
        declared, received: declarations and receipts that it acknowledged.
        checked_declared, checked_received, checked: declarations, receipts and everything that its chain had
            acknowledged by then, and that was looked for.
        settled: whether the nodes were let talk afterwards and compared.
        entries: in both records.
        lost: of `checked`, what is on its node's record no more.
        faults: what is lost or wrong; empty if all is well.
        took_s: life and check.
    """

    run: int
    life: int
    killed_after_s: float
    opening: bool
    declared: int
    received: int
    checked_declared: int
    checked_received: int
    checked: int
    settled: bool
    entries: int
    lost: int
    faults: tuple[str, ...]
    took_s: float


def side_by_side(folder: Path, runs: int, disk: Disk, *, seed: int = 1, workers: int = 2) -> Iterator[Outcome]:
    """The outcomes of so many runs, as they come. What is left in `folder` afterwards are nodes with faults.

    Raises:
        RuntimeError: a worker broke down; it has said why on standard error.
    """
    reading, writing = os.pipe()
    processes = []
    for worker in range(workers):
        first, end = runs * worker // workers, runs * (worker + 1) // workers
        numbers = [str(number) for number in (seed, first, end)]
        command = [sys.executable, "-m", "tests.faults.crash_runs", str(folder), disk, *numbers]
        processes.append(subprocess.Popen(command, stdout=writing, cwd=ROOT))
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as told:
            for line in told:
                yield msgspec.json.decode(line, type=Outcome)
    finally:
        for process in processes:
            process.terminate()  # only one that nobody reads any more is still there
        ended = [process.wait() for process in processes]
    if any(ended):
        raise RuntimeError(f"a worker ended with {ended}")


def _worker(folder: Path, disk: Disk, seed: int, first: int, end: int) -> None:
    _warm_up(folder / f"warm-{first}")
    gc.freeze()
    dice = random.Random(f"{seed} {disk} {first}")
    run = first
    while run < end:
        chain = folder / f"chain-{run}"
        chain.mkdir(parents=True)
        length = min(dice.choice(CHAINS), end - run)
        for life in range(1, length + 1):
            settle = life == length or dice.random() < 0.5
            outcome = _life(chain, disk, dice, run, life, settle=settle)
            os.write(sys.stdout.fileno(), msgspec.json.encode(outcome) + b"\n")
            run += 1
            if outcome.faults:
                break
        else:
            shutil.rmtree(chain)


def _life(chain: Path, disk: Disk, dice: random.Random, run: int, life: int, *, settle: bool) -> Outcome:
    began, seed, lasts = time.monotonic(), dice.randrange(2**31), dice.uniform(0.0, LONGEST_LIFE_S)
    said, told = chain / "acknowledged", chain / "said"
    told.touch()
    before, opened = len(acknowledged_in(said)), _times_opened(said)
    pid = os.fork()
    if pid == 0:
        _live(chain, disk, seed, said, told)
    time.sleep(lasts)
    os.kill(pid, signal.SIGKILL)  # it has not been waited for, so this is still its number
    _, status = os.waitpid(pid, 0)
    acknowledged = acknowledged_in(said)
    faults = []
    if not os.WIFSIGNALED(status) or told.stat().st_size:
        faults.append(f"the nodes had trouble before they were killed: {told.read_text()[-LONGEST_FAULT:]}")
    found = check_crash(chain, acknowledged, settle=settle)
    faults += found.faults
    return Outcome(
        run=run,
        life=life,
        killed_after_s=lasts,
        opening=_times_opened(said) == opened,
        declared=_count(acknowledged[before:], "flight"),
        received=_count(acknowledged[before:], "receipt"),
        checked_declared=_count(acknowledged, "flight"),
        checked_received=_count(acknowledged, "receipt"),
        checked=len(acknowledged),
        settled=settle,
        entries=found.entries,
        lost=found.lost,
        faults=tuple(fault[:LONGEST_FAULT] for fault in faults[:MOST_FAULTS]),
        took_s=time.monotonic() - began,
    )


def _live(chain: Path, disk: Disk, seed: int, acknowledged: Path, said: Path) -> NoReturn:
    """The child's whole life; what it has to complain of goes into the file `said`."""
    try:
        file = os.open(said, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.dup2(file, sys.stdout.fileno())
        os.dup2(file, sys.stderr.fileno())
        live(chain, lambda folder: _store(folder, disk, seed), acknowledged, seed)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(1)


def _store(folder: Path, disk: Disk, seed: int) -> SqliteStore:
    if disk == "machine":
        return SqliteStore(folder)
    if disk == "forgetful" or (disk == "forgetful-guard" and folder.name == GUARD):
        return forgetful_store(folder)
    return power_loss_store(folder, seed if seed % 2 else None)


def _count(acknowledged: tuple[Acknowledged, ...], kind: str) -> int:
    return sum(one.kind == kind for one in acknowledged)


def _times_opened(file: Path) -> int:
    return file.read_bytes().split(b"\n")[:-1].count(b"") if file.exists() else 0


def _warm_up(folder: Path) -> None:
    """Once through everything, so that what is made on first use is there before the first fork."""
    folder.mkdir(parents=True)
    with closing(Pair(folder)) as pair, (folder / "acknowledged").open("wb", buffering=0) as said:
        pair.furnish()
        load = Load(pair, said.fileno(), seed=1)
        for _ in range(10):
            load.step()
            pair.settle()
    found = check_crash(folder, acknowledged_in(folder / "acknowledged"), settle=True)
    if found.faults:
        raise RuntimeError(f"faults before anything was killed: {found.faults}")
    shutil.rmtree(folder)


if __name__ == "__main__":
    _folder, _disk, *_numbers = sys.argv[1:]
    if _disk not in get_args(Disk):
        raise SystemExit(f"no such disk: {_disk}")
    _worker(Path(_folder), _disk, *map(int, _numbers))  # type: ignore[arg-type]
