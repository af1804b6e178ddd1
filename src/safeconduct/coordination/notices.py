"""Which posts a flight must be put before, and what becomes of a notice. Facts out, nothing changed."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from safeconduct.coordination.crossing import Crossing, crossing
from safeconduct.coordination.known import KnownFlight
from safeconduct.coordination.register import RECEIPT_DUE_S as RECEIPT_DUE_S
from safeconduct.coordination.register import Register
from safeconduct.errors import ForbiddenError, InputError, StateError, UnknownError
from safeconduct.model.card import GuardedAir
from safeconduct.model.entry import Fact, NoticeMoved, NoticePut
from safeconduct.model.flight import FlightState
from safeconduct.model.message import PostFact, TellPost
from safeconduct.model.notice import Notice, NoticeState
from safeconduct.model.post import Post, Shift
from safeconduct.model.receipt import Answer, Receipt, SignedReceipt
from safeconduct.model.sector import Sector

CLOCK_TOLERANCE_S = 120.0
"""How far a device's clock may be off the node's before what it signs is refused."""


class Crossings:
    """Remembers where flights cross air: a version crosses it once and for all."""

    def __init__(self) -> None:
        # Air by identity, which is quick where an outline has many corners; it is kept, so that no other takes its id.
        self._known: dict[str, tuple[str, dict[int, tuple[Sector | GuardedAir, Crossing | None]]]] = {}

    def of(self, known: KnownFlight, air: Sector | GuardedAir) -> Crossing | None:
        """See `crossing.crossing`; None also for a flight that has ended."""
        flight = known.flight
        if flight.state is FlightState.ENDED:
            self._known.pop(known.ref, None)
            return None
        digest, crossed = self._known.get(known.ref, ("", {}))
        if digest != known.digest:
            crossed = {}
            self._known[known.ref] = known.digest, crossed
        remembered = crossed.get(id(air))
        if remembered is None:
            remembered = crossed[id(air)] = air, crossing(flight, air)
        return remembered[1]


def put_notices(
    register: Register,
    known: KnownFlight,
    now: float,
    crossings: Crossings,
    new_id: Callable[[], str],
    *,
    posts: Mapping[str, Post],
    shifts: Mapping[str, Shift],
) -> Iterator[Fact]:
    """The facts that bring a node's notices of one flight up to its present version, crews and sectors.

    A version that a crew on duty has before it already is left alone, unless the sector is about to be another one:
    what was read back belongs to the old one.

    Args:
        posts, shifts: those to reckon with, by post: the register's, or what they are about to become.
    """
    for post in posts.values():
        before = register.notice_before(known, post.id)
        due_air = known.end >= now and crossings.of(known, post.sector) is not None
        if not due_air:
            if before is not None:
                yield NoticeMoved(notice=before.id, state=NoticeState.CLOSED)
            continue
        crew = shifts.get(post.id)
        number = crew.number if crew else 0
        if before is not None:
            same_air = register.posts[post.id].sector == post.sector
            there = before.version, before.digest, before.shift
            if same_air and there == (known.flight.version, known.digest, number):
                continue
            yield NoticeMoved(notice=before.id, state=NoticeState.SUPERSEDED)
        yield NoticePut(
            notice=Notice(
                id=new_id(),
                flight=known.ref,
                version=known.flight.version,
                digest=known.digest,
                post=post.id,
                shift=number,
                put=now,
                due=now + RECEIPT_DUE_S,
            )
        )


def post_words(
    register: Register,
    known: KnownFlight,
    put: Sequence[Fact],
    now: float,
    *,
    posts: Mapping[str, Post],
    shifts: Mapping[str, Shift],
) -> Iterator[TellPost]:
    """What the owner of a foreign flight is told of the facts of `put_notices`, before they are applied."""
    if known.own:
        return
    renewed = {fact.notice.post for fact in put if isinstance(fact, NoticePut)}
    for fact in put:
        if isinstance(fact, NoticePut):
            notice = fact.notice
            yield post_word(posts[notice.post], shifts, known, notice, now)
        elif isinstance(fact, NoticeMoved):
            notice = register.notices[fact.notice]
            if notice.post not in renewed:
                yield closed_word(known, now, posts[notice.post])


def post_word(
    post: Post,
    shifts: Mapping[str, Shift],
    known: KnownFlight,
    notice: Notice,
    now: float,
    fact: PostFact | None = None,
) -> TellPost:
    """What the owner of a foreign flight is told of a notice that is before a post: `fact`, or how it stands."""
    if fact is None:
        seen = PostFact.PUT if notice.state is NoticeState.PUT else PostFact.SHOWN
        fact = seen if notice.shift else PostFact.UNMANNED
    return TellPost(
        flight=known.flight.id,
        version=notice.version,
        post=post.id,
        post_name=post.name,
        shift=notice.shift,
        until=duty_until(shifts, notice),
        fact=fact,
        time=now,
        due=notice.due,
    )


def duty_until(shifts: Mapping[str, Shift], notice: Notice) -> float:
    """When the crew that a notice is before goes off duty, Unix seconds; 0 for none."""
    shift = shifts.get(notice.post)
    return shift.until if shift is not None and shift.number == notice.shift else 0.0


def closed_word(known: KnownFlight, now: float, post: Post | None = None) -> TellPost:
    """What the owner of a foreign flight is told where it is not before a post; or, without one, where it crosses the
    sector of none. Which posts there are is not said then: it answers for the air on the party's card, which is coarser
    than any sector."""
    return TellPost(
        flight=known.flight.id,
        version=known.flight.version,
        post=post.id if post else "",
        post_name=post.name if post else "",
        shift=0,
        until=0.0,
        fact=PostFact.CLOSED,
        time=now,
        due=now,
    )


def notice_of(register: Register, notice: str, post: str | None) -> Notice:
    """A notice before this post.

    Raises:
        UnknownError: `unknown-notice`: there is none, it is over, or it is another post's.
    """
    found = register.notices.get(notice)
    if found is None or (post is not None and found.post != post):
        raise UnknownError(
            "unknown-notice",
            f"there is no notice {notice!r} before this post",
            where="notice",
            remedy="look at the inbox again: the flight or the crew may have changed",
        )
    return found


def on_duty(register: Register, post: str, now: float) -> Shift:
    """The shift on duty.

    Raises:
        StateError: `not-on-duty`.
    """
    shift = register.shifts.get(post)
    if shift is None or not shift.start - CLOCK_TOLERANCE_S <= now <= shift.until:
        raise StateError("not-on-duty", f"nobody is on duty at {post}", where="post", remedy="take the post over first")
    return shift


def check_receipt(register: Register, signed: SignedReceipt, now: float, *, rehearsal: bool) -> Notice:
    """The notice that a receipt answers, if it may.

    Raises:
        InputError: `clock-off`.
        ForbiddenError: `bad-signature`, `rehearsal-key`; `wrong-key`: not the key of the crew on duty at that post.
        StateError: `not-on-duty`, `old-shift`, `older-version`, `already-answered`, `not-shown`, `wrong-digest`.
        UnknownError: `unknown-notice`, `unknown-post`.
    """
    receipt = signed.receipt
    if receipt.post not in register.posts:
        raise UnknownError("unknown-post", f"there is no post {receipt.post!r} here", where="receipt.post")
    check_rehearsal(receipt.rehearsal, rehearsal, "receipt.rehearsal")
    if not signed.genuine:
        raise ForbiddenError(
            "bad-signature",
            "the signature is not this key's over this receipt",
            where="signature",
            remedy="sign the canonical bytes of the receipt as it is sent",
        )
    shift = on_duty(register, receipt.post, now)
    if receipt.shift < shift.number:
        raise StateError(
            "old-shift",
            f"the receipt is of shift {receipt.shift} and shift {shift.number} is on duty",
            where="receipt.shift",
            remedy="the crew on duty signs",
        )
    if receipt.key != shift.key or receipt.shift != shift.number:
        raise ForbiddenError(
            "wrong-key",
            f"the key is not that of the crew on duty at {receipt.post}",
            where="receipt.key",
            remedy="sign on the device that took the post over",
        )
    check_clock(receipt.time, now, "receipt.time")
    return _answered(register, receipt, signed)


def _answered(register: Register, receipt: Receipt, signed: SignedReceipt) -> Notice:
    notice = register.notices.get(receipt.notice)
    if notice is None or notice.post != receipt.post:
        _explain_older(register, receipt)
        return notice_of(register, receipt.notice, receipt.post)
    known = register.flights[notice.flight]
    _explain_older(register, receipt)
    if (receipt.flight, receipt.version, receipt.digest) != (known.flight.id, notice.version, notice.digest):
        raise StateError(
            "wrong-digest",
            "the receipt is not for the flight of its notice",
            where="receipt.digest",
            remedy="sign for the flight as the inbox shows it now",
        )
    if notice.state is NoticeState.PUT:
        raise StateError(
            "not-shown", "the notice was not shown yet", where="receipt.notice", remedy="open it, look, then sign"
        )
    last = register.answers.get(notice.id)
    # An answer from before the last one is a copy of it: the crew has changed its mind since.
    copied = last is not None and (last.receipt == signed or receipt.time < last.receipt.receipt.time)
    if copied or (notice.state is NoticeState.RECEIVED and receipt.answer is Answer.RECEIVED):
        raise StateError(
            "already-answered",
            "this notice has that answer already, or a later one",
            where="receipt.notice",
            remedy="it is on the record; whoever wants to answer otherwise signs anew",
        )
    return notice


def _explain_older(register: Register, receipt: Receipt) -> None:
    """Raises StateError `older-version` where the post has a newer version of that flight before it."""
    named = register.notices.get(receipt.notice)
    for current in register.inbox(receipt.post) if named is None else (named,):
        about = register.flights[current.flight].flight.id
        if current.post == receipt.post and about == receipt.flight and receipt.version < current.version:
            raise StateError(
                "older-version",
                f"the receipt is for version {receipt.version} of {about}, and version {current.version} is current",
                where="receipt.version",
                remedy="read the new version and sign for that",
            )


def check_rehearsal(theirs: bool, ours: bool, where: str) -> None:
    """Raises ForbiddenError `rehearsal-key` where one is a rehearsal's and the other live (law 9)."""
    if theirs != ours:
        said, here = ("a rehearsal's", "live") if theirs else ("live", "a rehearsal")
        raise ForbiddenError(
            "rehearsal-key", f"it is {said}, and this node is {here}", where=where, remedy="never mix the two"
        )


def check_clock(theirs: float, now: float, where: str) -> None:
    """Raises InputError `clock-off` for a time further than CLOCK_TOLERANCE_S from `now`."""
    off = theirs - now
    if abs(off) > CLOCK_TOLERANCE_S:
        raise InputError(
            "clock-off",
            f"its time is {abs(off) / 60:.1f} minutes {'ahead of' if off > 0 else 'behind'} this node's",
            where=where,
            remedy="set the clock of the device, or of the node, and sign again",
        )
