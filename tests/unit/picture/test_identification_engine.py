"""Whose declared flight is each track? The promises of the engine and of its explanations."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeconduct.coordination.corridor import corridor
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.detection import BatchBuilder, Claims
from safeconduct.model.flight import Flight, FlightState, RoutePoint
from safeconduct.model.identification import EvidenceKind, Identification, Silence
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.party import Party
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.model.standing import Standing, StandingThresholds
from safeconduct.picture.identification import Assessment, IdentificationEngine, IdentificationSettings
from safeconduct.picture.reach import heard_where
from safeconduct.picture.reasons import explain

HOME = (13.0, 32.0)
FRAME = SectorFrame(*HOME)
T0 = 1_700_000_000.0
SPEED, HEIGHT = 60.0, 3000.0
ADDRESS = Identifier(IdentifierKind.ICAO_ADDRESS, "0a1b2c")
OTHER = Identifier(IdentifierKind.ICAO_ADDRESS, "ffffff")
SERIAL = Identifier(IdentifierKind.REMOTE_ID_SERIAL, "1581F5")
CALLSIGN = Identifier(IdentifierKind.CALLSIGN, "UNO1")
PARTIES = (
    Party(id="un", name="U.N.", takes_part=True),
    Party(id="gna", name="G.N.A.", takes_part=False),
    Party(id="italy", name="Italy", takes_part=True),
)


def place(east_m: float, north_m: float) -> tuple[float, float]:
    lon, lat = FRAME.to_degrees(np.array([east_m]), np.array([north_m]))
    return float(lon[0]), float(lat[0])


def flight(
    name: str,
    north_m: float = 0.0,
    identifiers: Sequence[Identifier] = (),
    emits: Sequence[SensorKind] = (),
    *,
    routed: bool = True,
    **changes: Any,
) -> Flight:
    """Twenty minutes due east at 60 m/s, `north_m` north of home, from 36 km west of it."""
    points = tuple(RoutePoint(*place(SPEED * t - 36_000.0, north_m), HEIGHT, T0 + t) for t in range(0, 1201, 60))
    volumes = corridor(points, half_width_m=2000.0, vertical_m=300.0, early_s=120.0, late_s=300.0, frame=FRAME)
    values: dict[str, Any] = {
        "id": name, "party": "un", "aircraft": Aircraft(type="male_uav", identifiers=tuple(identifiers)),
        "volumes": volumes, "route": points if routed else (), "emits": frozenset(emits),
    }  # fmt: skip
    return Flight(**(values | changes))


class Sky:
    """Tracks that fly east beside the plans, watched by an engine."""

    def __init__(self, hand: Any, tracks_at: Any, flights: Sequence[Flight], **kinds: Any) -> None:
        self.engine = IdentificationEngine(FRAME, flights, IdentificationSettings(**kinds))
        self._hand, self._tracks_at = hand, tracks_at
        self.reach: dict[SensorKind, bool] = {}

    def table(self, after_s: float, tracks: dict[int, tuple[float, float]]) -> Any:
        """{number: (seconds late, metres north of home)}"""
        return self._tracks_at(
            T0 + after_s,
            [
                self._hand(n, *place(SPEED * (after_s - late) - 36_000.0, north), SPEED, 0.0, HEIGHT, first_time=T0)
                for n, (late, north) in tracks.items()
            ],
        )

    def hear(
        self, after_s: float, number: int, at: tuple[float, float], *said: Identifier, signed: bool = False
    ) -> None:
        builder = BatchBuilder()
        late, north = at
        lon, lat = place(SPEED * (after_s - late) - 36_000.0, north)
        claims = Claims(said, authenticated=signed)
        builder.add(time=T0 + after_s, received=T0 + after_s, sensor="adsb", lon=lon, lat=lat, claims=claims)
        self.engine.observe(builder.build(), np.array([number]))

    def assess(self, after_s: float, tracks: dict[int, tuple[float, float]]) -> Assessment:
        table = self.table(after_s, tracks)
        return self.engine.assess(table, {kind: np.full(len(table), on) for kind, on in self.reach.items()})

    def watch(
        self,
        tracks: dict[int, tuple[float, float]],
        *,
        start: float = 300.0,
        seconds: float = 240.0,
        says: Mapping[int, Sequence[Identifier]] | None = None,
        signed: Sequence[int] = (),
    ) -> Assessment:
        for after in np.arange(start, start + seconds, 10.0):
            for number, said in (says or {}).items():
                self.hear(after, number, tracks[number], *said, signed=number in signed)
            last = self.assess(after, tracks)
        return last


Made = Callable[..., Sky]


@pytest.fixture(scope="module")
def sky(hand: Any, tracks_at: Any) -> Made:
    return lambda *flights, **kinds: Sky(hand, tracks_at, flights, **kinds)


def explained(sky: Sky, assessment: Assessment, row: int = 0) -> Identification:
    return explain(assessment, row, sky.engine.claims, PARTIES)


def p(assessment: Assessment, number: int, name: str) -> float:
    row = assessment.tracks.number.tolist().index(number)
    return float(assessment.probability[row, [f.id for f in assessment.flights].index(name)])


def test_an_aircraft_on_its_plan_is_its_flight(sky: Made) -> None:
    said = sky(flight("F")).watch({1: (15.0, 200.0)})
    assert p(said, 1, "F") > 0.9
    assert said.standing == (Standing.CONSISTENT,)
    assert said.flight.tolist() == [0]


def test_an_aircraft_elsewhere_is_unknown_and_nothing_worse(sky: Made) -> None:
    made = sky(flight("F"))
    said = made.watch({1: (0.0, 25_000.0)})
    assert p(said, 1, "F") < 0.02
    assert said.standing == (Standing.UNKNOWN,)
    assert said.flight.tolist() == [-1]


@pytest.mark.parametrize("state", list(FlightState))
def test_an_ended_flight_is_no_candidate(sky: Made, state: FlightState) -> None:
    said = sky(flight("F", state=state)).watch({1: (0.0, 0.0)}, seconds=20)
    assert len(said.flights) == (0 if state is FlightState.ENDED else 1)


@pytest.mark.parametrize(("after_s", "candidates"), [(-1100.0, 0), (-900.0, 1), (2300.0, 1), (2500.0, 0)])
def test_a_flight_is_a_candidate_for_some_time_before_and_after(sky: Made, after_s: float, candidates: int) -> None:
    assert len(sky(flight("F")).assess(after_s, {1: (0.0, 0.0)}).flights) == candidates


PLACES = st.tuples(st.floats(-400, 700), st.floats(-6000, 6000))
PICTURES = st.dictionaries(st.integers(1, 6), PLACES, max_size=4)
SAID = st.lists(st.sampled_from([ADDRESS, OTHER, SERIAL, CALLSIGN]), max_size=2, unique=True)
FLIGHTS = [
    flight("A", 0.0, [ADDRESS], [SensorKind.ADSB]),
    flight("B", 1500.0),
    flight("C", -2500.0, [SERIAL], [SensorKind.REMOTE_ID], routed=False),
]


@settings(deadline=None, max_examples=40)
@given(PICTURES, st.permutations(FLIGHTS), st.dictionaries(st.integers(1, 6), SAID), st.booleans(), st.booleans())
def test_every_posterior_sums_to_one_and_its_items_to_its_log_odds(
    sky: Made,
    tracks: dict[int, tuple[float, float]],
    flights: list[Flight],
    says: dict[int, list[Identifier]],
    signed: bool,
    heard: bool,
) -> None:
    made = sky(*flights)
    made.reach = dict.fromkeys((SensorKind.ADSB, SensorKind.REMOTE_ID), heard)
    speaking = {n: said for n, said in says.items() if n in tracks}
    said = made.watch(tracks, seconds=30, says=speaking, signed=list(tracks) if signed else ())
    assert np.all(said.probability >= 0.0)
    assert said.probability.sum(axis=1) + said.unknown == pytest.approx(1.0, abs=1e-12)
    assert np.all(np.sum(said.probability, axis=0) <= 1.0 + 1e-3)
    for row in range(len(said.tracks)):
        whole = explained(made, said, row)
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


@settings(deadline=None, max_examples=30)
@given(PICTURES.filter(bool), st.permutations(FLIGHTS))
def test_the_order_of_declaring_does_not_matter(
    sky: Made, tracks: dict[int, tuple[float, float]], flights: list[Flight]
) -> None:
    first, second = sky(*FLIGHTS).watch(tracks, seconds=30), sky(*flights).watch(tracks, seconds=30)
    for number in tracks:
        for one in FLIGHTS:
            assert p(first, number, one.id) == pytest.approx(p(second, number, one.id), abs=1e-6)


@settings(deadline=None, max_examples=30)
@given(PICTURES.filter(lambda tracks: len(tracks) > 1))
def test_two_tracks_are_never_both_the_same_flight(sky: Made, tracks: dict[int, tuple[float, float]]) -> None:
    said = sky(*FLIGHTS).watch(tracks, seconds=120)
    assert np.all(np.sum(said.probability >= 0.9, axis=0) <= 1)
    named = [column for column in said.flight.tolist() if column >= 0]
    assert len(set(named)) == len(named)


def test_two_in_one_corridor_are_both_in_doubt_and_shadowed(sky: Made) -> None:
    said = sky(flight("F")).watch({1: (15.0, 100.0), 2: (25.0, -100.0)})
    assert max(p(said, 1, "F"), p(said, 2, "F")) < 0.9
    assert said.shadowed.tolist() == [True, True]
    assert said.standing == (Standing.UNKNOWN, Standing.UNKNOWN)


def test_two_flights_in_one_corridor_are_not_told_apart_by_a_hair(sky: Made) -> None:
    """Declared by the same route: which is which cannot be known, and must not be said with confidence."""
    said = sky(flight("A"), flight("B", 60.0)).watch({1: (15.0, 20.0), 2: (25.0, 50.0)})
    assert said.probability.max() < 0.9


def test_alone_nothing_is_shadowed(sky: Made) -> None:
    assert not sky(flight("F")).watch({1: (15.0, 0.0), 2: (0.0, 20_000.0)}).shadowed.any()


def test_a_stranger_gains_nothing_from_silence(sky: Made) -> None:
    """Not being heard never speaks for a flight, whatever was declared, in or out of reach."""
    for emits in ((), (SensorKind.ADSB,)):
        odds = []
        for heard in (False, True):
            made = sky(flight("F", 0.0, [ADDRESS] if emits else [], emits))
            made.reach = {SensorKind.ADSB: heard}
            said = made.watch({1: (60.0, 800.0)})
            assert np.all(said.log_odds[EvidenceKind.EMISSION] <= 0.0)
            assert np.all(said.log_odds[EvidenceKind.IDENTIFIER] == 0.0)
            odds.append(p(said, 1, "F"))
        assert odds[1] <= odds[0]
        assert (odds[1] < odds[0]) is bool(emits)


def test_silence_is_not_counted_before_there_was_time_to_speak(sky: Made) -> None:
    made = sky(flight("F", 0.0, [ADDRESS], [SensorKind.ADSB]))
    made.reach = {SensorKind.ADSB: True}
    assert np.all(made.assess(20.0, {1: (0.0, 0.0)}).log_odds[EvidenceKind.EMISSION] == 0.0)


@pytest.mark.parametrize("routed", [True, False])
@pytest.mark.parametrize("said", [[ADDRESS], [ADDRESS, CALLSIGN], [ADDRESS, SERIAL, CALLSIGN]], ids=len)
def test_an_unsigned_identifier_never_identifies_a_track_flying_elsewhere(
    sky: Made, said: list[Identifier], routed: bool
) -> None:
    """Whoever forges one identifier forges the others in the same breath: they must not add up to a proof."""
    made = sky(flight("F", 0.0, said, [SensorKind.ADSB], routed=routed))
    for after in np.arange(300.0, 420.0, 5.0):
        made.hear(after, 1, (0.0, 30_000.0), *said)
        seen = made.assess(after, {1: (0.0, 30_000.0)})
        assert p(seen, 1, "F") < 0.9
        assert seen.standing[0] in (Standing.UNKNOWN, Standing.COOPERATIVE)


def test_another_s_identifier_speaks_against_a_flight_that_declared_its_own(sky: Made) -> None:
    made, silent = sky(FLIGHTS[0]), sky(FLIGHTS[0])
    tracks = {1: (0.0, 0.0)}
    assert p(made.watch(tracks, says={1: [OTHER]}), 1, "A") < p(silent.watch(tracks), 1, "A")


def test_a_track_heard_where_the_flight_is_silent_fits_it_less(sky: Made) -> None:
    tracks = {1: (30.0, 500.0)}
    heard = sky(flight("F")).watch(tracks, says={1: [OTHER]})
    assert heard.log_odds[EvidenceKind.EMISSION][0, 0] < 0
    assert p(heard, 1, "F") < p(sky(flight("F")).watch(tracks), 1, "F")


def test_a_wrong_callsign_does_not_undo_the_right_address(sky: Made) -> None:
    """Callsigns are typed by hand: an aircraft that sends its declared address, on its plan, stays its flight."""
    typed = Identifier(IdentifierKind.CALLSIGN, "UN01")
    made = sky(flight("F", 0.0, [ADDRESS, CALLSIGN], [SensorKind.ADSB]))
    said = made.watch({1: (10.0, 100.0)}, says={1: [ADDRESS, typed]})
    assert p(said, 1, "F") > 0.9


def test_a_checked_signature_on_plan_is_verified_and_off_plan_is_off_plan(sky: Made) -> None:
    declared = flight("F", 0.0, [ADDRESS], [SensorKind.ADSB])
    on = sky(declared).watch({1: (10.0, 100.0)}, says={1: [ADDRESS]}, signed=[1])
    assert on.standing == (Standing.VERIFIED,)
    unsigned = sky(declared).watch({1: (10.0, 100.0)}, says={1: [ADDRESS]})
    assert unsigned.standing == (Standing.CONSISTENT,)
    off = sky(declared).watch({1: (10.0, 3500.0)}, says={1: [ADDRESS]}, signed=[1])
    assert off.standing == (Standing.OFF_PLAN,)


def test_a_claim_fades(sky: Made) -> None:
    made = sky(FLIGHTS[0])
    made.hear(300.0, 1, (0.0, 0.0), ADDRESS)
    worth = [
        float(made.assess(after, {1: (0.0, 0.0)}).log_odds[EvidenceKind.IDENTIFIER][0, 0])
        for after in (300.0, 450.0, 600.0, 900.0)
    ]
    assert worth == sorted(worth, reverse=True)
    assert worth[-1] < 0.2 * worth[0]


def test_an_identifier_claimed_at_two_places_is_worth_little_at_both(sky: Made) -> None:
    made, tracks = sky(FLIGHTS[0]), {1: (0.0, 0.0), 2: (0.0, 30_000.0)}
    said = made.watch(tracks, says={1: [ADDRESS], 2: [ADDRESS]})
    assert np.all(said.log_odds[EvidenceKind.IDENTIFIER][:, 0] <= made.engine.settings.weights.disputed)
    for row in (0, 1):
        assert explained(made, said, row).conflicts == (ADDRESS,)
    assert len(made.engine.conflicts) == 1
    assert said.standing[1] is Standing.UNKNOWN


def test_who_identifies_itself_and_is_not_declared_is_cooperative(sky: Made) -> None:
    made = sky(flight("F"))
    said = made.watch({1: (0.0, 25_000.0)}, says={1: [OTHER]})
    assert said.standing == (Standing.COOPERATIVE,)
    assert explained(made, said).silent


def test_a_label_is_taken_at_one_threshold_and_lost_at_a_lower_one(sky: Made) -> None:
    """The probability is led up and down through both thresholds, and the label must lag behind it."""
    made = sky(flight("F"), thresholds=StandingThresholds(enter=0.9, leave=0.5))
    label, taken, held_below_enter, lost = False, 0, 0, 0
    wander = np.concatenate([np.full(40, 0.0), np.linspace(0, 6000, 60), np.linspace(6000, 0, 60), np.zeros(40)])
    for step, aside in enumerate(wander):
        said = made.assess(200.0 + 5 * step, {1: (10.0, float(aside))})
        probability, named = p(said, 1, "F"), bool(said.flight[0] >= 0)
        assert named is (probability >= (0.5 if label else 0.9))
        taken += named and not label
        lost += label and not named
        held_below_enter += named and probability < 0.9
        label = named
    assert taken >= 1
    assert lost == 0 or held_below_enter >= 1


def test_a_forgotten_track_loses_its_label(sky: Made) -> None:
    made = sky(flight("F"))
    made.watch({1: (0.0, 0.0)})
    made.engine.forget([1])
    assert made.engine.claims.claimed(1) == ()
    again = made.assess(700.0, {1: (0.0, 20_000.0)})
    assert again.flight.tolist() == [-1]


def test_an_unknown_lists_who_was_not_asked_and_who_does_not_take_part(sky: Made) -> None:
    made = sky(flight("F"))
    whole = explained(made, made.watch({1: (0.0, 25_000.0)}))
    assert {one.party: one.silence for one in whole.silent} == {
        "un": Silence.NOT_ASKED,
        "gna": Silence.DOES_NOT_TAKE_PART,
        "italy": Silence.NOT_ASKED,
    }
    assert whole.flight is None


def test_a_named_flight_needs_no_list_of_silent_parties(sky: Made) -> None:
    made = sky(flight("F"))
    whole = explained(made, made.watch({1: (0.0, 0.0)}))
    assert (whole.flight, whole.silent) == ("F", ())
    (candidate,) = whole.candidates
    kinds = [item.kind for item in candidate.evidence]
    assert EvidenceKind.PLAN in kinds
    assert len(set(kinds)) == len(kinds)


def test_a_new_version_replaces_the_old_one(sky: Made) -> None:
    made = sky(flight("F"))
    assert p(made.watch({1: (0.0, 0.0)}, seconds=60), 1, "F") > 0.5
    made.engine.declare(replace(flight("F", 30_000.0), version=2))
    said = made.assess(420.0, {1: (0.0, 0.0)})
    assert [one.version for one in said.flights] == [2]
    assert p(made.watch({1: (0.0, 0.0)}, start=430.0, seconds=30), 1, "F") < 0.5


def test_nothing_declared_and_nothing_seen(sky: Made) -> None:
    made = sky()
    said = made.assess(300.0, {1: (0.0, 0.0), 2: (0.0, 5000.0)})
    assert said.unknown.tolist() == [1.0, 1.0]
    assert said.standing == (Standing.UNKNOWN, Standing.UNKNOWN)
    assert explained(made, said).candidates == ()
    empty = sky(flight("F")).assess(300.0, {})
    assert (len(empty.tracks), empty.standing) == (0, ())


def test_receivers_reach_within_two_thirds_and_above_the_horizon(hand: Any, tracks_at: Any) -> None:
    receiver = Sensor(
        id="r", party="p", kind=SensorKind.ADSB, lon=HOME[0], lat=HOME[1], alt_m=100.0, range_m=90_000.0
    )  # fmt: skip
    hands = [
        hand(1, *place(50_000, 0), height_m=3000.0),
        hand(2, *place(65_000, 0), height_m=3000.0),
        hand(3, *place(58_000, 0), height_m=10.0),
        hand(4, *place(1_000, 0), height_m=np.nan),
    ]
    tracks = tracks_at(T0, hands)
    reach = heard_where([receiver, replace(receiver, id="x", kind=SensorKind.RADAR)], tracks)
    assert set(reach) == {SensorKind.ADSB}
    assert reach[SensorKind.ADSB].tolist() == [True, False, False, True]
    nowhere = replace(receiver, lon=None, lat=None)
    assert heard_where([nowhere], tracks) == {}
