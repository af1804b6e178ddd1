"""A record in a real SQLite file, and everything that somebody with the file in hand might do to it."""

import itertools
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from safeconduct.federation.request import sign_request, verify_request
from safeconduct.model.card import Card, PostKey, SignedCard, SignedPostKey
from safeconduct.model.entry import (
    Actor,
    CardConfirmed,
    CardRevoked,
    CardTaken,
    Entry,
    Fact,
    Looked,
    MessageSent,
    MessageTaken,
    NodeOpened,
    ReceiptTaken,
    ShiftBegan,
    ShiftEnded,
    begin_bytes,
)
from safeconduct.model.key import SigningKey
from safeconduct.model.message import Message, TellLook, TellReceipt, Told
from safeconduct.model.post import Shift
from safeconduct.model.receipt import Answer, Receipt, ReceiptState, SignedReceipt
from safeconduct.record.checkpoint import Checkpoint, sign_checkpoint
from safeconduct.record.seal import Sealed
from safeconduct.record.tree import Tree
from safeconduct.service.record_check import MAX_FINDINGS, Finding, RecordReport, check_folder, check_record
from safeconduct.service.recorder import Recorder
from safeconduct.store.base import StoreError
from safeconduct.store.memory import MemoryStore
from safeconduct.store.sqlite import DATABASE, SqliteStore

OWN, THEIRS, CREW, THIEF = (SigningKey(bytes([n] * 32)) for n in range(4))
NODE, PEER = "unsmil", "lna"
T0 = 1.5e9

SHIFT = Shift(post="north", number=1, person="sgt", key=CREW.public, start=T0, until=T0 + 3600)
BEGAN = ShiftBegan(shift=SHIFT, signature=CREW.sign(begin_bytes(SHIFT, rehearsal=False)))
RECEIPT = Receipt(
    notice="n1",
    flight="UN1",
    version=1,
    digest="d",
    post="north",
    shift=1,
    key=CREW.public,
    answer=Answer.REFUSED,
    reason="the frequency is closed",
    time=T0 + 5,
    rehearsal=False,
)
SIGNED = SignedReceipt(receipt=RECEIPT, signature=CREW.sign(RECEIPT.signed_bytes()))


def card(key: SigningKey = THEIRS, *, rehearsal: bool = False) -> SignedCard:
    body = Card(party=PEER, name="LNA", address="in-process:lna", public=key.public, issued=T0, rehearsal=rehearsal)
    return SignedCard(card=body, signature=key.sign(body.signed_bytes()))


def told_receipt(key: SigningKey, party: str) -> TellReceipt:
    post_key = PostKey(party=party, post="north", shift=1, public=CREW.public, time=T0, rehearsal=False)
    return TellReceipt(
        receipt=SIGNED,
        key=SignedPostKey(post_key=post_key, signature=key.sign(post_key.signed_bytes())),
        post_name="North",
        read_back_error_m=None,
        misread=False,
    )


def taken(told: Told, key: SigningKey = THEIRS, number: int = 1) -> MessageTaken:
    message = Message(sender=PEER, receiver=NODE, number=number, time=T0, rehearsal=False, told=told)
    request = sign_request(message.canonical(), target="in-process:unsmil", key=key, created=T0, nonce="n" * 22)
    verified = verify_request(request, key.public, T0, target="in-process:unsmil")
    return MessageTaken(message=message, signature=verified.signature, base=verified.base)


def sent(told: Told) -> MessageSent:
    return MessageSent(message=Message(sender=NODE, receiver=PEER, number=1, time=T0, rehearsal=False, told=told))


FACTS: tuple[Fact, ...] = (
    NodeOpened(party=NODE, public=OWN.public),
    CardTaken(card=card()),
    CardConfirmed(party=PEER, fingerprint=THEIRS.id),
    BEGAN,
    ReceiptTaken(receipt=SIGNED, state=ReceiptState.REFUSED, read_back_error_m=None),
    sent(told_receipt(OWN, NODE)),
    taken(told_receipt(THEIRS, PEER)),
    taken(TellLook(flight="UN1", version=1, role="watch", time=T0), number=2),
    Looked(subject="board", ref="", version=0),
    ShiftEnded(post="north", number=1),
)


def entry(fact: Fact, time: float = T0 + 10, *, node: str = NODE, rehearsal: bool = False) -> Entry:
    return Entry(node=node, time=time, actor=Actor(party=node), fact=fact, rehearsal=rehearsal)


def salts() -> Callable[[int], bytes]:
    numbers = itertools.count(1)
    return lambda length: next(numbers).to_bytes(length, "big")


def write(folder: Path, *, checkpoints_at: Sequence[int] = (4, 8), facts: Sequence[Fact] = FACTS) -> None:
    store = SqliteStore(folder)
    recorder = Recorder(store, OWN, NODE, lambda: T0 + 10.5, salts(), rehearsal=False)
    for number, fact in enumerate(facts, start=1):
        recorder.write([entry(fact)])
        if number in checkpoints_at:
            recorder.sequence()
    store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten entries, a checkpoint over four and one over eight."""
    write(tmp_path / "unsmil")
    return tmp_path / "unsmil"


def tamper(folder: Path, *statements: str, values: Sequence[object] = ()) -> None:
    with closing(sqlite3.connect(folder / DATABASE)) as database:
        for statement in statements:
            assert database.execute(statement, values).rowcount > 0, "nothing was tampered with"
        database.commit()


def checked(folder: Path, public: str | None = None) -> RecordReport:
    store = SqliteStore(folder, read_only=True)
    with closing(store):
        return check_record(store, public)


def said(report: RecordReport) -> list[tuple[int, str]]:
    return [(finding.position, finding.what) for finding in report.findings]


def test_a_sound_record(folder: Path) -> None:
    report = checked(folder, OWN.public)
    assert report.findings == []
    assert report.sound
    assert (report.node, report.public, report.rehearsal) == (NODE, OWN.public, False)
    assert (report.entries, report.leaves, report.checkpoints, report.size, report.waiting) == (10, 10, 2, 8, 2)
    with closing(SqliteStore(folder, read_only=True)) as store:
        assert report.root == Tree(itertools.islice(store.leaves(), 8)).root().hex()
    assert report.kinds["message-taken"] == 2
    assert sum(report.kinds.values()) == 10
    assert (report.late, report.longest_wait_s) == (0, 0.0)


def test_an_empty_record(tmp_path: Path) -> None:
    SqliteStore(tmp_path).close()
    assert checked(tmp_path).sound


@pytest.mark.parametrize("position", [2, 5, 9])
def test_a_changed_byte(folder: Path, position: int) -> None:
    with closing(sqlite3.connect(folder / DATABASE)) as database:
        [(data,)] = database.execute("SELECT data FROM entry WHERE position = ?", (position,))
    at = data.index(b"1500000010")
    changed = data[:at] + b"1500000011" + data[at + 10 :]
    tamper(folder, f"UPDATE entry SET data = ? WHERE position = {position}", values=(changed,))
    assert said(checked(folder)) == [(position, "changed")]


def test_a_changed_byte_and_a_leaf_made_to_fit(folder: Path) -> None:
    fitting = Sealed(bytes(16), entry(Looked(subject="board", ref="", version=7)).canonical())
    tamper(folder, "UPDATE entry SET salt = ?, data = ? WHERE position = 3", values=(fitting.salt, fitting.data))
    tamper(folder, "UPDATE leaf SET hash = ? WHERE position = 3", values=(fitting.leaf,))
    report = checked(folder)
    assert said(report)[0] == (4, "checkpoint")
    assert "a leaf from 1 to 4 was changed" in report.findings[0].why
    assert (3, "changed") not in said(report)
    assert report.findings[1:] == [
        Finding(7, "signature", "no confirmed key of lna signed what carried its message"),
        Finding(7, "signature", "lna did not sign for the key of North"),
        Finding(8, "signature", "no confirmed key of lna signed what carried its message"),
    ], "since the confirmation is gone"


def test_a_leaf_made_to_fit_after_a_checkpoint_that_holds(folder: Path) -> None:
    fitting = Sealed(bytes(16), entry(Looked(subject="board", ref="", version=7)).canonical())
    tamper(folder, "UPDATE entry SET salt = ?, data = ? WHERE position = 6", values=(fitting.salt, fitting.data))
    tamper(folder, "UPDATE leaf SET hash = ? WHERE position = 6", values=(fitting.leaf,))
    report = checked(folder)
    assert said(report) == [(8, "checkpoint")]
    assert "a leaf from 5 to 8 was changed" in report.findings[0].why


def test_a_dropped_entry(folder: Path) -> None:
    tamper(folder, "DELETE FROM entry WHERE position = 9")
    assert checked(folder).findings == [Finding(9, "missing", "entry 9 is missing")]


def test_an_entry_dropped_with_its_leaf(folder: Path) -> None:
    tamper(folder, "DELETE FROM entry WHERE position IN (5, 6)", "DELETE FROM leaf WHERE position IN (5, 6)")
    report = checked(folder)
    assert (5, "missing") in said(report)
    assert "entries 5 to 6 are missing" in [finding.why for finding in report.findings]
    assert (8, "checkpoint") in said(report)
    assert "changed" not in [what for _, what in said(report)], "those after it are as they were"


def test_a_dropped_leaf(folder: Path) -> None:
    tamper(folder, "DELETE FROM leaf WHERE position = 9")
    assert checked(folder).findings == [Finding(9, "missing", "the entry's leaf is missing")]
    tamper(folder, "DELETE FROM leaf WHERE position = 10")
    assert said(checked(folder)) == [(9, "missing"), (10, "missing")]


def test_the_last_entry_dropped(folder: Path) -> None:
    tamper(folder, "DELETE FROM entry WHERE position >= 9")
    assert checked(folder).findings == [Finding(9, "missing", "entries 9 to 10 are missing; their leaves are there")]


def swap(folder: Path, table: str, columns: str, one: int, other: int) -> None:
    with closing(sqlite3.connect(folder / DATABASE)) as database:
        rows = [
            database.execute(f"SELECT {columns} FROM {table} WHERE position = ?", (at,)).fetchone()
            for at in (one, other)
        ]
        database.execute(f"DELETE FROM {table} WHERE position IN (?, ?)", (one, other))
        marks = ", ".join("?" * len(rows[0]))
        for at, row in zip((other, one), rows, strict=True):
            database.execute(f"INSERT INTO {table} (position, {columns}) VALUES (?, {marks})", (at, *row))
        database.commit()


def test_two_entries_swapped(folder: Path) -> None:
    swap(folder, "entry", "salt, data", 9, 10)
    assert said(checked(folder)) == [(9, "changed"), (10, "changed")]


def test_two_entries_swapped_with_their_leaves(folder: Path) -> None:
    swap(folder, "entry", "salt, data", 5, 6)
    swap(folder, "leaf", "hash", 5, 6)
    assert said(checked(folder)) == [(8, "checkpoint")]


def test_the_end_cut_off_after_a_checkpoint(folder: Path) -> None:
    tamper(folder, "DELETE FROM entry WHERE position >= 7", "DELETE FROM leaf WHERE position >= 7")
    report = checked(folder)
    assert said(report) == [(8, "cut-off")]
    assert "holds 8 leaves, and the record has 6" in report.findings[0].why


def forge(folder: Path, size: int, root: bytes, key: SigningKey, time: float = T0 + 10.5) -> None:
    forged = sign_checkpoint(key, NODE, size, root, time, rehearsal=False)
    tamper(
        folder,
        f"UPDATE checkpoint SET root = ?, time = ?, note = ? WHERE size = {size}",
        values=(forged.root, forged.time, forged.note),
    )


def test_a_checkpoint_forged_with_another_key(folder: Path) -> None:
    with closing(SqliteStore(folder, read_only=True)) as store:
        root = Tree(itertools.islice(store.leaves(), 4)).root()
    forge(folder, 4, root, THIEF)
    report = checked(folder)
    assert said(report) == [(4, "signature")]
    assert "no signature by the key" in report.findings[0].why


def test_a_checkpoint_over_another_tree_with_the_nodes_own_key(folder: Path) -> None:
    forge(folder, 4, bytes(32), OWN)
    report = checked(folder)
    assert said(report) == [(4, "checkpoint")], "the one over eight agrees with the leaves"
    assert "another root" in report.findings[0].why


def test_a_checkpoint_whose_note_says_otherwise(folder: Path) -> None:
    tamper(folder, "UPDATE checkpoint SET time = time + 60 WHERE size = 8")
    assert said(checked(folder)) == [(8, "checkpoint")]


def test_a_whole_record_made_again_with_a_thiefs_key(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    recorder = Recorder(store, THIEF, NODE, lambda: T0 + 10, salts(), rehearsal=False)
    recorder.write([entry(NodeOpened(party=NODE, public=THIEF.public))])
    recorder.sequence()
    store.close()
    assert checked(tmp_path).sound, "nothing in the file alone can tell"
    assert said(checked(tmp_path, OWN.public)) == [(1, "signature"), (1, "wrong-key")]


def test_a_damaged_file(folder: Path) -> None:
    path = folder / DATABASE
    data = bytearray(path.read_bytes())
    for at in range(4096, len(data), 97):
        data[at] ^= 0x55
    path.write_bytes(data)
    [report] = check_folder(folder).values()
    assert not report.sound
    assert "unreadable" in {finding.what for finding in report.findings}


class Given(MemoryStore):
    """A record of these entries, sound in its leaves and under one checkpoint."""

    def __init__(self, *facts: Entry | Fact, opened: Entry | None = None) -> None:
        super().__init__()
        entries = [opened or entry(FACTS[0]), *[each if isinstance(each, Entry) else entry(each) for each in facts]]
        salt = salts()
        self.append([Sealed(salt(16), each.canonical()) for each in entries])
        root = Tree(self.leaves()).root()
        self.add_checkpoint(sign_checkpoint(OWN, NODE, len(entries), root, T0 + 10.5, rehearsal=False))


def test_what_is_not_bytes() -> None:
    """A database without strict types holds whatever it is given."""
    store = Given(*FACTS[1:])
    shelf = store._shelf
    shelf.entries[4] = Sealed(shelf.entries[4].salt, cast(bytes, 5))
    shelf.checkpoints[0] = replace(shelf.checkpoints[0], note=cast(str, b"\x00"))
    assert said(check_record(store)) == [(10, "signature"), (5, "changed"), (5, "unreadable")]


CARDS = (CardTaken(card=card()), CardConfirmed(party=PEER, fingerprint=THEIRS.id))
LOOK = TellLook(flight="UN1", version=1, role="watch", time=T0)
SIGNED_BY_THIEF = replace(SIGNED, signature=THIEF.sign(RECEIPT.signed_bytes()))


@pytest.mark.parametrize(
    ("facts", "position", "what", "why"),
    [
        ((entry(Looked(subject="board", ref="", version=0), node="lna"),), 2, "wrong-node", "an entry of lna"),
        ((entry(Looked(subject="board", ref="", version=0), rehearsal=True),), 2, "wrong-rehearsal", "rehearsal"),
        ((NodeOpened(party=NODE, public=THIEF.public),), 2, "wrong-key", THIEF.public),
        ((CardTaken(card=replace(card(), signature=SIGNED.signature)),), 2, "signature", "card of lna"),
        ((CardTaken(card=card(rehearsal=True)),), 2, "wrong-rehearsal", "card of lna"),
        ((CARDS[0], CardConfirmed(party=PEER, fingerprint=THIEF.id)), 3, "unknown-card", THIEF.id),
        ((replace(BEGAN, signature=SIGNED.signature),), 2, "signature", "north#1"),
        (
            (BEGAN, ReceiptTaken(receipt=SIGNED_BY_THIEF, state=ReceiptState.REFUSED, read_back_error_m=None)),
            3,
            "signature",
            "receipt of north",
        ),
        (
            (ReceiptTaken(receipt=SIGNED, state=ReceiptState.REFUSED, read_back_error_m=None),),
            2,
            "wrong-key",
            "began its shift 1",
        ),
        ((replace(sent(LOOK), message=taken(LOOK).message),), 2, "wrong-node", "outbox"),
        ((sent(told_receipt(THIEF, NODE)),), 2, "signature", "did not sign for the key of North"),
        ((taken(LOOK),), 2, "signature", "no confirmed key of lna"),
        ((CARDS[0], taken(LOOK)), 3, "signature", "no confirmed key of lna"),
        ((*CARDS, taken(LOOK, THIEF)), 4, "signature", "no confirmed key of lna"),
        (
            (*CARDS, CardRevoked(party=PEER, fingerprint=THEIRS.id, reason="lost"), taken(LOOK)),
            5,
            "signature",
            "no confirmed key of lna",
        ),
        ((*CARDS, replace(taken(LOOK), message=taken(LOOK, number=2).message)), 4, "digest", "not this message"),
        ((*CARDS, taken(told_receipt(THIEF, PEER))), 4, "signature", "did not sign for the key of North"),
        (
            (*CARDS, taken(replace(told_receipt(THEIRS, PEER), receipt=SIGNED_BY_THIEF))),
            4,
            "signature",
            "receipt of north",
        ),
    ],
)
def test_what_entries_say_is_verified(facts: tuple[Entry | Fact, ...], position: int, what: str, why: str) -> None:
    report = check_record(Given(*facts))
    assert said(report) == [(position, what)]
    assert why in report.findings[0].why


def test_a_second_key_of_a_party_counts_from_its_confirmation() -> None:
    new = SigningKey(bytes([9] * 32))
    renewed = (CardTaken(card=card(new)), CardConfirmed(party=PEER, fingerprint=new.id))
    assert check_record(Given(*CARDS, taken(LOOK), *renewed, taken(LOOK, new, 2))).sound


def test_times_that_run_backwards() -> None:
    looked = Looked(subject="board", ref="", version=0)
    assert check_record(Given(entry(looked, T0 + 500), entry(looked, T0 + 390))).sound, "a clock may be set right"
    report = check_record(Given(entry(looked, T0 + 500), entry(looked, T0 + 370)))
    assert said(report) == [(3, "backwards")]
    assert "2017-07-14T02:46:10.000Z, after one of 2017-07-14T02:48:20.000Z" in report.findings[0].why


def test_leaves_that_waited_longer_than_promised_are_said() -> None:
    looked = Looked(subject="board", ref="", version=0)
    report = check_record(Given(entry(looked, T0 + 7), entry(looked, T0 + 9.6)))
    assert report.sound, "a node that was killed has changed nothing"
    assert (report.late, report.longest_wait_s) == (1, 3.5)


@pytest.mark.parametrize(
    ("first", "what"),
    [(entry(Looked(subject="board", ref="", version=0)), "no-opening"), (None, "unreadable")],
)
def test_a_record_that_does_not_say_whose_it_is(first: Entry | None, what: str) -> None:
    store = Given(opened=first) if first else MemoryStore()
    if not first:
        store.append([Sealed(bytes(16), b"nothing")])
    assert (1, what) in said(check_record(store))


def test_findings_without_end_are_counted() -> None:
    store = Given(*[taken(LOOK)] * (MAX_FINDINGS + 5))
    report = check_record(store)
    assert len(report.findings) == MAX_FINDINGS
    assert report.found == MAX_FINDINGS + 5


def test_the_records_beneath_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "unsmil")
    write(tmp_path / "lna")
    (tmp_path / "unsmil" / "node.pub").write_text(OWN.public + "\n")
    (tmp_path / "lna" / "node.pub").write_text(THIEF.public + "\n")
    reports = check_folder(tmp_path)
    assert list(reports) == [tmp_path / "lna", tmp_path / "unsmil"]
    assert reports[tmp_path / "unsmil"].sound
    assert not reports[tmp_path / "lna"].sound
    assert check_folder(tmp_path / "unsmil")[tmp_path / "unsmil"].sound
    assert check_folder(tmp_path / "nowhere") == {}


@pytest.mark.parametrize("name", ["node.key", "node.pub"])
def test_a_key_without_a_record_is_found(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(OWN.public)
    [report] = check_folder(tmp_path).values()
    assert said(report) == [(0, "record-gone")]


def test_an_emptied_record_is_found(folder: Path) -> None:
    (folder / "node.pub").write_text(OWN.public)
    tamper(folder, "DELETE FROM entry", "DELETE FROM leaf", "DELETE FROM checkpoint")
    assert said(check_folder(folder)[folder]) == [(0, "record-gone")]
    (folder / "node.pub").unlink()
    assert check_folder(folder)[folder].sound, "a node that was killed while it first started"


def rewrite(folder: Path, *entries: tuple[int, Entry]) -> None:
    """Other entries in the place of those that are there, with leaves made to fit; nobody's key is needed."""
    for position, one in entries:
        fitting = Sealed(bytes([position] * 16), one.canonical())
        values = (fitting.salt, fitting.data)
        tamper(folder, f"UPDATE entry SET salt = ?, data = ? WHERE position = {position}", values=values)
        tamper(folder, f"UPDATE leaf SET hash = ? WHERE position = {position}", values=(fitting.leaf,))


LOOKED = Looked(subject="board", ref="", version=0)


@pytest.mark.parametrize(("after", "first"), [(-1, 1), (4, 5)])
def test_a_record_rewritten_after_its_checkpoints_were_taken_out(folder: Path, after: int, first: int) -> None:
    tamper(folder, f"DELETE FROM checkpoint WHERE size > {after}")
    assert checked(folder).sound, "so much a kill may leave"
    rewrite(folder, (9, entry(LOOKED, T0 + 40.0)), (10, entry(LOOKED, T0 + 70.5)))
    report = checked(folder)
    assert said(report) == [(first, "uncovered")]
    assert f"entries {first} to 10 span 60 s" in report.findings[0].why


def test_what_comes_in_while_it_is_checked_is_not_called_uncovered(folder: Path) -> None:
    """The reader saw the last checkpoint, then a slow read; meanwhile the node wrote, and sequenced, for an hour."""
    writing = SqliteStore(folder)
    recorder = Recorder(writing, OWN, NODE, lambda: T0 + 10.5, lambda n: b"w" + salt(n - 1), rehearsal=False)
    salt, times = salts(), iter(range(20, 3620, 600))

    class Slow(SqliteStore):
        def entries(self, after: int = 0) -> Iterator[tuple[int, Sealed]]:
            for each in super().entries(after):
                yield each
                if (time := next(times, None)) is not None:
                    recorder.write([entry(LOOKED, T0 + time)])

    with closing(writing), closing(Slow(folder, read_only=True)) as store:
        assert check_record(store).findings == []


def test_what_was_planted_is_found(folder: Path) -> None:
    with closing(sqlite3.connect(folder / DATABASE)) as database:
        database.execute("CREATE TRIGGER planted AFTER INSERT ON entry BEGIN DELETE FROM checkpoint; END")
    [report] = check_folder(folder).values()
    assert not report.sound
    assert "trigger planted" in report.findings[0].why


def test_a_record_is_checked_while_its_node_writes(folder: Path) -> None:
    """The reader sees whatever was appended between its looks, and calls none of it wrong."""
    writing = SqliteStore(folder)
    recorder = Recorder(writing, OWN, NODE, lambda: T0 + 10.5, lambda n: b"w" + salt(n - 1), rehearsal=False)
    salt = salts()

    class Growing(SqliteStore):
        def entries(self, after: int = 0) -> Iterator[tuple[int, Sealed]]:
            for each in super().entries(after):
                yield each
                if each[0] < 20:
                    recorder.write([entry(Looked(subject="board", ref="", version=0))])

        def checkpoints(self) -> Iterator[Checkpoint]:
            for each in super().checkpoints():
                yield each
                recorder.sequence()

    with closing(writing), closing(Growing(folder, read_only=True)) as store:
        report = check_record(store)
    assert report.findings == []
    assert report.entries >= 20


def test_text_where_bytes_belong_is_told_with_its_position_and_hides_nothing_else(folder: Path) -> None:
    tamper(
        folder, "UPDATE entry SET data = 'text' WHERE position = 9", "UPDATE leaf SET hash = 'x' WHERE position = 10"
    )
    forge(folder, 4, bytes(32), OWN)
    report = checked(folder)
    assert said(report) == [(4, "checkpoint"), (0, "unreadable"), (0, "unreadable")]
    assert "leaf 10 holds str where bytes" in report.findings[1].why
    with closing(SqliteStore(folder)) as store, pytest.raises(StoreError, match="leaf 10 holds str"):
        Recorder(store, OWN, NODE, lambda: T0, salts(), rehearsal=False)
