"""A live Beast stream over TCP: a receiver's or dump1090's port 30005."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

from safeconduct.codecs import mode_s
from safeconduct.codecs.beast import MODE_AC, BeastParser
from safeconduct.errors import InputError, WireError
from safeconduct.feeds.adsb_recordings import assembler_of
from safeconduct.feeds.base import FeedReport
from safeconduct.model.detection import BatchBuilder, DetectionBatch
from safeconduct.model.sensor import Sensor

READ_BYTES = 1 << 16
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
"""Pauses before connecting again double from the first to the longest; a well-formed frame starts them anew."""
SILENCE_S = 60.0
"""A connection without a byte for so long is taken for broken: a dead link says nothing."""


class BeastTcpFeed:
    """See `LiveFeed`. All frames of one read count as received when the read returned.

    Arguments:
        sensor: the receiver. With its place, aircraft on the ground can be located.
        clock: Unix seconds; may step back, the feed's times will not.
        sleep: awaited between attempts.
        silence_s: see `SILENCE_S`.
    """

    def __init__(
        self,
        host: str,
        port: int,
        sensor: Sensor,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        silence_s: float = SILENCE_S,
    ) -> None:
        self._host, self._port, self._sensor = host, port, sensor
        self._clock, self._sleep, self._silence_s = clock, sleep, silence_s
        self.report = FeedReport(f"tcp://{host}:{port}", "beast")
        self._assembler = assembler_of(sensor, self.report)
        self._now = 0.0
        self._pause = FIRST_PAUSE_S

    @property
    def sensors(self) -> tuple[Sensor, ...]:
        """The one receiver."""
        return (self._sensor,)

    async def batches(self) -> AsyncIterator[DetectionBatch]:
        """Until cancelled; one batch for each read that brought a position."""
        while True:
            parser = BeastParser(self.report.reject)
            async with contextlib.aclosing(self._portions()) as portions:
                async for data in portions:
                    rows = self._take(parser, data)
                    if len(rows):
                        self.report.detections += len(rows)
                        yield rows.build()
            parser.close()
            pause, self._pause = self._pause, min(2.0 * self._pause, LONGEST_PAUSE_S)
            await self._sleep(pause)

    async def _portions(self) -> AsyncGenerator[bytes, None]:
        """What one connection brings, until it breaks, which is counted and said."""
        writer: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(self._silence_s):
                reader, writer = await asyncio.open_connection(self._host, self._port)
            while True:
                async with asyncio.timeout(self._silence_s):
                    data = await reader.read(READ_BYTES)
                if not data:
                    self._broken("disconnected", "the receiver closed the connection")
                    return
                yield data
        except TimeoutError:
            self._broken("silent", f"nothing came for {self._silence_s:g} s")
        except OSError as error:
            self._broken("disconnected", error.strerror or str(error))
        except ValueError as error:  # no host has this name: Python's IDNA codec refuses it
            self._broken("bad-host", str(error))
        finally:
            if writer is not None:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    def _broken(self, reason: str, what: str) -> None:
        self.report.reject(InputError(reason, what, where=self.report.path, remedy="trying again"))

    def _take(self, parser: BeastParser, data: bytes) -> BatchBuilder:
        """The rows of one read."""
        rows = BatchBuilder()
        self._now = max(self._now, self._clock())
        frames = parser.feed(data)
        if frames:
            self._pause = FIRST_PAUSE_S
        self.report.messages += sum(frame.type == MODE_AC for frame in frames)
        for answer in mode_s.decode([frame.reply for frame in frames if frame.type != MODE_AC]):
            if isinstance(answer, WireError):
                self.report.reject(answer)
                continue
            self.report.messages += 1
            self._assembler.take(answer, self._now, rows)
        return rows
