import pytest

from safeconduct.codecs import cpr, mode_s, mode_s_encode, mode_s_frame
from safeconduct.codecs.mode_s import ModeSMessage
from safeconduct.codecs.mode_s_velocity import Velocity
from safeconduct.errors import WireError
from safeconduct.units import FOOT_M, FOOT_PER_MINUTE_MPS, KNOT_MPS

ADDRESS = "393322"


def one(frame: bytes | str) -> ModeSMessage:
    answer = mode_s.decode([bytes.fromhex(frame) if isinstance(frame, str) else frame])[0]
    assert isinstance(answer, ModeSMessage), answer
    return answer


def error(frame: bytes | str) -> WireError:
    answer = mode_s.decode([bytes.fromhex(frame) if isinstance(frame, str) else frame])[0]
    assert isinstance(answer, WireError), answer
    return answer


def flipped(frame: bytes, bit: int) -> bytes:
    return (int.from_bytes(frame, "big") ^ 1 << bit).to_bytes(len(frame), "big")


def test_airborne_position_has_pressure_altitude_or_height_never_both() -> None:
    place = cpr.encode(2.5, 49.0, odd=True, surface=False)
    barometric = one(mode_s_encode.airborne_position(ADDRESS, place, 38_000 * FOOT_M))
    assert (barometric.address, barometric.address_proven, barometric.cpr, barometric.nuc_p) == (
        ADDRESS,
        True,
        place,
        7,
    )
    assert barometric.pressure_altitude_m == pytest.approx(38_000 * FOOT_M)
    assert barometric.height_m is None
    gnss = one(mode_s_encode.airborne_position(ADDRESS, place, 38_000 * FOOT_M, type_code=20))
    assert gnss.height_m == pytest.approx(38_000 * FOOT_M)
    assert gnss.pressure_altitude_m is None
    none = one(mode_s_encode.airborne_position(ADDRESS, place, None))
    assert (none.height_m, none.pressure_altitude_m) == (None, None)


def test_surface_position_has_its_speed_and_track() -> None:
    place = cpr.encode(2.5, 49.0, odd=False, surface=True)
    message = one(mode_s_encode.surface_position(ADDRESS, place, 90.0))
    assert message.cpr == place
    assert message.velocity is not None
    assert message.velocity.east_mps == pytest.approx(mode_s_encode.TAXIING_MPS)
    assert message.velocity.north_mps == pytest.approx(0.0, abs=1e-9)


def test_callsign_is_trimmed_and_absent_when_empty_or_outside_the_alphabet() -> None:
    assert one(mode_s_encode.identification(ADDRESS, "AFR34ZG")).callsign == "AFR34ZG"
    assert one(mode_s_encode.identification(ADDRESS, "")).callsign is None
    assert one(mode_s_encode.identification(ADDRESS, "A#1")).callsign is None


def test_status_gives_version_and_accuracy() -> None:
    message = one(mode_s_encode.operational_status(ADDRESS, version=2, nac_p=9, gva=2))
    assert (message.version, message.nac_p, message.gva) == (2, 9, 2)


def test_do260b_vertical_rate_source_bit_36_set_is_barometric() -> None:
    """DO-260B 2.2.3.2.6.1: 0 = GNSS or inertial, 1 = barometric; rs1090 0.7.0 has it the other way round."""
    for source in ("gnss", "barometric"):
        sent = Velocity(east_mps=0.0, north_mps=0.0, up_mps=64 * FOOT_PER_MINUTE_MPS, up_source=source)
        frame = mode_s_encode.velocity(ADDRESS, sent)
        assert bool(frame[8] & 0x10) == (source == "barometric")
        velocity = one(frame).velocity
        assert velocity is not None
        assert velocity.up_source == source


def test_absent_speeds_are_absent_and_not_one_knot_backwards() -> None:
    velocity = one(mode_s_encode.velocity(ADDRESS, Velocity(north_mps=50.0))).velocity
    assert velocity == Velocity()


def test_supersonic_ground_speed_counts_in_fours() -> None:
    frame = mode_s_encode.velocity(ADDRESS, Velocity(east_mps=-100 * KNOT_MPS, north_mps=200 * KNOT_MPS))
    fast = mode_s_frame.with_parity(frame[:4] + bytes([frame[4] & 0xF8 | 2]) + frame[5:11])
    velocity = one(fast).velocity
    assert velocity is not None
    assert velocity.east_mps == pytest.approx(-400 * KNOT_MPS)
    assert velocity.north_mps == pytest.approx(800 * KNOT_MPS)


def test_an_airspeed_is_not_a_velocity_over_the_ground() -> None:
    body = 19 << 51 | 3 << 48 | 1 << 42 | 256 << 32 | 1 << 31 | 251 << 21
    frame = bytes([17 << 3]) + bytes.fromhex(ADDRESS) + body.to_bytes(7, "big")
    velocity = one(mode_s_frame.with_parity(frame)).velocity
    assert velocity == Velocity(airspeed_mps=250 * KNOT_MPS, airspeed_kind="true", heading_deg=90.0)


@pytest.mark.parametrize("bit", range(107))
def test_any_flipped_bit_of_a_squitter_is_bad_parity(bit: int) -> None:
    """All but the five bits of the format itself, which make it another kind of frame."""
    frame = mode_s_encode.identification(ADDRESS, "AFR34ZG")
    assert error(flipped(frame, bit)).reason == "bad-parity"


def test_all_call_reply_proves_its_address_only_without_an_interrogator_code() -> None:
    assert one("5d3981e46dc8eb").address_proven is False
    reply = bytes.fromhex("5d3981e4")
    assert one(mode_s_frame.with_parity(reply)) == ModeSMessage(df=11, address="3981e4", address_proven=True)
    assert error(mode_s_frame.with_parity(reply, 80)).reason == "bad-parity"


@pytest.mark.parametrize("df", [0, 4, 5, 16, 20, 21, 24])
def test_overlaid_addresses_are_read_but_not_proven(df: int) -> None:
    leading = bytes([df << 3]) + bytes(mode_s_frame.frame_bytes(df) - 4)
    message = one(mode_s_frame.with_parity(leading, int(ADDRESS, 16)))
    assert (message.df, message.address, message.address_proven) == (df, ADDRESS, False)


def test_radar_replies_give_altitude_or_squawk() -> None:
    assert one("212800bf40f1ef").pressure_altitude_m == pytest.approx(575 * FOOT_M)
    assert one("2928080069049e").squawk == "1000"


def test_bytes_after_a_short_frame_are_ignored() -> None:
    assert one("212800bf40f1ef7e5817e9cc428d") == one("212800bf40f1ef")


@pytest.mark.parametrize(
    ("code", "feet"),
    [(0, None), (0x0010, -1000), (0x0040 | 0x0010, None), (0x0020, None)],
)
def test_altitude_codes(code: int, feet: int | None) -> None:
    altitude = mode_s_frame.altitude_m(code)
    assert altitude == (None if feet is None else pytest.approx(feet * FOOT_M))


def test_gillham_codes_are_gray_each_hundred_feet_differs_in_one_bit_from_the_next() -> None:
    """ICAO Annex 10 volume IV, 3.1.1.7.12.2.3: the defining property of the code, from -1,200 ft to 126,700 ft."""
    by_feet: dict[int, int] = {}
    for code in range(1 << 13):
        if not code & 0x50 and (metres := mode_s_frame.altitude_m(code)) is not None:
            by_feet[round(metres / FOOT_M)] = code
    assert sorted(by_feet) == list(range(-1200, 126_800, 100))
    assert all((by_feet[feet] ^ by_feet[feet + 100]).bit_count() == 1 for feet in range(-1200, 126_700, 100))


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("", "truncated"),
        ("8d", "truncated"),
        ("8f393322384a02aea63afc43dc", "truncated"),
        ("99" * 14, "unsupported-format"),
        (mode_s_frame.with_parity(bytes.fromhex("92393322384a02aea63afc")).hex(), "relayed"),
    ],
)
def test_what_is_not_read_says_why(frame: str, reason: str) -> None:
    assert error(frame).reason == reason


def test_an_address_made_up_by_the_sender_is_not_an_icao_address() -> None:
    place = cpr.encode(2.5, 49.0, odd=True, surface=False)
    frame = mode_s_encode.airborne_position(ADDRESS, place, 1000.0)
    assert one(mode_s_frame.with_parity(bytes([18 << 3 | 1]) + frame[1:11])).address_is_icao is False
    assert one(mode_s_frame.with_parity(bytes([18 << 3]) + frame[1:11])).address_is_icao is True


def test_one_bad_frame_costs_only_itself() -> None:
    good = mode_s_encode.identification(ADDRESS, "AFR34ZG")
    answers = mode_s.decode([good, b"\x8d", flipped(good, 3), good])
    assert [isinstance(answer, ModeSMessage) for answer in answers] == [True, False, False, True]
    assert answers[0] == answers[3]


def test_hexadecimal_that_is_none_is_refused() -> None:
    with pytest.raises(WireError, match="hexadecimal"):
        mode_s.frame_from_hex("8g39")
