"""The decision table of coverage, row by row, for another party's post."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.nodes import ENTRY, SQUARE, START, flight, key_of

from safeconduct.coordination.coverage import UNREACHABLE_S, coverage, unreachable
from safeconduct.coordination.known import KnownFlight, KnownPeer, PostWord, Taken
from safeconduct.coordination.notices import Crossings
from safeconduct.coordination.register import Register
from safeconduct.model.card import Card, GuardedAir
from safeconduct.model.coverage import Coverage, CoverageState
from safeconduct.model.flight import FlightState
from safeconduct.model.message import Message, PostFact, TellState
from safeconduct.model.receipt import Answer, Receipt, ReceiptState, SignedReceipt

NOW = START + 60.0
DIGEST = flight(version=2).digest
AIR = GuardedAir(outline=SQUARE, lower_m=0.0, upper_m=9000.0, since=START)


def taken(state: ReceiptState = ReceiptState.RECEIVED, **changes: Any) -> Taken:
    receipt = Receipt(
        notice="n",
        flight="F1",
        version=2,
        digest=DIGEST,
        post="south",
        shift=3,
        key=key_of("salma").public,
        answer=Answer.REFUSED if state is ReceiptState.REFUSED else Answer.RECEIVED,
        read_back=ENTRY,
        reason="live firing",
        time=START,
        rehearsal=True,
    )
    signed = SignedReceipt(receipt=replace(receipt, **changes), signature="s")
    return Taken(receipt=signed, state=state, read_back_error_m=12.0, time=START + 30.0)


def word(**changes: Any) -> PostWord:
    made = PostWord(
        party="lna",
        post="south",
        post_name="South",
        version=2,
        shift=3,
        until=START + 8 * 3600.0,
        fact=PostFact.SHOWN,
        time=START,
        due=START + 120.0,
    )
    return replace(made, **changes)


def peer(**changes: Any) -> KnownPeer:
    key = key_of("node lna").public
    card = Card(party="lna", name="LNA", address="a", public=key, guards=(AIR,), issued=START, rehearsal=True)
    made = KnownPeer(card, confirmed=True, guards=(AIR,))
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def waits(since: float) -> dict[str, Any]:
    told = TellState(flight="F1", state=FlightState.ENDED)
    message = Message(sender="africom", receiver="lna", number=1, time=since, rehearsal=True, told=told)
    waiting = KnownPeer(peer().card).waiting
    waiting.append((since, message))
    return {"waiting": waiting}


def lines(
    *words: PostWord,
    known: KnownFlight | None = None,
    now: float = NOW,
    doubts: dict[str, str] | None = None,
    **of_peer: Any,
) -> list[Coverage]:
    register = Register(party="africom")
    register.peers["lna"] = peer(**of_peer)
    register.words["F1"] = {(one.party, one.post): one for one in words}
    known = known or KnownFlight.of("F1", flight(version=2), own=True, since=START)
    return list(coverage(register, known, now, Crossings(), doubts=doubts or {}))


@pytest.mark.parametrize(
    ("said", "state", "says"),
    [
        (word(taken=taken(ReceiptState.REFUSED), signed=2), "refused", "live firing"),
        (word(taken=taken(), signed=2), "held", "signed for version 2"),
        (word(taken=taken(), signed=2, due=START), "held", "signed"),
        (word(taken=taken(), signed=2, fact=PostFact.UNMANNED), "unmanned", "Nobody is on duty"),
        (word(taken=taken(), signed=2, shift=4), "stale", "an earlier crew"),
        (word(taken=taken(), signed=2, shift=4, due=START), "overdue", "not signed for it in time"),
        (word(taken=taken(version=1), signed=1), "stale", "version 1"),
        (word(taken=taken(version=1), signed=1, version=1), "stale", "version 1"),
        (word(taken=taken(digest="0" * 64), signed=2), "stale", "does not count"),
        (word(taken=taken(ReceiptState.MISREAD)), "waiting", "too far off"),
        (word(taken=taken(ReceiptState.MISREAD), signed=1), "stale", "version 1"),
        (word(taken=taken(ReceiptState.MISREAD), due=START), "overdue", "in time"),
        (word(version=1), "waiting", "has not got version 2"),
        (word(version=1, due=START), "waiting", "has not got version 2"),
        (word(due=START), "overdue", "on the crew's screen"),
        (word(due=START, fact=PostFact.PUT), "overdue", "not yet on the crew's screen"),
        (word(), "waiting", "on the crew's screen"),
        (word(fact=PostFact.PUT), "waiting", "not yet on the crew's screen"),
        (word(fact=PostFact.UNMANNED, due=START), "unmanned", "Nobody"),
        (word(taken=taken(), signed=2, until=NOW), "held", "signed for version 2"),
        (word(taken=taken(), signed=2, until=NOW - 0.1), "unmanned", "duty of the crew at South is over"),
        (word(until=NOW - 0.1), "unmanned", "no other has taken over"),
    ],
)
def test_each_row(said: PostWord, state: str, says: str) -> None:
    (line,) = lines(said)
    assert (line.state, line.post, line.post_name, line.version) == (state, "south", "South", 2)
    assert says in line.text
    # Out of reach nothing is known of now, and what was signed is not forgotten.
    (far,) = lines(said, **waits(NOW - UNREACHABLE_S - 1.0))
    assert far.state == "unreachable"
    assert ("Before that: " in far.text) == (state == "held")
    (doubted,) = lines(said, doubts={"lna": "what its node sends cannot be taken here"})
    assert doubted.state == "unreachable"
    assert "LNA: what its node sends cannot be taken here." in doubted.text
    # Without trust in who vouches for the key, nothing stands.
    for distrust in ({"confirmed": False}, {"withdrawn": {peer().card.public}}):
        (none,) = lines(said, **distrust)
        assert none.state == "unreachable"
        assert "no confirmed peer" in none.text or "not a confirmed peer" in none.text


def test_a_read_back_is_told_of_the_current_version_only() -> None:
    assert [line.read_back_error_m for line in lines(word(taken=taken(), signed=2))] == [12.0]
    assert [line.read_back_error_m for line in lines(word(taken=taken(version=1), signed=1))] == [None]


def test_a_party_that_has_named_no_post_has_a_line_of_its_own() -> None:
    (line,) = lines()
    assert (line.party, line.post, line.state) == ("lna", None, "waiting")
    (line,) = lines(**waits(NOW - UNREACHABLE_S - 1.0))
    assert (line.state, "does not answer" in line.text) == ("unreachable", True)
    (line,) = lines(confirmed=False)
    assert line.state == "unreachable"


def test_posts_that_are_not_concerned() -> None:
    closed = word(fact=PostFact.CLOSED)
    assert lines(closed) == [], "it has said so of this version"
    assert lines(word(fact=PostFact.CLOSED, post="")) == []
    (line,) = lines(replace(closed, version=1))
    assert (line.post, line.state) == (None, "waiting"), "and not yet of this one"
    (line,) = lines(replace(closed, post="coast"), word())
    assert line.post == "south"
    (line,) = lines(closed, withdrawn={peer().card.public})
    assert (line.post, line.state) == (None, "unreachable"), "whoever is not trusted has not answered"


def test_nothing_is_said_of_a_flight_that_is_over() -> None:
    known = KnownFlight.of("F1", flight(version=2), own=True, since=START)
    assert lines(word(), known=replace(known, flight=known.flight.moved(FlightState.ENDED))) == []
    assert lines(word(), known=known, now=known.end + 1.0) == []
    assert len(lines(word(), known=known, now=known.end)) == 1


def test_the_worst_comes_first() -> None:
    words = [
        word(post="a", taken=taken(), signed=2),
        word(post="b"),
        word(post="c", due=START),
        word(post="d", fact=PostFact.UNMANNED),
        word(post="e", taken=taken(ReceiptState.REFUSED)),
        word(post="f", taken=taken(version=1), signed=1),
    ]
    said = [line.state for line in lines(*words)]
    assert said == ["overdue", "refused", "unmanned", "stale", "waiting", "held"]
    assert [state for state in CoverageState if state.held] == [CoverageState.HELD]


def test_how_long_a_message_may_wait() -> None:
    assert not unreachable(peer(), NOW)
    assert not unreachable(peer(**waits(NOW - UNREACHABLE_S)), NOW)
    assert unreachable(peer(**waits(NOW - UNREACHABLE_S - 0.1)), NOW)
