"""Oracle: every pair tried."""

import numpy as np
import pytest

from safeconduct.kernels.gating import candidates, every_pair


@pytest.mark.parametrize("seed", range(25))
def test_the_grid_finds_exactly_the_touching_boxes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tracks, plots = int(rng.integers(1, 80)), int(rng.integers(1, 80))
    side = 10.0 ** rng.uniform(0, 5)
    boxes = np.column_stack([rng.uniform(0, side, (tracks, 2)), side * 10.0 ** rng.uniform(-4, 0.3, (tracks, 2))])
    boxes[rng.random(tracks) < 0.2, 0] = np.nan
    own = np.column_stack([rng.uniform(-0.2 * side, side, (plots, 2)), side * 10.0 ** rng.uniform(-4, -1, (plots, 2))])
    found = {(int(p), int(i)) for p, i in candidates(boxes, own)}
    expected = {
        (p, i)
        for p in range(plots)
        for i in range(tracks)
        if (abs(own[p, :2] - boxes[i, :2]) <= own[p, 2:] + boxes[i, 2:]).all()
    }
    assert found == expected


def test_plots_on_one_spot_share_a_cell() -> None:
    own = np.tile([5.0, 5.0, 1.0, 1.0], (10, 1))
    assert len(candidates(np.array([[5.0, 5.0, 1.0, 1.0]]), own)) == 10


def test_every_live_track_with_every_plot() -> None:
    boxes = np.ones((3, 4))
    boxes[1, 0] = np.nan
    assert every_pair(boxes, 2).tolist() == [[0, 0], [1, 0], [0, 2], [1, 2]]
