"""What parties answer about a track: bound to it, weighed by whose word it is, and never more than a word."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.sky import FRAME, SPEED, T0, WEST_M, Sky, flight, flown, pair_of, place, probability, table

from safeconduct.errors import ModelError
from safeconduct.model.answer import RollCallAnswer, Said
from safeconduct.model.board import BoardTrack
from safeconduct.model.identification import EvidenceKind, Silence, SilentParty
from safeconduct.model.party import Party
from safeconduct.picture.answers import AnswerModel, Answers
from safeconduct.picture.board import Board, BoardHeading
from safeconduct.picture.identification import Assessment
from safeconduct.picture.reasons import explain, silent

MODEL = AnswerModel()
MINE, NOT_MINE, NONE = Said.MINE, Said.NOT_MINE, Said.NO_ANSWER
OWN, OWN_TOO, OTHERS = flight("F"), flight("F2", 800.0), flight("G", -800.0, party="gna")
PARTIES = (
    Party(id="un", name="U.N.", takes_part=True),
    Party(id="gna", name="G.N.A.", takes_part=True),
    Party(id="far", name="Far", takes_part=False),
)


def answer(
    said: Said = MINE, party: str = "un", *, names: str | None = None, track: int = 1, after: float = 300.0,
    east_m: float | None = None,
) -> RollCallAnswer:  # fmt: skip
    lon, lat = place(SPEED * after - WEST_M if east_m is None else east_m, 0.0)
    return RollCallAnswer(party=party, track=f"t{track}", said=said, flight=names, time=T0 + after, lon=lon, lat=lat)


def weights(assessment: Assessment, number: int = 1) -> dict[str, float]:
    """What answers weigh, by flight."""
    items = assessment.items[EvidenceKind.ANSWER]
    return {one.id: float(items[pair_of(assessment, number, one.id)]) for one in assessment.flights}


def weighed(*answers: RollCallAnswer, after: float = 300.0) -> dict[str, float]:
    made = Sky(OWN, OWN_TOO, OTHERS)
    for one in answers:
        made.engine.answered(one)
    return weights(made.assess(after, {1: (0.0, 0.0)}))


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("empty", {"party": " "}),
        ("bad-track", {"track": "7"}),
        ("bad-track", {"track": "t-7"}),
        ("bad-answer", {"said": NOT_MINE, "flight": "F"}),
        ("bad-answer", {"said": NONE, "flight": "F"}),
        ("empty", {"flight": ""}),
        ("not-finite", {"time": math.nan}),
        ("bad-longitude", {"lon": 181.0}),
        ("bad-latitude", {"lat": -91.0}),
    ],
)
def test_answers_that_cannot_be(reason: str, changes: dict[str, Any]) -> None:
    values: dict[str, Any] = {"party": "un", "track": "t1", "said": MINE, "time": T0, "lon": 13.0, "lat": 32.0}
    with pytest.raises(ModelError) as caught:
        RollCallAnswer(**(values | changes))
    assert caught.value.reason == reason


def test_mine_speaks_for_the_flight_that_it_names_and_a_little_against_those_of_others() -> None:
    said = weighed(answer(names="F"))
    assert said["F"] == pytest.approx(math.log(0.95 / 0.02))
    assert said["F2"] == 0.0
    assert said["G"] == pytest.approx(math.log(0.5))


def test_mine_without_a_name_speaks_for_all_flights_of_that_party_and_for_each_less() -> None:
    said = weighed(answer())
    assert said["F"] == said["F2"] == pytest.approx(math.log(0.95 / 0.04))
    assert 0.0 < said["F"] < weighed(answer(names="F"))["F"]


def test_not_mine_speaks_against_the_flights_of_that_party_and_says_nothing_of_others() -> None:
    said = weighed(answer(NOT_MINE))
    assert said["F"] == said["F2"] == pytest.approx(math.log(0.05 / 0.96))
    assert said["G"] == 0.0


@pytest.mark.parametrize("party", ["gna", "far"])
def test_nobody_s_word_makes_another_party_s_flight_likelier(party: str) -> None:
    assert weighed(answer(party=party, names="F"))["F"] < 0.0
    assert weighed(answer(NOT_MINE, party))["F"] == 0.0


def test_no_answer_is_none_for_every_flight_and_at_any_time() -> None:
    """Exactly: silence is no evidence, not even a little (laws 1 and 4)."""
    assert weighed(*(answer(NONE, party) for party in ("un", "gna", "far"))) == {"F": 0.0, "F2": 0.0, "G": 0.0}


def test_a_party_may_be_wrong_and_trust_in_it_is_set() -> None:
    fooled = Sky(OWN, answers=AnswerModel(claims_others=0.4, denies_own=0.4, undeclared=0.1))
    fooled.engine.answered(answer(names="F"))
    assert 0.0 < weights(fooled.assess(300.0, {1: (0.0, 0.0)}))["F"] < 0.5
    for name in ("claims_others", "denies_own", "undeclared"):
        with pytest.raises(ModelError):
            AnswerModel(**{name: 0.0})


def test_it_fades() -> None:
    now, later = weighed(answer()), weighed(answer(), after=300.0 + MODEL.fade_s / 3.0)
    assert later["F"] == pytest.approx(now["F"] * math.exp(-1.0 / 3.0))


def test_it_is_about_the_track_that_was_where_it_says() -> None:
    """A number may be given to another aircraft: an answer about a place that this one cannot come from is not its."""
    assert weighed(answer(east_m=SPEED * 300.0 - WEST_M + 1500.0))["F"] > 3.0
    assert weighed(answer(east_m=SPEED * 300.0 - WEST_M + 3000.0))["F"] == 0.0
    assert weighed(answer(track=2))["F"] == 0.0


def test_a_later_answer_takes_the_place_of_an_earlier_one_and_silence_does_not() -> None:
    assert weighed(answer(after=200.0), answer(NOT_MINE))["F"] < -2.0
    assert weighed(answer(NOT_MINE), answer(after=200.0))["F"] < -2.0
    assert weighed(answer(NOT_MINE), answer(NONE, after=301.0))["F"] < -2.0
    assert weighed(answer(NONE), answer(NOT_MINE, after=290.0))["F"] < -2.0


def test_answers_of_several_parties_add_up_in_any_order() -> None:
    both = [answer(), answer(NOT_MINE, "gna"), answer(party="far")]
    assert weighed(*both) == weighed(*reversed(both))
    assert weighed(*both)["F"] == pytest.approx(weighed(both[0])["F"] + weighed(both[2])["F"])


def test_it_decides_between_two_flights_that_look_alike() -> None:
    near, like = flight("F"), flight("G", party="gna")
    made = Sky(near, like)
    made.watch({1: (15.0, 100.0)})
    assert probability(made.assess(550.0, {1: (15.0, 100.0)}), 1, "F") < 0.6
    made.engine.answered(answer(after=550.0, names="F"))
    made.engine.answered(answer(NOT_MINE, "gna", after=550.0))
    said = made.assess(560.0, {1: (15.0, 100.0)})
    assert probability(said, 1, "F") > 0.9
    assert math.isclose(float(said.probability.sum() + said.unknown.sum()), 1.0)


def held(*answers: RollCallAnswer) -> Answers:
    made = Answers(FRAME, MODEL)
    for one in answers:
        made.take(one)
    return made


def sure(answers: Answers, number: int) -> dict[str, float]:
    return {party: one.sure for party, one in answers.about(number).items()}


def test_a_doubtful_track_has_less_of_its_answers() -> None:
    made = held(answer(), answer(NOT_MINE, "gna"))
    made.doubt(1, 0.25)
    made.doubt(1, 0.5)
    made.doubt(2, 0.5)
    assert sure(made, 1) == {"un": pytest.approx(0.375), "gna": pytest.approx(0.375)}
    assert made.answered(1) == {}, "most likely it was about another aircraft"
    made.take(answer(after=320.0))
    assert sure(made, 1)["un"] == 1.0


def test_the_engine_takes_doubts_over() -> None:
    made = Sky(OWN)
    made.assess(290.0, {1: (0.0, 0.0)})
    made.engine.answered(answer())
    before = weights(made.assess(300.0, {1: (0.0, 0.0)}))["F"]
    assert weights(made.assess(300.0, {1: (0.0, 0.0)}, doubt=0.5))["F"] == pytest.approx(before / 2.0)


def test_a_track_that_goes_on_keeps_what_was_answered_about_it() -> None:
    made = held(answer(after=100.0), answer(NONE, "gna", track=2, after=200.0), answer(NOT_MINE, track=2, after=200.0))
    made.continued(2, 1)
    assert made.answered(1) == {"un": NOT_MINE, "gna": NONE}
    assert made.answered(2) == {}
    assert sure(made, 1) == {"un": 1.0, "gna": 1.0}


def test_a_track_that_may_go_on_has_so_much_of_it() -> None:
    made = held(answer(after=100.0), answer(NOT_MINE, "gna", track=2))
    made.may_continue(2, 1, 0.6)
    assert sure(made, 2) == {"un": pytest.approx(0.6), "gna": 1.0}
    made.may_continue(2, 1, 0.1)
    assert sure(made, 2)["un"] == pytest.approx(0.6)
    made.continued(2, 1)
    assert sure(made, 1) == {"un": 1.0, "gna": 1.0}
    made.forget([1, 2])
    assert made.about(1) == made.about(2) == {}


def test_the_engine_carries_answers_along() -> None:
    made = Sky(OWN)
    made.engine.answered(answer())
    made.engine.may_continue(2, 1, 0.7)
    assert sure(made.engine.answers, 2) == {"un": pytest.approx(0.7)}
    made.engine.continued(3, 1)
    made.engine.continued(1, 4)
    assert sure(made.engine.answers, 4) == {"un": 1.0}
    made.engine.forget([2, 4])
    assert not made.engine.answers.about(2)
    assert not made.engine.answers.about(4)


def test_who_has_answered_is_not_silent_and_who_has_not_is_said_to_have_been_asked() -> None:
    said = silent(PARTIES, {"un": NOT_MINE, "gna": NONE})
    assert said == (SilentParty("gna", Silence.NO_ANSWER), SilentParty("far", Silence.DOES_NOT_TAKE_PART))
    assert silent(PARTIES, {}) == (
        SilentParty("un", Silence.NOT_ASKED),
        SilentParty("gna", Silence.NOT_ASKED),
        SilentParty("far", Silence.DOES_NOT_TAKE_PART),
    )
    assert silent(PARTIES, dict.fromkeys(("un", "gna", "far"), MINE)) == ()


def test_reasons_and_board_say_who_answered_what() -> None:
    made = Sky(OWN, OTHERS)
    made.engine.answered(answer(NOT_MINE))
    made.engine.answered(answer(NONE, "gna"))
    assessed = made.engine.assess(table(T0 + 300.0, [flown(1, 300.0, 0.0, 9000.0), flown(2, 300.0, 0.0, 30_000.0)]))
    said = explain(assessed, 0, made.engine.claims, PARTIES, made.engine.answers, made.engine.telemetry)
    left = (SilentParty("gna", Silence.NO_ANSWER), SilentParty("far", Silence.DOES_NOT_TAKE_PART))
    assert said.silent == left
    board = Board(BoardHeading(epoch="e", node="un", title="", rehearsal=True), parties=PARTIES)
    board.apply(assessed, made.engine.claims, answers=made.engine.answers)
    tracks: dict[str, BoardTrack] = board.tracks
    assert tracks["t1"].silent == left
    assert tracks["t2"].silent == silent(PARTIES, {})


def test_the_item_says_what_when_and_where() -> None:
    made = Sky(OWN, OWN_TOO, OTHERS)
    made.engine.answered(answer(names="F", after=250.0))
    made.engine.answered(answer(party="far", after=240.0))
    assessed = made.assess(300.0, {1: (0.0, 0.0)})
    said = explain(assessed, 0, made.engine.claims, PARTIES, made.engine.answers, made.engine.telemetry)
    items = {one.flight: [item for item in one.evidence if item.kind is EvidenceKind.ANSWER] for one in said.candidates}
    (item,) = items["F"]
    assert item.text == "un was asked and said that this is its F; far was asked and said that this is its own"
    assert (item.time, (item.lon, item.lat)) == (T0 + 250.0, place(SPEED * 250.0 - WEST_M, 0.0))
    (item,) = items["G"]
    assert "un" in item.text
    assert item.log_odds < 0.0
    for one in said.candidates:
        total = sum(item.log_odds for item in one.evidence)
        assert total == pytest.approx(math.log(one.probability / said.unknown), abs=1e-6)


@given(st.permutations([answer(), answer(NOT_MINE, "gna"), answer(NONE, "far"), answer(NOT_MINE, after=310.0)]))
def test_the_order_in_which_answers_come_in_means_nothing(order: list[RollCallAnswer]) -> None:
    assert held(*order).about(1) == held(*sorted(order, key=lambda one: (one.party, one.time))).about(1)


def test_what_is_answered_about_no_track_costs_nothing() -> None:
    made = held(answer(track=9))
    assert weights(Sky(OWN).assess(300.0, {1: (0.0, 0.0)})) == {"F": 0.0}
    assert np.all(made.about(1) == {})


def test_an_answer_that_names_a_flight_makes_a_pair_however_far_from_its_plan_the_track_is() -> None:
    far, at = 60_000.0, place(SPEED * 300.0 - WEST_M, 60_000.0)
    for names, many in (("UN-7", 1), (None, 0), ("UN-8", 0)):
        made = Sky(flight("UN-7"), flight("G", 5000.0))
        assert len(made.assess(290.0, {1: (0.0, far)}).pairs.row) == 0
        made.engine.answered(replace(answer(names=names), lon=at[0], lat=at[1]))
        said = made.assess(300.0, {1: (0.0, far), 2: (0.0, far + 5000.0)})
        assert len(said.pairs.row) == many, names
        if many:
            assert float(said.items[EvidenceKind.ANSWER][pair_of(said, 1, "UN-7")]) > 3.0
            assert probability(said, 1, "UN-7") < 0.5, "a word alone names nobody"


def test_who_was_named_is_told_of_the_tracks_that_are_there() -> None:
    made = held(answer(names="F"), answer(NOT_MINE, "gna"), answer(track=2), answer(names="F2", track=3))
    assert list(made.named(np.array([1, 2, 4]))) == [(1, "F")]
    assert list(held().named(np.array([1, 2]))) == []
