"""Appends to a record until it is killed, and says each append that was acknowledged: `FOLDER SEED|- FULL|OFF`.

Each line says the position of an append's last entry. An entry's data is a function of its position, so that whoever
reads the record afterwards knows what must be there.
"""

import hashlib
import random
import sys
from pathlib import Path

from tests.faults.power_vfs import forgetful_store, power_loss_store

from safeconduct.record.seal import Sealed


def entry(position: int) -> Sealed:
    """The entry at a position: mostly a page or less, sometimes many, so that the log soon goes into the database."""
    word = hashlib.sha256(position.to_bytes(8)).digest()
    return Sealed(word[:16], word * (1 + word[0] ** 2 // 64))


def main() -> None:
    folder, seed, synchronous = sys.argv[1:]
    disk_seed = None if seed == "-" else int(seed)
    open_store = power_loss_store if synchronous == "FULL" else forgetful_store
    store = open_store(Path(folder), disk_seed)
    dice = random.Random(seed)
    last = 0
    while True:
        batch = [entry(last + step) for step in range(1, dice.choice([1, 1, 2, 5]) + 1)]
        assert store.append(batch) == last + 1
        last += len(batch)
        print(last, flush=True)


if __name__ == "__main__":
    main()
