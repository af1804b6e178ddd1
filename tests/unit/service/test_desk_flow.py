"""One flight from its declaration to the receipt of the crew that watches its air, and to its end."""

from dataclasses import replace

import pytest
from tests.support.nodes import ENTRY, SQUARE, Nodes, flight, guard, set_post

from safeconduct.coordination.disclosure import disclosed
from safeconduct.errors import StateError
from safeconduct.model.card import GuardedAir
from safeconduct.model.desk import DeskFlight
from safeconduct.model.entry import Actor, MessageSent, MessageTaken, NoticeMoved, NoticePut, ReceiptTaken
from safeconduct.model.flight import Disclosure, FlightState
from safeconduct.model.message import PostFact, TellFlight, TellPost, TellReceipt, TellState
from safeconduct.model.notice import NoticeState
from safeconduct.model.person import Role
from safeconduct.model.receipt import Answer, ReadBack, ReceiptState


def told(nodes: Nodes, party: str) -> list[object]:
    """What others told a party, in order."""
    return [fact.message.told for fact in nodes[party].facts() if isinstance(fact, MessageTaken)]


def test_from_a_declaration_to_a_receipt_that_its_owner_holds() -> None:
    nodes = Nodes()
    africom, crew = nodes["africom"], nodes.crew()
    africom.declare(flight())
    assert (africom.state(post=None), africom.line(post=None).party) == ("waiting", "lna"), "nobody has said more yet"
    nodes.settle()
    assert africom.state() == "waiting"
    assert "not yet on the crew's screen" in africom.line().text
    crew.look()
    nodes.settle()
    assert africom.state() == "waiting"
    assert ", on the crew's screen" in africom.line().text
    place = ReadBack(ENTRY.lon + 0.01, ENTRY.lat)
    signed = crew.signed(crew.item(), place)
    written = crew.send(signed)
    assert written.value.state is ReceiptState.RECEIVED
    assert written.value.read_back_error_m == pytest.approx(950.0, abs=10.0)
    assert africom.state() == "waiting", "it is not held before it is here"
    nodes.settle()
    line = africom.line()
    assert (line.state, line.version, line.party, line.post_name) == ("held", 1, "lna", "South")
    assert line.read_back_error_m == written.value.read_back_error_m
    assert line.entry_time == flight().route[1].time
    assert [type(fact) for fact in told(nodes, "lna")] == [TellFlight]
    assert [type(fact) for fact in told(nodes, "africom")] == [TellPost, TellPost, TellReceipt]
    assert [fact.receipt for fact in told(nodes, "africom") if isinstance(fact, TellReceipt)] == [signed]


def test_a_post_of_one_s_own_signs_in_the_same_way() -> None:
    nodes = Nodes()
    lna, crew = nodes["lna"], nodes.crew()
    lna.declare(flight("L1", "lna"))
    assert lna.state("L1") == "waiting"
    place = ReadBack(ENTRY.lon, ENTRY.lat + 0.01)
    crew.send(crew.signed(crew.look("L1", "lna"), place))
    line = lna.line("L1")
    assert (line.state, line.party) == ("held", "lna")
    assert line.read_back_error_m == pytest.approx(1109.0, abs=10.0)
    nodes.settle()
    assert not [fact for fact in lna.facts() if isinstance(fact, MessageTaken)], "the others have no part in it"


def test_a_coarse_flight_is_signed_for_as_it_was_told() -> None:
    nodes = Nodes()
    africom, lna, crew = nodes["africom"], nodes["lna"], nodes.crew()
    exact = flight(disclosure=Disclosure.COARSE)
    africom.declare(exact)
    nodes.settle()
    item = crew.look()
    assert item.flight == disclosed(exact)
    assert item.flight.digest != exact.digest
    crew.send(crew.signed(item, ReadBack(13.5, 31.5)))
    nodes.settle()
    assert africom.state() == "held"
    known = africom.register.flights["F1"]
    assert (known.digest, known.told_digest) == (exact.digest, item.flight.digest)
    assert lna.register.flights["F1"].flight.route == (), "nothing of the plan has crossed"
    assert exact.aircraft.type.encode() not in b"".join(request.body for _, request in nodes.carried)


def test_own_posts_sign_for_the_exact_flight_where_others_sign_for_the_coarse_one() -> None:
    nodes = Nodes()
    guard(nodes["africom"])
    crew = nodes.crew("amy", "africom")
    other = nodes.crew()
    nodes["africom"].declare(flight(disclosure=Disclosure.COARSE))
    nodes.settle()
    crew.receive()
    other.send(other.signed(other.look(), ReadBack(13.5, 31.5)))
    nodes.settle()
    assert [(line.party, line.state) for line in nodes["africom"].coverage()] == [("africom", "held"), ("lna", "held")]


def test_a_flight_that_moves_on_keeps_its_receipts_until_it_ends() -> None:
    nodes = Nodes()
    africom, lna, crew = nodes["africom"], nodes["lna"], nodes.crew()
    guard(africom)
    nodes.crew("amy", "africom").take_over()
    africom.declare(flight())
    nodes.settle()
    crew.receive()
    nodes.settle()
    for state in (FlightState.ACTIVATED, FlightState.NONCONFORMING, FlightState.CONTINGENT):
        africom.desk.move(africom.who(), "F1", state)
        nodes.settle()
        assert lna.register.flights["F1"].flight.state is state
        assert crew.item().notice.state is NoticeState.RECEIVED
        assert next(line.state for line in africom.coverage() if line.party == "lna") == "held"
    with pytest.raises(StateError) as wrong:
        africom.desk.move(africom.who(), "F1", FlightState.ACTIVATED)
    assert wrong.value.reason == "bad-move"
    africom.desk.move(africom.who(), "F1", FlightState.ENDED)
    nodes.settle()
    assert africom.coverage() == ()
    assert lna.desk.inbox(crew.who, "south") == ()
    assert not lna.register.notices
    assert not africom.register.notices
    assert isinstance(told(nodes, "lna")[-1], TellState)
    assert [fact.fact for fact in told(nodes, "africom") if isinstance(fact, TellPost)][-1] is PostFact.CLOSED


def test_a_flight_whose_time_is_over_is_closed_everywhere() -> None:
    nodes = Nodes()
    africom, lna, crew = nodes["africom"], nodes["lna"], nodes.crew()
    africom.declare(flight())
    nodes.settle()
    crew.receive()
    nodes.pass_s(7200.0 + 1.0)
    nodes.pass_s(1.0)
    assert not lna.register.notices
    assert lna.desk.inbox(crew.who, "south") == ()
    assert africom.coverage() == ()


def test_a_way_around_takes_the_notice_back_and_a_way_through_brings_it_back() -> None:
    nodes = Nodes()
    africom, crew = nodes["africom"], nodes.crew()
    africom.declare(flight())
    nodes.settle()
    crew.receive()
    for _ in range(2):  # the second change of a flight that stays away must not make the post wait for it
        africom.amend(flight(lat=40.0))
        nodes.settle()
        assert africom.coverage() == ()
        assert crew.at.desk.inbox(crew.who, "south") == ()
    africom.amend(flight())
    nodes.settle()
    assert crew.item().flight.version == 4
    assert africom.state() in ("waiting", "stale"), "what was signed for is an older version"
    crew.receive()
    nodes.settle()
    assert africom.state() == "held"


def test_guarded_air_that_no_post_watches_there_is_answered_and_nobody_waits() -> None:
    """Air on a card is coarse: a flight may cross it and no sector in it."""
    nodes = Nodes()
    africom, lna = nodes["africom"], nodes["lna"]
    nodes.crew()
    set_post(lna, "south", ((13.0, 31.0), (14.0, 31.0), (14.0, 31.2), (13.0, 31.2)))
    africom.declare(flight())
    assert africom.state(post=None) == "waiting"
    nodes.settle()
    assert africom.coverage() == ()
    africom.amend(flight(contact="desk 8"))
    nodes.settle()
    assert africom.coverage() == ()


def test_a_party_that_guards_air_and_has_no_post_is_never_silence() -> None:
    nodes = Nodes("africom", "italy")
    africom, italy = nodes["africom"], nodes["italy"]
    nodes.pass_s(1.0)
    italy.desk.guards = (GuardedAir(outline=SQUARE, lower_m=0.0, upper_m=9000.0, since=nodes.now),)
    africom.desk.take_card(africom.who(), italy.desk.card())
    africom.declare(flight())
    nodes.settle()
    assert africom.state(post=None) == "waiting"
    assert "before no post" in africom.line(post=None).text


def test_an_operator_is_told_of_the_gap_and_that_it_is_closed() -> None:
    nodes = Nodes()
    africom, crew = nodes["africom"], nodes.crew()
    africom.declare(flight())
    nodes.settle()
    nodes.pass_s(1000.0)
    nodes.pass_s(100.0)
    (gap,) = africom.desk.advisories(Actor(party="africom", person="omar", role=Role.OPERATOR))
    assert (gap.kind, gap.flight) == ("uncovered", "F1")
    crew.receive()
    nodes.settle()
    nodes.pass_s(61.0)
    closed, _ = africom.desk.advisories(Actor(party="africom", person="omar", role=Role.OPERATOR))
    assert closed.kind == "covered"
    assert [advisory.id for advisory in africom.register.advisories] == ["a1", "a2"]


def test_every_step_is_on_the_record_of_the_post_s_node() -> None:
    nodes = Nodes()
    nodes["africom"].declare(flight())
    crew = nodes.crew()
    nodes.settle()
    signed = crew.receive()
    facts = nodes["lna"].facts()
    puts = [fact.notice for fact in facts if isinstance(fact, NoticePut)]
    assert [(notice.shift, notice.version) for notice in puts] == [(1, 1)]
    assert [fact.state for fact in facts if isinstance(fact, NoticeMoved)] == [NoticeState.SHOWN, NoticeState.RECEIVED]
    assert [fact.receipt for fact in facts if isinstance(fact, ReceiptTaken)] == [signed]
    assert signed.genuine
    assert signed.receipt.answer is Answer.RECEIVED


def test_two_flights_of_one_file_that_share_air_are_a_conflict_where_conflicts_are_refused() -> None:
    nodes = Nodes()
    africom = nodes["africom"]
    both = [flight(), flight("F2")]
    with pytest.raises(StateError) as refused:
        africom.desk.declare(africom.who(), both, refuse_conflicts=True)
    assert refused.value.reason == "conflict"
    assert not africom.register.flights
    written = africom.desk.declare(africom.who(), both)
    assert [one.conflicts[0].other for one in written.value] == ["F2", "F1"]


def test_what_a_declaration_would_do_is_what_it_does() -> None:
    nodes = Nodes()
    africom = nodes["africom"]
    guard(africom)
    check = africom.desk.check(africom.who(), flight())
    assert [(one.party, one.reachable) for one in check.told] == [("lna", True)]
    assert check.posts == ("south",)
    assert check.conflicts == ()
    assert not africom.register.flights
    africom.declare(flight("F2"))
    assert [one.other for one in africom.desk.check(africom.who(), flight()).conflicts] == ["F2"]


def test_the_peers_of_a_check_are_those_who_then_get_the_declaration() -> None:
    nodes = Nodes("africom", "lna", "italy", "malta")
    africom = nodes["africom"]
    stranger = Nodes("tunisia")["tunisia"]
    africom.desk.take_card(africom.who(), stranger.desk.card())
    africom.desk.revoke_card(africom.who(), "italy", "their key was lost")
    check = africom.desk.check(africom.who(), flight(lat=40.0))
    assert [(one.party, one.name) for one in check.peers] == [("lna", "LNA"), ("malta", "MALTA")]
    assert check.told == (), "whatever air they guard"
    before = len(africom.facts())
    africom.declare(flight(lat=40.0))
    sent = [fact.message.receiver for fact in africom.facts()[before:] if isinstance(fact, MessageSent)]
    assert sorted(sent) == ["lna", "malta"]


def test_a_declaration_that_failed_leaves_nothing_behind_for_the_next() -> None:
    """The crossings of a version that never came to be must not be those of the one that does."""
    nodes = Nodes()
    lna = nodes["lna"]
    nodes.crew()
    away = flight("L1", "lna", lat=40.0)
    with pytest.raises(StateError):
        lna.desk.declare(lna.who(), [away, away])
    lna.declare(flight("L1", "lna"))
    assert lna.state("L1") == "waiting"
    desk_flight: DeskFlight = lna.view().flights[0]
    assert desk_flight.coverage[0].entry_time == flight().route[1].time


def test_an_amendment_of_another_party_s_name_is_refused() -> None:
    nodes = Nodes()
    africom = nodes["africom"]
    africom.declare(flight())
    with pytest.raises(Exception, match="is of lna") as refused:
        africom.amend(replace(flight(), party="lna"))
    assert getattr(refused.value, "reason", "") == "foreign"
