"""Where a track may be in a window of time, and where a plot may be: boxes for `gating.candidates`."""

import math

import numpy as np

from safeconduct.kernels.arrays import FREE, LOST, MODELS, POLAR, Floats, Ints, Record, Records
from safeconduct.kernels.clutter import least_unevenness
from safeconduct.kernels.hypotheses import LEAST_DETECTION, LEAST_GAIN, STALE, gate_psd
from safeconduct.kernels.jit import kernel
from safeconduct.kernels.motion import place_at
from safeconduct.kernels.scoring import MOST_DETECTION, density

POLAR_MARGIN = 1.5
"""Boxes of polar plots are wider by this: knowing a track's height may move their place."""


@kernel
def thinnest(sensors: Records, plots: Records, settings: Records) -> float:
    """The least likelihood of a place, per m², that a pair of a track without height or address can have to be worth
    anything to some sensor (`hypotheses.worth`)."""
    least = math.inf
    for s in range(len(sensors)):
        sensor = sensors[s]
        p = min(max(sensor.detection * sensor.keenness, LEAST_DETECTION), MOST_DETECTION)
        false = least_unevenness(sensor) * density(sensor, settings[0], sensor.unexplained)
        least = min(least, false * (1.0 - p) / p)
    for p in range(len(plots)):
        if math.isfinite(plots[p].vx):  # which may speak for the pair as well
            return 0.0
    return least * math.exp(LEAST_GAIN)


@kernel
def worthwhile_gate(gate: float, weight: float, det: float, thin: float) -> float:
    """The gate of one history (standard deviations), no wider than where `weight` times its density falls to `thin`;
    negative where it nowhere comes up to that. det: of its covariance, which that of a plot only makes larger."""
    if thin <= 0.0:
        return gate
    over = weight / (2.0 * math.pi * math.sqrt(det) * thin)
    return min(gate, math.sqrt(2.0 * math.log(over))) if over > 1.0 else -1.0


@kernel
def set_track_box(track: Record, rules: Record, box: Floats, middle: float, thin: float) -> None:
    """Box (x, y, half widths) of all places within the gate that a track may have in the window about `middle`.

    thin: see `thinnest`. Where slow and fast are both possible, the fast one's gate is wide and seldom worth a plot.
    """
    dt, half = middle - track.time, 0.5 * rules.window
    far = dt + half if dt >= 0.0 else dt - half
    noise = gate_psd(track, rules) * abs(far) * far * far / 3.0
    named = track.address[0] or track.address[1]
    if track.models < MODELS and not named:
        if math.isfinite(track.vertical[0]):
            thin = 0.0
        west, east, south, north = math.inf, -math.inf, math.inf, -math.inf
        used = track.histories * track.models
        for b in range(used):
            mode = track.modes[b]
            _, _, xx, xy, yy = place_at(mode, far, 0.0, noise)
            gate = worthwhile_gate(rules.gate, used * track.chance[b], xx * yy - xy * xy, thin)
            if gate < 0.0:
                continue
            x, y = mode[0] + dt * mode[2], mode[1] + dt * mode[3]
            wide, deep = gate * math.sqrt(xx) + half * abs(mode[2]), gate * math.sqrt(yy) + half * abs(mode[3])
            west, east = min(west, x - wide), max(east, x + wide)
            south, north = min(south, y - deep), max(north, y + deep)
        box[0], box[1] = 0.5 * (west + east), 0.5 * (south + north)
        box[2], box[3] = 0.5 * (east - west), 0.5 * (north - south)
        if west > east:
            box[0] = math.nan
        return
    state = track.state
    _, _, xx, _, yy = place_at(state, far, 0.0, noise)
    gate = rules.identifier_gate if named else rules.gate
    box[0], box[1] = state[0] + dt * state[2], state[1] + dt * state[3]
    box[2] = gate * math.sqrt(xx) + half * abs(state[2])
    box[3] = gate * math.sqrt(yy) + half * abs(state[3])
    if named:
        flown = STALE * math.hypot(state[2], state[3]) * abs(far)
        box[2], box[3] = max(box[2], flown), max(box[3], flown)


@kernel
def set_track_boxes(tracks: Records, slots: Ints, settings: Records, boxes: Floats, middle: float, thin: float) -> None:
    """The boxes (slots, 4) of the tracks in these slots; NaN where there is none."""
    for i in slots:
        if tracks[i].status == FREE or tracks[i].status == LOST:
            boxes[i, 0] = math.nan
        else:
            set_track_box(tracks[i], settings[0], boxes[i], middle, thin)


@kernel
def plot_boxes(plots: Records, settings: Records) -> Floats:
    """Boxes (plots, 4): x, y, half widths."""
    boxes = np.empty((len(plots), 4))
    for p in range(len(plots)):
        plot = plots[p]
        gate = settings[0].gate * (POLAR_MARGIN if plot.kind == POLAR else 1.0)
        boxes[p, 0], boxes[p, 1] = plot.place[0], plot.place[1]
        boxes[p, 2], boxes[p, 3] = gate * math.sqrt(plot.place[2]), gate * math.sqrt(plot.place[4])
    return boxes
