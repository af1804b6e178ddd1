"""Tracks: what the detections of one aircraft are fused into."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from safeconduct.model.registration import SensorRegistration

Floats = npt.NDArray[np.float64]


class TrackStatus(IntEnum):
    """Life of a track. The allowed moves are `TRACK_MOVES`."""

    TENTATIVE = 0
    """Too few detections to believe in; shown to nobody."""
    CONFIRMED = 1
    COASTING = 2
    """Believed in, but not heard of when it should have been; predicted."""
    LOST = 3
    """Over. Its last contact stays, and its number comes back only with a sure `Continuation`."""


TRACK_MOVES: Mapping[TrackStatus, frozenset[TrackStatus]] = {
    TrackStatus.TENTATIVE: frozenset({TrackStatus.CONFIRMED, TrackStatus.LOST}),
    TrackStatus.CONFIRMED: frozenset({TrackStatus.COASTING, TrackStatus.LOST}),
    TrackStatus.COASTING: frozenset({TrackStatus.CONFIRMED, TrackStatus.LOST}),
    TrackStatus.LOST: frozenset({TrackStatus.CONFIRMED}),
}


def track_name(number: int) -> str:
    """The durable id of a track on this node, as people and wires see it ("t7")."""
    return f"t{number}"


def track_number(name: str) -> int:
    """The number of a track's id; -1 for what is no such id."""
    digits = name.removeprefix("t")
    return int(digits) if name.startswith("t") and digits.isascii() and digits.isdigit() else -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrackTable:
    """n tracks at one moment, as a struct of arrays; rows ascend by number.

    Attributes:
        time: the moment that the states are predicted to, Unix seconds UTC.
        number: durable track number, never used twice by one tracker.
        status: `TrackStatus`.
        lon, lat: WGS-84 degrees.
        height_m: metres above the ellipsoid; NaN where never measured.
        sigma_height_m: one standard deviation of it; NaN likewise.
        sigma_velocity_mps: one standard deviation of each horizontal component of the velocity.
        pressure_altitude_m: last one sent, metres in the standard atmosphere; NaN where none.
        velocity: (n, 3): east, north, up, m/s; up is NaN where never measured.
        covariance: (n, 3): east-east, east-north, north-north of the position, m².
        first_time: measurement time of the first detection.
        last_time: measurement time of the last contact.
        last_lon, last_lat, last_height_m: estimate at the last contact.
        doubt: probability that this is not the aircraft that bore the number at first; 0 where there was no occasion.
    """

    time: float
    number: npt.NDArray[np.int64]
    status: npt.NDArray[np.int8]
    lon: Floats
    lat: Floats
    height_m: Floats
    sigma_height_m: Floats
    sigma_velocity_mps: Floats
    pressure_altitude_m: Floats
    velocity: Floats
    covariance: Floats
    first_time: Floats
    last_time: Floats
    last_lon: Floats
    last_lat: Floats
    last_height_m: Floats
    doubt: Floats

    def __len__(self) -> int:
        return len(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """A track that may be of an aircraft that was lost before under another number.

    A sure one is `taken`: the later track bears the earlier number from then on. A doubtful one joins nothing: both
    numbers stay, and what was known of the earlier one counts for the later one at most as far as `probability`. One
    track may have several doubtful ones, whose probabilities sum to at most 1.

    Attributes:
        number: that the later track had when it was confirmed.
        of: number of the earlier one.
        gap_s: from the last contact with the earlier one to the first detection of the later one.
        taken: whether the later one is `of` now, and `number` is used no more.
    """

    number: int
    of: int
    probability: float
    gap_s: float
    taken: bool


@dataclass(frozen=True, slots=True)
class Joined:
    """A confirmed track that is of the same aircraft as another one.

    Attributes:
        number: of the younger track, which is no more, unless late plots show that they were two after all: then it is
            confirmed again.
        of: number of the older one, which goes on.
    """

    number: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrackChanges:
    """What one `Tracker.update` did.

    Attributes:
        assigned: (n,) for each detection of the batch, in its order: the number of the track it went to or began;
            -1 where it was set aside, or is a direction that is of no track. A detection given again with a signature
            that was checked is set aside and has the number of the track that it went to at first.
        confirmed: numbers of tracks that became confirmed.
        lost: the tracks that ended after having been confirmed, as they were at their last contact.
        continued: what was found out of tracks across gaps. Numbers in `assigned`, `confirmed` and `lost` are those
            after it; detections of earlier batches went to a taken track under `Continuation.number`.
        joined: tracks that proved to be of an aircraft with an older track, and ended with that; they were not lost.
        reported: the sensors of which something new is to be told: a new state, or another correction.
    """

    assigned: npt.NDArray[np.int64]
    confirmed: tuple[int, ...]
    lost: TrackTable
    continued: tuple[Continuation, ...] = ()
    joined: tuple[Joined, ...] = ()
    reported: tuple[SensorRegistration, ...] = ()
