from typing import Any

import numpy as np
import pytest

from safeconduct.model.detection import BatchBuilder, Claims
from safeconduct.model.identification import ConflictKind, IdentifierConflict
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.service.census import Census, Sighting, record

ADDRESS = Identifier(IdentifierKind.ICAO_ADDRESS, "0a1b2c")
SERIAL = Identifier(IdentifierKind.REMOTE_ID_SERIAL, "1581F5")
SESSION = Identifier(IdentifierKind.SESSION_ID, "77")
CALLSIGN = Identifier(IdentifierKind.CALLSIGN, "LBY204")

Row = tuple[int, tuple[Identifier, ...]]


def census(*rows: Row, confirmed: tuple[int, ...] = (), polar: bool = False) -> Census:
    builder = BatchBuilder()
    for at, (_, said) in enumerate(rows):
        place: dict[str, Any] = {"range_m": 5.0, "azimuth_deg": 5.0} if polar else {"lon": 13.0 + at, "lat": 32.0 - at}
        builder.add(time=at, received=at, sensor="s", claims=Claims(said) if said else None, **place)
    made = Census()
    made.note(builder.build(), np.array([number for number, _ in rows], np.int64), confirmed)
    return made


def conflict(one: int, two: int, identifier: Identifier = SERIAL) -> IdentifierConflict:
    return IdentifierConflict(
        identifier=identifier, kind=ConflictKind.AT_ONCE, tracks=(f"t{one}", f"t{two}"), first_time=0.0,
        last_time=1.0, places=((13.0, 32.0), (14.0, 32.0)), distance_m=9e4, gap_s=0.0,
    )  # fmt: skip


def tracks(found: list[Sighting]) -> list[list[str]]:
    return [sorted(seen.tracks) for seen in found]


def test_a_track_counts_when_confirmed_or_when_it_claims() -> None:
    made = census((1, ()), (2, ()), (3, (CALLSIGN,)), (-1, (SERIAL,)), confirmed=(2,))
    assert [seen.tracks for seen in made.counted()] == [["t2"], ["t3"]]


@pytest.mark.parametrize("identifier", [ADDRESS, SERIAL, SESSION])
def test_pieces_of_one_aircraft_are_counted_together(identifier: Identifier) -> None:
    (one,) = census((1, (identifier,)), (2, (identifier,)), (1, ())).aircraft([])
    assert sorted(one.tracks) == ["t1", "t2"]
    assert (one.detections, one.first, one.last) == (3, 0.0, 2.0)
    assert (one.west, one.east, one.south, one.north) == (13.0, 15.0, 30.0, 32.0)


def test_a_callsign_joins_nothing() -> None:
    assert tracks(census((1, (CALLSIGN,)), (2, (CALLSIGN,))).aircraft([])) == [["t1"], ["t2"]]


def test_tracks_in_conflict_are_never_one_aircraft() -> None:
    made = census((1, (SERIAL,)), (2, (SERIAL,)))
    assert tracks(made.aircraft([conflict(1, 2)])) == [["t1"], ["t2"]]
    assert tracks(made.aircraft([conflict(2, 3)])) == [["t1", "t2"]]


def test_a_piece_goes_to_the_side_of_a_conflict_that_it_does_not_contradict() -> None:
    made = census((1, (SERIAL,)), (2, (SERIAL,)), (3, (SERIAL,)))
    assert tracks(made.aircraft([conflict(1, 2), conflict(1, 3)])) == [["t1"], ["t2", "t3"]]


def test_a_group_never_takes_in_a_track_that_contradicts_any_of_it() -> None:
    made = census((1, (SERIAL,)), (2, (SERIAL,)), (3, (SERIAL,)))
    for group in tracks(made.aircraft([conflict(2, 3)])):
        assert not {"t2", "t3"} <= set(group)


def test_one_track_that_says_both_joins_the_pieces_that_said_one_each() -> None:
    """Remote ID sends a serial and a session id; whoever sends both shows that they are one aircraft's."""
    made = census((1, (SERIAL,)), (2, (SESSION,)), (3, (SERIAL, SESSION)))
    assert tracks(made.aircraft([])) == [["t1", "t2", "t3"]]


def test_counting_twice_gives_the_same() -> None:
    made = census((1, (SERIAL,)), (2, (SERIAL,)), (3, (ADDRESS,)))
    assert tracks(made.aircraft([])) == tracks(made.aircraft([]))
    assert [seen.tracks for seen in made.counted()] == [["t1"], ["t2"], ["t3"]]


def test_a_record_is_what_replay_prints() -> None:
    (one,) = census((1, (SERIAL, CALLSIGN)), (1, (ADDRESS,))).aircraft([])
    assert record(one) == {
        "identifiers": {"callsign": ["LBY204"], "icao_address": ["0a1b2c"], "remote_id_serial": ["1581F5"]},
        "tracks": ["t1"],
        "detections": 2,
        "first": "1970-01-01T00:00:00.000Z",
        "last": "1970-01-01T00:00:01.000Z",
        "bounds": [13.0, 31.0, 14.0, 32.0],
    }


def test_of_polar_plots_alone_no_bounds_are_known() -> None:
    (one,) = census((1, ()), confirmed=(1,), polar=True).aircraft([])
    assert record(one)["bounds"] is None
