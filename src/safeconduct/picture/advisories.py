"""What a post is told without asking: a declared aircraft is coming, is there, is due, is not what was said."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from safeconduct.kernels.crossing import Crossing, crossing
from safeconduct.kernels.outside import DeclaredAir
from safeconduct.kernels.plans import DOUBT_SIGMAS
from safeconduct.model.advisory import Advisory, AdvisoryKind, short
from safeconduct.model.board import BoardStatus, BoardTrack
from safeconduct.model.flight import Flight, FlightState
from safeconduct.model.person import Role
from safeconduct.model.post import Post
from safeconduct.model.standing import Standing
from safeconduct.picture import wording
from safeconduct.picture.approach import NOT_NEAR, Approach, WatchedAir, paths_ahead, route_of, soonest
from safeconduct.units import clock

Floats = npt.NDArray[np.float64]
Evidence = Callable[[str], tuple[str, ...]]

ADVISE_WITHIN_S = 600.0
"""A post is told once the entry is predicted within this."""
EXPECT_WITHIN_S = 180.0
"""A flight without a track is told of this long before it is due."""
UNSEEN_S = 30.0
"""It is without a track when none has been identified as it for this long: an identification may be lost for a look."""
STANDS_S = 10.0
"""A change is told when it has stood for this long."""
MIN_BETWEEN_S = 60.0
"""A post is told of one kind of change of one flight no more often. What comes sooner waits, and is told if it still
stands."""
REENTRY_S = 300.0
"""Who was away for longer than this is told of anew, as if it had never been there."""
MOST_REASONS = 5
RESTORED_S = 900.0
"""What was told before a restart is remembered for this long after it, while the picture comes back."""

_NO_NAMES: Mapping[str, str] = MappingProxyType({})
_DECLARED, _OFF_PLAN, _SHADOWED = "declared", "off-plan", "shadowed"
_UNIDENTIFIED, _OTHER, _LOST, _OVER = "unidentified", "other", "lost", "over"
_PHRASE = {
    _DECLARED: "is identified as declared again",
    _OFF_PLAN: "is outside its declared volumes",
    _SHADOWED: "has another aircraft so close that the two may be confused",
    _UNIDENTIFIED: "is not identified as it any more",
    _OTHER: "is now identified as",
    _LOST: "is lost",
    _OVER: "is not declared any more",
}
"""What is said of each change. After a restart it is also how a change that was told is known again."""


@dataclass(slots=True)
class _Told:
    """What one post was last told of one flight.

    Attributes:
        says: what it was told of the track.
        near_until: until when the aircraft was in the sector, or is on its way there, as far as is known.
        flight, track: as last seen; None after a restart, when tracks have other names.
        approach: of that track.
        shadowed: when another aircraft was last so close, and told of.
        turned: the change that waits to be told, and since when.
        given: when each kind of change was last told.
    """

    says: str
    near_until: float
    flight: Flight | None = None
    track: BoardTrack | None = None
    approach: Approach = NOT_NEAR
    shadowed: float = -np.inf
    turned: tuple[str, float] | None = None
    given: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What is known at one look: live tracks by id, and by the flight that they are identified as; paths by track;
    names of parties."""

    time: float
    live: dict[str, BoardTrack]
    named: dict[str, list[BoardTrack]]
    flights: Mapping[str, Flight]
    evidence: Evidence
    names: Mapping[str, str]
    paths: dict[str, tuple[Floats, ...]] = field(default_factory=dict)


class PostAdviser:
    """Tells the crews of one node's posts of declared aircraft, once for each change that matters.

    A crew that takes over is told anew what is current: what its predecessor was told, it was not.

    Deterministic, and bounded: what is over is forgotten. Advisories come without a name (`id` is "a0") and with the
    flight's party; who keeps them numbers them.
    """

    def __init__(self, given: Iterable[Advisory] = ()) -> None:
        """`given` is what was told before a restart, oldest first; it is not told again."""
        self._air: dict[str, WatchedAir] = {}
        self._shifts: dict[str, int] = {}
        self._told: dict[tuple[str, str], _Told] = {}
        self._expected: set[tuple[str, str, int]] = set()
        self._routes: dict[tuple[str, int], Floats] = {}
        self._declared: dict[tuple[str, int], DeclaredAir] = {}
        self._planned: dict[tuple[str, str, int], Crossing | None] = {}
        self._seen: dict[str, float] = {}
        self._began: float | None = None
        for advisory in given:
            self._restore(advisory)

    def advise(
        self,
        time: float,
        crews: Iterable[tuple[Post, int]],
        tracks: Iterable[BoardTrack],
        flights: Mapping[str, Flight],
        evidence: Evidence,
        names: Mapping[str, str] = _NO_NAMES,
    ) -> tuple[Advisory, ...]:
        """What there is to tell now; to be called every second or few.

        Args:
            time: Unix seconds, not before that of the last call.
            crews: the posts to be told, each with the number of its shift. A post that is left out is forgotten, and
                told everything anew when it is back.
            tracks: the whole board.
            flights: by the ref that tracks name; those that have ended may be left out.
            evidence: sentences behind a live track's standing, the weightiest first.
            names: of parties; one without a name is called by its id.
        """
        if self._began is None:
            self._began = time
        look = _look(time, tracks, flights, evidence, names)
        self._seen.update(dict.fromkeys(look.named, time))
        watching = [post.id for post in self._watch(crews)]
        self._forget(look, watching)
        said: list[Advisory] = []
        for post in watching:
            refs = dict.fromkeys([*look.named, *(ref for at, ref in self._told if at == post)])
            said.extend(filter(None, [self._follow(look, post, ref) for ref in refs]))
            said.extend(self._expect(look, post))
        return tuple(said)

    def _follow(self, look: _Look, post: str, ref: str) -> Advisory | None:
        """What there is to tell one post of one flight that has a track, or had one."""
        told = self._told.get((post, ref))
        if told is None:
            return self._first(look, post, ref)
        says, track = _says(look, ref, told)
        if track is None:
            return None
        if says == _LOST:
            approach = told.approach
            near = approach.inside or _enters(approach, look.time, EXPECT_WITHIN_S)
        else:
            approach = self._approach(look, post, track)
            near = _near(approach, look.time)
            away_s, fresh = look.time - told.near_until, told.track is None
            if near and away_s > REENTRY_S and not (fresh and approach.inside):
                del self._told[post, ref]
                return self._first(look, post, ref)
            told.near_until = max(look.time, approach.entry_time or 0.0) if near else min(told.near_until, look.time)
            told.track, told.approach = track, approach
        told.flight = look.flights.get(ref, told.flight)
        change = _change(look.time, told, says, shadowed=track.shadowed) if near else None
        if change is None or told.flight is None:
            return None
        if change == _OVER:
            del self._told[post, ref]
        return self._changed(look, post, ref, told.flight, track, change, approach)

    def _first(self, look: _Look, post: str, ref: str) -> Advisory | None:
        """A flight that the post was not told of, or long ago: it is coming, it is there, or it is neither."""
        if ref not in look.named:
            return None
        track = look.named[ref][0]
        approach = self._approach(look, post, track)
        if not _near(approach, look.time):
            return None
        flight = look.flights[ref]
        self._told[post, ref] = _Told(
            says=_OFF_PLAN if track.standing is Standing.OFF_PLAN else _DECLARED,
            near_until=max(look.time, approach.entry_time or 0.0),
            flight=flight,
            track=track,
            approach=approach,
            shadowed=look.time if track.shadowed else -np.inf,
        )
        place = wording.place(track, self._air[post], approach, look.time)
        return Advisory(
            id="a0",
            kind=AdvisoryKind.INSIDE if approach.inside else AdvisoryKind.INBOUND,
            role=Role.CREW,
            post=post,
            shift=self._shifts[post],
            party=flight.party,
            flight=ref,
            version=flight.version,
            track=track.id,
            standing=track.standing,
            probability=track.probability,
            entry_time=approach.entry_time,
            time=look.time,
            text=f"{wording.who(flight, look.names)}: {place}{wording.doubts(track)}.",
            reasons=look.evidence(track.id)[:MOST_REASONS],
        )

    def _changed(
        self, look: _Look, post: str, ref: str, flight: Flight, track: BoardTrack, change: str, approach: Approach
    ) -> Advisory:
        detail, reasons = "", tuple[str, ...]()
        if change == _OTHER:
            detail = f" {short(track.flight or '')}"
        if change == _LOST:
            detail = f" since {clock(track.last_contact.time)}"
        else:
            reasons = look.evidence(track.id)
        if not track.standing.names_flight:
            reasons = (*wording.silence(track.silent, look.names), *reasons)
        # What is said of another flight, or was said of a track that is gone, is not said of this one.
        of_it = change not in (_OTHER, _LOST, _OVER)
        place = wording.place(track, self._air[post], approach, look.time)
        return Advisory(
            id="a0",
            kind=AdvisoryKind.CHANGED,
            role=Role.CREW,
            post=post,
            shift=self._shifts[post],
            party=flight.party,
            flight=ref,
            version=flight.version,
            track=track.id,
            standing=track.standing if of_it else Standing.UNKNOWN,
            probability=track.probability if of_it else 0.0,
            entry_time=approach.entry_time,
            time=look.time,
            text=f"Track {track.id}, told as {wording.who(flight, look.names)}, {_PHRASE[change]}{detail}: {place}.",
            reasons=reasons[:MOST_REASONS],
        )

    def _expect(self, look: _Look, post: str) -> Iterator[Advisory]:
        """Flights that are due in a post's sector by their plan, and have no track."""
        assert self._began is not None
        for ref, flight in look.flights.items():
            key = (post, ref, flight.version)
            if flight.state is not FlightState.ACTIVATED or ref in look.named or key in self._expected:
                continue
            if look.time - self._seen.get(ref, self._began) < UNSEEN_S:
                continue
            told = self._told.get((post, ref))
            if told is not None and told.track is not None:
                continue  # The post knows of it, and is told what becomes of its track.
            if key not in self._planned:
                self._planned[key] = crossing(flight, self._air[post].sector)
            planned = self._planned[key]
            if planned is None or not planned.entry_time - EXPECT_WITHIN_S <= look.time <= planned.exit_time:
                continue
            self._expected.add(key)
            ahead = planned.entry_time > look.time
            due = wording.when(planned.entry_time, look.time) if ahead else f"since {clock(planned.entry_time)}"
            yield Advisory(
                id="a0",
                kind=AdvisoryKind.EXPECTED,
                role=Role.CREW,
                post=post,
                shift=self._shifts[post],
                party=flight.party,
                flight=ref,
                version=flight.version,
                entry_time=planned.entry_time if ahead else None,
                time=look.time,
                text=(
                    f"{wording.who(flight, look.names)}: due in the sector by its plan {due}, "
                    "and no track is identified as it."
                ),
                reasons=("It may be late, out of reach or not heard: that says nothing of any other track.",),
            )

    def _approach(self, look: _Look, post: str, track: BoardTrack) -> Approach:
        if track.id not in look.paths:
            astray = track.standing is Standing.OFF_PLAN and self._astray(look, track)
            look.paths[track.id] = paths_ahead(track, self._route(look, track), astray=astray)
        return soonest(self._air[post].approach(track, path) for path in look.paths[track.id])

    def _astray(self, look: _Look, track: BoardTrack) -> bool:
        """Whether a track is beside all air of its flight, and not only early, late, too high or too low."""
        flight = look.flights.get(track.flight or "")
        if flight is None or track.flight is None:
            return False
        key = (track.flight, flight.version)
        if key not in self._declared:
            self._declared[key] = DeclaredAir(flight)
        sigma_m = math.sqrt((track.covariance[0] + track.covariance[2]) / 2.0)
        off = self._declared[key].off(look.time, track.lon, track.lat, sigma_m)
        return off is not None and off.beside and off.sigmas > DOUBT_SIGMAS

    def _route(self, look: _Look, track: BoardTrack) -> Floats:
        """Of the flight that a track is identified as."""
        flight = look.flights.get(track.flight or "") if track.standing.names_flight else None
        if flight is None or track.flight is None:
            return route_of(None)
        key = (track.flight, flight.version)
        if key not in self._routes:
            self._routes[key] = route_of(flight)
        return self._routes[key]

    def _watch(self, crews: Iterable[tuple[Post, int]]) -> Iterator[Post]:
        for post, shift in crews:
            self._relieve(post.id, shift)
            if post.id not in self._air or self._air[post.id].sector != post.sector:
                self._air[post.id] = WatchedAir(post.sector)
                self._planned = {key: planned for key, planned in self._planned.items() if key[0] != post.id}
            yield post

    def _relieve(self, post: str, shift: int) -> None:
        """Lets go of what the crew before was told."""
        if self._shifts.get(post) != shift:
            self._shifts[post] = shift
            self._told = {key: told for key, told in self._told.items() if key[0] != post}
            self._expected = {key for key in self._expected if key[0] != post}

    def _forget(self, look: _Look, watching: list[str]) -> None:
        """Lets go of posts that are not told, flights that are not known, and who has been away for long."""
        assert self._began is not None
        coming_back = look.time - self._began <= RESTORED_S
        self._air = {post: self._air[post] for post in watching}
        self._shifts = {post: self._shifts[post] for post in watching}
        self._told = {
            (post, ref): told
            for (post, ref), told in self._told.items()
            if post in self._air
            and (ref in look.named or look.time - told.near_until <= REENTRY_S or (told.track is None and coming_back))
        }
        now = {(ref, flight.version) for ref, flight in look.flights.items()}
        self._expected = {key for key in self._expected if key[1:] in now and key[0] in self._air}
        self._planned = {key: planned for key, planned in self._planned.items() if key[1:] in now}
        self._routes = {key: route for key, route in self._routes.items() if key in now}
        self._declared = {key: air for key, air in self._declared.items() if key in now}
        self._seen = {ref: time for ref, time in self._seen.items() if ref in look.flights}

    def _restore(self, advisory: Advisory) -> None:
        if advisory.role is not Role.CREW or advisory.post is None:
            return
        self._relieve(advisory.post, advisory.shift)
        key = advisory.post, advisory.flight
        if advisory.kind is AdvisoryKind.EXPECTED:
            self._expected.add((*key, advisory.version))
            return
        says = _OFF_PLAN if advisory.standing is Standing.OFF_PLAN else _DECLARED
        told = self._told.setdefault(key, _Told(says=says, near_until=advisory.time))
        told.near_until = max(advisory.time, advisory.entry_time or 0.0)
        if advisory.kind is AdvisoryKind.CHANGED:
            changes = [change for change, phrase in _PHRASE.items() if f", {phrase}" in advisory.text]
            says = changes[0] if changes else says
            told.given[says] = advisory.time
        if says == _OVER:
            del self._told[key]
        elif says == _SHADOWED:
            told.shadowed = advisory.time
        else:
            told.says = says


def _look(
    time: float,
    tracks: Iterable[BoardTrack],
    flights: Mapping[str, Flight],
    evidence: Evidence,
    names: Mapping[str, str],
) -> _Look:
    flights = {ref: flight for ref, flight in flights.items() if flight.state is not FlightState.ENDED}
    live = {track.id: track for track in tracks if track.status is not BoardStatus.LOST}
    named: dict[str, list[BoardTrack]] = {}
    for track in sorted(live.values(), key=lambda track: -track.probability):
        if track.flight in flights and track.standing.names_flight:
            named.setdefault(track.flight, []).append(track)
    return _Look(time=time, live=live, named=named, flights=flights, evidence=evidence, names=names)


def _says(look: _Look, ref: str, told: _Told) -> tuple[str, BoardTrack | None]:
    """What is so of a flight that a post was told of, and the track of which it is so; None where that is gone for
    good, or not back yet after a restart."""
    last = told.track
    if named := look.named.get(ref):
        # Of two tracks that are both identified as it, the one that the post knows.
        track = next((track for track in named if last is not None and track.id == last.id), named[0])
        return _OFF_PLAN if track.standing is Standing.OFF_PLAN else _DECLARED, track
    if last is None:
        return told.says, None
    live = look.live.get(last.id)
    if live is None:
        return _LOST, last if ref in look.flights else None
    if ref not in look.flights:
        return _OVER, live
    other = live.standing.names_flight and live.flight != ref
    return _OTHER if other else _UNIDENTIFIED, live


def _change(time: float, told: _Told, says: str, *, shadowed: bool) -> str | None:
    """The change that is to be told now, if any; `told` keeps what waits."""
    change = says if says != told.says else None
    if change is None and shadowed and says in (_DECLARED, _OFF_PLAN):
        if time - told.shadowed > REENTRY_S:
            change = _SHADOWED
        else:
            told.shadowed = time
    if change is None:
        told.turned = None
        return None
    if told.turned is None or told.turned[0] != change:
        told.turned = change, time
    if time - told.turned[1] < STANDS_S or time - told.given.get(change, -np.inf) < MIN_BETWEEN_S:
        return None
    told.turned = None
    told.given[change] = time
    if change == _SHADOWED:
        told.shadowed = time
    else:
        told.says = change
    return change


def _near(approach: Approach, time: float) -> bool:
    return approach.inside or _enters(approach, time, ADVISE_WITHIN_S)


def _enters(approach: Approach, time: float, within_s: float) -> bool:
    return approach.entry_time is not None and approach.entry_time - time <= within_s
