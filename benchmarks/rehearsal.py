"""The rehearsal `tripoli-2019` over many seeds: does the right thing stand for every aircraft, every time?

    python benchmarks/rehearsal.py [--seeds 20] [--json]

Coordinated: the U.S. drone stands `consistent` or better for at least 95 % of the time it is tracked after its first
minute. Uncoordinated: `unknown` throughout. The TB2 and the Wing Loong never stand for a declared flight. Exit code 1
where a seed falls short.
"""

import argparse
import json
import sys
from typing import Any

from safeconduct.service.rehearsals import prepare, run_headless

U_S, STRANGERS = "U.S. reconnaissance drone", ("Bayraktar TB2", "Wing Loong II")
NAMING = ("verified", "consistent", "off-plan")


def failures(answer: dict[str, Any]) -> list[str]:
    crafts = {craft["name"]: craft for craft in answer["aircraft"]}
    us = crafts[U_S]
    settled = us["standings_after_first_minute"]
    named = settled.get("verified", 0.0) + settled.get("consistent", 0.0)
    found = []
    if answer["variant"] == "coordinated" and named < 0.95:
        found.append(f"{U_S} stood consistent for {named:.1%} only")
    if answer["variant"] == "uncoordinated" and us["standings"] != {"unknown": 1.0}:
        found.append(f"{U_S} stood {us['standings']}")
    wrong = [name for name in STRANGERS if any(crafts[name]["standings"].get(standing) for standing in NAMING)]
    return found + [f"{name} stood {crafts[name]['standings']}" for name in wrong]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    summary: dict[str, Any] = {}
    for variant in ("coordinated", "uncoordinated"):
        answers = []
        for seed in range(1, wanted.seeds + 1):
            print(f"{variant} {seed}", file=sys.stderr)
            answers.append(run_headless(prepare("tripoli-2019", variant, seed)))
        us = [next(c for c in answer["aircraft"] if c["name"] == U_S) for answer in answers]  # type: ignore[attr-defined]
        settled = [
            sum(craft["standings_after_first_minute"].get(s, 0.0) for s in ("verified", "consistent")) for craft in us
        ]
        firsts = sorted(craft["first_identified_s"] for craft in us if craft["first_identified_s"] is not None)
        summary[variant] = {
            "seeds": wanted.seeds,
            "consistent_after_first_minute_min": min(settled),
            "first_identified_s_median": firsts[len(firsts) // 2] if firsts else None,
            "first_identified_s_max": firsts[-1] if firsts else None,
            "failures": {a["seed"]: failures(a) for a in answers if failures(a)},
        }
    print(json.dumps(summary, indent=None if wanted.json else 2))
    sys.exit(any(row["failures"] for row in summary.values()))


if __name__ == "__main__":
    main()
