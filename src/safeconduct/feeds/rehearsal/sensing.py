"""Simulated sensors: reach, horizon, noise, misses, false alarms, clutter, and the time a report takes to arrive.

The detection probability of a look holds to two thirds of the reach and falls linearly to half of itself at its end;
nothing is seen below the radio horizon. Radars measure slant range and azimuth, and height and elevation where they
have a sigma for it; receivers repeat what the aircraft says of itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from safeconduct.feeds.rehearsal.flying import Trajectory
from safeconduct.kernels.ecef import MEAN_RADIUS_M, polar
from safeconduct.kernels.frame import SectorFrame
from safeconduct.kernels.geodesy import RADIO_EARTH, radio_horizon
from safeconduct.model.detection import BatchBuilder, Claims
from safeconduct.model.scenario import Clutter, ScenarioAircraft
from safeconduct.model.sensor import Sensor, SensorKind

GROUND_M = 60.0
"""Height of the terrain above the ellipsoid: the horizon's ground, and the lowest false plot."""
FALSE_HEIGHTS_M = (300.0, 9000.0)
DELAY_S = (0.15, 0.45)
"""A report takes this long to reach the node, evenly spread."""
VELOCITY_SIGMA_MPS = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Flown:
    """One aircraft of a run: what it is, and its trajectory."""

    craft: ScenarioAircraft
    trajectory: Trajectory
    claims: Claims


@dataclass(frozen=True, slots=True)
class Report:
    """One simulated detection: the arguments of `BatchBuilder.add`, and the name of the aircraft that made it."""

    received: float
    sensor: str
    row: dict[str, object]
    aircraft: str | None


class SimulatedSensor:
    """One sensor of a rehearsal. All its chance comes from `rng`; looks are asked for in order of time.

    Args:
        azimuth_error_deg: of what it reports, and does not declare (`model.scenario.Fault`).
    """

    def __init__(
        self, sensor: Sensor, frame: SectorFrame, rng: np.random.Generator, azimuth_error_deg: float = 0.0
    ) -> None:
        if sensor.lon is None or sensor.lat is None or sensor.range_m is None:
            raise ValueError(f"simulated sensor {sensor.id} needs a place and a reach")
        self.sensor, self._frame, self._rng, self._azimuth_error_deg = sensor, frame, rng, azimuth_error_deg
        east, north = frame.to_plane(np.array([sensor.lon]), np.array([sensor.lat]))
        self._site = (float(east[0]), float(north[0]))
        self._place = (sensor.lon, sensor.lat, sensor.alt_m)
        self._range_m = sensor.range_m
        self._phase = float(rng.uniform())

    def looks(self, scan: int, start: float, flown: Sequence[Flown], clutter: Sequence[Clutter]) -> list[Report]:
        """All reports of one scan, the `scan`th since `start` (Unix seconds)."""
        began = start + (scan + self._phase) * self.sensor.period_s
        reports = []
        for one in flown:
            report = self._look(one, began)
            if report is not None:
                reports.append(report)
        if not self.sensor.kind.listens:
            for _ in range(self._rng.poisson(self.sensor.false_alarms_per_scan)):
                distance = self._range_m * np.sqrt(self._rng.uniform())
                reports.append(self._nothing(began, float(distance), float(self._rng.uniform(0, 2 * np.pi))))
            for patch in clutter:
                reports.extend(self._patch(patch, began))
        return reports

    def _look(self, one: Flown, began: float) -> Report | None:
        sensor, rng = self.sensor, self._rng
        if sensor.kind.listens and sensor.kind not in one.craft.emits:
            return None
        time = began + (float(rng.uniform()) * sensor.period_s if sensor.kind.listens else 0.0)
        east, north, height = (float(x) for x in one.trajectory.at(time))
        if not sensor.kind.listens and np.isfinite(east):
            turn = np.arctan2(east - self._site[0], north - self._site[1]) / (2 * np.pi) % 1.0
            time = began + float(turn) * sensor.period_s
            east, north, height = (float(x) for x in one.trajectory.at(time))
        if not np.isfinite(east) or not self._seen(east, north, height, one.craft.small):
            return None
        if sensor.kind.listens:
            row = self._heard(one, time, east, north, height)
        else:
            row = self._polar(time, east, north, height)
        return self._report(time, row, one.craft.name)

    def _seen(self, east: float, north: float, height: float, small: bool) -> bool:
        sensor = self.sensor
        distance = float(np.hypot(east - self._site[0], north - self._site[1]))
        reach = sensor.small_target_range_m or self._range_m if small else self._range_m
        horizon = radio_horizon(sensor.alt_m - GROUND_M, max(height - GROUND_M, 0.0), MEAN_RADIUS_M)
        if distance > min(reach, horizon):
            return False
        share = distance / reach
        probability = sensor.probability_of_detection * (1.0 if share < 2 / 3 else 1.0 - 1.5 * (share - 2 / 3))
        return bool(self._rng.uniform() < probability)

    def _polar(self, time: float, east: float, north: float, height: float) -> dict[str, object]:
        """A noisy plot of a point of the frame, measured in the sensor's own frame, which may be turned."""
        sensor, rng = self.sensor, self._rng
        lon, lat = self._frame.to_degrees(np.array([east]), np.array([north]))
        slant, azimuth = (float(x) for x in polar(self._place, float(lon[0]), float(lat[0]), height))
        azimuth += self._azimuth_error_deg
        row: dict[str, object] = {
            "time": time,
            "range_m": max(slant + float(rng.normal(0, sensor.sigma_range_m or 0.0)), 1.0),
            "azimuth_deg": (azimuth + float(rng.normal(0, sensor.sigma_azimuth_deg or 0.0))) % 360.0,
        }
        if sensor.sigma_alt_m is not None:
            row["height_m"] = height + float(rng.normal(0, sensor.sigma_alt_m))
        if sensor.sigma_elevation_deg is not None:
            raised = apparent_elevation(slant, sensor.alt_m, height, self._frame.radius)
            row["elevation_deg"] = float(np.clip(raised + rng.normal(0, sensor.sigma_elevation_deg), -90.0, 90.0))
        return row

    def _heard(self, one: Flown, time: float, east: float, north: float, height: float) -> dict[str, object]:
        """What an aircraft says of itself: ADS-B and Remote ID with their own accuracy."""
        sensor, rng = self.sensor, self._rng
        sigma = sensor.sigma_m or 10.0
        velocity = [float(x) for x in one.trajectory.velocity(time)]
        noisy = [value + float(rng.normal(0, VELOCITY_SIGMA_MPS)) for value in np.nan_to_num(velocity)]
        lon, lat = self._frame.to_degrees(
            np.array([east + rng.normal(0, sigma)]), np.array([north + rng.normal(0, sigma)])
        )
        row: dict[str, object] = {
            "time": time,
            "lon": float(lon[0]),
            "lat": float(lat[0]),
            "covariance": (sigma**2, 0.0, sigma**2),
            "velocity": tuple(noisy) if np.isfinite(velocity).all() else None,
            "claims": one.claims,
        }
        if sensor.kind is SensorKind.REMOTE_ID or sensor.sigma_alt_m is not None:
            row["height_m"] = height + float(rng.normal(0, sensor.sigma_alt_m or 10.0))
        return row

    def _nothing(self, began: float, distance: float, direction: float) -> Report:
        """A plot of nothing, at a distance and a direction (radians from north) in the frame."""
        east = self._site[0] + distance * float(np.sin(direction))
        north = self._site[1] + distance * float(np.cos(direction))
        time = began + direction / (2 * np.pi) * self.sensor.period_s
        return self._report(time, self._polar(time, east, north, float(self._rng.uniform(*FALSE_HEIGHTS_M))), None)

    def _patch(self, patch: Clutter, began: float) -> list[Report]:
        east, north = self._frame.to_plane(np.array([patch.lon]), np.array([patch.lat]))
        reports = []
        for _ in range(self._rng.poisson(patch.plots_per_scan)):
            away = self._rng.normal(0, patch.radius_m / 2, size=2)
            off_east, off_north = float(east[0]) + away[0] - self._site[0], float(north[0]) + away[1] - self._site[1]
            distance = float(np.hypot(off_east, off_north))
            if distance <= self._range_m:
                reports.append(self._nothing(began, distance, float(np.arctan2(off_east, off_north) % (2 * np.pi))))
        return reports

    def _report(self, time: float, row: dict[str, object], aircraft: str | None) -> Report:
        return Report(time + float(self._rng.uniform(*DELAY_S)), self.sensor.id, row, aircraft)


def apparent_elevation(slant: float, site_height: float, height: float, radius: float) -> float:
    """Elevation (degrees) at which an antenna at `site_height` (m) sees a point at this slant range and height (m).

    In a standard atmosphere: the law of cosines in the triangle with the centre of 4/3 of the earth (`radius`, m).
    """
    centre, slant = RADIO_EARTH * radius + site_height, max(slant, 1.0)
    rise = height - site_height
    sine = (rise * (2.0 * centre + rise) - slant * slant) / (2.0 * centre * slant)
    return float(np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0))))


def add(report: Report, builder: BatchBuilder) -> None:
    """Puts one report into a batch."""
    builder.add(received=report.received, sensor=report.sensor, **report.row)  # type: ignore[arg-type]
