"""What an operator is told without asking: a flight is about to be where no crew has signed for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from safeconduct.model.advisory import Advisory, AdvisoryKind
from safeconduct.model.coverage import Coverage, CoverageState
from safeconduct.model.flight import Flight, FlightState
from safeconduct.model.person import Role
from safeconduct.units import iso_from_seconds

WARN_WITHIN_S = 900.0
"""An operator is told this long before the flight enters: time enough for a call, a delay or another route."""
LAST_CALL_S = 120.0
"""And once more, this long before, if nothing has changed."""
MIN_BETWEEN_S = 60.0
"""Of one flight and one party nothing is told more often. What comes sooner waits, and is told if it still stands."""

_WORDS = {
    CoverageState.WAITING: "has not answered yet",
    CoverageState.OVERDUE: "has not answered in time",
    CoverageState.REFUSED: "has refused it",
    CoverageState.STALE: "has signed for an older version only, or by a crew that has gone",
    CoverageState.UNMANNED: "has nobody on duty",
    CoverageState.UNREACHABLE: "cannot be told",
}
"""What is said of each state but `held`."""


@dataclass(slots=True)
class _Told:
    """What the operators were last told of one flight and one party.

    Attributes:
        gaps: what was said of the party's posts, and of which version; none after all was well.
        last: when.
        covered: whether the last word was that all is well.
    """

    version: int
    gaps: frozenset[str]
    last: float
    covered: bool = False


class OperatorWarner:
    """Tells the operators of one node of own flights that are about to enter, or are in, air without a current receipt.

    One advisory for each flight and each party that guards the air, whatever the number of its posts: when the entry
    is near, when a post of it comes to stand otherwise, once more as a last call; and one when all of them hold it.
    Deterministic, and bounded: flights that are over are forgotten. Advisories come without a name (`id` is "a0"),
    `party` is who guards the air; who keeps them numbers them.
    """

    def __init__(self, given: Iterable[Advisory] = ()) -> None:
        """`given` is what was told before a restart, oldest first; it is not told again."""
        self._told: dict[tuple[str, str], _Told] = {}
        self._before: dict[str, list[Advisory]] = {}
        for advisory in given:
            if advisory.role is Role.OPERATOR:
                self._before.setdefault(advisory.flight, []).append(advisory)

    def warn(self, time: float, coverages: Iterable[Coverage], flights: Mapping[str, Flight]) -> tuple[Advisory, ...]:
        """What there is to tell now; to be called every second or few.

        Args:
            time: Unix seconds, not before that of the last call.
            coverages: of own flights, whole.
            flights: by ref; those that have ended may be left out.
        """
        lines: dict[tuple[str, str], list[Coverage]] = {}
        for line in coverages:
            flight = flights.get(line.flight)
            if flight is not None and flight.state is not FlightState.ENDED and time <= flight.end:
                lines.setdefault((line.flight, line.party), []).append(line)
        self._told = {key: told for key, told in self._told.items() if key in lines}
        self._before = {ref: given for ref, given in self._before.items() if ref in flights}
        said = (self._one(time, flights[ref], ref, party, lines[ref, party]) for ref, party in lines)
        return tuple(advisory for advisory in said if advisory is not None)

    def _one(self, time: float, flight: Flight, ref: str, party: str, lines: list[Coverage]) -> Advisory | None:
        """What there is to tell of one flight and one party."""
        entry = min(flight.start if line.entry_time is None else line.entry_time for line in lines)
        gaps = {line: gap for line in lines if (gap := _gap(line))}
        told = self._told.get((ref, party)) or self._restored(ref, party, frozenset(gaps.values()))
        if told is not None:
            self._told[ref, party] = told
        if not gaps:
            if told is None or told.covered or time - told.last < MIN_BETWEEN_S:
                return None
        elif time < entry - WARN_WITHIN_S or (told is not None and not _news(told, flight, gaps, time, entry)):
            return None
        self._told[ref, party] = _Told(flight.version, frozenset(gaps.values()), time, covered=not gaps)
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
            text=f"{ref} {_entering(entry, time)} {_guarded(party)}{_rest(party, list(gaps.values()))}",
            reasons=tuple(line.text for line in (gaps or lines)),
        )

    def _restored(self, ref: str, party: str, gaps: frozenset[str]) -> _Told | None:
        """What was told before a restart, known by its words: an advisory has no other place for a party's posts."""
        for given in reversed(self._before.get(ref, [])):
            if f" {_guarded(party)}" in given.text:
                said = frozenset(gap for gap in gaps if f" {gap}" in given.text)
                return _Told(given.version, said, given.time, covered=given.kind is AdvisoryKind.COVERED)
        return None


def _news(told: _Told, flight: Flight, gaps: Mapping[Coverage, str], time: float, entry: float) -> bool:
    """Whether a gap is to be told again. One gap fewer is no news while others stay."""
    if time - told.last < MIN_BETWEEN_S:
        return False
    last_call = told.last < entry - LAST_CALL_S <= time < entry
    return last_call or told.covered or told.version != flight.version or not told.gaps.issuperset(gaps.values())


def _gap(line: Coverage) -> str:
    """What is said of a line that is not held; empty of one that is."""
    return "" if line.state.held else f"{line.post_name or line.post or line.party} {_WORDS[line.state]}"


def _guarded(party: str) -> str:
    return f"the air that {party} guards"


def _entering(entry: float, time: float) -> str:
    if entry <= time:
        return "may now be in"
    left_s = entry - time
    away = f"{left_s / 60.0:.0f} min" if left_s >= 90.0 else f"{left_s:.0f} s"
    return f"is to enter, in {away} ({iso_from_seconds(entry)[11:19]} UTC),"


def _rest(party: str, gaps: list[str]) -> str:
    """The gaps, and what can be done about them: that is the operator's choice."""
    if not gaps:
        return ", and its crews on duty have now signed for it."
    return (
        f", and {'; '.join(gaps)}. Call {party}'s desk, delay the flight or take another way: that is for you to say."
    )
