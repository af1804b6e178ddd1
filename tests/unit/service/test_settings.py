from pathlib import Path

import pytest

from safeconduct.errors import SettingsError
from safeconduct.picture.settings import TrackerSettings
from safeconduct.picture.stitching import StitchingSettings
from safeconduct.service.serving import node_station
from safeconduct.service.settings import NodeSettings, read_settings

NODE = """
node = "lna"

[sector]
id = "s"
party = "lna"
name = "S"
centre = [13.0, 32.0]

[[parties]]
id = "lna"
name = "L.N.A."

[[sensors]]
id = "adsb"
party = "lna"
kind = "adsb"

[[feeds]]
kind = "beast"
sensor = "adsb"

[listen]
port = 8700

[tracker]
confirm_score = 3.5

[stitching]
sure = 0.99

[standings]
enter = 0.95
"""


def read(folder: Path, text: str = NODE, **environment: str) -> NodeSettings:
    path = folder / "node.toml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path, environment)


def refusal(folder: Path, text: str = NODE, **environment: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        read(folder, text, **environment)
    return caught.value


def test_a_file_is_read_and_the_rest_is_least(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert settings.listen.port == 8700
    assert settings.listen.address == "127.0.0.1"
    assert not settings.listen.beyond_loopback
    assert settings.listen.metrics_token_file is None
    assert settings.tracker.confirm_score == 3.5
    assert settings.stitching == StitchingSettings(sure=0.99)
    assert (settings.standings.enter, settings.standings.leave) == (0.95, 0.75)
    assert settings.feeds[0].port == 30005
    assert settings.flights is None


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        SAFECONDUCT_LISTEN__PORT="9000",
        SAFECONDUCT_LISTEN__HOST_NAMES='["a.example", "b.example"]',
        SAFECONDUCT_LISTEN__ADDRESS="::1",
        SAFECONDUCT_SECTOR__NAME="Tarhuna air watch",
        SAFECONDUCT_STANDINGS__LEAVE="0.8",
        SAFECONDUCT_TRACKER__WINDOW_S="0.25",
        SAFECONDUCT_STITCHING__MEMORY_S="0",
    )
    assert settings.listen.port == 9000
    assert settings.listen.host_names == ["a.example", "b.example"]
    assert settings.listen.address == "::1"
    assert settings.sector.name == "Tarhuna air watch"
    assert settings.standings.leave == 0.8
    assert settings.tracker.window_s == 0.25
    assert settings.stitching == StitchingSettings(sure=0.99, memory_s=0.0)


def test_the_environment_may_bring_a_section_that_the_file_lacks(tmp_path: Path) -> None:
    without = NODE.replace("[listen]\nport = 8700\n", "")
    assert read(tmp_path, without).listen.port == 8600
    assert read(tmp_path, without, SAFECONDUCT_LISTEN__PORT="9001").listen.port == 9001


def test_other_environment_variables_mean_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, PATH="x", SAFECONDUCT_SHARED="/somewhere", LISTEN__PORT="1").listen.port == 8700


@pytest.mark.parametrize(
    "section",
    ["", "[sector]", "[[parties]]", "[[sensors]]", "[[feeds]]", "[listen]", "[tracker]", "[stitching]", "[standings]"],
)
def test_an_unknown_key_is_an_error_wherever_it_stands(tmp_path: Path, section: str) -> None:
    text = NODE.replace(section, f"{section}\ncolour_of_hat = 1", 1) if section else f"colour_of_hat = 1{NODE}"
    error = refusal(tmp_path, text)
    assert error.reason == "bad-setting"
    assert "colour_of_hat" in error.what
    assert str(tmp_path) in error.where


def test_an_unknown_key_of_the_environment_is_one_too(tmp_path: Path) -> None:
    assert "prot" in refusal(tmp_path, SAFECONDUCT_LISTEN__PROT="1").what
    assert "windows" in refusal(tmp_path, SAFECONDUCT_TRACKER__WINDOWS="1").what
    assert "memory" in refusal(tmp_path, SAFECONDUCT_STITCHING__MEMORY="1").what


@pytest.mark.parametrize(
    ("old", "new", "reason", "told"),
    [
        ('node = "lna"', "node = ", "bad-toml", "line 2"),
        ('node = "lna"\n', "", "bad-setting", "node"),
        ('node = "lna"', 'node = "un"', "unknown-party", "un"),
        ('party = "lna"\nname = "S"', 'party = "un"\nname = "S"', "unknown-party", "un"),
        ('party = "lna"\nkind', 'party = "un"\nkind', "unknown-party", "un"),
        ('sensor = "adsb"', 'sensor = "ads-b"', "unknown-sensor", "ads-b"),
        ('kind = "beast"', 'kind = "wasp"', "bad-setting", "wasp"),
        ("port = 8700", "port = 70000", "bad-setting", "65535"),
        ("port = 8700", "port = -1", "bad-setting", "port"),
        ("port = 8700", 'port = "eighty"', "bad-setting", "port"),
        ("centre = [13.0, 32.0]", "centre = [13.0, 92.0]", "bad-setting", "92"),
        ("enter = 0.95", "enter = 0.2", "bad-setting", "standings"),
        ("enter = 0.95", "enter = nan", "bad-setting", "standings"),
        ("confirm_score = 3.5", "confirm_score = nan", "bad-setting", "confirm_score"),
        ("confirm_score = 3.5", "confirm_score = 99", "bad-setting", "confirm_score"),
        ("sure = 0.99", "sure = 1.5", "bad-setting", "sure is 1.5"),
        ("sure = 0.99", "sure = nan", "bad-setting", "sure"),
        ("sure = 0.99", 'sure = "yes"', "bad-setting", "stitching"),
    ],
)
def test_each_fault_has_its_reason_and_says_where(tmp_path: Path, old: str, new: str, reason: str, told: str) -> None:
    assert old in NODE
    error = refusal(tmp_path, NODE.replace(old, new, 1))
    assert error.reason == reason
    assert told in str(error)
    assert str(tmp_path) in error.where


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "", "192.168.1.5", "node.example", "127.0.0.1.example"])
def test_nothing_listens_beyond_loopback_unless_the_file_says_so(tmp_path: Path, address: str) -> None:
    text = NODE.replace("port = 8700", f'port = 8700\naddress = "{address}"')
    error = refusal(tmp_path, text)
    assert error.reason == "beyond-loopback"
    assert "beyond_loopback = true" in error.remedy
    assert read(tmp_path, text.replace("port = 8700", "port = 8700\nbeyond_loopback = true")).listen.address == address


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost"])
def test_loopback_is_allowed(tmp_path: Path, address: str) -> None:
    assert read(tmp_path, SAFECONDUCT_LISTEN__ADDRESS=address).listen.address == address


def test_an_address_from_the_environment_is_held_to_the_same(tmp_path: Path) -> None:
    assert refusal(tmp_path, SAFECONDUCT_LISTEN__ADDRESS="0.0.0.0").reason == "beyond-loopback"


def test_a_list_is_no_section(tmp_path: Path) -> None:
    error = refusal(tmp_path, SAFECONDUCT_FEEDS__PORT="1")
    assert error.reason == "bad-setting"
    assert error.where == "SAFECONDUCT_FEEDS__PORT"


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.toml", tmp_path):
        with pytest.raises(SettingsError) as caught:
            read_settings(path, {})
        assert (caught.value.reason, caught.value.where) == ("unreadable", str(path))
    path = tmp_path / "latin.toml"
    path.write_bytes(b'title = "\xe9"')
    with pytest.raises(SettingsError) as caught:
        read_settings(path, {})
    assert caught.value.reason == "bad-toml"


def test_the_tracker_of_a_node_is_set_as_the_file_says(tmp_path: Path) -> None:
    hosted = node_station(read(tmp_path), tmp_path)
    hosted.close()
    pipeline = hosted.stations[0].node.pipeline
    assert pipeline.tracker.settings == TrackerSettings(confirm_score=3.5)
    assert pipeline.tracker.stitching == StitchingSettings(sure=0.99)


def test_there_is_no_default_secret() -> None:
    text = repr(NodeSettings.__struct_defaults__).lower()
    assert not [word for word in ("secret=", "password", "key=") if word in text]
