from dataclasses import replace

import pytest

from safeconduct.errors import InputError
from safeconduct.federation.cards import (
    check_card,
    check_post_key,
    fingerprint,
    fingerprint_of,
    sign_card,
    sign_post_key,
)
from safeconduct.model.card import Card, PostKey, SignedCard
from safeconduct.model.key import SigningKey

KEY, CREW = SigningKey(b"\x03" * 32), SigningKey(b"\x04" * 32)
NOW = 1_552_370_400.0
CARD = Card(party="lna", name="LNA", address="in-process:lna", public=KEY.public, issued=NOW, rehearsal=True, guards=())
POST_KEY = PostKey(party="lna", post="radar", shift=3, public=CREW.public, time=NOW, rehearsal=True)


def reason(check: object, *arguments: object) -> str:
    assert callable(check)
    with pytest.raises(InputError) as told:
        check(*arguments)
    return told.value.reason


def test_a_card_is_signed_by_its_own_key() -> None:
    check_card(sign_card(CARD, KEY), NOW, True)
    assert reason(check_card, sign_card(CARD, CREW), NOW, True) == "bad-signature"
    signed = sign_card(CARD, KEY)
    assert reason(check_card, SignedCard(card=replace(CARD, name="GNA"), signature=signed.signature), NOW, True) == (
        "bad-signature"
    )


def test_a_rehearsals_card_and_a_live_one_never_meet() -> None:
    live = sign_card(replace(CARD, rehearsal=False), KEY)
    check_card(live, NOW, False)
    assert reason(check_card, live, NOW, True) == "rehearsal-key"
    assert reason(check_card, sign_card(CARD, KEY), NOW, False) == "rehearsal-key"


def test_a_card_from_the_future_says_that_a_clock_is_wrong() -> None:
    ahead = sign_card(replace(CARD, issued=NOW + 600), KEY)
    assert reason(check_card, ahead, NOW, True) == "clock-off"
    check_card(ahead, NOW + 500, True)
    check_card(ahead, NOW + 10_000_000, True)


def test_a_post_key_is_its_own_partys_word() -> None:
    signed = sign_post_key(POST_KEY, KEY)
    check_post_key(signed, CARD, NOW, True)
    assert reason(check_post_key, sign_post_key(POST_KEY, CREW), CARD, NOW, True) == "bad-signature"
    assert reason(check_post_key, signed, CARD, NOW, False) == "rehearsal-key"
    assert reason(check_post_key, signed, CARD, NOW - 600, True) == "clock-off"
    foreign = sign_post_key(replace(POST_KEY, party="gna"), KEY)
    assert reason(check_post_key, foreign, CARD, NOW, True) == "wrong-party"


def test_fingerprints_are_read_out_in_groups_and_typed_in_any_way() -> None:
    spoken = fingerprint(KEY.public)
    assert [len(group) for group in spoken.split(" ")] == [4] * 8
    for typed in (spoken, spoken.upper(), spoken.replace(" ", ""), spoken.replace(" ", "-"), f" {spoken}\n"):
        assert fingerprint_of(typed) == KEY.id
    for wrong in ("", spoken[:-1], spoken + "0", spoken.replace(spoken[0], "g")):
        assert reason(fingerprint_of, wrong) == "bad-fingerprint"
