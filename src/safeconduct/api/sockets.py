"""What viewers are sent without asking again: the board at /live, the desk at /desk."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import msgspec
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from safeconduct.api.asking import cookie_of
from safeconduct.errors import ForbiddenError
from safeconduct.service.access import Access, NotSignedInError, Session
from safeconduct.service.desk import Desk
from safeconduct.service.node import Node
from safeconduct.service.permissions import Operation
from safeconduct.store.base import StoreError

NOT_SIGNED_IN_CODE = 4401
"""WebSocket close code for a viewer without a session."""
TRY_LATER_CODE = 1013
"""WebSocket close code where the node cannot do its work now (RFC 6455 registry)."""
DESK_LEAST_S, DESK_MOST_S = 0.1, 5.0
"""Between two views of the desk: never less, so that a burst of changes is one; never more."""


def sockets(node: Node, desk: Desk, access: Access) -> APIRouter:
    """The WebSockets. The guard has seen to host and origin."""
    router = APIRouter()

    def asking(socket: WebSocket, operation: Operation) -> Callable[[], Session]:
        secret = socket.cookies.get(cookie_of(socket.url))

        def session() -> Session:
            found = access.session(secret)
            access.allow(found, operation)
            return found

        return session

    @router.websocket("/live", name=Operation.LIVE)
    async def live(socket: WebSocket, epoch: str = "", number: int = -1) -> None:
        """A snapshot and then numbered deltas, or only deltas for a viewer that resumes at `epoch` and `number`."""
        session = asking(socket, Operation.LIVE)
        await socket.accept()
        async with _closing(socket):
            who = (await asyncio.to_thread(session)).actor
            if epoch != node.pipeline.board.heading.epoch:  # a viewer that does not resume gets the whole board
                await asyncio.to_thread(desk.looked_at_board, who)
            async for message in node.watch(epoch, number):
                # Asked anew for each message: signing out, and the session's end, end the view.
                await asyncio.to_thread(session)
                await socket.send_text(message.decode())

    @router.websocket("/desk", name=Operation.DESK)
    async def desk_views(socket: WebSocket) -> None:
        """What GET /v1/desk answers, at once, whenever it has changed, and every few seconds."""
        session = asking(socket, Operation.DESK)
        await socket.accept()
        changed, loop = asyncio.Event(), asyncio.get_running_loop()

        def view() -> str:
            return msgspec.json.encode(desk.view(session().actor)).decode()

        def change() -> None:
            with suppress(RuntimeError):  # the loop has closed: nobody is looking any more
                loop.call_soon_threadsafe(changed.set)

        unsubscribe = desk.subscribe(change)
        left = asyncio.create_task(_left(socket, changed))
        try:
            async with _closing(socket):
                while not left.done():
                    # Cleared first: what changes while the view is made is in the next one. A slow viewer holds up
                    # its own next view and nothing else.
                    changed.clear()
                    await socket.send_text(await asyncio.to_thread(view))
                    await asyncio.sleep(DESK_LEAST_S)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(changed.wait(), DESK_MOST_S - DESK_LEAST_S)
        finally:
            unsubscribe()
            left.cancel()

    return router


async def _left(socket: WebSocket, changed: asyncio.Event) -> None:
    """Until the viewer is gone, or the server closes; what a viewer sends is ignored."""
    with suppress(WebSocketDisconnect, RuntimeError):
        while (await socket.receive())["type"] != "websocket.disconnect":
            pass
    changed.set()


@asynccontextmanager
async def _closing(socket: WebSocket) -> AsyncIterator[None]:
    """Ends a view as its viewer can understand."""
    try:
        yield
    except (NotSignedInError, ForbiddenError) as error:
        await _close(socket, NOT_SIGNED_IN_CODE, error.what)
    except StoreError:
        await _close(socket, TRY_LATER_CODE, "the node cannot write its record")
    except WebSocketDisconnect:
        return


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):  # it has gone already
        await socket.close(code, reason)
