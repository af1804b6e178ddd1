"""The authorisation matrix: each operation x each role x own objects and another's, against a real desk.

Who is refused follows from `MAY` alone. What becomes of those who may is written down here by hand.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute
from tests.support.face import METRICS_TOKEN, NORTH, OF_ROLE, START, House, declaration, key_of, volume, zone

from safeconduct.model.canonical import canonical
from safeconduct.model.entry import begin_bytes
from safeconduct.model.person import Person, Role
from safeconduct.model.post import Shift
from safeconduct.service.access import enrol_bytes, sign_in_bytes
from safeconduct.service.permissions import MAY, Operation

Asked = tuple[str, str, Any]
Ask = Callable[[House], Asked]
WHO: tuple[Role | None, ...] = (*Role, None)
NEW_KEY, NADIR = key_of("a new device"), key_of("nadir").public


def plain(method: str, path: str, body: Any = None) -> Ask:
    return lambda house: (method, path, body)


def enrolment(signer: str) -> Ask:
    def ask(house: House) -> Asked:
        signed = enrol_bytes(NEW_KEY.public, node="lna", person=signer, rehearsal=True)
        return "POST", "/v1/keys", {"public": NEW_KEY.public, "signature": NEW_KEY.sign(signed)}

    return ask


def sign_in_by_key(house: House) -> Asked:
    challenge, _ = house.access.challenge()
    signature = key_of("omar").sign(sign_in_bytes(challenge, node="lna", rehearsal=True))
    body = {"public": key_of("omar").public, "challenge": challenge, "signature": signature}
    return "POST", "/v1/session/key", body


def begin(post: str) -> Ask:
    def ask(house: House) -> Asked:
        number = house.desk.register.shift_numbers.get(post, 0) + 1
        key = key_of("salma")
        shift = Shift(post=post, number=number, person="salma", key=key.public, start=START, until=START + 60)
        signature = key.sign(begin_bytes(shift, rehearsal=True))
        body = json.loads(canonical(shift, kind="shift", version=1))["body"]
        return "POST", f"/v1/posts/{post}/shift", {"shift": body, "signature": signature}

    return ask


def shown(person: str, post: str) -> Ask:
    def ask(house: House) -> Asked:
        item = house.desk.inbox(house.actor(person), post)[0]
        return "POST", f"/v1/notices/{item.notice.id}/shown", {}

    return ask


def receipt(**changes: Any) -> Ask:
    def ask(house: House) -> Asked:
        inbox = house.desk.inbox(house.actor("salma"), "south")
        house.desk.shown(house.actor("salma"), next(i.notice.id for i in inbox if i.flight.id == "AFRICOM-01"))
        signed = house.receipt(**changes)
        body = json.loads(canonical(signed, kind="receipt", version=1))["body"]
        return "POST", "/v1/receipts", body

    return ask


def card(house: House) -> Asked:
    body = json.loads(canonical(house.card_of("un"), kind="card", version=1))["body"]
    return "POST", "/v1/peers", body


def confirm(house: House) -> Asked:
    house.desk.take_card(house.officer, house.card_of("un"))
    return "POST", "/v1/peers/un/confirm", {"fingerprint": key_of("node un").id}


def a_file(party: str) -> Ask:
    def ask(house: House) -> Asked:
        when = {"start": "2019-11-21T09:01:00Z", "end": "2019-11-21T10:00:00Z"}
        flight = {"id": "F-1", "party": party, "aircraft_type": "male_uav", "volumes": [{**volume(), **when}]}
        return "POST", "/v1/flights/file", [flight]

    return ask


AIR = {"party": "gna", "name": "GNA", "outline": NORTH, "lower_m": 0, "upper_m": 9000, "since": 1.5e9}
PLACE = {"time": START, "lon": 13.5, "lat": 33.5, "sigma_m": 12.0}
POST = {"name": "West", "sector": {"name": "west", "centre": [13.5, 33.5], "outline": NORTH}}
OWN: dict[Operation, tuple[Ask, int]] = {
    Operation.HEALTH: (plain("GET", "/healthz"), 200),
    Operation.READY: (plain("GET", "/readyz"), 503),
    Operation.METRICS: (plain("GET", "/metrics"), 200),
    Operation.SIGN_IN: (plain("POST", "/v1/session", {"token": "guess"}), 401),
    Operation.CHALLENGE: (plain("POST", "/v1/session/challenge", {}), 200),
    Operation.SIGN_IN_BY_KEY: (sign_in_by_key, 200),
    Operation.SIGN_OUT: (plain("DELETE", "/v1/session"), 204),
    Operation.WHO_AM_I: (plain("GET", "/v1/session"), 200),
    Operation.NODE: (plain("GET", "/v1/node"), 200),
    Operation.TRACKS: (plain("GET", "/v1/tracks"), 200),
    Operation.TRACK: (plain("GET", "/v1/tracks/t1"), 404),
    Operation.LAST_CONTACT: (plain("GET", "/v1/tracks/t1/last-contact"), 404),
    Operation.PARTIES: (plain("GET", "/v1/parties"), 200),
    Operation.SENSORS: (plain("GET", "/v1/sensors"), 200),
    Operation.SECTORS: (plain("GET", "/v1/sectors"), 200),
    Operation.IDENTIFIER_CONFLICTS: (plain("GET", "/v1/conflicts"), 200),
    Operation.FEEDS: (plain("GET", "/v1/feeds"), 200),
    Operation.DESK: (plain("GET", "/v1/desk"), 200),
    Operation.FLIGHTS: (plain("GET", "/v1/flights"), 200),
    Operation.OPEN_FLIGHT: (plain("GET", "/v1/flights/LNA-7"), 200),
    Operation.LOOKS: (plain("GET", "/v1/flights/LNA-7/looks"), 200),
    Operation.CHECK_FLIGHT: (plain("POST", "/v1/flights/check", declaration()), 200),
    Operation.DECLARE_FLIGHT: (plain("POST", "/v1/flights", declaration()), 201),
    Operation.DECLARE_FILE: (a_file("lna"), 201),
    Operation.AMEND_FLIGHT: (plain("PUT", "/v1/flights/LNA-7", {**declaration("LNA-7"), "replaces": 1}), 200),
    Operation.MOVE_FLIGHT: (plain("POST", "/v1/flights/LNA-7/state", {"state": "Activated"}), 200),
    Operation.REPORT_POSITION: (plain("POST", "/v1/flights/LNA-7/position", PLACE), 204),
    Operation.ZONES: (plain("GET", "/v1/zones"), 200),
    Operation.SET_ZONE: (plain("POST", "/v1/zones", zone()), 200),
    Operation.CHANGE_ZONE: (plain("PUT", "/v1/zones/LNA-Z", zone("LNA-Z", reason="more firing")), 200),
    Operation.LIFT_ZONE: (plain("DELETE", "/v1/zones/LNA-Z"), 200),
    Operation.POSTS: (plain("GET", "/v1/posts"), 200),
    Operation.SET_POST: (plain("PUT", "/v1/posts/west", POST), 200),
    Operation.BEGIN_SHIFT: (begin("south"), 200),
    Operation.END_SHIFT: (plain("DELETE", "/v1/posts/south/shift"), 200),
    Operation.INBOX: (plain("GET", "/v1/posts/south/inbox"), 200),
    Operation.SHOW_NOTICE: (shown("salma", "south"), 200),
    Operation.ANSWER_NOTICE: (receipt(), 201),
    Operation.ADVISORIES: (plain("GET", "/v1/advisories"), 200),
    Operation.PEOPLE: (plain("GET", "/v1/people"), 200),
    Operation.SET_PERSON: (plain("PUT", "/v1/people/new", {"name": "New", "role": "watch"}), 200),
    Operation.LINK_PERSON: (plain("POST", "/v1/people/omar/link", {}), 200),
    Operation.REVOKE_KEY: (plain("DELETE", f"/v1/people/omar/keys/{key_of('omar').id}"), 200),
    Operation.CARD: (plain("GET", "/v1/card"), 200),
    Operation.PEERS: (plain("GET", "/v1/peers"), 200),
    Operation.TAKE_CARD: (card, 200),
    Operation.CONFIRM_CARD: (confirm, 200),
    Operation.CLAIM_AIR: (plain("POST", "/v1/directory", AIR), 200),
    Operation.REVOKE_CARD: (plain("DELETE", "/v1/peers/africom", {"reason": "their key was lost"}), 200),
    Operation.RECORD: (plain("GET", "/v1/record"), 200),
}
"""What each operation is asked with on own objects, and what becomes of it for every role that may."""

ANOTHERS: dict[tuple[Operation, str], tuple[Ask, int, str]] = {
    (Operation.OPEN_FLIGHT, "their flight"): (plain("GET", "/v1/flights/AFRICOM-01"), 200, ""),
    (Operation.LOOKS, "their flight"): (plain("GET", "/v1/flights/AFRICOM-01/looks"), 403, "foreign"),
    (Operation.DECLARE_FLIGHT, "their id"): (plain("POST", "/v1/flights", declaration("AFRICOM-01")), 201, ""),
    (Operation.DECLARE_FILE, "their flight"): (a_file("africom"), 403, "foreign"),
    (Operation.AMEND_FLIGHT, "their flight"): (
        plain("PUT", "/v1/flights/AFRICOM-01", {**declaration("AFRICOM-01"), "replaces": 1}),
        403,
        "foreign",
    ),
    (Operation.MOVE_FLIGHT, "their flight"): (
        plain("POST", "/v1/flights/AFRICOM-01/state", {"state": "Ended"}),
        403,
        "foreign",
    ),
    (Operation.REPORT_POSITION, "their flight"): (
        plain("POST", "/v1/flights/AFRICOM-01/position", PLACE),
        403,
        "foreign",
    ),
    (Operation.CHANGE_ZONE, "their zone"): (
        plain("PUT", "/v1/zones/AFRICOM-Z", zone("AFRICOM-Z")),
        404,
        "unknown-zone",
    ),
    (Operation.LIFT_ZONE, "their zone"): (plain("DELETE", "/v1/zones/AFRICOM-Z"), 404, "unknown-zone"),
    (Operation.INBOX, "another post"): (plain("GET", "/v1/posts/north/inbox"), 403, "forbidden"),
    (Operation.BEGIN_SHIFT, "another post"): (begin("north"), 403, "forbidden"),
    (Operation.SHOW_NOTICE, "another post's notice"): (shown("nadir", "north"), 404, "unknown-notice"),
    (Operation.ANSWER_NOTICE, "another post"): (receipt(post="north"), 403, "forbidden"),
    (Operation.ANSWER_NOTICE, "another crew's key"): (
        receipt(signer="nadir", key=key_of("nadir").public),
        403,
        "wrong-key",
    ),
    (Operation.ANSWER_NOTICE, "another crew's signature"): (receipt(signer="nadir"), 403, "bad-signature"),
    (Operation.ENROL_KEY, "another person"): (enrolment("nadir"), 422, "bad-signature"),
    (Operation.REVOKE_KEY, "another person's key"): (
        plain("DELETE", f"/v1/people/omar/keys/{key_of('salma').id}"),
        404,
        "unknown-key",
    ),
    (Operation.CONFIRM_CARD, "an unknown party"): (
        plain("POST", "/v1/peers/nobody/confirm", {"fingerprint": "0" * 32}),
        404,
        "unknown-party",
    ),
    (Operation.REVOKE_CARD, "an unknown party"): (
        plain("DELETE", "/v1/peers/nobody", {"reason": "gone"}),
        404,
        "unknown-party",
    ),
    (Operation.SET_PERSON, "the last officer"): (
        plain("PUT", "/v1/people/olga", {"name": "Olga", "role": "watch"}),
        409,
        "last-officer",
    ),
    (Operation.LINK_PERSON, "nobody"): (plain("POST", "/v1/people/nobody/link", {}), 404, "unknown-person"),
}
"""The same on another party's, post's or person's objects, with the reason that is told."""

SOCKETS = {Operation.LIVE}
"""Operations that are WebSockets only; /desk is both."""


@pytest.fixture
def house() -> House:
    built = House()
    built.on_duty("salma")
    built.on_duty("nadir")
    return built


def asking(house: House, who: Role | None) -> httpx.Client:
    if who is Role.METRICS:
        client = house.client()
        client.headers["Authorization"] = f"Bearer {METRICS_TOKEN}"
        return client
    return house.client(OF_ROLE[who] if who else None)


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["reason"])


def test_each_operation_is_in_the_table_and_in_the_matrix() -> None:
    assert set(MAY) == set(Operation)
    assert set(OWN) | SOCKETS | {Operation.ENROL_KEY} == set(Operation)


def test_each_route_is_an_operation_and_each_operation_a_route(house: House) -> None:
    described = house.app.openapi()["paths"]
    ids = [operation["operationId"] for methods in described.values() for operation in methods.values()]
    assert sorted(ids) == sorted(set(Operation) - SOCKETS)
    ungated = []
    for route in _routes(house.app):
        if isinstance(route, APIRoute):
            assert route.operation_id in set(Operation) or route.path == "/", route.path
        elif isinstance(route, APIWebSocketRoute):
            assert route.name in set(Operation), route.path
        else:
            ungated.append(route.path)
    assert sorted(ungated) == ["", "/openapi.json"], "the console's files and the description are for anyone"


def _routes(holder: Any) -> Iterator[Any]:
    for route in holder.routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield route
        else:
            yield from _routes(inner)


@pytest.mark.parametrize("operation", OWN)
def test_who_may_not_is_refused_and_nothing_happens(house: House, operation: Operation) -> None:
    ask, _ = OWN[operation]
    method, path, body = ask(house)
    refused = [who for who in WHO if who not in MAY[operation]]
    clients = {who: asking(house, who) for who in refused}
    before = house.desk.number
    for who, client in clients.items():
        answer = client.request(method, path, json=body)
        assert (who, answer.status_code) == (who, 403 if who else 401)
        assert reason(answer) == ("forbidden" if who else "not-signed-in")
    assert house.desk.number == before, "a refused request changed something"


MAY_CASES = [(operation, who) for operation in OWN for who in WHO if who in MAY[operation]]


@pytest.mark.parametrize(("operation", "who"), MAY_CASES)
def test_who_may_can(house: House, operation: Operation, who: Role | None) -> None:
    ask, status = OWN[operation]
    method, path, body = ask(house)
    answer = asking(house, who).request(method, path, json=body)
    assert answer.status_code == status, answer.text
    if method != "GET" and status in (200, 201) and not path.startswith(("/v1/session", "/v1/flights/check")):
        promised = operation is Operation.LINK_PERSON or answer.json()["record"]["promise"]["node"] == "lna"
        assert promised, "a write without the record's promise"


@pytest.mark.parametrize("who", sorted(role for role in MAY[Operation.ENROL_KEY] if role))
def test_people_enrol_keys_for_themselves(house: House, who: Role) -> None:
    method, path, body = enrolment(OF_ROLE[who])(house)
    answer = asking(house, who).request(method, path, json=body)
    assert (answer.status_code, answer.json()["key_id"]) == (200, NEW_KEY.id)
    for other in {*Role, None} - MAY[Operation.ENROL_KEY]:
        assert asking(house, other).request(method, path, json=body).status_code == (403 if other else 401)


ANOTHERS_CASES = [(key, who) for key in ANOTHERS for who in Role if who in MAY[key[0]]]


@pytest.mark.parametrize(("key", "who"), ANOTHERS_CASES, ids=str)
def test_another_s_objects(house: House, key: tuple[Operation, str], who: Role) -> None:
    ask, status, why = ANOTHERS[key]
    method, path, body = ask(house)
    client = asking(house, who)
    before = house.desk.number
    answer = client.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    if why:
        assert reason(answer) == why
        assert house.desk.number == before


def test_an_officer_ends_a_shift_at_any_post_and_a_crew_at_its_own_only(house: House) -> None:
    assert house.client("salma").delete("/v1/posts/north/shift").status_code == 403
    assert house.client("olga").delete("/v1/posts/north/shift").status_code == 200
    assert house.client("salma").delete("/v1/posts/south/shift").status_code == 200


def test_a_crew_member_does_not_end_the_shift_of_another_at_the_same_post(house: House) -> None:
    relief = Person(id="rami", name="Rami", role=Role.CREW, post="south")
    house.desk.set_person(house.officer, relief)
    rami = house.client()
    assert rami.post("/v1/session", json={"token": house.access.new_link(relief)[0]}).status_code == 200
    refused = rami.delete("/v1/posts/south/shift")
    assert (refused.status_code, reason(refused)) == (403, "not-on-duty")
    assert house.desk.register.shifts["south"].person == "salma"


def test_a_crew_sees_foreign_flights_that_are_before_its_post_and_no_others(house: House) -> None:
    south, north = house.client("salma"), house.client("nadir")
    assert {one["ref"] for one in south.get("/v1/flights").json()} == {"AFRICOM-01", "LNA-7"}
    assert {one["ref"] for one in north.get("/v1/flights").json()} == {"LNA-7"}
    assert south.get("/v1/flights/AFRICOM-01").status_code == 200
    assert reason(north.get("/v1/flights/AFRICOM-01")) == "unknown-flight"
    assert [one["post"]["id"] for one in north.get("/v1/posts").json()] == ["north"]


def test_coverage_people_and_peers_are_not_for_everybody(house: House) -> None:
    seen = {who: asking(house, who).get("/v1/desk").json() for who in OF_ROLE}
    covered = {who: any(flight["coverage"] for flight in view["flights"]) for who, view in seen.items()}
    assert covered == {Role.WATCH: False, Role.CREW: False, Role.OPERATOR: True, Role.OFFICER: True}
    for who in (Role.WATCH, Role.CREW):
        assert not any(one["coverage"] for one in asking(house, who).get("/v1/flights").json())
        assert asking(house, who).get("/v1/flights/LNA-7").json()["coverage"] == []
    assert {who for who, view in seen.items() if view["people"]} == {Role.OFFICER}
    assert {who for who, view in seen.items() if view["inbox"]} == {Role.CREW}


def test_opening_their_flight_is_a_look_that_its_owner_is_told_of(house: House) -> None:
    assert house.client("salma").get("/v1/flights").status_code == 200
    house.carry()
    chief = house.actor("olga")
    assert house.peer.looks(chief, "AFRICOM-01") == (), "a list is no look"
    assert house.client("salma").get("/v1/flights/AFRICOM-01").status_code == 200
    house.carry()
    assert [(look.party, look.role) for look in house.peer.looks(chief, "AFRICOM-01")] == [("lna", "crew")]


def test_a_person_who_is_given_another_role_is_out_at_once(house: House) -> None:
    omar, olga = house.client("omar"), house.client("olga")
    assert omar.get("/v1/desk").status_code == 200
    link = olga.post("/v1/people/omar/link", json={}).json()
    changed = olga.put("/v1/people/omar", json={"name": "Omar", "role": "watch"})
    assert changed.status_code == 200, changed.text
    assert reason(omar.get("/v1/desk")) == "not-signed-in"
    assert house.client().post("/v1/session", json={"token": link["token"]}).status_code == 401, "the link lives on"
    method, path, body = sign_in_by_key(house)
    assert house.client().request(method, path, json=body).status_code == 401, "the key lives on"


def test_a_link_that_an_officer_makes_signs_in_once(house: House) -> None:
    told = house.client("olga").post("/v1/people/omar/link").json()
    assert told["link"] == f"http://127.0.0.1:8600/#sign-in={told['token']}"
    client = house.client()
    answer = client.post("/v1/session", json={"token": told["token"]})
    assert (answer.json()["person"], answer.json()["role"]) == ("omar", "operator")
    assert client.get("/v1/session").json() == answer.json()
    assert house.client().post("/v1/session", json={"token": told["token"]}).status_code == 401


def test_a_key_signs_in_and_its_revocation_signs_out(house: House) -> None:
    client, olga = house.client(), house.client("olga")
    method, path, body = sign_in_by_key(house)
    assert client.request(method, path, json=body).json()["person"] == "omar"
    assert house.client().request(method, path, json=body).status_code == 401, "a challenge is good once"
    assert client.get("/v1/desk").status_code == 200
    assert olga.delete(f"/v1/people/omar/keys/{key_of('omar').id}").status_code == 200
    assert client.get("/v1/desk").status_code == 401
