"""A rehearsal keeps the promises of a recording, and its simulated sensors the statistics that they declare."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pyproj
import pytest

from safeconduct.codecs.scenario_toml import read_scenario
from safeconduct.errors import InputError
from safeconduct.feeds.base import WINDOW_S
from safeconduct.feeds.rehearsal.feed import Rehearsal
from safeconduct.feeds.rehearsal.flying import fly, plan, route
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.detection import ARRAYS, DetectionBatch, DetectionKind, join
from safeconduct.model.flight import FlightState
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.party import Party
from safeconduct.model.scenario import Clutter, Fault, Scenario, ScenarioAircraft, ScenarioFlight, Waypoint
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind

TREE = Path(__file__).resolve().parents[2]
START = 1_574_337_600.0
SITE = (13.0, 32.0)
GEOD = pyproj.Geod(ellps="WGS84")
TO_ECEF = pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
RADAR = Sensor(
    id="radar", party="a", kind=SensorKind.RADAR, lon=SITE[0], lat=SITE[1], alt_m=400.0, range_m=60_000.0,
    small_target_range_m=12_000.0, period_s=2.0, probability_of_detection=0.8, sigma_range_m=50.0,
    sigma_azimuth_deg=0.3, sigma_alt_m=200.0,
)  # fmt: skip
ADSB = Sensor(
    id="adsb", party="a", kind=SensorKind.ADSB, lon=SITE[0], lat=SITE[1], alt_m=400.0, range_m=60_000.0,
    period_s=1.0, probability_of_detection=0.9, sigma_m=20.0, sigma_alt_m=15.0,
)  # fmt: skip
ADDRESS = Identifier(IdentifierKind.ICAO_ADDRESS, "0a1b2c")


def place(azimuth: float, away_m: float) -> tuple[float, float]:
    lon, lat, _ = GEOD.fwd(*SITE, azimuth, away_m)
    return float(lon), float(lat)


def orbit(name: str, away_m: float, alt_m: float = 5000.0, **changes: object) -> ScenarioAircraft:
    """An aircraft that circles the site: at one distance all the time."""
    path = tuple(Waypoint(*place(12.0 * step, away_m), alt_m, 60.0) for step in range(30))
    values = {
        "name": name, "party": "b", "aircraft": Aircraft(type="male_uav"), "path": path, "wander_m": 0.0,
        "start_sigma_s": 0.0,
    }  # fmt: skip
    return ScenarioAircraft(**(values | changes))  # type: ignore[arg-type]


def scenario(
    aircraft: Sequence[ScenarioAircraft],
    sensors: Sequence[Sensor] = (RADAR,),
    duration_s: float = 900.0,
    clutter: Sequence[Clutter] = (),
) -> Scenario:
    return Scenario(
        id="made", title="Made", notice="Made up", node="a", start=START, duration_s=duration_s, warm_up_s=0.0,
        default_variant="all", parties=(Party(id="a", name="A"), Party(id="b", name="B")),
        sectors=(Sector(id="s", party="a", name="S", centre=SITE),), sensors=tuple(sensors),
        aircraft=tuple(aircraft), flights=tuple(ScenarioFlight(id=f"F-{c.name}", aircraft=c.name) for c in aircraft),
        variants={"all": tuple(f"F-{c.name}" for c in aircraft), "none": ()}, clutter=tuple(clutter),
    )  # fmt: skip


def plots(made: Scenario, seed: int = 1) -> tuple[Rehearsal, DetectionBatch]:
    rehearsal = Rehearsal(made, seed)
    return rehearsal, join(rehearsal.batches())


def truth_at(rehearsal: Rehearsal, batch: DetectionBatch, name: str) -> tuple[np.ndarray, ...]:
    """Where the aircraft was at each row: lon, lat, height."""
    east, north, height = rehearsal.trajectories[name].at(batch.time)
    return (*rehearsal.frame.to_degrees(east, north), height)


@pytest.fixture(scope="module")
def tripoli() -> Scenario:
    whole = read_scenario((TREE / "scenarios" / "tripoli-2019" / "scenario.toml").read_bytes())
    return replace(whole, duration_s=400.0, warm_up_s=0.0)


def test_it_keeps_the_promises_of_a_recording(tripoli: Scenario) -> None:
    rehearsal = Rehearsal(tripoli, 3)
    known = {sensor.id for sensor in rehearsal.sensors}
    last, seen = -np.inf, 0
    windows = []
    for batch in rehearsal.batches():
        assert len(batch) > 0
        assert np.all(np.diff(batch.received) >= 0)
        assert batch.received[0] >= last
        last = batch.received[-1]
        assert len(set((batch.received // WINDOW_S).tolist())) == 1
        windows.append(batch.received[0] // WINDOW_S)
        assert {batch.sensors[s] for s in batch.sensor} <= known
        assert np.all(batch.time < batch.received)
        assert np.all(batch.received - batch.time < 1.0)
        seen += len(batch)
        assert rehearsal.report.detections == seen
    assert len(set(windows)) == len(windows)
    assert tripoli.start < last <= tripoli.start + tripoli.duration_s
    assert rehearsal.report.detections == rehearsal.report.messages == seen > 1000
    assert not rehearsal.report.rejected


def test_only_the_node_s_own_sensors_are_seen(tripoli: Scenario) -> None:
    foreign = replace(tripoli.sensors[0], id="foreign", party="gna")
    rehearsal = Rehearsal(replace(tripoli, sensors=(*tripoli.sensors, foreign), duration_s=30.0), 1)
    assert "foreign" not in {sensor.id for sensor in rehearsal.sensors}
    assert "foreign" not in join(rehearsal.batches()).sensors


def same(a: DetectionBatch, b: DetectionBatch) -> bool:
    return len(a) == len(b) and all(
        getattr(a, name).tobytes() == getattr(b, name).tobytes() for name in ARRAYS
    )  # fmt: skip


def test_one_seed_is_one_run_and_another_is_another(tripoli: Scenario) -> None:
    short = replace(tripoli, duration_s=60.0)
    first, again, other = plots(short, 5)[1], plots(short, 5)[1], plots(short, 6)[1]
    assert same(first, again)
    assert first.claims == again.claims
    assert not same(first, other)


def test_two_passes_over_one_rehearsal_are_the_same(tripoli: Scenario) -> None:
    rehearsal = Rehearsal(replace(tripoli, duration_s=30.0), 5)
    assert same(join(rehearsal.batches()), join(rehearsal.batches()))


def test_what_flies_does_not_depend_on_what_else_flies() -> None:
    alone = Rehearsal(scenario([orbit("one", 20_000, wander_m=100.0, start_sigma_s=20.0)]), 2)
    both = Rehearsal(scenario([orbit("two", 30_000), orbit("one", 20_000, wander_m=100.0, start_sigma_s=20.0)]), 2)
    assert np.array_equal(alone.trajectories["one"].east, both.trajectories["one"].east)
    assert np.array_equal(alone.trajectories["one"].time, both.trajectories["one"].time)


def test_a_longer_rehearsal_begins_as_a_shorter_one(tripoli: Scenario) -> None:
    """The news of a window does not depend on what comes later."""
    short = list(Rehearsal(replace(tripoli, duration_s=40.0), 1).batches())
    long = list(islice(Rehearsal(replace(tripoli, duration_s=90.0), 1).batches(), len(short)))
    assert all(same(a, b) for a, b in zip(short[:-1], long, strict=False))


def test_a_radar_measures_range_azimuth_and_height_with_its_noise() -> None:
    rehearsal, batch = plots(scenario([orbit("one", 25_000)], duration_s=1500.0))
    lon, lat, height = truth_at(rehearsal, batch, "one")
    assert np.all(batch.kind == DetectionKind.POLAR)
    assert np.isnan(batch.lon).all()
    assert not batch.claims
    count = len(batch)
    assert count == pytest.approx(0.8 * 750, rel=0.06)
    sites = np.full((2, count), [[SITE[0]], [SITE[1]]])
    azimuth = GEOD.inv(sites[0], sites[1], lon, lat)[0]
    there, here = np.array(TO_ECEF.transform(lon, lat, height)), np.array(TO_ECEF.transform(*SITE, RADAR.alt_m))
    slant = np.linalg.norm(there - here[:, None], axis=0)
    off = np.array([batch.range_m - slant, (batch.azimuth_deg - azimuth + 180) % 360 - 180, batch.height_m - height])
    for error, sigma in zip(off, (50.0, 0.3, 200.0), strict=True):
        assert np.std(error) == pytest.approx(sigma, rel=0.1)
        assert abs(np.mean(error)) < 4 * sigma / np.sqrt(count)
    assert np.all((batch.azimuth_deg >= 0) & (batch.azimuth_deg < 360))
    assert abs(np.corrcoef(off)[0, 1]) < 0.15


def test_an_elevation_is_that_of_the_bent_ray_with_its_noise() -> None:
    radar = replace(RADAR, sigma_range_m=1.0, sigma_elevation_deg=0.2)
    rehearsal, batch = plots(scenario([orbit("one", 50_000)], [radar], 2000.0))
    lon, lat, height = truth_at(rehearsal, batch, "one")
    sight = np.column_stack(TO_ECEF.transform(lon, lat, height)) - np.array(TO_ECEF.transform(*SITE, 400.0))
    lam, phi = np.radians(SITE)
    up = sight @ [np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)]
    bent = np.degrees(batch.range_m / (8.0 * 6.37e6))  # half the angle of an arc with four earth radii
    off = batch.elevation_deg - np.degrees(np.arcsin(up / batch.range_m)) - bent
    assert np.mean(off) == pytest.approx(0.0, abs=4 * 0.2 / np.sqrt(len(off)))
    assert np.mean(bent) > 0.05, "more than the noise of the mean"
    assert np.std(off) == pytest.approx(0.2, rel=0.15)
    assert np.isnan(plots(scenario([orbit("one", 50_000)], [RADAR], 60.0))[1].elevation_deg).all()


def test_a_radar_without_height_measures_none() -> None:
    _, batch = plots(scenario([orbit("one", 25_000)], [replace(RADAR, sigma_alt_m=None)], 60.0))
    assert len(batch) > 10
    assert np.isnan(batch.height_m).all()


@pytest.mark.parametrize(
    ("share", "expected"), [(0.3, 0.8), (0.6, 0.8), (0.75, 0.8 * 0.875), (0.9, 0.8 * 0.65), (0.99, 0.8 * 0.515)]
)
def test_detection_holds_to_two_thirds_of_the_reach_and_falls_to_half(share: float, expected: float) -> None:
    reach = replace(RADAR, range_m=25_000 / share, period_s=1.0)
    rehearsal, batch = plots(scenario([orbit("one", 25_000, 3000.0)], [reach], 1500.0))
    lon, lat, _ = truth_at(rehearsal, batch, "one")
    ground = GEOD.inv(np.full(len(batch), SITE[0]), np.full(len(batch), SITE[1]), lon, lat)[2]
    assert np.median(ground) == pytest.approx(25_000, rel=0.02)
    assert len(batch) / 1500 == pytest.approx(expected, abs=0.05)


def test_nothing_is_seen_beyond_its_reach() -> None:
    assert len(plots(scenario([orbit("one", 61_500)], duration_s=200.0))[1]) == 0


def test_nothing_is_seen_below_the_radio_horizon() -> None:
    """4/3 earth over ground at 60 m: from 10 m up one sees 13 km, and as much more as the other one sees."""
    low = replace(RADAR, alt_m=70.0)
    assert len(plots(scenario([orbit("low", 50_000, 100.0)], [low], 200.0))[1]) == 0
    assert len(plots(scenario([orbit("high", 50_000, 1500.0)], [low], 200.0))[1]) > 40
    assert len(plots(scenario([orbit("low", 30_000, 100.0)], [replace(low, alt_m=200.0)], 200.0))[1]) > 40


def test_small_aircraft_are_seen_only_within_the_smaller_reach() -> None:
    assert len(plots(scenario([orbit("far", 12_500, small=True)], duration_s=200.0))[1]) == 0
    assert len(plots(scenario([orbit("near", 7_500, small=True)], duration_s=200.0))[1]) > 60
    blind = replace(RADAR, small_target_range_m=None)
    assert len(plots(scenario([orbit("far", 25_000, small=True)], [blind], 200.0))[1]) > 60


def test_false_alarms_come_at_their_rate_evenly_over_the_disc() -> None:
    noisy = replace(RADAR, false_alarms_per_scan=5.0)
    _, batch = plots(scenario([orbit("none", 90_000)], [noisy], 1000.0))
    scans = 1000 / RADAR.period_s
    assert len(batch) == pytest.approx(5.0 * scans, abs=4 * np.sqrt(5.0 * scans))
    inner = np.mean(batch.range_m < RADAR.range_m / 2) if RADAR.range_m else 0
    assert inner == pytest.approx(0.25, abs=0.04)
    assert np.histogram(batch.azimuth_deg, 4, (0, 360))[0] / len(batch) == pytest.approx(0.25, abs=0.04)
    assert not batch.claims


def test_a_fault_turns_what_is_reported_and_nothing_that_is_declared() -> None:
    """The node has the same sensor, the same looks at the same times and ranges; every azimuth is off by as much."""
    made = scenario([orbit("one", 25_000)], [replace(RADAR, false_alarms_per_scan=1.0)], 100.0)
    sound, whole = plots(made)
    turned, off = plots(replace(made, faults=(Fault(sensor=RADAR.id, azimuth_error_deg=107.0),)))
    assert turned.sensors == sound.sensors
    assert len(off) == len(whole) > 60
    for name in ("time", "received", "range_m", "height_m"):
        assert np.array_equal(getattr(off, name), getattr(whole, name))
    assert (off.azimuth_deg - whole.azimuth_deg) % 360 == pytest.approx(107.0)
    assert np.all((off.azimuth_deg >= 0) & (off.azimuth_deg < 360))


def test_a_fault_is_its_own_sensor_s() -> None:
    both = [RADAR, replace(RADAR, id="other")]
    made = scenario([orbit("one", 25_000)], both, 60.0)
    whole = plots(made)[1]
    off = plots(replace(made, faults=(Fault(sensor="other", azimuth_error_deg=-20.0),)))[1]
    turn = (off.azimuth_deg - whole.azimuth_deg + 180) % 360 - 180
    assert turn == pytest.approx(np.where(np.array(off.sensors)[off.sensor] == "other", -20.0, 0.0))


def test_a_receiver_has_no_false_alarms_and_no_clutter() -> None:
    deaf = replace(ADSB, false_alarms_per_scan=9.0)
    patch = Clutter(lon=13.1, lat=32.0, radius_m=1000.0, plots_per_scan=3.0)
    assert len(plots(scenario([orbit("silent", 20_000)], [deaf], 60.0, [patch]))[1]) == 0


def test_clutter_lies_in_its_patch_at_its_rate() -> None:
    lon, lat = place(60.0, 30_000)
    patch = Clutter(lon=lon, lat=lat, radius_m=2000.0, plots_per_scan=1.5)
    far = Clutter(lon=15.0, lat=32.0, radius_m=2000.0, plots_per_scan=1.5)
    sharp = replace(RADAR, sigma_range_m=1.0, sigma_azimuth_deg=0.001)
    _, batch = plots(scenario([orbit("none", 90_000)], [sharp], 1000.0, [patch, far]))
    assert len(batch) == pytest.approx(1.5 * 500, abs=4 * np.sqrt(750))
    ground = np.sqrt(np.maximum(batch.range_m**2 - (batch.height_m - 400) ** 2, 0))
    assert np.median(ground) == pytest.approx(30_000, rel=0.02)
    assert np.median(batch.azimuth_deg) == pytest.approx(60.0, abs=0.3)
    assert np.std(np.radians(batch.azimuth_deg) * 30_000) == pytest.approx(1000.0, rel=0.15)


def test_a_receiver_repeats_what_is_said_with_its_own_accuracy() -> None:
    craft = orbit(
        "one", 25_000, aircraft=Aircraft(type="airliner", identifiers=(ADDRESS,)), emits=frozenset({SensorKind.ADSB})
    )
    rehearsal, batch = plots(scenario([craft, orbit("silent", 20_000)], [ADSB], 800.0))
    assert len(batch) == pytest.approx(0.9 * 800, rel=0.05)
    assert np.all(batch.kind == DetectionKind.POSITION)
    assert set(batch.claims) == set(range(len(batch)))
    assert all(said.identifiers == (ADDRESS,) and not said.authenticated for said in batch.claims.values())
    lon, lat, height = truth_at(rehearsal, batch, "one")
    azimuth, _, off = GEOD.inv(lon, lat, batch.lon, batch.lat)
    for part in (off * np.sin(np.radians(azimuth)), off * np.cos(np.radians(azimuth))):
        assert np.std(part) == pytest.approx(20.0, rel=0.12)
    assert np.std(batch.height_m - height) == pytest.approx(15.0, rel=0.12)
    assert batch.covariance[0].tolist() == [400.0, 0.0, 400.0]
    assert np.nanmedian(np.hypot(batch.velocity[:, 0], batch.velocity[:, 1])) == pytest.approx(60.0, abs=1.0)


def test_an_aircraft_is_heard_only_by_the_receivers_it_sends_to() -> None:
    remote = replace(ADSB, id="rid", kind=SensorKind.REMOTE_ID)
    craft = orbit("one", 20_000, emits=frozenset({SensorKind.REMOTE_ID}))
    batch = plots(scenario([craft], [ADSB, remote], 60.0))[1]
    assert {batch.sensors[s] for s in batch.sensor} == {"rid"}


def test_a_turning_radar_looks_once_a_turn_at_the_time_its_beam_is_there() -> None:
    slow = replace(RADAR, period_s=10.0, probability_of_detection=1.0, sigma_azimuth_deg=0.01)
    batch = plots(scenario([orbit("one", 20_000)], [slow], 600.0))[1]
    turns = batch.time / 10.0 - batch.azimuth_deg / 360.0
    phase = (turns - turns[0] + 0.5) % 1.0 - 0.5
    assert np.abs(phase).max() < 0.01
    assert len(np.unique(np.round(turns - turns[0]))) == len(batch)


def test_truth_is_where_the_detections_are_and_only_while_flying() -> None:
    craft = orbit("one", 20_000, start_s=100.0)
    rehearsal = Rehearsal(scenario([craft]), 1)
    assert rehearsal.truth(START + 50.0) == ()
    (here,) = rehearsal.truth(START + 200.0)
    assert here.name == "one"
    assert GEOD.inv(*SITE, here.lon, here.lat)[2] == pytest.approx(20_000, rel=0.03)
    assert rehearsal.truth(START + 1e6) == ()


def test_flights_are_declared_as_the_variant_says(tripoli: Scenario) -> None:
    rehearsal = Rehearsal(tripoli, 1)
    assert rehearsal.flights("uncoordinated") == ()
    declared = rehearsal.flights("coordinated")
    assert {flight.id for flight in declared} == set(tripoli.variants["coordinated"])
    for flight in declared:
        assert flight.state is FlightState.ACTIVATED
        assert flight.route[0].time >= tripoli.start
        assert flight.start < flight.route[0].time < flight.route[-1].time < flight.end
    assert Rehearsal(tripoli, 2).flights("coordinated") == declared


def test_a_plan_flies_over_its_waypoints_at_its_speeds_and_heights() -> None:
    frame = SectorFrame(*SITE)
    corners = [Waypoint(*place(a, 15_000), 1000.0 + 10 * a, 60.0) for a in (0.0, 90.0, 180.0, 270.0)]
    flown = plan(orbit("one", 1.0, path=tuple(corners)), START, frame)
    lon, lat = frame.to_degrees(flown.east, flown.north)
    for corner in corners:
        miss = GEOD.inv(np.full(len(lon), corner.lon), np.full(len(lat), corner.lat), lon, lat)[2]
        assert miss.min() < 60.0**2 / (9.81 * 0.35) + 60.0
        assert abs(flown.height_m[miss.argmin()] - corner.alt_m) < 150.0  # it climbs on while it turns
    assert np.hypot(np.diff(flown.east), np.diff(flown.north)) == pytest.approx(60.0, abs=0.5)
    course = np.unwrap(np.arctan2(np.diff(flown.east), np.diff(flown.north)))
    assert np.abs(np.diff(course)).max() <= 9.81 * 0.35 / 60.0 + 1e-9
    points = route(flown, frame)
    assert points[0].time == START
    assert points[-1].time == flown.time[-1]


def test_flying_strays_as_declared() -> None:
    frame = SectorFrame(*SITE)
    craft = orbit("one", 20_000, wander_m=100.0, start_sigma_s=30.0)
    planned = plan(craft, START, frame)
    late, across = [], []
    for seed in range(60):
        flown = fly(craft, planned, np.random.default_rng(seed))
        late.append(flown.time[0] - planned.time[0])
        across.append(np.hypot(flown.east - planned.east, flown.north - planned.north)[::100])
    assert np.abs(late).max() <= 60.0
    assert np.std(late) == pytest.approx(30.0, rel=0.3)
    assert np.sqrt(np.mean(np.square(across))) == pytest.approx(100.0, rel=0.15)


def test_a_path_that_is_over_at_once_is_refused_as_input() -> None:
    here = Waypoint(13.0, 32.0, 100.0, 50.0)
    with pytest.raises(InputError) as caught:
        Rehearsal(scenario([orbit("one", 1.0, path=(here, here))]), 1)
    assert caught.value.reason == "bad-path"
    assert "one" in str(caught.value)


@pytest.mark.parametrize("duration_s", [10.0, 10.3])
def test_it_ends_with_its_duration(duration_s: float) -> None:
    often = replace(RADAR, period_s=0.2, probability_of_detection=1.0)
    _, batch = plots(scenario([orbit("one", 20_000)], [often], duration_s))
    assert START + duration_s - 0.8 < batch.received.max() <= START + duration_s
