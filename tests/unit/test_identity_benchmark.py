"""The figures of the identification benchmark are put together as its page says, and drawn as they are."""

import json
import math
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from benchmarks.identity_pool import calibration_error, mean_of, pooled, waited
from benchmarks.identity_reliability import diagram, errors, plain
from benchmarks.identity_scoring import CLASSES, EDGES, Json, made, reliability, scored
from benchmarks.identity_tables import share


def test_means_are_over_those_that_have_the_figure() -> None:
    runs = [{"a": 1.0, "b": {"c": 2}}, {"a": 3.0, "b": {"c": None}, "late": {"d": 5.0}}, {"a": None, "b": {}}]
    assert mean_of(runs) == {"a": 2.0, "b": {"c": 2.0}, "late": {"d": 5.0}}
    assert mean_of([["no-show"], ["no-show"]]) is None


def test_a_delay_that_never_ended_counts_as_the_longest() -> None:
    assert waited([4.0, None, 2.0]) == {"count": 3, "never": 1, "median_s": 4.0, "p95_s": None}
    assert waited([]) == {"count": 0, "never": 0, "median_s": None, "p95_s": None}


def test_bins_count_every_answer_once_where_it_belongs() -> None:
    p = np.array([[0.95, 0.05], [0.05, 0.95], [0.4, 0.6], [1.0, 0.0]])
    bins = reliability(p, np.array([0, 0, -1, 0]))
    assert sum(row[0] for row in bins) == 4
    assert bins[EDGES.index(0.95)] == [2, 1.9, 1]
    assert bins[EDGES.index(0.6)] == [1, 0.6, 1]
    assert bins[-1] == [1, 1.0, 1]


def test_pooled_calibration_is_of_the_scorers_ten_bins() -> None:
    bins: list[list[float]] = [[0, 0.0, 0] for _ in EDGES[1:]]
    bins[EDGES.index(0.9)], bins[EDGES.index(0.99)] = [100, 92.0, 97], [100, 99.5, 94]
    assert calibration_error(bins) == pytest.approx(abs(191 - 191.5) / 200, abs=1e-5)
    bins[EDGES.index(0.3)] = [50, 17.0, 30]
    assert calibration_error(bins) == pytest.approx((0.5 + 13) / 250, abs=1e-5)


def run(seconds: list[float | None], pairs: int, flagged: int) -> Json:
    """What one scenario might come to."""
    flags = {"epochs": pairs, "flagged_both": flagged, "flagged_declared": flagged, "flagged_shadower": flagged}
    return {
        "score": {"coverage": 0.5},
        "pool": {
            "lines": 100,
            "no_show_lines": flagged,
            "reliability": [[1, 0.5, 1] for _ in EDGES[1:]],
            "label_s": dict.fromkeys(CLASSES, seconds),
            "shadowed": flags | {"alone_epochs": 200, "false_flags": 1},
        },
    }


def test_scenarios_are_pooled_by_what_they_hold_and_not_by_turns() -> None:
    whole = pooled([run([1.0, 9.0], 300, 300), run([None], 100, 0)])["pool"]
    assert whole["shadowed"]["flagged_both"] == 0.75
    assert whole["shadowed"]["false_flags"] == 2 / 400
    assert whole["no_show_share"] == 300 / 200
    assert whole["label_s"]["emitters"] == {"count": 3, "never": 1, "median_s": 9.0, "p95_s": None}
    assert "conflicts" not in whole


def test_shares_are_written_as_in_the_readme() -> None:
    assert [share(value) for value in (0.957, 1.0, 0.0, 0.99996, 0.0003)] == [".957", "1", "0", "1.000", "3e-4"]


def test_the_diagram_is_sound_and_shows_each_bin() -> None:
    bins: list[list[float]] = [[0, 0.0, 0] for _ in EDGES[1:]]
    bins[EDGES.index(0.5)], bins[EDGES.index(0.99)], bins[-1] = [40, 22.0, 20], [1000, 992.0, 990], [9000, 8999.5, 9000]
    assert [(mark.x, mark.y, mark.count) for mark in plain(bins)] == [
        (0.55, 0.5, 40),
        (pytest.approx(9991.5 / 10000), pytest.approx(9990 / 10000), 10000),
    ]
    right = errors(bins)
    assert [mark.x for mark in right] == pytest.approx([-math.log10(0.008) / 5, -math.log10(0.5 / 9000) / 5])
    assert [mark.y for mark in right] == pytest.approx([0.4, 1.0])
    picture = diagram({"standard": bins, "dense": bins})
    ElementTree.fromstring(picture)
    assert picture.count("<title>") == 2 * (2 + 2)
    assert "nan" not in picture


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the scorer leaves closing to others
def test_a_scenario_answered_perfectly_scores_so(shared: Path, tmp_path: Path) -> None:
    scenario = made("standard", 201, tmp_path)
    answers = tmp_path / "answers.jsonl"
    answers.write_text("".join(truthful(line) for line in (scenario / "truth.jsonl").read_text().splitlines()))
    told = scored(scenario, answers)
    assert told["score"]["unambiguous"]["0.99"]["correct_declared"] == 1.0
    assert sum(row[0] for row in told["pool"]["reliability"]) == told["pool"]["reliability"][-1][0]
    assert set(told["pool"]["label_s"]["dark_with_route"] + told["pool"]["label_s"]["dark_without_route"]) <= {0.0}
    assert len(told["pool"]["label_s"]["declared"]) == 11


def truthful(line: str) -> str:
    """A line of the truth as an answer."""
    row = json.loads(line)
    said = {row["flight"]: 1.0} if row["flight"] else {}
    answer = {"time": row["time"], "track": row["aircraft"], "lon": row["lon"], "lat": row["lat"]}
    return json.dumps(answer | {"candidates": said, "unknown": 0.0 if said else 1.0}) + "\n"
