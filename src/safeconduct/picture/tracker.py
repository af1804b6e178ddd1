"""Detections of many sensors into tracks, in one sector.

>>> from safeconduct.model.sector import Sector
>>> tracker = Tracker(Sector(id="s", party="p", name="Tripoli", centre=(13.2, 32.7)), sensors=[])
>>> len(tracker.picture(time=0.0))
0
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from safeconduct.kernels.arrays import COASTING, CONFIRMED, FREE, LOST, Floats, Ints, Record, Records
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.detection import DetectionBatch
from safeconduct.model.identifier import Identifier, IdentifierKind
from safeconduct.model.registration import SensorRegistration
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.model.track import Continuation, Joined, TrackChanges, TrackTable
from safeconduct.picture.intake import Addresses, Duplicates, plots_of, turned_covariance, unfit
from safeconduct.picture.plane import PlaneSensor, PlaneTracker
from safeconduct.picture.pressure import PressureOffset
from safeconduct.picture.registration import UNDECLARED_AZIMUTH_SIGMA_DEG, UNDECLARED_RANGE_SIGMA_M, Registration
from safeconduct.picture.rewind import Rewinder
from safeconduct.picture.settings import TrackerSettings
from safeconduct.picture.stitching import Stitcher, StitchingSettings

LONGEST_STEP_S = 1.0
"""A batch that arrived over a longer time is taken in steps of this, so that tracks age in between."""
UNDECLARED_ELEVATION_SIGMA_DEG = 1.0
"""For polar sensors that declare no noise."""


class Tracker:
    """The tracks of one sector.

    Deterministic, without a clock: equal calls give equal answers, and nothing uses a later plot for an earlier one.
    Time is what detections say: `received` moves it on, and so does `advance`. A detection counts at its own time of
    measurement; one that comes late is put in its place (`picture.rewind`), up to `TrackerSettings.late_s`. What is
    unfit is counted in `set_aside` by reason and costs nothing but itself.

    Attributes:
        set_aside: how many detections were not tracked, by reason.
    """

    def __init__(
        self,
        sector: Sector,
        sensors: Sequence[Sensor],
        settings: TrackerSettings | None = None,
        stitching: StitchingSettings | None = None,
    ) -> None:
        self.settings = settings or TrackerSettings()
        self.stitching = stitching or StitchingSettings()
        self.set_aside: Counter[str] = Counter()
        self.frame = SectorFrame(*sector.centre)
        self._plane = PlaneTracker(self.settings, self.frame.radius)
        self._rewinder = Rewinder(self._plane)
        self._crossed: dict[int, float] = {}
        self._joins: list[Joined] = []
        self._rows: dict[str, int] = {}
        self._declared: dict[str, Floats] = {}
        self._addresses = Addresses()
        self._duplicates = Duplicates(self.settings.late_s)
        self._signing = np.zeros(0, np.bool_)
        self._pressure = PressureOffset(self.settings.pressure_sigma_m)
        self._registration = Registration()
        self._claimed: dict[int, dict[IdentifierKind, Identifier]] = {}
        self._stitcher = Stitcher(self.stitching)
        self._now = -math.inf
        for sensor in sensors:
            self.add_sensor(sensor)

    def add_sensor(self, sensor: Sensor) -> None:
        """Make a sensor known before its first detection. One that is known already stays as it was declared."""
        if sensor.id in self._rows:
            return
        self._rows[sensor.id] = self._plane.add_sensor(self._in_plane(sensor))
        self._signing = np.append(self._signing, sensor.kind is SensorKind.REMOTE_ID)
        self._rewinder.forget()
        self._registration.add_sensor(sensor)
        nan = math.nan
        lon, lat = (nan, nan) if sensor.lon is None or sensor.lat is None else (sensor.lon, sensor.lat)
        new = {
            "sigma": nan if sensor.sigma_m is None else sensor.sigma_m,
            "sigma_height": nan if sensor.sigma_alt_m is None else sensor.sigma_alt_m,
            "convergence": float(self.frame.convergence(np.array(lon), np.array(lat))),
            "site_height": sensor.alt_m,
            "sigma_range": sensor.sigma_range_m or UNDECLARED_RANGE_SIGMA_M,
            "sigma_elevation": math.radians(sensor.sigma_elevation_deg or UNDECLARED_ELEVATION_SIGMA_DEG),
        }
        self._declared = {name: np.append(self._declared.get(name, []), value) for name, value in new.items()}

    def update(self, batch: DetectionBatch) -> TrackChanges:
        """Take a batch, in order of arrival, and let time pass to its last `received`."""
        assigned = np.full(len(batch), -1, np.int64)
        confirmed: list[int] = []
        lost: list[TrackTable] = []
        continued: list[Continuation] = []
        for rows in steps(batch.received):
            begins = float(batch.received[rows.start])
            if self._now + LONGEST_STEP_S < begins < math.inf:  # what fell silent long ago takes none of these
                self._now = begins
                self._rewinder.advance(begins)
                lost.append(self._harvest())
            part = batch.rows(rows) if len(batch) > rows.stop - rows.start else batch
            assigned[rows], numbers = self._take(part)
            for heir, number in self._rewinder.heirs.items():
                renumber(assigned, confirmed, heir, number)
                self._duplicates.renumber(heir, number)
            confirmed += numbers.tolist()
            lost.append(self._harvest())
            found = self._stitched(numbers)
            continued += found
            for one in found:
                if one.taken:
                    renumber(assigned, confirmed, one.number, one.of)
                    lost = [without(table, [one.of]) for table in lost]
        joined = self._told_joins()
        for same in joined:
            assigned[assigned == same.number] = same.of
        shown = self._plane.tracks["number"][self._plane.shown()]
        return TrackChanges(
            assigned=assigned,
            confirmed=tuple(number for number in confirmed if number not in {same.number for same in joined}),
            lost=without(self._in_one(lost), shown),  # what was lost in one step may be there again after a later one
            continued=tuple(continued),
            joined=joined,
            reported=self._registration.changes(),
        )

    def advance(self, time: float) -> TrackChanges:
        """Let time pass without detections, to `time` (Unix seconds); earlier than before changes nothing."""
        if self._now < time < math.inf:
            self._now = time
            self._rewinder.advance(time)
        lost, none = self._harvest(), np.zeros(0, np.int64)
        continued = self._stitched(none)
        for one in continued:
            lost = without(lost, [one.of]) if one.taken else lost
        return TrackChanges(assigned=none, confirmed=(), lost=lost, continued=continued, joined=self._told_joins())

    def picture(self, time: float) -> TrackTable:
        """The confirmed and coasting tracks, predicted to `time`. Changes nothing."""
        return self._table(self._plane.shown(), time, predicted=True)

    def identifiers(self, number: int) -> tuple[Identifier, ...]:
        """What the detections of a live track claim it to be, by kind, newest of each; empty for other numbers."""
        return tuple(sorted(self._claimed.get(number, {}).values()))

    def registration(self) -> tuple[SensorRegistration, ...]:
        """What was learned of how each sensor is turned, set and timed, in the order in which they were added."""
        return self._registration.table()

    def _in_plane(self, sensor: Sensor) -> PlaneSensor:
        placed = sensor.lon is not None and sensor.lat is not None
        x, y = self.frame.to_plane(np.array(sensor.lon or 0.0), np.array(sensor.lat or 0.0))
        reach = sensor.range_m if placed and sensor.range_m else math.inf
        allowance = self.settings.azimuth_allowance_deg
        azimuth = sensor.sigma_azimuth_deg or UNDECLARED_AZIMUTH_SIGMA_DEG
        return PlaneSensor(
            x=float(x) if placed else math.nan,
            y=float(y) if placed else math.nan,
            height=sensor.alt_m,
            listens=sensor.kind.listens,
            reach=reach,
            small_reach=sensor.small_target_range_m or reach,
            period=sensor.period_s,
            detection=sensor.probability_of_detection,
            clutter=sensor.false_alarms_per_scan / (math.pi * reach * reach),  # 0 where the reach is not known
            false_alarms=sensor.false_alarms_per_scan,
            sigma_range=math.hypot(sensor.sigma_range_m or UNDECLARED_RANGE_SIGMA_M, self.settings.range_allowance_m),
            sigma_azimuth=math.radians(math.hypot(azimuth, allowance)),
            sees=sensor.kind is SensorKind.RADAR and placed,
        )

    def _take(self, batch: DetectionBatch) -> tuple[Ints, Ints]:
        """Numbers of the tracks that the rows of one step went to, and the newly confirmed."""
        assigned = np.full(len(batch), -1, np.int64)
        rows = np.array([self._rows.get(name, -1) for name in batch.sensors], np.int64)
        known = rows[batch.sensor] >= 0
        sensor = np.where(known, rows[batch.sensor], 0)
        if not known.any():
            self.set_aside["unknown-sensor"] += len(batch)
            return assigned, np.zeros(0, np.int64)
        codes = self._addresses.codes(batch.claims, len(batch))
        plots = plots_of(batch, sensor, codes, self._declared, self.frame, self.settings)
        placed = known & ((plots["kind"] == 0) | np.isfinite(self._plane.sensors["x"][sensor]))
        sound = np.flatnonzero(~unfit(batch, plots, placed, self.settings, self.set_aside))
        doubled = self._duplicates.among(batch, rows[batch.sensor], codes, self._now)[sound]
        if doubled.any():
            self.set_aside["duplicate"] += int(np.count_nonzero(doubled))
            sound = sound[~doubled]
        misaligned = self._registration.correct(plots)[sound]
        if misaligned.any():
            self.set_aside["misaligned"] += int(np.count_nonzero(misaligned))
        fit = sound[~misaligned]
        self._pressure.learn(self._now, batch.height_m[fit], plots["pressure"][fit])  # as sent: not by elevation
        self._plane.rules["pressure_offset"], self._plane.rules["pressure_sigma"] = (
            self._pressure.mean,
            self._pressure.sigma,
        )
        received = batch.received[np.isfinite(batch.received)]
        self._now = max(self._now, float(received.max(initial=self._now)))
        assigned[fit], confirmed = self._rewinder.step(plots[fit], self._now)
        self._note_crossings()
        self._registration.observe(batch, plots, sound, assigned, self._now)
        self._assign_signed(batch, np.flatnonzero(known & self._signing[sensor]), assigned)
        self._note_claims(batch, assigned)
        return assigned, confirmed

    def _assign_signed(self, batch: DetectionBatch, rows: Ints, assigned: Ints) -> None:
        """What is given again because its signature was checked meanwhile is of the track that it went to at first: it
        is no second measurement, and its claims are that track's. rows: of sensors that hear signatures."""
        for row in rows[np.isfinite(batch.time[rows])].tolist():
            said, time = batch.claims.get(row), float(batch.time[row])
            if assigned[row] >= 0:
                self._duplicates.went(row, time, int(assigned[row]))
            elif said is not None and said.authenticated:
                number = self._duplicates.track_of(row, time)
                live = (self._plane.tracks["status"] != FREE) & (self._plane.tracks["number"] == number)
                assigned[row] = number if live.any() else -1

    def _note_crossings(self) -> None:
        """Tracks that came so close that each may go on as the other carry that doubt from now on."""
        tracks = self._plane.tracks
        for slot in np.flatnonzero(tracks["crossed"] > 0.0).tolist():
            number = int(tracks["number"][slot])
            if self._crossed.get(number, -math.inf) <= self._rewinder.back_to or math.isinf(self._rewinder.back_to):
                self._stitcher.crossed([number], float(min(tracks["crossed"][slot], 0.5)))
            self._crossed[number] = self._now
            tracks["crossed"][slot] = 0.0
        least = self._now - 2.0 * self.settings.late_s
        self._crossed = {number: at for number, at in self._crossed.items() if at > least}

    def _note_claims(self, batch: DetectionBatch, assigned: Ints) -> None:
        for row, said in batch.claims.items():
            if assigned[row] >= 0 and said.identifiers:
                claimed = self._claimed.setdefault(int(assigned[row]), {})
                claimed.update((name.kind, name) for name in said.identifiers)
        live = self._plane.tracks["status"] != FREE
        if len(self._claimed) > 2 * np.count_nonzero(live) + 64:
            numbers = set(self._plane.tracks["number"][live].tolist())
            self._claimed = {number: claimed for number, claimed in self._claimed.items() if number in numbers}

    def _harvest(self) -> TrackTable:
        """The tracks that ended since the last time, at their last contact; their slots are free again."""
        slots = self._plane.slots_with(LOST)
        into = self._plane.tracks["joined"][slots]
        for number, of in zip(self._plane.tracks["number"][slots].tolist(), into.tolist(), strict=True):
            if of:
                self._joins.append(Joined(number, of))
                self._inherit(of, number)
        slots = slots[into == 0]
        table = self._table(slots, self._now, predicted=False) if len(slots) else NO_TRACKS
        self._stitcher.lose(self._plane.tracks, slots, self._now)
        self._plane.release_lost()
        return table

    def _inherit(self, number: int, other: int) -> None:
        """What detections claimed of another track, they claimed of this one."""
        self._claimed[number] = self._claimed.get(number, {}) | self._claimed.pop(other, {})
        self._duplicates.renumber(other, number)

    def _told_joins(self) -> tuple[Joined, ...]:
        joins, self._joins = tuple(self._joins), []
        return joins

    def _stitched(self, confirmed: Ints) -> tuple[Continuation, ...]:
        """The continuations found since the last time; those that are taken have the earlier number from now on."""
        found = self._stitcher.find(self._plane.tracks, confirmed, self._now)
        for one in found:
            if one.taken:
                earlier = self._stitcher.earlier(one.of)
                rename(self._plane.tracks, one, earlier)
                self._rewinder.rename(one.number, one.of, earlier)
                self._inherit(one.of, one.number)
        if found:
            self._plane.release_lost()
        return found

    def _table(self, slots: Ints, time: float, *, predicted: bool) -> TrackTable:
        tracks = self._plane.tracks[slots]
        last_lon, last_lat = self.frame.to_degrees(tracks["state"][:, 0], tracks["state"][:, 1])
        if predicted:
            state, vertical = self._plane.states_at(slots, time)
            lon, lat = self.frame.to_degrees(state[:, 0], state[:, 1])
        else:
            state, vertical, lon, lat = tracks["state"], tracks["vertical"], last_lon, last_lat
        scale, angle = self.frame.scale(state[:, 0], state[:, 1]), self.frame.convergence(lon, lat)
        east, north = self.frame.turned(state[:, 2] / scale, state[:, 3] / scale, -angle)
        climb = np.where(np.isnan(vertical[:, 0]), np.nan, vertical[:, 1])
        return TrackTable(
            time=time,
            number=tracks["number"],
            status=tracks["status"].astype(np.int8),
            lon=lon,
            lat=lat,
            height_m=vertical[:, 0].copy(),
            sigma_height_m=np.where(np.isnan(vertical[:, 0]), np.nan, np.sqrt(vertical[:, 2])),
            sigma_velocity_mps=np.sqrt((state[:, 11] + state[:, 13]) / 2.0) / scale,
            pressure_altitude_m=tracks["pressure"],
            velocity=np.column_stack([east, north, climb]),
            covariance=turned_covariance(state[:, 4:7], -angle, 1.0 / scale),
            first_time=tracks["first_time"],
            last_time=tracks["time"],
            last_lon=last_lon,
            last_lat=last_lat,
            last_height_m=tracks["vertical"][:, 0].copy(),
            doubt=self._stitcher.doubt(tracks["number"]),
        )

    def _in_one(self, tables: list[TrackTable]) -> TrackTable:
        filled = [table for table in tables if len(table)]
        if len(filled) <= 1:
            return filled[0] if filled else NO_TRACKS
        columns = [name for name in TrackTable.__slots__ if name != "time"]
        order = np.argsort(np.concatenate([table.number for table in filled]))
        joined = {name: np.concatenate([getattr(table, name) for table in filled])[order] for name in columns}
        return TrackTable(time=self._now, **joined)


def no_tracks() -> TrackTable:
    """A table without rows."""
    none = np.zeros(0)
    names = ("lon", "lat", "height_m", "sigma_height_m", "sigma_velocity_mps", "pressure_altitude_m")
    columns = dict.fromkeys((*names, "first_time", "last_time", "last_lon", "last_lat", "last_height_m", "doubt"), none)
    return TrackTable(
        time=-math.inf,
        number=np.zeros(0, np.int64),
        status=np.zeros(0, np.int8),
        velocity=np.zeros((0, 3)),
        covariance=np.zeros((0, 3)),
        **columns,
    )


NO_TRACKS = no_tracks()


def rename(tracks: Records, one: Continuation, before: Record) -> None:
    """Gives a later track the earlier number, and what is known of it; an earlier one that was coasting is lost."""
    live = (tracks["status"] == CONFIRMED) | (tracks["status"] == COASTING)
    later = np.flatnonzero(live & (tracks["number"] == one.number))
    coasting = np.flatnonzero(live & (tracks["number"] == one.of))
    tracks["status"][coasting], tracks["number"][coasting] = LOST, one.number
    tracks["number"][later], tracks["first_time"][later] = one.of, before["first_time"]
    tracks["hits"][later] += before["hits"]
    # With its address: one that claims another is another track, and does not become this one in silence.
    tracks["address"][later] = np.where(tracks["address"][later] == 0, before["address"], tracks["address"][later])


def renumber(assigned: Ints, confirmed: list[int], number: int, to: int) -> None:
    """Gives what was told of one number to another, in place."""
    assigned[assigned == number] = to
    confirmed[:] = [to if other == number else other for other in confirmed]


def without(table: TrackTable, numbers: Sequence[int] | Ints) -> TrackTable:
    """A table without the rows of some numbers."""
    kept = ~np.isin(table.number, numbers)
    if kept.all():
        return table
    columns = {name: getattr(table, name)[kept] for name in TrackTable.__slots__ if name != "time"}
    return TrackTable(time=table.time, **columns)


def steps(received: Floats) -> Iterator[slice]:
    """Runs of rows that arrived within `LONGEST_STEP_S` of the first of them."""
    first = 0
    while first < len(received):
        start = received[first]
        later = np.flatnonzero(received[first:] > start + LONGEST_STEP_S) if math.isfinite(start) else np.array([1])
        last = first + int(later[0]) if len(later) else len(received)
        last = min(last, len(received))
        yield slice(first, last)
        first = last
