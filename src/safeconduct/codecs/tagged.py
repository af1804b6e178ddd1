"""Reading what `model.canonical` wrote: {"type": "safeconduct/<kind>", "version": n, "body": {...}}, RFC 8785 text.

Signatures and leaves are over the bytes. So bytes are read only where writing the value again gives the same ones:
unknown and missing keys, keys twice, other spellings of a number, another order are all refused by that one rule.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from safeconduct.codecs.strict import NOT_JSON
from safeconduct.errors import ModelError, WireError

_T = TypeVar("_T")
_NEWER = "update this node, or ask the sender which version it runs"


class _Tagged(msgspec.Struct, forbid_unknown_fields=True):
    type: str
    version: int
    body: msgspec.Raw


def body_of(data: bytes, *, kind: str, version: int) -> msgspec.Raw:
    """The body of tagged bytes, not yet read.

    Raises:
        WireError: `bad-json`, `bad-field`, `unknown-type`, `unknown-version`.
    """
    tagged = read(data, _Tagged, kind)
    if tagged.type != f"safeconduct/{kind}":
        raise WireError("unknown-type", f"type {tagged.type!r} is not safeconduct/{kind}", where=kind)
    if tagged.version != version:
        raise WireError("unknown-version", f"version {tagged.version} is not {version}", where=kind, remedy=_NEWER)
    return tagged.body


def read(data: bytes | msgspec.Raw, shape: type[_T], where: str) -> _T:
    """A value of `shape`, with the model's own rules applied.

    Raises:
        WireError: `bad-json`, `bad-field`, or the reason of the ModelError where a rule of the model is broken.
    """
    try:
        return msgspec.json.decode(data, type=shape)
    except msgspec.ValidationError as error:
        rule = error.__cause__
        raise WireError(
            rule.reason if isinstance(rule, ModelError) else "bad-field", str(error), where=where
        ) from error
    except NOT_JSON as error:
        raise WireError("bad-json", str(error), where=where, remedy="send RFC 8785 canonical JSON") from error


def shape_of(name: str, shapes: Mapping[str, type[_T]], where: str) -> type[_T]:
    """The shape that goes by `name`.

    Raises:
        WireError: `unknown-kind`.
    """
    if name not in shapes:
        raise WireError("unknown-kind", f"kind {name!r} is not known", where=where, remedy=_NEWER)
    return shapes[name]


def check_same(data: bytes, write: Callable[[], bytes], where: str) -> None:
    """Raises WireError `unknown-key`, `missing-key` or `not-canonical` where what was read is not what was sent.

    Args:
        write: writes again what was read from `data`.
    """
    try:
        again = write()
    except ModelError as error:  # an integer that RFC 8785 cannot hold
        raise WireError(error.reason, error.what, where=where) from error
    if data == again:
        return
    sent, known = read(data, dict, where), read(again, dict, where)  # keys that nobody reads may be no UTF-8
    if stray := _first_only_in(sent, known, ""):
        raise WireError("unknown-key", f"nobody reads {stray}", where=where, remedy=_NEWER)
    if absent := _first_only_in(known, sent, ""):
        raise WireError("missing-key", f"{absent} is missing", where=where, remedy="send every key, null for none")
    raise WireError(
        "not-canonical", "the values are not written as RFC 8785 has them", where=where, remedy="send canonical JSON"
    )


def _first_only_in(one: object, other: object, path: str) -> str:
    """The path of the first key that `one` has and `other` has not; empty for none."""
    if isinstance(one, dict) and isinstance(other, dict):
        pairs = [(f"{path}.{key}".lstrip("."), one[key], other.get(key)) for key in one]
        absent = [f"{path}.{key}".lstrip(".") for key in one if key not in other]
        if absent:
            return absent[0]
    elif isinstance(one, list) and isinstance(other, list):
        pairs = [(f"{path}[{at}]", left, right) for at, (left, right) in enumerate(zip(one, other, strict=False))]
    else:
        return ""
    return next((found for inner, left, right in pairs if (found := _first_only_in(left, right, inner))), "")
