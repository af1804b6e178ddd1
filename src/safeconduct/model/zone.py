"""Zones: declared restrictions of the air."""

from dataclasses import dataclass

from safeconduct.errors import ModelError
from safeconduct.model import check
from safeconduct.model.volume import Volume4D


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """ASTM F3548-21 *constraint*: where, when and why one party asks others not to fly. It forbids nothing by force.

    Attributes:
        party: who set it.
        exempt: ids of the parties that it does not concern; who set it is always exempt.
        lifted: whether it was taken back before its time.
    """

    id: str
    version: int = 1
    party: str
    name: str
    reason: str
    volumes: tuple[Volume4D, ...]
    exempt: frozenset[str] = frozenset()
    lifted: bool = False

    def __post_init__(self) -> None:
        check.named("id", self.id)
        check.named("party", self.party)
        check.named("name", self.name)
        check.named("reason", self.reason)
        check.within("version", self.version, 1, 2**53)
        if not self.volumes:
            raise ModelError("no-volume", f"zone {self.id} has no volume", where="volumes", remedy="say where and when")
