"""The link between nodes of one program: the same requests, byte for byte, without a network."""

import threading
from collections.abc import Callable

from safeconduct.errors import InputError, SafeconductError
from safeconduct.federation.request import SignedRequest
from safeconduct.links.base import RefusedError, UnreachableError

SCHEME = "in-process:"


def in_process_address(party: str) -> str:
    """The address of a party's node within the program."""
    return f"{SCHEME}{party}"


class InProcessNetwork:
    """A `Link` to every node that registered here. Connections can be cut and mended, for rehearsals and tests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._nodes: dict[str, Callable[[SignedRequest], bytes]] = {}
        self._cut: set[str] = set()

    def register(self, address: str, receive: Callable[[SignedRequest], bytes]) -> None:
        """Lets `receive` answer at `address`, in the place of whoever answered there before.

        It raises InputError for what it refuses, and any other SafeconductError where it cannot do its work.
        """
        with self._lock:
            self._nodes[address] = receive

    def cut(self, address: str) -> None:
        """Nothing reaches `address` until it is mended."""
        with self._lock:
            self._cut.add(address)

    def mend(self, address: str) -> None:
        """Connects `address` again; harmless if it was not cut."""
        with self._lock:
            self._cut.discard(address)

    def carry(self, address: str, request: SignedRequest) -> bytes:
        """See `Link.carry`."""
        with self._lock:
            receive = None if address in self._cut else self._nodes.get(address)
        if receive is None:
            raise UnreachableError(f"no node answers at {address}", where=address, remedy="it is tried again")
        try:
            return receive(request)
        except InputError as error:
            raise RefusedError(error.reason, error.what, where=error.where, remedy=error.remedy) from error
        except SafeconductError as error:
            raise UnreachableError(f"the node at {address} cannot take it now: {error}", where=address) from error
