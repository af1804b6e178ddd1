"""Flights and zones at the desk: declare, amend, move, end; who is told; who looked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from safeconduct.coordination.conflicts import Airspace
from safeconduct.coordination.coverage import coverage
from safeconduct.coordination.crossing import crossing
from safeconduct.coordination.declaring import check_declared, check_zone
from safeconduct.coordination.disclosure import disclosed
from safeconduct.coordination.known import KnownFlight, speaks
from safeconduct.errors import ForbiddenError, InputError, StateError, UnknownError
from safeconduct.model.conflict import FlightConflict
from safeconduct.model.coverage import Coverage
from safeconduct.model.desk import DeskFlight
from safeconduct.model.entry import Actor, FlightDeclared, FlightMoved, FlightNoted, Looked, ZoneSet
from safeconduct.model.flight import Flight, FlightState
from safeconduct.model.message import TellFlight, TellLook, TellState, TellZone
from safeconduct.model.zone import Zone
from safeconduct.service.desk.books import Books, Draft, Written

REPORTED_WITHIN_S = 30.0
"""An own aircraft's position is taken if it was measured this long ago, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToBeTold:
    """A party that guards air which a flight crosses, and when it would enter that air (Unix seconds)."""

    party: str
    name: str
    entry_time: float
    reachable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerName:
    """A party that is told of every flight, and its name."""

    party: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclarationCheck:
    """What declaring a flight would do; nothing has been done.

    Attributes:
        told: parties whose guarded air it crosses, by when.
        posts: ids of this node's own posts whose sectors it crosses.
        peers: all confirmed peers, by id: they get the declaration, whatever air they guard.
    """

    conflicts: tuple[FlightConflict, ...]
    told: tuple[ToBeTold, ...]
    posts: tuple[str, ...]
    peers: tuple[PeerName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Somebody of another party opened a flight's details."""

    party: str
    role: str
    version: int
    time: float


class FlightDesk(Books):
    """Declaring. Flights and zones of other parties are known here and changed by nobody but them."""

    def flights(self, who: Actor) -> tuple[DeskFlight, ...]:
        """All flights that this node knows, those of today first by start."""
        with self.lock:
            known = self._by_start()
            covered = self._coverage(known)
            return tuple(self._desk_flight(one, covered.get(one.ref, ())) for one in known)

    def known_flights(self) -> tuple[KnownFlight, ...]:
        """All flights that this node knows, for its picture."""
        with self.lock:
            return tuple(self.register.flights.values())

    def flight(self, who: Actor, ref: str) -> DeskFlight:
        """One flight. Opening another party's is a look: recorded, and told to its owner, once a version and role.

        Raises:
            UnknownError: `unknown-flight`.
        """
        with self.lock:
            known = self._known(ref)
            version = known.flight.version
            if not known.own and (ref, version, str(who.role)) not in self.register.looked:
                draft = self.draft()
                draft.add(Looked(subject="flight", ref=ref, version=version))
                look = TellLook(flight=known.flight.id, version=version, role=str(who.role), time=self.now())
                draft.tell_owner(known, look)
                self.commit(who, draft.facts)
            return self._desk_flight(known)

    def looks(self, who: Actor, ref: str) -> tuple[Look, ...]:
        """Who of other parties opened an own flight's details, newest first.

        Raises:
            UnknownError: `unknown-flight`.
            ForbiddenError: `foreign`.
        """
        with self.lock:
            self._own(ref)
            return tuple(
                Look(party=party, role=look.role, version=look.version, time=look.time)
                for party, look in reversed(self.register.looks.get(ref, ()))
            )

    def may_report(self, who: Actor, ref: str, time: float) -> None:
        """Whether a position of a flight, measured at `time`, can be taken. It does not go on the record: it is no
        declaration, but one more measurement.

        Raises:
            UnknownError: `unknown-flight`.
            ForbiddenError: `foreign`.
            InputError: `clock-off`: it is from another time than now.
        """
        with self.lock:
            self._own(ref)
        off = time - self.now()
        if abs(off) > REPORTED_WITHIN_S:
            raise InputError(
                "clock-off",
                f"its time is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} this node's",
                where="time",
                remedy=f"send positions within {REPORTED_WITHIN_S:.0f} s of when they were measured",
            )

    def check(self, who: Actor, flight: Flight) -> DeclarationCheck:
        """What declaring would do.

        Raises:
            InputError: what `check_declared` raises.
        """
        check_declared(flight, self.now())
        with self.lock:
            told: dict[str, ToBeTold] = {}
            for claim in self.register.directory():
                crossed = crossing(flight, claim.air)
                if crossed is None or claim.party == self.party:
                    continue
                peer = self.register.peers.get(claim.party)
                one = ToBeTold(
                    party=claim.party,
                    name=claim.name,
                    entry_time=crossed.entry_time,
                    reachable=peer is not None and speaks(peer),
                )
                if claim.party not in told or one.entry_time < told[claim.party].entry_time:
                    told[claim.party] = one
            posts = [post.id for post in self.register.posts.values() if crossing(flight, post.sector) is not None]
            peers = [PeerName(party=one, name=self.register.peers[one].card.name) for one in sorted(self.confirmed())]
            return DeclarationCheck(
                conflicts=self._conflicts_before(flight),
                told=tuple(sorted(told.values(), key=lambda one: one.entry_time)),
                posts=tuple(posts),
                peers=tuple(peers),
            )

    def declare(
        self, who: Actor, flights: Sequence[Flight], *, refuse_conflicts: bool = False
    ) -> Written[tuple[DeskFlight, ...]]:
        """New flights, all or none: recorded, put before own posts, and in the outbox to every peer.

        A conflict is said and does not stop a declaration: an undeclared flight is worse than two that must be moved
        apart. Whoever wants it otherwise sets `refuse_conflicts`.

        Raises:
            InputError: what `check_declared` raises; `nothing-declared`.
            StateError: `duplicate`: the id is in use; `conflict`, where it was asked for.
            ForbiddenError: `foreign`: another party's flight.
        """
        now = self.now()
        for flight in flights:
            check_declared(flight, now)
        with self.lock:
            draft = self.draft()
            ids: set[str] = set()
            together = Airspace(self.party)
            for flight in flights:
                self._check_new(flight, ids)
                if refuse_conflicts:
                    _refuse(flight, (*self._conflicts_before(flight), *together.conflicts_of(flight.id, flight)))
                    together.put_flight(flight.id, flight)
                self._declare(draft, flight)
            if not draft.facts:
                raise StateError("nothing-declared", "there is no flight in it", remedy="declare one or more")
            promise = self.commit(who, draft.facts)
            return Written(tuple(self._desk_flight(self.register.flights[f.id]) for f in flights), promise)

    def note(self, who: Actor, flight: Flight) -> Written[DeskFlight] | None:
        """Another party's flight that came in a file or by telephone. Its posts are told; its owner gets no receipt by
        it, unless a link is there. Nothing happens where as new a version is known, or the owner's own word of it;
        None then.

        Raises:
            ForbiddenError: `own`: this party's own flight is declared, not noted.
        """
        with self.lock:
            if flight.party == self.party:
                raise ForbiddenError(
                    "own", f"flight {flight.id} is this party's own", where="party", remedy="declare it"
                )
            ref = self.register.ref(flight.party, flight.id)
            known = self.register.flights.get(ref)
            if known is not None and not known.takes(flight, noted=True):
                return None
            draft = self.draft()
            draft.add(FlightNoted(flight=flight))
            draft.notices(KnownFlight.of(ref, flight, own=False, since=self.now(), noted=True))
            promise = self.commit(who, draft.facts)
            return Written(self._desk_flight(self.register.flights[ref]), promise)

    def amend(self, who: Actor, ref: str, flight: Flight, *, replaces: int) -> Written[DeskFlight]:
        """A new version in place of version `replaces`. Every receipt of an older version dies with it.

        Raises:
            InputError: what `check_declared` raises.
            UnknownError: `unknown-flight`. ForbiddenError: `foreign`.
            StateError: `changed-meanwhile`; `bad-move` for a flight that has ended; `other-id`.
        """
        check_declared(flight, self.now())
        with self.lock:
            known = self._own(ref)
            self._check_party(flight)
            if flight.id != ref:
                raise StateError("other-id", f"the body names {flight.id!r}", where="id", remedy="an id never changes")
            if known.flight.version != replaces:
                raise StateError(
                    "changed-meanwhile",
                    f"{ref} is at version {known.flight.version}, and this replaces version {replaces}",
                    where="replaces",
                    remedy="look at the newest version, and change that",
                )
            if known.flight.state is FlightState.ENDED:
                raise StateError("bad-move", f"{ref} has ended", where="state", remedy="declare a new flight")
            newer = replace(flight, version=replaces + 1, state=known.flight.state)
            draft = self.draft()
            self._declare(draft, newer)
            promise = self.commit(who, draft.facts)
            return Written(self._desk_flight(self.register.flights[ref]), promise)

    def move(self, who: Actor, ref: str, state: FlightState) -> Written[DeskFlight]:
        """An own flight in another state. Receipts stay: what was signed for has not changed.

        Raises:
            UnknownError: `unknown-flight`. ForbiddenError: `foreign`. StateError: `bad-move`.
        """
        with self.lock:
            known = self._own(ref)
            if state not in known.flight.allowed_moves:
                allowed = ", ".join(sorted(known.flight.allowed_moves)) or "nothing"
                raise StateError(
                    "bad-move",
                    f"flight {ref} cannot go from {known.flight.state} to {state}",
                    where="state",
                    remedy=f"from {known.flight.state} it can go to: {allowed}",
                )
            draft = self.draft()
            draft.add(FlightMoved(flight=ref, state=state))
            draft.tell_all(TellState(flight=ref, state=state))
            draft.notices(replace(known, flight=known.flight.moved(state)))
            promise = self.commit(who, draft.facts)
            return Written(self._desk_flight(self.register.flights[ref]), promise)

    def zones(self) -> tuple[Zone, ...]:
        """Zones in force or to come, of all parties."""
        now = self.now()
        with self.lock:
            return tuple(
                zone
                for zone in self.register.zones.values()
                if not zone.lifted and max(volume.end for volume in zone.volumes) >= now
            )

    def set_zone(self, who: Actor, zone: Zone) -> Written[Zone]:
        """A zone of this party: new, or its next version.

        Raises:
            InputError: what `check_zone` raises. ForbiddenError: `foreign`.
        """
        check_zone(zone, self.now())
        with self.lock:
            if zone.party != self.party:
                raise ForbiddenError("foreign", f"the zone is of {zone.party}", where="party")
            before = self.register.zones.get(self.register.zone_ref(self.party, zone.id))
            newer = replace(zone, version=before.version + 1 if before else 1, lifted=False)
            return self._set_zone(who, newer)

    def lift_zone(self, who: Actor, zone: str) -> Written[Zone]:
        """Takes an own zone back.

        Raises:
            UnknownError: `unknown-zone`. StateError: `bad-move`: lifted already.
        """
        with self.lock:
            before = self.register.zones.get(self.register.zone_ref(self.party, zone))
            if before is None:
                raise UnknownError("unknown-zone", f"this party has no zone {zone!r}", where="zone")
            if before.lifted:
                raise StateError("bad-move", f"zone {zone} is lifted already", where="zone")
            return self._set_zone(who, replace(before, version=before.version + 1, lifted=True))

    def _set_zone(self, who: Actor, zone: Zone) -> Written[Zone]:
        draft = self.draft()
        draft.add(ZoneSet(zone=zone))
        draft.tell_all(TellZone(zone=zone))
        return Written(zone, self.commit(who, draft.facts))

    def _declare(self, draft: Draft, flight: Flight) -> None:
        draft.add(FlightDeclared(flight=flight))
        draft.tell_all(TellFlight(flight=disclosed(flight)))
        draft.notices(KnownFlight.of(flight.id, flight, own=True, since=self.now()))

    def _check_party(self, flight: Flight) -> None:
        if flight.party != self.party:
            raise ForbiddenError(
                "foreign",
                f"flight {flight.id} is of {flight.party}",
                where="party",
                remedy="declare your own",
            )

    def _check_new(self, flight: Flight, ids: set[str]) -> None:
        self._check_party(flight)
        known = self.register.flights.get(flight.id)
        if (known is not None and known.own) or flight.id in ids:
            raise StateError(
                "duplicate",
                f"{flight.id} is declared {'already' if known and known.own else 'twice here'}",
                where="id",
                remedy="amend that flight, or choose another id",
            )
        ids.add(flight.id)

    def _conflicts_before(self, flight: Flight) -> tuple[FlightConflict, ...]:
        """Of a flight that may not be declared yet; another party's may have its id as a name."""
        known = self.register.flights.get(flight.id)
        if known is None or known.own:
            return self.airspace.conflicts_of(flight.id, flight)
        return tuple(replace(one, flight=flight.id) for one in self.airspace.conflicts_of("", flight))

    def _by_start(self) -> list[KnownFlight]:
        return sorted(self.register.flights.values(), key=lambda one: (one.start, one.ref))

    def _known(self, ref: str) -> KnownFlight:
        known = self.register.flights.get(ref)
        if known is None:
            raise UnknownError("unknown-flight", f"no flight {ref!r} is known to this node", where="flight")
        return known

    def _own(self, ref: str) -> KnownFlight:
        known = self._known(ref)
        if not known.own:
            raise ForbiddenError(
                "foreign",
                f"flight {ref} is of {known.flight.party}",
                where="flight",
                remedy="only its owner may do this",
            )
        return known

    def _coverage(self, known: Iterable[KnownFlight]) -> dict[str, tuple[Coverage, ...]]:
        """Of those that are this party's own, by ref."""
        now, directory = self.now(), self.register.directory()
        doubts = self.reach.doubts(now)
        return {
            one.ref: coverage(self.register, one, now, self.crossings, directory, doubts) for one in known if one.own
        }

    def _desk_flight(self, known: KnownFlight, covered: tuple[Coverage, ...] | None = None) -> DeskFlight:
        if covered is None:
            covered = self._coverage([known]).get(known.ref, ())
        return DeskFlight(
            ref=known.ref,
            own=known.own,
            flight=known.flight,
            coverage=covered,
            conflicts=self.airspace.conflicts_of(known.ref, known.flight),
            looks=len(self.register.looks.get(known.ref, ())) if known.own else 0,
            conformance=(self.monitor.of(known.ref) or self.register.conformance.get(known.ref)) if known.own else None,
        )


def _refuse(flight: Flight, conflicts: Sequence[FlightConflict]) -> None:
    if conflicts:
        names = ", ".join(f"{one.kind} {one.other}" for one in conflicts)
        raise StateError(
            "conflict",
            f"flight {flight.id} shares air and time with {names}",
            where="volumes",
            remedy="move it apart, or declare it with its conflicts",
        )
