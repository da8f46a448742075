"""The feed for other systems: CloudEvents by cursor, and as a stream of server-sent events.

A stream is a cursor into the feed, nothing more. It takes entries, writes them, waits for the reader to take them, and
only then goes on: a slow reader costs a cursor, not memory. Entries come from ``gateway.tail``, read and encoded once
for all streams. The bell wakes them after a commit, at most every GATHER_S: 200 streams at 500 events a second would
else be 100,000 writes a second. Between rings a comment goes out now and then so that both ends notice a dead line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import structlog
from aiohttp import web
from pydantic import Field

from gateway.tail import PAGE, Entry
from gateway.web.asked import Asked, Nothing, Part
from gateway.web.auth import FOLLOWERS
from gateway.web.problem import Problem, known
from gateway.web.routes import Answer, Route, route
from gateway.web.services import Desk, desk_of
from gateway.web.views import CloudEvent

log = structlog.get_logger(__name__)

BATCH = "application/cloudevents-batch+json"
GATHER_S = 0.1
_WRITE_BYTES = 65_536
_MOST = 2**63 - 1


class FeedQuery(Part):
    after: int = Field(default=0, ge=0, le=_MOST, description="the sequence read last; 0 is the beginning")
    limit: int = Field(default=100, ge=1, le=1000)


class StreamQuery(Part):
    after: int | None = Field(default=None, ge=0, le=_MOST, description="Last-Event-ID wins over it; absent: from now")


async def _check_cursor(desk: Desk, after: int, field: str) -> None:
    last = await desk.tail.look()
    if after > last:
        raise Problem(
            400, f"游标 {after} 超出了最新序号 {last}", f"cursor {after} is ahead of the feed ({last})", field=field
        )


async def batch(asked: Asked[Nothing, FeedQuery]) -> Answer:
    """A JSON array in sequence; X-Feed-Cursor is the ``after`` of the next request, X-Feed-Last the feed's end."""
    desk, query = desk_of(asked.request), asked.query
    await _check_cursor(desk, query.after, "after")
    events = await _collect(desk, query.after, query.limit)
    body = b",".join(entry.body for entry in events)
    cursor = events[-1].sequence if events else query.after
    return web.Response(
        body=b"[" + body + b"]",
        content_type=BATCH,
        charset="utf-8",
        headers={
            "X-Feed-Cursor": str(cursor),
            "X-Feed-Last": str(desk.tail.last),
            "Link": f'</api/v1/feed?after={cursor}&limit={query.limit}>; rel="next"',
        },
    )


async def _collect(desk: Desk, after: int, limit: int) -> list[Entry]:
    found: list[Entry] = []
    while len(found) < limit and (page := await desk.tail.read(after, limit - len(found))):
        found += page
        after = page[-1].sequence
        await asyncio.sleep(0)  # a thousand events are many milliseconds of work
    return found


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
        except OSError as error:  # the ledger is away: the reader comes again with its Last-Event-ID
            log.warning("feed stream broken off", login=asked.who.account.login, error=str(error))
            if asked.request.transport is not None:
                asked.request.transport.abort()
    return response


async def _start(asked: Asked[Nothing, StreamQuery], desk: Desk) -> int:
    header = asked.request.headers.get("Last-Event-ID", "").strip()
    if header:
        if not (header.isascii() and header.isdigit() and len(header) <= 19):
            raise Problem(400, "Last-Event-ID 须为数字", "Last-Event-ID must be a number", field="Last-Event-ID")
        await _check_cursor(desk, int(header), "Last-Event-ID")
        return int(header)
    if asked.query.after is None:
        return await desk.tail.look()
    await _check_cursor(desk, asked.query.after, "after")
    return asked.query.after


async def _pump(asked: Asked[Nothing, StreamQuery], desk: Desk, response: web.StreamResponse, cursor: int) -> None:
    config, now = desk.config, desk.services.monotonic
    checked_at = now()
    await _write(response, b"retry: 2000\n\n", desk)
    while not desk.bell.closed:
        mark = desk.bell.last  # before the read: a commit during it rings again
        entries = await desk.tail.read(cursor, PAGE)
        for piece in _pieces(entries):
            await _write(response, piece, desk)
        cursor = entries[-1].sequence if entries else cursor
        if now() - checked_at >= config.recheck_s:
            checked_at = now()
            if not await desk.gate.still(asked.who, FOLLOWERS):
                return
        if not entries and not await desk.bell.beyond(mark, config.heartbeat_s):
            await _write(response, b": heartbeat\n\n", desk)


def _pieces(entries: Sequence[Entry]) -> Iterator[bytes]:
    """The entries as few writes, none much larger than what the socket takes at once."""
    waiting: list[bytes] = []
    size = 0
    for entry in entries:
        waiting.append(entry.framed)
        size += len(entry.framed)
        if size >= _WRITE_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


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
