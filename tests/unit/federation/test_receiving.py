from dataclasses import replace

import pytest

from safeconduct.errors import InputError, StateError, UnknownError
from safeconduct.federation.acknowledgement import acknowledge, check_acknowledgement, read_acknowledgement
from safeconduct.federation.cards import sign_post_key
from safeconduct.federation.receiving import Taking, check_told, taking
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.card import Card, PostKey
from safeconduct.model.flight import Flight
from safeconduct.model.key import SigningKey
from safeconduct.model.message import Message, TellFlight, TellLook, TellReceipt, TellZone, Told
from safeconduct.model.receipt import Answer, ReadBack, Receipt, SignedReceipt
from safeconduct.model.volume import Volume4D
from safeconduct.model.zone import Zone

NODE, PEER, CREW = (SigningKey(bytes([seed]) * 32) for seed in (5, 6, 7))
NOW = 1_552_370_400.0
NONCE = "n" * 16
CARD = Card(party="africom", name="A", address="in-process:africom", public=PEER.public, issued=NOW, rehearsal=True)
VOLUME = Volume4D(outline=((13.0, 32.0), (13.1, 32.0), (13.1, 32.1)), lower_m=0.0, upper_m=1.0, start=NOW, end=NOW + 60)
LOOK = TellLook(flight="F1", version=1, role="watch", time=NOW)


def message(number: int = 1, told: Told = LOOK) -> Message:
    return Message(sender="africom", receiver="lna", number=number, time=NOW, rehearsal=True, told=told)


def take(
    told: Message, last: int = 0, card: Card | None = CARD, receiver: str = "lna", rehearsal: bool = True
) -> Taking:
    newest = message(last) if last else None
    return taking(told, receiver=receiver, card=card, newest=newest, rehearsal=rehearsal)


def test_each_message_is_taken_once_and_in_order() -> None:
    assert take(message(1)) is Taking.TAKE
    assert take(message(1), last=1) is Taking.REPEAT
    assert take(message(2), last=7) is Taking.REPEAT
    assert take(message(8), last=7) is Taking.TAKE
    with pytest.raises(StateError, match="number 8 is expected") as told:
        take(message(9), last=7)
    assert told.value.reason == "gap"


def test_another_message_with_the_number_of_the_last_is_refused_and_not_lost() -> None:
    other = TellLook(flight="F2", version=1, role="watch", time=NOW)
    with pytest.raises(StateError) as told:
        take(message(7, other), last=7)
    assert told.value.reason == "other-message"
    assert take(message(7), last=7) is Taking.REPEAT


def test_only_from_who_is_known_to_who_is_meant() -> None:
    with pytest.raises(UnknownError) as unknown:
        take(message(), card=None)
    assert unknown.value.reason == "unknown-party"
    for wrong, expected in (
        ({"receiver": "gna"}, "wrong-receiver"),
        ({"card": replace(CARD, party="gna")}, "wrong-sender"),
        ({"rehearsal": False}, "rehearsal-key"),
    ):
        with pytest.raises(InputError) as told:
            take(message(), **wrong)
        assert told.value.reason == expected


def said(told: Told, rehearsal: bool = True) -> str:
    try:
        check_told(message(told=told), CARD, NOW, rehearsal)
    except InputError as error:
        return error.reason
    return ""


def test_a_message_speaks_for_its_sender_only() -> None:
    flight = Flight(id="F1", party="africom", aircraft=Aircraft(type="uav"), volumes=(VOLUME,))
    assert said(TellFlight(flight=flight)) == ""
    assert said(TellFlight(flight=replace(flight, party="gna"))) == "wrong-party"
    zone = Zone(id="Z1", party="africom", name="z", reason="r", volumes=(VOLUME,))
    assert said(TellZone(zone=zone)) == ""
    assert said(TellZone(zone=replace(zone, party="lna"))) == "wrong-party"
    assert said(LOOK) == ""


RECEIPT = Receipt(
    notice="n",
    flight="F1",
    version=1,
    digest="d",
    post="radar",
    shift=2,
    key=CREW.public,
    answer=Answer.RECEIVED,
    read_back=ReadBack(13.0, 32.0),
    time=NOW,
    rehearsal=True,
)
POST_KEY = PostKey(party="africom", post="radar", shift=2, public=CREW.public, time=NOW, rehearsal=True)


def receipt(receipt: Receipt = RECEIPT, post_key: PostKey = POST_KEY, key: SigningKey = CREW) -> TellReceipt:
    return TellReceipt(
        receipt=SignedReceipt(receipt=receipt, signature=key.sign(receipt.signed_bytes())),
        key=sign_post_key(post_key, PEER),
        post_name="Radar",
        read_back_error_m=10.0,
        misread=False,
    )


def test_a_foreign_receipt_is_by_the_key_that_its_party_vouches_for() -> None:
    assert said(receipt()) == ""
    assert said(receipt(key=NODE)) == "bad-signature"
    assert said(receipt(key=PEER)) == "bad-signature", "the party's node cannot sign for its crew"
    assert said(receipt(replace(RECEIPT, shift=1))) == "wrong-key"
    assert said(receipt(replace(RECEIPT, post="gate"))) == "wrong-key"
    assert said(receipt(replace(RECEIPT, key=NODE.public), key=NODE)) == "wrong-key"
    assert said(receipt(replace(RECEIPT, rehearsal=False))) == "rehearsal-key"
    assert said(receipt(post_key=replace(POST_KEY, party="gna"))) == "wrong-party"
    forged = replace(receipt(), key=sign_post_key(POST_KEY, CREW))
    assert said(forged) == "bad-signature"


def refused(data: bytes, told: Message, public: str = NODE.public) -> str:
    with pytest.raises(InputError) as error:
        check_acknowledgement(data, told, public, NONCE)
    return error.value.reason


def test_an_acknowledgement_is_the_receivers_signed_word() -> None:
    answer = acknowledge(message(3), 3, sent=0, nonce=NONCE, time=NOW, key=NODE)
    assert check_acknowledgement(answer, message(3), NODE.public, NONCE).number == 3
    assert read_acknowledgement(answer).acknowledgement.sender == "africom"
    older = acknowledge(message(3), 3, sent=0, nonce="o" * 16, time=NOW, key=NODE)
    assert refused(older, message(3)) == "wrong-answer", "an old answer played again shows nobody to be there"
    assert refused(answer, message(3), PEER.public) == "bad-signature"
    assert refused(answer.replace(b'"number":3', b'"number":4'), message(4)) == "bad-signature"
    assert refused(answer, message(4)) == "wrong-answer", "an old answer that is played again empties nothing"
    assert refused(answer, replace(message(3), sender="gna")) == "wrong-answer"
    assert refused(answer, replace(message(3), rehearsal=False)) == "rehearsal-key"


def test_a_peer_that_knows_more_than_we_do_shows_that_our_record_is_old() -> None:
    assert refused(acknowledge(message(3), 9, sent=0, nonce=NONCE, time=NOW, key=NODE), message(3)) == "ahead"


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 3000, b"\xff", b"null", b"x" * 5000])
def test_an_answer_that_is_none_is_malformed(data: bytes) -> None:
    assert refused(data, message(1)) == "malformed"


def test_there_is_one_spelling() -> None:
    answer = acknowledge(message(3), 3, sent=0, nonce=NONCE, time=NOW, key=NODE)
    for other in (answer + b" ", answer.replace(b":3", b": 3"), answer.replace(b'"version":1', b'"version":2')):
        assert other != answer
        assert refused(other, message(3)) == "malformed"
