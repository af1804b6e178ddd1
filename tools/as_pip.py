"""Runs a command with the network settings that pip has on this machine: index, links, certificate, proxy.

    python tools/as_pip.py .tools/bin/uv pip sync requirements/dev.txt

uv and npm read neither pip's files nor its environment, and a machine that reaches packages only through a mirror or an
inspecting proxy has told pip so. What their own environment says comes first.
"""

import ast
import os
import subprocess
import sys

MEANING = {
    "index-url": ("UV_DEFAULT_INDEX",),
    "extra-index-url": ("UV_INDEX",),
    "find-links": ("UV_FIND_LINKS",),
    "trusted-host": ("UV_INSECURE_HOST",),
    "cert": ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"),
    "timeout": ("UV_HTTP_TIMEOUT",),
    "default-timeout": ("UV_HTTP_TIMEOUT",),
    "proxy": ("HTTPS_PROXY", "HTTP_PROXY"),
}
"""pip's setting: the variables that tell uv and Node the same."""
STRONGER_LAST = ("global", "install", ":env:")
"""Where pip's settings come from, for `pip install`."""


def pip_settings(listing: str) -> dict[str, str]:
    """pip's settings by name, of the lines `section.name='value'` that `pip config list` prints."""
    settings: dict[str, tuple[int, str]] = {}
    for line in listing.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section.rstrip(".") in STRONGER_LAST:
            strength = STRONGER_LAST.index(section.rstrip("."))
            settings[name] = max(settings.get(name, (-1, "")), (strength, str(ast.literal_eval(value))))
    return {name: value for name, (_, value) in settings.items()}


def variables(settings: dict[str, str]) -> dict[str, str]:
    """The environment that says the same. pip parts addresses by line ends, uv by blanks, or commas for folders."""
    said = {"UV_PYTHON_DOWNLOADS": "never", "NODE_USE_SYSTEM_CA": "1"}
    for name, value in settings.items():
        for variable in MEANING.get(name, ()):
            said[variable] = ("," if name == "find-links" else " ").join(value.split())
    return said


def main() -> None:
    """Become the command."""
    pip = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    os.execvpe(sys.argv[1], sys.argv[1:], {**variables(pip_settings(pip.stdout)), **os.environ})


if __name__ == "__main__":
    main()
