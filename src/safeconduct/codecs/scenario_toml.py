"""A rehearsal's `scenario.toml` into the model. Fields are those of `model.scenario`; see docs/reference/formats.md.

Times are RFC 3339, `path` is a list of [lon, lat, alt_m, speed_mps]; everything else is as in the model. Unknown keys
are errors, since a mistyped key would silently rehearse something else.
"""

import tomllib
from typing import Any

import msgspec

from safeconduct.codecs.strict import stray_keys
from safeconduct.errors import ModelError, WireError
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.flight import Disclosure
from safeconduct.model.identifier import IdentifierKind, identifier
from safeconduct.model.party import Party
from safeconduct.model.scenario import (
    Clutter,
    Fault,
    Scenario,
    ScenarioAircraft,
    ScenarioCrew,
    ScenarioFlight,
    ScenarioPost,
    Waypoint,
)
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.model.standing import StandingThresholds
from safeconduct.units import seconds_from_iso

_SHAPES = {
    "parties": Party,
    "sectors": Sector,
    "sensors": Sensor,
    "clutter": Clutter,
    "posts": ScenarioPost,
    "crews": ScenarioCrew,
    "faults": Fault,
    "standings": StandingThresholds,
}


class _Aircraft(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: str
    party: str
    type: str
    path: list[tuple[float, float, float, float]]
    owner: str | None = None
    operator: str | None = None
    crew: str | None = None
    identifiers: dict[IdentifierKind, str] = {}
    emits: list[SensorKind] = []
    small: bool = False
    start_s: float = 0.0
    wander_m: float = 120.0
    start_sigma_s: float = 20.0


class _Flight(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    id: str
    aircraft: str
    disclosure: Disclosure = Disclosure.OPEN
    half_width_m: float = 2000.0
    vertical_m: float = 300.0
    early_s: float = 120.0
    late_s: float = 300.0
    declared_s: float = -1800.0
    contact: str = ""


class _Scenario(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    id: str
    title: str
    notice: str
    node: str
    start: str
    duration_s: float
    default_variant: str
    parties: list[Party]
    sectors: list[Sector]
    sensors: list[Sensor]
    aircraft: list[_Aircraft]
    flights: list[_Flight]
    variants: dict[str, list[str]]
    clutter: list[Clutter] = []
    posts: list[ScenarioPost] = []
    crews: list[ScenarioCrew] = []
    faults: list[Fault] = []
    standings: StandingThresholds = msgspec.field(default_factory=StandingThresholds)
    warm_up_s: float = 0.0


def read_scenario(data: bytes, where: str = "scenario.toml") -> Scenario:
    """The scenario of a file.

    Raises:
        WireError: `bad-toml`, `bad-field` (also for parts that break a rule of the model).
        ModelError: what `Scenario` raises.
    """
    try:
        tree: dict[str, Any] = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WireError("bad-toml", str(error), where=where, remedy="see https://toml.io") from error
    try:
        wire = msgspec.convert(tree, _Scenario)
    except msgspec.ValidationError as error:
        raise WireError("bad-field", str(error), where=where, remedy="see docs/reference/formats.md") from error
    stray = stray_keys(tree, _SHAPES)
    if stray:
        raise WireError(
            "bad-field", f"unknown: {', '.join(stray)}", where=where, remedy="see docs/reference/formats.md"
        )
    try:
        return Scenario(
            id=wire.id,
            title=wire.title,
            notice=wire.notice,
            node=wire.node,
            start=seconds_from_iso(wire.start),
            duration_s=wire.duration_s,
            warm_up_s=wire.warm_up_s,
            default_variant=wire.default_variant,
            parties=tuple(wire.parties),
            sectors=tuple(wire.sectors),
            sensors=tuple(wire.sensors),
            aircraft=tuple(_aircraft(craft) for craft in wire.aircraft),
            flights=tuple(
                ScenarioFlight(**{name: getattr(flight, name) for name in flight.__struct_fields__})
                for flight in wire.flights
            ),
            variants={name: tuple(ids) for name, ids in wire.variants.items()},
            clutter=tuple(wire.clutter),
            posts=tuple(wire.posts),
            crews=tuple(wire.crews),
            faults=tuple(wire.faults),
            standings=wire.standings,
        )
    except ModelError as error:
        raise error.at(where) from error


def _aircraft(wire: _Aircraft) -> ScenarioAircraft:
    try:
        return ScenarioAircraft(
            name=wire.name,
            party=wire.party,
            aircraft=Aircraft(
                type=wire.type,
                owner=wire.owner,
                operator=wire.operator,
                crew=wire.crew,
                identifiers=tuple(identifier(kind, text) for kind, text in wire.identifiers.items()),
            ),
            small=wire.small,
            emits=frozenset(wire.emits),
            start_s=wire.start_s,
            path=tuple(Waypoint(*point) for point in wire.path),
            wander_m=wire.wander_m,
            start_sigma_s=wire.start_sigma_s,
        )
    except ModelError as error:
        raise error.at(f"aircraft {wire.name}") from error
