"""The doors of channels and platforms, hung into the web server: each request is read whole within its bounds and
handed on as bytes, because signatures cover bytes.

A body that is too large is refused before it is read: by its stated length at once, otherwise as soon as it passes the
bound. What a door raises becomes the server's bare 500; what it answers goes out in the words of its platform.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import MultiMapping

from gateway.model.http import Door, HttpAnswer, HttpAsked
from gateway.web.address import client_address
from gateway.web.problem import Problem, known
from gateway.web.services import Desk


def hang(app: web.Application, doors: Sequence[Door], desk: Desk) -> None:
    """Add every door to the application's router. Raises ValueError for two of one method and path."""
    taken: set[tuple[str, str]] = set()
    for door in doors:
        if (door.method, door.path) in taken:
            raise ValueError(f"two doors at {door.method} {door.path}")
        taken.add((door.method, door.path))
        app.router.add_route(door.method, door.path, _handler(door, desk), expect_handler=_expected(door))


def _expected(door: Door) -> Handler:
    async def expected(request: web.Request) -> None:
        """``Expect: 100-continue`` is answered only for a body that we would take."""
        if (request.content_length or 0) <= door.max_body and request.transport is not None:
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    return expected  # type: ignore[return-value]


def _handler(door: Door, desk: Desk) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        status = 500
        try:
            answer = await door.receive(await _asked(request, door, desk))
            status = answer.status
            if answer.dropped and request.transport is not None:
                request.transport.abort()
            return _response(answer)
        except Problem as problem:
            status = problem.status
            raise
        finally:
            desk.figures.doors.labels(door.name, str(status)).inc()

    return handle


async def _asked(request: web.Request, door: Door, desk: Desk) -> HttpAsked:
    at = desk.services.clock()
    return HttpAsked(
        method=request.method,
        target=request.raw_path,
        path=dict(request.match_info),
        query=_first(request.query),
        headers=_joined(request.headers),
        body=await read_whole(request, door.max_body, desk.config.body_timeout_s),
        address=client_address(request, desk.config.trusted_proxies),
        at=at,
    )


async def read_whole(request: web.Request, most: int, timeout_s: float) -> bytes:
    """The body, of at most ``most`` bytes after decompression. Raises Problem 413 as soon as it is clear that there
    is more, without reading on, and 408 when it does not arrive in time."""
    if (request.content_length or 0) > most:
        raise _closing(known(413))
    body = bytearray()
    try:
        async with asyncio.timeout(timeout_s):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > most:
                    raise _closing(known(413))
    except TimeoutError:
        raise _closing(Problem(408, "请求内容未及时送达", "the body did not arrive in time")) from None
    return bytes(body)


def _closing(problem: Problem) -> Problem:
    """The rest of the body is not worth reading, so the connection cannot be used again."""
    problem.headers["Connection"] = "close"
    return problem


def _first(values: MultiMapping[str]) -> Mapping[str, str]:
    return {name: values.getone(name) for name in values}


def _joined(values: MultiMapping[str]) -> Mapping[str, str]:
    """Lower-case names; a header sent twice is joined as RFC 9110, 5.3 says."""
    return {name.lower(): ", ".join(values.getall(name)) for name in values}


def _response(answer: HttpAnswer) -> web.Response:
    response = web.Response(status=answer.status, body=answer.body, headers=answer.headers)
    if answer.body or answer.content_type:
        response.headers["Content-Type"] = answer.content_type
    return response
