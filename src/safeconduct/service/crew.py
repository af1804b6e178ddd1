"""What the device of a crew makes: the shift it takes over, and the receipts it signs. The key is nowhere else."""

from safeconduct.model.desk import InboxItem
from safeconduct.model.entry import begin_bytes
from safeconduct.model.key import SigningKey
from safeconduct.model.post import Shift
from safeconduct.model.receipt import ReadBack, SignedReceipt
from safeconduct.service.answering import receipt_for


def sign_shift(
    key: SigningKey, *, post: str, number: int, person: str, start: float, until: float, rehearsal: bool
) -> tuple[Shift, str]:
    """A shift that begins at `start` (Unix seconds), and the crew's signature over it."""
    shift = Shift(post=post, number=number, person=person, key=key.public, start=start, until=until)
    return shift, key.sign(begin_bytes(shift, rehearsal=rehearsal))


def sign_receipt(
    key: SigningKey,
    item: InboxItem,
    *,
    time: float,
    rehearsal: bool,
    read_back: ReadBack | None = None,
    reason: str = "",
) -> SignedReceipt:
    """The answer to a notice: received, with the place read back; or refused, with a reason.

    The digest is made here, from the flight that the crew was shown.
    """
    place = None if read_back is None else (read_back.lon, read_back.lat)
    receipt = receipt_for(item, key.public, time, place, reason, rehearsal=rehearsal)
    return SignedReceipt(receipt=receipt, signature=key.sign(receipt.signed_bytes()))
