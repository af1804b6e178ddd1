"""What tracks claim, and what is a conflict and what is not."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.detection import BatchBuilder, Claims, DetectionBatch
from safeconduct.model.identification import ConflictKind
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.picture.claims import ClaimLedger

GEOD = pyproj.Geod(ellps="WGS84")
HOME = (13.0, 32.0)
T0 = 1_700_000_000.0
SERIAL = Identifier(IdentifierKind.REMOTE_ID_SERIAL, "1581F5")
ADDRESS = Identifier(IdentifierKind.ICAO_ADDRESS, "0a1b2c")
SESSION = Identifier(IdentifierKind.SESSION_ID, "77")
TAG = Identifier(IdentifierKind.DRIP_ENTITY_TAG, "2001:3f:fe00:105:a29b:3ff4:2226:c04e")
CALLSIGN = Identifier(IdentifierKind.CALLSIGN, "LBY204")
TWO_WEEKS_S = 14 * 86_400.0
DAY_S = 86_400.0

Saying = tuple[float, int, float]
"""Seconds after T0, number of the track, metres east of home."""


def ledger(
    sayings: Iterable[Saying], identifier: Identifier = SERIAL, *, signed: bool = False, one_batch: bool = False
) -> ClaimLedger:
    made = ClaimLedger(SectorFrame(*HOME))
    builder, numbers = BatchBuilder(), []
    for after, number, east_m in sayings:
        lon, lat, _ = GEOD.fwd(*HOME, 90.0, east_m)
        claims = Claims((identifier,), authenticated=signed)
        builder.add(time=T0 + after, received=T0 + after, sensor="s", lon=lon, lat=lat, claims=claims)
        numbers.append(number)
        if not one_batch:
            made.observe(builder.build(), np.array(numbers))
            numbers = []
    if one_batch:
        made.observe(builder.build(), np.array(numbers))
    return made


def two_at_once(apart_m: float = 23_000.0, seconds: int = 10) -> list[Saying]:
    return [saying for t in range(seconds) for saying in ((t, 1, 0.0), (t + 0.5, 2, apart_m))]


@pytest.mark.parametrize("identifier", [SERIAL, ADDRESS, SESSION, TAG])
@pytest.mark.parametrize("one_batch", [False, True])
def test_one_identifier_at_two_places_at_once_is_a_conflict(identifier: Identifier, one_batch: bool) -> None:
    made = ledger(two_at_once(), identifier, one_batch=one_batch)
    (conflict,) = made.conflicts()
    assert conflict.kind is ConflictKind.AT_ONCE
    assert conflict.identifier == identifier
    assert conflict.tracks == ("t1", "t2")
    assert conflict.distance_m == pytest.approx(23_000, rel=0.001)
    assert conflict.gap_s <= 0.5
    assert T0 <= conflict.first_time < conflict.last_time <= T0 + 10
    assert conflict.places[0] == pytest.approx(HOME)
    assert GEOD.inv(*conflict.places[0], *conflict.places[1])[2] == pytest.approx(23_000, rel=0.001)
    assert made.disputed(1, T0 + 10) == made.disputed(2, T0 + 10) == (identifier,)


def test_it_never_joins_the_two_tracks() -> None:
    made = ledger(two_at_once())
    assert made.claimed(1) == made.claimed(2) == (SERIAL,)
    assert made.by_track[1][SERIAL] is not made.by_track[2][SERIAL]


def test_callsigns_never_conflict() -> None:
    made = ledger(two_at_once(), CALLSIGN)
    assert made.conflicts() == ()
    assert made.disputed(1, T0 + 5) == ()
    assert made.claimed(1) == (CALLSIGN,)


def test_one_stray_message_is_not_yet_a_conflict() -> None:
    assert ledger([*((t, 1, 0.0) for t in range(10)), (5.0, 2, 23_000.0)]).conflicts() == ()


LEAPS = [(5.0 + at, 2 + at, 23_000.0 + 4_000.0 * at) for at in range(5)]
"""Heard every second, each time kilometres from the last, so that each makes a track of its own."""


def test_one_that_leaps_about_beside_its_owner_is_a_conflict() -> None:
    made = ledger(sorted([*((float(t), 1, 0.0) for t in range(15)), *LEAPS]))
    assert {conflict.kind for conflict in made.conflicts()} == {ConflictKind.AT_ONCE}
    assert made.disputed(1, T0 + 10.0) == (SERIAL,)
    assert min(conflict.first_time for conflict in made.conflicts()) == T0 + 7.0, "the third of them"


def test_who_leaps_about_alone_contradicts_nobody_else() -> None:
    assert ledger(LEAPS).conflicts() == ()


def test_strays_far_between_are_not_yet_a_conflict() -> None:
    strays = [(40.0 * at, 2 + at, 23_000.0) for at in range(1, 6)]
    assert ledger(sorted([*((float(t), 1, 0.0) for t in range(250)), *strays])).conflicts() == ()


@pytest.mark.parametrize("gap_s", [2.0, 31.0, 90.0])
def test_a_broken_track_is_no_conflict(gap_s: float) -> None:
    """A drone at 15 m/s is lost for a while, and goes on under a new number for five minutes."""
    before = [(t, 1, 15.0 * t) for t in range(60)]
    after = [(60 + gap_s + t, 2, 15.0 * (60 + gap_s + t)) for t in range(300)]
    assert ledger([*before, *after]).conflicts() == ()


def test_a_broken_track_is_no_conflict_however_long_it_goes_on() -> None:
    """Nobody stands still: twenty minutes after the break it is 18 km from where it was lost."""
    before = [(t, 1, 15.0 * t) for t in range(0, 60, 5)]
    after = [(75 + t, 2, 15.0 * (75 + t)) for t in range(0, 1200, 5)]
    assert ledger([*before, *after]).conflicts() == ()


def test_an_airliner_lost_for_a_minute_is_no_conflict() -> None:
    before = [(t, 1, 250.0 * t) for t in range(60)]
    after = [(120 + t, 2, 250.0 * (120 + t)) for t in range(600)]
    assert ledger([*before, *after], ADDRESS).conflicts() == ()


def test_two_weeks_apart_24_km_is_told_and_not_held_against_it() -> None:
    made = ledger([*((t, 1, 0.0) for t in range(5)), *((TWO_WEEKS_S + t, 2, 24_000.0) for t in range(5))])
    (conflict,) = made.conflicts()
    assert conflict.kind is ConflictKind.APART
    assert conflict.distance_m == pytest.approx(24_000, rel=0.001)
    assert conflict.gap_s == pytest.approx(TWO_WEEKS_S - 4, abs=1)
    assert made.disputed(1, T0 + TWO_WEEKS_S + 5) == made.disputed(2, T0 + TWO_WEEKS_S + 5) == ()


def test_at_the_same_place_a_day_later_nothing_is_told() -> None:
    assert ledger([*((t, 1, 0.0) for t in range(5)), *((DAY_S + t, 2, 300.0) for t in range(5))]).conflicts() == ()


def test_an_aeroplane_elsewhere_the_next_day_is_nothing_to_tell() -> None:
    sayings = [*((t, 1, 0.0) for t in range(5)), *((DAY_S + t, 2, 90_000.0) for t in range(5))]
    assert ledger(sayings, ADDRESS).conflicts() == ()


def test_too_far_for_the_time_between_is_at_once_even_when_they_never_overlap() -> None:
    (conflict,) = ledger([*((t, 1, 0.0) for t in range(5)), *((100 + t, 2, 30_000.0) for t in range(5))]).conflicts()
    assert conflict.kind is ConflictKind.AT_ONCE


def test_a_contradiction_stays_one() -> None:
    """Two at once; later the second goes on alone: the conflict is not weakened to "apart"."""
    made = ledger([*two_at_once(), *((2000 + t, 2, 23_000.0) for t in range(10))])
    assert [conflict.kind for conflict in made.conflicts()] == [ConflictKind.AT_ONCE]


def test_a_dispute_is_over_some_time_after_it_was_last_seen() -> None:
    made = ledger(two_at_once())
    assert made.disputed(1, T0 + 100) == (SERIAL,)
    assert made.disputed(1, T0 + 140) == ()
    assert len(made.conflicts()) == 1


def test_three_holders_make_three_pairs() -> None:
    sayings = [(t + n / 10, n, 20_000.0 * n) for t in range(5) for n in (1, 2, 3)]
    assert {conflict.tracks for conflict in ledger(sayings).conflicts()} == {("t1", "t2"), ("t1", "t3"), ("t2", "t3")}


@settings(deadline=None, max_examples=30)
@given(st.permutations([1, 2]), st.floats(3_000.0, 80_000.0), st.floats(0.0, 0.9))
def test_which_track_is_older_does_not_matter(order: list[int], apart_m: float, shift: float) -> None:
    one, two = order
    sayings = sorted([(t, one, 0.0) for t in range(8)] + [(t + shift, two, apart_m) for t in range(8)])
    (conflict,) = ledger(sayings).conflicts()
    assert conflict.tracks == ("t1", "t2")
    assert conflict.places[one - 1] == pytest.approx(HOME)
    assert conflict.distance_m == pytest.approx(apart_m, rel=0.002)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.floats(0, 600), st.integers(1, 3)), max_size=40))
def test_at_one_place_there_is_never_a_conflict(said: list[tuple[float, int]]) -> None:
    assert ledger([(t, n, 30.0 * n) for t, n in sorted(said)]).conflicts() == ()


def test_a_late_report_does_not_move_the_latest_place() -> None:
    made = ledger([(10.0, 1, 100.0), (5.0, 1, 0.0)])
    heard = made.by_track[1][SERIAL]
    assert (heard.count, heard.time) == (2, T0 + 10)
    assert GEOD.inv(*HOME, heard.lon, heard.lat)[2] == pytest.approx(100.0, abs=0.1)


def test_signatures_are_remembered_with_their_time() -> None:
    assert ledger([(1.0, 1, 0.0)], signed=True).by_track[1][SERIAL].signed_time == T0 + 1
    assert ledger([(1.0, 1, 0.0)]).by_track[1][SERIAL].signed_time == -np.inf


def test_rows_that_went_to_no_track_say_nothing() -> None:
    assert ledger([(0.0, -1, 0.0), (1.0, -1, 50_000.0)]).by_track == {}


def test_forgotten_tracks_still_make_conflicts_with_later_ones() -> None:
    made = ledger([(t, 1, 0.0) for t in range(5)])
    made.forget([1])
    assert made.claimed(1) == ()
    assert made.disputed(1, T0 + 5) == ()
    builder = BatchBuilder()
    lon, lat, _ = GEOD.fwd(*HOME, 90.0, 40_000.0)
    for t in (6.0, 7.0):
        builder.add(time=T0 + t, received=T0 + t, sensor="s", lon=lon, lat=lat, claims=Claims((SERIAL,)))
    made.observe(builder.build(), np.array([2, 2]))
    assert [conflict.tracks for conflict in made.conflicts()] == [("t1", "t2")]


def classified(*seen: dict[str, float]) -> dict[str, float]:
    made, builder = ClaimLedger(SectorFrame(*HOME)), BatchBuilder()
    for step, classification in enumerate(seen):
        claims = Claims(classification=classification)
        builder.add(time=T0 + step, received=T0 + step, sensor="cam", range_m=5, azimuth_deg=5, claims=claims)
    made.observe(builder.build(), np.full(len(seen), 1))
    assert made.kinds[1].count == len(seen)
    return made.kinds[1].mean


def test_classifications_are_averaged_over_all_looks() -> None:
    assert classified({"a": 0.8, "b": 0.2}, {"a": 0.6, "b": 0.4}) == pytest.approx({"a": 0.7, "b": 0.3})
    assert classified({"a": 1.0}, {"a": 0.5, "b": 0.5}) == pytest.approx({"a": 0.75, "b": 0.25})
    assert classified({"a": 1.0}, {"b": 1.0}, {"b": 1.0}, {"b": 1.0}) == pytest.approx({"a": 0.25, "b": 0.75})


def test_a_polar_plot_classifies_and_claims_no_place() -> None:
    made, builder = ClaimLedger(SectorFrame(*HOME)), BatchBuilder()
    claims = Claims((SERIAL,), classification={"a": 1.0})
    builder.add(time=T0, received=T0, sensor="cam", range_m=5, azimuth_deg=5, claims=claims)
    made.observe(builder.build(), np.array([1]))
    assert made.claimed(1) == ()
    assert made.kinds[1].mean == {"a": 1.0}


def test_two_that_take_turns_close_together_are_two() -> None:
    (conflict,) = ledger(two_at_once(apart_m=300.0, seconds=20)).conflicts()
    assert conflict.kind is ConflictKind.AT_ONCE
    assert not ledger(two_at_once(apart_m=300.0, seconds=2)).conflicts(), "a few turns may be a track that broke"


@pytest.mark.parametrize("column", ["height_m", "pressure_altitude_m"])
def test_two_above_each_other_are_two(column: str) -> None:
    made = ClaimLedger(SectorFrame(*HOME))
    for step in range(20):
        builder = BatchBuilder()
        where = {"lon": HOME[0], "lat": HOME[1], column: 1000.0 + 900.0 * (step % 2)}
        builder.add(time=T0 + step, received=T0 + step, sensor="s", claims=Claims((ADDRESS,)), **where)  # type: ignore[arg-type]
        made.observe(builder.build(), np.array([1 + step % 2]))
    (conflict,) = made.conflicts()
    assert conflict.kind is ConflictKind.AT_ONCE
    assert conflict.distance_m == pytest.approx(900.0)


def test_a_continued_track_has_the_claims_of_both_and_no_conflict_with_itself() -> None:
    made = ledger([(0, 1, 0.0), (1, 1, 0.0), (2, 1, 0.0), (40, 2, 900.0), (41, 2, 920.0)], signed=True)
    made.forget([1])
    made.continued(2, 1)
    assert made.claimed(1) == (SERIAL,)
    assert made.claimed(2) == ()
    heard = made.by_track[1][SERIAL]
    assert (heard.count, heard.first_time, heard.time, heard.signed_time) == (5, T0, T0 + 41, T0 + 41)
    assert heard.east == pytest.approx(920.0, abs=1.0)
    assert made.conflicts() == ()
    assert not made.signed_elsewhere(SERIAL, 1, T0)


def test_a_conflict_goes_with_the_track_that_took_another_number() -> None:
    made = ledger([(t, 9, 0.0) for t in range(3)] + [(t + 40.0, 9, 0.0) for t in range(3)], ADDRESS)
    for t in range(4):
        for number, east_m in ((9, 0.0), (12, 30_000.0)):
            made.observe(*_saying(50.0 + t, number, east_m))
    assert made.disputed(12, T0 + 54) == (ADDRESS,)
    made.continued(12, 3)
    (conflict,) = made.conflicts()
    assert set(conflict.tracks) == {"t3", "t9"}
    assert made.disputed(3, T0 + 54) == (ADDRESS,)
    assert made.disputed(12, T0 + 54) == ()
    made.continued(9, 3)
    assert made.conflicts() == (), "nothing conflicts with itself"


def _saying(after: float, number: int, east_m: float) -> tuple[DetectionBatch, npt.NDArray[np.int64]]:
    builder = BatchBuilder()
    lon, lat, _ = GEOD.fwd(*HOME, 90.0, east_m)
    claims = Claims((ADDRESS,))
    builder.add(time=T0 + after, received=T0 + after, sensor="s", lon=lon, lat=lat, claims=claims)
    return builder.build(), np.array([number])


def test_what_classifiers_said_before_and_after_a_gap_is_averaged() -> None:
    made = ClaimLedger(SectorFrame(*HOME))
    for number, kind in ((1, "a"), (1, "a"), (1, "a"), (2, "b")):
        builder = BatchBuilder()
        said = Claims((), classification={kind: 1.0})
        builder.add(time=T0, received=T0, sensor="s", lon=13.0, lat=32.0, claims=said)
        made.observe(builder.build(), np.array([number]))
    made.continued(2, 1)
    assert made.kinds[1].mean == pytest.approx({"a": 0.75, "b": 0.25})
    assert made.kinds[1].count == 4
    assert 2 not in made.kinds


# Whose word a claim is, where a track is doubtful.


def test_what_was_heard_of_a_track_is_its_word_until_it_is_doubted() -> None:
    made = ledger([(0.0, 1, 0.0), (1.0, 1, 0.0)])
    assert made.weighed(1)[SERIAL].sure == 1.0
    made.doubt(1, 0.25)
    made.doubt(1, 0.5)
    assert made.weighed(1)[SERIAL].sure == pytest.approx(0.75 * 0.5)
    assert made.claimed(1) == (SERIAL,)
    made.doubt(7, 0.5)


def test_hearing_it_again_after_the_doubt_is_its_word_and_hearing_of_before_is_not() -> None:
    made = ledger([(10.0, 1, 0.0)], ADDRESS)
    made.doubt(1, 0.9)
    made.observe(*_saying(5.0, 1, 0.0))
    assert made.weighed(1)[ADDRESS].sure == pytest.approx(0.1), "a late report from before"
    made.observe(*_saying(11.0, 1, 0.0))
    assert made.weighed(1)[ADDRESS].sure == 1.0


def test_an_unsigned_claim_after_a_doubt_is_its_word_and_the_signature_of_before_is_not() -> None:
    made = ledger([(10.0, 1, 0.0)], ADDRESS, signed=True)
    assert made.weighed(1)[ADDRESS].signed_sure == 1.0
    made.doubt(1, 0.9)
    made.observe(*_saying(11.0, 1, 0.0))
    heard = made.weighed(1)[ADDRESS]
    assert heard.sure == 1.0
    assert heard.signed_time == T0 + 10.0
    assert heard.signed_sure == pytest.approx(0.1)
    made.may_continue(2, 1, 0.5)
    assert made.weighed(2)[ADDRESS].signed_sure == pytest.approx(0.05)
    made.observe(*_saying(12.0, 3, 0.0))
    made.continued(3, 1)
    heard = made.weighed(1)[ADDRESS]
    assert heard.signed_time == T0 + 10.0
    assert heard.signed_sure == pytest.approx(0.1)


def test_what_another_track_claimed_is_perhaps_that_of_one_which_may_continue_it() -> None:
    made = ledger([(0.0, 1, 0.0), (1.0, 1, 0.0)])
    made.doubt(1, 0.2)
    made.may_continue(2, 1, 0.5)
    perhaps, own = made.weighed(2)[SERIAL], made.weighed(1)[SERIAL]
    assert perhaps.sure == pytest.approx(0.8 * 0.5)
    assert (perhaps.time, perhaps.lon, perhaps.lat) == (own.time, own.lon, own.lat)
    assert own.sure == pytest.approx(0.8), "it keeps its own"
    assert made.claimed(2) == (), "nobody has heard that of it"
    made.doubt(2, 0.5)
    assert made.weighed(2)[SERIAL].sure == pytest.approx(0.2)
    assert own.sure == pytest.approx(0.8)


def test_of_several_that_it_may_continue_the_likeliest_counts_once() -> None:
    made = ledger([(0.0, 1, 0.0), (1.0, 3, 0.0)])
    for of, probability in ((1, 0.3), (3, 0.6), (1, 0.3), (3, 0.6)):
        made.may_continue(2, of, probability)
    assert made.weighed(2)[SERIAL].sure == pytest.approx(0.6)


def test_a_track_s_own_word_goes_before_what_it_may_have_said() -> None:
    made = ledger([(0.0, 1, 0.0), (1.0, 2, 0.0)])
    made.may_continue(2, 1, 0.5)
    assert made.weighed(2)[SERIAL] is made.by_track[2][SERIAL]
    made.forget([2])
    assert made.weighed(2) == {}


def test_no_conflict_comes_of_what_a_track_may_have_said() -> None:
    made = ledger([(t, 1, 0.0) for t in range(5)], ADDRESS)
    made.may_continue(2, 1, 0.5)
    for t in range(5):
        made.observe(*_saying(6.0 + t, 1, 0.0))
    assert made.conflicts() == ()
