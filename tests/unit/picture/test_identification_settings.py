"""Settings with which the weights would be no numbers are refused, by name."""

from dataclasses import fields
from typing import Any

import pytest

from safeconduct.errors import ModelError
from safeconduct.picture.evidence import ClaimModel
from safeconduct.picture.identification import IdentificationSettings
from safeconduct.picture.plan_model import FollowingModel, Lateness, PlanModel
from safeconduct.picture.telemetry import TelemetryModel

MODELS = (IdentificationSettings, PlanModel, Lateness, FollowingModel, ClaimModel, TelemetryModel)
NUMBERS = [(model, one.name) for model in MODELS for one in fields(model) if isinstance(one.default, float)]


@pytest.mark.parametrize(("model", "name"), NUMBERS, ids=lambda part: getattr(part, "__name__", part))
def test_no_setting_may_be_nan_or_without_end(model: Any, name: str) -> None:
    for value in (float("nan"), float("inf"), float("-inf"), 1e10, -1e10):
        with pytest.raises(ModelError) as caught:
            model(**{name: value})
        assert caught.value.where == name


@pytest.mark.parametrize(
    ("model", "name", "value"),
    [
        (IdentificationSettings, "flown", 0.0),
        (IdentificationSettings, "flown", 1.0),
        (IdentificationSettings, "least_area_km2", 0.0),
        (Lateness, "untimely", 0.0),
        (Lateness, "untimely_any", 0.0),
        (Lateness, "spread_s", 0.0),
        (Lateness, "untimely_s", -1.0),
        (PlanModel, "axis_share", 1.0),
        (PlanModel, "cross_m", 0.0),
        (FollowingModel, "leaves", 0.0),
        (FollowingModel, "aside_share", 1.0),
        (FollowingModel, "crowd", 0.0),
        (FollowingModel, "off_s", 0.0),
        (ClaimModel, "borrowed", 0.0),
        (ClaimModel, "other_claim", 1.0),
        (ClaimModel, "not_heard", 0.1),
        (ClaimModel, "fade_s", 0.0),
        (ClaimModel, "type_limit", (0.5, 1.0)),
        (ClaimModel, "type_limit", (-1.0, -0.5)),
        (TelemetryModel, "fresh_s", 0.0),
        (TelemetryModel, "limit", (1.0, -1.0)),
    ],
)
def test_what_would_say_never_or_always_or_the_other_way_round_is_refused(model: Any, name: str, value: Any) -> None:
    with pytest.raises(ModelError) as caught:
        model(**{name: value})
    assert caught.value.where == name


def test_flights_are_looked_for_for_as_long_as_they_are_usually_late() -> None:
    for wrong in ({"untimely_s": 601.0}, {"untimely_s": 600.0, "untimely_spread_s": 151.0}, {"in_time_s": 400.0}):
        with pytest.raises(ModelError) as caught:
            Lateness(**wrong)
        assert caught.value.where == list(wrong)[-1]
    with pytest.raises(ModelError, match=r"look_around_s 300.0 is outside 900.."):
        PlanModel(look_around_s=300.0)


def test_silence_may_be_set_to_say_nothing_but_never_to_speak_for_a_flight() -> None:
    assert ClaimModel(not_heard=0.0, silent_but_heard=0.0).not_heard == 0.0
