"""Round trips of everything that a record or a message can hold, and the tree against the RFC's own words.

The values are made from the types of the model themselves: a new kind of fact or message is tried without a word here,
and one that cannot be made fails.
"""

import dataclasses
import hashlib
import types
import typing
from collections.abc import Callable
from enum import Enum
from typing import Any

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safeconduct.codecs.entries import decode_entry
from safeconduct.codecs.messages import decode_message
from safeconduct.errors import WireError
from safeconduct.model.canonical import canonical
from safeconduct.model.card import GuardedAir
from safeconduct.model.entry import FACTS, Actor, Entry, Fact
from safeconduct.model.flight import Flight, RoutePoint
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.key import text_of
from safeconduct.model.message import TOLD, Message, Told
from safeconduct.model.person import Person, Role
from safeconduct.model.post import Shift
from safeconduct.model.receipt import ReadBack, Receipt
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import SensorKind
from safeconduct.model.volume import Volume4D
from safeconduct.model.zone import Zone
from safeconduct.record.tree import Tree

NAMES = st.sampled_from(["a", "UN 123", "\u00e9\u2028", "\U0001f6e9", '"\\/', "\x01\x7f"])
KEYS = st.binary(min_size=32, max_size=32).map(text_of)
NUMBERS = st.floats(0.5, 80.0) | st.sampled_from([1.0, 7.0])
COUNTS = st.integers(1, 2**53 - 1)
RING = ((13.0, 32.0), (13.5, 32.125), (13.25, 32.5))
PLAIN: dict[object, st.SearchStrategy[Any]] = {
    str: NAMES, float: NUMBERS, int: COUNTS, bool: st.booleans(), type(None): st.none()
}  # fmt: skip
WITH: dict[object, dict[str, st.SearchStrategy[Any]]] = {
    Volume4D: {
        "outline": st.just(RING),
        "lower_m": st.floats(-100.0, 0.0),
        "upper_m": st.floats(1.0, 9e4),
        "start": st.floats(0.0, 1e9),
        "end": st.floats(1.1e9, 2e9),
    },
    Sector: {
        "outline": st.sampled_from([(), RING]),
        "lower_m": st.floats(-100.0, 0.0),
        "upper_m": st.floats(1.0, 9e4),
    },
    GuardedAir: {"outline": st.just(RING), "lower_m": st.floats(-100.0, 0.0), "upper_m": st.floats(1.0, 9e4)},
    Flight: {
        "volumes": st.lists(st.deferred(lambda: of(Volume4D)), min_size=1, max_size=2).map(tuple),
        "route": st.lists(st.deferred(lambda: of(RoutePoint)), max_size=3, unique_by=lambda point: point.time).map(
            lambda points: tuple(sorted(points, key=lambda point: point.time))
        ),
        "emits": st.frozensets(st.sampled_from([kind for kind in SensorKind if kind.listens])),
    },
    Zone: {"volumes": st.lists(st.deferred(lambda: of(Volume4D)), min_size=1, max_size=2).map(tuple)},
    Identifier: {
        "kind": st.sampled_from(
            sorted({*IdentifierKind} - {IdentifierKind.ICAO_ADDRESS, IdentifierKind.DRIP_ENTITY_TAG})
        ),
        "value": st.sampled_from(["A", "UN 123", "Ä1"]),
    },
    Receipt: {"read_back": st.deferred(lambda: of(ReadBack))},
    Person: {"role": st.sampled_from([role for role in Role if role is not Role.CREW]), "post": st.none()},
}
"""What the types alone do not say."""


@st.composite
def shift(draw: st.DrawFn) -> Shift:
    start = draw(st.floats(0.0, 1e9))
    return Shift(
        post=draw(NAMES), number=draw(COUNTS), person=draw(NAMES), key=draw(KEYS), start=start, until=start + 3600.0
    )


def of(shape: Any) -> st.SearchStrategy[Any]:
    """Values of a type of the model."""
    if shape is Shift:
        return shift()
    if shape in PLAIN:
        return PLAIN[shape]
    origin, inside = typing.get_origin(shape), typing.get_args(shape)
    if origin in (types.UnionType, typing.Union):
        return st.one_of([of(each) for each in inside])
    if origin is tuple and inside[-1] is Ellipsis:
        return st.lists(of(inside[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*[of(each) for each in inside])
    if origin is frozenset:
        return st.frozensets(of(inside[0]), max_size=3)
    if issubclass(shape, Enum):
        return st.sampled_from(list(shape))
    assert isinstance(shape, type), shape
    assert dataclasses.is_dataclass(shape), shape
    hints = typing.get_type_hints(shape)
    parts = {field.name: KEYS if field.name in ("key", "public") and hints[field.name] is str else of(hints[field.name])
             for field in dataclasses.fields(shape)}  # fmt: skip
    return st.builds(shape, **{**parts, **WITH.get(shape, {})})


ENOUGH = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("kind", TOLD)
@given(data=st.data())
@ENOUGH
def test_a_message_is_read_as_it_was_written(kind: str, data: st.DataObject) -> None:
    told: Told = data.draw(of(TOLD[kind]))
    message = Message(
        sender=data.draw(NAMES),
        receiver=data.draw(NAMES),
        number=data.draw(COUNTS),
        time=data.draw(NUMBERS),
        rehearsal=data.draw(st.booleans()),
        told=told,
    )
    again = decode_message(message.canonical())
    assert again == message
    assert type(again.told) is TOLD[kind]
    assert again.canonical() == message.canonical()


@pytest.mark.parametrize("kind", FACTS)
@given(data=st.data())
@ENOUGH
def test_an_entry_is_read_as_it_was_written(kind: str, data: st.DataObject) -> None:
    fact: Fact = data.draw(of(FACTS[kind]))
    entry = Entry(
        node=data.draw(NAMES),
        time=data.draw(NUMBERS),
        actor=data.draw(of(Actor)),
        fact=fact,
        rehearsal=data.draw(st.booleans()),
    )
    again = decode_entry(entry.canonical())
    assert again == entry
    assert again.kind == kind


def test_all_facts_are_named() -> None:
    """Else one of them would not be tried above."""
    assert set(FACTS.values()) == set(typing.get_args(Fact))
    assert set(TOLD.values()) == set(typing.get_args(Told))


@pytest.mark.parametrize("decode", [decode_entry, decode_message])
@given(data=st.binary(max_size=60) | st.sampled_from([b'{"type":"safeconduct/entry","version":1,"body":{}}']))
def test_garbage_is_a_wire_error(decode: Callable[[bytes], object], data: bytes) -> None:
    with pytest.raises(WireError):
        decode(data)


@given(data=st.data())
@settings(max_examples=60)
def test_a_changed_byte_is_refused_or_is_another_entry(data: st.DataObject) -> None:
    """Nothing is read that is not written in just these bytes."""
    fact = data.draw(of(FACTS["message-taken"]))
    entry = Entry(node="unsmil", time=1.5e9, actor=Actor(party="unsmil"), fact=fact, rehearsal=False)
    raw = bytearray(entry.canonical())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    try:
        other = decode_entry(bytes(raw))
    except WireError:
        return
    assert other != entry
    assert other.canonical() == bytes(raw)


@given(
    number=st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(1e-7, 1e-3)
    | st.floats(-1e17, 1e17)
    | st.floats(-200.0, 200.0)
    | st.integers(-(2**53) + 1, 2**53 - 1),
    text=st.text(st.characters(exclude_categories=["Cs"])) | st.text(st.characters(max_codepoint=160)),
    key=st.text(st.characters(exclude_categories=["Cs"])),
    other=st.text(st.characters(max_codepoint=160)),
)
@settings(max_examples=300)
def test_canonical_bytes_are_those_of_the_rfc_8785_package(number: float, text: str, key: str, other: str) -> None:
    """Most values are written by a quicker encoder, which must not be told apart."""
    for value in ({key: number, other: text}, {other: [number, text]}, {"z": {key: text}, "a": number}):
        tagged: Any = {"type": "safeconduct/box", "version": 1, "body": value}
        assert canonical(value, kind="box", version=1) == rfc8785.dumps(tagged)


def naive(leaves: list[bytes]) -> bytes:
    if len(leaves) < 2:
        return hashlib.sha256(b"\x00" + leaves[0]).digest() if leaves else hashlib.sha256().digest()
    half = max(1 << power for power in range(20) if 1 << power < len(leaves))
    return hashlib.sha256(b"\x01" + naive(leaves[:half]) + naive(leaves[half:])).digest()


@given(leaves=st.lists(st.binary(max_size=40), max_size=80), cut=st.integers(0, 80))
def test_the_tree_is_the_rfcs_at_every_size(leaves: list[bytes], cut: int) -> None:
    tree = Tree(leaves[:cut])
    assert tree.root() == naive(leaves[:cut])
    for leaf in leaves[cut:]:
        tree.append(leaf)
    assert tree.size == len(leaves)
    assert tree.root() == naive(leaves)
