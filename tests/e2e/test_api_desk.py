"""Coordination over the wire: two nodes of a rehearsal, programs for people, keys made here, real WebSockets."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from safeconduct.model.canonical import canonical
from safeconduct.model.key import SigningKey

KEY = SigningKey(hashlib.sha256(b"the relief crew's own device").digest())
POST = "tarhuna-watch"


class Person:
    """Somebody at a node, with a client that is signed in."""

    def __init__(self, told: dict[str, Any], link: dict[str, Any]) -> None:
        self.node, self.person, self.post = told["node"], link["person"], link["post"]
        self.client = httpx.Client(base_url=told["address"], timeout=20)
        self.ok("POST", "/v1/session", {"token": link["sign_in"].split("#sign-in=")[1]})

    def ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        return self.client.request(method, path, json=body)

    def ok(self, method: str, path: str, body: object = None) -> Any:
        answer = self.ask(method, path, body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def desk(self) -> ClientConnection:
        cookie = "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())
        address = str(self.client.base_url).replace("http", "ws").rstrip("/") + "/desk"
        return connect(address, additional_headers={"Cookie": cookie}, max_size=None)


@pytest.fixture(scope="module")
def people() -> Iterator[dict[tuple[str, str], Person]]:
    """Everybody who may sign in, by node and id."""
    command = [sys.executable, "-m", "safeconduct.cli", "run", "--port", "0", "--seed", "1", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        told = json.loads(process.stdout.readline())
        found = [Person(node, link) for node in told["nodes"] for link in node["links"]]
        yield {(one.node, one.person): one for one in found}
        for one in found:
            one.client.close()
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


@pytest.fixture(scope="module")
def pilot(people: dict[tuple[str, str], Person]) -> Person:
    return people["africom", "operator"]


@pytest.fixture(scope="module")
def crew(people: dict[tuple[str, str], Person]) -> Person:
    """The relief crew, with a key of its own enrolled."""
    found = next(one for one in people.values() if one.post == POST)
    signed = {"node": "lna", "person": found.person, "public": KEY.public, "rehearsal": True}
    signature = KEY.sign(canonical(signed, kind="key", version=1))
    assert found.ok("POST", "/v1/keys", {"public": KEY.public, "signature": signature})["key_id"] == KEY.id
    return found


def until(socket: ClientConnection, found: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first view that has what is waited for."""
    for _ in range(200):
        view: dict[str, Any] = json.loads(socket.recv(timeout=20))
        if found(view):
            return view
    raise AssertionError("it never came")


def over(sector: dict[str, Any], time: float) -> dict[str, Any]:
    """A volume that is wholly within a sector, for an hour from now."""
    lon, lat = sector["centre"]
    outline = [[lon - 0.05, lat - 0.05], [lon + 0.05, lat - 0.05], [lon, lat + 0.05]]
    return {"outline": outline, "lower_m": 500, "upper_m": 1500, "start": time + 600, "end": time + 4200}


def test_declared_at_one_node_signed_at_another_and_held_at_the_first(pilot: Person, crew: Person) -> None:
    post = next(one for one in crew.ok("GET", "/v1/posts") if one["post"]["id"] == POST)
    with crew.desk() as inbox, pilot.desk() as coverage:
        now = json.loads(inbox.recv(timeout=20))["time"]
        number = post["shift"]["number"] + 1 if post["shift"] else 1
        shift = {"post": POST, "number": number, "person": crew.person, "key": KEY.public}
        shift |= {"start": now, "until": now + 3600.0}
        signature = KEY.sign(canonical({"shift": shift, "rehearsal": True}, kind="shift", version=1))
        crew.ok("POST", f"/v1/posts/{POST}/shift", {"shift": shift, "signature": signature})

        flight = {"id": "AFRICOM-77", "aircraft": {"type": "male_uav"}, "volumes": [over(post["post"]["sector"], now)]}
        declared = pilot.ok("POST", "/v1/flights", flight)
        assert declared["record"]["promise"]["rehearsal"] is True

        told = until(inbox, lambda view: any(item["flight"]["id"] == "AFRICOM-77" for item in view["inbox"]))
        item = next(item for item in told["inbox"] if item["flight"]["id"] == "AFRICOM-77")
        crew.ok("POST", f"/v1/notices/{item['notice']['id']}/shown", {})
        signed_for = canonical({**item["flight"], "state": "Accepted"}, kind="flight", version=1)
        lon, lat = post["post"]["sector"]["centre"]
        receipt = {
            "notice": item["notice"]["id"],
            "flight": item["notice"]["flight"],
            "version": item["notice"]["version"],
            "digest": hashlib.sha256(signed_for).hexdigest(),
            "post": POST,
            "shift": number,
            "key": KEY.public,
            "answer": "received",
            "read_back": {"lon": lon, "lat": lat},
            "reason": "",
            "time": told["time"],
            "rehearsal": True,
        }
        signed = {"receipt": receipt, "signature": KEY.sign(canonical(receipt, kind="receipt", version=1))}
        answer = crew.ok("POST", "/v1/receipts", signed)
        assert answer["state"] == "received", answer
        again = crew.ask("POST", "/v1/receipts", signed)
        assert (again.status_code, again.json()["error"]["reason"]) == (409, "already-answered")

        def held(view: dict[str, Any]) -> bool:
            mine = [one for one in view["flights"] if one["ref"] == "AFRICOM-77"]
            return any(line["state"] == "held" for one in mine for line in one["coverage"])

        assert until(coverage, held)["node"] == "africom"


def test_a_check_names_whom_the_declaration_would_be_told(pilot: Person) -> None:
    volume = over({"centre": [-30.0, 40.0]}, pilot.ok("GET", "/v1/desk")["time"])
    body = {"id": "AFRICOM-78", "aircraft": {"type": "male_uav"}, "volumes": [volume]}
    check = pilot.ok("POST", "/v1/flights/check", body)
    confirmed = [peer for peer in pilot.ok("GET", "/v1/peers") if peer["confirmed"]]
    assert len(confirmed) > 1
    assert check["peers"] == sorted(({key: one[key] for key in ("party", "name")} for one in confirmed), key=str)
    assert check["told"] == check["conflicts"] == check["posts"] == []


def test_an_enrolled_key_signs_in_without_a_link(crew: Person) -> None:
    with httpx.Client(base_url=crew.client.base_url) as client:
        challenge = client.post("/v1/session/challenge", json={}).json()["challenge"]
        signed = canonical({"challenge": challenge, "node": "lna", "rehearsal": True}, kind="sign-in", version=1)
        body = {"public": KEY.public, "challenge": challenge, "signature": KEY.sign(signed)}
        assert client.post("/v1/session/key", json=body).json()["person"] == crew.person
        assert client.get(f"/v1/posts/{POST}/inbox").status_code == 200
        assert client.post("/v1/session/key", json=body).status_code == 401


def test_ten_megabytes_are_refused_and_the_node_goes_on(pilot: Person) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(160):
            yield b" " * 65_536

    for content in (b" " * 10 * 1024 * 1024, chunks()):
        try:
            answer = pilot.client.post("/v1/flights", content=content)
        except (httpx.WriteError, httpx.RemoteProtocolError):
            pass  # the node closed while it was still being sent to, as it may
        else:
            assert (answer.status_code, answer.json()["error"]["reason"]) == (413, "too-long")
        assert pilot.ask("GET", "/v1/session").status_code == 200


def test_sockets_are_for_our_own_pages_and_for_people_who_signed_in(pilot: Person) -> None:
    address = str(pilot.client.base_url).replace("http", "ws").rstrip("/") + "/desk"
    with pytest.raises(InvalidStatus) as caught:
        connect(address, origin=Origin("http://elsewhere.example"))
    assert caught.value.response.status_code == 403
    with connect(address) as socket, pytest.raises(ConnectionClosed):
        socket.recv(timeout=20)
    assert socket.close_code == 4401


def test_signing_out_ends_the_view(people: dict[tuple[str, str], Person]) -> None:
    one = people["un", "operator"]
    with one.desk() as socket:
        assert json.loads(socket.recv(timeout=20))["person"] == "operator"
        assert one.ask("DELETE", "/v1/session").status_code == 204
        with pytest.raises(ConnectionClosed):
            until(socket, lambda view: False)
    assert socket.close_code == 4401
