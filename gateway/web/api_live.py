"""The door of the live stream: who may open a socket, from which page, and how many there may be."""

from __future__ import annotations

from aiohttp import web

from gateway.web.asked import Asked, Nothing
from gateway.web.auth import EVERYONE
from gateway.web.live import LiveHub, Watch
from gateway.web.live_views import LiveMessage
from gateway.web.problem import Problem, known
from gateway.web.routes import Answer, Route, route
from gateway.web.services import desk_of

MAX_MESSAGE = 4096
WRITER_LIMIT = 16_384
"""Bytes that may lie in the socket before sending waits: small, so that a slow reader is noticed early."""


async def live(asked: Asked[Nothing, Nothing]) -> Answer:
    return await open_socket(asked, desk_of(asked.request).services.live, EVERYONE)


async def open_socket(asked: Asked[Nothing, Nothing], hub: LiveHub, roles: frozenset[str]) -> Answer:
    """A websocket that follows ``hub`` for as long as the log-in holds with one of these roles."""
    desk, request = desk_of(asked.request), asked.request
    desk.gate.check_origin(request)
    if desk.bell.closed or hub.open >= desk.config.max_sockets:
        raise known(503)
    ws = web.WebSocketResponse(
        timeout=2.0,
        heartbeat=desk.config.heartbeat_s,
        compress=False,  # one encoding serves all sockets; deflating for each would not
        max_msg_size=MAX_MESSAGE,
        writer_limit=WRITER_LIMIT,
    )
    if not ws.can_prepare(request).ok:
        raise Problem(426, "此地址只接受 WebSocket", "open this as a websocket", headers={"Upgrade": "websocket"})
    await ws.prepare(request)
    watch = Watch(
        still=lambda: desk.gate.still(asked.who, roles),
        recheck_s=desk.config.recheck_s,
        send_timeout_s=desk.config.send_timeout_s,
        monotonic=desk.services.monotonic,
    )
    await hub.serve(request, ws, watch)
    return ws


def routes() -> list[Route]:
    return [
        route(
            "GET", "/api/v1/live", "Websocket: a snapshot, then diffs; send {\"type\":\"snapshot\"} to get a new one",
            live, roles=EVERYONE, body=Nothing, query=Nothing, answer=LiveMessage, status=101, errors=(426, 503),
        )
    ]  # fmt: skip
