"""Elevation angles: the heights that follow, how sure they are, and what they do for a track."""

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeconduct.kernels.arrays import Record
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.detection import BatchBuilder
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.picture.intake import MOST_HEIGHT_M, height_along, plots_of, unfit
from safeconduct.picture.tracker import Tracker

Floats = npt.NDArray[np.float64]
LON, LAT, SITE_M, START = 13.3, 32.6, 250.0, 1.7e9
SECTOR = Sector(id="s", party="p", name="S", centre=(LON, LAT))
EARTH_M = SectorFrame(LON, LAT).radius
GEOD = pyproj.Geod(ellps="WGS84")
LOCAL = pyproj.Transformer.from_pipeline(
    "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=WGS84 "
    f"+step +proj=topocentric +ellps=WGS84 +lon_0={LON} +lat_0={LAT} +h_0={SITE_M}"
)
RADAR = Sensor(
    id="r",
    party="p",
    kind=SensorKind.RADAR,
    lon=LON,
    lat=LAT,
    alt_m=SITE_M,
    range_m=150e3,
    period_s=4.0,
    false_alarms_per_scan=1.0,
    sigma_range_m=50.0,
    sigma_azimuth_deg=0.2,
    sigma_elevation_deg=0.3,
)


def sight(azimuth: float, ground: float, height: float) -> tuple[float, float, float]:
    """Azimuth and true elevation (degrees), and slant range (m), at the radar, of a point; by PROJ."""
    lon, lat, _ = GEOD.fwd(LON, LAT, azimuth, ground)
    east, north, up = LOCAL.transform(lon, lat, height)
    level = math.hypot(east, north)
    return math.degrees(math.atan2(east, north)), math.degrees(math.atan2(up, level)), math.hypot(level, up)


def apparent(elevation: float, slant: float) -> float:
    """The elevation at which a ray arrives that curves with four earth radii, from a true elevation; degrees."""
    return elevation + math.degrees(slant * math.cos(math.radians(elevation)) / (8.0 * EARTH_M))


def traced(slant: float, elevation: float, surface: float, scale_m: float) -> float:
    """Height where a ray ends that left the radar at an elevation (degrees), after so long a radio path (m).

    Through an atmosphere of `surface` N-units that thins out exponentially, by midpoint steps along the ray.
    """
    radius, angle, steps = EARTH_M + SITE_M, math.radians(elevation), 2_000

    def change(radius: float, angle: float) -> tuple[float, float]:
        excess = surface * 1e-6 * math.exp(-(radius - EARTH_M) / scale_m)
        index = 1.0 + excess
        return math.sin(angle) / index, math.cos(angle) * (1.0 / radius - excess / scale_m / index) / index

    step = slant / steps
    for _ in range(steps):
        up, bent = change(radius, angle)
        up, bent = change(radius + 0.5 * step * up, angle + 0.5 * step * bent)
        radius, angle = radius + step * up, angle + step * bent
    return radius - EARTH_M


def plots(rows: list[dict[str, float | None]], radar: Sensor = RADAR) -> Record:
    """What the tracker makes of polar plots of one radar; all of them are fit to be tracked."""
    tracker, builder = Tracker(SECTOR, [radar]), BatchBuilder()
    for row in rows:
        builder.add(**({"time": START, "received": START, "sensor": "r", "azimuth_deg": 30.0} | row))  # type: ignore[arg-type]
    batch, settings = builder.build(), tracker.settings
    nothing = np.zeros(len(batch), np.int64)
    made = plots_of(batch, nothing, np.zeros((len(batch), 2), np.int64), tracker._declared, tracker.frame, settings)
    assert not unfit(batch, made, np.ones(len(batch), np.bool_), settings, tracker.set_aside).any()
    return made


def plot(radar: Sensor = RADAR, **row: float | None) -> Record:
    return plots([row], radar)[0]


@pytest.mark.parametrize("azimuth", [0.0, 45.0, 200.0, 270.0])
@pytest.mark.parametrize(("ground", "height"), [(500.0, 900.0), (12e3, 250.0), (40e3, 11e3), (120e3, 3e3), (90e3, -50)])
def test_without_refraction_the_geometry_is_that_of_the_ellipsoid(azimuth: float, ground: float, height: float) -> None:
    _, elevation, slant = sight(azimuth, ground, height)
    found = height_along(np.array([slant]), np.radians([elevation]), np.array([SITE_M]), EARTH_M)
    assert found[0] == pytest.approx(height, abs=0.01 + 4e-10 * slant**2), (
        "a sphere instead of an ellipsoid: 4 m at 100 km"
    )


def test_the_ray_of_a_standard_atmosphere_is_followed() -> None:
    for slant, elevation in ((20e3, 1.0), (60e3, 0.5), (100e3, 0.2), (100e3, 0.9)):
        true = traced(slant, elevation, 315.0, 7_350.0)  # ITU-R P.453
        bending = slant**2 / (8.0 * EARTH_M)
        assert plot(range_m=slant, elevation_deg=elevation)["height"] == pytest.approx(true, abs=0.1 * bending)


@pytest.mark.parametrize(
    ("surface", "scale_m"), [(250.0, 8_500.0), (315.0, 7_350.0), (350.0, 6_800.0), (400.0, 6_000.0)]
)
def test_other_atmospheres_are_within_what_is_allowed_for(surface: float, scale_m: float) -> None:
    sharp = replace(RADAR, sigma_range_m=1e-3, sigma_elevation_deg=1e-6)
    compared = 0
    for slant in (30e3, 100e3, 200e3, 300e3):
        for elevation in (0.1, 1.0, 3.0, 10.0, 25.0):
            true = traced(slant, elevation, surface, scale_m)
            if true < 15e3:
                made = plot(sharp, range_m=slant, elevation_deg=elevation)
                assert abs(made["height"] - true) < 2.05 * math.sqrt(made["height_variance"])
                compared += 1
    assert compared >= 10


@pytest.mark.parametrize(("slant", "elevation"), [(100e3, 1.0), (30e3, 20.0), (12e3, 75.0)])
def test_the_variance_is_that_of_the_noise(slant: float, elevation: float) -> None:
    rng = np.random.default_rng(3)
    noisy = zip(rng.normal(slant, 50.0, 4_000), rng.normal(elevation, 0.3, 4_000), strict=True)
    made = plots([{"range_m": r, "elevation_deg": e} for r, e in noisy])
    bending = (math.cos(math.radians(elevation)) * slant) ** 2 / (8.0 * EARTH_M)
    spread = np.std(made["height"]) ** 2 + (bending / 3.0) ** 2 + 1.0
    assert np.mean(made["height_variance"]) == pytest.approx(spread, rel=0.08)


def test_a_height_that_is_sent_stands() -> None:
    made = plot(range_m=20e3, elevation_deg=5.0, height_m=1_234.0, sigma_height_m=70.0)
    assert (made["height"], made["height_variance"]) == (1_234.0, 70.0**2 + 1.0)
    beyond, alone = plots([{"range_m": 20e3, "elevation_deg": 5.0, "height_m": height} for height in (1e9, None)])
    assert beyond["height"] == alone["height"]


@pytest.mark.parametrize(
    ("slant", "elevation"),
    [(20e3, None), (20e3, 90.1), (20e3, -1e300), (20e3, math.nan), (20e3, -10.0), (900e3, 45.0), (1e-3, math.inf)],
)
def test_an_elevation_that_is_none_or_cannot_be_costs_no_plot(slant: float, elevation: float | None) -> None:
    made = plot(range_m=slant, elevation_deg=elevation)
    assert math.isnan(made["height"])
    assert made["distance"] == slant


def test_an_undeclared_noise_is_one_degree() -> None:
    made = plot(replace(RADAR, sigma_elevation_deg=None), range_m=20e3, elevation_deg=0.0)
    assert math.sqrt(made["height_variance"]) == pytest.approx(20e3 * math.radians(1.0), rel=0.01)


@given(st.floats(1.0, 1e6), st.floats(-90.0, 90.0), st.floats(-90.0, 90.0), st.floats(-400.0, 9e3))
def test_heights_grow_with_elevation_and_are_never_beyond_what_can_be(
    slant: float, one: float, other: float, site: float
) -> None:
    rows: list[dict[str, float | None]] = [{"range_m": slant, "elevation_deg": e} for e in sorted((one, other))]
    made = plots(rows, replace(RADAR, alt_m=site))
    low, high = made["height"]
    assert not low > high
    assert (made["height_variance"] >= 1.0).all()
    assert np.isfinite(made["height_variance"]).all()
    kept = made[np.isfinite(made["height"])]
    assert (kept["height"] <= MOST_HEIGHT_M).all()
    assert (kept["height"] >= -500.0 - 3.0 * np.sqrt(kept["height_variance"])).all()


def flown(
    radar: Sensor, *, past_m: float, climb: float, from_m: float, elevation: bool, seed: int = 1, off_deg: float = 0.0
) -> tuple[Floats, Floats, Tracker]:
    """An aircraft flies east past the radar for 300 s, to the north of it; after 60 s, by second look: error of the
    height and its sigma (looks, 2), and of the place (looks,), m."""
    rng, tracker = np.random.default_rng(seed), Tracker(SECTOR, [radar])
    heights, places = [], []
    for t in np.arange(0.0, 300.0, 4.0).tolist():
        x, height = 120.0 * (t - 150.0), from_m + climb * t
        azimuth, ground = math.degrees(math.atan2(x, past_m)), math.hypot(x, past_m)
        bearing, true, slant = sight(azimuth, ground, height)
        raised = apparent(true, slant) + off_deg + rng.normal(0.0, radar.sigma_elevation_deg or 1.0)
        batch = BatchBuilder()
        batch.add(
            time=START + t,
            received=START + t,
            sensor="r",
            range_m=slant + rng.normal(0.0, 50.0),
            azimuth_deg=bearing + rng.normal(0.0, 0.2),
            elevation_deg=raised if elevation else None,
            pressure_altitude_m=height + 100.0 if off_deg else None,
        )
        tracker.update(batch.build())
        table = tracker.picture(START + t)
        if t >= 60.0:
            assert len(table) == 1
            lon, lat, _ = GEOD.fwd(LON, LAT, azimuth, ground)
            places.append(GEOD.inv(lon, lat, table.lon[0], table.lat[0])[2])
            heights.append((table.height_m[0] - height, table.sigma_height_m[0]))
    return np.array(heights), np.array(places), tracker


def test_a_climbing_aircraft_is_followed_in_height_and_its_place_is_better() -> None:
    heights, places, _ = flown(RADAR, past_m=4e3, climb=15.0, from_m=5e3, elevation=True)
    error, sigma = heights.T
    assert (np.abs(error) < 4.0 * sigma).all()
    assert np.sqrt(np.mean(error**2)) < 60.0
    unknown, assumed, _ = flown(RADAR, past_m=4e3, climb=15.0, from_m=5e3, elevation=False)
    assert np.isnan(unknown).all()
    assert np.sqrt(np.mean(places**2)) < 0.2 * np.sqrt(np.mean(assumed**2))
    assert np.sqrt(np.mean(places**2)) < 100.0


def test_far_away_the_bending_is_taken_off() -> None:
    heights, _, _ = flown(replace(RADAR, sigma_elevation_deg=0.02), past_m=110e3, climb=0.0, from_m=6e3, elevation=True)
    assert abs(heights[:, 0].mean()) < 50.0, "without refraction it would be 240 m"


def test_a_low_aircraft_is_not_raised_by_what_lies_below_the_ground() -> None:
    means = []
    for seed in range(6):
        loose = replace(RADAR, sigma_elevation_deg=1.0)
        heights, _, _ = flown(loose, past_m=80e3, climb=0.0, from_m=600.0, elevation=True, seed=seed)
        means.append(heights[-20:, 0].mean())
    assert abs(np.mean(means)) < 350.0, "without the plots that are put below the ground 700 m and more"


def test_a_barometer_is_not_put_right_by_an_antenna_that_is_not_level() -> None:
    _, _, tracker = flown(RADAR, past_m=30e3, climb=0.0, from_m=6e3, elevation=True, off_deg=1.0)
    assert tracker._pressure.mean == 0.0


def test_two_elevations_in_one_direction_are_no_repeat() -> None:
    tracker, batch = Tracker(SECTOR, [RADAR]), BatchBuilder()
    for elevation in (3.0, 12.0, 12.0):
        batch.add(
            time=START, received=START, sensor="r", range_m=20e3, azimuth_deg=30.0, elevation_deg=elevation
        )  # fmt: skip
    assigned = tracker.update(batch.build()).assigned.tolist()
    assert tracker.set_aside == {"duplicate": 1}
    assert assigned[0] != assigned[1]
