"""From `safeconduct run` to the first picture: how long a user waits.

    python benchmarks/start.py [--runs 5] [--json]

Starts the main job as a user does and waits for the first snapshot with confirmed tracks on `/live`. Cold: the compiled
kernels were thrown away first, as after a new set-up. Warm: a second start.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

from websockets.sync.client import connect


def seconds(environment: dict[str, str]) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-m", "safeconduct.cli", "run", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        try:
            told = json.loads(process.stdout.readline())
            token = told["sign_in"].split("#sign-in=")[1]
            asked = urllib.request.Request(
                told["address"] + "/v1/session",
                json.dumps({"token": token}).encode(),
                {"Content-Type": "application/json"},
            )
            with urllib.request.urlopen(asked) as answer:
                cookie = answer.headers["set-cookie"].split(";")[0]
            live = told["address"].replace("http", "ws") + "/live"
            with connect(live, additional_headers={"Cookie": cookie}, max_size=None) as socket:
                snapshot = json.loads(socket.recv())
            assert any(track["status"] == "confirmed" for track in snapshot["tracks"])
            return time.perf_counter() - began
        finally:
            process.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as fresh:
        environment = {**os.environ, "NUMBA_CACHE_DIR": fresh}
        cold = seconds(environment)
        warm = [seconds(environment) for _ in range(wanted.runs)]
    figures = {"cold_s": round(cold, 2), "warm_s": round(statistics.median(warm), 2), "warm_max_s": round(max(warm), 2)}
    print(json.dumps(figures) if wanted.json else f"cold {cold:.1f} s, warm {figures['warm_s']} s (median)")


if __name__ == "__main__":
    main()
