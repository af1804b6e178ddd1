"""Killed anywhere under load, two nodes keep what they acknowledged (law 6): on both, and their records check."""

import os
from pathlib import Path

import pytest
from tests.faults.crash_runs import Disk, side_by_side

RUNS = int(os.environ.get("SAFECONDUCT_CRASH_RUNS", "200" if os.environ.get("CI") else "24"))
"""Half of them killed, half of them with the power lost; a developer's machine does fewer than CI."""


@pytest.mark.parametrize(
    "disk",
    [
        pytest.param("machine", id=f"{RUNS - RUNS // 2}-kills"),
        pytest.param("power", id=f"{RUNS // 2}-losses-of-power"),
    ],
)
def test_what_was_acknowledged_outlives_a_kill_on_both_nodes(disk: Disk, tmp_path: Path) -> None:
    runs = RUNS // 2 if disk == "power" else RUNS - RUNS // 2
    outcomes = list(side_by_side(tmp_path, runs, disk))
    assert sorted(outcome.run for outcome in outcomes) == list(range(runs))
    assert {outcome.run: outcome.faults for outcome in outcomes if outcome.faults} == {}
    # There was something to lose: most lives were under load, and some were cut off while they opened.
    assert sum(outcome.declared > 0 for outcome in outcomes) > runs / 5
    assert sum(outcome.declared for outcome in outcomes) > runs
    assert sum(outcome.received for outcome in outcomes) > runs / 10
    if runs >= 50:
        assert any(outcome.opening for outcome in outcomes)
        assert any(outcome.settled and outcome.life > 1 for outcome in outcomes)


@pytest.mark.parametrize(("disk", "named"), [("forgetful", "lost flight"), ("forgetful-guard", "lost receipt")])
def test_a_node_that_answers_before_it_is_durable_is_found_out(disk: Disk, named: str, tmp_path: Path) -> None:
    outcomes = list(side_by_side(tmp_path, 8, disk, workers=1))
    assert sum(outcome.lost for outcome in outcomes) > 0
    assert any(named in fault for outcome in outcomes for fault in outcome.faults)
