"""What every request must pass first: right host, right origin, bounded body; and what every answer carries."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from safeconduct.api.wire import Problem, ProblemAnswer
from safeconduct.errors import SafeconductError
from safeconduct.service.settings import LOOPBACK

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""The console needs nothing from anywhere else, and no other site may frame it."""


MOST_BODY_BYTES = 1024 * 1024
"""More than the largest flight that the model takes; nothing beyond is read."""


class TooLongError(SafeconductError):
    """A body goes on beyond MOST_BODY_BYTES."""

    def __init__(self) -> None:
        super().__init__(f"the body is longer than {MOST_BODY_BYTES} bytes", remedy="send it in parts")


class Guard:
    """Refuses requests for other host names (DNS rebinding), from other origins, and bodies without bounds.

    Adds HEADERS to every answer, keeps what the API says out of caches, and marks a rehearsal (law 9).

    Args:
        host_names: names besides loopback's under which browsers may reach the node.
    """

    def __init__(self, app: ASGIApp, host_names: Sequence[str], rehearsal: bool) -> None:
        self._app, self._host_names, self._rehearsal = app, host_names, rehearsal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or one WebSocket (ASGI)."""
        if scope["type"] == "websocket":
            headers = Headers(scope=scope)
            if known_host(headers, self._host_names) and same_origin(headers):
                await self._app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 4403, "reason": "from another site, or for another one"})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._mark(MutableHeaders(scope=message), scope["path"])
            await send(message)

        refusal = self._refusal(scope["method"], Headers(scope=scope))
        await (refusal or self._app)(scope, _bounded(receive), marked)

    def _mark(self, headers: MutableHeaders, path: str) -> None:
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        if path.startswith(("/v1/", "/metrics")):
            headers["Cache-Control"] = "no-store"
        if self._rehearsal:
            headers["Safeconduct-Rehearsal"] = "true"

    def _refusal(self, method: str, headers: Mapping[str, str]) -> Response | None:
        if not known_host(headers, self._host_names):
            return _refused(421, "wrong-host", "this node does not have that name")
        if method not in ("GET", "HEAD", "OPTIONS") and not same_origin(headers):
            return _refused(403, "wrong-origin", "the request comes from another site")
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MOST_BODY_BYTES:
            return _refused(413, "too-long", f"a body may have {MOST_BODY_BYTES} bytes", "send it in parts")
        return None


def known_host(headers: Mapping[str, str], host_names: Sequence[str]) -> bool:
    """Whether a request was sent to a name of this node."""
    return _parts(f"//{headers.get('host', '')}")[0] in {*LOOPBACK, *host_names}


def same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a browser's request comes from our own pages; programs send no origin, and need a secret anyway."""
    origin = headers.get("origin")
    return origin is None or _parts(origin)[1] == headers.get("host")


def _bounded(receive: Receive) -> Receive:
    """Raises TooLongError for a body, of a length that was not told, as soon as it goes beyond."""
    taken = 0

    async def receiving() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MOST_BODY_BYTES:
            raise TooLongError
        return message

    return receiving


def _parts(url: str) -> tuple[str | None, str]:
    """Host name and host with port of a URL; nothing of what is none."""
    try:
        parts = urlsplit(url)
        return parts.hostname, parts.netloc
    except ValueError:
        return None, ""


def _refused(status: int, reason: str, what: str, remedy: str = "") -> Response:
    body = ProblemAnswer(Problem(reason, what, "", remedy))
    return Response(msgspec.json.encode(body), status, media_type="application/json")
