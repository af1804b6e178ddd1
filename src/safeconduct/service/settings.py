"""A node's settings: a TOML file, overridden by environment variables `SAFECONDUCT_<SECTION>__<NAME>`.

There is no default secret, and nothing listens beyond loopback unless the file says so.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from safeconduct.codecs.strict import stray_keys
from safeconduct.errors import SettingsError
from safeconduct.model.party import Party
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import Sensor
from safeconduct.model.standing import StandingThresholds
from safeconduct.picture.plan_model import Lateness
from safeconduct.picture.settings import TrackerSettings
from safeconduct.picture.stitching import StitchingSettings

PREFIX = "SAFECONDUCT_"
REMEDY = "see docs/reference/settings.md"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Listen(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Where the API listens.

    Attributes:
        port: 0 lets the system choose.
        host_names: names under which browsers reach the node; a request for any other host is refused.
        beyond_loopback: must be true for an address that is not loopback.
        metrics_token_file: a file whose content lets a machine read /metrics as a bearer token; 32 characters or more.
    """

    address: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 8600
    host_names: list[str] = []
    beyond_loopback: bool = False
    metrics_token_file: str | None = None


class FeedSettings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One live source of detections. Recordings are for `safeconduct replay`: a node never shows the past as now.

    Attributes:
        kind: `beast` reads a Mode S receiver, or dump1090's port 30005, over TCP.
        sensor: id of the declared receiver behind it.
    """

    kind: Literal["beast"]
    sensor: str
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 30005


class StoreSettings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Where the record is kept: SQLite in the node's data folder, unless a PostgreSQL server is named.

    Attributes:
        postgres_file: a file with the server's connection string, which may hold a password.
        schema: this node's schema in that database; several nodes may share a server.
    """

    postgres_file: str | None = None
    schema: str = "safeconduct"


class NodeSettings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """All of `node.toml`.

    Attributes:
        node: id of the party whose node this is; one of `parties`.
        title: what the console calls this picture.
        flights: path of a flights.json; relative to the file. Own flights in it are declared, others' are noted.
        data: folder of the node's key and record; relative to the file.
        address: where other nodes reach this one; empty until there is a link.
    """

    node: str
    title: str = "Live picture"
    sector: Sector
    parties: list[Party]
    sensors: list[Sensor] = []
    feeds: list[FeedSettings] = []
    flights: str | None = None
    data: str = "safeconduct-data"
    address: str = ""
    store: StoreSettings = msgspec.field(default_factory=StoreSettings)
    listen: Listen = msgspec.field(default_factory=Listen)
    tracker: TrackerSettings = msgspec.field(default_factory=TrackerSettings)
    stitching: StitchingSettings = msgspec.field(default_factory=StitchingSettings)
    standings: StandingThresholds = msgspec.field(default_factory=StandingThresholds)
    lateness: Lateness = msgspec.field(default_factory=Lateness)


_SHAPES = {
    "sector": Sector,
    "parties": Party,
    "sensors": Sensor,
    "tracker": TrackerSettings,
    "stitching": StitchingSettings,
    "standings": StandingThresholds,
    "lateness": Lateness,
}


def read_settings(path: Path, environment: Mapping[str, str]) -> NodeSettings:
    """The settings of a file and the environment.

    `SAFECONDUCT_LISTEN__PORT=8700` overrides `port` of `[listen]`; values are read as TOML, or as text where they are
    not TOML.

    Raises:
        SettingsError: `unreadable`, `bad-toml`, `bad-setting`, `unknown-party`, `foreign`, `unknown-sensor`,
            `beyond-loopback`.
    """
    where = str(path)
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError("unreadable", error.strerror or str(error), where=where) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError("bad-toml", str(error), where=where) from error
    for name, text in sorted(environment.items()):
        keys = name.removeprefix(PREFIX).lower().split("__")
        if name.startswith(PREFIX) and len(keys) > 1:
            _override(tree, keys, text, name)
    try:
        settings = msgspec.convert(tree, NodeSettings)
    except msgspec.ValidationError as error:
        raise SettingsError("bad-setting", str(error), where=where, remedy=REMEDY) from error
    except SettingsError as error:
        raise error.at(where) from error
    stray = stray_keys(tree, _SHAPES)
    if stray:
        raise SettingsError("bad-setting", f"unknown: {', '.join(stray)}", where=where, remedy=REMEDY)
    _check(settings, where)
    return settings


def _override(tree: dict[str, Any], keys: list[str], text: str, name: str) -> None:
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        value = text
    for key in keys[:-1]:
        tree = tree.setdefault(key, {})
        if not isinstance(tree, dict):
            raise SettingsError("bad-setting", f"{key} is not a section", where=name)
    tree[keys[-1]] = value


def _check(settings: NodeSettings, where: str) -> None:
    parties = {party.id for party in settings.parties}
    sensors = {sensor.id for sensor in settings.sensors}
    for party in (settings.node, settings.sector.party, *(sensor.party for sensor in settings.sensors)):
        if party not in parties:
            raise SettingsError("unknown-party", f"{party!r} is not one of the parties", where=where)
    for party, what in ((settings.sector.party, "sector"), *((s.party, f"sensor {s.id}") for s in settings.sensors)):
        if party != settings.node:
            raise SettingsError(
                "foreign",
                f"the {what} belongs to {party!r}",
                where=where,
                remedy=f"a node holds its own party's only; here {settings.node!r}",
            )
    for feed in settings.feeds:
        if feed.sensor not in sensors:
            raise SettingsError("unknown-sensor", f"a feed names the sensor {feed.sensor!r}", where=where)
    listen = settings.listen
    if listen.address not in LOOPBACK and not listen.beyond_loopback:
        raise SettingsError(
            "beyond-loopback",
            f"{listen.address} can be reached from other machines",
            where=f"{where}: listen.address",
            remedy="put TLS in front of it and set listen.beyond_loopback = true, or listen on 127.0.0.1",
        )
