"""Where the rivers meet: what the picture is told of flights, and the desk of tracks."""

import pytest
from tests.support.nodes import START, NodeAtHand, Nodes, flight

from safeconduct.model.flight import Flight, FlightState
from safeconduct.model.sector import Sector
from safeconduct.picture.board import BoardHeading
from safeconduct.service.pipeline import Pipeline
from safeconduct.service.rivers import Rivers


class Picture(Pipeline):
    """A picture that remembers what it was told."""

    def __init__(self) -> None:
        sector = Sector(id="air", party="lna", name="Air", centre=(13.5, 31.5))
        super().__init__(sector, BoardHeading(epoch="e", node="lna", title="t", rehearsal=True, notice="n"))
        self.told: list[Flight] = []

    def declare(self, flight: Flight) -> None:
        """See `Pipeline.declare`."""
        self.told.append(flight)
        super().declare(flight)


@pytest.fixture
def nodes() -> Nodes:
    return Nodes()


@pytest.fixture
def lna(nodes: Nodes) -> NodeAtHand:
    return nodes["lna"]


def test_each_version_and_state_goes_into_the_picture_once_by_its_name_here(nodes: Nodes, lna: NodeAtHand) -> None:
    picture, africom = Picture(), nodes["africom"]
    rivers = Rivers(picture, lna.desk)
    africom.declare(flight())
    lna.declare(flight("F2", "lna"))
    africom.declare(flight("F2"))
    nodes.settle()
    for second in range(3):
        rivers.tick(START + second)
    names = [(one.id, one.party) for one in picture.told]
    assert sorted(names) == [("F1", "africom"), ("F2", "lna"), ("africom:F2", "africom")]
    africom.amend(flight(contact="desk 8"))
    africom.desk.move(africom.who(), "F1", FlightState.ACTIVATED)
    nodes.settle()
    rivers.tick(START + 4.0)
    rivers.tick(START + 5.0)
    assert [(one.version, one.state) for one in picture.told[3:]] == [(2, FlightState.ACTIVATED)]


def test_a_flight_whose_name_is_taken_back_is_told_under_both(nodes: Nodes, lna: NodeAtHand) -> None:
    picture = Picture()
    rivers = Rivers(picture, lna.desk)
    nodes["africom"].declare(flight())
    nodes.settle()
    rivers.tick(START)
    lna.declare(flight("F1", "lna"))
    rivers.tick(START + 1.0)
    assert {(one.id, one.party) for one in picture.told[1:]} == {("F1", "lna"), ("africom:F1", "africom")}


def test_a_full_disk_takes_nothing_from_the_picture(
    nodes: Nodes, lna: NodeAtHand, caplog: pytest.LogCaptureFixture
) -> None:
    rivers = Rivers(Picture(), lna.desk)
    lna.declare(flight("L1", "lna"))
    before = rivers.tick(nodes.now).number
    nodes.now += 1000.0
    lna.store.fails = True
    assert rivers.tick(nodes.now).number == before + 1
    assert rivers.tick(nodes.now + 1.0).number == before + 2
    assert "the disk is full" in caplog.text
    assert not lna.register.advisories
    lna.store.fails = False
    rivers.tick(nodes.now + 2.0)
    assert len(lna.register.advisories) == 1, "what could not be recorded is said as soon as it can"


def test_a_picture_without_a_desk() -> None:
    picture = Picture()
    assert Rivers(picture).tick(START).number == 1


def test_reasons_are_none_where_a_track_has_none(lna: NodeAtHand) -> None:
    assert Rivers(Picture(), lna.desk)._evidence("T1") == ()
