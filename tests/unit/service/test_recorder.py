import itertools
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from safeconduct.errors import ModelError
from safeconduct.model.entry import Actor, Entry, NodeOpened, ShiftEnded
from safeconduct.model.key import SigningKey, verifies
from safeconduct.record.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from safeconduct.record.seal import Sealed
from safeconduct.record.tree import EMPTY_ROOT, Tree
from safeconduct.service.recorder import PROMISED_WITHIN_S, Recorder, run_sequencer
from safeconduct.store.base import StoreError
from safeconduct.store.memory import MemoryStore, Shelf

KEY = SigningKey(bytes(32))
NODE = "unsmil"
T0 = 1.5e9


def counting() -> Callable[[int], bytes]:
    numbers = itertools.count(1)
    return lambda length: next(numbers).to_bytes(length, "big")


def recorder_of(store: MemoryStore, *, key: SigningKey = KEY, salts: Callable[[int], bytes] | None = None) -> Recorder:
    times = itertools.count(T0)
    return Recorder(store, key, NODE, lambda: float(next(times)), salts or counting(), rehearsal=False)


def ended(number: int, time: float = T0, *, node: str = NODE, rehearsal: bool = False) -> Entry:
    return Entry(
        node=node,
        time=time,
        actor=Actor(party=node),
        fact=ShiftEnded(post="north", number=number),
        rehearsal=rehearsal,
    )


OPENED = Entry(
    node=NODE, time=T0, actor=Actor(party=NODE), fact=NodeOpened(party=NODE, public=KEY.public), rehearsal=False
)


def test_what_is_promised_is_there_and_signed() -> None:
    store = MemoryStore()
    recorder = recorder_of(store)
    recorder.write([OPENED])
    promises = recorder.write([ended(1), ended(2)])
    assert (promises.first, len(promises)) == (2, 2)
    assert list(promises) == [promises[0], promises[1]]
    leaves = list(store.leaves())
    for signed, leaf in zip(promises, leaves[1:], strict=True):
        assert signed.promise.leaf == leaf.hex()
        assert signed.promise.within_s == PROMISED_WITHIN_S == 1.0
        assert (signed.promise.node, signed.promise.rehearsal) == (NODE, False)
        assert signed.public == KEY.public
        assert verifies(KEY.public, signed.promise.signed_bytes(), signed.signature)
    assert [sealed.data for _, sealed in store.entries()] == [each.canonical() for each in (OPENED, ended(1), ended(2))]


def test_equal_entries_have_leaves_of_their_own() -> None:
    store = MemoryStore()
    promises = recorder_of(store).write([ended(1), ended(1)])
    assert promises[0].promise.leaf != promises[1].promise.leaf


def test_the_sequencer_takes_what_waits() -> None:
    store = MemoryStore()
    recorder = recorder_of(store)
    assert recorder.sequence() is None
    assert recorder.head().size == 0
    assert recorder.head().root == EMPTY_ROOT.hex()
    recorder.write([OPENED, ended(1)])
    assert recorder.head().waiting == recorder.waiting == 2
    checkpoint = recorder.sequence()
    assert checkpoint is not None
    assert checkpoint.root == Tree(store.leaves()).root()
    assert open_checkpoint(checkpoint.note, NODE, KEY.public, rehearsal=False) == checkpoint
    head = recorder.head()
    assert (head.size, head.root, head.time, head.waiting) == (2, checkpoint.root.hex(), checkpoint.time, 0)
    assert recorder.checkpoint == checkpoint
    assert recorder.sequence() is None
    assert list(store.checkpoints()) == [checkpoint]


@pytest.mark.parametrize("entry", [ended(1, node="lna"), ended(1, rehearsal=True)])
def test_entries_of_another_record_are_refused(entry: Entry) -> None:
    store = MemoryStore()
    with pytest.raises(ModelError) as caught:
        recorder_of(store).write([OPENED, entry])
    assert caught.value.reason == "wrong-record"
    assert list(store.leaves()) == []


def reopened(shelf: Shelf, key: SigningKey = KEY) -> Recorder:
    shelf.written_by = None  # as a kill does
    salts = counting()
    return recorder_of(MemoryStore(shelf), key=key, salts=lambda length: b"\1" + salts(length - 1))


def test_a_start_goes_on_where_the_record_ended() -> None:
    shelf = Shelf()
    before = recorder_of(MemoryStore(shelf))
    before.write([OPENED, ended(1)])
    before.sequence()
    before.write([ended(2)])  # and killed before the sequencer came
    after = reopened(shelf)
    assert list(after.replay()) == [OPENED, ended(1), ended(2)]
    assert (after.head().size, after.waiting) == (2, 1)
    after.write([ended(3)])
    checkpoint = after.sequence()
    assert checkpoint is not None
    assert (checkpoint.size, checkpoint.root) == (4, Tree(shelf.leaves).root())


def shelf_of(*entries: Entry) -> Shelf:
    shelf = Shelf()
    recorder = recorder_of(MemoryStore(shelf))
    recorder.write([OPENED, *entries])
    recorder.sequence()
    return shelf


def test_a_start_refuses_a_tree_that_is_not_its_checkpoints() -> None:
    shelf = shelf_of(ended(1), ended(2))
    shelf.leaves[1], shelf.leaves[2] = shelf.leaves[2], shelf.leaves[1]
    with pytest.raises(StoreError, match=r"3 leaves do not give .*the record was changed"):
        reopened(shelf)


def test_a_start_refuses_a_record_that_was_cut_off() -> None:
    shelf = shelf_of(ended(1), ended(2))
    del shelf.leaves[2], shelf.entries[2]
    with pytest.raises(StoreError, match="2 leaves do not give the tree of its checkpoint over 3"):
        reopened(shelf)


def test_a_start_refuses_a_checkpoint_that_says_otherwise_than_its_note() -> None:
    shelf = shelf_of(ended(1))
    true = shelf.checkpoints[0]
    shelf.checkpoints[0] = Checkpoint(true.size, true.root, true.time + 1, true.note)
    with pytest.raises(StoreError, match="not what the note says"):
        reopened(shelf)


def test_a_start_refuses_another_key() -> None:
    with pytest.raises(StoreError, match="does not verify"):
        reopened(shelf_of(), SigningKey(bytes([1] * 32)))


def test_replay_refuses_a_record_that_another_key_opened() -> None:
    shelf = Shelf()
    recorder_of(MemoryStore(shelf)).write([OPENED])  # no checkpoint yet, so nothing else says it
    with pytest.raises(StoreError, match="opened by unsmil with the key"):
        list(reopened(shelf, SigningKey(bytes([1] * 32))).replay())


def test_replay_refuses_a_changed_entry() -> None:
    shelf = shelf_of(ended(1), ended(2))
    shelf.entries[1] = Sealed(shelf.entries[1].salt, ended(7).canonical())
    with pytest.raises(StoreError, match=r"entry 2: .* not the one that its leaf was made of"):
        list(reopened(shelf).replay())


def test_replay_refuses_a_missing_entry() -> None:
    shelf = shelf_of(ended(1), ended(2))
    del shelf.entries[2]
    with pytest.raises(StoreError, match="entry 3: its entry is missing"):
        list(reopened(shelf).replay())


def test_replay_says_which_entry_it_cannot_read() -> None:
    shelf = Shelf()
    store = MemoryStore(shelf)
    store.append([Sealed(bytes(16), b"{}")])
    with pytest.raises(StoreError, match=r"entry 1: .*type"):
        list(reopened(shelf).replay())


class Failing(MemoryStore):
    """A store whose next checkpoint fails: before it is kept, or after, on the way back."""

    def __init__(self, *, kept: bool) -> None:
        super().__init__()
        self.kept, self.fails = kept, 1

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        self.fails -= 1
        if self.fails < 0 or self.kept:
            super().add_checkpoint(checkpoint)
        if self.fails >= 0:
            raise StoreError("the disk is full")


@pytest.mark.parametrize("kept", [False, True])
def test_a_checkpoint_whose_storing_failed_is_not_lost_or_made_twice(kept: bool) -> None:
    store = Failing(kept=kept)
    recorder = recorder_of(store)
    recorder.write([OPENED])
    with pytest.raises(StoreError):
        recorder.sequence()
    assert recorder.waiting == 1
    recorder.sequence()
    assert recorder.waiting == 0
    assert [checkpoint.size for checkpoint in store.checkpoints()] == [1]
    assert recorder.head().root == Tree(store.leaves()).root().hex()
    recorder.write([ended(1)])
    recorder.sequence()
    assert [checkpoint.size for checkpoint in store.checkpoints()] == [1, 2]


def test_the_sequencer_tries_a_failing_store_again(caplog: pytest.LogCaptureFixture) -> None:
    store, stop = Failing(kept=False), threading.Event()
    recorder = recorder_of(store)
    recorder.write([OPENED])
    with caplog.at_level(logging.WARNING):
        thread = threading.Thread(target=run_sequencer, args=(recorder, stop, 0.005))
        thread.start()
        for _ in range(1000):
            if not recorder.waiting:
                break
            threading.Event().wait(0.005)
        assert recorder.waiting == 0
        recorder.write([ended(1)])
        stop.set()
        thread.join(5.0)
    assert not thread.is_alive()
    assert recorder.waiting == 0, "what was written before the stop is in the tree"
    assert "1 leaves waiting: the disk is full" in caplog.text


class Slow(MemoryStore):
    """A store whose checkpoints wait for a sign."""

    def __init__(self) -> None:
        super().__init__()
        self.busy, self.go = threading.Event(), threading.Event()

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        self.busy.set()
        assert self.go.wait(5.0)
        super().add_checkpoint(checkpoint)


def test_appending_does_not_wait_for_the_sequencer() -> None:
    store = Slow()
    recorder = recorder_of(store)
    recorder.write([OPENED])
    with ThreadPoolExecutor(1) as pool:
        sequencing = pool.submit(recorder.sequence)
        assert store.busy.wait(5.0)
        assert recorder.write([ended(1)]).first == 2
        assert recorder.waiting == 2
        store.go.set()
        checkpoint = sequencing.result(5.0)
    assert checkpoint is not None
    assert checkpoint.size == 1
    assert recorder.waiting == 1


def test_many_threads_write_one_record() -> None:
    store, lock = MemoryStore(), threading.Lock()
    salts = counting()

    def salt(length: int) -> bytes:
        with lock:
            return salts(length)

    recorder = Recorder(store, KEY, NODE, lambda: T0, salt, rehearsal=False)
    recorder.write([OPENED])
    with ThreadPoolExecutor(8) as pool:
        written = [pool.submit(recorder.write, [ended(n), ended(n)]) for n in range(100)]
        sequenced = [pool.submit(recorder.sequence) for _ in range(10)]
    firsts = sorted(each.result().first for each in written)
    assert firsts == list(range(2, 202, 2))
    for each in sequenced:
        each.result()
    recorder.sequence()
    assert recorder.waiting == 0
    assert recorder.head().root == Tree(store.leaves()).root().hex()
    sizes = [checkpoint.size for checkpoint in store.checkpoints()]
    assert sizes == sorted(set(sizes))


def test_a_failed_write_promises_nothing() -> None:
    class Full(MemoryStore):
        def append(self, entries: Sequence[Sealed]) -> int:
            raise StoreError("the disk is full")

        def entries(self, after: int = 0) -> Iterator[tuple[int, Sealed]]:
            return iter(())

    recorder = recorder_of(Full())
    with pytest.raises(StoreError, match="full"):
        recorder.write([ended(1)])
    assert recorder.waiting == 0


def test_a_rehearsals_record_is_not_opened_as_a_live_one() -> None:
    shelf = shelf_of()
    rehearsed = sign_checkpoint(KEY, NODE, 1, Tree(shelf.leaves).root(), T0, rehearsal=True)
    shelf.checkpoints[0] = rehearsed
    with pytest.raises(StoreError, match="safeconduct-rehearsal"):
        reopened(shelf)


def forged(shelf: Shelf, *entries: Entry) -> None:
    """Puts entries at the end as somebody without the key could, and takes all checkpoints away from over them."""
    salts = counting()
    for one in entries:
        sealed = Sealed(b"\2" + salts(15), one.canonical())
        shelf.entries.append(sealed)
        shelf.leaves.append(sealed.leaf)


@pytest.mark.parametrize("checkpoints", [0, 1])
def test_a_start_refuses_entries_of_more_than_a_minute_under_no_checkpoint(checkpoints: int) -> None:
    shelf = shelf_of(ended(1))
    forged(shelf, ended(2), ended(3, T0 + 60.5))
    del shelf.checkpoints[checkpoints:]
    before = list(shelf.checkpoints)
    with pytest.raises(StoreError, match=rf"entries {1 if not checkpoints else 3} to 4 span 60 s.*record check"):
        reopened(shelf)
    assert shelf.checkpoints == before, "nothing of it was signed"


def test_a_start_takes_what_a_kill_left_waiting() -> None:
    shelf = shelf_of(ended(1))
    forged(shelf, ended(2), ended(3, T0 + 59.5))
    assert reopened(shelf).waiting == 2


def test_a_rehearsals_minute_is_an_hour() -> None:
    shelf = Shelf()
    opened = Entry(
        node=NODE, time=T0, actor=Actor(party=NODE), fact=NodeOpened(party=NODE, public=KEY.public), rehearsal=True
    )
    forged(shelf, opened, ended(1, T0 + 3599.0, rehearsal=True))
    again = Recorder(MemoryStore(shelf), KEY, NODE, lambda: T0, counting(), rehearsal=True)
    assert again.waiting == 2
    forged(shelf, ended(2, T0 + 3601.0, rehearsal=True))
    shelf.written_by = None
    with pytest.raises(StoreError, match="span 3601 s"):
        Recorder(MemoryStore(shelf), KEY, NODE, lambda: T0, counting(), rehearsal=True)


def test_killed_twice_before_the_sequencer_came_it_starts_all_the_same() -> None:
    """What the first life left waiting comes into the tree before the second, an hour later, writes anything."""
    shelf = shelf_of()
    reopened(shelf).write([ended(1)])
    reopened(shelf).write([ended(2, T0 + 3600.0)])
    assert [checkpoint.size for checkpoint in shelf.checkpoints] == [1, 2]
    assert reopened(shelf).waiting == 1


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_a_jump_of_the_clock_leaves_nothing_uncovered(jump: float) -> None:
    shelf = Shelf()
    recorder = recorder_of(MemoryStore(shelf))
    recorder.write([OPENED])
    recorder.write([ended(1, T0 + 5.0)])
    assert recorder.waiting == 2, "it is the sequencer that takes them"
    recorder.write([ended(2, T0 + jump)])
    assert recorder.waiting == 1
    assert reopened(shelf).waiting == 1


@pytest.mark.parametrize("order", [1, -1])
def test_whatever_the_clock_does_the_record_can_be_opened(order: int) -> None:
    shelf = Shelf()
    recorder = recorder_of(MemoryStore(shelf))
    recorder.write([OPENED])
    for number, step in enumerate((0, 19, -19, 25, 39, 19, 58, 40, -1, -19, -38), start=1):
        recorder.write([ended(number, T0 + order * step)])
        waiting = [one.time for one in recorder.replay(recorder.head().size)]
        assert max(waiting) - min(waiting) <= 60.0


def test_a_node_whose_sequencer_fails_for_long_promises_no_more() -> None:
    store = Failing(kept=False)
    store.fails = 5
    recorder = recorder_of(store)
    recorder.write([OPENED])
    recorder.write([ended(1, T0 + 19.0)])
    with pytest.raises(StoreError, match="full"):
        recorder.write([ended(2, T0 + 21.0)])
    assert recorder.waiting == 2
    store.fails = 0
    recorder.write([ended(2, T0 + 22.0)])
    assert (recorder.head().size, recorder.waiting) == (2, 1)
