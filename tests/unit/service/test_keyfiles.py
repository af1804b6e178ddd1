import os
import shutil
import stat
import subprocess
from pathlib import Path
from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from safeconduct.errors import InputError
from safeconduct.model.key import SigningKey, bytes_of, verifies
from safeconduct.service.keyfiles import (
    Enrolment,
    new_key,
    node_key,
    publish_key,
    read_enrolment,
    read_key,
    write_enrolment,
)


def reason(call: object, *arguments: object) -> str:
    assert callable(call)
    with pytest.raises(InputError) as told:
        call(*arguments)
    return told.value.reason


def live_key(folder: Path) -> SigningKey:
    return node_key(folder, rehearsal=False)


def test_a_new_key_is_its_owners_only_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "crew.pem"
    key = new_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().startswith("-----BEGIN PRIVATE KEY-----\n")
    assert list(tmp_path.iterdir()) == [path], "something was left beside it"
    again = read_key(path)
    assert again.public == key.public
    assert verifies(key.public, b"x", again.sign(b"x"))
    assert new_key(tmp_path / "other.pem").public != key.public


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "crew.pem"
    key = new_key(path)
    assert reason(new_key, path) == "exists"
    assert read_key(path).public == key.public
    assert reason(new_key, tmp_path / "no" / "crew.pem") == "unwritable"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_key_that_others_can_read_is_refused_with_the_remedy(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "crew.pem"
    new_key(path)
    path.chmod(mode)
    with pytest.raises(InputError, match=f"chmod 600 {path}") as told:
        read_key(path)
    assert told.value.reason == "open-key"


def test_other_files_are_no_keys(tmp_path: Path) -> None:
    path = tmp_path / "crew.pem"
    assert reason(read_key, path) == "unreadable"
    other = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for content in (b"", b"\xff\x00", other, b"x" * 10_000):
        path.write_bytes(content)
        path.chmod(0o600)
        assert reason(read_key, path) == "bad-key"


def test_another_program_reads_it_too(tmp_path: Path) -> None:
    """OpenSSL as the outside oracle of the file's format and of the public half."""
    key = new_key(tmp_path / "crew.pem")
    try:
        done = subprocess.run(
            ["openssl", "pkey", "-in", tmp_path / "crew.pem", "-noout", "-text"], capture_output=True, text=True
        )
    except FileNotFoundError:
        pytest.skip("there is no openssl on this machine")
    assert "ED25519 Private-Key" in done.stdout, done.stderr
    public = done.stdout.split("pub:")[1]
    assert bytes.fromhex("".join(public.split()).replace(":", "")) == bytes_of(key.public, 32, "")


def test_where_a_key_is_enrolled_is_kept_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "crew.pem"
    key = new_key(path)
    assert reason(read_enrolment, path) == "not-enrolled"
    for address in ("http://127.0.0.1:8600", "https://node.example"):
        enrolment = Enrolment(
            address=address, node="lna", public=key.public, person="radar-1", post="radar", rehearsal=True
        )
        write_enrolment(path, enrolment)
        assert read_enrolment(path) == enrolment
    (tmp_path / "crew.pem.node.json").write_text('{"address": 1}')
    assert reason(read_enrolment, path) == "bad-enrolment"


def test_a_node_makes_its_key_once(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "lna"
    key = live_key(folder)
    assert stat.S_IMODE((folder / "node.key").stat().st_mode) == 0o600
    assert not (folder / "node.pub").exists(), "that says that the record has begun"
    assert live_key(folder).public == key.public, "a kill came before the record's first entry"
    publish_key(folder, key)
    publish_key(folder, key)
    assert (folder / "node.pub").read_text() == f"{key.public}\n"
    assert live_key(folder).public == key.public


def test_a_rehearsals_key_serves_no_live_node_and_the_other_way_round(tmp_path: Path) -> None:
    rehearsed = node_key(tmp_path / "rehearsed", rehearsal=True)
    assert node_key(tmp_path / "rehearsed", rehearsal=True).public == rehearsed.public
    assert (tmp_path / "rehearsed" / "node.key").read_text().startswith("Safeconduct rehearsal key\n-----BEGIN")
    (tmp_path / "live").mkdir()
    shutil.copy(tmp_path / "rehearsed" / "node.key", tmp_path / "live")
    assert reason(live_key, tmp_path / "live") == "rehearsal-key"
    live_key(tmp_path / "served")
    with pytest.raises(InputError, match="a live node's key, and this is a rehearsal") as told:
        node_key(tmp_path / "served", rehearsal=True)
    assert told.value.reason == "rehearsal-key"


def test_a_node_whose_key_is_lost_or_changed_does_not_become_another(tmp_path: Path) -> None:
    publish_key(tmp_path, live_key(tmp_path))
    (tmp_path / "node.key").rename(tmp_path / "away")
    assert reason(live_key, tmp_path) == "key-gone"
    new_key(tmp_path / "node.key")
    assert reason(live_key, tmp_path) == "wrong-key"


def test_file_and_folder_are_synced_before_the_key_is_used(tmp_path: Path) -> None:
    synced: list[bool] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
        real(descriptor)

    with patch("os.fsync", fsync):
        publish_key(tmp_path, live_key(tmp_path))
    assert synced == [False, True, False, True], "the file, then the folder that names it"


def test_a_crash_while_writing_leaves_no_half_a_key(tmp_path: Path) -> None:
    with patch("os.fsync", side_effect=OSError(28, "No space left on device")):
        assert reason(live_key, tmp_path) == "unwritable"
    assert list(tmp_path.iterdir()) == []
