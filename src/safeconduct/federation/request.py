"""Signed requests between nodes: RFC 9421 message signatures (Ed25519) over an RFC 9530 digest of the body.

| header            | value                                                                                            |
|-------------------|--------------------------------------------------------------------------------------------------|
| `content-type`    | `application/json`                                                                               |
| `content-digest`  | `sha-256=:` base64 of the body's SHA-256 `:` (RFC 9530 section 2)                                |
| `signature-input` | `sig=(` covered components `)` `;created` `;keyid` `;alg` `;nonce` `;tag` (RFC 9421 section 4.1) |
| `signature`       | `sig=:` base64 of 64 bytes `:` (RFC 9421 section 4.2)                                            |

Of structured fields (RFC 8941) only this much is read: one label `sig`, one inner list of strings, and the five
parameters, in any order. A signature must cover everything in `COVERED`, and may cover further headers.
"""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from safeconduct.errors import WireError
from safeconduct.model.key import SIGNATURE_BYTES, SigningKey, bytes_of, key_id, text_of, verifies

METHOD, CONTENT_TYPE, ALGORITHM, TAG = "POST", "application/json", "ed25519", "safeconduct"
COVERED = ("@method", "@target-uri", "content-type", "content-digest")
MOST_BODY_BYTES = 1 << 20
MOST_CLOCK_OFF_S = 120.0

_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
_CLEAN = re.compile(r"[!-~](?:[ -~]*[!-~])?")
"""What may stand in a line of the signature base; a line break in it would make two lines of one."""
_INPUT = re.compile(
    r'sig=(?P<params>\((?P<components>"[a-z0-9@-]{1,64}"(?: "[a-z0-9@-]{1,64}")*)\)'
    r'(?P<rest>(?:;[a-z]{1,16}=(?:[0-9]{1,12}|"[ !#-\[\]-~]{0,128}"))*))'
)
_PARAMETER = re.compile(r';([a-z]+)=(?:([0-9]+)|"([^"]*)")')
_SIGNATURE = re.compile(r"sig=:([A-Za-z0-9+/]{86}==):")
_NAMES = frozenset({"created", "keyid", "alg", "nonce", "tag"})


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as a link carries it.

    Attributes:
        target: the absolute URI that it is for: the receiver's address.
        headers: (name, value); names in lower case.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Verified:
    """What there is to keep of a request whose signature holds.

    Attributes:
        base: the RFC 9421 signature base; it holds the digest of the body.
        signature: base64url, over `base`.
    """

    base: str
    signature: str


@dataclass(frozen=True, slots=True)
class _Input:
    """`signature-input`, read. `params` is the value of `@signature-params`, exactly as it was sent."""

    components: tuple[str, ...]
    params: str
    created: int
    keyid: str
    nonce: str


def sign_request(body: bytes, *, target: str, key: SigningKey, created: float, nonce: str) -> SignedRequest:
    """A signed POST of `body` (JSON) to `target`.

    Args:
        created: Unix seconds; whole seconds are sent.
        nonce: 16 to 64 characters of base64url that were never used before.

    Raises:
        WireError: `too-long`; `malformed` for a target or nonce that no header can hold.
    """
    _check_length(body)
    if not _NONCE.fullmatch(nonce) or not _CLEAN.fullmatch(target):
        raise _malformed("target", "the target or the nonce cannot stand in a header")
    quoted = " ".join(f'"{name}"' for name in COVERED)
    params = f'({quoted});created={int(created)};keyid="{key.id}";alg="{ALGORITHM}";nonce="{nonce}";tag="{TAG}"'
    carried = {"content-type": CONTENT_TYPE, "content-digest": content_digest(body)}
    base = signature_base(_values(COVERED, METHOD, target, carried), params)
    signature = bytes_of(key.sign(base.encode()), SIGNATURE_BYTES, "signature")
    carried["signature-input"] = f"sig={params}"
    carried["signature"] = f"sig=:{base64.b64encode(signature).decode()}:"
    return SignedRequest(METHOD, target, tuple(carried.items()), body)


def verify_request(
    request: SignedRequest, public: str, now: float, *, target: str, most_s: float = MOST_CLOCK_OFF_S
) -> Verified:
    """The proof that the holder of `public` sent this body to `target` just now.

    Sent twice it holds twice: what a repeat is worth, the number of the message says (`federation.receiving`).

    Args:
        public: the sender's node key.
        now: Unix seconds by the receiver's clock.
        target: the receiver's own address.
        most_s: how far the sender's clock, and the way, may be off.

    Raises:
        WireError: `too-long`, `malformed`, `wrong-target`, `bad-digest`, `bad-signature`, `clock-off`.
    """
    _check_length(request.body)
    headers = _headers(request)
    read = _read_input(headers.get("signature-input", ""))
    signature = _read_signature(headers.get("signature", ""))
    if (request.method, headers.get("content-type")) != (METHOD, CONTENT_TYPE):
        raise _malformed("content-type", f"a message is a {METHOD} of {CONTENT_TYPE}")
    if request.target != target:
        what = f"the request is for {request.target[:200]!r}, and this node answers at {target!r}"
        raise WireError("wrong-target", what, where="@target-uri", remedy="exchange cards again: the address is old")
    if headers.get("content-digest") != content_digest(request.body):
        raise WireError(
            "bad-digest", "the body is not what was signed", where="content-digest", remedy="it was damaged on the way"
        )
    base = signature_base(_values(read.components, request.method, request.target, headers), read.params)
    if read.keyid != key_id(public) or not verifies(public, base.encode(), signature):
        raise WireError(
            "bad-signature",
            "the request is not signed with the key on the sender's card",
            where="signature",
            remedy="exchange cards again and compare the fingerprints",
        )
    _check_clock(read.created, now, most_s)
    return Verified(base, signature)


def key_id_of(request: SignedRequest) -> str:
    """The fingerprint of the key that a request says it is signed with: whose it is, before anything is believed.

    Raises:
        WireError: `malformed`.
    """
    return _read_input(_headers(request).get("signature-input", "")).keyid


def nonce_of(request: SignedRequest) -> str:
    """The nonce that a request was signed with, which its answer must name.

    Raises:
        WireError: `malformed`.
    """
    return _read_input(_headers(request).get("signature-input", "")).nonce


def content_digest(body: bytes) -> str:
    """The value of `content-digest`, RFC 9530 section 2."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def signature_base(values: Sequence[tuple[str, str]], params: str) -> str:
    """The text that is signed, RFC 9421 section 2.5.

    Args:
        values: (component, its value), in the order of the list in `params`.
        params: the value of `@signature-params`.
    """
    lines = [f'"{name}": {value}' for name, value in (*values, ("@signature-params", params))]
    return "\n".join(lines)


def _values(components: Sequence[str], method: str, target: str, headers: Mapping[str, str]) -> list[tuple[str, str]]:
    known = {**headers, "@method": method, "@target-uri": target}
    missing = [name for name in components if name not in known]
    if missing:
        raise _malformed("signature-input", f"it covers {missing[0]}, which is not there")
    return [(name, known[name]) for name in components]


def _headers(request: SignedRequest) -> dict[str, str]:
    """Headers by name, each once and fit for the signature base."""
    # A proxy may add others of its own, in any shape: what is sent twice, or is not fit, counts as not there.
    names = Counter(name.lower() for name, _ in request.headers)
    trimmed = {name.lower(): value.strip(" \t") for name, value in request.headers}
    headers = {name: value for name, value in trimmed.items() if names[name] == 1 and _CLEAN.fullmatch(value)}
    if not _CLEAN.fullmatch(request.target):
        raise _malformed("@target-uri", "the target is not an address")
    return headers


def _read_input(text: str) -> _Input:
    found = _INPUT.fullmatch(text)
    if not found:
        raise _malformed("signature-input", "it is not one signature with the label sig and its parameters")
    components = tuple(part.strip('"') for part in found["components"].split(" "))
    absent = [name for name in COVERED if name not in components]
    if absent or len(set(components)) < len(components):
        raise _malformed("signature-input", f"it must cover {', '.join(COVERED)}, and each once")
    parameters = _PARAMETER.findall(found["rest"])
    numbers = {name: int(number) for name, number, _ in parameters if number}
    texts = {name: quoted for name, number, quoted in parameters if not number}
    whole = len(parameters) == len(_NAMES) and {*numbers, *texts} == _NAMES and set(numbers) == {"created"}
    if not whole or (texts["alg"], texts["tag"]) != (ALGORITHM, TAG) or not _NONCE.fullmatch(texts["nonce"]):
        raise _malformed("signature-input", f'created, keyid, alg="{ALGORITHM}", nonce and tag="{TAG}" are needed')
    return _Input(components, found["params"], numbers["created"], texts["keyid"], texts["nonce"])


def _read_signature(text: str) -> str:
    found = _SIGNATURE.fullmatch(text)
    signature = base64.b64decode(found[1]) if found else b""
    if text != f"sig=:{base64.b64encode(signature).decode()}:":
        raise _malformed("signature", "no Ed25519 signature in base64 with the label sig")
    return text_of(signature)


def _check_length(body: bytes) -> None:
    if len(body) > MOST_BODY_BYTES:
        what = f"a message of {len(body)} bytes; one has {MOST_BODY_BYTES} at most"
        raise WireError("too-long", what, where="body", remedy="declare fewer or simpler volumes at once")


def _check_clock(created: int, now: float, most_s: float) -> None:
    off = now - created
    if abs(off) > most_s:
        side = "before" if off > 0 else "after"
        raise WireError(
            "clock-off",
            f"the request was signed {abs(off):.0f} s {side} this node's time, and {most_s:g} s are allowed: "
            "a clock is wrong",
            where="created",
            remedy="set the clocks of both nodes by a time server",
        )


def _malformed(where: str, what: str) -> WireError:
    return WireError("malformed", what, where=where, remedy="sign by RFC 9421, once, labelled sig")
