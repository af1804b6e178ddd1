"""Broadcast Remote ID messages as values; `remote_id` has the wire format, with the table and the unit of each field.

The position of the operator and the operator's ID are personal data: they stand apart and keep out of `repr`, and no
feed passes them on (they are withheld by default).
"""

from dataclasses import dataclass, field
from enum import IntEnum

HORIZONTAL_ACCURACY_M: tuple[float | None, ...] = (
    *(None, 18_520.0, 7_408.0, 3_704.0, 1_852.0, 926.0, 555.6, 185.2, 92.6, 30.0, 10.0, 3.0, 1.0),
    *(None, None, None),
)
"""Upper bound, 95 %, of the horizontal error by code: NACp of ADS-B, and 1 m."""
VERTICAL_ACCURACY_M: tuple[float | None, ...] = (None, 150.0, 45.0, 25.0, 10.0, 3.0, 1.0, *(9 * (None,)))
"""Upper bound, 95 %, of a vertical error by code (geometric: GVA of ADS-B; also for the pressure altitude)."""
SPEED_ACCURACY_MPS: tuple[float | None, ...] = (None, 10.0, 3.0, 1.0, 0.3, *(11 * (None,)))
"""Upper bound, 95 %, of the velocity error by code: NACv of ADS-B."""


class IdType(IntEnum):
    """What a UAS ID is."""

    NONE = 0
    SERIAL_NUMBER = 1
    """ANSI/CTA-2063-A."""
    REGISTRATION = 2
    """Assigned by a civil aviation authority."""
    UTM_UUID = 3
    """Assigned by the UTM system to one flight: a UUID, binary."""
    SESSION_ID = 4
    """First byte: kind of session ID, registered with ICAO (`DRIP_SESSION`); then binary."""


DRIP_SESSION = 1
"""Kind of session ID: a DRIP entity tag, 16 bytes."""


class UaType(IntEnum):
    """What kind of aircraft it says it is."""

    UNDECLARED = 0
    AEROPLANE = 1
    ROTORCRAFT = 2
    GYROPLANE = 3
    HYBRID_LIFT = 4
    ORNITHOPTER = 5
    GLIDER = 6
    KITE = 7
    FREE_BALLOON = 8
    CAPTIVE_BALLOON = 9
    AIRSHIP = 10
    PARACHUTE = 11
    ROCKET = 12
    TETHERED = 13
    GROUND_OBSTACLE = 14
    OTHER = 15


class Status(IntEnum):
    """Operational status."""

    UNDECLARED = 0
    GROUND = 1
    AIRBORNE = 2
    EMERGENCY = 3
    REMOTE_ID_FAILURE = 4


class HeightReference(IntEnum):
    """What a Location's height is above."""

    TAKEOFF = 0
    GROUND = 1


class OperatorSource(IntEnum):
    """Where the operator's position comes from."""

    TAKEOFF = 0
    LIVE = 1
    FIXED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicId:
    """Type 0. `uas_id` is without its padding, at most 20 bytes; `id_type` and `ua_type` are 0..15."""

    id_type: int
    ua_type: int
    uas_id: bytes
    version: int = 2

    @property
    def text(self) -> str:
        """The UAS ID of types 1 and 2, up to the first NUL, without blanks around it."""
        return _text(self.uas_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Type 1. None is an absence.

    Attributes:
        status: `Status`, or a reserved number up to 15.
        direction_deg: of the ground track, clockwise from true north.
        speed_mps, vertical_speed_mps: over ground; up positive.
        lat, lon: WGS-84 degrees, both or neither.
        pressure_altitude_m: in the standard atmosphere.
        geodetic_altitude_m: above the WGS-84 ellipsoid.
        height_m: above `height_reference`.
        horizontal_accuracy, vertical_accuracy, pressure_accuracy, speed_accuracy: codes of the tables above.
        hour_s: when measured, seconds after the full hour UTC; the standard ends at 3600, the wire at 6553.4.
        time_accuracy_s: upper bound of its error.
    """

    status: int = 0
    direction_deg: float | None = None
    speed_mps: float | None = None
    vertical_speed_mps: float | None = None
    lat: float | None = None
    lon: float | None = None
    pressure_altitude_m: float | None = None
    geodetic_altitude_m: float | None = None
    height_m: float | None = None
    height_reference: HeightReference = HeightReference.TAKEOFF
    horizontal_accuracy: int = 0
    vertical_accuracy: int = 0
    pressure_accuracy: int = 0
    speed_accuracy: int = 0
    hour_s: float | None = None
    time_accuracy_s: float | None = None
    version: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationPage:
    """Type 2. `last_page`, `length` and `time` (Unix seconds) are on page 0 only. `data` is 17 or 23 bytes, padded."""

    auth_type: int
    page: int
    data: bytes
    last_page: int | None = None
    length: int | None = None
    time: int | None = None
    version: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfId:
    """Type 3. `description` is without its padding, at most 23 bytes."""

    description_type: int
    description: bytes
    version: int = 2

    @property
    def text(self) -> str:
        """The description, up to the first NUL, without blanks around it."""
        return _text(self.description)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorPosition:
    """Where the pilot is, or took off. Personal data. WGS-84 degrees and metres; None is an absence."""

    source: int = 0
    lat: float | None = None
    lon: float | None = None
    geodetic_altitude_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """Type 4.

    Attributes:
        classification, category, category_class: numbers of the region's scheme (classification 1 is the EU's).
        area_count, area_radius_m, area_ceiling_m, area_floor_m: the group of aircraft that it speaks for.
        time: of the System message, Unix seconds.
        operator: personal data.
    """

    classification: int = 0
    category: int = 0
    category_class: int = 0
    area_count: int = 1
    area_radius_m: int = 0
    area_ceiling_m: float | None = None
    area_floor_m: float | None = None
    time: int | None = None
    operator: OperatorPosition = field(default=OperatorPosition(), repr=False)
    version: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorId:
    """Type 5. Personal data. `operator_id` is without its padding, at most 20 bytes."""

    id_type: int
    operator_id: bytes = field(repr=False)
    version: int = 2

    @property
    def text(self) -> str:
        """The ID, up to the first NUL, without blanks around it."""
        return _text(self.operator_id)


Message = BasicId | Location | AuthenticationPage | SelfId | System | OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePack:
    """Type 15: one to nine messages sent as one."""

    messages: tuple[Message, ...]
    version: int = 2


def _text(padded: bytes) -> str:
    return padded.split(b"\0", 1)[0].decode("ascii", "replace").strip()
