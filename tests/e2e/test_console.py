"""The console in a real browser against a real node, as a duty officer would use it."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

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
