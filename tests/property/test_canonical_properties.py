"""Canonical bytes: RFC 8785 vectors, round trips through another parser, and what must and must not change them."""

import json
import math
import struct
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeconduct.errors import ModelError
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.canonical import canonical
from safeconduct.model.flight import Disclosure, Flight, FlightState, RoutePoint
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.sensor import SensorKind
from safeconduct.model.volume import Volume4D


@dataclass(frozen=True)
class Box:
    value: Any


def body(value: object) -> str:
    """The canonical text of one value."""
    text = canonical(Box(value), kind="box", version=1).decode()
    head, tail = '{"body":{"value":', '},"type":"safeconduct/box","version":1}'
    assert text.startswith(head)
    assert text.endswith(tail)
    return text[len(head) : -len(tail)]


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("41b3de4355555556", "333333333.3333334"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_of_rfc_8785_appendix_b(bits: str, text: str) -> None:
    assert body(struct.unpack(">d", bytes.fromhex(bits))[0]) == text


def test_the_object_of_rfc_8785_section_3_2_2() -> None:
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    assert body(value) == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_keys_sort_by_utf_16_code_units_as_in_rfc_8785_section_3_2_3() -> None:
    value = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    names = ["Carriage Return", "One", "Control", "Latin", "Euro Sign", "Emoji", "Hebrew"]
    text = body(value)
    places = [text.index(f'"{name}') for name in names]
    assert places == sorted(places)


NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(PLAIN)
def test_another_parser_reads_back_what_was_written(value: object) -> None:
    assert json.loads(body(value), parse_int=float) == value  # a JSON number is a double
    assert json.loads(canonical(Box(value), kind="box", version=3))["version"] == 3


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), PLAIN, max_size=6), st.randoms())
def test_equal_values_give_equal_bytes_whatever_the_order(value: dict[str, object], chance: Any) -> None:
    keys = list(value)
    chance.shuffle(keys)
    shuffled = {key: value[key] for key in keys}
    assert body(value) == body(shuffled) == body(MappingProxyType(shuffled))


@given(st.lists(NUMBERS | st.text("abcö€", max_size=3), unique=True, max_size=8), st.randoms())
def test_sets_have_no_order(items: list[object], chance: Any) -> None:
    shuffled = items.copy()
    chance.shuffle(shuffled)
    assert body(frozenset(items)) == body(set(shuffled))
    assert body(tuple(items)) == body(items)


@given(NUMBERS)
def test_one_number_has_one_form(value: float) -> None:
    if value == int(value) and abs(value) < 2**53:
        assert body(float(value)) == body(int(value))


class Word(StrEnum):
    ONE = "one"


def test_enums_are_their_values() -> None:
    assert body(Word.ONE) == '"one"'
    assert body({Word.ONE: [Word.ONE]}) == '{"one":["one"]}'


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        2**53,
        -(2**53),
        b"bytes",
        object(),
        Word,
        Box,
        1j,
        "\ud800",
        {"x": {"y": [math.nan]}},
        frozenset({math.nan}),
        frozenset({2**60}),
        frozenset({"\udfff"}),
        {1: "one"},
        {1: "one", "1": "uno"},
        {None: 1},
    ],
    ids=repr,
)
def test_what_is_not_data_is_refused_as_such(value: object) -> None:
    """Keys that are no text too: 1 and "1" would become one key, and two values the same bytes."""
    with pytest.raises(ModelError) as caught:
        canonical(Box(value), kind="box", version=1)
    assert caught.value.reason == "not-canonical"


@pytest.mark.parametrize("value", [1, "text", [1], None, Box])
def test_only_a_record_is_signed(value: object) -> None:
    with pytest.raises(ModelError, match=r"is not a record|is not data"):
        canonical(value, kind="box", version=1)


def test_kind_and_version_are_part_of_the_bytes() -> None:
    made = {canonical(Box(1), kind=kind, version=version) for kind in ("a", "b") for version in (1, 2)}
    assert len(made) == 4


def square(upper_m: float = 100.0, end: float = 60.0, corner: float = 13.1) -> Volume4D:
    outline = ((13.0, 32.0), (corner, 32.0), (13.1, 32.1), (13.0, 32.1))
    return Volume4D(outline=outline, lower_m=0.0, upper_m=upper_m, start=0.0, end=end)


AIRCRAFT = Aircraft(type="male_uav", owner="a", operator="b", identifiers=(Identifier(IdentifierKind.CALLSIGN, "X1"),))
FLIGHT = Flight(
    id="F-1",
    party="un",
    aircraft=AIRCRAFT,
    volumes=(square(),),
    route=(RoutePoint(13.0, 32.0, 50.0, 0.0), RoutePoint(13.05, 32.0, 50.0, 30.0)),
    emits=frozenset({SensorKind.ADSB, SensorKind.REMOTE_ID}),
)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "F-2"},
        {"version": 2},
        {"party": "italy"},
        {"aircraft": replace(AIRCRAFT, type="airliner")},
        {"aircraft": replace(AIRCRAFT, owner="b", operator="a")},
        {"aircraft": replace(AIRCRAFT, operator=None, crew="b")},
        {"aircraft": replace(AIRCRAFT, identifiers=())},
        {"aircraft": replace(AIRCRAFT, identifiers=(Identifier(IdentifierKind.SESSION_ID, "X1"),))},
        {"volumes": (square(upper_m=100.5),)},
        {"volumes": (square(end=60.001),)},
        {"volumes": (square(corner=13.100001),)},
        {"volumes": (square(), square())},
        {"route": ()},
        {"route": FLIGHT.route[:1]},
        {"emits": frozenset({SensorKind.ADSB})},
        {"disclosure": Disclosure.SEALED},
        {"state": FlightState.ENDED},
    ],
    ids=str,
)
def test_any_change_of_a_flight_changes_its_bytes(changes: dict[str, Any]) -> None:
    before = canonical(FLIGHT, kind="flight", version=1)
    assert canonical(replace(FLIGHT, **changes), kind="flight", version=1) != before


def test_a_flight_round_trips_through_another_parser_with_all_its_fields() -> None:
    read = json.loads(canonical(FLIGHT, kind="flight", version=1))
    assert read["type"] == "safeconduct/flight"
    assert set(read["body"]) == set(Flight.__slots__)
    assert read["body"]["emits"] == ["adsb", "remote_id"]
    assert read["body"]["volumes"][0]["outline"][0] == [13.0, 32.0]
    assert read["body"]["aircraft"]["identifiers"] == [{"kind": "callsign", "value": "X1"}]
    assert replace(FLIGHT) == FLIGHT
    assert canonical(replace(FLIGHT), kind="flight", version=1) == canonical(FLIGHT, kind="flight", version=1)
