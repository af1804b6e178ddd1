"""Signed cards and post keys: made with a node's key, and checked before anything is believed."""

import re

from safeconduct.errors import InputError, WireError
from safeconduct.model.card import Card, PostKey, SignedCard, SignedPostKey
from safeconduct.model.key import SigningKey, key_id

MOST_AHEAD_S = 120.0
"""How far another node's clock may be before ours."""


def sign_card(card: Card, key: SigningKey) -> SignedCard:
    """The card with its signature; `key` is the secret half of `card.public`."""
    return SignedCard(card=card, signature=key.sign(card.signed_bytes()))


def check_card(signed: SignedCard, now: float, rehearsal: bool) -> None:
    """That a card's own key signed it, and that it is of our kind. Whose key it is, a person confirms.

    Args:
        now: Unix seconds by this node's clock.
        rehearsal: whether this node rehearses.

    Raises:
        WireError: `bad-signature`.
        InputError: `rehearsal-key` (law 9, both ways), `clock-off` for a card issued in the future.
    """
    if not signed.genuine:
        what = f"the card of {signed.card.party} is not signed with the key on it"
        raise WireError("bad-signature", what, where="card", remedy="ask them for the card as their node gives it out")
    check_rehearsal(f"the card of {signed.card.party}", signed.card.rehearsal, rehearsal)
    _check_not_ahead(f"the card of {signed.card.party}", signed.card.issued, now)


def sign_post_key(post_key: PostKey, key: SigningKey) -> SignedPostKey:
    """The node's word for a key of one of its posts."""
    return SignedPostKey(post_key=post_key, signature=key.sign(post_key.signed_bytes()))


def check_post_key(signed: SignedPostKey, card: Card, now: float, rehearsal: bool) -> None:
    """That the party of `card` vouches for this key itself.

    Raises:
        WireError: `bad-signature`.
        InputError: `wrong-party`, `rehearsal-key`, `clock-off`.
    """
    said = signed.post_key
    if said.party != card.party:
        raise InputError("wrong-party", f"{card.party} vouches for a post of {said.party}", where="post_key.party")
    if not signed.genuine(card.public):
        what = f"the key of {said.post} is not signed by {card.party}"
        raise WireError("bad-signature", what, where="post_key", remedy="compare the fingerprint on their card again")
    check_rehearsal(f"the key of {said.post}", said.rehearsal, rehearsal)
    _check_not_ahead(f"the key of {said.post}", said.time, now)


def check_rehearsal(what: str, theirs: bool, ours: bool) -> None:
    """Raises InputError `rehearsal-key` unless both are rehearsals or neither is (law 9)."""
    if theirs != ours:
        kinds = ("real", "a rehearsal's")
        raise InputError(
            "rehearsal-key",
            f"{what} is {kinds[theirs]}, and this node is {kinds[ours]}",
            where="rehearsal",
            remedy="rehearsals and live nodes never speak to each other: use the keys of the same kind",
        )


def fingerprint(public: str) -> str:
    """A key's fingerprint for people to read out: eight groups of four hex digits; `model.key.key_id` in groups."""
    return " ".join(re.findall("....", key_id(public)))


def fingerprint_of(text: str) -> str:
    """The fingerprint that a person typed, as `model.key.key_id` writes it: groups and capitals do not matter.

    Raises:
        InputError: `bad-fingerprint`.
    """
    plain = re.sub(r"[\s:-]", "", text).lower()
    if not re.fullmatch("[0-9a-f]{32}", plain):
        raise InputError(
            "bad-fingerprint",
            "a fingerprint has 32 hex digits",
            where="fingerprint",
            remedy="read out the eight groups of four, from the other party's own screen",
        )
    return plain


def _check_not_ahead(what: str, issued: float, now: float) -> None:
    if issued > now + MOST_AHEAD_S:
        raise InputError(
            "clock-off",
            f"{what} was issued {issued - now:.0f} s after this node's time: a clock is wrong",
            where="issued",
            remedy="set the clocks of both nodes by a time server",
        )
