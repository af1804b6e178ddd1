"""The nodes and the simulated people of a scenario, without its picture: what they do, and that a seed decides it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from safeconduct.errors import InputError
from safeconduct.feeds.rehearsal.feed import Rehearsal
from safeconduct.model.coverage import Coverage
from safeconduct.model.entry import Actor, Fact, KeyEnrolled, ReceiptTaken, ShiftBegan
from safeconduct.model.key import SigningKey
from safeconduct.model.notice import NoticeState
from safeconduct.model.person import Role
from safeconduct.model.scenario import Scenario
from safeconduct.service.crew import sign_shift
from safeconduct.service.rehearsal_nodes import RehearsalNodes, SeededBytes, SteppedClock
from safeconduct.service.rehearsals import find_scenario
from safeconduct.service.story import Story


@pytest.fixture(scope="module")
def rehearsal() -> Rehearsal:
    return Rehearsal(find_scenario("tripoli-2019"), 1)


def opened(
    rehearsal: Rehearsal, variant: str = "coordinated", seed: int = 1, data: Path | None = None
) -> RehearsalNodes:
    return RehearsalNodes(rehearsal.scenario, variant, seed, rehearsal.flights(variant), data=data)


@pytest.fixture
def nodes(rehearsal: Rehearsal) -> Iterator[RehearsalNodes]:
    nodes = opened(rehearsal)
    yield nodes
    nodes.close()


def facts(nodes: RehearsalNodes, party: str = "lna") -> list[Fact]:
    return [entry.fact for entry in nodes.nodes[party].recorder.replay()]


def test_who_takes_part_has_a_node_and_knows_all_others(nodes: RehearsalNodes, rehearsal: Rehearsal) -> None:
    parties = {party.id for party in rehearsal.scenario.parties if party.takes_part}
    assert set(nodes.nodes) == parties
    for party, node in nodes.nodes.items():
        assert {peer.party for peer in node.desk.peers()} == parties - {party}
        assert all(peer.confirmed and peer.outbox == 0 for peer in node.desk.peers())
        assert {claim.party for claim in node.desk.register.directory()} >= {"gna"}


def test_a_crew_that_is_reached_looks_and_signs_as_planned(nodes: RehearsalNodes, rehearsal: Rehearsal) -> None:
    scenario = rehearsal.scenario
    nodes.play(scenario.start)
    taken = [fact for fact in facts(nodes) if isinstance(fact, ReceiptTaken)]
    assert {fact.receipt.receipt.flight for fact in taken} == set(scenario.variants["coordinated"])
    assert all(fact.state == "received" and 0.0 < (fact.read_back_error_m or 0.0) < 3000.0 for fact in taken)
    africom = nodes.nodes["africom"].desk
    (known,) = [one for one in africom.known_flights() if one.own]
    assert [line.state for line in _coverage(nodes, "africom", known.ref)] == ["held"]


def test_a_crew_that_is_not_reached_signs_nothing_and_that_shows(rehearsal: Rehearsal) -> None:
    nodes = opened(rehearsal, "headquarters-only")
    nodes.play(rehearsal.scenario.start)
    assert not [fact for fact in facts(nodes) if isinstance(fact, ReceiptTaken)]
    assert all(line.state != "held" for line in _coverage(nodes, "africom", "AFRICOM-01"))
    assert _coverage(nodes, "africom", "AFRICOM-01")
    assert nodes.nodes["lna"].desk.register.flights, "its headquarters was told"
    nodes.close()


def test_a_seed_is_a_record_and_another_one_is_another(rehearsal: Rehearsal) -> None:
    heads = []
    for seed in (1, 1, 2):
        nodes = opened(rehearsal, seed=seed)
        nodes.play(rehearsal.scenario.start + 60.0)
        nodes.tick(apart_from="")
        heads.append({party: node.recorder.head() for party, node in nodes.nodes.items()})
        nodes.close()
    assert heads[0] == heads[1]
    assert all(heads[0][party].root != heads[2][party].root for party in heads[0])
    assert all(head.waiting == 0 for head in heads[0].values())


def test_how_often_it_is_played_changes_nothing(rehearsal: Rehearsal) -> None:
    start = rehearsal.scenario.start
    whole, steps = opened(rehearsal), opened(rehearsal)
    whole.play(start)
    for number in range(41):
        steps.play(start - 400.0 + 10.0 * number)
    for kind in (ReceiptTaken, ShiftBegan, KeyEnrolled):
        assert [f for f in facts(whole) if isinstance(f, kind)] == [f for f in facts(steps) if isinstance(f, kind)]
    whole.close()
    steps.close()


def test_keys_of_crews_are_never_at_a_node(nodes: RehearsalNodes, rehearsal: Rehearsal) -> None:
    nodes.play(rehearsal.scenario.start)
    (enrolled,) = {fact.key.public for fact in facts(nodes) if isinstance(fact, KeyEnrolled)}
    for node in nodes.nodes.values():
        assert node.desk.public != enrolled
        for entry in node.recorder.replay():
            assert entry.rehearsal


def test_who_takes_the_post_over_in_the_console_is_not_overruled(nodes: RehearsalNodes, rehearsal: Rehearsal) -> None:
    crew = rehearsal.scenario.crews[0]
    desk = nodes.nodes["lna"].desk
    first = min(flight.declared_s for flight in rehearsal.scenario.flights)
    nodes.play(rehearsal.scenario.start + first - 1.0)
    who = Actor(party="lna", person=f"{crew.post}-relief", role=Role.CREW, post=crew.post)
    key = SigningKey(b"r" * 32)
    desk.enrol_key(who, key.public)
    now = nodes.clock()
    shift, signature = sign_shift(
        key, post=crew.post, number=2, person=who.person or "", start=now, until=now + 3600.0, rehearsal=True
    )
    desk.begin_shift(who, shift, signature)
    nodes.play(rehearsal.scenario.start)
    assert not [fact for fact in facts(nodes) if isinstance(fact, ReceiptTaken)]
    assert {item.notice.state for item in desk.inbox(who, crew.post)} == {NoticeState.PUT}


def test_a_folder_with_a_record_in_it_is_left_alone(rehearsal: Rehearsal, tmp_path: Path) -> None:
    nodes = opened(rehearsal, data=tmp_path)
    nodes.play(rehearsal.scenario.start - 600.0)
    nodes.close()
    assert {folder.name for folder in tmp_path.iterdir()} == set(nodes.nodes)
    with pytest.raises(InputError) as refused:
        opened(rehearsal, data=tmp_path)
    assert refused.value.reason == "not-empty"


def test_seeded_bytes_and_the_clock() -> None:
    one, same, other = SeededBytes(1, "a"), SeededBytes(1, "a"), SeededBytes(1, "b")
    drawn = [one(16) for _ in range(3)]
    assert [same(16) for _ in range(3)] == drawn
    assert len(set(drawn)) == 3
    assert other(16) not in drawn
    clock = SteppedClock(10.0)
    clock.step_to(5.0)
    assert clock() == 10.0
    clock.step_to(20.0)
    assert clock() == 20.0
    clock.follow(lambda: 99.0)
    assert clock() == 99.0


def test_a_flight_that_flies_before_it_is_declared_has_no_coverage_then(rehearsal: Rehearsal) -> None:
    """The story is told all the same."""
    late = tuple(
        replace(flight, declared_s=3000.0) if flight.id == "AFRICOM-01" else flight
        for flight in rehearsal.scenario.flights
    )
    scenario: Scenario = replace(rehearsal.scenario, flights=late)
    nodes = RehearsalNodes(scenario, "coordinated", 1, rehearsal.flights("coordinated"))

    class Run:
        """What a story needs of a run."""

        flights = rehearsal.flights("coordinated")

    run = Run()
    run.rehearsal, run.nodes = rehearsal, nodes  # type: ignore[attr-defined]
    story = Story(run)  # type: ignore[arg-type]
    until = scenario.start + 900.0
    nodes.play(until)
    story.note(until)
    told = story.told()
    lines = told["coverage"]
    assert isinstance(lines, list)
    assert "AFRICOM-01" not in {line["flight"] for line in lines}
    receipts = told["receipts"]
    assert isinstance(receipts, list)
    assert {receipt["flight"] for receipt in receipts} == {"ITALY-01", "UNSMIL-01"}
    nodes.close()


def _coverage(nodes: RehearsalNodes, party: str, ref: str) -> list[Coverage]:
    officer = Actor(party=party, person="officer", role=Role.OFFICER)
    return [line for one in nodes.nodes[party].desk.flights(officer) if one.ref == ref for line in one.coverage]
