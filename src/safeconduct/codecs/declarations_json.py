"""JSON bodies of the API -> model, strictly.

A key that nobody reads is an error, since it is mostly a misspelt one, and what was meant would be lost in silence.
So are texts and lists without bounds, control characters, and names that could not stand in a path. Times are Unix
seconds UTC, positions WGS-84 degrees, heights metres above the ellipsoid.

| function | body | model |
|---|---|---|
| `read` | one of the shapes below, or a record of the model | that shape |
| `Declaration.flight` | a flight as it is declared; party, version and state are the node's | `Flight` |
| `ZoneDeclaration.zone` | a zone likewise | `Zone` |
| `PostDeclaration.post` | a post of the node's party | `Post` |
| `PersonDeclaration.person` | a person of the node | `Person` |
"""

import unicodedata
from dataclasses import asdict, dataclass
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import inspect

from safeconduct.codecs.strict import NOT_JSON
from safeconduct.errors import ModelError, WireError
from safeconduct.model.aircraft import Aircraft
from safeconduct.model.card import AirClaim, GuardedAir
from safeconduct.model.flight import Disclosure, Flight, FlightState, RoutePoint
from safeconduct.model.identifier import IdentifierKind, identifier
from safeconduct.model.person import Person, Role
from safeconduct.model.post import Post, Shift
from safeconduct.model.sector import Sector
from safeconduct.model.sensor import SensorKind
from safeconduct.model.volume import Volume4D
from safeconduct.model.zone import Zone

_T = TypeVar("_T")

MOST_CORNERS = 10_000
"""Of a post's sector. How large a flight or a zone may be, `coordination.declaring` says."""
LONGEST_TEXT, LONGEST_ID = 4_000, 64
"""Characters."""
_NOT_IN_IDS = "/\\:?#%\ufffd"
REMEDY = "see docs/reference/api.md and /openapi.json"

Outline = Annotated[tuple[tuple[float, float], ...], msgspec.Meta(max_length=MOST_CORNERS)]
Volumes = Annotated[tuple[Volume4D, ...], msgspec.Meta(min_length=1)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ID)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedIdentifier:
    """An identifier in any spelling; see `model.identifier.identifier`."""

    kind: IdentifierKind
    value: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredAircraft:
    """`model.aircraft.Aircraft`."""

    type: Name
    owner: Name | None = None
    operator: Name | None = None
    crew: Name | None = None
    identifiers: Annotated[tuple[ClaimedIdentifier, ...], msgspec.Meta(max_length=20)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A flight as it is declared; see `model.flight.Flight`."""

    id: Id
    aircraft: DeclaredAircraft
    volumes: Volumes
    route: tuple[RoutePoint, ...] = ()
    emits: Annotated[frozenset[SensorKind], msgspec.Meta(max_length=len(SensorKind))] = frozenset()
    disclosure: Disclosure = Disclosure.OPEN
    contact: Annotated[str, msgspec.Meta(max_length=500)] = ""

    def flight(self, party: str) -> Flight:
        """The first version of it, as `party` declares it; its identifiers in their normal form.

        Raises:
            ModelError: `bad-id`, and what the flight's parts raise.
        """
        check_id("id", self.id)
        craft = self.aircraft
        return Flight(
            id=self.id,
            party=party,
            aircraft=Aircraft(
                type=craft.type,
                owner=craft.owner,
                operator=craft.operator,
                crew=craft.crew,
                identifiers=tuple(identifier(claimed.kind, claimed.value) for claimed in craft.identifiers),
            ),
            volumes=self.volumes,
            route=self.route,
            emits=self.emits,
            disclosure=self.disclosure,
            contact=self.contact,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment(Declaration):
    """A new version of a flight, in the place of the version that it `replaces`."""

    replaces: Annotated[int, msgspec.Meta(ge=1, le=2**53)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The state that a flight goes to."""

    state: FlightState


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneDeclaration:
    """A zone as it is declared; see `model.zone.Zone`."""

    id: Id
    name: Name
    reason: Text
    volumes: Volumes
    exempt: Annotated[frozenset[Name], msgspec.Meta(max_length=1000)] = frozenset()

    def zone(self, party: str) -> Zone:
        """The first version of it, as `party` sets it.

        Raises:
            ModelError: `bad-id`, and what the zone's parts raise.
        """
        check_id("id", self.id)
        return Zone(
            id=self.id, party=party, name=self.name, reason=self.reason, volumes=self.volumes, exempt=self.exempt
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredSector:
    """`model.sector.Sector`, without its id and party."""

    name: Name
    centre: tuple[float, float]
    outline: Outline = ()
    lower_m: float = -500.0
    upper_m: float = 25_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PostDeclaration:
    """A post and the air that it watches."""

    name: Name
    sector: DeclaredSector

    def post(self, post: str, party: str) -> Post:
        """The post `post` of `party`; its sector goes by the post's id.

        Raises:
            ModelError: `bad-id`, and what the post and its sector raise.
        """
        check_id("id", post)
        sector = Sector(id=post, party=party, **asdict(self.sector))
        return Post(id=post, party=party, name=self.name, sector=sector)


@dataclass(frozen=True, slots=True, kw_only=True)
class AirClaimDeclaration:
    """A line of the directory: who is said to guard which air; see `model.card.AirClaim`."""

    party: Id
    name: Name
    outline: Outline
    lower_m: float
    upper_m: float
    since: float

    def claim(self, by: str) -> AirClaim:
        """The line, by the word of the party `by`.

        Raises:
            ModelError: `bad-id`, and what `GuardedAir` raises.
        """
        check_id("party", self.party)
        air = GuardedAir(outline=self.outline, lower_m=self.lower_m, upper_m=self.upper_m, since=self.since)
        return AirClaim(party=self.party, name=self.name, by=by, air=air)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDeclaration:
    """A person as their officer describes them."""

    name: Name
    role: Role
    post: Id | None = None

    def person(self, person: str) -> Person:
        """The person `person`.

        Raises:
            ModelError: `bad-id`, `bad-role`, `bad-post`.
        """
        check_id("id", person)
        if self.role is Role.METRICS:
            raise ModelError(
                "bad-role",
                "metrics is a machine's role",
                where="role",
                remedy="give a person one of watch, operator, crew, officer",
            )
        return Person(id=person, name=self.name, role=self.role, post=self.post)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedShift:
    """A shift and the crew's signature over `model.entry.begin_bytes`."""

    shift: Shift
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInToken:
    """The token of a one-time sign-in link."""

    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedChallenge:
    """A challenge, and the signature of the key `public` over it; see `service.access.sign_in_bytes`."""

    public: str
    challenge: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedKey:
    """A key to enrol, and its own signature that it is this person's; see `service.access.enrol_bytes`."""

    public: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedFingerprint:
    """The fingerprint of a card's key that a person compared."""

    fingerprint: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why, for a person."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """`{}`, or no body at all."""


def read(data: bytes, shape: type[_T]) -> _T:
    """A value of `shape`: a dataclass, down to its last part.

    Raises:
        WireError: `bad-json`; `bad-field` for a wrong type, a missing key or a bound passed; `unknown-key`.
        ModelError: where a rule of the model is broken, with the model's reason.
    """
    try:
        value = msgspec.json.decode(data, type=shape)
        tree = msgspec.json.decode(data)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        missing = what.removeprefix("Object missing required field").strip(" `") if "missing" in what else ""
        where = ".".join(part for part in (path.strip("`."), missing) if part)
        rule = error.__cause__
        if isinstance(rule, ModelError):
            place = ".".join(part for part in (where, rule.where) if part)
            raise ModelError(rule.reason, rule.what, where=place, remedy=rule.remedy) from error
        raise WireError("bad-field", what, where=where, remedy=REMEDY) from error
    except NOT_JSON as error:
        raise WireError("bad-json", str(error), remedy="NaN and Infinity are not JSON; use null") from error
    _check_tree(tree, inspect.type_info(shape), "")
    return value


def check_id(where: str, text: str) -> None:
    """Raises ModelError `bad-id` for a name that cannot stand in a path, or that could pass for another on a screen."""
    odd = any(sign in _NOT_IN_IDS for sign in text) or not text.isprintable()
    if odd or text != text.strip() or not text.strip("."):
        raise ModelError(
            "bad-id",
            f"{text!r} is empty, padded, not printable, only dots, or has one of / \\ : ? # %",
            where=where,
            remedy="use letters, digits, blanks, dots, dashes",
        )
    if len(text) > LONGEST_ID:
        raise ModelError("bad-id", f"an id of {len(text)} characters", where=where, remedy=f"use up to {LONGEST_ID}")


def _check_tree(value: Any, shape: inspect.Type, path: str) -> None:
    """Raises WireError for keys that `shape` has not, anywhere, and for texts that are too long or hold controls."""
    if isinstance(shape, inspect.UnionType):
        fitting = inspect.DataclassType if isinstance(value, dict) else inspect.VarTupleType
        shape = next((kind for kind in shape.types if isinstance(kind, fitting)), shape)
    if isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, dict) and isinstance(shape, inspect.DataclassType):
        kinds = {field.encode_name: field.type for field in shape.fields}
        for key, item in value.items():
            place = f"{path}.{key}".lstrip(".")
            if key not in kinds:
                raise WireError("unknown-key", f"nobody reads {key!r}", where=place, remedy=REMEDY)
            _check_tree(item, kinds[key], place)
    elif isinstance(value, list):
        inner = getattr(shape, "item_type", shape)
        for at, item in enumerate(value):
            _check_tree(item, inner, f"{path}[{at}]")


def _check_text(text: str, path: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise WireError("too-long", f"a text of {len(text)} characters", where=path, remedy=f"use up to {LONGEST_TEXT}")
    if any(unicodedata.category(sign) == "Cc" and sign not in "\n\t" for sign in text):
        raise WireError("bad-field", "the text holds control characters", where=path, remedy="leave them out")
