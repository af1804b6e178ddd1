import gzip
import json
from pathlib import Path

import pytest

from safeconduct.codecs.beast import MODE_S_SHORT, BeastFrame, encode
from safeconduct.errors import InputError
from safeconduct.feeds.adsb_recordings import BeastRecording, OpenSkyRecording, RawFramesRecording
from safeconduct.feeds.detect import merge, open_recording
from safeconduct.feeds.remote_id_capture import RemoteIdCapture

FRAME_LINE = b'{"timestamp": 1.0, "frame": "5d3981e46dc8eb"}\n'
BEAST = encode(BeastFrame(MODE_S_SHORT, 0, 0, bytes(7)))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (FRAME_LINE, RawFramesRecording),
        (b"{garbled\n" + FRAME_LINE, RawFramesRecording),
        (b'[{"timestamp": 0}]', OpenSkyRecording),
        (b' \n{"time": 1, "states": []}', OpenSkyRecording),
        (b'{"now": 1, "aircraft": []}', OpenSkyRecording),
        (BEAST, BeastRecording),
        (b"\x0a\x0d\x0d\x0a" + bytes(40), RemoteIdCapture),
        (b"\xd4\xc3\xb2\xa1" + bytes(40), RemoteIdCapture),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_known_by_what_is_in_it(tmp_path: Path, content: bytes, kind: type, packed: bool) -> None:
    path = tmp_path / "misleading.pcap.json"
    path.write_bytes(gzip.compress(content) if packed else content)
    recording = open_recording(path, party="un-mission")
    assert isinstance(recording, kind)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"{}", b"\x1a\x99", b'{"features": []}', b"\xff" * 100, b"\x1f\x8bnot gzip"]
)
def test_anything_else_is_refused_with_what_is_known(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError, match="Beast") as caught:
        open_recording(path)
    assert caught.value.reason == "unknown-format"


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        open_recording(tmp_path / "nothing")
    assert caught.value.reason == "unreadable"


def test_a_gzip_file_that_breaks_off_is_still_known(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(FRAME_LINE, compresslevel=0)[:-8])
    assert isinstance(open_recording(path), RawFramesRecording)


def states(path: Path, times: list[float]) -> OpenSkyRecording:
    row = {"icao24": "3003ae", "longitude": 9.0}
    path.write_text(json.dumps([row | {"timestamp": time * 1000, "latitude": 45.0 + time / 100} for time in times]))
    return OpenSkyRecording(path)


def test_merged_recordings_are_one_in_order_of_arrival(tmp_path: Path) -> None:
    one = states(tmp_path / "one.json", [1.1, 1.5, 3.0, 9.9])
    two = states(tmp_path / "two.json", [0.5, 1.2, 1.5, 2.5])
    batches = list(merge([one, two]))
    assert [batch.received.tolist() for batch in batches] == [[0.5], [1.1, 1.2, 1.5, 1.5], [2.5], [3.0], [9.9]]
    assert [batches[1].sensors[number] for number in batches[1].sensor] == [
        "adsb-one",
        "adsb-two",
        "adsb-one",
        "adsb-two",
    ]
    assert all(set(batch.claims) == set(range(len(batch))) for batch in batches)
    assert list(merge([])) == []
