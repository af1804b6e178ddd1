"""The plain arrays that the tracking kernels work on: structured arrays, one record a track, a plot or a sensor.

Everything is in one sector's plane: x to grid east, y to grid north, metres; height above the ellipsoid; seconds.
NaN is an absence, and the address code 0 is no address. A kernel gets a record as one pointer, so that the small
functions per pair cost no more than the arithmetic in them.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Records: TypeAlias = Any
"""A structured array. NumPy cannot say of which type; the parameter's name does: tracks, plots, sensors."""
Record: TypeAlias = Any
"""One element of such an array, by reference: track, plot, sensor, rules."""

FREE, TENTATIVE, CONFIRMED, COASTING, LOST = -1, 0, 1, 2, 3
"""Values of a track's status: those of `model.track.TrackStatus`, and a slot that holds no track."""

NEXT_NUMBER, SLOTS, FREE_SLOTS, COUNTERS = 0, 1, 2, 3
"""Places in the counters: the next track number, slots ever used, slots on the free list; and how many counters."""

PLACED, POLAR, BEARING = 0, 1, 2
"""Kinds of plots: a place; a distance and a direction, whose place depends on the height; a direction alone."""

STATE = 14
"""Length of a horizontal state: x, y, vx, vy, then the covariance's upper triangle by blocks:
xx, xy, yy | x·vx, x·vy, y·vx, y·vy | vx·vx, vx·vy, vy·vy. m, s."""

MODELS = 5
"""So many turn rates are tried on a fast aircraft: straight on first, then left and right in pairs."""

STANDING = 2
"""Ways to move that are tried on an aircraft that hardly moves: on, or standing still."""

MODES = 10
"""Room for what an aircraft may be doing: each history of association (what plots were its own) with each turn rate.
A slow aircraft, on which one model of motion is tried, may have as many histories; a fast one a fifth of that, and one
that hardly moves a half."""

VERTICAL = 5
"""Length of a vertical state: h, vh, hh, h·vh, vh·vh; h is NaN where no height was ever measured."""

MAP_SIDE = 16
MAP_CELLS = MAP_SIDE * MAP_SIDE
"""Cells of the map of a sensor's false plots: lines from south to north, in each from west to east, about the sensor
as far as it reaches."""

PLACE = 5
"""Length of a place: x, y and the covariance xx, xy, yy."""


def record(**fields: str) -> np.dtype[np.void]:
    """The type of a record with these fields, laid out as a kernel reads them."""
    return np.dtype(list(fields.items()), align=True)


TRACK = record(
    number="i8",  # durable; a slot is reused, a number never
    status="i8",  # FREE to LOST
    time="f8",  # when the states hold
    contact="f8",  # measurement time of the last plot that is more likely this aircraft's than not
    state=f"({STATE},)f8",  # all modes in one: their mean and covariance
    modes=f"({MODES},{STATE})f8",  # what the aircraft may be doing: history by history, and in each by turn rate
    chance=f"({MODES},)f8",  # probability of each mode; they sum to 1
    histories="i8",  # in use
    models="i8",  # ways to move in use: 1, STANDING (as that, or standing still) or MODELS (turn rates)
    vertical=f"({VERTICAL},)f8",  # at the same time, both of the next in one
    heights=f"(2,{VERTICAL})f8",  # if it flies level, and if it climbs
    level="f8",  # chance of the former
    score="f8",  # log-odds that the track is an aircraft, as of `aged`
    aged="f8",  # time up to which silence has been counted in `score`
    looked="f8",  # time up to which looks at it count in what is `due` of each sensor, NaN where it is not sure enough
    silence="f8",  # change of score per second without contact, <= 0
    first_time="f8",  # measurement time of the first plot
    begun_by="i8",  # the sensor of the first plot
    begun_with="f8",  # chance that the first plot was of an aircraft
    proven="i8",  # 1: it has been as good as certain
    rivalry="f8",  # chance that another track has its aircraft by now, at worst since they came close; 0 where apart
    crossed="f8",  # the same of the last time that they came apart, until somebody has read it
    twin="i8",  # number of an older track that it is like, 0 for none
    twin_since="f8",  # so long
    joined="i8",  # number of the track that it has proved to be, and was ended for; else 0
    hits="i8",  # plots taken
    heard="i8",  # plots taken from listening sensors, which carry no clutter
    interval="f8",  # smoothed time between contacts, s
    address="(2,)i8",  # codes of the claimed ICAO address and Remote ID serial
    pressure="f8",  # pressure altitude last sent, m
)
"""A slot for a track. Beside it stands `seen` (slots, sensors): when each sensor last gave it a plot, -inf before."""

PLOT = record(
    time="f8",  # of measurement
    sensor="i8",
    group="i8",  # one window, one sensor; plots of a group lie together and are assigned together
    kind="i8",  # PLACED, POLAR or BEARING
    place=f"({PLACE},)f8",  # of a polar plot filled in by `place_polar`
    distance="f8",  # slant range, m
    east="f8",  # unit vector of the azimuth in the plane at the sensor
    north="f8",
    height="f8",  # geodetic, m
    height_variance="f8",
    vx="f8",
    vy="f8",
    vh="f8",
    velocity_variance="f8",  # per axis
    address="(2,)i8",  # codes of the claimed ICAO address and Remote ID serial, 0 for none
    pressure="f8",  # pressure altitude, m
    number="i8",  # of the track that it began, 0 where it began none yet: it begins none under another number
)

SENSOR = record(
    listens="i8",  # 1: receives what aircraft say: no clutter
    sees="i8",  # 1: looks at everything in its reach, so that its silence is evidence
    x="f8",
    y="f8",
    height="f8",  # of the antenna
    reach="f8",  # against ordinary aircraft, m; inf where unknown
    small_reach="f8",
    period="f8",  # between two looks at one aircraft, s
    detection="f8",  # probability per look within two thirds of the reach
    keenness="f8",  # detections found over those declared
    given="f8",  # plots of late that sure tracks had of it
    due="f8",  # as many as they should have had by its declared detection probability
    clutter="f8",  # false plots per look and m², as declared
    false_alarms="f8",  # the same per look
    usual="f8",  # false plots per look, as found
    looks="f8",  # so many looks went into that
    unexplained="f8",  # plots per look that no track explains, of late
    fallen=f"({MAP_CELLS},)f8",  # unexplained plots of late in each cell of the map (`clutter`)
    evenly="f8",  # as many as would be in each cell if they fell evenly
    fruitful="f8",  # share of the tracks begun by its plots that came to something, of late
    slow="f8",  # share of those that are slow, of late
    sigma_range="f8",  # m
    sigma_azimuth="f8",  # rad
    heard_at="f8",  # when it last delivered anything, -inf before
    scale="(2,)f8",  # variance found over variance declared: along the line of sight, and across it
    spread="(2,)f8",  # of the innovations of late, less what the tracks account for, m²
    declared="(2,)f8",  # the declared variance of the same plots, m²
    judged="f8",  # so many plots went into that
)

RULES = record(
    turn_rate=f"({MODELS},)f8",  # rad/s, counter-clockwise
    turn_share=f"({MODELS},)f8",  # share of all flying that each takes
    **dict.fromkeys(
        (
            "earth_radius",
            "window",
            "acceleration_psd",
            "turn_psd",
            "slow_turn_psd",
            "turn_lasts",
            "vertical_psd",
            "climb_lasts",
            "gate",
            "identifier_gate",
            "identifier_bonus",
            "start_speed_variance",
            "start_slow_variance",
            "start_climb_variance",
            "assumed_height",
            "assumed_height_sigma",
            "pressure_offset",
            "pressure_sigma",
            "height_span",
            "speed_span",
            "new_density",
            "start_score",
            "confirm_score",
            "confirm_hits",
            "most_score",
            "birth",
            "give_up_after",
            "together",
            "prune",
            "drop_score",
            "lose_score",
            "small_speed",
            "coast_after",
            "drop_after",
        ),
        "f8",
    ),
)
"""The settings as plain numbers; `picture.settings.TrackerSettings` says what they mean. Functions that are called from
Python take them as an array of one, `settings`: handing over an array costs a tenth of handing over a record."""

MOST_BRANCHES = 24
"""So many new histories of one track are weighed against each other."""

BRANCHING = record(
    weight=f"({MOST_BRANCHES},)f8",  # of a new history
    old=f"({MOST_BRANCHES},)i8",  # the history that it goes on from
    pair=f"({MOST_BRANCHES},)i8",  # the pair that it takes, -1 for none
    new=f"({MODELS},{STATE})f8",
    chance=f"({MODELS},)f8",
    modes=f"({MODES},{STATE})f8",
    chances=f"({MODES},)f8",
    means=f"({MODES},{STATE})f8",
    mean=f"({STATE},)f8",
    place=f"({PLACE},)f8",
    places=f"({MODES},{PLACE})f8",
    ahead=f"({PLACE},)f8",
    cross="(4,2)f8",
    proposed="i8",
)
"""Scratch of `branching.branch` and `life.absorb`."""
