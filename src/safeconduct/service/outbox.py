"""The outbox's pump: carries what waits for other nodes, oldest first, until they have acknowledged it."""

import logging
import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from safeconduct.errors import InputError
from safeconduct.federation.acknowledgement import Acknowledgement, check_acknowledgement
from safeconduct.federation.request import SignedRequest, nonce_of
from safeconduct.links.base import Link, UnreachableError
from safeconduct.model.message import Message

MOST_PER_TURN = 64
"""Messages that one peer gets before it is another's turn."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
QUIET_S = 15.0
"""A node that has acknowledged nothing for this long is asked again, so that its silence does not go unseen."""
IDLE_S = 5.0
"""The pump looks at the outbox this often, even if nobody wakes it."""
MOST_AT_ONCE = 32

log = logging.getLogger(__name__)


class OutboxPeer(Protocol):
    """Another party that this node speaks to; a confirmed `model.card.Card` is one."""

    @property
    def party(self) -> str:
        """Its id."""

    @property
    def address(self) -> str:
        """Where its node answers."""

    @property
    def public(self) -> str:
        """Its node's key, which signs acknowledgements."""

    @property
    def waiting(self) -> int:
        """Messages that it has not acknowledged."""


class OutboxDesk(Protocol):
    """What the pump needs of the desk. All of it may be called from any thread; none of it calls the link."""

    def outbox(self) -> Sequence[OutboxPeer]:
        """Confirmed parties, whose cards are not revoked, that were ever told something."""

    def pending(self, party: str) -> Message | None:
        """The oldest message that `party` has not acknowledged; it is durable. None if none waits."""

    def newest(self, party: str) -> Message | None:
        """The last message to `party`, also where it has acknowledged that; to repeat it changes nothing there."""

    def sign(self, message: Message) -> SignedRequest:
        """The message in a fresh request, signed now."""

    def acknowledged(self, party: str, said: Acknowledgement) -> None:
        """What `party` has, and has sent; durable on return. It is also said again of what it had before."""

    def unreached(self, party: str, reason: str) -> None:
        """The oldest message could not be brought to `party`; it is tried again."""


@dataclass(slots=True)
class _Line:
    """How it stands with one peer; times in seconds of the pump's clock."""

    failures: int = 0
    not_before: float = 0.0
    heard: float = -math.inf
    """When it last acknowledged something; at first it is asked at once."""
    busy: bool = False
    again: bool = False
    """Its turn came while it was busy: what it did not see any more is looked at once it is done."""


class OutboxPump:
    """Brings messages to peers, for each of them in order and one at a time.

    A peer that cannot be reached, refuses or answers garbage is tried again after 0.5 s or a little more, and after
    twice as long each time up to 30 s. It delays nobody else: `run` gives each peer a thread of its own in its turn.
    A peer for whom nothing waits gets its newest message once more every `quiet_s`, which leaves nothing on any record.

    Args:
        clock: seconds that only rise.
        jitter: numbers in [0, 1), so that nodes which lost the same peer do not come back at the same moment.
        quiet_s: see QUIET_S; inf where no node can fall silent alone.
    """

    def __init__(
        self,
        desk: OutboxDesk,
        link: Link,
        clock: Callable[[], float],
        jitter: Callable[[], float] = lambda: 0.0,
        quiet_s: float = QUIET_S,
    ) -> None:
        self._desk, self._link, self._clock, self._jitter, self._quiet_s = desk, link, clock, jitter, quiet_s
        self._lines: dict[str, _Line] = {}
        self._lock = threading.Lock()
        self._awake = threading.Event()

    def step(self, now: float) -> bool:
        """One turn of every peer that is due at `now`, on this thread; whether any message was acknowledged."""
        turns = [self._turn(peer, lambda: now) for peer in self._due(now)]
        return any(turns)

    def run(self, stop: threading.Event) -> None:
        """Turns until `stop` is set, which it sees when it is woken, and at the latest after IDLE_S."""
        with ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="outbox") as threads:
            while not stop.is_set():
                self._awake.clear()
                now = self._clock()
                for peer in self._due(now):
                    threads.submit(self._guarded_turn, peer)
                self._awake.wait(self._idle_s(now))

    def wake(self) -> None:
        """Something new waits, or it is time to stop."""
        self._awake.set()

    def heard(self, party: str) -> None:
        """`party` has just been heard from, so it can be reached: its waiting is over."""
        with self._lock:
            line = self._lines.get(party)
            if line is None or not line.failures:
                return
            line.failures, line.not_before = 0, 0.0
        self._awake.set()

    def _due(self, now: float) -> list[OutboxPeer]:
        """Peers whose turn it is, each marked as busy."""
        due = []
        peers = self._desk.outbox()
        with self._lock:
            for peer in peers:
                line = self._lines.setdefault(peer.party, _Line())
                if line.busy:
                    line.again = line.again or peer.waiting > 0
                elif now >= line.not_before and (peer.waiting or now - line.heard >= self._quiet_s):
                    line.busy = True
                    due.append(peer)
        return due

    def _turn(self, peer: OutboxPeer, clock: Callable[[], float]) -> bool:
        """Carries what waits for one peer; whether it acknowledged anything."""
        carried, failed = 0, True
        try:
            carried, reason = self._carry(peer)
            if reason:
                self._desk.unreached(peer.party, reason)
            failed = bool(reason)
        finally:
            self._turned(peer.party, clock(), failed=failed, more=carried == MOST_PER_TURN)
        return carried > 0

    def _carry(self, peer: OutboxPeer) -> tuple[int, str]:
        """How many messages were acknowledged, and what stopped it; empty for nothing."""
        for carried in range(MOST_PER_TURN):
            message = self._desk.pending(peer.party)
            repeated = message is None
            if message is None and not carried:
                message = self._desk.newest(peer.party)
            if message is None:
                return carried, ""
            try:
                request = self._desk.sign(message)
                answer = self._link.carry(peer.address, request)
                said = check_acknowledgement(answer, message, peer.public, nonce_of(request))
            except (UnreachableError, InputError) as error:
                return carried, str(error)
            self._desk.acknowledged(peer.party, said)
            if repeated:
                return 0, ""
        return MOST_PER_TURN, ""

    def _turned(self, party: str, now: float, *, failed: bool, more: bool) -> None:
        with self._lock:
            line = self._lines[party]
            if failed:
                wait = min(LONGEST_WAIT_S / 2, FIRST_WAIT_S * 2.0 ** min(line.failures, 16))
                line.not_before = now + wait * (1 + self._jitter())
                line.failures += 1
            else:
                line.failures, line.not_before, line.heard = 0, 0.0, now
            look = (line.again or more) and not failed
            line.busy = line.again = False
        if look or failed:  # after a failure the waiting time of `run` is another one
            self._awake.set()

    def _guarded_turn(self, peer: OutboxPeer) -> None:
        try:
            self._turn(peer, self._clock)
        except Exception:  # a fault of ours with one peer, or of our disk: the others are still told
            log.exception("the outbox to %s failed", peer.party)

    def _idle_s(self, now: float) -> float:
        with self._lock:
            waits = [line.not_before - now for line in self._lines.values() if line.failures and not line.busy]
        return min([IDLE_S, *(max(wait, 0.0) for wait in waits)])
