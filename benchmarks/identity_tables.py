"""The identification benchmark as tables, and beside what the figures are to be."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from benchmarks.identity_pool import headline
from benchmarks.identity_scoring import THETA, Json

Table = Mapping[str, Mapping[str, Json]]
"""By preset and by who answered: what `pooled` gives."""
NOTHING = "\N{EN DASH}"
OURS, NAIVE = "safeconduct", "naive baseline"
DECLARED = ("declared", "dark", "late", "early", "diverted")
OTHERS = ("look_alike", "shadower", "spoofer", "airliner", "quadcopter", "bird")


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure of `headline` is to be: at least, and what is aimed at; a `presets` of None is all of them."""

    figure: str
    least: float
    aim: float
    presets: tuple[str, ...] | None = None
    more: bool = True


GOALS = (
    *(
        goal
        for preset, correct, false in (
            ("standard", (0.95, 0.98), (0.01, 0.002)),
            ("dense", (0.93, 0.97), (0.02, 0.003)),
            ("adversarial", (0.92, 0.96), (0.03, 0.005)),
            ("degraded", (0.93, 0.97), (0.02, 0.003)),
        )
        for goal in (Goal("correct", *correct, (preset,)), Goal("false", *false, (preset,), more=False))
    ),
    Goal("correct_99", 0.75, 0.75),
    Goal("false_99", 0.005, 0.0005, more=False),
    Goal("calibration", 0.03, 0.01, more=False),
    Goal("coverage", 0.97, 0.99, ("standard",)),
    Goal("recognised", 0.93, 0.97, ("standard",)),
    Goal("no_show", 1e-4, 0.0, more=False),
    Goal("flagged_both", 0.90, 0.98),
    Goal("false_flags", 0.02, 0.005, more=False),
    Goal("conflicts_reported", 0.95, 1.0),
    Goal("conflicts_median_s", 15.0, 5.0, more=False),
    Goal("conflicts_p95_s", 15.0, 5.0, more=False),
    Goal("turned_s", 120.0, 60.0, ("degraded",), more=False),
    Goal("false_sensor_reports", 0.0, 0.0, more=False),
    Goal("emitters_s", 20.0, 20.0, more=False),
    Goal("dark_with_route_s", 120.0, 120.0, more=False),
)


def share(value: float | None, digits: int = 3) -> str:
    """A share as the README writes it: ".957"; what is not there is a dash."""
    if value is None:
        return NOTHING
    text = f"{value:.{digits}f}"
    if float(text) == 0.0:
        return "0" if value == 0.0 else f"{value:.0e}".replace("e-0", "e-")
    return "1" if float(text) == 1.0 and value == 1.0 else text.removeprefix("0")


def seconds(value: float | None) -> str:
    """Seconds; a dash where it never came, or there was nothing."""
    return NOTHING if value is None else f"{value:.0f}"


def grid(heads: Iterable[str], rows: Iterable[Iterable[str]], words: int = 2) -> str:
    """A table in Markdown, of which the first `words` columns are words and the others numbers."""
    head = list(heads)
    marks = "|" + "---|" * words + "---:|" * (len(head) - words)
    lines = ["|" + "".join(f" {cell} |" if cell else " |" for cell in row) for row in (head, *rows)]
    return "\n".join([lines[0], marks, *lines[1:]])


def markdown(table: Table) -> str:
    """All tables, each under its title."""
    parts = (
        ("Unambiguous epochs, p ≥ 0.9", clear_table(table)),
        ("p ≥ 0.99, and everything beside", beside_table(table)),
        ("Shadowed pairs and spoofed identifiers", flag_table(table)),
        ("Seconds from first detection to the right label, p ≥ 0.9", delay_table(table)),
        ("Turned sensors", sensor_table(table)),
        ("By behaviour, p ≥ 0.9", kind_table(table)),
    )
    return "\n\n".join(f"**{title}**\n\n{body}" for title, body in parts)


def _rows(table: Table) -> Iterator[tuple[str, str, Json]]:
    """Preset (only where it changes), who, and the figures."""
    for preset, rows in table.items():
        for number, (who, whole) in enumerate(rows.items()):
            yield "" if number else preset, who, whole


def clear_table(table: Table) -> str:
    """The first table of the issue."""
    heads = ("preset", "", "correct", "swapped", "called unknown", "falsely declared, per undeclared epoch")
    rows = []
    for preset, who, whole in _rows(table):
        at = whole["mean"]["unambiguous"][THETA]
        figures = (at[name] for name in ("correct_declared", "swapped", "declared_called_unknown"))
        rows.append((preset, who, *map(share, figures), share(at["false_declared_per_undeclared"], 4)))
    return grid(heads, rows)


def beside_table(table: Table) -> str:
    """What must be read beside it."""
    heads = ["preset", "", "correct, p ≥ .99", "false, p ≥ .99", "calibration error", "log-loss, nats", "tracked"]
    heads += ["recognised of reachable", "lines given to no-shows"]
    rows = []
    for preset, who, whole in _rows(table):
        told, loss = headline(whole), whole["mean"]["identity"]["log_loss_nats"]
        at_99 = share(told["correct_99"]), share(told["false_99"], 4)
        wide = (share(told["coverage"]), share(told["recognised"]), share(told["no_show"], 5))
        rows.append((preset, who, *at_99, share(told["calibration"]), f"{loss:.2f}", *wide))
    return grid(heads, rows)


def flag_table(table: Table) -> str:
    """Flags and conflicts."""
    heads = ["preset", "", "both flagged", "false flags", "spoofed, owner heard too", "reported", "median s", "95 % s"]
    heads += ["false conflicts", "owner silent: reported"]
    rows = []
    for preset, who, whole in _rows(table):
        flags, told = whole["pool"]["shadowed"], whole["pool"].get("conflicts")
        row = (preset, who, share(flags["flagged_both"]), share(flags["false_flags"], 4))
        if told is None:
            rows.append((*row, *[NOTHING] * 6))
            continue
        in_time = (share(told["reported"]), seconds(told["median_s"]), seconds(told["p95_s"]))
        apart = f"{told['not_required_reported']} of {told['not_required']}"
        rows.append((*row, str(told["count"]), *in_time, str(told["false_conflicts"]), apart))
    return grid(heads, rows)


def delay_table(table: Table) -> str:
    """How long it takes; the number of aircraft, and of those that were never recognised, beside it."""
    classes = ("emitters", "dark_with_route", "dark_without_route", "declared")
    heads = ("preset", "", "emitters heard", "dark with a route", "dark without", "all declared", "never, of all")
    rows = []
    for preset, who, whole in _rows(table):
        labels = whole["pool"]["label_s"]
        never = f"{labels['declared']['never']} of {labels['declared']['count']}"
        rows.append((preset, who, *(seconds(labels[name]["median_s"]) for name in classes), never))
    return grid(heads, rows)


def sensor_table(table: Table) -> str:
    """What registration found."""
    heads = ("preset", "turned by", "sensors", "never reported", "median s", "worst s", "last report off by")
    rows: list[tuple[str, ...]] = []
    for preset, ours in ((preset, rows[OURS]["pool"]["sensors"]) for preset, rows in table.items() if OURS in rows):
        for angle, told in ours["turned"].items():
            off = told["final_error_deg"]
            away = f"{off['median']:.2f}°, at most {off['worst']:.2f}°" if off else NOTHING
            count = (str(told["count"]), str(told["never"]))
            rows.append((preset, f"{angle}°", *count, seconds(told["median_s"]), seconds(told["worst_s"]), away))
        rows.append((preset, "false reports", str(ours["false_reports"]), *[""] * 4))
    return grid(heads, rows)


def kind_table(table: Table) -> str:
    """Per behaviour, ours / the baseline's."""
    rows = []
    for kinds, name, said in (
        (DECLARED, "correct_declared", "correct"),
        (OTHERS, "false_declared_per_undeclared", "falsely declared"),
    ):
        for kind in kinds:
            cells = []
            for answered in table.values():
                of_kind = [whole["mean"]["by_kind"].get(kind, {}).get(THETA, {}) for whole in answered.values()]
                cells.append(" / ".join(share(at.get(name)) for at in of_kind))
            rows.append((f"{kind.replace('_', '-')}: {said}", *cells))
    who = " / ".join(next(iter(table.values())))
    return grid((who, *table), rows, words=1)


def goals(table: Table) -> Iterator[str]:
    """One line a goal and preset: the figure, and whether it is at least what it has to be, or what is aimed at."""
    for goal in GOALS:
        for preset, rows in table.items():
            if OURS not in rows or (goal.presets is not None and preset not in goal.presets):
                continue
            value = headline(rows[OURS])[goal.figure]
            sign = 1.0 if goal.more else -1.0
            reached = [value is not None and sign * value >= sign * bar for bar in (goal.least, goal.aim)]
            verdict = "aim" if reached[1] else "ok" if reached[0] else "SHORT"
            said = "none" if value is None else f"{value:.5g}"
            yield f"{verdict:6} {goal.figure:20} {preset:12} {said:>9}   least {goal.least:g}, aim {goal.aim:g}"
