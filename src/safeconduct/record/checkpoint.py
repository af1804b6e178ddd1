"""Checkpoints: what a node signs over its tree."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One checkpoint.

    Attributes:
        size: leaves in the tree.
        root: its root hash, 32 bytes.
        time: Unix seconds by the node's clock.
        note: the signed note (C2SP signed-note, tlog-checkpoint) with all of this, as text.
    """

    size: int
    root: bytes
    time: float
    note: str
