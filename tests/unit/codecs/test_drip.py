"""RFC 9374: tags of keys. The published numbers are in `tests.support.drip`."""

import pytest
from tests.support.drip import KEY, KEYS, TAG

from safeconduct.codecs.drip import EntityTag, Level, hash_of_message, is_signed_by
from safeconduct.errors import ModelError, WireError
from safeconduct.model.identifier import IdentifierKind, identifier

EXAMPLE = bytes.fromhex("2001003002801405a3ad19520ad0a69e")
"""RFC 9374 section 5: RAA 10, HDA 20; without its key."""


@pytest.mark.parametrize(("text", "key"), KEYS.items())
def test_rfc_9886_appendix_a_tags_follow_from_their_keys(text: str, key: str) -> None:
    tag = EntityTag.named(identifier(IdentifierKind.DRIP_ENTITY_TAG, text))
    assert tag == EntityTag.of(tag.raa, tag.hda, bytes.fromhex(key))
    assert tag.raa == 16376
    assert tag.hda in (0, 10)
    assert tag.belongs_to(bytes.fromhex(key))
    assert tag.name.value == text


def test_rfc_9575_example_tag_follows_from_its_key() -> None:
    assert EntityTag.of(16376, 1, KEY).octets == TAG


def test_rfc_9374_section_5_example_fields() -> None:
    tag = EntityTag.parse(EXAMPLE)
    assert (tag.raa, tag.hda, tag.hash.hex()) == (10, 20, "a3ad19520ad0a69e")
    assert tag.octets == EXAMPLE
    assert tag.name.value == "2001:30:280:1405:a3ad:1952:ad0:a69e"


def test_rfc_9575_example_hash_of_a_message() -> None:
    message = bytes.fromhex("12000000000000000000000000000000000000000060220000")
    assert hash_of_message(message).hex() == "a2e5f2b8a3e61547"


@pytest.mark.parametrize("bit", range(0, 256, 17))
def test_a_tag_belongs_to_no_other_key(bit: int) -> None:
    other = bytearray(KEY)
    other[bit // 8] ^= 1 << bit % 8
    assert not EntityTag.parse(TAG).belongs_to(bytes(other))


@pytest.mark.parametrize(("raa", "hda"), [(16376, 2), (16375, 1), (0, 0)])
def test_a_key_registered_elsewhere_has_another_hash(raa: int, hda: int) -> None:
    assert EntityTag.of(raa, hda, KEY).hash != EntityTag.parse(TAG).hash


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", "bad-entity-tag"),
        (TAG[:15], "bad-entity-tag"),
        (TAG + b"\0", "bad-entity-tag"),
        (b"\x20\x01\x00\x40" + TAG[4:], "bad-entity-tag"),
        (TAG[:7] + b"\x01" + TAG[8:], "unknown-suite"),
    ],
)
def test_what_is_no_tag_is_refused(octets: bytes, reason: str) -> None:
    with pytest.raises(WireError) as caught:
        EntityTag.parse(octets)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("raa", "hda", "reason"), [(1 << 14, 1, "bad-raa"), (1, 1 << 14, "bad-hda"), (-1, 1, "bad-raa")]
)
def test_authorities_are_14_bits(raa: int, hda: int, reason: str) -> None:
    with pytest.raises(ModelError) as caught:
        EntityTag.of(raa, hda, KEY)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("raa", "hda", "level"),
    [
        (0, 0, Level.APEX),
        (3, 12288, Level.APEX),
        (4, 0, Level.RAA),
        (16376, 4096, Level.RAA),
        (16376, 12288, Level.RAA),
        (16376, 1, Level.HDA),
        (16376, 4097, Level.HDA),
    ],
)
def test_levels_follow_rfc_9886_section_6_2_1(raa: int, hda: int, level: Level) -> None:
    assert EntityTag(raa, hda, bytes(8)).level is level


@pytest.mark.parametrize(
    ("parent", "child", "may"),
    [
        ((0, 0), (10, 0), True),
        ((0, 0), (10, 20), False),
        ((0, 0), (1, 0), False),
        ((10, 0), (10, 20), True),
        ((10, 0), (11, 20), False),
        ((10, 0), (10, 0), False),
        ((10, 0), (10, 4096), False),
        ((10, 20), (10, 20), True),
        ((10, 20), (10, 21), False),
        ((10, 20), (11, 20), False),
        ((10, 20), (10, 0), False),
    ],
)
def test_each_vouches_for_the_level_below_in_its_domain(
    parent: tuple[int, int], child: tuple[int, int], may: bool
) -> None:
    assert EntityTag(*parent, bytes(8)).may_vouch_for(EntityTag(*child, bytes(8))) is may


def test_what_is_no_key_has_signed_nothing() -> None:
    assert not is_signed_by(b"short", b"message", bytes(64))
    assert not is_signed_by(KEY, b"message", bytes(64))
    assert not is_signed_by(KEY, b"message", b"short")
