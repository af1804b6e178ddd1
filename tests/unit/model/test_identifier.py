import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeconduct.errors import ModelError
from safeconduct.model.identifier import Identifier, IdentifierKind, identifier

K = IdentifierKind


def test_icao_addresses_are_six_lower_case_hexadecimal_digits() -> None:
    assert identifier(K.ICAO_ADDRESS, " 0A1B2C ").value == "0a1b2c"


@pytest.mark.parametrize(
    "text", ["", " ", "12345", "1234567", "12345g", "0x1234", "\uff11\uff12\uff13\uff14\uff15\uff16", "12345\n6"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ModelError) as caught:
        identifier(K.ICAO_ADDRESS, text)
    assert caught.value.reason == "bad-identifier"


@pytest.mark.parametrize(
    "text",
    [
        "2001:30:280:1405:a3ad:1952:ad0:a69e",
        " 2001:0030:0280:1405:A3AD:1952:0AD0:A69E ",
        "2001:30:280:1405:A3ad:1952:ad0:a69e",
    ],
)
def test_entity_tags_are_addresses_in_the_text_of_rfc_5952(text: str) -> None:
    assert identifier(K.DRIP_ENTITY_TAG, text).value == "2001:30:280:1405:a3ad:1952:ad0:a69e"


@pytest.mark.parametrize("text", ["2001:30::", "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff"])
def test_entity_tags_fill_their_prefix(text: str) -> None:
    assert identifier(K.DRIP_ENTITY_TAG, text).value == text


@pytest.mark.parametrize(
    "text", ["2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:40::", "2001:30::5%eth0", "2001:30", "10.0.0.1", "1581F5"]
)
def test_what_is_no_entity_tag_is_refused(text: str) -> None:
    with pytest.raises(ModelError) as caught:
        identifier(K.DRIP_ENTITY_TAG, text)
    assert caught.value.reason == "bad-identifier"


def test_an_entity_tag_has_one_spelling() -> None:
    with pytest.raises(ModelError):
        Identifier(K.DRIP_ENTITY_TAG, "2001:30:280:1405:A3AD:1952:AD0:A69E")


@pytest.mark.parametrize("kind", list(K))
def test_nothing_is_no_identifier(kind: IdentifierKind) -> None:
    with pytest.raises(ModelError, match="empty, padded"):
        identifier(kind, "   ")
    with pytest.raises(ModelError, match="empty, padded"):
        Identifier(kind, " 0a1b2c")


@given(st.sampled_from([K.REMOTE_ID_SERIAL, K.SESSION_ID, K.CALLSIGN]), st.text(min_size=1))
def test_the_normal_form_is_final(kind: IdentifierKind, text: str) -> None:
    try:
        once = identifier(kind, text)
    except ModelError:
        assert not text.strip().upper().isprintable() or not text.strip()
        return
    assert identifier(kind, once.value) == once
    assert identifier(kind, f"\t{text} ") == once


@given(st.integers(0, 0xFFFFFF))
def test_every_24_bit_address_is_one_identifier_however_it_is_written(address: int) -> None:
    written = {identifier(K.ICAO_ADDRESS, form) for form in (f"{address:06x}", f"{address:06X}", f" {address:06x}")}
    assert len(written) == 1


def test_kinds_keep_equal_values_apart() -> None:
    assert Identifier(K.CALLSIGN, "ABC") != Identifier(K.SESSION_ID, "ABC")
