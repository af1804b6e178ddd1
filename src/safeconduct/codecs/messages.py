"""Messages between nodes: canonical bytes to `model.message.Message`. Writing them is `Message.canonical`.

| key of the body | JSON | meaning |
|---|---|---|
| sender, receiver | text | ids of the two parties |
| number | integer | counts the messages from sender to receiver, from 1 |
| time | number | when it was written, Unix seconds |
| rehearsal | boolean | law 9 |
| kind | text | a key of `model.message.TOLD` |
| told | object | the fields of that kind |
"""

import msgspec

from safeconduct.codecs.tagged import body_of, check_same, read, shape_of
from safeconduct.errors import ModelError, WireError
from safeconduct.model.message import TOLD, Message


class MessageBody(msgspec.Struct, forbid_unknown_fields=True):
    """A message whose `told` is not yet read; also the form that it has inside an entry."""

    sender: str
    receiver: str
    number: int
    time: float
    rehearsal: bool
    kind: str
    told: msgspec.Raw


def decode_message(data: bytes) -> Message:
    """The message that is written in `data`.

    Raises:
        WireError: `bad-json`, `bad-field`, `unknown-type`, `unknown-version`, `unknown-kind`, `unknown-key`,
            `missing-key`, `not-canonical`, or the reason of the rule of the model that a value breaks.
    """
    message = message_of(read(body_of(data, kind="message", version=1), MessageBody, "message"))
    check_same(data, message.canonical, "message")
    return message


def message_of(body: MessageBody) -> Message:
    """The message with what it tells.

    Raises:
        WireError: `bad-field`, `unknown-kind`, or the reason of the rule of the model that a value breaks.
    """
    told = read(body.told, shape_of(body.kind, TOLD, "message"), f"message {body.kind}")
    try:
        return Message(
            sender=body.sender,
            receiver=body.receiver,
            number=body.number,
            time=body.time,
            rehearsal=body.rehearsal,
            told=told,
        )
    except ModelError as error:
        raise WireError(error.reason, error.what, where=f"message: {error.where}", remedy=error.remedy) from error
