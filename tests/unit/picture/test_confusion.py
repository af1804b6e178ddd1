"""What a classifier's word is worth where it is known how it takes one type for another."""

import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.sky import SPEED, T0, WEST_M, Sky, flight, pair_of, place

from safeconduct.errors import ModelError
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.detection import BatchBuilder, Claims
from safeconduct.model.identification import EvidenceKind
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.picture.claims import unconfused
from safeconduct.picture.evidence import ClaimModel

CONFUSION = {
    "male_uav": {"male_uav": 0.6, "airliner": 0.3, "bird": 0.1},
    "airliner": {"male_uav": 0.3, "airliner": 0.7},
    "quadcopter": {"male_uav": 0.01, "bird": 0.99},
}
ALIKE = {"a": {"a": 0.5, "b": 0.5}, "b": {"a": 0.5, "b": 0.5}, "c": {"c": 1.0}}


def types(camera: Sensor, *seen: Mapping[str, float], declared: tuple[str, ...]) -> dict[str, float]:
    """What the type weighs for a flight of each of these types."""
    flights = [flight(name, aircraft=Aircraft(type=name)) for name in declared]
    made = Sky(*flights)
    made.engine.add_sensor(camera)
    lon, lat = place(SPEED * 300.0 - WEST_M, 0.0)
    for at, classification in enumerate(seen):
        builder = BatchBuilder()
        claims = Claims(classification=classification)
        builder.add(time=T0 + 290.0 + at, received=T0 + 290.0 + at, sensor=camera.id, lon=lon, lat=lat, claims=claims)
        made.engine.observe(builder.build(), np.array([1]))
    said = made.assess(300.0, {1: (0.0, 0.0)})
    return {name: float(said.items[EvidenceKind.TYPE][pair_of(said, 1, name)]) for name in declared}


def camera(confusion: Mapping[str, Mapping[str, float]]) -> Sensor:
    return Sensor(id="cam", party="un", kind=SensorKind.CAMERA, confusion=confusion)


@pytest.mark.parametrize("label", [{"male_uav": 1.0}, {"male_uav": 0.8}, {"male_uav": 0.9, "airliner": 0.6}])
def test_a_bare_label_weighs_what_the_matrix_says(label: Mapping[str, float]) -> None:
    said = types(camera(CONFUSION), label, declared=("male_uav", "airliner", "quadcopter"))
    assert said["male_uav"] - said["airliner"] == pytest.approx(ClaimModel().type_worth * math.log(0.6 / 0.3))
    assert said["quadcopter"] == ClaimModel().type_limit[0]


def test_look_alikes_stay_look_alikes_however_often_they_are_seen() -> None:
    said = types(camera(ALIKE), *[{"a": 1.0}] * 20, declared=("a", "b", "c"))
    assert said["a"] == said["b"] > 0.0 > said["c"]


def test_what_the_classifier_weighed_itself_is_left_to_it() -> None:
    own = {"male_uav": 0.5, "airliner": 0.49}
    assert unconfused(own, CONFUSION) == own
    said = types(camera(CONFUSION), own, declared=("male_uav", "airliner"))
    assert said == types(camera({}), own, declared=("male_uav", "airliner"))


def test_without_a_matrix_or_a_row_for_the_label_it_is_as_it_was_said() -> None:
    assert unconfused({"male_uav": 1.0}, {}) == {"male_uav": 1.0}
    assert unconfused({"balloon": 1.0}, CONFUSION) == {"balloon": 1.0}


@given(st.sampled_from(["male_uav", "airliner", "bird"]))
def test_what_comes_out_sums_to_one_and_follows_the_matrix(label: str) -> None:
    said = unconfused({label: 1.0}, CONFUSION)
    assert math.isclose(sum(said.values()), 1.0)
    for kind, reported in CONFUSION.items():
        assert said[kind] * CONFUSION["male_uav"].get(label, 0.0) == pytest.approx(
            said["male_uav"] * reported.get(label, 0.0)
        )


@pytest.mark.parametrize("wrong", [-0.1, 1.1, math.nan])
def test_a_sensor_with_a_matrix_that_cannot_be_is_refused(wrong: float) -> None:
    with pytest.raises(ModelError):
        camera({"a": {"a": wrong}})
