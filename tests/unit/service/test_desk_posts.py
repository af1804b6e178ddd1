"""Who may end a shift, who is an officer, and what is shown once."""

from dataclasses import replace

import pytest
from tests.support.nodes import Crew, NodeAtHand, Nodes, flight

from safeconduct.errors import ForbiddenError, StateError
from safeconduct.model.entry import ShiftEnded
from safeconduct.model.person import Person, Role


@pytest.fixture
def nodes() -> Nodes:
    """Salma of lna's post is on duty, and Nadir of the same crew is not."""
    nodes = Nodes()
    nodes.crew("nadir", on_duty=False)
    nodes.crew("salma")
    return nodes


def member(nodes: Nodes, person: str) -> Crew:
    return nodes.crew(person, on_duty=False)


def officer(at: NodeAtHand, person: str, role: Role = Role.OFFICER) -> None:
    at.desk.set_person(at.who(), Person(id=person, name=person.title(), role=role))


def test_a_colleague_does_not_end_the_shift_of_who_is_on_duty(nodes: Nodes) -> None:
    lna, before = nodes["lna"], len(nodes["lna"].facts())
    with pytest.raises(ForbiddenError, match="salma is on duty at south, not nadir") as refused:
        member(nodes, "nadir").stand_down()
    assert refused.value.reason == "not-on-duty"
    assert refused.value.remedy
    assert not [fact for fact in lna.facts()[before:] if isinstance(fact, ShiftEnded)]
    assert lna.register.shifts["south"].person == "salma"
    member(nodes, "salma").stand_down()
    assert "south" not in lna.register.shifts
    with pytest.raises(StateError) as nobody:
        member(nodes, "nadir").stand_down()
    assert nobody.value.reason == "not-on-duty"


def test_who_has_taken_over_ends_the_shift_and_who_was_relieved_does_not(nodes: Nodes) -> None:
    member(nodes, "nadir").take_over()
    with pytest.raises(ForbiddenError):
        member(nodes, "salma").stand_down()
    member(nodes, "nadir").stand_down()
    assert nodes["lna"].register.shifts == {}


def test_an_officer_ends_any_shift(nodes: Nodes) -> None:
    lna = nodes["lna"]
    lna.desk.end_shift(lna.who(), "south")
    assert lna.register.shifts == {}


def test_a_node_keeps_one_officer(nodes: Nodes) -> None:
    lna = nodes["lna"]
    officer(lna, "olga")
    for role in Role:
        if role is Role.OFFICER:
            continue
        changed = Person(id="olga", name="Olga", role=role, post="south" if role is Role.CREW else None)
        before = len(lna.facts())
        with pytest.raises(StateError) as refused:
            lna.desk.set_person(lna.who(), changed)
        assert (refused.value.reason, refused.value.remedy) == ("last-officer", "make another officer first")
        assert len(lna.facts()) == before
    lna.desk.set_person(lna.who(), Person(id="olga", name="Olga Said", role=Role.OFFICER))
    officer(lna, "omar")
    officer(lna, "olga", Role.WATCH)
    with pytest.raises(StateError, match="omar is the only officer"):
        officer(lna, "omar", Role.OPERATOR)
    assert {person.id for person in lna.register.people.values() if person.role is Role.OFFICER} == {"omar"}


def test_a_notice_is_shown_once_and_by_who_is_on_duty(nodes: Nodes) -> None:
    nodes["africom"].declare(flight())
    nodes.settle()
    salma, nadir = member(nodes, "salma"), member(nodes, "nadir")
    notice = salma.item().notice.id
    with pytest.raises(ForbiddenError) as other:
        nadir.at.desk.shown(nadir.who, notice)
    assert other.value.reason == "not-on-duty"
    salma.at.desk.shown(salma.who, notice)
    with pytest.raises(StateError) as again:
        salma.at.desk.shown(salma.who, notice)
    assert again.value.reason == "bad-move"
    with pytest.raises(ForbiddenError) as elsewhere:
        salma.at.desk.answer(replace(salma.who, post="north"), salma.signed(salma.item()))
    assert elsewhere.value.reason == "wrong-post"
