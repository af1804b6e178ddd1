"""The identification benchmark, ours beside the naive baseline: the figures that the README quotes.

    python benchmarks/identity.py [--presets standard dense adversarial degraded] [--seeds 1 2 3] [--json]

Needs the benchmark's generator, scorer and baseline: `bench/identity` of the folder that SAFECONDUCT_SHARED names
(default: `../shared` beside the repository). Scenarios are made in a temporary folder; each is answered by
`safeconduct replay --scenario` as a user would run it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BENCH = Path(os.environ.get("SAFECONDUCT_SHARED", ROOT.parent / "shared")) / "bench" / "identity"
PRESETS = ("standard", "dense", "adversarial", "degraded")
THETA = "0.9"


def called(*command: object) -> str:
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def scored(scenario: Path, answers: Path, *more: object) -> dict[str, Any]:
    score: dict[str, Any] = json.loads(called(sys.executable, BENCH / "score.py", scenario, answers, *more))
    return score


def figures(score: dict[str, Any]) -> dict[str, float]:
    """The figures that are averaged over seeds."""
    clear = score["unambiguous"]
    return {
        "coverage": score["coverage"],
        "recognised": score["recognised_of_reachable"][THETA],
        "correct": clear[THETA]["correct_declared"],
        "swapped": clear[THETA]["swapped"],
        "false": clear[THETA]["false_declared_per_undeclared"],
        "correct_99": clear["0.99"]["correct_declared"],
        "false_99": clear["0.99"]["false_declared_per_undeclared"],
        "calibration": clear["calibration_error"],
        "false_tracks": score["false_tracks_per_epoch"],
        "rmse_m": score["position_rmse_m"],
    }


def one(preset: str, seed: int, folder: Path) -> dict[str, dict[str, float]]:
    scenario, answers, events = folder / f"{preset}-{seed}", folder / "answers.jsonl", folder / "events.jsonl"
    called(sys.executable, BENCH / "make.py", scenario, "--seed", seed, "--preset", preset)
    told = json.loads(
        called(
            *(sys.executable, "-m", "safeconduct.cli", "replay", "--scenario", scenario),
            *("--out", answers, "--events", events, "--json"),
        )
    )
    ours = figures(scored(scenario, answers, "--events", events))
    ours["detections_per_second"] = told["detections_per_second"]
    called(sys.executable, BENCH / "baseline.py", scenario, answers)
    return {"safeconduct": ours, "naive baseline": figures(scored(scenario, answers))}


def means(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: round(fmean(row[name] for row in rows), 4) for name in rows[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presets", nargs="+", default=PRESETS, choices=PRESETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    if not BENCH.is_dir():
        sys.exit(f"no benchmark at {BENCH}: set SAFECONDUCT_SHARED to the folder that holds bench/identity")
    table: dict[str, dict[str, dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for preset in wanted.presets:
            runs = []
            for seed in wanted.seeds:
                print(f"{preset} {seed}", file=sys.stderr)
                runs.append(one(preset, seed, Path(folder)))
            table[preset] = {who: means([run[who] for run in runs]) for who in runs[0]}
    if wanted.json:
        print(json.dumps({"seeds": wanted.seeds, "theta": float(THETA), "presets": table}))
        return
    columns = list(next(iter(table.values()))["safeconduct"])
    print("| preset | | " + " | ".join(columns) + " |\n|---|---|" + "---|" * len(columns))
    for preset, rows in table.items():
        for who, row in rows.items():
            print(
                f"| {preset} | {who} | "
                + " | ".join(f"{row[name]:g}" if name in row else "" for name in columns)
                + " |"
            )


if __name__ == "__main__":
    main()
