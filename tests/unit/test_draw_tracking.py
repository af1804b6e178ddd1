"""The picture of the tracker is drawn by the tracker, and shows what its page says."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import numpy as np
import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "draw_tracking.py"


@pytest.fixture(scope="module")
def drawing() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_tracking", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for it
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("scene", "near"), [("turning", 600.0), ("meeting", 60.0)])
def test_each_aircraft_has_one_track_from_early_on_to_the_end(drawing: ModuleType, scene: str, near: float) -> None:
    drawn = getattr(drawing, scene)()
    whole = [np.array(rows) for rows in drawn.tracks.values() if len(rows) > 0.8 * len(drawn.truth[0])]
    for path in drawn.truth:
        away = [np.hypot(*(rows[:, :2] - path[-len(rows) :]).T).max() for rows in whole]
        assert sum(most < near for most in away) == 1
    assert len(whole) == len(drawn.truth)


def test_the_picture_is_sound_and_always_the_same(drawing: ModuleType) -> None:
    picture = drawing.picture()
    assert picture == drawing.picture()
    ElementTree.fromstring(picture)
    assert "nan" not in picture
