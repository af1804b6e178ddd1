"""The pages that are drawn from code are as the code says."""

import subprocess
import sys
from pathlib import Path

from safeconduct.model.flight import FLIGHT_MOVES
from safeconduct.model.notice import NOTICE_MOVES
from safeconduct.model.track import TRACK_MOVES

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_of_states_is_current() -> None:
    command = [sys.executable, str(ROOT / "tools" / "draw_states.py"), "--check"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_the_page_of_states_has_every_state() -> None:
    page = (ROOT / "docs" / "reference" / "states.md").read_text()
    for state in (*TRACK_MOVES, *FLIGHT_MOVES, *NOTICE_MOVES):
        assert f"| {state.name.replace('_', ' ').lower()} |" in page


def test_every_page_is_in_the_menu() -> None:
    """A page that is not can be found by nobody; mkdocs only remarks on it."""
    docs = ROOT / "docs"
    pages = {str(page.relative_to(docs)) for page in docs.rglob("*.md")} - {"decisions/template.md"}
    menu = (ROOT / "mkdocs.yml").read_text().partition("nav:")[2]
    assert {page for page in pages if page not in menu} == set()
