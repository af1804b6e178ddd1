import json
from collections.abc import Callable
from typing import Any

import pytest
import rfc8785

from safeconduct.codecs.entries import decode_entry
from safeconduct.errors import WireError
from safeconduct.model.entry import Actor, Entry, Looked, MessageSent, MessageTaken, SignedIn
from safeconduct.model.flight import FlightState
from safeconduct.model.message import Message, TellState
from safeconduct.model.person import Role

# Every kind of fact comes through in tests/property/test_record_properties.py; here is what is refused, and why.
MESSAGE = Message(
    sender="unsmil",
    receiver="lna",
    number=3,
    time=1.5e9,
    rehearsal=True,
    told=TellState(flight="UN1", state=FlightState.ENDED),
)
TAKEN = Entry(
    node="lna",
    time=1.5e9 + 1,
    actor=Actor(party="unsmil"),
    fact=MessageTaken(message=MESSAGE, signature="sig", base="base"),
    rehearsal=True,
)


def test_a_message_in_an_entry_names_what_it_tells() -> None:
    fact = json.loads(TAKEN.canonical())["body"]["fact"]
    assert fact == {
        "message": json.loads(MESSAGE.canonical())["body"],
        "signature": "sig",
        "base": "base",
    }
    assert fact["message"]["kind"] == "flight-state"


def test_a_message_comes_out_as_it_was_signed() -> None:
    fact = decode_entry(TAKEN.canonical()).fact
    assert isinstance(fact, MessageTaken)
    assert fact.message == MESSAGE
    assert fact.message.canonical() == MESSAGE.canonical()


def test_facts_with_the_same_shape_stay_apart() -> None:
    sent = Entry(node="a", time=0.0, actor=Actor(party="a"), fact=MessageSent(message=MESSAGE), rehearsal=True)
    assert decode_entry(sent.canonical()) == sent
    looked = Entry(
        node="a",
        time=0.0,
        actor=Actor(party="a", person="p", role=Role.WATCH),
        fact=Looked(subject="board", ref="", version=0),
        rehearsal=False,
    )
    assert decode_entry(looked.canonical()) == looked


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    tree = json.loads(TAKEN.canonical())
    change(tree)
    return rfc8785.dumps(tree)


@pytest.mark.parametrize(
    ("reason", "names", "data"),
    [
        ("bad-json", "", b"{"),
        ("unknown-type", "safeconduct/message", MESSAGE.canonical()),
        ("unknown-version", "9", changed(lambda t: t.update(version=9))),
        ("unknown-kind", "flight-shot", changed(lambda t: t["body"].update(kind="flight-shot"))),
        ("unknown-kind", "order", changed(lambda t: t["body"]["fact"]["message"].update(kind="order"))),
        ("bad-field", "node", changed(lambda t: t["body"].pop("node"))),
        ("empty", "node", changed(lambda t: t["body"].update(node=" "))),
        ("bad-time", "time", changed(lambda t: t["body"].update(time=1e15))),
        ("bad-field", "role", changed(lambda t: t["body"]["actor"].update(role="general"))),
        ("unknown-key", "actor.rank", changed(lambda t: t["body"]["actor"].update(rank="general"))),
        ("missing-key", "actor.person", changed(lambda t: t["body"]["actor"].pop("person"))),
        ("bad-field", "more", changed(lambda t: t["body"]["fact"].update(more=1))),
        ("bad-number", "number", changed(lambda t: t["body"]["fact"]["message"].update(number=0))),
        ("bad-field", "unknown field", changed(lambda t: t["body"].update(kind="message-sent"))),
        ("not-canonical", "", b" " + TAKEN.canonical()),
    ],
)
def test_what_is_wrong_is_said(reason: str, names: str, data: bytes) -> None:
    with pytest.raises(WireError) as caught:
        decode_entry(data)
    assert caught.value.reason == reason
    assert names in str(caught.value)


def test_what_was_signed_in_is_not_a_look() -> None:
    entry = Entry(
        node="a",
        time=0.0,
        actor=Actor(party="a"),
        fact=SignedIn(person="p", role=Role.CREW, post="north", by="key"),
        rehearsal=False,
    )
    as_look = entry.canonical().replace(b'"signed-in"', b'"looked"')
    with pytest.raises(WireError) as caught:
        decode_entry(as_look)
    assert caught.value.reason == "bad-field"
