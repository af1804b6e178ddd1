"""The bound of the identification benchmark: tracks that are told the truth, and an observer that is told the paths."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from benchmarks.identity_observer import Observer
from benchmarks.identity_scoring import made
from benchmarks.identity_told import Seen, Told

METRES = (93_850.0, 110_900.0)


@pytest.fixture(scope="module")
def told(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    return Told(made("standard", 201, tmp_path_factory.mktemp("identity")))


def test_told_tracks_are_where_the_aircraft_are(told: Told) -> None:
    seen, last = Seen(told), 0
    for now, batches in told.moments():
        for batch, of in batches:
            assert float(batch.received[0]) <= now
            seen.take(batch, of)
        tracks = seen.tracks(now, METRES)
        last = max(last, len(tracks))
        for row, number in enumerate(tracks.number.tolist()):
            path = told.paths[number]
            assert path.time[0] <= now <= path.time[-1]
            assert (tracks.lon[row], tracks.lat[row]) == path.at(now)[:2]
    assert last > 8


def test_the_observer_is_sure_of_all_but_one_of_two_that_claim_to_be_the_same(told: Told) -> None:
    # Of this scenario, an aircraft that is early, as one in twelve is, and one that flies two minutes before it with
    # its unauthenticated address: both would be early, and nothing else tells them apart.
    observer, seen, epochs, unsure = Observer(told), Seen(told), 0, set()
    for now, batches in told.moments():
        for batch, of in batches:
            seen.take(batch, of)
            observer.take(batch, of)
        numbers = seen.there(now).tolist()
        said = observer.assess(now, numbers)
        flights = [name for candidates in said for name in candidates]
        for name in set(flights):
            assert sum(candidates.get(name, 0.0) for candidates in said) <= 1.0 + 1e-9
        for number, candidates in zip(numbers, said, strict=True):
            flight, epochs = told.paths[number].flight, epochs + 1
            right = candidates.get(flight, 0.0) if flight else 1.0 - sum(candidates.values())
            if right < 0.9:
                unsure.add((told.paths[number].kind, flight))
    assert epochs > 5_000
    assert unsure == {("early", "flight-10"), ("spoofer", None)}


def test_a_velocity_is_that_of_the_path(told: Told) -> None:
    path = told.paths[0]
    now = float(path.time[len(path.time) // 2])
    (lon, lat, _), (east, north, _) = path.at(now), path.velocity(now, METRES)
    ahead = path.at(now + 2.5)
    gone = np.array([ahead[0] - lon, ahead[1] - lat]) * METRES
    assert np.hypot(*(gone / 2.5 - (east, north))) < 10.0
