"""Where a lost aircraft lies if it fell: who may ask, what is answered, and that it is on the record."""

import json

import pytest
from tests.support.face import START, House

from safeconduct.model.detection import BatchBuilder
from safeconduct.model.entry import Looked
from safeconduct.model.sensor import Sensor, SensorKind

PATH = "/v1/tracks/t1/last-contact"


@pytest.fixture
def house() -> House:
    """A receiver hears an aircraft for two minutes, and then no more: t1 is lost."""
    built = House()
    pipeline = built.node.pipeline
    pipeline.add_sensor(
        Sensor(id="r", party="lna", kind=SensorKind.ADSB, lon=13.5, lat=31.5, range_m=1e5, sigma_m=20.0)
    )
    for second in range(120):
        rows = BatchBuilder()
        now = START + second
        rows.add(
            time=now, received=now, sensor="r", lon=13.4 + 6e-4 * second, lat=31.5, height_m=1200.0,
            velocity=(57.0, 0.0, 0.0),
        )  # fmt: skip
        pipeline.take(rows.build())
        pipeline.tick(now)
    return built


def lose(house: House) -> None:
    for second in range(120, 170, 5):
        house.node.pipeline.tick(START + second)


def looks(house: House) -> list[tuple[str | None, str, int]]:
    return [
        (entry.actor.person, entry.fact.ref, entry.fact.version)
        for entry in house.desk.recorder.replay()
        if isinstance(entry.fact, Looked) and entry.fact.subject == "last-contact"
    ]


def test_a_track_that_is_seen_has_none_and_asking_is_no_look(house: House) -> None:
    answer = house.client("omar").get(PATH)
    assert (answer.status_code, answer.json()["error"]["reason"]) == (404, "unknown-track")
    assert looks(house) == []


def test_area_and_falls_are_told_and_the_look_is_recorded_once_a_role(house: House) -> None:
    lose(house)
    told = house.client("omar").get(PATH).json()
    assert told["track"]["status"] == "lost"
    assert told["reach"]["time"] == house.node.pipeline.board.time
    assert len(told["reach"]["outline"]) >= 3
    assert {"small fixed wing", "MALE"} <= {fall["body"] for fall in told["falls"]}
    assert all(fall["lon"] > told["track"]["last_contact"]["lon"] for fall in told["falls"]), "it flew to the east"
    second = int(told["track"]["last_contact"]["time"])
    assert looks(house) == [("omar", "t1", second)]
    for person in ("omar", "olga", "olga"):
        assert house.client(person).get(PATH).status_code == 200
    assert looks(house) == [("omar", "t1", second), ("olga", "t1", second)]


@pytest.mark.parametrize("person", ["wanda", "salma"])
def test_watchers_and_crews_get_the_area_with_the_board_and_no_falls(house: House, person: str) -> None:
    lose(house)
    assert house.client(person).get(PATH).status_code == 403
    assert looks(house) == []
    board = house.node.pipeline.board
    assert [contact.track for contact in board.contacts] == ["t1"]
    assert house.client(person).get("/v1/tracks/t1").status_code == 200


def test_peers_are_told_nothing_of_it(house: House) -> None:
    house.carry()
    assert house.desk.pending("africom") is None
    lose(house)
    assert house.client("omar").get(PATH).status_code == 200
    house.node.rivers.tick(START + 171)
    message = house.desk.pending("africom")
    assert message is None or "t1" not in json.dumps(str(message))
