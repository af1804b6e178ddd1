"""What may be set on a tracker. The defaults fit drones and aeroplanes alike; times in seconds, lengths in metres."""

from dataclasses import dataclass

from safeconduct.errors import SettingsError

LARGEST = 1e12
ANY_SIGN = frozenset({"start_score", "confirm_score", "drop_score", "lose_score", "assumed_height_m"})
MAY_BE_ZERO = frozenset(
    {"turn_psd", "slow_turn_psd", "azimuth_allowance_deg", "range_allowance_m", "identifier_bonus", "late_s", "early_s"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerSettings:
    """Settings of one tracker.

    Attributes:
        window_s: plots of one sensor whose times of measurement fall into one window are assigned together.
        acceleration_psd: spectral density of the horizontal white acceleration at any speed, m²/s³.
        turn_rates_degps: the two turn rates, each to both sides, that are tried beside straight flight where a turn
            would show.
        turn_lasts_s: how long an aircraft keeps its turn rate, on average.
        turn_psd: growth of the acceleration beside the turn with the square of the speed, rad²/s.
        slow_turn_psd: the same where turning is not tried.
        vertical_psd: the same, vertically, of an aircraft that climbs or sinks.
        climb_lasts_s: how long an aircraft keeps flying level, or climbing, on average.
        start_speed_sigma_mps, start_slow_sigma_mps: of a track begun without a velocity, per axis, if it is fast and if
            it is slow; it starts as either.
        start_climb_sigma_mps: the same of its climb.
        velocity_sigma_mps: of velocities as sent, per axis.
        position_sigma_m: of a reported position whose sender and sensor say nothing of their accuracy.
        height_sigma_m: the same of a height.
        azimuth_allowance_deg, range_allowance_m: added (in squares) to a polar sensor's declared noise, because
            sensors are seldom turned and timed exactly as declared.
        assumed_height_m, assumed_height_sigma_m: of a polar plot without height for which no track knows better.
        pressure_sigma_m: how far a pressure altitude may be from the height, where it stands in for one.
        gate_sigma: greatest distance of a plot from a track's prediction.
        identifier_gate_sigma: the same where both claim one address.
        identifier_bonus: what one address adds to the log-likelihood of a pair.
        height_span_m, speed_span_mps: spread of heights and of each velocity component of unrelated plots.
        new_density: plots of aircraft not yet tracked, per square metre and look.
        birth: a plot begins a track where it is no other track's with at least this chance.
        prune: histories less likely than this are forgotten.
        together: histories nearer to each other than this (squared, in their covariance) are joined.
        give_up_after: intervals without a likely plot after which a tentative track ends.
        start_score: log-odds of a track begun by a measuring sensor's plot, until the sensor has shown how many of them
            come to something; those begun by a receiver start at 0.
        confirm_hits: likely plots that a measured track needs beside that.
        confirm_score, most_score: log-odds that confirm a track, and their upper bound.
        drop_score, lose_score: log-odds that end a tentative and a confirmed track.
        small_speed_mps: slower aircraft are taken for small: seen only within a radar's reach for small aircraft.
        coast_after: intervals between contacts after which a silent confirmed track is coasting.
        drop_after_s: silence after which any track ends.
        late_s: plots that arrive later than this after they were measured are set aside.
        early_s: plots from further in the future than this are set aside.
        reach_m: plots farther than this from the sector's centre are set aside.
    """

    window_s: float = 0.5
    acceleration_psd: float = 2.0
    turn_rates_degps: tuple[float, float] = (1.2, 2.6)
    turn_lasts_s: float = 30.0
    turn_psd: float = 8e-5
    slow_turn_psd: float = 1e-5
    vertical_psd: float = 1.0
    climb_lasts_s: float = 40.0
    start_speed_sigma_mps: float = 100.0
    start_slow_sigma_mps: float = 15.0
    start_climb_sigma_mps: float = 10.0
    velocity_sigma_mps: float = 3.0
    position_sigma_m: float = 50.0
    height_sigma_m: float = 50.0
    azimuth_allowance_deg: float = 0.3
    range_allowance_m: float = 0.0
    assumed_height_m: float = 3000.0
    assumed_height_sigma_m: float = 3000.0
    pressure_sigma_m: float = 300.0
    gate_sigma: float = 4.0
    identifier_gate_sigma: float = 8.0
    identifier_bonus: float = 8.0
    height_span_m: float = 10_000.0
    speed_span_mps: float = 300.0
    new_density: float = 1e-11
    birth: float = 0.7
    give_up_after: float = 5.1
    together: float = 0.5
    prune: float = 0.03
    start_score: float = -3.0
    confirm_score: float = 0.5
    confirm_hits: float = 3.0
    most_score: float = 10.0
    drop_score: float = -4.0
    lose_score: float = -1.2
    small_speed_mps: float = 20.0
    coast_after: float = 2.5
    drop_after_s: float = 25.0
    late_s: float = 10.0
    early_s: float = 2.0
    reach_m: float = 1_000_000.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if name == "turn_rates_degps":
                self._check_turn_rates()
                continue
            good = -LARGEST < value < LARGEST and (
                name in ANY_SIGN or value > 0 or (value == 0 and name in MAY_BE_ZERO)
            )
            if not good:
                raise SettingsError("bad-setting", f"{name} is {value}", where=name, remedy="give a positive number")
        for name in ("birth", "prune"):
            if getattr(self, name) >= 1.0:
                what = f"{name} is {getattr(self, name)}, and is a probability"
                raise SettingsError("bad-setting", what, where=name, remedy="give a number between 0 and 1")
        in_order = self.drop_score < self.start_score < self.confirm_score < self.most_score
        if not in_order or not self.lose_score < self.confirm_score:
            raise SettingsError(
                "bad-setting",
                "the scores are out of order",
                where="confirm_score",
                remedy="keep drop_score < start_score < confirm_score < most_score, and lose_score < confirm_score",
            )

    def _check_turn_rates(self) -> None:
        inner, outer = self.turn_rates_degps
        if not 0.0 < inner < outer <= 45.0:
            raise SettingsError(
                "bad-setting",
                f"turn_rates_degps is {self.turn_rates_degps}",
                where="turn_rates_degps",
                remedy="give two rates, the smaller first",
            )
