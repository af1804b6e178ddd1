"""Checkpoints: what a node signs over its tree, as C2SP tlog-checkpoint and signed-note have it.

    safeconduct/unsmil                                    origin; safeconduct-rehearsal/unsmil in a rehearsal (law 9)
    20852163                                              leaves in the tree
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=          root hash, base64
    time 1742320800.25                                    Unix seconds; an extension line
                                                          (empty line; the signature is over all before it)
    — safeconduct/unsmil Az3grlgtzPICa5OS8npVmf1Myq…      key name, base64 of key hash (4 bytes) and signature

Witnesses may add signature lines of their own; who does not know their keys passes over them.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from safeconduct.errors import ModelError, WireError
from safeconduct.model import check
from safeconduct.model.key import KEY_BYTES, SIGNATURE_BYTES, SigningKey, bytes_of, text_of, verifies

ED25519 = b"\x01"
"""The signature type of signed-note."""
KEY_HASH_BYTES = 4
MAX_NOTE = 64_000
"""Characters; more than any note of a node with its witnesses' signatures."""
_DASH = "\u2014 "


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One checkpoint.

    Attributes:
        size: leaves in the tree.
        root: its root hash, 32 bytes.
        time: Unix seconds by the node's clock.
        note: the signed note (C2SP signed-note, tlog-checkpoint) with all of this, as text.
    """

    size: int
    root: bytes
    time: float
    note: str


def origin(party: str, *, rehearsal: bool) -> str:
    """The name of a node's record, and of the key that signs it.

    Raises:
        ModelError: `bad-party` for an id that no key name may hold (signed-note: no spaces, no plus, not empty).
    """
    if not party or not party.isprintable() or "+" in party or any(letter.isspace() for letter in party):
        raise ModelError(
            "bad-party", f"{party!r} cannot name a record", where="party", remedy="use an id without spaces and plus"
        )
    return f"safeconduct{'-rehearsal' if rehearsal else ''}/{party}"


def key_hash(name: str, public: str) -> bytes:
    """The key id of signed-note for an Ed25519 key: 4 bytes of SHA-256(name, newline, type, key)."""
    key = bytes_of(public, KEY_BYTES, "public")
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + key).digest()[:KEY_HASH_BYTES]


def sign_checkpoint(key: SigningKey, party: str, size: int, root: bytes, time: float, *, rehearsal: bool) -> Checkpoint:
    """The checkpoint over a tree of `size` leaves with that root, signed.

    Raises:
        ModelError: `bad-party`.
    """
    name = origin(party, rehearsal=rehearsal)
    text = f"{name}\n{size}\n{_base64(root)}\ntime {float(time)!r}\n"
    signature = bytes_of(key.sign(text.encode()), SIGNATURE_BYTES, "signature")
    line = f"{_DASH}{name} {_base64(key_hash(name, key.public) + signature)}\n"
    return Checkpoint(size, root, float(time), f"{text}\n{line}")


def open_checkpoint(note: str, party: str, public: str, *, rehearsal: bool) -> Checkpoint:
    """What a note says, after its signature by the party's key `public` was verified.

    Raises:
        WireError: `bad-note`; `wrong-origin` for another party's, or a rehearsal's where it must be live and the other
            way round; `unsigned` where this key has not signed; `bad-signature` where it has not signed this.
        ModelError: `bad-party`, `bad-key`.
    """
    name = origin(party, rehearsal=rehearsal)
    text, signatures = _parts(note)
    if text.split("\n", 1)[0] != name:
        raise _wrong("wrong-origin", f"the note is of {text.split(chr(10), 1)[0]!r}, not of {name}")
    mine = [signed for line in signatures if (signed := _signature(line, name, key_hash(name, public))) is not None]
    if not mine:
        raise _wrong("unsigned", f"no signature by the key {public} of {name}")
    if not all(verifies(public, text.encode(), text_of(signature)) for signature in mine):
        raise _wrong("bad-signature", f"the key of {name} did not sign this text")
    return _read(text, note)


def _parts(note: str) -> tuple[str, list[str]]:
    """The text with its last newline, and the signature lines without theirs."""
    text, found, signatures = note.rpartition("\n\n")
    if not found or not signatures.endswith("\n") or len(note) > MAX_NOTE:
        raise _wrong("bad-note", "not a text, an empty line and signatures, each ended by a newline")
    if any(letter < " " and letter != "\n" for letter in note):
        raise _wrong("bad-note", "control characters other than newline")
    return text + "\n", signatures.removesuffix("\n").split("\n")


def _signature(line: str, name: str, expected: bytes) -> bytes | None:
    """The signature of a line, if it is by the key of that name and hash."""
    words = line.split(" ")
    if len(words) != 3 or words[0] + " " != _DASH:
        raise _wrong("bad-note", f"{line[:80]!r} is not a signature line")
    data = _bytes(words[2])
    if words[1] != name or data[:KEY_HASH_BYTES] != expected:
        return None
    return data[KEY_HASH_BYTES:]


def _read(text: str, note: str) -> Checkpoint:
    """The checkpoint that a text holds; one that would be written otherwise is refused."""
    try:
        name, size, root, time, end = text.split("\n")
        checkpoint = Checkpoint(int(size), _bytes(root), float(time.removeprefix("time ")), note)
        check.within("size", checkpoint.size, 0, 2**53)
        check.moment("time", checkpoint.time)
    except ValueError as error:  # a ModelError is one
        raise _wrong("bad-note", "not origin, size, root and time, a line each") from error
    again = f"{name}\n{checkpoint.size}\n{_base64(checkpoint.root)}\ntime {checkpoint.time!r}\n{end}"
    if again != text or len(checkpoint.root) != hashlib.sha256().digest_size:
        raise _wrong("bad-note", "size, root or time are not written as a checkpoint has them")
    return checkpoint


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _wrong("bad-note", f"{text[:80]!r} is not base64") from error


def _wrong(reason: str, what: str) -> WireError:
    return WireError(reason, what, where="checkpoint")
