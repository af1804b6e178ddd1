"""F3411-22a 5.4.5.15 and RFC 9575 sections 3.2 and 5: authentication data in pages, with parity."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.drip import EXAMPLE_SECONDS, PAGES, octets_of

from safeconduct.codecs.drip_pages import MOST_BYTES, join, page_of, split
from safeconduct.errors import ModelError, WireError

lengths = st.integers(0, MOST_BYTES)


def numbered(pages: list[bytes]) -> dict[int, bytes]:
    return {number: octets for octets in pages if (number := page_of(octets)) is not None}


@pytest.mark.parametrize("name", PAGES)
def test_the_example_of_rfc_9575_is_made_again(name: str) -> None:
    pages = octets_of(name)
    data = join(numbered(pages))
    assert data is not None
    assert len(data) == {"link": 137, "wrapper": 139, "manifest": 177}[name]
    assert split(data, EXAMPLE_SECONDS, parity=True) == pages


@pytest.mark.parametrize("name", PAGES)
def test_any_one_page_may_be_lost(name: str) -> None:
    pages = numbered(octets_of(name))
    whole = join(pages)
    for lost in pages:
        assert join({number: octets for number, octets in pages.items() if number != lost}) == whole


@given(st.binary(max_size=MOST_BYTES), st.booleans(), st.data())
def test_what_is_split_is_joined(data: bytes, parity: bool, draw: st.DataObject) -> None:
    pages = numbered(split(data, 1, parity=parity))
    assert join(pages) == data
    if parity:
        del pages[draw.draw(st.sampled_from(sorted(pages)))]
        assert join(pages) == data


@given(st.binary(min_size=40, max_size=MOST_BYTES), st.data())
def test_two_lost_pages_make_nothing(data: bytes, draw: st.DataObject) -> None:
    pages = numbered(split(data, 1, parity=True))
    carrying = sorted(pages)[: -(-(6 + len(data)) // 23)]
    for lost in draw.draw(st.lists(st.sampled_from(carrying), min_size=2, max_size=2, unique=True)):
        del pages[lost]
    with_luck = join(pages)
    assert with_luck is None


def test_without_parity_every_page_is_needed() -> None:
    pages = numbered(split(bytes(137), 1))
    assert len(pages) == 7
    for lost in pages:
        assert join({number: octets for number, octets in pages.items() if number != lost}) is None


def test_eleven_hashes_need_two_pages_more() -> None:
    """RFC 9575 section 5.3: 201 bytes fill nine pages, the length of the padding takes a tenth."""
    pages = numbered(split(bytes(range(201)), 1, parity=True))
    assert len(pages) == 11
    for lost in pages:
        assert join({number: octets for number, octets in pages.items() if number != lost}) == bytes(range(201))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_does_not_fit_the_parity_is_refused_or_nothing(name: str) -> None:
    """The padding shows it, if the damage is where the padding is; else the signature does."""
    pages = numbered(octets_of(name))
    last = max(pages)
    pages[last] = pages[last][:-1] + bytes((pages[last][-1] ^ 1,))
    del pages[last - 1]
    with pytest.raises(WireError) as caught:
        join(pages)
    assert caught.value.reason == "bad-pages"


def test_more_than_drip_allows_is_refused() -> None:
    first = bytes((0x22, 0x50, 15, 202)) + bytes(21)
    with pytest.raises(WireError) as caught:
        join({0: first})
    assert caught.value.reason == "bad-pages"
    with pytest.raises(WireError):
        join({0: bytes((0x22, 0x50, 0, 18)) + bytes(21)})
    with pytest.raises(ModelError):
        split(bytes(202), 1)


@pytest.mark.parametrize(
    "octets",
    [b"", bytes(25), bytes((0x22, 0x30)) + bytes(23), bytes((0x12, 0x50)) + bytes(23), bytes((0x22, 0x50)) + bytes(22)],
)
def test_other_messages_are_no_pages(octets: bytes) -> None:
    assert page_of(octets) is None


@given(st.dictionaries(st.integers(0, 15), st.binary(min_size=23, max_size=23)))
def test_no_pages_raise_anything_but_wire_errors(carried: dict[int, bytes]) -> None:
    pages = {number: bytes((0x22, 0x50 | number)) + octets for number, octets in carried.items()}
    with contextlib.suppress(WireError):
        data = join(pages)
        assert data is None or len(data) <= MOST_BYTES
