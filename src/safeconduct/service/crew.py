"""What the device of a crew makes: the shift it takes over, and the receipts it signs. The key is nowhere else."""

from safeconduct.model.desk import InboxItem
from safeconduct.model.entry import begin_bytes
from safeconduct.model.key import SigningKey
from safeconduct.model.post import Shift
from safeconduct.model.receipt import Answer, ReadBack, Receipt, SignedReceipt


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
    receipt = Receipt(
        notice=item.notice.id,
        flight=item.flight.id,
        version=item.flight.version,
        digest=item.flight.digest,
        post=item.notice.post,
        shift=item.notice.shift,
        key=key.public,
        answer=Answer.REFUSED if read_back is None else Answer.RECEIVED,
        read_back=read_back,
        reason=reason,
        time=time,
        rehearsal=rehearsal,
    )
    return SignedReceipt(receipt=receipt, signature=key.sign(receipt.signed_bytes()))
