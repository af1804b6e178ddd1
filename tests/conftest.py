import os
from pathlib import Path

import pytest

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
