"""What an operator is told without asking: air ahead for which no crew has signed, a declaration that runs out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from safeconduct.coordination.wording import away
from safeconduct.model.advisory import Advisory, AdvisoryKind, short
from safeconduct.model.coverage import Coverage, CoverageState
from safeconduct.model.flight import Flight, FlightState
from safeconduct.model.person import Role
from safeconduct.units import clock

WARN_WITHIN_S = 900.0
"""An operator is told this long before the flight enters: time enough for a call, a delay or another route."""
LAST_CALL_S = 120.0
"""And once more, this long before, if nothing has changed."""
MIN_BETWEEN_S = 60.0
"""Of one flight and one party nothing is told more often. What comes sooner waits, and is told if it still stands."""
ENDING_WITHIN_S = 300.0
"""And this long before the declaration of a flight ends that is still in the air, as far as is known."""
MOST_GAPS = 5
MOST_REASONS = 10
"""What is said stays readable, however many posts other parties have."""

_WORDS = {
    CoverageState.WAITING: "has not answered yet",
    CoverageState.OVERDUE: "has not answered in time",
    CoverageState.REFUSED: "has refused it",
    CoverageState.STALE: "has signed for an older version only, or by a crew that has gone",
    CoverageState.UNMANNED: "has nobody on duty",
    CoverageState.UNREACHABLE: "cannot be told",
}
"""What is said of each state but `held`."""
_FLYING = (FlightState.ACTIVATED, FlightState.NONCONFORMING, FlightState.CONTINGENT)
_NO_NAMES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _Gap:
    """A line that is not held.

    Attributes:
        words: what is said of it.
        entry: when the flight enters there, or did.
        reason: why.
    """

    words: str
    entry: float
    reason: str


@dataclass(slots=True)
class _Told:
    """What the operators were last told of one flight and one party.

    Attributes:
        gaps: what was said, by post, of which version; without those that have closed since, or are far off again.
        last: when.
        covered: whether the last word was that all is well.
    """

    version: int
    gaps: dict[str | None, _Gap]
    last: float
    covered: bool = False


class OperatorWarner:
    """Tells the operators of one node of own flights that are about to enter, or are in, air without a current receipt,
    or that fly on while their declaration runs out.

    One advisory for each flight and each party that guards the air, whatever the number of its posts: when an entry
    is near, when a post of it comes to stand otherwise, once more as a last call; and one when all of them hold it.
    Deterministic, and bounded: flights that are over are forgotten. Advisories come without a name (`id` is "a0"),
    `party` is who guards the air; who keeps them numbers them.
    """

    def __init__(self, given: Iterable[Advisory] = ()) -> None:
        """`given` is what was told before a restart, oldest first; it is not told again."""
        self._told: dict[tuple[str, str], _Told] = {}
        self._before: dict[tuple[str, str], Advisory] = {}
        self._ending: dict[str, float] = {}
        for advisory in given:
            if advisory.kind is AdvisoryKind.ENDING:
                self._ending[advisory.flight] = advisory.time
            elif advisory.kind in (AdvisoryKind.UNCOVERED, AdvisoryKind.COVERED):
                self._before[advisory.flight, advisory.party] = advisory

    def warn(
        self,
        time: float,
        coverages: Iterable[Coverage],
        flights: Mapping[str, Flight],
        names: Mapping[str, str] = _NO_NAMES,
    ) -> tuple[Advisory, ...]:
        """What there is to tell now; to be called every second or few.

        Args:
            time: Unix seconds, not before that of the last call.
            coverages: of own flights, whole. An entry time that moves on is another approach.
            flights: own ones by ref; those that have ended may be left out, those that fly on after their end may not.
            names: of parties; one without a name is called by its id.
        """
        ends = {ref: flight.end for ref, flight in flights.items() if flight.state is not FlightState.ENDED}
        live = {ref for ref, end in ends.items() if time <= end or flights[ref].state in _FLYING}
        lines: dict[tuple[str, str], list[Coverage]] = {}
        for line in coverages:
            if line.flight in live:
                lines.setdefault((line.flight, line.party), []).append(line)
        self._forget(live, lines)
        said = [self._one(time, flights[ref], ref, party, lines[ref, party], names) for ref, party in lines]
        said += [self._runs_out(time, flights[ref], ref, ends[ref]) for ref in ends if ref in live]
        return tuple(advisory for advisory in said if advisory is not None)

    def _forget(self, live: set[str], lines: Mapping[tuple[str, str], list[Coverage]]) -> None:
        """Lets go of flights that are over, and of gaps in air that no post guards any more."""
        self._told = {key: told for key, told in self._told.items() if key[0] in live}
        self._before = {key: given for key, given in self._before.items() if key[0] in live}
        self._ending = {ref: last for ref, last in self._ending.items() if ref in live}
        for key, told in self._told.items():
            if key not in lines:
                told.gaps = {}

    def _one(
        self, time: float, flight: Flight, ref: str, party: str, lines: list[Coverage], names: Mapping[str, str]
    ) -> Advisory | None:
        """What there is to tell of one flight and one party."""
        name = short(names.get(party, party))
        gaps = {line.post: _gap(line, flight, name) for line in lines if not line.state.held}
        near = {post: gap for post, gap in gaps.items() if time >= gap.entry - WARN_WITHIN_S}
        told = self._told.get((ref, party)) or self._restored(ref, party, near)
        if told is not None:
            # A gap that has closed, or is far off again, is news when it is back.
            told.gaps = {post: gap for post, gap in told.gaps.items() if post in near}
            self._told[ref, party] = told
            if time - told.last < MIN_BETWEEN_S or (told.covered and not gaps):
                return None
        news = _news(told, flight, near, time)
        if not news and (gaps or told is None):
            return None
        self._told[ref, party] = _Told(flight.version, near, time, covered=not gaps)
        # The news first: the other gaps were told before.
        near = news | near
        entry = min(gap.entry for gap in news.values()) if news else min(_entry(line, flight) for line in lines)
        reasons = [gap.reason for gap in near.values()] or [line.text for line in lines]
        return Advisory(
            id="a0",
            kind=AdvisoryKind.UNCOVERED if gaps else AdvisoryKind.COVERED,
            role=Role.OPERATOR,
            post=None,
            party=party,
            flight=ref,
            version=flight.version,
            entry_time=entry if entry > time else None,
            time=time,
            text=f"{short(ref)} {_entering(entry, time)} the air that {name} guards{_rest(name, near)}",
            reasons=tuple(map(short, reasons[:MOST_REASONS])),
        )

    def _restored(self, ref: str, party: str, near: Mapping[str | None, _Gap]) -> _Told | None:
        """What was told before a restart. Of the party's posts it is known by its words: an advisory has no other
        place for them. One that named not all of them told of all."""
        given = self._before.pop((ref, party), None)
        if given is None:
            return None
        all_of_them = _MORE in given.text
        said = {
            post: gap
            for post, gap in near.items()
            if gap.entry <= given.time + WARN_WITHIN_S
            and (all_of_them or f", and {gap.words}" in given.text or f"; {gap.words}" in given.text)
        }
        return _Told(given.version, said, given.time, covered=given.kind is AdvisoryKind.COVERED)

    def _runs_out(self, time: float, flight: Flight, ref: str, end: float) -> Advisory | None:
        """That a flight flies on, as far as is known, while its declaration ends: before, and once it has."""
        last = self._ending.get(ref)
        if flight.state not in _FLYING or time < end - ENDING_WITHIN_S:
            return None
        if last is not None and last >= end - ENDING_WITHIN_S and not last <= end < time:
            return None
        self._ending[ref] = time
        ends = f"ended at {clock(end)}" if end < time else f"ends in {away(end - time)} ({clock(end)})"
        return Advisory(
            id="a0",
            kind=AdvisoryKind.ENDING,
            role=Role.OPERATOR,
            post=None,
            party=flight.party,
            flight=ref,
            version=flight.version,
            time=time,
            text=(
                f"The declaration of {short(ref)} {ends}, and its aircraft has not been said to have landed. Soon "
                "after that posts will no longer have it before them. Amend the flight or end it: that is for you to "
                "say."
            ),
            reasons=(f"It is {flight.state.value}, and its last volume ends at {clock(end)}.",),
        )


def _news(told: _Told | None, flight: Flight, near: Mapping[str | None, _Gap], time: float) -> dict[str | None, _Gap]:
    """The gaps that are to be told, or told again. One gap fewer is no news while others stay."""
    if told is None or told.covered or told.version != flight.version:
        return dict(near)
    news = {}
    for post, gap in near.items():
        known = told.gaps.get(post)
        last_call = told.last < gap.entry - LAST_CALL_S <= time < gap.entry
        if known is None or known.words != gap.words or gap.entry > known.entry or last_call:
            news[post] = gap
    return news


def _entry(line: Coverage, flight: Flight) -> float:
    return flight.start if line.entry_time is None else line.entry_time


def _gap(line: Coverage, flight: Flight, party: str) -> _Gap:
    return _Gap(f"{short(line.post_name or line.post or party)} {_WORDS[line.state]}", _entry(line, flight), line.text)


def _entering(entry: float, time: float) -> str:
    return "may now be in" if entry <= time else f"is to enter, in {away(entry - time)} ({clock(entry)}),"


_MORE = " more of its posts do not hold it"


def _rest(party: str, gaps: Mapping[str | None, _Gap]) -> str:
    """The gaps, and what can be done about them: that is the operator's choice."""
    if not gaps:
        return ", and its crews on duty have now signed for it."
    said = [gap.words for gap in gaps.values()]
    if len(said) > MOST_GAPS:
        said = [*said[:MOST_GAPS], f"and {len(said) - MOST_GAPS}{_MORE}"]
    return (
        f", and {'; '.join(said)}. Call {party}'s desk, delay the flight or take another way: that is for you to say."
    )
