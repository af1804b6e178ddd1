"""What others are told of a flight, at each of its three disclosures."""

from dataclasses import replace

import pytest

from safeconduct.coordination.disclosure import NOT_DISCLOSED, coarse_air, disclosed
from safeconduct.errors import ForbiddenError
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.canonical import canonical
from safeconduct.model.flight import Disclosure, Flight, FlightState, RoutePoint
from safeconduct.model.identifier import IdentifierKind, identifier
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import SensorKind
from safeconduct.model.volume import Volume4D

T0 = 1_699_999_200.0
"""On the grid of 900 s."""


def volume(west: float = 13.02, east: float = 13.17, *, low: float = 4100.0, start: float = 10.0) -> Volume4D:
    ring = ((west, 32.43), (east, 32.43), (east, 32.58))
    return Volume4D(outline=ring, lower_m=low, upper_m=low + 800, start=T0 + start, end=T0 + start + 900)


FLIGHT = Flight(
    id="secret-7",
    version=4,
    party="africom",
    aircraft=Aircraft(
        type="male_uav",
        owner="usaf",
        operator="africom",
        crew="contractor",
        identifiers=(identifier(IdentifierKind.CALLSIGN, "UAVGH000"),),
    ),
    volumes=(volume(),),
    route=(RoutePoint(13.05, 32.45, 4500.0, T0 + 60),),
    emits=frozenset({SensorKind.ADSB}),
    disclosure=Disclosure.COARSE,
    contact="desk 5",
    state=FlightState.ACTIVATED,
)


def test_an_open_flight_is_told_whole() -> None:
    plain = replace(FLIGHT, disclosure=Disclosure.OPEN)
    assert disclosed(plain) is plain


def test_of_a_coarse_flight_its_contact_and_blurred_volumes_are_told() -> None:
    told = disclosed(FLIGHT)
    kept = ("id", "version", "party", "contact", "state", "disclosure")
    assert [getattr(told, name) for name in kept] == [getattr(FLIGHT, name) for name in kept]
    assert (told.aircraft, told.route, told.emits) == (Aircraft(type=NOT_DISCLOSED), (), frozenset())
    (blurred,) = told.volumes
    assert blurred == Volume4D(
        outline=((13.0, 32.4), (13.2, 32.4), (13.2, 32.6), (13.0, 32.6)),
        lower_m=4000.0,
        upper_m=5000.0,
        start=T0,
        end=T0 + 1800,
    )
    text = canonical(told, kind="flight", version=1)
    for word in (b"male_uav", b"usaf", b"contractor", b"UAVGH", b"32.43", b"adsb"):
        assert word in canonical(FLIGHT, kind="flight", version=1)
        assert word not in text


def test_volumes_that_blur_into_others_are_told_once_and_in_order_of_time() -> None:
    late, early, small = volume(start=5000), volume(), volume(13.03, 13.05, start=20)
    told = disclosed(replace(FLIGHT, volumes=(late, small, early, volume(13.01, 13.16))))
    assert [one.start for one in told.volumes] == [T0, T0 + 4500]


def test_at_the_edges_of_the_map_blurred_volumes_stay_valid() -> None:
    corner = replace(volume(), outline=((179.95, 89.95), (180.0, 89.95), (180.0, 90.0)))
    (told,) = disclosed(replace(FLIGHT, volumes=(corner,))).volumes
    assert told.outline == ((179.9, 89.9), (180.0, 89.9), (180.0, 90.0), (179.9, 90.0))
    half = replace(volume(), outline=((-90.05, 0.0), (89.95, 0.0), (89.95, 1.0)))
    assert [one.outline[0][0] for one in disclosed(replace(FLIGHT, volumes=(half,))).volumes] == [-90.1, 0.0]
    first = replace(volume(), start=-62_135_596_800.0, end=253_402_300_799.0)
    (always,) = disclosed(replace(FLIGHT, volumes=(first,))).volumes
    assert (always.start, always.end) == (first.start, first.end)


def test_a_sealed_flight_is_not_told() -> None:
    with pytest.raises(ForbiddenError) as caught:
        disclosed(replace(FLIGHT, disclosure=Disclosure.SEALED))
    assert (caught.value.reason, bool(caught.value.remedy)) == ("sealed", True)


def test_a_sector_without_an_edge_is_the_whole_earth_on_a_card() -> None:
    air = coarse_air(Sector(id="s", party="p", name="S", centre=(0, 0), lower_m=-20.0, upper_m=7100.0), since=T0)
    assert sorted(air.outline) == [(-180.0, -90.0), (-180.0, 90.0), (180.0, -90.0), (180.0, 90.0)]
    assert (air.lower_m, air.upper_m) == (-500.0, 7500.0)


def test_a_slanted_strip_stays_one_on_a_card() -> None:
    strip = ((0.0, 0.0), (2.0, 2.0), (2.0, 2.2), (0.0, 0.2))
    air = coarse_air(Sector(id="s", party="p", name="S", centre=(1, 1), outline=strip), since=T0)
    assert set(air.outline) == set(strip)
