"""Two tracks of one aircraft are joined; two aircraft side by side are not."""

import numpy as np
import numpy.typing as npt
import pytest

from safeconduct.kernels.arrays import COASTING, CONFIRMED, LOST, SENSOR, TRACK, Records
from safeconduct.kernels.twins import LOOKS, join_twins

Floats = npt.NDArray[np.float64]
PERIOD = 4.0
SPAN = LOOKS * PERIOD


def sensors() -> Records:
    made = np.zeros(2, SENSOR)
    made["period"] = PERIOD, 1.0
    return made


def pair(apart: float = 10.0, faster: float = 1.0, higher: float = 5.0) -> Records:
    """The older one second, as slots are reused."""
    tracks = np.zeros(2, TRACK)
    tracks["status"], tracks["number"], tracks["first_time"] = CONFIRMED, (9, 4), (50.0, 10.0)
    tracks["interval"], tracks["score"] = PERIOD, (6.0, 2.0)
    tracks["state"][:, [4, 6, 11, 13]] = 400.0, 400.0, 9.0, 9.0
    tracks["state"][1, 0], tracks["state"][1, 2] = apart, faster
    tracks["vertical"][:, 2] = 100.0
    tracks["vertical"][1, 0] = higher
    return tracks


def run(tracks: Records, seen: Floats, times: Floats) -> float | None:
    """When one is joined."""
    for now in times:
        order = np.argsort(tracks["state"][:, 0])
        if join_twins(tracks, seen, sensors(), order, float(now)):
            return float(now)
    return None


NEVER = np.full((2, 2), -np.inf)
TIMES = np.arange(100.0, 100.0 + 2.0 * SPAN)


@pytest.mark.parametrize("apart", [10.0, -10.0])
def test_the_younger_of_two_that_are_alike_for_long_is_joined(apart: float) -> None:
    tracks = pair(apart)
    assert run(tracks, NEVER, TIMES) == pytest.approx(100.0 + SPAN, abs=1.01)
    assert tracks["status"].tolist() == [LOST, CONFIRMED]
    assert tracks["joined"].tolist() == [4, 0]
    assert tracks["score"][1] == 6.0


@pytest.mark.parametrize("changes", [{"apart": 60.0}, {"faster": 9.0}, {"higher": 40.0}])
def test_what_differs_in_place_speed_or_height_is_not(changes: dict[str, float]) -> None:
    assert run(pair(**changes), NEVER, TIMES) is None


def test_heights_that_are_not_known_differ_in_nothing() -> None:
    tracks = pair()
    tracks["vertical"][0, 0] = np.nan
    assert run(tracks, NEVER, TIMES) is not None


def test_two_addresses_are_two_aircraft() -> None:
    tracks = pair()
    tracks["address"][:, 0] = 1, 2
    assert run(tracks, NEVER, TIMES) is None
    tracks["address"][0, 0] = 0
    assert run(tracks, NEVER, TIMES) is not None


def test_two_plots_of_one_look_are_two_aircraft_while_that_is_fresh() -> None:
    seen = NEVER.copy()
    seen[:, 0] = 100.0, 100.5
    joined = run(pair(), seen, np.arange(100.0, 100.0 + 4.0 * SPAN))
    assert joined == pytest.approx(100.0 + 2.0 * SPAN, abs=2.1)


def test_plots_of_one_look_after_another_are_of_one_aircraft() -> None:
    tracks, seen = pair(), NEVER.copy()
    for now in TIMES:
        which = int(now / PERIOD) % 2
        seen[which, 0] = now - now % PERIOD
        if join_twins(tracks, seen, sensors(), np.array([0, 1]), float(now)):
            break
    assert tracks["joined"][0] == 4


def test_time_begins_anew_when_they_differ_in_between() -> None:
    tracks = pair()
    half = np.arange(100.0, 100.0 + 0.8 * SPAN)
    assert run(tracks, NEVER, half) is None
    tracks["state"][1, 0] = 80.0
    assert run(tracks, NEVER, np.array([half[-1] + 1.0])) is None
    tracks["state"][1, 0] = 10.0
    assert run(tracks, NEVER, half[-1] + 2.0 + np.arange(0.8 * SPAN)) is None


def test_of_three_only_one_is_left() -> None:
    tracks = np.append(pair(), pair(5.0)[1:])
    tracks["number"][2], tracks["first_time"][2], tracks["status"][2] = 7, 30.0, COASTING
    seen = np.full((3, 2), -np.inf)
    for now in TIMES:
        join_twins(tracks, seen, sensors(), np.argsort(tracks["state"][:, 0]), float(now))
        kept = np.flatnonzero(tracks["status"] != LOST)
        if len(kept) == 1:
            break
        tracks, seen = tracks[kept], seen[kept]
    assert tracks["number"][tracks["status"] != LOST].tolist() == [4]
