"""Where the two rivers meet: declared flights into the picture, tracks into advisories."""

import logging

from safeconduct.coordination.known import KnownFlight
from safeconduct.model.board import BoardDelta
from safeconduct.service.desk.desk import Desk, named
from safeconduct.service.pipeline import Pipeline
from safeconduct.store.base import StoreError

log = logging.getLogger(__name__)


class Rivers:
    """One node's picture and, where it has one, its desk."""

    def __init__(self, pipeline: Pipeline, desk: Desk | None = None) -> None:
        self.pipeline, self.desk = pipeline, desk
        self._declared: dict[str, KnownFlight] = {}

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
            self.desk.tick(tuple(self.pipeline.board.tracks.values()), self._evidence)
        except StoreError as error:  # a full disk takes the advisories away, and must not take the picture too
            log.error("the desk cannot go on: %s", error)
        return delta

    def _evidence(self, track: str) -> tuple[str, ...]:
        """The sentences for the flight that a track is most likely, weightiest first."""
        said = self.pipeline.identification(track)
        if said is None or not said.candidates:
            return ()
        items = sorted(said.candidates[0].evidence, key=lambda item: -abs(item.log_odds))
        return tuple(item.text for item in items)
