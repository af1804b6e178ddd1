"""What must hold of the tracker for any input."""

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from safeconduct.kernels.arrays import COASTING, CONFIRMED, SLOTS, TENTATIVE
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
    else:
        row |= {"sensor": "a", "lon": draw(st.floats(12.99, 13.01) if near else ANY)}
        row["lat"] = draw(st.floats(31.99, 32.01) if near else ANY)
    return row


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
    for s in plane.tracks["state"][slots]:
        covariance = np.array([s[[4, 5, 7, 8]], s[[5, 6, 9, 10]], s[[7, 9, 11, 12]], s[[8, 10, 12, 13]]])
        assert np.linalg.eigvalsh(covariance).min() > -1e-9 * np.trace(covariance)
        assert (np.diag(covariance) > 0).all()
    table = tracker.picture(80.0)
    for column in (table.lon, table.lat, table.velocity[:, :2], table.covariance):
        assert np.isfinite(column).all()


def scans(seed: int, aircraft: int) -> list[Floats]:
    """Scans of noisy plots (n, 2) with clutter."""
    rng = np.random.default_rng(seed)
    place, speed = rng.uniform(0, 3e3, (aircraft, 2)), rng.uniform(-25, 25, (aircraft, 2))
    plots = []
    for k in range(12):
        seen = place[rng.random(aircraft) < 0.9] + k * speed[: 1 if aircraft == 1 else None].mean(axis=0)
        plots.append(np.vstack([seen + rng.normal(0, 10, seen.shape), rng.uniform(0, 3e3, (aircraft // 2, 2))]))
    return plots


def run(plots: list[Floats], order_seed: int | None = None, shift: float = 0.0) -> Floats:
    """Sorted rows (x, y, vx, vy) of the tracks at the end, shifted back."""
    tracker = PlaneTracker(TrackerSettings(window_s=1.0, start_speed_sigma_mps=15.0))
    tracker.add_sensor(PlaneSensor(clutter=1e-6))
    rng = np.random.default_rng(order_seed)
    for k, z in enumerate(plots):
        batch = no_plots(len(z))
        batch["time"] = float(k)
        batch["place"][:, :2] = (z if order_seed is None else z[rng.permutation(len(z))]) + shift
        batch["place"][:, 2:] = 100.0, 0.0, 100.0
        tracker.step(in_groups(batch, 1.0)[0], float(k))
    slots = tracker.slots_with(TENTATIVE, CONFIRMED, COASTING)
    assert len(slots) <= tracker.counters[SLOTS]
    state = tracker.tracks["state"][slots][:, :4].copy()
    state[:, :2] -= shift
    return state[np.lexsort(state.T)]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 40))
def test_the_order_of_simultaneous_plots_does_not_matter(seed: int, aircraft: int) -> None:
    plots = scans(seed, aircraft)
    np.testing.assert_array_equal(run(plots, order_seed=seed), run(plots))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 40), st.floats(-2e5, 2e5))
def test_translation_leaves_the_tracks_alone(seed: int, aircraft: int, shift: float) -> None:
    plots = scans(seed, aircraft)
    moved, still = run(plots, shift=shift), run(plots)
    assert moved.shape == still.shape
    np.testing.assert_allclose(np.sort(moved, axis=0), np.sort(still, axis=0), atol=1e-4)
