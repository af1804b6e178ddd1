"""Declared flights, and the states they go through."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from safeconduct.errors import ModelError
from safeconduct.model import check
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.canonical import canonical
from safeconduct.model.sensor import SensorKind
from safeconduct.model.volume import Volume4D


class Disclosure(StrEnum):
    """Who may see how much of a flight; its owner's choice."""

    OPEN = "open"
    """Details to all."""
    COARSE = "coarse"
    """Blurred volumes and a contact only."""
    SEALED = "sealed"
    """A digest only; answered by blind check."""


class FlightState(StrEnum):
    """ASTM F3548-21 section 4.4, operational intent states, under their names there."""

    ACCEPTED = "Accepted"
    ACTIVATED = "Activated"
    NONCONFORMING = "Nonconforming"
    CONTINGENT = "Contingent"
    ENDED = "Ended"


FLIGHT_MOVES: Mapping[FlightState, frozenset[FlightState]] = {
    FlightState.ACCEPTED: frozenset(
        {FlightState.ACTIVATED, FlightState.NONCONFORMING, FlightState.CONTINGENT, FlightState.ENDED}
    ),
    FlightState.ACTIVATED: frozenset({FlightState.NONCONFORMING, FlightState.CONTINGENT, FlightState.ENDED}),
    FlightState.NONCONFORMING: frozenset({FlightState.ACTIVATED, FlightState.CONTINGENT, FlightState.ENDED}),
    FlightState.CONTINGENT: frozenset({FlightState.ENDED}),
    FlightState.ENDED: frozenset(),
}
"""Every allowed move; a move to the same state is none. The diagram in the docs is drawn from this table."""


@dataclass(frozen=True, slots=True)
class RoutePoint:
    """A point of the plan: WGS-84 degrees, metres above the ellipsoid, Unix seconds UTC."""

    lon: float
    lat: float
    alt_m: float
    time: float

    def __post_init__(self) -> None:
        check.longitude(self.lon)
        check.latitude(self.lat)
        check.finite("alt_m", self.alt_m)
        check.moment("time", self.time)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """One declared flight, one version.

    Attributes:
        party: who declares it.
        volumes: where it may be and when; at least one.
        route: the plan, in order of time; empty where not said.
        emits: the receivers that should hear it; empty for a flight that will be silent.
        contact: the desk to call about it: a telephone number, a frequency, an address. A role, not a person.
        version: counts changes of what is declared; moving to another state is none.

    Raises:
        ModelError: `empty`, `bad-version`, `no-volume`, `route-backwards`, `bad-emission`, and what its parts raise.
    """

    id: str
    version: int = 1
    party: str
    aircraft: Aircraft
    volumes: tuple[Volume4D, ...]
    route: tuple[RoutePoint, ...] = ()
    emits: frozenset[SensorKind] = frozenset()
    disclosure: Disclosure = Disclosure.OPEN
    contact: str = ""
    state: FlightState = FlightState.ACCEPTED

    def __post_init__(self) -> None:
        check.named("id", self.id)
        check.named("party", self.party)
        check.within("version", self.version, 1, 2**53)
        if not self.volumes:
            raise ModelError(
                "no-volume", f"flight {self.id} has no volume", where="volumes", remedy="say where it may be and when"
            )
        for before, after in zip(self.route, self.route[1:], strict=False):
            if not before.time < after.time:
                raise ModelError(
                    "route-backwards",
                    f"the route of flight {self.id} goes back in time",
                    where="route",
                    remedy="sort it",
                )
        for kind in self.emits:
            if not kind.listens:
                raise ModelError(
                    "bad-emission",
                    f"{kind} is not something an aircraft emits",
                    where="emits",
                    remedy="name the receivers that should hear it: adsb, remote_id",
                )

    @property
    def start(self) -> float:
        """Start of the first volume, Unix seconds."""
        return min(volume.start for volume in self.volumes)

    @property
    def end(self) -> float:
        """End of the last volume, Unix seconds."""
        return max(volume.end for volume in self.volumes)

    def declares_the_same(self, other: "Flight") -> bool:
        """Whether nothing that is declared differs; versions and states are not declared."""
        return self == replace(other, version=self.version, state=self.state)

    @property
    def allowed_moves(self) -> frozenset[FlightState]:
        """The states that it can go to."""
        return FLIGHT_MOVES[self.state]

    def moved(self, state: FlightState) -> "Flight":
        """This flight in another state.

        Raises:
            ModelError: `bad-move` where `FLIGHT_MOVES` does not allow it.
        """
        if state not in FLIGHT_MOVES[self.state]:
            allowed = ", ".join(sorted(FLIGHT_MOVES[self.state])) or "nothing"
            raise ModelError(
                "bad-move",
                f"flight {self.id} cannot go from {self.state} to {state}",
                where="state",
                remedy=f"from {self.state} it can go to: {allowed}",
            )
        return replace(self, state=state)

    @property
    def digest(self) -> str:
        """What a receipt signs for: hex SHA-256 of the canonical flight, whatever state it is in."""
        told = replace(self, state=FlightState.ACCEPTED)
        return hashlib.sha256(canonical(told, kind="flight", version=1)).hexdigest()
