"""Queues by hand: callers moved and picked up, queues closed and opened, emergency broadcasts, the standby called in.

Shift leads only. Each act is audited before its order goes out, without a word of what is broadcast or why (that is in
the answer and on the live stream); 202 says that Asterisk has taken it, and the live stream shows what came of it.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Literal, TypeVar

import structlog
from pydantic import BaseModel, Field

from gateway.model.ids import QueueId
from gateway.model.orders import OrderRefused
from gateway.seats.opening import Openings, Wish
from gateway.seats.queue_states import Broadcast, Closure
from gateway.seats.queueing import QueueRefused
from gateway.web.asked import Asked, B, Instant, Nothing, Part
from gateway.web.auth import SUPERVISORS
from gateway.web.ports import QueueDesk
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import desk_of, in_use

_log = structlog.get_logger(__name__)

T = TypeVar("T")

_KEY = r"^[a-z][a-z0-9_-]{0,39}$"
_STATUS = {"unknown": 404, "not_allowed": 400, "not_now": 409}
_WHY_MOST, _TEXT_MOST = 100, 200


class MoveBody(Part):
    """Where the caller goes: the present queue, or another that is open."""

    queue: str = Field(pattern=_KEY)
    position: Literal["front", "back"] = "front"


class PickUpBody(Part):
    """``seat`` is the seat whose telephone rings; null: where you are signed in."""

    seat: str | None = Field(default=None, min_length=1, max_length=40)


class CloseBody(Part):
    """``why`` is spoken to callers; then they are sent on to the queue ``to``, or, when it is "", told to call later.
    ``until`` null: until somebody opens it."""

    why: str = Field(min_length=1, max_length=_WHY_MOST, pattern=r"\S")
    why_en: str = Field(default="", max_length=_WHY_MOST)
    to: str = Field(default="", pattern=r"^([a-z][a-z0-9_-]{0,39})?$")
    until: Instant | None = None


class BroadcastBody(Part):
    """``text`` is spoken, or ``sound`` names a recording (GET /api/v1/broadcasts lists them). Exactly one of them."""

    queues: list[str] | None = Field(default=None, min_length=1, max_length=200, description="null: all")
    text: str = Field(default="", max_length=_TEXT_MOST)
    text_en: str = Field(default="", max_length=_TEXT_MOST)
    sound: str = Field(default="", max_length=40)
    until: Instant = Field(description="at most 24 h ahead")


class StandbyBody(Part):
    """Seats or agent numbers; empty: all who are on standby by the roster."""

    call: list[str] = Field(default=[], max_length=200)


class QueueAccepted(BaseModel):
    """Asterisk has taken the order; what comes of it is on the live stream."""

    accepted: Literal[True] = True
    queue: str = ""
    call_id: str = ""


class ClosureView(BaseModel):
    """``spoken``: callers hear ``why``; else the words for any closed queue, because nothing could be spoken."""

    accepted: Literal[True] = True
    queue: str
    why: str
    to: str
    until: float | None
    spoken: bool


class BroadcastView(BaseModel):
    """``queues`` null: all. ``heard`` is how many callers have begun to hear it since the gateway's last start."""

    id: str
    queues: list[str] | None
    text: str
    text_en: str
    sound: str
    until: float
    at: float
    by: str
    heard: int


class BroadcastList(BaseModel):
    """What is heard now, newest first; ``sounds`` are the recordings that may be broadcast."""

    items: list[BroadcastView]
    sounds: list[str]


class StandbyView(BaseModel):
    """Who was told; ``here`` are those of them who are signed in at a seat."""

    accepted: Literal[True] = True
    agents: list[str]
    here: list[str]


class CapacityView(BaseModel):
    """A queue against its rule: ``lines`` for this hour (0: no rule), ``planned`` with the standby called in."""

    queue: str
    line: Literal["day", "night"]
    lines: int
    planned: int
    standby: int
    signed_in: int
    ready: int
    talking: int
    short: int


# Callers -------------------------------------------------------------------------------------------------------------


async def move(asked: Asked[MoveBody, Nothing]) -> Answer:
    call, body, desk = asked.path["call_id"], asked.body, _queues(asked)
    await _note(asked, "call.moved", call, queue=body.queue, position=body.position)
    await _acting(desk.acts.move(call, body.queue, body.position))
    return QueueAccepted(queue=body.queue, call_id=call)


async def pick_up(asked: Asked[PickUpBody, Nothing]) -> Answer:
    call, agent, desk = asked.path["call_id"], asked.who.account.agent_id, _queues(asked)
    seat = asked.body.seat or desk_of(asked.request).services.hall.seat_of(agent)
    if seat is None:
        raise Problem(409, "您没有在座席签入, 请指定座席", "you are not signed in: name a seat", field="seat")
    await _note(asked, "call.picked_up", call, seat=seat)
    await _acting(desk.acts.pick_up(call, seat, agent))
    return QueueAccepted(call_id=call)


# Queues --------------------------------------------------------------------------------------------------------------


async def close(asked: Asked[CloseBody, Nothing]) -> Answer:
    queue, body = asked.path["id"], asked.body
    until = None if body.until is None else float(int(body.until))
    closure = Closure(
        QueueId(queue), body.why, body.why_en, body.to, until, asked.who.account.login, round(asked.at, 3)
    )
    openings = _queues(asked).openings
    await _note(asked, "queue.closed", queue, to=body.to, until=until)
    done = await _acting(openings.close(closure))
    return ClosureView(queue=queue, why=done.why, to=done.to, until=done.until, spoken=bool(done.sound))


async def open_again(asked: Asked[Nothing, Nothing]) -> Answer:
    queue, openings = asked.path["id"], _queues(asked).openings
    await _note(asked, "queue.opened", queue)
    await _acting(openings.open(queue))
    return QueueAccepted(queue=queue)


async def standby(asked: Asked[StandbyBody, Nothing]) -> Answer:
    queue, desk = asked.path["id"], _queues(asked)
    try:
        called = desk.standby.meant(queue, asked.body.call)
    except QueueRefused as refused:
        raise _problem(refused) from None
    await _note(asked, "queue.standby_called", queue, agents=list(called.agents))
    await desk.tell(called.agents, called.text, asked.who.account)
    desk.standby.called(queue, called.agents)
    return StandbyView(agents=list(called.agents), here=list(called.here))


async def capacity(asked: Asked[Nothing, Nothing]) -> Answer:
    queue = asked.path["id"]
    try:
        found = _queues(asked).standby.capacity(queue)
    except QueueRefused as refused:
        raise _problem(refused) from None
    return CapacityView(queue=queue, **{name: getattr(found, name) for name in found.__slots__})


# Broadcasts ----------------------------------------------------------------------------------------------------------


async def broadcast(asked: Asked[BroadcastBody, Nothing]) -> Answer:
    body, openings = asked.body, _queues(asked).openings
    wish = Wish(body.queues, float(int(body.until)), body.text.strip(), body.text_en.strip(), body.sound)
    await _note(asked, "broadcast.begun", ",".join(body.queues or ["all"])[:200], until=wish.until, sound=body.sound)
    return _broadcast_view(await _acting(openings.broadcast(wish, asked.who.account.login)), openings)


async def broadcasts(asked: Asked[Nothing, Nothing]) -> Answer:
    openings = _queues(asked).openings
    items = [_broadcast_view(one, openings) for one in openings.broadcasts()]
    return BroadcastList(items=items, sounds=openings.recordings())


async def end_broadcast(asked: Asked[Nothing, Nothing]) -> Answer:
    openings = _queues(asked).openings
    await _note(asked, "broadcast.ended", asked.path["id"])
    return _broadcast_view(await _acting(openings.end(asked.path["id"])), openings)


def _broadcast_view(one: Broadcast, openings: Openings) -> BroadcastView:
    return BroadcastView(
        id=one.id, queues=[str(queue) for queue in one.queues] or None, text=one.text, text_en=one.text_en,
        sound=one.recording, until=one.until, at=one.at, by=one.by, heard=openings.heard.get(one.id, 0),
    )  # fmt: skip


# -- ------------------------------------------------------------------------------------------------------------------


def _queues(asked: Asked[B, Nothing]) -> QueueDesk:
    return in_use(desk_of(asked.request).services.queues, "队列操作未启用", "acts on queues are not in use")


async def _note(asked: Asked[B, Nothing], act: str, subject: str, **detail: Any) -> None:
    told = {name: value for name, value in detail.items() if value not in ("", None)}
    await desk_of(asked.request).gate.note(asked.request, asked.who, act, subject, asked.at, **told)


async def _acting(act: Awaitable[T]) -> T:
    """The result of an act; its refusals as problems."""
    try:
        return await act
    except QueueRefused as refused:
        raise _problem(refused) from None
    except OrderRefused as refused:
        _log.info("order refused", why=refused.why)
        raise Problem(409, "交换机未接受该操作", refused.why) from None


def _problem(refused: QueueRefused) -> Problem:
    return Problem(_STATUS[refused.kind], refused.zh, refused.en, field=refused.field or None)


def routes() -> list[Route]:
    call, queue, heard = "/api/v1/calls/{call_id}", "/api/v1/queues/{id}", "/api/v1/broadcasts"
    return [
        route(
            "POST", f"{call}/move", "Put a waiting caller forward, back or into another queue; audited", move,
            roles=SUPERVISORS, body=MoveBody, query=Nothing, answer=QueueAccepted, status=202, errors=(404, 409),
        ),
        route(
            "POST", f"{call}/pick-up", "Answer a waiting caller by one's own telephone; audited", pick_up,
            roles=SUPERVISORS, body=PickUpBody, query=Nothing, answer=QueueAccepted, status=202, errors=(404, 409),
        ),
        route(
            "POST", f"{queue}/close", "Close a queue: callers hear why and are sent on; audited", close,
            roles=SUPERVISORS, body=CloseBody, query=Nothing, answer=ClosureView, status=202, errors=(404, 409),
        ),
        route(
            "POST", f"{queue}/open", "Open a closed queue; audited", open_again,
            roles=SUPERVISORS, body=Nothing, query=Nothing, answer=QueueAccepted, status=202, errors=(404, 409),
        ),
        route(
            "POST", f"{queue}/standby", "Call in the standby; audited", standby,
            roles=SUPERVISORS, body=StandbyBody, query=Nothing, answer=StandbyView, status=202, errors=(404, 409),
        ),
        route(
            "GET", f"{queue}/capacity", "The queue against its capacity rule of this hour", capacity,
            roles=SUPERVISORS, body=Nothing, query=Nothing, answer=CapacityView, errors=(404,),
        ),
        route(
            "POST", heard, "Have an emergency broadcast heard before callers wait; audited", broadcast,
            roles=SUPERVISORS, body=BroadcastBody, query=Nothing, answer=BroadcastView, status=202, errors=(404, 409),
        ),
        route(
            "GET", heard, "The broadcasts that are heard now", broadcasts,
            roles=SUPERVISORS, body=Nothing, query=Nothing, answer=BroadcastList, errors=(404,),
        ),
        route(
            "DELETE", f"{heard}/{{id}}", "End a broadcast before its time; audited", end_broadcast,
            roles=SUPERVISORS, body=Nothing, query=Nothing, answer=BroadcastView, status=202, errors=(404, 409),
        ),
    ]  # fmt: skip
