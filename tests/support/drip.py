"""Registries and an aircraft that signs, for tests; and published examples of signed Remote ID, as numbers.

PAGES, KEY and TAG are the raw example of the appendix of RFC 9575 (as in draft-ietf-drip-auth-49), LINKS and KEYS those
of RFC 9886 appendix A (figures 11, 15, 17, 20 and 21). Their times count from 1970, not 2019.
"""

from safeconduct.codecs.drip_pages import split
from safeconduct.codecs.drip_sign import Signer
from safeconduct.codecs.remote_id import EPOCH_2019, encode_message
from safeconduct.codecs.remote_id_messages import BasicId, IdType, Location
from safeconduct.model.key import text_of
from safeconduct.model.tag_registry import TagRegistry

TAG = bytes.fromhex("2001003ffe000105a29b3ff42226c04e")
KEY = bytes.fromhex("b5fef530d450dedb59ebafa18b00d7f5ed0ac08a81975034297bea2b00041813")
SENT = [
    bytes.fromhex(octets)
    for octets in (
        "0240012001003ffe000105a29b3ff42226c04e000000000000",
        "12000000000000000000000000000000000000000060220000",
        "32004578616d706c652053656c662049440000000000000000",
        "420000000000000000000100000000000000000010ea510900",
        "52004578616d706c65204f70657261746f7220494400000000",
    )
]
PAGES = {
    "link": """
2250078910ea510904314b8564b17e66662001003ffe000105 2251a29b3ff42226c04eb5fef530d450dedb59ebafa18b00d7
2252f5ed0ac08a81975034297bea2b000418132001003ffe00 22530105b82bf1c99d87273103fc83f6ecd9b91842f205c222
2254dd71d8e165ad18ca91daf9299a73eec850c756a7e9be46 2255f51dddfa0f09db7bfdde14eec07c7a6dd1061c1d5ace94
2256d9ad97940d280000000000000000000000000000000000 2257a03b0f7a6feb0d198167045058cfc49f73129917024d22
""",
    "wrapper": """
2250078b10ea510902e0dd7c6560115e671200000000000000 22510000000000000000000000000060220000420000000000
2252000000000100000000000000000010ea5109002001003f 2253fe000105a29b3ff42226c04ef0ecad581a030ca790152a
22542f08df5762a463e24a742d1c530ec977bbe0d113697e2b 2255b909d6c7557bdaf1227ce86154b030daadda4a6b8474de
22569a62f6c375020826000000000000000000000000000000 2257f5e8eebcb04f8c2197526053e66c010d5d7297ff7c1fe0
""",
    "manifest": """
225008b110ea510903e0dd7c6560115e670000000000000000 2251d57594875f8608b4d61dc9224ecf8b842bd4862734ed01
22522ca2e5f2b8a3e61547b81704766ba3eeb651be7eafc928 22538884e3e28a24fd5529bc2bd4862734ed012ca2e5f2b8a3
2254e61547b81704766ba3eeb62001003ffe000105a29b3ff4 22552226c04efb729846e7d110903797066fd96f49a77c5a48
2256c4c3b330be05bc4a958e9641718aaa31aeabad368386a2 22579ed2dce2769120da83edbcdc0858dd1e357755e7860317
2258e7c06a5918ea62a937391cbfe0983539de1b2e688b7c83
""",
}
EXAMPLE_SECONDS = 0x0951EA10
"""Of the pages, since 2019."""

KEYS = {
    "2001:3f:fe00:5:5e60:a157:1e91:a0b7": "9990d5b04b72a18066d4092b52c7d4994fb7c16bd7e8c1f440ffa8d04ff1e13f",
    "2001:3f:fe00:a05:6615:ee45:d427:9a0": "ce681e36e1141aeb560d6e76bc796b7b7cb454e463ccb1f12de30a380101803f",
    "2001:3f:fe00:a05:260e:d437:6b25:6e28": "8233fdaeb5068bc14859d113a0edfcf8dc07814e3dd2765e6b5b82e04d070597",
    "2001:3f:fe00:a05:1308:2469:9a4b:c6b2": "c92e2f9d97e8960f9b5f1654f8b09039f9dadc5bcf061eac4f0cea79e8e877fa",
}
RAA, HDA, ISSUE, UA = KEYS
LINKS = {
    (RAA, RAA): """01fadef6670aedf6672001003ffe0000055e60a1571e91a0b79990d5b04b72a18066d4092b52c7d4994fb7c16bd7e8c1
        f440ffa8d04ff1e13f2001003ffe0000055e60a1571e91a0b7bc2f66d4982ebd7b7b5b6a38c313ee99a4f520fdd340dddf40fdbc86
        922748896c4b0abc5023639b669dee9753be6d84a9f38940d3ca0a5bd1666e2a4cee450c""",
    (RAA, HDA): """0197e0f667a7eef6672001003ffe000a056615ee45d42709a0ce681e36e1141aeb560d6e76bc796b7b7cb454e463ccb1
        f12de30a380101803f2001003ffe0000055e60a1571e91a0b7efdeafa62d1077c9ae539a363cfb70b37680d94fd459f97a4de610e2
        03a272cb1049bd47b0c4bccf3614d7429f2f103ef55c013cdad326b777c1e336f358d40b""",
    (HDA, ISSUE): """010ae1f6671aeff6672001003ffe000a05260ed4376b256e288233fdaeb5068bc14859d113a0edfcf8dc07814e3dd276
        5e6b5b82e04d0705972001003ffe000a056615ee45d42709a088f20ab8890b10320164ce1cf9a51cbd3630a4a9b07be2893cdeab00
        47f4afd1af3e350988b1f476b300838064ef0571f53933e58b2c96686905811e731b4d0c""",
    (ISSUE, UA): """01dce2f667ecf0f6672001003ffe000a05130824699a4bc6b2c92e2f9d97e8960f9b5f1654f8b09039f9dadc5bcf061e
        ac4f0cea79e8e877fa2001003ffe000a05260ed4376b256e2880e7dcf234e29982e64ce3b2159a14c768ce3b0b41d639ea509afa6d
        86b03283eb4773252860465ac573d725cda94511a02a98770b187bad6f7798ba609aa701""",
}
"""By parent and child."""
LINKED_AT = 1_744_233_300 + EPOCH_2019
"""When all four are valid, 2025-04-09T21:15:00Z, as their times read."""

NOW = 1_790_000_000
"""A whole second, 800 s after the hour."""
APEX_SIGNER = Signer(bytes(range(32)), 0, 0)
RAA_SIGNER = Signer(bytes(range(32, 64)), 16376, 0)
HDA_SIGNER = Signer(bytes(range(64, 96)), 16376, 10)
AIRCRAFT = Signer(bytes(range(96, 128)), 16376, 10)
STRANGER = Signer(bytes(range(128, 160)), 16376, 10)
FOREIGN_HDA = Signer(bytes(range(160, 192)), 16376, 11)


def octets_of(name: str) -> list[bytes]:
    """The pages of an example, one message each, parity last."""
    return [bytes.fromhex(page) for page in PAGES[name].split()]


def numbered_pages(name: str) -> dict[int, bytes]:
    return dict(enumerate(octets_of(name)))


def link_of(parent: str, child: str) -> bytes:
    """Authentication data of a published Link."""
    return bytes.fromhex("".join(LINKS[parent, child].split()))


def registry(signer: Signer, name: str = "registry") -> TagRegistry:
    return TagRegistry(name=name, tag=signer.tag.name, public=text_of(signer.key))


def packed(messages: list[bytes], data: bytes = b"", time: float = NOW) -> bytes:
    """A message pack of messages and the pages of authentication data, in order of type."""
    pages = split(data, round(time) - EPOCH_2019) if data else []
    parts = sorted([*messages, *pages], key=lambda octets: octets[0] >> 4)
    return bytes((0xF2, 25, len(parts))) + b"".join(parts)


def linked(parent: Signer, child: Signer, start: int = NOW - 1000, end: int = NOW + 10_000) -> bytes:
    """A pack with a registry's Link."""
    return packed([], parent.link(child, start, end))


def basic_id(signer: Signer) -> bytes:
    return encode_message(BasicId(id_type=IdType.SESSION_ID, ua_type=2, uas_id=b"\1" + signer.tag.octets))


def serial(text: str = "1581F5FJC2470000UN07") -> bytes:
    return encode_message(BasicId(id_type=IdType.SERIAL_NUMBER, ua_type=2, uas_id=text.encode()))


def location(time: float = NOW, lat: float = 47.0) -> bytes:
    return encode_message(Location(lat=lat, lon=8.0, hour_s=round(time % 3600, 1), speed_mps=1.0, direction_deg=0.0))
