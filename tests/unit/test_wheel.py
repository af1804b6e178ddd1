"""A wheel built from the tree holds the console and works without the tree; without a console there is no wheel."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from safeconduct.errors import SafeconductError
from safeconduct.service import assets

ROOT = Path(__file__).resolve().parents[2]


def build(tree: Path, out: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def small_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a wheel is made of, without a console."""
    tree = tmp_path_factory.mktemp("tree")
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, tree / name)
    shutil.copytree(ROOT / "src", tree / "src", ignore=shutil.ignore_patterns("__pycache__"))
    scenario = tree / "scenarios" / "small-hour"
    scenario.mkdir(parents=True)
    (scenario / "scenario.json").write_text("{}")
    return tree


def test_without_a_console_there_is_no_wheel(small_tree: Path, tmp_path: Path) -> None:
    built = build(small_tree, tmp_path)
    assert built.returncode != 0
    assert "web/dist/index.html is missing" in built.stderr
    assert "make setup" in built.stderr
    assert not list(tmp_path.glob("*.whl"))


def test_a_wheel_works_without_the_tree(small_tree: Path, tmp_path: Path) -> None:
    console = small_tree / "web" / "dist"
    (console / "assets").mkdir(parents=True)
    (console / "index.html").write_text("<!doctype html>")
    (console / "assets" / "console.js").write_text("")
    try:
        built = build(small_tree, tmp_path)
    finally:
        shutil.rmtree(console)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with ZipFile(wheel) as archive:
        archive.extractall(installed)
    program = "from safeconduct.service.assets import *; print(console_folder(), scenarios_folder(), sep='\\n')"
    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert found == [str(installed / "safeconduct" / "console"), str(installed / "safeconduct" / "scenarios")]
    assert (Path(found[0]) / "assets" / "console.js").is_file()
    assert (Path(found[1]) / "small-hour" / "scenario.json").is_file()


def test_the_tree_is_found_where_the_package_runs_from_it() -> None:
    assert assets.scenarios_folder() == ROOT / "scenarios"


def test_what_is_missing_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "PACKAGE", tmp_path / "package")
    monkeypatch.setattr(assets, "TREE", tmp_path)
    with pytest.raises(SafeconductError, match=r"console is missing.*make setup"):
        assets.console_folder()
    with pytest.raises(SafeconductError, match="scenarios are missing"):
        assets.scenarios_folder()
