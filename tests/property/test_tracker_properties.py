"""What must hold of the tracker for any input."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.matrices import covariance, packed

from safeconduct.kernels.arrays import COASTING, CONFIRMED, SLOTS, STATE, TENTATIVE
from safeconduct.model.detection import BatchBuilder
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.picture.plane import PlaneSensor, PlaneTracker, in_groups, no_plots
from safeconduct.picture.settings import TrackerSettings
from safeconduct.picture.tracker import Tracker

Floats = npt.NDArray[np.float64]
ANY = st.floats(allow_nan=False, allow_infinity=False)
MAYBE = st.none() | ANY
SECTOR = Sector(id="s", party="p", name="s", centre=(13.0, 32.0))
SENSORS = (
    Sensor(id="r", party="p", kind=SensorKind.RADAR, lon=13.1, lat=32.1, range_m=6e4, false_alarms_per_scan=2.0),
    Sensor(id="a", party="p", kind=SensorKind.ADSB),
)


@st.composite
def detections(draw: st.DrawFn) -> dict[str, object]:
    """Any finite numbers; half of them near one place, so that tracks do form."""
    near = draw(st.booleans())
    time = draw(st.floats(0.0, 60.0))
    row: dict[str, object] = {"time": time, "received": time + draw(st.floats(0.0, 12.0))}
    row["covariance"] = draw(st.none() | st.tuples(ANY, ANY, ANY))
    row["velocity"] = draw(st.none() | st.tuples(MAYBE, MAYBE, MAYBE))
    row |= {name: draw(MAYBE) for name in ("height_m", "pressure_altitude_m", "sigma_height_m")}
    if draw(st.booleans()):
        row |= {"sensor": "r", "range_m": draw(st.floats(0.0, 5e4) if near else ANY), "azimuth_deg": draw(ANY)}
        row["elevation_deg"] = draw(st.none() | (st.floats(-5.0, 90.0) if near else ANY))
    else:
        row |= {"sensor": "a", "lon": draw(st.floats(12.99, 13.01) if near else ANY)}
        row["lat"] = draw(st.floats(31.99, 32.01) if near else ANY)
    return row


def assert_sound(state: Floats) -> None:
    spread = covariance(state)
    assert np.isfinite(state).all()
    assert (np.diag(spread) > 0).all()
    assert np.linalg.eigvalsh(spread).min() > -1e-9 * np.trace(spread)


@settings(max_examples=60, deadline=None)
@given(st.lists(detections(), min_size=1, max_size=40))
def test_no_finite_input_makes_a_nan_or_an_unsound_covariance(rows: list[dict[str, object]]) -> None:
    tracker, builder = Tracker(SECTOR, SENSORS), BatchBuilder()
    for row in sorted(rows, key=lambda row: float(row["received"])):  # type: ignore[arg-type]
        builder.add(**row)  # type: ignore[arg-type]
    tracker.update(builder.build())
    plane = tracker._plane
    slots = plane.slots_with(TENTATIVE, CONFIRMED, COASTING)
    state, vertical = plane.states_at(slots, 80.0)
    assert np.isfinite(state).all()
    assert np.isfinite(vertical[:, 1:]).all()
    assert np.isfinite(plane.tracks["score"][slots]).all()
    for track in plane.tracks[slots]:
        used = track["histories"] * track["models"]
        assert (track["chance"][:used] >= 0.0).all()
        assert track["chance"][:used].sum() == pytest.approx(1.0)
        for one in (track["state"], *track["modes"][:used]):
            assert_sound(one)
    table = tracker.picture(80.0)
    for column in (table.lon, table.lat, table.velocity[:, :2], table.covariance):
        assert np.isfinite(column).all()


@dataclass(frozen=True)
class Traffic:
    """What flies, and the radar that sees it: nine looks in ten, with clutter."""

    side: float
    speed: float
    sigma: float
    period: float


DRONES, AEROPLANES = Traffic(3e3, 25.0, 10.0, 1.0), Traffic(4e4, 200.0, 40.0, 4.0)
TRAFFIC, SEED, AIRCRAFT = st.sampled_from([DRONES, AEROPLANES]), st.integers(0, 10_000), st.integers(1, 30)


def scans(traffic: Traffic, seed: int, aircraft: int) -> list[Floats]:
    """Scans of noisy plots (n, 2) with clutter; aircraft turn as they please."""
    rng = np.random.default_rng(seed)
    place = rng.uniform(0.0, traffic.side, (aircraft, 2))
    course, rate = rng.uniform(-np.pi, np.pi, aircraft), rng.uniform(-0.05, 0.05, aircraft)
    plots = []
    for _ in range(12):
        seen = place[rng.random(aircraft) < 0.9]
        clutter = rng.uniform(0.0, traffic.side, (aircraft // 2, 2))
        plots.append(np.vstack([seen + rng.normal(0.0, traffic.sigma, seen.shape), clutter]))
        course = course + traffic.period * rate
        place = place + traffic.period * traffic.speed * np.column_stack([np.cos(course), np.sin(course)])
    return plots


def run(
    traffic: Traffic, plots: list[Floats], order_seed: int | None = None, shift: float = 0.0, angle: float = 0.0
) -> Floats:
    """Rows (x, y, vx, vy and their covariance) of the tracks at the end, found in a plane that is turned
    and then shifted; turned and shifted back, and sorted by x."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    settings = TrackerSettings(window_s=traffic.period, start_speed_sigma_mps=0.6 * traffic.speed)
    tracker = PlaneTracker(settings)
    tracker.add_sensor(PlaneSensor(x=shift, y=shift, period=traffic.period, clutter=2.0 / traffic.side**2))
    rng = np.random.default_rng(order_seed)
    for k, z in enumerate(plots):
        batch = no_plots(len(z))
        batch["time"] = traffic.period * k
        batch["place"][:, :2] = (z if order_seed is None else z[rng.permutation(len(z))]) @ turn.T + shift
        batch["place"][:, 2:] = traffic.sigma**2, 0.0, traffic.sigma**2
        tracker.step(in_groups(batch, traffic.period)[0], traffic.period * k)
    slots = tracker.slots_with(TENTATIVE, CONFIRMED, COASTING)
    assert len(slots) <= tracker.counters[SLOTS]
    rows, back = [], np.kron(np.eye(2), turn.T)
    for state in tracker.tracks["state"][slots]:
        mean = state[:4] - [shift, shift, 0.0, 0.0]
        rows.append(packed(back @ mean, back @ covariance(state) @ back.T))
    found = np.array(rows).reshape(-1, STATE)
    return found[np.argsort(found[:, 0])]


@settings(max_examples=25, deadline=None)
@given(TRAFFIC, SEED, AIRCRAFT)
def test_the_order_of_simultaneous_plots_does_not_matter(traffic: Traffic, seed: int, aircraft: int) -> None:
    plots = scans(traffic, seed, aircraft)
    np.testing.assert_array_equal(run(traffic, plots, order_seed=seed), run(traffic, plots))


@settings(max_examples=25, deadline=None)
@given(TRAFFIC, SEED, AIRCRAFT, st.floats(-2e5, 2e5))
def test_translation_leaves_the_tracks_alone(traffic: Traffic, seed: int, aircraft: int, shift: float) -> None:
    plots = scans(traffic, seed, aircraft)
    np.testing.assert_allclose(run(traffic, plots, shift=shift), run(traffic, plots), rtol=1e-5, atol=1e-3)


@settings(max_examples=25, deadline=None)
@given(TRAFFIC, SEED, AIRCRAFT, st.floats(-np.pi, np.pi))
def test_rotation_leaves_the_tracks_alone(traffic: Traffic, seed: int, aircraft: int, angle: float) -> None:
    plots = scans(traffic, seed, aircraft)
    np.testing.assert_allclose(run(traffic, plots, angle=angle), run(traffic, plots), rtol=1e-5, atol=1e-3)
