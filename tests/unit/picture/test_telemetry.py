"""A flight's own telemetry: for the track that is there, against those that are not, and about no other flight."""

import math
from typing import Any

import numpy as np
import pytest
from tests.support.sky import HEIGHT, SPEED, T0, WEST_M, Sky, flight, pair_of, place, probability

from safeconduct.errors import ModelError
from safeconduct.model.identification import EvidenceKind
from safeconduct.model.reported_position import ReportedPosition
from safeconduct.picture.identification import Assessment
from safeconduct.picture.reasons import explain
from safeconduct.picture.telemetry import KEPT, TelemetryModel

LEAST, MOST = TelemetryModel().limit
TRACKS = {1: (0.0, 0.0), 2: (0.0, 600.0)}


def at(after: float, east_m: float = 0.0, north_m: float = 0.0, **changes: Any) -> ReportedPosition:
    """Where the flight is to be, or so far beside it."""
    lon, lat = place(SPEED * after - WEST_M + east_m, north_m)
    return ReportedPosition(**({"time": T0 + after, "lon": lon, "lat": lat, "sigma_m": 20.0} | changes))


def weight(assessment: Assessment, number: int = 1, name: str = "F") -> float:
    return float(assessment.items[EvidenceKind.TELEMETRY][pair_of(assessment, number, name)])


def reported(*positions: ReportedPosition, after: float = 300.0, **kinds: Any) -> Assessment:
    made = Sky(flight("F"), flight("G", 300.0, party="gna"), **kinds)
    for one in positions:
        made.engine.reported("F", one)
    return made.assess(after, TRACKS)


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("bad-time", {"time": 1e15}),
        ("not-finite", {"time": math.nan}),
        ("bad-longitude", {"lon": 200.0}),
        ("bad-latitude", {"lat": 95.0}),
        ("bad-sigma", {"sigma_m": 0.0}),
        ("not-finite", {"sigma_m": math.inf}),
        ("bad-height", {"height_m": 2e5}),
        ("not-finite", {"height_m": math.nan}),
    ],
)
def test_positions_that_cannot_be(reason: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ModelError) as caught:
        at(300.0, **changes)
    assert caught.value.reason == reason


def test_the_track_that_is_there_is_that_flight_and_another_is_not() -> None:
    said = reported(at(300.0))
    assert 4.0 < weight(said, 1) <= MOST
    assert weight(said, 2) == LEAST
    assert weight(said, 1, "G") == weight(said, 2, "G") == 0.0
    assert probability(said, 1, "F") > 0.95
    other = reported(at(300.0, 0.0, 600.0))
    assert probability(other, 2, "F") > 0.5 > 0.1 > probability(other, 1, "F"), "it is the telemetry that decides"


def test_a_place_is_compared_with_where_the_track_was_then() -> None:
    """Twenty seconds are 1.2 km: where it is now would speak against it."""
    late = reported(at(280.0))
    assert weight(late, 1) > 3.0
    assert weight(late, 1) < weight(reported(at(299.0)), 1), "it may have turned since"
    assert weight(reported(at(300.0, time=T0 + 280.0)), 1) < 0.0


@pytest.mark.parametrize("after", [269.9, 300.1, 1e6, -1e6])
def test_what_is_old_or_from_the_future_says_nothing(after: float) -> None:
    said = reported(at(300.0, time=T0 + after))
    assert np.all(said.items[EvidenceKind.TELEMETRY] == 0.0)


def test_one_from_the_future_does_not_hide_the_one_before_and_the_latest_counts() -> None:
    sent = [at(298.0, 5000.0), at(299.0), at(301.0, 5000.0), at(297.0, 5000.0)]
    assert weight(reported(*sent), 1) == weight(reported(at(299.0)), 1)


def test_errors_of_both_count_and_what_errs_by_all_that_air_says_nothing() -> None:
    assert weight(reported(at(300.0, 300.0)), 1) < 0.0 < weight(reported(at(300.0, 300.0, sigma_m=300.0)), 1)
    for east_m in (0.0, 5e4):
        assert weight(reported(at(300.0, east_m, sigma_m=1e5)), 1) == pytest.approx(0.0, abs=0.2)


def test_height_counts_where_both_have_one() -> None:
    wide = {"sigma_m": 300.0}
    level, none, off = (
        weight(reported(at(300.0, height_m=height, **wide)), 1) for height in (HEIGHT, None, HEIGHT + 1500.0)
    )
    assert off < none < level


def test_no_more_than_is_set_either_way() -> None:
    small = TelemetryModel(limit=(-0.5, 0.25))
    said = reported(at(300.0), telemetry=small)
    assert (weight(said, 1), weight(said, 2)) == (0.25, -0.5)


def test_a_flight_that_says_it_is_far_from_its_plan_is_looked_for_there() -> None:
    far = {1: (0.0, 25_000.0)}
    made = Sky(flight("F"))
    assert len(made.assess(300.0, far).probability) == 0
    for after in range(300, 400, 10):
        made.engine.reported("F", at(float(after), 0.0, 25_000.0, height_m=HEIGHT))
        said = made.assess(float(after), far)
    assert weight(said) > 3.0
    assert probability(said, 1, "F") > 0.0
    assert math.isclose(float(said.probability.sum() + said.unknown.sum()), 1.0)


def test_the_antipode_weighs_nothing_and_breaks_nothing() -> None:
    said = reported(at(300.0, lon=-167.0, lat=-32.0))
    assert np.all(np.isfinite(said.items[EvidenceKind.TELEMETRY]))
    assert weight(said, 1) in (LEAST, 0.0)


def test_memory_is_bounded_and_lets_go() -> None:
    made = Sky(flight("F"))
    for after in range(200):
        made.engine.reported("F", at(float(after)))
        made.engine.reported("nobody-knows-it", at(float(after)))
    held = made.engine.telemetry._reports
    assert {name: len(said) for name, said in held.items()} == {"F": KEPT, "nobody-knows-it": KEPT}
    made.assess(300.0, {1: (0.0, 0.0)})
    assert not held


def test_the_item_says_when_and_which_way() -> None:
    made = Sky(flight("F"))
    made.engine.reported("F", at(295.0))
    said = explain(
        made.assess(300.0, {1: (0.0, 0.0)}), 0, made.engine.claims, (), made.engine.answers, made.engine.telemetry
    )
    (item,) = [item for item in said.candidates[0].evidence if item.kind is EvidenceKind.TELEMETRY]
    assert (item.time, item.text) == (T0 + 295.0, "F sends where it is, and this track fits that")
