"""Many scenarios of one preset as one: the mean of the scorer's JSON, and what only makes sense pooled."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, median
from typing import Any

from benchmarks.identity_scoring import CLASSES, EDGES, THETA, Json

POOLED = ("seconds_to_correct_label", "identifier_conflicts", "sensor_registration", "shadowed")
"""Parts of the scorer's JSON of which a mean over scenarios would mean nothing: a delay may be infinite, and a scenario
holds one to four conflicts."""

QUANTILES = (("median_s", 0.5), ("p95_s", 0.95))


def pooled(runs: Sequence[Mapping[str, Json]]) -> Json:
    """`mean`: the scorer's JSON, each figure averaged over the runs that have it; `pool`: the rest."""
    scores = [{name: part for name, part in run["score"].items() if name not in POOLED} for run in runs]
    pools = [run["pool"] for run in runs]
    lines, no_show = (sum(pool[name] for pool in pools) for name in ("lines", "no_show_lines"))
    of_bin = zip(*(pool["reliability"] for pool in pools), strict=True)
    bins = [[sum(column) for column in zip(*rows, strict=True)] for rows in of_bin]
    whole: Json = {
        "runs": len(runs),
        "no_show_share": no_show / lines if lines else None,
        "label_s": {name: waited([s for pool in pools for s in pool["label_s"][name]]) for name in CLASSES},
        "shadowed": _flags([pool["shadowed"] for pool in pools]),
        "reliability": {"edges": EDGES, "bins": bins, "calibration_error": calibration_error(bins)},
    }
    if all("conflict_s" in pool for pool in pools):
        whole["conflicts"] = _conflicts(pools)
        whole["sensors"] = _sensors(pools)
    return {"mean": mean_of(scores), "pool": whole}


def mean_of(values: Sequence[Any]) -> Any:
    """The mean of numbers, of objects part by part. What some lack is averaged over the others; lists are left out."""
    there = [value for value in values if value is not None]
    if there and all(isinstance(value, dict) for value in there):
        names = dict.fromkeys(name for value in there for name in value)
        parts = {name: mean_of([value.get(name) for value in there]) for name in names}
        return {name: part for name, part in parts.items() if part is not None}
    numbers = [value for value in there if isinstance(value, int | float)]
    return round(fmean(numbers), 6) if numbers and len(numbers) == len(there) else None


def waited(seconds: Sequence[float | None]) -> Json:
    """Median and 95th percentile of delays, as the scorer takes them; None is for ever."""
    ordered = sorted(math.inf if value is None else value for value in seconds)
    at = {name: ordered[int(q * (len(ordered) - 1) + 0.5)] if ordered else math.inf for name, q in QUANTILES}
    known = {name: round(value, 1) if math.isfinite(value) else None for name, value in at.items()}
    return {"count": len(ordered), "never": sum(map(math.isinf, ordered)), **known}


def calibration_error(bins: Sequence[Sequence[float]]) -> float:
    """Mean gap between what was said and what was so, over the scorer's ten bins, of pooled epochs."""
    gap = [0.0] * 10
    for lower, (_, said, so) in zip(EDGES, bins, strict=False):
        gap[min(int(lower * 10 + 1e-9), 9)] += so - said
    count = sum(row[0] for row in bins)
    return round(sum(map(abs, gap)) / count, 5) if count else math.nan


def _flags(counts: Sequence[Mapping[str, int]]) -> Json:
    total = {name: sum(count[name] for count in counts) for name in counts[0]}
    pairs, alone = total["epochs"], total["alone_epochs"]
    shares = {name: total[name] / pairs if pairs else None for name in total if name.startswith("flagged")}
    return {**total, **shares, "false_flags": total["false_flags"] / alone if alone else None}


def _conflicts(pools: Sequence[Json]) -> Json:
    """The required ones; and of those that are not, since the owner was silent, how many were told all the same."""
    delays = [s for pool in pools for s in pool["conflict_s"]]
    apart = [one for pool in pools for one in pool["not_required"]]
    known = waited(delays)
    return {
        **known,
        "reported": 1.0 - known["never"] / len(delays) if delays else None,
        "false_conflicts": sum(pool["false_conflicts"] for pool in pools),
        "not_required": len(apart),
        "not_required_reported": sum(one["reported"] for one in apart),
    }


def _sensors(pools: Sequence[Json]) -> Json:
    """By how far a sensor is turned: how soon a report within 30 % came, and how good the last report was."""
    found: Json = {"false_reports": sum(pool["false_sensor_reports"] for pool in pools), "turned": {}}
    all_of = [sensor for pool in pools for sensor in pool["sensors"]]
    for angle in sorted({sensor["true_deg"] for sensor in all_of}, reverse=True):
        mine = [sensor for sensor in all_of if sensor["true_deg"] == angle]
        errors = [abs(s["final_error_deg"]) for s in mine if s["final_error_deg"] is not None]
        times = [s["seconds_to_report"] for s in mine]
        known = [math.inf if t is None else t for t in times]
        found["turned"][f"{angle:g}"] = {
            **waited(times),
            "mean_s": fmean(known) if math.isfinite(max(known)) else None,
            "worst_s": max(known) if math.isfinite(max(known)) else None,
            "final_error_deg": {"median": median(errors), "worst": max(errors)} if errors else None,
        }
    return found


def headline(whole: Json) -> dict[str, float | None]:
    """The figures that the issue names, of what `pooled` gives."""
    mean, pool = whole["mean"], whole["pool"]
    clear, none = mean["unambiguous"], dict[str, Any]()
    labels, conflicts = pool["label_s"], pool.get("conflicts", none)
    turned = pool.get("sensors", none).get("turned", none)
    return {
        "correct": clear[THETA]["correct_declared"],
        "swapped": clear[THETA]["swapped"],
        "false": clear[THETA]["false_declared_per_undeclared"],
        "correct_99": clear["0.99"]["correct_declared"],
        "false_99": clear["0.99"]["false_declared_per_undeclared"],
        "calibration": mean["identity"]["calibration_error"],
        "coverage": mean["coverage"],
        "recognised": mean["recognised_of_reachable"][THETA],
        "no_show": pool["no_show_share"],
        "flagged_both": pool["shadowed"]["flagged_both"],
        "false_flags": pool["shadowed"]["false_flags"],
        "conflicts_reported": conflicts.get("reported"),
        "conflicts_median_s": conflicts.get("median_s"),
        "conflicts_p95_s": conflicts.get("p95_s"),
        "false_conflicts": conflicts.get("false_conflicts"),
        "turned_s": turned.get("5", none).get("mean_s"),
        "false_sensor_reports": pool.get("sensors", none).get("false_reports"),
        "emitters_s": labels["emitters"]["median_s"],
        "dark_with_route_s": labels["dark_with_route"]["median_s"],
    }
