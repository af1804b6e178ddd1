"""An own aircraft leaves its volumes: operators and posts ahead are told, the API shows it, the record has it."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from tests.support.face import START, House
from tests.support.nodes import NodeAtHand, Nodes, flight

from safeconduct.model.advisory import Advisory, AdvisoryKind
from safeconduct.model.conformance import ConformanceState, FlightSeen
from safeconduct.model.detection import BatchBuilder, Claims
from safeconduct.model.entry import AdvisoryGiven, ConformanceNoted
from safeconduct.model.flight import Flight, FlightState
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.model.standing import Standing
from safeconduct.model.volume import Volume4D
from safeconduct.store.base import StoreError

ADDRESS = Identifier(IdentifierKind.ICAO_ADDRESS, "0a0b0c")
STRIP = ((13.0, 32.84), (13.4, 32.84), (13.4, 32.86), (13.0, 32.86))
"""South of the post `north`, and of no post's sector."""
SPEED_MPS = 57.0
M_PER_DEG = 110_900.0


def strip_flight() -> Flight:
    """lna's own, east along the strip; what it sends is heard."""
    made = flight("STRIP", "lna")
    box = Volume4D(outline=STRIP, lower_m=500.0, upper_m=2000.0, start=START, end=START + 3600.0)
    aircraft = replace(made.aircraft, identifiers=(ADDRESS,))
    heard = frozenset({SensorKind.ADSB})
    return replace(made, aircraft=aircraft, volumes=(box,), route=(), emits=heard)


class Flown:
    """A house whose receiver hears the aircraft each second: east along the strip, north out of it, and back."""

    def __init__(self) -> None:
        self.house = House()
        self.house.node.pipeline.add_sensor(
            Sensor(id="r", party="lna", kind=SensorKind.ADSB, lon=13.2, lat=32.9, range_m=2e5, sigma_m=15.0)
        )
        self.house.desk.declare(self.house.officer, [strip_flight()])
        self.house.desk.move(self.house.officer, "STRIP", FlightState.ACTIVATED)
        for person in ("salma", "nadir"):
            self.house.on_duty(person)
        self.lon, self.lat, self.course_deg, self._noise = 13.05, 32.85, 90.0, np.random.default_rng(7)

    def fly(self, seconds: int, turning_deg: float = 0.0) -> None:
        """Straight on, or turning by so much each second."""
        for _ in range(seconds):
            self.house.now += 1.0
            self.course_deg += turning_deg
            course = math.radians(self.course_deg)
            east, north = SPEED_MPS * math.sin(course), SPEED_MPS * math.cos(course)
            self.lon += east / (M_PER_DEG * math.cos(math.radians(self.lat)))
            self.lat += north / M_PER_DEG
            rows, noise = BatchBuilder(), self._noise.normal(0.0, 15.0 / M_PER_DEG, 2)
            rows.add(
                time=self.house.now,
                received=self.house.now,
                sensor="r",
                lon=self.lon + noise[0],
                lat=self.lat + noise[1],
                height_m=1200.0,
                velocity=(east, north, 0.0),
                claims=Claims(identifiers=(ADDRESS,)),
            )
            self.house.node.pipeline.take(rows.build())
            self.house.node.rivers.tick(self.house.now)

    def told(self) -> list[Advisory]:
        """What was said of the flight by what was seen of it."""
        return [one for one in self.house.desk.register.advisories if one.flight == "STRIP" and one.track is not None]


@pytest.fixture(scope="module")
def flown() -> Flown:
    """East for two minutes, and then north: for the last twenty seconds beyond the edge of the strip."""
    made = Flown()
    made.fly(120)
    made.fly(15, -6.0)
    made.fly(30)
    return made


def test_an_own_flight_that_leaves_its_volumes_is_told_to_its_operators_and_to_the_post_ahead(flown: Flown) -> None:
    (left,) = [one for one in flown.told() if one.post is None]
    assert left.kind is AdvisoryKind.OFF_PLAN
    assert "north of them" in left.text
    ahead = [one for one in flown.told() if one.post is not None]
    assert [(one.post, one.kind) for one in ahead] == [
        ("north", AdvisoryKind.INBOUND),
        ("north", AdvisoryKind.CHANGED),
    ], "its sector is not crossed by what was declared, and lies ahead since the aircraft turned"
    assert (ahead[-1].standing, ahead[-1].track) == (Standing.OFF_PLAN, left.track)


def test_the_api_shows_it_to_those_who_declare_and_to_nobody_else(flown: Flown) -> None:
    house = flown.house
    for person in ("omar", "olga"):
        told = house.client(person).get("/v1/flights/STRIP").json()
        shown = told["conformance"]
        assert shown["state"] == "Nonconforming"
        assert shown["outside"]["away_m"] == pytest.approx(1100.0, abs=200.0)
        assert math.cos(math.radians(shown["outside"]["bearing_deg"])) > 0.999
        assert shown["excursions_over"] == 1
        assert "OiMaxDurationPerExcursion" in shown["short_of"]
        assert told["flight"]["state"] == "Activated", "nobody's word was changed"
        kinds = [one["kind"] for one in house.client(person).get("/v1/advisories").json()]
        assert "off-plan" in kinds
    for person in ("wanda", "salma"):
        assert all(one["conformance"] is None for one in house.client(person).get("/v1/desk").json()["flights"])


def test_it_is_back_once_and_what_was_seen_is_on_the_record(flown: Flown) -> None:
    house = flown.house
    flown.fly(30, 6.0)
    flown.fly(30)
    flown.fly(15, -6.0)
    flown.fly(30)
    assert [one.kind for one in flown.told() if one.post is None] == [AdvisoryKind.OFF_PLAN, AdvisoryKind.ON_PLAN]
    house.desk.move(house.officer, "STRIP", FlightState.ENDED)
    flown.fly(3)
    noted = [one.fact for one in house.desk.recorder.replay() if isinstance(one.fact, ConformanceNoted)]
    states = [fact.conformance.state for fact in noted]
    assert states == [ConformanceState.NONCONFORMING, ConformanceState.CONFORMING, ConformanceState.CONFORMING]
    last = noted[-1].conformance
    assert last.longest_s == pytest.approx(70.0, abs=8.0), "never lost from sight, and its flight all the while"
    shown = house.client("omar").get("/v1/flights/STRIP").json()["conformance"]
    assert shown["longest_s"] == last.longest_s, "after its end, too"


@pytest.fixture
def at() -> NodeAtHand:
    at = Nodes()["africom"]
    at.declare(flight())
    return at


def off(time: float, beside_deg: float = 0.1) -> FlightSeen:
    """F1, north of its volumes."""
    return FlightSeen(
        flight="F1", track="t1", time=time, lon=12.9, lat=31.55 + beside_deg, sigma_m=30.0,
        height_m=3000.0, sigma_height_m=30.0,
        standing=Standing.OFF_PLAN, probability=0.93,
    )  # fmt: skip


def seconds(nodes: Nodes, at: NodeAtHand, count: int, beside_deg: float = 0.1) -> Iterator[AdvisoryKind]:
    for _ in range(count):
        nodes.now += 1.0
        told = at.desk.tick(seen=[off(nodes.now, beside_deg)])
        yield from (one.kind for one in told if one.track is not None)


def test_a_restart_goes_on_from_the_record_and_says_nothing_twice() -> None:
    nodes = Nodes()
    nodes["africom"].declare(flight())
    assert list(seconds(nodes, nodes["africom"], 20)) == [AdvisoryKind.OFF_PLAN]
    at = nodes.restart("africom")
    noted = at.register.conformance["F1"]
    assert noted.state is ConformanceState.NONCONFORMING
    assert at.desk.view(at.who()).flights[0].conformance == noted
    assert list(seconds(nodes, at, 20)) == []
    assert list(seconds(nodes, at, 20, beside_deg=-0.04)) == [AdvisoryKind.ON_PLAN]


def test_what_could_not_be_recorded_was_told_to_nobody_and_is_told_later() -> None:
    nodes = Nodes()
    at = nodes["africom"]
    at.declare(flight())
    assert list(seconds(nodes, at, 11)) == []
    at.store.fails = True
    with pytest.raises(StoreError):
        list(seconds(nodes, at, 1))
    at.store.fails = False
    assert list(seconds(nodes, at, 3)) == [AdvisoryKind.OFF_PLAN]
    (given,) = [fact for fact in at.facts() if isinstance(fact, AdvisoryGiven) and fact.advisory.track is not None]
    assert given.advisory.party == "africom"


def test_flights_of_others_are_not_watched() -> None:
    nodes = Nodes()
    nodes["africom"].declare(flight())
    nodes.settle()
    lna = nodes["lna"]
    assert list(seconds(nodes, lna, 30)) == []
    assert lna.desk.view(lna.who()).flights[0].conformance is None
    assert not [fact for fact in lna.facts() if isinstance(fact, ConformanceNoted)]


def test_over_and_over_on_the_record_once(at: NodeAtHand) -> None:
    nodes_now = at.desk.now()
    at.desk.tick(seen=[off(nodes_now)])
    at.desk.move(at.who(), "F1", FlightState.ENDED)
    for _ in range(3):
        at.desk.tick(seen=[off(nodes_now)])
    (noted,) = [fact for fact in at.facts() if isinstance(fact, ConformanceNoted)]
    assert (noted.conformance.excursions, noted.conformance.seen_s) == (1, 0.0)
