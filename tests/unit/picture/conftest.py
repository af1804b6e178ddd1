"""Tracks made by hand, for what comes after the tracker."""

from collections.abc import Callable, Sequence

import pytest
from tests.support.sky import Hand, table

from safeconduct.model.track import TrackTable


@pytest.fixture(scope="session")
def hand() -> type[Hand]:
    return Hand


@pytest.fixture(scope="session")
def tracks_at() -> Callable[[float, Sequence[Hand]], TrackTable]:
    return table
