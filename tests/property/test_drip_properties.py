"""No bit of signed Remote ID can be changed, and nothing brings the check to raise."""

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.drip import (
    AIRCRAFT,
    HDA_SIGNER,
    NOW,
    RAA_SIGNER,
    basic_id,
    linked,
    location,
    packed,
    registry,
    serial,
)

from safeconduct.codecs.drip_auth import SignatureCheck
from safeconduct.codecs.drip_sign import Ledger
from safeconduct.codecs.remote_id import decode_payload
from safeconduct.codecs.remote_id_assembly import RemoteIdAssembly, RemoteIdDetection

MAC = "021122334455"
LINK = HDA_SIGNER.link(AIRCRAFT, NOW - 1000, NOW + 10_000)
PACKED = [location(), serial(), basic_id(AIRCRAFT)]
PACK = packed(PACKED)
SIGNED = [
    [packed(PACKED, AIRCRAFT.pack_wrapper(PACKED, NOW))],
    [packed([], AIRCRAFT.wrapper(PACKED, NOW))],
    [PACK, packed([], Ledger(AIRCRAFT, LINK, bytes(8)).manifest([PACK], NOW))],
]
LINKS = [linked(RAA_SIGNER, HDA_SIGNER), packed([], LINK)]


def heard(payloads: list[bytes]) -> list[RemoteIdDetection]:
    """What one transmitter's payloads give, in order."""
    check, assembly = SignatureCheck([registry(RAA_SIGNER)]), RemoteIdAssembly()
    detections = []
    for payload in payloads:
        messages, _ = decode_payload(payload)
        covered, _ = check.hear(MAC, NOW, payload)
        detections += assembly.hear(MAC, NOW, messages, covered)
    return detections


@cache
def genuine(number: int) -> RemoteIdDetection:
    [detection] = [one for one in heard([*LINKS, *SIGNED[number]]) if one.claims.authenticated]
    return detection


@given(st.sampled_from(range(len(SIGNED))), st.data())
@settings(max_examples=400)
def test_whatever_bit_is_changed_nothing_else_is_ever_authenticated(number: int, data: st.DataObject) -> None:
    """What a bit that nobody reads (the time of a page, padding) leaves authenticated is what was signed."""
    payloads = [*LINKS, *SIGNED[number]]
    at = data.draw(st.integers(0, len(payloads) - 1))
    bit = data.draw(st.integers(0, 8 * len(payloads[at]) - 1))
    changed = bytearray(payloads[at])
    changed[bit // 8] ^= 1 << bit % 8
    for detection in heard([*payloads[:at], bytes(changed), *payloads[at + 1 :]]):
        assert not detection.claims.authenticated or detection == genuine(number)


@given(st.sampled_from((0, 2)), st.integers(8 * 3, 8 * (3 + 75) - 1))
def test_any_bit_of_the_messages_that_are_signed_counts(number: int, bit: int) -> None:
    """Those of the pack, behind its header. Reserved bits too: they are signed, though nobody reads them."""
    first, *after = SIGNED[number]
    changed = bytearray(first)
    changed[bit // 8] ^= 1 << bit % 8
    assert not any(one.claims.authenticated for one in heard([*LINKS, bytes(changed), *after]))


@given(st.lists(st.binary(max_size=60) | st.binary(max_size=230).map(lambda rest: b"\xf2\x19" + rest), max_size=4))
def test_no_payload_raises(payloads: list[bytes]) -> None:
    assert not any(one.claims.authenticated for one in heard(payloads))


@given(st.permutations([*LINKS, *SIGNED[0]]))
def test_the_order_of_arrival_authenticates_nothing_that_the_right_order_does_not(payloads: list[bytes]) -> None:
    right = [payloads.index(one) for one in [*LINKS, *SIGNED[0]]]
    found = [one for one in heard(payloads) if one.claims.authenticated]
    assert found == ([genuine(0)] if right == sorted(right) else [])
