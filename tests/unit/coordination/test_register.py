"""The fold of a node's facts: what each changes, and what it leaves alone."""

from dataclasses import replace

import pytest
from tests.support.nodes import NORTH, SQUARE, START, flight, key_of, volume

from safeconduct.coordination.disclosure import disclosed
from safeconduct.coordination.known import KnownFlight
from safeconduct.coordination.register import KEPT_ADVISORIES, RECEIPT_DUE_S, Register
from safeconduct.federation.cards import sign_card
from safeconduct.model import entry as facts
from safeconduct.model.advisory import Advisory, AdvisoryKind
from safeconduct.model.card import AirClaim, Card, GuardedAir
from safeconduct.model.entry import Actor, Entry, Fact
from safeconduct.model.flight import Disclosure, FlightState
from safeconduct.model.message import Message, PostFact, TellFlight, TellPost, TellState, TellZone, Told
from safeconduct.model.notice import Notice, NoticeState
from safeconduct.model.person import Role
from safeconduct.model.zone import Zone


class Fold:
    """A register of `lna`, and facts on their way into it."""

    def __init__(self) -> None:
        self.register = Register()
        self.now = START
        self.numbers: dict[str, int] = {}
        self.apply(facts.NodeOpened(party="lna", public=key_of("node lna").public))

    def apply(self, fact: Fact, role: Role | None = None) -> tuple[tuple[str, str], ...]:
        entry = Entry(node="lna", time=self.now, actor=Actor(party="lna", role=role), fact=fact, rehearsal=True)
        return self.register.apply(entry)

    def meet(self, party: str, key: str = "", guards: tuple[GuardedAir, ...] = (), *, confirm: bool = True) -> None:
        signer = key_of(key or f"node {party}")
        card = Card(
            party=party,
            name=party.upper(),
            address=f"in-process:{party}",
            public=signer.public,
            guards=guards,
            issued=self.now,
            rehearsal=True,
        )
        self.apply(facts.CardTaken(card=sign_card(card, signer)))
        if confirm:
            self.apply(facts.CardConfirmed(party=party, fingerprint=signer.id))

    def hear(self, sender: str, told: Told) -> tuple[tuple[str, str], ...]:
        number = self.numbers[sender] = self.numbers.get(sender, 0) + 1
        message = Message(sender=sender, receiver="lna", number=number, time=self.now, rehearsal=True, told=told)
        return self.apply(facts.MessageTaken(message=message, signature="s", base="b"))


@pytest.fixture
def fold() -> Fold:
    fold = Fold()
    fold.meet("africom")
    return fold


def notice(id: str = "n1", ref: str = "F1", post: str = "south", **changes: object) -> Notice:  # noqa: A002
    made = Notice(id=id, flight=ref, version=1, digest="d", post=post, shift=1, put=START, due=START + 120.0)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_who_was_opened(fold: Fold) -> None:
    assert (fold.register.party, fold.register.public) == ("lna", key_of("node lna").public)


def test_what_is_touched_is_said(fold: Fold) -> None:
    assert fold.hear("africom", TellFlight(flight=flight())) == (("flight", "F1"),)
    assert fold.hear("africom", TellState(flight="F1", state=FlightState.ACTIVATED)) == (("flight", "F1"),)
    assert fold.hear("africom", TellFlight(flight=flight(state=FlightState.ACTIVATED))) == (), "known already"
    assert fold.apply(facts.FlightDeclared(flight=flight("L1", "lna"))) == (("flight", "L1"),)
    assert fold.apply(facts.FlightDeclared(flight=flight("F1", "lna"))) == (("flight", "F1"), ("flight", "africom:F1"))
    assert fold.apply(facts.FlightMoved(flight="L1", state=FlightState.ENDED)) == (("flight", "L1"),)
    zone = Zone(id="Z", party="africom", name="n", reason="r", volumes=(volume(SQUARE),))
    assert fold.hear("africom", TellZone(zone=zone)) == (("zone", "africom:Z"),)
    assert fold.hear("africom", TellZone(zone=zone)) == ()
    assert fold.hear("africom", TellState(flight="F9", state=FlightState.ENDED)) == ()
    assert fold.apply(facts.Looked(subject="board", ref="", version=0)) == ()


def test_a_flight_s_digests() -> None:
    coarse = flight(disclosure=Disclosure.COARSE)
    own = KnownFlight.of("F1", coarse, own=True, since=START)
    assert (own.digest, own.told_digest) == (coarse.digest, disclosed(coarse).digest)
    theirs = KnownFlight.of("F1", coarse, own=False, since=START)
    assert theirs.told_digest == theirs.digest == coarse.digest
    plain = KnownFlight.of("F1", flight(), own=True, since=START)
    assert plain.told_digest == plain.digest
    assert (own.start, own.end) == (coarse.start, coarse.end)


@pytest.mark.parametrize(
    ("noted", "version", "contact", "note_takes", "owner_takes"),
    [
        (False, 2, "desk 7", True, True),
        (False, 1, "desk 8", False, True),
        (False, 1, "desk 7", False, False),
        (True, 2, "desk 7", True, True),
        (True, 1, "desk 8", True, True),
        (True, 1, "desk 7", False, True),
    ],
)
def test_whose_word_counts(noted: bool, version: int, contact: str, note_takes: bool, owner_takes: bool) -> None:
    known = KnownFlight.of("F1", flight(), own=False, since=START, noted=noted)
    told = flight(version=version, contact=contact)
    assert (known.takes(told, noted=True), known.takes(told, noted=False)) == (note_takes, owner_takes)
    older = KnownFlight.of("F1", flight(version=5), own=False, since=START, noted=noted)
    assert (older.takes(told, noted=True), older.takes(told, noted=False)) == (False, noted)


def test_a_notice_is_found_by_post_and_by_flight_until_it_is_over(fold: Fold) -> None:
    fold.hear("africom", TellFlight(flight=flight()))
    fold.apply(facts.NoticePut(notice=notice()))
    fold.apply(facts.NoticePut(notice=notice("n2", post="coast")))
    known = fold.register.flights["F1"]
    assert fold.register.notice_before(known, "south") == notice()
    assert list(fold.register.inbox("coast")) == [notice("n2", post="coast")]
    fold.apply(facts.NoticeMoved(notice="n1", state=NoticeState.SHOWN))
    assert fold.register.notice_before(known, "south") == notice(state=NoticeState.SHOWN)
    fold.apply(facts.NoticeMoved(notice="n1", state=NoticeState.CLOSED))
    assert fold.register.notice_before(known, "south") is None
    assert list(fold.register.inbox("south")) == []
    assert list(fold.register.notices) == ["n2"]


def test_an_own_flight_never_finds_the_notice_of_the_one_that_had_its_name(fold: Fold) -> None:
    fold.hear("africom", TellFlight(flight=flight()))
    fold.apply(facts.NoticePut(notice=notice()))
    own = KnownFlight.of("F1", flight("F1", "lna"), own=True, since=START)
    assert fold.register.notice_before(own, "south") is None
    fold.apply(facts.FlightDeclared(flight=flight("F1", "lna")))
    assert fold.register.notice_before(fold.register.flights["F1"], "south") is None
    moved = fold.register.flights["africom:F1"]
    assert fold.register.notice_before(moved, "south") == notice(ref="africom:F1")
    assert list(fold.register.inbox("south")) == [notice(ref="africom:F1")]
    assert fold.register.ref("africom", "F1") == "africom:F1"
    assert fold.register.ref("lna", "F1") == "F1"


def word(**changes: object) -> TellPost:
    made = TellPost(
        flight="L1",
        version=1,
        post="rome",
        post_name="Rome",
        shift=1,
        until=4e9,
        fact=PostFact.PUT,
        time=START,
        due=START + 120.0,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_what_others_say_of_their_posts_is_about_own_flights_only(fold: Fold) -> None:
    fold.hear("africom", TellFlight(flight=flight()))
    fold.apply(facts.FlightDeclared(flight=flight("L1", "lna")))
    for told in (word(flight="F1"), word(flight="F9")):
        fold.hear("africom", told)
    assert fold.register.words == {}
    fold.hear("africom", word(time=START + 1e6, due=START + 1e9))
    said = fold.register.words["L1"]["africom", "rome"]
    assert (said.time, said.due) == (START, START + RECEIPT_DUE_S)
    fold.hear("africom", word(due=START + 10.0))
    assert fold.register.words["L1"]["africom", "rome"].due == START + 10.0


def test_air_stays_guarded_when_its_guard_is_not_trusted_any_more(fold: Fold) -> None:
    def air(*rings: tuple[tuple[float, float], ...]) -> tuple[GuardedAir, ...]:
        return tuple(GuardedAir(outline=ring, lower_m=0.0, upper_m=1.0, since=START) for ring in rings)

    def guarded() -> list[tuple[str, GuardedAir]]:
        return [(claim.party, claim.air) for claim in fold.register.directory()]

    (square, north) = air(SQUARE, NORTH)
    fold.meet("italy", guards=(square,), confirm=False)
    assert guarded() == []
    fold.apply(facts.CardConfirmed(party="italy", fingerprint=key_of("node italy").id))
    assert guarded() == [("italy", square)]
    fold.meet("italy", guards=(north,), confirm=False)
    assert guarded() == [("italy", north)], "the same key says otherwise"
    fold.meet("italy", "other", guards=(), confirm=False)
    assert guarded() == [("italy", north)], "somebody says so, and nobody has confirmed it"
    fold.apply(facts.CardConfirmed(party="italy", fingerprint=key_of("other").id))
    assert guarded() == []
    fold.meet("italy", "other", guards=(square,), confirm=False)
    fold.apply(facts.CardRevoked(party="italy", fingerprint=key_of("other").id, reason="lost"))
    assert fold.register.peers["italy"].revoked
    assert guarded() == [("italy", square)]
    claim = AirClaim(party="gna", name="GNA", by="lna", air=north)
    fold.apply(facts.AirClaimed(claim=claim))
    assert fold.register.directory()[-1] == claim


def test_messages_wait_until_they_are_acknowledged(fold: Fold) -> None:
    for number in (1, 2, 3):
        told = TellState(flight="L1", state=FlightState.ENDED)
        message = Message(sender="lna", receiver="africom", number=number, time=START, rehearsal=True, told=told)
        fold.apply(facts.MessageSent(message=message))
    peer = fold.register.peers["africom"]
    for number, waiting in ((2, [3]), (1, [3]), (3, [])):
        fold.apply(facts.MessageAcknowledged(receiver="africom", number=number))
        assert [message.number for _, message in peer.waiting] == waiting
    assert (peer.sent, peer.acknowledged, peer.taken) == (3, 3, 0)


def test_advisories_are_counted_and_the_last_ones_kept(fold: Fold) -> None:
    for number in range(KEPT_ADVISORIES + 2):
        given = Advisory(
            id=f"a{number}",
            kind=AdvisoryKind.UNCOVERED,
            role=Role.OPERATOR,
            post=None,
            party="lna",
            flight="L1",
            version=1,
            time=START,
            text="t",
        )
        fold.apply(facts.AdvisoryGiven(advisory=given))
    assert len(fold.register.advisories) == KEPT_ADVISORIES
    assert (fold.register.advisories[0].id, fold.register.advisories_given) == ("a2", KEPT_ADVISORIES + 2)


def test_looks_from_here_are_known_by_role(fold: Fold) -> None:
    fold.apply(facts.Looked(subject="flight", ref="F1", version=1), Role.WATCH)
    assert fold.register.looked == {("F1", 1, "watch")}
