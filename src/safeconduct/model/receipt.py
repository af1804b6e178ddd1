"""Receipts: a crew's signed answer to one notice. Made where the crew sits, and nowhere else (law 2)."""

from dataclasses import dataclass
from enum import StrEnum

from safeconduct.errors import ModelError
from safeconduct.model import check
from safeconduct.model.canonical import canonical
from safeconduct.model.key import check_public, verifies


class Answer(StrEnum):
    """What the crew says."""

    RECEIVED = "received"
    REFUSED = "refused"


class ReceiptState(StrEnum):
    """What a receipt is worth to the node that took it."""

    RECEIVED = "received"
    REFUSED = "refused"
    MISREAD = "misread"
    """Signed, but the place read back is too far from where the flight enters: the crew looks again."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Where the crew says that the flight enters its sector, or is first in it: WGS-84 degrees."""

    lon: float
    lat: float

    def __post_init__(self) -> None:
        check.longitude(self.lon)
        check.latitude(self.lat)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What is signed: one answer, by one crew, to one version of one flight.

    Attributes:
        notice, flight, version, digest, post, shift: of the notice, as the post's device saw it; the digest was made
            there, from the flight on its screen.
        key: public half of the key that signs.
        read_back: for `received`.
        reason: for `refused`, in the crew's words.
        time: Unix seconds by the device.
        rehearsal: true where nothing of this is real (law 9).

    Raises:
        ModelError: `no-read-back`, `no-reason`, and what its parts raise.
    """

    notice: str
    flight: str
    version: int
    digest: str
    post: str
    shift: int
    key: str
    answer: Answer
    read_back: ReadBack | None = None
    reason: str = ""
    time: float
    rehearsal: bool

    def __post_init__(self) -> None:
        for name in ("notice", "flight", "digest", "post"):
            check.named(name, getattr(self, name))
        check_public("key", self.key)
        check.moment("time", self.time)
        if self.answer is Answer.RECEIVED and self.read_back is None:
            raise ModelError(
                "no-read-back",
                "a receipt without a read-back",
                where="read_back",
                remedy="mark on the map where the flight enters the sector",
            )
        if self.answer is Answer.REFUSED and not self.reason.strip():
            raise ModelError("no-reason", "refused without a reason", where="reason", remedy="say why, in a few words")

    def signed_bytes(self) -> bytes:
        """The bytes that the crew's key signs."""
        return canonical(self, kind="receipt", version=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedReceipt:
    """A receipt and the crew's signature over `receipt.signed_bytes()`."""

    receipt: Receipt
    signature: str

    @property
    def genuine(self) -> bool:
        """Whether the key that it names signed it. Whose key that is, is another question."""
        return verifies(self.receipt.key, self.receipt.signed_bytes(), self.signature)
