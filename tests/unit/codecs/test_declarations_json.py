import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeconduct.codecs.declarations_json import (
    LONGEST_TEXT,
    Amendment,
    Declaration,
    PersonDeclaration,
    PostDeclaration,
    Reason,
    SignedShift,
    ZoneDeclaration,
    check_id,
    read,
)
from safeconduct.errors import InputError, ModelError, WireError
from safeconduct.model.card import SignedCard
from safeconduct.model.flight import Disclosure, FlightState
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.person import Person, Role
from safeconduct.model.sensor import SensorKind

VOLUME = {"outline": [[13.0, 31.0], [14.0, 31.0], [14.0, 32.0]], "lower_m": 0, "upper_m": 900.5, "start": 0, "end": 60}
FLIGHT: dict[str, Any] = {
    "id": "AFRICOM-01",
    "aircraft": {"type": "male_uav", "owner": "africom", "identifiers": []},
    "volumes": [VOLUME],
    "route": [{"lon": 13.5, "lat": 31.5, "alt_m": 500, "time": 30}],
    "emits": ["adsb"],
    "disclosure": "coarse",
    "contact": "desk 7",
}
CARD = {"party": "un", "name": "UN", "address": "a", "public": "A" * 43, "issued": 1, "rehearsal": True, "guards": []}


def body(value: object) -> bytes:
    return json.dumps(value).encode()


def failing(data: bytes, shape: type[Any]) -> InputError:
    with pytest.raises(InputError) as caught:
        read(data, shape)
    return caught.value


def test_a_declaration_becomes_the_first_version_of_a_flight() -> None:
    flight = read(body(FLIGHT), Declaration).flight("africom")
    assert (flight.id, flight.party, flight.version, flight.state) == ("AFRICOM-01", "africom", 1, FlightState.ACCEPTED)
    assert (flight.aircraft.type, flight.aircraft.owner, flight.aircraft.crew) == ("male_uav", "africom", None)
    assert flight.volumes[0].outline == ((13.0, 31.0), (14.0, 31.0), (14.0, 32.0))
    assert (flight.volumes[0].upper_m, flight.volumes[0].end) == (900.5, 60.0)
    assert (flight.route[0].alt_m, flight.emits) == (500.0, frozenset({SensorKind.ADSB}))
    assert (flight.disclosure, flight.contact) == (Disclosure.COARSE, "desk 7")


def test_identifiers_are_taken_in_any_spelling() -> None:
    """A callsign in small letters would never be found in what is heard."""
    claimed = [{"kind": "callsign", "value": " rch123 "}, {"kind": "icao_address", "value": "AB12CD"}]
    flight = read(body({**FLIGHT, "aircraft": {"type": "x", "identifiers": claimed}}), Declaration).flight("africom")
    assert flight.aircraft.identifiers == (
        Identifier(IdentifierKind.CALLSIGN, "RCH123"),
        Identifier(IdentifierKind.ICAO_ADDRESS, "ab12cd"),
    )


def test_an_amendment_says_what_it_replaces() -> None:
    assert read(body({**FLIGHT, "replaces": 3}), Amendment).replaces == 3
    for bad in (0, 2**53 + 2, 1.5, "1", None):
        assert failing(body({**FLIGHT, "replaces": bad}), Amendment).where == "replaces"
    assert failing(body(FLIGHT), Amendment).where == "replaces"
    partly = {key: value for key, value in VOLUME.items() if key != "end"}
    assert failing(body({**FLIGHT, "volumes": [VOLUME, partly]}), Declaration).where == "volumes[1].end"


def test_zones_posts_and_people() -> None:
    told = {"id": "Z", "name": "Range", "reason": "firing", "volumes": [VOLUME], "exempt": ["un"]}
    zone = read(body(told), ZoneDeclaration).zone("lna")
    assert (zone.id, zone.party, zone.version, zone.exempt, zone.lifted) == ("Z", "lna", 1, frozenset({"un"}), False)
    sector = {"name": "s", "centre": [13, 31], "outline": VOLUME["outline"], "lower_m": 0, "upper_m": 100}
    post = read(body({"name": "South", "sector": sector}), PostDeclaration).post("south", "lna")
    assert (post.id, post.party, post.sector.id, post.sector.party) == ("south", "lna", "south", "lna")
    assert (post.sector.outline[1], post.sector.upper_m) == ((14.0, 31.0), 100.0)
    person = read(body({"name": "Salma", "role": "crew", "post": "south"}), PersonDeclaration).person("salma")
    assert person == Person(id="salma", name="Salma", role=Role.CREW, post="south")


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ((), "stray"),
        (("aircraft",), "aircraft.stray"),
        (("volumes", 0), "volumes[0].stray"),
        (("route", 0), "route[0].stray"),
    ],
)
def test_a_key_that_nobody_reads_is_found_anywhere(path: tuple[Any, ...], where: str) -> None:
    told = json.loads(body(FLIGHT))
    inner = told
    for step in path:
        inner = inner[step]
    inner["stray"] = 1
    error = failing(body(told), Declaration)
    assert (type(error), error.reason, error.where) == (WireError, "unknown-key", where)
    assert error.remedy


def test_it_is_found_in_records_of_the_model_too() -> None:
    air = {"outline": VOLUME["outline"], "lower_m": 0, "upper_m": 1, "since": 0, "stray": 1}
    signed = {"card": {**CARD, "guards": [air]}, "signature": ""}
    assert failing(body(signed), SignedCard).where == "card.guards[0].stray"
    shift = {"post": "s", "number": 1, "person": "p", "key": "A" * 43, "start": 0, "until": 9, "stray": 1}
    assert failing(body({"shift": shift, "signature": ""}), SignedShift).where == "shift.stray"


def test_a_broken_rule_is_told_with_its_place_and_its_remedy() -> None:
    error = failing(body({**FLIGHT, "volumes": [VOLUME, {**VOLUME, "upper_m": -1}]}), Declaration)
    assert (type(error), error.reason, error.where) == (ModelError, "bad-height", "volumes[1].lower_m")
    assert "swap" in error.remedy


@pytest.mark.parametrize("text", ["x" * (LONGEST_TEXT + 1), "a\0b", "a\x1bb", "a\x85b"])
def test_texts_have_bounds_and_no_controls(text: str) -> None:
    assert failing(body({"reason": text}), Reason).where == "reason"
    assert read(body({"reason": "two lines\n\tand a tab, العربية"}), Reason)


@pytest.mark.parametrize(
    "text", ["", " ", "a ", "a/b", "a\\b", "a:b", "a?", "a#", "a%20", ".", "..", "a\u202e", "\ufffd"]
)
def test_names_that_cannot_stand_in_a_path(text: str) -> None:
    with pytest.raises(ModelError) as caught:
        check_id("id", text)
    assert (caught.value.reason, caught.value.where) == ("bad-id", "id")


@pytest.mark.parametrize("text", ["AFRICOM-01", "a.b", "طرابلس", "post 7", "x" * 64, "é"])
def test_names_that_can(text: str) -> None:
    check_id("id", text)
    with pytest.raises(ModelError, match="65 characters"):
        check_id("id", "x" * 65)


def test_a_machine_is_no_person() -> None:
    with pytest.raises(ModelError, match="machine"):
        read(body({"name": "M", "role": "metrics"}), PersonDeclaration).person("m")


SHAPES = st.sampled_from([Declaration, Amendment, ZoneDeclaration, PostDeclaration, SignedShift, SignedCard, Reason])
TREES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.integers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(data=st.binary(max_size=200) | TREES.map(body), shape=SHAPES)
def test_whatever_comes_is_read_or_refused(data: bytes, shape: type[Any]) -> None:
    with suppress(InputError):
        read(data, shape)


@given(
    at=st.sampled_from([(), ("aircraft",), ("volumes", 0), ("volumes", 0, "outline"), ("route", 0)]),
    key=st.text(max_size=5),
    value=TREES,
)
def test_a_declaration_with_one_thing_changed_is_read_or_refused(at: tuple[Any, ...], key: str, value: Any) -> None:
    told = json.loads(body(FLIGHT))
    inner = told
    for step in at:
        inner = inner[step]
    if isinstance(inner, dict):
        inner[key or "id"] = value
    else:
        inner[0] = value
    with suppress(InputError):
        read(body(told), Declaration).flight("africom")
