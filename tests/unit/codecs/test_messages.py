import json
from collections.abc import Callable
from typing import Any

import pytest
import rfc8785

from safeconduct.codecs.messages import decode_message
from safeconduct.errors import WireError
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.flight import Flight, FlightState
from safeconduct.model.message import Message, TellFlight, TellLook, TellState, Told
from safeconduct.model.sensor import SensorKind
from safeconduct.model.volume import Volume4D

SQUARE = ((13.0, 32.0), (13.5, 32.0), (13.5, 32.5))
FLIGHT = Flight(
    id="UN123",
    party="unsmil",
    aircraft=Aircraft(type="male_uav", owner="it", operator="unsmil"),
    volumes=(Volume4D(outline=SQUARE, lower_m=0, upper_m=5000, start=1.5e9, end=1.5e9 + 3600),),
    emits=frozenset({SensorKind.REMOTE_ID, SensorKind.ADSB}),
)


def message(told: Told) -> Message:
    return Message(sender="unsmil", receiver="lna", number=7, time=1.5e9, rehearsal=False, told=told)


def test_a_flight_comes_through_whole() -> None:
    sent = message(TellFlight(flight=FLIGHT))
    taken = decode_message(sent.canonical())
    assert taken == sent
    assert isinstance(taken.told, TellFlight)
    assert taken.told.flight.digest == FLIGHT.digest


def test_kinds_with_fields_in_common_stay_apart() -> None:
    state = message(TellState(flight="UN123", state=FlightState.ACTIVATED))
    look = message(TellLook(flight="UN123", version=2, role="watch", time=1.5e9))
    assert decode_message(state.canonical()).told == state.told
    assert decode_message(look.canonical()).told == look.told


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    tree = json.loads(message(TellFlight(flight=FLIGHT)).canonical())
    change(tree)
    return rfc8785.dumps(tree)


def flight_of(tree: dict[str, Any]) -> dict[str, Any]:
    flight: dict[str, Any] = tree["body"]["told"]["flight"]
    return flight


@pytest.mark.parametrize(
    ("reason", "names", "data"),
    [
        ("bad-json", "", b"\xff"),
        ("bad-json", "", b""),
        ("bad-json", "", b'{"body":' + b"[" * 100_000),
        ("bad-field", "object", b"[]"),
        ("unknown-type", "safeconduct/receipt", changed(lambda t: t.update(type="safeconduct/receipt"))),
        ("unknown-version", "2", changed(lambda t: t.update(version=2))),
        ("unknown-kind", "order", changed(lambda t: t["body"].update(kind="order"))),
        ("bad-field", "extra", changed(lambda t: t.update(extra=1))),
        ("bad-field", "extra", changed(lambda t: t["body"].update(extra=1))),
        (
            "unknown-key",
            "flight.volumes[0].colour",
            changed(lambda t: flight_of(t)["volumes"][0].update(colour=1)),
        ),
        ("missing-key", "told.flight.contact", changed(lambda t: flight_of(t).pop("contact"))),
        ("bad-field", "id", changed(lambda t: flight_of(t).pop("id"))),
        ("bad-field", "bool", changed(lambda t: t["body"].update(rehearsal="no"))),
        ("bad-number", "number", changed(lambda t: t["body"].update(number=0))),
        ("not-canonical", "", changed(lambda t: None).replace(b'"number":7', b'"number":9007199254740992')),
        ("bad-height", "volumes[0]", changed(lambda t: flight_of(t)["volumes"][0].update(lower_m=9000))),
        ("not-canonical", "RFC 8785", changed(lambda t: flight_of(t)["emits"].reverse())),
        ("not-canonical", "RFC 8785", changed(lambda t: None) + b"\n"),
        ("not-canonical", "RFC 8785", changed(lambda t: None).replace(b'"lower_m":0', b'"lower_m":0.0')),
        ("bad-json", "", changed(lambda t: None).replace(b'"contact":""', b'"contact":"\\ud800"')),
        (
            "not-canonical",
            "RFC 8785",
            changed(lambda t: None).replace(b'"sender":"unsmil"', b'"sender":"lna","sender":"unsmil"'),
        ),
    ],
)
def test_what_is_wrong_is_said(reason: str, names: str, data: bytes) -> None:
    with pytest.raises(WireError) as caught:
        decode_message(data)
    assert caught.value.reason == reason
    assert names in str(caught.value)
