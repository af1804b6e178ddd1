"""A recording of Wi-Fi Remote ID: pcap or pcapng, plain or gzipped, as any sniffer writes it."""

import gzip
import math
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from safeconduct.codecs.capture import Packet, packets
from safeconduct.codecs.remote_id import decode_payload
from safeconduct.codecs.remote_id_assembly import SIGMA_PER_95, SIGMA_PER_95_RADIUS, RemoteIdAssembly, RemoteIdDetection
from safeconduct.codecs.wifi_remote_id import WifiRemoteId, remote_id_of
from safeconduct.errors import InputError, WireError
from safeconduct.feeds.arrival import Order, opened
from safeconduct.feeds.base import WINDOW_S, FeedReport
from safeconduct.model.detection import BatchBuilder, DetectionBatch
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.model.tag_registry import TagRegistry
from safeconduct.units import FOOT_M

if TYPE_CHECKING:
    from safeconduct.codecs.drip_auth import SignatureCheck

UNKNOWN_SIGMA_M = 100 * FOOT_M * SIGMA_PER_95_RADIUS
"""Where the sender says nothing of its accuracy: what 14 CFR 89.310 demands of all, 100 ft at 95 %; 12 m."""
UNKNOWN_SIGMA_ALT_M = 150 * FOOT_M * SIGMA_PER_95
"""Likewise: 150 ft at 95 %; 23 m."""

_CHUNK_BYTES = 1 << 16


class RemoteIdCapture:
    """A `feeds.base.Recording` of one capture by one receiver, whose place the capture does not tell.

    `report.messages` counts transmissions (packs) of which at least one message was good; repeats count, and make no
    detection. The position of the pilot is never passed on. A packet that lies less than a window before one already
    read is taken as received with that one; one that lies further back is rejected as `out-of-order`.

    Args:
        registries: whose word for the keys of signed Remote ID is taken. Without any no signature is looked at; with
            some, those that prove nothing are counted in `report.rejected`, and the messages stand as unsigned ones.
    """

    def __init__(
        self, path: Path, *, party: str, sensor: str | None = None, registries: Sequence[TagRegistry] = ()
    ) -> None:
        self.path = path
        self.report = FeedReport(path=str(path), format="remote-id-capture")
        self._sensor = Sensor(
            id=sensor or f"remote-id-{path.name.split('.')[0]}",
            party=party,
            kind=SensorKind.REMOTE_ID,
            sigma_m=UNKNOWN_SIGMA_M,
            sigma_alt_m=UNKNOWN_SIGMA_ALT_M,
        )
        self._assembly = RemoteIdAssembly()
        self._signatures = _signature_check(registries) if registries else None

    @property
    def sensors(self) -> tuple[Sensor, ...]:
        """The one receiver."""
        return (self._sensor,)

    def batches(self) -> Iterator[DetectionBatch]:
        """All of it, once. Raises InputError where the file is missing or is no capture."""
        builder, window = BatchBuilder(), -math.inf
        for detection in self._detections():
            if detection.received // WINDOW_S != window:
                if len(builder):
                    yield builder.build()
                window = detection.received // WINDOW_S
            detection.put(builder, self._sensor.id)
            self.report.detections += 1
        if len(builder):
            yield builder.build()

    def _detections(self) -> Iterator[RemoteIdDetection]:
        now, order = -math.inf, Order()
        for packet in self._packets():
            try:
                found = remote_id_of(packet.link_type, packet.data)
                if found is not None:
                    now = _received(packet, now, order)
                    yield from self._hear(found, now, packet.offset)
            except InputError as error:
                self.report.reject(error.at(f"packet at byte {packet.offset}"))

    def _hear(self, found: WifiRemoteId, now: float, offset: int) -> list[RemoteIdDetection]:
        messages, errors = decode_payload(found.payload)
        for error in errors:
            self.report.reject(error.at(f"packet at byte {offset}"))
        self.report.messages += bool(messages)
        if self._signatures is None:
            return self._assembly.hear(found.transmitter, now, messages)
        covered, refused = self._signatures.hear(found.transmitter, now, found.payload, found.counter)
        for error in refused:
            self.report.reject(error.at(f"packet at byte {offset}"))
        return self._assembly.hear(found.transmitter, now, messages, covered)

    def _packets(self) -> Iterator[Packet]:
        """Whole packets. A capture that breaks off is counted; one that yields nothing raises."""
        met = False
        try:
            for packet in packets(_chunks(self.path)):
                met = True
                yield packet
        except WireError as error:
            if not met:
                raise error.at(str(self.path)) from error
            self.report.reject(error)


def _signature_check(registries: Sequence[TagRegistry]) -> "SignatureCheck":
    from safeconduct.codecs.drip_auth import SignatureCheck  # with its cryptography, for those who need it

    return SignatureCheck(registries)


def _received(packet: Packet, now: float, order: Order) -> float:
    """When the packet was received, held at `now` where it is a little older.

    Raises:
        WireError: `no-time`, or `out-of-order` where it is older by more than a window.
        InputError: `bad-time`, `time-leap`.
    """
    if packet.time is None or not math.isfinite(packet.time):
        raise WireError("no-time", "the capture does not say when", remedy="capture in enhanced packet blocks")
    if packet.time < now - WINDOW_S:
        raise WireError("out-of-order", f"captured {now - packet.time:.1f} s before the one before it")
    received = max(now, packet.time)
    wrong = order.check(received, "")
    if wrong is not None:
        raise wrong
    return received


def _chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file, unpacked where gzipped. Raises InputError `unreadable`, WireError `truncated`."""
    try:
        with opened(path) as file:
            while chunk := file.read1(_CHUNK_BYTES):
                yield chunk
    except EOFError as error:
        raise WireError("truncated", "the gzip stream breaks off") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise WireError("bad-gzip", str(error)) from error
    except OSError as error:
        raise InputError("unreadable", error.strerror or str(error), where=str(path)) from error
