"""What is left of two nodes after a kill, held against what they had acknowledged: every difference, by name."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from tests.faults.two_nodes import CREWS, DECLARER, GUARD, PARTIES, POST, Acknowledged, Pair, crew

from safeconduct.codecs.entries import decode_entry
from safeconduct.coordination.register import Register
from safeconduct.model.coverage import CoverageState
from safeconduct.model.entry import (
    Actor,
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
from safeconduct.service.keyfiles import PUBLIC_FILE
from safeconduct.service.record_check import check_record
from safeconduct.store.base import Store, StoreError
from safeconduct.store.sqlite import DATABASE, SqliteStore


@dataclass(slots=True)
class Found:
    """What the check of a folder found.

    Attributes:
        entries: in both records when they were opened again.
        lost: how much that was acknowledged is not on its node's record any more; each is a fault.
        faults: what is lost or wrong, each in a sentence that begins with the node; empty if all is well.
    """

    entries: int = 0
    lost: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Record:
    """A record as a kill left it; both empty where there is none."""

    entries: list[Entry] = field(default_factory=list)
    leaves: set[str] = field(default_factory=set)

    def messages(self, of: type[MessageSent] | type[MessageTaken]) -> list[Message]:
        """Those to, or from, the other node, in the order of the record."""
        return [entry.fact.message for entry in self.entries if isinstance(entry.fact, of)]

    def acknowledged(self) -> int:
        """The number up to which the other node has said that it has everything."""
        return max((e.fact.number for e in self.entries if isinstance(e.fact, MessageAcknowledged)), default=0)


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
    records = {party: _record(folder / party, found.faults) for party in PARTIES}
    for party, record in records.items():
        found.entries += len(record.entries)
        lost = list(_lost(party, record, [one for one in acknowledged if one.node == party]))
        found.lost += len(lost)
        found.faults += lost
    found.faults += [*_apart(DECLARER, records, GUARD), *_apart(GUARD, records, DECLARER)]
    if settle and not found.faults:
        now = time.time()  # it stands still, so that no shift ends between two looks
        with closing(Pair(folder, clock=lambda: now)) as pair:
            pair.furnish()
            pair.settle()
            found.faults += [*_unsettled(pair, acknowledged), *_misfolded(pair)]
            for node in pair.nodes:
                found.faults += _unsound(node.desk.party, node.store, node.desk.public)
    return found


def _record(folder: Path, faults: list[str]) -> _Record:
    if not (folder / DATABASE).exists():
        return _Record()
    public = folder / PUBLIC_FILE
    try:
        with closing(SqliteStore(folder)) as store:
            faults += _unsound(folder.name, store, public.read_text().strip() if public.exists() else None)
            entries = [decode_entry(sealed.data) for _, sealed in store.entries()]
            return _Record(entries, {leaf.hex() for leaf in store.leaves()})
    except StoreError as error:
        faults.append(f"{folder.name}: the record cannot be opened: {error}")
        return _Record()


def _unsound(party: str, store: Store, public: str | None) -> Iterator[str]:
    for one in check_record(store, public).findings:
        yield f"{party}: entry {one.position}, {one.what}: {one.why}"


def _lost(party: str, record: _Record, acknowledged: Iterable[Acknowledged]) -> Iterator[str]:
    there = {named for entry in record.entries if (named := _named(entry.fact))}
    for one in acknowledged:
        if one.leaf not in record.leaves or (one.kind, one.what) not in there:
            leaf = "is there" if one.leaf in record.leaves else "is gone too"
            yield f"{party}: lost {one.kind} {' '.join(one.what[:2])}, which was acknowledged; its promised leaf {leaf}"


def _named(fact: Fact) -> tuple[str, tuple[str, ...]] | None:
    """A fact as `Acknowledged` names it."""
    match fact:
        case FlightDeclared(flight=flight):
            return "flight", (flight.id, str(flight.version), flight.digest)
        case FlightMoved(flight=flight_id, state=state):
            return "state", (flight_id, state)
        case ReceiptTaken(receipt=signed):
            return "receipt", (signed.receipt.notice, signed.signature)
        case ShiftBegan(shift=shift):
            return "shift", (shift.post, str(shift.number))
        case ZoneSet(zone=zone):
            return "zone", (zone.id, str(zone.version))
    return None


def _apart(here: str, records: dict[str, _Record], there: str) -> Iterator[str]:
    """The messages from one node to the other: numbered without gaps, and none taken that its sender does not have."""
    sent, taken = records[here].messages(MessageSent), records[there].messages(MessageTaken)
    for name, messages in (("sent", sent), ("taken", taken)):
        if [message.number for message in messages] != list(range(1, len(messages) + 1)):
            yield f"{here}: the numbers of messages {name} have a gap"
    if [message.canonical() for message in taken] != [message.canonical() for message in sent[: len(taken)]]:
        yield f"{here}: {there} has taken messages that are not on its record"
    if records[here].acknowledged() > len(taken):
        yield f"{there}: lost messages of {here} that it had acknowledged"


def _misfolded(pair: Pair) -> Iterator[str]:
    """A register that is another than its record folds to, a second time."""
    for node in pair.nodes:
        register = Register()
        for entry in node.recorder.replay():
            register.apply(entry)
        if node.desk.register != register:
            yield f"{node.desk.party}: its register is not what its record folds to"


def _unsettled(pair: Pair, acknowledged: Sequence[Acknowledged]) -> Iterator[str]:
    """What two nodes that have nothing more to say should know of each other, and do not."""
    declarer, guard = pair.declarer.desk.register, pair.guard.desk.register
    for node in pair.nodes:
        for peer in node.desk.outbox():
            if not peer.waiting:
                continue
            yield f"{node.desk.party}: cannot bring its messages to {peer.party}"
    for ref, own in declarer.flights.items():
        known = guard.flights.get(ref)
        if known is None:
            yield f"{GUARD}: does not know flight {ref}"
        elif (known.digest, known.flight.state) != (own.told_digest, own.flight.state):
            yield f"{GUARD}: knows flight {ref} otherwise than its owner declared it"
    newest: dict[str, int] = {}
    for one in acknowledged:
        if one.kind == "flight":
            newest[one.what[0]] = max(newest.get(one.what[0], 0), int(one.what[1]))
    for ref, version in newest.items():
        if ref not in guard.flights or guard.flights[ref].flight.version < version:
            yield f"{GUARD}: does not have version {version} of flight {ref}, which was acknowledged"
    held = {
        message.told.receipt.signature
        for entry in pair.declarer.recorder.replay()
        if isinstance(entry.fact, MessageTaken) and isinstance((message := entry.fact.message).told, TellReceipt)
    }
    for one in acknowledged:
        if one.kind == "receipt" and one.what[1] not in held:
            yield f"{DECLARER}: does not hold the receipt of notice {one.what[0]}, which was acknowledged"
    yield from _uncovered(pair)


def _uncovered(pair: Pair) -> Iterator[str]:
    """Flights that are covered by the owner's word and not by the post's, or the other way round."""
    pair.guard.desk.tick()  # a shift may be over that nobody has ended: its receipts count no more, here as there
    pair.settle()
    signed = {
        item.flight.id
        for item in pair.guard.desk.inbox(crew(CREWS[0]), POST.id)
        if item.notice.shift > 0 and item.notice.state is NoticeState.RECEIVED
    }
    flights = pair.declarer.desk.flights(Actor(party=DECLARER))
    now = pair.declarer.desk.now()  # what is over by now may have been over then, and has no coverage
    for one in flights:
        if one.own and one.flight.state is not FlightState.ENDED and one.flight.end > now:
            held = any(line.state is CoverageState.HELD for line in one.coverage)
            if held != (one.ref in signed):
                yield f"{DECLARER}: the coverage of flight {one.ref} is not what {GUARD}'s post has signed for"
