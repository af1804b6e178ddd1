"""What detections.jsonl promises as a recording (feeds/base.py), on whole, damaged and hostile files."""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from safeconduct.codecs.scenario_files import read_sensors
from safeconduct.errors import InputError
from safeconduct.feeds.base import WINDOW_S
from safeconduct.feeds.detection_lines import DetectionLines
from safeconduct.model.detection import DetectionBatch, DetectionKind, join
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.units import iso_from_seconds

START = 1_741_759_200.0
SENSORS = (
    Sensor(id="adsb-1", party="p", kind=SensorKind.ADSB, lon=13.0, lat=32.0, range_m=9e4),
    Sensor(id="radar-1", party="p", kind=SensorKind.RADAR, lon=13.0, lat=32.0, range_m=8e4),
)


def line(at: float, delay: float = 0.3, **changes: Any) -> bytes:
    said = {
        "time": iso_from_seconds(START + at),
        "received": iso_from_seconds(START + at + delay),
        "sensor": "adsb-1",
        "position": {"lon": 13.0 + at / 1000, "lat": 32.0, "alt_m": 1000.0},
        "claims": {"icao_address": "0a1b2c"},
    }
    return json.dumps(said | changes).encode() + b"\n"


SOUND = [line(0.4 * number) for number in range(20)]


def recording(path: Path, content: bytes) -> DetectionLines:
    path.write_bytes(content)
    return DetectionLines(path, SENSORS)


def delivered(recording: DetectionLines) -> list[DetectionBatch]:
    """All batches, held to the promises."""
    batches = list(recording.batches())
    known = {sensor.id for sensor in recording.sensors}
    last = -np.inf
    windows = []
    for batch in batches:
        assert len(batch) > 0
        assert set(batch.sensors) <= known
        assert np.all(np.diff(batch.received) >= 0)
        assert batch.received[0] >= last
        last = batch.received[-1]
        assert len(set((batch.received // WINDOW_S).tolist())) == 1
        windows.append(batch.received[0] // WINDOW_S)
        assert np.all(np.abs(batch.lat[batch.kind == DetectionKind.POSITION]) <= 90)
    assert len(set(windows)) == len(windows)
    assert recording.report.detections == sum(len(batch) for batch in batches)
    return batches


def test_all_of_it_in_order_twice_the_same(tmp_path: Path) -> None:
    runs = []
    for name in ("a", "b"):
        feed = recording(tmp_path / name, b"".join(SOUND))
        runs.append(join(delivered(feed)))
        assert feed.report.messages == 20
        assert not feed.report.rejected
    assert np.array_equal(runs[0].lon, runs[1].lon)
    assert runs[0].time.tolist() == pytest.approx([START + 0.4 * number for number in range(20)])
    assert len(runs[0].claims) == 20


def test_gzip_and_blank_lines_change_nothing(tmp_path: Path) -> None:
    packed = recording(tmp_path / "x.gz", gzip.compress(b"\n\n".join(SOUND)))
    assert len(join(delivered(packed))) == 20
    assert not packed.report.rejected


BAD = {
    "bad-json": b"{garbled\n",
    "bad-latitude": line(4.0, position={"lon": 13, "lat": 91}),
    "bad-longitude": line(4.0, position={"lon": 1313, "lat": 32}),
    "no-position": line(4.0, position=None),
    "unknown-sensor": line(4.0, sensor="radar-9"),
    "bad-time": line(4.0, time="noon"),
    "bad-delay": line(4.0, delay=-1.0),
    "time-backwards": line(-300.0),
    "time-leap": line(90_000.0),
    "bad-field": line(4.0, position="here"),
    "bad-identifier": line(4.0, claims={"icao_address": "zzz"}),
}
NAN = line(4.0).replace(b"32.0", b"NaN")
DEEP = b'{"x": ' + b"[" * 100_000 + b"\n"
NOT_UTF_8 = b'{"sensor": "\xff"}\n'


@pytest.mark.parametrize("reason", BAD)
def test_one_bad_message_is_counted_and_costs_only_itself(tmp_path: Path, reason: str) -> None:
    feed = recording(tmp_path / "d.jsonl", b"".join([*SOUND[:10], BAD[reason], *SOUND[10:]]))
    assert len(join(delivered(feed))) == 20
    assert feed.report.rejected == {reason: 1}
    assert feed.report.messages == 20
    assert "d.jsonl:11" in feed.report.last_error


@pytest.mark.parametrize("garbage", [NAN, DEEP, NOT_UTF_8, b"\x00" * 50 + b"\n"])
def test_no_garbage_kills_the_stream(tmp_path: Path, garbage: bytes) -> None:
    feed = recording(tmp_path / "d.jsonl", b"".join([garbage, *SOUND[:10], garbage, *SOUND[10:], garbage]))
    assert len(join(delivered(feed))) == 20
    assert feed.report.rejected == {"bad-json": 3}


def test_everything_bad_at_once(tmp_path: Path) -> None:
    feed = recording(tmp_path / "d.jsonl", b"".join([*SOUND[:10], *BAD.values(), *SOUND[10:]]))
    assert len(join(delivered(feed))) == 20
    assert feed.report.rejected == dict.fromkeys(BAD, 1)


@pytest.mark.parametrize("keep", [1, 7, 100, -1])
def test_a_truncated_file_gives_what_is_whole(tmp_path: Path, keep: int) -> None:
    whole = b"".join(SOUND)
    feed = recording(tmp_path / "d.jsonl", whole[:keep].rstrip(b"}\n") if keep < 0 else whole[:keep])
    batches = delivered(feed)
    assert sum(map(len, batches)) == (19 if keep < 0 else 0)
    assert feed.report.rejected == {"bad-json": 1}


def test_a_truncated_gzip_gives_what_is_whole_and_says_so(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    noisy = [line(0.1 * k, note=chance.bytes(40).hex()) for k in range(200)]
    packed = gzip.compress(b"".join(noisy))
    feed = recording(tmp_path / "d.jsonl.gz", packed[: len(packed) // 2])
    assert 20 < sum(map(len, delivered(feed))) < 180
    assert sum(feed.report.rejected.values()) in (1, 2)
    assert feed.report.rejected["truncated"] == 1


def test_a_file_that_cannot_be_read_says_so_at_once(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.jsonl", tmp_path):
        with pytest.raises(InputError) as caught:
            next(DetectionLines(path, SENSORS).batches())
        assert caught.value.reason == "unreadable"
        assert str(path) in str(caught.value)


def test_an_empty_file_is_an_empty_recording(tmp_path: Path) -> None:
    assert delivered(recording(tmp_path / "d.jsonl", b"")) == []


def test_polar_plots_keep_their_polar_values(tmp_path: Path) -> None:
    plot = line(0.0, sensor="radar-1", range_m=5000.0, azimuth_deg=359.0, elevation_deg=11.5, claims=None)
    (batch,) = delivered(recording(tmp_path / "d.jsonl", plot))
    assert batch.kind.tolist() == [DetectionKind.POLAR]
    assert (batch.range_m[0], batch.azimuth_deg[0], batch.height_m[0]) == (5000.0, 359.0, 1000.0)
    assert batch.elevation_deg[0] == 11.5
    assert np.isnan(batch.lon[0])
    assert not batch.claims


def test_a_real_benchmark_scenario_is_read_whole(shared: Path, tmp_path: Path) -> None:
    make = shared / "bench" / "identity" / "make.py"
    subprocess.run([sys.executable, make, tmp_path, "--seed", "5", "--preset", "standard"], check=True)
    path = tmp_path / "detections.jsonl"
    feed = DetectionLines(path, read_sensors((tmp_path / "sensors.json").read_bytes()))
    assert sum(map(len, delivered(feed))) == len(path.read_bytes().splitlines())
    assert not feed.report.rejected
