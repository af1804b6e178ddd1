"""The HTTP and WebSocket face of one node. No rule of the domain lives here."""

from collections.abc import Sequence
from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from safeconduct import __version__
from safeconduct.api.asking import gate
from safeconduct.api.description import Described
from safeconduct.api.flights import desk_view, flights, zones
from safeconduct.api.guard import Guard
from safeconduct.api.people import peers, people
from safeconduct.api.picture import operation, picture
from safeconduct.api.posts import notices, posts
from safeconduct.api.problems import answer_errors
from safeconduct.api.sessions import sessions
from safeconduct.api.sockets import sockets
from safeconduct.service.access import Access
from safeconduct.service.desk import Desk
from safeconduct.service.node import Node


def create_app(node: Node, desk: Desk, access: Access, console: Path, host_names: Sequence[str] = ()) -> FastAPI:
    """The application of a node.

    Args:
        console: folder of the built console.
        host_names: names besides loopback's under which browsers may reach it.
    """
    app = Described(
        title="safeconduct",
        version=__version__,
        summary="An identified air picture, and the coordination that it rests on.",
        description="People have a session's cookie (see /v1/session); roles are in docs/reference/api.md.",
        docs_url=None,
        redoc_url=None,
    )
    app.state.access = access
    app.add_middleware(Guard, host_names=host_names, rehearsal=node.pipeline.board.heading.rehearsal)
    answer_errors(app)

    app.routers = [
        operation(node, desk),
        sessions(desk, access),
        picture(node, desk),
        desk_view(desk),
        flights(node, desk),
        zones(desk),
        posts(desk),
        notices(desk, access),
        people(desk, access),
        peers(desk),
    ]
    for router in app.routers:
        app.include_router(router, dependencies=[Depends(gate)])
    app.include_router(sockets(node, desk, access))

    @app.get("/", include_in_schema=False)
    def index() -> FileResponse:
        return FileResponse(console / "index.html", headers={"Cache-Control": "no-cache"})

    app.mount("/", StaticFiles(directory=console), name="console")
    return app
