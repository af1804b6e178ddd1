import base64
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeconduct.errors import WireError
from safeconduct.federation.request import (
    COVERED,
    MOST_BODY_BYTES,
    SignedRequest,
    content_digest,
    key_id_of,
    sign_request,
    verify_request,
)
from safeconduct.model.key import SigningKey, bytes_of, text_of, verifies

KEY, OTHER = SigningKey(b"\x01" * 32), SigningKey(b"\x02" * 32)
NOW, TARGET, NONCE, BODY = 1_552_370_400.0, "in-process:lna", "abcdefghijklmnop", b'{"hello": "world"}'


def signed(created: float = NOW, key: SigningKey = KEY, body: bytes = BODY) -> SignedRequest:
    return sign_request(body, target=TARGET, key=key, created=created, nonce=NONCE)


def reason(request: SignedRequest, now: float = NOW, public: str = KEY.public, target: str = TARGET) -> str:
    with pytest.raises(WireError) as told:
        verify_request(request, public, now, target=target)
    return told.value.reason


def with_header(request: SignedRequest, name: str, value: str) -> SignedRequest:
    return replace(request, headers=tuple((n, value if n == name else v) for n, v in request.headers))


def header(request: SignedRequest, name: str) -> str:
    return dict(request.headers)[name]


def test_what_is_signed_verifies_and_says_all_that_is_covered() -> None:
    verified = verify_request(signed(), KEY.public, NOW, target=TARGET)
    lines = verified.base.split("\n")
    assert lines[:4] == [
        '"@method": POST',
        '"@target-uri": in-process:lna',
        '"content-type": application/json',
        f'"content-digest": {content_digest(BODY)}',
    ]
    names = " ".join(f'"{name}"' for name in COVERED)
    assert lines[4] == (
        f'"@signature-params": ({names});created=1552370400;keyid="{KEY.id}"'
        f';alg="ed25519";nonce="{NONCE}";tag="safeconduct"'
    )
    assert len(lines) == 5
    assert verifies(KEY.public, verified.base.encode(), verified.signature), "what is kept can be checked years later"
    assert key_id_of(signed()) == KEY.id


def test_another_body_target_or_key_is_refused() -> None:
    assert reason(replace(signed(), body=BODY + b" ")) == "bad-digest"
    other = replace(signed(), body=b"{}")
    assert reason(with_header(other, "content-digest", content_digest(b"{}"))) == "bad-signature"
    assert reason(signed(), target="in-process:gna") == "wrong-target"
    assert reason(replace(signed(), target="in-process:gna"), target="in-process:gna") == "bad-signature"
    assert reason(signed(), public=OTHER.public) == "bad-signature"
    assert reason(replace(signed(), method="PUT")) == "malformed"
    forged = header(signed(), "signature-input").replace(KEY.id, OTHER.id)
    assert reason(with_header(signed(), "signature-input", forged), public=OTHER.public) == "bad-signature"


def test_a_flipped_bit_in_the_signature_is_refused() -> None:
    value = header(signed(), "signature")
    swapped = value.replace(value[5], "B" if value[5] == "A" else "A", 1)
    assert reason(with_header(signed(), "signature", swapped)) == "bad-signature"


@pytest.mark.parametrize(("off", "side"), [(600.0, "before"), (-600.0, "after")])
def test_a_clock_ten_minutes_off_is_told_by_how_much(off: float, side: str) -> None:
    with pytest.raises(WireError, match=f"600 s {side}.*clock is wrong") as told:
        verify_request(signed(), KEY.public, NOW + off, target=TARGET)
    assert told.value.reason == "clock-off"
    for fine in (-120.0, 120.0):
        verify_request(signed(), KEY.public, NOW + fine, target=TARGET)


def test_a_mebibyte_is_the_most() -> None:
    verify_request(signed(body=b"x" * MOST_BODY_BYTES), KEY.public, NOW, target=TARGET)
    with pytest.raises(WireError) as told:
        signed(body=b"x" * (MOST_BODY_BYTES + 1))
    assert told.value.reason == "too-long"
    assert reason(replace(signed(), body=b"x" * (MOST_BODY_BYTES + 1))) == "too-long"


def resigned(request: SignedRequest, params: str, values: list[tuple[str, str]]) -> SignedRequest:
    """The request with another, genuinely signed, list of what is covered."""
    base = "\n".join(f'"{name}": {value}' for name, value in [*values, ("@signature-params", params)])
    signature = base64.b64encode(bytes_of(KEY.sign(base.encode()), 64, "")).decode()
    changed = with_header(request, "signature-input", f"sig={params}")
    return with_header(changed, "signature", f"sig=:{signature}:")


def all_values() -> dict[str, str]:
    return {"@method": "POST", "@target-uri": TARGET, **dict(signed().headers)}


def test_parameters_and_components_may_come_in_any_order_and_cover_more() -> None:
    extra = replace(signed(), headers=(*signed().headers, ("Date", "Tue, 20 Apr 2021 02:07:55 GMT")))
    names = ["date", *reversed(COVERED)]
    quoted = " ".join(f'"{name}"' for name in names)
    params = f'({quoted});tag="safeconduct";nonce="{NONCE}";keyid="{KEY.id}";alg="ed25519";created={NOW:.0f}'
    values = [(name, {**all_values(), "date": "Tue, 20 Apr 2021 02:07:55 GMT"}[name]) for name in names]
    request = resigned(extra, params, values)
    assert '"date": Tue' in verify_request(request, KEY.public, NOW, target=TARGET).base
    assert reason(resigned(signed(), params, values)) == "malformed", "it covers a header that is not there"


@pytest.mark.parametrize("left_out", COVERED)
def test_a_signature_that_covers_too_little_is_no_signature(left_out: str) -> None:
    names = [name for name in COVERED if name != left_out]
    quoted = " ".join(f'"{name}"' for name in names)
    params = f'({quoted});created={NOW:.0f};keyid="{KEY.id}";alg="ed25519";nonce="{NONCE}";tag="safeconduct"'
    values = [(name, all_values()[name]) for name in names]
    assert reason(resigned(signed(), params, values)) == "malformed"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('tag="safeconduct"', 'tag="other"'),
        ('alg="ed25519"', 'alg="rsa"'),
        (f';nonce="{NONCE}"', ""),
        (f';nonce="{NONCE}"', ';nonce="short"'),
        (";created=", ";expires="),
        (";created=", ";created=1;created="),
        ("sig=", "sig1="),
        ("sig=", "a=(), sig="),
        ('("@method"', '("@method" "@method"'),
    ],
)
def test_what_we_do_not_emit_is_malformed(old: str, new: str) -> None:
    value = header(signed(), "signature-input")
    assert old in value
    assert reason(with_header(signed(), "signature-input", value.replace(old, new, 1))) == "malformed"


def test_a_signature_has_one_spelling() -> None:
    value = header(signed(), "signature")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = letters[letters.index(value[-4]) ^ 1]  # its lowest bit is beyond the 64 bytes
    assert base64.b64decode(value[5:-4] + other + "==") == base64.b64decode(value[5:-1])
    assert reason(with_header(signed(), "signature", f"{value[:-4]}{other}==:")) == "malformed"


def test_a_header_sent_twice_or_with_a_line_break_counts_as_missing() -> None:
    for value in (content_digest(b"other"), content_digest(BODY)):
        assert reason(replace(signed(), headers=(*signed().headers, ("Content-Digest", value)))) == "bad-digest"
    split = 'application/json\n"@method": GET'
    assert reason(with_header(signed(), "content-type", split)) == "malformed"


def test_a_nonce_or_target_that_no_header_holds_is_not_signed() -> None:
    for target, nonce in [("a\nb", NONCE), (TARGET, 'x"y' * 8), (TARGET, "short")]:
        with pytest.raises(WireError):
            sign_request(BODY, target=target, key=KEY, created=NOW, nonce=nonce)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["signature", "Signature-Input", "content-digest", "content-type", "x"]),
            st.one_of(st.text(max_size=80), st.from_regex(r'sig=\("@method"\);created=[0-9]+', fullmatch=True)),
        ),
        max_size=6,
    ),
    st.binary(max_size=40),
    st.text(max_size=20),
)
def test_garbage_is_the_peers_fault_and_no_crash(headers: list[tuple[str, str]], body: bytes, target: str) -> None:
    request = SignedRequest("POST", target, tuple(headers), body)
    with pytest.raises(WireError):
        verify_request(request, KEY.public, NOW, target=target)


@given(st.data())
def test_no_changed_character_survives(data: st.DataObject) -> None:
    request = signed()
    name = data.draw(st.sampled_from(["content-digest", "signature-input", "signature", "content-type"]))
    value = header(request, name)
    at = data.draw(st.integers(0, len(value) - 1))
    character = data.draw(st.characters().filter(lambda c: c != value[at]))
    changed = with_header(request, name, value[:at] + character + value[at + 1 :])
    with pytest.raises(WireError):
        verify_request(changed, KEY.public, NOW, target=TARGET)


@given(st.binary(max_size=200), st.integers(0, 253_402_300_799), st.from_regex(r"[A-Za-z0-9_-]{16,64}", fullmatch=True))
def test_everything_that_is_signed_verifies(body: bytes, created: int, nonce: str) -> None:
    request = sign_request(body, target="https://node.example/v1/messages", key=KEY, created=created, nonce=nonce)
    verify_request(request, KEY.public, created + 0.9, target=request.target)
    assert re.fullmatch(r"[0-9a-f]{32}", key_id_of(request))
    assert text_of(bytes_of(KEY.public, 32, "")) == KEY.public
