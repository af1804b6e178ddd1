import itertools
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from safeconduct.kernels.closeness import close_pairs

COORDINATE = st.floats(-1e5, 1e5) | st.just(math.nan) | st.sampled_from([0.0, 1500.0, -1500.0])


@given(st.lists(st.tuples(COORDINATE, COORDINATE), max_size=25), st.sampled_from([0.0, 1500.0, 2e4]))
def test_exactly_the_pairs_that_are_close(points: list[tuple[float, float]], within: float) -> None:
    x, y = (np.array([p[i] for p in points], dtype=float) for i in (0, 1))
    found = [tuple(pair) for pair in close_pairs(x, y, within).tolist()]
    near = {
        (i, j)
        for (i, p), (j, q) in itertools.combinations(enumerate(points), 2)
        if np.hypot(p[0] - q[0], p[1] - q[1]) <= within
    }
    assert len(found) == len(set(found))
    assert set(found) == near
