"""Runs a node and its API in one event loop until told to stop."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from safeconduct.api.app import create_app
from safeconduct.errors import SettingsError
from safeconduct.service.node import stopped
from safeconduct.service.serving import PEOPLE_ACT_EVERY_S, Hosted, Station

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


def serve(hosted: Hosted, console: Path, started: Callable[[list[str]], None]) -> None:
    """Serves until interrupted. `started` is told every station's address ("http://127.0.0.1:8600") once all answer.

    Raises:
        SettingsError: `cannot-listen`.
    """
    listeners: list[socket.socket] = []
    try:
        for station in hosted.stations:
            listeners.append(bound(station.listen.address, station.listen.port))  # noqa: PERF401 - closed if one fails
        servers = [uvicorn.Server(_config(station, console)) for station in hosted.stations]
        addresses = [_address(*pair) for pair in zip(hosted.stations, listeners, strict=True)]
        asyncio.run(_run(hosted, servers, listeners, lambda: started(addresses)))
    except KeyboardInterrupt:
        pass
    finally:
        for listener in listeners:
            listener.close()
        hosted.close()


def _config(station: Station, console: Path) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(station.node, station.desk, station.access, console, station.listen.host_names),
        log_level="warning",
        access_log=False,
        ws="websockets-sansio",
        server_header=False,
        proxy_headers=False,  # whoever can connect could claim any address
        timeout_graceful_shutdown=STOPPING_S,
    )


def _address(station: Station, listener: socket.socket) -> str:
    address = station.listen.address
    host = f"[{address}]" if ":" in address else address
    return f"http://{host}:{listener.getsockname()[1]}"


async def _run(
    hosted: Hosted, servers: list[uvicorn.Server], listeners: list[socket.socket], started: Callable[[], None]
) -> None:
    for station in hosted.stations:
        await station.node.tick()
    working = [asyncio.create_task(station.node.run(station.feeds)) for station in hosted.stations]
    working.append(asyncio.create_task(_act_for_ever(hosted)))
    serving = [
        asyncio.create_task(server.serve(sockets=[listener]))
        for server, listener in zip(servers, listeners, strict=True)
    ]
    while not all(server.started or task.done() for server, task in zip(servers, serving, strict=True)):
        await asyncio.sleep(0.01)
    if all(server.started for server in servers):
        started()
    done, _ = await asyncio.wait({*working, *serving}, return_when=asyncio.FIRST_COMPLETED)
    for server in servers:
        server.should_exit = True
    await asyncio.wait(serving)
    for task in working:
        await stopped(task)
    for task in done:
        task.result()


async def _act_for_ever(hosted: Hosted) -> None:
    while True:
        await asyncio.to_thread(hosted.act)
        await asyncio.sleep(PEOPLE_ACT_EVERY_S)
