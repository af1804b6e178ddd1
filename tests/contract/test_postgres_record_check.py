"""`record check` of a node that keeps its record in PostgreSQL: by its settings, since its folder has no record."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from safeconduct.cli import app
from safeconduct.service.keyfiles import PUBLIC_FILE
from safeconduct.service.serving import node_station
from safeconduct.service.settings import read_settings

NODE = """
node = "lna"
sector = { id = "s", party = "lna", name = "S", centre = [13.0, 32.0] }
parties = [{ id = "lna", name = "L.N.A." }]
store = { postgres_file = "dsn", schema = "checked" }
"""


def check(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["record", "check", "--json", *map(str, arguments)])


def test_a_record_in_a_schema_is_checked_by_its_node_s_settings(postgres: str, tmp_path: Path) -> None:
    config, data = tmp_path / "node.toml", tmp_path / "safeconduct-data"
    config.write_text(NODE)
    (tmp_path / "dsn").write_text(postgres)
    node_station(read_settings(config, {}), tmp_path).close()
    assert (data / PUBLIC_FILE).exists()

    by_config = check("--config", config, "--data", tmp_path / "nowhere")
    (record,) = json.loads(by_config.stdout)["records"]
    assert (by_config.exit_code, record["sound"], record["node"]) == (0, True, "lna")
    assert record["entries"] == record["size"] > 0

    by_folder = check("--data", data)
    (record,) = json.loads(by_folder.stdout)["records"]
    assert (by_folder.exit_code, [one["what"] for one in record["findings"]]) == (1, ["record-gone"])
    assert "give --config" in record["findings"][0]["why"]

    (tmp_path / "dsn").write_text("host=/nowhere user=nobody")
    away = check("--config", config)
    (record,) = json.loads(away.stdout)["records"]
    assert (away.exit_code, [one["what"] for one in record["findings"]]) == (1, ["unreadable"])
