"""The pairs of plots and tracks that may be, each with its odds; and how many plots no track explains."""

import math

import numpy as np

from safeconduct.kernels.arrays import MODES, PLACE, Floats, Ints, Records
from safeconduct.kernels.belief import NEARLY_SETTLED, propagated
from safeconduct.kernels.clutter import learn_places
from safeconduct.kernels.hypotheses import NEVER, foresee, worth
from safeconduct.kernels.jit import kernel
from safeconduct.kernels.scoring import density, expect, learn, newness


@kernel
def weigh(
    tracks: Records, seen: Floats, plots: Records, sensors: Records, settings: Records, pairs: Ints
) -> tuple[Ints, Ints, Floats, Floats]:
    """The pairs that may be.

    pairs: (n, 2) plot and track, ordered by track.

    Returns:
        pairs (m, 2); starts (tracks with a pair + 1,): the first pair of each, and m; odds (m,); share of each mode
        (m, MODES).
    """
    rules = settings[0]
    kept, starts = np.empty((len(pairs), 2), np.int64), np.empty(len(pairs) + 1, np.int64)
    odds, share, place = np.empty(len(pairs)), np.empty((len(pairs), MODES)), np.empty(PLACE)
    places, last, time, count, columns = np.empty((MODES, PLACE)), -1, math.nan, 0, 0
    for k in range(len(pairs)):
        p, i = pairs[k, 0], pairs[k, 1]
        s = plots[p].sensor
        if i != last or plots[p].time != time:
            last, time = i, plots[p].time
            foresee(tracks[i], rules, time - tracks[i].time, places)
        odd = worth(tracks[i], plots[p], sensors[s], rules, seen[i, s], places, place, share[count])
        if odd <= NEVER:
            continue
        if count == 0 or kept[count - 1, 1] != i:
            starts[columns] = count
            columns += 1
        kept[count, 0], kept[count, 1], odds[count] = p, i, odd
        count += 1
    starts[columns] = count
    return kept[:count], starts[: columns + 1], odds[:count], share


@kernel
def find_unexplained(
    sensors: Records, settings: Records, plots: Records, plot: Ints, starts: Ints, odds: Floats
) -> None:
    """Learn from one group how many plots of its sensor no track explains, and where; and give the odds that density,
    in place.

    Each is needed for the other: two rounds of expectation-maximisation.
    """
    sensor, rules = sensors[plots[0].sensor], settings[0]
    look = min(1.0, rules.window / sensor.period)
    found, before = sensor.unexplained, density(sensor, rules, sensor.unexplained)
    alone = np.ones(len(plots))
    for _ in range(2):
        _, alone, _ = propagated(plot, starts, odds, len(plots), NEARLY_SETTLED)
        found = expect(sensor, alone.sum(), look)
        now = density(sensor, rules, found)
        for k in range(len(odds)):
            odds[k] *= before / now
        before = now
    sensor.unexplained = found
    learn(sensor, look)
    learn_places(sensor, plots, (1.0 - newness(sensor)) * alone, look)
