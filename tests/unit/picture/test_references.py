"""Known traffic: what a report is good for, and how a plot lies against it."""

import math

import numpy as np
import pytest

from safeconduct.kernels.arrays import Records
from safeconduct.kernels.ecef import ecef, polar
from safeconduct.picture.references import MOST_REFERENCES, REPORT, SIGHT, SITE, References, axes_at

SITE_AT = (13.1, 32.5, 80.0)
LON, LAT, HEIGHT, NORTH_MPS = 13.5, 32.7, 4_000.0, 200.0
PER_DEGREE = 110_900.0
"""Metres per degree of latitude there, to 1e-4."""


def report(time: float, number: int = 1, **changes: float | tuple[float, float, float]) -> Records:
    """Of an aircraft that flies north from `LON`, `LAT`."""
    row = np.zeros(1, REPORT)
    values: dict[str, object] = {"number": number, "time": time, "lon": LON, "height": HEIGHT, "variance": 225.0}
    values |= {"lat": LAT + NORTH_MPS * time / PER_DEGREE, "height_variance": 225.0, "velocity": (0.0, NORTH_MPS, 0.0)}
    for name, value in (values | changes).items():
        row[name] = value
    return row


def sight(time: float, turned_deg: float = 0.0, further_m: float = 0.0, height: float = math.nan) -> Records:
    """A plot of that aircraft."""
    slant, azimuth = polar(SITE_AT, LON, LAT + NORTH_MPS * time / PER_DEGREE, HEIGHT)
    row = np.zeros(1, SIGHT)
    row["time"], row["received"], row["distance"] = time, time, slant + further_m
    row["azimuth"], row["height"], row["height_variance"] = np.radians(azimuth + turned_deg), height, 100.0
    return row


def sites() -> Records:
    rows = np.zeros(1, SITE)
    rows["place"], rows["axes"] = ecef(*SITE_AT), axes_at(np.array(SITE_AT[0]), np.array(SITE_AT[1]))
    rows["sigma_range"], rows["sigma_azimuth"] = 60.0, math.radians(0.25)
    return rows


def heard(*reports: Records) -> References:
    references = References()
    for one in reports:
        references.add(one)
    return references


@pytest.mark.parametrize("turned", [0.0, 3.0, -107.0, 180.0])
def test_a_plot_lies_by_its_error_from_its_aircraft(turned: float) -> None:
    (pair,) = heard(report(0.0), report(1.0)).pairs(sight(2.5, turned, 100.0), sites())
    assert abs(math.remainder(math.degrees(pair["off"][0]) - turned, 360.0)) < 0.01
    assert pair["off"][1] == pytest.approx(100.0, abs=3.0)


@pytest.mark.parametrize("sent", [True, False])
def test_rates_are_those_of_the_aircraft(sent: bool) -> None:
    reports = [report(t) if sent else report(t, velocity=(math.nan,) * 3) for t in (0.0, 1.0)]
    (pair,) = heard(*reports).pairs(sight(1.5), sites())
    (before, angle), (after, later) = (
        polar(SITE_AT, LON, LAT + NORTH_MPS * t / PER_DEGREE, HEIGHT) for t in (1.0, 2.0)
    )
    assert pair["rate"][0] == pytest.approx(math.radians(later - angle), rel=0.01)
    assert pair["rate"][1] == pytest.approx(after - before, rel=0.01)


def test_an_aircraft_counts_by_its_address_or_its_track() -> None:
    named = heard(report(0.0, address=(0, 7)), report(1.0))  # type: ignore[arg-type]
    assert named.pairs(sight(1.5), sites())["aircraft"].tolist() == [7]
    assert heard(report(0.0), report(1.0)).pairs(sight(1.5), sites())["aircraft"].tolist() == [-1]


def test_an_address_that_two_send_at_once_is_of_two_aircraft() -> None:
    """A broken track goes on under another number; a borrowed address is heard in two places side by side."""
    references = References()
    for t in range(15):
        references.add(report(float(t), 1, address=(7, 0)))  # type: ignore[arg-type]
    for t in range(15, 40):
        references.add(report(float(t), 2, address=(7, 0)))  # type: ignore[arg-type]
    assert set(references.pairs(sight(39.5), sites())["aircraft"].tolist()) == {7}
    for t in range(40, 60):
        references.add(report(float(t), 2, address=(7, 0)))  # type: ignore[arg-type]
        references.add(report(float(t), 3, address=(7, 0), lat=LAT + 1.0 + NORTH_MPS * t / PER_DEGREE))  # type: ignore[arg-type]
    assert references._aircraft().tolist() == [7, 7, -3]


def test_what_is_no_reference() -> None:
    plot = sight(3.0)
    assert len(heard(report(2.0), report(3.0)).pairs(plot, sites())) == 1
    astray = report(3.0, lat=LAT + NORTH_MPS * 2.5 / PER_DEGREE)
    assert len(heard(report(2.0), astray).pairs(plot, sites())) == 1, "100 m off may be noise and a turn"
    repeated = report(9.0, lat=LAT + NORTH_MPS * 3.0 / PER_DEGREE)
    assert len(heard(report(3.0), repeated).pairs(sight(9.0), sites())) == 0, "a place repeated as if it were new"
    assert len(heard(report(3.0)).pairs(plot, sites())) == 0, "one report is checked by nothing"
    assert len(heard(report(-5.0), report(-4.0)).pairs(plot, sites())) == 0, "too old"
    assert len(heard(report(2.0), report(3.0)).pairs(sight(3.0, height=9_000.0), sites())) == 0, "another height"
    assert len(heard(report(2.0), report(3.0)).pairs(sight(3.0, further_m=900.0), sites())) == 0, "another range"


def test_of_dense_traffic_some_are_kept_and_the_silent_are_forgotten() -> None:
    references = References()
    many = np.concatenate([report(0.0, number) for number in range(1, 1_001)])
    for _ in range(4):
        references.add(many[references.wanted(many["number"])])
        references.forget(-1.0)
    assert MOST_REFERENCES // 4 < len(references) <= MOST_REFERENCES
    assert not references.wanted(np.array([-1])).any()
    references.forget(1.0)
    assert len(references) == 0
    references.forget(1.0)
    references.forget(1.0)
    references.forget(1.0)
    assert references.wanted(np.arange(8)).all()
