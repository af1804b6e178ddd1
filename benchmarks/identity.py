"""The identification benchmark, ours beside the naive baseline: the figures that the README quotes.

    python benchmarks/identity.py [--presets NAME ...] [--seeds N ...] [--jobs 2] [--json | --markdown]
    python benchmarks/identity.py --from FILE ... [--markdown] [--reliability FILE.svg]

Needs the benchmark's generator, scorer and baseline: `bench/identity` of the folder that SAFECONDUCT_SHARED names
(default: `../shared` beside the repository). Scenarios are made in a temporary folder; each is answered by
`safeconduct replay --scenario` as a user would run it, on one thread.

Prints the tables and how each figure stands to its goal; `--markdown` prints the tables alone, `--json` the scorer's
JSON, averaged over the seeds, and what is pooled over them. `--from` takes what `--json` printed before, here and of
`identity_bound.py`, instead of running anything. `--reliability` draws what was said against what was so.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.identity_pool import pooled
from benchmarks.identity_reliability import diagram
from benchmarks.identity_scoring import BENCH, PRESETS, THETA, Json, called, made, need_benchmark, scored
from benchmarks.identity_tables import NAIVE, OURS, goals, markdown

SEEDS = tuple(range(1, 11))


def one(preset: str, seed: int) -> dict[str, Json]:
    """One scenario, answered by us and by the baseline."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = made(preset, seed, Path(folder))
        answers, events = scenario / "answers.jsonl", scenario / "events.jsonl"
        told = json.loads(
            called(
                *(sys.executable, "-m", "safeconduct.cli", "replay", "--scenario", scenario),
                *("--out", answers, "--events", events, "--json"),
            )
        )
        ours = scored(scenario, answers, events)
        ours["score"]["detections_per_second"] = told["detections_per_second"]
        called(sys.executable, BENCH / "baseline.py", scenario, answers)
        return {OURS: ours, NAIVE: scored(scenario, answers)}


def run(presets: Sequence[str], seeds: Sequence[int], jobs: int) -> Json:
    """All scenarios, `jobs` at once, and what they come to by preset and by who answered."""
    found: dict[str, dict[int, dict[str, Json]]] = defaultdict(dict)
    began = time.monotonic()
    with ProcessPoolExecutor(jobs) as pool:
        waiting = {pool.submit(one, preset, seed): (preset, seed) for preset in presets for seed in seeds}
        for count, done in enumerate(as_completed(waiting), 1):
            preset, seed = waiting[done]
            found[preset][seed] = done.result()
            clear = found[preset][seed][OURS]["score"]["unambiguous"][THETA]
            said = f"correct {clear['correct_declared']:.3f}, false {clear['false_declared_per_undeclared']:.4f}"
            spent = f"{time.monotonic() - began:.0f} s"
            print(f"{count}/{len(waiting)} after {spent}: {preset} {seed}: {said}", file=sys.stderr, flush=True)
    return {
        preset: {who: pooled([found[preset][seed][who] for seed in seeds]) for who in (OURS, NAIVE)}
        for preset in presets
    }


def merged(results: Sequence[Json]) -> Json:
    """Several results as one: their rows under each preset. They have to be of the same seeds."""
    if any(result["seeds"] != results[0]["seeds"] for result in results):
        sys.exit("these are of different seeds: " + "; ".join(str(result["seeds"]) for result in results))
    rows: Json = {}
    for result in results:
        for preset, more in result["presets"].items():
            rows[preset] = rows.get(preset, {}) | more
    return {**results[0], "presets": rows}


def report(result: Json, wanted: argparse.Namespace) -> Iterator[str]:
    """What is printed."""
    if wanted.json:
        yield json.dumps(result)
        return
    presets = result["presets"]
    yield f"Mean of seeds {', '.join(map(str, result['seeds']))}."
    yield "\n" + markdown(presets)
    if not wanted.markdown:
        yield "\nAgainst the goals:\n"
        yield from goals(presets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presets", nargs="+", default=PRESETS, choices=PRESETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    parser.add_argument("--jobs", type=int, default=1, help="scenarios at once")
    parser.add_argument("--from", dest="known", nargs="+", type=Path, metavar="FILE", help="runs nothing")
    parser.add_argument("--reliability", type=Path, metavar="FILE.svg")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    wanted = parser.parse_args()
    if wanted.known:
        result = merged([json.loads(path.read_text()) for path in wanted.known])
    else:
        need_benchmark()
        presets = run(wanted.presets, wanted.seeds, wanted.jobs)
        result = {"seeds": list(wanted.seeds), "theta": float(THETA), "presets": presets}
    if wanted.reliability:
        ours = {preset: rows[OURS]["pool"] for preset, rows in result["presets"].items() if OURS in rows}
        wanted.reliability.write_text(diagram({name: pool["reliability"]["bins"] for name, pool in ours.items()}))
    for part in report(result, wanted):
        print(part)


if __name__ == "__main__":
    main()
