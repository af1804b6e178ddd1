"""The real Anafi is declared, and another sends its serial 23 km away: a conflict, and the flight is the real one's."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from safeconduct.feeds.base import FeedReport, Recording
from safeconduct.feeds.detect import merge
from safeconduct.feeds.remote_id_capture import RemoteIdCapture
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.board import BoardStatus, BoardTrack
from safeconduct.model.detection import DetectionBatch
from safeconduct.model.flight import Flight, FlightState
from safeconduct.model.identification import ConflictKind, IdentifierConflict
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.model.standing import Standing
from safeconduct.model.volume import Volume4D
from safeconduct.picture.board import BoardHeading
from safeconduct.service.pipeline import Pipeline, drive

ANAFI = Identifier(IdentifierKind.REMOTE_ID_SERIAL, "1588E040445AC004418")
PLACE = (8.7302, 47.1987)
"""Where the real one was recorded."""
REAL_S, SPOOFED_S = (1_680_365_730.0, 1_680_365_853.0), (1_681_634_789.0, 1_681_634_838.0)
"""When each was recorded."""
WHEN = {
    "as recorded, days later": 0.0,
    "at once": REAL_S[0] + 40.0 - SPOOFED_S[0],
    "just before": REAL_S[0] - 60.0 - SPOOFED_S[1],
    "just after": REAL_S[1] + 30.0 - SPOOFED_S[0],
}
"""By how much the spoofed recording is moved in time, s."""
COPY_DEG = 0.2


@dataclass
class Moved:
    """A recording at another time, or farther north."""

    inner: RemoteIdCapture
    by_s: float = 0.0
    by_deg: float = 0.0
    report: FeedReport = field(init=False)

    def __post_init__(self) -> None:
        self.report = self.inner.report

    @property
    def sensors(self) -> tuple[Sensor, ...]:
        return self.inner.sensors

    def batches(self) -> Iterator[DetectionBatch]:
        for batch in self.inner.batches():
            yield replace(
                batch, time=batch.time + self.by_s, received=batch.received + self.by_s, lat=batch.lat + self.by_deg
            )


def declared(start: float, end: float) -> Flight:
    """A flight of the real Anafi: 300 m about where it was recorded."""
    lon, lat = PLACE
    east, north = 300.0 / (111_320.0 * math.cos(math.radians(lat))), 300.0 / 111_320.0
    outline = tuple((lon + x * east, lat + y * north) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1)))
    return Flight(
        id="ANAFI-1",
        party="alpha",
        aircraft=Aircraft(type="quadcopter", identifiers=(ANAFI,)),
        volumes=(Volume4D(outline=outline, lower_m=0.0, upper_m=1500.0, start=start, end=end),),
        emits=frozenset({SensorKind.REMOTE_ID}),
        state=FlightState.ACTIVATED,
    )


@dataclass(frozen=True)
class Shown:
    """What the board showed of both, tick by tick, and the conflicts at the end."""

    real: Sequence[BoardTrack]
    spoofed: Sequence[BoardTrack]
    conflicts: tuple[IdentifierConflict, ...]


def capture(shared: Path, name: str) -> RemoteIdCapture:
    return RemoteIdCapture(shared / "data" / "remote_id" / f"parrot_anafi4_{name}.pcapng", party="alpha")


def replayed(shared: Path, other: Moved, start: float, end: float) -> Shown:
    """The real recording and another one, with the flight declared from well before until well after both."""
    recordings: tuple[Recording, ...] = (capture(shared, "real"), other)
    heading = BoardHeading(epoch="test", node="alpha", title="Test", rehearsal=False, areas=0)
    sector = Sector(id="s", party="alpha", name="S", centre=PLACE)
    pipeline = Pipeline(sector, heading, flights=(declared(start - 600.0, end + 600.0),))
    sides: tuple[list[BoardTrack], list[BoardTrack]] = ([], [])

    def known() -> Iterator[DetectionBatch]:
        for batch in merge(recordings):
            for recording in recordings:
                for sensor in recording.sensors:
                    pipeline.add_sensor(sensor)
            yield batch

    def note() -> None:
        for track in pipeline.board.tracks.values():
            elsewhere = abs(track.lat - PLACE[1]) > 0.1
            assert elsewhere or math.hypot(track.lat - PLACE[1], track.lon - PLACE[0]) < 0.01
            sides[elsewhere].append(track)

    for _ in drive(pipeline, known(), 1.0):
        note()
    for later in range(120):
        pipeline.tick(math.ceil(end) + 2.0 + later)
        note()
    return Shown(*sides, pipeline.board.conflicts)


def stood(tracks: Sequence[BoardTrack]) -> set[tuple[Standing, str | None]]:
    return {(track.standing, track.flight) for track in tracks}


@pytest.mark.parametrize("when", WHEN)
def test_what_is_spoofed_elsewhere_never_stands_for_the_flight(shared: Path, when: str) -> None:
    """Whichever came first, and for two minutes after; the real one stands for it all the time."""
    moved = WHEN[when]
    start, end = min(REAL_S[0], SPOOFED_S[0] + moved), max(REAL_S[1], SPOOFED_S[1] + moved)
    shown = replayed(shared, Moved(capture(shared, "spoofed"), by_s=moved), start, end)
    assert len([track for track in shown.real if track.status is BoardStatus.CONFIRMED]) > 110
    assert stood(shown.real) == {(Standing.CONSISTENT, "ANAFI-1")}
    assert not [track for track in shown.spoofed if track.flight is not None or track.standing.names_flight]


def test_as_recorded_the_two_end_in_a_conflict(shared: Path) -> None:
    """Two weeks apart: one drone could have been carried there, and that is how it is told."""
    shown = replayed(shared, Moved(capture(shared, "spoofed")), REAL_S[0], SPOOFED_S[1])
    assert {(one.identifier, one.kind) for one in shown.conflicts} == {(ANAFI, ConflictKind.APART)}
    assert all(22_000.0 < one.distance_m < 26_000.0 for one in shown.conflicts)


def test_a_serial_alone_does_not_make_a_track_the_flight(shared: Path) -> None:
    """The copy comes first, while the real one is silent; when that is heard, the two are in conflict."""
    earlier = Moved(capture(shared, "real"), by_s=-200.0, by_deg=COPY_DEG)
    shown = replayed(shared, earlier, REAL_S[0] - 200.0, REAL_S[1])
    confirmed = [track for track in shown.spoofed if track.status is BoardStatus.CONFIRMED]
    assert len(confirmed) > 110
    assert confirmed[-1].time < REAL_S[0]
    assert confirmed[-1].identifiers == (ANAFI,)
    assert not [track for track in shown.spoofed if track.flight is not None or track.standing.names_flight]
    assert {(one.identifier, one.kind) for one in shown.conflicts} == {(ANAFI, ConflictKind.AT_ONCE)}
    assert stood(shown.real) == {(Standing.CONSISTENT, "ANAFI-1")}


def test_a_whole_flight_copied_elsewhere_at_once_is_a_conflict_and_never_the_flight(shared: Path) -> None:
    """The spoofed recording is leaps too far to make a track; this copy of the real one, 22 km north, makes one."""
    shown = replayed(shared, Moved(capture(shared, "real"), by_deg=COPY_DEG), *REAL_S)
    (conflict,) = shown.conflicts
    assert (conflict.identifier, conflict.kind) == (ANAFI, ConflictKind.AT_ONCE)
    assert conflict.first_time < REAL_S[0] + 15.0
    assert len([track for track in shown.spoofed if track.status is BoardStatus.CONFIRMED]) > 110
    assert not [track for track in shown.spoofed if track.flight is not None or track.standing.names_flight]
    disputed = [track for track in (*shown.real, *shown.spoofed) if track.time > conflict.first_time + 5.0]
    assert all(track.conflicts == (ANAFI,) for track in disputed if track.status is BoardStatus.CONFIRMED)
    assert stood(shown.real) == {(Standing.CONSISTENT, "ANAFI-1")}
