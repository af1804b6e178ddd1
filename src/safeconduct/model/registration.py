"""What was learned of how a sensor is turned, set and timed, against known traffic, or against other sensors."""

from dataclasses import dataclass
from enum import StrEnum


class RegistrationState(StrEnum):
    """How far a sensor's declaration may be relied on."""

    UNKNOWN = "unknown"
    """Too little known traffic to say."""
    ALIGNED = "aligned"
    """Measures as declared, as far as can be told."""
    CORRECTED = "corrected"
    """Errs by a known amount, which is taken off its plots before they are tracked."""
    SET_ASIDE = "set-aside"
    """Errs grossly by an amount that is not yet settled: its plots are not tracked meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorRegistration:
    """The errors of one sensor that do not vary from plot to plot.

    What the sensor reports is too large by each of them; NaN until there was an estimate. A sigma is one standard
    deviation; one as large as `picture.bias.PRIOR` says that the traffic so far shows nothing of that error.

    Attributes:
        sensor: its id.
        since: when it entered this state, Unix seconds UTC; -inf before anything arrived.
        azimuth_bias_deg: positive where the sensor is turned clockwise of what it says.
        range_bias_m: of the slant range.
        time_bias_s: positive where its times of measurement are too late.
        disagrees_with: another sensor, whose azimuths differ from this one's while nothing tells which of them errs;
            empty for none.
        disagrees_by_deg: by how much this one's are larger; NaN where there is none.
        observations: plots that the estimate rests on.
        aircraft: how many aircraft they are of.
    """

    sensor: str
    state: RegistrationState = RegistrationState.UNKNOWN
    since: float = float("-inf")
    azimuth_bias_deg: float = float("nan")
    sigma_azimuth_deg: float = float("nan")
    range_bias_m: float = float("nan")
    sigma_range_m: float = float("nan")
    time_bias_s: float = float("nan")
    sigma_time_s: float = float("nan")
    disagrees_with: str = ""
    disagrees_by_deg: float = float("nan")
    observations: int = 0
    aircraft: int = 0
