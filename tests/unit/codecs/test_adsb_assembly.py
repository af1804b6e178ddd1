import math
from collections import Counter

import numpy as np
import pytest

from safeconduct.codecs import cpr, mode_s, mode_s_encode, mode_s_frame
from safeconduct.codecs.adsb_assembly import NINETY_FIVE_PERCENT, AdsbAssembler
from safeconduct.codecs.mode_s import ModeSMessage
from safeconduct.codecs.mode_s_velocity import Velocity
from safeconduct.model.detection import BatchBuilder, DetectionBatch
from safeconduct.model.identifier import Identifier, IdentifierKind

ADDRESS = "393322"
ICAO = Identifier(IdentifierKind.ICAO_ADDRESS, ADDRESS)
METRES_PER_DEGREE = 111_195.0
PARIS, LYON = (2.5, 49.0), (5.08, 45.72)


class Air:
    """A receiver, and aircraft that pass it."""

    def __init__(self, **options: object) -> None:
        self.rejected: Counter[str] = Counter()
        self.rows = BatchBuilder()
        self.assembler = AdsbAssembler("rx", lambda error: self.rejected.update([error.reason]), **options)  # type: ignore[arg-type]

    def hear(self, frame: bytes, time: float) -> None:
        (message,) = mode_s.decode([frame])
        assert isinstance(message, ModeSMessage)
        self.assembler.take(message, time, self.rows)

    def fly(
        self,
        place: tuple[float, float],
        times: list[float],
        *,
        north_mps: float = 200.0,
        odd_first: bool = False,
        surface: bool = False,
        altitude_m: float | None = 3048.0,
        type_code: int = 11,
    ) -> None:
        for step, time in enumerate(times):
            lat = place[1] + (time - times[0]) * north_mps / METRES_PER_DEGREE
            sent = cpr.encode(place[0], lat, odd=bool(step % 2) != odd_first, surface=surface)
            if surface:
                self.hear(mode_s_encode.surface_position(ADDRESS, sent, 0.0), time)
            else:
                self.hear(mode_s_encode.airborne_position(ADDRESS, sent, altitude_m, type_code=type_code), time)

    def seen(self) -> DetectionBatch:
        return self.rows.build()


def test_the_first_row_comes_with_the_fourth_message_and_is_where_the_aircraft_is() -> None:
    air = Air()
    air.fly(PARIS, [0.0, 0.5, 1.0])
    assert len(air.rows) == 0
    air.fly((2.5, 49.0 + 1.5 * 200.0 / METRES_PER_DEGREE), [1.5], odd_first=True)
    seen = air.seen()
    assert seen.time.tolist() == [1.5]
    assert (seen.lon[0], seen.lat[0]) == pytest.approx((2.5, 49.0 + 300.0 / METRES_PER_DEGREE), abs=1e-4)
    assert seen.pressure_altitude_m[0] == pytest.approx(3048.0)
    assert math.isnan(seen.height_m[0])
    assert seen.claims[0].identifiers == (ICAO,)
    assert not seen.claims[0].authenticated


def test_a_pair_more_than_ten_seconds_apart_founds_nothing() -> None:
    air = Air()
    air.fly(PARIS, [0.0, 10.5, 21.0, 31.5, 42.0])
    assert len(air.rows) == 0


def test_a_followed_aircraft_needs_no_pairs() -> None:
    air = Air()
    air.fly(PARIS, [0.0, 0.5, 1.0, 1.5, 31.5, 61.5])
    assert air.seen().time.tolist() == [1.5, 31.5, 61.5]


def test_after_a_minute_of_silence_it_is_found_anew() -> None:
    air = Air()
    air.fly(PARIS, [0.0, 0.5, 1.0, 1.5, 70.0, 70.5, 71.0, 71.5])
    assert air.seen().time.tolist() == [1.5, 71.5]


def test_a_position_out_of_reach_is_set_aside_and_the_line_goes_on() -> None:
    air = Air()
    air.fly(PARIS, [0.0, 0.5, 1.0, 1.5])
    air.fly(LYON, [2.0])
    air.fly((2.5, 49.0 + 2.5 * 200.0 / METRES_PER_DEGREE), [2.5])
    seen = air.seen()
    assert seen.time.tolist() == [1.5, 2.5]
    assert air.rejected == {"implausible-position": 1}


@pytest.mark.parametrize("pattern", ["AB", "AABB", "AAB", "ABBA"])
def test_two_aircraft_under_one_address_are_two_and_no_third_arises_between_them(pattern: str) -> None:
    """Real and spoofed at once, each alternating its parities, in all kinds of interleaving."""
    air = Air()
    heard = {"A": 0, "B": 0}
    for step in range(200):
        who = pattern[step % len(pattern)]
        if step % 7 == 0:
            who = "A" if who == "B" else "B"
        place = PARIS if who == "A" else LYON
        air.fly(place, [step * 0.25], odd_first=bool(heard[who] % 2))
        heard[who] += 1
    seen = air.seen()
    to_paris = np.hypot(seen.lon - PARIS[0], seen.lat - PARIS[1])
    to_lyon = np.hypot(seen.lon - LYON[0], seen.lat - LYON[1])
    assert (np.minimum(to_paris, to_lyon) < 0.01).all()
    assert (to_paris < 0.01).sum() > 50
    assert (to_lyon < 0.01).sum() > 50


def test_velocity_joins_while_it_is_fresh() -> None:
    air = Air()
    air.fly(PARIS, [0.0, 0.5, 1.0])
    sent = Velocity(east_mps=0.0, north_mps=200.0, up_mps=-5.2, up_source="gnss")
    air.hear(mode_s_encode.velocity(ADDRESS, sent), 1.2)
    air.fly((2.5, 49.003), [1.5], odd_first=True)
    air.fly((2.5, 49.006), [3.8])
    seen = air.seen()
    assert seen.velocity[0] == pytest.approx([0.0, 200.0, -5.2], abs=0.3)
    assert np.isnan(seen.velocity[1]).all()


def test_two_aircraft_under_one_address_get_no_velocity_since_nobody_knows_whose_it_is() -> None:
    air = Air()
    air.fly(PARIS, [0.0, 0.5, 1.0, 1.5])
    air.fly(LYON, [2.0, 2.5, 3.0, 3.5])
    air.hear(mode_s_encode.velocity(ADDRESS, Velocity(east_mps=0.0, north_mps=200.0)), 3.6)
    air.fly((LYON[0], LYON[1] + 0.003), [4.0])
    assert np.isnan(air.seen().velocity[-1]).all()


def test_height_comes_from_the_difference_to_the_pressure_altitude() -> None:
    air = Air()
    air.hear(mode_s_encode.velocity(ADDRESS, Velocity(height_minus_pressure_altitude_m=-76.2)), 0.0)
    air.fly(PARIS, [0.0, 0.5, 1.0, 1.5])
    seen = air.seen()
    assert seen.pressure_altitude_m[0] == pytest.approx(3048.0)
    assert seen.height_m[0] == pytest.approx(3048.0 - 76.2)
    assert seen.sigma_height_m[0] == pytest.approx(50.0)


def test_gnss_height_with_gva_is_as_good_as_it_says() -> None:
    air = Air()
    air.hear(mode_s_encode.operational_status(ADDRESS, version=2, nac_p=9, gva=2), 0.0)
    air.fly(PARIS, [0.0, 0.5, 1.0, 1.5], type_code=20)
    seen = air.seen()
    assert math.isnan(seen.pressure_altitude_m[0])
    assert seen.height_m[0] == pytest.approx(3048.0)
    assert seen.sigma_height_m[0] == pytest.approx(45.0 / 1.96)


def test_a_radar_reply_gives_the_altitude_that_a_gnss_position_lacks() -> None:
    air = Air()
    air.fly(PARIS, [0.0, 0.5, 1.0], type_code=20)
    reply = mode_s_frame.with_parity(bytes.fromhex("212800bf"), int(ADDRESS, 16))
    air.hear(reply, 1.4)
    air.fly((2.5, 49.003), [1.5], odd_first=True, type_code=20)
    assert air.seen().pressure_altitude_m[0] == pytest.approx(575 * 0.3048)


@pytest.mark.parametrize(
    ("status", "type_code", "radius"),
    [
        (None, 11, 92.6),
        (None, 18, None),
        ((2, 9), 11, 30.0),
        ((2, 0), 11, None),
        ((1, 11), 14, 3.0),
        ((0, 9), 11, 92.6),
    ],
)
def test_do260b_accuracy(status: tuple[int, int] | None, type_code: int, radius: float | None) -> None:
    """DO-260B table A-13 (NACp) and appendix N (type code as version 0 means it)."""
    air = Air()
    if status is not None:
        air.hear(mode_s_encode.operational_status(ADDRESS, version=status[0], nac_p=status[1]), 0.0)
    air.fly(PARIS, [0.0, 0.5, 1.0, 1.5], type_code=type_code)
    covariance = air.seen().covariance[0]
    if radius is None:
        assert np.isnan(covariance).all()
    else:
        variance = (radius / NINETY_FIVE_PERCENT) ** 2
        assert covariance == pytest.approx([variance, 0.0, variance])


def test_callsigns_fade() -> None:
    air = Air()
    air.hear(mode_s_encode.identification(ADDRESS, "AFR34ZG"), 0.0)
    air.fly(PARIS, [0.0, 0.5, 1.0, 1.5, 59.0, 62.0])
    seen = air.seen()
    callsign = Identifier(IdentifierKind.CALLSIGN, "AFR34ZG")
    assert [seen.claims[row].identifiers for row in range(3)] == [(ICAO, callsign), (ICAO, callsign), (ICAO,)]


def test_an_overlaid_address_is_believed_only_after_it_has_proved_itself() -> None:
    reply = mode_s_frame.with_parity(bytes.fromhex("212800bf"), int(ADDRESS, 16))
    air = Air()
    air.hear(reply, 0.0)
    assert air.rejected == {"unconfirmed-address": 1}
    air.hear(mode_s_frame.with_parity(bytes.fromhex("5d" + ADDRESS)), 1.0)
    air.hear(reply, 60.0)
    assert air.rejected == {"unconfirmed-address": 1}
    air.hear(reply, 62.0)
    assert air.rejected == {"unconfirmed-address": 2}


def test_on_the_ground_a_receiver_without_a_place_cannot_say_where() -> None:
    air = Air()
    air.fly(PARIS, [0.0, 5.0, 10.0, 15.0], surface=True, north_mps=5.0)
    assert len(air.rows) == 0
    assert air.rejected["no-reference"] > 0


def test_on_the_ground_a_receiver_with_a_place_can() -> None:
    air = Air(place=(2.55, 49.01))
    air.fly(PARIS, [0.0, 5.0, 10.0, 15.0], surface=True, north_mps=5.0)
    seen = air.seen()
    assert (seen.lon[0], seen.lat[0]) == pytest.approx((2.5, 49.0 + 75.0 / METRES_PER_DEGREE), abs=3e-5)
    assert seen.velocity[0, 1] == pytest.approx(mode_s_encode.TAXIING_MPS)
    assert math.isnan(seen.pressure_altitude_m[0])


def test_a_landed_aircraft_is_followed_without_a_receivers_place() -> None:
    air = Air()
    air.fly(PARIS, [0.0, 0.5, 1.0, 1.5], north_mps=70.0)
    air.fly((2.5, 49.0 + 140.0 / METRES_PER_DEGREE), [2.5, 3.5], surface=True, north_mps=50.0)
    assert air.seen().time.tolist() == [1.5, 2.5, 3.5]


def test_what_no_receiver_could_hear_is_out_of_range() -> None:
    air = Air(place=(2.5, 49.0), range_m=300_000.0)
    air.fly(LYON, [0.0, 0.5, 1.0, 1.5])
    assert len(air.rows) == 0
    assert air.rejected["out-of-range"] > 0


def test_the_long_silent_are_forgotten() -> None:
    air = Air()
    air.fly(PARIS, [0.0, 0.5, 1.0, 1.5])
    air.hear(mode_s_frame.with_parity(bytes.fromhex("5dabcdef")), 1000.0)
    assert [address for address, _ in air.assembler._aircraft] == ["abcdef"]
