"""A party's answer to a roll-call, "whose is this?", about one track. It is that party's word: evidence, no more."""

from dataclasses import dataclass
from enum import StrEnum

from safeconduct.errors import ModelError
from safeconduct.model import check
from safeconduct.model.track import track_number


class Said(StrEnum):
    """What a party said of a track."""

    MINE = "mine"
    NOT_MINE = "not-mine"
    NO_ANSWER = "no-answer"
    """Asked, and nothing came, also because nobody could be reached. Never "no" (law 4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollCallAnswer:
    """What one party said, of which track, when and where.

    Attributes:
        party: who said it.
        track: id of the track.
        flight: the flight that "mine" names, as this node calls it; None where none was named.
        time: when it was said, Unix seconds UTC.
        lon, lat: where the track was then, WGS-84 degrees.

    Raises:
        ModelError: `empty`, `bad-track`, `bad-answer` for a flight that is named and not claimed, `bad-time`,
            `bad-longitude`, `bad-latitude`, `not-finite`.
    """

    party: str
    track: str
    said: Said
    flight: str | None = None
    time: float
    lon: float
    lat: float

    def __post_init__(self) -> None:
        check.named("party", self.party)
        if track_number(self.track) < 0:
            raise ModelError("bad-track", f"{self.track!r} is no track's id", where="track", remedy="send one as in t7")
        if self.flight is not None:
            check.named("flight", self.flight)
            if self.said is not Said.MINE:
                what = f"{self.said} names the flight {self.flight}"
                raise ModelError("bad-answer", what, where="flight", remedy="name a flight only with mine")
        check.moment("time", self.time)
        check.longitude(self.lon)
        check.latitude(self.lat)
