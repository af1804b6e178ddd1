"""A node whose record is gone does not begin another with the key that it had."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from safeconduct.errors import InputError
from safeconduct.model.key import SigningKey
from safeconduct.service.keyfiles import node_key
from safeconduct.service.serving import node_station
from safeconduct.service.settings import NodeSettings, read_settings
from safeconduct.store.sqlite import DATABASE

NODE = """
node = "lna"
sector = { id = "s", party = "lna", name = "S", centre = [13.0, 32.0] }
parties = [{ id = "lna", name = "L.N.A." }]
"""


@pytest.fixture
def settings(tmp_path: Path) -> NodeSettings:
    (tmp_path / "node.toml").write_text(NODE)
    return read_settings(tmp_path / "node.toml", {})


def serve(settings: NodeSettings, folder: Path) -> str:
    """Starts and stops a node; its public key."""
    hosted = node_station(settings, folder)
    hosted.close()
    return hosted.stations[0].desk.public


def deleted(data: Path) -> None:
    for path in data.glob(f"{DATABASE}*"):
        path.unlink()


def made_empty(data: Path) -> None:
    with closing(sqlite3.connect(data / DATABASE)) as database:
        for table in ("entry", "leaf", "checkpoint"):
            database.execute(f"DELETE FROM {table}")
        database.commit()


def truncated(data: Path) -> None:
    (data / DATABASE).write_bytes(b"")


@pytest.mark.parametrize("gone", [deleted, made_empty, truncated])
def test_a_key_without_its_record_is_not_served(
    settings: NodeSettings, tmp_path: Path, gone: Callable[[Path], None]
) -> None:
    public = serve(settings, tmp_path)
    assert serve(settings, tmp_path) == public
    data = tmp_path / "safeconduct-data"
    gone(data)
    for _ in range(2):
        with pytest.raises(InputError, match="restore the newest copy") as refused:
            serve(settings, tmp_path)
        assert refused.value.reason == "record-gone"
    for name in ("node.key", "node.pub"):
        (data / name).rename(tmp_path / name)
    assert serve(settings, tmp_path) != public, "as the remedy says"


def test_a_first_start_that_was_killed_is_begun_again(settings: NodeSettings, tmp_path: Path) -> None:
    key: SigningKey = node_key(tmp_path / "safeconduct-data", rehearsal=False)
    assert serve(settings, tmp_path) == key.public
    (tmp_path / "safeconduct-data" / "node.pub").unlink()  # or the kill came after the first entry
    assert serve(settings, tmp_path) == key.public
    assert (tmp_path / "safeconduct-data" / "node.pub").exists()


def test_a_rehearsals_key_is_not_served(settings: NodeSettings, tmp_path: Path) -> None:
    node_key(tmp_path / "rehearsed", rehearsal=True)
    (tmp_path / "safeconduct-data").mkdir()
    shutil.copy(tmp_path / "rehearsed" / "node.key", tmp_path / "safeconduct-data")
    with pytest.raises(InputError) as refused:
        serve(settings, tmp_path)
    assert refused.value.reason == "rehearsal-key"
