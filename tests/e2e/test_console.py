"""The console in a real browser against a real node, as a duty officer would use it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from safeconduct.service.assets import scenarios_folder

FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
PATIENCE_MS = 40_000


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield one
        one.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh browser profile; it fails the test on any script error and on any request that leaves the machine."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark")
    context.set_default_timeout(PATIENCE_MS)
    one = context.new_page()
    errors: list[str] = []
    hosts: set[str | None] = set()
    one.on("pageerror", lambda error: errors.append(str(error)))
    one.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    yield one
    context.close()
    assert not errors
    assert hosts <= {"127.0.0.1", None}, "something was asked of another machine"


def rows(page: Page, standing: str) -> Any:
    return page.locator(f"[data-testid=track-row][data-standing={standing}]")


def shown(page: Page) -> int:
    number: int = page.evaluate("() => window.safeconduct.shown()")
    return number


def until(page: Page, condition: str) -> None:
    page.wait_for_function(condition, timeout=PATIENCE_MS)


def test_from_the_link_to_the_reasons(page: Page, node_process: Any) -> None:
    running = node_process("run", "--port", "0", "--speed", "10")
    page.goto(running.address)
    expect(page.get_by_test_id("sign-in")).to_be_visible()

    page.goto(running.sign_in)
    page.get_by_test_id("tab-tracks").click()
    expect(page.get_by_test_id("rehearsal-band")).to_contain_text("REHEARSAL")
    expect(page.get_by_test_id("rehearsal-band")).to_contain_text("Illustrative")
    assert "sign-in" not in page.url, "the token stayed in the address bar"
    until(page, "() => window.safeconduct.shown() > 0")

    rows(page, "consistent").first.click()
    panel = page.get_by_test_id("panel")
    expect(page.get_by_test_id("panel-standing")).to_contain_text("Consistent with AFRICOM-01")
    expect(panel).to_contain_text("AFRICOM-01")
    expect(page.get_by_test_id("candidates")).to_contain_text("None of the declared flights")
    expect(page.get_by_test_id("evidence").first).to_contain_text(re.compile(r"m (left|right) of its route"))

    before = shown(page)
    until(page, f"() => window.safeconduct.shown() > {before + 2}")

    rows(page, "unknown").first.click()
    expect(panel).to_contain_text("has not been asked")
    expect(panel).to_contain_text("does not take part")
    assert not re.search("hostile|suspect|enemy|threat", page.inner_text("body"), re.IGNORECASE)


def test_by_keyboard_alone(page: Page, node_process: Any) -> None:
    running = node_process("run", "--port", "0", "--speed", "10")
    page.goto(running.sign_in)
    page.get_by_test_id("tab-tracks").click()
    rows(page, "consistent").first.wait_for()
    page.keyboard.press("/")
    page.keyboard.type("AFRICOM")
    expect(page.get_by_test_id("track-row")).to_have_count(1)
    page.keyboard.press("Escape")
    page.get_by_test_id("track-list").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_test_id("panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("panel")).to_be_hidden()


def test_an_old_picture_never_looks_live(page: Page, node_process: Any) -> None:
    running = node_process("run", "--port", "0")
    page.goto(running.sign_in)
    page.get_by_test_id("tab-tracks").click()
    connection = page.get_by_test_id("connection")
    expect(connection).to_contain_text("Live", timeout=PATIENCE_MS)
    node_process.end()
    expect(connection).not_to_contain_text("Live", timeout=PATIENCE_MS)
    expect(connection).to_contain_text(re.compile("reconnecting|stale|old", re.IGNORECASE), timeout=PATIENCE_MS)


def test_day_and_night(page: Page, node_process: Any) -> None:
    running = node_process("run", "--port", "0")
    page.goto(running.sign_in)
    page.get_by_test_id("tab-tracks").click()
    until(page, "() => window.safeconduct.shown() > 0")
    background = "() => getComputedStyle(document.body).backgroundColor"
    night = page.evaluate(background)
    page.get_by_test_id("theme-toggle").click()
    assert page.evaluate(background) != night
    page.reload()
    until(page, "() => window.safeconduct.shown() > 0")
    assert page.evaluate(background) != night, "the choice was forgotten"
    expect(page.get_by_test_id("rehearsal-band")).to_be_visible()


@pytest.fixture
def lost_scenario(tmp_path: Path) -> Path:
    """The shipped scenario, but that the drone's flight ends for all sensors over land, a minute after one looks."""
    text = (scenarios_folder() / "tripoli-2019" / "scenario.toml").read_text(encoding="utf-8")
    start = text.index("  [13.95, 33.15, 5600, 62],")
    end = text.index("]\n", text.index("  [14.02, 33.15, 5600, 62],") + len("  [14.02, 33.15, 5600, 62],"))
    folder = tmp_path / "lost"
    folder.mkdir()
    path = "  [13.72, 32.8, 5600, 62],\n  [13.62, 32.72, 5600, 62],\n"
    made = text[:start] + path + text[end:]
    (folder / "scenario.toml").write_text(made.replace('id = "tripoli-2019"', 'id = "lost"'), encoding="utf-8")
    return folder


def test_a_lost_aircraft_leaves_its_last_contact(page: Page, node_process: Any, lost_scenario: Path) -> None:
    running = node_process("run", str(lost_scenario), "--port", "0", "--speed", "10")
    page.goto(running.link("lna", "officer"))
    page.get_by_test_id("tab-tracks").click()
    page.get_by_test_id("lost-group").click()
    lost = page.locator("[data-testid=track-row].lost").filter(has_text="AFRICOM-01")
    lost.click()
    contact = page.get_by_test_id("last-contact")
    expect(contact).to_contain_text(re.compile(r"Last contact \d\d:\d\d:\d\dZ"))
    expect(contact).to_contain_text("It was then consistent: AFRICOM-01")
    expect(contact).to_contain_text(re.compile(r"it is within \d+\.\d km of there until"))
    expect(page.get_by_test_id("falls")).to_contain_text("MALE drone")
    first = contact.inner_text()
    until(page, f"() => document.querySelector('[data-testid=last-contact]').innerText !== {json.dumps(first)}")
    assert not re.search("hostile|suspect|enemy|threat|target|shot", page.inner_text("body"), re.IGNORECASE)

    page.goto("about:blank")
    page.goto(running.link("lna", "crew"))
    page.get_by_test_id("tab-tracks").click()
    page.get_by_test_id("lost-group").click()
    lost.click()
    expect(contact).to_contain_text("is for operators and officers")
    expect(page.get_by_test_id("falls")).to_have_count(0)
