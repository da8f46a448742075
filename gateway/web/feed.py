"""The feed for other systems: CloudEvents by cursor, and as a stream of server-sent events.

A stream is a cursor into the ledger, nothing more. It reads a batch, writes it, waits for the reader to take it, and
only then reads on: a slow reader costs a cursor, not memory. The bell wakes it after a commit; between rings a comment
goes out now and then so that both ends notice a dead line.
"""

from __future__ import annotations

import asyncio

import structlog
from aiohttp import web
from pydantic import Field

from gateway.model.records import Event
from gateway.web.asked import Asked, Nothing, Part
from gateway.web.auth import FOLLOWERS
from gateway.web.problem import Problem, known
from gateway.web.routes import Answer, Route, route
from gateway.web.services import Desk, desk_of
from gateway.web.views import CloudEvent, cloud_event

log = structlog.get_logger(__name__)

BATCH = "application/cloudevents-batch+json"
STREAM_BATCH = 200
_MOST = 2**63 - 1


class FeedQuery(Part):
    after: int = Field(default=0, ge=0, le=_MOST, description="the sequence read last; 0 is the beginning")
    limit: int = Field(default=100, ge=1, le=1000)


class StreamQuery(Part):
    after: int | None = Field(default=None, ge=0, le=_MOST, description="Last-Event-ID wins over it; absent: from now")


async def _check_cursor(desk: Desk, after: int, field: str) -> None:
    last = await desk.services.ledger.last_sequence()
    if after > last:
        raise Problem(
            400, f"游标 {after} 超出了最新序号 {last}", f"cursor {after} is ahead of the feed ({last})", field=field
        )


async def batch(asked: Asked[Nothing, FeedQuery]) -> Answer:
    """A JSON array in sequence; X-Feed-Cursor is the ``after`` of the next request."""
    desk, query = desk_of(asked.request), asked.query
    await _check_cursor(desk, query.after, "after")
    events = await desk.services.ledger.events(query.after, query.limit)
    body = b",".join(_encode(event, desk) for event in events)
    cursor = events[-1].sequence if events else query.after
    return web.Response(
        body=b"[" + body + b"]",
        content_type=BATCH,
        charset="utf-8",
        headers={
            "X-Feed-Cursor": str(cursor),
            "Link": f'</api/v1/feed?after={cursor}&limit={query.limit}>; rel="next"',
        },
    )


def _encode(event: Event, desk: Desk) -> bytes:
    return cloud_event(event, desk.config.source).model_dump_json().encode()


async def stream(asked: Asked[Nothing, StreamQuery]) -> Answer:
    """Server-sent events from a cursor on, until the reader leaves, its log-in ends, or the gateway stops."""
    desk = desk_of(asked.request)
    if desk.bell.closed or desk.figures.open_streams >= desk.config.max_streams:
        raise known(503)
    cursor = await _start(asked, desk)
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    # proxies must hand each event on at once
    response.headers["X-Accel-Buffering"] = "no"
    with desk.figures.stream():
        await response.prepare(asked.request)
        try:
            await _pump(asked, desk, response, cursor)
        except TimeoutError:
            log.warning("feed reader takes nothing, closed", login=asked.who.account.login)
            if asked.request.transport is not None:
                asked.request.transport.abort()
        except ConnectionError:
            log.debug("feed reader left", login=asked.who.account.login)
    return response


async def _start(asked: Asked[Nothing, StreamQuery], desk: Desk) -> int:
    header = asked.request.headers.get("Last-Event-ID", "").strip()
    if header:
        if not (header.isascii() and header.isdigit() and len(header) <= 19):
            raise Problem(400, "Last-Event-ID 须为数字", "Last-Event-ID must be a number", field="Last-Event-ID")
        await _check_cursor(desk, int(header), "Last-Event-ID")
        return int(header)
    if asked.query.after is None:
        return await desk.services.ledger.last_sequence()
    await _check_cursor(desk, asked.query.after, "after")
    return asked.query.after


async def _pump(asked: Asked[Nothing, StreamQuery], desk: Desk, response: web.StreamResponse, cursor: int) -> None:
    config, now = desk.config, desk.services.monotonic
    checked_at = now()
    await _write(response, b"retry: 2000\n\n", desk)
    while not desk.bell.closed:
        mark = desk.bell.last  # before the read: a commit during it rings again
        events = await desk.services.ledger.events(cursor, STREAM_BATCH)
        for event in events:
            await _write(response, b"id: %d\ndata: %b\n\n" % (event.sequence, _encode(event, desk)), desk)
            cursor = event.sequence
        if now() - checked_at >= config.recheck_s:
            checked_at = now()
            if not await desk.gate.still(asked.who, FOLLOWERS):
                return
        if not events and not await desk.bell.beyond(mark, config.heartbeat_s):
            await _write(response, b": heartbeat\n\n", desk)


async def _write(response: web.StreamResponse, data: bytes, desk: Desk) -> None:
    async with asyncio.timeout(desk.config.send_timeout_s):
        await response.write(data)


def routes() -> list[Route]:
    return [
        route(
            "GET", "/api/v1/feed", "Events after a cursor, as a CloudEvents batch", batch,
            roles=FOLLOWERS, body=Nothing, query=FeedQuery, answer=CloudEvent, many=True, content_type=BATCH,
        ),
        route(
            "GET", "/api/v1/feed/stream", "Events as they come, each `data:` one CloudEvent; resumes by Last-Event-ID",
            stream, roles=FOLLOWERS, body=Nothing, query=StreamQuery, answer=CloudEvent,
            content_type="text/event-stream", errors=(503,),
        ),
    ]  # fmt: skip
