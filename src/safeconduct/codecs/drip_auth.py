"""Checks signed Remote ID (RFC 9575): who made these messages, and was it a registered key?

A pure state machine over what transmitters send, beside `remote_id_assembly`, which it tells what it found in order.
Nothing is trusted by default: without registries nothing is ever authenticated.

*The chain.* A Link is a registry's word for a key. It counts if the parent is a registry that the node trusts, or one
for which such a registry vouched; if the tag belongs to the key; and if the child is in the parent's domain, one level
below. An HDA's child is an aircraft and vouches for nobody. So an HDA that signs with a second key (the Issue key of
RFC 9886) must be trusted with that key: no tag tells such a key from an aircraft's. Every link of the chain must be
valid when it is used. A Link proves nothing about a position, and may be repeated by anybody.

*The evidence.* A Wrapper covers the messages in it, or in the pack around it; a Manifest covers the messages and packs
of this transmitter whose hashes it names, as far as they were heard, and names the Link too: that of another Link is no
evidence. A Frame is checked and covers nothing, since no kind of it says anything yet.

*Replays.* A signature holds for ever, so a Location counts only if its own time was resolved (`measured_at`), lies
within `FRESH_S` of the time signed, and the times signed are of now. What one transmitter sent is not covered again
when another one sends it. What is left: within that minute, somebody else may be the first to bring it here. Its place
and time are still those that the aircraft signed.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import TypeVar

from safeconduct.codecs.drip import EntityTag, Level, hash_of_message
from safeconduct.codecs.drip_messages import LEDGER_HASHES, WRAPPED_TYPES, Evidence, Link, Method, decode_signed
from safeconduct.codecs.drip_pages import join, page_of
from safeconduct.codecs.remote_id import MESSAGE_BYTES, PACK_HEADER_BYTES, decode_message, is_pack, parts_of
from safeconduct.codecs.remote_id_assembly import HOLD_S, MAX_SKEW_S, Covered, measured_at, name_of
from safeconduct.codecs.remote_id_messages import Location, Message
from safeconduct.errors import InputError, WireError
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.key import KEY_BYTES, bytes_of
from safeconduct.model.tag_registry import TagRegistry

CLOCK_S = 5.0
"""A time signed may lie this far in the future: clocks differ."""
FRESH_S = MAX_SKEW_S
"""RFC 9575 section 3.2.4.3: what is signed is signed at once. RFC 9575 section 6.3: at least every five seconds."""
MAX_HEARD = 64
"""Messages and packs of one transmitter kept for its next Manifest: eleven, and room for packs and repeats."""
MAX_PAGED = 4
"""Authentication messages of one transmitter under way at once; RFC 9575 appendix B.2 has two."""
MAX_KEYS = 4096
"""Endorsed keys remembered; the one whose Link was heard longest ago is forgotten first."""
MAX_LINKS = 4
"""Links of one aircraft that its Manifests may name: a registry renews them."""


@dataclass(slots=True)
class _Key:
    """A key, and when (Unix seconds) all that vouches for it is valid."""

    key: bytes
    not_before: float = -inf
    not_after: float = inf

    def check(self, now: float) -> None:
        """Raises WireError `not-yet-valid`, `expired`."""
        check_times(self.not_before, self.not_after, now)


@dataclass(slots=True)
class _Aircraft(_Key):
    """The hashes of its Links, and what it lately called itself under its signature."""

    links: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    names: dict[IdentifierKind, tuple[Identifier, float]] = field(default_factory=dict)


K = TypeVar("K", bound=_Key)


@dataclass(slots=True)
class _Paged:
    """One authentication message under way."""

    began: float
    pages: dict[int, bytes] = field(default_factory=dict)
    done: bool = False


@dataclass(slots=True)
class _Sender:
    name: str
    heard: float
    octets: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    paged: OrderedDict[int | None, _Paged] = field(default_factory=OrderedDict)


class SignatureCheck:
    """What is known of keys, and of the transmitters heard within `HOLD_S`.

    Args:
        registries: those that the node trusts.

    Raises:
        WireError: `key-mismatch` for a registry whose tag is not its key's; `unknown-suite`.
    """

    def __init__(self, registries: Iterable[TagRegistry]) -> None:
        self._trusted: dict[EntityTag, _Key] = {}
        self._endorsed: OrderedDict[EntityTag, _Key] = OrderedDict()
        self._aircraft: OrderedDict[EntityTag, _Aircraft] = OrderedDict()
        self._senders: OrderedDict[str, _Sender] = OrderedDict()
        self._covered: OrderedDict[tuple[EntityTag, Location, float], str] = OrderedDict()
        self._refused: list[InputError] = []
        for registry in registries:
            tag, key = EntityTag.named(registry.tag), bytes_of(registry.public, KEY_BYTES, "public")
            if not tag.belongs_to(key):
                raise WireError("key-mismatch", f"{registry.tag.value} is not the tag of this key", where=registry.name)
            self._trusted[tag] = _Key(key)

    def hear(
        self, transmitter: str, received: float, payload: bytes, counter: int | None = None
    ) -> tuple[list[Covered], list[InputError]]:
        """What signatures cover that one transmission completes, and why others were not taken.

        Args:
            transmitter: address that joins messages.
            received: Unix seconds UTC, never decreasing from call to call.
            payload: a pack, or a lone message.
            counter: of the sender's messages; tells the pages of one message from those of the next.
        """
        sender = self._sender(transmitter, received)
        self._refused = []
        covered: list[Covered] = []
        try:
            parts = [part for part in parts_of(payload) if len(part) == MESSAGE_BYTES]
        except WireError:
            return [], []  # whoever decodes the messages counts it
        _keep(sender, payload, parts)
        try:
            data = _authentication(sender, received, payload, parts, counter)
            if data is not None:
                signed = decode_signed(data)
                if isinstance(signed, Link):
                    self._take(signed, received)
                else:
                    covered = self._covers(sender, signed, parts, received)
        except WireError as error:
            self._refused.append(error)
        return covered, self._refused

    def _sender(self, transmitter: str, now: float) -> _Sender:
        while self._senders:
            name, sender = next(iter(self._senders.items()))
            if now - sender.heard <= HOLD_S:
                break
            del self._senders[name]
        sender = self._senders.setdefault(transmitter, _Sender(transmitter, now))
        self._senders.move_to_end(transmitter)
        sender.heard = now
        return sender

    def _take(self, link: Link, now: float) -> None:
        """Remember a key for which a trusted registry vouches.

        Raises:
            WireError: `unknown-registry`, `wrong-registry`, `key-mismatch`, `bad-signature`, `not-yet-valid`,
                `expired`.
        """
        child, parent = link.child.name.value, link.parent.name.value
        voucher = self._trusted.get(link.parent) or self._endorsed.get(link.parent)
        if voucher is None:
            raise WireError("unknown-registry", f"{parent} is no registry that is trusted here")
        if not link.parent.may_vouch_for(link.child):
            raise WireError("wrong-registry", f"{child} is not in the domain of {parent}")
        if not link.child.belongs_to(link.key):
            raise WireError("key-mismatch", f"{child} is not the tag of the key in its Link")
        if not link.is_signed_by(voucher.key):
            raise WireError("bad-signature", f"the Link of {child} is not as its registry signed it")
        voucher.check(now)
        check_times(link.not_before, link.not_after, now)
        not_before, not_after = max(voucher.not_before, link.not_before), min(voucher.not_after, link.not_after)
        if link.parent.level is not Level.HDA:
            _renew(self._endorsed, link.child, _Key(link.key, not_before, not_after))
        else:
            aircraft = _renew(self._aircraft, link.child, _Aircraft(link.key, not_before, not_after))
            aircraft.links[hash_of_message(link.octets)] = None
            if len(aircraft.links) > MAX_LINKS:
                aircraft.links.popitem(last=False)

    def _covers(self, sender: _Sender, signed: Evidence, parts: Sequence[bytes], now: float) -> list[Covered]:
        """What an aircraft's signature covers: at most one.

        Raises:
            WireError: `unregistered`, `bad-signature`, `not-yet-valid`, `expired`, `other-link`.
        """
        who = signed.tag.name
        aircraft = self._aircraft.get(signed.tag)
        if aircraft is None:
            raise WireError("unregistered", f"no trusted registry has vouched for {who.value} so far")
        around: list[bytes] = []
        if signed.method is Method.WRAPPER and not signed.evidence:
            unpaged = [part for part in parts if part[0] >> 4 in WRAPPED_TYPES]
            around = sorted(unpaged, key=lambda part: part[0] >> 4)
        if not signed.is_signed_by(aircraft.key, b"".join(around)):
            raise WireError("bad-signature", f"this is not as {who.value} signed it")
        aircraft.check(now)
        check_times(signed.not_before, signed.not_after, now)
        if signed.method is Method.FRAME:
            return []
        messages = (
            _messages(around or signed.wrapped) if signed.method is Method.WRAPPER else _named(sender, signed, aircraft)
        )
        for message in messages:
            if (name := name_of(message)) and name.kind is not IdentifierKind.DRIP_ENTITY_TAG:
                aircraft.names[name.kind] = (name, now)
        locations = tuple(self._fresh(sender.name, signed, messages, now))
        names = [name for name, heard in aircraft.names.values() if now - heard <= HOLD_S]
        return [Covered(tuple(sorted((who, *names))), locations)] if locations else []

    def _fresh(self, transmitter: str, signed: Evidence, messages: Iterable[Message], now: float) -> Iterator[Location]:
        """The Locations that are of now and of the time signed, and come from where they came from before, if ever."""
        who = signed.tag.name.value
        while self._covered and next(iter(self._covered))[2] < now - 2.0 * FRESH_S:
            self._covered.popitem(last=False)
        for location in messages:
            if not isinstance(location, Location) or location.lat is None:
                continue
            time = measured_at(location.hour_s, now)
            if time is None or abs(time - signed.not_before) > FRESH_S:
                self._refused.append(WireError("stale", f"a signed Location of {who} is not of now"))
                continue
            first = self._covered.setdefault((signed.tag, location, time), transmitter)
            if first == transmitter:
                yield location
            else:
                what = f"a signed Location of {who} came from another transmitter before"
                self._refused.append(WireError("relayed", what))


def check_times(not_before: float, not_after: float, now: float) -> None:
    """Raises WireError `not-yet-valid`, `expired`. Unix seconds."""
    if now < not_before - CLOCK_S:
        raise WireError("not-yet-valid", f"a signature is valid in {not_before - now:.0f} s from now")
    if now > not_after:
        raise WireError("expired", f"a signature was valid until {now - not_after:.0f} s ago")


def _renew(known: OrderedDict[EntityTag, K], tag: EntityTag, new: K) -> K:
    """The key known for a tag, valid for as long as the longest of what vouched for it."""
    old = known.setdefault(tag, new)
    if new.not_after >= old.not_after:
        old.not_before, old.not_after = new.not_before, new.not_after
    known.move_to_end(tag)
    if len(known) > MAX_KEYS:
        known.popitem(last=False)
    return old


def _keep(sender: _Sender, payload: bytes, parts: Sequence[bytes]) -> None:
    """Remember what a Manifest may name: packs, and messages alone."""
    alone = [part for part in parts if page_of(part) is None]
    pack = payload[: PACK_HEADER_BYTES + MESSAGE_BYTES * len(parts)]
    for octets in [pack, *alone] if is_pack(payload) else alone:
        sender.octets[octets] = None
        sender.octets.move_to_end(octets)
    while len(sender.octets) > MAX_HEARD:
        sender.octets.popitem(last=False)


def _authentication(
    sender: _Sender, now: float, payload: bytes, parts: Sequence[bytes], counter: int | None
) -> bytes | None:
    """Authentication data that are whole now; None where there are none. A pack holds all pages of its own.

    Raises:
        WireError: `bad-pages`.
    """
    pages = {number: part for part in parts if (number := page_of(part)) is not None}
    if not pages:
        return None
    if not is_pack(payload):
        return _paged(sender, now, counter, pages)
    data = join(pages)
    if data is None:
        raise WireError("bad-pages", f"a pack with the pages {sorted(pages)} of an authentication message")
    return data


def _paged(sender: _Sender, now: float, counter: int | None, pages: dict[int, bytes]) -> bytes | None:
    """A lone page, with those that came before it; None until they make a message. Raises WireError `bad-pages`."""
    for key, paged in list(sender.paged.items()):
        if now - paged.began > HOLD_S:
            del sender.paged[key]
    [(number, octets)] = pages.items()
    paged = sender.paged.setdefault(counter, _Paged(now))
    if paged.pages.get(number, octets) != octets:
        paged = sender.paged[counter] = _Paged(now)  # the same page of the next message
    sender.paged.move_to_end(counter)
    if len(sender.paged) > MAX_PAGED:
        sender.paged.popitem(last=False)
    paged.pages[number] = octets
    if paged.done:
        return None
    try:
        data = join(paged.pages)
    except WireError:
        del sender.paged[counter]
        raise
    paged.done = data is not None
    return data


def _named(sender: _Sender, signed: Evidence, aircraft: _Aircraft) -> list[Message]:
    """The messages heard that a Manifest names, in the order in which they were heard.

    Raises:
        WireError: `other-link`: it names another Link than those of this aircraft.
    """
    if signed.hashes[LEDGER_HASHES - 1] not in aircraft.links:
        raise WireError("other-link", f"a Manifest of {signed.tag.name.value} names a Link that was not heard")
    hashes = set(signed.hashes[LEDGER_HASHES:])
    named = [octets for octets in sender.octets if hash_of_message(octets) in hashes]
    return _messages(part for octets in named for part in parts_of(octets))


def _messages(parts: Iterable[bytes]) -> list[Message]:
    """The good messages among some; the others are counted where all are decoded."""
    messages = []
    for part in parts:
        try:
            messages.append(decode_message(part))
        except WireError:
            continue
    return messages
