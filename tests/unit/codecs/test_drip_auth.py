"""RFC 9575: what is checked, what is covered, and every reason for which a signature is not taken."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from tests.support.drip import (
    AIRCRAFT,
    APEX_SIGNER,
    FOREIGN_HDA,
    HDA,
    HDA_SIGNER,
    ISSUE,
    KEYS,
    LINKED_AT,
    NOW,
    RAA,
    RAA_SIGNER,
    STRANGER,
    UA,
    basic_id,
    link_of,
    linked,
    location,
    packed,
    registry,
    serial,
)

from safeconduct.codecs.drip_auth import CLOCK_S, FRESH_S, SignatureCheck
from safeconduct.codecs.drip_messages import Method
from safeconduct.codecs.drip_pages import split
from safeconduct.codecs.drip_sign import VALID_S, Ledger, Signer
from safeconduct.codecs.remote_id import EPOCH_2019, decode_message
from safeconduct.codecs.remote_id_assembly import HOLD_S, Covered
from safeconduct.errors import InputError, WireError
from safeconduct.model.identifier import Identifier, IdentifierKind, identifier
from safeconduct.model.key import text_of
from safeconduct.model.tag_registry import TagRegistry

MAC, OTHER = "021122334455", "021122334466"
SERIAL = Identifier(IdentifierKind.REMOTE_ID_SERIAL, "1581F5FJC2470000UN07")
LINK = HDA_SIGNER.link(AIRCRAFT, NOW - 1000, NOW + 10_000)
LAST = 2**32 - 1 + EPOCH_2019
"""The last time that the wire can say."""


def ready(*registries: Signer) -> SignatureCheck:
    """Trusts the HDA, and knows its aircraft."""
    check = SignatureCheck([registry(signer) for signer in registries or (HDA_SIGNER,)])
    assert check.hear(MAC, NOW, linked(HDA_SIGNER, AIRCRAFT)) == ([], [])
    return check


def wrapped(messages: list[bytes], time: int = NOW, signer: Signer = AIRCRAFT) -> bytes:
    """A pack of messages and the Wrapper that signs them."""
    return packed(messages, signer.pack_wrapper(messages, time))


def told(heard: tuple[list[Covered], list[InputError]]) -> tuple[int, list[str]]:
    """(how many Locations are covered, reasons)."""
    covered, errors = heard
    return sum(len(one.locations) for one in covered), [error.reason for error in errors]


def test_a_wrapper_covers_the_messages_of_its_pack() -> None:
    [covered], errors = ready().hear(MAC, NOW, wrapped([location(), serial(), basic_id(AIRCRAFT)]))
    assert covered.names == (AIRCRAFT.tag.name, SERIAL)
    assert covered.locations == (decode_message(location()),)
    assert not errors


def test_a_wrapper_covers_the_messages_in_it_and_not_those_around_it() -> None:
    inside, outside = location(NOW, 47.0), location(NOW, 48.0)
    [covered], errors = ready().hear(MAC, NOW, packed([outside, serial()], AIRCRAFT.wrapper([inside], NOW)))
    assert covered.names == (AIRCRAFT.tag.name,)
    assert covered.locations == (decode_message(inside),)
    assert not errors


def test_a_manifest_covers_what_was_heard_of_what_it_names() -> None:
    check, ledger = ready(), Ledger(AIRCRAFT, LINK, bytes(8))
    heard, unheard, unnamed = location(NOW - 1), location(NOW - 0.5), location(NOW - 0.2)
    for octets in (heard, unnamed, serial()):
        assert check.hear(MAC, NOW, octets) == ([], [])
    [covered], errors = check.hear(MAC, NOW, packed([], ledger.manifest([heard, unheard, serial()], NOW)))
    assert covered.names == (AIRCRAFT.tag.name, SERIAL)
    assert covered.locations == (decode_message(heard),)
    assert not errors


def test_a_manifest_may_name_whole_packs() -> None:
    check, ledger = ready(), Ledger(AIRCRAFT, LINK, bytes(8))
    before = packed([location(), serial()])
    check.hear(MAC, NOW, before + b"bytes after the last message")
    [covered], _ = check.hear(MAC, NOW, packed([], ledger.manifest([before], NOW)))
    assert covered.names == (AIRCRAFT.tag.name, SERIAL)
    assert covered.locations == (decode_message(location()),)


def test_what_another_transmitter_sent_is_not_what_a_manifest_names() -> None:
    check, ledger = ready(), Ledger(AIRCRAFT, LINK, bytes(8))
    check.hear(OTHER, NOW, location())
    assert check.hear(MAC, NOW, packed([], ledger.manifest([location()], NOW))) == ([], [])


def test_a_name_holds_under_the_key_that_signed_it_until_it_fades() -> None:
    check = ready()
    check.hear(MAC, NOW, wrapped([serial()]))
    [covered], _ = check.hear(MAC, NOW + HOLD_S, wrapped([location(NOW + HOLD_S)], NOW + int(HOLD_S)))
    assert covered.names == (AIRCRAFT.tag.name, SERIAL)
    later = NOW + int(HOLD_S) + 1
    [covered], _ = check.hear(MAC, later, wrapped([location(later)], later))
    assert covered.names == (AIRCRAFT.tag.name,)


def test_a_tag_that_is_not_the_signers_is_no_name() -> None:
    [covered], _ = ready().hear(MAC, NOW, wrapped([location(), basic_id(STRANGER)]))
    assert covered.names == (AIRCRAFT.tag.name,)


def test_a_link_or_a_frame_covers_nothing() -> None:
    check = ready()
    assert check.hear(MAC, NOW, packed([location()], LINK)) == ([], [])
    frame = AIRCRAFT.evidence(Method.FRAME, b"\xf0" + location(), NOW)
    assert check.hear(MAC, NOW, packed([location()], frame)) == ([], [])


def test_pages_one_at_a_time_with_two_messages_under_way() -> None:
    """RFC 9575 appendix B.2: a page of a Link between Manifests; one page of each is lost."""
    check = SignatureCheck([registry(HDA_SIGNER)])
    link = split(LINK, NOW - EPOCH_2019, parity=True)
    wrapper = split(AIRCRAFT.wrapper([location()], NOW), NOW - EPOCH_2019, parity=True)
    del link[0], wrapper[3]
    heard = [check.hear(MAC, NOW, page, counter=7) for page in link]
    assert heard == [([], [])] * len(link)
    covered: list[Covered] = []
    for late, page in zip([*link[1:], *link[:3]], wrapper, strict=False):
        check.hear(MAC, NOW, late, counter=7)
        one, errors = check.hear(MAC, NOW, page, counter=8)
        covered += one
        assert not errors
    assert told((covered, [])) == (1, [])


def test_the_next_message_with_the_same_counter_begins_anew() -> None:
    check = ready()
    for step in range(3):
        data = AIRCRAFT.wrapper([location(NOW + step)], NOW + step)
        pages = split(data, NOW + step - EPOCH_2019)
        assert sum(told(check.hear(MAC, NOW + step, page))[0] for page in pages) == 1


def test_the_published_chain_of_rfc_9886() -> None:
    """RAA, its HDA; the HDA's second key, which must be trusted to vouch for aircraft; the aircraft."""
    listed = {name: bytes.fromhex(key) for name, key in KEYS.items()}

    def trusting(*names: str) -> SignatureCheck:
        tags = [identifier(IdentifierKind.DRIP_ENTITY_TAG, name) for name in names]
        return SignatureCheck(TagRegistry(name=tag.value, tag=tag, public=text_of(listed[tag.value])) for tag in tags)

    links = [packed([], link_of(*pair)) for pair in ((RAA, HDA), (HDA, ISSUE), (ISSUE, UA))]
    assert [told(trusting(RAA, ISSUE).hear(MAC, LINKED_AT, link))[1] for link in links] == [
        [],
        ["unknown-registry"],
        [],
    ]
    whole = trusting(RAA)
    assert [told(whole.hear(MAC, LINKED_AT, link))[1] for link in links] == [[], [], ["unknown-registry"]]
    [refused] = told(trusting(RAA).hear(MAC, LINKED_AT, packed([], link_of(RAA, RAA))))[1]
    assert refused == "wrong-registry"


def test_an_apex_vouches_for_raas_and_these_for_hdas() -> None:
    check = SignatureCheck([registry(APEX_SIGNER)])
    for parent, child in ((APEX_SIGNER, RAA_SIGNER), (RAA_SIGNER, HDA_SIGNER), (HDA_SIGNER, AIRCRAFT)):
        assert check.hear(OTHER, NOW, linked(parent, child)) == ([], [])
    assert told(check.hear(MAC, NOW, wrapped([location()]))) == (1, [])


def test_a_chain_is_as_good_as_the_shortest_of_its_links() -> None:
    check = SignatureCheck([registry(RAA_SIGNER)])
    check.hear(MAC, NOW, linked(RAA_SIGNER, HDA_SIGNER, NOW - 10, NOW + 60))
    check.hear(MAC, NOW, linked(HDA_SIGNER, AIRCRAFT))
    assert told(check.hear(MAC, NOW + 60, wrapped([location(NOW + 60)], NOW + 60))) == (1, [])
    assert told(check.hear(MAC, NOW + 61, wrapped([location(NOW + 61)], NOW + 61))) == (0, ["expired"])
    assert told(check.hear(MAC, NOW + 62, linked(HDA_SIGNER, AIRCRAFT))) == (0, ["expired"])
    check.hear(MAC, NOW + 62, linked(RAA_SIGNER, HDA_SIGNER))
    check.hear(MAC, NOW + 62, linked(HDA_SIGNER, AIRCRAFT))
    assert told(check.hear(MAC, NOW + 63, wrapped([location(NOW + 63)], NOW + 63))) == (1, [])


def test_an_older_link_heard_later_shortens_nothing() -> None:
    check = ready()
    check.hear(OTHER, NOW, linked(HDA_SIGNER, AIRCRAFT, NOW - 2000, NOW + 1))
    assert told(check.hear(MAC, NOW + 5, wrapped([location(NOW + 5)], NOW + 5))) == (1, [])


@pytest.mark.parametrize(
    ("trusted", "link", "reason"),
    [
        ([], linked(HDA_SIGNER, AIRCRAFT), "unknown-registry"),
        ([FOREIGN_HDA], linked(HDA_SIGNER, AIRCRAFT), "unknown-registry"),
        ([RAA_SIGNER], linked(HDA_SIGNER, AIRCRAFT), "unknown-registry"),
        ([FOREIGN_HDA], linked(FOREIGN_HDA, AIRCRAFT), "wrong-registry"),
        ([RAA_SIGNER], linked(RAA_SIGNER, RAA_SIGNER), "wrong-registry"),
        ([HDA_SIGNER], linked(HDA_SIGNER, AIRCRAFT, NOW + 6, NOW + 60), "not-yet-valid"),
        ([HDA_SIGNER], linked(HDA_SIGNER, AIRCRAFT, NOW - 60, NOW - 1), "expired"),
    ],
)
def test_links_that_are_not_taken(trusted: list[Signer], link: bytes, reason: str) -> None:
    check = SignatureCheck([registry(signer) for signer in trusted])
    assert told(check.hear(MAC, NOW, link)) == (0, [reason])
    assert told(check.hear(MAC, NOW, wrapped([location()]))) == (0, ["unregistered"])


def test_an_aircraft_vouches_for_nobody() -> None:
    check = ready()
    assert told(check.hear(MAC, NOW, linked(AIRCRAFT, STRANGER))) == (0, ["unknown-registry"])
    assert told(check.hear(MAC, NOW, wrapped([location()], signer=STRANGER))) == (0, ["unregistered"])


def test_a_registry_is_no_aircraft() -> None:
    assert told(ready().hear(MAC, NOW, wrapped([location()], signer=HDA_SIGNER))) == (0, ["unregistered"])


def test_a_link_with_somebody_elses_key_is_not_taken() -> None:
    """The registry itself would have to err: its signature is good."""
    body = LINK[1:9] + AIRCRAFT.tag.octets + STRANGER.key + HDA_SIGNER.tag.octets
    forged = b"\1" + body + HDA_SIGNER._secret.sign(body)
    check = SignatureCheck([registry(HDA_SIGNER)])
    assert told(check.hear(MAC, NOW, packed([], forged))) == (0, ["key-mismatch"])


def test_links_and_evidence_that_others_signed_are_not_taken() -> None:
    impostor = Signer(bytes(32), 16376, 10)
    body = LINK[1:-64]
    check = SignatureCheck([registry(HDA_SIGNER)])
    assert told(check.hear(MAC, NOW, packed([], b"\1" + body + impostor._secret.sign(body)))) == (0, ["bad-signature"])
    impostor.tag = AIRCRAFT.tag
    assert told(ready().hear(MAC, NOW, wrapped([location()], signer=impostor))) == (0, ["bad-signature"])


@pytest.mark.parametrize("around", [[], [location(NOW, 47.0000001)], [location(), serial()], [serial()]])
def test_a_pack_with_other_messages_than_were_signed_is_not_covered(around: list[bytes]) -> None:
    signed = AIRCRAFT.pack_wrapper([location()], NOW)
    assert told(ready().hear(MAC, NOW, packed(around, signed))) == (0, ["bad-signature"])


@pytest.mark.parametrize(
    ("received", "reasons"),
    [
        (NOW - CLOCK_S, []),
        (NOW - CLOCK_S - 0.1, ["not-yet-valid"]),
        (NOW + FRESH_S, []),
        (NOW + FRESH_S + 0.1, ["stale"]),
        (NOW + VALID_S + 0.1, ["expired"]),
        (NOW + 3600, ["expired"]),
    ],
)
def test_a_wrapper_sent_again_later_covers_nothing(received: float, reasons: list[str]) -> None:
    check = SignatureCheck([registry(HDA_SIGNER)])
    check.hear(MAC, received, linked(HDA_SIGNER, AIRCRAFT, NOW - 1000, NOW + 10_000))
    assert told(check.hear(MAC, received, wrapped([location()]))) == (not reasons, reasons)


def test_a_long_lived_signature_sent_again_when_the_hour_comes_round_covers_nothing() -> None:
    """The time in a Location has no hour; the time signed does."""
    careless = _LongLived(AIRCRAFT)
    check = ready()
    again = packed([location()], careless.pack_wrapper([location()]))
    assert told(check.hear(MAC, NOW + 3600, again)) == (0, ["stale"])
    assert told(ready().hear(MAC, NOW, again)) == (1, [])


class _LongLived:
    """Signs for ever, against the advice of RFC 9575 section 9.3."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def pack_wrapper(self, messages: Iterable[bytes]) -> bytes:
        times = (NOW - EPOCH_2019).to_bytes(4, "little") + (LAST - EPOCH_2019).to_bytes(4, "little")
        signature = self._signer._secret.sign(times + b"".join(messages) + self._signer.tag.octets)
        return bytes((Method.WRAPPER,)) + times + self._signer.tag.octets + signature


def test_a_location_without_a_time_of_its_own_is_not_covered() -> None:
    timeless = bytearray(location())
    timeless[21:23] = b"\xff\xff"
    assert told(ready().hear(MAC, NOW, wrapped([bytes(timeless)]))) == (0, ["stale"])


def test_a_location_of_another_minute_than_its_signature_is_not_covered() -> None:
    assert told(ready().hear(MAC, NOW, wrapped([location(NOW - FRESH_S)], NOW))) == (1, [])
    assert told(ready().hear(MAC, NOW - 59.8, wrapped([location(NOW - 60.1)], NOW - 60))) == (1, [])
    check = ready()
    assert told(check.hear(MAC, NOW + 30, wrapped([location(NOW - 30)], NOW + 31))) == (0, ["stale"])


def test_what_came_from_one_transmitter_is_not_covered_again_from_another() -> None:
    check = ready()
    pack = wrapped([location()])
    assert told(check.hear(MAC, NOW, pack)) == (1, [])
    assert told(check.hear(OTHER, NOW + 1, pack)) == (0, ["relayed"])
    assert told(check.hear(MAC, NOW + 2, pack)) == (1, [])


def test_a_manifest_that_names_another_link_is_not_taken() -> None:
    check = ready()
    check.hear(MAC, NOW, location())
    other = HDA_SIGNER.link(STRANGER, NOW - 1000, NOW + 10_000)
    manifest = Ledger(AIRCRAFT, other, bytes(8)).manifest([location()], NOW)
    assert told(check.hear(MAC, NOW, packed([], manifest))) == (0, ["other-link"])


def test_packs_with_pages_missing_are_counted() -> None:
    pages = split(AIRCRAFT.pack_wrapper([location()], NOW), NOW - EPOCH_2019)
    parts = [location(), *pages[:-1]]
    pack = bytes((0xF2, 25, len(parts))) + b"".join(parts)
    assert told(ready().hear(MAC, NOW, pack)) == (0, ["bad-pages"])


def test_what_is_malformed_is_counted_once() -> None:
    check = ready()
    assert told(check.hear(MAC, NOW, packed([], b"\x09" + bytes(88)))) == (0, ["unknown-method"])
    assert told(check.hear(MAC, NOW, bytes((0x22, 0x50, 15, 202)) + bytes(21))) == (0, ["bad-pages"])
    assert told(check.hear(MAC, NOW, bytes((0x22, 0x51)) + bytes(23))) == (0, [])
    assert told(check.hear(MAC, NOW, b"\xf2\x19\x0a" + bytes(250))) == (0, [])


def test_a_registry_must_have_its_own_tag() -> None:
    wrong = replace(registry(HDA_SIGNER), tag=AIRCRAFT.tag.name)
    with pytest.raises(WireError) as caught:
        SignatureCheck([wrong])
    assert caught.value.reason == "key-mismatch"
