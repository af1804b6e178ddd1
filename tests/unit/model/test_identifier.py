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
