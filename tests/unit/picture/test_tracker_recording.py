"""A real recording: OpenSky state vectors over Switzerland, ten seconds apart."""

from collections import defaultdict
from pathlib import Path

from safeconduct.feeds.adsb_recordings import OpenSkyRecording
from safeconduct.model.identifier import IdentifierKind
from safeconduct.model.sector import Sector
from safeconduct.picture.tracker import Tracker

REPORTS = 25_000


def test_no_track_holds_two_aircraft_and_few_aircraft_are_in_pieces(shared: Path) -> None:
    recording = OpenSkyRecording(shared / "data" / "adsb" / "switzerland_states.json.gz")
    tracker = Tracker(Sector(id="ch", party="p", name="Switzerland", centre=(8.2, 46.9)), [])
    addresses: dict[int, set[str]] = defaultdict(set)
    last: dict[str, tuple[int, float]] = {}
    reports = broken = 0
    for batch in recording.batches():
        if reports >= REPORTS:
            break
        for sensor in recording.sensors:
            tracker.add_sensor(sensor)
        assigned = tracker.update(batch).assigned
        for row, said in batch.claims.items():
            address = next(n.value for n in said.identifiers if n.kind is IdentifierKind.ICAO_ADDRESS)
            number, time = int(assigned[row]), float(batch.time[row])
            addresses[number].add(address)
            before = last.get(address)
            broken += before is not None and before[0] != number and time - before[1] < 20.0
            last[address] = (number, time)
            reports += 1
    assert reports >= REPORTS
    assert all(len(held) == 1 for number, held in addresses.items() if number >= 0)
    assert broken < 0.004 * reports
