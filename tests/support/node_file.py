"""The smallest node.toml there can be, and what is set beside it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from safeconduct.errors import SettingsError
from safeconduct.service.settings import NodeSettings, read_settings

NODE = """
node = "lna"
sector = { id = "s", name = "Air", party = "lna", centre = [13.0, 32.0] }
parties = [{ id = "lna", name = "LNA" }]
"""


def read_node(folder: Path, more: str = "", environment: Mapping[str, str] | None = None) -> NodeSettings:
    """The settings of a node with `more` in its file."""
    path = folder / "node.toml"
    path.write_text(NODE + more)
    return read_settings(path, environment or {})


def refused(folder: Path, more: str) -> SettingsError:
    """Why a node with `more` in its file has no settings."""
    with pytest.raises(SettingsError) as caught:
        read_node(folder, more)
    return caught.value
