"""What a receipt must survive, and what it must not."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.support.nodes import NORTH, SQUARE, Crew, Nodes, flight, key_of, set_post, square

from safeconduct.coordination.notices import RECEIPT_DUE_S
from safeconduct.errors import ForbiddenError, InputError, StateError, UnknownError
from safeconduct.federation.cards import sign_post_key
from safeconduct.model.card import PostKey
from safeconduct.model.key import key_id
from safeconduct.model.message import PostFact, TellPost, TellReceipt
from safeconduct.model.notice import NoticeState
from safeconduct.model.person import Person, Role
from safeconduct.model.receipt import ReadBack, ReceiptState, SignedReceipt

FAR = ReadBack(13.0, 31.6)


@pytest.fixture
def nodes() -> Nodes:
    """F1 of africom is before the crew of lna's post."""
    nodes = Nodes()
    nodes.crew()
    nodes["africom"].declare(flight())
    nodes.settle()
    return nodes


@pytest.fixture
def crew(nodes: Nodes) -> Crew:
    lna = nodes["lna"]
    return Crew(lna, lna.who("salma", Role.CREW, "south"), key_of("lna salma"), nodes.clock)


def reason(send: Callable[[], object]) -> str:
    """Why it is refused; nothing may be on the record of it."""
    with pytest.raises(InputError) as refused:
        send()
    return refused.value.reason


def vouched(nodes: Nodes, signed: SignedReceipt, **changes: object) -> TellReceipt:
    """A receipt with lna's word for its key."""
    receipt = signed.receipt
    key = PostKey(
        party="lna", post=receipt.post, shift=receipt.shift, public=receipt.key, time=nodes.now, rehearsal=True
    )
    said = sign_post_key(key, nodes["lna"].desk.identity.key)
    return replace(
        TellReceipt(receipt=signed, key=said, post_name="South", read_back_error_m=0.0, misread=False),
        **changes,  # type: ignore[arg-type]
    )


def test_an_amendment_kills_it_and_the_new_version_waits_then_is_overdue_then_held(nodes: Nodes, crew: Crew) -> None:
    africom = nodes["africom"]
    crew.receive()
    nodes.settle()
    assert africom.state() == "held"
    africom.amend(flight(contact="desk 8"))
    assert africom.state() == "stale", "at once, before anybody was told"
    nodes.settle()
    assert africom.state() == "stale"
    assert crew.item().previous_version == 1
    nodes.pass_s(RECEIPT_DUE_S)
    assert africom.state() == "stale"
    nodes.pass_s(1.0)
    assert africom.state() == "overdue"
    crew.receive()
    nodes.settle()
    assert africom.state() == "held"
    assert africom.line().version == 2


def test_a_post_of_one_s_own_goes_the_same_way(nodes: Nodes, crew: Crew) -> None:
    lna = nodes["lna"]
    lna.declare(flight("L1", "lna"))
    crew.receive("L1", "lna")
    assert lna.state("L1") == "held"
    lna.amend(flight("L1", "lna", contact="desk 8"))
    assert lna.state("L1") == "stale"
    nodes.pass_s(RECEIPT_DUE_S + 1.0)
    assert lna.state("L1") == "overdue"
    crew.send(crew.signed(crew.look("L1", "lna"), FAR))
    assert lna.state("L1") == "overdue"
    crew.receive("L1", "lna")
    assert lna.state("L1") == "held"


def test_a_receipt_for_an_older_version_is_refused_however_it_comes(nodes: Nodes, crew: Crew) -> None:
    old = crew.receive()
    late = crew.signed(crew.item(), None)
    nodes["africom"].amend(flight(contact="desk 8"))
    nodes.settle()
    item = crew.look()
    assert reason(lambda: crew.send(old)) == "older-version"
    assert reason(lambda: crew.send(late)) == "older-version"
    older = crew.signed(item, version=1, digest=old.receipt.digest)
    assert reason(lambda: crew.send(older)) == "older-version"
    nodes.settle()
    assert nodes["africom"].state() == "stale"


def test_an_answer_counts_once(nodes: Nodes, crew: Crew) -> None:
    first = crew.receive()
    before = len(nodes["lna"].facts())
    assert reason(lambda: crew.send(first)) == "already-answered"
    nodes.now += 5.0
    assert reason(lambda: crew.send(crew.signed(crew.item()))) == "already-answered"
    assert len(nodes["lna"].facts()) == before


def test_a_crew_may_change_its_mind_and_nobody_may_change_it_back(nodes: Nodes, crew: Crew) -> None:
    africom = nodes["africom"]
    received = crew.receive()
    nodes.now += 10.0
    refused = crew.refuse()
    nodes.settle()
    assert africom.state() == "refused"
    assert "live firing" in africom.line().text
    nodes.now += 10.0
    assert reason(lambda: crew.send(received)) == "already-answered"
    assert reason(lambda: crew.send(refused)) == "already-answered"
    nodes.settle()
    assert africom.state() == "refused"
    crew.send(crew.signed(crew.item()))
    nodes.settle()
    assert africom.state() == "held"
    assert crew.item().notice.state is NoticeState.RECEIVED


def test_refused_and_then_received(nodes: Nodes, crew: Crew) -> None:
    crew.refuse()
    nodes.settle()
    assert nodes["africom"].state() == "refused"
    assert crew.item().state is ReceiptState.REFUSED
    nodes.now += 10.0
    crew.receive()
    nodes.settle()
    assert nodes["africom"].state() == "held"


def test_a_misreading_is_no_receipt_and_the_crew_looks_again(nodes: Nodes, crew: Crew) -> None:
    written = crew.send(crew.signed(crew.look(), FAR))
    assert written.value.state is ReceiptState.MISREAD
    assert written.value.read_back_error_m == pytest.approx(11_087.0, abs=10.0)
    nodes.settle()
    line = nodes["africom"].line()
    assert (line.state, line.read_back_error_m) == ("waiting", written.value.read_back_error_m)
    assert "too far off" in line.text
    assert crew.item().notice.state is NoticeState.SHOWN
    crew.receive()
    nodes.settle()
    assert nodes["africom"].state() == "held"


def test_a_misreading_of_a_new_version_is_stale_at_home_and_abroad(nodes: Nodes, crew: Crew) -> None:
    lna, africom = nodes["lna"], nodes["africom"]
    lna.declare(flight("L1", "lna"))
    for at, name in ((africom, "F1"), (lna, "L1")):
        crew.receive(name, at.party)
        at.amend(flight(name, at.party, contact="desk 8"))
        nodes.settle()
        crew.send(crew.signed(crew.look(name, at.party), FAR))
        nodes.settle()
        assert at.state(name) == "stale"


def test_what_counts_for_nothing(nodes: Nodes, crew: Crew) -> None:
    lna = nodes["lna"]
    before = len(lna.facts())
    item = crew.item()
    assert reason(lambda: crew.send(crew.signed(item))) == "not-shown"
    item = crew.look()
    before += 2  # shown, and the word of it to the owner
    other = key_of("somebody")
    good = crew.signed(item)
    wrong = {
        "wrong-key": crew.signed(item, key=other.public, signer=other),
        "bad-signature": crew.signed(item, signer=other),
        "wrong-digest": crew.signed(item, digest="0" * 64),
        "rehearsal-key": crew.signed(item, rehearsal=False),
        "unknown-notice": crew.signed(item, notice="f" * 32),
        "unknown-post": crew.signed(item, post="west"),
    }
    for name, signed in wrong.items():
        at_post = replace(crew.who, post=signed.receipt.post)
        assert reason(lambda who=at_post, bad=signed: lna.desk.answer(who, bad)) == name  # type: ignore[misc]
    for off_s in (-600.0, -121.0, 121.0, 600.0):
        off = crew.signed(item, time=nodes.now + off_s)
        assert reason(lambda bad=off: crew.send(bad)) == "clock-off"  # type: ignore[misc]
    assert reason(lambda: crew.send(replace(good, signature=good.signature[:-2] + "AA"))) == "bad-signature"
    assert reason(lambda: crew.send(replace(good, signature="garbage"))) == "bad-signature"
    assert reason(lambda: crew.send(crew.signed(item, flight="F2"))) == "wrong-digest"
    assert reason(lambda: crew.send(crew.signed(item, version=7))) == "wrong-digest"
    assert reason(lambda: crew.send(crew.signed(item, shift=7))) == "wrong-key"
    assert len(lna.facts()) == before
    assert lna.register.answers == {}
    crew.send(good)


def test_another_post_s_crew_cannot_answer(nodes: Nodes, crew: Crew) -> None:
    set_post(nodes["lna"], "coast", SQUARE)
    other = nodes.crew("nadir", post="coast")
    item = crew.look()
    mine = other.signed(item, key=other.key.public)
    assert reason(lambda: other.send(mine)) == "wrong-post"
    there = other.signed(other.look(), post="coast", notice=item.notice.id, key=other.key.public)
    assert reason(lambda: other.send(there)) == "unknown-notice"
    as_salma = other.signed(item, key=other.key.public)
    assert reason(lambda: crew.send(as_salma)) == "wrong-key"


def test_a_new_crew_has_to_sign_for_itself(nodes: Nodes, crew: Crew) -> None:
    africom = nodes["africom"]
    old = crew.receive()
    nodes.settle()
    relief = nodes.crew("nadir")
    nodes.settle()
    assert africom.state() == "stale"
    assert "an earlier crew" in africom.line().text
    assert reason(lambda: crew.send(old)) == "old-shift"
    assert relief.item().notice.shift == 2
    assert relief.item().notice.state is NoticeState.PUT
    assert reason(lambda: crew.at.desk.shown(crew.who, relief.item().notice.id)) == "not-on-duty"
    relief.receive()
    nodes.settle()
    assert africom.state() == "held"


def test_who_takes_over_from_themselves_signs_anew(nodes: Nodes, crew: Crew) -> None:
    crew.receive()
    nodes.settle()
    crew.take_over()
    nodes.settle()
    assert nodes["africom"].state() == "stale"


def test_who_stands_down_leaves_nobody(nodes: Nodes, crew: Crew) -> None:
    africom = nodes["africom"]
    crew.receive()
    nodes.settle()
    crew.stand_down()
    nodes.settle()
    assert africom.state() == "unmanned"
    assert reason(crew.stand_down) == "not-on-duty"
    africom.amend(flight(contact="desk 8"))
    nodes.settle()
    assert africom.state() == "unmanned"
    nodes.pass_s(RECEIPT_DUE_S + 60.0)
    assert africom.state() == "unmanned"
    crew.take_over()
    nodes.settle()
    assert africom.state() == "stale"
    crew.receive()
    nodes.settle()
    assert africom.state() == "held"


def test_a_shift_ends_by_the_clock_and_with_its_key(nodes: Nodes, crew: Crew) -> None:
    africom, lna = nodes["africom"], nodes["lna"]
    crew.take_over(lasts_s=600.0)
    nodes.settle()
    crew.receive()
    nodes.pass_s(600.0)
    assert africom.state() == "held"
    nodes.pass_s(0.5)
    assert africom.state() == "unmanned"
    crew.take_over()
    crew.receive()
    nodes.settle()
    assert africom.state() == "held"
    lna.desk.revoke_key(lna.who(), "salma", key_id(crew.key.public))
    nodes.settle()
    assert africom.state() == "unmanned"
    assert reason(crew.take_over) == "wrong-key"
    assert reason(lambda: crew.send(crew.signed(crew.item()))) == "not-on-duty"


def test_between_two_looks_at_the_clock_an_old_shift_signs_nothing(nodes: Nodes, crew: Crew) -> None:
    crew.take_over(lasts_s=600.0)
    item = crew.look()
    nodes.now += 601.0
    assert reason(lambda: crew.send(crew.signed(item))) == "not-on-duty"


def test_who_moves_to_another_post_leaves_the_one_they_had(nodes: Nodes, crew: Crew) -> None:
    lna = nodes["lna"]
    crew.receive()
    nodes.settle()
    set_post(lna, "coast", NORTH)
    lna.desk.set_person(lna.who(), Person(id="salma", name="S.", role=Role.CREW, post="south"))
    nodes.settle()
    assert nodes["africom"].state() == "held", "a name is no duty"
    lna.desk.set_person(lna.who(), Person(id="salma", name="S.", role=Role.CREW, post="coast"))
    nodes.settle()
    assert nodes["africom"].state() == "unmanned"
    assert lna.register.keys_of("salma") == ()


def test_another_sector_for_the_post(nodes: Nodes, crew: Crew) -> None:
    africom, lna = nodes["africom"], nodes["lna"]
    crew.receive()
    nodes.settle()
    set_post(lna, "south", square(12.0, 30.0, 3.0))
    nodes.settle()
    assert africom.state() == "stale", "what was read back was of another sector"
    set_post(lna, "south", NORTH)
    nodes.settle()
    assert africom.coverage() == ()
    assert lna.desk.inbox(crew.who, "south") == ()
    set_post(lna, "south", SQUARE)
    nodes.settle()
    assert africom.state() != "held"
    assert crew.item().notice.state is NoticeState.PUT


def test_shifts_that_cannot_begin(nodes: Nodes, crew: Crew) -> None:
    lna = nodes["lna"]
    stranger = replace(crew, key=key_of("somebody"))
    assert reason(stranger.take_over) == "wrong-key"
    as_other = replace(crew, who=lna.who("olga", Role.CREW, "south"))
    assert reason(as_other.take_over) == "wrong-key"
    late = replace(crew, clock=lambda: nodes.now - 600.0)
    assert reason(late.take_over) == "clock-off"
    with pytest.raises(ForbiddenError):
        lna.desk.end_shift(lna.who("nadir", Role.CREW, "coast"), "south")
    with pytest.raises(UnknownError):
        lna.desk.inbox(lna.who("salma", Role.CREW, "west"), "west")


def test_a_shift_that_is_over_before_it_begins(nodes: Nodes, crew: Crew) -> None:
    early = replace(crew, clock=lambda: nodes.now - 100.0)
    with pytest.raises(StateError):
        early.take_over(lasts_s=50.0)


def test_a_new_crew_is_heard_of_before_or_after_its_receipt(nodes: Nodes, crew: Crew) -> None:
    """What its node says comes in order; this is what happens if it says it in a wrong one."""
    africom = nodes["africom"]
    first = crew.receive()
    nodes.settle()
    word = TellPost(
        flight="F1",
        version=1,
        post="south",
        post_name="South",
        shift=2,
        until=4e9,
        fact=PostFact.PUT,
        time=nodes.now,
        due=nodes.now + 120.0,
    )
    second = crew.signed(crew.item(), shift=2)
    nodes.say("lna", "africom", vouched(nodes, second))
    assert africom.state() == "held", "by what was said so far, shift 1 is on duty, and has signed"
    nodes.say("lna", "africom", word)
    assert africom.state() == "stale", "what comes before a crew anew was not signed for before"
    nodes.say("lna", "africom", vouched(nodes, second))
    assert africom.state() == "held"
    nodes.say("lna", "africom", vouched(nodes, first))
    assert africom.state() == "held", "an older receipt takes nothing from a newer one"
    nodes.say("lna", "africom", replace(word, shift=3))
    assert africom.state() == "stale"
    nodes.say("lna", "africom", vouched(nodes, second))
    assert africom.state() == "stale"
    nodes.say("lna", "africom", replace(word, shift=0, fact=PostFact.UNMANNED))
    assert africom.state() == "unmanned"


def test_a_receipt_told_again_after_an_amendment_or_a_refusal_is_dead(nodes: Nodes, crew: Crew) -> None:
    africom = nodes["africom"]
    old = crew.receive()
    nodes.settle()
    nodes.now += 5.0
    crew.refuse()
    nodes.settle()
    nodes.cut("africom")
    nodes.say("lna", "africom", vouched(nodes, old))
    assert africom.state() == "refused"
    nodes = Nodes()
    crew, africom = nodes.crew(), nodes["africom"]
    africom.declare(flight())
    nodes.settle()
    old = crew.receive()
    nodes.settle()
    africom.amend(flight(contact="desk 8"))
    nodes.settle()
    nodes.say("lna", "africom", vouched(nodes, old))
    assert africom.state() == "stale"


@pytest.mark.parametrize("changes", [{"digest": "0" * 64}, {"version": 2}, {"flight": "F9"}])
def test_a_receipt_for_what_was_not_told_is_not_held(nodes: Nodes, crew: Crew, changes: dict[str, Any]) -> None:
    item = crew.look()
    nodes.settle()
    signed = crew.signed(item, **changes)
    nodes.say("lna", "africom", vouched(nodes, signed))
    assert nodes["africom"].state() == "waiting"


def test_a_crew_that_is_over_stays_over(nodes: Nodes, crew: Crew) -> None:
    """Whatever its node says later: a crew that has left has left."""
    africom = nodes["africom"]
    crew.receive()
    crew.stand_down()
    nodes.settle()
    back = TellPost(
        flight="F1", version=1, post="south", post_name="South", shift=1, until=4e9, fact=PostFact.PUT, time=nodes.now,
        due=nodes.now + 120.0,
    )  # fmt: skip
    nodes.say("lna", "africom", back)
    assert africom.state() == "stale"


def test_no_post_may_take_as_long_as_it_likes(nodes: Nodes, crew: Crew) -> None:
    word = TellPost(
        flight="F1", version=1, post="south", post_name="South", shift=1, until=4e9, fact=PostFact.SHOWN,
        time=nodes.now + 1e6,
        due=nodes.now + 1e9,
    )  # fmt: skip
    nodes.say("lna", "africom", word)
    nodes.now += RECEIPT_DUE_S + 1.0
    line = nodes["africom"].line()
    assert line.state == "overdue"
    assert line.since <= nodes.now


@pytest.mark.parametrize(
    ("name", "expected"),
    [("post", "wrong-key"), ("shift", "wrong-key"), ("key", "wrong-key"), ("party", "wrong-party"),
     ("signature", "bad-signature"), ("vouched", "bad-signature")],
)  # fmt: skip
def test_a_receipt_by_a_key_that_its_party_does_not_vouch_for(
    nodes: Nodes, crew: Crew, name: str, expected: str
) -> None:
    told = vouched(nodes, crew.signed(crew.look()))
    nodes.settle()
    key = told.key.post_key
    lna = nodes["lna"].desk.identity.key
    other = key_of("somebody")
    wrong = {
        "post": replace(told, key=sign_post_key(replace(key, post="coast"), lna)),
        "shift": replace(told, key=sign_post_key(replace(key, shift=2), lna)),
        "key": replace(told, key=sign_post_key(replace(key, public=other.public), lna)),
        "party": replace(told, key=sign_post_key(replace(key, party="italy"), lna)),
        "signature": replace(told, receipt=crew.signed(crew.item(), signer=other)),
        "vouched": replace(told, key=sign_post_key(key, other)),
    }[name]
    assert reason(lambda: nodes.say("lna", "africom", wrong)) == expected
    assert nodes["africom"].state() == "waiting"
