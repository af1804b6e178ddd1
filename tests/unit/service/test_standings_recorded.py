"""What is said of a track and a declared flight is on the record, with the reasons that the API gave, and once."""

import json

import pytest
from tests.support.face import START, House

from safeconduct.codecs.declarations_json import Declaration, read
from safeconduct.codecs.entries import decode_entry
from safeconduct.model.detection import BatchBuilder, Claims
from safeconduct.model.entry import Actor, Entry, StandingChanged
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.model.standing import Standing
from safeconduct.store.base import StoreError

ADDRESS = Identifier(IdentifierKind.ICAO_ADDRESS, "0a0b0c")
STRANGER = Identifier(IdentifierKind.ICAO_ADDRESS, "0d0e0f")
SPEED_MPS, M_PER_DEG = 60.0, 94_700.0
ROUTE = [{"lon": 13.0 + 0.05 * n, "lat": 31.5, "alt_m": 1500.0, "time": START + 79.0 * n} for n in range(17)]


class Watched:
    """A house whose receiver hears an aircraft that flies a declared route, and a stranger."""

    def __init__(self) -> None:
        self.house = House()
        self.house.node.pipeline.add_sensor(
            Sensor(
                id="r", party="lna", kind=SensorKind.ADSB, lon=13.5, lat=31.5, alt_m=300.0, range_m=2e5, sigma_m=15.0
            )
        )
        strip = [[13.0, 31.48], [13.9, 31.48], [13.9, 31.52], [13.0, 31.52]]
        air = {"outline": strip, "lower_m": 1000.0, "upper_m": 2000.0, "start": START + 60, "end": START + 1800}
        body = {
            "id": "LNA-9",
            "aircraft": {"type": "male_uav", "identifiers": [{"kind": "icao_address", "value": ADDRESS.value}]},
            "volumes": [air],
            "route": [point for point in ROUTE if point["time"] >= START + 60],
            "emits": ["adsb"],
            "contact": "desk",
        }
        declared = read(json.dumps(body).encode(), Declaration).flight("lna")
        self.house.desk.declare(self.house.officer, [declared])
        self.house.now += 90.0  # else it would be there before its volumes

    def fly(self, seconds: int) -> None:
        house = self.house
        for _ in range(seconds):
            house.now += 1.0
            rows = BatchBuilder()
            after = house.now - START
            for lat, said in ((31.5, ADDRESS), (31.9, STRANGER)):
                rows.add(
                    time=house.now, received=house.now, sensor="r", lon=13.0 + after * SPEED_MPS / M_PER_DEG, lat=lat,
                    height_m=1500.0, velocity=(SPEED_MPS, 0.0, 0.0), claims=Claims((said,)),
                )  # fmt: skip
            house.node.pipeline.take(rows.build())
            house.node.rivers.tick(house.now)

    def noted(self) -> list[Entry]:
        return [entry for entry in self.house.desk.recorder.replay() if isinstance(entry.fact, StandingChanged)]


@pytest.fixture(scope="module")
def watched() -> Watched:
    made = Watched()
    made.fly(70)
    made.fly(200)
    return made


def test_the_change_is_on_the_record_with_the_reasons(watched: Watched) -> None:
    (entry,) = watched.noted()
    fact = entry.fact
    assert isinstance(fact, StandingChanged)
    assert entry.actor == Actor(party="lna"), "the node itself says so"
    said = fact.identification
    assert (fact.before, said.standing, said.flight) == (None, Standing.CONSISTENT, "LNA-9")
    assert said.time == entry.time, "noted at once"
    best = said.candidates[0]
    assert best.flight == "LNA-9"
    assert best.probability >= 0.9
    assert {"plan", "identifier"} <= {item.kind.value for item in best.evidence}
    now = watched.house.node.pipeline.identification(said.track)
    assert now is not None
    assert now.flight == "LNA-9"


def test_a_stranger_is_not_on_the_record(watched: Watched) -> None:
    board = watched.house.node.pipeline.board.tracks.values()
    assert {Standing.COOPERATIVE, Standing.CONSISTENT} == {track.standing for track in board}
    assert len(watched.noted()) == 1


def test_the_entry_is_small_and_reads_as_it_was_written(watched: Watched) -> None:
    (entry,) = watched.noted()
    assert len(entry.canonical()) < 8_000
    assert decode_entry(entry.canonical()) == entry


def test_it_is_noted_once_the_store_can() -> None:
    made = Watched()
    house, written = made.house, made.house.desk.recorder.write

    def full(*_: object) -> None:
        raise StoreError("no space left")

    house.desk.recorder.write = full  # type: ignore[assignment, method-assign]
    made.fly(150)
    assert made.noted() == []
    house.desk.recorder.write = written  # type: ignore[method-assign]
    made.fly(3)
    assert len(made.noted()) == 1
