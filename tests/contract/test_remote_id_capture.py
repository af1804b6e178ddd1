"""What `feeds.base.Recording` promises, held by `RemoteIdCapture`; and what the real recordings give."""

import gzip
import math
import struct
from pathlib import Path

import numpy as np
import pytest

from safeconduct.codecs.remote_id import encode_pack
from safeconduct.codecs.remote_id_messages import (
    BasicId,
    IdType,
    Location,
    Message,
    MessagePack,
    OperatorPosition,
    System,
)
from safeconduct.errors import InputError
from safeconduct.feeds.base import WINDOW_S, Recording
from safeconduct.feeds.remote_id_capture import UNKNOWN_SIGMA_ALT_M, UNKNOWN_SIGMA_M, RemoteIdCapture
from safeconduct.model.detection import DetectionBatch, join
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.sensor import SensorKind

HOUR = 1_680_364_800.0
ANAFI = Identifier(IdentifierKind.REMOTE_ID_SERIAL, "1588E040445AC004418")
SERIAL = BasicId(id_type=IdType.SERIAL_NUMBER, ua_type=2, uas_id=b"1588E0001")
PILOT = System(operator=OperatorPosition(lat=12.3456789, lon=76.5432109))


def frame(messages: tuple[Message, ...], sender: str = "021122334455") -> bytes:
    info = b"\xfa\x0b\xbc\x0d\x01" + encode_pack(MessagePack(messages=messages))
    header = b"\x80\0\0\0" + b"\xff" * 6 + bytes.fromhex(sender) * 2 + b"\0\0"
    return header + bytes(12) + bytes((221, len(info))) + info


def capture(*records: tuple[float, bytes], link: int = 105) -> bytes:
    head = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    return head + b"".join(
        struct.pack("<IIII", int(time), round(time % 1 * 1e6), len(data), len(data)) + data for time, data in records
    )


def at(hour_s: float, lat: float = 47.0) -> Location:
    return Location(lat=lat, lon=8.0, hour_s=hour_s, speed_mps=1.0, direction_deg=0.0)


def flown(count: int = 20, step_s: float = 0.25) -> list[tuple[float, bytes]]:
    """Received half a second after it was measured, and every one heard twice."""
    times = [round(10.0 + k * step_s, 2) for k in range(count)]
    frames = [(HOUR + t + 0.5, frame((SERIAL, at(round(t, 1), 47.0 + t / 1e4), PILOT))) for t in times]
    return [pair for pair in frames for _ in range(2)]


def feed_of(tmp_path: Path, data: bytes, name: str = "roof.pcap") -> RemoteIdCapture:
    path = tmp_path / name
    path.write_bytes(data)
    return RemoteIdCapture(path, party="alpha")


def same(a: list[DetectionBatch], b: list[DetectionBatch]) -> bool:
    columns = ("time", "received", "lon", "lat", "velocity")
    return len(a) == len(b) and all(
        np.array_equal(getattr(x, name), getattr(y, name), equal_nan=True) and x.claims == y.claims
        for x, y in zip(a, b, strict=True)
        for name in columns
    )


def test_it_is_a_recording_with_one_sensor_named_by_its_file(tmp_path: Path) -> None:
    feed: Recording = feed_of(tmp_path, capture(*flown()))
    [sensor] = feed.sensors
    assert (sensor.id, sensor.party, sensor.kind) == ("remote-id-roof", "alpha", SensorKind.REMOTE_ID)
    assert (sensor.lon, sensor.lat, sensor.range_m) == (None, None, None)
    assert (sensor.sigma_m, sensor.sigma_alt_m) == (UNKNOWN_SIGMA_M, UNKNOWN_SIGMA_ALT_M)
    assert pytest.approx(12.45, abs=0.01) == UNKNOWN_SIGMA_M
    assert {name for batch in feed.batches() for name in batch.sensors} == {sensor.id}


def test_batches_come_in_order_of_arrival_one_window_each(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, capture(*flown()))
    batches = list(feed.batches())
    windows = [set((batch.received // WINDOW_S).tolist()) for batch in batches]
    assert all(len(window) == 1 for window in windows)
    assert len(set.union(*windows)) == len(batches) == 6
    received = join(batches).received
    assert np.all(np.diff(received) >= 0)
    assert feed.report.detections == len(received) == 20
    assert feed.report.messages == 40
    assert not feed.report.rejected


def test_two_runs_give_the_same_batches(tmp_path: Path) -> None:
    data = capture(*flown())
    assert same(list(feed_of(tmp_path, data).batches()), list(feed_of(tmp_path, data).batches()))


def test_gzip_makes_no_difference(tmp_path: Path) -> None:
    data = capture(*flown())
    plain = list(feed_of(tmp_path, data).batches())
    assert same(plain, list(feed_of(tmp_path, gzip.compress(data), "roof.pcap.gz").batches()))


def test_one_bad_message_costs_only_itself(tmp_path: Path) -> None:
    records = flown()
    records[4] = (records[4][0], frame((SERIAL, at(11.0)))[:-3])
    records[5] = (records[5][0], records[5][1].replace(b"\xf2\x19\x03", b"\xf7\x19\x03"))
    feed = feed_of(tmp_path, capture(*records))
    assert len(join(feed.batches())) == 19
    assert feed.report.rejected == {"truncated": 1, "bad-version": 1}
    assert feed.report.messages == 38
    assert feed.report.last_error.startswith("packet at byte ")


@pytest.mark.parametrize("zipped", [False, True])
def test_a_cut_capture_gives_all_that_is_whole(tmp_path: Path, zipped: bool) -> None:
    data = capture(*flown())
    data = gzip.compress(data)[:-40] if zipped else data[:-40]
    feed = feed_of(tmp_path, data)
    assert len(join(feed.batches())) >= 19 - 19 * zipped
    assert feed.report.rejected == {"truncated": 1}


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "not-a-capture"), (b"not a capture", "not-a-capture"), (b"\x1f\x8bnot gzip", "bad-gzip")],
)
def test_what_cannot_be_read_raises_on_the_first_next(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        next(feed_of(tmp_path, data).batches())
    assert caught.value.reason == reason
    assert "roof.pcap" in str(caught.value)


def test_a_missing_file_raises_on_the_first_next(tmp_path: Path) -> None:
    feed = RemoteIdCapture(tmp_path / "nowhere.pcap", party="alpha")
    with pytest.raises(InputError) as caught:
        next(feed.batches())
    assert caught.value.reason == "unreadable"


def test_a_capture_without_wifi_is_counted_not_raised(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, capture((HOUR, b"ethernet"), (HOUR, b"ethernet"), link=1))
    assert list(feed.batches()) == []
    assert feed.report.rejected == {"bad-link-type": 2}


def test_time_that_steps_back_is_held_and_time_that_leaps_back_rejected(tmp_path: Path) -> None:
    records = [(HOUR + t, frame((at(t - 0.5),))) for t in (20.0, 21.0, 20.5, 15.0, 22.0)]
    feed = feed_of(tmp_path, capture(*records))
    assert join(feed.batches()).received.tolist() == [HOUR + t for t in (20.0, 21.0, 21.0, 22.0)]
    assert feed.report.rejected == {"out-of-order": 1}


def test_a_packet_without_a_time_is_rejected(tmp_path: Path) -> None:
    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        length = struct.pack("<I", len(body) + 12)
        return struct.pack("<I", kind) + length + body + length

    data = frame((at(1.0),))
    simple = block(3, struct.pack("<I", len(data)) + data)
    section = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    feed = feed_of(tmp_path, section + block(1, struct.pack("<HHI", 105, 0, 0)) + simple)
    assert list(feed.batches()) == []
    assert feed.report.rejected == {"no-time": 1}


def test_the_pilot_is_nowhere_in_a_batch(tmp_path: Path) -> None:
    batch = join(feed_of(tmp_path, capture(*flown())).batches())
    assert not np.isin([12.3456789, 76.5432109], np.concatenate([batch.lat, batch.lon])).any()
    assert "12.345" not in repr(batch)


def real(shared: Path, name: str) -> tuple[RemoteIdCapture, DetectionBatch]:
    feed = RemoteIdCapture(shared / "data" / "remote_id" / f"parrot_anafi4_{name}.pcapng", party="alpha")
    return feed, join(feed.batches())


def test_the_real_anafi(shared: Path) -> None:
    """1,140 packs say 124 Locations, one a second, at 117 distinct places; the first 15 packs name nobody."""
    feed, batch = real(shared, "real")
    assert feed.report.messages == 1140
    assert not feed.report.rejected
    assert len(batch) == feed.report.detections == 124
    assert len(set(zip(batch.lat.tolist(), batch.lon.tolist(), strict=True))) == 117
    assert [row for row in range(len(batch)) if row not in batch.claims] == [0, 1]
    assert {claims.identifiers for claims in batch.claims.values()} == {(ANAFI,)}
    assert np.isnan(batch.height_m).all()
    assert np.isnan(batch.pressure_altitude_m).all()
    assert np.isnan(batch.covariance).all()
    assert np.all((batch.received - batch.time > 0.8) & (batch.received - batch.time < 1.9))
    assert np.diff(batch.time) == pytest.approx(1.0, abs=0.11)


def test_its_impostor(shared: Path) -> None:
    """13 places under the same serial; each pack was captured twice, cut short; its one time is half an hour off."""
    feed, batch = real(shared, "spoofed")
    assert feed.report.messages == feed.report.rejected["truncated"] == 26
    assert len(batch) == len(set(zip(batch.lat.tolist(), batch.lon.tolist(), strict=True))) == 13
    assert {claims.identifiers for claims in batch.claims.values()} == {(ANAFI,)}
    assert np.array_equal(batch.time, batch.received)
    _, genuine = real(shared, "real")
    north = math.radians(batch.lat.mean() - genuine.lat.mean()) * 6_371_000.0
    east = math.radians(batch.lon.mean() - genuine.lon.mean()) * 6_371_000.0 * math.cos(math.radians(47.3))
    assert 22_000.0 < math.hypot(north, east) < 26_000.0
