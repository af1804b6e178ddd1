"""The two halves that a first start compiles at once are all that the tracker then needs."""

import subprocess
import sys

PROGRAM = """
import numpy as np
from safeconduct.kernels.fall import land
from safeconduct.picture import plane, warm

entries = [value for value in vars(plane).values() if hasattr(value, "signatures")]
warm.compile_giving()
warm.compile_rest()
before = {entry.__name__: len(entry.signatures) for entry in entries}
warm.compile_kernels()
after = {entry.__name__: len(entry.signatures) for entry in entries}
assert before == after == dict.fromkeys(before, 1), (before, after)
print(len(before))
"""


def test_the_halves_together_are_the_whole_tracker() -> None:
    """In a process of its own, where nothing was called before."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 14
