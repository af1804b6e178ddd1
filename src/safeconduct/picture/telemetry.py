"""Where flights say that they are, as their parties send it, and how well tracks fit that.

It comes from the flight's own party, so it is about that flight for sure. Whether it is right is another matter: a
party may be mistaken about where its aircraft is, so it never says more than `TelemetryModel.limit`.
"""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from safeconduct.kernels.arrays import Floats, Ints, Records
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model import check
from safeconduct.model.flight import Flight
from safeconduct.model.reported_position import ReportedPosition
from safeconduct.picture.evidence import Pairs

TOLD = np.dtype([("column", "i8"), *[(name, "f8") for name in ("x", "y", "height", "span", "sigma")]], align=True)
"""A flight's latest report: the flight's column; where, metres in the plane, height NaN for none; how long ago, s; one
standard deviation, m."""
KEPT = 16
"""So many reports of a flight are kept, so that one from the future does not hide those before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryModel:
    """What a flight's own reports are worth.

    Attributes:
        fresh_s: older reports are passed over.
        turns_mps2: one standard deviation of what an aircraft may have turned or sped up since.
        height_m: the same of how a reported and a measured height differ by their references.
        spread_km2, spread_height_m: a flight that is not the track may be anywhere in so large an air around its plan.
        near_m: a track this close to where a flight says that it is, is weighed against that flight, far from its plan
            though it may be.
        limit: least and most that reports can say, nats.

    Raises:
        ModelError: for a length, time or area that is not positive, or a limit that speaks the other way round.
    """

    fresh_s: float = 30.0
    turns_mps2: float = 1.0
    height_m: float = 60.0
    spread_km2: float = 100.0
    spread_height_m: float = 1500.0
    near_m: float = 2000.0
    limit: tuple[float, float] = (-5.0, 6.0)

    def __post_init__(self) -> None:
        check.each_within(self, check.names_but(self, "limit"), 1e-3, 1e6)
        check.limits("limit", self.limit, 50.0)


class Telemetry:
    """The latest reports of each flight."""

    def __init__(self, frame: SectorFrame, model: TelemetryModel) -> None:
        self._frame, self._model = frame, model
        self._reports: dict[str, deque[ReportedPosition]] = {}

    def take(self, flight: str, report: ReportedPosition) -> None:
        """One report, in any order of time."""
        self._reports.setdefault(flight, deque(maxlen=KEPT)).append(report)

    def latest(self, flight: str, now: float) -> ReportedPosition | None:
        """The newest report of a flight that is not from the future and fresh; None without one."""
        newest = None
        for one in self._reports.get(flight, ()):
            if 0.0 <= now - one.time <= self._model.fresh_s and (newest is None or one.time > newest.time):
                newest = one
        return newest

    def expire(self, now: float) -> None:
        """Forgets flights that have sent nothing for long."""
        oldest = now - self._model.fresh_s
        silent = [name for name, said in self._reports.items() if all(one.time < oldest for one in said)]
        for name in silent:
            del self._reports[name]

    def near(self, flyers: Records, now: float, flights: tuple[Flight, ...]) -> tuple[Ints, Ints]:
        """Rows of tracks, and columns of the flights that say they are near them."""
        rows, columns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        told = self._told(now, flights)
        x, y, vx, vy = (np.ascontiguousarray(flyers[name]) for name in ("x", "y", "vx", "vy"))
        order = np.argsort(x)
        reach = self._model.near_m + told["sigma"]
        wide = reach + told["span"] * np.abs(vx).max(initial=0.0)
        first, last = (np.searchsorted(x[order], told["x"] + side * wide) for side in (-1.0, 1.0))
        for at in np.flatnonzero(last > first).tolist():
            some, report = order[first[at] : last[at]], told[at]
            off_x = x[some] - vx[some] * report["span"] - report["x"]
            off_y = y[some] - vy[some] * report["span"] - report["y"]
            close = some[np.hypot(off_x, off_y) <= reach[at]]
            rows.append(close)
            columns.append(np.full(len(close), report["column"]))
        return np.concatenate(rows), np.concatenate(columns)

    def weigh(self, flyers: Records, now: float, flights: tuple[Flight, ...], pairs: Pairs) -> Floats:
        """(m,) nats for each pair: how probable the report is of the track at that time, with the errors of both,
        against its being of an aircraft somewhere else about the flight's plan. What errs by more than that air is
        wide says nothing.

        Args:
            flyers: (n,) `kernels.plans.FLYER` now.
        """
        weights, model = np.zeros(len(pairs.row)), self._model
        told = self._told(now, flights)
        of = np.full(len(flights), -1)
        of[told["column"]] = np.arange(len(told))
        mine = np.flatnonzero(of[pairs.column] >= 0)
        report, flyer = told[of[pairs.column[mine]]], flyers[pairs.row[mine]]
        span, sent = report["span"], np.square(report["sigma"])
        off = np.square(flyer["x"] - flyer["vx"] * span - report["x"])
        off += np.square(flyer["y"] - flyer["vy"] * span - report["y"])
        variance = np.square(flyer["sigma"]) + np.square(flyer["sigma_speed"] * span) + sent
        variance += np.square(0.5 * model.turns_mps2 * span**2)
        says = np.log1p(model.spread_km2 * 1e6 / (2.0 * math.pi * variance)) - off / (2.0 * variance)
        tall = np.square(flyer["sigma_height"]) + sent + model.height_m**2
        level = np.log1p(model.spread_height_m**2 / (2.0 * math.pi * tall)) / 2.0
        level -= np.square(flyer["height"] - report["height"]) / (2.0 * tall)
        weights[mine] = np.clip(says + np.nan_to_num(level, nan=0.0), *model.limit)
        return weights

    def _told(self, now: float, flights: tuple[Flight, ...]) -> Records:
        """`TOLD`, of each flight that reports."""
        said = [(column, self.latest(flight.id, now)) for column, flight in enumerate(flights) if self._reports]
        fresh = [(column, report) for column, report in said if report is not None]
        told = np.zeros(len(fresh), TOLD)
        for one, (column, report) in zip(told, fresh, strict=True):
            one["column"], one["span"], one["sigma"] = column, now - report.time, report.sigma_m
            one["height"] = math.nan if report.height_m is None else report.height_m
        lon, lat = (np.array([getattr(report, axis) for _, report in fresh]) for axis in ("lon", "lat"))
        told["x"], told["y"] = self._frame.to_plane(lon, lat)
        return told[np.isfinite(told["x"]) & np.isfinite(told["y"])]
