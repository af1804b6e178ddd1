"""Acknowledgements: the receiver's signed word that it has a message, durably, and all before it.

Only this empties an outbox, so it is signed: whoever sits on the way must not be able to make a message vanish.

| on the wire | JSON, RFC 8785, tagged `safeconduct/signed-acknowledgement`, version 1                             |
|-------------|----------------------------------------------------------------------------------------------------|
| body        | `acknowledgement` {`sender`, `receiver`, `number`, `sent`, `nonce`, `time`, `rehearsal`}, `signature` |
"""

from dataclasses import dataclass

import msgspec

from safeconduct.errors import InputError, StateError, WireError
from safeconduct.federation.cards import check_rehearsal
from safeconduct.model import check
from safeconduct.model.canonical import canonical
from safeconduct.model.key import SigningKey, verifies
from safeconduct.model.message import Message

MOST_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """What is signed.

    Attributes:
        sender, receiver: of the messages; the receiver signs.
        number: the last one that the receiver has.
        sent: number of the last message that the receiver itself has sent to the sender; 0 for none. A link may carry
            one way only: by this number a node sees that there is more than it has got.
        nonce: of the request that this answers. An old acknowledgement, shown again by whoever sits on the way, would
            have a node believed to be there that is not.
        time: Unix seconds by the receiver's clock.
    """

    sender: str
    receiver: str
    number: int
    sent: int
    nonce: str
    time: float
    rehearsal: bool

    def __post_init__(self) -> None:
        check.named("sender", self.sender)
        check.named("receiver", self.receiver)
        check.within("number", self.number, 1, 2**53)
        check.within("sent", self.sent, 0, 2**53)
        check.moment("time", self.time)

    def signed_bytes(self) -> bytes:
        """The bytes that the receiver's node key signs."""
        return canonical(self, kind="acknowledgement", version=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAcknowledgement:
    """An acknowledgement and the signature of the receiver's node key over `signed_bytes()`."""

    acknowledgement: Acknowledgement
    signature: str

    def wire(self) -> bytes:
        """The bytes that go back."""
        return canonical(self, kind="signed-acknowledgement", version=1)


@dataclass(frozen=True, slots=True)
class _Tagged:
    type: str
    version: int
    body: SignedAcknowledgement


def acknowledge(message: Message, last: int, *, sent: int, nonce: str, time: float, key: SigningKey) -> bytes:
    """The answer to a message that was taken, or was here already.

    Args:
        last: number of the last message that is durable here.
        sent: number of the last message from here to the sender.
        nonce: of the request that brought the message.
        time: Unix seconds.
        key: the receiver's node key.
    """
    said = Acknowledgement(
        sender=message.sender,
        receiver=message.receiver,
        number=last,
        sent=sent,
        nonce=nonce,
        time=time,
        rehearsal=message.rehearsal,
    )
    return SignedAcknowledgement(acknowledgement=said, signature=key.sign(said.signed_bytes())).wire()


def read_acknowledgement(data: bytes) -> SignedAcknowledgement:
    """An acknowledgement from its one spelling.

    Raises:
        WireError: `malformed`.
    """
    try:
        if len(data) > MOST_BYTES:
            raise WireError("malformed", f"an acknowledgement of {len(data)} bytes")
        read = msgspec.json.decode(data, type=_Tagged).body
        if read.wire() == data:
            return read
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InputError) as error:
        raise WireError("malformed", f"not an acknowledgement: {error}") from error
    raise WireError("malformed", "not an acknowledgement in canonical JSON")


def check_acknowledgement(data: bytes, message: Message, public: str, nonce: str) -> Acknowledgement:
    """What the receiver of `message` acknowledges in its answer `data`.

    Args:
        public: the receiver's node key.
        nonce: of the request that carried the message.

    Raises:
        WireError: `malformed`, `bad-signature`, `wrong-answer` for one that is about other messages, or to another
            request.
        InputError: `rehearsal-key`.
        StateError: `ahead`: it has messages that this node does not know to have sent.
    """
    signed = read_acknowledgement(data)
    said = signed.acknowledgement
    if not verifies(public, said.signed_bytes(), signed.signature):
        raise WireError("bad-signature", f"the acknowledgement is not signed by {message.receiver}", where="signature")
    if (said.sender, said.receiver) != (message.sender, message.receiver) or said.number < message.number:
        what = f"{said.receiver} acknowledges number {said.number} of {said.sender}, not {message.number}"
        raise WireError("wrong-answer", what, where="acknowledgement")
    if said.nonce != nonce:
        raise WireError("wrong-answer", "the acknowledgement is to another request than this one", where="nonce")
    check_rehearsal("the acknowledgement", said.rehearsal, message.rehearsal)
    if said.number > message.number:
        # The outbox sends the oldest first, one at a time: a greater number was never sent by what this node remembers.
        raise StateError(
            "ahead",
            f"{said.receiver} has {said.number} messages of this node, which remembers {message.number}",
            where="number",
            remedy="this node's record is older than its peers': restore the newest copy of its data folder",
        )
    return said
