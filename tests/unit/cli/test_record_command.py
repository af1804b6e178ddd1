import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from safeconduct.cli import app
from safeconduct.errors import InputError
from safeconduct.links.in_process import InProcessNetwork, in_process_address
from safeconduct.model.entry import Actor
from safeconduct.model.person import Person, Role
from safeconduct.service.desk.books import NodeIdentity
from safeconduct.service.hosting import open_node
from safeconduct.service.keyfiles import node_key
from safeconduct.store.sqlite import DATABASE, SqliteStore


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with the files of one node, which is closed."""
    folder = tmp_path / "data" / "lna"
    key = node_key(folder, rehearsal=True)
    identity = NodeIdentity(
        party="lna",
        name="LNA",
        address=in_process_address("lna"),
        key=key,
        clock=lambda: 1_552_370_400.0,
        new_id=lambda: "0" * 32,
        rehearsal=True,
    )
    node = open_node(identity, SqliteStore(folder), InProcessNetwork())
    officer = Actor(party="lna", person="officer", role=Role.OFFICER)
    node.desk.set_person(officer, Person(id="op", name="Operator", role=Role.OPERATOR))
    node.close()
    return folder.parent


def test_a_sound_record_is_told_so(data: Path) -> None:
    done = CliRunner().invoke(app, ["record", "check", "--data", str(data), "--json"])
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["sound"] is True
    (record,) = told["records"]
    assert (record["node"], record["rehearsal"], record["size"], record["waiting"]) == ("lna", True, 2, 0)
    assert record["kinds"] == {"node-opened": 1, "person-set": 1}
    for_people = CliRunner().invoke(app, ["record", "check", "--data", str(data)]).stdout
    assert "REHEARSAL  lna" in for_people
    assert record["root"] in for_people


def test_a_changed_record_is_told_where_with_exit_code_1(data: Path) -> None:
    with sqlite3.connect(data / "lna" / DATABASE) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        (table,) = (name for name in tables if name.startswith("entr"))
        connection.execute(f"UPDATE {table} SET data = CAST(REPLACE(data, 'Operator', 'Somebody') AS BLOB)")
    connection.close()
    done = CliRunner().invoke(app, ["record", "check", "--data", str(data)])
    assert done.exit_code == 1
    assert "WRONG at 2: changed" in done.stdout


def test_a_folder_without_a_record_is_no_sound_record(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["record", "check", "--data", str(tmp_path)])
    assert isinstance(done.exception, InputError)
    assert done.exception.reason == "no-record"
