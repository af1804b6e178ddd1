"""An identification scenario as it looks to somebody who is told which aircraft each detection is of.

Tracks are perfect: an aircraft's number never changes, its state is the true one, and it is there from its second
detection on for as long as one arrived in the last 20 s. What the detections say beside is what they said.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from safeconduct.feeds.detect import merge
from safeconduct.model.detection import DetectionBatch
from safeconduct.model.sensor import Sensor
from safeconduct.model.track import TrackStatus, TrackTable
from safeconduct.service.replays import TICK_S, of_scenario
from safeconduct.units import iso_from_seconds, seconds_from_iso

SILENT_S = 20.0
"""An aircraft of which nothing arrived for this long has no answer."""
ENOUGH = 2
"""Detections before there is one."""
SIGMA_M, SIGMA_MPS, SIGMA_HEIGHT_M = 30.0, 2.0, 60.0
"""What tracks say of their own errors, though they have none: less would be no tracker's."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Path3:
    """One aircraft as it flew; WGS-84 degrees and metres above the ellipsoid, every 5 s."""

    name: str
    kind: str
    flight: str | None
    time: Floats
    lon: Floats
    lat: Floats
    height_m: Floats

    def at(self, time: float) -> tuple[float, float, float]:
        """Longitude, latitude and height at a time."""
        lon, lat, height = (float(np.interp(time, self.time, c)) for c in (self.lon, self.lat, self.height_m))
        return lon, lat, height

    def velocity(self, time: float, metres: tuple[float, float]) -> tuple[float, float, float]:
        """East, north and up in m/s; `metres` are those of a degree of longitude and of latitude."""
        before, after = max(time - 2.5, self.time[0]), min(time + 2.5, self.time[-1])
        if after <= before:
            return 0.0, 0.0, 0.0
        one, two = self.at(before), self.at(after)
        east, north, up = (
            (b - a) * scale / (after - before) for a, b, scale in zip(one, two, (*metres, 1.0), strict=True)
        )
        return east, north, up


class Told:
    """A scenario and the truth of it.

    Attributes:
        paths: by number of aircraft, from 0.
        detections: all of them, and `of`, the aircraft of each; -1 for false ones.
    """

    def __init__(self, scenario: Path) -> None:
        replay = of_scenario(scenario)
        self.scenario, self.flights = scenario, replay.flights
        self.sensors: tuple[Sensor, ...] = replay.recordings[0].sensors
        self.paths = _paths(scenario)
        number = {path.name: n for n, path in enumerate(self.paths)}
        self.batches: list[tuple[DetectionBatch, npt.NDArray[np.int64]]] = []
        with (scenario / "origins.csv").open() as file:
            origins = [number.get(row["aircraft"], -1) for row in csv.DictReader(file)]
        begun = 0
        for batch in merge(replay.recordings):
            self.batches.append((batch, np.array(origins[begun : begun + len(batch)], np.int64)))
            begun += len(batch)
        if begun != len(origins):
            raise RuntimeError(f"{scenario}: {len(origins)} origins of {begun} detections")

    def moments(self) -> Iterator[tuple[float, list[tuple[DetectionBatch, npt.NDArray[np.int64]]]]]:
        """Each tick of a replay, with the batches that arrived since the one before."""
        waiting: list[tuple[DetectionBatch, npt.NDArray[np.int64]]] = []
        due: float | None = None
        for batch, of in self.batches:
            if not len(batch):
                continue
            arrives = float(batch.received[0])
            due = np.floor(arrives / TICK_S) * TICK_S + TICK_S if due is None else due
            while due <= arrives:
                yield due, waiting
                waiting, due = [], due + TICK_S
            waiting.append((batch, of))
        if due is not None:
            yield due, waiting


class Seen:
    """Which aircraft are there at a moment, by the detections taken so far."""

    def __init__(self, told: Told) -> None:
        count = len(told.paths)
        self._told = told
        self._count, self._height = np.zeros(count, np.int64), np.zeros(count, bool)
        self._first, self._last = np.full(count, np.inf), np.full(count, -np.inf)
        self._heard_from: dict[str, float] = {}

    def take(self, batch: DetectionBatch, of: npt.NDArray[np.int64]) -> None:
        """One batch."""
        for sensor in np.unique(batch.sensor).tolist():
            self._heard_from[batch.sensors[sensor]] = float(batch.received[-1])
        rows = np.flatnonzero(of >= 0)
        np.add.at(self._count, of[rows], 1)
        np.minimum.at(self._first, of[rows], batch.time[rows])
        np.maximum.at(self._last, of[rows], batch.received[rows])
        self._height[of[rows[np.isfinite(batch.height_m[rows])]]] = True

    def lively(self, now: float, within_s: float) -> list[Sensor]:
        """The sensors that delivered something lately."""
        return [s for s in self._told.sensors if now - self._heard_from.get(s.id, -np.inf) <= within_s]

    def there(self, now: float) -> npt.NDArray[np.int64]:
        """Numbers of the aircraft that have a track, ascending."""
        flying = np.array([path.time[0] <= now <= path.time[-1] for path in self._told.paths])
        return np.flatnonzero(flying & (self._count >= ENOUGH) & (now - self._last <= SILENT_S))

    def tracks(self, now: float, metres: tuple[float, float]) -> TrackTable:
        """Their tracks."""
        number = self.there(now)
        count, paths = len(number), [self._told.paths[n] for n in number]
        lon, lat, height = np.array([path.at(now) for path in paths]).reshape(-1, 3).T
        high = self._height[number]
        velocity = np.array([path.velocity(now, metres) for path in paths]).reshape(-1, 3)
        velocity[~high, 2] = np.nan
        height = np.where(high, height, np.nan)
        return TrackTable(
            time=now,
            number=number,
            status=np.full(count, TrackStatus.CONFIRMED, np.int8),
            lon=lon,
            lat=lat,
            height_m=height,
            sigma_height_m=np.where(high, SIGMA_HEIGHT_M, np.nan),
            sigma_velocity_mps=np.full(count, SIGMA_MPS),
            pressure_altitude_m=np.full(count, np.nan),
            velocity=velocity,
            covariance=np.tile([SIGMA_M**2, 0.0, SIGMA_M**2], (count, 1)),
            first_time=self._first[number],
            last_time=self._last[number],
            last_lon=lon,
            last_lat=lat,
            last_height_m=height,
            doubt=np.zeros(count),
        )


def answer(tracks: TrackTable, row: int, candidates: Mapping[str, float], *, shadowed: bool = False) -> str:
    """One line of ANSWERS.jsonl; what `candidates` leave is "none of them"."""
    kept = {name: round(p, 6) for name, p in candidates.items() if p >= 1e-6}
    east, north, _ = tracks.velocity[row].tolist()
    line = {
        "time": iso_from_seconds(tracks.time),
        "track": f"t{tracks.number[row]}",
        "lon": round(float(tracks.lon[row]), 6),
        "lat": round(float(tracks.lat[row]), 6),
        "alt_m": None,
        "velocity": {"east_mps": east, "north_mps": north},
        "candidates": kept,
        "unknown": round(max(0.0, 1.0 - sum(kept.values())), 6),
        "flags": ["shadowed"] if shadowed else [],
    }
    return json.dumps(line) + "\n"


def _paths(scenario: Path) -> tuple[Path3, ...]:
    """Every aircraft that flew, in order of its name."""
    rows: dict[str, list[dict[str, object]]] = {}
    for line in (scenario / "truth.jsonl").read_text().splitlines():
        row = json.loads(line)
        rows.setdefault(row["aircraft"], []).append(row)
    return tuple(
        Path3(
            name=name,
            kind=str(flown[0]["kind"]),
            flight=str(flown[0]["flight"]) if flown[0]["flight"] else None,
            time=np.array([seconds_from_iso(str(row["time"])) for row in flown]),
            lon=np.array([row["lon"] for row in flown], float),
            lat=np.array([row["lat"] for row in flown], float),
            height_m=np.array([row["alt_m"] for row in flown], float),
        )
        for name, flown in sorted(rows.items())
    )
