"""Operators are told of gaps before the flight is in them, again when they change, and not more often."""

from dataclasses import replace
from itertools import pairwise

import pytest

from safeconduct.coordination.warnings import (
    ENDING_WITHIN_S,
    LAST_CALL_S,
    MIN_BETWEEN_S,
    MOST_GAPS,
    MOST_REASONS,
    WARN_WITHIN_S,
    OperatorWarner,
)
from safeconduct.model.advisory import Advisory, AdvisoryKind
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.coverage import Coverage, CoverageState
from safeconduct.model.flight import Flight, FlightState
from safeconduct.model.person import Role
from safeconduct.model.volume import Volume4D

T0 = 1.7e9
ENTRY = T0 + 3600.0
RING = ((13.0, 32.0), (13.1, 32.0), (13.1, 32.1))
FLIGHT = Flight(
    id="r7",
    party="africom",
    aircraft=Aircraft(type="male_uav"),
    volumes=(Volume4D(outline=RING, lower_m=0.0, upper_m=6000.0, start=T0, end=T0 + 7200),),
)


def line(
    state: CoverageState = CoverageState.WAITING,
    *,
    party: str = "lna",
    post: str | None = "radar",
    entry: float | None = ENTRY,
    flight: str = "r7",
) -> Coverage:
    return Coverage(
        flight=flight,
        version=1,
        party=party,
        post=post,
        post_name="" if post is None else post.title(),
        state=state,
        since=T0,
        entry_time=entry,
        read_back_error_m=None,
        text=f"{post} is {state}.",
    )


def drive(
    warner: OperatorWarner, lines: list[Coverage], since: float, until: float, flight: Flight = FLIGHT
) -> list[Advisory]:
    return [
        said
        for second in range(int(since), int(until))
        for said in warner.warn(float(second), lines, {flight.id: flight})
    ]


def test_a_gap_is_told_a_quarter_of_an_hour_before_and_once_more_at_the_last() -> None:
    said = drive(OperatorWarner(), [line()], T0, ENTRY + 3000)
    assert [(one.kind, one.time) for one in said] == [
        (AdvisoryKind.UNCOVERED, ENTRY - WARN_WITHIN_S),
        (AdvisoryKind.UNCOVERED, ENTRY - LAST_CALL_S),
    ]
    first = said[0]
    assert (first.role, first.post, first.party, first.flight) == (Role.OPERATOR, None, "lna", "r7")
    assert (first.version, first.entry_time, first.reasons) == (1, ENTRY, ("radar is waiting.",))
    assert first.text == (
        "r7 is to enter, in 15 min (23:13:20 UTC), the air that lna guards, and Radar has not answered yet. "
        "Call lna's desk, delay the flight or take another way: that is for you to say."
    )


def test_what_is_held_is_not_told() -> None:
    assert drive(OperatorWarner(), [line(CoverageState.HELD)], T0, ENTRY + 100) == []


def test_a_flight_declared_when_it_is_already_there_is_told_at_once() -> None:
    (said,) = drive(OperatorWarner(), [line(CoverageState.UNMANNED)], ENTRY + 10, ENTRY + 100)
    assert said.time == ENTRY + 10
    assert said.entry_time is None
    assert "may now be in the air that lna guards, and Radar has nobody on duty" in said.text


def test_an_unknown_entry_is_the_flights_start() -> None:
    said = drive(OperatorWarner(), [line(entry=None)], T0 - 2000, T0 - 200)
    assert [one.time for one in said] == [T0 - WARN_WITHIN_S]


def test_a_gap_that_closes_is_told_as_closed_once_and_only_if_it_was_told() -> None:
    warner = OperatorWarner()
    assert drive(warner, [line()], T0, T0 + 100) == []
    assert drive(warner, [line(CoverageState.HELD)], T0 + 100, T0 + 200) == []
    drive(warner, [line()], ENTRY - 800, ENTRY - 700)
    said = drive(warner, [line(CoverageState.HELD)], ENTRY - 700, ENTRY)
    assert [(one.kind, one.time) for one in said] == [(AdvisoryKind.COVERED, ENTRY - 700)]
    assert "have now signed" in said[0].text
    assert said[0].reasons == ("radar is held.",)
    again = drive(warner, [line(CoverageState.STALE)], ENTRY, ENTRY + 100)
    assert [one.kind for one in again] == [AdvisoryKind.UNCOVERED]


def test_another_state_is_told_and_flicker_is_not() -> None:
    warner = OperatorWarner()
    drive(warner, [line()], ENTRY - 900, ENTRY - 800)
    (said,) = drive(warner, [line(CoverageState.OVERDUE)], ENTRY - 800, ENTRY - 700)
    assert "has not answered in time" in said.text
    states = [CoverageState.UNREACHABLE, CoverageState.OVERDUE]
    flickering = [
        said for n in range(600) for said in warner.warn(ENTRY - 700 + n, [line(states[n % 2])], {"r7": FLIGHT})
    ]
    assert len(flickering) <= 600 / MIN_BETWEEN_S + 1
    times = [one.time for one in flickering]
    assert all(later - earlier >= MIN_BETWEEN_S for earlier, later in pairwise(times))


def test_one_advisory_a_party_names_every_post_that_does_not_hold_it() -> None:
    lines = [line(), line(CoverageState.REFUSED, post="liaison"), line(CoverageState.HELD, post="tower")]
    other = line(CoverageState.UNREACHABLE, party="gna", post=None)
    said = OperatorWarner().warn(ENTRY - 600, [*lines, other], {"r7": FLIGHT})
    assert [one.party for one in said] == ["lna", "gna"]
    assert "Radar has not answered yet; Liaison has refused it." in said[0].text
    assert "Tower" not in said[0].text
    assert "gna cannot be told" in said[1].text


def test_one_gap_fewer_is_no_news_while_others_stay_and_one_more_is() -> None:
    warner = OperatorWarner()
    both = [line(), line(post="liaison")]
    assert len(drive(warner, both, ENTRY - 900, ENTRY - 800)) == 1
    one_left = [line(CoverageState.HELD), line(post="liaison")]
    assert drive(warner, one_left, ENTRY - 800, ENTRY - 700) == []
    assert len(drive(warner, [line(CoverageState.STALE), line(post="liaison")], ENTRY - 700, ENTRY - 600)) == 1


def test_a_new_version_is_told_anew() -> None:
    warner = OperatorWarner()
    drive(warner, [line()], ENTRY - 900, ENTRY - 800)
    newer = replace(FLIGHT, version=2)
    assert [one.version for one in drive(warner, [line()], ENTRY - 800, ENTRY - 700, newer)] == [2]


@pytest.mark.parametrize("over", ["ended", "past", "unknown"])
def test_flights_that_are_over_are_not_told_and_not_kept(over: str) -> None:
    warner = OperatorWarner()
    drive(warner, [line()], ENTRY - 900, ENTRY - 890)
    flights = {
        "ended": {"r7": replace(FLIGHT, state=FlightState.ENDED)},
        "past": {"r7": FLIGHT},
        "unknown": {},
    }[over]
    time = FLIGHT.end + 1 if over == "past" else ENTRY
    assert warner.warn(time, [line(CoverageState.OVERDUE)], flights) == ()
    assert warner._told == {}


def test_a_restart_tells_nothing_again_and_what_changed_meanwhile() -> None:
    warner = OperatorWarner()
    lines = [line(), line(party="gna", post=None)]
    given = drive(warner, lines, ENTRY - 900, ENTRY - 800)
    assert len(given) == 2
    kept = [replace(one, id=f"a{n}") for n, one in enumerate(given)]
    assert drive(OperatorWarner(kept), lines, ENTRY - 700, ENTRY - LAST_CALL_S) == []
    changed = [line(CoverageState.OVERDUE), line(party="gna", post=None)]
    (said,) = drive(OperatorWarner(kept), changed, ENTRY - 700, ENTRY - LAST_CALL_S)
    assert said.party == "lna"
    held = [replace(one, state=CoverageState.HELD) for one in lines]
    assert [one.kind for one in OperatorWarner(kept).warn(ENTRY - 700, held, {"r7": FLIGHT})] == [
        AdvisoryKind.COVERED,
        AdvisoryKind.COVERED,
    ]


def test_a_gap_that_comes_back_is_told_again() -> None:
    """South is unmanned throughout; east signs, and loses its crew before the aircraft is there."""
    warner = OperatorWarner()
    south, east = line(CoverageState.UNMANNED, post="south"), line(CoverageState.UNMANNED, post="east")
    assert len(drive(warner, [south, east], ENTRY - 900, ENTRY - 100)) == 2
    assert drive(warner, [south, replace(east, state=CoverageState.HELD)], ENTRY - 100, ENTRY - 60) == []
    (said,) = drive(warner, [south, east], ENTRY - 60, ENTRY)
    assert said.time == ENTRY - 60, "more than a minute after the last call"
    assert "East has nobody on duty; South has nobody on duty." in said.text, "the news first"


def test_a_gap_that_comes_and_goes_is_told_once_a_minute_at_most() -> None:
    warner = OperatorWarner()
    south, east = line(CoverageState.UNMANNED, post="south"), line(CoverageState.UNMANNED, post="east")
    held = replace(east, state=CoverageState.HELD)
    times = [
        one.time
        for n in range(600)
        for one in warner.warn(ENTRY - 800 + n, [south, held if n % 20 < 10 else east], {"r7": FLIGHT})
    ]
    assert all(later - earlier >= MIN_BETWEEN_S for earlier, later in pairwise(times))
    assert len(times) > 5


def test_the_next_entry_is_another_approach() -> None:
    warner = OperatorWarner()
    assert len(drive(warner, [line()], ENTRY - 900, ENTRY + 60)) == 2
    again = ENTRY + 3000
    said = drive(warner, [line(entry=again)], ENTRY + 60, again)
    assert [one.time for one in said] == [again - WARN_WITHIN_S, again - LAST_CALL_S]
    assert said[0].entry_time == again


def test_an_approach_that_is_near_when_the_last_crossing_is_over_is_told_at_once() -> None:
    warner = OperatorWarner()
    drive(warner, [line()], ENTRY - 900, ENTRY + 60)
    said = drive(warner, [line(entry=ENTRY + 600)], ENTRY + 60, ENTRY + 600)
    assert [one.time for one in said] == [ENTRY + 60, ENTRY + 600 - LAST_CALL_S]


def test_it_is_the_entry_where_a_gap_is_that_counts() -> None:
    later = ENTRY + 2000
    lines = [line(CoverageState.HELD), line(post="north", entry=later)]
    said = drive(OperatorWarner(), lines, T0, later)
    assert [(one.time, one.entry_time) for one in said] == [
        (later - WARN_WITHIN_S, later),
        (later - LAST_CALL_S, later),
    ]


def test_a_gap_hours_ahead_is_not_told_with_one_that_is_near_and_is_not_forgotten_after_it() -> None:
    later = ENTRY + 2000
    warner = OperatorWarner()
    lines = [line(CoverageState.UNMANNED), line(post="north", entry=later)]
    first = drive(warner, lines, T0, ENTRY + 10)
    assert [("Radar" in one.text, "North" in one.text) for one in first] == [(True, False)] * 2
    # Radar has signed: what is still to come is no reason to say that all is well.
    said = drive(warner, [replace(lines[0], state=CoverageState.HELD), lines[1]], ENTRY + 10, later)
    assert [(one.kind, one.time) for one in said] == [
        (AdvisoryKind.UNCOVERED, later - WARN_WITHIN_S),
        (AdvisoryKind.UNCOVERED, later - LAST_CALL_S),
    ]


@pytest.mark.parametrize("state", [FlightState.ACTIVATED, FlightState.NONCONFORMING, FlightState.CONTINGENT])
def test_a_flight_that_flies_on_while_its_declaration_ends_is_told_of_before_and_after(state: FlightState) -> None:
    flying = replace(FLIGHT, state=state)
    said = drive(OperatorWarner(), [], T0, FLIGHT.end + 3600, flying)
    assert [(one.kind, one.time) for one in said] == [
        (AdvisoryKind.ENDING, FLIGHT.end - ENDING_WITHIN_S),
        (AdvisoryKind.ENDING, FLIGHT.end + 1),
    ]
    assert [(one.role, one.party, one.entry_time) for one in said] == [(Role.OPERATOR, "africom", None)] * 2
    assert said[0].text == (
        "The declaration of r7 ends in 5 min (00:13:20 UTC), and its aircraft has not been said to have landed. "
        "Soon after that posts will no longer have it before them. Amend the flight or end it: that is for you to say."
    )
    assert "ended at 00:13:20 UTC" in said[1].text


@pytest.mark.parametrize("state", [FlightState.ACCEPTED, FlightState.ENDED])
def test_a_flight_that_is_not_in_the_air_may_run_out(state: FlightState) -> None:
    assert drive(OperatorWarner(), [], FLIGHT.end - 400, FLIGHT.end + 400, replace(FLIGHT, state=state)) == []


def test_a_declaration_that_is_drawn_out_ends_anew_and_a_restart_says_nothing_again() -> None:
    flying = replace(FLIGHT, state=FlightState.ACTIVATED)
    warner = OperatorWarner()
    given = drive(warner, [], FLIGHT.end - 400, FLIGHT.end - 200, flying)
    assert len(given) == 1
    assert drive(OperatorWarner(given), [], FLIGHT.end - 200, FLIGHT.end, flying) == []
    volume = replace(FLIGHT.volumes[0], end=FLIGHT.end + 1800)
    longer = replace(flying, version=2, volumes=(volume,))
    said = drive(warner, [], FLIGHT.end - 200, longer.end, longer)
    assert [one.time for one in said] == [longer.end - ENDING_WITHIN_S]
    given += drive(OperatorWarner(given), [], FLIGHT.end, FLIGHT.end + 100, flying)
    assert len(given) == 2
    assert drive(OperatorWarner(given), [], FLIGHT.end + 100, FLIGHT.end + 400, flying) == []


def test_gaps_of_a_flight_that_flies_on_are_told_after_its_end_too() -> None:
    flying = replace(FLIGHT, state=FlightState.ACTIVATED)
    said = drive(OperatorWarner(), [line(CoverageState.UNMANNED)], FLIGHT.end + 10, FLIGHT.end + 11, flying)
    assert {one.kind for one in said} == {AdvisoryKind.UNCOVERED, AdvisoryKind.ENDING}


def test_thousands_of_posts_and_endless_names_stay_readable_and_a_restart_says_nothing_again() -> None:
    lines = [line(post=f"p{n}-{'x' * 5000}") for n in range(2000)]
    warner = OperatorWarner()
    (said,) = given = drive(warner, lines, ENTRY - 900, ENTRY - 898)
    assert said.text.count("has not answered yet") == MOST_GAPS
    assert f"; and {2000 - MOST_GAPS} more of its posts do not hold it." in said.text
    assert len(said.reasons) == MOST_REASONS
    assert len(said.text) + sum(map(len, said.reasons)) < 5000
    after = OperatorWarner(given)
    assert after.warn(ENTRY - 700, lines, {"r7": FLIGHT}) == ()
    held = [replace(one, state=CoverageState.HELD) for one in lines]
    (covered,) = after.warn(ENTRY - 600, held, {"r7": FLIGHT})
    assert len(covered.reasons) == MOST_REASONS


def test_a_post_whose_name_ends_like_another_s_was_not_told_of_before_a_restart() -> None:
    north_east = replace(line(post="ne"), post_name="North East")
    given = drive(OperatorWarner(), [north_east], ENTRY - 900, ENTRY - 899)
    (said,) = OperatorWarner(given).warn(ENTRY - 700, [north_east, line(post="east")], {"r7": FLIGHT})
    assert "East has not answered yet; North East has not" in said.text


def test_parties_are_called_by_name_where_it_is_known() -> None:
    names = {"lna": "Libyan National Army"}
    (said,) = OperatorWarner().warn(ENTRY - 600, [line(post=None)], {"r7": FLIGHT}, names)
    assert said.party == "lna"
    assert "the air that Libyan National Army guards, and Libyan National Army has not answered yet." in said.text
    assert "Call Libyan National Army's desk" in said.text
    assert OperatorWarner([said]).warn(ENTRY - 500, [line(post=None)], {"r7": FLIGHT}, names) == ()
