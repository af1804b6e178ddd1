"""What a node that comes back knows, and what becomes of it when its disk fails or many ask at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from tests.support.nodes import ENTRY, Nodes, flight, guard, introduce, key_of

from safeconduct.coordination.register import Register
from safeconduct.errors import InputError
from safeconduct.model.entry import AdvisoryGiven, Looked, MessageSent, MessageTaken
from safeconduct.model.flight import FlightState
from safeconduct.model.key import verifies
from safeconduct.model.person import Role
from safeconduct.store.base import StoreError


def folded(nodes: Nodes, party: str) -> Register:
    """The register that the record gives."""
    register = Register()
    for entry in nodes[party].node.recorder.replay():
        register.apply(entry)
    return register


def busy() -> Nodes:
    """Two nodes with a bit of everything on their records."""
    nodes = Nodes()
    africom, crew = nodes["africom"], nodes.crew()
    africom.declare(flight(), flight("F2", lat=31.2))
    nodes.settle()
    crew.receive()
    nodes.settle()
    africom.desk.move(africom.who(), "F1", FlightState.ACTIVATED)
    africom.amend(flight("F2", lat=31.3))
    nodes["lna"].desk.flight(nodes["lna"].who("wanda", Role.WATCH), "F1")
    nodes.settle()
    nodes.cut("lna")
    africom.declare(flight("F3", lat=31.51))
    nodes.pass_s(900.0)
    return nodes


@pytest.mark.parametrize("party", ["africom", "lna"])
def test_a_node_that_comes_back_knows_what_it_knew(party: str) -> None:
    nodes = busy()
    before = nodes[party].register
    view = nodes[party].view()
    again = nodes.restart(party)
    assert again.register == before == folded(nodes, party)
    # How it stands with other nodes now is not on the record, and nothing was heard yet.
    assert replace(again.view(), peers=()) == replace(view, peers=())
    assert all("since this node started" in peer.problem for peer in again.view().peers)
    assert again.desk.airspace.all() == nodes[party].desk.airspace.all()


def test_it_goes_on_where_it_was() -> None:
    nodes = busy()
    given = [fact for fact in nodes["africom"].facts() if isinstance(fact, AdvisoryGiven)]
    assert given
    nodes.restart("africom")
    nodes.restart("lna")
    africom = nodes["africom"]
    africom.desk.tick()
    assert [fact for fact in africom.facts() if isinstance(fact, AdvisoryGiven)] == given, "nothing is said again"
    nodes.mend("lna")
    crew = nodes.crew(on_duty=False)
    crew.receive("F3")
    nodes.settle()
    assert africom.state("F3") == "held"
    for at in nodes.of.values():
        sent = [fact.message.number for fact in at.facts() if isinstance(fact, MessageSent)]
        assert sent == list(range(1, len(sent) + 1))
    lna = nodes["lna"]
    lna.desk.flight(lna.who("walid", Role.WATCH), "F1")
    assert len([fact for fact in lna.facts() if isinstance(fact, Looked)]) == 1, "it was looked at before"


def test_a_crew_signs_after_its_node_came_back() -> None:
    nodes = Nodes()
    crew = nodes.crew()
    nodes["africom"].declare(flight())
    nodes.settle()
    crew.look()
    lna = nodes.restart("lna")
    crew.at = lna
    crew.receive()
    nodes.settle()
    assert nodes["africom"].state() == "held"


def test_the_promise_is_signed_and_its_leaf_is_there_before_anybody_is_answered() -> None:
    nodes = Nodes()
    africom = nodes["africom"]
    seen: list[tuple[int, int]] = []
    africom.desk.subscribe(lambda: seen.append((len(list(africom.store.leaves())), africom.desk.number)))
    record = africom.declare(flight())
    assert record.public == key_of("node africom").public
    assert verifies(record.public, record.promise.signed_bytes(), record.signature)
    assert bytes.fromhex(record.promise.leaf) in set(africom.store.leaves())
    assert (record.promise.node, record.promise.rehearsal) == ("africom", True)
    assert seen == [(africom.desk.number, africom.desk.number)], "told once, when it was durable and known"


def everything(nodes: Nodes) -> list[tuple[str, Callable[[], object]]]:
    """Use cases that each would change something, by name."""
    africom, lna = nodes["africom"], nodes["lna"]
    crew = nodes.crew("salma", on_duty=False)
    relief = nodes.crew("nadir", on_duty=False)
    shown = crew.item("F2").notice.id
    receipt = crew.signed(crew.item())
    told = africom.desk.pending("lna")
    assert told is not None
    request = africom.desk.sign(told)
    return [
        ("declare", lambda: lna.declare(flight("L9", "lna"))),
        ("amend", lambda: lna.amend(flight("L1", "lna", contact="desk 8"))),
        ("move", lambda: lna.desk.move(lna.who(), "L1", FlightState.ACTIVATED)),
        ("shown", lambda: lna.desk.shown(crew.who, shown)),
        ("receipt", lambda: crew.send(receipt)),
        ("shift", relief.take_over),
        ("stand down", relief.stand_down),
        ("take", lambda: lna.node.take(request)),
        ("look", lambda: lna.desk.flight(lna.who(), "F1")),
        ("post", lambda: guard(lna, post="coast")),
    ]


def before_everything() -> Nodes:
    nodes = Nodes()
    crew = nodes.crew()
    nodes["africom"].declare(flight(), flight("F2", lat=31.2))
    nodes["lna"].declare(flight("L1", "lna"))
    nodes.settle()
    crew.look()
    nodes.settle()
    nodes.crew("nadir", on_duty=False)
    nodes.cut("lna")
    nodes["africom"].declare(flight("F3", lat=31.51))
    return nodes


def test_a_disk_that_fails_leaves_everything_as_it_was_and_the_same_works_afterwards() -> None:
    nodes = before_everything()
    lna = nodes["lna"]
    told: list[None] = []
    for name, act in everything(nodes):
        end = lna.desk.subscribe(lambda: told.append(None))
        before, number, view = folded(nodes, "lna"), lna.desk.number, lna.view()
        lna.store.fails = True
        with pytest.raises(StoreError):
            act()
        lna.store.fails = False
        assert (lna.register, lna.desk.number, lna.view(), told) == (before, number, view, []), name
        end()
        act()
        assert lna.register == folded(nodes, "lna") != before, name
    nodes.mend("lna")
    for at in nodes.of.values():
        sent = [fact.message.number for fact in at.facts() if isinstance(fact, MessageSent)]
        assert sent == list(range(1, len(sent) + 1))


@pytest.mark.parametrize("deaf", [False, True])
def test_a_store_that_lost_only_the_answer(deaf: bool) -> None:
    """What is durable is known, sooner or later, and no number of a message is given twice."""
    nodes = Nodes()
    africom, lna = nodes["africom"], nodes["lna"]
    nodes.crew()
    nodes.settle()
    africom.store.forgets, africom.store.deaf = True, deaf
    with pytest.raises(StoreError):
        africom.declare(flight())
    africom.store.forgets = False
    if deaf:
        with pytest.raises(StoreError):
            africom.declare(flight("F2", lat=31.2))
        africom.store.deaf = False
        with pytest.raises(StoreError, match="after all"):
            africom.declare(flight("F2", lat=31.2))
    assert africom.register == folded(nodes, "africom")
    assert list(africom.register.flights) == ["F1"]
    africom.declare(flight("F2", lat=31.2))
    nodes.settle()
    sent = [fact.message.number for fact in africom.facts() if isinstance(fact, MessageSent)]
    assert sent == [1, 2]
    assert sorted(lna.register.flights) == ["F1", "F2"]
    assert nodes.restart("africom").register == africom.register


def test_a_receiver_whose_disk_fails_gets_it_again() -> None:
    nodes = Nodes()
    lna = nodes["lna"]
    lna.store.fails = True
    nodes["africom"].declare(flight())
    nodes.settle()
    assert not lna.register.flights
    assert "cannot take it now" in nodes["africom"].desk.peers()[0].problem
    lna.store.fails = False
    nodes.mend("lna")
    assert list(lna.register.flights) == ["F1"]


def test_an_advisory_that_could_not_be_recorded_is_given_the_next_time() -> None:
    nodes = Nodes()
    africom = nodes["africom"]
    africom.declare(flight())
    nodes.settle()
    nodes.now += 1000.0
    africom.store.fails = True
    with pytest.raises(StoreError):
        africom.desk.tick()
    africom.store.fails = False
    assert len(africom.desk.tick()) == 1
    assert africom.desk.tick() == ()


def test_an_acknowledgement_that_could_not_be_recorded_is_asked_for_again() -> None:
    nodes = Nodes()
    africom = nodes["africom"]
    africom.declare(flight())
    africom.store.fails = True
    with pytest.raises(StoreError):
        nodes.settle()
    africom.store.fails = False
    assert africom.register.peers["lna"].acknowledged == 0
    nodes.mend("lna")
    assert africom.register.peers["lna"].acknowledged == 1
    assert len([fact for fact in nodes["lna"].facts() if isinstance(fact, MessageTaken)]) == 1


def test_many_at_once_lose_nothing_and_use_no_number_twice() -> None:
    nodes = Nodes("africom", "lna", "italy")
    africom, lna = nodes["africom"], nodes["lna"]
    crew = nodes.crew()
    threads, each = 6, 8
    start = threading.Barrier(threads + 2)
    stop = threading.Event()

    def declare(thread: int) -> None:
        start.wait()
        for number in range(each):
            name = f"T{thread}-{number}"
            africom.declare(flight(name, lat=31.1 + 0.01 * number))
            if number % 2:
                africom.amend(flight(name, lat=31.1 + 0.01 * number, contact="desk 8"))

    def answer() -> None:
        start.wait()
        while not stop.is_set():
            for item in lna.desk.inbox(crew.who, "south"):
                try:
                    if item.notice.state == "put":
                        lna.desk.shown(crew.who, item.notice.id)
                    elif item.notice.state == "shown":
                        crew.send(crew.signed(item, ENTRY))
                except InputError:
                    pass  # amended meanwhile

    def carry() -> None:
        start.wait()
        while not stop.is_set():
            for at in nodes.of.values():
                at.node.step()

    with ThreadPoolExecutor(threads + 2) as pool:
        others = [pool.submit(answer), pool.submit(carry)]
        declarers = [pool.submit(declare, thread) for thread in range(threads)]
        for one in declarers:
            one.result(60.0)
        stop.set()
        for one in others:
            one.result(60.0)
    nodes.settle()
    assert len(africom.register.flights) == threads * each
    for party, at in nodes.of.items():
        assert at.register == folded(nodes, party)
        sent: dict[str, list[int]] = {}
        taken: dict[str, list[int]] = {}
        for fact in at.facts():
            if isinstance(fact, MessageSent):
                sent.setdefault(fact.message.receiver, []).append(fact.message.number)
            elif isinstance(fact, MessageTaken):
                taken.setdefault(fact.message.sender, []).append(fact.message.number)
        for run in (*sent.values(), *taken.values()):
            assert run == list(range(1, len(run) + 1))
    for name, known in africom.register.flights.items():
        assert lna.register.flights[name].flight == known.flight
    leaves = [leaf for at in nodes.of.values() for leaf in at.store.leaves()]
    assert len(set(leaves)) == len(leaves)


def test_a_node_that_runs_by_itself_and_is_closed() -> None:
    nodes = Nodes(acquainted=False)
    for at in nodes.of.values():
        at.node.start()
    introduce(nodes["africom"], nodes["lna"])
    introduce(nodes["lna"], nodes["africom"])
    came = threading.Event()
    lna = nodes["lna"]
    lna.desk.subscribe(lambda: came.set() if lna.register.flights else None)
    nodes["africom"].declare(flight())
    assert came.wait(20.0)
    for at in nodes.of.values():
        at.node.close()
        with pytest.raises(StoreError):
            list(at.store.leaves())


def test_a_node_lets_go_of_a_store_that_fails() -> None:
    nodes = Nodes()
    lna = nodes["lna"]
    lna.desk.looked_at_board(lna.who())
    lna.store.fails = True
    with pytest.raises(StoreError):
        lna.node.close()
    nodes.restart("lna")
