"""A rehearsal's board held against its truth: what stood for each aircraft, as its post saw it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from safeconduct.feeds.rehearsal.feed import TruePlace
from safeconduct.kernels.ecef import polar
from safeconduct.model.board import BoardStatus, BoardTrack
from safeconduct.model.flight import Flight
from safeconduct.model.scenario import Scenario, ScenarioAircraft
from safeconduct.model.standing import Standing

GATE_M = 2000.0
SMALL_GATE_M = 500.0
"""A track farther from an aircraft than this, over the ground, is not its track; the second for small aircraft."""
FAVOUR_M = 500.0
"""The track that an aircraft had last is favoured by this."""
FIRST_MINUTE_S = 60.0


@dataclass(slots=True)
class Tally:
    """What has been seen of one aircraft so far; seconds of scenario time."""

    tracked_s: float = 0.0
    standings: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    settled: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    wrong_s: float = 0.0
    final: str | None = None
    first_tracked: float | None = None
    first_identified_s: float | None = None
    track: str | None = None


class Scoreboard:
    """Holds each tick's board against the truth and adds up."""

    def __init__(self, scenario: Scenario, flights: Sequence[Flight]) -> None:
        declared = {flight.id for flight in flights}
        self._craft = {craft.name: craft for craft in scenario.aircraft}
        self._flight: dict[str, str | None] = {craft.name: None for craft in scenario.aircraft}
        self._flight.update({f.aircraft: f.id for f in scenario.flights if f.id in declared})
        self._tallies = {craft.name: Tally() for craft in scenario.aircraft}

    def note(self, time: float, truth: Sequence[TruePlace], board: Iterable[BoardTrack], span_s: float) -> None:
        """One tick: what is true, what is shown, and how long it has been shown."""
        tracks = [track for track in board if track.status is not BoardStatus.LOST]
        for place, track in self._pairs(truth, tracks):
            self._add(self._tallies[place.name], self._flight[place.name], track, time, span_s)

    def _pairs(
        self, truth: Sequence[TruePlace], tracks: Sequence[BoardTrack]
    ) -> Iterable[tuple[TruePlace, BoardTrack]]:
        if not truth or not tracks:
            return
        lon, lat = np.array([t.lon for t in tracks]), np.array([t.lat for t in tracks])
        distance = np.array([polar((p.lon, p.lat, 0.0), lon, lat, 0.0)[0] for p in truth])
        gate = np.array([SMALL_GATE_M if self._craft[p.name].small else GATE_M for p in truth])[:, None]
        had = np.array([[self._tallies[p.name].track == t.id for t in tracks] for p in truth])
        cost = np.where(distance > gate, 1e9, distance - FAVOUR_M * had)
        for row, column in zip(*linear_sum_assignment(cost), strict=True):
            if cost[row, column] < 1e9:
                yield truth[int(row)], tracks[int(column)]

    def _add(self, tally: Tally, flight: str | None, track: BoardTrack, time: float, span_s: float) -> None:
        tally.track, tally.final = track.id, track.standing.value
        if tally.first_tracked is None:
            tally.first_tracked = time
        tally.tracked_s += span_s
        tally.standings[track.standing.value] += span_s
        if time - tally.first_tracked >= FIRST_MINUTE_S:
            tally.settled[track.standing.value] += span_s
        if track.standing.names_flight and track.flight != flight:
            tally.wrong_s += span_s
        elif track.standing.names_flight and tally.first_identified_s is None:
            tally.first_identified_s = time - tally.first_tracked

    def aircraft(self) -> list[dict[str, object]]:
        """One record an aircraft, in the scenario's order; see docs/reference/formats.md."""
        return [self._record(self._craft[name], tally) for name, tally in self._tallies.items()]

    def _record(self, craft: ScenarioAircraft, tally: Tally) -> dict[str, object]:
        return {
            "name": craft.name,
            "party": craft.party,
            "type": craft.aircraft.type,
            "flight": self._flight[craft.name],
            "tracked_s": round(tally.tracked_s, 3),
            "standings": _shares(tally.standings),
            "standings_after_first_minute": _shares(tally.settled),
            "final": tally.final,
            "first_identified_s": tally.first_identified_s,
            "wrong_flight_share": round(tally.wrong_s / tally.tracked_s, 6) if tally.tracked_s else 0.0,
        }


def _shares(seconds: Mapping[str, float]) -> dict[str, float]:
    total = sum(seconds.values())
    return {s.value: round(seconds[s.value] / total, 6) for s in Standing if seconds.get(s.value)}
