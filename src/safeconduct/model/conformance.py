"""How a flight keeps to what it declared, by what this node's own sensors saw of it.

The limits are those of ASTM F3548-21, under their names there, as `uas_standards.astm.f3548.v21.constants` has them.
"""

from dataclasses import dataclass
from enum import StrEnum

from safeconduct.model.standing import Standing

OI_MIN_CONFORMANCE = 0.95
"""OiMinConformancePercent: the share of a flight's time that it is to be within its volumes."""
OI_MAX_DURATION_PER_EXCURSION_S = 10.0
"""OiMaxDurationPerExcursionSeconds: an excursion that lasts longer counts."""
OI_MAX_EXCURSIONS_PER_FLIGHT_HOUR = 18.0
"""OiMaxExcursionsPerFlightHour: 18 excursions of 10 s are just 5 % of an hour."""
MAX_RECOVERABLE_TIME_IN_NONCONFORMING_STATE_S = 60.0
"""MaxRecoverableTimeInNonconformingStateSeconds: after this it is no more taken to be able to come back."""
OI_MAX_UPDATE_RESTORE_CONF_S = 5.0
"""OiMaxUpdateRestoreConfSeconds: once it is back, this is to be known within."""
USER_OI_STATE_CHANGE_NOTIFICATION_MAX_S = 5.0
"""UserOiStateChangeNotificationMaxSeconds: its operator is to be told within this."""


class ConformanceState(StrEnum):
    """What the flight does, as seen; the last two under the names that F3548 section 4.4 has for such a flight. Its
    declared state (`FlightState`) is another thing: that is its operator's word."""

    CONFORMING = "Conforming"
    """Within its volumes, as far as can be told."""
    EXCURSION = "Excursion"
    """Outside, or only just back, and not for longer than `OI_MAX_DURATION_PER_EXCURSION_S` so far."""
    NONCONFORMING = "Nonconforming"
    """Outside for longer."""
    CONTINGENT = "Contingent"
    """... and for `MAX_RECOVERABLE_TIME_IN_NONCONFORMING_STATE_S` more."""

    @property
    def counts(self) -> bool:
        """Whether it is more than an excursion that is allowed."""
        return self in (ConformanceState.NONCONFORMING, ConformanceState.CONTINGENT)


class ConformanceLimit(StrEnum):
    """A limit that a flight may fall short of, under its name in F3548."""

    SHARE = "OiMinConformance"
    DURATION = "OiMaxDurationPerExcursion"
    NUMBER = "OiMaxExcursionsPerFlightHour"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightSeen:
    """A track that is identified as a flight, at one moment.

    Attributes:
        flight, track: the flight's ref and the track's id.
        time: the moment, Unix seconds.
        lon, lat: WGS-84 degrees; sigma_m: one standard deviation of each horizontal component.
        height_m, sigma_height_m: above the ellipsoid, and one standard deviation; None where never measured.
        standing, probability: what is said of the track, and how probably it is this flight.
    """

    flight: str
    track: str
    time: float
    lon: float
    lat: float
    sigma_m: float
    height_m: float | None
    sigma_height_m: float | None
    standing: Standing
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """How far an aircraft is outside the air of its flight.

    Attributes:
        away_m: along the ground from the nearest volume in force; 0 within its outline. Where none is in force, from
            the one that is nearest in time.
        bearing_deg: where it is, seen from there, degrees clockwise from true north; None where `away_m` is 0.
        above_m: metres above that volume, negative below it; 0 between its heights, and where the height is not known.
        late_s: seconds by which it is late, negative early, for air of the flight that it is in, or, where no volume
            is in force, for the nearest in time; None for an aircraft that is in time, and beside all its air.
    """

    away_m: float
    bearing_deg: float | None
    above_m: float
    late_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformance:
    """How one flight has kept to its volumes, for as long as it was seen. Times without a track are in none of it.

    Attributes:
        state: now, or when it was last seen.
        version: of the flight, that this was last measured against.
        time: when it was last seen, Unix seconds.
        track, standing, probability: by which track that was, what was said of it, and how probably it was this flight.
        seen_s: how long it was seen, by all its tracks.
        inside_share: the part of that which it was inside; at least `OI_MIN_CONFORMANCE` is asked.
        excursions: how often it left its volumes.
        excursions_over: how many of those were longer than `OI_MAX_DURATION_PER_EXCURSION_S`.
        longest_s: the longest one.
        since: when the present excursion began, Unix seconds; None without one.
        excursion_s: how long it was seen outside in it; 0 without one.
        outside: how far it is outside; None where it is not.
        short_of: limits that it does not keep.
    """

    state: ConformanceState
    version: int
    time: float
    track: str
    standing: Standing
    probability: float
    seen_s: float
    inside_share: float
    excursions: int
    excursions_over: int
    longest_s: float
    since: float | None
    excursion_s: float
    outside: Outside | None
    short_of: tuple[ConformanceLimit, ...]
