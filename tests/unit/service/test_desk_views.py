"""Who is shown what, and which parties stand in a flight's coverage."""

import re
from dataclasses import replace

import msgspec
import pytest
from tests.support.nodes import NORTH, SQUARE, Nodes, flight, guard, introduce, set_post

from safeconduct.errors import ForbiddenError, InputError, UnknownError
from safeconduct.model.card import AirClaim, GuardedAir
from safeconduct.model.coverage import CoverageState
from safeconduct.model.entry import AdvisoryGiven, Looked, SignedIn
from safeconduct.model.person import Role
from safeconduct.model.receipt import ReadBack
from safeconduct.model.zone import Zone
from safeconduct.store.base import StoreError

ILL_WILL = re.compile(r"hostile|enemy|suspect|threat|intrud|target|violat|illegal|attack", re.IGNORECASE)


def air(outline: tuple[tuple[float, float], ...] = SQUARE) -> GuardedAir:
    return GuardedAir(outline=outline, lower_m=0.0, upper_m=9000.0, since=1.5e9)


@pytest.fixture
def nodes() -> Nodes:
    """lna has the posts south and north with crews, a flight of its own, and one of africom's before south."""
    nodes = Nodes()
    lna = nodes["lna"]
    set_post(lna, "north", NORTH)
    nodes.crew()
    nodes.crew("nadir", post="north")
    nodes["africom"].declare(flight())
    lna.declare(flight("L1", "lna"))
    nodes.settle()
    return nodes


def test_a_crew_sees_what_is_before_its_post_and_its_own_party_s_flights(nodes: Nodes) -> None:
    lna = nodes["lna"]
    south, north = lna.view(Role.CREW, "south"), lna.view(Role.CREW, "north")
    assert [one.ref for one in south.flights] == ["F1", "L1"]
    assert [one.ref for one in north.flights] == ["L1"]
    assert {item.flight.id for item in south.inbox} == {"F1", "L1"}
    assert north.inbox == ()
    assert [[post.post.id for post in view.posts] for view in (south, north)] == [["south"], ["north"]]
    for view in (south, north):
        assert all(one.coverage == () and one.looks == 0 for one in view.flights)
        assert (view.people, view.peers) == ((), ())
    assert [one.other for one in south.flights[1].conflicts] == ["F1"]
    assert north.flights[0].conflicts == (), "a conflict tells of a flight that is not for this post"


def test_a_watch_sees_flights_and_zones_and_nothing_of_the_desk(nodes: Nodes) -> None:
    view = nodes["lna"].view(Role.WATCH)
    assert [one.ref for one in view.flights] == ["F1", "L1"]
    assert all(one.coverage == () for one in view.flights)
    assert (view.inbox, view.advisories, view.posts, view.people, view.peers, view.directory) == ((),) * 6


def test_an_operator_sees_coverage_and_an_officer_people_and_peers(nodes: Nodes) -> None:
    lna = nodes["lna"]
    operator, officer = lna.view(Role.OPERATOR), lna.view()
    for view in (operator, officer):
        assert {one.ref: [line.post for line in one.coverage] for one in view.flights} == {"F1": [], "L1": ["south"]}
        assert [peer.party for peer in view.peers] == ["africom"]
        assert view.inbox == ()
    assert operator.people == ()
    assert {person.id for person in officer.people} == {"salma", "nadir"}


def test_nobody_sees_another_party_s_coverage_or_crews(nodes: Nodes) -> None:
    for role, post in ((Role.OFFICER, None), (Role.OPERATOR, None), (Role.WATCH, None), (Role.CREW, "south")):
        view = nodes["lna"].view(role, post)
        assert all(one.coverage == () for one in view.flights if not one.own)
        seen = msgspec.json.encode(nodes["africom"].view(role if role is not Role.CREW else Role.OFFICER))
        assert b"salma" not in seen
        assert b"Salma" not in seen
        assert nodes.crew("salma", on_duty=False).key.public.encode() not in seen


def test_inboxes_are_for_the_post_s_own_crew(nodes: Nodes) -> None:
    lna = nodes["lna"]
    with pytest.raises(ForbiddenError):
        lna.desk.inbox(lna.who("nadir", Role.CREW, "north"), "south")
    with pytest.raises(ForbiddenError):
        lna.desk.inbox(lna.who(), "south")
    with pytest.raises(UnknownError):
        lna.desk.inbox(lna.who("nadir", Role.CREW, "west"), "west")
    notice = nodes.crew("salma", on_duty=False).item().notice.id
    with pytest.raises(UnknownError):
        lna.desk.shown(lna.who("nadir", Role.CREW, "north"), notice)


def test_advisories_go_to_whom_they_are_for(nodes: Nodes) -> None:
    lna = nodes["lna"]
    nodes.pass_s(1500.0)
    given = [fact.advisory for fact in lna.facts() if isinstance(fact, AdvisoryGiven)]
    assert {(one.role, one.post) for one in given} == {(Role.OPERATOR, None)}
    assert {one.flight for one in given} == {"L1"}, "another party's flight is another party's concern"
    assert lna.desk.advisories(lna.who("salma", Role.CREW, "south")) == ()
    assert lna.desk.advisories(lna.who("wanda", Role.WATCH)) == ()
    assert len(lna.desk.advisories(lna.who("omar", Role.OPERATOR))) == len(given)
    assert len(lna.desk.advisories(lna.who())) == len(given)
    assert lna.view(Role.WATCH).advisories == ()


def test_a_look_is_recorded_once_a_version_and_role(nodes: Nodes) -> None:
    lna = nodes["lna"]
    for role in (Role.WATCH, Role.WATCH, Role.OFFICER, Role.WATCH):
        assert lna.desk.flight(lna.who("wanda", role), "F1").ref == "F1"
    lna.desk.flight(lna.who(), "L1")
    looked = [fact for fact in lna.facts() if isinstance(fact, Looked)]
    assert [(fact.ref, fact.version) for fact in looked] == [("F1", 1), ("F1", 1)]
    with pytest.raises(UnknownError):
        lna.desk.flight(lna.who(), "F9")


def test_a_look_that_could_not_be_recorded_is_recorded_the_next_time(nodes: Nodes) -> None:
    lna = nodes["lna"]
    lna.store.fails = True
    with pytest.raises(StoreError):
        lna.desk.flight(lna.who("wanda", Role.WATCH), "F1")
    lna.store.fails = False
    lna.desk.flight(lna.who("wanda", Role.WATCH), "F1")
    assert len([fact for fact in lna.facts() if isinstance(fact, Looked)]) == 1


def test_signing_in_and_looking_at_the_board_are_on_the_record(nodes: Nodes) -> None:
    lna = nodes["lna"]
    lna.desk.signed_in(lna.who("salma", Role.CREW, "south"), "key")
    lna.desk.looked_at_board(lna.who("wanda", Role.WATCH))
    assert lna.facts()[-2:] == [
        SignedIn(person="salma", role=Role.CREW, post="south", by="key"),
        Looked(subject="board", ref="", version=0),
    ]


def test_a_party_without_a_node_stands_there_as_unreachable() -> None:
    nodes = Nodes()
    africom = nodes["africom"]
    nodes.crew()
    africom.desk.claim_air(africom.who(), AirClaim(party="gna", name="GNA", by="africom", air=air()))
    africom.declare(flight())
    nodes.settle()
    assert [(line.party, line.post, line.state) for line in africom.coverage()] == [
        ("gna", None, "unreachable"),
        ("lna", "south", "waiting"),
    ]
    line = africom.line(post=None)
    assert line.text.startswith("GNA does not take part")
    assert line.entry_time == flight().route[1].time
    check = africom.desk.check(africom.who(), flight("F2"))
    assert {one.party: one.reachable for one in check.told} == {"gna": False, "lna": True}


def test_two_who_claim_one_air_are_both_asked() -> None:
    nodes = Nodes("africom", "lna", "italy")
    africom = nodes["africom"]
    guard(nodes["italy"], post="rome")
    nodes.now += 1.0
    africom.desk.take_card(africom.who(), nodes["italy"].desk.card())
    crew, other = nodes.crew(), nodes.crew("ida", "italy", "rome")
    africom.declare(flight())
    nodes.settle()
    crew.receive()
    nodes.settle()
    assert [(line.party, line.post, line.state) for line in africom.coverage()] == [
        ("italy", "rome", "waiting"),
        ("lna", "south", "held"),
    ]
    other.refuse()
    nodes.settle()
    assert [line.state for line in africom.coverage()] == ["refused", "held"]


def test_a_peer_that_guards_nothing_is_told_and_has_no_line() -> None:
    nodes = Nodes("africom", "italy")
    africom = nodes["africom"]
    africom.declare(flight())
    nodes.settle()
    assert list(nodes["italy"].register.flights) == ["F1"]
    assert africom.coverage() == ()


def test_a_post_that_no_card_speaks_of_stands_there_once_it_has_spoken() -> None:
    nodes = Nodes("africom", "italy")
    set_post(nodes["italy"], "rome", SQUARE)
    crew = nodes.crew("ida", "italy", "rome")
    nodes["africom"].declare(flight())
    nodes.settle()
    assert nodes["africom"].line(post="rome").entry_time is None
    crew.receive()
    nodes.settle()
    assert nodes["africom"].state(post="rome") == "held"


def test_a_card_with_other_air_changes_who_is_asked() -> None:
    nodes = Nodes("africom", "italy")
    africom, italy = nodes["africom"], nodes["italy"]
    africom.declare(flight())
    nodes.settle()
    italy.desk.guards = (air(),)
    nodes.now += 1.0
    africom.desk.take_card(africom.who(), italy.desk.card())
    assert [(line.party, line.state) for line in africom.coverage()] == [("italy", "waiting")]
    italy.desk.guards = ()
    with pytest.raises(InputError) as stale:
        africom.desk.take_card(africom.who(), italy.desk.card())
    assert stale.value.reason == "duplicate"
    nodes.now += 1.0
    africom.desk.take_card(africom.who(), italy.desk.card())
    assert africom.coverage() == ()


def test_a_card_that_is_not_confirmed_says_nothing_of_the_air() -> None:
    nodes = Nodes(acquainted=False)
    africom, lna = nodes["africom"], nodes["lna"]
    africom.declare(flight())
    africom.desk.take_card(africom.who(), lna.desk.card())
    assert africom.coverage() == ()
    nodes.now += 1.0
    introduce(africom, lna)
    assert [line.party for line in africom.coverage()] == ["lna"]


def test_zones_are_shown_while_they_are_to_come_or_in_force(nodes: Nodes) -> None:
    lna = nodes["lna"]
    made = Zone(id="Z", party="lna", name="Range", reason="live firing", volumes=flight().volumes)
    lna.desk.set_zone(lna.who(), made)
    for role in (Role.WATCH, Role.OFFICER):
        assert [zone.id for zone in lna.view(role).zones] == ["Z"]
    nodes.settle()
    africom = nodes["africom"].view().flights
    assert {one.ref: {(c.kind, c.other) for c in one.conflicts} for one in africom} == {
        "F1": {("flight", "L1"), ("zone", "lna:Z")},
        "L1": {("flight", "F1")},
    }
    nodes.now += 7201.0
    assert lna.view().zones == ()


def test_no_word_of_ill_will_whatever_the_state() -> None:
    """Every sentence that coverage and its advisories can say."""
    nodes = Nodes("africom", "lna", "italy")
    africom, crew = nodes["africom"], nodes.crew()
    africom.desk.claim_air(africom.who(), AirClaim(party="gna", name="GNA", by="africom", air=air()))
    texts, states = set(), set()

    def note() -> None:
        nodes.settle()
        for at in nodes.of.values():
            at.desk.tick()
        for line in africom.coverage():
            texts.add(line.text)
            states.add(line.state)
            assert line.text
            assert line.state.held == (line.state is CoverageState.HELD)

    africom.declare(flight())
    note()
    crew.send(crew.signed(crew.look(), ReadBack(13.0, 31.9)))
    note()
    crew.receive()
    note()
    nodes.now += 5.0
    crew.refuse()
    note()
    nodes.now += 5.0
    crew.receive()
    africom.amend(flight(contact="desk 8"))
    note()
    nodes.pass_s(130.0)
    note()
    crew.stand_down()
    note()
    crew.take_over()
    note()
    nodes.pass_s(1000.0)
    nodes.cut("lna")
    africom.amend(flight(contact="desk 9"))
    nodes.pass_s(40.0)
    note()
    africom.desk.revoke_card(africom.who(), "lna", "found on a laptop")
    note()
    assert states == set(CoverageState)
    said = [advisory for at in nodes.of.values() for advisory in at.register.advisories]
    assert said
    texts |= {text for advisory in said for text in (advisory.text, *advisory.reasons)}
    assert not [text for text in texts if ILL_WILL.search(text)]
    assert all(advisory.standing == "unknown" and advisory.track is None for advisory in said), (
        "a gap in coverage is nothing about any track"
    )


def test_the_view_says_who_is_looking_and_when(nodes: Nodes) -> None:
    lna = nodes["lna"]
    view = lna.desk.view(replace(lna.who("salma", Role.CREW, "south")))
    assert (view.node, view.person, view.person_name, view.role, view.post) == (
        "lna",
        "salma",
        "Salma",
        Role.CREW,
        "south",
    )
    assert (view.rehearsal, view.time) == (True, nodes.now)
    assert view.record == lna.desk.record_head()
    before = view.number
    lna.desk.looked_at_board(lna.who())
    assert lna.view().number > before
    assert nodes.restart("lna").view().number >= before, "it rises, also over a restart"
