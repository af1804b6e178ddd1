"""The signature base and the digest against the examples of the standards themselves."""

import base64

from safeconduct.federation.request import content_digest, signature_base
from safeconduct.model.key import text_of, verifies

PUBLIC = "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"
"""RFC 9421 appendix B.1.4."""
SIGNATURE = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
"""RFC 9421 appendix B.2.6."""
VALUES = [
    ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
    ("@method", "POST"),
    ("@path", "/foo"),
    ("@authority", "example.com"),
    ("content-type", "application/json"),
    ("content-length", "18"),
]
PARAMS = f'({" ".join(f"{chr(34)}{name}{chr(34)}" for name, _ in VALUES)});created=1618884473;keyid="test-key-ed25519"'


def test_rfc_9421_b_2_6() -> None:
    signature = text_of(base64.b64decode(SIGNATURE))
    assert verifies(PUBLIC, signature_base(VALUES, PARAMS).encode(), signature)
    for at, (name, value) in enumerate(VALUES):
        changed = [*VALUES[:at], (name, value + " "), *VALUES[at + 1 :]]
        assert not verifies(PUBLIC, signature_base(changed, PARAMS).encode(), signature)


def test_rfc_9530_digest() -> None:
    """RFC 9530 appendix D.1 has this body and this digest."""
    assert content_digest(b'{"hello": "world"}') == "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
