"""The tracking benchmark as a table: our tracker, and Stone Soup on the same files in the same run.

    python benchmarks/tracking_table.py [--quick] [--stonesoup PYTHON] [--json]

Needs the benchmark's generator and scorer: `bench/tracking` of the folder that SAFECONDUCT_SHARED names (default:
`../shared` beside the repository). Stone Soup is no dependency of ours: `--stonesoup` names a Python that has it, and
without it that row is left out. It runs on the smallest scenario only, where it takes seconds and not hours.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BENCH = Path(os.environ.get("SAFECONDUCT_SHARED", ROOT.parent / "shared")) / "bench" / "tracking"
SCENARIOS = {
    "base 100": ("--n", "100", "--spacing", "250"),
    "base 1000": ("--n", "1000", "--spacing", "250"),
    "base 5000": ("--n", "5000", "--spacing", "250"),
    "dense 1000": ("--n", "1000", "--spacing", "100"),
    "multisensor 100": ("--n", "100", "--kind", "multisensor"),
    "multisensor 100, declared ±30 %": ("--n", "100", "--kind", "multisensor", "--declared-error", "0.3"),
    "multisensor 1000, declared ±30 %": ("--n", "1000", "--kind", "multisensor", "--declared-error", "0.3"),
}
ALSO = {
    "base 1000": ("--speeds-told", "--public"),
    "base 5000": ("--speeds-told",),
    "dense 1000": ("--speeds-told", "--public"),
    "multisensor 1000, declared ±30 %": ("--public",),
}
"""Of these there are more rows: the tracker also knows that nothing flies faster than 25 m/s; all of `Tracker`, with
frames, registration and continuations."""
RIVAL_ON = "base 100"
SCORES = ("gospa_per_sqrt_n", "missed_pct", "false_pct", "rmse_m", "id_switches_per_target_hour")


def called(*command: object, **environment: str) -> str:
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **environment}
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True, env=alone).stdout


def row(scenario: Path, tracks: Path, speed: float) -> dict[str, Any]:
    score = json.loads(called(sys.executable, BENCH / "score.py", scenario, tracks))
    return {"detections_per_second": round(speed), **{name: round(score[name], 2) for name in SCORES}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the two smallest scenarios only")
    parser.add_argument("--stonesoup", metavar="PYTHON")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    if not BENCH.is_dir():
        sys.exit(f"no benchmark at {BENCH}: set SAFECONDUCT_SHARED to the folder that holds bench/tracking")
    table: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, arguments in list(SCENARIOS.items())[: 2 if wanted.quick else None]:
            print(name, file=sys.stderr)
            made, tracks = Path(folder, name.replace(" ", "-")), Path(folder, "tracks.npz")
            called(sys.executable, BENCH / "make.py", made, "--seed", "1", *arguments)
            (scenario,) = made.glob("*.npz")
            for option in ("", *ALSO.get(name, ())):
                command = (
                    ROOT / "benchmarks/tracking.py",
                    scenario,
                    "--out",
                    tracks,
                    "--json",
                    *filter(None, [option]),
                )
                told = json.loads(called(sys.executable, *command))
                row_name = f"{name}, {option.strip('-').replace('-', ' ')}" if option else name
                table[row_name] = row(scenario, tracks, told["detections_per_second"])
            if wanted.stonesoup and name == RIVAL_ON:
                said = called(
                    *(wanted.stonesoup, BENCH / "stonesoup_reference.py", scenario),
                    *("--algorithm", "kdtree", "--out", tracks),
                )
                speed = json.loads(said.strip().splitlines()[-1])["detections_per_s"]
                table[f"{name}, Stone Soup (KD-tree GNN)"] = row(scenario, tracks, speed)
    if wanted.json:
        print(json.dumps(table))
        return
    print("| scenario | detections/s | " + " | ".join(SCORES) + " |\n|---|---|" + "---|" * len(SCORES))
    for name, figures in table.items():
        print(
            f"| {name} | {figures['detections_per_second']:,} | " + " | ".join(f"{figures[s]:g}" for s in SCORES) + " |"
        )


if __name__ == "__main__":
    main()
