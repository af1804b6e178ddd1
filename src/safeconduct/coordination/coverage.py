"""Coverage of a flight now: one line for each post, or party, that guards air it crosses."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from safeconduct.coordination.crossing import Crossing
from safeconduct.coordination.known import KnownFlight, KnownPeer, PostWord, Taken, speaks
from safeconduct.coordination.notices import Crossings, duty_until
from safeconduct.coordination.register import Register
from safeconduct.model.card import AirClaim
from safeconduct.model.coverage import Coverage, CoverageState
from safeconduct.model.flight import FlightState
from safeconduct.model.message import PostFact
from safeconduct.model.notice import NoticeState
from safeconduct.model.receipt import Answer, ReceiptState

UNREACHABLE_S = 30.0
"""Messages that wait longer than this for a node's acknowledgement: it is not reached."""
NO_ANSWER = "its node does not answer"

_URGENCY = (  # the worst first
    CoverageState.UNREACHABLE,
    CoverageState.OVERDUE,
    CoverageState.REFUSED,
    CoverageState.UNMANNED,
    CoverageState.STALE,
    CoverageState.WAITING,
    CoverageState.HELD,
)
_ORDER = {state: place for place, state in enumerate(_URGENCY)}


def coverage(
    register: Register,
    known: KnownFlight,
    now: float,
    crossings: Crossings,
    directory: Sequence[AirClaim] | None = None,
    doubts: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Coverage, ...]:
    """All lines of one of this node's own flights, the worst first; none for one that has ended or is over.

    Args:
        directory: the register's, for who asks of many flights.
        doubts: parties whose word is not known to be their last, each with what is wrong.
    """
    if known.flight.state is FlightState.ENDED or known.end < now:
        return ()
    claims = register.directory() if directory is None else directory
    late = {party: NO_ANSWER for party, peer in register.peers.items() if unreachable(peer, now)}
    others = _others(register, known, now, crossings, claims, {**doubts, **late})
    lines = [*_own_posts(register, known, now, crossings), *others]
    return tuple(sorted(lines, key=lambda line: (_ORDER[line.state], line.party, line.post or "")))


def unreachable(peer: KnownPeer, now: float) -> bool:
    """Whether messages to a peer wait for longer than they should."""
    return bool(peer.waiting) and now - peer.waiting[0][0] > UNREACHABLE_S


@dataclass(frozen=True, slots=True)
class _State:
    state: CoverageState
    since: float
    text: str


def _own_posts(register: Register, known: KnownFlight, now: float, crossings: Crossings) -> Iterator[Coverage]:
    for at, notice_id in register.by_flight.get(known.ref, {}).items():
        post, notice = register.posts[at], register.notices[notice_id]
        crossed = crossings.of(known, post.sector)
        if crossed is None:
            continue
        if notice.shift == 0:
            fact = PostFact.UNMANNED
        else:
            fact = PostFact.PUT if notice.state is NoticeState.PUT else PostFact.SHOWN
        word = PostWord(
            party=register.party,
            post=post.id,
            post_name=post.name,
            version=notice.version,
            shift=notice.shift,
            until=duty_until(register.shifts, notice),
            fact=fact,
            time=notice.put,
            due=notice.due,
            taken=register.answers.get(notice.id),
            signed=register.signed.get((known.ref, post.id), 0),
        )
        yield _line(known, crossed, word, _state(known, known.digest, word, now))


def _others(
    register: Register,
    known: KnownFlight,
    now: float,
    crossings: Crossings,
    claims: Sequence[AirClaim],
    doubts: Mapping[str, str],
) -> Iterator[Coverage]:
    by_party: dict[str, list[PostWord]] = {}
    for word in register.words.get(known.ref, {}).values():
        by_party.setdefault(word.party, []).append(word)
    entries: dict[str, Crossing] = {}
    for claim in claims:
        crossed = crossings.of(known, claim.air) if claim.party != register.party else None
        if crossed is not None:
            other = entries.get(claim.party, crossed)
            entries[claim.party] = min(crossed, other, key=lambda air: (air.exit_time < now, air.entry_time))
    for party in sorted({*entries, *by_party}):
        words = by_party.get(party, [])
        if not speaks(register.peers.get(party)):
            out_of_reach = _not_trusted(register, party)
        else:
            out_of_reach = f"{_name(register, party)}: {doubts[party]}." if party in doubts else ""
        yield from _party(register, known, party, entries.get(party), words, now, out_of_reach)


def _party(
    register: Register,
    known: KnownFlight,
    party: str,
    crossed: Crossing | None,
    words: list[PostWord],
    now: float,
    out_of_reach: str,
) -> Iterator[Coverage]:
    """The lines of one other party: of each of its posts, or of itself where it has named none."""
    open_words = [word for word in words if word.fact is not PostFact.CLOSED]
    for word in open_words:
        state = _state(known, known.told_digest, word, now)
        if out_of_reach:
            state = _State(CoverageState.UNREACHABLE, word.time, f"{out_of_reach} {_last_heard(state)}".strip())
        yield _line(known, crossed, word, state)
    answered = speaks(register.peers.get(party)) and any(word.version == known.flight.version for word in words)
    if not open_words and not answered and crossed is not None:
        yield _party_line(register, known, party, crossed, out_of_reach)


def _last_heard(state: _State) -> str:
    """What was so when the node was last heard. Coverage is of now: what nobody can see any more is not held."""
    return f"Before that: {state.text} Whether it is still so cannot be known." if state.state.held else ""


def _party_line(register: Register, known: KnownFlight, party: str, crossed: Crossing, out_of_reach: str) -> Coverage:
    """A party that guards the air and has named no post for this flight."""
    waiting = f"{_name(register, party)} has been told and has put it before no post yet."
    return Coverage(
        flight=known.ref,
        version=known.flight.version,
        party=party,
        post=None,
        post_name="",
        state=CoverageState.UNREACHABLE if out_of_reach else CoverageState.WAITING,
        since=known.since,
        entry_time=crossed.entry_time,
        read_back_error_m=None,
        text=out_of_reach or waiting,
    )


def _line(known: KnownFlight, crossed: Crossing | None, word: PostWord, state: _State) -> Coverage:
    current = word.taken is not None and word.taken.receipt.receipt.version == known.flight.version
    return Coverage(
        flight=known.ref,
        version=known.flight.version,
        party=word.party,
        post=word.post,
        post_name=word.post_name,
        state=state.state,
        since=state.since,
        entry_time=crossed.entry_time if crossed else None,
        read_back_error_m=word.taken.read_back_error_m if word.taken is not None and current else None,
        text=state.text,
    )


def _received(taken: Taken) -> bool:
    return taken.state is ReceiptState.RECEIVED


def _state(known: KnownFlight, digest: str, word: PostWord, now: float) -> _State:
    """The decision table: the first row that fits.

    A receipt counts if it is for this very version (its digest), by the crew that is on duty now.
    """
    version = known.flight.version
    taken, signed = word.taken, word.signed
    manned = word.fact is not PostFact.UNMANNED and now <= word.until
    counts = (
        taken is not None
        and manned
        and (taken.receipt.receipt.version, taken.receipt.receipt.digest) == (version, digest)
        and taken.receipt.receipt.shift == word.shift
    )
    post = word.post_name or word.post
    if counts and taken is not None:
        answer = taken.receipt.receipt.answer
        if answer is Answer.REFUSED:
            return _State(CoverageState.REFUSED, taken.time, f"{post} refused it: {taken.receipt.receipt.reason}")
        if _received(taken):
            return _State(
                CoverageState.HELD, taken.time, f"The crew on duty at {post} has signed for version {version}."
            )
    if word.fact is PostFact.UNMANNED:
        return _State(CoverageState.UNMANNED, word.time, f"Nobody is on duty at {post}.")
    if not manned:
        what = f"The duty of the crew at {post} is over, and no other has taken over as far as is known."
        return _State(CoverageState.UNMANNED, word.until, what)
    current = word.version == version
    if current and now > word.due:
        return _State(
            CoverageState.OVERDUE, word.due, f"{post} has it, {_seen(word)}, and has not signed for it in time."
        )
    if signed and not (counts and signed == version):
        gone = f"version {signed}" if signed != version else "an earlier crew"
        return _State(
            CoverageState.STALE, word.time, f"{post} has a receipt of {gone}; it does not count for this one."
        )
    if not current:
        return _State(CoverageState.WAITING, known.since, f"{post} has not got version {version} yet.")
    if taken is not None and counts:
        return _State(CoverageState.WAITING, taken.time, f"{post} read it back too far off, and is looking again.")
    return _State(CoverageState.WAITING, word.time, f"It is before {post}, {_seen(word)}.")


def _seen(word: PostWord) -> str:
    return "on the crew's screen" if word.fact is PostFact.SHOWN else "not yet on the crew's screen"


def _name(register: Register, party: str) -> str:
    peer = register.peers.get(party)
    return peer.card.name if peer else next((c.name for c in register.claims if c.party == party), party)


def _not_trusted(register: Register, party: str) -> str:
    name = _name(register, party)
    if party in register.peers:
        return f"{name} is not a confirmed peer of this node."
    return f"{name} does not take part: it has no node that could be told."
