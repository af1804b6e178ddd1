"""A real node: a Beast receiver over TCP, garbage and a broken line included, to the API."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from safeconduct.codecs import cpr, mode_s_encode
from safeconduct.codecs.beast import MODE_S_LONG, BeastFrame, encode

NODE = """
node = "civil"
title = "Test approach"
[sector]
id = "home"
name = "Home"
party = "civil"
centre = [2.5, 49.0]
[[parties]]
id = "civil"
name = "Civil aviation"
takes_part = true
[[parties]]
id = "army"
name = "Army"
[[sensors]]
id = "roof"
party = "civil"
kind = "adsb"
[[feeds]]
kind = "beast"
sensor = "roof"
port = {port}
[listen]
port = 0
metrics_token_file = "metrics.token"
"""


class Receiver:
    """Sends one aircraft's positions to whoever connects; breaks the first connection off after garbage."""

    def __init__(self) -> None:
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.stopping = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection, contextlib.suppress(OSError):
                self._send(connection, garbage=self.connections == 1)

    def _send(self, connection: socket.socket, *, garbage: bool) -> None:
        began = time.time()
        for number in range(400):
            if self.stopping.is_set():
                return
            flown = 150.0 * (time.time() - began)
            place = cpr.encode(2.5, 49.0 + flown / 111_195.0, odd=bool(number % 2), surface=False)
            frame = mode_s_encode.airborne_position("393322", place, 10_000.0)
            connection.sendall(encode(BeastFrame(MODE_S_LONG, number, 99, frame)))
            if garbage and number > 6:
                connection.sendall(b"\x1a\x33\x00garbage" * 20)
                return
            time.sleep(0.1)

    def close(self) -> None:
        self.stopping.set()
        self.listener.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    try:
        yield one
    finally:
        one.close()


def test_a_live_feed_goes_on_through_garbage_and_a_broken_line(
    receiver: Receiver, tmp_path: Path, node_process: Any
) -> None:
    (tmp_path / "node.toml").write_text(NODE.format(port=receiver.port))
    (tmp_path / "metrics.token").write_text("m" * 40)
    running = node_process("serve", "--config", str(tmp_path / "node.toml"))
    assert running.rehearsal is False
    headers = running.signed_in()
    deadline = time.monotonic() + 40
    shown: list[dict[str, Any]] = []
    while time.monotonic() < deadline:
        shown = json.loads(running.request("/v1/tracks", headers=headers)[2])
        if receiver.connections > 1 and any(track["status"] == "confirmed" for track in shown):
            break
        time.sleep(0.3)
    assert receiver.connections > 1, "the feed did not connect again"
    (track,) = [track for track in shown if track["status"] == "confirmed"]
    assert track["standing"] == "cooperative"
    assert track["identifiers"] == [{"kind": "icao_address", "value": "393322"}]
    assert track["height_m"] is None, "a pressure altitude became a height"
    assert track["pressure_altitude_m"] == pytest.approx(10_000.0, abs=10.0)
    said = json.loads(running.request(f"/v1/tracks/{track['id']}", headers=headers)[2])["identification"]
    assert said["unknown"] == 1.0
    assert said["silent"] == [
        {"party": "civil", "silence": "not-asked"},
        {"party": "army", "silence": "does-not-take-part"},
    ]
    (feed,) = json.loads(running.request("/v1/feeds", headers=headers)[2])
    assert feed["rejected"], "garbage was not counted"
    bearer = {"Authorization": "Bearer " + "m" * 40}
    assert running.request("/metrics", headers=bearer)[0] == 200
    assert running.request("/v1/tracks", headers=bearer)[0] == 403, "a metrics token is not for the picture"
    assert running.request("/metrics", headers={"Authorization": "Bearer " + "x" * 40})[0] == 401
