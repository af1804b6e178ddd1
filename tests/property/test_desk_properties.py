"""Two nodes, whatever people do and whatever becomes of the messages between them: what is said to be held is held."""

from contextlib import suppress
from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.support.nodes import SQUARE, NodeAtHand, Nodes, flight, set_post, square

from safeconduct.coordination.coverage import coverage
from safeconduct.coordination.crossing import crossing
from safeconduct.coordination.disclosure import disclosed
from safeconduct.coordination.register import Register
from safeconduct.errors import InputError
from safeconduct.model.coverage import Coverage, CoverageState
from safeconduct.model.entry import MessageSent, MessageTaken, ReceiptTaken
from safeconduct.model.flight import Disclosure, Flight, FlightState
from safeconduct.model.key import key_id
from safeconduct.model.message import TellReceipt
from safeconduct.model.notice import NoticeState
from safeconduct.model.receipt import ReadBack, ReceiptState, SignedReceipt
from safeconduct.store.base import StoreError

PARTIES = st.sampled_from(["africom", "lna"])
NAMES = st.sampled_from(["F0", "F1", "F2"])
PEOPLE = st.sampled_from(["salma", "nadir"])
SECTORS = {"small": square(13.0, 31.4, 0.3), "usual": SQUARE, "away": square(20.0, 10.0)}


class Desks(RuleBasedStateMachine):
    """Both parties declare; lna's post is watched by two people in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes = Nodes()
        self.crews = {name: self.nodes.crew(name, on_duty=False) for name in ("salma", "nadir")}
        self.signed: list[SignedReceipt] = []
        self.done = 0

    @rule(party=PARTIES, name=NAMES, lat=st.sampled_from([31.5, 40.0]), coarse=st.booleans())
    def declare_or_amend(self, party: str, name: str, lat: float, coarse: bool) -> None:
        at = self.nodes[party]
        self.done += 1
        made = flight(name, party, lat=lat, contact=f"desk {self.done}")
        made = replace(made, disclosure=Disclosure.COARSE if coarse else Disclosure.OPEN)
        known = at.register.flights.get(name)
        with suppress(InputError):
            if known is None or not known.own:
                at.declare(made)
            else:
                at.amend(made)

    @rule(party=PARTIES, name=NAMES, state=st.sampled_from(sorted(FlightState)))
    def move(self, party: str, name: str, state: FlightState) -> None:
        with suppress(InputError):
            self.nodes[party].desk.move(self.nodes[party].who(), name, state)

    @rule(name=PEOPLE, lasts_s=st.sampled_from([100.0, 8 * 3600.0]))
    def take_over(self, name: str, lasts_s: float) -> None:
        with suppress(InputError):
            self.crews[name].take_over(lasts_s)

    @rule(name=PEOPLE)
    def stand_down(self, name: str) -> None:
        with suppress(InputError):
            self.crews[name].stand_down()

    @rule(name=PEOPLE, which=st.integers(0, 5))
    def look(self, name: str, which: int) -> None:
        crew = self.crews[name]
        inbox = crew.at.desk.inbox(crew.who, "south")
        if inbox:
            with suppress(InputError):
                crew.at.desk.shown(crew.who, inbox[which % len(inbox)].notice.id)

    @rule(name=PEOPLE, which=st.integers(0, 5), answer=st.sampled_from(["right", "right", "right", "wrong", "refused"]))
    def answer(self, name: str, which: int, answer: str) -> None:
        crew = self.crews[name]
        inbox = crew.at.desk.inbox(crew.who, "south")
        if not inbox:
            return
        item = inbox[which % len(inbox)]
        crossed = crossing(item.flight, crew.at.register.posts["south"].sector)
        assert crossed is not None, "it is before a post whose sector it does not cross"
        lon, lat = crossed.entry
        place = {"right": ReadBack(lon, lat), "wrong": ReadBack(lon, lat + 2.0), "refused": None}[answer]
        signed = crew.signed(item, place)
        with suppress(InputError):
            crew.send(signed)
            self.signed.append(signed)

    @precondition(lambda self: self.signed)
    @rule(which=st.integers(0, 1000))
    def send_an_old_receipt_again(self, which: int) -> None:
        crew = self.crews["salma"]
        signed = self.signed[which % len(self.signed)]
        with suppress(InputError):
            crew.send(signed)
            raise AssertionError("one signature counted twice")

    @rule(sector=st.sampled_from(sorted(SECTORS)))
    def change_the_sector(self, sector: str) -> None:
        set_post(self.nodes["lna"], "south", SECTORS[sector])

    @rule(name=PEOPLE)
    def change_the_key(self, name: str) -> None:
        crew, lna = self.crews[name], self.nodes["lna"]
        with suppress(InputError):
            lna.desk.revoke_key(lna.who(), name, key_id(crew.key.public))
        lna.desk.enrol_key(crew.who, crew.key.public)

    @rule(party=PARTIES)
    def carry(self, party: str) -> None:
        self.nodes[party].node.step()

    @rule()
    def settle(self) -> None:
        for party in self.nodes.of:
            self.nodes.mend(party)

    @rule(party=PARTIES)
    def cut(self, party: str) -> None:
        self.nodes.cut(party)

    @precondition(lambda self: self.nodes.carried)
    @rule(which=st.integers(0, 1000))
    def deliver_again(self, which: int) -> None:
        party, request = self.nodes.carried[which % len(self.nodes.carried)]
        with suppress(InputError):
            self.nodes[party].node.take(request)

    @rule(seconds=st.sampled_from([1.0, 31.0, 125.0]))
    def wait(self, seconds: float) -> None:
        self.nodes.now += seconds
        for at in self.nodes.of.values():
            at.desk.tick()

    @rule(party=PARTIES, forgets=st.booleans())
    def fail(self, party: str, forgets: bool) -> None:
        at = self.nodes[party]
        at.store.fails, at.store.forgets = not forgets, forgets
        with suppress(StoreError):
            self.declare_or_amend(party, "F1", 31.5, False)
        at.store.fails = at.store.forgets = False

    @rule(party=PARTIES)
    def restart(self, party: str) -> None:
        before = self.nodes[party].register
        again = self.nodes.restart(party)
        assert again.register == before
        for crew in self.crews.values():
            crew.at = self.nodes["lna"]

    @property
    def quiet(self) -> bool:
        """Whether nothing is on its way."""
        return not any(peer.waiting for at in self.nodes.of.values() for peer in at.register.peers.values())

    @invariant()
    def notices_are_current(self) -> None:
        lna = self.nodes["lna"]
        for notice in lna.register.notices.values():
            known = lna.register.flights[notice.flight]
            shift = lna.register.shifts.get(notice.post)
            assert (notice.version, notice.digest) == (known.flight.version, known.flight.digest)
            assert notice.shift == (shift.number if shift else 0)
            assert known.flight.state is not FlightState.ENDED
            assert crossing(known.flight, lna.register.posts[notice.post].sector) is not None
            assert lna.register.by_post[notice.post][notice.flight] == notice.id
            assert lna.register.by_flight[notice.flight][notice.post] == notice.id

    @invariant()
    def every_flight_that_crosses_is_before_the_post(self) -> None:
        lna = self.nodes["lna"]
        for known in lna.register.flights.values():
            crosses = crossing(known.flight, lna.register.posts["south"].sector) is not None
            expected = crosses and known.flight.state is not FlightState.ENDED and known.end >= self.nodes.now
            assert (lna.register.notice_before(known, "south") is not None) == expected

    @invariant()
    def numbers_have_no_gap(self) -> None:
        for at in self.nodes.of.values():
            facts = at.facts()
            sent = [fact.message.number for fact in facts if isinstance(fact, MessageSent)]
            taken = [fact.message.number for fact in facts if isinstance(fact, MessageTaken)]
            assert sent == list(range(1, len(sent) + 1))
            assert taken == list(range(1, len(taken) + 1))
            (peer,) = at.register.peers.values()
            assert [message.number for _, message in peer.waiting] == sent[peer.acknowledged :]

    @invariant()
    def what_is_held_was_signed(self) -> None:
        for at in self.nodes.of.values():
            for line in lines(at, self.nodes):
                if line.state is CoverageState.HELD:
                    self._check_held(at, line)

    def _check_held(self, at: NodeAtHand, line: Coverage) -> None:
        known = at.register.flights[line.flight]
        digest = known.flight.digest if line.party == at.party else disclosed(known.flight).digest
        lna = self.nodes["lna"]
        receipts = [
            fact.receipt
            for fact in lna.facts()
            if isinstance(fact, ReceiptTaken)
            and fact.state is ReceiptState.RECEIVED
            and fact.receipt.genuine
            and (fact.receipt.receipt.version, fact.receipt.receipt.digest) == (known.flight.version, digest)
        ]
        if at is not lna:
            told = [fact.message.told for fact in at.facts() if isinstance(fact, MessageTaken)]
            here = {fact.receipt.signature for fact in told if isinstance(fact, TellReceipt)}
            receipts = [receipt for receipt in receipts if receipt.signature in here]
        assert receipts, "it is held without a receipt on both records"
        assert {receipt.receipt.key for receipt in receipts} <= {crew.key.public for crew in self.crews.values()}
        if at is lna or self.quiet:
            shift = lna.register.shifts[line.post or ""]
            now_on_duty = [one for one in receipts if (one.receipt.shift, one.receipt.key) == (shift.number, shift.key)]
            assert now_on_duty, "it is held by a crew that has gone"
            last = lna.register.answers[now_on_duty[-1].receipt.notice]
            assert last.receipt == now_on_duty[-1], "the crew has said otherwise since"

    @invariant()
    def when_all_is_told_both_know_the_same(self) -> None:
        if not self.quiet:
            return
        africom, lna = self.nodes["africom"], self.nodes["lna"]
        for here, there in ((africom, lna), (lna, africom)):
            told = {known.flight.id: disclosed(known.flight) for known in here.register.flights.values() if known.own}
            assert told == foreign(there)
        received = {
            (lna.register.flights[notice.flight].flight.id)
            for notice in lna.register.notices.values()
            if notice.state is NoticeState.RECEIVED
            and not lna.register.flights[notice.flight].own
            and lna.register.answers[notice.id].state is ReceiptState.RECEIVED
            and lna.register.flights[notice.flight].end >= self.nodes.now
        }
        assert received == {line.flight for line in lines(africom, self.nodes) if line.state is CoverageState.HELD}

    def teardown(self) -> None:
        for at in self.nodes.of.values():
            register = Register()
            for entry in at.node.recorder.replay():
                register.apply(entry)
            assert register == at.register
            at.node.close()


def lines(at: NodeAtHand, nodes: Nodes) -> list[Coverage]:
    """Coverage of all own flights of a node."""
    return [
        line
        for known in at.register.flights.values()
        if known.own
        for line in coverage(at.register, known, nodes.now, at.desk.crossings)
    ]


def foreign(at: NodeAtHand) -> dict[str, Flight]:
    """The other party's flights, as a node knows them."""
    return {known.flight.id: known.flight for known in at.register.flights.values() if not known.own}


TestDesks = Desks.TestCase
TestDesks.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
