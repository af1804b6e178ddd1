"""What is left of two nodes after a kill, held against what they had acknowledged: every difference, by name."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from tests.faults.two_nodes import DECLARER, GUARD, PARTIES, POST, Acknowledged, Pair

from safeconduct.codecs.entries import decode_entry
from safeconduct.coordination.register import Register
from safeconduct.model.coverage import CoverageState
from safeconduct.model.entry import (
    Entry,
    Fact,
    FlightDeclared,
    FlightMoved,
    MessageAcknowledged,
    MessageSent,
    MessageTaken,
    ReceiptTaken,
    ShiftBegan,
    ZoneSet,
)
from safeconduct.model.flight import FlightState
from safeconduct.model.message import Message, TellReceipt
from safeconduct.model.notice import NoticeState
from safeconduct.service.hosting import PartyNode
from safeconduct.service.keyfiles import PUBLIC_FILE
from safeconduct.service.record_check import check_record
from safeconduct.store.base import Store, StoreError
from safeconduct.store.sqlite import DATABASE, SqliteStore


@dataclass(slots=True)
class Found:
    """What the check of a folder found.

    Attributes:
        entries: in both records when they were opened again.
        faults: what is lost or wrong, each in a sentence that begins with the node; empty if all is well.
    """

    entries: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Messages:
    """The numbered messages of one record, by the other party."""

    sent: dict[int, Message] = field(default_factory=dict)
    taken: dict[int, Message] = field(default_factory=dict)
    acknowledged: int = 0


def acknowledged_in(file: Path) -> tuple[Acknowledged, ...]:
    """What a file of `two_nodes` says, of all lives; a line that the kill cut short was not acknowledged."""
    lines = file.read_bytes().split(b"\n")[:-1] if file.exists() else []
    return tuple(msgspec.json.decode(line, type=Acknowledged) for line in lines if line)


def check_crash(folder: Path, acknowledged: Sequence[Acknowledged], *, settle: bool) -> Found:
    """Opens both nodes of a folder again, as their owners would, and looks for everything that was acknowledged.

    Args:
        settle: also has the two talk until they have nothing more to say, and checks what they know of each other.
    """
    found = Found()
    records = {party: _record(folder / party, found) for party in PARTIES}
    for party, entries in records.items():
        found.entries += len(entries)
        found.faults += _lost(party, entries, [one for one in acknowledged if one.node == party])
    found.faults += _ahead(records)
    if settle and not found.faults:
        with closing(Pair(folder)) as pair:
            for node in pair.nodes:
                if node.desk.register != _fold([*records[node.desk.party], *_new(node, records)]):
                    found.faults.append(f"{node.desk.party}: opened, its register is another than its record folds to")
            pair.furnish()
            pair.settle()
            found.faults += _unsettled(pair, acknowledged)
        for node in pair.nodes:
            if node.desk.register != _fold(_record(folder / node.desk.party, found)):
                found.faults.append(f"{node.desk.party}: its register came apart from its record while it ran")
    return found


def _record(folder: Path, found: Found) -> list[Entry]:
    """The entries of a record, which is checked whole; none where there is no record yet."""
    if not (folder / DATABASE).exists():
        return []
    public = folder / PUBLIC_FILE
    try:
        with closing(SqliteStore(folder)) as store:
            report = check_record(store, public.read_text().strip() if public.exists() else None)
            found.faults += [f"{folder.name}: entry {one.position} {one.what}: {one.why}" for one in report.findings]
            return [decode_entry(sealed.data) for sealed in _sealed(store)]
    except StoreError as error:
        found.faults.append(f"{folder.name}: the record cannot be opened: {error}")
        return []
