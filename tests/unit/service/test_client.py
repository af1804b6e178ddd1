"""The client and the operator's commands against a small node that follows docs/reference/api.md to the letter."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from typer.testing import CliRunner, Result

from safeconduct.cli import app
from safeconduct.errors import InputError, SafeconductError, StateError, UnknownError, WireError
from safeconduct.links.base import UnreachableError
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.canonical import canonical
from safeconduct.model.card import Card, SignedCard
from safeconduct.model.coverage import Coverage, CoverageState
from safeconduct.model.desk import DeskFlight, DeskPost, DeskView, InboxItem
from safeconduct.model.flight import Flight, FlightState
from safeconduct.model.key import SigningKey, verifies
from safeconduct.model.notice import Notice, NoticeState
from safeconduct.model.person import Role
from safeconduct.model.post import Post, Shift
from safeconduct.model.receipt import SignedReceipt
from safeconduct.model.record import Promise, RecordHead, SignedPromise
from safeconduct.model.sector import Sector
from safeconduct.model.volume import Volume4D
from safeconduct.service.answering import find_notice
from safeconduct.service.client import NodeClient, split_link
from safeconduct.service.keyfiles import Enrolment, new_key, read_enrolment

NODE, CREW = SigningKey(b"\x09" * 32), SigningKey(b"\x0a" * 32)
NOW, TOKEN, SECRET = 1_552_370_400.0, "link-token", "cookie-secret"
RING = ((13.0, 32.0), (13.1, 32.0), (13.1, 32.1))
VOLUME = Volume4D(outline=RING, lower_m=0.0, upper_m=1000.0, start=NOW, end=NOW + 3600)
FLIGHT = Flight(
    id="F1", version=2, party="africom", aircraft=Aircraft(type="male_uav"), volumes=(VOLUME,), contact="+1 23"
)
NOTICE = Notice(
    id="ab" * 16,
    flight="africom:F1",
    version=2,
    digest=FLIGHT.digest,
    post="radar",
    shift=4,
    put=NOW,
    due=NOW + 120,
)
HELD = Coverage(
    flight="F1",
    version=2,
    party="lna",
    post="radar",
    post_name="Radar",
    state=CoverageState.HELD,
    since=NOW,
    entry_time=NOW + 60,
    read_back_error_m=12.0,
    text="the crew on duty has signed for it",
)
SECTOR = Sector(id="s", party="lna", name="s", centre=(13.0, 32.0))


class FakeNode:
    """A node with one post, one flight and one notice. It checks every signature by itself."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.last_shift = 3
        self.shift: Shift | None = None
        self.notice, self.told_flight = NOTICE, FLIGHT
        self.receipts: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.answer_state, self.promise_key = "received", NODE

    def promise(self) -> SignedPromise:
        promise = Promise(node="lna", leaf="0" * 64, time=NOW, within_s=1.0, rehearsal=True)
        signature = self.promise_key.sign(promise.signed_bytes())
        return SignedPromise(promise=promise, public=self.promise_key.public, signature=signature)

    def written(self, **result: object) -> tuple[int, object]:
        return 200, {**result, "record": self.promise()}

    def session(self) -> dict[str, object]:
        return {"party": "lna", "person": "p1", "name": "P", "role": "crew", "post": "radar", "expires": NOW + 60}

    def problem(self, status: int, reason: str, what: str = "no") -> tuple[int, object]:
        return status, {"error": {"reason": reason, "what": what, "where": "here", "remedy": "do so"}}

    def answer(self, call: str, data: bytes, signed_in: bool) -> tuple[int, object]:
        self.calls.append(call)
        body: Any = json.loads(data) if data else None
        if call == "POST /v1/session":
            return (200, self.session()) if body == {"token": TOKEN} else self.problem(401, "not-signed-in", "used")
        if call == "POST /v1/session/challenge":
            return 200, {"challenge": "c" * 40, "expires": NOW + 60}
        if call == "POST /v1/session/key":
            said = canonical({"challenge": "c" * 40, "node": "lna", "rehearsal": True}, kind="sign-in", version=1)
            known = body["public"] in self.keys and verifies(body["public"], said, body["signature"])
            return (200, self.session()) if known else self.problem(401, "not-signed-in", "unknown key")
        if not signed_in:
            return self.problem(401, "not-signed-in")
        return self.signed_in(call, body, data)

    def signed_in(self, call: str, body: Any, data: bytes) -> tuple[int, object]:
        match call:
            case "GET /v1/card":
                card = Card(party="lna", name="L", address="a", public=NODE.public, issued=NOW, rehearsal=True)
                return 200, SignedCard(card=card, signature=NODE.sign(card.signed_bytes()))
            case "POST /v1/keys":
                said = {"node": "lna", "person": "p1", "public": body["public"], "rehearsal": True}
                if not verifies(body["public"], canonical(said, kind="key", version=1), body["signature"]):
                    return self.problem(422, "bad-signature")
                self.keys.add(body["public"])
                return self.written(key_id="k")
            case "GET /v1/desk":
                return 200, self.view()
            case "GET /v1/flights":
                return 200, [self.desk_flight()]
            case "POST /v1/flights/file":
                if b"crossed" in data:
                    return self.problem(422, "crossed-edges", "the outline crosses itself")
                return self.written(flights=[self.desk_flight()])
            case "POST /v1/flights/africom%3AF1/state" | "POST /v1/flights/F1/state":
                return self.written(flight=self.desk_flight(FlightState(body["state"])))
            case "POST /v1/posts/radar/shift":
                return self.begin(body)
            case "DELETE /v1/posts/radar/shift":
                self.shift = None
                return self.written()
            case "GET /v1/posts/radar/inbox":
                return 200, [self.item()]
            case str() if call == f"POST /v1/notices/{NOTICE.id}/shown":
                self.notice = self.notice.moved(NoticeState.SHOWN)
                return self.written(notice=self.notice)
            case "POST /v1/receipts":
                return self.receive(data)
        return self.problem(404, "not-found", call)

    def begin(self, body: Any) -> tuple[int, object]:
        said = canonical({"shift": body["shift"], "rehearsal": True}, kind="shift", version=1)
        if not verifies(body["shift"]["key"], said, body["signature"]):
            return self.problem(403, "bad-signature")
        expected = self.last_shift + 1
        if body["shift"]["number"] != expected:
            return self.problem(409, "old-shift", f"the next shift of radar is number {expected}")
        self.shift, self.last_shift = msgspec.convert(body["shift"], Shift), expected
        return self.written(shift=body["shift"])

    def receive(self, data: bytes) -> tuple[int, object]:
        signed = msgspec.json.decode(data, type=SignedReceipt)
        if not signed.genuine or self.notice.state is not NoticeState.SHOWN:
            return self.problem(422, "bad-signature")
        self.receipts.append(json.loads(data)["receipt"])
        error = None if signed.receipt.read_back is None else 41.5
        state = "refused" if error is None else self.answer_state
        return 201, {"state": state, "read_back_error_m": error, "record": self.promise()}

    def desk_flight(self, state: FlightState = FlightState.ACCEPTED) -> DeskFlight:
        flight = replace(FLIGHT, state=state)
        return DeskFlight(ref="F1", own=True, flight=flight, coverage=(HELD,), conflicts=(), looks=0)

    def item(self) -> InboxItem:
        return InboxItem(
            notice=self.notice,
            flight=self.told_flight,
            entry_time=NOW + 60,
            exit_time=NOW + 600,
            state=None,
            read_back_error_m=None,
            previous_version=1,
        )

    def view(self) -> DeskView:
        radar = Post(id="radar", party="lna", name="Radar", sector=SECTOR)
        post = DeskPost(post=radar, shift=self.shift, next_shift=self.last_shift + 1, waiting=1)
        head = RecordHead(size=1, root="", time=NOW, waiting=0)
        return DeskView(
            number=1,
            time=NOW + 5,
            rehearsal=True,
            node="lna",
            person="p1",
            person_name="P",
            role=Role.CREW,
            post="radar",
            flights=(),
            zones=(),
            posts=(post,),
            inbox=(),
            advisories=(),
            people=(),
            peers=(),
            directory=(),
            record=head,
        )


@pytest.fixture
def node() -> FakeNode:
    return FakeNode()


@pytest.fixture
def address(node: FakeNode) -> Iterator[str]:
    """Where the node answers, over real HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            signed_in = SECRET in self.headers.get("Cookie", "")
            status, body = node.answer(f"{self.command} {self.path}", data, signed_in)
            encoded = msgspec.json.encode(body)
            self.send_response(status)
            if self.path.startswith("/v1/session"):
                self.send_header("Set-Cookie", f"safeconduct_session_1={SECRET}; Path=/; HttpOnly; SameSite=Strict")
            self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "crew.pem"
    new_key(path)
    return path


def called(*arguments: object, code: int = 0) -> Result:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done


def answered(*arguments: object) -> Any:
    return json.loads(called(*arguments, "--json").stdout)


@pytest.fixture
def enrolled(node: FakeNode, address: str, key: Path) -> Path:
    called("keys", "enrol", f"{address}/#sign-in={TOKEN}", "--key", key)
    node.calls.clear()
    return key


def test_a_key_is_made_shown_and_enrolled_for_the_person_of_the_link(
    node: FakeNode, address: str, tmp_path: Path
) -> None:
    file = tmp_path / "new.pem"
    made = answered("keys", "new", file)
    assert made["enrolled"] is None
    told = answered("keys", "enrol", f"{address}/#sign-in={TOKEN}", "--key", file)
    assert node.keys == {made["public"]}
    assert told["enrolled"] == {
        "address": address,
        "node": "lna",
        "public": NODE.public,
        "person": "p1",
        "post": "radar",
        "rehearsal": True,
    }
    shown = called("keys", "show", file).stdout
    assert made["fingerprint"] in shown
    assert "REHEARSAL, p1 at lna, post radar" in shown
    with pytest.raises(SafeconductError, match="used"):
        called("keys", "enrol", f"{address}/#sign-in=spent", "--key", file)


def test_flights_are_declared_listed_moved_and_their_coverage_told(
    node: FakeNode, enrolled: Path, tmp_path: Path
) -> None:
    file = tmp_path / "flights.json"
    file.write_text("[]")
    assert answered("flights", "declare", file, "--key", enrolled)["flights"][0]["ref"] == "F1"
    assert "received by 1 of 1" in called("flights", "list", "--key", enrolled).stdout
    assert answered("flights", "state", "F1", "activated", "--key", enrolled)["flights"][0]["flight"]["state"] == (
        "Activated"
    )
    assert (
        "HELD        lna, Radar, since 2019-03-12T06:00:00Z"
        in called("flights", "coverage", "F1", "--key", enrolled).stdout
    )
    assert answered("flights", "coverage", "F1", "--key", enrolled)["coverage"][0]["state"] == "held"
    assert not any(call.startswith("GET /v1/flights/") for call in node.calls), "a look that nobody asked for"
    with pytest.raises(UnknownError):
        called("flights", "coverage", "F9", "--key", enrolled)
    called("flights", "state", "F1", "Landed", "--key", enrolled, code=2)


def test_a_refusal_arrives_with_what_where_and_remedy(node: FakeNode, enrolled: Path, tmp_path: Path) -> None:
    file = tmp_path / "flights.json"
    file.write_text('["crossed"]')
    with pytest.raises(InputError) as told:
        called("flights", "declare", file, "--key", enrolled)
    assert (told.value.reason, told.value.what) == ("crossed-edges", "the outline crosses itself")
    assert (told.value.where, told.value.remedy) == ("here", "do so")


def test_a_post_is_taken_over_after_whoever_was_there(node: FakeNode, enrolled: Path) -> None:
    shift = answered("posts", "take-over", "radar", "--hours", "6", "--key", enrolled)["shift"]
    assert (shift["number"], shift["start"], shift["until"]) == (4, NOW + 5, NOW + 5 + 6 * 3600)
    assert answered("posts", "take-over", "radar", "--key", enrolled)["shift"]["number"] == 5
    assert "nobody is on duty" in called("posts", "stand-down", "radar", "--key", enrolled).stdout
    assert node.shift is None


def test_someone_elses_taking_over_meanwhile_is_not_overruled(
    node: FakeNode, enrolled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called("posts", "take-over", "radar", "--key", enrolled)
    stale = node.view()
    node.last_shift += 1
    monkeypatch.setattr(node, "view", lambda: stale)
    with pytest.raises(StateError):
        called("posts", "take-over", "radar", "--key", enrolled)


def test_a_receipt_signs_what_was_shown_with_the_read_back(node: FakeNode, enrolled: Path) -> None:
    assert "abababab  put: africom:F1 version 2, male_uav of africom" in (
        called("posts", "inbox", "radar", "--key", enrolled).stdout
    )
    assert node.notice.state is NoticeState.PUT, "a list is not yet the flight on the screen"
    done = called("posts", "answer", "abab", "--read-back", "32.5,-13.25", "--yes", "--key", enrolled)
    assert "42 m from where it enters" in done.stdout or "41 m from where it enters" in done.stdout
    for shown in (
        "male_uav",
        "africom:F1, version 2 (you signed for version 1)",
        "+1 23",
        "(lat,lon) 32.0000,13.0000 ",
    ):
        assert shown in done.stderr
    (receipt,) = node.receipts
    assert receipt == {
        "notice": NOTICE.id,
        "flight": "F1",
        "version": 2,
        "digest": FLIGHT.digest,
        "post": "radar",
        "shift": 4,
        "key": next(iter(node.keys)),
        "answer": "received",
        "read_back": {"lon": -13.25, "lat": 32.5},
        "reason": "",
        "time": NOW + 5,
        "rehearsal": True,
    }
    shown_at = node.calls.index(f"POST /v1/notices/{NOTICE.id}/shown")
    assert shown_at < node.calls.index("POST /v1/receipts")


def test_a_misread_receipt_ends_with_a_code_of_its_own(node: FakeNode, enrolled: Path) -> None:
    node.answer_state = "misread"
    done = called("posts", "answer", "ab", "--read-back", "1,2", "--yes", "--key", enrolled, code=1)
    assert "Look again" in done.stdout


def test_a_refusal_says_why_and_nothing_is_signed_without_a_yes(node: FakeNode, enrolled: Path) -> None:
    called("posts", "answer", "ab", "--refuse", "we train there", "--key", enrolled, code=1)
    assert node.receipts == []
    answered("posts", "answer", "ab", "--refuse", "we train there", "--yes", "--key", enrolled)
    assert (node.receipts[0]["answer"], node.receipts[0]["reason"]) == ("refused", "we train there")
    called("posts", "answer", "ab", "--yes", "--key", enrolled, code=2)
    called("posts", "answer", "ab", "--refuse", "x", "--read-back", "1,2", "--key", enrolled, code=2)
    called("posts", "answer", "ab", "--read-back", "north", "--key", enrolled, code=2)
    called("posts", "answer", "ab", "--read-back", "113.2,32.1", "--key", enrolled, code=2)


def test_a_flight_that_is_not_the_notices_is_not_signed(node: FakeNode, enrolled: Path) -> None:
    node.told_flight = replace(FLIGHT, contact="someone else")
    with pytest.raises(WireError) as told:
        called("posts", "answer", "ab", "--read-back", "1,2", "--yes", "--key", enrolled)
    assert told.value.reason == "wrong-digest"
    assert node.receipts == []
    assert node.notice.state is NoticeState.PUT


def test_a_notice_is_found_by_how_it_begins_if_that_is_enough(node: FakeNode) -> None:
    other = replace(node.item(), notice=replace(NOTICE, id="ac" * 16))
    inbox = [node.item(), other]
    assert find_notice(inbox, "AB").notice.id == NOTICE.id
    over = replace(node.item(), notice=replace(NOTICE, state=NoticeState.SUPERSEDED))
    for begins, items, reason in (
        ("a", inbox, "ambiguous"),
        ("b", inbox, "unknown-notice"),
        ("", inbox, "unknown-notice"),
        ("ab", [over], "notice-over"),
    ):
        with pytest.raises(InputError) as told:
            find_notice(items, begins)
        assert told.value.reason == reason


def test_an_answer_without_the_nodes_promise_is_not_believed(node: FakeNode, enrolled: Path, tmp_path: Path) -> None:
    node.promise_key = CREW
    with pytest.raises(WireError) as told:
        called("posts", "stand-down", "radar", "--key", enrolled)
    assert told.value.reason == "bad-promise"


def test_a_key_signs_in_at_its_own_node_only(node: FakeNode, enrolled: Path) -> None:
    """What it signs names the node by the enrolment: a node in the middle cannot pass the challenge of another on."""
    enrolment = replace(read_enrolment(enrolled), node="gna")
    node.keys.add(CREW.public)
    with pytest.raises(SafeconductError, match="unknown key"):
        NodeClient.by_key(CREW, enrolment)
    NodeClient.by_key(CREW, replace(enrolment, node="lna")).close()


ENROLMENT = Enrolment(
    address="http://127.0.0.1:1", node="lna", public=NODE.public, person="p", post=None, rehearsal=True
)


@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [
        (200, b"<html>", WireError),
        (200, b"[" * 5000, WireError),
        (200, b"\xff", WireError),
        (503, b'{"error": {"reason": "store", "what": "the disk is full"}}', UnreachableError),
        (502, b"<html>", UnreachableError),
        (418, b"", InputError),
        (302, b"", InputError),
    ],
)
def test_an_answer_that_is_none_is_told(status: int, content: bytes, kind: type[SafeconductError]) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=content))
    with pytest.raises(kind):
        NodeClient.by_key(CREW, ENROLMENT, transport)


def test_a_node_that_is_not_there_is_told() -> None:
    with pytest.raises(UnreachableError, match="is it running"):
        NodeClient.by_key(CREW, ENROLMENT)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://node.example", "insecure"),
        ("ftp://127.0.0.1", "bad-address"),
        ("8600", "bad-address"),
        ("http://[", "bad-address"),
    ],
)
def test_no_secret_goes_out_in_the_clear(address: str, reason: str) -> None:
    with pytest.raises(InputError) as told:
        NodeClient(address)
    assert told.value.reason == reason


def test_a_link_has_an_address_and_a_token() -> None:
    assert split_link(" http://127.0.0.1:8600/#sign-in=abc \n") == ("http://127.0.0.1:8600", "abc")
    for wrong in ("http://127.0.0.1:8600/", "http://127.0.0.1:8600/#sign-in=", "abc"):
        with pytest.raises(InputError):
            split_link(wrong)
