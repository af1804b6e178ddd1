"""Identification under load: many tracks against many declared flights, reassessed every second on one core.

    python benchmarks/identity_load.py [--tracks 5000] [--flights 500] [--calls 60] [--json]

A made-up sector of 120 by 120 km in which everything flies for the whole run. Flights have volumes and, seven in ten, a
route; one track in ten flies as declared, the others are strangers on courses of their own. Half of the tracks send an
identifier every second: those of declared flights their own, strangers one that nobody declared, and one stranger in
fifty one that somebody did. All of it comes from one seed. Times are of this machine now, on one thread and one core.
"""

import argparse
import json
import math
import os
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.identity_scoring import ONE_THREAD

from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.detection import ARRAYS, Claims, DetectionBatch, DetectionKind
from safeconduct.model.flight import Flight, RoutePoint
from safeconduct.model.identifier import Identifier, IdentifierKind, identifier
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.model.track import TrackStatus, TrackTable
from safeconduct.model.volume import Volume4D
from safeconduct.picture.identification import Assessment, IdentificationEngine
from safeconduct.picture.reach import Reach

SEED = 5
CENTRE, HALF_M = (13.3, 32.6), 60_000.0
START = 1_741_759_200.0
SPAN_S, LEG_S, SEGMENT_S = 2_400.0, 60.0, 400.0
"""How long a flight lasts, and by how much its route and its volumes are cut."""
TYPES = (("male_uav", (45.0, 70.0)), ("tactical_uav", (26.0, 40.0)), ("cargo_drone", (24.0, 34.0)))
DECLARED_SHARE, CLAIMING_SHARE, SPOOFING_SHARE, ROUTED_SHARE = 0.1, 0.5, 0.02, 0.7
WARM_UP, SURE = 5, 0.9
SENSORS = tuple(
    Sensor(id=kind.value, party="watcher", kind=kind, lon=CENTRE[0], lat=CENTRE[1], alt_m=200.0, range_m=200_000.0)
    for kind in (SensorKind.RADAR, SensorKind.ADSB)
)
"""They reach everything: what is not seen or heard is weighed too."""
SIGMA_M, SIGMA_MPS, SIGMA_HEIGHT_M = 40.0, 3.0, 100.0

Floats = npt.NDArray[np.float64]


class Sky:
    """n aircraft that fly for `SPAN_S` from `START`, turning gently; positions in the sector's plane.

    Attributes:
        heights: (n,) metres above the ellipsoid; speeds: (n,) m/s; kinds: (n,) index into `TYPES`.
    """

    def __init__(self, rng: np.random.Generator, count: int) -> None:
        self.frame = SectorFrame(*CENTRE)
        self.kinds = rng.integers(len(TYPES), size=count)
        low, high = np.array([speeds for _, speeds in TYPES])[self.kinds].T
        self.speeds, self.heights = rng.uniform(low, high), rng.uniform(300.0, 4_000.0, count)
        radius = rng.uniform(8_000.0, 30_000.0, count)
        self._centre = rng.uniform(-1.0, 1.0, (count, 2)) * (HALF_M - radius[:, None])
        self._radius = radius * rng.choice([-1.0, 1.0], count)
        self._phase = rng.uniform(0.0, 2.0 * math.pi, count)

    def at(self, seconds: float) -> tuple[Floats, Floats]:
        """(n, 2) places and velocities so many seconds after the start."""
        angle = self._phase + self.speeds / self._radius * seconds
        ahead = np.column_stack([np.cos(angle), np.sin(angle)])
        place = self._centre + self._radius[:, None] * np.column_stack([ahead[:, 1], -ahead[:, 0]])
        return place, self.speeds[:, None] * ahead


def declared(sky: Sky, rng: np.random.Generator, count: int) -> tuple[Flight, ...]:
    """Flights that the first `count` aircraft fly as planned."""
    times = np.arange(0.0, SPAN_S + LEG_S, LEG_S)
    paths = np.stack([sky.at(time)[0] for time in times], axis=1)[:count]
    routed = rng.random(count) < ROUTED_SHARE
    return tuple(flight(sky, number, paths[number], times, routed=bool(routed[number])) for number in range(count))


def flight(sky: Sky, number: int, path: Floats, times: Floats, *, routed: bool) -> Flight:
    """One of them; its volumes are boxes about its path, 1.5 km wider on every side."""
    height, cut, volumes = float(sky.heights[number]), int(SEGMENT_S / LEG_S), []
    for first in range(0, len(times) - 1, cut):
        part = path[first : first + cut + 1]
        (west, south), (east, north) = part.min(axis=0) - 1_500.0, part.max(axis=0) + 1_500.0
        lon, lat = sky.frame.to_degrees(np.array([west, east, east, west]), np.array([south, south, north, north]))
        last = min(first + cut, len(times) - 1)
        volumes.append(
            Volume4D(
                outline=tuple(zip(lon.tolist(), lat.tolist(), strict=True)),
                lower_m=height - 250.0,
                upper_m=height + 250.0,
                start=START + float(times[first]) - 120.0,
                end=START + float(times[last]) + 300.0,
            )
        )
    lon, lat = sky.frame.to_degrees(path[:, 0], path[:, 1])
    at = zip(lon.tolist(), lat.tolist(), times.tolist(), strict=True)
    route = tuple(RoutePoint(x, y, height, START + time) for x, y, time in at)
    return Flight(
        id=f"flight-{number}",
        party="party",
        aircraft=Aircraft(type=TYPES[sky.kinds[number]][0], identifiers=(address(number),)),
        volumes=tuple(volumes),
        route=route if routed else (),
        emits=frozenset({SensorKind.ADSB}),
    )


def address(number: int) -> Identifier:
    """One that nobody else has."""
    return identifier(IdentifierKind.ICAO_ADDRESS, f"{0x400000 + number:06x}")


def picture(sky: Sky, rng: np.random.Generator, now: float) -> TrackTable:
    """All aircraft as tracks that have been followed since the start."""
    place, velocity = sky.at(now - START)
    count = len(place)
    lon, lat = sky.frame.to_degrees(*(place + rng.normal(0.0, SIGMA_M, place.shape)).T)
    height = sky.heights + rng.normal(0.0, SIGMA_HEIGHT_M, count)
    return TrackTable(
        time=now,
        number=np.arange(count),
        status=np.full(count, TrackStatus.CONFIRMED, np.int8),
        lon=lon,
        lat=lat,
        height_m=height,
        sigma_height_m=np.full(count, SIGMA_HEIGHT_M),
        sigma_velocity_mps=np.full(count, SIGMA_MPS),
        pressure_altitude_m=np.full(count, np.nan),
        velocity=np.column_stack([velocity + rng.normal(0.0, SIGMA_MPS, velocity.shape), np.zeros(count)]),
        covariance=np.tile([SIGMA_M**2, 0.0, SIGMA_M**2], (count, 1)),
        first_time=np.full(count, START),
        last_time=np.full(count, now),
        last_lon=lon,
        last_lat=lat,
        last_height_m=height,
        doubt=np.zeros(count),
    )


def claimed(tracks: TrackTable, said: dict[int, Claims]) -> DetectionBatch:
    """A second's worth of what the tracks in `said` claim."""
    rows = np.array(sorted(said))
    count = len(rows)
    arrays: dict[str, Any] = {
        name: np.full((count, 3) if name in ("covariance", "velocity") else count, np.nan) for name in ARRAYS
    }
    arrays |= {"time": np.full(count, tracks.time), "received": np.full(count, tracks.time)}
    arrays |= {"sensor": np.zeros(count, np.int32), "kind": np.full(count, DetectionKind.POSITION, np.int8)}
    arrays |= {"lon": tracks.lon[rows], "lat": tracks.lat[rows], "height_m": tracks.height_m[rows]}
    claims = {place: said[row] for place, row in enumerate(rows.tolist())}
    return DetectionBatch(sensors=("adsb",), claims=claims, **arrays)


def transmissions(rng: np.random.Generator, tracks: int, flights: int, flown: int) -> dict[int, Claims]:
    """By track, what it sends; tracks up to `flown` fly the flights of their numbers."""
    sends = np.flatnonzero(rng.random(tracks) < CLAIMING_SHARE)
    spoofs = rng.random(tracks) < SPOOFING_SHARE
    stolen = rng.integers(max(flights, 1), size=tracks)
    said = {}
    for row in sends.tolist():
        owner = row if row < flown else int(stolen[row]) if spoofs[row] else flights + row
        said[row] = Claims((address(owner),))
    return said


def measured(tracks: int, flights: int, calls: int) -> dict[str, Any]:
    """Milliseconds of each call after the warm-up, and how many of the flown flights were recognised at the end."""
    rng = np.random.default_rng(SEED)
    sky = Sky(rng, tracks)
    flown = min(round(tracks * DECLARED_SHARE), flights)
    plans = declared(sky, rng, flights)
    said = transmissions(rng, tracks, flights, flown)
    engine = IdentificationEngine(sky.frame)
    begun = perf_counter()
    for plan in plans:
        engine.declare(plan)
    spent: dict[str, list[float]] = {"observe": [], "assess": [], "assess, of the processor": []}
    declare_s = perf_counter() - begun
    assessment: Assessment | None = None
    for call in range(WARM_UP + calls):
        table = picture(sky, rng, START + 600.0 + call)
        batch, numbers = claimed(table, said), np.array(sorted(said))
        reach = Reach(SENSORS)
        moments = [perf_counter()]
        engine.observe(batch, numbers)
        moments.append(perf_counter())
        busy = process_time()
        assessment = engine.assess(table, reach)
        busy = process_time() - busy
        moments.append(perf_counter())
        if call >= WARM_UP:
            times = (moments[1] - moments[0], moments[2] - moments[1], busy)
            for kept, took in zip(spent.values(), times, strict=True):
                kept.append(1e3 * took)
        if sys.stderr.isatty():
            print(f"\r{call + 1}/{WARM_UP + calls}", end="", file=sys.stderr, flush=True)
    right, wrong = judged(assessment, flown)
    return {
        "tracks": tracks,
        "flights": flights,
        "flown": flown,
        "claims_per_second": len(said),
        "calls": calls,
        "declare_ms_per_flight": round(1e3 * declare_s / max(flights, 1), 3),
        **{name: percentiles(took) for name, took in spent.items()},
        "recognised": right,
        "strangers_labelled": wrong,
    }


def judged(said: Assessment | None, flown: int) -> tuple[int, int]:
    """How many tracks stand at 0.9 and more for the flight that they fly, and how many for another."""
    if said is None:
        return 0, 0
    sure = np.flatnonzero(said.probability >= SURE)
    named = [said.flights[column].id for column in said.pairs.column[sure].tolist()]
    rows = said.tracks.number[said.pairs.row[sure]].tolist()
    right = sum(row < flown and name == f"flight-{row}" for row, name in zip(rows, named, strict=True))
    return right, len(named) - right


def percentiles(milliseconds: list[float]) -> dict[str, float]:
    return {name: round(float(np.quantile(milliseconds, q)), 2) for name, q in (("median", 0.5), ("p95", 0.95))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=5_000)
    parser.add_argument("--flights", type=int, default=500)
    parser.add_argument("--calls", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    told = measured(wanted.tracks, wanted.flights, wanted.calls)
    if wanted.json:
        print(json.dumps(told))
        return
    print(f"{told['tracks']:,} tracks, {told['flights']:,} flights, {told['calls']} calls a second apart, one core:")
    for name in ("assess", "assess, of the processor", "observe"):
        print(f"  {name}: median {told[name]['median']:.1f} ms, p95 {told[name]['p95']:.1f} ms")
    print(f"  declare: {told['declare_ms_per_flight']:.2f} ms a flight; {told['claims_per_second']:,} claims a second")
    print(f"  recognised at 0.9: {told['recognised']} of {told['flown']}; strangers: {told['strangers_labelled']}")


if __name__ == "__main__":
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | ONE_THREAD)
    main()
