"""Tracks made by hand, for what comes after the tracker."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from safeconduct.model.track import TrackStatus, TrackTable


@dataclass(frozen=True)
class Hand:
    """One track as a test means it: WGS-84 degrees, metres, m/s."""

    number: int
    lon: float
    lat: float
    east_mps: float = 0.0
    north_mps: float = 0.0
    height_m: float = np.nan
    sigma_m: float = 20.0
    first_time: float = 0.0
    status: TrackStatus = TrackStatus.CONFIRMED


def table(time: float, hands: Sequence[Hand]) -> TrackTable:
    """The picture at a time (Unix seconds), rows ascending by number."""
    hands = sorted(hands, key=lambda hand: hand.number)

    def column(*names: str) -> Any:
        return np.array([[getattr(hand, name) for name in names] for hand in hands], float).reshape(-1, len(names))

    count = len(hands)
    height = column("height_m")[:, 0]
    sigma = column("sigma_m")[:, 0]
    return TrackTable(
        time=time,
        number=np.array([hand.number for hand in hands], np.int64),
        status=np.array([hand.status for hand in hands], np.int8),
        lon=column("lon")[:, 0],
        lat=column("lat")[:, 0],
        height_m=height,
        sigma_height_m=np.where(np.isnan(height), np.nan, 30.0),
        sigma_velocity_mps=np.full(count, 1.0),
        pressure_altitude_m=np.full(count, np.nan),
        velocity=np.column_stack([column("east_mps", "north_mps"), np.full(count, np.nan)]),
        covariance=np.column_stack([sigma**2, np.zeros(count), sigma**2]),
        first_time=column("first_time")[:, 0],
        last_time=np.full(count, time),
        last_lon=column("lon")[:, 0],
        last_lat=column("lat")[:, 0],
        last_height_m=height,
        doubt=np.zeros(count),
    )


@pytest.fixture(scope="session")
def hand() -> type[Hand]:
    return Hand


@pytest.fixture(scope="session")
def tracks_at() -> Callable[[float, Sequence[Hand]], TrackTable]:
    return table
