"""Supervision (监听与通知): shift leads listen, whisper, barge in, take over, end a call, and tell agents something.

Nobody is listened to without a trace: who, whom, which call and how is audited before the order goes out. The answer
says that Asterisk has accepted it; who monitors whom is on the live stream when the fact comes back. Agents read their
own notices here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

import structlog
from pydantic import BaseModel, Field

from gateway.model.ids import AgentId
from gateway.model.notices import Notice
from gateway.model.orders import MonitorMode, OrderRefused
from gateway.model.records import AuditEntry
from gateway.seats.notices import Notices, Words
from gateway.seats.supervision import LeadRefused, Plan, Supervision
from gateway.web.address import client_address
from gateway.web.asked import Asked, B, Instant, Lines, Nothing, Part
from gateway.web.auth import AGENTS, SUPERVISORS
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import desk_of, in_use
from gateway.web.views import Accepted

_log = structlog.get_logger(__name__)

_MOST_SEATS = 1000


class MonitorBody(Part):
    """Asked again while monitoring, it goes on in the new way, or at the new seat."""

    mode: MonitorMode = Field(description="listen: unheard; whisper: the agent alone hears; barge: both hear")
    by: str | None = Field(
        default=None, min_length=1, max_length=40, description="the seat whose telephone rings; null: where you sit"
    )


class NoticeBody(Part):
    seats: list[str] | None = Field(default=None, max_length=_MOST_SEATS, description="null: all who are signed in")
    text: Lines = Field(min_length=1, max_length=500, pattern=r"\S")
    until: Instant | None = Field(default=None, description="from then on it is of no use any more")


class NoticesSent(BaseModel):
    """One notice for each agent; ``nobody`` are the seats where nobody sat."""

    ids: list[str]
    agents: list[str]
    nobody: list[str]


class NoticeView(BaseModel):
    id: str
    at: float
    by: str = Field(description="the shift lead's name")
    text: str
    until: float | None


class NoticeList(BaseModel):
    items: list[NoticeView]


class NoticeRead(BaseModel):
    read: Literal[True] = True
    id: str


# Conversations -------------------------------------------------------------------------------------------------------


async def monitor(asked: Asked[MonitorBody, Nothing]) -> Answer:
    body, asker = asked.body, asked.who.account.agent_id
    plan = _planned(lambda acts: acts.monitor(asked.path["id"], body.mode, asker, body.by), asked)
    return await _carry_out(asked, f"seat.{body.mode}", asked.path["id"], plan)


async def stop(asked: Asked[Nothing, Nothing]) -> Answer:
    plan = _planned(lambda acts: acts.stop(asked.path["id"], asked.who.account.agent_id), asked)
    return await _carry_out(asked, "seat.monitor_ended", asked.path["id"], plan)


async def take_over(asked: Asked[Nothing, Nothing]) -> Answer:
    plan = _planned(lambda acts: acts.take_over(asked.path["id"], asked.who.account.agent_id), asked)
    return await _carry_out(asked, "seat.taken_over", asked.path["id"], plan)


async def hang_up_seat(asked: Asked[Nothing, Nothing]) -> Answer:
    plan = _planned(lambda acts: acts.hang_up_seat(asked.path["id"]), asked)
    return await _carry_out(asked, "seat.hung_up", asked.path["id"], plan)


async def hang_up_call(asked: Asked[Nothing, Nothing]) -> Answer:
    plan = _planned(lambda acts: acts.hang_up_call(asked.path["call_id"]), asked)
    return await _carry_out(asked, "call.hung_up", asked.path["call_id"], plan)


def _planned(make: Callable[[Supervision], Plan], asked: Asked[Any, Nothing]) -> Plan:
    acts = in_use(desk_of(asked.request).services.supervision, "监听功能未启用", "supervision is not in use")
    try:
        return make(acts)
    except LeadRefused as refused:
        status = 404 if refused.kind == "unknown" else 409
        raise Problem(status, refused.zh, refused.en, field=refused.field or None) from None


async def _carry_out(asked: Asked[Any, Nothing], act: str, subject: str, plan: Plan) -> Answer:
    """First the audit, then the order. Raises Problem 409 with Asterisk's words."""
    desk = desk_of(asked.request)
    acts = desk.services.supervision
    assert acts is not None
    about = {"seat": plan.seat, "agent": plan.agent, "call_id": plan.call, "phone": plan.phone}
    detail = {name: value for name, value in about.items() if value and value != subject}
    await desk.gate.note(asked.request, asked.who, act, subject, asked.at, **detail)
    try:
        await acts.carry_out(plan)
    except OrderRefused as refused:
        _log.info("order refused", act=act, seat=plan.seat, why=refused.why)
        raise Problem(409, "交换机未接受该操作", refused.why) from None
    return Accepted(seat=str(plan.seat))


# Notices -------------------------------------------------------------------------------------------------------------


async def send(asked: Asked[NoticeBody, Nothing]) -> Answer:
    body, account, notices = asked.body, asked.who.account, _notices(asked)
    if body.until is not None and body.until <= asked.at:
        raise Problem(400, "截止时间须在将来", "field until: must be in the future", field="until")
    try:
        sitting = notices.sitting(body.seats)
    except LookupError as error:
        raise Problem(404, "没有这个座席", str(error), field="seats") from None
    nobody = [] if body.seats is None else [seat for seat in body.seats if seat not in sitting]
    if not sitting:
        raise Problem(409, "所选座席无人签入", "nobody is signed in there", field="seats")
    name = account.name or account.login
    agents = sorted(set(sitting.values()))
    entry = _entry(asked, {"seats": sorted(sitting), "agents": agents})
    sent = await notices.send(agents, Words(body.text, account.login, name, body.until), entry)
    return NoticesSent(ids=[one.id for one in sent], agents=list(agents), nobody=nobody)


def _entry(asked: Asked[B, Nothing], detail: dict[str, Any]) -> AuditEntry:
    address = client_address(asked.request, desk_of(asked.request).config.trusted_proxies)
    return AuditEntry(asked.at, asked.who.account.login, "desk.notified", "desk", address, detail)


async def unread(asked: Asked[Nothing, Nothing]) -> Answer:
    found = await _notices(asked).unread(_agent(asked)) if asked.who.account.agent_id else ()
    return NoticeList(items=[_view(one) for one in found])


async def read(asked: Asked[Nothing, Nothing]) -> Answer:
    notice = await _notices(asked).read(asked.path["id"], _agent(asked))
    if notice is None:
        raise Problem(404, "没有这条未读通知", "there is no such unread notice")
    return NoticeRead(id=notice.id)


def _agent(asked: Asked[B, Nothing]) -> AgentId:
    return AgentId(asked.who.account.agent_id)


def _notices(asked: Asked[B, Nothing]) -> Notices:
    return in_use(desk_of(asked.request).services.notices, "通知功能未启用", "notices are not in use")


def _view(one: Notice) -> NoticeView:
    return NoticeView(id=one.id, at=one.at, by=one.name, text=one.text, until=one.until)


# Routes --------------------------------------------------------------------------------------------------------------


def _act(
    method: str, path: str, summary: str, handler: Callable[[Asked[B, Nothing]], Awaitable[Answer]], body: type[B]
) -> Route:
    return route(
        method, f"/api/v1/{path}", f"{summary}; audited", handler,
        roles=SUPERVISORS, body=body, query=Nothing, answer=Accepted, status=202, errors=(404, 409),
    )  # fmt: skip


def routes() -> list[Route]:
    desk, seat = "/api/v1/desk/messages", "seats/{id}"
    return [
        _act("POST", f"{seat}/monitor", "Listen, whisper or barge in (侦听, 耳语, 插入)", monitor, MonitorBody),
        _act("DELETE", f"{seat}/monitor", "Stop monitoring the seat", stop, Nothing),
        _act("POST", f"{seat}/take-over", "Take over the citizen whom one monitors (拦截)", take_over, Nothing),
        _act("POST", f"{seat}/hang-up", "End what the seat speaks on (强拆)", hang_up_seat, Nothing),
        _act("POST", "calls/{call_id}/hang-up", "End a call, wherever it is", hang_up_call, Nothing),
        route(
            "POST", "/api/v1/seats/messages", "Tell the agents at some seats, or all; audited", send,
            roles=SUPERVISORS, body=NoticeBody, query=Nothing, answer=NoticesSent, status=201, errors=(404, 409),
        ),
        route(
            "GET", desk, "The own unread notices, oldest first", unread,
            roles=AGENTS, body=Nothing, query=Nothing, answer=NoticeList, errors=(404,),
        ),
        route(
            "POST", f"{desk}/{{id}}/read", "The agent has read a notice", read,
            roles=AGENTS, body=Nothing, query=Nothing, answer=NoticeRead, errors=(404,),
        ),
    ]  # fmt: skip
