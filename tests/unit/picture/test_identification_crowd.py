"""Whoever is none of the flights passes, or keeps near one of them; and two tracks that turn out to be one."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.sky import (
    ADDRESS,
    AWAY,
    BENT,
    SERIAL,
    Sky,
    column_of,
    flight,
    item,
    pair_of,
    probability,
    sensor,
)

from safeconduct.model.identification import EvidenceKind
from safeconduct.model.sensor import SensorKind
from safeconduct.picture.identification import Assessment
from safeconduct.picture.reach import Reach

NEAR = flight("K", 0.0, [ADDRESS], [SensorKind.ADSB])
CROSSING = flight("J", -6000.0, bend_m=12_000.0)
"""It crosses the route of `NEAR` after fifteen minutes, when that is due there."""
FLIGHTS = (NEAR, CROSSING, flight("C", -2500.0, [SERIAL], [SensorKind.REMOTE_ID], routed=False))


@settings(deadline=None, max_examples=15)
@given(
    st.dictionaries(st.integers(1, 6), st.tuples(st.floats(-400, 700), st.floats(-6000, 6000)), min_size=1, max_size=4),
    st.floats(300.0, 900.0),
)
def test_the_crowd_near_all_flights_counts_for_each_of_a_track_s_pairs(
    tracks: dict[int, tuple[float, float]], start_s: float
) -> None:
    said = Sky(*FLIGHTS).watch(tracks, start=start_s, seconds=40)
    for row in range(len(said.tracks)):
        mine = said.pairs.of(row)
        wanted = -math.log1p(float(said.said["crowd"][mine].sum()))
        assert said.items[EvidenceKind.CROWD][mine] == pytest.approx(wanted, abs=1e-9)
        assert wanted <= 0.0


def followed(*flights: str) -> Assessment:
    """One that flies as `NEAR` declared, and another a minute behind it, when the latter is where `CROSSING` is due."""
    sky, tracks = Sky(*(one for one in FLIGHTS if one.id in flights)), {1: (0.0, 0.0), 2: (60.0, 0.0)}
    return sky.watch(tracks, start=280.0, seconds=640.0, says={1: [ADDRESS]})


def test_who_keeps_near_one_flight_is_no_candidate_of_another_that_it_passes() -> None:
    known, alone = followed("K", "J"), followed("J")
    assert probability(alone, 2, "J") > 0.8, "nobody else explains it"
    assert probability(known, 2, "J") < 0.2
    assert item(known, EvidenceKind.CROWD, 2, "J") == item(known, EvidenceKind.CROWD, 2, "K")
    assert item(known, EvidenceKind.CROWD, 2, "J") < item(alone, EvidenceKind.CROWD, 2, "J") - 3.0
    crowd = {name: float(known.said["crowd"][pair_of(known, 2, name)]) for name in ("J", "K")}
    assert crowd["K"] > 20.0 * crowd["J"], "it is near that one that it keeps"
    for kind in (EvidenceKind.PLAN, EvidenceKind.HISTORY):
        assert item(known, kind, 2, "J") == pytest.approx(item(alone, kind, 2, "J"), abs=1e-9)


def test_who_passes_all_flights_has_no_crowd() -> None:
    near, aside = Sky(*FLIGHTS).assess(300.0, {1: (60.0, 0.0)}), Sky(*FLIGHTS).assess(300.0, {1: (0.0, 5500.0)})
    above = Sky(*FLIGHTS).assess(300.0, {1: (0.0, 5500.0)}, height_m=9000.0)
    crowd = [item(said, EvidenceKind.CROWD, 1, "K") for said in (near, aside, above)]
    assert crowd[0] < -2.0 < -0.4 < crowd[1] < crowd[2]
    assert crowd[2] == pytest.approx(0.0, abs=0.02)


def test_who_follows_a_flight_says_that_it_is_there() -> None:
    """Where nothing else would see it: a flight that has come with somebody behind it is rather flown than not."""

    def expected(joins: bool) -> float:
        sky = Sky(NEAR, reach=Reach([sensor(SensorKind.RADAR, east_m=200_000.0, range_m=30_000.0)]))
        for after in np.arange(300.0, 700.0, 10.0).tolist():
            near = (60.0, 300.0) if joins and after > 450.0 else (60.0, 9000.0)
            said = sky.assess(after, {1: (0.0, 0.0), 2: near})
        return item(said, EvidenceKind.EXPECTED, 1, "K")

    assert expected(joins=False) == pytest.approx(0.0, abs=0.005)
    assert expected(joins=True) > 0.02
    assert expected(joins=True) < -math.log(0.9) + 1e-9


# Two tracks that turn out to be one.

KINDS = (EvidenceKind.PLAN, EvidenceKind.HISTORY, EvidenceKind.CROWD)


def joined(*, other: bool) -> Assessment:
    """A track that flies as declared, and another one that comes to it from far away, which then turns out to be it."""
    sky, plain = Sky(BENT), (30.0, 0.0)
    for after in np.arange(300.0, 560.0, 10.0).tolist():
        tracks = {1: plain}
        if other:
            tracks[2] = AWAY if after < 480.0 else (30.0, 60.0)
        said = sky.assess(after, tracks)
    if other:
        assert item(said, EvidenceKind.HISTORY, 2) < -3.0, "of itself it is one that has come here"
        sky.engine.continued(2, 1)
    said = sky.assess(560.0, {1: plain})
    assert said.tracks.number.tolist() == [1]
    assert column_of(said, "F") == 0
    return said


def test_of_two_tracks_at_once_that_are_one_the_older_one_s_past_stands() -> None:
    stands, alone = joined(other=True), joined(other=False)
    for kind in KINDS:
        assert item(stands, kind) == pytest.approx(item(alone, kind), abs=1e-9), kind
    assert probability(stands, 1, "F") == pytest.approx(probability(alone, 1, "F"), abs=1e-9)


def test_what_only_the_younger_one_was_near_to_is_not_taken_over() -> None:
    """It has flown along a plan far from the older one's; now they are one aircraft, which never was there."""
    sky, far = Sky(flight("F"), flight("G", 30_000.0)), (20.0, 30_000.0)
    said = sky.watch({1: (20.0, 0.0), 2: far}, seconds=240.0)
    assert probability(said, 2, "G") > 0.4
    sky.engine.continued(2, 1)
    said = sky.assess(540.0, {1: (20.0, 0.0)})
    assert probability(said, 1, "G") == 0.0
    assert len(said.pairs.row) == 1
