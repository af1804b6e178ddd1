"""Drive the shipped tracker over one scenario of the tracking benchmark.

    python benchmarks/tracking.py SCENARIO.npz --out TRACKS.npz --json [--public | --tight]

Prints detections per second, seconds and peak memory, and the settings; TRACKS.npz goes to the benchmark's own
score.py. One thread; the first run, which compiles, is not timed; the median of three is reported. Planar scenarios go
in scan by scan, multisensor ones in batches of one second, so that no result uses a later plot.

Without `--public` this is `PlaneTracker`: plots in a plane, as the benchmark has them. With it, it is all of `Tracker`:
degrees, registration, duplicates, stitching (see `public_planar`, `public_multisensor`). Timed are `update` and
`picture`; the batches are there before, as a feed would deliver them.
"""

import argparse
import json
import math
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
from safeconduct.kernels.ecef import polar
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.detection import ARRAYS, DetectionBatch, DetectionKind
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.picture.plane import PlaneSensor, PlaneTracker, in_groups, no_plots
from safeconduct.picture.settings import TrackerSettings
from safeconduct.picture.tracker import Tracker

Scenario = dict[str, npt.NDArray[Any]]
Driven = tuple[list[float], list[int], Floats]
"""Of one run: seconds and plots of each batch, and the rows (time, number, x, vx, y, vy) of confirmed tracks."""
Batch = tuple[float, Callable[[], Records]]
"""The time that a batch reaches up to, and the making of its plots, which counts as the tracker's work."""
Public = tuple[TrackerSettings, list[Sensor], list[tuple[float, DetectionBatch]]]
"""Settings, declared sensors, and batches with the time that each reaches up to."""

RUNS = 3
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
SPEEDS_TOLD_MPS = 14.0
"""Per axis, for speeds of 5 to 25 m/s."""
START_UP_SCANS = 5
START_UP_SHARE = 0.1
SECTOR = Sector(id="benchmark", party="benchmark", name="Benchmark", centre=(13.2, 32.7))
"""Its centre is that of the scenario's square."""
EPOCH = 1_700_000_000.0
"""Unix seconds of the scenario's time 0."""
MAST_M = 300.0
"""Height of the radars, so that the curvature of the earth hides nobody: the scenario's world is flat."""
LOWEST_M, HIGHEST_M = 300.0, 12_000.0
"""Between which aircraft and false plots of the multisensor scenario are."""
ABSENT = np.nan


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


def public_planar(scenario: Scenario, *, speeds_told: bool = False, tight: bool = False) -> Public:
    """The settings of `planar`; one radar in the middle that reports places with their covariance; and the scans.

    A declared sensor has its false plots anywhere in the circle that it reaches, and the scenario has them in a square.
    Here the radar is declared as one would declare it: with its detection probability all over the square, and with so
    many false plots. The circle is then three and a half times the square, the density that follows so much too low.
    With `tight` it is the circle of the square's area, and the density is right; but one in eleven aircraft is beyond
    the reach, in the corners, where it is seldom believed.
    """
    settings, _, _ = planar(scenario, speeds_told=speeds_told)
    side, frame = float(scenario["L"]), SectorFrame(*SECTOR.centre)
    sensor = Sensor(
        id="radar",
        party=SECTOR.party,
        kind=SensorKind.RADAR,
        lon=SECTOR.centre[0],
        lat=SECTOR.centre[1],
        alt_m=MAST_M,
        range_m=side / math.sqrt(math.pi) if tight else 1.5 * side / math.sqrt(2.0),
        period_s=float(scenario["dt"]),
        probability_of_detection=float(scenario["pd"]),
        false_alarms_per_scan=float(scenario["clutter_per_scan"]),
        sigma_m=float(scenario["sigma"]),
    )
    scan, z = scenario["scan"], scenario["z"] - side / 2.0
    lon, lat = frame.to_degrees(z[:, 0], z[:, 1])
    plots = batch_of(
        (sensor.id,),
        time=scan * settings.window_s,
        sensor=np.zeros(len(z)),
        kind=np.full(len(z), DetectionKind.POSITION),
        lon=lon,
        lat=lat,
        covariance=np.tile([float(scenario["sigma"]) ** 2, 0.0, float(scenario["sigma"]) ** 2], (len(z), 1)),
    )
    edges = np.searchsorted(scan, np.arange(len(scenario["truth"]) + 1))
    return settings, [sensor], [(float(k), plots.rows(slice(edges[k], edges[k + 1]))) for k in range(len(edges) - 1)]


def public_multisensor(scenario: Scenario) -> Public:
    """Sensors as declared: radars with polar plots, and a receiver of reported places; batches of one second.

    The plane of the scenario becomes that of the sector, its altitudes heights above the ellipsoid. Slant range and
    azimuth are those of the plot's place at its height. The two radars without height measure a range that is "already
    corrected for altitude", which a radar without height cannot do: here they measure a slant range like others, from
    the true height of the aircraft, or one drawn for a false plot. So the tracker has less to go by than the plane one.
    """
    frame, half = SectorFrame(*SECTOR.centre), float(scenario["L"]) / 2.0
    declared = [dict(zip(scenario["sensor_fields"].tolist(), row, strict=True)) for row in scenario["sensors"].tolist()]
    sensors = [sensor_of(f"{k}", s, frame, float(scenario["L"])) for k, s in enumerate(declared)]
    table, which, z, time = scenario["sensors"], scenario["det_sensor"], scenario["det_z"], scenario["det_time"]
    measured, placed = scenario["det_kind"] != 2, scenario["det_kind"] == 2
    x = np.where(placed, z[:, 0], table[which, 1] + z[:, 0] * np.cos(z[:, 1])) - half
    y = np.where(placed, z[:, 1], table[which, 2] + z[:, 0] * np.sin(z[:, 1])) - half
    lon, lat = frame.to_degrees(x, y)
    slant, azimuth = np.full(len(time), ABSENT), np.full(len(time), ABSENT)
    height = np.where(np.isnan(z[:, 2]), true_height(scenario), z[:, 2])
    for k, sensor in enumerate(sensors):
        rows = np.flatnonzero(measured & (which == k))
        if sensor.lon is not None and sensor.lat is not None:
            site = (sensor.lon, sensor.lat, sensor.alt_m)
            slant[rows], azimuth[rows] = polar(site, lon[rows], lat[rows], height[rows])
    variance = table[which, 4] ** 2
    plots = batch_of(
        tuple(sensor.id for sensor in sensors),
        time=time,
        sensor=which,
        kind=np.where(placed, DetectionKind.POSITION, DetectionKind.POLAR),
        lon=np.where(placed, lon, ABSENT),
        lat=np.where(placed, lat, ABSENT),
        height_m=z[:, 2],
        range_m=slant,
        azimuth_deg=azimuth,
        covariance=np.where(
            placed[:, None], np.column_stack([variance, np.zeros(len(time)), table[which, 5] ** 2]), ABSENT
        ),
    )
    edges = np.searchsorted(time, np.arange(len(scenario["truth"])), side="right")
    batches = [(float(k), plots.rows(slice(edges[k - 1] if k else 0, edges[k]))) for k in range(len(edges))]
    return TrackerSettings(), sensors, batches


def sensor_of(name: str, declared: dict[str, float], frame: SectorFrame, side: float) -> Sensor:
    """A sensor of the scenario as its party would declare it. A radar reaches the farthest corner."""
    x, y = declared["x"] - side / 2.0, declared["y"] - side / 2.0
    if not declared["clutter"]:
        return Sensor(
            id=name,
            party=SECTOR.party,
            kind=SensorKind.ADSB,
            period_s=declared["period"],
            probability_of_detection=declared["pd"],
            sigma_m=declared["sigma_0"],
            sigma_alt_m=declared["sigma_2"],
        )
    lon, lat = frame.to_degrees(np.array(x), np.array(y))
    return Sensor(
        id=name,
        party=SECTOR.party,
        kind=SensorKind.RADAR,
        lon=float(lon),
        lat=float(lat),
        alt_m=MAST_M,
        range_m=math.hypot(side / 2.0 + abs(x), side / 2.0 + abs(y)),
        period_s=declared["period"],
        probability_of_detection=declared["pd"],
        false_alarms_per_scan=declared["clutter"],
        sigma_range_m=declared["sigma_0"],
        sigma_azimuth_deg=math.degrees(declared["sigma_1"]),
        sigma_alt_m=None if math.isnan(declared["sigma_2"]) else declared["sigma_2"],
    )


def true_height(scenario: Scenario) -> Floats:
    """(detections,) height at which each was made, m; of false ones one drawn at random."""
    source, time, truth = scenario["src"], scenario["det_time"], scenario["truth"]
    drawn: Floats = np.random.default_rng(int(scenario["seed"])).uniform(LOWEST_M, HIGHEST_M, len(time))
    second = np.minimum(time.astype(np.int64), len(truth) - 1)
    flown = truth[second, source, 4] + truth[second, source, 5] * (time - second)
    return np.where(source < 0, drawn, flown)


def batch_of(sensors: tuple[str, ...], **columns: npt.NDArray[Any]) -> DetectionBatch:
    """Detections that arrive when they are made, at times of the scenario; columns that are not given are absent."""
    count = len(columns["time"])
    arrays = {name: np.full((count, 3) if name in ("covariance", "velocity") else count, ABSENT) for name in ARRAYS}
    arrays |= columns | {"time": columns["time"] + EPOCH, "received": columns["time"] + EPOCH}
    arrays |= {"sensor": columns["sensor"].astype(np.int32), "kind": columns["kind"].astype(np.int8)}
    return DetectionBatch(sensors=sensors, claims={}, **arrays)


def run_public(given: Public, side: float) -> Driven:
    """As `run`, of a `Tracker`; places of the picture back in the scenario's square, `side` metres long."""
    settings, sensors, batches = given
    tracker = Tracker(SECTOR, sensors, settings)
    spent, counts, rows = [], [], []
    for now, batch in batches:
        begun = perf_counter()
        tracker.update(batch)
        picture = tracker.picture(EPOCH + now)
        spent.append(perf_counter() - begun)
        counts.append(len(batch))
        x, y = tracker.frame.to_plane(picture.lon, picture.lat)
        columns = (x + side / 2.0, picture.velocity[:, 0], y + side / 2.0, picture.velocity[:, 1])
        rows.append(np.column_stack([np.full(len(picture), now), picture.number, *columns]))
    return spent, counts, np.vstack(rows)


def run(settings: TrackerSettings, sensors: list[PlaneSensor], batches: list[Batch]) -> Driven:
    """One run."""
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


def driven(scenario: Scenario, wanted: argparse.Namespace) -> tuple[TrackerSettings, Callable[[], Driven]]:
    """The settings, and one run over the scenario."""
    is_planar, told = "det_time" not in scenario, wanted.speeds_told
    if wanted.public or wanted.tight:
        public = (
            public_planar(scenario, speeds_told=told, tight=wanted.tight) if is_planar else public_multisensor(scenario)
        )
        return public[0], lambda: run_public(public, float(scenario["L"]))
    plane = planar(scenario, speeds_told=told) if is_planar else multisensor(scenario)
    return plane[0], lambda: run(*plane)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("scenario", type=Path)
    parser.add_argument("--out", type=Path, help="write the tracks here, for score.py")
    parser.add_argument("--speeds-told", action="store_true", help="planar: the tracker knows that nothing is fast")
    parser.add_argument("--public", action="store_true", help="all of the tracker, and not the one in the plane alone")
    parser.add_argument("--tight", action="store_true", help="planar: --public, with the declared density right")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    with np.load(arguments.scenario) as file:
        scenario = {name: file[name] for name in file.files}
    is_planar = "det_time" not in scenario
    settings, drive = driven(scenario, arguments)
    drive()
    seconds, rates = [], []
    for _ in range(RUNS):
        spent, counts, rows = drive()
        time, detections = timed(spent, counts, is_planar)
        seconds.append(time)
        rates.append(detections / time)
    if arguments.out:
        np.savez_compressed(arguments.out, rows=rows)
    result = {
        "scenario": arguments.scenario.stem,
        "public": arguments.public or arguments.tight,
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
