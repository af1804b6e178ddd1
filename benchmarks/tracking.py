"""Drive the shipped tracker over one scenario of the tracking benchmark.

    python benchmarks/tracking.py SCENARIO.npz --out TRACKS.npz --json

Prints detections per second, seconds and peak memory, and the settings; TRACKS.npz goes to the benchmark's own
score.py. One thread; the first run, which compiles, is not timed; the median of three is reported. Planar scenarios go
in scan by scan, multisensor ones in batches of one second, so that no result uses a later plot.
"""

import argparse
import json
import os
import resource
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from safeconduct.kernels.arrays import COASTING, CONFIRMED, Floats, Records
from safeconduct.picture.plane import PlaneSensor, PlaneTracker, in_groups, no_plots
from safeconduct.picture.settings import TrackerSettings

Scenario = dict[str, npt.NDArray[Any]]
Batch = tuple[float, Callable[[], Records]]
"""The time that a batch reaches up to, and the making of its plots, which counts as the tracker's work."""

RUNS = 3
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
SPEEDS_TOLD_MPS = 14.0
"""Per axis, for speeds of 5 to 25 m/s."""
START_UP_SCANS = 5
START_UP_SHARE = 0.1


def planar(scenario: Scenario, *, speeds_told: bool = False) -> tuple[TrackerSettings, list[PlaneSensor], list[Batch]]:
    """Settings as declared (the process noise; speeds of 5 to 25 m/s, if told), the one sensor, and the scans."""
    settings = TrackerSettings(acceleration_psd=float(scenario["q"]), window_s=float(scenario["dt"]))
    if speeds_told:
        settings = replace(settings, start_speed_sigma_mps=SPEEDS_TOLD_MPS, start_slow_sigma_mps=SPEEDS_TOLD_MPS)
    clutter = float(scenario["clutter_per_scan"] / scenario["L"] ** 2)
    sensor = PlaneSensor(
        period=float(scenario["dt"]),
        detection=float(scenario["pd"]),
        clutter=clutter,
        false_alarms=float(scenario["clutter_per_scan"]),
    )
    variance = float(scenario["sigma"]) ** 2
    edges = np.searchsorted(scenario["scan"], np.arange(len(scenario["truth"]) + 1))

    def scan(k: int) -> Callable[[], Records]:
        z = scenario["z"][edges[k] : edges[k + 1]]

        def make() -> Records:
            plots = no_plots(len(z))
            plots["time"] = k
            plots["place"][:, :2] = z
            plots["place"][:, 2:] = variance, 0.0, variance
            return plots

        return make

    return settings, [sensor], [(float(k), scan(k)) for k in range(len(edges) - 1)]


def multisensor(scenario: Scenario) -> tuple[TrackerSettings, list[PlaneSensor], list[Batch]]:
    """Sensors as declared, in batches of one second."""
    declared = [dict(zip(scenario["sensor_fields"].tolist(), row, strict=True)) for row in scenario["sensors"].tolist()]
    sensors = [
        PlaneSensor(
            x=s["x"],
            y=s["y"],
            listens=s["clutter"] == 0,
            sees=s["clutter"] > 0,
            period=s["period"],
            detection=s["pd"],
            clutter=s["clutter"] / float(scenario["L"]) ** 2,
            false_alarms=s["clutter"],
        )
        for s in declared
    ]
    table = scenario["sensors"]
    edges = np.searchsorted(scenario["det_time"], np.arange(len(scenario["truth"]) + 1), side="right")

    def second(first: int, last: int) -> Callable[[], Records]:
        rows = slice(first, last)
        sensor, z = scenario["det_sensor"][rows].astype(np.int64), scenario["det_z"][rows]
        time, kind = scenario["det_time"][rows], scenario["det_kind"][rows]
        return lambda: plots_of(time, sensor, kind, z, table)

    batches = [(float(k), second(edges[max(k - 1, 0)] if k else 0, edges[k])) for k in range(len(edges) - 1)]
    return TrackerSettings(), sensors, batches


def plots_of(time: Floats, sensor: npt.NDArray[np.int64], kind: npt.NDArray[Any], z: Floats, table: Floats) -> Records:
    """Flat-earth plots: (range, azimuth from the x axis, height) or (x, y, z), with the declared noise."""
    plots = no_plots(len(time))
    plots["time"], plots["sensor"] = time, sensor
    polar, place = kind != 2, plots["place"]
    sigma = table[sensor, 4:7]
    cos, sin = np.cos(z[:, 1]), np.sin(z[:, 1])
    along, across = sigma[:, 0] ** 2, (z[:, 0] * sigma[:, 1]) ** 2
    place[:, 0] = np.where(polar, table[sensor, 1] + z[:, 0] * cos, z[:, 0])
    place[:, 1] = np.where(polar, table[sensor, 2] + z[:, 0] * sin, z[:, 1])
    place[:, 2] = np.where(polar, along * cos**2 + across * sin**2, along)
    place[:, 3] = np.where(polar, (along - across) * cos * sin, 0.0)
    place[:, 4] = np.where(polar, along * sin**2 + across * cos**2, sigma[:, 1] ** 2)
    plots["height"], plots["height_variance"] = z[:, 2], sigma[:, 2] ** 2
    return plots


def run(
    settings: TrackerSettings, sensors: list[PlaneSensor], batches: list[Batch]
) -> tuple[list[float], list[int], Floats]:
    """One run: seconds and plots of each batch, and the rows (time, number, x, vx, y, vy) of confirmed tracks."""
    tracker = PlaneTracker(settings)
    for sensor in sensors:
        tracker.add_sensor(sensor)
    spent, counts, rows = [], [], []
    for now, make in batches:
        begun = perf_counter()
        plots, _ = in_groups(make(), settings.window_s)
        tracker.step(plots, now)
        tracker.release_lost()
        slots = tracker.slots_with(CONFIRMED, COASTING)
        state, _ = tracker.states_at(slots, now)
        spent.append(perf_counter() - begun)
        counts.append(len(plots))
        number = tracker.tracks["number"][slots]
        rows.append(np.column_stack([np.full(len(slots), now), number, state[:, [0, 2, 1, 3]]]))
    return spent, counts, np.vstack(rows)


def timed(spent: list[float], counts: list[int], is_planar: bool) -> tuple[float, int]:
    """Seconds and detections without the start-up, by the benchmark's rules."""
    begun = int(np.searchsorted(np.cumsum(counts), START_UP_SHARE * sum(counts)))
    first = START_UP_SCANS if is_planar else begun
    return sum(spent[first:]), sum(counts[first:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("scenario", type=Path)
    parser.add_argument("--out", type=Path, help="write the tracks here, for score.py")
    parser.add_argument("--speeds-told", action="store_true", help="planar: the tracker knows that nothing is fast")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    with np.load(arguments.scenario) as file:
        scenario = {name: file[name] for name in file.files}
    is_planar = "det_time" not in scenario
    if is_planar:
        settings, sensors, batches = planar(scenario, speeds_told=arguments.speeds_told)
    else:
        settings, sensors, batches = multisensor(scenario)
    run(settings, sensors, batches)
    seconds, rates = [], []
    for _ in range(RUNS):
        spent, counts, rows = run(settings, sensors, batches)
        time, detections = timed(spent, counts, is_planar)
        seconds.append(time)
        rates.append(detections / time)
    if arguments.out:
        np.savez_compressed(arguments.out, rows=rows)
    result = {
        "scenario": arguments.scenario.stem,
        "detections_per_second": round(median(rates)),
        "seconds": round(median(seconds), 4),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "batch_s": float(scenario["dt"]) if is_planar else 1.0,
        "settings": asdict(settings),
    }
    if arguments.json:
        print(json.dumps(result))
    else:
        print(f"{result['scenario']}: {result['detections_per_second']:,} detections/s, {result['peak_mb']} MB")


if __name__ == "__main__":
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | ONE_THREAD)
    main()
