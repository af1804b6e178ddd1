"""What of the standings goes on the record: every change of what is said of declared flights, with its reasons.

Between `unknown` and `cooperative` nothing is noted, nor the first standing of a track that no flight is named for: all
the traffic of a region would be on the record for good, and a track of which it has nothing was none of the declared.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from safeconduct.model.entry import StandingChanged
from safeconduct.model.identification import Identification
from safeconduct.model.standing import Standing
from safeconduct.model.track import TrackStatus, track_number
from safeconduct.picture.identification import Assessment

SETTLES_S = 10.0
"""As long as the same flight is named, a change is noted no sooner than this after the one before: an aircraft at the
edge of its volumes would fill the record."""
KEPT_S = 600.0
"""A track that is gone may come back under its number; what was noted of it is remembered for this long."""
NOTED_CANDIDATES = 2
"""The flight that is named, or was, or could be, and the next one."""


@dataclass(slots=True)
class _Noted:
    """What was noted last of a track, when, and when it was seen last."""

    standing: Standing
    flight: str | None
    time: float
    seen: float


class StandingWatch:
    """Knows what was noted of each track, and finds what is to be noted now."""

    def __init__(self) -> None:
        self._noted: dict[int, _Noted] = {}

    def changes(
        self, assessment: Assessment, explained: Callable[[int], Identification]
    ) -> tuple[StandingChanged, ...]:
        """What is to be noted of confirmed tracks. It is found again until it was `noted`.

        Args:
            explained: the identification of a row of the assessment.
        """
        tracks, now = assessment.tracks, assessment.tracks.time
        known = np.isin(tracks.number, list(self._noted))
        for number in tracks.number[known].tolist():
            self._noted[number].seen = now
        self._noted = {number: noted for number, noted in self._noted.items() if now - noted.seen <= KEPT_S}
        told = (tracks.status == TrackStatus.CONFIRMED) & (known | (assessment.flight >= 0))
        return tuple(
            self._change(assessment, row, explained(row))
            for row in np.flatnonzero(told).tolist()
            if self._differs(assessment, row)
        )

    def noted(self, changes: Iterable[StandingChanged]) -> None:
        """They are on the record."""
        for change in changes:
            said = change.identification
            self._noted[track_number(said.track)] = _Noted(said.standing, said.flight, said.time, said.time)

    def _differs(self, assessment: Assessment, row: int) -> bool:
        column = int(assessment.flight[row])
        flight = assessment.flights[column].id if column >= 0 else None
        before = self._noted.get(int(assessment.tracks.number[row]))
        if before is None or before.flight != flight:
            return before is not None or flight is not None
        settled = assessment.tracks.time - before.time >= SETTLES_S
        return flight is not None and before.standing is not assessment.standing[row] and settled

    def _change(self, assessment: Assessment, row: int, said: Identification) -> StandingChanged:
        before = self._noted.get(int(assessment.tracks.number[row]))
        return StandingChanged(
            before=before.standing if before else None,
            flight_before=before.flight if before else None,
            lon=float(assessment.tracks.lon[row]),
            lat=float(assessment.tracks.lat[row]),
            identification=replace(said, candidates=said.candidates[:NOTED_CANDIDATES]),
        )
