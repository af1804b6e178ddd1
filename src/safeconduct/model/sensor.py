"""A sensor as its party declares it. Declarations may be wrong; what we learn about a sensor is kept elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from safeconduct.model import check


class SensorKind(StrEnum):
    """How a sensor knows: by measuring (radar, camera) or by listening to what an aircraft says of itself."""

    RADAR = "radar"
    CAMERA = "camera"
    ADSB = "adsb"
    REMOTE_ID = "remote_id"

    @property
    def listens(self) -> bool:
        """True for receivers: their positions are claims of the sender, not measurements of ours."""
        return self in (SensorKind.ADSB, SensorKind.REMOTE_ID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """Place, reach, noise and habits of one sensor. Metres, degrees, seconds; None where a thing does not apply.

    Attributes:
        alt_m: height of the antenna above the WGS-84 ellipsoid.
        range_m: reach against ordinary aircraft; None where unknown (a recording without its receiver's place).
        small_target_range_m: reach against quadcopters and birds.
        period_s: time between two looks at one aircraft.
        probability_of_detection: per look, within two thirds of the reach.
        false_alarms_per_scan: mean number of detections of nothing per look around.
        sigma_range_m, sigma_azimuth_deg: one standard deviation of a polar plot; None for receivers.
        sigma_elevation_deg: the same of its elevation; None where none is measured.
        sigma_m: one standard deviation per horizontal axis of a reported position; None for polar sensors.
        sigma_alt_m: one standard deviation of the height; None where no height is measured.
        confusion: {true type: {reported type: probability}} of a classifier.
    """

    id: str
    party: str
    kind: SensorKind
    lon: float | None = None
    lat: float | None = None
    alt_m: float = 0.0
    range_m: float | None = None
    small_target_range_m: float | None = None
    period_s: float = 1.0
    probability_of_detection: float = 0.9
    false_alarms_per_scan: float = 0.0
    sigma_range_m: float | None = None
    sigma_azimuth_deg: float | None = None
    sigma_elevation_deg: float | None = None
    sigma_alt_m: float | None = None
    sigma_m: float | None = None
    confusion: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check.named("id", self.id)
        if self.lon is not None:
            check.longitude(self.lon)
        if self.lat is not None:
            check.latitude(self.lat)
        check.finite("alt_m", self.alt_m)
        check.within("probability_of_detection", self.probability_of_detection, 0.0, 1.0)
        check.within("period_s", self.period_s, 1e-3, 86_400.0)
        check.within("false_alarms_per_scan", self.false_alarms_per_scan, 0.0, 1e6)
        for name in (
            *("range_m", "small_target_range_m", "sigma_range_m", "sigma_azimuth_deg", "sigma_elevation_deg"),
            *("sigma_alt_m", "sigma_m"),
        ):
            value = getattr(self, name)
            if value is not None:
                check.within(name, value, 1e-9, 1e9)
        for reported in self.confusion.values():
            for probability in reported.values():
                check.within("confusion", probability, 0.0, 1.0)
