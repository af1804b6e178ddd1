"""A rehearsal as data: who flies what where, what is declared to whom, and which sensors watch."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from safeconduct.errors import ModelError
from safeconduct.model import check
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.flight import Disclosure
from safeconduct.model.party import Party
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor, SensorKind
from safeconduct.model.standing import StandingThresholds


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A place to fly over: WGS-84 degrees, metres above the ellipsoid, speed towards it over ground, m/s."""

    lon: float
    lat: float
    alt_m: float
    speed_mps: float

    def __post_init__(self) -> None:
        check.longitude(self.lon)
        check.latitude(self.lat)
        check.finite("alt_m", self.alt_m)
        check.within("speed_mps", self.speed_mps, 0.1, 1000.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioAircraft:
    """One aircraft of a rehearsal: what it is and how it means to fly.

    Attributes:
        party: whose side it flies for.
        small: seen by radars only within their reach against small aircraft.
        emits: the receivers that can hear it.
        start_s: when it takes off or enters, seconds from the scenario's start.
        path: at least two waypoints.
        wander_m: standard deviation of how far it strays across its path.
        start_sigma_s: standard deviation of how late it starts.
    """

    name: str
    party: str
    aircraft: Aircraft
    small: bool = False
    emits: frozenset[SensorKind] = frozenset()
    start_s: float = 0.0
    path: tuple[Waypoint, ...]
    wander_m: float = 120.0
    start_sigma_s: float = 20.0

    def __post_init__(self) -> None:
        check.named("name", self.name)
        check.finite("start_s", self.start_s)
        check.within("wander_m", self.wander_m, 0.0, 1e5)
        check.within("start_sigma_s", self.start_sigma_s, 0.0, 86_400.0)
        if len(self.path) < 2:
            what = f"{self.name} has {len(self.path)} waypoints"
            raise ModelError("bad-path", what, where="path", remedy="give two or more")
        for kind in self.emits:
            if not kind.listens:
                raise ModelError(
                    "bad-emission",
                    f"{kind} is not something an aircraft emits",
                    where="emits",
                    remedy="name the receivers that can hear it: adsb, remote_id",
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioFlight:
    """How one aircraft's flight is declared: a corridor about its path.

    Attributes:
        aircraft: name of the aircraft that flies it; its plan is the aircraft's path.
        half_width_m, vertical_m: the corridor's reach to each side, and up and down.
        early_s, late_s: how much before and after plan each volume is open.
        declared_s: when its party declares it, seconds from the scenario's start.
        contact: the desk to call about it.
    """

    id: str
    aircraft: str
    disclosure: Disclosure = Disclosure.OPEN
    half_width_m: float = 2000.0
    vertical_m: float = 300.0
    early_s: float = 120.0
    late_s: float = 300.0
    declared_s: float = -1800.0
    contact: str = ""

    def __post_init__(self) -> None:
        check.named("id", self.id)
        check.within("declared_s", self.declared_s, -604_800.0, 86_400.0)
        check.within("half_width_m", self.half_width_m, 1.0, 1e6)
        check.within("vertical_m", self.vertical_m, 1.0, 1e5)
        check.within("early_s", self.early_s, 0.0, 86_400.0)
        check.within("late_s", self.late_s, 0.0, 86_400.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioPost:
    """A post of one party, and the sector that it watches."""

    id: str
    party: str
    name: str
    sector: str

    def __post_init__(self) -> None:
        check.named("id", self.id)
        check.named("name", self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioCrew:
    """A simulated person on duty at a post, with a real key.

    Attributes:
        on_duty_s: when the shift begins, seconds from the scenario's start.
        reached_in: the variants in which the crew is at the node's screen, sees what is put before the post, and
            answers. In the others it is at the weapon all the same, and what is told stays at headquarters: to the node
            the post is unmanned.
        shown_after_s, answers_after_s: from a notice to the screen, and from there to the receipt.
        read_back_sigma_m: standard deviation, on each axis, of the place that is read back.
    """

    post: str
    name: str
    on_duty_s: float = -3600.0
    reached_in: tuple[str, ...] = ()
    shown_after_s: float = 5.0
    answers_after_s: float = 40.0
    read_back_sigma_m: float = 300.0

    def __post_init__(self) -> None:
        check.named("name", self.name)
        check.within("on_duty_s", self.on_duty_s, -43_200.0, 86_400.0)
        check.within("shown_after_s", self.shown_after_s, 0.0, 86_400.0)
        check.within("answers_after_s", self.answers_after_s, 0.0, 86_400.0)
        check.within("read_back_sigma_m", self.read_back_sigma_m, 0.0, 1e6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clutter:
    """A patch of ground or sea that radars take for aircraft now and then.

    Attributes:
        plots_per_scan: mean number for each scan of each radar in whose reach it lies.
    """

    lon: float
    lat: float
    radius_m: float
    plots_per_scan: float

    def __post_init__(self) -> None:
        check.longitude(self.lon)
        check.latitude(self.lat)
        check.within("radius_m", self.radius_m, 0.0, 1e6)
        check.within("plots_per_scan", self.plots_per_scan, 0.0, 1e4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a simulated sensor and is not declared: the node knows the sensor without it.

    Attributes:
        sensor: id of a sensor that measures.
        azimuth_error_deg: every azimuth that it reports is too large by this: its plots lie so much too far clockwise.
    """

    sensor: str
    azimuth_error_deg: float

    def __post_init__(self) -> None:
        check.within("azimuth_error_deg", self.azimuth_error_deg, -180.0, 180.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One rehearsal and its variants.

    Attributes:
        notice: what the screen must say about it.
        node: the party whose picture it shows.
        start: Unix seconds UTC.
        warm_up_s: how much of it is over when somebody starts to look.
        variants: {name: ids of the flights that are declared}.
        posts, crews: the duty positions, and who sits there.
        faults: of sensors, at most one each.
        standings: from which probability on the scenario's own node gives a track the name of a flight.

    Raises:
        ModelError: `unknown-name`, `duplicate`, `no-sector`, `bad-sensor`, `bad-fault`, `bad-duration-s`,
            `bad-warm-up-s`.
    """

    id: str
    title: str
    notice: str
    node: str
    start: float
    duration_s: float
    warm_up_s: float
    default_variant: str
    parties: tuple[Party, ...]
    sectors: tuple[Sector, ...]
    sensors: tuple[Sensor, ...]
    aircraft: tuple[ScenarioAircraft, ...]
    flights: tuple[ScenarioFlight, ...]
    variants: Mapping[str, tuple[str, ...]]
    clutter: tuple[Clutter, ...] = field(default=())
    posts: tuple[ScenarioPost, ...] = ()
    crews: tuple[ScenarioCrew, ...] = ()
    faults: tuple[Fault, ...] = ()
    standings: StandingThresholds = field(default_factory=StandingThresholds)

    def __post_init__(self) -> None:
        parties = _once("parties", [party.id for party in self.parties])
        names = _once("aircraft", [craft.name for craft in self.aircraft])
        flights = _once("flights", [flight.id for flight in self.flights])
        _once("sectors", [sector.id for sector in self.sectors])
        sensors = _once("sensors", [sensor.id for sensor in self.sensors])
        _all_in("node", [self.node], parties)
        _all_in("sectors.party", [sector.party for sector in self.sectors], parties)
        _all_in("sensors.party", [sensor.party for sensor in self.sensors], parties)
        _all_in("aircraft.party", [craft.party for craft in self.aircraft], parties)
        _all_in("flights.aircraft", [flight.aircraft for flight in self.flights], names)
        _all_in("default_variant", [self.default_variant], set(self.variants))
        for name, declared in self.variants.items():
            _all_in(f"variants.{name}", declared, flights)
        posts = _once("posts", [post.id for post in self.posts])
        _once("crews", [crew.post for crew in self.crews])
        _all_in("posts.party", [post.party for post in self.posts], parties)
        _all_in("posts.sector", [post.sector for post in self.posts], {sector.id for sector in self.sectors})
        _all_in("crews.post", [crew.post for crew in self.crews], posts)
        for crew in self.crews:
            _all_in("crews.reached_in", crew.reached_in, set(self.variants))
        _once("faults", [fault.sensor for fault in self.faults])
        _all_in("faults.sensor", [fault.sensor for fault in self.faults], sensors)
        check.within("duration_s", self.duration_s, 1.0, 86_400.0)
        check.within("warm_up_s", self.warm_up_s, 0.0, self.duration_s)
        if all(sector.party != self.node for sector in self.sectors):
            raise ModelError("no-sector", f"{self.node} has no sector", where="sectors", remedy="give its node one")
        for sensor in self.sensors:
            if None in (sensor.lon, sensor.lat, sensor.range_m):
                what = f"the simulated sensor {sensor.id} needs a place and a reach"
                raise ModelError("bad-sensor", what, where="sensors", remedy="give it lon, lat and range_m")
            if sensor.kind.listens and any(fault.sensor == sensor.id for fault in self.faults):
                what = f"{sensor.id} listens: it measures no azimuth that could be wrong"
                raise ModelError("bad-fault", what, where="faults", remedy="name a radar or a camera")


def _once(where: str, names: list[str]) -> set[str]:
    """The names; raises ModelError `duplicate` if one is given twice."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ModelError("duplicate", f"given twice: {', '.join(twice)}", where=where, remedy="name each differently")
    return set(names)


def _all_in(where: str, names: list[str] | tuple[str, ...], known: set[str]) -> None:
    for name in names:
        if name not in known:
            raise ModelError(
                "unknown-name", f"{name!r} is not declared", where=where, remedy=f"known: {', '.join(sorted(known))}"
            )
