"""Declared flights that cross a sky from west to east, tracks made by hand, and an engine that watches them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from safeconduct.coordination.corridor import corridor
from safeconduct.kernels.arrays import Ints
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.detection import BatchBuilder, Claims, DetectionBatch
from safeconduct.model.flight import Flight, RoutePoint
from safeconduct.model.identification import EvidenceKind
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.model.track import TrackStatus, TrackTable
from safeconduct.picture.identification import Assessment, IdentificationEngine, IdentificationSettings
from safeconduct.picture.reach import Reach

HOME = (13.0, 32.0)
FRAME = SectorFrame(*HOME)
T0 = 1_700_000_000.0
SPEED, HEIGHT, WEST_M = 60.0, 3000.0, 36_000.0
EARLY_S, LATE_S = 120.0, 300.0
"""How the flights here pad their volumes."""
ADDRESS = Identifier(IdentifierKind.ICAO_ADDRESS, "0a1b2c")
OTHER = Identifier(IdentifierKind.ICAO_ADDRESS, "ffffff")
SERIAL = Identifier(IdentifierKind.REMOTE_ID_SERIAL, "1581F5")
CALLSIGN = Identifier(IdentifierKind.CALLSIGN, "UNO1")


@dataclass(frozen=True)
class Hand:
    """One track as a test means it: WGS-84 degrees, metres, m/s, Unix seconds."""

    number: int
    lon: float
    lat: float
    east_mps: float = 0.0
    north_mps: float = 0.0
    height_m: float = np.nan
    sigma_m: float = 20.0
    first_time: float = 0.0
    status: TrackStatus = TrackStatus.CONFIRMED
    doubt: float = 0.0


def table(time: float, hands: Sequence[Hand]) -> TrackTable:
    """The picture at a time (Unix seconds), rows ascending by number."""
    hands = sorted(hands, key=lambda hand: hand.number)

    def column(*names: str) -> Any:
        return np.array([[getattr(hand, name) for name in names] for hand in hands], float).reshape(-1, len(names))

    count = len(hands)
    height = column("height_m")[:, 0]
    sigma = column("sigma_m")[:, 0]
    return TrackTable(
        time=time,
        number=np.array([hand.number for hand in hands], np.int64),
        status=np.array([hand.status for hand in hands], np.int8),
        lon=column("lon")[:, 0],
        lat=column("lat")[:, 0],
        height_m=height,
        sigma_height_m=np.where(np.isnan(height), np.nan, 30.0),
        sigma_velocity_mps=np.full(count, 1.0),
        pressure_altitude_m=np.full(count, np.nan),
        velocity=np.column_stack([column("east_mps", "north_mps"), np.full(count, np.nan)]),
        covariance=np.column_stack([sigma**2, np.zeros(count), sigma**2]),
        first_time=column("first_time")[:, 0],
        last_time=np.full(count, time),
        last_lon=column("lon")[:, 0],
        last_lat=column("lat")[:, 0],
        last_height_m=height,
        doubt=column("doubt")[:, 0],
    )


def place(east_m: float, north_m: float) -> tuple[float, float]:
    """WGS-84 degrees of metres from home."""
    lon, lat = FRAME.to_degrees(np.array([east_m]), np.array([north_m]))
    return float(lon[0]), float(lat[0])


def flight(
    name: str = "F",
    north_m: float = 0.0,
    identifiers: Sequence[Identifier] = (),
    emits: Sequence[SensorKind] = (),
    *,
    routed: bool = True,
    bend_m: float = 0.0,
    padding_s: tuple[float, float] = (EARLY_S, LATE_S),
    **changes: Any,
) -> Flight:
    """Twenty minutes due east at 60 m/s, `north_m` north of home, from 36 km west of it; after ten minutes it turns so
    that it ends `bend_m` further north."""
    norths = {t: north_m + bend_m * max(t - 600, 0) / 600 for t in range(0, 1201, 60)}
    points = tuple(RoutePoint(*place(SPEED * t - WEST_M, north), HEIGHT, T0 + t) for t, north in norths.items())
    early_s, late_s = padding_s
    volumes = corridor(points, half_width_m=2000.0, vertical_m=300.0, early_s=early_s, late_s=late_s, frame=FRAME)
    values: dict[str, Any] = {
        "id": name, "party": "un", "aircraft": Aircraft(type="male_uav", identifiers=tuple(identifiers)),
        "volumes": volumes, "route": points if routed else (), "emits": frozenset(emits),
    }  # fmt: skip
    return Flight(**(values | changes))


def redeclared(one: Flight) -> Flight:
    """The next version of a flight, which declares a little else: its last volume reaches a metre higher."""
    *before, last = one.volumes
    return replace(one, version=one.version + 1, volumes=(*before, replace(last, upper_m=last.upper_m + 1.0)))


def sensor(kind: SensorKind, name: str = "", east_m: float = 0.0, north_m: float = 0.0, range_m: float = 2e5) -> Sensor:
    """One on a hill; at home it surely sees and hears all that these flights cross."""
    lon, lat = place(east_m, north_m)
    return Sensor(
        id=name or f"{kind}", party="un", kind=kind, lon=lon, lat=lat, alt_m=500.0,
        range_m=range_m, small_target_range_m=range_m,
    )  # fmt: skip


def flown(number: int, after_s: float, late_s: float, north_m: float, **changes: Any) -> Hand:
    """A track that flies east beside the plans, `late_s` behind them."""
    values = {"height_m": HEIGHT, "first_time": T0} | changes
    return Hand(number, *place(SPEED * (after_s - late_s) - WEST_M, north_m), SPEED, 0.0, **values)


def saying(
    after_s: float, number: int, at: tuple[float, float], *said: Identifier, signed: bool = False
) -> tuple[DetectionBatch, Any]:
    """A claim of a track that flies so late and so far north, and the number of that track."""
    builder = BatchBuilder()
    late, north = at
    lon, lat = place(SPEED * (after_s - late) - WEST_M, north)
    claims = Claims(said, authenticated=signed)
    builder.add(time=T0 + after_s, received=T0 + after_s, sensor="adsb", lon=lon, lat=lat, claims=claims)
    return builder.build(), np.array([number])


WATCHED = Reach([sensor(SensorKind.RADAR), sensor(SensorKind.ADSB)])
"""Radars see and receivers hear all of it: if a flight is there, it is one of the tracks."""
LOUD = flight("F", 0.0, [ADDRESS], [SensorKind.ADSB])
AWAY = (0.0, 30_000.0)
"""Far from all plans: nobody there is one that keeps near a declared flight."""
BENT = flight("F", 0.0, [ADDRESS], [SensorKind.ADSB], bend_m=24_000.0)
"""It turns to the left after ten minutes."""

Flying = Mapping[int, tuple[float, float]]
"""Of each track by number: seconds late, metres north of home."""


class Sky:
    """Tracks that fly east beside the plans, and an engine that watches them; without a reach silence says nothing."""

    def __init__(self, *flights: Flight, reach: Reach | None = None, **kinds: Any) -> None:
        self.engine = IdentificationEngine(FRAME, flights, IdentificationSettings(**kinds))
        self.reach = reach

    def hear(
        self, after_s: float, number: int, at: tuple[float, float], *said: Identifier, signed: bool = False
    ) -> None:
        """A claim is heard of a track."""
        self.engine.observe(*saying(after_s, number, at, *said, signed=signed))

    def assess(self, after_s: float, tracks: Flying, **changes: Any) -> Assessment:
        """What is thought of the tracks now."""
        hands = [flown(number, after_s, *at, **changes) for number, at in tracks.items()]
        return self.engine.assess(table(T0 + after_s, hands), self.reach)

    def watch(
        self,
        tracks: Flying,
        *,
        start: float = 300.0,
        seconds: float = 240.0,
        says: Mapping[int, Sequence[Identifier]] | None = None,
        signed: Sequence[int] = (),
    ) -> Assessment:
        """What is thought of them after a while of looking every ten seconds; they speak each time."""
        for after in np.arange(start, start + seconds, 10.0).tolist():
            for number, said in (says or {}).items():
                self.hear(after, number, tracks[number], *said, signed=number in signed)
            last = self.assess(after, tracks)
        return last


def column_of(assessment: Assessment, name: str) -> int:
    """Of the flight of that name."""
    return [flight.id for flight in assessment.flights].index(name)


def probability(assessment: Assessment, number: int, name: str) -> float:
    """That a track is a flight; 0 for one that is not considered."""
    if name not in {flight.id for flight in assessment.flights}:
        return 0.0
    return assessment.of(assessment.tracks.number.tolist().index(number), column_of(assessment, name))


def pair_of(assessment: Assessment, number: int, name: str) -> int:
    """The index of a pair that is considered."""
    mine = assessment.pairs.of(assessment.tracks.number.tolist().index(number))
    (at,) = np.flatnonzero(assessment.pairs.column[mine] == column_of(assessment, name)).tolist()
    return int(mine.start + at)


def item(assessment: Assessment, kind: EvidenceKind, number: int = 1, name: str = "F") -> float:
    """What some evidence weighs for a pair, nats."""
    return float(assessment.items[kind][pair_of(assessment, number, name)])


def turned(sky: Sky, until_s: float = 800.0, number: int = 1, since_s: float = 300.0, doubt: float = 0.0) -> Assessment:
    """A track that turns with `BENT` after ten minutes; its doubt in the last two looks."""
    for after in np.arange(since_s, until_s, 10.0).tolist():
        north, climb = 40.0 * max(after - 600.0, 0.0), 40.0 if after > 600.0 else 0.0
        one = Hand(number, *place(SPEED * after - WEST_M, north), SPEED, climb, height_m=HEIGHT, first_time=T0)
        said = sky.engine.assess(table(T0 + after, [replace(one, doubt=doubt if after >= until_s - 20.0 else 0.0)]))
    return said


def classified(kind: str) -> tuple[DetectionBatch, Ints]:
    """A camera that takes track 1 for something, with three other types as possible."""
    builder, others = BatchBuilder(), dict.fromkeys(("male_uav", "quadcopter", "airliner"), 0.1)
    seen = Claims((), classification=others | {kind: 0.8})
    builder.add(time=T0 + 300, received=T0 + 300, sensor="cam", range_m=5e3, azimuth_deg=5.0, claims=seen)
    return builder.build(), np.array([1])
