"""A receipt comes from the post (law 2): whoever has the server's whole database and memory cannot make one.

A real node serves; a crew makes its key outside, in a process of its own, and signs a receipt through the API. Then a
thief takes all that the node has, on disk and in memory, and tries. What such a thief *can* do is here as well.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.support.theft import found_in, memory_of, needles_of, standing_still

from safeconduct.codecs.entries import decode_entry
from safeconduct.coordination.crossing import crossing
from safeconduct.errors import InputError
from safeconduct.federation.cards import sign_post_key
from safeconduct.federation.request import sign_request
from safeconduct.links.in_process import InProcessNetwork, in_process_address
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.card import PostKey, SignedPostKey
from safeconduct.model.coverage import CoverageState
from safeconduct.model.desk import InboxItem
from safeconduct.model.entry import Actor, Entry, MessageTaken, ReceiptTaken, ShiftBegan, begin_bytes
from safeconduct.model.flight import Flight
from safeconduct.model.key import SigningKey, key_id
from safeconduct.model.message import Message, TellReceipt
from safeconduct.model.person import Role
from safeconduct.model.post import Shift
from safeconduct.model.receipt import Answer, ReadBack, Receipt, ReceiptState, SignedReceipt
from safeconduct.model.sector import Sector
from safeconduct.model.volume import Volume4D
from safeconduct.model.zone import Zone
from safeconduct.service.access import enrol_bytes
from safeconduct.service.client import NodeClient
from safeconduct.service.desk.books import NodeIdentity
from safeconduct.service.hosting import PartyNode, open_node
from safeconduct.service.keyfiles import node_key, read_enrolment, read_key
from safeconduct.store.base import Store
from safeconduct.store.memory import MemoryStore
from safeconduct.store.sqlite import SqliteStore

NODE = """
node = "lna"
[sector]
id = "home"
name = "Home"
party = "lna"
centre = [13.5, 31.5]
[[parties]]
id = "lna"
name = "LNA"
takes_part = true
[listen]
port = 0
"""
SQUARE = ((13.0, 31.0), (14.0, 31.0), (14.0, 32.0), (13.0, 32.0))
SECTOR = Sector(id="south", party="lna", name="South", centre=(13.5, 31.5), outline=SQUARE)
THIEF = SigningKey(hashlib.sha256(b"a key of the thief's own").digest())


@dataclass(frozen=True)
class Stolen:
    """All that a thief has of the server, and, in `key_file` alone, what is the crew's.

    Attributes:
        folder: a copy of the node's data folder, made while the process stood still.
        in_memory, on_disk: which needles were found there.
        cookie: of a living session of the crew; the thief has even that.
        waiting: a notice before the crew, shown and not signed for.
    """

    address: str
    folder: Path
    in_memory: frozenset[str]
    on_disk: frozenset[str]
    cookie: str
    key_file: Path
    waiting: InboxItem

    @property
    def entries(self) -> list[Entry]:
        with closing(SqliteStore(self.folder, read_only=True)) as store:
            return [decode_entry(sealed.data) for _, sealed in store.entries()]

    @property
    def receipt(self) -> SignedReceipt:
        """A receipt of the crew's, from the record."""
        return next(entry.fact.receipt for entry in self.entries if isinstance(entry.fact, ReceiptTaken))

    @property
    def shift(self) -> ShiftBegan:
        """The shift on duty, and the crew's signature over it."""
        return next(entry.fact for entry in self.entries if isinstance(entry.fact, ShiftBegan))


@pytest.fixture(scope="module")
def stolen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stolen]:
    folder = tmp_path_factory.mktemp("theft")
    (folder / "node.toml").write_text(NODE)
    command = [sys.executable, "-m", "safeconduct.cli", "serve", "--config", str(folder / "node.toml"), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            yield _stolen(process.pid, told["address"], told["sign_in"], folder)
        finally:
            process.terminate()


def _stolen(pid: int, address: str, sign_in: str, folder: Path) -> Stolen:
    with _session(address, sign_in) as officer:
        _asked(officer, "PUT", "/v1/posts/south", {"name": "South", "sector": {**_plain(SECTOR), "name": "South"}})
        _asked(officer, "PUT", "/v1/people/salma", {"name": "Salma", "role": "crew", "post": "south"})
        _asked(officer, "POST", "/v1/flights", _declaration("LNA-1"))
        link = _asked(officer, "POST", "/v1/people/salma/link", {})["link"]
        key_file = folder / "crew's own machine" / "salma.key"
        key_file.parent.mkdir()
        for arguments in (("new", str(key_file)), ("enrol", link, "--key", str(key_file))):
            made = [sys.executable, "-m", "safeconduct.cli", "keys", *arguments]
            subprocess.run(made, check=True, capture_output=True)
        key, enrolment = read_key(key_file), read_enrolment(key_file)
        with NodeClient.by_key(key, enrolment) as crew:
            crew.take_over("south", 1.0, key, enrolment)
            (item,) = crew.inbox("south")
            crew.show(item)
            taken = crew.answer(_answer(item, key.public), key)
            assert taken.state is ReceiptState.RECEIVED
            _asked(officer, "POST", "/v1/flights", _declaration("LNA-2"))
            waiting = next(item for item in crew.inbox("south") if item.flight.id == "LNA-2")
            crew.show(waiting)
        with _session(address, _asked(officer, "POST", "/v1/people/salma/link", {})["link"]) as other:
            cookie = "; ".join(f"{one.name}={one.value}" for one in other.cookies.jar)
    needles = needles_of(key_file, folder / "safeconduct-data" / "node.key")
    needles["session's secret"] = cookie.partition("=")[2].encode()
    with standing_still(pid):
        in_memory = found_in(memory_of(pid), needles)
        shutil.copytree(folder / "safeconduct-data", folder / "stolen")
    on_disk = found_in((file.read_bytes() for file in (folder / "stolen").rglob("*") if file.is_file()), needles)
    return Stolen(address, folder / "stolen", in_memory, on_disk, cookie, key_file, waiting)


@contextmanager
def _session(address: str, link: str) -> Iterator[httpx.Client]:
    """A client that is signed in by a one-time link."""
    with httpx.Client(base_url=address, trust_env=False, timeout=20) as client:
        _asked(client, "POST", "/v1/session", {"token": link.split("#sign-in=")[1]})
        yield client


def _asked(client: httpx.Client, method: str, path: str, body: object) -> Any:
    headers = {"Content-Type": "application/json"}
    answer = client.request(method, path, content=msgspec.json.encode(body), headers=headers)
    assert answer.is_success, answer.text
    return answer.json()


def _plain(sector: Sector) -> dict[str, Any]:
    return {"centre": sector.centre, "outline": sector.outline}


def _volume() -> Volume4D:
    now = time.time()
    return Volume4D(outline=SQUARE, lower_m=100.0, upper_m=3000.0, start=now + 60, end=now + 3600)


def _zone() -> Zone:
    return Zone(id="Z1", party="lna", name="Range", reason="live firing", volumes=(_volume(),))


def _declaration(flight: str) -> dict[str, Any]:
    return {"id": flight, "aircraft": {"type": "male_uav"}, "volumes": [_volume()], "contact": "desk 7"}


def _answer(item: InboxItem, key: str) -> Receipt:
    """What the receipt for a notice says, by a key: `received`, and the right place."""
    crossed = crossing(item.flight, SECTOR)
    assert crossed is not None
    return Receipt(
        notice=item.notice.id,
        flight=item.flight.id,
        version=item.flight.version,
        digest=item.flight.digest,
        post="south",
        shift=item.notice.shift,
        key=key,
        answer=Answer.RECEIVED,
        read_back=ReadBack(*crossed.entry),
        time=time.time(),
        rehearsal=False,
    )


def test_the_secret_half_is_nowhere_in_the_server(stolen: Stolen) -> None:
    both = stolen.in_memory | stolen.on_disk
    assert {name for name in both if name.startswith("crew")} == set()
    assert "session's secret" not in stolen.on_disk
    # The same search finds what is there.
    assert stolen.in_memory >= {"control: crew's public half in base64url", "control: node's seed"}
    assert stolen.on_disk >= {"control: crew's public half in base64url", "control: node's PEM"}


def test_nothing_that_the_server_has_makes_a_receipt_for_a_new_notice(stolen: Stolen) -> None:
    crew, node, old = stolen.shift.shift.key, node_key(stolen.folder, rehearsal=False), stolen.receipt
    wanted = _answer(stolen.waiting, crew)
    attempts = {
        "the node's key signs in the crew's name": (_signed(wanted, node), 403, "bad-signature"),
        "the node's key signs in its own": (_signed(replace(wanted, key=node.public), node), 403, "wrong-key"),
        "a key that nobody enrolled": (_signed(replace(wanted, key=THIEF.public), THIEF), 403, "wrong-key"),
        "an old signature": (SignedReceipt(receipt=wanted, signature=old.signature), 403, "bad-signature"),
        "an old receipt for the new notice": (
            replace(old, receipt=replace(old.receipt, notice=wanted.notice)),
            403,
            "bad-signature",
        ),
        "the crew's signature over its shift": (
            SignedReceipt(receipt=wanted, signature=stolen.shift.signature),
            403,
            "bad-signature",
        ),
        "an old receipt as it is": (old, 409, "already-answered"),
    }
    with httpx.Client(base_url=stolen.address, headers={"Cookie": stolen.cookie}, trust_env=False) as thief:
        for name, (signed, status, reason) in attempts.items():
            answer = thief.post("/v1/receipts", content=msgspec.json.encode(signed))
            assert (name, answer.status_code, answer.json()["error"]["reason"]) == (name, status, reason)
        # It was not for the notice: the crew's own key answers it, once.
        key = read_key(stolen.key_file)
        answer = thief.post("/v1/receipts", content=msgspec.json.encode(_signed(_answer(stolen.waiting, crew), key)))
        assert (answer.status_code, answer.json()["state"]) == (201, "received")


def _signed(receipt: Receipt, key: SigningKey) -> SignedReceipt:
    return SignedReceipt(receipt=receipt, signature=key.sign(receipt.signed_bytes()))


def test_whoever_has_a_session_of_the_crew_can_put_another_key_on_duty_and_that_shows(stolen: Stolen) -> None:
    """What law 2 does not keep from a thief who acts: the secret of a living session is in the server's memory for a
    while, and lets it act as that person at this node, with a key of its own. That key is not the crew's: it is on the
    record, with the shift that it began, and the crew finds itself off duty."""
    key = read_key(stolen.key_file)
    proof = THIEF.sign(enrol_bytes(THIEF.public, node="lna", person="salma", rehearsal=False))
    now = time.time()
    shift = Shift(post="south", number=2, person="salma", key=THIEF.public, start=now, until=now + 3600)
    signature = THIEF.sign(begin_bytes(shift, rehearsal=False))
    with httpx.Client(base_url=stolen.address, headers={"Cookie": stolen.cookie}, trust_env=False) as thief:
        _asked(thief, "POST", "/v1/keys", {"public": THIEF.public, "signature": proof})
        _asked(thief, "POST", "/v1/posts/south/shift", {"shift": shift, "signature": signature})
    with NodeClient.by_key(key, read_enrolment(stolen.key_file)) as crew:
        (post,) = crew.desk().posts
        assert post.shift is not None
        assert post.shift.key == THIEF.public != key.public
        waiting = crew.inbox("south")[0]
        with pytest.raises(InputError) as told:
            crew.answer(replace(_answer(waiting, key.public), shift=1), key)
        assert told.value.reason == "old-shift"


@dataclass(frozen=True)
class Linked:
    """The node of `lna`, started from its database, with a link to `africom`; and the thief with that node's key.

    `africom` has a flight AF-1 that crosses south. Version 1 the crew has signed for, version 2 not.
    """

    lna: PartyNode
    peer: PartyNode
    stolen: Stolen

    def settle(self) -> None:
        while sum(node.step() for node in (self.lna, self.peer)):
            pass

    def item(self) -> InboxItem:
        return next(item for item in self.lna.desk.inbox(SALMA, "south") if item.flight.id == "AF-1")

    def sign(self) -> SignedReceipt:
        """The crew looks at AF-1 and signs, where its key is."""
        self.lna.desk.shown(SALMA, self.item().notice.id)
        key = read_key(self.stolen.key_file)
        signed = _signed(_answer(self.item(), key.public), key)
        self.lna.desk.answer(SALMA, signed)
        return signed

    def tell(self, receipt: SignedReceipt, key: SignedPostKey) -> None:
        """The thief tells `africom` of a receipt, in the name and with the key of `lna`'s node."""
        told = TellReceipt(receipt=receipt, key=key, post_name="South", read_back_error_m=0.0, misread=False)
        number = self.peer.desk.register.peers["lna"].taken + 1
        message = Message(sender="lna", receiver="africom", number=number, time=time.time(), rehearsal=False, told=told)
        target, created = self.peer.desk.identity.address, time.time()
        node = node_key(self.stolen.folder, rehearsal=False)
        self.peer.take(sign_request(message.canonical(), target=target, key=node, created=created, nonce="ab" * 16))

    def vouch(self, public: str, shift: int) -> SignedPostKey:
        """The word of `lna`'s node, by the thief, that a key signs in a shift."""
        said = PostKey(party="lna", post="south", shift=shift, public=public, time=time.time(), rehearsal=False)
        return sign_post_key(said, node_key(self.stolen.folder, rehearsal=False))

    def held(self) -> bool:
        """Whether `africom` believes that south holds the current version of AF-1."""
        lines = self.peer.desk.flight(Actor(party="africom"), "AF-1").coverage
        return any(line.state is CoverageState.HELD for line in lines)


SALMA = Actor(party="lna", person="salma", role=Role.CREW, post="south")


@pytest.fixture
def linked(stolen: Stolen, tmp_path: Path) -> Iterator[Linked]:
    shutil.copytree(stolen.folder, tmp_path / "lna")
    network, key = InProcessNetwork(), SigningKey(hashlib.sha256(b"africom").digest())
    lna = _open("lna", SqliteStore(tmp_path / "lna"), node_key(tmp_path / "lna", rehearsal=False), network)
    peer = _open("africom", MemoryStore(), key, network)
    for here, there in ((lna, peer), (peer, lna)):
        here.desk.take_card(Actor(party=here.desk.party), there.desk.card())
        here.desk.confirm_card(Actor(party=here.desk.party), there.desk.party, key_id(there.desk.public))
    both, who = Linked(lna, peer, stolen), Actor(party="africom")
    flight = Flight(id="AF-1", party="africom", aircraft=Aircraft(type="male_uav"), volumes=(_volume(),))
    peer.desk.declare(who, [flight])
    both.settle()
    both.sign()
    both.settle()
    assert both.held()
    peer.desk.amend(who, "AF-1", replace(flight, contact="desk 8"), replaces=1)
    both.settle()
    assert not both.held()
    try:
        yield both
    finally:
        lna.close()
        peer.close()


def _open(party: str, store: Store, key: SigningKey, network: InProcessNetwork) -> PartyNode:
    identity = NodeIdentity(
        party=party,
        name=party.upper(),
        address=in_process_address(party),
        key=key,
        clock=time.time,
        new_id=lambda: os.urandom(16).hex(),
        rehearsal=False,
    )
    node = open_node(identity, store, network)
    network.register(identity.address, node.take)
    return node


def test_a_peer_takes_no_receipt_that_the_crew_did_not_sign(linked: Linked) -> None:
    node, shift = node_key(linked.stolen.folder, rehearsal=False), linked.stolen.shift.shift
    old = next(
        entry.fact.message.told.receipt
        for entry in linked.peer.recorder.replay()
        if isinstance(entry.fact, MessageTaken) and isinstance(entry.fact.message.told, TellReceipt)
    )
    wanted = _answer(linked.item(), shift.key)
    genuine = linked.vouch(shift.key, shift.number)
    attempts = {
        "the node's key signs in the crew's name": (_signed(wanted, node), genuine, "bad-signature"),
        "an old signature": (SignedReceipt(receipt=wanted, signature=old.signature), genuine, "bad-signature"),
        "a later shift": (old, linked.vouch(shift.key, shift.number + 1), "wrong-key"),
        "a key that the node does not vouch for": (
            _signed(replace(wanted, key=THIEF.public), THIEF),
            genuine,
            "wrong-key",
        ),
        "a key that vouches for itself": (
            _signed(replace(wanted, key=THIEF.public), THIEF),
            sign_post_key(linked.vouch(THIEF.public, shift.number).post_key, THIEF),
            "bad-signature",
        ),
    }
    for name, (receipt, key, reason) in attempts.items():
        with pytest.raises(InputError) as told:
            linked.tell(receipt, key)
        assert (name, told.value.reason) == (name, reason)
    linked.tell(old, genuine)  # told again it is true, and no more than it was: a receipt for version 1
    assert not linked.held()


def test_a_thief_of_the_node_key_can_vouch_for_a_key_of_its_own(linked: Linked) -> None:
    """What law 2 does not keep from a thief: a party's peers believe its node whose key is whose. The thief's is not
    the crew's key, and never was on the record of the party's own node; whoever lays the two records side by side sees
    it. And the party's own node finds its next message refused."""
    shift = linked.stolen.shift.shift
    false = _signed(replace(_answer(linked.item(), shift.key), key=THIEF.public), THIEF)
    linked.tell(false, linked.vouch(THIEF.public, shift.number))
    assert linked.held(), "the peer cannot know better"
    began = {entry.fact.shift.key for entry in linked.lna.recorder.replay() if isinstance(entry.fact, ShiftBegan)}
    assert began == {shift.key}
    assert false.receipt.key not in began
    linked.lna.desk.set_zone(Actor(party="lna"), _zone())
    linked.settle()
    (africom,) = linked.lna.desk.peers()
    assert africom.outbox == 1
    assert "another message with number" in africom.problem, "the party's own officer is told"
