"""The OpenAPI 3.1 document, generated from the registry of routes and their pydantic models."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway import __version__
from gateway.model.http import Door
from gateway.web.asked import Nothing
from gateway.web.routes import Route

_PATTERN = re.compile(r"\{(\w+):(?:[^{}]|\{[^{}]*\})*\}")
"""A variable of an address with the pattern that it must match, as aiohttp writes it."""

REF = "#/components/schemas/{model}"
_TEXTS = {
    400: "A field is missing, misspelt or not allowed; `field` names it",
    401: "Not logged in",
    403: "The role, the CSRF token or the origin does not allow it",
    404: "No such thing",
    408: "The body did not arrive in time",
    409: "Refused in the present state; `current` is the revision when the given one is stale",
    410: "It was there, and is deleted",
    413: "The body is too large",
    415: "Not of a media type that this operation takes",
    422: "Understood, but it cannot be taken; `field` names what is at fault",
    426: "Not a websocket",
    428: "The revision that was read must be given",
    429: "Too many attempts; Retry-After says when",
    500: "An internal error; give `request_id` to an operator",
    503: "Not available now",
}


class ProblemView(BaseModel):
    """RFC 9457. ``detail`` is Chinese / English."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    request_id: str
    field: str | None = None


def document(routes: Sequence[Route], doors: Sequence[Door] = ()) -> dict[str, Any]:
    """The document as JSON data: our own operations, and the doors of channels as far as they tell."""
    models = {ProblemView} | {model for one in routes for model in (one.body, one.query, one.answer) if model}
    ordered = sorted(models - {Nothing}, key=lambda model: model.__name__)
    _, schemas = models_json_schema([(model, "validation") for model in ordered], ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for one in routes:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    for number, door in enumerate(doors):
        paths.setdefault(_PATTERN.sub(r"{\1}", door.path), {})[door.method.lower()] = _door(door, number)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "12345 热线接入网关 / gateway API",
            "version": __version__,
            "description": "Numbers are masked in every answer unless revealed; each reveal is audited.",
            "license": {"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "gw_session"},
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(one: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{one.handler.__module__.rsplit('.', 1)[-1]}_{one.handler.__name__}",
        "summary": one.summary,
        "parameters": [*_path_parameters(one.path), *_query_parameters(one)],
        "responses": _responses(one),
        "security": [] if one.roles is None else [{"session": []}, {"token": []}],
    }
    if one.roles is not None:
        operation["description"] = f"Roles: {', '.join(sorted(one.roles))}."
    if one.takes:
        content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in one.takes}
        operation["requestBody"] = {"required": True, "content": content}
    elif one.body is not Nothing:
        schema = {"$ref": REF.format(model=one.body.__name__)}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _door(door: Door, number: int) -> dict[str, Any]:
    """A door speaks for its platform: what goes in and out is that platform's documentation."""
    anything = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    operation: dict[str, Any] = {
        "operationId": f"door_{number}_{re.sub(r'[^0-9A-Za-z]+', '_', door.name)}_{door.method.lower()}",
        "summary": door.summary,
        "parameters": _path_parameters(_PATTERN.sub(r"{\1}", door.path)),
        "responses": {"default": {"description": door.summary, "content": anything}},
        "security": [],
    }
    if door.method not in ("GET", "HEAD", "DELETE", "OPTIONS"):
        operation["requestBody"] = {"content": anything}
    return operation


def _path_parameters(path: str) -> list[dict[str, Any]]:
    names = re.findall(r"\{(\w+)\}", path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(one: Route) -> list[dict[str, Any]]:
    schema = one.query.model_json_schema(ref_template=REF)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": inner}
        for name, inner in schema.get("properties", {}).items()
    ]


def _responses(one: Route) -> dict[str, Any]:
    good: dict[str, Any] = {"description": one.summary}
    if one.answer is not None:
        schema: dict[str, Any] = {"$ref": REF.format(model=one.answer.__name__)}
        content = {"type": "array", "items": schema} if one.many else schema
        good["content"] = {one.content_type: {"schema": content}}
    elif one.status != 204:
        good["content"] = {one.content_type: {"schema": {"type": "string"}}}
    errors = {400, 500, 503, *one.errors} | ({401, 403} if one.roles is not None else set())
    if one.method != "GET":
        errors |= {408, 413, 415}
    problem = {"application/problem+json": {"schema": {"$ref": REF.format(model="ProblemView")}}}
    return {
        str(one.status): good,
        **{str(status): {"description": _TEXTS[status], "content": problem} for status in sorted(errors)},
    }
