"""Answers to roll-calls, and what they are worth for and against flights.

An answer is its party's word. The party may be mistaken, or lie, so it weighs what such words weigh in the mean; and it
is bound to the track that it was given about, to a time and a place (law 3). No answer weighs nothing at all (law 4).
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from safeconduct.kernels.arrays import Floats, Ints, Records
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model import check
from safeconduct.model.answer import RollCallAnswer, Said
from safeconduct.model.flight import Flight
from safeconduct.model.track import track_number
from safeconduct.picture.evidence import Pairs

TOP_SPEED_MPS, SAME_PLACE_M = 350.0, 2_000.0
"""A track that is farther from where it was answered about than this speed takes it, and this, is not the one meant."""
LIKELY = 0.5
"""A party has answered about a track if this probably the answer was about the aircraft that the track is of now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerModel:
    """How far a party's word about an aircraft can be relied on.

    Attributes:
        claims_others: probability that a party says "mine" of an aircraft that is not its own, and so, too, that it
            names a flight that the aircraft is not.
        denies_own: probability that it says "not mine" of one that is.
        undeclared: probability that an aircraft of none of the flights is that party's all the same.
        fade_s: an answer's weight falls to 1/e in this time.

    Raises:
        ModelError: for a probability outside 0.001 to 0.5: nobody's word is beyond doubt.
    """

    claims_others: float = 0.02
    denies_own: float = 0.05
    undeclared: float = 0.02
    fade_s: float = 900.0

    def __post_init__(self) -> None:
        check.each_within(self, ("claims_others", "denies_own", "undeclared"), 1e-3, 0.5)
        check.within("fade_s", self.fade_s, 1.0, 86_400.0)

    def worth(self, answer: RollCallAnswer, flight: Flight) -> float:
        """What an answer that was just given says of a flight, against "none of them", nats.

        A party's word on other parties' flights is worth nothing, but for what follows from its own: what it takes for
        its own aircraft is, a little, not somebody else's.
        """
        own, silent = answer.party == flight.party, answer.said is Said.NO_ANSWER
        if silent or not (own or answer.said is Said.MINE):
            return 0.0
        strangers = self.claims_others + self.undeclared
        if answer.said is Said.NOT_MINE:
            return math.log(self.denies_own / (1.0 - strangers))
        if not own:
            return math.log(self.claims_others / strangers)
        if answer.flight is None:
            return math.log((1.0 - self.denies_own) / strangers)
        return math.log((1.0 - self.denies_own) / self.claims_others) if answer.flight == flight.id else 0.0


@dataclass(frozen=True, slots=True)
class Held:
    """An answer about a track.

    Attributes:
        x, y: where the track was, metres in the sector's frame.
        sure: probability that it was about the aircraft that the track is of now.
    """

    answer: RollCallAnswer
    x: float
    y: float
    sure: float = 1.0

    @property
    def likely(self) -> bool:
        """Whether it probably was about the aircraft that the track is of now."""
        return self.sure >= LIKELY

    def newer(self, other: "Held | None") -> "Held":
        """The one of two to keep: the later answer; of one that is held twice, the surer. That somebody did not answer
        takes back nothing that they said."""
        if other is None:
            return self
        return max(
            self,
            other,
            key=lambda held: (held.likely and held.answer.said is not Said.NO_ANSWER, held.answer.time, held.sure),
        )


NOTHING: Mapping[str, Held] = {}


class Answers:
    """The latest answer of each party about each track of a sector."""

    def __init__(self, frame: SectorFrame, model: AnswerModel) -> None:
        self._frame, self._model = frame, model
        self._by_track: dict[int, dict[str, Held]] = {}

    def take(self, answer: RollCallAnswer) -> None:
        """One answer, in any order of time."""
        x, y = self._frame.to_plane(np.array([answer.lon]), np.array([answer.lat]))
        self._inherit(track_number(answer.track), {answer.party: Held(answer, float(x[0]), float(y[0]))})

    def about(self, number: int) -> Mapping[str, Held]:
        """By party, what was answered about a track, each as sure as it was about its aircraft."""
        return self._by_track.get(number, NOTHING)

    def answered(self, number: int) -> Mapping[str, Said]:
        """What each party said about the aircraft that a track probably is still of."""
        return {party: held.answer.said for party, held in self.about(number).items() if held.likely}

    def named(self, numbers: Ints) -> Iterator[tuple[int, str]]:
        """Tracks of these that a party said to be a flight, and which."""
        for number in np.intersect1d(numbers, list(self._by_track)).tolist():
            for held in self.about(number).values():
                if held.answer.flight is not None:
                    yield number, held.answer.flight

    def weighing(self, number: int, flight: Flight) -> tuple[Held, ...]:
        """The answers about a track that say something of a flight, newest first."""
        held = (one for one in self.about(number).values() if self._model.worth(one.answer, flight))
        return tuple(sorted(held, key=lambda one: -one.answer.time))

    def weigh(self, numbers: Ints, flyers: Records, now: float, flights: tuple[Flight, ...], pairs: Pairs) -> Floats:
        """(m,) nats for each pair.

        Args:
            numbers, flyers: (n,) of the tracks; `kernels.plans.FLYER` now.
        """
        weights = np.zeros(len(pairs.row))
        if not self._by_track:
            return weights
        for row in np.flatnonzero(np.isin(numbers, list(self._by_track))).tolist():
            for held in self.about(int(numbers[row])).values():
                age = max(now - held.answer.time, 0.0)
                away = math.hypot(flyers["x"][row] - held.x, flyers["y"][row] - held.y)
                if away <= SAME_PLACE_M + TOP_SPEED_MPS * abs(now - held.answer.time):
                    share = held.sure * math.exp(-age / self._model.fade_s)
                    for pair in range(pairs.first[row], pairs.first[row + 1]):
                        weights[pair] += share * self._model.worth(held.answer, flights[pairs.column[pair]])
        return weights

    def doubt(self, number: int, swapped: float) -> None:
        """With this probability the track is of another aircraft from now on: what was answered was not about it."""
        for party, held in self.about(number).items():
            self._by_track[number][party] = replace(held, sure=held.sure * (1.0 - swapped))

    def continued(self, number: int, of: int) -> None:
        """The track `number` is `of` from now on: what was answered about it was about that one."""
        self._inherit(of, self._by_track.pop(number, NOTHING))

    def may_continue(self, number: int, of: int, probability: float) -> None:
        """The track `number` is of the aircraft of `of` with this probability: so far goes what was said of that."""
        self._inherit(number, {p: replace(held, sure=held.sure * probability) for p, held in self.about(of).items()})

    def forget(self, numbers: Iterable[int]) -> None:
        """Lets go of tracks that are over."""
        for number in numbers:
            self._by_track.pop(number, None)

    def _inherit(self, number: int, held: Mapping[str, Held]) -> None:
        if held:
            mine = self._by_track.setdefault(number, {})
            mine.update({party: one.newer(mine.get(party)) for party, one in held.items()})
