"""Falls against closed forms, energy and an integrator of somebody else's."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy.integrate import solve_ivp

from safeconduct.kernels.fall import GRAVITY, air_density, land

Floats = npt.NDArray[np.float64]


def fall(
    height: float,
    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0),
    beta: float = math.inf,
    wind: tuple[float, float] = (0.0, 0.0),
    ground: float = 0.0,
) -> Floats:
    """x, y, seconds, vx, vy, vh, height left."""
    ends: Floats = land(np.array([[0.0, 0.0, height, *velocity, beta, *wind]]), ground)[0]
    return ends


@pytest.mark.parametrize(
    ("height", "density"),
    [(-1000.0, 1.34702), (0.0, 1.225), (1000.0, 1.11166), (5000.0, 0.736116), (11000.0, 0.363918), (15000.0, 0.193674)],
)
def test_air_is_that_of_the_tables_of_iso_2533(height: float, density: float) -> None:
    assert air_density(height) == pytest.approx(density, rel=2e-5)


@pytest.mark.parametrize("climb", [0.0, 12.0, -12.0])
def test_without_air_a_fall_is_a_parabola(climb: float) -> None:
    x, y, seconds, vx, vy, vh, left = fall(500.0, (30.0, -7.0, climb), ground=100.0)
    expected = (climb + math.sqrt(climb**2 + 2.0 * GRAVITY * 400.0)) / GRAVITY
    assert seconds == pytest.approx(expected, rel=1e-9)
    assert (x, y) == pytest.approx((30.0 * expected, -7.0 * expected), rel=1e-9)
    assert (vx, vy, left) == (30.0, -7.0, 0.0)
    assert 0.5 * vh**2 == pytest.approx(0.5 * climb**2 + GRAVITY * 400.0, rel=1e-3), "energy"


def test_from_rest_it_falls_as_the_closed_form_with_drag_says() -> None:
    beta, height = 20.0, 40.0
    terminal = math.sqrt(2.0 * GRAVITY * beta / air_density(20.0))
    seconds = terminal / GRAVITY * math.acosh(math.exp(GRAVITY * height / terminal**2))
    assert fall(height, beta=beta)[2] == pytest.approx(seconds, rel=2e-3)
    assert fall(3000.0, beta=beta)[5] == pytest.approx(-math.sqrt(2.0 * GRAVITY * beta / 1.225), rel=5e-3)


@pytest.mark.parametrize("beta", [8.0, 60.0, 900.0])
def test_it_falls_as_an_integrator_of_another_make_says(beta: float) -> None:
    velocity, wind, height = (70.0, 10.0, 5.0), (4.0, -9.0), 2500.0

    def motion(_: float, s: Floats) -> list[float]:
        kelvin = 288.15 - 0.0065 * s[2]
        air = 101_325.0 * (kelvin / 288.15) ** 5.25588 / (287.05287 * kelvin)
        u = np.array([s[3] - wind[0], s[4] - wind[1], s[5]])
        drag = -air * math.sqrt(float(u @ u)) * u / (2.0 * beta)
        return [s[3], s[4], s[5], drag[0], drag[1], drag[2] - 9.80665]

    def ground(_: float, s: Floats) -> float:
        return float(s[2])

    ground.terminal = True  # type: ignore[attr-defined]
    other = solve_ivp(motion, (0.0, 900.0), [0.0, 0.0, height, *velocity], events=ground, rtol=1e-9, atol=1e-6)
    x, y, seconds, vx, vy, vh, _ = fall(height, velocity, beta, wind)
    assert seconds == pytest.approx(other.t[-1], rel=1e-3)
    assert (x, y) == pytest.approx(tuple(other.y[:2, -1]), rel=2e-3, abs=0.5)
    assert (vx, vy, vh) == pytest.approx(tuple(other.y[3:, -1]), rel=0.01, abs=0.1)


def test_energy_is_only_ever_lost_to_the_air() -> None:
    for beta in (10.0, 100.0, 1000.0):
        ends = fall(1000.0, (60.0, 0.0, 0.0), beta)
        assert 0.5 * float(ends[3:6] @ ends[3:6]) < 0.5 * 60.0**2 + GRAVITY * 1000.0
    assert fall(1000.0, (60.0, 0.0, 0.0), 10.0)[0] < fall(1000.0, (60.0, 0.0, 0.0), 1000.0)[0]


def test_a_fall_mirrors_and_turns_with_its_velocity_and_wind() -> None:
    x, y = fall(800.0, (40.0, 15.0, 2.0), 30.0, (3.0, -5.0))[:2]
    assert fall(800.0, (40.0, -15.0, 2.0), 30.0, (3.0, 5.0))[:2] == pytest.approx((x, -y), rel=1e-12)
    assert fall(800.0, (-15.0, 40.0, 2.0), 30.0, (5.0, 3.0))[:2] == pytest.approx((-y, x), rel=1e-12)


def test_what_is_on_the_ground_has_landed_and_what_is_in_a_wind_drifts_with_it() -> None:
    assert fall(50.0, (30.0, 0.0, -5.0), 20.0, ground=80.0)[:3].tolist() == [0.0, 0.0, 0.0]
    x, _, seconds, vx, *_ = fall(3000.0, (0.0, 0.0, 0.0), 10.0, (8.0, 0.0))
    assert vx == pytest.approx(8.0, abs=0.05)
    assert x == pytest.approx(8.0 * seconds, rel=0.02)
