import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from safeconduct.errors import StateError
from safeconduct.federation.acknowledgement import Acknowledgement, acknowledge
from safeconduct.federation.request import SignedRequest, sign_request
from safeconduct.links.in_process import InProcessNetwork, in_process_address
from safeconduct.model.key import SigningKey
from safeconduct.model.message import Message, TellLook
from safeconduct.service.desk.peers import OutboxPeer
from safeconduct.service.outbox import MOST_PER_TURN, QUIET_S, OutboxPump

NONCE = "n" * 16
OWN = SigningKey(b"\x08" * 32)
KEYS = {party: SigningKey(bytes([seed]) * 32) for seed, party in enumerate(("gna", "lna", "unsmil"), start=20)}


def message(receiver: str, number: int) -> Message:
    told = TellLook(flight="F1", version=1, role="watch", time=0.0)
    return Message(sender="africom", receiver=receiver, number=number, time=0.0, rehearsal=True, told=told)


class FakeDesk:
    """A desk whose outbox is a dict."""

    def __init__(self, *parties: str) -> None:
        self.waiting: dict[str, list[Message]] = {party: [] for party in parties}
        self.last: dict[str, Message] = {}
        self.reasons: list[tuple[str, str]] = []
        self.broken = ""
        self._lock = threading.Lock()

    def put(self, party: str, *numbers: int) -> None:
        with self._lock:
            self.waiting[party] += [message(party, number) for number in numbers]

    def outbox(self) -> tuple[OutboxPeer, ...]:
        return tuple(
            OutboxPeer(p, in_process_address(p), KEYS[p].public, len(self.waiting[p]))
            for p in self.waiting
            if self.waiting[p] or p in self.last
        )

    def newest(self, party: str) -> Message | None:
        return self.waiting[party][-1] if self.waiting[party] else self.last.get(party)

    def pending(self, party: str) -> Message | None:
        if party == self.broken:
            raise RuntimeError("a fault of ours")
        return self.waiting[party][0] if self.waiting[party] else None

    def sign(self, message: Message) -> SignedRequest:
        target = in_process_address(message.receiver)
        return sign_request(message.canonical(), target=target, key=OWN, created=0.0, nonce=NONCE)

    def acknowledged(self, party: str, said: Acknowledgement) -> None:
        with self._lock:
            self.last[party] = message(party, said.number)
            self.waiting[party] = [m for m in self.waiting[party] if m.number > said.number]

    def unreached(self, party: str, reason: str) -> None:
        self.reasons.append((party, reason))


def taking(desk: FakeDesk, party: str, came: list[tuple[str, int]]) -> Callable[[SignedRequest], bytes]:
    """A node that takes what comes."""

    def receive(request: SignedRequest) -> bytes:
        oldest = desk.waiting[party][0] if desk.waiting[party] else desk.last[party]
        assert request.body == oldest.canonical(), "not the oldest"
        came.append((party, oldest.number))
        return acknowledge(oldest, oldest.number, sent=0, nonce=NONCE, time=0.0, key=KEYS[party])

    return receive


@pytest.fixture
def came() -> list[tuple[str, int]]:
    return []


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk("gna", "lna")


@pytest.fixture
def network(desk: FakeDesk, came: list[tuple[str, int]]) -> InProcessNetwork:
    network = InProcessNetwork()
    for party in desk.waiting:
        network.register(in_process_address(party), taking(desk, party, came))
    return network


def test_each_peer_gets_its_messages_in_order(
    desk: FakeDesk, network: InProcessNetwork, came: list[tuple[str, int]]
) -> None:
    pump = OutboxPump(desk, network, lambda: 0.0)
    assert not pump.step(0.0)
    desk.put("gna", 1, 2, 3)
    desk.put("lna", 1)
    assert pump.step(0.0)
    assert came == [("gna", 1), ("gna", 2), ("gna", 3), ("lna", 1)]
    assert not pump.step(0.0)
    assert desk.reasons == []


def test_a_quiet_peer_is_asked_again_with_what_it_has(
    desk: FakeDesk, network: InProcessNetwork, came: list[tuple[str, int]]
) -> None:
    pump = OutboxPump(desk, network, lambda: 0.0)
    pump.step(0.0)
    assert came == [], "who was told nothing has nothing to repeat"
    desk.put("gna", 1, 2)
    pump.step(1.0)
    pump.step(QUIET_S)
    assert came == [("gna", 1), ("gna", 2)]
    assert not pump.step(1.0 + QUIET_S), "nothing new was carried"
    assert came[2:] == [("gna", 2)]
    network.cut(in_process_address("gna"))
    pump.step(2.0 + 2 * QUIET_S)
    assert [party for party, _ in desk.reasons] == ["gna"]
    network.mend(in_process_address("gna"))
    pump.heard("gna")
    pump.step(2.1 + 2 * QUIET_S)
    assert came[3:] == [("gna", 2)], "it is asked at once when it is back"


def test_one_long_outbox_does_not_hold_up_another(
    desk: FakeDesk, network: InProcessNetwork, came: list[tuple[str, int]]
) -> None:
    pump = OutboxPump(desk, network, lambda: 0.0)
    desk.put("gna", *range(1, 2 * MOST_PER_TURN + 1))
    desk.put("lna", 1)
    pump.step(0.0)
    assert len(desk.waiting["gna"]) == MOST_PER_TURN
    assert desk.waiting["lna"] == []
    pump.step(0.0)
    assert desk.waiting["gna"] == []


def test_a_peer_that_is_gone_is_tried_less_and_less_often_and_then_gets_everything(
    desk: FakeDesk, network: InProcessNetwork, came: list[tuple[str, int]]
) -> None:
    pump = OutboxPump(desk, network, lambda: 0.0, jitter=lambda: 0.25)
    address = in_process_address("gna")
    network.cut(address)
    desk.put("gna", 1, 2)
    desk.put("lna", 1)
    tried = []
    for tenth in range(2400):
        before = len(desk.reasons)
        pump.step(tenth / 10)
        if len(desk.reasons) > before:
            tried.append(tenth / 10)
    assert came[0] == ("lna", 1), "it delayed the other"
    assert len(came) == 240 // QUIET_S, "the other is asked again as always"
    waits = [after - before for before, after in pairwise(tried)]
    assert len(waits) > 12
    assert waits == pytest.approx([0.625, 1.25, 2.5, 5, 10, *[18.75] * (len(waits) - 5)], abs=0.11)
    assert {party for party, _ in desk.reasons} == {"gna"}
    assert "no node answers" in desk.reasons[0][1]
    network.mend(address)
    assert pump.step(1000.0)
    assert [one for one in came if one[0] == "gna"] == [("gna", 1), ("gna", 2)]


def test_whoever_is_heard_from_is_tried_at_once(
    desk: FakeDesk, network: InProcessNetwork, came: list[tuple[str, int]]
) -> None:
    pump = OutboxPump(desk, network, lambda: 0.0)
    network.cut(in_process_address("gna"))
    desk.put("gna", 1)
    pump.step(0.0)
    network.mend(in_process_address("gna"))
    assert not pump.step(0.1)
    pump.heard("gna")
    pump.heard("nobody")
    assert pump.step(0.1)


def test_a_lost_answer_is_a_repeat_and_no_loss(desk: FakeDesk, came: list[tuple[str, int]]) -> None:
    network, lost = InProcessNetwork(), iter([True, False])
    take = taking(desk, "gna", came)

    def receive(request: SignedRequest) -> bytes:
        answer = take(request)
        return b"" if next(lost) else answer

    network.register(in_process_address("gna"), receive)
    pump = OutboxPump(desk, network, lambda: 0.0)
    desk.put("gna", 1)
    assert not pump.step(0.0)
    assert pump.step(1.0)
    assert came == [("gna", 1), ("gna", 1)]
    assert desk.waiting["gna"] == []


def test_a_refusal_a_forged_answer_and_an_answer_of_another_are_no_acknowledgements(desk: FakeDesk) -> None:
    network = InProcessNetwork()

    def gap(_: SignedRequest) -> bytes:
        raise StateError("gap", "number 7 is expected")

    desk.put("gna", 8)
    answers: list[Callable[[SignedRequest], bytes]] = [
        gap,
        lambda _: acknowledge(message("gna", 8), 8, sent=0, nonce=NONCE, time=0.0, key=KEYS["lna"]),
        lambda _: acknowledge(message("gna", 7), 7, sent=0, nonce=NONCE, time=0.0, key=KEYS["gna"]),
        lambda _: b"{}",
    ]
    pump = OutboxPump(desk, network, lambda: 0.0)
    for at, answer in enumerate(answers):
        network.register(in_process_address("gna"), answer)
        assert not pump.step(at * 60.0)
        assert [m.number for m in desk.waiting["gna"]] == [8]
    assert len(desk.reasons) == len(answers)
    assert "number 7 is expected" in desk.reasons[0][1]


def test_a_fault_of_ours_is_not_hidden_when_stepping(desk: FakeDesk, network: InProcessNetwork) -> None:
    desk.broken = "gna"
    desk.put("gna", 1)
    pump = OutboxPump(desk, network, lambda: 0.0)
    with pytest.raises(RuntimeError):
        pump.step(0.0)


@pytest.fixture
def running() -> Iterator[Callable[[OutboxPump], None]]:
    """Runs a pump in a thread until the test is over."""
    stop, threads = threading.Event(), []

    def run(pump: OutboxPump) -> None:
        thread = threading.Thread(target=pump.run, args=(stop,))
        threads.append((pump, thread))
        thread.start()

    yield run
    stop.set()
    for pump, thread in threads:
        pump.wake()
        thread.join(10.0)
        assert not thread.is_alive()


def until(holds: Callable[[], bool], within_s: float) -> None:
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "too late"
        time.sleep(0.005)


def test_running_a_dead_peer_or_a_fault_of_ours_delays_nobody(
    running: Callable[[OutboxPump], None], came: list[tuple[str, int]], caplog: pytest.LogCaptureFixture
) -> None:
    desk = FakeDesk("gna", "lna", "unsmil")
    network, hanging = InProcessNetwork(), threading.Event()

    def hang(_: SignedRequest) -> bytes:
        hanging.wait(20.0)
        return b""

    network.register(in_process_address("gna"), hang)
    network.register(in_process_address("lna"), taking(desk, "lna", came))
    desk.broken = "unsmil"
    desk.put("gna", 1)
    desk.put("unsmil", 1)
    pump = OutboxPump(desk, network, time.monotonic)
    running(pump)
    try:
        for number in range(1, 200):
            desk.put("lna", number)
            pump.wake()
        until(lambda: not desk.waiting["lna"], within_s=3.0)  # less than the pump idles
        assert came == [("lna", number) for number in range(1, 200)]
        assert "outbox to unsmil failed" in caplog.text
    finally:
        hanging.set()


def test_running_a_peer_that_comes_back_is_told_without_being_woken(
    running: Callable[[OutboxPump], None], desk: FakeDesk, network: InProcessNetwork, came: list[tuple[str, int]]
) -> None:
    network.cut(in_process_address("gna"))
    desk.put("gna", 1)
    running(OutboxPump(desk, network, time.monotonic))
    until(lambda: bool(desk.reasons), within_s=3.0)
    network.mend(in_process_address("gna"))
    until(lambda: came == [("gna", 1)], within_s=3.0)
