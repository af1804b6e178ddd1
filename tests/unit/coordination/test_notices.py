"""Which facts bring a node's notices up to date, and where flights cross air."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from tests.support.nodes import NORTH, SQUARE, START, Nodes, flight, key_of, square

from safeconduct.coordination.known import KnownFlight
from safeconduct.coordination.notices import (
    CLOCK_TOLERANCE_S,
    Crossings,
    check_clock,
    check_rehearsal,
    closed_word,
    on_duty,
    post_words,
    put_notices,
)
from safeconduct.coordination.register import RECEIPT_DUE_S, Register
from safeconduct.errors import ForbiddenError, InputError, StateError
from safeconduct.model.entry import Actor, Entry, FlightDeclared, FlightNoted, NodeOpened, NoticeMoved, NoticePut
from safeconduct.model.flight import FlightState
from safeconduct.model.message import PostFact
from safeconduct.model.notice import NoticeState
from safeconduct.model.post import Post, Shift
from safeconduct.model.sector import Sector


def post(name: str, outline: tuple[tuple[float, float], ...] = SQUARE) -> Post:
    sector = Sector(id=name, party="lna", name=name, centre=outline[0], outline=outline)
    return Post(id=name, party="lna", name=name.title(), sector=sector)


def shift(at: str, number: int) -> Shift:
    return Shift(post=at, number=number, person="salma", key=key_of("k").public, start=START, until=START + 3600.0)


class Desk:
    """A register of `lna`, and the notices of one flight in it."""

    def __init__(self) -> None:
        self.register = Register()
        self.crossings = Crossings()
        self.now, self.made = START, 0
        self.posts = {"south": post("south"), "north": post("north", NORTH)}
        self.register.posts.update(self.posts)
        self.shifts: Mapping[str, Shift] = {"south": shift("south", 4)}
        self.apply(NodeOpened(party="lna", public=key_of("node lna").public))
        self.known = KnownFlight.of("F1", flight(), own=False, since=START)
        self.apply(FlightNoted(flight=self.known.flight))

    def apply(self, fact: NodeOpened | FlightDeclared | FlightNoted | NoticePut | NoticeMoved) -> None:
        self.register.apply(Entry(node="lna", time=self.now, actor=Actor(party="lna"), fact=fact, rehearsal=True))

    def new_id(self) -> str:
        self.made += 1
        return f"n{self.made}"

    def facts(self) -> list[NoticePut | NoticeMoved]:
        """What there is to do; done."""
        put = list(
            put_notices(
                self.register,
                self.known,
                self.now,
                self.crossings,
                self.new_id,
                posts=self.posts,
                shifts=self.shifts,
            )
        )
        self.words = [
            (word.post, word.fact, word.version)
            for word in post_words(self.register, self.known, put, self.now, posts=self.posts, shifts=self.shifts)
        ]
        done = [fact for fact in put if isinstance(fact, NoticePut | NoticeMoved)]
        assert len(done) == len(put)
        for fact in done:
            self.apply(fact)
        return done

    def amend(self, **changes: object) -> None:
        changed = replace(self.known.flight, **changes)  # type: ignore[arg-type]
        self.known = KnownFlight.of("F1", changed, own=False, since=self.now)
        self.apply(FlightNoted(flight=changed))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_notice_for_each_post_whose_sector_it_crosses_and_only_once(desk: Desk) -> None:
    (put,) = desk.facts()
    assert isinstance(put, NoticePut)
    made = put.notice
    assert (made.post, made.flight, made.version, made.shift, made.state) == ("south", "F1", 1, 4, NoticeState.PUT)
    assert (made.digest, made.put, made.due) == (desk.known.digest, START, START + RECEIPT_DUE_S)
    assert desk.words == [("south", PostFact.PUT, 1)]
    desk.now += 60.0
    assert desk.facts() == []
    desk.known = replace(desk.known, flight=desk.known.flight.moved(FlightState.ACTIVATED))
    assert desk.facts() == [], "moving on is no change of what was declared"


def test_a_new_version_a_new_crew_and_nobody(desk: Desk) -> None:
    desk.facts()
    desk.amend(version=2, contact="desk 8")
    over, put = desk.facts()
    assert over == NoticeMoved(notice="n1", state=NoticeState.SUPERSEDED)
    assert isinstance(put, NoticePut)
    assert put.notice.version == 2
    desk.shifts = {"south": shift("south", 5)}
    assert [type(fact) for fact in desk.facts()] == [NoticeMoved, NoticePut]
    assert desk.words == [("south", PostFact.PUT, 2)]
    desk.shifts = {}
    _, put = desk.facts()
    assert isinstance(put, NoticePut)
    assert put.notice.shift == 0
    assert desk.words == [("south", PostFact.UNMANNED, 2)]
    assert desk.facts() == []


@pytest.mark.parametrize("how", ["ended", "over", "away", "sector"])
def test_what_is_over_is_closed(desk: Desk, how: str) -> None:
    desk.facts()
    if how == "ended":
        desk.known = replace(desk.known, flight=desk.known.flight.moved(FlightState.ENDED))
    elif how == "over":
        desk.now = desk.known.end + 1.0
    elif how == "away":
        away = flight(lat=40.0)
        desk.amend(version=2, volumes=away.volumes, route=away.route)
    else:
        desk.posts = {"south": post("south", NORTH)}
    assert desk.facts() == [NoticeMoved(notice="n1", state=NoticeState.CLOSED)]
    assert desk.words == [("south", PostFact.CLOSED, desk.known.flight.version)]
    assert desk.facts() == []


def test_own_flights_tell_nobody_of_their_posts(desk: Desk) -> None:
    desk.known = replace(desk.known, own=True)
    assert len(desk.facts()) == 1
    assert desk.words == []


def test_the_word_that_no_post_is_concerned_names_none(desk: Desk) -> None:
    told = closed_word(desk.known, START)
    assert (told.flight, told.version, told.fact, told.post, told.post_name) == ("F1", 1, PostFact.CLOSED, "", "")
    assert closed_word(desk.known, START, post("south")) == replace(told, post="south", post_name="South")


def test_crossings_follow_what_is_declared_and_not_its_number() -> None:
    crossings = Crossings()
    sector = post("south").sector
    here = KnownFlight.of("F1", flight(), own=True, since=START)
    away = KnownFlight.of("F1", flight(lat=40.0), own=True, since=START)
    for _ in range(2):
        crossed = crossings.of(here, sector)
        assert crossed is not None
        assert crossed is crossings.of(here, sector), "worked out once"
        assert crossings.of(away, sector) is None
    assert crossings.of(here, post("north", NORTH).sector) is None
    assert crossings.of(replace(here, flight=here.flight.moved(FlightState.ENDED)), sector) is None
    assert crossings.of(here, sector) is not None


def test_crossings_of_air_that_comes_and_goes() -> None:
    """Two pieces of air that are made one after another, and may lie in the same place of memory."""
    crossings = Crossings()
    known = KnownFlight.of("F1", flight(), own=True, since=START)
    for number in range(200):
        outline = SQUARE if number % 2 else square(40.0)
        crosses = crossings.of(known, post("south", outline).sector) is not None
        assert crosses == bool(number % 2)


def test_a_shift_is_on_duty_from_its_start_to_its_end() -> None:
    lna = Nodes()["lna"].register
    lna.shifts["south"] = shift("south", 1)
    assert on_duty(lna, "south", START) == shift("south", 1)
    assert on_duty(lna, "south", START + 3600.0)
    for time in (START - CLOCK_TOLERANCE_S - 1.0, START + 3600.5):
        with pytest.raises(StateError) as nobody:
            on_duty(lna, "south", time)
        assert nobody.value.reason == "not-on-duty"
    with pytest.raises(StateError):
        on_duty(lna, "north", START)


@pytest.mark.parametrize("off_s", [-CLOCK_TOLERANCE_S - 0.1, CLOCK_TOLERANCE_S + 0.1])
def test_clocks(off_s: float) -> None:
    check_clock(START + off_s * 0.99, START, "time")
    with pytest.raises(InputError, match=r"2\.0 minutes") as off:
        check_clock(START + off_s, START, "time")
    assert off.value.reason == "clock-off"


def test_rehearsals_and_live_nodes_never_mix() -> None:
    for same in (True, False):
        check_rehearsal(same, same, "x")
        with pytest.raises(ForbiddenError) as mixed:
            check_rehearsal(same, not same, "x")
        assert mixed.value.reason == "rehearsal-key"
