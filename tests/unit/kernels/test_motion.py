"""Oracle: the textbook matrices in NumPy, and moments of mixtures taken all at once."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.matrices import (
    covariance,
    joseph,
    matrix,
    merged,
    packed,
    transition,
    turning_acceleration,
    unpacked,
    white_acceleration,
)

from safeconduct.kernels.arrays import (
    BRANCHING,
    CONFIRMED,
    MODELS,
    MODES,
    STANDING,
    STATE,
    TENTATIVE,
    TRACK,
    Record,
)
from safeconduct.kernels.motion import (
    STANDING_PSD,
    STILL_MPS,
    STRAIGHT_PSD,
    STRAIGHT_SHARE,
    TELLING,
    advance,
    arc,
    blend,
    choose_models,
    collapse,
    gather,
    mix,
    mode_psd,
    place_at,
    rate_of,
    states_at,
    try_models,
    update,
)
from safeconduct.picture.plane import rules_of
from safeconduct.picture.settings import TrackerSettings

Floats = npt.NDArray[np.float64]
RATES = [0.0, 0.02, -0.045, math.radians(2.6)]
DURATIONS = [0.0, 0.3, 4.0, 12.0]
SETTINGS = TrackerSettings()
SETTING = rules_of(SETTINGS, math.inf)
RULES = SETTING[0]
PLACE = np.array([1_100.0, -520.0, 400.0, 90.0, 250.0])


def random_state(seed: int, speed: float = 40.0) -> Floats:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(4, 4)) * np.array([30.0, 20.0, 5.0, 4.0])[:, None]
    heading = rng.uniform(0.0, 2.0 * math.pi)
    mean = [*rng.uniform(-2e3, 2e3, 2), speed * math.cos(heading), speed * math.sin(heading)]
    return packed(np.array(mean), root @ root.T + np.eye(4))


def advanced(state: Floats, dt: float, q: float, rate: float) -> Floats:
    after = state.copy()
    advance(after, dt, q, *arc(rate, dt))
    return after


def by_matrices(state: Floats, dt: float, q: float, rate: float) -> Floats:
    """What `advance` says that it does."""
    mean, p = unpacked(state)
    f = transition(dt, rate)
    return packed(f @ mean, f @ p @ f.T + white_acceleration(dt, q))


@pytest.mark.parametrize("dt", [*DURATIONS, -3.0])
@pytest.mark.parametrize("rate", RATES)
def test_an_arc_is_flown_at_its_rate(rate: float, dt: float) -> None:
    s, c, cos, sin = arc(rate, dt)
    f = transition(dt, rate)
    np.testing.assert_allclose([s, c, cos, sin], [f[0, 2], f[1, 2], f[2, 2], f[3, 2]], atol=1e-12)


def test_an_arc_of_almost_no_rate_is_almost_straight() -> None:
    np.testing.assert_allclose(arc(1e-7, 4.0), arc(0.0, 4.0), atol=1e-6)


@pytest.mark.parametrize("dt", DURATIONS)
@pytest.mark.parametrize("rate", RATES)
def test_a_state_is_carried_forward_by_the_matrices(rate: float, dt: float) -> None:
    state = random_state(1)
    np.testing.assert_allclose(advanced(state, dt, 3.0, rate), by_matrices(state, dt, 3.0, rate), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dt", [*DURATIONS, -3.0])
@pytest.mark.parametrize("rate", RATES)
def test_a_place_is_that_of_the_matrices_in_either_direction_of_time(rate: float, dt: float) -> None:
    state, (s, c, _, _) = random_state(2), arc(rate, dt)
    mean, p = unpacked(state)
    h = transition(dt, rate)[:2]
    expected = h @ p @ h.T + 7.0 * np.eye(2)
    np.testing.assert_allclose(
        place_at(state, s, c, 7.0), [*(h @ mean), expected[0, 0], expected[0, 1], expected[1, 1]], rtol=1e-9
    )


@pytest.mark.parametrize("rate", RATES)
def test_two_stretches_are_one_without_process_noise(rate: float) -> None:
    state = random_state(3)
    twice = advanced(advanced(state, 1.7, 0.0, rate), 4.3, 0.0, rate)
    np.testing.assert_allclose(twice, advanced(state, 6.0, 0.0, rate), rtol=1e-9, atol=1e-9)


def test_two_stretches_are_one_along_a_straight_line_process_noise_included() -> None:
    state = random_state(3)
    twice = advanced(advanced(state, 1.7, 3.0, 0.0), 4.3, 3.0, 0.0)
    np.testing.assert_allclose(twice, advanced(state, 6.0, 3.0, 0.0), rtol=1e-9)


@pytest.mark.parametrize("rate", RATES[1:])
def test_process_noise_in_a_turn_is_exact_in_velocity_and_close_in_place(rate: float) -> None:
    """`advance` pushes along a straight line. White noise turned is white noise, so the velocity's part is exact; the
    rest lacks terms of second order in the angle turned (0.2 rad in 4 s at 2.6°/s): a twelfth of its square in the
    place, a sixth of it across."""
    dt, q = 4.0, 3.0
    exact, used = turning_acceleration(dt, q, rate), white_acceleration(dt, q)
    np.testing.assert_allclose(used[2:, 2:], exact[2:, 2:], atol=1e-9)
    scale = np.sqrt(np.outer(np.diag(exact), np.diag(exact)))
    assert np.abs((used - exact) / scale).max() < 0.35 * abs(rate * dt)
    np.testing.assert_allclose(np.diag(used), np.diag(exact), rtol=0.2 * (rate * dt) ** 2)


@pytest.mark.parametrize("dt", DURATIONS)
@pytest.mark.parametrize("rate", RATES)
def test_a_plot_in_time_is_taken_as_by_josephs_form(rate: float, dt: float) -> None:
    state = random_state(4)
    state[:2] = 900.0, -450.0
    mean, p = unpacked(by_matrices(state, dt, 3.0, rate))
    update(state, np.empty((4, 2)), dt, 3.0, rate, PLACE)
    expected = packed(*joseph(mean, p, np.eye(2, 4), PLACE[:2], matrix(PLACE)))
    np.testing.assert_allclose(state, expected, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("dt", [-0.3, -4.0, -10.0])
@pytest.mark.parametrize("rate", RATES)
def test_a_late_plot_is_one_of_where_the_aircraft_was_noisier_by_what_has_happened_since(
    rate: float, dt: float
) -> None:
    """The documented approximation: H carries back, and the process noise of that stretch is the plot's."""
    state = random_state(5)
    state[:2] = 1_150.0, -500.0
    mean, p = unpacked(state)
    h, noise = transition(dt, rate)[:2], matrix(PLACE) + 3.0 * abs(dt) ** 3 / 3.0 * np.eye(2)
    update(state, np.empty((4, 2)), dt, 3.0, rate, PLACE)
    np.testing.assert_allclose(state, packed(*joseph(mean, p, h, PLACE[:2], noise)), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("rate", RATES)
def test_a_late_plot_without_process_noise_gives_what_it_would_have_given_in_time(rate: float) -> None:
    first, second = PLACE, np.array([1_140.0, -560.0, 300.0, -20.0, 300.0])
    in_order, swapped, cross = random_state(6), random_state(6), np.empty((4, 2))
    update(in_order, cross, 1.0, 0.0, rate, first)
    update(in_order, cross, 2.0, 0.0, rate, second)
    update(swapped, cross, 3.0, 0.0, rate, second)
    update(swapped, cross, -2.0, 0.0, rate, first)
    np.testing.assert_allclose(swapped, in_order, rtol=1e-7, atol=1e-7)


def test_a_late_plot_with_process_noise_still_helps_and_stays_sound() -> None:
    state, cross = random_state(7), np.empty((4, 2))
    update(state, cross, 3.0, 10.0, 0.02, np.array([1_140.0, -560.0, 300.0, -20.0, 300.0]))
    before = covariance(state)
    update(state, cross, -2.0, 10.0, 0.02, PLACE)
    after = covariance(state)
    assert np.linalg.eigvalsh(after).min() > 0
    assert np.linalg.eigvalsh(before - after).min() > -1e-9


def test_noise_beside_the_turn_grows_with_the_square_of_the_speed() -> None:
    state = random_state(8, speed=50.0)
    acceleration, turn, slow = SETTINGS.acceleration_psd, SETTINGS.turn_psd, SETTINGS.slow_turn_psd
    assert mode_psd(state, RULES, 1, 0) == pytest.approx(acceleration + 2_500.0 * slow)
    assert mode_psd(state, RULES, MODELS, 0) == pytest.approx(STRAIGHT_PSD + STRAIGHT_SHARE * 2_500.0 * turn)
    assert mode_psd(state, RULES, MODELS, 3) == pytest.approx(STRAIGHT_PSD + 2_500.0 * turn)


@settings(max_examples=100)
@given(st.integers(0, 999), st.floats(0.001, 1e3), st.floats(0.001, 1e3))
def test_blending_is_matching_of_moments_and_has_no_order(seed: int, have: float, more: float) -> None:
    one, other = random_state(seed), random_state(seed + 1)
    a, b = one.copy(), other.copy()
    blend(a, have, other, more)
    blend(b, more, one, have)
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-7)
    np.testing.assert_allclose(a, merged([have, more], [one, other]), rtol=1e-9, atol=1e-7)


def test_blending_with_nothing_changes_nothing() -> None:
    one, other = random_state(1), random_state(2)
    for have, more, expected in ((0.3, 0.0, one), (0.0, 0.3, other), (0.0, 0.0, one)):
        into = one.copy()
        blend(into, have, other, more)
        np.testing.assert_allclose(into, expected, rtol=1e-12)


@pytest.mark.parametrize("chance", [[0.2] * 5, [0.0, 0.3, 0.0, 0.5, 0.1], [0.0, 0.0, 0.0, 0.0, 1.0]])
def test_gathering_is_matching_of_moments(chance: list[float]) -> None:
    modes, mean = np.array([random_state(k) for k in range(MODELS)]), np.empty(STATE)
    assert gather(modes, np.array(chance), mean) == pytest.approx(sum(chance))
    np.testing.assert_allclose(mean, merged(chance, list(modes)), rtol=1e-9, atol=1e-7)


@settings(max_examples=100)
@given(st.integers(0, 999), st.floats(0.0, 100.0), st.floats(0.01, 1.0))
def test_mixing_is_that_of_an_interacting_multiple_model(seed: int, dt: float, total: float) -> None:
    """Chances by the transition matrix, and each mode the mixture of where it may come from; the whole stays."""
    rng = np.random.default_rng(seed)
    modes, chance = np.array([random_state(seed + k) for k in range(MODELS)]), total * rng.dirichlet(np.ones(MODELS))
    before, share = modes.copy(), chance.copy()
    stays = math.exp(-dt / SETTINGS.turn_lasts_s)
    change = stays * np.eye(MODELS) + (1.0 - stays) * np.tile(RULES["turn_share"], (MODELS, 1))
    mix(modes, chance, RULES, dt, np.empty(STATE))
    np.testing.assert_allclose(chance, share @ change, rtol=1e-9)
    for m in range(MODELS):
        expected = merged(share * change[:, m], list(before))
        np.testing.assert_allclose(modes[m], expected, rtol=1e-8, atol=1e-6)
    assert chance.sum() == pytest.approx(total)
    np.testing.assert_allclose(merged(chance, list(modes)), merged(share, list(before)), rtol=1e-8, atol=1e-6)


def test_shares_of_turn_rates_sum_to_one_and_turns_come_in_pairs() -> None:
    assert RULES["turn_share"].sum() == pytest.approx(1.0)
    assert RULES["turn_rate"][0] == 0.0
    np.testing.assert_allclose(RULES["turn_rate"][1::2], -RULES["turn_rate"][2::2])


def track_of(histories: int, models: int, seed: int = 1, speed: float = 40.0) -> Record:
    track, rng = np.zeros(1, TRACK)[0], np.random.default_rng(seed)
    used = histories * models
    for k in range(used):
        track["modes"][k] = random_state(seed, speed)
        track["modes"][k][:4] += rng.normal(0.0, 1.0, 4) * [20.0, 20.0, 2.0, 2.0]
    track["chance"][:used] = -np.sort(-rng.dirichlet(np.ones(used)))
    track["modes"][used:], track["chance"][used:] = math.nan, math.nan
    track["histories"], track["models"], track["interval"], track["time"] = histories, models, 4.0, 100.0
    collapse(track)
    return track


def modes_of(track: Record) -> tuple[Floats, Floats]:
    used = int(track["histories"] * track["models"])
    return track["chance"][:used].copy(), track["modes"][:used].copy()


@pytest.mark.parametrize(("histories", "models"), [(1, 1), (3, 1), (MODES, 1), (1, MODELS), (2, MODELS)])
def test_a_tracks_state_is_that_of_all_its_modes(histories: int, models: int) -> None:
    track = track_of(histories, models)
    chance, modes = modes_of(track)
    np.testing.assert_allclose(track["state"], merged(chance, list(modes)), rtol=1e-9, atol=1e-7)


@pytest.mark.parametrize("histories", [1, 2])
def test_trying_turns_keeps_mean_and_covariance(histories: int) -> None:
    track = track_of(histories, 1)
    before = track["state"].copy()
    try_models(track, RULES, MODELS)
    chance, modes = modes_of(track)
    assert (track["histories"], track["models"], len(chance)) == (histories, MODELS, histories * MODELS)
    assert chance.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(merged(chance, list(modes)), before, rtol=1e-9, atol=1e-7)
    np.testing.assert_allclose(chance.reshape(-1, MODELS).sum(axis=0), RULES["turn_share"], rtol=1e-9)


def test_trying_turns_keeps_the_likeliest_histories() -> None:
    track = track_of(4, 1)
    old, modes = modes_of(track)
    try_models(track, RULES, MODELS)
    chance, _ = modes_of(track)
    room = MODES // MODELS
    assert track["histories"] == room
    np.testing.assert_allclose(chance.reshape(room, MODELS).sum(axis=1), old[:room] / old[:room].sum())
    np.testing.assert_array_equal(track["modes"], np.repeat(modes[:room], MODELS, axis=0))


@pytest.mark.parametrize("histories", [1, 2])
def test_trying_no_more_turns_keeps_each_history(histories: int) -> None:
    track = track_of(histories, MODELS, speed=5.0)
    chance, modes = modes_of(track)
    before = track["state"].copy()
    choose_models(track, RULES, np.zeros(1, BRANCHING)[0])
    after, left = modes_of(track)
    assert (track["histories"], track["models"]) == (histories, 1)
    np.testing.assert_allclose(after, chance.reshape(histories, MODELS).sum(axis=1))
    for b in range(histories):
        block = slice(b * MODELS, (b + 1) * MODELS)
        np.testing.assert_allclose(left[b], merged(chance[block], list(modes[block])), rtol=1e-9, atol=1e-7)
    np.testing.assert_allclose(merged(after, list(left)), before, rtol=1e-9, atol=1e-7)


def at_telling(times: float) -> float:
    """The speed at which a turn shows so many times better than the least that counts, in an interval of 4 s."""
    rate = math.radians(SETTINGS.turn_rates_degps[1])
    return math.sqrt(times * TELLING * SETTINGS.acceleration_psd / (rate * rate * 4.0))


@pytest.mark.parametrize(
    ("models", "times", "expected"),
    [(1, 0.9, 1), (1, 1.4, 1), (1, 1.6, MODELS), (MODELS, 1.6, MODELS), (MODELS, 1.1, MODELS), (MODELS, 0.9, 1)],
)
def test_turns_are_tried_at_once_too_fast_and_no_more_at_a_lower_speed(
    models: int, times: float, expected: int
) -> None:
    track = track_of(1, models)
    track["state"][2:4] = at_telling(times), 0.0
    choose_models(track, RULES, np.zeros(1, BRANCHING)[0])
    assert track["models"] == expected


@pytest.mark.parametrize(
    ("status", "models", "speed", "expected"),
    [
        (CONFIRMED, 1, 0.9 * STILL_MPS, STANDING),
        (TENTATIVE, 1, 0.9 * STILL_MPS, 1),
        (CONFIRMED, 1, 1.1 * STILL_MPS, 1),
        (CONFIRMED, STANDING, 1.9 * STILL_MPS, STANDING),
        (CONFIRMED, STANDING, 2.1 * STILL_MPS, 1),
        (CONFIRMED, MODELS, 0.9 * STILL_MPS, STANDING),
    ],
)
def test_standing_still_is_tried_on_what_hardly_moves(status: int, models: int, speed: float, expected: int) -> None:
    track = track_of(1, models)
    track["state"][2:4], track["status"] = (0.6 * speed, -0.8 * speed), status
    choose_models(track, RULES, np.zeros(1, BRANCHING)[0])
    assert track["models"] == expected
    assert modes_of(track)[0].sum() == pytest.approx(1.0)


@pytest.mark.parametrize("dt", [0.0, 2.0])
def test_what_stands_still_stays_where_it_is(dt: float) -> None:
    state = random_state(3, speed=2.0)
    after = advanced(state, dt, STANDING_PSD, rate_of(RULES, STANDING, 1))
    np.testing.assert_array_equal(after[:2], state[:2])
    np.testing.assert_array_equal(after[2:4], [0.0, 0.0])
    mean, p = unpacked(state)
    p[2:], p[:, 2:] = 0.0, 0.0
    mean[2:] = 0.0
    np.testing.assert_allclose(after, packed(mean, p + white_acceleration(dt, STANDING_PSD)), atol=1e-9)


@pytest.mark.parametrize("dt", [0.0, 3.0, 20.0])
@pytest.mark.parametrize(("histories", "models"), [(1, 1), (3, 1), (2, MODELS)])
def test_states_at_a_later_time_are_all_modes_carried_there(histories: int, models: int, dt: float) -> None:
    tracks = np.array([track_of(1, 1, seed=5), track_of(histories, models, speed=120.0)])
    tracks["chance"][1, models - 1] = 0.0
    tracks["chance"][1, : histories * models] /= tracks["chance"][1, : histories * models].sum() or 1.0
    if histories * models == 1:
        tracks["chance"][1, 0] = 1.0
    chance, modes = modes_of(tracks[1])
    parts = [
        by_matrices(
            mode,
            dt,
            mode_psd(mode, RULES, models, k % models),
            float(RULES["turn_rate"][k % models]),
        )
        for k, mode in enumerate(modes)
    ]
    found = states_at(tracks, np.array([1, 0]), 100.0 + dt, SETTING, np.zeros(1, BRANCHING))
    np.testing.assert_allclose(found[0], merged(chance, parts), rtol=1e-8, atol=1e-6)
    assert found.shape == (2, STATE)
    np.testing.assert_allclose(found[1, :2], (transition(dt) @ tracks["modes"][0, 0, :4])[:2])


def test_states_at_an_earlier_time_lie_on_the_arc_and_are_no_surer() -> None:
    tracks = np.array([track_of(1, MODELS, speed=120.0)])
    chance, modes = modes_of(tracks[0])
    parts = []
    for k, mode in enumerate(modes):
        mean, p = unpacked(mode)
        parts.append(packed(transition(-6.0, float(RULES["turn_rate"][k])) @ mean, p))
    found = states_at(tracks, np.array([0]), 94.0, SETTING, np.zeros(1, BRANCHING))
    np.testing.assert_allclose(found[0], merged(chance, parts), rtol=1e-8, atol=1e-6)


STEP = st.tuples(st.sampled_from(["ahead", "late", "mix", "wait"]), st.floats(0.01, 15.0), st.integers(0, 2**31))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 999), st.lists(STEP, min_size=20, max_size=120))
def test_modes_stay_finite_and_positive_definite_over_long_sequences(
    seed: int, steps: list[tuple[str, float, int]]
) -> None:
    modes = np.array([random_state(seed + k, speed=150.0) for k in range(MODELS)])
    chance, mean, cross = np.array(RULES["turn_share"]), np.empty(STATE), np.empty((4, 2))
    for what, dt, noise in steps:
        rng = np.random.default_rng(noise)
        gather(modes, chance, mean)
        root = rng.normal(0.0, 10.0 ** rng.uniform(0.0, 2.5), (2, 2))
        r = root @ root.T + np.eye(2)
        place = np.array([*(mean[:2] + rng.normal(0.0, 200.0, 2)), r[0, 0], r[0, 1], r[1, 1]])
        if what == "mix":
            mix(modes, chance, RULES, dt, mean)
        for m in range(MODELS):
            q, rate = mode_psd(modes[m], RULES, MODELS, m), float(RULES["turn_rate"][m])
            if what == "wait":
                advance(modes[m], dt, q, *arc(rate, dt))
            elif what != "mix":
                update(modes[m], cross, dt if what == "ahead" else -0.6 * dt, q, rate, place)
            p = covariance(modes[m])
            assert np.isfinite(modes[m]).all()
            scale = np.sqrt(np.diag(p))
            assert np.linalg.eigvalsh(p / np.outer(scale, scale)).min() > 0.0
        chance *= rng.uniform(0.05, 1.0, MODELS)
        chance /= chance.sum()
