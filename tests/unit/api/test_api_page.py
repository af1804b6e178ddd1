"""docs/reference/api.md and the OpenAPI description say what the table and the routes say."""

from pathlib import Path
from typing import Any

import pytest
from tests.support.face import House

from safeconduct.api.problems import STATUSES
from safeconduct.model.person import Role
from safeconduct.service.permissions import MAY, Operation

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "api.md"
WHERE_SOCKETS_ARE = {Operation.LIVE: "WebSocket `/live`", Operation.DESK: "`GET /v1/desk`, WebSocket `/desk`"}


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return House().app.openapi()


def matrix(described: dict[str, Any]) -> str:
    """The table of the page, from `MAY` and the routes."""
    places = {
        operation["operationId"]: f"`{method.upper()} {path}`"
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    } | WHERE_SOCKETS_ARE
    lines = [f"| operation | asked with | {' | '.join(Role)} |", "|---" * (2 + len(Role)) + "|"]
    for operation in Operation:
        if None in MAY[operation]:
            marks = ["anyone"] + [""] * (len(Role) - 1)
        else:
            marks = ["yes" if role in MAY[operation] else "" for role in Role]
        lines.append(f"| {operation} | {places[operation]} | {' | '.join(marks)} |")
    return "\n".join(lines)


def test_the_page_has_the_matrix(described: dict[str, Any]) -> None:
    expected = matrix(described)
    assert expected in PAGE.read_text(encoding="utf-8"), f"the page should have:\n\n{expected}\n"


def test_the_page_has_every_status() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for status, _ in STATUSES.values():
        assert f"| {status} |" in page


def test_every_answer_and_every_body_is_described(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            for status, answer in operation["responses"].items():
                content = answer.get("content", {}).get("application/json")
                if int(status) >= 400 and path not in ("/readyz",):
                    assert content == {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}, where
                elif status != "204" and path != "/metrics":
                    assert content["schema"], where
            if method in ("post", "put"):
                assert "requestBody" in operation, where
                assert {"413", "422"} <= set(operation["responses"]), where
            if path.startswith("/v1/") and None not in MAY[Operation(operation["operationId"])]:
                assert {"401", "403"} <= set(operation["responses"]), where
    assert schemas["Declaration-asked"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["DeskView"]
    assert set(schemas["Declaration-asked"]["required"]) == {"id", "aircraft", "volumes"}
    assert set(schemas["Problem"]["required"]) == {"reason", "what", "where", "remedy"}


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    def references(node: Any) -> Any:
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "$ref":
                    yield value
                else:
                    yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    found = set(references(described))
    assert len(found) > 30
    schemas = described["components"]["schemas"]
    assert {name.removeprefix("#/components/schemas/") for name in found} <= set(schemas)
