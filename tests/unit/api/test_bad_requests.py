"""What others may send us: each is refused with the right status, a stable reason, and the place; nothing is kept."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from tests.support.face import ADDRESS, METRICS_TOKEN, SQUARE, START, House, declaration, key_of, volume, zone

from safeconduct.api.guard import MOST_BODY_BYTES
from safeconduct.federation.cards import sign_card
from safeconduct.model.canonical import canonical
from safeconduct.model.receipt import Answer, SignedReceipt
from safeconduct.service.access import MOST_FAILURES
from safeconduct.store.base import StoreError

CROSSED = [[13.0, 31.0], [14.0, 32.0], [14.0, 31.0], [13.0, 32.0]]
SMALLER = [[13.2, 31.2], [13.8, 31.2], [13.8, 31.8]]


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def duty(house: House) -> House:
    """South's crew has the notice of AFRICOM-01 on its screen."""
    house.on_duty("salma")
    for item in house.desk.inbox(house.actor("salma"), "south"):
        house.desk.shown(house.actor("salma"), item.notice.id)
    return house


def wire(value: object) -> Any:
    return json.loads(canonical(value, kind="x", version=1))["body"]


def refused(answer: httpx.Response, status: int, reason: str, where: str = "") -> None:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert (error["reason"], set(error)) == (reason, {"reason", "what", "where", "remedy"})
    assert error["what"]
    assert where in error["where"]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["safeconduct-rehearsal"] == "true"


DECLARATIONS: list[tuple[str, dict[str, Any], int, str, str]] = [
    ("crossed edges", {"volumes": [volume(CROSSED)]}, 422, "crossed-edges", "volumes[0].outline"),
    ("a volume in another", {"volumes": [volume(), volume(SMALLER)]}, 422, "redundant-volume", "volumes.1"),
    ("the same volume twice", {"volumes": [volume(), volume()]}, 422, "redundant-volume", "volumes"),
    ("no volume", {"volumes": []}, 422, "bad-field", "volumes"),
    ("yesterday", {"volumes": [volume(start=START - 9e4, end=START - 8e4)]}, 422, "already-over", "volumes"),
    ("ends first", {"volumes": [volume(end=START)]}, 422, "ends-before-start", "volumes[0].end"),
    ("the floor above", {"volumes": [volume(lower_m=5e3)]}, 422, "bad-height", "volumes[0].lower_m"),
    ("off the earth", {"volumes": [volume([[0, 91], [1, 91], [1, 92]])]}, 422, "bad-latitude", "volumes[0]"),
    ("the year 300,000", {"volumes": [volume(end=1e13)]}, 422, "bad-time", "volumes[0].end"),
    ("an unknown key", {"colour": "red"}, 422, "unknown-key", "colour"),
    ("an unknown key, deep", {"volumes": [volume(ceiling=1)]}, 422, "unknown-key", "volumes[0].ceiling"),
    ("a wrong type", {"volumes": [volume(lower_m="100")]}, 422, "bad-field", "volumes[0].lower_m"),
    ("a list for a record", {"aircraft": []}, 422, "bad-field", "aircraft"),
    ("an unknown word", {"disclosure": "secret"}, 422, "bad-field", "disclosure"),
    ("sealed", {"disclosure": "sealed"}, 403, "sealed", "disclosure"),
    ("a radar that emits", {"emits": ["radar"]}, 422, "bad-emission", "emits"),
    ("a slash in the id", {"id": "a/b"}, 422, "bad-id", "id"),
    ("a colon in the id", {"id": "africom:AFRICOM-01"}, 422, "bad-id", "id"),
    ("letters turned around", {"id": "A\u202eB"}, 422, "bad-id", "id"),
    ("a blank id", {"id": " "}, 422, "bad-id", "id"),
    ("a long id", {"id": "a" * 65}, 422, "bad-field", "id"),
    ("a zero byte", {"contact": "desk\0"}, 422, "bad-field", "contact"),
    ("the node's to say", {"version": 7}, 422, "unknown-key", "version"),
    ("another's name", {"party": "africom"}, 422, "unknown-key", "party"),
]


@pytest.mark.parametrize(
    ("changes", "status", "reason", "where"), [c[1:] for c in DECLARATIONS], ids=lambda v: str(v)[:30]
)
@pytest.mark.parametrize("path", ["/v1/flights", "/v1/flights/check"])
def test_a_declaration_that_nobody_can_mean(
    house: House, path: str, changes: dict[str, Any], status: int, reason: str, where: str
) -> None:
    client, before = house.client("omar"), house.desk.number
    refused(client.post(path, json=declaration(**changes)), status, reason, where)
    assert house.desk.number == before, "it is on the record"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "bad-json"),
        (b"{", "bad-json"),
        (b"\xff\xfe", "bad-json"),
        (b"null", "bad-field"),
        (b'{"id": NaN}', "bad-json"),
        (b'{"id": "\\ud800"}', "bad-json"),
        (b"[" * 100_000, "bad-field"),
        (b'{"a":' * 50_000, "bad-json"),
        (json.dumps(declaration()).replace("100.0", "1e999").encode(), "bad-field"),
        (json.dumps(declaration()).replace("100.0", "NaN").encode(), "bad-json"),
        (json.dumps(declaration()).replace("100.0", "-Infinity").encode(), "bad-json"),
        (json.dumps(declaration()).replace("100.0", "9" * 400).encode(), "bad-field"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_json_and_no_number(house: House, body: bytes, reason: str) -> None:
    refused(house.client("omar").post("/v1/flights", content=body), 422, reason)


def test_conflicts_are_refused_where_that_is_asked_for(house: House) -> None:
    client = house.client("omar")
    answer = client.post("/v1/flights?conflicts=refuse", json=declaration())
    refused(answer, 409, "conflict", "volumes")
    refused(client.post("/v1/flights?conflicts=maybe", json=declaration()), 422, "bad-request", "query.conflicts")
    assert client.post("/v1/flights", json=declaration()).json()["flight"]["conflicts"]
    refused(client.post("/v1/flights", json=declaration()), 409, "duplicate", "id")


def test_a_change_over_another_change(house: House) -> None:
    client = house.client("omar")
    newer = {**declaration("LNA-7"), "replaces": 1}
    assert client.put("/v1/flights/LNA-7", json=newer).json()["flight"]["flight"]["version"] == 2
    refused(client.put("/v1/flights/LNA-7", json=newer), 409, "changed-meanwhile", "replaces")
    refused(client.put("/v1/flights/LNA-7", json={**newer, "replaces": 10**30}), 422, "bad-field", "replaces")
    refused(client.put("/v1/flights/LNA-7", json={**newer, "id": "LNA-6", "replaces": 2}), 409, "other-id", "id")
    assert client.post("/v1/flights/LNA-7/state", json={"state": "Ended"}).status_code == 200
    refused(client.post("/v1/flights/LNA-7/state", json={"state": "Activated"}), 409, "bad-move", "state")


ODD = (
    "..",
    "%2e%2e",
    "a%2Fb",
    "a%00b",
    "a%0ab",
    "%e2%80%ae",
    "x" * 5000,
    "lna:LNA-7",
    "%ff",
    "LNA-7%20",
    "%25",
    "a%3fb",
)


@pytest.mark.parametrize("ref", ODD, ids=lambda ref: ref[:9])
def test_ids_with_odd_characters_name_nothing(house: House, ref: str) -> None:
    client = house.client("olga")
    for method, path in (("GET", f"/v1/flights/{ref}"), ("GET", f"/v1/tracks/{ref}"), ("DELETE", f"/v1/zones/{ref}")):
        answer = client.request(method, path)
        assert answer.status_code in (404, 405), (path, answer.text)
        assert answer.json()["error"]["reason"]
    for path, body in (
        (f"/v1/posts/{ref}", {"name": "P", "sector": {"name": "s", "centre": [13, 31]}}),
        (f"/v1/people/{ref}", {"name": "P", "role": "watch"}),
    ):
        answer = client.put(path, json=body)
        assert answer.status_code in (404, 405, 422), answer.text


def test_people_and_posts_that_cannot_be(house: House) -> None:
    client = house.client("olga")
    person = {"name": "New", "role": "crew"}
    refused(client.put("/v1/people/new", json=person), 422, "bad-post", "post")
    refused(client.put("/v1/people/new", json={**person, "post": "nowhere"}), 404, "unknown-post", "post")
    refused(client.put("/v1/people/new", json={"name": "New", "role": "metrics"}), 422, "bad-role", "role")
    refused(client.put("/v1/people/new", json={"name": "New", "role": "king"}), 422, "bad-field", "role")
    post = {"name": "West", "sector": {"name": "w", "centre": [13.5, 33.5], "outline": [[13, 33], [14, 33]]}}
    refused(client.put("/v1/posts/west", json=post), 422, "bad-outline", "outline")
    refused(client.post("/v1/zones", json=zone("LNA-Z")), 409, "duplicate", "id")
    refused(client.put("/v1/zones/LNA-Z", json=zone("LNA-Y")), 422, "bad-field", "id")


RECEIPTS: list[tuple[str, Callable[[House], SignedReceipt], int, str]] = [
    ("another crew's signature", lambda house: house.receipt(signer="nadir"), 403, "bad-signature"),
    ("another crew's key", lambda house: house.receipt(signer="nadir", key=key_of("nadir").public), 403, "wrong-key"),
    ("garbage", lambda house: replace(house.receipt(), signature="garbage"), 403, "bad-signature"),
    ("another digest", lambda house: house.receipt(digest="0" * 64), 409, "wrong-digest"),
    ("an older version", lambda house: house.receipt(version=0), 409, "older-version"),
    ("a shift to come", lambda house: house.receipt(shift=7), 403, "wrong-key"),
    ("a shift that is over", lambda house: house.receipt(shift=0), 409, "old-shift"),
    ("no such notice", lambda house: house.receipt(notice="0" * 32), 404, "unknown-notice"),
    ("for real", lambda house: house.receipt(rehearsal=False), 403, "rehearsal-key"),
    ("ten minutes early", lambda house: house.receipt(time=house.now - 600), 422, "clock-off"),
    ("ten minutes late", lambda house: house.receipt(time=house.now + 600), 422, "clock-off"),
]


@pytest.mark.parametrize(("made", "status", "reason"), [case[1:] for case in RECEIPTS], ids=[c[0] for c in RECEIPTS])
def test_a_receipt_that_counts_for_nothing(
    duty: House, made: Callable[[House], SignedReceipt], status: int, reason: str
) -> None:
    client = duty.client("salma")
    before = duty.desk.number
    refused(client.post("/v1/receipts", json=wire(made(duty))), status, reason)
    assert duty.desk.number == before


def test_a_receipt_counts_once(duty: House) -> None:
    client, body = duty.client("salma"), wire(duty.receipt())
    answer = client.post("/v1/receipts", json=body)
    assert (answer.status_code, answer.json()["state"]) == (201, "received")
    refused(client.post("/v1/receipts", json=body), 409, "already-answered")
    refused(client.post("/v1/receipts", json={**body, "signature": body["signature"][:-1]}), 403, "bad-signature")


def test_a_receipt_for_an_older_version(duty: House) -> None:
    body = wire(duty.receipt())
    chief = duty.actor("olga")
    flight = duty.peer.register.flights["AFRICOM-01"].flight
    duty.peer.amend(chief, "AFRICOM-01", replace(flight, contact="desk 8"), replaces=1)
    duty.carry()
    refused(duty.client("salma").post("/v1/receipts", json=body), 409, "older-version")


def test_a_receipt_without_what_it_needs(duty: House) -> None:
    client, body = duty.client("salma"), wire(duty.receipt())
    mute = {**body, "receipt": {**body["receipt"], "read_back": None}}
    refused(client.post("/v1/receipts", json=mute), 422, "no-read-back", "receipt.read_back")
    silent = {**body, "receipt": {**body["receipt"], "answer": Answer.REFUSED.value}}
    refused(client.post("/v1/receipts", json=silent), 422, "no-reason", "receipt.reason")
    refused(client.post("/v1/receipts", json={**body, "sig": ""}), 422, "unknown-key", "sig")
    no_key = {**body, "receipt": {**body["receipt"], "key": "x"}}
    refused(client.post("/v1/receipts", json=no_key), 422, "bad-key", "receipt.key")


def test_a_misreading_is_told_and_kept(duty: House) -> None:
    body = wire(duty.receipt(read_back=replace(duty.receipt().receipt.read_back, lat=36.0)))  # type: ignore[type-var]
    answer = duty.client("salma").post("/v1/receipts", json=body)
    assert (answer.status_code, answer.json()["state"]) == (201, "misread")
    assert answer.json()["read_back_error_m"] > 100_000


def test_cards_of_strangers(house: House) -> None:
    client = house.client("olga")
    signed = house.card_of("un")
    forged = {**wire(signed), "signature": wire(house.card_of("who"))["signature"]}
    refused(client.post("/v1/peers", json=forged), 422, "bad-signature", "card")
    early = sign_card(replace(signed.card, issued=house.now + 600), key_of("node un"))
    refused(client.post("/v1/peers", json=wire(early)), 422, "clock-off")
    real = sign_card(replace(signed.card, rehearsal=False), key_of("node un"))
    refused(client.post("/v1/peers", json=wire(real)), 422, "rehearsal-key")
    refused(client.post("/v1/peers", json=wire(house.desk.card())), 409, "duplicate")
    confirmed = {"fingerprint": key_of("node un").id}
    refused(client.post("/v1/peers/un/confirm", json=confirmed), 404, "unknown-party", "party")
    assert client.post("/v1/peers", json=wire(signed)).status_code == 200
    wrong = {"fingerprint": key_of("node who").id}
    refused(client.post("/v1/peers/un/confirm", json=wrong), 403, "wrong-fingerprint", "fingerprint")
    refused(client.post("/v1/peers/un/confirm", json={"fingerprint": "mine"}), 422, "bad-fingerprint")
    assert client.post("/v1/peers/un/confirm", json=confirmed).status_code == 200


def test_a_body_of_ten_megabytes_is_not_read(house: House) -> None:
    read = 0

    def chunks() -> Iterator[bytes]:
        nonlocal read
        for _ in range(160):
            read += 65_536
            yield b" " * 65_536

    client = house.client("omar")
    refused(client.post("/v1/flights", content=b" " * 10 * MOST_BODY_BYTES), 413, "too-long")
    refused(client.post("/v1/flights", content=chunks()), 413, "too-long")
    assert read <= MOST_BODY_BYTES + 2 * 65_536, "it was read on"
    body = json.dumps(declaration()).encode()
    assert client.post("/v1/flights", content=body + b" " * (MOST_BODY_BYTES - len(body))).status_code == 201
    refused(client.post("/v1/flights", content=body + b" " * (MOST_BODY_BYTES - len(body) + 1)), 413, "too-long")


def test_nobody_s_body_is_read_before_they_are_known(house: House) -> None:
    refused(house.client().post("/v1/flights", content=b"{"), 401, "not-signed-in")
    refused(house.client("wanda").post("/v1/flights", content=b"{"), 403, "forbidden")


def test_other_sites_and_other_hosts(house: House) -> None:
    client = house.client("omar")
    body = declaration()
    for origin in ("http://elsewhere.example", "null", "http://127.0.0.1:8601", "https://127.0.0.1:8600@x.example"):
        refused(client.post("/v1/flights", json=body, headers={"Origin": origin}), 403, "wrong-origin")
    for host in ("node.example", "", "127.0.0.1.example", "[::1"):
        refused(client.get("/v1/flights", headers={"Host": host}), 421, "wrong-host")
    assert client.post("/v1/flights", json=body, headers={"Origin": ADDRESS}).status_code == 201


def test_guessing_is_slowed_down(house: House) -> None:
    client = house.client()
    for _ in range(MOST_FAILURES):
        refused(client.post("/v1/session", json={"token": "guess"}), 401, "not-signed-in")
    answer = client.post("/v1/session", json={"token": "guess"})
    refused(answer, 429, "too-many-failures")
    assert int(answer.headers["retry-after"]) > 0
    house.now += 61
    refused(client.post("/v1/session", json={"token": "guess"}), 401, "not-signed-in")


def test_a_disk_that_is_full_is_not_the_asker_s_fault(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    omar, visitor = house.client("omar"), house.client()
    token, _ = house.access.new_link(house.desk.person("wanda"))  # type: ignore[arg-type]

    def full(*_: object) -> None:
        raise StoreError("the disk is full", where="lna.db", remedy="make room")

    monkeypatch.setattr(house.desk.recorder, "write", full)
    refused(omar.post("/v1/flights", json=declaration()), 503, "store", "lna.db")
    refused(visitor.post("/v1/session", json={"token": token}), 503, "store")
    monkeypatch.undo()
    assert visitor.get("/v1/desk").status_code == 401, "signed in, and not on the record"
    assert omar.post("/v1/flights", json=declaration()).status_code == 201


def test_a_machine_s_token_opens_the_metrics_and_nothing_else(house: House) -> None:
    client = house.client()
    client.headers["Authorization"] = f"Bearer {METRICS_TOKEN}"
    assert b"safeconduct_flights" in client.get("/metrics").content
    refused(client.get("/v1/desk"), 403, "forbidden")
    client.headers["Authorization"] = "Bearer " + "x" * 40
    refused(client.get("/metrics"), 401, "not-signed-in")


def test_a_flights_file_is_taken_whole_or_not_at_all(house: House) -> None:
    client = house.client("omar")
    when = {"start": "2019-11-21T09:01:00Z", "end": "2019-11-21T10:00:00Z"}
    good = {"id": "F-1", "party": "lna", "aircraft_type": "male_uav", "volumes": [{**volume(SQUARE), **when}]}
    bad = {**good, "id": "F-2", "volumes": [{**volume(CROSSED), **when}]}
    refused(client.post("/v1/flights/file", json=[good, bad]), 422, "crossed-edges", "F-2")
    refused(client.post("/v1/flights/file", json=[good, good]), 422, "duplicate")
    refused(client.post("/v1/flights/file", json=[]), 422, "nothing-declared")
    refused(client.post("/v1/flights/file", json=[{**good, "id": "a/b"}]), 422, "bad-id", "a/b")
    refused(client.post("/v1/flights/file", json={"flights": []}), 422, "bad-field")
    assert client.get("/v1/flights/F-1").status_code == 404
    taken = client.post("/v1/flights/file", json=[good, {**good, "id": "F-2", "version": 9, "state": "Ended"}])
    assert [(one["flight"]["version"], one["flight"]["state"]) for one in taken.json()["flights"]] == [
        (1, "Accepted")
    ] * 2
