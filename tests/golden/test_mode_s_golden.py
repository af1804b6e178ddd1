"""Our reading of Mode S against pyModeS's, which shares no code with it or with rs1090. See regenerate_mode_s.py."""

import gzip
import json
import math
from pathlib import Path
from typing import Any

import pytest

from safeconduct.codecs import mode_s
from safeconduct.codecs.mode_s import ModeSMessage
from safeconduct.feeds.adsb_recordings import RawFramesRecording
from safeconduct.model.detection import join
from safeconduct.units import FOOT_M, FOOT_PER_MINUTE_MPS, KNOT_MPS

GOLDEN: dict[str, Any] = json.loads(Path(__file__).with_name("mode_s.json").read_text())


def assert_agrees(message: Any, said: dict[str, Any]) -> None:
    assert isinstance(message, ModeSMessage)
    assert (message.df, message.address) == (said["df"], said["icao"].lower())
    for key, value in (
        ("squawk", message.squawk),
        ("callsign", message.callsign),
        ("version", message.version),
        ("altitude", None if message.pressure_altitude_m is None else round(message.pressure_altitude_m / FOOT_M)),
    ):
        assert value == said.get(key), key
    if message.cpr is None:
        assert "cpr_lat" not in said
    else:
        assert (message.cpr.odd, message.cpr.lat, message.cpr.lon) == (
            said["cpr_format"] == 1,
            said["cpr_lat"],
            said["cpr_lon"],
        )
    if message.version in (1, 2):
        assert message.nac_p == said["nac_p"]
    if said["df"] == 17:
        assert_moves_alike(message, said)


def assert_moves_alike(message: ModeSMessage, said: dict[str, Any]) -> None:
    velocity = message.velocity
    if "groundspeed" in said and "track" in said:
        assert velocity is not None
        assert velocity.east_mps is not None
        assert velocity.north_mps is not None
        slack = 0.01 if message.cpr is not None else 1.0
        speed_kt = math.hypot(velocity.east_mps, velocity.north_mps) / KNOT_MPS
        assert speed_kt == pytest.approx(said["groundspeed"], abs=slack)
        if speed_kt > 0.0:
            track = math.degrees(math.atan2(velocity.east_mps, velocity.north_mps))
            assert (track - said["track"] + 180.0) % 360.0 == pytest.approx(180.0, abs=0.01)
    if "vertical_rate" in said:
        assert velocity is not None
        assert velocity.up_mps == pytest.approx(said["vertical_rate"] * FOOT_PER_MINUTE_MPS)
        assert velocity.up_source == {"GNSS": "gnss", "BARO": "barometric"}[said["vr_source"]]
    if "geo_minus_baro" in said:
        assert velocity is not None
        assert velocity.height_minus_pressure_altitude_m == pytest.approx(said["geo_minus_baro"] * FOOT_M)
    if "airspeed" in said:
        assert velocity is not None
        assert velocity.airspeed_mps == pytest.approx(said["airspeed"] * KNOT_MPS, abs=0.6)
        assert velocity.airspeed_kind == {"IAS": "indicated", "TAS": "true"}[said["airspeed_type"]]
    if "heading" in said:
        assert velocity is not None
        assert velocity.heading_deg == pytest.approx(said["heading"])


def test_the_golden_file_is_not_empty_and_holds_every_kind() -> None:
    frames = GOLDEN["frames"]
    assert GOLDEN["oracle"].startswith("pyModeS ")
    assert len(frames) >= 300
    assert {said["df"] for said in frames} == {0, 4, 5, 11, 16, 17, 20, 21}
    for key, least in {
        "altitude": 100,
        "cpr_lat": 100,
        "vr_source": 30,
        "airspeed": 15,
        "callsign": 10,
        "squawk": 20,
    }.items():
        assert sum(key in said for said in frames) >= least, key
    assert {said.get("vr_source") for said in frames} == {"GNSS", "BARO", None}
    assert len(GOLDEN["flight"]) >= 100


@pytest.mark.parametrize("said", GOLDEN["frames"], ids=lambda said: said["frame"])
def test_made_up_frames(said: dict[str, Any]) -> None:
    (message,) = mode_s.decode([bytes.fromhex(said["frame"])])
    assert_agrees(message, said)


def test_the_recorded_flight(shared: Path) -> None:
    path = shared / "data/adsb/full_flight_raw_frames.jsonl.gz"
    with gzip.open(path) as stream:
        lines = [json.loads(line) for line in stream]
    seen = join(RawFramesRecording(path).batches())
    rows = {time: row for row, time in enumerate(seen.time.tolist())}
    placed = 0
    for said in GOLDEN["flight"]:
        line = lines[said["line"]]
        (message,) = mode_s.decode([bytes.fromhex(line["frame"])])
        assert_agrees(message, said)
        row = rows.get(line["timestamp"])
        if "latitude" in said and row is not None:
            placed += 1
            assert (seen.lon[row], seen.lat[row]) == pytest.approx((said["longitude"], said["latitude"]), abs=1e-6)
    assert placed >= 10
