"""People of the node, other parties, and the record: what an officer looks after."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from safeconduct.api.asking import WRITE, Who, body, of, told
from safeconduct.api.wire import (
    AirClaimAnswer,
    DoneAnswer,
    LinkAnswer,
    PeerAnswer,
    PersonAnswer,
    PersonSetAnswer,
    RecordAnswer,
)
from safeconduct.codecs.declarations_json import (
    AirClaimDeclaration,
    ComparedFingerprint,
    Nothing,
    PersonDeclaration,
    Reason,
)
from safeconduct.errors import UnknownError
from safeconduct.model.card import SignedCard
from safeconduct.model.desk import Peer
from safeconduct.model.key import key_id
from safeconduct.service.access import Access
from safeconduct.service.desk import Desk
from safeconduct.service.permissions import Operation


def people(desk: Desk, access: Access) -> APIRouter:
    """The routes of people."""
    router = APIRouter(prefix="/v1/people", tags=["people"])

    @router.get("", **of(Operation.PEOPLE))
    def all_people(who: Who) -> Annotated[Response, list[PersonAnswer]]:
        """Everybody who may sign in, with their keys."""
        return told([PersonAnswer(one.person, one.keys) for one in desk.people(who)])

    @router.put("/{person}", **of(Operation.SET_PERSON, *WRITE))
    def set_person(
        who: Who, person: str, asked: Annotated[PersonDeclaration, body(PersonDeclaration)]
    ) -> Annotated[Response, PersonSetAnswer]:
        """A person, new or changed. With another role or post, their sessions end and their keys count no more."""
        written = desk.set_person(who, asked.person(person))
        return told(PersonSetAnswer(written.value, written.record))

    @router.post("/{person}/link", **of(Operation.LINK_PERSON, *WRITE))
    def link(request: Request, person: str, _: Annotated[Nothing, body(Nothing)]) -> Annotated[Response, LinkAnswer]:
        """A link that signs the person in once; earlier ones of theirs die."""
        found = desk.person(person)
        if found is None:
            raise UnknownError("unknown-person", f"there is no person {person!r} here", where="person")
        token, expires = access.new_link(found)
        return told(LinkAnswer(token, f"{request.url.scheme}://{request.url.netloc}/#sign-in={token}", expires))

    @router.delete("/{person}/keys/{key}", **of(Operation.REVOKE_KEY, *WRITE))
    def revoke_key(who: Who, person: str, key: str) -> Annotated[Response, DoneAnswer]:
        """A person's key, by its fingerprint, counts no more: its sessions end, and a shift that signs with it."""
        return told(DoneAnswer(desk.revoke_key(who, person, key).record))

    return router


def peers(desk: Desk) -> APIRouter:
    """The routes of cards, peers and the record."""
    router = APIRouter(prefix="/v1", tags=["peers"])

    @router.get("/card", **of(Operation.CARD))
    def card() -> Annotated[Response, SignedCard]:
        """This party's own card, for others to take."""
        return told(desk.card())

    @router.get("/peers", **of(Operation.PEERS))
    def all_peers(who: Who) -> Annotated[Response, list[Peer]]:
        """The parties whose cards were taken."""
        return told(desk.peers(who))

    @router.post("/peers", **of(Operation.TAKE_CARD, *WRITE))
    def take_card(who: Who, asked: Annotated[SignedCard, body(SignedCard)]) -> Annotated[Response, PeerAnswer]:
        """Takes another party's card; nothing is sent to it until a person confirms the fingerprint."""
        written = desk.take_card(who, asked)
        return told(PeerAnswer(written.value, written.record))

    @router.post("/peers/{party}/confirm", **of(Operation.CONFIRM_CARD, *WRITE))
    def confirm(
        who: Who, party: str, asked: Annotated[ComparedFingerprint, body(ComparedFingerprint)]
    ) -> Annotated[Response, PeerAnswer]:
        """A person compared the fingerprint, over another way than the card came."""
        written = desk.confirm_card(who, party, asked.fingerprint)
        return told(PeerAnswer(written.value, written.record))

    @router.delete("/peers/{party}", **of(Operation.REVOKE_CARD, *WRITE))
    def revoke(who: Who, party: str, asked: Annotated[Reason, body(Reason)]) -> Annotated[Response, PeerAnswer]:
        """The party's key is trusted no more."""
        written = desk.revoke_card(who, party, asked.reason)
        return told(PeerAnswer(written.value, written.record))

    @router.post("/directory", **of(Operation.CLAIM_AIR, *WRITE))
    def claim_air(
        who: Who, asked: Annotated[AirClaimDeclaration, body(AirClaimDeclaration)]
    ) -> Annotated[Response, AirClaimAnswer]:
        """Who guards some air, by this node's word: for a party whose card says nothing, or that has no node."""
        written = desk.claim_air(who, asked.claim(desk.party))
        return told(AirClaimAnswer(written.value, written.record))

    @router.get("/record", tags=["record"], **of(Operation.RECORD))
    def record() -> Annotated[Response, RecordAnswer]:
        """The newest checkpoint of this node's record."""
        return told(RecordAnswer(desk.record_head(), desk.checkpoint_note(), desk.public, key_id(desk.public)))

    return router
