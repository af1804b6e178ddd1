"""Continuations on a real recording with silences cut into it: who comes back under a number was it before."""

from collections import defaultdict
from pathlib import Path

import numpy as np

from safeconduct.feeds.adsb_recordings import OpenSkyRecording
from safeconduct.model.detection import BatchBuilder, DetectionBatch
from safeconduct.model.identifier import IdentifierKind
from safeconduct.model.sector import Sector
from safeconduct.picture.tracker import Tracker

REPORTS, SILENCE_S = 9_000, 60.0


def without_silences(batch: DetectionBatch, silent: dict[str, float], rng: np.random.Generator) -> DetectionBatch:
    """The batch without the rows of aircraft that are silent: each once, from a random time on (`silent`)."""
    builder = BatchBuilder()
    for row, said in sorted(batch.claims.items()):
        address = next(n.value for n in said.identifiers if n.kind is IdentifierKind.ICAO_ADDRESS)
        time = float(batch.time[row])
        since = silent.setdefault(address, time + rng.uniform(60.0, 180.0))
        if not since <= time < since + SILENCE_S:
            builder.add(
                time=time,
                received=float(batch.received[row]),
                sensor=batch.sensors[batch.sensor[row]],
                lon=float(batch.lon[row]),
                lat=float(batch.lat[row]),
                height_m=float(batch.height_m[row]),
                pressure_altitude_m=float(batch.pressure_altitude_m[row]),
                velocity=tuple(batch.velocity[row].tolist()),
                claims=said,
            )
    return builder.build()


def test_aircraft_that_were_silent_come_back_under_their_numbers_and_none_under_anothers(shared: Path) -> None:
    recording = OpenSkyRecording(shared / "data" / "adsb" / "switzerland_states.json.gz")
    tracker = Tracker(Sector(id="ch", party="p", name="Switzerland", centre=(8.2, 46.9)), [])
    addresses: dict[int, set[str]] = defaultdict(set)
    silent: dict[str, float] = {}
    before: dict[str, int] = {}
    after: dict[str, list[int]] = defaultdict(list)
    rng, reports = np.random.default_rng(4), 0
    for whole in recording.batches():
        if reports >= REPORTS:
            break
        batch = without_silences(whole, silent, rng)
        for sensor in recording.sensors:
            tracker.add_sensor(sensor)
        changes = tracker.update(batch)
        reports += len(batch)
        for one in changes.continued:
            if one.taken:
                addresses[one.of] |= addresses.pop(one.number, set())
        for row, said in batch.claims.items():
            address = next(n.value for n in said.identifiers if n.kind is IdentifierKind.ICAO_ADDRESS)
            number, time = int(changes.assigned[row]), float(batch.time[row])
            addresses[number].add(address)
            if time < silent[address]:
                before[address] = number
            else:
                after[address].append(number)
        numbers = tracker.picture(float(batch.received[-1])).number if len(batch) else np.zeros(0)
        assert len(np.unique(numbers)) == len(numbers)
    assert all(len(held) == 1 for number, held in addresses.items() if number >= 0)
    again = [after[address][3] == before[address] for address in before if len(after[address]) > 3]
    assert len(again) > 80
    assert np.mean(again) > 0.93
