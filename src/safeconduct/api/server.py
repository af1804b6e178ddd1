"""Runs a node and its API in one event loop until told to stop."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from safeconduct.api.app import create_app
from safeconduct.errors import SettingsError
from safeconduct.service.node import stopped
from safeconduct.service.serving import Station

STOPPING_S = 3
"""Requests that are still under way when the node is told to stop have this long to end."""


def bound(address: str, port: int) -> socket.socket:
    """A listening socket; port 0 lets the system choose.

    Raises:
        SettingsError: `cannot-listen`.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise SettingsError(
            "cannot-listen",
            f"cannot listen on {address} port {port}: {error.strerror or error}",
            where="listen",
            remedy="stop what listens there, or choose another port; 0 lets the system choose",
        ) from error
    return listener


def serve(station: Station, console: Path, started: Callable[[str], None]) -> None:
    """Serves until interrupted. `started` is told the address ("http://127.0.0.1:8600") once it answers.

    Raises:
        SettingsError: `cannot-listen`.
    """
    listen = station.listen
    listener = bound(listen.address, listen.port)
    host = f"[{listen.address}]" if ":" in listen.address else listen.address
    address = f"http://{host}:{listener.getsockname()[1]}"
    app = create_app(station.node, station.access, console, listen.host_names)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        ws="websockets-sansio",
        server_header=False,
        timeout_graceful_shutdown=STOPPING_S,
    )
    try:
        asyncio.run(_run(station, uvicorn.Server(config), listener, lambda: started(address)))
    except KeyboardInterrupt:
        pass
    finally:
        listener.close()


async def _run(station: Station, server: uvicorn.Server, listener: socket.socket, started: Callable[[], None]) -> None:
    await station.node.tick()
    feeds = asyncio.create_task(station.node.run(station.feeds))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if server.started:
        started()
    done, _ = await asyncio.wait({feeds, serving}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    if feeds in done:
        await serving
        feeds.result()
    else:
        await stopped(feeds)
        serving.result()
