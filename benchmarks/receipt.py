"""From a declaration to a crew's screen at another node, and back: how long it takes, signed and on disk.

    python benchmarks/receipt.py [--flights 50] [--json]

`safeconduct run --data` hosts the nodes: SQLite with synchronous=FULL for each, signed messages between them, a
checkpoint within a second. One person declares over HTTP at one node; at another node a real browser shows the crew's
console. Measured by one clock, from the moment the declaration is sent:

- answered: the declarer has the node's signed promise; the declaration is on disk;
- shown: the notice is on the crew's screen (in the page's own words), which the guard's node has on disk by then;
- held: a receipt, signed when it was shown, stands in the declarer's own view.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright

from safeconduct.coordination.crossing import crossing
from safeconduct.model.flight import Flight
from safeconduct.model.key import SigningKey
from safeconduct.model.receipt import ReadBack
from safeconduct.service.access import enrol_bytes
from safeconduct.service.crew import sign_receipt, sign_shift
from safeconduct.service.rehearsals import find_scenario

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-background-networking"]
PATIENCE_S = 30.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flights", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        answer = measured(Path(folder) / "nodes", wanted.flights)
    print(json.dumps(answer, indent=None if wanted.json else 2))


def measured(data: Path, count: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "safeconduct.cli", "run", "--variant", "uncoordinated", "--port", "0", "--json"]
    process = subprocess.Popen([*command, "--data", str(data)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        nodes = {node["node"]: node for node in json.loads(process.stdout.readline())["nodes"]}
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            times = rounds(nodes, browser.new_page(), count)
            browser.close()
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()
    checked = subprocess.run(
        [sys.executable, "-m", "safeconduct.cli", "record", "check", "--data", str(data), "--json"],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return {
        "flights": count,
        **{f"{name}_s": spread([one[name] for one in times]) for name in ("answered", "shown", "held")},
        "record_sound": checked.returncode == 0,
    }


def chromium() -> str:
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    return found or sys.exit("there is no Chromium")


def spread(values: list[float]) -> dict[str, float]:
    ranked = sorted(values)
    return {
        "median": round(statistics.median(ranked), 4),
        "p95": round(ranked[int(0.95 * (len(ranked) - 1))], 4),
        "max": round(ranked[-1], 4),
    }


def rounds(nodes: dict[str, Any], screen: Page, count: int) -> list[dict[str, float]]:
    operator, officer = client(nodes["africom"], "operator"), client(nodes["lna"], "officer")
    crew_link = officer.post("/v1/people/tarhuna-watch-relief/link", json={}).json()["token"]
    screen.goto(f"{nodes['lna']['address']}/#sign-in={crew_link}")
    second = officer.post("/v1/people/tarhuna-watch-relief/link", json={}).json()["token"]
    crew = signed_in(nodes["lna"]["address"], second)
    key = SigningKey(bytes(range(32)))
    take_over(crew, key)
    screen.wait_for_selector("[data-testid=duty]", timeout=PATIENCE_S * 1000)
    now = crew.get("/v1/desk").json()["time"]
    return [one_round(operator, crew, key, screen, f"BENCH-{number:03}", now) for number in range(count)]


def client(node: dict[str, Any], role: str) -> httpx.Client:
    link = next(one["sign_in"] for one in node["links"] if one["role"] == role)
    return signed_in(node["address"], link.split("#sign-in=")[1])


def signed_in(address: str, token: str) -> httpx.Client:
    one = httpx.Client(base_url=address, timeout=PATIENCE_S, trust_env=False)
    one.post("/v1/session", json={"token": token}).raise_for_status()
    return one


def take_over(crew: httpx.Client, key: SigningKey) -> None:
    view = crew.get("/v1/desk").json()
    proof = key.sign(enrol_bytes(key.public, node=view["node"], person=view["person"], rehearsal=True))
    crew.post("/v1/keys", json={"public": key.public, "signature": proof}).raise_for_status()
    post = view["posts"][0]
    shift, signature = sign_shift(
        key,
        post=post["post"]["id"],
        number=post["next_shift"],
        person=view["person"],
        start=view["time"],
        until=view["time"] + 3600.0,
        rehearsal=True,
    )
    body = {"shift": {name: getattr(shift, name) for name in shift.__slots__}, "signature": signature}
    crew.post(f"/v1/posts/{shift.post}/shift", json=body).raise_for_status()


def one_round(
    operator: httpx.Client, crew: httpx.Client, key: SigningKey, screen: Page, name: str, now: float
) -> dict[str, float]:
    west = 13.3 + 0.005 * (int(name[-3:]) % 50)
    outline = [[west, 32.3], [west + 0.1, 32.3], [west + 0.1, 32.6], [west, 32.6]]
    volume = {"outline": outline, "lower_m": 1000.0, "upper_m": 1500.0, "start": now + 600.0, "end": now + 3600.0}
    body = {
        "id": name,
        "aircraft": {"type": "male_uav", "owner": "africom", "operator": "africom", "crew": None, "identifiers": []},
        "volumes": [volume],
        "route": [],
        "emits": [],
        "disclosure": "open",
        "contact": "desk",
    }
    began, answered = time.perf_counter(), []

    def declare() -> None:
        operator.post("/v1/flights", json=body).raise_for_status()
        answered.append(time.perf_counter() - began)

    sending = threading.Thread(target=declare)
    sending.start()
    screen.wait_for_selector(f"[data-testid=inbox-item]:has-text('{name}')", timeout=PATIENCE_S * 1000)
    shown = time.perf_counter() - began
    sending.join()
    receive(crew, key, name)
    while True:
        known = operator.get(f"/v1/flights/{name}").json()
        if any(line["state"] == "held" for line in known["coverage"]):
            return {"answered": answered[0], "shown": shown, "held": time.perf_counter() - began}
        if time.perf_counter() - began > PATIENCE_S:
            sys.exit(f"{name} was never held: {known['coverage']}")


def receive(crew: httpx.Client, key: SigningKey, name: str) -> None:
    import msgspec

    from safeconduct.model.desk import InboxItem

    content = crew.get("/v1/posts/tarhuna-watch/inbox").content
    item = next(one for one in msgspec.json.decode(content, type=list[InboxItem]) if one.flight.id == name)
    crew.post(f"/v1/notices/{item.notice.id}/shown", json={}).raise_for_status()
    flight: Flight = item.flight
    sector = next(one for one in find_scenario("tripoli-2019").sectors if one.id == "tarhuna")
    crossed = crossing(flight, sector)
    assert crossed is not None
    view = crew.get("/v1/desk").json()
    signed = sign_receipt(key, item, time=view["time"], rehearsal=True, read_back=ReadBack(*crossed.entry))
    crew.post("/v1/receipts", content=msgspec.json.encode(signed)).raise_for_status()


if __name__ == "__main__":
    main()
