"""Puts the built console and the scenarios into the wheel, and refuses to build one that would lack them."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

INSIDE = {"web/dist": "safeconduct/console", "scenarios": "safeconduct/scenarios"}
"""Folder of the tree: its place in the wheel. `service/assets.py` finds either."""


class ConsoleHook(BuildHookInterface[Any]):
    """A wheel without its console would serve an empty page to people who need it: no wheel then."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the folders to a wheel; an editable install reads them where they are."""
        if version == "editable":
            return
        if not (Path(self.root) / "web" / "dist" / "index.html").is_file():
            raise SystemExit("web/dist/index.html is missing: the console is not built. Run `make setup` first.")
        if self.target_name == "wheel":
            build_data["force_include"].update(INSIDE)
