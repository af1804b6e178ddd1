"""Secret keys in files, of a node and of people: PKCS #8 (RFC 5958) in PEM, readable by their owner only.

A crew's key file stays on the machine where it was made (law 2). The public half goes out; the file never does.
"""

import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from safeconduct.errors import InputError
from safeconduct.model.key import KEY_BYTES, SigningKey

SECRET_FILE, PUBLIC_FILE = "node.key", "node.pub"
REHEARSAL_MARK = b"Safeconduct rehearsal key\n"
"""Stands before the key of a rehearsal's node: explanatory text, which PEM readers pass over (RFC 7468 section 2)."""
OTHERS = 0o077
MOST_BYTES = 4096


def new_key(path: Path, *, mark: bytes = b"") -> SigningKey:
    """A new key in a new file of mode 0600, durable on return; `mark` is put before it.

    Raises:
        InputError: `exists`; a key is never overwritten. `unwritable`.
    """
    seed = secrets.token_bytes(KEY_BYTES)
    secret = Ed25519PrivateKey.from_private_bytes(seed)
    write_new(path, mark + secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return SigningKey(seed)


def read_key(path: Path) -> SigningKey:
    """The key of a file that nobody but its owner can read.

    Raises:
        InputError: `unreadable`, `open-key` for a file that others can read, `bad-key`.
    """
    return _key_and_text(path)[0]


def _key_and_text(path: Path) -> tuple[SigningKey, bytes]:
    where = str(path)
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            pem = file.read(MOST_BYTES)
    except OSError as error:
        remedy = f"make one: safeconduct keys new {path}" if isinstance(error, FileNotFoundError) else ""
        raise InputError("unreadable", error.strerror or str(error), where=where, remedy=remedy) from error
    if os.name == "posix" and mode & OTHERS:
        raise InputError(
            "open-key",
            f"others can read this key (mode {mode & 0o777:03o})",
            where=where,
            remedy=f"chmod 600 {path}; and make a new key if others use this machine",
        )
    try:
        secret = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _bad_key(where) from error
    if not isinstance(secret, Ed25519PrivateKey):
        raise _bad_key(where)
    return SigningKey(secret.private_bytes_raw()), pem


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """Where a key file counts: beside it, in `FILE.node.json`. It holds no secret.

    What is signed with the key names the node, and this file says which one that is: nobody else's answer does.

    Attributes:
        address: of the node's API.
        node, public: the node's party and its key, by its card.
        person, post: whom the key is enrolled for, and the post on whose roster they are.
    """

    address: str
    node: str
    public: str
    person: str
    post: str | None
    rehearsal: bool


def enrolment_file(key_file: Path) -> Path:
    """Where the enrolment of a key is kept."""
    return key_file.with_name(f"{key_file.name}.node.json")


def read_enrolment(key_file: Path) -> Enrolment:
    """Where the key of this file is enrolled.

    Raises:
        InputError: `not-enrolled`, `bad-enrolment`.
    """
    path = enrolment_file(key_file)
    remedy = f"safeconduct keys enrol LINK --key {key_file}"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Enrolment)
    except FileNotFoundError as error:
        raise InputError("not-enrolled", "no node knows this key", where=str(key_file), remedy=remedy) from error
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError("bad-enrolment", str(error), where=str(path), remedy=remedy) from error


def write_enrolment(key_file: Path, enrolment: Enrolment) -> None:
    """Keeps where a key is enrolled, in the place of what was there before.

    Raises:
        InputError: `unwritable`.
    """
    path = enrolment_file(key_file)
    with suppress(FileNotFoundError):
        path.unlink()
    write_new(path, msgspec.json.format(msgspec.json.encode(enrolment)) + b"\n", mode=0o644)


def node_key(folder: Path, *, rehearsal: bool) -> SigningKey:
    """The key of the node whose data is in `folder`: `node.key`, made on first use, durable on return.

    Raises:
        InputError: `key-gone` where only the public half is left; `wrong-key` where the two do not belong together;
            `rehearsal-key` for a rehearsal's key at a live node or the other way round (law 9); what `read_key` and
            `new_key` raise.
    """
    secret_file, public_file = folder / SECRET_FILE, folder / PUBLIC_FILE
    known = public_file.read_text(encoding="ascii", errors="replace").strip() if public_file.exists() else None
    if secret_file.exists():
        key, text = _key_and_text(secret_file)
        if (REHEARSAL_MARK in text) != rehearsal:
            raise _of_the_other_kind(secret_file, rehearsal=rehearsal)
    elif known is None:
        folder.mkdir(parents=True, exist_ok=True)
        key = new_key(secret_file, mark=REHEARSAL_MARK if rehearsal else b"")
    else:
        raise InputError(
            "key-gone",
            f"the node's key {SECRET_FILE} is gone, and its public half is still here",
            where=str(folder),
            remedy=f"restore it from a copy; if there is none, remove {PUBLIC_FILE} and exchange cards anew",
        )
    if known not in (None, key.public):
        what = f"{SECRET_FILE} and {PUBLIC_FILE} are not of one key"
        raise InputError("wrong-key", what, where=str(folder), remedy="restore both from the same copy")
    return key


def publish_key(folder: Path, key: SigningKey) -> None:
    """Puts `node.pub` beside `node.key`, once the record has its first entry: it says that there is a record.

    Raises:
        InputError: `unwritable`.
    """
    if not (folder / PUBLIC_FILE).exists():
        write_new(folder / PUBLIC_FILE, f"{key.public}\n".encode(), mode=0o644)


def write_new(path: Path, data: bytes, mode: int = 0o600) -> None:
    """A new file with all of `data`, durable on return: there after a loss of power, and never only in part.

    Raises:
        InputError: `exists`, `unwritable`.
    """
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), mode)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.link(temporary, path)  # unlike a rename it never replaces a file
        finally:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
        _sync_folder(path.parent)
    except FileExistsError as error:
        what, remedy = "the file is there already, and is not overwritten", "choose another name, or move it away"
        raise InputError("exists", what, where=str(path), remedy=remedy) from error
    except OSError as error:
        raise InputError("unwritable", error.strerror or str(error), where=str(path)) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _of_the_other_kind(path: Path, *, rehearsal: bool) -> InputError:
    what = "a live node's key, and this is a rehearsal" if rehearsal else "a rehearsal's key, and this node is live"
    return InputError(
        "rehearsal-key", f"it is {what}", where=str(path), remedy="give another folder: no key serves for both"
    )


def _bad_key(where: str) -> InputError:
    return InputError(
        "bad-key",
        "not an Ed25519 key in PEM without a password",
        where=where,
        remedy="make one with `safeconduct keys new`",
    )
