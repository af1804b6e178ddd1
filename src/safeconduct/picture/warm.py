"""Compiles the kernels of the tracker and of identification ahead of time: `python -m safeconduct.picture.warm`.

Without it the first start waits for them; either way their machine code is kept for all later ones. They come in two
halves of about the same work, so that two processes can share it: `... warm giving` compiles the one alone.
"""

import sys
from dataclasses import replace

import numpy as np

from safeconduct.kernels import following
from safeconduct.kernels.arrays import (
    BRANCHING,
    COUNTERS,
    FREE,
    MODES,
    RULES,
    SENSOR,
    TRACK,
)
from safeconduct.kernels.belief import marginals
from safeconduct.kernels.boxes import plot_boxes, set_track_boxes, thinnest
from safeconduct.kernels.fall import land
from safeconduct.kernels.gating import candidates, every_pair
from safeconduct.kernels.hypotheses import place_polar
from safeconduct.kernels.life import age, begin_tracks, give
from safeconduct.kernels.motion import states_at
from safeconduct.kernels.noise import rescale_all
from safeconduct.kernels.settling import settle
from safeconduct.kernels.twins import join_twins
from safeconduct.kernels.weighing import find_unexplained, weigh
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.detection import BatchBuilder
from safeconduct.model.flight import Flight
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.model.volume import Volume4D
from safeconduct.picture.identification import IdentificationEngine
from safeconduct.picture.plan_model import FollowingModel, rules_record
from safeconduct.picture.plane import no_plots
from safeconduct.picture.tracker import Tracker

GIVING = "giving"


class Nothing:
    """What the kernels work on, with nothing in it."""

    def __init__(self) -> None:
        self.tracks = np.zeros(1, TRACK)
        self.tracks["status"] = FREE
        self.sensors, self.settings, self.scratch = np.ones(1, SENSOR), np.zeros(1, RULES), np.zeros(1, BRANCHING)
        self.seen, self.boxes = np.zeros((1, 1)), np.full((1, 4), np.nan)
        self.plots, self.counters = no_plots(0), np.zeros(COUNTERS, np.int64)
        self.floats, self.ints, self.share = np.zeros(0), np.zeros(0, np.int64), np.zeros((0, MODES))
        self.pairs, self.starts = np.zeros((0, 2), np.int64), np.zeros(1, np.int64)


def compile_giving() -> None:
    """The half with the filters: what becomes of a track that is given its plots, and how one begins."""
    no = Nothing()
    common = (no.plots, no.sensors, no.settings)
    give(no.tracks, no.seen, *common, no.pairs, no.starts, no.floats, no.floats, no.share, no.scratch, no.ints)
    begin_tracks(no.tracks, no.seen, no.ints, no.counters, *common, no.floats, no.floats, no.ints)


def compile_rest() -> None:
    """The other half."""
    no = Nothing()
    weigh(no.tracks, no.seen, no.plots, no.sensors, no.settings, no.pairs)
    marginals(no.ints, no.starts, no.floats, 0)
    find_unexplained(no.sensors, no.settings, no_plots(1), no.ints, no.starts, no.floats)
    settle(no.tracks, no.plots, no.pairs, no.starts, no.floats, no.floats)
    join_twins(no.tracks, no.seen, no.sensors, no.ints, 0.0)
    states_at(no.tracks, no.ints, 0.0, no.settings, no.scratch)
    age(no.tracks, no.seen, no.ints, no.sensors, no.settings, no.counters, 0.0)
    place_polar(no.plots, no.sensors, no.settings)
    rescale_all(no.plots, no.sensors)
    set_track_boxes(no.tracks, no.ints, no.settings, no.boxes, 0.0, thinnest(no.sensors, no.plots, no.settings))
    plot_boxes(no.plots, no.settings)
    candidates(no.boxes, np.zeros((1, 4)))
    every_pair(no.boxes, 0)


def compile_kernels() -> None:
    """All: tracks two plots of a radar and two reports of a receiver, which calls every kernel with every type it
    meets, and lets a body fall."""
    radar = Sensor(
        id="radar",
        party="none",
        kind=SensorKind.RADAR,
        lon=0.1,
        lat=0.1,
        range_m=5e4,
        sigma_range_m=50.0,
        sigma_azimuth_deg=0.2,
    )
    receiver = Sensor(id="receiver", party="none", kind=SensorKind.ADSB, sigma_m=20.0)
    tracker = Tracker(Sector(id="warm", party="none", name="Warm", centre=(0.0, 0.0)), (radar, receiver))
    for time in (0.0, 1.0):
        rows = BatchBuilder()
        rows.add(time=time, received=time, sensor="radar", range_m=2e4 + time, azimuth_deg=45.0)
        rows.add(time=time, received=time, sensor="receiver", lon=0.0, lat=0.0, velocity=(0.0, 0.0, 0.0))
        tracker.update(rows.build())
    _identify(tracker)
    tracker.advance(1000.0)
    land(np.zeros((1, 9)), 0.0)


def _identify(tracker: Tracker) -> None:
    """Holds what is tracked against a flight, as sure and as doubtful tracks."""
    outline = ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))
    air = Volume4D(outline=outline, lower_m=0.0, upper_m=9e3, start=0.0, end=1e3)
    flight = Flight(id="warm", party="none", aircraft=Aircraft(type="none"), volumes=(air, replace(air, start=500.0)))
    engine = IdentificationEngine(tracker.frame, [flight])
    for time in (2.0, 200.0):
        engine.assess(tracker.picture(time))
    rules, pairs = rules_record(FollowingModel()), np.zeros(0, following.PAIR)
    following.doubt(pairs, 0.5, rules)
    following.inherit(pairs, pairs, 0.5)


if __name__ == "__main__":
    if GIVING in sys.argv[1:]:
        compile_giving()
    else:
        compile_kernels()
