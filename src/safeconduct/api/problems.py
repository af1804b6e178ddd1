"""Every error as a `ProblemAnswer` with the right status."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from safeconduct.api.guard import TooLongError
from safeconduct.api.wire import Problem, ProblemAnswer
from safeconduct.errors import ForbiddenError, InputError, SafeconductError, StateError, UnknownError
from safeconduct.service.access import FAILURES_S, NotSignedInError, TooManyFailuresError
from safeconduct.store.base import StoreError

STATUSES: Mapping[type[SafeconductError], tuple[int, str]] = {
    NotSignedInError: (401, "not-signed-in"),
    ForbiddenError: (403, "forbidden"),
    UnknownError: (404, "not-found"),
    StateError: (409, "conflict"),
    TooLongError: (413, "too-long"),
    InputError: (422, "bad-request"),
    TooManyFailuresError: (429, "too-many-failures"),
    StoreError: (503, "store"),
}
"""The status of each class of errors, and the reason of those that carry none of their own."""

_EXTRA_HEADERS = {429: {"Retry-After": f"{FAILURES_S:.0f}"}, 503: {"Retry-After": "5"}}


def answer_errors(app: FastAPI) -> None:
    """Has the app answer the errors of STATUSES, and FastAPI's own."""
    for kind, (status, reason) in STATUSES.items():
        app.add_exception_handler(kind, _answering(status, reason))
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _other)


def _answering(status: int, reason: str) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(_: Request, error: Exception) -> Response:
        assert isinstance(error, SafeconductError)
        problem = Problem(getattr(error, "reason", reason), error.what, error.where, error.remedy)
        return _problem(status, problem, _EXTRA_HEADERS.get(status))

    return answer


async def _invalid(_: Request, error: Exception) -> Response:
    """A part of the path or of the query."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return _problem(422, Problem("bad-request", first["msg"], where, "see /openapi.json"))


async def _other(_: Request, error: Exception) -> Response:
    """A path that is none, a method that it does not have."""
    assert isinstance(error, HTTPException)
    problem = Problem(f"http-{error.status_code}", str(error.detail), "", "see /openapi.json")
    return _problem(error.status_code, problem, error.headers)


def _problem(status: int, problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(ProblemAnswer(problem)), status, headers, media_type="application/json")
