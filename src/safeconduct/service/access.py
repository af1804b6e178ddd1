"""Who is asking: one-time sign-in links, sign-in by key, sessions, and tokens for machines.

Secrets are made when the node starts, kept as hashes only, and never have a default. What a session may do is in
`permissions.MAY`; who a person is, the node is asked anew each time, so that whoever is given another role or post, or
is taken off the list, is out at once.
"""

import hashlib
import hmac
import secrets
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from safeconduct.errors import ForbiddenError, InputError, ModelError, SafeconductError
from safeconduct.model.canonical import canonical
from safeconduct.model.entry import Actor
from safeconduct.model.key import bytes_of, text_of, verifies
from safeconduct.model.person import Person, Role
from safeconduct.service.permissions import AT_THEIR_POST, MAY, Operation

SIGN_IN_S = 900.0
"""A sign-in link that nobody used dies after this."""
CHALLENGE_S = 60.0
"""A challenge that nobody signed dies after this."""
SESSION_S = 12 * 3600.0
"""A session outlives a long shift, and no more."""
MOST_SESSIONS = 1000
MOST_FAILURES, FAILURES_S = 10, 60.0
"""So many sign-ins may fail from one address in so many seconds."""
MOST_SOURCES = 10_000
"""Addresses whose failures are counted; beyond, those that failed first are forgotten."""

_EXPIRES = struct.Struct(">d")
_NONCE_BYTES, _MAC_BYTES = 16, 32

PersonNow = Callable[[str], Person | None]


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in person, or a machine (`person` is None then), until `expires` (Unix seconds)."""

    party: str
    person: str | None
    name: str
    role: Role
    post: str | None
    expires: float

    @property
    def actor(self) -> Actor:
        """Who acts, as the record has it."""
        return Actor(party=self.party, person=self.person, role=self.role, post=self.post)


class NotSignedInError(SafeconductError):
    """The request carries no session that is known and alive."""


class TooManyFailuresError(SafeconductError):
    """Somebody at this address guesses."""


@dataclass(frozen=True, slots=True)
class _Link:
    person: Person
    until: float


@dataclass(frozen=True, slots=True)
class _Held:
    """A session, and how to ask who its person is by now."""

    session: Session
    person: Person
    now: Callable[[], Person | None]

    @property
    def alive(self) -> bool:
        return _same(self.person, self.now())


class Access:
    """The sessions of one node; every method may be called from any thread.

    Args:
        clock: Unix seconds by the wall, also in a rehearsal.
        person: the person of an id as the node knows them now; None for nobody.
        rehearsal: a sign-in or a key signed for a rehearsal is refused by a live node, and the other way round.
    """

    def __init__(self, party: str, clock: Callable[[], float], person: PersonNow, *, rehearsal: bool) -> None:
        self._party, self._clock, self._person, self._rehearsal = party, clock, person, rehearsal
        self._links: dict[bytes, _Link] = {}
        self._sessions: dict[bytes, _Held] = {}
        self._may_enrol: set[bytes] = set()
        self._machines: dict[bytes, Role] = {}
        self._challenging = secrets.token_bytes(32)
        self._signed_challenges: dict[bytes, float] = {}
        self._failures: dict[str, list[float]] = {}
        self._lock = threading.Lock()

    def new_link(self, person: Person) -> tuple[str, float]:
        """A token that signs this person in once, and until when (Unix seconds); earlier ones of theirs die."""
        token = secrets.token_urlsafe(32)
        now = self._clock()
        with self._lock:
            self._links = {
                key: link for key, link in self._links.items() if link.until > now and link.person.id != person.id
            }
            self._links[_digest(token)] = _Link(person, now + SIGN_IN_S)
        return token, now + SIGN_IN_S

    def sign_in(self, token: str, source: str = "") -> tuple[str, Session]:
        """Uses up a link's token; the secret of the new session, and the session. `source` is the asker's address.

        Raises:
            NotSignedInError: unknown, used, expired, or its person is somebody else by now.
            TooManyFailuresError: from this source.
        """
        # Looked up first: whoever holds a right link gets in, however many others guess from the same address.
        with self._lock:
            link = self._links.pop(_digest(token), None)
        if link is None or self._clock() >= link.until or not _same(link.person, self._person(link.person.id)):
            self._note_failure(source)
            raise NotSignedInError(
                "this sign-in link is unknown, was used already, or has expired",
                remedy="ask an officer of this node for a new one, or start the node again",
            )
        secret, session = self._begin(link.person, partial(self._person, link.person.id))
        with self._lock:
            self._may_enrol.add(_digest(secret))
        return secret, session

    def challenge(self) -> tuple[str, float]:
        """What a device signs to sign in by its key, and until when (Unix seconds).

        Nothing is kept of it until it comes back signed, so that nobody can fill the memory by asking.
        """
        until = self._clock() + CHALLENGE_S
        told = _EXPIRES.pack(until) + secrets.token_bytes(_NONCE_BYTES)
        return text_of(told + self._mac(told)), until

    def sign_in_by_key(
        self, public: str, challenge: str, signature: str, person_of_key: PersonNow, source: str = ""
    ) -> tuple[str, Session]:
        """Signs in the person whose enrolled key signed a challenge of this node; see `sign_in_bytes`.

        The session ends when the key is revoked. Which of the three was wrong, nobody is told.

        Raises:
            NotSignedInError: the challenge is not ours, is old or was used; the signature does not fit; nobody's key.
            TooManyFailuresError: from this source.
        """
        signed = sign_in_bytes(challenge, node=self._party, rehearsal=self._rehearsal)
        person = person_of_key(public) if verifies(public, signed, signature) else None
        if person is None or not self._use_up(challenge):
            self._note_failure(source)
            raise NotSignedInError(
                "this key, its signature or the challenge is not good here",
                remedy="ask for a new challenge and sign it; if that fails, enrol the key with a sign-in link",
            )
        return self._begin(person, partial(person_of_key, public))

    def check_possession(self, session: Session, public: str, signature: str) -> None:
        """Raises InputError `bad-signature` unless the holder of the secret half signed `enrol_bytes` (session's)."""
        signed = enrol_bytes(public, node=self._party, person=session.person or "", rehearsal=self._rehearsal)
        if not verifies(public, signed, signature):
            raise InputError(
                "bad-signature",
                "the key did not sign that it is this person's",
                where="signature",
                remedy="sign canonical JSON of node, person, public, rehearsal; see docs/reference/api.md",
            )

    @contextmanager
    def enrolment(self, secret: str | None) -> Iterator[None]:
        """The one enrolment of a key that a session begun by a link has; it is not used up where the block raises.

        So whoever steals the cookie of a crew that has its key cannot enrol one of their own.

        Raises:
            ForbiddenError: `no-link`.
        """
        digest = _digest(secret or "")
        with self._lock:
            if digest not in self._may_enrol:
                raise ForbiddenError(
                    "no-link",
                    "a key is enrolled once, right after signing in with a one-time link",
                    where="session",
                    remedy="ask an officer of this node for a new link, and sign in with it",
                )
            self._may_enrol.discard(digest)
        try:
            yield
        except BaseException:
            with self._lock:
                self._may_enrol.add(digest)
            raise

    def sign_out(self, secret: str) -> None:
        """Ends a session; harmless if there is none."""
        with self._lock:
            self._sessions.pop(_digest(secret), None)
            self._may_enrol.discard(_digest(secret))

    def admit_machine(self, token: str, role: Role) -> None:
        """Lets a machine in by a token of the operator's own making.

        Raises:
            ValueError: shorter than 32 characters.
        """
        if len(token) < 32:
            raise ValueError("a machine's token needs 32 characters or more")
        self._machines[_digest(token)] = role

    def session(self, secret: str | None, bearer: str | None = None) -> Session:
        """The live session of a cookie's secret or of a machine's bearer token.

        Raises:
            NotSignedInError: there is none, or its person has another role or post by now.
        """
        now = self._clock()
        held = self._sessions.get(_digest(secret)) if secret else None
        if secret and held is not None:
            if held.session.expires > now and held.alive:
                return held.session
            self.sign_out(secret)  # for good: whoever gets the role back later signs in again
        for digest, role in self._machines.items():
            if bearer and hmac.compare_digest(digest, _digest(bearer)):
                return Session(self._party, None, f"machine ({role})", role, None, now + SESSION_S)
        raise NotSignedInError("not signed in", remedy="open a sign-in link, or sign in with an enrolled key")

    def allow(self, session: Session | None, operation: Operation, post: str | None = None) -> None:
        """Lets it pass if `MAY` says so; `post` is the one that it is about, for those of `AT_THEIR_POST`.

        Raises:
            NotSignedInError: without a session, where one is needed.
            ForbiddenError: `forbidden`.
        """
        roles = MAY[operation]
        if None in roles:
            return
        if session is None:
            raise NotSignedInError("not signed in", remedy="open a sign-in link, or sign in with an enrolled key")
        if session.party != self._party or session.role not in roles:
            needed = " or ".join(sorted(role for role in roles if role))
            raise ForbiddenError(
                "forbidden", f"{session.party} with role {session.role} may not do this", remedy=f"needs {needed}"
            )
        if operation in AT_THEIR_POST and session.role is Role.CREW and session.post != post:
            raise ForbiddenError(
                "forbidden", f"{session.name} is not of the crew of {post}", where="post", remedy="ask its own crew"
            )

    def _begin(self, person: Person, now: Callable[[], Person | None]) -> tuple[str, Session]:
        secret = secrets.token_urlsafe(32)
        session = Session(self._party, person.id, person.name, person.role, person.post, self._clock() + SESSION_S)
        with self._lock:
            if len(self._sessions) >= MOST_SESSIONS:
                alive = {key: held for key, held in self._sessions.items() if held.session.expires > self._clock()}
                self._sessions = {key: held for key, held in alive.items() if held.alive}
            if len(self._sessions) >= MOST_SESSIONS:
                raise NotSignedInError("too many people are signed in", remedy="sign somebody out")
            self._sessions[_digest(secret)] = _Held(session, person, now)
            self._may_enrol &= self._sessions.keys()
        return secret, session

    def _mac(self, told: bytes) -> bytes:
        return hmac.digest(self._challenging, told, "sha256")

    def _use_up(self, challenge: str) -> bool:
        """Whether it is one of ours, in time, and comes back for the first time."""
        now = self._clock()
        try:
            data = bytes_of(challenge, _EXPIRES.size + _NONCE_BYTES + _MAC_BYTES, "challenge")
        except ModelError:
            return False
        told, mac = data[:-_MAC_BYTES], data[-_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(told)) or _EXPIRES.unpack_from(told)[0] <= now:
            return False
        with self._lock:
            self._signed_challenges = {key: until for key, until in self._signed_challenges.items() if until > now}
            if told in self._signed_challenges:
                return False
            self._signed_challenges[told] = _EXPIRES.unpack_from(told)[0]
        return True

    def _note_failure(self, source: str) -> None:
        """Counts a failure; raises TooManyFailuresError where there were too many from this source."""
        now = self._clock()
        with self._lock:
            times = self._failures.pop(source, [])
            self._failures[source] = [*times[-MOST_FAILURES:], now]
            if len(self._failures) > MOST_SOURCES:
                del self._failures[next(iter(self._failures))]
        if sum(time > now - FAILURES_S for time in times) >= MOST_FAILURES:
            raise TooManyFailuresError("too many sign-ins failed from here", remedy=f"wait {FAILURES_S:.0f} s")


def sign_in_bytes(challenge: str, *, node: str, rehearsal: bool) -> bytes:
    """What a device signs to sign in at the node of the party `node`."""
    return canonical({"challenge": challenge, "node": node, "rehearsal": rehearsal}, kind="sign-in", version=1)


def enrol_bytes(public: str, *, node: str, person: str, rehearsal: bool) -> bytes:
    """What a device signs to have its key enrolled for a person: nobody enrols a key that they do not hold."""
    value = {"node": node, "person": person, "public": public, "rehearsal": rehearsal}
    return canonical(value, kind="key", version=1)


def _same(then: Person, now: Person | None) -> bool:
    return now is not None and (now.id, now.role, now.post) == (then.id, then.role, then.post)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()
