"""Posts, people and their keys, shifts, inboxes and receipts at the desk."""

from dataclasses import dataclass

from safeconduct.coordination.crossing import misread as is_misread
from safeconduct.coordination.crossing import read_back_error_m
from safeconduct.coordination.notices import check_clock, check_receipt, notice_of, on_duty, post_word
from safeconduct.errors import ForbiddenError, StateError, UnknownError
from safeconduct.model.desk import DeskPost, InboxItem
from safeconduct.model.entry import (
    Actor,
    KeyEnrolled,
    KeyRevoked,
    NoticeMoved,
    PersonSet,
    PostSet,
    ReceiptTaken,
    ShiftBegan,
    ShiftEnded,
    begin_bytes,
)
from safeconduct.model.key import key_id, verifies
from safeconduct.model.message import PostFact
from safeconduct.model.notice import Notice, NoticeState
from safeconduct.model.person import Person, PersonKey, Role
from safeconduct.model.post import Post, Shift
from safeconduct.model.receipt import Answer, ReceiptState, SignedReceipt
from safeconduct.service.desk.books import Books, Draft, Written


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTaken:
    """What became of a receipt: `misread` means that the crew must look again."""

    state: ReceiptState
    read_back_error_m: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonAnswer:
    """A person and the keys that they enrolled."""

    person: Person
    keys: tuple[PersonKey, ...]


class PostDesk(Books):
    """What happens at this node's own posts."""

    def posts(self, who: Actor) -> tuple[DeskPost, ...]:
        """This node's posts; for a crew its own."""
        with self.lock:
            return tuple(
                self._desk_post(post)
                for post in self.register.posts.values()
                if who.role is not Role.CREW or who.post == post.id
            )

    def set_post(self, who: Actor, post: Post) -> Written[DeskPost]:
        """A post, new or changed; flights that cross its sector now are put before it.

        Raises:
            ForbiddenError: `foreign`.
        """
        with self.lock:
            if post.party != self.party:
                raise ForbiddenError("foreign", f"the post is of {post.party}", where="party")
            draft = self.draft()
            draft.add(PostSet(post=post))
            for known in self.register.flights.values():
                draft.notices(known, posts={post.id: post})
            promise = self.commit(who, draft.facts)
            return Written(self._desk_post(post), promise)

    def people(self, who: Actor) -> tuple[PersonAnswer, ...]:
        """Everybody who may sign in, with their keys."""
        with self.lock:
            return tuple(
                PersonAnswer(person=person, keys=self.register.keys_of(person.id))
                for person in self.register.people.values()
            )

    def person(self, person: str) -> Person | None:
        """One person."""
        with self.lock:
            return self.register.people.get(person)

    def set_person(self, who: Actor, person: Person) -> Written[Person]:
        """A person, new or changed. Whose role or post changes loses the keys: they were enrolled for another duty.

        Raises:
            UnknownError: `unknown-post`.
            StateError: `last-officer`: nobody would be left who can set people, posts and peers.
        """
        with self.lock:
            if person.post is not None and person.post not in self.register.posts:
                raise UnknownError("unknown-post", f"there is no post {person.post!r} here", where="post")
            if person.role is not Role.OFFICER and self._officers() == {person.id}:
                raise StateError(
                    "last-officer",
                    f"{person.id} is the only officer of this node",
                    where="role",
                    remedy="make another officer first",
                )
            draft = self.draft()
            draft.add(PersonSet(person=person))
            before = self.register.people.get(person.id)
            if before is not None and (before.role, before.post) != (person.role, person.post):
                for key in self.register.keys_of(person.id):
                    self._revoke(draft, key)
            return Written(person, self.commit(who, draft.facts))

    def enrol_key(self, who: Actor, public: str) -> Written[PersonKey]:
        """The public half of a key that the person who is signed in made on a device. That they hold it was checked.

        Raises:
            StateError: `duplicate`: enrolled already. ForbiddenError: nobody is signed in as a person.
        """
        with self.lock:
            if who.person is None or who.person not in self.register.people:
                raise ForbiddenError("no-person", "a key belongs to a person", remedy="sign in with a person's link")
            if public in self.register.keys:
                raise StateError(
                    "duplicate",
                    "this key is enrolled already",
                    where="public",
                    remedy="sign in with it, or make another",
                )
            key = PersonKey(person=who.person, public=public, time=self.now())
            return Written(key, self.commit(who, [KeyEnrolled(key=key)]))

    def revoke_key(self, who: Actor, person: str, fingerprint: str) -> Written[None]:
        """Takes a key off; a shift that signs with it ends, and its receipts with it.

        Raises:
            UnknownError: `unknown-key`.
        """
        with self.lock:
            for key in self.register.keys_of(person):
                if key_id(key.public) == fingerprint:
                    draft = self.draft()
                    self._revoke(draft, key)
                    return Written(None, self.commit(who, draft.facts))
            raise UnknownError("unknown-key", f"{person} has no key {fingerprint!r}", where="key")

    def person_of_key(self, public: str) -> Person | None:
        """Whose key this is."""
        with self.lock:
            key = self.register.keys.get(public)
            return self.register.people.get(key.person) if key else None

    def begin_shift(self, who: Actor, shift: Shift, signature: str) -> Written[Shift]:
        """A crew takes its post over. The receipts of the crew before it die: the new one gets every notice anew.

        Raises:
            UnknownError: `unknown-post`. InputError: `clock-off`. StateError: `old-shift`.
            ForbiddenError: `other-post`, `wrong-key`, `bad-signature`.
        """
        with self.lock:
            if shift.post not in self.register.posts:
                raise UnknownError("unknown-post", f"there is no post {shift.post!r} here", where="shift.post")
            key = self.register.keys.get(shift.key)
            if (who.person, who.post) != (shift.person, shift.post):
                raise ForbiddenError(
                    "other-post",
                    f"{who.person} of {who.post} cannot begin the shift",
                    where="shift",
                    remedy="sign in there",
                )
            if key is None or key.person != shift.person:
                raise ForbiddenError(
                    "wrong-key", f"the key is not one of {shift.person}'s", where="shift.key", remedy="enrol it first"
                )
            if not verifies(shift.key, begin_bytes(shift, rehearsal=self.rehearsal), signature):
                raise ForbiddenError(
                    "bad-signature", "the signature is not this key's over this shift", where="signature"
                )
            check_clock(shift.start, self.now(), "shift.start")
            if shift.until <= self.now():
                raise StateError(
                    "old-shift", "the shift is over before it begins", where="shift.until", remedy="set the clock"
                )
            expected = self.register.shift_numbers.get(shift.post, 0) + 1
            if shift.number != expected:
                raise StateError(
                    "old-shift",
                    f"the next shift of {shift.post} is number {expected}",
                    where="shift.number",
                    remedy="look at the post again: somebody has taken it over",
                )
            draft = self.draft()
            draft.add(ShiftBegan(shift=shift, signature=signature))
            self._renew(draft, self.register.shifts | {shift.post: shift}, shift.post)
            return Written(shift, self.commit(who, draft.facts))

    def end_shift(self, who: Actor, post: str) -> Written[None]:
        """The crew stands down; the post is unmanned and its receipts are dead. An officer may end any shift.

        Raises:
            StateError: `not-on-duty`: nobody is.
            ForbiddenError: `other-post`; `not-on-duty`: somebody else of the crew is.
        """
        with self.lock:
            if who.role is Role.CREW and who.post != post:
                raise ForbiddenError("other-post", f"{who.person} is not of {post}", where="post")
            shift = self.register.shifts.get(post)
            if shift is None:
                raise StateError("not-on-duty", f"nobody is on duty at {post}", where="post")
            if who.role is Role.CREW and who.person != shift.person:
                raise ForbiddenError(
                    "not-on-duty",
                    f"{shift.person} is on duty at {post}, not {who.person}",
                    where="post",
                    remedy="take the post over, or ask an officer to end the shift",
                )
            draft = self.draft()
            self._end(draft, shift)
            return Written(None, self.commit(who, draft.facts))

    def inbox(self, who: Actor, post: str) -> tuple[InboxItem, ...]:
        """What is before a post: what waits for an answer first, and of that what enters soonest.

        Raises:
            UnknownError: `unknown-post`. ForbiddenError: `other-post`.
        """
        with self.lock:
            if post not in self.register.posts:
                raise UnknownError("unknown-post", f"there is no post {post!r} here", where="post")
            if who.post != post:
                raise ForbiddenError("other-post", f"{who.person} is not of {post}", where="post")
            return self._inbox(post)

    def shown(self, who: Actor, notice: str) -> Written[Notice]:
        """The crew on duty has it on its screen.

        Raises:
            UnknownError: `unknown-notice`.
            StateError: `not-on-duty`: nobody is; `bad-move`: it was shown already.
            ForbiddenError: `not-on-duty`: somebody else is.
        """
        with self.lock:
            found = notice_of(self.register, notice, who.post)
            shift = on_duty(self.register, found.post, self.now())
            if shift.person != who.person:
                raise ForbiddenError(
                    "not-on-duty", f"{who.person} is not the crew on duty", where="notice", remedy="take the post over"
                )
            draft = self.draft()
            draft.add(NoticeMoved(notice=found.id, state=NoticeState.SHOWN))
            if found.state is not NoticeState.PUT:
                raise StateError("bad-move", "it was shown already", where="notice", remedy="nothing to do")
            known = self.register.flights[found.flight]
            post = self.register.posts[found.post]
            draft.tell_owner(known, post_word(post, self.register.shifts, known, found, self.now(), PostFact.SHOWN))
            promise = self.commit(who, draft.facts)
            return Written(self.register.notices[found.id], promise)

    def answer(self, who: Actor, signed: SignedReceipt) -> Written[AnswerTaken]:
        """A crew's receipt. It goes to the flight's owner with this party's word whose key it is.

        Raises:
            InputError: `clock-off`; `no-crossing`: the flight enters the sector nowhere.
            UnknownError: `unknown-post`, `unknown-notice`.
            ForbiddenError: `wrong-post`, `rehearsal-key`, `bad-signature`, `wrong-key`.
            StateError: `not-on-duty`, `old-shift`, `older-version`, `wrong-digest`, `not-shown`, `already-answered`.
        """
        receipt = signed.receipt
        with self.lock:
            if who.post != receipt.post:
                raise ForbiddenError(
                    "wrong-post", f"{who.person} is of {who.post}, not of {receipt.post}", where="receipt.post"
                )
            now = self.now()
            notice = check_receipt(self.register, signed, now, rehearsal=self.rehearsal)
            known = self.register.flights[notice.flight]
            post = self.register.posts[notice.post]
            error = None
            state = ReceiptState(receipt.answer.value)
            if receipt.answer is Answer.RECEIVED and receipt.read_back is not None:
                error = round(read_back_error_m(known.flight, post.sector, receipt.read_back), 1)
                if is_misread(error):
                    state = ReceiptState.MISREAD
            draft = self.draft()
            draft.add(ReceiptTaken(receipt=signed, state=state, read_back_error_m=error))
            moved = {ReceiptState.RECEIVED: NoticeState.RECEIVED, ReceiptState.REFUSED: NoticeState.REFUSED}.get(state)
            if moved is not None and moved is not notice.state:
                draft.add(NoticeMoved(notice=notice.id, state=moved))
            draft.tell_owner(known, self.vouched(signed, error, state))
            promise = self.commit(who, draft.facts)
            return Written(AnswerTaken(state=state, read_back_error_m=error), promise)

    def _officers(self) -> set[str]:
        return {person.id for person in self.register.people.values() if person.role is Role.OFFICER}

    def _inbox(self, post: str) -> tuple[InboxItem, ...]:
        items = []
        sector = self.register.posts[post].sector
        for notice in self.register.inbox(post):
            known = self.register.flights[notice.flight]
            crossed = self.crossings.of(known, sector)
            if crossed is None:
                continue
            last = self.register.answers.get(notice.id)
            items.append(
                InboxItem(
                    notice=notice,
                    flight=known.flight,
                    entry_time=crossed.entry_time,
                    exit_time=crossed.exit_time,
                    state=last.state if last else None,
                    read_back_error_m=last.read_back_error_m if last else None,
                    previous_version=self.register.signed.get((known.ref, post), 0),
                )
            )
        answered = (NoticeState.RECEIVED, NoticeState.REFUSED)
        return tuple(sorted(items, key=lambda item: (item.notice.state in answered, item.entry_time, item.notice.id)))

    def _desk_post(self, post: Post) -> DeskPost:
        waiting = sum(
            1 for notice in self.register.inbox(post.id) if notice.state in (NoticeState.PUT, NoticeState.SHOWN)
        )
        return DeskPost(
            post=post,
            shift=self.register.shifts.get(post.id),
            next_shift=self.register.shift_numbers.get(post.id, 0) + 1,
            waiting=waiting,
        )

    def _revoke(self, draft: Draft, key: PersonKey) -> None:
        draft.add(KeyRevoked(person=key.person, public=key.public))
        for shift in self.register.shifts.values():
            if shift.key == key.public:
                self._end(draft, shift)

    def _end(self, draft: Draft, shift: Shift) -> None:
        draft.add(ShiftEnded(post=shift.post, number=shift.number))
        left = {post: other for post, other in self.register.shifts.items() if post != shift.post}
        self._renew(draft, left, shift.post)

    def _renew(self, draft: Draft, shifts: dict[str, Shift], post: str) -> None:
        """Every notice of a post anew, for whoever is there now."""
        for known in self.register.flights.values():
            draft.notices(known, posts={post: self.register.posts[post]}, shifts=shifts)
