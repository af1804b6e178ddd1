import base64
import hashlib
import json
from pathlib import Path

import pytest

from safeconduct.record.tree import EMPTY_ROOT, Tree, leaf_hash, node_hash

LEAVES = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243")]
LEAVES += [bytes.fromhex("5051525354555657"), bytes(range(0x60, 0x70))]
"""The eight leaves of the reference tree in certificate transparency's own tests; the vectors below are about it."""


def naive(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + naive(leaves[:half]) + naive(leaves[half:])).digest()


def roots(leaves: list[bytes]) -> list[bytes]:
    tree, found = Tree(), [Tree().root()]
    for leaf in leaves:
        tree.append(leaf)
        found.append(tree.root())
    return found


def test_roots_are_those_of_the_rfc() -> None:
    leaves = [bytes([n]) * n for n in range(70)]
    assert roots(leaves) == [naive(leaves[:size]) for size in range(71)]


def test_the_empty_tree() -> None:
    assert Tree().root() == EMPTY_ROOT
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_it_keeps_one_hash_for_each_bit_of_its_size() -> None:
    tree = Tree(b"" for _ in range(1000))
    assert tree.size == 1000
    assert len(tree._edge) == (1000).bit_count()


def test_a_copy_grows_apart() -> None:
    tree = Tree([b"a", b"b", b"c"])
    twin = tree.copy()
    twin.append(b"d")
    assert (tree.size, tree.root()) == (3, naive([b"a", b"b", b"c"]))
    assert (twin.size, twin.root()) == (4, naive([b"a", b"b", b"c", b"d"]))


def happy(folder: Path) -> list[dict[str, object]]:
    return [json.loads(path.read_text()) for path in sorted(folder.rglob("happy-path.json"))]


def test_roots_of_the_vectors(shared: Path) -> None:
    """The vectors are proofs; their roots are the reference tree's at those sizes."""
    ours = [base64.b64encode(root).decode() for root in roots(LEAVES)]
    checked = set()
    for vector in happy(shared / "data/vectors/merkle/consistency"):
        for which in "12":
            size = vector[f"size{which}"]
            assert isinstance(size, int)
            assert vector[f"root{which}"] == ours[size]
            checked.add(size)
    for vector in happy(shared / "data/vectors/merkle/inclusion"):
        size, index = vector["treeSize"], vector["leafIdx"]
        assert isinstance(size, int)
        assert isinstance(index, int)
        assert vector["root"] == ours[size]
        if size > 1:
            assert vector["leafHash"] == base64.b64encode(leaf_hash(LEAVES[index])).decode()
        checked.add(size)
    assert checked >= {1, 2, 3, 5, 6, 8}


@pytest.mark.parametrize("size", [2, 8])
def test_nodes_of_the_vectors(shared: Path, size: int) -> None:
    """The first inclusion proof of a perfect tree, folded with our hashes, gives the root."""
    for vector in happy(shared / "data/vectors/merkle/inclusion"):
        if vector["treeSize"] != size or vector["leafIdx"] != 0:
            continue
        proof = vector["proof"]
        assert isinstance(proof, list)
        found = leaf_hash(LEAVES[0])
        for right in proof:
            found = node_hash(found, base64.b64decode(right))
        assert base64.b64encode(found).decode() == vector["root"]
