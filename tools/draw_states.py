"""Draws docs/reference/states.md and its pictures from the transition tables of the model.

    python tools/draw_states.py [--check]

Every mapping in `safeconduct.model` whose name ends in `_MOVES` is one machine: {state: the states that may follow}.
With --check nothing is written, and the program fails where a committed file is not what the tables say.
"""

import argparse
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Collection, Iterator, Mapping
from enum import Enum
from html import escape
from pathlib import Path

import safeconduct.model

OUT = Path(__file__).resolve().parents[1] / "docs" / "reference"
Moves = Mapping[Enum, Collection[Enum]]

BOX_W, BOX_H, GAP, STEP = 132, 40, 48, 30
"""Pixels: a state's box, the room between two, and how much higher an arc goes for each state it passes over."""


def machines() -> Iterator[tuple[str, Moves]]:
    """(name of the table, table), in order of module and name."""
    for info in sorted(pkgutil.iter_modules(safeconduct.model.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"safeconduct.model.{info.name}")
        for name in sorted(vars(module)):
            if name.endswith("_MOVES"):
                yield f"{module.__name__}.{name}", getattr(module, name)


def slug(table: str) -> str:
    """File name of a machine's picture: "…track.TRACK_MOVES" is "states-track.svg"."""
    return f"states-{table.rpartition('.')[2].removesuffix('_MOVES').lower().replace('_', '-')}.svg"


def spoken(state: Enum) -> str:
    """A state's name as people read it."""
    return state.name.replace("_", " ").lower()


def page() -> str:
    """The whole page."""
    parts = [
        "# States",
        "<!-- Made by tools/draw_states.py from the transition tables. Do not edit: run `make diagrams`. -->",
        "Each concept that lives through states has one table of the allowed moves. The code refuses any other move,\n"
        "and this page is drawn from the same tables.",
    ]
    for table, moves in machines():
        kind = type(next(iter(moves)))
        parts += [f"## {kind.__name__}", inspect.cleandoc(kind.__doc__ or ""), f"![{kind.__name__}]({slug(table)})"]
        rows = [f"| {spoken(a)} | {', '.join(spoken(b) for b in in_order(moves, a)) or '(the end)'} |" for a in moves]
        parts += ["\n".join(["| from | to |", "|---|---|", *rows]), f"Table: `{table}`."]
    return "\n\n".join(parts) + "\n"


def in_order(moves: Moves, state: Enum) -> list[Enum]:
    """The states that may follow, in the order of the table."""
    return [after for after in moves if after in moves[state]]


def picture(moves: Moves) -> str:
    """An SVG: the states in a row; moves to the right go above it, moves back below."""
    place = {state: GAP + i * (BOX_W + GAP) for i, state in enumerate(moves)}
    spans = [index(moves, b) - index(moves, a) for a in moves for b in moves[a]]
    above, below = (max((sign * span for span in spans), default=0) for sign in (1, -1))
    top = GAP // 2 + max(above, 1) * STEP
    height = top + BOX_H + max(below, 0) * STEP + GAP // 2
    body = [arc(place[a], place[b], index(moves, b) - index(moves, a), top) for a in moves for b in in_order(moves, a)]
    body += [box(x, top, spoken(state), last=not moves[state]) for state, x in place.items()]
    width = GAP + len(moves) * (BOX_W + GAP)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            ' font-family="sans-serif" font-size="15">',
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
            '<path d="M0 0L8 4L0 8z" fill="#567"/></marker></defs>',
            *body,
            "</svg>\n",
        ]
    )


def index(moves: Moves, state: Enum) -> int:
    """Place of a state in its table."""
    return list(moves).index(state)


def arc(x_from: int, x_to: int, span: int, top: int) -> str:
    """One move. It leaves a box at two thirds of its width and enters the other at one third, seen in its direction."""
    forward = span > 0
    start, end = (
        (x_from + BOX_W * 2 // 3, x_to + BOX_W // 3) if forward else (x_from + BOX_W // 3, x_to + BOX_W * 2 // 3)
    )
    base = top if forward else top + BOX_H
    bend = base - span * STEP * 4 // 3
    curve = f"M{start} {base}C{start} {bend} {end} {bend} {end} {base}"
    return f'<path d="{curve}" fill="none" stroke="#567" marker-end="url(#tip)"/>'


def box(x: int, y: int, name: str, *, last: bool) -> str:
    """One state; a state that nothing follows has a double edge."""
    inner = f'<rect x="{x + 4}" y="{y + 4}" width="{BOX_W - 8}" height="{BOX_H - 8}" rx="5" fill="none" stroke="#567"/>'
    return (
        f'<rect x="{x}" y="{y}" width="{BOX_W}" height="{BOX_H}" rx="8" fill="#eef3f7" stroke="#567"/>'
        f"{inner if last else ''}"
        f'<text x="{x + BOX_W // 2}" y="{y + BOX_H // 2 + 5}" text-anchor="middle" fill="#123">{escape(name)}</text>'
    )


def main() -> None:
    """Write the files, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file is out of date")
    check = parser.parse_args().check
    wanted = {"states.md": page(), **{slug(table): picture(moves) for table, moves in machines()}}
    stale = [name for name, text in wanted.items() if not (OUT / name).is_file() or (OUT / name).read_text() != text]
    if check and stale:
        sys.exit(f"docs/reference: {', '.join(stale)} not as the transition tables say: run `make diagrams`")
    for name in stale:
        (OUT / name).write_text(wanted[name])


if __name__ == "__main__":
    main()
