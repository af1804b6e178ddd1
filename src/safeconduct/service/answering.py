"""A crew's answer on its own machine: what is signed is what was shown."""

from collections.abc import Sequence

from safeconduct.errors import InputError, StateError, UnknownError, WireError
from safeconduct.model.desk import InboxItem
from safeconduct.model.receipt import Answer, ReadBack, Receipt


def find_notice(inbox: Sequence[InboxItem], begins: str) -> InboxItem:
    """The notice with this id, or the only one whose id begins so; its flight is the one that the notice is about.

    Raises:
        UnknownError: `unknown-notice`. InputError: `ambiguous`. StateError: `notice-over`.
        WireError: `wrong-digest` where the node sends another flight with it than it was made for.
    """
    found = [item for item in inbox if begins and item.notice.id.startswith(begins.lower())]
    if not found:
        raise UnknownError(
            "unknown-notice", f"no notice {begins!r} is before your post", where="notice", remedy="see posts inbox"
        )
    if len(found) > 1:
        raise InputError("ambiguous", f"{len(found)} notices begin with {begins!r}", where="notice", remedy="give more")
    (item,) = found
    if item.notice.over:
        what = f"the notice is {item.notice.state}: nothing can come of it any more"
        raise StateError("notice-over", what, where="notice", remedy="see posts inbox for the newer one")
    if (item.flight.digest, item.flight.version) != (item.notice.digest, item.notice.version):
        raise WireError(
            "wrong-digest",
            "the node sent another flight than the notice is for",
            where="flight",
            remedy="do not sign; ask again, and if it stays so, tell the node's officer",
        )
    return item


def receipt_for(
    item: InboxItem, public: str, time: float, place: tuple[float, float] | None, reason: str, *, rehearsal: bool
) -> Receipt:
    """What the crew signs: `received` with the place where the flight enters, or else `refused` with the reason.

    Args:
        item: as it was shown; the digest is made here, from the flight in it.
        public: the crew's key.
        time: Unix seconds by the node's clock.
        place: (lon, lat), degrees.
    """
    notice = item.notice
    return Receipt(
        notice=notice.id,
        flight=item.flight.id,
        version=item.flight.version,
        digest=item.flight.digest,
        post=notice.post,
        shift=notice.shift,
        key=public,
        answer=Answer.REFUSED if place is None else Answer.RECEIVED,
        read_back=None if place is None else ReadBack(*place),
        reason=reason,
        time=time,
        rehearsal=rehearsal,
    )
