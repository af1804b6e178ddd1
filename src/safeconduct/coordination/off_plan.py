"""What an operator is told of an own aircraft that has left its declared volumes, and that it is back."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from safeconduct.coordination.wording import away, far
from safeconduct.model.advisory import Advisory, AdvisoryKind, short
from safeconduct.model.conformance import (
    MAX_RECOVERABLE_TIME_IN_NONCONFORMING_STATE_S,
    OI_MAX_DURATION_PER_EXCURSION_S,
    OI_MIN_CONFORMANCE,
    Conformance,
    ConformanceState,
    Outside,
)
from safeconduct.model.flight import Flight, FlightState
from safeconduct.model.person import Role
from safeconduct.model.standing import Standing
from safeconduct.units import clock, wind

MIN_BETWEEN_S = 60.0
"""That an aircraft is outside is told no more often; what comes sooner waits, and is told if it still stands."""
MOST_REASONS = 10
_OFF_NOMINAL = (FlightState.NONCONFORMING, FlightState.CONTINGENT)

Evidence = Callable[[str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Told:
    """What the operators were last told of one flight: whether it was outside, and when they last heard that."""

    off: bool
    last: float


class OffPlanWarner:
    """Tells the operators of one node of own aircraft that are outside for longer than F3548-21 allows: once an
    excursion, and once that it is over.

    Deterministic, and bounded: flights that are over are forgotten. Advisories come without a name (`id` is "a0");
    who keeps them numbers them.
    """

    def __init__(self, given: Iterable[Advisory] = ()) -> None:
        """`given` is what was told before a restart, oldest first; it is not told again."""
        self._told: dict[str, _Told] = {}
        for advisory in given:
            if advisory.kind is AdvisoryKind.OFF_PLAN:
                self._told[advisory.flight] = _Told(True, advisory.time)
            elif advisory.kind is AdvisoryKind.ON_PLAN and advisory.flight in self._told:
                self._told[advisory.flight] = _Told(False, self._told[advisory.flight].last)

    def warn(
        self, time: float, flights: Mapping[str, Flight], figures: Mapping[str, Conformance], evidence: Evidence
    ) -> tuple[Advisory, ...]:
        """What there is to tell now; to be called every second or few.

        Args:
            time: Unix seconds, not before that of the last call.
            flights: own ones by ref; those that are over are left out.
            figures: of some of them, as they now are.
            evidence: sentences behind a track's standing, the weightiest first.
        """
        self._told = {ref: told for ref, told in self._told.items() if ref in flights}
        said = (self._one(time, ref, flights[ref], kept, evidence) for ref, kept in figures.items() if ref in flights)
        return tuple(advisory for advisory in said if advisory is not None)

    def _one(self, time: float, ref: str, flight: Flight, kept: Conformance, evidence: Evidence) -> Advisory | None:
        told = self._told.get(ref, _Told(False, -MIN_BETWEEN_S))
        if kept.state.counts and kept.outside is not None and not told.off and time - told.last >= MIN_BETWEEN_S:
            self._told[ref] = _Told(True, time)
            text, reasons = _left(ref, kept, kept.outside), (*_rule(flight, kept), *evidence(kept.track))
            return _advisory(time, ref, flight, kept, AdvisoryKind.OFF_PLAN, text, reasons)
        if kept.state is ConformanceState.CONFORMING and told.off:
            self._told[ref] = _Told(False, told.last)
            reasons = (_share(kept), *evidence(kept.track))
            return _advisory(time, ref, flight, kept, AdvisoryKind.ON_PLAN, _back(ref, flight, kept), reasons)
        return None


def _advisory(
    time: float,
    ref: str,
    flight: Flight,
    kept: Conformance,
    kind: AdvisoryKind,
    text: str,
    reasons: tuple[str, ...],
) -> Advisory:
    # What identification says of one moment may differ from what stands for some: the message is the latter.
    off = kind is AdvisoryKind.OFF_PLAN
    standing = Standing.OFF_PLAN if off else kept.standing
    return Advisory(
        id="a0",
        kind=kind,
        role=Role.OPERATOR,
        post=None,
        party=flight.party,
        flight=ref,
        version=flight.version,
        track=kept.track,
        standing=standing,
        probability=kept.probability,
        time=time,
        text=text,
        reasons=reasons[:MOST_REASONS],
    )


def _left(ref: str, kept: Conformance, outside: Outside) -> str:
    since = f" since {clock(kept.since)}" if kept.since is not None else ""
    return (
        f"The aircraft of {short(ref)}, by track {kept.track}, has been outside its declared volumes{since}: "
        f"{where(outside)}. Declare the change, or call it back: that is for you to say."
    )


def _back(ref: str, flight: Flight, kept: Conformance) -> str:
    text = f"The aircraft of {short(ref)}, by track {kept.track}, is within its declared volumes again."
    if flight.state in _OFF_NOMINAL:
        text += f" The flight is still said to be {flight.state.value}: that is for you to change."
    return text


def where(outside: Outside) -> str:
    """How far outside, in words: across, up or down, in time."""
    parts = []
    if outside.bearing_deg is not None:
        parts.append(f"{far(outside.away_m)} {wind(outside.bearing_deg)} of them")
    if abs(outside.above_m) >= 1.0:
        parts.append(f"{far(abs(outside.above_m))} {'above' if outside.above_m > 0.0 else 'below'} them")
    if outside.late_s is not None:
        parts.append(f"{away(abs(outside.late_s))} {'late' if outside.late_s > 0.0 else 'early'}")
    return ", ".join(parts)


def _rule(flight: Flight, kept: Conformance) -> tuple[str, ...]:
    """What the standard has for it, and that nobody but the operator says so of the flight."""
    until_s = OI_MAX_DURATION_PER_EXCURSION_S + MAX_RECOVERABLE_TIME_IN_NONCONFORMING_STATE_S
    said = (
        f"It was seen outside for {away(kept.excursion_s)}: ASTM F3548-21 allows {OI_MAX_DURATION_PER_EXCURSION_S:.0f} "
        f"s at a time, calls it {kept.state.value} now"
    )
    if kept.state is ConformanceState.NONCONFORMING:
        said += f", and {ConformanceState.CONTINGENT.value} once {until_s:.0f} s are over"
    return f"{said}. The flight is declared {flight.state.value}; nothing changes that but your word.", _share(kept)


def _share(kept: Conformance) -> str:
    return (
        f"It was inside for {100.0 * kept.inside_share:.1f} % of the {away(kept.seen_s)} that it was seen; "
        f"{100.0 * OI_MIN_CONFORMANCE:.0f} % are asked."
    )
