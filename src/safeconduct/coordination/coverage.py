"""Coverage of a flight now: one line for each post, or party, that guards air it crosses."""

from collections.abc import Iterator
from dataclasses import dataclass

from safeconduct.coordination.crossing import Crossing
from safeconduct.coordination.notices import Crossings
from safeconduct.coordination.register import KnownFlight, KnownPeer, PostWord, Register, Taken
from safeconduct.model.coverage import Coverage, CoverageState
from safeconduct.model.flight import FlightState
from safeconduct.model.message import PostFact
from safeconduct.model.notice import NoticeState
from safeconduct.model.receipt import Answer, ReceiptState

UNREACHABLE_S = 30.0
"""Messages that wait longer than this for a node's acknowledgement: it is not reached."""

_URGENCY = (
    CoverageState.UNREACHABLE,
    CoverageState.OVERDUE,
    CoverageState.REFUSED,
    CoverageState.UNMANNED,
    CoverageState.STALE,
    CoverageState.WAITING,
    CoverageState.HELD,
)


def coverage(register: Register, known: KnownFlight, now: float, crossings: Crossings) -> tuple[Coverage, ...]:
    """All lines of one of this node's own flights, the worst first; none for one that has ended."""
    if known.flight.state is FlightState.ENDED:
        return ()
    lines = [*_own_posts(register, known, now, crossings), *_others(register, known, now, crossings)]
    return tuple(sorted(lines, key=lambda line: (_URGENCY.index(line.state), line.party, line.post or "")))


def unreachable(peer: KnownPeer, now: float) -> bool:
    """Whether messages to a peer wait for longer than they should."""
    return bool(peer.waiting) and now - peer.waiting[0][0] > UNREACHABLE_S


@dataclass(frozen=True, slots=True)
class _State:
    state: CoverageState
    since: float
    text: str


def _own_posts(register: Register, known: KnownFlight, now: float, crossings: Crossings) -> Iterator[Coverage]:
    digest = known.digest
    for post in register.posts.values():
        crossed = crossings.of(known, post.sector)
        notice = register.notice_before(known.ref, post.id)
        if crossed is None or notice is None:
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
            fact=fact,
            time=notice.put,
            due=notice.due,
            taken=register.answers.get(notice.id),
        )
        signed = register.signed.get((known.ref, post.id), 0)
        yield _line(known, crossed, word, _state(known, digest, word, signed, now))


def _others(register: Register, known: KnownFlight, now: float, crossings: Crossings) -> Iterator[Coverage]:
    digest = known.told_digest
    by_party: dict[str, list[PostWord]] = {}
    for (ref, party, _), word in register.words.items():
        if ref == known.ref:
            by_party.setdefault(party, []).append(word)
    entries: dict[str, Crossing | None] = {}
    for claim in register.directory():
        crossed = crossings.of(known, claim.air)
        if crossed is not None and claim.party != register.party:
            first = entries.get(claim.party)
            entries[claim.party] = crossed if first is None or crossed.entry_time < first.entry_time else first
    for party in sorted({*entries, *by_party}):
        crossed = entries.get(party)
        peer = register.peers.get(party)
        told = peer is not None and peer.confirmed and not peer.revoked
        out_of_reach = not told or (peer is not None and unreachable(peer, now))
        words = [
            word
            for word in by_party.get(party, [])
            if not (word.fact is PostFact.CLOSED and word.version == known.flight.version)
        ]
        answered = any(word.version == known.flight.version for word in by_party.get(party, []))
        for word in words:
            signed = word.taken.receipt.receipt.version if word.taken and _received(word.taken) else 0
            state = _state(known, digest, word, signed, now)
            if out_of_reach and not state.state.held:
                state = _State(CoverageState.UNREACHABLE, word.time, _why_unreachable(register, party, told=told))
            yield _line(known, crossed, word, state)
        if not words and not answered and crossed is not None:
            yield _party_line(register, known, party, crossed, told=told, out_of_reach=out_of_reach)


def _party_line(
    register: Register, known: KnownFlight, party: str, crossed: Crossing, *, told: bool, out_of_reach: bool
) -> Coverage:
    """A party that guards the air and has named no post for this flight."""
    if out_of_reach:
        state, text = CoverageState.UNREACHABLE, _why_unreachable(register, party, told=told)
    else:
        state, text = (
            CoverageState.WAITING,
            f"{_name(register, party)} has been told and has put it before no post yet.",
        )
    return Coverage(
        flight=known.ref,
        version=known.flight.version,
        party=party,
        post=None,
        post_name="",
        state=state,
        since=known.since,
        entry_time=crossed.entry_time,
        read_back_error_m=None,
        text=text,
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


def _state(known: KnownFlight, digest: str, word: PostWord, signed: int, now: float) -> _State:
    """The decision table: the first row that fits.

    A receipt counts if it is for this very version (its digest), by the crew that is on duty now.
    """
    version = known.flight.version
    taken = word.taken
    counts = (
        taken is not None
        and word.fact is not PostFact.UNMANNED
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


def _why_unreachable(register: Register, party: str, *, told: bool) -> str:
    name = _name(register, party)
    if told:
        return f"{name}'s node does not answer."
    if party in register.peers:
        return f"{name} is not a confirmed peer of this node."
    return f"{name} does not take part: it has no node that could be told."
