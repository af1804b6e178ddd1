"""The files of an identification scenario: declared flights, sensors and detections in, answers and events out.

The format is described in docs/reference/formats.md. Times are RFC 3339 UTC, positions WGS-84 degrees, altitudes metres
above the ellipsoid, everything else SI, azimuths degrees clockwise from true north. Unknown fields are ignored, missing
ones are errors, and an error names the element by its path.

| file | content | functions |
|---|---|---|
| flights.json | declared flights: identifiers, 4D volumes, sometimes a route | `read_flights`, `write_flights` |
| sensors.json | a list of sensors with place, reach and noise | `read_sensors` |
| detections.jsonl | one detection a line, in order of arrival | `DetectionReader` |
| ANSWERS.jsonl | one live track a line: candidates and their probabilities | `answer_line` |
| EVENTS.jsonl | identifier conflicts, sensors that are turned | `conflict_line`, `registration_line` |
"""

import math
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from safeconduct.codecs.strict import NOT_JSON
from safeconduct.errors import ModelError, WireError
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.board import BoardTrack
from safeconduct.model.check import latitude, longitude
from safeconduct.model.detection import Claims
from safeconduct.model.flight import Disclosure, Flight, FlightState, RoutePoint
from safeconduct.model.identification import Identification, IdentifierConflict
from safeconduct.model.identifier import Identifier, IdentifierKind, identifier
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.model.volume import Volume4D
from safeconduct.units import iso_from_seconds, seconds_from_iso

MAX_DELAY_S = 3600.0
"""A detection that took longer than this to arrive has a broken clock somewhere."""
LONGEST_CONTACT = 500
"""Characters; as in a declaration over HTTP."""


Pair = tuple[float, float]


class _Volume(msgspec.Struct):
    outline: list[Pair]
    lower_m: float
    upper_m: float
    start: str
    end: str


class _RoutePoint(msgspec.Struct):
    lon: float
    lat: float
    alt_m: float
    time: str


class _Flight(msgspec.Struct, kw_only=True):
    id: str
    party: str
    aircraft_type: str
    volumes: list[_Volume]
    identifiers: dict[str, str | None] = {}
    emits: list[str] = []
    route: list[_RoutePoint] | None = None
    owner: str | None = None
    operator: str | None = None
    crew: str | None = None
    disclosure: str = "open"
    contact: Annotated[str, msgspec.Meta(max_length=LONGEST_CONTACT)] | None = None
    state: str = "Accepted"
    version: int = 1


class _Position(msgspec.Struct):
    lon: float
    lat: float
    alt_m: float | None = None


class _Velocity(msgspec.Struct):
    east_mps: float
    north_mps: float
    up_mps: float | None = None


class _Claims(msgspec.Struct):
    icao_address: str | None = None
    remote_id_serial: str | None = None
    session_id: str | None = None
    drip_entity_tag: str | None = None
    callsign: str | None = None
    authenticated: bool = False


class _Detection(msgspec.Struct):
    time: str
    received: str
    sensor: str
    position: _Position | None = None
    range_m: Annotated[float, msgspec.Meta(gt=0)] | None = None
    azimuth_deg: Annotated[float, msgspec.Meta(ge=-360, le=360)] | None = None
    elevation_deg: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    covariance: tuple[Pair, Pair] | None = None
    velocity: _Velocity | None = None
    claims: _Claims | None = None
    classification: dict[str, Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]] | None = None


def _decoded(data: bytes, shape: Any, where: str) -> Any:
    try:
        return msgspec.json.decode(data, type=shape)
    except msgspec.ValidationError as error:
        raise WireError("bad-field", str(error), where=where, remedy="see docs/reference/formats.md") from error
    except NOT_JSON as error:
        raise WireError(
            "bad-json", str(error), where=where, remedy="NaN and Infinity are not JSON; use null"
        ) from error


def _word(kind: type[Any], text: str, where: str) -> Any:
    try:
        return kind(text)
    except ValueError as error:
        known = ", ".join(member.value for member in kind)
        raise WireError("bad-field", f"{text!r} is not known", where=where, remedy=f"one of: {known}") from error


def read_flights(data: bytes, where: str = "flights.json") -> tuple[Flight, ...]:
    """All declared flights of a file.

    Raises:
        WireError: `bad-json`, `bad-field`, `duplicate`.
        ModelError: what `Flight` and `Volume4D` raise, with the flight's id and the path of the part in `where`.
    """
    flights = []
    for number, wire in enumerate(_decoded(data, list[_Flight], where)):
        try:
            flights.append(_flight(wire))
        except (ModelError, WireError) as error:
            raise error.at(f"{where}: [{number}] {wire.id}") from error
    ids = [flight.id for flight in flights]
    if len(set(ids)) < len(ids):
        twice = sorted({name for name in ids if ids.count(name) > 1})
        raise WireError("duplicate", f"declared twice: {', '.join(twice)}", where=where, remedy="one entry a flight")
    return tuple(flights)


def _flight(wire: _Flight) -> Flight:
    volumes = []
    for number, volume in enumerate(wire.volumes):
        try:
            volumes.append(
                Volume4D(
                    outline=tuple(volume.outline),
                    lower_m=volume.lower_m,
                    upper_m=volume.upper_m,
                    start=seconds_from_iso(volume.start),
                    end=seconds_from_iso(volume.end),
                )
            )
        except ModelError as error:
            raise error.at(f"volumes[{number}]") from error
    route = []
    for number, point in enumerate(wire.route or ()):
        try:
            route.append(RoutePoint(point.lon, point.lat, point.alt_m, seconds_from_iso(point.time)))
        except ModelError as error:
            raise error.at(f"route[{number}]") from error
    claimed = [
        identifier(_word(IdentifierKind, kind, "identifiers"), value)
        for kind, value in wire.identifiers.items()
        if value
    ]
    aircraft = Aircraft(
        type=wire.aircraft_type,
        owner=wire.owner,
        operator=wire.operator,
        crew=wire.crew,
        identifiers=tuple(claimed),
    )
    return Flight(
        id=wire.id,
        version=wire.version,
        party=wire.party,
        aircraft=aircraft,
        volumes=tuple(volumes),
        route=tuple(route),
        emits=frozenset(_word(SensorKind, kind, "emits") for kind in wire.emits),
        disclosure=_word(Disclosure, wire.disclosure, "disclosure"),
        contact=wire.contact or "",
        state=_word(FlightState, wire.state, "state"),
    )


def read_sensors(data: bytes, where: str = "sensors.json") -> tuple[Sensor, ...]:
    """All sensors of a file.

    Raises:
        WireError: `bad-json`, `bad-field` (also for a sensor that breaks a rule of the model), `duplicate`.
    """
    sensors: list[Sensor] = _decoded(data, list[Sensor], where)
    ids = [sensor.id for sensor in sensors]
    if len(set(ids)) < len(ids):
        raise WireError("duplicate", "two sensors have the same id", where=where, remedy="name each differently")
    return tuple(sensors)


class DetectionReader:
    """Lines of detections.jsonl into rows of a batch. `sensors` are the ids of the declared ones."""

    def __init__(self, sensors: frozenset[str]) -> None:
        self._sensors = sensors
        self._decoder = msgspec.json.Decoder(_Detection)
        self._claims: dict[tuple[IdentifierKind, str], Identifier] = {}

    def read(self, line: bytes, where: str) -> dict[str, Any]:
        """The line's detection, as the arguments of `BatchBuilder.add`.

        Raises:
            WireError: `bad-json`, `bad-field`, `bad-delay`, `no-position`, `unknown-sensor`.
            ModelError: `bad-time`, `bad-latitude`, `bad-longitude`, `bad-identifier`.
        """
        try:
            wire = self._decoder.decode(line)
        except msgspec.ValidationError as error:
            raise WireError("bad-field", str(error), where=where, remedy="see docs/reference/formats.md") from error
        except NOT_JSON as error:
            remedy = "one JSON object a line; NaN and Infinity are not JSON, use null"
            raise WireError("bad-json", str(error), where=where, remedy=remedy) from error
        try:
            return self._row(wire, where)
        except ModelError as error:
            raise error.at(where) from error

    def _row(self, wire: _Detection, where: str) -> dict[str, Any]:
        if wire.sensor not in self._sensors:
            raise WireError("unknown-sensor", f"{wire.sensor!r} is not declared", where=where, remedy="declare it")
        time, received = seconds_from_iso(wire.time), seconds_from_iso(wire.received)
        if not 0.0 <= received - time <= MAX_DELAY_S:
            what = f"received {received - time:g} s after it was measured"
            raise WireError("bad-delay", what, where=where, remedy="check the clocks of sensor and receiver")
        polar = wire.range_m is not None and wire.azimuth_deg is not None
        if wire.position is not None:
            longitude(wire.position.lon)
            latitude(wire.position.lat)
        elif not polar:
            raise WireError(
                "no-position", "neither a position nor range and azimuth", where=where, remedy="send one or the other"
            )
        velocity, covariance = wire.velocity, wire.covariance
        return {
            "time": time,
            "received": received,
            "sensor": wire.sensor,
            "lon": None if polar or wire.position is None else wire.position.lon,
            "lat": None if polar or wire.position is None else wire.position.lat,
            "height_m": wire.position.alt_m if wire.position else None,
            "range_m": wire.range_m if polar else None,
            "azimuth_deg": wire.azimuth_deg if polar else None,
            "elevation_deg": wire.elevation_deg if polar else None,
            "covariance": (covariance[0][0], covariance[0][1], covariance[1][1]) if covariance else None,
            "velocity": (velocity.east_mps, velocity.north_mps, velocity.up_mps) if velocity else None,
            "claims": self._said(wire),
        }

    def _said(self, wire: _Detection) -> Claims | None:
        if wire.claims is None and wire.classification is None:
            return None
        said, authenticated = wire.claims, False
        identifiers: list[Identifier] = []
        if said is not None:
            authenticated = said.authenticated
            for kind in IdentifierKind:
                text = getattr(said, kind.value)
                if text:
                    key = (kind, text)
                    if key not in self._claims:
                        self._claims[key] = identifier(kind, text)
                    identifiers.append(self._claims[key])
        return Claims(tuple(identifiers), authenticated, wire.classification or {})


def write_flights(flights: Sequence[Flight]) -> bytes:
    """The file that `read_flights` reads back to equal flights, their times to the millisecond."""
    return msgspec.json.format(msgspec.json.encode([_flight_wire(flight) for flight in flights]))


def _flight_wire(flight: Flight) -> dict[str, Any]:
    aircraft = flight.aircraft
    return {
        "id": flight.id,
        "version": flight.version,
        "party": flight.party,
        "aircraft_type": aircraft.type,
        "owner": aircraft.owner,
        "operator": aircraft.operator,
        "crew": aircraft.crew,
        "identifiers": {claim.kind.value: claim.value for claim in aircraft.identifiers},
        "emits": sorted(kind.value for kind in flight.emits),
        "disclosure": flight.disclosure.value,
        "contact": flight.contact,
        "state": flight.state.value,
        "volumes": [
            {
                "outline": volume.outline,
                "lower_m": volume.lower_m,
                "upper_m": volume.upper_m,
                "start": iso_from_seconds(volume.start),
                "end": iso_from_seconds(volume.end),
            }
            for volume in flight.volumes
        ],
        "route": [
            {"lon": p.lon, "lat": p.lat, "alt_m": p.alt_m, "time": iso_from_seconds(p.time)} for p in flight.route
        ]
        or None,
    }


def answer_line(track: BoardTrack, said: Identification) -> bytes:
    """One line of ANSWERS.jsonl. Probabilities below 1e-6 are left to `unknown`, so that the line still sums to one."""
    candidates = {c.flight: round(c.probability, 6) for c in said.candidates if c.probability >= 1e-6}
    east, north, _ = track.velocity
    line = {
        "time": iso_from_seconds(said.time),
        "track": said.track,
        "lon": round(track.lon, 6),
        "lat": round(track.lat, 6),
        "alt_m": None if track.height_m is None else round(track.height_m, 1),
        "velocity": {"east_mps": round(east, 2), "north_mps": round(north, 2)},
        "candidates": candidates,
        "unknown": round(max(0.0, 1.0 - math.fsum(candidates.values())), 6),
        "flags": ["shadowed"] if said.shadowed else [],
    }
    return msgspec.json.encode(line) + b"\n"


def conflict_line(conflict: IdentifierConflict, time: float) -> bytes:
    """One line of EVENTS.jsonl: an identifier conflict as known at `time`, Unix seconds."""
    line = {
        "time": iso_from_seconds(time),
        "kind": "identifier_conflict",
        "identifier": conflict.identifier.value,
        "tracks": conflict.tracks,
    }
    return msgspec.json.encode(line) + b"\n"


def registration_line(sensor: str, azimuth_bias_deg: float, time: float) -> bytes:
    """One line of EVENTS.jsonl: the azimuths of a sensor are too large by so much, as known at `time`, Unix seconds."""
    line = {
        "time": iso_from_seconds(time),
        "kind": "sensor_registration",
        "sensor": sensor,
        "azimuth_bias_deg": round(azimuth_bias_deg, 4),
    }
    return msgspec.json.encode(line) + b"\n"
