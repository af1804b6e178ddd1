import math
from dataclasses import replace

import pytest

from safeconduct.codecs.remote_id_assembly import (
    HOLD_S,
    MAX_REMEMBERED,
    Covered,
    RemoteIdAssembly,
    RemoteIdDetection,
    measured_at,
)
from safeconduct.codecs.remote_id_messages import BasicId, HeightReference, IdType, Location, OperatorPosition, System
from safeconduct.model.detection import BatchBuilder
from safeconduct.model.identifier import Identifier, IdentifierKind

HOUR = 1_680_364_800.0
NOW = HOUR + 931.0
MAC = "903ae65bc8a8"
SERIAL = BasicId(id_type=IdType.SERIAL_NUMBER, ua_type=2, uas_id=b"1588E0001")
SESSION = BasicId(id_type=IdType.SESSION_ID, ua_type=2, uas_id=b"\x01\xab")
HERE = Location(lat=47.2, lon=8.7, hour_s=930.1)


def one(location: Location, received: float = NOW) -> RemoteIdDetection:
    [detection] = RemoteIdAssembly().hear(MAC, received, [location])
    return detection


@pytest.mark.parametrize(
    ("hour_s", "received", "time"),
    [
        (930.1, HOUR + 931.0, HOUR + 930.1),
        (3599.8, HOUR + 0.5, HOUR - 0.2),
        (0.3, HOUR - 0.5, HOUR + 0.3),
        (3600.0, HOUR + 0.5, HOUR),
        (871.0, HOUR + 931.0, HOUR + 871.0),
        (870.9, HOUR + 931.0, None),
        (3601.0, HOUR + 1.0, None),
        (None, HOUR, None),
    ],
)
def test_time_is_resolved_to_the_nearest_hour(hour_s: float | None, received: float, time: float | None) -> None:
    assert measured_at(hour_s, received) == (None if time is None else pytest.approx(time, abs=1e-6))


def test_a_useless_time_is_replaced_by_the_time_received() -> None:
    assert one(HERE).time == pytest.approx(HOUR + 930.1, abs=1e-6)
    assert one(replace(HERE, hour_s=None)).time == NOW
    assert one(replace(HERE, hour_s=2000.0)).time == NOW


def test_names_come_from_another_message_and_fade() -> None:
    assembly = RemoteIdAssembly()
    [unnamed] = assembly.hear(MAC, NOW, [HERE])
    assembly.hear(MAC, NOW, [SERIAL, SESSION])
    [named] = assembly.hear(MAC, NOW + 1, [replace(HERE, hour_s=931.1)])
    [faded] = assembly.hear(MAC, NOW + HOLD_S + 1, [replace(HERE, hour_s=931.2)])
    assert unnamed.claims.identifiers == faded.claims.identifiers == ()
    assert named.claims.identifiers == (
        Identifier(IdentifierKind.REMOTE_ID_SERIAL, "1588E0001"),
        Identifier(IdentifierKind.SESSION_ID, "01AB"),
    )
    assert not named.claims.authenticated


def test_a_name_in_the_same_pack_counts_wherever_it_stands() -> None:
    [detection] = RemoteIdAssembly().hear(MAC, NOW, [HERE, SERIAL])
    assert len(detection.claims.identifiers) == 1


def test_names_stay_with_their_transmitter_and_the_newest_wins() -> None:
    assembly = RemoteIdAssembly()
    assembly.hear("other", NOW, [SERIAL])
    assembly.hear(MAC, NOW, [replace(SERIAL, uas_id=b"OLD")])
    [detection] = assembly.hear(MAC, NOW, [replace(SERIAL, uas_id=b"NEW"), HERE])
    assert [name.value for name in detection.claims.identifiers] == ["NEW"]


@pytest.mark.parametrize("basic", [replace(SERIAL, uas_id=b""), replace(SERIAL, id_type=0), replace(SERIAL, id_type=3)])
def test_empty_and_unknown_names_are_no_claims(basic: BasicId) -> None:
    [detection] = RemoteIdAssembly().hear(MAC, NOW, [basic, HERE])
    assert detection.claims.identifiers == ()


def test_a_repeat_is_no_new_measurement() -> None:
    assembly = RemoteIdAssembly()
    heard = [assembly.hear(MAC, NOW + 0.1 * k, [SERIAL, HERE]) for k in range(10)]
    assert [len(new) for new in heard] == [1] + [0] * 9


def test_repeats_from_receivers_that_lag_are_told_too() -> None:
    assembly = RemoteIdAssembly()
    locations = [replace(HERE, hour_s=930.0 + k / 10) for k in range(MAX_REMEMBERED)]
    assert sum(len(assembly.hear(MAC, NOW, [location])) for location in locations) == MAX_REMEMBERED
    assert sum(len(assembly.hear(MAC, NOW + 1, [location])) for location in locations) == 0


def test_a_location_that_goes_stale_never_becomes_new_again() -> None:
    assembly = RemoteIdAssembly()
    assert sum(len(assembly.hear(MAC, NOW + k, [HERE])) for k in range(200)) == 1


def test_without_a_usable_time_a_standing_aircraft_counts_once_a_second() -> None:
    assembly = RemoteIdAssembly()
    timeless = replace(HERE, hour_s=None)
    times = [one.time for k in range(40) for one in assembly.hear(MAC, NOW + k / 4, [timeless])]
    assert times == [NOW + 1.25 * k for k in range(8)]


def test_one_transmitter_does_not_hide_another_with_the_same_content() -> None:
    assembly = RemoteIdAssembly()
    assert len(assembly.hear(MAC, NOW, [HERE])) == len(assembly.hear("other", NOW, [HERE])) == 1


def test_silent_transmitters_are_forgotten() -> None:
    assembly = RemoteIdAssembly()
    for k in range(1000):
        assembly.hear(f"{k:012x}", NOW + k, [SERIAL])
    assert len(assembly) == HOLD_S + 1


def test_an_unknown_position_makes_no_detection() -> None:
    assert RemoteIdAssembly().hear(MAC, NOW, [SERIAL, Location(height_m=12.0)]) == []


def test_height_above_takeoff_is_not_a_geodetic_height() -> None:
    over_takeoff = one(replace(HERE, height_m=11.0))
    assert (over_takeoff.above_takeoff_m, over_takeoff.above_ground_m, over_takeoff.height_m) == (11.0, None, None)
    over_ground = one(replace(HERE, height_m=11.0, height_reference=HeightReference.GROUND))
    assert (over_ground.above_takeoff_m, over_ground.above_ground_m) == (None, 11.0)


def test_accuracies_are_95_percent_bounds() -> None:
    detection = one(replace(HERE, horizontal_accuracy=10, vertical_accuracy=5))
    assert detection.covariance
    east, cross, north = detection.covariance
    assert east == north
    assert cross == 0.0
    assert 1.0 - math.exp(-(10.0**2) / (2.0 * east)) == pytest.approx(0.95)
    assert detection.sigma_height_m
    assert math.erf(3.0 / detection.sigma_height_m / math.sqrt(2.0)) == pytest.approx(0.95, abs=1e-6)
    assert one(HERE).covariance is None
    assert one(HERE).sigma_height_m is None


def test_velocity_is_east_north_up() -> None:
    moving = replace(HERE, speed_mps=10.0, direction_deg=90.0, vertical_speed_mps=-2.0)
    assert one(moving).velocity == pytest.approx((10.0, 0.0, -2.0))
    assert one(replace(moving, direction_deg=None)).velocity == (None, None, -2.0)
    assert one(replace(moving, direction_deg=None, speed_mps=0.0)).velocity == (0.0, 0.0, -2.0)
    assert one(HERE).velocity == (None, None, None)


def test_the_pilot_goes_no_further() -> None:
    system = System(operator=OperatorPosition(lat=12.345678, lon=76.54321, geodetic_altitude_m=33.5))
    [detection] = RemoteIdAssembly().hear(MAC, NOW, [system, SERIAL, HERE])
    assert not {"12.345678", "76.54321", "33.5"} & set(repr(detection).replace(",", " ").replace("=", " ").split())


def test_a_row_carries_all_that_a_batch_has_room_for() -> None:
    builder = BatchBuilder()
    full = replace(HERE, geodetic_altitude_m=470.0, pressure_altitude_m=455.5, horizontal_accuracy=11)
    assembly = RemoteIdAssembly()
    for location in (full, replace(full, hour_s=930.2)):
        [detection] = assembly.hear(MAC, NOW, [location])
        detection.put(builder, "rx")
        assembly.hear(MAC, NOW, [SERIAL])
    batch = builder.build()
    assert batch.sensors == ("rx",)
    assert (batch.lat[0], batch.lon[0], batch.height_m[0], batch.pressure_altitude_m[0]) == (47.2, 8.7, 470.0, 455.5)
    assert batch.received.tolist() == [NOW, NOW]
    assert batch.covariance[0, 0] == pytest.approx((3.0 / 2.4477) ** 2, rel=1e-4)
    assert list(batch.claims) == [1]


TAG = Identifier(IdentifierKind.DRIP_ENTITY_TAG, "2001:30:280:1405:a3ad:1952:ad0:a69e")
DRIP = BasicId(id_type=IdType.SESSION_ID, ua_type=2, uas_id=bytes.fromhex("012001003002801405a3ad19520ad0a69e"))
NAME = Identifier(IdentifierKind.REMOTE_ID_SERIAL, "1588E0001")


@pytest.mark.parametrize(
    ("session", "kind", "value"),
    [
        (DRIP.uas_id, IdentifierKind.DRIP_ENTITY_TAG, TAG.value),
        (bytes.fromhex("012001003002801405a3ad19520ad0"), IdentifierKind.DRIP_ENTITY_TAG, f"{TAG.value[:-4]}0"),
        (b"\x02" + DRIP.uas_id[1:], IdentifierKind.SESSION_ID, f"02{DRIP.uas_id[1:].hex().upper()}"),
        (b"\x01\x20\x01\x00\x40" + DRIP.uas_id[5:], IdentifierKind.SESSION_ID, None),
        (DRIP.uas_id + b"\x01", IdentifierKind.SESSION_ID, f"{DRIP.uas_id.hex().upper()}01"),
    ],
)
def test_a_drip_session_is_an_entity_tag(session: bytes, kind: IdentifierKind, value: str | None) -> None:
    """RFC 9374 section 4: session ID type 1, and an address of 2001:30::/28."""
    [detection] = RemoteIdAssembly().hear(MAC, NOW, [replace(DRIP, uas_id=session), HERE])
    [name] = detection.claims.identifiers
    assert name.kind is kind
    assert value is None or name.value == value
    assert not detection.claims.authenticated


def test_a_covered_location_claims_what_is_signed_and_nothing_else() -> None:
    other = replace(HERE, lat=48.0)
    covered = [Covered((TAG,), (HERE,))]
    signed, unsigned = RemoteIdAssembly().hear(MAC, NOW, [SERIAL, DRIP, HERE, other], covered)
    assert (signed.lat, signed.claims.identifiers, signed.claims.authenticated) == (47.2, (TAG,), True)
    assert (unsigned.lat, unsigned.claims.identifiers, unsigned.claims.authenticated) == (48.0, (TAG, NAME), False)


def test_a_location_that_was_only_wrapped_is_a_measurement() -> None:
    [detection] = RemoteIdAssembly().hear(MAC, NOW, [SERIAL], [Covered((TAG,), (HERE,))])
    assert detection.claims.authenticated
    assert detection.lat == 47.2
    assert detection.time == pytest.approx(HOUR + 930.1)


def test_a_location_covered_later_is_given_once_more_and_is_the_same_measurement() -> None:
    assembly = RemoteIdAssembly()
    [first] = assembly.hear(MAC, NOW, [SERIAL, HERE])
    [again] = assembly.hear(MAC, NOW + 1, [], [Covered((TAG, NAME), (HERE,))])
    assert not first.claims.authenticated
    assert again.claims.authenticated
    assert again.claims.identifiers == (TAG, NAME)
    assert again == replace(first, received=NOW + 1, claims=again.claims)
    assert assembly.hear(MAC, NOW + 2, [HERE], [Covered((TAG, NAME), (HERE,))]) == []


def test_a_row_given_again_claims_no_more_than_before_but_the_tag() -> None:
    """A tracker tells rows by their addresses too: with one more it would be another measurement."""
    assembly = RemoteIdAssembly()
    assembly.hear(MAC, NOW, [HERE])
    [again] = assembly.hear(MAC, NOW + 1, [], [Covered((TAG, NAME), (HERE,))])
    assert again.claims.identifiers == (TAG,)


def test_a_row_that_claimed_what_is_not_signed_is_not_given_again() -> None:
    assembly = RemoteIdAssembly()
    assembly.hear(MAC, NOW, [SERIAL, HERE])
    assert assembly.hear(MAC, NOW + 1, [], [Covered((TAG,), (HERE,))]) == []


def test_a_row_of_another_hour_is_not_given_again() -> None:
    assembly = RemoteIdAssembly()
    assembly.hear(MAC, NOW, [HERE])
    for k in range(1, 241):
        assembly.hear(MAC, NOW + 15 * k, [SERIAL])
    assert assembly.hear(MAC, NOW + 3600, [], [Covered((TAG,), (HERE,))]) == []


def test_authenticated_rows_share_their_claims() -> None:
    assembly = RemoteIdAssembly()
    later = replace(HERE, hour_s=930.2)
    [one] = assembly.hear(MAC, NOW, [HERE], [Covered((TAG,), (HERE,))])
    [two] = assembly.hear(MAC, NOW, [later], [Covered((TAG,), (later,))])
    assert one.claims is two.claims
