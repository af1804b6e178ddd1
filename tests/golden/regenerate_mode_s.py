"""Writes mode_s.json anew: what pyModeS says of made-up frames, and of lines of the recorded flight.

    python tests/golden/regenerate_mode_s.py path/to/full_flight_raw_frames.jsonl.gz

pyModeS is GPL: it is no dependency of this project, only an oracle that the developer installs beside it (`pip install
pyModeS`, 3.6 or later, in an environment of its own) to run this script. Nothing of it is kept but the values it gives.

Comm-B registers (DF 20, 21) are left out, since we do not guess at them; and GNSS heights (type codes 20-22), since
pyModeS reads metres there (see `codecs/mode_s.py`).
"""

import gzip
import json
import random
import sys
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parents[2] / "src"
GOLDEN = Path(__file__).with_name("mode_s.json")
KEPT = (
    "df",
    "icao",
    "altitude",
    "squawk",
    "callsign",
    "cpr_format",
    "cpr_lat",
    "cpr_lon",
    "nuc_p",
    "groundspeed",
    "track",
    "vertical_rate",
    "vr_source",
    "geo_minus_baro",
    "airspeed",
    "airspeed_type",
    "heading",
    "version",
    "nac_p",
    "latitude",
    "longitude",
)
EACH = 12
"""Made-up frames of each kind."""
EVERY = 397
"""Step through the flight's lines: a prime, so that no pattern of the transponder is favoured."""
PARIS = (49.01, 2.55)


def made_up() -> list[str]:
    """Frames of random content in every kind that is read, the same ones each time."""
    from safeconduct.codecs.mode_s_encode import CHARACTERS, identification
    from safeconduct.codecs.mode_s_frame import frame_bytes, with_parity

    luck = random.Random(2019)
    letters = CHARACTERS.replace("#", "").replace(" ", "")
    frames = []
    for _ in range(EACH):
        address = luck.randbytes(3)
        kinds = (*((code, 0) for code in (*range(5, 19), 31)), *((19, subtype) for subtype in (1, 2, 3, 4)))
        head = bytes([17 << 3 | 5]) + address
        frames += [with_parity(head + bytes([code << 3 | subtype]) + luck.randbytes(6)) for code, subtype in kinds]
        frames.append(identification(address.hex(), "".join(luck.choices(letters, k=luck.randint(1, 8)))))
        frames.append(with_parity(bytes([11 << 3 | 5]) + address))
        for df in (0, 4, 5, 16, 20, 21):
            body = bytes([df << 3]) + luck.randbytes(frame_bytes(df) - 4)
            frames.append(with_parity(body, int.from_bytes(address, "big")))
    return [frame.hex() for frame in frames]


def said(frame: str, **reference: tuple[float, float]) -> dict[str, Any]:
    """What pyModeS makes of a frame, as far as it is compared."""
    import pyModeS

    decoded = pyModeS.decode(frame, **reference)
    left_out = ("callsign", "groundspeed", "track", "heading") if decoded["df"] in (20, 21) else ()
    return {key: decoded[key] for key in KEPT if key not in left_out and decoded.get(key) is not None}


def flight(path: Path) -> list[dict[str, Any]]:
    """Values only: the recording itself is somebody else's."""
    from safeconduct.codecs.mode_s_frame import frame_bytes

    values, last = [], PARIS
    with gzip.open(path) as lines:
        for number, line in enumerate(lines):
            frame = json.loads(line)["frame"]
            frame = frame[: 2 * frame_bytes(int(frame[:2], 16) >> 3)]
            on_ground = frame.startswith("8") and 5 <= int(frame[8:10], 16) >> 3 <= 8
            decoded = said(frame, **{"surface_ref" if on_ground else "reference": last})
            if "latitude" in decoded:
                last = decoded["latitude"], decoded["longitude"]
            if number % EVERY == 0:
                values.append({"line": number, **decoded})
    return values


def main() -> None:
    """See the head of this file."""
    sys.path.insert(0, str(SOURCE))
    import pyModeS

    frames = [{"frame": frame, **said(frame)} for frame in made_up()]
    golden = {"oracle": f"pyModeS {pyModeS.__version__}", "frames": frames, "flight": flight(Path(sys.argv[1]))}
    rows = ",\n".join(
        f'"{key}": [\n' + ",\n".join(json.dumps(row) for row in golden[key]) + "\n]" for key in ("frames", "flight")
    )
    GOLDEN.write_text(f'{{"oracle": {json.dumps(golden["oracle"])},\n{rows}}}\n')
    print(f"{len(frames)} frames and {len(golden['flight'])} lines of the flight by {golden['oracle']}")


if __name__ == "__main__":
    main()
