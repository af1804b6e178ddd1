"""What every recording promises (feeds/base.py), asked of each. To add a format: write a maker and put it in MAKERS.

A maker writes a small recording of two aircraft over three seconds and says, for the same recording with one message
spoilt, how that is counted.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from safeconduct.codecs import cpr, mode_s_encode
from safeconduct.codecs.beast import COUNTER_HZ, MODE_S_LONG, BeastFrame
from safeconduct.codecs.beast import encode as beast_encode
from safeconduct.errors import InputError
from safeconduct.feeds.adsb_recordings import BeastRecording, OpenSkyRecording, RawFramesRecording
from safeconduct.feeds.base import WINDOW_S, Recording
from safeconduct.feeds.detect import merge, open_recording
from safeconduct.model.detection import DetectionBatch, join

START = 1_720_248_000.0
AIRCRAFT = {"393322": (2.5, 49.0), "4ca568": (3.5, 48.0)}


@dataclass(frozen=True)
class Kind:
    """A format: how its reader is made, how it is written, what its spoilt message is counted as."""

    reader: Callable[[Path], Recording]
    whole: bytes
    spoilt: bytes
    reason: str


def frames() -> list[tuple[float, bytes]]:
    """Both aircraft flying north, a position every quarter of a second."""
    flown = []
    for step in range(12):
        time = START + 0.25 * step
        for address, (lon, lat) in AIRCRAFT.items():
            sent = cpr.encode(lon, lat + 200.0 * 0.25 * step / 111_195.0, odd=bool(step % 2), surface=False)
            flown.append((time, mode_s_encode.airborne_position(address, sent, 10_000.0)))
    return flown


def damaged(frame: bytes) -> bytes:
    return frame[:-1] + bytes([frame[-1] ^ 1])


def raw_frames() -> Kind:
    lines = [json.dumps({"timestamp": time, "frame": frame.hex()}).encode() + b"\n" for time, frame in frames()]
    spoilt = [*lines[:10], b'{"timestamp": 17202480\n', *lines[10:]]
    return Kind(RawFramesRecording, b"".join(lines), b"".join(spoilt), "bad-json")


def beast() -> Kind:
    sent = [
        beast_encode(BeastFrame(MODE_S_LONG, round((time - START) * COUNTER_HZ), 99, frame)) for time, frame in frames()
    ]
    spoilt = [*sent[:10], sent[10][:9], *sent[10:]]
    return Kind(lambda path: BeastRecording(path, start=START), b"".join(sent), b"".join(spoilt), "truncated")


def opensky() -> Kind:
    records: list[dict[str, object]] = [
        {"timestamp": (START + 0.5 * step) * 1000, "icao24": address, "longitude": lon, "latitude": lat + 0.001 * step}
        for step in range(6)
        for address, (lon, lat) in AIRCRAFT.items()
    ]
    spoilt = [*records[:4], records[4] | {"latitude": 91.0}, *records[4:]]
    return Kind(OpenSkyRecording, json.dumps(records).encode(), json.dumps(spoilt).encode(), "bad-latitude")


MAKERS: list[Callable[[], Kind]] = [raw_frames, beast, opensky]


@pytest.fixture(params=MAKERS, ids=lambda maker: maker.__name__)
def kind(request: pytest.FixtureRequest) -> Kind:
    made: Kind = request.param()
    return made


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "recording"
    path.write_bytes(content)
    return path


def assert_same(one: DetectionBatch, other: DetectionBatch) -> None:
    assert len(one) == len(other)
    for name in ("time", "received", "lon", "lat", "pressure_altitude_m", "height_m", "covariance", "velocity"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert dict(one.claims) == dict(other.claims)


def test_batches_come_in_order_and_each_within_one_window(kind: Kind, tmp_path: Path) -> None:
    batches = list(kind.reader(written(tmp_path, kind.whole)).batches())
    assert len(batches) > 1
    assert all(len(batch) for batch in batches)
    windows = [set((batch.received // WINDOW_S).tolist()) for batch in batches]
    assert all(len(window) == 1 for window in windows)
    assert (np.diff(np.concatenate([batch.received for batch in batches])) >= 0).all()
    assert len(set.union(*windows)) == len(batches)


def test_rows_say_where_both_aircraft_are_and_who(kind: Kind, tmp_path: Path) -> None:
    seen = join(kind.reader(written(tmp_path, kind.whole)).batches())
    who = [seen.claims[row].identifiers[0].value for row in range(len(seen))]
    assert set(who) == set(AIRCRAFT)
    for row, address in enumerate(who):
        assert (seen.lon[row], seen.lat[row]) == pytest.approx(AIRCRAFT[address], abs=0.01)
    assert (seen.received >= seen.time).all()
    assert (seen.time >= START).all()


def test_every_sensor_is_named_before_its_rows_come(kind: Kind, tmp_path: Path) -> None:
    recording = kind.reader(written(tmp_path, kind.whole))
    for batch in recording.batches():
        assert {batch.sensors[number] for number in batch.sensor} <= {sensor.id for sensor in recording.sensors}


def test_the_report_counts_what_came(kind: Kind, tmp_path: Path) -> None:
    recording = kind.reader(written(tmp_path, kind.whole))
    rows = sum(len(batch) for batch in recording.batches())
    assert recording.report.detections == rows > 0
    assert recording.report.messages >= rows
    assert not recording.report.rejected


def test_one_bad_message_is_counted_and_costs_nothing_but_itself(kind: Kind, tmp_path: Path) -> None:
    good = join(kind.reader(written(tmp_path, kind.whole)).batches())
    recording = kind.reader(written(tmp_path, kind.spoilt))
    assert_same(join(recording.batches()), good)
    assert recording.report.rejected == {kind.reason: 1}
    assert recording.report.last_error


def test_two_runs_give_the_same_batches_and_gzip_makes_no_difference(kind: Kind, tmp_path: Path) -> None:
    first = list(kind.reader(written(tmp_path, kind.whole)).batches())
    second = list(kind.reader(written(tmp_path, gzip.compress(kind.whole))).batches())
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        assert_same(one, other)


def test_a_file_that_is_not_there_raises_on_the_first_next(kind: Kind, tmp_path: Path) -> None:
    batches = kind.reader(tmp_path / "nothing").batches()
    with pytest.raises(InputError) as caught:
        next(batches)
    assert caught.value.reason == "unreadable"


def test_it_is_recognised_by_its_content(kind: Kind, tmp_path: Path) -> None:
    path = written(tmp_path, kind.whole)
    assert type(open_recording(path)) is type(kind.reader(path))


def test_merged_with_itself_it_is_twice_itself(kind: Kind, tmp_path: Path) -> None:
    path = written(tmp_path, kind.whole)
    once = join(kind.reader(path).batches())
    twice = join(merge([kind.reader(path), kind.reader(path)]))
    assert sorted(twice.received) == sorted([*once.received, *once.received])
    assert (np.diff(twice.received) >= 0).all()


@pytest.mark.parametrize("maker", [raw_frames, beast])
def test_time_going_backwards_is_counted_and_its_row_set_aside(maker: Callable[[], Kind], tmp_path: Path) -> None:
    late = frames()
    late.insert(10, (START - 1.0 if maker is raw_frames else START + 0.1, late[10][1]))
    if maker is raw_frames:
        content = b"".join(json.dumps({"timestamp": at, "frame": sent.hex()}).encode() + b"\n" for at, sent in late)
    else:
        content = b"".join(
            beast_encode(BeastFrame(MODE_S_LONG, round((at - START) * COUNTER_HZ), 99, sent)) for at, sent in late
        )
    good = join(maker().reader(written(tmp_path, maker().whole)).batches())
    recording = maker().reader(written(tmp_path, content))
    assert_same(join(recording.batches()), good)
    assert recording.report.rejected == {"time-backwards": 1}


@pytest.mark.parametrize("maker", [raw_frames, beast])
def test_frames_damaged_in_transit_are_bad_parity(maker: Callable[[], Kind], tmp_path: Path) -> None:
    frame = frames()[5][1]
    whole = maker().whole
    spoilt = whole.replace(frame, damaged(frame)).replace(frame.hex().encode(), damaged(frame).hex().encode())
    assert spoilt != whole
    recording = maker().reader(written(tmp_path, spoilt))
    assert sum(len(batch) for batch in recording.batches()) > 0
    assert recording.report.rejected == {"bad-parity": 1}


@pytest.mark.parametrize("maker", [raw_frames, beast])
def test_a_gzip_file_that_breaks_off_gives_what_it_has(maker: Callable[[], Kind], tmp_path: Path) -> None:
    """Stored, not compressed, so that the cut falls into the last message."""
    packed = gzip.compress(maker().whole, compresslevel=0)
    recording = maker().reader(written(tmp_path, packed[:-12]))
    assert sum(len(batch) for batch in recording.batches()) > 0
    assert recording.report.rejected["truncated"] >= 1
