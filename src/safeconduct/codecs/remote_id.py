"""Broadcast Remote ID messages (ASTM F3411-22a section 5.4.5, the same on the air as ASD-STAN prEN 4709-002).

Every message is 25 bytes, little-endian; byte 0 is `type << 4 | protocol version`. Versions 0 (F3411-19), 1 (prEN
4709-002:2021) and 2 (F3411-22a) share one layout: later ones fill what earlier ones reserved. Reserved bits are
ignored on reading and zero on writing; reserved enumeration values are kept as their numbers.

A sentinel is read as None, an absence. Numbers outside the standard's range that still say something (a time past the
hour) are passed on; those that cannot be (a latitude of 95°) raise.

Type 0, Basic ID (Table 5):

| byte | field | coding |
|---|---|---|
| 1 | ID type (high nibble), UA type (low nibble) | `IdType`, `UaType` |
| 2-21 | UAS ID | ASCII (types 1, 2) or binary (3, 4), padded with NUL |

Type 1, Location/Vector (Tables 6 and 7):

| byte | field | unit, scale | absent |
|---|---|---|---|
| 1 | bits 7-4 status; 2 height reference; 1 direction + 180°; 0 speed multiplier | `Status` | |
| 2 | track direction, true | 1°, plus 180° with bit 1 | above 360 (361 is sent) |
| 3 | ground speed | 0.25 m/s; with bit 0: 0.75 m/s + 63.75 m/s | 255 m/s |
| 4 | vertical speed, up positive | 0.5 m/s, signed | beyond ±62 (63 is sent) |
| 5-8, 9-12 | latitude, longitude | 1e-7°, signed | both zero |
| 13-14 | pressure altitude (1013.25 hPa) | 0.5 m - 1000 m | -1000 m |
| 15-16 | geodetic altitude (WGS-84 ellipsoid) | 0.5 m - 1000 m | -1000 m |
| 17-18 | height above take-off or ground | 0.5 m - 1000 m | -1000 m |
| 19 | vertical (high), horizontal accuracy (low nibble) | `VERTICAL_ACCURACY_M`, `HORIZONTAL_ACCURACY_M` | 0 |
| 20 | pressure altitude (high), speed accuracy (low nibble) | `VERTICAL_ACCURACY_M`, `SPEED_ACCURACY_MPS` | 0 |
| 21-22 | time after the full hour UTC | 0.1 s | 65535 |
| 23 | low nibble: accuracy of the time | 0.1 s | 0 |

Type 2, Authentication (Tables 8 and 9): byte 1 authentication type (high nibble), page (low nibble). Page 0: byte 2
last page, 3 length in bytes, 4-7 seconds since 2019-01-01 UTC (0 absent), 8-24 data. Other pages: 2-24 data. What the
pages of type 5 make together is in `drip_pages`.

Type 3, Self-ID (Table 10): byte 1 description type, 2-24 text.

Type 4, System (Table 11):

| byte | field | unit, scale | absent |
|---|---|---|---|
| 1 | bits 4-2 classification, 1-0 where the operator's position comes from | `OperatorSource` | |
| 2-5, 6-9 | operator latitude, longitude | 1e-7°, signed | both zero |
| 10-11 | aircraft in the area | | |
| 12 | radius of the area | 10 m | |
| 13-14, 15-16 | ceiling, floor of the area, WGS-84 | 0.5 m - 1000 m | -1000 m |
| 17 | category (high), class (low nibble) in the classification | | 0 |
| 18-19 | operator altitude, WGS-84 | 0.5 m - 1000 m | -1000 m |
| 20-23 | time, seconds since 2019-01-01 UTC | 1 s | 0 |

Type 5, Operator ID (Table 12): byte 1 type, 2-21 text.

Type 15, Message Pack (Table 13): byte 1 message size (25), 2 number of messages (1-9), then the messages.

The messages as values are in `remote_id_messages`.
"""

import struct
from collections.abc import Callable
from functools import singledispatch

from safeconduct.codecs.remote_id_messages import (
    AuthenticationPage,
    BasicId,
    HeightReference,
    IdType,
    Location,
    Message,
    MessagePack,
    OperatorId,
    OperatorPosition,
    SelfId,
    System,
)
from safeconduct.errors import InputError, ModelError, WireError
from safeconduct.model import check

MESSAGE_BYTES = 25
PACK_HEADER_BYTES = 3
MAX_PACK_MESSAGES = 9
"""F3411-22a Table 13."""
PROTOCOL_VERSIONS = (0, 1, 2)
EPOCH_2019 = 1_546_300_800
"""2019-01-01T00:00:00Z in Unix seconds, the zero of the System and Authentication times."""

_BASIC_ID = struct.Struct("<BB20s3x")
_LOCATION = struct.Struct("<BBBBbiiHHHBBHBx")
_PAGE_ZERO = struct.Struct("<BBBBI17s")
_PAGE = struct.Struct("<BB23s")
_SELF_ID = struct.Struct("<BB23s")
_SYSTEM = struct.Struct("<BBiiHBHHBHIx")
_OPERATOR_ID = struct.Struct("<BB20s3x")

_PACK_TYPE = 15
_NO_HOUR = 0xFFFF
_NO_DIRECTION = (181, 1)
_MULTIPLIED_FROM_MPS = 63.75


def decode_payload(payload: bytes) -> tuple[list[Message], list[InputError]]:
    """What one transmission carries, a pack or a lone message: the messages that are whole and good, and what is wrong
    with the others. One bad message costs nothing but itself; bytes after the last message are ignored.
    """
    try:
        parts = parts_of(payload)
    except WireError as error:
        return [], [error]
    messages: list[Message] = []
    errors: list[InputError] = []
    for number, part in enumerate(parts):
        try:
            messages.append(decode_message(part))
        except WireError as error:
            errors.append(error.at(f"message {number}"))
    return messages, errors


def parts_of(payload: bytes) -> list[bytes]:
    """The octets of the messages in one transmission, as they were sent: of a pack, or of a lone message.

    A pack that was cut has parts that are cut.

    Raises:
        WireError: `truncated`, `bad-version`, `bad-pack`, for the header of a pack.
    """
    if not is_pack(payload):
        return [payload[:MESSAGE_BYTES]]
    starts = range(PACK_HEADER_BYTES, PACK_HEADER_BYTES + _pack_count(payload) * MESSAGE_BYTES, MESSAGE_BYTES)
    return [payload[start : start + MESSAGE_BYTES] for start in starts]


def is_pack(payload: bytes) -> bool:
    """Whether a transmission begins as a message pack."""
    return bool(payload) and payload[0] >> 4 == _PACK_TYPE


def decode_pack(payload: bytes) -> MessagePack:
    """A message pack of which every message is good.

    Raises:
        WireError: as `decode_message`; `bad-pack` where the header makes no sense or it is no pack.
    """
    if not is_pack(payload):
        raise WireError("bad-pack", "it does not begin as a message pack")
    messages, errors = decode_payload(payload)
    if errors:
        raise errors[0]
    return MessagePack(messages=tuple(messages), version=payload[0] & 15)


def decode_message(data: bytes) -> Message:
    """One message of 25 bytes, not a pack.

    Raises:
        WireError: `truncated`, `bad-version`, `unknown-message`, `bad-latitude`, `bad-longitude`, `bad-uas-id`,
            `bad-authentication`.
    """
    if len(data) < MESSAGE_BYTES:
        raise WireError("truncated", f"{len(data)} of {MESSAGE_BYTES} bytes")
    kind = data[0] >> 4
    if data[0] & 15 not in PROTOCOL_VERSIONS:
        raise WireError("bad-version", f"protocol version {data[0] & 15} is unknown")
    if kind >= len(_DECODERS):
        raise WireError("unknown-message", f"message type {kind} is unknown")
    return _DECODERS[kind](data[:MESSAGE_BYTES])


def _pack_count(payload: bytes) -> int:
    if len(payload) < PACK_HEADER_BYTES:
        raise WireError("truncated", f"{len(payload)} of {PACK_HEADER_BYTES} bytes of a pack's header")
    if payload[0] & 15 not in PROTOCOL_VERSIONS:
        raise WireError("bad-version", f"protocol version {payload[0] & 15} is unknown")
    size, count = payload[1], payload[2]
    if size != MESSAGE_BYTES or not 1 <= count <= MAX_PACK_MESSAGES:
        raise WireError("bad-pack", f"{count} messages of {size} bytes, not 1..{MAX_PACK_MESSAGES} of {MESSAGE_BYTES}")
    return count


def _decode_basic_id(data: bytes) -> BasicId:
    head, types, uas_id = _BASIC_ID.unpack(data)
    message = BasicId(id_type=types >> 4, ua_type=types & 15, uas_id=uas_id.rstrip(b"\0"), version=head & 15)
    if message.id_type in (IdType.SERIAL_NUMBER, IdType.REGISTRATION) and not _printable(message.uas_id):
        raise WireError("bad-uas-id", f"{message.uas_id!r} is not printable ASCII")
    return message


def _printable(padded: bytes) -> bool:
    return all(32 <= byte < 127 for byte in padded.split(b"\0", 1)[0])


def _decode_location(data: bytes) -> Location:
    head, flags, direction, speed, climb, lat, lon, pressure, geodetic, height, position, rates, hour, accuracy = (
        _LOCATION.unpack(data)
    )
    direction += 180 * (flags >> 1 & 1)
    speed = speed * 0.75 + _MULTIPLIED_FROM_MPS if flags & 1 else speed * 0.25
    lat_deg, lon_deg = _decode_place(lat, lon)
    return Location(
        status=flags >> 4,
        direction_deg=None if direction > 360 else direction % 360.0,
        speed_mps=None if speed == 255.0 else speed,
        vertical_speed_mps=climb * 0.5 if -124 <= climb <= 124 else None,
        lat=lat_deg,
        lon=lon_deg,
        pressure_altitude_m=pressure * 0.5 - 1000.0 if pressure else None,
        geodetic_altitude_m=geodetic * 0.5 - 1000.0 if geodetic else None,
        height_m=height * 0.5 - 1000.0 if height else None,
        height_reference=_HEIGHT_REFERENCES[flags >> 2 & 1],
        horizontal_accuracy=position & 15,
        vertical_accuracy=position >> 4,
        pressure_accuracy=rates >> 4,
        speed_accuracy=rates & 15,
        hour_s=None if hour == _NO_HOUR else hour / 10,
        time_accuracy_s=(accuracy & 15) / 10 or None,
        version=head & 15,
    )


def _decode_authentication(data: bytes) -> AuthenticationPage:
    head, types, rest = _PAGE.unpack(data)
    auth_type, page, version = types >> 4, types & 15, head & 15
    if page:
        return AuthenticationPage(auth_type=auth_type, page=page, data=rest, version=version)
    _, _, last_page, length, seconds, rest = _PAGE_ZERO.unpack(data)
    last_page &= 15
    if length > 17 + 23 * last_page:
        raise WireError("bad-authentication", f"{length} bytes do not fit pages 0..{last_page}")
    time = EPOCH_2019 + seconds if seconds else None
    return AuthenticationPage(
        auth_type=auth_type, page=0, data=rest, last_page=last_page, length=length, time=time, version=version
    )


def _decode_self_id(data: bytes) -> SelfId:
    head, description_type, description = _SELF_ID.unpack(data)
    return SelfId(description_type=description_type, description=description.rstrip(b"\0"), version=head & 15)


def _decode_system(data: bytes) -> System:
    head, flags, lat, lon, count, radius, ceiling, floor, category, altitude, seconds = _SYSTEM.unpack(data)
    lat_deg, lon_deg = _decode_place(lat, lon)
    return System(
        classification=flags >> 2 & 7,
        category=category >> 4,
        category_class=category & 15,
        area_count=count,
        area_radius_m=radius * 10,
        area_ceiling_m=ceiling * 0.5 - 1000.0 if ceiling else None,
        area_floor_m=floor * 0.5 - 1000.0 if floor else None,
        time=EPOCH_2019 + seconds if seconds else None,
        operator=OperatorPosition(
            source=flags & 3,
            lat=lat_deg,
            lon=lon_deg,
            geodetic_altitude_m=altitude * 0.5 - 1000.0 if altitude else None,
        ),
        version=head & 15,
    )


def _decode_operator_id(data: bytes) -> OperatorId:
    head, id_type, operator_id = _OPERATOR_ID.unpack(data)
    return OperatorId(id_type=id_type, operator_id=operator_id.rstrip(b"\0"), version=head & 15)


def _decode_place(lat: int, lon: int) -> tuple[float | None, float | None]:
    if not lat and not lon:
        return None, None
    # The error goes into logs and reports, and the place may be a person's: it is not repeated there (law 7).
    if not -900_000_000 <= lat <= 900_000_000:
        raise WireError("bad-latitude", "a latitude is outside -90..90")
    if not -1_800_000_000 <= lon <= 1_800_000_000:
        raise WireError("bad-longitude", "a longitude is outside -180..180")
    return lat / 1e7, lon / 1e7


_HEIGHT_REFERENCES = tuple(HeightReference)
_DECODERS: tuple[Callable[[bytes], Message], ...] = (
    _decode_basic_id,
    _decode_location,
    _decode_authentication,
    _decode_self_id,
    _decode_system,
    _decode_operator_id,
)


def encode_pack(pack: MessagePack) -> bytes:
    """The pack on the wire. Raises ModelError as `encode_message`, and for other than 1..9 messages."""
    check.within("messages", len(pack.messages), 1, MAX_PACK_MESSAGES)
    header = bytes((_head(_PACK_TYPE, pack.version), MESSAGE_BYTES, len(pack.messages)))
    return header + b"".join(encode_message(message) for message in pack.messages)


@singledispatch
def encode_message(message: Message) -> bytes:
    """The 25 bytes of a message. Numbers are rounded to the nearest the wire can say, speeds are held at its ends.

    Raises:
        ModelError: `bad-<field>` where a value is outside what the wire can say.
    """
    raise TypeError(f"{type(message).__name__} is no Remote ID message")


@encode_message.register
def _encode_basic_id(message: BasicId) -> bytes:
    types = _nibbles(message, "id_type", "ua_type")
    return _BASIC_ID.pack(_head(0, message.version), types, _padded("uas_id", message.uas_id, 20))


@encode_message.register
def _encode_location(message: Location) -> bytes:
    check.within("status", message.status, 0, 15)
    direction, east_west = _NO_DIRECTION
    if message.direction_deg is not None:
        check.within("direction_deg", message.direction_deg, 0.0, 360.0)
        east_west, direction = divmod(round(message.direction_deg) % 360, 180)
    speed, multiplied = _encode_speed(message.speed_mps)
    flags = message.status << 4 | message.height_reference << 2 | east_west << 1 | multiplied
    hour = _NO_HOUR if message.hour_s is None else _scaled("hour_s", message.hour_s, 10, 0.0, 6553.4)
    time_accuracy = _scaled("time_accuracy_s", message.time_accuracy_s or 0.0, 10, 0.0, 1.5)
    return _LOCATION.pack(
        _head(1, message.version),
        flags,
        direction,
        speed,
        _encode_climb(message.vertical_speed_mps),
        *_encode_place(message.lat, message.lon),
        _altitude("pressure_altitude_m", message.pressure_altitude_m),
        _altitude("geodetic_altitude_m", message.geodetic_altitude_m),
        _altitude("height_m", message.height_m),
        _nibbles(message, "vertical_accuracy", "horizontal_accuracy"),
        _nibbles(message, "pressure_accuracy", "speed_accuracy"),
        hour,
        time_accuracy,
    )


@encode_message.register
def _encode_authentication(message: AuthenticationPage) -> bytes:
    head, types = _head(2, message.version), _nibbles(message, "auth_type", "page")
    if message.page:
        return _PAGE.pack(head, types, _padded("data", message.data, 23))
    last_page, length = message.last_page or 0, message.length or 0
    check.within("last_page", last_page, 0, 15)
    check.within("length", length, 0, min(255, 17 + 23 * last_page))
    return _PAGE_ZERO.pack(head, types, last_page, length, _seconds(message.time), _padded("data", message.data, 17))


@encode_message.register
def _encode_self_id(message: SelfId) -> bytes:
    check.within("description_type", message.description_type, 0, 255)
    description = _padded("description", message.description, 23)
    return _SELF_ID.pack(_head(3, message.version), message.description_type, description)


@encode_message.register
def _encode_system(message: System) -> bytes:
    operator = message.operator
    check.within("classification", message.classification, 0, 7)
    check.within("source", operator.source, 0, 3)
    check.within("area_count", message.area_count, 0, 0xFFFF)
    return _SYSTEM.pack(
        _head(4, message.version),
        message.classification << 2 | operator.source,
        *_encode_place(operator.lat, operator.lon),
        message.area_count,
        _scaled("area_radius_m", message.area_radius_m, 0.1, 0, 2550),
        _altitude("area_ceiling_m", message.area_ceiling_m),
        _altitude("area_floor_m", message.area_floor_m),
        _nibbles(message, "category", "category_class"),
        _altitude("geodetic_altitude_m", operator.geodetic_altitude_m),
        _seconds(message.time),
    )


@encode_message.register
def _encode_operator_id(message: OperatorId) -> bytes:
    check.within("id_type", message.id_type, 0, 255)
    return _OPERATOR_ID.pack(
        _head(5, message.version), message.id_type, _padded("operator_id", message.operator_id, 20)
    )


def _head(kind: int, version: int) -> int:
    check.within("version", version, 0, PROTOCOL_VERSIONS[-1])
    return kind << 4 | version


def _nibbles(message: Message, high: str, low: str) -> int:
    for name in (high, low):
        check.within(name, getattr(message, name), 0, 15)
    nibbles: int = getattr(message, high) << 4 | getattr(message, low)
    return nibbles


def _padded(name: str, data: bytes, size: int) -> bytes:
    if len(data) > size:
        raise ModelError(f"bad-{name.replace('_', '-')}", f"{len(data)} bytes do not fit {size}", where=name)
    return data.ljust(size, b"\0")


def _scaled(name: str, value: float, per_unit: float, low: float, high: float) -> int:
    check.within(name, value, low, high)
    return round(value * per_unit)


def _altitude(name: str, value: float | None) -> int:
    return 0 if value is None else _scaled(name, value, 2, -1000.0, 31767.5) + 2000


def _seconds(time: int | None) -> int:
    return 0 if time is None else _scaled("time", time, 1, EPOCH_2019, EPOCH_2019 + 0xFFFF_FFFF) - EPOCH_2019


def _encode_speed(speed_mps: float | None) -> tuple[int, bool]:
    if speed_mps is None:
        return 255, True
    check.within("speed_mps", speed_mps, 0.0, 1e4)
    if speed_mps <= _MULTIPLIED_FROM_MPS:
        return round(speed_mps * 4), False
    return min(round((speed_mps - _MULTIPLIED_FROM_MPS) / 0.75), 254), True


def _encode_climb(climb_mps: float | None) -> int:
    if climb_mps is None:
        return 126
    check.finite("vertical_speed_mps", climb_mps)
    return round(max(-62.0, min(62.0, climb_mps)) * 2)


def _encode_place(lat: float | None, lon: float | None) -> tuple[int, int]:
    if lat is None and lon is None:
        return 0, 0
    if lat is None or lon is None:
        raise ModelError("half-a-place", "one of latitude and longitude is missing", where="lat, lon")
    return _scaled("latitude", lat, 1e7, -90.0, 90.0), _scaled("longitude", lon, 1e7, -180.0, 180.0)
