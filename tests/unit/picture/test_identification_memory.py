"""What the engine remembers of tracks, what doubt takes of it, and what goes with a track across a gap."""

from dataclasses import replace

import numpy as np
import pytest
from tests.support.sky import (
    ADDRESS,
    AWAY,
    BENT,
    LOUD,
    OTHER,
    Sky,
    classified,
    flight,
    item,
    probability,
    redeclared,
    turned,
)

from safeconduct.model.flight import FlightState
from safeconduct.model.identification import EvidenceKind
from safeconduct.model.standing import StandingThresholds
from safeconduct.picture.identification import Assessment


def test_a_label_is_taken_at_one_threshold_and_lost_at_a_lower_one() -> None:
    """The probability is led up and down through both thresholds, and the label must lag behind it."""
    sky = Sky(LOUD, thresholds=StandingThresholds(enter=0.9, leave=0.5))
    label, taken, held_below_enter, lost = False, 0, 0, 0
    wander = np.concatenate([np.zeros(20), np.linspace(0, 6000, 40), np.linspace(6000, 0, 40), np.zeros(20)])
    for step, aside in enumerate(wander.tolist()):
        after = 200.0 + 8 * step
        if step < 25 or step > 90:
            sky.hear(after, 1, (10.0, aside), ADDRESS)
        said = sky.assess(after, {1: (10.0, aside)})
        p, named = probability(said, 1, "F"), bool(said.flight[0] >= 0)
        assert named is (p >= (0.5 if label else 0.9))
        taken += named and not label
        lost += label and not named
        held_below_enter += named and p < 0.9
        label = named
    assert taken >= 1
    assert lost == 0 or held_below_enter >= 1


def test_a_forgotten_track_loses_its_label_and_all_else() -> None:
    sky, tracks = Sky(LOUD), {1: (0.0, 0.0)}
    assert sky.watch(tracks, says={1: [ADDRESS]}).flight.tolist() == [0]
    sky.assess(600.0, {})
    sky.engine.forget([1])
    assert sky.engine.claims.claimed(1) == ()
    again, anew = sky.assess(700.0, tracks), Sky(LOUD).assess(700.0, tracks)
    for kind in again.items:
        assert again.items[kind] == pytest.approx(anew.items[kind], abs=1e-9), kind


def test_a_new_version_of_a_flight_forgets_what_was_seen_of_the_old_one() -> None:
    """It stands as one that is declared only now; how the track has flown is still known."""
    told, late = Sky(BENT), Sky()
    for sky in (told, late):
        turned(sky)
        sky.engine.declare(redeclared(BENT))
    said, anew = (turned(sky, 810.0, since_s=800.0) for sky in (told, late))
    assert [one.version for one in said.flights] == [2]
    for kind in (EvidenceKind.PLAN, EvidenceKind.HISTORY, EvidenceKind.CROWD):
        assert item(said, kind) == pytest.approx(item(anew, kind), abs=1e-9)
    assert item(said, EvidenceKind.HISTORY) < item(turned(Sky(BENT)), EvidenceKind.HISTORY) - 1.0


def test_a_flight_that_only_moves_to_another_state_keeps_all_that_was_seen_of_it() -> None:
    moved, left = Sky(BENT), Sky(BENT)
    for sky in (moved, left):
        turned(sky)
    moved.engine.declare(replace(BENT.moved(FlightState.ACTIVATED), version=2))
    said, same = (turned(sky, 810.0, since_s=800.0) for sky in (moved, left))
    assert [(one.version, one.state) for one in said.flights] == [(2, FlightState.ACTIVATED)]
    assert probability(said, 1, "F") > 0.9
    assert said.flight.tolist() == [0]
    for kind in said.items:
        assert said.items[kind] == pytest.approx(same.items[kind], abs=1e-9), kind
    moved.engine.declare(replace(BENT, version=3, state=FlightState.ENDED))
    assert not turned(moved, 820.0, since_s=810.0).flights


def test_a_new_version_of_another_flight_forgets_nothing() -> None:
    told, left = Sky(BENT, flight("B", 20_000.0)), Sky(BENT, flight("B", 20_000.0))
    turned(told)
    turned(left)
    told.engine.declare(replace(flight("B", 30_000.0), version=2))
    one, two = (turned(sky, 810.0, since_s=800.0) for sky in (told, left))
    assert item(one, EvidenceKind.HISTORY) == pytest.approx(item(two, EvidenceKind.HISTORY), abs=1e-9)
    assert item(one, EvidenceKind.HISTORY) > 1.0


def test_a_version_elsewhere_is_elsewhere() -> None:
    sky = Sky(LOUD)
    assert probability(sky.watch({1: (0.0, 0.0)}, says={1: [ADDRESS]}, seconds=60), 1, "F") > 0.5
    sky.engine.declare(replace(flight("F", 30_000.0), version=2))
    assert probability(sky.watch({1: (0.0, 0.0)}, start=430.0, seconds=30), 1, "F") < 0.1


def test_a_doubtful_track_s_past_counts_less() -> None:
    known = [item(turned(Sky(BENT), doubt=doubt), EvidenceKind.HISTORY) for doubt in (0.0, 0.3, 0.7, 0.95)]
    assert known == sorted(known, reverse=True)
    assert known[-1] < known[0] - 1.0


def test_a_track_that_is_surely_of_another_aircraft_is_a_new_one() -> None:
    said, anew = turned(Sky(BENT), doubt=1.0), turned(Sky(BENT), since_s=780.0)
    for kind in (EvidenceKind.PLAN, EvidenceKind.HISTORY, EvidenceKind.CROWD):
        assert item(said, kind) == pytest.approx(item(anew, kind), abs=0.2), kind


def test_what_a_doubtful_track_claimed_before_was_perhaps_not_its_word() -> None:
    for doubt, share in ((0.4, 0.6), (1.0, 0.0)):
        sure, doubted = Sky(LOUD), Sky(LOUD)
        for sky in (sure, doubted):
            sky.hear(300.0, 1, AWAY, ADDRESS)
            sky.assess(300.0, {1: AWAY})
        known = item(sure.assess(310.0, {1: AWAY}), EvidenceKind.IDENTIFIER)
        less = item(doubted.assess(310.0, {1: AWAY}, doubt=doubt), EvidenceKind.IDENTIFIER)
        assert known > 0.0
        assert less == pytest.approx(share * known, abs=0.01 * known)
        doubted.hear(320.0, 1, AWAY, ADDRESS)
        again = doubted.assess(320.0, {1: AWAY}, doubt=doubt)
        assert item(again, EvidenceKind.IDENTIFIER) >= known, "now it has said so itself"


def test_an_unsigned_claim_after_a_doubt_does_not_bring_an_old_signature_back() -> None:
    sky = Sky(LOUD)
    sky.hear(300.0, 1, AWAY, ADDRESS, signed=True)
    assert item(sky.assess(300.0, {1: AWAY}), EvidenceKind.SIGNATURE) > 10.0
    sky.assess(310.0, {1: AWAY}, doubt=0.9)
    sky.hear(320.0, 1, AWAY, ADDRESS)
    said = sky.assess(320.0, {1: AWAY}, doubt=0.9)
    assert item(said, EvidenceKind.SIGNATURE) == 0.0
    bare = Sky(LOUD)
    bare.hear(320.0, 1, AWAY, ADDRESS)
    alone = bare.assess(320.0, {1: AWAY})
    assert item(said, EvidenceKind.IDENTIFIER) == pytest.approx(item(alone, EvidenceKind.IDENTIFIER), rel=0.01)
    sky.hear(330.0, 1, AWAY, ADDRESS, signed=True)
    assert item(sky.assess(330.0, {1: AWAY}, doubt=0.9), EvidenceKind.SIGNATURE) > 10.0, "one that is checked now does"


def test_nor_does_it_make_one_younger() -> None:
    kept = {}
    for again in (False, True):
        sky = Sky(LOUD)
        sky.hear(300.0, 1, AWAY, ADDRESS, signed=True)
        sky.assess(300.0, {1: AWAY})
        if again:
            sky.hear(450.0, 1, AWAY, ADDRESS)
        kept[again] = item(sky.assess(450.0, {1: AWAY}), EvidenceKind.SIGNATURE)
    assert kept[True] == pytest.approx(kept[False])
    assert 0.0 < kept[True] < 10.0


def test_so_was_that_it_spoke_at_all() -> None:
    sky = Sky(flight("F"))
    sky.hear(300.0, 1, (0.0, 0.0), OTHER)
    before = item(sky.assess(300.0, {1: (0.0, 0.0)}), EvidenceKind.EMISSION)
    assert before < 0.0
    assert item(sky.assess(310.0, {1: (0.0, 0.0)}, doubt=0.9), EvidenceKind.EMISSION) > 0.5 * before


def test_so_was_what_cameras_saw_of_it() -> None:
    sky = Sky(flight("F"))
    sky.engine.observe(*classified("quadcopter"))
    before = item(sky.assess(300.0, {1: (0.0, 0.0)}), EvidenceKind.TYPE)
    assert before < 0.0
    assert item(sky.assess(310.0, {1: (0.0, 0.0)}, doubt=0.9), EvidenceKind.TYPE) > 0.5 * before


def test_a_doubt_counts_once_and_only_as_far_as_it_grows() -> None:
    once, often = Sky(LOUD), Sky(LOUD)
    for sky in (once, often):
        sky.hear(300.0, 1, AWAY, ADDRESS)
        sky.assess(300.0, {1: AWAY})
    for doubt in (0.1, 0.1, 0.3, 0.2, 0.5, 0.5, 0.4):
        said = often.assess(310.0, {1: AWAY}, doubt=doubt)
    straight = once.assess(310.0, {1: AWAY}, doubt=0.5)
    assert item(said, EvidenceKind.IDENTIFIER) == pytest.approx(item(straight, EvidenceKind.IDENTIFIER), rel=0.01)


# Tracks across gaps.


def test_a_lost_track_does_not_keep_others_from_being_remembered() -> None:
    lost, alone = Sky(BENT), Sky(BENT)
    lost.assess(290.0, {1: (0.0, 0.0), 9: (0.0, 3000.0)})
    alone.assess(290.0, {1: (0.0, 0.0)})
    known, wanted = (item(turned(sky), EvidenceKind.HISTORY) for sky in (lost, alone))
    assert known == pytest.approx(wanted, abs=1e-9)
    assert known > 1.0


def test_a_continued_track_is_known_as_both_were() -> None:
    sky = Sky(BENT)
    sky.hear(300.0, 1, (0.0, 0.0), ADDRESS)
    before = item(turned(sky, 760.0), EvidenceKind.HISTORY)
    again = item(turned(sky, 830.0, 2, 800.0), EvidenceKind.HISTORY, 2)
    sky.engine.continued(2, 1)
    said = turned(sky, 850.0, 1, 830.0)
    assert sky.engine.claims.claimed(1) == (ADDRESS,)
    assert item(said, EvidenceKind.IDENTIFIER) != 0.0
    assert abs(item(said, EvidenceKind.HISTORY) - before) < 0.6 * abs(again - before)


def perhaps(probability_: float, *, times: int = 1) -> Assessment:
    """Of a track that may be one that turned with the plan of a flight, as sure as that."""
    sky = Sky(BENT)
    turned(sky, 760.0)
    turned(sky, 820.0, 2, 800.0)
    for _ in range(times):
        sky.engine.may_continue(2, 1, probability_)
    return turned(sky, 840.0, 2, 820.0)


def test_what_may_be_the_same_aircraft_has_its_past_as_far_as_it_may() -> None:
    past = [item(perhaps(share), EvidenceKind.HISTORY, 2) for share in (0.001, 0.3, 0.6, 0.95)]
    assert past == sorted(past)
    assert past[-1] > past[0] + 1.0


def test_what_it_claimed_counts_as_far_too() -> None:
    worth = []
    for share in (0.3, 0.6, 0.9):
        sky = Sky(LOUD)
        sky.watch({1: AWAY}, says={1: [ADDRESS]}, seconds=20)
        sky.engine.may_continue(2, 1, share)
        worth.append(item(sky.assess(400.0, {2: AWAY}), EvidenceKind.IDENTIFIER, 2))
        assert sky.engine.claims.claimed(2) == (), "it has not said so"
    assert worth[0] > 0.0
    assert worth == pytest.approx([worth[0], 2.0 * worth[0], 3.0 * worth[0]])


def test_a_possible_continuation_that_is_told_twice_is_told_once() -> None:
    """The stitcher tells it again when it weighs the track with one more that was lost."""
    never, once, twice = perhaps(0.001), perhaps(0.3), perhaps(0.3, times=2)
    assert item(once, EvidenceKind.HISTORY, 2) > item(never, EvidenceKind.HISTORY, 2) + 0.1
    assert item(twice, EvidenceKind.HISTORY, 2) == pytest.approx(item(once, EvidenceKind.HISTORY, 2), abs=1e-6)


def test_its_own_word_counts_before_what_it_may_have_said() -> None:
    sky = Sky(LOUD)
    sky.watch({1: AWAY}, says={1: [ADDRESS]}, seconds=60)
    sky.engine.may_continue(2, 1, 0.5)
    sky.hear(450.0, 2, AWAY, ADDRESS)
    said, alone = sky.assess(450.0, {2: AWAY}), Sky(LOUD)
    alone.hear(450.0, 2, AWAY, ADDRESS)
    own = item(alone.assess(450.0, {2: AWAY}), EvidenceKind.IDENTIFIER, 2)
    assert item(said, EvidenceKind.IDENTIFIER, 2) == pytest.approx(own)
    assert sky.engine.claims.claimed(2) == (ADDRESS,)
