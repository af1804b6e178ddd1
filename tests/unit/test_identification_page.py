"""The page on identification names every kind of evidence, and every setting with its default."""

import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from safeconduct.model.identification import EvidenceKind
from safeconduct.model.standing import Standing
from safeconduct.picture.identification import IdentificationSettings

PAGE = (Path(__file__).resolve().parents[2] / "docs/identification.md").read_text()
WHOLE = IdentificationSettings()


def parts(of: Any) -> dict[str, Any]:
    """Those of its settings that are several themselves, and theirs."""
    mine = {field.name: getattr(of, field.name) for field in fields(of) if is_dataclass(getattr(of, field.name))}
    return mine | {name: part for one in mine.values() for name, part in parts(one).items()}


PARTS = parts(WHOLE)


def rows(after: str) -> list[list[str]]:
    """The cells of the first table after these words, row by row."""
    assert PAGE.count(after) == 1, after
    table = re.search(r"\n\|(?:---\|)+\n(.*?)\n\n", PAGE[PAGE.index(after) :] + "\n\n", re.DOTALL)
    assert table is not None
    return [line.split("|")[1:-1] for line in table[1].splitlines()]


@pytest.mark.parametrize(("after", "there"), [("**A standing**", Standing), ("### Evidence\n", EvidenceKind)])
def test_its_tables_name_the_words_that_there_are(after: str, there: Iterable[str]) -> None:
    assert [cells[0].strip(" `") for cells in rows(after)] == [str(word) for word in there]


@pytest.mark.parametrize(
    ("after", "settings"),
    [("`IdentificationSettings`, on the whole", WHOLE), *((f"`{name}`, a", part) for name, part in PARTS.items())],
)
def test_it_quotes_each_setting_with_its_default(after: str, settings: Any) -> None:
    named = set()
    for shown, default, _ in rows(after):
        names = re.findall(r"`(\w+)`", shown)
        numbers = [float(number) for number in re.findall(r"-?[\d.]+(?:e[+-]?\d+)?", default)]
        assert numbers == np.hstack([getattr(settings, name) for name in names]).tolist(), shown
        named |= set(names)
    assert named == {field.name for field in fields(settings)} - parts(settings).keys()
