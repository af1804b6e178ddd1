"""RFC 9575 section 4 against the published examples (see `tests.support.drip`)."""

import pytest
from tests.support.drip import (
    AIRCRAFT,
    KEY,
    KEYS,
    LINKS,
    NOW,
    RAA_SIGNER,
    SENT,
    TAG,
    link_of,
    location,
    numbered_pages,
)

from safeconduct.codecs.drip import hash_of_message
from safeconduct.codecs.drip_messages import Evidence, Link, Method, decode_signed
from safeconduct.codecs.drip_pages import join
from safeconduct.codecs.drip_sign import Ledger
from safeconduct.codecs.remote_id import EPOCH_2019
from safeconduct.errors import ModelError, WireError


def example(name: str) -> bytes:
    data = join(numbered_pages(name))
    assert data is not None
    return data


def evidence_in(data: bytes) -> Evidence:
    signed = decode_signed(data)
    assert isinstance(signed, Evidence)
    return signed


@pytest.mark.parametrize(("parent", "child"), LINKS)
def test_rfc_9886_figure_21_links_are_signed_by_their_parents(parent: str, child: str) -> None:
    link = decode_signed(link_of(parent, child))
    assert isinstance(link, Link)
    assert (link.parent.name.value, link.child.name.value) == (parent, child)
    assert link.key.hex() == KEYS[child]
    assert link.child.belongs_to(link.key)
    assert link.is_signed_by(bytes.fromhex(KEYS[parent]))
    assert not link.is_signed_by(bytes.fromhex(next(key for name, key in KEYS.items() if name != parent)))
    assert link.not_after - link.not_before == 3600


def test_rfc_9886_figure_11_first_link_begins_with_the_certificate() -> None:
    raa = next(iter(KEYS))
    link = decode_signed(link_of(raa, raa))
    assert link.not_before - EPOCH_2019 == 1_744_232_186  # 2025-04-09T20:56:26Z, if it counts from 1970


def test_rfc_9575_example_wrapper() -> None:
    signed = evidence_in(example("wrapper"))
    assert (signed.method, signed.tag.octets) == (Method.WRAPPER, TAG)
    assert signed.wrapped == [SENT[1], SENT[3]]
    assert signed.is_signed_by(KEY)
    assert not signed.is_signed_by(AIRCRAFT.key)
    assert not signed.is_signed_by(KEY, unsent=b"more")


def test_rfc_9575_example_manifest() -> None:
    signed = evidence_in(example("manifest"))
    assert (signed.method, signed.tag.octets) == (Method.MANIFEST, TAG)
    assert signed.is_signed_by(KEY)
    previous, current, link, *messages = signed.hashes
    assert set(messages) == {hash_of_message(octets) for octets in SENT}
    assert len(messages) == 8
    assert link == hash_of_message(example("link")[1:])
    assert current == hash_of_message(previous + bytes(8) + b"".join(signed.hashes[2:]))


def test_a_ledger_names_the_manifest_before() -> None:
    link = RAA_SIGNER.link(AIRCRAFT, NOW, NOW + 1)
    ledger = Ledger(AIRCRAFT, link, b"anything")
    one, two = (evidence_in(ledger.manifest([location()], NOW)) for _ in range(2))
    assert one.hashes[0] == b"anything"
    assert two.hashes[0] == one.hashes[1]
    assert one.hashes[2] == hash_of_message(link[1:])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "unknown-method"),
        (b"\0" + bytes(88), "unknown-method"),
        (b"\5" + bytes(88), "unknown-method"),
        (b"\1" + bytes(135), "bad-length"),
        (b"\1" + bytes(137), "bad-length"),
        (b"\1" + bytes(136), "bad-entity-tag"),
        (b"\2" + bytes(87), "bad-length"),
        (b"\2" + bytes(88), "bad-entity-tag"),
        (b"\4" + bytes(88 + 113), "bad-length"),
        (b"\2" + bytes(88 + 24), "bad-evidence"),
        (b"\2" + bytes(8) + b"\x22" + bytes(24 + 80), "bad-evidence"),
        (b"\2" + bytes(8) + b"\xf2" + bytes(24 + 80), "bad-evidence"),
        (b"\3" + bytes(88 + 16), "bad-evidence"),
        (b"\3" + bytes(88 + 25), "bad-evidence"),
    ],
)
def test_what_is_malformed_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(WireError) as caught:
        decode_signed(data)
    assert caught.value.reason == reason


def test_what_does_not_fit_is_not_signed() -> None:
    with pytest.raises(ModelError):
        AIRCRAFT.wrapper([location()] * 5, NOW)
    with pytest.raises(ModelError):
        AIRCRAFT.pack_wrapper([], NOW)
    with pytest.raises(ModelError):
        Ledger(AIRCRAFT, b"", bytes(8)).manifest([location()] * 12, NOW)
