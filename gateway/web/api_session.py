"""Log-in, log-out, and who am I."""

from __future__ import annotations

import base64

from aiohttp import web
from pydantic import Field

from gateway.web.asked import Asked, Nothing, Part
from gateway.web.auth import EVERYONE, Identity
from gateway.web.passwords import MAX_LENGTH
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, json_answer, route
from gateway.web.seals import Seal
from gateway.web.services import Desk, desk_of
from gateway.web.views import Me, me_view


class LoginBody(Part):
    login: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=MAX_LENGTH, repr=False)


def _me(desk: Desk, who: Identity) -> Me:
    session = who.session
    return me_view(
        who.account,
        seat=desk.services.hall.seat_of(who.account.agent_id) if who.account.agent_id else None,
        csrf=None if session is None else desk.gate.sessions.csrf(session),
        until=None if session is None else session.expires_at,
        local_key=None if session is None else _local_key(desk.services.session_key, who.account.login),
    )


def _local_key(key: bytes, login: str) -> str:
    """What the desk seals unsent words with on the agent's machine: the same at each log-in of this account."""
    return base64.b64encode(Seal(key, "local").digest(login)).decode()


async def log_in(asked: Asked[LoginBody, Nothing]) -> Answer:
    desk = desk_of(asked.request)
    desk.gate.check_origin(asked.request)
    try:
        who, cookie = await desk.gate.log_in(asked.request, asked.body.login, asked.body.password, asked.at)
    except Problem as problem:
        desk.figures.logins.labels("throttled" if problem.status == 429 else "failed").inc()
        raise
    desk.figures.logins.labels("ok").inc()
    response = json_answer(_me(desk, who), 200)
    response.set_cookie(
        desk.gate.cookie,
        cookie,
        max_age=int(desk.config.session_hours * 3600),
        httponly=True,
        samesite="Lax",
        secure=desk.config.cookie_secure,
        path="/",
    )
    return response


async def log_out(asked: Asked[Nothing, Nothing]) -> Answer:
    desk = desk_of(asked.request)
    await desk.gate.log_out(asked.request, asked.who, asked.at)
    response = web.Response(status=204)
    response.del_cookie(desk.gate.cookie, path="/", secure=desk.config.cookie_secure, httponly=True, samesite="Lax")
    return response


async def me(asked: Asked[Nothing, Nothing]) -> Answer:
    return _me(desk_of(asked.request), asked.who)


def routes() -> list[Route]:
    return [
        route(
            "POST", "/api/v1/login", "Log in; sets the session cookie", log_in,
            roles=None, body=LoginBody, query=Nothing, answer=Me, errors=(401, 403, 429, 503),
        ),
        route(
            "POST", "/api/v1/logout", "Log out; the cookie is worth nothing from now on", log_out,
            roles=EVERYONE, body=Nothing, query=Nothing, answer=None, status=204,
        ),
        route(
            "GET", "/api/v1/me", "Who is logged in, and the CSRF token", me,
            roles=EVERYONE, body=Nothing, query=Nothing, answer=Me,
        ),
    ]  # fmt: skip
