"""ADS-B messages of one receiver -> detections: the state between messages, as a pure machine.

One aircraft's position, velocity, callsign and accuracy come in separate messages. This keeps the newest of each by
address and writes a row whenever a position can be told. Phantom positions, the plague of ADS-B decoders, are kept out
by following *lines*: a line is one aircraft flying under an address.

1. A position message belongs to a line if it decodes (in the zone nearest to the line's last place) to somewhere that
   an aircraft could have reached since. Then it moves the line on.
2. A message that fits no line waits for one of the other parity; the two together begin a new line (DO-260B A.1.7.7,
   A.1.7.8), if the places of the two agree to what can be flown between them. An even frame of one aircraft and an odd
   frame of another also decode to somewhere, where neither is; but there the two places are up to 5.6 km apart in
   either axis, so that nearly all such pairs are refused.
3. A new line writes nothing until one later message of each parity has fitted it too.
4. A line that has not moved for `LINE_AGE_S` is over, one still on trial after `TRIAL_AGE_S`.

So two aircraft under one address (a wrong setting, a relay, a lie) come out as two rows of detections with the same
claim, each where it says it is. An address is a claim; who is telling the truth is not decided here.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from safeconduct.codecs import cpr
from safeconduct.codecs.cpr import Cpr
from safeconduct.codecs.mode_s import ModeSMessage
from safeconduct.codecs.mode_s_velocity import Velocity
from safeconduct.errors import InputError
from safeconduct.model.detection import BatchBuilder, Claims
from safeconduct.model.identifier import Identifier, IdentifierKind

PAIR_AGE_AIRBORNE_S = 10.0
"""Furthest apart that two airborne frames tell their zone (DO-260B 2.2.10.3.1, A.1.7.7)."""
PAIR_AGE_SURFACE_S = 25.0
"""The same for surface frames, at any speed (50 s only below 25 kt; DO-260B A.1.7.8)."""
LINE_AGE_S = 60.0
"""A line is followed across gaps up to this long."""
TRIAL_AGE_S = 25.0
LINES, WAITING = 8, 8
"""At most so many lines and waiting messages are kept under one address, whatever is transmitted."""
AIRBORNE_REACH_MPS = 700.0
"""Faster than any aircraft that type 19 was made for reports itself (1,021 kt subsonic is 525 m/s)."""
SURFACE_REACH_MPS = 150.0
"""Faster than any aircraft lands."""
REACH_SLACK_M = 500.0
"""For late receive times and coarse positions."""
PAIR_SLACK_M = 100.0
"""The same between the two messages of a pair, where it decides over phantoms."""
RECEPTION_RANGE_M = 600_000.0
"""No receiver on the ground hears an aircraft below 20 km further away than this."""
SURFACE_RECEPTION_M = 83_000.0
"""45 NM: surface positions tell one of eight places only this near to the receiver (DO-260B A.1.7.8)."""
VELOCITY_AGE_S = 2.5
"""A velocity is sent twice a second; older than this it belongs to another moment."""
DIFFERENCE_AGE_S = 60.0
"""The difference between GNSS height and barometric altitude moves slowly, with weather and level."""
CALLSIGN_AGE_S = 60.0
"""Callsigns are sent every 5 s (10 s on the ground); evidence that is not renewed fades."""
ACCURACY_AGE_S = 60.0
PROOF_AGE_S = 60.0
"""How long after an address proved itself a frame with overlaid address is believed to come from it."""
FORGET_AGE_S = 300.0
MEAN_RADIUS_M = 6_371_008.8
"""Mean radius of the WGS-84 ellipsoid."""

NINETY_FIVE_PERCENT = math.sqrt(-2.0 * math.log(0.05))
"""Radius that holds 95 % of a circular normal distribution, in standard deviations per axis: 2.448."""
NAC_P_RADIUS_M = (None, 18_520.0, 7_408.0, 3_704.0, 1_852.0, 926.0, 555.6, 185.2, 92.6, 30.0, 10.0, 3.0)
"""95 % bound of the horizontal position error by NACp (DO-260B table A-13); 0 is unknown."""
NUC_P_RADIUS_M = (None, 18_520.0, 9_260.0, 1_852.0, 926.0, 463.0, 185.2, 92.6, 10.0, 3.0)
"""The same by NUCp, of version 0 transponders (DO-260; type codes to NUCp in DO-260B appendix N); 0 is unknown."""
GVA_BOUND_M = (None, 150.0, 45.0, None)
"""95 % bound of the GNSS height error by GVA of version 2 (DO-260B 2.2.3.2.7.2.8); 0 unknown, 3 reserved."""
NINETY_FIVE_PERCENT_LINE = 1.96
"""The same for one axis."""
UNSTATED_HEIGHT_SIGMA_M = 50.0
"""Of a GNSS height without GVA: before version 2 it may be above mean sea level, up to 106 m off (geoid)."""


T = TypeVar("T")


def _fresh(kept: tuple[float, T] | None, now: float, age: float) -> T | None:
    return kept[1] if kept is not None and now - kept[0] <= age else None


@dataclass(slots=True)
class _Line:
    """One aircraft flying under an address; on trial until both parities have fitted."""

    lon: float
    lat: float
    time: float
    fitted: set[bool] = field(default_factory=set)

    @property
    def believed(self) -> bool:
        return len(self.fitted) == 2

    def is_over(self, time: float) -> bool:
        return time - self.time > (LINE_AGE_S if self.believed else TRIAL_AGE_S)


@dataclass(slots=True)
class _Aircraft:
    """The newest of everything heard under one address, each with its time."""

    identifiers: tuple[Identifier, ...]
    heard: float
    proven: float = -math.inf
    velocity: tuple[float, Velocity] | None = None
    difference: tuple[float, float] | None = None
    altitude: tuple[float, float] | None = None
    callsign: tuple[float, Identifier] | None = None
    status: tuple[float, ModeSMessage] | None = None
    lines: list[_Line] = field(default_factory=list)
    waiting: deque[tuple[float, Cpr]] = field(default_factory=lambda: deque(maxlen=WAITING))
    claims: Claims = field(default_factory=Claims)

    def remember(self, message: ModeSMessage, time: float) -> None:
        """Keep what this message says for the positions to come."""
        self.heard = time
        if message.address_proven:
            self.proven = time
        if message.velocity is not None and message.cpr is None:
            self.velocity = time, message.velocity
            if message.velocity.height_minus_pressure_altitude_m is not None:
                self.difference = time, message.velocity.height_minus_pressure_altitude_m
        if message.pressure_altitude_m is not None and message.cpr is None:
            self.altitude = time, message.pressure_altitude_m
        if message.callsign is not None:
            self.callsign = time, Identifier(IdentifierKind.CALLSIGN, message.callsign)
        if message.version is not None:
            self.status = time, message

    def claimed(self, time: float) -> Claims:
        """What it calls itself now; the same object as long as that is the same."""
        callsign = _fresh(self.callsign, time, CALLSIGN_AGE_S)
        said = self.identifiers if callsign is None else (*self.identifiers, callsign)
        if said != self.claims.identifiers:
            self.claims = Claims(said)
        return self.claims


def _distance_m(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Great circle on a sphere: good to 0.6 %, and these gates are wider than that."""
    half_north = math.radians(other_lat - lat) / 2.0
    half_east = math.radians(other_lon - lon) / 2.0
    across = math.cos(math.radians(lat)) * math.cos(math.radians(other_lat))
    chord = math.sin(half_north) ** 2 + across * math.sin(half_east) ** 2
    return 2.0 * MEAN_RADIUS_M * math.asin(min(1.0, math.sqrt(chord)))


class AdsbAssembler:
    """All aircraft that one receiver hears. Feed it every message in order of time.

    Arguments:
        sensor: id of the receiver, for the rows.
        reject: called with each message's error that is set aside: `unconfirmed-address` (overlaid address that has
            not proved itself), `implausible-position` (fits none of the lines of its aircraft), `no-reference`
            (surface positions, and the receiver's place is not known), `out-of-range`.
        place: (lon, lat) of the receiver, degrees, if known.
        range_m: positions further than this from `place` are not believed.
    """

    def __init__(
        self,
        sensor: str,
        reject: Callable[[InputError], None],
        *,
        place: tuple[float, float] | None = None,
        range_m: float = RECEPTION_RANGE_M,
    ) -> None:
        self._sensor, self._reject, self._place, self._range_m = sensor, reject, place, range_m
        self._aircraft: dict[tuple[str, bool], _Aircraft] = {}
        self._swept = -math.inf

    def take(self, message: ModeSMessage, time: float, rows: BatchBuilder) -> None:
        """One message received at `time` (Unix seconds, never decreasing); adds a row if it gives a position."""
        if time - self._swept > FORGET_AGE_S:
            self._forget(time)
        key = message.address, message.address_is_icao
        aircraft = self._aircraft.get(key)
        if not message.address_proven and (aircraft is None or time - aircraft.proven > PROOF_AGE_S):
            self._reject(
                InputError(
                    "unconfirmed-address", f"DF {message.df} of {message.address}, which has not proved itself lately"
                )
            )
            return
        if aircraft is None:
            aircraft = self._aircraft[key] = _newcomer(message, time)
        aircraft.remember(message, time)
        if message.cpr is not None:
            place = self._locate(aircraft, message.cpr, message.address, time)
            if place is not None:
                self._write(aircraft, message, place, time, rows)

    def _forget(self, time: float) -> None:
        """Drops aircraft that have long been silent, so that a receiver can run for ever."""
        self._swept = time
        self._aircraft = {key: kept for key, kept in self._aircraft.items() if time - kept.heard <= FORGET_AGE_S}

    def _locate(self, aircraft: _Aircraft, sent: Cpr, address: str, time: float) -> tuple[float, float] | None:
        """Where the aircraft is by this message; None while that is not certain."""
        aircraft.lines = [line for line in aircraft.lines if not line.is_over(time)]
        fitting = []
        for line in aircraft.lines:
            place = cpr.near(sent, line.lon, line.lat)
            if place is not None:
                moved = _distance_m(line.lon, line.lat, *place)
                if moved <= REACH_SLACK_M + _reach_m(sent, time - line.time):
                    fitting.append((moved, line, place))
        if fitting:
            _, line, place = min(fitting, key=lambda fit: fit[0])
            line.lon, line.lat, line.time = *place, time
            line.fitted.add(sent.odd)
            return place if line.believed else None
        if aircraft.lines:
            self._reject(InputError("implausible-position", f"{address} cannot be there by now"))
        if len(aircraft.lines) < LINES:
            place = self._pair(aircraft, sent, address, time)
            if place is not None:
                aircraft.lines.append(_Line(*place, time))
        return None

    def _pair(self, aircraft: _Aircraft, sent: Cpr, address: str, time: float) -> tuple[float, float] | None:
        """Where a message and the newest waiting one that agrees with it say a new line begins."""
        if sent.surface and self._place is None:
            self._reject(
                InputError("no-reference", f"{address} is on the ground", remedy="declare the receiver's place")
            )
            return None
        limit = min(self._range_m, SURFACE_RECEPTION_M) if sent.surface else self._range_m
        for waiting in reversed(aircraft.waiting):
            place = self._agreed(waiting, sent, time)
            if place is None:
                continue
            aircraft.waiting.remove(waiting)
            if self._place is None or _distance_m(*self._place, *place) <= limit:
                return place
            there = f"{place[1]:.4f}, {place[0]:.4f}"
            self._reject(InputError("out-of-range", f"{address} cannot be heard from {there}"))
            return None
        aircraft.waiting.append((time, sent))
        return None

    def _agreed(self, waiting: tuple[float, Cpr], sent: Cpr, time: float) -> tuple[float, float] | None:
        """The place of a pair, if it is one and its two places agree."""
        then, other = waiting
        age = PAIR_AGE_SURFACE_S if sent.surface else PAIR_AGE_AIRBORNE_S
        if other.odd == sent.odd or other.surface != sent.surface or time - then > age:
            return None
        if not sent.surface:
            place = cpr.airborne(other, sent)
        elif self._place is not None:
            place = cpr.surface(other, sent, *self._place)
        else:
            return None
        before = place and cpr.near(other, *place)
        if place is None or before is None:
            return None
        return place if _distance_m(*before, *place) <= PAIR_SLACK_M + _reach_m(sent, time - then) else None

    def _write(
        self,
        aircraft: _Aircraft,
        message: ModeSMessage,
        place: tuple[float, float],
        time: float,
        rows: BatchBuilder,
    ) -> None:
        """The row. With two lines alive nobody can say whose the velocity is, so it gets none."""
        alone = sum(line.believed for line in aircraft.lines) == 1
        pressure_altitude_m = message.pressure_altitude_m
        if pressure_altitude_m is None and alone:
            pressure_altitude_m = _fresh(aircraft.altitude, time, VELOCITY_AGE_S)
        height_m = message.height_m
        if height_m is None and alone and pressure_altitude_m is not None:
            difference = _fresh(aircraft.difference, time, DIFFERENCE_AGE_S)
            height_m = None if difference is None else pressure_altitude_m + difference
        velocity = message.velocity or (_fresh(aircraft.velocity, time, VELOCITY_AGE_S) if alone else None)
        status = _fresh(aircraft.status, time, ACCURACY_AGE_S)
        rows.add(
            time=time,
            received=time,
            sensor=self._sensor,
            lon=place[0],
            lat=place[1],
            height_m=height_m,
            pressure_altitude_m=pressure_altitude_m,
            covariance=_covariance(message, status),
            sigma_height_m=None if height_m is None else _sigma_height_m(status),
            velocity=None if velocity is None else (velocity.east_mps, velocity.north_mps, velocity.up_mps),
            claims=aircraft.claimed(time),
        )


def _newcomer(message: ModeSMessage, time: float) -> _Aircraft:
    address = (Identifier(IdentifierKind.ICAO_ADDRESS, message.address),) if message.address_is_icao else ()
    return _Aircraft(identifiers=address, heard=time)


def _reach_m(sent: Cpr, elapsed_s: float) -> float:
    """How far an aircraft may have come."""
    return elapsed_s * (SURFACE_REACH_MPS if sent.surface else AIRBORNE_REACH_MPS)


def _covariance(message: ModeSMessage, status: ModeSMessage | None) -> tuple[float, float, float] | None:
    """By NACp where the transponder has said that its version has one; else the type code as version 0 means it,
    which is how an aircraft of unknown version is to be read (DO-260B appendix N)."""
    if status is not None and status.version:
        radius = None if status.nac_p is None or status.nac_p > 11 else NAC_P_RADIUS_M[status.nac_p]
    else:
        radius = None if message.nuc_p is None else NUC_P_RADIUS_M[message.nuc_p]
    if radius is None:
        return None
    variance = (radius / NINETY_FIVE_PERCENT) ** 2
    return variance, 0.0, variance


def _sigma_height_m(status: ModeSMessage | None) -> float:
    bound = None if status is None or status.gva is None else GVA_BOUND_M[status.gva]
    return UNSTATED_HEIGHT_SIGMA_M if bound is None else bound / NINETY_FIVE_PERCENT_LINE
