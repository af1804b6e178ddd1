"""The HTTP and WebSocket face of one node. No rule of the domain lives here."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.datastructures import URL
from starlette.exceptions import HTTPException

from safeconduct import __version__
from safeconduct.api.guard import guard, known_host, same_origin
from safeconduct.api.metrics import registry_of
from safeconduct.api.wire import (
    FeedAnswer,
    NodeAnswer,
    Problem,
    ProblemAnswer,
    SessionAnswer,
    SignIn,
    TrackAnswer,
    problem,
)
from safeconduct.errors import SafeconductError
from safeconduct.model.board import BoardTrack
from safeconduct.model.flight import Flight
from safeconduct.model.identification import IdentifierConflict
from safeconduct.model.party import Party
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor
from safeconduct.service.access import SESSION_S, Access, ForbiddenError, NotSignedInError, Role, Session
from safeconduct.service.node import Node

NOT_SIGNED_IN_CODE = 4401
"""WebSocket close code for a viewer without a session."""

_bearer = HTTPBearer(auto_error=False)


def cookie_of(url: URL) -> str:
    """The session's cookie. Browsers do not tell ports apart, and two nodes must not sign each other out."""
    return f"safeconduct_session_{url.port or 'default'}"


class NoSuchThingError(SafeconductError):
    """The path names nothing that this node has."""


def create_app(node: Node, access: Access, console: Path, host_names: Sequence[str] = ()) -> FastAPI:
    """The application of a node.

    Args:
        console: folder of the built console.
        host_names: names besides loopback's under which browsers may reach it.
    """
    party = node.pipeline.board.heading.node
    app = FastAPI(
        title="safeconduct",
        version=__version__,
        summary="An identified air picture: whose declared flight each track is, how sure that is, and why.",
        docs_url=None,
        redoc_url=None,
    )
    guard(app, host_names, rehearsal=node.pipeline.board.heading.rehearsal)
    _answer_errors(app)

    def allowed(*roles: Role) -> Callable[..., Session]:
        def session(
            request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
        ) -> Session:
            found = access.session(request.cookies.get(cookie_of(request.url)), bearer.credentials if bearer else None)
            access.allow(found, party, *roles)
            return found

        return session

    watch = Depends(allowed(Role.WATCH))
    app.include_router(_health(node))
    app.include_router(_sessions(access, allowed(*Role)))
    app.include_router(_reads(node), prefix="/v1", dependencies=[watch])

    registry = registry_of(node)

    @app.get("/metrics", tags=["operation"], dependencies=[Depends(allowed(Role.METRICS, Role.WATCH))])
    def metrics() -> Response:
        """Metrics in Prometheus' text format."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    @app.websocket("/live")
    async def live(socket: WebSocket, epoch: str = "", number: int = -1) -> None:
        """A snapshot and then numbered deltas, or only deltas for a viewer that resumes at `epoch` and `number`."""
        await socket.accept()
        secret = socket.cookies.get(cookie_of(socket.url))
        try:
            if not (known_host(socket.headers, host_names) and same_origin(socket.headers)):
                raise NotSignedInError("the request comes from another site, or is for another one")
            async for message in node.watch(epoch, number):
                # Asked anew for each message: signing out, and the session's end, end the view.
                access.allow(access.session(secret), party, Role.WATCH)
                await socket.send_text(message.decode())
        except (NotSignedInError, ForbiddenError) as error:
            await socket.close(NOT_SIGNED_IN_CODE, error.what)
        except WebSocketDisconnect:
            return

    @app.get("/", include_in_schema=False)
    def index() -> FileResponse:
        return FileResponse(console / "index.html", headers={"Cache-Control": "no-cache"})

    app.mount("/", StaticFiles(directory=console), name="console")
    return app


def _health(node: Node) -> APIRouter:
    router = APIRouter(tags=["operation"])

    @router.get("/healthz")
    def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @router.get("/readyz")
    def readyz(response: Response) -> dict[str, str]:
        """There is a board to show; 503 until then."""
        if not node.ready:
            response.status_code = 503
        return {"status": "ready" if node.ready else "starting"}

    return router


def _sessions(access: Access, signed_in: Callable[..., Session]) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["session"], responses={401: {"model": ProblemAnswer}})

    @router.post("/session")
    def sign_in(body: SignIn, request: Request, response: Response) -> SessionAnswer:
        """Signs in with the token of a one-time link, and sets the session's cookie."""
        secret, session = access.sign_in(body.token)
        response.set_cookie(
            cookie_of(request.url),
            secret,
            max_age=int(SESSION_S),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return SessionAnswer(session.party, session.role, session.expires)

    @router.get("/session")
    def who(session: Annotated[Session, Depends(signed_in)]) -> SessionAnswer:
        """Who is signed in."""
        return SessionAnswer(session.party, session.role, session.expires)

    @router.delete("/session", status_code=204)
    def sign_out(request: Request) -> Response:
        """Ends the session."""
        access.sign_out(request.cookies.get(cookie_of(request.url), ""))
        response = Response(status_code=204)
        response.delete_cookie(cookie_of(request.url))
        return response

    return router


def _reads(node: Node) -> APIRouter:
    """What a watcher may read. Answers are encoded as the model has them; `response_model` only describes them."""
    board = node.pipeline.board
    router = APIRouter(tags=["picture"], responses={401: {"model": ProblemAnswer}, 403: {"model": ProblemAnswer}})

    @router.get("/node", response_model=NodeAnswer)
    def the_node() -> Response:
        """What this node is and shows."""
        heading = board.heading
        return _json(
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

    @router.get("/tracks", response_model=list[BoardTrack])
    async def tracks() -> Response:
        """All tracks on the board."""
        return _json(tuple(board.tracks.values()))

    @router.get("/tracks/{track}", response_model=TrackAnswer, responses={404: {"model": ProblemAnswer}})
    async def one_track(track: str) -> Response:
        """One track, with the candidates for whose it is and the evidence for and against each."""
        found = await node.track(track)
        if found is None:
            raise NoSuchThingError(f"there is no track {track!r} on the board", where="track")
        return _json(TrackAnswer(*found))

    @router.get("/flights", response_model=list[Flight])
    def flights() -> Response:
        """All flights declared to this node."""
        return _json(tuple(board.flights.values()))

    @router.get("/flights/{flight}", response_model=Flight, responses={404: {"model": ProblemAnswer}})
    def one_flight(flight: str) -> Response:
        """One declared flight."""
        if flight not in board.flights:
            raise NoSuchThingError(f"no flight {flight!r} was declared to this node", where="flight")
        return _json(board.flights[flight])

    @router.get("/parties", response_model=list[Party])
    def parties() -> Response:
        """All parties known to this node."""
        return _json(board.parties)

    @router.get("/sensors", response_model=list[Sensor])
    def sensors() -> Response:
        """This node's sensors, as declared."""
        return _json(tuple(board.sensors.values()))

    @router.get("/sectors", response_model=list[Sector])
    def sectors() -> Response:
        """This node's sectors."""
        return _json(board.sectors)

    @router.get("/conflicts", response_model=list[IdentifierConflict])
    def conflicts() -> Response:
        """Identifiers claimed at two places."""
        return _json(board.conflicts)

    @router.get("/feeds", response_model=list[FeedAnswer])
    def feeds() -> Response:
        """How the feeds are doing."""
        return _json(
            [FeedAnswer(r.path, r.format, r.messages, r.detections, dict(r.rejected), r.last_error) for r in node.feeds]
        )

    return router


def _json(body: Any) -> Response:
    return Response(msgspec.json.encode(body), media_type="application/json")


def _answer_errors(app: FastAPI) -> None:
    """Every error as a `ProblemAnswer` with the right status."""
    answers: list[tuple[type[SafeconductError], int, str]] = [
        (NotSignedInError, 401, "not-signed-in"),
        (ForbiddenError, 403, "forbidden"),
        (NoSuchThingError, 404, "not-found"),
    ]

    def answering(status: int, reason: str) -> Callable[[Request, Exception], Awaitable[Response]]:
        async def answer(_: Request, error: Exception) -> Response:
            assert isinstance(error, SafeconductError)
            return Response(msgspec.json.encode(problem(reason, error)), status, media_type="application/json")

        return answer

    for kind, status, reason in answers:
        app.add_exception_handler(kind, answering(status, reason))

    async def invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        body = ProblemAnswer(Problem("bad-request", first["msg"], where, "see /openapi.json"))
        return Response(msgspec.json.encode(body), 422, media_type="application/json")

    app.add_exception_handler(RequestValidationError, invalid)

    async def other(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        body = ProblemAnswer(Problem(f"http-{error.status_code}", str(error.detail), "", "see /openapi.json"))
        return Response(
            msgspec.json.encode(body), error.status_code, headers=error.headers, media_type="application/json"
        )

    app.add_exception_handler(HTTPException, other)
