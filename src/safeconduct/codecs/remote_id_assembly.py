"""Joins what one transmitter says over time into detections: who it says it is, and where it says it was.

A Location says where and when; the Basic ID that names the aircraft may come in another message, up to three seconds
away (F3411-22a 5.4.5, static messages). A pure state machine: the time received comes in with each message.

*Time.* A Location carries tenths of a second after the full hour. It is resolved to the hour that brings it nearest to
the time received, and believed if that leaves at most `MAX_SKEW_S`; else (absent, past the hour, a wrong clock, a
replay) the time received stands in for it. The Parrot Anafi of the recordings sends protocol version 0, both altitudes
invalid and all accuracies unknown, but its time is in tenths as the standard has it, 0.8 to 1.9 s old when received;
its impostor sends one frozen time, half an hour off.

*Repeats.* A transmitter says everything several times over, and several receivers may hear it. A Location heard before
with the same content is no new measurement. If its own time was believed it can never become one, however often it is
said; if not, it counts anew after `REPEAT_S`, for an aircraft may well stand still.

*Signatures.* A row is authenticated if a checked signature covers its Location, and then it claims what the signer's
key has signed and nothing else (`drip_auth` says what is covered). A signature may come after its Location, which has
been given by then. The row is given once more then, authenticated, with the same measurement to the last bit, so that
a tracker can tell that it has it. Where the first row claimed what is not signed, there is no such second row.

*Height.* Height above take-off or ground is neither a geodetic height nor a pressure altitude, and stays apart. The
altitude of the take-off point is in the operator's part of the System message, which is not looked at here.
"""

import math
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address

from safeconduct.codecs.remote_id_messages import (
    DRIP_SESSION,
    HORIZONTAL_ACCURACY_M,
    VERTICAL_ACCURACY_M,
    BasicId,
    HeightReference,
    IdType,
    Location,
    Message,
)
from safeconduct.model.detection import BatchBuilder, Claims
from safeconduct.model.identifier import ENTITY_TAGS, Identifier, IdentifierKind, identifier

MAX_SKEW_S = 60.0
"""A Location's own time is believed up to this far from the time received."""
REPEAT_S = 1.0
"""F3411-22a 5.4.5: dynamic messages are refreshed at least once a second."""
HOLD_S = 30.0
"""A Basic ID holds for ten of its longest allowed intervals; a transmitter silent for so long is forgotten."""
ENTITY_TAG_BYTES = 16
MAX_REMEMBERED = 16
"""Locations of one transmitter that are told from repeats: receivers that lag by more than these are not expected."""

SIGMA_PER_95_RADIUS = 1.0 / math.sqrt(-2.0 * math.log(0.05))
"""One standard deviation per axis, of the radius that holds 95 % of a circular Gaussian (2.448 of them)."""
SIGMA_PER_95 = 1.0 / 1.959964
"""One standard deviation, of the half-width that holds 95 % of a Gaussian."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteIdDetection:
    """One measurement of an aircraft by itself. Columns are those of `DetectionBatch`; None is an absence.

    Attributes:
        time: when measured, or when received where the sender's time is of no use.
        above_takeoff_m, above_ground_m: what a Location's height is, by its reference; at most one is given.
        status: `remote_id_messages.Status`.
    """

    transmitter: str
    time: float
    received: float
    lon: float
    lat: float
    height_m: float | None
    pressure_altitude_m: float | None
    covariance: tuple[float, float, float] | None
    sigma_height_m: float | None
    velocity: tuple[float | None, float | None, float | None]
    claims: Claims
    above_takeoff_m: float | None
    above_ground_m: float | None
    status: int

    def put(self, builder: BatchBuilder, sensor: str) -> None:
        """Add it to a batch as heard by a sensor. Heights above take-off and ground have no column and stay behind."""
        builder.add(
            time=self.time,
            received=self.received,
            sensor=sensor,
            lon=self.lon,
            lat=self.lat,
            height_m=self.height_m,
            pressure_altitude_m=self.pressure_altitude_m,
            covariance=self.covariance,
            sigma_height_m=self.sigma_height_m,
            velocity=self.velocity,
            claims=self.claims if self.claims.identifiers else None,
        )


@dataclass(frozen=True, slots=True)
class Covered:
    """What a checked signature covers.

    Attributes:
        names: the signer's entity tag, and what else its key has signed to be called; sorted.
        locations: those whose own time is believed, and is of the time signed.
    """

    names: tuple[Identifier, ...]
    locations: tuple[Location, ...]


@dataclass(slots=True)
class _Given:
    """A Location taken for a measurement: when received last, whether its own time was believed, and the row made of
    it."""

    received: float
    believed: bool
    detection: RemoteIdDetection


@dataclass(slots=True)
class _Transmitter:
    heard: float
    names: dict[IdentifierKind, tuple[Identifier, float]] = field(default_factory=dict)
    claims: Claims = field(default_factory=Claims)
    signed: Claims = field(default_factory=Claims)
    """The claims of its last authenticated row."""
    given: OrderedDict[Location, _Given] = field(default_factory=OrderedDict)


class RemoteIdAssembly:
    """The transmitters heard within `HOLD_S`."""

    def __init__(self) -> None:
        self._transmitters: OrderedDict[str, _Transmitter] = OrderedDict()

    def __len__(self) -> int:
        return len(self._transmitters)

    def hear(
        self, transmitter: str, received: float, messages: Iterable[Message], covered: Iterable[Covered] = ()
    ) -> list[RemoteIdDetection]:
        """The new detections in what one transmitter sent, in the order sent; then those that are signed only now.

        Args:
            transmitter: address that joins messages; a claim like all the rest.
            received: Unix seconds UTC, never decreasing from call to call.
            messages: of one pack, or one alone.
            covered: by signatures that this transmission completed.
        """
        self._forget(received)
        messages = list(messages)
        sender = self._transmitters.setdefault(transmitter, _Transmitter(received))
        self._transmitters.move_to_end(transmitter)
        sender.heard = received
        _learn(sender, [name for message in messages if (name := name_of(message))], received)
        names = {location: one.names for one in covered for location in one.locations}
        sent = [message for message in messages if isinstance(message, Location)]
        detections = []
        for location in [*sent, *(location for location in names if location not in sent)]:
            new = _new(sender, transmitter, location, received, names.get(location))
            if new is not None:
                detections.append(new)
        return detections

    def _forget(self, now: float) -> None:
        """Drop who has been silent; the longest silent come first."""
        while self._transmitters:
            transmitter, sender = next(iter(self._transmitters.items()))
            if now - sender.heard <= HOLD_S:
                return
            del self._transmitters[transmitter]


def measured_at(hour_s: float | None, received: float) -> float | None:
    """Unix seconds of a time after the full hour, in the hour that brings it nearest to `received`.

    None where it is absent, past the hour, or more than `MAX_SKEW_S` from the time received.
    """
    if hour_s is None or hour_s > 3600.0:
        return None
    time = 3600.0 * round((received - hour_s) / 3600.0) + hour_s
    return time if abs(time - received) <= MAX_SKEW_S else None


def name_of(message: Message) -> Identifier | None:
    """The identifier in a Basic ID; None for kinds the model does not know, and for empty ones."""
    if not isinstance(message, BasicId):
        return None
    if message.id_type == IdType.SERIAL_NUMBER and message.text:
        return identifier(IdentifierKind.REMOTE_ID_SERIAL, message.text)
    if message.id_type == IdType.SESSION_ID and message.uas_id:
        return _entity_tag(message.uas_id) or identifier(IdentifierKind.SESSION_ID, message.uas_id.hex())
    return None


def _entity_tag(session: bytes) -> Identifier | None:
    """The DRIP entity tag that a session ID is, if it is one (RFC 9374 section 4). Its last zeros look like padding."""
    if session[0] != DRIP_SESSION or len(session) > 1 + ENTITY_TAG_BYTES:
        return None
    address = IPv6Address(session[1:].ljust(ENTITY_TAG_BYTES, b"\0"))
    return Identifier(IdentifierKind.DRIP_ENTITY_TAG, str(address)) if address in ENTITY_TAGS else None


def _learn(sender: _Transmitter, names: Iterable[Identifier], now: float) -> None:
    """Take up names, let old ones fade, and keep one Claims for as long as nothing changes."""
    for name in names:
        sender.names[name.kind] = (name, now)
    for kind in [kind for kind, (_, heard) in sender.names.items() if now - heard > HOLD_S]:
        del sender.names[kind]
    identifiers = tuple(sorted(name for name, _ in sender.names.values()))
    if identifiers != sender.claims.identifiers:
        sender.claims = Claims(identifiers=identifiers)


def _new(
    sender: _Transmitter, transmitter: str, location: Location, received: float, signed: tuple[Identifier, ...] | None
) -> RemoteIdDetection | None:
    """What a Location gives that was not given before; `signed`: the names signed with it, None where it is not."""
    if location.lat is None or location.lon is None:
        return None
    before = sender.given.get(location)
    if before is not None:
        sender.given.move_to_end(location)
        known = before.detection
        if (
            signed is not None
            and not known.claims.authenticated
            and known.time == measured_at(location.hour_s, received)
        ):
            return _again(sender, before, received, signed)
        if before.believed or received - before.received <= REPEAT_S:
            return None
    time = measured_at(location.hour_s, received)
    claims = sender.claims if signed is None or time is None else _signed(sender, signed)
    new = _detection(transmitter, location, (location.lon, location.lat), time, received, claims)
    sender.given[location] = _Given(received, time is not None, new)
    if len(sender.given) > MAX_REMEMBERED:
        sender.given.popitem(last=False)
    return new


def _again(
    sender: _Transmitter, before: _Given, received: float, signed: tuple[Identifier, ...]
) -> RemoteIdDetection | None:
    """The row once more, authenticated; None where it claimed what is not signed."""
    claimed, tag = before.detection.claims.identifiers, _tag_in(signed)
    if not set(claimed) <= set(signed):
        return None
    claims = _signed(sender, tuple(sorted({*claimed, tag})))
    before.detection = replace(before.detection, received=received, claims=claims)
    return before.detection


def _tag_in(names: tuple[Identifier, ...]) -> Identifier:
    return next(name for name in names if name.kind is IdentifierKind.DRIP_ENTITY_TAG)


def _signed(sender: _Transmitter, names: tuple[Identifier, ...]) -> Claims:
    """Authenticated claims, one object for as long as nothing changes."""
    if sender.signed.identifiers != names:
        sender.signed = Claims(names, authenticated=True)
    return sender.signed


def _detection(
    transmitter: str,
    location: Location,
    place: tuple[float, float],
    time: float | None,
    received: float,
    claims: Claims,
) -> RemoteIdDetection:
    over_takeoff = location.height_reference is HeightReference.TAKEOFF
    return RemoteIdDetection(
        transmitter=transmitter,
        time=received if time is None else time,
        received=received,
        lon=place[0],
        lat=place[1],
        height_m=location.geodetic_altitude_m,
        pressure_altitude_m=location.pressure_altitude_m,
        covariance=_covariance(HORIZONTAL_ACCURACY_M[location.horizontal_accuracy]),
        sigma_height_m=_sigma(VERTICAL_ACCURACY_M[location.vertical_accuracy]),
        velocity=_velocity(location),
        claims=claims,
        above_takeoff_m=location.height_m if over_takeoff else None,
        above_ground_m=None if over_takeoff else location.height_m,
        status=location.status,
    )


def _covariance(radius_m: float | None) -> tuple[float, float, float] | None:
    if radius_m is None:
        return None
    variance = (radius_m * SIGMA_PER_95_RADIUS) ** 2
    return variance, 0.0, variance


def _sigma(half_width_m: float | None) -> float | None:
    return None if half_width_m is None else half_width_m * SIGMA_PER_95


def _velocity(location: Location) -> tuple[float | None, float | None, float | None]:
    """East, north, up in m/s. Standing still needs no direction."""
    speed, up = location.speed_mps, location.vertical_speed_mps
    if speed is None or (location.direction_deg is None and speed):
        return None, None, up
    direction = math.radians(location.direction_deg or 0.0)
    return speed * math.sin(direction), speed * math.cos(direction), up
