"""Posts, their crews, and what is put before them: shifts, notices, receipts, advisories."""

from typing import Annotated

from fastapi import APIRouter, Response

from safeconduct.api.asking import READ, WRITE, Asking, Who, body, of, told
from safeconduct.api.wire import DoneAnswer, NoticeAnswer, PostAnswer, ReceiptAnswer, ShiftAnswer
from safeconduct.codecs.declarations_json import Nothing, PostDeclaration, SignedShift
from safeconduct.errors import WireError
from safeconduct.model.advisory import Advisory
from safeconduct.model.desk import DeskPost, InboxItem
from safeconduct.model.receipt import SignedReceipt
from safeconduct.service.access import Access
from safeconduct.service.desk import Desk
from safeconduct.service.permissions import Operation


def posts(desk: Desk) -> APIRouter:
    """The routes of posts and shifts."""
    router = APIRouter(prefix="/v1/posts", tags=["posts"])

    @router.get("", **of(Operation.POSTS))
    def all_posts(who: Who) -> Annotated[Response, list[DeskPost]]:
        """This node's posts and who is on duty there; for a crew its own."""
        return told(desk.posts(who))

    @router.put("/{post}", **of(Operation.SET_POST, *WRITE))
    def set_post(
        who: Who, post: str, asked: Annotated[PostDeclaration, body(PostDeclaration)]
    ) -> Annotated[Response, PostAnswer]:
        """A post, new or changed; flights that cross its sector are put before it."""
        written = desk.set_post(who, asked.post(post, desk.party))
        return told(PostAnswer(written.value, written.record))

    @router.post("/{post}/shift", **of(Operation.BEGIN_SHIFT, *WRITE))
    def begin_shift(
        who: Who, post: str, asked: Annotated[SignedShift, body(SignedShift)]
    ) -> Annotated[Response, ShiftAnswer]:
        """Takes a post over, with a key of the person's own.

        The signature is over canonical JSON of {"type": "safeconduct/shift", "version": 1, "body": {"shift",
        "rehearsal"}}; the number is the last one's plus one.
        """
        if asked.shift.post != post:
            raise WireError("bad-field", f"the shift is of {asked.shift.post}", where="shift.post")
        written = desk.begin_shift(who, asked.shift, asked.signature)
        return told(ShiftAnswer(written.value, written.record))

    @router.delete("/{post}/shift", **of(Operation.END_SHIFT, *WRITE))
    def end_shift(who: Who, post: str) -> Annotated[Response, DoneAnswer]:
        """Stands down: the post is unmanned, and its receipts count no more."""
        return told(DoneAnswer(desk.end_shift(who, post).record))

    @router.get("/{post}/inbox", **of(Operation.INBOX, *READ))
    def inbox(who: Who, post: str) -> Annotated[Response, list[InboxItem]]:
        """What is before the post, newest first."""
        return told(desk.inbox(who, post))

    return router


def notices(desk: Desk, access: Access) -> APIRouter:
    """The routes of notices, receipts and advisories."""
    router = APIRouter(prefix="/v1", tags=["notices"])

    @router.post("/notices/{notice}/shown", **of(Operation.SHOW_NOTICE, *WRITE))
    def shown(who: Who, notice: str, _: Annotated[Nothing, body(Nothing)]) -> Annotated[Response, NoticeAnswer]:
        """The screen of the crew on duty shows it."""
        written = desk.shown(who, notice)
        return told(NoticeAnswer(written.value, written.record))

    @router.post("/receipts", **of(Operation.ANSWER_NOTICE, *WRITE, status=201))
    def answer(
        session: Asking, asked: Annotated[SignedReceipt, body(SignedReceipt)]
    ) -> Annotated[Response, ReceiptAnswer]:
        """A crew's signed answer to a notice. `misread`: the place read back does not fit, and the crew looks again."""
        access.allow(session, Operation.ANSWER_NOTICE, asked.receipt.post)
        written = desk.answer(session.actor, asked)
        return told(ReceiptAnswer(written.value.state, written.value.read_back_error_m, written.record), 201)

    @router.get("/advisories", **of(Operation.ADVISORIES))
    def advisories(who: Who) -> Annotated[Response, list[Advisory]]:
        """What this role, at this post, was told; newest first."""
        return told(desk.advisories(who))

    return router
