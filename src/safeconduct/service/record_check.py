"""Checking a record: the store against its tree, the tree against the node's checkpoints, the entries against keys.

Nothing in the store is believed: every leaf is made again from its entry, every root from the leaves, every signature
is verified, and nothing that a running node would have signed over may lack a checkpoint. What is not found: entries
cut off at the end together with the checkpoints over them, and at most a minute of others put in their place. That
shows against a promise or a checkpoint that somebody else holds.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from safeconduct.codecs.entries import decode_entry
from safeconduct.errors import InputError, WireError
from safeconduct.model.entry import Entry, NodeOpened
from safeconduct.record.checkpoint import Checkpoint, open_checkpoint
from safeconduct.record.seal import Sealed
from safeconduct.record.tree import Tree
from safeconduct.service.keyfiles import PUBLIC_FILE, SECRET_FILE
from safeconduct.service.record_claims import Claims
from safeconduct.service.recorder import PROMISED_WITHIN_S, longest_uncovered_s, uncovered
from safeconduct.service.settings import NodeSettings
from safeconduct.service.stores import open_store
from safeconduct.store.base import Store, StoreError
from safeconduct.store.sqlite import DATABASE, SqliteStore
from safeconduct.units import iso_from_seconds

CLOCK_TOLERANCE_S = 120.0
"""A node's clock may be set back by this much; more, and the order of entries says something else than their times."""
MAX_FINDINGS = 1000
"""Kept in a report; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        position: of the entry, from 1; of a checkpoint the size of its tree; 0 for the record as a whole.
        what: a short stable word: `changed`, `missing`, `checkpoint`, `signature`, `uncovered` …
        why: a sentence for a person.
    """

    position: int
    what: str
    why: str


@dataclass(slots=True, kw_only=True)
class RecordReport:
    """What the check of one record found.

    Attributes:
        node, public: whose record it says it is, and the key that verified it; empty where neither could be read.
        size, root: leaves and hex root of the tree under its newest checkpoint.
        waiting: leaves that no checkpoint has taken.
        kinds: number of entries by kind.
        late: leaves that were durable for longer than promised before a checkpoint took them, and the longest wait,
            seconds: a node that was stopped, or slow. A rehearsal's are not counted: its time runs at its own pace.
        findings: what is wrong, the first `MAX_FINDINGS`; `found` counts all.
    """

    node: str = ""
    public: str = ""
    rehearsal: bool = False
    entries: int = 0
    leaves: int = 0
    checkpoints: int = 0
    size: int = 0
    root: str = Tree().root().hex()
    waiting: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    late: int = 0
    longest_wait_s: float = 0.0
    findings: list[Finding] = field(default_factory=list)
    found: int = 0

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return self.found == 0

    def add(self, position: int, what: str, why: str) -> None:
        """One more finding."""
        self.found += 1
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(position, what, why))


def check_record(store: Store, public: str | None = None) -> RecordReport:
    """Checks a whole record, which may be open elsewhere: what is appended meanwhile may be left out.

    Args:
        public: the node's key as known from elsewhere; without it, the key that opened the record is believed.
    """
    report = RecordReport()
    for look in (partial(_check_opening, store, public), partial(_check_tree, store), partial(_check_entries, store)):
        try:
            look(report)
        except (StoreError, TypeError) as error:  # the latter where a column holds something other than bytes
            report.add(0, "unreadable", f"the store cannot be read on: {error}")
    return report


def check_folder(folder: Path) -> Mapping[Path, RecordReport]:
    """Checks the record of every node that keeps its files in this folder or beneath it; by the node's folder.

    A folder with a node's key and without a record is one whose record is gone.
    """
    found = {path.parent for name in (DATABASE, SECRET_FILE, PUBLIC_FILE) for path in folder.rglob(name)}
    return {each: _check_file(each) for each in sorted(found)}


def check_node(settings: NodeSettings, folder: Path) -> Mapping[Path, RecordReport]:
    """Checks the record of the node that has these settings, which lie in `folder`; by its data folder.

    Raises:
        InputError: `unreadable`: the file with the connection string.
    """
    data = folder / settings.data
    return {data: _check_opened(data, lambda: open_store(settings, folder, data, read_only=True))}


def _check_file(folder: Path) -> RecordReport:
    if not (folder / DATABASE).exists():
        report = RecordReport()
        report.add(0, "record-gone", f"a node's key is here, and no {DATABASE}; for one in PostgreSQL give --config")
        return report
    return _check_opened(folder, lambda: SqliteStore(folder, read_only=True))


def _check_opened(folder: Path, opening: Callable[[], Store]) -> RecordReport:
    public_file = folder / PUBLIC_FILE
    public = public_file.read_text(errors="replace").strip() if public_file.is_file() else None
    try:
        store = opening()
    except StoreError as error:
        report = RecordReport()
        report.add(0, "unreadable", f"the store cannot be opened: {error}")
        return report
    try:
        return check_record(store, public)
    finally:
        store.close()


def _check_opening(store: Store, public: str | None, report: RecordReport) -> None:
    """Whose record it is: by its first entry."""
    first = next(store.entries(), None)
    if first is None:
        report.public = public or ""
        if public:
            report.add(0, "record-gone", "there is no entry, and the node has a key that opened a record")
        return
    try:
        entry = decode_entry(first[1].data)
    except (WireError, TypeError) as error:
        report.add(first[0], "unreadable", f"the first entry does not say whose record it is: {error}")
        return
    if not isinstance(entry.fact, NodeOpened):
        report.add(first[0], "no-opening", "the first entry does not open a record, so nobody's key is known")
        return
    report.node, report.rehearsal = entry.fact.party, entry.rehearsal
    report.public = public or entry.fact.public


def _check_tree(store: Store, report: RecordReport) -> None:
    """Every checkpoint against the tree of the leaves, and its note against the node's key."""
    tree, leaves, sound = Tree(), store.leaves(), 0
    roots_agreed = True
    for checkpoint in store.checkpoints():
        report.checkpoints += 1
        while tree.size < checkpoint.size and (leaf := next(leaves, None)) is not None:
            tree.append(leaf)
        report.size, report.root = tree.size, tree.root().hex()
        if report.node:
            _check_note(checkpoint, report)
        if tree.size < checkpoint.size:
            report.add(
                checkpoint.size,
                "cut-off",
                f"a checkpoint holds {checkpoint.size} leaves, and the record has {tree.size}",
            )
            roots_agreed = False
            continue
        agrees = tree.root() == checkpoint.root
        if not agrees and roots_agreed:
            report.add(
                checkpoint.size,
                "checkpoint",
                f"the checkpoint over {checkpoint.size} leaves has another root than they give:"
                f" a leaf from {sound + 1} to {checkpoint.size} was changed, or the checkpoint",
            )
        roots_agreed, sound = agrees, checkpoint.size if agrees else sound
    report.waiting = sum(1 for _ in leaves)
    report.leaves = tree.size + report.waiting


def _check_note(checkpoint: Checkpoint, report: RecordReport) -> None:
    try:
        signed = open_checkpoint(checkpoint.note, report.node, report.public, rehearsal=report.rehearsal)
    except (InputError, TypeError, AttributeError) as error:  # the last two: not text but bytes in the store
        report.add(checkpoint.size, "signature", f"the checkpoint over {checkpoint.size} leaves: {error}")
        return
    if signed != checkpoint:
        report.add(
            checkpoint.size, "checkpoint", f"the checkpoint over {checkpoint.size} leaves is not what its note says"
        )


def _check_entries(store: Store, report: RecordReport) -> None:
    """Every entry against its leaf and its place, then what it says; then whether checkpoints are over them."""
    last = 0
    claims = Claims(report.node, report.public, rehearsal=report.rehearsal) if report.node else None
    clock, kinds = _Clock(store, report), Counter[str]()
    for position, sealed in _in_place(store, report):
        report.entries, last = report.entries + 1, position
        try:
            entry = decode_entry(sealed.data)
        except (WireError, TypeError) as error:
            report.add(position, "unreadable", f"not an entry: {error}")
            continue
        kinds[entry.kind] += 1
        for fault in claims.faults(entry) if claims else ():
            report.add(position, *fault)
        clock.see(position, entry)
    report.kinds = dict(sorted(kinds.items()))
    _check_covered(store, last, report)


def _check_covered(store: Store, last: int, report: RecordReport) -> None:
    """Whether the entries up to `last` that no checkpoint has taken by now are such as a node leaves when it stops."""
    after = max((checkpoint.size for checkpoint in store.checkpoints()), default=0)
    first, times = 0, []
    for position, sealed in store.entries(after):
        if position > last:  # appended since the entries were read
            break
        with suppress(WireError, TypeError):  # that it cannot be read was said
            times.append(decode_entry(sealed.data).time)
            first = first or position
    most = longest_uncovered_s(rehearsal=report.rehearsal)
    if times and (span := max(times) - min(times)) > most:
        report.add(first, "uncovered", uncovered(first, last, span, most))


def _in_place(store: Store, report: RecordReport) -> Iterator[tuple[int, Sealed]]:
    """The entries, each compared with its leaf on the way."""
    leaves, last = store.leaves(), 0
    leaf = next(leaves, None)
    for position, sealed in store.entries():
        if position > last + 1:
            report.add(last + 1, "missing", _gone(last + 1, position - 1))
        if position > last + 1 or leaf is None:  # the latter may just have been appended
            leaves = store.leaves(position - 1)
            leaf = next(leaves, None)
        last = position
        if _leaf_of(sealed) == leaf:
            leaf = next(leaves, None)
        elif leaf == next(store.leaves(position), None):  # it is a later one's
            report.add(position, "missing", "the entry's leaf is missing")
        else:
            report.add(position, "changed", "the entry is not the one that its leaf was made of")
            leaf = next(leaves, None)
        yield position, sealed
    if leaf is not None and next(store.entries(last), None) is None:
        report.add(last + 1, "missing", _gone(last + 1, last + 1 + sum(1 for _ in leaves)) + "; their leaves are there")


def _gone(first: int, last: int) -> str:
    return f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"


def _leaf_of(sealed: Sealed) -> bytes | None:
    try:
        return sealed.leaf
    except TypeError:  # the store holds something other than bytes
        return None


class _Clock:
    """Times that run backwards, and leaves that waited longer than promised."""

    def __init__(self, store: Store, report: RecordReport) -> None:
        self._checkpoints, self._report = store.checkpoints(), report
        self._next = next(self._checkpoints, None)
        self._latest = float("-inf")

    def see(self, position: int, entry: Entry) -> None:
        """The next entry. A rehearsal's time starts anew and runs at its own pace, so it says nothing."""
        if entry.rehearsal:
            return
        if entry.time < self._latest - CLOCK_TOLERANCE_S:
            self._report.add(
                position,
                "backwards",
                f"it is of {iso_from_seconds(entry.time)}, after one of {iso_from_seconds(self._latest)}",
            )
        self._latest = max(self._latest, entry.time)
        while self._next is not None and self._next.size < position:
            self._next = next(self._checkpoints, None)
        waited = self._next.time - entry.time if self._next is not None else 0.0
        if waited > PROMISED_WITHIN_S:
            self._report.late += 1
            self._report.longest_wait_s = max(self._report.longest_wait_s, waited)
