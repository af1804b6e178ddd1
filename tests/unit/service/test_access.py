import hashlib

import pytest

from safeconduct.service.access import (
    MOST_SESSIONS,
    SESSION_S,
    SIGN_IN_S,
    Access,
    ForbiddenError,
    NotSignedInError,
    Role,
)


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def access(clock: Clock) -> Access:
    return Access("lna", clock)


def test_a_link_signs_in_once(access: Access, clock: Clock) -> None:
    token = access.new_link()
    secret, session = access.sign_in(token)
    assert (session.party, session.role, session.expires) == ("lna", Role.WATCH, clock.now + SESSION_S)
    assert access.session(secret) == session
    with pytest.raises(NotSignedInError, match="used already") as caught:
        access.sign_in(token)
    assert caught.value.remedy
    assert access.session(secret) == session


def test_a_link_that_nobody_used_dies(access: Access, clock: Clock) -> None:
    early, late = access.new_link(), access.new_link()
    clock.now += SIGN_IN_S - 1
    access.sign_in(early)
    clock.now += 1
    with pytest.raises(NotSignedInError):
        access.sign_in(late)


@pytest.mark.parametrize("token", ["", "x", "ä", "A" * 43])
def test_a_guess_signs_nobody_in_and_spoils_no_link(access: Access, token: str) -> None:
    link = access.new_link()
    for _ in range(3):
        with pytest.raises(NotSignedInError):
            access.sign_in(token)
    assert access.sign_in(link)


def test_a_link_is_no_session_and_a_session_no_link(access: Access) -> None:
    link = access.new_link()
    with pytest.raises(NotSignedInError):
        access.session(link)
    with pytest.raises(NotSignedInError):
        access.session(None, link)
    secret, _ = access.sign_in(link)
    with pytest.raises(NotSignedInError):
        access.sign_in(secret)


def test_tokens_differ_and_cannot_be_guessed(access: Access) -> None:
    tokens = {access.new_link() for _ in range(50)}
    assert len(tokens) == 50
    assert min(map(len, tokens)) >= 40


def test_secrets_are_kept_as_hashes_only(access: Access) -> None:
    link, waiting, machine = access.new_link(), access.new_link(), "m" * 40
    secret, _ = access.sign_in(link)
    access.admit_machine(machine, Role.METRICS)
    kept = repr(vars(access))
    assert not [text for text in (link, waiting, secret, machine) if text in kept]
    assert repr(hashlib.sha256(secret.encode()).digest()) in kept


def test_a_session_ends(access: Access, clock: Clock) -> None:
    secret, _ = access.sign_in(access.new_link())
    clock.now += SESSION_S - 1
    assert access.session(secret)
    clock.now += 1
    with pytest.raises(NotSignedInError) as caught:
        access.session(secret)
    assert caught.value.remedy


def test_signing_out_ends_one_session_only(access: Access) -> None:
    (one, _), (two, _) = access.sign_in(access.new_link()), access.sign_in(access.new_link())
    access.sign_out(one)
    access.sign_out(one)
    with pytest.raises(NotSignedInError):
        access.session(one)
    assert access.session(two)


@pytest.mark.parametrize(("secret", "bearer"), [(None, None), ("", ""), (None, "x" * 40), ("x" * 40, None)])
def test_without_a_known_secret_there_is_no_session(access: Access, secret: str | None, bearer: str | None) -> None:
    access.sign_in(access.new_link())
    access.admit_machine("m" * 32, Role.METRICS)
    with pytest.raises(NotSignedInError):
        access.session(secret, bearer)


def test_a_machine_may_do_what_it_was_admitted_for(access: Access) -> None:
    access.admit_machine("m" * 32, Role.METRICS)
    session = access.session(None, "m" * 32)
    assert (session.party, session.role) == ("lna", Role.METRICS)
    access.allow(session, "lna", Role.METRICS)
    with pytest.raises(ForbiddenError) as caught:
        access.allow(session, "lna", Role.WATCH)
    assert "watch" in caught.value.remedy
    with pytest.raises(NotSignedInError):
        access.session("m" * 32)


def test_a_machine_s_token_is_long(access: Access) -> None:
    with pytest.raises(ValueError, match="32"):
        access.admit_machine("m" * 31, Role.METRICS)


def test_no_role_implies_another_and_no_party_another(access: Access) -> None:
    _, session = access.sign_in(access.new_link(Role.WATCH))
    access.allow(session, "lna", Role.WATCH)
    access.allow(session, "lna", Role.METRICS, Role.WATCH)
    for party, roles in (("lna", (Role.METRICS,)), ("un", (Role.WATCH,)), ("lna", ())):
        with pytest.raises(ForbiddenError):
            access.allow(session, party, *roles)


def test_too_many_sessions_are_refused_until_some_expire(access: Access, clock: Clock) -> None:
    for _ in range(MOST_SESSIONS):
        access.sign_in(access.new_link())
    with pytest.raises(NotSignedInError, match="too many"):
        access.sign_in(access.new_link())
    clock.now += SESSION_S
    assert access.sign_in(access.new_link())


def test_nobody_is_let_in_at_the_start(access: Access) -> None:
    for guess in ("", "admin", "changeme", "secret"):
        with pytest.raises(NotSignedInError):
            access.session(guess, guess)
