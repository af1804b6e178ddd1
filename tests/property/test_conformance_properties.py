"""Whatever flies: order and clock make no difference, and doubt is never held against a flight."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from safeconduct.coordination.conformance import ConformanceMonitor
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.conformance import Conformance, ConformanceState, FlightSeen
from safeconduct.model.flight import Flight
from safeconduct.model.standing import Standing
from safeconduct.model.volume import Volume4D

T0 = 1.6e9
RING = ((13.0, 32.0), (13.1, 32.0), (13.1, 32.1), (13.0, 32.1))
WORSE = list(ConformanceState)

looks = st.lists(
    st.tuples(
        st.floats(32.095, 32.105),  # 550 m to either side of the edge
        st.none() | st.floats(400.0, 600.0),
        st.floats(1.0, 200.0),
        st.sampled_from([1.0, 1.0, 2.0, 7.0]),
        st.integers(0, 6).map(bool),
    ),
    min_size=1,
    max_size=60,
)


def flight(name: str, shift_s: float = 0.0) -> Flight:
    volume = Volume4D(outline=RING, lower_m=100.0, upper_m=500.0, start=T0 + shift_s, end=T0 + shift_s + 60.0)
    return Flight(id=name, party="p", aircraft=Aircraft(type="quadcopter"), volumes=(volume,))


def path(name: str, drawn: list[tuple[float, float | None, float, float, bool]], since: float) -> list[FlightSeen]:
    seen, time = [], since
    for lat, height_m, sigma_m, span_s, there in drawn:
        time += span_s
        if there:
            sigma_height_m = None if height_m is None else sigma_m
            seen.append(
                FlightSeen(
                    flight=name,
                    track=f"t{name}",
                    time=time,
                    lon=13.05,
                    lat=lat,
                    sigma_m=sigma_m,
                    height_m=height_m,
                    sigma_height_m=sigma_height_m,
                    standing=Standing.CONSISTENT,
                    probability=0.95,
                )
            )
    return seen


def watched(seen: list[FlightSeen], *flights: Flight) -> list[Conformance]:
    monitor = ConformanceMonitor()
    told = []
    for one in seen:
        monitor.watch({flight.id: flight for flight in flights}, [one])
        figures = monitor.of(one.flight)
        assert figures is not None
        told.append(figures)
    return told


@given(looks)
def test_the_figures_hold_together(drawn: list[tuple[float, float | None, float, float, bool]]) -> None:
    for figures in watched(path("A", drawn, T0 - 10.0), flight("A")):
        assert 0.0 <= figures.inside_share <= 1.0
        assert figures.excursion_s <= figures.longest_s <= figures.seen_s
        assert figures.excursions_over <= figures.excursions
        assert (figures.since is None) == (figures.state is ConformanceState.CONFORMING)
        assert figures.outside is None or figures.since is not None


@given(looks, st.sampled_from([-3e7, -1.0, 86_400.0]))
def test_another_clock_changes_nothing(
    drawn: list[tuple[float, float | None, float, float, bool]], shift_s: float
) -> None:
    def plain(figures: Conformance, by: float) -> Conformance:
        since = None if figures.since is None else round(figures.since - by, 3)
        return replace(figures, time=round(figures.time - by, 3), since=since)

    here = watched(path("A", drawn, T0 - 10.0), flight("A"))
    there = watched(path("A", drawn, T0 + shift_s - 10.0), flight("A", shift_s))
    assert [plain(one, 0.0) for one in here] == [plain(one, shift_s) for one in there]


@given(looks, looks)
def test_flights_do_not_know_of_each_other(
    drawn: list[tuple[float, float | None, float, float, bool]],
    others: list[tuple[float, float | None, float, float, bool]],
) -> None:
    one, other = path("A", drawn, T0), path("B", others, T0)
    both = sorted([*one, *other], key=lambda seen: (seen.time, seen.flight))
    apart = {name: watched(seen, flight(name))[-1:] for name, seen in (("A", one), ("B", other))}
    for order in ((flight("A"), flight("B")), (flight("B"), flight("A"))):
        monitor = ConformanceMonitor()
        for time in sorted({seen.time for seen in both}):
            now = [seen for seen in both if seen.time == time]
            monitor.watch({flight.id: flight for flight in order}, now if order[0].id == "A" else now[::-1])
        assert {name: [*filter(None, [monitor.of(name)])] for name in "AB"} == apart


@given(looks, st.floats(1.0, 20.0), st.booleans())
def test_more_doubt_never_makes_it_more_outside(
    drawn: list[tuple[float, float | None, float, float, bool]], times: float, no_height: bool
) -> None:
    sure = path("A", drawn, T0 - 10.0)
    unsure = [
        replace(
            one,
            sigma_m=one.sigma_m * times,
            height_m=None if no_height else one.height_m,
            sigma_height_m=None if one.sigma_height_m is None or no_height else one.sigma_height_m * times,
        )
        for one in sure
    ]
    for known, vague in zip(watched(sure, flight("A")), watched(unsure, flight("A")), strict=True):
        assert WORSE.index(vague.state) <= WORSE.index(known.state)
        assert vague.inside_share >= known.inside_share - 1e-9
        assert vague.longest_s <= known.longest_s + 1e-9
        assert vague.outside is None or known.outside is not None
