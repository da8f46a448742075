"""What the pages are given by the composition root, in one bundle, and the key under which handlers find it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web
from prometheus_client import CollectorRegistry

from gateway.tickets.ports import Ledger
from gateway.web.auth import Gate
from gateway.web.bell import FeedBell
from gateway.web.config import WebConfig
from gateway.web.figures import WebFigures
from gateway.web.live import LiveHub
from gateway.web.ports import Hall, Parts, Plan


@dataclass(frozen=True, slots=True)
class WebServices:
    """``session_key`` is at least 32 bytes; ``clock`` is seconds since the epoch, ``monotonic`` never jumps."""

    ledger: Ledger
    hall: Hall
    live: LiveHub
    plan: Plan
    parts: Parts
    registry: CollectorRegistry
    session_key: bytes = field(repr=False)
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Desk:
    """What a handler works with: the services, and what the server has made of them for its own lifetime."""

    config: WebConfig
    services: WebServices
    gate: Gate
    bell: FeedBell
    figures: WebFigures


DESK = web.AppKey("desk", Desk)


def desk_of(request: web.Request) -> Desk:
    return request.app[DESK]
