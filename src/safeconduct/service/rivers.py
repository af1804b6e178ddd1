"""Where the two rivers meet: declared flights into the picture, tracks into advisories."""

from dataclasses import replace

from safeconduct.coordination.register import KnownFlight
from safeconduct.model.board import BoardDelta
from safeconduct.service.desk.desk import Desk
from safeconduct.service.pipeline import Pipeline


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
                self.pipeline.declare(replace(known.flight, id=known.ref))
        delta = self.pipeline.tick(time)
        self.desk.tick(tuple(self.pipeline.board.tracks.values()), self._evidence)
        return delta

    def _evidence(self, track: str) -> tuple[str, ...]:
        """The sentences for the flight that a track is most likely, weightiest first."""
        said = self.pipeline.identification(track)
        if said is None or not said.candidates:
            return ()
        items = sorted(said.candidates[0].evidence, key=lambda item: -abs(item.log_odds))
        return tuple(item.text for item in items)
