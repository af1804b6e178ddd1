"""The one way in which this package compiles a kernel."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import config

Function = TypeVar("Function", bound=Callable[..., Any])

OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
"""No wrapper for calls from C: nobody makes them, and it costs an eighth of the time to compile."""

CACHE_SETTING = "CACHE_DIR"
"""Numba's own setting (environment NUMBA_CACHE_DIR), read when a function is decorated."""


def cache_folder() -> Path:
    """Where machine code is kept: a folder named by the digest of all kernel sources.

    Numba takes notice of a change in the file of a function, not in the files of the functions it calls, and would
    go on running the old machine code of those. A digest over all of them cannot go stale.
    """
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for source in sorted(here.glob("*.py")):
        digest.update(source.read_bytes())
    return Path(getattr(config, CACHE_SETTING) or here / "__pycache__") / f"kernels-{digest.hexdigest()[:16]}"


CACHE_FOLDER = cache_folder()


def any_kept() -> bool:
    """Whether an earlier process has left machine code of these very sources."""
    return any(CACHE_FOLDER.glob("**/*.nbi"))


def kernel(function: Function) -> Function:
    """Compile on first call, keep the machine code on disk, release the GIL while running.

    Division by zero gives inf or NaN as in NumPy, and no fast-math: a NaN must stay a NaN, because it is an absence.
    Where the cache folder cannot be written, Numba falls back on its own choice.
    """
    usual = getattr(config, CACHE_SETTING)
    setattr(config, CACHE_SETTING, str(CACHE_FOLDER))
    try:
        return cast(Function, numba.njit(**OPTIONS)(function))
    finally:
        setattr(config, CACHE_SETTING, usual)
