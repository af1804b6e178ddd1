"""What a record promises and what it shows of itself: the promise in an answer, and the checkpoint over the tree."""

from dataclasses import dataclass

from safeconduct.model.canonical import canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A node's signed word that an entry will be in its tree (law 6; cf. the SCT of RFC 6962 section 3.2).

    Attributes:
        node: id of the party.
        leaf: hex SHA-256 of the entry with its salt; what the tree takes.
        time: Unix seconds when it was made durable.
        within_s: the tree has it this long after, at the latest.
    """

    node: str
    leaf: str
    time: float
    within_s: float
    rehearsal: bool

    def signed_bytes(self) -> bytes:
        """The bytes that the node's key signs."""
        return canonical(self, kind="promise", version=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPromise:
    """A promise, the key that signed it, and the signature, both in base64url."""

    promise: Promise
    public: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordHead:
    """The newest checkpoint of a record.

    Attributes:
        size: leaves in the tree.
        root: hex root hash, RFC 6962 section 2.1.
        time: Unix seconds of the checkpoint.
        waiting: durable leaves that the tree has not taken yet.
    """

    size: int
    root: str
    time: float
    waiting: int
