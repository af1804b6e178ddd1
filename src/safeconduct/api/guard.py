"""What every request must pass first: the right host, the right origin; and what every answer carries."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import urlsplit

import msgspec
from fastapi import FastAPI, Request, Response

from safeconduct.api.wire import Problem, ProblemAnswer
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


MOST_BODY_BYTES = 64 * 1024
"""Far more than any request of this API carries."""


def guard(app: FastAPI, host_names: Sequence[str], *, rehearsal: bool) -> None:
    """Refuses requests for other host names (DNS rebinding), writes from other origins, and bodies without bounds.

    Adds HEADERS to every answer, keeps what the API says out of caches, and marks a rehearsal (law 9).
    """

    @app.middleware("http")
    async def check(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = _refusal(request, host_names) or await call_next(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.url.path.startswith(("/v1/", "/metrics")):
            response.headers["Cache-Control"] = "no-store"
        if rehearsal:
            response.headers["Safeconduct-Rehearsal"] = "true"
        return response


def known_host(headers: Mapping[str, str], host_names: Sequence[str]) -> bool:
    """Whether a request was sent to a name of this node."""
    return _parts(f"//{headers.get('host', '')}")[0] in {*LOOPBACK, *host_names}


def same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a browser's request comes from our own pages; programs send no origin, and need a secret anyway."""
    origin = headers.get("origin")
    return origin is None or _parts(origin)[1] == headers.get("host")


def _refusal(request: Request, host_names: Sequence[str]) -> Response | None:
    if not known_host(request.headers, host_names):
        return _refused(421, "wrong-host", "this node does not have that name")
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return None
    if not same_origin(request.headers):
        return _refused(403, "wrong-origin", "the request comes from another site")
    length = request.headers.get("content-length", "0")
    if "transfer-encoding" in request.headers or not length.isdigit() or int(length) > MOST_BODY_BYTES:
        return _refused(413, "too-long", f"a body needs a length, of at most {MOST_BODY_BYTES} bytes")
    return None


def _parts(url: str) -> tuple[str | None, str]:
    """Host name and host with port of a URL; nothing of what is none."""
    try:
        parts = urlsplit(url)
        return parts.hostname, parts.netloc
    except ValueError:
        return None, ""


def _refused(status: int, reason: str, what: str) -> Response:
    body = ProblemAnswer(Problem(reason, what, "", ""))
    return Response(msgspec.json.encode(body), status, media_type="application/json")
