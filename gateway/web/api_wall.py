"""The wall: a big screen in the hall that nobody types at.

It is let in by a token in its address, ``/wall#gw_...``: the page hands it over once and gets a cookie that holds until
the token's account is disabled. Such an account has the role ``wall``, which may read what is in this file and nothing
else. The part of an address behind # goes to no server and into no log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiohttp import web
from pydantic import Field

from gateway.kpi.reports import By
from gateway.web.api_live import open_socket
from gateway.web.asked import Asked, Nothing, Part
from gateway.web.auth import WALLS
from gateway.web.routes import Answer, Route, route
from gateway.web.services import Desk, desk_of
from gateway.web.wall_views import WallCount, WallHour, WallMessage, WallPageView, WallView

COOKIE_S = 400 * 86_400
"""The longest that browsers keep a cookie (RFC 6265bis, 5.5)."""

_FIGURES = ("requests", "answered", "lost", "connection_rate", "rate_15s", "rate_15s_answered", "wait_mean", "tickets",
            "first_response_in_time", "direct_rate", "satisfied_rate", "talk_mean")  # fmt: skip


class WallToken(Part):
    token: str = Field(min_length=10, max_length=200, repr=False)


async def open_wall(asked: Asked[WallToken, Nothing]) -> Answer:
    desk = desk_of(asked.request)
    desk.gate.check_origin(asked.request)
    await desk.gate.let_wall_in(asked.request, asked.body.token, asked.at)
    response = web.Response(status=204)
    response.set_cookie(
        desk.gate.wall_cookie, asked.body.token, max_age=COOKIE_S, httponly=True, samesite="Strict",
        secure=desk.config.cookie_secure, path="/",
    )  # fmt: skip
    return response


async def live(asked: Asked[Nothing, Nothing]) -> Answer:
    return await open_socket(asked, desk_of(asked.request).walls.hub, WALLS)


async def wall(asked: Asked[Nothing, Nothing]) -> Answer:
    desk = desk_of(asked.request)
    config, services = desk.services.wall(), desk.services
    known = {plan["id"]: plan for plan in services.plan()["halls"]}
    halls = [one for one in config.halls if one in known] or list(known)
    zone = known[halls[0]].get("zone") if halls else None
    return WallView(
        version=desk.version,
        at=asked.at,
        zone=zone or services.zone.key,
        title=config.title or services.title[0],
        title_en=config.title_en or services.title[1],
        pages=[WallPageView(kind=one.kind, seconds=one.seconds) for one in config.pages],
        halls=halls,
        shift_px=config.shift_px,
        **await _figures(desk, asked.at),
    )


async def _figures(desk: Desk, at: float) -> dict[str, object]:
    book = desk.services.figures
    if book is None:
        lists: dict[str, object] = {name: [] for name in ("by_hour", "channels", "areas", "categories")}
        return lists | {"figures": {}, "rate_24h": None, "rate_15s_24h": None, "figures_at": None}
    live = book.live()
    counts = await desk.counts.of(book, lambda by: _names(desk, by), at, desk.services.zone)
    hours = [WallHour.model_validate({name: one.get(name) for name in WallHour.model_fields}) for one in live.by_hour]
    return {
        "figures": {name: live.figures.get(name) for name in _FIGURES},
        "rate_24h": live.rate_24h,
        "rate_15s_24h": live.rate_15s_24h,
        "by_hour": hours,
        "channels": _channels(live.channels, _names(desk, "channel")),
        "areas": counts.get("area", []),
        "categories": counts.get("category", []),
        "figures_at": live.at,
    }


def _names(desk: Desk, by: By) -> Mapping[str, str]:
    if by == "area":
        return {area.code: area.name for area in desk.services.desk().areas}
    return desk.services.figures.names(by) if desk.services.figures is not None else {}


def _channels(found: Mapping[str, Mapping[str, int | float | None]], names: Mapping[str, str]) -> Sequence[WallCount]:
    counts = [
        WallCount(
            id=key,
            name=names.get(key, key),
            count=int(values.get("tickets") or 0),
            share=values.get("first_response_in_time"),
        )
        for key, values in found.items()
        if key
    ]
    return sorted(counts, key=lambda one: (-one.count, one.id))


def routes() -> list[Route]:
    return [
        route(
            "POST", "/api/v1/wall/session", "Let a wall in by its token; sets the wall's cookie", open_wall,
            roles=None, body=WallToken, query=Nothing, answer=None, status=204, errors=(401, 403, 429),
        ),
        route(
            "GET", "/api/v1/wall", "What the wall shows: pages, figures and the version of its files", wall,
            roles=WALLS, body=Nothing, query=Nothing, answer=WallView,
        ),
        route(
            "GET", "/api/v1/wall/live", "Websocket: as /api/v1/live, less all that is of persons", live,
            roles=WALLS, body=Nothing, query=Nothing, answer=WallMessage, status=101, errors=(426, 503),
        ),
    ]  # fmt: skip
