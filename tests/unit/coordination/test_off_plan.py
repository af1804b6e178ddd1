"""Operators are told once that an aircraft of theirs is outside for too long, and once that it is back."""

from dataclasses import replace
from itertools import pairwise

import pytest

from safeconduct.coordination.conformance import BACK_S, ConformanceMonitor
from safeconduct.coordination.off_plan import MIN_BETWEEN_S, OffPlanWarner, where
from safeconduct.model.advisory import Advisory, AdvisoryKind
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.conformance import (
    OI_MAX_DURATION_PER_EXCURSION_S,
    USER_OI_STATE_CHANGE_NOTIFICATION_MAX_S,
    FlightSeen,
    Outside,
)
from safeconduct.model.flight import Flight, FlightState
from safeconduct.model.person import Role
from safeconduct.model.standing import Standing
from safeconduct.model.volume import Volume4D

T0 = 1.7e9
RING = ((13.0, 32.0), (13.1, 32.0), (13.1, 32.1), (13.0, 32.1))
FLIGHT = Flight(
    id="F1",
    party="africom",
    aircraft=Aircraft(type="quadcopter"),
    volumes=(Volume4D(outline=RING, lower_m=100.0, upper_m=500.0, start=T0, end=T0 + 7200.0),),
    state=FlightState.ACTIVATED,
)
OFF, ON = AdvisoryKind.OFF_PLAN, AdvisoryKind.ON_PLAN


def told(
    *spans: tuple[float, float],
    until: float = 300.0,
    flight: Flight = FLIGHT,
    ended_at: float = 1e9,
    restart_at: float = -1.0,
) -> list[Advisory]:
    """Of an aircraft that is 1.1 km north of its volumes in each of the spans (seconds), and within them else."""
    monitor, warner, said = ConformanceMonitor(), OffPlanWarner(), list[Advisory]()
    for second in range(int(until)):
        time, out = T0 + second, any(since <= second < end for since, end in spans)
        seen = FlightSeen(
            flight="F1", track="t7", time=time, lon=13.05, lat=32.11 if out else 32.05, sigma_m=20.0,
            height_m=300.0, sigma_height_m=10.0,
            standing=Standing.CONSISTENT, probability=0.96,
        )  # fmt: skip
        flights = {} if second >= ended_at else {"F1": flight}
        if second == restart_at:
            warner = OffPlanWarner(said)
        monitor.watch(flights, [seen])
        said += warner.warn(time, flights, monitor.figures, lambda track: (f"{track} claims callsign AFR1",))
    return said


def kinds(said: list[Advisory]) -> list[tuple[AdvisoryKind, int]]:
    return [(one.kind, round(one.time - T0)) for one in said]


def test_it_is_told_once_an_excursion_and_once_that_it_is_over() -> None:
    said = told((100.0, 150.0))
    assert kinds(said) == [(OFF, 111), (ON, 150 + BACK_S)]
    assert 111 - 100 - OI_MAX_DURATION_PER_EXCURSION_S <= USER_OI_STATE_CHANGE_NOTIFICATION_MAX_S
    left, back = said
    assert (left.role, left.post, left.party, left.flight, left.version) == (Role.OPERATOR, None, "africom", "F1", 1)
    assert (left.track, left.standing, left.probability) == ("t7", Standing.OFF_PLAN, 0.96)
    assert left.text == (
        "The aircraft of F1, by track t7, has been outside its declared volumes since 22:15:00 UTC: "
        "1.1 km north of them. Declare the change, or call it back: that is for you to say."
    )
    assert left.reasons == (
        "It was seen outside for 11 s: ASTM F3548-21 allows 10 s at a time, calls it Nonconforming now, and Contingent "
        "once 70 s are over. The flight is declared Activated; nothing changes that but your word.",
        "It was inside for 90.1 % of the 2 min that it was seen; 95 % are asked.",
        "t7 claims callsign AFR1",
    )
    assert back.standing is Standing.CONSISTENT
    assert back.text == "The aircraft of F1, by track t7, is within its declared volumes again."
    assert "t7 claims callsign AFR1" in back.reasons


def test_an_excursion_that_is_allowed_is_not_told() -> None:
    assert told((100.0, 110.0), (150.0, 160.0)) == []


def test_a_long_one_is_told_once() -> None:
    assert kinds(told((100.0, 300.0))) == [(OFF, 111)]


def test_weaving_is_told_once_a_minute_and_each_time_with_its_end() -> None:
    spans = [(100.0 + 25.0 * n, 112.0 + 25.0 * n) for n in range(20)]
    said = kinds(told(*spans, until=700.0))
    assert [kind for kind, _ in said[::2]] == [OFF] * len(said[::2])
    assert [kind for kind, _ in said[1::2]] == [ON] * len(said[1::2])
    times = [time for _, time in said[::2]]
    assert 2 <= len(times) <= 500 / MIN_BETWEEN_S
    assert min(after - before for before, after in pairwise(times)) >= MIN_BETWEEN_S


def test_what_comes_too_soon_waits_and_is_told_if_it_still_stands() -> None:
    assert kinds(told((100.0, 112.0), (125.0, 200.0))) == [(OFF, 111), (ON, 117), (OFF, 171), (ON, 205)]


@pytest.mark.parametrize("state", [FlightState.NONCONFORMING, FlightState.CONTINGENT])
def test_a_state_that_its_operator_declared_is_for_the_operator_to_change(state: FlightState) -> None:
    back = told((100.0, 150.0), flight=replace(FLIGHT, state=state))[-1]
    assert back.text.endswith(f"again. The flight is still said to be {state.value}: that is for you to change.")


def test_a_flight_that_is_over_is_forgotten() -> None:
    assert kinds(told((100.0, 150.0), ended_at=120.0)) == [(OFF, 111)]


@pytest.mark.parametrize("restart_at", [105.0, 112.0, 140.0, 152.0, 200.0])
def test_nothing_is_told_twice_after_a_restart(restart_at: float) -> None:
    assert kinds(told((100.0, 150.0), restart_at=restart_at)) == [(OFF, 111), (ON, 150 + BACK_S)]


@pytest.mark.parametrize(
    ("outside", "words"),
    [
        (Outside(away_m=1234.0, bearing_deg=50.0, above_m=0.0, late_s=None), "1.2 km north-east of them"),
        (Outside(away_m=0.0, bearing_deg=None, above_m=250.0, late_s=None), "250 m above them"),
        (Outside(away_m=0.0, bearing_deg=None, above_m=-30.0, late_s=None), "30 m below them"),
        (Outside(away_m=0.0, bearing_deg=None, above_m=0.0, late_s=200.0), "3 min late"),
        (Outside(away_m=90.0, bearing_deg=359.0, above_m=0.0, late_s=-40.0), "90 m north of them, 40 s early"),
    ],
)
def test_how_far_outside_in_words(outside: Outside, words: str) -> None:
    assert where(outside) == words
