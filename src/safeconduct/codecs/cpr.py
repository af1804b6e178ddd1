"""Compact Position Reporting: how ADS-B packs latitude and longitude into 17 bits each (DO-260B appendix A.1.7).

The globe is cut into zones, and a position is sent as the place within its zone. Two zone sizes alternate (even and
odd frames): a pair of both tells the zone; afterwards one frame is enough, read in the zone nearest to where the
aircraft just was.

| quantity | airborne | surface | clause |
|---|---|---|---|
| zone height, even / odd | 360/60, 360/59 degrees | 90/60, 90/59 degrees | A.1.7.2 |
| zones round the globe at a latitude | NL(lat) even, NL(lat) - 1 odd, at least 1 | the same on 90 degrees | A.1.7.2 d |
| step | zone / 2^17, 5.1 m north-south | zone / 2^17, 1.3 m | A.1.7.3 |
| a pair decodes to | one place | eight: two latitudes, four longitudes | A.1.7.7, A.1.7.8 |
| one frame decodes near a reference within | half a zone, 180 NM | half a zone, 45 NM | A.1.7.5, A.1.7.6 |

Angles are WGS-84 degrees; every function here returns (lon, lat), longitude in -180 <= lon < 180.
"""

import math
from bisect import bisect_left
from typing import NamedTuple

LATITUDE_ZONES = 15
"""NZ: zones between equator and pole in the odd/even scheme (A.1.7.2 a)."""
STEPS = 1 << 17
"""Steps a zone is divided into: 17 bits are sent (A.1.7.1)."""


class Cpr(NamedTuple):
    """One encoded position as transmitted: 17-bit `lat` and `lon`, the odd flag, and which of the two scales."""

    lat: int
    lon: int
    odd: bool
    surface: bool


def _transition(zones: int) -> float:
    """The latitude where the number of longitude zones falls below `zones` (A.1.7.2 d, solved for latitude)."""
    ratio = (1 - math.cos(math.pi / (2 * LATITUDE_ZONES))) / (1 - math.cos(2 * math.pi / zones))
    return math.degrees(math.acos(math.sqrt(ratio)))


_TRANSITIONS = [_transition(zones) for zones in range(4 * LATITUDE_ZONES - 1, 1, -1)]


def longitude_zones(lat: float) -> int:
    """NL: even longitude zones at this latitude, 59 at the equator, 1 beyond 87 degrees (A.1.7.2 d)."""
    return 4 * LATITUDE_ZONES - 1 - bisect_left(_TRANSITIONS, abs(lat))


def _zone_height(odd: bool, surface: bool) -> float:
    return (90.0 if surface else 360.0) / (4 * LATITUDE_ZONES - odd)


def _zone_width(lat: float, odd: bool, surface: bool) -> float:
    return (90.0 if surface else 360.0) / max(longitude_zones(lat) - odd, 1)


def _east(lon: float) -> float:
    """The same meridian in -180..180."""
    return (lon + 180.0) % 360.0 - 180.0


def encode(lon: float, lat: float, *, odd: bool, surface: bool) -> Cpr:
    """The position as an aircraft would send it (A.1.7.3); for tests and simulated transponders."""
    height = _zone_height(odd, surface)
    row = math.floor(STEPS * (lat % height) / height + 0.5)
    sent_lat = height * (row / STEPS + math.floor(lat / height))
    width = _zone_width(sent_lat, odd, surface)
    column = math.floor(STEPS * (lon % width) / width + 0.5)
    return Cpr(row % STEPS, column % STEPS, odd, surface)


def _nearest(fraction: float, zone: float, reference: float) -> float:
    """The coordinate at this fraction of a zone, in the zone that puts it nearest to the reference."""
    return zone * (math.floor(reference / zone + 0.5 - fraction) + fraction)


def near(sent: Cpr, lon: float, lat: float) -> tuple[float, float] | None:
    """The place that one frame means, if it lies within half a zone of (lon, lat) (A.1.7.5, A.1.7.6).

    None where the nearest solution lies beyond a pole: then the reference was wrong.
    """
    found_lat = _nearest(sent.lat / STEPS, _zone_height(sent.odd, sent.surface), lat)
    if abs(found_lat) > 90.0:
        return None
    width = _zone_width(found_lat, sent.odd, sent.surface)
    return _east(_nearest(sent.lon / STEPS, width, lon)), found_lat


def _latitudes(even: Cpr, odd: Cpr, span: float) -> tuple[float, float]:
    """Latitudes that the even and the odd frame give once the pair has told the zone, in 0..span (A.1.7.7 a-c)."""
    zones = 4 * LATITUDE_ZONES
    index = math.floor(((zones - 1) * even.lat - zones * odd.lat) / STEPS + 0.5)
    return (
        span / zones * (index % zones + even.lat / STEPS),
        span / (zones - 1) * (index % (zones - 1) + odd.lat / STEPS),
    )


def _longitude(even: Cpr, odd: Cpr, lat: float, newest: Cpr, span: float) -> float:
    """Longitude of the newest frame of the pair, in 0..span (A.1.7.7 e-g)."""
    zones = longitude_zones(lat)
    index = math.floor((even.lon * (zones - 1) - odd.lon * zones) / STEPS + 0.5)
    count = max(zones - newest.odd, 1)
    return span / count * (index % count + newest.lon / STEPS)


def airborne(older: Cpr, newest: Cpr) -> tuple[float, float] | None:
    """The place of the newest of two airborne frames, one even and one odd, without a reference (A.1.7.7).

    The caller sees to it that they are at most 10 s apart: further apart the aircraft may have moved so far that the
    pair tells a wrong zone. None where the two lie in different longitude zones, or beyond a pole.
    """
    even, odd = (older, newest) if newest.odd else (newest, older)
    lat_even, lat_odd = (lat - 360.0 if lat >= 270.0 else lat for lat in _latitudes(even, odd, 360.0))
    if max(abs(lat_even), abs(lat_odd)) > 90.0 or longitude_zones(lat_even) != longitude_zones(lat_odd):
        return None
    lat = lat_odd if newest.odd else lat_even
    return _east(_longitude(even, odd, lat, newest, 360.0)), lat


def surface(older: Cpr, newest: Cpr, lon: float, lat: float) -> tuple[float, float] | None:
    """As `airborne`, of two surface frames: the solution nearest to the reference (lon, lat) of eight (A.1.7.8).

    The reference must lie within 45 NM (A.1.7.8), which only a receiver that knows its place can promise.
    """
    even, odd = (older, newest) if newest.odd else (newest, older)
    north = _latitudes(even, odd, 90.0)
    lat_even, lat_odd = (min((found, found - 90.0), key=lambda each: abs(each - lat)) for found in north)
    if longitude_zones(lat_even) != longitude_zones(lat_odd):
        return None
    found_lat = lat_odd if newest.odd else lat_even
    first = _longitude(even, odd, found_lat, newest, 90.0)
    quadrants = (_east(first + 90.0 * quarter) for quarter in range(4))
    return min(quadrants, key=lambda each: abs(_east(each - lon))), found_lat
