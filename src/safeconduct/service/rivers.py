"""Where the two rivers meet: declared flights into the picture, tracks into advisories."""

import logging
import math
from collections.abc import Iterator

import numpy as np

from safeconduct.coordination.known import KnownFlight
from safeconduct.model.board import BoardDelta
from safeconduct.model.conformance import FlightSeen
from safeconduct.model.entry import StandingChanged
from safeconduct.model.track import TrackStatus, track_name
from safeconduct.picture.identification import Assessment
from safeconduct.picture.standing_changes import StandingWatch
from safeconduct.service.desk.desk import Desk, named
from safeconduct.service.pipeline import Pipeline
from safeconduct.store.base import StoreError
from safeconduct.units import none_if_nan

log = logging.getLogger(__name__)


class Rivers:
    """One node's picture and, where it has one, its desk."""

    def __init__(self, pipeline: Pipeline, desk: Desk | None = None) -> None:
        self.pipeline, self.desk = pipeline, desk
        self._declared: dict[str, KnownFlight] = {}
        self._standings = StandingWatch()

    def tick(self, time: float) -> BoardDelta:
        """The board at `time` (Unix seconds) with every flight that the desk knows; then the desk's advisories."""
        if self.desk is None:
            return self.pipeline.tick(time)
        for known in self.desk.known_flights():
            if self._declared.get(known.ref) is not known:
                self._declared[known.ref] = known
                self.pipeline.declare(named(known))
        delta = self.pipeline.tick(time)
        try:
            changed = self._changed()
            self.desk.tick(tuple(self.pipeline.board.tracks.values()), self._evidence, self._seen(), changed)
            self._standings.noted(changed)
        except StoreError as error:  # a full disk takes the advisories away, and must not take the picture too
            log.error("the desk cannot go on: %s", error)
        return delta

    def _changed(self) -> tuple[StandingChanged, ...]:
        """What is to be noted of standings; again, until it is on the record."""
        assessment = self.pipeline.assessment
        return self._standings.changes(assessment, self.pipeline.explained) if assessment is not None else ()

    def _seen(self) -> Iterator[FlightSeen]:
        """The tracks that are identified as flights, as they were measured: a prediction shows nothing of a flight."""
        if self.pipeline.assessment is not None:
            yield from flights_seen(self.pipeline.assessment)

    def _evidence(self, track: str) -> tuple[str, ...]:
        """The sentences for the flight that a track is most likely, weightiest first."""
        said = self.pipeline.identification(track)
        if said is None or not said.candidates:
            return ()
        items = sorted(said.candidates[0].evidence, key=lambda item: -abs(item.log_odds))
        return tuple(item.text for item in items)


def flights_seen(assessment: Assessment) -> Iterator[FlightSeen]:
    """What an assessment says of declared flights, of tracks that are heard of as they should be."""
    tracks = assessment.tracks
    for row in np.flatnonzero((assessment.flight >= 0) & (tracks.status == TrackStatus.CONFIRMED)).tolist():
        column = int(assessment.flight[row])
        east_2, _, north_2 = tracks.covariance[row].tolist()
        yield FlightSeen(
            flight=assessment.flights[column].id,
            track=track_name(int(tracks.number[row])),
            time=tracks.time,
            lon=float(tracks.lon[row]),
            lat=float(tracks.lat[row]),
            sigma_m=math.sqrt((east_2 + north_2) / 2.0),
            height_m=none_if_nan(tracks.height_m[row]),
            sigma_height_m=none_if_nan(tracks.sigma_height_m[row]),
            standing=assessment.standing[row],
            probability=assessment.of(row, column),
        )
