"""Registration: how each polar sensor is turned, set and timed, learned against the traffic that receivers hear.

Every sensor's plots, as it reported them, are compared with the reports of aircraft at about their range
(`picture.references`); every few seconds the comparison of the last minutes is judged (`picture.bias`) and the sensor
is found aligned, corrected by what was found, or set aside while a gross error is not yet settled. Sensors that too few
who are heard tell of are judged against each other (`picture.peers`); where that leaves open which of two errs, it is
told that they disagree, and nothing is corrected.
"""

import math
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from safeconduct.kernels.arrays import PLACED, POLAR, Floats, Ints, Records
from safeconduct.kernels.ecef import ecef
from safeconduct.model.detection import DetectionBatch
from safeconduct.model.registration import RegistrationState, SensorRegistration
from safeconduct.model.sensor import Sensor
from safeconduct.picture.bias import Bias, differ, estimate, near, turned_by, worse, wrapped
from safeconduct.picture.peers import Peers, Quarrel, Verdict
from safeconduct.picture.references import KEPT_S, PAIR, REPORT, SIGHT, SITE, References, axes_at

WAIT_S = 1.5
"""Plots are compared this long after they arrived, when the reports after them are there too."""
COMPARE_EVERY_S, JUDGE_EVERY_S = 1.0, 5.0
THIN_EVERY_S, SETTLED_EVERY_S = 10.0, 20.0
"""An estimate that is settled, and not yet sure, is refined this often; after `START_S`, too little traffic is looked
at this often."""
OPEN_S, CYCLE_S, REFINE_EVERY_S = 10.0, 30.0, 60.0
"""Once every sensor is settled, only the first `OPEN_S` of every `CYCLE_S` are looked at, judged after them, and the
estimate is refined seldom."""
START_S = 60.0
"""After the first detection everything is looked at for so long."""
LONG_S, SHORT_S = 600.0, 30.0
"""An estimate rests on the last `LONG_S`; where the last `SHORT_S` say otherwise, on these alone."""
MOST_COMPARED = 12_000
"""Plots times references in one comparison: with more traffic, fewer of the plots are looked at."""
MOST_PAIRS = 2_048
"""Kept of one sensor."""
MOST_WAITING = 4_096
LEAST_BIAS = (math.radians(0.1), 30.0, 0.25)
"""Azimuth (rad), range (m), time (s): what is smaller is let be."""
NOISE_SHARE = (0.4, 0.5, 0.0)
"""What is smaller than this share of the sensor's declared noise is let be, too."""
CERTAIN, STILL = 5.0, 3.0
"""Standard deviations of a bias that is to be corrected, and of one that goes on being corrected."""
SETTLED_SIGMA, SURE_SIGMA = math.radians(0.12), math.radians(0.04)
"""Largest sigma of the azimuth with which a sensor is judged, and with which it is judged only now and then."""
GROSS = math.radians(1.0)
"""A turn by more makes tracks where nothing flies; up to it, plots still find their tracks."""
DOUBT_S = 60.0
"""A sensor is set aside no longer than this without fresh evidence."""
HEARD_S = 120.0
"""After so long without an estimate from traffic that is heard, a sensor is judged against the others."""
ROUGH = 0.1
"""A gross turn is corrected once its sigma is below this share of it."""
PRESSURE_SIGMA_M = 300.0
"""How far a pressure altitude may be from the height."""
MOST_REFERENCE_SIGMA_M = 100.0
"""Reports less certain than this are no reference."""
UNDECLARED_RANGE_SIGMA_M, UNDECLARED_AZIMUTH_SIGMA_DEG = 150.0, 1.0
"""For polar sensors that declare no noise."""

KNOWN = (RegistrationState.CORRECTED, RegistrationState.SET_ASIDE)

Mask = npt.NDArray[np.bool_]
NO_BIAS = np.zeros(3)


@dataclass(slots=True, eq=False)
class _Sensor:
    """What is known of one sensor.

    Attributes:
        pairs: (PAIR) of the last `LONG_S`, since `epoch`, the last change; of old ones only those near the estimate.
        held: the newest estimate; `doubt` one of the last seconds that contradicts it.
        told, applied: the correction (azimuth rad, range m, time s) last told of, and in force.
        evidence_at: when there last was an estimate; `heard_at` one from traffic that is heard.
        unlike: an estimate from other sensors that contradicts `held`, or is the first one.
        quarrel: the last one with another sensor, told or not.
        judge_at, refine_at: when to look for a change next, and when at all pairs.
        settled: two estimates, one after the other, said the same.
        sure: the estimate is settled, and its sigma below `SURE_SIGMA`.
    """

    known: SensorRegistration
    pairs: list[Records] = field(default_factory=list)
    epoch: float = -math.inf
    held: Bias | None = None
    doubt: Bias | None = None
    told: Floats = field(default_factory=lambda: NO_BIAS)
    applied: Floats = field(default_factory=lambda: NO_BIAS)
    evidence_at: float = -math.inf
    heard_at: float = -math.inf
    unlike: Bias | None = None
    quarrel: Quarrel | None = None
    judge_at: float = -math.inf
    settled: bool = False
    sure: bool = False
    refine_at: float = -math.inf


class Registration:
    """The registration of a tracker's sensors. Deterministic; memory is bounded by sensors and by traffic now heard.

    Its estimates rest on plots as reported, never on corrected ones, and on reports, never on tracks: the tracker
    only says which reports are of one aircraft.
    """

    def __init__(self) -> None:
        self._sensors: list[_Sensor] = []
        self._sites = np.zeros(0, SITE)
        self._references = References()
        self._waiting, self._heard = [np.zeros(0, SIGHT)], [np.zeros(0, REPORT)]
        self._peers, self._peers_at = Peers(), -math.inf
        self._listens, self._judged = np.zeros(0, np.bool_), np.zeros(0, np.bool_)
        self._began, self._compare_at = math.inf, -math.inf
        self._changed: dict[int, SensorRegistration] = {}
        self._applied, self._aside = np.zeros((0, 3)), np.zeros(0, np.bool_)

    def add_sensor(self, sensor: Sensor) -> None:
        """One more sensor, in the tracker's order of rows."""
        placed = sensor.lon is not None and sensor.lat is not None
        lon, lat = np.array(sensor.lon or 0.0), np.array(sensor.lat or 0.0)
        site = np.zeros(1, SITE)
        site["place"], site["axes"] = ecef(lon, lat, sensor.alt_m), axes_at(lon, lat)
        site["height"], site["reach"] = sensor.alt_m, sensor.range_m or math.inf
        site["sigma_range"] = sensor.sigma_range_m or UNDECLARED_RANGE_SIGMA_M
        site["sigma_azimuth"] = math.radians(sensor.sigma_azimuth_deg or UNDECLARED_AZIMUTH_SIGMA_DEG)
        self._sites = np.append(self._sites, site)
        known = SensorRegistration(sensor=sensor.id)
        self._sensors.append(_Sensor(known))
        self._listens = np.append(self._listens, sensor.kind.listens)
        self._judged = np.append(self._judged, placed and not sensor.kind.listens)
        self._applied = np.vstack([self._applied, NO_BIAS])
        self._aside = np.append(self._aside, False)

    def table(self) -> tuple[SensorRegistration, ...]:
        """What is known of each sensor, in the order in which they were added."""
        return tuple(sensor.known for sensor in self._sensors)

    def changes(self) -> tuple[SensorRegistration, ...]:
        """The sensors whose state, or whose correction, changed since the last call, in the order of their rows."""
        changed = tuple(self._changed[row] for row in sorted(self._changed))
        self._changed.clear()
        return changed

    def correct(self, plots: Records) -> Mask:
        """Take the known errors off plots (`kernels.arrays.PLOT`) that are no reports; which of them to set aside."""
        bias = self._applied[plots["sensor"]]
        measured = plots["kind"] != PLACED
        if bias.any():
            bias = np.where(measured[:, None], bias, 0.0)
            cos, sin = np.cos(bias[:, 0]), np.sin(bias[:, 0])
            east, north = plots["east"].copy(), plots["north"].copy()
            plots["east"], plots["north"] = east * cos - north * sin, north * cos + east * sin
            plots["distance"] = np.maximum(plots["distance"] - bias[:, 1], 1.0)
            plots["time"] -= bias[:, 2]
        aside: Mask = measured & self._aside[plots["sensor"]]
        return aside

    def observe(self, batch: DetectionBatch, plots: Records, fit: Ints, assigned: Ints, now: float) -> None:
        """Learn from a step of the tracker.

        plots: of the whole batch; their heights, addresses and accuracies are used. fit: the rows that are fit to
        be tracked, set aside or not. assigned: (rows of the batch,) numbers of tracks, -1 for none. now: Unix seconds.
        """
        if not math.isfinite(now):
            return
        self._began = min(self._began, now)
        looking, wanting = self._looking(now), self._wanting(now)
        if looking:
            self._note_reports(batch, plots, fit, assigned)
        if looking or wanting:
            sights = self._sights(batch, plots, fit, assigned)
            if looking:
                self._waiting.append(sights)
            if wanting:
                self._peers.add(sights, now)
        if now >= self._compare_at:
            self._compare_at = (now // COMPARE_EVERY_S + 1.0) * COMPARE_EVERY_S
            self._references.add(np.concatenate(self._heard))
            self._references.forget(now - KEPT_S)
            self._heard = [self._heard[0]]
            self._compare(now)
            for row, sensor in enumerate(self._sensors):
                if sensor.pairs and now >= sensor.judge_at:
                    sensor.judge_at = now + JUDGE_EVERY_S
                    self._judge(row, sensor, now)
        if wanting and now >= self._peers_at:
            self._judge_together(wanting, now)

    def _wanting(self, now: float) -> list[int]:
        """Rows of the sensors that heard traffic does not tell enough of, if there are others to judge them by."""
        rows = np.flatnonzero(self._judged).tolist()
        return [row for row in rows if now - self._sensors[row].heard_at > HEARD_S] if len(rows) > 1 else []

    def _looking(self, now: float) -> bool:
        """Whether to look at what now arrives: there is always something to learn while a sensor is not settled."""
        phase = now - self._began
        return (
            phase < START_S
            or phase % CYCLE_S < OPEN_S
            or any(sensor.pairs and (sensor.doubt or not sensor.sure) for sensor in self._sensors)
        )

    def _after_open(self, now: float) -> float:
        """When next everything that was looked at in one cycle has been compared."""
        first = self._began + OPEN_S + WAIT_S + COMPARE_EVERY_S
        return first + CYCLE_S * (math.floor((now - first) / CYCLE_S) + 1.0)

    def _note_reports(self, batch: DetectionBatch, plots: Records, fit: Ints, assigned: Ints) -> None:
        rows = fit[self._listens[plots["sensor"][fit]] & (plots["kind"][fit] == PLACED)]
        rows = rows[self._references.wanted(assigned[rows])]
        if not len(rows):
            return
        reports, height = np.zeros(len(rows), REPORT), plots["height"][rows]
        told = np.isfinite(height)
        reports["number"], reports["time"], reports["address"] = (
            assigned[rows],
            batch.time[rows],
            plots["address"][rows],
        )
        reports["lon"], reports["lat"], reports["velocity"] = batch.lon[rows], batch.lat[rows], batch.velocity[rows]
        reports["height"] = np.where(told, height, plots["pressure"][rows])
        reports["height_variance"] = np.where(told, plots["height_variance"][rows], PRESSURE_SIGMA_M**2)
        reports["variance"] = 0.5 * (plots["place"][rows, 2] + plots["place"][rows, 4])
        good = np.isfinite(reports["height"]) & (reports["variance"] <= MOST_REFERENCE_SIGMA_M**2)
        self._heard.append(reports[good])

    def _sights(self, batch: DetectionBatch, plots: Records, fit: Ints, assigned: Ints) -> Records:
        rows = fit[(plots["kind"][fit] == POLAR) & self._judged[plots["sensor"][fit]]]
        sights = np.zeros(len(rows), SIGHT)
        sights["sensor"], sights["height"] = plots["sensor"][rows], plots["height"][rows]
        sights["height_variance"], sights["number"] = plots["height_variance"][rows], assigned[rows]
        sights["time"], sights["received"] = batch.time[rows], batch.received[rows]
        sights["distance"], sights["azimuth"] = batch.range_m[rows], np.radians(batch.azimuth_deg[rows])
        return sights

    def _compare(self, now: float) -> None:
        """Pair the plots that waited long enough with the references, and keep the pairs by sensor."""
        waiting = np.concatenate(self._waiting)[-MOST_WAITING:]
        due = waiting["received"] <= now - WAIT_S
        sights, self._waiting = waiting[due], [waiting[~due]]
        if not len(sights) or not len(self._references):
            return
        sights = sights[np.lexsort((sights["azimuth"], sights["distance"], sights["time"], sights["sensor"]))]
        bounds = np.flatnonzero(np.diff(sights["sensor"], prepend=-1, append=-1))
        share = max(1, MOST_COMPARED // (len(self._references) * (len(bounds) - 1)))
        some = [every(first, last, share) for first, last in pairwise(bounds.tolist())]
        pairs = self._references.pairs(sights[np.concatenate(some)], self._sites)
        for row in np.unique(pairs["sensor"]).tolist():
            self._sensors[row].pairs.append(pairs[pairs["sensor"] == row])

    def _judge(self, row: int, sensor: _Sensor, now: float) -> None:
        """Look at a sensor's latest pairs for a change, and at all of them unless that was done of late.

        A change must show twice, `JUDGE_EVERY_S` apart, before what was learned until then is dropped.
        """
        pairs = np.concatenate(sensor.pairs)
        pairs = pairs[pairs["time"] >= max(sensor.epoch, now - LONG_S)][-MOST_PAIRS:]
        sensor.pairs = [pairs] if len(pairs) else []
        noise = float(self._sites["sigma_azimuth"][row])
        newest = estimate(pairs[pairs["time"] >= now - SHORT_S], noise)
        doubted, sensor.doubt = sensor.doubt, None
        if newest is not None and sensor.held is not None and differ(newest, sensor.held):
            sensor.doubt = newest
        changed = sensor.doubt is not None and doubted is not None and not differ(sensor.doubt, doubted)
        if changed:
            sensor.epoch, sensor.doubt, found = now - SHORT_S, None, newest
        elif sensor.doubt is not None:
            return
        elif now >= sensor.refine_at:
            found = estimate(pairs, noise)
        else:
            sensor.judge_at = self._after_open(now) if sensor.sure else now + JUDGE_EVERY_S
            return
        if found is None:
            self._let_go(row, now)
            return
        sensor.evidence_at = sensor.heard_at = now
        self._disagree(row, "", math.nan)
        if not changed and sensor.held is not None and worse(found, sensor.held):
            return
        settled = self._hold(row, found)
        sensor.sure = settled and float(found.sigma[0]) <= SURE_SIGMA
        if sensor.sure:
            sensor.judge_at, sensor.refine_at = self._after_open(now), now + REFINE_EVERY_S
        else:
            sensor.refine_at = now + SETTLED_EVERY_S if settled else -math.inf
        if settled:
            known = np.abs(wrapped(pairs["off"] - found.value[:2])[:, 0]) <= near(noise)
            sensor.pairs = [pairs[known | (pairs["time"] >= now - SHORT_S)]]
        self._conclude(row, found, now, settled=settled)

    def _judge_together(self, wanting: list[int], now: float) -> None:
        """Look at what the sensors that nobody who is heard tells of say of each other.

        What is new must show twice, here too. Which of two errs may be open; that they disagree is told then.
        """
        anchors = {}
        for row, sensor in enumerate(self._sensors):
            if row not in wanting and sensor.held is not None:
                anchors[row] = sensor.held
        heard = np.concatenate([np.zeros(0, PAIR), *(pairs for row in wanting for pairs in self._sensors[row].pairs)])
        wanted = np.isin(np.arange(len(self._sensors)), wanting)
        verdict = self._peers.judge(now, self._sites, self._applied, wanted, anchors, heard, self._references)
        quarrels = {quarrel.one: quarrel for quarrel in verdict.quarrels}
        for row in wanting:
            sensor, found = self._sensors[row], verdict.found.get(row)
            if found is None:
                self._let_go(row, now)
                continue
            sensor.evidence_at = now
            before, sensor.unlike = sensor.unlike, None
            fresh = sensor.held is None or differ(found, sensor.held)
            if fresh and (before is None or differ(found, before)):
                sensor.unlike = found
            elif fresh or not (sensor.held and worse(found, sensor.held)):
                if fresh:
                    sensor.held, sensor.epoch = found, now - SHORT_S
                settled = self._hold(row, found)
                if row not in quarrels or self._errs(row, found):  # one of two that disagree is not aligned
                    self._conclude(row, found, now, settled=settled)
        self._note_quarrels(wanting, quarrels)
        self._peers_at = now + self._pause(wanting, verdict, now)

    def _pause(self, wanting: list[int], verdict: Verdict, now: float) -> float:
        """How long to wait before sensors are judged against each other again, s."""
        unsettled = {row for row in wanting if self._sensors[row].unlike or not self._sensors[row].settled}
        if verdict.quarrels or unsettled & set(verdict.found) or (unsettled and now - self._began < START_S):
            return JUDGE_EVERY_S
        return THIN_EVERY_S if unsettled else SETTLED_EVERY_S

    def _note_quarrels(self, wanting: list[int], quarrels: dict[int, Quarrel]) -> None:
        """Tell of sensors that disagree in two looks while neither is known to err; and after two, that it is over."""
        for row in wanting:
            sensor, quarrel = self._sensors[row], quarrels.get(row)
            before, sensor.quarrel = sensor.quarrel, quarrel
            twice = (quarrel is None) == (before is None)
            if quarrel is not None and before is not None and quarrel.other == before.other:
                other = self._sensors[quarrel.other].known
                if sensor.known.state not in KNOWN and other.state not in KNOWN:
                    self._disagree(row, other.sensor, math.degrees(quarrel.by))
                    continue
            if twice:
                self._disagree(row, "", math.nan)

    def _disagree(self, row: int, other: str, by_deg: float) -> None:
        """Note with which other sensor one disagrees, if with any; told of if that is new."""
        known = self._sensors[row].known
        if known.disagrees_with or other:
            self._sensors[row].known = replace(known, disagrees_with=other, disagrees_by_deg=by_deg)
        if known.disagrees_with != other:
            self._changed[row] = self._sensors[row].known

    def _hold(self, row: int, found: Bias) -> bool:
        """Hold a new estimate; whether it is settled: the one before said the same, and it is sure enough."""
        sensor = self._sensors[row]
        least = max(SETTLED_SIGMA, ROUGH * abs(float(found.value[0])))
        settled = bool(sensor.held is not None and not differ(found, sensor.held) and found.sigma[0] <= least)
        sensor.held, sensor.known, sensor.settled = found, described(sensor.known, found), settled
        return settled

    def _conclude(self, row: int, found: Bias, now: float, *, settled: bool) -> None:
        """What follows from an estimate for the sensor's plots."""
        erring = self._errs(row, found)
        if settled:
            state = RegistrationState.CORRECTED if erring else RegistrationState.ALIGNED
            self._enter(row, state, found.value if erring else NO_BIAS, now)
        elif erring and abs(turned_by(found.value, self._sensors[row].applied)) > GROSS:
            self._enter(row, RegistrationState.SET_ASIDE, NO_BIAS, now)

    def _let_go(self, row: int, now: float) -> None:
        """A sensor that was set aside is not so for ever, where there is no more evidence."""
        sensor = self._sensors[row]
        if sensor.known.state is RegistrationState.SET_ASIDE and now - sensor.evidence_at > DOUBT_S:
            self._enter(row, RegistrationState.UNKNOWN, NO_BIAS, now)

    def _errs(self, row: int, found: Bias) -> bool:
        """Whether any of the errors is large and certain enough; less is asked of one that is being corrected."""
        held = self._sensors[row].known.state is RegistrationState.CORRECTED
        site = self._sites[row]
        noise = np.array([site["sigma_azimuth"], site["sigma_range"], 0.0])
        least = np.maximum(LEAST_BIAS, NOISE_SHARE * noise) * (0.7 if held else 1.0)
        beyond = np.abs(found.value) > np.maximum(least, (STILL if held else CERTAIN) * found.sigma)
        return bool(beyond.any())

    def _enter(self, row: int, state: RegistrationState, applied: Floats, now: float) -> None:
        """Put a sensor into a state, with a correction; told of if the state is new or the correction moved."""
        sensor = self._sensors[row]
        fresh = state is not sensor.known.state
        if fresh:
            sensor.known = replace(sensor.known, state=state, since=now)
        moved = abs(turned_by(applied, sensor.told)) > LEAST_BIAS[0] or bool(
            (np.abs(applied - sensor.told)[1:] > LEAST_BIAS[1:]).any()
        )
        sensor.applied = self._applied[row] = applied
        self._aside[row] = state is RegistrationState.SET_ASIDE
        if fresh or moved:
            sensor.told = applied
            self._changed[row] = sensor.known


def every(first: int, last: int, most: int) -> Ints:
    """At most `most` whole numbers from first to last - 1, evenly spaced."""
    return np.unique(np.linspace(first, last - 1, min(most, last - first)).astype(np.int64))


def described(known: SensorRegistration, found: Bias) -> SensorRegistration:
    """What is known of a sensor, with a new estimate."""
    value, sigma = found.value.tolist(), found.sigma.tolist()
    return replace(
        known,
        azimuth_bias_deg=math.degrees(value[0]),
        sigma_azimuth_deg=math.degrees(sigma[0]),
        range_bias_m=value[1],
        sigma_range_m=sigma[1],
        time_bias_s=value[2],
        sigma_time_s=sigma[2],
        observations=found.count,
        aircraft=found.aircraft,
    )
