"""Generated requests over the whole described API, as people of several roles: never a 5xx, and always as described."""

from functools import cache
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.support.face import PEOPLE, SQUARE, START, House, declaration, volume, zone

from safeconduct.service.permissions import MAY, Operation

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 8
STARTING = "/readyz"
"""Answers 503 while there is no board, on purpose."""


@cache
def house() -> House:
    """One house for all: what earlier requests have left behind is part of the test."""
    built = House()
    built.on_duty("salma")
    return built


schema = schemathesis.openapi.from_dict(house().app.openapi())


@schema.exclude(path=STARTING).parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_the_node(case: Any) -> None:
    operation = Operation(case.operation.definition.raw["operationId"])
    for person in ("olga", "omar", "salma"):
        if PEOPLE[person].role not in MAY[operation]:
            continue  # refused before anything of the request is read: see the authorisation matrix
        # A session for each request: some of them sign it out.
        client, secret = house().client(), house().secret(person)
        client.cookies.set("safeconduct_session_8600", secret)
        answer = sent(client, case)
        house().access.sign_out(secret)
        case.validate_response(answer, checks=CHECKS)


def sent(client: httpx.Client, case: Any) -> httpx.Response:
    """The answer to a generated request; Schemathesis writes it for `requests`, and httpx sends it."""
    asked = case.as_transport_kwargs(base_url="http://127.0.0.1:8600")
    content = {"json": asked["json"]} if "json" in asked else {"content": asked.get("data")}
    headers = {name: value for name, value in asked["headers"].items() if value is not None}
    return client.request(asked["method"], asked["url"], params=asked.get("params"), headers=headers, **content)


# Schemathesis hardly ever guesses an outline that is one. So: declarations, zones and sectors that the model may take,
# anywhere on earth and with any finite number.

LONS, LATS = st.floats(-180.0, 180.0), st.floats(-90.0, 90.0)
HEIGHTS = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([-1e308, -1.0, 0.0, 5e-324, 1e308])
TIMES = st.floats(START - 1e5, START + 1e8) | st.sampled_from([START, START + 60, -6e10, 2e11])
CORNERS = st.lists(st.tuples(LONS, LATS), min_size=3, max_size=5)
NEARBY = st.sampled_from([SQUARE, SQUARE[:3], SQUARE[1:], ((13.0, 31.0), (13.0 + 1e-12, 31.0), (13.0, 31.0 + 1e-12))])
POLES = st.sampled_from([((-180.0, 90.0), (0.0, 90.0), (0.0, 89.0)), ((179.0, -1.0), (180.0, -1.0), (180.0, 1.0))])
OUTLINES = CORNERS | NEARBY | POLES
VOLUMES = st.builds(
    lambda outline, heights, times: volume(
        outline, lower_m=min(heights), upper_m=max(heights), start=min(times), end=max(times)
    ),
    OUTLINES,
    st.tuples(HEIGHTS, HEIGHTS) | st.just((0.0, 1000.0)),
    st.tuples(TIMES, TIMES) | st.just((START + 60, START + 600)),
)
POINTS = st.fixed_dictionaries({"lon": LONS, "lat": LATS, "alt_m": HEIGHTS, "time": TIMES})
SOME = st.lists(VOLUMES, min_size=1, max_size=3)


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    number=st.integers(0, 9),
    volumes=SOME,
    route=st.lists(POINTS, max_size=3) | st.just([]),
    disclosure=st.sampled_from(["open", "coarse"]),
    outline=OUTLINES,
)
def test_no_place_on_earth_breaks_the_node(
    number: int, volumes: list[Any], route: list[Any], disclosure: str, outline: Any
) -> None:
    told = declaration(f"F-{number}", volumes=volumes, route=route, disclosure=disclosure)
    sector = {"name": "s", "centre": list(outline[0]), "outline": [list(corner) for corner in outline]}
    for person, method, path, body in (
        ("olga", "PUT", f"/v1/posts/p-{number}", {"name": "P", "sector": sector}),
        ("omar", "POST", "/v1/flights/check", told),
        ("omar", "POST", "/v1/flights", told),
        ("omar", "PUT", f"/v1/flights/F-{number}", {**told, "replaces": 1}),
        ("olga", "POST", "/v1/zones", zone(f"Z-{number}", volumes=volumes)),
        ("olga", "GET", "/v1/desk", None),
        ("salma", "GET", "/v1/desk", None),
    ):
        client, secret = house().client(), house().secret(person)
        client.cookies.set("safeconduct_session_8600", secret)
        answer = client.request(method, path, json=body)
        house().access.sign_out(secret)
        assert answer.status_code < 500
        assert answer.status_code == 200 or method != "GET"
