"""What crosses between nodes: cut, mended, out of order, twice, damaged, and from those who have no say."""

from dataclasses import replace

import pytest
from tests.support.nodes import (
    NORTH,
    Crew,
    NodeAtHand,
    Nodes,
    flight,
    guard,
    introduce,
    key_of,
    set_post,
    square,
    volume,
)

from safeconduct.coordination.coverage import UNREACHABLE_S
from safeconduct.coordination.crossing import READ_BACK_LIMIT_M, off_plan_m
from safeconduct.errors import ForbiddenError, InputError, StateError
from safeconduct.federation.cards import sign_card
from safeconduct.federation.request import MOST_BODY_BYTES, SignedRequest, sign_request
from safeconduct.links.in_process import in_process_address
from safeconduct.model.card import SignedCard
from safeconduct.model.entry import MessageTaken
from safeconduct.model.flight import Disclosure, FlightState
from safeconduct.model.key import key_id
from safeconduct.model.message import Message, PostFact, TellFlight, TellLook, TellPost, TellState, TellZone, Told
from safeconduct.model.person import Role
from safeconduct.model.receipt import ReadBack, ReceiptState
from safeconduct.model.zone import Zone


def numbers(nodes: Nodes, party: str) -> list[int]:
    """Of the messages that a party took, in order."""
    return [fact.message.number for fact in nodes[party].facts() if isinstance(fact, MessageTaken)]


def zone(party: str, id: str = "Z1", **changes: object) -> Zone:  # noqa: A002
    made = Zone(id=id, party=party, name="Range", reason="live firing", volumes=flight().volumes)
    return replace(made, **changes)  # type: ignore[arg-type]


def declared(*parties: str) -> tuple[Nodes, NodeAtHand, Crew]:
    """A flight of africom's, which is before the crew on duty at lna's post: the nodes, africom's, the crew."""
    nodes = Nodes(*parties)
    africom, crew = nodes["africom"], nodes.crew()
    africom.declare(flight())
    nodes.settle()
    return nodes, africom, crew


def covered(*parties: str) -> tuple[Nodes, NodeAtHand, Crew]:
    """As `declared`, and the crew has signed for it."""
    nodes, africom, crew = declared(*parties)
    crew.receive()
    nodes.settle()
    assert africom.state() == "held"
    return nodes, africom, crew


def test_a_link_that_is_cut_is_unreachable_after_a_while_and_loses_nothing() -> None:
    nodes = Nodes()
    africom, crew = nodes["africom"], nodes.crew()
    nodes.cut("lna")
    africom.declare(flight())
    nodes.settle()
    nodes.pass_s(UNREACHABLE_S)
    assert africom.state(post=None) == "waiting"
    nodes.pass_s(0.5)
    assert africom.state(post=None) == "unreachable"
    (peer,) = africom.desk.peers()
    assert (peer.unreachable, peer.outbox, peer.since_heard_s) == (True, 1, UNREACHABLE_S + 0.5)
    assert "no node answers" in peer.problem
    africom.amend(flight(contact="desk 8"))
    africom.desk.move(africom.who(), "F1", FlightState.ACTIVATED)
    nodes.mend("lna")
    assert africom.state() == "waiting"
    assert numbers(nodes, "lna") == [1, 2, 3]
    assert crew.item().flight == flight(contact="desk 8", version=2, state=FlightState.ACTIVATED)
    (peer,) = africom.desk.peers()
    assert (peer.unreachable, peer.outbox, peer.since_heard_s, peer.problem) == (False, 0, 0.0, "")
    crew.receive()
    nodes.settle()
    assert africom.state() == "held"


def test_an_amended_flight_whose_post_cannot_be_told_is_unreachable_and_not_held() -> None:
    nodes, africom, _ = covered()
    nodes.cut("lna")
    africom.amend(flight(contact="desk 8"))
    nodes.pass_s(1.0)
    assert africom.state() == "stale"
    nodes.pass_s(UNREACHABLE_S)
    assert africom.state() == "unreachable"
    assert "does not answer" in africom.line().text
    nodes.mend("lna")
    assert africom.state() == "stale"


def test_answers_wait_for_the_owner_and_come_in_order() -> None:
    nodes, africom, crew = declared()
    lna = nodes["lna"]
    nodes.cut("africom")
    crew.receive()
    nodes.settle()
    relief = nodes.crew("nadir")
    relief.look()
    nodes.settle()
    nodes.pass_s(UNREACHABLE_S + 1.0)
    assert lna.desk.peers()[0].unreachable
    assert africom.state() == "waiting", "what has not come is not known"
    nodes.mend("africom")
    assert africom.state() == "stale"
    assert numbers(nodes, "africom") == list(range(1, len(numbers(nodes, "africom")) + 1))
    relief.receive()
    nodes.settle()
    assert africom.state() == "held"


def test_what_is_told_twice_counts_once() -> None:
    nodes, _, _ = covered()
    before = {party: (len(at.facts()), at.register) for party, at in nodes.of.items()}
    for party, request in list(nodes.carried):
        nodes[party].node.take(request)
    assert {party: (len(at.facts()), at.register) for party, at in nodes.of.items()} == before


def test_what_comes_too_early_is_not_taken_and_the_right_one_still_is() -> None:
    nodes = Nodes()
    africom, lna = nodes["africom"], nodes["lna"]
    first = africom.desk.sign(nodes.message("africom", "lna", TellFlight(flight=flight())))
    second = africom.desk.sign(
        nodes.message("africom", "lna", TellState(flight="F1", state=FlightState.ACTIVATED), number=2)
    )
    with pytest.raises(StateError, match="number 1 is expected") as gap:
        lna.desk.take(second)
    assert gap.value.reason == "gap"
    assert not lna.register.flights
    for request in (first, second, first, second):
        lna.desk.take(request)
    assert lna.register.flights["F1"].flight.state is FlightState.ACTIVATED
    assert numbers(nodes, "lna") == [1, 2]


def _tampered(request: SignedRequest) -> SignedRequest:
    return replace(request, body=request.body.replace(b"desk 7", b"desk 8"))


def _header(request: SignedRequest, name: str, value: str) -> SignedRequest:
    return replace(request, headers=tuple((n, value if n == name else v) for n, v in request.headers))


def test_what_is_damaged_or_meant_for_another_is_refused_and_nothing_is_kept() -> None:
    nodes = Nodes("africom", "lna", "italy")
    africom, lna = nodes["africom"], nodes["lna"]
    good = nodes.message("africom", "lna", TellFlight(flight=flight()))
    africom_key, italy_key = africom.desk.identity.key, nodes["italy"].desk.identity.key

    def signed(message: Message, key: object = africom_key, **changes: object) -> SignedRequest:
        how = {"target": in_process_address("lna"), "created": nodes.now, "nonce": "n" * 20, **changes}
        return sign_request(message.canonical(), key=key, **how)  # type: ignore[arg-type]

    request = signed(good)
    wrong = {
        "bad-digest": _tampered(request),
        "malformed": _header(request, "signature", "garbage"),
        "wrong-target": signed(good, target=in_process_address("italy")),
        "wrong-receiver": signed(replace(good, receiver="italy")),
        "wrong-sender": signed(good, key=italy_key),
        "wrong-party": signed(replace(good, told=TellFlight(flight=flight(party="italy")))),
        "unknown-party": signed(good, key=key_of("somebody")),
        "rehearsal-key": signed(replace(good, rehearsal=False)),
        "clock-off": signed(good, created=nodes.now - 600.0),
        "bad-signature": _header(request, "signature", dict(signed(good, nonce="m" * 20).headers)["signature"]),
    }
    before = (len(lna.facts()), lna.desk.number)
    for reason, bad in wrong.items():
        with pytest.raises(InputError) as refused:
            lna.desk.take(bad)
        assert refused.value.reason == reason
    with pytest.raises(InputError) as refused:
        lna.desk.take(signed(replace(good, told=TellZone(zone=zone("italy")))))
    assert refused.value.reason == "wrong-party"
    assert (len(lna.facts()), lna.desk.number) == before
    lna.desk.take(request)
    assert list(lna.register.flights) == ["F1"]


def test_nobody_is_in_by_default() -> None:
    nodes = Nodes(acquainted=False)
    africom, lna = nodes["africom"], nodes["lna"]
    africom.declare(flight())
    introduce(africom, lna)
    nodes.settle()
    assert not lna.register.flights
    (peer,) = africom.desk.peers()
    assert "no confirmed party" in peer.problem
    lna.desk.take_card(lna.who(), africom.desk.card())
    nodes.mend("lna")
    assert not lna.register.flights, "a card that nobody has confirmed lets nobody in"
    with pytest.raises(ForbiddenError):
        lna.desk.confirm_card(lna.who(), "africom", "0" * 32)
    lna.desk.confirm_card(lna.who(), "africom", key_id(africom.desk.public))
    nodes.mend("lna")
    assert list(lna.register.flights) == ["F1"]
    assert africom.desk.peers()[0].problem == ""


def test_what_was_declared_before_a_peer_was_known_is_told_when_it_is() -> None:
    nodes = Nodes(acquainted=False)
    africom, lna = nodes["africom"], nodes["lna"]
    crew = nodes.crew()
    africom.declare(flight(), flight("F2"))
    africom.desk.move(africom.who(), "F1", FlightState.ACTIVATED)
    africom.desk.set_zone(africom.who(), zone("africom"))
    introduce(lna, africom)
    introduce(africom, lna)
    nodes.settle()
    assert {ref: known.flight.state for ref, known in lna.register.flights.items()} == {
        "F1": FlightState.ACTIVATED,
        "F2": FlightState.ACCEPTED,
    }
    assert [known.party for known in lna.desk.zones()] == ["africom"]
    crew.receive()
    nodes.settle()
    assert africom.state() == "held"


def test_a_flight_that_was_noted_before_there_was_a_link() -> None:
    nodes = Nodes(acquainted=False)
    africom, lna = nodes["africom"], nodes["lna"]
    crew = nodes.crew()
    lna.desk.note(lna.who(), flight())
    crew.receive()
    africom.declare(flight())
    introduce(lna, africom)
    introduce(africom, lna)
    nodes.settle()
    assert africom.state() == "held", "its crew has signed for exactly that"
    relief = nodes.crew("nadir")
    nodes.settle()
    assert africom.state() == "stale"
    assert relief.item().notice.shift == 2


def test_a_note_never_stands_against_the_owner_s_own_word() -> None:
    nodes = Nodes()
    africom, lna = nodes["africom"], nodes["lna"]
    lna.desk.note(lna.who(), flight(version=9, contact="nobody"))
    africom.declare(flight())
    africom.desk.move(africom.who(), "F1", FlightState.ACTIVATED)
    nodes.settle()
    assert lna.register.flights["F1"].flight == flight(state=FlightState.ACTIVATED)
    assert lna.desk.note(lna.who(), flight()) is None, "a file that is read again at each start sets nothing back"
    assert lna.desk.note(lna.who(), flight(contact="nobody")) is None
    assert lna.register.flights["F1"].flight.state is FlightState.ACTIVATED
    newer = lna.desk.note(lna.who(), flight(version=2, contact="desk 8"))
    assert newer is not None
    assert newer.value.flight.version == 2


def test_a_note_may_be_corrected() -> None:
    lna = Nodes()["lna"]
    assert lna.desk.note(lna.who(), flight()) is not None
    assert lna.desk.note(lna.who(), flight()) is None
    assert lna.desk.note(lna.who(), flight(contact="desk 8")) is not None
    with pytest.raises(ForbiddenError) as own:
        lna.desk.note(lna.who(), flight("L1", "lna"))
    assert own.value.reason == "own"


def test_a_revoked_peer_is_neither_heard_nor_told_nor_believed() -> None:
    nodes = Nodes()
    africom, lna, crew = nodes["africom"], nodes["lna"], nodes.crew()
    africom.declare(flight(), flight("F2", lat=31.2))
    nodes.settle()
    crew.send(crew.signed(crew.look(), ReadBack(13.0, 31.5)))
    nodes.settle()
    assert africom.state() == "held"
    africom.desk.revoke_card(africom.who(), "lna", "its key was found on a laptop")
    assert [(line.party, line.state) for line in africom.coverage()] == [("lna", "unreachable")]
    assert [(line.party, line.state) for line in africom.coverage("F2")] == [("lna", "unreachable")]
    africom.declare(flight("F3", lat=31.8))
    assert [(line.party, line.post, line.state) for line in africom.coverage("F3")] == [("lna", None, "unreachable")]
    assert not africom.desk.pending("lna")
    before = len(africom.facts())
    crew.stand_down()
    nodes.settle()
    assert len(africom.facts()) == before
    assert "no confirmed party" in lna.desk.peers()[0].problem


def test_a_revoked_key_does_not_come_back_by_way_of_another_card() -> None:
    nodes = Nodes()
    africom, lna = nodes["africom"], nodes["lna"]
    africom.desk.revoke_card(africom.who(), "lna", "found on a laptop")
    nodes.now += 1.0
    old = lna.desk.card()
    nodes.now += 1.0
    again = nodes.replaced("lna")
    africom.desk.take_card(africom.who(), again.desk.card())
    assert not africom.desk.peers()[0].revoked
    nodes.now += 1.0
    late = sign_card(replace(old.card, issued=nodes.now), key_of("node lna"))
    africom.desk.take_card(africom.who(), late)
    assert africom.desk.peers()[0].revoked
    with pytest.raises(StateError):
        africom.desk.confirm_card(africom.who(), "lna", key_id(key_of("node lna").public))


def test_a_party_that_lost_its_node_begins_anew_with_a_new_key() -> None:
    nodes, africom, _ = covered()
    nodes.now += 60.0
    again = nodes.replaced("lna")
    guard(again)
    africom.amend(flight(contact="desk 8"))
    nodes.settle()
    introduce(africom, again)
    assert africom.state(post=None) == "waiting", "whoever had signed is not there any more"
    introduce(again, africom)
    crew = nodes.crew()
    nodes.mend("lna")
    assert numbers(nodes, "lna") == [1]
    assert africom.register.peers["lna"].sent == 1
    crew.receive()
    nodes.settle()
    assert africom.state() == "held"


def test_a_declarer_that_lost_its_node_is_believed_again_from_version_one() -> None:
    nodes = Nodes()
    africom, lna, crew = nodes["africom"], nodes["lna"], nodes.crew()
    africom.declare(flight())
    africom.amend(flight(contact="desk 8"))
    nodes.settle()
    nodes.now += 60.0
    again = nodes.replaced("africom")
    introduce(again, lna)
    again.declare(flight(contact="desk 9"))
    introduce(lna, again)
    nodes.settle()
    assert crew.item().flight == flight(contact="desk 9")
    crew.receive()
    nodes.settle()
    assert again.state() == "held"


def false_card(nodes: Nodes, of: NodeAtHand) -> SignedCard:
    """A stranger's card in a party's name."""
    nodes.now += 1.0
    stranger = key_of("stranger")
    return sign_card(replace(of.desk.card().card, public=stranger.public, issued=nodes.now), stranger)


def test_a_false_card_takes_nobodys_place() -> None:
    nodes, africom, crew = declared()
    lna = nodes["lna"]
    crew.receive()
    for here, there in ((lna, africom), (africom, lna)):
        false = false_card(nodes, there)
        peer = here.desk.take_card(here.who(), false).value
        assert (peer.confirmed, peer.fingerprint) == (True, key_id(there.desk.public))
        assert peer.candidate == key_id(false.card.public)
    nodes.settle()
    assert africom.state() == "held"
    africom.amend(flight(contact="desk 8"))
    nodes.settle()
    assert africom.state() == "stale", "they still hear each other"
    africom.desk.take_card(africom.who(), lna.desk.card())  # and the right one, newer, still comes through
    assert africom.desk.peers()[0].candidate


def test_a_new_key_takes_the_old_ones_place_when_it_is_confirmed() -> None:
    nodes, africom, _ = covered()
    lna = nodes["lna"]
    nodes.now += 1.0
    anew = nodes.replaced("lna")
    guard(anew)
    africom.desk.take_card(africom.who(), anew.desk.card())
    assert africom.desk.peers()[0].fingerprint == key_id(lna.desk.public)
    africom.desk.confirm_card(africom.who(), "lna", key_id(anew.desk.public))
    (peer,) = africom.desk.peers()
    assert (peer.confirmed, peer.fingerprint, peer.candidate) == (True, key_id(anew.desk.public), "")
    assert [line.state for line in africom.coverage()] == ["waiting"], "what the old key vouched for is gone"
    introduce(anew, africom)
    nodes.settle()
    assert africom.state() == "unmanned"
    with pytest.raises(StateError):
        africom.desk.confirm_card(africom.who(), "lna", key_id(anew.desk.public))


def test_a_post_whose_sector_changes_has_to_sign_anew() -> None:
    nodes, africom, crew = covered()
    lna = nodes["lna"]
    set_post(lna, "south", square(size=0.9))
    nodes.settle()
    assert africom.state() == "stale"
    crew.receive()
    nodes.settle()
    assert africom.state() == "held"
    set_post(lna, "south", square(size=0.9))
    assert africom.state() == "held", "the same sector said again changes nothing"
    set_post(lna, "south", NORTH)
    nodes.settle()
    assert africom.coverage() == ()


def test_silence_is_seen_within_a_minute_and_leaves_nothing_on_the_record() -> None:
    nodes, africom, _ = covered()
    entries = len(nodes["lna"].facts()), len(africom.facts())
    for _ in range(20):
        nodes.pass_s(15.0)
        assert africom.state() == "held"
    assert (len(nodes["lna"].facts()), len(africom.facts())) == entries
    nodes.cut("lna")
    for _ in range(12):
        nodes.pass_s(5.0)
    assert africom.state() == "unreachable"
    assert "The crew on duty at South has signed for version 1." in africom.line().text
    assert "no node answers" in africom.desk.peers()[0].problem
    nodes.mend("lna")
    assert africom.state() == "held"


def test_after_a_restart_nothing_is_held_until_the_other_node_has_answered() -> None:
    nodes, _, _ = covered()
    nodes.cut("lna")
    africom = nodes.restart("africom")
    assert "since this node started" in africom.desk.peers()[0].problem
    nodes.pass_s(UNREACHABLE_S + 1.0)
    assert africom.state() == "unreachable"
    nodes.mend("lna")
    assert africom.state() == "held"


def test_a_duty_that_is_over_is_over_also_where_nobody_says_so() -> None:
    nodes = Nodes()
    africom, crew = nodes["africom"], nodes.crew(on_duty=False)
    crew.take_over(lasts_s=1800.0)
    africom.declare(flight())
    nodes.settle()
    crew.receive()
    nodes.settle()
    nodes.now += 1800.0
    assert africom.state() == "held"
    nodes.now += 1.0  # and lna's node has not looked at its clock
    assert africom.state() == "unmanned"


def test_a_node_whose_messages_are_refused_is_doubted() -> None:
    nodes, africom, _ = covered()
    look = TellLook(flight="F1", version=1, role="crew", time=nodes.now)
    with pytest.raises(StateError):
        nodes.say("lna", "africom", look, number=99)
    assert "expected" in africom.desk.peers()[0].problem
    assert africom.state() == "held", "not on the first one"
    nodes.cut("africom")
    nodes.pass_s(UNREACHABLE_S + 1.0)
    assert africom.state() == "unreachable"
    assert "not all that its node says is known here: a message" in africom.line().text
    nodes.say("lna", "africom", look)
    assert africom.state() == "held"


def test_a_link_that_carries_one_way_only_is_seen() -> None:
    nodes, africom, crew = covered()
    nodes.cut("africom")  # what africom sends still arrives, and is answered
    crew.stand_down()
    for _ in range(4):
        nodes.pass_s(15.0)
    assert africom.state() == "unreachable"
    assert "do not come through" in africom.line().text
    nodes.mend("africom")
    assert africom.state() == "unmanned"


def test_the_owner_sees_for_itself_that_a_place_is_not_on_its_flight() -> None:
    """lna's node says that all is well, and its crew has marked a place 30 km from any air of the flight."""
    nodes, africom, crew = declared()
    lna = nodes["lna"]
    signed = crew.signed(crew.look(), ReadBack(13.0, 31.17))
    nodes.settle()
    nodes.say("lna", "africom", lna.desk.vouched(signed, 10.0, ReceiptState.RECEIVED))
    assert africom.state() == "waiting"
    assert "too far off" in africom.line().text


def test_a_coarse_flight_is_read_back_as_it_was_told() -> None:
    """What is told is larger than what is flown: a crew reads back a place that it was shown, and rightly."""
    nodes = Nodes()
    africom, crew = nodes["africom"], nodes.crew()
    small = volume(square(13.40, 31.44, 0.02))
    africom.declare(flight(volumes=(small,), route=(), disclosure=Disclosure.COARSE))
    nodes.settle()
    item = crew.look()
    lon, lat = item.flight.volumes[0].outline[0]
    crew.send(crew.signed(item, ReadBack(lon, lat)))
    nodes.settle()
    assert off_plan_m(africom.register.flights["F1"].flight, ReadBack(lon, lat)) > READ_BACK_LIMIT_M
    assert africom.state() == "held"


def test_a_receipt_of_a_crew_that_nobody_told_of_is_none() -> None:
    nodes, africom, crew = declared()
    lna = nodes["lna"]
    signed = crew.signed(crew.look(), shift=7)
    nodes.settle()
    nodes.say("lna", "africom", lna.desk.vouched(signed, 0.0, ReceiptState.RECEIVED))
    assert africom.state() == "waiting"
    own = crew.signed(crew.look(), signer=lna.desk.identity.key, key=lna.desk.public)
    with pytest.raises(InputError) as caught:
        nodes.say("lna", "africom", lna.desk.vouched(own, 0.0, ReceiptState.RECEIVED))
    assert caught.value.reason == "wrong-key"


def test_a_peer_says_what_it_likes_of_its_own_posts_and_hurts_nobody_else() -> None:
    nodes, africom, _ = covered("africom", "lna", "italy")
    word = TellPost(
        flight="F1",
        version=1,
        post="south",
        post_name="South",
        shift=9,
        until=4e9,
        fact=PostFact.PUT,
        time=0.0,
        due=0.0,
    )
    said: list[Told] = [
        word,
        replace(word, flight="F9"),
        replace(word, version=7),
        replace(word, fact=PostFact.CLOSED),
        TellState(flight="F1", state=FlightState.ENDED),
        TellState(flight="F9", state=FlightState.ENDED),
        TellFlight(flight=flight("F1", "italy", lat=40.0)),
        TellZone(zone=zone("italy", exempt=frozenset({"africom"}))),
    ]
    for told in said:
        nodes.say("italy", "africom", told)
        assert [line.state for line in africom.coverage() if line.party == "lna"] == ["held"]
    assert africom.register.flights["F1"].flight == flight()
    assert africom.state() == "held"


def test_what_nobody_could_take_is_not_declared() -> None:
    """A message that is too long would stop everything that is to be told after it."""
    nodes = Nodes()
    africom, lna = nodes["africom"], nodes["lna"]
    with pytest.raises(InputError) as refused:
        africom.declare(flight(contact="x" * (MOST_BODY_BYTES - 500)))
    assert refused.value.reason == "too-long"
    assert not africom.register.flights
    africom.declare(flight(contact="x" * (MOST_BODY_BYTES - 20_000)))
    nodes.settle()
    assert list(lna.register.flights) == ["F1"]


def test_a_reason_that_is_too_long_to_tell_is_not_taken() -> None:
    nodes, _, crew = declared()
    item = crew.look()
    with pytest.raises(InputError) as refused:
        crew.send(crew.signed(item, None, reason="x" * MOST_BODY_BYTES))
    assert refused.value.reason == "too-long"
    crew.refuse()
    nodes.settle()
    assert nodes["africom"].state() == "refused"


def test_looks_are_told_to_the_owner() -> None:
    nodes = Nodes()
    africom, lna = nodes["africom"], nodes["lna"]
    africom.declare(flight())
    nodes.settle()
    for role in (Role.WATCH, Role.WATCH, Role.OPERATOR):
        lna.desk.flight(lna.who("wanda", role), "F1")
    africom.desk.flight(africom.who(), "F1")
    nodes.settle()
    looks = africom.desk.looks(africom.who(), "F1")
    assert [(look.party, look.role, look.version) for look in looks] == [("lna", "operator", 1), ("lna", "watch", 1)]
    assert africom.view().flights[0].looks == 2
    with pytest.raises(ForbiddenError):
        lna.desk.looks(lna.who(), "F1")
    africom.amend(flight(contact="desk 8"))
    nodes.settle()
    lna.desk.flight(lna.who("wanda", Role.WATCH), "F1")
    nodes.settle()
    assert africom.view().flights[0].looks == 3
