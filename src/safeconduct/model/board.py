"""The board: what a node shows, as numbered deltas over a snapshot."""

from dataclasses import dataclass
from enum import StrEnum

from safeconduct.model.flight import Flight
from safeconduct.model.identification import IdentifierConflict, SilentParty
from safeconduct.model.identifier import Identifier
from safeconduct.model.party import Party
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor
from safeconduct.model.standing import Standing


class BoardStatus(StrEnum):
    """The statuses of a track that a viewer sees."""

    CONFIRMED = "confirmed"
    COASTING = "coasting"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastContact:
    """Where a track was when it was last heard of: Unix seconds, WGS-84 degrees, metres above the ellipsoid."""

    time: float
    lon: float
    lat: float
    height_m: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierTrack:
    """A lost track of which another one may be the continuation, and how probably."""

    id: str
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardTrack:
    """One track as shown: state, standing and the probability behind it. The reasons are fetched when asked for.

    Attributes:
        velocity: east, north, up, m/s.
        covariance: east-east, east-north, north-north of the position, m².
        flight, probability: the flight that the standing names and its probability; without one, None and the
            probability that it is none of the declared flights.
        conflicts: identifiers that it claims and another claims elsewhere.
        silent: where the standing names no flight: who has said nothing, and why (law 1).
        doubt: probability that this is not the aircraft that bore the id at first.
        continues: lost tracks that it may be the continuation of, the likeliest first; nobody can be sure.
    """

    id: str
    status: BoardStatus
    time: float
    lon: float
    lat: float
    height_m: float | None
    pressure_altitude_m: float | None
    velocity: tuple[float, float, float | None]
    covariance: tuple[float, float, float]
    first_time: float
    last_contact: LastContact
    identifiers: tuple[Identifier, ...]
    standing: Standing
    flight: str | None
    probability: float
    shadowed: bool
    conflicts: tuple[Identifier, ...]
    silent: tuple[SilentParty, ...]
    doubt: float = 0.0
    continues: tuple[EarlierTrack, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardDelta:
    """What changed between board `number` - 1 and board `number`.

    Attributes:
        time: the board's time, Unix seconds UTC (simulated in a rehearsal).
        rehearsal: true where nothing of this is real (law 9).
        tracks: tracks that are new or different, whole.
        removed: ids of tracks to forget.
        flights: flights that are new or different, whole.
        conflicts: all identifier conflicts as they now are, or None where unchanged.
    """

    number: int
    time: float
    rehearsal: bool
    tracks: tuple[BoardTrack, ...] = ()
    removed: tuple[str, ...] = ()
    flights: tuple[Flight, ...] = ()
    conflicts: tuple[IdentifierConflict, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardSnapshot:
    """The board at `number`, whole; deltas from `number` + 1 apply to it.

    Attributes:
        epoch: changes when the numbering starts anew (the node restarted); a resume across epochs gets a snapshot.
        node: id of the party whose node this is.
        rehearsal: true where nothing of this is real (law 9).
        notice: what must be said on screen about this picture; empty for nothing.
    """

    epoch: str
    number: int
    time: float
    node: str
    title: str
    rehearsal: bool
    notice: str
    parties: tuple[Party, ...]
    sensors: tuple[Sensor, ...]
    sectors: tuple[Sector, ...]
    flights: tuple[Flight, ...]
    tracks: tuple[BoardTrack, ...]
    conflicts: tuple[IdentifierConflict, ...]
