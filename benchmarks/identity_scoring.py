"""One scenario of the identification benchmark: made, answered, and scored by the benchmark's own scorer.

Delays, bins of probability and counts are kept as they were before the scorer summed them up for the one scenario, so
that they can be pooled. All results are plain JSON.
"""

import importlib.util
import json
import math
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[1]
BENCH = Path(os.environ.get("SAFECONDUCT_SHARED", ROOT.parent / "shared")) / "bench" / "identity"
PRESETS = ("standard", "dense", "adversarial", "degraded")
THETA = "0.9"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
EDGES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 1.0)
"""Of the bins of the reliability diagram: the scorer's, of which the last is split, since most answers fall there."""
CLASSES = ("emitters", "dark_with_route", "dark_without_route", "declared")
"""Whose delays to the right label are pooled: declared aircraft that some receiver ever heard, dark ones, all."""

Json = dict[str, Any]
Flags = npt.NDArray[np.bool_]


def need_benchmark() -> None:
    """Ends the program with advice where the benchmark is not there."""
    if not BENCH.is_dir():
        sys.exit(f"no benchmark at {BENCH}: set SAFECONDUCT_SHARED to the folder that holds bench/identity")


def called(*command: object) -> str:
    """What a command prints; where it fails, what it complained of is in the error."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, env=os.environ | ONE_THREAD
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def made(preset: str, seed: int, folder: Path) -> Path:
    """The scenario of a preset and a seed, made in a folder of its own below `folder`."""
    scenario = folder / f"{preset}-{seed}"
    called(sys.executable, BENCH / "make.py", scenario, "--seed", seed, "--preset", preset)
    return scenario


@cache
def bench_module(name: str) -> Any:
    """A script of the benchmark (`score`, `make`) as a module, typed by nobody."""
    spec = importlib.util.spec_from_file_location(f"identity_{name}", BENCH / f"{name}.py")
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{BENCH / name}.py cannot be read")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for it
    spec.loader.exec_module(module)
    return module


class Delays:
    """Keeps the delays that the scorer takes medians of, while it is entered."""

    def __init__(self, scorer: Any) -> None:
        self._scorer, self._delays = scorer, scorer.delays
        self.kept: list[list[float]] = []

    def __enter__(self) -> "Delays":
        def keep(values: Sequence[float]) -> Any:
            self.kept.append([float(value) for value in values])
            return self._delays(values)

        self._scorer.delays = keep
        return self

    def __exit__(self, *_: object) -> None:
        self._scorer.delays = self._delays


def scored(scenario: Path, answers: Path, events: Path | None = None) -> Json:
    """`score`: the scorer's JSON; `pool`: what is pooled over scenarios."""
    scorer = bench_module("score")
    with Delays(scorer) as delays:
        score = scorer.score(scenario, answers, events)
    flights, truth = scorer.read_truth(scenario)
    lines = scorer.read_answers(answers, flights)
    epochs = np.unique(truth["time"])
    pairs, _, _, _ = scorer.associate(truth, lines, epochs, scorer.live_lines(lines, epochs))
    p = lines["p"][pairs[:, 1]]
    pool = {
        "lines": len(lines["time"]),
        "no_show_lines": score["no_show"]["lines_assigned"],
        "reliability": reliability(p, truth["flight"][pairs[:, 0]]),
        "label_s": _label_delays(scenario, truth, pairs, p),
        "shadowed": _flag_counts(score["shadowed"]),
    }
    if events is not None:
        conflicts = score["identifier_conflicts"]
        pool["conflict_s"] = told(delays.kept[-1])
        pool["false_conflicts"] = conflicts["false_conflicts"]
        pool["not_required"] = conflicts["not_required"]
        pool["sensors"] = list(score["sensor_registration"]["biased"].values())
        pool["false_sensor_reports"] = score["sensor_registration"]["false_reports"]
    return {"score": score, "pool": pool}


def told(values: Sequence[float]) -> list[float | None]:
    """Seconds as JSON knows them: None for what never came."""
    return [round(value, 2) if math.isfinite(value) else None for value in values]


def reliability(p: npt.NDArray[np.float64], flight: npt.NDArray[np.int64]) -> list[list[float]]:
    """For each bin of `EDGES`: epochs, sum of the probabilities of the top hypotheses, how many of these were right.

    Args:
        p: (n, flights + 1), the last column "none of them"; flight: (n,) the true one, -1 for none.
    """
    top, right = p.max(axis=1, initial=0.0), p.argmax(axis=1) == np.where(flight < 0, p.shape[1] - 1, flight)
    bins = np.clip(np.searchsorted(EDGES, top, side="right") - 1, 0, len(EDGES) - 2)
    sums = [np.bincount(bins, weights, len(EDGES) - 1) for weights in (np.ones_like(top), top, right)]
    return [[int(n), round(float(said), 4), int(so)] for n, said, so in zip(*sums, strict=True)]


def _label_delays(scenario: Path, truth: Mapping[str, Any], pairs: Any, p: Any) -> dict[str, list[float | None]]:
    """Seconds from first detection to the first right label at `THETA`, by class of aircraft; None: never."""
    scorer = bench_module("score")
    kinds, routed = dict(zip(truth["aircraft"], truth["kind"], strict=True)), _with_route(scenario)
    number = dict(zip(truth["aircraft"], truth["flight"], strict=True))
    _, sent = scorer.read_receptions(scenario)
    heard = {aircraft for senders in sent.values() for aircraft in senders}
    dark = {aircraft for aircraft, kind in kinds.items() if kind == "dark"}
    with_route = {aircraft for aircraft in dark if number[aircraft] in routed}
    found = {}
    for name, members in zip(CLASSES, (heard, with_route, dark - with_route, set(kinds)), strict=True):
        inside = np.isin(truth["aircraft"], sorted(members))
        with Delays(scorer) as delays:
            scorer.label_delays(scenario, {**truth, "flight": np.where(inside, truth["flight"], -1)}, pairs, p)
        found[name] = told(delays.kept[scorer.THRESHOLDS.index(float(THETA))])
    return found


def _with_route(scenario: Path) -> set[int]:
    """Numbers of the flights that were declared with a route."""
    flights = json.loads((scenario / "flights.json").read_text())
    return {number for number, flight in enumerate(flights) if flight.get("route")}


def _flag_counts(shadowed: Json) -> Json:
    """The scorer's shares of flagged epochs as counts."""
    pairs, alone = shadowed["epochs"], shadowed["alone_epochs"]
    return {
        "epochs": pairs,
        **{
            name: round((shadowed[name] or 0.0) * pairs)
            for name in ("flagged_declared", "flagged_shadower", "flagged_both")
        },
        "alone_epochs": alone,
        "false_flags": round((shadowed["false_flags"] or 0.0) * alone),
    }
