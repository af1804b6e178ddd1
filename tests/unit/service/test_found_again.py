"""A track that comes back under its number, through the pipeline, on the board and in a replay's count."""

import math
from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np
import pyproj
import pytest

from safeconduct.model.board import BoardStatus
from safeconduct.model.detection import BatchBuilder, Claims, DetectionBatch
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.model.standing import Standing
from safeconduct.model.track import Continuation
from safeconduct.picture.board import BoardHeading
from safeconduct.service.census import Census
from safeconduct.service.pipeline import Pipeline, drive
from safeconduct.service.rehearsals import prepare

WGS84 = pyproj.Geod(ellps="WGS84")
HOME, START = (13.3, 32.6), 1_741_759_200.0
SECTOR = Sector(id="s", party="p", name="s", centre=HOME)
RECEIVER = Sensor(id="r", party="p", kind=SensorKind.ADSB, lon=HOME[0], lat=HOME[1], range_m=200e3, sigma_m=15.0)
ADDRESS = Identifier(IdentifierKind.ICAO_ADDRESS, "aaaaaa")


def heard(seconds: Iterable[int], name: Identifier | None = ADDRESS) -> Iterator[DetectionBatch]:
    """One aircraft at 80 m/s, to the east."""
    for t in seconds:
        lon, lat, _ = WGS84.fwd(*HOME, 90.0, 80.0 * t)
        builder = BatchBuilder()
        claims = Claims((name,)) if name else None
        builder.add(time=START + t, received=START + t + 0.1, sensor="r", lon=lon, lat=lat, claims=claims)
        yield builder.build()


def pipeline() -> Pipeline:
    return Pipeline(SECTOR, BoardHeading(epoch="e", node="p", title="t", rehearsal=True), sensors=[RECEIVER])


def test_it_is_shown_lost_and_then_confirmed_under_one_name_with_what_it_claimed() -> None:
    wired, seen = pipeline(), []
    for _ in drive(wired, heard([*range(20), *range(65, 80)]), 1.0):
        seen += [(wired.board.time - START, track) for track in wired.board.tracks.values()]
    status = [track.status for _, track in seen]
    assert {track.id for _, track in seen} == {"t1"}
    assert status.index(BoardStatus.LOST) < len(status) - 1 - status[::-1].index(BoardStatus.LOST)
    assert status[-1] is BoardStatus.CONFIRMED
    last = seen[-1][1]
    assert last.identifiers == (ADDRESS,)
    assert last.standing is Standing.COOPERATIVE
    assert last.first_time == START
    said = wired.identification("t1")
    assert said is not None
    assert said.time > START + 78.0, "not the last words of before"
    assert wired.board.conflicts == ()


def test_one_that_late_detections_show_not_to_be_lost_speaks_for_itself_again() -> None:
    """In a network that holds everything back for 25 s now and then, the tracker undoes losses: nothing was found."""
    run = prepare("tripoli-2019", "coordinated", 1)
    wired, start = run.pipeline, run.rehearsal.scenario.start
    batches, undone = deque(run.rehearsal.batches()), 0
    for second in range(2, 661, 2):
        held_back = 25.0 if second // 40 % 2 else 0.0
        while batches[0].received[-1] <= start + second - held_back:
            wired.take(batches.popleft())
        lost = {track.id for track in wired.board.tracks.values() if track.status is BoardStatus.LOST}
        wired.tick(start + second)
        for row, said in enumerate(wired.identifications()):
            assert wired.identification(said.track) == said, row
            undone += said.track in lost
    assert undone, "else this proves nothing"


def test_what_is_lost_for_good_is_forgotten_after_the_memory() -> None:
    wired = pipeline()
    for _ in drive(wired, heard(range(20)), 1.0):
        pass
    for t in range(20, 250, 5):
        wired.tick(START + t)
        if t <= 200:
            assert wired.engine.claims.claimed(1) == (ADDRESS,)
    assert wired.engine.claims.claimed(1) == ()
    assert not wired._over


@pytest.mark.parametrize("named", [True, False])
def test_a_replay_counts_it_once(named: bool) -> None:
    wired, census = pipeline(), Census()
    batches = list(heard([*range(20), *range(65, 80)], ADDRESS if named else None))

    def watched() -> Iterator[DetectionBatch]:
        for batch in batches:
            yield batch
            assert wired.changes is not None
            census.note(batch, wired.changes.assigned, wired.changes.confirmed, wired.continued)

    for _ in drive(wired, watched(), 1.0):
        pass
    (one,) = census.counted()
    assert one.tracks == ["t1"]
    assert one.detections == len(batches)
    assert (one.first, one.last) == (START, START + 79.0)
    assert math.isclose(one.west, HOME[0], abs_tol=1e-6)


def test_a_doubtful_continuation_joins_nothing_in_the_count() -> None:
    census, (batch,) = Census(), heard([0])
    for number in (1, 2):
        census.note(batch, np.array([number]), [number])
    doubt = Continuation(number=2, of=1, probability=0.6, gap_s=40.0, taken=False)
    census.note(batch, np.array([2]), [], [doubt])
    assert [seen.tracks for seen in census.counted()] == [["t1"], ["t2"]]
