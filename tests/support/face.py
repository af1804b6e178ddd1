"""Two nodes of a rehearsal with real desks, the face of one of them, and somebody of every role signed in there.

`lna` watches: post `south` (crew Salma) and post `north` (crew Nadir). `africom` flies: its flight `AFRICOM-01` crosses
south. `lna` has a flight of its own, `LNA-7`, a zone, and knows the party `africom`.
"""

import asyncio
import hashlib
import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import msgspec
from fastapi import FastAPI

from safeconduct.api.app import create_app
from safeconduct.codecs.declarations_json import Declaration, ZoneDeclaration, read
from safeconduct.federation.acknowledgement import read_acknowledgement
from safeconduct.federation.cards import sign_card
from safeconduct.model.card import Card, GuardedAir, SignedCard
from safeconduct.model.entry import Actor, begin_bytes
from safeconduct.model.flight import Flight
from safeconduct.model.key import SigningKey
from safeconduct.model.party import Party
from safeconduct.model.person import Person, Role
from safeconduct.model.post import Post, Shift
from safeconduct.model.receipt import Answer, ReadBack, Receipt, SignedReceipt
from safeconduct.model.sector import Sector
from safeconduct.model.zone import Zone
from safeconduct.picture.board import BoardHeading
from safeconduct.service.access import Access
from safeconduct.service.desk import Desk
from safeconduct.service.desk.books import NodeIdentity
from safeconduct.service.node import Node
from safeconduct.service.pipeline import Pipeline
from safeconduct.service.recorder import Recorder
from safeconduct.service.rivers import Rivers
from safeconduct.store.memory import MemoryStore

START = 1_574_326_800.0
ADDRESS = "http://127.0.0.1:8600"
METRICS_TOKEN = "m" * 40
SQUARE = ((13.0, 31.0), (14.0, 31.0), (14.0, 32.0), (13.0, 32.0))
NORTH = ((13.0, 33.0), (14.0, 33.0), (14.0, 34.0), (13.0, 34.0))

PEOPLE = {
    "wanda": Person(id="wanda", name="Wanda", role=Role.WATCH),
    "omar": Person(id="omar", name="Omar", role=Role.OPERATOR),
    "salma": Person(id="salma", name="Salma", role=Role.CREW, post="south"),
    "nadir": Person(id="nadir", name="Nadir", role=Role.CREW, post="north"),
    "olga": Person(id="olga", name="Olga", role=Role.OFFICER),
}
OF_ROLE = {Role.WATCH: "wanda", Role.OPERATOR: "omar", Role.CREW: "salma", Role.OFFICER: "olga"}


def key_of(name: str) -> SigningKey:
    """A key that is always the same."""
    return SigningKey(hashlib.sha256(name.encode()).digest())


def volume(outline: Any = SQUARE, **changes: Any) -> dict[str, Any]:
    """A volume's body, from now for an hour."""
    return {
        "outline": [list(corner) for corner in outline],
        "lower_m": 100.0,
        "upper_m": 3000.0,
        "start": START + 60,
        "end": START + 3600,
        **changes,
    }


def declaration(flight: str = "LNA-8", **changes: Any) -> dict[str, Any]:
    """A declaration's body."""
    return {
        "id": flight,
        "aircraft": {"type": "male_uav", "identifiers": [{"kind": "callsign", "value": "lna8"}]},
        "volumes": [volume()],
        "contact": "desk 7",
        **changes,
    }


class _InProcess(httpx.BaseTransport):
    """Requests to an ASGI app, each in an event loop of its own."""

    def __init__(self, app: FastAPI) -> None:
        self._transport = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def asked() -> httpx.Response:
            if not isinstance(request.stream, httpx.ByteStream):
                request.stream = _Chunks(request.stream)
            answer = await self._transport.handle_async_request(request)
            stream = httpx.ByteStream(await answer.aread())
            return httpx.Response(answer.status_code, headers=answer.headers, stream=stream)

        return asyncio.run(asked())


class _Chunks(httpx.AsyncByteStream):
    def __init__(self, chunks: Any) -> None:
        self._chunks: Iterable[bytes] = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk


class House:
    """See the module. `now` is the time at both nodes and of their sessions."""

    def __init__(self) -> None:
        self.now = START
        self._ids = itertools.count()
        self.desk, self.peer = self._desk("lna"), self._desk("africom")
        self.desk.guards = (GuardedAir(outline=SQUARE, lower_m=0.0, upper_m=9000.0, since=START),)
        self.officer = self.actor("olga")
        self._enrol()
        sector = Sector(id="air", party="lna", name="Air", centre=(13.5, 31.5))
        heading = BoardHeading(epoch="e", node="lna", title="t", rehearsal=True, notice="n")
        parties = [Party(id="lna", name="LNA"), Party(id="africom", name="AFRICOM")]
        self.node = Node(Rivers(Pipeline(sector, heading, parties=parties), self.desk), self.clock)
        self.access = Access("lna", self.clock, self.desk.person, rehearsal=True)
        self.access.admit_machine(METRICS_TOKEN, Role.METRICS)
        self.console = Path(__file__).parent
        self.app: FastAPI = create_app(self.node, self.desk, self.access, self.console)

    def clock(self) -> float:
        """Unix seconds."""
        return self.now

    def actor(self, person: str) -> Actor:
        """A person of `lna`, as the record has them."""
        known = PEOPLE[person]
        return Actor(party="lna", person=known.id, role=known.role, post=known.post)

    def client(self, person: str | None = None) -> httpx.Client:
        """A client; of a person who signed in by link, or of nobody."""
        client = httpx.Client(transport=_InProcess(self.app), base_url=ADDRESS)
        if person is not None:
            token, _ = self.access.new_link(PEOPLE[person])
            answer = client.post("/v1/session", json={"token": token})
            assert answer.status_code == 200, answer.text
        return client

    @asynccontextmanager
    async def socket(
        self, path: str, secret: str | None = None, headers: Mapping[str, str] = MappingProxyType({})
    ) -> AsyncIterator[Callable[[], Awaitable[Any]]]:
        """A WebSocket of a session; the callable waits for the next message (ASGI) that it is sent."""
        received: asyncio.Queue[Any] = asyncio.Queue()
        sent: asyncio.Queue[Any] = asyncio.Queue()
        received.put_nowait({"type": "websocket.connect"})
        cookie = {"cookie": f"safeconduct_session_8600={secret}"} if secret else {}
        told = {"host": "127.0.0.1:8600", **cookie, **headers}
        scope = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "ws",
            "server": ("127.0.0.1", 8600),
            "client": ("127.0.0.1", 50_000),
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in told.items()],
            "subprotocols": [],
        }
        task = asyncio.create_task(self.app(scope, received.get, sent.put))
        try:
            yield lambda: asyncio.wait_for(sent.get(), 20)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def secret(self, person: str) -> str:
        """The secret of a new session."""
        token, _ = self.access.new_link(PEOPLE[person])
        return self.access.sign_in(token)[0]

    def on_duty(self, person: str = "salma") -> Shift:
        """Has a crew take its post over, with a key of its own."""
        post = PEOPLE[person].post or ""
        number = self.desk.register.shift_numbers.get(post, 0) + 1
        public = key_of(person).public
        shift = Shift(post=post, number=number, person=person, key=public, start=self.now, until=self.now + 3600)
        self.desk.begin_shift(self.actor(person), shift, key_of(person).sign(begin_bytes(shift, rehearsal=True)))
        return shift

    def receipt(self, *, signer: str = "salma", **changes: Any) -> SignedReceipt:
        """South's right answer to the notice of AFRICOM-01, `changes` applied before signing."""
        item = next(i for i in self.desk.inbox(self.actor("salma"), "south") if i.flight.id == "AFRICOM-01")
        shift = self.desk.register.shifts["south"]
        receipt = Receipt(
            notice=item.notice.id,
            flight=item.notice.flight,
            version=item.notice.version,
            digest=item.flight.digest,
            post="south",
            shift=shift.number,
            key=shift.key,
            answer=Answer.RECEIVED,
            read_back=ReadBack(13.5, 31.5),
            time=self.now,
            rehearsal=True,
        )
        receipt = replace(receipt, **changes)
        return SignedReceipt(receipt=receipt, signature=key_of(signer).sign(receipt.signed_bytes()))

    def card_of(self, party: str) -> SignedCard:
        """The card of a party that nobody here knows."""
        key = key_of(f"node {party}")
        address = f"in-process:{party}"
        card = Card(party=party, name=party, address=address, public=key.public, issued=self.now, rehearsal=True)
        return sign_card(card, key)

    def carry(self) -> None:
        """Takes every message that waits to the other node."""
        for here, there in ((self.desk, self.peer), (self.peer, self.desk)):
            while (message := here.pending(there.party)) is not None:
                answer = there.take(here.sign(message))
                here.acknowledged(there.party, read_acknowledgement(answer).acknowledgement)

    def _desk(self, party: str) -> Desk:
        key = key_of(f"node {party}")
        recorder = Recorder(MemoryStore(), key, party, self.clock, os.urandom, rehearsal=True)
        identity = NodeIdentity(
            party=party,
            name=party.upper(),
            address=f"in-process:{party}",
            key=key,
            clock=self.clock,
            new_id=lambda: f"{next(self._ids):032x}",
            rehearsal=True,
        )
        return Desk(identity, recorder)

    def _enrol(self) -> None:
        here, there = self.desk, self.peer
        for post, outline in (("south", SQUARE), ("north", NORTH)):
            sector = Sector(id=post, party="lna", name=post, centre=outline[0], outline=outline)
            here.set_post(self.officer, Post(id=post, party="lna", name=post.title(), sector=sector))
        for person in PEOPLE.values():
            here.set_person(self.officer, person)
        for name in ("salma", "nadir", "omar"):
            here.enrol_key(self.actor(name), key_of(name).public)
        chief = Actor(party="africom", person="chief", role=Role.OFFICER)
        there.take_card(chief, here.card())
        here.take_card(self.officer, there.card())
        there.confirm_card(chief, "lna", key_of("node lna").id)
        here.confirm_card(self.officer, "africom", key_of("node africom").id)
        there.declare(chief, [flight_of("AFRICOM-01", "africom")])
        there.set_zone(chief, zone_of("AFRICOM-Z", "africom"))
        here.set_zone(self.officer, zone_of("LNA-Z", "lna"))
        here.declare(self.officer, [flight_of("LNA-7", "lna", NORTH)])
        self.carry()


def flight_of(name: str, party: str, outline: Any = SQUARE) -> Flight:
    """A flight as its party declares it."""
    body = declaration(name, volumes=[volume(outline)])
    return read(msgspec.json.encode(body), Declaration).flight(party)


def zone(name: str = "LNA-Y", **changes: Any) -> dict[str, Any]:
    """A zone's body."""
    return {"id": name, "name": "Range", "reason": "live firing", "volumes": [volume(NORTH)], "exempt": [], **changes}


def zone_of(name: str, party: str) -> Zone:
    """A zone as its party sets it."""
    return read(msgspec.json.encode(zone(name)), ZoneDeclaration).zone(party)
