"""The hall: seats, queues and floor plan to read; signing in and out, ready and not ready to act on.

Agents act on their own seat, shift leads on any. The answer to an act says that it was accepted, nothing more: the
seat's new state comes with the fact, on the live stream.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from pydantic import BaseModel, Field

from gateway.model.orders import OrderRefused
from gateway.model.records import Account
from gateway.seats.config import Device
from gateway.web.asked import Asked, B, Nothing, Part
from gateway.web.auth import AGENTS, EVERYONE
from gateway.web.live_views import PlanView, QueueList, QueueView, SeatList, SeatView
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import desk_of
from gateway.web.views import Accepted

log = structlog.get_logger(__name__)

Reading = Callable[[Asked[Nothing, Nothing]], Awaitable[Answer]]


class SignInBody(Part):
    """``login`` lets a shift lead sign another agent in; absent, the agent who asks is meant."""

    login: str | None = Field(default=None, min_length=1, max_length=64)
    device: Device = Field(default="phone", description="what the agent speaks by")


class RestBody(Part):
    reason: str = Field(min_length=1, max_length=40, description="the id of a reason of rest")


async def seats(asked: Asked[Nothing, Nothing]) -> Answer:
    hall = desk_of(asked.request).services.hall
    return SeatList(seats=[SeatView.model_validate(seat) for seat in hall.seats()])


async def queues(asked: Asked[Nothing, Nothing]) -> Answer:
    hall = desk_of(asked.request).services.hall
    return QueueList(queues=[QueueView.model_validate(queue) for queue in hall.queues()])


async def plan(asked: Asked[Nothing, Nothing]) -> Answer:
    return PlanView.model_validate(desk_of(asked.request).services.plan())


async def sign_in(asked: Asked[SignInBody, Nothing]) -> Answer:
    seat = asked.path["id"]
    agent = await _agent_meant(asked)
    _check_free(asked, seat, agent)
    hall = desk_of(asked.request).services.hall
    return await _act(asked, seat, "seat.sign_in", hall.sign_in(seat, agent, asked.body.device))


async def sign_out(asked: Asked[Nothing, Nothing]) -> Answer:
    seat = _own_seat(asked)
    return await _act(asked, seat, "seat.sign_out", desk_of(asked.request).services.hall.sign_out(seat))


async def ready(asked: Asked[Nothing, Nothing]) -> Answer:
    seat = _own_seat(asked)
    return await _act(asked, seat, "seat.ready", desk_of(asked.request).services.hall.ready(seat))


async def not_ready(asked: Asked[RestBody, Nothing]) -> Answer:
    seat = _own_seat(asked)
    hall = desk_of(asked.request).services.hall
    reason = asked.body.reason
    return await _act(asked, seat, "seat.not_ready", hall.not_ready(seat, reason), reason=reason)


async def _agent_meant(asked: Asked[SignInBody, Nothing]) -> Account:
    account = asked.who.account
    login = asked.body.login
    if login is None or login == account.login:
        return account
    if not asked.who.supervises:
        raise Problem(403, "只能为自己签入", "agents sign in only themselves", field="login")
    found = await desk_of(asked.request).services.ledger.account(login)
    if found is None or found[0].disabled or found[0].role in ("reader", "wall"):
        raise Problem(400, "没有这个话务员", "field login: no such agent", field="login")
    return found[0]


def _check_free(asked: Asked[SignInBody, Nothing], seat: str, agent: Account) -> None:
    hall = desk_of(asked.request).services.hall
    if not agent.agent_id:
        raise Problem(409, "该账号没有工号", "this account has no agent number")
    at = hall.seat_of(agent.agent_id)
    if at not in (None, seat):
        raise Problem(409, f"已在座席 {at} 签入", f"already signed in at seat {at}")
    sitting = next((view.get("agent") for view in hall.seats() if view["id"] == seat), None)
    if sitting and sitting != agent.agent_id:
        raise Problem(409, f"座席 {seat} 已有人签入", f"seat {seat} is taken")


def _own_seat(asked: Asked[RestBody, Nothing] | Asked[Nothing, Nothing]) -> str:
    """The seat of the address, if the one who asks may act on it. Raises Problem 403."""
    seat = asked.path["id"]
    hall = desk_of(asked.request).services.hall
    if not asked.who.supervises and hall.seat_of(asked.who.account.agent_id) != seat:
        raise Problem(403, "只能操作自己的座席", "agents act only on their own seat")
    return seat


async def _act(
    asked: Asked[SignInBody, Nothing] | Asked[RestBody, Nothing] | Asked[Nothing, Nothing],
    seat: str,
    act: str,
    order: Awaitable[None],
    **detail: str,
) -> Answer:
    """``detail`` goes into the audit of an act on somebody else's seat, with who sits there."""
    desk, who = desk_of(asked.request), asked.who
    own = desk.services.hall.seat_of(who.account.agent_id) == seat
    there = desk.services.hall.seat(seat) or {}
    detail |= {"agent": there["agent"]} if there.get("agent") else {}
    try:
        await order
    except OrderRefused as refused:
        log.info("order refused", act=act, seat=seat, why=refused.why)
        raise Problem(409, "交换机未接受该操作", refused.why) from None
    except LookupError:
        raise Problem(404, f"没有座席 {seat}", f"there is no seat {seat}") from None
    except ValueError as error:
        raise Problem(400, "字段不合要求", str(error), field=_field_in(str(error))) from None
    if who.supervises and not own:
        await desk.gate.note(asked.request, who, act, seat, asked.at, **detail)
    return Accepted(seat=seat)


def _field_in(message: str) -> str:
    """The hall's ValueErrors name the field; ``reason`` is the only one that its acts have."""
    return "reason" if "reason" in message else "id"


def _read(path: str, summary: str, handler: Reading, answer: type[BaseModel]) -> Route:
    return route("GET", path, summary, handler, roles=EVERYONE, body=Nothing, query=Nothing, answer=answer)


def _order(act: str, summary: str, handler: Callable[[Asked[B, Nothing]], Awaitable[Answer]], body: type[B]) -> Route:
    return route(
        "POST",
        f"/api/v1/seats/{{id}}/{act}",
        summary,
        handler,
        roles=AGENTS,
        body=body,
        query=Nothing,
        answer=Accepted,
        status=202,
        errors=(404, 409),
    )


def routes() -> list[Route]:
    return [
        _read("/api/v1/seats", "Every seat as it is now", seats, SeatList),
        _read("/api/v1/queues", "Every queue and who waits in it", queues, QueueList),
        _read("/api/v1/plan", "The floor plan and the names on it", plan, PlanView),
        _order("sign-in", "Sign an agent in at a seat", sign_in, SignInBody),
        _order("sign-out", "Sign the seat's agent out", sign_out, Nothing),
        _order("ready", "Ready for calls", ready, Nothing),
        _order("not-ready", "Not ready, with a reason", not_ready, RestBody),
    ]
