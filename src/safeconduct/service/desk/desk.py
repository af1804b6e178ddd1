"""The desk, whole: flights, posts and peers over one set of books; what it shows, and what it does of itself."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from safeconduct.coordination.known import KnownFlight
from safeconduct.coordination.off_plan import OffPlanWarner
from safeconduct.coordination.warnings import OperatorWarner
from safeconduct.model.advisory import Advisory
from safeconduct.model.board import BoardTrack
from safeconduct.model.conflict import ConflictWith
from safeconduct.model.conformance import FlightSeen
from safeconduct.model.desk import DeskFlight, DeskView
from safeconduct.model.entry import Actor, AdvisoryGiven, ConformanceNoted, Fact, Looked, SignedIn, StandingChanged
from safeconduct.model.flight import Flight, FlightState
from safeconduct.model.person import Role
from safeconduct.model.record import RecordHead, SignedPromise
from safeconduct.picture.advisories import PostAdviser
from safeconduct.service.desk.books import NodeIdentity
from safeconduct.service.desk.flights import FlightDesk
from safeconduct.service.desk.peers import PeerDesk
from safeconduct.service.desk.posts import PostDesk
from safeconduct.service.recorder import Recorder
from safeconduct.store.base import StoreError

SHOWN_ADVISORIES = 50
Evidence = Callable[[str], tuple[str, ...]]
FLOWN_ON_S = 3600.0
"""A flight that nobody has ended is spoken of for this long after its declaration: its aircraft may still be there."""


class Desk(FlightDesk, PostDesk, PeerDesk):
    """One node's desk. Thread-safe; a use case returns when what it did is durable.

    Who may ask for what, the face decides before it asks (`service.access`); what needs the books is checked here.
    """

    def __init__(self, identity: NodeIdentity, recorder: Recorder) -> None:
        super().__init__(identity, recorder)
        self._hire_advisers()

    def signed_in(self, who: Actor, by: str) -> SignedPromise:
        """Somebody signed in."""
        if who.person is None or who.role is None:
            raise ValueError("only a person signs in")
        fact = SignedIn(person=who.person, role=who.role, post=who.post, by=by)
        return self.commit(who, [fact])

    def looked_at_board(self, who: Actor) -> None:
        """Somebody opened the live picture."""
        self.commit(who, [Looked(subject="board", ref="", version=0)])

    def looked_at_last_contact(self, who: Actor, track: str, time: float) -> None:
        """Somebody opened where the aircraft of a lost track lies if it fell: recorded once a role and last contact.

        Args:
            track: its id, for people to read: another run of the node gives it to another aircraft.
            time: of the last contact, Unix seconds; it tells one loss from another, as the version does of a flight.
        """
        with self.lock:
            if (track, int(time), str(who.role)) not in self.register.looked:
                self.commit(who, [Looked(subject="last-contact", ref=track, version=int(time))])

    def advisories(self, who: Actor) -> tuple[Advisory, ...]:
        """What this role, at this post, was told; newest first. An officer sees all."""
        with self.lock:
            return tuple(
                advisory
                for advisory in reversed(self.register.advisories)
                if who.role is Role.OFFICER or (advisory.role, advisory.post) == (who.role, who.post)
            )

    def record_head(self) -> RecordHead:
        """The record's newest checkpoint."""
        return self.recorder.head()

    def checkpoint_note(self) -> str:
        """The newest checkpoint as a signed note; empty before the first."""
        checkpoint = self.recorder.checkpoint
        return checkpoint.note if checkpoint else ""

    def tick(
        self,
        tracks: Iterable[BoardTrack] = (),
        evidence: Evidence = lambda track: (),
        seen: Iterable[FlightSeen] = (),
        standings: Sequence[StandingChanged] = (),
    ) -> tuple[Advisory, ...]:
        """What the passing of time brings: shifts that are over, notices of flights that are, and advisories.

        Args:
            tracks: the board's, as of now.
            evidence: the sentences behind a track's standing.
            seen: what was measured of tracks that are identified as flights.
            standings: what goes on the record of these tracks; it is there when this returns.
        """
        now = self.now()
        with self.lock:
            self._end_what_is_over(now)
            return self._advise(now, tracks, evidence, seen, standings)

    def _hire_advisers(self) -> None:
        """They know what is on the record, and nothing else."""
        given = tuple(self.register.advisories)
        self._adviser = PostAdviser(given)
        self._warner = OperatorWarner(given)
        self._off_plan = OffPlanWarner(given)

    def _end_what_is_over(self, now: float) -> None:
        for shift in tuple(self.register.shifts.values()):
            if now > shift.until:
                draft = self.draft()
                self._end(draft, shift)
                self.commit(Actor(party=self.party), draft.facts)
        draft = self.draft()
        for notice in tuple(self.register.notices.values()):
            known = self.register.flights[notice.flight]
            if known.end < now:
                draft.notices(known, posts={notice.post: self.register.posts[notice.post]})
        if draft.facts:
            self.commit(Actor(party=self.party), draft.facts)

    def _advise(
        self,
        now: float,
        tracks: Iterable[BoardTrack],
        evidence: Evidence,
        seen: Iterable[FlightSeen],
        standings: Sequence[StandingChanged],
    ) -> tuple[Advisory, ...]:
        register = self.register
        current = [
            known
            for known in register.flights.values()
            if known.flight.state is not FlightState.ENDED and known.end + FLOWN_ON_S >= now
        ]
        flights = {known.ref: named(known) for known in current}
        crews = [(register.posts[post], shift.number) for post, shift in register.shifts.items()]
        names = self._party_names()
        said = list(self._adviser.advise(now, crews, tracks, flights, evidence, names))
        lines = [line for covered in self._coverage(current).values() for line in covered]
        own = {known.ref: flights[known.ref] for known in current if known.own}
        said += self._warner.warn(now, lines, own, names)
        self.monitor.watch(own, seen)
        strayed = self._off_plan.warn(now, own, self.monitor.figures, evidence)
        said += strayed
        given = tuple(
            replace(advisory, id=f"a{register.advisories_given + number}")
            for number, advisory in enumerate(said, start=1)
        )
        facts: list[Fact] = [*standings, *(AdvisoryGiven(advisory=advisory) for advisory in given)]
        facts += self._conformance({advisory.flight for advisory in strayed}, own)
        if facts:
            try:
                self.commit(Actor(party=self.party), facts)
            except StoreError:
                self._hire_advisers()  # nobody was told: it is to be said again
                raise
        for ref in self.monitor.figures.keys() - own.keys():
            self.monitor.let_go(ref)
        return given

    def _conformance(self, told: Iterable[str], own: Mapping[str, Flight]) -> list[ConformanceNoted]:
        """What goes on the record of how flights keep to their volumes: of those that the operators are told of now,
        and of those that are over. What is there already does not."""
        figures = self.monitor.figures
        return [
            ConformanceNoted(flight=ref, conformance=figures[ref])
            for ref in sorted({*told, *(figures.keys() - own.keys())})
            if self.register.conformance.get(ref) != figures[ref]
        ]

    def _party_names(self) -> dict[str, str]:
        """As their cards say, or who told of those that have none."""
        claimed = {claim.party: claim.name for claim in self.register.claims}
        cards = {party: peer.card.name for party, peer in self.register.peers.items()}
        return {**claimed, **cards, self.party: self.identity.name}

    def view(self, who: Actor) -> DeskView:
        """Everything that one session may see."""
        with self.lock:
            officer, crew = who.role is Role.OFFICER, who.role is Role.CREW
            person = self.register.people.get(who.person or "")
            told = who.role in (Role.OFFICER, Role.OPERATOR, Role.CREW)
            return DeskView(
                number=self.number,
                time=self.now(),
                rehearsal=self.rehearsal,
                node=self.party,
                person=who.person or "",
                person_name=person.name if person else "",
                role=who.role or Role.WATCH,
                post=who.post,
                flights=self._seen_flights(who),
                zones=self.zones(),
                posts=self.posts(who) if told else (),
                inbox=self._inbox(who.post) if crew and who.post in self.register.posts else (),
                advisories=self.advisories(who)[:SHOWN_ADVISORIES] if told else (),
                people=tuple(self.register.people.values()) if officer else (),
                peers=self.peers(who) if officer or who.role is Role.OPERATOR else (),
                directory=self.register.directory() if told else (),
                record=self.record_head(),
            )

    def _seen_flights(self, who: Actor) -> tuple[DeskFlight, ...]:
        """Coverage, which names posts, and conformance are for those who declare and those who run the node. A crew is
        told of the flights before its post and of its own party's, and of conflicts among those."""
        if who.role in (Role.OFFICER, Role.OPERATOR):
            return self.flights(who)
        known = self._by_start()
        if who.role is Role.CREW:
            before = self.register.by_post.get(who.post or "", {})
            known = [one for one in known if one.own or one.ref in before]
        refs = {one.ref for one in known}
        seen = (self._desk_flight(one, ()) for one in known)
        return tuple(
            replace(
                flight,
                looks=0,
                conformance=None,
                conflicts=tuple(one for one in flight.conflicts if one.kind is ConflictWith.ZONE or one.other in refs),
            )
            for flight in seen
        )


def named(known: KnownFlight) -> Flight:
    """A flight by the name that it has at this node."""
    return known.flight if known.flight.id == known.ref else replace(known.flight, id=known.ref)
