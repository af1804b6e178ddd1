"""Draws docs/images/tracking.svg: two made-up scenes through the tracker as it is shipped.

    python tools/draw_tracking.py [--out FILE]

Left, an aircraft that turns, seen by two radars; right, eight small ones that meet in one place. Every number comes
from one seed, so that the picture changes where the tracker does and nowhere else.
"""

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from safeconduct.kernels.arrays import COASTING, CONFIRMED, POLAR, Records
from safeconduct.picture.plane import PlaneSensor, PlaneTracker, in_groups, no_plots
from safeconduct.picture.settings import TrackerSettings

Floats = npt.NDArray[np.float64]

OUT = Path(__file__).resolve().parents[1] / "docs" / "images" / "tracking.svg"
SEED = 7
SIDE, GAP, TOP, FOOT = 440, 20, 44, 44
"""Pixels: a panel's side, the room about it, that for its title, and that for the legend."""
INK, PALE, ELLIPSE = "#23323e", "#9aa7b1", "#5f86b0"
PLOTS = ("#b3541e", "#2a7f5a")
"""Colours of the plots, by sensor."""
TRACKS = ("#1f5fa8", "#a8326b", "#6a4ab0", "#0f7f86", "#8a6d00", "#3f7d20", "#c04b3a", "#4a5d9e")
"""Colours of the tracks in turn, so that one that changes aircraft shows."""


@dataclass(slots=True)
class Scene:
    """What is drawn. Metres in the plane.

    Attributes:
        half: of the side of what is shown, about the origin.
        every: a track has an ellipse at every so many of its pictures.
        truth: for each aircraft (n, 2), where it was.
        plots: x, y and sensor of all plots; tracks: by number, x, y, xx, xy, yy of each picture.
    """

    title: str
    half: float
    every: int
    tracker: PlaneTracker
    truth: list[Floats]
    plots: list[tuple[float, float, int]] = field(default_factory=list)
    tracks: dict[int, list[Floats]] = field(default_factory=dict)

    def take(self, plots: Records, now: float) -> None:
        """One step of the tracker, and the picture after it."""
        tracker = self.tracker
        grouped, _ = in_groups(plots, tracker.settings.window_s)
        tracker.step(grouped, now)
        tracker.release_lost()
        self.plots += [(x, y, int(s)) for x, y, s in zip(*places(grouped), grouped["sensor"], strict=True)]
        slots = tracker.slots_with(CONFIRMED, COASTING)
        states, _ = tracker.states_at(slots, now)
        for number, state in zip(tracker.tracks["number"][slots].tolist(), states, strict=True):
            self.tracks.setdefault(number, []).append(state[[0, 1, 4, 5, 6]])


def places(plots: Records) -> tuple[list[float], list[float]]:
    """Where plots lie, as the tracker has placed them."""
    return plots["place"][:, 0].tolist(), plots["place"][:, 1].tolist()


def turning() -> Scene:
    """One aircraft at 200 m/s: straight on, more than half a circle at 2.5 degrees a second, straight on again."""
    rng, seconds, height = np.random.default_rng(SEED), np.arange(130), 3_000.0
    reach, false, sigma, sigma_azimuth = 40_000.0, 8.0, 60.0, math.radians(0.25)
    course = math.radians(20.0) + np.cumsum(np.where((seconds >= 35) & (seconds < 115), math.radians(2.5), 0.0))
    path = np.cumsum(200.0 * np.column_stack([np.cos(course), np.sin(course)]), axis=0) - 6_500.0
    tracker, sites, periods = PlaneTracker(TrackerSettings()), ((-24e3, -14e3), (20e3, -20e3)), (4, 6)
    for (x, y), period in zip(sites, periods, strict=True):
        radar = PlaneSensor(x=x, y=y, period=period, reach=reach, small_reach=reach, false_alarms=false)
        radar = replace(radar, clutter=false / (math.pi * reach**2), sigma_range=sigma, sigma_azimuth=sigma_azimuth)
        tracker.add_sensor(radar)
    scene = Scene("An aircraft turns, seen by two radars", 9_000.0, 8, tracker, [path])
    for now in seconds.tolist():
        rows = []
        for sensor, (site, period) in enumerate(zip(sites, periods, strict=True)):
            away = path[now] - site
            if now % period == 0 and rng.random() < 0.9:
                slant = math.hypot(away[0], away[1], height) + rng.normal(0.0, sigma)
                rows.append((slant, math.atan2(away[1], away[0]) + rng.normal(0.0, sigma_azimuth), sensor))
            count = rng.poisson(false / period)
            slants, azimuths = reach * np.sqrt(rng.random(count)), rng.uniform(-math.pi, math.pi, count)
            rows += [(*row, sensor) for row in zip(slants.tolist(), azimuths.tolist(), strict=True)]
        plots, table = no_plots(len(rows)), np.array(rows).reshape(-1, 3)
        plots["kind"], plots["time"], plots["height"], plots["height_variance"] = POLAR, now, height, 100.0**2
        plots["distance"], plots["sensor"] = table[:, 0], table[:, 2]
        plots["east"], plots["north"] = np.cos(table[:, 1]), np.sin(table[:, 1])
        scene.take(plots, float(now))
    return scene


def meeting() -> Scene:
    """Eight aircraft at 15 m/s pass one place at once, each 20 m beside it; one look a second, with 10 m noise."""
    rng, scans, half, false, sigma = np.random.default_rng(SEED), np.arange(45), 350.0, 8.0, 10.0
    ahead = (scans - 22.0)[:, None] * 15.0 * np.ones(2)
    turns = [(math.cos(angle), math.sin(angle)) for angle in np.radians(10.0 + 45.0 * np.arange(8))]
    truth = [ahead * (c, s) + (-20.0 * s, 20.0 * c) for c, s in turns]
    tracker = PlaneTracker(TrackerSettings(window_s=1.0, start_speed_sigma_mps=15.0))
    tracker.add_sensor(PlaneSensor(clutter=false / (2.0 * half) ** 2, false_alarms=false))
    scene = Scene("Eight aircraft pass one place at once, 20 m beside it", half, 5, tracker, truth)
    for now in scans.tolist():
        there = np.array([path[now] for path in truth])[rng.random(len(truth)) < 0.9]
        clutter = rng.uniform(-half, half, (rng.poisson(false), 2))
        plots = no_plots(len(there) + len(clutter))
        plots["time"], plots["place"][:, 2:] = now, (sigma**2, 0.0, sigma**2)
        plots["place"][:, :2] = np.vstack([there + rng.normal(0.0, sigma, there.shape), clutter])
        scene.take(plots, float(now))
    return scene


def picture() -> str:
    """The whole SVG."""
    width, height = 2 * SIDE + 3 * GAP, TOP + SIDE + FOOT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        ' font-family="sans-serif" font-size="14">',
        f'<rect width="{width}" height="{height}" rx="8" fill="#fbfcfd"/>',
    ]
    for column, scene in enumerate((turning(), meeting())):
        lines += panel(scene, GAP + column * (SIDE + GAP))
    return "\n".join([*lines, *legend(TOP + SIDE + 27), "</svg>\n"])


def panel(scene: Scene, left: int) -> Iterator[str]:
    """One scene, from `left` pixels on."""
    yield f'<text x="{left}" y="{TOP - 14}" fill="{INK}">{scene.title}</text>'
    scale = SIDE / (2.0 * scene.half)
    yield f'<svg x="{left}" y="{TOP}" width="{SIDE}" height="{SIDE}"><rect width="100%" height="100%" fill="#fff"/>'
    for path in scene.truth:
        yield f'<path d="{line(path, scale)}" fill="none" stroke="{PALE}" stroke-width="5" stroke-opacity=".45"/>'
    for x, y, sensor in scene.plots:
        if max(abs(x), abs(y)) < scene.half:
            a, b = at(x, y, scale)
            yield f'<circle cx="{a:.1f}" cy="{b:.1f}" r="1.7" fill="{PLOTS[sensor]}" fill-opacity=".55"/>'
    for order, (_, rows) in enumerate(sorted(scene.tracks.items())):
        for row in rows[:: scene.every]:
            yield ellipse(row, scale)
        colour = TRACKS[order % len(TRACKS)]
        yield f'<path d="{line(np.array(rows), scale)}" fill="none" stroke="{colour}" stroke-width="1.8"/>'
    length = 10.0 ** math.floor(math.log10(scene.half / 2.0))
    yield f'<path d="M14 {SIDE - 14}h{length * scale:.1f}" stroke="{INK}" stroke-width="2"/>'
    said = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    yield f'<text x="14" y="{SIDE - 20}" font-size="12" fill="{INK}">{said}</text>'
    yield f'<rect width="100%" height="100%" fill="none" stroke="{PALE}"/></svg>'


def at(x: float, y: float, scale: float) -> tuple[float, float]:
    """Pixels in a panel of a place in the plane."""
    return SIDE / 2.0 + x * scale, SIDE / 2.0 - y * scale


def line(path: Floats, scale: float) -> str:
    """The path data of the places (n, 2 or more)."""
    points = (at(float(row[0]), float(row[1]), scale) for row in path)
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def ellipse(row: Floats, scale: float) -> str:
    """The two-sigma ellipse of x, y, xx, xy, yy."""
    (short, long), axes = np.linalg.eigh([[row[2], row[3]], [row[3], row[4]]])
    x, y = at(float(row[0]), float(row[1]), scale)
    turn = -math.degrees(math.atan2(axes[1, 1], axes[0, 1]))
    size = f'rx="{2.0 * scale * math.sqrt(long):.1f}" ry="{2.0 * scale * math.sqrt(short):.1f}"'
    where = f'transform="translate({x:.1f} {y:.1f}) rotate({turn:.0f})"'
    return f'<ellipse {size} {where} fill="{ELLIPSE}" fill-opacity=".14" stroke="{ELLIPSE}"/>'


def legend(y: int) -> Iterator[str]:
    """What the marks mean."""
    marks = (
        (f'<path d="M0 0h24" stroke="{PALE}" stroke-width="5" stroke-opacity=".45"/>', "where it was"),
        (f'<circle cx="7" r="3" fill="{PLOTS[0]}"/><circle cx="17" r="3" fill="{PLOTS[1]}"/>', "plots, false ones too"),
        (f'<path d="M0 0h24" stroke="{TRACKS[0]}" stroke-width="1.8"/>', "confirmed tracks, each in a colour"),
        (f'<ellipse cx="12" rx="12" ry="6" fill="{ELLIPSE}" fill-opacity=".14" stroke="{ELLIPSE}"/>', "two sigma"),
    )
    for column, (mark, said) in enumerate(marks):
        x = GAP + 6 + (0, 180, 390, 700)[column]
        yield f'<g transform="translate({x} {y - 5})">{mark}</g><text x="{x + 34}" y="{y}" fill="{INK}">{said}</text>'


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.parse_args().out.write_text(picture())


if __name__ == "__main__":
    main()
