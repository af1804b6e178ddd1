"""What can go wrong, told so that somebody can do something about it.

An error carries its facts as attributes: *what* was wrong, *where*, and the *remedy*. Whose fault it is decides the
class: `InputError` is the fault of whoever sent or wrote the input; anything else that escapes is ours.
"""

from typing import Self


class SafeconductError(Exception):
    """Base of every error this package raises on purpose.

    Attributes:
        what: what was wrong, in a clause ("latitude 91.0 is outside -90..90").
        where: the place: a file and line, a byte offset, a field path, a sensor. May be empty.
        remedy: what the reader can do about it. May be empty.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = what, where, remedy
        super().__init__(what)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f" ({self.remedy})" if self.remedy else ""
        return f"{place}{self.what}{advice}"


class InputError(SafeconductError):
    """The input is at fault: a file, a message, a declaration, a setting.

    Attributes:
        reason: a short stable word for counting ("truncated", "bad-latitude"); the key of `rejected` counters.
    """

    def __init__(self, reason: str, what: str, *, where: str = "", remedy: str = "") -> None:
        self.reason = reason
        super().__init__(what, where=where, remedy=remedy)

    def at(self, where: str) -> Self:
        """The same error, with its place put before the place it already names."""
        place = f"{where}: {self.where}" if self.where else where
        return type(self)(self.reason, self.what, where=place, remedy=self.remedy)


class StateError(InputError):
    """Right in itself, but not as things now stand: an older version, an answer given already, a crew that has gone."""


class UnknownError(InputError):
    """It names something that this node does not have."""


class ForbiddenError(InputError):
    """Whoever asks may not do this."""


class WireError(InputError):
    """Bytes do not follow the wire format they claim to follow."""


class ModelError(InputError, ValueError):
    """A value breaks a rule of the model. Also a `ValueError`, so decoders report it with its field path."""


class SettingsError(InputError):
    """A setting is missing, unknown or out of range."""
