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
Records: TypeAlias = Any
"""A structured array. NumPy cannot say of which type; the parameter's name does: tracks, plots, sensors."""
Record: TypeAlias = Any
"""One element of such an array, by reference: track, plot, sensor, rules."""

FREE, TENTATIVE, CONFIRMED, COASTING, LOST = -1, 0, 1, 2, 3
"""Values of a track's status: those of `model.track.TrackStatus`, and a slot that holds no track."""

NEXT_NUMBER, SLOTS, FREE_SLOTS, CONFIRMED_NOW, COUNTERS = 0, 1, 2, 3, 4
"""Places in the counters: the next track number, slots ever used, slots on the free list, tracks confirmed by the
last step; and how many counters there are."""

STATE = 14
"""Length of a horizontal state: x, y, vx, vy, then the covariance's upper triangle by blocks:
xx, xy, yy | x·vx, x·vy, y·vx, y·vy | vx·vx, vx·vy, vy·vy. m, s."""

VERTICAL = 5
"""Length of a vertical state: h, vh, hh, h·vh, vh·vh; h is NaN where no height was ever measured."""

PLACE = 5
"""Length of a place: x, y and the covariance xx, xy, yy."""


def _record(**fields: str) -> np.dtype[np.void]:
    return np.dtype(list(fields.items()), align=True)


TRACK = _record(
    number="i8",  # durable; a slot is reused, a number never
    status="i8",  # FREE to LOST
    time="f8",  # when the states hold: measurement time of the last contact
    state=f"({STATE},)f8",
    vertical=f"({VERTICAL},)f8",  # at the same time
    score="f8",  # log-odds that the track is an aircraft, as of `aged`
    aged="f8",  # time up to which silence has been counted in `score`
    silence="f8",  # change of score per second without contact, <= 0
    first_time="f8",  # measurement time of the first plot
    hits="i8",  # plots taken
    heard="i8",  # plots taken from listening sensors, which carry no clutter
    interval="f8",  # smoothed time between contacts, s
    address="(2,)i8",  # codes of the claimed ICAO address and Remote ID serial
    pressure="f8",  # pressure altitude last sent, m
)
"""A slot for a track. Beside it stands `seen` (slots, sensors): when each sensor last gave it a plot, -inf before."""

PLOT = _record(
    time="f8",  # of measurement
    sensor="i8",
    group="i8",  # one window, one sensor; plots of a group lie together and are assigned together
    polar="i8",  # 1: `distance` and the direction were measured, and the place depends on the height
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
)

SENSOR = _record(
    listens="i8",  # 1: receives what aircraft say: no clutter
    sees="i8",  # 1: looks at everything in its reach, so that its silence is evidence
    x="f8",
    y="f8",
    height="f8",  # of the antenna
    reach="f8",  # against ordinary aircraft, m; inf where unknown
    small_reach="f8",
    period="f8",  # between two looks at one aircraft, s
    detection="f8",  # probability per look within two thirds of the reach
    clutter="f8",  # expected false plots per look and m²
    sigma_range="f8",  # m
    sigma_azimuth="f8",  # rad
    heard_at="f8",  # when it last delivered anything, -inf before
)

RULES = _record(
    **dict.fromkeys(
        (
            "earth_radius",
            "window",
            "acceleration_psd",
            "turn_psd",
            "vertical_psd",
            "gate",
            "identifier_gate",
            "identifier_bonus",
            "start_speed_variance",
            "start_climb_variance",
            "assumed_height",
            "assumed_height_sigma",
            "pressure_sigma",
            "height_span",
            "speed_span",
            "new_density",
            "start_score",
            "confirm_score",
            "most_score",
            "drop_score",
            "lose_score",
            "small_speed",
            "coast_after",
            "drop_after",
        ),
        "f8",
    )
)
"""The settings as plain numbers; `picture.settings.TrackerSettings` says what they mean."""
