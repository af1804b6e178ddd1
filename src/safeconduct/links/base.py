"""What every link promises. A link carries bytes to another node and knows nothing of what is in them."""

from typing import Protocol

from safeconduct.errors import InputError, SafeconductError
from safeconduct.federation.request import SignedRequest


class UnreachableError(SafeconductError):
    """The other node does not answer, or cannot do its work now. It may have taken the request all the same."""


class RefusedError(InputError):
    """The other node answered that it does not take the request, and why (`reason`)."""


class Link(Protocol):
    """The way to other nodes.

    *Delivery*: `carry` returns after the other node has answered. When it raises, the request may or may not have
    arrived: whoever needs it there carries it again, so it may arrive more than once. Two requests that are carried at
    the same time may arrive in any order.
    *Time*: `carry` blocks its thread, for ten seconds at most. It must be called without holding any lock that
    receiving a request takes, for within one program the other node answers on the caller's thread.
    *Trust*: what it returns is what somebody on the way said; whoever asked checks its signature. Garbage is the
    peer's fault.
    *Concurrency*: any number of threads may carry at the same time.
    """

    def carry(self, address: str, request: SignedRequest) -> bytes:
        """The other node's answer to a request.

        Raises:
            UnreachableError: no answer.
            RefusedError: it is refused.
            WireError: `malformed`: the answer follows no format.
        """
