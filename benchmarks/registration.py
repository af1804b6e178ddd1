"""How soon a sensor that is turned, set or timed wrongly is found out, and how exactly.

    python benchmarks/registration.py [--faults] [--silent] [--presets [NAME ...]] [--seeds N ...] [--n N] [--json]

`--faults`: the multisensor scenario of `bench/tracking`, laid on the ground, with one radar (4 s, no height) made wrong
by a known amount; `--silent`: the same, nobody being heard. `--presets`: the scenarios of `bench/identity` with the
faults that they come with; seconds count from the start of the scenario, and from when three aircraft that receivers
hear had given the sensor three plots each within ten minutes ("enough"); then, by preset and angle, how many sensors
were reported within a minute and within two of the start. Without a choice: faults and presets.

A report counts as right within 30 % or 0.15 degrees (30 m, 0.3 s), whichever is wider, and as false above 0.15 degrees
either way on a sensor that is not turned, as does setting that one aside.

Needs `bench` of the folder that SAFECONDUCT_SHARED names (default: `../shared` beside the repository).
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from safeconduct.kernels.ecef import polar
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.detection import DetectionBatch, DetectionKind
from safeconduct.model.registration import RegistrationState, SensorRegistration
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.picture.registration import Registration
from safeconduct.picture.tracker import Tracker
from safeconduct.service.replays import of_scenario

ROOT = Path(__file__).resolve().parents[1]
BENCH = Path(os.environ.get("SAFECONDUCT_SHARED", ROOT.parent / "shared")) / "bench"
PRESETS = ("standard", "dense", "adversarial", "degraded")
CENTRE = (13.3, 32.6)
TOLERANCE = (0.15, 30.0, 0.3)
FALSE_DEG = 0.15
ENOUGH_AIRCRAFT, ENOUGH_PLOTS, ENOUGH_S = 3, 3, 600.0
WRONG = 0
"""The sensor of the multisensor scenario that is made wrong."""

Floats = npt.NDArray[np.float64]
Fault = tuple[float, float, float]
"""Degrees of azimuth, metres of range, seconds of time by which what is reported is too large."""


@dataclass(frozen=True, slots=True)
class Case:
    """One radar made wrong, from a moment on until another."""

    name: str
    fault: Fault
    since: float = 0.0
    until: float = float("inf")


CASES = (
    Case("none", (0.0, 0.0, 0.0)),
    *(Case(f"turned {angle:g}°", (angle, 0.0, 0.0)) for angle in (0.3, 1.0, 5.0, 107.0)),
    Case("range 150 m", (0.0, 150.0, 0.0)),
    Case("time 1 s", (0.0, 0.0, 1.0)),
    Case("turned 107°, 150 m, 1 s", (107.0, 150.0, 1.0)),
    Case("turned 5° at 100 s, back at 200 s", (5.0, 0.0, 0.0), 100.0, 200.0),
)


@dataclass(slots=True)
class Watch:
    """What a run told: reports by sensor with their time, and what registration cost."""

    told: dict[str, list[tuple[float, SensorRegistration]]] = field(default_factory=lambda: defaultdict(list))
    last: tuple[SensorRegistration, ...] = ()
    seconds: float = 0.0
    lasted: float = 0.0
    registration_seconds: float = 0.0
    set_aside: int = 0


class Timed(Registration):
    """Registration with a stop watch."""

    spent = 0.0

    def observe(self, *given: Any) -> None:
        begun = perf_counter()
        super().observe(*given)
        Timed.spent += perf_counter() - begun

    def correct(self, plots: Any) -> Any:
        begun = perf_counter()
        aside = super().correct(plots)
        Timed.spent += perf_counter() - begun
        return aside


def called(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True)


def watched(sensors: Sequence[Sensor], batches: Iterable[DetectionBatch], start: float) -> Watch:
    tracker, watch, Timed.spent = Tracker(Sector(id="b", party="b", name="b", centre=CENTRE), ()), Watch(), 0.0
    tracker._registration = Timed()
    for sensor in sensors:
        tracker.add_sensor(sensor)
    for batch in batches:
        begun = perf_counter()
        changes = tracker.update(batch)
        watch.seconds += perf_counter() - begun
        watch.lasted = float(batch.received[-1]) - start
        for report in changes.reported:
            watch.told[report.sensor].append((float(batch.received[-1]) - start, report))
    watch.last, watch.registration_seconds = tracker.registration(), Timed.spent
    watch.set_aside = tracker.set_aside["misaligned"]
    return watch


def cost(watch: Watch) -> dict[str, float]:
    """Time spent on registration: ms per second of scenario, and its share of all that `Tracker.update` took."""
    return {
        "ms_per_s": round(1e3 * watch.registration_seconds / watch.lasted, 2),
        "share_pct": round(100.0 * watch.registration_seconds / watch.seconds, 1),
    }


def values(report: SensorRegistration) -> Fault:
    return report.azimuth_bias_deg, report.range_bias_m, report.time_bias_s


def right(report: SensorRegistration, fault: Fault) -> bool:
    """Whether a report gives all three errors well enough."""
    return report.state is RegistrationState.CORRECTED and all(
        abs(said - true) <= max(0.3 * abs(true), least)
        for said, true, least in zip(values(report), fault, TOLERANCE, strict=True)
    )


def false_reports(watch: Watch, faults: Mapping[str, float]) -> int:
    """Reports above the limit on sensors that are not turned."""
    return sum(
        report.state is RegistrationState.SET_ASIDE
        or (report.state is RegistrationState.CORRECTED and abs(report.azimuth_bias_deg) > FALSE_DEG)
        for sensor, reports in watch.told.items()
        if not faults.get(sensor)
        for _, report in reports
    )


def on_the_ground(scenario: Mapping[str, npt.NDArray[Any]]) -> tuple[list[Sensor], DetectionBatch]:
    """The multisensor scenario about `CENTRE`: its sensors, and its detections with exact slant ranges and azimuths."""
    half, frame = float(scenario["L"]) / 2.0, SectorFrame(*CENTRE)
    sensors, table = [], scenario["sensors"]
    for row, (kind, x, y, _, along, across, up, period, detection, clutter) in enumerate(table.tolist()):
        east, north = frame.to_degrees(np.array(x - half), np.array(y - half))
        usual: dict[str, Any] = {"id": f"s{row}", "party": "b", "lon": float(east), "lat": float(north)}
        usual |= {"period_s": period}
        usual |= {"range_m": 140e3, "probability_of_detection": detection}
        if kind == 2:
            sensors.append(Sensor(kind=SensorKind.ADSB, sigma_m=along, sigma_alt_m=up, **usual))
            continue
        noise: dict[str, Any] = {"sigma_range_m": along, "sigma_azimuth_deg": float(np.degrees(across))}
        height = None if np.isnan(up) else up
        sensors.append(
            Sensor(kind=SensorKind.RADAR, false_alarms_per_scan=clutter, sigma_alt_m=height, **noise, **usual)
        )
    sensor, z, time, source = (scenario[f] for f in ("det_sensor", "det_z", "det_time", "src"))
    is_polar, site = scenario["det_kind"] != 2, table[sensor, 1:3]
    x = np.where(is_polar, site[:, 0] + z[:, 0] * np.cos(z[:, 1]), z[:, 0])
    y = np.where(is_polar, site[:, 1] + z[:, 0] * np.sin(z[:, 1]), z[:, 1])
    below = time.astype(np.int64)
    true = scenario["truth"][below, source, 4] + (time - below) * scenario["truth"][below, source, 5]
    height = np.where(is_polar & (source >= 0), true, np.where(np.isnan(z[:, 2]), 5_000.0, z[:, 2]))
    lon, lat = frame.to_degrees(x - half, y - half)
    slant, azimuth = np.zeros(len(time)), np.zeros(len(time))
    for row, one in enumerate(sensors):
        mine = sensor == row
        slant[mine], azimuth[mine] = polar((one.lon or 0.0, one.lat or 0.0, 0.0), lon[mine], lat[mine], height[mine])
    nan = np.full(len(time), np.nan)
    kind = np.where(is_polar, DetectionKind.POLAR, DetectionKind.POSITION)
    return sensors, DetectionBatch(
        sensors=tuple(one.id for one in sensors),
        time=time,
        received=time + 0.2,
        sensor=sensor.astype(np.int32),
        kind=kind.astype(np.int8),
        range_m=np.where(is_polar, slant, nan),
        azimuth_deg=np.where(is_polar, azimuth, nan),
        elevation_deg=nan,
        covariance=np.full((len(time), 3), np.nan),
        velocity=np.full((len(time), 3), np.nan),
        lon=np.where(is_polar, nan, lon),
        lat=np.where(is_polar, nan, lat),
        height_m=z[:, 2],
        pressure_altitude_m=nan,
        sigma_height_m=nan,
    )


def made_wrong(batch: DetectionBatch, case: Case) -> DetectionBatch:
    """The detections as they are when the radar is wrong."""
    wrong = (batch.sensor == WRONG) & (batch.time >= case.since) & (batch.time < case.until)
    out = batch.rows(slice(None))
    azimuth, distance, time = case.fault
    out.azimuth_deg[wrong] = (out.azimuth_deg[wrong] + azimuth) % 360.0
    out.range_m[wrong] += distance
    out.time[wrong] += time
    return out


def seconds_of(batch: DetectionBatch) -> Iterator[DetectionBatch]:
    """The detections in batches of one second of arrival."""
    edges = np.flatnonzero(np.diff(np.floor(batch.received), prepend=-1.0)).tolist()
    for first, last in zip(edges, [*edges[1:], len(batch)], strict=True):
        yield batch.rows(slice(first, last))


def unheard(sensors: Sequence[Sensor], batch: DetectionBatch) -> DetectionBatch:
    """The detections without what receivers heard."""
    listens = np.array([sensor.kind.listens for sensor in sensors])
    return batch.rows(np.flatnonzero(~listens[batch.sensor]))


def of_faults(seeds: Sequence[int], n: int, folder: Path, *, silent: bool) -> list[dict[str, Any]]:
    rows = []
    for seed in seeds:
        called(sys.executable, BENCH / "tracking/make.py", folder, "--n", n, "--seed", seed, "--kind", "multisensor")
        with np.load(folder / f"multisensor_n{n}_s{seed}.npz") as file:
            sensors, batch = on_the_ground({name: file[name] for name in file.files})
        batch = unheard(sensors, batch) if silent else batch
        for case in CASES:
            watch = watched(sensors, seconds_of(made_wrong(batch, case)), 0.0)
            id_ = sensors[WRONG].id
            told = watch.told[id_]
            last = watch.last[WRONG]
            back = [t for t, report in told if t > case.until and report.state is RegistrationState.ALIGNED]
            truth = case.fault if case.until > float(batch.time[-1]) else (0.0, 0.0, 0.0)
            first = next((t - case.since for t, report in told if right(report, case.fault)), None)
            rows.append(
                {
                    "case": case.name,
                    "seed": seed,
                    "report_s": None if first is None or case.name == "none" else round(first, 1),
                    "back_s": round(back[0] - case.until, 1) if back else None,
                    "state": str(last.state),
                    "error": [round(said - true, 3) for said, true in zip(values(last), truth, strict=True)],
                    "sigma": [round(s, 3) for s in (last.sigma_azimuth_deg, last.sigma_range_m, last.sigma_time_s)],
                    "false": false_reports(watch, {id_: case.fault[0]}),
                    "set_aside": watch.set_aside,
                    **cost(watch),
                }
            )
    return rows


def enough_at(folder: Path, sensor: str, heard: Sequence[str]) -> float | None:
    """When three aircraft that receivers hear had given a sensor three plots each within `ENOUGH_S`, s of scenario."""
    start, latest = None, dict[str, float]()
    plots: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=ENOUGH_PLOTS))
    with open(folder / "detections.jsonl") as detections, open(folder / "origins.csv") as origins:
        for line, origin in zip(detections, csv.DictReader(origins), strict=True):
            now = np.datetime64(origin["received"].removesuffix("Z")).astype("datetime64[ms]").astype(float) / 1000.0
            start = now // 60 * 60 if start is None else start
            who, by = origin["aircraft"], json.loads(line)["sensor"]
            if by in heard and who:
                latest[who] = now
            elif by == sensor and now - latest.get(who, -1e9) <= 30.0:
                plots[who].append(now)
            ready = [p for p in plots.values() if len(p) == ENOUGH_PLOTS and now - p[0] <= ENOUGH_S]
            if len(ready) >= ENOUGH_AIRCRAFT:
                return float(now - start)
    return None


def of_preset(preset: str, seed: int, folder: Path) -> list[dict[str, Any]]:
    made = folder / f"{preset}-{seed}"
    if not made.is_dir():
        called(sys.executable, BENCH / "identity/make.py", made, "--seed", seed, "--preset", preset)
    (recording,) = of_scenario(made).recordings
    faults = json.loads((made / "meta.json").read_text())["faults"]
    turned = {sensor: fault["azimuth_bias_deg"] for sensor, fault in faults.items()}
    start = json.loads((made / "meta.json").read_text())["start"]
    begun = float(np.datetime64(start.removesuffix("Z")).astype("datetime64[s]").astype(float))
    whole = recording.sensors
    watch = watched(whole, recording.batches(), begun)
    heard = [sensor.id for sensor in whole if sensor.kind.listens]
    last = {known.sensor: known for known in watch.last}
    rows = []
    for sensor, bias in turned.items():
        if not bias:
            continue
        reports = [(t, r.azimuth_bias_deg) for t, r in watch.told[sensor] if r.state is RegistrationState.CORRECTED]
        first = next((t for t, said in reports if abs(said - bias) <= max(0.3 * bias, TOLERANCE[0])), None)
        enough = enough_at(made, sensor, heard)
        rows.append(
            {
                "preset": preset,
                "seed": seed,
                "sensor": sensor,
                "turned_deg": bias,
                "report_s": None if first is None else round(first, 1),
                "after_enough_s": None if first is None or enough is None else round(first - enough, 1),
                "final_error_deg": round(last[sensor].azimuth_bias_deg - bias, 3),
                "false": false_reports(watch, turned),
                **cost(watch),
            }
        )
    return rows


def summed(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """By preset and angle: how many turned sensors there are, and how soon they are reported."""
    groups: defaultdict[tuple[str, float], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["preset"], row["turned_deg"]].append(row)
    table = []
    for (preset, turned), members in groups.items():
        seconds = [np.inf if row["report_s"] is None else row["report_s"] for row in members]
        table.append(
            {
                "preset": preset,
                "turned_deg": turned,
                "sensors": len(members),
                "within_60_s": sum(s <= 60.0 for s in seconds),
                "within_120_s": sum(s <= 120.0 for s in seconds),
                "median_s": float(np.median(seconds)),
                "last_s": max(seconds),
                "false": sum(row["false"] for row in members),
            }
        )
    return table


def shown(rows: Sequence[Mapping[str, Any]]) -> None:
    print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join("-" if value is None else str(value) for value in row.values()) + " |")
    print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--silent", action="store_true")
    parser.add_argument("--presets", nargs="*", choices=PRESETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    if not BENCH.is_dir():
        sys.exit(f"no benchmark at {BENCH}: set SAFECONDUCT_SHARED to the folder that holds bench")
    both = not (wanted.faults or wanted.silent) and wanted.presets is None
    tables: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if wanted.faults or both:
            tables["faults"] = of_faults(wanted.seeds, wanted.n, folder, silent=False)
        if wanted.silent:
            tables["silent"] = of_faults(wanted.seeds, wanted.n, folder, silent=True)
        if wanted.presets is not None or both:
            presets = wanted.presets or PRESETS
            tables["presets"] = [
                row for preset in presets for seed in wanted.seeds for row in of_preset(preset, seed, folder)
            ]
            tables["summary"] = summed(tables["presets"])
    if wanted.json:
        print(json.dumps(tables))
        return
    for rows in tables.values():
        shown(rows)


if __name__ == "__main__":
    main()
