"""Entries of the record: canonical bytes to `model.entry.Entry`. Writing them is `Entry.canonical`.

| key of the body | JSON | meaning |
|---|---|---|
| node | text | id of the party whose record it is |
| time | number | Unix seconds by the node's clock |
| actor | object | party, person, role, post; null where there is none |
| rehearsal | boolean | law 9 |
| kind | text | a key of `model.entry.FACTS` |
| fact | object | the fields of that fact; a message in it is written as in `codecs.messages` |
"""

import msgspec

from safeconduct.codecs.messages import MessageBody, message_of
from safeconduct.codecs.tagged import body_of, check_same, read, shape_of
from safeconduct.errors import ModelError, WireError
from safeconduct.model.entry import FACTS, Actor, Entry, Fact, MessageSent, MessageTaken


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    node: str
    time: float
    actor: Actor
    rehearsal: bool
    kind: str
    fact: msgspec.Raw


class _Sent(msgspec.Struct, forbid_unknown_fields=True):
    message: MessageBody


class _Taken(_Sent, forbid_unknown_fields=True):
    signature: str
    base: str


def decode_entry(data: bytes) -> Entry:
    """The entry that is written in `data`.

    Raises:
        WireError: `bad-json`, `bad-field`, `unknown-type`, `unknown-version`, `unknown-kind`, `unknown-key`,
            `missing-key`, `not-canonical`, or the reason of the rule of the model that a value breaks.
    """
    body = read(body_of(data, kind="entry", version=1), _Body, "entry")
    fact = _fact(shape_of(body.kind, FACTS, "entry"), body.fact, f"entry {body.kind}")
    try:
        entry = Entry(node=body.node, time=body.time, actor=body.actor, fact=fact, rehearsal=body.rehearsal)
    except ModelError as error:
        raise WireError(error.reason, error.what, where=f"entry: {error.where}", remedy=error.remedy) from error
    check_same(data, entry.canonical, f"entry {body.kind}")
    return entry


def _fact(shape: type[Fact], raw: msgspec.Raw, where: str) -> Fact:
    if shape is MessageSent:
        return MessageSent(message=message_of(read(raw, _Sent, where).message))
    if shape is MessageTaken:
        taken = read(raw, _Taken, where)
        return MessageTaken(message=message_of(taken.message), signature=taken.signature, base=taken.base)
    return read(raw, shape, where)
