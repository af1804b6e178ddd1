from collections.abc import Iterable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeconduct.errors import ModelError
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.flight import FLIGHT_MOVES, Flight, FlightState
from safeconduct.model.track import TRACK_MOVES, TrackStatus
from safeconduct.model.volume import Volume4D

S = FlightState
VOLUME = Volume4D(outline=((0, 0), (1, 0), (1, 1)), lower_m=0, upper_m=1, start=0, end=1)


def flight(state: FlightState) -> Flight:
    return Flight(id="F", party="p", aircraft=Aircraft(type="male_uav"), volumes=(VOLUME,), state=state)


def test_the_table_is_that_of_f3548_section_4_4() -> None:
    """Written out a second time, by hand: the operational intent states and their transitions."""
    assert {(before, after) for before, moves in FLIGHT_MOVES.items() for after in moves} == {
        (S.ACCEPTED, S.ACTIVATED),
        (S.ACCEPTED, S.NONCONFORMING),
        (S.ACCEPTED, S.CONTINGENT),
        (S.ACCEPTED, S.ENDED),
        (S.ACTIVATED, S.NONCONFORMING),
        (S.ACTIVATED, S.CONTINGENT),
        (S.ACTIVATED, S.ENDED),
        (S.NONCONFORMING, S.ACTIVATED),
        (S.NONCONFORMING, S.CONTINGENT),
        (S.NONCONFORMING, S.ENDED),
        (S.CONTINGENT, S.ENDED),
    }


@pytest.mark.parametrize(("before", "after"), list(product(S, S)))
def test_every_pair_moves_exactly_as_the_table_says(before: FlightState, after: FlightState) -> None:
    one = flight(before)
    if after in FLIGHT_MOVES[before]:
        moved = one.moved(after)
        assert moved.state is after
        assert one.state is before
        assert moved == flight(after)
    else:
        with pytest.raises(ModelError) as caught:
            one.moved(after)
        assert caught.value.reason == "bad-move"
        assert caught.value.where == "state"
        assert all(allowed.value in caught.value.remedy for allowed in FLIGHT_MOVES[before])


@given(st.sampled_from(list(S)), st.lists(st.sampled_from(list(S)), max_size=12))
def test_however_it_is_moved_ended_stays_in_reach_and_is_final(
    start: FlightState, wishes: Iterable[FlightState]
) -> None:
    one = flight(start)
    for wish in wishes:
        was_ended = one.state is S.ENDED
        try:
            one = one.moved(wish)
        except ModelError:
            continue
        assert not was_ended
    if one.state is not S.ENDED:
        assert one.moved(S.ENDED).state is S.ENDED


def test_every_state_of_both_tables_has_a_row_and_none_moves_to_itself() -> None:
    assert set(FLIGHT_MOVES) == set(S)
    assert set(TRACK_MOVES) == set(TrackStatus)
    assert not any(before in after for before, after in FLIGHT_MOVES.items())
    assert not any(before in after for before, after in TRACK_MOVES.items())


def test_a_track_is_lost_from_anywhere_comes_back_only_as_confirmed_and_is_never_tentative_again() -> None:
    assert TRACK_MOVES[TrackStatus.LOST] == {TrackStatus.CONFIRMED}
    assert all(TrackStatus.LOST in after for before, after in TRACK_MOVES.items() if before is not TrackStatus.LOST)
    assert not any(TrackStatus.TENTATIVE in after for after in TRACK_MOVES.values())
