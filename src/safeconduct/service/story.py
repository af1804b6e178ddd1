"""What `safeconduct run --headless --json` tells of the second river: receipts, advisories, coverage, records."""

from collections import Counter

import numpy as np
import shapely

from safeconduct.model.advisory import Advisory
from safeconduct.model.entry import Actor, AdvisoryGiven, ReceiptTaken
from safeconduct.model.person import Role
from safeconduct.model.sector import Sector
from safeconduct.service.rehearsals import RehearsalRun


class Story:
    """Follows one headless run. Times in what it tells are seconds from the scenario's start."""

    def __init__(self, run: RehearsalRun) -> None:
        self._run = run
        scenario = run.rehearsal.scenario
        sectors = {sector.id: sector for sector in scenario.sectors}
        self._watched = {post.id: sectors[post.sector] for post in scenario.posts}
        self._craft = {flight.id: flight.aircraft for flight in scenario.flights}
        self._entries = {
            (flight.id, post): entered
            for flight in run.flights
            for post, sector in self._watched.items()
            if (entered := self._entered(flight.id, sector)) is not None
        }
        self._coverage: dict[str, list[dict[str, object]]] = {}

    def note(self, time: float) -> None:
        """Coverage as it stood when a flight's aircraft really came into the first sector that a post watches."""
        for flight in self._run.flights:
            first = self._first_entry(flight.id)
            if flight.id in self._coverage or first is None or time < first:
                continue
            desk = self._run.nodes.nodes[flight.party].desk
            seen = [one for one in desk.flights(_officer(flight.party)) if one.ref == flight.id]
            self._coverage[flight.id] = [
                {
                    "flight": flight.id,
                    "version": line.version,
                    "party": line.party,
                    "post": line.post,
                    "state": line.state.value,
                    "time_s": round(time - self._run.rehearsal.scenario.start, 3),
                }
                for one in seen  # none where it flies before it was declared
                for line in one.coverage
            ]

    def told(self) -> dict[str, object]:
        """The parts of the answer; see docs/reference/formats.md."""
        receipts, advisories = [], []
        for party, node in self._run.nodes.nodes.items():
            for entry in node.recorder.replay():
                if isinstance(entry.fact, ReceiptTaken):
                    receipts.append(self._receipt(entry.fact))
                elif isinstance(entry.fact, AdvisoryGiven):
                    advisories.append(self._advisory(party, entry.fact.advisory))
        hours = self._run.rehearsal.scenario.duration_s / 3600.0
        per_hour = Counter(str(advisory["to"]) for advisory in advisories)
        return {
            "receipts": receipts,
            "advisories": sorted(advisories, key=lambda one: (one["time_s"], one["to"], one["flight"])),
            "advisories_per_hour": {to: round(count / hours, 1) for to, count in sorted(per_hour.items())},
            "coverage": [line for lines in self._coverage.values() for line in lines],
            "record": {
                party: {"size": head.size, "root": head.root}
                for party, node in self._run.nodes.nodes.items()
                for head in [node.recorder.head()]
            },
        }

    def _receipt(self, fact: ReceiptTaken) -> dict[str, object]:
        receipt = fact.receipt.receipt
        return {
            "flight": receipt.flight,
            "version": receipt.version,
            "post": receipt.post,
            "state": fact.state.value,
            "read_back_error_m": fact.read_back_error_m,
        }

    def _advisory(self, party: str, advisory: Advisory) -> dict[str, object]:
        entered = (
            self._entries.get((advisory.flight, advisory.post))
            if advisory.post is not None
            else self._first_entry(advisory.flight)
        )
        return {
            "time_s": round(advisory.time - self._run.rehearsal.scenario.start, 3),
            "to": f"{party}/{advisory.post or Role.OPERATOR.value}",
            "flight": advisory.flight,
            "kind": advisory.kind.value,
            "before_entry_s": None if entered is None else round(entered - advisory.time, 3),
        }

    def _first_entry(self, flight: str) -> float | None:
        return min((time for (one, _), time in self._entries.items() if one == flight), default=None)

    def _entered(self, flight: str, sector: Sector) -> float | None:
        """When the flight's aircraft really entered a sector, Unix seconds; None if it never did."""
        flown = self._run.rehearsal.trajectories[self._craft[flight]]
        lon, lat = self._run.rehearsal.frame.to_degrees(flown.east, flown.north)
        inside = (flown.height_m >= sector.lower_m) & (flown.height_m <= sector.upper_m)
        if sector.outline:
            inside &= shapely.intersects_xy(shapely.Polygon(sector.outline), lon, lat)
        return float(flown.time[int(np.argmax(inside))]) if inside.any() else None


def _officer(party: str) -> Actor:
    return Actor(party=party, person="officer", role=Role.OFFICER)
