"""The web's own figures for Prometheus, and the loop's lag, which tells whether anything blocks the calls."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from gateway.web.live import LiveHub
from gateway.web.problem import Problem

SAMPLE_S = 0.5
KEPT = 60


class LoopLag:
    """How late the loop runs what is due: sampled twice a second, the last half minute kept, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: deque[float] = deque([0.0], maxlen=KEPT)

    @property
    def worst_s(self) -> float:
        return max(self._kept)

    async def run(self) -> None:
        """Sample for ever."""
        while True:
            due = self._clock() + SAMPLE_S
            await asyncio.sleep(SAMPLE_S)
            self._kept.append(max(0.0, self._clock() - due))


class WebFigures:
    """Registered once in the registry given by the composition root; nothing is global."""

    def __init__(self, registry: CollectorRegistry, live: LiveHub, lag: LoopLag) -> None:
        self.requests = Counter(
            "gateway_http_requests",
            "HTTP requests by route and status",
            ["method", "route", "status"],
            registry=registry,
        )
        self.seconds = Histogram("gateway_http_seconds", "Time to answer, in seconds", ["route"], registry=registry)
        self.logins = Counter("gateway_logins", "Log-ins by result", ["result"], registry=registry)
        self.doors = Counter(
            "gateway_door_requests", "Requests at the doors of channels", ["door", "status"], registry=registry
        )
        self.submissions = Counter(
            "gateway_submissions", "Citizens' submissions by way in and what became of them", ["way", "outcome"],
            registry=registry,
        )  # fmt: skip
        self.open_streams = 0
        streams = Gauge("gateway_feed_streams", "Open feed streams (SSE)", registry=registry)
        streams.set_function(lambda: self.open_streams)
        sockets = Gauge("gateway_live_sockets", "Open live sockets", registry=registry)
        sockets.set_function(lambda: live.open)
        dropped = Gauge("gateway_live_dropped", "Times a slow socket's queue was dropped", registry=registry)
        dropped.set_function(lambda: live.dropped)
        worst = Gauge("gateway_loop_lag_seconds", "Worst lag of the event loop in half a minute", registry=registry)
        worst.set_function(lambda: lag.worst_s)
        self.lag = lag

    @contextmanager
    def stream(self) -> Iterator[None]:
        """Count a feed stream while it is open."""
        self.open_streams += 1
        try:
            yield
        finally:
            self.open_streams -= 1


def counting(figures: WebFigures) -> Middleware:
    """Counts and times each answer under its route's pattern; addresses nobody serves share one label."""

    @cache  # labels() puts three texts together and takes a lock: a child for each of our routes and statuses is kept
    def answers(method: str, where: str, status: int) -> Counter:
        return figures.requests.labels(method, where, str(status))

    @cache
    def seconds(where: str) -> Histogram:
        return figures.seconds.labels(where)

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        where = "none" if resource is None else resource.canonical
        # a method is the client's word: only those we serve become labels
        method = request.method if request.method in ("GET", "HEAD", "POST", "PATCH", "DELETE") else "other"
        started = time.monotonic()
        status = 500
        try:
            response = await handler(request)
            status = response.status
            return response
        except Problem as problem:
            status = problem.status
            raise
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            answers(method, where, status).inc()
            seconds(where).observe(time.monotonic() - started)

    return count
