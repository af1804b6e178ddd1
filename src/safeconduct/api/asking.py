"""What the routes share: who asks and whether they may, what they send, what they are told.

The id of a route is its `Operation`, and one gate before all routes asks `MAY` with it: a route cannot forget to.
"""

from http import HTTPStatus
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import URL

from safeconduct.codecs.declarations_json import Nothing, read
from safeconduct.model.entry import Actor
from safeconduct.service.access import Access, NotSignedInError, Session
from safeconduct.service.permissions import MAY, Operation

_T = TypeVar("_T")

_bearer = HTTPBearer(auto_error=False, description="The token of a machine; people have the session's cookie.")


def cookie_of(url: URL) -> str:
    """The session's cookie. Browsers do not tell ports apart, and two nodes must not sign each other out."""
    return f"safeconduct_session_{url.port or 'default'}"


def gate(request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Session | None:
    """The session behind a request, if it may do the operation of its route; None where nobody has to be signed in.

    Raises:
        NotSignedInError, ForbiddenError: see `Access.allow`.
    """
    access: Access = request.app.state.access
    operation = Operation(request.scope["route"].operation_id)
    try:
        session = access.session(request.cookies.get(cookie_of(request.url)), bearer.credentials if bearer else None)
    except NotSignedInError:
        access.allow(None, operation)
        return None
    access.allow(session, operation, request.path_params.get("post", session.post))
    return session


def _signed_in(session: Annotated[Session | None, Depends(gate)]) -> Session:
    if session is None:
        raise NotSignedInError("not signed in", remedy="open a sign-in link, or sign in with an enrolled key")
    return session


def _actor(session: Annotated[Session, Depends(_signed_in)]) -> Actor:
    return session.actor


Asking = Annotated[Session, Depends(_signed_in)]
"""The session of who asks; the gate has let it pass."""
Who = Annotated[Actor, Depends(_actor)]
"""Who asks, as the record has it."""


async def _bytes(request: Request) -> bytes:
    return await request.body()


RawBody = Annotated[bytes, Depends(_bytes)]


class Body:
    """A dependency: the request's body as a `shape`; see `codecs.declarations_json.read`. It runs in a thread."""

    def __init__(self, shape: type[Any]) -> None:
        self.shape = shape

    def __call__(self, data: RawBody) -> Any:
        """The value; raises InputError as `read` does."""
        return read(data or (b"{}" if self.shape is Nothing else b""), self.shape)


def body(shape: type[_T]) -> Any:
    """The body of a route, for `Annotated`."""
    return Depends(Body(shape))


def told(value: object, status: int = 200) -> Response:
    """An answer, as the model has it."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def of(operation: Operation, *problems: int, status: int = 200) -> dict[str, Any]:
    """What a route is declared with: its operation, and the statuses with which it answers and may fail.

    The shape of its answer stands beside `Response` in what its function returns; see `api.description`.
    """
    known = {421, 503, *problems}
    if None not in MAY[operation]:
        known |= {401, 403}
    return {
        "operation_id": operation.value,
        "response_model": None,
        "status_code": status,
        "responses": {code: {"description": HTTPStatus(code).phrase} for code in sorted(known)},
    }


READ = (404, 422)
"""The statuses with which asking for one thing may fail."""
WRITE = (404, 409, 413, 422)
"""The statuses with which a write may fail."""
