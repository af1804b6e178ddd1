"""A flight's own telemetry over the API: from its own party's operators, about now, and not on the record."""

from typing import Any

import httpx
import pytest
from tests.support.face import START, House

from safeconduct.model.identification import EvidenceKind

PLACE = "/v1/flights/LNA-7/position"


@pytest.fixture(scope="module")
def house() -> House:
    return House()


def position(**changes: Any) -> dict[str, Any]:
    return {"time": START, "lon": 13.5, "lat": 33.5, "height_m": 900.0, "sigma_m": 12.0} | changes


def refused(answer: httpx.Response, status: int, reason: str) -> None:
    assert (answer.status_code, answer.json()["error"]["reason"]) == (status, reason), answer.text


@pytest.mark.parametrize("person", ["omar", "olga"])
def test_operators_and_officers_send_where_an_own_flight_is(house: House, person: str) -> None:
    before = house.desk.number
    client = house.client(person)
    entries = house.desk.number
    assert client.post(PLACE, json=position()).status_code == 204
    latest = house.node.pipeline.engine.telemetry.latest("LNA-7", START)
    assert latest is not None
    assert (latest.lon, latest.height_m) == (13.5, 900.0)
    assert (entries, house.desk.number) == (before + 1, entries), "signing in is on the record, and nothing else"


def test_a_height_need_not_be_known(house: House) -> None:
    sent = position(time=START + 1.0)
    del sent["height_m"]
    assert house.client("omar").post(PLACE, json=sent).status_code == 204
    latest = house.node.pipeline.engine.telemetry.latest("LNA-7", START + 1.0)
    assert latest is not None
    assert latest.height_m is None


def test_nobody_sends_it_for_others(house: House) -> None:
    refused(house.client("omar").post("/v1/flights/AFRICOM-01/position", json=position()), 403, "foreign")
    refused(house.client("omar").post("/v1/flights/NONE/position", json=position()), 404, "unknown-flight")
    for person in ("wanda", "salma"):
        refused(house.client(person).post(PLACE, json=position()), 403, "forbidden")
    refused(house.client().post(PLACE, json=position()), 401, "not-signed-in")
    assert house.node.pipeline.engine.telemetry.latest("AFRICOM-01", START) is None


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("clock-off", {"time": START + 31.0}),
        ("clock-off", {"time": START - 31.0}),
        ("bad-longitude", {"lon": 181.0}),
        ("bad-latitude", {"lat": 91.0}),
        ("bad-sigma", {"sigma_m": 0.0}),
        ("bad-height", {"height_m": 1e9}),
        ("bad-field", {"sigma_m": None}),
        ("unknown-key", {"altitude": 3.0}),
    ],
)
def test_what_cannot_be_is_refused(house: House, reason: str, changes: dict[str, Any]) -> None:
    refused(house.client("omar").post(PLACE, json=position(**changes)), 422, reason)


def test_it_weighs_and_is_shown_with_the_reasons(house: House) -> None:
    from tests.unit.service.test_standings_recorded import ADDRESS, Watched  # an aircraft that flies as declared

    made = Watched()
    made.fly(120)
    track = made.noted()[0].fact.identification.track  # type: ignore[union-attr]
    client = made.house.client("omar")
    seen = client.get(f"/v1/tracks/{track}").json()["track"]
    sent = {"time": made.house.now, "lon": seen["lon"], "lat": seen["lat"], "sigma_m": 30.0}
    assert client.post("/v1/flights/LNA-9/position", json=sent).status_code == 204
    made.house.node.rivers.tick(made.house.now)
    told = client.get(f"/v1/tracks/{track}").json()["identification"]["candidates"][0]
    kinds = {item["kind"]: item["log_odds"] for item in told["evidence"]}
    assert kinds[EvidenceKind.TELEMETRY] > 2.0
    assert ADDRESS.value in str(told)
