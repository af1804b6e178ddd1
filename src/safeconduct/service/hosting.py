"""One party's node, opened: its store, its record, its desk, and what runs beside them."""

import random
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from safeconduct.federation.request import SignedRequest
from safeconduct.links.base import Link
from safeconduct.service.desk.books import NodeIdentity
from safeconduct.service.desk.desk import Desk
from safeconduct.service.outbox import QUIET_S, OutboxPump
from safeconduct.service.recorder import Recorder, run_sequencer
from safeconduct.store.base import Store

STOPPING_S = 5.0


@dataclass(slots=True)
class PartyNode:
    """A node's coordination. `start` has its sequencer and its outbox run by themselves; a rehearsal steps them."""

    desk: Desk
    recorder: Recorder
    store: Store
    pump: OutboxPump
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """From now on messages go out and leaves come into the tree without being asked."""
        self.desk.subscribe(self.pump.wake)
        for name, run in (
            ("sequencer", lambda: run_sequencer(self.recorder, self._stop)),
            ("outbox", lambda: self.pump.run(self._stop)),
        ):
            thread = threading.Thread(target=run, name=f"{name} of {self.desk.party}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def step(self) -> bool:
        """One turn of the outbox, for a node that was not started; whether anything moved."""
        return self.pump.step(self.desk.now())

    def take(self, request: SignedRequest) -> bytes:
        """A request of another node; that it came shows that its sender can be reached.

        Raises:
            InputError: it is refused. StoreError: it could not be made durable.
        """
        answer = self.desk.take(request)
        self.pump.heard(self.desk.sender_of(request))
        return answer

    def close(self) -> None:
        """Stops what runs, takes what waits into the tree, and lets go of the store."""
        self._stop.set()
        self.pump.wake()
        for thread in self._threads:
            thread.join(STOPPING_S)
        try:
            self.recorder.sequence()
        finally:
            self.store.close()


def open_node(
    identity: NodeIdentity,
    store: Store,
    link: Link,
    *,
    salts: Callable[[int], bytes] = secrets.token_bytes,
    clock: Callable[[], float] = time.monotonic,
    jitter: Callable[[], float] = random.random,
    quiet_s: float = QUIET_S,
) -> PartyNode:
    """Opens a node over its store, and folds its record.

    Args:
        clock: the outbox's, in seconds that only rise.
        jitter, quiet_s: see `OutboxPump`.

    Raises:
        StoreError: the record was changed, or belongs to another key.
    """
    recorder = Recorder(store, identity.key, identity.party, identity.clock, salts, rehearsal=identity.rehearsal)
    desk = Desk(identity, recorder)
    return PartyNode(desk, recorder, store, OutboxPump(desk, link, clock, jitter, quiet_s))
