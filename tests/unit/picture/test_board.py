"""The board: a snapshot is the fold of all deltas before it."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.board import BoardDelta, BoardSnapshot, BoardStatus, BoardTrack, EarlierTrack
from safeconduct.model.detection import BatchBuilder, Claims
from safeconduct.model.flight import Flight, FlightState
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.party import Party
from safeconduct.model.standing import Standing
from safeconduct.model.track import Continuation, TrackStatus, TrackTable
from safeconduct.model.volume import Volume4D
from safeconduct.picture.board import Board, BoardHeading
from safeconduct.picture.identification import IdentificationEngine

T0 = 1_700_000_000.0
HOME = (13.0, 32.0)
SERIAL = Identifier(IdentifierKind.REMOTE_ID_SERIAL, "1581F5")
HEADING = BoardHeading(epoch="e1", node="a", title="T", rehearsal=True, notice="made up", keep_lost_s=60.0)


def flight(name: str, version: int = 1) -> Flight:
    outline = ((12.0, 31.0), (14.0, 31.0), (14.0, 33.0), (12.0, 33.0))
    volume = Volume4D(outline=outline, lower_m=0.0, upper_m=9000.0, start=T0 - 600, end=T0 + 3600)
    return Flight(
        id=name, version=version, party="a", aircraft=Aircraft(type="male_uav"), volumes=(volume,),
        state=FlightState.ACTIVATED,
    )  # fmt: skip


class Node:
    """A board with its engine, and a viewer who knows only the first snapshot and the deltas."""

    def __init__(self, tracks_at: Any, heading: BoardHeading = HEADING) -> None:
        self.board = Board(heading, parties=[Party(id="a", name="A")])
        self.engine = IdentificationEngine(SectorFrame(*HOME))
        self._tracks_at = tracks_at
        self.first = self.board.snapshot()
        self.deltas: list[BoardDelta] = []

    def tick(
        self, after_s: float, hands: Sequence[Any], lost: Sequence[TrackTable] = (), flights: Sequence[Flight] = ()
    ) -> BoardDelta:
        for one in flights:
            self.engine.declare(one)
        assessment = self.engine.assess(self._tracks_at(T0 + after_s, hands))
        delta = self.board.apply(assessment, self.engine.claims, lost=lost, flights=flights)
        self.deltas.append(delta)
        return delta

    def lost(self, after_s: float, hands: Sequence[Any]) -> TrackTable:
        return self._tracks_at(T0 + after_s, [replace(one, status=TrackStatus.LOST) for one in hands])  # type: ignore[no-any-return]

    def hear(self, after_s: float, number: int, lon: float) -> None:
        builder = BatchBuilder()
        claims = Claims((SERIAL,))
        builder.add(time=T0 + after_s, received=T0 + after_s, sensor="s", lon=lon, lat=32.0, claims=claims)
        self.engine.observe(builder.build(), np.array([number]))


def folded(start: BoardSnapshot, deltas: Sequence[BoardDelta]) -> dict[str, Any]:
    """What a viewer makes of it, by the words of `BoardDelta` alone."""
    tracks = {track.id: track for track in start.tracks}
    flights = {one.id: one for one in start.flights}
    number, time, conflicts = start.number, start.time, start.conflicts
    for delta in deltas:
        assert delta.number == number + 1
        assert not set(delta.removed) & {track.id for track in delta.tracks}
        assert set(delta.removed) <= set(tracks)
        number, time = delta.number, delta.time
        tracks |= {track.id: track for track in delta.tracks}
        for name in delta.removed:
            del tracks[name]
        flights |= {one.id: one for one in delta.flights}
        conflicts = delta.conflicts if delta.conflicts is not None else conflicts
    return {"number": number, "time": time, "tracks": tracks, "flights": flights, "conflicts": conflicts}


def shown(snapshot: BoardSnapshot) -> dict[str, Any]:
    tracks = {track.id: track for track in snapshot.tracks}
    flights = {one.id: one for one in snapshot.flights}
    assert len(tracks) == len(snapshot.tracks)
    assert len(flights) == len(snapshot.flights)
    return {
        "number": snapshot.number, "time": snapshot.time, "tracks": tracks, "flights": flights,
        "conflicts": snapshot.conflicts,
    }  # fmt: skip


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[dict[int, TrackStatus], list[int], list[Flight], list[int]]]:
    """Per tick: tracks seen and their status, numbers lost, flights declared, numbers heard. The lost may return."""
    before: set[int] = set()
    ticks = []
    for step in range(draw(st.integers(1, 8))):
        alive = draw(st.sets(st.integers(1, 6), max_size=5))
        status = {n: draw(st.sampled_from([TrackStatus.CONFIRMED, TrackStatus.COASTING])) for n in sorted(alive)}
        lost = sorted(n for n in before - alive if draw(st.booleans()))
        flights = [flight(name, step + 1) for name in draw(st.sets(st.sampled_from(["A", "B"]), max_size=2))]
        heard = [n for n in sorted(alive) if draw(st.booleans())]
        before = alive
        ticks.append((status, lost, sorted(flights, key=lambda one: one.id), heard))
    return ticks


@settings(deadline=None, max_examples=50)
@given(lives(), st.data())
def test_a_snapshot_is_the_fold_of_the_deltas_since_any_earlier_one(
    hand: Any, tracks_at: Any, ticks: Any, data: st.DataObject
) -> None:
    node = Node(tracks_at)
    snapshots = [node.first]
    for step, (status, lost, flights, heard) in enumerate(ticks):
        after = 25.0 * step
        for number in heard:
            node.hear(after, number, 13.0 + number / 2)
        hands = [hand(n, 13.0 + n / 2 + step / 1000, 32.0, 30.0, 0.0, 500.0, status=s) for n, s in status.items()]
        gone = [node.lost(after - 25.0, [hand(n, 13.0 + n / 2, 32.0) for n in lost])] if lost else []
        node.tick(after, hands, gone, flights)
        snapshots.append(node.board.snapshot())
    start = data.draw(st.integers(0, len(node.deltas)))
    for end in range(start, len(snapshots)):
        assert folded(snapshots[start], node.deltas[start:end]) == shown(snapshots[end])


def test_numbers_rise_by_one_even_when_nothing_happens(tracks_at: Any) -> None:
    node = Node(tracks_at)
    assert [node.tick(step, []).number for step in range(4)] == [1, 2, 3, 4]
    assert node.first.number == 0
    assert node.deltas[-1] == BoardDelta(number=4, time=T0 + 3, rehearsal=True)


def test_the_heading_and_what_does_not_change_stand_in_every_snapshot(tracks_at: Any) -> None:
    snapshot = Node(tracks_at).board.snapshot()
    assert (snapshot.epoch, snapshot.node, snapshot.title, snapshot.notice) == ("e1", "a", "T", "made up")
    assert snapshot.rehearsal
    assert [party.id for party in snapshot.parties] == ["a"]


def only(delta: BoardDelta) -> BoardTrack:
    (track,) = delta.tracks
    return track


def test_a_track_that_does_not_change_is_not_told_again(hand: Any, tracks_at: Any) -> None:
    node = Node(tracks_at)
    still = [hand(1, 13.0, 32.0), hand(2, 14.0, 32.0)]
    assert len(node.tick(0.0, still).tracks) == 2
    assert node.tick(0.0, still).tracks == ()
    assert only(node.tick(0.0, [hand(1, 13.1, 32.0), hand(2, 14.0, 32.0)])).id == "t1"


def test_what_is_shown_of_a_track(hand: Any, tracks_at: Any) -> None:
    node = Node(tracks_at)
    track = only(node.tick(5.0, [hand(7, 13.12345678, 32.0, 41.0449, -3.0, 1820.06, status=TrackStatus.COASTING)]))
    assert (track.id, track.status, track.time) == ("t7", BoardStatus.COASTING, T0 + 5)
    assert (track.lon, track.lat, track.height_m) == (13.123457, 32.0, 1820.1)
    assert track.velocity == (41.04, -3.0, None)
    assert track.covariance == (400.0, 0.0, 400.0)
    assert track.pressure_altitude_m is None
    assert (track.standing, track.flight, track.probability) == (Standing.UNKNOWN, None, 1.0)
    assert track.last_contact.time == T0 + 5


def test_no_number_on_a_board_is_nan(hand: Any, tracks_at: Any) -> None:
    track = only(Node(tracks_at).tick(0.0, [hand(1, 13.0, 32.0, height_m=np.nan)]))
    assert track.height_m is None
    assert track.last_contact.height_m is None
    assert all(math.isfinite(x) for x in (*track.velocity[:2], *track.covariance, track.probability))


def test_a_track_that_vanishes_is_removed(hand: Any, tracks_at: Any) -> None:
    node = Node(tracks_at)
    node.tick(0.0, [hand(1, 13.0, 32.0)])
    assert node.tick(1.0, []).removed == ("t1",)
    assert node.board.snapshot().tracks == ()
    assert node.tick(2.0, []).removed == ()


def test_a_lost_track_stays_at_its_last_contact_for_a_while_and_then_goes(hand: Any, tracks_at: Any) -> None:
    node = Node(tracks_at)
    last = hand(1, 13.5, 32.0)
    node.tick(0.0, [last])
    delta = node.tick(30.0, [], [node.lost(0.0, [last])])
    assert delta.removed == ()
    gone = only(delta)
    assert gone.status is BoardStatus.LOST
    assert (gone.last_contact.lon, gone.last_contact.time) == (13.5, T0)
    assert node.tick(60.0, []).removed == ()
    assert [track.id for track in node.board.snapshot().tracks] == ["t1"]
    assert node.tick(60.5, []).removed == ("t1",)
    assert node.board.snapshot().tracks == ()


def test_losing_sight_of_a_track_does_not_change_what_was_known_of_it(hand: Any, tracks_at: Any) -> None:
    node = Node(tracks_at)
    last = hand(1, 13.5, 32.0, 55.0, 0.0, 3000.0)
    node.hear(0.0, 1, 13.5)
    node.tick(0.0, [last], flights=[flight("A")])
    before = node.board.snapshot().tracks[0]
    assert before.identifiers == (SERIAL,)
    gone = only(node.tick(1.0, [], [node.lost(0.0, [last])]))
    kept = ("identifiers", "standing", "flight", "probability", "conflicts")
    assert {name: getattr(gone, name) for name in kept} == {name: getattr(before, name) for name in kept}


def test_a_track_lost_between_two_looks_is_shown_as_lost(hand: Any, tracks_at: Any) -> None:
    node = Node(tracks_at)
    gone = only(node.tick(5.0, [], [node.lost(3.0, [hand(1, 13.5, 32.0)])]))
    assert (gone.status, gone.standing, gone.probability) == (BoardStatus.LOST, Standing.UNKNOWN, 1.0)


def test_flights_are_told_when_they_are_new_or_changed(tracks_at: Any) -> None:
    node = Node(tracks_at)
    assert [one.id for one in node.tick(0.0, [], flights=[flight("A"), flight("B")]).flights] == ["A", "B"]
    assert node.tick(1.0, [], flights=[flight("A")]).flights == ()
    assert node.tick(2.0, [], flights=[flight("A", 2), flight("B")]).flights == (flight("A", 2),)
    assert {one.id: one.version for one in node.board.snapshot().flights} == {"A": 2, "B": 1}


def test_conflicts_are_told_when_they_change_and_only_then(hand: Any, tracks_at: Any) -> None:
    node = Node(tracks_at)
    hands = [hand(1, 13.0, 32.0), hand(2, 14.0, 32.0)]
    assert node.tick(0.0, hands).conflicts is None
    for after in (1.0, 2.0):
        node.hear(after, 1, 13.0)
        node.hear(after, 2, 14.0)
    told = node.tick(3.0, hands).conflicts
    assert told is not None
    assert told[0].identifier == SERIAL
    assert node.tick(4.0, hands).conflicts is None
    assert {track.conflicts for track in node.board.snapshot().tracks} == {(SERIAL,)}


def test_without_tracks_there_is_still_a_time(tracks_at: Any) -> None:
    node = Node(tracks_at)
    node.tick(12.0, [])
    assert node.board.snapshot().time == T0 + 12.0
    assert pytest.approx(T0 + 12.0) == node.deltas[0].time


def test_what_was_lost_and_found_between_two_ticks_is_shown_as_found(hand: Any, tracks_at: Any) -> None:
    node, here = Node(tracks_at), hand(1, 13.5, 32.0)
    node.tick(0.0, [here])
    delta = node.tick(60.0, [here], [node.lost(20.0, [here])])
    assert [track.status for track in delta.tracks] == [BoardStatus.CONFIRMED]
    gone = node.tick(80.0, [], [node.lost(61.0, [here])])
    assert [track.status for track in gone.tracks] == [BoardStatus.LOST]
    back = node.tick(100.0, [here])
    assert [track.status for track in back.tracks] == [BoardStatus.CONFIRMED]
    assert back.removed == ()


def test_what_a_track_may_be_is_said_until_it_is_known(hand: Any, tracks_at: Any) -> None:
    node, earlier, later = Node(tracks_at), hand(1, 13.5, 32.0, first_time=T0), hand(2, 13.6, 32.0, first_time=T0 + 60)
    node.tick(0.0, [earlier])
    node.tick(30.0, [], [node.lost(10.0, [earlier])])
    doubts = [Continuation(number=2, of=of, probability=p, gap_s=50.0, taken=False) for of, p in ((1, 0.61), (7, 0.3))]
    assessment = node.engine.assess(tracks_at(T0 + 60.0, [later]))
    node.board.apply(assessment, node.engine.claims, continued=doubts)
    shown = node.board.tracks["t2"]
    assert shown.continues == (EarlierTrack(id="t1", probability=0.61), EarlierTrack(id="t7", probability=0.3))
    node.board.apply(assessment, node.engine.claims)
    assert node.board.tracks["t2"] == shown
    sure = Continuation(number=2, of=1, probability=0.97, gap_s=50.0, taken=True)
    again = node.engine.assess(tracks_at(T0 + 61.0, [earlier]))
    node.board.apply(again, node.engine.claims, continued=[sure])
    assert node.board.tracks.keys() == {"t1"}
    assert node.board.tracks["t1"].continues == ()
