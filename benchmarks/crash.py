"""Kill -9 anywhere: two nodes under load, killed at random moments, and what of the acknowledged is left (law 6).

    python benchmarks/crash.py [--runs 200] [--workers 2] [--seed 1] [--folder DIR] [--json]

Half of the runs lose what is in the process; the other half also lose what was not synced (`tests/faults/power_vfs`),
every second chain of them with torn files. After each both nodes are opened again and checked: every declaration and
receipt that was acknowledged, every promised leaf, the numbers of messages, the whole record; and, once the two have
talked, that each knows of the other what it should. Nodes with a fault stay in DIR.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.progress import Progress

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.faults.crash_runs import Disk, Outcome, side_by_side

DISKS: dict[Disk, str] = {"machine": "kill -9", "power": "kill -9 and loss of power"}


def figures(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Counts over all runs; `checked_*` count what was looked for, again after each later life of a chain."""
    load = [outcome for outcome in outcomes if not outcome.opening]
    return {
        "runs": len(outcomes),
        "killed_while_opening": len(outcomes) - len(load),
        "killed_under_load": len(load),
        "declarations_acknowledged": sum(outcome.declared for outcome in outcomes),
        "receipts_acknowledged": sum(outcome.received for outcome in outcomes),
        "declarations_checked": sum(outcome.checked_declared for outcome in outcomes),
        "receipts_checked": sum(outcome.checked_received for outcome in outcomes),
        "acknowledged_checked": sum(outcome.checked for outcome in outcomes),
        "lost": sum(outcome.lost for outcome in outcomes),
        "runs_with_a_fault": sum(bool(outcome.faults) for outcome in outcomes),
        "records_sound": 2 * sum(not outcome.faults for outcome in outcomes),
        "talked_afterwards": sum(outcome.settled for outcome in outcomes),
        "median_acknowledged_under_load": statistics.median(o.declared + o.received for o in load) if load else 0,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2, help="processes side by side")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other lives")
    parser.add_argument("--folder", type=Path, help="for the nodes; without it a temporary one")
    parser.add_argument("--json", action="store_true", help="no table")
    wanted = parser.parse_args()
    answer: dict[str, dict[str, float]] = {}
    faults: list[str] = []
    folder = wanted.folder or Path(tempfile.mkdtemp(prefix="crash-"))
    with Progress(disable=wanted.json) as progress:
        for disk, name in DISKS.items():
            runs = wanted.runs // 2 if disk == "power" else wanted.runs - wanted.runs // 2
            began, outcomes = time.monotonic(), []
            task = progress.add_task(name, total=runs)
            for outcome in side_by_side(folder / disk, runs, disk, seed=wanted.seed, workers=wanted.workers):
                outcomes.append(outcome)
                faults += [f"{name}, run {outcome.run}: {fault}" for fault in outcome.faults]
                progress.advance(task)
            answer[name] = {**figures(outcomes), "seconds": round(time.monotonic() - began, 1)}
    print(json.dumps(answer))
    if not wanted.json:
        print(f"\n{'':32}" + "".join(f"{name:>28}" for name in answer))
        for figure in next(iter(answer.values())):
            print(f"{figure:32}" + "".join(f"{each[figure]:28,g}" for each in answer.values()))
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        raise SystemExit(f"the nodes are in {folder}")
    if wanted.folder is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
