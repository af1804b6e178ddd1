"""What the pages show is true: code runs as it stands, examples are read, tables name the fields that there are."""

import json
import re
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec
import pytest

from safeconduct.codecs import cpr, mode_s_encode, scenario_files, scenario_toml
from safeconduct.codecs.scenario_files import read_flights, read_sensors
from safeconduct.codecs.scenario_toml import read_scenario
from safeconduct.feeds import adsb_recordings
from safeconduct.feeds.detect import open_recording
from safeconduct.feeds.detection_lines import DetectionLines
from safeconduct.feeds.rehearsal.feed import Rehearsal
from safeconduct.model.board import BoardDelta, BoardSnapshot, BoardTrack
from safeconduct.model.identifier import IdentifierKind
from safeconduct.model.party import Party
from safeconduct.model.scenario import Clutter
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.service import replays

ROOT = Path(__file__).resolve().parents[2]
FORMATS = (ROOT / "docs/reference/formats.md").read_text()


def code_blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md"])
def test_it_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = code_blocks(page)
    assert blocks, f"{page} shows no code any more"
    lines = []
    for step in range(40):
        place = cpr.encode(2.5, 49.0 + 200.0 * 0.25 * step / 111_195.0, odd=bool(step % 2), surface=False)
        frame = mode_s_encode.airborne_position("393322", place, 10_000.0)
        lines.append(json.dumps({"timestamp": 1_720_248_000 + 0.25 * step, "frame": frame.hex()}))
    (tmp_path / "frames.jsonl.gz").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    for block in blocks:
        names: dict[str, object] = {}
        exec(compile(block, page, "exec"), names)
        if page == "README.md":
            assert len(names["tracks"]) == 1, "the example's aircraft is not tracked"  # type: ignore[arg-type]


def test_the_settings_page_shows_settings_that_are_read(tmp_path: Path) -> None:
    from safeconduct.service.settings import read_settings

    shown = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/reference/settings.md").read_text(), re.DOTALL)
    assert len(shown) == 1
    path = tmp_path / "node.toml"
    path.write_text(shown[0])
    settings = read_settings(path, {"SAFECONDUCT_LISTEN__PORT": "8700", "SAFECONDUCT_STANDINGS__ENTER": "0.95"})
    assert settings.listen.port == 8700
    assert settings.standings.enter == 0.95
    assert settings.feeds[0].sensor == settings.sensors[0].id


@pytest.fixture
def shown(tmp_path: Path) -> Path:
    """A folder with the files that the page of formats shows, under the names that it shows them."""
    for name, content in re.findall(r'```\w+ title="([^"]+)"\n(.*?)```', FORMATS, re.DOTALL):
        (tmp_path / name).write_text(content)
    return tmp_path


def test_the_flights_and_sensors_shown_are_read(shown: Path) -> None:
    (flight,) = read_flights((shown / "flights.json").read_bytes())
    assert flight.emits == {SensorKind.REMOTE_ID}
    assert len(flight.route) == 2
    radar, receiver = read_sensors((shown / "sensors.json").read_bytes())
    assert (radar.kind, receiver.kind) == (SensorKind.RADAR, SensorKind.REMOTE_ID)


def test_the_detections_shown_are_read_and_are_of_the_flight_shown(shown: Path) -> None:
    (flight,) = read_flights((shown / "flights.json").read_bytes())
    recording = DetectionLines(shown / "detections.jsonl", read_sensors((shown / "sensors.json").read_bytes()))
    batches = list(recording.batches())
    assert not recording.report.rejected
    assert sum(len(batch) for batch in batches) == len((shown / "detections.jsonl").read_text().splitlines()) == 2
    assert batches[0].claims[0].identifiers == flight.aircraft.identifiers
    assert replays.run(replays.of_scenario(shown))["detections"] == 2


@pytest.mark.parametrize(
    ("name", "messages", "detections"), [("frames.jsonl", 4, 1), ("states.json", 1, 1), ("aircraft.json", 1, 1)]
)
def test_the_recordings_shown_are_read(shown: Path, name: str, messages: int, detections: int) -> None:
    recording = open_recording(shown / name)
    (batch,) = recording.batches()
    assert not recording.report.rejected
    assert (recording.report.messages, len(batch)) == (messages, detections)
    assert (batch.lon[0], batch.lat[0]) == pytest.approx((2.5, 49.0), abs=1e-3)
    assert batch.pressure_altitude_m[0] == pytest.approx(10_058.4 if name != "frames.jsonl" else 10_000.0, abs=10.0)


def test_the_rehearsal_shown_flies(shown: Path) -> None:
    scenario = read_scenario((shown / "scenario.toml").read_bytes())
    rehearsal = Rehearsal(scenario, 1)
    assert [flight.id for flight in rehearsal.flights(scenario.default_variant)] == ["UN-1"]
    assert sum(len(batch) for batch in rehearsal.batches()) > 50


def names_in_table(after: str) -> set[str]:
    """The names in the first column of the first table after these words."""
    assert FORMATS.count(after) == 1, after
    table = re.search(r"\n\|(?:---\|)+\n(.*?)\n\n", FORMATS[FORMATS.index(after) :], re.DOTALL)
    assert table is not None
    return {name for row in table[1].splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])}


def wire_fields(*shapes: Any) -> set[str]:
    return {field.name for shape in shapes for field in msgspec.structs.fields(shape)}


def model_fields(shape: Any) -> set[str]:
    return {field.name for field in fields(shape)}


DETECTION = (
    scenario_files._Detection,
    scenario_files._Position,
    scenario_files._Velocity,
    scenario_files._Claims,
)


@pytest.mark.parametrize(
    ("after", "there"),
    [
        ("### Mode S frames\n", wire_fields(adsb_recordings._Line)),
        ("#### flights.json\n", wire_fields(scenario_files._Flight)),
        ("A volume:\n", wire_fields(scenario_files._Volume)),
        ("A point of the route:\n", wire_fields(scenario_files._RoutePoint)),
        ("#### sensors.json\n", model_fields(Sensor)),
        ("#### detections.jsonl\n", wire_fields(*DETECTION)),
        ("### A rehearsal\n", wire_fields(scenario_toml._Scenario)),
        ("A `[[parties]]`:\n", model_fields(Party)),
        ("A `[[sectors]]`:\n", model_fields(Sector)),
        ("An `[[aircraft]]`:\n", wire_fields(scenario_toml._Aircraft)),
        ("A `[[flights]]`, a declaration", wire_fields(scenario_toml._Flight)),
        ("A `[[clutter]]`, a patch", model_fields(Clutter)),
        ("A snapshot:\n", model_fields(BoardSnapshot) | {"kind"}),
        ("A delta:\n", model_fields(BoardDelta) | {"kind"}),
        ("A track:\n", model_fields(BoardTrack)),
    ],
)
def test_each_table_names_the_fields_that_there_are(after: str, there: Iterable[str]) -> None:
    assert names_in_table(after) == set(there)


def test_every_kind_of_sensor_and_identifier_is_named() -> None:
    for kind in (*SensorKind, *IdentifierKind):
        assert f"`{kind.value}`" in FORMATS
