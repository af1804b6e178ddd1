"""The first start: machine code for the tracker, made on two cores, and kept."""

import subprocess
import sys

from safeconduct.cli.shared import busy


def compile_once(*, show: bool) -> None:
    """Compile the kernels where no earlier start, nor `make setup`, has left their machine code."""
    from safeconduct.kernels.jit import any_kept
    from safeconduct.picture import warm

    if any_kept():
        return
    with busy("a first start: compiling the tracker, once", show=show):
        other_half = subprocess.Popen([sys.executable, "-m", warm.__name__, warm.GIVING])
        try:
            warm.compile_rest()
        finally:
            other_half.wait()
