import hashlib
import threading
from collections.abc import Iterator

import pytest

from safeconduct.errors import ForbiddenError, InputError
from safeconduct.model.entry import Actor
from safeconduct.model.key import SigningKey, text_of
from safeconduct.model.person import Person, Role
from safeconduct.service.access import (
    CHALLENGE_S,
    FAILURES_S,
    MOST_FAILURES,
    MOST_SESSIONS,
    MOST_SOURCES,
    SESSION_S,
    SIGN_IN_S,
    Access,
    NotSignedInError,
    TooManyFailuresError,
    enrol_bytes,
    sign_in_bytes,
)
from safeconduct.service.permissions import AT_THEIR_POST, MAY, Operation

OMAR = Person(id="omar", name="Omar", role=Role.OPERATOR)
SALMA = Person(id="salma", name="Salma", role=Role.CREW, post="south")
OLGA = Person(id="olga", name="Olga", role=Role.OFFICER)
KEY = SigningKey(hashlib.sha256(b"omar").digest())


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def people() -> dict[str, Person]:
    return {person.id: person for person in (OMAR, SALMA, OLGA)}


@pytest.fixture
def access(clock: Clock, people: dict[str, Person]) -> Access:
    return Access("lna", clock, people.get, rehearsal=True)


def signed_in(access: Access, person: Person = OMAR) -> str:
    return access.sign_in(access.new_link(person)[0])[0]


def test_a_link_signs_in_its_person_once(access: Access, clock: Clock) -> None:
    token, until = access.new_link(SALMA)
    assert until == clock.now + SIGN_IN_S
    secret, session = access.sign_in(token)
    assert (session.party, session.person, session.name) == ("lna", "salma", "Salma")
    assert (session.role, session.post, session.expires) == (Role.CREW, "south", clock.now + SESSION_S)
    assert session.actor == Actor(party="lna", person="salma", role=Role.CREW, post="south")
    assert access.session(secret) == session
    with pytest.raises(NotSignedInError, match="used already") as caught:
        access.sign_in(token)
    assert caught.value.remedy
    assert access.session(secret) == session


def test_a_link_that_nobody_used_dies(access: Access, clock: Clock) -> None:
    early, late = access.new_link(OMAR)[0], access.new_link(OLGA)[0]
    clock.now += SIGN_IN_S - 1
    access.sign_in(early)
    clock.now += 1
    with pytest.raises(NotSignedInError):
        access.sign_in(late)


def test_a_newer_link_ends_the_older_one_of_that_person_only(access: Access) -> None:
    old, other, new = access.new_link(OMAR)[0], access.new_link(OLGA)[0], access.new_link(OMAR)[0]
    with pytest.raises(NotSignedInError):
        access.sign_in(old)
    assert access.sign_in(new)
    assert access.sign_in(other)


@pytest.mark.parametrize("token", ["", "x", "ä", "A" * 43])
def test_a_guess_signs_nobody_in_and_spoils_no_link(access: Access, token: str) -> None:
    link, _ = access.new_link(OMAR)
    for _ in range(3):
        with pytest.raises(NotSignedInError):
            access.sign_in(token)
    assert access.sign_in(link)


def test_a_link_is_no_session_and_a_session_no_link(access: Access) -> None:
    link, _ = access.new_link(OMAR)
    with pytest.raises(NotSignedInError):
        access.session(link)
    with pytest.raises(NotSignedInError):
        access.session(None, link)
    secret, _ = access.sign_in(link)
    with pytest.raises(NotSignedInError):
        access.sign_in(secret)


def test_tokens_differ_and_cannot_be_guessed(access: Access) -> None:
    tokens = {access.new_link(OMAR)[0] for _ in range(50)}
    assert len(tokens) == 50
    assert min(map(len, tokens)) >= 40


def test_secrets_are_kept_as_hashes_only(access: Access) -> None:
    waiting, machine = access.new_link(OLGA)[0], "m" * 40
    link, _ = access.new_link(OMAR)
    secret, _ = access.sign_in(link)
    access.admit_machine(machine, Role.METRICS)
    kept = repr(vars(access))
    assert not [text for text in (link, waiting, secret, machine) if text in kept]
    assert repr(hashlib.sha256(secret.encode()).digest()) in kept


def test_a_session_ends(access: Access, clock: Clock) -> None:
    secret = signed_in(access)
    clock.now += SESSION_S - 1
    assert access.session(secret)
    clock.now += 1
    with pytest.raises(NotSignedInError) as caught:
        access.session(secret)
    assert caught.value.remedy


@pytest.mark.parametrize(
    "changed",
    [
        None,
        Person(id="salma", name="Salma", role=Role.WATCH),
        Person(id="salma", name="Salma", role=Role.CREW, post="north"),
    ],
)
def test_who_is_somebody_else_by_now_is_out(access: Access, people: dict[str, Person], changed: Person | None) -> None:
    secret, link = signed_in(access, SALMA), access.new_link(SALMA)[0]
    people.pop("salma")
    if changed:
        people["salma"] = changed
    with pytest.raises(NotSignedInError):
        access.session(secret)
    with pytest.raises(NotSignedInError):
        access.sign_in(link)


def test_a_new_name_is_no_new_person(access: Access, people: dict[str, Person]) -> None:
    secret = signed_in(access, OMAR)
    people["omar"] = Person(id="omar", name="Omar Said", role=Role.OPERATOR)
    assert access.session(secret)


def test_signing_out_ends_one_session_only(access: Access) -> None:
    one, two = signed_in(access), signed_in(access)
    access.sign_out(one)
    access.sign_out(one)
    with pytest.raises(NotSignedInError):
        access.session(one)
    assert access.session(two)


@pytest.mark.parametrize(("secret", "bearer"), [(None, None), ("", ""), (None, "x" * 40), ("x" * 40, None)])
def test_without_a_known_secret_there_is_no_session(access: Access, secret: str | None, bearer: str | None) -> None:
    signed_in(access)
    access.admit_machine("m" * 32, Role.METRICS)
    with pytest.raises(NotSignedInError):
        access.session(secret, bearer)


def test_a_machine_may_do_what_it_was_admitted_for(access: Access) -> None:
    access.admit_machine("m" * 32, Role.METRICS)
    session = access.session(None, "m" * 32)
    assert (session.party, session.person, session.role) == ("lna", None, Role.METRICS)
    access.allow(session, Operation.METRICS)
    with pytest.raises(ForbiddenError) as caught:
        access.allow(session, Operation.DESK)
    assert "watch" in caught.value.remedy
    with pytest.raises(NotSignedInError):
        access.session("m" * 32)


def test_a_machine_s_token_is_long(access: Access) -> None:
    with pytest.raises(ValueError, match="32"):
        access.admit_machine("m" * 31, Role.METRICS)


def test_too_many_sessions_are_refused_until_some_end(access: Access, clock: Clock) -> None:
    secrets = [signed_in(access) for _ in range(MOST_SESSIONS)]
    with pytest.raises(NotSignedInError, match="too many"):
        signed_in(access)
    access.sign_out(secrets[0])
    assert signed_in(access)
    clock.now += SESSION_S
    assert signed_in(access)


def test_nobody_is_let_in_at_the_start(access: Access) -> None:
    for guess in ("", "admin", "changeme", "secret"):
        with pytest.raises(NotSignedInError):
            access.session(guess, guess)


def test_the_table_alone_decides(access: Access) -> None:
    sessions = {person.role: access.session(signed_in(access, person)) for person in (OMAR, SALMA, OLGA)}
    for operation in Operation:
        for role, session in sessions.items():
            if role in MAY[operation]:
                access.allow(session, operation, session.post)
            else:
                with pytest.raises(ForbiddenError):
                    access.allow(session, operation, session.post)
        if None in MAY[operation]:
            access.allow(None, operation)
        else:
            with pytest.raises(NotSignedInError):
                access.allow(None, operation)


def test_another_party_s_session_is_none_here(access: Access, clock: Clock) -> None:
    theirs = Access("un", clock, {"olga": OLGA}.get, rehearsal=True)
    session = theirs.session(signed_in(theirs, OLGA))
    with pytest.raises(ForbiddenError):
        access.allow(session, Operation.PEOPLE)


@pytest.mark.parametrize("operation", sorted(AT_THEIR_POST))
def test_a_crew_is_at_its_own_post_only(access: Access, operation: Operation) -> None:
    session = access.session(signed_in(access, SALMA))
    access.allow(session, operation, "south")
    for post in ("north", "", None):
        with pytest.raises(ForbiddenError):
            access.allow(session, operation, post)


def test_an_officer_may_end_a_shift_at_any_post(access: Access) -> None:
    access.allow(access.session(signed_in(access, OLGA)), Operation.END_SHIFT, "north")


def answer(access: Access, *, node: str = "lna", rehearsal: bool = True, key: SigningKey = KEY) -> tuple[str, str, str]:
    challenge, _ = access.challenge()
    return key.public, challenge, key.sign(sign_in_bytes(challenge, node=node, rehearsal=rehearsal))


def whose(public: str) -> Person | None:
    return OMAR if public == KEY.public else None


def test_a_key_signs_its_person_in_once_a_challenge(access: Access, clock: Clock) -> None:
    told = answer(access)
    secret, session = access.sign_in_by_key(*told, whose)
    assert (session.person, session.role) == ("omar", Role.OPERATOR)
    assert access.session(secret) == session
    with pytest.raises(NotSignedInError):
        access.sign_in_by_key(*told, whose)
    assert access.challenge()[1] == clock.now + CHALLENGE_S


def test_a_revoked_key_ends_its_sessions(access: Access) -> None:
    keys: dict[str, Person] = {KEY.public: OMAR}
    by_key, _ = access.sign_in_by_key(*answer(access), keys.get)
    by_link = signed_in(access, OMAR)
    del keys[KEY.public]
    with pytest.raises(NotSignedInError):
        access.session(by_key)
    assert access.session(by_link)


def test_an_old_challenge_is_none(access: Access, clock: Clock) -> None:
    late = answer(access)
    clock.now += CHALLENGE_S
    with pytest.raises(NotSignedInError):
        access.sign_in_by_key(*late, whose)


def bad_answers(access: Access, clock: Clock) -> Iterator[tuple[str, str, str]]:
    public, challenge, signature = answer(access)
    yield public, challenge, answer(access)[2]
    yield public, "", signature
    yield public, "ä" * 75, signature
    yield public, challenge, ""
    yield "", challenge, signature
    yield answer(access, node="un")
    yield answer(access, rehearsal=False)
    yield answer(access, key=SigningKey(bytes(32)))
    other = Access("lna", clock, lambda person: None, rehearsal=True)
    yield answer(other)
    mine = text_of(bytes(56))
    yield public, mine, KEY.sign(sign_in_bytes(mine, node="lna", rehearsal=True))


def test_what_signs_nobody_in(access: Access, clock: Clock) -> None:
    told = set()
    for number, bad in enumerate(bad_answers(access, clock)):
        with pytest.raises(NotSignedInError) as caught:
            access.sign_in_by_key(*bad, whose, source=str(number))
        told.add(caught.value.what)
    assert len(told) == 1, "a guesser learns what was wrong"


def test_challenges_cost_no_memory_until_they_are_signed(access: Access, clock: Clock) -> None:
    before = len(repr(vars(access)))
    for _ in range(1000):
        access.challenge()
    assert len(repr(vars(access))) == before
    access.sign_in_by_key(*answer(access), whose)
    assert len(access._signed_challenges) == 1
    clock.now += CHALLENGE_S
    access.sign_in_by_key(*answer(access), whose)
    assert len(access._signed_challenges) == 1, "an old challenge is kept"


def test_one_of_many_at_once_signs_in(access: Access) -> None:
    told, won, start = answer(access), [], threading.Barrier(8)

    def attempt(source: str) -> None:
        start.wait()
        try:
            won.append(access.sign_in_by_key(*told, whose, source))
        except NotSignedInError:
            return

    threads = [threading.Thread(target=attempt, args=(str(n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_a_guesser_has_to_wait_and_others_do_not(access: Access, clock: Clock) -> None:
    link, _ = access.new_link(OMAR)
    wrong_key = answer(access, key=SigningKey(bytes(32)))
    for number in range(MOST_FAILURES):
        clock.now += 1
        with pytest.raises(NotSignedInError):
            access.sign_in(f"guess {number}", "10.0.0.1")
    with pytest.raises(TooManyFailuresError) as caught:
        access.sign_in("guess", "10.0.0.1")
    assert caught.value.remedy
    with pytest.raises(TooManyFailuresError):
        access.sign_in_by_key(*wrong_key, whose, "10.0.0.1")
    with pytest.raises(NotSignedInError):
        access.sign_in("guess", "10.0.0.2")
    assert access.sign_in(link, "10.0.0.1")[1].person == "omar"
    assert access.sign_in_by_key(*answer(access), whose, "10.0.0.1")[1].person == "omar"
    with pytest.raises(TooManyFailuresError):
        access.sign_in(link, "10.0.0.1")


def test_a_guesser_who_has_waited_may_fail_again(access: Access, clock: Clock) -> None:
    for _ in range(MOST_FAILURES):
        with pytest.raises(NotSignedInError):
            access.sign_in("guess", "10.0.0.1")
    clock.now += FAILURES_S - 1
    with pytest.raises(TooManyFailuresError):
        access.sign_in("guess", "10.0.0.1")
    clock.now += 1  # of the failures above, that one alone still counts
    for _ in range(MOST_FAILURES - 1):
        with pytest.raises(NotSignedInError):
            access.sign_in("guess", "10.0.0.1")
    with pytest.raises(TooManyFailuresError):
        access.sign_in("guess", "10.0.0.1")


def test_addresses_that_failed_are_counted_within_bounds(access: Access) -> None:
    for number in range(MOST_SOURCES + 10):
        with pytest.raises(NotSignedInError):
            access.sign_in("guess", str(number))
    assert len(access._failures) == MOST_SOURCES


def test_a_key_is_enrolled_by_who_holds_it(access: Access) -> None:
    session = access.session(signed_in(access, OMAR))
    good = KEY.sign(enrol_bytes(KEY.public, node="lna", person="omar", rehearsal=True))
    access.check_possession(session, KEY.public, good)
    for bad in (
        KEY.sign(enrol_bytes(KEY.public, node="lna", person="olga", rehearsal=True)),
        KEY.sign(enrol_bytes(KEY.public, node="un", person="omar", rehearsal=True)),
        KEY.sign(enrol_bytes(KEY.public, node="lna", person="omar", rehearsal=False)),
        SigningKey(bytes(32)).sign(enrol_bytes(KEY.public, node="lna", person="omar", rehearsal=True)),
        "",
    ):
        with pytest.raises(InputError) as caught:
            access.check_possession(session, KEY.public, bad)
        assert caught.value.reason == "bad-signature"


def test_a_link_is_good_for_one_key(access: Access) -> None:
    secret = signed_in(access)
    with pytest.raises(RuntimeError), access.enrolment(secret):
        raise RuntimeError("the desk refused it")
    with access.enrolment(secret):
        pass
    with pytest.raises(ForbiddenError) as caught, access.enrolment(secret):
        pass
    assert caught.value.reason == "no-link"


def test_a_session_by_key_and_a_stranger_enrol_nothing(access: Access) -> None:
    challenge, _ = access.challenge()
    signature = KEY.sign(sign_in_bytes(challenge, node="lna", rehearsal=True))
    by_key, _ = access.sign_in_by_key(KEY.public, challenge, signature, {KEY.public: OMAR}.get)
    signed_out = signed_in(access)
    access.sign_out(signed_out)
    for secret in (by_key, signed_out, "guess", None):
        with pytest.raises(ForbiddenError), access.enrolment(secret):
            pass
