"""Who may ask for what: one-time sign-in links, sessions, and tokens for machines.

Secrets are made when the node starts, kept as hashes only, and never have a default. Every request of the API is
authorised for a party and a role.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from safeconduct.errors import SafeconductError

SIGN_IN_S = 900.0
"""A sign-in link that nobody used dies after this."""
SESSION_S = 12 * 3600.0
"""A session outlives a long shift, and no more."""
MOST_SESSIONS = 1000


class Role(StrEnum):
    """What a session may do; nothing is implied by another role."""

    WATCH = "watch"
    """See the node's board and the reasons behind it."""
    METRICS = "metrics"
    """Read the node's metrics."""


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in person or machine, until `expires` (Unix seconds)."""

    party: str
    role: Role
    expires: float


class NotSignedInError(SafeconductError):
    """The request carries no session that is known and alive."""


class ForbiddenError(SafeconductError):
    """The session's party or role may not do this."""


class Access:
    """The sessions of one node. `clock` gives Unix seconds."""

    def __init__(self, party: str, clock: Callable[[], float]) -> None:
        self._party, self._clock = party, clock
        self._links: dict[bytes, tuple[Role, float]] = {}
        self._sessions: dict[bytes, Session] = {}
        self._machines: dict[bytes, Role] = {}

    def new_link(self, role: Role = Role.WATCH) -> str:
        """A token that signs in once."""
        token = secrets.token_urlsafe(32)
        now = self._clock()
        self._links = {key: link for key, link in self._links.items() if link[1] > now}
        self._links[_digest(token)] = (role, now + SIGN_IN_S)
        return token

    def sign_in(self, token: str) -> tuple[str, Session]:
        """Uses up a link's token; the secret of the new session, and the session.

        Raises:
            NotSignedInError: unknown, used, or expired.
        """
        now = self._clock()
        self._sessions = {key: session for key, session in self._sessions.items() if session.expires > now}
        if len(self._sessions) >= MOST_SESSIONS:
            raise NotSignedInError("too many people are signed in", remedy="sign somebody out")
        role, until = self._links.pop(_digest(token), (Role.WATCH, 0.0))
        if now >= until:
            raise NotSignedInError(
                "this sign-in link is unknown, was used already, or has expired",
                remedy="start `safeconduct run` or `serve` again for a new one",
            )
        secret = secrets.token_urlsafe(32)
        session = Session(self._party, role, now + SESSION_S)
        self._sessions[_digest(secret)] = session
        return secret, session

    def sign_out(self, secret: str) -> None:
        """Ends a session; harmless if there is none."""
        self._sessions.pop(_digest(secret), None)

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
            NotSignedInError: there is none.
        """
        now = self._clock()
        session = self._sessions.get(_digest(secret)) if secret else None
        if session is not None and session.expires > now:
            return session
        for digest, role in self._machines.items():
            if bearer and hmac.compare_digest(digest, _digest(bearer)):
                return Session(self._party, role, now + SESSION_S)
        raise NotSignedInError("not signed in", remedy="open the sign-in link that the node printed")

    def allow(self, session: Session, party: str, *roles: Role) -> None:
        """Raises ForbiddenError unless the session is of this party and has one of these roles."""
        if session.party != party or session.role not in roles:
            needed = " or ".join(roles)
            raise ForbiddenError(f"{session.party} with role {session.role} may not do this", remedy=f"needs {needed}")


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()
