"""Authentication data in pages (ASTM F3411-22a section 5.4.5.15; RFC 9575 sections 3.2 and 5).

An Authentication message is sent in pages of 25 bytes, `remote_id`'s type 2. What each carries behind its two header
bytes, 23 bytes, make together

| bytes | field |
|---|---|
| 0 | last page (low nibble) |
| 1 | length of the data; under DRIP at most 201 |
| 2-5 | seconds since 2019-01-01 UTC |
| 6 to 6 + length | authentication data; the first byte is the kind of it (`drip_messages`) |
| then, only with parity | one byte: how many follow |
| then | zeros to the end of the page |
| last page | parity: the exclusive or of all pages before it, byte by byte (RFC 9575 section 5) |

Bluetooth 4 sends one page a frame and may lose some; with the parity one of them can be made again. In a message pack
all pages come together, without parity.
"""

from collections.abc import Mapping

from safeconduct.codecs.remote_id import MESSAGE_BYTES
from safeconduct.errors import ModelError, WireError

SPECIFIC_METHOD = 5
"""Authentication type of the formats of DRIP."""
MOST_BYTES, MOST_PAGES = 201, 16
"""RFC 9575 section 3.2.4.2; F3411-22a Table 8."""
_TYPE = 2
_CARRIED = 23
_FRONT = 6


def page_of(octets: bytes) -> int | None:
    """The number of the page that a message is; None where it is no page of a specific method."""
    if len(octets) != MESSAGE_BYTES or octets[0] >> 4 != _TYPE or octets[1] >> 4 != SPECIFIC_METHOD:
        return None
    return octets[1] & 15


def join(pages: Mapping[int, bytes]) -> bytes | None:
    """The authentication data in pages by number; None while pages are missing that parity cannot make again.

    Raises:
        WireError: `bad-pages`: the pages do not belong together, or say more than DRIP allows.
    """
    first = pages.get(0)
    if first is None:
        first = _remade(pages, 0, max(pages, default=0))
        if first is None or first[0] & 15 != max(pages) or not _ends_in_parity(_with(pages, 0, first)):
            return None
    else:
        first = first[2:]
    last, length = first[0] & 15, first[1]
    if length > MOST_BYTES or length > _room(last):
        raise WireError("bad-pages", f"{length} bytes of authentication data in {last + 1} pages")
    needed = _pages_for(length)
    carried = _with(pages, 0, first)
    missing = [number for number in range(needed) if number not in carried]
    if missing:
        remade = _remade(pages, missing[0], last) if len(missing) == 1 and last >= needed else None
        if remade is None:
            return None
        carried[missing[0]] = remade
        if not _ends_in_parity(carried):
            raise WireError("bad-pages", "the pages do not fit their parity")
    return b"".join(carried[number] for number in range(needed))[_FRONT : _FRONT + length]


def split(data: bytes, seconds: int, *, parity: bool = False) -> list[bytes]:
    """The messages of 25 bytes that carry authentication data.

    Args:
        seconds: of the message, since 2019-01-01 UTC.
        parity: for senders over Bluetooth 4; never in a message pack.

    Raises:
        ModelError: `bad-data` for more than 201 bytes.
    """
    if len(data) > MOST_BYTES:
        raise ModelError("bad-data", f"{len(data)} bytes of authentication data, not {MOST_BYTES}", where="data")
    count = _pages_for(len(data) + parity) + parity
    added = b""
    if parity:
        padding = (count - 1) * _CARRIED - _FRONT - len(data) - 1
        added = bytes((padding + _CARRIED,))
    front = bytes((count - 1, len(data))) + seconds.to_bytes(4, "little")
    whole = (front + data + added).ljust((count - parity) * _CARRIED, b"\0")
    carried = [whole[at : at + _CARRIED] for at in range(0, len(whole), _CARRIED)]
    if parity:
        carried.append(_xor(carried))
    return [bytes((_TYPE << 4 | 2, SPECIFIC_METHOD << 4 | number)) + page for number, page in enumerate(carried)]


def _room(last: int) -> int:
    return (last + 1) * _CARRIED - _FRONT


def _pages_for(length: int) -> int:
    return -(-(_FRONT + length) // _CARRIED)


def _with(pages: Mapping[int, bytes], number: int, carried: bytes) -> dict[int, bytes]:
    """What each page carries, with one that was made again."""
    return {other: octets[2:] for other, octets in pages.items()} | {number: carried}


def _remade(pages: Mapping[int, bytes], number: int, last: int) -> bytes | None:
    """What a page carried, if all others up to the last are there and the last is their parity."""
    others = [pages[other][2:] for other in range(last + 1) if other != number and other in pages]
    return _xor(others) if len(others) == last >= 1 else None


def _ends_in_parity(carried: Mapping[int, bytes]) -> bool:
    """Whether the pages say of themselves that the last is parity (RFC 9575 section 5.2): a length fits the padding."""
    last, length = carried[0][0] & 15, carried[0][1]
    if length > MOST_BYTES or _pages_for(length + 1) != last:
        return False
    at, within = divmod(_FRONT + length, _CARRIED)
    page = carried[at]
    return page[within] == _CARRIED + _CARRIED - within - 1 and not any(page[within + 1 :])


def _xor(pages: list[bytes]) -> bytes:
    together = 0
    for page in pages:
        together ^= int.from_bytes(page)
    return together.to_bytes(_CARRIED)
