"""Where a flight's own party says that its aircraft is."""

from dataclasses import dataclass

from safeconduct.model import check

MOST_SIGMA_M = 100_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedPosition:
    """One position of a flight's own telemetry.

    Attributes:
        time: of the position, Unix seconds UTC.
        lon, lat: WGS-84 degrees.
        height_m: above the WGS-84 ellipsoid; None where none is sent.
        sigma_m: one standard deviation per axis, metres.

    Raises:
        ModelError: `bad-time`, `bad-longitude`, `bad-latitude`, `bad-height`, `bad-sigma`, `not-finite`.
    """

    time: float
    lon: float
    lat: float
    height_m: float | None = None
    sigma_m: float

    def __post_init__(self) -> None:
        check.moment("time", self.time)
        check.longitude(self.lon)
        check.latitude(self.lat)
        check.within("sigma_m", self.sigma_m, 0.1, MOST_SIGMA_M)
        if self.height_m is not None:
            check.within("height_m", self.height_m, -1_000.0, 100_000.0)
