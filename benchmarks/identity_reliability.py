"""The reliability diagram: of the answers that said p, how many were right?

Left, the scorer's ten bins. Right, the answers that said 0.9 and more, where nearly all are: the share of errors that
was said against the share that there was, both on logarithmic scales. Below each, how many answers a bin holds.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.identity_scoring import EDGES

SIDE, STRIP, GAP, LEFT, TOP, FOOT = 360, 74, 34, 72, 44, 76
"""Pixels: a panel's side, the height of the counts below it, the room between and at the right, that for the numbers at
the left, for the titles and for the legend."""
INK, PALE, GRID = "#23323e", "#9aa7b1", "#e3e8ec"
COLOURS = ("#1f5fa8", "#b3541e", "#8a3fa0", "#2a7f5a")
"""By preset, in order."""
SURE = 0.9
"""Bins from here on are in the right panel too."""
FEW = 30
"""A bin with fewer answers than this is drawn hollow: 5 s apart, they are of one or two aircraft."""
DECADES = 5
"""Of errors, from all down, that the right panel shows; fewer are drawn at its edge."""
MOST = 6
"""Decades of answers that the bars show."""

Bins = Sequence[Sequence[float]]
"""For each bin of `EDGES`: answers, sum of what they said, how many were right."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One bin of one preset: where it is in its panel, 0 to 1 from the lower left, and how many answers it holds."""

    x: float
    y: float
    count: int


def tenths(bins: Bins) -> list[list[float]]:
    """The bins put together to the scorer's ten."""
    whole = [[0.0, 0.0, 0.0] for _ in range(10)]
    for lower, row in zip(EDGES, bins, strict=False):
        place = whole[min(int(lower * 10 + 1e-9), 9)]
        for column, value in enumerate(row):
            place[column] += value
    return whole


def plain(bins: Bins) -> list[Mark]:
    """Marks of the left panel."""
    return [Mark(said / count, so / count, int(count)) for count, said, so in tenths(bins) if count]


def errors(bins: Bins) -> list[Mark]:
    """Marks of the right panel: the fewer errors, the farther to the right and up."""
    sure = [row for lower, row in zip(EDGES, bins, strict=False) if lower >= SURE and row[0]]
    return [Mark(_rarity(1.0 - said / count), _rarity(1.0 - so / count), int(count)) for count, said, so in sure]


def _rarity(share: float) -> float:
    """0 where all are errors, 1 for a share of 10^-DECADES or less."""
    return min(max(-math.log10(max(share, 1e-12)) / DECADES, 0.0), 1.0)


def diagram(presets: Mapping[str, Bins]) -> str:
    """The whole SVG, a curve a preset."""
    width, height = 2 * (LEFT + SIDE + GAP), TOP + SIDE + GAP + STRIP + FOOT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"'
        ' font-size="13">',
        f'<rect width="{width}" height="{height}" rx="8" fill="#fbfcfd"/>',
    ]
    tens = [(f"{k / 10:g}", k / 10) for k in range(0, 11, 2)]
    decades = [(f"{10.0 ** (2 - k):g} %", k / DECADES) for k in range(DECADES + 1)]
    decades[-1] = (f"≤ {decades[-1][0]}", 1.0)
    left = {name: plain(bins) for name, bins in presets.items()}
    right = {name: errors(bins) for name, bins in presets.items()}
    lines += panel(LEFT, "Right, of the answers that said so", "said", tens, left)
    lines += panel(2 * LEFT + SIDE + GAP, "Wrong, of those that said 0.9 and more", "said to be wrong", decades, right)
    return "\n".join([*lines, *legend(list(presets), height - 20), "</svg>\n"])


def panel(
    left: int, title: str, said: str, ticks: Sequence[tuple[str, float]], curves: Mapping[str, Sequence[Mark]]
) -> Iterator[str]:
    """One panel and its counts; `ticks` are the same on both axes."""
    foot = TOP + SIDE
    yield f'<text x="{left}" y="{TOP - 16}" fill="{INK}" font-size="14">{title}</text>'
    yield f'<rect x="{left}" y="{TOP}" width="{SIDE}" height="{SIDE}" fill="#fff" stroke="{PALE}"/>'
    for text, at in ticks:
        x, y = left + at * SIDE, foot - at * SIDE
        yield f'<path d="M{x:.1f} {foot}V{TOP}M{left} {y:.1f}h{SIDE}" stroke="{GRID}"/>'
        yield f'<text x="{x:.1f}" y="{foot + 16}" fill="{INK}" text-anchor="middle" font-size="11">{text}</text>'
        yield f'<text x="{left - 6}" y="{y + 4:.1f}" fill="{INK}" text-anchor="end" font-size="11">{text}</text>'
    yield f'<path d="M{left} {foot}L{left + SIDE} {TOP}" stroke="{PALE}" stroke-dasharray="5 4"/>'
    for colour, marks in zip(COLOURS, curves.values(), strict=False):
        yield from curve(left, colour, marks)
    yield from counts(left, curves)
    below = foot + GAP + STRIP + 18
    yield f'<text x="{left + SIDE / 2}" y="{below}" fill="{INK}" text-anchor="middle" font-size="12">{said}</text>'


def curve(left: int, colour: str, marks: Sequence[Mark]) -> Iterator[str]:
    """One preset's curve."""
    points = [(left + mark.x * SIDE, TOP + SIDE - mark.y * SIDE) for mark in marks]
    if points:
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        yield f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.8" stroke-opacity=".8"/>'
    for (x, y), mark in zip(points, marks, strict=True):
        fill = colour if mark.count >= FEW else "#fff"
        yield (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{fill}" stroke="{colour}">'
            f"<title>{mark.count:,} answers</title></circle>"
        )


def counts(left: int, curves: Mapping[str, Sequence[Mark]]) -> Iterator[str]:
    """A bar a mark, side by side where presets have a mark at the same place; logarithmic."""
    foot, wide = TOP + SIDE + GAP + STRIP, 4
    for decade in range(0, MOST + 1, 2):
        y = foot - decade / MOST * STRIP
        said = f"{10**decade:,}"
        yield f'<path d="M{left} {y:.1f}h{SIDE}" stroke="{GRID}"/>'
        yield f'<text x="{left - 6}" y="{y + 4:.1f}" fill="{INK}" text-anchor="end" font-size="10">{said}</text>'
    for number, (colour, marks) in enumerate(zip(COLOURS, curves.values(), strict=False)):
        shift = (number - (len(curves) - 1) / 2) * wide - wide / 2
        for mark in marks:
            tall = max(math.log10(mark.count + 1) / MOST * STRIP, 1.0)
            x = min(max(left + mark.x * SIDE + shift, left), left + SIDE - wide)
            yield f'<rect x="{x:.1f}" y="{foot - tall:.1f}" width="{wide - 1}" height="{tall:.1f}" fill="{colour}"/>'


def legend(names: Sequence[str], y: int) -> Iterator[str]:
    """What the curves are."""
    for number, (name, colour) in enumerate(zip(names, COLOURS, strict=False)):
        x = LEFT + number * 130
        yield f'<path d="M{x} {y - 4}h24" stroke="{colour}" stroke-width="2"/>'
        yield f'<circle cx="{x + 12}" cy="{y - 4}" r="4" fill="{colour}"/>'
        yield f'<text x="{x + 32}" y="{y}" fill="{INK}">{name}</text>'
    x = LEFT + len(names) * 130
    yield f'<circle cx="{x + 12}" cy="{y - 4}" r="4" fill="#fff" stroke="{INK}"/>'
    yield f'<text x="{x + 24}" y="{y}" fill="{INK}">fewer than {FEW} answers; bars: how many</text>'
