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


def guard(app: FastAPI, host_names: Sequence[str], *, rehearsal: bool) -> None:
    """Refuses requests for other host names (DNS rebinding) and writes from other origins.

    Adds HEADERS to every answer, keeps what the API says out of caches, and marks a rehearsal (law 9).
    """
    known = {*LOOPBACK, *host_names}

    @app.middleware("http")
    async def check(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
        if host not in known:
            return _refused(421, "wrong-host", f"this node is not {host}")
        if request.method not in ("GET", "HEAD", "OPTIONS") and not same_origin(request.headers):
            return _refused(403, "wrong-origin", "the request comes from another site")
        response = await call_next(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.url.path.startswith(("/v1/", "/metrics")):
            response.headers["Cache-Control"] = "no-store"
        if rehearsal:
            response.headers["Safeconduct-Rehearsal"] = "true"
        return response


def same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a browser's request comes from our own pages; programs send no origin, and need a secret anyway."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def _refused(status: int, reason: str, what: str) -> Response:
    body = ProblemAnswer(Problem(reason, what, "", ""))
    return Response(msgspec.json.encode(body), status, media_type="application/json")
