"""The code that the README and the tutorial show runs as it stands there."""

import json
import re
from pathlib import Path

import pytest

from safeconduct.codecs import cpr, mode_s_encode

ROOT = Path(__file__).resolve().parents[2]


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
