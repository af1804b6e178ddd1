import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeconduct.model.detection import ARRAYS, BatchBuilder, Claims, DetectionBatch, DetectionKind, join
from safeconduct.model.identifier import Identifier, IdentifierKind


def said(text: str) -> Claims:
    return Claims((Identifier(IdentifierKind.CALLSIGN, text),))


def batch(first: int, count: int, sensors: tuple[str, ...] = ("a", "b")) -> DetectionBatch:
    builder = BatchBuilder()
    for number in range(first, first + count):
        builder.add(
            time=number,
            received=number + 0.5,
            sensor=sensors[number % len(sensors)],
            lon=number / 10,
            lat=1.0,
            claims=said(str(number)) if number % 3 == 0 else None,
        )
    return builder.build()


def check_rows(built: DetectionBatch, numbers: list[int], sensors: tuple[str, ...] = ("a", "b")) -> None:
    assert built.time.tolist() == numbers
    assert [built.sensors[s] for s in built.sensor] == [sensors[number % len(sensors)] for number in numbers]
    assert built.lon.tolist() == [number / 10 for number in numbers]
    assert {row: c.identifiers[0].value for row, c in built.claims.items()} == {
        row: str(number) for row, number in enumerate(numbers) if number % 3 == 0
    }


def test_each_column_takes_its_own_number() -> None:
    builder = BatchBuilder()
    builder.add(
        time=1, received=2, sensor="s", lon=3, lat=4, height_m=5, pressure_altitude_m=6, covariance=(7, 8, 9),
        sigma_height_m=10, velocity=(11, 12, 13),
    )  # fmt: skip
    builder.add(time=21, received=22, sensor="s", range_m=23, azimuth_deg=24, elevation_deg=25)
    built = builder.build()
    assert built.kind.tolist() == [DetectionKind.POSITION, DetectionKind.POLAR]
    assert (built.time[0], built.received[0], built.lon[0], built.lat[0]) == (1, 2, 3, 4)
    assert (built.height_m[0], built.pressure_altitude_m[0], built.sigma_height_m[0]) == (5, 6, 10)
    assert built.covariance[0].tolist() == [7, 8, 9]
    assert built.velocity[0].tolist() == [11, 12, 13]
    assert (built.range_m[1], built.azimuth_deg[1], built.elevation_deg[1]) == (23, 24, 25)
    absent = (*(built.range_m[0], built.azimuth_deg[0], built.elevation_deg[0]), *(built.lon[1], built.lat[1]))
    assert np.isnan((*absent, built.height_m[1])).all()
    assert np.isnan(built.covariance[1]).all()
    assert np.isnan(built.velocity[1]).all()


def test_a_velocity_may_lack_its_vertical_part() -> None:
    builder = BatchBuilder()
    builder.add(time=1, received=2, sensor="s", lon=3, lat=4, velocity=(11, 12, None))
    assert np.isnan(builder.build().velocity[0, 2])


def test_zero_is_a_measurement_and_no_absence() -> None:
    builder = BatchBuilder()
    builder.add(time=0, received=0, sensor="s", lon=0, lat=0, height_m=0, velocity=(0, 0, 0), covariance=(0, 0, 0))
    built = builder.build()
    assert (built.lon[0], built.lat[0], built.height_m[0]) == (0, 0, 0)
    assert built.velocity[0].tolist() == [0, 0, 0]
    assert built.covariance[0].tolist() == [0, 0, 0]


def test_a_builder_starts_anew_and_keeps_what_it_delivered() -> None:
    builder = BatchBuilder()
    builder.add(time=0, received=0, sensor="a", lon=0, lat=0, claims=said("0"))
    first = builder.build()
    builder.add(time=1, received=1, sensor="b", lon=1, lat=1)
    second = builder.build()
    assert len(builder) == 0
    assert (len(first), len(second)) == (1, 1)
    assert (dict(first.claims), dict(second.claims)) == ({0: said("0")}, {})
    assert [second.sensors[s] for s in second.sensor] == ["b"]
    assert first.sensors == ("a",)


def test_an_empty_batch_has_all_its_columns() -> None:
    empty = BatchBuilder().build()
    assert len(empty) == 0
    assert empty.covariance.shape == empty.velocity.shape == (0, 3)
    assert len(join([])) == len(join([empty, empty])) == 0


@settings(deadline=None)
@given(st.permutations(list(range(7))), st.integers(0, 7))
def test_rows_keep_their_claims_in_any_order(order: list[int], count: int) -> None:
    check_rows(batch(0, 7).rows(order[:count]), order[:count])


def test_rows_take_a_slice_and_a_mask() -> None:
    check_rows(batch(0, 7).rows(slice(2, 5)), [2, 3, 4])
    check_rows(batch(0, 7).rows(np.arange(7) % 2 == 0), [0, 2, 4, 6])


@pytest.mark.parametrize("sensors", [("a", "b"), ("b", "a", "c")])
def test_join_puts_batches_with_other_sensor_numbers_together(sensors: tuple[str, ...]) -> None:
    odd = batch(4, 5, sensors[::-1])
    even = batch(0, 4, sensors)
    joined = join([even, BatchBuilder().build(), odd])
    names = [even.sensors[s] for s in even.sensor] + [odd.sensors[s] for s in odd.sensor]
    assert [joined.sensors[s] for s in joined.sensor] == names
    assert joined.time.tolist() == list(range(9))
    assert {row: c.identifiers[0].value for row, c in joined.claims.items()} == {0: "0", 3: "3", 6: "6"}
    assert all(len(getattr(joined, name)) == 9 for name in ARRAYS)
