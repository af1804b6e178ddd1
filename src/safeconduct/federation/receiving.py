"""What a node takes from another: each message once, in order, and only in the sender's own name."""

from enum import StrEnum

from safeconduct.errors import InputError, StateError, UnknownError, WireError
from safeconduct.federation.cards import check_post_key, check_rehearsal
from safeconduct.model.card import Card
from safeconduct.model.message import Message, TellFlight, TellReceipt, TellZone


class Taking(StrEnum):
    """What a good message is to the receiver. Either way it is acknowledged, with the last number that it has."""

    TAKE = "take"
    """The next one: make it durable, then acknowledge."""
    REPEAT = "repeat"
    """Here already: the acknowledgement was lost on the way."""


def taking(message: Message, *, receiver: str, card: Card | None, newest: Message | None, rehearsal: bool) -> Taking:
    """What to do with a message that came in a request signed with the key on `card`.

    Args:
        receiver: this node's party.
        card: the confirmed card of the party whose key signed; None where there is none, or it was revoked.
        newest: the last message taken from that party, if any was.
        rehearsal: whether this node rehearses.

    Raises:
        UnknownError: `unknown-party`.
        WireError: `wrong-receiver`, `wrong-sender`.
        InputError: `rehearsal-key`.
        StateError: `gap`, with the number that is expected; `other-message` for one that has the number of `newest`
            and is another: acknowledged as a repetition, it would be lost without anybody knowing.
    """
    if card is None:
        raise UnknownError(
            "unknown-party",
            f"this node has no confirmed card of {message.sender}",
            where="sender",
            remedy="exchange cards, and confirm the fingerprint on both sides",
        )
    if message.sender != card.party:
        raise WireError("wrong-sender", f"{card.party} signed a message of {message.sender}", where="sender")
    if message.receiver != receiver:
        raise WireError("wrong-receiver", f"the message is for {message.receiver}, not {receiver}", where="receiver")
    check_rehearsal(f"the message of {message.sender}", message.rehearsal, rehearsal)
    last = newest.number if newest else 0
    if message.number > last + 1:
        raise StateError(
            "gap",
            f"message {message.number} of {message.sender} came, and number {last + 1} is expected",
            where="number",
            remedy=f"send number {last + 1} first",
        )
    if newest is not None and message.number == last and message != newest:
        raise StateError(
            "other-message",
            f"{message.sender} has sent another message with number {last} before",
            where="number",
            remedy="the sender's record is older than what it has sent, or somebody else has the key of its node:"
            " restore the newest copy of its data folder, or exchange cards with a new key",
        )
    return Taking.TAKE if message.number == last + 1 else Taking.REPEAT


def check_told(message: Message, card: Card, now: float, rehearsal: bool) -> None:
    """That a message speaks for its sender only, and that a receipt in it is what it claims to be.

    Args:
        card: the sender's.
        now: Unix seconds by this node's clock.

    Raises:
        InputError: `wrong-party` for another party's flight or zone; `wrong-key` for a receipt by another key, post or
            shift than the party vouches for; `rehearsal-key`, `clock-off`.
        WireError: `bad-signature`.
    """
    told = message.told
    spoken_for = {TellFlight: "flight", TellZone: "zone"}.get(type(told))
    if spoken_for is not None and getattr(told, spoken_for).party != card.party:
        whose = getattr(told, spoken_for).party
        raise InputError("wrong-party", f"{card.party} tells of a {spoken_for} of {whose}", where=spoken_for)
    if isinstance(told, TellReceipt):
        _check_receipt(told, card, now, rehearsal)


def _check_receipt(told: TellReceipt, card: Card, now: float, rehearsal: bool) -> None:
    check_post_key(told.key, card, now, rehearsal)
    receipt, vouched = told.receipt.receipt, told.key.post_key
    if (receipt.key, receipt.post, receipt.shift) != (vouched.public, vouched.post, vouched.shift):
        what = f"the receipt of {receipt.post}, shift {receipt.shift}, is not by the key that {card.party} vouches for"
        raise InputError("wrong-key", what, where="receipt.key")
    if receipt.key == card.public:
        raise InputError(
            "wrong-key",
            f"the receipt of {receipt.post} is signed with the key of {card.party}'s node, which no crew may have",
            where="receipt.key",
            remedy="each crew makes a key of its own, on its own device",
        )
    if not told.receipt.genuine:
        what = f"the receipt of {receipt.post} is not signed by its crew"
        raise WireError("bad-signature", what, where="receipt")
    check_rehearsal(f"the receipt of {receipt.post}", receipt.rehearsal, rehearsal)
