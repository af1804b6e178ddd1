"""Signed Remote ID through `RemoteIdCapture` and `replay --registries`: what a capture gives, trusted and not."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from tests.support.drip import (
    AIRCRAFT,
    FOREIGN_HDA,
    HDA_SIGNER,
    NOW,
    RAA_SIGNER,
    basic_id,
    linked,
    location,
    packed,
    registry,
    serial,
)

from safeconduct.codecs.drip_sign import Ledger, Signer
from safeconduct.errors import InputError
from safeconduct.feeds.detect import open_recording
from safeconduct.feeds.remote_id_capture import RemoteIdCapture
from safeconduct.model.detection import DetectionBatch, join
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.key import text_of
from safeconduct.service.replays import of_files

SERIAL = Identifier(IdentifierKind.REMOTE_ID_SERIAL, "1581F5FJC2470000UN07")
MAC, OTHER = "021122334455", "021122334466"
SECONDS = 8


def capture(records: list[tuple[float, str, bytes]]) -> bytes:
    """A pcap of beacons: (received, sender, payload)."""
    data = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 105)
    for counter, (time, sender, payload) in enumerate(records):
        info = b"\xfa\x0b\xbc\x0d" + bytes((counter % 256,)) + payload
        header = b"\x80\0\0\0" + b"\xff" * 6 + bytes.fromhex(sender) * 2 + b"\0\0"
        packet = header + bytes(12) + bytes((221, len(info))) + info
        data += struct.pack("<IIII", int(time), round(time % 1 * 1e6), len(packet), len(packet)) + packet
    return data


def flown(start: int = NOW) -> list[tuple[float, str, bytes]]:
    """The chain, then every second a pack with its Wrapper, received 0.4 s later, and said twice."""
    records = [(start + 0.1, MAC, linked(RAA_SIGNER, HDA_SIGNER)), (start + 0.2, MAC, linked(HDA_SIGNER, AIRCRAFT))]
    for second in range(start + 1, start + 1 + SECONDS):
        messages = [basic_id(AIRCRAFT), serial(), location(second, 47.0 + (second - start) / 1e4)]
        pack = packed(messages, AIRCRAFT.pack_wrapper(messages, second), second)
        records += [(second + 0.4, MAC, pack), (second + 0.6, MAC, pack)]
    return records


def read(
    tmp_path: Path, records: list[tuple[float, str, bytes]], *trusted: Signer
) -> tuple[RemoteIdCapture, DetectionBatch]:
    path = tmp_path / "signed.pcap"
    path.write_bytes(capture(records))
    feed = RemoteIdCapture(path, party="alpha", registries=[registry(signer) for signer in trusted])
    return feed, join(feed.batches())


def test_signed_rows_are_authenticated_and_given_once(tmp_path: Path) -> None:
    feed, batch = read(tmp_path, flown(), RAA_SIGNER)
    assert len(batch) == SECONDS
    assert {claims.identifiers for claims in batch.claims.values()} == {(AIRCRAFT.tag.name, SERIAL)}
    assert sum(claims.authenticated for claims in batch.claims.values()) == SECONDS
    assert batch.time.tolist() == pytest.approx([NOW + 1 + k for k in range(SECONDS)], abs=0.06)
    assert not feed.report.rejected


def test_without_registries_nothing_is_authenticated_and_nothing_rejected(tmp_path: Path) -> None:
    feed, batch = read(tmp_path, flown())
    assert len(batch) == SECONDS
    assert {claims.identifiers for claims in batch.claims.values()} == {(AIRCRAFT.tag.name, SERIAL)}
    assert not any(claims.authenticated for claims in batch.claims.values())
    assert not feed.report.rejected


def test_without_the_right_registry_nothing_is_authenticated_and_it_is_said_why(tmp_path: Path) -> None:
    feed, batch = read(tmp_path, flown(), FOREIGN_HDA)
    assert len(batch) == SECONDS
    assert not any(claims.authenticated for claims in batch.claims.values())
    assert feed.report.rejected == {"unknown-registry": 2, "unregistered": 2 * SECONDS}
    assert feed.report.last_error.startswith("packet at byte ")


def test_a_recording_played_to_the_air_again_is_not_authenticated(tmp_path: Path) -> None:
    """Ten minutes later, elsewhere: the links still hold, what the aircraft signed does not."""
    later = [(time + 600.0, OTHER, payload) for time, _, payload in flown()]
    feed, batch = read(tmp_path, flown() + later, RAA_SIGNER)
    played = batch.rows(np.flatnonzero(batch.received > NOW + 300))
    assert len(played) > 0
    assert not any(claims.authenticated for claims in played.claims.values())
    assert feed.report.rejected == {"expired": 2 * SECONDS}


def test_one_that_is_relayed_at_once_is_not_authenticated_twice(tmp_path: Path) -> None:
    records = [pair for time, _, payload in flown() for pair in ((time, MAC, payload), (time + 0.1, OTHER, payload))]
    feed, batch = read(tmp_path, records, RAA_SIGNER)
    assert len(batch) == 2 * SECONDS
    assert sum(claims.authenticated for claims in batch.claims.values()) == SECONDS
    assert feed.report.rejected == {"relayed": 2 * SECONDS}


def test_a_manifest_gives_the_rows_before_it_once_more(tmp_path: Path) -> None:
    ledger = Ledger(AIRCRAFT, HDA_SIGNER.link(AIRCRAFT, NOW - 1000, NOW + 10_000), bytes(8))
    records = flown()[:2]
    for second in range(NOW + 1, NOW + 1 + SECONDS):
        plain = packed([basic_id(AIRCRAFT), serial(), location(second)])
        records += [
            (second + 0.4, MAC, plain),
            (second + 0.5, MAC, packed([], ledger.manifest([plain], second), second)),
        ]
    feed, batch = read(tmp_path, records, RAA_SIGNER)
    assert not feed.report.rejected
    assert len(batch) == 2 * SECONDS
    assert [batch.claims[row].authenticated for row in range(len(batch))] == [False, True] * SECONDS
    for first in range(0, len(batch), 2):
        one, again = batch.rows([first]), batch.rows([first + 1])
        assert one.claims[0].identifiers == again.claims[0].identifiers
        for column in ("time", "lon", "lat"):
            assert getattr(one, column) == getattr(again, column)


def test_a_forged_position_beside_a_genuine_wrapper_is_not_authenticated(tmp_path: Path) -> None:
    """A Wrapper that holds its messages proves them, and not those that somebody sends with it."""
    genuine, forged = location(NOW + 1, 47.0), location(NOW + 1, 48.0)
    pack = packed([basic_id(AIRCRAFT), forged], AIRCRAFT.wrapper([genuine], NOW + 1))
    _, batch = read(tmp_path, [*flown()[:2], (NOW + 1.4, OTHER, pack)], RAA_SIGNER)
    said = {round(float(batch.lat[row]), 3): claims.authenticated for row, claims in batch.claims.items()}
    assert said == {48.0: False, 47.0: True}


def test_replay_takes_registries_from_a_file(tmp_path: Path) -> None:
    recording, trusted = tmp_path / "signed.pcap", tmp_path / "registries.json"
    recording.write_bytes(capture(flown()))
    tree = [{"name": "RAA", "entity_tag": RAA_SIGNER.tag.name.value, "public": text_of(RAA_SIGNER.key)}]
    trusted.write_text(json.dumps(tree))
    [feed] = of_files([recording], registries=trusted).recordings
    assert all(claims.authenticated for claims in join(feed.batches()).claims.values())
    [feed] = of_files([recording]).recordings
    assert not any(claims.authenticated for claims in join(feed.batches()).claims.values())
    trusted.write_text(json.dumps([tree[0] | {"public": text_of(AIRCRAFT.key)}]))
    with pytest.raises(InputError) as caught:
        of_files([recording], registries=trusted)
    assert caught.value.reason == "key-mismatch"


def test_a_recording_is_opened_with_registries(tmp_path: Path) -> None:
    path = tmp_path / "signed.pcap"
    path.write_bytes(capture(flown()))
    feed = open_recording(path, registries=[registry(HDA_SIGNER)])
    assert all(claims.authenticated for claims in join(feed.batches()).claims.values())
