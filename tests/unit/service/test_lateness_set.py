"""How late flights usually are is for each party to set: its node weighs by it."""

from pathlib import Path

import pytest

from safeconduct.errors import SettingsError
from safeconduct.picture.plan_model import Lateness
from safeconduct.service.serving import node_station
from safeconduct.service.settings import read_settings

NODE = """
node = "lna"
sector = { id = "s", name = "Air", party = "lna", centre = [13.0, 32.0] }
parties = [{ id = "lna", name = "LNA" }]
"""


def lateness(tmp_path: Path, more: str = "", environment: dict[str, str] | None = None) -> Lateness:
    path = tmp_path / "node.toml"
    path.write_text(NODE + more)
    return read_settings(path, environment or {}).lateness


def test_a_party_sets_it_in_its_file_and_its_environment(tmp_path: Path) -> None:
    assert lateness(tmp_path) == Lateness()
    set_so = "[lateness]\nin_time_s = -10.0\nuntimely_s = 300.0\n"
    assert lateness(tmp_path, set_so) == Lateness(in_time_s=-10.0, untimely_s=300.0)
    assert lateness(tmp_path, environment={"SAFECONDUCT_LATENESS__UNTIMELY": "0.3"}).untimely == 0.3


def test_the_node_weighs_by_it(tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    path.write_text(NODE + "[lateness]\nuntimely_s = 200.0\n")
    hosted = node_station(read_settings(path, {}), tmp_path)
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
    with pytest.raises(SettingsError) as caught:
        lateness(tmp_path, f"[lateness]\n{line}\n")
    assert caught.value.reason == "bad-setting"
    assert says in str(caught.value)
