"""A real server in a process of its own, and a real browser."""

import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Running:
    """A node that answers at `address`; `sign_in` is its one-time link."""

    address: str
    sign_in: str
    rehearsal: bool
    node: str
    nodes: tuple[dict[str, Any], ...] = ()

    def link(self, node: str, role: str) -> str:
        """The one-time link of somebody with this role at the node of this party."""
        links = next(one["links"] for one in self.nodes if one["node"] == node)
        found: str = next(link["sign_in"] for link in links if link["role"] == role)
        return found

    @property
    def token(self) -> str:
        return self.sign_in.split("#sign-in=")[1]

    def request(
        self, path: str, *, method: str = "GET", body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.address + path, data, {**(headers or {})}, method=method)
        if data is not None:
            asked.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(asked, timeout=20) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read()

    def signed_in(self) -> dict[str, str]:
        """Headers of a session; uses up the link."""
        status, headers, body = self.request("/v1/session", method="POST", body={"token": self.token})
        assert status == 200, body
        return {"Cookie": headers["set-cookie"].split(";")[0]}


def start(*arguments: str) -> tuple[subprocess.Popen[str], Running]:
    process = subprocess.Popen(
        [sys.executable, "-m", "safeconduct.cli", *arguments, "--json"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait(10)
        pytest.fail(f"the node ended with exit code {process.returncode} before it answered")
    told = json.loads(line)
    return process, Running(told["address"], told["sign_in"], told["rehearsal"], told["node"], tuple(told["nodes"]))


def stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(15)
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture(scope="module")
def rehearsal() -> Iterator[Running]:
    """The main job: `safeconduct run`, ten times as fast as the clock."""
    process, running = start("run", "--port", "0", "--seed", "1", "--speed", "10")
    try:
        yield running
    finally:
        stop(process)


@pytest.fixture(scope="module")
def session(rehearsal: Running) -> dict[str, str]:
    """Headers of a signed-in watcher; its link is used up."""
    return rehearsal.signed_in()


class Starter:
    """Starts nodes with the arguments given, and stops them."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[str]] = []

    def __call__(self, *arguments: str) -> Running:
        process, running = start(*arguments)
        self._processes.append(process)
        return running

    def end(self) -> None:
        while self._processes:
            stop(self._processes.pop())


@pytest.fixture
def node_process() -> Iterator[Starter]:
    starter = Starter()
    try:
        yield starter
    finally:
        starter.end()


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("SAFECONDUCT_REQUIRE_BROWSER"):
            pytest.fail("SAFECONDUCT_REQUIRE_BROWSER is set and there is no Chromium")
        pytest.skip("no Chromium is installed: install it to run the browser tests")
    return found
