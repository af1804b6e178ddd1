"""Replays: recordings through the real pipeline, as fast as it goes, in order of arrival."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO

import numpy as np

from safeconduct.codecs.scenario_files import answer_line, conflict_line, read_sensors, registration_line
from safeconduct.errors import InputError
from safeconduct.feeds.base import Recording
from safeconduct.feeds.detect import merge, open_recording
from safeconduct.feeds.detection_lines import DetectionLines
from safeconduct.kernels.ecef import polar
from safeconduct.model.detection import DetectionBatch
from safeconduct.model.flight import Flight
from safeconduct.model.identification import ConflictKind, IdentifierConflict
from safeconduct.model.identifier import Identifier
from safeconduct.model.registration import RegistrationState, SensorRegistration
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.model.tag_registry import TagRegistry
from safeconduct.picture.board import BoardHeading
from safeconduct.service.census import Census, Sighting, record
from safeconduct.service.declarations import declared_by_file, file_bytes
from safeconduct.service.pipeline import PictureSettings, Pipeline, drive
from safeconduct.units import iso_from_seconds

TICK_S = 5.0
"""A replay looks at its picture this often, in the recording's time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What to replay.

    Attributes:
        recordings: merged in order of arrival.
        flights: declared to the node that replays.
        settings: of tracker and identification.
    """

    recordings: tuple[Recording, ...]
    flights: tuple[Flight, ...] = ()
    settings: PictureSettings | None = None


def of_files(
    files: Sequence[Path],
    flights: Path | None = None,
    sensors: Path | None = None,
    registries: Path | None = None,
) -> Replay:
    """Recordings of any known format, told by their content.

    Args:
        flights: a flights.json.
        sensors: a sensors.json; with it, files of detection lines can be read, and if it declares one ADS-B receiver,
            that one made the ADS-B recordings: its place locates aircraft on the ground.
        registries: a registries.json; with it, signed Remote ID is checked.

    Raises:
        InputError: `unknown-format`, `unreadable`, and what reading flights, sensors and registries raises.
    """
    declared = read_sensors(file_bytes(sensors), str(sensors)) if sensors else ()
    trusted = _trusted(registries) if registries else ()
    return Replay(
        recordings=tuple(_recording(path, declared, trusted) for path in files),
        flights=declared_by_file(flights) if flights else (),
    )


def of_scenario(folder: Path) -> Replay:
    """An identification scenario: `flights.json`, `sensors.json` and `detections.jsonl` of a folder, nothing else.

    Raises:
        InputError: a file is missing or wrong.
    """
    sensors = read_sensors(file_bytes(folder / "sensors.json"), str(folder / "sensors.json"))
    return Replay(
        recordings=(DetectionLines(folder / "detections.jsonl", sensors),),
        flights=declared_by_file(folder / "flights.json"),
    )


def _trusted(path: Path) -> tuple[TagRegistry, ...]:
    from safeconduct.codecs.drip_registries import read_registries  # with its cryptography, for those who need it

    return read_registries(file_bytes(path), str(path))


def _recording(path: Path, declared: tuple[Sensor, ...], trusted: tuple[TagRegistry, ...]) -> Recording:
    """A file's reader. What is in no known format is taken for detection lines where sensors were declared."""
    receivers = [sensor for sensor in declared if sensor.kind is SensorKind.ADSB]
    try:
        receiver = receivers[0] if len(receivers) == 1 else None
        return open_recording(path, receiver=receiver, registries=trusted)
    except InputError as error:
        if error.reason != "unknown-format" or not declared:
            raise
        return DetectionLines(path, declared)


def _refuse_overwriting(recordings: Sequence[Recording], outputs: Sequence[Path | None]) -> None:
    """Raises InputError `overwrites` where an output would be written over a recording that is being read."""
    for path in outputs:
        for recording in recordings:
            if path is not None and path.exists() and path.samefile(recording.report.path):
                raise InputError("overwrites", "this is the recording itself", where=str(path), remedy="name another")


def _output(path: Path) -> IO[bytes]:
    try:
        return path.open("wb")
    except OSError as error:
        raise InputError("unwritable", error.strerror or str(error), where=str(path)) from error


def run(
    replay: Replay,
    *,
    answers: Path | None = None,
    events: Path | None = None,
    progress: Callable[[float], None] = lambda now: None,
) -> dict[str, object]:
    """Replays it all; the record that `safeconduct replay --json` prints.

    Args:
        answers: where to write an identification of every track at every tick, one JSON line each.
        events: where to write identifier conflicts and turned sensors, when they become known.
        progress: told the recording's time, Unix seconds, at every tick.

    Raises:
        InputError: a recording cannot be read at all, or holds nothing that can be placed.
    """
    began = time.perf_counter()
    _refuse_overwriting(replay.recordings, (answers, events))
    batches = merge(replay.recordings)
    first = next((batch for batch in batches if len(batch)), None)
    census = Census()
    conflicts: tuple[IdentifierConflict, ...] = ()
    pipeline: Pipeline | None = None
    if first is not None:
        pipeline = _pipeline(replay, first)
        with ExitStack() as files:
            output = _Output(
                files.enter_context(_output(answers)) if answers else None,
                files.enter_context(_output(events)) if events else None,
            )
            watched = _watched(pipeline, chain([first], batches), replay.recordings, census, output)
            for delta in drive(pipeline, watched, TICK_S):
                output.write(pipeline, delta.time)
                progress(delta.time)
        conflicts = pipeline.engine.conflicts
    else:
        for path in filter(None, (answers, events)):
            _output(path).close()
    aircraft = census.aircraft(conflicts)
    seconds = time.perf_counter() - began
    detections = sum(recording.report.detections for recording in replay.recordings)
    return {
        "files": [
            {
                "path": recording.report.path,
                "format": recording.report.format,
                "messages": recording.report.messages,
                "rejected": dict(sorted(recording.report.rejected.items())),
                "last_error": recording.report.last_error or None,
            }
            for recording in replay.recordings
        ],
        "detections": detections,
        "set_aside": dict(sorted(pipeline.tracker.set_aside.items())) if pipeline else {},
        "tracks": len(census.counted()),
        "aircraft": [record(seen) for seen in aircraft],
        "conflicts": _conflicts(conflicts, aircraft),
        "seconds": round(seconds, 3),
        "detections_per_second": round(detections / seconds, 1),
    }


class _Output:
    """The answers and events written so far."""

    def __init__(self, answers: IO[bytes] | None, events: IO[bytes] | None) -> None:
        self._answers, self._events = answers, events
        self._told: set[tuple[object, ...]] = set()
        self._turned: set[str] = set()

    def write(self, pipeline: Pipeline, now: float) -> None:
        """Everything known at a tick."""
        if self._answers is not None:
            for said in pipeline.identifications():
                self._answers.write(answer_line(pipeline.board.tracks[said.track], said))
        if self._events is not None:
            for conflict in pipeline.board.conflicts:
                key = (conflict.identifier, conflict.tracks)
                if conflict.kind is ConflictKind.AT_ONCE and key not in self._told:
                    self._told.add(key)
                    self._events.write(conflict_line(conflict, now))

    def registered(self, reports: Sequence[SensorRegistration], now: float) -> None:
        """Sensors found turned, or no longer so, by what arrived until now."""
        for report in reports:
            turned = report.state is RegistrationState.CORRECTED
            aligned = report.state is RegistrationState.ALIGNED and report.sensor in self._turned
            if self._events is not None and (turned or aligned):
                self._turned.add(report.sensor)
                bias = report.azimuth_bias_deg if turned else 0.0
                self._events.write(registration_line(report.sensor, bias, now))


def _watched(
    pipeline: Pipeline,
    batches: Iterator[DetectionBatch],
    recordings: Sequence[Recording],
    census: Census,
    output: _Output,
) -> Iterator[DetectionBatch]:
    """The batches on their way to the pipeline: new sensors introduced first, and what became of each counted."""
    for batch in batches:
        for recording in recordings:
            for sensor in recording.sensors:
                pipeline.add_sensor(sensor)
        yield batch
        if pipeline.changes is not None:
            if len(batch) and pipeline.changes.reported:
                output.registered(pipeline.changes.reported, float(batch.received[-1]))
            census.note(batch, pipeline.changes.assigned, pipeline.changes.confirmed, pipeline.continued)


def _pipeline(replay: Replay, first: DetectionBatch) -> Pipeline:
    sensors = {sensor.id: sensor for recording in replay.recordings for sensor in recording.sensors}
    heading = BoardHeading(epoch="replay", node="replay", title="Replay", rehearsal=False, areas=0)
    return Pipeline(
        _sector(first, tuple(sensors.values())),
        heading,
        sensors=sensors.values(),
        flights=replay.flights,
        settings=replay.settings,
    )


def _sector(first: DetectionBatch, sensors: Sequence[Sensor]) -> Sector:
    """A sector about the middle of the placed sensors, or where nothing is known of them, about the first position."""
    placed = [(s.lon, s.lat) for s in sensors if s.lon is not None and s.lat is not None]
    if placed:
        centre = (sum(lon for lon, _ in placed) / len(placed), sum(lat for _, lat in placed) / len(placed))
    else:
        row = int(np.argmax(np.isfinite(first.lon)))
        centre = (float(first.lon[row]), float(first.lat[row]))
    return Sector(id="replay", party="replay", name="Replay", centre=centre)


def _conflicts(conflicts: Sequence[IdentifierConflict], aircraft: Sequence[Sighting]) -> list[dict[str, object]]:
    """One record an identifier and pair of aircraft; a pair may conflict through many tracks, broken as they come."""
    of_track = {track: index for index, seen in enumerate(aircraft) for track in seen.tracks}
    pairs: dict[tuple[Identifier, frozenset[int]], list[IdentifierConflict]] = {}
    for conflict in conflicts:
        pair = frozenset(of_track[track] for track in conflict.tracks)
        pairs.setdefault((conflict.identifier, pair), []).append(conflict)
    return [_conflict(identifier, several) for (identifier, _), several in pairs.items()]


def _conflict(identifier: Identifier, several: Sequence[IdentifierConflict]) -> dict[str, object]:
    closest = min(several, key=lambda conflict: conflict.gap_s)
    at_once = any(conflict.kind is ConflictKind.AT_ONCE for conflict in several)
    (lon_a, lat_a), (lon_b, lat_b) = closest.places
    between_m, _ = polar((lon_a, lat_a, 0.0), lon_b, lat_b, 0.0)
    return {
        "identifier": {"kind": identifier.kind.value, "value": identifier.value},
        "kind": (ConflictKind.AT_ONCE if at_once else ConflictKind.APART).value,
        "tracks": list(dict.fromkeys(track for conflict in several for track in conflict.tracks)),
        "places": [{"lon": round(lon, 6), "lat": round(lat, 6)} for lon, lat in closest.places],
        "distance_m": round(float(between_m), 1),
        "gap_s": round(closest.gap_s, 3),
        "first": iso_from_seconds(min(conflict.first_time for conflict in several)),
        "last": iso_from_seconds(max(conflict.last_time for conflict in several)),
    }
