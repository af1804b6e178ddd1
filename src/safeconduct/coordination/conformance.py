"""Conformance monitoring: whether flights are within their volumes, for how much of the time, and for how long not.

ASTM F3548-21 has a flight's manager judge the telemetry that the aircraft sends. Here it is judged by tracks that are
identified as the flight, so that what a track does not know of itself, and times without one, speak against nobody.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from safeconduct.kernels.outside import DeclaredAir
from safeconduct.kernels.plans import DOUBT_SIGMAS
from safeconduct.model.conformance import (
    MAX_RECOVERABLE_TIME_IN_NONCONFORMING_STATE_S,
    OI_MAX_DURATION_PER_EXCURSION_S,
    OI_MAX_EXCURSIONS_PER_FLIGHT_HOUR,
    OI_MAX_UPDATE_RESTORE_CONF_S,
    OI_MIN_CONFORMANCE,
    Conformance,
    ConformanceLimit,
    ConformanceState,
    FlightSeen,
)
from safeconduct.model.flight import Flight

BACK_SIGMAS = 1.0
"""Once outside, it is back when it is within this many standard deviations of the edge: noise there is no coming and
going."""
BACK_S = OI_MAX_UPDATE_RESTORE_CONF_S
"""And an excursion is over when it was seen to be back for this long; until then what follows is the same one."""
GAP_S = 5.0
"""Between two sightings farther apart, nothing is known of where it was: that time is neither inside nor outside."""
SHARE_FROM_S = 200.0
"""The share is judged once it was seen for so long: before, one excursion of 10 s would be more than 5 %."""


@dataclass(slots=True)
class _Watched:
    """What is kept of one flight.

    Attributes:
        figures: as of the last sighting.
        air, version: the volumes, laid out, and of which version.
        outside_s: how long it was seen outside, all excursions together.
        out: whether it was outside at the last sighting.
        back_s: how long it has been seen back inside in the present excursion.
    """

    figures: Conformance
    air: DeclaredAir
    version: int
    outside_s: float
    out: bool = False
    back_s: float = 0.0


class ConformanceMonitor:
    """Watches some flights. Deterministic, and bounded: what is let go of is forgotten.

    More doubt about a track never makes its flight more outside: any time that is outside with it is so without.
    """

    def __init__(self, known: Mapping[str, Conformance] | None = None) -> None:
        """`known`: figures from before a restart, by flight; they go on from there."""
        self._known = dict(known or {})
        self._watched: dict[str, _Watched] = {}

    def watch(self, flights: Mapping[str, Flight], seen: Iterable[FlightSeen]) -> None:
        """One look; to be called every second or few, with what was really measured, not with predictions.

        Args:
            flights: those to be watched, by ref.
            seen: tracks that are identified as flights, all of one moment, not before that of the last call. Where two
                are said to be one flight, the likelier one counts.
        """
        best: dict[str, FlightSeen] = {}
        for one in seen:
            held = best.get(one.flight)
            if one.flight in flights and (held is None or _likelier(one, held)):
                best[one.flight] = one
        for ref, one in best.items():
            self._look(flights[ref], one)

    @property
    def figures(self) -> dict[str, Conformance]:
        """By flight, of all that were seen and not let go of."""
        return self._known | {ref: watched.figures for ref, watched in self._watched.items()}

    def of(self, ref: str) -> Conformance | None:
        """The figures of one flight; None where it was never seen."""
        watched = self._watched.get(ref)
        return self._known.get(ref) if watched is None else watched.figures

    def let_go(self, ref: str) -> None:
        """Forgets a flight that is over."""
        self._watched.pop(ref, None)
        self._known.pop(ref, None)

    def _look(self, flight: Flight, seen: FlightSeen) -> None:
        watched = self._watched.get(seen.flight)
        if watched is None:
            watched = self._watched[seen.flight] = _begun(flight, seen, self._known.get(seen.flight))
        if watched.version != flight.version:
            watched.air, watched.version = DeclaredAir(flight), flight.version
        before = watched.figures
        span_s = seen.time - before.time
        figures = _passed(watched, span_s) if 0.0 < span_s <= GAP_S else before
        off = watched.air.off(seen.time, seen.lon, seen.lat, seen.sigma_m, seen.height_m, seen.sigma_height_m)
        watched.out = off is not None and off.sigmas > (BACK_SIGMAS if watched.out else DOUBT_SIGMAS)
        if watched.out:
            watched.back_s = 0.0
            if figures.since is None:
                figures = replace(figures, since=seen.time, excursion_s=0.0, excursions=figures.excursions + 1)
        elif watched.back_s >= BACK_S:
            figures = replace(figures, since=None, excursion_s=0.0)
        figures = replace(
            figures,
            state=_state(figures),
            version=flight.version,
            time=seen.time,
            track=seen.track,
            standing=seen.standing,
            probability=seen.probability,
            outside=off.outside if off is not None and watched.out else None,
        )
        watched.figures = replace(figures, short_of=tuple(_short_of(figures)))


def _likelier(one: FlightSeen, other: FlightSeen) -> bool:
    return (-one.probability, one.track) < (-other.probability, other.track)


def _begun(flight: Flight, seen: FlightSeen, known: Conformance | None) -> _Watched:
    """From the first sighting, or from what is known from before a restart. A gap lies before this one, so that
    nothing of it counts; who was outside then is so still, if it is not seen to be back."""
    air = DeclaredAir(flight)
    if known is not None:
        outside_s = (1.0 - known.inside_share) * known.seen_s
        return _Watched(known, air, flight.version, outside_s, out=known.outside is not None)
    figures = Conformance(
        state=ConformanceState.CONFORMING,
        version=flight.version,
        time=seen.time,
        track=seen.track,
        standing=seen.standing,
        probability=seen.probability,
        seen_s=0.0,
        inside_share=1.0,
        excursions=0,
        excursions_over=0,
        longest_s=0.0,
        since=None,
        excursion_s=0.0,
        outside=None,
        short_of=(),
    )
    return _Watched(figures, air, flight.version, 0.0)


def _passed(watched: _Watched, span_s: float) -> Conformance:
    """The figures after a time in which it was as it was at the last sighting."""
    before = watched.figures
    seen_s = before.seen_s + span_s
    if not watched.out:
        watched.back_s += span_s
        return replace(before, seen_s=seen_s, inside_share=1.0 - watched.outside_s / seen_s)
    watched.outside_s += span_s
    excursion_s = before.excursion_s + span_s
    over = before.excursion_s <= OI_MAX_DURATION_PER_EXCURSION_S < excursion_s
    return replace(
        before,
        seen_s=seen_s,
        inside_share=max(1.0 - watched.outside_s / seen_s, 0.0),
        excursion_s=excursion_s,
        excursions_over=before.excursions_over + over,
        longest_s=max(before.longest_s, excursion_s),
    )


def _state(figures: Conformance) -> ConformanceState:
    if figures.since is None:
        return ConformanceState.CONFORMING
    beyond_s = figures.excursion_s - OI_MAX_DURATION_PER_EXCURSION_S
    if beyond_s <= 0.0:
        return ConformanceState.EXCURSION
    recoverable = beyond_s <= MAX_RECOVERABLE_TIME_IN_NONCONFORMING_STATE_S
    return ConformanceState.NONCONFORMING if recoverable else ConformanceState.CONTINGENT


def _short_of(figures: Conformance) -> Iterable[ConformanceLimit]:
    """Limits that are not kept. A sum of seconds that is off by its last bit is no fault of the flight's."""
    share = figures.inside_share
    if figures.seen_s >= SHARE_FROM_S and share < OI_MIN_CONFORMANCE and not math.isclose(share, OI_MIN_CONFORMANCE):
        yield ConformanceLimit.SHARE
    if figures.excursions_over:
        yield ConformanceLimit.DURATION
    if figures.excursions > OI_MAX_EXCURSIONS_PER_FLIGHT_HOUR * max(figures.seen_s / 3600.0, 1.0):
        yield ConformanceLimit.NUMBER
