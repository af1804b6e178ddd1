import os
from pathlib import Path

import pytest
from hypothesis import settings

# Examples differ from run to run on a developer's machine, which finds more; in CI they are always the same, so that a
# change is judged by what it changed. A slow machine is no failure.
settings.register_profile("developer", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "developer")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real recordings and benchmarks beside the repository; absent on a stranger's machine."""
    folder = Path(os.environ.get("SAFECONDUCT_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"CI must find the shared data, and {folder} has none")
        pytest.skip(f"no recordings at {folder}: set SAFECONDUCT_SHARED to run this test")
    return folder
