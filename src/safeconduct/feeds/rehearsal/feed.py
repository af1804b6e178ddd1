"""The rehearsal as a recording: one run of a scenario, with its truth beside it."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from safeconduct.coordination.corridor import corridor
from safeconduct.feeds.base import WINDOW_S, FeedReport
from safeconduct.feeds.rehearsal.flying import Trajectory, fly, plan, route
from safeconduct.feeds.rehearsal.sensing import Flown, Report, SimulatedSensor, add
from safeconduct.kernels.frame import SectorFrame
from safeconduct.model.detection import BatchBuilder, Claims, DetectionBatch
from safeconduct.model.flight import Flight, FlightState
from safeconduct.model.scenario import Scenario
from safeconduct.model.sensor import Sensor


@dataclass(frozen=True, slots=True)
class TruePlace:
    """Where an aircraft really is; for scoring only, never for a node."""

    name: str
    lon: float
    lat: float
    height_m: float


class Rehearsal:
    """One run of a scenario as the sensors of its node see it; a `feeds.base.Recording`.

    The seed decides everything: same scenario, same seed, same batches. Each aircraft and each sensor has a chance of
    its own: another aircraft changes nobody's path, another sensor nobody else's noise.
    """

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario, self.seed = scenario, seed
        own = [sector for sector in scenario.sectors if sector.party == scenario.node]
        self.frame = SectorFrame(*own[0].centre)
        self.report = FeedReport(path=f"rehearsal:{scenario.id}", format="rehearsal")
        self._sensors = tuple(sensor for sensor in scenario.sensors if sensor.party == scenario.node)
        self._plans = {craft.name: plan(craft, scenario.start, self.frame) for craft in scenario.aircraft}
        self._flown = [
            Flown(
                craft,
                fly(craft, self._plans[craft.name], self._rng(f"aircraft {craft.name}")),
                Claims(craft.aircraft.identifiers),
            )
            for craft in scenario.aircraft
        ]

    def _rng(self, name: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])

    @property
    def sensors(self) -> tuple[Sensor, ...]:
        """The node's own sensors."""
        return self._sensors

    def flights(self, variant: str) -> tuple[Flight, ...]:
        """What is declared to the node in a variant: corridors about the paths as meant."""
        aircraft = {craft.name: craft for craft in self.scenario.aircraft}
        declared = []
        for flight in self.scenario.flights:
            if flight.id not in self.scenario.variants[variant]:
                continue
            craft = aircraft[flight.aircraft]
            planned = route(self._plans[craft.name], self.frame)
            declared.append(
                Flight(
                    id=flight.id,
                    party=craft.party,
                    aircraft=craft.aircraft,
                    volumes=corridor(
                        planned,
                        half_width_m=flight.half_width_m,
                        vertical_m=flight.vertical_m,
                        early_s=flight.early_s,
                        late_s=flight.late_s,
                        frame=self.frame,
                    ),
                    route=planned,
                    emits=craft.emits,
                    disclosure=flight.disclosure,
                    contact=flight.contact,
                    state=FlightState.ACTIVATED,
                )
            )
        return tuple(declared)

    def truth(self, time: float) -> tuple[TruePlace, ...]:
        """The aircraft in the air at a time, Unix seconds."""
        places = []
        for one in self._flown:
            east, north, height = one.trajectory.at(time)
            if np.isfinite(east):
                lon, lat = self.frame.to_degrees(np.array([east]), np.array([north]))
                places.append(TruePlace(one.craft.name, float(lon[0]), float(lat[0]), float(height)))
        return tuple(places)

    @property
    def trajectories(self) -> dict[str, Trajectory]:
        """The paths as flown, by aircraft name, in `frame`."""
        return {one.craft.name: one.trajectory for one in self._flown}

    def batches(self) -> Iterator[DetectionBatch]:
        """The scenario's whole duration, in order of arrival."""
        builder = BatchBuilder()
        window: int | None = None
        for report in self._reports():
            after = int(report.received // WINDOW_S)
            if window is not None and after != window and len(builder):
                yield self._counted(builder.build())
            window = after
            add(report, builder)
            self.report.messages += 1
        if len(builder):
            yield self._counted(builder.build())

    def _counted(self, batch: DetectionBatch) -> DetectionBatch:
        self.report.detections += len(batch)
        return batch

    def _reports(self) -> Iterator[Report]:
        """All reports in order of arrival, holding back those that an unfinished scan could still overtake."""
        scenario = self.scenario
        turned = {fault.sensor: fault.azimuth_error_deg for fault in scenario.faults}
        sensors = [
            SimulatedSensor(sensor, self.frame, self._rng(f"sensor {sensor.id}"), turned.get(sensor.id, 0.0))
            for sensor in self._sensors
        ]
        scans = [0] * len(sensors)
        held: list[Report] = []
        end = scenario.start + scenario.duration_s
        now = scenario.start
        while now < end:
            now += WINDOW_S
            for index, simulated in enumerate(sensors):
                while scenario.start + scans[index] * simulated.sensor.period_s <= now:
                    held.extend(simulated.looks(scans[index], scenario.start, self._flown, scenario.clutter))
                    scans[index] += 1
            ready = sorted((r for r in held if r.received <= min(now, end)), key=_arrival)
            held = [r for r in held if r.received > now]
            yield from ready
        yield from sorted((r for r in held if r.received <= end), key=_arrival)


def _arrival(report: Report) -> tuple[float, str]:
    return report.received, report.sensor
