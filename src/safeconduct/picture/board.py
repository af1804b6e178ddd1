"""The board: folds assessments into what viewers see, one numbered delta a time."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from safeconduct.model.board import (
    BoardContact,
    BoardDelta,
    BoardSnapshot,
    BoardStatus,
    BoardTrack,
    DoubtReason,
    EarlierTrack,
    LastContact,
)
from safeconduct.model.flight import Flight
from safeconduct.model.identification import IdentifierConflict, SilentParty
from safeconduct.model.last_contact import AfterContact
from safeconduct.model.party import Party
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor
from safeconduct.model.standing import Standing
from safeconduct.model.track import Continuation, TrackStatus, TrackTable, track_name
from safeconduct.picture.answers import Answers
from safeconduct.picture.claims import ClaimLedger
from safeconduct.picture.contacts import MOST_AREAS, LostContacts
from safeconduct.picture.identification import Assessment
from safeconduct.picture.reasons import silent
from safeconduct.units import none_if_nan

KEPT_TIMES = 5.0
"""A lost track is kept for this many times as long as it lived, at most."""
_STATUS = {
    TrackStatus.CONFIRMED: BoardStatus.CONFIRMED,
    TrackStatus.COASTING: BoardStatus.COASTING,
    TrackStatus.LOST: BoardStatus.LOST,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardHeading:
    """What stays the same on a board.

    Attributes:
        epoch: of the numbering; a new one for every start of the node.
        keep_lost_s: how long a lost track's last contact stays on the board, at most.
        areas: for so many lost tracks the area that each can have reached is kept up; 0 where nobody looks.
    """

    epoch: str
    node: str
    title: str
    rehearsal: bool
    notice: str = ""
    keep_lost_s: float = 900.0
    areas: int = MOST_AREAS


class Board:
    """The current picture of one node. `apply` numbers each change; `snapshot` is the fold of all deltas so far."""

    def __init__(
        self,
        heading: BoardHeading,
        *,
        parties: Iterable[Party] = (),
        sensors: Iterable[Sensor] = (),
        sectors: Iterable[Sector] = (),
    ) -> None:
        self.heading = heading
        self.number = 0
        self.time = 0.0
        self.parties, self.sectors = tuple(parties), tuple(sectors)
        self.sensors = {sensor.id: sensor for sensor in sensors}
        self.flights: dict[str, Flight] = {}
        self.tracks: dict[str, BoardTrack] = {}
        self.conflicts: tuple[IdentifierConflict, ...] = ()
        self.contacts: tuple[BoardContact, ...] = ()
        self._lost = LostContacts(heading.areas)
        self._continues: dict[str, tuple[EarlierTrack, ...]] = {}
        self._doubts: dict[str, tuple[float, tuple[DoubtReason, ...]]] = {}

    def apply(
        self,
        assessment: Assessment,
        claims: ClaimLedger,
        *,
        answers: Answers | None = None,
        lost: Iterable[TrackTable] = (),
        flights: Iterable[Flight] = (),
        continued: Iterable[Continuation] = (),
    ) -> BoardDelta:
        """Takes an assessment, the tracks lost since the last one, new or changed flights, and what was found out of
        tracks across gaps."""
        self.time = assessment.tracks.time
        changed = {flight.id: flight for flight in flights if self.flights.get(flight.id) != flight}
        self.flights.update(changed)
        nobody = silent(self.parties, {})
        found = self._note(continued)
        shown = {
            track.id: replace(
                track,
                continues=self._continues.get(track.id, ()),
                doubt_why=self._why(track.id, track.doubt, found),
            )
            for track in _shown(assessment, claims, answers, self.parties, nobody)
        }
        for table in lost:
            for row in range(len(table)):
                name = track_name(int(table.number[row]))
                if name not in shown or shown[name].status is BoardStatus.LOST:  # else it was found again since
                    gone = _lost(table, row, self.tracks.get(name), nobody)
                    shown[name] = replace(gone, doubt_why=self._why(name, gone.doubt, found))
                    self._lost.lose(name, table, row)
        removed = tuple(track for track in self.tracks if track not in shown and self._is_over(self.tracks[track]))
        different = tuple(track for name, track in shown.items() if self.tracks.get(name) != track)
        for name in removed:
            del self.tracks[name]
            self._continues.pop(name, None)
            self._doubts.pop(name, None)
        self.tracks.update(shown)
        contacts = self._lost.update(self.tracks, self.time)
        moved = contacts if contacts != self.contacts else None
        self.contacts = contacts
        conflicts = claims.conflicts()
        news = conflicts if conflicts != self.conflicts else None
        self.conflicts = conflicts
        self.number += 1
        return BoardDelta(
            number=self.number,
            time=self.time,
            rehearsal=self.heading.rehearsal,
            tracks=different,
            removed=removed,
            flights=tuple(changed.values()),
            conflicts=news,
            contacts=moved,
        )

    def after_contact(self, track: str) -> AfterContact | None:
        """All that follows from the last contact with a lost track, as of the board's time; None for no lost track."""
        return self._lost.after(track, self.time)

    def _note(self, continued: Iterable[Continuation]) -> set[str]:
        """Remembers what a track may be the continuation of; what is sure is in its id. The ids given again."""
        doubtful: dict[str, list[EarlierTrack]] = {}
        found = set()
        for one in continued:
            if one.taken:
                found.add(track_name(one.of))
                self._continues.pop(track_name(one.number), None)
                doubtful.pop(track_name(one.number), None)
            else:
                earlier = EarlierTrack(id=track_name(one.of), probability=round(one.probability, 4))
                doubtful.setdefault(track_name(one.number), []).append(earlier)
        self._continues |= {name: tuple(earlier) for name, earlier in doubtful.items()}
        return found

    def _why(self, track: str, doubt: float, found: Collection[str]) -> tuple[DoubtReason, ...]:
        """What may have brought a doubt about: where it rises as the number is given again, the gap; else a crossing.
        (It also rises, seldom, because another one was found who may be the same; that is said to be a crossing.)"""
        if not doubt:
            return ()
        before, reasons = self._doubts.get(track, (0.0, ()))
        why = DoubtReason.GAP if track in found else DoubtReason.CROSSING
        if doubt > before and why not in reasons:
            reasons = (*reasons, why)
        self._doubts[track] = (max(doubt, before), reasons)
        return reasons

    def _is_over(self, track: BoardTrack) -> bool:
        """A lost track is kept for its last contact, the longer the longer it lived: clutter that passed for an
        aircraft for seconds must not crowd the board for minutes. One that vanished otherwise was only a doubt."""
        if track.status is not BoardStatus.LOST:
            return True
        lived_s = track.last_contact.time - track.first_time
        return self.time - track.last_contact.time > min(self.heading.keep_lost_s, KEPT_TIMES * lived_s)

    def snapshot(self) -> BoardSnapshot:
        """All of it, at the present number."""
        heading = self.heading
        return BoardSnapshot(
            epoch=heading.epoch,
            number=self.number,
            time=self.time,
            node=heading.node,
            title=heading.title,
            rehearsal=heading.rehearsal,
            notice=heading.notice,
            parties=self.parties,
            sensors=tuple(self.sensors.values()),
            sectors=self.sectors,
            flights=tuple(self.flights.values()),
            tracks=tuple(self.tracks.values()),
            conflicts=self.conflicts,
            contacts=self.contacts,
        )


def _shown(
    assessment: Assessment,
    claims: ClaimLedger,
    answers: Answers | None,
    parties: tuple[Party, ...],
    nobody: tuple[SilentParty, ...],
) -> Iterable[BoardTrack]:
    tracks = assessment.tracks
    for row, number in enumerate(tracks.number.tolist()):
        column = int(assessment.flight[row])
        if column >= 0:
            flight, probability = assessment.flights[column].id, assessment.of(row, column)
        else:
            flight, probability = None, float(assessment.unknown[row])
        answered = answers.answered(number) if answers else {}
        yield replace(
            _state(tracks, row),
            identifiers=claims.claimed(number),
            standing=assessment.standing[row],
            flight=flight,
            probability=round(probability, 6),
            shadowed=bool(assessment.shadowed[row]),
            conflicts=claims.disputed(number, tracks.time),
            silent=() if assessment.standing[row].names_flight else (silent(parties, answered) if answered else nobody),
        )


def _state(tracks: TrackTable, row: int) -> BoardTrack:
    """A track as the tracker knows it, not yet identified. Rounded to about 0.1 m: a viewer's eye, a wire's bytes."""
    east, north, up = tracks.velocity[row].tolist()
    ee, en, nn = tracks.covariance[row].tolist()
    return BoardTrack(
        id=track_name(int(tracks.number[row])),
        status=_STATUS[TrackStatus(int(tracks.status[row]))],
        time=round(tracks.time, 3),
        lon=round(float(tracks.lon[row]), 6),
        lat=round(float(tracks.lat[row]), 6),
        height_m=_rounded(tracks.height_m[row]),
        pressure_altitude_m=_rounded(tracks.pressure_altitude_m[row]),
        velocity=(round(east, 2), round(north, 2), _rounded(up, 2)),
        covariance=(round(ee, 1), round(en, 1), round(nn, 1)),
        first_time=round(float(tracks.first_time[row]), 3),
        last_contact=LastContact(
            time=round(float(tracks.last_time[row]), 3),
            lon=round(float(tracks.last_lon[row]), 6),
            lat=round(float(tracks.last_lat[row]), 6),
            height_m=_rounded(tracks.last_height_m[row]),
        ),
        identifiers=(),
        standing=Standing.UNKNOWN,
        flight=None,
        probability=1.0,
        shadowed=False,
        conflicts=(),
        silent=(),
        doubt=round(float(tracks.doubt[row]), 4),
    )


def _lost(table: TrackTable, row: int, before: BoardTrack | None, nobody: tuple[SilentParty, ...]) -> BoardTrack:
    """A track at its last contact, with the standing that it had: what was known does not change by losing sight."""
    gone = _state(table, row)
    if before is None:
        return replace(gone, silent=nobody)
    return replace(
        gone,
        identifiers=before.identifiers,
        standing=before.standing,
        flight=before.flight,
        probability=before.probability,
        conflicts=before.conflicts,
        silent=before.silent,
        continues=before.continues,
    )


def _rounded(value: float, digits: int = 1) -> float | None:
    known = none_if_nan(float(value))
    return None if known is None else round(known, digits)
