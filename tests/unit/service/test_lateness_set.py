"""How late flights usually are is for each party to set: its node weighs by it."""

from pathlib import Path

import pytest
from tests.support.node_file import read_node, refused

from safeconduct.picture.plan_model import Lateness
from safeconduct.service.serving import node_station


def test_a_party_sets_it_in_its_file_and_its_environment(tmp_path: Path) -> None:
    assert read_node(tmp_path).lateness == Lateness()
    set_so = "[lateness]\nin_time_s = -10.0\nuntimely_s = 300.0\n"
    assert read_node(tmp_path, set_so).lateness == Lateness(in_time_s=-10.0, untimely_s=300.0)
    assert read_node(tmp_path, environment={"SAFECONDUCT_LATENESS__UNTIMELY": "0.3"}).lateness.untimely == 0.3


def test_the_node_weighs_by_it(tmp_path: Path) -> None:
    hosted = node_station(read_node(tmp_path, "[lateness]\nuntimely_s = 200.0\n"), tmp_path)
    hosted.close()
    assert hosted.stations[0].node.pipeline.engine.settings.plan.lateness == Lateness(untimely_s=200.0)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("untimely = 1.0", "untimely 1.0 is outside 0.001..0.999"),
        ("untimely_s = 1200.0", "untimely_s 1200.0 is outside 0..600"),
        ("untimely_spread_s = 300.0", "untimely_spread_s 300.0 is outside 1..225"),
        ("spread_s = nan", "spread_s is nan"),
        ("late_s = 20.0", "lateness.late_s"),
    ],
)
def test_what_cannot_be_is_said(tmp_path: Path, line: str, says: str) -> None:
    error = refused(tmp_path, f"[lateness]\n{line}\n")
    assert error.reason == "bad-setting"
    assert says in str(error)
