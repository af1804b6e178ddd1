import json
import re
from pathlib import Path

import pytest
from tests.support.drip import AIRCRAFT, HDA_SIGNER, RAA, RAA_SIGNER, registry

from safeconduct.codecs.drip_registries import read_registries
from safeconduct.codecs.drip_sign import Signer
from safeconduct.errors import InputError
from safeconduct.model.key import text_of


def wire(signer: Signer, **other: object) -> dict[str, object]:
    return {"name": "registry", "entity_tag": signer.tag.name.value, "public": text_of(signer.key)} | other


def test_registries_are_read() -> None:
    data = json.dumps([wire(RAA_SIGNER), wire(HDA_SIGNER)]).encode()
    assert read_registries(data) == (registry(RAA_SIGNER), registry(HDA_SIGNER))
    assert read_registries(b"[]") == ()


def test_the_example_in_the_docs_is_read() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs/reference/formats.md").read_text()
    [example] = re.findall(r'```json title="registries.json"\n(.*?)```', page, re.DOTALL)
    [one] = read_registries(example.encode())
    assert one.tag.value == RAA


@pytest.mark.parametrize(
    ("tree", "reason", "where"),
    [
        ("[", "bad-json", "r.json"),
        ({}, "bad-field", "r.json"),
        ([{"name": "x"}], "bad-field", "r.json"),
        ([wire(RAA_SIGNER, port=1)], "bad-field", "r.json"),
        ([wire(RAA_SIGNER), wire(RAA_SIGNER, name="again")], "duplicate", "r.json"),
        ([wire(RAA_SIGNER, name=" ")], "empty", "r.json: [0]"),
        ([wire(RAA_SIGNER), wire(HDA_SIGNER, public="short")], "bad-key", "r.json: [1]"),
        ([wire(RAA_SIGNER, entity_tag="2001:db8::1")], "bad-identifier", "r.json: [0]"),
        ([wire(RAA_SIGNER, entity_tag="2001:30::1")], "unknown-suite", "r.json: [0]"),
        ([wire(HDA_SIGNER, public=text_of(AIRCRAFT.key))], "key-mismatch", "r.json: [0]"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tree: object, reason: str, where: str) -> None:
    data = tree.encode() if isinstance(tree, str) else json.dumps(tree).encode()
    with pytest.raises(InputError) as caught:
        read_registries(data, "r.json")
    assert caught.value.reason == reason
    assert caught.value.where.startswith(where)
