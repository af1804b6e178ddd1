"""registries.json: the registries of DRIP entity tags that a node trusts (docs/reference/formats.md)."""

import msgspec

from safeconduct.codecs.drip import EntityTag
from safeconduct.codecs.strict import NOT_JSON
from safeconduct.errors import InputError, WireError
from safeconduct.model.identifier import IdentifierKind, identifier
from safeconduct.model.key import KEY_BYTES, bytes_of
from safeconduct.model.tag_registry import TagRegistry


class _Registry(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    entity_tag: str
    public: str


def read_registries(data: bytes, where: str = "registries.json") -> tuple[TagRegistry, ...]:
    """All registries of a file.

    Raises:
        WireError: `bad-json`, `bad-field`, `duplicate`, `unknown-suite`, `key-mismatch`: the tag is not the key's.
        ModelError: `bad-identifier`, `bad-key`, `empty`.
    """
    try:
        wires = msgspec.json.decode(data, type=list[_Registry])
    except msgspec.ValidationError as error:
        raise WireError("bad-field", str(error), where=where, remedy="see docs/reference/formats.md") from error
    except NOT_JSON as error:
        raise WireError("bad-json", str(error), where=where) from error
    registries = []
    for number, wire in enumerate(wires):
        try:
            registries.append(_registry(wire))
        except InputError as error:
            raise error.at(f"{where}: [{number}]") from error
    if len({registry.tag for registry in registries}) < len(registries):
        raise WireError("duplicate", "two registries have the same tag", where=where, remedy="leave one out")
    return tuple(registries)


def _registry(wire: _Registry) -> TagRegistry:
    tag = identifier(IdentifierKind.DRIP_ENTITY_TAG, wire.entity_tag)
    registry = TagRegistry(name=wire.name, tag=tag, public=wire.public)
    if not EntityTag.named(tag).belongs_to(bytes_of(wire.public, KEY_BYTES, "public")):
        raise WireError("key-mismatch", f"{tag.value} is not the tag of this key", remedy="ask the registry for both")
    return registry
