"""What the entries of a record claim with somebody's signature: whether it holds, entry after entry."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from safeconduct.federation.request import content_digest
from safeconduct.model.card import Card
from safeconduct.model.entry import (
    CardConfirmed,
    CardRevoked,
    CardTaken,
    Entry,
    MessageSent,
    MessageTaken,
    NodeOpened,
    ReceiptTaken,
    ShiftBegan,
    begin_bytes,
)
from safeconduct.model.key import key_id, verifies
from safeconduct.model.message import Message, TellReceipt
from safeconduct.model.post import Shift
from safeconduct.model.receipt import SignedReceipt


class Fault(NamedTuple):
    """What is wrong with an entry, as a short stable word, and why it is said, as a sentence."""

    what: str
    why: str


class Claims:
    """Checks the signatures in a record's entries, which are given in order, and who may have made them.

    Args:
        node, public, rehearsal: whose record it is, the key of its node, and whether it is a rehearsal's.
    """

    def __init__(self, node: str, public: str, *, rehearsal: bool) -> None:
        self._node, self._public, self._rehearsal = node, public, rehearsal
        self._cards: dict[str, dict[str, Card]] = defaultdict(dict)  # by party, by fingerprint
        self._confirmed: dict[str, dict[str, Card]] = defaultdict(dict)
        self._shifts: dict[tuple[str, int], Shift] = {}

    def faults(self, entry: Entry) -> Iterator[Fault]:
        """What is wrong with the next entry."""
        if entry.node != self._node:
            yield Fault("wrong-node", f"an entry of {entry.node} in the record of {self._node}")
        if entry.rehearsal != self._rehearsal:
            yield Fault("wrong-rehearsal", "a rehearsal's entry in a live record, or the other way round")
        match entry.fact:
            case NodeOpened() as opened:
                if (opened.party, opened.public) != (self._node, self._public):
                    yield Fault(
                        "wrong-key", f"{opened.party} opened it with the key {opened.public}, not {self._public}"
                    )
            case CardTaken() | CardConfirmed() | CardRevoked():
                yield from self._card(entry.fact)
            case ShiftBegan(shift=shift, signature=signature):
                self._shifts[shift.post, shift.number] = shift
                if not verifies(shift.key, begin_bytes(shift, rehearsal=entry.rehearsal), signature):
                    yield Fault("signature", f"the shift {shift.name} is not signed by its crew's key")
            case ReceiptTaken(receipt=receipt):
                yield from self._own_receipt(receipt)
            case MessageSent(message=message):
                if message.sender != self._node:
                    yield Fault("wrong-node", f"a message of {message.sender} in the outbox of {self._node}")
                yield from self._message(message, {self._public})
            case MessageTaken():
                yield from self._taken(entry.fact)

    def _card(self, fact: CardTaken | CardConfirmed | CardRevoked) -> Iterator[Fault]:
        if isinstance(fact, CardTaken):
            card = fact.card.card
            self._cards[card.party][key_id(card.public)] = card
            if not fact.card.genuine:
                yield Fault("signature", f"the card of {card.party} is not signed with the key on it")
            if card.rehearsal != self._rehearsal:
                yield Fault("wrong-rehearsal", f"the card of {card.party} is a rehearsal's, or the other way round")
        elif isinstance(fact, CardConfirmed):
            if fact.fingerprint not in self._cards[fact.party]:
                yield Fault(
                    "unknown-card", f"no card of {fact.party} with the fingerprint {fact.fingerprint} was taken"
                )
            else:
                self._confirmed[fact.party][fact.fingerprint] = self._cards[fact.party][fact.fingerprint]
        else:
            self._confirmed[fact.party].pop(fact.fingerprint, None)

    def _own_receipt(self, signed: SignedReceipt) -> Iterator[Fault]:
        receipt = signed.receipt
        shift = self._shifts.get((receipt.post, receipt.shift))
        if shift is None or shift.key != receipt.key:
            yield Fault(
                "wrong-key", f"the receipt of {receipt.post} is not by the key that began its shift {receipt.shift}"
            )
        yield from self._receipt(signed)

    def _receipt(self, signed: SignedReceipt) -> Iterator[Fault]:
        if not signed.genuine:
            yield Fault("signature", f"the receipt of {signed.receipt.post} is not signed by its crew's key")
        if signed.receipt.rehearsal != self._rehearsal:
            yield Fault(
                "wrong-rehearsal", f"the receipt of {signed.receipt.post} is a rehearsal's, or the other way round"
            )

    def _taken(self, taken: MessageTaken) -> Iterator[Fault]:
        message = taken.message
        if message.receiver != self._node:
            yield Fault("wrong-node", f"a message to {message.receiver} was taken by {self._node}")
        keys = {card.public for card in self._confirmed[message.sender].values()}
        if not any(verifies(public, taken.base.encode(), taken.signature) for public in keys):
            yield Fault("signature", f"no confirmed key of {message.sender} signed what carried its message")
        digests = [line for line in taken.base.split("\n") if line.startswith('"content-digest": ')]
        if digests != [f'"content-digest": {content_digest(message.canonical())}']:
            yield Fault("digest", f"what {message.sender} signed is not this message")
        yield from self._message(message, keys)

    def _message(self, message: Message, keys: set[str]) -> Iterator[Fault]:
        if message.rehearsal != self._rehearsal:
            yield Fault("wrong-rehearsal", f"a message of {message.sender} is a rehearsal's, or the other way round")
        if isinstance(message.told, TellReceipt):
            yield from self._receipt(message.told.receipt)
            if not any(message.told.key.genuine(public) for public in keys):
                yield Fault("signature", f"{message.sender} did not sign for the key of {message.told.post_name}")
