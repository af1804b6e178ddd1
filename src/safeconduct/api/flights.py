"""Flights and zones: declare, check, amend, move, end; who looked."""

import asyncio
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Response

from safeconduct.api.asking import READ, WRITE, RawBody, Who, body, of, told
from safeconduct.api.wire import (
    CheckAnswer,
    FlightAnswer,
    FlightsAnswer,
    LookAnswer,
    NamedParty,
    ToldParty,
    ZoneAnswer,
)
from safeconduct.codecs.declarations_json import Amendment, Declaration, Move, ZoneDeclaration, check_id
from safeconduct.codecs.scenario_files import read_flights
from safeconduct.errors import StateError, UnknownError, WireError
from safeconduct.model.desk import DeskFlight, DeskView
from safeconduct.model.entry import Actor
from safeconduct.model.flight import FlightState
from safeconduct.model.reported_position import ReportedPosition
from safeconduct.model.zone import Zone
from safeconduct.service.desk import Desk
from safeconduct.service.node import Node
from safeconduct.service.permissions import Operation


def desk_view(desk: Desk) -> APIRouter:
    """Coordination as a whole."""
    router = APIRouter(prefix="/v1", tags=["desk"])

    @router.get("/desk", **of(Operation.DESK))
    def whole(who: Who) -> Annotated[Response, DeskView]:
        """Everything of coordination that whoever asks may see; the WebSocket /desk sends the same."""
        return told(desk.view(who))

    return router


def flights(node: Node, desk: Desk) -> APIRouter:
    """The routes of flights."""
    router = APIRouter(prefix="/v1/flights", tags=["flights"])

    @router.get("", **of(Operation.FLIGHTS))
    def all_flights(who: Who) -> Annotated[Response, list[DeskFlight]]:
        """All flights that whoever asks may see."""
        return told(desk.view(who).flights)

    @router.post("", **of(Operation.DECLARE_FLIGHT, *WRITE, status=201))
    def declare(
        who: Who, asked: Annotated[Declaration, body(Declaration)], conflicts: Literal["refuse"] | None = None
    ) -> Annotated[Response, FlightAnswer]:
        """Declares a flight; with `conflicts=refuse` only if it has none."""
        refuse = conflicts == "refuse"
        written = desk.declare(who, [asked.flight(desk.party)], refuse_conflicts=refuse)
        return told(FlightAnswer(written.value[0], written.record), 201)

    @router.post("/check", **of(Operation.CHECK_FLIGHT, *WRITE))
    def check(who: Who, asked: Annotated[Declaration, body(Declaration)]) -> Annotated[Response, CheckAnswer]:
        """What a declaration would meet, and who would be told; nothing is kept."""
        found = desk.check(who, asked.flight(desk.party))
        told_parties = tuple(ToldParty(one.party, one.name, one.entry_time, one.reachable) for one in found.told)
        peers = tuple(NamedParty(one.party, one.name) for one in found.peers)
        return told(CheckAnswer(found.conflicts, told_parties, found.posts, peers))

    @router.post("/file", openapi_extra=_FILE, **of(Operation.DECLARE_FILE, *WRITE, status=201))
    def declare_file(who: Who, data: RawBody) -> Annotated[Response, FlightsAnswer]:
        """Declares all flights of a flights.json (see docs/reference/formats.md), or none."""
        declared = [replace(one, version=1, state=FlightState.ACCEPTED) for one in read_flights(data, "body")]
        if not declared:
            raise WireError("nothing-declared", "there is no flight in it", where="body", remedy="declare one or more")
        for one in declared:
            check_id(f"body: {one.id}", one.id)
        written = desk.declare(who, declared)
        return told(FlightsAnswer(written.value, written.record), 201)

    @router.get("/{ref}", **of(Operation.OPEN_FLIGHT, *READ))
    def one_flight(who: Who, ref: str) -> Annotated[Response, DeskFlight]:
        """One flight. Opening another party's is a look: it is on the record, and its owner is told."""
        seen = _seen(desk, who, ref)
        desk.flight(who, ref)
        return told(seen)

    @router.put("/{ref}", **of(Operation.AMEND_FLIGHT, *WRITE))
    def amend(who: Who, ref: str, asked: Annotated[Amendment, body(Amendment)]) -> Annotated[Response, FlightAnswer]:
        """A new version, in the place of version `replaces`; the receipts of older ones count no more."""
        written = desk.amend(who, ref, asked.flight(desk.party), replaces=asked.replaces)
        return told(FlightAnswer(written.value, written.record))

    @router.post("/{ref}/state", **of(Operation.MOVE_FLIGHT, *WRITE))
    def move(who: Who, ref: str, asked: Annotated[Move, body(Move)]) -> Annotated[Response, FlightAnswer]:
        """Moves a flight to another state; `Ended` ends it."""
        written = desk.move(who, ref, asked.state)
        return told(FlightAnswer(written.value, written.record))

    @router.post("/{ref}/position", **of(Operation.REPORT_POSITION, 404, 413, 422, status=204))
    async def report(who: Who, ref: str, asked: Annotated[ReportedPosition, body(ReportedPosition)]) -> Response:
        """Where an own flight's aircraft is by its own telemetry: evidence for which track it is, for 30 s. It is not
        on the record, as no measurement is."""
        await asyncio.to_thread(desk.may_report, who, ref, asked.time)
        await node.reported(ref, asked)
        return Response(status_code=204)

    @router.get("/{ref}/looks", **of(Operation.LOOKS, *READ))
    def looks(who: Who, ref: str) -> Annotated[Response, list[LookAnswer]]:
        """Who of other parties opened the details of an own flight, newest first."""
        return told([LookAnswer(one.party, one.role, one.version, one.time) for one in desk.looks(who, ref)])

    return router


def zones(desk: Desk) -> APIRouter:
    """The routes of zones."""
    router = APIRouter(prefix="/v1/zones", tags=["zones"])

    def known(zone: str) -> bool:
        return any((one.party, one.id) == (desk.party, zone) for one in desk.zones())

    @router.get("", **of(Operation.ZONES))
    def all_zones() -> Annotated[Response, list[Zone]]:
        """The zones in force or to come, of all parties."""
        return told(desk.zones())

    @router.post("", **of(Operation.SET_ZONE, *WRITE))
    def set_zone(who: Who, asked: Annotated[ZoneDeclaration, body(ZoneDeclaration)]) -> Annotated[Response, ZoneAnswer]:
        """Sets a zone."""
        if known(asked.id):
            raise StateError("duplicate", f"zone {asked.id} is set already", where="id", remedy="change that one")
        written = desk.set_zone(who, asked.zone(desk.party))
        return told(ZoneAnswer(written.value, written.record))

    @router.put("/{zone}", **of(Operation.CHANGE_ZONE, *WRITE))
    def change_zone(
        who: Who, zone: str, asked: Annotated[ZoneDeclaration, body(ZoneDeclaration)]
    ) -> Annotated[Response, ZoneAnswer]:
        """Changes a zone that is in force or to come."""
        if asked.id != zone:
            raise WireError("bad-field", f"the body is of zone {asked.id}", where="id", remedy="an id never changes")
        if not known(zone):
            raise UnknownError("unknown-zone", f"this party has no zone {zone!r}", where="zone", remedy="set it first")
        written = desk.set_zone(who, asked.zone(desk.party))
        return told(ZoneAnswer(written.value, written.record))

    @router.delete("/{zone}", **of(Operation.LIFT_ZONE, *WRITE))
    def lift_zone(who: Who, zone: str) -> Annotated[Response, ZoneAnswer]:
        """Takes a zone back before its time."""
        written = desk.lift_zone(who, zone)
        return told(ZoneAnswer(written.value, written.record))

    return router


def _seen(desk: Desk, who: Actor, ref: str) -> DeskFlight:
    """A flight as whoever asks may see it; what they may not see, there is not for them."""
    found = next((flight for flight in desk.view(who).flights if flight.ref == ref), None)
    if found is None:
        raise UnknownError("unknown-flight", f"no flight {ref!r} is before you", where="ref")
    return found


_FILE = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "array", "minItems": 1, "items": {"type": "object"}}}},
    }
}
