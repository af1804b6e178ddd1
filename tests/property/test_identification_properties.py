"""What must hold of identifications, whatever flies, whatever is declared and whatever is heard."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.sky import (
    ADDRESS,
    CALLSIGN,
    FRAME,
    OTHER,
    SERIAL,
    SPEED,
    T0,
    WEST_M,
    Sky,
    flight,
    flown,
    place,
    sensor,
    table,
)

from safeconduct.kernels.exclusion import MOST_EXACT
from safeconduct.model.detection import BatchBuilder, Claims
from safeconduct.model.flight import Flight
from safeconduct.model.identification import EvidenceKind
from safeconduct.model.identifier import Identifier
from safeconduct.model.sensor import SensorKind
from safeconduct.picture.identification import Assessment
from safeconduct.picture.reach import Reach

START, STEP_S = 300.0, 20.0
FEW = settings(deadline=None, max_examples=12)
FLIGHTS = (
    flight("A", 0.0, [ADDRESS], [SensorKind.ADSB]),
    flight("B", 1500.0),
    flight("C", -2500.0, [SERIAL, CALLSIGN], [SensorKind.REMOTE_ID], routed=False),
    flight("D", 300.0, [OTHER], [SensorKind.ADSB], bend_m=9000.0, party="gna"),
)
RECEIVERS = (sensor(SensorKind.ADSB), sensor(SensorKind.REMOTE_ID))
RADAR = sensor(SensorKind.RADAR)
NAMES = (ADDRESS, OTHER, SERIAL, CALLSIGN)
NOBODY = replace(OTHER, value="abcdef")


@dataclass(frozen=True)
class Saying:
    """A claim of one track in one step."""

    number: int
    said: tuple[Identifier, ...] = ()
    kinds: tuple[tuple[str, float], ...] = ()
    signed: bool = False


Step = tuple[Saying, ...]
Flying = Mapping[int, tuple[float, float]]
PLACES = st.tuples(st.floats(-400, 700), st.floats(-6000, 6000))
PICTURES = st.dictionaries(st.integers(1, 9), PLACES, min_size=1, max_size=4)
KINDS = st.sampled_from([(), (("male_uav", 0.7), ("quadcopter", 0.3)), (("quadcopter", 0.9), ("male_uav", 0.1))])
SAYINGS = st.builds(
    Saying,
    number=st.integers(1, 9),
    said=st.lists(st.sampled_from(NAMES), max_size=2, unique=True).map(tuple),
    kinds=KINDS,
    signed=st.booleans(),
)
STEPS = st.lists(st.lists(SAYINGS, max_size=4).map(tuple), min_size=1, max_size=4)
"""What is said in each step; by tracks that are there."""
REACHES = st.sampled_from([None, Reach([]), Reach(RECEIVERS), Reach([RADAR]), Reach([RADAR, *RECEIVERS])])


def spoken(sky: Sky, after_s: float, tracks: Flying, step: Step, moments: Sequence[float] | None = None) -> None:
    """One batch with what the tracks say, each at its own moment or all at once."""
    builder, numbers = BatchBuilder(), []
    for index, saying in enumerate(step):
        if saying.number in tracks:
            time = after_s if moments is None else moments[index]
            late, north = tracks[saying.number]
            lon, lat = place(SPEED * (time - late) - WEST_M, north)
            said = Claims(saying.said, authenticated=saying.signed, classification=dict(saying.kinds))
            builder.add(time=T0 + time, received=T0 + after_s, sensor="s", lon=lon, lat=lat, claims=said)
            numbers.append(saying.number)
    if numbers:
        sky.engine.observe(builder.build(), np.array(numbers))


def watched(sky: Sky, tracks: Flying, steps: Sequence[Step]) -> Assessment:
    for index, step in enumerate(steps):
        after = START + STEP_S * index
        spoken(sky, after, tracks, step)
        last = sky.assess(after, tracks)
    return last


def dense(said: Assessment, numbers: Mapping[int, int] | None = None) -> dict[tuple[int, str], float]:
    """Probabilities by number of the track, under its other name if it has one, and id of the flight."""
    names = [(numbers or {}).get(number, number) for number in said.tracks.number.tolist()]
    known = {(name, one.id): 0.0 for name in names for one in said.flights}
    for row, column, p in zip(said.pairs.row.tolist(), said.pairs.column.tolist(), said.probability, strict=True):
        known[names[row], said.flights[column].id] = float(p)
    return known | {(name, ""): float(p) for name, p in zip(names, said.unknown, strict=True)}


def own_odds(said: Assessment) -> dict[tuple[int, str], float]:
    """What speaks for each pairing on its own, by number and flight: all items but the exclusion."""
    return weighed(said, *(kind for kind in said.items if kind is not EvidenceKind.EXCLUSION))


def weighed(said: Assessment, *kinds: EvidenceKind) -> dict[tuple[int, str], float]:
    """The sum of some items of each pairing, by number and flight."""
    worth = np.sum([said.items[kind] for kind in kinds], axis=0)
    pairs = zip(said.pairs.row.tolist(), said.pairs.column.tolist(), worth.tolist(), strict=True)
    return {(int(said.tracks.number[row]), said.flights[column].id): one for row, column, one in pairs}


@FEW
@given(PICTURES, STEPS, REACHES)
def test_each_posterior_sums_to_one_and_its_items_to_its_odds(
    tracks: Flying, steps: list[Step], reach: Reach | None
) -> None:
    said = watched(Sky(*FLIGHTS, reach=reach), tracks, steps)
    assert np.all((said.probability >= 0.0) & (said.probability <= 1.0))
    assert np.all((said.unknown > 0.0) & (said.unknown <= 1.0))
    total = said.unknown + np.bincount(said.pairs.row, said.probability, len(said.tracks))
    assert total == pytest.approx(1.0, abs=1e-12)
    items = np.sum(list(said.items.values()), axis=0)
    possible = said.probability > 0.0
    odds = np.log(said.probability[possible] / said.unknown[said.pairs.row[possible]])
    assert items[possible] == pytest.approx(odds, abs=1e-9)
    assert all(np.isfinite(worth).all() for worth in said.items.values())


@FEW
@given(PICTURES, STEPS, REACHES)
def test_one_flight_is_at_most_one_aircraft(tracks: Flying, steps: list[Step], reach: Reach | None) -> None:
    assert len(FLIGHTS) <= MOST_EXACT, "so that it is solved exactly"
    said = watched(Sky(*FLIGHTS, reach=reach), tracks, steps)
    assert np.all(np.bincount(said.pairs.column, said.probability, len(FLIGHTS)) <= 1.0 + 1e-6)


@FEW
@given(PICTURES, STEPS, st.permutations(FLIGHTS), REACHES)
def test_the_order_of_declaring_does_not_matter(
    tracks: Flying, steps: list[Step], flights: list[Flight], reach: Reach | None
) -> None:
    one, two = (dense(watched(Sky(*order, reach=reach), tracks, steps)) for order in (FLIGHTS, flights))
    assert two == pytest.approx(one, abs=1e-9)


@FEW
@given(PICTURES, st.lists(SAYINGS, min_size=2, max_size=4), st.randoms(use_true_random=False), REACHES)
def test_the_order_of_what_is_heard_in_one_moment_does_not_matter(
    tracks: Flying, step: list[Saying], chance: Any, reach: Reach | None
) -> None:
    """In one batch, or in several."""
    mixed = list(step)
    chance.shuffle(mixed)
    ways: list[list[Step]] = [[tuple(step)], [tuple(mixed)], [(one,) for one in mixed]]
    said = []
    for batches in ways:
        sky = Sky(*FLIGHTS, reach=reach)
        sky.assess(START - STEP_S, tracks)
        for batch in batches:
            spoken(sky, START, tracks, batch)
        said.append(dense(sky.assess(START, tracks)))
    assert said[1] == pytest.approx(said[0], abs=1e-9)
    assert said[2] == pytest.approx(said[0], abs=1e-9)


@FEW
@given(PICTURES, st.lists(SAYINGS, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_nor_does_it_in_a_batch_of_several_moments(tracks: Flying, step: list[Saying], chance: Any) -> None:
    """One claim of each identifier, so that nothing is heard in two places."""
    once = [replace(one, said=(NAMES[index],)) for index, one in enumerate(step[: len(NAMES)])]
    moments = [START - 10.0 + 2.0 * index for index in range(len(once))]
    order = list(range(len(once)))
    chance.shuffle(order)
    said = []
    for places in (range(len(once)), order):
        sky = Sky(*FLIGHTS)
        spoken(sky, START, tracks, tuple(once[at] for at in places), [moments[at] for at in places])
        said.append(dense(sky.assess(START, tracks)))
    assert said[1] == pytest.approx(said[0], abs=1e-9)


@FEW
@given(PICTURES, STEPS, st.permutations(["A", "B", "C", "D"]), REACHES)
def test_relabelling_the_flights_permutes_the_answer(
    tracks: Flying, steps: list[Step], names: list[str], reach: Reach | None
) -> None:
    renamed = dict(zip("ABCD", names, strict=True))
    other = [replace(one, id=renamed[one.id]) for one in FLIGHTS]
    plain, again = (dense(watched(Sky(*flights, reach=reach), tracks, steps)) for flights in (FLIGHTS, other))
    wanted = {(number, renamed.get(name, name)): p for (number, name), p in plain.items()}
    assert again == pytest.approx(wanted, abs=1e-9)


@FEW
@given(PICTURES, STEPS, st.permutations(range(1, 10)), REACHES)
def test_renumbering_the_tracks_permutes_the_answer(
    tracks: Flying, steps: list[Step], numbers: list[int], reach: Reach | None
) -> None:
    renumbered = dict(zip(range(1, 10), numbers, strict=True))
    other = [tuple(replace(one, number=renumbered[one.number]) for one in step) for step in steps]
    plain = dense(watched(Sky(*FLIGHTS, reach=reach), tracks, steps), renumbered)
    again = dense(watched(Sky(*FLIGHTS, reach=reach), {renumbered[n]: at for n, at in tracks.items()}, other))
    # The number decides when a track is looked around, and so when pairs with less than one in a thousand are listed.
    assert again == pytest.approx(plain, abs=2e-3)


# Silence.


@settings(deadline=None, max_examples=25)
@given(PICTURES, st.sampled_from(RECEIVERS), st.booleans())
def test_a_receiver_that_hears_nothing_raises_no_track_s_odds(tracks: Flying, receiver: Any, watching: bool) -> None:
    """Beside the odds of each flight, each on its own, so does not the probability that it is any declared flight."""
    before = [RADAR] if watching else []
    deaf, hearing = (
        watched(Sky(*FLIGHTS, reach=Reach(sensors)), tracks, [()] * 4) for sensors in (before, [*before, receiver])
    )
    without, with_it = own_odds(deaf), own_odds(hearing)
    assert with_it.keys() == without.keys()
    assert all(with_it[pair] <= without[pair] + 1e-9 for pair in without)
    if len(tracks) == 1:
        assert hearing.unknown[0] >= deaf.unknown[0] - 1e-12


@FEW
@given(PLACES, st.sampled_from([None, Reach([]), Reach([RADAR]), Reach(RECEIVERS)]))
def test_a_flight_that_was_to_be_heard_gains_nothing_by_not_being_heard(
    at: tuple[float, float], reach: Reach | None
) -> None:
    """The same plan, declared to be silent: nothing that is not heard can make the other one likelier."""
    loud, mute = (
        own_odds(watched(Sky(one, reach=reach), {1: at}, [()] * 4))
        for one in (FLIGHTS[0], replace(FLIGHTS[0], emits=frozenset()))
    )
    assert all(loud[pair] <= mute[pair] + 1e-9 for pair in loud)


@FEW
@given(PICTURES, st.integers(1, 9), st.integers(1, 4))
def test_a_name_that_nobody_declared_raises_no_odds(tracks: Flying, number: int, looks: int) -> None:
    quiet, speaking = [()] * looks, [(Saying(number, (NOBODY,)),)] * looks
    without, with_it = (own_odds(watched(Sky(*FLIGHTS), tracks, said)) for said in (quiet, speaking))
    assert all(with_it[pair] <= without[pair] + 1e-9 for pair in without)


@pytest.mark.parametrize(
    ("name", "after_s"),
    [(NOBODY, 0.0), (NOBODY, 300.0), (NOBODY, 900.0), (SERIAL, 0.0)],
    ids=["just now", "five minutes ago", "long ago", "of another kind"],
)
def test_having_said_something_else_is_no_better_than_silence(name: Identifier, after_s: float) -> None:
    """Of a track that hovers in reach of receivers, and was to be heard by its address."""
    odds, slow = [], flight("F", 0.0, [ADDRESS], [SensorKind.ADSB], routed=False)
    for says in ((), (Saying(1, (name,)),)):
        sky = Sky(slow, reach=Reach(RECEIVERS))
        spoken(sky, 60.0, {1: (-600.0, 0.0)}, says)
        for after in (60.0, 60.0 + after_s):
            said = sky.engine.assess(table(T0 + after, [flown(1, after, after - 600.0, 0.0)]), sky.reach)
        odds.append(own_odds(said)[1, "F"])
    assert odds[1] <= odds[0] + 1e-9


# Age, and place.


def aged(steps: Sequence[Step], tracks: Flying, times: Sequence[float]) -> list[dict[tuple[int, str], float]]:
    """Weights of identifiers and signatures, after those steps, with nothing more said."""
    sky, weights = Sky(*FLIGHTS), []
    last = watched(sky, tracks, steps)
    end = START + STEP_S * (len(steps) - 1)
    for after in (0.0, *times):
        if after:
            last = sky.assess(end + after, tracks)
        kinds = (EvidenceKind.IDENTIFIER, EvidenceKind.SIGNATURE)
        pairs = zip(last.pairs.row.tolist(), last.pairs.column.tolist(), strict=True)
        worth = np.sum([last.items[kind] for kind in kinds], axis=0).tolist()
        weights.append({(r, last.flights[c].id): w for (r, c), w in zip(pairs, worth, strict=True)})
    return weights


@FEW
@given(st.floats(-100, 300), st.sampled_from(NAMES), st.booleans(), st.lists(st.floats(1, 400), min_size=2, max_size=5))
def test_a_claim_s_weight_only_fades(late_s: float, said: Identifier, signed: bool, gaps: list[float]) -> None:
    """Of a track far from all plans, where who keeps near them does not count."""
    times = list(itertools.accumulate(gaps))
    weights = aged([(Saying(1, (said,), signed=signed),)], {1: (late_s, 40_000.0)}, times)
    for before, after in itertools.pairwise(weights):
        for pair in before.keys() & after.keys():
            assert abs(after[pair]) <= abs(before[pair]) + 1e-9
    for pair, weight in weights[-1].items():
        assert abs(weight) < abs(weights[0][pair]) * (1.0 if weights[0][pair] else 0.0) + 1e-9


@pytest.mark.parametrize("signed", [False, True])
def test_a_disputed_claim_s_weight_only_fades(signed: bool) -> None:
    """That two have claimed it is not forgotten before the claims are."""
    tracks = {1: (0.0, 30_000.0), 2: (0.0, 60_000.0)}
    says = (Saying(1, (ADDRESS,), signed=signed), Saying(2, (ADDRESS,), signed=signed))
    weights = aged([says, says, says], tracks, [60.0, 119.0, 121.0, 180.0, 300.0])
    for row in (0, 1):
        worth = [one[row, "A"] for one in weights]
        assert worth == sorted(worth, reverse=True)


@FEW
@given(PICTURES.filter(lambda tracks: len(tracks) > 1), STEPS, REACHES)
@example({1: (0.0, 0.0), 2: (0.0, 787.0)}, [(), (Saying(1, (OTHER,)),), ()], Reach([RADAR, *RECEIVERS]))
def test_what_one_claims_does_not_travel(tracks: Flying, steps: list[Step], reach: Reach | None) -> None:
    """Of another track it changes nothing but the exclusion, and, a little, what is due: whoever claims to be a flight
    is looked at beside it, and may follow it."""
    speaker = min(tracks)
    said = [tuple(replace(one, number=speaker) for one in step) for step in steps]
    silent, heard = (watched(Sky(*FLIGHTS, reach=reach), tracks, what) for what in ([()] * len(steps), said))
    allowed = dict.fromkeys(silent.items, 1e-9) | {EvidenceKind.EXPECTED: 0.2}
    assert heard.items.keys() == silent.items.keys()
    for kind in silent.items.keys() - {EvidenceKind.EXCLUSION}:
        one, two = weighed(silent, kind), weighed(heard, kind)
        others = {pair for pair in one if pair[0] != speaker}
        assert others == {pair for pair in two if pair[0] != speaker}
        for pair in others:
            assert two[pair] == pytest.approx(one[pair], abs=allowed[kind]), kind


def test_the_places_of_this_test_are_within_reach() -> None:
    """Else silence would say nothing here, and prove nothing."""
    lon, lat = FRAME.to_degrees(np.array([-60_000.0, 20_000.0]), np.array([-6_000.0, 6_000.0]))
    for heard in Reach(RECEIVERS).hears(lon, lat, np.full(2, 3000.0)).values():
        assert heard.all()
    quiet = watched(Sky(*FLIGHTS, reach=Reach(RECEIVERS)), {1: (0.0, 0.0)}, [()] * 2)
    assert quiet.items[EvidenceKind.EMISSION].min() < 0.0
