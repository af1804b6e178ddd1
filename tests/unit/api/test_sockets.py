import asyncio
import json
import threading
import time
from typing import Any

import pytest
from tests.support.face import House, flight_of

from safeconduct.api import sockets
from safeconduct.model.person import Person, Role


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No view without a change."""
    monkeypatch.setattr(sockets, "DESK_MOST_S", 60.0)


def view(message: Any) -> dict[str, Any]:
    assert message["type"] == "websocket.send", message
    told: dict[str, Any] = json.loads(message["text"])
    return told


def declare(house: House, name: str) -> None:
    house.desk.declare(house.officer, [flight_of(name, "lna")])


def test_the_desk_is_sent_at_once_and_after_each_change(house: House, patient: None) -> None:
    async def look() -> None:
        async with house.socket("/desk", house.secret("omar")) as sent:
            assert (await sent())["type"] == "websocket.accept"
            first = view(await sent())
            assert (first["node"], first["person"], first["rehearsal"]) == ("lna", "omar", True)
            await asyncio.to_thread(declare, house, "LNA-9")
            second = view(await sent())
            assert second["number"] > first["number"]
            assert "LNA-9" in {flight["ref"] for flight in second["flights"]}

    asyncio.run(look())


def test_it_is_what_the_route_answers(house: House) -> None:
    async def look() -> dict[str, Any]:
        async with house.socket("/desk", house.secret("salma")) as sent:
            await sent()
            return view(await sent())

    told = asyncio.run(look())
    answered = house.client("salma").get("/v1/desk").json()
    assert {name: value for name, value in told.items() if name not in ("number", "record")} == {
        name: value for name, value in answered.items() if name not in ("number", "record")
    }


def test_a_burst_of_changes_is_few_views_and_the_last_is_current(house: House, patient: None) -> None:
    burst = 60

    def declare_all() -> None:
        for number in range(burst):
            declare(house, f"B-{number}")

    seen: list[dict[str, Any]] = []

    async def look() -> None:
        async with house.socket("/desk", house.secret("omar")) as sent:
            await sent()
            await sent()
            done = asyncio.create_task(asyncio.to_thread(declare_all))
            while not seen or f"B-{burst - 1}" not in {flight["ref"] for flight in seen[-1]["flights"]}:
                seen.append(view(await sent()))
            await done

    began = time.monotonic()
    asyncio.run(look())
    took = time.monotonic() - began
    assert {flight["ref"] for flight in seen[-1]["flights"]} >= {f"B-{n}" for n in range(burst)}
    assert len(seen) <= took / sockets.DESK_LEAST_S + 2, "more than ten views a second"


def test_a_view_comes_without_a_change_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "DESK_MOST_S", 0.2)

    async def look() -> None:
        async with house.socket("/desk", house.secret("wanda")) as sent:
            await sent()
            numbers = {view(await sent())["number"] for _ in range(3)}
            assert len(numbers) == 1

    asyncio.run(look())


def test_a_view_ends_with_its_session(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "DESK_MOST_S", 0.2)
    secret = house.secret("omar")

    async def look(path: str) -> None:
        async with house.socket(path, secret) as sent:
            await sent()
            view(await sent())
            house.access.sign_out(secret)
            while (message := await sent())["type"] == "websocket.send":
                pass
            assert (message["type"], message["code"]) == ("websocket.close", 4401)

    asyncio.run(look("/desk"))


def test_a_view_ends_when_the_role_changes(house: House, patient: None) -> None:
    async def look() -> None:
        async with house.socket("/desk", house.secret("omar")) as sent:
            await sent()
            view(await sent())
            watcher = Person(id="omar", name="Omar", role=Role.WATCH)
            await asyncio.to_thread(house.desk.set_person, house.officer, watcher)
            message = await sent()
            assert (message["type"], message["code"]) == ("websocket.close", 4401)

    asyncio.run(look())


@pytest.mark.parametrize("path", ["/desk", "/live"])
def test_nobody_is_told_nothing(house: House, path: str) -> None:
    async def look(secret: str | None) -> None:
        async with house.socket(path, secret) as sent:
            assert (await sent())["type"] == "websocket.accept"
            message = await sent()
            assert (message["type"], message["code"]) == ("websocket.close", 4401)

    asyncio.run(look(None))
    asyncio.run(look("guess"))


@pytest.mark.parametrize(
    "headers", [{"origin": "http://elsewhere.example"}, {"host": "node.example"}, {"origin": "null"}]
)
@pytest.mark.parametrize("path", ["/desk", "/live"])
def test_another_site_gets_no_socket(house: House, path: str, headers: dict[str, str]) -> None:
    async def look() -> None:
        async with house.socket(path, house.secret("olga"), headers) as sent:
            assert (await sent())["type"] == "websocket.close", "not even accepted"

    asyncio.run(look())


def test_a_viewer_that_goes_leaves_nothing_behind(house: House) -> None:
    async def look() -> None:
        async with house.socket("/desk", house.secret("omar")) as sent:
            await sent()
            view(await sent())
            assert len(house.desk._listeners) == 1

    asyncio.run(look())
    assert house.desk._listeners == []
    declare(house, "LNA-9")


def test_opening_the_board_is_on_the_record(house: House) -> None:
    before = house.desk.number
    seen = threading.Event()
    house.desk.subscribe(seen.set)

    async def look() -> None:
        async with house.socket("/live", house.secret("wanda")) as sent:
            await sent()
            await asyncio.to_thread(seen.wait, 10)

    asyncio.run(look())
    assert house.desk.number == before + 1
