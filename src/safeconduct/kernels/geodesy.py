"""Geometry of one sector: slant range and height to the ground, the radio horizon, polar plots in the plane.

The sector's plane is a stereographic projection of the conformal (Gaussian) sphere, of radius R = sqrt(M N) at the
centre. On that sphere the plane positions seen from another point of it are a Möbius transformation away, so a polar
plot enters the plane without any geodesic being integrated: see `plane_from_ground`.
"""

import math
from typing import TypeVar

import numpy as np

from safeconduct.kernels.arrays import Floats
from safeconduct.kernels.jit import kernel

Height = TypeVar("Height", float, Floats)

RADIO_EARTH = 4.0 / 3.0
"""Ratio of effective to true earth radius for radio waves in a standard atmosphere (ITU-R P.834)."""


@kernel
def ground_distance(slant: float, site_height: float, height: float, radius: float) -> float:
    """Distance along the sphere (m) to a point at `height` (m) seen at slant range `slant` (m) from `site_height`.

    The law of cosines in the triangle with the earth's centre, in a form that keeps its digits at short range:
    4 sin²(θ/2) (R + h1)(R + h2) = slant² - (h2 - h1)². A slant range shorter than the difference of heights gives 0.
    An infinite radius gives the flat earth.
    """
    rise = height - site_height
    square = slant * slant - rise * rise
    if square <= 0.0:
        return 0.0
    if math.isinf(radius):
        return math.sqrt(square)
    half = 0.5 * math.sqrt(square / ((radius + site_height) * (radius + height))) * radius
    return 2.0 * radius * math.asin(min(1.0, half / radius))


@kernel
def radio_horizon(site_height: float, height: Height, radius: float) -> Height:
    """Greatest distance (m) at which two points at these heights (m) above flat ground see each other by radio.

    Of many heights (n,) it gives as many distances.
    """
    effective = 2.0 * RADIO_EARTH * radius
    horizon: Height = np.sqrt(effective * np.maximum(site_height, 0.0)) + np.sqrt(effective * np.maximum(height, 0.0))
    return horizon


@kernel
def plane_from_ground(
    site_x: float, site_y: float, east: float, north: float, distance: float, radius: float
) -> tuple[float, float]:
    """Plane position (m) of the point at ground distance `distance` (m) from a site in the plane.

    (east, north) is the unit vector of the direction in the plane at the site (a conformal plane keeps angles). With
    w = (x + iy) / 2R, a turn of the sphere that takes the origin to the site is w -> (w + s) / (1 - conj(s) w)
    (Needham, Visual Complex Analysis, ch. 3), and a point at distance d of the origin lies at |w| = tan(d / 2R).
    """
    if math.isinf(radius):
        return site_x + distance * east, site_y + distance * north
    scale = 2.0 * radius
    reach = math.tan(distance / scale)
    wx, wy = reach * east, reach * north
    sx, sy = site_x / scale, site_y / scale
    top_x, top_y = wx + sx, wy + sy
    low_x, low_y = 1.0 - (sx * wx + sy * wy), sy * wx - sx * wy
    norm = low_x * low_x + low_y * low_y
    return scale * (top_x * low_x + top_y * low_y) / norm, scale * (top_y * low_x - top_x * low_y) / norm
