"""Files that travel with the code: the console and the scenarios, in the installed package or in the tree."""

from pathlib import Path

from safeconduct.errors import SafeconductError

PACKAGE = Path(__file__).resolve().parents[1]
TREE = PACKAGE.parents[1]
"""The repository, where the package runs from it (`src/safeconduct`)."""


def console_folder() -> Path:
    """The built console, with its `index.html`.

    Raises:
        SafeconductError: it was not built.
    """
    return _first("the built console is missing", "index.html", PACKAGE / "console", TREE / "web" / "dist")


def scenarios_folder() -> Path:
    """The folder with one folder a scenario.

    Raises:
        SafeconductError: there is none.
    """
    return _first("the scenarios are missing", "", PACKAGE / "scenarios", TREE / "scenarios")


def _first(missing: str, holding: str, installed: Path, in_tree: Path) -> Path:
    """The first of the two places that holds the file (or simply exists)."""
    for folder in (installed, in_tree):
        if (folder / holding).exists():
            return folder
    raise SafeconductError(
        missing,
        where=str(in_tree),
        remedy="run `make setup` in the repository, or install the wheel again",
    )
