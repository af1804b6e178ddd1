"""Detections into plots of the plane: what is fit to be tracked, where it lies in the frame, what it calls itself."""

import math
from collections import Counter
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from safeconduct.kernels.arrays import BEARING, PLACED, POLAR, Floats, Ints, Records
from safeconduct.kernels.frame import SectorFrame
from safeconduct.kernels.geodesy import RADIO_EARTH
from safeconduct.kernels.hypotheses import LOWEST_GROUND
from safeconduct.model.detection import Claims, DetectionBatch, DetectionKind
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.picture.plane import no_plots
from safeconduct.picture.settings import TrackerSettings

ADDRESS_KINDS = (IdentifierKind.ICAO_ADDRESS, IdentifierKind.REMOTE_ID_SERIAL)
"""The kinds that tell aircraft apart, in the order of a plot's `address`."""
LEAST_VARIANCE = 1.0
"""No reported place is trusted to less than a metre: frames, clocks and antennas are not better than that."""
MOST_SIGMA_M = 1e5
"""Beyond 100 km of uncertainty a position says nothing that its own numbers would survive."""
MOST_PLANE_M = 1e8
KINDS = np.array([PLACED, POLAR, BEARING])
"""The kind of plot of each `DetectionKind`."""
MOST_AZIMUTH_DEG = 720.0
MOST_SPEED_MPS = 5_000.0
MOST_HEIGHT_M = 100_000.0
MOST_ELEVATION_DEG = 90.0
MOST_SLANT_M = 2_000_000.0
SIGNED_WITHIN_S = 60.0
"""What is signed later than this after it was measured proves nothing (decision 41)."""
MOST_AHEAD_S = 3600.0
"""What claims to be measured later than this from now is not remembered: it would be for ever."""
REFRACTION_DOUBT = 1.0 / 3.0
"""One standard deviation of how far a ray is bent, as a share of what the standard atmosphere does. To aircraft below
15 km and within 300 km, rays traced through exponential atmospheres of 250 to 400 N-units at the ground (the form of
ITU-R P.453) are off by up to twice this."""
BELOW_GROUND_SIGMAS = 3.0
"""How far below the lowest ground, in standard deviations, an elevation may put an aircraft. To drop all that lie below
would leave the upper half of the noise of low aircraft, and raise their heights."""

Mask = npt.NDArray[np.bool_]


class Addresses:
    """Codes for the addresses that tell aircraft apart, so that kernels can compare them. Code 0 is no address."""

    def __init__(self) -> None:
        self._codes: dict[Identifier, int] = {}

    def codes(self, claims: Mapping[int, Claims], count: int) -> Ints:
        """(count, 2): the codes that each row of a batch claims, by `ADDRESS_KINDS`."""
        codes = np.zeros((count, len(ADDRESS_KINDS)), np.int64)
        for row, said in claims.items():
            for name in said.identifiers:
                if name.kind in ADDRESS_KINDS:
                    codes[row, ADDRESS_KINDS.index(name.kind)] = self._codes.setdefault(name, len(self._codes) + 1)
        return codes


class Duplicates:
    """Finds detections that came before: the same measurement of the same sensor, delivered twice.

    "The same" is to the last bit, so that no two measurements are ever taken for one. What is given again may come with
    a signature that was checked meanwhile; so it can be asked to which track it went at first.

    Args:
        memory_s: how long one is remembered after its time of measurement.
    """

    def __init__(self, memory_s: float) -> None:
        self._memory_s = memory_s
        self._seen: dict[float, set[bytes]] = {}
        self._keys: list[bytes] = []
        self._tracks: dict[float, dict[bytes, int]] = {}

    def among(self, batch: DetectionBatch, sensor: Ints, codes: Ints, now: float) -> Mask:
        """(n,) which rows came before, in this batch or an earlier one.

        sensor: (n,), rows of the tracker's sensors, -1 for others; codes: (n, 2), of the addresses that they claim.
        """
        columns = (
            *(batch.time, batch.lon, batch.lat, batch.height_m),
            *(batch.range_m, batch.azimuth_deg, batch.elevation_deg, batch.pressure_altitude_m),
        )
        keys = np.column_stack([sensor.astype(np.float64), codes.astype(np.float64), *columns])
        told: list[bytes] = keys.view(f"V{keys.itemsize * keys.shape[1]}").ravel().tolist()
        self._keys = told
        again, last, seen = np.zeros(len(batch), np.bool_), math.nan, set[bytes]()
        for row, (second, key) in enumerate(zip(np.floor(batch.time).tolist(), told, strict=True)):
            if second != last:
                if not math.isfinite(second):
                    continue
                last, seen = second, self._seen.setdefault(second, set())
            before = len(seen)
            seen.add(key)
            if len(seen) == before:
                again[row] = True
        if math.isfinite(now):
            past, ahead = now - self._memory_s - 1.0, now + MOST_AHEAD_S
            for second in [second for second in self._seen if not past <= second <= ahead]:
                del self._seen[second]
            past = now - SIGNED_WITHIN_S - 1.0
            for second in [second for second in self._tracks if not past <= second <= ahead]:
                del self._tracks[second]
        return again

    def went(self, row: int, time: float, number: int) -> None:
        """Remembers the track that a row of the last batch, measured at `time`, went to."""
        self._tracks.setdefault(math.floor(time), {})[self._keys[row]] = number

    def track_of(self, row: int, time: float) -> int:
        """The track that a row of the last batch, measured at `time`, went to when it first came; -1 if not known."""
        return self._tracks.get(math.floor(time), {}).get(self._keys[row], -1)

    def renumber(self, number: int, to: int) -> None:
        """What went to one track went to another."""
        for tracks in self._tracks.values():
            tracks.update({key: to for key, of in tracks.items() if of == number})


def plots_of(
    batch: DetectionBatch,
    sensor: Ints,
    codes: Ints,
    declared: Mapping[str, Floats],
    frame: SectorFrame,
    settings: TrackerSettings,
) -> Records:
    """One plot for each detection, fit or not (see `unfit`).

    sensor: (n,) rows of the tracker's sensors. codes: (n, 2). declared: by sensor row, NaN where not declared:
    `sigma` and `sigma_height` (m) of reports, the `convergence` (rad) at the site, and what `give_heights` reads.
    """
    plots = no_plots(len(batch))
    plots["time"], plots["sensor"], plots["address"] = batch.time, sensor, codes
    plots["pressure"] = within(batch.pressure_altitude_m, MOST_HEIGHT_M)
    height = within(batch.height_m, MOST_HEIGHT_M)
    sigma = first_known(batch.sigma_height_m, declared["sigma_height"][sensor], settings.height_sigma_m)
    variance = np.square(np.minimum(sigma, MOST_SIGMA_M)) + LEAST_VARIANCE
    plots["height"], plots["height_variance"] = height, variance
    give_heights(plots, batch, sensor, declared, frame.radius)

    polar = batch.kind != DetectionKind.POSITION
    azimuth = np.radians(within(batch.azimuth_deg, MOST_AZIMUTH_DEG)) - declared["convergence"][sensor]
    plots["kind"], plots["distance"] = KINDS[batch.kind], batch.range_m
    plots["east"], plots["north"] = np.sin(azimuth), np.cos(azimuth)

    place = plots["place"]
    lon, lat = within(batch.lon, 180.0), within(batch.lat, 90.0)
    x, y = frame.to_plane(lon, lat)
    place[:, 0], place[:, 1] = within(x, MOST_PLANE_M), within(y, MOST_PLANE_M)
    scale, angle = frame.scale(place[:, 0], place[:, 1]), frame.convergence(lon, lat)
    usual = first_known(declared["sigma"][sensor], settings.position_sigma_m) ** 2
    place[:, 2:] = turned_covariance(sound_covariance(batch.covariance, usual), angle, scale)
    place[polar] = 0.0

    velocity = within(batch.velocity, MOST_SPEED_MPS)
    east, north = frame.turned(velocity[:, 0] * scale, velocity[:, 1] * scale, angle)
    sent = np.isfinite(east) & np.isfinite(north)
    plots["vx"], plots["vy"] = np.where(sent, east, np.nan), np.where(sent, north, np.nan)
    plots["vh"] = velocity[:, 2]
    plots["velocity_variance"] = settings.velocity_sigma_mps**2
    return plots


def give_heights(
    plots: Records, batch: DetectionBatch, sensor: Ints, declared: Mapping[str, Floats], radius: float
) -> None:
    """Give each polar plot that has an elevation, and no height, the height that follows, in place.

    A height that the radar sends stands: it knows its own refraction and its own errors. An elevation that would put
    the aircraft where none can be is passed over; the plot stays, without a height.

    sensor, declared: as for `plots_of`; by sensor row `site_height` and `sigma_range` (m), `sigma_elevation` (rad).
    radius: of the earth, m.
    """
    measured = (batch.kind == DetectionKind.POLAR) & (np.abs(batch.elevation_deg) <= MOST_ELEVATION_DEG)
    rows = np.flatnonzero(measured & np.isnan(plots["height"]))
    if not len(rows):
        return
    slant, elevation = within(batch.range_m[rows], MOST_SLANT_M), np.radians(batch.elevation_deg[rows])
    site, sigma_range, sigma_elevation = (
        declared[name][sensor[rows]] for name in ("site_height", "sigma_range", "sigma_elevation")
    )
    effective = RADIO_EARTH * radius
    height = height_along(slant, elevation, site, effective)
    by_range = (slant + (effective + site) * np.sin(elevation)) / (effective + height)  # derivative of the height
    by_bending = height_along(slant, elevation, site, radius) - height
    variance = LEAST_VARIANCE + np.square(
        [slant * np.cos(elevation) * sigma_elevation, by_range * sigma_range, REFRACTION_DOUBT * by_bending]
    ).sum(axis=0)
    lowest = LOWEST_GROUND - BELOW_GROUND_SIGMAS * np.sqrt(variance)
    plots["height"][rows] = np.where(height >= lowest, within(height, MOST_HEIGHT_M), np.nan)
    plots["height_variance"][rows] = np.minimum(variance, MOST_SIGMA_M**2 + LEAST_VARIANCE)


def height_along(slant: Floats, elevation: Floats, site: Floats, radius: float) -> Floats:
    """Height (m) of a point at slant range (m) and elevation (rad) from an antenna at height `site` (m).

    The law of cosines in the triangle with the centre of a sphere of this radius (m). Over 4/3 of the earth's radius a
    straight ray rises as the bent one does over the earth, in a standard atmosphere (Doerry, Earth Curvature and
    Atmospheric Refraction Effects on Radar Signal Propagation, SAND2012-10690): at 100 km 200 m less.
    """
    height: Floats = np.hypot(slant * np.cos(elevation), radius + site + slant * np.sin(elevation)) - radius
    return height


def unfit(
    batch: DetectionBatch, plots: Records, placed: Mask, settings: TrackerSettings, counted: Counter[str]
) -> Mask:
    """Which rows are not to be tracked; each is counted under its first reason.

    placed: (n,) the row's sensor is known and, for polar plots, has a place.
    """
    polar = plots["kind"] != PLACED
    far = np.hypot(plots["place"][:, 0], plots["place"][:, 1])
    with np.errstate(invalid="ignore"):
        reasons = {
            "unknown-sensor": ~placed,
            "no-time": ~(np.isfinite(batch.time) & np.isfinite(batch.received)),
            "late": batch.received - batch.time > settings.late_s,
            "early": batch.time - batch.received > settings.early_s,
            "no-position": ~polar & ~np.isfinite(far),
            "out-of-reach": ~polar & (far > settings.reach_m),
            "no-range": (plots["kind"] == POLAR) & ~((plots["distance"] > 0) & (plots["distance"] < MOST_SLANT_M)),
            "no-azimuth": polar & ~np.isfinite(plots["east"]),
        }
    bad = np.zeros(len(batch), np.bool_)
    for reason, rows in reasons.items():
        fresh = int(np.count_nonzero(rows & ~bad))
        if fresh:
            counted[reason] += fresh
        bad |= rows
    return bad


def within(values: Floats, most: float) -> Floats:
    """The values, NaN where beyond ±most."""
    kept: Floats = np.where(np.abs(values) <= most, values, np.nan)
    return kept


def first_known(*choices: Floats | float) -> Floats:
    """Elementwise the first that is finite and positive."""
    best = np.asarray(choices[-1], np.float64)
    for choice in reversed(choices[:-1]):
        best = np.where(np.isfinite(choice) & (np.asarray(choice) > 0), choice, best)
    return best


def sound_covariance(covariance: Floats, usual: Floats) -> Floats:
    """(n, 3) covariances; where unknown or not positive definite, the usual variance per axis."""
    most = MOST_SIGMA_M**2
    xx, xy, yy = (np.clip(covariance[:, k], -most, most) for k in range(3))
    sound = (xx > 0) & (yy > 0) & (xy * xy < 0.9999 * xx * yy)
    xx, yy, xy = np.where(sound, xx, usual), np.where(sound, yy, usual), np.where(sound, xy, 0.0)
    return np.column_stack([xx + LEAST_VARIANCE, xy, yy + LEAST_VARIANCE])


def turned_covariance(covariance: Floats, angle: Floats, scale: Floats) -> Floats:
    """(n, 3) covariances along true east and north, in the plane; a negative angle turns back (scale inverted too)."""
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    ee, en, nn = covariance[:, 0], covariance[:, 1], covariance[:, 2]
    return np.column_stack(
        [
            cos * cos * ee - 2.0 * cos * sin * en + sin * sin * nn,
            cos * sin * (ee - nn) + (cos * cos - sin * sin) * en,
            sin * sin * ee + 2.0 * cos * sin * en + cos * cos * nn,
        ]
    )
