"""From which probability on a track bears a flight's name is for each party, and each rehearsal, to set."""

from pathlib import Path

import pytest
from tests.support.node_file import read_node, refused

from safeconduct.codecs.scenario_toml import read_scenario
from safeconduct.errors import InputError
from safeconduct.model.scenario import Scenario
from safeconduct.model.standing import StandingThresholds
from safeconduct.service.assets import scenarios_folder
from safeconduct.service.rehearsals import picture_of


def scenario(more: str = "") -> Scenario:
    text = (scenarios_folder() / "tripoli-2019" / "scenario.toml").read_text(encoding="utf-8")
    return read_scenario((text + more).encode())


def test_a_party_sets_them_in_its_file_and_its_environment(tmp_path: Path) -> None:
    assert read_node(tmp_path).standings == StandingThresholds(enter=0.9, leave=0.75)
    set_so = "[standings]\nenter = 0.97\nleave = 0.6\n"
    assert read_node(tmp_path, set_so).standings == StandingThresholds(enter=0.97, leave=0.6)
    assert read_node(tmp_path, environment={"SAFECONDUCT_STANDINGS__ENTER": "0.8"}).standings.enter == 0.8


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("enter = 0.3", "enter 0.3 is outside 0.5..1"),
        ("enter = 1.5", "enter 1.5 is outside 0.5..1"),
        ("leave = 0.95", "leave 0.95 is outside 0.5..0.9"),
        ("leave = 0.1", "leave 0.1 is outside 0.5..0.9"),
        ("enter = nan", "enter is nan"),
        ('enter = "much"', "Expected `float`"),
        ("entre = 0.9", "standings.entre"),
    ],
)
def test_what_cannot_be_is_said(tmp_path: Path, line: str, says: str) -> None:
    error = refused(tmp_path, f"[standings]\n{line}\n")
    assert error.reason == "bad-setting"
    assert says in str(error)
    with pytest.raises(InputError) as caught:
        scenario(f"\n[standings]\n{line}\n")
    assert caught.value.reason == "bad-field"
    assert says in str(caught.value)


def test_a_rehearsal_sets_them_for_its_own_node() -> None:
    strict = scenario("\n[standings]\nenter = 0.99\nleave = 0.9\n")
    other = next(party.id for party in strict.parties if party.id != strict.node)
    variant = strict.default_variant
    own = picture_of(strict, variant, strict.node, "e").engine.settings.thresholds
    assert own == strict.standings == StandingThresholds(enter=0.99, leave=0.9)
    assert picture_of(strict, variant, other, "e").engine.settings.thresholds == StandingThresholds()
    assert picture_of(scenario(), variant, strict.node, "e").engine.settings.thresholds == StandingThresholds()
