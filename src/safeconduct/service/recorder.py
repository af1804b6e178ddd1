"""The recorder of a node: facts become durable before anybody is answered, and one sequencer takes them into the tree.

The life of an entry: it is sealed with a salt, appended to the store (durable), and whoever brought it gets a promise,
signed by the node, that its leaf will be in the tree within `PROMISED_WITHIN_S`. Every `EVERY_S` the sequencer takes
the leaves that wait, signs a checkpoint over the grown tree, and stores it. Only durable leaves are ever signed for;
so whatever a kill leaves behind, the next checkpoint agrees with the one before.
"""

import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, zip_longest

from safeconduct.codecs.entries import decode_entry
from safeconduct.errors import InputError, ModelError, WireError
from safeconduct.model.entry import Entry, NodeOpened
from safeconduct.model.key import SigningKey
from safeconduct.model.record import Promise, RecordHead, SignedPromise
from safeconduct.record.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from safeconduct.record.seal import SALT_BYTES, Sealed
from safeconduct.record.tree import Tree
from safeconduct.store.base import Store, StoreError

PROMISED_WITHIN_S = 1.0
"""From durable to in the tree, at most (law 6)."""
EVERY_S = 0.25
"""How often the sequencer looks whether leaves wait; well within the promise."""
UNCOVERED_S, REHEARSED_UNCOVERED_S = 60.0, 3600.0
"""Entries that no checkpoint is over never span more than this, by their own times: what spans more was put in, or
lost its checkpoints. A rehearsal's time runs at up to 60 times the clock's pace."""
_CHANGED = "the record was changed or damaged; run `safeconduct record check`, and keep the file as it is"

_log = logging.getLogger(__name__)


class Promises:
    """What a node promises for entries that are durable, in their order: promises[0] is for the first of them.

    Each is signed when it is asked for (about 60 microseconds).

    Attributes:
        first: position of the first entry in the record, from 1.
        time: Unix seconds by the node's clock, after they became durable.
    """

    def __init__(
        self, first: int, time: float, leaves: Sequence[bytes], sign: Callable[[bytes, float], SignedPromise]
    ) -> None:
        self.first, self.time = first, time
        self._leaves, self._sign = tuple(leaves), sign

    def __len__(self) -> int:
        return len(self._leaves)

    def __getitem__(self, index: int) -> SignedPromise:
        return self._sign(self._leaves[index], self.time)

    def __iter__(self) -> Iterator[SignedPromise]:
        return (self[index] for index in range(len(self)))


class Recorder:
    """The one writer of a node's record. Every method may be called from any thread.

    Opening it rebuilds the tree from the store's leaves. Appending never waits for the sequencer's hashing.

    Args:
        clock: Unix seconds (a rehearsal's scenario time).
        salts: that many random bytes, never the same twice.

    Raises:
        StoreError: the store's leaves do not give the tree of its last checkpoint, or another key signed that; entries
            after it span more than `longest_uncovered_s`, or are not what their leaves were made of.
        ModelError: `bad-party` for a node whose id cannot name a record.
    """

    def __init__(
        self,
        store: Store,
        key: SigningKey,
        node: str,
        clock: Callable[[], float],
        salts: Callable[[int], bytes],
        *,
        rehearsal: bool,
    ) -> None:
        self._store, self._key, self._clock, self._salts = store, key, clock, salts
        self.node, self.rehearsal = node, rehearsal
        self._writing = threading.Lock()
        self._counting = threading.Lock()
        self._sequencing = threading.Lock()
        self._unsure = False  # whether the last checkpoint may be in the store although storing it failed
        self._last = self._newest()
        self._tree = self._rebuilt(self._last)
        self._durable = self._tree.size + sum(1 for _ in store.leaves(self._tree.size))
        self._times = self._left_waiting()  # last position and first time of each write that the tree may not have yet

    @property
    def public(self) -> str:
        """The public half of the key that signs promises and checkpoints."""
        return self._key.public

    def write(self, entries: Sequence[Entry]) -> Promises:
        """Seals entries and makes them durable, all or none, in one transaction.

        Raises:
            StoreError: nothing was promised; see `store.base` for what may be there. Also where leaves have waited for
                long and no checkpoint can be made of them: what cannot come into the tree is not promised.
            ModelError: `wrong-record` for another node's entry, or a rehearsal's in a live record (law 9).
        """
        for entry in entries:
            if (entry.node, entry.rehearsal) != (self.node, self.rehearsal):
                raise ModelError("wrong-record", f"an entry of {entry.node} in the record of {self.node}", where="node")
        sealed = [Sealed(self._salts(SALT_BYTES), entry.canonical()) for entry in entries]
        with self._writing:
            self._keep_covered(entries)
            self._times.append((self._durable + len(sealed), entries[0].time))  # it may be there although append fails
            first = self._store.append(sealed)
            self._times[-1] = (first + len(sealed) - 1, entries[0].time)
            with self._counting:
                self._durable = max(self._durable, first + len(sealed) - 1)
        return Promises(first, self._clock(), [each.leaf for each in sealed], self.promise)

    def promise(self, leaf: bytes, time: float) -> SignedPromise:
        """The signed promise for a leaf that became durable at `time`."""
        promise = Promise(
            node=self.node, leaf=leaf.hex(), time=time, within_s=PROMISED_WITHIN_S, rehearsal=self.rehearsal
        )
        return SignedPromise(promise=promise, public=self.public, signature=self._key.sign(promise.signed_bytes()))

    @property
    def waiting(self) -> int:
        """Durable leaves that the tree has not taken yet."""
        return max(0, self._durable - self._tree.size)

    def sequence(self) -> Checkpoint | None:
        """Takes all leaves that wait into the tree and stores a checkpoint over it; None if none waits.

        Raises:
            StoreError: the tree is as it was before; call it again.
        """
        with self._sequencing:
            if self._unsure:
                self._adopt()
            grown = self._tree.copy()
            for leaf in list(self._store.leaves(grown.size)):  # read at once: the store is free again while we hash
                grown.append(leaf)
            if grown.size == self._tree.size:
                return None
            checkpoint = sign_checkpoint(
                self._key, self.node, grown.size, grown.root(), self._clock(), rehearsal=self.rehearsal
            )
            self._unsure = True
            self._store.add_checkpoint(checkpoint)
            self._unsure = False
            self._last, self._tree = checkpoint, grown
            return checkpoint

    def head(self) -> RecordHead:
        """Size, root and time of the newest checkpoint; of the empty tree, at time 0, before the first."""
        last, waiting = self._last, self.waiting
        if last is None:
            return RecordHead(size=0, root=Tree().root().hex(), time=0.0, waiting=waiting)
        return RecordHead(size=last.size, root=last.root.hex(), time=last.time, waiting=waiting)

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The newest checkpoint."""
        return self._last

    def recount(self) -> None:
        """Counts the durable leaves: there may be more, if the store failed to say what became of an append.

        Nobody may append meanwhile.

        Raises:
            StoreError: it cannot be read.
        """
        size = self._tree.size
        durable = size + sum(1 for _ in self._store.leaves(size))
        with self._counting:
            self._durable = durable

    def replay(self, after: int = 0) -> Iterator[Entry]:
        """Entries with a position greater than `after`, in order, each verified against its leaf: what the node's
        state is folded from.

        Raises:
            StoreError: an entry is missing, changed, not readable, or not of this node and its key.
        """
        pairs = zip_longest(self._store.entries(after), islice(self._store.leaves(after), self._durable - after))
        for expected, (stored, leaf) in enumerate(pairs, start=after + 1):
            if leaf is None:
                return  # appended since this began
            position, sealed = stored or (0, None)
            if sealed is None or position != expected:
                raise self._changed("its entry is missing", expected)
            if sealed.leaf != leaf:
                raise self._changed("the entry is not the one that its leaf was made of", expected)
            yield self._entry(sealed.data, expected)

    def _entry(self, data: bytes, position: int) -> Entry:
        try:
            entry = decode_entry(data)
        except WireError as error:
            raise StoreError(f"not an entry that this version reads: {error}", where=self._at(position)) from error
        if (entry.node, entry.rehearsal) != (self.node, self.rehearsal):
            raise self._changed(f"an entry of {entry.node}, and this is {self.node}", position)
        match entry.fact:
            case NodeOpened() as opened if (opened.party, opened.public) != (self.node, self.public):
                raise StoreError(
                    f"the record was opened by {opened.party} with the key {opened.public}",
                    where=self._at(position),
                    remedy="start the node with the key and the data folder that belong together",
                )
        return entry

    def _newest(self) -> Checkpoint | None:
        newest = None
        for checkpoint in self._store.checkpoints():
            newest = checkpoint
        if newest is None:
            return None
        try:
            signed = open_checkpoint(newest.note, self.node, self.public, rehearsal=self.rehearsal)
        except InputError as error:
            raise self._changed(f"its last checkpoint does not verify: {error}") from error
        if signed != newest:
            raise self._changed("its last checkpoint is not what the note says")
        return newest

    def _rebuilt(self, checkpoint: Checkpoint | None) -> Tree:
        if checkpoint is None:
            return Tree()
        tree = Tree(islice(self._store.leaves(), checkpoint.size))
        if (tree.size, tree.root()) != (checkpoint.size, checkpoint.root):
            raise self._changed(f"{tree.size} leaves do not give the tree of its checkpoint over {checkpoint.size}")
        return tree

    def _left_waiting(self) -> deque[tuple[int, float]]:
        """Looks at the entries that an earlier life left waiting; they come into the tree before anything is added."""
        after, most = self._tree.size, longest_uncovered_s(rehearsal=self.rehearsal)
        times = [entry.time for entry in self.replay(after)]
        if not times:
            return deque()
        if (span := max(times) - min(times)) > most:
            raise self._changed(uncovered(after + 1, after + len(times), span, most))
        return deque([(after + len(times), -math.inf)])

    def _keep_covered(self, entries: Sequence[Entry]) -> None:
        """Before entries of a much later time: a checkpoint over those that wait, since the sequencer has not come.

        It was stopped, or its store fails, or the clock jumped. A third will do: of two that wait, the later is within
        a third of one that the earlier is within two thirds of, by way of what was the oldest when that was written.
        """
        while self._times and self._times[0][0] <= self._tree.size:
            self._times.popleft()
        most = longest_uncovered_s(rehearsal=self.rehearsal) / 3
        if self._times and any(abs(entry.time - self._times[0][1]) > most for entry in entries):
            self.sequence()
            self._times.clear()

    def _adopt(self) -> None:
        """Storing a checkpoint failed; if it is there all the same, the tree is the one that it was made of."""
        newest = self._newest()
        if newest is not None and newest.size > self._tree.size:
            self._tree, self._last = self._rebuilt(newest), newest
        self._unsure = False

    def _changed(self, what: str, position: int = 0) -> StoreError:
        return StoreError(what, where=self._at(position), remedy=_CHANGED)

    def _at(self, position: int) -> str:
        return f"record of {self.node}" + (f", entry {position}" if position else "")


def longest_uncovered_s(*, rehearsal: bool) -> float:
    """How far apart entries may be that no checkpoint is over, seconds between their times."""
    return REHEARSED_UNCOVERED_S if rehearsal else UNCOVERED_S


def uncovered(first: int, last: int, span_s: float, most_s: float) -> str:
    """What is wrong where they are further apart."""
    return (
        f"entries {first} to {last} span {span_s:.0f} s, and no checkpoint is over them: a node leaves no more than"
        f" {most_s:.0f} s so, and checkpoints were taken out or entries put in"
    )


def run_sequencer(recorder: Recorder, stop: threading.Event, every_s: float = EVERY_S) -> None:
    """Keeps the promises until `stop` is set, and once more then. To be run in a thread of its own.

    A store that fails is tried again each time; what waits is in `RecordHead.waiting`.
    """
    stopping = False
    while not stopping:
        stopping = stop.wait(every_s)
        if not recorder.waiting:
            continue
        try:
            recorder.sequence()
        except StoreError as error:
            _log.warning("the record of %s has %d leaves waiting: %s", recorder.node, recorder.waiting, error)
