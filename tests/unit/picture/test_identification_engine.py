"""Whose declared flight is each track? The promises of the engine and of its explanations."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.sky import (
    ADDRESS,
    AWAY,
    CALLSIGN,
    FRAME,
    LOUD,
    OTHER,
    SERIAL,
    T0,
    Sky,
    classified,
    column_of,
    flight,
    flown,
    item,
    pair_of,
    probability,
    sensor,
    table,
    turned,
)

from safeconduct.model.flight import FlightState
from safeconduct.model.identification import EvidenceKind, Identification, Silence
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.party import Party
from safeconduct.model.sensor import SensorKind
from safeconduct.model.standing import Standing
from safeconduct.picture.identification import Assessment
from safeconduct.picture.reach import Reach
from safeconduct.picture.reasons import explain

PARTIES = (
    Party(id="un", name="U.N.", takes_part=True),
    Party(id="gna", name="G.N.A.", takes_part=False),
    Party(id="italy", name="Italy", takes_part=True),
)
FLIGHTS = [
    flight("A", 0.0, [ADDRESS], [SensorKind.ADSB]),
    flight("B", 1500.0),
    flight("C", -2500.0, [SERIAL], [SensorKind.REMOTE_ID], routed=False),
]
HEARD = Reach([sensor(SensorKind.ADSB), sensor(SensorKind.REMOTE_ID)])


def explained(sky: Sky, assessment: Assessment, row: int = 0) -> Identification:
    return explain(assessment, row, sky.engine.claims, PARTIES)


def test_an_aircraft_on_its_plan_is_its_flight() -> None:
    said = Sky(LOUD).watch({1: (15.0, 200.0)}, says={1: [ADDRESS]})
    assert probability(said, 1, "F") > 0.9
    assert said.standing == (Standing.CONSISTENT,)
    assert said.flight.tolist() == [0]


def test_so_is_a_silent_one_that_turned_with_it() -> None:
    said = turned(Sky(flight("F", bend_m=24_000.0)), 1000.0, since_s=200.0)
    assert probability(said, 1, "F") > 0.9
    assert item(said, EvidenceKind.HISTORY) > 0.0


def test_an_aircraft_elsewhere_is_unknown_and_nothing_worse() -> None:
    said = Sky(flight("F")).watch({1: (0.0, 25_000.0)})
    assert probability(said, 1, "F") < 0.02
    assert said.standing == (Standing.UNKNOWN,)
    assert said.flight.tolist() == [-1]


@pytest.mark.parametrize("state", list(FlightState))
def test_an_ended_flight_is_no_candidate(state: FlightState) -> None:
    said = Sky(flight("F", state=state)).watch({1: (0.0, 0.0)}, seconds=20)
    assert len(said.flights) == (0 if state is FlightState.ENDED else 1)


PLACES = st.tuples(st.floats(-400, 700), st.floats(-6000, 6000))
PICTURES = st.dictionaries(st.integers(1, 6), PLACES, max_size=4)
SAID = st.lists(st.sampled_from([ADDRESS, OTHER, SERIAL, CALLSIGN]), max_size=2, unique=True)


@settings(deadline=None, max_examples=30)
@given(PICTURES, st.dictionaries(st.integers(1, 6), SAID), st.booleans(), st.booleans())
def test_every_explanation_adds_up(
    tracks: dict[int, tuple[float, float]], says: dict[int, list[Identifier]], signed: bool, heard: bool
) -> None:
    sky = Sky(*FLIGHTS, reach=HEARD if heard else None)
    speaking = {n: said for n, said in says.items() if n in tracks}
    said = sky.watch(tracks, seconds=30, says=speaking, signed=list(tracks) if signed else ())
    for row in range(len(said.tracks)):
        whole = explained(sky, said, row)
        assert whole.standing in set(Standing)
        assert sum(c.probability for c in whole.candidates) + whole.unknown == pytest.approx(1.0, abs=1e-5)
        assert [c.probability for c in whole.candidates] == sorted(
            (c.probability for c in whole.candidates), reverse=True
        )
        for candidate in whole.candidates:
            items = math.fsum(item.log_odds for item in candidate.evidence)
            assert items == pytest.approx(math.log(candidate.probability / whole.unknown), abs=1e-9)
            assert all(item.text and math.isfinite(item.log_odds) for item in candidate.evidence)
            assert all(item.time <= said.tracks.time for item in candidate.evidence)
        assert bool(whole.silent) is (not whole.standing.names_flight)


@settings(deadline=None, max_examples=20)
@given(PICTURES.filter(lambda tracks: len(tracks) > 1))
def test_two_tracks_never_stand_for_one_flight(tracks: dict[int, tuple[float, float]]) -> None:
    said = Sky(*FLIGHTS).watch(tracks, seconds=120)
    named = [column for column in said.flight.tolist() if column >= 0]
    assert len(set(named)) == len(named)


def test_one_probability_is_found_in_the_sparse_table() -> None:
    said = Sky(*FLIGHTS, flight("far", 60_000.0)).watch({1: (0.0, 0.0), 2: (0.0, 1500.0), 3: (0.0, 60_000.0)})
    dense = np.zeros((len(said.tracks), len(said.flights)))
    dense[said.pairs.row, said.pairs.column] = said.probability
    for row, column in np.ndindex(dense.shape):
        assert said.of(row, column) == dense[row, column]
    for row in range(len(said.tracks)):
        mine = said.pairs.of(row)
        assert np.all(said.pairs.row[mine] == row)
        assert np.all(np.diff(said.pairs.column[mine]) > 0)
    assert said.of(2, column_of(said, "A")) == 0.0, "it has nothing to do with it"
    assert len(said.looks) == len(said.probability) == len(said.pairs.row)


def test_two_in_one_corridor_are_both_in_doubt_and_shadowed() -> None:
    said = Sky(flight("F")).watch({1: (15.0, 100.0), 2: (25.0, -100.0)})
    assert max(said.probability) < 0.9
    assert said.shadowed.tolist() == [True, True]
    assert said.standing == (Standing.UNKNOWN, Standing.UNKNOWN)


def test_two_flights_in_one_corridor_are_not_told_apart_by_a_hair() -> None:
    """Declared by the same route: which is which cannot be known, and must not be said with confidence."""
    said = Sky(flight("A"), flight("B", 60.0)).watch({1: (15.0, 20.0), 2: (25.0, 50.0)})
    assert said.probability.max() < 0.9


def test_alone_nothing_is_shadowed() -> None:
    assert not Sky(flight("F")).watch({1: (15.0, 0.0), 2: (0.0, 20_000.0)}).shadowed.any()


def test_what_the_plan_says_of_a_track_is_its_own() -> None:
    """Whoever else is there."""
    tracks = {1: (0.0, 0.0), 2: (60.0, 1000.0), 3: (-100.0, 3000.0), 5: (0.0, -2500.0)}
    together = Sky(*FLIGHTS).watch(tracks, seconds=60)
    for number, where in tracks.items():
        alone = Sky(*FLIGHTS).watch({number: where}, seconds=60)
        for name in ("A", "B", "C"):
            for kind in (EvidenceKind.PLAN, EvidenceKind.HISTORY):
                assert item(together, kind, number, name) == pytest.approx(item(alone, kind, number, name), abs=1e-9)
            one, two = pair_of(together, number, name), pair_of(alone, number, name)
            assert together.looks["inside"][one] == alone.looks["inside"][two]


# Silence.


def test_silence_is_not_counted_before_there_was_time_to_speak() -> None:
    sky = Sky(LOUD, reach=HEARD)
    assert item(sky.assess(20.0, {1: (0.0, 0.0)}), EvidenceKind.EMISSION) == 0.0
    assert item(sky.assess(400.0, {1: (0.0, 0.0)}), EvidenceKind.EMISSION) < 0.0


def test_silence_out_of_reach_says_nothing() -> None:
    deaf = Reach([sensor(SensorKind.ADSB, east_m=-150_000.0, range_m=50_000.0), sensor(SensorKind.REMOTE_ID)])
    assert item(Sky(LOUD, reach=deaf).watch({1: (0.0, 0.0)}), EvidenceKind.EMISSION) == 0.0


def test_what_is_due_in_watched_air_is_one_of_those_there() -> None:
    """Only where something of ours would see it; else only who follows it says, a little, that it is there."""
    radar, tracks = Reach([sensor(SensorKind.RADAR)]), {1: (0.0, 0.0)}
    assert item(Sky(flight("F"), reach=radar).watch(tracks), EvidenceKind.EXPECTED) > 0.5
    assert item(Sky(flight("F"), reach=radar).watch({1: (-500.0, 0.0)}, start=-500.0), EvidenceKind.EXPECTED) < 0.5
    far = Reach([sensor(SensorKind.RADAR, east_m=200_000.0, range_m=30_000.0)])
    for nothing in (Reach([sensor(SensorKind.ADSB)]), far, Reach([])):
        assert item(Sky(flight("F"), reach=nothing).watch(tracks), EvidenceKind.EXPECTED) < 0.12
    assert EvidenceKind.EXPECTED not in Sky(flight("F")).watch(tracks).items


# Claims.


@pytest.mark.parametrize("routed", [True, False])
@pytest.mark.parametrize("said", [[ADDRESS], [ADDRESS, CALLSIGN], [ADDRESS, SERIAL, CALLSIGN]], ids=len)
def test_an_unsigned_identifier_never_identifies_a_track_flying_elsewhere(said: list[Identifier], routed: bool) -> None:
    """Whoever forges one identifier forges the others in the same breath: they must not add up to a proof."""
    sky = Sky(flight("F", 0.0, said, [SensorKind.ADSB], routed=routed))
    for after in np.arange(300.0, 420.0, 5.0).tolist():
        sky.hear(after, 1, (0.0, 30_000.0), *said)
        seen = sky.assess(after, {1: (0.0, 30_000.0)})
        assert probability(seen, 1, "F") < 0.9
        assert seen.standing[0] in (Standing.UNKNOWN, Standing.COOPERATIVE)


def test_a_track_that_claims_to_be_a_flight_is_weighed_against_it_wherever_it_is() -> None:
    sky = Sky(LOUD)
    assert len(sky.assess(300.0, {1: (0.0, 60_000.0)}).pairs.row) == 0
    sky.hear(310.0, 1, (0.0, 60_000.0), ADDRESS)
    said = sky.assess(310.0, {1: (0.0, 60_000.0)})
    assert item(said, EvidenceKind.IDENTIFIER) > 0.0
    assert said.standing == (Standing.UNKNOWN,)


def test_another_s_identifier_speaks_against_a_flight_that_declared_its_own() -> None:
    tracks = {1: (0.0, 0.0)}
    spoken, silent = Sky(LOUD).watch(tracks, says={1: [OTHER]}), Sky(LOUD).watch(tracks)
    assert probability(spoken, 1, "F") < probability(silent, 1, "F")


def test_a_track_heard_where_the_flight_is_silent_fits_it_less() -> None:
    tracks = {1: (30.0, 500.0)}
    heard = Sky(flight("F")).watch(tracks, says={1: [OTHER]})
    assert item(heard, EvidenceKind.EMISSION) < 0
    assert probability(heard, 1, "F") < probability(Sky(flight("F")).watch(tracks), 1, "F")


def test_a_wrong_callsign_does_not_undo_the_right_address() -> None:
    """Callsigns are typed by hand: an aircraft that sends its declared address, on its plan, stays its flight."""
    typed = Identifier(IdentifierKind.CALLSIGN, "UN01")
    sky = Sky(flight("F", 0.0, [ADDRESS, CALLSIGN], [SensorKind.ADSB]))
    said = sky.watch({1: (10.0, 100.0)}, says={1: [ADDRESS, typed]})
    assert probability(said, 1, "F") > 0.9
    assert said.standing == (Standing.CONSISTENT,)


def test_a_checked_signature_on_plan_is_verified_and_off_plan_is_off_plan() -> None:
    on = Sky(LOUD).watch({1: (10.0, 100.0)}, says={1: [ADDRESS]}, signed=[1])
    assert on.standing == (Standing.VERIFIED,)
    unsigned = Sky(LOUD).watch({1: (10.0, 100.0)}, says={1: [ADDRESS]})
    assert unsigned.standing == (Standing.CONSISTENT,)
    off = Sky(LOUD).watch({1: (10.0, 3500.0)}, says={1: [ADDRESS]}, signed=[1])
    assert off.standing == (Standing.OFF_PLAN,)


def test_an_identifier_claimed_at_two_places_is_worth_little_at_both() -> None:
    sky, tracks = Sky(LOUD), {1: (0.0, 0.0), 2: AWAY}
    said = sky.watch(tracks, says={1: [ADDRESS], 2: [ADDRESS]})
    alone = [
        item(Sky(LOUD).watch({number: at}, says={number: [ADDRESS]}), EvidenceKind.IDENTIFIER, number)
        for number, at in tracks.items()
    ]
    assert item(said, EvidenceKind.IDENTIFIER, 1) < alone[0]
    assert item(said, EvidenceKind.IDENTIFIER, 2) < 0.5 * alone[1]
    assert [explained(sky, said, row).conflicts for row in (0, 1)] == [(ADDRESS,)] * 2
    assert len(sky.engine.conflicts) == 1
    assert said.standing[1] is Standing.UNKNOWN


def test_a_flight_s_own_identifier_never_speaks_against_it() -> None:
    for at in ((0.0, 0.0), (15.0, 200.0), (300.0, 0.0), (0.0, 3000.0), AWAY):
        sky = Sky(LOUD)
        said = sky.watch({1: at}, says={1: [ADDRESS]})
        assert item(said, EvidenceKind.IDENTIFIER) >= 0.0
        assert "declared another" not in str(explained(sky, said).candidates)


def test_who_identifies_itself_and_is_not_declared_is_cooperative() -> None:
    sky = Sky(flight("F"))
    said = sky.watch({1: (0.0, 25_000.0)}, says={1: [OTHER]})
    assert said.standing == (Standing.COOPERATIVE,)
    assert explained(sky, said).silent


def test_what_cameras_saw_speaks_for_the_declared_type_and_against_another() -> None:
    said = []
    for kind in ("male_uav", "quadcopter"):
        sky = Sky(flight("F"))
        sky.engine.observe(*classified(kind))
        said.append(sky.assess(310.0, {1: (0.0, 0.0)}))
    assert item(said[0], EvidenceKind.TYPE) > 0.0 > item(said[1], EvidenceKind.TYPE)
    assert probability(said[0], 1, "F") > probability(said[1], 1, "F")


# What is said of it.


def test_an_unknown_lists_who_was_not_asked_and_who_does_not_take_part() -> None:
    sky = Sky(flight("F"))
    whole = explained(sky, sky.watch({1: (0.0, 25_000.0)}))
    assert {one.party: one.silence for one in whole.silent} == {
        "un": Silence.NOT_ASKED,
        "gna": Silence.DOES_NOT_TAKE_PART,
        "italy": Silence.NOT_ASKED,
    }
    assert whole.flight is None


def test_a_named_flight_needs_no_list_of_silent_parties() -> None:
    sky = Sky(LOUD)
    whole = explained(sky, sky.watch({1: (0.0, 0.0)}, says={1: [ADDRESS]}))
    assert (whole.flight, whole.silent) == ("F", ())
    (candidate,) = whole.candidates
    kinds = [item.kind for item in candidate.evidence]
    assert {EvidenceKind.PRIOR, EvidenceKind.PLAN, EvidenceKind.IDENTIFIER} <= set(kinds)
    assert len(set(kinds)) == len(kinds)


def test_nothing_declared_and_nothing_seen() -> None:
    sky = Sky()
    said = sky.assess(300.0, {1: (0.0, 0.0), 2: (0.0, 5000.0)})
    assert said.unknown.tolist() == [1.0, 1.0]
    assert said.standing == (Standing.UNKNOWN, Standing.UNKNOWN)
    assert explained(sky, said).candidates == ()
    empty = Sky(flight("F"), reach=HEARD).assess(300.0, {})
    assert (len(empty.tracks), empty.standing) == (0, ())


# What sensors would see and hear.


def test_receivers_reach_within_two_thirds_and_above_the_horizon() -> None:
    receiver = replace(sensor(SensorKind.ADSB, range_m=90_000.0), alt_m=100.0)
    lon, lat = FRAME.to_degrees(np.array([50_000.0, 65_000.0, 58_000.0, 1_000.0, np.nan]), np.zeros(5))
    height = np.array([3000.0, 3000.0, 10.0, np.nan, 3000.0])
    heard = Reach([receiver, sensor(SensorKind.RADAR)]).hears(lon, lat, height)
    assert set(heard) == {SensorKind.ADSB}
    assert heard[SensorKind.ADSB].tolist() == [True, False, False, True, False]
    assert Reach([replace(receiver, lon=None, lat=None)]).hears(lon, lat, height) == {}


def test_radars_see_small_aircraft_less_far_and_receivers_see_nothing() -> None:
    radar = replace(sensor(SensorKind.RADAR, range_m=90_000.0), small_target_range_m=9_000.0)
    lon, lat = FRAME.to_degrees(np.array([2_000.0, 30_000.0, 70_000.0, np.nan]), np.zeros(4))
    height, small = np.array([500.0, 500.0, 3000.0, np.nan]), np.zeros(4, dtype=bool)
    assert Reach([radar]).sees(lon, lat, height, small).tolist() == [True, True, False, False]
    assert Reach([radar]).sees(lon, lat, height, ~small).tolist() == [True, False, False, False]
    deaf = Reach([sensor(SensorKind.ADSB), replace(radar, small_target_range_m=None)])
    assert deaf.sees(lon, lat, height, ~small).tolist() == [False] * 4


def test_tracks_may_come_and_go() -> None:
    sky = Sky(*FLIGHTS)
    for after, numbers in ((300.0, (1, 2)), (310.0, (2, 5)), (320.0, ()), (330.0, (1, 5, 9)), (340.0, (9,))):
        hands = [flown(number, after, 0.0, 700.0 * number) for number in numbers]
        said = sky.engine.assess(table(T0 + after, hands))
        assert said.tracks.number.tolist() == list(numbers)
        assert len(said.unknown) == len(numbers)
