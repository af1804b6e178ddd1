"""A Remote ID position that is signed later comes again: counted once, and its signature is its track's."""

from typing import Any

import numpy as np
import pytest

from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.detection import BatchBuilder, Claims, DetectionBatch
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.picture.claims import ClaimLedger
from safeconduct.picture.tracker import Tracker

START = 1_741_759_200.0
TAG = Identifier(IdentifierKind.DRIP_ENTITY_TAG, "2001:30:280:1405:a3ad:1952:ad0:a69e")
SECTOR = Sector(id="s", party="p", name="Tripoli", centre=(13.3, 32.6))
UNSIGNED, SIGNED = Claims((TAG,)), Claims((TAG,), authenticated=True)


def receiver(kind: SensorKind) -> Sensor:
    return Sensor(id="r", party="p", kind=kind, lon=13.3, lat=32.6, range_m=5e3, sigma_m=5.0)


def rows(*seconds: float, claims: Claims | None = UNSIGNED, after: float = 0.0) -> DetectionBatch:
    """A drone that flies north; each position received `after` seconds late."""
    builder = BatchBuilder()
    for second in seconds:
        builder.add(
            time=START + second, received=START + second + after, sensor="r",
            lon=13.3, lat=32.6 + 1e-4 * second, height_m=150.0, claims=claims,
        )  # fmt: skip
    return builder.build()


class Heard:
    """A tracker with a receiver, that has heard ten positions."""

    def __init__(self, kind: SensorKind = SensorKind.REMOTE_ID, claims: Claims | None = UNSIGNED) -> None:
        self.tracker = Tracker(SECTOR, [receiver(kind)])
        self.ledger = ClaimLedger(SectorFrame(*SECTOR.centre))
        for second in range(10):
            self.last = self.take(rows(second, claims=claims))

    def take(self, batch: DetectionBatch) -> list[int]:
        assigned = self.tracker.update(batch).assigned
        self.ledger.observe(batch, assigned)
        numbers: list[int] = assigned.tolist()
        return numbers


@pytest.mark.parametrize("claims", [UNSIGNED, None])
def test_it_is_of_the_track_that_it_went_to_at_first(claims: Claims | None) -> None:
    heard = Heard(claims=claims)
    before = heard.tracker.picture(START + 9.5)
    assert heard.take(rows(7, 8, claims=SIGNED, after=2.5)) == [1, 1]
    assert heard.ledger.by_track[1][TAG].signed_time == START + 8.0
    after = heard.tracker.picture(START + 9.5)
    assert after.covariance.tolist() == before.covariance.tolist(), "it was measured once"
    assert heard.tracker.set_aside["duplicate"] == 2


def test_one_that_is_signed_after_it_would_be_too_late_to_track() -> None:
    heard = Heard()
    for second in range(10, 40):
        heard.take(rows(second))
    assert heard.take(rows(8, claims=SIGNED, after=32.0)) == [1]
    assert heard.tracker.set_aside == {"late": 1}
    for second in range(40, 75):
        heard.take(rows(second))
    assert heard.take(rows(8, claims=SIGNED, after=67.0)) == [-1], "no signature counts that came so late"


def test_first_and_again_in_one_batch() -> None:
    heard = Heard()
    builder = BatchBuilder()
    values: dict[str, Any] = {
        "time": START + 10, "received": START + 10, "sensor": "r", "lon": 13.3, "lat": 32.601, "height_m": 150.0
    }  # fmt: skip
    builder.add(**values, claims=UNSIGNED)
    builder.add(**values, claims=SIGNED)
    assert heard.take(builder.build()) == [1, 1]


def test_what_is_given_again_and_not_signed_is_set_aside_as_ever() -> None:
    heard = Heard()
    assert heard.take(rows(8, after=1.5)) == [-1]
    assert heard.take(rows(8.5, claims=SIGNED, after=1.5)) == [1], "never given before: a measurement of its own"
    assert heard.tracker.set_aside == {"duplicate": 1}


def test_nothing_is_remembered_of_other_sensors() -> None:
    heard = Heard(SensorKind.ADSB)
    assert heard.take(rows(8, claims=SIGNED, after=1.5)) == [-1]
    assert not heard.tracker._duplicates._tracks


def test_a_track_that_is_gone_gets_no_claims() -> None:
    heard = Heard()
    heard.tracker.advance(START + 55.0)
    assert len(heard.tracker.picture(START + 55.0)) == 0
    assert heard.take(rows(8, claims=SIGNED, after=47.5)) == [-1]


def test_a_track_that_bears_another_number_now_is_known_by_that() -> None:
    heard = Heard()
    heard.tracker._plane.tracks["number"][heard.tracker._plane.tracks["number"] == 1] = 7
    heard.tracker._inherit(7, 1)
    assert heard.take(rows(8, claims=SIGNED, after=1.5)) == [7]


def test_memory_is_bounded() -> None:
    heard = Heard()
    for second in range(10, 300):
        heard.take(rows(second))
    assert len(heard.tracker._duplicates._tracks) <= 65
    assert np.all(np.array(heard.last) == 1)
