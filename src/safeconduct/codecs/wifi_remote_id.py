"""Remote ID in 802.11 management frames: the payload that `remote_id` decodes, and who sent it.

Beacon (ASTM F3411-22a 5.4.9, Table 20): frame control 80 00, the management header, then timestamp (8 bytes), interval
(2), capability (2) and elements of `id, length, body`. The vendor-specific element (221) is

| byte of the body | field |
|---|---|
| 0-2 | OUI FA-0B-BC |
| 3 | vendor type 0D |
| 4 | message counter, modulo 256 |
| 5- | message pack |

Neighbour awareness (F3411-22a 5.4.8; Wi-Fi Aware 3.0, service discovery frame): action frame (frame control d0 00),
category 4, action 9, OUI 50-6F-9A, type 13, then attributes of `id, length (2), body`. The Service Descriptor attribute
(3) is

| byte of the body | field |
|---|---|
| 0-5 | service ID: the first six bytes of SHA-256("org.opendroneid.remoteid") |
| 6, 7 | instance, requestor instance |
| 8 | control: bit 2 matching filter, 3 service response filter, 4 service info, 6 binding bitmap present |
| then | binding bitmap (2), matching filter (length, bytes), response filter (length, bytes), as the control says |
| then | length of the service info, message counter, message pack |

Management header (IEEE 802.11-2020, 9.3.3): control (2), duration (2), receiver (6), transmitter (6), BSSID (6),
sequence (2), and HT control (4) where the +HTC bit of the control is set.

Radiotap (radiotap.org): version 0, pad, length (2), words of presence bits chained by bit 31, then fields at their own
alignment: TSFT (bit 0, 8 bytes), flags (bit 1: 10 the frame ends with its check sequence, 40 which is known to fail).
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

from safeconduct.codecs.capture import LINK_IEEE802_11, LINK_RADIOTAP
from safeconduct.errors import WireError

BEACON_MARK = b"\xfa\x0b\xbc\x0d"
"""OUI of ASD-STAN and the vendor type of Remote ID."""
NAN_MARK = b"\x50\x6f\x9a\x13"
"""OUI of the Wi-Fi Alliance and the type of neighbour awareness."""
NAN_SERVICE_ID = hashlib.sha256(b"org.opendroneid.remoteid").digest()[:6]

_BEACON, _ACTION = 0x80, 0xD0
_PROTECTED, _HT_CONTROL = 0x40, 0x80
_HEADER_BYTES = 24
_BEACON_FIXED_BYTES = 12
_VENDOR_ELEMENT = 221
_PUBLIC_VENDOR_ACTION = b"\x04\x09" + NAN_MARK
_SERVICE_DESCRIPTOR = 3
_TSFT, _FLAGS, _MORE = 1 << 0, 1 << 1, 1 << 31
_FCS_PRESENT, _FCS_FAILED = 0x10, 0x40


@dataclass(frozen=True, slots=True)
class WifiRemoteId:
    """One Remote ID transmission.

    Attributes:
        transmitter: MAC address, twelve lower-case hexadecimal digits. As easily forged as anything else.
        counter: of the sender's transmissions, modulo 256.
        payload: a message pack.
    """

    transmitter: str
    counter: int
    payload: bytes


def remote_id_of(link_type: int, packet: bytes) -> WifiRemoteId | None:
    """The Remote ID in a captured packet; None where the packet is something else, as nearly all are.

    Raises:
        WireError: it is Remote ID, but `truncated` or `bad-checksum`; or the packet is of a `bad-link-type` that has
            no 802.11 frame in it, or has a `bad-radiotap` header.
    """
    if link_type not in (LINK_RADIOTAP, LINK_IEEE802_11):
        raise WireError("bad-link-type", f"link type {link_type} is not 802.11", remedy="capture in monitor mode")
    if BEACON_MARK not in packet and NAN_SERVICE_ID not in packet:
        return None
    frame, flags = _without_radiotap(packet) if link_type == LINK_RADIOTAP else (packet, 0)
    body = frame[:-4] if flags & _FCS_PRESENT else frame
    found = _remote_id_in_frame(body)
    if found and flags & _FCS_PRESENT and (flags & _FCS_FAILED or crc32(body) != int.from_bytes(frame[-4:], "little")):
        raise WireError("bad-checksum", "the frame was damaged on the air")
    return found


def _without_radiotap(packet: bytes) -> tuple[bytes, int]:
    """(frame, radiotap flags; 0 where they are not sent)."""
    if len(packet) < 8:
        raise WireError("truncated", f"{len(packet)} of 8 bytes of a radiotap header")
    version, length, present = struct.unpack_from("<BxHI", packet)
    if version or not 8 <= length <= len(packet):
        raise WireError("bad-radiotap", f"radiotap version {version}, {length} bytes of {len(packet)}")
    at, more = 8, present
    while more & _MORE and at + 4 <= length:
        more = struct.unpack_from("<I", packet, at)[0]
        at += 4
    if present & _TSFT:
        at += -at % 8 + 8
    flags = packet[at] if present & _FLAGS and at < length else 0
    return packet[length:], flags


def _remote_id_in_frame(frame: bytes) -> WifiRemoteId | None:
    if len(frame) < _HEADER_BYTES or frame[1] & _PROTECTED:
        return None
    start = _HEADER_BYTES + (4 if frame[1] & _HT_CONTROL else 0)
    if frame[0] == _BEACON:
        info = _info_in_beacon(frame, start + _BEACON_FIXED_BYTES)
    elif frame[0] == _ACTION and frame.startswith(_PUBLIC_VENDOR_ACTION, start):
        info = _info_in_discovery(frame, start + len(_PUBLIC_VENDOR_ACTION))
    else:
        return None
    if info is None:
        return None
    if len(info) < 2:
        raise WireError("truncated", "no message follows the message counter")
    return WifiRemoteId(frame[10:16].hex(), info[0], info[1:])


def _info_in_beacon(frame: bytes, at: int) -> bytes | None:
    """Message counter and pack of a beacon whose elements begin at `at`."""
    for kind, body, whole in _elements(frame, at, "<BB"):
        if kind == _VENDOR_ELEMENT and body.startswith(BEACON_MARK):
            if not whole:
                raise WireError("truncated", "the vendor-specific element is longer than its frame")
            return body[len(BEACON_MARK) :]
    return None


def _info_in_discovery(frame: bytes, at: int) -> bytes | None:
    """Message counter and pack of a service discovery frame whose attributes begin at `at`."""
    for kind, body, whole in _elements(frame, at, "<BH"):
        if kind != _SERVICE_DESCRIPTOR or not body.startswith(NAN_SERVICE_ID):
            continue
        if not whole or len(body) < 9:
            raise WireError("truncated", "the service descriptor is longer than its frame")
        if not body[8] & 0x10:
            continue
        skip = 9 + (2 if body[8] & 0x40 else 0)
        for bit in (0x04, 0x08):
            if body[8] & bit:
                skip += 1 + (body[skip] if skip < len(body) else 0)
        if skip >= len(body) or skip + 1 + body[skip] > len(body):
            raise WireError("truncated", "the service info is longer than its descriptor")
        return body[skip + 1 : skip + 1 + body[skip]]
    return None


def _elements(frame: bytes, at: int, head: str) -> Iterator[tuple[int, bytes, bool]]:
    """(id, body, whether the frame holds all of it) of each type-length-value from `at` on."""
    size = struct.calcsize(head)
    while at + size <= len(frame):
        kind, length = struct.unpack_from(head, frame, at)
        at += size
        yield kind, frame[at : at + length], at + length <= len(frame)
        at += length
