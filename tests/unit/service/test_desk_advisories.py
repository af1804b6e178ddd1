"""What the desk gives its advisers: flights that fly on, crews by shift, parties by name."""

from tests.support.nodes import Nodes, flight

from safeconduct.model.advisory import Advisory, AdvisoryKind
from safeconduct.model.entry import AdvisoryGiven
from safeconduct.model.flight import FlightState


def given(nodes: Nodes, party: str) -> list[Advisory]:
    return [fact.advisory for fact in nodes[party].facts() if isinstance(fact, AdvisoryGiven)]


def test_a_flight_that_flies_on_is_told_of_before_and_after_its_end_and_not_for_ever() -> None:
    nodes = Nodes()
    africom = nodes["africom"]
    africom.declare(flight(), flight("F2", lat=31.3))
    africom.desk.move(africom.who(), "F1", FlightState.ACTIVATED)
    nodes["lna"].declare(flight("L1", "lna"))
    end = flight().end
    nodes.pass_s(end - 200.0 - africom.desk.now())
    africom.desk.tick()
    nodes["lna"].desk.tick()
    nodes.pass_s(210.0)
    africom.desk.tick()
    ending = [one for one in given(nodes, "africom") if one.kind is AdvisoryKind.ENDING]
    assert [(one.flight, one.time > end) for one in ending] == [("F1", False), ("F1", True)]
    assert AdvisoryKind.ENDING not in {one.kind for one in given(nodes, "lna")}, "own flights only, in the air only"
    nodes.restart("africom")
    africom = nodes["africom"]
    africom.desk.tick()
    assert [one for one in given(nodes, "africom") if one.kind is AdvisoryKind.ENDING] == ending
    nodes.pass_s(3600.0)
    before = given(nodes, "africom")
    africom.desk.tick()
    assert given(nodes, "africom") == before


def test_operators_are_told_the_names_on_the_cards() -> None:
    nodes = Nodes()
    africom = nodes["africom"]
    crew = nodes.crew()
    crew.stand_down()
    africom.declare(flight())
    nodes.settle()
    (line,) = africom.coverage()
    assert line.entry_time is not None
    nodes.pass_s(line.entry_time - 600.0 - africom.desk.now())
    africom.desk.tick()
    name = africom.register.peers["lna"].card.name
    assert name != "lna"
    (said,) = [one for one in given(nodes, "africom") if one.party == "lna"]
    assert f"the air that {name} guards" in said.text
    assert (said.kind, said.shift) == (AdvisoryKind.UNCOVERED, 0)
