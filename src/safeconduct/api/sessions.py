"""Signing in and out, and the keys that people enrol."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from safeconduct.api.asking import Asking, body, cookie_of, of, told
from safeconduct.api.wire import ChallengeAnswer, KeyAnswer, SessionAnswer
from safeconduct.codecs.declarations_json import Nothing, OfferedKey, SignedChallenge, SignInToken
from safeconduct.errors import SafeconductError
from safeconduct.model.key import key_id
from safeconduct.service.access import SESSION_S, Access, Session
from safeconduct.service.desk import Desk
from safeconduct.service.permissions import Operation


def sessions(desk: Desk, access: Access) -> APIRouter:
    """The routes of sessions."""
    router = APIRouter(prefix="/v1", tags=["session"])

    def begun(request: Request, secret: str, session: Session, by: str) -> Response:
        """The answer to a sign-in, once it is on the record; else there was none."""
        try:
            desk.signed_in(session.actor, by)
        except SafeconductError:
            access.sign_out(secret)
            raise
        response = told(_answer(session))
        response.set_cookie(
            cookie_of(request.url),
            secret,
            max_age=int(SESSION_S),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    @router.post("/session", **of(Operation.SIGN_IN, 401, 413, 422, 429))
    def sign_in(
        request: Request, asked: Annotated[SignInToken, body(SignInToken)]
    ) -> Annotated[Response, SessionAnswer]:
        """Signs in with the token of a one-time link, and sets the session's cookie."""
        secret, session = access.sign_in(asked.token, _source(request))
        return begun(request, secret, session, "link")

    @router.post("/session/challenge", **of(Operation.CHALLENGE, 413, 422))
    def challenge(_: Annotated[Nothing, body(Nothing)]) -> Annotated[Response, ChallengeAnswer]:
        """Something to sign, good once and for a minute."""
        return told(ChallengeAnswer(*access.challenge()))

    @router.post("/session/key", **of(Operation.SIGN_IN_BY_KEY, 401, 413, 422, 429))
    def sign_in_by_key(
        request: Request, asked: Annotated[SignedChallenge, body(SignedChallenge)]
    ) -> Annotated[Response, SessionAnswer]:
        """Signs in with an enrolled key, and sets the session's cookie.

        The signature is over canonical JSON (RFC 8785) of {"type": "safeconduct/sign-in", "version": 1, "body":
        {"challenge", "node", "rehearsal"}}.
        """
        secret, session = access.sign_in_by_key(
            asked.public, asked.challenge, asked.signature, desk.person_of_key, _source(request)
        )
        return begun(request, secret, session, "key")

    @router.get("/session", **of(Operation.WHO_AM_I))
    def who_am_i(session: Asking) -> Annotated[Response, SessionAnswer]:
        """Who is signed in."""
        return told(_answer(session))

    @router.delete("/session", **of(Operation.SIGN_OUT, status=204))
    def sign_out(request: Request) -> Response:
        """Ends the session; harmless without one."""
        access.sign_out(request.cookies.get(cookie_of(request.url), ""))
        response = Response(status_code=204)
        response.delete_cookie(cookie_of(request.url))
        return response

    @router.post("/keys", **of(Operation.ENROL_KEY, 409, 413, 422))
    def enrol_key(
        session: Asking, request: Request, asked: Annotated[OfferedKey, body(OfferedKey)]
    ) -> Annotated[Response, KeyAnswer]:
        """Enrols the public half of a key for whoever is signed in by a one-time link: one key a link.

        The key itself signs canonical JSON of {"type": "safeconduct/key", "version": 1, "body": {"node", "person",
        "public", "rehearsal"}}: nobody enrols a key that they do not hold.
        """
        access.check_possession(session, asked.public, asked.signature)
        with access.enrolment(request.cookies.get(cookie_of(request.url))):
            written = desk.enrol_key(session.actor, asked.public)
        return told(KeyAnswer(key_id(asked.public), written.record))

    return router


def _answer(session: Session) -> SessionAnswer:
    return SessionAnswer(session.party, session.person, session.name, session.role, session.post, session.expires)


def _source(request: Request) -> str:
    return request.client.host if request.client else ""
