"""Who may do what at a node. This table is the only place that says so; `docs/reference/api.md` shows it."""

from collections.abc import Mapping
from enum import StrEnum

from safeconduct.model.person import Role


class Operation(StrEnum):
    """Everything that can be asked of a node over HTTP and WebSocket; the ids of the operations in its OpenAPI."""

    HEALTH = "health"
    READY = "ready"
    METRICS = "metrics"

    SIGN_IN = "sign-in"
    CHALLENGE = "challenge"
    SIGN_IN_BY_KEY = "sign-in-by-key"
    SIGN_OUT = "sign-out"
    WHO_AM_I = "who-am-i"
    ENROL_KEY = "enrol-key"

    NODE = "node"
    LIVE = "live"
    TRACKS = "tracks"
    TRACK = "track"
    LAST_CONTACT = "last-contact"
    PARTIES = "parties"
    SENSORS = "sensors"
    SECTORS = "sectors"
    IDENTIFIER_CONFLICTS = "identifier-conflicts"
    FEEDS = "feeds"

    DESK = "desk"
    FLIGHTS = "flights"
    OPEN_FLIGHT = "open-flight"
    LOOKS = "looks"
    CHECK_FLIGHT = "check-flight"
    DECLARE_FLIGHT = "declare-flight"
    DECLARE_FILE = "declare-file"
    AMEND_FLIGHT = "amend-flight"
    MOVE_FLIGHT = "move-flight"
    REPORT_POSITION = "report-position"

    ZONES = "zones"
    SET_ZONE = "set-zone"
    CHANGE_ZONE = "change-zone"
    LIFT_ZONE = "lift-zone"

    POSTS = "posts"
    SET_POST = "set-post"
    BEGIN_SHIFT = "begin-shift"
    END_SHIFT = "end-shift"
    INBOX = "inbox"
    SHOW_NOTICE = "show-notice"
    ANSWER_NOTICE = "answer-notice"
    ADVISORIES = "advisories"

    PEOPLE = "people"
    SET_PERSON = "set-person"
    LINK_PERSON = "link-person"
    REVOKE_KEY = "revoke-key"

    CARD = "card"
    PEERS = "peers"
    TAKE_CARD = "take-card"
    CONFIRM_CARD = "confirm-card"
    REVOKE_CARD = "revoke-card"
    CLAIM_AIR = "claim-air"
    RECORD = "record"


_ANYONE: frozenset[Role | None] = frozenset({*Role, None})
_ANY_SESSION: frozenset[Role | None] = frozenset(Role)
_PEOPLE: frozenset[Role | None] = frozenset({Role.WATCH, Role.OPERATOR, Role.CREW, Role.OFFICER})
_FLYING: frozenset[Role | None] = frozenset({Role.OPERATOR, Role.OFFICER})
_CREW: frozenset[Role | None] = frozenset({Role.CREW})
_OFFICER: frozenset[Role | None] = frozenset({Role.OFFICER})

MAY: Mapping[Operation, frozenset[Role | None]] = {
    Operation.HEALTH: _ANYONE,
    Operation.READY: _ANYONE,
    Operation.METRICS: frozenset({Role.METRICS, Role.WATCH, Role.OFFICER}),
    Operation.SIGN_IN: _ANYONE,
    Operation.CHALLENGE: _ANYONE,
    Operation.SIGN_IN_BY_KEY: _ANYONE,
    Operation.SIGN_OUT: _ANYONE,
    Operation.WHO_AM_I: _ANY_SESSION,
    Operation.ENROL_KEY: frozenset({Role.CREW, Role.OPERATOR, Role.OFFICER}),
    Operation.NODE: _PEOPLE,
    Operation.LIVE: _PEOPLE,
    Operation.TRACKS: _PEOPLE,
    Operation.TRACK: _PEOPLE,
    Operation.LAST_CONTACT: _FLYING,
    Operation.PARTIES: _PEOPLE,
    Operation.SENSORS: _PEOPLE,
    Operation.SECTORS: _PEOPLE,
    Operation.IDENTIFIER_CONFLICTS: _PEOPLE,
    Operation.FEEDS: _PEOPLE,
    Operation.DESK: _PEOPLE,
    Operation.FLIGHTS: _PEOPLE,
    Operation.OPEN_FLIGHT: _PEOPLE,
    Operation.LOOKS: _FLYING,
    Operation.CHECK_FLIGHT: _FLYING,
    Operation.DECLARE_FLIGHT: _FLYING,
    Operation.DECLARE_FILE: _FLYING,
    Operation.AMEND_FLIGHT: _FLYING,
    Operation.MOVE_FLIGHT: _FLYING,
    Operation.REPORT_POSITION: _FLYING,
    Operation.ZONES: _PEOPLE,
    Operation.SET_ZONE: _OFFICER,
    Operation.CHANGE_ZONE: _OFFICER,
    Operation.LIFT_ZONE: _OFFICER,
    Operation.POSTS: frozenset({Role.OPERATOR, Role.CREW, Role.OFFICER}),
    Operation.SET_POST: _OFFICER,
    Operation.BEGIN_SHIFT: _CREW,
    Operation.END_SHIFT: _CREW | _OFFICER,
    Operation.INBOX: _CREW,
    Operation.SHOW_NOTICE: _CREW,
    Operation.ANSWER_NOTICE: _CREW,
    Operation.ADVISORIES: frozenset({Role.OPERATOR, Role.CREW, Role.OFFICER}),
    Operation.PEOPLE: _OFFICER,
    Operation.SET_PERSON: _OFFICER,
    Operation.LINK_PERSON: _OFFICER,
    Operation.REVOKE_KEY: _OFFICER,
    Operation.CARD: _ANY_SESSION,
    Operation.PEERS: _FLYING,
    Operation.TAKE_CARD: _OFFICER,
    Operation.CONFIRM_CARD: _OFFICER,
    Operation.REVOKE_CARD: _OFFICER,
    Operation.CLAIM_AIR: _OFFICER,
    Operation.RECORD: _ANY_SESSION,
}
"""The roles that may do each operation; None is somebody who is not signed in."""

AT_THEIR_POST = frozenset({Operation.BEGIN_SHIFT, Operation.END_SHIFT, Operation.INBOX, Operation.ANSWER_NOTICE})
"""A crew member may do these at the post of their own roster, and at no other."""
