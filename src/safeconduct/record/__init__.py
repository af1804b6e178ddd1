"""The record of a node: sealed entries in a Merkle tree, and the checkpoints over it."""
