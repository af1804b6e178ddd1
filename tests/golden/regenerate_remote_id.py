"""Makes `remote_id.json` anew: `python tests/golden/regenerate_remote_id.py ORACLE > tests/golden/remote_id.json`.

ORACLE is an executable that answers each line of standard input with one line of JSON, made of the public functions of
an implementation of F3411 that is not ours. The file in the tree was made with opendroneid-core-c (Apache-2.0), commit
beb5639; none of it is here, only what it answered. What an oracle is asked and answers:

- 50 hexadecimal digits, a message: the fields of its decoded structure under its own names and units (its sentinels
  stand; byte fields in hexadecimal; accuracies also through its code-to-metres functions), and under `again` the
  message encoded from that structure by its own encoder, null where it declines. `{"fail": true}` if it cannot decode.
- `beacon COUNTER HEX` and `nan COUNTER HEX`, a pack: `frame`, an 802.11 frame with that pack, from 02:11:22:33:44:55.

The messages are random fields from a fixed seed, held to where the standard defines them, and the ends of each range.
"""

import json
import random
import struct
import subprocess
import sys

from safeconduct.codecs.remote_id import encode_message, encode_pack
from safeconduct.codecs.remote_id_messages import BasicId, Location, Message, MessagePack, System

SEED = 3411
EACH = 10


def main(oracle: str) -> None:
    rng = random.Random(SEED)
    makers = (basic_id, location, location, authentication, self_id, system, operator_id)
    messages = [maker(rng).hex() for maker in makers for _ in range(EACH)]
    messages += [encode_message(message).hex() for message in ends()]
    packs = [
        encode_pack(MessagePack(messages=pack)).hex() for pack in (ends()[:1], ends()[:2], (*ends()[:2], System()))
    ]
    questions = [(kind, counter, pack) for counter, pack in enumerate(packs) for kind in ("beacon", "nan")]
    lines = [*messages, *(f"{kind} {counter} {pack}" for kind, counter, pack in questions)]
    run = subprocess.run([oracle], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    golden = {
        "messages": [{"hex": asked, "oracle": said} for asked, said in zip(messages, answers, strict=False)],
        "frames": [
            {"kind": kind, "counter": counter, "pack": pack, "frame": said["frame"]}
            for (kind, counter, pack), said in zip(questions, answers[len(messages) :], strict=True)
        ],
    }
    json.dump(golden, sys.stdout, indent=1)
    print()


def ends() -> tuple[Message, ...]:
    serial = BasicId(id_type=1, ua_type=2, uas_id=b"1234F0123456789ABCDE")
    still = Location(status=1, direction_deg=0.0, speed_mps=0.0, vertical_speed_mps=0.0, lat=1e-7, lon=0.0, hour_s=0.0)
    fast = Location(
        direction_deg=359.0, speed_mps=254.25, vertical_speed_mps=-62.0, lat=-90.0, lon=180.0, hour_s=3600.0
    )
    high = Location(
        speed_mps=63.75, pressure_altitude_m=31767.5, geodetic_altitude_m=-999.5, height_m=0.0, direction_deg=180.0
    )
    return serial, still, fast, high, Location(), System()


def head(rng: random.Random, kind: int) -> bytes:
    return bytes((kind << 4 | rng.randrange(3),))


def text(rng: random.Random, size: int) -> bytes:
    return bytes(rng.randrange(33, 127) for _ in range(rng.randrange(1, size + 1))).ljust(size, b"\0")


def place(rng: random.Random) -> bytes:
    return struct.pack("<ii", rng.randint(-900_000_000, 900_000_000), rng.randint(-1_800_000_000, 1_800_000_000))


def basic_id(rng: random.Random) -> bytes:
    id_type = rng.randrange(5)
    uas_id = text(rng, 20) if id_type in (1, 2) else rng.randbytes(20)
    return head(rng, 0) + bytes((id_type << 4 | rng.randrange(16),)) + uas_id + bytes(3)


def location(rng: random.Random) -> bytes:
    flags = rng.randrange(5) << 4 | rng.randrange(8)
    motion = struct.pack("<BBBb", flags, rng.randrange(180), rng.randrange(255), rng.randint(-124, 124))
    heights = struct.pack("<HHH", *(rng.choice((0, rng.randrange(65536))) for _ in range(3)))
    accuracies = bytes((rng.randrange(7) << 4 | rng.randrange(13), rng.randrange(7) << 4 | rng.randrange(5)))
    hour = rng.choice((0xFFFF, rng.randrange(36001), rng.randrange(36001)))
    return head(rng, 1) + motion + place(rng) + heights + accuracies + struct.pack("<HBx", hour, rng.randrange(16))


def authentication(rng: random.Random) -> bytes:
    page = rng.choice((0, 0, rng.randrange(1, 16)))
    types = bytes((rng.randrange(6) << 4 | page,))
    if page:
        return head(rng, 2) + types + rng.randbytes(23)
    last_page = rng.randrange(16)
    length = rng.randint(0, min(255, 17 + 23 * last_page))
    return (
        head(rng, 2) + types + bytes((last_page, length)) + struct.pack("<I", rng.getrandbits(31)) + rng.randbytes(17)
    )


def self_id(rng: random.Random) -> bytes:
    return head(rng, 3) + bytes((rng.randrange(256),)) + text(rng, 23)


def system(rng: random.Random) -> bytes:
    flags = rng.randrange(8) << 2 | rng.randrange(3)
    area = struct.pack("<HBHH", rng.randrange(65536), rng.randrange(256), *(rng.randrange(65536) for _ in range(2)))
    rest = struct.pack("<BHIx", rng.randrange(256), rng.randrange(65536), rng.getrandbits(31))
    return head(rng, 4) + bytes((flags,)) + place(rng) + area + rest


def operator_id(rng: random.Random) -> bytes:
    return head(rng, 5) + bytes((rng.randrange(256),)) + text(rng, 20) + bytes(3)


if __name__ == "__main__":
    main(sys.argv[1])
