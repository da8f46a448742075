"""For those who run the gateway: is it alive, which part is not ready, and its figures."""

from __future__ import annotations

import asyncio
from typing import Literal

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from gateway.web.address import is_loopback
from gateway.web.asked import Asked, Nothing
from gateway.web.auth import FOLLOWERS
from gateway.web.ports import PartCheck
from gateway.web.routes import Answer, Route, json_answer, route
from gateway.web.services import desk_of

log = structlog.get_logger(__name__)

CHECK_LIMIT_S = 1.0


class Health(BaseModel):
    """The process answers. ``lag_ms`` is the loop's lag now, ``worst_lag_ms`` the worst of the last half minute."""

    status: Literal["alive"] = "alive"
    lag_ms: float
    worst_lag_ms: float


class PartView(BaseModel):
    ready: bool
    state: str


class Readiness(BaseModel):
    """``not_ready`` names the parts that are not; 503 when there are any."""

    ready: bool
    not_ready: list[str]
    parts: dict[str, PartView]


async def healthz(asked: Asked[Nothing, Nothing]) -> Answer:
    desk = desk_of(asked.request)
    before = desk.services.monotonic()
    await asyncio.sleep(0)
    lag = desk.services.monotonic() - before
    return Health(lag_ms=round(lag * 1000, 3), worst_lag_ms=round(desk.figures.lag.worst_s * 1000, 3))


async def _ask(name: str, check: PartCheck) -> PartView:
    try:
        async with asyncio.timeout(CHECK_LIMIT_S):
            state = await check()
    except TimeoutError:
        return PartView(ready=False, state="no answer within 1 s")
    except Exception:
        log.exception("part could not tell its state", part=name)
        return PartView(ready=False, state="failed to tell its state")
    return PartView(ready=state.ready, state=state.state)


async def readyz(asked: Asked[Nothing, Nothing]) -> Answer:
    parts = desk_of(asked.request).services.parts
    async with asyncio.TaskGroup() as group:
        asking = {name: group.create_task(_ask(name, check)) for name, check in parts.items()}
    states = {name: task.result() for name, task in asking.items()}
    missing = [name for name, state in states.items() if not state.ready]
    answer = Readiness(ready=not missing, not_ready=missing, parts=states)
    return json_answer(answer, 503 if missing else 200)


async def metrics(asked: Asked[Nothing, Nothing]) -> Answer:
    """Open to this machine; elsewhere to a token, or to a shift lead."""
    desk = desk_of(asked.request)
    if not is_loopback(asked.request, desk.config.trusted_proxies):
        await desk.gate.admit(asked.request, FOLLOWERS)
    return web.Response(
        body=generate_latest(desk.services.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
    )  # fmt: skip


def routes() -> list[Route]:
    return [
        route(
            "GET", "/healthz", "The process is alive, and how late its loop runs", healthz,
            roles=None, body=Nothing, query=Nothing, answer=Health,
        ),
        route(
            "GET", "/readyz", "Whether every part is ready, and which is not", readyz,
            roles=None, body=Nothing, query=Nothing, answer=Readiness, errors=(503,),
        ),
        route(
            "GET", "/metrics", "Figures for Prometheus; from this machine or with a token", metrics,
            roles=None, body=Nothing, query=Nothing, answer=None, content_type="text/plain", errors=(401, 403),
        ),
    ]  # fmt: skip
