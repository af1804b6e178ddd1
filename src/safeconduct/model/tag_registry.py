"""Registries of DRIP entity tags: whose word the node takes for it that a key belongs to a registered aircraft."""

from dataclasses import dataclass

from safeconduct.model import check, key
from safeconduct.model.identifier import Identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRegistry:
    """One trusted registry (RFC 9374 section 3.3): an RAA vouches for HDAs, an HDA for aircraft.

    Attributes:
        name: what people call it.
        tag: the registry's own entity tag.
        public: its Ed25519 key, in base64url. That the tag belongs to it is for `codecs.drip` to check.
    """

    name: str
    tag: Identifier
    public: str

    def __post_init__(self) -> None:
        check.named("name", self.name)
        key.check_public("public", self.public)
