"""The rehearsal `tripoli-2019` over many seeds: does the right thing stand for every aircraft, every time, and is
everybody told who must be?

    python benchmarks/rehearsal.py [--seeds 20] [--json]

Coordinated: the U.S. drone stands `consistent` or better for at least 95 % of the time it is tracked after its first
minute; the crew of the post holds a receipt of its flight, and is advised of it at least 120 s before it is in the
sector. Uncoordinated: `unknown` throughout. Headquarters-only: no receipt, not covered as it comes into the sector, and
its operator is told before. The TB2 and the Wing Loong never stand for a declared flight. Exit code 1 where a seed
falls short.
"""

import argparse
import json
import sys
from typing import Any

from safeconduct.service.rehearsals import prepare, run_headless

FLIGHT, POST, OPERATOR = "AFRICOM-01", "lna/tarhuna-watch", "africom/operator"
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
    found += [f"{FLIGHT}: {what}" for what in told_wrongly(answer)]
    return found + [f"{name} stood {crafts[name]['standings']}" for name in wrong]


def told(answers: list[dict[str, Any]]) -> dict[str, Any]:
    """Figures of the second river over all seeds."""
    leads = sorted(lead for answer in answers if (lead := lead_s(answer, POST, ("inbound",))) is not None)
    warned = sorted(lead for answer in answers if (lead := lead_s(answer, OPERATOR, ("uncovered",))) is not None)
    off = sorted(one["read_back_error_m"] for answer in answers for one in answer["receipts"])
    rates = {to: [answer["advisories_per_hour"].get(to, 0.0) for answer in answers] for to in (POST, OPERATOR)}
    return {
        "receipts": len(off),
        "read_back_error_m_max": off[-1] if off else None,
        "advised_before_entry_s_min": leads[0] if leads else None,
        "advised_before_entry_s_median": leads[len(leads) // 2] if leads else None,
        "operator_told_before_entry_s_min": warned[0] if warned else None,
        "advisories_per_hour_mean": {to: sum(rate) / len(rate) for to, rate in rates.items()},
        "advisories_per_hour_max": {to: max(rate) for to, rate in rates.items()},
    }


def told_wrongly(answer: dict[str, Any]) -> list[str]:
    """What the second river left undone for the U.S. drone's flight."""
    variant = answer["variant"]
    received = any(one["flight"] == FLIGHT and one["state"] == "received" for one in answer["receipts"])
    covered = any(one["flight"] == FLIGHT and one["state"] == "held" for one in answer["coverage"])
    if variant == "coordinated":
        soonest = lead_s(answer, POST, ("inbound",))
        late = soonest is None or soonest < 120.0
        return [*([] if received and covered else ["no receipt"]), *([f"advised {soonest} s ahead"] if late else [])]
    if variant == "headquarters-only":
        warned = lead_s(answer, OPERATOR, ("uncovered",))
        told = warned is not None and warned > 0.0
        return [*(["there is a receipt"] if received or covered else []), *([] if told else ["operator not told"])]
    return []


def lead_s(answer: dict[str, Any], to: str, kinds: tuple[str, ...]) -> float | None:
    """How long before the true entry the first such advisory came."""
    leads = [
        one["before_entry_s"]
        for one in answer["advisories"]
        if (one["to"], one["flight"]) == (to, FLIGHT) and one["kind"] in kinds and one["before_entry_s"] is not None
    ]
    return max(leads, default=None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    summary: dict[str, Any] = {}
    for variant in ("coordinated", "uncoordinated", "headquarters-only"):
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
            **told(answers),
            "failures": {a["seed"]: failures(a) for a in answers if failures(a)},
        }
    print(json.dumps(summary, indent=None if wanted.json else 2))
    sys.exit(any(row["failures"] for row in summary.values()))


if __name__ == "__main__":
    main()
