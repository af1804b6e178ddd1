"""Last contacts on the board: areas that hold for as long as they are shown, and go when the aircraft is found."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import shapely

from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.board import BoardContact, BoardDelta, DoubtReason
from safeconduct.model.track import Continuation, TrackStatus, TrackTable
from safeconduct.picture.board import Board, BoardHeading
from safeconduct.picture.contacts import EVERY_S, KEPT_S, MOST_AREAS, SHARE
from safeconduct.picture.identification import IdentificationEngine
from safeconduct.picture.last_contact import after_contact, reachable

T0 = 1_700_000_000.0
HEADING = BoardHeading(epoch="e", node="a", title="T", rehearsal=True)


class Sky:
    """A board whose tracks are made by hand; they are older than an hour, so that the board keeps them."""

    def __init__(self, hand: Any, tracks_at: Any) -> None:
        self._hand, self._at = hand, tracks_at
        self.board, self.engine = Board(HEADING), IdentificationEngine(SectorFrame(13.0, 32.0))

    def table(self, after_s: float, numbers: Sequence[int], **changes: Any) -> TrackTable:
        """Tracks 0.1 degrees apart, 40 m/s to the east at 1200 m."""
        about = {"height_m": 1200.0, "first_time": T0 - 7200.0, **changes}
        hands = [self._hand(n, 13.0 + n / 10, 32.0, 40.0, 0.0, **about) for n in numbers]
        return self._at(T0 + after_s, hands)  # type: ignore[no-any-return]

    def lost(self, after_s: float, numbers: Sequence[int], **changes: Any) -> TrackTable:
        return self.table(after_s, numbers, status=TrackStatus.LOST, **changes)

    def tick(
        self,
        after_s: float,
        numbers: Sequence[int] = (),
        lost: Sequence[TrackTable] = (),
        continued: Sequence[Continuation] = (),
        doubt: float = 0.0,
    ) -> BoardDelta:
        tracks = self.table(after_s, numbers)
        tracks.doubt[:] = doubt
        assessment = self.engine.assess(tracks)
        return self.board.apply(assessment, self.engine.claims, lost=lost, continued=continued)


@pytest.fixture
def sky(hand: Any, tracks_at: Any) -> Sky:
    return Sky(hand, tracks_at)


def only(contacts: Sequence[BoardContact] | None) -> BoardContact:
    assert contacts is not None
    (contact,) = contacts
    return contact


def test_a_lost_track_has_an_area_that_holds_until_the_next_one(sky: Sky) -> None:
    assert sky.tick(0.0, [1]).contacts is None
    lost = sky.lost(0.0, [1])
    shown = only(sky.tick(20.0, [], [lost]).contacts)
    assert shown.track == "t1"
    assert sky.board.snapshot().contacts == (shown,)
    changes = 0
    for second in range(21, 240):
        delta = sky.tick(float(second))
        if delta.contacts is not None:
            before, shown = shown, only(delta.contacts)
            changes += 1
            assert shapely.Polygon(shown.reach.outline).contains(shapely.Polygon(before.reach.outline))
        assert shown.reach.time >= T0 + second, "the area that is shown is too small by now"
        now = shapely.Polygon(reachable(lost, 0, T0 + second).outline)
        assert shapely.Polygon(shown.reach.outline).buffer(1e-4).contains(now)
        assert shown.reach.time - (T0 + second) <= max(EVERY_S, SHARE * second) + 1e-3
    assert 20 < changes < 220 / EVERY_S


def test_the_area_is_kept_up_for_a_while_and_the_track_for_longer(sky: Sky) -> None:
    sky.tick(0.0, [1])
    sky.tick(20.0, [], [sky.lost(0.0, [1])])
    sky.tick(KEPT_S)
    assert only(sky.board.contacts).track == "t1"
    assert sky.tick(KEPT_S + 1.0).contacts == ()
    assert sky.board.tracks.keys() == {"t1"}
    assert sky.board.after_contact("t1") is not None


def test_found_again_under_its_number_the_area_goes_at_once(sky: Sky) -> None:
    sky.tick(0.0, [1])
    sky.tick(20.0, [], [sky.lost(0.0, [1])])
    sure = Continuation(number=9, of=1, probability=0.97, gap_s=20.0, taken=True)
    assert sky.tick(21.0, [1], continued=[sure]).contacts == ()
    assert sky.board.after_contact("t1") is None
    again = sky.tick(50.0, [], [sky.lost(30.0, [1])])
    assert only(again.contacts).track == "t1"
    said = sky.board.after_contact("t1")
    assert said is not None
    assert said.time == T0 + 30.0, "the newer loss counts"


def test_a_doubtful_continuation_leaves_the_last_contact(sky: Sky) -> None:
    sky.tick(0.0, [1])
    sky.tick(20.0, [], [sky.lost(0.0, [1])])
    doubt = Continuation(number=2, of=1, probability=0.6, gap_s=20.0, taken=False)
    sky.tick(21.0, [2], continued=[doubt])
    assert only(sky.board.contacts).track == "t1"


def test_not_more_areas_than_can_be_read_declared_flights_first(sky: Sky) -> None:
    numbers = list(range(1, MOST_AREAS + 6))
    sky.tick(0.0, numbers)
    sky.board.tracks["t1"] = replace(sky.board.tracks["t1"], flight="A")
    sky.tick(20.0, [], [sky.lost(0.0, [1]), sky.lost(5.0, numbers[1:6]), sky.lost(10.0, numbers[6:])])
    shown = {contact.track for contact in sky.board.contacts}
    assert len(shown) == MOST_AREAS
    assert {"t1", *(f"t{n}" for n in numbers[6:])} <= shown


def test_what_follows_from_the_last_contact_is_as_of_the_board(sky: Sky) -> None:
    sky.tick(0.0, [1])
    lost = sky.lost(0.0, [1])
    sky.tick(20.0, [], [lost])
    sky.tick(60.0)
    said = sky.board.after_contact("t1")
    assert said is not None
    exact = after_contact(lost, 0, T0 + 60.0)
    assert said.reach.time == T0 + 60.0
    assert [fall.body for fall in said.falls] == [fall.body for fall in exact.falls] != []
    assert said.falls[0].lon == pytest.approx(exact.falls[0].lon, abs=1e-6)
    assert sky.board.after_contact("t2") is None


def test_why_a_number_is_doubtful_is_said(sky: Sky) -> None:
    def why(after_s: float, doubt: float, *continued: Continuation) -> tuple[DoubtReason, ...]:
        sky.tick(after_s, [1], continued=continued, doubt=doubt)
        return sky.board.tracks["t1"].doubt_why

    assert why(0.0, 0.0) == ()
    assert why(1.0, 0.2) == (DoubtReason.CROSSING,)
    assert why(2.0, 0.2) == (DoubtReason.CROSSING,)
    sure = Continuation(number=9, of=1, probability=0.97, gap_s=20.0, taken=True)
    assert why(3.0, 0.22, sure) == (DoubtReason.CROSSING, DoubtReason.GAP)
    assert why(4.0, 0.22) == (DoubtReason.CROSSING, DoubtReason.GAP)
    lost = sky.lost(4.0, [1])
    lost.doubt[:] = 0.22
    sky.tick(30.0, [], [lost])
    assert sky.board.tracks["t1"].doubt_why == (DoubtReason.CROSSING, DoubtReason.GAP)


def test_found_after_a_silence_alone_is_a_gap_alone(sky: Sky) -> None:
    sky.tick(0.0, [1])
    sure = Continuation(number=9, of=1, probability=0.97, gap_s=20.0, taken=True)
    sky.tick(30.0, [1], continued=[sure], doubt=0.03)
    assert sky.board.tracks["t1"].doubt_why == (DoubtReason.GAP,)
