"""What must hold of sensors that are judged against each other, wherever they stand and however they err."""

import math

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from safeconduct.kernels.arrays import Records
from safeconduct.kernels.ecef import ecef, polar
from safeconduct.kernels.frame import SectorFrame
from safeconduct.picture.bias import Bias
from safeconduct.picture.joint import together
from safeconduct.picture.legs import legs_of, pairs_of
from safeconduct.picture.peers import Peers
from safeconduct.picture.references import PAIR, SIGHT, SITE, References, axes_at

Floats = npt.NDArray[np.float64]

FRAME = SectorFrame(13.3, 32.6)
SIGMA = (math.radians(0.25), 60.0)
SEEDS = st.integers(0, 2**32 - 1)
SMALL = st.tuples(st.floats(-3e-3, 3e-3), st.floats(-60.0, 60.0), st.floats(-0.3, 0.3))
NONE = (0.0, 0.0, 0.0)
FAR = ((-25e3, -8e3), (28e3, 18e3))
ONE_SITE = ((0.0, 0.0), (0.0, 10.0))
EVERY = np.ones(2, np.bool_)


def sites_at(places: tuple[tuple[float, float], ...]) -> Records:
    sites = np.zeros(len(places), SITE)
    lon, lat = FRAME.to_degrees(*np.array(places).T)
    sites["place"], sites["axes"], sites["height"], sites["reach"] = ecef(lon, lat, 80.0), axes_at(lon, lat), 80.0, 2e5
    sites["sigma_azimuth"], sites["sigma_range"] = SIGMA
    return sites


def sights_of(
    seed: int,
    places: tuple[tuple[float, float], ...],
    biases: tuple[tuple[float, float, float], ...],
    noise: float = 1.0,
    aircraft: int = 10,
) -> Records:
    """A minute of plots of aircraft in straight lines, each radar looking once in 4 s at a time of its own."""
    rng, parts = np.random.default_rng(seed), []
    place, height = rng.uniform(-40e3, 40e3, (aircraft, 2)), rng.uniform(1_000.0, 5_000.0, aircraft)
    course, speed = rng.uniform(0, 2 * np.pi, aircraft), rng.uniform(30.0, 200.0, aircraft)
    velocity = speed[:, None] * np.column_stack([np.sin(course), np.cos(course)])
    for row, ((east, north), bias) in enumerate(zip(places, biases, strict=True)):
        lon, lat = FRAME.to_degrees(np.array(east), np.array(north))
        for look in range(15):
            when = 4.0 * look + rng.uniform(0.0, 1.0) + 1.7 * row + np.zeros(aircraft)
            at = place + velocity * when[:, None]
            slant, azimuth = polar((float(lon), float(lat), 80.0), *FRAME.to_degrees(at[:, 0], at[:, 1]), height)
            sights = np.zeros(aircraft, SIGHT)
            sights["sensor"], sights["number"] = row, np.arange(aircraft)
            sights["time"], sights["received"] = when + bias[2], when + 0.5
            sights["azimuth"] = np.radians(azimuth) + bias[0] + noise * rng.normal(0.0, SIGMA[0], aircraft)
            sights["distance"] = slant + bias[1] + noise * rng.normal(0.0, SIGMA[1], aircraft)
            sights["height"], sights["height_variance"] = height, 1.0
            parts.append(sights)
    return np.concatenate(parts)


def pairs_at(sights: Records, sites: Records) -> Records:
    legs = legs_of(sights, sites, np.zeros((len(sites), 3)))
    return pairs_of(sights, legs, sites, References(), np.ones(len(sites), np.bool_))


def wrapped(angle: float) -> float:
    return math.remainder(angle, 2.0 * math.pi)


@settings(max_examples=40, deadline=None)
@given(SEEDS, SMALL, SMALL)
def test_a_pair_differs_by_what_both_err(seed: int, one: tuple[float, ...], other: tuple[float, ...]) -> None:
    """To first order: the plot's own bias, less how far the source's moves the place that it is compared with."""
    errs = np.array([one, other])
    pairs = pairs_at(sights_of(seed, FAR, (one[:3], other[:3]), noise=0.0), sites_at(FAR))  # type: ignore[arg-type]
    assert len(pairs) > 100
    mine, theirs = errs[pairs["sensor"]], errs[pairs["source"]]
    expected = mine[:, :2] - pairs["rate"] * mine[:, 2:] - np.einsum("nij,nj->ni", pairs["sway"], theirs)
    off = pairs["off"] - expected
    across = off[:, 0] * np.hypot(*pairs["place"].T)
    for left in (across, off[:, 1]):  # near a radar the second order is larger
        assert np.quantile(np.abs(left), 0.9) < 10.0
        assert np.abs(left).max() < 80.0


@settings(max_examples=40, deadline=None)
@given(SEEDS, SMALL, SMALL)
def test_two_radars_apart_tell_how_each_of_them_errs(
    seed: int, one: tuple[float, float, float], other: tuple[float, float, float]
) -> None:
    pairs = pairs_at(sights_of(seed, FAR, (one, other)), sites_at(FAR))
    joint = together(pairs, np.array([one[0], other[0]]), np.full(2, SIGMA[0]), np.zeros((2, 3)), {})
    assert joint is not None
    for k, truth in enumerate((one, other)):
        found = joint.bias(k)
        assert abs(found.value[0] - truth[0]) < 6.0 * found.sigma[0] < math.radians(1.2)
        assert abs(found.value[1] - truth[1]) < 6.0 * found.sigma[1]
        assert (np.linalg.eigvalsh(found.covariance) > 0).all()
    off, sigma = joint.between(0, 1)
    assert abs(off - (one[0] - other[0])) < 6.0 * sigma


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.floats(-0.03, 0.03))
def test_at_one_site_only_the_difference_is_known_until_one_is_known(seed: int, by: float) -> None:
    pairs = pairs_at(sights_of(seed, ONE_SITE, (NONE, (by, 0.0, 0.0))), sites_at(ONE_SITE))
    centre, sigma, known = np.array([np.nan, by]), np.full(2, SIGMA[0]), np.zeros((2, 3))
    alone = together(pairs, centre, sigma, known, {})
    assert alone is not None
    off, spread = alone.between(1, 0)
    assert abs(off - by) < 6.0 * spread < math.radians(0.6)
    assert alone.bias(0).sigma[0] > math.radians(1.0)
    assert alone.bias(1).sigma[0] > math.radians(1.0)
    anchor = Bias(np.zeros(3), np.diag([1e-8, 25.0, 1e-4]), 100, 10)
    told = together(pairs, centre, sigma, known, {0: anchor})
    assert told is not None
    assert abs(told.bias(1).value[0] - by) < 6.0 * told.bias(1).sigma[0] < math.radians(0.6)


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.floats(-math.pi, math.pi), st.integers(3, 12))
def test_any_turn_is_found_in_any_order_of_the_plots(seed: int, turned: float, aircraft: int) -> None:
    """And if anything is found, then of the radar that is turned."""
    sights = sights_of(seed, FAR, (NONE, (turned, 0.0, 0.0)), aircraft=aircraft)
    sights["number"] += 1_000 * sights["sensor"]
    verdicts = []
    for order in (np.arange(len(sights)), np.random.default_rng(seed).permutation(len(sights))):
        peers = Peers()
        peers.add(sights[order], 61.0)
        none = np.zeros(0, PAIR)
        verdicts.append(peers.judge(61.0, sites_at(FAR), np.zeros((2, 3)), EVERY, {}, none, References()))
    one, other = (verdict.found for verdict in verdicts)
    assert set(one) == set(other)
    for row, found in one.items():
        truth = turned if row == 1 else 0.0
        assert abs(wrapped(float(found.value[0]) - truth)) < 6.0 * found.sigma[0]
        assert abs(wrapped(float(found.value[0] - other[row].value[0]))) < 1e-6
    if aircraft >= 8:
        assert set(one) == {0, 1}
