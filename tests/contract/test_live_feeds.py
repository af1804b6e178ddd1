"""What a live feed promises (feeds/base.py), asked of a real TCP connection on loopback."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count

import pytest

from safeconduct.codecs import cpr, mode_s_encode
from safeconduct.codecs.beast import MODE_S_LONG, BeastFrame, encode
from safeconduct.feeds.beast_tcp import FIRST_PAUSE_S, LONGEST_PAUSE_S, BeastTcpFeed
from safeconduct.model.detection import DetectionBatch
from safeconduct.model.sensor import Sensor, SensorKind

SENSOR = Sensor(id="roof", party="un-mission", kind=SensorKind.ADSB)
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def positions(first: int, last: int) -> bytes:
    """Messages number first to last - 1 of one aircraft that stands in the air, one frame each."""
    sent = b""
    for number in range(first, last):
        place = cpr.encode(2.5, 49.0, odd=bool(number % 2), surface=False)
        frame = mode_s_encode.airborne_position("393322", place, 10_000.0)
        sent += encode(BeastFrame(MODE_S_LONG, number, 99, frame))
    return sent


class Bench:
    """A feed with a clock that ticks by a tenth of a second and a sleep that only notes how long."""

    def __init__(self, port: int, **options: float) -> None:
        self.pauses: list[float] = []
        ticks = count()
        self.feed = BeastTcpFeed(
            "127.0.0.1", port, SENSOR, clock=lambda: 1000.0 + 0.1 * next(ticks), sleep=self._sleep, **options
        )

    async def _sleep(self, pause: float) -> None:
        self.pauses.append(pause)
        await asyncio.sleep(0)

    async def rows(self, wanted: int) -> list[DetectionBatch]:
        got: list[DetectionBatch] = []
        source = self.feed.batches()
        async with asyncio.timeout(10.0):
            async for batch in source:
                got.append(batch)
                if sum(map(len, got)) >= wanted:
                    break
        await source.aclose()  # type: ignore[attr-defined]
        return got


async def served(handler: Handler) -> tuple[asyncio.Server, int]:
    async def then_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(then_close, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


def test_rows_come_as_they_are_received_in_the_time_of_this_node() -> None:
    async def run() -> None:
        async def handler(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for number in range(8):
                writer.write(positions(number, number + 1))
                await writer.drain()
                await asyncio.sleep(0.01)

        server, port = await served(handler)
        async with server:
            bench = Bench(port)
            got = await bench.rows(3)
        times = [time for batch in got for time in batch.received.tolist()]
        assert times == sorted(times)
        assert 1000.0 <= times[0] <= times[-1] < 1002.0
        assert got[0].sensors == ("roof",)
        assert got[0].lon[0] == pytest.approx(2.5, abs=1e-4)
        assert bench.feed.report.detections == sum(map(len, got))

    asyncio.run(run())


def test_garbage_is_counted_and_the_feed_goes_on() -> None:
    async def run() -> None:
        async def handler(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.0 400\r\n\r\n" + positions(0, 4) + b"\x1a\x34zzz" + positions(4, 6))
            await writer.drain()

        server, port = await served(handler)
        async with server:
            bench = Bench(port)
            await bench.rows(3)
        assert bench.feed.report.rejected["garbage"] == 1
        assert bench.feed.report.rejected["unknown-type"] == 1
        assert bench.feed.report.messages == 6

    asyncio.run(run())


def test_a_broken_connection_is_counted_and_tried_again_with_what_was_known() -> None:
    """The aircraft is found in the first connection (cut within a frame) and followed in the second."""

    async def run() -> None:
        connections = count()

        async def handler(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(positions(0, 5)[:-4] if next(connections) == 0 else positions(4, 5))
            await writer.drain()

        server, port = await served(handler)
        async with server:
            bench = Bench(port)
            await bench.rows(2)
        assert bench.feed.report.rejected["disconnected"] == 1
        assert bench.feed.report.rejected["truncated"] == 1
        assert "closed" in bench.feed.report.last_error or "frame" in bench.feed.report.last_error
        assert bench.pauses == [FIRST_PAUSE_S]

    asyncio.run(run())


def test_pauses_grow_while_nobody_answers_and_start_anew_after_a_frame() -> None:
    async def run() -> None:
        connections = count()

        async def handler(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            """Eight times nothing, then a frame, then nothing again, then an aircraft."""
            number = next(connections)
            writer.write(b"" if number < 8 or number == 9 else positions(0, 1) if number == 8 else positions(1, 5))
            await writer.drain()

        server, port = await served(handler)
        async with server:
            bench = Bench(port)
            await bench.rows(1)
        growing = [min(FIRST_PAUSE_S * 2.0**step, LONGEST_PAUSE_S) for step in range(8)]
        assert bench.pauses == [*growing, FIRST_PAUSE_S, 2 * FIRST_PAUSE_S]
        assert bench.feed.report.rejected["disconnected"] == 10

    asyncio.run(run())


def test_a_port_where_nobody_listens_is_tried_again() -> None:
    async def run() -> None:
        server, port = await served(lambda *_: asyncio.sleep(0))
        server.close()
        await server.wait_closed()
        bench = Bench(port)
        task = asyncio.create_task(bench.rows(1))
        while len(bench.pauses) < 3:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert bench.feed.report.rejected["disconnected"] >= 3

    asyncio.run(run())


def test_a_connection_that_says_nothing_is_taken_for_broken() -> None:
    async def run() -> None:
        connections = count()

        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if next(connections) == 0:
                await reader.read()
            else:
                writer.write(positions(0, 4))
                await writer.drain()

        server, port = await served(handler)
        async with server:
            bench = Bench(port, silence_s=0.05)
            await bench.rows(1)
        assert bench.feed.report.rejected["silent"] == 1

    asyncio.run(run())


def test_a_slow_reader_slows_the_sender_down() -> None:
    """Back-pressure: with nobody iterating, the sender's drain must block once the buffers are full."""

    async def run() -> None:
        sent = 0
        flood = positions(0, 2) * 2000

        async def handler(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            while sent < 100_000_000:
                writer.write(flood)
                await writer.drain()
                sent += len(flood)

        server, port = await served(handler)
        async with server:
            source = Bench(port).feed.batches()
            await anext(source)
            before = -1
            while before != sent:
                before = sent
                await asyncio.sleep(0.1)
            assert sent < 50_000_000
            await source.aclose()  # type: ignore[attr-defined]

    asyncio.run(run())
