"""The bytes that get signed or hashed: RFC 8785 canonical JSON of a model value, with its type and version inside."""

import dataclasses
from collections.abc import Mapping
from enum import Enum
from typing import Any

import rfc8785

from safeconduct.errors import ModelError


def canonical(value: object, *, kind: str, version: int) -> bytes:
    """Canonical bytes of a dataclass: equal values give equal bytes on every machine.

    Sets are sorted, tuples become arrays, enums their values. The tag `safeconduct/<kind>` and the version are part of
    the bytes, so that a signature over one type can never be taken for one over another.

    Raises:
        ModelError: `not-canonical` for NaN, infinities, integers beyond 2^53, keys that are not text (two of them
            could become one), and things that are not data.
    """
    try:
        body = _plain(value)
        if not isinstance(body, dict):
            raise ModelError("not-canonical", f"{type(value).__name__} is not a record")
        tagged: dict[str, Any] = {"type": f"safeconduct/{kind}", "version": version, "body": body}
        return rfc8785.dumps(tagged)
    except rfc8785.CanonicalizationError as error:
        raise ModelError("not-canonical", str(error), where=kind) from error


def _plain(value: object) -> Any:
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise ModelError("not-canonical", "a key is not text")
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return sorted((_plain(item) for item in value), key=lambda item: rfc8785.dumps(item))
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise ModelError("not-canonical", f"{type(value).__name__} is not data")
