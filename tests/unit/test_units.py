import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeconduct import units
from safeconduct.errors import InputError, ModelError, SettingsError, WireError


def test_units_are_exact() -> None:
    assert units.FOOT_M == 0.3048
    assert pytest.approx(1852 / 3600, rel=0) == units.KNOT_MPS
    assert pytest.approx(units.FOOT_M) == units.FOOT_PER_MINUTE_MPS * 60


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0.0),
        ("2025-03-12T06:00:00.160Z", 1_741_759_200.16),
        ("2025-03-12T08:00:00.160+02:00", 1_741_759_200.16),
        ("1969-12-31T23:59:59Z", -1.0),
    ],
)
def test_reads_rfc_3339(text: str, seconds: float) -> None:
    assert units.seconds_from_iso(text) == seconds


@pytest.mark.parametrize("text", ["", "yesterday", "2025-02-30T00:00:00Z", "2025-03-12T25:00:00Z", "1741759200"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ModelError) as caught:
        units.seconds_from_iso(text)
    assert caught.value.reason == "bad-time"
    assert caught.value.remedy


@pytest.mark.parametrize("text", ["2025-03-12T06:00:00", "2025-03-12"])
def test_a_local_time_is_refused_and_says_why(text: str) -> None:
    with pytest.raises(ModelError, match="offset from UTC"):
        units.seconds_from_iso(text)


def test_something_that_is_no_text_is_refused() -> None:
    with pytest.raises(ModelError, match="RFC 3339"):
        units.seconds_from_iso(None)  # type: ignore[arg-type]


@given(st.integers(-10_000_000_000_000, 100_000_000_000_000))
def test_milliseconds_survive_a_round_trip(milliseconds: int) -> None:
    time = milliseconds / 1000
    assert units.seconds_from_iso(units.iso_from_seconds(time)) == time


@given(st.floats(-1e9, 1e10))
def test_a_written_time_is_within_half_a_millisecond(time: float) -> None:
    assert abs(units.seconds_from_iso(units.iso_from_seconds(time)) - time) <= 0.000501


def test_written_times_end_in_z_with_milliseconds() -> None:
    assert units.iso_from_seconds(1_741_759_200.16) == "2025-03-12T06:00:00.160Z"
    assert units.iso_from_seconds(0.9996) == "1970-01-01T00:00:01.000Z"


def test_the_clock_is_read_to_the_second() -> None:
    assert units.clock(1_741_759_200.16) == "06:00:00 UTC"


def test_nan_is_the_only_absence() -> None:
    assert units.none_if_nan(math.nan) is None
    assert units.none_if_nan(0.0) == 0.0
    assert units.none_if_nan(math.inf) == math.inf


def test_an_error_tells_where_what_and_what_to_do() -> None:
    error = InputError("truncated", "it ends early", where="a.pcap: byte 7", remedy="record it again")
    assert str(error) == "a.pcap: byte 7: it ends early (record it again)"
    assert str(InputError("truncated", "it ends early")) == "it ends early"


@pytest.mark.parametrize("kind", [InputError, WireError, ModelError, SettingsError])
def test_an_error_gains_places_outwards_and_keeps_its_kind(kind: type[InputError]) -> None:
    inner = kind("bad-latitude", "91", where="latitude", remedy="swap")
    outer = inner.at("volumes[2]").at("flights.json")
    assert type(outer) is kind
    assert (outer.reason, outer.what, outer.remedy) == ("bad-latitude", "91", "swap")
    assert outer.where == "flights.json: volumes[2]: latitude"
    assert kind("x", "y").at("here").where == "here"


def test_model_errors_are_value_errors_so_that_decoders_keep_the_path() -> None:
    assert issubclass(ModelError, ValueError)
    assert not issubclass(WireError, ValueError)
