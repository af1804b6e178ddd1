"""What pip was told reaches uv and Node."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "as_pip.py"


@pytest.fixture(scope="module")
def as_pip() -> ModuleType:
    spec = importlib.util.spec_from_file_location("as_pip", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_environment_is_stronger_than_a_file(as_pip: ModuleType) -> None:
    listing = ":env:.index-url='https://mirror.example/b'\nglobal.index-url='https://mirror.example/a'\nfreeze.x='1'"
    assert as_pip.pip_settings(listing) == {"index-url": "https://mirror.example/b"}
    turned = "\n".join(reversed(listing.splitlines()))
    assert as_pip.pip_settings(turned) == as_pip.pip_settings(listing)


def test_lists_are_parted_as_uv_parts_them(as_pip: ModuleType) -> None:
    said = as_pip.variables(
        {
            "index-url": "https://mirror.example/simple",
            "extra-index-url": "\nhttps://one.example\nhttps://two.example",
            "find-links": "\n/wheels\n/more",
            "cert": "/etc/ca.pem",
            "quiet": "1",
        }
    )
    assert said["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert said["UV_INDEX"] == "https://one.example https://two.example"
    assert said["UV_FIND_LINKS"] == "/wheels,/more"
    assert said["SSL_CERT_FILE"] == said["NODE_EXTRA_CA_CERTS"] == "/etc/ca.pem"
    assert not any("quiet" in name.lower() for name in said)
