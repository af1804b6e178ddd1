"""ASTM F3548-21's limits of conformance, on paths made by hand."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from safeconduct.coordination.conformance import BACK_S, GAP_S, SHARE_FROM_S, ConformanceMonitor
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.conformance import (
    MAX_RECOVERABLE_TIME_IN_NONCONFORMING_STATE_S,
    OI_MAX_DURATION_PER_EXCURSION_S,
    OI_MAX_EXCURSIONS_PER_FLIGHT_HOUR,
    OI_MAX_UPDATE_RESTORE_CONF_S,
    OI_MIN_CONFORMANCE,
    USER_OI_STATE_CHANGE_NOTIFICATION_MAX_S,
    Conformance,
    ConformanceLimit,
    ConformanceState,
    FlightSeen,
)
from safeconduct.model.flight import Flight
from safeconduct.model.standing import Standing
from safeconduct.model.volume import Volume4D

T0 = 1.7e9
M_PER_DEG = 110_900.0
"""Of latitude at the edge, near enough."""
EDGE = 32.1
RING = ((13.0, 32.0), (13.1, 32.0), (13.1, EDGE), (13.0, EDGE))
FLIGHT = Flight(
    id="F1",
    party="africom",
    aircraft=Aircraft(type="quadcopter"),
    volumes=(Volume4D(outline=RING, lower_m=100.0, upper_m=500.0, start=T0, end=T0 + 7200.0),),
)
IN, OUT = -500.0, 500.0
"""Metres beyond the northern edge."""


def seen(time: float, beyond_m: float = IN, *, flight: str = "F1", track: str = "t1", **changes: object) -> FlightSeen:
    fields: dict[str, object] = {
        "lon": 13.05,
        "lat": EDGE + beyond_m / M_PER_DEG,
        "sigma_m": 10.0,
        "height_m": 300.0,
        "sigma_height_m": 10.0,
        "standing": Standing.CONSISTENT,
        "probability": 0.97,
    }
    return FlightSeen(flight=flight, track=track, time=T0 + time, **(fields | changes))  # type: ignore[arg-type]


def fly(
    path: Callable[[float], float | None],
    until: float,
    *,
    since: float = 0.0,
    monitor: ConformanceMonitor | None = None,
    flight: Flight = FLIGHT,
    every: float = 1.0,
    **changes: Any,
) -> list[Conformance]:
    """The figures each second; the path gives metres beyond the edge, or None where there is no track."""
    monitor = monitor or ConformanceMonitor()
    told = []
    for step in range(round((until - since) / every) + 1):
        time = since + step * every
        beyond_m = path(time)
        monitor.watch({"F1": flight}, [] if beyond_m is None else [seen(time, beyond_m, **changes)])
        figures = monitor.of("F1")
        assert figures is not None
        told.append(figures)
    return told


def away(*spans: tuple[float, float]) -> Callable[[float], float]:
    """Outside from the first to the second of each pair, inside else."""
    return lambda time: OUT if any(since <= time < until for since, until in spans) else IN


def states(told: Iterable[Conformance]) -> list[tuple[ConformanceState, int]]:
    """Each state and the second in which it began."""
    found: list[tuple[ConformanceState, int]] = []
    for figures in told:
        if not found or found[-1][0] is not figures.state:
            found.append((figures.state, round(figures.time - T0)))
    return found


def test_the_limits_are_those_of_the_standard() -> None:
    """F3548-21, as uas_standards 4.4.0 has them: OiMinConformancePercent and those after it."""
    assert OI_MIN_CONFORMANCE == 95 / 100
    assert OI_MAX_DURATION_PER_EXCURSION_S == 10
    assert OI_MAX_EXCURSIONS_PER_FLIGHT_HOUR == 18
    assert MAX_RECOVERABLE_TIME_IN_NONCONFORMING_STATE_S == 60
    assert OI_MAX_UPDATE_RESTORE_CONF_S == USER_OI_STATE_CHANGE_NOTIFICATION_MAX_S == 5
    assert pytest.approx(OI_MAX_DURATION_PER_EXCURSION_S / (1.0 - OI_MIN_CONFORMANCE)) == SHARE_FROM_S


def test_within_its_volumes_it_conforms() -> None:
    last = fly(lambda _: IN, 100.0)[-1]
    assert (last.state, last.outside, last.since, last.short_of) == (ConformanceState.CONFORMING, None, None, ())
    assert (last.seen_s, last.inside_share, last.excursions) == (100.0, 1.0, 0)
    assert (last.track, last.probability, last.standing, last.version) == ("t1", 0.97, Standing.CONSISTENT, 1)


def test_an_excursion_of_ten_seconds_is_allowed_and_one_of_eleven_is_not() -> None:
    allowed = fly(away((300.0, 310.0)), 400.0)
    assert states(allowed) == [
        (ConformanceState.CONFORMING, 0),
        (ConformanceState.EXCURSION, 300),
        (ConformanceState.CONFORMING, 310 + BACK_S),
    ]
    last = allowed[-1]
    assert (last.excursions, last.excursions_over, last.longest_s, last.short_of) == (1, 0, 10.0, ())
    longer = fly(away((300.0, 311.0)), 400.0)
    assert (ConformanceState.NONCONFORMING, 311) in states(longer)
    last = longer[-1]
    assert (last.excursions, last.excursions_over, last.longest_s) == (1, 1, 11.0)
    assert last.short_of == (ConformanceLimit.DURATION,)


def test_after_a_minute_more_it_is_contingent_and_what_is_back_is_said_to_be_back() -> None:
    told = fly(away((100.0, 200.0)), 300.0)
    assert states(told) == [
        (ConformanceState.CONFORMING, 0),
        (ConformanceState.EXCURSION, 100),
        (ConformanceState.NONCONFORMING, 111),
        (ConformanceState.CONTINGENT, 171),
        (ConformanceState.CONFORMING, 200 + BACK_S),
    ]
    outside = told[150]
    assert outside.since == T0 + 100.0
    assert outside.excursion_s == 50.0
    assert outside.outside is not None
    assert outside.outside.away_m == pytest.approx(OUT, rel=0.01)


@pytest.mark.parametrize(("outside_s", "short"), [(50, False), (51, True)])
def test_the_rule_of_five_per_cent(outside_s: int, short: bool) -> None:
    """Of 1,000 s: 50 are just allowed, in excursions of 10 s."""
    starts = [100.0 * (n + 1) for n in range(5)]
    spans = [(start, start + 10.0) for start in starts]
    if outside_s == 51:
        spans.append((800.0, 801.0))
    last = fly(away(*spans), 1000.0)[-1]
    assert last.inside_share == pytest.approx(1.0 - outside_s / 1000.0)
    assert (ConformanceLimit.SHARE in last.short_of) is short
    assert ConformanceLimit.DURATION not in last.short_of


def test_the_share_is_not_judged_before_one_excursion_could_pass() -> None:
    told = fly(away((10.0, 20.0)), SHARE_FROM_S + 1)
    assert [figures.short_of for figures in told] == [()] * len(told)
    assert fly(away((10.0, 20.0), (40.0, 41.0)), SHARE_FROM_S + 1)[-1].short_of == (ConformanceLimit.SHARE,)


def test_eighteen_excursions_an_hour_are_allowed() -> None:
    def often(number: int) -> Conformance:
        return fly(away(*[(60.0 * (n + 1), 60.0 * (n + 1) + 2.0) for n in range(number)]), 3600.0)[-1]

    assert often(18).short_of == ()
    assert often(19).short_of == (ConformanceLimit.NUMBER,)


@pytest.mark.parametrize(("at", "late_s"), [(-90.0, -80.0), (7200.0, 10.0)])
def test_too_early_or_too_late_is_outside_too(at: float, late_s: float) -> None:
    told = fly(lambda _: IN, at + 15.0, since=at)
    after_10_s = told[10].outside
    assert after_10_s is not None
    assert after_10_s.late_s == pytest.approx(late_s)
    assert ConformanceState.NONCONFORMING in {figures.state for figures in told}


def test_the_end_itself_is_within() -> None:
    assert states(fly(lambda _: IN, 7203.0, since=7190.0)) == [
        (ConformanceState.CONFORMING, 7190),
        (ConformanceState.EXCURSION, 7201),
    ]


def test_too_high_is_outside_and_a_height_that_was_never_measured_is_not() -> None:
    high = fly(lambda _: IN, 20.0, height_m=600.0)[-1]
    assert high.state is ConformanceState.NONCONFORMING
    assert high.outside is not None
    assert (high.outside.away_m, high.outside.above_m) == (0.0, 100.0)
    assert fly(lambda _: IN, 20.0, height_m=None, sigma_height_m=None)[-1].excursions == 0


def test_a_track_that_is_not_known_better_is_not_outside() -> None:
    assert fly(lambda _: 200.0, 60.0, sigma_m=90.0)[-1].excursions == 0
    assert fly(lambda _: 200.0, 60.0, sigma_m=70.0)[-1].excursions == 1
    assert fly(lambda _: IN, 60.0, height_m=520.0, sigma_height_m=9.0)[-1].excursions == 0


def test_noise_at_an_edge_is_neither_coming_nor_going() -> None:
    """Thirty metres beyond, and two standard deviations of noise about that: one excursion, and no end of it."""
    told = fly(lambda time: 30.0 + (-20.0, 0.0, 20.0)[int(time) % 3], 120.0)
    assert [state for state, _ in states(told)] == list(ConformanceState), "each one once"
    assert told[-1].excursions == 1
    inside = fly(lambda time: (-20.0, 0.0, 20.0)[int(time) % 3], 120.0)
    assert inside[-1].excursions == 0, "beyond the edge by less than its own doubt"


def test_who_is_back_for_less_than_five_seconds_was_not_back() -> None:
    told = fly(away((100.0, 108.0), (111.0, 114.0)), 130.0)
    assert states(told)[1:3] == [(ConformanceState.EXCURSION, 100), (ConformanceState.NONCONFORMING, 114)]
    last = told[-1]
    assert (last.excursions, last.longest_s) == (1, 11.0), "the three seconds between were inside"
    assert last.inside_share == pytest.approx(1.0 - 11.0 / 130.0)


def test_a_gap_is_neither_inside_nor_outside() -> None:
    gap = fly(lambda time: None if 105.0 < time < 1000.0 else away((100.0, 1003.0))(time), 1040.0)
    assert gap[105].excursion_s == gap[999].excursion_s == 5.0
    assert gap[999].time == T0 + 105.0
    last = gap[-1]
    assert (last.seen_s, last.longest_s, last.excursions) == (105.0 + 40.0, 8.0, 1)
    assert last.excursions_over == 0, "of these fifteen minutes nothing is known"


def test_looks_that_are_far_apart_say_nothing_of_the_time_between() -> None:
    assert fly(lambda _: OUT, 20 * GAP_S, every=GAP_S)[-1].longest_s == 20 * GAP_S
    assert fly(lambda _: OUT, 20 * GAP_S, every=GAP_S + 0.1)[-1].longest_s == 0.0


def test_of_two_tracks_the_likelier_one_counts() -> None:
    monitor = ConformanceMonitor()
    two = [seen(0.0, OUT, track="t2", probability=0.91), seen(0.0, IN, track="t3", probability=0.95)]
    for order in (two, two[::-1]):
        monitor.watch({"F1": FLIGHT}, order)
        figures = monitor.of("F1")
        assert figures is not None
        assert (figures.track, figures.outside) == ("t3", None)


def test_a_new_version_counts_from_when_it_is_declared() -> None:
    monitor = ConformanceMonitor()
    fly(lambda _: OUT, 30.0, monitor=monitor)
    wider = tuple((lon, lat + 0.1 if lat == EDGE else lat) for lon, lat in RING)
    amended = Flight(
        id="F1",
        version=2,
        party="africom",
        aircraft=FLIGHT.aircraft,
        volumes=(Volume4D(outline=wider, lower_m=100.0, upper_m=500.0, start=T0, end=T0 + 7200.0),),
    )
    told = fly(lambda _: OUT, 60.0, since=31.0, monitor=monitor, flight=amended)
    assert told[0].outside is None
    assert (told[-1].state, told[-1].version) == (ConformanceState.CONFORMING, 2)
    assert told[-1].longest_s == 31.0


def test_flights_that_nobody_asks_for_are_not_watched_and_those_let_go_of_are_forgotten() -> None:
    monitor = ConformanceMonitor()
    monitor.watch({"F1": FLIGHT}, [seen(0.0), seen(0.0, flight="F2")])
    assert set(monitor.figures) == {"F1"}
    assert monitor.of("F2") is None
    monitor.let_go("F1")
    assert monitor.figures == {}


@pytest.mark.parametrize("cut", [50.0, 108.0, 150.0, 203.0])
def test_after_a_restart_it_goes_on_from_what_was_noted(cut: float) -> None:
    path = away((100.0, 200.0))
    whole = fly(path, 300.0)[-1]
    first = ConformanceMonitor()
    noted = fly(path, cut, monitor=first)[-1]
    last = fly(path, 300.0, since=cut, monitor=ConformanceMonitor({"F1": noted}))[-1]
    assert (last.state, last.excursions, last.excursions_over) == (whole.state, 1, 1)
    assert last.longest_s == pytest.approx(100.0)
    assert last.inside_share == pytest.approx(whole.inside_share)
