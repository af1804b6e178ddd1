"""The real recordings, against the oracle fields beside them and against common sense."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from safeconduct.feeds.adsb_recordings import BeastRecording, OpenSkyRecording, RawFramesRecording, receiver
from safeconduct.model.detection import DetectionBatch, Floats, join
from safeconduct.model.identifier import Identifier, IdentifierKind

METRES_PER_DEGREE = 111_195.0


def metres(lon: Floats, lat: Floats, other_lon: Floats, other_lat: Floats) -> Floats:
    steps: Floats = np.hypot((other_lon - lon) * np.cos(np.radians(lat)), other_lat - lat)
    return METRES_PER_DEGREE * steps


def assert_one_aircraft_without_phantoms(seen: DetectionBatch) -> None:
    address = Identifier(IdentifierKind.ICAO_ADDRESS, "393322")
    assert all(seen.claims[row].identifiers[0] == address for row in range(len(seen)))
    steps = metres(seen.lon[:-1], seen.lat[:-1], seen.lon[1:], seen.lat[1:])
    assert (steps <= 100.0 + 300.0 * np.diff(seen.time)).all()


def oracle(path: Path) -> dict[float, tuple[float, float]]:
    with gzip.open(path) as lines:
        said = [json.loads(line) for line in lines]
    return {each["timestamp"]: (each["longitude"], each["latitude"]) for each in said if "latitude" in each}


def test_full_flight(shared: Path) -> None:
    path = shared / "data/adsb/full_flight_raw_frames.jsonl.gz"
    recording = RawFramesRecording(path)
    seen = join(recording.batches())
    assert recording.report.messages == 57_793
    assert set(recording.report.rejected) == {"no-reference"}
    assert recording.report.detections == len(seen) > 6_900
    assert_one_aircraft_without_phantoms(seen)
    places = oracle(path)
    there = np.array([places[time] for time in seen.time.tolist()])
    assert metres(seen.lon, seen.lat, there[:, 0], there[:, 1]).max() < 0.01


def test_full_flight_with_the_receivers_place_begins_at_the_gate(shared: Path) -> None:
    path = shared / "data/adsb/full_flight_raw_frames.jsonl.gz"
    sensor = replace(receiver(path, party="us", period_s=0.5, sigma_m=30.0), lon=2.55, lat=49.01, range_m=700_000.0)
    recording = RawFramesRecording(path, sensor=sensor)
    seen = join(recording.batches())
    assert not recording.report.rejected
    assert_one_aircraft_without_phantoms(seen)
    assert seen.time[0] - 1_720_248_189.5 < 60.0
    assert len(seen) > 8_200
    places = oracle(path)
    there = np.array([places.get(time, (np.nan, np.nan)) for time in seen.time.tolist()])
    assert np.nanmax(metres(seen.lon, seen.lat, there[:, 0], there[:, 1])) < 0.01


def test_full_flight_velocity_is_how_the_position_moves(shared: Path) -> None:
    seen = join(RawFramesRecording(shared / "data/adsb/full_flight_raw_frames.jsonl.gz").batches())
    assert np.isfinite(seen.velocity[:, :2]).mean() > 0.99
    later = np.searchsorted(seen.time, seen.time + 10.0)
    rows = np.flatnonzero(later < len(seen))
    elapsed = seen.time[later[rows]] - seen.time[rows]
    north = METRES_PER_DEGREE * (seen.lat[later[rows]] - seen.lat[rows]) / elapsed
    assert np.nanmedian(np.abs(north - seen.velocity[rows, 1])) < 3.0
    climb = (seen.pressure_altitude_m[later[rows]] - seen.pressure_altitude_m[rows]) / elapsed
    assert np.nanmedian(np.abs(climb - seen.velocity[rows, 2])) < 1.0


def test_switzerland(shared: Path) -> None:
    recording = OpenSkyRecording(shared / "data/adsb/switzerland_states.json.gz")
    seen = join(recording.batches())
    assert recording.report.messages == 139_098
    assert recording.report.rejected == {"repeated": 240}
    assert len(seen) == 139_098 - 240
    assert len({said.identifiers[0] for said in seen.claims.values()}) == 842
    assert (np.diff(seen.received) >= 0).all()
    assert 45.8 < seen.lat.min() < seen.lat.max() < 47.81
    assert 5.9 < seen.lon.min() < seen.lon.max() < 10.5
    assert 9_200.0 < seen.pressure_altitude_m.min() < seen.pressure_altitude_m.max() < 14_400.0
    assert np.isnan(seen.height_m).all()


def test_beast_sample(shared: Path) -> None:
    recording = BeastRecording(shared / "data/adsb/beast_sample.bin", start=1_000.0)
    seen = join(recording.batches())
    assert recording.report.messages == 239
    assert set(recording.report.rejected) == {"unconfirmed-address"}
    assert (seen.received >= 1_000.0).all()
    assert (seen.received <= 1_060.0).all()
    assert (seen.lon[0], seen.lat[0]) == pytest.approx((1.2296, 43.6566), abs=1e-3)
