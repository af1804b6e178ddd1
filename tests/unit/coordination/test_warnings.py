"""Operators are told of gaps before the flight is in them, again when they change, and not more often."""

from dataclasses import replace
from itertools import pairwise

import pytest

from safeconduct.coordination.warnings import LAST_CALL_S, MIN_BETWEEN_S, WARN_WITHIN_S, OperatorWarner
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
    # Whoever keeps advisories gives them a name, and may put its own party's name on them.
    kept = [replace(one, id=f"a{n}", party="africom") for n, one in enumerate(given)]
    assert drive(OperatorWarner(kept), lines, ENTRY - 700, ENTRY - LAST_CALL_S) == []
    changed = [line(CoverageState.OVERDUE), line(party="gna", post=None)]
    (said,) = drive(OperatorWarner(kept), changed, ENTRY - 700, ENTRY - LAST_CALL_S)
    assert said.party == "lna"
    held = [replace(one, state=CoverageState.HELD) for one in lines]
    assert [one.kind for one in OperatorWarner(kept).warn(ENTRY - 700, held, {"r7": FLIGHT})] == [
        AdvisoryKind.COVERED,
        AdvisoryKind.COVERED,
    ]
