"""What the pages show is true: code runs as it stands, examples are read, tables name the fields that there are."""

import json
import re
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from safeconduct.codecs import cpr, mode_s_encode, scenario_files, scenario_toml
from safeconduct.codecs.scenario_files import read_flights, read_sensors
from safeconduct.codecs.scenario_toml import read_scenario
from safeconduct.coordination.conformance import SHARE_FROM_S
from safeconduct.coordination.coverage import UNREACHABLE_S
from safeconduct.coordination.crossing import READ_BACK_LIMIT_M, misread, read_back_error_m
from safeconduct.coordination.disclosure import COARSE_DEG, COARSE_M, COARSE_S
from safeconduct.coordination.register import RECEIPT_DUE_S
from safeconduct.coordination.warnings import WARN_WITHIN_S
from safeconduct.federation.request import MOST_BODY_BYTES, MOST_CLOCK_OFF_S
from safeconduct.feeds import adsb_recordings
from safeconduct.feeds.detect import open_recording
from safeconduct.feeds.detection_lines import DetectionLines
from safeconduct.feeds.rehearsal.feed import Rehearsal
from safeconduct.kernels.plans import DOUBT_SIGMAS
from safeconduct.model.advisory import Advisory, AdvisoryKind
from safeconduct.model.board import BoardDelta, BoardSnapshot, BoardTrack
from safeconduct.model.conflict import FlightConflict
from safeconduct.model.conformance import (
    MAX_RECOVERABLE_TIME_IN_NONCONFORMING_STATE_S,
    OI_MAX_DURATION_PER_EXCURSION_S,
    OI_MAX_EXCURSIONS_PER_FLIGHT_HOUR,
    OI_MIN_CONFORMANCE,
    Conformance,
    ConformanceState,
)
from safeconduct.model.coverage import Coverage, CoverageState
from safeconduct.model.desk import DeskFlight, DeskPost, DeskView, InboxItem, Peer
from safeconduct.model.entry import FACTS
from safeconduct.model.identifier import IdentifierKind
from safeconduct.model.message import TOLD
from safeconduct.model.notice import NoticeState
from safeconduct.model.party import Party
from safeconduct.model.receipt import ReadBack
from safeconduct.model.scenario import Clutter, Fault, ScenarioCrew, ScenarioPost
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.model.track import TrackChanges
from safeconduct.picture.advisories import ADVISE_WITHIN_S
from safeconduct.picture.settings import TrackerSettings
from safeconduct.picture.stitching import StitchingSettings
from safeconduct.record.seal import SALT_BYTES
from safeconduct.service import replays
from safeconduct.service.access import SESSION_S, SIGN_IN_S
from safeconduct.service.recorder import PROMISED_WITHIN_S
from safeconduct.service.rehearsals import find_scenario, prepare, run_headless

ROOT = Path(__file__).resolve().parents[2]
FORMATS = (ROOT / "docs/reference/formats.md").read_text()


def code_blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md", "docs/tracking.md", "docs/identification.md"])
def test_it_runs(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
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
        if page in ("docs/tracking.md", "docs/identification.md"):
            printed = capsys.readouterr().out
            assert f"```text\n{printed}```" in (ROOT / page).read_text(), f"the example now prints:\n{printed}"


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
    assert flight.contact
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


def rows_of_table(after: str, page: str = FORMATS) -> list[str]:
    """The first column of the first table after these words, row by row."""
    assert page.count(after) == 1, after
    table = re.search(r"\n\|(?:---\|)+\n(.*?)\n\n", page[page.index(after) :] + "\n\n", re.DOTALL)
    assert table is not None
    return [row.split("|")[1] for row in table[1].splitlines()]


def names_in_table(after: str, page: str = FORMATS) -> set[str]:
    """The names in the first column of the first table after these words."""
    return {name for row in rows_of_table(after, page) for name in re.findall(r"`([\w-]+)`", row)}


def nested_names(after: str) -> dict[str, set[str]]:
    """The same by the row that they belong to: rows that begin with a dash are parts of the one before."""
    parts: dict[str, set[str]] = {}
    whole: list[str] = []
    for row in rows_of_table(after):
        names = re.findall(r"`(\w+)`", row)
        if row.strip().startswith("\N{EN DASH}"):
            parts[whole[-1]] |= set(names)
        else:
            whole = names
            parts |= {name: set() for name in names}
    return parts


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
        ("A `[[posts]]`, a duty position", model_fields(ScenarioPost)),
        ("A `[[crews]]`, a simulated person", model_fields(ScenarioCrew)),
        ("A `[[clutter]]`, a patch", model_fields(Clutter)),
        ("A `[[faults]]`, what is wrong", model_fields(Fault)),
        ("A snapshot:\n", model_fields(BoardSnapshot) | {"kind"}),
        ("A delta:\n", model_fields(BoardDelta) | {"kind"}),
        ("A track:\n", model_fields(BoardTrack)),
        ("A view of the desk:\n", model_fields(DeskView)),
        ("A flight of the desk:\n", model_fields(DeskFlight)),
        ("A line of coverage:\n", model_fields(Coverage)),
        ("A conflict of a flight:\n", model_fields(FlightConflict)),
        ("An item of the inbox:\n", model_fields(InboxItem)),
        ("A post of the desk:\n", model_fields(DeskPost)),
        ("An advisory of the desk:\n", model_fields(Advisory)),
        ("A peer:\n", model_fields(Peer)),
        ("Conformance, by what this node saw;", model_fields(Conformance)),
    ],
)
def test_each_table_names_the_fields_that_there_are(after: str, there: Iterable[str]) -> None:
    assert names_in_table(after) == set(there)


def test_the_flight_of_the_tutorial_is_read_back_as_the_tutorial_says() -> None:
    page = (ROOT / "docs/tutorial.md").read_text()
    (shown,) = re.findall(r'```json title="flights.json"\n(.*?)```', page, re.DOTALL)
    (flight,) = read_flights(shown.encode())
    sectors = {sector.id: sector for sector in find_scenario("tripoli-2019").sectors}
    near, far = (
        read_back_error_m(flight, sectors["tarhuna"], ReadBack(lon, lat)) for lon, lat in ((13.90, 32.89), (13.2, 32.1))
    )
    assert not misread(near)
    assert misread(far)
    assert f"read back {near:.0f} m" in page
    assert f"is {far / 1000:.1f} km from" in page


def test_the_headless_run_of_the_rehearsal_shown_tells_what_the_table_says(shown: Path) -> None:
    answer = run_headless(prepare(str(shown), None, 1))
    named = nested_names("### run, headless\n")
    assert set(named) == set(answer)
    parts = {key: part for key, value in answer.items() if isinstance(value, list) for part in value[:1]}
    shown_lists = {"aircraft", "sensors", "receipts", "advisories", "coverage"}
    assert set(parts) == shown_lists, "the example does not show all lists"
    assert {key: set(part) for key, part in parts.items()} == {key: named[key] for key in parts}


@pytest.mark.parametrize(
    ("page", "after", "there"),
    [
        ("docs/federation.md", "## What is told\n", TOLD),
        ("docs/record.md", "## What is on it\n", FACTS),
        ("docs/coordination.md", "## Coverage\n", CoverageState),
        ("docs/coordination.md", "## Advisories\n", AdvisoryKind),
        ("docs/coordination.md", "`short_of` the limits that it does not keep.\n", ConformanceState),
        ("docs/coordination.md", "## From the declarer to a crew\n", NoticeState),
        ("docs/tracking.md", "`TrackChanges`:\n", model_fields(TrackChanges)),
        ("docs/tracking.md", "## Settings\n", model_fields(TrackerSettings)),
        ("docs/tracking.md", "`StitchingSettings`, about gaps:\n", model_fields(StitchingSettings)),
    ],
)
def test_each_table_names_the_words_that_there_are(page: str, after: str, there: Iterable[str]) -> None:
    assert names_in_table(after, (ROOT / page).read_text()) == {str(word) for word in there}


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("docs/coordination.md", f"farther than {READ_BACK_LIMIT_M / 1000:g} km"),
        ("docs/coordination.md", f"{RECEIPT_DUE_S / 60:g} minutes to answer"),
        ("docs/coordination.md", f"waits for longer than {UNREACHABLE_S:g} s"),
        ("docs/coordination.md", f"a grid of {COARSE_DEG:g}° in place, {COARSE_M:g} m in height"),
        ("docs/coordination.md", f"{COARSE_S / 60:g} minutes in time"),
        ("docs/coordination.md", f"predicted within {ADVISE_WITHIN_S / 60:g} minutes"),
        ("docs/coordination.md", f"within {WARN_WITHIN_S / 60:g} minutes of the entry"),
        ("docs/coordination.md", f"at least {OI_MIN_CONFORMANCE:.0%}".replace("%", " %")),
        ("docs/coordination.md", f"at most {OI_MAX_DURATION_PER_EXCURSION_S:g} s"),
        ("docs/coordination.md", f"at most {OI_MAX_EXCURSIONS_PER_FLIGHT_HOUR:g} |"),
        ("docs/coordination.md", f"{MAX_RECOVERABLE_TIME_IN_NONCONFORMING_STATE_S:g} s | `MaxRecoverable"),
        ("docs/coordination.md", f"by more than {DOUBT_SIGMAS:g} of its own standard deviations"),
        ("docs/coordination.md", f"was seen for {SHARE_FROM_S:g} s"),
        ("docs/record.md", f"within {PROMISED_WITHIN_S:g} s"),
        ("docs/record.md", f"{SALT_BYTES} random bytes"),
        ("docs/federation.md", f"{MOST_CLOCK_OFF_S:g} s"),
        ("docs/federation.md", f"{MOST_BODY_BYTES >> 20} MiB"),
        ("docs/security.md", f"for {SIGN_IN_S / 60:g} minutes"),
        ("docs/security.md", f"{SESSION_S / 3600:g} hours"),
    ],
)
def test_the_pages_quote_the_limits_of_the_code(page: str, sentence: str) -> None:
    assert sentence in " ".join((ROOT / page).read_text().split())


def test_the_page_on_the_tracker_quotes_the_defaults() -> None:
    page = (ROOT / "docs/tracking.md").read_text().partition("## Settings\n")[2]
    for row, shown in re.findall(r"^\| (`.*?`) \| (.*?) \|", page, re.MULTILINE):
        for settings in (TrackerSettings(), StitchingSettings()):
            if (names := re.findall(r"`(\w+)`", row))[0] in model_fields(settings):
                defaults = np.hstack([getattr(settings, name) for name in names]).tolist()
                assert [float(number) for number in re.findall(r"[\d.e-]+", shown)] == defaults, row


def test_every_kind_of_sensor_and_identifier_is_named() -> None:
    for kind in (*SensorKind, *IdentifierKind):
        assert f"`{kind.value}`" in FORMATS
