"""The web server: builds the aiohttp application from the registry of routes, listens, and closes cleanly.

It is started and closed by the composition root; ``run`` is its only background work and goes into the application's
TaskGroup.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from urllib.parse import urlsplit

import orjson
import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.log import server_logger

from gateway.bell import FeedBell
from gateway.tail import FeedTail
from gateway.web import (
    api_alarms,
    api_archive,
    api_audit,
    api_deliveries,
    api_desk,
    api_dial,
    api_drafts,
    api_figures,
    api_followers,
    api_inbox,
    api_live,
    api_people,
    api_phone,
    api_plan,
    api_public,
    api_queues,
    api_recordings,
    api_records,
    api_reports,
    api_seats,
    api_session,
    api_supervision,
    api_tickets,
    api_transfers,
    api_virtual,
    api_wall,
    api_watch,
    api_whatif,
    assets,
    asyncapi,
    citizen,
    doors,
    feed,
    openapi,
    operation,
    report_pages,
)
from gateway.web.asked import Asked, Nothing
from gateway.web.auth import Gate
from gateway.web.config import WebConfig
from gateway.web.envelope import encoder
from gateway.web.figures import LoopLag, WebFigures, counting
from gateway.web.headers import guard_headers, policy
from gateway.web.limits import Allowance
from gateway.web.passwords import Passwords
from gateway.web.problem import problems
from gateway.web.robots import Forms
from gateway.web.routes import Answer, Route, route, serve
from gateway.web.seals import Seal
from gateway.web.services import DESK, Counter, Desk, WebServices, desk_of
from gateway.web.sessions import Sessions
from gateway.web.spelling import Speller
from gateway.web.throttle import LoginThrottle
from gateway.web.uploads import Uploads
from gateway.web.wall import WallCounts, WallStream

log = structlog.get_logger(__name__)


async def _document(asked: Asked[Nothing, Nothing]) -> Answer:
    doors_too = desk_of(asked.request).services.doors
    return web.Response(body=orjson.dumps(openapi.document(all_routes(), doors_too)), content_type="application/json")


def all_routes() -> list[Route]:
    """The whole API. A route that is not in here does not exist."""
    own = route(
        "GET", "/api/openapi.json", "This document", _document,
        roles=None, body=Nothing, query=Nothing, answer=None,
    )  # fmt: skip
    return [
        *api_session.routes(),
        *api_seats.routes(),
        *api_plan.routes(),
        *api_supervision.routes(),
        *api_live.routes(),
        *api_records.routes(),
        *api_tickets.routes(),
        *api_transfers.routes(),
        *api_reports.routes(),
        *api_figures.routes(),
        *report_pages.routes(),
        *api_phone.routes(),
        *api_desk.routes(),
        *api_drafts.routes(),
        *api_wall.routes(),
        *api_watch.routes(),
        *api_whatif.routes(),
        *api_inbox.routes(),
        *api_deliveries.routes(),
        *api_alarms.routes(),
        *api_public.routes(),
        *feed.routes(),
        *api_followers.routes(),
        *asyncapi.routes(),
        *api_dial.routes(),
        *api_virtual.routes(),
        *api_queues.routes(),
        *api_recordings.routes(),
        *api_archive.routes(),
        *api_people.routes(),
        *api_audit.routes(),
        *operation.routes(),
        own,
    ]


class _Wire(logging.LoggerAdapter[logging.Logger]):
    """aiohttp's own log. What is no HTTP comes daily on a public port, and its traceback quotes the header at fault,
    which may be a cookie or a token: it gets one line without either."""

    def exception(self, msg: object, *args: object, exc_info: Any = True, **rest: Any) -> None:
        if isinstance(exc_info, HttpProcessingError):
            log.info("malformed request", address=args[0] if args else "", error=type(exc_info).__name__)
        else:
            super().exception(msg, *args, exc_info=exc_info, **rest)


class WebServer:
    """Serves the API and the pages. ``start`` listens, ``close`` says goodbye to every socket and stream."""

    def __init__(self, config: WebConfig, services: WebServices) -> None:
        self._config, self._services = config, services
        self._lag = LoopLag(services.monotonic)
        self._passwords = Passwords(workers=config.hash_workers, waiting=config.hash_waiting)
        self._bell = FeedBell(feed.GATHER_S)
        self._tail = services.tail or FeedTail(services.ledger, encoder(config.source))
        self._assets = assets.load()
        self._desk = self._make_desk()
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """The port that is bound; only while started."""
        if self._runner is None or not self._runner.addresses:
            raise RuntimeError("the web server is not started")
        return int(self._runner.addresses[0][1])

    async def start(self) -> None:
        """Listen. Raises OSError when the address is taken or not ours; nothing is left open then."""
        await self._desk.gate.start()
        await self._tail.look()
        self._tail.tell(self._bell)
        app = self.application()
        runner = web.AppRunner(
            app,
            access_log=None,
            shutdown_timeout=self._config.shutdown_s,
            keepalive_timeout=75,
            logger=_Wire(server_logger, {}),
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, self._config.host, self._config.port, backlog=512).start()
        except BaseException:
            await runner.cleanup()
            raise
        self._runner = runner
        log.info("web server listens", host=self._config.host, port=self.port)

    async def run(self) -> None:
        """Watch the loop's lag for ever, and have the pinyin ready before the first desk asks for it; for the
        application's TaskGroup."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._desk.speller.of(self._services.categories()), name="pinyin")
            await self._lag.run()

    async def close(self) -> None:
        """Stop listening, end streams and sockets, let the rest finish within ``shutdown_s``. Safe to call twice."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
        await asyncio.to_thread(self._passwords.close)

    def application(self) -> web.Application:
        """The aiohttp application: one handler a route, the pages, and what surrounds them all."""
        app = web.Application(
            middlewares=[problems, counting(self._desk.figures)], client_max_size=self._config.max_body
        )
        app[DESK] = self._desk
        for one in all_routes():
            app.router.add_route(one.method, one.path, serve(one, self._desk))
        doors.hang(app, self._services.doors, self._desk)
        citizen.add_pages(app)
        report_pages.add_pages(app)
        _add_pages(app, self._desk, self._assets)
        app.on_response_prepare.append(guard_headers(self._config.cookie_secure))
        app.on_shutdown.append(self._goodbye)
        return app

    async def _goodbye(self, app: web.Application) -> None:
        self._bell.close()
        await self._desk.walls.hub.close()
        await self._services.live.close()

    def _make_desk(self) -> Desk:
        config, services = self._config, self._services
        throttle = LoginThrottle(
            services.monotonic,
            login_free=config.login_free,
            address_free=config.address_free,
            first_s=config.login_delay_s,
            most_s=config.login_delay_max_s,
            window_s=config.login_window_s,
        )
        sessions = Sessions(services.session_key, hours=config.session_hours, clock=services.clock)
        gate = Gate(config, services.ledger, sessions, self._passwords, throttle)
        figures = WebFigures(services.registry, services.live, self._lag)
        counter = _make_counter(config, services)
        walls, counts = WallStream(services.hall.live, services.live), WallCounts(services.monotonic)
        version = assets.version_of(self._assets)
        return Desk(config, services, gate, self._bell, self._tail, figures, counter, Speller(), walls, counts, version)


def _make_counter(config: WebConfig, services: WebServices) -> Counter:
    key, clock, now = services.session_key, services.clock, services.monotonic
    window_s = config.submit_window_s
    return Counter(
        forms=Forms(key, clock, hours=config.form_hours, least_s=config.form_least_s, bits=config.work_bits),
        uploads=Uploads(services.files, key, clock, at_once=config.uploads_at_once),
        receipts=Seal(key, "receipt"),
        submits=Allowance(now, free=config.submit_free, window_s=window_s),
        photos=Allowance(now, free=config.upload_free, window_s=window_s),
        lookups=LoginThrottle(
            now, login_free=10, address_free=config.lookup_free, first_s=2.0, most_s=60.0, window_s=3600.0
        ),
    )


def _add_pages(app: web.Application, desk: Desk, found: dict[str, assets.Asset]) -> None:
    version = desk.version
    policies = {"/desk": _desk_policy(desk), "/recordings": f"{policy()}; media-src 'self'"}
    for table, staff in ((assets.PUBLIC, False), (assets.STAFF, True)):
        for path, name in table.items():
            handler = assets.page_handler(
                assets.dressed(found[name], found, version), staff=staff, policy=policies.get(path, "")
            )
            app.router.add_get(path, handler)
    app.router.add_get("/static/{name:.+}", assets.static_handler(found, version))


def _desk_policy(desk: Desk) -> str:
    """The agents' desk may also load the map's tiles and speak to the softphone's websocket."""
    tiles, phones = urlsplit(desk.config.map_tiles), desk.services.phones
    socket = urlsplit(phones.url) if phones is not None else None
    pictures = (f"{tiles.scheme}://{tiles.netloc}",) if tiles.netloc else ()
    return policy(*pictures, "blob:", sockets=f"{socket.scheme}://{socket.netloc}" if socket is not None else "")
