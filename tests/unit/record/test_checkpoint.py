import base64
import hashlib

import pytest

from safeconduct.errors import ModelError, WireError
from safeconduct.model.key import SigningKey, text_of
from safeconduct.record.checkpoint import Checkpoint, key_hash, open_checkpoint, origin, sign_checkpoint

KEY, OTHER = SigningKey(bytes(32)), SigningKey(bytes([1] * 32))
ROOT = hashlib.sha256(b"root").digest()
GOOD = sign_checkpoint(KEY, "unsmil", 12, ROOT, 1742320800.25, rehearsal=False)


def opened(note: str, *, public: str = KEY.public, party: str = "unsmil", rehearsal: bool = False) -> Checkpoint:
    return open_checkpoint(note, party, public, rehearsal=rehearsal)


@pytest.mark.parametrize(
    ("vkey", "expected"),
    [
        ("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "c74f20a3"),
        ("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8", "033de0ae"),
    ],
)
def test_the_key_hash_is_that_of_known_verifier_keys(vkey: str, expected: str) -> None:
    """Keys that are published in the form name+hash+base64(type, key)."""
    name, told, key = vkey.split("+", 2)
    assert key_hash(name, text_of(base64.b64decode(key)[1:])).hex() == expected == told


def test_a_note_is_laid_out_as_the_standards_say() -> None:
    name, size, root, time, empty, signature, end = GOOD.note.split("\n")
    assert (name, size, time, empty, end) == ("safeconduct/unsmil", "12", "time 1742320800.25", "", "")
    assert base64.b64decode(root) == ROOT
    dash, signer, data = signature.split(" ")
    assert (dash, signer) == ("\u2014", "safeconduct/unsmil")
    raw = base64.b64decode(data)
    key = hashlib.sha256(b"safeconduct/unsmil\n\x01" + base64.urlsafe_b64decode(KEY.public + "="))
    assert raw[:4] == key.digest()[:4]
    assert len(raw) == 68
    assert text_of(raw[4:]) == KEY.sign("\n".join((name, size, root, time, "")).encode())


def test_what_was_signed_is_read_again() -> None:
    assert opened(GOOD.note) == GOOD
    for time in (0.0, 1e9 + 1 / 3, -5.5, 253_402_300_799.0):
        signed = sign_checkpoint(KEY, "unsmil", 1, ROOT, time, rehearsal=True)
        assert opened(signed.note, rehearsal=True) == signed


def test_others_may_cosign() -> None:
    other = sign_checkpoint(OTHER, "witness", 12, ROOT, 5.0, rehearsal=False).note.split("\n\n")[1]
    assert opened(GOOD.note + other).size == 12


def test_a_rehearsal_is_another_record() -> None:
    assert origin("unsmil", rehearsal=True) == "safeconduct-rehearsal/unsmil"
    with pytest.raises(WireError) as caught:
        opened(GOOD.note, rehearsal=True)
    assert caught.value.reason == "wrong-origin"


@pytest.mark.parametrize("party", ["", "a b", "a+b", "a\nb", "a\u2003b", "a\x00"])
def test_ids_that_no_key_name_may_hold(party: str) -> None:
    with pytest.raises(ModelError, match="cannot name"):
        origin(party, rehearsal=False)


@pytest.mark.parametrize(
    ("reason", "note"),
    [
        ("bad-note", ""),
        ("bad-note", GOOD.note[:-1]),
        ("bad-note", GOOD.note.replace("\n\n", "\n")),
        ("bad-note", GOOD.note.replace("\u2014", "-")),
        ("bad-note", GOOD.note + "\t\n"),
        ("bad-note", GOOD.note.replace("=\n", "\n", 2)),
        ("bad-note", GOOD.note + "x" * 70_000 + "\n"),
        ("wrong-origin", GOOD.note.replace("unsmil", "lna")),
        ("bad-signature", GOOD.note.replace("\n12\n", "\n13\n")),
        ("bad-signature", GOOD.note.replace(".25", ".5")),
        ("unsigned", GOOD.note.split("\n\n")[0] + "\n\n\u2014 other " + GOOD.note.split(" ")[-1]),
    ],
)
def test_what_is_wrong_with_a_note_is_said(reason: str, note: str) -> None:
    with pytest.raises(WireError) as caught:
        opened(note)
    assert caught.value.reason == reason


def test_another_key_has_not_signed_it() -> None:
    with pytest.raises(WireError) as caught:
        opened(GOOD.note, public=OTHER.public)
    assert caught.value.reason == "unsigned"


@pytest.mark.parametrize(
    "text",
    [
        "safeconduct/unsmil\n012\n{root}\ntime 5.0\n",
        "safeconduct/unsmil\n1_2\n{root}\ntime 5.0\n",
        "safeconduct/unsmil\n-1\n{root}\ntime 5.0\n",
        "safeconduct/unsmil\n12\n{root}\ntime nan\n",
        "safeconduct/unsmil\n12\n{root}\ntime 5\n",
        "safeconduct/unsmil\n12\n{root}\n5.0\n",
        "safeconduct/unsmil\n12\nAAAA\ntime 5.0\n",
        "safeconduct/unsmil\n12\n{root}\n",
        "safeconduct/unsmil\n12\n{root}\ntime 5.0\nmore\n",
    ],
)
def test_a_signed_text_that_is_no_checkpoint(text: str) -> None:
    text = text.format(root=base64.b64encode(ROOT).decode())
    raw = key_hash("safeconduct/unsmil", KEY.public) + base64.urlsafe_b64decode(KEY.sign(text.encode()) + "==")
    with pytest.raises(WireError) as caught:
        opened(f"{text}\n\u2014 safeconduct/unsmil {base64.b64encode(raw).decode()}\n")
    assert caught.value.reason == "bad-note"
