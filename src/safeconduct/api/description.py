"""The OpenAPI description. What is sent and answered, msgspec reads and writes; so msgspec describes it."""

from collections.abc import Iterator, Sequence
from typing import Any, get_args, get_type_hints

import msgspec
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from safeconduct.api.asking import Body
from safeconduct.api.wire import ProblemAnswer
from safeconduct.codecs.declarations_json import Nothing

_SCHEMAS = "#/components/schemas/"


class Described(FastAPI):
    """An application that describes the bodies and the answers of the routes of its `routers`."""

    routers: Sequence[APIRouter] = ()

    def openapi(self) -> dict[str, Any]:
        """The description; made once."""
        if self.openapi_schema is None:
            described = super().openapi()
            schemas = described.setdefault("components", {}).setdefault("schemas", {})
            routes = [one for router in self.routers for one in router.routes if isinstance(one, APIRoute)]
            answers = [(one, shape) for one in routes if (shape := _answer_of(one)) is not None]
            bodies = [(one, shape) for one in routes if (shape := _body_of(one)) is not None]
            (problem, *told), components = _components([ProblemAnswer, *(shape for _, shape in answers)], "")
            schemas.update(components)
            for route, schema in zip((route for route, _ in answers), told, strict=True):
                for operation in _operations(described, route):
                    operation["responses"][str(route.status_code)]["content"] = _json(schema)
            for route in routes:
                for operation in _operations(described, route):
                    for status, answer in operation["responses"].items():
                        if int(status) >= 400:
                            answer["content"] = _json(problem)
            asked, components = _components([shape for _, shape in bodies], "-asked")
            # What is asked is read strictly; what is told may have more in a later version.
            schemas.update({name: _strict(schema) for name, schema in components.items()})
            for (route, shape), schema in zip(bodies, asked, strict=True):
                for operation in _operations(described, route):
                    operation["requestBody"] = {"required": shape is not Nothing, "content": _json(schema)}
        return self.openapi_schema or {}


def _components(shapes: Sequence[Any], suffix: str) -> tuple[Sequence[dict[str, Any]], dict[str, Any]]:
    """The schemas of shapes, and those that they refer to, by name."""
    schemas, components = msgspec.json.schema_components(shapes, ref_template=f"{_SCHEMAS}{{name}}{suffix}")
    return tuple(schemas), {f"{name}{suffix}": component for name, component in components.items()}


def _strict(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "additionalProperties": False} if schema.get("type") == "object" else schema


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _operations(described: dict[str, Any], route: APIRoute) -> Iterator[dict[str, Any]]:
    for method in route.methods or ():
        yield described["paths"][route.path_format][method.lower()]


def _answer_of(route: APIRoute) -> Any:
    """What stands beside `Response` in what the route's function returns; None for nothing."""
    told = get_type_hints(route.endpoint, include_extras=True).get("return")
    return next(iter(get_args(told)[1:]), None)


def _body_of(route: APIRoute) -> type[Any] | None:
    """The shape of the route's `Body`."""
    waiting = list(route.dependant.dependencies)
    while waiting:
        one = waiting.pop()
        if isinstance(one.call, Body):
            return one.call.shape
        waiting += one.dependencies
    return None
