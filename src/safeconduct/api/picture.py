"""The picture: what may be read of a node's board, and how the node is doing."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from safeconduct import __version__
from safeconduct.api.asking import READ, Who, of, told
from safeconduct.api.metrics import registry_of
from safeconduct.api.wire import FeedAnswer, LastContactAnswer, NodeAnswer, TrackAnswer
from safeconduct.errors import UnknownError
from safeconduct.model.board import BoardTrack
from safeconduct.model.identification import IdentifierConflict
from safeconduct.model.party import Party
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor
from safeconduct.service.desk import Desk
from safeconduct.service.node import Node
from safeconduct.service.permissions import Operation


def operation(node: Node, desk: Desk) -> APIRouter:
    """For whoever runs the node."""
    router = APIRouter(tags=["operation"])
    registry = registry_of(node, desk)

    @router.get("/healthz", **of(Operation.HEALTH))
    def healthz() -> Annotated[Response, dict[str, str]]:
        """The process answers."""
        return told({"status": "ok"})

    @router.get("/readyz", **of(Operation.READY))
    def readyz() -> Annotated[Response, dict[str, str]]:
        """There is a board to show; 503 until then."""
        return told({"status": "ready"}) if node.ready else told({"status": "starting"}, 503)

    @router.get("/metrics", response_class=Response, **of(Operation.METRICS))
    def metrics() -> Response:
        """Metrics in Prometheus' text format."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


def picture(node: Node, desk: Desk) -> APIRouter:
    """What a viewer may read."""
    board = node.pipeline.board
    router = APIRouter(prefix="/v1", tags=["picture"])

    @router.get("/node", **of(Operation.NODE))
    def the_node() -> Annotated[Response, NodeAnswer]:
        """What this node is and shows."""
        heading = board.heading
        return told(
            NodeAnswer(
                heading.node,
                heading.title,
                heading.rehearsal,
                heading.notice,
                heading.epoch,
                board.number,
                board.time,
                __version__,
            )
        )

    @router.get("/tracks", **of(Operation.TRACKS))
    async def tracks() -> Annotated[Response, list[BoardTrack]]:
        """All tracks on the board."""
        return told(tuple(board.tracks.values()))

    @router.get("/tracks/{track}", **of(Operation.TRACK, *READ))
    async def one_track(track: str) -> Annotated[Response, TrackAnswer]:
        """One track, with the candidates for whose it is and the evidence for and against each."""
        found = await node.track(track)
        if found is None:
            raise UnknownError("unknown-track", f"there is no track {track!r} on the board", where="track")
        return told(TrackAnswer(*found))

    @router.get("/tracks/{track}/last-contact", **of(Operation.LAST_CONTACT, *READ))
    async def last_contact(who: Who, track: str) -> Annotated[Response, LastContactAnswer]:
        """Where the aircraft of a lost track can be, and where it lies if it fell. A look: it is on the record."""
        found = await node.last_contact(track)
        if found is None:
            raise UnknownError("unknown-track", f"there is no lost track {track!r} on the board", where="track")
        lost, said = found
        await asyncio.to_thread(desk.looked_at_last_contact, who, track, said.time)
        return told(LastContactAnswer(lost, said.reach, said.falls))

    @router.get("/parties", **of(Operation.PARTIES))
    def parties() -> Annotated[Response, list[Party]]:
        """All parties known to this node."""
        return told(board.parties)

    @router.get("/sensors", **of(Operation.SENSORS))
    def sensors() -> Annotated[Response, list[Sensor]]:
        """This node's sensors, as declared."""
        return told(tuple(board.sensors.values()))

    @router.get("/sectors", **of(Operation.SECTORS))
    def sectors() -> Annotated[Response, list[Sector]]:
        """This node's sectors."""
        return told(board.sectors)

    @router.get("/conflicts", **of(Operation.IDENTIFIER_CONFLICTS))
    def conflicts() -> Annotated[Response, list[IdentifierConflict]]:
        """Identifiers claimed at two places."""
        return told(board.conflicts)

    @router.get("/feeds", **of(Operation.FEEDS))
    def feeds() -> Annotated[Response, list[FeedAnswer]]:
        """How the feeds are doing."""
        return told(
            [FeedAnswer(r.path, r.format, r.messages, r.detections, dict(r.rejected), r.last_error) for r in node.feeds]
        )

    return router
