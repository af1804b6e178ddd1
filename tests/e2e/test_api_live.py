"""The API of a running rehearsal, as a program would use it."""

import json
from typing import Any

from websockets.sync.client import ClientConnection, connect

READS = ("node", "tracks", "flights", "parties", "sensors", "sectors", "conflicts", "feeds")


def _live(running: Any, headers: dict[str, str], query: str = "") -> ClientConnection:
    return connect(running.address.replace("http", "ws") + "/live" + query, additional_headers=headers, max_size=None)


def _message(socket: ClientConnection) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(socket.recv(timeout=20))
    return told


def _folded(snapshot: dict[str, Any], deltas: list[dict[str, Any]]) -> dict[str, Any]:
    tracks = {track["id"]: track for track in snapshot["tracks"]}
    for delta in deltas:
        tracks.update({track["id"]: track for track in delta["tracks"]})
        for gone in delta["removed"]:
            del tracks[gone]
    return tracks


def test_nothing_is_told_without_a_session(rehearsal: Any) -> None:
    for path in (*(f"/v1/{name}" for name in READS), "/v1/tracks/t1", "/v1/flights/AFRICOM-01", "/metrics"):
        status, _, body = rehearsal.request(path)
        assert (path, status) == (path, 401)
        assert json.loads(body)["error"]["reason"] == "not-signed-in"
    with _live(rehearsal, {}) as socket:
        assert socket.close_code is None or socket.close_code == 4401
        try:
            socket.recv(timeout=10)
        except Exception:  # closed by the server, which is what is asked for
            assert socket.close_code == 4401
        else:
            raise AssertionError("a viewer without a session was sent something")


def test_a_link_signs_in_once(rehearsal: Any, session: dict[str, str]) -> None:
    status, _, body = rehearsal.request("/v1/session", headers=session)
    assert status == 200
    assert json.loads(body)["party"] == "lna"
    again, _, body = rehearsal.request("/v1/session", method="POST", body={"token": rehearsal.token})
    assert again == 401
    assert "used already" in json.loads(body)["error"]["what"]


def test_everything_is_read_as_described(rehearsal: Any, session: dict[str, str]) -> None:
    described = json.loads(rehearsal.request("/openapi.json")[2])["paths"]
    for name in READS:
        assert f"/v1/{name}" in described
        status, _, body = rehearsal.request(f"/v1/{name}", headers=session)
        assert (name, status) == (name, 200)
        assert json.loads(body) is not None
    node = json.loads(rehearsal.request("/v1/node", headers=session)[2])
    assert node["rehearsal"] is True
    assert "Illustrative" in node["notice"]
    sensors = json.loads(rehearsal.request("/v1/sensors", headers=session)[2])
    assert {sensor["party"] for sensor in sensors} == {"lna"}, "another party's sensors are not for this node"
    tracks = json.loads(rehearsal.request("/v1/tracks", headers=session)[2])
    shown = next(track for track in tracks if track["status"] != "lost")
    answer = json.loads(rehearsal.request(f"/v1/tracks/{shown['id']}", headers=session)[2])
    said = answer["identification"]
    assert abs(sum(c["probability"] for c in said["candidates"]) + said["unknown"] - 1.0) < 1e-4
    assert rehearsal.request("/v1/tracks/t999999", headers=session)[0] == 404
    assert b"safeconduct_detections_total" in rehearsal.request("/metrics", headers=session)[2]


def test_deltas_follow_the_snapshot_without_a_gap_and_can_be_resumed(rehearsal: Any, session: dict[str, str]) -> None:
    with _live(rehearsal, session) as socket:
        snapshot = _message(socket)
        assert snapshot["kind"] == "snapshot"
        assert snapshot["rehearsal"] is True
        deltas = [_message(socket) for _ in range(4)]
    numbers = [delta["number"] for delta in deltas]
    assert numbers == list(range(snapshot["number"] + 1, snapshot["number"] + 5))
    with _live(rehearsal, session, f"?epoch={snapshot['epoch']}&number={numbers[1]}") as socket:
        resumed = [_message(socket) for _ in range(2)]
    assert [message["kind"] for message in resumed] == ["delta", "delta"]
    assert resumed == deltas[2:]
    with _live(rehearsal, session, f"?epoch=another&number={numbers[1]}") as socket:
        afresh = _message(socket)
    assert afresh["kind"] == "snapshot"
    after = [delta for delta in deltas if delta["number"] <= afresh["number"]]
    if after and after[-1]["number"] == afresh["number"]:
        assert _folded(snapshot, after) == {track["id"]: track for track in afresh["tracks"]}


def test_other_hosts_and_other_sites_are_refused(rehearsal: Any) -> None:
    status, _, body = rehearsal.request("/healthz", headers={"Host": "node.example"})
    assert status == 421
    assert json.loads(body)["error"]["reason"] == "wrong-host"
    origin = {"Origin": "http://elsewhere.example"}
    status, _, body = rehearsal.request("/v1/session", method="POST", body={"token": rehearsal.token}, headers=origin)
    assert status == 403
    assert rehearsal.request("/healthz")[0] == 200
    assert rehearsal.request("/readyz")[0] == 200
    assert rehearsal.request("/")[1]["content-security-policy"].startswith("default-src 'self'")


def test_bad_requests_are_told_what_is_wrong(rehearsal: Any) -> None:
    status, _, body = rehearsal.request("/v1/session", method="POST", body={"tocken": "x"})
    assert status == 422
    assert json.loads(body)["error"]["where"] == "token"


def test_signing_out_ends_the_session(rehearsal: Any, session: dict[str, str]) -> None:
    assert rehearsal.request("/v1/session", method="DELETE", headers=session)[0] == 204
    assert rehearsal.request("/v1/tracks", headers=session)[0] == 401
