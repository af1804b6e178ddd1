"""What every store promises (`store.base.Store`), tried on every store there is; none is skipped."""

import itertools
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safeconduct.record.checkpoint import Checkpoint
from safeconduct.record.seal import Sealed
from safeconduct.store.base import InUseError, Store, StoreError
from safeconduct.store.memory import MemoryStore, Shelf
from safeconduct.store.postgres import PostgresStore
from safeconduct.store.sqlite import SqliteStore

PATIENCE_S = 20.0
_names = itertools.count()


class Place(Protocol):
    """Where one record lies, whatever opens it."""

    def open(self, *, read_only: bool = False) -> Store: ...

    def open_elsewhere(self) -> str:
        """Another process opens it for writing and lets go: "opened", or the name of the error it met."""


@dataclass
class InMemory:
    shelf: Shelf = field(default_factory=Shelf)

    def open(self, *, read_only: bool = False) -> Store:
        return MemoryStore(self.shelf, read_only=read_only)

    def open_elsewhere(self) -> str:  # memory has no other process; another store on the shelf stands for it
        try:
            self.open().close()
        except StoreError as error:
            return type(error).__name__
        return "opened"


@dataclass
class InFolder:
    folder: Path

    def open(self, *, read_only: bool = False) -> Store:
        return SqliteStore(self.folder, read_only=read_only)

    def open_elsewhere(self) -> str:
        opening = f"import pathlib, safeconduct.store.sqlite as s; s.SqliteStore(pathlib.Path({str(self.folder)!r}))"
        return in_another_process(opening)


@dataclass
class InSchema:
    dsn: str
    schema: str

    def open(self, *, read_only: bool = False) -> Store:
        return PostgresStore(self.dsn, self.schema, read_only=read_only)

    def open_elsewhere(self) -> str:
        return in_another_process(
            f"import safeconduct.store.postgres as s; s.PostgresStore({self.dsn!r}, {self.schema!r})"
        )


def in_another_process(opening: str) -> str:
    code = f"try: {opening}.close()\nexcept Exception as error: print(type(error).__name__)\nelse: print('opened')"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=PATIENCE_S)
    return done.stdout.strip()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "memory":
        return InMemory()
    if request.param == "sqlite":
        return InFolder(tmp_path / "node")
    return InSchema(request.getfixturevalue("postgres"), f"node-{next(_names)}")


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    store = place.open()
    yield store
    store.close()


def sealed(number: int, data: bytes = b"entry") -> Sealed:
    return Sealed(number.to_bytes(16, "big"), data)


def many(count: int, start: int = 0) -> list[Sealed]:
    return [sealed(number, f"entry {number}".encode()) for number in range(start, start + count)]


def checkpoint(size: int) -> Checkpoint:
    return Checkpoint(size, bytes([size % 256]) * 32, 1_700_000_000.123456 + size, f"node — {size}\n\n— key sig\n")


def test_a_new_record_is_empty(store: Store) -> None:
    assert list(store.entries()) == []
    assert list(store.leaves()) == []
    assert list(store.checkpoints()) == []


def test_entries_come_back_as_they_went_in_and_in_order(store: Store) -> None:
    given = [sealed(3, b"\x00\xff\x80"), sealed(1, b""), sealed(2, "ضحى".encode())]
    assert store.append(given[:2]) == 1
    assert store.append(given[2:]) == 3
    assert list(store.entries()) == list(enumerate(given, start=1))
    assert list(store.leaves()) == [one.leaf for one in given]


def test_reading_on_after_a_position(store: Store) -> None:
    given = many(5)
    store.append(given)
    assert list(store.entries(after=3)) == [(4, given[3]), (5, given[4])]
    assert list(store.leaves(after=4)) == [given[4].leaf]
    assert list(store.entries(after=5)) == []
    assert list(store.leaves(after=99)) == []


def test_nothing_is_not_appended(store: Store) -> None:
    with pytest.raises(ValueError, match="nothing to append"):
        store.append([])
    assert store.append([sealed(1)]) == 1


@pytest.mark.parametrize("position", [0, 1, 2])
def test_an_append_with_a_leaf_that_is_there_leaves_nothing(store: Store, position: int) -> None:
    store.append([sealed(1)])
    batch = [sealed(2), sealed(3)]
    batch.insert(position, sealed(1))
    with pytest.raises(StoreError):
        store.append(batch)
    assert list(store.entries()) == [(1, sealed(1))]
    assert list(store.leaves()) == [sealed(1).leaf]
    assert store.append([sealed(2)]) == 2


def test_an_append_with_a_leaf_twice_leaves_nothing(store: Store) -> None:
    with pytest.raises(StoreError):
        store.append([sealed(1), sealed(2), sealed(1)])
    assert list(store.entries()) == []
    assert store.append([sealed(1)]) == 1


def test_thousands_at_once_and_one_by_one(store: Store) -> None:
    given = many(5200)
    assert store.append(given[:5000]) == 1
    for at, one in enumerate(given[5000:], start=5001):
        assert store.append([one]) == at
    assert list(store.entries()) == list(enumerate(given, start=1))
    assert list(store.leaves()) == [one.leaf for one in given]


def test_big_entries(store: Store) -> None:
    given = [sealed(number, bytes([number]) * (1 << 20)) for number in range(10)]  # more than an iterator takes at once
    store.append(given[:3])
    store.append(given[3:])
    assert list(store.entries()) == list(enumerate(given, start=1))
    assert list(store.entries(after=9)) == [(10, given[9])]


def test_a_reader_that_stands_still_blocks_nobody(store: Store) -> None:
    given = many(2500)
    store.append(given)
    readers = [store.entries(), store.leaves()]
    first = [next(reader) for reader in readers]
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(store.append, many(3, start=5000)).result(PATIENCE_S) == 2501
        pool.submit(store.add_checkpoint, checkpoint(2503)).result(PATIENCE_S)
    assert [first[0], *readers[0]][:2500] == list(enumerate(given, start=1))
    assert [first[1], *readers[1]][:2500] == [one.leaf for one in given]


def test_readers_see_whole_appends_while_another_thread_appends(store: Store) -> None:
    batches = [many(7, start=7 * number) for number in range(60)]
    given = [one for batch in batches for one in batch]
    done = threading.Event()

    def append_all() -> None:
        for batch in batches:
            store.append(batch)
        done.set()

    with ThreadPoolExecutor(1) as pool:
        appending = pool.submit(append_all)
        seen = []
        while not done.is_set() and not appending.done():
            seen.append(list(store.entries()))
        appending.result(PATIENCE_S)
    for read in [*seen, list(store.entries())]:
        assert read == list(enumerate(given[: len(read)], start=1))
        assert len(read) % 7 == 0
    assert len(read) == len(given)


def test_threads_that_append_at_once_get_places_of_their_own(store: Store) -> None:
    batches = [many(3, start=3 * number) for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        firsts = list(pool.map(store.append, batches))
    assert sorted(firsts) == list(range(1, 121, 3))
    record = dict(store.entries())
    for first, batch in zip(firsts, batches, strict=True):
        assert [record[first + step] for step in range(3)] == batch


def test_the_record_outlives_the_store(place: Place) -> None:
    for number in range(3):
        store = place.open()
        assert store.append(many(2, start=2 * number)) == 2 * number + 1
        store.add_checkpoint(checkpoint(2 * number + 2))
        store.close()
    store = place.open()
    assert list(store.entries()) == list(enumerate(many(6), start=1))
    assert list(store.leaves()) == [one.leaf for one in many(6)]
    assert list(store.checkpoints()) == [checkpoint(2), checkpoint(4), checkpoint(6)]
    with pytest.raises(StoreError):
        store.append([many(6)[1]])
    store.close()


def test_checkpoints_only_grow(store: Store) -> None:
    store.append(many(9))
    store.add_checkpoint(checkpoint(0))
    store.add_checkpoint(checkpoint(4))
    for size in (4, 3, 0):
        with pytest.raises(StoreError, match=f"size {size} after"):
            store.add_checkpoint(checkpoint(size))
    store.add_checkpoint(checkpoint(9))
    assert list(store.checkpoints()) == [checkpoint(0), checkpoint(4), checkpoint(9)]


def test_one_writer(place: Place) -> None:
    store = place.open()
    assert place.open_elsewhere() == "InUseError"
    with pytest.raises(InUseError) as refused:
        place.open()
    assert refused.value.remedy
    assert store.append([sealed(1)]) == 1, "whom the lock belongs to is not disturbed"
    assert place.open_elsewhere() == "InUseError"
    store.close()
    assert place.open_elsewhere() == "opened"
    place.open().close()


def test_a_reader_beside_the_writer(place: Place) -> None:
    writer = place.open()
    writer.append(many(2))
    readers = [place.open(read_only=True), place.open(read_only=True)]
    writer.append(many(1, start=2))
    writer.add_checkpoint(checkpoint(3))
    for reader in readers:
        assert list(reader.entries()) == list(enumerate(many(3), start=1))
        assert list(reader.leaves()) == [one.leaf for one in many(3)]
        assert list(reader.checkpoints()) == [checkpoint(3)]
        with pytest.raises(StoreError, match="reading only"):
            reader.append([sealed(9)])
        with pytest.raises(StoreError, match="reading only"):
            reader.add_checkpoint(checkpoint(9))
        reader.close()
    assert writer.append(many(1, start=3)) == 4
    writer.close()


def test_a_reader_without_a_writer(place: Place) -> None:
    writer = place.open()
    writer.append(many(3))
    writer.close()
    reader = place.open(read_only=True)
    assert list(reader.entries()) == list(enumerate(many(3), start=1))
    writer = place.open()
    assert writer.append(many(1, start=3)) == 4
    assert list(reader.leaves(after=3)) == [many(1, start=3)[0].leaf]
    writer.close()
    reader.close()


def test_closing_twice_is_harmless_and_a_closed_store_says_so(place: Place) -> None:
    store = place.open()
    store.append([sealed(1)])
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.append([sealed(2)])
    with pytest.raises(StoreError, match="closed"):
        store.add_checkpoint(checkpoint(1))
    for reading in (store.entries, store.leaves, store.checkpoints):
        with pytest.raises(StoreError, match="closed"):
            list(reading())


Step = tuple[str, list[int]]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.lists(st.integers(0, 12), min_size=1, max_size=4)),
        st.tuples(st.just("checkpoint"), st.lists(st.integers(0, 12), min_size=1, max_size=1)),
        st.tuples(st.just("reopen"), st.just([0])),
    ),
    max_size=14,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
def test_all_stores_answer_alike(steps: list[Step], tmp_path: Path, postgres: str) -> None:
    name = f"alike-{next(_names)}"
    answers = [answers_of(place, steps) for place in (InMemory(), InFolder(tmp_path / name), InSchema(postgres, name))]
    assert answers[1] == answers[0]
    assert answers[2] == answers[0]


def answers_of(place: Place, steps: list[Step]) -> list[object]:
    """What a store answers to each step, and what it then holds."""
    store, answers = place.open(), list[object]()
    for what, numbers in steps:
        if what == "reopen":  # never refused: who closes has let go
            store.close()
            store = place.open()
        else:
            try:
                if what == "append":
                    answers.append(store.append([sealed(number) for number in numbers]))
                else:
                    store.add_checkpoint(checkpoint(numbers[0]))
            except StoreError:
                answers.append("refused")
        answers.append((list(store.entries(2)), list(store.leaves()), list(store.checkpoints())))
    store.close()
    return answers
