"""How well can it be known at all? The identification benchmark answered by those who are told more than is fair.

    python benchmarks/identity_bound.py [--presets NAME ...] [--seeds N ...] [--jobs 2] [--json]

- *told the association*: our own identification, fed with tracks that are never wrong (`identity_told`): what is lost
  to it, is lost by identification.
- *told the paths*: an observer that knows how this benchmark makes its scenarios, and that is told which declared path
  each aircraft flies and how late, but not who it is (`identity_observer`): what is lost to it is beyond everybody.

Both are scored like any answerer. Then: the aircraft-epochs of the `unambiguous` block that are wrong at p ≥ 0.9, by
behaviour, and how many of those that the first has wrong the second has wrong too.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.identity_observer import Observer
from benchmarks.identity_pool import pooled
from benchmarks.identity_scoring import PRESETS, THETA, Json, bench_module, made, need_benchmark, scored
from benchmarks.identity_tables import beside_table, clear_table, delay_table, flag_table, grid
from benchmarks.identity_told import Seen, Told, answer

from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.detection import DetectionBatch
from safeconduct.model.track import TrackTable
from safeconduct.picture.identification import IdentificationEngine
from safeconduct.picture.reach import Reach
from safeconduct.service.pipeline import LIVELY_S

SEEDS = tuple(range(1, 11))
CENTRE = (13.3, 32.6)
ASSOCIATION, PATHS = "told the association", "told the paths"
UNTRACKED = -3
"""Beside the scorer's labels."""


def looks(
    told: Told, take: Callable[[DetectionBatch, npt.NDArray[np.int64]], None]
) -> Iterator[tuple[Seen, TrackTable]]:
    """The tracks at every tick of a replay, once `take` has been given what arrived until then."""
    metres, seen = bench_module("score").metres_per_degree(CENTRE[1]), Seen(told)
    for now, batches in told.moments():
        for batch, of in batches:
            seen.take(batch, of)
            take(batch, of)
        yield seen, seen.tracks(now, metres)


def by_engine(told: Told, answers: Path) -> None:
    """Our identification's answers, at every tick of a replay."""
    engine = IdentificationEngine(SectorFrame(*CENTRE), told.flights)
    with answers.open("w") as out:
        for seen, tracks in looks(told, engine.observe):
            said = engine.assess(tracks, Reach(seen.lively(tracks.time, LIVELY_S)))
            for row, shadowed in enumerate(said.shadowed.tolist()):
                mine = said.pairs.of(row)
                names = [said.flights[column].id for column in said.pairs.column[mine].tolist()]
                chances = dict(zip(names, said.probability[mine].tolist(), strict=True))
                out.write(answer(tracks, row, chances, shadowed=shadowed))


def by_observer(told: Told, answers: Path) -> None:
    """The observer's answers, at the same moments for the same aircraft."""
    observer = Observer(told)
    with answers.open("w") as out:
        for _, tracks in looks(told, observer.take):
            said = observer.assess(tracks.time, tracks.number.tolist())
            out.writelines(answer(tracks, row, candidates) for row, candidates in enumerate(said))


def labels(scenario: Path, answers: Path) -> tuple[Any, npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """The truth; which of its rows are in the `unambiguous` block; the label of each at `THETA`."""
    scorer = bench_module("score")
    flights, truth = scorer.read_truth(scenario)
    lines, epochs = scorer.read_answers(answers, flights), np.unique(truth["time"])
    pairs, _, _, _ = scorer.associate(truth, lines, epochs, scorer.live_lines(lines, epochs))
    found = np.full(len(truth["time"]), UNTRACKED)
    found[pairs[:, 0]] = scorer.labels(lines["p"][pairs[:, 1]], float(THETA))
    close, apart = scorer.close_pairs(truth)
    near = (apart <= scorer.SHADOW_M) & (truth["flight"][close[:, 0]] >= 0)
    clear = truth["kind"] != "shadower"
    clear[close[near & (truth["kind"][close[:, 1]] == "shadower"), 0]] = False
    return truth, clear, found


def wrong(truth: Any, clear: npt.NDArray[np.bool_], label: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Rows of declared aircraft that are not called theirs, and of others that are called somebody's."""
    declared = truth["flight"] >= 0
    missed = declared & (label != truth["flight"])
    result: npt.NDArray[np.bool_] = clear & (label != UNTRACKED) & (missed | (~declared & (label >= 0)))
    return result


def one(preset: str, seed: int) -> Json:
    """One scenario: both scores, and the wrong epochs by behaviour."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = made(preset, seed, Path(folder))
        told, errors, found = Told(scenario), {}, {}
        for who, answered in ((ASSOCIATION, by_engine), (PATHS, by_observer)):
            answers = scenario / "answers.jsonl"
            answered(told, answers)
            found[who] = scored(scenario, answers)
            truth, clear, label = labels(scenario, answers)
            errors[who] = wrong(truth, clear, label)
        masks = {**errors, "both": errors[ASSOCIATION] & errors[PATHS], "all": clear & (label != UNTRACKED)}
        counts = {name: Counter(truth["kind"][mask].tolist()) for name, mask in masks.items()}
        return {"scores": found, "epochs": {name: dict(count) for name, count in counts.items()}}


def error_table(epochs: dict[str, dict[str, Counter[str]]]) -> str:
    """Wrong epochs, by preset and behaviour."""
    heads = ("preset", "behaviour", "epochs", ASSOCIATION, PATHS, "wrong in both")
    rows = [
        (preset, kind, *(f"{counts[name][kind]:,}" for name in ("all", ASSOCIATION, PATHS, "both")))
        for preset, counts in epochs.items()
        for kind in sorted(counts["all"])
        if counts[ASSOCIATION][kind] + counts[PATHS][kind]
    ]
    return grid(heads, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presets", nargs="+", default=PRESETS, choices=PRESETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    parser.add_argument("--jobs", type=int, default=1, help="scenarios at once")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    need_benchmark()
    found: dict[tuple[str, int], Json] = {}
    with ProcessPoolExecutor(wanted.jobs) as pool:
        waiting = {pool.submit(one, preset, seed): (preset, seed) for preset in wanted.presets for seed in wanted.seeds}
        for count, done in enumerate(as_completed(waiting), 1):
            found[waiting[done]] = done.result()
            print(f"{count}/{len(waiting)}: {' '.join(map(str, waiting[done]))}", file=sys.stderr, flush=True)
    presets, epochs = {}, {}
    for preset in wanted.presets:
        runs = [found[preset, seed] for seed in wanted.seeds]
        presets[preset] = {who: pooled([run["scores"][who] for run in runs]) for who in (ASSOCIATION, PATHS)}
        # The observer raises no flags: that is no answer, and not a bad one.
        presets[preset][PATHS]["pool"]["shadowed"].update(flagged_both=None, false_flags=None)
        names = runs[0]["epochs"]
        epochs[preset] = {name: sum((Counter(run["epochs"][name]) for run in runs), Counter()) for name in names}
    if wanted.json:
        print(json.dumps({"seeds": list(wanted.seeds), "theta": float(THETA), "presets": presets, "wrong": epochs}))
        return
    print(f"Mean of seeds {', '.join(map(str, wanted.seeds))}.\n")
    for table in (clear_table, beside_table, flag_table, delay_table):
        print(table(presets) + "\n")
    print("Wrong aircraft-epochs of the unambiguous block, p ≥ 0.9:\n\n" + error_table(epochs))


if __name__ == "__main__":
    main()
