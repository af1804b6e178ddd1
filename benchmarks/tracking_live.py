"""The tracker as it is used live: one plot at a time, plots that come late, growing traffic, memory.

    python benchmarks/tracking_live.py [--json]

Needs the generator and scorer of the tracking benchmark: `bench/tracking` of the folder that SAFECONDUCT_SHARED names
(default: `../shared` beside the repository). One thread; times are of this machine now, and the ratios are what counts.

- trickle: multisensor, N = 1,000; after 60 s each plot goes in by itself.
- late: multisensor, N = 100; each plot comes up to so many seconds after it was measured, and goes in as it comes. The
  picture of each second is scored as it then stands, so that what has not come yet is missing in it.
- growth: base, 100 to 20,000 aircraft: microseconds a detection.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.tracking import ONE_THREAD, Scenario, multisensor, planar, plots_of, run, timed

from safeconduct.kernels.arrays import COASTING, CONFIRMED, TRACK
from safeconduct.picture.plane import PlaneTracker, in_groups
from safeconduct.picture.rewind import Rewinder

ROOT = Path(__file__).resolve().parents[1]
BENCH = Path(os.environ.get("SAFECONDUCT_SHARED", ROOT.parent / "shared")) / "bench" / "tracking"
WARM_S = 60.0
TRICKLED = 5_000
DELAYS_S = (0.0, 2.0, 5.0, 10.0)
GROWTH = (100, 1_000, 5_000, 20_000)


def made(folder: Path, *arguments: str) -> tuple[Path, Scenario]:
    """A scenario of the benchmark."""
    target = folder / "-".join(arguments)
    subprocess.run(
        [sys.executable, BENCH / "make.py", target, "--seed", "1", *arguments], check=True, capture_output=True
    )
    (path,) = target.glob("*.npz")
    with np.load(path) as file:
        return path, {name: file[name] for name in file.files}


def score(scenario: Path, rows: Any, folder: Path) -> dict[str, Any]:
    """What the benchmark's scorer says of some tracks."""
    out = folder / "tracks.npz"
    np.savez_compressed(out, rows=rows)
    told = subprocess.run(
        [sys.executable, BENCH / "score.py", scenario, out], check=True, capture_output=True, text=True
    )
    figures = json.loads(told.stdout)
    return {name: round(figures[name], 2) for name in ("gospa_per_sqrt_n", "missed_pct", "false_pct")}


def trickle(scenario: Scenario) -> dict[str, float]:
    """Milliseconds that one plot takes."""
    settings, sensors, _ = multisensor(scenario)
    tracker = PlaneTracker(settings)
    for sensor in sensors:
        tracker.add_sensor(sensor)
    time, kind, z = scenario["det_time"], scenario["det_kind"], scenario["det_z"]
    sensor_of, table = scenario["det_sensor"].astype(np.int64), scenario["sensors"]
    warm = int(np.searchsorted(time, WARM_S))
    for second in range(int(WARM_S)):
        rows = slice(*np.searchsorted(time, (second, second + 1)))
        grouped, _ = in_groups(plots_of(time[rows], sensor_of[rows], kind[rows], z[rows], table), settings.window_s)
        tracker.step(grouped, second + 1.0)
        tracker.release_lost()
    spent = []
    for k in range(warm, warm + TRICKLED):
        one = slice(k, k + 1)
        plots = plots_of(time[one], sensor_of[one], kind[one], z[one], table)
        begun = perf_counter()
        grouped, _ = in_groups(plots, settings.window_s)
        tracker.step(grouped, float(time[k]))
        tracker.release_lost()
        spent.append(1e3 * (perf_counter() - begun))
    live = len(tracker.slots_with(CONFIRMED, COASTING))
    return {
        "tracks": live,
        "p50_ms": round(float(np.percentile(spent, 50)), 3),
        "p99_ms": round(float(np.percentile(spent, 99)), 3),
        "bytes_per_track": TRACK.itemsize + 8 * len(sensors),
    }


def late(path: Path, scenario: Scenario, most_s: float, folder: Path) -> dict[str, Any]:
    """Scores where each plot comes up to `most_s` late, each second as it stands; and what it costs."""
    settings, sensors, _ = multisensor(scenario)
    tracker = PlaneTracker(settings)
    for sensor in sensors:
        tracker.add_sensor(sensor)
    rewinder, spent, copies = Rewinder(tracker), [], 0
    time = scenario["det_time"]
    arrival = time + np.random.default_rng(1).uniform(0.0, most_s, len(time)) if most_s else time
    order, rows = np.argsort(arrival, kind="stable"), []
    kind, z, sensor_of = scenario["det_kind"], scenario["det_z"], scenario["det_sensor"].astype(np.int64)
    for second in range(len(scenario["truth"])):
        come = order[slice(*np.searchsorted(arrival[order], (second - 1, second)))]
        plots = plots_of(time[come], sensor_of[come], kind[come], z[come], scenario["sensors"])
        begun = perf_counter()
        rewinder.step(plots, float(second))
        spent.append(perf_counter() - begun)
        copies = max(copies, rewinder.copies)
        tracker.release_lost()
        slots = tracker.slots_with(CONFIRMED, COASTING)
        state, _ = tracker.states_at(slots, float(second))
        number = tracker.tracks["number"][slots]
        rows.append(np.column_stack([np.full(len(slots), float(second)), number, state[:, [0, 2, 1, 3]]]))
    per_second = {"ms_a_second": round(1e3 * float(np.median(spent)), 2), "copies": copies}
    return score(path, np.vstack(rows), folder) | per_second


def growth(folder: Path) -> dict[str, float]:
    """Microseconds a detection takes, by the number of aircraft."""
    costs = {}
    for count in GROWTH:
        _, scenario = made(folder, "--n", str(count), "--spacing", "250")
        settings, sensors, batches = planar(scenario)
        run(settings, sensors, batches[:10])
        seconds, detections = timed(*run(settings, sensors, batches)[:2], True)
        costs[str(count)] = round(1e6 * seconds / detections, 2)
    return costs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    if not BENCH.is_dir():
        sys.exit(f"no benchmark at {BENCH}: set SAFECONDUCT_SHARED to the folder that holds bench/tracking")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _, large = made(folder, "--n", "1000", "--kind", "multisensor")
        path, small = made(folder, "--n", "100", "--kind", "multisensor")
        figures = {
            "trickle": trickle(large),
            "late": {f"{delay:g} s": late(path, small, delay, folder) for delay in DELAYS_S},
            "growth_us": growth(folder),
        }
    print(json.dumps(figures, indent=None if wanted.json else 2))


if __name__ == "__main__":
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | ONE_THREAD)
    main()
