"""The command line as a user runs it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

U_S, STRANGERS = "U.S. reconnaissance drone", ("Bayraktar TB2", "Wing Loong II")


def called(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "safeconduct.cli", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def answered(*arguments: object) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(called(*arguments, "--json").stdout)
    return told


@pytest.mark.parametrize("seed", [1, 12])
def test_what_was_declared_decides_what_stands(seed: int) -> None:
    told = {
        variant: answered("run", "tripoli-2019", "--variant", variant, "--seed", seed, "--headless")
        for variant in ("coordinated", "uncoordinated")
    }
    for variant, answer in told.items():
        assert (answer["variant"], answer["seed"], answer["rehearsal"], answer["node"]) == (variant, seed, True, "lna")
        for craft in answer["aircraft"]:
            assert craft["tracked_s"] > 600, f"{craft['name']} was hardly seen"
            assert sum(craft["standings"].values()) == pytest.approx(1.0, abs=1e-5)
            if craft["name"] in STRANGERS:
                assert craft["flight"] is None
                assert set(craft["standings"]) == {"unknown"}
    coordinated, uncoordinated = (
        next(craft for craft in told[variant]["aircraft"] if craft["name"] == U_S)
        for variant in ("coordinated", "uncoordinated")
    )
    settled = coordinated["standings_after_first_minute"]
    assert settled.get("verified", 0) + settled.get("consistent", 0) >= 0.95
    assert coordinated["flight"] == "AFRICOM-01"
    assert coordinated["wrong_flight_share"] == 0.0
    assert uncoordinated["standings"] == {"unknown": 1.0}
    assert uncoordinated["flight"] is None
    assert abs(uncoordinated["tracked_s"] - coordinated["tracked_s"]) < 1, "what is declared changed what is seen"


def test_same_seed_same_bytes() -> None:
    runs = {called("run", "--seed", 5, "--headless", "--json").stdout for _ in range(2)}
    assert len(runs) == 1


def test_two_captures_of_one_serial_at_two_places(shared: Path) -> None:
    files = [shared / "data" / "remote_id" / f"parrot_anafi4_{name}.pcapng" for name in ("real", "spoofed")]
    told = answered("replay", *files)
    assert [file["messages"] for file in told["files"]] == [1140, 26]
    (conflict,) = told["conflicts"]
    assert conflict["identifier"]["kind"] == "remote_id_serial"
    assert 22_000 < conflict["distance_m"] < 26_000
    assert len(told["aircraft"]) == 2
    assert len({frozenset(craft["identifiers"]["remote_id_serial"]) for craft in told["aircraft"]}) == 1


def test_one_flight_is_one_aircraft_without_a_phantom(shared: Path) -> None:
    told = answered("replay", shared / "data" / "adsb" / "full_flight_raw_frames.jsonl.gz")
    assert told["files"][0]["messages"] == 57_793
    (craft,) = told["aircraft"]
    assert craft["identifiers"]["icao_address"] == ["393322"]
    west, south, east, north = craft["bounds"]
    assert (1.3 < west < 1.4, 43.4 < south < 43.5, 2.5 < east < 2.6, 48.9 < north < 49.1) == (True,) * 4


def test_aircraft_over_switzerland_stay_apart(shared: Path) -> None:
    told = answered("replay", shared / "data" / "adsb" / "switzerland_states.json.gz")
    assert len(told["aircraft"]) == 842
    addresses = [craft["identifiers"]["icao_address"] for craft in told["aircraft"]]
    assert all(len(of_one) == 1 for of_one in addresses)
    assert len({of_one[0] for of_one in addresses}) == 842
    assert told["conflicts"] == []


def test_a_scenario_is_answered_in_its_format(shared: Path, tmp_path: Path) -> None:
    bench = shared / "bench" / "identity"
    made = tmp_path / "scenario"
    subprocess.run([sys.executable, bench / "make.py", made, "--seed", "4", "--preset", "standard"], check=True)
    for unread in ("truth.jsonl", "origins.csv", "meta.json"):
        (made / unread).rename(tmp_path / unread)
    answers, events = tmp_path / "answers.jsonl", tmp_path / "events.jsonl"
    answered("replay", "--scenario", made, "--out", answers, "--events", events)
    for line in answers.read_text().splitlines():
        answer = json.loads(line)
        assert sum(answer["candidates"].values()) + answer["unknown"] == pytest.approx(1.0, abs=1e-3)
    for kept in ("truth.jsonl", "origins.csv", "meta.json"):
        (tmp_path / kept).rename(made / kept)
    scored = subprocess.run(
        [sys.executable, bench / "score.py", made, answers, "--events", events], capture_output=True, check=True
    )
    score = json.loads(scored.stdout)
    assert score["coverage"] > 0.95
    assert score["unambiguous"]["0.9"]["false_declared_per_undeclared"] < 0.2
    assert score["unambiguous"]["0.9"]["correct_declared"] > 0.6
    assert score["sensor_registration"]["biased"]["radar-2"]["seconds_to_report"] < 300.0
    assert score["sensor_registration"]["false_reports"] == 0


FLIGHT: dict[str, Any] = {
    "id": "F1",
    "party": "p",
    "aircraft_type": "male_uav",
    "volumes": [
        {
            "outline": [[13.0, 32.0], [13.1, 32.0], [13.1, 32.1], [13.0, 32.1]],
            "lower_m": 0,
            "upper_m": 1000,
            "start": "2025-03-12T06:00:00Z",
            "end": "2025-03-12T07:00:00Z",
        }
    ],
}


def broken(**changes: object) -> str:
    return json.dumps([{**FLIGHT, "volumes": [{**FLIGHT["volumes"][0], **changes}]}])


@pytest.mark.parametrize(
    ("flights", "what"),
    [
        (broken(outline=[[13.0, 32.0], [13.1, 32.1], [13.1, 32.0], [13.0, 32.1]]), "crosses itself"),
        (broken(end="2025-03-12T05:00:00Z"), "not after its start"),
        (broken(outline=[[13.0, 91.0], [13.1, 32.0], [13.1, 32.1]]), "latitude 91.0 is outside -90..90"),
        (broken(lower_m=2000), "not below upper_m"),
        (broken(start="2025-03-12T06:00:00"), "no offset from UTC"),
        (json.dumps([FLIGHT, FLIGHT]), "declared twice: F1"),
        ('[{"id": "F1", "volumes": NaN}]', "NaN and Infinity are not JSON"),
        ('[{"id": "F1"}]', "missing required field"),
    ],
)
def test_a_bad_declaration_is_told_where_and_what(flights: str, what: str, tmp_path: Path) -> None:
    (tmp_path / "flights.json").write_text(flights)
    (tmp_path / "frames.jsonl").write_text('{"timestamp": 1, "frame": "8f393322384a02aea63afc43dcba"}\n')
    done = called("replay", tmp_path / "frames.jsonl", "--flights", tmp_path / "flights.json", code=2)
    assert what in done.stderr
    assert "flights.json" in done.stderr


def test_a_file_of_unknown_format_is_told_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Dear all,\n")
    done = called("replay", tmp_path / "notes.txt", code=2)
    assert "notes.txt" in done.stderr
    assert "pcapng" in done.stderr
    missing = called("replay", tmp_path / "nothing.pcap", code=2)
    assert "nothing.pcap" in missing.stderr


def test_an_unknown_scenario_or_variant_is_told_what_is_known() -> None:
    assert "tripoli-2019" in called("run", "nowhere", "--headless", code=2).stderr
    assert "uncoordinated" in called("run", "--variant", "sideways", "--headless", code=2).stderr


def test_an_output_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "frames.jsonl").write_text('{"timestamp": 1, "frame": "8f393322384a02aea63afc43dcba"}\n')
    done = called("replay", tmp_path / "frames.jsonl", "--out", tmp_path / "no" / "answers.jsonl", code=2)
    assert "answers.jsonl" in done.stderr


def test_a_sealed_flight_is_not_taken_for_an_open_one(tmp_path: Path) -> None:
    (tmp_path / "flights.json").write_text(json.dumps([{**FLIGHT, "disclosure": "sealed"}]))
    (tmp_path / "frames.jsonl").write_text('{"timestamp": 1, "frame": "8f393322384a02aea63afc43dcba"}\n')
    done = called("replay", tmp_path / "frames.jsonl", "--flights", tmp_path / "flights.json", code=2)
    assert "sealed" in done.stderr


def test_a_declared_receiver_locates_aircraft_on_the_ground(shared: Path, tmp_path: Path) -> None:
    recording = shared / "data" / "adsb" / "full_flight_raw_frames.jsonl.gz"
    roof = {"id": "roof", "party": "p", "kind": "adsb", "lon": 2.55, "lat": 49.01, "alt_m": 120, "sigma_m": 30}
    (tmp_path / "sensors.json").write_text(json.dumps([roof]))
    told = answered("replay", recording, "--sensors", tmp_path / "sensors.json")
    assert "no-reference" not in told["files"][0]["rejected"]
    (craft,) = told["aircraft"]
    assert craft["identifiers"]["icao_address"] == ["393322"]
    assert craft["bounds"][2] > 2.57, "the way to the runway is missing"
