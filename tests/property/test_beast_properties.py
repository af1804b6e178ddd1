"""Beast framing under arbitrary bytes and arbitrary cutting."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from safeconduct.codecs.beast import MLAT_COUNTER, REPLY_BYTES, BeastFrame, BeastParser, encode
from safeconduct.errors import InputError


@st.composite
def frames(draw: st.DrawFn) -> BeastFrame:
    kind = draw(st.sampled_from(sorted(REPLY_BYTES)))
    escapes = st.sampled_from([0x1A, 0x31, 0x33, 0x00])
    reply = bytes(draw(st.lists(escapes | st.integers(0, 255), min_size=REPLY_BYTES[kind], max_size=REPLY_BYTES[kind])))
    counter = draw(st.integers(0, (1 << 48) - 1).filter(lambda value: value != MLAT_COUNTER))
    return BeastFrame(kind, counter, draw(st.integers(0, 255)), reply)


def parsed(data: bytes, cuts: list[int]) -> tuple[list[BeastFrame], list[tuple[str, str]]]:
    rejects: list[InputError] = []
    parser = BeastParser(rejects.append)
    found: list[BeastFrame] = []
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in pairwise(edges):
        found += parser.feed(data[start:end])
    parser.close()
    return found, [(error.reason, error.where) for error in rejects]


CUTS = st.lists(st.integers(0, 1 << 20), max_size=30)


@given(st.lists(frames(), max_size=8), CUTS)
def test_frames_survive_any_cutting(sent: list[BeastFrame], cuts: list[int]) -> None:
    assert parsed(b"".join(map(encode, sent)), cuts) == (sent, [])


NOISE = st.lists(st.sampled_from([0x1A, 0x31, 0x32, 0x33, 0x34, 0x00, 0xFF]), max_size=60).map(bytes)


@given(NOISE | st.binary(max_size=60), st.lists(frames(), min_size=1, max_size=3), CUTS)
def test_where_noise_is_cut_makes_no_difference_and_the_second_frame_after_it_is_found(
    noise: bytes, sent: list[BeastFrame], cuts: list[int]
) -> None:
    """The frame right after noise may be swallowed: noise that ends in half a frame or half an escape looks so."""
    data = noise + b"".join(map(encode, sent))
    whole = parsed(data, [])
    assert parsed(data, cuts) == whole
    assert whole[0][len(whole[0]) - len(sent) + 1 :] == sent[1:]
