"""What a thief of a server would look for, and all the places where it could be."""

import base64
import hashlib
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from safeconduct.model.key import bytes_of
from safeconduct.service.keyfiles import read_key

CHUNK, OVERLAP = 32 << 20, 256

Needles = dict[str, bytes]


def needles_of(crew_file: Path, node_file: Path) -> Needles:
    """What is looked for: of the crew everything that its secret half could look like, and for a control what must be
    found: the crew's public half and the node's own secret."""
    crew, node = _seed(crew_file), _seed(node_file)
    expanded = hashlib.sha512(crew).digest()  # RFC 8032 section 5.1.5: what Ed25519 really reckons with
    scalar = bytearray(expanded[:32])
    scalar[0] &= 248
    scalar[31] = scalar[31] & 127 | 64
    public = read_key(crew_file).public
    return {
        "crew's seed, first half": crew[:16],
        "crew's seed, second half": crew[16:],
        "crew's seed in hex": crew.hex().encode(),
        "crew's seed in HEX": crew.hex().upper().encode(),
        "crew's seed in base64": base64.b64encode(crew).rstrip(b"="),
        "crew's seed in base64url": base64.urlsafe_b64encode(crew).rstrip(b"="),
        "crew's PEM": crew_file.read_bytes().splitlines()[1],
        "crew's PKCS #8 in DER": base64.b64decode(crew_file.read_bytes().splitlines()[1]),
        "crew's scalar": expanded[:32],
        "crew's clamped scalar": bytes(scalar),
        "crew's prefix": expanded[32:],
        "control: crew's public half": bytes_of(public, 32, "public"),
        "control: crew's public half in base64url": public.encode(),
        "control: node's seed": node,
        "control: node's PEM": node_file.read_bytes().splitlines()[1],
    }


def _seed(file: Path) -> bytes:
    return base64.b64decode(file.read_bytes().splitlines()[1])[-32:]


@contextmanager
def standing_still(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def memory_of(pid: int) -> Iterator[bytes]:
    """All readable memory of a process, in pieces that overlap within a mapping."""
    try:
        memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    except OSError as error:
        pytest.skip(f"the memory of another process cannot be read here: {error}")
    read = 0
    try:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights = line.split()[:2]
            start, end = (int(place, 16) for place in span.split("-"))
            if "r" not in rights or line.endswith(("[vvar]", "[vvar_vclock]", "[vsyscall]")):
                continue
            before = b""
            for at in range(start, end, CHUNK):
                piece = os.pread(memory, min(CHUNK, end - at), at)
                read += len(piece)
                yield before + piece
                before = piece[-OVERLAP:]
    finally:
        os.close(memory)
    resident = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    assert read >= int(resident.split()[1]) * 1024 > 50 << 20, "that was not all of it"


def found_in(pieces: Iterable[bytes], needles: Needles) -> frozenset[str]:
    found = set[str]()
    for piece in pieces:
        found |= {name for name, needle in needles.items() if name not in found and needle in piece}
    return frozenset(found)
