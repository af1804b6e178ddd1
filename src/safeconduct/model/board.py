"""The board: what a node shows, as numbered deltas over a snapshot."""

from dataclasses import dataclass
from enum import StrEnum

from safeconduct.model.flight import Flight
from safeconduct.model.identification import IdentifierConflict, SilentParty
from safeconduct.model.identifier import Identifier
from safeconduct.model.last_contact import ReachableArea
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


class DoubtReason(StrEnum):
    """What may have brought it about that a number is another aircraft's."""

    GAP = "gap"
    """The number was given again to an aircraft that was found after a silence."""
    CROSSING = "crossing"
    """Another aircraft was so close that the two may have changed numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardContact:
    """Where the aircraft of a lost track can be; all else of its last contact is in the track.

    Attributes:
        track: id of the lost track.
        reach: the area, for a time at which or before which it is made anew: until then the aircraft is within.
    """

    track: str
    reach: ReachableArea


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
        doubt_why: what may have brought that about; empty without doubt.
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
    doubt_why: tuple[DoubtReason, ...] = ()
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
        contacts: all areas of lost tracks as they now are, or None where unchanged.
    """

    number: int
    time: float
    rehearsal: bool
    tracks: tuple[BoardTrack, ...] = ()
    removed: tuple[str, ...] = ()
    flights: tuple[Flight, ...] = ()
    conflicts: tuple[IdentifierConflict, ...] | None = None
    contacts: tuple[BoardContact, ...] | None = None


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
    contacts: tuple[BoardContact, ...] = ()
