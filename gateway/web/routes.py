"""The registry of routes: one ``Route`` says where, who may, what goes in and what comes out. The server builds its
router from it and ``gateway.web.openapi`` its document, so neither can have what the other lacks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel

from gateway.web.asked import Asked, B, Nothing, Q, parse_body, parse_path, parse_query
from gateway.web.services import Desk

Answer = BaseModel | web.StreamResponse


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the API. ``roles`` None is open to all; ``errors`` are statuses beyond 400, 401, 403, 500, 503.

    ``takes`` are the media types of a body that is not JSON: the handler reads it itself, within its own bounds.
    """

    method: str
    path: str
    summary: str
    handler: Callable[[Asked[Any, Any]], Awaitable[Answer]]
    roles: frozenset[str] | None
    body: type[BaseModel]
    query: type[BaseModel]
    answer: type[BaseModel] | None
    status: int
    content_type: str
    many: bool
    errors: tuple[int, ...]
    takes: tuple[str, ...] = ()


def route(
    method: str,
    path: str,
    summary: str,
    handler: Callable[[Asked[B, Q]], Awaitable[Answer]],
    *,
    roles: frozenset[str] | None,
    body: type[B],
    query: type[Q],
    answer: type[BaseModel] | None,
    status: int = 200,
    content_type: str = "application/json",
    many: bool = False,
    errors: tuple[int, ...] = (),
    takes: tuple[str, ...] = (),
) -> Route:
    """A Route whose handler takes what ``body`` and ``query`` say. ``many``: the answer is a list of ``answer``."""
    return Route(
        method, path, summary, handler, roles, body, query, answer, status, content_type, many, errors, takes
    )  # fmt: skip


def json_answer(model: BaseModel, status: int) -> web.Response:
    return web.Response(status=status, body=model.model_dump_json().encode(), content_type="application/json")


def serve(one: Route, desk: Desk) -> Handler:
    """The aiohttp handler of a route: let in, check what came, act, answer, count."""

    async def handle(request: web.Request) -> web.StreamResponse:
        known = None if one.roles is None else await desk.gate.admit(request, one.roles)
        asked = Asked(
            request=request,
            body=await _body_of(one, request, desk),
            query=parse_query(request, one.query),
            path=parse_path(request),
            at=desk.services.clock(),
            known=known,
        )
        answer = await one.handler(asked)
        return json_answer(answer, one.status) if isinstance(answer, BaseModel) else answer

    return handle


async def _body_of(one: Route, request: web.Request, desk: Desk) -> BaseModel:
    if one.method == "GET" or one.takes:
        return Nothing()
    return await parse_body(request, one.body, desk.config.body_timeout_s)
