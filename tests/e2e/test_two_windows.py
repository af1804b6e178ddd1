"""Two people at two nodes, in a real browser: one declares, the other's crew receives, and both see what follows."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from safeconduct.coordination.crossing import crossing
from safeconduct.feeds.rehearsal.feed import Rehearsal
from safeconduct.model.flight import Flight
from safeconduct.service.rehearsals import find_scenario
from safeconduct.units import iso_from_seconds

FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
PATIENCE_MS = 60_000
FLIGHT = "AFRICOM-01"


@dataclass(frozen=True)
class People:
    """Two signed-in windows of one browser, each a device of its own."""

    operator: Page
    crew: Page


@pytest.fixture(scope="module")
def declared() -> Flight:
    """The U.S. drone's flight as it would be declared: the variant *uncoordinated* is the one where nobody did."""
    flights = Rehearsal(find_scenario("tripoli-2019"), seed=1).flights("coordinated")
    return next(flight for flight in flights if flight.id == FLIGHT)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield one
        one.close()


@pytest.fixture
def people(browser: Browser, node_process: Any) -> Iterator[People]:
    running = node_process("run", "--variant", "uncoordinated", "--port", "0", "--speed", "2")
    errors: list[str] = []
    hosts: set[str | None] = set()
    contexts = []

    def window(node: str, role: str) -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        page.goto(running.link(node, role))
        return page

    yield People(window("africom", "operator"), window("lna", "crew"))
    for context in contexts:
        context.close()
    assert not errors
    assert hosts <= {"127.0.0.1", None}, "something was asked of another machine"


def as_file(flight: Flight, folder: Path) -> Path:
    """The flight as a flights.json; see docs/reference/formats.md."""
    tree = {
        "id": flight.id,
        "version": 1,
        "party": flight.party,
        "aircraft_type": flight.aircraft.type,
        "owner": flight.aircraft.owner,
        "operator": flight.aircraft.operator,
        "identifiers": {},
        "emits": [],
        "disclosure": "open",
        "state": "Accepted",
        "volumes": [
            {
                "outline": [list(corner) for corner in volume.outline],
                "lower_m": volume.lower_m,
                "upper_m": volume.upper_m,
                "start": iso_from_seconds(volume.start),
                "end": iso_from_seconds(volume.end),
            }
            for volume in flight.volumes
        ],
        "route": [
            {"lon": point.lon, "lat": point.lat, "alt_m": point.alt_m, "time": iso_from_seconds(point.time)}
            for point in flight.route
        ],
    }
    path = folder / "flights.json"
    path.write_text(json.dumps([tree]))
    return path


def go_on_duty(crew: Page) -> None:
    crew.get_by_test_id("make-key").click()
    crew.get_by_test_id("take-over").click()
    expect(crew.get_by_test_id("duty")).to_have_attribute("data-duty", "on-duty", timeout=PATIENCE_MS)


def declare_by_file(operator: Page, path: Path) -> None:
    operator.get_by_role("button", name="Declare", exact=True).click()
    operator.get_by_test_id("declare-file").click()
    operator.get_by_test_id("declare-choose").set_input_files(path)
    operator.get_by_test_id("declare-file-send").click()


def test_one_declares_the_other_receives_and_the_standing_changes(
    people: People, declared: Flight, tmp_path: Path
) -> None:
    operator, crew = people.operator, people.crew
    scenario = find_scenario("tripoli-2019")
    sector = next(one for one in scenario.sectors if one.id == "tarhuna")
    crossed = crossing(declared, sector)
    assert crossed is not None

    go_on_duty(crew)
    crew.get_by_test_id("tab-tracks").click()
    unknown = crew.locator("[data-testid=track-row][data-standing=unknown]")
    expect(unknown.first).to_be_visible(timeout=PATIENCE_MS)
    assert crew.locator("[data-testid=track-row][data-standing=consistent]").count() == 0

    declare_by_file(operator, as_file(declared, tmp_path))
    row = operator.get_by_test_id("flight-row").filter(has_text=FLIGHT)
    expect(row).to_contain_text("Tarhuna air-defence watch", timeout=PATIENCE_MS)
    expect(row).not_to_contain_text("✓ Held")

    crew.get_by_test_id("tab-inbox").click()
    crew.get_by_test_id("inbox-item").filter(has_text=FLIGHT).click()
    far = (crossed.entry[0] + 0.2, crossed.entry[1])
    for place, result in ((far, "Not held"), (crossed.entry, "Held")):
        crew.get_by_test_id("read-back-lat").fill(f"{place[1]:.5f}")
        crew.get_by_test_id("read-back-lon").fill(f"{place[0]:.5f}")
        crew.get_by_test_id("receive").click()
        expect(crew.get_by_test_id("receipt-result")).to_contain_text(result, timeout=PATIENCE_MS)

    expect(row).to_contain_text("✓ Held", timeout=PATIENCE_MS)
    crew.get_by_test_id("tab-tracks").click()
    stands = crew.locator("[data-testid=track-row][data-standing=consistent]").filter(has_text=FLIGHT)
    expect(stands.first).to_be_visible(timeout=PATIENCE_MS)
    crew.wait_for_function("() => window.safeconduct.shown() > 0")

    # A crew that stands down takes its receipts with it, and the one who declared sees it.
    crew.get_by_test_id("tab-inbox").click()
    crew.get_by_test_id("stand-down").click()
    crew.get_by_test_id("stand-down-sure").click()
    expect(row).to_contain_text("unmanned", timeout=PATIENCE_MS)
