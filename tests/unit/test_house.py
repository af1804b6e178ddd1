"""Rules of the house that no tool checks: purity of the lower floors, and words that we never say."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "safeconduct"
CONTRACTS = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
UPPER_ROOMS = {"__main__", "cli", "api", "service", "feeds", "links", "store"}

CLOCKS = {"now", "utcnow", "today"}
SEEDLESS = re.compile(r"(np|numpy)\.random\.(?!Generator\b|default_rng\b|SeedSequence\b|BitGenerator\b|PCG64\b)\w+")
FILES = {"open", "print", "input"}

NEVER_SAID = re.compile(r"hostile|suspect|enem(y|ies)|\bfoe\b", re.IGNORECASE)
ALLOWED_WHERE_IT_SAYS_THAT_WE_NEVER_DO = re.compile(
    r"never (\w+ ){0,3}(suspect|hostile|enemy)( (or|nor|and) (suspect|hostile|enemy))?"
    r"|(nothing|not|no)( \w+){0,6} (suspect|hostile)( (or|nor|and) (suspect|hostile))?"
    r"|silence is never hostile",
    re.IGNORECASE,
)


def pure_files() -> list[Path]:
    """Every file below the feeds, by what exists: a room that is built tomorrow is checked tomorrow."""
    return [path for path in sorted(SRC.rglob("*.py")) if room(path) not in UPPER_ROOMS | {"__init__"}]


def room(path: Path) -> str:
    """The room of a file: its first folder, or its own name on the ground floor."""
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def test_the_contract_of_purity_names_every_room_below_the_feeds() -> None:
    rooms = {f"safeconduct.{room(path)}" for path in pure_files()}
    assert len(rooms) >= 6
    assert rooms <= set(CONTRACTS["pure"]["source_modules"]), "add the new room to the contract `pure`"


def test_the_floors_are_checked_exhaustively() -> None:
    assert CONTRACTS["floors"]["exhaustive"] is True


def impurities(source: str) -> Iterator[str]:
    """Calls by which a clock, unseeded randomness or a file would get in without an import of their own."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        unseeded = called.endswith("default_rng") and not node.args and not node.keywords
        if called.split(".")[-1] in CLOCKS or called in FILES or unseeded or SEEDLESS.fullmatch(called):
            yield f"line {node.lineno}: {called}"


@pytest.mark.parametrize(
    "source",
    ["datetime.now(UTC)", "np.random.normal()", "np.random.default_rng()", "open('x')", "date.today()"],
)
def test_an_impurity_is_seen(source: str) -> None:
    assert list(impurities(source))


@pytest.mark.parametrize("source", ["np.random.default_rng(seed)", "generator.normal()", "np.random.Generator(bits)"])
def test_randomness_that_is_passed_in_is_pure(source: str) -> None:
    assert not list(impurities(source))


def test_nothing_below_the_feeds_has_a_clock_a_die_or_a_file() -> None:
    found = {str(path.relative_to(ROOT)): list(impurities(path.read_text())) for path in pure_files()}
    assert {path: calls for path, calls in found.items() if calls} == {}


def spoken_files() -> list[Path]:
    """All that we ship and write ourselves: code, console, scenarios."""
    console = [path for path in sorted((ROOT / "web" / "src").rglob("*")) if path.is_file()]
    scenarios = [path for path in sorted((ROOT / "scenarios").rglob("*")) if path.suffix in {".json", ".toml", ".md"}]
    return [*sorted(SRC.rglob("*.py")), *console, *scenarios]


def said(text: str) -> list[str]:
    """The words of `NEVER_SAID` in a text, apart from the sentences that say that we never say them."""
    rest = ALLOWED_WHERE_IT_SAYS_THAT_WE_NEVER_DO.sub("", " ".join(text.split()))
    return [match.group() for match in NEVER_SAID.finditer(rest)]


def test_a_forbidden_word_is_seen() -> None:
    assert said("status = 'SUSPECT'") == ["SUSPECT"]
    assert said("if hostile_track: ...") == ["hostile"]
    assert said("A standing is never suspect or hostile.") == []


def test_nothing_says_hostile_suspect_or_enemy() -> None:
    found = {str(path.relative_to(ROOT)): said(path.read_text(encoding="utf-8")) for path in spoken_files()}
    assert len(found) >= 20
    assert {path: words for path, words in found.items() if words} == {}
