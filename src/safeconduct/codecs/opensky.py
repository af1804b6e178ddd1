"""State vectors as JSON, from OpenSky and from dump1090-like receivers -> `StateVector`.

Five shapes are met in the wild; each record of each is read on its own, and a bad one costs nothing but itself.

| shape | time | altitude | speed | vertical rate | source |
|---|---|---|---|---|---|
| list of `{"timestamp": …, "icao24": …}` | `timestamp`, ms | `altitude`, ft | `groundspeed`, kt | ft/min | traffic |
| `{"time": …, "states": [[…], …]}` | [3], s | [7] barometric, [13] geometric, m | [9], m/s | [11], m/s | OpenSky REST |
| a list of those | | | | | |
| `{"now": …, "aircraft": [{"hex": …}]}` | `now` - `seen_pos` | `altitude`, ft | `speed`, kt | `vert_rate` | dump1090 |
| the newer dialect of the same | the same | `alt_baro`, `alt_geom`, ft | `gs`, kt | `baro_rate` | readsb, tar1090 |

Altitudes without "geometric" in their name are barometric: they become `pressure_altitude_m`.

A receiver network repeats an aircraft's last position until it hears a new one. Such a repeat is no measurement: see
`Repeats`.
"""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from safeconduct.codecs.strict import NOT_JSON
from safeconduct.errors import InputError, WireError
from safeconduct.model import check
from safeconduct.model.identifier import Identifier, IdentifierKind, identifier
from safeconduct.units import FOOT_M, FOOT_PER_MINUTE_MPS, KNOT_MPS

LAST_TIME_S = 32_503_680_000.0
"""The year 3000: a time beyond it is a mistake of unit."""
STANDING_MPS = 1.0
"""Slower than this an aircraft may well report the same position twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateVector:
    """One aircraft at one time. None is an absence.

    Attributes:
        time: when the position was heard, Unix seconds.
        received: when this node could know, Unix seconds.
        identifiers: address, and callsign where sent.
        lon, lat: WGS-84 degrees.
        pressure_altitude_m: metres in the standard atmosphere.
        height_m: metres above the WGS-84 ellipsoid.
        velocity: east, north, up, m/s.
    """

    time: float
    received: float
    identifiers: tuple[Identifier, ...]
    lon: float
    lat: float
    pressure_altitude_m: float | None
    height_m: float | None
    velocity: tuple[float | None, float | None, float | None]


def load(data: bytes) -> Any:
    """The JSON value of a file, NaN and Infinity allowed, since pandas writes them.

    Raises:
        WireError: `bad-json`.
    """
    try:
        return msgspec.json.decode(data)
    except NOT_JSON:
        pass
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise WireError("bad-json", f"not JSON: {error}") from error


def states(document: Any) -> Iterator[StateVector | InputError]:
    """Every record of a document in its order, or the error that it is set aside by.

    Reasons: `bad-record`, `no-position`, `bad-time`, `bad-latitude`, `bad-longitude`, `not-finite`,
    `bad-identifier`.

    Raises:
        WireError: `unknown-shape`: none of the shapes of the table.
    """
    if not isinstance(document, list) and not _is_snapshot(document):
        raise WireError("unknown-shape", "the JSON has neither 'states' nor 'aircraft', nor is it a list of records")
    for number, each in enumerate(document if isinstance(document, list) else [document]):
        if not _is_snapshot(each):
            yield _read(_from_record, each, None, f"record {number}")
            continue
        key, now_key, reader = (
            ("states", "time", _from_array) if "states" in each else ("aircraft", "now", _from_aircraft)
        )
        for place, row in enumerate(each[key] or ()):
            yield _read(reader, row, each.get(now_key), f"record {number}.{place}")


def _is_snapshot(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("states", value.get("aircraft", 0)), list | None)


def _read(reader: Callable[[Any, Any], StateVector], row: Any, now: Any, where: str) -> StateVector | InputError:
    """What the reader makes of the row; any shape of row ends in a state vector or an error of the sender's."""
    try:
        return reader(row, now)
    except InputError as error:
        return error.at(where)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError) as error:
        return WireError("bad-record", f"{type(error).__name__}: {error}", where=where)


def _from_record(row: dict[str, Any], _: Any) -> StateVector:
    time = _time(row["timestamp"] / 1000.0)
    return _state(
        time,
        time,
        _names(row["icao24"], row.get("callsign")),
        row.get("longitude"),
        row.get("latitude"),
        pressure_altitude_m=_scaled(row.get("altitude"), FOOT_M),
        height_m=_scaled(row.get("geoaltitude"), FOOT_M),
        speed_mps=_scaled(row.get("groundspeed"), KNOT_MPS),
        track_deg=row.get("track"),
        up_mps=_scaled(row.get("vertical_rate"), FOOT_PER_MINUTE_MPS),
    )


def _from_array(row: list[Any], now: Any) -> StateVector:
    heard = row[4] if row[3] is None else row[3]
    return _state(
        _time(heard),
        _time(now),
        _names(row[0], row[1]),
        row[5],
        row[6],
        pressure_altitude_m=_scaled(row[7], 1.0),
        height_m=_scaled(row[13], 1.0) if len(row) > 13 else None,
        speed_mps=_scaled(row[9], 1.0),
        track_deg=row[10],
        up_mps=_scaled(row[11], 1.0),
    )


def _from_aircraft(row: dict[str, Any], now: Any) -> StateVector:
    newer = "alt_baro" in row or "gs" in row
    altitude = row.get("alt_baro" if newer else "altitude")
    return _state(
        _time(now - row.get("seen_pos", 0.0)),
        _time(now),
        _names(row["hex"], row.get("flight")),
        row.get("lon"),
        row.get("lat"),
        pressure_altitude_m=None if altitude == "ground" else _scaled(altitude, FOOT_M),
        height_m=_scaled(row.get("alt_geom"), FOOT_M),
        speed_mps=_scaled(row.get("gs" if newer else "speed"), KNOT_MPS),
        track_deg=row.get("track"),
        up_mps=_scaled(row.get("baro_rate" if newer else "vert_rate"), FOOT_PER_MINUTE_MPS),
    )


def _state(
    time: float,
    received: float,
    identifiers: tuple[Identifier, ...],
    lon: Any,
    lat: Any,
    *,
    pressure_altitude_m: float | None,
    height_m: float | None,
    speed_mps: float | None,
    track_deg: Any,
    up_mps: float | None,
) -> StateVector:
    if lon is None or lat is None:
        raise WireError("no-position", "no longitude and latitude")
    check.longitude(lon)
    check.latitude(lat)
    track = _scaled(track_deg, math.pi / 180.0)
    east, north = None, None
    if speed_mps is not None and track is not None:
        east, north = speed_mps * math.sin(track), speed_mps * math.cos(track)
    return StateVector(
        time=min(time, received),
        received=received,
        identifiers=identifiers,
        lon=float(lon),
        lat=float(lat),
        pressure_altitude_m=pressure_altitude_m,
        height_m=height_m,
        velocity=(east, north, up_mps),
    )


def _scaled(value: Any, unit: float) -> float | None:
    """A number in SI; None and NaN, which pandas writes for an absence, are None."""
    if value is None:
        return None
    scaled = value * unit
    return scaled if math.isfinite(scaled) else None


def _time(value: Any) -> float:
    if not 0.0 <= value <= LAST_TIME_S:
        raise WireError("bad-time", f"{value} is no time in Unix seconds")
    return float(value)


@lru_cache(maxsize=65_536)
def _names(address: str, callsign: str | None) -> tuple[Identifier, ...]:
    """What the record says who it is. "~" marks an address that is not an ICAO one (readsb); "@" fills no callsign."""
    callsign = (callsign or "").strip(" @\0")
    names = [] if address.startswith("~") else [identifier(IdentifierKind.ICAO_ADDRESS, address)]
    if callsign:
        names.append(identifier(IdentifierKind.CALLSIGN, callsign))
    return tuple(names)


class Repeats:
    """Tells state vectors that only repeat an aircraft's last position.

    In the sample of data/README.md 240 of 139,098 records do, up to 30 in a row with a ground speed of 135 kt: the
    network held the last position until the aircraft was heard again. A tracker would see it stop dead. The rule: the
    position is unchanged to the last digit though the aircraft says that it moves, or does not say.
    """

    def __init__(self) -> None:
        self._last: dict[tuple[Identifier, ...], tuple[float, float]] = {}

    def add(self, state: StateVector) -> InputError | None:
        """The error `repeated` if this state adds no position to the one before it of the same aircraft."""
        key, place = state.identifiers[:1], (state.lon, state.lat)
        before, self._last[key] = self._last.get(key), place
        if before != place:
            return None
        east, north, _ = state.velocity
        if east is not None and north is not None and math.hypot(east, north) < STANDING_MPS:
            return None
        return InputError("repeated", f"{key[0].value if key else 'an aircraft'} moves, but its position does not")
